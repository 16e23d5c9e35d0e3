package tariff

import "slices"

// condition is one condition of a row, in a form that can be compared: the values
// that meet it, none meaning all, and the letter's own.
type condition struct {
	name   string
	values []string
}

// conditions lists a row's conditions, always in the same order.
func (r Row) conditions() []condition {
	return []condition{
		{"Services", texts(r.Services)}, {"Purposes", texts(r.Purposes)}, {"Levels", r.Levels}, {"Advice", r.Advice},
		{"Zones", texts(r.Zones)}, {"Countries", r.Countries}, {"Territories", r.Territories},
		{"Envelopes", texts(r.Envelopes)}, {"Returns", texts(r.Returns)},
		{"Color", yesNo(r.Color)}, {"Duplex", yesNo(r.Duplex)}, {"Sheet", yesNo(r.Sheet)}, {"Staple", yesNo(r.Staple)},
	}
}

// values lists what the letter is, in the order of conditions.
func (x letter) values() []string {
	return []string{
		string(x.Service), string(x.Purpose), x.Level, x.Advice, string(x.Zone), x.Country, x.Territory,
		string(x.envelope), string(x.Returns),
		word(x.Print.Color), word(x.Print.Duplex), word(x.Print.CarrierSheet), word(x.Print.Staple),
	}
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

func word(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func yesNo(b *bool) []string {
	if b == nil {
		return nil
	}
	return []string{word(*b)}
}

// fits tells whether a letter meets all conditions.
func (r Row) fits(x letter) bool {
	values := x.values()
	for i, c := range r.conditions() {
		if len(c.values) > 0 && !slices.Contains(c.values, values[i]) {
			return false
		}
	}
	return true
}

// narrower tells whether r fits only letters that o fits too, and not all of those.
func (r Row) narrower(o Row) bool { return r.within(o) && !o.within(r) }

func (r Row) sameConditions(o Row) bool { return r.within(o) && o.within(r) }

// within tells whether every letter that r fits is one that o fits.
func (r Row) within(o Row) bool {
	theirs := o.conditions()
	for i, c := range r.conditions() {
		if len(theirs[i].values) == 0 {
			continue
		}
		if len(c.values) == 0 || slices.ContainsFunc(c.values, func(v string) bool { return !slices.Contains(theirs[i].values, v) }) {
			return false
		}
	}
	return true
}

// meets tells whether some letter fits both.
func (r Row) meets(o Row) bool {
	theirs := o.conditions()
	for i, c := range r.conditions() {
		if len(c.values) == 0 || len(theirs[i].values) == 0 {
			continue
		}
		if !slices.ContainsFunc(c.values, func(v string) bool { return slices.Contains(theirs[i].values, v) }) {
			return false
		}
	}
	return true
}
