// Package storetest is the suite that every [courrier.Store] must pass, a
// host's own included. It needs nothing but the standard library and this
// module.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) courrier.Store { return mystore.Open(t.TempDir()) })
//	}
//
// # The contract
//
// Changes. [courrier.Store.Commit] answers one Result for each Change, in their
// order, and each change sees those before it. A change happens whole or not at
// all, with all its parts. One that fails leaves no
// trace and does not stop the others. A store may refuse what it cannot keep, such
// as a key that is no text or is too long for an index; it is the error of whoever
// asked for it, and of nobody who committed at the same moment. Once Commit returns, what it committed
// survives a crash, and is what every read that begins afterwards finds.
//
// Letters and items. Version 0 inserts, a higher version replaces what is stored
// under exactly that version, everything else is ErrConflict, and what is stored
// has the next version. An account has one letter under a key; a letter keeps
// its account and its key for ever. A letter is stored without the contents of
// its documents.
//
// Entries. They go through [courrier.Books.Post] one after the other, while nobody else
// posts to the same books. Prior are all entries of the same account and key, in
// whatever unit. The Result holds what Post gives as stored, so that a repeated move
// answers with the entry of the first time. Books that do not exist are empty books of
// that account and unit.
//
// Events. An event whose ID exists is not stored again: what is stored becomes
// [courrier.TrackingEvent.Merge] of both.
//
// Reminders. They follow the rule of letters. A key is held by one reminder: a
// change that claims a key of another is ErrConflict, and the keys that a
// reminder had and has no more are free again.
//
// Briefs. With [dunning.ReminderFilter].Brief a store gives of a reminder that ended
// what [dunning.ReadBrief] makes of its Brief, or the whole, and all others whole.
//
// Lists. What a filter selects is what its Match says, in the order of its
// Compare, up to its Limit. Text compares byte by byte. A loop over a list may
// stop at any moment, and may read from and commit to the same store while it
// runs; changes made meanwhile show up or not, but nothing shows up twice unless
// it was given a later place in the order.
//
// Lengths. A store keeps every text of these lengths, in bytes of UTF-8. Up to 200: ids
// of letters, reminders, accounts and items, keys of letters ([courrier.MaxKeyLen]) and
// of entries, what a carrier knows a letter by. Up to 300: keys of reminders and ids of
// events. Up to 100: names of carriers. Text is UTF-8 without a zero byte, and compares
// byte by byte everywhere: case, accents, the two ways to write an accented letter, and
// spaces at the end count.
//
// Values. Every field comes back as it was stored; times to the microsecond, as
// the same instant; amounts as equal amounts; an item's body as equal JSON. The
// caller's memory is its own: what it does to a value after the call, or to one
// it was given, does not reach the store.
//
// Contexts. A call with a context that has ended does nothing and returns the
// context's error; a list yields it. The end of one caller's context is never
// an error of another caller's.
//
// Changes. If the store is also a [changes.Feed], it tells what package changes derives
// from what is written: of letters and reminders what is news since they were written
// before, of entries each that is posted, of items what their bodies tell. What fails
// tells nothing. A change that was committed is behind every cursor that a reader was
// given before, whatever was under way at the same time.
//
// Contents. If the store is also [courrier.Contents] and [courrier.ContentDeleter],
// content comes back byte for byte, and may be stored and deleted again without error.
// It is ErrNotFound when it is not there.
package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Option adds to what [Run] tests.
type Option func(*suite)

// Reopening makes the suite open the store again and again over the data of the
// one before, as a process does after a crash: reopen must not make the old
// store tidy up first. Stores that outlive a process should be tested with it.
func Reopening(reopen func(t testing.TB, old courrier.Store) courrier.Store) Option {
	return func(s *suite) { s.reopen = reopen }
}

type suite struct {
	open   func(testing.TB) courrier.Store
	reopen func(testing.TB, courrier.Store) courrier.Store
}

// store opens an empty store.
func (s *suite) store(t testing.TB) store { return bothOf(t, s.open(t)) }

func bothOf(t testing.TB, s courrier.Store) store {
	t.Helper()
	both, ok := s.(store)
	if !ok {
		t.Fatal("the store keeps no reminders")
	}
	return both
}

// Run tests the stores that open returns. Each call of open must return an
// empty store of its own, and clean up with t.Cleanup. Tests run in parallel.
func Run(t *testing.T, open func(t testing.TB) courrier.Store, options ...Option) {
	s := &suite{open: open}
	for _, o := range options {
		o(s)
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, store)
	}{
		{"letter/versions", letterVersions},
		{"letter/keys", letterKeys},
		{"letter/carrier's ids", letterFound},
		{"letter/every field", letterFields},
		{"entry/life of a hold", entryHold},
		{"entry/replay", entryReplay},
		{"entry/grants", entryGrants},
		{"entry/grants that begin later, by rule, revoked", entryAllowances},
		{"entry/a key in one unit", entryUnits},
		{"entry/every field", entryFields},
		{"entry/ledgers", entryLedgers},
		{"entry/unknown books", unknownBooks},
		{"entry/no overdraft", noOverdraft},
		{"entry/same key at once", sameKeyAtOnce},
		{"entry/accounts in any order", crossedAccounts},
		{"event/once", eventOnce},
		{"event/every field", eventFields},
		{"reminder/versions", reminderVersions},
		{"reminder/keys", reminderKeys},
		{"reminder/key handed over", reminderHandover},
		{"reminder/every field", reminderFields},
		{"item/versions", itemVersions},
		{"item/body", itemBody},
		{"change/whole or not at all", changeAtomic},
		{"change/in order", changesInOrder},
		{"change/nothing", changeNothing},
		{"change/what cannot be kept", changeRefused},
		{"change/good, unstorable, good", of(changeBetween)},
		{"change/texts that differ", of(textsDiffer)},
		{"change/longest texts", of(longestTexts)},
		{"change/random", randomChanges},
		{"memory is not shared", memoryNotShared},
		{"list/filters", listFilters},
		{"list/cursors", listCursors},
		{"list/early break", listBreak},
		{"list/nested commit", listNested},
		{"list/what cannot be there", listOdd},
		{"list/very many", listVeryMany},
		{"context/ended", contextEnded},
		{"context/others go on", contextOthers},
		{"contents", contents}, {"contents together", contentsTogether},
		{"changes/what is told", changesTold},
		{"changes/cursors", changesCursors},
		{"changes/readers", changesRead},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, s.store(t))
		})
	}
	t.Run("crash", func(t *testing.T) {
		t.Parallel()
		if s.reopen == nil {
			t.Skip("storetest: no Reopening option: what survives a crash is not tested")
		}
		s.crash(t)
	})
}

// of makes a test of one that runs in tests of the suite itself, too.
func of(test func(testing.TB, store)) func(*testing.T, store) {
	return func(t *testing.T, s store) { test(t, s) }
}

// store is what is tested: a store of letters and of reminders.
type store interface {
	courrier.Store
	dunning.Store
}

// change is a change of letters and money, or one of a reminder.
type change struct {
	Letter   *courrier.LetterRecord
	Entries  []courrier.Entry
	Events   []courrier.TrackingEvent
	Reminder *dunning.Reminder
	Items    []courrier.Item
}

// commit commits changes in their order, those of a kind that follow each other
// together.
func commit(ctx context.Context, s store, changes ...change) ([]courrier.Result, error) {
	if len(changes) == 0 {
		return s.Commit(ctx)
	}
	var results []courrier.Result
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && (changes[n].Reminder != nil) == (changes[0].Reminder != nil) {
			n++
		}
		some, err := commitAlike(ctx, s, changes[:n])
		if err != nil {
			return nil, err
		}
		results, changes = append(results, some...), changes[n:]
	}
	return results, nil
}

func commitAlike(ctx context.Context, s store, changes []change) ([]courrier.Result, error) {
	if changes[0].Reminder == nil {
		all := make([]courrier.Change, len(changes))
		for i, c := range changes {
			all[i] = courrier.Change{Letter: c.Letter, Entries: c.Entries, Events: c.Events, Items: c.Items}
		}
		return s.Commit(ctx, all...)
	}
	all := make([]dunning.Change, len(changes))
	for i, c := range changes {
		all[i] = dunning.Change{Reminder: c.Reminder, Items: c.Items}
	}
	errs, err := s.CommitReminders(ctx, all...)
	results := make([]courrier.Result, len(errs))
	for i := range errs {
		results[i].Err = errs[i]
	}
	return results, err
}

// commitOne commits one change and returns its result.
func commitOne(t testing.TB, s store, c change) courrier.Result {
	t.Helper()
	return commitAll(t, s, c)[0]
}

func commitAll(t testing.TB, s store, changes ...change) []courrier.Result {
	t.Helper()
	results, err := commit(t.Context(), s, changes...)
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	if len(results) != len(changes) {
		t.Fatalf("Commit answered %d results for %d changes", len(results), len(changes))
	}
	return results
}

// must commits changes that have to succeed.
func must(t testing.TB, s store, changes ...change) []courrier.Result {
	t.Helper()
	results := commitAll(t, s, changes...)
	for i, r := range results {
		if r.Err != nil {
			t.Fatalf("change %d of %d, %s: %v", i+1, len(changes), nameOf(changes[i]), r.Err)
		}
	}
	return results
}

func letterOf(t testing.TB, s store, id courrier.LetterID) courrier.LetterRecord {
	t.Helper()
	r, err := s.Letter(t.Context(), id)
	if err != nil {
		t.Fatalf("Letter(%s): %v", id, err)
	}
	return r
}

func booksOf(t testing.TB, s store, account courrier.AccountID, unit string) courrier.Books {
	t.Helper()
	b, err := s.Books(t.Context(), account, unit)
	if err != nil {
		t.Fatalf("Books: %v", err)
	}
	return b
}

func letters(t testing.TB, s store, f courrier.LetterFilter) []courrier.LetterRecord {
	t.Helper()
	return collect(t, s.Letters(t.Context(), f))
}

func entries(t testing.TB, s store, f courrier.EntryFilter) []courrier.Entry {
	t.Helper()
	return collect(t, s.Entries(t.Context(), f))
}

func events(t testing.TB, s store, f courrier.EventFilter) []courrier.TrackingEvent {
	t.Helper()
	return collect(t, s.Events(t.Context(), f))
}

func items(t testing.TB, s store, f courrier.ItemFilter) []courrier.Item {
	t.Helper()
	return collect(t, s.Items(t.Context(), f))
}

// maxList is more than any list of the suite has: a list that never moves on ends
// there.
const maxList = 200_000

func collect[T any](t testing.TB, list func(func(T, error) bool)) []T {
	t.Helper()
	all, err := gather(list, maxList)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// gather reads a list up to its first error, or up to a bound.
func gather[T any](list func(func(T, error) bool), most int) (all []T, err error) {
	for v, err := range list {
		if err != nil {
			return all, fmt.Errorf("after %d: %w", len(all), err)
		}
		if all = append(all, v); len(all) > most {
			return all, fmt.Errorf("a list gave more than %d and went on: its cursor does not move", most)
		}
	}
	return all, nil
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
