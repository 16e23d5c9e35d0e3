package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func accountNo(n int) courrier.AccountID { return courrier.AccountID(fmt.Sprintf("account-%d", n)) }

func topUp(account int, key, amount string) courrier.Change {
	e := move(courrier.EntryTopUp, key, amount)
	e.Account = accountNo(account)
	return entries(e)
}

func stamps(t *testing.T, s courrier.Store, account int) string {
	t.Helper()
	books, err := s.Books(t.Context(), accountNo(account), "stamp")
	require.NoError(t, err)
	balance, err := books.Balance(noon)
	require.NoError(t, err)
	return balance.Available.String()
}

// A transaction of the host holds one of twenty accounts. The other nineteen, whose
// changes share batches with it, are answered while it is still open, also when more
// of the held one's keep coming; and what waited is carried out once it ends.
func batchesAreTakenApart(t *testing.T) { onServers(t, takeBatchesApart) }

func takeBatchesApart(t *testing.T, d database) {
	db := d.open(t)
	s := newStore(t, db, d)
	for a := range 20 {
		commit(t, s, topUp(a, "first", "10"))
	}
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tryCommit(sqlstore.WithTx(t.Context(), tx), s, topUp(0, "host", "1")))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var free, waiting sync.WaitGroup
	for round := range 3 {
		key := fmt.Sprint("round-", round)
		waiting.Go(func() { require.NoError(t, tryCommit(ctx, s, topUp(0, key, "1"))) })
		for a := 1; a < 20; a++ {
			free.Go(func() { require.NoError(t, tryCommit(ctx, s, topUp(a, key, "1"))) })
		}
		free.Wait() // while the transaction is open
	}
	require.Equal(t, "10 stamp", stamps(t, s, 0))
	require.Equal(t, "13 stamp", stamps(t, s, 19))
	require.NoError(t, tx.Commit())
	waiting.Wait()
	require.Equal(t, "14 stamp", stamps(t, s, 0))
}

// Transactions of the host hold accounts at random while writers commit to several
// accounts at once: what was answered is in the books once, and nothing else.
func TestAccountsHeldAtRandom(t *testing.T) {
	t.Parallel()
	onServers(t, holdAtRandom)
}

func holdAtRandom(t *testing.T, d database) {
	db := d.open(t)
	s := newStore(t, db, d)
	const accounts, writers, rounds = 6, 8, 25
	var mu sync.Mutex
	sums := make([]int, accounts)
	ctx, stop := context.WithCancel(t.Context())
	var hosts, all sync.WaitGroup
	for host := range 2 {
		hosts.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				account := rand.N(accounts)
				tx, err := db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				require.NoError(t, tryCommit(sqlstore.WithTx(t.Context(), tx), s, topUp(account, fmt.Sprintf("host-%d-%d", host, n), "1")))
				time.Sleep(rand.N(200 * time.Millisecond))
				if rand.N(2) == 0 {
					require.NoError(t, tx.Rollback())
					continue
				}
				require.NoError(t, tx.Commit())
				mu.Lock()
				sums[account]++
				mu.Unlock()
			}
		})
	}
	for w := range writers {
		all.Go(func() {
			for n := range rounds {
				var changes []courrier.Change
				var of []int
				for i := range 1 + rand.N(4) {
					of = append(of, rand.N(accounts))
					changes = append(changes, topUp(of[i], fmt.Sprintf("w-%d-%d-%d", w, n, i), "1"))
				}
				require.NoError(t, tryCommit(t.Context(), s, changes...))
				mu.Lock()
				for _, a := range of {
					sums[a]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	stop()
	hosts.Wait()
	for a, want := range sums {
		require.Equal(t, fmt.Sprint(want, " stamp"), stamps(t, s, a))
	}
}

// An account that is held for longer than anyone should wait is an outage of its own.
func TestHeldForTooLong(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits half a minute")
	}
	onServers(t, holdForTooLong)
}

func holdForTooLong(t *testing.T, d database) {
	db := d.open(t)
	s := newStore(t, db, d)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tryCommit(sqlstore.WithTx(t.Context(), tx), s, topUp(0, "host", "1")))
	var e *courrier.Error
	require.ErrorAs(t, tryCommit(t.Context(), s, topUp(0, "late", "1")), &e)
	require.Equal(t, sqlstore.CodeHeld, e.Code)
	require.ErrorIs(t, e, courrier.ErrUnavailable)
	require.NoError(t, tx.Commit())
	commit(t, s, topUp(0, "late", "1"))
	require.Equal(t, "2 stamp", stamps(t, s, 0))
}
