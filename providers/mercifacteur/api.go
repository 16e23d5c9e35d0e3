package mercifacteur

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
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
	case !reply.refused():
		return fail(op, courrier.ErrUnavailable, strconv.Itoa(answer.Status), errors.New("the answer is not the carrier's"))
	}
	kind := reply.meaning(answer.Status)
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

// meanings are what words within the carrier's codes say. Its list of codes is not
// published: these are the ones seen, and what is likely to stand in others.
var meanings = []struct {
	words  []string
	inText bool // the words of its text are looked at too
	kind   error
}{
	// The same letter within thirty days: proof that an attempt went through.
	{[]string{"DOUBLON", "DUPLIC", "ALREADY"}, true, courrier.ErrInDoubt},
	{[]string{"TOKEN", "SIGNATURE", "SERVICE_ID", "TIMESTAMP", "_IP", "UNAUTHORIZED"}, false, courrier.ErrDenied},
	{[]string{"CREDIT", "QUOTA", "PLAN_", "ABONNEMENT", "EXPIRED", "MAINTENANCE"}, false, courrier.ErrUnavailable},
}

// meaning is what a refusal in the carrier's own words proves.
func (e envelope) meaning(status int) error {
	for _, m := range meanings {
		for _, word := range m.words {
			if strings.Contains(strings.ToUpper(e.Error.Code), word) || m.inText && strings.Contains(strings.ToUpper(e.Error.Text), word) {
				return m.kind
			}
		}
	}
	if status < 400 || status > 499 {
		status = http.StatusBadRequest // it refuses with 200 too
	}
	return rest.Effect(&rest.Answer{Status: status}, nil, true)
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// safeCode returns a code that is one, and nothing that could be a sentence.
func safeCode(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return "refused"
}
