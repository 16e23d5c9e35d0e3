package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// alike are texts that a database may take for one another: by case, by accent, by
// the two ways to write an accented letter, by spaces at the end, by width.
var alike = []string{"a", "A", "a ", "a  ", " a", "á", "a\u0301", "ａ", "ss", "ß", "i", "ı", "I", "İ", "a\u200b", "a\t"}

// textsDiffer stores one thing of each kind under each of the texts that look alike.
func textsDiffer(t testing.TB, s store) {
	for i, text := range alike {
		id := courrier.LetterID(text)
		l := newLetter(id, text)
		l.Letter.Account = courrier.AccountID(text)
		e := move(courrier.EntryTopUp, text, fmt.Sprint(i+1))
		e.Account = l.Letter.Account
		must(t, s, change{
			Letter: l, Entries: []courrier.Entry{e},
			Events: []courrier.TrackingEvent{{ID: text, Letter: id, Heard: epoch}},
			Items:  []courrier.Item{{Kind: "settings", Account: l.Letter.Account, ID: text, Body: []byte("1")}},
		}, change{Letter: newLetter(courrier.LetterID("of acme "+text), text)},
			change{Reminder: newReminder(dunning.ReminderID(text), "key "+text)})
	}
	for i, text := range alike {
		account := courrier.AccountID(text)
		if got := letters(t, s, courrier.LetterFilter{Account: account}); len(got) != 1 || string(got[0].ID) != text {
			t.Fatalf("account %q has %d letters, want its own alone", text, len(got))
		}
		if got := letters(t, s, courrier.LetterFilter{Account: "acme", Key: text}); len(got) != 1 || got[0].Letter.Key != text {
			t.Fatalf("under the key %q are %d letters, want one", text, len(got))
		}
		if got := events(t, s, courrier.EventFilter{Letters: []courrier.LetterID{courrier.LetterID(text)}}); len(got) != 1 || got[0].ID != text {
			t.Fatalf("letter %q has %d events, want its own alone", text, len(got))
		}
		if got := items(t, s, courrier.ItemFilter{Kind: "settings", Account: account}); len(got) != 1 || got[0].ID != text {
			t.Fatalf("account %q has %d items, want its own alone", text, len(got))
		}
		same(t, fmt.Sprintf("books of %q", text), courrier.MustAmount(fmt.Sprint(i+1), stamp), booksOf(t, s, account, stamp).Bought)
		if got := reminderOf(t, s, dunning.ReminderID(text)); len(got.Keys) != 1 || got.Keys[0] != "key "+text {
			t.Fatalf("reminder %q has the keys %q", text, got.Keys)
		}
	}
}

// text returns n bytes that no index can compress much.
func text(n int) string {
	var b strings.Builder
	for r := rand.New(rand.NewPCG(20260301, uint64(n))); b.Len() < n; {
		b.WriteByte('!' + byte(r.IntN(90)))
	}
	return b.String()
}

// longestTexts stores what the contract promises room for.
func longestTexts(t testing.TB, s store) {
	long, key := text(200), text(300)
	l := newLetter(courrier.LetterID(long), text(courrier.MaxKeyLen))
	l.Letter.Account = courrier.AccountID(long)
	l.Provider, l.ProviderID, l.TrackingNumber = text(100), long, long
	e := move(courrier.EntryTopUp, long, "1")
	e.Account = l.Letter.Account
	v := courrier.TrackingEvent{ID: key, Letter: l.ID, Provider: l.Provider, ProviderID: long, Heard: epoch}
	i := courrier.Item{Kind: "settings", Account: l.Letter.Account, ID: long, Body: []byte("1")}
	must(t, s, change{Letter: l, Entries: []courrier.Entry{e}, Events: []courrier.TrackingEvent{v}, Items: []courrier.Item{i}},
		change{Reminder: newReminder(dunning.ReminderID(long), key)})
	l.Version = 1
	same(t, "letter", []courrier.LetterRecord{*l}, letters(t, s, courrier.LetterFilter{Account: l.Letter.Account, Key: l.Letter.Key}))
	same(t, "events", []courrier.TrackingEvent{v}, events(t, s, courrier.EventFilter{Letters: []courrier.LetterID{l.ID}}))
	if lines := entries(t, s, courrier.EntryFilter{Account: e.Account, Key: long}); len(lines) != 1 || lines[0].Key != long {
		t.Fatalf("%d entries under the longest key, want one", len(lines))
	}
	i.Version = 1
	same(t, "items", []courrier.Item{i}, items(t, s, courrier.ItemFilter{Kind: "settings", Account: i.Account, IDs: []string{long}}))
	same(t, "keys", []string{key}, reminderOf(t, s, dunning.ReminderID(long)).Keys)
}

// changeBetween commits good, unstorable and good in one call: those around it are
// stored, in the store's own order of work.
func changeBetween(t testing.TB, s store) {
	long := text(1 << 19)
	for i, odd := range []change{
		{Letter: newLetter("zero\x00byte", "odd 0")}, {Letter: newLetter("odd 1", "\xff")}, {Letter: newLetter("odd 2", long)},
		{Entries: []courrier.Entry{move(courrier.EntryTopUp, long, "1")}}, {Events: []courrier.TrackingEvent{{ID: long, Heard: epoch}}},
		{Items: []courrier.Item{{Kind: "settings", Account: "acme", ID: long, Body: []byte("1")}}},
	} {
		good := func(side string) change {
			name := fmt.Sprint(side, " ", i)
			return change{
				Letter: newLetter(courrier.LetterID(name), name), Entries: []courrier.Entry{move(courrier.EntryTopUp, name, "1")},
				Events: []courrier.TrackingEvent{{ID: name, Letter: courrier.LetterID(name), Heard: epoch}},
			}
		}
		all := []change{good("before"), odd, good("after")}
		results := commitAll(t, s, all...)
		kept := everyName(t, s)
		for k, c := range all {
			if k != 1 && results[k].Err != nil {
				t.Fatalf("%.60s failed beside the odd change %d: %v", nameOf(c), i, results[k].Err)
			}
			if kept[nameOf(c)] != (results[k].Err == nil) {
				t.Fatalf("%.60s: the error is %v, kept is %v", nameOf(c), results[k].Err, kept[nameOf(c)])
			}
		}
	}
}
