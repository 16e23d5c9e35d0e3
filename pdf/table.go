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
	columns []Column
	widths  []float64
	header  [][]line
	rows    [][][]line // row, column, lines
	totals  []string   // "" where a column has none
	st      style
}

const (
	cellPad   = 1.6 // left and right of a cell
	rowPad    = 1.1 // above and below its text
	minNumber = 24.0
)

// table sets a table over as many pages as it takes.
func (s *setter) table(t InvoiceTable, tail float64) {
	g := s.grid(t)
	end := s.endHeight(g, t) + math.Min(tail, 60)
	s.advance(1)
	s.need(s.headerHeight(g) + s.rowsHeight(g, 0, min(2, len(g.rows))) + onlyIf(len(g.rows) <= 2, end))
	s.header(g)
	for i := range g.rows {
		h := s.rowsHeight(g, i, i+1)
		keep := h
		if i >= len(g.rows)-2 {
			keep = s.rowsHeight(g, i, len(g.rows)) + end // the sum is not left alone
		}
		if s.room() < keep && !s.fresh && i > 0 {
			s.newPage()
			s.header(g)
		}
		s.row(g, i, h)
	}
	s.end(g, t)
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
func (s *setter) grid(t InvoiceTable) grid {
	g := grid{columns: t.columns(), totals: s.totals(t)}
	for size := s.theme.BodySize - 1; ; size -= 0.5 {
		g.st = style{size: size, colour: ink}
		if s.fitColumns(&g, t) || size <= 6.5 {
			break
		}
	}
	for c, column := range g.columns {
		g.header = append(g.header, s.faces.breakLines(s.lang.columns[column], s.headerStyle(g), g.widths[c]-2*cellPad))
	}
	for _, r := range t.Rows {
		var row [][]line
		for c, column := range g.columns {
			row = append(row, s.faces.breakLines(s.cellText(column, r), g.st, g.widths[c]-2*cellPad))
		}
		g.rows = append(g.rows, row)
	}
	return g
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
func (s *setter) fitColumns(g *grid, t InvoiceTable) bool {
	g.widths = make([]float64, len(g.columns))
	total := 0.0
	for c, column := range g.columns {
		w := s.widestWord(s.lang.columns[column], s.headerStyle(*g))
		for _, r := range t.Rows {
			w = math.Max(w, s.faces.regular.width(s.cellText(column, r), g.st.size))
		}
		w = math.Max(w, s.faces.bold.width(g.totals[c], g.st.size))
		g.widths[c] = w + 2*cellPad
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
			if !s.checks.Require(err == nil, fmt.Sprintf("InvoiceTable.Rows[%d]", k), "its amounts do not add up with those above", "use one unit and amounts in range") {
				return out
			}
		}
		out[i] = s.lang.Amount(sum)
	}
	return out
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

func (s *setter) endHeight(g grid, t InvoiceTable) float64 {
	return float64(1+len(t.Lines))*(g.st.leading()+2*rowPad+0.6) + 1
}

func (s *setter) header(g grid) {
	st := s.headerStyle(g)
	h := s.headerHeight(g)
	x := leftEdge
	for c, lines := range g.header {
		top := s.y + h - rowPad - float64(len(lines))*st.leading() // on a common last line
		for i, l := range lines {
			s.cellLine(g, c, x, top+float64(i)*st.leading(), l, st)
		}
		x += g.widths[c]
	}
	s.advance(h)
	s.rule(leftEdge, s.y, rightEdge, 0.4, s.theme.Accent)
}

func (s *setter) cellLine(g grid, c int, x, y float64, l line, st style) {
	if cells[g.columns[c]].amount != nil {
		x += g.widths[c] - cellPad - l.width
	} else {
		x += cellPad
	}
	s.line(x, y, l, st)
}

func (s *setter) row(g grid, i int, h float64) {
	x := leftEdge
	for c, lines := range g.rows[i] {
		for k, l := range lines {
			s.cellLine(g, c, x, s.y+rowPad+float64(k)*g.st.leading(), l, g.st)
		}
		x += g.widths[c]
	}
	s.advance(h)
	s.rule(leftEdge, s.y, rightEdge, 0.1, paleRule)
}

// end sets the sums and the lines below them.
func (s *setter) end(g grid, t InvoiceTable) {
	s.rule(leftEdge, s.y, rightEdge, 0.4, s.theme.Accent)
	bold := style{size: g.st.size, bold: true, colour: ink}
	h := g.st.leading() + 2*rowPad + 0.6
	s.text(leftEdge+cellPad, s.y+rowPad+0.3+bold.baseline(), s.lang.total, bold)
	x := leftEdge
	for c, text := range g.totals {
		x += g.widths[c]
		s.textRight(x-cellPad, s.y+rowPad+0.3+bold.baseline(), text, bold)
	}
	s.advance(h)
	for _, l := range t.Lines {
		s.sumLine(l, g, h)
	}
}

func (s *setter) sumLine(l SumLine, g grid, h float64) {
	st := style{size: g.st.size, colour: ink}
	if l.Strong {
		st = style{size: g.st.size + 0.5, bold: true, colour: s.theme.Accent}
		s.fill(Box{leftEdge, s.y, textWidth, h}, paleFill)
	}
	amount := s.lang.Amount(l.Amount)
	room := textWidth - 3*cellPad - s.faces.of(st.bold).width(amount, st.size)
	label := s.faces.breakLines(l.Label, st, room)
	s.line(leftEdge+cellPad, s.y+rowPad+0.3, label[0], st)
	s.textRight(rightEdge-cellPad, s.y+rowPad+0.3+st.baseline(), amount, st)
	s.advance(h)
}
