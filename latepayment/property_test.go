package latepayment_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// A debt that can occur: dates for which every built-in series has figures.
var (
	firstDay = courrier.MustDate("2015-01-01")
	lastDay  = courrier.MustDate("2026-12-31")
	span     = lastDay.DaysSince(firstDay)
)

func genDate(t *rapid.T, label string) courrier.Date {
	return firstDay.AddDays(rapid.IntRange(0, span).Draw(t, label))
}

func genEuros(t *rapid.T, most int64, label string) courrier.Amount {
	return hundredths(rapid.Int64Range(1, most).Draw(t, label))
}

func hundredths(cents int64) courrier.Amount {
	return euros(fmt.Sprintf("%d.%02d", cents/100, cents%100))
}

func toCents(t require.TestingT, a courrier.Amount) int64 {
	c := a.Decimal().Shift(2)
	require.True(t, c.IsInteger())
	return c.IntPart()
}

// genConfig draws a regime, a clause and conventions.
func genConfig(t *rapid.T, names ...string) latepayment.Config {
	if len(names) == 0 {
		names = []string{"fr_business", "fr_consumer", "fr_non_professional", "fr_public", "eu_directive"}
	}
	cfg := latepayment.Config{Regime: regimes[rapid.SampledFrom(names).Draw(t, "regime")]()}
	if cfg.Regime.ContractAllowed && rapid.Bool().Draw(t, "clause") {
		clause := rapid.SampledFrom([]latepayment.Formula{
			latepayment.Fixed(latepayment.MustPercent("0")),
			latepayment.Fixed(latepayment.MustPercent("7.3125")),
			latepayment.Fixed(latepayment.MustPercent("1000")),
			latepayment.Times(3, latepayment.SeriesLegal),
			latepayment.Plus(latepayment.SeriesECB, latepayment.MustPercent("12.5")),
		}).Draw(t, "formula")
		cfg.Contract = &clause
	}
	cfg.Allocation = rapid.SampledFrom([]latepayment.Allocation{latepayment.InterestFirst, latepayment.PrincipalFirst}).Draw(t,
		"allocation")
	cfg.Rounding = rapid.SampledFrom([]latepayment.Rounding{latepayment.RoundSegments, latepayment.RoundOnce}).Draw(t, "rounding")
	cfg.DayCount = rapid.SampledFrom([]latepayment.DayCount{latepayment.Actual365, latepayment.ActualActual}).Draw(t, "day count")
	return cfg
}

func genInvoice(t *rapid.T, most int64) latepayment.Invoice {
	inv := latepayment.Invoice{Number: "1", Parts: one(genDate(t, "due"), genEuros(t, most, "amount"))}
	if rapid.Bool().Draw(t, "notice") {
		inv.NoticeOn = genDate(t, "notice on")
	}
	for range rapid.IntRange(0, 5).Draw(t, "movements") {
		kind := rapid.SampledFrom([]latepayment.MovementKind{latepayment.MovementPayment, latepayment.MovementPayment,
			latepayment.MovementCredit}).Draw(t, "kind")
		moved(&inv, kind, genDate(t, "on"), genEuros(t, toCents(t, inv.Parts[0].Amount), "movement"))
	}
	return inv
}

func state(t *rapid.T, cfg latepayment.Config, on courrier.Date, inv latepayment.Invoice) latepayment.Statement {
	calc, err := latepayment.New(cfg)
	require.NoError(t, err)
	s, err := calc.Statement(on, inv)
	require.NoError(t, err)
	requireSums(t, s)
	return s
}

// net is what the debtor owes in all, less what is owed to him.
func net(t *rapid.T, s latepayment.Statement) int64 {
	return toCents(t, s.Total) - toCents(t, s.Overpaid)
}

func exact(s latepayment.Statement) *big.Rat {
	sum := new(big.Rat)
	for _, l := range s.Lines {
		for _, segment := range l.Segments {
			sum.Add(sum, segment.Exact())
		}
	}
	return sum
}

// halfUp rounds units of currency to cents.
func halfUp(r *big.Rat) int64 {
	doubled := new(big.Rat).Mul(r, big.NewRat(200, 1))
	doubled.Add(doubled, big.NewRat(1, 1))
	quotient := new(big.Int).Div(doubled.Num(), new(big.Int).Mul(doubled.Denom(), big.NewInt(2)))
	return quotient.Int64()
}

// Every cent of interest follows from the segments shown: this is the rounding
// convention, recomputed with big rationals.
func TestRoundingIsTheConvention(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		s := state(t, cfg, genDate(t, "statement"), genInvoice(t, 10_000_000_000))
		if cfg.Rounding == latepayment.RoundOnce {
			require.Equal(t, halfUp(exact(s)), toCents(t, s.Lines[0].InterestAccrued))
			return
		}
		for _, segment := range s.Lines[0].Segments {
			require.Equal(t, halfUp(segment.Exact()), toCents(t, segment.Interest))
		}
	})
}

// The same debt, day by day: each day's rate looked up on its own, nothing
// merged into segments.
func TestInterestDayByDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		cfg.Rounding = latepayment.RoundOnce
		inv := genInvoice(t, 1_000_000)
		inv.Payments = nil
		on := genDate(t, "statement")
		s := state(t, cfg, on, inv)
		require.Zero(t, dayByDay(t, cfg, on, inv).Cmp(exact(s)))
	})
}

func dayByDay(t *rapid.T, cfg latepayment.Config, on courrier.Date, inv latepayment.Invoice) *big.Rat {
	start := inv.Parts[0].DueOn
	if cfg.Regime.Start == latepayment.StartNotice {
		if inv.NoticeOn.IsZero() {
			return new(big.Rat)
		}
		if inv.NoticeOn.After(start) {
			start = inv.NoticeOn
		}
	}
	formula := cfg.Regime.Rate
	if cfg.Contract != nil {
		formula = *cfg.Contract
	}
	sum := new(big.Rat)
	for day := start.AddDays(1); !day.After(on); day = day.AddDays(1) {
		principal, credited, price := int64(0), int64(0), toCents(t, inv.Parts[0].Amount)
		for _, m := range inv.Credits {
			if !m.On.After(on) {
				credited += toCents(t, m.Amount)
			}
			if m.On.Before(day) {
				principal -= toCents(t, m.Amount)
			}
		}
		if credited < price { // a note on the whole price says that nothing was owed
			principal += price
		}
		anchor := day
		if cfg.Regime.Anchor == latepayment.AnchorStart {
			anchor = start.AddDays(1)
		}
		rate, err := formula.At(latepayment.BuiltinRates(), latepayment.HalfYearOf(anchor))
		require.NoError(t, err)
		percent, ok := new(big.Rat).SetString(rate.String())
		require.True(t, ok)
		divisor := int64(365)
		if y := day.Year(); cfg.DayCount == latepayment.ActualActual && (y%4 == 0 && y%100 != 0 || y%400 == 0) {
			divisor = 366
		}
		interest := new(big.Rat).Mul(percent, big.NewRat(max(principal, 0), 100*100*divisor))
		sum.Add(sum, interest)
	}
	return sum
}

// Splitting a period at any day changes nothing: exactly before rounding, hence
// to the cent under RoundOnce of the sum; to the cent under RoundSegments when
// the day ends a half-year, and within one cent anywhere else. Regimes that keep
// the first half-year's rate are left out: where the period starts is their law.
func TestSplittingAPeriodChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t, "fr_business", "eu_directive")
		due, on := genDate(t, "due"), genDate(t, "statement")
		if on.Before(due) {
			due, on = on, due
		}
		split := due.AddDays(rapid.IntRange(0, on.DaysSince(due)).Draw(t, "split"))
		if end := latepayment.HalfYearOf(split).Last(); rapid.Bool().Draw(t, "at the end of a half-year") && end.Before(on) {
			split = end
		}
		amount := genEuros(t, 10_000_000_000, "amount")
		whole := state(t, cfg, on, latepayment.Invoice{Number: "1", Parts: one(due, amount)})
		before := state(t, cfg, split, latepayment.Invoice{Number: "1", Parts: one(due, amount)})
		after := state(t, cfg, on, latepayment.Invoice{Number: "1", Parts: one(split, amount)})

		sum := new(big.Rat).Add(exact(before), exact(after))
		require.Zero(t, sum.Cmp(exact(whole)))
		wholeCents := toCents(t, whole.InterestDue)
		if cfg.Rounding == latepayment.RoundOnce {
			require.Equal(t, wholeCents, halfUp(sum))
			return
		}
		parts := toCents(t, before.InterestDue) + toCents(t, after.InterestDue)
		floating := cfg.Contract == nil || cfg.Contract.Series != ""
		if floating && (split == latepayment.HalfYearOf(split).Last() || split == due || split == on) {
			require.Equal(t, wholeCents, parts)
		}
		require.InDelta(t, wholeCents, parts, 1)
	})
}

// roundingOf bounds, in cents, what rounding moves in a statement: half a cent for
// each segment, and half a cent of principal with each payment, which bears
// interest in its turn.
func roundingOf(s latepayment.Statement) int64 {
	l := s.Lines[0]
	grows := new(big.Rat).SetInt64(1)
	for _, segment := range l.Segments {
		grows.Add(grows, big.NewRat(int64(segment.Rate.TenThousandths())*int64(segment.Days), 1_000_000*365))
	}
	grows.Mul(grows, big.NewRat(int64(len(l.Segments)+len(l.Movements)), 2))
	cents, _ := grows.Float64()
	return int64(cents) + 1
}

// Paying earlier never costs more, but for what rounding moves.
func TestPayingEarlierNeverCostsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		late := genInvoice(t, 100_000_000)
		late.Payments = append(late.Payments, latepayment.Payment{On: genDate(t, "paid"), Amount: genEuros(t, 100_000_000, "payment")})
		on := genDate(t, "statement")
		early := late
		early.Payments = slices.Clone(late.Payments)
		for i := range early.Payments {
			p := &early.Payments[i]
			p.On = p.On.AddDays(-rapid.IntRange(0, p.On.DaysSince(firstDay)).Draw(t, "earlier by"))
		}
		sooner, later := state(t, cfg, on, early), state(t, cfg, on, late)
		require.LessOrEqual(t, net(t, sooner), net(t, later)+roundingOf(sooner)+roundingOf(later))
	})
}

// Neither the order in which movements are entered nor cutting a payment in two
// on one day changes what is owed.
func TestOrderOfEntryDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		inv := genInvoice(t, 100_000_000)
		for i := range inv.Payments { // several on one day
			if i > 0 && rapid.Bool().Draw(t, "same day") {
				inv.Payments[i].On = inv.Payments[i-1].On
			}
		}
		on := genDate(t, "statement")
		want := state(t, cfg, on, inv)

		shuffled := inv
		shuffled.Payments = nil
		for _, p := range rapid.Permutation(inv.Payments).Draw(t, "order") {
			if n := toCents(t, p.Amount); n > 1 && rapid.Bool().Draw(t, "cut") {
				part := p
				part.Amount = hundredths(rapid.Int64Range(1, n-1).Draw(t, "part"))
				p.Amount = hundredths(n - toCents(t, part.Amount))
				shuffled.Payments = append(shuffled.Payments, part)
			}
			shuffled.Payments = append(shuffled.Payments, p)
		}
		shuffled.Credits = rapid.Permutation(inv.Credits).Draw(t, "credits")
		before := slices.Clone(shuffled.Payments)
		got := state(t, cfg, on, shuffled)
		require.Equal(t, before, shuffled.Payments, "the caller's slice is left alone")
		want.Lines[0].Movements, got.Lines[0].Movements = nil, nil
		require.Equal(t, want, got)
	})
}

// Time alone never lowers a debt, paying more never raises it.
func TestMoreTimeMoreMoney(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		cfg.Rounding = latepayment.RoundOnce
		inv := genInvoice(t, 100_000_000)
		on := genDate(t, "statement")
		owed := net(t, state(t, cfg, on, inv))

		pays := inv
		extra := genEuros(t, 1_000_000, "extra")
		pays.Payments = append(slices.Clone(inv.Payments), latepayment.Payment{On: genDate(t, "paid"), Amount: extra})
		require.LessOrEqual(t, net(t, state(t, cfg, on, pays)), owed)

		inv.Payments, inv.Credits = nil, nil
		later := on.AddDays(rapid.IntRange(0, lastDay.DaysSince(on)).Draw(t, "days"))
		require.LessOrEqual(t, net(t, state(t, cfg, on, inv)), net(t, state(t, cfg, later, inv)))
	})
}

// A statement of many invoices is the sum of the statements of each.
func TestInvoicesDoNotTouchEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		on := genDate(t, "statement")
		calc, err := latepayment.New(cfg)
		require.NoError(t, err)
		var all []latepayment.Invoice
		var total int64
		for i := range rapid.IntRange(1, 6).Draw(t, "invoices") {
			inv := genInvoice(t, 1_000_000)
			inv.Number = string(rune('a' + i))
			all = append(all, inv)
			total += toCents(t, state(t, cfg, on, inv).Total)
		}
		s, err := calc.Statement(on, all...)
		require.NoError(t, err)
		requireSums(t, s)
		require.Equal(t, total, toCents(t, s.Total))
	})
}

// Whatever is thrown at it, the package answers with a value or an error of a
// known kind.
func TestHostileInputNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		date := func(label string) courrier.Date {
			n := rapid.IntRange(0, 3652060).Draw(t, label)
			return courrier.MustDate("0001-01-01").AddDays(n - 1)
		}
		amount := func(label string) courrier.Amount {
			a, err := courrier.NewAmount(rapid.SampledFrom([]string{"0", "0.01", "-1", "999999999999", "0.000001", "12.5",
				"40"}).Draw(t, label),
				rapid.SampledFrom([]string{"EUR", "EUR", "stamp"}).Draw(t, "unit"))
			if err != nil {
				return courrier.Amount{}
			}
			return a
		}
		inv := latepayment.Invoice{
			Number: rapid.String().Draw(t, "number"), Parts: one(date("due"), amount("amount")), IssuedOn: date("issued"),
			NoticeOn:       date("notice"),
			NoCompensation: latepayment.Exclusion(rapid.SampledFrom([]string{"", "insolvency", "x"}).Draw(t, "exclusion")),
		}
		for range rapid.IntRange(0, 4).Draw(t, "movements") {
			kind := latepayment.MovementKind(rapid.SampledFrom([]string{"payment", "credit_note"}).Draw(t, "kind"))
			moved(&inv, kind, date("on"), amount("m"))
		}
		if rapid.Bool().Draw(t, "cost") {
			inv.Charged = []latepayment.Charge{{
				Kind: latepayment.ChargeKind(rapid.SampledFrom([]string{"cost", "interest", ""}).Draw(t, "charge")), Label: "x",
				Amount: amount("cost"), Proof: "x",
			}}
		}
		clause := latepayment.Formula{
			Series: latepayment.Series(rapid.SampledFrom([]string{"", "ecb_main_refinancing", "nothing"}).Draw(t, "series")),
			Factor: rapid.IntRange(-1, 11).Draw(t, "factor"),
			Margin: latepayment.MustPercent(rapid.SampledFrom([]string{"-100", "-1", "0", "1000"}).Draw(t, "margin")),
		}
		cfg := genConfig(t)
		if rapid.Bool().Draw(t, "hostile clause") {
			cfg.Contract = &clause
		}
		calc, err := latepayment.New(cfg)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			return
		}
		s, err := calc.Statement(date("statement"), inv)
		if err != nil {
			var missing *latepayment.MissingRateError
			if !errors.As(err, &missing) {
				require.ErrorIs(t, err, courrier.ErrInvalid)
			}
			return
		}
		requireSums(t, s)
	})
}
