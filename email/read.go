package email

import (
	"html"
	"strings"
)

// TextOf returns what a reader of an e-mail's HTML reads, as text: a table of values
// row by row with the heads of its columns, a link with its address where that is not
// what it says. It is for the HTML that a [Layout] makes; a parser for anybody's would
// bring its module to every host.
func TextOf(document string) string {
	r := reading{open: []*element{{}}}
	for document != "" {
		text, rest, found := strings.Cut(document, "<")
		r.write(html.UnescapeString(text))
		if !found {
			break
		}
		document = r.markup(rest)
	}
	for len(r.open) > 1 {
		r.close(r.open[len(r.open)-1].name)
	}
	return strings.TrimSpace(r.open[0].text.String())
}

// element is one whose text is set apart until it ends.
type element struct {
	name, href string
	column     bool // the head of a column
	text       strings.Builder
	table      *values
}

// values is a table of values as far as it was read.
type values struct {
	heads []string
	row   []string
	cells int
	named bool // the row begins with its own head
}

// reading is what is being read: the document, and the elements in it that are open.
type reading struct{ open []*element }

func (r *reading) write(text string) { r.open[len(r.open)-1].text.WriteString(text) }

// silent are elements whose text nobody sees.
var silent = map[string]bool{"head": true, "style": true, "script": true, "title": true}

// apart are elements that end a line.
var apart = map[string]bool{"p": true, "div": true, "br": true, "li": true, "ul": true, "tr": true, "h1": true, "h2": true}

// kept are elements whose text is looked at as a whole.
var kept = map[string]bool{"a": true, "table": true, "td": true, "th": true}

// markup reads what follows a "<", and returns what follows that.
func (r *reading) markup(rest string) string {
	if strings.HasPrefix(rest, "!--") {
		_, after, _ := strings.Cut(rest, "-->")
		return after
	}
	name, attributes, after := tagOf(rest)
	end, closes := strings.CutPrefix(name, "/")
	switch {
	case closes:
		r.close(end)
	case silent[name]:
		_, after = cutFold(after, "</"+name)
		_, after, _ = strings.Cut(after, ">")
	case kept[name]:
		r.begin(name, attributes)
	case apart[name]:
		if name == "br" {
			r.write("\n")
		}
	}
	return after
}

// tagOf reads a tag: its name, with a slash where it ends an element, and its
// attributes.
func tagOf(rest string) (name string, attributes map[string]string, after string) {
	end := strings.IndexAny(rest, " \t\n\r>")
	if end < 0 {
		return strings.ToLower(rest), nil, ""
	}
	name, rest = strings.ToLower(strings.TrimSuffix(rest[:end], "/")), rest[end:]
	attributes = map[string]string{}
	for {
		rest = strings.TrimLeft(rest, " \t\n\r/")
		end = strings.IndexAny(rest, "= \t\n\r>")
		if end < 0 || rest[end] == '>' && end == 0 {
			return name, attributes, strings.TrimPrefix(rest[max(end, 0):], ">")
		}
		key := strings.ToLower(rest[:end])
		value := ""
		if rest = rest[end:]; rest[0] == '=' {
			value, rest = valueOf(rest[1:])
		}
		attributes[key] = html.UnescapeString(value)
	}
}

// valueOf reads the value of an attribute.
func valueOf(rest string) (value, after string) {
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		value, after, _ = strings.Cut(rest[1:], rest[:1])
		return value, after
	}
	if end := strings.IndexAny(rest, " \t\n\r>"); end >= 0 {
		return rest[:end], rest[end:]
	}
	return rest, ""
}

// cutFold is strings.Cut that heeds no case of ASCII.
func cutFold(s, sep string) (before, after string) {
	for i := range len(s) - len(sep) + 1 {
		if strings.EqualFold(s[i:i+len(sep)], sep) {
			return s[:i], s[i+len(sep):]
		}
	}
	return s, ""
}

func (r *reading) begin(name string, attributes map[string]string) {
	e := &element{name: name, href: attributes["href"], column: attributes["scope"] == "col"}
	if name == "table" && attributes["role"] != "presentation" {
		e.table = &values{}
	}
	r.open = append(r.open, e)
}

// close ends the innermost element of a name, and those in it. One that is not open
// ends nothing.
func (r *reading) close(name string) {
	if !kept[name] {
		if t := r.table(); name == "tr" && t != nil {
			r.write(t.line())
		}
		if apart[name] {
			r.write("\n")
		}
		return
	}
	for i := len(r.open) - 1; i > 0; i-- {
		if r.open[i].name != name {
			continue
		}
		for len(r.open) > i {
			e := r.open[len(r.open)-1]
			r.open = r.open[:len(r.open)-1]
			r.ended(e)
		}
		return
	}
}

// table is the table of values whose row is being read.
func (r *reading) table() *values { return r.open[len(r.open)-1].table }

// ended writes what an element said to the one around it.
func (r *reading) ended(e *element) {
	text := e.text.String()
	switch {
	case e.name == "a":
		if e.href != strings.TrimSpace(text) {
			text += " " + e.href
		}
		r.write(text)
	case e.name == "table":
		if e.table != nil {
			text += e.table.line()
		}
		r.write("\n" + text + "\n")
	case r.table() != nil:
		r.table().add(e)
	default:
		r.write(text + "\n")
	}
}

// add keeps a cell: behind the head of its column, unless it names its row or the row
// names itself.
func (t *values) add(e *element) {
	text := strings.TrimSpace(e.text.String())
	if e.column {
		t.heads = append(t.heads, text)
		return
	}
	t.named = t.named || e.name == "th"
	if at := t.cells; at > 0 && at < len(t.heads) && !t.named && text != "" {
		text = t.heads[at] + " " + text
	}
	t.cells++
	if text != "" {
		t.row = append(t.row, text)
	}
}

// line ends the row.
func (t *values) line() string {
	row := strings.Join(t.row, ", ")
	t.row, t.cells, t.named = nil, 0, false
	return row
}

// words are those of a text, whatever their case, without the marks that a list or a
// label has and a table or a button does not need.
func words(text string) []string {
	var all []string
	for _, word := range strings.Fields(text) {
		if word = strings.ToLower(strings.TrimRight(word, ",:")); word != "" && word != "-" && word != "--" {
			all = append(all, word)
		}
	}
	return all
}

// firstMissing returns the first word that does not come in others, behind those
// before it; "" when all do.
func firstMissing(some, others []string) string {
	for _, word := range some {
		for len(others) > 0 && others[0] != word {
			others = others[1:]
		}
		if len(others) == 0 {
			return word
		}
		others = others[1:]
	}
	return ""
}

// Reads reports whether HTML reads as the page does, word for word, with nothing left
// out and nothing added.
func (p Page) Reads(document string) bool {
	own := strings.Join([]string{p.Preview, p.Brand, p.Text()}, "\n")
	return strings.Join(words(own), " ") == strings.Join(words(TextOf(document)), " ")
}
