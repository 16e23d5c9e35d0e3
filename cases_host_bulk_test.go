package courrier_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
)

// TestCasesHostBulk: five thousand different letters at month's end.
func TestCasesHostBulk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"written together, with progress": bulkTogether, "each letter stands alone": bulkAlone, "a stop in the middle": bulkStopped,
		"contents that cannot be written together": bulkOneByOne, "contents that vanish meanwhile": bulkVanishing,
	} {
		t.Run(name+"/host-09", func(t *testing.T) { t.Parallel(); test(t) })
	}
}

// countingStore counts the calls of a store, and may fail or lose contents.
type countingStore struct {
	*memstore.Store
	commits, puts, together, has atomic.Int64
	refuse                       func(contents map[courrier.Sum][]byte) error
	beforeHas                    func()
}

func (s *countingStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	s.commits.Add(1)
	return s.Store.Commit(ctx, changes...)
}

func (s *countingStore) PutContent(ctx context.Context, sum courrier.Sum, content []byte) error {
	s.puts.Add(1)
	if s.refuse != nil {
		if err := s.refuse(map[courrier.Sum][]byte{sum: content}); err != nil {
			return err
		}
	}
	return s.Store.PutContent(ctx, sum, content)
}

func (s *countingStore) PutContents(ctx context.Context, contents map[courrier.Sum][]byte) error {
	s.together.Add(1)
	if s.refuse != nil {
		if err := s.refuse(contents); err != nil {
			return err
		}
	}
	return s.Store.PutContents(ctx, contents)
}

func (s *countingStore) HasContents(ctx context.Context, sums ...courrier.Sum) ([]courrier.Sum, error) {
	s.has.Add(1)
	if s.beforeHas != nil {
		s.beforeHas()
	}
	return s.Store.HasContents(ctx, sums...)
}

func newBulk(t *testing.T) (*testscene.Scene, *countingStore) {
	store := &countingStore{Store: memstore.New()}
	return testscene.New(t, func(c *courrier.Config) { c.Store = store }), store
}

func bulkLetters(n int) []courrier.Letter {
	all := make([]courrier.Letter, n)
	for i := range all {
		all[i] = testscene.Letter(fmt.Sprintf("k%04d", i), courrier.ServiceStandard)
		all[i].Documents = append(all[i].Documents, courrier.Document{Name: "terms.pdf", Content: []byte("%PDF-1.7 terms"), Pages: 1})
	}
	return all
}

func bulkTogether(t *testing.T) {
	w, store := newBulk(t)
	const letters = 600 // three batches: the store in memory looks at all of them for each
	w.TopUp(letters)
	all := bulkLetters(letters)
	store.commits.Store(0)
	var told []int
	results := w.Client.SendAll(w.Ctx, all, func(done int) { told = append(told, done) })
	ids := make([]courrier.LetterID, letters)
	for i, r := range results {
		require.NoError(t, r.Err)
		require.Equal(t, all[i].Key, r.Record.Letter.Key)
		require.Equal(t, courrier.StatusQueued, r.Record.Status)
		ids[i] = r.Record.ID
	}
	require.True(t, slices.IsSorted(ids), "ids follow the order of the letters")
	require.True(t, slices.IsSorted(told) && len(told) == 3 && told[len(told)-1] == letters, "%v", told)
	require.LessOrEqual(t, store.commits.Load(), int64(len(told)), "one commit a batch")
	require.LessOrEqual(t, store.together.Load(), int64(len(told)))
	require.LessOrEqual(t, store.has.Load(), int64(len(told)))
	require.Zero(t, store.puts.Load())

	again := w.Client.SendAll(w.Ctx, all[:50])
	for i, r := range again {
		require.NoError(t, r.Err)
		require.Equal(t, ids[i], r.Record.ID, "the same letters again are the same records")
	}
	pages := 0
	report, err := w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{Workers: 32, Progress: func(courrier.DispatchReport) { pages++ }})
	require.NoError(t, err)
	require.Equal(t, letters, report.Submitted)
	require.GreaterOrEqual(t, pages, 3)
	w.RequireBalance("0", "0")
}

func bulkAlone(t *testing.T) {
	w, _ := newBulk(t)
	w.TopUp(300)
	all := bulkLetters(300)
	all[17].To.Address.City = ""
	all[250].Key = all[3].Key
	all[299] = all[4]
	results := w.Client.SendAll(w.Ctx, all)
	for i, r := range results {
		switch i {
		case 17:
			require.ErrorIs(t, r.Err, courrier.ErrInvalid)
		case 250:
			require.ErrorIs(t, r.Err, courrier.ErrConflict)
		case 299:
			require.NoError(t, r.Err)
			require.Equal(t, results[4].Record.ID, r.Record.ID)
		default:
			require.NoError(t, r.Err)
		}
	}
	require.Equal(t, 297, w.Dispatch().Submitted)
}

// bulkStopped: what is left after a stop is sent by the same call again, and nothing twice.
func bulkStopped(t *testing.T) {
	w, _ := newBulk(t)
	w.TopUp(300)
	all := bulkLetters(300)
	ctx, cancel := context.WithCancel(w.Ctx)
	results := w.Client.SendAll(ctx, all, func(int) { cancel() })
	sent := 0
	for _, r := range results {
		if r.Err == nil {
			sent++
			continue
		}
		require.ErrorIs(t, r.Err, context.Canceled)
	}
	require.Positive(t, sent)
	require.Less(t, sent, 300)
	for _, r := range w.Client.SendAll(w.Ctx, all) {
		require.NoError(t, r.Err)
	}
	require.Equal(t, 300, w.Dispatch().Submitted)
	w.RequireBalance("0", "0")
}

// bulkOneByOne: a content that cannot be written is the trouble of its own letter.
func bulkOneByOne(t *testing.T) {
	w, store := newBulk(t)
	w.TopUp(20)
	all := bulkLetters(20)
	bad := courrier.SumOf(all[7].Documents[0].Content)
	store.refuse = func(contents map[courrier.Sum][]byte) error {
		if _, in := contents[bad]; in {
			return errors.New("disk full")
		}
		return nil
	}
	for i, r := range w.Client.SendAll(w.Ctx, all) {
		if i == 7 {
			require.ErrorIs(t, r.Err, courrier.ErrUnavailable)
			continue
		}
		require.NoError(t, r.Err)
	}
	require.Equal(t, 19, w.Dispatch().Submitted)
}

// bulkVanishing: somebody forgets contents between their writing and that of their
// letters; they are written again.
func bulkVanishing(t *testing.T) {
	w, store := newBulk(t)
	w.TopUp(20)
	all := bulkLetters(20)
	store.beforeHas = func() {
		lost := memstore.New()
		for rec, err := range store.Letters(w.Ctx, courrier.LetterFilter{}) {
			require.NoError(t, err)
			rec.Version = 0
			_, err := lost.Commit(w.Ctx, courrier.Change{Letter: &rec})
			require.NoError(t, err)
		}
		for e, err := range store.Entries(w.Ctx, courrier.EntryFilter{}) {
			require.NoError(t, err)
			_, err := lost.Commit(w.Ctx, courrier.Change{Entries: []courrier.Entry{e}})
			require.NoError(t, err)
		}
		store.Store = lost
	}
	for _, r := range w.Client.SendAll(w.Ctx, all) {
		require.NoError(t, r.Err)
	}
	store.beforeHas = nil
	require.EqualValues(t, 21, store.puts.Load())
	require.Equal(t, 20, w.Dispatch().Submitted)
}
