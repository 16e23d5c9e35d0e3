package postal

import (
	"regexp"
	"strings"
)

// states is how a country prints its states or provinces. The zero value prints
// what was typed.
type states struct {
	form   map[string]string // what is printed, by the folded code or name
	closed bool              // a name outside form is refused
	only   string            // the one state of a territory
}

// find returns what is printed for a state, and false when it is none of them.
func (s states) find(typed string) (string, bool) {
	if typed == "" {
		return s.only, true
	}
	if s.form == nil {
		return typed, true
	}
	key := Fold(strings.ReplaceAll(typed, ".", ""))
	if found, ok := s.form[key]; ok && !strings.ContainsFunc(typed, unfoldable) {
		return found, s.only == "" || found == s.only
	}
	return typed, !s.closed
}

// statesOf reads a table: entries end with ";", each the code printed, "=", and the
// names it has, between strokes.
func statesOf(table string, closed bool) states {
	s := states{form: make(map[string]string), closed: closed}
	for entry := range strings.SplitSeq(table, ";") {
		printed, names, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			continue
		}
		s.form[Fold(strings.ReplaceAll(printed, ".", ""))] = printed
		for name := range strings.SplitSeq(names, "/") {
			s.form[Fold(name)] = printed
		}
	}
	return s
}

// ofTerritory is the state line of a territory that the mother country's post
// counts among its states.
func ofTerritory(code string) states {
	s := american
	return states{form: s.form, closed: true, only: code}
}

// glued finds what may be a state behind a town, after a sign: "Pisa (PI)", "Chicago, IL",
// "São Paulo - SP", "Beşiktaş/İstanbul".
var glued = regexp.MustCompile(`^(.*\S)\s*(?:[,(/]|\s[` + dashes + `])\s*([^,(/]+?)\s*\)?$`)

// splitState takes the state off a town that it is glued to: when it is the one
// given, or when none is given and it is one of the country's.
func (w *writer) splitState(f form) {
	town, tail := w.gluedState(f)
	if tail == "" {
		return
	}
	key := Fold(strings.ReplaceAll(tail, ".", ""))
	known, ok := f.states.form[key]
	given, _ := f.states.find(bare(w.in.State))
	switch {
	case w.in.State != "" && (same(tail, w.in.State) || ok && known == given):
		w.changed("Address.City", ChangeRepeated, tail, "")
	case w.in.State == "" && ok && f.states.closed:
		w.in.State = tail
	default:
		return
	}
	w.in.City = town
}

// gluedState parts a town from what may be its state. Without a sign between them
// only a code in capitals may be one: "Forest Hills NY".
func (w *writer) gluedState(f form) (town, state string) {
	at := strings.LastIndexByte(w.in.City, ' ')
	if at >= 0 && f.states.closed && f.states.form[w.in.City[at+1:]] == w.in.City[at+1:] {
		return townEnds.ReplaceAllString(w.in.City[:at], ""), w.in.City[at+1:]
	}
	return splitTail(w.in.City)
}

// splitTail parts a town from what stands behind a sign; "" where nothing does.
func splitTail(s string) (town, tail string) {
	if m := glued.FindStringSubmatch(s); m != nil {
		return m[1], m[2]
	}
	return "", ""
}

// codedState is a state's code before a postcode: "VIC 3000", "IL 60608".
var codedState = regexp.MustCompile(`^([A-Za-z]{2,3})[\s,` + dashes + `]+(\S.*)$`)

// stateInCode takes the state off a postcode that it stands before: when it is the
// one given, or when none is given.
func (w *writer) stateInCode(f form) {
	m := codedState.FindStringSubmatch(w.in.Postcode)
	if m == nil || !f.states.closed || f.states.form[strings.ToUpper(m[1])] != strings.ToUpper(m[1]) {
		return
	}
	switch given, _ := f.states.find(bare(w.in.State)); {
	case given == strings.ToUpper(m[1]):
		w.changed("Address.Postcode", ChangeRepeated, m[1], "")
	case w.in.State == "":
		w.in.State = m[1]
	default:
		return
	}
	w.in.Postcode = m[2]
}

// state decides what is printed for the state. The form may not print it at all.
func (w *writer) state(f form) string {
	const field = "Address.State"
	typed := bare(w.in.State)
	if !strings.Contains(f.lines, "R") || f.village && w.in.Box == "" {
		w.changed(field, ChangeDropped, typed, "")
		return ""
	}
	printed, ok := f.states.find(typed)
	if !ok {
		w.refuse(field, ProblemState, "is no state or province of the country", "give its code, as its post writes it")
		return ""
	}
	if printed == "" && strings.Contains(f.need, "R") && !w.refused(field) {
		w.refuse(field, ProblemMissing, "is empty, and the country's post sorts by it", "give the state, the province or the prefecture")
	}
	if f.once && repeats(printed, w.in.City) {
		w.changed(field, ChangeRepeated, typed, "")
		return ""
	}
	if Fold(typed) != Fold(printed) || len(symbols(typed)) > len(symbols(printed)) {
		w.changed(field, ChangeState, typed, printed)
	}
	return printed
}

// bare takes the brackets off a state that stands in them: "(PI)".
func bare(s string) string {
	if inner, ok := strings.CutPrefix(s, "("); ok && strings.HasSuffix(inner, ")") {
		return strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	}
	return s
}

// repeats tells that a state is named like its town: "Madrid", "Co. Dublin" below
// "Dublin 2".
func repeats(state, city string) bool {
	state, city = strings.TrimPrefix(Fold(state), "CO "), strings.TrimSuffix(Fold(city), " SHI") // shi is Chinese for city
	return state != "" && (state == city || strings.TrimRight(city, " 0123456789") == state)
}
