package courrier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/courrier-go/courrier/internal/guard"
)

// Send stores a letter, reserves its price and queues it for [Client.Dispatch].
// Nothing leaves during the call. Without credit it is held, no error, and goes
// when credit comes. The same Key with the same content answers the same record.
// Errors: as [Client.Preview], [ErrConflict] (key-used).
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
// letter stands alone: one that fails does not stop the others. They are worked on
// in batches, in order; after each, every progress is told how many have their
// answer. A context that ends leaves the rest unsent, each with an error: the same
// call again answers those that were sent with their records.
func (c *Client) SendAll(ctx context.Context, letters []Letter, progress ...func(done int)) []SendResult {
	return c.sendAll(ctx, letters, "", progress...)
}

func (c *Client) sendAll(ctx context.Context, letters []Letter, replaces LetterID, progress ...func(done int)) []SendResult {
	results := make([]SendResult, len(letters))
	ctx, end := c.observe(ctx, Operation{Name: "send", Items: len(letters)})
	defer func() { end(ctx.Err()) }()
	s := sending{Client: c, replaces: replaces, settings: map[AccountID]settingsRead{}, stored: map[Sum]bool{}, ensured: map[Sum]bool{}}
	for first := 0; first < len(letters); first += pageSize {
		end := min(first+pageSize, len(letters))
		s.batch(ctx, letters[first:end], results[first:end])
		for _, tell := range progress {
			tell(end)
		}
	}
	c.wakeHeld(ctx, results)
	return results
}

// sending is one call of SendAll. What several of its letters need is read and stored
// once.
type sending struct {
	*Client
	replaces LetterID
	settings map[AccountID]settingsRead
	stored   map[Sum]bool // contents put
	ensured  map[Sum]bool // contents seen after their letter was stored
}

type settingsRead struct {
	Settings
	err error
}

// drawn is a letter ready to be stored, or why it is not.
type drawn struct {
	prepared
	check *AddressCheck
	err   error
}

// batch sends a few letters: their contents are written together, then they are.
func (s *sending) batch(ctx context.Context, letters []Letter, results []SendResult) {
	all := s.drawAll(ctx, letters)
	s.putTogether(ctx, all)
	changes := make([]Change, 0, len(letters))
	index := make([]int, 0, len(letters))
	for i, d := range all {
		if d.err == nil {
			d.err = s.putContents(ctx, d.contents, s.stored)
		}
		if d.err != nil {
			results[i] = s.sentBefore(ctx, letters[i], d.err)
			continue
		}
		changes, index = append(changes, s.change(d)), append(index, i)
	}
	errs := s.commitAll(ctx, changes)
	s.holdForCredit(ctx, changes, errs)
	s.ensureTogether(ctx, all, index, errs)
	for n, err := range errs {
		i, rec := index[n], *changes[n].Letter
		if err == nil {
			rec.Version++
			rec, err = s.ensureContents(ctx, rec, all[i].contents, s.ensured)
			results[i] = SendResult{Record: rec, Err: err}
			continue
		}
		results[i] = s.sentBefore(ctx, letters[i], err)
		s.forgetUnsent(ctx, all[i].contents)
	}
}

// drawAll prepares letters, a few at a time: inspecting documents takes most of it.
func (s *sending) drawAll(ctx context.Context, letters []Letter) []drawn {
	for _, l := range letters {
		if _, read := s.settings[l.Account]; !read && l.Account != "" {
			settings, err := s.Settings(ctx, l.Account)
			s.settings[l.Account] = settingsRead{settings, err}
		}
	}
	all := make([]drawn, len(letters))
	inParallel(letters, 0, func(i int) {
		if guard.Safely(ctx, s.log, func() error { all[i] = s.draw(ctx, letters[i]); return nil }) != nil {
			all[i].err = panicked("")
		}
	})
	return all
}

// draw prepares a letter and its contents.
func (s *sending) draw(ctx context.Context, l Letter) (d drawn) {
	if d.err = l.Validate(); d.err != nil {
		return d
	}
	settings := s.settings[l.Account]
	if d.err = settings.err; d.err != nil {
		return d
	}
	if d.prepared, d.err = s.prepareWith(ctx, l, settings.Settings); d.err != nil {
		return d
	}
	d.check, d.err = s.checkRegistered(ctx, d.letter)
	return d
}

// change draws a letter's record, as the change that stores it.
func (s *sending) change(d drawn) Change {
	rec := s.newRecord(d.prepared)
	rec.Replaces, rec.AddressCheck = s.replaces, d.check
	change := Change{Letter: &rec, Items: rec.replacing()}
	if d.price.Sign() > 0 {
		rec.ChargeKey = "letter/" + string(rec.ID)
		change.charge(&rec, ChargeReserved, d.settings.ceilingIn(d.price.Unit()), rec.CreatedAt)
	}
	return change
}

// putTogether writes the contents of several letters in one step, as many bytes as one
// may have. What fails is tried again letter by letter, each with its own error.
func (s *sending) putTogether(ctx context.Context, all []drawn) {
	together := s.together()
	if together == nil || len(all) < 2 {
		return
	}
	some, size := map[Sum][]byte{}, 0
	put := func() {
		if err := together.PutContents(ctx, some); err == nil {
			for sum := range some {
				s.stored[sum] = true
			}
		}
		some, size = map[Sum][]byte{}, 0
	}
	for _, d := range all {
		for sum, content := range d.contents {
			if d.err != nil || s.stored[sum] || some[sum] != nil {
				continue
			}
			if size+len(content) > maxTogether && size > 0 {
				put()
			}
			some[sum], size = content, size+len(content)
		}
	}
	if len(some) > 0 {
		put()
	}
}

// ensureTogether asks about the contents of letters just stored, all at once: see
// ensureContents, which asks about those that are not known to be there then.
func (s *sending) ensureTogether(ctx context.Context, all []drawn, index []int, errs []error) {
	together := s.together()
	if together == nil || len(index) < 2 {
		return
	}
	var sums []Sum
	for n, err := range errs {
		if err == nil {
			sums = slices.AppendSeq(sums, maps.Keys(all[index[n]].contents))
		}
	}
	there, err := together.HasContents(ctx, sums...)
	if err != nil {
		return
	}
	for _, sum := range there {
		s.ensured[sum] = true
	}
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

// newRecord draws the record of a letter.
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
