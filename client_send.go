package courrier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Send stores a letter, reserves its price and queues it for [Client.Dispatch].
// Nothing leaves during the call. Without credit it is held, no error, and goes
// when credit comes. The same Key with the same content answers the same record,
// with other content [ErrConflict]. The other errors are [ErrInvalid] with every
// wrong field, [ErrUnsupported] when no carrier can take it, and [ErrDenied] when
// the account switched post off.
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
	contents := make([]map[Sum][]byte, 0, len(letters))
	index := make([]int, 0, len(letters))
	for i, l := range letters {
		change, carried, err := c.draw(ctx, l, settings, stored, replaces)
		if err != nil {
			results[i] = c.sentBefore(ctx, l, err)
			continue
		}
		changes, contents = append(changes, change), append(contents, carried)
		index = append(index, i)
	}
	errs := c.commitAll(ctx, changes)
	c.holdForCredit(ctx, changes, errs)
	ensured := make(map[Sum]bool)
	for n, err := range errs {
		i, rec := index[n], *changes[n].Letter
		if err == nil {
			rec.Version++
			rec, err = c.ensureContents(ctx, rec, contents[n], ensured)
			results[i] = SendResult{Record: rec, Err: err}
			continue
		}
		results[i] = c.sentBefore(ctx, letters[i], err)
		c.forgetUnsent(ctx, contents[n])
	}
	c.wakeHeld(ctx, results)
	return results
}

// forgetUnsent forgets what was stored for a letter that was not, unless something
// else needs it.
func (c *Client) forgetUnsent(ctx context.Context, contents map[Sum][]byte) {
	if err := c.ForgetContents(ctx, slices.Collect(maps.Keys(contents))...); err != nil {
		c.log.WarnContext(ctx, "contents of a letter that was not sent are kept", "kind", KindOf(err))
	}
}

// holdForCredit stores the letters whose price could not be reserved, together.
func (c *Client) holdForCredit(ctx context.Context, changes []Change, errs []error) {
	var held []Change
	var index []int
	for n, err := range errs {
		if errors.Is(err, ErrInsufficientCredit) {
			c.moment(*changes[n].Letter).heldForCredit(changes[n].Letter)
			changes[n].Entries = nil
			held = append(held, changes[n])
			index = append(index, n)
		}
	}
	for i, err := range c.commitAll(ctx, held) {
		errs[index[i]] = err
	}
}

// wakeHeld looks once at each account of which letters were just held: a top-up may
// have looked for waiting letters before these were stored.
func (c *Client) wakeHeld(ctx context.Context, results []SendResult) {
	woken := map[AccountID]bool{}
	for _, r := range results {
		if account := r.Record.Letter.Account; r.Err == nil && r.Record.Hold == HoldCredit {
			if _, looked := woken[account]; !looked {
				woken[account] = c.wakeAccount(ctx, account) > 0
			}
		}
	}
	for i, r := range results {
		if r.Err == nil && r.Record.Hold == HoldCredit && woken[r.Record.Letter.Account] {
			results[i].Record, results[i].Err = c.store.Letter(ctx, r.Record.ID)
		}
	}
}

// draw prepares a letter and its contents and draws its record, as the change that
// stores it.
func (c *Client) draw(ctx context.Context, l Letter, settings map[AccountID]Settings, stored map[Sum]bool, replaces LetterID) (Change, map[Sum][]byte, error) {
	if err := l.Validate(); err != nil {
		return Change{}, nil, err
	}
	known, ok := settings[l.Account]
	if !ok {
		var err error
		if known, err = c.Settings(ctx, l.Account); err != nil {
			return Change{}, nil, err
		}
		settings[l.Account] = known
	}
	p, err := c.prepareWith(ctx, l, known)
	if err != nil {
		return Change{}, nil, err
	}
	if err := c.putContents(ctx, p.contents, stored); err != nil {
		return Change{}, nil, err
	}
	rec := c.newRecord(p)
	rec.Replaces = replaces
	if rec.AddressCheck, err = c.checkRegistered(ctx, p.letter); err != nil {
		return Change{}, nil, err
	}
	change := Change{Letter: &rec, Items: rec.replacing()}
	if p.price.Sign() > 0 {
		rec.ChargeKey = "letter/" + string(rec.ID)
		change.charge(&rec, ChargeReserved, known.ceilingIn(p.price.Unit()), rec.CreatedAt)
	}
	return change, p.contents, nil
}

func (c *Client) newRecord(p prepared) LetterRecord {
	now := c.now()
	rec := LetterRecord{
		ID: LetterID(c.ids.Next()), Letter: p.letter, Fingerprint: p.fingerprint, Print: p.print,
		Billing: p.settings.billing(), Price: p.price, PriceLines: p.lines,
		Provider: p.carriers[0].name, CreatedAt: now, UpdatedAt: now,
	}
	moment{now: now}.leaves(&rec)
	return rec
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
			return SendResult{Err: fmt.Errorf("send: %w (and before that: %v)", err, cause)}
		case rec.Fingerprint != l.Normal().fingerprint():
			return SendResult{Err: &Error{Op: "send", Kind: ErrConflict, Code: CodeKeyUsed, LetterID: rec.ID, Err: errors.New("this key was used for another letter; use a new key")}}
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
