package dunning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/uuid7"
	"github.com/courrier-go/courrier/internal/watch"
	"github.com/courrier-go/courrier/latepayment"
)

// Config is what a [Runner] is made of.
type Config struct {
	Client  *courrier.Client // required; its Config gives Contents, Now and Logger
	Store   Store            // required; may be the Client's own
	Debtors Debtors          // required: the host's live facts
	// Accounts returns what an account decided about reminders; required.
	Settings func(ctx context.Context, account courrier.AccountID) (Settings, error)
	// Composer makes the letter; nil: no reminder goes by post.
	Composer Composer
	// Mailer sends the e-mail; nil: no reminder goes by e-mail.
	Mailer email.Mailer
	// LatePayment computes what each debtor owes from the facts; nil: the price alone
	// is claimed, of anybody.
	LatePayment LatePayment
	// Workers is how many customers [Runner.Dispatch] works on at once; 0: one after
	// the other. With more, everything above must be safe for concurrent use, and what
	// the store is given at the same moment shares its transactions. An answer that stops
	// an account's e-mails then comes to several of them before all stop.
	Workers int
}

// Debtors is the host's own data, read when it is needed and never stored. Its
// errors leave what they concern undone, to be tried again.
type Debtors interface {
	// Case returns a customer with everything owed at this moment, or
	// ErrNotFound.
	Case(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (Case, error)
	// Details returns what a reminder about these invoices prints and attaches.
	Details(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, invoices []InvoiceID) (DebtorDetails, error)
}

// DebtorDetails is what only a printed reminder needs to know besides the facts of
// the [Case].
type DebtorDetails struct {
	To        courrier.Recipient
	Mail      []email.Box
	Copies    Copies            // of this customer's e-mails
	Language  courrier.Language // BCP 47; empty, or one without texts: the account's
	Documents []InvoiceDocument // the invoices themselves, attached where the account wants it
	// Reference is what the customer knows the matter by, such as an order number;
	// a public buyer's contract.
	Reference string
	// ConsentOn is the day on which a customer who is no professional agreed to
	// electronic registered letters (code des postes, art. L100); no date: never.
	ConsentOn courrier.Date
}

// InvoiceDocument is the file of one invoice.
type InvoiceDocument struct {
	Invoice InvoiceID
	Number  string            // as printed; for the delivery of an invoice that is not in the case any more
	File    courrier.Document // none: its number alone is told
}

// Settings are what an account decided about reminders.
type Settings struct {
	Policies   []courrier.ReminderPolicy
	Assignment PolicyAssignment
	Holidays   Holidays      // nil: weekly days only
	Hour       time.Duration // after midnight in each policy's zone, when automatic reminders leave; 0: 9 hours; see [Midnight]
	LastHour   time.Duration // after midnight, from when on they wait for the next day's Hour; 0: 21 hours, or an hour after a later Hour
	Texts      Texts
	Language   courrier.Language // of customers who have none; BCP 47; empty: English
	// Wordings are the texts of statements in languages that the library lacks, or in
	// the account's own words: see [latepayment.DefaultWordings].
	Wordings latepayment.Wordings
	// Deadlines is the time to pay that reminders give.
	Deadlines Deadlines
	// ChargeReminders asks for interest and compensation in reminders as well; without
	// it only formal notices do.
	ChargeReminders bool
	// Credits says what becomes of money of the customer's that is held.
	Credits  CreditRule
	Sender   courrier.Sender
	MailFrom email.Box
	ReplyTo  email.Box
	// Mailboxes are what e-mails of an owner are from, by the assignee of the reminder;
	// without one MailFrom and ReplyTo.
	Mailboxes map[courrier.ActorID]Mailbox
	// Copies go with every e-mail, StepCopies with those of a step, by its id. Those of a
	// customer are in [DebtorDetails]. Nobody gets one twice.
	Copies     Copies
	StepCopies map[string]Copies
	// Fields are placeholders of the host's own for Texts.
	Fields Fields
	// Layout makes the HTML of e-mails; nil: the library's own.
	Layout *email.Layout
	// TextOnly sends no HTML beside the text.
	TextOnly bool
	// Signature is by user. A letter bears that of the user who approves or sends it
	// where that was asked for it (Edit.Sign, ByHand.Sign); all others that of "".
	Signature map[courrier.ActorID]Signature
	// Payment is how customers pay, such as the account's IBAN: what the placeholder
	// {payment} stands for. The library's own texts print it.
	Payment string
	// Bank is the account to pay to, with its IBAN checked. Where Payment is empty,
	// {payment} stands for it, with the reference to give.
	Bank *BankAccount
	// PaymentCode prints a QR code for the transfer (EPC069-12) beside it. French
	// banks' apps rarely read it.
	PaymentCode bool
	Mentions    Mentions // the creditor's legal mentions, below the footer
	Footer      string
	Logo        []byte // PNG or JPEG
	// AttachInvoices attaches the invoices' own documents: the first ten, as many
	// of them as fit into a letter. What a person attached takes their place.
	AttachInvoices bool
}

// Mailbox is whom e-mails are from, and who gets the answers.
type Mailbox struct {
	From    email.Box
	ReplyTo email.Box // empty: From
}

// Copies are who gets an e-mail beside the customer. An address that the server
// refuses stops the e-mail: a person mends the list, and no letter goes in its place.
type Copies struct {
	Cc  []email.Box `json:"cc,omitempty"`
	Bcc []email.Box `json:"bcc,omitempty"`
}

// Midnight is the Hour of settings whose reminders leave as soon as the day begins.
const Midnight = -time.Nanosecond

// Signature is how a user signs.
type Signature struct {
	Name  string
	Title string
	Image []byte // scanned; PNG or JPEG
}

const (
	defaultHour = 9 * time.Hour
	// defaultLastHour is our convention: no e-mail asks for money at night.
	defaultLastHour = 21 * time.Hour
	historyBatch    = 1000             // customers whose history is read together
	recordTimeout   = 30 * time.Second // the writing of an outcome goes on when the caller's context has ended
	maxConflicts    = 16               // tries of a change that others change at the same moment
	pageSize        = 256
	// Reminders that could not be moved on are tried again after retryFirstAfter,
	// twice that, and so on up to retryAtMost.
	retryFirst    = time.Minute
	retryMost     = time.Hour
	mailRetryMost = 6 * time.Hour  // e-mails put off are tried again at doubling intervals up to this,
	mailRetryFor  = 72 * time.Hour // and for so long
	gateName      = "dunning"      // [courrier.Letter.Gate] of the letters of reminders
)

// Composer makes the document of a printed reminder. Package pdf has one. Equal
// values give equal bytes: what a person approved is compared with what leaves.
// An error that matches ErrInvalid or ErrUnsupported sends the reminder to review,
// any other is tried again.
type Composer interface {
	Compose(ctx context.Context, p PrintedReminder) (courrier.Document, error)
}

// PrintedReminder is all that a reminder's letter shows. Its sums are figures of
// Statement, and nothing else.
type PrintedReminder struct {
	Account   courrier.AccountID
	Kind      courrier.StepKind
	Service   courrier.Service  // how the letter travels
	Language  courrier.Language // one that the account has texts in
	Date      courrier.Date
	From      courrier.Sender
	To        courrier.Recipient
	Reference string  // the customer's own
	Message   Message // with the statement's notes in it, where the text wants them
	// Statement is of the invoices that the reminder names, the lead's first. A
	// message about no invoice, and a sales document, have one without lines.
	Statement latepayment.Statement
	// Sums are the rows below the table of invoices: the charges that are asked for,
	// and the total. None: the price alone is asked for.
	Sums      []latepayment.SumRow
	Total     courrier.Amount // what is asked for
	Numbers   []string        // of the invoices, also of a sales document
	Signature Signature
	Payment   string // how to pay: Settings.Payment, or what Settings.Bank says
	// PaymentCode is what a QR code of the transfer says; empty: none is printed.
	PaymentCode string
	Enclosures  []string // the names of what is attached
	Footer      string
	Logo        []byte

	links []email.Link // among the values of the account's fields
}

// Runner runs reminders: it decides with [Evaluator], keeps the review queue,
// and sends by e-mail through a [email.Mailer] and by post through the [courrier.Client]. It is
// safe for concurrent use, and any number may share a store.
type Runner struct {
	host     host
	store    Store
	client   *courrier.Client
	contents courrier.Contents
	log      *slog.Logger
	ids      uuid7.Source
	brake    mailBrake
	workers  int

	policiesMu sync.Mutex
	policies   map[courrier.AccountID]*compiledPolicies
}

// New returns a Runner, or every wrong field as a [courrier.FieldError]. From then
// on the Client asks it about each letter of a reminder right before that leaves:
// one whose invoices were paid meanwhile does not.
func New(cfg Config) (*Runner, error) {
	var k courrier.Checks
	k.Require(cfg.Client != nil, "Client", "is nil", "give the client that sends letters")
	k.Require(cfg.Store != nil, "Store", "is nil", "give one of package stores, or your own")
	k.Require(cfg.Debtors != nil, "Debtors", "is nil", "give the host's facts")
	k.Require(cfg.Settings != nil, "Settings", "is nil", "give the accounts' settings")
	k.Require(cfg.Workers >= 0, "Workers", "is negative", "give a number of customers, or 0 for one after the other")
	k.Require(cfg.Composer != nil || cfg.Mailer != nil, "Composer", "is nil, and so is Mailer", "give one of them, or nothing can be sent")
	if err := k.Err(); err != nil {
		return nil, fmt.Errorf("dunning: %w", err)
	}
	base := cfg.Client.Config() // its Contents are behind their guard
	d := &Runner{
		host: guards{base.Logger, base.Now}.host(cfg), store: cfg.Store, client: cfg.Client, contents: base.Contents, log: base.Logger,
		ids: uuid7.Source{Now: base.Now}, workers: max(cfg.Workers, 1),
	}
	if err := cfg.Client.AddGate(gateName, d); err != nil {
		return nil, fmt.Errorf("dunning: %w", &courrier.FieldError{Field: "Client", Rule: "has a Runner already", Remedy: "use that one, or make another client"})
	}
	return d, nil
}

// observe tells the host of an operation: see watch.Begin.
func (d *Runner) observe(ctx context.Context, op courrier.Operation) (context.Context, func(error)) {
	return watch.Begin(ctx, d.log, watch.Observer[courrier.Operation](d.client.Config().Observe), op)
}

// commitAll makes changes and answers each with its own error.
func (d *Runner) commitAll(ctx context.Context, changes []Change) ([]error, error) {
	ctx, end := d.observe(ctx, courrier.Operation{Name: "commit", Items: len(changes)})
	errs, err := d.store.CommitReminders(ctx, changes...)
	end(err)
	return errs, err
}

// now is the clock at the precision that stores keep.
func (d *Runner) now() time.Time { return d.client.Config().Now().UTC().Truncate(time.Microsecond) }

// commit makes one change.
func (d *Runner) commit(ctx context.Context, change Change) error {
	errs, err := d.commitAll(ctx, []Change{change})
	if err == nil {
		err = errs[0]
	}
	if errors.Is(err, courrier.ErrConflict) {
		return errFaster
	}
	return err
}

// errFaster is the store's own conflict: somebody else changed the same thing first.
var errFaster = &courrier.Error{Op: "write", Kind: courrier.ErrConflict, Code: courrier.CodeChanged, Err: errors.New("it changed since it was read; try again")}

// refused tells of an error that the same call would bring again.
func refused(err error) bool {
	return errors.Is(err, courrier.ErrRejected) || errors.Is(err, courrier.ErrInvalid) || errors.Is(err, courrier.ErrUnsupported)
}
