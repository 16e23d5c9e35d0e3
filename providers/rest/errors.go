package rest

import (
	"errors"
	"strconv"

	"github.com/courrier-go/courrier"
)

// Errors makes the errors of one carrier's adapter: a [courrier.Error] with the
// carrier's name and code, of one kind, and without what the carrier says beside its
// code, which repeats the address.
type Errors struct {
	Carrier string // the adapter's Name
	// Worded tells the carrier's own refusals from those of a gateway, by the shape of
	// its errors, and their code.
	Worded func(*Answer) (code string, own bool)
}

// New returns an error. op names the call, such as "submit".
func (e Errors) New(op string, kind error, code string, cause error) error {
	return &courrier.Error{Op: op, Kind: kind, Provider: e.Carrier, Code: code, Err: cause}
}

// Invalid returns [courrier.ErrInvalid] with what is wrong with a letter: the fields of
// an error of [courrier.Capabilities.Check], of an address or of [courrier.Checks].
//
// Errors: [courrier.ErrInvalid] (invalid).
func (e Errors) Invalid(op string, err error) error {
	var all []error
	for _, f := range courrier.FieldErrors(err) {
		all = append(all, f)
	}
	if len(all) == 0 {
		all = append(all, err)
	}
	return e.New(op, courrier.ErrInvalid, "invalid", errors.Join(all...))
}

// Effect returns the error of a call that could print, cancel or create; nil for a
// success. See the function [Effect].
//
// Errors: [courrier.ErrRejected], [courrier.ErrDenied], [courrier.ErrUnavailable] (also
// no-answer), [courrier.ErrInDoubt] (also no-answer).
func (e Errors) Effect(op string, a *Answer, err error) error { return e.of(op, Effect, a, err) }

// Question returns the error of a call that only asks; nil for a success. See the
// function [Question].
//
// Errors: [courrier.ErrNotFound], [courrier.ErrDenied], [courrier.ErrUnavailable] (also
// no-answer).
func (e Errors) Question(op string, a *Answer, err error) error { return e.of(op, Question, a, err) }

func (e Errors) of(op string, judge func(*Answer, error, bool) error, a *Answer, err error) error {
	if err == nil && a != nil && a.OK() {
		return nil
	}
	code, own := "no-answer", false
	if a != nil {
		if code, own = e.Worded(a); code == "" {
			code = strconv.Itoa(a.Status)
		}
	}
	return e.New(op, judge(a, err, own), code, err)
}
