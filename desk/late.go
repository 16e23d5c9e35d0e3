package desk

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

type lateRow struct {
	invoiceRow
	Customer courrier.CustomerID
	Name     string
	Class    latepayment.DebtorClass
}

type lateView struct {
	Rows  []lateRow
	Form  lateForm
	Total []courrier.Amount // by currency
	Steps []string          // that were sent last, to filter by
	Late  []string          // those of them that can be sent about what is late
	More  int
	Who   []customerName // those of the list
	Runs  []run
	Draft *run // a campaign that was typed and is not right yet
}

type customerName struct {
	ID   courrier.CustomerID
	Name string
}

// lateFields are what the list is filtered by.
var lateFields = []string{"min_days", "max_days", "min_open", "class", "customer", "step"}

// lateForm is the form of the list as it was filled in, without what is empty.
type lateForm map[string]string

func (r *request) lateForm() lateForm {
	form := lateForm{}
	for _, f := range lateFields {
		if v := strings.TrimSpace(r.FormValue(f)); v != "" {
			form[f] = v
		}
	}
	return form
}

// filter is what the form selects.
func (form lateForm) filter() (dunning.LateFilter, error) {
	var f dunning.LateFilter
	var err error
	if f.MinDaysLate, err = days(form["min_days"]); err == nil {
		f.MaxDaysLate, err = days(form["max_days"])
	}
	if err != nil {
		return f, err
	}
	if form["min_open"] != "" {
		if f.MinOpen, err = amountOf(form["min_open"], "EUR"); err != nil {
			return f, err
		}
	}
	if form["class"] != "" {
		f.Classes = []latepayment.DebtorClass{latepayment.DebtorClass(form["class"])}
	}
	if form["customer"] != "" {
		f.Customers = []courrier.CustomerID{courrier.CustomerID(form["customer"])}
	}
	if form["step"] != "" {
		f.Steps = []string{strings.TrimPrefix(form["step"], "none")}
	}
	return f, nil
}

func days(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, &courrier.FieldError{Field: "days", Rule: "is no number of days", Remedy: "give a whole number", Code: "days"}
	}
	return n, nil
}

func (r *request) lateCases(f dunning.LateFilter) iter.Seq2[dunning.Case, error] {
	return r.desk.cfg.Runner.Late(r.ctx(), f, r.today(), r.desk.cfg.Host.Cases(r.ctx(), r.account()))
}

func (d *Desk) late(r *request) error {
	view, err := r.lateList()
	if err != nil {
		return err
	}
	return r.show("late.html", r.text("menu.late"), view)
}

func (r *request) lateList() (lateView, error) {
	view := lateView{Form: r.lateForm()}
	f, err := view.Form.filter()
	if err != nil {
		return view, err
	}
	if view.Runs, err = r.runs(); err != nil {
		return view, err
	}
	settings, err := r.desk.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return view, err
	}
	view.Steps = stepIDs(settings.Policies, func(courrier.Step) bool { return true })
	view.Late = stepIDs(settings.Policies, func(s courrier.Step) bool { return s.Kind != courrier.StepCourtesy })
	for c, err := range r.lateCases(f) {
		if err != nil {
			return view, err
		}
		r.addLate(&view, c)
	}
	slices.SortStableFunc(view.Rows, func(a, b lateRow) int { return b.Late - a.Late })
	if len(view.Rows) > 4*maxRows {
		view.More = len(view.Rows) - 4*maxRows
		view.Rows = view.Rows[:4*maxRows]
	}
	return view, nil
}

func (r *request) addLate(view *lateView, c dunning.Case) {
	name := r.nameOf(c.Customer.ID)
	view.Who = append(view.Who, customerName{c.Customer.ID, name})
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		view.Rows = append(view.Rows, lateRow{invoiceRow: r.invoiceRow(inv, dunning.DebtorNotes{}), Customer: c.Customer.ID, Name: name, Class: c.Customer.Class})
		view.Total = sumInto(view.Total, inv.Open())
	}
}

// sumInto adds an amount to the sum of its currency.
func sumInto(totals []courrier.Amount, a courrier.Amount) []courrier.Amount {
	for i := range totals {
		if totals[i].Unit() == a.Unit() {
			if sum, err := totals[i].Add(a); err == nil {
				totals[i] = sum
			}
			return totals
		}
	}
	return append(totals, a)
}

// stepIDs lists the wanted steps of an account's policies, each once, in order.
func stepIDs(policies []courrier.ReminderPolicy, want func(courrier.Step) bool) []string {
	var ids []string
	for _, p := range policies {
		for _, s := range p.Steps {
			if want(s) && !slices.Contains(ids, s.ID) {
				ids = append(ids, s.ID)
			}
		}
	}
	return ids
}

// lateAct reminds the invoices that were ticked, or runs a campaign over the list.
func (d *Desk) lateAct(r *request) error {
	switch r.PostFormValue("act") {
	case "remind":
		return r.remindTicked()
	case "campaign":
		return r.campaignBegin()
	}
	return errNoSuchAct
}

// ticked groups the ticked invoices by customer. A tick is customer|invoice.
func (r *request) ticked() (map[courrier.CustomerID][]dunning.InvoiceID, error) {
	chosen := map[courrier.CustomerID][]dunning.InvoiceID{}
	for _, tick := range r.PostForm["invoice"] {
		customer, invoice, ok := strings.Cut(tick, "|")
		if !ok {
			return nil, &courrier.FieldError{Field: "invoice", Rule: "is no invoice", Remedy: "load the list again", Code: "reload"}
		}
		id := courrier.CustomerID(customer)
		chosen[id] = append(chosen[id], dunning.InvoiceID(invoice))
	}
	if len(chosen) == 0 {
		return nil, &courrier.FieldError{Field: "invoice", Rule: "is missing", Remedy: "tick the invoices to remind", Code: "missing"}
	}
	return chosen, nil
}

// remindTicked prepares a step for the ticked invoices of each customer, and tells
// which customers it was refused for, and why.
func (r *request) remindTicked() error {
	chosen, err := r.ticked()
	if err != nil {
		return err
	}
	var view remindedView
	for _, customer := range slices.Sorted(maps.Keys(chosen)) {
		_, err := r.desk.cfg.Runner.SendNow(r.ctx(), dunning.ByHand{
			Account: r.account(), Customer: customer, Invoices: slices.Sorted(slices.Values(chosen[customer])), Step: r.PostFormValue("send_step"), Review: true,
			Assignee: r.session.Actor, Again: strings.TrimSpace(r.PostFormValue("again")), Override: strings.TrimSpace(r.PostFormValue("override")),
		})
		switch {
		case err == nil:
			view.Made++
		case len(chosen) == 1:
			return err
		default:
			view.Named = append(view.Named, namedRefusal{runRefusal{customer, codeOf(err)}, r.nameOf(customer)})
		}
	}
	if len(view.Named) > 0 {
		return r.show("reminded.html", r.text("menu.late"), view)
	}
	return r.back(r.path("todo"), "proposed")
}

type remindedView struct {
	Made  int
	Named []namedRefusal
}
