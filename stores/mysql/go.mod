module github.com/courrier-go/courrier/stores/mysql

go 1.26.0

require (
	github.com/courrier-go/courrier v0.0.0
	github.com/go-sql-driver/mysql v1.7.1
	github.com/stretchr/testify v1.9.0
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/kr/text v0.2.0 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/courrier-go/courrier => ../..
