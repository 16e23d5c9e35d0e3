package mysendingbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/tell"
	"github.com/courrier-go/courrier/providers/rest"
)

// State says how far an account's own contract with the carrier has come. The
// carrier bills each account directly and tells of these states only once, in
// its answer to the opening: later ones come from [Accounts.Report] and
// [Accounts.Probe].
type State string

// The states.
const (
	StateOpening        State = "opening"         // asked for; no answer is known
	StateRefused        State = "refused"         // not opened, for the reason in Code
	StateCreated        State = "created"         // the customer has not followed the invitation
	StateValidated      State = "validated"       // the keys are good; billing is not known
	StateBillingMissing State = "billing_missing" // no billing address
	StatePaymentMissing State = "payment_missing" // no means of payment
	StateConnected      State = "connected"       // letters are posted
	StateKeysRefused    State = "keys_refused"    // the carrier no longer takes the keys
	StateDeactivated    State = "deactivated"     // ended here; the carrier was not told
)

// blocking are the states in which no key is handed out.
var blocking = map[State]bool{
	StateOpening: true, StateRefused: true, StateBillingMissing: true,
	StatePaymentMissing: true, StateKeysRefused: true, StateDeactivated: true,
}

// reportable are the states that a host may report.
var reportable = map[State]bool{
	StateValidated: true, StateBillingMissing: true, StatePaymentMissing: true, StateConnected: true,
}

// Connection is an account's contract with the carrier, as far as it is known.
type Connection struct {
	Account   courrier.AccountID `json:"account"`
	Company   string             `json:"company,omitempty"` // the carrier's id of the company
	State     State              `json:"state"`
	Code      string             `json:"code,omitempty"` // the carrier's, of a refusal
	HasTest   bool               `json:"has_test,omitempty"`
	HasLive   bool               `json:"has_live,omitempty"`
	ChangedAt time.Time          `json:"changed_at"`
	ProbedAt  time.Time          `json:"probed_at,omitzero"` // when the carrier last judged the key
}

// Ready reports whether keys are handed out in this state.
func (c Connection) Ready() bool { return !blocking[c.State] }

// Keys are the two keys of a company; either may be missing.
type Keys struct {
	Test, Live Key
}

// SecretStore is the host's way to keep secrets: what Seal returns is stored
// beside the account and given back to Open. A key management service, or a
// cipher with a key of the host's, makes one.
type SecretStore interface {
	Seal(ctx context.Context, account courrier.AccountID, secret []byte) (sealed []byte, err error)
	Open(ctx context.Context, account courrier.AccountID, sealed []byte) (secret []byte, err error)
}

// AccountStore keeps connections; every [courrier.Store] is one.
type AccountStore interface {
	courrier.ItemReader
	Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error)
}

const itemConnection courrier.ItemKind = "mysendingbox.connection"

// record is a connection as it is stored, with its sealed keys.
type record struct {
	Connection
	Test    []byte `json:"test,omitempty"`
	Live    []byte `json:"live,omitempty"`
	version int64
}

func decode(item courrier.Item) (record, error) {
	var rec record
	if err := rest.DecodeJSON(item.Body, &rec); err != nil {
		return record{}, fmt.Errorf("read connection: %w", err)
	}
	rec.version = item.Version
	return rec, nil
}

func (a *Accounts) read(ctx context.Context, account courrier.AccountID) (record, error) {
	item, err := a.cfg.Store.Item(ctx, itemConnection, account, "")
	if err != nil {
		return record{}, err
	}
	return decode(item)
}

// write stores rec in a state; [courrier.ErrConflict] when it changed meanwhile.
func (a *Accounts) write(ctx context.Context, rec record, s State) (record, error) {
	rec.State, rec.ChangedAt = s, a.cfg.Now()
	body, err := json.Marshal(rec)
	if err == nil {
		body, err = tell.In(body, tell.News{Kind: tell.Connection, Subject: name, State: string(s), At: rec.ChangedAt})
	}
	if err != nil {
		return rec, err
	}
	item := courrier.Item{Kind: itemConnection, Account: rec.Account, Version: rec.version, Body: body}
	results, err := a.cfg.Store.Commit(ctx, courrier.Change{Items: []courrier.Item{item}})
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		return rec, err
	}
	rec.version++
	return rec, nil
}

// seal puts the keys that are given in place of those sealed before.
func (a *Accounts) seal(ctx context.Context, rec record, keys Keys) (record, error) {
	for _, k := range []struct {
		key    Key
		sealed *[]byte
		has    *bool
	}{{keys.Test, &rec.Test, &rec.HasTest}, {keys.Live, &rec.Live, &rec.HasLive}} {
		if k.key.IsZero() {
			continue
		}
		sealed, err := a.cfg.Secrets.Seal(ctx, rec.Account, []byte(k.key.Reveal()))
		if err != nil {
			return rec, err
		}
		*k.sealed, *k.has = sealed, true
	}
	return rec, nil
}

// open returns the key of the configured mode.
func (a *Accounts) open(ctx context.Context, rec record) (Key, error) {
	sealed := rec.Test
	if a.cfg.Live {
		sealed = rec.Live
	}
	if sealed == nil {
		return Key{}, fail("key", courrier.ErrDenied, "no-key", errors.New("the account has no key of this mode"))
	}
	secret, err := a.cfg.Secrets.Open(ctx, rec.Account, sealed)
	if err != nil {
		return Key{}, fail("key", courrier.ErrUnavailable, "not-opened", foreign(err))
	}
	return NewKey(string(secret)), nil
}
