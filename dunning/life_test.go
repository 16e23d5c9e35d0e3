package dunning_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/dunning"
)

// The picture of a reminder's life in the documentation is drawn from its table.
func TestReminderLifePicture(t *testing.T) {
	t.Parallel()
	moves := dunning.ReminderMoves()
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, to := range moves[""] {
		fmt.Fprintf(&b, "    [*] --> %s\n", to)
	}
	for _, from := range dunning.ReminderStates() {
		require.Contains(t, moves, from)
		ends := true
		for _, to := range dunning.ReminderStates() {
			if slices.Contains(moves[from], to) {
				ends = false
				fmt.Fprintf(&b, "    %s --> %s\n", from, to)
			}
		}
		if ends {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	require.Len(t, moves, len(dunning.ReminderStates())+1, "a state that the list lacks")
	const file = "../docs/dunning.md"
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := bytes.Cut(doc, []byte("```mermaid\n"))
	require.True(t, ok)
	got, after, ok := bytes.Cut(rest, []byte("```"))
	require.True(t, ok)
	if *updateDocs {
		require.NoError(t, os.WriteFile(file, slices.Concat(before, []byte("```mermaid\n"+b.String()+"```"), after), 0o644))
		return
	}
	require.Equal(t, b.String(), string(got), "run the test with -update-dunning-docs")
}
