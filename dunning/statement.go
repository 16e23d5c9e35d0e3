package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// LatePayment states what a debt is on a day: every figure of a reminder comes from
// its answer. [latepayment.France] is one. It must be pure and safe for concurrent
// use. An error leaves the customer without reminder: what the host's facts lack is
// a [courrier.FieldError] that names the invoice and the field.
type LatePayment interface {
	Statement(d latepayment.Debt) (latepayment.Statement, error)
}

// CreditRule says what becomes of money of a customer's that is held: open credit
// notes, overpayments and payments of no known invoice.
type CreditRule string

// The credit rules. Under both, a person sees a reminder to such a customer before
// it leaves.
const (
	// CreditListed tells of it in the letter and deducts nothing: nothing is set off
	// silently (code civil, art. 1347).
	CreditListed CreditRule = ""
	// CreditDeducted invokes the set-off in the letter, by name and sum.
	CreditDeducted CreditRule = "deducted"
)

// alarming are the warnings for which a person looks at a reminder first.
var alarming = []latepayment.WarningCode{latepayment.CreditHeld, latepayment.WholeCredited, latepayment.ChargedBeyond}

// state computes the statement of a decision under the facts of a day, and takes
// the decision's own figures from it.
func (d *Runner) state(ctx context.Context, p *accountPlans, dec *Decision, c Case, past History, on courrier.Date) error {
	if len(dec.Lines) == 0 {
		return nil
	}
	debt, ids := c.debt(dec, past, on)
	debt.Deduct = p.Credits == CreditDeducted
	s, err := d.reckon(ctx, debt, ids, claims(dec.Step.Kind, p.ChargeReminders))
	if err != nil {
		return err
	}
	dec.Reminded = past.remindedOn(ids, on)
	return dec.take(&s, ids, p.ChargeReminders)
}

// reckon states a debt. Without charges the price is stated where the law's rate is
// not known: the price needs none.
func (d *Runner) reckon(ctx context.Context, debt latepayment.Debt, ids []InvoiceID, charges bool) (latepayment.Statement, error) {
	s, err := d.host.state(ctx, debt)
	var missing *latepayment.MissingRateError
	if errors.As(err, &missing) && !charges {
		s, err = latepayment.PriceOnly().Statement(debt)
	}
	if err != nil {
		return s, &statementError{ids: ids, err: err}
	}
	if len(s.Lines) != len(ids) || s.On != debt.On || s.Debtor != classOf(debt.Debtor) {
		return s, &courrier.FieldError{Field: "LatePayment.Statement", Rule: "is of another day, other invoices or another class of debtor than was asked for",
			Remedy: "state the debt as it is given; see latepayment.Law"}
	}
	return s, nil
}

// remindedOn lists the reminders and notices about one of the invoices that were sent
// before a day.
func (h History) remindedOn(ids []InvoiceID, before courrier.Date) []latepayment.PastLetter {
	var sent []latepayment.PastLetter
	for i := range h {
		p := &h[i]
		about := slices.ContainsFunc(p.Invoices, func(id InvoiceID) bool {
			return slices.Contains(ids, id) || slices.Contains(ids, InvoiceOf(id))
		})
		if about && p.State == PastSent && !p.task() && p.On.Before(before) && (p.Kind == courrier.StepReminder || p.Kind == courrier.StepFormalNotice) {
			sent = append(sent, latepayment.PastLetter{Kind: p.Kind, On: p.On})
		}
	}
	slices.SortFunc(sent, func(a, b latepayment.PastLetter) int { return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.Kind, b.Kind)) })
	return slices.Compact(sent)
}

// classOf is the class that counts: one who is not known is treated as a consumer.
func classOf(c latepayment.DebtorClass) latepayment.DebtorClass {
	return cmp.Or(c, latepayment.DebtorConsumer)
}

// statementError names the invoice that a wrong fact belongs to.
type statementError struct {
	ids []InvoiceID
	err error
}

// Error implements the error interface.
func (e *statementError) Error() string {
	text := "statement: " + e.err.Error()
	for _, fe := range courrier.FieldErrors(e.err) {
		var i int
		if n, _ := fmt.Sscanf(fe.Field, "Invoices[%d]", &i); n == 1 && i < len(e.ids) {
			text += fmt.Sprintf(" (Invoices[%d] is invoice %s)", i, e.ids[i])
		}
	}
	return text
}

// Unwrap returns the error of the computation.
func (e *statementError) Unwrap() error { return e.err }

// debt gathers the facts about the invoices of a decision, whole, and what is held
// of the customer's in their currency. It returns their ids in the same order.
func (c *Case) debt(dec *Decision, past History, on courrier.Date) (latepayment.Debt, []InvoiceID) {
	debt := latepayment.Debt{On: on, Debtor: c.Customer.Class}
	unit := dec.Open.Unit()
	var ids []InvoiceID
	for _, line := range dec.Lines {
		id := c.whole(line.Invoice)
		if slices.Contains(ids, id) {
			continue
		}
		for i := range c.Invoices {
			if inv := &c.Invoices[i]; inv.ID == id {
				ids = append(ids, id)
				debt.Invoices = append(debt.Invoices, inv.stated(past.noticeOn(id)))
			}
		}
	}
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		open := inv.open()
		switch {
		case open >= 0 || inv.Paid || inv.Draft || inv.Unit() != unit || slices.Contains(ids, inv.ID):
		case inv.creditNote():
			debt.OpenCredits = append(debt.OpenCredits, latepayment.Credit{On: cmp.Or(inv.IssuedOn, inv.DueOn()), Number: inv.number(), Amount: money(-open, unit)})
		default:
			debt.Unallocated = append(debt.Unallocated, Payment{On: inv.lastPaidOn(), Amount: money(-open, unit)})
		}
	}
	for _, p := range c.Unallocated {
		if p.Amount.Unit() == unit {
			debt.Unallocated = append(debt.Unallocated, p)
		}
	}
	return debt, ids
}

// whole returns the invoice of the case that an id names, itself or one of its
// parts.
func (c *Case) whole(id InvoiceID) InvoiceID {
	if slices.ContainsFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == id }) {
		return id
	}
	return InvoiceOf(id)
}

// stated is the invoice as a statement takes it. A notice that the library sent
// counts as well as one that the host knows of: the earlier.
func (inv *Invoice) stated(sent courrier.Date) latepayment.Invoice {
	notice := inv.NoticeOn
	if notice.IsZero() || !sent.IsZero() && sent.Before(notice) {
		notice = sent
	}
	return latepayment.Invoice{
		Number: inv.number(), IssuedOn: inv.IssuedOn, Parts: inv.Parts, Payments: inv.kept(), Credits: inv.Credits,
		Charged: inv.Charged, Contract: inv.Contract, NoticeOn: notice, NoCompensation: inv.NoCompensation,
	}
}

func (inv *Invoice) number() string { return cmp.Or(inv.Number, string(inv.ID)) }

func (inv *Invoice) lastPaidOn() courrier.Date {
	last := inv.IssuedOn
	for _, p := range inv.Payments {
		if p.On.After(last) {
			last = p.On
		}
	}
	return last
}

// noticeOn is the day on which the first formal notice about an invoice arrived;
// no date: none did, or not yet.
func (h History) noticeOn(id InvoiceID) courrier.Date {
	var first courrier.Date
	for i := range h {
		p := &h[i]
		if p.Kind != courrier.StepFormalNotice || p.State != PastSent {
			continue
		}
		about := slices.ContainsFunc(p.Invoices, func(named InvoiceID) bool { return named == id || InvoiceOf(named) == id })
		if on := p.arrivedOn(); about && !on.IsZero() && (first.IsZero() || on.Before(first)) {
			first = on
		}
	}
	return first
}

// take fills in the decision's figures from its statement: what is open on each
// line, and what is asked.
func (dec *Decision) take(s *latepayment.Statement, ids []InvoiceID, chargeReminders bool) error {
	for i := range dec.Lines {
		line := &dec.Lines[i]
		if part := partOf(s, ids, line.Invoice); part != nil {
			line.Open, line.DueOn = part.Open, part.DueOn
		}
	}
	dec.sum()
	dec.Statement = s
	dec.Total = dec.asked(chargeReminders)
	if dec.Step.Kind == courrier.StepFormalNotice && s.Total.IsZero() {
		return &courrier.FieldError{Field: "Invoices", Rule: "are not due on " + s.On.String(), Remedy: "a formal notice calls for what is due (code civil, art. 1344): wait, or send a reminder"}
	}
	dec.NeedsApproval = dec.NeedsApproval || slices.ContainsFunc(s.Warnings, func(w latepayment.Warning) bool { return slices.Contains(alarming, w.Code) })
	return nil
}

// partOf finds the part of a statement that an id names.
func partOf(s *latepayment.Statement, ids []InvoiceID, id InvoiceID) *latepayment.Part {
	n := 1
	i := slices.Index(ids, id)
	if i < 0 {
		i = slices.Index(ids, InvoiceOf(id))
		_, part, _ := strings.Cut(string(id), partMark)
		n, _ = strconv.Atoi(part)
	}
	if i < 0 || n < 1 || n > len(s.Lines[i].Parts) {
		return nil
	}
	return &s.Lines[i].Parts[n-1]
}

// asked is the sum that a reminder asks for: the price before it is due and, unless
// the account charges it, in a reminder; all that may be demanded in a notice.
func (dec *Decision) asked(chargeReminders bool) courrier.Amount {
	s := dec.Statement
	switch {
	case dec.claims(chargeReminders):
		return s.Demand
	case dec.Step.Kind == courrier.StepCourtesy || s.Open.IsZero():
		return s.Outstanding()
	}
	return s.Open
}

// claims reports whether a reminder asks for charges as well.
func (dec *Decision) claims(chargeReminders bool) bool {
	return claims(dec.Step.Kind, chargeReminders) && !dec.Statement.Total.IsZero()
}

func claims(kind courrier.StepKind, chargeReminders bool) bool {
	return kind == courrier.StepFormalNotice || kind == courrier.StepReminder && chargeReminders
}
