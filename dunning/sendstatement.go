package dunning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// StatementComposer is a [Composer] that makes statements of account too. The
// composer of package pdf is one. Equal values give equal bytes.
type StatementComposer interface {
	ComposeStatement(ctx context.Context, s AccountStatement) (courrier.Document, error)
}

// Rhythm is how often a customer gets a statement of account.
type Rhythm string

// The rhythms. A period begins on a Monday, or with a month or a quarter.
const (
	Weekly    Rhythm = "weekly"
	Monthly   Rhythm = "monthly"
	Quarterly Rhythm = "quarterly"
)

// period names the period that a day is in: 2026-W49, 2026-12, 2026-Q4.
func (r Rhythm) period(on courrier.Date) string {
	day := on.In(time.UTC)
	switch r {
	case Weekly:
		year, week := day.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	case Quarterly:
		return fmt.Sprintf("%d-Q%d", day.Year(), (int(day.Month())+2)/3)
	}
	return day.Format("2006-01")
}

// StatementRequest asks for a statement of account to be sent: once for each Key, or
// once in each period.
type StatementRequest struct {
	Account  courrier.AccountID
	Customer courrier.CustomerID
	Key      string // on request: the same key again is the same statement
	Every    Rhythm // on a schedule, instead of Key
	// AttachInvoices attaches the open invoices that the host's details hold, as many
	// as one letter may have.
	AttachInvoices bool
}

// Validate reports every wrong field, each as a [courrier.FieldError].
func (r StatementRequest) Validate() error {
	var c courrier.Checks
	c.Require(r.Account != "", "StatementRequest.Account", "is empty", "name the account")
	c.Require(r.Customer != "", "StatementRequest.Customer", "is empty", "name the customer")
	c.Require((r.Key == "") != (r.Every == ""), "StatementRequest.Key", "is given beside Every, or neither is", "give one of them")
	c.Require(r.Every == "" || slices.Contains([]Rhythm{Weekly, Monthly, Quarterly}, r.Every), "StatementRequest.Every", "is unknown",
		"use one of the constants")
	c.Require(len(r.Key) <= courrier.MaxKeyLen, "StatementRequest.Key", "is too long", "shorten it")
	return c.Err()
}

// key is claimed in the store, so that two processes send one statement. It holds
// nothing of the statement: facts that move meanwhile make no second one.
func (r StatementRequest) key(today courrier.Date) string {
	if r.Every != "" {
		return handKey("statement", r.Account, string(r.Customer), string(r.Every), r.Every.period(today))
	}
	return handKey("statement", r.Account, string(r.Customer), r.Key)
}

// SendStatement sends a customer's statement of account, by e-mail or by post as
// [Runner.Deliver] sends sales documents, with the next [Runner.Dispatch]. It counts
// as no contact, and neither a pause nor a reminder concerns it. Called again with the
// same key, or in the same period, it returns what it made then. A customer with
// nothing open gets none: the code is paid.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrNotFound], [courrier.ErrUnsupported] (no-composer),
// [courrier.ErrConflict] (key-used, pending, not-leaving, other-customer, the cause), the
// host's.
func (d *Runner) SendStatement(ctx context.Context, r StatementRequest) (Reminder, error) {
	rem, err := d.sendStatement(ctx, r)
	if err != nil {
		err = fmt.Errorf("send statement: %w", err)
	}
	return rem, err
}

func (d *Runner) sendStatement(ctx context.Context, r StatementRequest) (Reminder, error) {
	if err := r.Validate(); err != nil {
		return Reminder{}, err
	}
	plans, err := d.plans(ctx, r.Account)
	if err != nil {
		return Reminder{}, err
	}
	a := request{
		ByHand: ByHand{Account: r.Account, Customer: r.Customer, Service: courrier.ServiceStandard},
		key:    r.key(plans.dayOf(Reminder{}, d.now())), print: fingerprintOf(r.Customer, r.AttachInvoices), delivery: courrier.PurposeOther,
	}
	if was, found, err := d.askedBefore(ctx, plans, a); found || err != nil {
		return was, err
	}
	s, details, err := d.account(ctx, plans, r.Account, r.Customer)
	if err != nil {
		return Reminder{}, err
	}
	if len(s.Balances) == 0 {
		return Reminder{}, refusal(string(CausePaid), "nothing is open")
	}
	if a.Attachments, err = d.statementFiles(ctx, s, details, r.AttachInvoices); err != nil {
		return Reminder{}, err
	}
	words, _ := accountWordsFor(s.Letter.Language)
	a.Text = words.email(s)
	return d.sendNow(ctx, plans, a)
}

// statementFiles are the statement itself, and the open invoices where they are
// wanted.
func (d *Runner) statementFiles(ctx context.Context, s AccountStatement, details DebtorDetails, invoices bool) ([]courrier.Document, error) {
	if d.host.account == nil {
		return nil, &courrier.Error{Op: "compose", Kind: courrier.ErrUnsupported, Code: courrier.CodeNoComposer,
			Err: errors.New("the Composer makes no statements of account")}
	}
	var files []courrier.Document
	if invoices {
		var err error
		if files, err = d.loaded(ctx, details.filesOf(s.invoices()), false); err != nil {
			return nil, err
		}
	}
	for _, doc := range files {
		s.Letter.Enclosures = append(s.Letter.Enclosures, doc.Name)
	}
	body, err := d.host.account(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	words, _ := accountWordsFor(s.Letter.Language)
	body.Name = words.fileName
	return append([]courrier.Document{body}, files...), nil
}

// invoices are those of the statement's rows, once each.
func (s AccountStatement) invoices() []InvoiceID {
	var ids []InvoiceID
	for _, b := range s.Balances {
		for _, it := range b.Items {
			if id := InvoiceOf(it.Invoice); id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
