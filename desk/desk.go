package desk

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/words"
)

//go:embed assets templates
var files embed.FS

// minKey is the least length of Config.Key, in bytes.
const minKey = 16

// Config is what a desk is made of.
type Config struct {
	Client *courrier.Client // required
	Runner *dunning.Runner  // required
	Host   Host             // required
	// Session says who sends a request; required. An error that matches
	// courrier.ErrDenied is answered with 403, any other with 500.
	Session func(r *http.Request) (Session, error)
	// Prefix is the path under which the desk is mounted, such as "/desk"; empty: "/".
	Prefix string
	// Units are the units of the credits page, the first one to start with; empty: EUR.
	Units []string
	// Previewer draws the pages of letters; nil: pages are shown as PDF.
	Previewer *pdf.Previewer
	// Paper says what the Previewer draws over a page: the window of the envelope, and
	// who prints the address. The zero value draws nothing.
	Paper pdf.InspectOptions
	// Evidence makes an invoice's file; nil: the screen says that there is none.
	Evidence *pdf.EvidenceMaker
	// Inspector looks at what people upload; nil: files are only checked to be PDFs.
	Inspector courrier.Inspector
	Look      Look
	// Key signs the forms; at least 16 bytes. Give the same to every process that
	// serves the desk, or a form is good only at the process that showed it, until it
	// ends. Nil: a random one.
	Key []byte
}

// Host is what the desk asks the product about an account. All methods bound
// themselves by the context.
type Host interface {
	// Cases streams the account's customers with their invoices.
	Cases(ctx context.Context, account courrier.AccountID) iter.Seq2[dunning.Case, error]
	// Customer returns what is shown of a customer, or courrier.ErrNotFound.
	Customer(ctx context.Context, account courrier.AccountID, id courrier.CustomerID) (Customer, error)
	// Settings are the account's: policies, texts, sender.
	Settings(ctx context.Context, account courrier.AccountID) (dunning.Settings, error)
}

// Customer is what a screen shows of a customer.
type Customer struct {
	Name string
	To   courrier.Recipient // where letters go
}

// PolicyKeeper is the ability of a [Host] to keep what people change on the screen of
// policies. Without it the screen only shows them.
type PolicyKeeper interface {
	SavePolicy(ctx context.Context, account courrier.AccountID, p courrier.ReminderPolicy) error
	SaveText(ctx context.Context, account courrier.AccountID, template string, lang courrier.Language, t dunning.Text) error
}

// Buyer is the ability of a [Host] to sell credits: it takes the order and tops the
// account up when it is paid for. Without it the credits page sells nothing.
type Buyer interface {
	// Buy returns what to tell the person, in the session's language.
	Buy(ctx context.Context, account courrier.AccountID, amount courrier.Amount) (message string, err error)
}

// PaymentTeller is the ability of a [Host] to tell what was paid, for the results.
type PaymentTeller interface {
	// Payments streams the payments of a period, both days included, in any order.
	Payments(ctx context.Context, account courrier.AccountID, from, to courrier.Date) iter.Seq2[dunning.InvoicePayment, error]
}

// Connector is the ability of a [Host] to connect an account with its carrier.
type Connector interface {
	// Carrier tells how the account is connected.
	Carrier(ctx context.Context, account courrier.AccountID) (Connection, error)
	// Connect takes what a person typed and tries it. The secret is the host's to keep.
	Connect(ctx context.Context, account courrier.AccountID, secret string) error
}

// Connection is how an account stands with its carrier.
type Connection struct {
	Carrier   string // its name for people
	Connected bool
	Detail    string // what to do when it is not connected
}

// Session is who sends a request.
type Session struct {
	Account  courrier.AccountID
	Actor    courrier.ActorID
	Name     string            // shown
	Language courrier.Language // of the screens; English when there are no words for it
	// Can tells whether the person may do what Config.Authorize restricts; nil: all.
	// It only hides what would be refused: Config.Authorize decides.
	Can func(kind courrier.ActionKind) bool
}

// Look is how the desk looks.
type Look struct {
	Name string // of the product; empty: "courrier"
	Logo string // URL of an image of the host's own; empty: the name alone
	// Style is CSS put after the desk's own: the custom properties --accent, --ink,
	// --paper and the others of assets/style.css change the colours.
	Style string
	// Layout replaces the page around every screen. It is executed with a [Page] and
	// must contain {{.Content}}.
	Layout *template.Template
	// Words replaces the words of statuses, services and the like; nil: those of package words.
	Words words.Table
	// Texts replaces texts of the screens, by language and key; see [TextKeys].
	Texts map[courrier.Language]map[string]string
}

// Desk is the handler. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	mux   *http.ServeMux
	guard *http.CrossOriginProtection
	pages map[string]*template.Template // by file

	patterns []string // of the screens
	key      []byte   // of the tokens in forms
}

// New returns the handler, or every wrong field as a [courrier.FieldError].
func New(cfg Config) (*Desk, error) {
	var k courrier.Checks
	k.Require(cfg.Client != nil, "Client", "is nil", "give the client that sends letters")
	k.Require(cfg.Runner != nil, "Runner", "is nil", "give the runner of reminders")
	k.Require(cfg.Host != nil, "Host", "is nil", "tell the desk about customers and invoices")
	k.Require(cfg.Session != nil, "Session", "is nil", "tell the desk who is there")
	k.Require(len(cfg.Key) == 0 || len(cfg.Key) >= minKey, "Key", fmt.Sprintf("has %d bytes, fewer than %d", len(cfg.Key), minKey), "take random bytes")
	k.Require(cfg.Prefix == "" || strings.HasPrefix(cfg.Prefix, "/"), "Prefix", "does not begin with a slash", "write it as /desk")
	if err := k.Err(); err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	cfg.Prefix = strings.TrimSuffix(cfg.Prefix, "/")
	if len(cfg.Units) == 0 {
		cfg.Units = []string{"EUR"}
	}
	if cfg.Look.Name == "" {
		cfg.Look.Name = "courrier"
	}
	if cfg.Look.Words == nil {
		cfg.Look.Words = words.Default()
	}
	d := &Desk{cfg: cfg, mux: http.NewServeMux(), guard: http.NewCrossOriginProtection(), key: slices.Clone(cfg.Key)}
	if len(d.key) == 0 {
		d.key = newKey()
	}
	if err := d.parse(); err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	d.routes()
	return d, nil
}

// ServeHTTP implements [http.Handler].
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'self'; base-uri 'none'; object-src 'self'; frame-src 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	d.guard.Handler(http.StripPrefix(d.cfg.Prefix, d.mux)).ServeHTTP(w, r)
}

func (d *Desk) routes() {
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic("desk: the embedded assets are missing: " + err.Error())
	}
	d.mux.Handle("GET /assets/", http.StripPrefix("/assets/", cached(http.FileServerFS(assets))))
	d.mux.HandleFunc("GET /assets/look.css", d.look)
	for pattern, serve := range map[string]screen{
		"GET /{$}": d.todo, "GET /todo": d.todo, "POST /todo": d.todoMany,
		"GET /todo/{id}": d.reminder, "POST /todo/{id}": d.reminderAct, "GET /todo/{id}/page": d.reminderPage, "GET /todo/{id}/mail": d.reminderMail,
		"GET /customers": d.customers, "POST /customers": d.customers, "GET /customers/{id}": d.customer, "POST /customers/{id}": d.customerAct,
		"GET /letters": d.letters, "GET /letters/{id}": d.letter, "POST /letters/{id}": d.letterAct,
		"GET /letters/{id}/documents/{n}": d.letterDocument, "GET /letters/{id}/proofs/{kind}": d.letterProof,
		"GET /send": d.send, "POST /send": d.sendNow,
		"GET /late": d.late, "POST /late": d.lateAct, "GET /late/campaigns/{id}": d.campaignPage, "POST /late/campaigns/{id}": d.campaignAct,
		"GET /credits": d.credits, "POST /credits": d.buy, "GET /credits/statement.csv": d.creditsCSV, "GET /credits/statement.pdf": d.creditsPDF,
		"GET /policies": d.policies, "GET /policies/{id}": d.policy, "POST /policies/{id}": d.policySave,
		"POST /texts": d.textSave, "POST /carrier": d.connect,
		"GET /results":  d.results,
		"GET /evidence": d.evidence, "GET /evidence/file": d.evidenceFile,
	} {
		d.mux.Handle(pattern, d.handle(serve))
		d.patterns = append(d.patterns, pattern)
	}
}

// cached lets browsers keep assets for an hour.
func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		h.ServeHTTP(w, r)
	})
}

// look serves the host's own style after the desk's.
func (d *Desk) look(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write([]byte(d.cfg.Look.Style))
}
