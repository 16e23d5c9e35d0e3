package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The kinds of failure. Every error that this module returns for a reason of its
// own matches exactly one of them with errors.Is. Errors of the context and of the
// host's database pass through unchanged.
var (
	ErrInvalid            = errors.New("invalid")             // the input is wrong, nothing was done: see [FieldErrors]
	ErrNotFound           = errors.New("not found")           // no such thing in this account
	ErrConflict           = errors.New("conflict")            // the key has other content, or the thing changed: read it again
	ErrDenied             = errors.New("denied")              // Config.Authorize, or the account's settings, refuse
	ErrInsufficientCredit = errors.New("insufficient credit") // neither the balance nor the post-paid ceiling covers it
	ErrUnsupported        = errors.New("unsupported")         // the carrier, the store or the text cannot do this
	ErrRejected           = errors.New("rejected")            // the carrier proves that it refused, and would refuse again
	ErrUnavailable        = errors.New("unavailable")         // nothing was accepted; the same call may pass later
	ErrInDoubt            = errors.New("in doubt")            // may have had its effect: ask, never repeat the call
)

// Error says what failed, of which kind, and what the carrier said. Its text never
// holds an address, a name, a document or a key.
type Error struct {
	Op       string   // the operation, such as "send" or "mysendingbox: submit"
	Kind     error    // one of the Err variables above; nil when Err carries the kind
	Provider string   // the carrier's name, when one was asked
	Code     string   // the carrier's or the rule's own stable code
	LetterID LetterID // the letter concerned, when there is one
	Err      error    // the cause
}

// Error implements the error interface.
func (e *Error) Error() string {
	var b strings.Builder
	add := func(s string) {
		if s == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(s)
	}
	add(e.Op)
	add(e.Provider)
	if e.LetterID != "" {
		add("letter " + string(e.LetterID))
	}
	if e.Kind != nil {
		add(e.Kind.Error())
	}
	if e.Code != "" {
		add("code " + e.Code)
	}
	if e.Err != nil {
		add(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	switch {
	case e.Err == nil:
	case e.Kind == nil:
		errs = append(errs, e.Err)
	default:
		errs = append(errs, masked{e.Err})
	}
	return errs
}

// kinds are all kinds of failure, in the order of their declaration.
var kinds = []error{
	ErrInvalid, ErrNotFound, ErrConflict, ErrDenied, ErrInsufficientCredit,
	ErrUnsupported, ErrRejected, ErrUnavailable, ErrInDoubt,
}

// masked is the cause of an error that has its kind already: whatever kind the
// cause is of, the error is of its own alone.
type masked struct{ cause error }

func (m masked) Error() string { return m.cause.Error() }

// Is finds everything in the cause but kinds.
func (m masked) Is(target error) bool {
	return !slices.Contains(kinds, target) && errors.Is(m.cause, target)
}

// As finds what the cause holds, such as an error of the host's own.
func (m masked) As(target any) bool { return errors.As(m.cause, target) }

// KindOf names the kind of an error for logs, without its text.
func KindOf(err error) string {
	for _, kind := range slices.Concat(kinds, []error{context.Canceled, context.DeadlineExceeded}) {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "other"
}

// FieldError names a wrong field, its rule and the remedy: an [ErrInvalid].
type FieldError struct {
	Field  string // path of the field, such as "To.Address.Street" or "Documents[3]"
	Rule   string // the rule that is broken, with the figures that matter
	Remedy string // what to change
	Code   string // stable name of the rule, for screens that branch on it; "" where there is none
}

// Error implements the error interface.
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s: %s; %s", e.Field, e.Rule, e.Remedy)
}

// Unwrap returns [ErrInvalid].
func (e *FieldError) Unwrap() error { return ErrInvalid }

// FieldErrors returns every [FieldError] in err, in the order of the checks.
func FieldErrors(err error) []*FieldError {
	var found []*FieldError
	var walk func(error)
	walk = func(err error) {
		if fe, ok := err.(*FieldError); ok {
			found = append(found, fe)
			return
		}
		switch u := err.(type) {
		case masked:
			walk(u.cause)
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				walk(e)
			}
		case interface{ Unwrap() error }:
			if e := u.Unwrap(); e != nil {
				walk(e)
			}
		}
	}
	if err != nil {
		walk(err)
	}
	return found
}

// Checks collects field errors while a value is validated. Use its zero value.
type Checks struct {
	errs []error
}

// Require records a [FieldError] unless ok holds, and reports ok.
func (c *Checks) Require(ok bool, field, rule, remedy string) bool {
	if !ok {
		c.errs = append(c.errs, &FieldError{Field: field, Rule: rule, Remedy: remedy})
	}
	return ok
}

// Refuse records a [FieldError] with a code.
func (c *Checks) Refuse(code, field, rule, remedy string) {
	c.errs = append(c.errs, &FieldError{Field: field, Rule: rule, Remedy: remedy, Code: code})
}

// Nest records the field errors of err, with prefix before each field.
func (c *Checks) Nest(prefix string, err error) {
	for _, fe := range FieldErrors(err) {
		c.errs = append(c.errs, &FieldError{Field: prefix + "." + fe.Field, Rule: fe.Rule, Remedy: fe.Remedy, Code: fe.Code})
	}
}

// Err returns all recorded errors joined, each an [ErrInvalid], or nil.
func (c *Checks) Err() error { return errors.Join(c.errs...) }

// The codes of this module's own errors, in [Error.Code] and [Failure.Code]:
// docs/errors.md gives kind, meaning and remedy. Other codes are a carrier's, or
// name the status, hold or cause in the way.
const (
	CodeAccountClosed    = "account-closed"
	CodeCannotCancel     = "cannot-cancel"
	CodeCannotTell       = "cannot-tell"
	CodeChanged          = "changed"
	CodeContradiction    = "contradiction"
	CodeCount            = "count"
	CodeFormalNotice     = "formal-notice"
	CodeIDOfAnother      = "id-of-another"
	CodeKeyUsed          = "key-used"
	CodeLeaseShort       = "lease-short"
	CodeLeaving          = "leaving"
	CodeLeftAlone        = "left-alone"
	CodeNeverArrived     = "never-arrived"
	CodeNoAnswer         = "no-answer"
	CodeNoCarrier        = "no-carrier"
	CodeNoCarrierTakesIt = "no-carrier-takes-it"
	CodeNoClaim          = "no-claim"
	CodeNoComposer       = "no-composer"
	CodeNoGate           = "no-gate"
	CodeNoID             = "no-id"
	CodeNoInvoice        = "invoice"
	CodeNoProof          = "no-proof"
	CodeNoRegister       = "no-register"
	CodeNotAPDF          = "not-a-pdf"
	CodeNotConfirmed     = "not-confirmed"
	CodeNotInDoubt       = "not-in-doubt"
	CodeNotLate          = "not-late"
	CodeNotLeaving       = "not-leaving"
	CodeNotPosted        = "not-posted"
	CodeOtherCustomer    = "other-customer"
	CodeOtherID          = "other-id"
	CodeOverran          = "overran"
	CodePanic            = "panic"
	CodePostOff          = "post-off"
	CodePreviewStale     = "preview-stale"
	CodeReplaced         = "replaced"
	CodeSent             = "sent"
	CodeStatus           = "status"
	CodeUnavailable      = "unavailable"
	CodeUnderWay         = "under-way"
	CodeUnsupported      = "unsupported"
)
