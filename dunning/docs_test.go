package dunning_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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

// What is said to be had here is shown by a test that exists.
func TestBesideOtherProducts(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(dunningDocs)
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(page), "<!-- beside:")
	table, _, ok := strings.Cut(table, "<!-- /beside -->")
	require.True(t, ok)
	rows := strings.Split(strings.TrimSpace(table), "\n")[3:]
	require.NotEmpty(t, rows)
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		here := strings.TrimSpace(cells[12])
		if len(cells) == 13 {
			require.Contains(t, []string{"no", "the host's"}, here, row)
			continue
		}
		room, test, found := strings.Cut(strings.Trim(strings.TrimSpace(cells[13]), "`"), ".")
		require.True(t, found && hasTest(t, room, test), row)
	}
}

// hasTest tells whether a room, by its path from the root, has a test of that name, and
// one under it where the name has a slash.
func hasTest(t *testing.T, room, name string) bool {
	t.Helper()
	test, under, _ := strings.Cut(name, "/")
	files, err := filepath.Glob(filepath.Join("..", strings.TrimPrefix(room, "courrier"), "*_test.go"))
	require.NoError(t, err)
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		source.Write(text)
	}
	return strings.Contains(source.String(), "\nfunc "+test+"(t *testing.T)") && strings.Contains(source.String(), under)
}

// What the page's first program prints is what it prints.
func TestFirstProgramOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(dunningDocs)
	require.NoError(t, err)
	late := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "martin", Contact: dunning.Contact{Email: true}}, Invoices: []dunning.Invoice{{
		ID: "1042", Number: "INV-1042", Parts: dunning.Due(courrier.MustDate("2026-03-02"), courrier.MustAmount("120", "EUR"))}}}
	decision := requireOne(t, compiled(t, dunning.StandardPolicy(), nil).Evaluate(late, dunning.History{}, courrier.MustDate("2026-03-09")))
	require.Contains(t, string(page), "// "+fmt.Sprintln(decision.Step.ID, decision.Open))
}
