package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Cancel stops a letter. One that is still with us ends at once and its credit is
// back. For one at a carrier the carrier is asked, and its events tell which was
// faster. The carrier's [ErrRejected]: too late; after another of its errors cancel
// again. Errors: [ErrNotFound], [ErrConflict] (status, changed), [ErrUnsupported]
// (cannot-cancel), [ErrInvalid], the carrier's.
func (c *Client) Cancel(ctx context.Context, id LetterID) (LetterRecord, error) {
	asked := false
	rec, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		asked = false
		switch r.Status {
		case StatusCancelled:
			return nil, nil
		case StatusCancelRequested: // asked again: the first call may not have reached the carrier
			asked = true
			return nil, c.outsideTx(ctx)
		case StatusHeld, StatusScheduled, StatusQueued:
			return c.moment(*r).ended(r, StatusCancelled), nil
		case StatusSubmitted, StatusAccepted, StatusBlocked:
			if p := c.carriers[r.Provider]; p == nil || p.canceller == nil {
				return nil, cannotCancel(*r)
			}
			asked = true
			return c.moment(*r).stopAsked(r), c.outsideTx(ctx)
		}
		return nil, notNow("cancel", *r, "cannot be stopped")
	})
	if err != nil || !asked {
		return rec, err
	}
	return c.cancelThere(ctx, rec)
}

func cannotCancel(r LetterRecord) error {
	return &Error{Op: "cancel", Kind: ErrUnsupported, Provider: r.Provider, Code: CodeCannotCancel, LetterID: r.ID, Err: errors.New("this carrier cannot stop a letter")}
}

// notNow refuses a command that a letter's status does not allow.
func notNow(op string, r LetterRecord, why string) error {
	return &Error{Op: op, Kind: ErrConflict, Code: CodeStatus, LetterID: r.ID, Err: fmt.Errorf("a letter that is %q %s", r.Status, why)}
}

// cancelThere asks the carrier, after the wish was recorded.
func (c *Client) cancelThere(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	p := c.carriers[rec.Provider]
	if p == nil || p.canceller == nil {
		return rec, cannotCancel(rec)
	}
	err := p.cancel(ctx, rec.Reference())
	if err == nil {
		if p.tracker != nil {
			return c.RefreshOne(ctx, rec.ID)
		}
		return rec, nil
	}
	if refused(err) || errors.Is(err, ErrNotFound) {
		// It may be too late because it was stopped before: an earlier call whose
		// answer was lost.
		if fresh, ferr := c.RefreshOne(ctx, rec.ID); ferr == nil && fresh.Status == StatusCancelled {
			return fresh, nil
		}
		after, uerr := c.update(ctx, rec.ID, func(r *LetterRecord) (*Change, error) { return c.moment(*r).stopDenied(r), nil })
		if uerr != nil {
			return rec, uerr
		}
		rec = after
	}
	return rec, &Error{Op: "cancel", Provider: rec.Provider, LetterID: rec.ID, Err: err}
}

// Hold keeps a queued or scheduled letter until [Client.Approve]; its credit stays
// reserved. Errors: [ErrNotFound], [ErrConflict] (status, changed).
func (c *Client) Hold(ctx context.Context, id LetterID) (LetterRecord, error) {
	return c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		if !r.Status.WithUs() || r.Status == StatusHeld {
			return nil, notNow("hold", *r, "cannot be held")
		}
		return c.moment(*r).held(r, HoldHost, ""), nil
	})
}

// Approve queues a held letter. One not paid for is priced anew under today's
// billing; without credit it waits: no error, look at the status. What is refused
// stays held. A formal notice asks [Config.Authorize] for
// [ActionApproveFormalNotice] again. Errors: [ErrNotFound], [ErrConflict] (status,
// changed), [ErrDenied] (also account-closed, post-off), the host's.
func (c *Client) Approve(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, fmt.Errorf("approve: %w", err)
	}
	if rec.Status == StatusQueued || rec.Status == StatusScheduled {
		return rec, nil
	}
	if rec.Status != StatusHeld {
		return rec, notNow("approve", rec, "is not held")
	}
	settings, err := c.Settings(ctx, rec.Letter.Account)
	if err == nil {
		err = settings.sends()
	}
	if err == nil && rec.Letter.Purpose == PurposeFormalNotice {
		err = c.Authorize(ctx, Action{Kind: ActionApproveFormalNotice, Account: rec.Letter.Account})
	}
	if err != nil {
		return rec, fmt.Errorf("approve: %w", err)
	}
	after, err := c.enqueue(ctx, rec, settings)
	if errors.Is(err, ErrInsufficientCredit) {
		after, err = c.waitForCredit(ctx, rec)
	}
	if err != nil {
		return rec, fmt.Errorf("approve: %w", err)
	}
	return after, nil
}

// Revise mends a held letter; its Account and Key stay. It is checked and priced
// anew: at another price the reservation is given back, and [Client.Approve]
// reserves again. It stays held, or waits for credit. Replaced contents are
// forgotten. Errors: [ErrNotFound], [ErrConflict] (status, changed), [ErrInvalid]
// (also no-carrier), [ErrDenied] (account-closed, post-off), [ErrUnsupported]
// (no-carrier-takes-it), the host's.
func (c *Client) Revise(ctx context.Context, id LetterID, edit func(l *Letter)) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, fmt.Errorf("revise: %w", err)
	}
	if rec.Status != StatusHeld {
		return rec, notNow("revise", rec, "cannot be changed; hold it first")
	}
	l := rec.Letter
	l.Documents = slices.Clone(l.Documents)
	if edit != nil {
		edit(&l)
	}
	l.Account, l.Key, l.PreviewToken = rec.Letter.Account, rec.Letter.Key, ""
	p, err := c.prepare(ctx, l)
	if err != nil {
		return rec, fmt.Errorf("revise: %w", err)
	}
	if err := c.putContents(ctx, p.contents, map[Sum]bool{}); err != nil {
		return rec, fmt.Errorf("revise: %w", err)
	}
	before := rec.Sums()
	change := c.moment(rec).revised(&rec, p)
	if err := c.write(ctx, &rec, change); err != nil {
		c.forgetUnsent(ctx, p.contents)
		return rec, fmt.Errorf("revise: %w", err)
	}
	if rec, err = c.ensureContents(ctx, rec, p.contents, map[Sum]bool{}); err != nil {
		return rec, fmt.Errorf("revise: %w", err)
	}
	if err := c.ForgetContents(ctx, before...); err != nil {
		return rec, fmt.Errorf("revise: forget what was replaced: %w", err)
	}
	if rec.Hold != HoldCredit {
		return rec, nil
	}
	c.wakeAccount(ctx, rec.Letter.Account)
	return c.store.Letter(ctx, id)
}

// Resend sends a letter that came back, failed, was lost or cancelled again, under
// a new key and paid for anew; edit may mend the address. The two letters name each
// other. One with a gate, such as a reminder's, is its owner's to send. Errors:
// [ErrNotFound], [ErrConflict] (status, gate, replaced, key-used, changed),
// [ErrInvalid] (also no-carrier), [ErrDenied] (account-closed, post-off),
// [ErrUnsupported] (no-carrier-takes-it), the host's.
func (c *Client) Resend(ctx context.Context, id LetterID, key string, edit func(l *Letter)) (LetterRecord, error) {
	old, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, fmt.Errorf("resend: %w", err)
	}
	if old.Letter.Gate != "" {
		return old, &Error{Op: "resend", Kind: ErrConflict, Code: string(HoldGate), LetterID: id, Err: errors.New("the letter has an owner who sends it again; of a reminder that is dunning.Runner.Resend")}
	}
	if !old.Status.Done() && old.Status != StatusLost {
		return old, notNow("resend", old, "may still arrive")
	}
	if err := c.replacedBefore(ctx, old, key); err != nil {
		return old, err
	}
	l := old.Letter
	l.Documents = slices.Clone(l.Documents)
	l.PreviewToken = ""
	if edit != nil {
		edit(&l)
	}
	l.Account, l.Key = old.Letter.Account, key
	sent := c.sendAll(ctx, []Letter{l}, id)[0]
	if sent.Err != nil {
		return LetterRecord{}, fmt.Errorf("resend: %w", sent.Err)
	}
	if sent.Record.Replaces != id {
		return old, &Error{Op: "resend", Kind: ErrConflict, Code: CodeKeyUsed, LetterID: sent.Record.ID, Err: errors.New("this key was used for a letter that replaces none; use a new key")}
	}
	_, err = c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		return c.moment(*r).replaced(r, sent.Record.ID), nil
	})
	return sent.Record, err
}

// itemReplaced claims a letter for the one that replaces it.
const itemReplaced ItemKind = "replaced"

// replacing is the claim, written with the letter: of two replacements at the same
// moment one is not stored.
func (r LetterRecord) replacing() []Item {
	if r.Replaces == "" {
		return nil
	}
	return []Item{{Kind: itemReplaced, Account: r.Letter.Account, ID: string(r.Replaces), Body: json.RawMessage("{}")}}
}

// replacedBefore refuses a second replacement of one letter.
func (c *Client) replacedBefore(ctx context.Context, old LetterRecord, key string) error {
	if old.ReplacedBy == "" {
		return nil
	}
	by, err := c.store.Letter(ctx, old.ReplacedBy)
	if err != nil {
		return fmt.Errorf("resend: %w", err)
	}
	if by.Letter.Key == key {
		return nil
	}
	return &Error{Op: "resend", Kind: ErrConflict, Code: CodeReplaced, LetterID: by.ID, Err: errors.New("the letter was replaced by this one before")}
}
