package mysendingbox

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

func fail(op string, kind error, code string, cause error) error {
	return &courrier.Error{Op: op, Kind: kind, Provider: name, Code: code, Err: cause}
}

// foreign is an error of the host's own as text: "not found" in its vault is not
// the carrier's word about a letter.
func foreign(err error) error { return errors.New(err.Error()) }

// unanswered is the error of a call without a usable answer. inDoubt is the kind
// for a call that may have arrived: [courrier.ErrInDoubt] where that would have
// had an effect, [courrier.ErrUnavailable] where it only asked.
func unanswered(op string, inDoubt error, err error) error {
	if call, ok := errors.AsType[*rest.Error](err); ok {
		switch call.Reach {
		case rest.NotSent:
			return fail(op, courrier.ErrUnavailable, "not-sent", err)
		case rest.Answered:
			return fail(op, inDoubt, strconv.Itoa(call.Status), err)
		}
	}
	return fail(op, inDoubt, "no-answer", err)
}

// effects maps the statuses of calls that print, cancel or create: what the
// answer proves about the effect, whoever gave it. Those not listed are in [effect].
var effects = map[int]error{
	// Credentials, pace and form are judged before a call is acted on.
	http.StatusUnauthorized:                courrier.ErrDenied,
	http.StatusPaymentRequired:             courrier.ErrDenied,
	http.StatusForbidden:                   courrier.ErrDenied,
	http.StatusTooManyRequests:             courrier.ErrUnavailable,
	http.StatusLengthRequired:              courrier.ErrRejected,
	http.StatusRequestEntityTooLarge:       courrier.ErrRejected,
	http.StatusUnsupportedMediaType:        courrier.ErrRejected,
	http.StatusRequestHeaderFieldsTooLarge: courrier.ErrRejected,
	// The request may be under way on another connection.
	http.StatusRequestTimeout: courrier.ErrInDoubt,
	http.StatusConflict:       courrier.ErrInDoubt,
	http.StatusTooEarly:       courrier.ErrInDoubt,
}

// effect is the kind of a refusal of a call that has an effect. Other 4xx are for
// good where the carrier itself words them; from anything in between, like 5xx
// and whatever else, they prove nothing.
func effect(a *rest.Answer) error {
	kind := courrier.ErrInDoubt
	if a.Status >= 400 && a.Status <= 499 && message(a) != "" {
		kind = courrier.ErrRejected
	}
	return cmp.Or(effects[a.Status], kind)
}

// message is what the carrier says of a refusal; empty when it did not word it.
func message(a *rest.Answer) string {
	var body wireError
	if a.JSON(&body) != nil {
		return ""
	}
	return string(body.Error.V.Message)
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
	if m := message(a); m != "" {
		cause = errors.New(rest.Scrub(m, private...))
	}
	return fail(op, kind, strconv.Itoa(a.Status), cause)
}

// unreadable is the error of a success whose body is not what it should be.
func unreadable(op string, kind error, a *rest.Answer, cause error) error {
	return fail(op, kind, strconv.Itoa(a.Status), cause)
}
