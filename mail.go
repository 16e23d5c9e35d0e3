package courrier

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier/internal/filename"
)

// Mailer sends e-mail. Package providers/smtp has one; hosts that already send
// mail bring their own. Its three outcomes are told apart as those of
// [Provider.Submit], and their kind says whose fault a failure is: nil; ErrRejected
// (the recipient's: it is proved that the address does not work, and the reminder goes
// on by post); ErrInvalid and ErrUnsupported (the message's, which a person mends);
// ErrDenied (the account's: its e-mails stop until an attempt passes); ErrUnavailable
// (the line's: another time it may pass). Anything else is in doubt. Implementations bound each call and are safe
// for concurrent use.
type Mailer interface {
	Mail(ctx context.Context, m Email) error
}

// Email is one message to one customer.
type Email struct {
	// ID is unique and stays the same when the message is tried again: the left
	// part of its Message-ID, by which bounces are matched. 1 to 64 letters,
	// digits, '-', '_' and '.', with no '.' at an end or beside another (RFC 5322).
	ID          string     `json:"id"`
	Account     AccountID  `json:"account"`
	From        MailBox    `json:"from"`
	ReplyTo     MailBox    `json:"reply_to,omitzero"`
	To          []MailBox  `json:"to"`
	Subject     string     `json:"subject"` // one line
	Text        string     `json:"text"`
	HTML        string     `json:"html,omitempty"`        // beside Text, for readers that show it
	Attachments []Document `json:"attachments,omitempty"` // with Content and Name
}

// MailBox is an e-mail address with the name shown beside it.
type MailBox struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// BounceOutcome says what a report about an e-mail means for it (RFC 3464, section
// 2.3.3): three values, because what is final for a message need not be for its
// address.
type BounceOutcome string

// The outcomes.
const (
	// BounceDelayed: a server keeps trying, and nothing changes.
	BounceDelayed BounceOutcome = "delayed"
	// BounceFailed: it was given up, for a reason that may pass or is not the
	// address's.
	BounceFailed BounceOutcome = "failed"
	// BounceAddress: it was given up, because the address does not work.
	BounceAddress BounceOutcome = "address"
)

// Limits of an [Email]; mail servers commonly refuse larger messages, and
// attachments grow by a third in transport.
const (
	MaxRecipients = 20
	MaxSubjectLen = 200 // characters
	MaxMailText   = 1 << 20
	// MaxBoxAddress is what RFC 5321, section 4.5.3.1.3, leaves for an address.
	MaxBoxAddress = 254 // bytes
	MaxBoxName    = 200 // characters
	MaxFileName   = 255 // bytes
)

// Validate reports every wrong field.
func (m Email) Validate() error {
	var c Checks
	c.Require(validMailID(m.ID), "ID", "is not 1 to 64 letters, digits, '-', '_' or single '.' between them", "give the id of the reminder or letter")
	c.Nest("From", m.From.Validate())
	if m.ReplyTo != (MailBox{}) {
		c.Nest("ReplyTo", m.ReplyTo.Validate())
	}
	c.Require(len(m.To) > 0 && len(m.To) <= MaxRecipients, "To", fmt.Sprintf("has %d addresses, outside 1 to %d", len(m.To), MaxRecipients), "send several messages")
	for i, to := range m.To {
		c.Nest(fmt.Sprintf("To[%d]", i), to.Validate())
	}
	c.Require(strings.TrimSpace(m.Subject) != "" && utf8.RuneCountInString(m.Subject) <= MaxSubjectLen && !strings.ContainsAny(m.Subject, "\r\n"),
		"Subject", fmt.Sprintf("is empty, over %d characters or more than one line", MaxSubjectLen), "give one short line")
	c.Require(strings.TrimSpace(m.Text) != "" && len(m.Text)+len(m.HTML) <= MaxMailText, "Text", "is empty, or over a mebibyte with HTML", "give a plain text")
	c.Require(utf8.ValidString(m.Subject+m.Text+m.HTML), "Text", "is not UTF-8", "convert it")
	m.validateAttachments(&c)
	return c.Err()
}

func (m Email) validateAttachments(c *Checks) {
	c.Require(len(m.Attachments) < MaxDocuments, "Attachments", fmt.Sprintf("are %d, more than %d", len(m.Attachments), MaxDocuments-1), "merge or drop some")
	total := 0
	for i, d := range m.Attachments {
		field := fmt.Sprintf("Attachments[%d]", i)
		c.Require(len(d.Content) > 0, field+".Content", "is missing", "give the bytes")
		c.Require(filename.Valid(d.Name, MaxFileName), field+".Name", fmt.Sprintf("is empty, over %d bytes or no file name", MaxFileName), "give a name such as invoice.pdf")
		total += len(d.Content)
	}
	c.Require(total <= MaxDocumentBytes, "Attachments", fmt.Sprintf("hold %d bytes together, more than %d", total, MaxDocumentBytes), "compress or drop some")
}

func validMailID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.Contains("."+id+".", "..") && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// Validate checks the address against RFC 5322, as one plain address.
func (b MailBox) Validate() error {
	var c Checks
	parsed, err := mail.ParseAddress(b.Address)
	c.Require(err == nil && parsed.Name == "" && parsed.Address == b.Address && len(b.Address) <= MaxBoxAddress,
		"Address", fmt.Sprintf("is no e-mail address, or over %d bytes", MaxBoxAddress), "give one as billing@example.com")
	c.Require(utf8.ValidString(b.Name) && utf8.RuneCountInString(b.Name) <= MaxBoxName && !strings.ContainsFunc(b.Name, unicode.IsControl),
		"Name", fmt.Sprintf("is over %d characters, has control characters or is not UTF-8", MaxBoxName), "give a plain name")
	return c.Err()
}
