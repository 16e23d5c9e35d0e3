package billing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// builder adds entry after entry to a statement. Its first error is kept.
type builder struct {
	s     Statement
	zero  courrier.Amount
	last  int64 // Seq of the last entry seen
	sums  map[Sum]*Sum
	taxes map[string]*courrier.Amount
	err   error
}

func newBuilder(account courrier.AccountID, unit string, from, to time.Time) (*builder, error) {
	zero, err := courrier.AmountOfMicros(0, unit)
	if err != nil {
		return nil, err
	}
	none := courrier.Balance{Available: zero, Reserved: zero, Owed: zero, Included: zero}
	sources := Sources{zero, zero, zero}
	return &builder{zero: zero, sums: map[Sum]*Sum{}, taxes: map[string]*courrier.Amount{}, s: Statement{
		Account: account, Unit: unit, From: from, To: to, Opening: none, Closing: none,
		Totals: map[courrier.EntryKind]courrier.Amount{}, Spent: sources, GivenBack: sources, Due: zero, Billed: zero,
	}}, nil
}

// read adds the stored entries of the period, after the last one before it.
func (b *builder) read(ctx context.Context, l *courrier.CreditLedger) error {
	for e, err := range l.Entries(ctx, courrier.EntryFilter{Unit: b.s.Unit, To: b.s.From, Newest: true, Limit: 1}) {
		if err != nil {
			return err
		}
		b.open(e)
	}
	b.s.Closing = b.s.Opening
	for e, err := range l.Entries(ctx, courrier.EntryFilter{Unit: b.s.Unit, From: b.s.From, To: b.s.To}) {
		if err != nil {
			return err
		}
		b.add(e)
	}
	return nil
}

func (b *builder) open(e courrier.Entry) {
	b.s.Opening, b.last = b.balanceAfter(e), e.Seq
	b.s.Closing = b.s.Opening
}

func (b *builder) balanceAfter(e courrier.Entry) courrier.Balance {
	return courrier.Balance{Available: e.Available, Reserved: e.Reserved, Owed: b.sum(b.zero, e.Owed), Included: b.zero}
}

// addDue adds what time did that nobody has written yet: unless somebody just did.
func (b *builder) addDue(books courrier.Books, now time.Time) error {
	if b.last > books.Seq {
		return nil
	}
	if now.After(b.s.To) {
		now = b.s.To.Add(-time.Microsecond)
	}
	_, due, err := books.Due(now)
	if err != nil {
		return err
	}
	for _, e := range due {
		switch {
		case e.At.Before(b.s.From):
			b.open(e)
		case e.At.Before(b.s.To):
			b.add(e)
		}
	}
	return nil
}

func (b *builder) sum(x, y courrier.Amount) courrier.Amount {
	z, err := x.Add(y)
	if err != nil && b.err == nil {
		b.err = err
	}
	return z
}

// signs tell what an entry is in a statement: a charge, or one given back.
var signs = map[courrier.EntryKind]int{
	courrier.EntryCapture: 1, courrier.EntryRecharge: 1, courrier.EntryBilled: 1,
	courrier.EntryRefund: -1, courrier.EntryRebate: -1, courrier.EntryUnbilled: -1,
}

func (b *builder) add(e courrier.Entry) {
	b.last = e.Seq
	b.s.Entries = append(b.s.Entries, e)
	b.s.Closing = b.balanceAfter(e)
	b.s.Totals[e.Kind] = b.sum(b.s.Totals[e.Kind], e.Amount)
	sign := signs[e.Kind]
	if sign == 0 {
		return
	}
	line := Line{
		At: e.At.In(b.s.From.Location()), Kind: e.Kind, Key: e.Key, Letter: e.Letter, Service: e.Service, Purpose: e.Purpose,
		Amount: signed(e.Amount, sign), Sources: b.sources(e.Parts, sign), Reason: e.Reason,
		ByCarrier: e.Kind == courrier.EntryBilled || e.Kind == courrier.EntryUnbilled,
	}
	if line.ByCarrier {
		b.s.Billed = b.sum(b.s.Billed, line.Amount)
	} else {
		line.Taxes = b.taxesOf(e, sign)
		b.spend(line, sign)
	}
	b.s.Lines = append(b.s.Lines, line)
	b.count(line)
}

func signed(a courrier.Amount, sign int) courrier.Amount {
	if sign < 0 {
		return a.Neg()
	}
	return a
}

func (b *builder) sources(parts []courrier.Part, sign int) Sources {
	s := Sources{b.zero, b.zero, b.zero}
	for _, p := range parts {
		to := &s.Bought
		switch {
		case p.Grant != "":
			to = &s.Included
		case p.Owed:
			to = &s.Owed
		}
		*to = b.sum(*to, signed(p.Amount, sign))
	}
	return s
}

// spend adds a line to what was spent or given back, and to the classes of tax.
func (b *builder) spend(line Line, sign int) {
	into := &b.s.Spent
	if sign < 0 {
		into = &b.s.GivenBack
	}
	into.Included = b.sum(into.Included, signed(line.Sources.Included, sign))
	into.Bought = b.sum(into.Bought, signed(line.Sources.Bought, sign))
	into.Owed = b.sum(into.Owed, signed(line.Sources.Owed, sign))
	b.s.Due = b.sum(b.s.Due, line.Sources.Owed)
	for _, t := range line.Taxes {
		if b.taxes[t.Class] == nil {
			b.taxes[t.Class] = &courrier.Amount{}
		}
		*b.taxes[t.Class] = b.sum(*b.taxes[t.Class], t.Total)
	}
}

// count adds a line to the sums by service, purpose and price.
func (b *builder) count(line Line) {
	key := Sum{Service: line.Service, Purpose: line.Purpose, Price: line.Amount, ByCarrier: line.ByCarrier}
	s := b.sums[key]
	if s == nil {
		s = &Sum{Service: line.Service, Purpose: line.Purpose, Price: line.Amount, ByCarrier: line.ByCarrier}
		b.sums[key] = s
	}
	s.Count++
	s.Total = b.sum(s.Total, line.Amount)
}

// taxesOf divides an entry's amount among the classes of its lines: as they are when
// they add up to it; else, for a rebate, in proportion, the rest of the rounding to
// the largest.
func (b *builder) taxesOf(e courrier.Entry, sign int) []Tax {
	var classes []Tax
	total := int64(0)
	for _, line := range e.Lines {
		total += line.Amount.Micros()
		i := slices.IndexFunc(classes, func(t Tax) bool { return t.Class == line.Tax })
		if i < 0 {
			i = len(classes)
			classes = append(classes, Tax{Class: line.Tax, Total: b.zero})
		}
		classes[i].Total = b.sum(classes[i].Total, line.Amount)
	}
	if total <= 0 {
		return []Tax{{Total: signed(e.Amount, sign)}}
	}
	if total != e.Amount.Micros() {
		b.divide(classes, total, e.Amount)
	}
	for i := range classes {
		classes[i].Total = signed(classes[i].Total, sign)
	}
	return classes
}

// divide gives each class its share of an amount, by what it is of total.
func (b *builder) divide(classes []Tax, total int64, amount courrier.Amount) {
	rest, largest := amount, 0
	for i, t := range classes {
		if t.Total.Micros() > classes[largest].Total.Micros() {
			largest = i
		}
		share, err := courrier.AmountOf(amount.Decimal().Mul(t.Total.Decimal()).DivRound(decimalOf(total), courrier.MaxAmountScale), b.s.Unit)
		if err == nil {
			share, err = share.Rounded()
		}
		if err != nil && b.err == nil {
			b.err = err
		}
		classes[i].Total = share
		rest = b.sum(rest, share.Neg())
	}
	classes[largest].Total = b.sum(classes[largest].Total, rest)
}

func (b *builder) finish() Statement {
	for _, s := range b.sums {
		b.s.Sums = append(b.s.Sums, *s)
	}
	slices.SortFunc(b.s.Sums, func(x, y Sum) int {
		return cmp.Or(order(x.ByCarrier, y.ByCarrier), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Purpose, y.Purpose),
			cmp.Compare(y.Price.Micros(), x.Price.Micros()))
	})
	for class, total := range b.taxes {
		b.s.Taxes = append(b.s.Taxes, Tax{class, *total})
	}
	slices.SortFunc(b.s.Taxes, func(x, y Tax) int { return cmp.Compare(x.Class, y.Class) })
	return b.s
}

func order(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}
