package smtp

import (
	"context"
	"errors"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

// Mailer sends e-mail through one server. It is safe for concurrent use. With
// Config.Connections it keeps connections for a few seconds; see Close.
type Mailer struct {
	cfg  Config
	pool *pool
}

var _ email.Mailer = (*Mailer)(nil)

// New returns a Mailer, or every wrong field of the Config as a [courrier.FieldError]. It
// makes no call.
func New(cfg Config) (*Mailer, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Mailer{cfg: cfg, pool: newPool(cfg)}, nil
}

// Close closes the connections that are kept. The Mailer may be used on: each message
// has a connection of its own then.
func (m *Mailer) Close() error {
	if m.pool != nil {
		m.pool.close()
	}
	return nil
}

// Mail implements [email.Mailer]: one attempt at one message, to all of its
// recipients or to none. Errors are [courrier.Error] values that bear the
// server's reply code, such as "550"; those of kind [courrier.ErrInvalid] list
// the wrong fields instead. A cancelled context is told as what the server may
// have done by then: [courrier.ErrUnavailable] or [courrier.ErrInDoubt].
func (m *Mailer) Mail(ctx context.Context, e email.Message) error {
	if err := e.Validate(); err != nil {
		return err
	}
	account, err := m.account(ctx, e.Account)
	if err != nil {
		return err
	}
	// Composed before anything is dialled: no message breaks off for a reason of
	// its own.
	msg, err := m.compose(e, account)
	if err != nil {
		return err
	}
	if m.pool != nil {
		return m.pool.mail(ctx, account, msg, func() (*session, error) { return m.open(ctx) })
	}
	s, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.signIn(account); err != nil {
		return err
	}
	return s.deliver(msg)
}

func (m *Mailer) account(ctx context.Context, id courrier.AccountID) (Account, error) {
	a, err := m.cfg.Accounts(ctx, id)
	switch {
	case err == nil:
		var c courrier.Checks
		c.Nest("Account", a.validate())
		return a, c.Err()
	case ctx.Err() != nil:
		return a, fail(courrier.ErrUnavailable, "", ctx.Err())
	case errors.Is(err, courrier.ErrDenied), errors.Is(err, courrier.ErrNotFound):
		return a, fail(courrier.ErrDenied, codeNoAccount, err)
	}
	return a, fail(courrier.ErrUnavailable, codeNoAccount, err)
}
