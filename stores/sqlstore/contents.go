package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/courrier-go/courrier"
)

// PutContent implements [courrier.Contents].
func (s *Store) PutContent(ctx context.Context, sum courrier.Sum, content []byte) error {
	if content == nil {
		content = []byte{}
	}
	return s.exec(ctx, "INSERT INTO courrier_contents (sum, body) VALUES (?, ?) ON CONFLICT (sum) DO NOTHING", string(sum), content)
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
		return fmt.Errorf("sqlstore: contents: %w", err)
	}
	return nil
}

// together does both in one transaction: the host's, or one of its own.
func (s *Store) together(ctx context.Context, do func(Executor) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if tx := txOf(ctx); tx != nil {
		return do(tx)
	}
	return s.inTx(ctx, do)
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
		return false, fmt.Errorf("sqlstore: contents: %w", err)
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
		return fmt.Errorf("sqlstore: contents: %w", err)
	}
	return nil
}
