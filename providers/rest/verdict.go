package rest

import (
	"errors"
	"net/http"

	"github.com/courrier-go/courrier"
)

// Effect is the kind of error of a call with an effect, one that could print,
// cancel or create, which brought no success. Two things alone prove that nothing
// was done: that no byte was sent, and a refusal in the carrier's own words. A
// status by itself proves nothing: a gateway may pass a call on and answer for
// itself. own tells whether the carrier worded the answer, which each adapter
// knows by the shape of its carrier's errors.
//
// The kinds are those of [courrier.Provider]: [courrier.ErrRejected] for good,
// [courrier.ErrDenied] and [courrier.ErrUnavailable] for now, and
// [courrier.ErrInDoubt] for everything that proves nothing, an unusable success
// included.
func Effect(a *Answer, err error, own bool) error {
	switch {
	case err != nil && NothingLeft(err):
		return courrier.ErrUnavailable
	case err != nil, a == nil, !own:
		return courrier.ErrInDoubt
	}
	if kind, listed := effects[a.Status]; listed {
		return kind
	}
	if a.Status >= 400 && a.Status <= 499 {
		return courrier.ErrRejected
	}
	return courrier.ErrInDoubt
}

// effects are the statuses that mean something else than a refusal for good when
// the carrier words them.
var effects = map[int]error{
	http.StatusUnauthorized:    courrier.ErrDenied,
	http.StatusPaymentRequired: courrier.ErrDenied,
	http.StatusForbidden:       courrier.ErrDenied,
	http.StatusTooManyRequests: courrier.ErrUnavailable,
	// The request may be under way on another connection.
	http.StatusRequestTimeout: courrier.ErrInDoubt,
	http.StatusTooEarly:       courrier.ErrInDoubt,
}

// Question is the kind of error of a call that only asks and brought no success.
// [courrier.ErrNotFound] is proof, so it takes the carrier's own words: the 404 of
// a gateway is an outage like any other.
//
// Errors: [courrier.ErrNotFound], [courrier.ErrDenied], [courrier.ErrUnavailable].
func Question(a *Answer, err error, own bool) error {
	if err != nil || a == nil {
		return courrier.ErrUnavailable
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		return courrier.ErrDenied
	case http.StatusNotFound, http.StatusGone:
		if own {
			return courrier.ErrNotFound
		}
	}
	return courrier.ErrUnavailable
}

// NothingLeft reports whether an error of [Client.Do] proves that no byte of the
// request left.
func NothingLeft(err error) bool {
	call, ok := errors.AsType[*Error](err)
	return ok && call.Reach == NotSent
}
