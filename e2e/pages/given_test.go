package pages_test

const module = "github.com/courrier-go/courrier"

// packages are what the blocks of pages import, by name.
var packages = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "httptest": "net/http/httptest", "io": "io", "iter": "iter", "log": "log", "os": "os", "signal": "os/signal", "sql": "database/sql",
	"syscall": "syscall", "testing": "testing", "time": "time",
	"ban": module + "/providers/ban", "billing": module + "/billing", "changes": module + "/changes", "courrier": module, "desk": module + "/desk", "dunning": module + "/dunning",
	"laposte": module + "/providers/laposte", "latepayment": module + "/latepayment", "memstore": module + "/stores/memstore",
	"lapostetest": module + "/providers/laposte/lapostetest", "mercifacteurtest": module + "/providers/mercifacteur/mercifacteurtest",
	"mysendingboxtest": module + "/providers/mysendingbox/mysendingboxtest", "pingentest": module + "/providers/pingen/pingentest",
	"mercifacteur": module + "/providers/mercifacteur", "mysql": module + "/stores/mysql", "mysendingbox": module + "/providers/mysendingbox", "otel": module + "/otel", "pdf": module + "/pdf",
	"pingen": module + "/providers/pingen", "privacy": module + "/privacy", "providertest": module + "/providers/providertest",
	"courrierriver": module + "/river", "river": "github.com/riverqueue/river", "pgx": "github.com/jackc/pgx/v5", "pgxpool": "github.com/jackc/pgx/v5/pgxpool",
	"postgres": module + "/stores/postgres", "smtp": module + "/providers/smtp", "email": module + "/email", "sqlite": module + "/stores/sqlite",
	"sqlstore": module + "/stores/sqlstore", "storetest": module + "/stores/storetest",
}

// given are the values that a reader of a page has already: those of README, and what
// the text around the block says.
var given = map[string]string{
	"account": "courrier.AccountID", "config": "dunning.Config", "customer": "courrier.CustomerID", "err": "error", "january": "billing.Statement", "carrier": "courrier.Provider", "client": "*courrier.Client", "ctx": "context.Context",
	"db": "*sql.DB", "dsn": "string", "mailbox": "io.Reader", "password": "string", "letter": "courrier.Letter", "store": "interface { courrier.Store; dunning.Store }", "w": "io.Writer", "runner": "*dunning.Runner",
	"invoicePDF": "[]byte", "formKey": "[]byte", "file": "[]byte", "ownRates": "io.Reader", "accountSettings": "courrier.Settings", "settings": "dunning.Settings", "invoice": "dunning.Invoice", "text": "string",

	"newWorld": "func() (providertest.World, error)", "openStore": "func(string) courrier.Store", "openAgain": "func(courrier.Store) courrier.Store",
	"duties": "*courrierriver.Duties[pgx.Tx]", "engine": "*river.Client[pgx.Tx]", "pool": "*pgxpool.Pool", "workers": "*river.Workers",
	"queues": "map[string]river.QueueConfig", "cases": "func(context.Context, courrier.Date) iter.Seq2[dunning.Case, error]",
	"host": "interface { desk.Host; Session(*http.Request) (desk.Session, error) }",
}
