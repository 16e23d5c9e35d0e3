package pdf

import (
	"context"
	"fmt"
)

// Where a page of an exhibit is drawn: below the line that names it.
const (
	exhibitTop   = 19.0
	exhibitScale = 0.88
	exhibitLeft  = (a4Width - exhibitScale*a4Width) / 2
)

// exhibitPages adds a page for each page of an exhibit.
func (d *dossier) exhibitPages(x *exhibit) {
	x.first, x.last = 0, 0
	if x.pages == 0 {
		return
	}
	name := d.ready(fmt.Sprintf("%s %d – %s", d.words.piece, x.number, d.words.partName(x.Kind)))
	for n := range x.pages {
		d.pages = append(d.pages, nil)
		page := len(d.pages) - 1
		if n == 0 {
			x.first = page + 1
			d.outline = append(d.outline, outlineItem{title: name, page: page})
		}
		x.last = page + 1
		st := d.small()
		head := d.faces.breakLines(escapeMarks(name), st, textWidth)[0]
		d.leaf(roleParagraph, func() { d.lineOn(page, leftEdge, 14-st.baseline(), head, st) })
		tag := d.tree.add(documentElement, roleFigure)
		d.tree.elements[tag].alt = fmt.Sprintf(d.words.pieceAlt, name, n+1, x.pages)
		d.drawOn(page, drawing{kind: drawForm, x: exhibitLeft, y: exhibitTop, w: exhibitScale * a4Width, h: exhibitScale * a4Height,
			form: d.drawn, tag: tag})
		d.sheetEdge(page)
		d.drawn++
	}
}

// sheetEdge draws the edge of the exhibit's sheet.
func (d *dossier) sheetEdge(page int) {
	edge := style{colour: paleRule}
	w, h := exhibitScale*a4Width, exhibitScale*a4Height
	for _, l := range []drawing{
		{x: exhibitLeft, y: exhibitTop, w: w}, {x: exhibitLeft, y: exhibitTop + h, w: w},
		{x: exhibitLeft, y: exhibitTop, h: h}, {x: exhibitLeft + w, y: exhibitTop, h: h},
	} {
		l.kind, l.style, l.thickness = drawLine, edge, 0.15
		d.drawOn(page, l)
	}
}

// file writes the pages with the exhibits drawn on them.
func (d *dossier) file(ctx context.Context, l Limits) ([]byte, error) {
	return d.render(rendering{outline: d.outline, conforms: d.drawn == 0, forms: func(doc *document) ([]form, error) {
		var out []form
		for _, x := range d.exhibits {
			if x.first == 0 {
				continue
			}
			forms, err := graftForms(ctx, doc, x.file, matrix{exhibitScale, 0, 0, exhibitScale, exhibitLeft, exhibitTop}, l)
			if err != nil {
				return nil, err
			}
			out = append(out, forms...)
		}
		return out, nil
	}})
}
