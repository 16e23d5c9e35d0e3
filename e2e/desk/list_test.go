package desk_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/mock"
)

// BenchmarkLetters100000 opens the list of an account with 100,000 letters on SQLite:
// its first page, one in the middle, and each group, of which "doubt" has one letter
// alone, the oldest. bytes are those of the page, cpu-ms what this process took for it.
func BenchmarkLetters100000(b *testing.B) {
	const letters = 100_000
	screens := bigDesk(b, letters)
	for _, list := range []struct{ name, query string }{
		{"first", ""}, {"middle", "?after=" + string(letterID(letters/2))},
		{"here", "?state=here"}, {"away", "?state=away"}, {"arrived", "?state=arrived"}, {"failed", "?state=failed"}, {"doubt", "?state=doubt"},
	} {
		b.Run(list.name, func(b *testing.B) {
			var size int
			began := cpu(b)
			for b.Loop() {
				size = len(get(b, screens, "/letters"+list.query))
			}
			b.ReportMetric(float64((cpu(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// A page of a long list weighs less than 100 KB, whatever the names are.
func TestALongListIsLight(t *testing.T) {
	t.Parallel()
	screens := bigDesk(t, 300)
	for _, list := range []string{"", "?after=" + string(letterID(200)), "?state=arrived"} {
		page := get(t, screens, "/letters"+list)
		require.Contains(t, page, "Société coopérative")
		require.Less(t, len(page), 100_000)
	}
}

func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func get(t testing.TB, h http.Handler, path string) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	return w.Body.String()
}

// bigDesk is the desk over a database of so many letters.
func bigDesk(t testing.TB, letters int) *desk.Desk {
	t.Helper()
	store, end, err := databases.Open(t.Context(), t.TempDir()+"/letters.db")
	require.NoError(t, err)
	t.Cleanup(end)
	fill(t, store, letters)
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}})
	require.NoError(t, err)
	runner, err := dunning.New(dunning.Config{Client: client, Store: store, Debtors: quiet{}, Mailer: quiet{}, Settings: quiet{}.Settings})
	require.NoError(t, err)
	screens, err := desk.New(desk.Config{Client: client, Runner: runner, Host: quiet{}, Session: func(*http.Request) (desk.Session, error) {
		return desk.Session{Account: "acme", Actor: "ann", Name: "Ann", Language: courrier.French}, nil
	}})
	require.NoError(t, err)
	return screens
}

func letterID(i int) courrier.LetterID { return courrier.LetterID(fmt.Sprintf("lt-%09d", i)) }

// fill writes letters that have arrived, but for one in twenty that is on its way, one
// in fifty that came back, the newest ones, which wait here, and the oldest, in doubt.
func fill(t testing.TB, store courrier.Store, n int) {
	t.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var changes []courrier.Change
	for i := range n {
		status := courrier.StatusDelivered
		switch {
		case i == 0:
			status = courrier.StatusUnknown
		case i >= n-10:
			status = courrier.StatusQueued
		case i%20 == 0:
			status = courrier.StatusInTransit
		case i%50 == 1:
			status = courrier.StatusReturned
		}
		changes = append(changes, courrier.Change{Letter: &courrier.LetterRecord{
			ID: letterID(i), Status: status, CreatedAt: at.Add(time.Duration(i) * time.Minute), Price: courrier.MustAmount("7.40", "EUR"),
			Letter: courrier.Letter{
				Account: "acme", Key: fmt.Sprint("k", i), Service: courrier.ServiceRegisteredAR, Purpose: courrier.PurposeFormalNotice,
				To: courrier.Recipient{Company: fmt.Sprint("Société coopérative des artisans n° ", i), Address: courrier.Address{
					Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
			},
			Proofs: []courrier.ProofRecord{{Kind: courrier.ProofOfDeposit}, {Kind: courrier.ProofOfReceipt}},
		}})
		if len(changes) == 500 || i == n-1 {
			results, err := store.Commit(t.Context(), changes...)
			require.NoError(t, err)
			require.NoError(t, results[0].Err)
			changes = changes[:0]
		}
	}
}

// quiet is a host without customers.
type quiet struct{}

func (quiet) Cases(context.Context, courrier.AccountID) iter.Seq2[dunning.Case, error] {
	return func(func(dunning.Case, error) bool) {}
}

func (quiet) Customer(context.Context, courrier.AccountID, courrier.CustomerID) (desk.Customer, error) {
	return desk.Customer{}, courrier.ErrNotFound
}

func (quiet) Settings(context.Context, courrier.AccountID) (dunning.Settings, error) {
	return dunning.Settings{}, nil
}

func (quiet) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	return dunning.Case{}, courrier.ErrNotFound
}

func (quiet) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{}, courrier.ErrNotFound
}

func (quiet) Mail(context.Context, email.Message) error { return nil }
