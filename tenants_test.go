package courrier_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
)

// TestCasesTenants runs the cases of accounts and contents.
func TestCasesTenants(t *testing.T) {
	t.Parallel()
	for id, run := range map[string]func(*testing.T){
		"wire-18": losesNoContentOfAnAnsweredLetter,
		"wire-23": keepsAccountsApart,
		"wire-28": forgetsWhatWasNotSent,
	} {
		t.Run(id, run)
	}
}

// Each method of a client for one account answers for another's letter as for one
// that does not exist, and changes nothing.
func TestAnAccountSeesItsOwnAlone(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(40)
	ids := w.Every()
	sum := w.Letter(ids[0]).Letter.Documents[0].Sum
	other := w.Client.For("globex")
	before := everything(t, w)
	own := testscene.Letter("own", courrier.ServiceStandard)
	own.Account = "globex"
	none := map[string]bool{}
	notFound := func(method string, err error) {
		none[method] = true
		require.ErrorIs(t, err, courrier.ErrNotFound, method)
	}
	for _, id := range ids {
		byID := map[string]func() error{
			"Letter":       func() error { _, err := other.Letter(w.Ctx, id); return err },
			"Cancel":       func() error { _, err := other.Cancel(w.Ctx, id); return err },
			"Hold":         func() error { _, err := other.Hold(w.Ctx, id); return err },
			"Approve":      func() error { _, err := other.Approve(w.Ctx, id); return err },
			"Revise":       func() error { _, err := other.Revise(w.Ctx, id, func(*courrier.Letter) {}); return err },
			"Resend":       func() error { _, err := other.Resend(w.Ctx, id, "again", nil); return err },
			"DispatchOne":  func() error { _, err := other.DispatchOne(w.Ctx, id); return err },
			"SettleOne":    func() error { _, err := other.SettleOne(w.Ctx, id); return err },
			"SettleByHand": func() error { _, err := other.SettleByHand(w.Ctx, id, ""); return err },
			"RefreshOne":   func() error { _, err := other.RefreshOne(w.Ctx, id); return err },
			"FetchProofs":  func() error { _, err := other.FetchProofs(w.Ctx, id); return err },
			"Proof":        func() error { _, err := other.Proof(w.Ctx, id, courrier.ProofOfDeposit); return err },
			"OpenClaim":    func() error { _, err := other.OpenClaim(w.Ctx, id, courrier.ClaimLost, "1"); return err },
			"CloseClaim":   func() error { _, err := other.CloseClaim(w.Ctx, id, courrier.ClaimLost, "1"); return err },
			"Content":      func() error { _, err := other.Content(w.Ctx, sum); return err },
			"History": func() error {
				for _, err := range other.History(w.Ctx, id) {
					return err
				}
				return nil
			},
		}
		for method, call := range byID {
			notFound(method, call())
		}
	}
	_, err := other.Send(w.Ctx, testscene.Letter("theirs", courrier.ServiceStandard))
	notFound("Send", err)
	notFound("SendAll", other.SendAll(w.Ctx, []courrier.Letter{testscene.Letter("theirs", courrier.ServiceStandard)})[0].Err)
	_, err = other.Credits("acme").TopUp(w.Ctx, "k", testscene.Stamps(t, 1))
	notFound("Credits", err)
	_, err = other.SetSettings(w.Ctx, "acme", courrier.Settings{PostOff: true})
	notFound("SetSettings", err)
	for range other.Letters(w.Ctx, courrier.LetterFilter{}) {
		require.Fail(t, "a letter of another account is listed")
	}
	for range other.Letters(w.Ctx, courrier.LetterFilter{Account: "acme"}) {
		require.Fail(t, "a letter of another account is listed")
	}
	for range other.Claims(w.Ctx, courrier.ClaimFilter{Account: "acme"}) {
		require.Fail(t, "a claim of another account is listed")
	}
	for b, err := range other.Balances(w.Ctx, w.Clock) {
		require.Fail(t, "a balance of another account is listed", "%v %v", b, err)
	}
	for s, err := range other.SettingsHistory(w.Ctx, "acme") {
		require.Fail(t, "the settings of another account are listed", "%v %v", s, err)
	}
	left, err := other.CloseAccount(w.Ctx, "acme")
	require.True(t, err != nil || len(left) == 0)
	w.Advance(400 * 24 * time.Hour)
	report, err := other.Dispatch(w.Ctx, courrier.DispatchOptions{})
	require.NoError(t, err)
	require.Equal(t, courrier.DispatchReport{}, report)
	refreshed, err := other.Refresh(w.Ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, courrier.RefreshReport{}, refreshed)
	purged, err := other.Purge(w.Ctx)
	require.NoError(t, err)
	require.Zero(t, purged)
	require.Equal(t, before, everything(t, w), "nothing of the other account changed")

	_, err = other.Send(w.Ctx, own)
	require.NoError(t, err, "its own is its own")
	for _, rec := range before {
		require.NotEqual(t, courrier.AccountID("globex"), rec.Letter.Account)
	}
	shared := map[string]bool{ // about no thing of an account, or shown above by what they return
		"Letters": true, "Claims": true, "Dispatch": true, "Refresh": true, "Purge": true, "For": true, "Config": true, "AddGate": true,
		"Authorize": true, "CheckAddress": true, "Quote": true, "Preview": true, "Apply": true, "ForgetContents": true, "Run": true,
		"Settings": true, "WebhookHandler": true, "Balances": true, "SettingsHistory": true, "CloseAccount": true,
	}
	client := reflect.TypeOf(other)
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		require.True(t, none[name] || shared[name], "%s is not shown to keep accounts apart", name)
	}
}

func everything(t *testing.T, w *testscene.Scene) (all []courrier.LetterRecord) {
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{Account: "acme"}) {
		require.NoError(t, err)
		all = append(all, rec)
	}
	return all
}

func keepsAccountsApart(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(10)
	secret := testscene.Letter("k", courrier.ServiceStandard)
	rec := w.Send(secret)
	sum := rec.Letter.Documents[0].Sum
	thief := testscene.Letter("theirs", courrier.ServiceStandard)
	thief.Account = "globex"
	thief.Documents = []courrier.Document{{Name: "a.pdf", Sum: sum}}
	for _, call := range []func() error{
		func() error { _, err := w.Client.Send(w.Ctx, thief); return err },
		func() error { _, err := w.Client.Preview(w.Ctx, thief); return err },
		func() error { _, err := w.Client.Quote(w.Ctx, thief); return err },
	} {
		err := call()
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Equal(t, "Documents[0].Content", courrier.FieldErrors(err)[0].Field, "as if it were not there")
	}
	again := testscene.Letter("again", courrier.ServiceStandard)
	again.Documents = thief.Documents
	w.Send(again) // the owner may name it
	thief.Documents = secret.Documents
	_, err := w.Client.Send(w.Ctx, thief)
	require.NoError(t, err, "who has the bytes has the document")
	_, err = w.Client.For("globex").Content(w.Ctx, sum)
	require.NoError(t, err)

	// A preview's token is of this installation, this account and nothing else.
	letter := testscene.Letter("seen", courrier.ServiceStandard)
	seen, err := w.Client.Preview(w.Ctx, letter)
	require.NoError(t, err)
	elsewhere := testscene.New(t)
	foreign, err := elsewhere.Client.Preview(w.Ctx, letter)
	require.NoError(t, err)
	require.NotEqual(t, seen.Token, foreign.Token)
	letter.PreviewToken = foreign.Token
	_, err = w.Client.Send(w.Ctx, letter)
	require.ErrorIs(t, err, courrier.ErrConflict)
	w.Restart() // another process of the installation
	letter.PreviewToken = seen.Token
	sent, err := w.Client.Send(w.Ctx, letter)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, sent.Status)
}

// Letters are sent with the same bytes that others forget at the same moment: every
// letter that was answered has its contents.
func losesNoContentOfAnAnsweredLetter(t *testing.T) {
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = nil })
	const rounds = 150
	var wg sync.WaitGroup
	answered := make(chan courrier.LetterID, 4*rounds)
	for n := range 4 {
		wg.Go(func() {
			for i := range rounds {
				rec, err := w.Client.Send(w.Ctx, testscene.Letter(fmt.Sprint(n, "-", i), courrier.ServiceStandard))
				if err != nil {
					continue
				}
				if i%2 == 0 {
					answered <- rec.ID
					continue
				}
				if _, err = w.Client.Hold(w.Ctx, rec.ID); err == nil { // and lets go of the bytes
					_, _ = w.Client.Revise(w.Ctx, rec.ID, func(l *courrier.Letter) {
						l.Documents = []courrier.Document{courrier.NewDocument("other.pdf", []byte("%PDF-other"))}
					})
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 * rounds {
			_ = w.Client.ForgetContents(w.Ctx, courrier.SumOf(testscene.Letter("x", courrier.ServiceStandard).Documents[0].Content))
		}
	})
	wg.Wait()
	close(answered)
	n := 0
	for id := range answered {
		n++
		_, err := w.Client.Content(w.Ctx, w.Letter(id).Letter.Documents[0].Sum)
		require.NoError(t, err)
	}
	require.Greater(t, n, rounds)

	// The worst moment, made: what forgets looks before the letter is stored, and
	// deletes after that.
	slow := &lateDeleter{Store: memstore.New()}
	client, err := courrier.New(courrier.Config{Store: slow, Providers: w.Config.Providers})
	require.NoError(t, err)
	sum := courrier.SumOf(testscene.Letter("a", courrier.ServiceStandard).Documents[0].Content)
	slow.before = func() { require.NoError(t, client.ForgetContents(w.Ctx, sum)) }
	rec, err := client.Send(w.Ctx, testscene.Letter("a", courrier.ServiceStandard))
	require.NoError(t, err)
	_, err = client.Content(w.Ctx, rec.Letter.Documents[0].Sum)
	require.NoError(t, err)
	require.True(t, slow.done)
}

// lateDeleter runs before right before the first letter is stored.
type lateDeleter struct {
	*memstore.Store
	before func()
	done   bool
}

func (s *lateDeleter) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	if s.before != nil && !s.done && changes[0].Letter != nil {
		s.done = true
		s.before()
	}
	return s.Store.Commit(ctx, changes...)
}

func forgetsWhatWasNotSent(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(10)
	w.Send(testscene.Letter("k", courrier.ServiceStandard))
	other := testscene.Letter("k", courrier.ServiceStandard)
	other.Documents = []courrier.Document{courrier.NewDocument("other.pdf", []byte("%PDF-other"))}
	_, err := w.Client.Send(w.Ctx, other)
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = w.Client.Content(w.Ctx, other.Documents[0].Sum)
	require.ErrorIs(t, err, courrier.ErrNotFound, "forgotten with the refusal")

	// The day of forgetting follows the settings of its moment, for letters that
	// ended before, too.
	set := func(days int) {
		t.Helper()
		now, err := w.Client.Settings(w.Ctx, "acme")
		require.NoError(t, err)
		now.RetentionDays = days
		_, err = w.Client.SetSettings(w.Ctx, "acme", now)
		require.NoError(t, err)
	}
	purge := func() int {
		t.Helper()
		n, err := w.Client.Purge(w.Ctx)
		require.NoError(t, err)
		return n
	}
	own := testscene.Letter("own", courrier.ServiceStandard)
	own.Documents = []courrier.Document{courrier.NewDocument("own.pdf", []byte("%PDF-own"))}
	rec := w.Send(own)
	_, err = w.Client.Cancel(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Zero(t, purge())
	w.Advance(40 * 24 * time.Hour)
	require.Zero(t, purge(), "a year is the default")
	set(-1)
	require.Zero(t, purge())
	w.Advance(400 * 24 * time.Hour)
	require.Zero(t, purge(), "kept for ever")
	set(1000)
	require.Zero(t, purge())
	set(30)
	require.Equal(t, 1, purge())
	require.True(t, w.Letter(rec.ID).ContentsGone)
	_, err = w.Client.Content(w.Ctx, own.Documents[0].Sum)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	require.Zero(t, purge())
}
