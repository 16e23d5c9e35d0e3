package dunning_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// randomDebt draws what one customer owes: payments and credit notes before, during
// and after the lateness, instalments, charges booked before, proven costs, clauses.
func randomDebt(rnd *rand.Rand) latepayment.Debt {
	on := day("2026-11-30")
	classes := []latepayment.DebtorClass{latepayment.DebtorBusiness, latepayment.DebtorConsumer, latepayment.DebtorNonProfessional, latepayment.DebtorPublic, ""}
	d := latepayment.Debt{On: on, Debtor: classes[rnd.IntN(len(classes))], Deduct: rnd.IntN(4) == 0}
	cents := func(most int) courrier.Amount {
		n := 1 + rnd.IntN(most)
		return eur(fmt.Sprintf("%d.%02d", n/100, n%100))
	}
	for n := range 1 + rnd.IntN(4) {
		due := on.AddDays(40 - rnd.IntN(500))
		inv := latepayment.Invoice{Number: fmt.Sprintf("FA-%03d", n+1), IssuedOn: due.AddDays(-30)}
		for p := range 1 + rnd.IntN(3)*rnd.IntN(2) {
			inv.Parts = append(inv.Parts, latepayment.DuePart{DueOn: due.AddDays(30 * p), Amount: cents(2_000_000)})
		}
		for range rnd.IntN(3) {
			inv.Payments = append(inv.Payments, latepayment.Payment{On: due.AddDays(rnd.IntN(300) - 30), Amount: cents(1_000_000)})
		}
		if rnd.IntN(3) == 0 {
			inv.Credits = append(inv.Credits, latepayment.Credit{On: due.AddDays(rnd.IntN(200) - 20), Number: fmt.Sprintf("AV-%d", n), Amount: cents(500_000)})
		}
		if rnd.IntN(3) == 0 {
			inv.NoticeOn = due.AddDays(rnd.IntN(60))
		}
		if rnd.IntN(4) == 0 {
			inv.Charged = append(inv.Charged, latepayment.Charge{Kind: latepayment.ChargeInterest, Amount: cents(10_000)})
		}
		professional := d.Debtor == latepayment.DebtorBusiness || d.Debtor == latepayment.DebtorPublic
		if professional && rnd.IntN(4) == 0 {
			inv.Charged = append(inv.Charged, latepayment.Charge{Kind: latepayment.ChargeCost, Label: "commissaire de justice", Proof: "facture 12", Amount: cents(20_000)})
		}
		if d.Debtor == latepayment.DebtorBusiness && rnd.IntN(4) == 0 {
			clause := latepayment.Fixed(latepayment.MustPercent("11"))
			inv.Contract = &clause
		}
		d.Invoices = append(d.Invoices, inv)
	}
	if rnd.IntN(5) == 0 {
		d.Unallocated = []latepayment.Payment{{On: on.AddDays(-rnd.IntN(90)), Amount: cents(100_000)}}
	}
	if rnd.IntN(5) == 0 {
		d.OpenCredits = []latepayment.Credit{{On: on.AddDays(-rnd.IntN(90)), Number: "AV-99", Amount: cents(100_000)}}
	}
	return d
}

// written is all that is said of a statement, in a language.
func written(s *latepayment.Statement, lang courrier.Language) string {
	words := latepayment.DefaultWordings().Find(lang)
	var lines []string
	for i := range s.Lines {
		for _, p := range s.Lines[i].Parts {
			for _, a := range []courrier.Amount{p.Amount, p.Open} {
				if !a.IsZero() {
					lines = append(lines, a.Text(lang))
				}
			}
		}
	}
	for _, row := range s.Sums(words, lang) {
		lines = append(lines, row.Label+" : "+row.Amount.Text(lang))
	}
	return strings.Join(append(lines, s.Notes(words, lang, true)...), "\n\n")
}

// On random accounts of facts: what is stored can be computed again, the rows add up
// to what is demanded, only what is due is in it, the 40 EUR once an invoice and from
// professionals alone, consumers owe nothing but the price and legal interest; every
// sum that is written is a figure of the statement, and one cent more is none.
func TestEveryEuroIsAFigureOfOneStatement(t *testing.T) {
	t.Parallel()
	rnd, law := rand.New(rand.NewPCG(13, 23)), latepayment.France()
	count := 10_000
	if testing.Short() {
		count = 300
	}
	for range count {
		d := randomDebt(rnd)
		s, err := law.Statement(d)
		require.NoError(t, err, "%+v", d)
		require.NoError(t, s.Verify(), "%+v", d)
		requireDemand(t, &s)
		requireProtection(t, &s)
		lang := []courrier.Language{courrier.French, courrier.English, courrier.German}[rnd.IntN(3)]
		requireFigures(t, &s, written(&s, lang), lang)
	}
}

// requireDemand adds the rows up.
func requireDemand(t *testing.T, s *latepayment.Statement) {
	t.Helper()
	rows := s.Sums(latepayment.DefaultWordings().Find(courrier.French), courrier.French)
	sum := s.Open.Micros()
	for _, row := range rows[:max(0, len(rows)-1)] {
		sum += row.Amount.Micros()
	}
	require.Equal(t, s.Demand.Micros(), sum)
	late := 0
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Late {
			late++
		}
		for _, p := range l.Parts {
			require.Equal(t, s.On.After(p.DueOn), p.Due)
		}
	}
	require.LessOrEqual(t, s.CompensationDue.Micros(), int64(late)*40_000_000, "once an invoice")
	require.LessOrEqual(t, s.Demand.Micros(), s.Total.Micros())
}

func requireProtection(t *testing.T, s *latepayment.Statement) {
	t.Helper()
	switch s.Debtor {
	case latepayment.DebtorConsumer, latepayment.DebtorNonProfessional:
		require.True(t, s.CompensationDue.IsZero() && s.CostsDue.IsZero())
		for i := range s.Lines {
			require.True(t, s.Lines[i].InterestAccrued.IsZero() || !s.Lines[i].InterestFrom.IsZero(), "interest from a notice alone")
		}
	case latepayment.DebtorPublic:
		require.LessOrEqual(t, s.Demand.Micros(), s.Total.Micros()-s.Interest.Micros()-s.CompensationDue.Micros()-s.CostsDue.Micros())
	}
}

// requireFigures looks every sum of a text up, then changes one by a cent.
func requireFigures(t *testing.T, s *latepayment.Statement, text string, lang courrier.Language) {
	t.Helper()
	figures := s.Figures()
	found := latepayment.FindSums(text, lang)
	for _, f := range found {
		require.True(t, !f.Ambiguous && slices.Contains(figures, f.Amount), "%s in\n%s", f.Text, text)
	}
	if len(found) == 0 {
		return
	}
	one := found[len(found)/2]
	other, err := courrier.AmountOfMicros(one.Amount.Micros()+10_000, "EUR")
	require.NoError(t, err)
	if slices.Contains(figures, other) {
		return
	}
	changed := text[:one.Start] + other.Text(lang) + text[one.End:]
	strange := slices.ContainsFunc(latepayment.FindSums(changed, lang), func(f latepayment.FoundSum) bool { return !slices.Contains(figures, f.Amount) })
	require.True(t, strange, changed)
}

// What the library writes passes its own checker, in each language and for each class
// of debtor, whatever the facts; and an edit of any sum is seen.
func TestOwnNoticesPassTheCheck(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 13))
	for _, class := range []latepayment.DebtorClass{latepayment.DebtorBusiness, latepayment.DebtorConsumer, latepayment.DebtorPublic} {
		for _, lang := range []courrier.Language{courrier.French, courrier.English} {
			inv := owes("FA-7", "2026-03-02", fmt.Sprintf("%d.50", 500+rnd.IntN(5000)))
			inv.Payments = []dunning.Payment{{On: day("2026-06-01"), Amount: eur("120.10")}}
			inv.Credits = []dunning.Credit{{On: day("2026-04-01"), Number: "AV-3", Amount: eur("15.25")}}
			o := noticed(t, class, inv, owes("FA-8", "2026-10-20", "96.50"))
			o.mend = func(d *dunning.DebtorDetails) { d.Language = lang }
			view, _ := o.printedOn("2026-11-30")
			require.True(t, view.Check.Report.OK(), "%s %s: %+v\n%s", class, lang, view.Check.Report, view.Check.Text)
		}
	}
}
