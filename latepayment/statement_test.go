package latepayment_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// statementCase is one case of testdata/statements.json. Amounts are in euros;
// a movement reads "payment 2026-04-15 2000.00", a segment "first last days
// principal rate interest".
type statementCase struct {
	Name        string
	Regime      string
	Series      string // instead of the regime's own
	Clause      string
	On          string
	Conventions struct {
		Allocation string
		DayCount   string `json:"day_count"`
	}
	Invoices []struct {
		Number, Amount, Due, Notice string
		NoCompensation              string `json:"no_compensation"`
		Movements                   []string
	}
	Lines []struct {
		From                                                       string
		Late                                                       bool
		Segments, Arithmetic                                       []string
		Accrued, Interest, Once, Principal, Compensation, Overpaid string
		Total                                                      string
		NotYetDue                                                  string `json:"not_yet_due"`
	}
	Warnings []string
}

func loadCases(t testing.TB) []statementCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/statements.json")
	require.NoError(t, err)
	var cases []statementCase
	require.NoError(t, json.Unmarshal(raw, &cases))
	return cases
}

var regimes = map[string]func() latepayment.Regime{
	"fr_business":         latepayment.FranceBusiness,
	"fr_consumer":         latepayment.FranceConsumer,
	"fr_non_professional": latepayment.FranceNonProfessional,
	"fr_public":           latepayment.FrancePublic,
	"eu_directive":        latepayment.EUDirective,
}

func (c statementCase) config(t testing.TB) latepayment.Config {
	t.Helper()
	regime := regimes[c.Regime]()
	require.Equal(t, c.Regime, regime.Name)
	if c.Series != "" {
		regime.Rate = latepayment.Plus(latepayment.Series(c.Series), latepayment.Percent{})
	}
	return latepayment.Config{
		Regime:   regime,
		Contract: clause(t, c.Clause),
		Conventions: latepayment.Conventions{
			Allocation: latepayment.Allocation(c.Conventions.Allocation),
			DayCount:   latepayment.DayCount(c.Conventions.DayCount),
		},
	}
}

func clause(t testing.TB, s string) *latepayment.Formula {
	t.Helper()
	words := strings.Fields(s)
	if len(words) == 0 {
		return nil
	}
	var f latepayment.Formula
	switch words[0] {
	case "fixed":
		f = latepayment.Fixed(latepayment.MustPercent(words[1]))
	case "times":
		factor, err := strconv.Atoi(words[1])
		require.NoError(t, err)
		f = latepayment.Times(factor, latepayment.Series(words[2]))
	case "ecb":
		f = latepayment.Plus(latepayment.SeriesECB, latepayment.MustPercent(words[2]))
	default:
		t.Fatalf("clause %q", s)
	}
	return &f
}

func (c statementCase) invoices() []latepayment.Invoice {
	var invoices []latepayment.Invoice
	for _, in := range c.Invoices {
		inv := latepayment.Invoice{
			Number: in.Number, Parts: one(courrier.MustDate(in.Due), euros(in.Amount)),
			NoCompensation: latepayment.Exclusion(in.NoCompensation),
		}
		if in.Notice != "" {
			inv.NoticeOn = courrier.MustDate(in.Notice)
		}
		for _, s := range in.Movements {
			w := strings.Fields(s)
			moved(&inv, latepayment.MovementKind(w[0]), courrier.MustDate(w[1]), euros(w[2]))
		}
		invoices = append(invoices, inv)
	}
	return invoices
}

// one is the one part of an invoice.
func one(on courrier.Date, amount courrier.Amount) []latepayment.DuePart {
	return []latepayment.DuePart{{DueOn: on, Amount: amount}}
}

// moved adds a payment or a credit note.
func moved(inv *latepayment.Invoice, kind latepayment.MovementKind, on courrier.Date, amount courrier.Amount) {
	if kind == latepayment.MovementCredit {
		inv.Credits = append(inv.Credits, latepayment.Credit{On: on, Amount: amount})
		return
	}
	inv.Payments = append(inv.Payments, latepayment.Payment{On: on, Amount: amount})
}

func euros(s string) courrier.Amount { return courrier.MustAmount(s, "EUR") }

// inEuros is what is written in the test data: "" for zero.
func inEuros(a courrier.Amount) string { return strings.TrimSuffix(a.String(), " EUR") }

func newCalculator(t testing.TB, cfg latepayment.Config) *latepayment.Calculator {
	t.Helper()
	calc, err := latepayment.New(cfg)
	require.NoError(t, err)
	return calc
}

func TestStatements(t *testing.T) {
	t.Parallel()
	for _, c := range loadCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s, err := newCalculator(t, c.config(t)).Statement(courrier.MustDate(c.On), c.invoices()...)
			require.NoError(t, err)
			require.Len(t, s.Lines, len(c.Lines))
			for i, want := range c.Lines {
				requireLine(t, c, i, s.Lines[i])
				require.Equal(t, want.Total, inEuros(s.Lines[i].Total), "total")
			}
			requireSums(t, s)
			require.Equal(t, c.Warnings, warnings(s))
		})
	}
}

func requireLine(t *testing.T, c statementCase, i int, got latepayment.Line) {
	t.Helper()
	want := c.Lines[i]
	require.Equal(t, c.Invoices[i].Number, got.Number)
	require.Equal(t, want.From, got.InterestFrom.String())
	require.Equal(t, want.Late, got.Late)
	var segments, arithmetic []string
	for _, s := range got.Segments {
		segments = append(segments, fmt.Sprintf("%s %s %d %s %s %s", s.First, s.Last, s.Days, inEuros(s.Principal), s.Rate,
			inEuros(s.Interest)))
		arithmetic = append(arithmetic, s.String())
		require.NotEmpty(t, s.Basis)
		require.Equal(t, c.Clause == "" || !strings.HasPrefix(c.Clause, "fixed"), s.Source != "", "source of the rate")
	}
	require.Equal(t, want.Segments, segments)
	require.Equal(t, want.Arithmetic, arithmetic)
	require.Equal(t, want.Accrued, inEuros(got.InterestAccrued), "accrued")
	require.Equal(t, want.Interest, inEuros(got.InterestDue), "interest due")
	require.Equal(t, want.Principal, inEuros(got.PrincipalDue), "principal")
	require.Equal(t, want.Compensation, inEuros(got.CompensationDue), "compensation")
	if want.Overpaid == "" {
		want.Overpaid = "0.00"
	}
	require.Equal(t, want.Overpaid, inEuros(got.Overpaid), "overpaid")
	require.Equal(t, cmp.Or(want.NotYetDue, "0.00"), inEuros(got.NotYetDue), "not yet due")
}

func warnings(s latepayment.Statement) []string {
	var all []string
	for _, w := range s.Warnings {
		all = append(all, fmt.Sprintf("%s:%s:%s", w.Code, w.HalfYear, w.Floor))
	}
	return all
}

// requireSums holds the sums that a reader of the letter would check.
func requireSums(t require.TestingT, s latepayment.Statement) {
	sum := func(amounts ...courrier.Amount) courrier.Amount {
		var total courrier.Amount
		for _, a := range amounts {
			var err error
			total, err = total.Add(a)
			require.NoError(t, err)
		}
		return total
	}
	equal := func(want, got courrier.Amount, what string) {
		require.True(t, want.Equal(got) || want.IsZero() && got.IsZero(), "%s: %s is not %s", what, got, want)
	}
	notNegative := func(amounts ...courrier.Amount) {
		for i, a := range amounts {
			require.GreaterOrEqual(t, a.Sign(), 0, i)
		}
	}
	notNegative(s.PrincipalDue, s.InterestDue, s.CompensationDue, s.CostsDue, s.Total, s.Overpaid)
	var principal, interest, compensation, costs, total courrier.Amount
	for _, l := range s.Lines {
		notNegative(l.PrincipalDue, l.InterestAccrued, l.InterestDue, l.CompensationDue, l.CostsDue, l.Total, l.Overpaid)
		var accrued, toInterest courrier.Amount
		for _, segment := range l.Segments {
			accrued = sum(accrued, segment.Interest)
		}
		for _, m := range l.Movements {
			toInterest = sum(toInterest, m.ToInterest)
			notNegative(m.ToInterest, m.ToPrincipal, m.Left)
			equal(m.Amount, sum(m.ToInterest, m.ToPrincipal, m.Left), "movement")
		}
		equal(accrued, l.InterestAccrued, "segments")
		equal(l.InterestAccrued, sum(l.InterestDue, toInterest), "interest paid")
		equal(sum(l.PrincipalDue, l.InterestDue, l.CompensationDue, l.CostsDue), l.Total, "line")
		principal, interest = sum(principal, l.PrincipalDue), sum(interest, l.InterestDue)
		compensation, costs = sum(compensation, l.CompensationDue), sum(costs, l.CostsDue)
		total = sum(total, l.Total)
	}
	equal(principal, s.PrincipalDue, "principal")
	equal(interest, s.InterestDue, "interest")
	equal(compensation, s.CompensationDue, "compensation")
	equal(costs, s.CostsDue, "costs")
	equal(total, s.Total, "total")
	equal(sum(principal, interest, compensation, costs), s.Total, "parts of the total")
}

func TestStatementsRoundedOnce(t *testing.T) {
	t.Parallel()
	for _, c := range loadCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			cfg := c.config(t)
			cfg.Rounding = latepayment.RoundOnce
			s, err := newCalculator(t, cfg).Statement(courrier.MustDate(c.On), c.invoices()...)
			require.NoError(t, err)
			requireSums(t, s)
			for i, want := range c.Lines {
				if want.Once != "" {
					require.Equal(t, want.Once, inEuros(s.Lines[i].InterestAccrued))
				}
			}
		})
	}
}

func TestStatementBecomesJSONAndBack(t *testing.T) {
	t.Parallel()
	for _, c := range loadCases(t) {
		s, err := newCalculator(t, c.config(t)).Statement(courrier.MustDate(c.On), c.invoices()...)
		require.NoError(t, err)
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		var back latepayment.Statement
		require.NoError(t, json.Unmarshal(raw, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.JSONEq(t, string(raw), string(again))
		require.True(t, s.Total.Equal(back.Total))
	}
}

// A template prints amounts as they are: always two decimals.
func TestAmountsHaveTwoDecimals(t *testing.T) {
	t.Parallel()
	s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()}).Statement(courrier.MustDate("2026-06-30"),
		latepayment.Invoice{
			Number: "1", Parts: one(courrier.MustDate("2026-03-31"), euros("500")),
			Payments: []latepayment.Payment{{On: courrier.MustDate("2026-03-31"), Amount: euros("50.5")}},
			Credits:  []latepayment.Credit{{On: courrier.MustDate("2026-04-01"), Amount: euros("50")}},
		})
	require.NoError(t, err)
	l := s.Lines[0]
	amounts := []courrier.Amount{s.Invoiced, s.Paid, s.Credited, s.PrincipalDue, s.InterestDue, s.CompensationDue, s.CostsDue, s.Total,
		s.Overpaid,
		l.Amount, l.Paid, l.Credited, l.PrincipalDue, l.InterestAccrued, l.InterestDue, l.Compensation, l.CompensationDue, l.CostsDue,
		l.Total, l.Overpaid,
		l.Segments[0].Principal, l.Segments[0].Interest, l.Movements[0].Amount, l.Movements[1].Amount, l.Movements[1].ToInterest,
		l.Movements[1].ToPrincipal, l.Movements[1].Left}
	for i, a := range amounts {
		require.Regexp(t, `^\d+\.\d\d EUR$`, a.String(), i)
	}
	require.Equal(t, "500.00 EUR", l.Amount.String())
	require.Equal(t, "50.50 EUR", l.Paid.String())
	require.Equal(t, "399.50 EUR", l.PrincipalDue.String())
}

func TestFranceFor(t *testing.T) {
	t.Parallel()
	for _, d := range []latepayment.DebtorClass{latepayment.DebtorBusiness, latepayment.DebtorConsumer,
		latepayment.DebtorNonProfessional, latepayment.DebtorPublic} {
		r, err := latepayment.FranceFor(d)
		require.NoError(t, err)
		require.Equal(t, d, r.Debtor)
		require.Equal(t, regimes[r.Name](), r)
	}
}

func TestStatementNamesItsTexts(t *testing.T) {
	t.Parallel()
	on := courrier.MustDate("2026-03-31")
	invoice := latepayment.Invoice{Number: "1", Parts: one(courrier.MustDate("2026-01-31"), euros("1200"))}
	for name, want := range map[string][]string{
		"fr_business":  {"code de commerce, art. L441-10 II", "code de commerce, art. L441-10 II and D441-5"},
		"fr_public":    {"code de la commande publique, art. R2192-31", "code de la commande publique, art. L2192-13 and D2192-35"},
		"eu_directive": {"Directive 2011/7/EU, art. 3", "Directive 2011/7/EU, art. 6"},
		"fr_consumer":  nil, // no notice yet: nothing rests on anything
	} {
		s, err := newCalculator(t, latepayment.Config{Regime: regimes[name]()}).Statement(on, invoice)
		require.NoError(t, err)
		require.Equal(t, want, s.Bases(), name)
	}
	fixed := latepayment.Fixed(latepayment.MustPercent("15"))
	s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness(), Contract: &fixed}).Statement(on, invoice)
	require.NoError(t, err)
	require.Equal(t, "contract clause; code de commerce, art. L441-10 II", s.Lines[0].Segments[0].Basis)
	require.Equal(t, []latepayment.Percent{latepayment.MustPercent("15.00")}, s.Rates())
}

func TestMissingHalfYearIsNamed(t *testing.T) {
	t.Parallel()
	calc := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()})
	invoice := latepayment.Invoice{Number: "1", Parts: one(courrier.MustDate("2026-11-30"), euros("100"))}
	_, err := calc.Statement(courrier.MustDate("2026-12-31"), invoice)
	require.NoError(t, err)
	_, err = calc.Statement(courrier.MustDate("2027-01-01"), invoice)
	var missing *latepayment.MissingRateError
	require.ErrorAs(t, err, &missing)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	require.Equal(t, latepayment.SeriesECB, missing.Series)
	require.Equal(t, latepayment.MustHalfYear("2027-S1"), missing.HalfYear)
	require.Equal(t, latepayment.MustHalfYear("2026-S2"), missing.Latest)
	require.ErrorContains(t, err, "2027-S1")

	// What is paid before needs no rate after.
	invoice.Payments = []latepayment.Payment{{On: courrier.MustDate("2026-12-15"), Amount: euros("200")}}
	s, err := calc.Statement(courrier.MustDate("2027-06-30"), invoice)
	require.NoError(t, err)
	require.True(t, s.Total.IsZero())
}

func TestFixedClauseOutlivesTheFloor(t *testing.T) {
	t.Parallel()
	fixed := latepayment.Fixed(latepayment.MustPercent("12"))
	calc := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness(), Contract: &fixed})
	s, err := calc.Statement(courrier.MustDate("2028-01-01"), latepayment.Invoice{Number: "1",
		Parts: one(courrier.MustDate("2026-11-30"), euros("100"))})
	require.NoError(t, err)
	require.Len(t, s.Warnings, 1)
	require.Equal(t, latepayment.FloorUnknown, s.Warnings[0].Code)
	require.Equal(t, "2027-S1", s.Warnings[0].HalfYear.String())
	require.Contains(t, s.Warnings[0].String(), "2027-S1")
}

func TestNoCostOnAConsumersDebt(t *testing.T) {
	t.Parallel()
	on := courrier.MustDate("2026-06-05")
	cost := latepayment.Charge{Kind: latepayment.ChargeCost, Label: "dossier", Amount: euros("15"), Proof: "bill 7"}
	for _, debtor := range []latepayment.DebtorClass{latepayment.DebtorConsumer, latepayment.DebtorNonProfessional} {
		regime, err := latepayment.FranceFor(debtor)
		require.NoError(t, err)
		var refused *latepayment.CostRefusedError

		_, err = newCalculator(t, latepayment.Config{Regime: regime}).Statement(on, latepayment.Invoice{
			Number: "1", Parts: one(courrier.MustDate("2026-02-10"), euros("640")), Charged: []latepayment.Charge{cost},
		})
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "Invoices[0].Charged[0]", refused.Field)
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Len(t, courrier.FieldErrors(err), 1)

		err = latepayment.CheckCost(debtor, cost)
		require.ErrorAs(t, err, &refused)
		require.Equal(t, debtor, refused.Debtor)

		regime.Compensation, regime.CompensationBasis = euros("40"), "none"
		_, err = latepayment.New(latepayment.Config{Regime: regime})
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "Regime.Compensation", refused.Field)

		regime, _ = latepayment.FranceFor(debtor)
		regime.Start = latepayment.StartDue
		_, err = latepayment.New(latepayment.Config{Regime: regime})
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Equal(t, "Regime.Start", courrier.FieldErrors(err)[0].Field)
	}
}

func TestCostsOfAProfessionalNeedProof(t *testing.T) {
	t.Parallel()
	require.NoError(t, latepayment.CheckCost(latepayment.DebtorBusiness, latepayment.Charge{Kind: latepayment.ChargeCost,
		Label: "dossier", Amount: euros("120"), Proof: "bill 7"}))
	err := latepayment.CheckCost(latepayment.DebtorPublic, latepayment.Charge{Kind: latepayment.ChargeCost, Label: "dossier",
		Amount: euros("120")})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Cost.Proof", courrier.FieldErrors(err)[0].Field)
	require.ErrorIs(t, latepayment.CheckCost("", latepayment.Charge{Amount: euros("120"), Proof: "x"}), courrier.ErrInvalid)

	s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()}).Statement(courrier.MustDate("2026-06-30"),
		latepayment.Invoice{
			Number: "1", Parts: one(courrier.MustDate("2026-03-31"), euros("500")),
			Charged: []latepayment.Charge{{Kind: latepayment.ChargeCost, Label: "commissaire de justice", Amount: euros("120.50"),
				Proof: "bill 7"}},
			Payments: []latepayment.Payment{{On: courrier.MustDate("2026-03-31"), Amount: euros("550")}},
		})
	require.NoError(t, err)
	require.Equal(t, "70.50", inEuros(s.CostsDue), "paid on the due date: no compensation, the surplus goes to the costs")
	require.Equal(t, "70.50", inEuros(s.Total))
	requireSums(t, s)
}

func TestWrongInputIsNamed(t *testing.T) {
	t.Parallel()
	on := courrier.MustDate("2026-06-30")
	good := func() latepayment.Invoice {
		return latepayment.Invoice{Number: "1", Parts: one(courrier.MustDate("2026-03-31"), euros("500")),
			Payments: []latepayment.Payment{{On: courrier.MustDate("2026-04-30"), Amount: euros("50")}}}
	}
	for field, spoil := range map[string]func(*latepayment.Invoice){
		"Invoices[0].Number":          func(i *latepayment.Invoice) { i.Number = "" },
		"Invoices[0].Parts":           func(i *latepayment.Invoice) { i.Parts = nil },
		"Invoices[0].Parts[0].DueOn":  func(i *latepayment.Invoice) { i.Parts[0].DueOn = courrier.Date{} },
		"Invoices[0].Parts[0].Amount": func(i *latepayment.Invoice) { i.Parts[0].Amount = euros("12.345") },
		"Invoices[0].Parts[1].DueOn": func(i *latepayment.Invoice) {
			i.Parts = append(i.Parts, latepayment.DuePart{DueOn: courrier.MustDate("2026-03-30"), Amount: euros("5")})
		},
		"Invoices[0].Charged[0].Kind": func(i *latepayment.Invoice) {
			i.Charged = []latepayment.Charge{{Kind: "gift",
				Amount: euros("5")}}
		},
		"Invoices[0].Credits[0].On":      func(i *latepayment.Invoice) { i.Credits = []latepayment.Credit{{Amount: euros("5")}} },
		"Invoices[0].NoCompensation":     func(i *latepayment.Invoice) { i.NoCompensation = "because" },
		"Invoices[0].Payments[0].On":     func(i *latepayment.Invoice) { i.Payments[0].On = courrier.Date{} },
		"Invoices[0].Payments[0].Amount": func(i *latepayment.Invoice) { i.Payments[0].Amount = euros("-1") },
	} {
		invoice := good()
		spoil(&invoice)
		_, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()}).Statement(on, invoice)
		require.ErrorIs(t, err, courrier.ErrInvalid, field)
		errs := courrier.FieldErrors(err)
		require.NotEmpty(t, errs, field)
		require.Equal(t, field, errs[0].Field)
		require.NotEmpty(t, errs[0].Remedy)
	}
	calc := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()})
	_, err := calc.Statement(courrier.Date{}, good())
	require.Equal(t, "On", courrier.FieldErrors(err)[0].Field)
	_, err = calc.Statement(on, good(), good())
	require.Equal(t, "Invoices[1].Number", courrier.FieldErrors(err)[0].Field)
	_, err = calc.Statement(on, latepayment.Invoice{Number: "1", Parts: one(on, euros("-5"))})
	require.Equal(t, "Invoices[0].Parts[0].Amount", courrier.FieldErrors(err)[0].Field)
	_, err = calc.Statement(on, latepayment.Invoice{Number: "1", Parts: one(on, courrier.Amount{})})
	require.Equal(t, "Invoices[0].Parts[0].Amount", courrier.FieldErrors(err)[0].Field)

	foreign := good()
	foreign.Number, foreign.Parts = "2", one(on, courrier.MustAmount("10", "SEK"))
	_, err = calc.Statement(on, good(), foreign)
	require.Equal(t, "Invoices[1].Parts[0].Amount", courrier.FieldErrors(err)[0].Field)
	foreign.Payments = nil
	_, err = calc.Statement(on, foreign)
	require.Equal(t, "Regime.Compensation", courrier.FieldErrors(err)[0].Field, "40 EUR cannot be added to kronor")

	s, err := calc.Statement(on)
	require.NoError(t, err)
	require.Empty(t, s.Lines)
	require.True(t, s.Total.IsZero())
}

func TestWrongConfigurationIsNamed(t *testing.T) {
	t.Parallel()
	fixed := latepayment.Fixed(latepayment.MustPercent("12"))
	negative := latepayment.Fixed(latepayment.MustPercent("-1"))
	factor := latepayment.Times(11, latepayment.SeriesLegal)
	for field, cfg := range map[string]latepayment.Config{
		"Regime.Debtor":   {},
		"Contract":        {Regime: latepayment.FranceConsumer(), Contract: &fixed},
		"Contract.Margin": {Regime: latepayment.FranceBusiness(), Contract: &negative},
		"Contract.Factor": {Regime: latepayment.FranceBusiness(), Contract: &factor},
		"Rounding":        {Regime: latepayment.FranceBusiness(), Conventions: latepayment.Conventions{Rounding: "twice"}},
		"Allocation":      {Regime: latepayment.FranceBusiness(), Conventions: latepayment.Conventions{Allocation: "us_first"}},
		"DayCount":        {Regime: latepayment.FranceBusiness(), Conventions: latepayment.Conventions{DayCount: "360"}},
	} {
		_, err := latepayment.New(cfg)
		require.ErrorIs(t, err, courrier.ErrInvalid, field)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
	_, err := latepayment.New(latepayment.Config{Regime: latepayment.FrancePublic(), Contract: &fixed})
	require.ErrorIs(t, err, courrier.ErrInvalid, "a public buyer's rate is not the contract's")
	_, err = latepayment.FranceFor("friend")
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// The law of another member state: its own series, margin, sum and text.
func TestCallersRatePolicy(t *testing.T) {
	t.Parallel()
	national, err := latepayment.ParseRates(strings.NewReader(`{"format":1,"series":[{"id":"se_reference","rates":[
		{"half_year":"2026-S1","percent":"2.00","source":"test"},{"half_year":"2026-S2","percent":"-0.50","source":"test"}]}]}`))
	require.NoError(t, err)
	rates, err := latepayment.BuiltinRates().With(national)
	require.NoError(t, err)
	regime := latepayment.EUDirective()
	regime.Name, regime.InterestBasis = "se", "räntelagen 6 §"
	regime.Rate = latepayment.Plus("se_reference", latepayment.MustPercent("8"))
	regime.Compensation = courrier.MustAmount("450", "SEK")
	s, err := newCalculator(t, latepayment.Config{Regime: regime, Rates: rates}).Statement(courrier.MustDate("2026-07-31"),
		latepayment.Invoice{
			Number: "1", Parts: one(courrier.MustDate("2026-05-31"), courrier.MustAmount("1000", "SEK")),
		})
	require.NoError(t, err)
	require.Equal(t, []latepayment.Percent{latepayment.MustPercent("10"), latepayment.MustPercent("7.5")}, s.Rates())
	require.Equal(t, "14.59 SEK", s.InterestDue.String()) // 30 × 10 % = 8.22, 31 × 7.5 % = 6.37
	require.Equal(t, "450.00 SEK", s.CompensationDue.String())

	regime.Rate = latepayment.Plus("se_reference", latepayment.MustPercent("0.25"))
	_, err = newCalculator(t, latepayment.Config{Regime: regime, Rates: rates}).Statement(courrier.MustDate("2026-07-31"),
		latepayment.Invoice{
			Number: "1", Parts: one(courrier.MustDate("2026-06-30"), courrier.MustAmount("1000", "SEK")),
		})
	require.ErrorIs(t, err, courrier.ErrInvalid, "a rate below zero pays no one")
}

func TestExtremesAreErrorsNotOverflows(t *testing.T) {
	t.Parallel()
	top := latepayment.Fixed(latepayment.MustPercent("1000"))
	calc := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness(), Contract: &top})
	largest := euros("999999999999")
	first, last := courrier.MustDate("0001-01-01"), courrier.MustDate("9999-12-31")
	_, err := calc.Statement(last, latepayment.Invoice{Number: "1", Parts: one(first, largest)})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	s, err := calc.Statement(last, latepayment.Invoice{Number: "1", Parts: one(last, largest)})
	require.NoError(t, err)
	require.Empty(t, s.Lines[0].Segments)
	_, err = calc.Statement(last, latepayment.Invoice{Number: "1", Parts: one(last, largest)},
		latepayment.Invoice{Number: "2", Parts: one(last, largest)})
	require.ErrorIs(t, err, courrier.ErrInvalid)

	// Credit notes whose sum in cents is 2^64 + 100.
	many := latepayment.Invoice{Number: "1", Parts: one(last, euros("0.50"))}
	for range 184_467 {
		many.Credits = append(many.Credits, latepayment.Credit{On: first, Amount: largest})
	}
	many.Credits = append(many.Credits, latepayment.Credit{On: first, Amount: euros("440737279984.16")})
	_, err = calc.Statement(last, many)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}
