package sqlstore

import (
	"context"
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

// DeleteContent implements [courrier.ContentDeleter].
func (s *Store) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	return s.exec(ctx, "DELETE FROM courrier_contents WHERE sum = ?", string(sum))
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
