package courrier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The part of a letter's life that its carrier tells: events are taken in, and the
// status, the money and the next look follow from all of them.

// The times of following a letter.
const (
	defaultPollEvery = 6 * time.Hour
	// After a month without an end a letter is asked about once a day.
	slowAfter = 30 * 24 * time.Hour
	slowPoll  = 24 * time.Hour
	// After two months, once a week: a proof that late is rare, and still worth a claim.
	slowerAfter = 60 * 24 * time.Hour
	slowerPoll  = 7 * 24 * time.Hour
	// An untracked letter is looked at now and then for the one thing carriers
	// may still tell: that it came back, five to ten days after posting.
	untrackedPoll = 5 * 24 * time.Hour
	untrackedFor  = 30 * 24 * time.Hour
	// followFor ends the following of a letter, whatever is missing: operators keep
	// proofs for a year. A signed receipt takes five to fifteen days.
	followFor = 365 * 24 * time.Hour
)

// noted stamps an event with the moment, gives it an id when it has none, and
// repairs what no store holds.
func (e TrackingEvent) noted(now time.Time) TrackingEvent {
	e = e.repaired()
	if e.Heard.IsZero() {
		e.Heard = now
	}
	e.Heard, e.Happened = e.Heard.UTC().Truncate(time.Microsecond), e.Happened.UTC().Truncate(time.Microsecond)
	if e.ID == "" {
		e.ID = NewEventID(e.Provider, e.ProviderID, e.Code, e.Happened, e.Proof)
	}
	return e
}

// told: events of the letter were stored before, and its carrier reports news. Of
// those the change holds what is new, or not folded yet.
func (m moment) told(r *LetterRecord, stored, news []TrackingEvent) *Change {
	all, fresh := m.merge(*r, stored, news)
	change := &Change{Events: fresh}
	m.fold(r, all, change)
	m.voidClaims(r)
	m.planNext(r, len(fresh) > 0)
	return change
}

// merge returns all events of a letter, and those to write: news, and stored
// ones not folded yet.
func (m moment) merge(r LetterRecord, stored, news []TrackingEvent) (all, fresh []TrackingEvent) {
	known := make(map[string]int, len(stored))
	for i, e := range stored {
		known[e.ID] = i
		all = append(all, e)
		if !e.Folded {
			e.Letter, e.Folded = r.ID, true
			fresh = append(fresh, e)
		}
	}
	for _, e := range news {
		e.Letter, e.Provider = r.ID, r.Provider
		if e.Source == "" {
			e.Source = SourcePoll
		}
		e = e.noted(m.now)
		i, seen := known[e.ID]
		if seen && all[i].Hint && !e.Hint && !sameFact(all[i], e) {
			// Somebody used the carrier's id for an invention: that stays a hint, and
			// what the carrier says stands beside it.
			e.ID += ":asked"
			i, seen = known[e.ID]
		}
		if seen && !(all[i].Hint && !e.Hint) {
			continue
		}
		e.Folded = true
		if seen { // the carrier confirms what somebody hinted at
			all[i] = e
		} else {
			known[e.ID] = len(all)
			all = append(all, e)
		}
		fresh = append(fresh, e)
	}
	return all, fresh
}

// sameFact tells whether two events with one id say the same.
func sameFact(a, b TrackingEvent) bool {
	return a.Code == b.Code && a.Status == b.Status && a.Proof == b.Proof && a.Reason == b.Reason &&
		a.FirstPresentation == b.FirstPresentation && a.TrackingNumber == b.TrackingNumber && a.Happened.Equal(b.Happened)
}

// factsOf returns the events that may move a letter: no hints, and of a letter
// that nobody follows to its addressee no more than that it was posted.
func factsOf(r *LetterRecord, all []TrackingEvent) []TrackingEvent {
	var facts []TrackingEvent
	for _, e := range all {
		if e.Hint {
			continue
		}
		switch e.reached() {
		case StatusInTransit, StatusAwaitingPickup, StatusDelivered:
			if !r.Letter.Service.Tracked() {
				e.Status, e.FirstPresentation = StatusPosted, false
			}
		}
		facts = append(facts, e)
	}
	return facts
}

// fold makes the record follow from its events: the status, and the money that
// goes with it.
func (m moment) fold(r *LetterRecord, all []TrackingEvent, change *Change) {
	facts := factsOf(r, all)
	if len(facts) == 0 {
		return
	}
	if r.SubmittedAt.IsZero() && !provesAcceptance(r, facts) {
		if !r.Status.Done() {
			return
		}
		r.Tracking.Contradictions = nil // a letter that ended with us: events are kept and flagged
		for _, e := range facts {
			r.Tracking.Contradictions = append(r.Tracking.Contradictions, e.ID)
		}
		return
	}
	if r.SubmittedAt.IsZero() {
		m.take(r, Receipt{ProviderID: providerIDOf(facts)}, change)
	}
	r.Tracking = Fold(facts)
	r.Status = r.Tracking.Status
	if r.Tracking.TrackingNumber != "" {
		r.TrackingNumber = r.Tracking.TrackingNumber
	}
	if r.CancelAsked && (r.Status == StatusSubmitted || r.Status == StatusAccepted || r.Status == StatusBlocked) {
		r.Status = StatusCancelRequested
	}
	change.follow(r, r.Status == StatusFailed || r.Status == StatusCancelled, m.now)
}

func providerIDOf(events []TrackingEvent) string {
	for _, e := range events {
		if e.ProviderID != "" {
			return e.ProviderID
		}
	}
	return ""
}

// provesAcceptance tells whether events show that a carrier has a letter we do
// not count as submitted: one in doubt, or one queued again by mistake.
func provesAcceptance(r *LetterRecord, facts []TrackingEvent) bool {
	waiting := r.Status == StatusUnknown || r.Status.WithUs()
	return waiting && r.Attempts > 0 && slices.ContainsFunc(facts, func(e TrackingEvent) bool {
		return e.ProviderID != "" && e.reached() != "" // a code that means no change proves nothing
	})
}

// planNext sets the next duty of a letter at a carrier.
func (m moment) planNext(r *LetterRecord, news bool) {
	if r.SubmittedAt.IsZero() {
		return
	}
	if news {
		r.Polls = 0
	} else {
		r.Polls++
	}
	if m.complete(*r) {
		m.done(r)
		return
	}
	m.followNext(r)
}

// followNext sets when the carrier is asked next about a letter it has.
func (m moment) followNext(r *LetterRecord) {
	every := defaultPollEvery
	if m.pollEvery > 0 {
		every = m.pollEvery
	}
	switch {
	case r.Status == StatusPosted && !r.Letter.Service.Tracked():
		every = max(every, untrackedPoll)
	case m.now.Sub(r.SubmittedAt) > slowerAfter:
		every = max(every, slowerPoll)
	case m.now.Sub(r.SubmittedAt) > slowAfter:
		every = max(every, slowPoll)
	}
	r.Duty, r.DueAt, r.DoneAt = DutyFollow, m.now.Add(every), time.Time{}
}

// complete tells whether all that can be expected of a letter has come.
func (m moment) complete(r LetterRecord) bool {
	missing := slices.ContainsFunc(wantedProofs(r, m.offered), func(k ProofKind) bool { return !r.hasProof(k) }) ||
		slices.ContainsFunc(r.Tracking.Proofs, func(k ProofKind) bool { return slices.Contains(m.offered, k) && !r.hasProof(k) })
	since := func(t time.Time, d time.Duration) bool { return !t.IsZero() && m.now.Sub(t) > d }
	switch {
	case r.Status == StatusFailed || r.Status == StatusCancelled:
		return true
	case since(r.SubmittedAt, followFor):
		return true
	case r.Status == StatusDelivered:
		return !missing
	case r.Status == StatusReturned || r.Status == StatusLost:
		return !missing && r.Status == StatusReturned
	case r.Status == StatusPosted && !r.Letter.Service.Tracked():
		return since(r.Tracking.PostedAt, untrackedFor)
	}
	return false
}

// What carriers and their callers send is repaired here, once, before it meets a
// store: a database that refuses one odd byte would refuse the letter's record for
// ever, and with it everything else that is learnt of the letter.

// maxEventID is the longest id of an event in bytes: indexes of databases have a
// limit of a few thousand.
const maxEventID = 500

// repaired returns an event that every store can hold. A moment outside of the
// years 1 to 9999 is none, as it is in no calendar of ours.
func (e TrackingEvent) repaired() TrackingEvent {
	for _, text := range []*string{&e.ID, &e.Provider, &e.ProviderID, &e.TrackingNumber, &e.Code} {
		*text = storable(*text)
	}
	e.Letter = LetterID(storable(string(e.Letter)))
	e.Happened, e.Heard = calendarTime(e.Happened), calendarTime(e.Heard)
	if len(e.ID) > maxEventID {
		sum := sha256.Sum256([]byte(e.ID))
		e.ID = storable(e.ID[:maxEventID/2]) + ":" + hex.EncodeToString(sum[:])
	}
	e.Raw = storableJSON(e.Raw)
	return e
}

// repaired returns a receipt that every store can hold. Its events are repaired
// when they are noted.
func (r Receipt) repaired() Receipt {
	r.ProviderID, r.TrackingNumber = storable(r.ProviderID), storable(r.TrackingNumber)
	return r
}

// storable returns a text without zero bytes, which PostgreSQL refuses, and in
// UTF-8, which all stores ask for.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// calendarTime returns a moment in UTC, or none.
func calendarTime(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// storableJSON keeps what a carrier sent as it came. What is not JSON is kept as a
// text, for an invalid Raw would have no JSON form at all.
func storableJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if clean := storable(string(raw)); json.Valid([]byte(clean)) {
		return json.RawMessage(clean)
	}
	text, err := json.Marshal(storable(string(raw)))
	if err != nil {
		return nil // a text always marshals
	}
	return text
}
