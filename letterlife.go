package courrier

import (
	"errors"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/seq"
)

// A letter's life. Each function below is one step of it: what a fact makes of a
// record, at a moment. They read nothing, call nobody and know no other letter.
// The files client_*.go read a record, call one of them and commit what it gives.

// The times of a letter's life.
const (
	// submitTimeout bounds one attempt: creation at a carrier renders the letter.
	submitTimeout = 2 * time.Minute
	// lease is how long a worker may work on a letter before another may take
	// over; it leaves time to record what an attempt brought.
	lease = submitTimeout + time.Minute
	// recordTimeout bounds the writing of an outcome, which goes on when the
	// caller's context has ended: an outcome unwritten is a letter in doubt.
	recordTimeout = 30 * time.Second
	// wakeEvery is how often a held letter is looked at although no top-up
	// was noted, in case a process died between a top-up and the waking.
	wakeEvery = time.Hour
	// Attempts that found no carrier available are repeated after retryFirst,
	// twice that, and so on up to retryMost, for retryFor in all.
	retryFirst = time.Minute
	retryMost  = time.Hour
	retryFor   = 72 * time.Hour
	// maxAttempts ends a letter that goes from doubt to doubt and is never found. It is
	// more than all the attempts of retryFor, so that an outage does not use it up.
	maxAttempts = 100
	// Settling asks after the carrier's SettleAfter, then at doubling
	// intervals up to settleMost.
	defaultSettleAfter = 2 * time.Minute
	settleMost         = 6 * time.Hour
	// unrecordedFor is how long a call may go on whose process gives no sign of life:
	// it may be stopped, or cut off from its database, and print yet.
	unrecordedFor = 24 * time.Hour
)

// moment is what the steps know besides the letter: the time, and what its
// carrier says of itself.
type moment struct {
	now         time.Time
	settleAfter time.Duration
	pollEvery   time.Duration
	offered     []ProofKind // proofs that the carrier may deliver
}

// begun: one attempt begins at a carrier. It is in doubt until its outcome is
// written.
func (m moment) begun(r *LetterRecord) *Change {
	r.Status, r.Duty, r.DueAt = StatusUnknown, DutySettle, m.now.Add(lease)
	r.Attempts++
	r.AttemptedAt, r.MissingSince, r.Overran, r.Unrecorded = m.now, time.Time{}, false, true
	return &Change{}
}

// leased: a worker prepares the letter; no other takes it meanwhile.
func (m moment) leased(r *LetterRecord) *Change {
	r.DueAt = m.now.Add(lease)
	return &Change{}
}

// outcome: what an attempt, or the settling of one, brought; nil when an event
// settled it meanwhile. fresh: nothing happened to the letter since it began.
func (m moment) outcome(r *LetterRecord, a answer, fresh bool) *Change {
	switch {
	case a.err == nil:
		return m.accepted(r, a.receipt, a.only && fresh)
	case r.Status != StatusUnknown:
		return nil
	case nothingAccepted(a.err):
		again := m.now.Add(lease)
		if a.settled || a.late { // nobody works on it
			again = m.now
		}
		change := m.notTaken(r, a.err, again)
		if a.absent && r.Attempts >= maxAttempts {
			return m.failed(r, CodeNeverArrived, "it was handed over a hundred times, and the carrier never had it; send the letter again")
		}
		return change
	}
	return m.doubted(r, a.err)
}

// accepted: the carrier has the letter. The credit is spent and the letter followed
// from here on. Events of the receipt are folded at once if they are the only
// ones; else the next Refresh catches up with them.
func (m moment) accepted(r *LetterRecord, receipt Receipt, only bool) *Change {
	change := &Change{}
	m.take(r, receipt, change)
	if len(receipt.Events) == 0 {
		return change
	}
	fold := only && !slices.ContainsFunc(receipt.Events, func(e TrackingEvent) bool { return e.Hint })
	for _, e := range receipt.Events {
		e.Letter, e.Provider, e.ProviderID, e.Source, e.Folded = r.ID, r.Provider, r.ProviderID, SourceSubmit, fold
		change.Events = append(change.Events, e.noted(m.now))
	}
	if fold {
		m.fold(r, change.Events, change)
	}
	if r.Status != StatusSubmitted {
		r.DueAt = m.now // for a look that plans what follows an end
	}
	return change
}

// take enters an acceptance.
func (m moment) take(r *LetterRecord, receipt Receipt, change *Change) {
	r.ProviderID, r.Unrecorded, r.Overran = receipt.ProviderID, false, false
	if receipt.TrackingNumber != "" {
		r.TrackingNumber = receipt.TrackingNumber
	}
	if receipt.Price.Unit() != "" {
		r.CarrierPrice = receipt.Price
	}
	if !receipt.ExpectedOn.IsZero() {
		r.ExpectedOn = receipt.ExpectedOn
	}
	if !r.SubmittedAt.IsZero() {
		return
	}
	r.SubmittedAt = m.now
	r.Status, r.Failure, r.Hold = StatusSubmitted, nil, ""
	r.Tracking = Fold(nil)
	change.spend(r, m.now)
	m.followNext(r)
}

// notTaken: it is proven that the carrier accepted nothing. The letter is queued
// again, under the lease of whoever works on it, or due at once.
func (m moment) notTaken(r *LetterRecord, err error, again time.Time) *Change {
	if refused(err) {
		r.Refused = append(slices.Clone(r.Refused), r.Provider)
	}
	r.Status, r.Duty, r.DueAt = StatusQueued, DutyDispatch, again
	r.Unrecorded, r.Overran, r.Failure = false, false, failureOf(err, m.now)
	return &Change{}
}

// doubted: nobody knows whether the carrier accepted the letter.
func (m moment) doubted(r *LetterRecord, err error) *Change {
	r.Failure, r.Doubted = failureOf(err, m.now), r.Provider
	r.DueAt = m.now.Add(m.settleAfter)
	r.Unrecorded, r.Overran = false, errors.Is(err, guard.ErrOverran)
	return &Change{}
}

// missed: the carrier showed no such letter, for the first time.
func (m moment) missed(r *LetterRecord) *Change {
	r.MissingSince, r.DueAt, r.Doubted = m.now, m.now.Add(lease+m.settleAfter), r.Provider
	return &Change{}
}

// proof is how long the carrier must show no letter before that proves anything:
// the time of an attempt, and that which the carrier may take to show one.
func (m moment) proof(r LetterRecord) time.Duration {
	if r.Unrecorded {
		return unrecordedFor
	}
	return lease + m.settleAfter
}

// neverThere tells whether "no such letter", said now, proves that the carrier
// never got it: it said so once before, long enough ago. Of a call that never
// ended it proves nothing.
func (m moment) neverThere(r LetterRecord) bool {
	proof := m.proof(r)
	return !r.Overran && !r.MissingSince.IsZero() && m.now.Sub(r.MissingSince) >= proof && m.now.Sub(r.AttemptedAt) >= proof
}

// undecided: the carrier could not tell. It is asked again later.
func (m moment) undecided(r *LetterRecord) *Change {
	r.Polls++
	r.DueAt = m.now.Add(seq.Backoff(m.settleAfter, r.Polls, settleMost))
	return &Change{}
}

// retried: no carrier took the letter. It is due again later when one may be
// available then, failed when every carrier refused it or time is up.
func (m moment) retried(r *LetterRecord, allRefused bool) *Change {
	if r.RetrySince.IsZero() {
		r.RetrySince, r.Polls = m.now, 0
	}
	if r.Failure == nil {
		r.Failure = &Failure{At: m.now}
	}
	switch {
	case allRefused:
		return m.failed(r, r.Failure.Code, r.Failure.Message)
	case m.now.Sub(r.RetrySince) > retryFor:
		return m.failed(r, CodeUnavailable, "no carrier was available for three days; send the letter again")
	}
	r.Polls++
	r.Duty, r.DueAt = DutyDispatch, m.now.Add(seq.Backoff(retryFirst, r.Polls, retryMost))
	return &Change{}
}

// gateSilent: the letter's gate could not answer. It is asked again, and the letter
// fails when that lasts as long as carriers are waited for.
func (m moment) gateSilent(r *LetterRecord, kind string) *Change {
	if r.RetrySince.IsZero() {
		r.RetrySince, r.Polls = m.now, 0
	}
	if m.now.Sub(r.RetrySince) > retryFor {
		return m.failed(r, string(HoldGate), "its gate did not answer for three days; send the letter again")
	}
	r.Polls++
	r.Failure = &Failure{Code: string(HoldGate), Message: "its gate did not answer: " + kind, At: m.now}
	r.DueAt = m.now.Add(seq.Backoff(retryFirst, r.Polls, retryMost))
	return &Change{}
}

// failed ends a letter that no carrier accepted.
func (m moment) failed(r *LetterRecord, code, message string) *Change {
	r.Failure = &Failure{Code: code, Message: message, At: m.now}
	return m.ended(r, StatusFailed)
}

// ended stops a letter that is with us and gives its credit back.
func (m moment) ended(r *LetterRecord, status Status) *Change {
	change := &Change{}
	r.Status, r.Hold = status, ""
	r.Tracking.EndedAt = m.now
	change.charge(r, ChargeReleased, Amount{}, m.now)
	m.done(r)
	return change
}

// done: nothing more is expected. From here on the account's retention counts;
// Purge computes the day, by the settings of its moment.
func (m moment) done(r *LetterRecord) {
	switch {
	case r.Duty == DutyPurge: // planned, or under way
	case r.ContentsGone:
		r.Duty, r.DueAt = DutyNone, time.Time{}
	default:
		r.DoneAt, r.Duty, r.DueAt = m.now, DutyPurge, m.now
	}
}

// held keeps a queued letter with us, until somebody approves it.
func (m moment) held(r *LetterRecord, why HoldReason, message string) *Change {
	r.Status, r.Hold, r.Duty, r.DueAt = StatusHeld, why, DutyNone, time.Time{}
	if why == HoldPostOff { // it goes when the account has post again
		r.Duty, r.DueAt, r.WaitsSince = DutyWake, m.now.Add(wakeEvery), m.now
	}
	if why != HoldHost {
		r.Failure = &Failure{Code: string(why), Message: message, At: m.now}
	}
	return &Change{}
}

// heldForCredit makes of a letter whose price could not be reserved one that waits.
func (m moment) heldForCredit(r *LetterRecord) {
	r.Status, r.Hold, r.Charge = StatusHeld, HoldCredit, ChargeNone
	r.Duty, r.DueAt, r.WaitsSince = DutyWake, m.now.Add(wakeEvery), m.now
}

// patience is how long a letter waits for credit, or for post to be on again; then a
// person decides, for what it says may be settled or changed by then.
const patience = 30 * 24 * time.Hour

// stale tells whether a letter has waited for too long for what its account lacks.
func (m moment) stale(r LetterRecord) bool {
	return r.Status == StatusHeld && (r.Hold == HoldCredit || r.Hold == HoldPostOff) && !r.WaitsSince.IsZero() && m.now.Sub(r.WaitsSince) > patience
}

// waited: a letter that waits for what its account lacks was looked at. It is looked at again later,
// or left to a person; nil when it is not due.
func (m moment) waited(r *LetterRecord) *Change {
	if !m.stale(*r) {
		return m.putOff(r, DutyWake, wakeEvery)
	}
	r.Hold, r.Duty, r.DueAt = HoldStale, DutyNone, time.Time{}
	r.Failure = &Failure{Code: string(HoldStale), Message: "it waited for credit, or for post to be on again, for a month; approve or cancel it", At: m.now}
	return &Change{}
}

// leaves plans the leaving of a letter: now, or when its time has come.
func (m moment) leaves(r *LetterRecord) {
	r.Status, r.Duty, r.DueAt = StatusQueued, DutyDispatch, m.now
	if at := r.Letter.NotBefore.UTC(); at.After(m.now) {
		r.Status, r.DueAt = StatusScheduled, at
	}
}

// queued lets a held letter go. One not paid for yet is paid for now, at the price and
// under the account's billing of today.
func (m moment) queued(r *LetterRecord, settings Settings, price Amount, lines []PriceLine) *Change {
	r.Hold, r.Failure, r.WaitsSince = "", nil, time.Time{}
	r.Polls, r.RetrySince = 0, time.Time{}
	m.leaves(r)
	change := &Change{}
	if r.Charge == ChargeReserved {
		return change
	}
	r.Billing, r.Price, r.PriceLines = settings.billing(), price, lines
	if r.Price.Sign() > 0 {
		r.keyCharge()
		change.charge(r, ChargeReserved, settings.ceilingIn(r.Price.Unit()), m.now)
	}
	return change
}

// unpaid gives back what was reserved for a letter that the carrier will bill.
func (m moment) unpaid(r *LetterRecord) *Change {
	change := &Change{}
	change.charge(r, ChargeNone, Amount{}, m.now)
	r.Billing, r.Price, r.PriceLines = BillingByCarrier, Amount{}, nil
	return change
}

// revised puts another letter in the place of one that is held, priced anew. At the
// same price its money does not move: another letter could take it.
func (m moment) revised(r *LetterRecord, p prepared) *Change {
	change := &Change{}
	if p.price != r.Price {
		change.charge(r, ChargeNone, Amount{}, m.now)
	}
	r.Letter, r.Print, r.Price, r.PriceLines, r.Billing = p.letter, p.print, p.price, p.lines, p.settings.billing()
	r.Fingerprint = p.fingerprint
	r.Refused, r.Failure = nil, nil
	return change
}

// stopAsked: the carrier is about to be asked to stop the letter.
func (m moment) stopAsked(r *LetterRecord) *Change {
	r.CancelAsked, r.Status = true, StatusCancelRequested
	return &Change{}
}

// stopDenied: the carrier says that it is too late.
func (m moment) stopDenied(r *LetterRecord) *Change {
	r.CancelAsked = false
	if r.Status == StatusCancelRequested {
		r.Status = r.Tracking.Status
	}
	return &Change{}
}

// putOff moves on a duty that failed for a reason that is not the letter's, so that
// it does not stand before those behind it; nil when it is not due any more.
func (m moment) putOff(r *LetterRecord, duty Duty, wait time.Duration) *Change {
	if r.Duty != duty || r.DueAt.After(m.now) {
		return nil
	}
	r.DueAt = m.now.Add(wait)
	return &Change{}
}

// woken makes the duty to look at the account's credit due now; nil when it is.
func (m moment) woken(r *LetterRecord) *Change {
	if r.Duty != DutyWake || !r.DueAt.After(m.now) {
		return nil
	}
	r.DueAt = m.now
	return &Change{}
}

// kept enters proofs that were fetched and plans what follows.
func (m moment) kept(r *LetterRecord, proofs []ProofRecord) *Change {
	for _, p := range proofs {
		if !r.hasProof(p.Kind) {
			r.Proofs = append(slices.Clone(r.Proofs), p)
		}
	}
	m.voidClaims(r)
	m.planNext(r, true)
	return &Change{}
}

// retained plans the day on which a letter's contents are forgotten, by the
// settings of the moment; nil when that day has come.
func (m moment) retained(r *LetterRecord, settings Settings) *Change {
	keep, ends := settings.Retention()
	day := r.DoneAt.Add(keep)
	switch {
	case r.ContentsGone || ends && !day.After(m.now):
		return nil
	case ends:
		r.Duty, r.DueAt = DutyPurge, day
	default:
		r.Duty, r.DueAt = DutyNone, time.Time{}
	}
	return &Change{}
}

// replanned plans that day anew, after the settings changed; nil when nothing
// changes.
func (m moment) replanned(r *LetterRecord, settings Settings) *Change {
	was := *r
	if m.retained(r, settings) == nil { // the day has come
		r.Duty, r.DueAt = DutyPurge, m.now
	}
	if r.ContentsGone || was.Duty == r.Duty && was.DueAt.Equal(r.DueAt) {
		return nil
	}
	return &Change{}
}

// forgotten: the letter needs its contents no more. They go after that is written,
// and the duty is done when they are gone.
func (m moment) forgotten(r *LetterRecord) *Change {
	if r.ContentsGone {
		return nil
	}
	r.ContentsGone = true
	return &Change{}
}

// purged: the contents are gone.
func (m moment) purged(r *LetterRecord) *Change {
	r.Duty, r.DueAt = DutyNone, time.Time{}
	return &Change{}
}

// replaced names the letter that was sent in the place of this one; nil when it does.
func (m moment) replaced(r *LetterRecord, by LetterID) *Change {
	if r.ReplacedBy == by {
		return nil
	}
	r.ReplacedBy = by
	return &Change{}
}

// failureOf keeps what a carrier said, for the record only: it is never logged.
func failureOf(err error, now time.Time) *Failure {
	f := &Failure{Message: storable(err.Error()), At: now}
	if e, ok := errors.AsType[*Error](err); ok {
		f.Code = storable(e.Code)
	}
	return f
}

// refused tells of an error that the same call would bring again.
func refused(err error) bool {
	return errors.Is(err, ErrRejected) || errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnsupported)
}

// nothingAccepted tells whether an error proves that the carrier has no letter.
func nothingAccepted(err error) bool {
	return refused(err) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDenied)
}
