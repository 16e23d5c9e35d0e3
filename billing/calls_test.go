package billing_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/pdf"
)

// full is a file that takes nothing more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	scene, month := aMonth(t)
	ledger := scene.Client.Credits("acme")
	composer, err := pdf.NewComposer()
	require.NoError(t, err)
	day := courrier.MustDate("2026-03-02")
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Between": {
			func() error { return calldoc.Error(billing.Between(t.Context(), ledger, "EUR", day, day)) },
			func() error { return calldoc.Error(billing.Between(t.Context(), ledger, "€", day, day.AddDays(1))) },
		},
		"MonthOf": {
			func() error { return calldoc.Error(billing.MonthOf(t.Context(), ledger, "€", time.Now())) },
			func() error { return calldoc.Error(billing.MonthOf(t.Context(), nil, "EUR", time.Now())) },
		},
		"Statement.PDF": {func() error {
			return calldoc.Error(month.PDF(t.Context(), composer, pdf.Letter{}, pdf.Theme{}))
		}, func() error {
			return calldoc.Error(month.PDF(t.Context(), nil, pdf.Letter{}, pdf.Theme{}))
		}},
		"Statement.WriteCSV": {func() error { return month.WriteCSV(full{}) }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
