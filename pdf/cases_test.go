package pdf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// TestCases holds what is printed to what its user saw. Each case has an id,
// the file that showed it, and variants of its kind.
func TestCases(t *testing.T) {
	t.Parallel()
	for id, run := range map[string]func(*testing.T){
		"paper-01": lengthsThatLie,
		"paper-02": entriesThatLead,
		"paper-03": contentsThatNameNothing,
		"paper-04": treesWithoutPages,
		"paper-05": contentThatCannotBeRead,
		"paper-06": annotationsWithoutAppearance,
		"paper-07": fieldsAsSeen,
		"paper-08": transparencyMultiplies,
		"paper-09": boxesAsSeen,
		"paper-10": whiteIsNoInk,
		"layers":   layersAsPrinted,
		"paper-11": filesWithoutTables,
		"paper-12": identityFilters,
		"paper-13": pagesAsPrinted,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}

func caseFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "cases", name+".pdf"))
	require.NoError(t, err)
	return b
}

// printed is the file as it is assembled alone.
func printed(t testing.TB, file []byte) []byte {
	t.Helper()
	_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
	return out
}

// requirePrinted holds a file to its findings, and its print to looking as
// pdftoppm draws the original.
func requirePrinted(t *testing.T, file []byte, want ...pdf.Code) {
	t.Helper()
	require.Equal(t, want, codes(inspect(t, file, pdf.InspectOptions{})))
	out := printed(t, file)
	again := inspect(t, out, pdf.InspectOptions{})
	for _, code := range []pdf.Code{pdf.CodeRepaired, pdf.CodePageDamaged, pdf.CodePageBlank} {
		_, found := again.Find(code)
		require.False(t, found, "the print is %s", code)
	}
	requireSameLook(t, file, out)
}

// requireSameLook compares pages as a printer draws them.
func requireSameLook(t *testing.T, file, out []byte) {
	t.Helper()
	tool(t, "pdftoppm")
	require.Less(t, difference(t, rasterize(t, file), rasterize(t, out)), 0.05, "it does not look as it did")
}

// requireRefused holds a file to a finding that forbids printing, and its
// assembly to an error.
func requireRefused(t *testing.T, file []byte, code pdf.Code) {
	t.Helper()
	r := inspect(t, file, pdf.InspectOptions{})
	f, found := r.Find(code)
	require.True(t, found, "want %s, got %v", code, codes(r))
	require.Equal(t, pdf.SeverityError, f.Severity)
	_, found = r.Find(pdf.CodePageBlank)
	require.False(t, found, "what cannot be read is not blank")
	var out bytes.Buffer
	_, err := pdf.NewAssembler(pdf.Limits{}).Assemble(t.Context(), &out, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Parts[0]", courrier.FieldErrors(err)[0].Field)
}

// inkIn reports whether anything is drawn in the box on page 1.
func inkIn(t testing.TB, file []byte, b pdf.Box) bool {
	t.Helper()
	_, found := inspect(t, file, pdf.InspectOptions{Layout: pdf.Layout{Window: b}}).Find(pdf.CodeWindow)
	return found
}
