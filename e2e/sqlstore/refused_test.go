package sqlstore_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// forbid makes the database refuse every item of the kind "forbidden", as a rule
// of the host's own would; in the second form the refusal looks like a race that
// was lost, but is lost every time.
func forbid(t *testing.T, d database, asRace bool) {
	t.Helper()
	db := d.open(t)
	statements := []string{"CREATE TABLE rules (n int PRIMARY KEY)", "INSERT INTO rules VALUES (1)"}
	switch {
	case d.dialect == sqlstore.SQLite && asRace:
		statements = append(statements, `CREATE TRIGGER forbid BEFORE INSERT ON courrier_items WHEN NEW.kind = 'forbidden'
			BEGIN INSERT OR ABORT INTO rules VALUES (1); END`)
	case d.dialect == sqlstore.SQLite:
		statements = append(statements, `CREATE TRIGGER forbid BEFORE INSERT ON courrier_items WHEN NEW.kind = 'forbidden'
			BEGIN SELECT RAISE(ABORT, 'the host forbids it'); END`)
	case d.dialect == sqlstore.MySQL:
		does := either(asRace, "INSERT INTO rules VALUES (1)", "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the host forbids it'")
		statements = append(statements, "CREATE TRIGGER forbid BEFORE INSERT ON courrier_items FOR EACH ROW IF NEW.kind = 'forbidden' THEN "+does+"; END IF")
	case asRace:
		statements = append(statements, `CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO rules VALUES (1); RETURN NEW; END $$`)
	default:
		statements = append(statements, `CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'the host forbids it'; END $$`)
	}
	if d.dialect == sqlstore.Postgres {
		statements = append(statements, `CREATE TRIGGER forbid BEFORE INSERT ON courrier_items FOR EACH ROW
			WHEN (NEW.kind = 'forbidden') EXECUTE FUNCTION forbid()`)
	}
	for _, text := range statements {
		_, err := db.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// costly is a change with a letter, a move and an item, which the database
// carries out or, when the item is forbidden, refuses.
func costly(id string, kind courrier.ItemKind) courrier.Change {
	return courrier.Change{
		Letter: letter(courrier.LetterID(id)), Entries: []courrier.Entry{move(courrier.EntryTopUp, id, "1")},
		Items: []courrier.Item{{Kind: kind, Account: "acme", ID: id}},
	}
}

// requireOnly checks that of the changes there is what succeeded, whole, and
// nothing of what failed.
func requireOnly(t *testing.T, s courrier.Store, errs []error, failed func(i int) bool) {
	t.Helper()
	succeeded := 0
	for i, err := range errs {
		id := courrier.LetterID(fmt.Sprint("L", i))
		require.Equal(t, failed(i), err != nil, "%s: %v", id, err)
		_, read := s.Letter(t.Context(), id)
		if failed(i) {
			require.ErrorIs(t, read, courrier.ErrNotFound)
			continue
		}
		succeeded++
		require.NoError(t, read)
		_, err = s.Item(t.Context(), "note", "acme", string(id))
		require.NoError(t, err)
	}
	requireBalance(t, s, fmt.Sprint(succeeded), "0")
}

// What the database refuses is the error of the one who asked for it; those who
// shared the transaction never hear of it.
func TestRefusedAlone(t *testing.T) {
	for name, asRace := range map[string]bool{"for what it holds": false, "as if by a race": true} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, d database) {
				db := d.open(t)
				s := newStore(t, db, d)
				forbid(t, d, asRace)
				forbidden := func(i int) bool { return i%20 == 7 }
				changeOf := func(i int) courrier.Change {
					if forbidden(i) {
						return costly(fmt.Sprint("L", i), "forbidden")
					}
					return costly(fmt.Sprint("L", i), "note")
				}
				errs := make([]error, 60)

				// Twenty callers at once, then twenty changes of one call.
				var wg sync.WaitGroup
				for i := range 20 {
					wg.Go(func() { errs[i] = tryCommit(t.Context(), s, changeOf(i)) })
				}
				wg.Wait()
				commitAs := func(from int, store func(...courrier.Change) ([]courrier.Result, error)) {
					var changes []courrier.Change
					for i := from; i < from+20; i++ {
						changes = append(changes, changeOf(i))
					}
					results, err := store(changes...)
					require.NoError(t, err)
					for i, r := range results {
						errs[from+i] = r.Err
						require.Len(t, r.Entries, map[bool]int{true: 0, false: 1}[r.Err != nil])
					}
				}
				commitAs(20, func(c ...courrier.Change) ([]courrier.Result, error) { return s.Commit(t.Context(), c...) })

				// And twenty in a transaction of the host's, which goes on.
				tx, err := db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				defer tx.Rollback()
				ctx := sqlstore.WithTx(t.Context(), tx)
				commitAs(40, func(c ...courrier.Change) ([]courrier.Result, error) { return s.Commit(ctx, c...) })
				_, err = tx.ExecContext(ctx, "INSERT INTO rules VALUES (2)")
				require.NoError(t, err)
				require.NoError(t, tx.Commit())

				requireOnly(t, s, errs, forbidden)
				for i, err := range errs {
					if forbidden(i) && !asRace {
						require.ErrorContains(t, err, "the host forbids it")
					}
				}
			})
		})
	}
}

// A key that no index of PostgreSQL can hold; SQLite has no such limit.
func TestTooLong(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.store(t)
		var long strings.Builder
		for i := range 1 << 18 {
			fmt.Fprintf(&long, "%x", i*7919%104729)
		}
		results, err := s.Commit(t.Context(), costly("L0", "note"), courrier.Change{Letter: letter(courrier.LetterID(long.String()))}, costly("L1", "note"))
		require.NoError(t, err)
		requireOnly(t, s, []error{results[0].Err, results[2].Err}, func(int) bool { return false })
		_, err = s.Letter(t.Context(), courrier.LetterID(long.String()))
		if d.dialect == sqlstore.SQLite {
			require.NoError(t, errors.Join(results[1].Err, err))
			return
		}
		require.ErrorIs(t, err, courrier.ErrNotFound)
		require.Error(t, results[1].Err)
		require.Less(t, len(results[1].Err.Error()), 500, "an error repeats no key")
	})
}

// What no database can hold is refused before anybody else has to do with it.
func TestImpossibleText(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.store(t)
		bad := letter("bad\x00letter")
		badEvent := courrier.TrackingEvent{ID: "e\xff", Heard: noon}
		afterAll := noon.AddDate(9000, 0, 0)
		late, lateGrant := letter("late"), move(courrier.EntryGrant, "d", "1")
		late.UpdatedAt, lateGrant.Expires = afterAll, afterAll
		results, err := s.Commit(t.Context(),
			entries(move(courrier.EntryTopUp, "order", "10")),
			entries(move(courrier.EntryReserve, "a\x00b", "1")),
			courrier.Change{Letter: bad},
			courrier.Change{Events: []courrier.TrackingEvent{badEvent}, Entries: []courrier.Entry{move(courrier.EntryReserve, "c", "1")}},
			courrier.Change{Items: []courrier.Item{{Kind: "note", Account: "a\xc3\x28"}}},
			courrier.Change{Letter: late},
			entries(lateGrant),
			courrier.Change{Events: []courrier.TrackingEvent{{ID: "late", Heard: afterAll}}},
			entries(move(courrier.EntryReserve, "b", "1")),
		)
		require.NoError(t, err)
		for i, r := range results {
			if i == 0 || i == len(results)-1 {
				require.NoError(t, r.Err)
			} else {
				require.ErrorIs(t, r.Err, courrier.ErrInvalid)
				require.Len(t, courrier.FieldErrors(r.Err), 1)
			}
		}
		requireBalance(t, s, "9", "1")
		require.ErrorIs(t, tryReminders(t.Context(), s, dunning.Change{Reminder: &dunning.Reminder{ID: "late", DueAt: afterAll}}), courrier.ErrInvalid)
	})
}
