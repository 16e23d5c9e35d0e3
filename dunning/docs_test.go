package dunning_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/stretchr/testify/require"
)

var updateDocs = flag.Bool("update-dunning-docs", false, "write the tables of docs/dunning.md")

const dunningDocs = "../docs/dunning.md"

// requireTable compares the rows between two marks of a page with those that the
// code gives, or writes them.
func requireTable(t *testing.T, mark string, rows []string) {
	t.Helper()
	data, err := os.ReadFile(dunningDocs)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(data), "<!-- "+mark+":")
	require.True(t, ok)
	table, tail, ok := strings.Cut(rest, "<!-- /"+mark+" -->")
	require.True(t, ok)
	ruler := strings.Index(table, "|---")
	require.Positive(t, ruler)
	start := ruler + strings.Index(table[ruler:], "\n") + 1
	want := strings.Join(rows, "\n") + "\n"
	if *updateDocs {
		page := head + "<!-- " + mark + ":" + table[:start] + want + "<!-- /" + mark + " -->" + tail
		require.NoError(t, os.WriteFile(dunningDocs, []byte(page), 0o644))
		return
	}
	require.Equal(t, want, table[start:], "run the test with -update-dunning-docs")
}

// The two tests share a file to write, so neither runs in parallel.

func TestDocumentedHolds(t *testing.T) {
	var rows []string
	for _, info := range dunning.HoldCauses() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", info.Cause, info.Meaning, info.Until))
	}
	requireTable(t, "holds", rows)
}

func TestDocumentedPlans(t *testing.T) {
	var rows []string
	for _, p := range []courrier.ReminderPolicy{dunning.GentlePolicy(), dunning.StandardPolicy(), dunning.FirmPolicy()} {
		delay := p.ContactDelayDays
		if delay == 0 {
			delay = 7
		}
		for _, s := range p.Steps {
			rows = append(rows, fmt.Sprintf("| %s | `%s` | %d | %s | %d |", p.ID, s.ID, s.OffsetDays, strings.ReplaceAll(string(s.Kind), "_", " "), delay))
		}
	}
	requireTable(t, "plans", rows)
}
