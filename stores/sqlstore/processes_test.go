package sqlstore_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
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
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh(t)
			storetest.Run(t, func(t testing.TB) courrier.Store {
				d := fresh(t)
				db := d.open(t)
				db.SetMaxOpenConns(1)
				return newStore(t, db, d.dialect)
			})
		})
	}
}

// What one caller hands in must not be another's error.
func TestImpossibleText(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.store(t)
		bad := letter("bad\x00letter")
		badEvent := courrier.TrackingEvent{ID: "e\xff", Heard: noon}
		results, err := s.Commit(t.Context(),
			entries(move(courrier.EntryTopUp, "order", "10")),
			entries(move(courrier.EntryReserve, "a\x00b", "1")),
			courrier.Change{Letter: bad},
			courrier.Change{Events: []courrier.TrackingEvent{badEvent}, Entries: []courrier.Entry{move(courrier.EntryReserve, "c", "1")}},
			courrier.Change{Items: []courrier.Item{{Kind: "note", Account: "a\xc3\x28"}}},
			entries(move(courrier.EntryReserve, "b", "1")),
		)
		require.NoError(t, err)
		for i, r := range results {
			if i == 0 || i == 5 {
				require.NoError(t, r.Err)
			} else {
				require.ErrorIs(t, r.Err, courrier.ErrInvalid)
				require.Len(t, courrier.FieldErrors(r.Err), 1)
			}
		}
		requireBalance(t, s, "9", "1")
	})
}

// An id that no index can hold is the database's to refuse, at commit.
func TestRefusedByDatabase(t *testing.T) {
	t.Parallel()
	s := newPostgres(t).store(t)
	long := make([]byte, 1<<20)
	for i := range long {
		long[i] = byte('a' + i*7919%26)
	}
	var wg sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wg.Go(func() {
			id := fmt.Sprint("L", i)
			if i == 17 {
				id = string(long)
			}
			errs[i] = tryCommit(t.Context(), s, courrier.Change{Letter: letter(courrier.LetterID(id)), Entries: []courrier.Entry{move(courrier.EntryTopUp, fmt.Sprint(i), "1")}})
		})
	}
	wg.Wait()
	for i, err := range errs {
		require.Equal(t, i == 17, err != nil, "%d: %v", i, err)
	}
	require.NotContains(t, errs[17].Error(), string(long[:100]))
	requireBalance(t, s, "39", "0")
}
