package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/courrier-go/courrier"
)

// InspectOptions say what the file will be printed for.
type InspectOptions struct {
	// Layout holds the zones to keep free; the zero Layout checks none.
	Layout Layout `json:"layout"`
	// Address says who writes the recipient's address.
	Address AddressMode `json:"address,omitempty"`
	// Fit is how the file will be assembled ([Part]): pages are measured as
	// they will be printed, not as the file holds them.
	Fit Fit `json:"fit,omitempty"`
}

// AddressMode says where the recipient's address comes from.
type AddressMode string

// The address modes.
const (
	AddressByCarrier AddressMode = ""      // the carrier prints it on page 1: the window must be empty
	AddressOnPage    AddressMode = "page"  // page 1 of the file bears it: the window must show it and nothing else
	AddressOnSheet   AddressMode = "sheet" // a carrier sheet bears it: the window is not checked
)

// Inspector inspects files that somebody else made. It is safe for concurrent
// use; make one and keep it, for it counts the calls in flight.
type Inspector struct{ guard *guard }

// NewInspector returns an Inspector with these limits.
func NewInspector(l Limits) *Inspector { return &Inspector{newGuard(l)} }

// Inspect reads the file and reports what a printer would make of it. What is
// wrong with the file is in the report, never an error. The file must not change
// while Inspect runs, nor after it returned a report with [CodeTooComplex]: the parser
// may still be at work. A Layout that is a name alone is refused. When ctx ends first
// its error is returned. The Inspector is busy when as many calls are in flight as may be.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnavailable] (busy).
func (i *Inspector) Inspect(ctx context.Context, file []byte, o InspectOptions) (Report, error) {
	var c courrier.Checks
	o.Layout.check(&c)
	if err := c.Err(); err != nil {
		return Report{}, err
	}
	limits := i.guard.limits
	if int64(len(file)) > limits.FileBytes {
		return refused(len(file), CodeTooLarge, fmt.Sprintf("over %d bytes", limits.FileBytes)), nil
	}
	r, err := guarded(ctx, i.guard, func(ctx context.Context) (Report, error) {
		return inspect(ctx, file, limits, o)
	})
	switch {
	case err == nil:
		return r, nil
	case ctx.Err() != nil:
		return Report{}, ctx.Err()
	case errors.Is(err, courrier.ErrUnavailable):
		return Report{}, err
	}
	return diagnose(file, err), nil
}

// InspectReader reads at most the limit of a file's size and inspects that.
// Those of the reader come besides.
//
// Errors: as [Inspector.Inspect].
func (i *Inspector) InspectReader(ctx context.Context, r io.Reader, o InspectOptions) (Report, error) {
	file, err := io.ReadAll(io.LimitReader(r, i.guard.limits.FileBytes+1))
	if err != nil {
		return Report{}, err
	}
	return i.Inspect(ctx, file, o)
}

func refused(size int, code Code, detail string) Report {
	r := Report{Bytes: size}
	var fs findings
	fs.add(code, 0, detail)
	r.finish(fs)
	return r
}

// diagnose turns the error that ended a reading into a report.
func diagnose(file []byte, err error) Report {
	switch {
	case errors.Is(err, errNotPDF):
		return refused(len(file), CodeNotPDF, "")
	case errors.Is(err, errTooComplex):
		return refused(len(file), CodeTooComplex, boundOf(err))
	case errors.Is(err, context.DeadlineExceeded):
		return refused(len(file), CodeTooComplex, "time")
	case errors.Is(err, errPassword):
		r := refused(len(file), CodePassword, "")
		r.Encryption = EncryptionPassword
		return r
	case errors.Is(err, errEncryption):
		r := refused(len(file), CodeEncryptionUnknown, "")
		r.Encryption = EncryptionUnknown
		return r
	case errors.Is(err, errCrashed):
		return refused(len(file), CodeCorrupt, "crash")
	}
	return refused(len(file), CodeCorrupt, "")
}

func boundOf(err error) string {
	var b boundError
	if errors.As(err, &b) {
		return string(b)
	}
	return ""
}

func inspect(ctx context.Context, file []byte, l Limits, o InspectOptions) (Report, error) {
	s, err := open(ctx, file, l)
	if err != nil {
		return Report{}, err
	}
	pages, err := s.pages()
	if err != nil {
		return Report{}, err
	}
	in := inspection{s: s, o: o, report: Report{Bytes: len(file)}, fonts: map[string]bool{}}
	in.document(pages)
	for _, p := range pages {
		if err := in.page(p); err != nil {
			return Report{}, err
		}
	}
	if s.err != nil {
		return Report{}, s.err
	}
	if s.repaired {
		in.findings.add(CodeRepaired, 0, "")
	}
	in.count(pages)
	in.report.finish(in.findings)
	return in.report, nil
}

// inspection is the work on one file.
type inspection struct {
	s        *source
	o        InspectOptions
	report   Report
	findings findings
	fonts    map[string]bool
}

// document checks what concerns the file as a whole.
func (in *inspection) document(pages []page) {
	if len(pages) == 0 {
		in.findings.add(CodeNoPages, 0, "")
	}
	if in.s.encrypted {
		in.report.Encryption = EncryptionPermissions
		code := CodeRestricted
		if !in.s.mayPrint {
			code = CodePrintForbidden
		}
		in.findings.add(code, 0, "")
	}
	in.interactive()
}

func (in *inspection) count(pages []page) {
	in.report.Pages = len(pages)
	in.report.SheetsSimplex = sheets(len(pages), false)
	in.report.SheetsDuplex = sheets(len(pages), true)
}

// sheets of paper that a document of n pages takes; it starts on a front side.
func sheets(n int, duplex bool) int {
	if duplex {
		return (n + 1) / 2
	}
	return n
}

// page checks one page.
func (in *inspection) page(p page) error {
	if p.missing {
		in.findings.add(CodePageMissing, p.number, "")
		in.report.PageSizes = append(in.report.PageSizes, PageReport{})
		return nil
	}
	in.s.pageBytes = 0
	p = p.fitted(in.o.Fit, in.o.Layout)
	w, h := p.sheet()
	t := in.o.Layout.Tolerances
	info := PageReport{Width: Box{W: w}.rounded().W, Height: Box{H: h}.rounded().H, A4: isA4Within(w, h, t.size()), Blank: true}
	in.size(p)
	watched := watch{zones: in.zones(p.number, w, h), tolerances: t}
	it := newInterpreter(in.s, p, func(m mark) {
		info.Blank = info.Blank && (m.cover || m.kind == InkHiddenText)
		watched.see(m)
	})
	it.usedFont = func(f *font) { in.font(p.number, f) }
	if err := it.page(p); err != nil {
		return err
	}
	unread := it.unread(info.Blank) // whatever annotations draw over it
	if err := in.annotations(p, it); err != nil {
		return err
	}
	in.s.touch(p.resources)
	in.content(p, it.troubled, unread, info.Blank)
	if addressed := watched.file(&in.findings, p.number); watched.expectAddress && !addressed {
		in.findings.add(CodeNoAddress, p.number, "").Box = &in.o.Layout.Address
	}
	in.report.PageSizes = append(in.report.PageSizes, info)
	return nil
}

// content says how much of the page could be read. A page that could not be
// read at all is not a blank one.
func (in *inspection) content(p page, troubled, unread, blank bool) {
	if troubled || unread {
		in.findings.add(CodePageDamaged, p.number, "")
	}
	switch {
	case unread:
		in.findings.add(CodePageUnreadable, p.number, "")
	case blank:
		in.findings.add(CodePageBlank, p.number, "")
	}
}

// size compares the page with the paper.
func (in *inspection) size(p page) {
	w, h := p.frame.size()
	switch {
	case p.place != nil:
		in.findings.add(CodePageScaled, p.number, sizeText(w, h))
	case isA4Within(w, h, in.o.Layout.Tolerances.size()):
	case w > h:
		in.findings.add(CodePageLandscape, p.number, sizeText(w, h))
	default:
		in.findings.add(CodePageSize, p.number, sizeText(w, h))
	}
	if p.frame.guessed {
		in.findings.add(CodePageSizeUnknown, p.number, "")
	}
	if p.frame.trimmed {
		in.findings.add(CodePageTrimmed, p.number, "")
	}
}

func sizeText(w, h float64) string { return fmt.Sprintf("%.0f x %.0f mm", w, h) }

func (in *inspection) font(number int, f *font) {
	if !f.embedded {
		in.findings.add(CodeFontNotEmbedded, number, f.name)
	}
}
