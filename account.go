package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
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
	// PostOff: no letter leaves; those queued are held until [Client.Approve].
	// E-mail is not concerned.
	PostOff bool         `json:"post_off,omitempty"`
	Print   PrintOptions `json:"print,omitzero"`    // for letters that give none
	Billing BillingMode  `json:"billing,omitempty"` // empty: BillingPrepaid
	// Ceiling is how much a post-paid account may owe, in the tariff's unit; the
	// zero Amount, without unit, is no ceiling. In prepaid accounts it has no
	// meaning.
	Ceiling Amount `json:"ceiling"`
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
		c.Require(false, "Billing", fmt.Sprintf("%q is no billing mode", s.Billing), "use one of the Billing constants")
	}
	c.Require(s.Ceiling.Sign() >= 0, "Ceiling", "is negative", "give zero for no ceiling")
	c.Require(s.RetentionDays <= 36500, "RetentionDays", "is over a hundred years", "give a negative number to keep contents for ever")
	return c.Err()
}

// ceilingIn returns how far below zero the balance in unit may go.
func (s Settings) ceilingIn(unit string) Amount {
	switch {
	case s.Billing != BillingPostpaid:
		return Amount{}
	case s.Ceiling.Unit() == "":
		return Amount{micros: maxMicros, unit: unit}
	case s.Ceiling.Unit() != unit:
		return Amount{}
	}
	return s.Ceiling
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
// changed since; [ErrConflict] when somebody else changed them in between. It
// asks Config.Authorize for [ActionSettings].
func (c *Client) SetSettings(ctx context.Context, account AccountID, s Settings) (Settings, error) {
	if err := s.Validate(); err != nil {
		return Settings{}, err
	}
	if err := c.Authorize(ctx, Action{Kind: ActionSettings, Account: account}); err != nil {
		return Settings{}, err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	items := []Item{{Kind: itemSettings, Account: account, Version: s.Version, Body: body}}
	was, err := c.Settings(ctx, account)
	if err == nil && was.RetentionDays != s.RetentionDays { // for letters that ended before, too
		var replan Item
		replan, err = c.replanning(ctx, account)
		items = append(items, replan)
	}
	if err == nil {
		err = c.commit(ctx, Change{Items: items})
	}
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	s.Version++
	c.wakeAccount(ctx, account) // a ceiling raised may reach letters that wait
	return s, nil
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
	ActionSettings            ActionKind = "settings"              // billing and post of the account
	ActionApproveFormalNotice ActionKind = "approve_formal_notice" // a human answers for it
)

// Action is one thing somebody wants to do.
type Action struct {
	Kind    ActionKind
	Account AccountID
	Amount  Amount // of a top-up
}

func (c *Client) Authorize(ctx context.Context, a Action) error {
	if c.hooks.authorize == nil {
		return nil
	}
	return c.hooks.authorize(ctx, ActorFrom(ctx), a)
}
