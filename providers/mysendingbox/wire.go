package mysendingbox

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

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

// maxNumberLen bounds a number as it is written: no price needs more.
const maxNumberLen = 40

// number is a JSON number that never becomes a float.
type number struct {
	decimal.Decimal
	ok bool
}

// UnmarshalJSON never fails. The carrier computes in binary floating point, so
// that 5.93 may arrive as 5.930000000000001: six decimals are kept.
func (n *number) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if d, err := decimal.NewFromString(string(b)); err == nil && len(b) <= maxNumberLen {
		*n = number{d.Round(courrier.MaxAmountScale), true}
	}
	return nil
}

// euros returns the amount; the zero Amount when there is no plausible one.
func (n number) euros() courrier.Amount {
	if !n.ok || n.IsNegative() {
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
	Status         wireStatus             `json:"status"` // in no model of the carrier's, seen live
	Error          lax[bool]              `json:"error"`  // in error replies it is an object
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

// wireStatus is the last event's name, alone or in an object.
type wireStatus struct {
	Name      text `json:"name"`
	EventID   text `json:"event_id"`
	UpdatedAt text `json:"updated_at"`
}

// UnmarshalJSON never fails.
func (s *wireStatus) UnmarshalJSON(b []byte) error {
	type object wireStatus
	var o object
	if json.Unmarshal(b, &o) != nil {
		o = object{}
		_ = json.Unmarshal(b, &o.Name) // a text never fails
	}
	*s = wireStatus(o)
	return nil
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
	Label     text `json:"label"` // in place of the message, in one account of the API
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

// wireError is {"error": {"message": …, "status_code": …}}, or its message alone.
type wireError struct {
	Message text `json:"message"`
	Error   lax[struct {
		Message text `json:"message"`
	}] `json:"error"`
}

type wireOpening struct {
	Email              string `json:"email"`
	Name               string `json:"name"`
	Phone              string `json:"phone,omitempty"`
	WebhookURL         string `json:"webhook_url,omitempty"`
	Company            string `json:"company_name,omitempty"`
	Line1              string `json:"address_line1,omitempty"`
	Line2              string `json:"address_line2,omitempty"`
	Postcode           string `json:"address_postalcode,omitempty"`
	City               string `json:"address_city,omitempty"`
	Country            string `json:"address_country,omitempty"`
	SIREN              string `json:"siren,omitempty"`
	CancellationWindow int    `json:"cancellation_window,omitempty"`
}

type wireCompany struct {
	User struct {
		Activated     lax[bool] `json:"activated"`
		InvitePending lax[bool] `json:"invite_pending"`
	} `json:"user"`
	Company struct {
		ID        text            `json:"_id"`
		Activated lax[bool]       `json:"activated"`
		Card      lax[bool]       `json:"credit_card_exists"`
		Address   json.RawMessage `json:"address"`
		Keys      struct {
			Live struct {
				Key text `json:"key"`
			} `json:"live"`
			Test struct {
				Key text `json:"key"`
			} `json:"test"`
		} `json:"api_keys"`
	} `json:"company"`
}

type wireInvoice struct {
	ID          text `json:"_id"`
	Number      text `json:"invoice_number"`
	Date        text `json:"invoice_date"`
	Due         text `json:"due_date"`
	Paid        text `json:"payment_date"`
	Status      text `json:"status"`
	Pack        text `json:"pack"`
	PaymentType text `json:"payment_type"`
	Total       lax[struct {
		ExclTax number `json:"total_ht"`
		Tax     number `json:"total_tva"`
		InclTax number `json:"total_ttc"`
	}] `json:"total"`
	Lines lax[[]struct {
		Text    text   `json:"text"`
		ExclTax number `json:"total_ht"`
		Tax     number `json:"total_tva"`
		InclTax number `json:"total_ttc"`
	}] `json:"invoice_lines"`
	File json.RawMessage `json:"file"` // an object, an id or null
}

type wireInvoices struct {
	Info struct {
		Pages *int `json:"pages"`
	} `json:"info"`
	Invoices []wireInvoice `json:"invoices"`
}

type wireQuoteRequest struct {
	Channel      string `json:"channel"`
	PostageType  string `json:"postage_type"`
	PostageSpeed string `json:"postage_speed,omitempty"`
	Color        string `json:"color"`
	BothSides    bool   `json:"both_sides"`
	Pages        int    `json:"page_count"`
	Country      string `json:"address_country"`
}

// wireQuote takes the price with or without an envelope: the answer's shape is
// not published, and letters bear an object "price".
type wireQuote struct {
	Price lax[wirePrice] `json:"price"`
	Total number         `json:"total"`
}
