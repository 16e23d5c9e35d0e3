package changes_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/stores/memstore"
)

// What a host forgot is told, and neither panics nor turns without rest.
func TestReaderWantsAllItNeeds(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	nothing := func(context.Context, []changes.Change) error { return nil }
	for field, follow := range map[string]func() error{
		"Store":  func() error { return changes.Reader{Name: "crm"}.Follow(t.Context(), time.Second, nothing) },
		"Name":   func() error { return changes.Reader{Store: store}.Follow(t.Context(), time.Second, nothing) },
		"handle": func() error { return changes.Reader{Store: store, Name: "crm"}.Follow(t.Context(), time.Second, nil) },
	} {
		err := follow()
		require.ErrorIs(t, err, courrier.ErrInvalid, field)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
	require.ErrorIs(t, changes.Reader{Name: "crm"}.Skip(t.Context()), courrier.ErrInvalid)
	require.ErrorIs(t, changes.Reader{Name: "crm"}.Rewind(t.Context()), courrier.ErrInvalid)
}

// counted counts how often a feed is read.
type counted struct {
	*memstore.Store
	reads int
}

func (c *counted) Changes(ctx context.Context, f changes.Filter) (changes.Page, error) {
	c.reads++
	return c.Store.Changes(ctx, f)
}

func TestFollowRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		store := &counted{Store: memstore.New()}
		err := changes.Reader{Store: store, Name: "crm"}.Follow(ctx, 0, func(context.Context, []changes.Change) error { return nil })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3, store.reads, "at once, and each second")
	})
}
