package memstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/dunning"
)

// Commit implements [courrier.Store].
func (s *Store) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	results := make([]courrier.Result, len(changes))
	for i, change := range changes {
		step := step{store: s}
		if err := step.apply(clone(change)); err != nil {
			step.undo()
			results[i].Err = err
			continue
		}
		results[i].Entries = clone(step.posted)
		s.feed.add(step.told)
	}
	return results, nil
}

// CommitReminders implements [dunning.Store].
func (s *Store) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	errs := make([]error, len(changes))
	for i, change := range changes {
		step := step{store: s}
		if errs[i] = step.applyReminder(clone(change)); errs[i] != nil {
			step.undo()
			continue
		}
		s.feed.add(step.told)
	}
	return errs, nil
}

// step is one change being applied, with what it takes to take it back.
type step struct {
	store  *Store
	back   []func()
	posted []courrier.Entry
	told   []changes.Change
}

func (t *step) undo() {
	for _, back := range slices.Backward(t.back) {
		back()
	}
}

// put sets m[k] for as long as the step is not undone.
func put[K comparable, V any](t *step, m map[K]V, k K, v V) {
	was, had := m[k]
	t.back = append(t.back, func() {
		if had {
			m[k] = was
		} else {
			delete(m, k)
		}
	})
	m[k] = v
}

// drop deletes m[k] for as long as the step is not undone.
func drop[K comparable, V any](t *step, m map[K]V, k K) {
	was, had := m[k]
	if !had {
		return
	}
	t.back = append(t.back, func() { m[k] = was })
	delete(m, k)
}

func (t *step) apply(c courrier.Change) error {
	if c.Letter != nil {
		if err := t.letter(*c.Letter); err != nil {
			return err
		}
	}
	for _, e := range c.Entries {
		if err := t.entry(e); err != nil {
			return err
		}
	}
	for _, e := range c.Events {
		if err := t.event(e); err != nil {
			return err
		}
	}
	return t.allItems(c.Items)
}

func (t *step) applyReminder(c dunning.Change) error {
	if c.Reminder != nil {
		if err := t.reminder(*c.Reminder); err != nil {
			return err
		}
	}
	return t.allItems(c.Items)
}

func (t *step) allItems(items []courrier.Item) error {
	for _, i := range items {
		if err := t.item(i); err != nil {
			return err
		}
	}
	return nil
}

func (t *step) letter(r courrier.LetterRecord) error {
	if err := refuseLetter(r); err != nil {
		return err
	}
	stored, known := t.store.letters[r.ID]
	version, err := courrier.NextVersion(r.Version, stored.Version)
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	key := letterKey{r.Letter.Account, r.Letter.Key}
	if known && key != (letterKey{stored.Letter.Account, stored.Letter.Key}) {
		return fmt.Errorf("letter: %w: its account and key never change", courrier.ErrConflict)
	}
	if id, used := t.store.keys[key]; used && id != r.ID {
		return fmt.Errorf("letter: %w: its key is in use", courrier.ErrConflict)
	}
	r.Version = version
	was := ""
	if known {
		was = changes.Standing(changes.OfLetter(stored))
	}
	t.told = append(t.told, changes.News(was, changes.OfLetter(r))...)
	put(t, t.store.letters, r.ID, r)
	put(t, t.store.keys, key, r.ID)
	return nil
}

func (t *step) entry(e courrier.Entry) error {
	if err := refuseEntry(e); err != nil {
		return err
	}
	key := booksKey{e.Account, e.Amount.Unit()}
	prior := t.store.entries[entryKey{e.Account, e.Key}]
	books, insert, stored, err := t.store.booksOf(key).Post(prior, e)
	if err != nil {
		return err
	}
	for _, n := range insert {
		of := entryKey{n.Account, n.Key}
		put(t, t.store.entries, of, append(slices.Clip(t.store.entries[of]), n))
		put(t, t.store.books, key, books)
		t.told = append(t.told, changes.OfEntry(n))
	}
	t.posted = append(t.posted, stored)
	return nil
}

func (t *step) event(e courrier.TrackingEvent) error {
	if err := refuseEvent(e); err != nil {
		return err
	}
	if stored, known := t.store.events[e.ID]; known {
		e = stored.Merge(e)
	}
	put(t, t.store.events, e.ID, e)
	return nil
}

func (t *step) reminder(r dunning.Reminder) error {
	if err := refuseReminder(r); err != nil {
		return err
	}
	stored := t.store.reminders[r.ID]
	version, err := courrier.NextVersion(r.Version, stored.Version)
	if err != nil {
		return fmt.Errorf("reminder: %w", err)
	}
	for _, key := range r.Keys {
		if holder, claimed := t.store.claims[key]; claimed && holder != r.ID {
			return fmt.Errorf("reminder: %w: its key is claimed", courrier.ErrConflict)
		}
	}
	for _, key := range stored.Keys {
		drop(t, t.store.claims, key)
	}
	for _, key := range r.Keys {
		put(t, t.store.claims, key, r.ID)
	}
	r.Version = version
	if r.State != stored.State || stored.Version == 0 {
		t.told = append(t.told, changes.OfReminder(r))
	}
	put(t, t.store.reminders, r.ID, r)
	return nil
}

func (t *step) item(i courrier.Item) error {
	if err := refuseItem(i); err != nil {
		return err
	}
	key := itemKey{i.Kind, i.Account, i.ID}
	version, err := courrier.NextVersion(i.Version, t.store.items[key].Version)
	if err != nil {
		return fmt.Errorf("%s: %w", i.Kind, err)
	}
	i.Version = version
	t.told = append(t.told, changes.OfItem(i)...)
	put(t, t.store.items, key, i)
	return nil
}

func (s *Store) booksOf(k booksKey) courrier.Books {
	if b, ok := s.books[k]; ok {
		return b
	}
	return courrier.Books{Account: k.account, Unit: k.unit}
}

// ReplaceEvents writes events anew: what [courrier.TrackingEvent.Merge] leaves alone.
func (s *Store) ReplaceEvents(ctx context.Context, events ...courrier.TrackingEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		if was, ok := s.events[e.ID]; ok {
			e.Letter, e.Folded, e.Hint = was.Letter, was.Folded, was.Hint
			s.events[e.ID] = clone(e)
		}
	}
	return ctx.Err()
}
