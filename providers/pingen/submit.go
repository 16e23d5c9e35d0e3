package pingen

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Submit implements [courrier.Provider]: it sends the draft, once, under a key of that
// draft. A draft that is none any more was sent before, which is the same success.
func (p *Provider) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	const op = "submit"
	if s.Draft == "" {
		return courrier.Receipt{}, fail(op, courrier.ErrInvalid, "invalid",
			&courrier.FieldError{Field: "Draft", Rule: "is empty", Remedy: "call Draft first and store what it returns"})
	}
	c, err := p.credentials(ctx, op, s.Letter.Account)
	if err != nil {
		return courrier.Receipt{}, err
	}
	b, err := body(map[string]any{"id": s.Draft, "type": "letters", "attributes": p.sending(s.Letter)})
	if err != nil {
		return courrier.Receipt{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	answer, err := p.do(ctx, c, rest.Call{
		Method: http.MethodPatch, Path: c.letters(s.Draft, "send"), Body: b, Header: http.Header{"Idempotency-Key": {"send-" + s.Draft}},
	})
	var w one
	switch {
	case err == nil && answer.JSON(&w) == nil && w.Data.ID == s.Draft && string(w.Data.Attributes.FileName) == p.fileName(s.ID) &&
		w.Data.sent():
		return receipt(w.Data), nil
	case err == nil:
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, "unclear", errors.New("the answer does not say that this letter was sent"))
	case is(err, http.StatusConflict):
		return p.conflict(ctx, op, c, s, err)
	}
	if _, answered := errors.AsType[*refusal](err); answered && !errors.Is(ofEffect(op, err), courrier.ErrInDoubt) {
		return p.refused(ctx, op, c, s, err)
	}
	return courrier.Receipt{}, ofEffect(op, err)
}

// sending is how a letter is printed and posted.
func (p *Provider) sending(l courrier.Letter) map[string]any {
	print := printOf(l)
	v := map[string]any{
		"delivery_product": p.products[l.Service], "print_mode": either(print.Duplex, "duplex",
			"simplex"), "print_spectrum": either(print.Color, "color", "grayscale"),
	}
	if slices.Contains(p.cfg.MetaData, l.Service) {
		v["meta_data"] = map[string]any{"recipient": partyOf(l.To), "sender": partyOf(courrier.Recipient(l.From))}
	}
	return v
}

func either(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// partyOf writes an address in the carrier's fields, whose lengths it bounds.
func partyOf(r courrier.Recipient) map[string]string {
	a := r.Address
	number, street := "", a.Street
	if first, rest, ok := strings.Cut(a.Street, " "); ok && strings.Trim(first, "0123456789") == "" {
		number, street = first, rest
	}
	name := r.Company
	if name == "" {
		name = r.Name
	}
	return map[string]string{
		"name": cut(name, 45), "street": cut(street, 40), "pobox": cut(a.Box, 45), "number": cut(number, 10), "zip": cut(a.Postcode,
			8), "city": cut(a.City, 25), "country": strings.ToUpper(a.Country),
	}
}

// cut bounds a text of the carrier's register; what is printed is in the file.
func cut(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// conflict reads a letter that was not in a state to be sent. Only the carrier's code
// for that is about the letter: others are about a call under way with the same key.
func (p *Provider) conflict(ctx context.Context, op string, c Credentials, s courrier.Submission, cause error) (courrier.Receipt, error) {
	l, err := p.letter(ctx, c, s.Draft, s.ID)
	r, _ := errors.AsType[*refusal](cause)
	switch {
	case err == nil && l.sent():
		return receipt(l), nil
	case err != nil || r.code != "conflict_state" || !l.draft():
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, r.code, errors.New("the letter is busy"))
	}
	return courrier.Receipt{}, fail(op, courrier.ErrUnavailable, r.code, errors.New("the draft was not ready to be sent"))
}

// refused believes a refusal only of a letter that is a draft, which is then deleted, for
// the next attempt makes another: the call may have been made twice on its way, and sent
// by the first. One that is gone was never sent.
func (p *Provider) refused(ctx context.Context, op string, c Credentials, s courrier.Submission, cause error) (courrier.Receipt, error) {
	l, err := p.letter(ctx, c, s.Draft, s.ID)
	r, _ := errors.AsType[*refusal](cause)
	absent := is(cause, http.StatusNotFound, http.StatusGone)
	switch {
	case err == nil && l.sent():
		return receipt(l), nil
	case absent && is(err, http.StatusNotFound, http.StatusGone):
		return courrier.Receipt{}, fail(op, courrier.ErrUnavailable, "draft-gone",
			errors.New("the draft is not there any more; the next attempt makes another"))
	case err != nil || !l.draft() || p.remove(ctx, c, s.Draft) != nil:
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, r.code, errors.New("whether the letter was sent before could not be asked"))
	case absent:
		return courrier.Receipt{}, fail(op, courrier.ErrUnavailable, r.code, errors.New("the draft was not found to be sent, and is deleted"))
	}
	return courrier.Receipt{}, ofEffect(op, cause)
}

// sent tells whether a letter is past the draft. One that waited for funds in vain is
// a draft again, and was sent all the same.
func (l resource) sent() bool {
	return !text(l.Attributes.SubmittedAt).time().IsZero() || slices.Contains(underWay, string(l.Attributes.Status))
}

// draft tells whether a letter was certainly not sent: a moment that cannot be read may
// be that of the sending.
func (l resource) draft() bool {
	return l.Attributes.SubmittedAt == "" && slices.Contains(unsent, string(l.Attributes.Status))
}

func receipt(l resource) courrier.Receipt {
	return courrier.Receipt{ProviderID: l.ID, TrackingNumber: string(l.Attributes.Tracking),
		Price: l.Attributes.Price.in(l.Attributes.Currency)}
}

// Find implements [courrier.Finder]. A letter that is still a draft when no sending can
// be on its way any more is deleted: that alone proves that nothing will come of the
// attempt.
func (p *Provider) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	const op = "find"
	id := idOf(ref)
	if id == "" {
		return courrier.Receipt{}, fail(op, courrier.ErrNotFound, "no-draft",
			errors.New("the draft is stored before it is sent: without one, nothing was"))
	}
	c, err := p.credentials(ctx, op, ref.Account)
	if err != nil {
		return courrier.Receipt{}, err
	}
	l, err := p.letter(ctx, c, id, ref.ID)
	gone := is(err, http.StatusNotFound, http.StatusGone)
	switch {
	case err == nil && l.sent():
		return receipt(l), nil
	case err != nil && !gone:
		return courrier.Receipt{}, doubtful(op, err)
	case err == nil && !l.draft():
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, "unclear",
			errors.New("the letter has a status that does not tell whether it was sent: look at it in the carrier's application"))
	case p.cfg.Now().Sub(ref.AttemptedAt) < p.cfg.SettleAfter:
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, "early", errors.New("a sending may still be on its way"))
	case gone:
		return courrier.Receipt{}, fail(op, courrier.ErrNotFound, "draft-gone", nil)
	}
	if err := p.remove(ctx, c, id); err != nil {
		return courrier.Receipt{}, doubtful(op, err) // sent in this very moment, perhaps
	}
	return courrier.Receipt{}, fail(op, courrier.ErrNotFound, "never-sent", errors.New("the draft was never sent, and is deleted"))
}

// doubtful is the error of a question that leaves a letter in doubt.
func doubtful(op string, err error) error {
	err = ofQuestion(op, err)
	if e, ok := errors.AsType[*courrier.Error](err); ok && !errors.Is(e.Kind, courrier.ErrUnavailable) &&
		!errors.Is(e.Kind, courrier.ErrDenied) {
		e.Kind = courrier.ErrInDoubt
	}
	return err
}

// idOf is the carrier's id of a letter, or of its draft.
func idOf(ref courrier.Reference) string {
	if ref.ProviderID != "" {
		return ref.ProviderID
	}
	return ref.Draft
}

// Cancel implements [courrier.Canceller]. The carrier takes the request; its events
// tell whether it came in time.
func (p *Provider) Cancel(ctx context.Context, ref courrier.Reference) error {
	const op = "cancel"
	c, err := p.credentials(ctx, op, ref.Account)
	if err != nil {
		return err
	}
	l, err := p.letter(ctx, c, ref.ProviderID, ref.ID)
	if err != nil {
		return ofQuestion(op, err)
	}
	if strings.HasPrefix(string(l.Attributes.Status), "cancel") {
		return nil
	}
	answer, err := p.do(ctx, c, rest.Call{Method: http.MethodPatch, Path: c.letters(ref.ProviderID, "cancel"), Repeatable: true})
	switch {
	case err == nil && answer.Status == http.StatusAccepted:
		return nil
	case err == nil:
		return fail(op, courrier.ErrInDoubt, "unclear", errors.New("the answer does not say that the letter will be cancelled"))
	case is(err, http.StatusConflict):
		r, _ := errors.AsType[*refusal](err)
		return fail(op, courrier.ErrRejected, r.code, nil)
	}
	return ofEffect(op, err)
}
