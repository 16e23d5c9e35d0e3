package courrier

import (
	"fmt"
	"time"
)

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
