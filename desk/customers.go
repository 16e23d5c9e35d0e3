package desk

import (
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

// happening is one line of a customer's timeline.
type happening struct {
	On     courrier.Date
	Kind   string // reminder, letter, next
	Title  string
	Detail string
	Link   string
}

type customerView struct {
	customerRow
	Invoices []invoiceRow
	Timeline []happening
	Notes    dunning.DebtorNotes
	Unknown  bool
	Next     courrier.Date
}

type invoiceRow struct {
	ID       dunning.InvoiceID
	Number   string
	DueOn    courrier.Date
	Open     courrier.Amount
	Late     int
	Why      string // why nothing comes, or what comes
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
	for i := range c.Invoices {
		view.Invoices = append(view.Invoices, r.invoiceRow(&c.Invoices[i], view.Notes))
	}
	if view.Timeline, err = r.timeline(id); err != nil {
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
		ID: inv.ID, Number: inv.Number, DueOn: inv.DueOn(), Open: inv.Open(), Disputed: inv.Disputed || notes.Disputed[inv.ID],
		Excluded: inv.Excluded || notes.Excluded[inv.ID], Promised: inv.PromisedOn,
	}
	if day := notes.Promised[inv.ID]; day.After(one.Promised) {
		one.Promised = day
	}
	if one.Number == "" {
		one.Number = string(inv.ID)
	}
	if one.Open.Sign() > 0 {
		one.Late = max(0, r.today().DaysSince(inv.DueOn()))
	}
	return one
}

// timeline is all that was done about a customer, the newest first.
func (r *request) timeline(id courrier.CustomerID) ([]happening, error) {
	var all []happening
	f := dunning.ReminderFilter{Account: r.account(), Customers: []courrier.CustomerID{id}}
	for rem, err := range r.desk.cfg.Runner.Queue(r.ctx(), f) {
		if err != nil {
			return nil, err
		}
		all = append(all, r.happened(rem)...)
	}
	slices.SortStableFunc(all, func(a, b happening) int { return b.On.Compare(a.On) })
	return all, nil
}

// happened tells of one reminder and of its letter.
func (r *request) happened(rem dunning.Reminder) []happening {
	title := r.text("timeline.byhand")
	if rem.Decision.Step.ID != "" {
		title = r.stepName(rem.Decision.Step.ID)
	}
	on := rem.SentOn
	if on.IsZero() {
		on = rem.DueOn
	}
	one := happening{On: on, Kind: "reminder", Title: title, Detail: rem.Message.Subject, Link: r.path("todo", string(rem.ID))}
	all := []happening{one}
	if rem.Letter == "" {
		return all
	}
	letter, err := r.desk.cfg.Client.Letter(r.ctx(), rem.Letter)
	if err != nil || letter.Letter.Account != r.account() {
		return all
	}
	for _, moved := range []struct {
		status courrier.Status
		on     courrier.Date
	}{
		{courrier.StatusPosted, courrier.PostalDay(letter.Tracking.PostedAt)}, {courrier.StatusDelivered, courrier.PostalDay(letter.Tracking.DeliveredAt)},
		{courrier.StatusReturned, courrier.PostalDay(letter.Tracking.ReturnedAt)},
	} {
		if !moved.on.IsZero() {
			all = append(all, happening{On: moved.on, Kind: "letter", Title: r.word(moved.status), Link: r.path("letters", string(letter.ID))})
		}
	}
	return all
}

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
		return d, &courrier.FieldError{Field: "until", Rule: "is no date", Remedy: "choose a day"}
	}
	return d, nil
}
