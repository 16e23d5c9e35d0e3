package courrier

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier/internal/quote"
)

// Status is where a letter stands.
type Status string

// The statuses, in the order of a letter's life.
const (
	StatusHeld            Status = "held"             // with us, waiting: see HoldReason
	StatusScheduled       Status = "scheduled"        // paid for, waiting for its NotBefore
	StatusQueued          Status = "queued"           // paid for, waiting for a worker
	StatusUnknown         Status = "unknown"          // the carrier may or may not have it; being settled
	StatusSubmitted       Status = "submitted"        // the carrier has it
	StatusAccepted        Status = "accepted"         // the carrier will print it
	StatusBlocked         Status = "blocked"          // the carrier waits for funds or a fix
	StatusCancelRequested Status = "cancel_requested" // the carrier was asked to stop
	StatusPrinted         Status = "printed"
	StatusPosted          Status = "posted" // handed to the post: the posting date counts in law
	StatusInTransit       Status = "in_transit"
	StatusAwaitingPickup  Status = "awaiting_pickup" // notice left; waits at the post office
	StatusReturning       Status = "returning"
	StatusDelivered       Status = "delivered"
	StatusLost            Status = "lost"
	StatusReturned        Status = "returned"
	StatusFailed          Status = "failed"    // will never be posted: refused or broken
	StatusCancelled       Status = "cancelled" // will never be posted: stopped
)

// statusRank orders the statuses along a letter's life; it breaks ties between
// events of one moment, and undated events may not go below it.
var statusRank = map[Status]int{
	StatusHeld: 0, StatusScheduled: 1, StatusQueued: 2, StatusUnknown: 3, StatusSubmitted: 4,
	StatusBlocked: 5, StatusAccepted: 6, StatusCancelRequested: 7, StatusPrinted: 8,
	StatusPosted: 9, StatusInTransit: 10, StatusAwaitingPickup: 11, StatusReturning: 12,
	StatusLost: 13, StatusDelivered: 14, StatusReturned: 15, StatusFailed: 16, StatusCancelled: 17,
}

// Statuses returns every status, in the order of a letter's life.
func Statuses() []Status {
	all := make([]Status, len(statusRank))
	for s, n := range statusRank {
		all[n] = s
	}
	return all
}

// Done reports that nothing more is expected: it came back, failed or ended.
func (s Status) Done() bool {
	return s == StatusReturned || s == StatusFailed || s == StatusCancelled
}

// WithUs reports that no carrier was given it: it can be stopped for sure.
func (s Status) WithUs() bool {
	return s == StatusHeld || s == StatusScheduled || s == StatusQueued
}

// Posted reports that the letter was handed to the post, whatever came of it.
func (s Status) Posted() bool {
	n := statusRank[s]
	return n >= statusRank[StatusPosted] && n <= statusRank[StatusReturned]
}

// afterAcceptance lists what the outside may bring from each status once a
// carrier has the letter. [Fold] follows it transitively: a carrier that
// reports delivery without the steps before it is believed.
var afterAcceptance = map[Status][]Status{
	StatusSubmitted:       {StatusAccepted, StatusBlocked, StatusPrinted, StatusPosted, StatusFailed, StatusCancelled},
	StatusAccepted:        {StatusBlocked, StatusPrinted, StatusPosted, StatusFailed, StatusCancelled},
	StatusBlocked:         {StatusAccepted, StatusPrinted, StatusPosted, StatusFailed, StatusCancelled},
	StatusCancelRequested: {StatusCancelled, StatusAccepted, StatusPrinted, StatusPosted, StatusFailed},
	StatusPrinted:         {StatusPosted, StatusFailed, StatusCancelled},
	StatusPosted:          {StatusInTransit, StatusAwaitingPickup, StatusDelivered, StatusReturning, StatusReturned, StatusLost},
	StatusInTransit:       {StatusAwaitingPickup, StatusDelivered, StatusReturning, StatusReturned, StatusLost},
	StatusAwaitingPickup:  {StatusInTransit, StatusDelivered, StatusReturning, StatusReturned, StatusLost},
	StatusReturning:       {StatusReturned, StatusDelivered, StatusLost},
	StatusDelivered:       {StatusReturning, StatusReturned}, // only by an event of a strictly later date
	StatusLost:            {StatusDelivered, StatusReturning, StatusReturned},
}

// beforeAcceptance lists what our own commands and the carrier's answer may
// bring while no carrier is known to have the letter.
var beforeAcceptance = map[Status][]Status{
	StatusHeld:      {StatusScheduled, StatusQueued, StatusCancelled},
	StatusScheduled: {StatusQueued, StatusHeld, StatusUnknown, StatusFailed, StatusCancelled},
	StatusQueued:    {StatusHeld, StatusUnknown, StatusSubmitted, StatusFailed, StatusCancelled},
	StatusUnknown:   {StatusSubmitted, StatusQueued, StatusFailed, StatusHeld},
}

// reachable holds, for each status, every status that afterAcceptance leads to.
var reachable = func() map[Status]map[Status]bool {
	all := make(map[Status]map[Status]bool)
	var walk func(from, at Status)
	walk = func(from, at Status) {
		for _, to := range afterAcceptance[at] {
			if !all[from][to] {
				all[from][to] = true
				walk(from, to)
			}
		}
	}
	for s := range afterAcceptance {
		all[s] = make(map[Status]bool)
		// From delivered, only a return leads on: what a returned letter's path
		// could reach before is behind it.
		if s == StatusDelivered {
			for _, to := range afterAcceptance[s] {
				all[s][to] = true
			}
			continue
		}
		walk(s, s)
	}
	return all
}()

// Next returns the statuses that may directly follow s, in the order of a life.
func (s Status) Next() []Status {
	next := slices.Concat(beforeAcceptance[s], afterAcceptance[s])
	if s == StatusSubmitted || s == StatusAccepted || s == StatusBlocked {
		next = append(next, StatusCancelRequested)
	}
	slices.SortFunc(next, func(a, b Status) int { return cmp.Compare(statusRank[a], statusRank[b]) })
	return next
}

// ReturnReason says why a letter came back.
type ReturnReason string

// The reasons. After a wrong address no formal notice is valid; a letter refused or
// never collected is one (Cass. 1re civ. 2021).
const (
	ReturnUnclaimed        ReturnReason = "unclaimed"
	ReturnRefused          ReturnReason = "refused"
	ReturnUnknownAddressee ReturnReason = "unknown_addressee"
	ReturnBadAddress       ReturnReason = "bad_address"
	ReturnNoAccess         ReturnReason = "no_access"
	ReturnDeceased         ReturnReason = "deceased"
	ReturnDamaged          ReturnReason = "damaged"
	ReturnOther            ReturnReason = "other"
)

// ProofKind names a dated file that a carrier keeps about a letter.
type ProofKind string

const (
	ProofOfDeposit  ProofKind = "deposit"  // handed in: name, address, date
	ProofOfContent  ProofKind = "content"  // what was printed
	ProofOfDelivery ProofKind = "delivery" // signature kept by the operator, even without AR
	ProofOfReceipt  ProofKind = "receipt"  // the signed advice of receipt
	ProofOfReturn   ProofKind = "return"   // scan of the returned letter
	ProofOfLoss     ProofKind = "loss"     // the operator's statement
)

var proofKinds = []ProofKind{ProofOfDeposit, ProofOfContent, ProofOfDelivery, ProofOfReceipt, ProofOfReturn, ProofOfLoss}

// ProofKinds returns every kind of proof, in the order of a letter's life.
func ProofKinds() []ProofKind { return slices.Clone(proofKinds) }

// proofFloor is the status that a proof shows to have been reached.
var proofFloor = map[ProofKind]Status{
	ProofOfDeposit:  StatusPosted,
	ProofOfDelivery: StatusDelivered,
	ProofOfReceipt:  StatusDelivered,
	ProofOfReturn:   StatusReturned,
	ProofOfLoss:     StatusLost,
}

// EventSource says how an event reached us.
type EventSource string

const (
	SourceSubmit  EventSource = "submit"  // the carrier's answer to our own call
	SourceWebhook EventSource = "webhook" // the carrier called
	SourcePoll    EventSource = "poll"    // we asked
	SourceHand    EventSource = "hand"    // the host's user knows
	SourceRecord  EventSource = "record"  // the letter's own record says it: see [Client.History]
)

// TrackingEvent is one fact that a carrier reported, as it reported it.
type TrackingEvent struct {
	// ID is the carrier's own event id after the provider's name, or one by [NewEventID]; the same by webhook and by poll.
	ID             string   `json:"id"`
	Letter         LetterID `json:"letter,omitempty"` // empty: an orphan, until its letter appears
	Provider       string   `json:"provider"`
	ProviderID     string   `json:"provider_id,omitempty"`     // the carrier's id of the letter
	TrackingNumber string   `json:"tracking_number,omitempty"` // when this event tells it
	Code           string   `json:"code"`                      // the carrier's own code or event name
	// Status is what the code means; empty for no change, or for a code that the adapter does not know: then Unknown.
	Status  Status       `json:"status,omitempty"`
	Unknown bool         `json:"unknown,omitempty"`
	Proof   ProofKind    `json:"proof,omitempty"` // a proof became available
	Reason  ReturnReason `json:"reason,omitempty"`
	// FirstPresentation: the letter was first offered to the addressee, delivered or not. That date counts for a notice.
	FirstPresentation bool        `json:"first_presentation,omitempty"`
	Happened          time.Time   `json:"happened,omitzero"` // zero: the carrier gives no date
	Heard             time.Time   `json:"heard"`
	Source            EventSource `json:"source"`
	Hint              bool        `json:"hint,omitempty"`   // nobody signed it: before money moves, the carrier is asked
	Raw               []byte      `json:"raw,omitempty"`    // the body as it arrived
	Folded            bool        `json:"folded,omitempty"` // the letter's record takes it into account
}

var (
	eventSources  = []EventSource{SourceSubmit, SourceWebhook, SourcePoll, SourceHand, SourceRecord}
	returnReasons = []ReturnReason{
		ReturnUnclaimed, ReturnRefused, ReturnUnknownAddressee, ReturnBadAddress, ReturnNoAccess, ReturnDeceased, ReturnDamaged, ReturnOther,
	}
)

func (e TrackingEvent) validate() error {
	var k Checks
	k.Require(e.Provider != "", "Provider", "is empty", "name the carrier that reports it")
	k.Require(e.Letter != "" || e.ProviderID != "" || e.TrackingNumber != "", "ProviderID", "is empty, and so are Letter and TrackingNumber", "name the letter by one of them")
	k.Require(e.Status == "" || slices.Contains(Statuses(), e.Status), "Status", quote.Word(e.Status)+" is no status", "use one of the Status constants")
	k.Require(e.Proof == "" || slices.Contains(ProofKinds(), e.Proof), "Proof", quote.Word(e.Proof)+" is no proof", "use one of the Proof constants")
	k.Require(e.Source == "" || slices.Contains(eventSources, e.Source), "Source", quote.Word(e.Source)+" is no source", "use one of the Source constants")
	k.Require(e.Reason == "" || slices.Contains(returnReasons, e.Reason), "Reason", quote.Word(e.Reason)+" is no reason", "use one of the Return constants")
	k.Require(e.Code != "" || e.Status != "" || e.Proof != "", "Code", "is empty, and so are Status and Proof", "say what happened")
	return k.Err()
}

// NewEventID identifies an event of a carrier that gives its events no id. It never
// depends on the label's text, which carriers reword.
func NewEventID(provider, providerID, code string, happened time.Time, proof ProofKind) string {
	stamp := ""
	if !happened.IsZero() {
		stamp = happened.UTC().Format(time.RFC3339Nano)
	}
	h := sha256.Sum256([]byte(strings.Join([]string{provider, providerID, code, stamp, string(proof)}, "\x00")))
	return provider + ":" + providerID + ":" + hex.EncodeToString(h[:10])
}

// Merge is how stores write an event whose ID exists: an empty Letter is filled in,
// Folded is set when it is set again, Hint ends when it is none.
func (e TrackingEvent) Merge(again TrackingEvent) TrackingEvent {
	if e.Letter == "" {
		e.Letter = again.Letter
	}
	e.Folded = e.Folded || again.Folded
	e.Hint = e.Hint && again.Hint
	return e
}

// when is the moment an event counts at.
func (e TrackingEvent) when() time.Time {
	if e.Happened.IsZero() {
		return e.Heard
	}
	return e.Happened
}

// Tracking is what a set of events says about a letter the carrier has.
type Tracking struct {
	Status         Status       `json:"status"`
	AcceptedAt     time.Time    `json:"accepted_at,omitzero"`
	PostedAt       time.Time    `json:"posted_at,omitzero"`
	PresentedAt    time.Time    `json:"presented_at,omitzero"` // first presentation
	DeliveredAt    time.Time    `json:"delivered_at,omitzero"`
	ReturnedAt     time.Time    `json:"returned_at,omitzero"`
	EndedAt        time.Time    `json:"ended_at,omitzero"` // failed, cancelled, returned or lost
	Reason         ReturnReason `json:"reason,omitempty"`
	Code           string       `json:"code,omitempty"` // of the event that gave the status
	TrackingNumber string       `json:"tracking_number,omitempty"`
	Proofs         []ProofKind  `json:"proofs,omitempty"`         // announced by the carrier, in order of kind
	Contradictions []string     `json:"contradictions,omitempty"` // ids of events against an end already reached; they change nothing
}

// Fold computes the tracking of an accepted letter. It is a pure function of the
// set of events: order and repetition do not matter. They are taken by when they
// happened, rank of the status, when they were learnt of, and id. A move that
// [Status.Next] does not allow is left out.
func Fold(events []TrackingEvent) Tracking {
	t := Tracking{Status: StatusSubmitted}
	for _, e := range ordered(events) {
		t.take(e)
	}
	slices.SortFunc(t.Proofs, func(a, b ProofKind) int {
		return cmp.Compare(slices.Index(proofKinds, a), slices.Index(proofKinds, b))
	})
	return t
}

// ordered returns the distinct events in folding order; of two reports of one
// event the earlier one counts.
func ordered(events []TrackingEvent) []TrackingEvent {
	sorted := slices.Clone(events)
	slices.SortFunc(sorted, func(a, b TrackingEvent) int {
		return cmp.Or(
			cmp.Compare(a.ID, b.ID),
			a.Heard.Compare(b.Heard),
			a.Happened.Compare(b.Happened),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Status, b.Status),
		)
	})
	sorted = slices.CompactFunc(sorted, func(a, b TrackingEvent) bool { return a.ID == b.ID })
	slices.SortStableFunc(sorted, func(a, b TrackingEvent) int {
		return cmp.Or(
			a.when().Compare(b.when()),
			cmp.Compare(statusRank[a.reached()], statusRank[b.reached()]),
			a.Heard.Compare(b.Heard),
		)
	})
	return sorted
}

// reached is the status an event shows: its own, or its proof's floor.
func (e TrackingEvent) reached() Status {
	if e.Status != "" {
		return e.Status
	}
	return proofFloor[e.Proof]
}

func (t *Tracking) take(e TrackingEvent) {
	if e.TrackingNumber != "" && t.TrackingNumber == "" {
		t.TrackingNumber = e.TrackingNumber
	}
	if e.Proof != "" && !slices.Contains(t.Proofs, e.Proof) {
		t.Proofs = append(t.Proofs, e.Proof)
	}
	if e.FirstPresentation && t.PresentedAt.IsZero() {
		t.PresentedAt = e.when()
	}
	to := e.reached()
	if to == t.Status && e.Reason != "" && (t.Reason == "" || t.Reason == ReturnOther) {
		t.Reason = e.Reason // of two reports of one stage the second may be the one that says why
	}
	if to == "" || to == t.Status {
		return
	}
	if !t.allows(e, to) {
		if t.contradicts(e, to) {
			t.Contradictions = append(t.Contradictions, e.ID)
		}
		return
	}
	t.Status, t.Code = to, e.Code
	t.stamp(e, to)
}

// allows tells whether the table, the dates and the floors let e move the letter.
func (t *Tracking) allows(e TrackingEvent, to Status) bool {
	if !reachable[t.Status][to] {
		return false
	}
	floor := e.Status == "" || e.Happened.IsZero()
	if floor && statusRank[to] < statusRank[t.Status] {
		return false // a proof or an undated event only ever raises
	}
	if t.Status == StatusDelivered {
		return PostalDay(e.when()).After(PostalDay(t.DeliveredAt))
	}
	return true
}

// PostalDay is the day of a moment in metropolitan France, the date of a posting or
// a delivery in law. It is computed by directive 2000/84/EC and needs no zone
// database. The zero time has no day.
func PostalDay(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	t = t.UTC()
	offset := time.Hour
	if !t.Before(lastSunday(t.Year(), time.March)) && t.Before(lastSunday(t.Year(), time.October)) {
		offset = 2 * time.Hour
	}
	return DateOf(t.Add(offset))
}

// lastSunday is 01:00 UTC on the last Sunday of a month of 31 days.
func lastSunday(year int, month time.Month) time.Time {
	last := time.Date(year, month, 31, 1, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, -int(last.Weekday()))
}

// contradicts tells whether an event that moves nothing denies the end reached,
// rather than merely repeating a step before it.
func (t *Tracking) contradicts(e TrackingEvent, to Status) bool {
	end := t.Status.Done() || t.Status.Posted()
	switch to {
	case StatusFailed, StatusCancelled:
		return end
	}
	return t.Status.Done() && e.Status != "" && (statusRank[to] > statusRank[StatusPrinted] || e.when().After(t.EndedAt))
}

func (t *Tracking) stamp(e TrackingEvent, to Status) {
	at := e.when()
	if to.Posted() && t.PostedAt.IsZero() {
		t.PostedAt = at
	}
	if e.Reason != "" || to == StatusDelivered { // delivered after all: why it was coming back is history
		t.Reason = e.Reason
	}
	t.EndedAt = time.Time{} // lost, and found again
	switch to {
	case StatusAccepted:
		t.AcceptedAt = at
	case StatusDelivered:
		t.DeliveredAt = at
		if t.PresentedAt.IsZero() {
			t.PresentedAt = at
		}
	case StatusAwaitingPickup:
		if t.PresentedAt.IsZero() {
			t.PresentedAt = at
		}
	case StatusReturned:
		t.ReturnedAt, t.EndedAt = at, at
	case StatusFailed, StatusCancelled, StatusLost:
		t.EndedAt = at
	}
}
