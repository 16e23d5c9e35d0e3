package pdf

// zones are the boxes of one page that marks are tested against.
type zones struct {
	window, label, address Box
	margins                []Box
	expectAddress          bool
}

// slack forgives what a reader's eye does not see.
const slack = 0.5

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

// test files a finding for each zone that the mark intrudes on, and reports
// whether the mark is part of the address.
func (z *zones) test(fs *findings, page int, m mark) (address bool) {
	if !z.label.IsZero() && m.touches(z.label.Inset(slack)) {
		fs.addInk(CodeLabel, page, m)
	}
	if m.kind != InkHiddenText {
		for _, b := range z.margins {
			if m.touches(b) {
				fs.addInk(CodeMargin, page, m)
				break
			}
		}
	}
	if z.window.IsZero() || !m.touches(z.window.Inset(slack)) {
		return false
	}
	if m.kind == InkText && !z.address.IsZero() && z.address.Inset(-slack).Contains(m.box) {
		return true
	}
	fs.addInk(CodeWindow, page, m)
	return false
}
