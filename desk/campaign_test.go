package desk_test

import (
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/dunning/dunningtest"
	"github.com/courrier-go/courrier/privacy"
)

// crowd is a product to which seven customers owe something late.
func crowd(t *testing.T) *product {
	t.Helper()
	p := newProduct(t)
	for i := range 7 {
		p.Owes(courrier.CustomerID(fmt.Sprintf("D-%d", i)), dunning.InvoiceID(fmt.Sprintf("G-%d", i)), "80.00", "2026-02-20")
	}
	return p
}

var june = []string{"act", "campaign", "key", "juin", "subject", "Nos comptes", "body", "Bonjour,\n\n{table}", "review", "yes"}

var actionOf = regexp.MustCompile(`action="(/desk/late/campaigns/[0-9a-f]+)"`)

// progress is how far a campaign's page says that it came.
func progress(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`<strong>(\d+ sur \d+)</strong>`).FindStringSubmatch(page)
	require.NotNil(t, found, page)
	return found[1]
}

// messages counts those of a campaign, by customer.
func (p *product) messages(campaign string) map[courrier.CustomerID]int {
	count := map[courrier.CustomerID]int{}
	for rem, err := range p.Runner.Queue(p.t.Context(), dunning.ReminderFilter{Account: dunningtest.Account, Campaign: campaign}) {
		require.NoError(p.t, err)
		count[rem.Customer]++
	}
	return count
}

func TestACampaignShowsHowFarItCame(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	page := p.post("/desk/late", 200, june...)
	require.Equal(t, "0 sur 7", progress(t, page))
	require.Empty(t, p.messages("juin"), "the page is there before the work is done")
	path := actionOf.FindStringSubmatch(page)[1]
	page = p.post(path, 200, "act", "continue")
	require.Equal(t, "3 sur 7", progress(t, page))
	require.Regexp(t, `<progress[^>]* max="7" value="3"`, page)
	require.Len(t, p.messages("juin"), 3)
	require.Contains(t, p.get("/desk/late", 200), "3 sur 7", "the list leads to what is not finished")
	require.Equal(t, "6 sur 7", progress(t, p.post(path, 200, "act", "continue")))
	page = p.post(path, 200, "act", "continue")
	require.Equal(t, "7 sur 7", progress(t, page))
	require.Contains(t, page, "La campagne est terminée")
	require.NotContains(t, page, "data-continue")
	require.Equal(t, "7 sur 7", progress(t, p.post(path, 200, "act", "continue")), "one click too many")
	require.Equal(t, "7 sur 7", progress(t, p.post("/desk/late", 200, june...)), "begun again it is the same one")
	for customer, n := range p.messages("juin") {
		require.Equal(t, 1, n, customer)
	}
	require.Len(t, p.messages("juin"), 7)
}

// A restart loses nothing, and a slice whose record was lost is done again without a
// second message.
func TestACampaignGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	path := actionOf.FindStringSubmatch(p.post("/desk/late", 200, june...))[1]
	before := p.recordOf(path)
	p.post(path, 200, "act", "continue")
	after := p.recordOf(path)
	before.Version = after.Version // as if the process had died before it wrote down how far it came
	results, err := p.Client.Config().Store.Commit(t.Context(), courrier.Change{Items: []courrier.Item{before}})
	require.NoError(t, err)
	require.NoError(t, results[0].Err)

	p.desk, err = desk.New(desk.Config{
		Client: p.Client, Runner: p.Runner, Host: p, Prefix: "/desk",
		Session: func(*http.Request) (desk.Session, error) { return p.session, nil },
	})
	require.NoError(t, err)
	page := p.get("/desk/late", 200)
	require.Contains(t, page, "0 sur 7")
	page = p.post(path, 200, "act", "continue")
	require.Equal(t, "3 sur 7", progress(t, page))
	require.Contains(t, page, "Messages prêts\u00a0: 3")
	require.Contains(t, string(p.recordOf(path).Body), "Nos comptes")
	p.post(path, 200, "act", "continue")
	p.post(path, 200, "act", "continue")
	require.Len(t, p.messages("juin"), 7)
	require.NotContains(t, string(p.recordOf(path).Body), "Nos comptes", "what was typed goes with its last use")
	for customer, n := range p.messages("juin") {
		require.Equal(t, 1, n, customer)
	}
}

func (p *product) recordOf(path string) courrier.Item {
	p.t.Helper()
	item, err := p.Client.Config().Store.Item(p.t.Context(), "desk.campaign", dunningtest.Account, path[strings.LastIndex(path, "/")+1:])
	require.NoError(p.t, err)
	return item
}

// Two windows that go on with one campaign at once send nothing twice, and both tell
// how far it came.
func TestACampaignInTwoWindows(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	path := actionOf.FindStringSubmatch(p.post("/desk/late", 200, june...))[1]
	form := url.Values{"token": {p.token()}, "act": {"continue"}}.Encode()
	done := make(chan int)
	for range 4 {
		go func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			p.desk.ServeHTTP(w, r)
			done <- w.Code
		}()
	}
	for range 4 {
		require.Equal(t, http.StatusSeeOther, <-done)
	}
	for strings.Contains(p.get(path, 200), "data-continue") {
		p.post(path, 200, "act", "continue")
	}
	require.Equal(t, "7 sur 7", progress(t, p.get(path, 200)))
	require.Len(t, p.messages("juin"), 7)
	for customer, n := range p.messages("juin") {
		require.Equal(t, 1, n, customer)
	}
}

// What became of each is told: reached, refused with the reason, paid meanwhile. Those
// refused may have another turn.
func TestACampaignTellsWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	path := actionOf.FindStringSubmatch(p.post("/desk/late", 200, june...))[1]
	p.Pays("G-0", "80.00")
	require.NoError(t, p.Runner.Dispute(t.Context(), dunningtest.Account, "D-1", "G-1", true))
	page := p.post(path, 200, "act", "continue")
	require.Equal(t, "3 sur 7", progress(t, page))
	require.Contains(t, page, "Messages prêts\u00a0: 1")
	require.Contains(t, page, "Plus rien en retard\u00a0: 2")
	require.Contains(t, p.post(path, 200, "act", "stop"), "La campagne a été arrêtée")
	require.Len(t, p.messages("juin"), 1)
	p.post(path, 200, "act", "continue")
	require.Len(t, p.messages("juin"), 1, "stopped is stopped")
	p.post(path, 422, "act", "dance")
}

// A name stands for one message over one list.
func TestACampaignsNameIsOfOneList(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	p.post("/desk/late", 200, june...)
	require.Contains(t, p.post("/desk/late", 409, append([]string{"min_days", "5"}, june...)...), "nom")
	p.post("/desk/late", 409, "act", "campaign", "key", "juin", "subject", "Autre chose", "body", "Bonjour,\n\n{table}")
	p.post("/desk/late", 422, "act", "campaign", "key", "", "subject", "Nos comptes", "body", "Bonjour,\n\n{table}")
	p.post("/desk/late", 422, "act", "campaign", "key", "x", "subject", "Nos comptes", "body", "{unknown}")
	require.Contains(t, p.get("/desk/late", 200), "0 sur 7")
}

// A failure of the host in the middle of a slice loses nothing: it is done again.
func TestACampaignSurvivesAFailingHost(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	path := actionOf.FindStringSubmatch(p.post("/desk/late", 200, june...))[1]
	p.failsAfter = 2
	p.post(path, 500, "act", "continue")
	p.failsAfter = 0
	require.Equal(t, "0 sur 7", progress(t, p.get(path, 200)))
	p.post(path, 200, "act", "continue")
	p.post(path, 200, "act", "continue")
	require.Equal(t, "7 sur 7", progress(t, p.post(path, 200, "act", "continue")))
	for customer, n := range p.messages("juin") {
		require.Equal(t, 1, n, customer)
	}
	require.Len(t, p.messages("juin"), 7)
}

// failing streams some cases, then fails.
func failing(cases iter.Seq2[dunning.Case, error], after int) iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		for c, err := range cases {
			if after--; after < 0 {
				yield(dunning.Case{}, errDatabase)
				return
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// Those refused are named with the reason, and may have another turn.
func TestACampaignNamesThoseRefused(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	p.more = []dunning.Case{{
		Account: dunningtest.Account, Customer: dunning.Customer{ID: "A-0", Class: "business", Country: "FR", Contact: dunning.Contact{Email: true, Post: true}},
		Invoices: []dunning.Invoice{{ID: "H-0", Number: "H-0", IssuedOn: courrier.MustDate("2026-01-20"),
			Parts: dunning.Due(courrier.MustDate("2026-02-20"), courrier.MustAmount("80", "EUR"))}},
	}}
	path := actionOf.FindStringSubmatch(p.post("/desk/late", 200, june...))[1]
	for range 3 {
		p.post(path, 200, "act", "continue")
	}
	page := p.get(path, 200)
	require.Equal(t, "8 sur 8", progress(t, page))
	require.Contains(t, page, "Refusés\u00a0: 1")
	require.Contains(t, page, `A-0</a>`+"\u00a0: ")
	require.Regexp(t, `<h2>Refusés</h2>`, page)

	page = p.post("/desk/late", 200, "act", "remind", "send_step", "reminder-1", "invoice", "A-0|H-0", "invoice", "D-1|G-1")
	require.Contains(t, page, "Messages prêts\u00a0: 1")
	require.Regexp(t, `<h2>Refusés</h2>`, page)

	p.more = nil
	p.Owes("A-0", "H-0", "80.00", "2026-02-20")
	require.Equal(t, "7 sur 8", progress(t, p.post(path, 200, "act", "again")))
	page = p.post(path, 200, "act", "continue")
	require.Contains(t, page, "Messages prêts\u00a0: 8")
	require.NotContains(t, page, "Refusés")
}

// A customer who is erased is in no campaign of the desk any more, and gets no message.
func TestACampaignForgetsWhoIsErased(t *testing.T) {
	t.Parallel()
	p := crowd(t)
	path := actionOf.FindStringSubmatch(p.post("/desk/late", 200, june...))[1]
	require.Contains(t, string(p.recordOf(path).Body), "D-6")
	_, err := privacy.Keeper{Client: p.Client}.Erase(t.Context(), dunningtest.Account, "D-6")
	require.NoError(t, err)
	require.NotContains(t, string(p.recordOf(path).Body), "D-6")
	for range 3 {
		p.post(path, 200, "act", "continue")
	}
	require.Len(t, p.messages("juin"), 6)
	require.NotContains(t, p.messages("juin"), courrier.CustomerID("D-6"))
}
