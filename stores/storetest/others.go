package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

func eventOnce(t *testing.T, s store) {
	e := courrier.TrackingEvent{ID: "mock:1", Provider: "mock", ProviderID: "p1", Code: "A", Heard: epoch, Hint: true}
	must(t, s, change{Events: []courrier.TrackingEvent{e}})
	expect := func(what string, want courrier.TrackingEvent) {
		t.Helper()
		same(t, what, []courrier.TrackingEvent{want}, events(t, s, courrier.EventFilter{}))
	}
	expect("an orphan", e)

	again := e
	again.Code, again.Folded = "B", true
	must(t, s, change{Events: []courrier.TrackingEvent{again}})
	e.Folded = true
	expect("folded, and nothing else", e)

	again = e
	again.Letter, again.Folded = "L1", false
	must(t, s, change{Events: []courrier.TrackingEvent{again}})
	e.Letter = "L1"
	expect("with its letter, and still folded", e)

	again.Letter, again.Hint = "L2", false
	must(t, s, change{Events: []courrier.TrackingEvent{again, again}})
	e.Hint = false
	expect("of its first letter for ever, and signed", e)
	again.Hint = true
	must(t, s, change{Events: []courrier.TrackingEvent{again}})
	expect("and still signed", e)
	if n := len(events(t, s, courrier.EventFilter{Orphans: true})) + len(events(t, s, courrier.EventFilter{Unfolded: true})); n > 0 {
		t.Fatal("listed as an orphan or unfolded")
	}
	same(t, "by its letter", []courrier.TrackingEvent{e}, events(t, s, courrier.EventFilter{Letters: []courrier.LetterID{"L1"}}))

	// Twice in one change: the first counts, the second fills in.
	twin := courrier.TrackingEvent{ID: "mock:2", Provider: "mock", Code: "first", Heard: epoch.Add(1000)}
	second := twin
	second.Code, second.Letter = "second", "L3"
	must(t, s, change{Events: []courrier.TrackingEvent{twin, second}})
	twin.Letter = "L3"
	same(t, "twice in one change", []courrier.TrackingEvent{e, twin}, events(t, s, courrier.EventFilter{}))
}

func eventFields(t *testing.T, s store) {
	var want courrier.TrackingEvent
	fill(t, &want)
	must(t, s, change{Events: []courrier.TrackingEvent{want}})
	same(t, "event", []courrier.TrackingEvent{want}, events(t, s, courrier.EventFilter{}))
}

func itemVersions(t *testing.T, s store) {
	_, err := s.Item(t.Context(), "settings", "acme", "")
	sameKind(t, "before it is there", courrier.ErrNotFound, err)
	i := courrier.Item{Kind: "settings", Account: "acme", Body: json.RawMessage(`{"n": 1}`)}
	must(t, s, change{Items: []courrier.Item{i}})
	sameKind(t, "inserted again", courrier.ErrConflict, commitOne(t, s, change{Items: []courrier.Item{i}}).Err)
	i.Version, i.Body = 1, json.RawMessage(`{"n":2}`)
	must(t, s, change{Items: []courrier.Item{i}})
	sameKind(t, "the same version again", courrier.ErrConflict, commitOne(t, s, change{Items: []courrier.Item{i}}).Err)
	i.Version = 2
	got, err := s.Item(t.Context(), "settings", "acme", "")
	sameKind(t, "read", nil, err)
	same(t, "item", i, got)

	for _, other := range []courrier.Item{{Kind: "settings", Account: "acme", ID: "x"}, {Kind: "settings", Account: "other"}, {Kind: "policy", Account: "acme"}} {
		_, err := s.Item(t.Context(), other.Kind, other.Account, other.ID)
		sameKind(t, "a neighbour", courrier.ErrNotFound, err)
		other.Version = 1
		sameKind(t, "a later version of nothing", courrier.ErrConflict, commitOne(t, s, change{Items: []courrier.Item{other}}).Err)
	}
}

func itemBody(t *testing.T, s store) {
	for i, body := range []string{`{}`, `[1,2.50,"é\u0000\u20ac <>&",null,true]`, `"text"`, `{"a":{"b":[{}]},"n":-12345678901}`} {
		item := courrier.Item{Kind: "body", Account: "acme", ID: string(rune('a' + i)), Body: json.RawMessage(body)}
		must(t, s, change{Items: []courrier.Item{item}})
		got, err := s.Item(t.Context(), item.Kind, item.Account, item.ID)
		sameKind(t, "read", nil, err)
		item.Version = 1
		same(t, "item", item, got)
	}
}

// changeAtomic lets every part of a change fail in turn, between two that do not.
func changeAtomic(t *testing.T, s store) {
	fund := move(courrier.EntryTopUp, "order", "10")
	must(t, s, change{
		Letter: newLetter("taken", "taken"), Entries: []courrier.Entry{fund},
		Events: []courrier.TrackingEvent{{ID: "orphan", Heard: epoch}}, Items: []courrier.Item{{Kind: "settings", Account: "acme"}},
	})
	whole := func(name string) change {
		return change{
			Letter:  newLetter(courrier.LetterID(name), name),
			Entries: []courrier.Entry{move(courrier.EntryReserve, name, "1"), move(courrier.EntryTopUp, "order of "+name, "1")},
			Events:  []courrier.TrackingEvent{{ID: name, Heard: epoch.Add(1000)}, {ID: "orphan", Letter: courrier.LetterID(name), Folded: true}},
			Items:   []courrier.Item{{Kind: "settings", Account: "acme", ID: name}, {Kind: "settings", Account: courrier.AccountID(name)}},
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*change)
		kind  error
	}{
		{"letter", func(c *change) { c.Letter.Letter.Key = "taken" }, courrier.ErrConflict},
		{"first entry", func(c *change) { c.Entries[0].Amount = courrier.MustAmount("100", stamp) }, courrier.ErrInsufficientCredit},
		{"last entry", func(c *change) { c.Entries[1].Key, c.Entries[1].Kind = "none", courrier.EntryCapture }, courrier.ErrNotFound},
		{"first item", func(c *change) { c.Items[0].ID = "" }, courrier.ErrConflict},
		{"last item", func(c *change) { c.Items[1].Version = 3 }, courrier.ErrConflict},
	} {
		before, spoilt, after := whole("before "+c.name), whole("spoilt "+c.name), whole("after "+c.name)
		before.Events, after.Events = before.Events[:1], after.Events[:1]
		c.spoil(&spoilt)
		results := commitAll(t, s, before, spoilt, after)
		sameKind(t, "before "+c.name, nil, results[0].Err)
		sameKind(t, "spoilt "+c.name, c.kind, results[1].Err)
		sameKind(t, "after "+c.name, nil, results[2].Err)
	}
	if n := len(letters(t, s, courrier.LetterFilter{})); n != 11 {
		t.Fatalf("%d letters, want 11", n)
	}
	if n := len(events(t, s, courrier.EventFilter{})); n != 11 {
		t.Fatalf("%d events, want 11", n)
	}
	if n := len(events(t, s, courrier.EventFilter{Orphans: true, Unfolded: true})); n != 11 {
		t.Fatal("a failed change gave an event its letter")
	}
	if n := len(items(t, s, courrier.ItemFilter{Kind: "settings"})); n != 21 {
		t.Fatalf("%d items, want 21", n)
	}
	balance(t, s, "acme", "10", "10")
}

func changesInOrder(t *testing.T, s store) {
	next := *newLetter("L1", "k1")
	next.Version, next.Status = 1, courrier.StatusPosted
	item := courrier.Item{Kind: "settings", Account: "acme"}
	item2 := item
	item2.Version = 1
	event := courrier.TrackingEvent{ID: "mock:1", Heard: epoch}
	told := event
	told.Letter = "L1"
	results := commitAll(t, s,
		change{Entries: []courrier.Entry{move(courrier.EntryReserve, "a", "5")}},
		change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "5")}, Letter: newLetter("L1", "k1"), Events: []courrier.TrackingEvent{event}},
		change{Entries: []courrier.Entry{move(courrier.EntryReserve, "a", "5")}, Letter: &next, Events: []courrier.TrackingEvent{told}, Items: []courrier.Item{item}},
		change{Entries: []courrier.Entry{move(courrier.EntryReserve, "b", "1")}},
		change{Letter: newLetter("L2", "k1")},
		change{Entries: []courrier.Entry{move(courrier.EntryRelease, "a", "5"), move(courrier.EntryReserve, "b", "1")}, Items: []courrier.Item{item2}},
	)
	for i, kind := range []error{courrier.ErrInsufficientCredit, nil, nil, courrier.ErrInsufficientCredit, courrier.ErrConflict, nil} {
		sameKind(t, "change in order", kind, results[i].Err)
	}
	balance(t, s, "acme", "4", "1")
	next.Version = 2
	same(t, "letter", next, letterOf(t, s, "L1"))
	same(t, "event", []courrier.TrackingEvent{told}, events(t, s, courrier.EventFilter{}))
}

func changeNothing(t *testing.T, s store) {
	if results := commitAll(t, s); len(results) != 0 {
		t.Fatalf("no change has %d results", len(results))
	}
	must(t, s, change{}, change{})
}

// changeRefused commits what a database may be unable to hold, between others at
// the same moment: it is kept as it is or refused without a trace.
func changeRefused(t *testing.T, s store) {
	long := make([]byte, 1<<19)
	for i := range long {
		long[i] = 'a' + byte(i*i/7%26)
	}
	afterAll := epoch.AddDate(9000, 0, 0) // JSON and many databases end in the year 9999
	odd := []change{
		{Letter: newLetter("zero\x00byte", "zero")},
		{Letter: newLetter("no text", "no \xff text")},
		{Letter: newLetter("long", string(long))},
		{Letter: newLetter(courrier.LetterID(long), "long")},
		{Letter: newLetter("late", "late")},
		{Letter: newLetter("no text inside", "metadata")},
		{Letter: newLetter("no text in a name", "name")},
		{Entries: []courrier.Entry{move(courrier.EntryTopUp, "zero\x00byte", "1")}},
		{Entries: []courrier.Entry{{Account: "acme", Kind: courrier.EntryGrant, Key: "late", Amount: courrier.MustAmount("1", stamp), At: epoch, Expires: afterAll}}},
		{Events: []courrier.TrackingEvent{{ID: string(long), Heard: epoch}}},
		{Events: []courrier.TrackingEvent{{ID: "late", Heard: afterAll}}},
		{Reminder: newReminder("long", string(long))},
		{Reminder: newReminder("no \xff text")},
		{Items: []courrier.Item{{Kind: "settings", Account: "acme", ID: string(long)}}},
	}
	odd[4].Letter.UpdatedAt = afterAll
	odd[5].Letter.Letter.Metadata = map[string]string{"order": "A-\xff"}
	odd[6].Letter.Letter.To.Name = "Andr\xe9"
	errs := make([]error, 3*len(odd))
	together(len(errs), func(i int) {
		name := fmt.Sprint("L", i)
		c := change{Letter: newLetter(courrier.LetterID(name), name), Events: []courrier.TrackingEvent{{ID: name, Heard: epoch}}}
		if i%3 == 0 {
			c = odd[i/3]
		}
		results, err := commit(t.Context(), s, c)
		if err == nil {
			err = results[0].Err
		}
		errs[i] = err
	})
	stored := everyName(t, s)
	for i, err := range errs {
		switch {
		case i%3 > 0 && err != nil:
			t.Fatalf("caller %d has the error of another: %v", i, err)
		case i%3 > 0:
			letterOf(t, s, courrier.LetterID(fmt.Sprint("L", i)))
		case stored[nameOf(odd[i/3])] != (err == nil):
			t.Fatalf("odd change %d: the error is %v, kept is %v", i/3, err, stored[nameOf(odd[i/3])])
		case err == nil && odd[i/3].Letter != nil:
			want := *odd[i/3].Letter
			want.Version++
			same(t, "kept: "+nameOf(odd[i/3]), want, letterOf(t, s, want.ID))
		}
	}
}

// everyName lists all that is stored, as nameOf names it.
func everyName(t testing.TB, s store) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, l := range letters(t, s, courrier.LetterFilter{}) {
		all[nameOf(change{Letter: &l})] = true
	}
	for _, e := range entries(t, s, courrier.EntryFilter{}) {
		all[nameOf(change{Entries: []courrier.Entry{e}})] = true
	}
	for _, e := range events(t, s, courrier.EventFilter{}) {
		all[nameOf(change{Events: []courrier.TrackingEvent{e}})] = true
	}
	for _, r := range reminders(t, s, dunning.ReminderFilter{}) {
		all[nameOf(change{Reminder: &r})] = true
	}
	for _, i := range items(t, s, courrier.ItemFilter{Kind: "settings"}) {
		all[nameOf(change{Items: []courrier.Item{i}})] = true
	}
	return all
}

// nameOf names the one thing that a change is about.
func nameOf(c change) string {
	switch {
	case c.Letter != nil:
		return fmt.Sprintf("letter %q %q", c.Letter.ID, c.Letter.Letter.Key)
	case len(c.Entries) > 0:
		return fmt.Sprintf("entry %q", c.Entries[0].Key)
	case len(c.Events) > 0:
		return fmt.Sprintf("event %q", c.Events[0].ID)
	case c.Reminder != nil:
		return fmt.Sprintf("reminder %q %q", c.Reminder.ID, c.Reminder.Keys)
	case len(c.Items) > 0:
		return fmt.Sprintf("item %q", c.Items[0].ID)
	}
	return "nothing"
}

func randomChanges(t *testing.T, s store) {
	r, ref := fillBoth(t, s, 1, 150)
	ref.everything(t, s)
	r.commit(t, s, 200)
	ref.everything(t, s)
}

// memoryNotShared scribbles over everything it handed in or was given.
func memoryNotShared(t *testing.T, s store) {
	var l courrier.LetterRecord
	fill(t, &l)
	l.Version = 0
	var e courrier.Entry
	fill(t, &e)
	e.Kind, e.At = courrier.EntryTopUp, epoch
	var v courrier.TrackingEvent
	fill(t, &v)
	i := courrier.Item{Kind: "settings", Account: "acme", Body: json.RawMessage(`{"n":1}`)}
	change := change{Letter: &l, Entries: []courrier.Entry{e}, Events: []courrier.TrackingEvent{v}, Items: []courrier.Item{i}}
	result := must(t, s, change)[0]
	read := func() (courrier.LetterRecord, []courrier.Entry, []courrier.TrackingEvent, []courrier.Item) {
		return letterOf(t, s, l.ID), entries(t, s, courrier.EntryFilter{}), events(t, s, courrier.EventFilter{}), items(t, s, courrier.ItemFilter{Kind: "settings"})
	}
	wantL, wantE, wantV, wantI := read()
	scribble := func(l *courrier.LetterRecord, e []courrier.Entry, v []courrier.TrackingEvent, i []courrier.Item) {
		for k := range l.Letter.Metadata {
			l.Letter.Metadata[k] = "scribble"
		}
		l.Letter.Documents[0].Inspection.Findings[0].Pages[0] = -1
		l.Letter.Print.Copies = -1
		l.Failure.Code, l.Refused[0], l.Proofs[0].Size = "scribble", "scribble", -1
		e[0].Parts[0].Grant = "scribble"
		v[0].Raw[0] ^= 0xff
		copy(i[0].Body, "xxxxx")
	}
	scribble(&l, change.Entries, change.Events, change.Items)
	scribble(&l, result.Entries, change.Events, change.Items)
	gotL, gotE, gotV, gotI := read()
	compare := func(what string) {
		t.Helper()
		same(t, what+": letter", wantL, gotL)
		same(t, what+": entries", wantE, gotE)
		same(t, what+": events", wantV, gotV)
		same(t, what+": items", wantI, gotI)
	}
	compare("what was committed")
	scribble(&gotL, gotE, gotV, gotI)
	gotL, gotE, gotV, gotI = read()
	compare("what was read")
}

func contents(t *testing.T, s store) {
	c, ok := s.(courrier.Contents)
	if !ok {
		t.Skip("storetest: the store is no courrier.Contents")
	}
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = byte(i * 7)
	}
	content := append([]byte("%PDF-1.7\x00"), big...)
	sum := courrier.SumOf(content)
	_, err := c.Content(t.Context(), sum)
	sameKind(t, "before it is there", courrier.ErrNotFound, err)
	for range 2 {
		sameKind(t, "put", nil, c.PutContent(t.Context(), sum, content))
		got, err := c.Content(t.Context(), sum)
		sameKind(t, "read", nil, err)
		if courrier.SumOf(got) != sum {
			t.Fatal("content came back changed")
		}
		got[0], content[1] = 'x', 'x'
		if got, err = c.Content(t.Context(), sum); err != nil || courrier.SumOf(got) != sum {
			t.Fatal("the store shares memory with its caller")
		}
		content[1] = 'P'
	}
	if err := c.PutContent(canceled(), "other", content); err == nil {
		t.Fatal("put with a context that has ended")
	}
	d, ok := s.(courrier.ContentDeleter)
	if !ok {
		return
	}
	letter := newLetter("needs", "needs")
	letter.Letter.Documents = []courrier.Document{{Name: "needed.pdf", Sum: sum, Size: int64(len(content))}}
	commitOne(t, s, change{Letter: letter})
	sameKind(t, "delete what a letter needs", nil, d.DeleteContent(t.Context(), sum))
	_, err = c.Content(t.Context(), sum)
	sameKind(t, "what a letter needs stays", nil, err)
	letter.Version, letter.ContentsGone = 1, true
	commitOne(t, s, change{Letter: letter})
	hasContent(t, s, sum, true)
	for range 2 {
		sameKind(t, "delete", nil, d.DeleteContent(t.Context(), sum))
		_, err := c.Content(t.Context(), sum)
		sameKind(t, "after the deletion", courrier.ErrNotFound, err)
		hasContent(t, s, sum, false)
	}
}

// contentsTogether are contents that are written and found several at once.
func contentsTogether(t *testing.T, s store) {
	c, ok := s.(interface {
		courrier.Contents
		PutContents(ctx context.Context, contents map[courrier.Sum][]byte) error
		HasContents(ctx context.Context, sums ...courrier.Sum) ([]courrier.Sum, error)
	})
	if !ok {
		t.Skip("storetest: the store writes its contents one by one")
	}
	sameKind(t, "put none", nil, c.PutContents(t.Context(), nil))
	there, err := c.HasContents(t.Context())
	sameKind(t, "has none", nil, err)
	same(t, "of none", 0, len(there))
	const many = 600
	contents := make(map[courrier.Sum][]byte, many)
	sums := make([]courrier.Sum, 0, many+1)
	for i := range many {
		content := []byte(fmt.Sprintf("%%PDF-1.7\x00%d", i))
		contents[courrier.SumOf(content)] = content
		sums = append(sums, courrier.SumOf(content))
	}
	known := sums[many/2]
	sameKind(t, "put one", nil, c.PutContent(t.Context(), known, contents[known]))
	if there, err = c.HasContents(t.Context(), sums...); err != nil || len(there) != 1 || there[0] != known {
		t.Fatalf("one is there, and was told: %v, %v", there, err)
	}
	if err := c.PutContents(canceled(), contents); err == nil {
		t.Fatal("put with a context that has ended")
	}
	for range 2 {
		sameKind(t, "put together", nil, c.PutContents(t.Context(), contents))
	}
	there, err = c.HasContents(t.Context(), append(sums, "no such sum", "\x00")...)
	sameKind(t, "has", nil, err)
	slices.Sort(sums)
	slices.Sort(there)
	same(t, "there", sums, there)
	for sum, content := range contents {
		got, err := c.Content(t.Context(), sum)
		sameKind(t, "read", nil, err)
		same(t, "content", string(content), string(got))
	}
}

// hasContent asks a store that can tell.
func hasContent(t *testing.T, s store, sum courrier.Sum, want bool) {
	t.Helper()
	if has, ok := s.(interface {
		HasContent(ctx context.Context, sum courrier.Sum) (bool, error)
	}); ok {
		there, err := has.HasContent(t.Context(), sum)
		same(t, "there", want, there)
		sameKind(t, "has", nil, err)
	}
}
