package latepayment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// SumRow is one line of the sums below a letter's table of invoices. Amounts that
// lower the total are negative.
type SumRow struct {
	Label  string          `json:"label"`
	Amount courrier.Amount `json:"amount"`
	Strong bool            `json:"strong,omitempty"` // the total
}

// reading writes a statement in one language.
type reading struct {
	*Statement
	w    Wording
	lang courrier.Language
	name string // of interest
}

func (s *Statement) read(w Wording, lang courrier.Language) reading {
	name := w.Interest[s.Debtor]
	if name == "" {
		name = w.Interest[DebtorConsumer]
	}
	return reading{Statement: s, w: w, lang: lang, name: name}
}

func (r *reading) amount(a courrier.Amount) string { return a.Text(r.lang) }
func (r *reading) date(d courrier.Date) string     { return d.Text(r.lang) }

// Sums returns the rows below the table of invoices, whose own total is Open: each
// run of interest with its rate and period, the compensation, proven costs and
// what is set off; then Demand. They add up. Where nothing but the price is
// demanded they are its total alone, and without charges at all there are none.
func (s *Statement) Sums(w Wording, lang courrier.Language) []SumRow {
	r := s.read(w, lang)
	var rows []SumRow
	if s.ChargesDays == 0 {
		for i := range s.Lines {
			rows = r.interest(rows, &s.Lines[i])
		}
		rows = r.compensation(rows)
		rows = r.costs(rows)
	}
	if !s.Deducted.IsZero() {
		rows = append(rows, SumRow{Label: w.Deducted, Amount: s.Deducted.Neg()})
	}
	if len(rows) == 0 {
		return nil
	}
	return append(rows, SumRow{Label: w.Total, Amount: s.Demand, Strong: true})
}

// interest adds the runs of one invoice, and what payments covered of them.
func (r *reading) interest(rows []SumRow, l *Line) []SumRow {
	if l.Interest.IsZero() && l.InterestAccrued.IsZero() {
		return rows
	}
	for _, s := range l.Segments {
		label := fill(r.w.Segment, "number", l.Number, "interest", r.name, "first", r.date(s.First), "last", r.date(s.Last),
			"days", r.w.days(s.Days), "principal", r.amount(s.Principal), "rate", FormatPercent(s.Rate, r.lang))
		rows = append(rows, SumRow{Label: label, Amount: s.Interest})
	}
	if paid := l.interestPaid(); !paid.IsZero() {
		rows = append(rows, SumRow{Label: fill(r.w.InterestPaid, "number", l.Number, "interest", r.name), Amount: paid.Neg()})
	}
	return rows
}

// interestPaid is what payments covered of the accrued interest beyond the price:
// the books' reading. See [Statement].
func (l *Line) interestPaid() courrier.Amount { return difference(l.InterestAccrued, l.Interest) }

// difference returns a less b of one unit: both are sums of a statement.
func difference(a, b courrier.Amount) courrier.Amount {
	d, err := courrier.AmountOfMicros(a.Micros()-b.Micros(), a.Unit())
	if err != nil {
		return courrier.Amount{}
	}
	return d
}

// compensation adds the fixed compensation of all invoices.
func (r *reading) compensation(rows []SumRow) []SumRow {
	count, each, plain := 0, courrier.Amount{}, true
	for i := range r.Lines {
		if l := &r.Lines[i]; !l.CompensationDue.IsZero() {
			plain = plain && l.CompensationDue == l.Compensation
			count, each = count+1, l.CompensationDue
		}
	}
	switch {
	case count == 0:
		return rows
	case count == 1 || !plain:
		return append(rows, SumRow{Label: r.w.CompensationOne, Amount: r.CompensationDue})
	}
	label := fill(r.w.Compensation, "count", strconv.Itoa(count), "each", r.amount(each))
	return append(rows, SumRow{Label: label, Amount: r.CompensationDue})
}

// costs adds the proven costs one by one, with label and proof.
func (r *reading) costs(rows []SumRow) []SumRow {
	var claimed int64
	for i := range r.Lines {
		for _, c := range r.Lines[i].Costs {
			claimed += c.Amount.Micros()
			rows = append(rows, SumRow{Label: fill(r.w.Cost, "number", r.Lines[i].Number, "label", c.Label, "proof", c.Proof),
				Amount: c.Amount})
		}
	}
	if paid := r.CostsDue.Micros() - claimed; paid < 0 {
		rows = append(rows, SumRow{Label: r.w.CostsPaid, Amount: newConverter(r.Unit()).amount(paid / microsPerCent)})
	}
	return rows
}

// Notes returns what a reader needs besides the sums, a sentence each: what
// payments and credit notes were counted on, the texts, the cut-off date and a
// day's interest, what falls due later, and what is held of the debtor's. Without
// charges, nothing is said of them.
func (s *Statement) Notes(w Wording, lang courrier.Language, charges bool) []string {
	r := s.read(w, lang)
	var notes []string
	for i := range s.Lines {
		notes = r.movements(notes, &s.Lines[i], charges)
	}
	if charges {
		notes = r.texts(notes)
	}
	for i := range s.Lines {
		for _, p := range s.Lines[i].Parts {
			if !p.Due && !p.Open.IsZero() {
				notes = append(notes, fill(w.NotYetDue, "number", s.Lines[i].Number, "amount", r.amount(p.Open), "due", r.date(p.DueOn)))
			}
		}
	}
	return append(notes, r.held()...)
}

// movements tells of credit notes, and of payments that were not counted on the
// price alone.
func (r *reading) movements(notes []string, l *Line, charges bool) []string {
	for _, m := range l.Movements {
		label := m.Number
		if label != "" {
			label += " "
		}
		switch {
		case m.Kind == MovementCredit:
			notes = append(notes, fill(r.w.Credit, "label", label, "on", r.date(m.On), "number", l.Number, "amount", r.amount(m.Amount)))
		case charges && m.ToPrincipal != m.Amount:
			notes = append(notes, fill(r.w.Payment, "on", r.date(m.On), "number", l.Number, "amount", r.amount(m.Amount), "parts",
				r.parts(m)))
		}
	}
	return notes
}

// parts says what a payment was counted on.
func (r *reading) parts(m Movement) string {
	var said []string
	for _, p := range []struct {
		text   string
		amount courrier.Amount
	}{{r.w.OfInterest, m.ToInterest}, {r.w.OfPrincipal, m.ToPrincipal}, {r.w.Beyond, m.Left}} {
		if !p.amount.IsZero() {
			said = append(said, fill(p.text, "interest", r.name, "amount", r.amount(p.amount)))
		}
	}
	return strings.Join(said, ", ")
}

// rates lists the different rates of the interest.
func (r *reading) rates() string {
	var all []string
	for _, p := range r.Rates() {
		all = append(all, FormatPercent(p, r.lang))
	}
	return strings.Join(all, " %, ")
}

// texts names what the charges rest on, and to which day they were counted.
func (r *reading) texts(notes []string) []string {
	if r.ChargesDays > 0 {
		return r.later(notes)
	}
	for _, t := range []struct {
		text, basis string
		amount      courrier.Amount
	}{{r.w.Basis, r.InterestBasis, r.Interest}, {r.w.FixedBasis, r.CompensationBasis, r.CompensationDue},
		{r.w.CostsBasis, r.CostsBasis, r.CostsDue}} {
		if t.basis != "" && !t.amount.IsZero() {
			notes = append(notes, fill(t.text, "interest", r.name, "basis", r.w.basis(t.basis)))
		}
	}
	switch {
	case !r.Daily.IsZero():
		notes = append(notes, fill(r.w.Daily, "on", r.date(r.On), "interest", r.name, "amount", r.amount(r.Daily)))
	case !r.Interest.IsZero():
		notes = append(notes, fill(r.w.CutOff, "on", r.date(r.On)))
	}
	return notes
}

// later announces the charges that are payable after the price, in one sentence.
func (r *reading) later(notes []string) []string {
	var said []string
	for _, t := range []struct {
		label, basis string
		amount       courrier.Amount
	}{{r.w.LaterInterest, r.InterestBasis, r.Interest}, {r.w.LaterFixed, r.CompensationBasis, r.CompensationDue},
		{r.w.LaterCosts, r.CostsBasis, r.CostsDue}} {
		if t.amount.IsZero() {
			continue
		}
		label := fill(t.label, "interest", r.name, "on", r.date(r.On), "rate", r.rates())
		said = append(said, fill(r.w.LaterItem, "label", label, "amount", r.amount(t.amount), "basis", r.w.basis(t.basis)))
	}
	if len(said) == 0 {
		return notes
	}
	all := capitalised(strings.Join(said, ", "))
	return append(notes, fill(r.w.Later, "parts", all, "days", r.w.days(r.ChargesDays), "proof", r.w.basis(r.ChargesBasis)))
}

// held tells of money of the debtor's that is not set off.
func (r *reading) held() []string {
	if r.Credit.IsZero() {
		return nil
	}
	var notes []string
	for _, p := range r.Unallocated {
		notes = append(notes, fill(r.w.Held, "on", r.date(p.On), "amount", r.amount(p.Amount)))
	}
	for _, c := range r.OpenCredits {
		label := c.Number
		if label != "" {
			label += " "
		}
		notes = append(notes, fill(r.w.HeldCredit, "label", label, "on", r.date(c.On), "amount", r.amount(c.Amount)))
	}
	if !r.Overpaid.IsZero() {
		notes = append(notes, fill(r.w.HeldOverpaid, "amount", r.amount(r.Overpaid)))
	}
	if r.Deducted.IsZero() {
		notes = append(notes, r.w.NotDeducted)
	}
	return notes
}

// Outstanding is what is open of the price, due or not: Open and NotYetDue.
func (s *Statement) Outstanding() courrier.Amount { return difference(s.Open, s.NotYetDue.Neg()) }

// Sum is the total of some columns of the table of invoices.
type Sum struct{ Amount, Credited, Paid, Open courrier.Amount }

// Table adds up the parts that are due, or those that are not yet.
func (s *Statement) Table(due bool) Sum {
	var n [4]int64
	for i := range s.Lines {
		for _, p := range s.Lines[i].Parts {
			if p.Due == due {
				n[0], n[1] = n[0]+p.Amount.Micros(), n[1]+p.Credited.Micros()
				n[2], n[3] = n[2]+p.Paid.Micros(), n[3]+p.Open.Micros()
			}
		}
	}
	money := newConverter(s.Unit())
	of := func(i int) courrier.Amount { return money.amount(n[i] / microsPerCent) }
	return Sum{of(0), of(1), of(2), of(3)}
}

// Figures returns every sum that a text about the statement may show, each once:
// those that lower a debt with either sign, and zero only where a part is paid.
func (s *Statement) Figures() []courrier.Amount {
	f := figures{seen: make(map[courrier.Amount]bool)}
	due, later := s.Table(true), s.Table(false)
	if s.Demand.IsZero() && !s.Deducted.IsZero() { // all of it is set off
		f.zero(s.Demand)
	}
	f.add(s.Invoiced, s.Open, s.Interest, s.PrincipalDue, s.InterestDue, s.CompensationDue, s.CostsDue, s.Total, s.NotYetDue, s.Demand,
		s.Daily, s.Outstanding())
	f.add(due.Amount, due.Open, later.Amount, later.Open)
	f.lower(s.Paid, s.Credited, s.Overpaid, s.Credit, s.Deducted, due.Paid, due.Credited, later.Paid, later.Credited)
	for i := range s.Lines {
		f.line(&s.Lines[i])
	}
	for _, p := range s.Unallocated {
		f.lower(p.Amount)
	}
	for _, c := range s.OpenCredits {
		f.lower(c.Amount)
	}
	for _, row := range s.Sums(wordings[courrier.English], courrier.English) {
		f.add(row.Amount)
	}
	return slices.Clip(f.all)
}

// figures collects different amounts.
type figures struct {
	seen map[courrier.Amount]bool
	all  []courrier.Amount
}

func (f *figures) add(amounts ...courrier.Amount) {
	for _, a := range amounts {
		if !f.seen[a] && !a.IsZero() {
			f.seen[a] = true
			f.all = append(f.all, a)
		}
	}
}

func (f *figures) zero(a courrier.Amount) {
	if !f.seen[a] {
		f.seen[a] = true
		f.all = append(f.all, a)
	}
}

func (f *figures) lower(amounts ...courrier.Amount) {
	f.add(amounts...)
	for _, a := range amounts {
		f.add(a.Neg())
	}
}

func (f *figures) line(l *Line) {
	f.add(l.Amount, l.Open, l.NotYetDue, l.Interest, l.PrincipalDue, l.InterestAccrued, l.InterestDue, l.Compensation,
		l.CompensationDue, l.CostsDue, l.Total, l.Daily)
	f.lower(l.Paid, l.Credited, l.Overpaid, l.interestPaid())
	for _, p := range l.Parts {
		f.add(p.Amount, p.Open)
		if p.Open.IsZero() { // the row of a part that is paid says so
			f.zero(p.Open)
		}
		f.lower(p.Paid, p.Credited)
	}
	for _, m := range l.Movements {
		f.lower(m.Amount, m.ToInterest, m.ToPrincipal, m.Left)
	}
	for _, s := range l.Segments {
		f.add(s.Principal)
		f.zero(s.Interest) // a run on a small rest comes to nothing, and is shown
	}
	for _, c := range l.Costs {
		f.add(c.Amount)
	}
}
