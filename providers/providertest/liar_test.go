package providertest_test

import (
	"context"
	"net/http"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
)

// liar is an adapter to an honest office that can be made to lie in any one of
// its methods. A hook that is nil lets the office answer.
type liar struct {
	mock.Drafting
	name    func() string
	caps    func(*courrier.Capabilities)
	submit  func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error)
	place   func(courrier.AccountID) string
	draft   func(ctx context.Context, s courrier.Submission) (string, error)
	find    func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error)
	cancel  func(ctx context.Context, ref courrier.Reference) error
	track   func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error)
	proof   func(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error)
	quote   func(ctx context.Context, l courrier.Letter) (courrier.Amount, error)
	webhook func(header http.Header, query map[string][]string, body []byte) (courrier.Webhook, error)
}

func (l *liar) Name() string {
	if l.name != nil {
		return l.name()
	}
	return l.Drafting.Name()
}

func (l *liar) Capabilities() courrier.Capabilities {
	c := l.Drafting.Capabilities()
	c.Places = true
	if l.caps != nil {
		l.caps(&c)
	}
	return c
}

func (l *liar) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if l.submit != nil {
		return l.submit(ctx, s)
	}
	return l.Drafting.Submit(ctx, s)
}

func (l *liar) Place(_ context.Context, account courrier.AccountID) (string, error) {
	if l.place != nil {
		return l.place(account), nil
	}
	return "place of " + string(account), nil
}

func (l *liar) Draft(ctx context.Context, s courrier.Submission) (string, error) {
	if l.draft != nil {
		return l.draft(ctx, s)
	}
	return l.Drafting.Draft(ctx, s)
}

func (l *liar) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	if l.find != nil {
		return l.find(ctx, ref)
	}
	return l.Drafting.Find(ctx, ref)
}

func (l *liar) Cancel(ctx context.Context, ref courrier.Reference) error {
	if l.cancel != nil {
		return l.cancel(ctx, ref)
	}
	return l.Drafting.Cancel(ctx, ref)
}

func (l *liar) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	if l.track != nil {
		return l.track(ctx, refs)
	}
	return l.Drafting.Track(ctx, refs)
}

func (l *liar) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	if l.proof != nil {
		return l.proof(ctx, ref, kind)
	}
	return l.Drafting.Proof(ctx, ref, kind)
}

func (l *liar) Quote(ctx context.Context, letter courrier.Letter) (courrier.Amount, error) {
	if l.quote != nil {
		return l.quote(ctx, letter)
	}
	return l.Drafting.Quote(ctx, letter)
}

func (l *liar) ParseWebhook(header http.Header, query map[string][]string, body []byte) (courrier.Webhook, error) {
	if l.webhook != nil {
		return l.webhook(header, query, body)
	}
	return l.Drafting.ParseWebhook(header, query, body)
}
