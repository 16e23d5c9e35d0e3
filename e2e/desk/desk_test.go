// Package desk_test uses the desk as people do: a real browser on the demonstration
// product, run as a program of its own.
package desk_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// browser is the path of a Chromium; tests skip, loudly, without one.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("there is no chromium: the screens would go untested")
	}
	t.Skip("NOT TESTED IN A BROWSER: install chromium")
	return ""
}

var listening = regexp.MustCompile(`http://[0-9.:]+`)

// product starts the demonstration and returns its address.
func product(t *testing.T, flags ...string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "host")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/courrier-go/courrier/examples/host")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	ctx, cancel := context.WithCancel(context.Background())
	host := exec.CommandContext(ctx, bin, append(append([]string{"-listen", "127.0.0.1:0"}, flags...), t.TempDir())...)
	said, err := host.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, host.Start())
	t.Cleanup(func() {
		cancel()
		_ = host.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	return listening.FindString(line)
}

// person is a browser window.
type person struct {
	t    *testing.T
	ctx  context.Context
	base string
}

func newPerson(t *testing.T, base string) *person {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // events newer than the driver
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	return &person{t, ctx, base}
}

// do does one thing after the other. What the driver looked up in a page that has just
// been replaced is gone: it looks it up again, for nothing was done with it.
func (p *person) do(actions ...chromedp.Action) {
	p.t.Helper()
	for _, action := range actions {
		err := chromedp.Run(p.ctx, action)
		for err != nil && strings.Contains(err.Error(), "(-32000)") && p.ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
			err = chromedp.Run(p.ctx, action)
		}
		require.NoError(p.t, err)
	}
}

// open loads a page and returns its text.
func (p *person) open(path string) string {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
	return p.text()
}

func (p *person) text() string {
	p.t.Helper()
	var text string
	p.do(chromedp.Evaluate(`document.body.innerText`, &text))
	return text
}

// value returns what a field holds.
func (p *person) value(selector string) string {
	p.t.Helper()
	var value string
	p.do(chromedp.Value(selector, &value, chromedp.ByQuery))
	return value
}

// press clicks a button and waits for the page that follows, however long it takes.
func (p *person) press(selector string) string {
	p.t.Helper()
	p.leave(chromedp.Click(selector, chromedp.ByQuery))
	return p.text()
}

// leave does what leads to another page, and waits until that one is there.
func (p *person) leave(actions ...chromedp.Action) {
	p.t.Helper()
	p.do(chromedp.Evaluate(`document.documentElement.dataset.before = "yes"`, nil))
	p.do(actions...)
	for there := false; !there; time.Sleep(20 * time.Millisecond) {
		// Between two pages there is none to ask: that is no failure.
		_ = chromedp.Run(p.ctx, chromedp.Evaluate(`document.readyState === "complete" && !document.documentElement.dataset.before`, &there))
		require.NoError(p.t, p.ctx.Err())
	}
}

// as signs somebody in, in a language.
func (p *person) as(user, language string) {
	p.t.Helper()
	p.open("/")
	p.press(`button[value="` + language + `"]`)
	p.press(`button[value="` + user + `"]`)
}

func TestMainPaths(t *testing.T) {
	browser(t)
	base := product(t)
	p := newPerson(t, base)
	p.as("claire", "fr")

	t.Run("review, edit and approve a formal notice", func(t *testing.T) {
		require.Contains(t, p.open("/desk/"), "mise en demeure")
		page := p.press("table.list tbody tr a")
		require.Contains(t, page, "Tel qu’il sera imprimé")
		p.do(chromedp.SetValue(`input[name="subject"]`, "Mise en demeure, dernier avis", chromedp.ByQuery))
		require.Contains(t, p.press(`form[enctype] button`), "Le texte a été modifié")
		require.Contains(t, p.press(`button[data-key="a"]`), "Validé")
	})
	t.Run("put off, skip, pause", func(t *testing.T) {
		p.open("/desk/")
		p.press("table.list tbody tr a")
		require.Contains(t, p.press(`button[data-key="s"]`), "Reporté")
		p.open("/desk/customers/C-103")
		p.do(chromedp.SetValue(`input[name="reason"]`, "appel", chromedp.ByQuery))
		require.Contains(t, p.press("form.filter button"), "Relances en pause")
		require.Contains(t, p.press("main form button"), "Mettre en pause")
	})
	t.Run("send a letter in three steps", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "lettre.pdf")
		letter, err := os.ReadFile("../../examples/host/testdata/invoice.pdf")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, letter, 0o600))
		p.open("/desk/send")
		p.do(
			chromedp.SetUploadFiles(`input[name="file"]`, []string{file}, chromedp.ByQuery), chromedp.SetValue(`input[name="company"]`, "Garage Petit", chromedp.ByQuery),
			chromedp.SetValue(`input[name="street"]`, "3 rue Neuve", chromedp.ByQuery), chromedp.SetValue(`input[name="postcode"]`, "69003", chromedp.ByQuery),
			chromedp.SetValue(`input[name="city"]`, "Lyon", chromedp.ByQuery),
		)
		require.Contains(t, p.press("form.steps > button"), "69003 LYON")
		require.Contains(t, p.press(`button[name="confirm"]`), "prêt à partir")
	})
	t.Run("filter late invoices and run a campaign", func(t *testing.T) {
		p.fillsCampaign("mai", "40")
		require.Contains(t, p.press(`button[value="campaign"]`), "sur 8 clients")
		p.do(chromedp.WaitVisible("p.told", chromedp.ByQuery))
		require.Contains(t, p.text(), "8 sur 8 clients", "it goes on by itself")
		require.Contains(t, p.text(), "La campagne est terminée")
	})
	t.Run("go on with a campaign, without JavaScript", func(t *testing.T) {
		p.fillsCampaign("juin", "10")
		p.withoutScripts(t)
		require.Contains(t, p.press(`button[value="campaign"]`), "0 sur 11 clients")
		require.Contains(t, p.press(`button[value="continue"]`), "3 sur 11 clients")
		p.do(chromedp.Navigate("about:blank")) // the window is closed, and the list leads back
		require.Contains(t, p.open("/desk/late"), "Campagne juin\u00a0: 3 sur 11 clients")
		require.Contains(t, p.press("p.warn a"), "3 sur 11 clients")
		require.Contains(t, p.press(`button[value="continue"]`), "6 sur 11 clients")
		require.Contains(t, p.press(`button[value="continue"]`), "9 sur 11 clients")
		require.Contains(t, p.press(`button[value="continue"]`), "La campagne est terminée")
	})
	t.Run("buy credits, and be refused", func(t *testing.T) {
		p.open("/desk/credits")
		p.do(chromedp.SetValue(`input[name="amount"]`, "20", chromedp.ByQuery))
		require.Contains(t, p.press("form.filter button"), "commande")
		p.as("karim", "fr")
		require.Contains(t, p.open("/desk/credits"), "Une personne habilitée")
		p.as("claire", "fr")
	})
	t.Run("edit a policy, see its simulation, keep it", func(t *testing.T) {
		p.open("/desk/policies/standard")
		policy := p.value(`textarea[name="policy"]`)
		edited := strings.Replace(policy, `"offset_days": 5`, `"offset_days": 9`, 1)
		require.NotEqual(t, policy, edited)
		before := p.press(`button[value="try"]`)
		require.Contains(t, before, "quatre-vingt-dix jours")
		p.do(chromedp.SetValue(`textarea[name="policy"]`, edited, chromedp.ByQuery))
		require.NotEqual(t, before, p.press(`button[value="try"]`), "the simulation is that of the edited policy")
		require.Contains(t, p.press(`button[value="save"]`), "Enregistré")
		p.open("/desk/policies/standard")
		require.JSONEq(t, edited, p.value(`textarea[name="policy"]`))
	})
	t.Run("open a proof", func(t *testing.T) {
		p.open("/desk/letters?state=arrived")
		p.do(chromedp.Evaluate(`[...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes("preuve de dépôt")).id = "proved"`, nil))
		require.Contains(t, p.press("#proved a"), "Preuves")
		p.opensPDF(`a[href*="/proofs/"]`, "inline")
	})
	t.Run("make an evidence file", func(t *testing.T) {
		require.Contains(t, p.open("/desk/evidence"), "Constituer le dossier")
		p.do(chromedp.SetValue(`main form [name="invoice"]`, "FA-2026-0142", chromedp.ByQuery))
		p.opensPDF("main form button", "attachment")
	})
	t.Run("in English, without JavaScript", func(t *testing.T) {
		p.as("claire", "en")
		p.withoutScripts(t)
		for _, path := range []string{"todo", "late", "customers", "letters", "send", "credits", "policies", "results", "evidence"} {
			require.NotContains(t, p.open("/desk/"+path), "could not be", path)
		}
		require.Contains(t, p.open("/desk/late"), "Days late")
	})
}

// withoutScripts switches JavaScript off until a test ends.
func (p *person) withoutScripts(t *testing.T) {
	t.Helper()
	p.do(emulation.SetScriptExecutionDisabled(true))
	t.Cleanup(func() { p.do(emulation.SetScriptExecutionDisabled(false)) })
}

// fillsCampaign fills in a campaign over the invoices that are so many days late.
func (p *person) fillsCampaign(name, days string) {
	p.t.Helper()
	p.open("/desk/late")
	p.do(chromedp.SetValue(`input[name="min_days"]`, days, chromedp.ByQuery))
	require.Contains(p.t, p.press("form.filter button"), "FA-2026-")
	p.do(
		chromedp.Click("main > details > summary", chromedp.ByQuery), chromedp.SetValue(`input[name="key"]`, name, chromedp.ByQuery),
		chromedp.SetValue(`details input[name="subject"]`, "Nos comptes au 1er juin", chromedp.ByQuery),
		chromedp.SetValue(`textarea[name="body"]`, "Bonjour,\n\n{table}", chromedp.ByQuery),
	)
}

// opensPDF clicks on what leads to a file, and holds that the browser got a PDF, to show
// or to save. Its viewer is no page of the desk, so the answer is looked at where it
// comes in.
func (p *person) opensPDF(selector, disposition string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	heads := make(chan network.Headers, 8)
	chromedp.ListenTarget(ctx, func(event any) {
		if e, ok := event.(*network.EventResponseReceived); ok && e.Response.MimeType == "application/pdf" && e.Response.Status == http.StatusOK {
			heads <- e.Response.Headers
		}
	})
	p.do(network.Enable(), chromedp.Click(selector, chromedp.ByQuery))
	select {
	case head := <-heads:
		require.Contains(p.t, head["Content-Disposition"], disposition)
	case <-p.ctx.Done():
		p.t.Fatal("no file came")
	}
}

// A person connects the account at MySendingBox, over HTTP: a wrong key is refused, the
// right one taken, and when the carrier has a means of payment the account is connected.
func TestConnectACarrier(t *testing.T) {
	browser(t)
	fake := mysendingboxtest.New(mysendingboxtest.Config{})
	carrier := httptest.NewServer(fake)
	defer carrier.Close()
	p := newPerson(t, product(t, "-mysendingbox", carrier.URL))
	p.as("claire", "fr")
	paste := func(key string) string {
		p.open("/desk/policies")
		p.do(chromedp.SetValue(`input[name="secret"]`, key, chromedp.ByQuery))
		return p.press(`form[action$="/carrier"] button`)
	}
	require.Contains(t, p.open("/desk/policies"), "MySendingBox\u00a0: non connecté")
	require.Contains(t, paste("a key"), "Cela n’a pas pu être fait")
	require.Contains(t, p.open("/desk/policies"), "MySendingBox\u00a0: non connecté")
	page := paste(mysendingboxtest.LiveKey)
	require.Contains(t, page, "Le prestataire accepte la clé")
	require.Contains(t, page, "MySendingBox\u00a0: non connecté – la clé est bonne")
	p.open("/")
	require.Contains(t, p.press(`form[action="/billing"] button`), "MySendingBox\u00a0: connecté")
	var statuses []int
	for _, r := range fake.Requests() {
		statuses = append(statuses, r.Status)
	}
	require.Equal(t, []int{401, 200}, statuses)

	p.as("karim", "fr")
	require.NotContains(t, p.open("/desk/policies"), "Clé du compte")
}

// Keys move through a list and open what they stand on.
func TestKeys(t *testing.T) {
	browser(t)
	p := newPerson(t, product(t))
	p.as("claire", "fr")
	p.open("/desk/letters")
	var href, here string
	p.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.AttributeValue("tr[aria-selected] a", "href", &href, nil, chromedp.ByQuery))
	p.leave(chromedp.KeyEvent("\r"))
	p.do(chromedp.Location(&here))
	require.True(t, strings.HasSuffix(here, href), "%s is not %s", here, href)
}

// axe-core finds nothing serious on any screen, wide and narrow, light and dark.
func TestAccessibility(t *testing.T) {
	browser(t)
	script, err := os.ReadFile(os.Getenv("COURRIER_AXE"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("COURRIER_AXE does not lead to axe.min.js: accessibility would go untested")
		}
		t.Skip("NOT TESTED FOR ACCESSIBILITY: set COURRIER_AXE to axe-core's axe.min.js")
	}
	p := newPerson(t, product(t))
	for _, language := range []string{"fr", "en"} {
		p.as("claire", language)
		everyScreenIsAccessible(t, p, string(script))
	}
}

// everyScreenIsAccessible lets axe-core look at every screen, wide and narrow, light and
// dark, and holds that none is wider than its window.
func everyScreenIsAccessible(t *testing.T, p *person, script string) {
	t.Helper()
	var first string
	p.open("/desk/")
	p.do(chromedp.AttributeValue("table.list tbody tr a", "href", &first, nil, chromedp.ByQuery))
	paths := []string{first}
	for _, name := range []string{"todo", "late", "customers", "customers/C-103", "letters", "send", "credits", "policies", "policies/standard", "results", "evidence"} {
		paths = append(paths, "/desk/"+name)
	}
	for _, width := range []int64{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			p.do(chromedp.EmulateViewport(width, 900), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
			for _, path := range paths {
				p.open(path)
				var wide bool
				var serious []string
				p.do(
					chromedp.Evaluate(script, nil),
					chromedp.Evaluate(`axe.run(document,{resultTypes:["violations"]}).then(r=>r.violations.filter(v=>v.impact==="serious"||v.impact==="critical").map(v=>v.id+": "+v.nodes.map(n=>n.html).join(" | ").slice(0,300)))`, &serious, awaitPromise),
					chromedp.Evaluate(`document.documentElement.scrollWidth>document.documentElement.clientWidth+1`, &wide),
				)
				require.Empty(t, serious, "%s, %d px, %s", path, width, scheme)
				require.False(t, wide, "%s is wider than %d px", path, width)
			}
		}
	}
}
