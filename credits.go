package courrier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// EntryKind is what a ledger entry does.
type EntryKind string

// The kinds of entries. A hold is the life of one reserved amount under one
// key: reserve, then capture or release; a captured hold may be refunded, and a
// refunded one charged again when the letter turns out to have been posted.
const (
	EntryTopUp    EntryKind = "top_up"   // bought credit comes in
	EntryGrant    EntryKind = "grant"    // included credit comes in, until it expires
	EntryExpire   EntryKind = "expire"   // what is left of a grant goes
	EntryReserve  EntryKind = "reserve"  // available becomes reserved
	EntryCapture  EntryKind = "capture"  // reserved is spent
	EntryRelease  EntryKind = "release"  // reserved becomes available: nothing was accepted
	EntryRefund   EntryKind = "refund"   // spent becomes available: accepted, then failed
	EntryRecharge EntryKind = "recharge" // a refund is taken back: the letter was posted after all
)

// Entry is one line of an account's ledger, which only ever grows.
type Entry struct {
	Account AccountID `json:"account"`
	Seq     int64     `json:"seq"` // 1, 2, 3… within the account and unit; set by the store
	// Key and Kind (and Round, for refunds and recharges of one hold) make a
	// move happen once. All entries of a hold carry the key of its reserve.
	Key    string    `json:"key"`
	Kind   EntryKind `json:"kind"`
	Round  int       `json:"round,omitempty"`
	Amount Amount    `json:"amount"` // positive; the kind tells the direction
	// Ceiling is how far below zero this reserve may take the available
	// balance: post-paid accounts buy on credit.
	Ceiling Amount    `json:"ceiling,omitzero"`
	Parts   []Part    `json:"parts,omitempty"`  // where the amount came from, or went back to
	Expires time.Time `json:"expires,omitzero"` // of a grant
	Letter  LetterID  `json:"letter,omitempty"` // the letter paid for
	Actor   ActorID   `json:"actor,omitempty"`  // who did it, when the host said so
	At      time.Time `json:"at"`               // never before the entry that precedes it
	// Available and Reserved are the balance after this entry.
	Available Amount `json:"available"`
	Reserved  Amount `json:"reserved"`
}

// Part is a share of an entry: bought credit, or one grant's.
type Part struct {
	Grant   string    `json:"grant,omitempty"` // key of the grant; empty for bought credit
	Amount  Amount    `json:"amount"`
	Expires time.Time `json:"expires,omitzero"`
}

// Grant is included credit not yet used.
type Grant struct {
	Key     string    `json:"key"`
	Left    Amount    `json:"left"`
	Expires time.Time `json:"expires"`
}

// Books is the state of one account's ledger in one unit: what a store keeps
// beside the entries so that no move has to read history.
type Books struct {
	Account  AccountID `json:"account"`
	Unit     string    `json:"unit"`
	Seq      int64     `json:"seq"` // of the last entry; 0: no entry yet
	Bought   Amount    `json:"bought"`
	Grants   []Grant   `json:"grants,omitempty"`
	Reserved Amount    `json:"reserved"`
	At       time.Time `json:"at,omitzero"` // of the last entry
}

// Balance is what an account has, in one unit.
type Balance struct {
	Available Amount    `json:"available"`        // may be spent now; negative for a post-paid account that owes
	Reserved  Amount    `json:"reserved"`         // held for letters on their way to the carrier
	Included  Amount    `json:"included"`         // the part of Available that expires
	Expires   time.Time `json:"expires,omitzero"` // when the first of it does; zero when nothing expires
}

// Balance computes the balance at a moment: grants that expired by then do not
// count, whether or not their expiry was recorded.
func (b Books) Balance(at time.Time) (Balance, error) {
	bal := Balance{Available: zeroOf(b.Unit), Reserved: zeroOf(b.Unit), Included: zeroOf(b.Unit)}
	var err error
	if bal.Reserved, err = bal.Reserved.Add(b.Reserved); err != nil {
		return Balance{}, err
	}
	for _, g := range b.Grants {
		if !g.Expires.After(at) || g.Left.IsZero() {
			continue
		}
		if bal.Included, err = bal.Included.Add(g.Left); err != nil {
			return Balance{}, err
		}
		if bal.Expires.IsZero() || g.Expires.Before(bal.Expires) {
			bal.Expires = g.Expires
		}
	}
	bal.Available, err = bal.Included.Add(b.Bought)
	return bal, err
}

func zeroOf(unit string) Amount { return Amount{unit: unit} }

// Post applies one entry to the books: the whole of the ledger's rules, as a
// pure function that every [Store] calls under the lock of the books' row.
//
// prior are the entries stored under the same account, unit and key. The
// result is the new books and the entries to insert, of which the last is e
// itself, completed. When e was posted before, the books come back unchanged,
// with no entry to insert and the earlier entry as stored.
//
// The errors are [ErrInvalid], [ErrConflict] (same key, other amount; or a hold
// that already ended the other way), [ErrNotFound] (no such hold) and
// [ErrInsufficientCredit].
func (b Books) Post(prior []Entry, e Entry) (after Books, insert []Entry, stored Entry, err error) {
	if err := e.validate(b); err != nil {
		return b, nil, Entry{}, err
	}
	if done, ok, err := replay(prior, e); ok || err != nil {
		return b, nil, done, err
	}
	p := posting{books: b, at: e.At}
	p.books.Grants = slices.Clone(b.Grants)
	if p.at.Before(b.At) {
		p.at = b.At
	}
	p.expire()
	if e.Kind != EntryExpire {
		p.move(prior, e)
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

func (e Entry) validate(b Books) error {
	var c Checks
	c.Require(e.Account != "" && e.Account == b.Account, "Account", "is empty or not that of the books", "name the account")
	if e.Kind != EntryExpire {
		c.Require(e.Key != "" && len(e.Key) <= MaxKeyLen, "Key", ruleKey, "give a key that is the same when the same move is tried again")
	}
	switch e.Kind {
	case EntryTopUp, EntryReserve, EntryGrant, EntryCapture, EntryRelease, EntryRefund, EntryRecharge:
		c.Require(e.Amount.Sign() > 0, "Amount", "is not positive", "give an amount above zero")
		c.Require(e.Amount.Unit() == b.Unit, "Amount", "is not in the unit of the books", "use one unit per ledger")
		c.Require(e.Ceiling.Sign() >= 0, "Ceiling", "is negative", "give zero or more")
	case EntryExpire:
	default:
		c.Require(false, "Kind", "is no kind of entry", "use one of the Entry constants")
	}
	return c.Err()
}

// replay finds e among the entries posted before.
func replay(prior []Entry, e Entry) (Entry, bool, error) {
	for _, was := range prior {
		if was.Kind != e.Kind || was.Round != e.Round || e.Kind == EntryExpire {
			continue
		}
		if !was.Amount.Equal(e.Amount) {
			return Entry{}, false, fmt.Errorf("%w: this key was used with another amount", ErrConflict)
		}
		return was, true, nil
	}
	return Entry{}, false, nil
}

// posting is one entry being applied.
type posting struct {
	books   Books
	at      time.Time
	entries []Entry
	err     error
}

func (p *posting) add(a, b Amount) Amount {
	sum, err := a.Add(b)
	if err != nil && p.err == nil {
		p.err = err
	}
	return sum
}

func (p *posting) record(e Entry) {
	p.books.Seq++
	p.books.At = p.at
	e.Seq, e.At = p.books.Seq, p.at
	bal, err := p.books.Balance(p.at)
	if err != nil && p.err == nil {
		p.err = err
	}
	e.Available, e.Reserved = bal.Available, bal.Reserved
	p.entries = append(p.entries, e)
}

// expire drops the grants whose time is over and records what was lost, at the
// moment at which it was: no entry can stand between that moment and now.
func (p *posting) expire() {
	var expired []Grant
	for _, g := range p.books.Grants {
		if !g.Expires.After(p.at) {
			expired = append(expired, g)
		}
	}
	now := p.at
	slices.SortFunc(expired, byExpiry)
	for _, g := range expired {
		p.books.Grants = slices.DeleteFunc(p.books.Grants, func(o Grant) bool { return o.Key == g.Key })
		if !g.Left.IsZero() {
			if p.at = g.Expires; p.at.Before(p.books.At) { // granted by a clock that was behind
				p.at = p.books.At
			}
			p.record(Entry{Account: p.books.Account, Key: g.Key, Kind: EntryExpire, Round: int(p.books.Seq), Amount: g.Left, Expires: g.Expires})
		}
	}
	p.at = now
}

func byExpiry(a, b Grant) int {
	return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.Key, b.Key))
}

func (p *posting) move(prior []Entry, e Entry) {
	switch e.Kind {
	case EntryTopUp:
		p.books.Bought = p.add(p.books.Bought, e.Amount)
	case EntryGrant:
		if !e.Expires.After(e.At) {
			p.err = &FieldError{Field: "Expires", Rule: "is not in the future", Remedy: "give the moment at which the grant ends"}
		}
		p.giveTo(Grant{Key: e.Key, Left: e.Amount, Expires: e.Expires})
	case EntryReserve:
		e.Parts = p.take(e.Amount, &e.Ceiling)
		p.books.Reserved = p.add(p.books.Reserved, e.Amount)
	default:
		p.settle(prior, &e)
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
}

// settle makes the moves on a hold.
func (p *posting) settle(prior []Entry, e *Entry) {
	last, ok := lastOfHold(prior)
	switch {
	case !ok:
		p.err = fmt.Errorf("%w: nothing was reserved under this key", ErrNotFound)
		return
	case !slices.Contains(holdBefore[e.Kind], last.Kind):
		p.err = fmt.Errorf("%w: the hold stands at %q, which does not allow %q", ErrConflict, last.Kind, e.Kind)
		return
	case !e.Amount.Equal(last.Amount):
		p.err = fmt.Errorf("%w: the amount is not the one reserved", ErrConflict)
		return
	}
	e.Parts = last.Parts
	if e.Letter == "" {
		e.Letter = last.Letter
	}
	if e.Kind == EntryCapture || e.Kind == EntryRelease {
		p.books.Reserved = p.add(p.books.Reserved, e.Amount.Neg())
	}
	switch e.Kind {
	case EntryRelease, EntryRefund:
		e.Parts = p.giveBack(last.Parts)
	case EntryRecharge:
		e.Parts = p.take(e.Amount, nil)
	}
}

func lastOfHold(prior []Entry) (Entry, bool) {
	var last Entry
	for _, e := range prior {
		_, onHold := holdBefore[e.Kind]
		if (onHold || e.Kind == EntryReserve) && e.Seq > last.Seq {
			last = e
		}
	}
	return last, last.Seq > 0
}

// take draws amount from the grants, first to expire first, then from bought
// credit. With a ceiling it fails rather than go further below zero than that.
func (p *posting) take(amount Amount, ceiling *Amount) []Part {
	if ceiling != nil && !p.covers(amount, *ceiling) {
		return nil
	}
	slices.SortFunc(p.books.Grants, byExpiry)
	var parts []Part
	rest := amount
	for i := range p.books.Grants {
		g := &p.books.Grants[i]
		share := smaller(g.Left, rest)
		if share.Sign() <= 0 {
			continue
		}
		g.Left = p.add(g.Left, share.Neg())
		rest = p.add(rest, share.Neg())
		parts = append(parts, Part{Grant: g.Key, Amount: share, Expires: g.Expires})
	}
	p.books.Grants = slices.DeleteFunc(p.books.Grants, func(g Grant) bool { return g.Left.IsZero() })
	if rest.Sign() > 0 {
		p.books.Bought = p.add(p.books.Bought, rest.Neg())
		parts = append(parts, Part{Amount: rest})
	}
	return parts
}

func (p *posting) covers(amount, ceiling Amount) bool {
	bal, err := p.books.Balance(p.at)
	if err != nil {
		p.err = err
		return false
	}
	left := p.add(bal.Available, amount.Neg())
	if p.err == nil && left.micros < -ceiling.micros {
		p.err = ErrInsufficientCredit
	}
	return p.err == nil
}

func smaller(a, b Amount) Amount {
	if a.micros < b.micros {
		return a
	}
	return b
}

// giveBack returns parts to where they came from. What belonged to a grant that
// has expired since becomes bought credit: a credit given back is never lost.
func (p *posting) giveBack(parts []Part) []Part {
	back := make([]Part, len(parts))
	for i, part := range parts {
		if part.Grant != "" && part.Expires.After(p.at) {
			p.giveTo(Grant{Key: part.Grant, Left: part.Amount, Expires: part.Expires})
		} else {
			part = Part{Amount: part.Amount}
			p.books.Bought = p.add(p.books.Bought, part.Amount)
		}
		back[i] = part
	}
	return back
}

func (p *posting) giveTo(g Grant) {
	for i, o := range p.books.Grants {
		if o.Key == g.Key {
			p.books.Grants[i].Left = p.add(o.Left, g.Left)
			return
		}
	}
	p.books.Grants = append(p.books.Grants, g)
}

// CreditLedger is one account's credit: an append-only ledger in which every
// move happens once per key, whatever is retried. It is safe for concurrent use.
type CreditLedger struct {
	client  *Client
	account AccountID
}

// Credits returns the ledger of an account.
func (c *Client) Credits(account AccountID) *CreditLedger {
	return &CreditLedger{client: c, account: account}
}

// TopUp adds bought credit under the host's key of the purchase, after asking
// Config.Authorize for [ActionTopUp], and wakes the letters that waited for it.
// [ErrDenied] when that refuses; [ErrConflict] when the key was used with another
// amount.
func (l *CreditLedger) TopUp(ctx context.Context, key string, amount Amount) (Entry, error) {
	if err := l.client.Authorize(ctx, Action{Kind: ActionTopUp, Account: l.account, Amount: amount}); err != nil {
		return Entry{}, err
	}
	e, err := l.post(ctx, "top up", Entry{Key: key, Kind: EntryTopUp, Amount: amount})
	if err != nil {
		return Entry{}, err
	}
	l.client.wakeAccount(ctx, l.account)
	return e, nil
}

// Grant adds included credit, such as a plan's monthly letters, that is used
// before bought credit and lost when it expires. It wakes waiting letters.
func (l *CreditLedger) Grant(ctx context.Context, key string, amount Amount, expires time.Time) (Entry, error) {
	e, err := l.post(ctx, "grant", Entry{Key: key, Kind: EntryGrant, Amount: amount, Expires: expires.UTC().Truncate(time.Microsecond)})
	if err != nil {
		return Entry{}, err
	}
	l.client.wakeAccount(ctx, l.account)
	return e, nil
}

// Reserve holds amount under key until [CreditLedger.Capture] or
// [CreditLedger.Release]. It fails with [ErrInsufficientCredit] when the
// balance, with the account's post-paid ceiling, does not cover it. A key holds
// once: after its release a new hold takes a new key.
func (l *CreditLedger) Reserve(ctx context.Context, key string, amount Amount) (Entry, error) {
	e := Entry{Key: key, Kind: EntryReserve, Amount: amount}
	stored, err := l.post(ctx, "reserve", e)
	if !errors.Is(err, ErrInsufficientCredit) {
		return stored, err
	}
	// Only an account that ran out of credit costs a look at its settings.
	settings, serr := l.client.Settings(ctx, l.account)
	if serr != nil {
		return Entry{}, serr
	}
	if e.Ceiling = settings.ceilingIn(amount.Unit()); e.Ceiling.IsZero() {
		return Entry{}, err
	}
	return l.post(ctx, "reserve", e)
}

// Capture spends the amount that was reserved under key.
func (l *CreditLedger) Capture(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.post(ctx, "capture", Entry{Key: key, Kind: EntryCapture, Amount: amount})
}

// Release gives back the amount that was reserved under key and not captured.
func (l *CreditLedger) Release(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.giveBack(ctx, "release", Entry{Key: key, Kind: EntryRelease, Amount: amount})
}

// Refund gives back the amount that was captured under key.
func (l *CreditLedger) Refund(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.giveBack(ctx, "refund", Entry{Key: key, Kind: EntryRefund, Amount: amount})
}

func (l *CreditLedger) giveBack(ctx context.Context, op string, e Entry) (Entry, error) {
	stored, err := l.post(ctx, op, e)
	if err != nil {
		return Entry{}, err
	}
	l.client.wakeAccount(ctx, l.account)
	return stored, nil
}

func (l *CreditLedger) post(ctx context.Context, op string, e Entry) (Entry, error) {
	e.Account, e.At, e.Actor = l.account, l.client.now(), ActorFrom(ctx).ID
	results, err := l.client.store.Commit(ctx, Change{Entries: []Entry{e}})
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%s: %w", op, err)
	}
	return results[0].Entries[0], nil
}

// Balance returns the balance in a unit, at this moment.
func (l *CreditLedger) Balance(ctx context.Context, unit string) (Balance, error) {
	books, err := l.client.store.Books(ctx, l.account, unit)
	if err != nil {
		return Balance{}, fmt.Errorf("balance: %w", err)
	}
	return books.Balance(l.client.now())
}

// Entries lists the ledger, oldest first unless the filter says otherwise.
func (l *CreditLedger) Entries(ctx context.Context, f EntryFilter) iter.Seq2[Entry, error] {
	f.Account = l.account
	return l.client.store.Entries(ctx, f)
}

// Statement is a month of an account's ledger in one unit: what a post-paid
// account is invoiced, and the month's audit for any account.
type Statement struct {
	Account AccountID            `json:"account"`
	Unit    string               `json:"unit"`
	From    time.Time            `json:"from"`    // of the month, in the location asked for
	To      time.Time            `json:"to"`      // excluded
	Opening Balance              `json:"opening"` // before the first entry; Included and Expires are not set
	Closing Balance              `json:"closing"` // after the last one
	Totals  map[EntryKind]Amount `json:"totals"`  // by kind, of the month
	Spent   Amount               `json:"spent"`   // captured and recharged less refunded: what a post-paid account owes for the month
	Entries []Entry              `json:"entries,omitempty"`
}

// Statement returns the statement of the month that holds the moment in, taken
// in its own location.
func (l *CreditLedger) Statement(ctx context.Context, unit string, in time.Time) (Statement, error) {
	y, m, _ := in.Date()
	s := Statement{
		Account: l.account, Unit: unit, Totals: map[EntryKind]Amount{}, Spent: zeroOf(unit),
		From: time.Date(y, m, 1, 0, 0, 0, 0, in.Location()), To: time.Date(y, m+1, 1, 0, 0, 0, 0, in.Location()),
		Opening: Balance{Available: zeroOf(unit), Reserved: zeroOf(unit)},
	}
	// Expired grants are recorded first, so that the statement shows them.
	if _, err := l.client.store.Commit(ctx, Change{Entries: []Entry{{Account: l.account, Kind: EntryExpire, Amount: zeroOf(unit), At: l.client.now()}}}); err != nil {
		return Statement{}, fmt.Errorf("statement: %w", err)
	}
	for e, err := range l.Entries(ctx, EntryFilter{Unit: unit, To: s.From, Newest: true, Limit: 1}) {
		if err != nil {
			return Statement{}, fmt.Errorf("statement: %w", err)
		}
		s.Opening = Balance{Available: e.Available, Reserved: e.Reserved}
	}
	s.Closing = s.Opening
	for e, err := range l.Entries(ctx, EntryFilter{Unit: unit, From: s.From, To: s.To}) {
		if err == nil {
			err = s.add(e)
		}
		if err != nil {
			return Statement{}, fmt.Errorf("statement: %w", err)
		}
	}
	return s, nil
}

func (s *Statement) add(e Entry) (err error) {
	s.Entries = append(s.Entries, e)
	s.Closing = Balance{Available: e.Available, Reserved: e.Reserved}
	if s.Totals[e.Kind], err = s.Totals[e.Kind].Add(e.Amount); err != nil {
		return err
	}
	switch e.Kind {
	case EntryCapture, EntryRecharge:
		s.Spent, err = s.Spent.Add(e.Amount)
	case EntryRefund:
		s.Spent, err = s.Spent.Sub(e.Amount)
	}
	return err
}
