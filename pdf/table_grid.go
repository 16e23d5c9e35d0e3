package pdf

import (
	"fmt"
	"math"

	"github.com/courrier-go/courrier"
)

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
				s.checks.Require(false, fmt.Sprintf("InvoiceTable.Rows[%d]", k), "its amounts do not add up with those above",
					"use one unit and amounts in range")
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
