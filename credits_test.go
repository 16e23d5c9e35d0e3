package courrier_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/testscene"
)

// ledger applies entries to books and keeps what a store would keep.
type ledger struct {
	books   courrier.Books
	entries []courrier.Entry
}

func newLedger() *ledger {
	return &ledger{books: courrier.Books{Account: "acme", Unit: "stamp"}}
}

func (l *ledger) post(e courrier.Entry) (courrier.Entry, error) {
	var prior []courrier.Entry
	for _, was := range l.entries {
		if was.Key == e.Key {
			prior = append(prior, was)
		}
	}
	e.Account = "acme"
	books, insert, stored, err := l.books.Post(prior, e)
	if err == nil {
		l.books, l.entries = books, append(l.entries, insert...)
	}
	return stored, err
}

func TestBooksLifeOfAHold(t *testing.T) {
	t.Parallel()
	l := newLedger()
	do := func(kind courrier.EntryKind, key string, n int) error {
		_, err := l.post(courrier.Entry{Kind: kind, Key: key, Amount: testscene.Stamps(t, n), At: testscene.Start})
		return err
	}
	require.NoError(t, do(courrier.EntryTopUp, "order", 10))
	require.ErrorIs(t, do(courrier.EntryReserve, "big", 11), courrier.ErrInsufficientCredit)
	require.NoError(t, do(courrier.EntryReserve, "a", 4))
	require.NoError(t, do(courrier.EntryReserve, "a", 4), "the same move again is no move")
	require.ErrorIs(t, do(courrier.EntryReserve, "a", 5), courrier.ErrConflict)
	require.ErrorIs(t, do(courrier.EntryRefund, "a", 4), courrier.ErrConflict, "nothing was spent yet")
	require.ErrorIs(t, do(courrier.EntryCapture, "b", 4), courrier.ErrNotFound)
	require.NoError(t, do(courrier.EntryCapture, "a", 4))
	require.NoError(t, do(courrier.EntryCapture, "a", 4))
	require.ErrorIs(t, do(courrier.EntryRelease, "a", 4), courrier.ErrConflict)
	require.NoError(t, do(courrier.EntryRefund, "a", 4))
	bal, err := l.books.Balance(testscene.Start)
	require.NoError(t, err)
	require.True(t, bal.Available.Equal(testscene.Stamps(t, 10)))
	require.True(t, bal.Reserved.Equal(testscene.Stamps(t, 0)))
	require.Len(t, l.entries, 4)
	for i, e := range l.entries {
		require.EqualValues(t, i+1, e.Seq)
	}
}

func TestGrantsGoFirstAndExpire(t *testing.T) {
	t.Parallel()
	l := newLedger()
	month := testscene.Start.AddDate(0, 1, 0)
	post := func(e courrier.Entry) courrier.Entry {
		stored, err := l.post(e)
		require.NoError(t, err)
		return stored
	}
	post(courrier.Entry{Kind: courrier.EntryTopUp, Key: "order", Amount: testscene.Stamps(t, 5), At: testscene.Start})
	post(courrier.Entry{Kind: courrier.EntryGrant, Key: "plan/03", Amount: testscene.Stamps(t, 3), Expires: month, At: testscene.Start})
	post(courrier.Entry{Kind: courrier.EntryGrant, Key: "gift", Amount: testscene.Stamps(t, 1), Expires: month.AddDate(0, 1, 0), At: testscene.Start})
	hold := post(courrier.Entry{Kind: courrier.EntryReserve, Key: "a", Amount: testscene.Stamps(t, 6), At: testscene.Start})
	require.Equal(t, []string{"plan/03", "gift", ""}, []string{hold.Parts[0].Grant, hold.Parts[1].Grant, hold.Parts[2].Grant})
	require.True(t, hold.Parts[2].Amount.Equal(testscene.Stamps(t, 2)))

	// Given back before the grant ends, it goes back to the grant and ends with it.
	post(courrier.Entry{Kind: courrier.EntryRelease, Key: "a", Amount: testscene.Stamps(t, 6), At: testscene.Start.AddDate(0, 0, 1)})
	bal, err := l.books.Balance(testscene.Start)
	require.NoError(t, err)
	require.True(t, bal.Included.Equal(testscene.Stamps(t, 4)))
	require.Equal(t, month, bal.Expires)
	bal, err = l.books.Balance(month)
	require.NoError(t, err)
	require.True(t, bal.Available.Equal(testscene.Stamps(t, 6)), "the plan's three are gone: %s", bal.Available)

	// What the carrier failed after the end becomes bought credit: nothing is lost.
	post(courrier.Entry{Kind: courrier.EntryReserve, Key: "b", Amount: testscene.Stamps(t, 2), At: testscene.Start})
	post(courrier.Entry{Kind: courrier.EntryCapture, Key: "b", Amount: testscene.Stamps(t, 2), At: testscene.Start})
	post(courrier.Entry{Kind: courrier.EntryRefund, Key: "b", Amount: testscene.Stamps(t, 2), At: month.Add(time.Hour), Restore: true})
	bal, err = l.books.Balance(month.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, bal.Available.Equal(testscene.Stamps(t, 8)), "%s", bal.Available)
	require.True(t, bal.Included.Equal(testscene.Stamps(t, 1)))
	kinds := []courrier.EntryKind{}
	for _, e := range l.entries {
		kinds = append(kinds, e.Kind)
	}
	require.Contains(t, kinds, courrier.EntryExpire)
}

func TestPostpaidGoesDownToItsCeiling(t *testing.T) {
	t.Parallel()
	l := newLedger()
	_, err := l.post(courrier.Entry{Kind: courrier.EntryReserve, Key: "a", Amount: testscene.Stamps(t, 7), Ceiling: testscene.Stamps(t, 10), At: testscene.Start})
	require.NoError(t, err)
	_, err = l.post(courrier.Entry{Kind: courrier.EntryReserve, Key: "b", Amount: testscene.Stamps(t, 4), Ceiling: testscene.Stamps(t, 10), At: testscene.Start})
	require.ErrorIs(t, err, courrier.ErrInsufficientCredit)
	_, err = l.post(courrier.Entry{Kind: courrier.EntryReserve, Key: "c", Amount: testscene.Stamps(t, 3), Ceiling: testscene.Stamps(t, 10), At: testscene.Start})
	require.NoError(t, err)
}

// entryKinds are the kinds that can be posted.
var entryKinds = []courrier.EntryKind{
	courrier.EntryTopUp, courrier.EntryGrant, courrier.EntryReserve, courrier.EntryReserve, courrier.EntryReserve,
	courrier.EntryCapture, courrier.EntryCapture, courrier.EntryRelease, courrier.EntryRefund, courrier.EntryRecharge, courrier.EntryExpire,
	courrier.EntryPayment, courrier.EntryAdjustUp, courrier.EntryAdjustDown, courrier.EntryAllowance, courrier.EntryRevoke, courrier.EntryRebate,
	courrier.EntryBilled, courrier.EntryUnbilled, courrier.EntryClose,
}

// anyMove draws a move, of whatever kind, that may or may not be possible.
func (l *ledger) anyMove(t *rapid.T, now time.Time) courrier.Entry {
	e := courrier.Entry{
		Kind: rapid.SampledFrom(entryKinds).Draw(t, "kind"), Key: fmt.Sprint("k", rapid.IntRange(0, 9).Draw(t, "key")),
		Amount: testscene.Stamps(t, rapid.IntRange(1, 4).Draw(t, "amount")), At: now,
	}
	if i := slices.IndexFunc(l.entries, func(was courrier.Entry) bool { return was.Key == e.Key && was.Kind == courrier.EntryReserve }); i >= 0 {
		e.Amount = l.entries[i].Amount // so that moves on holds do happen
	}
	hours := func(least, most int) time.Duration {
		return time.Duration(rapid.IntRange(least, most).Draw(t, "hours")) * time.Hour
	}
	switch e.Kind {
	case courrier.EntryGrant:
		e.Begins = now.Add(hours(-10, 50))
		e.Expires = now.Add(hours(1, 200))
	case courrier.EntryAllowance:
		from := now.Add(-hours(0, 2000))
		e.Allowance = &courrier.Allowance{From: from, Until: from.AddDate(0, 5, 0), Carry: rapid.IntRange(0, 2).Draw(t, "carry")}
	case courrier.EntryReserve:
		e.Ceiling = testscene.Stamps(t, rapid.IntRange(0, 3).Draw(t, "ceiling"))
	case courrier.EntryRebate:
		e.Amount, e.Ref = testscene.Stamps(t, 1), fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "ref"))
	case courrier.EntryRelease, courrier.EntryRefund:
		e.Restore = rapid.Bool().Draw(t, "restore")
	}
	return e
}

// Over any sequence of moves: each line is the one before and its amount, what came
// in is available, reserved, spent or gone, to the stamp, and nobody owes more than a
// ceiling allowed or a person decided.
func TestBooksAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger()
		now := testscene.Start
		for range rapid.IntRange(1, 60).Draw(t, "moves") {
			now = now.Add(time.Duration(rapid.IntRange(-1, 72).Draw(t, "hours")) * time.Hour)
			before, n := l.books, len(l.entries)
			due, entries, err := l.books.Due(now)
			require.NoError(t, err)
			if _, err := l.post(l.anyMove(t, now)); err != nil {
				require.Equal(t, before, l.books)
				require.Len(t, l.entries, n)
			} else if len(l.entries) > n { // what was foretold is what was written
				require.GreaterOrEqual(t, len(l.entries), n+len(entries))
				for i := range entries {
					require.Equal(t, entries[i], l.entries[n+i])
				}
			}
			foretold, err := due.Balance(now)
			require.NoError(t, err)
			read, err := before.Balance(now)
			require.NoError(t, err)
			require.Equal(t, foretold, read)
			l.addsUp(t)
		}
	})
}

func (l *ledger) addsUp(t *rapid.T) {
	before := courrier.Entry{Available: testscene.Stamps(t, 0), Reserved: testscene.Stamps(t, 0)}
	for i, e := range l.entries {
		require.EqualValues(t, i+1, e.Seq)
		require.False(t, e.At.Before(before.At), "the ledger is in order of time")
		require.GreaterOrEqual(t, e.Reserved.Sign(), 0)
		requireNext(t, before, e)
		if len(e.Parts) > 0 {
			sources := courrier.Amount{}
			for _, p := range e.Parts {
				require.Positive(t, p.Amount.Sign())
				var err error
				sources, err = sources.Add(p.Amount)
				require.NoError(t, err)
			}
			require.Equal(t, e.Amount, sources, "%s: its parts are the whole", e.Kind)
		}
		before = e
	}
	bal, err := l.books.Balance(l.books.At)
	require.NoError(t, err)
	require.GreaterOrEqual(t, bal.Included.Sign(), 0)
	if bal.Owed.Sign() > 0 {
		require.Equal(t, l.books.Bought, bal.Owed.Neg())
	}
	if n := len(l.entries); n > 0 {
		require.Equal(t, l.entries[n-1].Reserved, bal.Reserved)
	}
}

func TestMoneyFields(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for _, e := range []courrier.Entry{
		{Kind: courrier.EntryTopUp, Key: "", Amount: testscene.Stamps(t, 1), At: testscene.Start},
		{Kind: courrier.EntryTopUp, Key: "k", Amount: testscene.Stamps(t, 0), At: testscene.Start},
		{Kind: courrier.EntryTopUp, Key: "k", Amount: testscene.Stamps(t, -1), At: testscene.Start},
		{Kind: courrier.EntryTopUp, Key: "k", Amount: courrier.MustAmount("1", "EUR"), At: testscene.Start},
		{Kind: courrier.EntryGrant, Key: "k", Amount: testscene.Stamps(t, 1), At: testscene.Start, Expires: testscene.Start},
		{Kind: "gift", Key: "k", Amount: testscene.Stamps(t, 1), At: testscene.Start},
	} {
		_, err := l.post(e)
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.NotEmpty(t, courrier.FieldErrors(err))
	}
	require.Empty(t, l.entries)
}

// An account that may owe without a ceiling may also hold credit of its own.
func TestPostpaidWithoutACeiling(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Billing: courrier.BillingPostpaid})
	require.NoError(t, err)
	w.TopUp(7)
	require.Equal(t, courrier.StatusQueued, w.Send(testscene.Letter("paid", courrier.ServiceRegisteredAR)).Status)
	require.Equal(t, courrier.StatusQueued, w.Send(testscene.Letter("owed", courrier.ServiceRegisteredAR)).Status)
	w.RequireBalance("-3", "10")
}

// A ceiling of nothing is a ceiling: only no ceiling at all is none.
func TestACeilingOfZeroLetsNothingBeOwed(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Billing: courrier.BillingPostpaid, Ceilings: []courrier.Amount{testscene.Stamps(t, 0)}})
	require.NoError(t, err)
	require.Equal(t, courrier.StatusHeld, w.Send(testscene.Letter("k", courrier.ServiceStandard)).Status)
	read, err := w.Client.Settings(w.Ctx, "acme")
	require.NoError(t, err)
	require.Equal(t, "stamp", read.Ceilings[0].Unit())
}

// A month's statement shows what ended in it, whenever that was written down,
// and months follow each other to the stamp.
func TestStatementsFollowEachOther(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	w := testscene.New(t)
	w.Clock = time.Date(2026, 10, 1, 8, 0, 0, 0, paris)
	ledger := w.Client.Credits("acme")
	midnight := time.Date(2026, 11, 1, 0, 0, 0, 0, paris) // summer time ended in between
	for key, expires := range map[string]time.Time{"early": midnight.Add(-time.Microsecond), "late": midnight, "middle": midnight.AddDate(0, 0, -10)} {
		_, err := ledger.Grant(w.Ctx, key, testscene.Stamps(t, 2), expires)
		require.NoError(t, err)
	}
	w.TopUp(5)
	w.Clock = midnight.AddDate(0, 0, 5)
	october, err := billing.MonthOf(w.Ctx, ledger, "stamp", midnight.Add(-time.Hour))
	require.NoError(t, err)
	november, err := billing.MonthOf(w.Ctx, ledger, "stamp", midnight)
	require.NoError(t, err)
	require.Equal(t, october.To, november.From)
	require.Equal(t, october.Closing, november.Opening)
	require.Equal(t, "4 stamp", october.Totals[courrier.EntryExpire].String())
	require.Equal(t, "7 stamp", october.Closing.Available.String())
	require.Equal(t, "2 stamp", november.Totals[courrier.EntryExpire].String())
	require.Equal(t, "5 stamp", november.Closing.Available.String())
}

// A grant asked for again after its end answers the grant that was made.
func TestGrantIsIdempotentAfterItsEnd(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	ends := w.Clock.Add(time.Hour)
	made, err := w.Client.Credits("acme").Grant(w.Ctx, "plan", testscene.Stamps(t, 2), ends)
	require.NoError(t, err)
	w.Advance(2 * time.Hour)
	again, err := w.Client.Credits("acme").Grant(w.Ctx, "plan", testscene.Stamps(t, 2), ends)
	require.NoError(t, err)
	require.Equal(t, made, again)
	_, err = w.Client.Credits("acme").Grant(w.Ctx, "late", testscene.Stamps(t, 2), ends)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}
