// Package memstore keeps everything in memory: for tests, for trying things
// out, and as the model of what a [courrier.Store] does. It is safe for
// concurrent use; what it holds is gone with the process.
//
//	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{carrier}})
package memstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Store implements [courrier.Store], [courrier.Contents], [courrier.ContentDeleter]
// and [changes.Feed]. Use [New].
type Store struct {
	mu      sync.RWMutex
	letters map[courrier.LetterID]courrier.LetterRecord
	keys    map[letterKey]courrier.LetterID
	books   map[booksKey]courrier.Books
	entries map[entryKey][]courrier.Entry
	events  map[string]courrier.TrackingEvent
	// claims maps the keys of reminders to the reminders that hold them.
	reminders map[dunning.ReminderID]dunning.Reminder
	claims    map[string]dunning.ReminderID
	items     map[itemKey]courrier.Item
	contents  map[courrier.Sum][]byte
	feed      feed
}

type letterKey struct {
	account courrier.AccountID
	key     string
}

type booksKey struct {
	account courrier.AccountID
	unit    string
}

type entryKey struct {
	account courrier.AccountID
	key     string
}

type itemKey struct {
	kind    courrier.ItemKind
	account courrier.AccountID
	id      string
}

// New returns an empty store.
func New() *Store {
	return &Store{
		letters:   make(map[courrier.LetterID]courrier.LetterRecord),
		keys:      make(map[letterKey]courrier.LetterID),
		books:     make(map[booksKey]courrier.Books),
		entries:   make(map[entryKey][]courrier.Entry),
		events:    make(map[string]courrier.TrackingEvent),
		reminders: make(map[dunning.ReminderID]dunning.Reminder),
		claims:    make(map[string]dunning.ReminderID),
		items:     make(map[itemKey]courrier.Item),
		contents:  make(map[courrier.Sum][]byte),
	}
}

// Letter implements [courrier.Store].
func (s *Store) Letter(ctx context.Context, id courrier.LetterID) (courrier.LetterRecord, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.letters[id]
	return found(ctx, r, ok, "letter")
}

// Letters implements [courrier.Store].
func (s *Store) Letters(ctx context.Context, f courrier.LetterFilter) iter.Seq2[courrier.LetterRecord, error] {
	return list(ctx, &s.mu, func() iter.Seq[courrier.LetterRecord] { return maps.Values(s.letters) }, f.Match, f.Compare, f.Limit)
}

// Books implements [courrier.Store].
func (s *Store) Books(ctx context.Context, account courrier.AccountID, unit string) (courrier.Books, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return clone(s.booksOf(booksKey{account, unit})), ctx.Err()
}

// Ledgers implements [courrier.Store].
func (s *Store) Ledgers(ctx context.Context, account courrier.AccountID) iter.Seq2[courrier.Books, error] {
	all := func() iter.Seq[courrier.Books] { return maps.Values(s.books) }
	match := func(b courrier.Books) bool { return account == "" || b.Account == account }
	compare := func(a, b courrier.Books) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Unit, b.Unit))
	}
	return list(ctx, &s.mu, all, match, compare, 0)
}

// Entries implements [courrier.Store].
func (s *Store) Entries(ctx context.Context, f courrier.EntryFilter) iter.Seq2[courrier.Entry, error] {
	all := func() iter.Seq[courrier.Entry] {
		return func(yield func(courrier.Entry) bool) {
			for _, entries := range s.entries {
				for _, e := range entries {
					if !yield(e) {
						return
					}
				}
			}
		}
	}
	return list(ctx, &s.mu, all, f.Match, f.Compare, f.Limit)
}

// Events implements [courrier.Store].
func (s *Store) Events(ctx context.Context, f courrier.EventFilter) iter.Seq2[courrier.TrackingEvent, error] {
	return list(ctx, &s.mu, func() iter.Seq[courrier.TrackingEvent] { return maps.Values(s.events) }, f.Match, f.Compare, f.Limit)
}

// Reminder implements [dunning.Store].
func (s *Store) Reminder(ctx context.Context, id dunning.ReminderID) (dunning.Reminder, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.reminders[id]
	return found(ctx, r, ok, "reminder")
}

// Reminders implements [dunning.Store].
func (s *Store) Reminders(ctx context.Context, f dunning.ReminderFilter) iter.Seq2[dunning.Reminder, error] {
	all := list(ctx, &s.mu, func() iter.Seq[dunning.Reminder] { return maps.Values(s.reminders) }, f.Match, f.Compare, f.Limit)
	if f.Brief {
		return briefly(all)
	}
	return all
}

// briefly leaves out what a brief does not hold, so that who asks for briefs and needs
// more is found out here.
func briefly(all iter.Seq2[dunning.Reminder, error]) iter.Seq2[dunning.Reminder, error] {
	return func(yield func(dunning.Reminder, error) bool) {
		for r, err := range all {
			if text := r.Brief(); text != "" {
				r, err = dunning.ReadBrief(text)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Item implements [courrier.ItemReader].
func (s *Store) Item(ctx context.Context, kind courrier.ItemKind, account courrier.AccountID, id string) (courrier.Item, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.items[itemKey{kind, account, id}]
	return found(ctx, i, ok, string(kind))
}

// Items implements [courrier.ItemReader].
func (s *Store) Items(ctx context.Context, f courrier.ItemFilter) iter.Seq2[courrier.Item, error] {
	return list(ctx, &s.mu, func() iter.Seq[courrier.Item] { return maps.Values(s.items) }, f.Match, f.Compare, f.Limit)
}

// PutContent implements [courrier.Contents].
func (s *Store) PutContent(ctx context.Context, sum courrier.Sum, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.contents[sum] = slices.Clone(content)
	return nil
}

// PutContents stores several contents in one step.
func (s *Store) PutContents(ctx context.Context, contents map[courrier.Sum][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for sum, content := range contents {
		s.contents[sum] = slices.Clone(content)
	}
	return nil
}

// HasContents returns those of the sums whose content is stored.
func (s *Store) HasContents(ctx context.Context, sums ...courrier.Sum) (there []courrier.Sum, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, sum := range sums {
		if _, ok := s.contents[sum]; ok {
			there = append(there, sum)
		}
	}
	return there, ctx.Err()
}

// Content implements [courrier.Contents].
func (s *Store) Content(ctx context.Context, sum courrier.Sum) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	content, ok := s.contents[sum]
	return found(ctx, content, ok, "content")
}

// DeleteContent implements [courrier.ContentDeleter]. What a letter or a reminder
// needs stays.
func (s *Store) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, r := range s.letters {
		if slices.Contains(r.Sums(), sum) {
			return nil
		}
	}
	for _, r := range s.reminders {
		if slices.Contains(r.Sums(), sum) {
			return nil
		}
	}
	delete(s.contents, sum)
	return nil
}

// HasContent tells whether content is stored.
func (s *Store) HasContent(ctx context.Context, sum courrier.Sum) (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.contents[sum]
	return ok, ctx.Err()
}

func found[T any](ctx context.Context, v T, ok bool, what string) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if !ok {
		return none, fmt.Errorf("%s: %w", what, courrier.ErrNotFound)
	}
	return clone(v), nil
}

// list takes what matches at the moment the loop starts and yields it without
// the lock, so that the loop may read and commit.
func list[T any](ctx context.Context, mu *sync.RWMutex, all func() iter.Seq[T], match func(T) bool, compare func(a, b T) int, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var some []T
		mu.RLock()
		for v := range all() {
			if match(v) {
				some = append(some, v)
			}
		}
		mu.RUnlock()
		slices.SortFunc(some, compare)
		if limit > 0 && limit < len(some) {
			some = some[:limit]
		}
		if err := ctx.Err(); err != nil {
			yield(*new(T), err)
			return
		}
		for _, v := range some {
			if !yield(clone(v), nil) {
				return
			}
			if err := ctx.Err(); err != nil {
				yield(*new(T), err)
				return
			}
		}
	}
}
