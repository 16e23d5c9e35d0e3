package courrier

import (
	"fmt"
	"slices"
	"time"
)

// HoldReason says why a letter is held with us.
type HoldReason string

// The reasons to hold a letter.
const (
	HoldCredit   HoldReason = "credit"   // waits for a top-up
	HoldHost     HoldReason = "host"     // the host asked, with Client.Hold
	HoldGate     HoldReason = "gate"     // a [Gate] asked, right before dispatch
	HoldContents HoldReason = "contents" // a document's content is missing
	HoldPostOff  HoldReason = "post_off" // the account switched post off after it was sent: it leaves when post is on again
	HoldStale    HoldReason = "stale"    // waited for credit, or for post, for a month: a person decides whether it still goes
)

// Duty names the background work a letter waits for.
type Duty string

// The duties. A letter has at most one at a time.
const (
	DutyNone     Duty = ""
	DutyWake     Duty = "wake"     // held for what the account lacks: look whether it has it
	DutyDispatch Duty = "dispatch" // queued: hand it to a carrier
	DutySettle   Duty = "settle"   // in doubt: ask the carrier
	DutyFollow   Duty = "follow"   // accepted: ask for news and proofs
	DutyPurge    Duty = "purge"    // done: forget the contents when their time is over
)

// LetterRecord is a letter with all that became of it.
type LetterRecord struct {
	ID          LetterID     `json:"id"`
	Version     int64        `json:"version"`
	Letter      Letter       `json:"letter"` // without contents
	Fingerprint string       `json:"fingerprint"`
	Print       PrintOptions `json:"print"` // how it is printed: the letter's options or the account's

	AddressCheck *AddressCheck `json:"address_check,omitempty"` // a register's word on the recipient's; nil when none was asked

	Status  Status     `json:"status"`
	Hold    HoldReason `json:"hold,omitempty"`    // when held
	Failure *Failure   `json:"failure,omitempty"` // when failed, blocked or retried

	Billing      BillingMode `json:"billing"`
	Price        Amount      `json:"price,omitzero"`         // by the host's tariff, when it was paid for
	PriceLines   []PriceLine `json:"price_lines,omitempty"`  // what the price is made of
	CarrierPrice Amount      `json:"carrier_price,omitzero"` // what the carrier says
	Charge       ChargeState `json:"charge,omitempty"`
	ChargeKey    string      `json:"charge_key,omitempty"`   // the ledger's key of the hold
	ChargeRound  int         `json:"charge_round,omitempty"` // refunds so far that were taken back
	Billed       Amount      `json:"billed,omitzero"`        // noted by the ledger, when the carrier bills the account itself
	WaitsSince   time.Time   `json:"waits_since,omitzero"`   // when it was held for credit, or because post was off

	Provider       string    `json:"provider,omitempty"` // the carrier chosen or tried last
	ProviderID     string    `json:"provider_id,omitempty"`
	Place          string    `json:"place,omitempty"` // where the last attempt was made, see [Placer]
	Draft          string    `json:"draft,omitempty"`
	TrackingNumber string    `json:"tracking_number,omitempty"`
	Attempts       int       `json:"attempts,omitempty"`
	Refused        []string  `json:"refused,omitempty"` // carriers that will not take it, in order
	AttemptedAt    time.Time `json:"attempted_at,omitzero"`
	MissingSince   time.Time `json:"missing_since,omitzero"` // when the carrier first showed no letter of the last attempt
	// Overran: the last attempt's call did not end with its context, and may still print.
	Overran bool `json:"overran,omitempty"`
	// Unrecorded is set while an attempt's outcome is not written. After a crash its call may print for a day more.
	Unrecorded bool `json:"unrecorded,omitempty"`
	// Doubted is the carrier at which it was last in doubt: asked first again, for the same key cannot print twice there.
	Doubted string `json:"doubted,omitempty"`

	Duty       Duty      `json:"duty,omitempty"`
	DueAt      time.Time `json:"due_at,omitzero"`      // when the duty may be done; a lease pushes it back
	Polls      int       `json:"polls,omitempty"`      // questions asked since the last news
	RetrySince time.Time `json:"retry_since,omitzero"` // since when no carrier was available

	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
	SubmittedAt  time.Time     `json:"submitted_at,omitzero"`
	DoneAt       time.Time     `json:"done_at,omitzero"` // when nothing more was expected: retention counts from here
	CancelAsked  bool          `json:"cancel_asked,omitempty"`
	ExpectedOn   Date          `json:"expected_on,omitzero"`
	Tracking     Tracking      `json:"tracking,omitzero"` // once accepted
	Proofs       []ProofRecord `json:"proofs,omitempty"`
	Claims       []Claim       `json:"claims,omitempty"`
	Replaces     LetterID      `json:"replaces,omitempty"`
	ReplacedBy   LetterID      `json:"replaced_by,omitempty"`
	ContentsGone bool          `json:"contents_gone,omitempty"` // purged by retention
	// ErasedAt is when persons were removed, its documents and proofs with them: see package privacy.
	ErasedAt time.Time `json:"erased_at,omitzero"`
}

// Failure is the last thing that went wrong.
type Failure struct {
	Code    string    `json:"code,omitempty"` // the carrier's
	Message string    `json:"message"`        // what to do about it
	At      time.Time `json:"at"`
}

// ChargeState is where the money of a letter stands.
type ChargeState string

const (
	ChargeNone     ChargeState = "" // nothing is charged
	ChargeReserved ChargeState = "reserved"
	ChargeCaptured ChargeState = "captured"
	ChargeReleased ChargeState = "released"
	ChargeRefunded ChargeState = "refunded"
	ChargeBilled   ChargeState = "billed"   // the carrier bills the account itself
	ChargeUnbilled ChargeState = "unbilled" // it would have, and the letter failed
)

// ProofRecord is a proof that was fetched and kept.
type ProofRecord struct {
	Kind      ProofKind `json:"kind"`
	Sum       Sum       `json:"sum"`
	Size      int64     `json:"size"`
	FetchedAt time.Time `json:"fetched_at"`
}

// Sums lists the contents that the record still needs.
func (r LetterRecord) Sums() []Sum {
	if !r.ErasedAt.IsZero() {
		return nil
	}
	var all []Sum
	if !r.ContentsGone {
		for _, d := range r.Letter.Documents {
			all = append(all, d.Sum)
		}
	}
	for _, p := range r.Proofs {
		all = append(all, p.Sum)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Reference returns what a carrier is told to find the letter.
func (r LetterRecord) Reference() Reference {
	return Reference{
		ID: r.ID, Account: r.Letter.Account, Service: r.Letter.Service, ProviderID: r.ProviderID,
		Draft: r.Draft, TrackingNumber: r.TrackingNumber, AttemptedAt: r.AttemptedAt,
	}
}

// chargeMoves are the ledger's moves that take a letter's money from one state to
// another. What is not here does not happen.
var chargeMoves = map[[2]ChargeState]EntryKind{
	{ChargeNone, ChargeReserved}:     EntryReserve,
	{ChargeReserved, ChargeCaptured}: EntryCapture,
	{ChargeReserved, ChargeReleased}: EntryRelease,
	{ChargeReserved, ChargeNone}:     EntryRelease, // it is priced anew
	{ChargeCaptured, ChargeRefunded}: EntryRefund,
	{ChargeRefunded, ChargeCaptured}: EntryRecharge,
	{ChargeNone, ChargeBilled}:       EntryBilled,
	{ChargeBilled, ChargeUnbilled}:   EntryUnbilled,
	{ChargeUnbilled, ChargeBilled}:   EntryBilled,
}

// billedUnit is the unit in which a carrier bills that tells no price.
const billedUnit = "EUR"

// charge moves a letter's money and enters the move into the change. It does
// nothing where the table knows no such move: nothing was charged, or that much
// was done before.
func (ch *Change) charge(r *LetterRecord, to ChargeState, ceiling Amount, now time.Time) {
	kind, ok := chargeMoves[[2]ChargeState{r.Charge, to}]
	if !ok {
		return
	}
	e := Entry{
		Account: r.Letter.Account, Key: r.ChargeKey, Kind: kind, Amount: r.Price,
		Ceiling: ceiling, Letter: r.ID, At: now,
		Service: r.Letter.Service, Purpose: r.Letter.Purpose, Lines: r.PriceLines, Restore: r.restores(kind),
	}
	switch kind {
	case EntryRefund, EntryRecharge:
		e.Round = r.ChargeRound
	case EntryBilled, EntryUnbilled:
		e.Round, e.Amount, e.Lines = r.ChargeRound, r.Billed, nil
	}
	if kind == EntryRecharge || kind == EntryUnbilled {
		r.ChargeRound++
	}
	if r.Charge = to; to == ChargeNone { // a key holds once
		r.ChargeKey = fmt.Sprintf("letter/%s/%d", r.ID, r.Version)
	}
	ch.Entries = append(ch.Entries, e)
}

// restores tells whether what came from a grant that has ended since becomes bought
// credit: where the carrier failed, and nobody asked to stop the letter.
func (r *LetterRecord) restores(kind EntryKind) bool {
	return kind == EntryRelease && r.Status == StatusFailed || kind == EntryRefund && (r.Status == StatusFailed || !r.CancelAsked)
}

// spend: the carrier has the letter. What was reserved is spent; of a letter that the
// carrier bills itself that much is noted.
func (ch *Change) spend(r *LetterRecord, now time.Time) {
	if r.Charge != ChargeNone || r.Billing != BillingByCarrier {
		ch.charge(r, ChargeCaptured, Amount{}, now)
		return
	}
	r.keyCharge()
	if r.Billed = r.CarrierPrice; r.Billed.Unit() == "" {
		r.Billed = zeroOf(billedUnit)
	}
	ch.charge(r, ChargeBilled, Amount{}, now)
}

// follow makes the money follow the status: a letter that will never be posted is
// given back at once, one that was posted after all is charged again.
func (ch *Change) follow(r *LetterRecord, never bool, now time.Time) {
	states := map[bool]map[ChargeState]ChargeState{
		true:  {ChargeCaptured: ChargeRefunded, ChargeBilled: ChargeUnbilled},
		false: {ChargeRefunded: ChargeCaptured, ChargeUnbilled: ChargeBilled},
	}
	if to, ok := states[never][r.Charge]; ok {
		ch.charge(r, to, Amount{}, now)
	}
}

// keyCharge gives a record a key for its first hold in the ledger.
func (r *LetterRecord) keyCharge() {
	if r.ChargeKey == "" {
		r.ChargeKey = "letter/" + string(r.ID)
	}
}

// givesBack tells whether a change frees credit, for which other letters may wait.
func (ch Change) givesBack() bool {
	for _, e := range ch.Entries {
		if e.Kind == EntryRelease || e.Kind == EntryRefund {
			return true
		}
	}
	return false
}

// planned tells, as an event, that a letter was sent to leave later; else nothing.
func (r LetterRecord) planned() []TrackingEvent {
	if !r.Letter.NotBefore.After(r.CreatedAt) {
		return nil
	}
	return []TrackingEvent{{
		ID: string(StatusScheduled) + "/" + string(r.ID), Letter: r.ID, Code: string(StatusScheduled), Status: StatusScheduled,
		Happened: r.CreatedAt, Heard: r.CreatedAt, Source: SourceRecord, Folded: true,
	}}
}
