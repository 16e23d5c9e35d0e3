package latepayment

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// One pass finds what a search for each word finds, however the words overlap.
func TestHintsAreTheWordsThatStandInAText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lists := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching("[ab c]{1,5}"), 0, 4), 1, 64).Draw(t, "lists")
		text := rapid.StringMatching("[abc dé]{0,40}").Draw(t, "text")
		found := newHintTable(lists...).in(text)
		for n, words := range lists {
			stands := false
			for _, w := range words {
				stands = stands || strings.Contains(text, w)
			}
			require.Equal(t, stands, found.has(n), "%q of %q in %q", words, lists, text)
		}
	})
}

// Each rule has hints that stand in whatever it finds: without them it is never asked.
func TestRulesFitTheHintTable(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, firstPast+len(pastWords)+len(claimRules), 64)
	for _, words := range hintLists() {
		require.NotEmpty(t, words)
		for _, w := range words {
			require.Equal(t, foldSentence("x"+w+"x"), "x"+w+"x", "as it is compared")
		}
	}
}

// Whatever a rule finds in the texts of the tests has one of the rule's hints.
func TestHintsStandInWhatRulesFind(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/texts/claims.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		for _, s := range sentencesOf(line[strings.Index(line, "|")+1 : strings.LastIndex(line, "|")+1]) {
			for n := range claimRules {
				if claimRules[n].saidIn(s.folded) {
					require.True(t, s.hints.has(firstPast+len(pastWords)+n), "rule %d of %s: %s", n, claimRules[n].key, s.folded)
				}
			}
			for n := range pastWords {
				if pastWords[n].says.MatchString(s.folded) {
					require.True(t, s.hints.has(firstPast+n), "past %d: %s", n, s.folded)
				}
			}
		}
	}
}
