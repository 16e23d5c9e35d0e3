module github.com/courrier-go/courrier/e2e

go 1.26.0

require (
	github.com/chromedp/cdproto v0.0.0-20250724212937-08a3db8b4327
	github.com/chromedp/chromedp v0.14.2
	github.com/courrier-go/courrier v0.0.0
	github.com/courrier-go/courrier/stores/mysql v0.0.0
	github.com/courrier-go/courrier/stores/postgres v0.0.0
	github.com/courrier-go/courrier/stores/sqlite v0.0.0
	github.com/jackc/pgx/v5 v5.7.1
	github.com/shopspring/decimal v1.4.0
	github.com/stretchr/testify v1.9.0
)

require (
	codeberg.org/go-fonts/liberation v0.6.0 // indirect
	github.com/chromedp/sysutil v1.1.0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/go-json-experiment/json v0.0.0-20250725192818-e39067aee2d2 // indirect
	github.com/go-sql-driver/mysql v1.7.1 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/gobwas/ws v1.4.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v0.1.9 // indirect
	github.com/pdfcpu/pdfcpu v0.15.0 // indirect
	github.com/piglig/go-qr v1.1.0 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/exp v0.0.0-20250620022241-b7579e27df2b // indirect
	golang.org/x/image v0.44.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
	modernc.org/libc v1.66.3 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.11.0 // indirect
	modernc.org/sqlite v1.38.2 // indirect
	pgregory.net/rapid v1.1.0 // indirect
)

replace github.com/courrier-go/courrier => ..

replace github.com/courrier-go/courrier/stores/sqlite => ../stores/sqlite

replace github.com/courrier-go/courrier/stores/postgres => ../stores/postgres

replace github.com/courrier-go/courrier/stores/mysql => ../stores/mysql
