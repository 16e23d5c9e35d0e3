package courrier

import (
	"context"
	"fmt"
	"time"
)

// DunningConfig is what a [Dunning] is made of.
type DunningConfig struct {
	Client  *Client // required; its Config gives Store, Authorize, Now and Logger
	Debtors Debtors // required: the host's live facts
	// Accounts returns what an account decided about reminders; required.
	Accounts func(ctx context.Context, account AccountID) (DunningSettings, error)
	// Composer makes the letter; nil: no reminder goes by post.
	Composer Composer
	// Mailer sends the e-mail; nil: no reminder goes by e-mail.
	Mailer Mailer
}

// Debtors is the host's own data, read when it is needed and never stored. Its
// errors leave what they concern undone, to be tried again.
type Debtors interface {
	// Case returns a customer with everything owed at this moment, or
	// ErrNotFound.
	Case(ctx context.Context, account AccountID, customer CustomerID) (Case, error)
	// Details returns what a reminder about these invoices prints and attaches.
	Details(ctx context.Context, account AccountID, customer CustomerID, invoices []InvoiceID) (DebtorDetails, error)
}

// DebtorDetails is what only a printed reminder needs to know.
type DebtorDetails struct {
	To       Recipient
	Mail     []MailBox
	Language Language // empty: the account's
	Invoices []InvoiceDetail
	// Statement is what late payment costs as of today, one line each, such as
	// package latepayment writes it, with the marks of a [Message]; a formal notice
	// prints it.
	Statement []string
	Charges   Amount // of the statement, on top of what is open
}

// InvoiceDetail is one invoice as it is printed.
type InvoiceDetail struct {
	ID       InvoiceID
	Number   string
	IssuedOn Date
	DueOn    Date
	Total    Amount
	Paid     Amount
	Open     Amount
	Document *Document // the invoice itself, attached where the account wants it
}

// DunningSettings are what an account decided about reminders.
type DunningSettings struct {
	Policies   []ReminderPolicy
	Assignment PolicyAssignment
	Holidays   Holidays      // nil: weekly days only
	Hour       time.Duration // after midnight in each policy's zone, when automatic reminders leave; 0: 9 hours
	Texts      Texts
	Language   Language // of customers who have none; empty: English
	Sender     Sender
	MailFrom   MailBox
	ReplyTo    MailBox
	Signature  map[ActorID]Signature // by the user who reviews; "" for the others
	// Payment is how customers pay, such as the account's IBAN: what the placeholder
	// {payment} stands for. The library's own texts print it.
	Payment string
	Footer  string
	Logo    []byte // PNG or JPEG
	// AttachInvoices attaches the invoices' own documents: the first ten, as many
	// of them as fit into a letter. What a person attached takes their place.
	AttachInvoices bool
}

// Signature is how a user signs.
type Signature struct {
	Name  string
	Title string
	Image []byte // scanned; PNG or JPEG
}

const (
	defaultHour   = 9 * time.Hour
	historyBatch  = 200 // customers whose history is read together
	mailLease     = 5 * time.Minute
	mailRetryMost = 6 * time.Hour       // e-mails put off are tried again at doubling intervals up to this,
	maxMailTries  = 20                  // and so often: for three days
	reminderEntry = "courrier-reminder" // Letter.Metadata: the reminder a letter carries,
	addressEntry  = "courrier-address"  // and the fingerprint of the customer's address at that moment
)

// Composer makes the document of a printed reminder. Package pdf has one. Equal
// values give equal bytes: what a person approved is compared with what leaves.
// An error that matches ErrInvalid or ErrUnsupported sends the reminder to review,
// any other is tried again.
type Composer interface {
	Compose(ctx context.Context, p PrintedReminder) (Document, error)
}

// PrintedReminder is all that a reminder's letter shows.
type PrintedReminder struct {
	Account   AccountID
	Kind      StepKind
	Service   Service // how the letter travels
	Language  Language
	Date      Date
	From      Sender
	To        Recipient
	Message   Message         // with the statement in it, where the text wants it
	Statement []string        // see DebtorDetails.Statement
	Invoices  []InvoiceDetail // the carrier first
	Open      Amount
	Fee       Amount
	Charges   Amount
	Total     Amount
	Signature Signature
	Payment   string
	Footer    string
	Logo      []byte
}

// Dunning runs reminders: it decides with [Evaluator], keeps the review queue,
// and sends by e-mail through a [Mailer] and by post through the [Client]. It is
// safe for concurrent use, and any number may share a store.
type Dunning struct {
	cfg    DunningConfig
	store  Store
	client *Client
}

// NewDunning returns a Dunning, or every wrong field as a [FieldError]. From then
// on the Client asks it about each letter of a reminder right before that leaves:
// one whose invoices were paid meanwhile does not.
func NewDunning(cfg DunningConfig) (*Dunning, error) {
	var k Checks
	k.Require(cfg.Client != nil, "Client", "is nil", "give the client that sends letters")
	k.Require(cfg.Debtors != nil, "Debtors", "is nil", "give the host's facts")
	k.Require(cfg.Accounts != nil, "Accounts", "is nil", "give the accounts' settings")
	k.Require(cfg.Composer != nil || cfg.Mailer != nil, "Composer", "is nil, and so is Mailer", "give one of them, or nothing can be sent")
	if err := k.Err(); err != nil {
		return nil, fmt.Errorf("dunning: %w", err)
	}
	d := &Dunning{cfg: cfg, store: cfg.Client.store, client: cfg.Client}
	if !cfg.Client.dunning.CompareAndSwap(nil, d) {
		return nil, fmt.Errorf("dunning: %w", &FieldError{Field: "Client", Rule: "has a Dunning already", Remedy: "use that one, or make another client"})
	}
	return d, nil
}
