package storetest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Every field of every filter, set at random. A field added to a filter must be
// added here: known checks it.
var (
	letterFilterFields = map[string]func(random, *courrier.LetterFilter){
		"IDs":            func(r random, f *courrier.LetterFilter) { f.IDs = some(r, ids) },
		"Account":        func(r random, f *courrier.LetterFilter) { f.Account = pick(r, accounts) },
		"Key":            func(r random, f *courrier.LetterFilter) { f.Key = "key of " + string(pick(r, ids)) },
		"Customer":       func(r random, f *courrier.LetterFilter) { f.Customer = pick(r, customers) },
		"Statuses":       func(r random, f *courrier.LetterFilter) { f.Statuses = some(r, statuses) },
		"Holds":          func(r random, f *courrier.LetterFilter) { f.Holds = some(r, holds) },
		"Purposes":       func(r random, f *courrier.LetterFilter) { f.Purposes = some(r, purposes) },
		"Provider":       func(r random, f *courrier.LetterFilter) { f.Provider = pick(r, providers) },
		"ProviderID":     func(r random, f *courrier.LetterFilter) { f.ProviderID = pick(r, words) },
		"TrackingNumber": func(r random, f *courrier.LetterFilter) { f.TrackingNumber = pick(r, words) },
		"Sum":            func(r random, f *courrier.LetterFilter) { f.Sum = pick(r, sums) },
		"CreatedFrom":    func(r random, f *courrier.LetterFilter) { f.CreatedFrom = r.when().Add(100) },
		"CreatedTo":      func(r random, f *courrier.LetterFilter) { f.CreatedTo = r.when().Add(-100) },
		"Duty":           func(r random, f *courrier.LetterFilter) { f.Duty, f.After = pick(r, duties[1:]), "" },
		"DueBefore": func(r random, f *courrier.LetterFilter) {
			f.Duty, f.DueBefore, f.After = duties[1], r.when().Add(100), ""
		},
		"After": func(r random, f *courrier.LetterFilter) {
			if f.Duty == courrier.DutyNone {
				f.After = pick(r, ids)
			}
		},
		"Newest": func(_ random, f *courrier.LetterFilter) { f.Newest = true },
		"Limit":  func(r random, f *courrier.LetterFilter) { f.Limit = 1 + r.IntN(5) },
	}
	entryFilterFields = map[string]func(random, *courrier.EntryFilter){
		"Account": func(r random, f *courrier.EntryFilter) { f.Account = pick(r, accounts) },
		"Unit":    func(r random, f *courrier.EntryFilter) { f.Unit = pick(r, units) },
		"Key":     func(r random, f *courrier.EntryFilter) { f.Key = fmt.Sprintf("move %d", r.IntN(12)) },
		"Kinds": func(r random, f *courrier.EntryFilter) {
			f.Kinds = some(r, []courrier.EntryKind{courrier.EntryTopUp, courrier.EntryReserve, courrier.EntryExpire, courrier.EntryCapture})
		},
		"Letter": func(r random, f *courrier.EntryFilter) { f.Letter = pick(r, ids) },
		"From":   func(r random, f *courrier.EntryFilter) { f.From = r.when().Add(100) },
		"To":     func(r random, f *courrier.EntryFilter) { f.To = r.when().Add(-100) },
		"After": func(r random, f *courrier.EntryFilter) {
			f.Account, f.Unit, f.After = pick(r, accounts), pick(r, units), int64(1+r.IntN(8))
		},
		"Newest": func(_ random, f *courrier.EntryFilter) { f.Newest = true },
		"Limit":  func(r random, f *courrier.EntryFilter) { f.Limit = 1 + r.IntN(5) },
	}
	eventFilterFields = map[string]func(random, *courrier.EventFilter){
		"Letters":    func(r random, f *courrier.EventFilter) { f.Letters = some(r, append(ids, "")) },
		"Provider":   func(r random, f *courrier.EventFilter) { f.Provider = pick(r, providers) },
		"ProviderID": func(r random, f *courrier.EventFilter) { f.ProviderID = pick(r, words) },
		"Orphans":    func(_ random, f *courrier.EventFilter) { f.Orphans = true },
		"Unfolded":   func(_ random, f *courrier.EventFilter) { f.Unfolded = true },
		"HeardFrom":  func(r random, f *courrier.EventFilter) { f.HeardFrom = r.when().Add(100) },
		"Limit":      func(r random, f *courrier.EventFilter) { f.Limit = 1 + r.IntN(5) },
	}
	reminderFilterFields = map[string]func(random, *dunning.ReminderFilter){
		"Account":   func(r random, f *dunning.ReminderFilter) { f.Account = pick(r, accounts) },
		"Customers": func(r random, f *dunning.ReminderFilter) { f.Customers = some(r, customers) },
		"Either": func(r random, f *dunning.ReminderFilter) {
			f.Either, f.Customers, f.Invoices = true, some(r, customers)[r.IntN(2):], some(r, invoices)[r.IntN(2):]
		},
		"Brief":     func(_ random, f *dunning.ReminderFilter) { f.Brief = true },
		"Invoice":   func(r random, f *dunning.ReminderFilter) { f.Invoice = pick(r, invoices) },
		"Invoices":  func(r random, f *dunning.ReminderFilter) { f.Invoices = some(r, invoices) },
		"Key":       func(r random, f *dunning.ReminderFilter) { f.Key = pick(r, reminderKeyWords) },
		"Letter":    func(r random, f *dunning.ReminderFilter) { f.Letter = pick(r, ids) },
		"Sum":       func(r random, f *dunning.ReminderFilter) { f.Sum = pick(r, sums) },
		"Kept":      func(_ random, f *dunning.ReminderFilter) { f.Kept = true },
		"States":    func(r random, f *dunning.ReminderFilter) { f.States = some(r, reminderStates) },
		"Assignee":  func(r random, f *dunning.ReminderFilter) { f.Assignee = pick(r, actors) },
		"Campaign":  func(r random, f *dunning.ReminderFilter) { f.Campaign = pick(r, words) },
		"DueFrom":   func(r random, f *dunning.ReminderFilter) { f.DueFrom = r.day() },
		"DueTo":     func(r random, f *dunning.ReminderFilter) { f.DueTo = r.day() },
		"DueBefore": func(r random, f *dunning.ReminderFilter) { f.DueBefore = r.when() },
		"After": func(r random, f *dunning.ReminderFilter) {
			f.After = &dunning.Reminder{ID: dunning.ReminderID(pick(r, words)), DueOn: r.day()}
		},
		"Limit": func(r random, f *dunning.ReminderFilter) { f.Limit = 1 + r.IntN(5) },
	}
	itemFilterFields = map[string]func(random, *courrier.ItemFilter){
		"Kind":    func(r random, f *courrier.ItemFilter) { f.Kind = pick(r, itemKinds) },
		"Account": func(r random, f *courrier.ItemFilter) { f.Account = pick(r, accounts) },
		"IDs":     func(r random, f *courrier.ItemFilter) { f.IDs = some(r, append(words, "")) },
		"After":   func(r random, f *courrier.ItemFilter) { f.Account, f.After = pick(r, accounts), pick(r, words) },
		"Limit":   func(r random, f *courrier.ItemFilter) { f.Limit = 1 + r.IntN(5) },
	}
)

func some[T any](r random, from []T) []T {
	all := make([]T, 1+r.IntN(3))
	for i := range all {
		all[i] = pick(r, from)
	}
	return all
}

// filters yields the empty filter, each field alone, and random mixtures.
func filters[F any](t testing.TB, r random, fields map[string]func(random, *F)) []F {
	t.Helper()
	names := slices.Sorted(maps.Keys(fields))
	for i := range reflect.TypeFor[F]().NumField() {
		if name := reflect.TypeFor[F]().Field(i).Name; fields[name] == nil {
			t.Fatalf("storetest: teach lists about %T.%s", *new(F), name)
		}
	}
	all := make([]F, 1)
	for _, name := range names {
		for range 4 {
			var f F
			fields[name](r, &f)
			all = append(all, f)
		}
	}
	for range 250 {
		var f F
		for range 2 + r.IntN(3) {
			fields[pick(r, names)](r, &f)
		}
		all = append(all, f)
	}
	return all
}

func listFilters(t *testing.T, s store) {
	r, ref := fillBoth(t, s, 2, 150)
	for _, f := range filters(t, r, letterFilterFields) {
		same(t, fmt.Sprintf("%+v", f), selected(slices.Collect(maps.Values(ref.letters)), f.Match, f.Compare, f.Limit), letters(t, s, f))
	}
	for _, f := range filters(t, r, entryFilterFields) {
		same(t, fmt.Sprintf("%+v", f), selected(ref.entries, f.Match, f.Compare, f.Limit), entries(t, s, f))
	}
	for _, f := range filters(t, r, eventFilterFields) {
		same(t, fmt.Sprintf("%+v", f), selected(slices.Collect(maps.Values(ref.events)), f.Match, f.Compare, f.Limit), events(t, s, f))
	}
	for _, f := range filters(t, r, reminderFilterFields) {
		want := selected(slices.Collect(maps.Values(ref.reminders)), f.Match, f.Compare, f.Limit)
		same(t, fmt.Sprintf("%+v", f), briefly(t, f, want), briefly(t, f, reminders(t, s, f)))
	}
	for _, f := range filters(t, r, itemFilterFields) {
		same(t, fmt.Sprintf("%+v", f), selected(slices.Collect(maps.Values(ref.items)), f.Match, f.Compare, f.Limit), items(t, s, f))
	}
}

// briefly leaves of a list what a filter for briefs asks for: a store may give more.
func briefly(t *testing.T, f dunning.ReminderFilter, all []dunning.Reminder) []dunning.Reminder {
	t.Helper()
	for i, r := range all {
		text := r.Brief()
		if !f.Brief || text == "" {
			continue
		}
		var err error
		if all[i], err = dunning.ReadBrief(text); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// listCursors walks lists in small pages and compares with the whole.
func listCursors(t *testing.T, s store) {
	_, ref := fillBoth(t, s, 3, 150)
	for _, newest := range []bool{false, true} {
		f := courrier.LetterFilter{Newest: newest}
		whole := letters(t, s, f)
		f.Limit = 3
		same(t, "letters in pages", whole, paged(func() []courrier.LetterRecord { return letters(t, s, f) }, func(last courrier.LetterRecord) { f.After = last.ID }))
		for key := range ref.books {
			f := courrier.EntryFilter{Account: key.account, Unit: key.unit, Newest: newest}
			whole := entries(t, s, f)
			f.Limit = 3
			same(t, "entries in pages", whole, paged(func() []courrier.Entry { return entries(t, s, f) }, func(last courrier.Entry) { f.After = last.Seq }))
		}
	}
	f := courrier.ItemFilter{Kind: itemKinds[0], Account: accounts[0]}
	whole := items(t, s, f)
	f.Limit = 2
	// The empty id comes first and cannot be continued after, so every page moves on.
	same(t, "items in pages", whole, paged(func() []courrier.Item { return items(t, s, f) }, func(last courrier.Item) { f.After = last.ID }))
}

func paged[T any](page func() []T, after func(last T)) (all []T) {
	for {
		next := page()
		if len(next) == 0 {
			return all
		}
		all = append(all, next...)
		after(next[len(next)-1])
	}
}

// many is more than a store would fetch at once.
const many = 250

func manyLetters(t testing.TB, s store) {
	t.Helper()
	changes, named := make([]change, many), make([]change, many)
	for i := range changes {
		name := fmt.Sprintf("L%04d", i)
		l := newLetter(courrier.LetterID(name), name)
		l.Duty, l.DueAt = courrier.DutyDispatch, epoch
		e := courrier.Entry{Account: "acme", Kind: courrier.EntryTopUp, Key: name, Amount: courrier.MustAmount("1", stamp), At: epoch}
		changes[i] = change{Letter: l, Entries: []courrier.Entry{e}, Events: []courrier.TrackingEvent{{ID: name, Heard: epoch}}}
		named[i] = change{Reminder: newReminder(dunning.ReminderID(name), name), Items: []courrier.Item{{Kind: "many", Account: "acme", ID: name}}}
	}
	must(t, s, append(changes, named...)...)
}

func listBreak(t *testing.T, s store) {
	manyLetters(t, s)
	for range 50 { // a list that keeps hold of something runs out of it
		breakAt(t, 3, s.Letters(t.Context(), courrier.LetterFilter{}))
		breakAt(t, 1, s.Entries(t.Context(), courrier.EntryFilter{}))
		breakAt(t, 2, s.Events(t.Context(), courrier.EventFilter{}))
		breakAt(t, 2, s.Reminders(t.Context(), dunning.ReminderFilter{}))
		breakAt(t, 1, s.Items(t.Context(), courrier.ItemFilter{Kind: "many"}))
	}
	for i, n := range []int{
		len(letters(t, s, courrier.LetterFilter{})), len(letters(t, s, courrier.LetterFilter{Newest: true})),
		len(letters(t, s, courrier.LetterFilter{Duty: courrier.DutyDispatch, DueBefore: epoch})),
		len(entries(t, s, courrier.EntryFilter{})), len(entries(t, s, courrier.EntryFilter{Account: "acme", Newest: true})),
		len(events(t, s, courrier.EventFilter{})), len(reminders(t, s, dunning.ReminderFilter{})), len(items(t, s, courrier.ItemFilter{Kind: "many"})),
	} {
		if n != many {
			t.Fatalf("list %d has %d of %d", i, n, many)
		}
	}
	f := courrier.LetterFilter{Limit: many - 1}
	if n := len(letters(t, s, f)); n != f.Limit {
		t.Fatalf("%d of at most %d", n, f.Limit)
	}
	list := s.Letters(t.Context(), courrier.LetterFilter{Limit: 2})
	for range 2 { // a list can be gone through again
		if n := len(collect(t, list)); n != 2 {
			t.Fatalf("%d of 2", n)
		}
	}
}

func breakAt[T any](t testing.TB, n int, list func(func(T, error) bool)) {
	t.Helper()
	for _, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		if n--; n == 0 {
			return
		}
	}
	t.Fatal("the list ended before it was left")
}

// listNested does in the loop what a worker does: it reads and commits.
func listNested(t *testing.T, s store) {
	manyLetters(t, s)
	for _, f := range []courrier.LetterFilter{{}, {Newest: true}, {Duty: courrier.DutyDispatch, DueBefore: epoch}} {
		seen := map[courrier.LetterID]bool{}
		for l, err := range s.Letters(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[l.ID] {
				t.Fatalf("%s shows up twice", l.ID)
			}
			seen[l.ID] = true
			if l.DueAt.Equal(epoch) && f.Duty != courrier.DutyNone {
				l.DueAt = epoch.Add(1000)
			}
			must(t, s, change{Letter: &l})
			letterOf(t, s, l.ID)
		}
		if len(seen) != many {
			t.Fatalf("%+v: saw %d of %d", f, len(seen), many)
		}
	}
	n := 0
	for e, err := range s.Entries(t.Context(), courrier.EntryFilter{Account: "acme", Unit: stamp, Kinds: []courrier.EntryKind{courrier.EntryTopUp}}) {
		if err != nil {
			t.Fatal(err)
		}
		e.Kind, e.Key = courrier.EntryReserve, "hold "+e.Key
		must(t, s, change{Entries: []courrier.Entry{e}})
		n++
	}
	if n != many {
		t.Fatalf("saw %d of %d entries", n, many)
	}
}

// listOdd asks for what no database can hold: it is not there.
func listOdd(t *testing.T, s store) {
	manyLetters(t, s)
	for _, odd := range []string{"zero\x00byte", "no \xff text"} {
		_, err := s.Letter(t.Context(), courrier.LetterID(odd))
		sameKind(t, "letter", courrier.ErrNotFound, err)
		_, err = s.Item(t.Context(), "many", courrier.AccountID(odd), "L0001")
		sameKind(t, "item", courrier.ErrNotFound, err)
		account := courrier.AccountID(odd)
		same(t, "books", courrier.Books{Account: account, Unit: stamp}, booksOf(t, s, account, stamp))
		for what, n := range map[string]int{
			"letters by key":         len(letters(t, s, courrier.LetterFilter{Key: odd})),
			"letters by provider":    len(letters(t, s, courrier.LetterFilter{Provider: "mock", ProviderID: odd})),
			"letters by id":          len(letters(t, s, courrier.LetterFilter{IDs: []courrier.LetterID{courrier.LetterID(odd)}})),
			"entries":                len(entries(t, s, courrier.EntryFilter{Account: account, Unit: stamp, From: epoch, To: epoch.Add(time.Hour)})),
			"events by letter":       len(events(t, s, courrier.EventFilter{Letters: []courrier.LetterID{courrier.LetterID(odd)}})),
			"reminders by key":       len(reminders(t, s, dunning.ReminderFilter{Key: odd})),
			"items by id":            len(items(t, s, courrier.ItemFilter{Kind: "many", IDs: []string{odd}})),
			"one of two letters":     len(letters(t, s, courrier.LetterFilter{IDs: []courrier.LetterID{"L0001", courrier.LetterID(odd)}})) - 1,
			"events of one of two":   len(events(t, s, courrier.EventFilter{Letters: []courrier.LetterID{courrier.LetterID(odd), ""}})) - many,
			"the one of two items":   len(items(t, s, courrier.ItemFilter{Kind: "many", IDs: []string{odd, "L0002"}})) - 1,
			"reminders by customers": len(reminders(t, s, dunning.ReminderFilter{Customers: []courrier.CustomerID{"c1", courrier.CustomerID(odd)}})) - many,
		} {
			if n != 0 {
				t.Fatalf("%s: %d too many", what, n)
			}
		}
	}
}

// listVeryMany asks for more than a statement has room for, most of it not there.
func listVeryMany(t *testing.T, s store) {
	manyLetters(t, s)
	const asked = 70_000
	ids := make([]courrier.LetterID, asked)
	names := make([]string, asked)
	customers := make([]courrier.CustomerID, asked)
	for i := range asked {
		names[i] = fmt.Sprintf("none %q %d", "<&", i)
		ids[i], customers[i] = courrier.LetterID(names[i]), courrier.CustomerID(names[i])
	}
	ids[asked-1], names[asked-1], customers[0] = "L0001", "L0002", "c1"
	for what, n := range map[string][2]int{
		"letters":   {1, len(letters(t, s, courrier.LetterFilter{IDs: ids}))},
		"items":     {1, len(items(t, s, courrier.ItemFilter{Kind: "many", IDs: names}))},
		"events":    {0, len(events(t, s, courrier.EventFilter{Letters: ids}))},
		"reminders": {many, len(reminders(t, s, dunning.ReminderFilter{Customers: customers}))},
	} {
		if n[0] != n[1] {
			t.Fatalf("%s: %d instead of %d", what, n[1], n[0])
		}
	}
}

func contextEnded(t *testing.T, s store) {
	must(t, s, change{Letter: newLetter("L1", "k1")})
	ctx := canceled()
	ended := func(what string, err error) {
		t.Helper()
		if !isCanceled(err) {
			t.Fatalf("%s: got %v, want the context's error", what, err)
		}
	}
	_, err := commit(ctx, s, change{Letter: newLetter("L2", "k2")})
	ended("Commit", err)
	_, err = s.Letter(ctx, "L1")
	ended("Letter", err)
	_, err = s.Books(ctx, "acme", stamp)
	ended("Books", err)
	_, err = s.Item(ctx, "settings", "acme", "")
	ended("Item", err)
	ended("Letters", firstError(s.Letters(ctx, courrier.LetterFilter{})))
	ended("Entries", firstError(s.Entries(ctx, courrier.EntryFilter{})))
	ended("Events", firstError(s.Events(ctx, courrier.EventFilter{})))
	_, err = s.Reminder(ctx, "R1")
	ended("Reminder", err)
	ended("Reminders", firstError(s.Reminders(ctx, dunning.ReminderFilter{})))
	ended("Items", firstError(s.Items(ctx, courrier.ItemFilter{Kind: "settings"})))
	if n := len(letters(t, s, courrier.LetterFilter{})); n != 1 {
		t.Fatalf("%d letters: a commit under a context that had ended was carried out", n)
	}
}

// firstError returns the error of the first turn, and insists that it is the last.
func firstError[T any](list func(func(T, error) bool)) (first error) {
	turns := 0
	for _, err := range list {
		if turns++; turns == 1 {
			first = err
		}
	}
	if turns != 1 {
		return fmt.Errorf("storetest: %d turns of the loop", turns)
	}
	return first
}

// contextOthers cancels half of the callers at about the time they commit.
func contextOthers(t *testing.T, s store) {
	const callers = 60
	errs := make([]error, callers)
	together(callers, func(i int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if i%2 == 1 {
			go cancel()
		}
		for n := range 5 {
			name := fmt.Sprintf("%d-%d", i, n)
			results, err := commit(ctx, s, change{
				Letter:  newLetter(courrier.LetterID(name), name),
				Entries: []courrier.Entry{move(courrier.EntryTopUp, name, "1")},
			})
			if err == nil {
				err = results[0].Err
			}
			if errs[i] = err; err != nil {
				return
			}
		}
	})
	for i, err := range errs {
		if err != nil && (i%2 == 0 || !isCanceled(err)) {
			t.Fatalf("caller %d: %v", i, err)
		}
	}
	lines := entries(t, s, courrier.EntryFilter{Account: "acme"})
	all := letters(t, s, courrier.LetterFilter{})
	if len(lines) != len(all) || len(all) < callers/2*5 {
		t.Fatalf("%d letters and %d entries", len(all), len(lines))
	}
}
