package pdf

import (
	"math"
	"strconv"

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
	ColumnNumber: {text: func(_ Language, r InvoiceRow) string { return r.Number }},
	ColumnIssued: {text: func(l Language, r InvoiceRow) string { return l.tableDate(r.IssuedOn) }},
	ColumnDue:    {text: func(l Language, r InvoiceRow) string { return l.tableDate(r.DueOn) }},
	ColumnDaysLate: {text: func(_ Language, r InvoiceRow) string {
		if r.DaysLate == 0 {
			return ""
		}
		return strconv.Itoa(r.DaysLate)
	}},
	ColumnAmount:    amountCell(field(func(r InvoiceRow) courrier.Amount { return r.Amount })),
	ColumnCredited:  amountCell(field(func(r InvoiceRow) courrier.Amount { return r.Credited })),
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
	credited, paid, penalties := false, false, false
	for _, r := range t.Rows {
		credited = credited || !r.Credited.IsZero()
		paid = paid || !r.Paid.IsZero()
		penalties = penalties || !r.Penalties.IsZero()
	}
	out := []Column{ColumnNumber, ColumnIssued, ColumnDue, ColumnAmount}
	if credited {
		out = append(out, ColumnCredited)
	}
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
