package latepayment

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

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
