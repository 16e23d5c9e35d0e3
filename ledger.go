package courrier

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Post applies one entry to the books: all rules of the ledger, as a pure function
// that every [Store] calls under the lock of the books' row.
//
// prior are the entries stored under the same account and key, in whatever unit.
// The result is the new books and the entries to insert; the last one is e,
// completed, and those before it are what time did. An entry that was posted
// before, or does nothing, leaves the books unchanged: nothing to insert, stored is
// the earlier entry.
//
// Errors: [ErrInvalid], [ErrConflict] (also key-used), [ErrNotFound], [ErrInsufficientCredit].
func (b Books) Post(prior []Entry, e Entry) (after Books, insert []Entry, stored Entry, err error) {
	if err := e.validate(&b); err != nil {
		return b, nil, Entry{}, err
	}
	if done, ok, err := replay(prior, &e); ok || err != nil {
		return b, nil, done, err
	}
	if e.Kind == EntryClose && !e.At.After(b.At) {
		return b, nil, Entry{}, nil
	}
	p := posting{books: b, at: e.At}
	p.books.Grants, p.books.Allowances = slices.Clone(b.Grants), slices.Clone(b.Allowances)
	if p.at.Before(b.At) {
		p.at = b.At
	}
	p.ripen()
	if e.Kind != EntryExpire {
		p.move(prior, &e)
	}
	if p.err != nil {
		return b, nil, Entry{}, p.err
	}
	if len(p.entries) == 0 {
		return b, nil, Entry{}, nil
	}
	return p.books, p.entries, p.entries[len(p.entries)-1], nil
}

// ruleKey is made once, for validate is on the path of every move.
var ruleKey = fmt.Sprintf("is empty or over %d bytes", MaxKeyLen)

func (e *Entry) validate(b *Books) error {
	var c Checks
	c.Require(e.Account != "" && e.Account == b.Account, "Account", "is empty or not that of the books", "name the account")
	if e.Kind != EntryExpire {
		c.Require(e.Key != "" && len(e.Key) <= MaxKeyLen, "Key", ruleKey, "give a key that is the same when the same move is tried again")
	}
	switch e.Kind {
	case EntryExpire:
		return c.Err()
	case EntryRevoke, EntryClose, EntryBilled, EntryUnbilled:
		c.Require(e.Amount.Sign() >= 0, "Amount", "is negative", "give zero or more")
	case EntryTopUp, EntryPayment, EntryAdjustUp, EntryAdjustDown, EntryAllowance, EntryReserve, EntryGrant,
		EntryCapture, EntryRelease, EntryRefund, EntryRecharge, EntryRebate:
		c.Require(e.Amount.Sign() > 0, "Amount", "is not positive", "give an amount above zero")
		c.Require(e.Ceiling.Sign() >= 0, "Ceiling", "is negative", "give zero or more")
	default:
		c.Require(false, "Kind", "is no kind of entry that can be posted", "use one of the Entry constants")
	}
	c.Require(e.Amount.Unit() == b.Unit, "Amount", "is not in the unit of the books", "use one unit per ledger")
	return c.Err()
}

// replay finds e among the entries posted before.
func replay(prior []Entry, e *Entry) (Entry, bool, error) {
	if e.Kind == EntryExpire {
		return Entry{}, false, nil
	}
	released := func(p Entry) bool { return p.Kind == EntryRelease }
	if e.Kind == EntryReserve && slices.ContainsFunc(prior, released) {
		return Entry{}, false, fmt.Errorf("%w: the hold of this key was released; a new hold takes a new key", ErrConflict)
	}
	for i := range prior {
		was := &prior[i]
		if was.Amount.Unit() != e.Amount.Unit() {
			return Entry{}, false, keyUsed("in another unit")
		}
		if was.Kind != e.Kind || was.Round != e.Round || was.Ref != e.Ref {
			continue
		}
		if !sameMove(prior, was, e) {
			return Entry{}, false, keyUsed("with another amount or time")
		}
		return *was, true, nil
	}
	return Entry{}, false, nil
}

func keyUsed(how string) error {
	return &Error{Kind: ErrConflict, Code: CodeKeyUsed, Err: errors.New("this key was used " + how + "; use a new key")}
}

// sameMove compares a move with the one stored under its key. What a refund or a
// recharge moved may be less than was asked for, after rebates: it is asked for by
// the amount of the hold. A revocation takes what there is.
func sameMove(prior []Entry, was, e *Entry) bool {
	switch e.Kind {
	case EntryRevoke:
		return true
	case EntryRefund, EntryRecharge:
		first := slices.IndexFunc(prior, func(p Entry) bool { return p.Kind == EntryReserve })
		return first >= 0 && prior[first].Amount == e.Amount
	case EntryAllowance:
		return was.Amount == e.Amount && was.Allowance.sameRule(e.Allowance)
	}
	return was.Amount == e.Amount && was.Begins.Equal(e.Begins) && was.Expires.Equal(e.Expires)
}

// posting is one entry being applied.
type posting struct {
	books   Books
	at      time.Time
	entries []Entry
	err     error
}

func (p *posting) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *posting) add(a, b Amount) Amount {
	sum, err := a.Add(b)
	if err != nil {
		p.fail(err)
	}
	return sum
}

func (p *posting) record(e *Entry) {
	p.books.Seq++
	p.books.At = p.at
	e.Seq, e.At = p.books.Seq, p.at
	bal, err := p.books.balance()
	if err != nil {
		p.fail(err)
	}
	e.Available, e.Reserved, e.Owed = bal.Available, bal.Reserved, Amount{}
	if bal.Owed.Sign() > 0 {
		e.Owed = bal.Owed
	}
	p.entries = append(p.entries, *e)
}

func (p *posting) move(prior []Entry, e *Entry) {
	switch e.Kind {
	case EntryTopUp, EntryPayment, EntryAdjustUp:
		p.books.Bought = p.add(p.books.Bought, e.Amount)
	case EntryAdjustDown:
		p.books.Bought = p.add(p.books.Bought, e.Amount.Neg())
	case EntryGrant:
		p.grant(e)
	case EntryAllowance:
		p.allow(e)
	case EntryRevoke:
		p.revoke(e)
	case EntryReserve:
		e.Parts = p.take(e.Amount, &e.Ceiling)
		p.books.Reserved = p.add(p.books.Reserved, e.Amount)
	case EntryBilled, EntryUnbilled, EntryClose:
	default:
		p.settle(prior, e)
	}
	if p.err == nil {
		p.record(e)
	}
}

// holdBefore says in which state a hold must be for each move on it.
var holdBefore = map[EntryKind][]EntryKind{
	EntryCapture:  {EntryReserve},
	EntryRelease:  {EntryReserve},
	EntryRefund:   {EntryCapture, EntryRecharge},
	EntryRecharge: {EntryRefund},
	EntryRebate:   {EntryCapture, EntryRecharge},
}

// hold is the state of one hold: its first and last move, and what it still holds.
type hold struct {
	first, last *Entry
	left        Amount
	parts       []Part
}

func holdOf(prior []Entry) (h hold, ok bool) {
	bySeq := func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) }
	if !slices.IsSortedFunc(prior, bySeq) {
		prior = slices.SortedFunc(slices.Values(prior), bySeq)
	}
	for i := range prior {
		e := &prior[i]
		switch e.Kind {
		case EntryReserve:
			h = hold{first: e, last: e, left: e.Amount, parts: e.Parts}
		case EntryCapture, EntryRelease, EntryRefund, EntryRecharge:
			h.last, h.left, h.parts = e, e.Amount, e.Parts
		case EntryRebate:
			h.left.micros -= e.Amount.micros
			h.parts, _ = cut(h.parts, e.Amount)
		}
	}
	return h, h.first != nil
}

// cut divides parts: what stays, and so much from the end. What is owed goes first,
// then bought credit, then what was included.
func cut(parts []Part, amount Amount) (stays, gone []Part) {
	stays = slices.Clone(parts)
	for i := len(stays) - 1; i >= 0 && amount.micros > 0; i-- {
		share := stays[i]
		share.Amount = smaller(share.Amount, amount)
		amount.micros -= share.Amount.micros
		stays[i].Amount.micros -= share.Amount.micros
		gone = append(gone, share)
	}
	return slices.DeleteFunc(stays, func(p Part) bool { return p.Amount.IsZero() }), gone
}

// settle makes the moves on a hold.
func (p *posting) settle(prior []Entry, e *Entry) {
	h, ok := holdOf(prior)
	switch {
	case !ok:
		p.fail(fmt.Errorf("%w: nothing was reserved under this key", ErrNotFound))
		return
	case !slices.Contains(holdBefore[e.Kind], h.last.Kind):
		p.fail(fmt.Errorf("%w: the hold stands at %q, which does not allow %q", ErrConflict, h.last.Kind, e.Kind))
		return
	case e.Kind == EntryRebate && e.Amount.micros >= h.left.micros:
		p.fail(fmt.Errorf("%w: a rebate is less than what is left of the charge; refund the whole", ErrConflict))
		return
	case e.Kind != EntryRebate && e.Amount != h.first.Amount:
		p.fail(fmt.Errorf("%w: the amount is not the one reserved", ErrConflict))
		return
	}
	e.describe(h.first)
	p.moveHold(h, e)
}

// describe copies what a hold pays for, unless the move says it itself.
func (e *Entry) describe(first *Entry) {
	if e.Letter == "" {
		e.Letter = first.Letter
	}
	if e.Service == "" {
		e.Service, e.Purpose, e.Lines = first.Service, first.Purpose, first.Lines
	}
}

func (p *posting) moveHold(h hold, e *Entry) {
	switch e.Kind {
	case EntryCapture:
		e.Parts = h.parts
		p.books.Reserved = p.add(p.books.Reserved, e.Amount.Neg())
	case EntryRelease:
		p.books.Reserved = p.add(p.books.Reserved, e.Amount.Neg())
		e.Parts = p.giveBack(h.parts, e.Restore)
	case EntryRefund:
		e.Amount = h.left
		e.Parts = p.giveBack(h.parts, e.Restore)
	case EntryRebate:
		_, gone := cut(h.parts, e.Amount)
		e.Parts = p.giveBack(gone, e.Restore)
	case EntryRecharge:
		e.Amount = h.left
		e.Parts = p.take(e.Amount, nil)
	}
}

// take draws amount from the grants, first to expire first, then from bought
// credit, and what that does not cover is owed. With a ceiling it fails rather
// than owe more than that.
func (p *posting) take(amount Amount, ceiling *Amount) []Part {
	if ceiling != nil && !p.covers(amount, *ceiling) {
		p.fail(ErrInsufficientCredit)
		return nil
	}
	parts, rest := p.takeIncluded(amount)
	bought := smaller(rest, Amount{micros: max(p.books.Bought.micros, 0), unit: rest.unit})
	owed := p.add(rest, bought.Neg())
	if bought.Sign() > 0 {
		parts = append(parts, Part{Amount: bought})
	}
	if owed.Sign() > 0 {
		parts = append(parts, Part{Owed: true, Amount: owed})
	}
	p.books.Bought = p.add(p.books.Bought, rest.Neg())
	return parts
}

// covers tells whether included credit, bought credit and what may be owed suffice.
// What is owed already does not eat into what is included.
func (p *posting) covers(amount, ceiling Amount) bool {
	rest := amount.micros
	for i := range p.books.Grants {
		if g := &p.books.Grants[i]; g.usable() {
			rest -= min(rest, g.Left.micros)
		}
	}
	return rest == 0 || p.books.Bought.micros-rest >= -ceiling.micros
}

func smaller(a, b Amount) Amount {
	if a.micros < b.micros {
		return a
	}
	return b
}

// giveBack returns parts to where they came from. What belonged to a grant that
// has ended since ends with it, unless it is to be restored: then it becomes
// bought credit.
func (p *posting) giveBack(parts []Part, restore bool) []Part {
	back := make([]Part, len(parts))
	for i, part := range parts {
		switch {
		case part.Grant == "":
			p.books.Bought = p.add(p.books.Bought, part.Amount)
		case restore && !part.Expires.After(p.at):
			part.Restored = true
			p.books.Bought = p.add(p.books.Bought, part.Amount)
		default:
			p.giveTo(Grant{Key: part.Grant, Left: part.Amount, Expires: part.Expires})
		}
		back[i] = part
	}
	return back
}
