package filename_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier/internal/filename"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"FA-1.pdf":             "FA-1.pdf",
		"Relevé de compte.pdf": "Relevé de compte.pdf",
		"../../etc/passwd":     "_.._etc_passwd",
		`C:\temp\a.pdf`:        "C__temp_a.pdf",
		"Facture n° 1/2026":    "Facture n° 1_2026",
		"a\r\nBcc: b.pdf":      "a  Bcc_ b.pdf",
		"facture\u202efdp.exe": "facture_fdp.exe",
		"CON":                  "_CON",
		"nul.pdf":              "_nul.pdf",
		"LPT1 .pdf":            "_LPT1 .pdf",
		"console.pdf":          "console.pdf",
		"a\u00a0b.pdf":         "a b.pdf",
		"facture.pdf. . ":      "facture.pdf",
		"...":                  "document",
		"":                     "document",
		"\xff.pdf":             "_.pdf",
	} {
		require.Equal(t, want, filename.Safe(name, 255), "%q", name)
	}
	long := filename.Safe(strings.Repeat("é", 200)+".pdf", 100)
	require.True(t, strings.HasSuffix(long, "é.pdf") && len(long) <= 100, long)
}

// Whatever a name was, it is safe then, and stays as it is when it is made safe again.
func TestSafeOfAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(20, 255).Draw(t, "most")
		safe := filename.Safe(rapid.String().Draw(t, "name"), most)
		require.True(t, filename.Valid(safe, most), "%q", safe)
		require.Equal(t, safe, filename.Safe(safe, most))
		require.NotContains(t, safe, "/")
	})
}

func TestDistinct(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"a.pdf", "A (2).pdf", "a (3).pdf", "b"}, filename.Distinct([]string{"a.pdf", "A.pdf", "a.pdf", "b"}, 255))
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a.pdf", "A.pdf", "a (2).pdf", strings.Repeat("x", 30) + ".pdf"}), 0, 12).Draw(t, "names")
		seen := map[string]bool{}
		for _, name := range filename.Distinct(names, 34) {
			require.False(t, seen[strings.ToLower(name)], name)
			require.True(t, utf8.ValidString(name) && len(name) <= 34, name)
			seen[strings.ToLower(name)] = true
		}
	})
}
