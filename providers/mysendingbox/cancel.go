package mysendingbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Cancel implements [courrier.Canceller]. The carrier takes cancellations within
// the account's cancellation window and refuses every later one. As it refuses a
// second one too, a refusal is checked against the letter itself; that is also why
// the call may be repeated, as long as the window is open.
func (p *Provider) Cancel(ctx context.Context, ref courrier.Reference) error {
	const op = "cancel"
	if ref.ProviderID == "" {
		return fail(op, courrier.ErrInvalid, "invalid", &courrier.FieldError{Field: "ProviderID", Rule: "is empty",
			Remedy: "settle the letter first"})
	}
	// Nothing is cancelled by an id alone: the letter must be this one.
	if _, err := p.own(ctx, op, ref); err != nil {
		return err
	}
	key, err := p.key(ctx, op, ref.Account)
	if err != nil {
		return err
	}
	answer, err := p.rest.Do(ctx, rest.Call{Method: http.MethodDelete, Path: []string{"letters", ref.ProviderID},
		Authorize: key.authorize, Key: string(ref.Account), Repeatable: true})
	if err != nil {
		return unanswered(op, courrier.ErrInDoubt, err)
	}
	if answer.OK() {
		return nil
	}
	kind := effect(answer)
	if answer.Status == http.StatusNotFound && errors.Is(kind, courrier.ErrRejected) {
		kind = courrier.ErrNotFound
	}
	if !errors.Is(kind, courrier.ErrRejected) {
		return refused(op, kind, answer, key.Reveal())
	}
	l, err := p.letter(ctx, op, ref.Account, ref.ProviderID)
	switch {
	case err != nil:
		return err
	case l.cancelled():
		return nil
	}
	return refused(op, courrier.ErrRejected, answer, key.Reveal())
}

// cancelled reports whether the letter was stopped, by flag or by event.
func (l wireLetter) cancelled() bool {
	if l.Canceled.V {
		return true
	}
	for _, raw := range l.history() {
		var e wireEvent
		if json.Unmarshal(raw, &e) == nil && e.Name == canceled {
			return true
		}
	}
	return false
}
