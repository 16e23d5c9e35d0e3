package pdf

import (
	"bytes"
	"context"
)

// form is a page of another file, drawn on a page of a composed one.
type form struct {
	number int    // of its object
	matrix string // operands that bring it to its place
}

// graftForms copies the pages of a file into a document, each as a form (ISO
// 32000-1, 8.10). place maps millimetres of the page as it is seen to those of the
// page that it is drawn on. The copied objects go on with the document's numbers.
func graftForms(ctx context.Context, d *document, file []byte, place matrix, l Limits) ([]form, error) {
	src, err := open(ctx, file, l)
	if err != nil {
		return nil, err
	}
	pages, err := src.pages()
	if err != nil {
		return nil, err
	}
	var copied bytes.Buffer
	w := newWriter(&copied)
	head := w.offset
	w.offsets = make([]int64, len(d.entries))
	g := newGrafter(w, src)
	out := make([]form, len(pages))
	for i, p := range pages {
		f := formPage{binder: &binder{out: w}, g: g, page: p, width: a4Width, height: a4Height}
		nr, err := f.form()
		if err != nil {
			return nil, err
		}
		out[i] = form{number: nr, matrix: p.toSheet().then(place).then(f.toPoints()).operands()}
	}
	if err := g.drain(); err != nil {
		return nil, err
	}
	if err := w.w.Flush(); err != nil {
		return nil, err
	}
	d.adopt(copied.Bytes()[head:], w.offsets, head)
	return out, nil
}

// adopt takes over objects that were written elsewhere, behind a head, under
// numbers that follow those of the document.
func (d *document) adopt(objects []byte, offsets []int64, head int64) {
	shift := len(d.file) - int(head)
	for nr := len(d.entries); nr < len(offsets); nr++ {
		e := entry{}
		if offsets[nr] > 0 {
			e.offset = int(offsets[nr]) + shift
		}
		d.entries = append(d.entries, e)
	}
	d.file = append(d.file, objects...)
}
