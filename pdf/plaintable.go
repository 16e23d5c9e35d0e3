package pdf

// plainTable is a table of texts: columns of fixed widths, a head that is
// repeated on every page.
type plainTable struct {
	widths []float64 // mm
	head   []string
	rows   [][]string
}

// plain sets the table. Its texts are those of prepare.
func (s *setter) plain(t plainTable) {
	if len(t.rows) == 0 {
		return
	}
	st := style{size: s.theme.BodySize - 0.5, colour: ink}
	bold := style{size: st.size, bold: true, colour: s.theme.Accent}
	table := s.tree.add(max(s.parent, documentElement), roleTable)
	head := s.brokenRow(t, t.head, bold)
	s.need(linesHeight(head, bold) + 2*linesHeight(nil, st))
	s.plainHead(t, head, bold, s.tree.add(s.tree.add(table, roleHead), roleRow))
	body := s.tree.add(table, roleRows)
	for _, texts := range t.rows {
		s.plainRow(t, s.brokenRow(t, texts, st), st, s.tree.add(body, roleRow), func() { s.plainHead(t, head, bold, 0) })
	}
	s.advance(paragraphGap)
}

func (s *setter) brokenRow(t plainTable, texts []string, st style) [][]line {
	out := make([][]line, len(texts))
	for i, text := range texts {
		out[i] = s.faces.breakLines(text, st, t.widths[i]-2*cellPad)
	}
	return out
}

// plainHead sets the head: as decoration where it is repeated.
func (s *setter) plainHead(t plainTable, head [][]line, st style, row int32) {
	x := leftEdge
	for i, lines := range head {
		tag := int32(0)
		if row != 0 {
			tag = s.tree.add(row, roleColumnHeader)
		}
		s.as(tag, func() {
			for k, l := range lines {
				s.line(x+cellPad, s.y+rowPad+float64(k)*st.leading(), l, st)
			}
		})
		x += t.widths[i]
	}
	s.advance(linesHeight(head, st))
	s.rule(leftEdge, s.y, rightEdge, 0.4, s.theme.Accent)
}

// plainRow sets a row. One that is taller than what is left goes on overleaf, line
// by line.
func (s *setter) plainRow(t plainTable, cells [][]line, st style, row int32, head func()) {
	tags := make([]int32, len(cells))
	for i := range tags {
		tags[i] = s.tree.add(row, roleCell)
	}
	full := s.bottom - pageTop - 20
	if h := linesHeight(cells, st); h > s.room() && h < full {
		s.newPage()
		head()
	}
	total := 1
	for _, c := range cells {
		total = max(total, len(c))
	}
	s.advance(rowPad)
	for k := range total {
		if s.room() < st.leading() {
			s.newPage()
			head()
		}
		x := leftEdge
		for i, lines := range cells {
			if k < len(lines) {
				s.as(tags[i], func() { s.line(x+cellPad, s.y, lines[k], st) })
			}
			x += t.widths[i]
		}
		s.advance(st.leading())
	}
	s.advance(rowPad)
	s.rule(leftEdge, s.y, rightEdge, 0.1, paleRule)
}
