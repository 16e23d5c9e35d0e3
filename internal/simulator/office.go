package simulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
)

// settleAfter is how long the carriers may take to show a letter.
const settleAfter = time.Minute

// office is a carrier that does its worst within what carriers promise: what it calls
// refused was not taken, what it took it shows after settleAfter. It counts its own
// paper.
type office struct {
	name  string
	keyed bool // a letter's id prints once, however often it is handed in
	run   *run

	mu      sync.Mutex
	rand    *rand.Rand
	letters map[courrier.LetterID]*paper
	running map[courrier.LetterID]int // calls under way
	told    int
}

// paper is what the office did with one letter.
type paper struct {
	id      string
	printed int
	shown   time.Time // from when Find and Track see it
	ended   courrier.Status
	events  []courrier.TrackingEvent
}

func (o *office) Name() string { return o.name }

func (o *office) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services: courrier.Services(), Finds: true, Cancels: true, Tracks: true, TrackBatch: 10,
		PollEvery: 6 * time.Hour, SettleAfter: settleAfter,
	}
}

var errLost = errors.New("connection reset")

// Submit takes a letter, refuses it, or leaves nobody the wiser.
func (o *office) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	o.note(s.ID, 1)
	defer o.note(s.ID, -1)
	fate, overrun := o.draw(100), time.Duration(0)
	if o.run.faulty() && o.draw(100) < 8 { // it ignores its context
		overrun = time.Duration(1+o.draw(12*60)) * time.Minute
		o.run.fault()
		time.Sleep(overrun)
	}
	if !o.run.faulty() {
		return courrier.Receipt{ProviderID: o.take(s.ID)}, nil
	}
	switch {
	case fate < 45:
		return courrier.Receipt{ProviderID: o.take(s.ID)}, nil
	case fate < 55:
		o.run.fault()
		o.take(s.ID)
		return courrier.Receipt{}, errLost
	case fate < 62:
		o.run.fault()
		return courrier.Receipt{}, errLost // it never arrived
	case fate < 70: // it hangs until the caller gives up, and took it
		o.run.fault()
		<-ctx.Done()
		o.take(s.ID)
		return courrier.Receipt{}, ctx.Err()
	case fate < 73: // the answer contradicts itself
		o.run.fault()
		return courrier.Receipt{ProviderID: o.take(s.ID)}, courrier.ErrRejected
	case fate < 76: // the id of another letter
		o.run.fault()
		o.take(s.ID)
		return courrier.Receipt{ProviderID: o.another(s.ID)}, nil
	case fate < 80 && !o.has(s.ID):
		return courrier.Receipt{}, courrier.ErrRejected
	case fate < 92 && !o.has(s.ID):
		return courrier.Receipt{}, courrier.ErrUnavailable
	}
	return courrier.Receipt{ProviderID: o.take(s.ID)}, nil
}

// take prints a letter; again, unless its key is honoured.
func (o *office) take(id courrier.LetterID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.letters[id]
	if p == nil {
		p = &paper{id: fmt.Sprintf("%s-%d", o.name, len(o.letters)+1), shown: time.Now().Add(time.Duration(o.rand.IntN(59)) * time.Second)}
		o.letters[id] = p
	}
	if p.printed == 0 || !o.keyed {
		p.printed++
	}
	return p.id
}

func (o *office) another(id courrier.LetterID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for other, p := range o.letters {
		if other != id {
			return p.id
		}
	}
	return o.letters[id].id
}

func (o *office) has(id courrier.LetterID) bool { return o.printed(id) > 0 }

func (o *office) printed(id courrier.LetterID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.letters[id]; p != nil {
		return p.printed
	}
	return 0
}

func (o *office) draw(n int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rand.IntN(n)
}

func (o *office) note(id courrier.LetterID, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running[id] += n
}

// breaks fails a question now and then, and loses its answer.
func (o *office) breaks(ctx context.Context) error {
	switch n := o.draw(100); {
	case !o.run.faulty() || n >= 20:
		return nil
	case n < 5:
		o.run.fault()
		<-ctx.Done()
		return ctx.Err()
	case n < 10:
		o.run.fault()
		return courrier.ErrUnavailable
	}
	o.run.fault()
	return errLost
}

// Find answers for the letter, now and then for another one.
func (o *office) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	if err := o.breaks(ctx); err != nil {
		return courrier.Receipt{}, err
	}
	o.mu.Lock()
	p := o.letters[ref.ID]
	seen := p != nil && !time.Now().Before(p.shown)
	o.mu.Unlock()
	if !seen {
		return courrier.Receipt{}, courrier.ErrNotFound
	}
	if o.run.faulty() && o.draw(100) < 3 {
		o.run.fault()
		return courrier.Receipt{ProviderID: o.another(ref.ID)}, nil
	}
	return courrier.Receipt{ProviderID: p.id}, nil
}

// Cancel stops what is not posted yet.
func (o *office) Cancel(ctx context.Context, ref courrier.Reference) error {
	if err := o.breaks(ctx); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.letters[ref.ID]
	if p == nil || p.ended != "" {
		return courrier.ErrRejected
	}
	o.tell(ref.ID, p, courrier.StatusCancelled)
	return nil
}

// tell adds an event; the last one decides what became of the letter.
func (o *office) tell(id courrier.LetterID, p *paper, status courrier.Status) {
	o.told++
	p.ended = status
	p.events = append(p.events, courrier.TrackingEvent{
		ID: fmt.Sprintf("%s:%s:%d", o.name, p.id, o.told), Letter: id, Provider: o.name, ProviderID: p.id,
		Code: string(status), Status: status, Happened: time.Now().Add(time.Duration(o.told) * time.Millisecond),
	})
}

// Track tells what happened, as often as it likes, and lets more happen.
func (o *office) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	if err := o.breaks(ctx); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []courrier.TrackingEvent
	for _, ref := range refs {
		p := o.letters[ref.ID]
		if p == nil || time.Now().Before(p.shown) {
			continue
		}
		switch n := o.rand.IntN(10); {
		case p.ended == "" && n < 4:
			o.tell(ref.ID, p, courrier.StatusPosted)
		case p.ended == "" && n < 5:
			o.tell(ref.ID, p, courrier.StatusFailed)
		case p.ended == courrier.StatusFailed && n < 1: // posted after all
			o.tell(ref.ID, p, courrier.StatusPosted)
		case p.ended == courrier.StatusPosted && n < 2:
			o.tell(ref.ID, p, courrier.StatusReturned)
		}
		all = append(all, p.events...)
	}
	o.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}
