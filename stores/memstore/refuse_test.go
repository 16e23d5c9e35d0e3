package memstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/memstore"
)

// What SQL databases refuse is refused in memory too, and changes nothing.
func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("wire-06", func(t *testing.T) {
		far := time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*3600)).UTC()
		for _, bad := range []courrier.Change{
			{Events: []courrier.TrackingEvent{{ID: "e", Provider: "post", Code: "c", Happened: far}}},
			{Events: []courrier.TrackingEvent{{ID: "e\x00", Provider: "post", Code: "c"}}},
			{Events: []courrier.TrackingEvent{{ID: "e\xff", Provider: "post", Code: "c"}}},
			{Letter: &courrier.LetterRecord{ID: "l", TrackingNumber: "87\x00"}},
			{Letter: &courrier.LetterRecord{ID: "l", DueAt: far}},
			{Items: []courrier.Item{{Kind: "k", ID: "a\x00", Body: []byte("{}")}}},
			{Items: []courrier.Item{{Kind: "k", ID: "a", Body: []byte("{")}}},
			{Entries: []courrier.Entry{{Account: "a\x00", Key: "k", Kind: courrier.EntryTopUp, Amount: courrier.MustAmount("1", "EUR")}}},
		} {
			s := memstore.New()
			results, err := s.Commit(t.Context(), bad)
			require.NoError(t, err)
			require.ErrorIs(t, results[0].Err, courrier.ErrInvalid, "%+v", bad)
			for range s.Letters(t.Context(), courrier.LetterFilter{}) {
				require.Fail(t, "stored")
			}
			for range s.Events(t.Context(), courrier.EventFilter{}) {
				require.Fail(t, "stored")
			}
		}
	})
}
