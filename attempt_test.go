package courrier_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// A store that answers only when the lease is as good as over: by then another
// worker may have settled the attempt, so it is not made.
func TestASlowStoreSendsNothing(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	slow := true
	w.Watch(func(c courrier.Change) error {
		if slow && c.Letter != nil && c.Letter.Status == courrier.StatusUnknown {
			w.Advance(2 * time.Minute)
		}
		return nil
	})
	w.Dispatch()
	after := w.Letter(rec.ID)
	require.Equal(t, courrier.StatusQueued, after.Status)
	require.Equal(t, "lease-short", after.Failure.Code)
	require.Zero(t, w.Times(rec.ID))
	slow = false
	w.Advance(time.Hour)
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Equal(t, 1, w.Times(rec.ID))
}

// A clock that jumps, or that is ahead of the one that began the attempt, makes a
// lease look old and one "not found" look late: the carrier must say it twice.
func TestNotFoundOnceProvesNothing(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	asked := 0
	w.Bend(&testscene.Bent{OnFind: func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
		if asked++; asked <= 2 {
			return courrier.Receipt{}, courrier.ErrNotFound
		}
		return w.Carrier.Find(ctx, ref)
	}})
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.AcceptsSilent}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	w.Advance(24 * time.Hour)
	w.Dispatch()
	require.Equal(t, courrier.StatusUnknown, w.Letter(rec.ID).Status)
	_, err := w.Client.SettleOne(w.Ctx, rec.ID)
	require.ErrorIs(t, err, courrier.ErrInDoubt, "twice at one moment is once")
	w.Advance(5 * time.Minute)
	require.Equal(t, 1, w.Dispatch().Settled)
	require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
	require.Equal(t, 1, w.Times(rec.ID))
}

// Not found, twice, but within the time in which the letter may still show.
func TestNotFoundTooEarlyProvesNothing(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.NeverArrives}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	for range 3 { // an attempt's lease of three minutes, and the carrier's one
		_, err := w.Client.SettleOne(w.Ctx, rec.ID)
		require.ErrorIs(t, err, courrier.ErrInDoubt)
		w.Advance(79 * time.Second)
	}
	w.Advance(4 * time.Second)
	_, err := w.Client.SettleOne(w.Ctx, rec.ID)
	require.NoError(t, err)
}

// A carrier's code that never comes back holds up its own letter only; that
// letter is never sent again on the carrier's "not found", for the call may yet print.
func TestACallThatNeverEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := testscene.New(t)
		w.TopUp(2)
		release := make(chan struct{})
		w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			if s.Letter.Key == "hangs" {
				<-release
			}
			return w.Carrier.Submit(ctx, s)
		}})
		stuck, other := w.Send(testscene.Letter("hangs", courrier.ServiceStandard)), w.Send(testscene.Letter("other", courrier.ServiceStandard))
		report := w.Dispatch()
		require.Equal(t, courrier.DispatchReport{Submitted: 1, InDoubt: 1}, report)
		for range 10 {
			w.Advance(time.Hour)
			w.Dispatch()
		}
		require.Equal(t, courrier.StatusUnknown, w.Letter(stuck.ID).Status)
		require.Equal(t, 1, w.Times(other.ID))
		_, err := w.Client.SettleByHand(w.Ctx, stuck.ID, "")
		e, ok := errors.AsType[*courrier.Error](err)
		require.True(t, ok && e.Code == courrier.CodeUnderWay, "a person cannot know more than the call that still runs: %v", err)
		close(release)
		synctest.Wait() // it did print after all
		w.Advance(24 * time.Hour)
		w.Dispatch()
		require.Equal(t, courrier.StatusSubmitted, w.Letter(stuck.ID).Status)
		require.Equal(t, 1, w.Times(stuck.ID))
	})
}

// A panic in a carrier's or the host's code is that letter's trouble alone, and
// its text is not logged.
func TestAPanicStopsNobodyElse(t *testing.T) {
	t.Parallel()
	boom := func(key string) {
		if key == "boom" {
			panic(testscene.SecretName)
		}
	}
	for name, mend := range map[string]func(w *testscene.Scene, b *testscene.Bent){
		"submit": func(w *testscene.Scene, b *testscene.Bent) {
			b.OnSubmit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
				boom(s.Letter.Key)
				return w.Carrier.Submit(ctx, s)
			}
		},
		"recheck": func(w *testscene.Scene, _ *testscene.Bent) {
			w.Config.Gates = []courrier.Gate{courrier.GateFunc(func(_ context.Context, r courrier.LetterRecord) (courrier.Verdict, error) {
				boom(r.Letter.Key)
				return courrier.Verdict{}, nil
			})}
		},
		"route": func(w *testscene.Scene, _ *testscene.Bent) {
			sent := 0
			w.Config.Route = func(_ context.Context, l courrier.Letter) ([]string, error) {
				if sent++; sent > 2 {
					boom(l.Key)
				}
				return []string{"post"}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testscene.New(t)
			w.TopUp(2)
			b := &testscene.Bent{}
			mend(w, b)
			w.Bend(b)
			bad, good := w.Send(testscene.Letter("boom", courrier.ServiceStandard)), w.Send(testscene.Letter("good", courrier.ServiceStandard))
			_, err := w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{Workers: 1})
			require.NoError(t, err)
			require.Equal(t, courrier.StatusSubmitted, w.Letter(good.ID).Status)
			require.Contains(t, []courrier.Status{courrier.StatusQueued, courrier.StatusUnknown}, w.Letter(bad.ID).Status)
			require.True(t, w.Letter(bad.ID).DueAt.After(w.Clock), "it stands before nobody")
			require.Contains(t, w.Logs.String(), "panic")
			require.NotContains(t, w.Logs.String(), testscene.SecretName)
		})
	}
}

// An answer that says two things at once is none: the letter stays in doubt.
func TestContradictoryAnswersProveNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(r courrier.Receipt) (courrier.Receipt, error){
		"unavailable and in doubt": func(courrier.Receipt) (courrier.Receipt, error) {
			return courrier.Receipt{}, errors.Join(courrier.ErrUnavailable, courrier.ErrInDoubt)
		},
		"rejected with a receipt": func(r courrier.Receipt) (courrier.Receipt, error) { return r, courrier.ErrRejected },
		"no id":                   func(courrier.Receipt) (courrier.Receipt, error) { return courrier.Receipt{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testscene.New(t)
			w.TopUp(1)
			w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
				r, err := w.Carrier.Submit(ctx, s)
				require.NoError(t, err)
				return answer(r)
			}})
			rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
			require.Equal(t, courrier.DispatchReport{InDoubt: 1}, w.Dispatch())
			w.Advance(time.Hour)
			require.Equal(t, 1, w.Dispatch().Settled)
			require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
			require.Equal(t, 1, w.Times(rec.ID))
		})
	}
	for _, besides := range []error{courrier.ErrUnavailable, courrier.ErrDenied, context.DeadlineExceeded} {
		for _, kind := range []error{courrier.ErrNotFound, courrier.ErrRejected} {
			w := testscene.New(t)
			w.TopUp(1)
			w.Bend(&testscene.Bent{OnFind: func(context.Context, courrier.Reference) (courrier.Receipt, error) {
				return courrier.Receipt{}, errors.Join(kind, besides)
			}})
			w.Carrier.Script["k"] = []testscene.Outcome{testscene.AcceptsSilent}
			rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
			for range 4 {
				w.Dispatch()
				w.Advance(24 * time.Hour)
			}
			require.Equal(t, courrier.StatusUnknown, w.Letter(rec.ID).Status)
			require.Equal(t, 1, w.Times(rec.ID))
		}
	}
}

// drafting is a carrier that takes letters in two steps.
type drafting struct {
	*testscene.Bent
	draft func()
}

func (d drafting) Draft(context.Context, courrier.Submission) (string, error) {
	d.draft()
	return "draft", nil
}

// While one worker drafts or submits a letter, another process leaves it alone:
// it neither drafts it again nor asks about it.
func TestALetterUnderLeaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	var drafted, asked int
	var meanwhile []courrier.DispatchReport
	another := func() {
		w.Advance(2 * time.Minute)
		other, err := courrier.New(w.Config)
		require.NoError(t, err)
		report, err := other.Dispatch(w.Ctx, courrier.DispatchOptions{})
		require.NoError(t, err)
		meanwhile = append(meanwhile, report)
	}
	p := drafting{Bent: &testscene.Bent{Carrier: w.Carrier}, draft: func() {
		if drafted++; drafted == 1 {
			another()
		}
	}}
	p.OnSubmit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		another()
		return w.Carrier.Submit(ctx, s)
	}
	p.OnFind = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
		asked++
		return w.Carrier.Find(ctx, ref)
	}
	w.Config.Providers = []courrier.Provider{p}
	w.Restart()
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Equal(t, []courrier.DispatchReport{{}, {}}, meanwhile)
	require.Equal(t, 1, drafted)
	require.Zero(t, asked)
	require.Equal(t, 1, w.Times(rec.ID))
}

// Nobody can know that the carrier has no letter while the attempt may go on.
func TestSettleByHandWaitsForTheAttempt(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	var early error
	w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		_, early = w.Client.SettleByHand(w.Ctx, s.ID, "")
		return w.Carrier.Submit(ctx, s)
	}})
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.ErrorIs(t, early, courrier.ErrConflict)
	require.Equal(t, 1, w.Times(rec.ID))
}

// Three days without a carrier are counted from the first refusal of service, not
// from a day on which the letter waited for something else.
func TestALetterHeldForDaysIsTriedForThreeMore(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Advance(10 * 24 * time.Hour)
	w.TopUp(1)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.Unavailable}
	require.Equal(t, 1, w.Dispatch().Retried)
	w.Advance(time.Hour)
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
}

// A letter that the carrier never takes, and never refuses in words that prove it, is
// handed over a hundred times, and is then paid back.
func TestFromDoubtToDoubtHasAnEnd(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	w.Carrier.Script["k"] = slices.Repeat([]testscene.Outcome{testscene.NeverArrives}, 10_000)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	for !w.Letter(rec.ID).Status.Done() {
		require.LessOrEqual(t, w.Letter(rec.ID).Attempts, 100)
		w.Advance(30 * time.Minute)
		w.Dispatch()
	}
	rec = w.Letter(rec.ID)
	require.Equal(t, courrier.StatusFailed, rec.Status)
	require.Equal(t, courrier.CodeNeverArrived, rec.Failure.Code)
	require.Equal(t, courrier.ChargeReleased, rec.Charge)
	require.Equal(t, 100, rec.Attempts)
	require.Zero(t, w.Times(rec.ID))
	w.RequireBalance("1", "0")
}

// An account that switches post off means the letters that wait, too.
func TestPostSwitchedOffHoldsWhatIsQueued(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	unpaid := w.Send(testscene.Letter("unpaid", courrier.ServiceStandard))
	settings, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{PostOff: true})
	require.NoError(t, err)
	w.TopUp(1)
	w.Advance(2 * time.Hour)
	require.Equal(t, courrier.DispatchReport{Held: 1}, w.Dispatch())
	require.Equal(t, courrier.HoldPostOff, w.Letter(rec.ID).Hold)
	_, err = w.Client.Approve(w.Ctx, rec.ID)
	require.ErrorIs(t, err, courrier.ErrDenied)

	settings.PostOff = false
	_, err = w.Client.SetSettings(w.Ctx, "acme", settings)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, w.Letter(unpaid.ID).Status, "it waited for credit only")
	require.Equal(t, courrier.StatusQueued, w.Letter(rec.ID).Status)
	require.Equal(t, 2, w.Dispatch().Submitted)
	w.RequireBalance("0", "0")
}

var errDisk = errors.New("disk full")

// One letter that cannot be woken keeps neither those behind it nor other
// accounts' letters, and a top-up that is booked is no failure.
func TestOneLetterThatCannotBeWoken(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	bad, good := w.Send(testscene.Letter("bad", courrier.ServiceStandard)), w.Send(testscene.Letter("good", courrier.ServiceStandard))
	w.Watch(func(c courrier.Change) error {
		if c.Letter != nil && c.Letter.ID == bad.ID {
			return errDisk
		}
		return nil
	})
	w.TopUp(2)
	require.Equal(t, courrier.StatusQueued, w.Letter(good.ID).Status)
	other := testscene.Letter("other", courrier.ServiceStandard)
	other.Account = "other"
	rec := w.Send(other)
	w.Advance(2 * time.Hour)
	_, err := w.Client.Credits("other").TopUp(w.Ctx, "o", testscene.Stamps(t, 1))
	require.NoError(t, err)
	require.Equal(t, 2, w.Dispatch().Submitted)
	require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
	require.Equal(t, courrier.StatusHeld, w.Letter(bad.ID).Status)
}

// Each unit wakes its own letters: want of one does not hold those of another.
func TestWakingByUnit(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = byUnit{} })
	euros, first := w.Send(testscene.Letter("euros", courrier.ServiceRegisteredAR)), w.Send(testscene.Letter("first", courrier.ServiceStandard))
	second := w.Send(testscene.Letter("second", courrier.ServiceStandard))
	w.TopUp(1)
	require.Equal(t, courrier.StatusHeld, w.Letter(euros.ID).Status)
	require.Equal(t, courrier.StatusQueued, w.Letter(first.ID).Status)
	require.Equal(t, courrier.StatusHeld, w.Letter(second.ID).Status)
}

type byUnit struct{}

func (byUnit) Price(p courrier.Priceable) ([]courrier.PriceLine, error) {
	price := courrier.MustAmount("1", "stamp")
	if p.Service.Registered() {
		price = courrier.MustAmount("5", "EUR")
	}
	return []courrier.PriceLine{{Code: "postage", Amount: price}}, nil
}

// A top-up wakes some letters at once and leaves the rest to the next Dispatch.
func TestATopUpForManyLettersIsBounded(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	var many []courrier.Letter
	for i := range 600 {
		many = append(many, testscene.Letter(string(rune('A'+i%26))+time.Duration(i).String(), courrier.ServiceStandard))
	}
	for _, r := range w.Client.SendAll(w.Ctx, many) {
		require.NoError(t, r.Err)
	}
	var writes atomic.Int64
	w.Watch(func(c courrier.Change) error {
		if c.Letter != nil {
			writes.Add(1)
		}
		return nil
	})
	w.TopUp(600)
	require.Less(t, writes.Load(), int64(300))
	report := w.Dispatch()
	require.Equal(t, 600, report.Submitted)
	w.RequireBalance("0", "0")
}

// What a letter waits for is the billing of today.
func TestBillingChangedWhileALetterWaits(t *testing.T) {
	t.Parallel()
	for mode, want := range map[courrier.BillingMode]string{courrier.BillingPostpaid: "-1", courrier.BillingByCarrier: "0"} {
		w := testscene.New(t)
		rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
		require.Equal(t, courrier.StatusHeld, rec.Status)
		_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Billing: mode})
		require.NoError(t, err)
		require.Equal(t, 1, w.Dispatch().Submitted)
		require.Equal(t, mode, w.Letter(rec.ID).Billing)
		w.RequireBalance(want, "0")
	}
}

// A letter made cheaper goes as soon as its credit reaches.
func TestRevisedToWhatTheCreditCovers(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusHeld, rec.Status)
	rec, err := w.Client.Revise(w.Ctx, rec.ID, func(l *courrier.Letter) { l.Service = courrier.ServiceStandard })
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, rec.Status)
	w.RequireBalance("0", "1")
}

// The wish to stop a letter is written before the carrier hears it: asking again
// after a failure reaches the carrier, and one that was stopped meanwhile is stopped.
func TestCancelAgainReachesTheCarrier(t *testing.T) {
	t.Parallel()
	for name, heard := range map[string]bool{"the first call was lost": false, "its answer was lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testscene.New(t)
			w.TopUp(1)
			calls := 0
			w.Bend(&testscene.Bent{OnCancel: func(ctx context.Context, ref courrier.Reference) error {
				calls++
				switch {
				case calls == 1 && !heard:
					return courrier.ErrUnavailable
				case calls == 1:
					return errors.Join(w.Carrier.Cancel(ctx, ref), errDisk)
				case heard:
					return courrier.ErrRejected // it is stopped already
				}
				return w.Carrier.Cancel(ctx, ref)
			}})
			id, _ := w.Sent("k", courrier.ServiceStandard)
			rec, err := w.Client.Cancel(w.Ctx, id)
			require.Error(t, err)
			require.Equal(t, courrier.StatusCancelRequested, rec.Status)
			rec, err = w.Client.Cancel(w.Ctx, id)
			require.NoError(t, err)
			require.Equal(t, courrier.StatusCancelled, rec.Status)
			require.Equal(t, 2, calls)
			w.RequireBalance("1", "0")
		})
	}
}

func TestResendReplacesOnce(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceStandard)
	w.Advance(time.Hour)
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event(there, courrier.StatusReturned, "")))
	_, err := w.Client.Resend(w.Ctx, id, "k", nil)
	require.ErrorIs(t, err, courrier.ErrConflict, "its own key")
	require.Empty(t, w.Letter(id).ReplacedBy)
	first, err := w.Client.Resend(w.Ctx, id, "k/2", nil)
	require.NoError(t, err)
	again, err := w.Client.Resend(w.Ctx, id, "k/2", nil)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	_, err = w.Client.Resend(w.Ctx, id, "k/3", nil)
	require.ErrorIs(t, err, courrier.ErrConflict, "it was replaced before")
	require.Equal(t, first.ID, w.Letter(id).ReplacedBy)
	w.RequireBalance("3", "1")
}

// Many people resend one letter at the same moment, each under a key of his own,
// with credit for it and without.
func TestResendAtTheSameMoment(t *testing.T) {
	t.Parallel()
	for _, credit := range []int{1, 9} {
		w := testscene.New(t)
		w.TopUp(credit)
		id, there := w.Sent("k", courrier.ServiceStandard)
		w.Advance(time.Hour)
		require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event(there, courrier.StatusReturned, "")))
		var sent atomic.Int64
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				_, err := w.Client.Resend(w.Ctx, id, fmt.Sprint("again/", n), nil)
				if err == nil {
					sent.Add(1)
				} else if !errors.Is(err, courrier.ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, sent.Load())
		letters := 0
		for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{Account: "acme"}) {
			require.NoError(t, err)
			if rec.Replaces == id {
				letters++
			}
		}
		require.Equal(t, 1, letters)
	}
}

// What a carrier tells in its answer is folded with the acceptance, and asks
// nobody anything, unless there may be more that was heard before.
func TestWhatTheAnswerTells(t *testing.T) {
	t.Parallel()
	said := func(status courrier.Status) func(*testscene.Scene, string) courrier.TrackingEvent {
		return func(w *testscene.Scene, id string) courrier.TrackingEvent { return w.Carrier.Event(id, status, "") }
	}
	hint := func(w *testscene.Scene, id string) courrier.TrackingEvent {
		e := w.Carrier.Event(id, courrier.StatusFailed, "")
		e.Hint = true
		return e
	}
	unknown := func(w *testscene.Scene, id string) courrier.TrackingEvent {
		e := w.Carrier.Event(id, "", "")
		e.Code, e.Unknown = "teleported", true
		e.ID += "!"
		return e
	}
	hook := func(w *testscene.Scene, s courrier.Submission, id string) { // it is faster than the answer
		e := w.Carrier.Event(id, courrier.StatusPosted, "")
		e.Letter = s.ID
		require.NoError(w.T, w.Client.Apply(w.Ctx, e))
	}
	orphan := func(w *testscene.Scene, _ courrier.Submission, id string) {
		require.NoError(w.T, w.Client.Apply(w.Ctx, w.Carrier.Event(id, courrier.StatusPosted, "")))
	}
	idle := func(w *testscene.Scene, s courrier.Submission, id string) { // a code that proves nothing
		e := unknown(w, id)
		e.Letter, e.ID = s.ID, "post:idle"
		require.NoError(w.T, w.Client.Apply(w.Ctx, e))
	}
	for name, c := range map[string]struct {
		told     func(*testscene.Scene, string) courrier.TrackingEvent
		meet     func(*testscene.Scene, courrier.Submission, string)
		status   courrier.Status // at once
		asked    int             // by a Refresh at the same moment
		after    courrier.Status // and then
		reported int
	}{
		"that it has the letter":     {said(courrier.StatusSubmitted), nil, courrier.StatusSubmitted, 0, courrier.StatusSubmitted, 0},
		"that it printed it":         {said(courrier.StatusPrinted), nil, courrier.StatusPrinted, 1, courrier.StatusPrinted, 0},
		"that it will not":           {said(courrier.StatusFailed), nil, courrier.StatusFailed, 1, courrier.StatusFailed, 0},
		"a hint":                     {hint, nil, courrier.StatusSubmitted, 1, courrier.StatusSubmitted, 0},
		"what nobody understands":    {unknown, nil, courrier.StatusSubmitted, 0, courrier.StatusSubmitted, 1},
		"after a webhook":            {said(courrier.StatusSubmitted), hook, courrier.StatusPosted, 0, courrier.StatusPosted, 0},
		"after an anonymous one":     {said(courrier.StatusSubmitted), orphan, courrier.StatusSubmitted, 0, courrier.StatusPosted, 0},
		"after one that says naught": {said(courrier.StatusSubmitted), idle, courrier.StatusSubmitted, 0, courrier.StatusSubmitted, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reported := 0
			w := testscene.New(t, func(c *courrier.Config) {
				c.OnUnknownCode = func(context.Context, courrier.TrackingEvent) { reported++ }
			})
			w.TopUp(5)
			w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
				receipt, err := w.Carrier.Submit(ctx, s)
				if c.meet != nil {
					c.meet(w, s, receipt.ProviderID)
				}
				receipt.Events = []courrier.TrackingEvent{c.told(w, receipt.ProviderID)}
				return receipt, err
			}})
			rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
			w.Dispatch()
			require.Equal(t, c.status, w.Letter(rec.ID).Status)
			refresh := func() {
				_, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
				require.NoError(t, err)
			}
			refresh()
			require.Equal(t, c.asked, w.Carrier.Asked)
			require.Equal(t, c.after, w.Letter(rec.ID).Status)
			refresh()
			require.Equal(t, c.asked, w.Carrier.Asked, "and not again")
			require.Equal(t, c.reported, reported)
			for e, err := range w.Store.Events(w.Ctx, courrier.EventFilter{}) {
				require.NoError(t, err)
				require.True(t, e.Folded)
				require.Equal(t, rec.ID, e.Letter)
			}
			if c.after == courrier.StatusFailed {
				w.RequireBalance("5", "0")
				require.Equal(t, courrier.DutyPurge, w.Letter(rec.ID).Duty)
			} else {
				w.RequireBalance("0", "0")
			}
		})
	}
}

// A carrier whose calls hang keeps few letters in doubt and few workers busy: it is
// left alone, its letters go to the next carrier or wait, and one call at a time
// finds out whether it is back.
func TestACarrierThatHangsIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]bool{"alone": false, "with another carrier": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := testscene.New(t)
				w.TopUp(20)
				dead, calls := true, int64(0)
				hang := func(ctx context.Context) error {
					atomic.AddInt64(&calls, 1)
					if dead {
						<-ctx.Done()
					}
					return ctx.Err()
				}
				w.Bend(&testscene.Bent{
					OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
						if err := hang(ctx); err != nil {
							return courrier.Receipt{}, err
						}
						return w.Carrier.Submit(ctx, s)
					},
					OnFind: func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
						if err := hang(ctx); err != nil {
							return courrier.Receipt{}, err
						}
						return w.Carrier.Find(ctx, ref)
					},
				})
				other := testscene.NewCarrier("other", w.Now)
				if second {
					w.Config.Providers = append(w.Config.Providers, other)
					w.Restart()
				}
				ids := make([]courrier.LetterID, 20)
				for i := range ids {
					ids[i] = w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)).ID
				}
				began := time.Now()
				dispatch := func(workers int) courrier.DispatchReport {
					report, err := w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{Workers: workers})
					require.NoError(t, err)
					return report
				}
				want := courrier.DispatchReport{InDoubt: 3, Retried: 17}
				if second {
					want = courrier.DispatchReport{InDoubt: 3, Submitted: 17}
				}
				require.Equal(t, want, dispatch(1))
				require.EqualValues(t, 3, calls)
				require.Less(t, time.Since(began), 7*time.Minute)
				require.Contains(t, w.Logs.String(), "left alone")

				w.Advance(4 * time.Minute)
				dispatch(4)
				require.EqualValues(t, 3, calls, "it rests")
				w.Advance(time.Hour)
				dispatch(4)
				require.EqualValues(t, 4, calls, "one finds out for all")
				dead = false
				for range 60 {
					w.Advance(10 * time.Minute)
					dispatch(4)
				}
				for _, id := range ids {
					require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
					_, there := other.ByID[id]
					require.Equal(t, !there, w.Times(id) == 1, "at one of them, once")
				}
				require.Equal(t, second, len(other.Accepted) > 0)
				w.RequireBalance("0", "0")
			})
		})
	}
}

// Nor does it hold up the news of letters at other carriers.
func TestACarrierThatHangsIsNotAskedForNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := testscene.New(t)
		w.TopUp(40)
		calls := 0
		w.Bend(&testscene.Bent{OnTrack: func(ctx context.Context, _ []courrier.Reference) ([]courrier.TrackingEvent, error) {
			calls++
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		for i := range 40 { // ten to a question
			w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
		}
		w.Dispatch()
		w.Advance(49 * time.Hour)
		began := time.Now()
		for range 5 {
			_, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{Workers: 1})
			require.NoError(t, err)
			w.Advance(time.Minute)
		}
		require.Equal(t, 3, calls)
		require.Less(t, time.Since(began), 7*time.Minute)
	})
}

func TestWhatCountsAsHanging(t *testing.T) {
	t.Parallel()
	slowly := func(err error) func(context.Context) error {
		return func(context.Context) error { time.Sleep(30 * time.Second); return err }
	}
	for name, c := range map[string]struct {
		fail  func(context.Context) error
		calls int64 // of five
	}{
		"no answer before the context ends": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 3},
		"no answer for half a minute":       {slowly(errors.New("no answer")), 3},
		"not reached for half a minute":     {slowly(courrier.ErrUnavailable), 3},
		"a call that never comes back":      {func(context.Context) error { time.Sleep(time.Hour); return nil }, 3},
		"a slow yes":                        {slowly(nil), 5},
		"a slow no":                         {slowly(courrier.ErrRejected), 5},
		"a reset at once":                   {func(context.Context) error { return errors.New("reset") }, 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := testscene.New(t)
				w.TopUp(5)
				var calls atomic.Int64 // one that never comes back is not waited for
				w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
					calls.Add(1)
					if err := c.fail(ctx); err != nil {
						return courrier.Receipt{}, err
					}
					return w.Carrier.Submit(ctx, s)
				}})
				for i := range 5 {
					w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
				}
				_, err := w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{Workers: 1})
				require.NoError(t, err)
				require.Equal(t, c.calls, calls.Load())
				time.Sleep(2 * time.Hour) // for those that come back
			})
		})
	}
	t.Run("the caller ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := testscene.New(t)
			w.TopUp(5)
			calls := 0
			w.Bend(&testscene.Bent{OnSubmit: func(ctx context.Context, _ courrier.Submission) (courrier.Receipt, error) {
				calls++
				<-ctx.Done()
				return courrier.Receipt{}, ctx.Err()
			}})
			for i := range 5 {
				rec := w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
				ctx, cancel := context.WithTimeout(w.Ctx, 20*time.Second)
				_, _ = w.Client.DispatchOne(ctx, rec.ID)
				cancel()
			}
			require.Equal(t, 5, calls)
		})
	})
}

// moving is a carrier at which an account has one of two places; letters of one are not
// seen at the other.
type moving struct {
	*testscene.Bent
	place func() (string, error)
}

func (m moving) Place(context.Context, courrier.AccountID) (string, error) { return m.place() }

// A letter is believed never to have arrived only where its attempt was made. An account
// that was moved at the carrier meanwhile keeps it in doubt until it is back.
func TestNotFoundElsewhereProvesNothing(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]func() (string, error){
		"another place": func() (string, error) { return "second", nil },
		"no place":      func() (string, error) { return "", nil },
		"no answer":     func() (string, error) { return "first", courrier.ErrUnavailable },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testscene.New(t)
			w.TopUp(1)
			at := func() (string, error) { return "first", nil }
			home := at
			m := moving{Bent: &testscene.Bent{Carrier: w.Carrier}, place: func() (string, error) { return at() }}
			m.OnFind = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
				if place, err := at(); place != "first" || err != nil {
					return courrier.Receipt{}, courrier.ErrNotFound
				}
				return w.Carrier.Find(ctx, ref)
			}
			w.Config.Providers = []courrier.Provider{m}
			w.Restart()
			w.Carrier.Script["k"] = []testscene.Outcome{testscene.AcceptsSilent}
			rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
			w.Dispatch()
			at = now
			for range 8 {
				w.Advance(24 * time.Hour)
				w.Dispatch()
			}
			require.Equal(t, courrier.StatusUnknown, w.Letter(rec.ID).Status)
			require.Equal(t, 1, w.Times(rec.ID))
			at = home
			w.Advance(48 * time.Hour)
			w.Dispatch()
			require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
			require.Equal(t, 1, w.Times(rec.ID))
		})
	}
}

// While nobody can tell where a letter would go, none is sent.
func TestNoPlaceNoAttempt(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	var err error = courrier.ErrDenied
	w.Config.Providers = []courrier.Provider{moving{&testscene.Bent{Carrier: w.Carrier}, func() (string, error) { return "first", err }}}
	w.Restart()
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	require.Equal(t, courrier.StatusQueued, w.Letter(rec.ID).Status)
	require.Equal(t, 0, w.Times(rec.ID))
	err = nil
	w.Advance(24 * time.Hour)
	w.Dispatch()
	require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
	require.Equal(t, "first", w.Letter(rec.ID).Place)
}
