package latepayment_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// The rates of 2022-S1 to 2026-S2 in hundredths of a percent, as they were published.
var (
	plainECB   = [...]int64{0, 0, 250, 400, 450, 425, 315, 215, 215, 240}
	plainLegal = [...]int64{76, 77, 206, 422, 507, 492, 371, 276, 262, 275}
)

// plainDay counts days from 1 January 2022.
type plainDay int

var plainZero = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)

func (d plainDay) date() courrier.Date {
	return courrier.MustDate(plainZero.AddDate(0, 0, int(d)).Format(time.DateOnly))
}

func (d plainDay) half() int {
	on := plainZero.AddDate(0, 0, int(d))
	return (on.Year()-2022)*2 + int(on.Month()-1)/6
}

// plainMove is a payment, or a credit note.
type plainMove struct {
	on     plainDay
	credit bool
	cents  int64
}

// plainInvoice is one invoice in days and cents, read day by day: no dates, no segments, no code of
// the package.
type plainInvoice struct {
	dues   []plainDay
	cents  []int64
	moves  []plainMove
	notice plainDay // -1: none
}

type plainResult struct {
	principalDue, later, interest, interestDue, compensation, overpaid int64
}

// plainAccount is an invoice on its way through the days.
type plainAccount struct {
	plainInvoice
	class                                                   latepayment.DebtorClass
	open, run, rate                                         []int64 // of each part; run is days × rate since it was last rounded
	interest, paidInterest, surplus, extra, credits, billed int64
	late                                                    bool
}

// reckon follows an invoice from day to day until on.
func (p plainInvoice) reckon(class latepayment.DebtorClass, on plainDay) plainResult {
	a := plainAccount{plainInvoice: p, class: class, open: slices.Clone(p.cents), run: make([]int64, len(p.cents)),
		rate: make([]int64, len(p.cents))}
	for _, c := range p.cents {
		a.billed += c
	}
	for d := plainDay(0); d <= on; d++ {
		a.day(d)
		for _, m := range p.moves {
			if m.on == d {
				a.move(m)
			}
		}
	}
	a.round()
	return a.result(on)
}

// day counts the interest of one day.
func (a *plainAccount) day(d plainDay) {
	for i, due := range a.dues {
		if d <= due || a.open[i] == 0 {
			continue
		}
		a.late = true
		first := due + 1
		if a.class == latepayment.DebtorConsumer {
			first = max(due, a.notice) + 1
		}
		if d >= first && (a.class != latepayment.DebtorConsumer || a.notice >= 0) {
			a.run[i] += plainRate(a.class, d, first, &a.rate[i])
		}
	}
	if a.class != latepayment.DebtorPublic && (d+1).half() != d.half() {
		a.round()
	}
}

// round ends the run of each part: half up to the cent.
func (a *plainAccount) round() {
	for i := range a.run {
		a.interest += (a.run[i]*a.open[i]*2 + 3_650_000) / 7_300_000
		a.run[i] = 0
	}
}

// move counts a payment, on interest first, or a credit note.
func (a *plainAccount) move(m plainMove) {
	a.round()
	rest := m.cents
	if m.credit {
		a.credits += rest
	} else {
		n := min(rest, a.interest-a.paidInterest)
		a.paidInterest += n
		rest -= n
	}
	for i := range a.open {
		n := min(rest, a.open[i])
		a.open[i] -= n
		rest -= n
	}
	if m.credit {
		a.extra += rest
	} else {
		a.surplus += rest
	}
}

func (a *plainAccount) result(on plainDay) plainResult {
	if a.credits >= a.billed && a.credits > 0 { // nothing was owed
		return plainResult{overpaid: a.extra + a.surplus + a.paidInterest}
	}
	r := plainResult{interest: a.interest, interestDue: a.interest - a.paidInterest}
	for i, due := range a.dues {
		if on > due {
			r.principalDue += a.open[i]
		} else {
			r.later += a.open[i]
		}
	}
	if a.late && a.class != latepayment.DebtorConsumer {
		n := min(a.surplus, 4000)
		r.compensation = 4000 - n
		a.surplus -= n
	}
	r.overpaid = a.extra + a.surplus
	return r
}

// price is what the books say is left of the price of the parts that are due: payments and credit
// notes off what was billed, the oldest part first.
func (p plainInvoice) price(on plainDay) int64 {
	var due int64
	for i, d := range p.dues {
		if on > d {
			due += p.cents[i]
		}
	}
	for _, m := range p.moves {
		if m.on <= on {
			due -= m.cents
		}
	}
	return max(due, 0)
}

// plainRate is the rate of a day in hundredths of a percent.
func plainRate(class latepayment.DebtorClass, d, first plainDay, kept *int64) int64 {
	switch class {
	case latepayment.DebtorConsumer:
		return plainLegal[d.half()]
	case latepayment.DebtorPublic:
		*kept = plainECB[first.half()] + 800
		return *kept
	}
	return plainECB[d.half()] + 1000
}

// invoice is the same invoice as the package takes it.
func (p plainInvoice) invoice(number string) latepayment.Invoice {
	inv := latepayment.Invoice{Number: number}
	for i := range p.dues {
		inv.Parts = append(inv.Parts, latepayment.DuePart{DueOn: p.dues[i].date(), Amount: hundredths(p.cents[i])})
	}
	for _, m := range p.moves {
		if m.credit {
			inv.Credits = append(inv.Credits, latepayment.Credit{On: m.on.date(), Amount: hundredths(m.cents), Number: "AV"})
			continue
		}
		inv.Payments = append(inv.Payments, latepayment.Payment{On: m.on.date(), Amount: hundredths(m.cents)})
	}
	if p.notice >= 0 {
		inv.NoticeOn = p.notice.date()
	}
	return inv
}

// plainEdges are days on which something turns: half-years, leap days, Sundays.
var plainEdges = []plainDay{180, 181, 364, 365, 545, 546, 729, 730, 788, 789, 790, 911, 1095, 1096, 1276, 1461, 1641, 1642}

func plainDayIn(rnd *rand.Rand, from, to plainDay) plainDay {
	if d := plainEdges[rnd.IntN(len(plainEdges))]; rnd.IntN(3) == 0 && d >= from && d <= to {
		return d
	}
	return from + plainDay(rnd.IntN(int(to-from)+1))
}

func plainCents(rnd *rand.Rand) int64 {
	switch rnd.IntN(6) {
	case 0:
		return rnd.Int64N(3) + 1
	case 1:
		return (rnd.Int64N(50) + 1) * 100
	case 2:
		return rnd.Int64N(90_000_000_000) + 1
	}
	return rnd.Int64N(2_000_000) + 1
}

func randomPlain(rnd *rand.Rand, on plainDay) plainInvoice {
	p := plainInvoice{notice: -1}
	if rnd.IntN(2) == 0 {
		p.notice = plainDayIn(rnd, 0, on)
	}
	for range 1 + rnd.IntN(4)*rnd.IntN(2) {
		p.dues = append(p.dues, plainDayIn(rnd, 0, min(on+60, 1800)))
		p.cents = append(p.cents, plainCents(rnd))
	}
	slices.Sort(p.dues)
	p.dues = slices.Compact(p.dues)
	p.cents = p.cents[:len(p.dues)]
	if rnd.IntN(20) == 0 {
		p.cents[0] = 0
	}
	for range rnd.IntN(5) {
		m := plainMove{on: plainDayIn(rnd, 0, min(on+30, 1800)), credit: rnd.IntN(3) == 0, cents: plainCents(rnd)}
		if rnd.IntN(3) == 0 {
			m.cents = max(p.cents[rnd.IntN(len(p.cents))], 1)
		}
		if len(p.moves) > 0 && rnd.IntN(3) == 0 {
			m.on = p.moves[0].on
		}
		p.moves = append(p.moves, m)
	}
	slices.SortStableFunc(p.moves, func(a, b plainMove) int {
		if a.on != b.on {
			return cmp.Compare(a.on, b.on)
		}
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.credit], map[bool]int{true: 0, false: 1}[b.credit])
	})
	return p
}

// Ten thousand random accounts come to the same cents as a plain reckoning, day by day.
func TestStatementsAgreeWithAPlainReckoning(t *testing.T) {
	t.Parallel()
	accounts := 10_000
	if testing.Short() {
		accounts = 1_000
	}
	rnd := rand.New(rand.NewPCG(20261201, 13))
	law := latepayment.France()
	for n := range accounts {
		class := []latepayment.DebtorClass{latepayment.DebtorBusiness, latepayment.DebtorConsumer, latepayment.DebtorPublic}[rnd.IntN(3)]
		on := plainDayIn(rnd, 1, 1790)
		debt := latepayment.Debt{On: on.date(), Debtor: class}
		var plain []plainInvoice
		for i := range 1 + rnd.IntN(4) {
			p := randomPlain(rnd, on)
			if class != latepayment.DebtorConsumer {
				p.notice = -1
			}
			plain = append(plain, p)
			debt.Invoices = append(debt.Invoices, p.invoice("F-"+string('A'+rune(i))))
		}
		s, err := law.Statement(debt)
		require.NoError(t, err, "account %d: %+v", n, plain)
		require.NoError(t, s.Verify(), "account %d", n)
		var total, price int64
		for i, l := range s.Lines {
			want := plain[i].reckon(class, on)
			got := plainResult{principalDue: toCents(t, l.PrincipalDue), later: toCents(t, l.NotYetDue), interest: toCents(t, l.InterestAccrued),
				interestDue: toCents(t, l.InterestDue), compensation: toCents(t, l.CompensationDue), overpaid: toCents(t, l.Overpaid)}
			require.Equal(t, want, got, "account %d, %s on %s: %+v\n%+v", n, class, on.date(), plain[i], l)
			total += want.principalDue + want.interestDue + want.compensation
			price += plain[i].price(on)
		}
		require.Equal(t, total, toCents(t, s.Total), "account %d", n)
		if class == latepayment.DebtorPublic {
			total = price
		}
		require.Equal(t, total, toCents(t, s.Demand), "account %d", n)
	}
}
