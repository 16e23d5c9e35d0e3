package latepayment_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// textCase is one line of a file of texts as people write them.
type textCase struct {
	head, text, want string
}

// textCases reads a file of texts: three fields parted by " | ", the last after the
// last bar.
func textCases(t *testing.T, name string) []textCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/texts/" + name)
	require.NoError(t, err)
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\_`, "\u00a0", `\,`, "\u202f")
	var all []textCase
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, rest, ok := strings.Cut(line, " | ")
		last := strings.LastIndex(rest, " | ")
		require.True(t, ok && last >= 0, line)
		all = append(all, textCase{head, unescape.Replace(rest[:last]), strings.TrimSpace(rest[last+3:])})
	}
	return all
}

func TestSumsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	cases := textCases(t, "sums.txt")
	require.Greater(t, len(cases), 80)
	for _, c := range cases {
		for _, text := range []string{c.text, strings.ToUpper(c.text)} {
			if got := sumsOf(text, courrier.Language(c.head)); got != c.want {
				t.Errorf("%s %q: %s, want %s", c.head, text, got, c.want)
			}
		}
	}
}

func TestClaimsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	cases := textCases(t, "claims.txt")
	require.Greater(t, len(cases), 80)
	for _, c := range cases {
		head := strings.Fields(c.head)
		facts := latepayment.LetterFacts{Kind: courrier.StepReminder, Debtor: latepayment.DebtorClass(head[1]),
			On: courrier.MustDate("2026-11-30")}
		if head[0] == "notice" {
			facts.Kind = courrier.StepFormalNotice
		}
		for _, sent := range head[2:] {
			kind, on, _ := strings.Cut(sent, ":")
			facts.History = append(facts.History, latepayment.PastLetter{Kind: courrier.StepKind(kind), On: courrier.MustDate(on)})
		}
		for _, text := range []string{c.text, strings.ToUpper(c.text)} {
			got := claimsIn(text, facts)
			got = slices.DeleteFunc(got, func(key string) bool { return key == latepayment.AdviceBasis })
			if strings.Join(got, ",") != c.want {
				t.Errorf("%s %q: %s, want %s", c.head, text, got, c.want)
			}
		}
	}
}
