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
	"github.com/courrier-go/courrier/stores/memstore"
)

func TestNewNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	_, err := courrier.New(courrier.Config{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Len(t, courrier.FieldErrors(err), 2)
	p := newCarrier("same", time.Now)
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
	l = letter("k", courrier.ServiceRegistered)
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
	w := newScene(t)
	w.topUp(10)
	first := w.send(letter("INV-1", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusQueued, first.Status)
	again := w.send(letter("INV-1", courrier.ServiceRegisteredAR))
	require.Equal(t, first, again)
	w.requireBalance("5", "5")
	other := letter("INV-1", courrier.ServiceRegisteredAR)
	other.To.Address.Street = "13 rue des Lilas"
	_, err := w.client.Send(w.ctx, other)
	require.ErrorIs(t, err, courrier.ErrConflict)
	require.Equal(t, 1, w.dispatch().Submitted)
	require.Equal(t, first.ID, w.send(letter("INV-1", courrier.ServiceRegisteredAR)).ID)
	require.Zero(t, w.dispatch())
	require.Equal(t, 1, w.times(first.ID))

	// Settings that changed since do not turn a repeated call into a failure.
	_, err = w.client.SetSettings(w.ctx, "acme", courrier.Settings{PostOff: true})
	require.NoError(t, err)
	require.Equal(t, first.ID, w.send(letter("INV-1", courrier.ServiceRegisteredAR)).ID)
	_, err = w.client.Send(w.ctx, letter("INV-2", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrDenied)
}

func TestThreeOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome   outcome
		status    courrier.Status
		available string
		reserved  string
		kinds     []courrier.EntryKind
	}{
		{accepts, courrier.StatusSubmitted, "5", "0", []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture}},
		{rejects, courrier.StatusFailed, "10", "0", []courrier.EntryKind{courrier.EntryReserve, courrier.EntryRelease}},
		{unavailable, courrier.StatusQueued, "5", "5", []courrier.EntryKind{courrier.EntryReserve}},
		{acceptsSilent, courrier.StatusUnknown, "5", "5", []courrier.EntryKind{courrier.EntryReserve}},
		{neverArrives, courrier.StatusUnknown, "5", "5", []courrier.EntryKind{courrier.EntryReserve}},
	} {
		t.Run(string(c.outcome), func(t *testing.T) {
			t.Parallel()
			w := newScene(t)
			w.topUp(10)
			w.carrier.script["k"] = []outcome{c.outcome}
			rec := w.send(letter("k", courrier.ServiceRegisteredAR))
			w.dispatch()
			after := w.letter(rec.ID)
			require.Equal(t, c.status, after.Status)
			require.Equal(t, c.kinds, w.kinds(rec.ID))
			w.requireBalance(c.available, c.reserved)
			if c.outcome == rejects {
				require.Equal(t, "bad-address", after.Failure.Code)
			}
		})
	}
}

func TestInDoubtIsSettledByAsking(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	w.carrier.script["here"] = []outcome{acceptsSilent}
	w.carrier.script["gone"] = []outcome{neverArrives}
	here, gone := w.send(letter("here", courrier.ServiceStandard)), w.send(letter("gone", courrier.ServiceStandard))
	require.Equal(t, 2, w.dispatch().InDoubt)

	settled, err := w.client.Resume(w.ctx, here.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusSubmitted, settled.Status)

	// Not found means nothing while the attempt may still be under way.
	_, err = w.client.Resume(w.ctx, gone.ID)
	require.ErrorIs(t, err, courrier.ErrInDoubt)
	w.advance(time.Hour)
	requeued, err := w.client.Resume(w.ctx, gone.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, requeued.Status)
	require.Equal(t, 1, w.dispatch().Submitted)
	require.Equal(t, 1, w.times(here.ID))
	require.Equal(t, 1, w.times(gone.ID))
	w.requireBalance("8", "0")
}

// mute is a carrier that can only submit.
type mute struct{ *carrier }

func (m mute) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services()}
}

type onlySubmit struct{ courrier.Provider }

func TestDoubtNobodyCanEndIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	w := newScene(t, func(c *courrier.Config) {
		c.Providers = []courrier.Provider{onlySubmit{mute{c.Providers[0].(*carrier)}}}
	})
	w.topUp(10)
	for i, c := range []struct {
		providerID string
		want       courrier.Status
	}{{"known-there", courrier.StatusSubmitted}, {"", courrier.StatusQueued}} {
		key := fmt.Sprint("k", i)
		w.carrier.script[key] = []outcome{neverArrives}
		rec := w.send(letter(key, courrier.ServiceStandard))
		w.dispatch()
		w.advance(30 * 24 * time.Hour)
		w.dispatch()
		require.Equal(t, courrier.StatusUnknown, w.letter(rec.ID).Status, "time alone settles nothing")
		settled, err := w.client.SettleByHand(w.ctx, rec.ID, c.providerID)
		require.NoError(t, err)
		require.Equal(t, c.want, settled.Status)
		_, err = w.client.SettleByHand(w.ctx, rec.ID, c.providerID)
		require.ErrorIs(t, err, courrier.ErrConflict)
	}
}

func TestFailoverOnlyWhereNothingWasAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first  outcome
		second int
		status courrier.Status
	}{
		{accepts, 0, courrier.StatusSubmitted},
		{unavailable, 1, courrier.StatusSubmitted},
		{rejects, 1, courrier.StatusSubmitted},
		{acceptsSilent, 0, courrier.StatusUnknown},
		{neverArrives, 0, courrier.StatusUnknown},
	} {
		t.Run(string(c.first), func(t *testing.T) {
			t.Parallel()
			var other *carrier
			w := newScene(t, func(cfg *courrier.Config) {
				other = newCarrier("other", cfg.Now)
				cfg.Providers = append(cfg.Providers, other)
			})
			w.topUp(10)
			w.carrier.script["k"] = []outcome{c.first}
			rec := w.send(letter("k", courrier.ServiceStandard))
			w.dispatch()
			require.Equal(t, c.status, w.letter(rec.ID).Status)
			require.Len(t, other.accepted, c.second)
			if c.second == 1 {
				require.Equal(t, "other", w.letter(rec.ID).Provider)
			}
		})
	}
}

func TestUnavailableIsTriedAgainAndGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	w.carrier.script["k"] = make([]outcome, 200)
	for i := range w.carrier.script["k"] {
		w.carrier.script["k"][i] = unavailable
	}
	rec := w.send(letter("k", courrier.ServiceStandard))
	for range 200 {
		w.dispatch()
		w.advance(time.Hour)
	}
	after := w.letter(rec.ID)
	require.Equal(t, courrier.StatusFailed, after.Status)
	require.Less(t, after.Attempts, 100, "the waits grow")
	require.Greater(t, after.Attempts, 60)
	w.requireBalance("1", "0")
}

func TestHeldWithoutCreditAndWokenInOrder(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	var ids []courrier.LetterID
	for i := range 4 {
		ids = append(ids, w.send(letter(fmt.Sprint("k", i), courrier.ServiceStandard)).ID)
	}
	status := func() (s []courrier.Status) {
		for _, id := range ids {
			s = append(s, w.letter(id).Status)
		}
		return s
	}
	const q, h = courrier.StatusQueued, courrier.StatusHeld
	require.Equal(t, []courrier.Status{q, h, h, h}, status())
	require.Equal(t, courrier.HoldCredit, w.letter(ids[1]).Hold)
	w.topUp(2)
	require.Equal(t, []courrier.Status{q, q, q, h}, status())
	require.Equal(t, 3, w.dispatch().Submitted)
	w.requireBalance("0", "0")

	// A failure gives its credit to the one that waits.
	w.carrier.script["x"] = []outcome{rejects}
	w.topUp(1)
	require.Equal(t, q, w.letter(ids[3]).Status)
	x := w.send(letter("x", courrier.ServiceStandard))
	y := w.send(letter("y", courrier.ServiceStandard))
	require.Equal(t, h, w.letter(x.ID).Status)
	w.topUp(1)
	require.Equal(t, q, w.letter(x.ID).Status)
	w.dispatch()
	require.Equal(t, courrier.StatusFailed, w.letter(x.ID).Status)
	require.Equal(t, q, w.letter(y.ID).Status)
}

// A process that dies between a top-up and the waking leaves nobody waiting.
func TestMissedWakingIsCaughtUp(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	rec := w.send(letter("k", courrier.ServiceStandard))
	_, err := w.store.Commit(w.ctx, courrier.Change{Entries: []courrier.Entry{{
		Account: "acme", Key: "order", Kind: courrier.EntryTopUp, Amount: stamps(t, 1), At: w.clock,
	}}})
	require.NoError(t, err)
	require.Zero(t, w.dispatch().Woken, "no loop looks all the time")
	w.advance(2 * time.Hour)
	require.Equal(t, 1, w.dispatch().Woken)
	w.dispatch()
	require.Equal(t, courrier.StatusSubmitted, w.letter(rec.ID).Status)
}

func TestBillingModes(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	settings, err := w.client.SetSettings(w.ctx, "acme", courrier.Settings{Billing: courrier.BillingPostpaid, Ceiling: stamps(t, 6)})
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, w.send(letter("a", courrier.ServiceRegisteredAR)).Status)
	require.Equal(t, courrier.StatusHeld, w.send(letter("b", courrier.ServiceRegisteredAR)).Status)
	require.Equal(t, courrier.StatusQueued, w.send(letter("c", courrier.ServiceStandard)).Status)
	w.dispatch()
	w.requireBalance("-6", "0")
	statement, err := w.client.Credits("acme").Statement(w.ctx, "stamp", w.clock)
	require.NoError(t, err)
	require.True(t, statement.Spent.Equal(stamps(t, 6)))
	require.Len(t, statement.Entries, 4)
	require.Equal(t, start.AddDate(0, 0, -1).Truncate(24*time.Hour), statement.From)

	settings.Billing = courrier.BillingByCarrier
	_, err = w.client.SetSettings(w.ctx, "acme", settings)
	require.NoError(t, err)
	d := w.send(letter("d", courrier.ServiceRegisteredAR))
	w.dispatch()
	require.Equal(t, courrier.StatusSubmitted, w.letter(d.ID).Status)
	require.Empty(t, w.kinds(d.ID))
	w.requireBalance("-6", "0")
}

func TestSettingsAreGuarded(t *testing.T) {
	t.Parallel()
	denied := errors.New("not a decision-maker")
	w := newScene(t, func(c *courrier.Config) {
		c.Authorize = func(_ context.Context, a courrier.Actor, _ courrier.Action) error {
			if a.ID == "boss" {
				return nil
			}
			return denied
		}
	})
	_, err := w.client.SetSettings(w.ctx, "acme", courrier.Settings{})
	require.ErrorIs(t, err, courrier.ErrDenied)
	require.ErrorIs(t, err, denied)
	_, err = w.client.Credits("acme").TopUp(w.ctx, "k", stamps(t, 1))
	require.ErrorIs(t, err, courrier.ErrDenied)
	w.requireBalance("0", "0")
	boss := courrier.WithActor(w.ctx, courrier.Actor{ID: "boss"})
	e, err := w.client.Credits("acme").TopUp(boss, "k", stamps(t, 1))
	require.NoError(t, err)
	require.EqualValues(t, "boss", e.Actor)
	first, err := w.client.SetSettings(boss, "acme", courrier.Settings{RetentionDays: 30})
	require.NoError(t, err)
	_, err = w.client.SetSettings(boss, "acme", courrier.Settings{})
	require.ErrorIs(t, err, courrier.ErrConflict)
	read, err := w.client.Settings(w.ctx, "acme")
	require.NoError(t, err)
	require.Equal(t, first, read)
	_, err = w.client.SetSettings(boss, "acme", courrier.Settings{Billing: "barter", Ceiling: stamps(t, -1)})
	require.Len(t, courrier.FieldErrors(err), 2)
}

func TestPreviewBindsWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(20)
	l := letter("k", courrier.ServiceRegisteredAR)
	seen, err := w.client.Preview(w.ctx, l)
	require.NoError(t, err)
	require.True(t, seen.Price.Equal(stamps(t, 5)))
	require.Equal(t, []string{secretName, "12 RUE DES LILAS", "69003 LYON"}, seen.Lines)
	for i, spoil := range []func(*courrier.Letter){
		func(l *courrier.Letter) { l.Documents[0].Content = []byte("%PDF-other") },
		func(l *courrier.Letter) { l.To.Address.Street = "13 rue des Lilas" },
		func(l *courrier.Letter) { l.Print = &courrier.PrintOptions{Color: true} },
		func(l *courrier.Letter) { l.Service = courrier.ServiceStandard },
	} {
		other := letter(fmt.Sprint("k", i), courrier.ServiceRegisteredAR)
		other.Key, other.PreviewToken = l.Key, seen.Token
		spoil(&other)
		_, err := w.client.Send(w.ctx, other)
		require.ErrorIs(t, err, courrier.ErrConflict)
	}
	_, err = w.client.SetSettings(w.ctx, "acme", courrier.Settings{Print: courrier.PrintOptions{Duplex: true}})
	require.NoError(t, err)
	l.PreviewToken = seen.Token
	_, err = w.client.Send(w.ctx, l)
	require.ErrorIs(t, err, courrier.ErrConflict, "the account's print options changed")
	seen, err = w.client.Preview(w.ctx, l2(l))
	require.NoError(t, err)
	l.PreviewToken = seen.Token
	rec := w.send(l)
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
	w := newScene(t, func(c *courrier.Config) {
		c.Inspector = inspector{
			"facture.pdf": {Pages: 3, Findings: []courrier.Finding{{Code: "margin"}}},
			"bad.pdf":     {Pages: 1, Findings: []courrier.Finding{{Code: "encrypted", Blocking: true, Remedy: "save it without a password"}}},
		}
	})
	w.topUp(10)
	seen, err := w.client.Preview(w.ctx, letter("k", courrier.ServiceStandard))
	require.NoError(t, err)
	require.Equal(t, 3, seen.Sheets)
	require.Equal(t, "margin", seen.Warnings[0].Code)
	bad := letter("k", courrier.ServiceStandard)
	bad.Documents = append(bad.Documents, courrier.Document{Name: "bad.pdf", Content: []byte("%PDF-x")})
	_, err = w.client.Send(w.ctx, bad)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Documents[1]", courrier.FieldErrors(err)[0].Field)
	w.requireBalance("10", "0")
}

// What a user sends along as an inspection, or says of pages, sizes and places, does
// not count where the host has an inspector.
func TestTheInspectorHasTheLastWord(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	w := newScene(t, func(c *courrier.Config) { c.Inspector = windows(seen) })
	l := letter("k", courrier.ServiceStandard)
	l.Documents[0].Inspection = &courrier.Inspection{Pages: 1}
	l.Documents[0].Pages = 1
	l.Documents = append(l.Documents, courrier.NewDocument("annex.pdf", []byte("%PDF-annex")))
	got, err := w.client.Preview(w.ctx, l)
	require.NoError(t, err)
	require.Equal(t, 7, got.Documents[0].Inspection.Pages)
	require.Equal(t, map[string]bool{"facture.pdf": true, "annex.pdf": false}, seen)
	l.Print = &courrier.PrintOptions{CarrierSheet: true}
	_, err = w.client.Preview(w.ctx, l)
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
	w := newScene(t)
	l := letter("k", courrier.ServiceStandard)
	l.Documents[0] = courrier.NewDocument("facture.pdf", l.Documents[0].Content)
	again := func() (got courrier.Letter) {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &got))
		return got
	}
	_, err := w.client.Preview(w.ctx, again())
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Documents[0].Content", courrier.FieldErrors(err)[0].Field)

	big := courrier.NewDocument("big.pdf", append([]byte("%PDF-"), make([]byte, courrier.MaxDocumentBytes-10)...))
	require.NoError(t, w.store.(courrier.Contents).PutContent(w.ctx, big.Sum, big.Content))
	l.Documents = append(l.Documents, courrier.Document{Name: "big.pdf", Sum: big.Sum, Size: 1})
	_, err = w.client.Preview(w.ctx, l)
	require.ErrorIs(t, err, courrier.ErrInvalid, "together they are over the limit")
}

func TestSendAllTreatsEachLetterAlone(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(2)
	wrong := letter("wrong", courrier.ServiceStandard)
	wrong.To = courrier.Recipient{}
	results := w.client.SendAll(w.ctx, []courrier.Letter{
		letter("a", courrier.ServiceStandard), wrong, letter("a", courrier.ServiceStandard),
		letter("b", courrier.ServiceStandard), letter("c", courrier.ServiceStandard),
	})
	require.NoError(t, results[0].Err)
	require.ErrorIs(t, results[1].Err, courrier.ErrInvalid)
	require.Equal(t, results[0].Record.ID, results[2].Record.ID)
	require.Equal(t, courrier.StatusQueued, results[3].Record.Status)
	require.Equal(t, courrier.StatusHeld, results[4].Record.Status)
	require.Equal(t, 2, w.dispatch().Submitted)
}

func TestNotBefore(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	l := letter("k", courrier.ServiceStandard)
	l.NotBefore = start.AddDate(0, 0, 3)
	rec := w.send(l)
	require.Zero(t, w.dispatch().Submitted)
	early, err := w.client.DispatchOne(w.ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, early.Status)
	w.advance(72 * time.Hour)
	one, err := w.client.DispatchOne(w.ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusSubmitted, one.Status)
	again, err := w.client.DispatchOne(w.ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, one.Version, again.Version)
	require.Equal(t, 1, w.times(rec.ID))
}

func TestCancel(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	here := w.send(letter("here", courrier.ServiceStandard))
	got, err := w.client.Cancel(w.ctx, here.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusCancelled, got.Status)
	require.Equal(t, []courrier.EntryKind{courrier.EntryReserve, courrier.EntryRelease}, w.kinds(here.ID))
	got, err = w.client.Cancel(w.ctx, here.ID)
	require.NoError(t, err, "cancelling again is no error")
	require.Equal(t, courrier.StatusCancelled, got.Status)

	there := w.send(letter("there", courrier.ServiceStandard))
	w.dispatch()
	got, err = w.client.Cancel(w.ctx, there.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusCancelled, got.Status)
	require.Equal(t, []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture, courrier.EntryRefund}, w.kinds(there.ID))
	w.requireBalance("10", "0")

	late := w.send(letter("late", courrier.ServiceStandard))
	w.dispatch()
	w.carrier.late = true
	got, err = w.client.Cancel(w.ctx, late.ID)
	require.ErrorIs(t, err, courrier.ErrRejected)
	require.Equal(t, courrier.StatusSubmitted, got.Status)

	doubt := w.send(letter("doubt", courrier.ServiceStandard))
	w.carrier.script["doubt"] = []outcome{neverArrives}
	w.dispatch()
	_, err = w.client.Cancel(w.ctx, doubt.ID)
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = w.client.Cancel(w.ctx, "none")
	require.ErrorIs(t, err, courrier.ErrNotFound)
}

func TestHoldReviseApprove(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(6)
	rec := w.send(letter("k", courrier.ServiceStandard))
	_, err := w.client.Revise(w.ctx, rec.ID, func(*courrier.Letter) {})
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = w.client.Hold(w.ctx, rec.ID)
	require.NoError(t, err)
	require.Zero(t, w.dispatch())
	revised, err := w.client.Revise(w.ctx, rec.ID, func(l *courrier.Letter) {
		l.Service, l.To.Address.Street, l.Key = courrier.ServiceRegisteredAR, "14 rue des Lilas", "another"
	})
	require.NoError(t, err)
	require.Equal(t, "k", revised.Letter.Key)
	w.requireBalance("6", "0")
	_, err = w.client.Approve(w.ctx, rec.ID)
	require.NoError(t, err)
	w.requireBalance("1", "5")
	w.dispatch()
	w.requireBalance("1", "0")
	require.Equal(t, "14 rue des Lilas", w.letter(rec.ID).Letter.To.Address.Street)
	_, err = w.client.Approve(w.ctx, rec.ID)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

func TestRecheckRightBeforeDispatch(t *testing.T) {
	t.Parallel()
	answers := map[string]courrier.Recheck{
		"paid": {Cancel: true, Reason: "paid"}, "disputed": {Hold: true, Reason: "disputed"}, "open": {},
	}
	w := newScene(t, func(c *courrier.Config) {
		c.Recheck = func(_ context.Context, r courrier.LetterRecord) (courrier.Recheck, error) {
			if a, ok := answers[r.Letter.Key]; ok {
				return a, nil
			}
			return courrier.Recheck{}, errors.New("the invoices cannot be read")
		}
	})
	w.topUp(10)
	byKey := map[string]courrier.LetterID{}
	for _, key := range []string{"paid", "disputed", "open", "broken"} {
		byKey[key] = w.send(letter(key, courrier.ServiceStandard)).ID
	}
	report := w.dispatch()
	require.Equal(t, courrier.DispatchReport{Submitted: 1, Cancelled: 1, Held: 1}, report)
	require.Equal(t, courrier.StatusQueued, w.letter(byKey["broken"]).Status)
	require.Equal(t, courrier.HoldRecheck, w.letter(byKey["disputed"]).Hold)
	require.Len(t, w.carrier.accepted, 1)
}

func TestMissingContentIsHeldAndMended(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	l := letter("k", courrier.ServiceStandard)
	rec := w.send(l)
	require.NoError(t, w.store.(courrier.ContentDeleter).DeleteContent(w.ctx, rec.Letter.Documents[0].Sum))
	require.Equal(t, 1, w.dispatch().Held)
	require.Equal(t, courrier.HoldContents, w.letter(rec.ID).Hold)
	mended := w.send(l)
	require.Equal(t, courrier.StatusQueued, mended.Status)
	require.Equal(t, 1, w.dispatch().Submitted)
	w.requireBalance("9", "0")
}

func TestResendNamesWhatItReplaces(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	old := w.send(letter("k", courrier.ServiceStandard))
	w.dispatch()
	_, err := w.client.Resend(w.ctx, old.ID, "k2", nil)
	require.ErrorIs(t, err, courrier.ErrConflict)
	w.carrier.happen(w.letter(old.ID).ProviderID, courrier.StatusReturned, "")
	w.refresh()
	mend := func(l *courrier.Letter) { l.To.Address.Street = "2 rue du Bac" }
	again, err := w.client.Resend(w.ctx, old.ID, "k2", mend)
	require.NoError(t, err)
	require.Equal(t, old.ID, again.Replaces)
	require.Equal(t, again.ID, w.letter(old.ID).ReplacedBy)
	repeated, err := w.client.Resend(w.ctx, old.ID, "k2", mend)
	require.NoError(t, err)
	require.Equal(t, again.ID, repeated.ID)
	w.dispatch()
	w.requireBalance("8", "0")
}

// Two processes send the same letter at the same moment, with credit and without:
// one letter, one hold, one answer.
func TestSameKeyFromManyProcesses(t *testing.T) {
	t.Parallel()
	for credit, status := range map[int]courrier.Status{0: courrier.StatusHeld, 10: courrier.StatusQueued} {
		w := newScene(t)
		if credit > 0 {
			w.topUp(credit)
		}
		var wg sync.WaitGroup
		records := make([]courrier.LetterRecord, 16)
		errs := make([]error, len(records))
		for i := range records {
			wg.Go(func() {
				client, err := courrier.New(w.config)
				if err == nil {
					records[i], err = client.Send(w.ctx, letter("k", courrier.ServiceRegisteredAR))
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
		_, reserved := w.balance()
		require.Equal(t, fmt.Sprint(credit/2), reserved)
	}
}

// What a letter carried before it was revised is forgotten, unless something else
// carries it too.
func TestRevisedContentsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	shared := courrier.NewDocument("cgv.pdf", []byte("%PDF-1.7 general terms"))
	one, two := letter("one", courrier.ServiceStandard), letter("two", courrier.ServiceStandard)
	one.Documents, two.Documents = append(one.Documents, shared), append(two.Documents, shared)
	rec, _ := w.send(one), w.send(two)
	_, err := w.client.Hold(w.ctx, rec.ID)
	require.NoError(t, err)
	_, err = w.client.Revise(w.ctx, rec.ID, func(l *courrier.Letter) {
		l.Documents = []courrier.Document{courrier.NewDocument("facture.pdf", []byte("%PDF-1.7 mended"))}
	})
	require.NoError(t, err)
	for content, kept := range map[string]bool{"one": false, "two": true, "general terms": true, "mended": true} {
		_, err := w.client.Content(w.ctx, courrier.SumOf([]byte("%PDF-1.7 "+content)))
		if kept {
			require.NoError(t, err, content)
		} else {
			require.ErrorIs(t, err, courrier.ErrNotFound, content)
		}
	}
}
