package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

type customerRow struct {
	ID      courrier.CustomerID
	Name    string
	Open    courrier.Amount
	Overdue courrier.Amount
	Late    int // days, of the oldest
}

// customers lists who owes something, the most overdue first. What is searched for
// comes in a form: a name is no part of an address.
func (d *Desk) customers(r *request) error {
	var rows []customerRow
	search := strings.ToLower(strings.TrimSpace(r.PostFormValue("q")))
	for c, err := range d.cfg.Host.Cases(r.ctx(), r.account()) {
		if err != nil {
			return err
		}
		one := r.standing(c)
		if one.Open.Sign() > 0 && (search == "" || strings.Contains(strings.ToLower(one.Name), search)) {
			rows = append(rows, one)
		}
	}
	slices.SortFunc(rows, func(a, b customerRow) int { return b.Late - a.Late })
	if len(rows) > 4*maxRows {
		rows = rows[:4*maxRows]
	}
	return r.show("customers.html", r.text("menu.customers"), map[string]any{"Rows": rows, "Search": r.PostFormValue("q")})
}

// standing sums a customer's open invoices, in the currency of the first.
func (r *request) standing(c dunning.Case) customerRow {
	one := customerRow{ID: c.Customer.ID, Name: r.nameOf(c.Customer.ID)}
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		open := inv.Open()
		if inv.Paid || inv.Draft || open.Sign() <= 0 {
			continue
		}
		if sum, err := one.Open.Add(open); err == nil {
			one.Open = sum
		}
		if days := r.today().DaysSince(inv.DueOn()); days > 0 {
			one.Late = max(one.Late, days)
			if sum, err := one.Overdue.Add(open); err == nil {
				one.Overdue = sum
			}
		}
	}
	return one
}

type customerView struct {
	customerRow
	Invoices []invoiceRow
	Coming   []happening // the next first
	Timeline []happening // the newest first
	Notes    dunning.DebtorNotes
	Next     courrier.Date
}

type invoiceRow struct {
	ID       dunning.InvoiceID
	Number   string
	DueOn    courrier.Date
	Open     courrier.Amount
	Late     int
	Paid     bool
	Why      string // why nothing comes today; empty: something does
	Disputed bool
	Excluded bool
	Promised courrier.Date
}

func (d *Desk) customer(r *request) error {
	id := courrier.CustomerID(r.PathValue("id"))
	c, err := r.caseOf(id)
	if err != nil {
		return err
	}
	view := customerView{customerRow: r.standing(c), Next: r.today().AddDays(7)}
	if view.Notes, err = d.cfg.Runner.Notes(r.ctx(), r.account(), id); err != nil {
		return err
	}
	why, err := r.whyNot(id)
	if err != nil {
		return err
	}
	for i := range c.Invoices {
		row := r.invoiceRow(&c.Invoices[i], view.Notes)
		row.Why = why[row.ID]
		view.Invoices = append(view.Invoices, row)
	}
	if view.Timeline, err = r.timeline(c); err != nil {
		return err
	}
	if view.Coming, err = r.coming(c, view.Invoices); err != nil {
		return err
	}
	return r.show("customer.html", view.Name, view)
}

// caseOf finds a customer's case; one that the host does not list is not found.
func (r *request) caseOf(id courrier.CustomerID) (dunning.Case, error) {
	for c, err := range r.desk.cfg.Host.Cases(r.ctx(), r.account()) {
		if err != nil {
			return dunning.Case{}, err
		}
		if c.Customer.ID == id {
			return c, nil
		}
	}
	return dunning.Case{}, fmt.Errorf("customer: %w", courrier.ErrNotFound)
}

func (r *request) invoiceRow(inv *dunning.Invoice, notes dunning.DebtorNotes) invoiceRow {
	one := invoiceRow{
		ID: inv.ID, Number: numberOf(inv), DueOn: inv.DueOn(), Open: inv.Open(), Disputed: inv.Disputed || notes.Disputed[inv.ID],
		Excluded: inv.Excluded || notes.Excluded[inv.ID], Promised: inv.PromisedOn, Paid: inv.Paid || !inv.Draft && inv.Open().Sign() <= 0,
	}
	if day := notes.Promised[inv.ID]; day.After(one.Promised) {
		one.Promised = day
	}
	if one.Open.Sign() > 0 {
		one.Late = max(0, r.today().DaysSince(inv.DueOn()))
	}
	return one
}

// numberOf is how people call an invoice.
func numberOf(inv *dunning.Invoice) string { return cmp.Or(inv.Number, string(inv.ID)) }

// customerAct pauses, resumes, disputes, promises, excludes.
func (d *Desk) customerAct(r *request) error {
	id := courrier.CustomerID(r.PathValue("id"))
	if _, err := r.caseOf(id); err != nil {
		return err
	}
	invoice := dunning.InvoiceID(r.PostFormValue("invoice"))
	until, err := optionalDate(r.PostFormValue("until"))
	if err != nil {
		return err
	}
	runner, on := d.cfg.Runner, r.PostFormValue("on") == "yes"
	switch r.PostFormValue("act") {
	case "pause":
		err = runner.PauseCustomer(r.ctx(), r.account(), id, until, r.PostFormValue("reason"))
	case "resume":
		err = runner.ResumeCustomer(r.ctx(), r.account(), id)
	case "dispute":
		err = runner.Dispute(r.ctx(), r.account(), id, invoice, on)
	case "exclude":
		err = runner.Exclude(r.ctx(), r.account(), id, invoice, on)
	case "promise":
		err = runner.Promise(r.ctx(), r.account(), id, invoice, until)
	default:
		return errNoSuchAct
	}
	if err == nil {
		_, err = runner.Reconsider(r.ctx(), r.account(), id)
	}
	if err != nil {
		return err
	}
	return r.back(r.path("customers", string(id)), "noted")
}

// optionalDate reads a date that a form may leave empty.
func optionalDate(s string) (courrier.Date, error) {
	if s == "" {
		return courrier.Date{}, nil
	}
	d, err := courrier.ParseDate(s)
	if err != nil {
		return d, &courrier.FieldError{Field: "until", Rule: "is no date", Remedy: "choose a day", Code: "date"}
	}
	return d, nil
}
