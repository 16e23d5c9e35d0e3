package mysendingbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

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
	c.Require(strings.Count(o.Email, "@") == 1 && !strings.ContainsAny(o.Email, " \r\n"), "Email", "is no e-mail address",
		"give the customer's address")
	c.Require(o.Name != "", "Name", "is empty", "give the name of the person")
	c.Require(o.SIREN == "" || len(o.SIREN) == 9 && strings.Trim(o.SIREN, "0123456789") == "", "SIREN", "is not of nine digits",
		"leave it empty when not known")
	c.Require(o.CancellationWindow >= 0, "CancellationWindow", "is negative", "give 0 for the carrier's default")
	if o.Address != (courrier.Address{}) {
		_, err := courrier.Recipient{Company: cmp.Or(o.Company, o.Name), Address: o.Address}.Fields(2)
		for _, f := range courrier.FieldErrors(err) {
			c.Refuse(f.Code, f.Field, f.Rule, f.Remedy)
		}
	}
	return c.Err()
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
	fields, err := company.Fields(2)
	if err != nil {
		return w // validate has seen to it
	}
	lines := append(fields.Lines, "")
	w.Line1, w.Line2 = lines[0], lines[1]
	w.Postcode, w.City, w.Country = cmp.Or(fields.Postcode, noPostcode), fields.Town, countryOf(o.Address)
	return w
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
//
// Errors: [courrier.ErrInvalid] (invalid), [courrier.ErrConflict], [courrier.ErrUnsupported] (no-partner),
// [courrier.ErrDenied], [courrier.ErrRejected], [courrier.ErrInDoubt] (also no-answer, not-sealed),
// [courrier.ErrUnavailable] (no-key, not-sent).
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
	if rec, err = a.seal(ctx, rec, Keys{Test: NewKey(string(w.Company.Keys.Test.Key)),
		Live: NewKey(string(w.Company.Keys.Live.Key))}); err != nil {
		return rec.Connection, fail(op, courrier.ErrInDoubt, "not-sealed", foreign(err))
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
		return wireCompany{}, fail(op, courrier.ErrUnavailable, "no-key", foreign(err))
	}
	body, err := json.Marshal(o.wire())
	if err != nil {
		return wireCompany{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	answer, err := a.rest.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: []string{"accounts"}, Body: rest.Bytes("application/json", body), Authorize: key.authorize,
		// Of the account and of what it is opened with: a mended opening is another one.
		Header: http.Header{"Idempotency-Key": {"account-" + string(courrier.SumOf(append([]byte(o.Account+"\n"), body...)))}},
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
	return []string{key.Reveal(), string(o.Account), o.Email, o.Name, o.Phone, o.Company, o.SIREN, o.WebhookURL, a.Street, a.Box,
		a.Building, a.Unit, a.Postcode, a.City}
}

// keepTimeout bounds the writing of what a new account's answer told.
const keepTimeout = 30 * time.Second
