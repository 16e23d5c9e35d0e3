package mercifacteur

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// question asks the carrier and decodes its success. A refusal in its own words is
// [courrier.ErrNotFound], but for those about the caller; whatever else is an outage.
func (p *Provider) question(ctx context.Context, op string, account courrier.AccountID, into any, path string, query url.Values) error {
	c, err := p.credentials(ctx, op, account)
	if err != nil {
		return err
	}
	call := rest.Call{Method: http.MethodGet, Path: []string{path}, Query: query, Authorize: p.authorize(c), Key: c.ServiceID,
		Repeatable: true}
	answer, err := p.rest.Do(ctx, call)
	if err == nil && answer.Status == http.StatusUnauthorized {
		p.tokens.Drop(c.ServiceID)
		answer, err = p.rest.Do(ctx, call)
	}
	if err != nil {
		return unanswered(op, courrier.ErrUnavailable, err)
	}
	reply := read(answer)
	switch {
	case reply.ok(answer):
		if err := answer.JSON(into); err != nil {
			return fail(op, courrier.ErrUnavailable, strconv.Itoa(answer.Status), err)
		}
		return nil
	case !reply.refused(answer):
		return fail(op, courrier.ErrUnavailable, strconv.Itoa(answer.Status), errors.New("the answer is not the carrier's"))
	}
	kind := p.meaning(answer.Status, reply)
	if errors.Is(kind, courrier.ErrRejected) || errors.Is(kind, courrier.ErrInDoubt) {
		kind = courrier.ErrNotFound
	}
	return fail(op, kind, safeCode(reply.Error.Code), nil)
}

// unanswered is the error of a call without a usable answer.
func unanswered(op string, inDoubt, err error) error {
	if e, ok := errors.AsType[*courrier.Error](err); ok && rest.NothingLeft(err) {
		return fail(op, e.Kind, e.Code, e.Err) // the token could not be had
	}
	if rest.NothingLeft(err) {
		return fail(op, courrier.ErrUnavailable, "not-sent", err)
	}
	return fail(op, inDoubt, "no-answer", err)
}

// duplicateWords say that the same letter was sent within thirty days: proof that an
// attempt went through.
var duplicateWords = []string{"doublon", "duplic", "already", "deja"}

// meanings are what words within the carrier's codes say. Its list of codes is not
// published: these are the ones seen, and what is likely to stand in others.
var meanings = []struct {
	words []string
	kind  error
}{
	{[]string{"token", "signature", "service_id", "timestamp", "_ip", "unauthorized"}, courrier.ErrDenied},
	{[]string{"credit", "quota", "plan_", "abonnement", "expired", "maintenance"}, courrier.ErrUnavailable},
	{[]string{"letter_invalid", "address_missing", "invalid_date"}, courrier.ErrRejected},
}

// meaning is what a refusal in the carrier's own words proves. Words that nobody knows
// may be those for a letter that the carrier has, so they end nothing: only a status
// about the caller counts beside them.
func (p *Provider) meaning(status int, e envelope) error {
	code := plainText(e.Error.Code)
	said := code + " " + plainText(e.Error.Text)
	if holdsAny(said, duplicateWords) || holdsAny(said, p.cfg.DuplicateWords) {
		return courrier.ErrInDoubt
	}
	for _, m := range meanings {
		if holdsAny(code, m.words) {
			return m.kind
		}
	}
	if holdsAny(said, p.cfg.RefusalWords) {
		return courrier.ErrRejected
	}
	kind := rest.Effect(&rest.Answer{Status: status}, nil, true)
	if errors.Is(kind, courrier.ErrRejected) {
		kind = courrier.ErrInDoubt
	}
	return kind
}

func holdsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return word != "" && strings.Contains(text, plainText(word)) })
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// safeCode returns a code that is one, and nothing that could be a sentence.
func safeCode(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return "refused"
}
