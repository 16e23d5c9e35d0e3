package desk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io"
	"iter"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/dunning/dunningtest"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/pdf"
)

// product is a host with the desk mounted under /desk.
type product struct {
	*dunningtest.Host
	t       *testing.T
	desk    *desk.Desk
	session desk.Session
	bought  courrier.Amount
	names   map[courrier.CustomerID]string

	failsAfter int            // cases, then the host fails; 0: never
	more       []dunning.Case // that the runner's own source does not know
	foreign    bool           // the session's account is another one, which owns nothing
}

func newProduct(t *testing.T, change ...func(*desk.Config)) *product {
	t.Helper()
	p := &product{t: t, Host: dunningtest.NewHost(t), names: map[courrier.CustomerID]string{"C-1": "Boulangerie <script>alert(1)</script>", "C-2": "Garage Petit"}}
	p.session = desk.Session{Account: dunningtest.Account, Actor: "ann", Name: "Ann", Language: courrier.French}
	evidence, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	require.NoError(t, err)
	cfg := desk.Config{
		Client: p.Client, Runner: p.Runner, Host: p, Prefix: "/desk", Units: []string{"stamp", "EUR"}, Evidence: evidence,
		Session: func(*http.Request) (desk.Session, error) { return p.session, nil },
	}
	for _, c := range change {
		c(&cfg)
	}
	p.desk, err = desk.New(cfg)
	require.NoError(t, err)
	return p
}

func (p *product) Cases(context.Context, courrier.AccountID) iter.Seq2[dunning.Case, error] {
	if p.foreign {
		return func(func(dunning.Case, error) bool) {}
	}
	if p.failsAfter > 0 {
		return failing(p.Host.Cases(), p.failsAfter)
	}
	return func(yield func(dunning.Case, error) bool) {
		for c, err := range p.Host.Cases() {
			if !yield(c, err) {
				return
			}
		}
		for _, c := range p.more {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (p *product) Customer(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (desk.Customer, error) {
	name, ok := p.names[id]
	if !ok {
		return desk.Customer{}, courrier.ErrNotFound
	}
	return desk.Customer{Name: name}, nil
}

func (p *product) Settings(context.Context, courrier.AccountID) (dunning.Settings, error) {
	if p.foreign {
		return dunning.Settings{}, nil
	}
	return p.Host.Settings, nil
}

func (p *product) SavePolicy(_ context.Context, _ courrier.AccountID, policy courrier.ReminderPolicy) error {
	p.Host.Settings.Policies = []courrier.ReminderPolicy{policy}
	return nil
}

func (p *product) SaveText(context.Context, courrier.AccountID, string, courrier.Language, dunning.Text) error {
	return nil
}

func (p *product) Buy(ctx context.Context, account courrier.AccountID, a courrier.Amount) (string, error) {
	p.bought = a
	_, err := p.Client.Credits(account).TopUp(ctx, "order", a)
	return "", err
}

func (p *product) Payments(context.Context, courrier.AccountID, courrier.Date, courrier.Date) iter.Seq2[dunning.InvoicePayment, error] {
	return func(yield func(dunning.InvoicePayment, error) bool) {
		yield(dunning.InvoicePayment{
			Customer: "C-1", Invoice: "F-1", DueOn: courrier.MustDate("2026-03-02"), On: courrier.MustDate("2026-03-12"), Amount: courrier.MustAmount("100", "EUR"),
		}, nil)
	}
}

// get loads a page and returns it.
func (p *product) get(path string, status int) string {
	p.t.Helper()
	return p.do(httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, path, nil), status)
}

func (p *product) do(r *http.Request, status int) string {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.desk.ServeHTTP(w, r)
	require.Equal(p.t, status, w.Code, "%s %s\n%s", r.Method, r.URL.Path, w.Body)
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		require.Less(p.t, w.Body.Len(), 100_000, "%s is a heavy page", r.URL.Path)
		require.NotRegexp(p.t, `(src|href)="(https?:)?//`, w.Body, "%s leads to another host", r.URL.Path)
	}
	return w.Body.String()
}

var tokenOf = regexp.MustCompile(`name="token" value="([0-9a-f]+)"`)

// token is that of a page's forms.
func (p *product) token() string {
	p.t.Helper()
	return tokenOf.FindStringSubmatch(p.get("/desk/send", 200))[1]
}

// post sends a form and follows where it leads.
func (p *product) post(path string, status int, pairs ...string) string {
	p.t.Helper()
	form := url.Values{"token": {p.token()}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.desk.ServeHTTP(w, r)
	if status == 200 && w.Code == http.StatusSeeOther {
		return p.get(w.Header().Get("Location"), 200)
	}
	require.Equal(p.t, status, w.Code, w.Body.String())
	return w.Body.String()
}

// lived returns a product with a proposed notice, letters and history.
func lived(t *testing.T, change ...func(*desk.Config)) *product {
	t.Helper()
	p := newProduct(t, change...)
	p.Review = func(dunning.Reminder) bool { return false }
	p.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	p.Owes("C-2", "F-2", "80.00", "2026-03-20")
	p.Days(31)
	require.Len(t, p.Waiting(), 1)
	return p
}

func TestEveryScreenInBothLanguages(t *testing.T) {
	t.Parallel()
	p := lived(t)
	rem := p.Waiting()[0]
	for _, lang := range []courrier.Language{courrier.French, courrier.English, "de"} {
		p.session.Language = lang
		for _, path := range []string{
			"/", "/todo", "/todo?who=me", "/todo/" + string(rem.ID), "/customers", "/customers/C-1", "/letters", "/letters?state=away", "/send", "/late",
			"/late?min_days=3&step=none", "/credits", "/credits?unit=EUR", "/policies", "/policies/standard", "/results", "/evidence",
		} {
			page := p.get("/desk"+path, 200)
			require.NotContains(t, page, "<script>alert", path)
			require.NotRegexp(t, `\s(style|on[a-z]+)=`, page, "%s: what the page's policy forbids", path)
			require.Less(t, len(page), 100_000, path)
			require.NotContains(t, page, "http://", path)
			require.Regexp(t, `<html lang="(fr|en)">`, page)
			require.NotRegexp(t, `>(menu|col|todo|told|letter|late)\.[a-z]+<`, page, "a text is missing")
		}
	}
	p.session.Language = courrier.French
	require.Contains(t, p.get("/desk/todo", 200), "mise en demeure")
	require.Contains(t, p.get("/desk/customers/C-1", 200), "Boulangerie &lt;script&gt;")
}

func TestReviewFromListToApproval(t *testing.T) {
	t.Parallel()
	p := lived(t)
	rem := p.Waiting()[0]
	path := "/desk/todo/" + string(rem.ID)
	page := p.get(path, 200)
	require.Contains(t, page, "Une mise en demeure part une seule fois")
	page = p.post(path, 200, "act", "edit", "subject", "Mise en demeure F-1", "body", rem.Message.Body+"Sans réponse, nous saisirons le tribunal.\n\n{table}")
	require.Contains(t, page, "Le texte a été modifié")
	preview := regexp.MustCompile(`name="preview" value="([^"]+)"`).FindStringSubmatch(page)
	require.NotNil(t, preview)
	require.Contains(t, p.post(path, 200, "act", "approve", "preview", preview[1]), "Validé")
	require.Empty(t, p.Waiting())
	stored, err := p.Runner.Reminder(t.Context(), rem.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.ActorID("ann"), stored.ApprovedBy)
	require.Contains(t, p.post(path, 200, "act", "cancel"), "Arrêté")
	require.Contains(t, p.post(path, 200, "act", "snooze", "until", "2026-05-04"), "Reporté")
}

// A sum that is no figure of the statement is shown to who reviews, with its words.
func TestReviewShowsWhatTheCheckerFinds(t *testing.T) {
	t.Parallel()
	p := lived(t)
	rem := p.Waiting()[0]
	path := "/desk/todo/" + string(rem.ID)
	p.post(path, 200, "act", "edit", "subject", "Mise en demeure F-1", "body", "Réglez la somme de 9 999,00 € au plus tard demain.\n\n{table}")
	page := p.get(path, 200)
	require.Contains(t, page, "Ce que relève le contrôle")
	require.Contains(t, page, "<q>9 999,00 €</q>\u00a0: ne figure pas dans le décompte")
	p.session.Language = courrier.English
	require.Contains(t, p.get(path, 200), "<q>9 999,00 €</q>: is no figure of the statement")
}

func TestSkipPauseDispute(t *testing.T) {
	t.Parallel()
	p := lived(t)
	rem := p.Waiting()[0]
	require.Contains(t, p.post("/desk/customers/C-1", 200, "act", "pause", "until", "2026-06-01", "reason", "appel"), "Relances en pause")
	require.Contains(t, p.post("/desk/customers/C-1", 200, "act", "resume"), "Mettre en pause")
	require.Contains(t, p.post("/desk/customers/C-1", 200, "act", "dispute", "invoice", "F-1", "on", "yes"), "Litige")
	require.Contains(t, p.post("/desk/customers/C-1", 200, "act", "dispute", "invoice", "F-1"), "noté")
	require.Contains(t, p.post("/desk/customers/C-1", 200, "act", "promise", "invoice", "F-1", "until", "2026-05-01"), "Paiement promis pour le")
	p.post("/desk/customers/C-1", 422, "act", "promise", "invoice", "F-1", "until", "soon")
	p.post("/desk/todo/"+string(rem.ID), 422, "act", "dance")
}

func (p *product) upload(path string, status int, file string, pairs ...string) string {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(p.t, form.WriteField("token", p.token()))
	for i := 0; i < len(pairs); i += 2 {
		require.NoError(p.t, form.WriteField(pairs[i], pairs[i+1]))
	}
	if file != "" {
		part, err := form.CreateFormFile("file", `C:\docs\lettre.pdf`)
		require.NoError(p.t, err)
		_, err = io.WriteString(part, file)
		require.NoError(p.t, err)
	}
	require.NoError(p.t, form.Close())
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	p.desk.ServeHTTP(w, r)
	if status == 200 && w.Code == http.StatusSeeOther {
		return p.get(w.Header().Get("Location"), 200)
	}
	require.Equal(p.t, status, w.Code, w.Body.String())
	return w.Body.String()
}

var recipient = []string{"company", "Garage Petit", "street", "3 rue Neuve", "postcode", "69003", "city", "Lyon", "country", "FR", "service", "tracked"}

func TestSendALetterInThreeSteps(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	page := p.upload("/desk/send", 200, "%PDF-1.7 a letter", recipient...)
	require.Contains(t, page, "69003 LYON")
	hidden := func(name string) string {
		return regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)[1]
	}
	sealed := append([]string{"sum", hidden("sum"), "seal", hidden("seal"), "filename", "lettre.pdf", "preview", hidden("preview"), "confirm", "yes"}, recipient...)
	page = p.upload("/desk/send", 200, "", sealed...)
	require.Contains(t, page, "prêt à partir")
	p.upload("/desk/send", 200, "", sealed...) // one click too many
	n := 0
	var id courrier.LetterID
	for l, err := range p.Client.Letters(t.Context(), courrier.LetterFilter{Account: dunningtest.Account}) {
		require.NoError(t, err)
		id = l.ID
		n++
	}
	require.Equal(t, 1, n)
	require.Equal(t, "%PDF-1.7 a letter", p.get("/desk/letters/"+string(id)+"/documents/0", 200))
	require.Contains(t, p.post("/desk/letters/"+string(id), 200, "act", "cancel"), "annulé")

	p.upload("/desk/send", 422, "no pdf at all", recipient...)
	sealed[3] = "0000"
	p.upload("/desk/send", 422, "", sealed...)
	p.upload("/desk/send", 422, "", recipient...)
}

// A letter abroad has a state, and the screen tells all that is printed otherwise.
func TestSendAbroadTellsWhatIsPrintedOtherwise(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	page := p.upload("/desk/send", 200, "%PDF-1.7 a letter", "company", "Prairie Tools Inc.", "street", "2210 S Halsted St", "box", "PO Box 12",
		"postcode", "US-60608", "city", "Chicago", "state", "Illinois", "country", "US", "service", "standard")
	for _, shown := range []string{"PO Box 12<br>", "CHICAGO IL 60608", "ETATS UNIS", "<q>Illinois</q> → <q>IL</q>", "<q>US-60608</q> → <q>60608</q>"} {
		require.Contains(t, page, shown)
	}
	page = p.upload("/desk/send", 200, "%PDF-1.7 a letter", "company", "Legrand & Fils", "street", "12/14 rue Haute", "postcode", "69003", "city", "Lyon",
		"state", "Rhône", "country", "FR", "service", "standard")
	require.Contains(t, page, "<q>12/14</q> → <q>12</q>")
	require.Contains(t, page, "<q>Rhône</q> → non imprimé")
}

func TestEveryWarningOfAnAddressHasWords(t *testing.T) {
	t.Parallel()
	keys := desk.TextKeys()
	for _, code := range []string{
		courrier.AddressNumberRange, courrier.AddressNumberWord, courrier.AddressNumberSplit, courrier.AddressSymbol, courrier.AddressPostcode,
		courrier.AddressCedex, courrier.AddressAbbreviated, courrier.AddressState, courrier.AddressDropped, courrier.AddressRepeated,
		courrier.AddressTerritory, courrier.AddressOtherScript, courrier.AddressNotAdvisable,
	} {
		require.Contains(t, keys, "address."+code)
	}
}

// Of what waits, notices are approved one by one: the list counts the others alone.
func TestNoticesAreNotApprovedTogether(t *testing.T) {
	t.Parallel()
	p := lived(t)
	page := p.get("/desk/todo", 200)
	require.Contains(t, page, "Les mises en demeure restent à valider une par une")
	require.NotContains(t, page, "Tout valider")
	p.post("/desk/todo", 403, "count", "1")
	require.Len(t, p.Waiting(), 1)
}

func TestLateInvoices(t *testing.T) {
	t.Parallel()
	p := lived(t)
	page := p.get("/desk/late", 200)
	require.Contains(t, page, "F-2")
	require.NotContains(t, page, "F-1", "its notice waits for a person already")
	require.NotContains(t, p.get("/desk/late?min_days=3650", 200), "F-2")
	p.post("/desk/late", 422, "act", "remind", "send_step", "reminder-1")
}

// A customer's page tells what was done and what came of it, what comes next, and why
// nothing comes about the rest.
func TestACustomersTimeline(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	p.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	p.Days(45)
	p.Pays("F-1", "200.00")
	p.Owes("C-1", "F-2", "80.00", p.Today().AddDays(10).String())
	p.Owes("C-1", "F-3", "90.00", p.Today().AddDays(10).String())
	require.NoError(t, p.Runner.Promise(t.Context(), dunningtest.Account, "C-1", "F-3", p.Today().AddDays(20)))
	page := p.get("/desk/customers/C-1", 200)
	coming, past, ok := strings.Cut(page, "Chronologie</h2>")
	require.True(t, ok)
	_, coming, ok = strings.Cut(coming, "À venir</h2>")
	require.True(t, ok)
	require.Contains(t, coming, "rappel avant échéance – F-2")
	require.Contains(t, coming, "Paiement promis pour le "+p.Today().AddDays(20).Text(courrier.French)+" – F-3")
	for _, told := range []string{"Paiement\u00a0: 200,00\u00a0€ – F-1", "première relance (e-mail)", "mise en demeure (courrier)", "Courrier posté", "Courrier distribué", "avis de réception"} {
		require.Contains(t, past, told)
	}
	require.Contains(t, page, "toutes les étapes sont faites", "why nothing comes about F-1")
	require.Contains(t, page, "pas avant le", "and from when about F-2")
}

// Whoever reviews a reminder changes its recipient in place: this reminder alone.
func TestReviewChangesTheRecipient(t *testing.T) {
	t.Parallel()
	p := lived(t)
	rem := p.Waiting()[0]
	path := "/desk/todo/" + string(rem.ID)
	fields := []string{"act", "edit", "subject", "Mise en demeure F-1", "body", "Sans réponse, nous saisirons le tribunal.\n\n{table}"}
	for _, m := range regexp.MustCompile(`name="was_([a-z]+)" value="([^"]*)"`).FindAllStringSubmatch(p.get(path, 200), -1) {
		value := html.UnescapeString(m[2])
		fields = append(fields, "was_"+m[1], value)
		if m[1] == "street" {
			value = "99 rue du Change"
		}
		fields = append(fields, m[1], value)
	}
	require.Contains(t, p.post(path, 200, fields...), "99 RUE DU CHANGE")
	stored, err := p.Runner.Reminder(t.Context(), rem.ID)
	require.NoError(t, err)
	require.Equal(t, "99 rue du Change", stored.To.Address.Street)
	fields[len(fields)-1] = "XX"
	page := p.post(path, 422, append([]string{"subject", "Un objet à garder"}, fields...)...)
	require.Contains(t, page, "Un objet à garder", "what was typed is still there")
}

func TestResultsTellTheCost(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	p.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	p.Days(10)
	page := p.get("/desk/results", 200)
	require.Regexp(t, `première relance</th><td class="n">1</td><td class="n">0</td><td class="n">100,00`, page)
	order := regexp.MustCompile(`<th scope="row">([^<]+)`).FindAllStringSubmatch(page, -1)
	require.Equal(t, "première relance", order[len(order)-1][1], "steps are in the order of the policy")
	require.Contains(t, page, fmt.Sprintf("dans les %d jours", desk.PaidWithin))
	p.get("/desk/results?from=2026-03-01&to=2026-02-01", 200)
}

func TestCredits(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	require.Contains(t, p.post("/desk/credits?unit=stamp", 200, "amount", "10", "unit", "stamp"), "commande")
	require.Equal(t, courrier.MustAmount("10", "stamp"), p.bought)
	csv := p.get("/desk/credits/statement.csv?unit=stamp&month=2026-03", 200)
	require.Contains(t, csv, "top_up,10 stamp,10 stamp,,ann,order")
	p.get("/desk/credits/statement.csv?month=march", 422)
	require.NotContains(t, p.get("/desk/credits/statement.csv?unit=stamp&month=2026-02", 200), "top_up")
	require.True(t, strings.HasPrefix(p.get("/desk/credits/statement.pdf?unit=stamp&month=2026-03", 200), "%PDF-"))
	require.Regexp(t, `Acheté</dt><dd>10`, p.get("/desk/credits?unit=stamp", 200))
	p.session.Can = func(courrier.ActionKind) bool { return false }
	require.Contains(t, p.get("/desk/credits", 200), "Une personne habilitée")
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	p := lived(t)
	policy := regexp.MustCompile(`(?s)<textarea name="policy"[^>]*>(.*?)</textarea>`).FindStringSubmatch(p.get("/desk/policies/standard", 200))[1]
	policy = strings.NewReplacer("&#34;", `"`, "&quot;", `"`).Replace(policy)
	require.Contains(t, p.post("/desk/policies/standard", 200, "policy", policy, "act", "try"), "<svg")
	require.Contains(t, p.post("/desk/policies/standard", 200, "policy", policy, "act", "save"), "Enregistré")
	require.Contains(t, p.post("/desk/policies/standard", 422, "policy", "{oops", "act", "save"), "{oops", "what was typed is still there")
	p.post("/desk/policies/new", 404, "policy", strings.Replace(policy, `"standard"`, `"new"`, 1), "act", "save")
	page := p.get("/desk/policies", 200)
	require.Contains(t, page, "Unless we are mistaken", "the library's own text is there to be changed")
	require.Contains(t, page, "3 jours avant l’échéance")
	require.Contains(t, page, "les numéros des factures")
	p.post("/desk/texts", 422, "template", "x", "language", "fr", "subject", "s", "body", "{unknown_thing}")
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	p := lived(t)
	file := p.get("/desk/evidence/file?invoice=F-1", 200)
	require.True(t, strings.HasPrefix(file, "%PDF-"))
	p.get("/desk/evidence/file?invoice=F-none", 404)
	p.get("/desk/evidence/file", 422)
}

// An e-mail is shown as it will be read, in a frame in which nothing runs.
func TestMailIsShownAsItIsRead(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	p.Host.Settings.Copies.Cc = []email.Box{{Address: "chef@acme.example"}}
	for i := range p.Host.Settings.Policies[0].Steps {
		p.Host.Settings.Policies[0].Steps[i].Mode = courrier.ModeManual
	}
	p.Review = func(dunning.Reminder) bool { return false }
	p.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	p.Days(10)
	path := "/desk/todo/" + string(p.Waiting()[0].ID)
	page := p.get(path, 200)
	require.Contains(t, page, `sandbox src="`+path+`/mail"`)
	require.Contains(t, page, "chef@acme.example")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"/mail", nil)
	w := httptest.NewRecorder()
	p.desk.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "sandbox; default-src 'none'")
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	seen, err := p.Runner.Preview(t.Context(), p.Waiting()[0].ID)
	require.NoError(t, err)
	require.Equal(t, seen.Email.HTML, w.Body.String())
}

func TestStrangersForms(t *testing.T) {
	t.Parallel()
	p := lived(t)
	path := "/desk/todo/" + string(p.Waiting()[0].ID)
	send := func(token, origin string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(url.Values{"token": {token}, "act": {"skip"}, "reason": {"x"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", origin)
		w := httptest.NewRecorder()
		p.desk.ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, http.StatusForbidden, send("", "same-origin"))
	require.Equal(t, http.StatusForbidden, send(strings.Repeat("0", 64), "same-origin"))
	require.Equal(t, http.StatusForbidden, send(p.token(), "cross-site"))
	token := p.token()
	p.session.Actor = "bob"
	require.Equal(t, http.StatusForbidden, send(token, "same-origin"), "another person's token")
	require.Len(t, p.Waiting(), 1)
	p.session.Actor = "ann"
	require.Equal(t, http.StatusSeeOther, send(token, "same-origin"))
}

// Two processes with one key take each other's forms; those with keys of their own do not.
func TestFormsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	other := func(key []byte) *desk.Desk {
		d, err := desk.New(desk.Config{Client: p.Client, Runner: p.Runner, Host: p, Prefix: "/desk", Key: key, Session: func(*http.Request) (desk.Session, error) { return p.session, nil }})
		require.NoError(t, err)
		return d
	}
	key := []byte("0123456789abcdef")
	p.desk = other(key)
	token := p.token()
	for _, c := range []struct {
		key    []byte
		status int
	}{{key, http.StatusOK}, {nil, http.StatusForbidden}, {[]byte("fedcba9876543210"), http.StatusForbidden}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/desk/customers", strings.NewReader(url.Values{"token": {token}, "q": {"garage"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		other(c.key).ServeHTTP(w, r)
		require.Equal(t, c.status, w.Code)
	}
	_, err := desk.New(desk.Config{Client: p.Client, Runner: p.Runner, Host: p, Key: []byte("short"), Session: func(*http.Request) (desk.Session, error) { return p.session, nil }})
	require.Equal(t, "Key", courrier.FieldErrors(err)[0].Field)
}

// constants are the values of a file's constants whose names begin so.
func constants(t *testing.T, path string, prefixes ...string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	var values []string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) == 0 || !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(v.Names[0].Name, p) }) {
			return true
		}
		if literal, ok := v.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			values = append(values, value)
		}
		return true
	})
	return values
}

// What the library names by codes has words for people: a code that is new fails here.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	placeholders := slices.Collect(maps.Keys(dunning.Placeholders()))
	for _, group := range []struct {
		name  string
		codes []string
		least int
	}{
		{"code.", constants(t, "../errors.go", "Code"), 30},
		{"finding.", constants(t, "../latepayment/claims.go", "Claim", "Advice"), 15},
		{"finding.", constants(t, "../latepayment/lettercheck.go", "Mention", "Claim", "Block"), 20},
		{"fault.", constants(t, "../internal/postal/postal.go", "Problem"), 10},
		{"warning.", constants(t, "../dunning.go", "Warn"), 10},
		{"holder.", placeholders, 15},
		{"task.", constants(t, "../dunning/task.go", "Task"), 5},
	} {
		require.GreaterOrEqual(t, len(group.codes), group.least, group.name)
		for _, code := range group.codes {
			require.Contains(t, desk.TextKeys(), group.name+code)
		}
	}
}

func TestHeadersAndErrors(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	w := httptest.NewRecorder()
	p.desk.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/desk/todo?told=%3Cb%3E", nil))
	require.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "script-src 'self'")
	require.NotContains(t, w.Body.String(), "<b>")
	p.get("/desk/nothing", 404)
	require.Contains(t, p.get("/desk/assets/style.css", 200), "--accent")
	p.session.Account = ""
	p.get("/desk/todo", 403)
	_, err := desk.New(desk.Config{Prefix: "desk"})
	require.Len(t, courrier.FieldErrors(err), 5)
}

var errDatabase = errors.New("secret address of the database")

func TestAFailingHostSaysNothingOfItself(t *testing.T) {
	t.Parallel()
	p := newProduct(t, func(c *desk.Config) {
		c.Session = func(*http.Request) (desk.Session, error) { return desk.Session{}, errDatabase }
	})
	require.NotContains(t, p.get("/desk/todo", 500), "secret")
}

// A task of a policy is shown for what it is, and is done with a note: nothing of it is
// approved or sent.
func TestATaskIsDoneFromTheList(t *testing.T) {
	t.Parallel()
	p := newProduct(t)
	p.Host.Settings.Policies[0].Steps = []courrier.Step{{ID: "call-day", Kind: courrier.StepReminder, OffsetDays: 3, Task: dunning.TaskCall}}
	p.Review = func(dunning.Reminder) bool { return false }
	p.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	p.Days(5)
	task := p.Waiting()[0]
	list := p.get("/desk/todo", 200)
	require.Contains(t, list, "<td>appel</td>")
	require.NotContains(t, list, `name="count"`, "nothing to approve together")
	page := p.get("/desk/todo/"+string(task.ID), 200)
	require.Contains(t, page, "à faire")
	require.Contains(t, page, "<td>F-1</td>")
	require.NotContains(t, page, `value="approve"`)
	require.NotContains(t, page, "<textarea")
	require.Contains(t, p.post("/desk/todo/"+string(task.ID), 200, "act", "done", "note", "Paiement vendredi"), "Fait")
	require.Empty(t, p.Waiting())
	require.Contains(t, p.get("/desk/todo/"+string(task.ID), 200), "Paiement vendredi")
	require.Contains(t, p.get("/desk/customers/C-1", 200), "call-day (faite)")
	p.post("/desk/todo/"+string(task.ID), 409, "act", "done")
}
