package latepayment

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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

// folded maps letters with accents, ligatures and typographic signs to what
// they are compared as.
var folded = map[rune]string{
	'à': "a", 'â': "a", 'ä': "a", 'á': "a", 'ã': "a", 'å': "a", 'ç': "c",
	'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'î': "i", 'ï': "i", 'í': "i", 'ì': "i", 'ñ': "n",
	'ô': "o", 'ö': "o", 'ó': "o", 'ò': "o", 'õ': "o", 'ù': "u", 'û': "u", 'ü': "u", 'ú': "u",
	'ÿ': "y", 'ý': "y", 'œ': "oe", 'æ': "ae", 'ß': "ss",
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl",
	'’': "'", '‘': "'", 'ʼ': "'", '‐': "-", '‑': "-", '–': "-", '—': "-", '−': "-",
	'\u202f': "\u00a0", '\u2007': "\u00a0", '\u00ad': "", '\u200b': "", '\ufeff': "",
}

func cutWords(s string) letterText {
	c := wordCutter{buf: make([]byte, 0, len(s)+len(s)/8), ends: make([]wordEnd, 0, len(s)/5)}
	for _, r := range s {
		c.take(r)
	}
	c.endWord()
	all := string(c.buf)
	t := letterText{words: make([]word, len(c.ends)), next: make([]int, len(c.ends)), first: make(map[string]int, len(c.ends)/2)}
	start := 0
	for i, e := range c.ends {
		t.words[i] = word{gap: all[start:e.gap], text: all[e.gap:e.text], digit: e.digit}
		start = e.text
	}
	t.tail = all[start:]
	for i := len(t.words) - 1; i >= 0; i-- {
		w := t.words[i].text
		t.next[i] = t.first[w]
		t.first[w] = i
	}
	return t
}

// wordCutter writes gaps and words one after another, as they are compared.
type wordCutter struct {
	buf    []byte
	gap    int // where the gap before the word begun ends
	within bool
	digit  bool
	ends   []wordEnd
}

// wordEnd is where in the buffer a word's gap and the word itself end.
type wordEnd struct {
	gap, text int
	digit     bool
}

func (c *wordCutter) endWord() {
	if c.within && len(c.buf) > c.gap {
		c.ends = append(c.ends, wordEnd{gap: c.gap, text: len(c.buf), digit: c.digit})
	}
	c.within = false
}

func (c *wordCutter) take(r rune) {
	digit := r >= '0' && r <= '9'
	switch {
	case r < 128 && !digit && !unicode.IsLetter(r):
		c.separate(string(r))
		return
	case r >= 128:
		r = unicode.ToLower(r)
		text, replaced := folded[r]
		if replaced && text == "" || !replaced && unicode.Is(unicode.Mn, r) { // combining accents of a decomposed text
			return
		}
		if !unicode.IsLetter(r) {
			if !replaced {
				text = string(r)
			}
			c.separate(text)
			return
		}
	}
	if !c.within || digit != c.digit {
		c.endWord()
		c.gap, c.within, c.digit = len(c.buf), true, digit
	}
	c.buf = appendFolded(c.buf, r)
}

// separate writes what stands between words: runs of spaces as one.
func (c *wordCutter) separate(text string) {
	c.endWord()
	if r, _ := utf8.DecodeRuneInString(text); unicode.IsSpace(r) && text != "\u00a0" {
		text = " "
	}
	start := 0
	if n := len(c.ends); n > 0 {
		start = c.ends[n-1].text
	}
	if (text != " " && text != "\u00a0") || !bytes.HasSuffix(c.buf[start:], []byte(text)) {
		c.buf = append(c.buf, text...)
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
		if t.words[j].digit && (strings.ContainsRune(t.after(j), '€') || t.matchesAt(j+1, phrase{"eur"}) || t.matchesAt(j+1, phrase{"euro"}) || t.matchesAt(j+1, phrase{"euros"})) {
			return true
		}
	}
	return false
}

// monthNames are the months in French, English and German.
var monthNames = [12][3]string{
	{"janvier", "january", "januar"}, {"fevrier", "february", "februar"}, {"mars", "march", "marz"}, {"avril", "april", "april"},
	{"mai", "may", "mai"}, {"juin", "june", "juni"}, {"juillet", "july", "juli"}, {"aout", "august", "august"},
	{"septembre", "september", "september"}, {"octobre", "october", "oktober"}, {"novembre", "november", "november"}, {"decembre", "december", "dezember"},
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
			t.matchesAt(end+1, phrase{"pour", "cent"}) || t.matchesAt(end+1, phrase{"percent"}) || t.matchesAt(end+1, phrase{"per", "cent"}) {
			return true
		}
	}
	return false
}
