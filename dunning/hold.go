package dunning

import "github.com/courrier-go/courrier"

// Hold is an invoice that is not reminded today, with the one reason that
// counts and the first day on which that could change.
type Hold struct {
	Invoice InvoiceID `json:"invoice"`
	Cause   HoldCause `json:"cause"`
	// Until is the earliest day on which time alone could change the decision:
	// never later than the first on which the invoice would be reminded. No date
	// means that time changes nothing: a fact must.
	Until courrier.Date `json:"until,omitzero"`
	Step  string        `json:"step,omitempty"` // the step that waits, when there is one
}

// HoldCause says why an invoice is not reminded.
type HoldCause string

// The causes, in the order in which they are looked at: the first that applies
// is the one given. Those from CauseScheduled to CauseContact bind together,
// and the one that binds longest is given.
const (
	CauseUnusable    HoldCause = "unusable"
	CauseCredit      HoldCause = "credit_note"
	CausePaid        HoldCause = "paid"
	CauseDraft       HoldCause = "draft"
	CauseExcluded    HoldCause = "excluded"
	CauseInsolvent   HoldCause = "insolvent"
	CauseNetCreditor HoldCause = "net_creditor"
	CauseDisputed    HoldCause = "disputed"
	CausePaused      HoldCause = "paused"
	CausePromised    HoldCause = "promised"
	CausePending     HoldCause = "pending"
	CausePlanDone    HoldCause = "plan_done"
	CauseSnoozed     HoldCause = "snoozed"
	CauseDelivery    HoldCause = "delivery"
	CauseScheduled   HoldCause = "scheduled"
	CauseRequires    HoldCause = "requires"
	CauseTurn        HoldCause = "turn"
	CauseDelivered   HoldCause = "delivered"
	CauseContact     HoldCause = "contact_delay"
	CauseSendingDay  HoldCause = "sending_day"
	CauseNoChannel   HoldCause = "no_channel"
	CauseBelowAmount HoldCause = "below_amount"
	// CauseStepChanged is given by [Evaluator.Recheck] only.
	CauseStepChanged HoldCause = "step_changed"
)

// HoldCauseInfo describes a cause for people.
type HoldCauseInfo struct {
	Cause   HoldCause
	Meaning string // in English
	Until   string // what the date of such a hold is
}

// HoldCauses returns every cause with its meaning, in the order in which they
// are looked at.
func HoldCauses() []HoldCauseInfo {
	const fact = "none: a fact must change"
	return []HoldCauseInfo{
		{CauseUnusable, "The facts cannot be used: no id, no sum or no due date, parts out of order or in several currencies, no issue date where a step counts from it, the same id twice, or a total out of range.", fact},
		{CauseCredit, "It is an open credit note: money owed to the customer.", fact},
		{CausePaid, "Nothing is open, or the invoice is marked paid.", fact},
		{CauseDraft, "The invoice is not issued yet.", fact},
		{CauseExcluded, "The invoice is never to be reminded.", fact},
		{CauseInsolvent, "The customer is struck off or in insolvency proceedings.", fact},
		{CauseNetCreditor, "The customer is owed at least as much as is open: credit notes, overpayments and payments of no known invoice.", fact},
		{CauseDisputed, "The invoice is disputed.", fact},
		{CausePaused, "The customer is paused.", "the day the pause ends; none for an open-ended one"},
		{CausePromised, "The customer promised to pay.", "the day after the promised day and the days of grace"},
		{CausePending, "A reminder of this invoice is being reviewed or on its way, or its last task waits to be done.", fact},
		{CausePlanDone, "The policy has no step left for this invoice.", fact},
		{CauseSnoozed, "The reminder was put off.", "the day it was put off to"},
		{CauseDelivery, "The step counts from the delivery of the letter before, which is not known.", fact},
		{CauseScheduled, "The step's planned day has not come.", "that day; where letters are grouped, the first on which another letter could take the invoice along"},
		{CauseRequires, "An earlier step must have been sent, or its task done, or must be older.", "the day it is old enough; none if it was not sent or done"},
		{CauseTurn, "A more severe reminder to the customer waits to leave, and has the turn for one contact delay.", "the day after it"},
		{CauseDelivered, "The invoice was delivered a short time ago.", "the day after the policy's grace"},
		{CauseContact, "The customer was reminded of something a short time ago, or the invoice had a task today.", "the day after the contact delay on which something may be sent"},
		{CauseSendingDay, "Nothing is sent today.", "the next sending day; none if there is none within 400 days"},
		{CauseNoChannel, "Neither e-mail nor post is possible for this step.", "the next day on which the step could be another one, if any"},
		{CauseBelowAmount, "What would be printed is under the policy's minimum.", "the next day on which more could be due, if any"},
		{CauseStepChanged, "Of a reminder that waited: its step is not the one whose turn it is any more, or the policy lost it.", "the next day"},
	}
}
