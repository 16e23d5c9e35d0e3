package pdf_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/pdf"
)

func invoiceXML() pdf.EmbeddedFile {
	return pdf.EmbeddedFile{Name: "factur-x.xml", MediaType: "text/xml", Relationship: pdf.FileData, Description: "Facture électronique",
		Content: []byte("<Invoice/>")}
}

// TestComposedLettersConform holds every letter, in every layout, to the list.
func TestComposedLettersConform(t *testing.T) {
	t.Parallel()
	for _, l := range goldenLetters(t) {
		for _, layout := range []string{pdf.LayoutFrenchDL, pdf.LayoutDIN5008B} {
			t.Run(l.name+"/"+layout, func(t *testing.T) {
				t.Parallel()
				letter := l.letter // each its own
				letter.Layout, _ = pdf.LayoutByID(layout)
				conforms(t, compose(t, letter, l.theme).File)
			})
		}
	}
	c, err := composer()
	require.NoError(t, err)
	page, err := c.AddressPage(context.Background(), courtesyLetter(t), pdf.Theme{})
	require.NoError(t, err)
	conforms(t, page.File)
}

func TestLettersWithFilesInsideConform(t *testing.T) {
	t.Parallel()
	l := courtesyLetter(t)
	l.Files = []pdf.EmbeddedFile{invoiceXML()}
	file := compose(t, l, pdf.Theme{}).File
	conforms(t, file)
	require.Contains(t, string(file), "<pdfaid:part>3</pdfaid:part>")
	path := filepath.Join(t.TempDir(), "letter.pdf")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	require.Contains(t, output(t, nil, "pdfdetach", "-list", path), "factur-x.xml")
	l.Files[0].Name = "a/b.xml"
	c, err := composer()
	require.NoError(t, err)
	_, err = c.Compose(context.Background(), l, pdf.Theme{})
	require.ErrorContains(t, err, "Files[0].Name")
}
