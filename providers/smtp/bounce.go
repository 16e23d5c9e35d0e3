package smtp

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

// Bounce is what a server reports about a message that it could not deliver, as
// far as that can be told without an address.
type Bounce struct {
	ID string // of the [email.Message]
	// Domain is what that message was sent under. Reports about mail of others
	// bear another than Config.Domain.
	Domain string
	// Outcome is what the report means for the message, and for its address. What was
	// given up is final for the message, whatever the status says (RFC 3464, section
	// 2.3.3): only a delay changes nothing.
	Outcome email.BounceOutcome
	Status  string // as RFC 3463 has it, such as "5.1.1"
	// Recipient identifies the address that the report is about, by [email.Box.Print];
	// empty: it names none. A server that forwards may name another than was written to.
	Recipient string
}

const (
	// maxBounce bounds what is read of a report. Servers put what is needed
	// before the text of the message they give back.
	maxBounce = 1 << 20
	maxGroups = 100 // recipients in one report that are looked at
)

// ParseBounce reads a delivery status notification (RFC 3464), as it comes into
// the mailbox of the return path. It reads a mebibyte at most. Of several
// recipients the gravest report counts.
//
// Anyone can write such a report and nothing signs it: take it as a hint about the
// message that it names. What is no such report is [courrier.ErrInvalid], one of a
// success [courrier.ErrUnsupported]. One that does not name a message sent by a Mailer
// is [courrier.ErrNotFound].
func ParseBounce(r io.Reader) (Bounce, error) {
	parts, err := openReport(io.LimitReader(r, maxBounce))
	if err != nil {
		return Bounce{}, err
	}
	var b Bounce
	var told, failed bool
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		switch mediaType(part.Header.Get("Content-Type")) {
		case "message/delivery-status", "message/global-delivery-status":
			if !told {
				told, failed = b.readStatus(decoded(part))
			}
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			b.readOriginal(decoded(part))
		}
		if told && b.ID != "" {
			break
		}
	}
	switch {
	case !told:
		return Bounce{}, bounceError(courrier.ErrInvalid, "holds no delivery status that can be read")
	case !failed:
		return Bounce{}, bounceError(courrier.ErrUnsupported, "reports no failure")
	case b.ID == "":
		return Bounce{}, bounceError(courrier.ErrNotFound, "names no message of this package")
	}
	return b, nil
}

// openReport reads the head of the report. What goes wrong is not quoted: it may
// hold addresses.
func openReport(r io.Reader) (*multipart.Reader, error) {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return nil, bounceError(courrier.ErrInvalid, "is no e-mail")
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" {
		return nil, bounceError(courrier.ErrInvalid, "is no report")
	}
	return multipart.NewReader(msg.Body, params["boundary"]), nil
}

func bounceError(kind error, what string) error {
	return &courrier.Error{Op: "parse bounce", Provider: "smtp", Kind: kind, Err: fmt.Errorf("the message %s", what)}
}

func mediaType(header string) string {
	kind, _, _ := mime.ParseMediaType(header) // a broken parameter does not matter here
	return kind
}

// decoded undoes the encodings that gateways put on parts which should have none.
func decoded(part *multipart.Part) *textproto.Reader {
	var r io.Reader = part
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, part)
	case "quoted-printable":
		r = quotedprintable.NewReader(part)
	}
	return textproto.NewReader(bufio.NewReader(r))
}

var statusCode = regexp.MustCompile(`^[45]\.\d{1,3}\.\d{1,3}\b`)

// readStatus keeps the gravest failure of a delivery status: a group of fields
// about the message, then one for each recipient (RFC 3464, sections 2.2 and 2.3).
func (b *Bounce) readStatus(r *textproto.Reader) (told, failed bool) {
	for range maxGroups {
		fields, err := r.ReadMIMEHeader()
		action := strings.ToLower(firstWord(fields.Get("Action")))
		code := statusCode.FindString(fields.Get("Status"))
		switch {
		case action == "delivered", action == "relayed", action == "expanded":
			told = true
		case code != "" && (action == "failed" || action == "delayed"):
			c := Bounce{Outcome: outcomeOf(action, code), Status: code}
			if !failed || c.gravity() > b.gravity() {
				b.Outcome, b.Status, b.Recipient = c.Outcome, c.Status, recipientOf(fields)
			}
			told, failed = true, true
		}
		if err != nil {
			break
		}
	}
	return told, failed
}

// recipientOf identifies the address of a group of fields: as it was written to where
// the report says so, else as the server that reports had it.
func recipientOf(fields textproto.MIMEHeader) string {
	for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
		kind, address, ok := strings.Cut(fields.Get(name), ";")
		b := email.Box{Address: strings.Trim(strings.TrimSpace(address), "<>")}
		kind = strings.ToLower(strings.TrimSpace(kind))
		if ok && (kind == "rfc822" || kind == "utf-8") && b.Validate() == nil { // RFC 3464, RFC 6533
			return b.Print()
		}
	}
	return ""
}

// firstWord leaves out the comments that these fields may bear.
func firstWord(s string) string {
	word, _, _ := strings.Cut(s, "(")
	return strings.TrimSpace(word)
}

// gravity orders what reports say about the recipients of one message.
func (b Bounce) gravity() int {
	return slices.Index([]email.BounceOutcome{email.BounceDelayed, email.BounceFailed, email.BounceAddress}, b.Outcome)
}

// outcomeOf reads an action with its status.
func outcomeOf(action, status string) email.BounceOutcome {
	switch {
	case action == "delayed":
		return email.BounceDelayed
	case slices.Contains(ofTheRecipient, status):
		return email.BounceAddress
	}
	return email.BounceFailed
}

var messageID = regexp.MustCompile(`^<([A-Za-z0-9._-]{1,64})@([A-Za-z0-9.-]{1,253})>$`)

// readOriginal takes the ID from the header of the message given back. Reading
// stops at its end or at the first line that is no field: what was read counts.
func (b *Bounce) readOriginal(r *textproto.Reader) {
	header, _ := r.ReadMIMEHeader()
	for _, field := range []string{headerID, "Message-Id"} {
		if found := messageID.FindStringSubmatch(strings.TrimSpace(header.Get(field))); found != nil {
			b.ID, b.Domain = found[1], found[2]
			return
		}
	}
}
