package pdf_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

func TestScratch(t *testing.T) {
	c, err := pdf.NewComposer()
	require.NoError(t, err)
	var files [][]byte
	lay, _ := pdf.LayoutByID(pdf.LayoutFrenchDL)
	for _, l := range goldenLetters(t) {
		out, err := c.Compose(context.Background(), l.letter, l.theme)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("/tmp/letters/"+l.name+".pdf", out.File, 0o644))
		t.Log(l.name, out.Pages, len(out.File))
		files = append(files, out.File)
		r, err := pdf.NewInspector(pdf.Limits{}).Inspect(context.Background(), out.File, pdf.InspectOptions{Layout: lay, Address: pdf.AddressOnPage})
		require.NoError(t, err)
		t.Logf("%+v", r)
	}
	sheet, err := c.AddressPage(context.Background(), courtesyLetter(t), pdf.Theme{})
	require.NoError(t, err)
	var b bytes.Buffer
	landscape := onePage(sheet_("/MediaBox [0 0 842 595] /UserUnit 2"))
	res, err := pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), &b, pdf.Assembly{CarrierSheet: sheet.File, Duplex: true, Parts: []pdf.Part{
		{File: files[2], Name: "body", Stamps: []pdf.Stamp{{Artwork: handwriting(t), Page: -1, Box: pdf.Box{X: 120, Y: 200, W: 50, H: 30}}}}, {File: landscape, Fit: pdf.FitA4}, {File: files[0], Fit: pdf.FitPrintable}, {File: files[1]}}})
	require.NoError(t, err)
	t.Logf("%+v", res)
	require.NoError(t, os.WriteFile("/tmp/letters/assembled.pdf", b.Bytes(), 0o644))
	var ov bytes.Buffer
	rep, err := pdf.NewPreviewer(pdf.PreviewerConfig{}).Overlay(context.Background(), &ov, b.Bytes(), pdf.InspectOptions{Layout: lay, Address: pdf.AddressByCarrier})
	require.NoError(t, err)
	t.Logf("%+v", rep)
	require.NoError(t, os.WriteFile("/tmp/letters/overlay.pdf", ov.Bytes(), 0o644))
	_ = courrier.ErrInvalid
}

func sheet_(page string) sheet {
	return sheet{page: page, content: "BT /F1 30 Tf 50 500 Td (Landscape) Tj ET 20 20 802 555 re S"}
}
