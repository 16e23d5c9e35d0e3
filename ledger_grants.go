package courrier

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// usable tells whether a grant may be drawn from now.
func (g *Grant) usable() bool { return g.Begins.IsZero() && !g.Revoked && g.Left.Sign() > 0 }

func byExpiry(a, b Grant) int {
	return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.Key, b.Key))
}

// takeIncluded draws from the grants, and returns what they do not cover.
func (p *posting) takeIncluded(amount Amount) (parts []Part, rest Amount) {
	slices.SortFunc(p.books.Grants, byExpiry)
	rest = amount
	for i := range p.books.Grants {
		g := &p.books.Grants[i]
		if !g.usable() || rest.Sign() == 0 {
			continue
		}
		share := smaller(g.Left, rest)
		g.Left = p.add(g.Left, share.Neg())
		rest = p.add(rest, share.Neg())
		parts = append(parts, Part{Grant: g.Key, Amount: share, Expires: g.Expires})
	}
	return parts, rest // a grant that is used up stays until its end, to be given back to or revoked
}

func (p *posting) giveTo(g Grant) {
	for i, o := range p.books.Grants {
		if o.Key == g.Key {
			p.books.Grants[i].Left = p.add(o.Left, g.Left)
			return
		}
	}
	p.books.Grants = append(p.books.Grants, g)
}

// grant enters a grant, which may begin later.
func (p *posting) grant(e *Entry) {
	g := Grant{Key: e.Key, Left: e.Amount, Expires: e.Expires}
	if e.Begins.After(p.at) {
		g.Begins = e.Begins
	} else {
		e.Begins = time.Time{}
	}
	switch {
	case !e.Expires.After(e.At):
		p.fail(&FieldError{Field: "Expires", Rule: "is not in the future", Remedy: "give the moment at which the grant ends"})
	case !g.Begins.IsZero() && !e.Expires.After(g.Begins):
		p.fail(&FieldError{Field: "Begins", Rule: "is not before the end of the grant", Remedy: "let it begin before it ends"})
	}
	p.giveTo(g)
}

// revoke takes back what is left of a grant, or ends an allowance with all that its
// grants have left. What letters under way hold of them ends when it comes back.
func (p *posting) revoke(e *Entry) {
	sum, found := zeroOf(p.books.Unit), false
	rule := slices.ContainsFunc(p.books.Allowances, func(a Allowance) bool { return a.Key == e.Key })
	for i := range p.books.Grants {
		g := &p.books.Grants[i]
		if g.Revoked || g.Key != e.Key && !(rule && monthOf(g.Key, e.Key)) {
			continue
		}
		found, g.Revoked = true, true
		if g.Begins.IsZero() {
			sum = p.add(sum, g.Left)
		}
		g.Left, g.Begins = zeroOf(p.books.Unit), time.Time{}
	}
	p.books.Allowances = slices.DeleteFunc(p.books.Allowances, func(a Allowance) bool { return a.Key == e.Key })
	if !found && !rule {
		p.fail(fmt.Errorf("%w: no grant or allowance of this key has anything left", ErrNotFound))
	}
	e.Amount = sum
}

// monthOf tells whether a grant's key is that of a month of an allowance.
func monthOf(grant, allowance string) bool {
	day, ok := strings.CutPrefix(grant, allowance+"/")
	_, err := ParseDate(day)
	return ok && err == nil
}

// The things that time does, in the order in which they happen at one moment.
const (
	turnExpire = iota
	turnBegin
	turnMonth
)

// turn is the next thing that time does to books.
type turn struct {
	at    time.Time
	what  int
	index int // of the grant or the allowance
}

// next returns what time does first. What came back to a revoked grant goes at once.
func (b *Books) next() (first turn, ok bool) {
	consider := func(t turn) {
		if !ok || cmp.Or(t.at.Compare(first.at), t.what-first.what) < 0 {
			first, ok = t, true
		}
	}
	for i := range b.Grants {
		switch g := &b.Grants[i]; {
		case !g.Begins.IsZero():
			consider(turn{g.Begins, turnBegin, i})
		case g.Revoked && g.Left.Sign() > 0:
			consider(turn{b.At, turnExpire, i})
		default:
			consider(turn{g.Expires, turnExpire, i})
		}
	}
	for i := range b.Allowances {
		if a := &b.Allowances[i]; a.Until.IsZero() || a.Next.Before(a.Until) {
			consider(turn{a.Next, turnMonth, i})
		}
	}
	return first, ok
}

// ripen does and records what time did, at the moment at which it did: no entry
// can stand between that moment and now.
func (p *posting) ripen() {
	now := p.at
	slices.SortFunc(p.books.Grants, byExpiry)
	for p.err == nil {
		t, ok := p.books.next()
		if !ok || t.at.After(now) {
			break
		}
		if p.at = t.at; p.at.Before(p.books.At) { // by a clock that was behind
			p.at = p.books.At
		}
		switch t.what {
		case turnExpire:
			p.expire(t.index)
		case turnBegin:
			p.begin(t.index)
		case turnMonth:
			p.month(&p.books.Allowances[t.index])
		}
	}
	p.at = now
}

// expire ends a grant. One that was revoked is remembered until its own end.
func (p *posting) expire(i int) {
	g := p.books.Grants[i]
	if g.Revoked && g.Expires.After(p.at) {
		p.books.Grants[i].Left = zeroOf(p.books.Unit)
	} else {
		p.books.Grants = slices.Delete(p.books.Grants, i, i+1)
	}
	if g.Left.Sign() > 0 {
		p.record(&Entry{Account: p.books.Account, Key: g.Key, Kind: EntryExpire, Round: int(p.books.Seq), Amount: g.Left, Expires: g.Expires})
	}
}

func (p *posting) begin(i int) {
	p.books.Grants[i].Begins = time.Time{}
	g := p.books.Grants[i]
	p.record(&Entry{Account: p.books.Account, Key: g.Key, Kind: EntryBegin, Round: int(p.books.Seq), Amount: g.Left, Expires: g.Expires})
}

// allow enters an allowance, and grants its first month when that has begun.
func (p *posting) allow(e *Entry) {
	a := e.Allowance
	if a == nil {
		p.fail(&FieldError{Field: "Allowance", Rule: "is missing", Remedy: "give the rule"})
		return
	}
	if err := a.validate(e.Key, p.at); err != nil {
		p.fail(err)
		return
	}
	rule := *a
	rule.Key, rule.Amount, rule.Made, rule.Next = e.Key, e.Amount, 0, a.From
	p.books.Allowances = append(p.books.Allowances, rule)
}

const (
	maxCarry      = 12
	allowanceBack = 366 * 24 * time.Hour // how long ago an allowance may begin
	defaultZone   = "Europe/Paris"
)

func (a *Allowance) validate(key string, now time.Time) error {
	var c Checks
	most := MaxKeyLen - len("/2006-01-02")
	c.Require(len(key) <= most, "Allowance.Key", fmt.Sprintf("is over %d bytes", most), "shorten it: its grants add their day")
	c.Require(a.Carry >= 0 && a.Carry <= maxCarry, "Allowance.Carry", fmt.Sprintf("is outside 0 to %d", maxCarry),
		"give the months that what is left lasts longer")
	c.Require(now.Sub(a.From) <= allowanceBack, "Allowance.From", "is more than a year ago", "begin it later, and adjust for what is missing")
	c.Require(a.Until.IsZero() || a.Until.After(a.From), "Allowance.Until", "is not after From", "leave it zero to grant until revoked")
	_, err := zoneOf(a.Zone)
	c.Nest("Allowance", err)
	return c.Err()
}

func (a *Allowance) sameRule(b *Allowance) bool {
	return a != nil && b != nil && a.From.Equal(b.From) && a.Until.Equal(b.Until) && a.Zone == b.Zone && a.Carry == b.Carry
}

// zoneOf finds a time zone by its name.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		name = defaultZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, &FieldError{
			Field: "Zone", Rule: fmt.Sprintf("%q is not a known time zone", name),
			Remedy: "use an IANA name; where the machine has no zone database, import time/tzdata",
		}
	}
	return zone, nil
}

// month grants an allowance's next month and plans the one after it.
func (p *posting) month(a *Allowance) {
	zone, err := zoneOf(a.Zone)
	if err != nil {
		p.fail(err)
		return
	}
	g := Grant{Key: a.Key + "/" + DateOf(a.Next.In(zone)).String(), Left: a.Amount, Expires: a.begins(a.Made+1+a.Carry, zone)}
	a.Made++
	a.Next = a.begins(a.Made, zone)
	p.giveTo(g)
	p.record(&Entry{Account: p.books.Account, Key: g.Key, Kind: EntryGrant, Amount: g.Left, Expires: g.Expires})
}

// begins returns when the nth month of an allowance begins, the first being 0.
func (a *Allowance) begins(n int, zone *time.Location) time.Time {
	if n == 0 {
		return a.From
	}
	return DateOf(a.From.In(zone)).AddMonths(n).In(zone).UTC()
}
