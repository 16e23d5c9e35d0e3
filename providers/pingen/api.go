package pingen

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// refusal is an answer that is not the success asked for.
type refusal struct {
	answer *rest.Answer
	code   string
	own    bool
}

// Error implements the error interface.
func (r *refusal) Error() string { return "HTTP " + strconv.Itoa(r.answer.Status) }

// is tells a refusal of a status in the carrier's own words.
func is(err error, status ...int) bool {
	r, ok := errors.AsType[*refusal](err)
	if !ok || !r.own {
		return false
	}
	for _, s := range status {
		if r.answer.Status == s {
			return true
		}
	}
	return false
}

// do makes a call of an account and returns its success. A token that the carrier
// refuses in its own words is replaced once: nothing was done, so that is safe for
// every call. The error is a [*refusal], or that of package rest.
func (p *Provider) do(ctx context.Context, c Credentials, call rest.Call) (*rest.Answer, error) {
	call.Authorize, call.Key = p.authorize(c), c.ClientID
	call.Header = cmpHeader(call.Header)
	answer, err := p.api.Do(ctx, call)
	if err == nil && answer.Status == http.StatusUnauthorized {
		p.tokens.Drop(c.ClientID)
		if _, own := worded(answer); own || call.Repeatable {
			answer, err = p.api.Do(ctx, call)
		}
	}
	if err != nil {
		return nil, err
	}
	if !answer.OK() {
		code, own := worded(answer)
		return nil, &refusal{answer, code, own}
	}
	return answer, nil
}

func cmpHeader(h http.Header) http.Header {
	if h == nil {
		h = http.Header{}
	}
	h.Set("Accept", mediaType)
	return h
}

// letters is the path of an organisation's letters, and of what is below one.
func (c Credentials) letters(below ...string) []string {
	return append([]string{"organisations", c.Organisation, "deliveries", "letters"}, below...)
}

// get reads a resource.
func (p *Provider) get(ctx context.Context, c Credentials, into any, call rest.Call) error {
	call.Method, call.Repeatable = http.MethodGet, true
	answer, err := p.do(ctx, c, call)
	if err != nil {
		return err
	}
	return answer.JSON(into)
}

// letter reads a letter, which must bear our reference: an id may come from a person,
// or from a call about another letter.
func (p *Provider) letter(ctx context.Context, c Credentials, id string, letter courrier.LetterID) (resource, error) {
	var w one
	if err := p.get(ctx, c, &w, rest.Call{Path: c.letters(id)}); err != nil {
		return resource{}, err
	}
	switch {
	case w.Data.ID != id:
		return resource{}, errors.New("the answer is about another letter")
	case letter != "" && string(w.Data.Attributes.FileName) != p.fileName(letter):
		return resource{}, errForeign
	}
	return w.Data, nil
}

// errForeign is a letter that bears another reference than ours.
var errForeign = errors.New("the carrier's letter does not bear this letter's reference")

// ofQuestion is the error of a call that only asked.
func ofQuestion(op string, err error) error {
	r, refused := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, errForeign):
		return fail(op, courrier.ErrNotFound, "another-letter", err)
	case refused && r.own && r.answer.Status == http.StatusGone:
		return fail(op, courrier.ErrNotFound, r.code, nil)
	case refused:
		return fail(op, rest.Question(r.answer, nil, r.own), cmp.Or(r.code, strconv.Itoa(r.answer.Status)), r)
	}
	return unanswered(op, courrier.ErrUnavailable, err)
}

// ofEffect is the error of a call with an effect. A conflict may be about a call under
// way with the same key, and 424 about whatever the carrier depends on.
func ofEffect(op string, err error) error {
	r, refused := errors.AsType[*refusal](err)
	if !refused {
		return unanswered(op, courrier.ErrInDoubt, err)
	}
	kind := rest.Effect(r.answer, nil, r.own)
	if r.answer.Status == http.StatusConflict || r.answer.Status == http.StatusFailedDependency {
		kind = courrier.ErrInDoubt
	}
	return fail(op, kind, cmp.Or(r.code, strconv.Itoa(r.answer.Status)), r)
}

func unanswered(op string, inDoubt, err error) error {
	if e, ok := errors.AsType[*courrier.Error](err); ok && rest.NothingLeft(err) {
		return fail(op, e.Kind, e.Code, e.Err) // the token could not be had
	}
	if rest.NothingLeft(err) {
		return fail(op, courrier.ErrUnavailable, "not-sent", err)
	}
	return fail(op, inDoubt, "no-answer", err)
}
