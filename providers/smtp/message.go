package smtp

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

// headerID repeats the Message-ID for [ParseBounce]: some relays put an ID of
// their own in its place, and leave unknown headers alone.
const headerID = "X-Courrier-ID"

// recipient is one address that a message goes to.
type recipient struct {
	address string
	place   string // such as "Cc[0]": what errors say
	copied  bool   // of the sender's choice, not the customer's
}

// message is what goes over the line.
type message struct {
	from    string // the envelope's sender, to whom bounces go
	to      []recipient
	content []byte
	utf8    bool // a local part outside ASCII, for which the server needs RFC 6531
	ownUTF8 bool // that of the sender
}

func (m *Mailer) compose(e email.Message, a Account) (message, error) {
	from, replyTo := senders(e, a)
	from.Address, replyTo.Address = aLabels(from.Address), aLabels(replyTo.Address)
	msg := message{from: aLabels(cmp.Or(a.ReturnPath, m.cfg.ReturnPath, from.Address))}
	msg.to, e.To, e.Cc = recipients(e)
	msg.ownUTF8 = !ascii(msg.from + from.Address + replyTo.Address)
	msg.utf8 = msg.ownUTF8
	for _, to := range msg.to {
		msg.utf8 = msg.utf8 || !ascii(to.address)
		msg.ownUTF8 = msg.ownUTF8 || to.copied && !ascii(to.address)
	}

	g := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.putHeaders(g, e, from, replyTo)
	g.SetBodyString(gomail.TypeTextPlain, e.Text)
	if e.HTML != "" {
		g.AddAlternativeString(gomail.TypeTextHTML, e.HTML)
	}
	size := len(e.Text) + len(e.HTML)
	for _, d := range e.Inline {
		embed(g, e.ID, d)
		size += len(d.Content)
	}
	for _, d := range e.Attachments {
		attach(g, d)
		size += len(d.Content)
	}
	var b bytes.Buffer
	b.Grow(size * 3 / 2) // base64 and line ends make less than three bytes of two
	if _, err := g.WriteTo(&b); err != nil {
		// Its text may quote the message.
		return message{}, fail(courrier.ErrUnavailable, "", errors.New("the message could not be composed"))
	}
	msg.content = b.Bytes()
	return msg, nil
}

func (m *Mailer) putHeaders(g *gomail.Msg, e email.Message, from, replyTo email.Box) {
	id := e.ID + "@" + m.cfg.Domain
	g.SetMessageIDWithValue(id)
	g.SetGenHeader(headerID, "<"+id+">")
	g.SetDateWithValue(m.cfg.Now())
	g.FromMailAddress(box(from))
	if replyTo != (email.Box{}) {
		g.ReplyToMailAddress(box(replyTo))
	}
	for _, to := range e.To {
		g.AddToMailAddress(box(to))
	}
	for _, cc := range e.Cc {
		g.AddCcMailAddress(box(cc))
	}
	g.Subject(squeeze(e.Subject))
	// RFC 3834: keeps holiday notices and the like from answering. Reports of
	// delivery are wanted, so not "All".
	g.SetGenHeader("Auto-Submitted", "auto-generated")
	g.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "OOF, AutoReply")
}

// recipients returns whom the envelope names, each once, and the boxes of To and Cc as
// the header names them. Bcc is in no header.
func recipients(e email.Message) (all []recipient, to, cc []email.Box) {
	to, cc = written(email.Distinct(e.To)), written(email.Distinct(e.Cc, e.To...))
	bcc := written(email.Distinct(e.Bcc, slices.Concat(e.To, e.Cc)...))
	for _, list := range []struct {
		name  string
		boxes []email.Box
	}{{"To", to}, {"Cc", cc}, {"Bcc", bcc}} {
		for i, b := range list.boxes {
			all = append(all, recipient{b.Address, fmt.Sprintf("%s[%d]", list.name, i), list.name != "To"})
		}
	}
	return all, to, cc
}

// written are boxes with their domains in ASCII.
func written(boxes []email.Box) []email.Box {
	for i := range boxes {
		boxes[i].Address = aLabels(boxes[i].Address)
	}
	return boxes
}

// senders returns the From and the Reply-To of a message.
func senders(e email.Message, a Account) (from, replyTo email.Box) {
	if a.From.Address == "" {
		return e.From, e.ReplyTo
	}
	from, replyTo = a.From, e.ReplyTo
	from.Name = cmp.Or(from.Name, e.From.Name)
	if replyTo.Address == "" && from.Address != e.From.Address {
		replyTo = e.From
	}
	return from, replyTo
}

func box(b email.Box) *mail.Address {
	return &mail.Address{Name: squeeze(b.Name), Address: b.Address}
}

// squeeze makes one space of several: headers are folded at spaces, and a line
// of nothing but spaces ends them for some readers.
func squeeze(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' }), " ")
}

func attach(g *gomail.Msg, d courrier.Document) {
	g.AttachReadSeeker(d.Name, bytes.NewReader(d.Content), func(f *gomail.File) {
		// Written here because go-mail would ask the system's tables for the
		// type, and encodes names as RFC 2047 forbids in parameters.
		f.Header.Set("Content-Type", contentType(d))
		f.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	})
}

// embed puts an image beside the HTML that shows it.
func embed(g *gomail.Msg, id string, d courrier.Document) {
	g.EmbedReadSeeker(d.Name, bytes.NewReader(d.Content), func(f *gomail.File) {
		f.Header.Set("Content-Type", contentType(d))
		f.Header.Set("Content-ID", "<"+email.CID(id, d.Name)+">")
		f.Header.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": d.Name}))
	})
}

var contentTypes = map[string]string{
	".pdf":  "application/pdf",
	".xml":  "application/xml",
	".zip":  "application/zip",
	".png":  "image/png",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".csv":  "text/csv; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".odt":  "application/vnd.oasis.opendocument.text",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
}

const unknownType = "application/octet-stream"

// contentType trusts the name, except about what the content shows.
func contentType(d courrier.Document) string {
	if bytes.HasPrefix(d.Content, []byte("%PDF-")) {
		return contentTypes[".pdf"]
	}
	t := cmp.Or(contentTypes[strings.ToLower(filepath.Ext(d.Name))], unknownType)
	if strings.HasPrefix(t, "text/") && !utf8.Valid(d.Content) {
		return unknownType
	}
	return t
}

// aLabels writes the domain of an address in ASCII (RFC 5890, section 2.3.2.1), which
// every server takes. A domain that has no such form stays as it is.
func aLabels(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || ascii(address[at:]) {
		return address
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + domain
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// mailbox returns an address as the envelope takes it (RFC 5321, section 4.1.2).
func mailbox(address string) string { return (&mail.Address{Address: address}).String() }
