package mock

import (
	"context"

	"github.com/courrier-go/courrier"
)

// ask runs one question to the office: its door, its lock, its journal.
func (o *Office) ask(ctx context.Context, op string, question func() error) error {
	if err := o.enter(ctx, op); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.catchUp(); err != nil {
		return err
	}
	return question()
}

// lookup finds a letter by the office's own id, or else by ours, once it is
// visible under that. The office's id of another letter than was asked about leads
// to none.
func (o *Office) lookup(ref courrier.Reference) *letter {
	if ref.ProviderID != "" {
		l := o.byName[ref.ProviderID]
		if l != nil && ref.ID != "" && l.Letter != ref.ID {
			return nil
		}
		return l
	}
	l := o.byID[ref.ID]
	if l == nil || o.now().Before(l.At.Add(o.cfg.VisibleAfter)) {
		return nil
	}
	return l
}

// Find implements [courrier.Finder]. Of a letter accepted twice it answers the first.
func (o *Office) Find(ctx context.Context, ref courrier.Reference) (r courrier.Receipt, err error) {
	err = o.ask(ctx, "find", func() error {
		l := o.lookup(ref)
		if l == nil {
			return o.fail("find", courrier.ErrNotFound, "unknown_letter", ref.ID)
		}
		r = o.receipt(l, courrier.SourcePoll)
		return nil
	})
	return r, err
}

// Cancel implements [courrier.Canceller]: until the letter is printed.
func (o *Office) Cancel(ctx context.Context, ref courrier.Reference) error {
	return o.ask(ctx, "cancel", func() error {
		l := o.lookup(ref)
		switch {
		case l == nil:
			return o.fail("cancel", courrier.ErrNotFound, "unknown_letter", ref.ID)
		case l.produced(o.history(l)):
			return o.fail("cancel", courrier.ErrRejected, "too_late", ref.ID)
		case l.Stubborn || !l.Cancelled.IsZero():
			return nil
		}
		return o.record(fact{Cancelled: l.ProviderID, At: o.now()})
	})
}

func (o *Office) history(l *letter) []happening { return l.history(o.now()) }

// produced tells whether a letter has passed the point of no return.
func (l *letter) produced(history []happening) bool {
	for _, h := range history {
		switch meanings[h.code].Status {
		case "", courrier.StatusSubmitted, courrier.StatusAccepted, courrier.StatusBlocked, courrier.StatusCancelled:
		default:
			return true
		}
	}
	return false
}

// Track implements [courrier.Tracker]. It tells a letter's whole history every time.
func (o *Office) Track(ctx context.Context, refs []courrier.Reference) (events []courrier.TrackingEvent, err error) {
	err = o.ask(ctx, "track", func() error {
		for _, ref := range refs {
			if l := o.lookup(ref); l != nil {
				events = append(events, o.tell(l)...)
			}
		}
		return nil
	})
	return events, err
}

// tell reports a letter's history, as noisily as its script wants.
func (o *Office) tell(l *letter) []courrier.TrackingEvent {
	history := o.history(l)
	events := make([]courrier.TrackingEvent, 0, 2*len(history))
	for _, h := range history {
		e := o.event(l, h, courrier.SourcePoll)
		events = append(events, e)
		if l.Noise.Duplicated {
			events = append(events, e)
		}
	}
	if l.Noise.Shuffled {
		o.dice.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	return events
}

// Quote implements [courrier.Quoter].
func (o *Office) Quote(ctx context.Context, l courrier.Letter) (price courrier.Amount, err error) {
	err = o.ask(ctx, "quote", func() error {
		var print courrier.PrintOptions
		if l.Print != nil {
			print = *l.Print
		}
		if err := o.caps.Check(l, print); err != nil {
			return err
		}
		price = o.prices[l.Service]
		return nil
	})
	return price, err
}

// Proof implements [courrier.ProofFetcher]. The same proof is the same PDF, byte
// for byte, however often it is asked for.
func (o *Office) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (d courrier.Document, err error) {
	err = o.ask(ctx, "proof", func() error {
		l := o.lookup(ref)
		if l == nil {
			return o.fail("proof", courrier.ErrNotFound, "unknown_letter", ref.ID)
		}
		history := o.history(l)
		for i, h := range history {
			if meanings[h.code].Proof == kind {
				d = l.proof(kind, history[:i+1])
				return nil
			}
		}
		return o.fail("proof", courrier.ErrNotFound, "no_proof_yet", ref.ID)
	})
	return d, err
}
