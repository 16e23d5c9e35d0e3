package pdf

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/courrier-go/courrier"
)

// Composer sets letters. It parses its fonts once, so make one and keep it; it
// is safe for concurrent use.
type Composer struct {
	sans  faces
	serif func() (faces, error)
}

// NewComposer returns a Composer. The only error is that of a broken build.
func NewComposer() (*Composer, error) {
	sans, err := newFaces(false)
	if err != nil {
		return nil, err
	}
	return &Composer{sans: sans, serif: sync.OnceValues(func() (faces, error) { return newFaces(true) })}, nil
}

// Composed is a letter as a file.
type Composed struct {
	File          []byte // the PDF
	Pages         int
	SheetsSimplex int
	SheetsDuplex  int
}

// Limits of a letter.
const (
	MaxLetterPages   = 200
	maxRecipient     = 7
	maxLetterRunes   = 400_000
	maxTableRows     = 5_000
	minBody, maxBody = 8.0, 12.0
)

// Compose sets the letter. The same letter gives the same bytes. Its errors
// are [courrier.FieldError]s: a missing or oversized part, or a character that
// the font has no glyph for.
func (c *Composer) Compose(ctx context.Context, l Letter, theme Theme) (Composed, error) {
	s, err := c.setter(l, theme)
	if err != nil {
		return Composed{}, err
	}
	s.checks.Require(len(l.Blocks) > 0, "Blocks", "is empty", "give the letter a text")
	s.checks.Require(!l.Date.IsZero(), "Date", "is empty", "give the date of the letter")
	s.prepareBlocks()
	if err := s.checks.Err(); err != nil {
		return Composed{}, err
	}
	s.firstPage()
	s.blocks()
	s.closing()
	s.foot()
	s.checks.Require(len(s.pages) <= MaxLetterPages, "Blocks", fmt.Sprintf("fill more than %d pages", MaxLetterPages), "shorten the letter")
	return s.composed(ctx)
}

// AddressPage sets a page with nothing but the sender and the recipient: a
// carrier sheet. Of the letter it takes Language, Layout, Sender and Recipient.
func (c *Composer) AddressPage(ctx context.Context, l Letter, theme Theme) (Composed, error) {
	l = Letter{Language: l.Language, Layout: l.Layout, Sender: l.Sender, Recipient: l.Recipient, Date: l.Date}
	s, err := c.setter(l, theme)
	if err != nil {
		return Composed{}, err
	}
	s.newPage()
	s.sender()
	s.recipient()
	return s.composed(ctx)
}

// setter checks and prepares all but the body.
func (c *Composer) setter(l Letter, theme Theme) (*setter, error) {
	f := c.sans
	if theme.Serif {
		var err error
		if f, err = c.serif(); err != nil {
			return nil, err
		}
	}
	if l.Layout.ID == "" && l.Layout.Text.IsZero() {
		l.Layout, _ = LayoutByID(LayoutFrenchDL)
	}
	s := &setter{faces: f, theme: theme.withDefaults(), letter: l, layout: l.Layout,
		used: map[bool]map[rune]bool{false: {}, true: {}}}
	var ok bool
	s.lang, ok = LanguageFor(l.Language)
	s.checks.Require(ok, "Language", "is not one of fr, en, de", "use one of these")
	size := s.theme.BodySize
	s.checks.Require(size >= minBody && size <= maxBody, "Theme.BodySize", "is not between 8 and 12 points", "choose a size in that range")
	s.checks.Require(len(l.Recipient) > 0 && len(l.Recipient) <= maxRecipient, "Recipient", "must have 1 to 7 lines", "give the lines of the address")
	if err := s.checks.Err(); err != nil {
		return nil, err
	}
	s.prepareFrame()
	s.breakFooter()
	if err := s.checks.Err(); err != nil {
		return nil, err
	}
	s.bottom = s.bodyBottom()
	return s, nil
}

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
		*f.text = s.prepare(f.name, *f.text)
	}
	l.Sender.Lines = s.prepareAll("Sender.Lines", l.Sender.Lines)
	l.Recipient = s.prepareAll("Recipient", l.Recipient)
	l.Enclosures = s.prepareAll("Enclosures", l.Enclosures)
	l.Footer = s.prepareAll("Footer", l.Footer)
	l.References = s.prepareFields("References", l.References)
}

func (s *setter) prepareAll(field string, in []string) []string {
	out := make([]string, len(in))
	for i, text := range in {
		out[i] = s.prepare(fmt.Sprintf("%s[%d]", field, i), text)
	}
	return out
}

func (s *setter) prepareFields(field string, in []Field) []Field {
	out := make([]Field, len(in))
	for i, f := range in {
		name := fmt.Sprintf("%s[%d]", field, i)
		out[i] = Field{s.prepare(name+".Label", f.Label), s.prepare(name+".Value", f.Value)}
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
			blocks[i] = Paragraph(s.prepare(name, string(b)))
		case List:
			b.Items = s.prepareAll(name+".Items", b.Items)
			blocks[i] = b
		case Details:
			b.Title = s.prepare(name+".Title", b.Title)
			b.Rows = s.prepareFields(name+".Rows", b.Rows)
			blocks[i] = b
		case InvoiceTable:
			blocks[i] = s.prepareTable(name, b)
		default:
			s.checks.Require(false, name, "is nil", "leave it out")
		}
	}
	s.letter.Blocks = blocks
}

func (s *setter) prepareTable(name string, t InvoiceTable) InvoiceTable {
	s.checks.Require(len(t.Rows) > 0 && len(t.Rows) <= maxTableRows, name+".Rows", fmt.Sprintf("must be 1 to %d", maxTableRows), "split the table")
	for i, c := range t.Columns {
		_, ok := cells[c]
		s.checks.Require(ok, fmt.Sprintf("%s.Columns[%d]", name, i), "is no column", "use one of the Column constants")
	}
	rows := make([]InvoiceRow, len(t.Rows))
	for i, r := range t.Rows {
		r.Number = s.prepare(fmt.Sprintf("%s.Rows[%d].Number", name, i), r.Number)
		for _, c := range []Column{ColumnAmount, ColumnPaid, ColumnOpen, ColumnPenalties} {
			a, _ := cells[c].amount(r)
			s.prepare(fmt.Sprintf("%s.Rows[%d]", name, i), a.Unit())
		}
		rows[i] = r
	}
	lines := make([]SumLine, len(t.Lines))
	for i, l := range t.Lines {
		l.Label = s.prepare(fmt.Sprintf("%s.Lines[%d].Label", name, i), l.Label)
		lines[i] = l
	}
	t.Rows, t.Lines = rows, lines
	return t
}

// composed draws the pages and counts them.
func (s *setter) composed(ctx context.Context) (Composed, error) {
	if err := s.checks.Err(); err != nil {
		return Composed{}, err
	}
	if err := ctx.Err(); err != nil {
		return Composed{}, err
	}
	file, err := s.render()
	if err != nil {
		return Composed{}, err
	}
	n := len(s.pages)
	return Composed{File: file, Pages: n, SheetsSimplex: sheets(n, false), SheetsDuplex: sheets(n, true)}, nil
}

// render writes the pages with fpdf and gives its fonts their subset names.
func (s *setter) render() ([]byte, error) {
	doc := fpdf.New("P", "mm", "A4", "")
	doc.SetAutoPageBreak(false, 0)
	doc.SetMargins(0, 0, 0)
	doc.SetCatalogSort(true)
	doc.SetProducer("courrier", true)
	doc.SetTitle(s.letter.Subject, true)
	doc.SetAuthor(s.letter.Sender.Name, true)
	doc.SetLang(s.lang.tag)
	stamp := s.letter.Date.In(time.UTC)
	if stamp.IsZero() {
		stamp = courrier.NewDate(2000, 1, 1).In(time.UTC) // fpdf writes the clock's time otherwise
	}
	doc.SetCreationDate(stamp)
	doc.SetModificationDate(stamp)
	for _, bold := range []bool{false, true} {
		if face := s.faces.of(bold); len(s.used[bold]) > 0 {
			doc.AddUTF8FontFromBytes(face.family, "", face.data(s.used[bold]))
		}
	}
	p := painter{doc: doc, faces: s.faces}
	for _, page := range s.pages {
		doc.AddPage()
		p.current = style{}
		for _, d := range page {
			p.draw(d)
		}
	}
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		return nil, fmt.Errorf("write letter: %w", err)
	}
	file := out.Bytes()
	for _, bold := range []bool{false, true} {
		written, wanted := s.faces.of(bold).names(s.used[bold])
		file = bytes.ReplaceAll(file, []byte(written), []byte(wanted))
	}
	return file, nil
}

// painter draws on fpdf and sets only what changed.
type painter struct {
	doc     *fpdf.Fpdf
	faces   faces
	current style
}

func (p *painter) draw(d drawing) {
	c := d.style.colour
	switch d.kind {
	case drawText:
		p.setStyle(d.style)
		p.doc.Text(d.x, d.y, d.text)
	case drawLine:
		p.doc.SetDrawColor(int(c.R), int(c.G), int(c.B))
		p.doc.SetLineWidth(d.thickness)
		p.doc.Line(d.x, d.y, d.x+d.w, d.y+d.h)
	case drawFill:
		p.doc.SetFillColor(int(c.R), int(c.G), int(c.B))
		p.current.colour = RGB{} // fpdf writes the text colour anew beside a fill
		p.doc.Rect(d.x, d.y, d.w, d.h, "F")
	case drawImage:
		options := fpdf.ImageOptions{ImageType: d.artwork.kind}
		p.doc.RegisterImageOptionsReader(d.artwork.key, options, bytes.NewReader(d.artwork.data))
		p.doc.ImageOptions(d.artwork.key, d.x, d.y, d.w, d.h, false, options, 0, "")
	}
}

func (p *painter) setStyle(st style) {
	if p.current.size != st.size || p.current.bold != st.bold {
		p.doc.SetFont(p.faces.of(st.bold).family, "", st.size)
	}
	if p.current.colour != st.colour {
		p.doc.SetTextColor(int(st.colour.R), int(st.colour.G), int(st.colour.B))
	}
	p.current = st
}
