package pdf_test

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

func TestLayoutsAreConsistent(t *testing.T) {
	t.Parallel()
	page := pdf.Box{W: 210, H: 297}
	all := pdf.Layouts()
	require.True(t, slices.IsSortedFunc(all, func(a, b pdf.Layout) int { return compareIDs(a.ID, b.ID) }), "sorted by ID")
	for _, l := range all {
		require.NotEmpty(t, l.Country, l.ID)
		require.NotEmpty(t, l.Source, l.ID)
		require.Contains(t, []pdf.Confidence{pdf.ConfidenceSource, pdf.ConfidenceInferred}, l.Confidence, l.ID)
		for _, b := range []pdf.Box{l.Window, l.Address, l.Text, l.Label} {
			require.True(t, page.Contains(b), l.ID)
		}
		if l.Window.IsZero() {
			continue
		}
		require.True(t, l.Window.Contains(l.Address), "%s: the address shows in the window", l.ID)
		require.True(t, l.Address.Contains(l.Text), "%s: the text stands in the address box", l.ID)
		require.False(t, l.Label.Overlaps(l.Address), "%s: the label covers the address", l.ID)
	}
	_, ok := pdf.LayoutByID("nowhere")
	require.False(t, ok)
	all[0].ID = "changed"
	require.NotEqual(t, "changed", pdf.Layouts()[0].ID)
}

// A name alone has no zones: nothing would be checked, and an address for a window on the
// left would be set on the right.
func TestALayoutIsMoreThanItsName(t *testing.T) {
	t.Parallel()
	name := pdf.Layout{ID: "gb-dl", Country: "GB"}
	composer, err := pdf.NewComposer()
	require.NoError(t, err)
	letter := pdf.Letter{Recipient: []string{"a"}, Date: courrier.MustDate("2026-01-02"), Blocks: []pdf.Block{pdf.Paragraph("b")}, Layout: name}
	_, composed := composer.Compose(t.Context(), letter, pdf.Theme{})
	_, inspected := pdf.NewInspector(pdf.Limits{}).Inspect(t.Context(), nil, pdf.InspectOptions{Layout: name})
	_, assembled := pdf.NewAssembler(pdf.Limits{}).Assemble(t.Context(), io.Discard, pdf.Assembly{Layout: name, Parts: []pdf.Part{{}}})
	for _, err := range []error{composed, inspected, assembled} {
		require.ErrorContains(t, err, "LayoutByID")
		require.Equal(t, "Layout", courrier.FieldErrors(err)[0].Field)
	}
	letter.Layout = pdf.Layout{}
	_, err = composer.Compose(t.Context(), letter, pdf.Theme{})
	require.NoError(t, err, "no layout is the French one")
}

func compareIDs(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestBoxes takes its cases from published envelope geometries.
func TestBoxes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/geometry.json")
	require.NoError(t, err)
	var cases []struct {
		Name      string
		Box       pdf.Box
		Block     pdf.Box
		Overflows []string
	}
	require.NoError(t, json.Unmarshal(data, &cases))
	require.NotEmpty(t, cases)
	for _, c := range cases {
		require.Equal(t, c.Overflows, c.Box.Overflows(c.Block), c.Name)
		require.Equal(t, len(c.Overflows) == 0, c.Box.Contains(c.Block), c.Name)
	}
	b := pdf.Box{X: 10, Y: 10, W: 10, H: 10}
	require.True(t, b.Overlaps(pdf.Box{X: 19, Y: 19, W: 9, H: 9}))
	require.False(t, b.Overlaps(pdf.Box{X: 20, Y: 10, W: 9, H: 9}), "an edge is no overlap")
	require.Equal(t, pdf.Box{X: 12, Y: 12, W: 6, H: 6}, b.Inset(2))
	require.Equal(t, "x 10–20, y 10–20 mm", b.String())
}

// TestLayoutAsTheSourcesHaveIt pins the figures that others published.
func TestLayoutAsTheSourcesHaveIt(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct {
		window pdf.Box
		folds  []float64
	}{
		pdf.LayoutDIN5008A:     {pdf.Box{X: 20, Y: 27, W: 85, H: 45}, []float64{87, 192}},
		pdf.LayoutDIN5008B:     {pdf.Box{X: 20, Y: 45, W: 85, H: 45}, []float64{105, 210}},
		pdf.LayoutSwissRight:   {pdf.Box{X: 112, Y: 45, W: 90, H: 45}, []float64{105, 210}},
		pdf.LayoutSwissLeft:    {pdf.Box{X: 20, Y: 35.5, W: 100, H: 45}, []float64{105, 210}},
		pdf.LayoutPingenRight:  {pdf.Box{X: 118, Y: 60, W: 85.5, H: 25.5}, nil},
		pdf.LayoutBritishDL:    {pdf.Box{X: 24.6, Y: 39.5, W: 95.4, H: 26.8}, []float64{99, 198}},
		pdf.LayoutFrenchDL:     {pdf.Box{X: 95, Y: 34, W: 105, H: 56}, []float64{99, 198}},
		pdf.LayoutCarrierSheet: {pdf.Box{}, nil},
	} {
		l := layout(t, id)
		require.Equal(t, want.window, l.Window, id)
		require.Equal(t, want.folds, l.Folds, id)
	}
}
