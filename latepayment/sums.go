package latepayment

import "github.com/courrier-go/courrier"

// FoundSum is a sum of money in a text.
type FoundSum struct {
	Text       string // as it is written
	Start, End int    // its place, in bytes
	Amount     courrier.Amount
	Ambiguous  bool // it can be read in two ways, such as "1,050 €" in French
	// Excluded says that it claims nothing: the creditor's share capital, or a figure
	// in the quotation of an article of law.
	Excluded bool
}

// FindSums finds every sum of money in a text, in its order: in figures and in words,
// French and English, with or without cents, in any currency; and figures with two
// decimals after "somme de" and the like, or in a column whose head names the euro. A
// language says how one comma before three digits is read: thousands in English, in
// French it is ambiguous; none: by where the currency stands. Rates, dates, numbers of
// invoices and articles, quantities and accounts are no sums.
func FindSums(text string, lang courrier.Language) []FoundSum { return sumsIn(text, lang).found }

func sumsIn(text string, lang courrier.Language) *sumFinder {
	f := &sumFinder{text: text, tokens: tokensOf(text), french: true, known: lang != ""}
	if lang != "" {
		_, f.french = lang.Lookup(func(l courrier.Language) bool { return l == courrier.French })
	}
	f.columns()
	f.quotations()
	for i := 0; i < len(f.tokens); {
		next := f.sumAt(i)
		if next <= i {
			next = i + 1
		}
		i = next
	}
	return f
}

// sumFinder is the work on one text.
type sumFinder struct {
	text   string
	tokens []token
	french bool // how one comma before three digits is read
	known  bool // the language was given
	found  []FoundSum
	spans  []span // of the tokens of each
}

func (f *sumFinder) at(i int) *token {
	if i < 0 || i >= len(f.tokens) {
		return &token{kind: sign}
	}
	return &f.tokens[i]
}

// figure is a number as it stands in the text, in cents.
type figure struct {
	cents     int64
	decimals  int
	ambiguous bool
	negative  bool // a minus behind it
	next      int
}

// tooLong is more digits than an amount has.
const tooLong = 14

// figure reads the number that begins at token i.
func (f *sumFinder) figure(i int) figure {
	whole, j := f.tokens[i].text, i+1
	separator, groups := "", 0
	for len(f.tokens[i].text) <= 3 && !f.glued(i) {
		k, sep := f.group(j)
		if k < 0 || separator != "" && sep != separator {
			break
		}
		whole, separator, groups, j = whole+f.tokens[k].text, sep, groups+1, k+1
	}
	n := figure{next: j}
	fraction := "00"
	mark, rest := f.at(j), f.at(j+1)
	switch {
	case (mark.text == "," || mark.text == ".") && mark.gap == noGap && rest.gap == noGap && rest.kind == digits &&
		len(rest.text) <= 2 && mark.text != separator:
		fraction, n.decimals, n.next = (rest.text + "0")[:2], len(rest.text), j+2
		groups = 0
	case (mark.text == "," || mark.text == ".") && mark.gap == noGap && rest.gap == noGap && rest.text == "-":
		for n.next = j + 2; f.at(n.next).text == "-" && f.at(n.next).gap == noGap; n.next++ {
		}
	case mark.text == "," && mark.gap == noGap && rest.gap == lineGap && rest.kind == digits && len(rest.text) == 2 &&
		f.currency(j+2).unit != "":
		fraction, n.decimals, n.next, groups = rest.text, 2, j+2, 0 // broken before its cents
	case (mark.text == "," || mark.text == ".") && mark.gap == noGap && rest.gap == noGap && rest.kind == digits:
		n.ambiguous, n.next = true, j+2 // decimals of no currency
	}
	n.ambiguous = n.ambiguous || len(whole) > tooLong || groups == 1 && separator == ","
	if len(whole) > tooLong {
		whole = "0"
	}
	for _, r := range whole + fraction {
		n.cents = n.cents*10 + int64(r-'0')
	}
	return n
}

// glued reports whether a number is the end of a name, such as FA-101.
func (f *sumFinder) glued(i int) bool {
	t, before := f.at(i), f.at(i-1)
	if t.gap != noGap || i == 0 {
		return false
	}
	if before.kind == letters {
		return currencies[before.text] == ""
	}
	return (before.text == "-" || before.text == "/" || before.text == "_") && before.gap == noGap && i > 1 && f.at(i-2).kind != sign
}

// group finds three digits after a separator at token j; -1: none.
func (f *sumFinder) group(j int) (at int, separator string) {
	t := f.at(j)
	switch {
	case j >= len(f.tokens):
		return -1, ""
	case t.kind == digits && len(t.text) == 3 && t.gap != noGap:
		return j, " "
	case t.kind == sign && t.gap == noGap && (t.text == "." || t.text == "," || t.text == "'"):
		if next := f.at(j + 1); j+1 < len(f.tokens) && next.kind == digits && next.gap == noGap && len(next.text) == 3 {
			return j + 1, t.text
		}
	}
	return -1, ""
}

// sumAt adds the sum that begins at token i, and returns the token behind it; i when
// there is none.
func (f *sumFinder) sumAt(i int) int {
	switch t := &f.tokens[i]; t.kind {
	case digits:
		return f.inFigures(i)
	case letters:
		if next := f.inWords(i); next > i {
			return next
		}
	}
	return i
}

// inFigures reads a number with its currency.
func (f *sumFinder) inFigures(i int) int {
	n := f.figure(i)
	j, start := n.next, i
	bracketed := f.at(i-1).text == "(" && f.at(j).text == ")" && f.at(j).gap == noGap
	if bracketed && f.currency(j+1).unit != "" {
		j++
		n.negative = true
		start = i - 1
	}
	if f.at(j).text == "-" && f.at(j).gap == noGap && f.currency(j+1).unit != "" {
		n.negative = true
		j++
	}
	j = f.bracketedWords(j) // "40 (quarante) euros"
	unit := f.currency(j)
	if n.decimals != 2 && f.belongsBehind(j) {
		unit = money{}
	}
	end := unit.next
	if unit.unit == "" {
		unit = f.before(i)
		end = j
		if unit.unit != "" {
			n.negative = n.negative != (i-unit.next == 2)
			start = unit.next
			n.ambiguous = n.ambiguous && f.known && f.french
			if t := f.at(j); thousands[t.text] > 0 && t.gap == noGap { // "€12.5k"
				unit.factor, end = thousands[t.text], j+1
			}
		}
	}
	if unit.unit == "" {
		unit.unit, unit.factor = f.ofRange(i, j), 1
	}
	switch {
	case unit.unit == "" && f.bare(i, n, j):
		unit = money{unit: "EUR", factor: 1}
	case unit.unit == "":
		return max(n.next, i+1)
	case n.ambiguous && f.known && !f.french && len(f.tokens[i].text) <= 3 && n.cents > 0:
		n.ambiguous = false
	}
	if f.minus(start) {
		n.negative = !n.negative
		start--
	}
	cents := n.cents * unit.factor
	if unit.cents {
		cents = n.cents / 100
	} else if more, next := f.centsAdjoining(end, n); next > end {
		cents, end = cents+more, next
	} else if more, next := f.centsBehind(end, false); next > end {
		cents, end = cents+more, next
	}
	f.add(start, end, cents, n.negative, n.ambiguous, unit.unit)
	return end
}

// ofRange is the currency of the first of two figures that share one, the first of which token j
// follows: "de 100 à 200 €"; "": it is no such range.
func (f *sumFinder) ofRange(i, j int) string {
	from, to := f.at(i-1).text, f.at(j).text
	if i == 0 || j+1 >= len(f.tokens) || f.at(j+1).kind != digits {
		return ""
	}
	switch from + " " + to {
	case "entre et", "de a", "between and", "from to":
		n := f.figure(j + 1)
		return f.currency(n.next).unit
	}
	return ""
}

// belongsBehind reports whether the currency at token j is that of the number behind
// it: "2026 EUR 12.50".
func (f *sumFinder) belongsBehind(j int) bool {
	t, next := f.at(j), f.at(j+1)
	if j+1 >= len(f.tokens) || next.kind != digits || f.unit(t) == "" || t.kind == letters && len(t.text) != 3 {
		return false
	}
	n := f.figure(j + 1)
	return n.decimals == 2 && f.currency(n.next).unit == ""
}

// add keeps a sum.
func (f *sumFinder) add(first, end int, cents int64, negative, ambiguous bool, unit string) {
	if negative {
		cents = -cents
	}
	amount, err := courrier.AmountOfMicros(cents*microsPerCent, unit)
	s := FoundSum{Start: f.tokens[first].start, End: f.tokens[end-1].end, Amount: amount, Ambiguous: ambiguous || err != nil}
	s.Text = f.text[s.Start:s.End]
	s.Excluded = f.capital(first) || f.tokens[end-1].quoted && f.tokens[first].quoted
	f.found = append(f.found, s)
	f.spans = append(f.spans, span{first, end})
}

// minus reports whether a minus stands before a token: not a list's dash, nor one
// between two words.
func (f *sumFinder) minus(i int) bool {
	t := f.at(i - 1)
	if i == 0 || t.text != "-" {
		return false
	}
	if f.at(i).gap != noGap { // "- 60,00 €": a list's item at the beginning of a line; "9 € - 6 € = 3 €" takes away
		before := f.at(i - 2)
		return i > 1 && f.unit(before) == "" && t.gap == spaceGap && (before.kind == sign || before.text == "de" || before.text == "of")
	}
	return i == 1 || t.gap != noGap || f.at(i-2).kind == sign
}

// centsAdjoining reads the cents of "19€90", and of "96 € 20" or "96 euros 20" at the
// end of a sentence.
func (f *sumFinder) centsAdjoining(i int, n figure) (cents int64, next int) {
	t := f.at(i)
	if i >= len(f.tokens) || t.kind != digits || len(t.text) != 2 || n.decimals > 0 || currencies[f.at(i-1).text] != "EUR" {
		return 0, i
	}
	behind := f.at(i + 1)
	last := i+1 >= len(f.tokens) || behind.gap == lineGap || behind.kind == sign && behind.gap == noGap &&
		(f.at(i+2).gap != noGap || i+2 >= len(f.tokens)) && behind.text != "%"
	if t.gap == noGap && f.at(i-1).text == "€" && behind.text != "%" || t.gap == spaceGap && last {
		return int64(t.text[0]-'0')*10 + int64(t.text[1]-'0'), i + 1
	}
	return 0, i
}

// centsBehind reads "et 87 centimes" behind a sum, in figures or in words; in words
// the name of the cents may be missing.
func (f *sumFinder) centsBehind(i int, words bool) (cents int64, next int) {
	j := i
	if t := f.at(j).text; t == "et" || t == "and" || t == "," {
		j++
	}
	n, k := int64(0), j
	if t := f.at(j); t.kind == digits && len(t.text) <= 2 && j < len(f.tokens) {
		for _, r := range t.text {
			n = n*10 + int64(r-'0')
		}
		k = j + 1
	} else if n, k = f.wordNumber(j); k == j {
		return 0, i
	}
	switch t := f.at(k).text; {
	case t == "centimes" || t == "centime" || t == "cents" || t == "cent" || t == "cts":
		return n, k + 1
	case words && k > j && j == i && f.at(j).kind == letters && n < 100 && currencies[t] == "":
		return n, k
	}
	return 0, i
}
