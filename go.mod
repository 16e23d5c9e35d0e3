module github.com/courrier-go/courrier

go 1.26.0

// The lowest versions that pass, so that a host keeps its own. shopspring/decimal is all that the
// root links; the others are for what a host chooses: golang.org/x/text, x/image and x/crypto come
// with package pdf's reader, go-mail and x/net's idna with providers/smtp, retryablehttp, x/time and x/oauth2 with
// the HTTP carriers. testify and rapid are for tests.
require (
	codeberg.org/go-fonts/liberation v0.6.0
	github.com/hashicorp/go-retryablehttp v0.7.8
	github.com/pdfcpu/pdfcpu v0.15.0
	github.com/piglig/go-qr v1.1.0
	github.com/shopspring/decimal v1.4.0
	github.com/stretchr/testify v1.9.0
	github.com/wneessen/go-mail v0.7.3
	golang.org/x/image v0.44.0
	golang.org/x/net v0.56.0
	golang.org/x/oauth2 v0.27.0
	golang.org/x/text v0.43.0
	golang.org/x/time v0.5.0
	pgregory.net/rapid v1.1.0
)

require (
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/google/go-cmp v0.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hhrutter/tiff v1.0.6 // indirect
	github.com/kr/pretty v0.3.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mattn/go-runewidth v0.0.27 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.54.0 // indirect
	gopkg.in/check.v1 v1.0.0-20201130134442-10cb98267c6c // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
