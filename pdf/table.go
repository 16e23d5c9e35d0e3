package pdf

import (
	"fmt"
	"math"

	"github.com/courrier-go/courrier"
)

// cell reads a row's cell. Amounts stand on the right, and are summed up.
type cell struct {
	text   func(Language, InvoiceRow) string
	amount func(InvoiceRow) (courrier.Amount, error)
}

func amountCell(get func(InvoiceRow) (courrier.Amount, error)) cell {
	return cell{amount: get}
}

func field(get func(InvoiceRow) courrier.Amount) func(InvoiceRow) (courrier.Amount, error) {
	return func(r InvoiceRow) (courrier.Amount, error) { return get(r), nil }
}

var cells = map[Column]cell{
	ColumnNumber:    {text: func(_ Language, r InvoiceRow) string { return r.Number }},
	ColumnIssued:    {text: func(l Language, r InvoiceRow) string { return l.tableDate(r.IssuedOn) }},
	ColumnDue:       {text: func(l Language, r InvoiceRow) string { return l.tableDate(r.DueOn) }},
	ColumnAmount:    amountCell(field(func(r InvoiceRow) courrier.Amount { return r.Amount })),
	ColumnPaid:      amountCell(field(func(r InvoiceRow) courrier.Amount { return r.Paid })),
	ColumnOpen:      amountCell(field(func(r InvoiceRow) courrier.Amount { return r.Open })),
	ColumnPenalties: amountCell(field(func(r InvoiceRow) courrier.Amount { return r.Penalties })),
	ColumnTotal:     amountCell(func(r InvoiceRow) (courrier.Amount, error) { return r.Open.Add(r.Penalties) }),
}

// columns are those asked for, or those that the rows fill.
func (t InvoiceTable) columns() []Column {
	if len(t.Columns) > 0 {
		return t.Columns
	}
	paid, penalties := false, false
	for _, r := range t.Rows {
		paid = paid || !r.Paid.IsZero()
		penalties = penalties || !r.Penalties.IsZero()
	}
	out := []Column{ColumnNumber, ColumnIssued, ColumnDue, ColumnAmount}
	if paid {
		out = append(out, ColumnPaid)
	}
	out = append(out, ColumnOpen)
	if penalties {
		out = append(out, ColumnPenalties)
	}
	return out
}

// grid is a table with its texts and the widths of its columns.
type grid struct {
	name    string // of the block, for errors
	columns []Column
	widths  []float64
	header  [][]line
	texts   [][]string // row, column
	rows    [][][]line // row, column, lines
	totals  []string   // "" where a column has none
	sums    []sumRow
	st      style
	table   int32 // elements of the structure
	body    int32
}

// sumRow is a labelled amount below the table, broken for its width.
type sumRow struct {
	label  []line
	amount string
	st     style
	strong bool
	height float64
}

const (
	cellPad   = 1.6 // left and right of a cell
	rowPad    = 1.1 // above and below its text
	sumPad    = rowPad + 0.3
	minNumber = 24.0
	minTable  = 6.5 // points: the smallest text of a table
)

// table sets a table over as many pages as it takes.
func (s *setter) table(name string, t InvoiceTable, tail float64) {
	g := s.grid(name, t)
	if s.checks.Err() != nil {
		return
	}
	end := math.Min(g.endHeight(), maxTail) + math.Min(tail, maxTail)
	s.advance(1)
	s.need(s.headerHeight(g) + s.rowsHeight(g, 0, min(2, len(g.rows))) + onlyIf(len(g.rows) <= 2, end))
	g.table = s.tree.add(max(s.parent, documentElement), roleTable)
	s.header(g, true)
	g.body = s.tree.add(g.table, roleRows)
	for i := range g.rows {
		h := s.rowsHeight(g, i, i+1)
		keep := h
		if i >= len(g.rows)-2 {
			keep = s.rowsHeight(g, i, len(g.rows)) + end // the sum is not left alone
		}
		if s.room() < keep && !s.fresh && i > 0 {
			s.newPage()
			s.header(g, false)
		}
		s.row(g, i, h)
	}
	s.end(g)
	s.advance(paragraphGap + 1.5)
}

func onlyIf(ok bool, h float64) float64 {
	if ok {
		return h
	}
	return 0
}

// grid writes every cell and finds the widths, at a smaller size when the
// columns would not fit.
func (s *setter) grid(name string, t InvoiceTable) grid {
	g := grid{name: name, columns: t.columns(), totals: s.totals(t), texts: s.cellTexts(t)}
	for size := s.theme.BodySize - 1; ; size -= 0.5 {
		g.st = style{size: size, colour: ink}
		fits := s.fitColumns(&g)
		if fits || size <= minTable {
			s.checks.Require(fits, name+".Columns", "are wider than the page", "leave some out")
			break
		}
	}
	for c, column := range g.columns {
		g.header = append(g.header, s.faces.breakLines(s.lang.columns[column], s.headerStyle(g), g.widths[c]-2*cellPad))
	}
	page := s.bottom - pageTop - s.headerHeight(g)
	all := make([][]line, len(g.texts)*len(g.columns))
	for i, texts := range g.texts {
		row := all[i*len(g.columns):][:len(g.columns):len(g.columns)]
		for c, text := range texts {
			row[c] = s.faces.breakLines(text, g.st, g.widths[c]-2*cellPad)
		}
		g.rows = append(g.rows, row)
		s.checks.Require(linesHeight(row, g.st) <= page, fmt.Sprintf("%s.Rows[%d].Number", name, i), "is taller than a page", "shorten it")
	}
	s.sumRows(&g, t)
	return g
}

// cellTexts writes every cell once: what is measured is what is set.
func (s *setter) cellTexts(t InvoiceTable) [][]string {
	columns := t.columns()
	all := make([]string, len(t.Rows)*len(columns))
	out := make([][]string, len(t.Rows))
	for i, r := range t.Rows {
		out[i] = all[i*len(columns):][:len(columns)]
		for c, column := range columns {
			out[i][c] = s.cellText(column, r)
		}
	}
	return out
}

func (s *setter) headerStyle(g grid) style {
	return style{size: g.st.size - 0.5, bold: true, colour: s.theme.Accent}
}

func (s *setter) cellText(column Column, r InvoiceRow) string {
	c := cells[column]
	if c.text != nil {
		return c.text(s.lang, r)
	}
	a, _ := c.amount(r)
	return s.lang.Amount(a)
}

// fitColumns gives each column what its widest cell takes and spreads what is
// left. The numbers' column may wrap; it reports whether the others fit.
func (s *setter) fitColumns(g *grid) bool {
	g.widths = make([]float64, len(g.columns))
	total := 0.0
	for c, column := range g.columns {
		w := s.widestWord(s.lang.columns[column], s.headerStyle(*g))
		for _, texts := range g.texts {
			w = math.Max(w, s.faces.regular.width(texts[c], g.st.size))
		}
		sum := s.faces.bold.width(g.totals[c], g.st.size)
		if c == 0 && sum > 0 {
			sum += s.faces.bold.width(s.lang.total+" ", g.st.size) // both stand in this cell
		}
		g.widths[c] = math.Max(w, sum) + 2*cellPad
		total += g.widths[c]
	}
	if total > textWidth && g.columns[0] == ColumnNumber {
		shrunk := math.Max(g.widths[0]-(total-textWidth), minNumber)
		total -= g.widths[0] - shrunk
		g.widths[0] = shrunk
	}
	for c := range g.widths {
		g.widths[c] += (textWidth - total) / float64(len(g.widths))
	}
	return total <= textWidth+1e-6
}

func (s *setter) widestWord(text string, st style) float64 {
	w := 0.0
	for _, word := range words([]span{{text, st.bold}}) {
		for _, p := range word.parts {
			w = math.Max(w, s.faces.of(p.bold).width(p.text, st.size))
		}
	}
	return w
}

// totals sums each column of amounts.
func (s *setter) totals(t InvoiceTable) []string {
	columns := t.columns()
	out := make([]string, len(columns))
	for i, column := range columns {
		get := cells[column].amount
		if get == nil {
			continue
		}
		sum := courrier.Amount{}
		for k, r := range t.Rows {
			a, err := get(r)
			if err == nil {
				sum, err = sum.Add(a)
			}
			if err != nil {
				s.checks.Require(false, fmt.Sprintf("InvoiceTable.Rows[%d]", k), "its amounts do not add up with those above", "use one unit and amounts in range")
				return out
			}
		}
		out[i] = s.lang.Amount(sum)
	}
	return out
}

// sumRows breaks the labels of the lines below the table.
func (s *setter) sumRows(g *grid, t InvoiceTable) {
	for i, l := range t.Lines {
		r := sumRow{amount: s.lang.Amount(l.Amount), st: style{size: g.st.size, colour: ink}, strong: l.Strong}
		if l.Strong {
			r.st = style{size: g.st.size + 0.5, bold: true, colour: s.theme.Accent}
		}
		room := textWidth - 3*cellPad - s.faces.of(r.st.bold).width(r.amount, r.st.size)
		field := fmt.Sprintf("%s.Lines[%d]", g.name, i)
		if !s.checks.Require(room > minNumber, field+".Amount", "is as wide as the page", "write its unit in a few letters") {
			return
		}
		r.label = s.faces.breakLines(l.Label, r.st, room)
		r.height = g.sumHeight() + float64(len(r.label)-1)*r.st.leading()
		s.checks.Require(r.height <= s.bottom-pageTop, field+".Label", "is taller than a page", "shorten it")
		g.sums = append(g.sums, r)
	}
}

// sumHeight is what a sum of one line takes.
func (g grid) sumHeight() float64 { return g.st.leading() + 2*rowPad + 0.6 }

func (g grid) endHeight() float64 {
	h := g.sumHeight() + 1
	for _, r := range g.sums {
		h += r.height
	}
	return h
}

func linesHeight(cells [][]line, st style) float64 {
	n := 1
	for _, c := range cells {
		n = max(n, len(c))
	}
	return float64(n)*st.leading() + 2*rowPad
}

func (s *setter) headerHeight(g grid) float64 { return linesHeight(g.header, s.headerStyle(g)) }

func (s *setter) rowsHeight(g grid, from, to int) float64 {
	h := 0.0
	for _, r := range g.rows[from:to] {
		h += linesHeight(r, g.st)
	}
	return h
}

// header sets the names of the columns. Those on later pages are decoration: a
// screen reader has said them.
func (s *setter) header(g grid, first bool) {
	st := s.headerStyle(g)
	h := s.headerHeight(g)
	row := int32(0)
	if first {
		row = s.tree.add(s.tree.add(g.table, roleHead), roleRow)
	}
	x := leftEdge
	for c, lines := range g.header {
		tag := int32(0)
		if first {
			tag = s.tree.add(row, roleColumnHeader)
		}
		top := s.y + h - rowPad - float64(len(lines))*st.leading() // on a common last line
		s.as(tag, func() { s.cell(g, c, x, top, lines, st) })
		x += g.widths[c]
	}
	s.advance(h)
	s.rule(leftEdge, s.y, rightEdge, 0.4, s.theme.Accent)
}

// cell sets the lines of a cell: amounts end at its right.
func (s *setter) cell(g grid, c int, x, y float64, lines []line, st style) {
	isAmount := cells[g.columns[c]].amount != nil
	for _, l := range lines {
		at := x + cellPad
		if isAmount {
			at = x + g.widths[c] - cellPad - l.width
		}
		s.line(at, y, l, st)
		y += st.leading()
	}
}

func (s *setter) row(g grid, i int, h float64) {
	row, was := s.tree.add(g.body, roleRow), s.tag
	x := leftEdge
	for c, lines := range g.rows[i] {
		s.tag = s.tree.add(row, roleCell)
		s.cell(g, c, x, s.y+rowPad, lines, g.st)
		x += g.widths[c]
	}
	s.tag = was
	s.advance(h)
	s.rule(leftEdge, s.y, rightEdge, 0.1, paleRule)
}

// end sets the sums and the lines below them.
func (s *setter) end(g grid) {
	s.need(g.sumHeight())
	s.rule(leftEdge, s.y, rightEdge, 0.4, s.theme.Accent)
	bold := style{size: g.st.size, bold: true, colour: ink}
	row, y := s.tree.add(g.body, roleRow), s.y+sumPad+bold.baseline()
	x := leftEdge
	for c, text := range g.totals {
		x += g.widths[c]
		s.as(s.tree.add(row, roleCell), func() {
			if c == 0 {
				s.text(leftEdge+cellPad, y, s.lang.total, bold)
			}
			s.textRight(x-cellPad, y, text, bold)
		})
	}
	s.advance(g.sumHeight())
	for _, r := range g.sums {
		s.need(r.height)
		s.sumLine(r, g)
	}
}

// sumLine sets a label, over the columns but the last, and its amount.
func (s *setter) sumLine(r sumRow, g grid) {
	if r.strong {
		s.fill(Box{leftEdge, s.y, textWidth, r.height}, paleFill)
	}
	row := s.tree.add(g.body, roleRow)
	label := s.tree.add(row, roleCell)
	amount := label
	if n := len(g.columns) - 1; n > 0 {
		s.tree.elements[label].span = n
		amount = s.tree.add(row, roleCell)
	}
	y := s.y + sumPad
	s.as(label, func() {
		for _, l := range r.label {
			s.line(leftEdge+cellPad, y, l, r.st)
			y += r.st.leading()
		}
	})
	last := s.y + sumPad + float64(max(len(r.label), 1)-1)*r.st.leading()
	s.as(amount, func() { s.textRight(rightEdge-cellPad, last+r.st.baseline(), r.amount, r.st) })
	s.advance(r.height)
}
