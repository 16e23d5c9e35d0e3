package email_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

func TestEmailValidate(t *testing.T) {
	t.Parallel()
	good := email.Message{
		ID: "01hx-1", From: email.Box{Name: "Acme", Address: "billing@acme.example"}, To: []email.Box{{Address: "a@b.example"}},
		Subject: "Facture FA-1", Text: "Bonjour", Attachments: []courrier.Document{{Name: "fa-1.pdf", Content: []byte("%PDF-")}},
	}
	require.NoError(t, good.Validate())
	bad := email.Message{
		ID: "a b", From: email.Box{Address: "Acme <billing@acme.example>"}, ReplyTo: email.Box{Name: "x\r\ny", Address: "a@b.example"},
		Subject: "one\r\nBcc: all@example.com", Text: " ", Attachments: []courrier.Document{{Name: "../x"}},
	}
	var fields []string
	for _, fe := range courrier.FieldErrors(bad.Validate()) {
		fields = append(fields, fe.Field)
	}
	require.Equal(t, []string{"ID", "From.Address", "ReplyTo.Name", "To", "Subject", "Text", "Attachments[0].Content", "Attachments[0].Name"}, fields)
	good.Subject = strings.Repeat("é", email.MaxSubjectLen)
	require.NoError(t, good.Validate())
	good.Subject += "é"
	require.ErrorIs(t, good.Validate(), courrier.ErrInvalid)
}

// What passes must fit into a header, an envelope and a file system as it is.
func TestEmailParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ok    bool
		check func(m *email.Message)
	}{
		{"dots between", true, func(m *email.Message) { m.ID = "a.b-c_d" }},
		{"dots together", false, func(m *email.Message) { m.ID = "a..b" }},
		{"dot first", false, func(m *email.Message) { m.ID = ".a" }},
		{"dot last", false, func(m *email.Message) { m.ID = "a." }},
		{"longest name", true, func(m *email.Message) { m.From.Name = strings.Repeat("é", email.MaxNameLen) }},
		{"name too long", false, func(m *email.Message) { m.From.Name = strings.Repeat("é", email.MaxNameLen+1) }},
		{"bell in a name", false, func(m *email.Message) { m.From.Name = "a\ab" }},
		{"longest address", true, func(m *email.Message) { m.To[0].Address = "a@" + strings.Repeat("b", email.MaxAddressBytes-2) }},
		{"address too long", false, func(m *email.Message) { m.To[0].Address = "a@" + strings.Repeat("b", email.MaxAddressBytes-1) }},
		{"longest file name", true, func(m *email.Message) { m.Attachments[0].Name = strings.Repeat("a", courrier.MaxFileName) }},
		{"file name too long", false, func(m *email.Message) { m.Attachments[0].Name = strings.Repeat("a", courrier.MaxFileName+1) }},
		{"tab in a file name", false, func(m *email.Message) { m.Attachments[0].Name = "a\tb" }},
		{"quote in a file name", false, func(m *email.Message) { m.Attachments[0].Name = `a"b` }},
		{"file name not UTF-8", false, func(m *email.Message) { m.Attachments[0].Name = "a\xffb" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := email.Message{
				ID: "1", From: email.Box{Address: "a@b.example"}, To: []email.Box{{Address: "c@d.example"}},
				Subject: "s", Text: "t", Attachments: []courrier.Document{{Name: "f", Content: []byte("x")}},
			}
			c.check(&m)
			if c.ok {
				require.NoError(t, m.Validate())
				return
			}
			require.ErrorIs(t, m.Validate(), courrier.ErrInvalid)
		})
	}
}
