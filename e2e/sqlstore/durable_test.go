package sqlstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// TestCasesDurable runs the cases of what must outlive crashes and deletions.
func TestCasesDurable(t *testing.T) {
	t.Parallel()
	t.Run("wire-11", func(t *testing.T) {
		t.Parallel()
		d := newPostgres(t)
		for _, setting := range []struct{ given, want string }{{"off", "on"}, {"on", "on"}, {"remote_apply", "remote_apply"}} {
			own := d
			own.dsn = with(d.dsn, "synchronous_commit", setting.given)
			db := own.open(t)
			s := newStore(t, db, own)
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = s.Commit(sqlstore.WithTx(t.Context(), tx), courrier.Change{Items: []courrier.Item{{Kind: "k", Account: "a", ID: setting.given, Body: []byte("{}")}}})
			require.NoError(t, err)
			var now string
			require.NoError(t, tx.QueryRowContext(t.Context(), "SHOW synchronous_commit").Scan(&now))
			require.Equal(t, setting.want, now, "%s: the commit waits for the disk", setting.given)
			require.NoError(t, tx.Commit())
			require.NoError(t, db.QueryRowContext(t.Context(), "SHOW synchronous_commit").Scan(&now))
			require.Equal(t, setting.given, now, "the connection is the host's")
		}
	})
	t.Run("wire-18", func(t *testing.T) {
		t.Parallel()
		for name, newDatabase := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres, "mariadb": newMariaDB} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				losesNoContent(t, newDatabase(t))
			})
		}
	})
}

// losesNoContent stores letters that share bytes which others delete all the time.
// Each follows the Client's way: put, commit, and look, or put again.
func losesNoContent(t *testing.T, d database) {
	content := []byte("%PDF-1.7 shared")
	sum := courrier.SumOf(content)
	ctx := t.Context()
	var writers, deleter sync.WaitGroup
	var done atomic.Bool
	forgetter := d.store(t)
	deleter.Go(func() {
		for !done.Load() {
			if err := forgetter.DeleteContent(ctx, sum); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for n := range 3 {
		s := d.store(t)
		writers.Go(func() {
			for i := range 60 {
				if err := storeOne(ctx, s, courrier.LetterID(fmt.Sprint(n, "-", i)), sum, content); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	deleter.Wait()
}

func storeOne(ctx context.Context, s *sqlstore.Store, id courrier.LetterID, sum courrier.Sum, content []byte) error {
	if err := s.PutContent(ctx, sum, content); err != nil {
		return err
	}
	rec := courrier.LetterRecord{ID: id, Letter: courrier.Letter{Account: "a", Key: string(id), Documents: []courrier.Document{{Sum: sum}}}}
	if err := commitLetter(ctx, s, rec); err != nil {
		return err
	}
	there, err := s.HasContent(ctx, sum)
	if err == nil && !there {
		err = s.PutContent(ctx, sum, content)
	}
	if err != nil {
		return err
	}
	for range 5 {
		if _, err := s.Content(ctx, sum); err != nil {
			return fmt.Errorf("letter %s: %w", id, err)
		}
	}
	rec.Version, rec.ContentsGone = 1, true // and nobody needs it any more
	return commitLetter(ctx, s, rec)
}

func commitLetter(ctx context.Context, s *sqlstore.Store, rec courrier.LetterRecord) error {
	results, err := s.Commit(ctx, courrier.Change{Letter: &rec})
	if err != nil {
		return err
	}
	return results[0].Err
}
