package sqlite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// TestCases proves case wire-06 for stores: what SQL refuses memstore refuses, so
// that a host's tests meet it first.
func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("wire-06", func(t *testing.T) {
		t.Parallel()
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "courrier.db"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		sql, err := sqlstore.New(t.Context(), sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
		require.NoError(t, err)
		memory := memstore.New()
		for i, c := range unstorable() {
			want, err := sql.Commit(t.Context(), c)
			require.NoError(t, err)
			got, err := memory.Commit(t.Context(), c)
			require.NoError(t, err)
			what := fmt.Sprint("change ", i)
			require.ErrorIs(t, want[0].Err, courrier.ErrInvalid, what)
			assert.ErrorIs(t, got[0].Err, courrier.ErrInvalid, what)
		}
		for i, r := range []dunning.Reminder{
			{ID: "R\x00", Account: "acme"},
			{ID: "R1", Account: "acme", Campaign: "\xff"},
			{ID: "R1", Account: "acme", DueAt: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -2*60*60))},
		} {
			want, err := sql.CommitReminders(t.Context(), dunning.Change{Reminder: &r})
			require.NoError(t, err)
			got, err := memory.CommitReminders(t.Context(), dunning.Change{Reminder: &r})
			require.NoError(t, err)
			require.ErrorIs(t, want[0], courrier.ErrInvalid, i)
			assert.ErrorIs(t, got[0], courrier.ErrInvalid, i)
		}
		requireEmpty(t, memory)
	})
}

func unstorable() (all []courrier.Change) {
	late := time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*60*60))
	early := time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 14*60*60))
	for _, change := range []func(l *courrier.LetterRecord){
		func(l *courrier.LetterRecord) { l.ID = "L\x00" },
		func(l *courrier.LetterRecord) { l.Letter.Account = "\xff" },
		func(l *courrier.LetterRecord) { l.Letter.Key = "k\x00" },
		func(l *courrier.LetterRecord) { l.Provider = "\x00" },
		func(l *courrier.LetterRecord) { l.ProviderID = "\x00" },
		func(l *courrier.LetterRecord) { l.TrackingNumber = "6A\x00" },
		func(l *courrier.LetterRecord) { l.DueAt = late },
		func(l *courrier.LetterRecord) { l.UpdatedAt = late.AddDate(1, 0, 0) },
	} {
		l := courrier.LetterRecord{ID: "L1", Letter: courrier.Letter{Account: "acme", Key: "k"}, Status: courrier.StatusQueued}
		change(&l)
		all = append(all, courrier.Change{Letter: &l})
	}
	for _, change := range []func(e *courrier.Entry){
		func(e *courrier.Entry) { e.Account = "\xff" },
		func(e *courrier.Entry) { e.Key = "k\x00" },
		func(e *courrier.Entry) { e.Letter = "\x00" },
		func(e *courrier.Entry) { e.Reason = "\x00" },
		func(e *courrier.Entry) { e.At = late },
		func(e *courrier.Entry) { e.Expires = late },
		func(e *courrier.Entry) { e.Begins = early },
		func(e *courrier.Entry) { e.Parts = []courrier.Part{{Expires: late}} },
		func(e *courrier.Entry) { e.Allowance = &courrier.Allowance{Key: "\x00"} },
		func(e *courrier.Entry) { e.Allowance = &courrier.Allowance{Until: late} },
	} {
		e := courrier.Entry{Account: "acme", Kind: courrier.EntryTopUp, Key: "k", Amount: courrier.MustAmount("1", "stamp")}
		change(&e)
		all = append(all, courrier.Change{Entries: []courrier.Entry{e}})
	}
	for _, e := range []courrier.TrackingEvent{
		{ID: "E\x00"}, {ID: "E", Letter: "\xff"}, {ID: "E", Provider: "\x00"}, {ID: "E", ProviderID: "\x00"},
		{ID: "E", Heard: late}, {ID: "E", Happened: late.AddDate(1, 0, 0)}, {ID: "E", Happened: early.AddDate(-1, 0, 0)},
	} {
		all = append(all, courrier.Change{Events: []courrier.TrackingEvent{e}})
	}
	for _, i := range []courrier.Item{
		{Kind: "\x00", ID: "i"}, {Kind: "k", Account: "\x00", ID: "i"}, {Kind: "k", ID: "\x00"},
		{Kind: "k", ID: "i", Body: json.RawMessage("\"\xff\"")},
	} {
		all = append(all, courrier.Change{Items: []courrier.Item{i}})
	}
	return all
}

func requireEmpty(t *testing.T, s *memstore.Store) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for l, err := range s.Letters(ctx, courrier.LetterFilter{}) {
		require.NoError(t, err)
		require.Fail(t, "a letter was kept", "%q", l.ID)
	}
	for e, err := range s.Events(ctx, courrier.EventFilter{}) {
		require.NoError(t, err)
		require.Fail(t, "an event was kept", "%q", e.ID)
	}
	for e, err := range s.Entries(ctx, courrier.EntryFilter{}) {
		require.NoError(t, err)
		require.Fail(t, "an entry was kept", "%q", e.Key)
	}
}
