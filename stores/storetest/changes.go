package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/dunning"
)

// feedOf returns the feed of a store that keeps one.
func feedOf(t *testing.T, s store) changes.Feed {
	t.Helper()
	feed, ok := s.(changes.Feed)
	if !ok {
		t.Skip("storetest: the store keeps no feed of changes")
	}
	if _, err := feed.EndOfChanges(t.Context()); errors.Is(err, courrier.ErrUnsupported) {
		t.Skip("storetest: the store was not asked to keep a feed of changes")
	}
	return feed
}

// told reads everything behind a cursor, page by page.
func told(t testing.TB, feed changes.Feed, f changes.Filter) ([]changes.Change, changes.Cursor) {
	t.Helper()
	var all []changes.Change
	for {
		page, err := feed.Changes(t.Context(), f)
		if err != nil {
			t.Fatalf("Changes: %v", err)
		}
		if all = append(all, page.Changes...); len(page.Changes) < f.Most() {
			return all, page.Next
		}
		f.After = page.Next
	}
}

// plain is changes without their cursors, which are a store's own.
func plain(all []changes.Change) []changes.Change {
	all = slices.Clone(all)
	for i := range all {
		all[i].Cursor = ""
	}
	return all
}

func changesTold(t *testing.T, s store) {
	feed := feedOf(t, s)
	_, end := told(t, feed, changes.Filter{})
	since := func(what string, want ...changes.Change) {
		t.Helper()
		var got []changes.Change
		got, end = told(t, feed, changes.Filter{After: end})
		same(t, what, want, plain(got))
	}
	l := newLetter("L1", "k1")
	change1 := func(kind changes.Kind, version int64, state string) changes.Change {
		return changes.Change{Kind: kind, Account: "acme", Subject: "L1", Version: version, State: state, At: epoch}
	}
	must(t, s, change{Letter: l})
	since("a letter", change1(changes.LetterMoved, 1, "queued"))
	l.Version, l.Polls, l.TrackingNumber = 1, 3, "87A"
	must(t, s, change{Letter: l})
	since("nothing that is told")
	l.Version, l.Status, l.Hold = 2, courrier.StatusHeld, courrier.HoldCredit
	must(t, s, change{Letter: l})
	since("held", change1(changes.LetterMoved, 3, "held.credit"))
	l.Version, l.Status, l.Hold = 3, courrier.StatusLost, ""
	l.Proofs = []courrier.ProofRecord{{Kind: courrier.ProofOfDeposit, Sum: "s1"}}
	l.Claims = []courrier.Claim{{Letter: "L1", Kind: courrier.ClaimLost}}
	must(t, s, change{Letter: l})
	since("lost", change1(changes.LetterMoved, 4, "lost"), change1(changes.ProofKept, 4, string(courrier.ProofOfDeposit)), change1(changes.ClaimMoved, 4, "lost.due"))
	l.Version, l.Claims[0].OpenedAt = 4, epoch
	must(t, s, change{Letter: l})
	since("a claim", change1(changes.ClaimMoved, 5, "lost.opened"))
	changesOfOthers(t, s, since)
}

// changesOfOthers tells of money, reminders and items; of what fails nothing.
func changesOfOthers(t *testing.T, s store, since func(string, ...changes.Change)) {
	t.Helper()
	entry := courrier.Entry{Account: "acme", Key: "order", Kind: courrier.EntryTopUp, Amount: courrier.MustAmount("5", "stamp"), At: epoch}
	must(t, s, change{Entries: []courrier.Entry{entry}}, change{Entries: []courrier.Entry{entry}})
	since("one move, told twice to the store", changes.Change{Kind: changes.CreditMoved, Account: "acme", Subject: "stamp", Version: 1, State: string(courrier.EntryTopUp), At: epoch})
	r := newReminder("R1", "k1")
	r.Log = []dunning.ReminderAct{{At: epoch, Act: "proposed"}}
	must(t, s, change{Reminder: r})
	moved := changes.Change{Kind: changes.ReminderMoved, Account: "acme", Subject: "R1", Version: 1, State: "proposed", At: epoch}
	since("a reminder", moved)
	r.Version, r.Assignee = 1, "kim"
	must(t, s, change{Reminder: r})
	since("nothing that is told")
	r.Version, r.State = 2, dunning.ReminderSent
	moved.Version, moved.State = 3, "sent"
	must(t, s, change{Reminder: r})
	since("sent", moved)
	item := courrier.Item{Kind: "settings", Account: "acme", ID: "i", Body: json.RawMessage(
		`{"tells":[{"kind":"customer.clear","subject":"c1","at":"2026-03-01T09:30:00.123456Z"}],"n":1}`)}
	must(t, s, change{Items: []courrier.Item{item}})
	since("an item with news", changes.Change{Kind: changes.CustomerClear, Account: "acme", Subject: "c1", Version: 1, At: epoch})
	item.Version, item.Body = 1, json.RawMessage(`{"n":2}`)
	must(t, s, change{Items: []courrier.Item{item}})
	since("an item without")

	stale := newLetter("L9", "k9")
	failing := change{Letter: stale, Items: []courrier.Item{{Kind: "settings", Account: "acme", ID: "i", Version: 7}}}
	results := commitAll(t, s, change{Letter: newLetter("L8", "k8")}, failing, change{Letter: newLetter("L7", "k7")})
	sameKind(t, "with a wrong item", courrier.ErrConflict, results[1].Err)
	of := func(id string) changes.Change {
		return changes.Change{Kind: changes.LetterMoved, Account: "acme", Subject: id, Version: 1, State: "queued", At: epoch}
	}
	since("what was committed, in order", of("L8"), of("L7"))
}

// changesCursors reads in pages of every size, by account and kind.
func changesCursors(t *testing.T, s store) {
	feed := feedOf(t, s)
	var all []change
	for i := range 30 {
		l := newLetter(courrier.LetterID(fmt.Sprintf("L%02d", i)), fmt.Sprint("k", i))
		l.Letter.Account = courrier.AccountID([]string{"acme", "other"}[i%2])
		l.UpdatedAt = epoch.Add(time.Duration(i) * time.Hour)
		all = append(all, change{Letter: l})
	}
	must(t, s, all...)
	whole, end := told(t, feed, changes.Filter{})
	if len(whole) != 30 {
		t.Fatalf("%d changes are told of 30", len(whole))
	}
	for _, f := range []changes.Filter{{Limit: 1}, {Limit: 7}, {Limit: 30}, {Account: "acme", Limit: 4}, {Kinds: []changes.Kind{changes.LetterMoved}, Limit: 9}, {Account: "nobody"}} {
		got, last := told(t, feed, f)
		want := slices.DeleteFunc(slices.Clone(whole), func(c changes.Change) bool { return !f.Match(c) })
		same(t, fmt.Sprintf("with %+v", f), want, got)
		if page, err := feed.Changes(t.Context(), changes.Filter{After: last}); err != nil || len(page.Changes) > 0 {
			t.Fatalf("behind the end of %+v: %v, %v", f, page.Changes, err)
		}
	}
	same(t, "the end", end, must1(feed.EndOfChanges(t.Context())))
	for i, c := range whole {
		rest, _ := told(t, feed, changes.Filter{After: c.Cursor})
		same(t, "behind one", plain(whole[i+1:]), plain(rest))
	}
	for _, odd := range []changes.Cursor{"x", "-1", "0", "999999999.1", "\x00"} {
		if _, err := feed.Changes(t.Context(), changes.Filter{After: odd}); !errors.Is(err, changes.ErrCursorGone) {
			t.Fatalf("behind %q: %v", odd, err)
		}
	}
	changesForgotten(t, feed, whole, end)
}

// changesForgotten forgets the first ten, and then all: but the last of them.
func changesForgotten(t *testing.T, feed changes.Feed, whole []changes.Change, end changes.Cursor) {
	t.Helper()
	forget := func(before time.Time, left int) {
		t.Helper()
		sameKind(t, "forget", nil, feed.ForgetChanges(t.Context(), before))
		got, _ := told(t, feed, changes.Filter{})
		same(t, "what is left", whole[len(whole)-left:], got)
	}
	forget(epoch, 30)
	forget(epoch.Add(10*time.Hour), 21)
	for i, c := range whole {
		_, err := feed.Changes(t.Context(), changes.Filter{After: c.Cursor})
		if gone := errors.Is(err, changes.ErrCursorGone); gone != (i < 9) {
			t.Fatalf("behind change %d after ten were forgotten: %v", i+1, err)
		}
	}
	forget(epoch.Add(1000*time.Hour), 1)
	forget(epoch.Add(1000*time.Hour), 1)
	got, next := told(t, feed, changes.Filter{After: end})
	same(t, "behind the end", 0, len(got))
	same(t, "the end stays", end, next)
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// changesRead hands each change to named readers, again after an error.
func changesRead(t *testing.T, s store) {
	feedOf(t, s)
	fs, ok := s.(changes.Store)
	if !ok {
		t.Fatal("a store with a feed is no changes.Store")
	}
	reader := func(name string) changes.Reader { return changes.Reader{Store: fs, Name: name, Page: 3} }
	var subjects []string
	note := func(_ context.Context, some []changes.Change) error {
		for _, c := range some {
			subjects = append(subjects, c.Subject)
		}
		return nil
	}
	read := func(name string, want ...string) {
		t.Helper()
		subjects = nil
		for {
			n, err := reader(name).Read(t.Context(), note)
			sameKind(t, "read", nil, err)
			if n == 0 {
				break
			}
		}
		same(t, "what "+name+" was told", want, subjects)
	}
	for i := range 5 {
		must(t, s, change{Letter: newLetter(courrier.LetterID(fmt.Sprint("L", i)), fmt.Sprint("k", i))})
	}
	failed := errors.New("the host's own database is away")
	_, err := reader("crm").Read(t.Context(), func(context.Context, []changes.Change) error { return failed })
	sameKind(t, "the handler's error", failed, err)
	read("crm", "L0", "L1", "L2", "L3", "L4")
	read("crm")
	sameKind(t, "skip", nil, reader("late").Skip(t.Context()))
	must(t, s, change{Letter: newLetter("L5", "k5")})
	read("late", "L5")
	read("crm", "L5")
	read("stock", "L0", "L1", "L2", "L3", "L4", "L5")
	sameKind(t, "rewind", nil, reader("late").Rewind(t.Context()))
	read("late", "L0", "L1", "L2", "L3", "L4", "L5")
	_, err = changes.Reader{Store: fs}.Read(t.Context(), note)
	sameKind(t, "no name", courrier.ErrInvalid, err)
}
