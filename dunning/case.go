package dunning

import (
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// InvoiceID names an invoice, within an account.
type InvoiceID string

// Case is one customer with everything that customer owes: what an [Evaluator]
// looks at. It holds no name and no address.
type Case struct {
	Account courrier.AccountID `json:"account"`
	// AccountPostOff says that the account sends no post: see Settings.PostOff.
	AccountPostOff bool     `json:"account_post_off,omitempty"`
	Customer       Customer `json:"customer"`
	// Invoices are the customer's invoices, each once, in any order and currency.
	// Those already paid may be left out. An open credit note that belongs to no
	// invoice is one with a negative sum.
	Invoices []Invoice `json:"invoices"`
	// Unallocated are payments that no invoice is known for. They are set off
	// against nothing until a person says so.
	Unallocated []Payment `json:"unallocated,omitempty"`
}

// Customer is what reminders need to know about who owes.
type Customer struct {
	ID    courrier.CustomerID     `json:"id"`
	Class latepayment.DebtorClass `json:"class,omitempty"`
	// Country (ISO 3166-1 alpha-2) and Tags are for assigning policies.
	Country string   `json:"country,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	// Owner looks after the customer: who reviews reminders of steps without an
	// Assignee, and whose mailbox their e-mails are from.
	Owner courrier.ActorID `json:"owner,omitempty"`
	// Policy is the policy chosen by hand for this customer; empty: by the rules.
	Policy  string  `json:"policy,omitempty"`
	Contact Contact `json:"contact"`
	// Paused stops every reminder, until PausedUntil where it is given: the first
	// day on which one may go again.
	Paused      bool          `json:"paused,omitempty"`
	PausedUntil courrier.Date `json:"paused_until,omitzero"`
	// Values are those of the account's [Fields] for this customer.
	Values map[string]string `json:"values,omitempty"`
	// Insolvent: struck off or in insolvency proceedings. Nothing is sent: the
	// claim is lodged with the representative instead.
	Insolvent bool `json:"insolvent,omitempty"`
}

// History is what was done about a customer before: one entry for each key
// claimed, and one without step for each reminder outside any policy, such as
// an ad hoc letter, a campaign, or a letter sent again. Its order does not
// matter.
type History []PastReminder

// PastReminder is one reminder of a [History].
type PastReminder struct {
	Step  string    `json:"step,omitempty"` // empty: outside any policy
	State PastState `json:"state"`
	// Kind is that of its step: a formal notice starts a consumer's interest.
	Kind courrier.StepKind `json:"kind,omitempty"`
	// On is the day of the sending; while pending, the day it was claimed.
	On courrier.Date `json:"on"`
	// Until is the day until which a person put off what was postponed.
	Until courrier.Date `json:"until,omitzero"`
	// DeliveredOn is when it arrived: a letter's delivery or first presentation.
	// An e-mail that gives none arrived when it was sent.
	DeliveredOn courrier.Date    `json:"delivered_on,omitzero"`
	Channel     courrier.Channel `json:"channel,omitempty"` // of a task ChannelTask, also while it waits
	Lead        InvoiceID        `json:"carrier,omitempty"` // the invoice of its key
	Invoices    []InvoiceID      `json:"invoices"`          // all that it named
	// Customer is set where it was done under another customer than the one looked
	// at, whose invoice it was: it counts for the invoice, and is no contact.
	Customer courrier.CustomerID `json:"customer,omitempty"`
	// ByPerson: of one skipped, that a person said so.
	ByPerson bool `json:"by_person,omitempty"`
	// Delivery: no reminder, but a sales document that was sent.
	Delivery bool `json:"delivery,omitempty"`
	// Resend: one that left before and waits to be sent again. It claims nothing.
	Resend bool `json:"resend,omitempty"`
}

// task tells that a person did it, or is to: nothing was sent.
func (p *PastReminder) task() bool { return p.Channel == courrier.ChannelTask }

// PastState says what became of a reminder.
type PastState string

// The states.
const (
	// PastSent: it left, or its task was done.
	PastSent PastState = "sent"
	// PastPending: its key is claimed, it has not left: in review, or on its way.
	PastPending PastState = "pending"
	// PastSkipped: it will never leave. The next step takes over.
	PastSkipped PastState = "skipped"
	// PastPostponed: it did not leave, and comes back under the same key: not now
	// said a person, or the facts when it was about to leave.
	PastPostponed PastState = "postponed"
)

// waits reports whether a reminder is claimed and has not left. A state of a later
// version counts as one: nothing may be sent beside it.
func (s PastState) waits() bool { return s != PastSent && s != PastSkipped && s != PastPostponed }

// arrivedOn returns when a sent reminder reached the debtor; no date: not known.
func (p *PastReminder) arrivedOn() courrier.Date {
	if p.DeliveredOn.IsZero() && p.Channel == courrier.ChannelEmail {
		return p.On
	}
	return p.DeliveredOn
}

// ReminderKey identifies one reminder of one invoice for ever: no date, no
// amount and no version is part of it. Whoever wants to send claims the keys of
// every line of a [Decision] in one write that fails if one of them exists.
type ReminderKey struct {
	Account    courrier.AccountID `json:"account"`
	Invoice    InvoiceID          `json:"invoice"`
	Step       string             `json:"step"`
	Occurrence int                `json:"occurrence"` // 1 for the first time
}

var keyEscapes = strings.NewReplacer("%", "%25", "|", "%7C")

// String returns account|invoice|step|occurrence, with '%' and '|' in the host's
// ids written as %25 and %7C.
func (k ReminderKey) String() string {
	return keyEscapes.Replace(string(k.Account)) + "|" + keyEscapes.Replace(string(k.Invoice)) + "|" + k.Step + "|" + strconv.Itoa(k.Occurrence)
}
