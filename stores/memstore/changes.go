package memstore

import (
	"context"
	"strconv"
	"time"

	"github.com/courrier-go/courrier/changes"
)

// feed is what was told, in order. It has no lock of its own.
type feed struct {
	told    []changes.Change
	gone    int // told and forgotten before the first of them
	changed chan struct{}
}

// add numbers changes and wakes who waits.
func (f *feed) add(some []changes.Change) {
	if len(some) == 0 {
		return
	}
	for _, c := range some {
		c.Cursor = cursorOf(f.gone + len(f.told) + 1)
		f.told = append(f.told, c)
	}
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

func cursorOf(n int) changes.Cursor {
	if n == 0 {
		return ""
	}
	return changes.Cursor(strconv.Itoa(n))
}

// after returns how many of the changes kept stand before a cursor.
func (f *feed) after(c changes.Cursor) (int, error) {
	if c == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(string(c))
	if err != nil || n <= f.gone || n > f.gone+len(f.told) {
		return 0, changes.ErrCursorGone
	}
	return n - f.gone, nil
}

// Changes implements [changes.Feed].
func (s *Store) Changes(ctx context.Context, f changes.Filter) (changes.Page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return changes.Page{}, err
	}
	from, err := s.feed.after(f.After)
	if err != nil {
		return changes.Page{}, err
	}
	page := changes.Page{Next: cursorOf(s.feed.gone + len(s.feed.told))}
	for _, c := range s.feed.told[from:] {
		if !f.Match(c) {
			continue
		}
		if page.Changes = append(page.Changes, c); len(page.Changes) == f.Most() {
			page.Next = c.Cursor
			break
		}
	}
	return page, nil
}

// EndOfChanges implements [changes.Feed].
func (s *Store) EndOfChanges(ctx context.Context) (changes.Cursor, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return cursorOf(s.feed.gone + len(s.feed.told)), ctx.Err()
}

// ForgetChanges implements [changes.Feed].
func (s *Store) ForgetChanges(ctx context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	old := 0
	for old < len(s.feed.told) && s.feed.told[old].At.Before(before) {
		old++
	}
	if old > 1 {
		s.feed.gone += old - 1
		s.feed.told = append([]changes.Change(nil), s.feed.told[old-1:]...)
	}
	return nil
}

// Changed implements [changes.Waker].
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed.changed == nil {
		s.feed.changed = make(chan struct{})
	}
	return s.feed.changed
}
