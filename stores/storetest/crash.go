package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/courrier-go/courrier"
)

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

// crash stops between any two commits of a random history: the next process
// finds all of what was answered, and goes on from there.
func (s *suite) crash(t *testing.T) {
	store := s.open(t)
	ref := newReference()
	r := seeded(4, ref)
	for range 40 {
		r.commit(t, store, 1+r.IntN(4))
		store = s.reopen(t, store)
		ref.everything(t, store)
	}
	if c, ok := store.(courrier.Contents); ok {
		content := []byte("%PDF-1.7 kept")
		sum := courrier.SumOf(content)
		sameKind(t, "put", nil, c.PutContent(t.Context(), sum, content))
		store = s.reopen(t, store)
		got, err := store.(courrier.Contents).Content(t.Context(), sum)
		sameKind(t, "read", nil, err)
		same(t, "content", fmt.Sprintf("%x", content), fmt.Sprintf("%x", got))
	}
}
