package sqlstore_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// everyChangeIsTold: sixteen writers in four processes, some in transactions of the
// host's that stay open or are rolled back, and a reader that looks all the time: it is
// told all that was committed, nothing else, and of each letter in order.
func everyChangeIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, d database) { tellEverything(t, d, stores(t, d, 4), stores(t, d, 1)[0]) })
	t.Run("pgbouncer", func(t *testing.T) {
		server := os.Getenv("COURRIER_PGBOUNCER")
		if server == "" {
			t.Skip("NOT TESTED THROUGH A POOLER: set COURRIER_PGBOUNCER")
		}
		d := newPostgres(t)
		options := databases.Options(d.dsn)
		_ = d.store(t) // makes the tables
		var all []*sqlstore.Store
		for range 5 {
			db, err := postgres.Open(t.Context(), server)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			s, err := sqlstore.New(t.Context(), sqlstore.DB(db), sqlstore.Postgres, options...)
			require.NoError(t, err)
			all = append(all, s)
		}
		tellEverything(t, d, all[:4], all[4])
	})
}

// The work of everyChangeIsTold: letters of a writer, and versions of a letter.
const toldWriters, toldLetters, toldVersions = 16, 12, 4

func tellEverything(t *testing.T, d database, writers []*sqlstore.Store, reader *sqlstore.Store) {
	writing, done := context.WithCancel(t.Context())
	var heard []changes.Change
	var listening sync.WaitGroup
	listening.Go(func() { // one more look after the last commit
		for last := false; ; last = writing.Err() != nil {
			for {
				n, err := changes.Reader{Store: reader, Name: "crm", Page: 50}.Read(t.Context(), func(_ context.Context, some []changes.Change) error {
					heard = append(heard, some...)
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				if n == 0 {
					break
				}
			}
			if last {
				return
			}
		}
	})
	var wg sync.WaitGroup
	for w := range toldWriters {
		wg.Go(func() { tellLetters(t, writers[w%len(writers)], w) })
	}
	if d.dialect != sqlstore.SQLite { // a transaction that stays open stops every writer of SQLite
		wg.Go(func() { tellInTransactions(t, d, writers[0]) })
	}
	wg.Wait()
	done()
	listening.Wait()
	requireTold(t, d, reader, heard)
}

func tellLetters(t *testing.T, s *sqlstore.Store, w int) {
	for n := range toldLetters {
		l := letter(courrier.LetterID(fmt.Sprintf("w%02d-%02d", w, n)))
		l.Letter.Account = courrier.AccountID(fmt.Sprint("account ", w))
		for v := range toldVersions {
			l.Version, l.Status = int64(v), courrier.Status(fmt.Sprint("s", v))
			if err := tryCommit(t.Context(), s, courrier.Change{Letter: l}); err != nil {
				t.Error(err)
				return
			}
		}
	}
}

// tellInTransactions commits every second of its transactions, late.
func tellInTransactions(t *testing.T, d database, s *sqlstore.Store) {
	db, err := d.connect(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	defer db.Close()
	for n := range 12 {
		tx, err := db.BeginTx(t.Context(), nil)
		if err == nil {
			err = tryCommit(sqlstore.WithTx(t.Context(), tx), s, courrier.Change{Letter: letter(courrier.LetterID(fmt.Sprintf("tx-%02d", n)))})
		}
		time.Sleep(15 * time.Millisecond)
		if err == nil && n%2 == 0 {
			err = tx.Commit()
		} else if err == nil {
			err = tx.Rollback()
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// requireTold compares what was heard with what is stored.
func requireTold(t *testing.T, d database, s *sqlstore.Store, heard []changes.Change) {
	versions := map[string][]int64{}
	cursors := map[changes.Cursor]bool{}
	for _, c := range heard {
		require.Equal(t, changes.LetterMoved, c.Kind)
		require.False(t, cursors[c.Cursor], "told twice without need")
		cursors[c.Cursor] = true
		versions[c.Subject] = append(versions[c.Subject], c.Version)
	}
	want := map[string][]int64{}
	for r, err := range s.Letters(t.Context(), courrier.LetterFilter{}) {
		require.NoError(t, err)
		for v := range r.Version {
			want[string(r.ID)] = append(want[string(r.ID)], v+1)
		}
	}
	least := toldWriters * toldLetters
	if d.dialect != sqlstore.SQLite {
		least += 6
	}
	require.Len(t, want, least)
	require.Equal(t, want, versions)
}

// A backup that is restored has another history: a cursor of before is an error, not
// silence, and so is one from before what was forgotten.
func TestCursorsOfAnotherHistory(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.store(t)
		for n := range 3 {
			commit(t, s, courrier.Change{Letter: letter(courrier.LetterID(fmt.Sprint("L", n)))})
		}
		end, err := s.EndOfChanges(t.Context())
		require.NoError(t, err)
		db := d.open(t)
		_, err = db.ExecContext(t.Context(), "UPDATE courrier_changes SET tag = tag + 1 WHERE subject = 'L2'")
		require.NoError(t, err)
		_, err = s.Changes(t.Context(), changes.Filter{After: end})
		require.ErrorIs(t, err, changes.ErrCursorGone)
		_, err = db.ExecContext(t.Context(), "DELETE FROM courrier_changes WHERE subject = 'L2'")
		require.NoError(t, err)
		_, err = s.Changes(t.Context(), changes.Filter{After: end})
		require.ErrorIs(t, err, changes.ErrCursorGone)
		commit(t, s, courrier.Change{Letter: letter("L3")})
		page, err := s.Changes(t.Context(), changes.Filter{})
		require.NoError(t, err)
		require.Len(t, page.Changes, 3)
		_, err = s.Changes(t.Context(), changes.Filter{After: end})
		require.ErrorIs(t, err, changes.ErrCursorGone, "its number must never come again")
	})
}

// Without the option nothing is told, and who asks is told so.
func TestNoFeedUnlessAsked(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		d.store(t)
		s, err := sqlstore.New(t.Context(), sqlstore.DB(d.open(t)), d.dialect, databases.Options(d.dsn)[2:]...)
		require.NoError(t, err)
		commit(t, s, courrier.Change{Letter: letter("L1")})
		_, err = s.Changes(t.Context(), changes.Filter{})
		require.ErrorIs(t, err, courrier.ErrUnsupported)
		require.ErrorIs(t, s.ForgetChanges(t.Context(), noon), courrier.ErrUnsupported)
		_, err = s.EndOfChanges(t.Context())
		require.ErrorIs(t, err, courrier.ErrUnsupported)
		page, err := d.store(t).Changes(t.Context(), changes.Filter{})
		require.NoError(t, err)
		require.Empty(t, page.Changes)
	})
}

// Who follows is woken by a commit of the same process, long before it would look.
func TestFollowIsWoken(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := d.store(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		heard := make(chan string, 10)
		var following sync.WaitGroup
		following.Go(func() {
			err := changes.Reader{Store: s, Name: "crm"}.Follow(ctx, time.Hour, func(_ context.Context, some []changes.Change) error {
				for _, c := range some {
					heard <- c.Subject
				}
				return nil
			})
			if ctx.Err() == nil {
				t.Error(err)
			}
		})
		for n := range 3 {
			id := fmt.Sprint("L", n)
			commit(t, s, courrier.Change{Letter: letter(courrier.LetterID(id))})
			select {
			case got := <-heard:
				require.Equal(t, id, got)
			case <-ctx.Done():
				t.Fatal("it was not woken")
			}
		}
		cancel()
		following.Wait()
	})
}
