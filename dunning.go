package courrier

// CustomerID names who owes, within an account.
type CustomerID string

// Channel is a way to reach a customer.
type Channel string

// The channels.
const (
	ChannelEmail Channel = "email"
	ChannelPost  Channel = "post"
)

// ReminderPolicy says which reminders a late customer gets, and when: pure
// rules, kept as JSON by the host, edited and versioned. [ReminderPolicy.Compile]
// makes the [dunning.Evaluator] that applies it.
//
// The policies of one account share the ids of their steps on purpose: an
// invoice whose customer moves to another policy goes on from the step that its
// id names, and nothing is sent twice.
type ReminderPolicy struct {
	ID      string `json:"id"`
	Version int    `json:"version,omitempty"` // the host's; recorded with every decision, never part of a key
	// Zone is the IANA name of the zone whose civil dates count; empty:
	// Europe/Paris.
	Zone     string   `json:"zone,omitempty"`
	Grouping Grouping `json:"grouping,omitempty"`
	CatchUp  CatchUp  `json:"catch_up,omitempty"`
	// LeadPaid says what becomes of the other invoices' level when the one
	// that carried their letters is paid. It concerns GroupByCustomer only.
	LeadPaid LeadPaid `json:"lead_paid,omitempty"`
	// ContactDelayDays is the least number of days between two days on which a
	// customer is reminded of anything, ad hoc reminders included, counted from
	// the sending; 0: 7, negative: none. At most 365.
	ContactDelayDays int `json:"contact_delay_days,omitempty"`
	// PromiseGraceDays is how long after a promised day reminders still wait,
	// for a transfer to arrive. 0 to 365.
	PromiseGraceDays int `json:"promise_grace_days,omitempty"`
	// DeliveryGraceDays is how long after this library delivered an invoice its
	// reminders still wait, whatever its due date, counted from the sending; 0: 7,
	// negative: none. At most 365.
	DeliveryGraceDays int `json:"delivery_grace_days,omitempty"`
	// Reopened says where an invoice goes on whose payment was returned: see
	// Invoice.ReopenedOn of package dunning.
	Reopened Reopened `json:"reopened,omitempty"`
	// MinimumOpen holds one amount per currency under which nothing is sent:
	// compared with what would be printed, for the invoice alone or, where
	// letters are grouped, for all the customer's letters of the day.
	MinimumOpen []Amount `json:"minimum_open,omitempty"`
	SendingDays Weekdays `json:"sending_days,omitzero"` // zero: Monday to Friday
	Shift       Shift    `json:"shift,omitempty"`       // of days on which nothing is sent
	Steps       []Step   `json:"steps"`                 // in the order of severity; 1 to MaxSteps
}

// DefaultZone is the zone of a [ReminderPolicy] that names none.
const DefaultZone = "Europe/Paris"

// Limits of a [ReminderPolicy].
const (
	MaxSteps      = 20
	MaxOccurrence = 60 // all steps together, each as often as it repeats
)

const (
	defaultContactDelay = 7
	// defaultDeliveryGrace is our convention: the time to pay that an invoice gets
	// which reaches its debtor when it is already due.
	defaultDeliveryGrace = 7
	// defaultNoticeDays is our convention: the time a first-class reminder needs
	// to arrive and be answered before a formal notice may follow.
	defaultNoticeDays = 8
)

// Grouping says what goes into one letter. Currencies are always apart.
type Grouping string

// The groupings.
const (
	// GroupByCustomer: one letter for all that is late, at the step of the most
	// advanced invoice that is due for one. An invoice joins a later step than
	// its own when it is late and each step in between allows it.
	GroupByCustomer Grouping = ""
	// GroupByCustomerAndStep: one letter for each step, with the invoices that
	// are due for it.
	GroupByCustomerAndStep Grouping = "customer_step"
	// GroupByInvoice: one letter for each invoice.
	GroupByInvoice Grouping = "invoice"
)

// CatchUp says what happens to the steps whose day passed without a run. A step
// that waited for the contact delay is not missed, and one that a later step
// requires is never passed over.
type CatchUp string

// The ways to catch up.
const (
	CatchUpLowest  CatchUp = ""        // each in its turn, the lowest unsent first
	CatchUpHighest CatchUp = "highest" // the highest whose requirements allow it, the others dropped
	CatchUpSkip    CatchUp = "skip"    // only the one whose turn it is now, the others dropped
)

// LeadPaid says what the other invoices of a letter keep of it.
type LeadPaid string

// The ways to go on when the carrying invoice is paid.
const (
	LeadPaidContinue LeadPaid = ""        // they stay at the step they were reminded with
	LeadPaidRestart  LeadPaid = "restart" // they begin anew with the first step
)

// Reopened says where an invoice goes on that was paid and is open again.
type Reopened string

// The ways to go on with an invoice that is open again.
const (
	// ReopenedContinue: with the step after those it had; where none is left, the
	// last one is sent again, once.
	ReopenedContinue Reopened = ""
	// ReopenedRestart: with the first step, counted from the day on which the
	// invoice was open again.
	ReopenedRestart Reopened = "restart"
)

// Shift says where a step goes whose day is no sending day.
type Shift string

// The directions.
const (
	ShiftForward  Shift = ""         // to the next sending day
	ShiftBackward Shift = "backward" // to the last one before
)

// Step is one reminder of a policy.
type Step struct {
	// ID is what history remembers: 1 to 40 lower-case letters, digits, '-' and
	// '_'. Steps may be inserted, moved and removed; a new id is a new step.
	ID   string   `json:"id"`
	Kind StepKind `json:"kind"`
	// Anchor and OffsetDays give the nominal day: -365 to 3650 days after the
	// anchor, 1 to 3650 after a previous step or its delivery.
	Anchor     Anchor `json:"anchor,omitempty"`
	OffsetDays int    `json:"offset_days,omitempty"`
	EndOfMonth bool   `json:"end_of_month,omitempty"` // move the nominal day to the last of its month
	// Channels lists the channels in order of preference; empty: e-mail, post.
	// The final reminder goes by post first, whatever is said here.
	Channels []Channel `json:"channels,omitempty"`
	// Service is the postal product; empty: registered with advice of receipt
	// for a formal notice, standard for the others.
	Service Service `json:"service,omitempty"`
	// Requires lists earlier steps that must have been sent about an invoice
	// before this one may be. A formal notice that lists none requires any
	// earlier step, sent 8 days before, unless it is Unannounced. A step that a
	// person skipped is met by the last one sent before it.
	Requires    []Requirement `json:"requires,omitempty"`
	Unannounced bool          `json:"unannounced,omitempty"`
	// ExpiresAfterDays drops the step that could have gone out for more than so
	// many days and did not; 0: never. Days on which the contact delay, a promise,
	// a pause or a requirement makes it wait do not count. With CatchUpLowest only:
	// the others drop what was missed themselves. A courtesy is dropped once the
	// invoice is late in any case.
	ExpiresAfterDays int      `json:"expires_after_days,omitempty"`
	Repeat           Repeat   `json:"repeat,omitzero"`
	Mode             StepMode `json:"mode,omitempty"`
	Approval         Approval `json:"approval,omitempty"`
	Assignee         ActorID  `json:"assignee,omitempty"` // who reviews it, when manual
	Template         string   `json:"template,omitempty"` // the text, by the host's name for it
}

// StepKind says what a step is in law and in tone.
type StepKind string

// The kinds of steps.
const (
	StepCourtesy     StepKind = "courtesy"      // before the due date; never after it
	StepReminder     StepKind = "reminder"      // amicable
	StepFormalNotice StepKind = "formal_notice" // mise en demeure (code civil, art. 1344)
)

// Anchor is the day from which a step counts.
type Anchor string

// The anchors.
const (
	AnchorDue   Anchor = ""      // the invoice's due date
	AnchorIssue Anchor = "issue" // the invoice's date
	// AnchorPrevious is the sending of the last step really sent about the
	// invoice. Where earlier steps were dropped and none was sent, the day for
	// which the step before was planned takes its place.
	AnchorPrevious Anchor = "previous"
	// AnchorDelivery is the delivery of that last step; until it is known, the
	// step waits.
	AnchorDelivery Anchor = "delivery"
)

// Requirement is a step that must have been sent, and how long ago.
type Requirement struct {
	Step string `json:"step,omitempty"` // id of an earlier step; empty: any earlier step
	Days int    `json:"days,omitempty"` // least days since its last sending, 0 to 3650
}

// Repeat sends a step several times. The steps after it wait for the last one.
type Repeat struct {
	Times     int `json:"times,omitempty"`      // sendings in all; 0 and 1: once
	EveryDays int `json:"every_days,omitempty"` // after the previous sending, 1 to 365
}

// StepMode says who sends a step.
type StepMode string

// The modes.
const (
	ModeDefault   StepMode = ""          // manual for a formal notice, automatic for the others
	ModeAutomatic StepMode = "automatic" // at the account's hour
	ModeManual    StepMode = "manual"    // a person finds it in the review queue
)

// Approval says whether a person must answer for a step before it leaves.
type Approval string

// The approvals.
const (
	ApprovalDefault  Approval = "" // required for a formal notice, none for the others
	ApprovalRequired Approval = "required"
	ApprovalNone     Approval = "none"
)

// Warning is a policy's harsh or doubtful point. It forbids nothing.
type Warning struct {
	Code WarningCode `json:"code"`
	Step string      `json:"step,omitempty"`
	Text string      `json:"text"`
}

// WarningCode names a warning for ever.
type WarningCode string

// The warnings.
const (
	WarnNoticeFirst       WarningCode = "notice_first"       // a formal notice with no earlier reminder in the policy
	WarnNoticeUnannounced WarningCode = "notice_unannounced" // a formal notice that needs no earlier step to have been sent
	WarnNoticeUnapproved  WarningCode = "notice_unapproved"  // a formal notice that no person answers for
	WarnNoticeUnproven    WarningCode = "notice_unproven"    // a formal notice by a service without proof
	WarnWithinDelay       WarningCode = "within_delay"       // two steps closer than the contact delay
	WarnNoContactDelay    WarningCode = "no_contact_delay"   // nothing keeps two letters apart
	WarnWeekend           WarningCode = "weekend"            // letters decided on Saturday or Sunday wait for Monday's post
	WarnDeliveryUntracked WarningCode = "delivery_untracked" // waits for a delivery that nobody reports
	WarnDropsReminders    WarningCode = "drops_reminders"    // catching up may leave reminders out
)

// The ready-made policies, for French customers. They share the ids of their
// steps, so that a customer may move from one to another. Their days are our
// convention: the law prescribes none. Copy and edit them; they carry no fee,
// and late-payment interest is not theirs to ask for.

// Ids of the steps of the ready-made policies.
const (
	stepCourtesyID     = "courtesy"
	stepFirstReminder  = "reminder-1"
	stepSecondReminder = "reminder-2"
	stepLastReminder   = "reminder-3"
	stepNotice         = "formal-notice"
)

// GentlePolicy reminds before the due date and three times after, two weeks and
// more apart, and never goes as far as a formal notice.
func GentlePolicy() ReminderPolicy {
	return ReminderPolicy{
		ID: "gentle", Version: 1, ContactDelayDays: 10, PromiseGraceDays: 5,
		MinimumOpen: []Amount{MustAmount("15", "EUR")},
		Steps: []Step{
			courtesyStep(-5),
			reminderStep(stepFirstReminder, 7),
			reminderStep(stepSecondReminder, 21),
			reminderStep(stepLastReminder, 45),
		},
	}
}

// StandardPolicy reminds before the due date and twice after; then a person
// decides on a formal notice.
func StandardPolicy() ReminderPolicy {
	return ReminderPolicy{
		ID: "standard", Version: 1, PromiseGraceDays: 3,
		MinimumOpen: []Amount{MustAmount("10", "EUR")},
		Steps: []Step{
			courtesyStep(-3),
			reminderStep(stepFirstReminder, 5),
			reminderStep(stepSecondReminder, 15),
			noticeStep(30, Requirement{Step: stepSecondReminder, Days: 10}),
		},
	}
}

// FirmPolicy reminds soon and twice, and has the formal notice ready three weeks
// after the due date.
func FirmPolicy() ReminderPolicy {
	return ReminderPolicy{
		ID: "firm", Version: 1, PromiseGraceDays: 1,
		Steps: []Step{
			reminderStep(stepFirstReminder, 2),
			reminderStep(stepSecondReminder, 10),
			noticeStep(20, Requirement{Step: stepSecondReminder, Days: 8}),
		},
	}
}

func courtesyStep(days int) Step {
	return Step{ID: stepCourtesyID, Kind: StepCourtesy, OffsetDays: days, Channels: []Channel{ChannelEmail}, Template: stepCourtesyID}
}

func reminderStep(id string, days int) Step {
	return Step{ID: id, Kind: StepReminder, OffsetDays: days, Template: id}
}

func noticeStep(days int, after Requirement) Step {
	return Step{ID: stepNotice, Kind: StepFormalNotice, OffsetDays: days, Requires: []Requirement{after}, Template: stepNotice}
}
