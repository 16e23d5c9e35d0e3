package courrier_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/tariff"
)

func notPaidForIsPricedAnew(t *testing.T) {
	w := testscene.New(t)
	bill(w, courrier.BillingByCarrier)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	_, err := w.Client.Hold(w.Ctx, rec.ID)
	require.NoError(t, err)
	bill(w, courrier.BillingPrepaid)
	after, err := w.Client.Approve(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, []any{courrier.StatusHeld, courrier.HoldCredit}, []any{after.Status, after.Hold})
	w.Dispatch()
	require.Zero(t, w.Times(rec.ID), "nothing is printed free")
	w.TopUp(1)
	w.Dispatch()
	require.Equal(t, 1, w.Times(rec.ID))
	w.RequireBalance("0", "0")

	// The same for one that waited for credit when the account was billed by the carrier.
	w = testscene.New(t)
	rec = w.Send(testscene.Letter("k", courrier.ServiceStandard))
	require.Equal(t, courrier.HoldCredit, rec.Hold)
	bill(w, courrier.BillingByCarrier)
	require.Equal(t, courrier.StatusQueued, w.Letter(rec.ID).Status, "the carrier bills it now")
	bill(w, courrier.BillingPrepaid)
	w.Dispatch()
	require.Equal(t, courrier.HoldCredit, w.Letter(rec.ID).Hold, "and not any more")
	require.Zero(t, w.Times(rec.ID))
}

func billedOnTheDayItLeaves(t *testing.T) {
	w := testscene.New(t)
	var told []courrier.BillingMode
	bent := &testscene.Bent{}
	bent.OnSubmit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		told = append(told, s.Billing)
		return bent.Carrier.Submit(ctx, s)
	}
	w.Bend(bent)
	w.TopUp(2)
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.NotBefore = w.Clock.Add(time.Hour)
	rec := w.Send(l)
	w.RequireBalance("1", "1")
	bill(w, courrier.BillingByCarrier)
	w.Advance(2 * time.Hour)
	w.Dispatch()
	w.RequireBalance("2", "0")
	require.Equal(t, courrier.ChargeBilled, w.Letter(rec.ID).Charge)
	bill(w, courrier.BillingPrepaid)
	w.Send(testscene.Letter("next", courrier.ServiceStandard))
	w.Dispatch()
	require.Equal(t, []courrier.BillingMode{courrier.BillingByCarrier, courrier.BillingPrepaid}, told)
	w.RequireBalance("1", "0")
}

func askedForWhatIsPrinted(t *testing.T) {
	var asked []bool
	w := testscene.New(t)
	w.Config.Providers = []courrier.Provider{quoting{w.Carrier, &asked}}
	w.Restart()
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Print: courrier.PrintOptions{Color: true}})
	require.NoError(t, err)
	q, err := w.Client.Quote(w.Ctx, testscene.Letter("k", courrier.ServiceStandard))
	require.NoError(t, err)
	require.Equal(t, []bool{true}, asked)
	require.Equal(t, courrier.MustAmount("9", "stamp"), q.CarrierPrice)
	require.Contains(t, w.Logs.String(), "the carrier's price is above ours")
}

// quoting is the scene's carrier with a price of its own.
type quoting struct {
	*testscene.Carrier
	color *[]bool
}

func (q quoting) Capabilities() courrier.Capabilities {
	c := q.Carrier.Capabilities()
	c.Quotes = true
	return c
}

func (q quoting) Quote(_ context.Context, l courrier.Letter) (courrier.Amount, error) {
	*q.color = append(*q.color, l.Print != nil && l.Print.Color)
	return courrier.NewAmount("9", "stamp")
}

func theSamePriceMovesNothing(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(1)
	a, b := w.Send(testscene.Letter("a", courrier.ServiceStandard)), w.Send(testscene.Letter("b", courrier.ServiceStandard))
	require.Equal(t, courrier.HoldCredit, b.Hold)
	_, err := w.Client.Hold(w.Ctx, a.ID)
	require.NoError(t, err)
	revised, err := w.Client.Revise(w.Ctx, a.ID, func(l *courrier.Letter) { l.To.Company = "Dupont SA" })
	require.NoError(t, err)
	require.Equal(t, courrier.ChargeReserved, revised.Charge)
	require.Equal(t, courrier.StatusHeld, w.Letter(b.ID).Status, "nobody took its credit")
	after, err := w.Client.Approve(w.Ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, after.Status)

	// At another price it is short of credit, and waits for that like any other.
	_, err = w.Client.Hold(w.Ctx, a.ID)
	require.NoError(t, err)
	_, err = w.Client.Revise(w.Ctx, a.ID, func(l *courrier.Letter) { l.Service = courrier.ServiceRegisteredAR })
	require.NoError(t, err)
	after, err = w.Client.Approve(w.Ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.HoldCredit, after.Hold)
	w.TopUp(6)
	w.Dispatch()
	require.Equal(t, []int{1, 1}, []int{w.Times(a.ID), w.Times(b.ID)})
	w.RequireBalance("1", "0")
}

func nothingWaitsForEver(t *testing.T) {
	price := courrier.MustAmount("1", "stamp")
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = listed{&price} })
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	young := func() courrier.LetterRecord { return w.Send(testscene.Letter("young", courrier.ServiceStandard)) }
	w.Advance(400 * 24 * time.Hour)
	fresh := young()
	price = courrier.MustAmount("2", "stamp")
	w.TopUp(10)
	w.Dispatch()
	require.Equal(t, 1, w.Times(fresh.ID))
	require.Zero(t, w.Times(rec.ID), "what it says may be settled by now")
	require.Equal(t, courrier.HoldStale, w.Letter(rec.ID).Hold)
	w.RequireBalance("8", "0") // priced when it was paid for
	_, err := w.Client.Approve(w.Ctx, rec.ID)
	require.NoError(t, err, "a person may still let it go")
	w.Dispatch()
	require.Equal(t, 1, w.Times(rec.ID))
	w.RequireBalance("6", "0")
}

func changesHaveAnAuthor(t *testing.T) {
	var asked []courrier.Action
	w := testscene.New(t)
	w.Config.Authorize = func(_ context.Context, a courrier.Actor, action courrier.Action) error {
		asked = append(asked, action)
		if a.ID == "intern" && action.Kind != courrier.ActionSettings {
			return errors.New("not an intern")
		}
		return nil
	}
	w.Restart()
	intern, boss := courrier.WithActor(w.Ctx, courrier.Actor{ID: "intern"}), courrier.WithActor(w.Ctx, courrier.Actor{ID: "boss"})
	for _, s := range []courrier.Settings{
		{Billing: courrier.BillingByCarrier}, {Billing: courrier.BillingPostpaid}, {Ceilings: []courrier.Amount{testscene.Stamps(t, 1)}}, {PriceList: "gold"}, {Closed: true},
	} {
		_, err := w.Client.SetSettings(intern, "acme", s)
		require.ErrorIs(t, err, courrier.ErrDenied, "%+v", s)
	}
	for _, move := range []func() error{
		func() error {
			_, err := w.Client.Credits("acme").Grant(intern, "g", testscene.Stamps(t, 1), w.Clock.Add(time.Hour))
			return err
		},
		func() error {
			_, err := w.Client.Credits("acme").Adjust(intern, "a", testscene.Stamps(t, 1), "why not")
			return err
		},
		func() error {
			_, err := w.Client.Credits("acme").Refund(intern, "a", testscene.Stamps(t, 1))
			return err
		},
	} {
		require.ErrorIs(t, move(), courrier.ErrDenied)
	}
	s, err := w.Client.SetSettings(intern, "acme", courrier.Settings{Print: courrier.PrintOptions{Color: true}})
	require.NoError(t, err)
	asked = nil
	s.Billing = courrier.BillingPostpaid
	_, err = w.Client.SetSettings(boss, "acme", s)
	require.NoError(t, err)
	require.Equal(t, []courrier.ActionKind{courrier.ActionBilling, courrier.ActionCeiling}, []courrier.ActionKind{asked[0].Kind, asked[1].Kind})
	require.Equal(t, courrier.BillingMode(""), asked[0].Before.Billing)
	require.Equal(t, courrier.BillingPostpaid, asked[0].After.Billing)
	var authors []courrier.ActorID
	for change, err := range w.Client.SettingsHistory(w.Ctx, "acme") {
		require.NoError(t, err)
		authors = append(authors, change.Actor)
		require.NotEqual(t, change.Before, change.After)
	}
	require.Equal(t, []courrier.ActorID{"intern", "boss"}, authors)
}

func entriesHaveAnActor(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	anne := courrier.WithActor(w.Ctx, courrier.Actor{ID: "anne"})
	rec, err := w.Client.Send(anne, testscene.Letter("k", courrier.ServiceStandard))
	require.NoError(t, err)
	_, err = w.Client.Cancel(courrier.WithActor(w.Ctx, courrier.Actor{ID: "bob"}), rec.ID)
	require.NoError(t, err)
	var actors []courrier.ActorID
	for e, err := range w.Client.Credits("acme").Entries(w.Ctx, courrier.EntryFilter{Letter: rec.ID}) {
		require.NoError(t, err)
		actors = append(actors, e.Actor)
	}
	require.Equal(t, []courrier.ActorID{"anne", "bob"}, actors)
}

// sold makes a scene that sells by a list.
func sold(t *testing.T, list courrier.Tariff) *testscene.Scene {
	return testscene.New(t, func(c *courrier.Config) { c.Tariff = list })
}

func postage(price string) tariff.Row {
	return tariff.Row{Code: tariff.CodePostage, Price: courrier.MustAmount(price, "EUR")}
}

func quoted(w *testscene.Scene, mend func(*courrier.Letter)) string {
	w.T.Helper()
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.Documents[0].Pages = 1
	if mend != nil {
		mend(&l)
	}
	q, err := w.Client.Quote(w.Ctx, l)
	require.NoError(w.T, err)
	return q.Price.String()
}

func aPriceIsWritten(t *testing.T) {
	_, err := courrier.New(courrier.Config{Tariff: tariff.List{Rows: []tariff.Row{{Code: tariff.CodePostage}}}})
	require.Contains(t, err.Error(), "Tariff.Rows[0].Price: is missing")
	w := sold(t, listed{&courrier.Amount{}})
	_, err = w.Client.Send(w.Ctx, testscene.Letter("k", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrInvalid, "a tariff of the host's own is held to it too")
	free := courrier.MustAmount("0", "EUR")
	require.Equal(t, "0.00 EUR", quoted(sold(t, listed{&free}), nil))
}

func theNarrowerPriceCounts(t *testing.T) {
	abroad := postage("2.25")
	abroad.Zones = []courrier.Zone{courrier.ZoneAbroad}
	w := sold(t, tariff.List{Rows: []tariff.Row{postage("1.52"), abroad}})
	require.Equal(t, "1.52 EUR", quoted(w, nil))
	require.Equal(t, "2.25 EUR", quoted(w, func(l *courrier.Letter) { l.To.Address.Country, l.To.Address.Postcode = "DE", "10115" }))
}

func aSheetThatTheEnvelopeAdds(t *testing.T) {
	list := tariff.LaPoste2023()
	list.Envelopes = []tariff.Envelope{{Envelope: courrier.EnvelopeDL, UpToSheets: 5, Grams: 5}, {Envelope: courrier.EnvelopeC4, UpToSheets: 45, Grams: 20, AddsSheet: true}}
	w := sold(t, list)
	require.Equal(t, "6.23 EUR", quoted(w, func(l *courrier.Letter) {
		l.Service, l.Documents[0].Pages = courrier.ServiceRegistered, 6
	}))
}

func theTariffSeesAll(t *testing.T) {
	var seen []courrier.Priceable
	w := testscene.New(t)
	other := testscene.NewCarrier("other", w.Now)
	w.Config.Providers = append(w.Config.Providers, other)
	w.Config.Route = func(context.Context, courrier.Letter) ([]string, error) { return []string{"other"}, nil }
	w.Config.Tariff = watching{&seen}
	w.Restart()
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{PriceList: "gold"})
	require.NoError(t, err)
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.NotBefore = time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC)
	_, err = w.Client.Quote(w.Ctx, l)
	require.NoError(t, err)
	require.Equal(t, []any{courrier.AccountID("acme"), "gold", "other", "FR", "2026-04-01"},
		[]any{seen[0].Account, seen[0].List, seen[0].Provider, seen[0].Country, seen[0].On.String()}, "posted on 1 April in Paris")
}

type watching struct{ seen *[]courrier.Priceable }

func (s watching) Price(p courrier.Priceable) ([]courrier.PriceLine, error) {
	*s.seen = append(*s.seen, p)
	return []courrier.PriceLine{{Code: tariff.CodePostage, Amount: courrier.MustAmount("1", "stamp")}}, nil
}

func newChecksTheTariff(t *testing.T) {
	wrong := tariff.List{
		Rows:      []tariff.Row{{Code: tariff.CodePostage, Services: []courrier.Service{"pigeon"}, Zones: []courrier.Zone{"moon"}, UpToGrams: -1, Price: courrier.MustAmount("1", "EUR")}},
		Envelopes: []tariff.Envelope{{Envelope: courrier.EnvelopeC4, UpToSheets: 45}, {Envelope: courrier.EnvelopeDL, UpToSheets: 5}},
	}
	_, err := courrier.New(courrier.Config{Tariff: wrong})
	for _, field := range []string{"Tariff.Rows[0].Services", "Tariff.Rows[0].Zones", "Tariff.Rows[0].UpToGrams", "Tariff.Envelopes[1].UpToSheets"} {
		require.ErrorContains(t, err, field)
	}
}

func oneUnitAService(t *testing.T) {
	w := sold(t, tariff.Flat(map[courrier.Service]courrier.Amount{
		courrier.ServiceStandard: courrier.MustAmount("1", "stamp"), courrier.ServiceRegisteredAR: courrier.MustAmount("1", "stamp_lrar"),
	}))
	for service, unit := range map[courrier.Service]string{courrier.ServiceStandard: "stamp", courrier.ServiceRegisteredAR: "stamp_lrar"} {
		_, err := w.Client.Credits("acme").TopUp(w.Ctx, "order-"+unit, courrier.MustAmount("1", unit))
		require.NoError(t, err)
		require.Equal(t, courrier.StatusQueued, w.Send(testscene.Letter(unit, service)).Status)
		require.Equal(t, courrier.StatusHeld, w.Send(testscene.Letter(unit+"-2", service)).Status)
	}
}

func registeredByLevel(t *testing.T) {
	list := tariff.LaPoste2023()
	list.Level, list.Advice = "R2", "digital"
	w := sold(t, list)
	require.Equal(t, "6.92 EUR", quoted(w, func(l *courrier.Letter) { l.Service = courrier.ServiceRegisteredAR }), "5.77 and 1.15")
}

func aMonthByService(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(20)
	for key, service := range map[string]courrier.Service{"a": courrier.ServiceStandard, "b": courrier.ServiceStandard, "c": courrier.ServiceRegisteredAR} {
		l := testscene.Letter(key, service)
		l.Purpose = courrier.PurposeReminder
		w.Send(l)
	}
	w.Dispatch()
	s := month(w)
	require.Len(t, s.Lines, 3)
	require.Equal(t, []billing.Sum{
		{Service: courrier.ServiceRegisteredAR, Purpose: courrier.PurposeReminder, Price: testscene.Stamps(t, 5), Count: 1, Total: testscene.Stamps(t, 5)},
		{Service: courrier.ServiceStandard, Purpose: courrier.PurposeReminder, Price: testscene.Stamps(t, 1), Count: 2, Total: testscene.Stamps(t, 2)},
	}, s.Sums)

	bill(w, courrier.BillingByCarrier)
	rec := w.Send(testscene.Letter("d", courrier.ServiceStandard))
	w.Dispatch()
	euros := func() billing.Statement {
		s, err := billing.MonthOf(w.Ctx, w.Client.Credits("acme"), "EUR", w.Clock)
		require.NoError(t, err)
		return s
	}
	require.Equal(t, courrier.MustAmount("4.20", "EUR"), euros().Billed, "what the carrier said that it costs")
	require.Equal(t, courrier.MustAmount("0", "EUR"), euros().Due)
	require.Equal(t, rec.ID, euros().Lines[0].Letter)
	w.Carrier.Tell(w.Letter(rec.ID).ProviderID, courrier.StatusFailed, "")
	w.Advance(2 * time.Hour)
	w.Refresh()
	require.Equal(t, courrier.MustAmount("0", "EUR"), euros().Billed)
}

func taxFromPriceToStatement(t *testing.T) {
	post, printing := postage("1.52"), tariff.Row{Code: "printing", Price: courrier.MustAmount("0.30", "EUR"), Tax: "standard"}
	post.Tax = "exempt"
	w := sold(t, tariff.List{Rows: []tariff.Row{post, printing}})
	ledger := w.Client.Credits("acme")
	_, err := ledger.TopUp(w.Ctx, "o", courrier.MustAmount("10", "EUR"))
	require.NoError(t, err)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	_, err = ledger.Rebate(w.Ctx, w.Letter(rec.ID).ChargeKey, "r", courrier.MustAmount("0.91", "EUR"), "half")
	require.NoError(t, err)
	s, err := billing.MonthOf(w.Ctx, ledger, "EUR", w.Clock)
	require.NoError(t, err)
	require.Equal(t, []billing.Tax{{Class: "exempt", Total: courrier.MustAmount("1.52", "EUR")}, {Class: "standard", Total: courrier.MustAmount("0.30", "EUR")}}, s.Lines[0].Taxes)
	require.Equal(t, []billing.Tax{{Class: "exempt", Total: courrier.MustAmount("0.76", "EUR")}, {Class: "standard", Total: courrier.MustAmount("0.15", "EUR")}}, s.Taxes)
}

func pricesAreRounded(t *testing.T) {
	w := sold(t, tariff.List{Rows: []tariff.Row{postage("1.52"), {Code: "sheets", Price: courrier.MustAmount("0.0125", "EUR"), Per: tariff.PerSheet}}})
	require.Equal(t, "1.56 EUR", quoted(w, func(l *courrier.Letter) { l.Documents[0].Pages = 3 }))
	odd := courrier.MustAmount("1.5575", "EUR")
	require.Equal(t, "1.56 EUR", quoted(sold(t, listed{&odd}), nil), "a tariff of the host's own too")
}

// A period of no unit, or without an end, is none, and leaves no empty purse behind.
func TestOnlyAPeriodOfAUnitIsClosed(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) { c.Units = []string{"stamp"} })
	w.TopUp(3)
	ledger := w.Client.Credits("acme")
	for unit, until := range map[string]time.Time{"": w.Clock, "not a unit": w.Clock, "stmp": w.Clock, "stamp": {}} {
		require.ErrorIs(t, ledger.Close(w.Ctx, unit, until), courrier.ErrInvalid, unit)
	}
	require.NoError(t, ledger.Close(w.Ctx, "stamp", w.Clock))
	var units []string
	for b, err := range w.Client.Balances(w.Ctx, w.Clock) {
		require.NoError(t, err)
		units = append(units, b.Available.Unit())
	}
	require.Equal(t, []string{"stamp"}, units)
}
