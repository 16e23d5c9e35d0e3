// Package email has the message that a reminder becomes, and the one method by which
// a host sends it.
//
// dunning.Runner makes a [Message] and gives it to the [Mailer] of its Config. What the
// Mailer answers decides what follows: taken, put off, or sent by post. Package
// providers/smtp implements it for a mail server. A host that already sends mail
// implements it itself:
//
//	func (s Sender) Mail(ctx context.Context, m email.Message) error {
//		if err := m.Validate(); err != nil {
//			return err
//		}
//		return s.queue.Put(ctx, m.ID, m.To, m.Subject, m.Text)
//	}
package email

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/filename"
)

// Mailer sends e-mail. Each call is one attempt, bounded in time and safe for
// concurrent use. Its outcomes are told apart with errors.Is, and their kind says
// whose fault a failure is:
//
//   - nil: the message was taken over.
//   - [courrier.ErrRejected], the recipient's: the address proves not to work. The
//     reminder goes on by post.
//   - [courrier.ErrInvalid] or [courrier.ErrUnsupported], the message's: a person
//     mends it.
//   - [courrier.ErrDenied], the account's: its e-mails stop until an attempt passes.
//   - [courrier.ErrUnavailable], the line's: another time it may pass.
//   - anything else: in doubt.
type Mailer interface {
	Mail(ctx context.Context, m Message) error
}

// Message is one message to one customer.
type Message struct {
	// ID is unique and stays the same when the message is tried again: the left
	// part of its Message-ID, by which bounces are matched. 1 to 64 letters,
	// digits, '-', '_' and '.', with no '.' at an end or beside another (RFC 5322).
	ID          string              `json:"id"`
	Account     courrier.AccountID  `json:"account"`
	From        Box                 `json:"from"`
	ReplyTo     Box                 `json:"reply_to,omitzero"`
	To          []Box               `json:"to"`
	Cc          []Box               `json:"cc,omitempty"`  // copies that everybody sees
	Bcc         []Box               `json:"bcc,omitempty"` // copies that nobody sees: in no header
	Subject     string              `json:"subject"`       // one line
	Text        string              `json:"text"`
	HTML        string              `json:"html,omitempty"`        // beside Text, for readers that show it
	Inline      []courrier.Document `json:"inline,omitempty"`      // images that HTML shows by their CID; with Content and Name
	Attachments []courrier.Document `json:"attachments,omitempty"` // with Content and Name
}

// CID returns the address by which the HTML of a message shows one of its Inline
// images (RFC 2392), behind "cid:".
func CID(message, image string) string { return image + "@" + message }

// Recipients returns whom a message goes to: To, Cc and Bcc in their order, each
// address once.
func (m Message) Recipients() []Box {
	var all []Box
	seen := map[string]bool{}
	for _, b := range slices.Concat(m.To, m.Cc, m.Bcc) {
		if key := b.key(); !seen[key] {
			seen[key] = true
			all = append(all, b)
		}
	}
	return all
}

// key is equal for two boxes that one person reads: servers heed no case.
func (b Box) key() string { return strings.ToLower(b.Address) }

// Print identifies the address of a box without showing it, to those who know it.
func (b Box) Print() string { return string(courrier.SumOf([]byte(b.key()))) }

// Distinct returns the boxes whose addresses are neither among others nor earlier in
// the list.
func Distinct(boxes []Box, others ...Box) []Box {
	seen := map[string]bool{}
	for _, b := range others {
		seen[b.key()] = true
	}
	return slices.DeleteFunc(slices.Clone(boxes), func(b Box) bool {
		was := seen[b.key()]
		seen[b.key()] = true
		return was
	})
}

// Box is an e-mail address with the name shown beside it.
type Box struct {
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

// Limits of an [Message]; mail servers commonly refuse larger messages, and
// attachments grow by a third in transport.
const (
	MaxRecipients = 20  // of To, Cc and Bcc together
	MaxSubjectLen = 200 // characters
	MaxTextBytes  = 1 << 20
	// MaxAddressBytes is what RFC 5321, section 4.5.3.1.3, leaves for an address.
	MaxAddressBytes = 254 // bytes
	MaxNameLen      = 200 // characters
	maxInline       = 10  // images
)

// Validate reports every wrong field.
//
// Errors: [courrier.ErrInvalid].
func (m Message) Validate() error {
	var c courrier.Checks
	c.Require(validMailID(m.ID), "ID", "is not 1 to 64 letters, digits, '-', '_' or single '.' between them", "give the id of the reminder or letter")
	c.Nest("From", m.From.Validate())
	if m.ReplyTo != (Box{}) {
		c.Nest("ReplyTo", m.ReplyTo.Validate())
	}
	c.Require(len(m.To) > 0, "To", "is empty", "name who gets it")
	all := len(m.To) + len(m.Cc) + len(m.Bcc)
	c.Require(all <= MaxRecipients, "To", fmt.Sprintf("has %d addresses with Cc and Bcc, more than %d", all, MaxRecipients), "send several messages")
	for _, list := range []struct {
		field string
		boxes []Box
	}{{"To", m.To}, {"Cc", m.Cc}, {"Bcc", m.Bcc}} {
		for i, b := range list.boxes {
			c.Nest(fmt.Sprintf("%s[%d]", list.field, i), b.Validate())
		}
	}
	c.Require(strings.TrimSpace(m.Subject) != "" && utf8.RuneCountInString(m.Subject) <= MaxSubjectLen && !strings.ContainsAny(m.Subject, "\r\n"),
		"Subject", fmt.Sprintf("is empty, over %d characters or more than one line", MaxSubjectLen), "give one short line")
	c.Require(strings.TrimSpace(m.Text) != "" && len(m.Text)+len(m.HTML) <= MaxTextBytes, "Text", "is empty, or over a mebibyte with HTML", "give a plain text")
	c.Require(utf8.ValidString(m.Subject+m.Text+m.HTML), "Text", "is not UTF-8", "convert it")
	m.validateFiles(&c)
	return c.Err()
}

// validateFiles checks the attachments and the images: a name that a reader's machine
// takes for a path, a device or another type of file is none.
func (m Message) validateFiles(c *courrier.Checks) {
	c.Require(len(m.Attachments) < courrier.MaxDocuments, "Attachments", fmt.Sprintf("are %d, more than %d", len(m.Attachments), courrier.MaxDocuments-1), "merge or drop some")
	total := 0
	for i, d := range m.Attachments {
		field := fmt.Sprintf("Attachments[%d]", i)
		c.Require(len(d.Content) > 0, field+".Content", "is missing", "give the bytes")
		c.Require(filename.Valid(d.Name, courrier.MaxFileName) && filename.Safe(d.Name, courrier.MaxFileName) == d.Name, field+".Name",
			fmt.Sprintf("is empty, over %d bytes or not safe on every machine", courrier.MaxFileName), "give a name such as invoice.pdf")
		total += len(d.Content)
	}
	c.Require(len(m.Inline) <= maxInline && (len(m.Inline) == 0 || m.HTML != ""), "Inline", fmt.Sprintf("has more than %d images, or there is no HTML", maxInline), "show fewer images, or none")
	for i, d := range m.Inline {
		field := fmt.Sprintf("Inline[%d]", i)
		c.Require(len(d.Content) > 0, field+".Content", "is missing", "give the bytes")
		c.Require(validMailID(d.Name), field+".Name", "is not 1 to 64 letters, digits, '-', '_' or single '.' between them", "give a name such as logo.png")
		total += len(d.Content)
	}
	c.Require(total <= courrier.MaxDocumentBytes, "Attachments", fmt.Sprintf("hold %d bytes together, more than %d", total, courrier.MaxDocumentBytes), "compress or drop some")
}

func validMailID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.Contains("."+id+".", "..") && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// Validate checks the address against RFC 5322, as one plain address.
//
// Errors: [courrier.ErrInvalid].
func (b Box) Validate() error {
	var c courrier.Checks
	parsed, err := mail.ParseAddress(b.Address)
	c.Require(err == nil && parsed.Name == "" && parsed.Address == b.Address && len(b.Address) <= MaxAddressBytes,
		"Address", fmt.Sprintf("is no e-mail address, or over %d bytes", MaxAddressBytes), "give one as billing@example.com")
	c.Require(utf8.ValidString(b.Name) && utf8.RuneCountInString(b.Name) <= MaxNameLen && !strings.ContainsFunc(b.Name, unicode.IsControl),
		"Name", fmt.Sprintf("is over %d characters, has control characters or is not UTF-8", MaxNameLen), "give a plain name")
	return c.Err()
}
