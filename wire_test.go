package courrier_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestCasesWire runs the cases of "never twice, never lost" that are the client's.
func TestCasesWire(t *testing.T) {
	t.Parallel()
	for id, run := range map[string]func(*testing.T){
		"wire-09":    overrunsBesideAFailedCommit,
		"wire-10":    refusesTheHostsTransaction,
		"wire-13":    countsTheMachinesTime,
		"wire-14":    recordsALateReceipt,
		"wire-16":    triesTheDoubtedCarrierFirst,
		"wire-20":    livesWithAPanickingCapability,
		"wire-21":    sendsManyWithoutCredit,
		"wire-25":    settlesByHandWithCare,
		"wire-26":    waitsForWhatTheServiceBrings,
		"wire-27":    keepsClaimsTrue,
		"promise-01": takesNoErrorOfAHookForAConflict,
		"promise-20": countsAnOutage,
	} {
		t.Run(id, run)
	}
}

// ticking is a scene whose clock is the bubble's, for tests with synctest.
func ticking(t *testing.T, mend ...func(*courrier.Config)) *testscene.Scene {
	w := testscene.New(t, append([]func(*courrier.Config){func(c *courrier.Config) { c.Now = time.Now }}, mend...)...)
	w.TopUp(50)
	return w
}

func overrunsBesideAFailedCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := ticking(t)
		var printed atomic.Int64
		failing := true
		w.Bend(&testscene.Bent{
			OnSubmit: func(context.Context, courrier.Submission) (courrier.Receipt, error) {
				time.Sleep(12 * time.Minute) // whatever its context says
				printed.Add(1)
				return courrier.Receipt{}, errors.New("the answer is lost")
			},
			OnFind: func(context.Context, courrier.Reference) (courrier.Receipt, error) {
				if printed.Load() > 0 {
					return courrier.Receipt{ProviderID: "there"}, nil
				}
				return courrier.Receipt{}, courrier.ErrNotFound
			},
		})
		w.Watch(func(c courrier.Change) error {
			if failing && c.Letter != nil && c.Letter.Overran {
				failing = false
				return errors.New("the database is gone for a moment")
			}
			return nil
		})
		rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
		for range 100 {
			_, _ = w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{})
			time.Sleep(30 * time.Second)
		}
		require.False(t, failing, "the commit failed once")
		require.EqualValues(t, 1, printed.Load())
		require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
	})

	// Another process, that knows nothing of the call, waits for a day.
	synctest.Test(t, func(t *testing.T) {
		w := ticking(t)
		calls := 0
		w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			if calls++; calls == 1 {
				time.Sleep(12 * time.Hour)
			}
			return w.Carrier.Submit(ctx, s)
		}})
		down := false
		w.Watch(func(c courrier.Change) error {
			if down {
				return errors.New("cut off from the database")
			}
			down = c.Letter != nil && c.Letter.Status == courrier.StatusUnknown
			return nil
		})
		rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
		_, _ = w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{})
		other, err := courrier.New(courrier.Config{Store: w.Store, Providers: w.Config.Providers, Now: time.Now})
		require.NoError(t, err)
		for range 48 {
			_, err := other.Dispatch(w.Ctx, courrier.DispatchOptions{})
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		require.Equal(t, 1, w.Times(rec.ID))
		require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
	})
}

// joined is a store under whose contexts a host's transaction can be open.
type joined struct{ testscene.BothStores }

type joinedKey struct{}

func (joined) InTx(ctx context.Context) bool { return ctx.Value(joinedKey{}) != nil }

func refusesTheHostsTransaction(t *testing.T) {
	w := testscene.New(t, func(c *courrier.Config) {
		c.Contents, c.Store = c.Store.(courrier.Contents), joined{c.Store.(testscene.BothStores)}
	})
	w.TopUp(10)
	ctx := context.WithValue(w.Ctx, joinedKey{}, &sql.Tx{})
	rec, err := w.Client.Send(ctx, testscene.Letter("k", courrier.ServiceStandard))
	require.NoError(t, err, "what stays in the house may join")
	there, _ := w.Sent("there", courrier.ServiceStandard)
	for name, call := range map[string]func() error{
		"Dispatch":     func() error { _, err := w.Client.Dispatch(ctx, courrier.DispatchOptions{}); return err },
		"DispatchOne":  func() error { _, err := w.Client.DispatchOne(ctx, rec.ID); return err },
		"SettleOne":    func() error { _, err := w.Client.SettleOne(ctx, rec.ID); return err },
		"SettleByHand": func() error { _, err := w.Client.SettleByHand(ctx, rec.ID, ""); return err },
		"Refresh":      func() error { _, err := w.Client.Refresh(ctx, courrier.RefreshOptions{}); return err },
		"RefreshOne":   func() error { _, err := w.Client.RefreshOne(ctx, rec.ID); return err },
		"FetchProofs":  func() error { _, err := w.Client.FetchProofs(ctx, rec.ID); return err },
		"Cancel":       func() error { _, err := w.Client.Cancel(ctx, there); return err },
	} {
		err := call()
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		require.Equal(t, "ctx", courrier.FieldErrors(err)[0].Field, name)
	}
	require.Equal(t, 1, w.Times(rec.ID), "by the dispatch outside of it")
	require.Equal(t, courrier.StatusSubmitted, w.Letter(there).Status)
}

func countsTheMachinesTime(t *testing.T) {
	for name, jump := range map[string]bool{"the clock jumps": true, "time passes": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ahead := time.Duration(0)
				w := ticking(t, func(c *courrier.Config) { c.Now = func() time.Time { return time.Now().Add(ahead) } })
				shows := time.Time{}
				w.Bend(&testscene.Bent{OnFind: func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
					if time.Now().Before(shows) {
						return courrier.Receipt{}, courrier.ErrNotFound
					}
					return w.Carrier.Find(ctx, ref)
				}})
				w.Carrier.Script["k"] = []testscene.Outcome{testscene.AcceptsSilent}
				rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
				w.Dispatch()
				shows = time.Now().Add(time.Minute) // as the carrier promises
				time.Sleep(time.Second)
				_, err := w.Client.SettleOne(w.Ctx, rec.ID)
				require.ErrorIs(t, err, courrier.ErrInDoubt)
				if jump {
					ahead = 10 * time.Minute
					time.Sleep(time.Second)
				} else {
					time.Sleep(10 * time.Minute)
				}
				w.Dispatch()
				require.Equal(t, 1, w.Times(rec.ID))
				time.Sleep(time.Hour)
				w.Dispatch()
				require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
			})
		})
	}
}

func recordsALateReceipt(t *testing.T) {
	for name, outcome := range map[string]error{"accepted": nil, "refused": courrier.ErrRejected} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := ticking(t)
				w.Config.Providers = []courrier.Provider{finderless{w.Carrier.ID, func(ctx context.Context) (courrier.Receipt, error) {
					<-ctx.Done()
					time.Sleep(11 * time.Second) // a second more than it is waited for
					if outcome != nil {
						return courrier.Receipt{}, outcome
					}
					return courrier.Receipt{ProviderID: "late"}, nil
				}}}
				w.Restart()
				rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
				require.Equal(t, 1, w.Dispatch().InDoubt)
				require.True(t, w.Letter(rec.ID).Overran)
				time.Sleep(time.Minute)
				after := w.Letter(rec.ID)
				if outcome == nil {
					require.Equal(t, courrier.StatusSubmitted, after.Status)
					require.Equal(t, "late", after.ProviderID)
					return
				}
				require.Equal(t, courrier.StatusQueued, after.Status, "it was surely not taken")
				require.Equal(t, 1, w.Dispatch().Failed)
			})
		})
	}
}

// finderless is a carrier that can do nothing but take letters.
type finderless struct {
	name   string
	submit func(context.Context) (courrier.Receipt, error)
}

func (f finderless) Name() string { return f.name }

func (finderless) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services()}
}

func (f finderless) Submit(ctx context.Context, _ courrier.Submission) (courrier.Receipt, error) {
	return f.submit(ctx)
}

func triesTheDoubtedCarrierFirst(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(10)
	order := []string{"post", "other"}
	other := testscene.NewCarrier("other", w.Now)
	w.Config.Providers = append(w.Config.Providers, other)
	w.Config.Route = func(context.Context, courrier.Letter) ([]string, error) { return order, nil }
	w.Restart()
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.NeverArrives}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	order = []string{"other", "post"} // the host prefers the other from here on
	for range 10 {
		w.Advance(7 * time.Hour)
		w.Dispatch()
	}
	require.Equal(t, "post", w.Letter(rec.ID).Provider)
	require.Equal(t, 1, w.Times(rec.ID))
	require.Empty(t, other.Accepted)
	second := w.Send(testscene.Letter("k2", courrier.ServiceStandard))
	w.Dispatch()
	require.Equal(t, "other", w.Letter(second.ID).Provider, "a letter without a doubt goes as it is routed")
}

func livesWithAPanickingCapability(t *testing.T) {
	w := testscene.New(t)
	b := &trouble{all: true, do: func() { panic("broken") }}
	w.Config.Providers = []courrier.Provider{troubled{w.Carrier, b}}
	w.Restart()
	w.TopUp(3)
	for i := range 3 {
		w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
	}
	b.aim("Capabilities")
	require.Equal(t, 3, w.Dispatch().Submitted)
}

// commits counts the changes that reach the store.
func sendsManyWithoutCredit(t *testing.T) {
	changes := func(n int) (count int) {
		w := testscene.New(t)
		w.Watch(func(courrier.Change) error { count++; return nil })
		letters := make([]courrier.Letter, n)
		for i := range letters {
			letters[i] = testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)
		}
		for _, r := range w.Client.SendAll(w.Ctx, letters) {
			require.NoError(t, r.Err)
			require.Equal(t, courrier.HoldCredit, r.Record.Hold)
			require.EqualValues(t, 1, r.Record.Version)
		}
		w.TopUp(1)
		require.Equal(t, 1, w.Dispatch().Submitted)
		return count
	}
	small, large := changes(100), changes(600)
	require.Less(t, large, 7*small, "linear")
}

func settlesByHandWithCare(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(20)
	_, other := w.Sent("a", courrier.ServiceRegisteredAR)
	w.Carrier.Script["b"] = []testscene.Outcome{testscene.NeverArrives}
	w.Carrier.Script["c"] = []testscene.Outcome{testscene.AcceptsSilent}
	b := w.Send(testscene.Letter("b", courrier.ServiceRegisteredAR))
	c := w.Send(testscene.Letter("c", courrier.ServiceStandard))
	w.Dispatch()
	require.Equal(t, courrier.StatusUnknown, w.Letter(b.ID).Status)

	byHand := func(id courrier.LetterID, there string) *courrier.Error {
		t.Helper()
		before := w.Letter(id)
		_, err := w.Client.SettleByHand(w.Ctx, id, there)
		require.Error(t, err)
		require.Equal(t, before, w.Letter(id), "nothing changed")
		e, _ := errors.AsType[*courrier.Error](err)
		if e == nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
		}
		return e
	}
	for _, blank := range []string{" ", "\t\n ", "\u00a0", "\x00"} {
		require.Nil(t, byHand(b.ID, blank), "%q", blank)
	}
	for _, spelt := range []string{other, "  " + other + "\n", "\x00" + other} {
		e := byHand(b.ID, spelt)
		require.Equal(t, courrier.CodeIDOfAnother, e.Code)
		require.NotEqual(t, b.ID, e.LetterID, "it names the other letter")
		require.Equal(t, courrier.ErrConflict, e.Kind)
	}
	require.Equal(t, courrier.CodeNotConfirmed, byHand(b.ID, "somebody-elses").Code)
	require.Equal(t, courrier.CodeOtherID, byHand(c.ID, "not-this-one").Code)
	settled, err := w.Client.SettleByHand(w.Ctx, c.ID, " "+w.Carrier.ByID[c.ID]+" ")
	require.NoError(t, err)
	require.Equal(t, w.Carrier.ByID[c.ID], settled.ProviderID)
	require.Equal(t, courrier.CodeNotInDoubt, byHand(c.ID, "x").Code)
}

func waitsForWhatTheServiceBrings(t *testing.T) {
	for service, proof := range map[courrier.Service]courrier.ProofKind{
		courrier.ServiceRegistered:           courrier.ProofOfDelivery,
		courrier.ServiceRegisteredAR:         courrier.ProofOfReceipt,
		courrier.ServiceElectronicRegistered: courrier.ProofOfReceipt,
	} {
		t.Run(string(service), func(t *testing.T) {
			w := testscene.New(t, func(c *courrier.Config) { c.Tariff = nil })
			id, there := w.Sent("k", service)
			w.Carrier.Happen(there, courrier.StatusPosted, courrier.ProofOfDeposit)
			w.Carrier.Proofs[there+string(courrier.ProofOfDeposit)] = []byte("%PDF-deposit")
			w.Carrier.Happen(there, courrier.StatusDelivered, "")
			w.Refresh()
			require.Equal(t, courrier.DutyFollow, w.Letter(id).Duty, "it is not followed to its end yet")
			w.Advance(21 * 24 * time.Hour)
			require.Equal(t, []courrier.ClaimKind{courrier.ClaimReceiptMissing}, claimKinds(w))
			w.Carrier.Happen(there, "", proof)
			w.Carrier.Proofs[there+string(proof)] = []byte("%PDF-" + string(proof))
			w.Refresh()
			require.Equal(t, courrier.DutyPurge, w.Letter(id).Duty)
			require.Empty(t, claimKinds(w))
		})
	}
}

func claimKinds(w *testscene.Scene) (all []courrier.ClaimKind) {
	for c, err := range w.Client.Claims(w.Ctx, courrier.ClaimFilter{}) {
		require.NoError(w.T, err)
		all = append(all, c.Kind)
	}
	return all
}

func keepsClaimsTrue(t *testing.T) {
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = nil })
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(there, courrier.StatusPosted, "")
	w.Carrier.Happen(there, courrier.StatusDelivered, "")
	w.Refresh()
	w.Advance(25 * 24 * time.Hour)
	for _, kind := range []courrier.ClaimKind{"nonsense", ""} {
		_, err := w.Client.OpenClaim(w.Ctx, id, kind, "1")
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	_, err := w.Client.CloseClaim(w.Ctx, id, courrier.ClaimLost, "no")
	require.ErrorIs(t, err, courrier.ErrNotFound)
	open := func(number string) courrier.Claim {
		c, err := w.Client.OpenClaim(w.Ctx, id, courrier.ClaimReceiptMissing, number)
		require.NoError(t, err)
		return c
	}
	require.Equal(t, "R-1", open("R-1").Number)
	require.Empty(t, open("R-1").Appeals)
	_, err = w.Client.CloseClaim(w.Ctx, id, courrier.ClaimReceiptMissing, "nothing found")
	require.NoError(t, err)
	require.Empty(t, claimKinds(w))
	appeal := open("R-2")
	require.Equal(t, []string{"R-2"}, appeal.Appeals)
	require.Zero(t, appeal.ClosedAt, "open again")
	require.Equal(t, "nothing found", appeal.Answer)

	w.Advance(500 * 24 * time.Hour)
	require.Equal(t, []courrier.ClaimKind{courrier.ClaimReceiptMissing}, claimKinds(w), "listed while it is open, however old")
	require.NoError(t, w.Client.Apply(w.Ctx, courrier.TrackingEvent{Provider: "post", ProviderID: there, Code: "ar", Proof: courrier.ProofOfReceipt, Happened: w.Clock}))
	w.Carrier.Proofs[there+string(courrier.ProofOfReceipt)] = []byte("%PDF-ar")
	after, err := w.Client.FetchProofs(w.Ctx, id)
	require.NoError(t, err)
	require.True(t, after.Claims[0].Void)
	require.NotZero(t, after.Claims[0].ClosedAt)
	require.Empty(t, claimKinds(w))

	back, there := w.Sent("back", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(there, courrier.StatusPosted, "")
	w.Carrier.Happen(there, courrier.StatusReturned, courrier.ProofOfReturn)
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Told[there]...))
	require.Equal(t, []courrier.ClaimKind{courrier.ClaimReturned}, claimKinds(w))
	w.Carrier.Proofs[there+string(courrier.ProofOfReturn)] = []byte("%PDF-scan")
	_, err = w.Client.FetchProofs(w.Ctx, back)
	require.NoError(t, err)
	require.Empty(t, claimKinds(w), "the scan says why")
}

func takesNoErrorOfAHookForAConflict(t *testing.T) {
	for name, cause := range map[string]error{"conflict": courrier.ErrConflict, "plain": errors.New("no answer"), "not found": courrier.ErrNotFound} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			w := testscene.New(t, func(c *courrier.Config) {
				c.Gates = []courrier.Gate{courrier.GateFunc(func(_ context.Context, r courrier.LetterRecord) (courrier.Verdict, error) {
					if asked.Add(1); r.Letter.Purpose == courrier.PurposeReminder {
						return courrier.Verdict{}, fmt.Errorf("facts: %w", cause)
					}
					return courrier.Verdict{}, nil
				})}
				c.Tariff = nil
			})
			letters := make([]courrier.Letter, 300)
			for i := range letters {
				letters[i] = testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)
				letters[i].Purpose = courrier.PurposeReminder
			}
			w.Client.SendAll(w.Ctx, letters)
			w.Advance(time.Second)
			good := w.Send(testscene.Letter("good", courrier.ServiceStandard))
			report := w.Dispatch()
			require.Equal(t, courrier.DispatchReport{Submitted: 1, Errors: 300}, report)
			require.EqualValues(t, 301, asked.Load(), "each once")
			require.Equal(t, 1, w.Times(good.ID), "the next page is read")
			require.Contains(t, w.Logs.String(), "letter left for later")
			require.Equal(t, courrier.DispatchReport{}, w.Dispatch(), "they are put off")
			w.Advance(time.Minute)
			require.Equal(t, 300, w.Dispatch().Errors)
		})
	}
}

func countsAnOutage(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(20)
	down := true
	w.Bend(&testscene.Bent{OnTrack: func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
		if down {
			return nil, courrier.ErrUnavailable
		}
		return w.Carrier.Track(ctx, refs)
	}})
	for i := range 12 {
		w.Sent(fmt.Sprint("k", i), courrier.ServiceStandard)
	}
	require.Equal(t, 12, w.Refresh().Failed)
	down = false
	require.Zero(t, w.Refresh().Failed)
	require.True(t, slices.Contains(courrier.ProofKinds(), courrier.ProofOfReceipt))
}
