package pdf_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// TestDocsListEveryCodeAndLayout keeps the tables of docs/pdf.md complete; with
// -update it writes them.
func TestDocsListEveryCodeAndLayout(t *testing.T) {
	const path = "../docs/pdf.md"
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	doc := string(data)
	want := replaceTable(t, doc, "codes", codeRows())
	want = replaceTable(t, want, "layouts", layoutRows())
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, doc, "run go test ./pdf -run Docs -update")
}

// replaceTable replaces the rows below the head of a marked table.
func replaceTable(t *testing.T, doc, name, rows string) string {
	start := strings.Index(doc, "<!-- "+name+":")
	end := strings.Index(doc, "<!-- /"+name+" -->")
	require.True(t, start >= 0 && end > start)
	lines := strings.SplitN(doc[start:end], "\n", 4)
	return doc[:start] + strings.Join(lines[:3], "\n") + "\n" + rows + doc[end:]
}

func codeRows() string {
	var b strings.Builder
	for _, c := range pdf.Codes() {
		var remedies []string
		for _, r := range c.Remedies {
			remedies = append(remedies, string(r))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Code, c.Severity, strings.Join(remedies, ", "), c.Meaning)
	}
	return b.String()
}

func layoutRows() string {
	box := func(b pdf.Box) string {
		if b.IsZero() {
			return "–"
		}
		return fmt.Sprintf("%g, %g, %g × %g", b.X, b.Y, b.W, b.H)
	}
	var b strings.Builder
	for _, l := range pdf.Layouts() {
		fmt.Fprintf(&b, "| `%s` | %s %s | %s | %s | %s | %g %g %g %g | %s | %s |\n", l.ID, l.Country, l.Envelope, box(l.Window), box(l.Address), box(l.Label),
			l.Margins.Top, l.Margins.Right, l.Margins.Bottom, l.Margins.Left, l.Confidence, l.Source)
	}
	return b.String()
}
