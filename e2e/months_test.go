package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

var (
	monthSteps = flag.Int("months.steps", 400, "steps of the random months of tenants, on each store")
	monthSeed  = flag.Uint64("months.seed", 0, "seed of the random months; 0: of the moment")
)

const unit = "stamp"

// TestMonthsOfTenants leads three tenants through random months, in two processes
// whose clocks differ, with every verb and every switch of billing, commits that come
// late and a carrier that refuses, hangs and fails. Afterwards each letter was paid
// once or its freedom is explained, months chain and are what was told, what is owed
// is what nothing covered, and nothing included outlived its end but by a carrier's
// failure.
func TestMonthsOfTenants(t *testing.T) {
	seed := *monthSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	stores := map[string][]courrier.Store{"memory": {memstore.New()}}
	for name, dsn := range databases.Each(t) {
		for range 2 {
			store, end, err := databases.Open(t.Context(), dsn)
			require.NoError(t, err)
			t.Cleanup(end)
			stores[name] = append(stores[name], store)
		}
	}
	for name, of := range stores {
		t.Run(name, func(t *testing.T) {
			t.Logf("seed %d, %d steps", seed, *monthSteps)
			y := newYears(t, seed, of)
			for range *monthSteps {
				y.step()
			}
			y.check()
		})
	}
}

// years are the months of all tenants on one store.
type years struct {
	*rand.Rand
	t         *testing.T
	ctx       context.Context
	clock     time.Time
	carrier   *testscene.Carrier
	processes []*courrier.Client
	store     courrier.Store
	tenants   []courrier.AccountID
	letters   []courrier.LetterID
	holds     []courrier.Entry // of the host itself
	late      []courrier.Entry // on their way to the store
	told      []told
	closed    time.Time
	n         int
}

// told is a statement as it was told once.
type told struct {
	account  courrier.AccountID
	from, to courrier.Date
	json     string
}

func newYears(t *testing.T, seed uint64, stores []courrier.Store) *years {
	y := &years{
		Rand: rand.New(rand.NewPCG(seed, 1)), t: t, ctx: t.Context(), clock: testscene.Start, store: stores[0],
		tenants: []courrier.AccountID{"prepaid", "postpaid", "mixed"},
	}
	y.closed = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	y.carrier = testscene.NewCarrier("post", func() time.Time { return y.clock })
	for i := range 2 {
		client, err := courrier.New(courrier.Config{
			Store: stores[i%len(stores)], Contents: stores[0].(courrier.Contents), Providers: []courrier.Provider{watched{y.carrier, y}},
			Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{
				courrier.ServiceStandard: courrier.MustAmount("1", unit), courrier.ServiceRegisteredAR: courrier.MustAmount("5", unit),
			}),
			Now: func() time.Time { return y.clock.Add(time.Duration(i) * 3 * time.Second) },
		})
		require.NoError(t, err)
		y.processes = append(y.processes, client)
	}
	for _, a := range y.tenants {
		_, err := y.processes[0].SetSettings(y.ctx, a, courrier.Settings{Zone: "UTC"})
		require.NoError(t, err)
	}
	return y
}

// watched is the carrier, told of each letter who pays for it.
type watched struct {
	*testscene.Carrier
	y *years
}

func (w watched) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	settings, err := w.y.processes[0].Settings(ctx, s.Letter.Account)
	require.NoError(w.y.t, err)
	require.Equal(w.y.t, settings.Billing == courrier.BillingByCarrier, s.Billing == courrier.BillingByCarrier, "billed as on the day it leaves")
	return w.Carrier.Submit(ctx, s)
}

func pick[T any](y *years, from []T) T { return from[y.IntN(len(from))] }

func (y *years) stamps(most int) courrier.Amount {
	a, err := courrier.AmountOf(decimal.NewFromInt(int64(1+y.IntN(most))), unit)
	require.NoError(y.t, err)
	return a
}

func (y *years) key(what string) string {
	y.n++
	return fmt.Sprint(what, "-", y.n)
}

// expected are the refusals that random verbs meet.
func (y *years) expected(err error) {
	y.t.Helper()
	for _, kind := range []error{
		courrier.ErrConflict, courrier.ErrNotFound, courrier.ErrInsufficientCredit, courrier.ErrInvalid,
		courrier.ErrRejected, courrier.ErrUnsupported, courrier.ErrDenied, courrier.ErrInDoubt,
	} {
		if errors.Is(err, kind) {
			return
		}
	}
	require.NoError(y.t, err)
}

// step is one thing that somebody does, in one of the processes.
func (y *years) step() {
	y.clock = y.clock.Add(time.Duration(y.IntN(8*3600)) * time.Second)
	c, account := pick(y, y.processes), pick(y, y.tenants)
	switch y.IntN(12) {
	case 0, 1, 2:
		y.send(c, account)
	case 3, 4:
		y.command(c)
	case 5:
		y.included(c.Credits(account))
	case 6, 7:
		y.money(c.Credits(account))
	case 8:
		y.settings(c, account)
	case 9:
		y.happens()
	default:
		_, err := c.Dispatch(y.ctx, courrier.DispatchOptions{})
		require.NoError(y.t, err)
		_, err = c.Refresh(y.ctx, courrier.RefreshOptions{})
		require.NoError(y.t, err)
	}
	y.commitLate()
	y.closeMonth(c)
}

func (y *years) send(c *courrier.Client, account courrier.AccountID) {
	l := testscene.Letter(y.key("letter"), pick(y, []courrier.Service{courrier.ServiceStandard, courrier.ServiceStandard, courrier.ServiceRegisteredAR}))
	l.Account = account
	if y.IntN(3) == 0 {
		l.NotBefore = y.clock.Add(time.Duration(y.IntN(20*24)) * time.Hour)
	}
	y.carrier.Script[l.Key] = []testscene.Outcome{pick(y, []testscene.Outcome{
		testscene.Accepts, testscene.Accepts, testscene.Accepts, testscene.Rejects, testscene.Unavailable, testscene.AcceptsSilent, testscene.NeverArrives,
	})}
	rec, err := c.Send(y.ctx, l)
	y.expected(err)
	if err == nil {
		y.letters = append(y.letters, rec.ID)
	}
}

// command does something to one of the last letters.
func (y *years) command(c *courrier.Client) {
	if len(y.letters) == 0 {
		return
	}
	id := pick(y, y.letters[max(0, len(y.letters)-30):])
	var err error
	switch y.IntN(5) {
	case 0:
		_, err = c.Hold(y.ctx, id)
	case 1:
		_, err = c.Approve(y.ctx, id)
	case 2:
		_, err = c.Revise(y.ctx, id, func(l *courrier.Letter) {
			l.Service, l.To.Attention = pick(y, []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegisteredAR}), "Paul"
		})
	case 3:
		_, err = c.Cancel(y.ctx, id)
	case 4:
		rec, lerr := c.Letter(y.ctx, id)
		require.NoError(y.t, lerr)
		if rec.Charge != courrier.ChargeCaptured {
			return
		}
		_, err = c.Credits(rec.Letter.Account).Rebate(y.ctx, rec.ChargeKey, y.key("rebate"), courrier.MustAmount("0.5", unit), "late")
	}
	y.expected(err)
}

// included gives and takes back included credit.
func (y *years) included(l *courrier.CreditLedger) {
	var err error
	begins := y.clock.Add(time.Duration(y.IntN(20*24)-5*24) * time.Hour)
	switch y.IntN(4) {
	case 0:
		_, err = l.Grant(y.ctx, y.key("grant"), y.stamps(6), y.clock.Add(time.Duration(1+y.IntN(30*24))*time.Hour))
	case 1:
		_, err = l.GrantFrom(y.ctx, y.key("grant"), y.stamps(6), begins, begins.AddDate(0, 1, 0))
	case 2:
		_, err = l.Allow(y.ctx, courrier.Allowance{Key: y.key("allowance"), Amount: y.stamps(3), From: begins, Until: begins.AddDate(0, 4, 0), Zone: "UTC", Carry: y.IntN(2)})
	case 3:
		books, berr := l.Books(y.ctx, unit)
		require.NoError(y.t, berr)
		if len(books.Grants) == 0 {
			return
		}
		_, err = l.Revoke(y.ctx, pick(y, books.Grants).Key, unit, "smaller plan")
	}
	y.expected(err)
}

// money buys, pays, corrects, and spends on something of the host's own.
func (y *years) money(l *courrier.CreditLedger) {
	var err error
	switch y.IntN(5) {
	case 0:
		_, err = l.TopUp(y.ctx, y.key("order"), y.stamps(20))
	case 1:
		_, err = l.Pay(y.ctx, y.key("invoice"), y.stamps(5))
	case 2:
		_, err = l.Adjust(y.ctx, y.key("fix"), pick(y, []courrier.Amount{y.stamps(2), y.stamps(2).Neg()}), "counted again")
	case 3:
		key := y.key("own")
		if _, err = l.Reserve(y.ctx, key, courrier.MustAmount("2", unit)); err == nil {
			move := courrier.Entry{
				Account: l.Account(), Key: key, Kind: pick(y, []courrier.EntryKind{courrier.EntryCapture, courrier.EntryRelease}),
				Amount: courrier.MustAmount("2", unit), At: y.clock,
			}
			y.holds, y.late = append(y.holds, move), append(y.late, move)
		}
	case 4:
		if len(y.holds) == 0 {
			return
		}
		hold := pick(y, y.holds)
		_, err = y.processes[0].Credits(hold.Account).Refund(y.ctx, hold.Key, hold.Amount)
	}
	y.expected(err)
}

func (y *years) settings(c *courrier.Client, account courrier.AccountID) {
	s, err := c.Settings(y.ctx, account)
	require.NoError(y.t, err)
	modes := map[courrier.AccountID][]courrier.BillingMode{
		"prepaid": {courrier.BillingPrepaid}, "postpaid": {courrier.BillingPostpaid},
		"mixed": {courrier.BillingPrepaid, courrier.BillingPostpaid, courrier.BillingByCarrier},
	}[account]
	s.Billing = pick(y, modes)
	s.Ceilings = [][]courrier.Amount{nil, {y.stamps(20)}}[y.IntN(2)]
	s.PostOff = y.IntN(6) == 0
	_, err = c.SetSettings(y.ctx, account, s)
	y.expected(err)
}

// happens makes the carrier know what became of a letter.
func (y *years) happens() {
	if len(y.letters) == 0 {
		return
	}
	id := y.carrier.ByID[pick(y, y.letters)]
	if id != "" {
		y.carrier.Happen(id, pick(y, []courrier.Status{courrier.StatusFailed, courrier.StatusPosted, courrier.StatusPosted, courrier.StatusCancelled}), "")
	}
}

// commitLate lets some of the commits through that were begun earlier.
func (y *years) commitLate() {
	for len(y.late) > 0 && y.IntN(20) == 0 {
		results, err := y.store.Commit(y.ctx, courrier.Change{Entries: y.late[:1]})
		require.NoError(y.t, err)
		y.expected(results[0].Err)
		y.late = y.late[1:]
	}
}

// closeMonth closes the month before, in one of the processes, and tells it.
func (y *years) closeMonth(c *courrier.Client) {
	for next := y.closed.AddDate(0, 1, 0); !next.After(y.clock); next = y.closed.AddDate(0, 1, 0) {
		for _, a := range y.tenants {
			ledger := c.Credits(a)
			require.NoError(y.t, ledger.Close(y.ctx, unit, next))
			from, to := courrier.DateOf(y.closed), courrier.DateOf(next)
			y.told = append(y.told, told{a, from, to, y.statement(ledger, from, to)})
		}
		y.closed = next
	}
}

func (y *years) statement(l *courrier.CreditLedger, from, to courrier.Date) string {
	s, err := billing.Between(y.ctx, l, unit, from, to)
	require.NoError(y.t, err)
	require.True(y.t, s.Closed)
	b, err := json.Marshal(s)
	require.NoError(y.t, err)
	return string(b)
}

func (y *years) check() {
	for _, a := range y.tenants {
		y.checkMonths(a)
		y.checkLedger(a)
	}
	printed := map[courrier.LetterID]int{}
	for _, id := range y.carrier.Accepted {
		printed[id]++
	}
	free := map[string]int{}
	for _, id := range y.letters {
		free[y.checkLetter(id, printed[id])]++
	}
	y.t.Logf("%d letters: %v; %d months told", len(y.letters), free, len(y.told))
}

// checkMonths: months are what was told, and each begins where the one before ended.
func (y *years) checkMonths(a courrier.AccountID) {
	var before billing.Statement
	for _, m := range y.told {
		if m.account != a {
			continue
		}
		require.JSONEq(y.t, m.json, y.statement(y.processes[1].Credits(a), m.from, m.to), "a month once told does not change")
		var s billing.Statement
		require.NoError(y.t, json.Unmarshal([]byte(m.json), &s))
		if before.Account != "" {
			require.Equal(y.t, before.Closing, s.Opening)
		}
		before = s
	}
}

// checkLedger computes the ledger again, by its entries' parts alone.
func (y *years) checkLedger(a courrier.AccountID) {
	var available, reserved, bought int64
	for e, err := range y.store.Entries(y.ctx, courrier.EntryFilter{Account: a, Unit: unit}) {
		require.NoError(y.t, err)
		plus, minus := e.Effect()
		available, reserved = available+plus.Micros(), reserved+minus.Micros()
		require.Equal(y.t, []int64{available, reserved}, []int64{e.Available.Micros(), e.Reserved.Micros()}, "%s %d", a, e.Seq)
		bought += y.bought(e)
		require.Equal(y.t, max(0, -bought), e.Owed.Micros(), "what is owed is what nothing covered: %s %d", a, e.Seq)
		require.GreaterOrEqual(y.t, available, bought, "included credit is never below zero")
	}
}

// bought is what an entry adds to bought credit; it holds grants to their ends.
func (y *years) bought(e courrier.Entry) (n int64) {
	sign := int64(1)
	switch e.Kind {
	case courrier.EntryTopUp, courrier.EntryPayment, courrier.EntryAdjustUp:
		return e.Amount.Micros()
	case courrier.EntryAdjustDown:
		return -e.Amount.Micros()
	case courrier.EntryReserve, courrier.EntryRecharge:
		sign = -1
	case courrier.EntryRelease, courrier.EntryRefund, courrier.EntryRebate:
	default:
		return 0
	}
	for _, p := range e.Parts {
		if p.Grant == "" || p.Restored {
			n += sign * p.Amount.Micros()
		}
		if p.Grant != "" && sign < 0 {
			require.True(y.t, e.At.Before(p.Expires), "nothing is drawn from a grant that has ended")
		}
		if p.Restored {
			y.checkRestored(e)
		}
	}
	return n
}

// checkRestored: included credit outlives its end by a carrier's failure alone.
func (y *years) checkRestored(e courrier.Entry) {
	require.True(y.t, e.Restore)
	if e.Letter == "" || e.Kind == courrier.EntryRebate {
		return // the host's own refund
	}
	rec, err := y.store.Letter(y.ctx, e.Letter)
	require.NoError(y.t, err)
	failed := rec.Status == courrier.StatusFailed || rec.Status == courrier.StatusCancelled && !rec.CancelAsked
	require.True(y.t, failed || e.Kind == courrier.EntryRefund, "%s %s", e.Kind, rec.Status)
}

// checkLetter: a letter is printed once at most, paid for once if it is, and else it
// says why it is free.
func (y *years) checkLetter(id courrier.LetterID, printed int) string {
	rec, err := y.store.Letter(y.ctx, id)
	require.NoError(y.t, err)
	moves := map[courrier.EntryKind]int{}
	for e, err := range y.store.Entries(y.ctx, courrier.EntryFilter{Letter: id}) {
		require.NoError(y.t, err)
		moves[e.Kind]++
	}
	paid := moves[courrier.EntryCapture] + moves[courrier.EntryRecharge] - moves[courrier.EntryRefund]
	noted := moves[courrier.EntryBilled] - moves[courrier.EntryUnbilled]
	held := moves[courrier.EntryReserve] - moves[courrier.EntryCapture] - moves[courrier.EntryRelease]
	ended := slices.Contains([]courrier.Status{courrier.StatusFailed, courrier.StatusCancelled}, rec.Status)
	require.LessOrEqual(y.t, printed, 1, "printed twice")
	what := fmt.Sprintf("%s %s %s: %v", id, rec.Status, rec.Charge, moves)
	switch {
	case rec.SubmittedAt.IsZero() && !ended:
		require.Zero(y.t, paid+noted, what)
		require.Equal(y.t, rec.Charge == courrier.ChargeReserved, held == 1, what)
		require.True(y.t, held == 1 || rec.Billing == courrier.BillingByCarrier || rec.Status == courrier.StatusHeld, what)
		return "not sent yet"
	case ended:
		require.Equal(y.t, []int{0, 0, 0}, []int{paid, noted, held}, what)
		return "never posted"
	}
	require.Equal(y.t, 1, printed, what)
	require.Equal(y.t, []int{1, 0}, []int{paid + noted, held}, what)
	if noted == 1 {
		return "billed by the carrier"
	}
	return "paid"
}
