package courrier

import (
	"slices"
	"time"
)

// EntryKind is what a ledger entry does.
type EntryKind string

// The kinds of entries. A hold is the life of one reserved amount under one key:
// reserve, then capture or release. A captured hold may be refunded, and a refunded
// one recharged when the letter was posted after all.
const (
	EntryTopUp      EntryKind = "top_up"      // bought credit comes in
	EntryPayment    EntryKind = "payment"     // what was owed is paid
	EntryAdjustUp   EntryKind = "adjust_up"   // a person corrects in favour of the account, with a reason
	EntryAdjustDown EntryKind = "adjust_down" // a person corrects against it, with a reason
	EntryAllowance  EntryKind = "allowance"   // a rule begins that grants each month; moves nothing itself
	EntryGrant      EntryKind = "grant"       // included credit comes in, until it expires
	EntryBegin      EntryKind = "begin"       // a grant that was made ahead of its time begins
	EntryExpire     EntryKind = "expire"      // what is left of a grant goes
	EntryRevoke     EntryKind = "revoke"      // what is left of a grant or an allowance is taken back
	EntryReserve    EntryKind = "reserve"     // available becomes reserved
	EntryCapture    EntryKind = "capture"     // reserved is spent
	EntryRelease    EntryKind = "release"     // reserved becomes available: nothing was accepted
	EntryRefund     EntryKind = "refund"      // spent becomes available: accepted, then failed
	EntryRecharge   EntryKind = "recharge"    // a refund is taken back: the letter was posted after all
	EntryRebate     EntryKind = "rebate"      // a part of what was spent becomes available
	EntryBilled     EntryKind = "billed"      // the carrier bills the account itself; moves nothing
	EntryUnbilled   EntryKind = "unbilled"    // what the carrier would have billed failed; moves nothing
	EntryClose      EntryKind = "close"       // a period ends: what comes later counts later; moves nothing
)

// effects says what an entry adds to what is available and to what is reserved, in
// multiples of its amount: the line after it is the line before and that. A kind
// that is not listed moves nothing.
var effects = map[EntryKind]struct{ available, reserved int }{
	EntryTopUp: {1, 0}, EntryPayment: {1, 0}, EntryAdjustUp: {1, 0}, EntryAdjustDown: {-1, 0},
	EntryGrant: {1, 0}, EntryBegin: {1, 0}, EntryExpire: {-1, 0}, EntryRevoke: {-1, 0},
	EntryReserve: {-1, 1}, EntryCapture: {0, -1}, EntryRelease: {1, -1},
	EntryRefund: {1, 0}, EntryRecharge: {-1, 0}, EntryRebate: {1, 0},
}

// Entry is one line of an account's ledger, which only ever grows.
type Entry struct {
	Account AccountID `json:"account"`
	Seq     int64     `json:"seq"` // 1, 2, 3… within the account and unit; set by the store
	// Key and Kind (with Round for refunds and recharges, and Ref for rebates) make a move happen once.
	// All entries of a hold carry the key of its reserve. A key is used in one unit only.
	Key     string    `json:"key"`
	Kind    EntryKind `json:"kind"`
	Round   int       `json:"round,omitempty"`
	Ref     string    `json:"ref,omitempty"`    // of a rebate: the host's own key
	Amount  Amount    `json:"amount"`           // zero or more; the kind tells the direction
	Ceiling Amount    `json:"ceiling,omitzero"` // how far below zero a reserve may take bought credit: post-paid
	Parts   []Part    `json:"parts,omitempty"`  // where the amount came from, or went back to
	Begins  time.Time `json:"begins,omitzero"`  // of a grant made ahead of its time
	Expires time.Time `json:"expires,omitzero"` // of a grant

	Allowance *Allowance `json:"allowance,omitempty"` // the rule that an EntryAllowance begins
	// Restore is set on a release or refund after a carrier's failure: what came from a grant that has ended becomes
	// bought credit. Else that part goes back to its grant and ends with it.
	Restore bool   `json:"restore,omitempty"`
	Reason  string `json:"reason,omitempty"` // of a correction, in the words of who made it
	// Letter is the letter paid for; Service, Purpose and Lines say for what: a statement needs only the ledger.
	Letter  LetterID    `json:"letter,omitempty"`
	Service Service     `json:"service,omitempty"`
	Purpose Purpose     `json:"purpose,omitempty"`
	Lines   []PriceLine `json:"lines,omitempty"`
	Actor   ActorID     `json:"actor,omitempty"` // who did it, when the host said so
	At      time.Time   `json:"at"`              // never before the entry that precedes it
	// Available and Reserved are the balance after this entry; Owed is how far bought credit is below zero.
	Available Amount `json:"available"`
	Reserved  Amount `json:"reserved"`
	Owed      Amount `json:"owed,omitzero"`
}

// Effect returns what the entry adds to the balance before it: nothing for a grant
// made ahead of its time, whose beginning adds it.
func (e Entry) Effect() (available, reserved Amount) {
	effect := effects[e.Kind]
	if e.Kind == EntryGrant && e.Begins.After(e.At) {
		effect.available = 0
	}
	times := func(n int) Amount { return Amount{micros: int64(n) * e.Amount.micros, unit: e.Amount.unit} }
	return times(effect.available), times(effect.reserved)
}

// Part is a share of an entry: of one grant, of bought credit, or owed.
type Part struct {
	Grant    string    `json:"grant,omitempty"`    // key of the grant; empty for bought or owed
	Owed     bool      `json:"owed,omitempty"`     // taken below zero: post-paid
	Restored bool      `json:"restored,omitempty"` // came back as bought credit, for its grant has ended
	Amount   Amount    `json:"amount"`
	Expires  time.Time `json:"expires,omitzero"`
}

// Grant is included credit not yet used.
type Grant struct {
	Key     string    `json:"key"`
	Left    Amount    `json:"left"`
	Begins  time.Time `json:"begins,omitzero"` // zero once it has begun
	Expires time.Time `json:"expires"`
	Revoked bool      `json:"revoked,omitempty"` // what comes back to it ends at once
}

// Allowance grants included credit each month, such as the letters of a
// subscription. The ledger makes each month's grant when it is next looked at or
// moved, dated to the month's beginning.
type Allowance struct {
	Key    string `json:"key"`    // its grants have this key, "/" and the day on which they begin
	Amount Amount `json:"amount"` // each month
	// From is when it begins, at most a year ago. Months begin at midnight of that day of the month, or of its last day.
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"` // no month begins then or later; zero: until revoked
	Zone  string    `json:"zone,omitempty"` // IANA name, of these days; empty: Europe/Paris
	// Carry is for how many months more the rest of a month may be used, 0 to 12; 0: it ends with its month.
	Carry int       `json:"carry,omitempty"`
	Made  int       `json:"made,omitempty"` // months granted; set by the ledger
	Next  time.Time `json:"next,omitzero"`  // when the next one begins; set by the ledger
}

// Books is the state of one account's ledger in one unit: what a store keeps beside
// the entries, so that no move reads history.
type Books struct {
	Account    AccountID   `json:"account"`
	Unit       string      `json:"unit"`
	Seq        int64       `json:"seq"`    // of the last entry; 0: no entry yet
	Bought     Amount      `json:"bought"` // below zero: owed
	Grants     []Grant     `json:"grants,omitempty"`
	Allowances []Allowance `json:"allowances,omitempty"`
	Reserved   Amount      `json:"reserved"`
	At         time.Time   `json:"at,omitzero"` // of the last entry; no later one is dated before
}

// Balance is what an account has, in one unit.
type Balance struct {
	Available Amount `json:"available"` // included and bought credit, less what is owed
	Reserved  Amount `json:"reserved"`  // held for letters on their way to the carrier
	// Owed is spent beyond the credit and not paid yet. Included credit does not pay for it.
	Owed     Amount    `json:"owed"`
	Included Amount    `json:"included"`         // the part of Available that expires
	Expires  time.Time `json:"expires,omitzero"` // when the first of it does; zero when nothing expires
}

// Balance computes the balance at a moment. Errors: [ErrInvalid].
func (b Books) Balance(at time.Time) (Balance, error) {
	now, _, err := b.Due(at)
	if err != nil {
		return Balance{}, err
	}
	return now.balance()
}

// balance is the balance of the books as they stand.
func (b *Books) balance() (Balance, error) {
	zero := zeroOf(b.Unit)
	bal := Balance{Reserved: zero, Owed: zero, Included: zero}
	var err error
	if bal.Reserved, err = zero.Add(b.Reserved); err != nil {
		return Balance{}, err
	}
	for i := range b.Grants {
		g := &b.Grants[i]
		if !g.Begins.IsZero() || g.Left.IsZero() {
			continue
		}
		if bal.Included, err = bal.Included.Add(g.Left); err != nil {
			return Balance{}, err
		}
		if bal.Expires.IsZero() || g.Expires.Before(bal.Expires) {
			bal.Expires = g.Expires
		}
	}
	if b.Bought.Sign() < 0 {
		bal.Owed = b.Bought.Neg()
	}
	bal.Available, err = bal.Included.Add(b.Bought)
	return bal, err
}

func zeroOf(unit string) Amount { return Amount{unit: unit} }

// Due returns the books at a moment, and the entries that the next move writes for
// grants that began or expired and allowances. Errors: [ErrInvalid].
func (b Books) Due(at time.Time) (Books, []Entry, error) {
	p := posting{books: b, at: at}
	p.books.Grants, p.books.Allowances = slices.Clone(b.Grants), slices.Clone(b.Allowances)
	if p.at.Before(b.At) {
		p.at = b.At
	}
	p.ripen()
	if p.err != nil {
		return b, nil, p.err
	}
	return p.books, p.entries, nil
}
