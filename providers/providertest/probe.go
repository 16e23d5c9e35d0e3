package providertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
)

// check is one property with a world of its own.
type check struct {
	name string
	test func(*probe)
}

// checks is the suite, in the order in which an author would mend an adapter.
var checks = slices.Concat(declared, submitting, settling, following, proving, calling)

// probe is a running check: a world, and what was found in it.
type probe struct {
	Harness
	World
	ctx  context.Context
	name string
	caps courrier.Capabilities

	mu       sync.Mutex
	needles  []string
	problems []string
}

// stop ends a check early; a reason means that it is skipped.
type stop struct{ reason string }

// run makes a world, runs the check in it and closes it again.
func (c check) run(ctx context.Context, h Harness) (o Outcome) {
	o.Check = c.name
	w, err := h.New()
	if err != nil {
		o.Problems = []string{"Harness.New: " + err.Error()}
		return o
	}
	if w.Close != nil {
		defer w.Close()
	}
	if w.Provider == nil || w.Accepted == nil {
		o.Problems = []string{"Harness.New: World.Provider and World.Accepted are required"}
		return o
	}
	p := &probe{Harness: h, World: w, ctx: ctx, needles: w.Secrets}
	o.Skipped = p.attempt(c.test)
	if o.Skipped == "" {
		p.attempt((*probe).calmDown)
	}
	o.Problems = p.problems
	return o
}

// attempt runs f and turns a panic of the adapter in this goroutine into a problem.
func (p *probe) attempt(f func(*probe)) (skipped string) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case stop:
			skipped = r.reason
		default:
			p.problemf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if p.name == "" {
		p.name = p.Provider.Name()
		p.caps = p.Provider.Capabilities()
	}
	f(p)
	return ""
}

// calmDown checks that the adapter has left nothing open.
func (p *probe) calmDown() {
	if p.InFlight == nil {
		return
	}
	p.fault(NoFault)
	if !p.eventually(p.Prompt, func() bool { return p.InFlight() == 0 }) {
		p.problemf("%d calls or connections are still open after the check: bodies must be closed and goroutines end", p.InFlight())
	}
}

func (p *probe) problemf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.problems, text) {
		p.problems = append(p.problems, text)
	}
}

func (p *probe) fatalf(format string, args ...any) {
	p.problemf(format, args...)
	panic(stop{})
}

func (p *probe) skipf(format string, args ...any) {
	panic(stop{reason: fmt.Sprintf(format, args...)})
}

// require records a problem unless ok holds, and reports ok.
func (p *probe) require(ok bool, format string, args ...any) bool {
	if !ok {
		p.problemf(format, args...)
	}
	return ok
}

// needs skips the check unless a declared ability is there.
func (p *probe) needs(declared bool, ability string) {
	if !declared {
		p.skipf("the carrier does not declare %s", ability)
	}
}

func (p *probe) needsClock() {
	if p.Advance == nil {
		p.skipf("the world has no Advance")
	}
}

// suffer puts a fault in force, or skips the check.
func (p *probe) suffer(f Fault) {
	if !p.fault(f) {
		p.skipf("the world cannot suffer %q", f)
	}
}

func (p *probe) fault(f Fault) bool { return p.Fault != nil && p.Fault(f) }

// eventually waits for cond, at most d.
func (p *probe) eventually(d time.Duration, cond func() bool) bool {
	for deadline := time.Now().Add(d); ; {
		if cond() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// bounded makes one call of the adapter. It must return soon after its context
// ends, must not panic, and its error must give nothing away.
func (p *probe) bounded(ctx context.Context, what string, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	done := make(chan error, 1)
	crashed := make(chan string, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				crashed <- fmt.Sprintf("%s: panic: %v\n%s", what, r, debug.Stack())
			}
		}()
		done <- call(ctx)
	}()
	select {
	case err := <-done:
		return p.discreet(what, err)
	case problem := <-crashed:
		p.fatalf("%s", problem)
	case <-p.overdue(ctx):
		p.fatalf("%s: did not return within %v after its context ended", what, p.Prompt)
	}
	return nil
}

func (p *probe) overdue(ctx context.Context) <-chan struct{} {
	late := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(p.Prompt, func() { close(late) }) })
	return late
}

// discreet checks that an error shows nothing of a letter and no secret.
func (p *probe) discreet(what string, err error) error {
	if err == nil {
		return nil
	}
	p.mu.Lock()
	needles := slices.Clone(p.needles)
	p.mu.Unlock()
	text := strings.ToLower(err.Error())
	for _, n := range needles {
		// The needle itself stays out of our message, for the same reason.
		if n != "" && strings.Contains(text, strings.ToLower(n)) {
			p.problemf("%s: the error shows a name, an address, a document, a key or a secret (%d characters of it); "+
				"log the code, not the carrier's words", what, len(n))
		}
	}
	return err
}

// keepPrivate looks out for the texts of a letter in every error from now on.
func (p *probe) keepPrivate(l courrier.Letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.needles = append(p.needles, private(l)...)
}

// minNeedle keeps needles from turning up by chance.
const minNeedle = 5

// private lists the texts of a letter that no error may show.
func private(l courrier.Letter) []string {
	var all []string
	for _, r := range []courrier.Recipient{l.To, courrier.Recipient(l.From)} {
		a := r.Address
		all = append(all, r.Name, r.Company, r.Attention, a.Unit, a.Building, a.Street, a.Box)
		if lines, err := r.Lines(); err == nil {
			all = append(all, lines...)
		}
	}
	all = append(all, l.Key)
	for _, d := range l.Documents {
		all = append(all, d.Name, string(d.Content[:min(len(d.Content), 12)]))
	}
	for _, v := range l.Metadata {
		all = append(all, v)
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < minNeedle })
}

// submission returns a submission of a new letter of the service.
func (p *probe) submission(s courrier.Service) courrier.Submission {
	return p.submissionOf(p.letter(s))
}

// submissionOf gives the letter an id, and resolved options as the Client does.
func (p *probe) submissionOf(l courrier.Letter) courrier.Submission {
	if l.Print == nil {
		l.Print = &courrier.PrintOptions{}
	}
	return courrier.Submission{Letter: l, ID: newID()}
}

// submit hands a letter over as the Client does: drafted first where the carrier
// has drafts.
func (p *probe) submit(ctx context.Context, s *courrier.Submission) (courrier.Receipt, error) {
	if err := p.draft(ctx, s); err != nil {
		return courrier.Receipt{}, err
	}
	return p.hand(ctx, *s)
}

// hand makes the one call that can print, with a draft made before.
func (p *probe) hand(ctx context.Context, s courrier.Submission) (r courrier.Receipt, err error) {
	p.keepPrivate(s.Letter)
	before := frozen(s.Letter)
	err = p.bounded(ctx, "submit", func(ctx context.Context) (err error) {
		r, err = p.Provider.Submit(ctx, s)
		return err
	})
	p.require(reflect.DeepEqual(before, s.Letter), "submit: the adapter changed the letter it was given")
	if err == nil {
		p.checkReceipt("submit", r)
		p.checkEvents("submit", r.Events, courrier.SourceSubmit, refOf(s, r))
	}
	return r, err
}

// prepared returns a submission that is drafted where the carrier has drafts, so
// that a fault put in force now meets Submit and nothing before it.
func (p *probe) prepared() courrier.Submission {
	s := p.submission(p.anyService())
	if err := p.draft(p.ctx, &s); err != nil {
		p.fatalf("draft: %v", err)
	}
	return s
}

func (p *probe) draft(ctx context.Context, s *courrier.Submission) error {
	drafter, ok := p.Provider.(courrier.Drafter)
	if !ok {
		return nil
	}
	p.keepPrivate(s.Letter)
	return p.bounded(ctx, "draft", func(ctx context.Context) (err error) {
		s.Draft, err = drafter.Draft(ctx, *s)
		return err
	})
}

// frozen copies what an adapter could change behind our back.
func frozen(l courrier.Letter) courrier.Letter {
	l.Documents = slices.Clone(l.Documents)
	for i, d := range l.Documents {
		l.Documents[i].Content = slices.Clone(d.Content)
	}
	l.Metadata = maps.Clone(l.Metadata)
	if l.Print != nil {
		print := *l.Print
		l.Print = &print
	}
	return l
}

// accept hands over a letter that must be accepted.
func (p *probe) accept(s courrier.Submission) (courrier.Reference, courrier.Receipt) {
	at := p.now()
	r, err := p.submit(p.ctx, &s)
	if err != nil {
		p.fatalf("submit %s: a letter the carrier declares to take is not accepted: %v", s.Letter.Service, err)
	}
	ref := refOf(s, r)
	ref.AttemptedAt = at
	return ref, r
}

// anyService is the service to try things with: the most followed one.
func (p *probe) anyService() courrier.Service {
	for _, s := range []courrier.Service{courrier.ServiceRegisteredAR, courrier.ServiceRegistered, courrier.ServiceTracked} {
		if slices.Contains(p.caps.Services, s) {
			return s
		}
	}
	if len(p.caps.Services) == 0 {
		p.skipf("the carrier declares no service")
	}
	return p.caps.Services[0]
}

func refOf(s courrier.Submission, r courrier.Receipt) courrier.Reference {
	return courrier.Reference{
		ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, ProviderID: r.ProviderID,
		Draft: s.Draft, TrackingNumber: r.TrackingNumber,
	}
}

// taken counts how often the carrier took a letter.
func (p *probe) taken(id courrier.LetterID) int {
	n := 0
	for _, a := range p.Accepted() {
		if a == id {
			n++
		}
	}
	return n
}

// requireTaken compares what the carrier took with what it should have.
func (p *probe) requireTaken(want int, id courrier.LetterID, when string) {
	if n := p.taken(id); n != want {
		p.problemf("%s: the carrier accepted the letter %d times, want %d", when, n, want)
	}
	for _, a := range p.Accepted() {
		p.require(a != "", "%s: the carrier accepted a letter without a reference: Submission.ID must reach it", when)
	}
}

// verdict is what an error of Submit says about the letter.
type verdict string

const (
	accepted  verdict = "accepted"
	refused   verdict = "refused for good (ErrRejected, ErrInvalid or ErrUnsupported)"
	postponed verdict = "not accepted, another time perhaps (ErrUnavailable or ErrDenied)"
	inDoubt   verdict = "in doubt (any other error)"
)

func verdictOf(err error) verdict {
	switch {
	case err == nil:
		return accepted
	case errors.Is(err, courrier.ErrRejected), errors.Is(err, courrier.ErrInvalid), errors.Is(err, courrier.ErrUnsupported):
		return refused
	case errors.Is(err, courrier.ErrUnavailable), errors.Is(err, courrier.ErrDenied):
		return postponed
	}
	return inDoubt
}

// requireVerdict checks the outcome of a Submit, and that it has only one.
func (p *probe) requireVerdict(err error, when string, want ...verdict) {
	got := verdictOf(err)
	p.require(slices.Contains(want, got), "%s: the outcome is %q, want %q: %v", when, got, want, err)
	if got == refused || got == postponed {
		p.require(!errors.Is(err, courrier.ErrInDoubt), "%s: the error is %q and in doubt at once", when, got)
	}
	if got == refused {
		p.require(!errors.Is(err, courrier.ErrUnavailable), "%s: the error says refused and unavailable at once", when)
	}
}

// checkReceipt checks what every receipt must have.
func (p *probe) checkReceipt(what string, r courrier.Receipt) {
	p.require(r.ProviderID != "", "%s: the receipt has no ProviderID", what)
	p.require(r.Price.Sign() >= 0, "%s: the receipt's price is negative", what)
}
