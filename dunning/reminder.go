package dunning

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/latepayment"
)

// ReminderID identifies one reminder for ever. It is drawn when its keys are
// claimed, and is the id of its e-mail and part of the key of its letter.
type ReminderID string

// ReminderState is where a reminder stands.
type ReminderState string

// The states. Claimed, handed over and confirmed are three states on record.
const (
	ReminderProposed  ReminderState = "proposed"  // in the review queue; of a task: to be done
	ReminderApproved  ReminderState = "approved"  // goes when it is due
	ReminderSending   ReminderState = "sending"   // its letter is under way, or its e-mail was begun
	ReminderSent      ReminderState = "sent"      // it left, or its task was done
	ReminderPostponed ReminderState = "postponed" // did not leave; comes back under the same keys
	ReminderSkipped   ReminderState = "skipped"   // will never leave; the next step takes over
	ReminderFailed    ReminderState = "failed"    // could not be sent by any channel; the next step takes over
)

// Reminder is a proposed or done action towards one customer: by a policy, by
// hand or in a campaign.
type Reminder struct {
	ID       ReminderID          `json:"id"`
	Version  int64               `json:"version"`
	Account  courrier.AccountID  `json:"account"`
	Customer courrier.CustomerID `json:"customer"`
	State    ReminderState       `json:"state"`
	// Keys are claimed by the reminder alone: see [ReminderKey]. A store refuses
	// with ErrConflict a reminder that claims a key of another; a key that a
	// reminder gives up is free again.
	Keys     []string `json:"keys,omitempty"`
	Decision Decision `json:"decision"`           // of an ad hoc one: its lines, amounts and channels
	Text     Text     `json:"text,omitzero"`      // of an ad hoc one: written for it; empty: the account's
	Campaign string   `json:"campaign,omitempty"` // key of the campaign it belongs to
	AdHoc    bool     `json:"ad_hoc,omitempty"`   // outside any policy
	// Delivery is set when this is no reminder but a sales document on its way,
	// by the customer's channel: see [Runner.Deliver].
	Delivery courrier.Purpose `json:"delivery,omitempty"`

	DueOn courrier.Date `json:"due_on"` // its day in the review queue
	// DueAt is when it may leave, once approved, while a lease pushes it back; of
	// one that ended, when its contents are forgotten.
	DueAt    time.Time        `json:"due_at,omitzero"`
	Assignee courrier.ActorID `json:"assignee,omitempty"` // who reviews it, or does the task

	Message     Message             `json:"message"`               // as it was last shown, or as it left
	Revision    Message             `json:"revision,omitzero"`     // what a person wrote in its place, part by part
	Attachments []courrier.Document `json:"attachments,omitempty"` // chosen by a person, without contents
	To          *courrier.Recipient `json:"to,omitempty"`          // replaces the customer's postal address
	Mail        []email.Box         `json:"mail,omitempty"`        // replaces the customer's e-mail addresses
	Copies      *Copies             `json:"copies,omitempty"`      // replace those of the account, the customer and the step
	Service     courrier.Service    `json:"service,omitempty"`     // of the letter
	Prefer      courrier.Channel    `json:"prefer,omitempty"`      // chosen by a person

	PreviewToken string           `json:"preview_token,omitempty"` // what a person approved
	ApprovedBy   courrier.ActorID `json:"approved_by,omitempty"`
	ApprovedAt   time.Time        `json:"approved_at,omitzero"`

	Channel     courrier.Channel  `json:"channel,omitempty"` // by which it leaves, or left; of a task always ChannelTask
	Email       *email.Message    `json:"email,omitempty"`   // as it left or was begun, its files without contents and HTML in Page
	Page        courrier.Document `json:"page,omitzero"`     // the HTML of its e-mail, without content
	Letter      courrier.LetterID `json:"letter,omitempty"`
	Letters     int               `json:"letters,omitempty"`      // begun so far: each has a key of its own
	Document    courrier.Document `json:"document,omitzero"`      // the letter's body as composed, without content
	SentOn      courrier.Date     `json:"sent_on,omitzero"`       // or the day on which its task was done
	InDoubt     bool              `json:"in_doubt,omitempty"`     // an e-mail that may not have left; it is not repeated
	Until       courrier.Date     `json:"until,omitzero"`         // the day until which a person put it off
	Reason      string            `json:"reason,omitempty"`       // why it was postponed, skipped, or sent back to review
	Tries       int               `json:"tries,omitempty"`        // e-mails put off since it was approved
	TryingSince time.Time         `json:"trying_since,omitzero"`  // when the first of them was
	MailRefused bool              `json:"mail_refused,omitempty"` // its e-mail was refused or came back
	// ContentsGone: the contents of its attachments were purged by retention.
	ContentsGone bool `json:"contents_gone,omitempty"`
	// ByPerson: a person skipped it.
	ByPerson bool `json:"by_person,omitempty"`
	// Imported: an earlier system sent it. See [Runner.Import].
	Imported bool `json:"imported,omitempty"`
	// Again is why a person sent by hand what had been sent, or was open; Override
	// why a person sent what the policy did not allow yet.
	Again    string `json:"again,omitempty"`
	Override string `json:"override,omitempty"`
	// Request identifies what was asked for by hand under its key.
	Request string `json:"request,omitempty"`
	// DatedOn is the date that an approved text bears: the day on which it was to
	// leave.
	DatedOn courrier.Date `json:"dated_on,omitzero"`
	// Sign asks for the signature of the user who approves it, SignedBy.
	Sign     bool             `json:"sign,omitempty"`
	SignedBy courrier.ActorID `json:"signed_by,omitempty"`
	// Resend: its letter left before and it waits to be sent again. Earlier are the
	// letters begun before Letter.
	Resend  bool            `json:"resend,omitempty"`
	Earlier []EarlierLetter `json:"earlier,omitempty"`
	// LetterPrint identifies its letter as it was handed over.
	LetterPrint string `json:"letter_print,omitempty"`
	// AddressPrint identifies the customer's address when its letter was begun.
	AddressPrint string `json:"address_print,omitempty"`

	Log []ReminderAct `json:"log"` // what was done about it, in order
}

// EarlierLetter is a letter of a reminder that another one followed.
type EarlierLetter struct {
	Letter    courrier.LetterID      `json:"letter"`
	SentOn    courrier.Date          `json:"sent_on,omitzero"` // when its carrier took it; no date: it did not
	Message   Message                `json:"message"`
	Lines     []ReminderLine         `json:"lines,omitempty"`
	Total     courrier.Amount        `json:"total,omitzero"`
	Statement *latepayment.Statement `json:"statement,omitempty"`
	Reason    string                 `json:"reason,omitempty"`
}

// ReminderAct is one thing done about a reminder.
type ReminderAct struct {
	At    time.Time        `json:"at"`
	Actor courrier.ActorID `json:"actor,omitempty"` // empty: the host itself
	Act   string           `json:"act"`             // such as "proposed", "approved", "sent"
	Note  string           `json:"note,omitempty"`
}

// Message is the text of a reminder: paragraphs separated by blank lines, with
// **bold** runs and list items that begin with "- "; \* is a star.
type Message struct {
	Language courrier.Language `json:"language"`
	Subject  string            `json:"subject"`
	Body     string            `json:"body"`
}

// Open reports whether the reminder may still leave.
func (r Reminder) Open() bool {
	return r.State == ReminderProposed || r.State == ReminderApproved || r.State == ReminderSending
}

// pastStates maps states to those of an evaluator's history.
var pastStates = map[ReminderState]PastState{
	ReminderProposed: PastPending, ReminderApproved: PastPending, ReminderSending: PastPending,
	ReminderSent: PastSent, ReminderPostponed: PastPostponed, ReminderSkipped: PastSkipped, ReminderFailed: PastSkipped,
}

// ended reports whether nothing will be done about the reminder any more.
func (r Reminder) ended() bool {
	return r.State == ReminderSent || r.State == ReminderSkipped || r.State == ReminderFailed
}

// Invoices returns the invoices that the reminder names, and those that a letter of it
// named which was sent before: what was sent stays said, whatever is sent again.
func (r Reminder) Invoices() []InvoiceID {
	all := make([]InvoiceID, 0, len(r.Decision.Lines))
	for _, l := range r.Decision.Lines {
		all = append(all, l.Invoice)
	}
	for l := range r.saidBefore() {
		if !slices.Contains(all, l.Invoice) {
			all = append(all, l.Invoice)
		}
	}
	return all
}

// saidBefore returns the lines of earlier letters that were sent.
func (r Reminder) saidBefore() iter.Seq[ReminderLine] {
	return func(yield func(ReminderLine) bool) {
		for _, e := range r.Earlier {
			for _, l := range e.Lines {
				if !e.SentOn.IsZero() && !yield(l) {
					return
				}
			}
		}
	}
}

// Sums lists the contents that the reminder needs beside those of its letter.
func (r Reminder) Sums() []courrier.Sum {
	if r.ContentsGone {
		return nil
	}
	return r.attached()
}

func (r Reminder) attached() []courrier.Sum {
	docs := r.Attachments
	if r.Email != nil {
		docs = slices.Concat(docs, r.Email.Attachments, r.Email.Inline)
	}
	if r.Page.Sum != "" {
		docs = append(docs[:len(docs):len(docs)], r.Page)
	}
	all := make([]courrier.Sum, len(docs))
	for i, d := range docs {
		all[i] = d.Sum
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// letterKey is the key of the letter begun last.
func (r Reminder) letterKey() string {
	return "reminder/" + string(r.ID) + "/" + strconv.Itoa(r.Letters)
}

// ReminderFilter selects reminders; its zero value selects all.
type ReminderFilter struct {
	Account   courrier.AccountID
	Customers []courrier.CustomerID
	Invoice   InvoiceID   // named by one of the lines
	Invoices  []InvoiceID // one of them named by one of the lines
	// Either selects those of Customers and those that name one of Invoices, instead of
	// those that are both.
	Either bool
	// Brief lets a store give, of reminders that ended, what [ReadBrief] makes of
	// [Reminder.Brief], or the whole.
	Brief     bool
	Key       string // claimed by it
	Letter    courrier.LetterID
	Sum       courrier.Sum // needs this content: see Reminder.Sums
	Kept      bool         // ended, and its contents are kept until DueAt
	States    []ReminderState
	Assignee  courrier.ActorID
	Campaign  string
	DueFrom   courrier.Date // included
	DueTo     courrier.Date // included
	DueBefore time.Time     // DueAt, included
	After     *Reminder     // continue a list after this one
	Limit     int           // 0: no limit
}

// Match tells whether the filter selects r, whatever its limit.
func (f ReminderFilter) Match(r Reminder) bool {
	return seq.Only(f.Account, r.Account) && f.concerns(r) && seq.OneOf(f.States, r.State) &&
		seq.Only(f.Letter, r.Letter) && seq.Only(f.Assignee, r.Assignee) && seq.Only(f.Campaign, r.Campaign) &&
		(f.Invoice == "" || slices.Contains(r.Invoices(), f.Invoice)) &&
		(f.Key == "" || slices.Contains(r.Keys, f.Key)) && (f.Sum == "" || slices.Contains(r.Sums(), f.Sum)) &&
		(!f.Kept || r.ended() && !r.DueAt.IsZero()) &&
		(f.DueFrom.IsZero() || !r.DueOn.Before(f.DueFrom)) && (f.DueTo.IsZero() || !r.DueOn.After(f.DueTo)) &&
		(f.DueBefore.IsZero() || !r.DueAt.After(f.DueBefore)) && (f.After == nil || f.Compare(*f.After, r) < 0)
}

// concerns tells whether r is of one of the customers and names one of the invoices.
func (f ReminderFilter) concerns(r Reminder) bool {
	theirs := slices.Contains(f.Customers, r.Customer)
	names := len(f.Invoices) > 0 && slices.ContainsFunc(r.Invoices(), func(id InvoiceID) bool { return slices.Contains(f.Invoices, id) })
	if f.Either {
		return theirs || names
	}
	return (theirs || len(f.Customers) == 0) && (names || len(f.Invoices) == 0)
}

// Compare orders reminders as lists do.
func (f ReminderFilter) Compare(a, b Reminder) int {
	return cmp.Or(a.DueOn.Compare(b.DueOn), cmp.Compare(a.ID, b.ID))
}
