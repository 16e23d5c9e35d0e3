package mysendingbox

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
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
	call, ok := errors.AsType[*rest.Error](err)
	switch {
	case rest.NothingLeft(err):
		return fail(op, courrier.ErrUnavailable, "not-sent", err)
	case ok && call.Reach == rest.Answered:
		return fail(op, inDoubt, strconv.Itoa(call.Status), err)
	}
	return fail(op, inDoubt, "no-answer", err)
}

// effect is the kind of a refusal of a call that has an effect; see [rest.Effect].
func effect(a *rest.Answer) error { return rest.Effect(a, nil, worded(a)) }

// question is the kind of a refusal of a call that only asks. A malformed id is
// answered 422 instead of 404.
func question(a *rest.Answer) error {
	if a.Status == http.StatusUnprocessableEntity && worded(a) {
		return courrier.ErrNotFound
	}
	return rest.Question(a, nil, worded(a))
}

// worded tells whether the carrier itself gave a refusal: in the form it
// documents, {"error":{"message":…}}. The bare {"message":…} was seen where it
// judges what was sent; gateways refuse callers and pace in the same form, so it
// counts for the first only. A 409 may be about a call that is under way with the
// same idempotency key: it says nothing of the letter.
func worded(a *rest.Answer) bool {
	var body wireError
	switch {
	case a.JSON(&body) != nil || a.Status == http.StatusConflict:
		return false
	case body.Error.V.Message != "":
		return true
	}
	return body.Message != "" && slices.Contains(judged, a.Status)
}

// judged are the statuses of answers about the contents of a call.
var judged = []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity}

// message is what a refusal says; empty when it says nothing.
func message(a *rest.Answer) string {
	var body wireError
	if a.JSON(&body) != nil {
		return ""
	}
	return string(cmp.Or(body.Error.V.Message, body.Message))
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
