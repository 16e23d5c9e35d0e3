package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/actor"
	"github.com/courrier-go/courrier/internal/quote"
)

// BillingMode says who pays the carrier and how.
type BillingMode string

const (
	BillingPrepaid   BillingMode = "prepaid"    // credits, reserved before each letter
	BillingPostpaid  BillingMode = "postpaid"   // a statement each month, up to a ceiling
	BillingByCarrier BillingMode = "by_carrier" // the carrier bills the account; nothing is reserved
)

// Settings are what an account decided. Zero is a new account's: post on, prepaid,
// black and white, contents kept a year.
type Settings struct {
	PostOff bool         `json:"post_off,omitempty"` // letters are held, and leave when post is on again; e-mail goes on
	Print   PrintOptions `json:"print,omitzero"`     // for letters that give none
	Billing BillingMode  `json:"billing,omitempty"`  // empty: BillingPrepaid
	// Ceilings: the most a post-paid account may owe in each unit, "0 EUR" for nothing. In a unit left out: nothing. None: no ceiling.
	Ceilings  []Amount `json:"ceilings,omitempty"`
	PriceList string   `json:"price_list,omitempty"` // for the Tariff
	Zone      string   `json:"zone,omitempty"`       // IANA name, of the account's days and months; empty: Europe/Paris
	Closed    bool     `json:"closed,omitempty"`     // no letter is taken any more: see [Client.CloseAccount]
	// RetentionDays: how long contents are kept after a letter's end; 0: 365, negative: for ever. Proofs and records stay.
	RetentionDays int   `json:"retention_days,omitempty"`
	Version       int64 `json:"-"` // as read; a stale one is refused
}

const (
	defaultRetentionDays = 365
	maxPriceListLen      = 200 // bytes of a price list's name
)

// Validate reports every wrong field, each as a [FieldError].
func (s Settings) Validate() error {
	var c Checks
	c.Nest("Print", s.Print.Validate())
	switch s.Billing {
	case "", BillingPrepaid, BillingPostpaid, BillingByCarrier:
	default:
		c.Require(false, "Billing", quote.Word(s.Billing)+" is no billing mode", "use one of the Billing constants")
	}
	seen := make(map[string]bool)
	for i, a := range s.Ceilings {
		field := fmt.Sprintf("Ceilings[%d]", i)
		c.Require(a.Sign() >= 0, field, "is negative", "give zero to let nothing be owed")
		c.Require(a.Unit() != "" && !seen[a.Unit()], field, "has no unit, or that of one before it", "give one ceiling a unit")
		seen[a.Unit()] = true
	}
	c.Require(len(s.PriceList) <= maxPriceListLen && storableText(s.PriceList), "PriceList", fmt.Sprintf("is over %d bytes, or no text", maxPriceListLen), "name one of the price lists")
	if s.Zone != "" {
		_, err := zoneOf(s.Zone)
		c.Nest("Settings", err)
	}
	c.Require(s.RetentionDays <= 36500, "RetentionDays", "is over a hundred years", "give a negative number to keep contents for ever")
	return c.Err()
}

// Location returns the account's zone; [ErrInvalid] without time/tzdata.
func (s Settings) Location() (*time.Location, error) { return zoneOf(s.Zone) }

// ceilingIn returns how far below zero the balance in unit may go.
func (s Settings) ceilingIn(unit string) Amount {
	switch {
	case s.Billing != BillingPostpaid:
		return Amount{}
	case len(s.Ceilings) == 0:
		return Amount{micros: maxMicros, unit: unit}
	}
	for _, a := range s.Ceilings {
		if a.Unit() == unit {
			return a
		}
	}
	return Amount{}
}

// sends refuses what an account does not send (any more).
func (s Settings) sends() error {
	if s.Closed {
		return &Error{Op: "check settings", Kind: ErrDenied, Code: CodeAccountClosed, Err: errors.New("this account is closed")}
	}
	return s.postOff()
}

func (s Settings) postOff() error {
	if !s.PostOff {
		return nil
	}
	return &Error{Op: "check settings", Kind: ErrDenied, Code: CodePostOff, Err: errors.New("this account switched post off")}
}

func (s Settings) billing() BillingMode {
	if s.Billing == "" {
		return BillingPrepaid
	}
	return s.Billing
}

// Retention returns how long contents are kept; false: for ever.
func (s Settings) Retention() (time.Duration, bool) {
	days := s.RetentionDays
	if days == 0 {
		days = defaultRetentionDays
	}
	return time.Duration(days) * 24 * time.Hour, days > 0
}

const itemSettings ItemKind = "settings"

// Settings returns an account's settings; without any, those of a new account.
func (c *Client) Settings(ctx context.Context, account AccountID) (Settings, error) {
	item, err := c.store.Item(ctx, itemSettings, account, "")
	if errors.Is(err, ErrNotFound) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	var s Settings
	if err := json.Unmarshal(item.Body, &s); err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	s.Version = item.Version
	return s, nil
}

// SetSettings stores an account's settings, as read by [Client.Settings] and
// changed since, unless others changed them too. It asks [Config.Authorize] for
// each kind of change: [ActionBilling], [ActionCeiling], [ActionPriceList],
// [ActionCloseAccount], and [ActionSettings] for all others. Each change is kept:
// see [Client.SettingsHistory]. Errors: [ErrInvalid], [ErrDenied], [ErrConflict].
func (c *Client) SetSettings(ctx context.Context, account AccountID, s Settings) (Settings, error) {
	if err := s.Validate(); err != nil {
		return Settings{}, err
	}
	if account == "" {
		return Settings{}, &FieldError{Field: "Account", Rule: "is empty", Remedy: "name the account"}
	}
	for i, ceiling := range s.Ceilings {
		if err := c.checkUnit(fmt.Sprintf("Ceilings[%d]", i), ceiling.Unit()); err != nil {
			return Settings{}, err
		}
	}
	before, err := c.Settings(ctx, account)
	if err != nil {
		return Settings{}, err
	}
	kinds := before.changes(s)
	for _, kind := range kinds {
		if err := c.Authorize(ctx, Action{Kind: kind, Account: account, Before: &before, After: &s}); err != nil {
			return Settings{}, err
		}
	}
	stored, err := c.storeSettings(ctx, account, SettingsChange{Kinds: kinds, Actor: actorFrom(ctx).ID, At: c.now(), Before: before, After: s})
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	c.wakeAccount(ctx, account) // a ceiling raised may reach letters that wait
	return stored, nil
}

// changes lists what somebody must be allowed to do to make other settings of these.
func (s Settings) changes(to Settings) []ActionKind {
	var kinds []ActionKind
	add := func(changed bool, kind ActionKind) {
		if changed {
			kinds = append(kinds, kind)
		}
	}
	add(s.billing() != to.billing(), ActionBilling)
	owes := to.Billing == BillingPostpaid && s.Billing != BillingPostpaid
	add(owes || !slices.Equal(s.Ceilings, to.Ceilings), ActionCeiling)
	add(s.PriceList != to.PriceList, ActionPriceList)
	add(s.Closed != to.Closed, ActionCloseAccount)
	rest := s.PostOff != to.PostOff || s.Print != to.Print || s.Zone != to.Zone || s.RetentionDays != to.RetentionDays
	add(rest || len(kinds) == 0, ActionSettings)
	return kinds
}

// SettingsChange is what somebody did to an account's settings.
type SettingsChange struct {
	Kinds  []ActionKind `json:"kinds"`
	Actor  ActorID      `json:"actor,omitempty"` // empty: the host itself
	At     time.Time    `json:"at"`
	Before Settings     `json:"before"`
	After  Settings     `json:"after"`
}

const itemSettingsChange ItemKind = "settings_change"

// storeSettings writes the settings and what changed, together or not at all.
func (c *Client) storeSettings(ctx context.Context, account AccountID, change SettingsChange) (Settings, error) {
	body, err := json.Marshal(change.After)
	if err != nil {
		return Settings{}, err
	}
	trail, err := json.Marshal(change)
	if err != nil {
		return Settings{}, err
	}
	s := change.After
	items := []Item{
		{Kind: itemSettings, Account: account, Version: s.Version, Body: body},
		{Kind: itemSettingsChange, Account: account, ID: fmt.Sprintf("%019d", s.Version), Body: trail},
	}
	if change.Before.RetentionDays != s.RetentionDays { // for letters that ended before, too
		replan, err := c.replanning(ctx, account)
		if err != nil {
			return Settings{}, err
		}
		items = append(items, replan)
	}
	if err := c.commit(ctx, Change{Items: items}); err != nil {
		return Settings{}, err
	}
	s.Version++
	return s, nil
}

// SettingsHistory lists the changes, oldest first; [ErrInvalid] with no account.
func (c *Client) SettingsHistory(ctx context.Context, account AccountID) iter.Seq2[SettingsChange, error] {
	return func(yield func(SettingsChange, error) bool) {
		if account == "" {
			yield(SettingsChange{}, &FieldError{Field: "Account", Rule: "is empty", Remedy: "name the account"})
			return
		}
		for item, err := range c.store.Items(ctx, ItemFilter{Kind: itemSettingsChange, Account: account}) {
			var change SettingsChange
			if err == nil {
				err = json.Unmarshal(item.Body, &change)
			}
			if err != nil {
				yield(SettingsChange{}, fmt.Errorf("settings history: %w", err))
				return
			}
			if !yield(change, nil) {
				return
			}
		}
	}
}

// ActorID names a user of the host product.
type ActorID string

// Actor is who asks for something.
type Actor struct {
	ID ActorID
}

// WithActor returns a context whose calls are made in the name of an actor. Ledger
// and review queue record it, and [Config.Authorize] is asked about it.
func WithActor(ctx context.Context, a Actor) context.Context {
	return actor.With(ctx, string(a.ID))
}

// actorFrom returns the actor of a context; the zero Actor is the host itself.
func actorFrom(ctx context.Context) Actor { return Actor{ID: ActorID(actor.From(ctx))} }

// ActionKind names what Config.Authorize is asked about.
type ActionKind string

// The actions that need authority.
const (
	ActionTopUp               ActionKind = "top_up"                // only a decision-maker may buy
	ActionAdjust              ActionKind = "adjust"                // a balance is corrected
	ActionGrant               ActionKind = "grant"                 // included credit is given or taken back
	ActionRefund              ActionKind = "refund"                // what was spent is given back, whole or in part
	ActionBilling             ActionKind = "billing"               // who pays the carrier and how
	ActionCeiling             ActionKind = "ceiling"               // how much may be owed
	ActionPriceList           ActionKind = "price_list"            // at which prices
	ActionCloseAccount        ActionKind = "close_account"         // nothing is sent any more, or again
	ActionSettings            ActionKind = "settings"              // post, printing, zone and retention
	ActionApproveFormalNotice ActionKind = "approve_formal_notice" // a human answers for it
	ActionOverrideReminder    ActionKind = "override_reminder"     // a reminder by hand whose step requires what was not sent
)

// Action is what somebody wants to do.
type Action struct {
	Kind          ActionKind
	Account       AccountID
	Amount        Amount    // of a move of credit; below zero where a person corrects downwards
	Key           string    // of a move of credit
	Before, After *Settings // the account's settings, where those change
}

// Authorize asks [Config.Authorize] about an action of the context's actor, for
// packages that act beside the client. Nil: allowed; else [ErrDenied].
func (c *Client) Authorize(ctx context.Context, a Action) error {
	if c.hooks.authorize == nil {
		return nil
	}
	return c.hooks.authorize(ctx, actorFrom(ctx), a)
}

// CloseAccount ends an account. No letter is taken any more, what has not left is
// cancelled with its credit back, and included credit is revoked. It returns what
// is left to pay out, or still owed, in each unit. Letters at a carrier go on.
// Repeat it after an error. It asks for [ActionCloseAccount] and errs as
// [Client.SetSettings], which opens the account again.
func (c *Client) CloseAccount(ctx context.Context, account AccountID) ([]AccountBalance, error) {
	settings, err := c.Settings(ctx, account)
	if err != nil {
		return nil, err
	}
	if !settings.Closed || account == "" {
		settings.Closed = true
		if _, err := c.SetSettings(ctx, account, settings); err != nil {
			return nil, fmt.Errorf("close account: %w", err)
		}
	}
	for rec, err := range c.store.Letters(ctx, LetterFilter{Account: account, Statuses: []Status{StatusHeld, StatusScheduled, StatusQueued}}) {
		if err == nil {
			_, err = c.Cancel(ctx, rec.ID)
		}
		if err != nil && !errors.Is(err, ErrConflict) { // on its way meanwhile
			return nil, fmt.Errorf("close account: %w", err)
		}
	}
	return c.endIncluded(ctx, account)
}

// endIncluded revokes all included credit of an account.
func (c *Client) endIncluded(ctx context.Context, account AccountID) ([]AccountBalance, error) {
	var left []AccountBalance
	for books, err := range c.store.Ledgers(ctx, account) {
		if err != nil {
			return nil, fmt.Errorf("close account: %w", err)
		}
		ledger := c.Credits(account)
		for _, key := range books.includedKeys() {
			_, err := ledger.commit(ctx, Entry{Key: key, Kind: EntryRevoke, Amount: zeroOf(books.Unit), Reason: "account closed", At: c.now()})
			if err != nil && !errors.Is(err, ErrNotFound) { // over meanwhile
				return nil, fmt.Errorf("close account: %w", err)
			}
		}
		balance, err := ledger.Balance(ctx, books.Unit)
		if err != nil {
			return nil, fmt.Errorf("close account: %w", err)
		}
		left = append(left, AccountBalance{Account: account, Unit: books.Unit, Balance: balance})
	}
	return left, nil
}

// includedKeys are the keys of all that includes credit and was not revoked.
func (b Books) includedKeys() []string {
	var keys []string
	for _, a := range b.Allowances {
		keys = append(keys, a.Key)
	}
	for _, g := range b.Grants {
		if !g.Revoked {
			keys = append(keys, g.Key)
		}
	}
	return keys
}
