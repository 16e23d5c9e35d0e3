package simulator

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
)

// finish lets one calm process do all that is left, and people settle what only
// people can, by the truth.
func (r *run) finish(ctx context.Context) {
	r.step.Store(0)
	c, err := r.client(r.Store, 0)
	if err != nil {
		panic(err)
	}
	for round := range 40 {
		time.Sleep(9 * time.Hour)
		_, _ = c.Dispatch(ctx, courrier.DispatchOptions{Workers: 1})
		_, _ = c.Refresh(ctx, courrier.RefreshOptions{Workers: 1})
		if round > 12 {
			r.settleByHand(ctx, c)
		}
	}
}

// settleByHand does what a person does who asked the carrier about a letter that
// has been in doubt for days.
func (r *run) settleByHand(ctx context.Context, c *courrier.Client) {
	for rec, err := range c.Letters(ctx, courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusUnknown}}) {
		if err != nil {
			return
		}
		for _, o := range r.offices {
			if o.name != rec.Provider {
				continue
			}
			o.mu.Lock()
			there := ""
			if p := o.letters[rec.ID]; p != nil {
				there = p.id
			}
			o.mu.Unlock()
			_, _ = c.SettleByHand(ctx, rec.ID, there)
		}
	}
}

// judge compares paper, records and money.
func (r *run) judge(ctx context.Context) (violations []string) {
	bad := func(format string, args ...any) { violations = append(violations, fmt.Sprintf(format, args...)) }
	captured, reserved, seen := 0, 0, map[courrier.LetterID]bool{}
	for rec, err := range r.Store.Letters(ctx, courrier.LetterFilter{}) {
		if err != nil {
			bad("read: %v", err)
			return violations
		}
		seen[rec.ID] = true
		r.judgeLetter(rec, bad)
		switch rec.Charge {
		case courrier.ChargeCaptured:
			captured++
		case courrier.ChargeReserved:
			reserved++
		}
	}
	for id := range r.sent {
		if !seen[id] {
			bad("lost: letter %s was answered and is not there", id)
		}
	}
	r.judgeMoney(ctx, captured, reserved, bad)
	return violations
}

func (r *run) judgeLetter(rec courrier.LetterRecord, bad func(string, ...any)) {
	printed, at := 0, ""
	for _, o := range r.offices {
		if n := o.printed(rec.ID); n > 0 {
			printed, at = printed+n, o.name
		}
	}
	state := fmt.Sprintf("letter %s is %q (%s) with %d attempts, printed %d times", rec.ID, rec.Status, rec.Hold, rec.Attempts, printed)
	submitted := !rec.SubmittedAt.IsZero()
	switch {
	case printed > 1:
		bad("twice: %s", state)
	case printed == 1 && !submitted && rec.Status != courrier.StatusUnknown:
		bad("lost from sight: %s", state)
	case printed == 1 && submitted && rec.Provider != at:
		bad("at another carrier: %s", state)
	case submitted && printed == 0:
		bad("lost: %s", state)
	case rec.Status == courrier.StatusUnknown && rec.Failure != nil && rec.Failure.Code == courrier.CodeIDOfAnother:
		// A reason: the carrier gave its id to another letter, and a person must ask.
	case rec.Status == courrier.StatusScheduled || rec.Status == courrier.StatusQueued || rec.Status == courrier.StatusUnknown:
		bad("stuck: %s, due %s, %+v", state, rec.DueAt, rec.Failure)
	case rec.Status == courrier.StatusHeld && rec.Hold == "":
		bad("stuck without a reason: %s", state)
	}
	want := courrier.ChargeCaptured
	if rec.Status == courrier.StatusFailed || rec.Status == courrier.StatusCancelled {
		want = courrier.ChargeRefunded
	}
	if submitted && rec.Charge != want {
		bad("money: %s, charge %q", state, rec.Charge)
	}
}

func (r *run) judgeMoney(ctx context.Context, captured, reserved int, bad func(string, ...any)) {
	books, err := r.Store.Books(ctx, account, price.Unit())
	if err == nil {
		var balance courrier.Balance
		if balance, err = books.Balance(time.Now()); err == nil {
			want, _ := price.Times(r.bought - captured - reserved)
			held, _ := price.Times(reserved)
			if !balance.Available.Equal(want) || !balance.Reserved.Equal(held) {
				bad("cents: %s available and %s reserved, not %s and %s", balance.Available, balance.Reserved, want, held)
			}
		}
	}
	if err != nil {
		bad("books: %v", err)
	}
}
