package mysendingbox

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// AccountsConfig says how to open accounts. Store and Secrets are required, and
// Partner for opening.
type AccountsConfig struct {
	Store   AccountStore
	Secrets SecretStore
	// Partner returns the host's own key, which must have the carrier's right to
	// open accounts; nil: accounts are only entered with SetKeys.
	Partner   func(ctx context.Context) (Key, error)
	Live      bool              // which key Key hands out, as in Config
	BaseURL   string            // empty: https://api.mysendingbox.fr
	Transport http.RoundTripper // nil: a pool of its own
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: silent
}

// Accounts opens customers' accounts at the carrier and keeps their keys sealed.
// It is safe for concurrent use.
type Accounts struct {
	cfg  AccountsConfig
	rest *rest.Client
}

// NewAccounts returns the accounts, or every wrong field of the config.
//
// Errors: [courrier.ErrInvalid].
func NewAccounts(cfg AccountsConfig) (*Accounts, error) {
	var c courrier.Checks
	c.Require(cfg.Store != nil, "Store", "is nil", "give the Client's Store")
	c.Require(cfg.Secrets != nil, "Secrets", "is nil", "give a SecretStore; keys are never stored open")
	client, err := rest.New(rest.Config{BaseURL: cmp.Or(cfg.BaseURL, defaultBaseURL), Transport: cfg.Transport,
		UserAgent: "courrier-go", Logger: cfg.Logger})
	if err != nil {
		c.Require(false, "BaseURL", err.Error(), "leave it empty for the carrier's own")
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Accounts{cfg: cfg, rest: client}, nil
}

// Connection returns an account's connection, or [courrier.ErrNotFound].
func (a *Accounts) Connection(ctx context.Context, account courrier.AccountID) (Connection, error) {
	rec, err := a.read(ctx, account)
	return rec.Connection, err
}

// Connections lists all connections by account.
func (a *Accounts) Connections(ctx context.Context) iter.Seq2[Connection, error] {
	return func(yield func(Connection, error) bool) {
		for item, err := range a.cfg.Store.Items(ctx, courrier.ItemFilter{Kind: itemConnection}) {
			var rec record
			if err == nil {
				rec, err = decode(item)
			}
			if !yield(rec.Connection, err) || err != nil {
				return
			}
		}
	}
}

// Key is the [Credentials] of these accounts. It answers [courrier.ErrDenied] for
// an account without a connection, and in the states that keep letters back.
//
// Errors: [courrier.ErrDenied] (not-connected, no-key, its state), [courrier.ErrUnavailable] (not-opened).
func (a *Accounts) Key(ctx context.Context, account courrier.AccountID) (Key, error) {
	const op = "key"
	rec, err := a.read(ctx, account)
	switch {
	case errors.Is(err, courrier.ErrNotFound):
		return Key{}, fail(op, courrier.ErrDenied, "not-connected", errors.New("the account has no connection: open one"))
	case err != nil:
		return Key{}, err
	case !rec.Ready():
		return Key{}, fail(op, courrier.ErrDenied, string(rec.State), nil)
	}
	return a.open(ctx, rec)
}

// Report enters what the host knows of an account: that the customer gave a billing
// address or a means of payment, or that one is missing. The host knows it from the
// carrier's word to the customer or to a person of its own.
//
// Errors: [courrier.ErrInvalid] (invalid), [courrier.ErrNotFound], [courrier.ErrConflict] (also its state).
func (a *Accounts) Report(ctx context.Context, account courrier.AccountID, s State) (Connection, error) {
	const op = "report"
	if !reportable[s] {
		return Connection{}, fail(op, courrier.ErrInvalid, "invalid",
			&courrier.FieldError{Field: "State", Rule: "is not one that a host can know",
				Remedy: "report validated, billing_missing, payment_missing or connected"})
	}
	rec, err := a.read(ctx, account)
	if err != nil {
		return Connection{}, err
	}
	if !rec.HasTest && !rec.HasLive {
		return rec.Connection, fail(op, courrier.ErrConflict, string(rec.State),
			errors.New("the account has no keys: open it, or enter them with SetKeys"))
	}
	rec, err = a.write(ctx, rec, s)
	return rec.Connection, err
}

// Probe asks the carrier whether it takes the account's key. That is all it can
// be asked: whether letters would be posted and billed it does not tell.
//
// Errors: [courrier.ErrNotFound], [courrier.ErrDenied] (no-key), [courrier.ErrConflict],
// [courrier.ErrUnavailable] (also not-opened, not-sent, no-answer).
func (a *Accounts) Probe(ctx context.Context, account courrier.AccountID) (Connection, error) {
	rec, err := a.read(ctx, account)
	if err != nil {
		return Connection{}, err
	}
	key, err := a.open(ctx, rec)
	if err != nil {
		return rec.Connection, err
	}
	good, err := a.takes(ctx, key)
	if err != nil {
		return rec.Connection, err
	}
	state := rec.State
	switch {
	case !good:
		state = StateKeysRefused
	case state == StateKeysRefused:
		state = StateValidated
	}
	rec.ProbedAt = a.cfg.Now()
	rec, err = a.write(ctx, rec, state)
	return rec.Connection, err
}

// takes asks GET / with a key.
func (a *Accounts) takes(ctx context.Context, key Key) (bool, error) {
	const op = "probe key"
	answer, err := a.rest.Do(ctx, rest.Call{Method: http.MethodGet, Authorize: key.authorize, Key: key.Reveal(), Repeatable: true})
	if err != nil {
		return false, unanswered(op, courrier.ErrUnavailable, err)
	}
	switch {
	case answer.OK():
		return true, nil
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return false, nil
	}
	return false, refused(op, courrier.ErrUnavailable, answer, key.Reveal())
}

// SetKeys enters an account's keys: of an account that the customer opened, or
// new ones in place of those the customer revoked in the carrier's dashboard,
// which is the only place to make them. Each is first tried at the carrier:
// [courrier.ErrDenied] when it does not take one; then nothing changes.
//
// Errors: [courrier.ErrInvalid] (invalid), [courrier.ErrDenied] (key-refused), [courrier.ErrConflict],
// [courrier.ErrUnavailable] (also not-sealed, not-sent, no-answer).
func (a *Accounts) SetKeys(ctx context.Context, account courrier.AccountID, keys Keys) (Connection, error) {
	const op = "set keys"
	var c courrier.Checks
	c.Require(account != "", "Account", "is empty", "name the account")
	c.Require(!keys.Test.IsZero() || !keys.Live.IsZero(), "Keys", "are empty", "give at least one key")
	c.Require(keys.Test.IsZero() || !keys.Test.Live(), "Keys.Test", "is no test key", "test keys begin with test_")
	c.Require(keys.Live.IsZero() || keys.Live.Live(), "Keys.Live", "is a test key", "give the live key")
	if err := c.Err(); err != nil {
		return Connection{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	for _, k := range []Key{keys.Test, keys.Live} {
		if k.IsZero() {
			continue
		}
		good, err := a.takes(ctx, k)
		if err != nil {
			return Connection{}, err
		}
		if !good {
			return Connection{}, fail(op, courrier.ErrDenied, "key-refused", errors.New("the carrier does not take the key"))
		}
	}
	rec, err := a.read(ctx, account)
	if err != nil && !errors.Is(err, courrier.ErrNotFound) {
		return Connection{}, err
	}
	rec.Account, rec.ProbedAt, rec.Code = account, a.cfg.Now(), ""
	if rec, err = a.seal(ctx, rec, keys); err != nil {
		return Connection{}, fail(op, courrier.ErrUnavailable, "not-sealed", foreign(err))
	}
	state := rec.State
	switch state {
	case "", StateOpening, StateRefused, StateKeysRefused, StateDeactivated:
		state = StateValidated
	}
	rec, err = a.write(ctx, rec, state)
	return rec.Connection, err
}

// ChangeEmail tells the carrier a company's new e-mail address: the one thing it
// lets partners change. The account must have been opened with [Accounts.Open].
//
// Errors: [courrier.ErrInvalid] (invalid), [courrier.ErrNotFound], [courrier.ErrUnsupported] (no-company),
// [courrier.ErrDenied], [courrier.ErrRejected], [courrier.ErrInDoubt] (also no-answer),
// [courrier.ErrUnavailable] (no-key, not-sent).
func (a *Accounts) ChangeEmail(ctx context.Context, account courrier.AccountID, email string) error {
	const op = "change e-mail"
	if strings.Count(email, "@") != 1 {
		return fail(op, courrier.ErrInvalid, "invalid", &courrier.FieldError{Field: "Email", Rule: "is no e-mail address",
			Remedy: "give the customer's address"})
	}
	rec, err := a.read(ctx, account)
	if err != nil {
		return err
	}
	if rec.Company == "" || a.cfg.Partner == nil {
		return fail(op, courrier.ErrUnsupported, "no-company", errors.New("the account was not opened here"))
	}
	key, err := a.cfg.Partner(ctx)
	if err != nil {
		return fail(op, courrier.ErrUnavailable, "no-key", foreign(err))
	}
	body, err := rest.JSON(map[string]string{"email": email})
	if err != nil {
		return fail(op, courrier.ErrInvalid, "invalid", err)
	}
	// The same change twice is the same change.
	answer, err := a.rest.Do(ctx, rest.Call{Method: http.MethodPut, Path: []string{"accounts", rec.Company}, Body: body,
		Authorize: key.authorize, Key: key.Reveal(), Repeatable: true})
	if err != nil {
		return unanswered(op, courrier.ErrInDoubt, err)
	}
	if !answer.OK() {
		return refused(op, effect(answer), answer, key.Reveal(), email)
	}
	return nil
}

// Deactivate ends a connection here: the sealed keys are forgotten, and no letter
// leaves. The carrier has no call to close an account; the customer does that.
//
// Errors: [courrier.ErrNotFound], [courrier.ErrConflict].
func (a *Accounts) Deactivate(ctx context.Context, account courrier.AccountID) (Connection, error) {
	rec, err := a.read(ctx, account)
	if err != nil {
		return Connection{}, err
	}
	rec.Test, rec.Live, rec.HasTest, rec.HasLive = nil, nil, false, false
	rec, err = a.write(ctx, rec, StateDeactivated)
	return rec.Connection, err
}
