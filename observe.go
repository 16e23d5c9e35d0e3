package courrier

import (
	"context"

	"github.com/courrier-go/courrier/internal/watch"
)

// Operation is what Config.Observe is told of: a duty such as "dispatch", a call of a
// Carrier such as "submit", a "commit", an "e-mail", the making of a document
// ("compose"). It holds no name, no address and no key. Fields that do not apply are
// empty; more may come.
type Operation struct {
	Name     string
	Carrier  string  // whom it calls
	Service  Service // of one letter
	Account  AccountID
	Letter   LetterID
	Reminder string // its id
	Items    int    // letters or changes that it is about, where it is about several
}

// observe tells the host of an operation: see watch.Begin.
func (c *Client) observe(ctx context.Context, op Operation) (context.Context, func(error)) {
	return watch.Begin(ctx, c.log, watch.Observer[Operation](c.cfg.Observe), op)
}

// observed makes a call of a carrier, and tells the host of it.
func observed[T any](ctx context.Context, c *carrier, op Operation, call func(context.Context) (T, error)) (T, error) {
	op.Carrier = c.name
	ctx, end := watch.Begin(ctx, c.guard.Log, watch.Observer[Operation](c.observe), op)
	value, err := call(ctx)
	end(err)
	return value, err
}

// of is an operation about the letter of a reference.
func (r Reference) of(name string) Operation {
	return Operation{Name: name, Service: r.Service, Account: r.Account, Letter: r.ID}
}

// of is an operation about the letter of a submission.
func (s Submission) of(name string) Operation {
	return Operation{Name: name, Service: s.Letter.Service, Account: s.Letter.Account, Letter: s.ID}
}
