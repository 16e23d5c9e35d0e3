package mysendingbox

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/govalues/decimal"

	"github.com/courrier-go/courrier"
)

// The structs below mirror the carrier's JSON. Only ids must be as documented:
// everything else that comes as another type than expected reads as absent, so
// that an accepted letter never looks unaccepted for the sake of a detail.

// lax is a value that may come as anything.
type lax[T any] struct{ V T }

// UnmarshalJSON never fails.
func (l *lax[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) == nil {
		l.V = v
	}
	return nil
}

// text is a string; numbers keep their digits, anything else is empty.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(b, &n) == nil {
		*t = text(n)
	}
	return nil
}

// time reads an ISO 8601 moment; the zero time is none.
func (t text) time() time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, string(t)); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// date reads the day of a moment.
func (t text) date() courrier.Date {
	d, err := courrier.ParseDate(string(t[:min(len(t), len(time.DateOnly))]))
	if err != nil {
		return courrier.Date{}
	}
	return d
}

// number is a JSON number that never becomes a float.
type number struct {
	decimal.Decimal
	ok bool
}

// UnmarshalJSON never fails. The carrier computes in binary floating point, so
// that 5.93 may arrive as 5.930000000000001: six decimals are kept.
func (n *number) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if d, err := decimal.Parse(string(b)); err == nil {
		*n = number{d.Round(courrier.MaxAmountScale).Trim(2), true}
	}
	return nil
}

// euros returns the amount; the zero Amount when there is no plausible one.
func (n number) euros() courrier.Amount {
	if !n.ok || n.IsNeg() {
		return courrier.Amount{}
	}
	a, err := courrier.AmountOf(n.Decimal, "EUR")
	if err != nil {
		return courrier.Amount{}
	}
	return a
}

type wireLetter struct {
	ID             text                   `json:"_id"`
	Channel        text                   `json:"channel"`
	Mode           text                   `json:"mode"`
	Description    text                   `json:"description"`
	PostageType    text                   `json:"postage_type"`
	Color          text                   `json:"color"`
	Pages          lax[int]               `json:"page_count"`
	Sheets         lax[int]               `json:"sheet_count"`
	Price          lax[wirePrice]         `json:"price"`
	Metadata       lax[map[string]text]   `json:"metadata"`
	TrackingNumber text                   `json:"tracking_number"`
	TrackingEvents lax[[]json.RawMessage] `json:"tracking_events"`
	Events         lax[[]json.RawMessage] `json:"events"`
	Error          lax[bool]              `json:"error"` // in error replies it is an object
	WrongAddress   lax[bool]              `json:"wrong_address"`
	Canceled       lax[bool]              `json:"canceled"`
	ExpectedOn     text                   `json:"expected_delivery_date"`
	ReturnReason   text                   `json:"returnToSenderReason"`
	CreatedAt      text                   `json:"created_at"`

	File            lax[*wireFile] `json:"file"`
	FilingProof     lax[*wireFile] `json:"filing_proof"`
	DeliveryProof   lax[*wireFile] `json:"delivery_proof"`
	LostProof       lax[*wireFile] `json:"lost_proof"`
	ReturnProof     lax[*wireFile] `json:"return_to_sender_proof"`
	DownloadProof   lax[*wireFile] `json:"download_proof"`
	RejectionProof  lax[*wireFile] `json:"rejection_proof"`
	NegligenceProof lax[*wireFile] `json:"negligence_proof"`
}

type wirePrice struct {
	Total number `json:"total"`
}

type wireFile struct {
	ID        text `json:"_id"`
	URL       text `json:"url"`
	CreatedAt text `json:"created_at"`
}

type wireEvent struct {
	ID        text `json:"_id"`
	Name      text `json:"name"`
	Category  text `json:"category"`
	Letter    text `json:"letter"`
	CreatedAt text `json:"created_at"`
}

type wireTracking struct {
	ID        text `json:"_id"`
	Status    text `json:"status"`
	Message   text `json:"message"`
	Date      text `json:"date"`
	CreatedAt text `json:"created_at"`
}

type wireLetters struct {
	Info struct {
		Total *int `json:"total"`
	} `json:"info"`
	Letters []wireLetter `json:"letters"`
}

type wireWebhook struct {
	Event    wireEvent  `json:"event"`
	Letter   wireLetter `json:"letter"`
	Debugger lax[bool]  `json:"debugger"`
}

// wireError is {"error": {"message": …, "status_code": …}}.
type wireError struct {
	Error lax[struct {
		Message text `json:"message"`
	}] `json:"error"`
}
