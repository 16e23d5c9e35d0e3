package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/pdf"
)

// paidWithin is how many days after a reminder a payment counts as paid after it.
const paidWithin = 14

type resultsView struct {
	From, To courrier.Date
	Steps    []dunning.Result // in the order of the policies
	Tells    bool             // the host tells payments
	dunning.ResultsReport
	Cost   []courrier.Amount // of letters of reminders of the period
	Per100 string            // cost for a hundred paid after a reminder; empty: there is none
}

// results shows what was sent in a period and what was paid after it, by step: after,
// not because of.
func (d *Desk) results(r *request) error {
	from, err := optionalDate(r.FormValue("from"))
	if err != nil {
		return err
	}
	to, err := optionalDate(r.FormValue("to"))
	if err != nil {
		return err
	}
	if to.IsZero() {
		to = r.today()
	}
	if from.IsZero() {
		from = to.AddDays(-90)
	}
	view := resultsView{From: from, To: to}
	if !to.Before(from) {
		if err := r.found(&view); err != nil {
			return err
		}
	}
	return r.show("results.html", r.text("menu.results"), view)
}

// found fills in the figures of a period.
func (r *request) found(view *resultsView) error {
	teller, tells := r.desk.cfg.Host.(PaymentTeller)
	view.Tells = tells
	payments := func(func(dunning.InvoicePayment, error) bool) {}
	if tells {
		payments = teller.Payments(r.ctx(), r.account(), view.From, view.To.AddDays(paidWithin))
	}
	sent := r.desk.cfg.Runner.Queue(r.ctx(), dunning.ReminderFilter{Account: r.account(), States: []dunning.ReminderState{dunning.ReminderSent}, DueTo: view.To})
	var err error
	q := dunning.ResultsQuery{From: view.From, To: view.To, Within: paidWithin}
	if view.ResultsReport, err = dunning.Results(q, sent, payments); err != nil {
		return err
	}
	if view.Cost, err = r.costOf(view.From, view.To); err != nil {
		return err
	}
	return r.byStep(view)
}

// byStep puts the owners and policies of a step together, in the order of the policies,
// and all of them for what a hundred cost.
func (r *request) byStep(view *resultsView) error {
	steps, err := view.By(func(k dunning.ResultKey) dunning.ResultKey { return dunning.ResultKey{Step: k.Step} })
	if err != nil {
		return err
	}
	settings, err := r.desk.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	order := stepIDs(settings.Policies, func(courrier.Step) bool { return true })
	slices.SortStableFunc(steps, func(a, b dunning.Result) int { return rank(order, a.Step) - rank(order, b.Step) })
	view.Steps = steps
	all, err := view.By(func(dunning.ResultKey) dunning.ResultKey { return dunning.ResultKey{} })
	if err != nil || len(all) == 0 {
		return err
	}
	all[0].Cost = view.Cost
	if per, ok := all[0].PerHundred(); ok {
		view.Per100 = per.Text(r.lang)
	}
	return nil
}

// rank is where a step stands in the policies; one that is in none comes last.
func rank(order []string, step string) int {
	if i := slices.Index(order, step); i >= 0 {
		return i
	}
	return len(order)
}

// costOf is what the letters of reminders cost that were handed over in a period.
func (r *request) costOf(from, to courrier.Date) ([]courrier.Amount, error) {
	var cost []courrier.Amount
	f := courrier.LetterFilter{
		Account: r.account(), Purposes: []courrier.Purpose{courrier.PurposeReminder, courrier.PurposeFormalNotice},
		CreatedFrom: from.AddDays(-1).In(time.UTC), CreatedTo: to.AddDays(2).In(time.UTC), // whatever the zone
	}
	for l, err := range r.desk.cfg.Client.Letters(r.ctx(), f) {
		if err != nil {
			return nil, err
		}
		day := courrier.PostalDay(l.CreatedAt)
		if l.Charge == courrier.ChargeCaptured && !day.Before(from) && !day.After(to) {
			cost = sumInto(cost, l.Price)
		}
	}
	return cost, nil
}

func (d *Desk) evidence(r *request) error {
	return r.show("evidence.html", r.text("menu.evidence"), map[string]any{"Makes": d.cfg.Evidence != nil})
}

// evidenceFile makes an invoice's file. The manifest with the digests is inside it.
func (d *Desk) evidenceFile(r *request) error {
	if d.cfg.Evidence == nil {
		return courrier.ErrUnsupported
	}
	invoice := dunning.InvoiceID(strings.TrimSpace(r.FormValue("invoice")))
	if invoice == "" {
		return &courrier.FieldError{Field: "invoice", Rule: "is missing", Remedy: "name the invoice", Code: "missing"}
	}
	ev, err := d.cfg.Runner.Evidence(r.ctx(), r.account(), invoice)
	if err != nil {
		return err
	}
	if len(ev.Steps) == 0 {
		return fmt.Errorf("evidence: %w", courrier.ErrNotFound)
	}
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	file, err := d.makeEvidence(r, ev, settings)
	if err != nil {
		return err
	}
	return r.download("evidence.pdf", "application/pdf", file.File, false)
}

func (d *Desk) makeEvidence(r *request, ev dunning.Evidence, s dunning.Settings) (pdf.EvidenceFile, error) {
	file, err := d.cfg.Evidence.Make(r.ctx(), ev, s.Sender, r.lang)
	if err != nil {
		return file, errors.Join(courrier.ErrUnavailable, err)
	}
	return file, nil
}
