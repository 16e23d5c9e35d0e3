package e2e_test

import (
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/providers/mock"
)

// BenchmarkStatement50000 makes the statement of a month of 50,000 entries, and its
// CSV, out of SQLite; cpu-ms is what this process took for it.
func BenchmarkStatement50000(b *testing.B) {
	store, end, err := databases.Open(b.Context(), b.TempDir()+"/letters.db")
	require.NoError(b, err)
	defer end()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}, Now: func() time.Time { return now }})
	require.NoError(b, err)
	fill(b, store, now, 50_000)
	b.ResetTimer()
	began := cpu(b)
	for range b.N {
		s, err := billing.MonthOf(b.Context(), client.Credits("acme"), unit, now)
		require.NoError(b, err)
		require.Len(b, s.Entries, 50_000)
		require.NoError(b, s.WriteCSV(io.Discard))
	}
	b.ReportMetric(float64((cpu(b)-began).Milliseconds())/float64(b.N), "cpu-ms/op")
}

func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill posts a top-up, and reserves and captures of letters, n entries in all.
func fill(t testing.TB, store courrier.Store, at time.Time, n int) {
	one := courrier.MustAmount("1", unit)
	all, err := courrier.AmountOf(decimal.NewFromInt(int64(n)), unit)
	require.NoError(t, err)
	post := func(e courrier.Entry) courrier.Change {
		e.Account, e.At = "acme", at
		return courrier.Change{Entries: []courrier.Entry{e}}
	}
	changes := []courrier.Change{post(courrier.Entry{Key: "order", Kind: courrier.EntryTopUp, Amount: all})}
	for i := 1; len(changes) < n; i++ {
		e := courrier.Entry{
			Key: fmt.Sprint("letter/", i), Kind: courrier.EntryReserve, Amount: one, Letter: courrier.LetterID(fmt.Sprint("L", i)),
			Service: courrier.ServiceStandard, Purpose: courrier.PurposeReminder, Lines: []courrier.PriceLine{{Code: "postage", Amount: one, Tax: "exempt"}},
		}
		changes = append(changes, post(e))
		if e.Kind = courrier.EntryCapture; len(changes) < n {
			changes = append(changes, post(e))
		}
	}
	for len(changes) > 0 {
		some := changes[:min(1000, len(changes))]
		_, err := store.Commit(t.Context(), some...)
		require.NoError(t, err)
		changes = changes[len(some):]
	}
}
