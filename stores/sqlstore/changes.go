package sqlstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
)

var insertChanges = &write{
	verb: insert, table: "courrier_changes", told: true,
	keys: []string{"account"}, texts: []string{"kind", "subject", "state"}, ints: []string{"version", "at", "tag"},
}

// newsRows are the feed's part of a batch.
func (b *batch) newsRows(all outcome) {
	for _, c := range b.news {
		all.add(insertChanges, row{
			[]string{string(c.Account), string(c.Kind), c.Subject, c.State},
			[]int64{c.Version, toMicro(c.At).UnixMicro(), rand.Int64()},
		})
	}
}

// errNoFeed: nothing was told that could be read.
func (s *Store) errNoFeed() error {
	if s.place.tells {
		return nil
	}
	return fmt.Errorf("sqlstore: changes: %w: the store keeps no feed; give New the option Telling", courrier.ErrUnsupported)
}

// mark is a row of the feed, as a cursor names it.
type mark struct{ id, tag int64 }

func (m mark) cursor() changes.Cursor {
	if m.id == 0 {
		return ""
	}
	return changes.Cursor(strconv.FormatInt(m.id, 10) + "." + strconv.FormatInt(m.tag, 36))
}

func markOf(c changes.Cursor) (m mark, err error) {
	if c == "" {
		return m, nil
	}
	id, tag, _ := strings.Cut(string(c), ".")
	if m.id, err = strconv.ParseInt(id, 10, 64); err == nil {
		m.tag, err = strconv.ParseInt(tag, 36, 64)
	}
	if err != nil || m.id <= 0 {
		return mark{}, changes.ErrCursorGone
	}
	return m, nil
}

// Changes implements [changes.Feed].
func (s *Store) Changes(ctx context.Context, f changes.Filter) (changes.Page, error) {
	if err := s.errNoFeed(); err != nil {
		return changes.Page{}, err
	}
	from, err := markOf(f.After)
	if err != nil {
		return changes.Page{}, err
	}
	settled, err := s.engine.settled(ctx, s.querier(ctx))
	if err != nil {
		return changes.Page{}, fmt.Errorf("sqlstore: changes: %w", err)
	}
	if err := s.seen(ctx, from); err != nil {
		return changes.Page{}, err
	}
	q := selecting("id, tag, kind, account, subject, state, version, at FROM courrier_changes")
	q.order = "id"
	q.where("id > ? AND id <= ?", from.id, settled)
	q.equal("account", string(f.Account))
	oneOf(q, s.engine, "kind", f.Kinds)
	some, err := fetch(ctx, s, q, f.Most(), scanChange)
	if err != nil {
		return changes.Page{}, err
	}
	if len(some) == f.Most() {
		return changes.Page{Changes: some, Next: some[len(some)-1].Cursor}, nil
	}
	end, err := s.end(ctx, settled)
	if err == nil && end.id < from.id { // on PostgreSQL another process may know more
		end = from
	}
	return changes.Page{Changes: some, Next: end.cursor()}, err
}

// seen tells whether a row that was read is still there.
func (s *Store) seen(ctx context.Context, m mark) error {
	if m.id == 0 {
		return nil
	}
	q := selecting("id, tag FROM courrier_changes")
	q.where("id = ? AND tag = ?", m.id, m.tag)
	some, err := fetch(ctx, s, q, 1, scanMark)
	if err == nil && len(some) == 0 {
		err = changes.ErrCursorGone
	}
	return err
}

// end returns the last row that is settled.
func (s *Store) end(ctx context.Context, settled int64) (mark, error) {
	q := selecting("id, tag FROM courrier_changes")
	q.where("id <= ?", settled)
	q.order = "id DESC"
	some, err := fetch(ctx, s, q, 1, scanMark)
	if err != nil || len(some) == 0 {
		return mark{}, err
	}
	return some[0], nil
}

func scanMark(found Rows) (m mark, err error) {
	err = found.Scan(&m.id, &m.tag)
	return m, err
}

func scanChange(found Rows) (c changes.Change, err error) {
	var m mark
	var kind, account string
	var at int64
	if err := found.Scan(&m.id, &m.tag, &kind, &account, &c.Subject, &c.State, &c.Version, &at); err != nil {
		return c, err
	}
	c.Cursor, c.Kind, c.Account, c.At = m.cursor(), changes.Kind(kind), courrier.AccountID(account), fromMicro(at)
	return c, nil
}

// lastChange is the highest number there is.
func lastChange(ctx context.Context, q Executor, p place) (last int64, err error) {
	err = queryOne(ctx, q, p.in("SELECT COALESCE(max(id), 0) FROM courrier_changes"), &last)
	return last, err
}

// EndOfChanges implements [changes.Feed].
func (s *Store) EndOfChanges(ctx context.Context) (changes.Cursor, error) {
	if err := s.errNoFeed(); err != nil {
		return "", err
	}
	settled, err := s.engine.settled(ctx, s.querier(ctx))
	if err != nil {
		return "", fmt.Errorf("sqlstore: changes: %w", err)
	}
	end, err := s.end(ctx, settled)
	return end.cursor(), err
}

// forgetAtOnce is how many rows one statement forgets: it holds up who writes, on
// SQLite, for some milliseconds.
const forgetAtOnce = 5000

// ForgetChanges implements [changes.Feed].
func (s *Store) ForgetChanges(ctx context.Context, before time.Time) error {
	if err := s.errNoFeed(); err != nil {
		return err
	}
	last, err := s.lastOld(ctx, before)
	for err == nil {
		old := selecting("id, tag FROM courrier_changes")
		old.where("id < ?", last)
		old.order = "id"
		var some []mark
		if some, err = fetch(ctx, s, old, forgetAtOnce, scanMark); err != nil || len(some) == 0 {
			return err
		}
		err = s.exec(ctx, "DELETE FROM courrier_changes WHERE id <= ?", some[len(some)-1].id)
	}
	return err
}

// lastOld returns the number of the last row before the first that is not old, of
// those that are settled.
func (s *Store) lastOld(ctx context.Context, before time.Time) (int64, error) {
	settled, err := s.engine.settled(ctx, s.querier(ctx))
	if err != nil {
		return 0, fmt.Errorf("sqlstore: changes: %w", err)
	}
	young := selecting("id, tag FROM courrier_changes")
	young.where("at >= ?", upMicro(before))
	young.order = "id"
	some, err := fetch(ctx, s, young, 1, scanMark)
	if err != nil {
		return 0, err
	}
	if len(some) > 0 {
		settled = min(settled, some[0].id-1)
	}
	last, err := s.end(ctx, settled)
	return last.id, err
}

// Changed implements [changes.Waker].
func (s *Store) Changed() <-chan struct{} { return s.bell.next() }

// bell wakes all who wait for the next ring.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}

// settlePauses are how long a reader waits for writers that are about to commit. One
// that takes longer is waited for at the next reading.
var settlePauses = []time.Duration{0, time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond, 8 * time.Millisecond, 16 * time.Millisecond}

// waitSettled takes steps until one tells that all that is there is settled.
func waitSettled(ctx context.Context, step func() (done bool, err error)) error {
	for _, pause := range settlePauses {
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		if done, err := step(); done || err != nil {
			return err
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d == 0 {
		return err
	}
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
