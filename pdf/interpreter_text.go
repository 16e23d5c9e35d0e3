package pdf

// textState outlives text objects (ISO 32000-1, 9.3).
type textState struct {
	font                 *font
	size                 float64
	charSpace, wordSpace float64
	scale                float64 // Tz / 100
	leading, rise        float64
	mode                 int
}

type textMatrices struct{ current, line matrix }

func (in *interpreter) beginText() { in.text = textMatrices{identity, identity} }

func (in *interpreter) setTextMatrix(m matrix) { in.text = textMatrices{m, m} }

func (in *interpreter) moveText(tx, ty float64) {
	in.setTextMatrix(matrix{1, 0, 0, 1, tx, ty}.then(in.text.line))
}

func (in *interpreter) nextLine() { in.moveText(0, -in.gs.text.leading) }

func (in *interpreter) setFont(o []token) {
	in.gs.text.font = in.s.font(in.resource("Font", o[0].bytes))
	in.gs.text.size = o[1].num
}

// showArray shows the strings of TJ and moves by its numbers.
func (in *interpreter) showArray(o []token) error {
	for _, t := range o {
		switch t.kind {
		case tokenString:
			if err := in.show(t.bytes); err != nil {
				return err
			}
		case tokenNumber:
			in.advance(-t.num / 1000 * in.gs.text.size)
		}
	}
	return nil
}

// advance moves along the baseline by d text space units.
func (in *interpreter) advance(d float64) {
	m := matrix{1, 0, 0, 1, d * in.gs.text.scale, 0}
	if f := in.gs.text.font; f != nil && f.composite != nil && f.composite.vertical {
		m = matrix{1, 0, 0, 1, 0, d}
	}
	in.text.current = m.then(in.text.current)
}

// show places the ink of a string: one mark for each run of visible glyphs.
func (in *interpreter) show(s []byte) error {
	ts := &in.gs.text
	f := ts.font
	if f == nil {
		in.troubled = true
		return nil
	}
	in.s.operations += len(s) / 4
	if err := in.count(); err != nil {
		return err
	}
	run, pos, visible := 0.0, 0.0, false
	for len(s) > 0 {
		g := f.next(s)
		s = s[g.bytes:]
		blank := f.blank[g.code]
		if blank && visible {
			in.putText(f, run, pos)
			visible = false
		}
		if !blank && !visible {
			run, visible = pos, true
		}
		end := pos + in.glyphAdvance(f, g)
		if visible && len(s) == 0 {
			in.putText(f, run, end-ts.charSpace)
		}
		pos = end
	}
	in.advance(pos)
	return nil
}

func (in *interpreter) glyphAdvance(f *font, g glyph) float64 {
	ts := &in.gs.text
	d := g.width*ts.size + ts.charSpace
	if f.composite != nil && f.composite.vertical {
		d = -ts.size + ts.charSpace
	}
	if g.bytes == 1 && g.code == ' ' {
		d += ts.wordSpace
	}
	return d
}

// putText marks the stretch from..to of the baseline, in unscaled text space.
func (in *interpreter) putText(f *font, from, to float64) {
	ts := &in.gs.text
	if in.alpha <= leastAlpha {
		return // in a group that nobody sees, as in a layer that is hidden
	}
	kind := InkText
	if !in.textInks() || ts.size == 0 {
		kind = InkHiddenText
	}
	in.usedFont(f)
	m := in.text.current.then(in.gs.ctm)
	low, high := f.descent*ts.size+ts.rise, f.ascent*ts.size+ts.rise
	if f.composite != nil && f.composite.vertical {
		in.put(kind, m.bounds(-ts.size/2, to, ts.size/2, from))
		return
	}
	in.put(kind, m.bounds(from*ts.scale, low, to*ts.scale, high))
}

// textInks reports whether the rendering mode leaves ink: 3 is invisible, 7
// only clips (ISO 32000-1, table 106).
func (in *interpreter) textInks() bool {
	switch in.gs.text.mode {
	case 3, 7:
		return false
	case 1, 5:
		return in.inks(in.gs.stroke)
	case 2, 6:
		return in.inks(in.gs.fill) || in.inks(in.gs.stroke)
	}
	return in.inks(in.gs.fill)
}
