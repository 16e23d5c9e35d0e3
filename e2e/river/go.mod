module github.com/courrier-go/courrier/e2e/river

go 1.26.0

require (
	github.com/courrier-go/courrier v0.0.0
	github.com/courrier-go/courrier/e2e v0.0.0
	github.com/courrier-go/courrier/river v0.0.0
	github.com/courrier-go/courrier/stores/postgres v0.0.0
	github.com/courrier-go/courrier/stores/sqlite v0.0.0
	github.com/jackc/pgx/v5 v5.9.2
	github.com/riverqueue/river v0.38.0
	github.com/riverqueue/river/riverdriver v0.38.0
	github.com/riverqueue/river/riverdriver/riverdatabasesql v0.38.0
	github.com/riverqueue/river/riverdriver/riverpgxv5 v0.38.0
	github.com/riverqueue/river/riverdriver/riversqlite v0.38.0
	github.com/riverqueue/river/rivertype v0.38.0
	github.com/stretchr/testify v1.11.1
)

require (
	github.com/courrier-go/courrier/stores/mysql v0.0.0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/go-sql-driver/mysql v1.7.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/lib/pq v1.12.3 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v0.1.9 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/riverqueue/river/rivershared v0.38.0 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	github.com/tidwall/gjson v1.19.0 // indirect
	github.com/tidwall/match v1.2.0 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	golang.org/x/exp v0.0.0-20250620022241-b7579e27df2b // indirect
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

replace github.com/courrier-go/courrier => ../..

replace github.com/courrier-go/courrier/e2e => ../

replace github.com/courrier-go/courrier/river => ../../river

replace github.com/courrier-go/courrier/stores/postgres => ../../stores/postgres

replace github.com/courrier-go/courrier/stores/mysql => ../../stores/mysql

replace github.com/courrier-go/courrier/stores/sqlite => ../../stores/sqlite
