package courrier

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Mailer sends e-mail. Package providers/smtp has one; hosts that already send
// mail bring their own. Its three outcomes are told apart as those of
// [Provider.Submit]: nil, or ErrRejected (never accepted, and would not be: the
// reminder goes on by post), ErrInvalid and ErrUnsupported (neither, for a reason
// that a person mends), or ErrUnavailable and ErrDenied (not accepted, another time
// it may); anything else is in doubt. Implementations bound each call and are safe
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
		c.Require(validFileName(d.Name), field+".Name", fmt.Sprintf("is empty, over %d bytes or no file name", MaxFileName), "give a name such as invoice.pdf")
		total += len(d.Content)
	}
	c.Require(total <= MaxDocumentBytes, "Attachments", fmt.Sprintf("hold %d bytes together, more than %d", total, MaxDocumentBytes), "compress or drop some")
}

func validFileName(s string) bool {
	return s != "" && len(s) <= MaxFileName && utf8.ValidString(s) && !strings.ContainsAny(s, `/\"`) && !strings.ContainsFunc(s, unicode.IsControl)
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

// mail sends a reminder by e-mail, once: an attempt whose outcome is not known is
// counted as sent and flagged, never repeated.
func (d *Dunning) mail(ctx context.Context, rem Reminder, m Email) (Reminder, error) {
	for _, doc := range m.Attachments { // what shows later what was sent
		if err := d.client.contents.PutContent(ctx, SumOf(doc.Content), doc.Content); err != nil {
			return rem, fmt.Errorf("store attachment: %w", err)
		}
	}
	kept := withoutContents(m)
	rem.ContentsGone = false
	rem.State, rem.Channel, rem.Email, rem.DueAt = ReminderSending, ChannelEmail, &kept, d.client.now().Add(mailLease)
	rem.log(d.client.now(), "", "e-mail begun", "")
	if err := d.write(ctx, &rem); err != nil {
		return rem, err
	}
	_, err := call(ctx, d.client, submitTimeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, d.cfg.Mailer.Mail(ctx, m) })
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer done()
	switch {
	case err == nil:
		return d.sent(ctx, rem, "e-mail sent")
	case errors.Is(err, ErrRejected):
		return d.mailRefused(ctx, rem, "e-mail refused")
	case refused(err): // the message or the mailer's own set-up is wrong, not the address
		rem.Email = nil
		return d.unsendable(ctx, rem, err)
	case nothingAccepted(err):
		return d.mailLater(ctx, rem)
	}
	rem.InDoubt = true
	return d.sent(ctx, rem, "e-mail sent, or begun: its server did not answer")
}

// mailRefused goes on by the next channel, if the step has one.
func (d *Dunning) mailRefused(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	now := d.client.now()
	rem.MailRefused, rem.InDoubt, rem.SentOn, rem.Email = true, false, Date{}, nil
	rem.Decision = rem.Decision.without(true)
	rem.State, rem.DueAt = ReminderApproved, now
	if rem.ApprovedBy != "" { // a person approved an e-mail, not a letter
		rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, act
		rem.forgetApproval()
	}
	if len(rem.Decision.Channels) == 0 {
		rem.State, rem.DueAt, rem.Reason = ReminderFailed, time.Time{}, string(CauseNoChannel)
	}
	rem.log(now, "", act, "")
	return rem, d.write(ctx, &rem)
}

// mailLater tries again when the mail server may be there. That it is not says
// nothing about the customer's address: no letter takes the e-mail's place.
func (d *Dunning) mailLater(ctx context.Context, rem Reminder) (Reminder, error) {
	rem.Tries++
	rem.Email = nil
	if rem.Tries >= maxMailTries {
		return d.toReview(ctx, rem, "no mail server took it for days")
	}
	rem.State, rem.DueAt = ReminderApproved, d.client.now().Add(backoff(retryFirst, rem.Tries, mailRetryMost))
	rem.log(d.client.now(), "", "e-mail put off", "mail server not available")
	return rem, d.write(ctx, &rem)
}

// Bounced records that an e-mail came back, by its id. A permanent bounce proves
// that the customer got nothing: the reminder goes on by post where it may, and
// else counts as not sent. A temporary one is only logged.
func (d *Dunning) Bounced(ctx context.Context, id ReminderID, permanent bool) (Reminder, error) {
	var err error
	for range maxConflicts {
		var rem Reminder
		if rem, err = d.store.Reminder(ctx, id); err != nil {
			break
		}
		if rem.Channel != ChannelEmail || rem.State != ReminderSent && rem.State != ReminderSending {
			return rem, nil
		}
		if permanent {
			rem, err = d.mailRefused(ctx, rem, "e-mail came back")
		} else {
			rem.log(d.client.now(), "", "e-mail delayed", "")
			err = d.write(ctx, &rem)
		}
		if !errors.Is(err, ErrConflict) {
			return rem, err
		}
	}
	return Reminder{}, fmt.Errorf("bounced: %w", err)
}
