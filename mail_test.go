package courrier_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

func TestEmailValidate(t *testing.T) {
	t.Parallel()
	good := courrier.Email{
		ID: "01hx-1", From: courrier.MailBox{Name: "Acme", Address: "billing@acme.example"}, To: []courrier.MailBox{{Address: "a@b.example"}},
		Subject: "Facture FA-1", Text: "Bonjour", Attachments: []courrier.Document{{Name: "fa-1.pdf", Content: []byte("%PDF-")}},
	}
	require.NoError(t, good.Validate())
	bad := courrier.Email{
		ID: "a b", From: courrier.MailBox{Address: "Acme <billing@acme.example>"}, ReplyTo: courrier.MailBox{Name: "x\r\ny", Address: "a@b.example"},
		Subject: "one\r\nBcc: all@example.com", Text: " ", Attachments: []courrier.Document{{Name: "../x"}},
	}
	var fields []string
	for _, fe := range courrier.FieldErrors(bad.Validate()) {
		fields = append(fields, fe.Field)
	}
	require.Equal(t, []string{"ID", "From.Address", "ReplyTo.Name", "To", "Subject", "Text", "Attachments[0].Content", "Attachments[0].Name"}, fields)
	good.Subject = strings.Repeat("é", courrier.MaxSubjectLen)
	require.NoError(t, good.Validate())
	good.Subject += "é"
	require.ErrorIs(t, good.Validate(), courrier.ErrInvalid)
}
