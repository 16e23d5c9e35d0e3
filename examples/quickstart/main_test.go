package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/pdf"
)

// The main job runs twice on one folder, and sends nothing again.
func TestRunTwice(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, run(t.Context(), []string{folder}))
	page, err := os.ReadFile(filepath.Join(folder, "letters.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "9 stamp available")
	require.NoError(t, run(t.Context(), []string{folder}))
	again, err := os.ReadFile(filepath.Join(folder, "letters.html"))
	require.NoError(t, err)
	require.Equal(t, string(page), string(again))

	inspector := pdf.NewInspector(pdf.Limits{})
	proofs, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	require.NoError(t, err)
	require.Len(t, proofs, 5)
	for _, name := range proofs {
		file, err := os.ReadFile(name)
		require.NoError(t, err)
		report, err := inspector.Inspect(t.Context(), file, pdf.InspectOptions{})
		require.NoError(t, err)
		require.Equal(t, 1, report.Pages, name)
	}
}

// The invoices leave the envelope's window to the carrier, which prints the
// address there.
func TestInvoicesPrint(t *testing.T) {
	t.Parallel()
	layout, ok := pdf.LayoutByID(pdf.LayoutFrenchDLRegistered)
	require.True(t, ok)
	all, err := letters()
	require.NoError(t, err)
	for _, l := range all {
		report, err := pdf.NewInspector(pdf.Limits{}).Inspect(t.Context(), l.Documents[0].Content, pdf.InspectOptions{Layout: layout})
		require.NoError(t, err)
		require.Equal(t, pdf.VerdictPrint, report.Verdict, "%s: %+v", l.Key, report.Findings)
	}
}
