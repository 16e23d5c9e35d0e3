package dunning

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/latepayment"
)

// All that the host brings is wrapped here, once, by New: each call is bounded in
// time and safe against panics, and what hangs again and again is left alone for a
// while. No other file calls it otherwise.

const (
	// callTimeout bounds one call of the host's code.
	callTimeout = 2 * time.Minute
	// mailTimeout bounds the sending of one e-mail: a mail server may take ten minutes
	// for its final answer (RFC 5321, section 4.5.3.2.6), after a dialogue before it.
	mailTimeout = 15 * time.Minute
	// mailLease is how long a reminder under way is left to its worker.
	mailLease = mailTimeout + guard.Patience + recordTimeout
	// pureTimeout bounds a call that only computes.
	pureTimeout = 10 * time.Second
)

// host is all that the host brought, behind its guards; nil where it gave none.
type host struct {
	settings func(context.Context, courrier.AccountID) (Settings, error)
	debtor   func(context.Context, courrier.AccountID, courrier.CustomerID) (Case, error)
	details  func(context.Context, courrier.AccountID, courrier.CustomerID, []InvoiceID) (DebtorDetails, error)
	compose  func(context.Context, PrintedReminder) (courrier.Document, error)
	account  func(context.Context, AccountStatement) (courrier.Document, error)
	mail     func(context.Context, email.Message) error
	state    func(context.Context, latepayment.Debt) (latepayment.Statement, error)
}

// guards makes the guards of a Runner.
type guards struct {
	log *slog.Logger
	now func() time.Time
}

func (g guards) caller(name string) *guard.Caller {
	return &guard.Caller{Name: name, Log: g.log, Now: g.now, Answers: func(err error) bool {
		return refused(err) || errors.Is(err, courrier.ErrNotFound)
	}}
}

func (g guards) host(cfg Config) host {
	debtors := g.caller("debtors")
	h := host{
		debtor: func(ctx context.Context, a courrier.AccountID, c courrier.CustomerID) (Case, error) {
			return call(ctx, debtors, func(ctx context.Context) (Case, error) { return cfg.Debtors.Case(ctx, a, c) })
		},
		details: func(ctx context.Context, a courrier.AccountID, c courrier.CustomerID, ids []InvoiceID) (DebtorDetails, error) {
			return call(ctx, debtors, func(ctx context.Context) (DebtorDetails, error) { return cfg.Debtors.Details(ctx, a, c, ids) })
		},
		settings: g.settings(cfg.Settings),
	}
	h.state = g.statements(cfg.LatePayment)
	if composer := g.caller("composer"); cfg.Composer != nil {
		h.compose = func(ctx context.Context, p PrintedReminder) (courrier.Document, error) {
			return call(ctx, composer, func(ctx context.Context) (courrier.Document, error) { return cfg.Composer.Compose(ctx, p) })
		}
	}
	if composer, ok := cfg.Composer.(StatementComposer); ok {
		guard := g.caller("composer")
		h.account = func(ctx context.Context, s AccountStatement) (courrier.Document, error) {
			return call(ctx, guard, func(ctx context.Context) (courrier.Document, error) { return composer.ComposeStatement(ctx, s) })
		}
	}
	if mailer := g.caller("mailer"); cfg.Mailer != nil {
		h.mail = func(ctx context.Context, m email.Message) error { return sendMail(ctx, mailer, cfg.Mailer, m) }
	}
	return h
}

// statements guards the host's computation. The price alone is our own, and each
// decision asks for it.
func (g guards) statements(law LatePayment) func(context.Context, latepayment.Debt) (latepayment.Statement, error) {
	late, price := g.caller("late payment"), latepayment.PriceOnly()
	return func(ctx context.Context, d latepayment.Debt) (s latepayment.Statement, err error) {
		if law == nil {
			s, err = price.Statement(d)
		} else {
			s, err = guard.Do(ctx, late, pureTimeout, func(context.Context) (latepayment.Statement, error) { return law.Statement(d) })
		}
		return s, hostError(ctx, late.Name, err)
	}
}

// settings guards the function, and the holidays among what it returns.
func (g guards) settings(f func(context.Context, courrier.AccountID) (Settings, error)) func(context.Context, courrier.AccountID) (Settings, error) {
	settings, holidays := g.caller("settings"), g.caller("holidays")
	return func(ctx context.Context, account courrier.AccountID) (Settings, error) {
		s, err := call(ctx, settings, func(ctx context.Context) (Settings, error) { return f(ctx, account) })
		if s.Holidays != nil {
			s.Holidays = &guardedHolidays{guard: holidays, inner: s.Holidays}
		}
		return s, err
	}
}

// call makes one call of the host's code that leaves nothing behind.
func call[T any](ctx context.Context, c *guard.Caller, f func(context.Context) (T, error)) (T, error) {
	value, err := guard.Do(ctx, c, callTimeout, f)
	return value, hostError(ctx, c.Name, err)
}

// sendMail makes the one call that leaves the house: given up, it is in doubt. The
// mailer's own errors stay as they are.
func sendMail(ctx context.Context, c *guard.Caller, mailer email.Mailer, m email.Message) error {
	_, err := guard.Do(ctx, c, mailTimeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, mailer.Mail(ctx, m) })
	if code := guardCode(err); code != "" {
		kind := courrier.ErrInDoubt
		if code == courrier.CodeLeftAlone { // no call was made
			kind = courrier.ErrUnavailable
		}
		return &courrier.Error{Op: c.Name, Kind: kind, Code: code, Err: err}
	}
	return err
}

// guardCode is the code of what a guard says; "" for what it does not say.
func guardCode(err error) string {
	switch {
	case errors.Is(err, guard.ErrOverran):
		return courrier.CodeOverran
	case errors.Is(err, guard.ErrPanicked):
		return courrier.CodePanic
	case errors.Is(err, guard.ErrLeftAlone):
		return courrier.CodeLeftAlone
	}
	return ""
}

// hostError gives an error of the host's code exactly one kind: its own, else
// ErrUnavailable. A conflict is only ever the store's.
func hostError(ctx context.Context, op string, err error) error {
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	kind := courrier.ErrUnavailable
	for _, k := range []error{courrier.ErrNotFound, courrier.ErrInvalid, courrier.ErrUnsupported, courrier.ErrRejected, courrier.ErrDenied, courrier.ErrInDoubt} {
		if errors.Is(err, k) {
			kind = k
			break
		}
	}
	return &courrier.Error{Op: op, Kind: kind, Code: guardCode(err), Err: err}
}

// guardedHolidays asks about each day once. What it cannot say is a holiday:
// nothing is sent on it.
type guardedHolidays struct {
	guard *guard.Caller
	inner Holidays
	known sync.Map // courrier.Date to bool
}

// IsHoliday implements [Holidays].
func (h *guardedHolidays) IsHoliday(d courrier.Date) bool {
	if known, ok := h.known.Load(d); ok {
		return known.(bool)
	}
	yes, err := guard.Do(context.Background(), h.guard, pureTimeout, func(context.Context) (bool, error) { return h.inner.IsHoliday(d), nil })
	if err != nil {
		return true
	}
	h.known.Store(d, yes)
	return yes
}

// outsideTx refuses a context that joins a transaction of the host's: an e-mail or a
// letter that left cannot be rolled back with it.
func (d *Runner) outsideTx(ctx context.Context) error {
	if joins, ok := d.store.(interface{ InTx(context.Context) bool }); ok && joins.InTx(ctx) {
		return &courrier.FieldError{Field: "ctx", Rule: "joins a transaction of the host's, and this call has effects outside of it", Remedy: "commit first, and call with a context that joins none"}
	}
	return nil
}
