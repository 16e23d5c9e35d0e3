// A module of its own: fpdf is what the library is compared with, and nothing
// that imports the library should have it.
module github.com/courrier-go/courrier/internal/bench/paper

go 1.26.0

require (
	codeberg.org/go-fonts/liberation v0.6.0
	codeberg.org/go-pdf/fpdf v0.12.0
	github.com/courrier-go/courrier v0.0.0
)

require (
	github.com/hhrutter/tiff v1.0.6 // indirect
	github.com/pdfcpu/pdfcpu v0.15.0 // indirect
	github.com/piglig/go-qr v1.1.0 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/image v0.44.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/courrier-go/courrier => ../../..
