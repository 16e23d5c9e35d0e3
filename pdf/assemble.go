package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/courrier-go/courrier"
)

// Assembly is what goes into one envelope.
type Assembly struct {
	CarrierSheet []byte // a first page with the address, from [Composer.AddressPage]; empty: none
	Parts        []Part // body first, then the attachments
	Duplex       bool   // printed on both sides: each part starts on a front side
	Layout       Layout // whose margins FitPrintable keeps; default LayoutFrenchDL
}

// Part is one document of an assembly. Form fields and annotations that a
// printer draws become part of the page; scripts, links, attachments and
// electronic signatures are left out.
type Part struct {
	Name   string // returned with its range of pages
	File   []byte
	Fit    Fit
	Stamps []Stamp
	// Bookmark names the part in the outline that readers show; empty: it has none.
	Bookmark string
	Nested   bool // the bookmark stands below the last one that does not
}

// Fit says how pages are brought to A4 portrait.
type Fit string

// The ways to fit.
const (
	FitAsIs      Fit = ""          // pages stay as they are
	FitA4        Fit = "a4"        // pages that are not A4 portrait are scaled, and turned when they are wide
	FitPrintable Fit = "printable" // every page is scaled into what the layout's margins leave
)

// Stamp puts an image on a page, such as a signature or a logo.
type Stamp struct {
	Artwork *Artwork
	Page    int // from 1; from the end when negative, -1 is the last
	Box     Box // the image fills it as far as its shape allows, from its top left corner
}

// Assembled says what an assembled file holds.
type Assembled struct {
	Pages         int         `json:"pages"` // blank ones included
	SheetsSimplex int         `json:"sheets_simplex"`
	SheetsDuplex  int         `json:"sheets_duplex"`
	Bytes         int64       `json:"bytes"`
	Parts         []PageRange `json:"parts"`
}

// PageRange is where a part lies in the assembled file, for carriers that want
// documents apart and hosts that price by part.
type PageRange struct {
	Name          string `json:"name,omitempty"`
	First         int    `json:"first"` // from 1
	Last          int    `json:"last"`
	SheetsSimplex int    `json:"sheets_simplex"`
	SheetsDuplex  int    `json:"sheets_duplex"`
	CarrierSheet  bool   `json:"carrier_sheet,omitempty"`
	BlankAfter    bool   `json:"blank_after,omitempty"` // a blank page follows, so that the next part starts on a front side
}

// Assembler makes one print-ready file out of many. It is safe for concurrent
// use; make one and keep it, for it counts the calls in flight.
type Assembler struct{ guard *guard }

// NewAssembler returns an Assembler with these limits. FileBytes is the limit
// of all parts together.
func NewAssembler(l Limits) *Assembler { return &Assembler{newGuard(l)} }

// Assemble writes the file to w. Parts are read one after the other: memory is that of
// the largest part. The same assembly gives the same bytes. When it fails, what was
// written to w is worth nothing. The files must not change while it runs. A part that
// may not be printed is a [courrier.FieldError] with the finding of its inspection; too
// complex is what takes too long, corrupt what breaks the parser. The Assembler is busy when as many calls are in flight
// as may be. Errors of ctx and of w come besides.
//
// Errors: [courrier.ErrInvalid] (also too-complex, corrupt), [courrier.ErrUnavailable] (busy).
func (a *Assembler) Assemble(ctx context.Context, w io.Writer, as Assembly) (Assembled, error) {
	if err := as.check(a.guard.limits); err != nil {
		return Assembled{}, err
	}
	return guardedWrite(ctx, a.guard, w, func(ctx context.Context, w io.Writer) (Assembled, error) {
		return assemble(ctx, w, as, a.guard.limits)
	})
}

// gate lets an abandoned call write no more. A write that is under way when
// the call is abandoned ends when the host's writer lets it.
type gate struct {
	w      io.Writer
	closed atomic.Bool
}

var errAbandoned = errors.New("the call was abandoned")

func (g *gate) Write(p []byte) (int, error) {
	if g.closed.Load() {
		return 0, errAbandoned
	}
	return g.w.Write(p)
}

// guardedWrite is guarded for what writes. What the file did to the call is an error
// about the file.
func guardedWrite[T any](ctx context.Context, g *guard, w io.Writer, fn func(context.Context, io.Writer) (T, error)) (T, error) {
	gw := &gate{w: w}
	defer gw.closed.Store(true)
	out, err := guarded(ctx, g, func(ctx context.Context) (T, error) { return fn(ctx, gw) })
	busy := errors.Is(err, courrier.ErrUnavailable) // which may hold the time that it waited
	if err == nil || busy || ctx.Err() != nil {
		return out, err
	}
	for cause, code := range map[error]Code{context.DeadlineExceeded: CodeTooComplex, errCrashed: CodeCorrupt} {
		if errors.Is(err, cause) {
			err = &courrier.Error{Op: "pdf", Kind: courrier.ErrInvalid, Code: string(code), Err: err}
		}
	}
	return out, err
}

func (as Assembly) check(l Limits) error {
	var c courrier.Checks
	c.Require(len(as.Parts) > 0, "Parts", "is empty", "give at least one document")
	as.Layout.check(&c)
	total := int64(len(as.CarrierSheet))
	for i, p := range as.Parts {
		name := fmt.Sprintf("Parts[%d]", i)
		total += int64(len(p.File))
		c.Require(p.Fit == FitAsIs || p.Fit == FitA4 || p.Fit == FitPrintable, name+".Fit", "is not a Fit", "use one of the constants")
		for k, s := range p.Stamps {
			c.Require(s.Artwork != nil && s.Page != 0 && s.Box.W > 0 && s.Box.H > 0, fmt.Sprintf("%s.Stamps[%d]", name, k),
				"needs an artwork, a page and a box", "give all three")
		}
	}
	c.Require(total <= l.FileBytes, "Parts", fmt.Sprintf("hold %d bytes, more than %d", total, l.FileBytes), "send fewer or smaller files")
	return c.Err()
}

func assemble(ctx context.Context, w io.Writer, as Assembly, l Limits) (Assembled, error) {
	b := newBinder(w)
	parts := as.Parts
	if len(as.CarrierSheet) > 0 {
		parts = append([]Part{{File: as.CarrierSheet}}, parts...)
	}
	var out Assembled
	for i, p := range parts {
		isSheet := len(as.CarrierSheet) > 0 && i == 0
		name := fmt.Sprintf("Parts[%d]", i-len(parts)+len(as.Parts))
		if isSheet {
			name = "CarrierSheet"
		}
		r, err := b.part(ctx, name, p, as.Layout, l)
		if err != nil {
			return Assembled{}, err
		}
		r.CarrierSheet = isSheet
		if p.Bookmark != "" {
			b.bookmarks = append(b.bookmarks, bookmark{title: p.Bookmark, page: r.First, nested: p.Nested && len(b.bookmarks) > 0})
		}
		out.SheetsSimplex += r.SheetsSimplex
		out.SheetsDuplex += r.SheetsDuplex
		if as.Duplex && i < len(parts)-1 && (r.Last-r.First+1)%2 == 1 {
			b.blank()
			r.BlankAfter = true
		}
		out.Parts = append(out.Parts, r)
	}
	if err := b.finish(); err != nil {
		return Assembled{}, err
	}
	out.Pages, out.Bytes = len(b.pages), b.out.offset
	return out, nil
}

// part reads one file and copies its pages.
func (b *binder) part(ctx context.Context, name string, p Part, layout Layout, l Limits) (PageRange, error) {
	s, err := open(ctx, p.File, l)
	if err != nil {
		if ctx.Err() != nil {
			return PageRange{}, ctx.Err()
		}
		return PageRange{}, diagnose(p.File, err).Err(name)
	}
	pages, err := s.pages()
	if err != nil {
		return PageRange{}, partError(p.File, name, err)
	}
	if err := unprintable(s, pages).Err(name); err != nil {
		return PageRange{}, err
	}
	if s.err != nil {
		return PageRange{}, partError(p.File, name, s.err)
	}
	stamps, err := p.stamps(name, len(pages))
	if err != nil {
		return PageRange{}, err
	}
	first := len(b.pages) + 1
	if err := b.copyPages(s, pages, p.Fit, layout, stamps); err != nil {
		return PageRange{}, partError(p.File, name, err)
	}
	n := len(pages)
	return PageRange{Name: p.Name, First: first, Last: first + n - 1, SheetsSimplex: sheets(n, false), SheetsDuplex: sheets(n, true)}, nil
}

func partError(file []byte, name string, err error) error {
	if errors.Is(err, errTooComplex) || errors.Is(err, errCorrupt) {
		return diagnose(file, err).Err(name)
	}
	return err
}

// unprintable lists what forbids assembling a file that could be read.
func unprintable(s *source, pages []page) Report {
	var r Report
	var fs findings
	if len(pages) == 0 {
		fs.add(CodeNoPages, 0, "")
	}
	if s.encrypted && !s.mayPrint {
		fs.add(CodePrintForbidden, 0, "")
	}
	if s.needsXFA() {
		fs.add(CodeFormXFA, 0, "")
	}
	for _, p := range pages {
		switch {
		case p.missing:
			fs.add(CodePageMissing, p.number, "")
		case s.unreadable(p):
			fs.add(CodePageUnreadable, p.number, "")
		}
		s.undrawn(p, &fs)
	}
	r.finish(fs)
	return r
}

// undrawn lists what the page would lose: what is to be printed and cannot be drawn.
func (s *source) undrawn(p page, fs *findings) {
	for _, a := range s.annotations(p) {
		switch {
		case !a.undrawn || !a.meant():
		case a.field:
			fs.add(CodeFormNotDrawn, p.number, "")
		default:
			fs.add(CodeAnnotationsNotDrawn, p.number, a.subtype)
		}
	}
}

// stamps by page number.
func (p Part) stamps(name string, pages int) (map[int][]Stamp, error) {
	out := map[int][]Stamp{}
	var c courrier.Checks
	for i, s := range p.Stamps {
		n := s.Page
		if n < 0 {
			n += pages + 1
		}
		if c.Require(n >= 1 && n <= pages, fmt.Sprintf("%s.Stamps[%d].Page", name, i), fmt.Sprintf("is not one of the %d pages", pages),
			"choose a page of the file") {
			out[n] = append(out[n], s)
		}
	}
	return out, c.Err()
}
