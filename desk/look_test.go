package desk_test

import (
	"context"
	"fmt"
	"html/template"
	"iter"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/words"
)

// factur is a host's own look: colours, logo, words, texts, and its own page around the
// screens.
var factur = desk.Look{
	Name: "Factur", Logo: "/logo.svg", Style: ":root{--accent:#b91c1c}",
	Words: words.With(words.Default(), courrier.StepFormalNotice, courrier.French, "dernier avis"),
	Texts: map[courrier.Language]map[string]string{courrier.French: {"menu.todo": "Aujourd’hui"}},
	Layout: template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Language}}"><head><title>{{.Title}} | {{.Look.Name}}</title>
<link rel="stylesheet" href="{{.Prefix}}/assets/style.css"><link rel="stylesheet" href="{{.Prefix}}/assets/look.css"></head>
<body><aside><img src="{{.Look.Logo}}" alt="Factur"> {{range .Menu}}<a href="{{.Path}}">{{.Label}}</a> {{end}}</aside>
<main>{{with .Told}}<p role="status">{{.}}</p>{{end}}{{.Content}}</main></body></html>`)),
}

// A host changes colours, logo, layout and words without a fork.
func Example_look() {
	store := memstore.New()
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}})
	if err != nil {
		log.Fatal(err)
	}
	runner, err := dunning.New(dunning.Config{Client: client, Store: store, Debtors: nobody{}, Mailer: nobody{}, Settings: nobody{}.Settings})
	if err != nil {
		log.Fatal(err)
	}
	screens, err := desk.New(desk.Config{
		Client: client, Runner: runner, Host: nobody{}, Prefix: "/desk", Look: factur,
		Session: func(*http.Request) (desk.Session, error) {
			return desk.Session{Account: "acme", Actor: "ann", Language: courrier.French}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	answer := func(path string) string {
		w := httptest.NewRecorder()
		screens.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Body.String()
	}
	page := answer("/desk/todo")
	fmt.Println(page[strings.Index(page, "<title>"):strings.Index(page, "</title>")])
	fmt.Println(page[strings.Index(page, "<aside>"):strings.Index(page, " <a")])
	fmt.Println(answer("/desk/assets/look.css"))
	// Output:
	// <title>Aujourd’hui | Factur
	// <aside><img src="/logo.svg" alt="Factur">
	// :root{--accent:#b91c1c}
}

// nobody is a host without customers.
type nobody struct{}

func (nobody) Cases(context.Context, courrier.AccountID) iter.Seq2[dunning.Case, error] {
	return func(func(dunning.Case, error) bool) {}
}

func (nobody) Customer(context.Context, courrier.AccountID, courrier.CustomerID) (desk.Customer, error) {
	return desk.Customer{}, courrier.ErrNotFound
}

func (nobody) Settings(context.Context, courrier.AccountID) (dunning.Settings, error) {
	return dunning.Settings{}, nil
}

func (nobody) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	return dunning.Case{}, courrier.ErrNotFound
}

func (nobody) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{}, courrier.ErrNotFound
}

func (nobody) Mail(context.Context, email.Message) error { return nil }

func TestLook(t *testing.T) {
	t.Parallel()
	p := lived(t, func(c *desk.Config) { c.Look = factur })
	page := p.get("/desk/todo", 200)
	require.Contains(t, page, "<title>Aujourd’hui | Factur</title>")
	require.Contains(t, page, `<aside><img src="/logo.svg" alt="Factur">`)
	require.Contains(t, page, "dernier avis")
	require.NotContains(t, page, "mise en demeure</strong>")
	require.NotContains(t, page, `class="skip"`, "the desk's own layout is gone")
	require.Contains(t, p.get("/desk/assets/look.css", 200), "#b91c1c")
	require.Contains(t, p.post("/desk/customers/C-1", 200, "act", "pause", "until", "2026-06-01", "reason", "appel"), `<p role="status">C’est noté.`)
	require.Contains(t, p.get("/desk/nothing/here", 404), "404")
}
