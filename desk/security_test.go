package desk_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning/dunningtest"
)

// tenant is what one account has: an id for every wildcard of a route.
func (p *product) tenant() map[string]string {
	p.t.Helper()
	l, err := p.Client.Send(p.t.Context(), courrier.Letter{
		Account: dunningtest.Account, Key: "k", Service: courrier.ServiceStandard, Documents: []courrier.Document{courrier.NewDocument("a.pdf", []byte("%PDF-1"))},
		To: courrier.Recipient{Company: "Garage", Address: courrier.Address{Street: "3 rue Neuve", Postcode: "69003", City: "Lyon", Country: "FR"}},
	})
	require.NoError(p.t, err)
	campaign := actionOf.FindStringSubmatch(p.post("/desk/late", 200, "act", "campaign", "key", "juin", "subject", "Nos comptes", "body", "Bonjour,\n\n{table}"))[1]
	return map[string]string{
		"/todo/{id}": string(p.Waiting()[0].ID), "/customers/{id}": "C-1", "/letters/{id}": string(l.ID), "/policies/{id}": "standard",
		"/late/campaigns/{id}": campaign[strings.LastIndex(campaign, "/")+1:], "{n}": "0", "{kind}": "deposit",
	}
}

// fill puts the ids of a tenant into a route; a route that the table knows nothing for
// fails.
func fill(t *testing.T, pattern string, ids map[string]string) (method, path string, filled bool) {
	t.Helper()
	method, path, _ = strings.Cut(pattern, " ")
	for route, id := range ids {
		if i := strings.Index(path, route); i >= 0 {
			filled = true
			path = path[:i] + strings.ReplaceAll(route, "{id}", id) + path[i+len(route):]
			if !strings.Contains(route, "{id}") {
				path = strings.ReplaceAll(path, route, id)
			}
		}
	}
	path = strings.ReplaceAll(path, "{$}", "")
	require.NotContains(t, path, "{", "a route is new: say which id stands for it in this test")
	return method, path, filled
}

// Every route, whatever its method, answers 404 to ids of another tenant, and shows
// nothing of another tenant where it has none. The account that owns them is answered.
func TestAnotherTenantsThingsAreNotThere(t *testing.T) {
	t.Parallel()
	p := lived(t)
	ids := p.tenant()
	routes := p.desk.Routes()
	require.Greater(t, len(routes), 25)
	for _, pattern := range routes {
		method, path, filled := fill(t, pattern, ids)
		if filled && method == http.MethodGet && !strings.Contains(path, "/proofs/") && !strings.Contains(path, "/page") && !strings.HasSuffix(path, "/mail") {
			p.get("/desk"+path, 200) // the owner's: the id is a true one
		}
	}
	p.session.Account = "other"
	p.foreign = true
	for _, pattern := range routes {
		method, path, filled := fill(t, pattern, ids)
		var page string
		switch {
		case filled && method == http.MethodGet:
			page = p.get("/desk"+path, 404)
		case filled:
			for _, act := range []string{"cancel", "pause", "continue", "save", "approve", "try"} {
				page += p.post("/desk"+path, 404, "act", act, "policy", `{"id":"standard"}`)
			}
		case method == http.MethodGet && !strings.Contains(path, "/evidence/file") && !strings.Contains(path, "statement"):
			page = p.get("/desk"+path, 200)
		}
		for _, id := range ids {
			if len(id) > 3 && id != "standard" && id != "deposit" {
				require.NotContains(t, page, id, pattern)
			}
		}
	}
	p.get("/desk/evidence/file?invoice=F-1", 404)
	// This host answers about anybody's customers, which a true one does not: the runner
	// refuses even that.
	p.post("/desk/late", 422, "act", "remind", "send_step", "reminder-1", "invoice", "C-2|F-2")
	require.Len(t, p.Waiting(), 1)
}

// Every route that changes something refuses a form of another site, one without a
// token, and one of another person.
func TestStrangersFormsOnEveryRoute(t *testing.T) {
	t.Parallel()
	p := lived(t)
	ids := p.tenant()
	token := p.token()
	posts := 0
	for _, pattern := range p.desk.Routes() {
		method, path, _ := fill(t, pattern, ids)
		if method != http.MethodPost {
			continue
		}
		posts++
		for name, form := range map[string]struct{ token, site, actor string }{
			"without a token": {"", "same-origin", "ann"}, "a token that is made up": {strings.Repeat("0", 64), "same-origin", "ann"},
			"another site": {token, "cross-site", "ann"}, "another person's": {token, "same-origin", "bob"},
		} {
			p.session.Actor = courrier.ActorID(form.actor)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/desk"+path, strings.NewReader(url.Values{"token": {form.token}, "act": {"skip"}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", form.site)
			w := httptest.NewRecorder()
			p.desk.ServeHTTP(w, r)
			require.Equal(t, http.StatusForbidden, w.Code, "%s, %s", pattern, name)
		}
	}
	require.Greater(t, posts, 8)
	require.Len(t, p.Waiting(), 1)
}

// Nothing of a request and nothing of a customer is logged, and no address of a page
// holds a name: not in links, not where a form leads.
func TestNoNamesInAddressesAndLogs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := lived(t)
	p.log(t, &log)
	ids := p.tenant()
	p.failsAfter = 1
	link := regexp.MustCompile(`(?:href|action|src)="([^"]*)"`)
	for _, pattern := range p.desk.Routes() {
		method, path, _ := fill(t, pattern, ids)
		if method != http.MethodGet {
			continue
		}
		for _, failing := range []int{0, 1} {
			p.failsAfter = failing
			w := httptest.NewRecorder()
			p.desk.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/desk"+path, nil))
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			for _, found := range link.FindAllStringSubmatch(w.Body.String(), -1) {
				require.NotRegexp(t, "(?i)boulangerie|garage|juin|rue|69003", found[1], pattern)
			}
		}
	}
	require.NotRegexp(t, "(?i)boulangerie|garage petit|69003|C-1|F-1", log.String())
}

// log takes what the desk logs.
func (p *product) log(t *testing.T, to *bytes.Buffer) {
	t.Helper()
	handler := slog.NewTextHandler(to, nil)
	cfg := p.Client.Config()
	cfg.Logger = slog.New(handler)
	client, err := courrier.New(cfg)
	require.NoError(t, err)
	p.desk, err = desk.New(desk.Config{
		Client: client, Runner: p.Runner, Host: p, Prefix: "/desk",
		Session: func(*http.Request) (desk.Session, error) { return p.session, nil },
	})
	require.NoError(t, err)
}

// Whatever people called themselves, pages show it as text: in names, numbers, reasons,
// files, campaigns, texts and policies.
func TestTextsAreEscapedEverywhere(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`
	p := lived(t)
	p.names = map[courrier.CustomerID]string{"C-1": evil, "C-2": evil}
	p.session.Name = evil
	p.Host.Settings.Sender.Company = "A " + evil[:8]
	ids := p.tenant()
	p.post("/desk/todo/"+ids["/todo/{id}"], 200, "act", "edit", "subject", evil, "body", evil+"\n\n{table}")
	p.post("/desk/customers/C-1", 200, "act", "pause", "until", "2026-06-01", "reason", evil)
	campaign := actionOf.FindStringSubmatch(p.post("/desk/late", 200, "act", "campaign", "key", evil, "subject", evil, "body", evil+"\n\n{table}"))[1]
	ids["/late/campaigns/{id}"] = campaign[strings.LastIndex(campaign, "/")+1:]
	pages := []string{
		p.upload("/desk/send", 200, "%PDF-1.7 a letter", append([]string{"name", evil[:17], "building", evil[:17]}, recipient...)...),
		p.upload("/desk/send", 422, "no pdf", append([]string{"name", evil}, recipient...)...),
		p.post("/desk/customers", 200, "q", evil), p.get("/desk/late?customer="+url.QueryEscape(evil)+"&min_days=1", 200),
		p.get("/desk/todo?told="+url.QueryEscape(evil), 200), p.get("/desk/letters?state="+url.QueryEscape(evil), 200),
		p.get("/desk/results?from="+url.QueryEscape(evil), 422), p.get("/desk/credits?unit="+url.QueryEscape(evil), 200),
	}
	for _, pattern := range p.desk.Routes() {
		method, path, _ := fill(t, pattern, ids)
		if method == http.MethodGet && !strings.Contains(path, "file") && !strings.Contains(path, "statement") && !strings.Contains(path, "proofs") &&
			!strings.Contains(path, "/page") && !strings.HasSuffix(path, "/mail") && !strings.Contains(path, "/documents") {
			pages = append(pages, p.get("/desk"+path, 200))
		}
	}
	shown := 0
	for _, page := range pages {
		require.NotContains(t, page, "<script>alert")
		require.NotContains(t, page, "<img src=x")
		shown += strings.Count(page, "&lt;script&gt;")
	}
	require.Greater(t, shown, 15, "the names are on the pages")
}

// An upload is bounded, is looked at, and has a name that is safe to save.
func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	p := newProduct(t, func(c *desk.Config) { c.Inspector = strict{} })
	p.upload("/desk/send", 422, "%PDF-1.7 "+strings.Repeat("x", courrier.MaxDocumentBytes), recipient...)
	p.upload("/desk/send", 422, strings.Repeat("x", 27<<20), recipient...)
	page := p.upload("/desk/send", 422, "%PDF-1.7 cannot be printed", recipient...)
	require.Contains(t, page, "ne peut pas être imprimé")
	require.Contains(t, page, `value="Garage Petit"`, "nothing has to be typed twice")
	page = p.upload("/desk/send", 200, "%PDF-1.7 good", recipient...)
	require.Contains(t, page, `name="filename" value="lettre.pdf"`)
}

// strict refuses files that say so.
type strict struct{}

func (strict) Inspect(_ context.Context, d courrier.Document, _ bool) (courrier.Inspection, error) {
	if bytes.Contains(d.Content, []byte("cannot be printed")) {
		return courrier.Inspection{Findings: []courrier.Finding{{Code: "fonts", Blocking: true}}}, nil
	}
	return courrier.Inspection{Pages: 1}, nil
}
