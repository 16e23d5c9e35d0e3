package pdf_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/stretchr/testify/require"
)

// encrypt locks a file. The configuration is spelled out, as in the package.
func encrypt(t testing.TB, file []byte, user string, aes bool, bits int, allow model.PermissionFlags) []byte {
	t.Helper()
	conf := &model.Configuration{
		Reader15: true, ValidationMode: model.ValidationRelaxed, Eol: types.EolLF, WriteObjectStream: true, WriteXRefStream: true,
		EncryptUsingAES: aes, EncryptKeyLength: bits, UserPW: user, OwnerPW: "owner", Permissions: allow, Cmd: model.ENCRYPT, Offline: true,
		Limits: model.DefaultResourceLimits(),
	}
	var out bytes.Buffer
	require.NoError(t, api.Encrypt(bytes.NewReader(file), &out, conf))
	return out.Bytes()
}

func TestInspectEncrypted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		aes  bool
		bits int
	}{{"RC4 40", false, 40}, {"RC4 128", false, 128}, {"AES 128", true, 128}, {"AES 256", true, 256}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plain := embedded(sheet{content: at(120, 65, "!")})
			options := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}

			r := inspect(t, encrypt(t, plain, "user", c.aes, c.bits, model.PermissionsAll), options)
			require.Equal(t, []pdf.Code{pdf.CodePassword}, codes(r))
			require.Equal(t, pdf.EncryptionPassword, r.Encryption)

			r = inspect(t, encrypt(t, plain, "", c.aes, c.bits, model.PermissionsPrint), options)
			require.Equal(t, []pdf.Code{pdf.CodeRestricted, pdf.CodeWindow}, codes(r), "the content is read through the encryption")
			require.Equal(t, pdf.EncryptionPermissions, r.Encryption)

			r = inspect(t, encrypt(t, plain, "", c.aes, c.bits, model.PermissionsNone), options)
			require.Equal(t, []pdf.Code{pdf.CodePrintForbidden, pdf.CodeWindow}, codes(r))
			require.Equal(t, pdf.VerdictRefuse, r.Verdict)
		})
	}
}

// TestInspectEncryptedAnyNumberOfRounds locks with other random salts each
// time: how many rounds the hash of AES 256 takes depends on them.
func TestInspectEncryptedAnyNumberOfRounds(t *testing.T) {
	t.Parallel()
	plain := embedded(sheet{content: at(120, 65, "!")})
	for range 30 {
		r := inspect(t, encrypt(t, plain, "", true, 256, model.PermissionsPrint), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
		require.Equal(t, []pdf.Code{pdf.CodeRestricted, pdf.CodeWindow}, codes(r))
	}
}

func TestInspectUnknownEncryption(t *testing.T) {
	t.Parallel()
	f := &file{trailer: "/Encrypt 4 0 R /ID [<00> <00>]"}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>")
	f.add("<</Filter /Adobe.PubSec /V 4 /R 4 /P -4>>")
	r := inspect(t, f.bytes(), pdf.InspectOptions{})
	require.Equal(t, []pdf.Code{pdf.CodeEncryptionUnknown}, codes(r))
	require.Equal(t, pdf.EncryptionUnknown, r.Encryption)
}

func TestAssembleUnlocksWhatMayBePrinted(t *testing.T) {
	t.Parallel()
	plain := embedded(sheet{content: at(30, 150, "!")})
	a := pdf.NewAssembler(pdf.Limits{})
	var out bytes.Buffer
	_, err := a.Assemble(context.Background(), &out, pdf.Assembly{Parts: []pdf.Part{{File: encrypt(t, plain, "", true, 256, model.PermissionsPrint)}}})
	require.NoError(t, err)
	r := inspect(t, out.Bytes(), pdf.InspectOptions{})
	require.Empty(t, r.Findings)

	for _, locked := range [][]byte{
		encrypt(t, plain, "user", true, 128, model.PermissionsAll),
		encrypt(t, plain, "", true, 128, model.PermissionsNone),
	} {
		_, err = a.Assemble(context.Background(), &bytes.Buffer{}, pdf.Assembly{Parts: []pdf.Part{{File: plain}, {File: locked}}})
		fields := courrier.FieldErrors(err)
		require.Len(t, fields, 1)
		require.Equal(t, "Parts[1]", fields[0].Field)
	}
}
