package latepayment

import (
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
