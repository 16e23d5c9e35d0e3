package courrier

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// SettleOne settles one letter in doubt by asking its carrier, at once, for a
// host's own job engine. One not in doubt comes back as it is. Errors:
// [ErrNotFound], [ErrInvalid], [ErrInDoubt] (cannot-tell), [ErrConflict] (changed).
func (c *Client) SettleOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	if err := c.outsideTx(ctx); err != nil {
		return LetterRecord{}, fmt.Errorf("settle: %w", err)
	}
	rec, err := c.store.Letter(ctx, id)
	if err == nil && rec.Status == StatusUnknown {
		rec, err = c.settle(ctx, rec)
	}
	if err != nil {
		return LetterRecord{}, fmt.Errorf("settle: %w", err)
	}
	if rec.Status == StatusUnknown {
		return rec, &Error{Op: "settle", Kind: ErrInDoubt, Provider: rec.Provider, Code: CodeCannotTell, LetterID: id, Err: errors.New("the carrier cannot tell yet")}
	}
	return rec, nil
}

// settle asks the carrier about an attempt whose outcome is not known. "Not
// found" is proof when the carrier says it twice, with an attempt's time and the
// time it may take to show a letter in between: clocks that jump, or differ from
// one process to another, shorten neither. Of a call that did not end, as far as
// this process or the record knows, it proves nothing.
func (c *Client) settle(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	p := c.carriers[rec.Provider]
	own := c.ways.of(rec.ID, rec.Attempts)
	switch {
	case p != nil && own.unwritten != nil: // known, and not written yet
		return c.record(ctx, p, rec, *own.unwritten)
	case p == nil || p.finder == nil: // only a person can tell: see SettleByHand
		return c.stillInDoubt(ctx, rec, moment.undecided)
	}
	receipt, err := p.find(ctx, rec.Reference())
	switch {
	case err == nil && receipt.ProviderID != "":
		return c.record(ctx, p, rec, answer{receipt: receipt, settled: true})
	case unsure(err) || own.running > 0:
		return c.stillInDoubt(ctx, rec, moment.undecided)
	case errors.Is(err, ErrRejected):
		return c.record(ctx, p, rec, answer{err: err, settled: true})
	case !errors.Is(err, ErrNotFound) || rec.Overran || !c.askedThere(ctx, p, rec):
		return c.stillInDoubt(ctx, rec, moment.undecided)
	case rec.MissingSince.IsZero():
		at := c.clock.read()
		c.ways.missed(rec.ID, rec.Attempts, at)
		return c.stillInDoubt(ctx, rec, moment.missed)
	case c.neverThere(rec, own):
		return c.record(ctx, p, rec, answer{err: neverArrived(p.name), settled: true, absent: true})
	}
	return c.stillInDoubt(ctx, rec, moment.undecided)
}

// askedThere tells whether the carrier was asked where the attempt was made: an account
// that was moved there since has its letters somewhere else.
func (c *Client) askedThere(ctx context.Context, p *carrier, rec LetterRecord) bool {
	if p.placer == nil {
		return true
	}
	place, err := p.place(ctx, rec)
	if err == nil && (place == "" || place != rec.Place) {
		c.log.ErrorContext(ctx, "the account was moved while a letter was in doubt: look for it where it was", "provider", p.name, "letter", rec.ID)
		return false
	}
	return err == nil
}

// neverThere is that of moment, by the machine's count of time too.
func (c *Client) neverThere(rec LetterRecord, own ownAttempt) bool {
	m := c.moment(rec)
	proof := m.proof(rec)
	return m.neverThere(rec) && c.clock.passed(own.begun, proof) && c.clock.passed(own.missed, proof)
}

func neverArrived(provider string) error {
	return &Error{Op: "settle", Kind: ErrUnavailable, Provider: provider, Code: CodeNeverArrived, Err: errors.New("the carrier has no such letter")}
}

// unsure tells whether an answer proves nothing, whatever else it says besides: a
// "not found" of a carrier that could not be reached is none.
func unsure(err error) bool {
	for _, kind := range []error{ErrUnavailable, ErrInDoubt, ErrDenied, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// stillInDoubt takes a step of a letter that stays in doubt, unless somebody else
// settled that attempt.
func (c *Client) stillInDoubt(ctx context.Context, rec LetterRecord, step func(moment, *LetterRecord) *Change) (LetterRecord, error) {
	return c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if r.Status != StatusUnknown || r.Attempts != rec.Attempts {
			return nil, nil
		}
		return step(c.moment(*r), r), nil
	})
}

// SettleByHand ends a doubt that no carrier can end, on the word of a person who
// asked it. Give the carrier's id of the letter, which one that can be asked
// must confirm; or "" when it has none, to send again. The LetterID of
// id-of-another is the letter that has this id. Errors: [ErrNotFound],
// [ErrInvalid], [ErrConflict] (not-in-doubt, under-way, id-of-another, other-id,
// not-confirmed, changed), [ErrUnavailable] (not-confirmed).
func (c *Client) SettleByHand(ctx context.Context, id LetterID, providerID string) (LetterRecord, error) {
	if err := c.outsideTx(ctx); err != nil {
		return LetterRecord{}, fmt.Errorf("settle by hand: %w", err)
	}
	given := providerID
	if providerID = strings.TrimSpace(storable(given)); providerID == "" && given != "" {
		return LetterRecord{}, fmt.Errorf("settle by hand: %w", &FieldError{Field: "providerID", Rule: "is blank", Remedy: "give the carrier's id, or an empty text when it has no such letter"})
	}
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, fmt.Errorf("settle by hand: %w", err)
	}
	p := c.carriers[rec.Provider]
	if rec.Status != StatusUnknown || p == nil {
		return rec, c.notByHand(rec.ID, CodeNotInDoubt, "the letter is not in doubt at a carrier of this client")
	}
	if providerID != "" {
		if err := c.confirmID(ctx, p, rec, providerID); err != nil {
			return rec, err
		}
		return c.record(ctx, p, rec, answer{receipt: Receipt{ProviderID: providerID}, settled: true})
	}
	if c.now().Sub(rec.AttemptedAt) < lease || c.ways.of(rec.ID, rec.Attempts).running > 0 {
		return rec, c.notByHand(rec.ID, CodeUnderWay, "the attempt may still be under way; ask the carrier again in a few minutes")
	}
	return c.record(ctx, p, rec, answer{err: neverArrived(p.name), settled: true})
}

func (c *Client) notByHand(id LetterID, code, why string) error {
	return &Error{Op: "settle by hand", Kind: ErrConflict, Code: code, LetterID: id, Err: errors.New(why)}
}

// confirmID tells why an id that a person gave is not that of this letter, if it
// is not.
func (c *Client) confirmID(ctx context.Context, p *carrier, rec LetterRecord, providerID string) error {
	other, err := c.holderOf(ctx, p.name, providerID, rec.ID)
	if err != nil {
		return fmt.Errorf("settle by hand: %w", err)
	}
	if other != "" {
		return c.notByHand(other, CodeIDOfAnother, "the id is that of this other letter")
	}
	if p.finder == nil {
		return nil
	}
	ref := rec.Reference()
	ref.ProviderID = providerID
	receipt, err := p.find(ctx, ref)
	switch {
	case err == nil && receipt.ProviderID == providerID:
		return nil
	case err == nil && receipt.ProviderID != "":
		return c.notByHand(rec.ID, CodeOtherID, "the carrier has this letter under another id; settle it by asking")
	case errors.Is(err, ErrNotFound) && !unsure(err), errors.Is(err, ErrRejected):
		return c.notByHand(rec.ID, CodeNotConfirmed, "the carrier does not say that the id is this letter")
	}
	return &Error{Op: "settle by hand", Kind: ErrUnavailable, Provider: p.name, Code: CodeNotConfirmed, LetterID: rec.ID, Err: errors.New("the carrier cannot be asked about the id now; try again")}
}
