package courrier

import "time"

// chargeMoves are the ledger's moves that take a letter's money from one state to
// another. What is not here does not happen.
var chargeMoves = map[[2]ChargeState]EntryKind{
	{ChargeNone, ChargeReserved}:     EntryReserve,
	{ChargeReserved, ChargeCaptured}: EntryCapture,
	{ChargeReserved, ChargeReleased}: EntryRelease,
	{ChargeReserved, ChargeNone}:     EntryRelease, // it is priced anew
	{ChargeCaptured, ChargeRefunded}: EntryRefund,
	{ChargeRefunded, ChargeCaptured}: EntryRecharge,
}

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
	}
	if kind == EntryRefund || kind == EntryRecharge {
		e.Round = r.ChargeRound
	}
	if kind == EntryRecharge {
		r.ChargeRound++
	}
	r.Charge = to
	ch.Entries = append(ch.Entries, e)
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
