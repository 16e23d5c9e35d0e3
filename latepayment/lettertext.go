package latepayment

import (
	"iter"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// word is a run of letters or of digits of a letter's text, in lower case and
// without accents, and what stood between it and the word before.
type word struct {
	text  string
	gap   string // spaces as one ' ', no-break spaces as one '\u00a0'
	digit bool
}

// letterText is a text cut into words. "L.441-10", "L441-10" and "L 441 10" are
// the same three words; so are "31/03/2026" and "31.03.2026".
type letterText struct {
	words []word
	tail  string         // after the last word
	first map[string]int // where each word stands first
	next  []int          // of each word, where it stands again; 0: nowhere
}

// each yields where a word stands.
func (t letterText) each(word string) iter.Seq[int] {
	return func(yield func(int) bool) {
		i, ok := t.first[word]
		for ok && yield(i) {
			i = t.next[i]
			ok = i > 0
		}
	}
}

// after returns what stands behind word i.
func (t letterText) after(i int) string {
	if i+1 < len(t.words) {
		return t.words[i+1].gap
	}
	return t.tail
}

// phrase is a run of words to look for. After the first, "*" stands for any
// word and "#" for a number.
type phrase []string

// phrases cuts a list of them into their words.
func phrases(all ...string) []phrase {
	cut := make([]phrase, len(all))
	for i, s := range all {
		cut[i] = strings.Fields(s)
	}
	return cut
}

func (t letterText) matchesAt(i int, p phrase) bool {
	if i+len(p) > len(t.words) {
		return false
	}
	for j, want := range p {
		w := t.words[i+j]
		if want != w.text && want != "*" && (want != "#" || !w.digit) {
			return false
		}
	}
	return true
}

// find returns where p first stands, or -1.
func (t letterText) find(p phrase) int {
	if len(p) == 0 {
		return -1
	}
	for i := range t.each(p[0]) {
		if t.matchesAt(i, p) {
			return i
		}
	}
	return -1
}

// has reports whether s stands in the text, whatever its case, accents and
// punctuation. The empty text never does.
func (t letterText) has(s string) bool {
	var p phrase
	for _, w := range cutWords(s).words {
		p = append(p, w.text)
	}
	return t.find(p) >= 0
}

func (t letterText) hasAny(phrases []phrase) bool {
	for _, p := range phrases {
		if t.find(p) >= 0 {
			return true
		}
	}
	return false
}

var negators = map[string]bool{
	"sans": true, "aucun": true, "aucune": true, "aucuns": true, "pas": true, "ne": true, "n": true, "ni": true,
	"no": true, "not": true, "without": true, "cannot": true, "never": true, "nor": true,
}

// affirmed returns the first of the phrases that stands in the text without a
// negation in the two words before it ("sans frais de relance") and, if asked,
// with a sum of money behind it; "" for none.
func (t letterText) affirmed(phrases []phrase, withAmount bool) string {
	for _, p := range phrases {
		for i := range t.each(p[0]) {
			if t.matchesAt(i, p) && !t.negated(i) && (!withAmount || t.amountNear(i)) {
				return strings.Join(p, " ")
			}
		}
	}
	return ""
}

func (t letterText) negated(i int) bool {
	for back := 1; back <= 2 && i-back >= 0; back++ {
		if strings.ContainsAny(t.words[i-back+1].gap, ".,;:!?") {
			return false
		}
		if negators[t.words[i-back].text] {
			return true
		}
	}
	return false
}

// amountNear reports whether a sum in euros stands within a dozen words from i
// on.
func (t letterText) amountNear(i int) bool {
	for j := i; j < min(i+12, len(t.words)); j++ {
		if t.words[j].digit && (strings.ContainsRune(t.after(j), '€') || t.matchesAt(j+1, phrase{"eur"}) || t.matchesAt(j+1,
			phrase{"euro"}) || t.matchesAt(j+1, phrase{"euros"})) {
			return true
		}
	}
	return false
}

// monthNames are the months in French, English and German.
var monthNames = [12][3]string{
	{"janvier", "january", "januar"}, {"fevrier", "february", "februar"}, {"mars", "march", "marz"}, {"avril", "april", "april"},
	{"mai", "may", "mai"}, {"juin", "june", "juni"}, {"juillet", "july", "juli"}, {"aout", "august", "august"},
	{"septembre", "september", "september"}, {"octobre", "october", "oktober"}, {"novembre", "november", "november"},
	{"decembre", "december", "dezember"},
}

// hasDate reports whether d stands in the text, in figures (day first, or
// 2026-03-31) or with the month's name in French, English or German.
func (t letterText) hasDate(d courrier.Date) bool {
	if d.IsZero() {
		return false
	}
	y, m, day := d.Civil()
	year := strconv.Itoa(y)
	for _, dd := range []string{strconv.Itoa(day), pad(day)} {
		for _, mm := range []string{strconv.Itoa(int(m)), pad(int(m))} {
			if t.find(phrase{dd, mm, year}) >= 0 || t.find(phrase{year, mm, dd}) >= 0 {
				return true
			}
		}
		for _, month := range monthNames[m-1] {
			if t.find(phrase{dd, month, year}) >= 0 || t.find(phrase{month, dd, year}) >= 0 ||
				t.find(phrase{dd, "er", month, year}) >= 0 || t.find(phrase{dd, "*", month, year}) >= 0 ||
				t.find(phrase{month, dd, "*", year}) >= 0 {
				return true
			}
		}
	}
	return false
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// hasAmount reports whether a stands in the text as a number: "1263,57",
// "1 263.57", "1.263,57", and without decimals when they are zero.
func (t letterText) hasAmount(a courrier.Amount) bool {
	n, ok := cents(a)
	if !ok || n < 0 {
		return false
	}
	whole, fraction := strconv.FormatInt(n/100, 10), pad(int(n%100))
	firstGroup := whole[:(len(whole)-1)%3+1]
	for _, start := range []string{whole, firstGroup} {
		for i := range t.each(start) {
			if t.numberAt(i, whole, fraction) {
				return true
			}
		}
	}
	return false
}

// numberAt reports whether the number starts with word i and is not part of a
// longer one.
func (t letterText) numberAt(i int, whole, fraction string) bool {
	if i > 0 && t.words[i-1].digit && joins(t.words[i].gap) {
		return false
	}
	end := t.wholeEnd(i, whole)
	if end < 0 {
		return false
	}
	if next := end + 1; next < len(t.words) && t.words[next].digit {
		switch gap := t.words[next].gap; {
		case (gap == "," || gap == ".") && len(t.words[next].text) <= 2:
			return t.words[next].text == fraction
		case joins(gap) && len(t.words[next].text) == 3:
			return false // the number goes on
		}
	}
	return fraction == "00"
}

// joins says whether a gap between digits makes them one number without doubt;
// a plain space may also separate two columns.
func joins(gap string) bool { return gap == "\u00a0" || gap == "." || gap == "," || gap == "'" }

// wholeEnd returns the last of the words that spell digits from word i on, as
// one word or in groups of three, or -1.
func (t letterText) wholeEnd(i int, digits string) int {
	if t.words[i].text == digits {
		return i
	}
	for size := (len(digits)-1)%3 + 1; ; size = 3 {
		if i >= len(t.words) || t.words[i].text != digits[:size] {
			return -1
		}
		if digits = digits[size:]; digits == "" {
			return i
		}
		if i++; i < len(t.words) && t.words[i].gap != " " && !joins(t.words[i].gap) {
			return -1
		}
	}
}

// hasRate reports whether p stands in the text, followed by a percent sign or
// word.
func (t letterText) hasRate(p Percent) bool {
	whole, fraction, _ := strings.Cut(p.String(), ".")
	fraction = strings.TrimRight(fraction, "0")
	for i := range t.each(whole) {
		if i > 0 && t.words[i-1].digit && joins(t.words[i].gap) {
			continue
		}
		end := i
		if next := i + 1; next < len(t.words) && t.words[next].digit && (t.words[next].gap == "," || t.words[next].gap == ".") {
			if strings.TrimRight(t.words[next].text, "0") != fraction {
				continue
			}
			end = next
		} else if fraction != "" {
			continue
		}
		if strings.HasPrefix(strings.TrimLeft(t.after(end), " \u00a0"), "%") ||
			t.matchesAt(end+1, phrase{"pour", "cent"}) || t.matchesAt(end+1, phrase{"percent"}) || t.matchesAt(end+1,
			phrase{"per", "cent"}) {
			return true
		}
	}
	return false
}
