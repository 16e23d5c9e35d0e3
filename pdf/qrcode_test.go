package pdf_test

import (
	"context"
	"image"
	"image/draw"
	"strings"
	"testing"

	goqr "github.com/piglig/go-qr"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/pdf"
)

// A code that was drawn and printed reads back as what it was given.
func TestQRCodesReadBack(t *testing.T) {
	t.Parallel()
	tool(t, "pdftoppm")
	for name, payload := range map[string]string{
		"payment": "BCD\n002\n1\nSCT\nXXXXFRPP\nAtelier Vauban & Fils\nFR7600000000000000000000000\nEUR1284.60\n\n\nF-2026-0417",
		"accents": "BCD\n002\n1\nSCT\n\nSociété Générale d'Électricité\nFR7600000000000000000000000\nEUR0.01",
		"short":   "1",
		"longest": strings.Repeat("https://a.example/", 18)[:320],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := plainLetter()
			l.Blocks = []pdf.Block{pdf.QRCode{Payload: payload, Caption: "code"}}
			out := compose(t, l, pdf.Theme{})
			conforms(t, out.File)
			const dpi = 300
			data, err := pdf.Pdftoppm{}.Rasterize(context.Background(), out.File, 1, dpi)
			require.NoError(t, err)
			page := decode(t, data)
			at := func(mm float64) int { return int(mm * dpi / 25.4) }
			code := image.NewGray(image.Rect(0, 0, at(38), at(38)))
			draw.Draw(code, code.Bounds(), page, image.Pt(at(25), at(104)), draw.Src)
			got, err := goqr.Decode(code)
			require.NoError(t, err)
			require.Equal(t, payload, got)
		})
	}
}
