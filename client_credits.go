package courrier

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// CreditLedger is one account's credit. It only grows, and every move happens once
// per key, whatever is retried. A key is the account's, whatever the unit;
// "letter/…" and "courrier/…" are the library's. It is safe for concurrent use.
// Errors of each call: [ErrInvalid].
type CreditLedger struct {
	client  *Client
	account AccountID
}

// Credits returns the ledger of an account. With an empty account every call is
// [ErrInvalid]: for all accounts see [Client.Balances].
func (c *Client) Credits(account AccountID) *CreditLedger {
	return &CreditLedger{client: c, account: account}
}

// libraryKeys begin the keys that a host may not move.
var libraryKeys = []string{"letter/", "courrier/"}

// errNoUnit refuses what can be the unit of no ledger.
var errNoUnit = &FieldError{Field: "unit", Rule: "is no unit", Remedy: "give that of an Amount, such as EUR"}

// check refuses what no host may ask for.
func (l *CreditLedger) check(key string) error {
	var c Checks
	c.Require(l.account != "", "Account", "is empty", "name the account")
	for _, prefix := range libraryKeys {
		c.Require(!strings.HasPrefix(key, prefix), "Key", "begins with "+prefix, "use another key: these are the library's")
	}
	return c.Err()
}

// TopUp adds bought credit under the host's key of the purchase and wakes letters
// that waited for it. It asks for [ActionTopUp]. The unit is one of [Config.Units].
// Errors: [ErrDenied], [ErrConflict] (key-used).
func (l *CreditLedger) TopUp(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.allowed(ctx, ActionTopUp, Entry{Key: key, Kind: EntryTopUp, Amount: amount})
}

// Pay enters a payment of what is owed; the rest is bought credit. It asks for
// [ActionTopUp]. It errs as [CreditLedger.TopUp].
func (l *CreditLedger) Pay(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.allowed(ctx, ActionTopUp, Entry{Key: key, Kind: EntryPayment, Amount: amount})
}

// Adjust corrects bought credit by an amount above or below zero, for a reason that
// statements show. It is no spending. It asks for [ActionAdjust] and errs as
// [CreditLedger.TopUp].
func (l *CreditLedger) Adjust(ctx context.Context, key string, amount Amount, reason string) (Entry, error) {
	if strings.TrimSpace(reason) == "" {
		return Entry{}, &FieldError{Field: "Reason", Rule: "is empty", Remedy: "say why the balance is corrected"}
	}
	e := Entry{Key: key, Kind: EntryAdjustUp, Amount: amount, Reason: reason}
	if amount.Sign() < 0 {
		e.Kind, e.Amount = EntryAdjustDown, amount.Neg()
	}
	return l.allowed(ctx, ActionAdjust, e)
}

// Grant adds included credit, used first and lost when it expires. It wakes waiting
// letters, asks for [ActionGrant] and errs as [CreditLedger.TopUp].
func (l *CreditLedger) Grant(ctx context.Context, key string, amount Amount, expires time.Time) (Entry, error) {
	return l.GrantFrom(ctx, key, amount, time.Time{}, expires)
}

// GrantFrom is [CreditLedger.Grant] of credit that may be used from a moment on. It
// errs as [CreditLedger.TopUp].
func (l *CreditLedger) GrantFrom(ctx context.Context, key string, amount Amount, begins, expires time.Time) (Entry, error) {
	return l.allowed(ctx, ActionGrant, Entry{Key: key, Kind: EntryGrant, Amount: amount, Begins: toStored(begins), Expires: toStored(expires)})
}

// toStored is a time as stores keep it.
func toStored(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}

// Allow begins an allowance. It asks for [ActionGrant] and errs as
// [CreditLedger.TopUp]. For less, [CreditLedger.Revoke] it and begin another.
func (l *CreditLedger) Allow(ctx context.Context, a Allowance) (Entry, error) {
	a.From, a.Until, a.Made, a.Next = toStored(a.From), toStored(a.Until), 0, time.Time{}
	return l.allowed(ctx, ActionGrant, Entry{Key: a.Key, Kind: EntryAllowance, Amount: a.Amount, Allowance: &a})
}

// Revoke takes back what is left of a grant, or ends an allowance with all that its
// grants have left; the reason is kept. It is no spending. It asks for
// [ActionGrant]. Errors: [ErrNotFound], [ErrDenied], [ErrConflict] (key-used).
func (l *CreditLedger) Revoke(ctx context.Context, key, unit, reason string) (Entry, error) {
	return l.allowed(ctx, ActionGrant, Entry{Key: key, Kind: EntryRevoke, Amount: zeroOf(unit), Reason: reason})
}

// Reserve holds amount under key until Capture or Release; a new hold takes a new key.
// Errors: [ErrInsufficientCredit], [ErrConflict] (also key-used).
func (l *CreditLedger) Reserve(ctx context.Context, key string, amount Amount) (Entry, error) {
	e := Entry{Key: key, Kind: EntryReserve, Amount: amount}
	stored, err := l.post(ctx, e)
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
	return l.post(ctx, e)
}

// Capture spends what key reserved. Errors: [ErrNotFound], [ErrConflict] (also key-used).
func (l *CreditLedger) Capture(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.post(ctx, Entry{Key: key, Kind: EntryCapture, Amount: amount})
}

// Release gives back what was reserved under key and not captured. What came from a
// grant that has ended ends with it. It errs as [CreditLedger.Capture].
func (l *CreditLedger) Release(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.giveBack(ctx, Entry{Key: key, Kind: EntryRelease, Amount: amount})
}

// Refund gives back what was captured under key, less rebates, and of an ended grant as
// bought credit, by [ActionRefund]. Errors: as [CreditLedger.Capture], [ErrDenied].
func (l *CreditLedger) Refund(ctx context.Context, key string, amount Amount) (Entry, error) {
	return l.allowed(ctx, ActionRefund, Entry{Key: key, Kind: EntryRefund, Amount: amount, Restore: true})
}

// Rebate gives back a part of what was captured under key, or
// [LetterRecord.ChargeKey], less than what the charge still is; ref makes it happen
// once, by [ActionRefund]. Errors: as [CreditLedger.Capture], [ErrDenied].
func (l *CreditLedger) Rebate(ctx context.Context, key, ref string, amount Amount, reason string) (Entry, error) {
	if ref == "" || len(ref) > MaxKeyLen {
		return Entry{}, &FieldError{Field: "Ref", Rule: ruleKey, Remedy: "give a key of this rebate"}
	}
	e := Entry{Key: key, Kind: EntryRebate, Ref: ref, Amount: amount, Reason: reason, Restore: true}
	if err := l.check(""); err != nil {
		return Entry{}, err
	}
	if err := l.client.Authorize(ctx, Action{Kind: ActionRefund, Account: l.account, Amount: amount, Key: key}); err != nil {
		return Entry{}, err
	}
	return l.wakeAfter(ctx, e)
}

// Close ends a period for good: every entry from now on is dated to until, which is
// past, or later. Close a month before you tell it.
func (l *CreditLedger) Close(ctx context.Context, unit string, until time.Time) error {
	if err := l.check(""); err != nil {
		return err
	}
	if _, err := AmountOfMicros(0, unit); err != nil {
		return err
	}
	if err := l.client.checkUnit("Unit", unit); err != nil {
		return err
	}
	until = toStored(until)
	if now := l.client.now(); until.IsZero() || until.After(now) {
		return &FieldError{Field: "Until", Rule: "is not past", Remedy: "close a period after its end"}
	}
	key := "courrier/close/" + unit + "/" + until.Format(time.RFC3339Nano)
	_, err := l.commit(ctx, Entry{Key: key, Kind: EntryClose, Amount: zeroOf(unit), At: until})
	return err
}

// allowed makes a move for which Config.Authorize is asked.
func (l *CreditLedger) allowed(ctx context.Context, kind ActionKind, e Entry) (Entry, error) {
	if err := l.check(e.Key); err != nil {
		return Entry{}, err
	}
	if e.Kind.gives() {
		if err := l.client.checkUnit("Amount", e.Amount.Unit()); err != nil {
			return Entry{}, err
		}
	}
	amount := e.Amount
	if e.Kind == EntryAdjustDown {
		amount = amount.Neg()
	}
	if err := l.client.Authorize(ctx, Action{Kind: kind, Account: l.account, Amount: amount, Key: e.Key}); err != nil {
		return Entry{}, err
	}
	return l.wakeAfter(ctx, e)
}

// gives reports whether an entry of this kind begins credit of its own.
func (k EntryKind) gives() bool {
	switch k {
	case EntryTopUp, EntryPayment, EntryAdjustUp, EntryGrant, EntryAllowance:
		return true
	}
	return false
}

func (l *CreditLedger) giveBack(ctx context.Context, e Entry) (Entry, error) {
	if err := l.check(e.Key); err != nil {
		return Entry{}, err
	}
	return l.wakeAfter(ctx, e)
}

// wakeAfter makes a move that may let waiting letters go.
func (l *CreditLedger) wakeAfter(ctx context.Context, e Entry) (Entry, error) {
	e.At = l.client.now()
	stored, err := l.commit(ctx, e)
	if err != nil {
		return Entry{}, err
	}
	if available, _ := stored.Effect(); available.Sign() > 0 || e.Kind == EntryAllowance {
		l.client.wakeAccount(ctx, l.account)
	}
	return stored, nil
}

func (l *CreditLedger) post(ctx context.Context, e Entry) (Entry, error) {
	if err := l.check(e.Key); err != nil {
		return Entry{}, err
	}
	e.At = l.client.now()
	return l.commit(ctx, e)
}

func (l *CreditLedger) commit(ctx context.Context, e Entry) (Entry, error) {
	e.Account, e.Actor = l.account, actorFrom(ctx).ID
	ctx, end := l.client.observe(ctx, Operation{Name: "commit", Account: l.account, Items: 1})
	results, err := l.client.store.Commit(ctx, Change{Entries: []Entry{e}})
	end(err)
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		return Entry{}, fmt.Errorf("credits: %s: %w", e.Kind, err)
	}
	return results[0].Entries[0], nil
}

// Balance returns the balance in a unit, at this moment.
func (l *CreditLedger) Balance(ctx context.Context, unit string) (Balance, error) {
	books, err := l.Books(ctx, unit)
	if err != nil {
		return Balance{}, err
	}
	return books.Balance(l.client.now())
}

// Books returns the ledger as stored: [Books.Due] tells what time did since.
func (l *CreditLedger) Books(ctx context.Context, unit string) (Books, error) {
	if err := l.check(""); err != nil {
		return Books{}, err
	}
	if !validUnit(unit) {
		return Books{}, errNoUnit
	}
	books, err := l.client.store.Books(ctx, l.account, unit)
	if err != nil {
		return Books{}, fmt.Errorf("credits: %w", err)
	}
	return books, nil
}

// Entries lists the ledger, oldest first unless the filter says otherwise.
func (l *CreditLedger) Entries(ctx context.Context, f EntryFilter) iter.Seq2[Entry, error] {
	if err := l.check(""); err != nil {
		return func(yield func(Entry, error) bool) { yield(Entry{}, err) }
	}
	f.Account = l.account
	return l.client.store.Entries(ctx, f)
}

// Account returns whose ledger it is.
func (l *CreditLedger) Account() AccountID { return l.account }

// Settings returns the settings of the account.
func (l *CreditLedger) Settings(ctx context.Context) (Settings, error) {
	if err := l.check(""); err != nil {
		return Settings{}, err
	}
	return l.client.Settings(ctx, l.account)
}

// Now returns the moment by the client's clock.
func (l *CreditLedger) Now() time.Time { return l.client.now() }

// AccountBalance is one account's balance in one unit.
type AccountBalance struct {
	Account AccountID `json:"account"`
	Unit    string    `json:"unit"`
	Balance
}

// Balances lists all accounts' balances at a moment, by account and unit. Included
// and Expires are not known before an account's last entry.
func (c *Client) Balances(ctx context.Context, at time.Time) iter.Seq2[AccountBalance, error] {
	return func(yield func(AccountBalance, error) bool) {
		for books, err := range c.store.Ledgers(ctx, "") {
			b := AccountBalance{Account: books.Account, Unit: books.Unit}
			if err == nil {
				b.Balance, err = c.balanceAt(ctx, books, at)
			}
			if err != nil {
				yield(AccountBalance{}, fmt.Errorf("balances: %w", err))
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// balanceAt computes the balance after the last entry before a moment.
func (c *Client) balanceAt(ctx context.Context, books Books, at time.Time) (Balance, error) {
	if books.At.Before(at) {
		return books.Balance(at)
	}
	zero := zeroOf(books.Unit) // what was included then is not remembered
	b := Balance{Available: zero, Reserved: zero, Owed: zero, Included: zero}
	last, err := seq.Collect(c.store.Entries(ctx, EntryFilter{Account: books.Account, Unit: books.Unit, To: at, Newest: true, Limit: 1}))
	if err != nil || len(last) == 0 {
		return b, err
	}
	b.Available, b.Reserved = last[0].Available, last[0].Reserved
	if last[0].Owed.Sign() > 0 {
		b.Owed = last[0].Owed
	}
	return b, nil
}
