package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// TestCasesHost holds what a host meets with a database, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Run("host-18", textIsKeptOrRefused)
}

// textIsKeptOrRefused: bytes that are no text are the error of their change, in
// whatever field; a replacement character that somebody wrote is text.
func textIsKeptOrRefused(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := stores(t, d, 1)[0]
		letter := func(id, text string) courrier.Change {
			l := courrier.LetterRecord{ID: courrier.LetterID(id), Letter: courrier.Letter{Account: "acme", Key: id}}
			l.Letter.Metadata = map[string]string{"order": text}
			return courrier.Change{Letter: &l}
		}
		kept := `\ufffd é \\ufffd ` + "\ufffd"
		lines := courrier.Entry{
			Account: "acme", Kind: courrier.EntryTopUp, Key: "lines", Amount: courrier.MustAmount("1", "stamp"),
			Lines: []courrier.PriceLine{{Code: "\xff", Amount: courrier.MustAmount("1", "stamp")}},
		}
		results, err := s.Commit(t.Context(), letter("1", "a\xff"), letter("2", kept), letter("3", "\xed\xa0\x80"), courrier.Change{Entries: []courrier.Entry{lines}})
		require.NoError(t, err)
		for i, want := range []error{courrier.ErrInvalid, nil, courrier.ErrInvalid, courrier.ErrInvalid} {
			require.ErrorIs(t, results[i].Err, want, i)
		}
		r, err := s.Letter(t.Context(), "2")
		require.NoError(t, err)
		require.Equal(t, kept, r.Letter.Metadata["order"])
	})
}
