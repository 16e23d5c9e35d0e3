package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/quote"
)

// BillingMode says who pays the carrier and how.
type BillingMode string

// The billing modes.
const (
	BillingPrepaid   BillingMode = "prepaid"    // credits, reserved before each letter
	BillingPostpaid  BillingMode = "postpaid"   // a statement each month, up to a ceiling
	BillingByCarrier BillingMode = "by_carrier" // the carrier bills the account; nothing is reserved
)

// Settings are what an account decided. The zero value is what a new account
// has: post on, prepaid, black and white, contents kept a year.
type Settings struct {
	// PostOff: no letter leaves. Those that would have left are held, and leave by
	// themselves when post is on again.
	// E-mail is not concerned.
	PostOff bool         `json:"post_off,omitempty"`
	Print   PrintOptions `json:"print,omitzero"`    // for letters that give none
	Billing BillingMode  `json:"billing,omitempty"` // empty: BillingPrepaid
	// Ceilings is how much a post-paid account may owe, in each unit; none at all is
	// no ceiling, and where there is one, nothing is owed in other units. "0 EUR" lets
	// nothing be owed. In prepaid accounts they have no meaning.
	Ceilings []Amount `json:"ceilings,omitempty"`
	// PriceList names the price list of the account, for the Tariff.
	PriceList string `json:"price_list,omitempty"`
	// Zone is the IANA name of the zone of the account's days and months; empty:
	// Europe/Paris.
	Zone string `json:"zone,omitempty"`
	// Closed: no letter is taken any more. See [Client.CloseAccount].
	Closed bool `json:"closed,omitempty"`
	// RetentionDays is how long the contents of documents are kept after a
	// letter's end; 0: 365, negative: for ever. Proofs and records stay.
	RetentionDays int   `json:"retention_days,omitempty"`
	Version       int64 `json:"-"` // as read; a stale one is refused
}

const defaultRetentionDays = 365

// Validate reports every wrong field.
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
	if s.Zone != "" {
		_, err := zoneOf(s.Zone)
		c.Nest("Settings", err)
	}
	c.Require(s.RetentionDays <= 36500, "RetentionDays", "is over a hundred years", "give a negative number to keep contents for ever")
	return c.Err()
}

// Location returns the zone of the account's days and months. [ErrInvalid] where the
// machine has no zone database: import time/tzdata.
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

func (s Settings) Retention() (time.Duration, bool) {
	days := s.RetentionDays
	if days == 0 {
		days = defaultRetentionDays
	}
	return time.Duration(days) * 24 * time.Hour, days > 0
}

const itemSettings ItemKind = "settings"

// Settings returns an account's settings; those of a new account when it has none.
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
// changed since; [ErrConflict] when somebody else changed them in between. It asks
// Config.Authorize for each kind of change that it makes: [ActionBilling],
// [ActionCeiling], [ActionPriceList], [ActionCloseAccount], and [ActionSettings] for
// all others, each with the settings before and after. What changed, when and by
// whom is kept: see [Client.SettingsHistory].
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
	stored, err := c.storeSettings(ctx, account, SettingsChange{Kinds: kinds, Actor: ActorFrom(ctx).ID, At: c.now(), Before: before, After: s})
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

// SettingsHistory lists what was changed in an account's settings, oldest first.
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

type actorKey struct{}

// WithActor returns a context in which the library's calls are made in the name
// of an actor: the ledger and the review queue record who it was, and
// Config.Authorize is asked about that actor.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor of a context; the zero Actor is the host itself.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

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

// Action is one thing somebody wants to do.
type Action struct {
	Kind    ActionKind
	Account AccountID
	Amount  Amount // of a move of credit; below zero where a person corrects downwards
	Key     string // of a move of credit
	// Before and After are the account's settings, where those change.
	Before, After *Settings
}

func (c *Client) Authorize(ctx context.Context, a Action) error {
	if c.hooks.authorize == nil {
		return nil
	}
	return c.hooks.authorize(ctx, ActorFrom(ctx), a)
}

// CloseAccount ends an account: no letter is taken any more, what has not left is
// cancelled and its credit given back, and included credit is revoked. It returns
// what is left to pay out, or is still owed, in each unit. Letters that a carrier
// has go on. It may be repeated, and must be after an error; it asks for
// [ActionCloseAccount]. [Client.SetSettings] opens the account again.
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
