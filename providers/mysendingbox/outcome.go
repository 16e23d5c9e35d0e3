package mysendingbox

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/rest"
)

func fail(op string, kind error, code string, cause error) error {
	return &courrier.Error{Op: op, Kind: kind, Provider: name, Code: code, Err: cause}
}

// unanswered is the error of a call without a usable answer. inDoubt is the kind
// for a call that may have arrived: [courrier.ErrInDoubt] where that would have
// had an effect, [courrier.ErrUnavailable] where it only asked.
func unanswered(op string, inDoubt error, err error) error {
	call, ok := errors.AsType[*rest.Error](err)
	switch {
	case !ok || call.Reach == rest.NotSent:
		return fail(op, courrier.ErrUnavailable, "not-sent", err)
	case call.Reach == rest.Answered:
		return fail(op, inDoubt, strconv.Itoa(call.Status), err)
	}
	return fail(op, inDoubt, "no-answer", err)
}

// effects maps the statuses of calls that print, cancel or create: what the
// answer proves about the effect. Those not listed are in [effect].
var effects = map[int]error{
	http.StatusUnauthorized:    courrier.ErrDenied,
	http.StatusPaymentRequired: courrier.ErrDenied,
	http.StatusForbidden:       courrier.ErrDenied,
	http.StatusTooManyRequests: courrier.ErrUnavailable,
	// The request may be under way on another connection.
	http.StatusRequestTimeout: courrier.ErrInDoubt,
	http.StatusConflict:       courrier.ErrInDoubt,
	http.StatusTooEarly:       courrier.ErrInDoubt,
}

// effect is the kind of a refusal of a call that has an effect: other 4xx are
// for good, 5xx and whatever else prove nothing.
func effect(status int) error {
	kind := courrier.ErrInDoubt
	if status >= 400 && status <= 499 {
		kind = courrier.ErrRejected
	}
	return cmp.Or(effects[status], kind)
}

// question is the kind of a refusal of a call that only asks. A malformed id is
// answered 422 instead of 404.
func question(status int) error {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		return courrier.ErrDenied
	case http.StatusNotFound, http.StatusUnprocessableEntity:
		return courrier.ErrNotFound
	}
	return courrier.ErrUnavailable
}

// refused is the error of an answer outside 2xx. The carrier's message is kept
// without the private texts that it may quote.
func refused(op string, kind error, a *rest.Answer, private ...string) error {
	var cause error
	var body wireError
	if a.JSON(&body) == nil && body.Error.V.Message != "" {
		cause = errors.New(rest.Scrub(string(body.Error.V.Message), private...))
	}
	return fail(op, kind, strconv.Itoa(a.Status), cause)
}

// unreadable is the error of a success whose body is not what it should be.
func unreadable(op string, kind error, a *rest.Answer, cause error) error {
	return fail(op, kind, strconv.Itoa(a.Status), cause)
}
