package courrier

// CustomerID names who owes, within an account.
type CustomerID string

// Channel is a way to reach a customer.
type Channel string

const (
	ChannelEmail Channel = "email"
	ChannelPost  Channel = "post"
	ChannelTask  Channel = "task" // a person does it: see Step.Task
)

// ReminderPolicy says which reminders a late customer gets, and when. The host
// keeps it as JSON, edits and versions it; dunning.Compile compiles it.
//
// The policies of one account share the ids of their steps on purpose. An invoice
// whose customer moves to another policy goes on from the step that its id names,
// and nothing is sent twice.
type ReminderPolicy struct {
	ID       string   `json:"id"`
	Version  int      `json:"version,omitempty"` // the host's; recorded with every decision, never part of a key
	Zone     string   `json:"zone,omitempty"`    // IANA name, of the civil dates; empty: Europe/Paris
	Grouping Grouping `json:"grouping,omitempty"`
	CatchUp  CatchUp  `json:"catch_up,omitempty"`
	// LeadPaid: what the other invoices keep when the one that led their letters is paid. For GroupByCustomer only.
	LeadPaid LeadPaid `json:"lead_paid,omitempty"`
	// ContactDelayDays: least days between two days on which a customer is reminded of anything, ad hoc included,
	// counted from the sending; 0: 7, negative: none, at most 365.
	ContactDelayDays int `json:"contact_delay_days,omitempty"`
	// PromiseGraceDays: reminders wait so long after a promised day, for a transfer to arrive. 0 to 365.
	PromiseGraceDays int `json:"promise_grace_days,omitempty"`
	// DeliveryGraceDays: reminders wait so long after this library sent the invoice itself, whatever its due date;
	// 0: 7, negative: none, at most 365.
	DeliveryGraceDays int      `json:"delivery_grace_days,omitempty"`
	Reopened          Reopened `json:"reopened,omitempty"` // where an invoice goes on whose payment was returned
	// MinimumOpen: one amount a currency; less is not reminded. It is compared with what would be printed: the
	// invoice alone or, where letters are grouped, all the customer's letters of the day.
	MinimumOpen []Amount `json:"minimum_open,omitempty"`
	EmailOnly   bool     `json:"email_only,omitempty"`  // no step goes by post: the last one does else, wherever there is an address
	SendingDays Weekdays `json:"sending_days,omitzero"` // zero: Monday to Friday
	Shift       Shift    `json:"shift,omitempty"`       // of days on which nothing is sent
	Steps       []Step   `json:"steps"`                 // in the order of severity, at most MaxSteps; an empty list sends nothing
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

const (
	// GroupByCustomer: one letter for all that is late, at the step of the most advanced invoice that is due for one.
	// An invoice joins a later step than its own when it is late and each step in between allows it.
	GroupByCustomer        Grouping = ""
	GroupByCustomerAndStep Grouping = "customer_step" // one letter for each step, with the invoices due for it
	GroupByInvoice         Grouping = "invoice"       // one letter for each invoice
)

// CatchUp says what happens to steps whose day passed without a run. Waiting for
// the contact delay misses nothing; what a later step requires is kept.
type CatchUp string

const (
	CatchUpLowest  CatchUp = ""        // each in its turn, the lowest unsent first
	CatchUpHighest CatchUp = "highest" // the highest whose requirements allow it, the others dropped
	CatchUpSkip    CatchUp = "skip"    // only the one whose turn it is now, the others dropped
)

// LeadPaid says what the other invoices of a letter keep of it.
type LeadPaid string

const (
	LeadPaidContinue LeadPaid = ""        // they stay at the step they were reminded with
	LeadPaidRestart  LeadPaid = "restart" // they begin anew with the first step
)

// Reopened says where an invoice goes on that was paid and is open again.
type Reopened string

const (
	ReopenedContinue Reopened = ""        // with the step after those it had; with none left, the last one once more
	ReopenedRestart  Reopened = "restart" // with the first step, counted from the day on which it was open again
)

// Shift says where a step goes whose day is no sending day.
type Shift string

const (
	ShiftForward  Shift = ""         // to the next sending day
	ShiftBackward Shift = "backward" // to the last one before
)

// Step is one reminder of a policy.
type Step struct {
	// ID is what history remembers: 1 to 40 lower-case letters, digits, '-' and '_'. A new id is a new step.
	ID   string   `json:"id"`
	Kind StepKind `json:"kind"`
	// Anchor and OffsetDays give the nominal day: -365 to 3650 days after the anchor, 1 to 3650 after a previous step.
	Anchor     Anchor `json:"anchor,omitempty"`
	OffsetDays int    `json:"offset_days,omitempty"`
	EndOfMonth bool   `json:"end_of_month,omitempty"` // move the nominal day to the last of its month
	Task       string `json:"task,omitempty"`         // what a person does instead of a sending, such as "call": a word like an ID
	Contact    bool   `json:"contact,omitempty"`      // of a task: it reaches the customer, so the contact delay holds for it
	// Channels are in order of preference; none: e-mail, post. The final reminder goes by post first in any case.
	Channels []Channel `json:"channels,omitempty"`
	Service  Service   `json:"service,omitempty"` // empty: registered_ar for a formal notice, standard for the others
	// Requires lists earlier steps that must have been sent about an invoice. A formal notice that lists none requires
	// any sent 8 days before, unless Unannounced. For a step skipped by a person the one before counts. A task counts by its ID only.
	Requires    []Requirement `json:"requires,omitempty"`
	Unannounced bool          `json:"unannounced,omitempty"`
	// ExpiresAfterDays drops a step that could have gone out, or a task that waited, for so many days; 0: never. Waiting for the contact
	// delay, a promise, a pause or a requirement does not count. With CatchUpLowest only. A courtesy ends when it is late.
	ExpiresAfterDays int      `json:"expires_after_days,omitempty"`
	Repeat           Repeat   `json:"repeat,omitzero"`
	Mode             StepMode `json:"mode,omitempty"`
	Approval         Approval `json:"approval,omitempty"`
	Assignee         ActorID  `json:"assignee,omitempty"` // who reviews it, when manual, or does the task
	Template         string   `json:"template,omitempty"` // the text, by the host's name for it
}

// StepKind says what a step is in law and in tone.
type StepKind string

const (
	StepCourtesy     StepKind = "courtesy"      // before the due date; never after it
	StepReminder     StepKind = "reminder"      // amicable
	StepFormalNotice StepKind = "formal_notice" // mise en demeure (code civil, art. 1344)
)

// Anchor is the day from which a step counts.
type Anchor string

const (
	AnchorDue      Anchor = ""         // the invoice's due date
	AnchorIssue    Anchor = "issue"    // the invoice's date
	AnchorPrevious Anchor = "previous" // the last sending or task done about the invoice; with none, the planned day of the step before
	AnchorDelivery Anchor = "delivery" // the delivery of the last sending; the step waits until it is known
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

const (
	ModeDefault   StepMode = ""          // manual for a formal notice and a task, automatic for the others
	ModeAutomatic StepMode = "automatic" // at the account's hour
	ModeManual    StepMode = "manual"    // a person finds it in the review queue
)

// Approval says whether a person must answer for a step before it leaves.
type Approval string

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

const (
	WarnNoticeFirst       WarningCode = "notice_first"       // a formal notice with no earlier reminder in the policy
	WarnNoticeUnannounced WarningCode = "notice_unannounced" // a formal notice that needs no earlier step to have been sent
	WarnNoticeUnapproved  WarningCode = "notice_unapproved"  // a formal notice that no person answers for
	WarnNoticeUnproven    WarningCode = "notice_unproven"    // a formal notice by a service without proof
	WarnWithinDelay       WarningCode = "within_delay"       // two steps closer than the contact delay
	WarnNoContactDelay    WarningCode = "no_contact_delay"   // nothing keeps two letters apart
	WarnWeekend           WarningCode = "weekend"            // letters decided on Saturday or Sunday wait for Monday's post
	WarnDeliveryUntracked WarningCode = "delivery_untracked" // waits for a delivery that nobody reports
	WarnPaperFollows      WarningCode = "paper_follows"      // names e-mail alone, and goes by post all the same
	WarnDropsReminders    WarningCode = "drops_reminders"    // catching up may leave reminders out
)
