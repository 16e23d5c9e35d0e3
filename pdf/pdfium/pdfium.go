// Package pdfium draws pages of PDFs as PNG images with PDFium, compiled to
// WebAssembly: no program needs to be installed, no C is linked, and a hostile file
// is shut up in a sandbox with bounds of time and memory. It is a module of its
// own, so that only hosts that want previews carry its 12 MB.
//
//	rasterizer, err := pdfium.New(ctx, pdfium.Config{CacheDir: dir})
//	…
//	defer rasterizer.Close()
//	previewer := pdf.NewPreviewer(pdf.PreviewerConfig{Rasterizer: rasterizer})
//
// Where poppler is installed, [pdf.Pdftoppm] does the same in processes of its own.
package pdfium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"time"

	engine "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
)

// Config holds the settings of a [Rasterizer]. Its zero value works.
type Config struct {
	// CacheDir is a directory of the host's where the compiled PDFium is kept, about
	// 21 MB. With it a start takes a tenth of a second, else four. Only the host may
	// write there: what lies in it is run.
	CacheDir   string
	Timeout    time.Duration // of a page; default 20 s
	Concurrent int           // pages drawn at once; default 2
	MemoryMiB  int           // of one page being drawn, 64 to 4096; default 256
}

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Concurrent <= 0 {
		c.Concurrent = 2
	}
	if c.MemoryMiB <= 0 {
		c.MemoryMiB = 256
	}
	return c
}

// Rasterizer implements [pdf.Rasterizer]. It is safe for concurrent use; make one
// and keep it. Each page gets an instance of PDFium that has seen no other file.
type Rasterizer struct {
	config Config
	cache  wazero.CompilationCache
	pool   engine.Pool
}

var _ pdf.Rasterizer = (*Rasterizer)(nil)

const wasmPage = 64 << 10

// New compiles PDFium, or reads it from the cache. What creating the cache's directory or
// compiling says comes as it is.
//
// Errors: [courrier.ErrInvalid].
func New(ctx context.Context, c Config) (*Rasterizer, error) {
	c = c.withDefaults()
	var checks courrier.Checks
	checks.Require(c.MemoryMiB >= 64 && c.MemoryMiB <= 4096, "MemoryMiB", "is not between 64 and 4096", "choose a size in that range")
	if err := checks.Err(); err != nil {
		return nil, err
	}
	cache := wazero.NewCompilationCache()
	if c.CacheDir != "" {
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(c.CacheDir); err != nil {
			return nil, fmt.Errorf("pdfium: cache: %w", err)
		}
	}
	runtime := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(uint32(c.MemoryMiB << 20 / wasmPage)).
		WithCompilationCache(cache).
		WithCloseOnContextDone(true) // else nothing stops a page that is drawn for ever
	pool, err := webassembly.Init(webassembly.Config{
		Context: context.WithoutCancel(ctx), MaxTotal: c.Concurrent, MaxIdle: c.Concurrent, RuntimeConfig: runtime,
		FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard, // the sandbox sees no files
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pdfium: %w", err), cache.Close(ctx))
	}
	return &Rasterizer{config: c, cache: cache, pool: pool}, nil
}

// Close ends what is being drawn and frees everything.
func (r *Rasterizer) Close() error {
	return errors.Join(r.pool.Close(), r.cache.Close(context.Background()))
}

// Rasterize implements [pdf.Rasterizer]: page, from 1, as a printer would get it.
// The resolution is that of an A4 page; larger pages get the same number of pixels. A
// page that cannot be drawn within the bounds is [courrier.ErrUnavailable].
func (r *Rasterizer) Rasterize(ctx context.Context, file []byte, page, dpi int) ([]byte, error) {
	bounded, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	image, err := r.draw(bounded, file, page, dpi)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &courrier.Error{Op: "pdf: rasterize", Kind: courrier.ErrUnavailable, Code: "pdfium", Err: fmt.Errorf("page %d: %w",
			page, err)}
	}
	return image, nil
}

// draw has an instance draw the page, and stops it when the time is over.
func (r *Rasterizer) draw(ctx context.Context, file []byte, page, dpi int) ([]byte, error) {
	instance, err := r.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, err
	}
	type outcome struct {
		image []byte
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		image, err := drawn(instance, file, page, dpi)
		done <- outcome{image, err}
	}()
	select {
	case o := <-done:
		return o.image, errors.Join(o.err, instance.Close())
	case <-ctx.Done():
		err := instance.Kill()
		<-done // a killed instance answers at once: no goroutine outlives the call
		return nil, errors.Join(ctx.Err(), err)
	}
}

const (
	a4Height = 297 / 25.4 // inches
	drawing  = enums.FPDF_RENDER_FLAG_ANNOT | enums.FPDF_RENDER_FLAG_PRINTING
)

func drawn(instance engine.Pdfium, file []byte, page, dpi int) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("pdfium crashed (%T)", p)
		}
	}()
	document, err := instance.OpenDocument(&requests.OpenDocument{File: &file})
	if err != nil {
		return nil, err
	}
	side := int(math.Ceil(a4Height * float64(dpi)))
	rendered, err := instance.RenderPageInPixels(&requests.RenderPageInPixels{
		Page:  requests.Page{ByIndex: &requests.PageByIndex{Document: document.Document, Index: page - 1}},
		Width: side, Height: side, RenderFlags: drawing, RenderForm: true, Document: &document.Document,
	})
	if err != nil {
		return nil, err
	}
	defer rendered.Cleanup()
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed} // encoding costs more than drawing
	err = encoder.Encode(&b, rendered.Result.RenderedImage)
	return b.Bytes(), err
}
