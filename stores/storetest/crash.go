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
	kept := s.store(t)
	ref := newReference()
	r := seeded(4, ref)
	for range 40 {
		r.commit(t, kept, 1+r.IntN(4))
		kept = bothOf(t, s.reopen(t, kept))
		ref.everything(t, kept)
	}
	if c, ok := kept.(courrier.Contents); ok {
		content := []byte("%PDF-1.7 kept")
		sum := courrier.SumOf(content)
		sameKind(t, "put", nil, c.PutContent(t.Context(), sum, content))
		kept = bothOf(t, s.reopen(t, kept))
		got, err := kept.(courrier.Contents).Content(t.Context(), sum)
		sameKind(t, "read", nil, err)
		same(t, "content", fmt.Sprintf("%x", content), fmt.Sprintf("%x", got))
	}
}
