package latepayment_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	docPath      = "../docs/late-payment.md"
	examplesFrom = "<!-- examples: written by go test ./latepayment -run TestWorkedExamples -update -->\n"
	examplesTo   = "<!-- end of examples -->\n"
)

// workedExamples names the cases of testdata/statements.json that the
// documentation shows.
var workedExamples = []string{
	"one half-year",
	"the rate moves on 1 July",
	"due on 30 June, so the first day is already in the second half-year",
	"five half-years and a leap year",
	"clause of three times the legal rate",
	"part payment, interest first",
	"consumer after a notice",
	"public buyer keeps the first half-year's rate",
	"clause under the floor is computed as written",
	"one day late",
}

// The figures in the documentation are those of the code.
func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(docPath)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(raw), examplesFrom)
	require.True(t, ok, "%s has lost the mark %q", docPath, examplesFrom)
	shown, after, ok := strings.Cut(rest, examplesTo)
	require.True(t, ok, "%s has lost the mark %q", docPath, examplesTo)

	cases := map[string]statementCase{}
	for _, c := range loadCases(t) {
		cases[c.Name] = c
	}
	var computed strings.Builder
	for i, name := range workedExamples {
		c, ok := cases[name]
		require.True(t, ok, name)
		fmt.Fprintf(&computed, "\n### %d. %s%s\n\n```\n%s```\n", i+1, strings.ToUpper(name[:1]), name[1:], explain(t, c))
	}
	computed.WriteString("\n")
	if *update {
		require.NoError(t, os.WriteFile(docPath, []byte(before+examplesFrom+computed.String()+examplesTo+after), 0o644))
		return
	}
	require.Equal(t, computed.String(), shown, "run the test with -update and read the difference")
}

func explain(t *testing.T, c statementCase) string {
	t.Helper()
	cfg := c.config(t)
	s, err := newCalculator(t, cfg).Statement(courrier.MustDate(c.On), c.invoices()...)
	require.NoError(t, err)
	var b strings.Builder
	for _, line := range s.Lines {
		fmt.Fprintf(&b, "%s debtor, %s due %s, stated on %s", s.Debtor, line.Amount, line.DueOn, s.On)
		if notice := c.invoices()[0].NoticeOn; !notice.IsZero() {
			fmt.Fprintf(&b, ", notice effective %s", notice)
		}
		if cfg.Contract != nil {
			fmt.Fprintf(&b, ", clause: %s", cfg.Contract)
		}
		b.WriteString("\n\n")
		explainLine(&b, line)
	}
	fmt.Fprintf(&b, "\nowed: %s principal + %s interest + %s compensation = %s\n", s.PrincipalDue, s.InterestDue, s.CompensationDue,
		s.Total)
	if s.ChargesDays > 0 {
		fmt.Fprintf(&b, "demanded now: %s; the rest is payable %d days after it (%s)\n", s.Demand, s.ChargesDays, s.ChargesBasis)
	}
	for _, basis := range s.Bases() {
		fmt.Fprintf(&b, "text: %s\n", basis)
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}

// explainLine writes segments and movements in the order of time.
func explainLine(b *strings.Builder, line latepayment.Line) {
	moves := line.Movements
	for _, segment := range line.Segments {
		for len(moves) > 0 && moves[0].On.Before(segment.First) {
			explainMovement(b, moves[0])
			moves = moves[1:]
		}
		fmt.Fprintln(b, segment)
	}
	for _, m := range moves {
		explainMovement(b, m)
	}
}

func explainMovement(b *strings.Builder, m latepayment.Movement) {
	fmt.Fprintf(b, "%s %s %s: %s to interest, %s to principal\n", m.On, m.Kind, m.Amount, m.ToInterest, m.ToPrincipal)
}

// The table of one debt in two readings, and what each class is asked for of it, are
// computed again.
func TestTheTwoReadings(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(docPath)
	require.NoError(t, err)
	debt := latepayment.Debt{On: courrier.MustDate("2026-11-30"), Debtor: latepayment.DebtorBusiness, Invoices: []latepayment.Invoice{{
		Number: "FA-0101", Parts: one(courrier.MustDate("2026-05-30"), euros("12000")),
		Payments: []latepayment.Payment{{On: courrier.MustDate("2026-08-20"), Amount: euros("3000")}},
	}}}
	s, err := latepayment.France().Statement(debt)
	require.NoError(t, err)
	f := func(a courrier.Amount) string { return strings.TrimLeft(a.Text(courrier.English), "EUR \u00a0\u202f") }
	m := s.Lines[0].Movements[0]
	row := func(cells ...string) {
		t.Helper()
		line := "| " + strings.Join(cells, " | ") + " |"
		require.True(t, strings.Contains(string(raw), line), line)
	}
	row("as the books read (`Open`, `Interest`)", f(s.Invoiced), f(s.Paid), f(s.Open), f(s.Interest), f(s.CompensationDue), f(s.Total))
	row("as the law counts payments (`PrincipalDue`, `InterestDue`)", f(s.Invoiced), f(m.ToInterest)+" on interest, "+f(m.ToPrincipal)+" on the price",
		f(s.PrincipalDue), f(s.InterestDue), f(s.CompensationDue), f(s.Total))
	demands := []string{"a notice demands of that debt"}
	for _, class := range []latepayment.DebtorClass{latepayment.DebtorBusiness, latepayment.DebtorConsumer, latepayment.DebtorPublic} {
		debt.Debtor = class
		s, err := latepayment.France().Statement(debt)
		require.NoError(t, err)
		demands = append(demands, f(s.Demand))
	}
	row(demands...)
}

// The figures that the page's first program prints are those that it prints.
func TestFiguresOfTheFirstProgram(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(docPath)
	require.NoError(t, err)
	statement, err := latepayment.France().Statement(latepayment.Debt{
		On: courrier.MustDate("2026-11-30"), Debtor: latepayment.DebtorBusiness,
		Invoices: []latepayment.Invoice{{
			Number:   "FA-0101",
			Parts:    one(courrier.MustDate("2026-05-30"), euros("12000")),
			Payments: []latepayment.Payment{{On: courrier.MustDate("2026-08-20"), Amount: euros("3000")}},
		}},
	})
	require.NoError(t, err)
	require.Contains(t, string(page), "// "+fmt.Sprintln(statement.Open, statement.Interest, statement.CompensationDue, statement.Demand))
}
