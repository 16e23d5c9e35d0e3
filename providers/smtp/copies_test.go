package smtp_test

import (
	"net/mail"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

func copied() email.Message {
	m := someMail()
	m.HTML = `<p>Dear <img src="cid:` + email.CID(m.ID, "logo.png") + `"></p>`
	m.Inline = []courrier.Document{{Name: "logo.png", Content: []byte("\x89PNG")}}
	m.Attachments = []courrier.Document{{Name: "FA-1.pdf", Content: []byte("%PDF-1.7")}}
	m.Cc = []email.Box{{Name: "Anne", Address: "anne@société.example"}, {Address: "PAUL@customer.example"}}
	m.Bcc = []email.Box{{Address: "archive@acme.example"}, {Address: "claire@customer.example"}}
	return m
}

// Each address is in the envelope once; Cc is in the header, Bcc in none; the image
// lies beside the HTML that shows it.
func TestCopies(t *testing.T) {
	t.Parallel()
	m := copied()
	l, got := deliver(t, nil, m)
	require.Equal(t, []string{"TO:<claire@customer.example>", "TO:<paul@customer.example>", "TO:<anne@xn--socit-esab.example>", "TO:<archive@acme.example>"}, got.rcpt)
	require.Equal(t, []email.Box{{Name: "Anne", Address: "anne@xn--socit-esab.example"}}, l.boxes(t, "Cc"))
	require.Equal(t, m.To, l.boxes(t, "To"))
	require.NotContains(t, string(got.content), "archive")
	require.Empty(t, l.header.Get("Bcc"))
	require.Equal(t, "mixed(related(alternative(plain html) png) file)", l.shape)
	require.Equal(t, crlf(m.HTML), l.leaves[1].content)
	require.Equal(t, "\x89PNG", l.leaves[2].content)
	require.Contains(t, string(got.content), "Content-Id: <"+email.CID(m.ID, "logo.png")+">")
	_, err := mail.ParseAddress("<" + email.CID(m.ID, "logo.png") + ">")
	require.NoError(t, err, "an id of a part is written as an address (RFC 2045)")
}

// A copy that the server refuses is the sender's affair: no letter goes in the place of
// an e-mail whose customer it knows.
func TestRefusedCopies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point, reply string
		kind         error
		code, says   string
	}{
		{atRcpt + " 3", "550 5.1.1 unknown", courrier.ErrInvalid, "550", "Cc[0]"},
		{atRcpt + " 4", "553 odd", courrier.ErrInvalid, "553", "Bcc[0]"},
		{atRcpt + " 4", "451 busy", courrier.ErrUnavailable, "451", "Bcc[0]"},
		{atRcpt + " 3", "550 5.7.1 no", courrier.ErrDenied, "550", "Cc[0]"},
		{atRcpt, "550 5.1.1 unknown", courrier.ErrRejected, "550", "To[0]"},
	} {
		f := serve(t, &fake{script: map[string]act{c.point: {reply: c.reply}}})
		err := newMailer(t, f.config()).Mail(t.Context(), copied())
		requireOutcome(t, err, c.kind, c.code)
		require.ErrorContains(t, err, c.says)
		require.Empty(t, f.got())
	}
	f := serve(t, &fake{tlsExt: []string{"8BITMIME"}})
	m := copied()
	m.Cc[0].Address = "hélène@acme.example"
	requireOutcome(t, newMailer(t, f.config()).Mail(t.Context(), m), courrier.ErrDenied, "no-smtputf8")
}
