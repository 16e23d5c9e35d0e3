package pdf

import "bytes"

type tokenKind byte

const (
	tokenEOF tokenKind = iota
	tokenNumber
	tokenName
	tokenString
	tokenArrayOpen
	tokenArrayClose
	tokenDictOpen
	tokenDictClose
	tokenKeyword
)

// token is one lexical element of a content stream or an object.
type token struct {
	kind  tokenKind
	num   float64
	real  bool   // a number that is not written as a whole one
	bytes []byte // of a name without its slash, a decoded string, a keyword
}

// lexer splits PDF syntax into tokens (ISO 32000-1, 7.2 and 7.3). Any input
// yields tokens: what makes no sense becomes a keyword nobody knows.
type lexer struct {
	data    []byte
	pos     int
	scratch []byte // decoded strings; the caller resets it when it is done with them
}

const (
	classRegular byte = iota
	classSpace
	classDelimiter
)

var charClass = func() (t [256]byte) {
	for _, c := range "\x00\t\n\f\r " {
		t[c] = classSpace
	}
	for _, c := range "()<>[]{}/%" {
		t[c] = classDelimiter
	}
	return t
}()

func (l *lexer) next() token {
	l.skipSpace()
	if l.pos >= len(l.data) {
		return token{}
	}
	c := l.data[l.pos]
	switch c {
	case '/':
		l.pos++
		return token{kind: tokenName, bytes: l.name()}
	case '(':
		l.pos++
		return token{kind: tokenString, bytes: l.literal()}
	case '<', '>':
		return l.angle(c)
	case '[':
		l.pos++
		return token{kind: tokenArrayOpen}
	case ']':
		l.pos++
		return token{kind: tokenArrayClose}
	case ')', '{', '}':
		l.pos++
		return token{kind: tokenKeyword, bytes: l.data[l.pos-1 : l.pos]}
	}
	return l.regular()
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		switch {
		case charClass[c] == classSpace:
			l.pos++
		case c == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

func (l *lexer) word() []byte {
	start := l.pos
	for l.pos < len(l.data) && charClass[l.data[l.pos]] == classRegular {
		l.pos++
	}
	return l.data[start:l.pos]
}

func (l *lexer) angle(c byte) token {
	l.pos++
	if l.pos < len(l.data) && l.data[l.pos] == c {
		l.pos++
		if c == '<' {
			return token{kind: tokenDictOpen}
		}
		return token{kind: tokenDictClose}
	}
	if c == '<' {
		return token{kind: tokenString, bytes: l.hex()}
	}
	return token{kind: tokenKeyword, bytes: l.data[l.pos-1 : l.pos]}
}

func (l *lexer) regular() token {
	w := l.word()
	if n, ok := parseNumber(w); ok {
		return token{kind: tokenNumber, num: n, real: bytes.IndexByte(w, '.') >= 0}
	}
	return token{kind: tokenKeyword, bytes: w}
}

// parseNumber reads what viewers take for a number: "12", "-.5", "+3.", "--4".
func parseNumber(w []byte) (float64, bool) {
	i, sign := 0, 1.0
	for i < len(w) && (w[i] == '+' || w[i] == '-') {
		if w[i] == '-' {
			sign = -1
		}
		i++
	}
	n, scale, digits, point := 0.0, 1.0, 0, false
	for ; i < len(w); i++ {
		switch c := w[i]; {
		case c >= '0' && c <= '9':
			digits++
			n = n*10 + float64(c-'0')
			if point {
				scale *= 10
			}
		case c == '.' && !point:
			point = true
		case c == '-' && digits > 0:
			i = len(w) // "12-3" is 12 to Acrobat
		default:
			return 0, false
		}
	}
	if digits == 0 && !point || digits > 300 {
		return 0, false
	}
	return sign * n / scale, true
}

func (l *lexer) name() []byte {
	w := l.word()
	if bytes.IndexByte(w, '#') < 0 {
		return w
	}
	start := len(l.scratch)
	for i := 0; i < len(w); i++ {
		if w[i] == '#' && i+2 < len(w) && isHex(w[i+1]) && isHex(w[i+2]) {
			l.scratch = append(l.scratch, unhex(w[i+1])<<4|unhex(w[i+2]))
			i += 2
			continue
		}
		l.scratch = append(l.scratch, w[i])
	}
	return l.scratch[start:]
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

func (l *lexer) hex() []byte {
	start, high, odd := len(l.scratch), byte(0), false
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		l.pos++
		if c == '>' {
			break
		}
		if !isHex(c) {
			continue
		}
		if odd {
			l.scratch = append(l.scratch, high<<4|unhex(c))
		}
		high, odd = unhex(c), !odd
	}
	if odd {
		l.scratch = append(l.scratch, high<<4)
	}
	return l.scratch[start:]
}

var literalEscapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

func (l *lexer) literal() []byte {
	start, depth := len(l.scratch), 1
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		l.pos++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return l.scratch[start:]
			}
		case '\\':
			l.escape()
			continue
		}
		l.scratch = append(l.scratch, c)
	}
	return l.scratch[start:]
}

func (l *lexer) escape() {
	if l.pos >= len(l.data) {
		return
	}
	c := l.data[l.pos]
	l.pos++
	switch {
	case c >= '0' && c <= '7':
		v := c - '0'
		for range 2 {
			if l.pos >= len(l.data) || l.data[l.pos] < '0' || l.data[l.pos] > '7' {
				break
			}
			v = v<<3 | (l.data[l.pos] - '0')
			l.pos++
		}
		l.scratch = append(l.scratch, v)
	case c == '\r':
		if l.pos < len(l.data) && l.data[l.pos] == '\n' {
			l.pos++
		}
	case c == '\n':
	default:
		if e, ok := literalEscapes[c]; ok {
			c = e
		}
		l.scratch = append(l.scratch, c)
	}
}

// skipInlineImage moves behind the data of an inline image, of which the ID
// keyword was just read. The data end at an EI between white space that is not
// followed by binary bytes.
func (l *lexer) skipInlineImage() {
	for l.pos < len(l.data) {
		i := bytes.Index(l.data[l.pos:], []byte("EI"))
		if i < 0 {
			l.pos = len(l.data)
			return
		}
		at := l.pos + i
		l.pos = at + 2
		if at > 0 && charClass[l.data[at-1]] == classSpace && endsImage(l.data[l.pos:]) {
			return
		}
	}
}

func endsImage(after []byte) bool {
	if len(after) == 0 {
		return true
	}
	if charClass[after[0]] != classSpace {
		return false
	}
	for _, c := range after[:min(len(after), 12)] {
		if c >= 0x7f || c < 0x20 && charClass[c] != classSpace {
			return false
		}
	}
	return true
}
