package pdf

import "strings"

// style is how a text is written.
type style struct {
	size   float64 // points
	bold   bool
	colour RGB
}

// leading is the distance of lines in millimetres.
func (s style) leading() float64 { return s.size * mmPerPoint * 1.4 }

// line is one line of text: fragments in one weight each, from x = 0.
type line struct {
	fragments []fragment
	width     float64
	cut       bool // its last word goes on in the next line
	space     bool // a space that leaves no ink ends it, so that readers of the text do not join two words
}

// spaced ends each line but the last, and those that cut a word, with a space.
func spaced(lines []line) []line {
	for i := range lines {
		lines[i].space = i < len(lines)-1 && !lines[i].cut
	}
	return lines
}

type fragment struct {
	text string
	bold bool
	x, w float64
}

// word is what a line does not break: spans without a space between them.
type word struct {
	parts   []span
	newLine bool // a line feed stands before it
}

// words splits spans at spaces and line feeds.
func words(all []span) []word {
	out := []word{{}}
	for _, s := range all {
		for i, field := range strings.Split(s.text, "\n") {
			if i > 0 {
				out = append(out, word{newLine: true})
			}
			for k, text := range strings.Split(field, " ") {
				if k > 0 {
					out = append(out, word{})
				}
				if text != "" {
					last := &out[len(out)-1]
					last.parts = append(last.parts, span{text, s.bold})
				}
			}
		}
	}
	return out
}

// breaker fills lines of one width, first fit: letters are set ragged right.
type breaker struct {
	faces faces
	st    style
	width float64
	lines []line
}

// breakLines sets a text with bold marks into lines of a width in millimetres.
func (f faces) breakLines(text string, st style, width float64) []line {
	if l, ok := f.oneLine(text, st, width); ok {
		return []line{l}
	}
	all := spans(text)
	if st.bold {
		all = []span{{strings.ReplaceAll(text, "**", ""), true}}
	}
	b := breaker{faces: f, st: st, width: width, lines: []line{{}}}
	for _, w := range words(all) {
		if w.newLine {
			b.lines = append(b.lines, line{})
		}
		if len(w.parts) > 0 {
			b.add(w)
		}
	}
	return spaced(b.lines)
}

// oneLine is the common case: a text without marks that needs no break, such as
// most cells of a table.
func (f faces) oneLine(text string, st style, width float64) (line, bool) {
	if text == "" || text[0] == ' ' || text[len(text)-1] == ' ' || strings.ContainsAny(text, "\n*") || strings.Contains(text, "  ") {
		return line{}, false
	}
	w := f.of(st.bold).width(text, st.size)
	if w > width+1e-9 {
		return line{}, false
	}
	return line{fragments: []fragment{{text, st.bold, 0, w}}, width: w}, true
}

func (b *breaker) add(w word) {
	last := &b.lines[len(b.lines)-1]
	space := 0.0
	if len(last.fragments) > 0 {
		space = b.faces.of(w.parts[0].bold).width(" ", b.st.size)
	}
	wide := b.measure(w)
	if last.width+space+wide > b.width+1e-9 && len(last.fragments) > 0 {
		b.lines = append(b.lines, line{})
		last, space = &b.lines[len(b.lines)-1], 0
	}
	if wide > b.width {
		b.split(w)
		return
	}
	if space > 0 {
		b.append(last, span{" ", w.parts[0].bold})
	}
	for _, p := range w.parts {
		b.append(last, p)
	}
}

func (b *breaker) measure(w word) float64 {
	wide := 0.0
	for _, p := range w.parts {
		wide += b.faces.of(p.bold).width(p.text, b.st.size)
	}
	return wide
}

// split breaks a word that is wider than a line: behind a slash, a dash or a
// dot where it has one, else wherever the line is full.
func (b *breaker) split(w word) {
	for _, p := range w.parts {
		for _, piece := range pieces(p.text) {
			if b.fits(span{piece, p.bold}) {
				b.append(&b.lines[len(b.lines)-1], span{piece, p.bold})
				continue
			}
			b.cut()
			b.splitAnywhere(span{piece, p.bold})
		}
	}
}

func (b *breaker) fits(s span) bool {
	return b.lines[len(b.lines)-1].width+b.faces.of(s.bold).width(s.text, b.st.size) <= b.width+1e-9
}

// cut begins a line within a word, unless one has just begun.
func (b *breaker) cut() {
	if last := &b.lines[len(b.lines)-1]; len(last.fragments) > 0 {
		last.cut = true
		b.lines = append(b.lines, line{})
	}
}

func (b *breaker) splitAnywhere(s span) {
	for _, r := range s.text {
		c := span{string(r), s.bold}
		if !b.fits(c) {
			b.cut()
		}
		b.append(&b.lines[len(b.lines)-1], c)
	}
}

// pieces cuts behind the characters that long numbers and web addresses may be
// broken at.
func pieces(s string) []string {
	var out []string
	for len(s) > 0 {
		i := strings.IndexAny(s, "/-._?&=@") + 1
		if i == 0 {
			i = len(s)
		}
		out = append(out, s[:i])
		s = s[i:]
	}
	return out
}

// append adds text to a line, to its last fragment where the weight is the same.
func (b *breaker) append(l *line, s span) {
	w := b.faces.of(s.bold).width(s.text, b.st.size)
	if n := len(l.fragments); n > 0 && l.fragments[n-1].bold == s.bold {
		l.fragments[n-1].text += s.text
		l.fragments[n-1].w += w
	} else {
		l.fragments = append(l.fragments, fragment{s.text, s.bold, l.width, w})
	}
	l.width += w
}
