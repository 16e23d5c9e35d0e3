package smtp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/smtp"
)

// leaf is one part of a message, decoded.
type leaf struct {
	kind    string // the whole Content-Type of text, the media type of others
	name    string
	content string
}

// letter is a message as a reader's program understands it.
type letter struct {
	header mail.Header
	shape  string // such as "mixed(alternative(text html) file)"
	leaves []leaf
}

func read(t require.TestingT, content []byte) letter {
	msg, err := mail.ReadMessage(bytes.NewReader(content))
	require.NoError(t, err)
	l := letter{header: msg.Header}
	l.shape = l.walk(t, msg.Header.Get, msg.Body)
	return l
}

func (l *letter) walk(t require.TestingT, header func(string) string, body io.Reader) string {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	require.NoError(t, err)
	if sub, ok := strings.CutPrefix(kind, "multipart/"); ok {
		var shapes []string
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return sub + "(" + strings.Join(shapes, " ") + ")"
			}
			require.NoError(t, err)
			shapes = append(shapes, l.walk(t, part.Header.Get, part))
		}
	}
	switch header("Content-Transfer-Encoding") {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	default:
		require.Fail(t, "a part without an encoding")
	}
	content, err := io.ReadAll(body)
	require.NoError(t, err)
	part := leaf{kind: header("Content-Type"), content: string(content)}
	disposition, params, _ := mime.ParseMediaType(header("Content-Disposition"))
	part.name = params["filename"]
	l.leaves = append(l.leaves, part)
	if disposition == "attachment" {
		return "file"
	}
	_, text, _ := strings.Cut(kind, "/")
	return text
}

func (l letter) subject(t require.TestingT) string {
	s, err := new(mime.WordDecoder).DecodeHeader(l.header.Get("Subject"))
	require.NoError(t, err)
	return s
}

func (l letter) boxes(t require.TestingT, field string) []email.Box {
	list, err := l.header.AddressList(field)
	require.NoError(t, err)
	boxes := make([]email.Box, len(list))
	for i, a := range list {
		boxes[i] = email.Box{Name: a.Name, Address: a.Address}
	}
	return boxes
}

// deliver sends m through a server of its own and reads what arrived there.
func deliver(t testing.TB, change func(*smtp.Config), m email.Message) (letter, received) {
	f := serve(t, &fake{})
	cfg := f.config()
	if change != nil {
		change(&cfg)
	}
	require.NoError(t, newMailer(t, cfg).Mail(t.Context(), m))
	require.Len(t, f.got(), 1)
	return read(t, f.got()[0].content), f.got()[0]
}

func TestWholeMessage(t *testing.T) {
	t.Parallel()
	pdf := append([]byte("%PDF-1.7\n"), random(100_000)...)
	m := email.Message{
		ID: "rem-2026.03_1", Account: "acme",
		From:    email.Box{Name: "Société Éléphant & Fils, S.A.R.L. « les bons comptes »", Address: "factures@éléphant.example"},
		ReplyTo: email.Box{Name: `Zoë "Z" O'Neil`, Address: "zoe@acme.example"},
		To:      []email.Box{{Name: "Müller, Jürgen", Address: "j.mueller@kunde.example"}, {Address: "compta+x@client.example"}},
		Subject: "Facture FA-2026-0042 : 1 234,56 € à régler — deuxième rappel, merci de votre règlement par retour",
		Text:    "Bonjour,\n.\n..\n.tout seul\nreste dû = 1 234,56 €  \nFrom ici\n" + strings.Repeat("très long ", 300) + "\n",
		HTML:    "<p>Bonjour,<br>reste dû : <b>1\u00a0234,56\u00a0€</b></p>\n",
		Attachments: []courrier.Document{
			{Name: "facture été n° 42.pdf", Content: pdf}, {Name: "Facture 42", Content: []byte("%PDF-1.4")},
			{Name: "relevé.csv", Content: []byte("a;é\n")}, {Name: "old.CSV", Content: []byte("a;\xe9\n")},
			{Name: "x.unknown", Content: []byte{0}}, {Name: "it's 100% (a;b).png", Content: []byte("\x89PNG")},
		},
	}
	l, got := deliver(t, nil, m)
	require.Equal(t, "mixed(alternative(plain html) file file file file file file)", l.shape)
	require.Equal(t, "<rem-2026.03_1@mail.acme.example>", l.header.Get("Message-ID"))
	require.Equal(t, "<rem-2026.03_1@mail.acme.example>", l.header.Get("X-Courrier-ID"))
	require.Equal(t, "Mon, 02 Mar 2026 09:30:00 +0100", l.header.Get("Date"))
	require.Equal(t, "1.0", l.header.Get("MIME-Version"))
	require.Equal(t, "auto-generated", l.header.Get("Auto-Submitted"))
	require.Equal(t, "OOF, AutoReply", l.header.Get("X-Auto-Response-Suppress"))
	require.Empty(t, l.header.Get("User-Agent")+l.header.Get("X-Mailer")+l.header.Get("Precedence"))
	require.Equal(t, m.Subject, l.subject(t))
	require.Equal(t, []email.Box{{Name: m.From.Name, Address: "factures@xn--lphant-9uab.example"}}, l.boxes(t, "From"))
	require.Equal(t, []email.Box{m.ReplyTo}, l.boxes(t, "Reply-To"))
	require.Equal(t, m.To, l.boxes(t, "To"))
	require.Equal(t, leaf{kind: "text/plain; charset=UTF-8", content: crlf(m.Text)}, l.leaves[0])
	require.Equal(t, leaf{kind: "text/html; charset=UTF-8", content: crlf(m.HTML)}, l.leaves[1])
	kinds := []string{"application/pdf", "application/pdf", "text/csv; charset=utf-8", "application/octet-stream", "application/octet-stream", "image/png"}
	for i, d := range m.Attachments {
		require.Equal(t, leaf{kind: kinds[i], name: d.Name, content: string(d.Content)}, l.leaves[2+i])
	}
	require.Equal(t, "FROM:<factures@xn--lphant-9uab.example> BODY=8BITMIME", got.mail)
	require.Equal(t, []string{"TO:<j.mueller@kunde.example>", "TO:<compta+x@client.example>"}, got.rcpt)
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestShapes(t *testing.T) {
	t.Parallel()
	for shape, change := range map[string]func(*email.Message){
		"plain":                   func(*email.Message) {},
		"alternative(plain html)": func(m *email.Message) { m.HTML = "<p>x</p>" },
		"mixed(plain file)":       func(m *email.Message) { m.Attachments = []courrier.Document{{Name: "a", Content: []byte("x")}} },
		"mixed(alternative(plain html) file)": func(m *email.Message) {
			m.HTML, m.Attachments = "<p>x</p>", []courrier.Document{{Name: "a", Content: []byte("x")}}
		},
	} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			m := someMail()
			change(&m)
			l, _ := deliver(t, nil, m)
			require.Equal(t, shape, l.shape)
			require.Equal(t, crlf(m.Text), l.leaves[0].content)
		})
	}
}

func TestSenders(t *testing.T) {
	t.Parallel()
	var (
		acme    = email.Box{Name: "Acme", Address: "billing@acme.example"}
		product = email.Box{Address: "no-reply@product.example"}
		named   = email.Box{Name: "Acme via Product", Address: "no-reply@product.example"}
		answers = email.Box{Name: "Zoe", Address: "zoe@acme.example"}
	)
	for _, c := range []struct {
		name           string
		account        smtp.Account
		returnPath     string
		replyTo        email.Box
		from, answerTo email.Box
		envelope       string
	}{
		{name: "as given", from: acme, envelope: "billing@acme.example"},
		{name: "as given, with answers elsewhere", replyTo: answers, from: acme, answerTo: answers, envelope: "billing@acme.example"},
		{name: "override", account: smtp.Account{From: product}, from: email.Box{Name: "Acme", Address: product.Address}, answerTo: acme,
			envelope: "no-reply@product.example"},
		{name: "override with a name", account: smtp.Account{From: named}, from: named, answerTo: acme, envelope: "no-reply@product.example"},
		{name: "override, with answers elsewhere", account: smtp.Account{From: named}, replyTo: answers, from: named, answerTo: answers,
			envelope: "no-reply@product.example"},
		{name: "override by the same", account: smtp.Account{From: acme}, from: acme, envelope: "billing@acme.example"},
		{name: "return path", returnPath: "bounces@product.example", from: acme, envelope: "bounces@product.example"},
		{name: "return path of the account", returnPath: "bounces@product.example", account: smtp.Account{From: product, ReturnPath: "b+acme@product.example"},
			from: email.Box{Name: "Acme", Address: product.Address}, answerTo: acme, envelope: "b+acme@product.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := someMail()
			m.ReplyTo = c.replyTo
			l, got := deliver(t, func(cfg *smtp.Config) { cfg.Accounts, cfg.ReturnPath = smtp.Fixed(c.account), c.returnPath }, m)
			require.Equal(t, []email.Box{c.from}, l.boxes(t, "From"))
			if c.answerTo == (email.Box{}) {
				require.Empty(t, l.header.Get("Reply-To"))
			} else {
				require.Equal(t, []email.Box{c.answerTo}, l.boxes(t, "Reply-To"))
			}
			require.Equal(t, "FROM:<"+c.envelope+"> BODY=8BITMIME", got.mail)
			require.Empty(t, l.header.Get("Return-Path"))
		})
	}
}

// Whatever could begin another header line, command or recipient is refused
// before anything is dialled.
func TestInjectionRefused(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nBcc: all@everywhere.example"
	for field, change := range map[string]func(*email.Message){
		"Subject":       func(m *email.Message) { m.Subject = evil },
		"ID":            func(m *email.Message) { m.ID = "x>\r\nBcc: <a" },
		"From.Name":     func(m *email.Message) { m.From.Name = evil },
		"From.Address":  func(m *email.Message) { m.From.Address = "a@b.example>\r\nRCPT TO:<all@everywhere.example" },
		"ReplyTo.Name":  func(m *email.Message) { m.ReplyTo = email.Box{Name: evil, Address: "a@b.example"} },
		"To[1].Address": func(m *email.Message) { m.To[1].Address = "a@b.example, c@d.example" },
		"To[0].Name":    func(m *email.Message) { m.To[0].Name = "x\n y" },
		"Attachments[0].Name": func(m *email.Message) {
			m.Attachments = []courrier.Document{{Name: "a\"\r\nX: y", Content: []byte("x")}}
		},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			cfg := smtp.Config{Host: "mail.example", Domain: "acme.example", Dial: nobody(t)}
			m := someMail()
			change(&m)
			err := newMailer(t, cfg).Mail(t.Context(), m)
			require.ErrorIs(t, err, courrier.ErrInvalid)
			require.Len(t, courrier.FieldErrors(err), 1)
			require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
			require.NotContains(t, err.Error(), "everywhere")
		})
	}
}

// Whatever passes validation arrives as it was, in lines that every server takes;
// the fake holds the latter.
func TestAnyMessageArrives(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	cfg := f.config()
	cfg.TLS = smtp.Plain // only for speed
	mailer := newMailer(t, cfg)
	var (
		words = rapid.StringMatching(`[ -~]{0,80}|[éàœ€ß «»\x{1F4E9}a-z.,;:?=_"()-]{0,80}`).
			Filter(func(s string) bool { return !strings.Contains(s, "=?") }) // what looks encoded is shown decoded
		text = rapid.StringMatching(`([.=\t a-zé€]{0,100}\n){1,9}`)
	)
	rapid.Check(t, func(t *rapid.T) {
		m := someMail()
		m.Subject = words.Draw(t, "subject")
		m.From.Name, m.To[0].Name = words.Draw(t, "from"), words.Draw(t, "to")
		m.Text, m.HTML = text.Draw(t, "text"), rapid.OneOf(rapid.Just(""), text).Draw(t, "html")
		for range rapid.IntRange(0, 2).Draw(t, "files") {
			m.Attachments = append(m.Attachments, courrier.Document{
				Name:    rapid.StringMatching(`[ !#-.0-\[\]-~é€\x{1F4E9}]{1,60}`).Draw(t, "name"),
				Content: rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "content"),
			})
		}
		if m.Validate() != nil {
			t.Skip("not a message")
		}
		before := len(f.got())
		require.NoError(t, mailer.Mail(context.Background(), m))
		require.Len(t, f.got(), before+1)
		l := read(t, f.got()[before].content)
		require.Equal(t, spaces(m.Subject), spaces(l.subject(t)))
		require.Equal(t, spaces(m.From.Name), l.boxes(t, "From")[0].Name)
		require.Equal(t, spaces(m.To[0].Name), l.boxes(t, "To")[0].Name)
		require.Equal(t, crlf(m.Text), l.leaves[0].content)
		files := l.leaves[1:]
		if m.HTML != "" {
			require.Equal(t, crlf(m.HTML), files[0].content)
			files = files[1:]
		}
		require.Len(t, files, len(m.Attachments))
		for i, d := range m.Attachments {
			require.Equal(t, d.Name, files[i].name)
			require.Equal(t, string(d.Content), files[i].content)
		}
	})
}

// Runs of spaces at which a header could be folded twice.
func TestSpacesInHeaders(t *testing.T) {
	t.Parallel()
	m := someMail()
	m.Subject = "  " + strings.Repeat("a", 69) + "   " + strings.Repeat("b", 70) + "  "
	m.From.Name = strings.Repeat("a", 66) + "    " + strings.Repeat("b", 70)
	l, _ := deliver(t, nil, m)
	require.Equal(t, spaces(m.Subject), l.subject(t))
	require.Equal(t, spaces(m.From.Name), l.boxes(t, "From")[0].Name)
}

// spaces makes one of several, as headers do.
func spaces(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
}

// nobody is a Dial that must not be called.
func nobody(t testing.TB) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialled")
		return nil, io.ErrClosedPipe
	}
}
