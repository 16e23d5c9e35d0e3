package pdfium_test

import (
	"context"
	"log"

	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/pdf/pdfium"
)

// The sandbox takes seconds to start without a cache; the example is compiled only.
func ExampleNew() {
	rasterizer, err := pdfium.New(context.Background(), pdfium.Config{CacheDir: "/var/cache/host"})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rasterizer.Close() }()
	_ = pdf.NewPreviewer(pdf.PreviewerConfig{Rasterizer: rasterizer})
}
