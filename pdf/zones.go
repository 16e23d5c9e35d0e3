package pdf

// zones are the boxes of one page that marks are tested against.
type zones struct {
	window, label, address Box
	margins                []Box
	expectAddress          bool
}

// zones of a page. The window, the address and the label concern page 1 only.
func (in *inspection) zones(number int, w, h float64) zones {
	l := in.o.Layout
	z := zones{margins: l.Margins.boxes(w, h)}
	if number > 1 || in.o.Address == AddressOnSheet {
		return z
	}
	z.window, z.label = l.Window, l.Label
	if in.o.Address == AddressOnPage {
		z.address = l.Address
		z.expectAddress = !l.Address.IsZero()
	}
	return z
}

// watch collects what intrudes on the zones of a page. What is covered later
// by paper intrudes no more, so findings are filed at the end.
type watch struct {
	zones
	tolerances Tolerances
	found      []intrusion
	compared   int // with paper that covers them
}

// intrusion is a mark in a zone; one without a code is part of the address.
type intrusion struct {
	code Code
	mark mark
}

// maxIntrusions are kept of a page: enough to refuse it.
const maxIntrusions = 20_000

// maxCompared bounds the intrusions that are compared with later paper.
const maxCompared = 100_000_000

// roundingSlack is what is left of an edge after scaling to it.
const roundingSlack = 0.02

// see tests a mark against each zone.
func (w *watch) see(m mark) {
	if m.cover {
		w.cover(m.box)
		return
	}
	if len(w.found) >= maxIntrusions {
		return
	}
	slack := w.tolerances.edge()
	if !w.label.IsZero() {
		w.add(CodeLabel, m, m.in(w.label.Inset(slack), w.tolerances))
	}
	if m.kind != InkHiddenText {
		for _, b := range w.margins {
			if p := m.in(b.Inset(roundingSlack), w.tolerances); p != absent {
				w.add(CodeMargin, m, p)
				break
			}
		}
	}
	if w.window.IsZero() {
		return
	}
	p := m.in(w.window.Inset(slack), w.tolerances)
	if p == present && m.kind == InkText && !w.address.IsZero() && w.address.Inset(-slack).Contains(m.box) {
		w.add("", m, p)
		return
	}
	w.add(CodeWindow, m, p)
}

func (w *watch) add(code Code, m mark, p presence) {
	switch p {
	case present:
		w.found = append(w.found, intrusion{code, m})
	case unsure:
		w.found = append(w.found, intrusion{CodeImageUnread, m})
	}
}

// cover hides what lies wholly under paper. Text there is hidden, and machines
// still read it.
func (w *watch) cover(b Box) {
	if w.compared += len(w.found); w.compared > maxCompared {
		return // what is there stays: better one finding too many
	}
	left := w.found[:0]
	for _, i := range w.found {
		switch {
		case !b.Inset(-0.01).Contains(i.mark.box):
		case i.mark.kind == InkText && i.code != CodeMargin:
			i.mark.kind = InkHiddenText
			if i.code == "" {
				i.code = CodeWindow
			}
		case i.mark.kind != InkHiddenText:
			continue
		}
		left = append(left, i)
	}
	w.found = left
}

// file files what is left, and reports whether some of it is the address.
func (w *watch) file(fs *findings, page int) (addressed bool) {
	for _, i := range w.found {
		if i.code == "" {
			addressed = true
			continue
		}
		f := fs.addInk(i.code, page, i.mark)
		if i.code == CodeMargin {
			f.Severity = w.tolerances.Margin
		}
	}
	return addressed
}
