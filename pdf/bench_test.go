package pdf_test

import (
	"context"
	"io"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// benchLetter is the two-page letter with a table of 26 rows, a logo and a
// signature that docs/performance.md compares.
func benchLetter(t testing.TB) pdf.Letter {
	l := reminderLetter(t, 26)
	l.Signature.Image = handwriting(t)
	return l
}

func tenPages(t testing.TB) []byte {
	out := compose(t, reminderLetter(t, 300), pdf.Theme{})
	require.Equal(t, 10, out.Pages)
	return out.File
}

func BenchmarkCompose(b *testing.B) {
	c, err := composer()
	require.NoError(b, err)
	l := benchLetter(b)
	require.Equal(b, 2, compose(b, l, pdf.Theme{}).Pages)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Compose(context.Background(), l, pdf.Theme{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	i := pdf.NewInspector(pdf.Limits{})
	o := pdf.InspectOptions{Layout: layout(b, pdf.LayoutFrenchDL), Address: pdf.AddressOnPage}
	file := tenPages(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := i.Inspect(context.Background(), file, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAssemble(b *testing.B) {
	var as pdf.Assembly
	size := 0
	for _, f := range scans(11, 2_270_000) {
		as.Parts = append(as.Parts, pdf.Part{File: f})
		size += len(f)
	}
	a := pdf.NewAssembler(pdf.Limits{})
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		if _, err := a.Assemble(context.Background(), io.Discard, as); err != nil {
			b.Fatal(err)
		}
	}
}
