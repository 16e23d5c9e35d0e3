package latepayment

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
)

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

// token is a run of digits, a word in lower case without accents, or one other sign.
type token struct {
	text       string
	start, end int
	kind       tokenKind
	gap        gapKind // what stood before it
	column     bool    // in a column of a table whose head names the euro
	quoted     bool    // in the quotation of an article
}

type (
	tokenKind byte
	gapKind   byte
)

const (
	digits tokenKind = iota
	letters
	sign
)

const (
	noGap gapKind = iota
	spaceGap
	lineGap
)

func tokensOf(text string) []token {
	all := make([]token, 0, len(text)/4)
	gap := noGap
	word := func(start, end int, kind tokenKind, s string) {
		all = append(all, token{text: s, start: start, end: end, kind: kind, gap: gap})
		gap = noGap
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n':
			gap, i = lineGap, i+n
		case unicode.IsSpace(r) || r == '\u00ad' || r == '\u200b' || r == '\ufeff':
			gap, i = max(gap, spaceGap), i+n
		case r >= '0' && r <= '9':
			end := i
			for end < len(text) && text[end] >= '0' && text[end] <= '9' {
				end++
			}
			word(i, end, digits, text[i:end])
			i = end
		case unicode.IsLetter(r):
			end := i
			for end < len(text) {
				r, n := utf8.DecodeRuneInString(text[end:])
				if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
					break
				}
				end += n
			}
			word(i, end, letters, foldWord(text[i:end]))
			i = end
		default:
			word(i, i+n, sign, foldSign(r))
			i += n
		}
	}
	return all
}

// foldWord writes a word in lower case without accents.
func foldWord(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 128 || s[i] >= 'A' && s[i] <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		r = unicode.ToLower(r)
		if text, ok := folded[r]; ok {
			b.WriteString(text)
		} else if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// foldSign writes apostrophes, dashes and quotation marks in one form each.
func foldSign(r rune) string {
	switch r {
	case '’', '‘', 'ʼ', '\'':
		return "'"
	case '−', '‐', '‑', '–', '—', '-':
		return "-"
	}
	return string(r)
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
	case (mark.text == "," || mark.text == ".") && mark.gap == noGap && rest.gap == noGap && rest.kind == digits && len(rest.text) <= 2 && mark.text != separator:
		fraction, n.decimals, n.next = (rest.text + "0")[:2], len(rest.text), j+2
		groups = 0
	case (mark.text == "," || mark.text == ".") && mark.gap == noGap && rest.gap == noGap && rest.text == "-":
		for n.next = j + 2; f.at(n.next).text == "-" && f.at(n.next).gap == noGap; n.next++ {
		}
	case mark.text == "," && mark.gap == noGap && rest.gap == lineGap && rest.kind == digits && len(rest.text) == 2 && f.currency(j+2).unit != "":
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

// belongsBehind reports whether the currency at token j is that of the number behind
// it: "2026 EUR 12.50".
func (f *sumFinder) belongsBehind(j int) bool {
	t, next := f.at(j), f.at(j+1)
	if j+1 >= len(f.tokens) || next.kind != digits || currencies[t.text] == "" || t.kind == letters && len(t.text) != 3 {
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
	if f.at(i).gap != noGap { // "- 60,00 €": a list's item at the beginning of a line
		return i > 1 && t.gap == spaceGap && !f.word(i-2) && f.at(i-2).kind == sign
	}
	return i == 1 || t.gap != noGap || f.at(i-2).kind == sign
}

func (f *sumFinder) word(i int) bool { return f.at(i).kind != sign }

// money is a currency as it stands beside a number.
type money struct {
	unit   string
	factor int64 // thousands, millions
	cents  bool
	next   int // the token behind it; of one that stands before, its own
}

// currencies are the words and signs of currencies.
var currencies = map[string]string{
	"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD",
	"£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "chf": "CHF", "jpy": "JPY", "cad": "CAD", "aud": "AUD", "sek": "SEK", "nok": "NOK", "dkk": "DKK",
	"pln": "PLN", "czk": "CZK", "huf": "HUF", "ron": "RON", "xpf": "XPF", "xof": "XOF", "mad": "MAD", "tnd": "TND", "cny": "CNY", "¥": "JPY", "inr": "INR", "brl": "BRL",
}

// thousands are currencies with a factor: k€, M€.
var thousands = map[string]int64{"k": 1000, "keur": 1000, "m": 1_000_000, "meur": 1_000_000}

// currency reads the currency at token i.
func (f *sumFinder) currency(i int) money {
	t := f.at(i)
	if i >= len(f.tokens) {
		return money{}
	}
	if unit := currencies[t.text]; unit != "" {
		return money{unit: unit, factor: 1, next: f.optionalPlural(i + 1)}
	}
	switch t.text {
	case "centime", "centimes", "cents", "cent", "cts":
		return money{unit: "EUR", cents: true, next: i + 1}
	case "k", "m":
		if unit := currencies[f.at(i+1).text]; unit != "" && f.at(i+1).gap == noGap {
			return money{unit: unit, factor: thousands[t.text], next: i + 2}
		}
	case "keur", "meur":
		return money{unit: "EUR", factor: thousands[t.text], next: i + 1}
	case "mille", "million", "millions", "milliard", "milliards", "thousand":
		if m := f.currency(i + 1); m.unit != "" && m.factor == 1 {
			m.factor = max(numberWords[t.text], 1)
			return m
		}
	case "d": // d'euros
		if f.at(i+1).text == "'" && currencies[f.at(i+2).text] != "" {
			return money{unit: currencies[f.at(i+2).text], factor: 1, next: i + 3}
		}
	}
	return money{}
}

// optionalPlural passes over "(s)".
func (f *sumFinder) optionalPlural(i int) int {
	if f.at(i).text == "(" && f.at(i).gap == noGap && f.at(i+1).text == "s" && f.at(i+2).text == ")" {
		return i + 3
	}
	return i
}

// before reads a currency that stands before token i: a sign or a code, not a word.
func (f *sumFinder) before(i int) money {
	if i > 1 && f.at(i-1).text == "-" && f.at(i-1).gap == noGap && f.at(i).gap == noGap { // "€-60.00"
		i--
	}
	t := f.at(i - 1)
	if i == 0 || t.gap == lineGap && f.at(i).gap == lineGap {
		return money{}
	}
	unit := currencies[t.text]
	taken := len(f.found) > 0 && f.found[len(f.found)-1].End >= t.end
	if unit == "" || taken || t.kind == letters && len(t.text) != 3 {
		return money{}
	}
	return money{unit: unit, factor: 1, next: i - 1}
}

// centsAdjoining reads the cents of "19€90", and of "96 € 20" at the end of a
// sentence.
func (f *sumFinder) centsAdjoining(i int, n figure) (cents int64, next int) {
	t := f.at(i)
	if i >= len(f.tokens) || t.kind != digits || len(t.text) != 2 || n.decimals > 0 || f.at(i-1).text != "€" {
		return 0, i
	}
	behind := f.at(i + 1)
	last := i+1 >= len(f.tokens) || behind.gap == lineGap || behind.kind == sign && behind.gap == noGap && (f.at(i+2).gap != noGap || i+2 >= len(f.tokens)) && behind.text != "%"
	if t.gap == noGap && behind.text != "%" || t.gap == spaceGap && last {
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

// inWords reads a sum in words; i when there is none.
func (f *sumFinder) inWords(i int) int {
	if numberWords[f.tokens[i].text] == 0 && f.tokens[i].text != "zero" {
		return i
	}
	n, j := f.wordNumber(i)
	if j == i {
		return i
	}
	repeated := true
	if figure, next := f.bracketed(j); next > j { // "quarante (40) euros"
		repeated, j = figure == n*100, next
	}
	unit := f.currency(j)
	if unit.unit == "" {
		return j
	}
	cents, end := n*100*max(unit.factor, 1), unit.next
	if unit.cents {
		cents = n
	} else if more, next := f.centsBehind(end, true); next > end {
		cents, end = cents+more, next
	}
	f.add(i, end, cents, false, !repeated, unit.unit)
	return end
}

// bracketed reads a number in figures alone in brackets, before a currency; i as next
// when there is none.
func (f *sumFinder) bracketed(i int) (cents int64, next int) {
	if f.at(i).text != "(" || f.at(i+1).kind != digits || i+1 >= len(f.tokens) {
		return 0, i
	}
	n := f.figure(i + 1)
	if f.at(n.next).text != ")" || f.currency(n.next+1).unit == "" {
		return 0, i
	}
	return n.cents, n.next + 1
}

// bracketedWords passes over a number in words alone in brackets, before a currency.
func (f *sumFinder) bracketedWords(i int) int {
	if f.at(i).text != "(" {
		return i
	}
	_, next := f.wordNumber(i + 1)
	if next > i+1 && f.at(next).text == ")" && f.currency(next+1).unit != "" {
		return next + 1
	}
	return i
}

// numberWords are the numerals of French and English; multipliers are in
// wordFactors.
var numberWords = map[string]int64{
	"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13,
	"quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70,
	"huitante": 80, "octante": 80, "nonante": 90, "cent": 100, "cents": 100, "mille": 1000, "mil": 1000, "million": 1_000_000, "millions": 1_000_000, "milliard": 1_000_000_000, "milliards": 1_000_000_000,
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
	"fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
	"eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}

// wordNumber reads a number in words at token i; i as next when there is none.
func (f *sumFinder) wordNumber(i int) (n int64, next int) {
	var total, part int64
	j := i
	for j < len(f.tokens) {
		t := f.at(j)
		switch {
		case (t.text == "-" || t.text == "et" || t.text == "and") && j > i && f.numeral(j+1):
			j++
			continue
		case t.text == "a" && j == i && (f.at(j+1).text == "hundred" || f.at(j+1).text == "thousand"):
			j++
			continue
		}
		value := numberWords[t.text]
		if value == 0 || !f.numeral(j) {
			break
		}
		switch {
		case value == 100:
			part = max(part, 1) * 100
		case value >= 1000:
			total, part = total+max(part, 1)*value, 0
		case value == 20 && part%100 == 4: // quatre-vingts
			part += 76
		default:
			part += value
		}
		j++
		if total+part > maxCents/100 {
			return 0, i
		}
	}
	return total + part, j
}

// numeral reports whether token i is a numeral: "cents" is one only before another or
// before a currency, else it is the coin.
func (f *sumFinder) numeral(i int) bool {
	t := f.at(i)
	if t.kind != letters || numberWords[t.text] == 0 {
		return false
	}
	if t.text == "cents" || t.text == "cent" {
		next := f.at(i + 1)
		if next.text == "-" {
			next = f.at(i + 2)
		}
		return i+1 < len(f.tokens) && (currencies[next.text] != "" || numberWords[next.text] != 0 || next.text == "d")
	}
	return true
}

// bare reports whether a number without currency is a sum: two decimals after words
// that announce one, or in a column whose head names the euro.
func (f *sumFinder) bare(i int, n figure, next int) bool {
	follows := f.at(next)
	if follows.kind == sign && follows.gap == noGap && f.at(next+1).kind == digits && f.at(next+1).gap == noGap { // a date
		return false
	}
	if follows.text == "%" || follows.kind == letters && follows.gap == noGap || f.glued(i) || follows.text == "/" && follows.gap == noGap {
		return false
	}
	switch follows.text {
	case "pour", "percent", "per", "points", "point", "h", "jours", "jour", "days", "kg", "km", "kwh":
		return false
	}
	if f.tokens[i].column {
		return n.decimals == 2 || follows.text == "|" && f.at(i-1).text == "|"
	}
	return n.decimals == 2 && f.announced(i)
}

// announcing are the words that announce a sum.
var announcing = map[string]bool{
	"somme": true, "montant": true, "total": true, "solde": true, "payer": true, "regler": true, "verser": true, "reste": true, "restant": true,
	"sum": true, "amount": true, "balance": true, "owe": true, "outstanding": true,
}

// announced reports whether a word that announces a sum stands a few words before a
// number, in its sentence.
func (f *sumFinder) announced(i int) bool {
	for j := i - 1; j >= 0 && j >= i-6; j-- {
		t := f.at(j)
		switch {
		case announcing[t.text]:
			return true
		case t.kind == digits || t.text == "." || t.text == ";" || t.text == "°" || t.text == "n" || t.text == "facture" || t.text == "commande":
			return false
		}
	}
	return false
}

// capital reports whether the sum that begins at token i is the creditor's share
// capital: "capital social de 10 000 €".
func (f *sumFinder) capital(i int) bool {
	j := i - 1
	for j >= 0 && (f.at(j).text == ":" || f.at(j).text == "de" || f.at(j).text == "of" || f.at(j).text == "d" || f.at(j).text == "'") {
		j--
	}
	for j >= 0 && (f.at(j).text == "social" || f.at(j).text == "variable" || f.at(j).text == "minimum" || f.at(j).text == "minimal" || f.at(j).text == "fixe") {
		j--
	}
	return f.at(j).text == "capital"
}

// columns marks the cells of tables whose head names the euro.
func (f *sumFinder) columns() {
	var euros []bool
	column, head := 0, false
	named := false
	for i := range f.tokens {
		t := &f.tokens[i]
		if t.gap == lineGap || i == 0 {
			if t.text != "|" {
				euros, named = nil, false
			}
			head = t.text == "|" && euros == nil
			column = 0
		}
		if t.text == "|" {
			column++
			if head && column > len(euros) {
				euros = append(euros, false)
			}
			continue
		}
		switch {
		case head && column > 0 && currencies[t.text] == "EUR":
			euros[column-1], named = true, true
		case !head && named && column > 0 && column <= len(euros):
			t.column = euros[column-1]
		}
	}
}

// quotations marks what stands in quotation marks in a sentence that names an article
// of law before them.
func (f *sumFinder) quotations() {
	article, open := false, false
	for i := range f.tokens {
		t := &f.tokens[i]
		switch {
		case t.text == "«" || t.text == "“" || t.text == `"` && !open:
			open = true
		case t.text == "»" || t.text == "”" || t.text == `"`:
			open = false
			article = false
		case t.text == "article" || t.text == "articles" || t.text == "art":
			article = article || !open
		case !open && t.gap == noGap && t.text == "." && f.at(i+1).gap != noGap && !slices.Contains(shortened, f.at(i-1).text):
			article = false
		}
		t.quoted = open && article
	}
}
