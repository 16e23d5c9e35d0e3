package sqlstore_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/tariff"
)

// BenchmarkLedger makes cycles of one reserve and its capture, by many callers
// at once or by one. The comparison with other designs is internal/bench/ledger.
func BenchmarkLedger(b *testing.B) {
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres} {
		for _, callers := range []int{1, 512} {
			for _, accounts := range []int{1, 1000} {
				b.Run(fmt.Sprintf("%s/callers=%d/accounts=%d", name, callers, accounts), func(b *testing.B) {
					benchmarkLedger(b, fresh(b), callers, accounts)
				})
			}
		}
	}
}

func benchmarkLedger(b *testing.B, d database, callers, accounts int) {
	store := d.store(b)
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{noCarrier{}}})
	require.NoError(b, err)
	funds := make([]courrier.Change, accounts)
	for i := range funds {
		funds[i].Entries = []courrier.Entry{{
			Account: courrier.AccountID(strconv.Itoa(i)), Kind: courrier.EntryTopUp, Key: "funds", At: time.Now(),
			Amount: courrier.MustAmount("1000000000", "stamp"),
		}}
	}
	_, err = store.Commit(b.Context(), funds...)
	require.NoError(b, err)
	one := courrier.MustAmount("1", "stamp")
	var n atomic.Int64
	cycle := func() error {
		i := n.Add(1)
		account, key := courrier.AccountID(strconv.FormatInt(i*7919%int64(accounts), 10)), fmt.Sprintf("order-%d", i)
		if _, err := client.Credits(account).Reserve(b.Context(), key, one); err != nil {
			return err
		}
		_, err := client.Credits(account).Capture(b.Context(), key, one)
		return err
	}
	b.ReportAllocs()
	b.ResetTimer()
	if callers == 1 {
		for b.Loop() {
			require.NoError(b, cycle())
		}
		return
	}
	b.SetParallelism(callers)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := cycle(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkSendAll sends distinct letters, each with a document of 45 kB of its own.
func BenchmarkSendAll(b *testing.B) {
	const letters = 5000
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				client, err := courrier.New(courrier.Config{Store: fresh(b).store(b), Providers: []courrier.Provider{takesAll{}}})
				require.NoError(b, err)
				all := make([]courrier.Letter, letters)
				for i := range all {
					all[i] = testscene.Letter(strconv.Itoa(i), courrier.ServiceStandard)
					all[i].Documents[0].Content = append([]byte("%PDF-1.7 "+strconv.Itoa(i)), make([]byte, 45_000)...)
				}
				b.StartTimer()
				for _, r := range client.SendAll(b.Context(), all) {
					require.NoError(b, r.Err)
				}
			}
			b.ReportMetric(float64(letters*b.N)/b.Elapsed().Seconds(), "letters/s")
		})
	}
}

// BenchmarkTelling sends letters one at a time, each paid for, with the feed of changes
// and without it: what a step costs more because it tells.
func BenchmarkTelling(b *testing.B) {
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres} {
		for _, told := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/told=%t", name, told), func(b *testing.B) {
				d := fresh(b)
				options := databases.Options(d.dsn)
				if told {
					options = append(options, sqlstore.Telling())
				}
				store, err := sqlstore.New(b.Context(), sqlstore.DB(d.open(b)), d.dialect, options...)
				require.NoError(b, err)
				price := tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: testscene.Stamps(b, 1)})
				client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{takesAll{}}, Tariff: price})
				require.NoError(b, err)
				_, err = client.Credits("acme").TopUp(b.Context(), "funds", testscene.Stamps(b, 1_000_000))
				require.NoError(b, err)
				n := 0
				for b.Loop() {
					n++
					_, err := client.Send(b.Context(), testscene.Letter(strconv.Itoa(n), courrier.ServiceStandard))
					require.NoError(b, err)
				}
			})
		}
	}
}

// takesAll is a carrier that offers every service.
type takesAll struct{ noCarrier }

func (takesAll) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services()}
}

// noCarrier is there because a client wants one; the ledger never asks it.
type noCarrier struct{}

func (noCarrier) Name() string                        { return "none" }
func (noCarrier) Capabilities() courrier.Capabilities { return courrier.Capabilities{} }
func (noCarrier) Submit(context.Context, courrier.Submission) (courrier.Receipt, error) {
	return courrier.Receipt{}, courrier.ErrUnavailable
}
