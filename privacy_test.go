package courrier_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// mark is in every text that only the letter's owner may see: names, lines of
// addresses, keys, names and bytes of documents, metadata, what people type.
const mark = "zébulon"

func markedLetter(key string, service courrier.Service) courrier.Letter {
	l := letter(mark+key, service)
	l.To.Company, l.To.Attention, l.To.Address.Street = mark+" SARL", mark, "1 rue "+mark
	l.From.Company, l.From.Address.City = mark+" SAS", mark
	l.Documents[0].Name, l.Documents[0].Content = mark+".pdf", []byte("%PDF-1.7 "+mark+key)
	l.Metadata = map[string]string{mark: mark}
	return l
}

// brokenLetter has every field wrong, each with the mark in it.
func brokenLetter() courrier.Letter {
	long := strings.Repeat(mark+" ", 10)
	l := markedLetter("broken", courrier.ServiceRegisteredAR)
	l.Key, l.To.Company, l.To.Name, l.To.Attention = strings.Repeat(mark, 50), long, long, long
	l.To.Address = courrier.Address{Unit: long, Building: long, Street: long + "\x00", Box: long + "ж", Postcode: mark, City: long, RoutingLabel: long, Country: mark}
	l.From.Address = l.To.Address
	l.Documents = []courrier.Document{{Name: mark, Content: []byte(mark)}, {Sum: mark}}
	l.Metadata = map[string]string{mark: strings.Repeat(mark, 100)}
	l.PreviewToken = mark
	return l
}

// walk calls every public method, on letters in every state, so that each takes
// its failing paths, and returns their errors by method.
func (w *scene) walk(ids []courrier.LetterID) map[string][]error {
	c, ledger := w.client, w.client.Credits("acme")
	errs := make(map[string][]error)
	note := func(method string, err error) { errs[method] = append(errs[method], err) }
	one := stamps(w.t, 1)
	letters := []courrier.Letter{brokenLetter(), markedLetter("0", courrier.ServiceStandard), markedLetter("new", courrier.ServiceEconomy)}
	letters[1].To.Address.Street = "2 rue " + mark // its key with other content
	for _, l := range letters {
		_, err := c.Quote(w.ctx, l)
		note("Quote", err)
		_, err = c.Preview(w.ctx, l)
		note("Preview", err)
		_, err = c.Send(w.ctx, l)
		note("Send", err)
	}
	for _, r := range c.SendAll(w.ctx, letters) {
		note("SendAll", r.Err)
	}
	_, err := c.SetSettings(w.ctx, "acme", courrier.Settings{Billing: "barter"})
	note("SetSettings", err)
	_, err = c.Settings(w.ctx, "acme")
	note("Settings", err)
	for _, id := range append(ids, "no-such-letter") {
		_, err = c.DispatchOne(w.ctx, id)
		note("DispatchOne", err)
		_, err = c.Resume(w.ctx, id)
		note("Resume", err)
		_, err = c.SettleByHand(w.ctx, id, "")
		note("SettleByHand", err)
		_, err = c.Hold(w.ctx, id)
		note("Hold", err)
		_, err = c.Revise(w.ctx, id, func(l *courrier.Letter) { *l = brokenLetter() })
		note("Revise", err)
		_, err = c.Approve(w.ctx, id)
		note("Approve", err)
		_, err = c.RefreshOne(w.ctx, id)
		note("RefreshOne", err)
		_, err = c.FetchProofs(w.ctx, id)
		note("FetchProofs", err)
		_, err = c.Proof(w.ctx, id, courrier.ProofOfContent)
		note("Proof", err)
		_, err = c.OpenClaim(w.ctx, id, courrier.ClaimLost, mark)
		note("OpenClaim", err)
		_, err = c.CloseClaim(w.ctx, id, courrier.ClaimReturned, mark)
		note("CloseClaim", err)
		_, err = c.Cancel(w.ctx, id)
		note("Cancel", err)
		for _, key := range []string{"0", "-first-" + string(id), "-second-" + string(id)} {
			_, err = c.Resend(w.ctx, id, mark+key, nil)
			note("Resend", err)
		}
		_, err = c.Letter(w.ctx, id)
		note("Letter", err)
		for _, err := range c.History(w.ctx, id) {
			note("History", err)
		}
	}
	note("Apply", c.Apply(w.ctx, courrier.TrackingEvent{Provider: "post", ProviderID: "post-1", Code: "C", Hint: true, Raw: []byte(mark)}))
	_, err = c.Dispatch(w.ctx, courrier.DispatchOptions{})
	note("Dispatch", err)
	_, err = c.Refresh(w.ctx, courrier.RefreshOptions{})
	note("Refresh", err)
	_, err = c.Purge(w.ctx)
	note("Purge", err)
	ended, cancel := context.WithCancel(w.ctx)
	cancel()
	note("Run", c.Run(ended, time.Second))
	_, err = c.Content(w.ctx, mark)
	note("Content", err)
	for _, err := range c.Letters(w.ctx, courrier.LetterFilter{Limit: 1}) {
		note("Letters", err)
	}
	for _, err := range c.Claims(w.ctx, courrier.ClaimFilter{}) {
		note("Claims", err)
	}
	hook := c.WebhookHandler(w.config.Providers[0], courrier.WebhookOptions{MaxBytes: 50})
	for _, body := range []string{mark, "post-1,failed", strings.Repeat(mark, 20)} {
		w.post(hook, body, "Secret", "s3cret")
		w.post(hook, body, "Secret", mark)
	}
	for _, method := range []string{"WebhookHandler", "Credits", "Claims", "History"} { // walked, and without an error of their own
		errs[method] = append(errs[method], nil)
	}
	for method, do := range map[string]func(context.Context, string, courrier.Amount) (courrier.Entry, error){
		"Capture": ledger.Capture, "Refund": ledger.Refund, "Release": ledger.Release, "Reserve": ledger.Reserve, "TopUp": ledger.TopUp,
	} {
		for _, a := range []courrier.Amount{{}, one, stamps(w.t, 2), courrier.MustAmount("1000000", "stamp")} {
			_, err = do(w.ctx, mark, a)
			note(method, err)
		}
	}
	_, err = ledger.Grant(w.ctx, mark, one, time.Time{})
	note("Grant", err)
	_, err = ledger.Balance(w.ctx, "stamp")
	note("Balance", err)
	_, err = ledger.Statement(w.ctx, "stamp", w.clock)
	note("Statement", err)
	for _, err := range ledger.Entries(w.ctx, courrier.EntryFilter{}) {
		note("Entries", err)
	}
	return errs
}

// every sends one letter of each outcome and leads some further.
func (w *scene) every() []courrier.LetterID {
	var ids []courrier.LetterID
	for i, o := range []outcome{accepts, rejects, unavailable, acceptsSilent, neverArrives, accepts} {
		l := markedLetter(string(rune('0'+i)), courrier.ServiceStandard)
		w.carrier.script[l.Key] = []outcome{o}
		ids = append(ids, w.send(l).ID)
	}
	w.dispatch()
	w.carrier.happen("post-1", courrier.StatusLost, courrier.ProofOfContent)
	l := markedLetter("held", courrier.ServiceRegisteredAR)
	return append(ids, w.send(l).ID)
}

// No name, address, key or text of a document reaches a log line or an error,
// whatever fails, in every public method of the Client and of the ledger.
func TestNothingPersonalIsLoggedOrInErrors(t *testing.T) {
	t.Parallel()
	for _, failing := range []bool{false, true} {
		w := newScene(t)
		w.topUp(7)
		ids := w.every()
		if failing {
			w.watch(func(courrier.Change) error { return errDisk })
		}
		w.advance(100 * 24 * time.Hour)
		errs := w.walk(ids)
		for _, v := range []any{w.client, w.client.Credits("acme")} {
			for i := range reflect.TypeOf(v).NumMethod() {
				require.NotEmpty(t, errs[reflect.TypeOf(v).Method(i).Name], "not walked: %s", reflect.TypeOf(v).Method(i).Name)
			}
		}
		some := 0
		for method, all := range errs {
			for _, err := range all {
				if err != nil {
					some++
					requireUnmarked(t, method, err.Error())
				}
			}
		}
		require.Greater(t, some, 60)
		requireUnmarked(t, "log", w.logs.String())
		require.NotEmpty(t, w.logs.String())
	}
}

// A carrier that puts the address into its errors gets them into no log line.
func TestACarriersWordsAreNotLogged(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(7)
	ids := w.every()
	words := errors.New("no such street: 1 rue " + mark)
	w.bend(&bent{
		submit: func(context.Context, courrier.Submission) (courrier.Receipt, error) { return courrier.Receipt{}, words },
		find:   func(context.Context, courrier.Reference) (courrier.Receipt, error) { return courrier.Receipt{}, words },
		cancel: func(context.Context, courrier.Reference) error { return words },
		track:  func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error) { return nil, words },
		proof: func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error) {
			return courrier.Document{}, words
		},
	})
	w.config.Recheck = func(_ context.Context, r courrier.LetterRecord) (courrier.Recheck, error) {
		if strings.HasSuffix(r.Letter.Key, "new") {
			return courrier.Recheck{}, words
		}
		return courrier.Recheck{}, nil
	}
	w.restart()
	w.advance(time.Hour)
	w.walk(ids)
	require.Contains(t, w.logs.String(), "kind=other")
	requireUnmarked(t, "log", w.logs.String())
}

func requireUnmarked(t *testing.T, where, text string) {
	t.Helper()
	for _, m := range []string{mark, strings.ToUpper(mark), "ZEBULON", "s3cret"} {
		require.NotContains(t, text, m, where)
	}
}
