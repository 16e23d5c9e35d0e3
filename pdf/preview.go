package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/courrier-go/courrier"
)

// Previewer draws what a printer would make of a file, with the envelope over
// it. It is safe for concurrent use; make one and keep it, for it counts the
// calls in flight.
type Previewer struct {
	guard      *guard
	inspector  *Inspector
	rasterizer Rasterizer
}

// PreviewerConfig holds the settings of a [Previewer].
type PreviewerConfig struct {
	Limits     Limits
	Rasterizer Rasterizer // draws pages as images; nil: Pages answers ErrUnsupported
}

// NewPreviewer returns a Previewer.
func NewPreviewer(c PreviewerConfig) *Previewer {
	return &Previewer{newGuard(c.Limits), NewInspector(c.Limits), c.Rasterizer}
}

// Overlay writes the file to w with its zones drawn over it: the window and
// the address in blue, the label and the margins in grey, and all of them red
// on pages where something intrudes. It returns the inspection that it shows.
// The overlay is for the eye: never send that file to a printer.
//
// Errors: as [Assembler.Assemble].
func (p *Previewer) Overlay(ctx context.Context, w io.Writer, file []byte, o InspectOptions) (Report, error) {
	report, err := p.inspector.Inspect(ctx, file, o)
	if err != nil {
		return Report{}, err
	}
	if report.Pages == 0 {
		return report, report.Err("File")
	}
	_, err = guardedWrite(ctx, p.guard, w, func(ctx context.Context, w io.Writer) (struct{}, error) {
		return struct{}{}, overlay(ctx, w, file, o, report, p.guard.limits)
	})
	return report, err
}

func overlay(ctx context.Context, w io.Writer, file []byte, o InspectOptions, report Report, l Limits) error {
	b := newBinder(w)
	b.overlayDict = "/ExtGState <</Veil <</ca 0.18 /CA 0.9>>>>"
	b.overlay = func(number int) string { return drawZones(number, o, report) }
	if _, err := b.part(ctx, "File", Part{File: file, Fit: o.Fit}, o.Layout, l); err != nil {
		return err
	}
	return b.finish()
}

// drawZones draws a page's zones in the space of an unturned page.
func drawZones(number int, o InspectOptions, report Report) string {
	size := report.PageSizes[number-1]
	in := inspection{o: o}
	z := in.zones(number, size.Width, size.Height)
	intruded := func(code Code) bool {
		f, ok := report.Find(code)
		if !ok {
			return false
		}
		for _, p := range f.Pages {
			if p == number {
				return true
			}
		}
		return false
	}
	var out strings.Builder
	out.WriteString("q /Veil gs 0.6 w\n")
	for _, b := range z.margins {
		zoneBox(&out, b, size.Height, intruded(CodeMargin), "0.55 0.58 0.62", false)
	}
	zoneBox(&out, z.label, size.Height, intruded(CodeLabel), "0.55 0.58 0.62", true)
	zoneBox(&out, z.window, size.Height, intruded(CodeWindow) || intruded(CodeNoAddress), "0.15 0.45 0.85", true)
	if !z.address.IsZero() {
		zoneBox(&out, z.address, size.Height, false, "0.15 0.45 0.85", true)
	}
	out.WriteString("Q\n")
	return out.String()
}

func zoneBox(out *strings.Builder, b Box, height float64, red bool, colour string, outline bool) {
	if b.IsZero() {
		return
	}
	if red {
		colour = "0.85 0.1 0.1"
	}
	paint := "f"
	if outline || red {
		paint = "B"
	}
	const k = 1 / mmPerPoint
	fmt.Fprintf(out, "%s rg %s RG %s %s %s %s re %s\n", colour, colour,
		num(b.X*k), num((height-b.Bottom())*k), num(b.W*k), num(b.H*k), paint)
}

// Limits of a rasterized preview.
const (
	minDPI, maxDPI = 20, 300
	maxPreview     = 50 // pages
)

// Pages draws pages first to last of a file, from 1, as PNG images with the
// overlay of [Previewer.Overlay]; what the Rasterizer answers comes besides.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnavailable] (pdftoppm),
// [courrier.ErrUnsupported] (no-rasterizer).
func (p *Previewer) Pages(ctx context.Context, file []byte, o InspectOptions, first, last, dpi int) ([][]byte, error) {
	if p.rasterizer == nil {
		return nil, &courrier.Error{Op: "pdf: preview", Kind: courrier.ErrUnsupported, Code: "no-rasterizer", Err: errors.New("give one in PreviewerConfig, such as Pdftoppm")}
	}
	var c courrier.Checks
	c.Require(first >= 1 && last >= first && last-first < maxPreview, "first, last", fmt.Sprintf("must name 1 to %d pages", maxPreview),
		"ask for fewer pages")
	c.Require(dpi >= minDPI && dpi <= maxDPI, "dpi", fmt.Sprintf("must be %d to %d", minDPI, maxDPI), "choose a resolution in that range")
	if err := c.Err(); err != nil {
		return nil, err
	}
	var drawn strings.Builder
	report, err := p.Overlay(ctx, &drawn, file, o)
	if err != nil {
		return nil, err
	}
	var images [][]byte
	for number := first; number <= min(last, report.Pages); number++ {
		img, err := p.rasterizer.Rasterize(ctx, []byte(drawn.String()), number, dpi)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", number, err)
		}
		images = append(images, img)
	}
	return images, nil
}
