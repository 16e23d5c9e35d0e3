package email

import (
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
)

// Page is what an e-mail says, once: a [Layout] makes its HTML, and Text its text,
// so that both say the same. All of it is plain text; nothing in it is HTML.
type Page struct {
	Language  courrier.Language
	Title     string // the subject
	Preview   string // what a mailbox shows beside the subject; empty: what comes first
	Brand     string // who writes
	Logo      Image
	Blocks    []Block
	Signature []string // lines
	Footer    []string // lines
	Colon     string   // between a label and what follows it, as the language writes it
}

// Image is an image of a [Page].
type Image struct {
	// Source is the image's address: "cid:" with the [CID] of an inline image. One
	// that is elsewhere shows the sender who reads, and when.
	Source        template.URL
	Width, Height int // in CSS pixels
}

// Block is a part of a page: a paragraph by its Lines, a list by its Items, or one of
// the others.
type Block struct {
	Lines  [][]Run
	Items  [][]Run
	Button *Link
	Table  *Table
}

// Run is text of one kind.
type Run struct {
	Text string
	Bold bool
	Link string // its URL; empty: none
}

// Link is a link that may stand alone, as a button.
type Link struct {
	URL   string // absolute, https
	Label string // what the button says
}

// Column is a column of a [Table].
type Column struct {
	Label  string // as text has it before each value: "due"
	Number bool   // its values are numbers
}

// Title returns the label as the head of a column.
func (c Column) Title() string {
	first, size := utf8.DecodeRuneInString(c.Label)
	return string(unicode.ToUpper(first)) + c.Label[size:]
}

// Table is a table of values with sums below. The first column names its row.
type Table struct {
	Columns []Column
	Rows    [][]string // a cell for each column; empty ones say nothing
	Sums    []Sum
}

// Label returns over how many columns the label of a sum stretches.
func (t Table) Label() int { return max(len(t.Columns)-1, 1) }

// Sum is a row below a [Table].
type Sum struct {
	Label, Amount string
	Strong        bool
}

// ParseBlock reads one paragraph: **bold** runs, \* for a star, and a list where it
// begins with "- ". The URLs of the links are links in it; one that stands alone behind
// its label and the colon is a button.
func ParseBlock(text, colon string, links []Link) Block {
	if strings.HasPrefix(text, "- ") {
		return Block{Items: runsOf(strings.ReplaceAll("\n"+text, "\n- ", "\n")[1:], links)}
	}
	lines := runsOf(text, links)
	for _, l := range links {
		if plain(lines) == l.Label+colon+l.URL {
			return Block{Button: &l}
		}
	}
	return Block{Lines: lines}
}

// runsOf reads the marks of a paragraph, line by line.
func runsOf(text string, links []Link) [][]Run {
	bold := false
	var lines [][]Run
	for _, line := range strings.Split(text, "\n") {
		var runs []Run
		var b strings.Builder
		end := func() {
			runs = append(runs, linked(b.String(), bold, links)...)
			b.Reset()
		}
		for len(line) > 0 {
			switch {
			case strings.HasPrefix(line, `\*`):
				b.WriteByte('*')
				line = line[2:]
			case strings.HasPrefix(line, "**"):
				end()
				bold, line = !bold, line[2:]
			default:
				b.WriteByte(line[0])
				line = line[1:]
			}
		}
		end()
		lines = append(lines, runs)
	}
	return lines
}

// linked divides a run at the links in it.
func linked(text string, bold bool, links []Link) []Run {
	if text == "" {
		return nil
	}
	for _, l := range links {
		before, after, found := strings.Cut(text, l.URL)
		if found {
			runs := append(linked(before, bold, links), Run{Text: l.URL, Link: l.URL})
			return append(runs, linked(after, bold, links)...)
		}
	}
	return []Run{{Text: text, Bold: bold}}
}

func plain(lines [][]Run) string {
	all := make([]string, len(lines))
	for i, line := range lines {
		for _, run := range line {
			all[i] += run.Text
		}
	}
	return strings.Join(all, "\n")
}

// Text returns the page as text.
func (p Page) Text() string {
	parts := make([]string, len(p.Blocks))
	for i, block := range p.Blocks {
		parts[i] = block.text(p.Colon)
	}
	body := strings.Join(parts, "\n\n")
	if n := len(p.Blocks); n > 0 && p.Blocks[n-1].Table != nil && len(p.Signature) > 0 {
		body += "\n" // the signature is no part of the list
	}
	for _, line := range p.Signature {
		body += "\n" + line
	}
	if len(p.Footer) > 0 {
		body += "\n\n-- \n" + strings.Join(p.Footer, "\n") // RFC 3676, section 4.3: readers set it apart
	}
	return body + "\n"
}

func (b Block) text(colon string) string {
	switch {
	case b.Button != nil:
		return b.Button.Label + colon + b.Button.URL
	case b.Table != nil:
		return b.Table.text(colon)
	case b.Items != nil:
		return "- " + strings.ReplaceAll(plain(b.Items), "\n", "\n- ")
	}
	return plain(b.Lines)
}

// text writes a table as a list: each row with the labels of its columns.
func (t Table) text(colon string) string {
	var lines []string
	for _, row := range t.Rows {
		line := "- " + row[0]
		for i := 1; i < len(row); i++ {
			if row[i] != "" {
				line += ", " + t.Columns[i].Label + " " + row[i]
			}
		}
		lines = append(lines, line)
	}
	for _, s := range t.Sums {
		lines = append(lines, "- "+s.Label+colon+s.Amount)
	}
	return strings.Join(lines, "\n")
}
