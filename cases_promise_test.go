package courrier_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/latepayment"
)

// What a host was promised by a sentence, word for word.
func TestCasesPromises(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"promise-02": aReceiptOfTenMonths, "promise-03": aKeyStandsForWhatItsRecordHolds, "promise-08": errorsQuoteIdentifiersOnly, "promise-13": oneBoundOfAmounts,
		"promise-15": whatATokenBinds, "promise-16": everythingThatCanBeChecked, "promise-17": fieldErrorsAreFilled, "promise-18": aReleasedKeyIsUsed,
		"promise-19": unknownWordsAreRefused, "promise-21": editsMayBeNil, "promise-22": oneReadingOfDates,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func aKeyStandsForWhatItsRecordHolds(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	first := testscene.Letter("k", courrier.ServiceStandard)
	rec := w.Send(first)
	_, err := w.Client.Hold(w.Ctx, rec.ID)
	require.NoError(t, err)
	second := first
	second.To.Company = "Another name"
	_, err = w.Client.Revise(w.Ctx, rec.ID, func(l *courrier.Letter) { l.To.Company = second.To.Company })
	require.NoError(t, err)
	again, err := w.Client.Send(w.Ctx, second)
	require.NoError(t, err)
	require.Equal(t, rec.ID, again.ID)
	_, err = w.Client.Send(w.Ctx, first)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

func errorsQuoteIdentifiersOnly(t *testing.T) {
	const name = "Jeanne Oudin, 5 rue Sainte-Anne"
	l := testscene.Letter("k", courrier.Service(name))
	l.Purpose, l.Returns = courrier.Purpose(name), courrier.ReturnHandling(name)
	l.Print = &courrier.PrintOptions{Envelope: courrier.Envelope(name)}
	err := l.Validate()
	require.Len(t, courrier.FieldErrors(err), 4)
	require.NotContains(t, err.Error(), "Oudin")
	l.Service = "regstered"
	require.Contains(t, l.Validate().Error(), `"regstered"`)
	_, err = courrier.ParsePolicy([]byte(`{"id":"p","steps":[],"` + name + `":1}`))
	require.NotContains(t, err.Error(), "Oudin")
}

func oneBoundOfAmounts(t *testing.T) {
	for _, fine := range []string{"999999999999.5", courrier.MaxAmountValue, "-" + courrier.MaxAmountValue} {
		_, err := courrier.NewAmount(fine, "EUR")
		require.NoError(t, err, fine)
	}
	for _, wrong := range []string{"1000000000000", "1.0000001", "1e3", "", ".", "1,5", "٣"} {
		_, err := courrier.NewAmount(wrong, "EUR")
		require.ErrorIs(t, err, courrier.ErrInvalid, wrong)
	}
}

// The key and the names of documents are printed nowhere, and are not bound.
func whatATokenBinds(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	l := testscene.Letter("k", courrier.ServiceStandard)
	shown, err := w.Client.Preview(w.Ctx, l)
	require.NoError(t, err)
	l.PreviewToken = shown.Token
	other := l
	other.Documents = []courrier.Document{courrier.NewDocument(l.Documents[0].Name, []byte("%PDF-1.7 another"))}
	_, err = w.Client.Send(w.Ctx, other)
	require.ErrorIs(t, err, courrier.ErrConflict)
	l.Documents[0].Name = "renamed.pdf"
	_, err = w.Client.Send(w.Ctx, l)
	require.NoError(t, err)
}

func everythingThatCanBeChecked(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for field, change := range map[string]func(l *courrier.Letter){
		"Account": func(l *courrier.Letter) { l.Account = courrier.AccountID(long) }, "Key": func(l *courrier.Letter) { l.Key = "a\x00b" },
		"Documents[0].Name": func(l *courrier.Letter) { l.Documents[0].Name = strings.Repeat("n", 100_000) },
		"Metadata":          func(l *courrier.Letter) { l.Metadata = map[string]string{"k": "\xff"} },
		"GateRef":           func(l *courrier.Letter) { l.GateRef = "\x00" },
	} {
		l := testscene.Letter("k", courrier.ServiceStandard)
		change(&l)
		errs := courrier.FieldErrors(l.Validate())
		require.Len(t, errs, 1, field)
		require.Equal(t, field, errs[0].Field)
	}
}

func fieldErrorsAreFilled(t *testing.T) {
	_, amount := courrier.NewAmount("many", "EUR")
	_, unit := courrier.NewAmount("1", "no unit")
	_, date := courrier.ParseDate("soon")
	_, percent := latepayment.ParsePercent("a lot")
	_, text := courrier.ParsePolicy([]byte("a policy"))
	_, typed := courrier.ParsePolicy([]byte(`{"id":1}`))
	_, more := courrier.ParsePolicy([]byte(`{} {}`))
	for _, err := range []error{amount, unit, date, percent, text, typed, more} {
		fields := courrier.FieldErrors(err)
		require.NotEmpty(t, fields, "%v", err)
		require.NotEmpty(t, fields[0].Field)
		require.NotEmpty(t, fields[0].Rule)
		require.NotEmpty(t, fields[0].Remedy)
	}
}

func aReleasedKeyIsUsed(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	ledger := w.Client.Credits("acme")
	two := testscene.Stamps(t, 2)
	_, err := ledger.Reserve(w.Ctx, "own", two)
	require.NoError(t, err)
	_, err = ledger.Release(w.Ctx, "own", two)
	require.NoError(t, err)
	_, err = ledger.Reserve(w.Ctx, "own", two)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

func unknownWordsAreRefused(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	_, err := w.Client.OpenClaim(w.Ctx, rec.ID, "nonsense", "1")
	require.ErrorIs(t, err, courrier.ErrInvalid)
	for _, e := range []courrier.TrackingEvent{
		{Provider: "post", ProviderID: "1", Status: "beamed"}, {Provider: "post", ProviderID: "1", Proof: "photo"}, {Provider: "nobody", ProviderID: "1", Status: courrier.StatusPosted},
	} {
		require.ErrorIs(t, w.Client.Apply(w.Ctx, e), courrier.ErrInvalid, "%+v", e)
	}
	_, err = courrier.ParsePolicy([]byte(`{"ID":"p","steps":[{"id":"a","kind":"reminder","offset_days":5}]}`))
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// No word that is none of a list's is taken in silence, wherever a host may write one.
func TestNoUnknownWordIsTaken(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	ledger := w.Client.Credits("acme")
	event := func(e courrier.TrackingEvent) error {
		e.Provider, e.ProviderID = "post", "1"
		return w.Client.Apply(w.Ctx, e)
	}
	settings := func(s courrier.Settings) error { return calldoc.Error(w.Client.SetSettings(w.Ctx, "acme", s)) }
	for what, err := range map[string]error{
		"source":       event(courrier.TrackingEvent{Status: courrier.StatusPosted, Source: "pigeon"}),
		"reason":       event(courrier.TrackingEvent{Status: courrier.StatusReturned, Reason: "pigeon"}),
		"proof":        calldoc.Error(w.Client.Proof(w.Ctx, rec.ID, "Jeanne Oudin, 5 rue Sainte-Anne")),
		"claim":        calldoc.Error(w.Client.CloseClaim(w.Ctx, rec.ID, "pigeon", "")),
		"price list":   settings(courrier.Settings{PriceList: "\x00"}),
		"billing":      settings(courrier.Settings{Billing: "pigeon"}),
		"zone":         settings(courrier.Settings{Zone: "pigeon"}),
		"envelope":     settings(courrier.Settings{Print: courrier.PrintOptions{Envelope: "pigeon"}}),
		"balance":      calldoc.Error(ledger.Balance(w.Ctx, "no unit")),
		"closed unit":  ledger.Close(w.Ctx, "no unit", w.Now().Add(-time.Hour)),
		"nobody's":     calldoc.Error(w.Client.SetSettings(w.Ctx, "", courrier.Settings{})),
		"nil gate":     calldoc.Error(courrier.New(courrier.Config{Store: w.Store, Providers: []courrier.Provider{w.Carrier}, Gates: []courrier.Gate{nil}})),
		"nil provider": calldoc.Error(courrier.New(courrier.Config{Store: w.Store, Providers: []courrier.Provider{nil}})),
	} {
		require.ErrorIs(t, err, courrier.ErrInvalid, what)
		require.NotEmpty(t, courrier.FieldErrors(err), what)
		require.NotContains(t, err.Error(), "Oudin")
	}
}

func editsMayBeNil(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	_, err := w.Client.Hold(w.Ctx, rec.ID)
	require.NoError(t, err)
	same, err := w.Client.Revise(w.Ctx, rec.ID, nil)
	require.NoError(t, err)
	require.Equal(t, rec.Letter.To, same.Letter.To)
}

func oneReadingOfDates(t *testing.T) {
	d := courrier.MustDate("2026-03-02")
	for _, n := range []int{math.MaxInt32, math.MinInt32, 12 * 9000, -12 * 3000} {
		require.True(t, d.AddMonths(n).IsZero(), "%d months", n)
	}
	require.Equal(t, "2025-03-02", d.AddMonths(-12).String())
}

// Each error matches exactly one kind, whatever a hook answers.
func TestOneKindOfHookErrors(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) {
		c.Authorize = func(context.Context, courrier.Actor, courrier.Action) error {
			return fmt.Errorf("no: %w", courrier.ErrConflict)
		}
	})
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{PostOff: true})
	require.ErrorIs(t, err, courrier.ErrDenied)
	require.False(t, errors.Is(err, courrier.ErrConflict), "%v", err)
}

// A receipt that comes after ten months is fetched; after the operator's year nobody
// asks any more.
func aReceiptOfTenMonths(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		found bool
	}{{61 * 24 * time.Hour, true}, {300 * 24 * time.Hour, true}, {500 * 24 * time.Hour, false}} {
		w := testscene.New(t)
		w.TopUp(5)
		id, there := w.Sent("k", courrier.ServiceRegisteredAR)
		w.Carrier.Happen(there, courrier.StatusPosted, courrier.ProofOfDeposit)
		w.Carrier.Happen(there, courrier.StatusDelivered, "")
		for end := w.Now().Add(c.after); w.Now().Before(end); w.Advance(5 * 24 * time.Hour) {
			w.Refresh()
		}
		w.Carrier.Happen(there, courrier.StatusDelivered, courrier.ProofOfReceipt)
		for range 4 {
			w.Advance(5 * 24 * time.Hour)
			w.Refresh()
		}
		_, err := w.Client.Proof(w.Ctx, id, courrier.ProofOfReceipt)
		require.Equal(t, c.found, err == nil, "after %s: %v", c.after, err)
	}
}
