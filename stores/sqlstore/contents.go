package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// PutContent implements [courrier.Contents].
func (s *Store) PutContent(ctx context.Context, sum courrier.Sum, content []byte) error {
	return s.exec(ctx, "INSERT INTO courrier_contents (sum, body) VALUES (?, ?) ON CONFLICT (sum) DO NOTHING", string(sum), stored(content))
}

// stored is a content as the table has it: none is empty, not NULL.
func stored(content []byte) []byte {
	if content == nil {
		return []byte{}
	}
	return content
}

// putAtOnce is how many contents one statement stores: SQLite and PostgreSQL take some
// ten thousand arguments, and the text is made once for most batches.
const putAtOnce = 256

// PutContents stores several contents in one step, in the order of their sums: two that
// store the same ones wait for each other in that order.
func (s *Store) PutContents(ctx context.Context, contents map[courrier.Sum][]byte) error {
	sums := slices.Sorted(maps.Keys(contents))
	insert := func(tx Executor, some []courrier.Sum) error {
		args := make([]any, 0, 2*len(some))
		for _, sum := range some {
			args = append(args, string(sum), stored(contents[sum]))
		}
		values := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(some)), ", ")
		return tx.Exec(ctx, s.engine.rebind("INSERT INTO courrier_contents (sum, body) VALUES "+values+" ON CONFLICT (sum) DO NOTHING"), args...)
	}
	err := s.retry(ctx, func() error {
		return s.together(ctx, func(tx Executor) error {
			for some := range slices.Chunk(sums, putAtOnce) {
				if err := insert(tx, some); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("sqlstore: contents: %w", err)
	}
	return nil
}

// HasContents returns those of the sums whose content is stored. It waits for deletions
// under way.
func (s *Store) HasContents(ctx context.Context, sums ...courrier.Sum) (there []courrier.Sum, err error) {
	if err := ctx.Err(); err != nil || len(sums) == 0 {
		return nil, err
	}
	q := selecting("sum FROM courrier_contents")
	oneOf(q, s.engine, "sum", sums)
	if q.none {
		return nil, nil
	}
	err = s.retry(ctx, func() error {
		there, err = s.seeContents(ctx, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlstore: contents: %w", err)
	}
	return there, nil
}

func (s *Store) seeContents(ctx context.Context, q *query) (there []courrier.Sum, err error) {
	found, err := s.querier(ctx).Query(ctx, s.engine.rebind(q.text.String()+s.engine.shareRow()), q.args...)
	if err != nil {
		return nil, err
	}
	for found.Next() {
		var sum string
		if err := found.Scan(&sum); err != nil {
			return nil, errors.Join(err, found.Close())
		}
		there = append(there, courrier.Sum(sum))
	}
	return there, errors.Join(found.Err(), found.Close())
}

// Content implements [courrier.Contents].
func (s *Store) Content(ctx context.Context, sum courrier.Sum) ([]byte, error) {
	q := selecting("body FROM courrier_contents")
	q.where("sum = ?", string(sum))
	return one(ctx, s, "content", q, func(found Rows) (content []byte, err error) {
		err = found.Scan(&content)
		return content, err
	})
}

// DeleteContent implements [courrier.ContentDeleter]. What a letter or a reminder
// needs stays: the row is locked first, so that the look that follows sees every
// letter whose writer has looked for the content before.
func (s *Store) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	unlessNeeded := "DELETE FROM courrier_contents WHERE sum = ?" +
		" AND NOT EXISTS (SELECT 1 FROM courrier_letter_sums WHERE sum = ?)" +
		" AND NOT EXISTS (SELECT 1 FROM courrier_reminder_invoices WHERE invoice = ?)"
	if s.engine.lockRow() == "" { // one statement is alone
		return s.exec(ctx, unlessNeeded, string(sum), string(sum), named(sum))
	}
	err := s.retry(ctx, func() error {
		return s.together(ctx, func(tx Executor) error {
			if _, err := s.seeContent(ctx, tx, sum, s.engine.lockRow()); err != nil {
				return err
			}
			return tx.Exec(ctx, s.engine.rebind(unlessNeeded), string(sum), string(sum), named(sum))
		})
	})
	if err != nil {
		return fmt.Errorf("sqlstore: write: %w", err)
	}
	return nil
}

// together does all of it in one transaction: the host's, or one of its own beside
// those of the lanes.
func (s *Store) together(ctx context.Context, do func(Executor) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if tx := txOf(ctx); tx != nil {
		return do(tx)
	}
	tx, err := s.db.Begin(ctx)
	return carriedOut(ctx, tx, err, do)
}

// HasContent tells whether content is stored. It waits for a deletion under way.
func (s *Store) HasContent(ctx context.Context, sum courrier.Sum) (there bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	err = s.retry(ctx, func() error {
		there, err = s.seeContent(ctx, s.querier(ctx), sum, s.engine.shareRow())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("sqlstore: write: %w", err)
	}
	return there, nil
}

func (s *Store) seeContent(ctx context.Context, q Executor, sum courrier.Sum, lock string) (bool, error) {
	found, err := q.Query(ctx, s.engine.rebind("SELECT 1 FROM courrier_contents WHERE sum = ?"+lock), string(sum))
	if err != nil {
		return false, err
	}
	there := found.Next()
	return there, errors.Join(found.Err(), found.Close())
}

func (s *Store) exec(ctx context.Context, text string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.retry(ctx, func() error {
		return s.querier(ctx).Exec(ctx, s.engine.rebind(text), args...)
	})
	if err != nil {
		return fmt.Errorf("sqlstore: write: %w", err)
	}
	return nil
}
