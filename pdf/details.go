package pdf

import "math"

// fieldGrid are labels and values broken into lines, in two columns.
type fieldGrid struct {
	rows      []fieldRow
	label     float64 // width of the labels' column
	st, value style
}

type fieldRow struct{ labels, values []line }

func (r fieldRow) lines() int { return max(len(r.labels), len(r.values)) }

func (s *setter) fieldGrid(fields []Field, width float64, st style) fieldGrid {
	g := fieldGrid{st: st, value: style{size: st.size, colour: ink}}
	for _, f := range fields {
		g.label = math.Max(g.label, s.faces.regular.width(f.Label, st.size))
	}
	g.label = math.Min(g.label+3, width*0.6)
	for _, f := range fields {
		g.rows = append(g.rows, fieldRow{s.faces.breakLines(f.Label, st, g.label-1), s.faces.breakLines(f.Value, g.value, width-g.label)})
	}
	return g
}

// fields sets labels and values from y on and returns where they end. A screen
// reader takes them for a table whose rows have a head.
func (s *setter) fields(x, y, width float64, fields []Field, st style) float64 {
	if len(fields) == 0 {
		return y
	}
	g := s.fieldGrid(fields, width, st)
	s.group(roleTable, func() {
		for _, row := range g.rows {
			tags := s.rowTags()
			for i := range row.lines() {
				s.fieldLine(g, row, i, x, y, tags)
				y += st.leading()
			}
		}
	})
	return y
}

// fieldTags are the elements of a label and of its value.
type fieldTags struct{ label, value int32 }

func (s *setter) rowTags() fieldTags {
	row := s.tree.add(s.parent, roleRow)
	return fieldTags{s.tree.add(row, roleRowHeader), s.tree.add(row, roleCell)}
}

// fieldLine sets line i of a row.
func (s *setter) fieldLine(g fieldGrid, row fieldRow, i int, x, y float64, tags fieldTags) {
	if i < len(row.labels) {
		s.as(tags.label, func() { s.line(x, y, row.labels[i], g.st) })
	}
	if i < len(row.values) {
		s.as(tags.value, func() { s.line(x+g.label, y, row.values[i], g.value) })
	}
}

// panelLine is one line of a panel: how high it is, and how it is set.
type panelLine struct {
	height float64
	set    func(y float64)
}

const panelPad = 3.2

// details sets a framed block. It stays in one piece where a page holds it, and
// flows over pages where none does.
func (s *setter) details(d Details, tail float64) {
	title := style{size: s.theme.BodySize, bold: true, colour: s.theme.Accent}
	const x, width = leftEdge + panelPad + 1, textWidth - 2*panelPad
	var lines []panelLine
	if d.Title != "" {
		tag := s.tree.add(max(s.parent, documentElement), roleParagraph)
		broken := s.faces.breakLines(d.Title, title, width)
		for i, l := range broken {
			gap := onlyIf(i == len(broken)-1, 0.8)
			lines = append(lines, panelLine{title.leading() + gap, func(y float64) { s.as(tag, func() { s.line(x, y, l, title) }) }})
		}
	}
	if len(d.Rows) > 0 {
		g := s.fieldGrid(d.Rows, width, style{size: s.theme.BodySize - 0.5, colour: grey})
		s.group(roleTable, func() {
			for _, row := range g.rows {
				tags := s.rowTags()
				for i := range row.lines() {
					lines = append(lines, panelLine{g.st.leading(), func(y float64) { s.fieldLine(g, row, i, x, y, tags) }})
				}
			}
		})
	}
	s.panel(lines, tail)
	s.advance(paragraphGap + 1)
}

// panel sets lines on a tinted ground with a bar at its left.
func (s *setter) panel(lines []panelLine, tail float64) {
	height := panelHeight(lines)
	if full := s.bottom - pageTop; height > full {
		height = math.Min(full, 30)
	}
	s.need(height + math.Min(tail, maxTail))
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && panelHeight(lines[:n+1]) <= s.room()+1e-6 {
			n++
		}
		h := panelHeight(lines[:n])
		if h > s.room()+1e-6 && !s.fresh {
			s.newPage()
			continue
		}
		s.fill(Box{leftEdge, s.y, textWidth, h}, paleFill)
		s.fill(Box{leftEdge, s.y, 0.9, h}, s.theme.Accent)
		y := s.y + panelPad
		for _, l := range lines[:n] {
			l.set(y)
			y += l.height
		}
		s.advance(h)
		lines = lines[n:]
	}
}

func panelHeight(lines []panelLine) float64 {
	h := 2 * panelPad
	for _, l := range lines {
		h += l.height
	}
	return h
}
