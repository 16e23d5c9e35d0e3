package providertest

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// Harness makes worlds and says what to expect of them.
type Harness struct {
	// New returns a fresh world, independent of every other: checks run at the
	// same time. Required.
	New func() (World, error)
	// Timeout bounds each call that is expected to end by itself; 0: 20 s.
	Timeout time.Duration
	// Grace is how long an adapter is left alone after the carrier took a letter
	// without an answer, so that one which repeats the call is caught. It is spent
	// only while Submit does not return by itself. 0: 2 s.
	Grace time.Duration
	// Silence is the deadline of a call that the carrier never answers; 0: 300 ms.
	Silence time.Duration
	// Prompt is how soon a call must return once its context has ended, and
	// connections must be idle once all calls have: ample for a busy machine,
	// short of any time-out of HTTP. 0: 5 s.
	Prompt time.Duration
	// Journey is how far the clock is moved for a letter to reach its end; 0: 60 days.
	Journey time.Duration
	// Step is how far the clock is moved between two questions; 0: 24 hours.
	Step time.Duration
	// Ends tells where an undisturbed letter of a service ends. Missing: posted
	// for services that are not tracked, delivered for those that are.
	Ends map[courrier.Service]courrier.Status
}

// World is one carrier that has taken nothing yet, and an adapter to it. Only
// Provider and Accepted are required. The functions are called from several
// goroutines.
type World struct {
	// Provider is the adapter under test.
	Provider courrier.Provider
	// Accepted lists what the carrier really took: the reference it was given,
	// once for each acceptance, in order, repeats included. It looks behind the
	// counter, never through the adapter.
	Accepted func() []courrier.LetterID
	// Documents lists what the carrier would print of a letter, in order; nil: not
	// checked. Like Accepted it looks behind the counter.
	Documents func(courrier.LetterID) []courrier.Sum
	// Service tells which service the carrier took a letter for, and Account on
	// whose account, by the credentials of the call: they look behind the counter
	// too. nil: not checked. With Account the adapter serves "account-1" and
	// "account-2".
	Service func(courrier.LetterID) courrier.Service
	Account func(courrier.LetterID) courrier.AccountID
	// Reopen returns another adapter to the same carrier, as after a restart of
	// the host; nil: not checked.
	Reopen func() (courrier.Provider, error)
	// Letter returns a letter that the carrier takes, for a service it offers;
	// nil: a page from a company in Paris to a person in Lyon.
	Letter func(courrier.Service) courrier.Letter
	// Now is the time at the carrier; nil: time.Now.
	Now func() time.Time
	// Advance moves the carrier's clock and lets happen what is due; nil: checks
	// that need time to pass are skipped.
	Advance func(time.Duration)
	// Fault puts one fault in force until the next call; [NoFault] ends it. It
	// reports whether the world can do that. nil: it can do none.
	Fault func(Fault) bool
	// Webhooks returns every call that the carrier has made so far, with the
	// right secret where there is one; nil: webhooks are not checked.
	Webhooks func() []WebhookCall
	// Secrets lists keys and passwords that no error may show.
	Secrets []string
	// InFlight counts the adapter's calls that the carrier is still serving, or
	// connections that are not idle. It must come down to 0 after every check.
	// nil: not checked.
	InFlight func() int
	// Close ends the world; nil: nothing to end.
	Close func()
}

// WebhookCall is a carrier's call, as it arrived.
type WebhookCall struct {
	Header http.Header
	Query  map[string][]string
	Body   []byte
}

// Fault is what a world can be told to suffer. It stays in force, so that an
// adapter which repeats a call meets it again.
type Fault string

// The faults.
const (
	NoFault Fault = ""
	// Reject: every letter is refused for good, as far as possible in words that
	// repeat the address, as carriers do.
	Reject Fault = "reject"
	// Unavailable: every call is answered that the carrier cannot, such as with
	// 503, and nothing is accepted.
	Unavailable Fault = "unavailable"
	// Unreachable: no connection can be made: no call reaches the carrier at all.
	Unreachable Fault = "unreachable"
	// LostAnswer: every letter is accepted, and the connection breaks before the
	// answer to that call.
	LostAnswer Fault = "lost answer"
	// NoAnswer: every letter is accepted, and nothing comes back until the caller
	// gives up.
	NoAnswer Fault = "no answer"
	// Silence: no call is ever answered and nothing is accepted.
	Silence Fault = "silence"
	// Returned: letters are posted and come back to the sender. Where the carrier
	// takes returns of ordinary letters in ([courrier.ReturnsScanned]), of those too.
	Returned Fault = "returned"
	// Lost: letters are posted and lost.
	Lost Fault = "lost"
)

func (h Harness) withDefaults() Harness {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&h.Timeout, 20 * time.Second}, {&h.Grace, 2 * time.Second}, {&h.Silence, 300 * time.Millisecond}, {&h.Prompt, 5 * time.Second},
		{&h.Journey, 60 * 24 * time.Hour}, {&h.Step, 24 * time.Hour},
	} {
		if *d.value <= 0 {
			*d.value = d.fallback
		}
	}
	return h
}

func (h Harness) end(s courrier.Service) courrier.Status {
	if end, ok := h.Ends[s]; ok {
		return end
	}
	if s.Tracked() {
		return courrier.StatusDelivered
	}
	return courrier.StatusPosted
}

func (w World) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

func (w World) letter(s courrier.Service) courrier.Letter {
	if w.Letter == nil {
		return SampleLetter(s)
	}
	return w.Letter(s)
}

// Outcome is what one check found.
type Outcome struct {
	Check    string   // its name, such as "submit/lost answer"
	Skipped  string   // why it could not run
	Problems []string // what is wrong; none: it passed
}

// Check runs the suite, one check after the other, and returns what each found;
// with names, only those checks. It stops between checks when ctx ends.
func Check(ctx context.Context, h Harness, names ...string) []Outcome {
	var outcomes []Outcome
	for _, c := range checks {
		switch {
		case len(names) > 0 && !slices.Contains(names, c.name):
		case ctx.Err() != nil:
			outcomes = append(outcomes, Outcome{Check: c.name, Skipped: ctx.Err().Error()})
		default:
			outcomes = append(outcomes, c.run(ctx, h.withDefaults()))
		}
	}
	return outcomes
}
