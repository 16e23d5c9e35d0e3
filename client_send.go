package courrier

import (
	"context"
	"errors"
	"fmt"
)

// Send stores a letter, reserves its price and queues it for [Client.Dispatch].
// Nothing leaves during the call. Without enough credit the letter is held and
// goes out by itself when credit arrives: that is no error; look at the status.
//
// The same Key with the same content answers the same record, however often;
// with other content [ErrConflict]. The other errors are [ErrInvalid] with every
// wrong field, [ErrUnsupported] when no carrier can take it, and [ErrDenied]
// when the account switched post off.
func (c *Client) Send(ctx context.Context, l Letter) (LetterRecord, error) {
	results := c.SendAll(ctx, []Letter{l})
	return results[0].Record, results[0].Err
}

// SendResult is the answer to one letter of [Client.SendAll].
type SendResult struct {
	Record LetterRecord
	Err    error
}

// SendAll is Send for many letters, which share transactions of the store. Each
// letter stands alone: one that fails does not stop the others.
func (c *Client) SendAll(ctx context.Context, letters []Letter) []SendResult {
	return c.sendAll(ctx, letters, "")
}

func (c *Client) sendAll(ctx context.Context, letters []Letter, replaces LetterID) []SendResult {
	results := make([]SendResult, len(letters))
	settings := make(map[AccountID]Settings)
	stored := make(map[Sum]bool)
	changes := make([]Change, 0, len(letters))
	index := make([]int, 0, len(letters))
	for i, l := range letters {
		rec, err := c.draw(ctx, l, settings, stored)
		if err != nil {
			results[i] = c.sentBefore(ctx, l, err)
			continue
		}
		rec.Replaces = replaces
		changes = append(changes, Change{Letter: &rec, Entries: reserveFor(rec, c.settingsCeiling(settings, rec)), Items: rec.replacing()})
		index = append(index, i)
	}
	for n, err := range c.commitAll(ctx, changes) {
		i, rec := index[n], *changes[n].Letter
		rec.Version++
		if errors.Is(err, ErrInsufficientCredit) {
			rec, err = c.holdForCredit(ctx, *changes[n].Letter)
		}
		if err != nil {
			results[i] = c.sentBefore(ctx, letters[i], err)
			continue
		}
		results[i] = SendResult{Record: rec}
	}
	return results
}

func (c *Client) settingsCeiling(settings map[AccountID]Settings, rec LetterRecord) Amount {
	return settings[rec.Letter.Account].ceilingIn(rec.Price.Unit())
}

// draw prepares a letter and its contents and draws its record.
func (c *Client) draw(ctx context.Context, l Letter, settings map[AccountID]Settings, stored map[Sum]bool) (LetterRecord, error) {
	if err := l.Validate(); err != nil {
		return LetterRecord{}, err
	}
	known, ok := settings[l.Account]
	if !ok {
		var err error
		if known, err = c.Settings(ctx, l.Account); err != nil {
			return LetterRecord{}, err
		}
		settings[l.Account] = known
	}
	p, err := c.prepareWith(ctx, l, known)
	if err != nil {
		return LetterRecord{}, err
	}
	for sum, content := range p.contents {
		if stored[sum] {
			continue
		}
		if err := c.contents.PutContent(ctx, sum, content); err != nil {
			return LetterRecord{}, fmt.Errorf("store content: %w", err)
		}
		stored[sum] = true
	}
	rec := c.newRecord(p)
	rec.AddressCheck, err = c.checkRegistered(ctx, p.letter)
	return rec, err
}

func (c *Client) newRecord(p prepared) LetterRecord {
	now := c.now()
	rec := LetterRecord{
		ID: LetterID(c.ids.Next()), Letter: p.letter, Fingerprint: p.fingerprint, Print: p.print,
		Status: StatusQueued, Billing: p.settings.billing(), Price: p.price,
		Provider: p.providers[0].Name(), CreatedAt: now, UpdatedAt: now,
		Duty: DutyDispatch, DueAt: now,
	}
	if at := p.letter.NotBefore.UTC(); at.After(now) {
		rec.DueAt = at
	}
	if p.price.Sign() > 0 {
		rec.Charge, rec.ChargeKey = ChargeReserved, "letter/"+string(rec.ID)
	}
	return rec
}

// reserveFor is the ledger entry that pays for a record, if it costs anything.
func reserveFor(rec LetterRecord, ceiling Amount) []Entry {
	if rec.Charge != ChargeReserved {
		return nil
	}
	return []Entry{{
		Account: rec.Letter.Account, Key: rec.ChargeKey, Kind: EntryReserve, Amount: rec.Price,
		Ceiling: ceiling, Letter: rec.ID, At: rec.UpdatedAt,
	}}
}

// holdForCredit stores a letter whose price could not be reserved. Credit that
// arrived in between wakes it at once: the top-up may have looked for waiting
// letters before this one was stored.
func (c *Client) holdForCredit(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	rec.Status, rec.Hold, rec.Charge = StatusHeld, HoldCredit, ChargeNone
	rec.Duty, rec.DueAt = DutyWake, rec.CreatedAt.Add(wakeEvery)
	if err := c.commit(ctx, Change{Letter: &rec, Items: rec.replacing()}); err != nil {
		return LetterRecord{}, err
	}
	c.wakeAccount(ctx, rec.Letter.Account)
	return c.store.Letter(ctx, rec.ID)
}

// sentBefore answers a letter that was not stored now: with the record of its
// key when that is the same letter, else with the error.
func (c *Client) sentBefore(ctx context.Context, l Letter, cause error) SendResult {
	failed := SendResult{Err: fmt.Errorf("send: %w", cause)}
	if l.Account == "" || l.Key == "" || ctx.Err() != nil {
		return failed
	}
	for rec, err := range c.store.Letters(ctx, LetterFilter{Account: l.Account, Key: l.Key, Limit: 1}) {
		switch {
		case err != nil:
			return SendResult{Err: fmt.Errorf("send: %w", errors.Join(cause, err))}
		case rec.Fingerprint != l.Normal().fingerprint():
			return SendResult{Err: &Error{Op: "send", Kind: ErrConflict, Code: "key-used", LetterID: rec.ID, Err: errors.New("this key was used for another letter; use a new key")}}
		}
		return c.mendContents(ctx, l, rec)
	}
	return failed
}

// mendContents queues a letter again that was held for want of its contents,
// when the caller brings them with a repeated Send.
func (c *Client) mendContents(ctx context.Context, l Letter, rec LetterRecord) SendResult {
	if rec.Status != StatusHeld || rec.Hold != HoldContents {
		return SendResult{Record: rec}
	}
	for _, d := range l.Documents {
		if d.Content == nil {
			continue
		}
		if err := c.contents.PutContent(ctx, SumOf(d.Content), d.Content); err != nil {
			return SendResult{Err: fmt.Errorf("send: store content: %w", err)}
		}
	}
	mended, err := c.Approve(ctx, rec.ID)
	return SendResult{Record: mended, Err: err}
}
