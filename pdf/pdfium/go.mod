module github.com/courrier-go/courrier/pdf/pdfium

go 1.26.0

require (
	github.com/courrier-go/courrier v0.0.0
	github.com/klippa-app/go-pdfium v1.21.4
	github.com/stretchr/testify v1.12.1
	github.com/tetratelabs/wazero v1.12.0
)

require (
	codeberg.org/go-fonts/liberation v0.6.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jolestar/go-commons-pool/v2 v2.1.2 // indirect
	github.com/pdfcpu/pdfcpu v0.15.0 // indirect
	github.com/piglig/go-qr v1.1.0 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/image v0.44.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/courrier-go/courrier => ../..
