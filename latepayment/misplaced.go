package latepayment

import (
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// placeReader compares each sum of a text with what the words beside it call it: a
// figure of the statement in the place of another is as wrong as one of no statement.
// It knows the turns of roleLabels; a sum that none of them names may be any figure.
type placeReader struct {
	*sumFinder
	draft   *Draft
	numbers map[string][]numberOf // of invoices, by their first token
	allowed map[courrier.Amount]bool
	every   []int // the lines
	last    []int // those named last in the paragraph, by the sentences before
}

// numberOf is an invoice's number as its tokens.
type numberOf struct {
	tokens []token
	line   int
}

func (d *Draft) newPlaceReader(f *sumFinder) *placeReader {
	p := &placeReader{sumFinder: f, draft: d, numbers: make(map[string][]numberOf), allowed: make(map[courrier.Amount]bool)}
	for _, a := range d.Sums {
		p.allowed[a] = true
	}
	for i := range d.Statement.Lines {
		p.every = append(p.every, i)
		if tokens := tokensOf(d.Statement.Lines[i].Number); len(tokens) > 0 {
			first := tokens[0].text
			p.numbers[first] = append(p.numbers[first], numberOf{tokens: tokens, line: i})
		}
	}
	for _, all := range p.numbers {
		slices.SortFunc(all, func(a, b numberOf) int { return len(b.tokens) - len(a.tokens) })
	}
	return p
}

// mark is what a text names besides its sums: a turn, or an invoice.
type mark struct {
	first, end int // tokens
	label      label
	line       int // of an invoice; -1: a turn
}

// misplaced returns the found sums that are called what they are not.
func (p *placeReader) misplaced(sentences []sentence) []int {
	var wrong []int
	sum, at := 0, 0
	for i := range sentences {
		first := at
		for at < len(p.tokens) && p.tokens[at].start < sentences[i].end {
			at++
		}
		from := sum
		for sum < len(p.found) && p.found[sum].Start < sentences[i].end {
			sum++
		}
		if strings.HasPrefix(sentences[i].text, "\n") {
			p.last = nil
		}
		wrong = append(wrong, p.inSentence(first, at, from, sum)...)
	}
	return wrong
}

// inSentence judges the sums of one sentence: tokens first to end, sums from to to.
func (p *placeReader) inSentence(first, end, from, to int) []int {
	marks := p.marks(first, end, from, to)
	defer p.remember(marks)
	var wrong []int
	carried, taken := noRole, first // by the turn behind the sum before
	for i := from; i < to; i++ {
		c := sumContext{marks: marks, before: first, after: end}
		c.first, c.end = p.spans[i].first, p.spans[i].end
		if i > from {
			c.before = max(p.spans[i-1].end, taken)
		}
		if i+1 < to {
			c.after = p.spans[i+1].first
		}
		r, end := p.roleOf(c, carried)
		taken = end
		if carried = r; r == roleBase { // "intérêts sur 1 000,00 € : 12,00 €" goes on with interest
			carried = p.roleBefore(c, roleBase)
		}
		s := &p.found[i]
		if !s.Excluded && !s.Ambiguous && !p.allowed[s.Amount] && !p.may(r, s.Amount, c) {
			wrong = append(wrong, i)
		}
	}
	return wrong
}

// remember keeps the invoices of a sentence for those behind it.
func (p *placeReader) remember(marks []mark) {
	var named []int
	for i := range marks {
		if marks[i].line >= 0 {
			named = append(named, marks[i].line)
		}
	}
	if named != nil {
		p.last = named
	}
}

// marks finds the turns and the invoices that a sentence names outside its sums.
func (p *placeReader) marks(first, end, from, to int) []mark {
	var all []mark
	for i := first; i < end; {
		if from < to && i >= p.spans[from].first {
			i = max(i, p.spans[from].end)
			from++
			continue
		}
		m, ok := p.markAt(i, end)
		if !ok {
			i++
			continue
		}
		all = append(all, m)
		i = m.end
	}
	return all
}

func (p *placeReader) markAt(i, end int) (mark, bool) {
	for _, n := range p.numbers[p.tokens[i].text] {
		if p.isNumber(n, i, end) {
			return mark{first: i, end: i + len(n.tokens), line: n.line}, true
		}
	}
	for _, l := range labelsByWord[p.tokens[i].text] {
		if next := p.matches(l.words, i, end); next > i && (!l.dated || p.at(next).kind == digits) {
			return mark{first: i, end: next, label: l, line: -1}, true
		}
	}
	return mark{}, false
}

func (p *placeReader) isNumber(n numberOf, i, end int) bool {
	if i+len(n.tokens) > end {
		return false
	}
	for j, want := range n.tokens {
		got := p.at(i + j)
		if got.text != want.text || j > 0 && (got.gap == noGap) != (want.gap == noGap) {
			return false
		}
	}
	return true
}

// matches returns the token behind the words of a turn that begins at i; i: it is not
// there. Apostrophes and hyphens between them are passed over.
func (p *placeReader) matches(words []string, i, end int) int {
	j := i
	for n, w := range words {
		for n > 0 && j < end && (p.tokens[j].text == "-" || p.tokens[j].text == "'") {
			j++
		}
		if j >= end || p.tokens[j].text != w {
			return i
		}
		j++
	}
	return j
}

// sumContext is a sum, tokens first to end, between its neighbours: the end of the sum
// before it, and the beginning of the one behind it.
type sumContext struct {
	marks         []mark
	first, end    int
	before, after int
}

// farthest is how many words may stand between a turn and its sum.
const farthest = 12

// roleOf says what a sum is called: by the turn right behind it, else by the nearest
// before it; where only a rate and a colon part it from another sum, by that one's.
// The end of a turn behind it is returned too: it names no other.
func (p *placeReader) roleOf(c sumContext, carried role) (r role, end int) {
	if r, end := p.roleBehind(c); r != noRole {
		return r, end
	}
	if r := p.roleBefore(c, noRole); r != noRole || !p.partedByRate(c.before, c.first) {
		return r, c.end
	}
	return carried, c.end
}

// roleBefore is what the nearest turn before a sum calls it, but for one role.
func (p *placeReader) roleBefore(c sumContext, but role) role {
	for i := len(c.marks) - 1; i >= 0; i-- {
		m := &c.marks[i]
		if m.line >= 0 || m.end > c.first || m.first < c.before || m.label.role == but && but != noRole {
			continue
		}
		switch {
		case m.label.adjoining && m.end != c.first, m.label.dated && m.end == c.first:
			continue
		case p.words(m.end, c.first) > farthest:
			return noRole
		}
		return m.label.role
	}
	return noRole
}

// partedByRate reports whether nothing but a colon, or a rate and a colon, stands
// between two sums.
func (p *placeReader) partedByRate(from, to int) bool {
	if from >= to || p.tokens[to-1].text != ":" && !(p.tokens[to-1].text == "-" && to-2 >= from && p.tokens[to-2].text == ":") {
		return false
	}
	for i := from; i < to; i++ {
		if t := p.tokens[i].text; t == "," || t == ";" || t == "(" {
			return false
		}
	}
	return true
}

// words counts the words between two tokens.
func (p *placeReader) words(from, to int) int {
	n := 0
	for i := from; i < to; i++ {
		if p.tokens[i].kind == letters {
			n++
		}
	}
	return n
}

// joining are the words that may stand between a sum and the turn behind it.
var joining = map[string]bool{
	"d": true, "de": true, "des": true, "du": true, "la": true, "l": true, "les": true, "en": true, "au": true, "aux": true,
	"titre": true, "pour": true, "of": true, "for": true, "in": true, "as": true, "the": true, "'": true,
	"dus": true,
}

// roleBehind is what the words right behind a sum call it: "323,36 € d'intérêts". A
// list of several ("en principal, intérêts et frais") names none of them.
func (p *placeReader) roleBehind(c sumContext) (r role, end int) {
	i := c.end
	for i < c.after && joining[p.tokens[i].text] {
		i++
	}
	n := slices.IndexFunc(c.marks, func(m mark) bool { return m.first == i && m.line < 0 })
	if n < 0 || i >= c.after {
		return noRole, c.end
	}
	m := c.marks[n]
	if m.label.role == roleBase || m.label.dated || p.leadsOn(m.end, c.after) {
		return noRole, c.end
	}
	if n+1 < len(c.marks) {
		next := c.marks[n+1]
		if next.line < 0 && next.first <= m.end+2 && next.first < c.after && !p.leadsOn(next.end, c.after) {
			return noRole, c.end
		}
	}
	return m.label.role, m.end
}

// leadsOn reports whether a turn that ends at i belongs to the sum behind it: nothing
// but joining words or a colon stands between them.
func (p *placeReader) leadsOn(i, after int) bool {
	for i < after && (joining[p.at(i).text] || p.at(i).text == ":") {
		i++
	}
	return i == after && after < len(p.tokens) && p.startsSum(after)
}

func (p *placeReader) startsSum(i int) bool {
	return slices.ContainsFunc(p.spans, func(s span) bool { return s.first == i })
}

// may reports whether a sum can be what it is called: of the invoice that the sentence
// names before it, or else of the whole statement and each of its invoices. An invoice
// named behind it may lend any of its figures.
func (p *placeReader) may(r role, a courrier.Amount, c sumContext) bool {
	before, behind := p.named(c)
	if p.anyMay(behind, noRole, a) {
		return true
	}
	whole, known := p.ofWhole(r)
	apart := r != roleAsked && r != roleTotal && r != roleFixed && r != roleDaily // of one invoice where one is named
	switch {
	case apart && len(before) == 1 && len(p.every) > 1:
		return p.anyMay(before, r, a)
	case !known && len(before) == 0, slices.Contains(whole, a), slices.Contains(whole, a.Neg()):
		return true
	case r == roleAsked:
		return p.anyMay(before, noRole, a)
	case len(before) == 0 && r == roleOpen:
		before = p.last
	case len(before) == 0:
		before = p.every
	}
	return p.anyMay(before, r, a)
}

// ofWhole is [Statement.ofWhole], with what the letter asks for.
func (p *placeReader) ofWhole(r role) ([]courrier.Amount, bool) {
	whole, known := p.draft.Statement.ofWhole(r)
	if r == roleAsked || r == roleOpen || r == roleTotal {
		return append(whole, p.draft.asked()...), true
	}
	return whole, known
}

// anyMay reports whether a sum is a figure of one of the lines in a role, with either
// sign.
func (p *placeReader) anyMay(lines []int, r role, a courrier.Amount) bool {
	return slices.ContainsFunc(lines, func(i int) bool {
		l := &p.draft.Statement.Lines[i]
		return l.is(r, a) || l.is(r, a.Neg())
	})
}

// named are the invoices that a sentence names before a sum, and behind it up to the
// next: of several before it the last alone, where sums stand between them.
func (p *placeReader) named(c sumContext) (before, behind []int) {
	for i := range c.marks {
		m := &c.marks[i]
		switch {
		case m.line < 0:
		case m.first >= c.end && m.end <= c.after:
			behind = append(behind, m.line)
		case m.end <= c.first:
			if len(before) > 0 && p.sumBetween(c.marks[:i], m) {
				before = nil
			}
			if !slices.Contains(before, m.line) {
				before = append(before, m.line)
			}
		}
	}
	return before, behind
}

// sumBetween reports whether a sum stands between an invoice and the one named last
// before it.
func (p *placeReader) sumBetween(marks []mark, m *mark) bool {
	for i := len(marks) - 1; i >= 0; i-- {
		if marks[i].line >= 0 {
			return slices.ContainsFunc(p.spans, func(s span) bool { return s.first >= marks[i].end && s.end <= m.first })
		}
	}
	return false
}
