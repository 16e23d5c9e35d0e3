package mock

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
)

// Name implements [courrier.Provider].
func (o *Office) Name() string { return o.cfg.Name }

// Capabilities implements [courrier.Provider].
func (o *Office) Capabilities() courrier.Capabilities {
	c := o.caps
	c.Services, c.Proofs = slices.Clone(c.Services), slices.Clone(c.Proofs)
	c.Envelopes, c.Returns = slices.Clone(c.Envelopes), slices.Clone(c.Returns)
	return c
}

// Submit implements [courrier.Provider]. What is wrong with a letter is refused
// before its script is asked.
func (o *Office) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if err := o.enter(ctx, "submit"); err != nil {
		return courrier.Receipt{}, err
	}
	if err := o.check(s); err != nil {
		return courrier.Receipt{}, err
	}
	if err := pause(ctx, o.cfg.Latency/2); err != nil {
		return courrier.Receipt{}, o.interrupted("submit", err)
	}
	r, answer, err := o.take(s)
	if err != nil {
		return courrier.Receipt{}, err
	}
	if answer == HangAfter {
		return courrier.Receipt{}, o.interrupted("submit", cmp.Or(pause(ctx, silenceLimit), context.DeadlineExceeded))
	}
	if err := pause(ctx, o.cfg.Latency/2); err != nil {
		return courrier.Receipt{}, o.interrupted("submit", err)
	}
	return r, nil
}

// silenceLimit bounds a call without a deadline.
const silenceLimit = 30 * time.Second

// enter is the door of every call.
func (o *Office) enter(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return o.interrupted(op, err)
	}
	o.mu.Lock()
	disturbance := o.disturbance
	o.mu.Unlock()
	switch disturbance {
	case Outage:
		return o.fail(op, courrier.ErrUnavailable, "outage", "")
	case Silence:
		return o.interrupted(op, cmp.Or(pause(ctx, silenceLimit), context.DeadlineExceeded))
	}
	return nil
}

// pause waits in real time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *Office) interrupted(op string, err error) error {
	return fmt.Errorf("%s: %s: %w", o.cfg.Name, op, err)
}

func (o *Office) fail(op string, kind error, code string, id courrier.LetterID) error {
	return &courrier.Error{Op: op, Kind: kind, Provider: o.cfg.Name, Code: code, LetterID: id}
}

// check refuses what the office does not declare, and what nobody could print.
func (o *Office) check(s courrier.Submission) error {
	var c courrier.Checks
	c.Require(s.ID != "", "ID", "is empty", "give the letter an id")
	c.Require(s.Letter.Print != nil, "Letter.Print", "is nil", "resolve the print options before submitting")
	c.Require(len(s.Letter.Documents) > 0, "Letter.Documents", "is empty", "give the body as the first document")
	for i, d := range s.Letter.Documents {
		c.Require(len(d.Content) > 0, fmt.Sprintf("Letter.Documents[%d].Content", i), "is empty", "load the content before submitting")
	}
	if _, err := s.Letter.To.Lines(); err != nil {
		c.Nest("Letter.To", err)
	}
	if err := c.Err(); err != nil {
		return &courrier.Error{Op: "submit", Provider: o.cfg.Name, LetterID: s.ID, Err: err}
	}
	return o.caps.Check(s.Letter, *s.Letter.Print)
}

// take decides one attempt and, unless it is refused, accepts the letter.
func (o *Office) take(s courrier.Submission) (courrier.Receipt, Answer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.catchUp(); err != nil {
		return courrier.Receipt{}, "", err
	}
	if known, ok := o.byID[s.ID]; ok && o.cfg.Idempotent {
		return o.receipt(known, courrier.SourceSubmit), Accept, nil
	}
	script, answer, err := o.consult(s)
	if err == nil {
		err = o.refusal(answer, s.ID)
	}
	if err != nil {
		return courrier.Receipt{}, answer, err
	}
	l := o.accept(s, script)
	if err := o.record(fact{Accepted: l}); err != nil {
		return courrier.Receipt{}, answer, err
	}
	if answer == TimeoutAfter {
		return courrier.Receipt{}, answer, o.fail("submit", courrier.ErrInDoubt, "timeout", s.ID)
	}
	return o.receipt(o.byName[l.ProviderID], courrier.SourceSubmit), answer, nil
}

// refusal returns the error of an answer by which nothing is accepted, or nil.
func (o *Office) refusal(answer Answer, id courrier.LetterID) error {
	switch answer {
	case Unavailable:
		return o.fail("submit", courrier.ErrUnavailable, "unavailable", id)
	case TimeoutBefore:
		return o.fail("submit", courrier.ErrInDoubt, "timeout", id)
	}
	if code, kind := answer.refusal(); kind != nil {
		return o.fail("submit", kind, code, id)
	}
	return nil
}

// consult returns the letter's script and its answer to this attempt, which is
// counted only where that matters.
func (o *Office) consult(s courrier.Submission) (Script, Answer, error) {
	if o.script == nil {
		return Script{}, Accept, nil
	}
	script := o.script(s)
	answer := script.to(o.attempts[s.ID])
	if len(script.Answers) < 2 {
		return script, answer, nil
	}
	return script, answer, o.record(fact{Attempted: s.ID})
}

// accept makes the letter's record.
func (o *Office) accept(s courrier.Submission, script Script) *letter {
	id := o.nextName(s.ID)
	l := &letter{
		Acceptance: Acceptance{Letter: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, ProviderID: id, At: o.now()},
		Journey:    o.journeyOf(s.Letter.Service, script), Noise: script.Noise, Stubborn: script.IgnoreCancel,
	}
	if s.Letter.Service.Tracked() {
		l.TrackingNumber = trackingNumber(id)
	}
	for _, d := range s.Letter.Documents {
		if d.Sum == "" {
			d.Sum = courrier.SumOf(d.Content)
		}
		l.Documents = append(l.Documents, d.Sum)
	}
	return l
}

// journeyOf returns the service's own journey, which all its letters share,
// unless a script changes it.
func (o *Office) journeyOf(service courrier.Service, script Script) Journey {
	usual := o.journeys[service]
	if script.Course == nil && !script.Noise.UnknownCodes {
		return usual
	}
	j := slices.Clone(usual)
	if script.Course != nil {
		j = script.Course(j)
	}
	return o.possible(script.Noise.garble(j))
}

// possible puts a journey in order and leaves out proofs that are not declared.
func (o *Office) possible(j Journey) Journey {
	var kept Journey
	for _, s := range j {
		if proof := meanings[s.Code].Proof; proof == "" || slices.Contains(o.caps.Proofs, proof) {
			kept = append(kept, s)
		}
	}
	slices.SortStableFunc(kept, byTime)
	return kept
}

// nextName derives the office's own id from ours, so that another office with
// the same name, as after a restart, never gives it to another letter.
func (o *Office) nextName(id courrier.LetterID) string {
	for n := 1; ; n++ {
		h := sha256.Sum256([]byte(o.cfg.Name + "\x00" + string(id) + "\x00" + strconv.Itoa(n)))
		name := hex.EncodeToString(h[:12])
		if _, taken := o.byName[name]; !taken {
			return name
		}
	}
}

// trackingNumber returns a number of the domestic form: a digit, a letter, ten
// digits and a check digit.
func trackingNumber(name string) string {
	h := sha256.Sum256([]byte(name))
	digits := fmt.Sprintf("%010d", binary.BigEndian.Uint64(h[:])%10_000_000_000)
	// The letter takes part in telling numbers apart: ten digits alone would
	// meet their like among 100,000.
	return fmt.Sprintf("1%c%s%d", 'A'+h[8]%26, digits, CheckDigit(digits))
}

// CheckDigit returns the check digit of the ten digits of a domestic tracking
// number: weights 3 and 1 in turn from the right, complement to ten.
func CheckDigit(digits string) int {
	sum := 0
	for i := range len(digits) {
		weight := 3 - 2*(i%2)
		sum += weight * int(digits[len(digits)-1-i]-'0')
	}
	return (10 - sum%10) % 10
}

// receipt answers for a letter that was accepted.
func (o *Office) receipt(l *letter, source courrier.EventSource) courrier.Receipt {
	r := courrier.Receipt{ProviderID: l.ProviderID, Price: o.prices[l.Service]}
	if posted, ok := l.Journey.at(courrier.StatusPosted); ok {
		r.ExpectedOn = courrier.DateOf(l.At.Add(posted))
	}
	if known := l.history(o.now()); len(known) > 0 {
		r.Events = []courrier.TrackingEvent{o.event(l, known[0], source)}
	}
	return r
}

// WithDrafts returns the office as a carrier that takes letters in two steps.
func (o *Office) WithDrafts() Drafting { return Drafting{o} }

// Drafting is an office where a letter is drafted first, and only a Submit that
// names the draft prints it.
type Drafting struct{ *Office }

// Capabilities implements [courrier.Provider].
func (d Drafting) Capabilities() courrier.Capabilities {
	c := d.Office.Capabilities()
	c.Drafts = true
	return c
}

// Draft implements [courrier.Drafter]. Drafts are derived from the letter's id,
// so that repeating one costs nothing.
func (d Drafting) Draft(ctx context.Context, s courrier.Submission) (string, error) {
	if err := d.enter(ctx, "draft"); err != nil {
		return "", err
	}
	defer d.read()()
	return d.draftOf(s.ID), d.check(s)
}

// draftOf names the draft of a letter that is open. The lock is held.
func (o *Office) draftOf(id courrier.LetterID) string {
	h := sha256.Sum256([]byte("draft\x00" + string(id) + "\x00" + strconv.Itoa(o.closed[id])))
	return "draft-" + hex.EncodeToString(h[:8])
}

// Find implements [courrier.Finder]. A draft that was not submitted is closed
// before it is told as not found: no attempt that comes late can print it any more.
func (d Drafting) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	r, err := d.Office.Find(ctx, ref)
	if !errors.Is(err, courrier.ErrNotFound) || ref.Draft == "" {
		return r, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byID[ref.ID] != nil {
		return r, err // taken meanwhile, or not to be seen yet
	}
	if ref.Draft == d.draftOf(ref.ID) {
		return r, cmp.Or(d.record(fact{Closed: ref.ID}), err)
	}
	return r, err
}

// Submit implements [courrier.Provider].
func (d Drafting) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if err := d.enter(ctx, "submit"); err != nil {
		return courrier.Receipt{}, err
	}
	if !d.isOpen(s) {
		return courrier.Receipt{}, d.fail("submit", courrier.ErrUnavailable, "unknown_draft", s.ID)
	}
	return d.Office.Submit(ctx, s)
}

func (d Drafting) isOpen(s courrier.Submission) bool {
	defer d.read()()
	return s.Draft == d.draftOf(s.ID)
}

// Bare returns the office as the least a carrier can be: it takes letters and
// answers no question.
func (o *Office) Bare() courrier.Provider { return bare{o} }

type bare struct{ office *Office }

// Name implements [courrier.Provider].
func (b bare) Name() string { return b.office.Name() }

// Capabilities implements [courrier.Provider].
func (b bare) Capabilities() courrier.Capabilities {
	c := b.office.Capabilities()
	c.Finds, c.Cancels, c.Tracks, c.Quotes, c.Webhooks = false, false, false, false, false
	c.Proofs, c.TrackBatch = nil, 0
	return c
}

// Submit implements [courrier.Provider].
func (b bare) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	return b.office.Submit(ctx, s)
}
