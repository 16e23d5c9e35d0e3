package courrier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/tariff"
)

// TestCases holds what tenants were charged wrongly for once, by the name of the case.
func TestCases(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"money-01": spentBySource, "money-02": aMonthToldDoesNotChange, "money-03": notPaidForIsPricedAnew, "money-04": billedOnTheDayItLeaves,
		"money-05": whatNeverLeftEndsWithItsGrant, "money-06": aPriceIsWritten, "money-07": theNarrowerPriceCounts, "money-08": aSheetThatTheEnvelopeAdds,
		"money-09": aGrantIsOneGrant, "money-10": aKeyIsTheAccounts, "money-11": askedForWhatIsPrinted, "money-12": theSamePriceMovesNothing,
		"money-14": nothingWaitsForEver, "money-15": changesHaveAnAuthor, "money-16": entriesHaveAnActor, "money-17": correctionsAreNoSpending,
		"money-18": includedCreditIsUsable, "money-20": theTariffSeesAll, "money-21": newChecksTheTariff, "money-22": oneUnitAService,
		"money-23": registeredByLevel, "money-24": aMonthByService, "money-25": taxFromPriceToStatement, "money-27": oneAccountOrAll,
		"money-28": letterKeysAreTheLibrarys, "money-29": equalIsEqual, "money-30": aStatementOnlyReads, "money-31": pricesAreRounded, "money-32": grantsBeginLater,
		"wire-17": eachLineIsTheOneBefore,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// bill sets how the scene's account is billed.
func bill(w *testscene.Scene, mode courrier.BillingMode, ceilings ...courrier.Amount) {
	w.T.Helper()
	settings, err := w.Client.Settings(w.Ctx, "acme")
	require.NoError(w.T, err)
	settings.Billing, settings.Ceilings = mode, ceilings
	_, err = w.Client.SetSettings(w.Ctx, "acme", settings)
	require.NoError(w.T, err)
}

// spend reserves and captures, as a letter does.
func spend(w *testscene.Scene, key string, n int) {
	w.T.Helper()
	ledger := w.Client.Credits("acme")
	_, err := ledger.Reserve(w.Ctx, key, testscene.Stamps(w.T, n))
	require.NoError(w.T, err)
	_, err = ledger.Capture(w.Ctx, key, testscene.Stamps(w.T, n))
	require.NoError(w.T, err)
}

// month is the statement of the scene's month.
func month(w *testscene.Scene) billing.Statement {
	w.T.Helper()
	s, err := billing.MonthOf(w.Ctx, w.Client.Credits("acme"), "stamp", w.Clock)
	require.NoError(w.T, err)
	return s
}

func grant(w *testscene.Scene, key string, n int, expires time.Time) {
	w.T.Helper()
	_, err := w.Client.Credits("acme").Grant(w.Ctx, key, testscene.Stamps(w.T, n), expires)
	require.NoError(w.T, err)
}

func spentBySource(t *testing.T) {
	w := testscene.New(t)
	bill(w, courrier.BillingPostpaid)
	grant(w, "plan", 10, w.Clock.AddDate(0, 1, 0))
	w.TopUp(5)
	spend(w, "a", 17)
	s := month(w)
	require.Equal(t, billing.Sources{Included: testscene.Stamps(t, 10), Bought: testscene.Stamps(t, 5), Owed: testscene.Stamps(t, 2)}, s.Spent)
	require.Equal(t, testscene.Stamps(t, 2), s.Due)
	require.Equal(t, testscene.Stamps(t, 2), s.Closing.Owed)

	w = testscene.New(t)
	w.TopUp(5)
	spend(w, "a", 5)
	bill(w, courrier.BillingPostpaid)
	spend(w, "b", 3)
	require.Equal(t, testscene.Stamps(t, 3), month(w).Due)
	require.Equal(t, testscene.Stamps(t, 5), month(w).Spent.Bought)
}

func aMonthToldDoesNotChange(t *testing.T) {
	w := testscene.New(t)
	ledger := w.Client.Credits("acme")
	end := time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC) // midnight in Paris
	w.TopUp(3)
	w.Clock = end.Add(-time.Second)
	_, err := ledger.Reserve(w.Ctx, "a", testscene.Stamps(t, 1))
	require.NoError(t, err)
	late := courrier.Entry{Account: "acme", Key: "a", Kind: courrier.EntryCapture, Amount: testscene.Stamps(t, 1), At: w.Clock} // on its way to the store

	require.ErrorIs(t, ledger.Close(w.Ctx, "stamp", end), courrier.ErrInvalid, "March is not over")
	w.Clock = end.Add(2 * time.Second)
	before, err := billing.Between(w.Ctx, ledger, "stamp", courrier.MustDate("2026-03-01"), courrier.MustDate("2026-04-01"))
	require.NoError(t, err)
	require.False(t, before.Closed, "it says that it may change")
	require.NoError(t, ledger.Close(w.Ctx, "stamp", end))
	march := func() billing.Statement {
		s, err := billing.Between(w.Ctx, ledger, "stamp", courrier.MustDate("2026-03-01"), courrier.MustDate("2026-04-01"))
		require.NoError(t, err)
		return s
	}
	told := march()
	require.True(t, told.Closed)

	w.Advance(3 * time.Second)
	results, err := w.Store.Commit(w.Ctx, courrier.Change{Entries: []courrier.Entry{late}})
	require.NoError(t, err)
	require.NoError(t, results[0].Err)
	require.Equal(t, told, march(), "a month once told does not change")
	april := month(w)
	require.Equal(t, testscene.Stamps(t, 1), april.Spent.Bought, "it falls into the next")
	require.Equal(t, told.Closing, april.Opening)
	require.NoError(t, ledger.Close(w.Ctx, "stamp", end), "closing again is no error")
	require.Equal(t, told, march())
}

func whatNeverLeftEndsWithItsGrant(t *testing.T) {
	w := testscene.New(t)
	end := w.Clock.Add(24 * time.Hour)
	grant(w, "plan", 10, end)
	scheduled := func(key string) courrier.LetterRecord {
		l := testscene.Letter(key, courrier.ServiceStandard)
		l.NotBefore = end.Add(12 * time.Hour)
		return w.Send(l)
	}
	cancelled, held, failed, stopped := scheduled("cancelled"), scheduled("held"), scheduled("failed"), scheduled("stopped")
	_, err := w.Client.Hold(w.Ctx, held.ID)
	require.NoError(t, err)
	w.Clock = end.Add(time.Minute)
	_, err = w.Client.Cancel(w.Ctx, cancelled.ID)
	require.NoError(t, err)
	_, err = w.Client.Revise(w.Ctx, held.ID, func(l *courrier.Letter) { l.Service = courrier.ServiceRegisteredAR })
	require.NoError(t, err)
	w.RequireBalance("0", "2")

	// A carrier's failure restores, and only that: not a stop that somebody asked for.
	w.Clock = end.Add(13 * time.Hour)
	w.Dispatch()
	w.Carrier.Tell(w.Letter(failed.ID).ProviderID, courrier.StatusFailed, "")
	_, err = w.Client.Cancel(w.Ctx, stopped.ID)
	require.NoError(t, err)
	w.Advance(2 * time.Hour)
	w.Refresh()
	require.Equal(t, courrier.StatusFailed, w.Letter(failed.ID).Status)
	require.Equal(t, courrier.StatusCancelled, w.Letter(stopped.ID).Status)
	w.RequireBalance("1", "0")
}

func aGrantIsOneGrant(t *testing.T) {
	w := testscene.New(t)
	ledger := w.Client.Credits("acme")
	grant(w, "plan", 10, w.Clock.AddDate(0, 1, 0))
	_, err := ledger.Grant(w.Ctx, "plan", testscene.Stamps(t, 10), w.Clock.AddDate(0, 2, 0))
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = ledger.GrantFrom(w.Ctx, "plan", testscene.Stamps(t, 10), w.Clock.AddDate(0, 0, 3), w.Clock.AddDate(0, 1, 0))
	require.ErrorIs(t, err, courrier.ErrConflict)
	grant(w, "plan", 10, w.Clock.AddDate(0, 1, 0))
	w.RequireBalance("10", "0")

	rule := courrier.Allowance{Key: "month", Amount: testscene.Stamps(t, 2), From: w.Clock}
	_, err = ledger.Allow(w.Ctx, rule)
	require.NoError(t, err)
	_, err = ledger.Allow(w.Ctx, rule)
	require.NoError(t, err)
	rule.Carry = 1
	_, err = ledger.Allow(w.Ctx, rule)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

func aKeyIsTheAccounts(t *testing.T) {
	w := testscene.New(t)
	ledger := w.Client.Credits("acme")
	_, err := ledger.TopUp(w.Ctx, "order-77", testscene.Stamps(t, 50))
	require.NoError(t, err)
	_, err = ledger.TopUp(w.Ctx, "order-77", courrier.MustAmount("50", "EUR"))
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = w.Client.Credits("other").TopUp(w.Ctx, "order-77", courrier.MustAmount("50", "EUR"))
	require.NoError(t, err, "another account's keys are its own")
}

func correctionsAreNoSpending(t *testing.T) {
	w := testscene.New(t)
	ledger := w.Client.Credits("acme")
	_, err := ledger.TopUp(w.Ctx, "order-1", testscene.Stamps(t, 500))
	require.NoError(t, err)
	_, err = ledger.Adjust(w.Ctx, "fix-1", testscene.Stamps(t, -450), " ")
	require.ErrorIs(t, err, courrier.ErrInvalid, "a correction has a reason")
	_, err = ledger.Adjust(w.Ctx, "fix-1", testscene.Stamps(t, -450), "typed one zero too many")
	require.NoError(t, err)
	w.RequireBalance("50", "0")

	// Half a refund, once for each ref, and never the whole.
	spend(w, "a", 10)
	for range 2 {
		_, err = ledger.Rebate(w.Ctx, "a", "late", testscene.Stamps(t, 5), "arrived late")
		require.NoError(t, err)
	}
	_, err = ledger.Rebate(w.Ctx, "a", "again", testscene.Stamps(t, 5), "arrived late")
	require.ErrorIs(t, err, courrier.ErrConflict)
	w.RequireBalance("45", "0")
	_, err = ledger.Refund(w.Ctx, "a", testscene.Stamps(t, 10))
	require.NoError(t, err)
	w.RequireBalance("50", "0")

	// A smaller plan: the old one is taken back, with what it granted.
	_, err = ledger.Allow(w.Ctx, courrier.Allowance{Key: "large", Amount: testscene.Stamps(t, 100), From: w.Clock})
	require.NoError(t, err)
	spend(w, "b", 30)
	grant(w, "large/gift", 1, w.Clock.AddDate(0, 1, 0)) // the host's own, in spite of its name
	_, err = ledger.Revoke(w.Ctx, "large", "stamp", "smaller plan")
	require.NoError(t, err)
	w.RequireBalance("51", "0")
	_, err = ledger.Revoke(w.Ctx, "large/gift", "stamp", "given by mistake")
	require.NoError(t, err)
	_, err = ledger.Revoke(w.Ctx, "unknown", "stamp", "")
	require.ErrorIs(t, err, courrier.ErrNotFound)
	_, err = ledger.Allow(w.Ctx, courrier.Allowance{Key: "small", Amount: testscene.Stamps(t, 20), From: w.Clock})
	require.NoError(t, err)
	w.RequireBalance("70", "0")

	s := month(w)
	require.Equal(t, testscene.Stamps(t, 10), s.Spent.Bought)
	require.Equal(t, testscene.Stamps(t, 10), s.GivenBack.Bought)
	require.Equal(t, testscene.Stamps(t, 30), s.Spent.Included)
	require.Equal(t, testscene.Stamps(t, 71), s.Totals[courrier.EntryRevoke])
	require.Equal(t, testscene.Stamps(t, 0), s.Due)
}

func includedCreditIsUsable(t *testing.T) {
	w := testscene.New(t)
	bill(w, courrier.BillingPostpaid, testscene.Stamps(t, 10))
	spend(w, "a", 5)
	bill(w, courrier.BillingPrepaid)
	grant(w, "plan", 5, w.Clock.AddDate(0, 1, 0))
	rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusQueued, rec.Status, "what is included is usable by who owes")
	require.Equal(t, courrier.StatusHeld, w.Send(testscene.Letter("more", courrier.ServiceStandard)).Status)
	_, err := w.Client.Credits("acme").Pay(w.Ctx, "invoice-1", testscene.Stamps(t, 5))
	require.NoError(t, err)
	b, err := w.Client.Credits("acme").Balance(w.Ctx, "stamp")
	require.NoError(t, err)
	require.Equal(t, testscene.Stamps(t, 0), b.Owed)
	s := month(w)
	require.Equal(t, testscene.Stamps(t, 5), s.Totals[courrier.EntryPayment])
	require.NotContains(t, s.Totals, courrier.EntryTopUp, "a payment is no purchase")
}

func oneAccountOrAll(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(3)
	_, err := w.Client.Credits("other").TopUp(w.Ctx, "o", courrier.MustAmount("7", "EUR"))
	require.NoError(t, err)
	nobody := w.Client.Credits("")
	for _, err := range nobody.Entries(w.Ctx, courrier.EntryFilter{}) {
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	_, err = nobody.Balance(w.Ctx, "stamp")
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = nobody.TopUp(w.Ctx, "k", testscene.Stamps(t, 1))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = billing.MonthOf(w.Ctx, nobody, "stamp", w.Clock)
	require.ErrorIs(t, err, courrier.ErrInvalid)

	day := w.Clock.Add(time.Hour)
	w.Advance(24 * time.Hour)
	spend(w, "a", 1)
	require.Equal(t, []string{"acme 3 stamp", "other 7.00 EUR"}, balances(t, w, day))
	require.Equal(t, []string{"acme 2 stamp", "other 7.00 EUR"}, balances(t, w, w.Clock.Add(time.Hour)))

	// Closing an account: nothing is sent any more, and what is left is told.
	grant(w, "plan", 4, w.Clock.AddDate(0, 1, 0))
	queued := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	for range 2 {
		left, err := w.Client.CloseAccount(w.Ctx, "acme")
		require.NoError(t, err)
		require.Len(t, left, 1)
		require.Equal(t, testscene.Stamps(t, 2), left[0].Available, "bought credit to pay out; the grant is gone")
	}
	require.Equal(t, courrier.StatusCancelled, w.Letter(queued.ID).Status)
	_, err = w.Client.Send(w.Ctx, testscene.Letter("late", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrDenied)
	_, err = w.Client.CloseAccount(w.Ctx, "")
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func balances(t *testing.T, w *testscene.Scene, at time.Time) []string {
	var all []string
	for b, err := range w.Client.Balances(w.Ctx, at) {
		require.NoError(t, err)
		all = append(all, fmt.Sprint(b.Account, " ", b.Available))
	}
	return all
}

func letterKeysAreTheLibrarys(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(5)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	ledger := w.Client.Credits("acme")
	one := testscene.Stamps(t, 1)
	for name, move := range map[string]func(context.Context, string, courrier.Amount) (courrier.Entry, error){
		"release": ledger.Release, "capture": ledger.Capture, "refund": ledger.Refund, "reserve": ledger.Reserve, "top up": ledger.TopUp,
	} {
		for _, key := range []string{rec.ChargeKey, "courrier/close/x"} {
			_, err := move(w.Ctx, key, one)
			require.ErrorIs(t, err, courrier.ErrInvalid, name)
			require.Equal(t, "Key", courrier.FieldErrors(err)[0].Field)
		}
	}
	w.Dispatch()
	require.Equal(t, courrier.ChargeCaptured, w.Letter(rec.ID).Charge)
}

func equalIsEqual(t *testing.T) {
	price := courrier.MustAmount("1.50", "EUR")
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = listed{&price} })
	_, err := w.Client.Credits("acme").TopUp(w.Ctx, "o", courrier.MustAmount("3", "EUR"))
	require.NoError(t, err)
	l := testscene.Letter("k", courrier.ServiceStandard)
	seen, err := w.Client.Preview(w.Ctx, l)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(`"1.5 EUR"`), &price))
	require.True(t, price == courrier.MustAmount("1.500", "EUR"))
	l.PreviewToken = seen.Token
	_, err = w.Client.Send(w.Ctx, l)
	require.NoError(t, err)
	price = courrier.MustAmount("1.51", "EUR")
	l.Key = "other"
	_, err = w.Client.Send(w.Ctx, l)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

// listed is a tariff of one price that somebody may change.
type listed struct{ price *courrier.Amount }

func (l listed) Price(courrier.Priceable) ([]courrier.PriceLine, error) {
	return []courrier.PriceLine{{Code: tariff.CodePostage, Amount: *l.price}}, nil
}

func aStatementOnlyReads(t *testing.T) {
	w := testscene.New(t)
	grant(w, "plan", 4, time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC))
	w.TopUp(2)
	w.Watch(func(courrier.Change) error { return errors.New("a read-only transaction") })
	w.Clock = time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC) // 00:30 on 1 April in Paris
	april := month(w)
	require.Equal(t, "2026-04-01T00:00:00+02:00", april.From.Format(time.RFC3339))
	require.Equal(t, testscene.Stamps(t, 2), april.Opening.Available, "what expired unseen is not there any more")
	w.Clock = w.Clock.Add(-time.Hour)
	march := month(w)
	require.Equal(t, "2026-03-01T00:00:00+01:00", march.From.Format(time.RFC3339))
	require.Equal(t, testscene.Stamps(t, 4), march.Totals[courrier.EntryExpire])
	require.Equal(t, march.Closing, april.Opening)

	w = testscene.New(t)
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Zone: "America/Cayenne"})
	require.NoError(t, err)
	w.Clock = time.Date(2026, 4, 1, 2, 0, 0, 0, time.UTC)
	require.Equal(t, time.March, month(w).From.Month(), "31 March in Cayenne")
	_, err = w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Zone: "Europe/Lutetia", Version: 1})
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func grantsBeginLater(t *testing.T) {
	w := testscene.New(t)
	ledger := w.Client.Credits("acme")
	april := time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)
	_, err := ledger.GrantFrom(w.Ctx, "april", testscene.Stamps(t, 10), april, april.AddDate(0, 1, 0))
	require.NoError(t, err)
	w.RequireBalance("0", "0")
	waiting := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	require.Equal(t, courrier.StatusHeld, waiting.Status, "April's letters are not March's")
	w.Clock = april
	w.RequireBalance("10", "0")
	w.Dispatch()
	require.Equal(t, courrier.StatusSubmitted, w.Letter(waiting.ID).Status)

	// By rule: nobody is awake at midnight, and nothing is missed or granted twice.
	_, err = ledger.Allow(w.Ctx, courrier.Allowance{Key: "plan", Amount: testscene.Stamps(t, 3), From: april, Carry: 1})
	require.NoError(t, err)
	_, err = ledger.Allow(w.Ctx, courrier.Allowance{Key: "month", Amount: testscene.Stamps(t, 2), From: april})
	require.NoError(t, err)
	w.Clock = time.Date(2026, 5, 15, 12, 0, 0, 0, time.UTC)
	w.RequireBalance("8", "0") // 3 carried over and 3 new; 2 of this month
	spend(w, "a", 1)
	s := month(w)
	require.Equal(t, testscene.Stamps(t, 5), s.Totals[courrier.EntryGrant])
	require.Equal(t, testscene.Stamps(t, 11), s.Totals[courrier.EntryExpire], "2 of April's month, and 9 of the grant")
	require.Equal(t, "2026-05-01T00:00:00+02:00", s.Entries[0].At.In(s.From.Location()).Format(time.RFC3339))
	w.Clock = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	w.RequireBalance("8", "0")
}

// Two grants with one end, and all that may stand around them.
func eachLineIsTheOneBefore(t *testing.T) {
	w := testscene.New(t)
	ledger := w.Client.Credits("acme")
	end := w.Clock.Add(24 * time.Hour)
	w.TopUp(10)
	grant(w, "a", 3, end)
	grant(w, "b", 4, end)
	_, err := ledger.GrantFrom(w.Ctx, "c", testscene.Stamps(t, 2), end, end.Add(time.Hour))
	require.NoError(t, err)
	spend(w, "s", 1)
	w.Clock = end.Add(2 * time.Hour)
	w.TopUp(1)
	var lines []string
	before := courrier.Entry{Available: testscene.Stamps(t, 0), Reserved: testscene.Stamps(t, 0)}
	for e, err := range ledger.Entries(w.Ctx, courrier.EntryFilter{Unit: "stamp"}) {
		require.NoError(t, err)
		requireNext(t, before, e)
		lines, before = append(lines, fmt.Sprint(e.Kind, " ", e.Available)), e
	}
	require.Equal(t, []string{
		"top_up 10 stamp", "grant 13 stamp", "grant 17 stamp", "grant 17 stamp", "reserve 16 stamp", "capture 16 stamp",
		"expire 14 stamp", "expire 10 stamp", "begin 12 stamp", "expire 10 stamp", "top_up 11 stamp",
	}, lines)
}

// requireNext holds a line to the one before it.
func requireNext(t require.TestingT, before, e courrier.Entry) {
	available, reserved := e.Effect()
	sum, err := before.Available.Add(available)
	require.NoError(t, err)
	require.Equal(t, sum, e.Available, "%s", e.Kind)
	sum, err = before.Reserved.Add(reserved)
	require.NoError(t, err)
	require.Equal(t, sum, e.Reserved, "%s", e.Kind)
}
