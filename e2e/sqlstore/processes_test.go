package sqlstore_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/stores/storetest"
)

// stores opens n stores on one database, as n processes would.
func stores(t testing.TB, d database, n int) []*sqlstore.Store {
	t.Helper()
	all := make([]*sqlstore.Store, n)
	for i := range all {
		all[i] = d.store(t)
	}
	return all
}

// What a process remembers of a ledger may be outdated; it must never be what it
// answers or writes by.
func TestProcessesTakeTurns(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		two := stores(t, d, 2)
		commit(t, two[0], entries(move(courrier.EntryTopUp, "order", "10")))
		for i := range 6 {
			key := fmt.Sprint("hold ", i)
			commit(t, two[i%2], entries(move(courrier.EntryReserve, key, "1")))
			commit(t, two[(i+1)%2], entries(move(courrier.EntryCapture, key, "1")))
			commit(t, two[i%2], entries(move(courrier.EntryCapture, key, "1")), entries(move(courrier.EntryReserve, key, "1")))
			require.ErrorIs(t, tryCommit(t.Context(), two[i%2], entries(move(courrier.EntryRelease, key, "1"))), courrier.ErrConflict)
		}
		requireBalance(t, two[0], "4", "0")

		// One remembers too little credit, then too much.
		require.ErrorIs(t, tryCommit(t.Context(), two[0], entries(move(courrier.EntryReserve, "big", "20"))), courrier.ErrInsufficientCredit)
		commit(t, two[0], entries(move(courrier.EntryReserve, "small", "1")))
		commit(t, two[1], entries(move(courrier.EntryTopUp, "order 2", "20")))
		commit(t, two[0], entries(move(courrier.EntryReserve, "big", "20")))
		commit(t, two[1], entries(move(courrier.EntryReserve, "rest", "3")))
		require.ErrorIs(t, tryCommit(t.Context(), two[0], entries(move(courrier.EntryReserve, "more", "1"))), courrier.ErrInsufficientCredit)
		requireBalance(t, two[0], "0", "24")
	})
}

func TestProcessesAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		const holds = 60
		three := stores(t, d, 3)
		commit(t, three[0], entries(move(courrier.EntryTopUp, "order", fmt.Sprint(holds))))
		var wg sync.WaitGroup
		outcomes := make([][3]error, holds)
		for i := range holds {
			for p, s := range three {
				wg.Go(func() { // all reserve the same, and settle it in different ways
					key := fmt.Sprint("hold ", i)
					err := tryCommit(t.Context(), s, entries(move(courrier.EntryReserve, key, "1")))
					if err == nil {
						kind := []courrier.EntryKind{courrier.EntryCapture, courrier.EntryRelease, courrier.EntryCapture}[p]
						err = tryCommit(t.Context(), s, entries(move(kind, key, "1")))
					}
					outcomes[i][p] = err
				})
			}
		}
		wg.Wait()
		captured := 0
		for i, o := range outcomes {
			for _, err := range o {
				require.True(t, err == nil || errors.Is(err, courrier.ErrConflict), "hold %d: %v", i, err)
			}
			require.NotEqual(t, o[0] == nil, o[1] == nil, "hold %d was settled in two ways, or in none: %v", i, o)
			require.Equal(t, o[0] == nil, o[2] == nil, "hold %d: %v", i, o)
			if o[0] == nil {
				captured++
			}
		}
		requireBalance(t, three[0], fmt.Sprint(holds-captured), "0")
	})
}

// A pool of one connection is enough: nothing is held between calls, nor by a list.
func TestOneConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole suite again")
	}
	t.Parallel()
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres, "mariadb": newMariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh(t)
			storetest.Run(t, func(t testing.TB) courrier.Store {
				d := fresh(t)
				db := d.open(t)
				db.SetMaxOpenConns(1)
				return newStore(t, db, d)
			})
		})
	}
}

// A key that is free is given to one of two processes, also by those that have
// handed keys over before.
func TestProcessesClaim(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		two := stores(t, d, 2)
		claim := func(s *sqlstore.Store, id dunning.ReminderID, keys ...string) dunning.Change {
			r, err := s.Reminder(t.Context(), id)
			if err != nil {
				require.ErrorIs(t, err, courrier.ErrNotFound)
			}
			r.ID, r.Account, r.Keys = id, "acme", keys
			return dunning.Change{Reminder: &r}
		}
		for i, s := range two {
			a, b := dunning.ReminderID(fmt.Sprint("a", i)), dunning.ReminderID(fmt.Sprint("b", i))
			key := fmt.Sprint("own ", i)
			commitReminders(t, s, claim(s, a, key), claim(s, b))
			commitReminders(t, s, claim(s, a), claim(s, b, key))
		}
		for i := range 40 {
			key := fmt.Sprint("key ", i)
			changes := []dunning.Change{claim(two[0], "a0", key), claim(two[1], "a1", key)}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for p, s := range two {
				wg.Go(func() { errs[p] = tryReminders(t.Context(), s, changes[p]) })
			}
			wg.Wait()
			require.NotEqual(t, errs[0] == nil, errs[1] == nil, "%s: %v", key, errs)
			for p, err := range errs {
				if err != nil {
					require.ErrorIs(t, err, courrier.ErrConflict, "process %d", p)
				}
			}
		}
	})
}
