package storetest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// reference is the contract as plainly as it can be written: every change works
// on a copy of everything, which replaces the original when nothing failed. It
// shares no code with any store.
type reference struct {
	letters   map[courrier.LetterID]courrier.LetterRecord
	books     map[ledgerKey]courrier.Books
	entries   []courrier.Entry
	events    map[string]courrier.TrackingEvent
	reminders map[dunning.ReminderID]dunning.Reminder
	items     map[itemKey]courrier.Item
}

type ledgerKey struct {
	account courrier.AccountID
	unit    string
}

type itemKey struct {
	kind    courrier.ItemKind
	account courrier.AccountID
	id      string
}

func newReference() *reference {
	return &reference{
		letters: map[courrier.LetterID]courrier.LetterRecord{}, books: map[ledgerKey]courrier.Books{},
		events: map[string]courrier.TrackingEvent{}, reminders: map[dunning.ReminderID]dunning.Reminder{}, items: map[itemKey]courrier.Item{},
	}
}

func (r *reference) commit(changes ...change) []courrier.Result {
	results := make([]courrier.Result, len(changes))
	for i, c := range changes {
		next := &reference{
			letters: maps.Clone(r.letters), books: maps.Clone(r.books), entries: slices.Clone(r.entries),
			events: maps.Clone(r.events), reminders: maps.Clone(r.reminders), items: maps.Clone(r.items),
		}
		if results[i] = next.apply(c); results[i].Err == nil {
			*r = *next
		}
	}
	return results
}

func (r *reference) apply(c change) courrier.Result {
	var posted []courrier.Entry
	if c.Letter != nil {
		if err := r.letter(*c.Letter); err != nil {
			return courrier.Result{Err: err}
		}
	}
	for _, e := range c.Entries {
		stored, err := r.post(e)
		if err != nil {
			return courrier.Result{Err: err}
		}
		posted = append(posted, stored)
	}
	for _, e := range c.Events {
		if was, known := r.events[e.ID]; known {
			e = was.Merge(e)
		}
		r.events[e.ID] = e
	}
	if c.Reminder != nil {
		if err := r.reminder(*c.Reminder); err != nil {
			return courrier.Result{Err: err}
		}
	}
	for _, i := range c.Items {
		key := itemKey{i.Kind, i.Account, i.ID}
		version, err := courrier.NextVersion(i.Version, r.items[key].Version)
		if err != nil {
			return courrier.Result{Err: err}
		}
		i.Version = version
		r.items[key] = i
	}
	return courrier.Result{Entries: posted}
}

func (r *reference) letter(l courrier.LetterRecord) error {
	for id, o := range r.letters {
		sameKey := o.Letter.Account == l.Letter.Account && o.Letter.Key == l.Letter.Key
		if sameKey != (id == l.ID) {
			return courrier.ErrConflict
		}
	}
	version, err := courrier.NextVersion(l.Version, r.letters[l.ID].Version)
	l.Version = version
	r.letters[l.ID] = l
	return err
}

func (r *reference) reminder(rem dunning.Reminder) error {
	for id, o := range r.reminders {
		for _, key := range rem.Keys {
			if id != rem.ID && slices.Contains(o.Keys, key) {
				return courrier.ErrConflict
			}
		}
	}
	version, err := courrier.NextVersion(rem.Version, r.reminders[rem.ID].Version)
	rem.Version = version
	r.reminders[rem.ID] = rem
	return err
}

func (r *reference) post(e courrier.Entry) (courrier.Entry, error) {
	var prior []courrier.Entry
	for _, o := range r.entries {
		if o.Account == e.Account && o.Key == e.Key {
			prior = append(prior, o)
		}
	}
	key := ledgerKey{e.Account, e.Amount.Unit()}
	after, insert, stored, err := r.booksOf(key).Post(prior, e)
	if err != nil {
		return courrier.Entry{}, err
	}
	if len(insert) > 0 {
		r.books[key] = after
		r.entries = append(r.entries, insert...)
	}
	return stored, nil
}

func (r *reference) booksOf(k ledgerKey) courrier.Books {
	if b, ok := r.books[k]; ok {
		return b
	}
	return courrier.Books{Account: k.account, Unit: k.unit}
}

// ledgers lists all books that have an entry.
func (r *reference) ledgers() []courrier.Books {
	return slices.SortedFunc(maps.Values(r.books), func(a, b courrier.Books) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Unit, b.Unit))
	})
}

// selected is what a list must give.
func selected[T any](all []T, match func(T) bool, compare func(a, b T) int, limit int) []T {
	all = slices.DeleteFunc(slices.Clone(all), func(v T) bool { return !match(v) })
	slices.SortFunc(all, compare)
	if limit > 0 && limit < len(all) {
		all = all[:limit]
	}
	return all
}
