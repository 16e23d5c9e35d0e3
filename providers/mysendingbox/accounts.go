package mysendingbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/rest"
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
func NewAccounts(cfg AccountsConfig) (*Accounts, error) {
	var c courrier.Checks
	c.Require(cfg.Store != nil, "Store", "is nil", "give the Client's Store")
	c.Require(cfg.Secrets != nil, "Secrets", "is nil", "give a SecretStore; keys are never stored open")
	client, err := rest.New(rest.Config{BaseURL: cmp.Or(cfg.BaseURL, defaultBaseURL), Transport: cfg.Transport, UserAgent: "courrier-go", Logger: cfg.Logger})
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

// Opening is what the carrier is told about a new account. Account, Email and
// Name are required.
type Opening struct {
	Account courrier.AccountID
	Email   string // who gets the invitation, and the bills
	Name    string // of that person
	Phone   string
	Company string
	Address courrier.Address // of the company; zero: none
	SIREN   string           // nine digits
	// WebhookURL is where the carrier calls, with one of Config.WebhookSecrets in it.
	WebhookURL string
	// CancellationWindow is how long letters may be cancelled, in the carrier's
	// unit, which it does not publish; 0: its default.
	CancellationWindow int
}

func (o Opening) validate() error {
	var c courrier.Checks
	c.Require(o.Account != "", "Account", "is empty", "name the account")
	c.Require(strings.Count(o.Email, "@") == 1 && !strings.ContainsAny(o.Email, " \r\n"), "Email", "is no e-mail address", "give the customer's address")
	c.Require(o.Name != "", "Name", "is empty", "give the name of the person")
	c.Require(o.SIREN == "" || len(o.SIREN) == 9 && strings.Trim(o.SIREN, "0123456789") == "", "SIREN", "is not of nine digits", "leave it empty when not known")
	c.Require(o.CancellationWindow >= 0, "CancellationWindow", "is negative", "give 0 for the carrier's default")
	if o.Address != (courrier.Address{}) {
		_, err := courrier.Recipient{Company: cmp.Or(o.Company, o.Name), Address: o.Address}.Lines()
		for _, f := range courrier.FieldErrors(err) {
			c.Require(false, f.Field, f.Rule, f.Remedy)
		}
	}
	return c.Err()
}

type wireOpening struct {
	Email              string `json:"email"`
	Name               string `json:"name"`
	Phone              string `json:"phone,omitempty"`
	WebhookURL         string `json:"webhook_url,omitempty"`
	Company            string `json:"company_name,omitempty"`
	Line1              string `json:"address_line1,omitempty"`
	Line2              string `json:"address_line2,omitempty"`
	Postcode           string `json:"address_postalcode,omitempty"`
	City               string `json:"address_city,omitempty"`
	Country            string `json:"address_country,omitempty"`
	SIREN              string `json:"siren,omitempty"`
	CancellationWindow int    `json:"cancellation_window,omitempty"`
}

func (o Opening) wire() wireOpening {
	w := wireOpening{
		Email: o.Email, Name: o.Name, Phone: o.Phone, WebhookURL: o.WebhookURL, Company: o.Company,
		SIREN: o.SIREN, CancellationWindow: o.CancellationWindow,
	}
	if o.Address == (courrier.Address{}) {
		return w
	}
	company := courrier.Recipient{Company: cmp.Or(o.Company, o.Name), Address: o.Address}
	six, err := company.SixLines()
	if err != nil {
		return w // validate has seen to it
	}
	w.Line1, w.Line2 = cmp.Or(six[3], six[4]), strings.TrimSpace(six[1]+" "+six[2])
	w.Postcode, w.City = town(o.Address, six[5])
	w.Country = countryOf(company)
	return w
}

type wireCompany struct {
	User struct {
		Activated     lax[bool] `json:"activated"`
		InvitePending lax[bool] `json:"invite_pending"`
	} `json:"user"`
	Company struct {
		ID        text            `json:"_id"`
		Activated lax[bool]       `json:"activated"`
		Card      lax[bool]       `json:"credit_card_exists"`
		Address   json.RawMessage `json:"address"`
		Keys      struct {
			Live struct {
				Key text `json:"key"`
			} `json:"live"`
			Test struct {
				Key text `json:"key"`
			} `json:"test"`
		} `json:"api_keys"`
	} `json:"company"`
}

// state is what the answer to an opening tells.
func (w wireCompany) state() State {
	switch {
	case w.User.InvitePending.V || !w.User.Activated.V || !w.Company.Activated.V:
		return StateCreated
	case len(w.Company.Address) == 0 || string(w.Company.Address) == "null":
		return StateBillingMissing
	case !w.Company.Card.V:
		return StatePaymentMissing
	}
	return StateConnected
}

// Open opens an account at the carrier in the customer's name and seals its
// keys. The carrier then invites the customer by e-mail to set a password, and
// asks on its own site for a billing address and a means of payment.
//
// Opening an account that has a connection returns that. An opening whose answer
// got lost is [courrier.ErrInDoubt] and leaves [StateOpening]: the carrier has no
// call to ask, so Open may be called again with the same Opening, under the same
// idempotency key, which the carrier honours for 24 hours; after that, and when
// it answers that the customer exists, enter the keys with [Accounts.SetKeys].
func (a *Accounts) Open(ctx context.Context, o Opening) (Connection, error) {
	const op = "open account"
	if err := o.validate(); err != nil {
		return Connection{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	rec, err := a.read(ctx, o.Account)
	switch {
	case errors.Is(err, courrier.ErrNotFound):
		rec = record{Connection: Connection{Account: o.Account}}
	case err != nil:
		return Connection{}, err
	case rec.State != StateOpening && rec.State != StateRefused:
		return rec.Connection, nil
	}
	if rec, err = a.write(ctx, rec, StateOpening); err != nil {
		return Connection{}, err
	}
	w, err := a.create(ctx, op, o)
	// The keys are told only once: what follows goes on when the caller has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	if err != nil {
		return a.unopened(ctx, rec, err)
	}
	rec.Company = string(w.Company.ID)
	if rec, err = a.seal(ctx, rec, Keys{Test: Key(w.Company.Keys.Test.Key), Live: Key(w.Company.Keys.Live.Key)}); err != nil {
		return rec.Connection, fail(op, courrier.ErrInDoubt, "not-sealed", err)
	}
	rec, err = a.write(ctx, rec, w.state())
	return rec.Connection, err
}

// unopened records that nothing was opened, where that is certain.
func (a *Accounts) unopened(ctx context.Context, rec record, cause error) (Connection, error) {
	if errors.Is(cause, courrier.ErrInDoubt) {
		return rec.Connection, cause
	}
	if e, ok := errors.AsType[*courrier.Error](cause); ok {
		rec.Code = e.Code
	}
	rec, err := a.write(ctx, rec, StateRefused)
	return rec.Connection, errors.Join(cause, err)
}

func (a *Accounts) create(ctx context.Context, op string, o Opening) (wireCompany, error) {
	if a.cfg.Partner == nil {
		return wireCompany{}, fail(op, courrier.ErrUnsupported, "no-partner", errors.New("no partner key is configured: enter keys with SetKeys"))
	}
	key, err := a.cfg.Partner(ctx)
	if err != nil {
		return wireCompany{}, fail(op, courrier.ErrUnavailable, "no-key", err)
	}
	body, err := rest.JSON(o.wire())
	if err != nil {
		return wireCompany{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	answer, err := a.rest.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: []string{"accounts"}, Body: body, Authorize: key.authorize,
		Header: http.Header{"Idempotency-Key": {"account-" + string(courrier.SumOf([]byte(o.Account)))}},
	})
	if err != nil {
		return wireCompany{}, unanswered(op, courrier.ErrInDoubt, err)
	}
	if !answer.OK() {
		return wireCompany{}, refused(op, effect(answer), answer, o.private(key)...)
	}
	var w wireCompany
	if err := answer.JSON(&w); err != nil {
		return wireCompany{}, unreadable(op, courrier.ErrInDoubt, answer, err)
	}
	if w.Company.Keys.Live.Key == "" && w.Company.Keys.Test.Key == "" {
		return wireCompany{}, unreadable(op, courrier.ErrInDoubt, answer, errors.New("the answer holds no keys"))
	}
	return w, nil
}

func (o Opening) private(key Key) []string {
	a := o.Address
	return []string{string(key), string(o.Account), o.Email, o.Name, o.Phone, o.Company, o.SIREN, o.WebhookURL, a.Street, a.Box, a.Building, a.Unit, a.Postcode, a.City}
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
func (a *Accounts) Key(ctx context.Context, account courrier.AccountID) (Key, error) {
	const op = "key"
	rec, err := a.read(ctx, account)
	switch {
	case errors.Is(err, courrier.ErrNotFound):
		return "", fail(op, courrier.ErrDenied, "not-connected", errors.New("the account has no connection: open one"))
	case err != nil:
		return "", err
	case !rec.Ready():
		return "", fail(op, courrier.ErrDenied, string(rec.State), nil)
	}
	return a.open(ctx, rec)
}

// Report enters what the host knows of an account: that the customer gave a
// billing address or a means of payment, or that one is missing, as the carrier
// said to the customer or to a person at the host.
func (a *Accounts) Report(ctx context.Context, account courrier.AccountID, s State) (Connection, error) {
	const op = "report"
	if !reportable[s] {
		return Connection{}, fail(op, courrier.ErrInvalid, "invalid", &courrier.FieldError{Field: "State", Rule: "is not one that a host can know", Remedy: "report validated, billing_missing, payment_missing or connected"})
	}
	rec, err := a.read(ctx, account)
	if err != nil {
		return Connection{}, err
	}
	if !rec.HasTest && !rec.HasLive {
		return rec.Connection, fail(op, courrier.ErrConflict, string(rec.State), errors.New("the account has no keys: open it, or enter them with SetKeys"))
	}
	rec, err = a.write(ctx, rec, s)
	return rec.Connection, err
}

// Probe asks the carrier whether it takes the account's key. That is all it can
// be asked: whether letters would be posted and billed it does not tell.
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
	answer, err := a.rest.Do(ctx, rest.Call{Method: http.MethodGet, Authorize: key.authorize, Repeatable: true})
	if err != nil {
		return false, unanswered(op, courrier.ErrUnavailable, err)
	}
	switch {
	case answer.OK():
		return true, nil
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return false, nil
	}
	return false, refused(op, courrier.ErrUnavailable, answer, string(key))
}

// SetKeys enters an account's keys: of an account that the customer opened, or
// new ones in place of those the customer revoked in the carrier's dashboard,
// which is the only place to make them. Each is first tried at the carrier:
// [courrier.ErrDenied] when it does not take one; then nothing changes.
func (a *Accounts) SetKeys(ctx context.Context, account courrier.AccountID, keys Keys) (Connection, error) {
	const op = "set keys"
	var c courrier.Checks
	c.Require(account != "", "Account", "is empty", "name the account")
	c.Require(keys.Test != "" || keys.Live != "", "Keys", "are empty", "give at least one key")
	c.Require(keys.Test == "" || !keys.Test.Live(), "Keys.Test", "is no test key", "test keys begin with test_")
	c.Require(keys.Live == "" || keys.Live.Live(), "Keys.Live", "is a test key", "give the live key")
	if err := c.Err(); err != nil {
		return Connection{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	for _, k := range []Key{keys.Test, keys.Live} {
		if k == "" {
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
		return Connection{}, fail(op, courrier.ErrUnavailable, "not-sealed", err)
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
func (a *Accounts) ChangeEmail(ctx context.Context, account courrier.AccountID, email string) error {
	const op = "change e-mail"
	if strings.Count(email, "@") != 1 {
		return fail(op, courrier.ErrInvalid, "invalid", &courrier.FieldError{Field: "Email", Rule: "is no e-mail address", Remedy: "give the customer's address"})
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
		return fail(op, courrier.ErrUnavailable, "no-key", err)
	}
	body, err := rest.JSON(map[string]string{"email": email})
	if err != nil {
		return fail(op, courrier.ErrInvalid, "invalid", err)
	}
	// The same change twice is the same change.
	answer, err := a.rest.Do(ctx, rest.Call{Method: http.MethodPut, Path: []string{"accounts", rec.Company}, Body: body, Authorize: key.authorize, Repeatable: true})
	if err != nil {
		return unanswered(op, courrier.ErrInDoubt, err)
	}
	if !answer.OK() {
		return refused(op, effect(answer), answer, string(key), email)
	}
	return nil
}

// Deactivate ends a connection here: the sealed keys are forgotten, and no letter
// leaves. The carrier has no call to close an account; the customer does that.
func (a *Accounts) Deactivate(ctx context.Context, account courrier.AccountID) (Connection, error) {
	rec, err := a.read(ctx, account)
	if err != nil {
		return Connection{}, err
	}
	rec.Test, rec.Live, rec.HasTest, rec.HasLive = nil, nil, false, false
	rec, err = a.write(ctx, rec, StateDeactivated)
	return rec.Connection, err
}

// keepTimeout bounds the writing of what a new account's answer told.
const keepTimeout = 30 * time.Second

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
		if k.key == "" {
			continue
		}
		sealed, err := a.cfg.Secrets.Seal(ctx, rec.Account, []byte(k.key))
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
		return "", fail("key", courrier.ErrDenied, "no-key", errors.New("the account has no key of this mode"))
	}
	secret, err := a.cfg.Secrets.Open(ctx, rec.Account, sealed)
	if err != nil {
		return "", fail("key", courrier.ErrUnavailable, "not-opened", err)
	}
	return Key(secret), nil
}
