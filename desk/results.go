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

type resultRow struct {
	Step      string
	Sent      int
	Letters   int
	PaidAfter []courrier.Amount
}

type resultsView struct {
	From, To courrier.Date
	Rows     []resultRow
	Tells    bool // the host tells payments
	Days     int  // of payment delay, weighted by amount; negative: early
	Paid     []courrier.Amount
	Cost     []courrier.Amount // of letters of reminders of the period
	Per100   string            // cost for a hundred paid after a reminder; empty: there is none
	Within   int
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
	view := resultsView{From: from, To: to, Within: paidWithin}
	sent, err := r.sentBetween(from, to)
	if err != nil {
		return err
	}
	teller, ok := d.cfg.Host.(PaymentTeller)
	view.Tells = ok
	after := map[string][]courrier.Amount{}
	if ok {
		if err := view.payments(r, teller, sent, after); err != nil {
			return err
		}
	}
	view.Rows = rowsOf(sent, after)
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	order := stepIDs(settings.Policies, func(courrier.Step) bool { return true })
	slices.SortStableFunc(view.Rows, func(a, b resultRow) int { return rank(order, a.Step) - rank(order, b.Step) })
	if view.Cost, err = r.costOf(from, to); err != nil {
		return err
	}
	view.Per100 = r.per100(view.Cost, view.Rows)
	return r.show("results.html", r.text("menu.results"), view)
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

// per100 is what was spent for a hundred that came in after a reminder. It is told where
// both are in one currency, and something came in.
func (r *request) per100(cost []courrier.Amount, rows []resultRow) string {
	var paid []courrier.Amount
	for _, row := range rows {
		for _, a := range row.PaidAfter {
			paid = sumInto(paid, a)
		}
	}
	if len(cost) != 1 || len(paid) != 1 || cost[0].Unit() != paid[0].Unit() || paid[0].Sign() <= 0 {
		return ""
	}
	const cent = 10_000 // micros
	spent, brought := cost[0].Micros()/cent, paid[0].Micros()/cent
	if brought == 0 {
		return ""
	}
	per, err := courrier.AmountOfMicros((spent*100*100+brought/2)/brought*cent, cost[0].Unit())
	if err != nil {
		return ""
	}
	return per.Text(r.lang)
}

func (r *request) sentBetween(from, to courrier.Date) ([]dunning.Reminder, error) {
	var sent []dunning.Reminder
	f := dunning.ReminderFilter{Account: r.account(), States: []dunning.ReminderState{dunning.ReminderSent}, DueTo: to}
	for rem, err := range r.desk.cfg.Runner.Queue(r.ctx(), f) {
		if err != nil {
			return nil, err
		}
		reached := rem.Decision.Step.Task == "" || rem.Decision.Step.Contact
		if reached && !rem.SentOn.Before(from) && !rem.SentOn.After(to) {
			sent = append(sent, rem)
		}
	}
	return sent, nil
}

// payments counts each payment for the last reminder that named its invoice before it.
func (v *resultsView) payments(r *request, teller PaymentTeller, sent []dunning.Reminder, after map[string][]courrier.Amount) error {
	var weighted, total int64
	for p, err := range teller.Payments(r.ctx(), r.account(), v.From, v.To) {
		if err != nil {
			return err
		}
		v.Paid = sumInto(v.Paid, p.Amount)
		cents := p.Amount.Micros() / 10_000
		weighted += cents * int64(p.On.DaysSince(p.DueOn))
		total += cents
		if step, ok := lastBefore(sent, p); ok {
			after[step] = sumInto(after[step], p.Amount)
		}
	}
	if total > 0 {
		v.Days = int(weighted / total)
	}
	return nil
}

// lastBefore finds the step of the last reminder about a payment's invoice that left
// at most paidWithin days before it.
func lastBefore(sent []dunning.Reminder, p PaymentOf) (step string, ok bool) {
	var last courrier.Date
	for _, rem := range sent {
		about := slices.ContainsFunc(rem.Decision.Lines, func(l dunning.ReminderLine) bool { return l.Invoice == p.Invoice })
		days := p.On.DaysSince(rem.SentOn)
		if rem.Customer == p.Customer && about && days >= 0 && days <= paidWithin && !rem.SentOn.Before(last) {
			step, last, ok = stepOf(rem), rem.SentOn, true
		}
	}
	return step, ok
}

func stepOf(rem dunning.Reminder) string {
	if rem.Decision.Step.ID == "" {
		return "-"
	}
	return rem.Decision.Step.ID
}

func rowsOf(sent []dunning.Reminder, after map[string][]courrier.Amount) []resultRow {
	byStep := map[string]*resultRow{}
	for _, rem := range sent {
		step := stepOf(rem)
		if byStep[step] == nil {
			byStep[step] = &resultRow{Step: step, PaidAfter: after[step]}
		}
		byStep[step].Sent++
		if rem.Channel == courrier.ChannelPost {
			byStep[step].Letters++
		}
	}
	var rows []resultRow
	for _, row := range byStep {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b resultRow) int { return strings.Compare(a.Step, b.Step) })
	return rows
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
