package laposte

import (
	"encoding/json"
	"time"
)

// Maileva's JSON, as far as it is used. Every option that changes the price or
// the print is always written: colour and both sides are on unless refused.

// addressLines are the recipient's six lines (AFNOR order). Empty ones are left
// out: registered_mail/v4 takes an empty text for an order to clear the line.
type addressLines struct {
	Line1 string `json:"address_line_1,omitempty"`
	Line2 string `json:"address_line_2,omitempty"`
	Line3 string `json:"address_line_3,omitempty"`
	Line4 string `json:"address_line_4,omitempty"`
	Line5 string `json:"address_line_5,omitempty"`
	Line6 string `json:"address_line_6"`
}

type senderLines struct {
	Line1   string `json:"sender_address_line_1,omitempty"`
	Line2   string `json:"sender_address_line_2,omitempty"`
	Line3   string `json:"sender_address_line_3,omitempty"`
	Line4   string `json:"sender_address_line_4,omitempty"`
	Line5   string `json:"sender_address_line_5,omitempty"`
	Line6   string `json:"sender_address_line_6,omitempty"`
	Country string `json:"sender_country_code,omitempty"`
}

type recipientRequest struct {
	CustomID string `json:"custom_id"`
	addressLines
	Country string `json:"country_code"`
}

// sendingOptions are those that both services have.
type sendingOptions struct {
	Name               string `json:"name"`
	CustomID           string `json:"custom_id"`
	Color              bool   `json:"color_printing"`
	Duplex             bool   `json:"duplex_printing"`
	AddressSheet       bool   `json:"optional_address_sheet"`
	PrintSenderAddress bool   `json:"print_sender_address"`
	ArchivingYears     int    `json:"archiving_duration"`
	Postage            string `json:"postage_type"`
	senderLines
}

type mailRequest struct {
	sendingOptions
	TreatUndelivered bool `json:"treat_undelivered_mail"`
}

type registeredRequest struct {
	sendingOptions
	Receipt        bool `json:"acknowledgement_of_receipt"`
	ScanReturned   bool `json:"returned_mail_scanning"`
	PrintReference bool `json:"reference_to_print_enabled"`
}

type documentMetadata struct {
	Priority int    `json:"priority"`
	Name     string `json:"name"`
}

// mailDocumentMetadata adds what registered_mail/v4 does not know.
type mailDocumentMetadata struct {
	documentMetadata
	Shrink bool `json:"shrink"`
}

// created is any resource just made.
type created struct {
	ID string `json:"id"`
}

// stamped keeps an item as it arrived beside what is read of it.
type stamped[T any] struct {
	value T
	raw   json.RawMessage
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *stamped[T]) UnmarshalJSON(b []byte) error {
	s.raw = append(json.RawMessage(nil), b...)
	return json.Unmarshal(b, &s.value)
}

type sending struct {
	ID           string                 `json:"id"`
	CustomID     string                 `json:"custom_id"`
	Status       string                 `json:"status"`
	StatusDetail string                 `json:"status_detail"`
	Statuses     []stamped[datedStatus] `json:"statuses"` // registered_mail/v4 only
	SubmittedAt  moment                 `json:"submission_date"`
	ProcessedAt  moment                 `json:"processed_date"`
}

type datedStatus struct {
	Code string `json:"code"`
	Date moment `json:"date"`
}

type recipientList struct {
	Recipients []recipient `json:"recipients"`
}

type recipient struct {
	ID               string `json:"id"`
	CustomID         string `json:"custom_id"`
	Status           string `json:"status"`
	RegisteredNumber string `json:"registered_number"`

	LastDelivery     string `json:"last_delivery_status"`
	LastDeliveryDate moment `json:"last_delivery_status_date"`

	Deliveries     []stamped[delivery] `json:"delivery_statuses"` // registered_mail/v4 only, as all that follows
	MainDeliveries []stamped[delivery] `json:"main_delivery_statuses"`

	DepositDate         moment `json:"deposit_proof_date"`
	DepositURL          string `json:"deposit_proof_url"`
	ContentDate         moment `json:"content_proof_date"`
	EmbeddedURL         string `json:"content_proof_embedded_document_url"`
	ReceiptDate         moment `json:"acknowledgement_of_receipt_date"`
	UndeliveredDate     moment `json:"undelivered_mail_date"` // in mail/v2 too
	UndeliveredArchived moment `json:"undelivered_mail_archive_date"`
	UndeliveredReason   string `json:"undelivered_mail_reason"`
}

type delivery struct {
	Date     moment `json:"date"`
	Category string `json:"category"` // of a main status
	Code     string `json:"code"`
}

type depositProofs struct {
	Proofs []struct {
		ID        string `json:"id"`
		SendingID string `json:"sending_id"`
	} `json:"global_deposit_proofs"`
}

// moment reads the forms of dates in use. What it cannot read is no date: an
// event without one is kept all the same.
type moment struct{ time.Time }

var momentForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05", time.DateOnly}

// UnmarshalJSON implements [json.Unmarshaler].
func (m *moment) UnmarshalJSON(b []byte) error {
	m.Time = time.Time{}
	var s string
	_ = json.Unmarshal(b, &s) // what is no text is no date
	for _, form := range momentForms {
		if t, err := time.Parse(form, s); err == nil && inCalendar(t.UTC()) {
			m.Time = t.UTC()
			return nil
		}
	}
	return nil
}

func inCalendar(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }
