package desk_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/dunning/dunningtest"
	"github.com/courrier-go/courrier/email"
)

// logo is a mark on a ground that is not seen: what dark screens must not swallow.
func logo(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 160, 80))
	for y := range 80 {
		for x := range 160 {
			if y > 10 && y < 70 && (x-40)*(x-40)+(y-40)*(y-40) < 900 || x > 90 && x < 150 && y > 30 && y < 50 {
				img.SetNRGBA(x, y, color.NRGBA{R: 20, G: 50, B: 90, A: 255})
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// mails are e-mails as they leave, by name.
func mails(t *testing.T) map[string]email.Message {
	t.Helper()
	h := dunningtest.NewHost(t)
	h.Settings.Language, h.Settings.ChargeReminders, h.Settings.Logo = courrier.French, true, logo(t)
	h.Settings.Sender.Company, h.Settings.Footer = "Atelier Verne", "Atelier Verne, SAS au capital de 10 000 €\nRCS Paris 552 100 554 – TVA FR40552100554"
	h.Settings.Signature = map[courrier.ActorID]dunning.Signature{"": {Name: "Claire Noël", Title: "Comptabilité clients"}}
	h.Settings.Fields = dunning.Fields{"pay_link": {Kind: dunning.FieldURL, Label: map[courrier.Language]string{courrier.French: "Payer en ligne"}}}
	h.Settings.Texts = dunning.Texts{"reminder-1": {courrier.French: {
		Subject: "Relance : {total} restants dus",
		Body: "Madame, Monsieur,\n\nSauf erreur de notre part, **{total}** restent dus sur {one?la facture ci-dessous|les factures ci-dessous}.\n\n{table}\n\n" +
			"{statement}\n\nVous pouvez régler en ligne, {by} :\n\n{pay_link}\n\nUne question ? Répondez à cet e-mail.\n\nBien cordialement,",
	}}}
	h.Review = func(dunning.Reminder) bool { return false }
	for i := range h.Settings.Policies[0].Steps {
		h.Settings.Policies[0].Steps[i].Mode = courrier.ModeManual
	}
	h.Owes("C-1", "FA-2026-041", "1200.00", "2026-03-02")
	h.Owes("C-2", "FA-2026-007", "18420.50", "2026-02-27")
	h.Owes("C-2", "FA-2026-012", "640.00", "2026-02-28")
	h.Owes("C-2", "FA-2026-019", "95.90", "2026-03-02")
	h.Pays("FA-2026-007", "4000.00")
	for _, id := range []courrier.CustomerID{"C-1", "C-2"} {
		h.Customer(id, func(c *dunning.Customer) {
			c.Values = map[string]string{"pay_link": "https://pay.verne.example/" + string(id)}
		})
	}
	h.Days(8)
	all := map[string]email.Message{}
	for _, rem := range h.Waiting() {
		seen, err := h.Runner.Preview(t.Context(), rem.ID)
		require.NoError(t, err)
		require.True(t, seen.Check.Report.OK(), "%+v", seen.Check)
		all[map[courrier.CustomerID]string{"C-1": "mail-one", "C-2": "mail-several"}[rem.Customer]] = *seen.Email
	}
	require.Len(t, all, 2)
	return all
}

// E-mails look as they did when somebody looked at them, on light and dark screens, at
// 600 pixels and on a telephone; they fetch nothing and fit the width.
func TestMailsLookAsTheyDid(t *testing.T) {
	browser(t)
	pages := map[string]string{}
	for name, m := range mails(t) {
		page := m.HTML
		for _, doc := range m.Inline {
			page = strings.ReplaceAll(page, "cid:"+email.CID(m.ID, doc.Name), "data:image/png;base64,"+base64.StdEncoding.EncodeToString(doc.Content))
		}
		require.Less(t, len(m.HTML), 20_000, "mail readers cut long pages")
		pages[name] = page
	}
	var (
		mutex sync.Mutex
		asked []string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, pages[strings.TrimPrefix(r.URL.Path, "/")])
	}))
	defer server.Close()
	p := newPerson(t, server.URL)
	chromedp.ListenTarget(p.ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(sent.Request.URL, "data:") && !strings.HasSuffix(sent.Request.URL, "/favicon.ico") {
			mutex.Lock()
			defer mutex.Unlock()
			asked = append(asked, sent.Request.URL)
		}
	})
	p.do(network.Enable())
	loads := 0
	for name := range pages {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{680, 390} {
				p.do(chromedp.EmulateViewport(width, 900), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
				p.open("/" + name)
				loads++
				var wide bool
				p.do(chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide))
				require.False(t, wide, "%s is wider than %d", name, width)
				var shot []byte
				p.do(chromedp.CaptureScreenshot(&shot))
				compare(t, filepath.Join("testdata", fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), small(t, shot))
			}
		}
	}
	mutex.Lock()
	defer mutex.Unlock()
	require.Len(t, asked, loads, "nothing but the pages themselves: %v", asked)
}
