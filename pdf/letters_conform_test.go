package pdf_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
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

// TestChecklistNotices takes away what the clauses ask for, one at a time.
func TestChecklistNotices(t *testing.T) {
	t.Parallel()
	file := compose(t, benchLetter(t), pdf.Theme{}).File
	root := func(c *checklist) types.Dict { return c.dict(*c.ctx.Root) }
	element := func(c *checklist, role string) types.Dict {
		for nr := range c.ctx.Table {
			if d := c.dict(*types.NewIndirectRef(nr, 0)); c.name(d["S"]) == role && d["P"] != nil {
				return d
			}
		}
		require.Fail(t, "no element", role)
		return nil
	}
	for clause, damage := range map[string]func(*checklist){
		"6.1.2":   func(c *checklist) { c.file = append([]byte("\n"), c.file...) },
		"6.1.3":   func(c *checklist) { c.ctx.ID = nil },
		"6.1.7.1": func(c *checklist) { c.file = bytes.Replace(c.file, []byte("\nendstream"), []byte("\n\nendstream"), 1) },
		"6.2.3":   func(c *checklist) { delete(root(c), "OutputIntents") },
		"6.6.2.1": func(c *checklist) { delete(root(c), "Metadata") },
		"6.6.4":   func(c *checklist) { root(c)["AF"] = types.Array{} },
		"UA 6.2":  func(c *checklist) { delete(root(c), "MarkInfo") },
		"UA 7.1":  func(c *checklist) { delete(element(c, "P"), "K") },
		"UA 7.2":  func(c *checklist) { delete(root(c), "Lang") },
		"UA 7.2 ": func(c *checklist) { delete(element(c, "TR"), "K") },
		"UA 7.3":  func(c *checklist) { delete(element(c, "Figure"), "Alt") },
		"UA 7.4":  func(c *checklist) { element(c, "H1")["S"] = types.Name("H2") },
		"UA 7.5":  func(c *checklist) { delete(element(c, "TH"), "A") },
		"6.2.11.5": func(c *checklist) {
			c.dict(*types.NewIndirectRef(3, 0))["W"] = types.Array{types.Integer(0), types.Array{types.Integer(1)}}
		},
		"6.2.11.7.2": func(c *checklist) { delete(c.dict(*types.NewIndirectRef(2, 0)), "ToUnicode") },
		"6.2.11.4":   func(c *checklist) { delete(c.dict(*types.NewIndirectRef(4, 0)), "FontFile2") },
	} {
		t.Run(clause, func(t *testing.T) {
			c := openChecklist(t, file)
			require.Empty(t, c.run())
			damage(c)
			faults := c.run()
			require.True(t, slices.ContainsFunc(faults, func(f string) bool {
				return strings.HasPrefix(f,
					strings.TrimSpace(clause)+":")
			}), "%v", faults)
		})
	}
}
