package testscene

import (
	"context"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// Mark is in every text that only the letter's owner may see: names, lines of
// addresses, keys, names and bytes of documents, metadata, what people type.
const Mark = "zébulon"

func MarkedLetter(key string, service courrier.Service) courrier.Letter {
	l := Letter(Mark+key, service)
	l.To.Company, l.To.Attention, l.To.Address.Street = Mark+" SARL", Mark, "1 rue "+Mark
	l.From.Company, l.From.Address.City = Mark+" SAS", Mark
	l.Documents[0].Name, l.Documents[0].Content = Mark+".pdf", []byte("%PDF-1.7 "+Mark+key)
	l.Metadata = map[string]string{Mark: Mark}
	return l
}

// BrokenLetter has every field wrong, each with the mark in it.
func BrokenLetter() courrier.Letter {
	long := strings.Repeat(Mark+" ", 10)
	l := MarkedLetter("broken", courrier.ServiceRegisteredAR)
	l.Key, l.To.Company, l.To.Name, l.To.Attention = strings.Repeat(Mark, 50), long, long, long
	l.To.Address = courrier.Address{Unit: long, Building: long, Street: long + "\x00", Box: long + "ж", Postcode: Mark, City: long, RoutingLabel: long, Country: Mark}
	l.From.Address = l.To.Address
	l.Documents = []courrier.Document{{Name: Mark, Content: []byte(Mark)}, {Sum: Mark}}
	l.Metadata = map[string]string{Mark: strings.Repeat(Mark, 100)}
	l.PreviewToken = Mark
	return l
}

// Walk calls every public method, on letters in every state, so that each takes
// its failing paths, and returns their errors by method.
func (w *Scene) Walk(ids []courrier.LetterID) map[string][]error {
	c, ledger := w.Client, w.Client.Credits("acme")
	errs := make(map[string][]error)
	note := func(method string, err error) { errs[method] = append(errs[method], err) }
	letters := []courrier.Letter{BrokenLetter(), MarkedLetter("0", courrier.ServiceStandard), MarkedLetter("new", courrier.ServiceEconomy)}
	letters[1].To.Address.Street = "2 rue " + Mark // its key with other content
	for _, l := range letters {
		_, err := c.Quote(w.Ctx, l)
		note("Quote", err)
		_, err = c.Preview(w.Ctx, l)
		note("Preview", err)
		_, err = c.Send(w.Ctx, l)
		note("Send", err)
	}
	for _, r := range c.SendAll(w.Ctx, letters) {
		note("SendAll", r.Err)
	}
	_, err := c.CheckAddress(w.Ctx, letters[1].To.Address)
	note("CheckAddress", err)
	_, err = c.SetSettings(w.Ctx, "acme", courrier.Settings{Billing: "barter"})
	note("SetSettings", err)
	_, err = c.Settings(w.Ctx, "acme")
	note("Settings", err)
	for _, id := range append(ids, "no-such-letter") {
		_, err = c.DispatchOne(w.Ctx, id)
		note("DispatchOne", err)
		_, err = c.SettleOne(w.Ctx, id)
		note("SettleOne", err)
		_, err = c.SettleByHand(w.Ctx, id, "")
		note("SettleByHand", err)
		_, err = c.Hold(w.Ctx, id)
		note("Hold", err)
		_, err = c.Revise(w.Ctx, id, func(l *courrier.Letter) { *l = BrokenLetter() })
		note("Revise", err)
		_, err = c.Approve(w.Ctx, id)
		note("Approve", err)
		_, err = c.RefreshOne(w.Ctx, id)
		note("RefreshOne", err)
		_, err = c.FetchProofs(w.Ctx, id)
		note("FetchProofs", err)
		_, err = c.Proof(w.Ctx, id, courrier.ProofOfContent)
		note("Proof", err)
		_, err = c.OpenClaim(w.Ctx, id, courrier.ClaimLost, Mark)
		note("OpenClaim", err)
		_, err = c.CloseClaim(w.Ctx, id, courrier.ClaimReturned, Mark)
		note("CloseClaim", err)
		_, err = c.Cancel(w.Ctx, id)
		note("Cancel", err)
		for _, key := range []string{"0", "-first-" + string(id), "-second-" + string(id)} {
			_, err = c.Resend(w.Ctx, id, Mark+key, nil)
			note("Resend", err)
		}
		_, err = c.Letter(w.Ctx, id)
		note("Letter", err)
		_, err = c.For("other "+Mark).Letter(w.Ctx, id)
		note("For", err)
		for _, err := range c.History(w.Ctx, id) {
			note("History", err)
		}
	}
	note("Apply", c.Apply(w.Ctx, courrier.TrackingEvent{Provider: "post", ProviderID: "post-1", Code: "C", Hint: true, Raw: []byte(Mark)}))
	_, err = c.Dispatch(w.Ctx, courrier.DispatchOptions{})
	note("Dispatch", err)
	_, err = c.Refresh(w.Ctx, courrier.RefreshOptions{})
	note("Refresh", err)
	_, err = c.Purge(w.Ctx)
	note("Purge", err)
	ended, cancel := context.WithCancel(w.Ctx)
	cancel()
	note("Run", c.Run(ended, time.Second))
	_, err = c.Content(w.Ctx, Mark)
	note("Content", err)
	note("ForgetContents", c.ForgetContents(w.Ctx, Mark))
	note("AddGate", c.AddGate(Mark, nil))
	note("Authorize", c.Authorize(w.Ctx, courrier.Action{Kind: courrier.ActionTopUp, Account: "acme"}))
	for _, err := range c.Letters(w.Ctx, courrier.LetterFilter{Limit: 1}) {
		note("Letters", err)
	}
	for _, err := range c.Claims(w.Ctx, courrier.ClaimFilter{}) {
		note("Claims", err)
	}
	hook := c.WebhookHandler(w.Config.Providers[0], courrier.WebhookOptions{MaxBytes: 50})
	for _, body := range []string{Mark, "post-1,failed", strings.Repeat(Mark, 20)} {
		w.Post(hook, body, "Secret", "s3cret")
		w.Post(hook, body, "Secret", Mark)
	}
	for _, method := range []string{"WebhookHandler", "Credits", "Claims", "History", "Config", "Account", "Now"} { // walked, and without an error of their own
		errs[method] = append(errs[method], nil)
	}
	w.walkLedger(ledger, note)
	for _, err := range ledger.Entries(w.Ctx, courrier.EntryFilter{}) {
		note("Entries", err)
	}
	return errs
}

// Every sends one letter of each outcome and leads some further.
func (w *Scene) Every() []courrier.LetterID {
	var ids []courrier.LetterID
	for i, o := range []Outcome{Accepts, Rejects, Unavailable, AcceptsSilent, NeverArrives, Accepts} {
		l := MarkedLetter(string(rune('0'+i)), courrier.ServiceStandard)
		w.Carrier.Script[l.Key] = []Outcome{o}
		ids = append(ids, w.Send(l).ID)
	}
	w.Dispatch()
	w.Carrier.Happen("post-1", courrier.StatusLost, courrier.ProofOfContent)
	l := MarkedLetter("held", courrier.ServiceRegisteredAR)
	return append(ids, w.Send(l).ID)
}

// walkLedger calls the methods of a ledger that move credit or read it.
func (w *Scene) walkLedger(ledger *courrier.CreditLedger, note func(string, error)) {
	one := Stamps(w.T, 1)
	for method, do := range map[string]func(context.Context, string, courrier.Amount) (courrier.Entry, error){
		"Capture": ledger.Capture, "Refund": ledger.Refund, "Release": ledger.Release, "Reserve": ledger.Reserve, "TopUp": ledger.TopUp, "Pay": ledger.Pay,
	} {
		for _, a := range []courrier.Amount{{}, one, Stamps(w.T, 2), courrier.MustAmount("1000000", "stamp")} {
			_, err := do(w.Ctx, Mark, a)
			note(method, err)
		}
	}
	_, err := ledger.Grant(w.Ctx, Mark, one, time.Time{})
	note("Grant", err)
	_, err = ledger.GrantFrom(w.Ctx, Mark, one, time.Time{}, time.Time{})
	note("GrantFrom", err)
	_, err = ledger.Allow(w.Ctx, courrier.Allowance{Key: Mark, Amount: one, Zone: "Nowhere/None"})
	note("Allow", err)
	_, err = ledger.Revoke(w.Ctx, Mark+"-unknown", "stamp", Mark)
	note("Revoke", err)
	_, err = ledger.Adjust(w.Ctx, Mark, one, "")
	note("Adjust", err)
	_, err = ledger.Rebate(w.Ctx, Mark+"-unknown", Mark, one, Mark)
	note("Rebate", err)
	note("Close", ledger.Close(w.Ctx, "stamp", w.Clock.AddDate(1, 0, 0)))
	_, err = ledger.Balance(w.Ctx, "stamp")
	note("Balance", err)
	_, err = ledger.Books(w.Ctx, "stamp")
	note("Books", err)
	_, err = ledger.Settings(w.Ctx)
	note("Settings", err)
	for _, err := range w.Client.Balances(w.Ctx, w.Clock) {
		note("Balances", err)
	}
	for _, err := range w.Client.SettingsHistory(w.Ctx, "") {
		note("SettingsHistory", err)
	}
	_, err = w.Client.CloseAccount(w.Ctx, "")
	note("CloseAccount", err)
}
