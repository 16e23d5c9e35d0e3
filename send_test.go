package courrier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
)

func TestNewNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	_, err := courrier.New(courrier.Config{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Len(t, courrier.FieldErrors(err), 2)
	p := testscene.NewCarrier("same", time.Now)
	_, err = courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{p, nil, p}})
	require.Len(t, courrier.FieldErrors(err), 2)
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	big := courrier.Document{Content: append([]byte("%PDF-"), make([]byte, courrier.MaxDocumentBytes)...)}
	l := courrier.Letter{
		Service: "pigeon", Purpose: "gossip", Returns: "burn", Print: &courrier.PrintOptions{Copies: -1, Envelope: "A0"},
		Documents: []courrier.Document{{Content: []byte("hello")}, {}, {Sum: "abc"}, big},
		Metadata:  map[string]string{"": "x"}, NotBefore: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	var fields []string
	for _, fe := range courrier.FieldErrors(l.Validate()) {
		require.NotEmpty(t, fe.Remedy)
		require.ErrorIs(t, fe, courrier.ErrInvalid)
		fields = append(fields, fe.Field)
	}
	for _, want := range []string{
		"Account", "Key", "To.Name", "To.Address.Country", "Documents[0].Content", "Documents[1].Content", "Documents[2].Content", "Documents",
		"Service", "Purpose", "Returns", "Print.Copies", "Print.Envelope", "Metadata", "NotBefore",
	} {
		require.Contains(t, fields, want)
	}
	l = testscene.Letter("k", courrier.ServiceRegistered)
	l.From = courrier.Sender{}
	for range courrier.MaxDocuments {
		l.Documents = append(l.Documents, l.Documents[0])
	}
	fe := courrier.FieldErrors(l.Validate())
	require.Len(t, fe, 2)
	require.Equal(t, "From", fe[0].Field)
	require.Equal(t, "Documents", fe[1].Field)
}

func TestSameKeySameLetter(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	first := w.Send(testscene.Letter("INV-1", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusQueued, first.Status)
	again := w.Send(testscene.Letter("INV-1", courrier.ServiceRegisteredAR))
	require.Equal(t, first, again)
	w.RequireBalance("5", "5")
	other := testscene.Letter("INV-1", courrier.ServiceRegisteredAR)
	other.To.Address.Street = "13 rue des Lilas"
	_, err := w.Client.Send(w.Ctx, other)
	require.ErrorIs(t, err, courrier.ErrConflict)
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Equal(t, first.ID, w.Send(testscene.Letter("INV-1", courrier.ServiceRegisteredAR)).ID)
	require.Zero(t, w.Dispatch())
	require.Equal(t, 1, w.Times(first.ID))

	// Settings that changed since do not turn a repeated call into a failure.
	_, err = w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{PostOff: true})
	require.NoError(t, err)
	require.Equal(t, first.ID, w.Send(testscene.Letter("INV-1", courrier.ServiceRegisteredAR)).ID)
	_, err = w.Client.Send(w.Ctx, testscene.Letter("INV-2", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrDenied)
}

func TestThreeOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome   testscene.Outcome
		status    courrier.Status
		available string
		reserved  string
		kinds     []courrier.EntryKind
	}{
		{testscene.Accepts, courrier.StatusSubmitted, "5", "0", []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture}},
		{testscene.Rejects, courrier.StatusFailed, "10", "0", []courrier.EntryKind{courrier.EntryReserve, courrier.EntryRelease}},
		{testscene.Unavailable, courrier.StatusQueued, "5", "5", []courrier.EntryKind{courrier.EntryReserve}},
		{testscene.AcceptsSilent, courrier.StatusUnknown, "5", "5", []courrier.EntryKind{courrier.EntryReserve}},
		{testscene.NeverArrives, courrier.StatusUnknown, "5", "5", []courrier.EntryKind{courrier.EntryReserve}},
	} {
		t.Run(string(c.outcome), func(t *testing.T) {
			t.Parallel()
			w := testscene.New(t)
			w.TopUp(10)
			w.Carrier.Script["k"] = []testscene.Outcome{c.outcome}
			rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
			w.Dispatch()
			after := w.Letter(rec.ID)
			require.Equal(t, c.status, after.Status)
			require.Equal(t, c.kinds, w.Kinds(rec.ID))
			w.RequireBalance(c.available, c.reserved)
			if c.outcome == testscene.Rejects {
				require.Equal(t, "bad-address", after.Failure.Code)
			}
		})
	}
}

func TestInDoubtIsSettledByAsking(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	w.Carrier.Script["here"] = []testscene.Outcome{testscene.AcceptsSilent}
	w.Carrier.Script["gone"] = []testscene.Outcome{testscene.NeverArrives}
	here, gone := w.Send(testscene.Letter("here", courrier.ServiceStandard)), w.Send(testscene.Letter("gone", courrier.ServiceStandard))
	require.Equal(t, 2, w.Dispatch().InDoubt)

	settled, err := w.Client.SettleOne(w.Ctx, here.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusSubmitted, settled.Status)

	// Not found means nothing while the attempt may still be under way.
	_, err = w.Client.SettleOne(w.Ctx, gone.ID)
	require.ErrorIs(t, err, courrier.ErrInDoubt)
	w.Advance(time.Hour)
	requeued, err := w.Client.SettleOne(w.Ctx, gone.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, requeued.Status)
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Equal(t, 1, w.Times(here.ID))
	require.Equal(t, 1, w.Times(gone.ID))
	w.RequireBalance("8", "0")
}

// mute is a carrier that can only submit.
type mute struct{ *testscene.Carrier }

func (m mute) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services()}
}

type onlySubmit struct{ courrier.Provider }

func TestDoubtNobodyCanEndIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) {
		c.Providers = []courrier.Provider{onlySubmit{mute{c.Providers[0].(*testscene.Carrier)}}}
	})
	w.TopUp(10)
	for i, c := range []struct {
		providerID string
		want       courrier.Status
	}{{"known-there", courrier.StatusSubmitted}, {"", courrier.StatusQueued}} {
		key := fmt.Sprint("k", i)
		w.Carrier.Script[key] = []testscene.Outcome{testscene.NeverArrives}
		rec := w.Send(testscene.Letter(key, courrier.ServiceStandard))
		w.Dispatch()
		w.Advance(30 * 24 * time.Hour)
		w.Dispatch()
		require.Equal(t, courrier.StatusUnknown, w.Letter(rec.ID).Status, "time alone settles nothing")
		settled, err := w.Client.SettleByHand(w.Ctx, rec.ID, c.providerID)
		require.NoError(t, err)
		require.Equal(t, c.want, settled.Status)
		_, err = w.Client.SettleByHand(w.Ctx, rec.ID, c.providerID)
		require.ErrorIs(t, err, courrier.ErrConflict)
	}
}

func TestFailoverOnlyWhereNothingWasAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first  testscene.Outcome
		second int
		status courrier.Status
	}{
		{testscene.Accepts, 0, courrier.StatusSubmitted},
		{testscene.Unavailable, 1, courrier.StatusSubmitted},
		{testscene.Rejects, 1, courrier.StatusSubmitted},
		{testscene.AcceptsSilent, 0, courrier.StatusUnknown},
		{testscene.NeverArrives, 0, courrier.StatusUnknown},
	} {
		t.Run(string(c.first), func(t *testing.T) {
			t.Parallel()
			var other *testscene.Carrier
			w := testscene.New(t, func(cfg *courrier.Config) {
				other = testscene.NewCarrier("other", cfg.Now)
				cfg.Providers = append(cfg.Providers, other)
			})
			w.TopUp(10)
			w.Carrier.Script["k"] = []testscene.Outcome{c.first}
			rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
			w.Dispatch()
			require.Equal(t, c.status, w.Letter(rec.ID).Status)
			require.Len(t, other.Accepted, c.second)
			if c.second == 1 {
				require.Equal(t, "other", w.Letter(rec.ID).Provider)
			}
		})
	}
}

func TestUnavailableIsTriedAgainAndGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	w.Carrier.Script["k"] = make([]testscene.Outcome, 200)
	for i := range w.Carrier.Script["k"] {
		w.Carrier.Script["k"][i] = testscene.Unavailable
	}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	for range 200 {
		w.Dispatch()
		w.Advance(time.Hour)
	}
	after := w.Letter(rec.ID)
	require.Equal(t, courrier.StatusFailed, after.Status)
	require.Less(t, after.Attempts, 100, "the waits grow")
	require.Greater(t, after.Attempts, 60)
	w.RequireBalance("1", "0")
}

func TestHeldWithoutCreditAndWokenInOrder(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	var ids []courrier.LetterID
	for i := range 4 {
		ids = append(ids, w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)).ID)
	}
	status := func() (s []courrier.Status) {
		for _, id := range ids {
			s = append(s, w.Letter(id).Status)
		}
		return s
	}
	const q, h = courrier.StatusQueued, courrier.StatusHeld
	require.Equal(t, []courrier.Status{q, h, h, h}, status())
	require.Equal(t, courrier.HoldCredit, w.Letter(ids[1]).Hold)
	w.TopUp(2)
	require.Equal(t, []courrier.Status{q, q, q, h}, status())
	require.Equal(t, 3, w.Dispatch().Submitted)
	w.RequireBalance("0", "0")

	// A failure gives its credit to the one that waits.
	w.Carrier.Script["x"] = []testscene.Outcome{testscene.Rejects}
	w.TopUp(1)
	require.Equal(t, q, w.Letter(ids[3]).Status)
	x := w.Send(testscene.Letter("x", courrier.ServiceStandard))
	y := w.Send(testscene.Letter("y", courrier.ServiceStandard))
	require.Equal(t, h, w.Letter(x.ID).Status)
	w.TopUp(1)
	require.Equal(t, q, w.Letter(x.ID).Status)
	w.Dispatch()
	require.Equal(t, courrier.StatusFailed, w.Letter(x.ID).Status)
	require.Equal(t, h, w.Letter(y.ID).Status, "the next dispatch wakes it")
	report := w.Dispatch()
	require.Equal(t, []int{1, 1}, []int{report.Woken, report.Submitted})
}

// A process that dies between a top-up and the waking leaves nobody waiting.
func TestMissedWakingIsCaughtUp(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	_, err := w.Store.Commit(w.Ctx, courrier.Change{Entries: []courrier.Entry{{
		Account: "acme", Key: "order", Kind: courrier.EntryTopUp, Amount: testscene.Stamps(t, 1), At: w.Clock,
	}}})
	require.NoError(t, err)
	require.Zero(t, w.Dispatch().Woken, "no loop looks all the time")
	w.Advance(2 * time.Hour)
	require.Equal(t, 1, w.Dispatch().Woken)
	w.Dispatch()
	require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
}

func TestBillingModes(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	settings, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Billing: courrier.BillingPostpaid, Ceilings: []courrier.Amount{testscene.Stamps(t, 6)}})
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, w.Send(testscene.Letter("a", courrier.ServiceRegisteredAR)).Status)
	require.Equal(t, courrier.StatusHeld, w.Send(testscene.Letter("b", courrier.ServiceRegisteredAR)).Status)
	require.Equal(t, courrier.StatusQueued, w.Send(testscene.Letter("c", courrier.ServiceStandard)).Status)
	w.Dispatch()
	w.RequireBalance("-6", "0")
	statement, err := billing.MonthOf(w.Ctx, w.Client.Credits("acme"), "stamp", w.Clock)
	require.NoError(t, err)
	require.Equal(t, testscene.Stamps(t, 6), statement.Spent.Owed)
	require.Equal(t, testscene.Stamps(t, 6), statement.Due)
	require.Len(t, statement.Entries, 4)
	require.Equal(t, "2026-03-01T00:00:00+01:00", statement.From.Format(time.RFC3339), "a month of the account's zone")

	settings.Billing = courrier.BillingByCarrier
	_, err = w.Client.SetSettings(w.Ctx, "acme", settings)
	require.NoError(t, err)
	d := w.Send(testscene.Letter("d", courrier.ServiceRegisteredAR))
	w.Dispatch()
	require.Equal(t, courrier.StatusSubmitted, w.Letter(d.ID).Status)
	require.Equal(t, []courrier.EntryKind{courrier.EntryBilled}, w.Kinds(d.ID), "noted, and nothing moves")
	w.RequireBalance("-6", "0")
}

func TestSettingsAreGuarded(t *testing.T) {
	t.Parallel()
	denied := errors.New("not a decision-maker")
	w := testscene.New(t, func(c *courrier.Config) {
		c.Authorize = func(_ context.Context, a courrier.Actor, _ courrier.Action) error {
			if a.ID == "boss" {
				return nil
			}
			return denied
		}
	})
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{})
	require.ErrorIs(t, err, courrier.ErrDenied)
	require.ErrorIs(t, err, denied)
	_, err = w.Client.Credits("acme").TopUp(w.Ctx, "k", testscene.Stamps(t, 1))
	require.ErrorIs(t, err, courrier.ErrDenied)
	w.RequireBalance("0", "0")
	boss := courrier.WithActor(w.Ctx, courrier.Actor{ID: "boss"})
	e, err := w.Client.Credits("acme").TopUp(boss, "k", testscene.Stamps(t, 1))
	require.NoError(t, err)
	require.EqualValues(t, "boss", e.Actor)
	first, err := w.Client.SetSettings(boss, "acme", courrier.Settings{RetentionDays: 30})
	require.NoError(t, err)
	_, err = w.Client.SetSettings(boss, "acme", courrier.Settings{})
	require.ErrorIs(t, err, courrier.ErrConflict)
	read, err := w.Client.Settings(w.Ctx, "acme")
	require.NoError(t, err)
	require.Equal(t, first, read)
	_, err = w.Client.SetSettings(boss, "acme", courrier.Settings{Billing: "barter", Ceilings: []courrier.Amount{testscene.Stamps(t, -1)}})
	require.Len(t, courrier.FieldErrors(err), 2)
}

func TestPreviewBindsWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(20)
	l := testscene.Letter("k", courrier.ServiceRegisteredAR)
	seen, err := w.Client.Preview(w.Ctx, l)
	require.NoError(t, err)
	require.True(t, seen.Price.Equal(testscene.Stamps(t, 5)))
	require.Equal(t, []string{testscene.SecretName, "12 RUE DES LILAS", "69003 LYON"}, seen.Lines)
	for i, spoil := range []func(*courrier.Letter){
		func(l *courrier.Letter) { l.Documents[0].Content = []byte("%PDF-other") },
		func(l *courrier.Letter) { l.To.Address.Street = "13 rue des Lilas" },
		func(l *courrier.Letter) { l.Print = &courrier.PrintOptions{Color: true} },
		func(l *courrier.Letter) { l.Service = courrier.ServiceStandard },
	} {
		other := testscene.Letter(fmt.Sprint("k", i), courrier.ServiceRegisteredAR)
		other.Key, other.PreviewToken = l.Key, seen.Token
		spoil(&other)
		_, err := w.Client.Send(w.Ctx, other)
		require.ErrorIs(t, err, courrier.ErrConflict)
	}
	_, err = w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Print: courrier.PrintOptions{Duplex: true}})
	require.NoError(t, err)
	l.PreviewToken = seen.Token
	_, err = w.Client.Send(w.Ctx, l)
	require.ErrorIs(t, err, courrier.ErrConflict, "the account's print options changed")
	seen, err = w.Client.Preview(w.Ctx, l2(l))
	require.NoError(t, err)
	l.PreviewToken = seen.Token
	rec := w.Send(l)
	require.True(t, rec.Print.Duplex)
}

func l2(l courrier.Letter) courrier.Letter { l.PreviewToken = ""; return l }

// inspector finds what its tests want.
type inspector map[string]courrier.Inspection

func (i inspector) Inspect(_ context.Context, d courrier.Document, _ bool) (courrier.Inspection, error) {
	return i[d.Name], nil
}

func TestInspectionIsDemandedBeforeMoneyMoves(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) {
		c.Inspector = inspector{
			"facture.pdf": {Pages: 3, Findings: []courrier.Finding{{Code: "margin"}}},
			"bad.pdf":     {Pages: 1, Findings: []courrier.Finding{{Code: "encrypted", Blocking: true, Remedy: "save it without a password"}}},
		}
	})
	w.TopUp(10)
	seen, err := w.Client.Preview(w.Ctx, testscene.Letter("k", courrier.ServiceStandard))
	require.NoError(t, err)
	require.Equal(t, 3, seen.Sheets)
	require.Equal(t, "margin", seen.Warnings[0].Code)
	bad := testscene.Letter("k", courrier.ServiceStandard)
	bad.Documents = append(bad.Documents, courrier.Document{Name: "bad.pdf", Content: []byte("%PDF-x")})
	_, err = w.Client.Send(w.Ctx, bad)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Documents[1]", courrier.FieldErrors(err)[0].Field)
	w.RequireBalance("10", "0")
}

// What a user sends along as an inspection, or says of pages, sizes and places, does
// not count where the host has an inspector.
func TestTheInspectorHasTheLastWord(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	w := testscene.New(t, func(c *courrier.Config) { c.Inspector = windows(seen) })
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.Documents[0].Inspection = &courrier.Inspection{Pages: 1}
	l.Documents[0].Pages = 1
	l.Documents = append(l.Documents, courrier.NewDocument("annex.pdf", []byte("%PDF-annex")))
	got, err := w.Client.Preview(w.Ctx, l)
	require.NoError(t, err)
	require.Equal(t, 7, got.Documents[0].Inspection.Pages)
	require.Equal(t, map[string]bool{"facture.pdf": true, "annex.pdf": false}, seen)
	l.Print = &courrier.PrintOptions{CarrierSheet: true}
	_, err = w.Client.Preview(w.Ctx, l)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"facture.pdf": false, "annex.pdf": false}, seen)
}

// windows notes which documents lie in the window.
type windows map[string]bool

func (w windows) Inspect(_ context.Context, d courrier.Document, inWindow bool) (courrier.Inspection, error) {
	w[d.Name] = inWindow
	return courrier.Inspection{Pages: 7}, nil
}

// JSON carries no bytes, and its size is what somebody says.
func TestLettersOutOfJSON(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.Documents[0] = courrier.NewDocument("facture.pdf", l.Documents[0].Content)
	again := func() (got courrier.Letter) {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &got))
		return got
	}
	_, err := w.Client.Preview(w.Ctx, again())
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Documents[0].Content", courrier.FieldErrors(err)[0].Field)

	big := courrier.NewDocument("big.pdf", append([]byte("%PDF-"), make([]byte, courrier.MaxDocumentBytes-10)...))
	require.NoError(t, w.Store.(courrier.Contents).PutContent(w.Ctx, big.Sum, big.Content))
	l.Documents = append(l.Documents, courrier.Document{Name: "big.pdf", Sum: big.Sum, Size: 1})
	_, err = w.Client.Preview(w.Ctx, l)
	require.ErrorIs(t, err, courrier.ErrInvalid, "together they are over the limit")
}

func TestSendAllTreatsEachLetterAlone(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(2)
	wrong := testscene.Letter("wrong", courrier.ServiceStandard)
	wrong.To = courrier.Recipient{}
	results := w.Client.SendAll(w.Ctx, []courrier.Letter{
		testscene.Letter("a", courrier.ServiceStandard), wrong, testscene.Letter("a", courrier.ServiceStandard),
		testscene.Letter("b", courrier.ServiceStandard), testscene.Letter("c", courrier.ServiceStandard),
	})
	require.NoError(t, results[0].Err)
	require.ErrorIs(t, results[1].Err, courrier.ErrInvalid)
	require.Equal(t, results[0].Record.ID, results[2].Record.ID)
	require.Equal(t, courrier.StatusQueued, results[3].Record.Status)
	require.Equal(t, courrier.StatusHeld, results[4].Record.Status)
	require.Equal(t, 2, w.Dispatch().Submitted)
}

func TestNotBefore(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.NotBefore = testscene.Start.AddDate(0, 0, 3)
	rec := w.Send(l)
	require.Zero(t, w.Dispatch().Submitted)
	early, err := w.Client.DispatchOne(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusScheduled, early.Status)
	w.Advance(72 * time.Hour)
	one, err := w.Client.DispatchOne(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusSubmitted, one.Status)
	again, err := w.Client.DispatchOne(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, one.Version, again.Version)
	require.Equal(t, 1, w.Times(rec.ID))
}

func TestCancel(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	here := w.Send(testscene.Letter("here", courrier.ServiceStandard))
	got, err := w.Client.Cancel(w.Ctx, here.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusCancelled, got.Status)
	require.Equal(t, []courrier.EntryKind{courrier.EntryReserve, courrier.EntryRelease}, w.Kinds(here.ID))
	got, err = w.Client.Cancel(w.Ctx, here.ID)
	require.NoError(t, err, "cancelling again is no error")
	require.Equal(t, courrier.StatusCancelled, got.Status)

	there := w.Send(testscene.Letter("there", courrier.ServiceStandard))
	w.Dispatch()
	got, err = w.Client.Cancel(w.Ctx, there.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusCancelled, got.Status)
	require.Equal(t, []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture, courrier.EntryRefund}, w.Kinds(there.ID))
	w.RequireBalance("10", "0")

	late := w.Send(testscene.Letter("late", courrier.ServiceStandard))
	w.Dispatch()
	w.Carrier.Late = true
	got, err = w.Client.Cancel(w.Ctx, late.ID)
	require.ErrorIs(t, err, courrier.ErrRejected)
	require.Equal(t, courrier.StatusSubmitted, got.Status)

	doubt := w.Send(testscene.Letter("doubt", courrier.ServiceStandard))
	w.Carrier.Script["doubt"] = []testscene.Outcome{testscene.NeverArrives}
	w.Dispatch()
	_, err = w.Client.Cancel(w.Ctx, doubt.ID)
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = w.Client.Cancel(w.Ctx, "none")
	require.ErrorIs(t, err, courrier.ErrNotFound)
}

func TestHoldReviseApprove(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(6)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	_, err := w.Client.Revise(w.Ctx, rec.ID, func(*courrier.Letter) {})
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = w.Client.Hold(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Zero(t, w.Dispatch())
	revised, err := w.Client.Revise(w.Ctx, rec.ID, func(l *courrier.Letter) {
		l.Service, l.To.Address.Street, l.Key = courrier.ServiceRegisteredAR, "14 rue des Lilas", "another"
	})
	require.NoError(t, err)
	require.Equal(t, "k", revised.Letter.Key)
	w.RequireBalance("6", "0")
	_, err = w.Client.Approve(w.Ctx, rec.ID)
	require.NoError(t, err)
	w.RequireBalance("1", "5")
	w.Dispatch()
	w.RequireBalance("1", "0")
	require.Equal(t, "14 rue des Lilas", w.Letter(rec.ID).Letter.To.Address.Street)
	_, err = w.Client.Approve(w.Ctx, rec.ID)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

func TestRecheckRightBeforeDispatch(t *testing.T) {
	t.Parallel()
	answers := map[string]courrier.Verdict{
		"paid": {Cancel: true, Reason: "paid"}, "disputed": {Hold: true, Reason: "disputed"}, "open": {},
	}
	w := testscene.New(t, func(c *courrier.Config) {
		c.Gates = []courrier.Gate{courrier.GateFunc(func(_ context.Context, r courrier.LetterRecord) (courrier.Verdict, error) {
			if a, ok := answers[r.Letter.Key]; ok {
				return a, nil
			}
			return courrier.Verdict{}, errors.New("the invoices cannot be read")
		})}
	})
	w.TopUp(10)
	byKey := map[string]courrier.LetterID{}
	for _, key := range []string{"paid", "disputed", "open", "broken"} {
		byKey[key] = w.Send(testscene.Letter(key, courrier.ServiceStandard)).ID
	}
	report := w.Dispatch()
	require.Equal(t, courrier.DispatchReport{Submitted: 1, Cancelled: 1, Held: 1, Errors: 1}, report)
	require.Equal(t, courrier.StatusQueued, w.Letter(byKey["broken"]).Status)
	require.Equal(t, courrier.HoldGate, w.Letter(byKey["disputed"]).Hold)
	require.Len(t, w.Carrier.Accepted, 1)
}

func TestMissingContentIsHeldAndMended(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	l := testscene.Letter("k", courrier.ServiceStandard)
	rec := w.Send(l)
	require.NoError(t, w.Store.(courrier.Contents).PutContent(w.Ctx, rec.Letter.Documents[0].Sum, []byte("damaged")))
	require.Equal(t, 1, w.Dispatch().Held)
	require.Equal(t, courrier.HoldContents, w.Letter(rec.ID).Hold)
	mended := w.Send(l)
	require.Equal(t, courrier.StatusQueued, mended.Status)
	require.Equal(t, 1, w.Dispatch().Submitted)
	w.RequireBalance("9", "0")
}

func TestResendNamesWhatItReplaces(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	old := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	_, err := w.Client.Resend(w.Ctx, old.ID, "k2", nil)
	require.ErrorIs(t, err, courrier.ErrConflict)
	w.Carrier.Happen(w.Letter(old.ID).ProviderID, courrier.StatusReturned, "")
	w.Refresh()
	mend := func(l *courrier.Letter) { l.To.Address.Street = "2 rue du Bac" }
	again, err := w.Client.Resend(w.Ctx, old.ID, "k2", mend)
	require.NoError(t, err)
	require.Equal(t, old.ID, again.Replaces)
	require.Equal(t, again.ID, w.Letter(old.ID).ReplacedBy)
	repeated, err := w.Client.Resend(w.Ctx, old.ID, "k2", mend)
	require.NoError(t, err)
	require.Equal(t, again.ID, repeated.ID)
	w.Dispatch()
	w.RequireBalance("8", "0")
}

// Two processes send the same letter at the same moment, with credit and without:
// one letter, one hold, one answer.
func TestSameKeyFromManyProcesses(t *testing.T) {
	t.Parallel()
	for credit, status := range map[int]courrier.Status{0: courrier.StatusHeld, 10: courrier.StatusQueued} {
		w := testscene.New(t)
		if credit > 0 {
			w.TopUp(credit)
		}
		var wg sync.WaitGroup
		records := make([]courrier.LetterRecord, 16)
		errs := make([]error, len(records))
		for i := range records {
			wg.Go(func() {
				client, err := courrier.New(w.Config)
				if err == nil {
					records[i], err = client.Send(w.Ctx, testscene.Letter("k", courrier.ServiceRegisteredAR))
				}
				errs[i] = err
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		for _, rec := range records {
			require.Equal(t, records[0].ID, rec.ID)
			require.Equal(t, status, rec.Status)
		}
		_, reserved := w.Balance()
		require.Equal(t, fmt.Sprint(credit/2), reserved)
	}
}

// What a letter carried before it was revised is forgotten, unless something else
// carries it too.
func TestRevisedContentsAreForgotten(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	shared := courrier.NewDocument("cgv.pdf", []byte("%PDF-1.7 general terms"))
	one, two := testscene.Letter("one", courrier.ServiceStandard), testscene.Letter("two", courrier.ServiceStandard)
	one.Documents, two.Documents = append(one.Documents, shared), append(two.Documents, shared)
	rec, _ := w.Send(one), w.Send(two)
	_, err := w.Client.Hold(w.Ctx, rec.ID)
	require.NoError(t, err)
	_, err = w.Client.Revise(w.Ctx, rec.ID, func(l *courrier.Letter) {
		l.Documents = []courrier.Document{courrier.NewDocument("facture.pdf", []byte("%PDF-1.7 mended"))}
	})
	require.NoError(t, err)
	for content, kept := range map[string]bool{"one": false, "two": true, "general terms": true, "mended": true} {
		_, err := w.Client.Content(w.Ctx, courrier.SumOf([]byte("%PDF-1.7 "+content)))
		if kept {
			require.NoError(t, err, content)
		} else {
			require.ErrorIs(t, err, courrier.ErrNotFound, content)
		}
	}
}
