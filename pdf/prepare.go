package pdf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// GlyphPolicy says what becomes of characters that cannot be set: the fonts have
// no glyph for them, or their script runs from right to left.
type GlyphPolicy string

// The policies.
const (
	GlyphsRefuse     GlyphPolicy = ""           // an error that names them all
	GlyphsSubstitute GlyphPolicy = "substitute" // □ stands in their place; see [Composed].Substituted
)

// substitute is set in the place of what cannot be: both families have it.
const substitute = '□'

// prepareFrame makes the texts around the body ready for the page, in a copy.
func (s *setter) prepareFrame() {
	l := &s.letter
	for _, f := range []struct {
		name string
		text *string
	}{
		{"Sender.Name", &l.Sender.Name}, {"Place", &l.Place}, {"Delivery", &l.Delivery}, {"Subject", &l.Subject},
		{"Signature.Name", &l.Signature.Name}, {"Signature.Title", &l.Signature.Title},
	} {
		*f.text = s.prepare(*f.text, "%s", f.name)
	}
	l.Sender.Lines = s.prepareAll("Sender.Lines", l.Sender.Lines)
	l.Recipient = s.prepareRecipient(l.Recipient)
	l.Enclosures = s.prepareAll("Enclosures", l.Enclosures)
	l.Footer = s.prepareAll("Footer", l.Footer)
	l.References = s.prepareFields("References", l.References)
}

// prepareRecipient refuses what is no address: lines that hold several, and lines
// that all are blank. One blank line among others is left out.
func (s *setter) prepareRecipient(lines []string) []string {
	var out []string
	for i, text := range s.prepareAll("Recipient", lines) {
		s.checks.Require(!strings.Contains(text, "\n"), fmt.Sprintf("Recipient[%d]", i), "holds a line feed",
			"give each line of the address as one element")
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	s.checks.Require(len(out) > 0 || s.checks.Err() != nil, "Recipient", "is blank", "give the lines of the address")
	return out
}

func (s *setter) prepareAll(field string, in []string) []string {
	out := make([]string, len(in))
	for i, text := range in {
		out[i] = s.prepare(text, "%s[%d]", field, i)
	}
	return out
}

func (s *setter) prepareFields(field string, in []Field) []Field {
	out := make([]Field, len(in))
	for i, f := range in {
		out[i] = Field{s.prepare(f.Label, "%s[%d].Label", field, i), s.prepare(f.Value, "%s[%d].Value", field, i)}
	}
	return out
}

func (s *setter) prepareBlocks() {
	blocks := make([]Block, len(s.letter.Blocks))
	for i, b := range s.letter.Blocks {
		name := fmt.Sprintf("Blocks[%d]", i)
		switch b := b.(type) {
		case Paragraph:
			s.checks.Require(len(b) <= maxLetterRunes, name, "is too long", "shorten the text")
			blocks[i] = Paragraph(s.prepare(string(b), "%s", name))
		case List:
			b.Items = s.prepareAll(name+".Items", b.Items)
			blocks[i] = b
		case Details:
			b.Title = s.prepare(b.Title, "%s.Title", name)
			b.Rows = s.prepareFields(name+".Rows", b.Rows)
			blocks[i] = b
		case InvoiceTable:
			blocks[i] = s.prepareTable(name, b)
		case QRCode:
			blocks[i] = s.prepareQR(name, b)
		default:
			s.checks.Require(false, name, "is nil", "leave it out")
		}
	}
	s.letter.Blocks = blocks
}

func (s *setter) prepareTable(name string, t InvoiceTable) InvoiceTable {
	s.checks.Require(len(t.Rows) > 0 && len(t.Rows) <= maxTableRows, name+".Rows", fmt.Sprintf("must be 1 to %d", maxTableRows),
		"split the table")
	for i, c := range t.Columns {
		_, ok := cells[c]
		s.checks.Require(ok, fmt.Sprintf("%s.Columns[%d]", name, i), "is no column", "use one of the Column constants")
	}
	rows := make([]InvoiceRow, len(t.Rows))
	for i, r := range t.Rows {
		r.Number = s.prepare(r.Number, "%s.Rows[%d].Number", name, i)
		for _, c := range []Column{ColumnAmount, ColumnCredited, ColumnPaid, ColumnOpen, ColumnPenalties} {
			a, _ := cells[c].amount(r)
			s.prepareUnit(a.Unit(), "%s.Rows[%d]", name, i)
		}
		rows[i] = r
	}
	lines := make([]SumLine, len(t.Lines))
	for i, l := range t.Lines {
		l.Label = s.prepare(l.Label, "%s.Lines[%d].Label", name, i)
		s.prepareUnit(l.Amount.Unit(), "%s.Lines[%d].Amount", name, i)
		lines[i] = l
	}
	t.Rows, t.Lines = rows, lines
	return t
}

// prepareUnit checks the unit of an amount, which is written as it is.
func (s *setter) prepareUnit(unit, format string, args ...any) {
	if _, known := currencySigns[unit]; !known && unit != "" {
		was := s.letter.Glyphs
		s.letter.Glyphs = GlyphsRefuse
		s.prepare(unit, format, args...)
		s.letter.Glyphs = was
	}
}

// prepare makes a text ready for the page. What cannot be set is reported, all of
// a field at once, or replaced, as the letter asks. The field's name is a format:
// it is written in an error only.
func (s *setter) prepare(text, format string, args ...any) string {
	valid := utf8.ValidString(text)
	text = s.lang.Text(text)
	if s.faces.covers(text) {
		return text
	}
	if s.letter.Glyphs == GlyphsSubstitute {
		return strings.Map(s.substitute, text)
	}
	s.refuse(fmt.Sprintf(format, args...), text, valid)
	return ""
}

// refuse names all characters of a field that cannot be set.
func (s *setter) refuse(field, text string, valid bool) {
	if !s.checks.Require(valid, field, "is not valid UTF-8", "give the text in UTF-8") {
		return
	}
	var missing, turned []rune
	for _, r := range text {
		switch {
		case s.faces.sets(r):
		case isRightToLeft(r), isMark(r) && len(turned) > 0: // a vowel of such a script
			turned = append(turned, r)
		default:
			missing = append(missing, r)
		}
	}
	s.checks.Require(len(missing) == 0, field, s.faces.regular.name+" has no glyph for "+named(missing),
		"write it with other characters, or ask for GlyphsSubstitute")
	if len(turned) > 0 {
		rule := "holds " + scriptOf(turned[0]) + ", which runs from right to left: " + named(turned)
		s.checks.Require(false, field, rule, "write it in Latin letters, or ask for GlyphsSubstitute")
	}
}

func (s *setter) substitute(r rune) rune {
	if s.faces.sets(r) {
		return r
	}
	s.missing = append(s.missing, r)
	return substitute
}

// substituted are the characters that were, each once.
func (s *setter) substituted() []rune {
	slices.Sort(s.missing)
	return slices.Compact(s.missing)
}

// covers reports whether every character of a text can be set.
func (f faces) covers(text string) bool {
	for _, r := range text {
		if !f.sets(r) {
			return false
		}
	}
	return true
}

// sets reports whether a character can be set: both weights have a glyph for it,
// and it runs from left to right.
func (f faces) sets(r rune) bool {
	return r == '\n' || f.regular.code(r) != 0 && f.bold.code(r) != 0 && !isRightToLeft(r)
}

func isRightToLeft(r rune) bool {
	if r < 0x590 {
		return false
	}
	p, _ := bidi.LookupRune(r)
	return p.Class() == bidi.R || p.Class() == bidi.AL || p.Class() == bidi.AN
}

// scriptOf names the script of a character, such as Hebrew.
func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "a script"
}

// maxNamed bounds an error about a text in another script.
const maxNamed = 100

// named lists characters, each once, in their order.
func named(runes []rune) string {
	slices.Sort(runes)
	var out []string
	runes = slices.Compact(runes)
	for _, r := range runes[:min(len(runes), maxNamed)] {
		out = append(out, fmt.Sprintf("%U %q", r, r))
	}
	if more := len(runes) - maxNamed; more > 0 {
		out = append(out, fmt.Sprintf("and %d others", more))
	}
	return strings.Join(out, ", ")
}

// checkFiles checks the files that travel inside.
func (s *setter) checkFiles() {
	for i, f := range s.letter.Files {
		name := fmt.Sprintf("Files[%d]", i)
		s.checks.Require(f.Name != "" && !strings.ContainsAny(f.Name, "/\\"), name+".Name", "is empty or holds a path",
			"give a file name, such as factur-x.xml")
		s.checks.Require(f.MediaType != "", name+".MediaType", "is empty", "give it, such as text/xml")
		s.checks.Require(slices.Contains(fileRelationships, f.Relationship), name+".Relationship", "is unknown",
			"use one of the File constants")
		s.checks.Require(len(f.Content) > 0, name+".Content", "is empty", "leave the file out")
	}
}
