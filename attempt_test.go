package courrier_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// bent is the scripted carrier with a behaviour of its own where one is given.
type bent struct {
	*carrier
	submit func(context.Context, courrier.Submission) (courrier.Receipt, error)
	find   func(context.Context, courrier.Reference) (courrier.Receipt, error)
	cancel func(context.Context, courrier.Reference) error
	track  func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error)
	proof  func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error)
}

func (b *bent) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if b.submit == nil {
		return b.carrier.Submit(ctx, s)
	}
	return b.submit(ctx, s)
}

func (b *bent) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	if b.find == nil {
		return b.carrier.Find(ctx, ref)
	}
	return b.find(ctx, ref)
}

func (b *bent) Cancel(ctx context.Context, ref courrier.Reference) error {
	if b.cancel == nil {
		return b.carrier.Cancel(ctx, ref)
	}
	return b.cancel(ctx, ref)
}

func (b *bent) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	if b.track == nil {
		return b.carrier.Track(ctx, refs)
	}
	return b.track(ctx, refs)
}

func (b *bent) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	if b.proof == nil {
		return b.carrier.Proof(ctx, ref, kind)
	}
	return b.proof(ctx, ref, kind)
}

// bend makes the scene's carrier misbehave.
func (w *scene) bend(b *bent) {
	b.carrier = w.carrier
	w.config.Providers = []courrier.Provider{b}
	w.restart()
}

// watchedStore calls watch before each commit; its error fails the commit.
type watchedStore struct {
	courrier.Store
	watch func(courrier.Change) error
}

func (s watchedStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	for _, c := range changes {
		if err := s.watch(c); err != nil {
			return nil, err
		}
	}
	return s.Store.Commit(ctx, changes...)
}

// watch puts a watchedStore before the scene's store.
func (w *scene) watch(watch func(courrier.Change) error) {
	w.config.Store, w.config.Contents = watchedStore{w.store, watch}, w.store.(courrier.Contents)
	w.restart()
}

// A store that answers only when the lease is as good as over: by then another
// worker may have settled the attempt, so it is not made.
func TestASlowStoreSendsNothing(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	rec := w.send(letter("k", courrier.ServiceStandard))
	slow := true
	w.watch(func(c courrier.Change) error {
		if slow && c.Letter != nil && c.Letter.Status == courrier.StatusUnknown {
			w.advance(2 * time.Minute)
		}
		return nil
	})
	w.dispatch()
	after := w.letter(rec.ID)
	require.Equal(t, courrier.StatusQueued, after.Status)
	require.Equal(t, "lease-short", after.Failure.Code)
	require.Zero(t, w.times(rec.ID))
	slow = false
	w.advance(time.Hour)
	require.Equal(t, 1, w.dispatch().Submitted)
	require.Equal(t, 1, w.times(rec.ID))
}

// A clock that jumps, or that is ahead of the one that began the attempt, makes a
// lease look old and one "not found" look late: the carrier must say it twice.
func TestNotFoundOnceProvesNothing(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	asked := 0
	w.bend(&bent{find: func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
		if asked++; asked <= 2 {
			return courrier.Receipt{}, courrier.ErrNotFound
		}
		return w.carrier.Find(ctx, ref)
	}})
	w.carrier.script["k"] = []outcome{acceptsSilent}
	rec := w.send(letter("k", courrier.ServiceStandard))
	w.dispatch()
	w.advance(24 * time.Hour)
	w.dispatch()
	require.Equal(t, courrier.StatusUnknown, w.letter(rec.ID).Status)
	_, err := w.client.Resume(w.ctx, rec.ID)
	require.ErrorIs(t, err, courrier.ErrInDoubt, "twice at one moment is once")
	w.advance(5 * time.Minute)
	require.Equal(t, 1, w.dispatch().Settled)
	require.Equal(t, courrier.StatusSubmitted, w.letter(rec.ID).Status)
	require.Equal(t, 1, w.times(rec.ID))
}

// Not found, twice, but within the time in which the letter may still show.
func TestNotFoundTooEarlyProvesNothing(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	w.carrier.script["k"] = []outcome{neverArrives}
	rec := w.send(letter("k", courrier.ServiceStandard))
	w.dispatch()
	for range 3 { // an attempt's lease of three minutes, and the carrier's one
		_, err := w.client.Resume(w.ctx, rec.ID)
		require.ErrorIs(t, err, courrier.ErrInDoubt)
		w.advance(79 * time.Second)
	}
	w.advance(4 * time.Second)
	_, err := w.client.Resume(w.ctx, rec.ID)
	require.NoError(t, err)
}

// A carrier's code that never comes back holds up its own letter only; that
// letter is never sent again on the carrier's "not found", for the call may yet print.
func TestACallThatNeverEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newScene(t)
		w.topUp(2)
		release := make(chan struct{})
		w.bend(&bent{submit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			if s.Letter.Key == "hangs" {
				<-release
			}
			return w.carrier.Submit(ctx, s)
		}})
		stuck, other := w.send(letter("hangs", courrier.ServiceStandard)), w.send(letter("other", courrier.ServiceStandard))
		report := w.dispatch()
		require.Equal(t, courrier.DispatchReport{Submitted: 1, InDoubt: 1}, report)
		for range 10 {
			w.advance(time.Hour)
			w.dispatch()
		}
		require.Equal(t, courrier.StatusUnknown, w.letter(stuck.ID).Status)
		require.Equal(t, 1, w.times(other.ID))
		close(release)
		synctest.Wait() // it did print after all
		w.advance(24 * time.Hour)
		w.dispatch()
		require.Equal(t, courrier.StatusSubmitted, w.letter(stuck.ID).Status)
		require.Equal(t, 1, w.times(stuck.ID))
	})
}

// A panic in a carrier's or the host's code is that letter's trouble alone, and
// its text is not logged.
func TestAPanicStopsNobodyElse(t *testing.T) {
	t.Parallel()
	boom := func(key string) {
		if key == "boom" {
			panic(secretName)
		}
	}
	for name, mend := range map[string]func(w *scene, b *bent){
		"submit": func(w *scene, b *bent) {
			b.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
				boom(s.Letter.Key)
				return w.carrier.Submit(ctx, s)
			}
		},
		"recheck": func(w *scene, _ *bent) {
			w.config.Recheck = func(_ context.Context, r courrier.LetterRecord) (courrier.Recheck, error) {
				boom(r.Letter.Key)
				return courrier.Recheck{}, nil
			}
		},
		"route": func(w *scene, _ *bent) {
			sent := 0
			w.config.Route = func(_ context.Context, l courrier.Letter) ([]string, error) {
				if sent++; sent > 2 {
					boom(l.Key)
				}
				return []string{"post"}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScene(t)
			w.topUp(2)
			b := &bent{}
			mend(w, b)
			w.bend(b)
			bad, good := w.send(letter("boom", courrier.ServiceStandard)), w.send(letter("good", courrier.ServiceStandard))
			_, err := w.client.Dispatch(w.ctx, courrier.DispatchOptions{Workers: 1})
			require.NoError(t, err)
			require.Equal(t, courrier.StatusSubmitted, w.letter(good.ID).Status)
			require.Contains(t, []courrier.Status{courrier.StatusQueued, courrier.StatusUnknown}, w.letter(bad.ID).Status)
			require.True(t, w.letter(bad.ID).DueAt.After(w.clock), "it stands before nobody")
			require.Contains(t, w.logs.String(), "panic")
			require.NotContains(t, w.logs.String(), secretName)
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
			w := newScene(t)
			w.topUp(1)
			w.bend(&bent{submit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
				r, err := w.carrier.Submit(ctx, s)
				require.NoError(t, err)
				return answer(r)
			}})
			rec := w.send(letter("k", courrier.ServiceStandard))
			require.Equal(t, courrier.DispatchReport{InDoubt: 1}, w.dispatch())
			w.advance(time.Hour)
			require.Equal(t, 1, w.dispatch().Settled)
			require.Equal(t, courrier.StatusSubmitted, w.letter(rec.ID).Status)
			require.Equal(t, 1, w.times(rec.ID))
		})
	}
	for _, besides := range []error{courrier.ErrUnavailable, courrier.ErrDenied, context.DeadlineExceeded} {
		for _, kind := range []error{courrier.ErrNotFound, courrier.ErrRejected} {
			w := newScene(t)
			w.topUp(1)
			w.bend(&bent{find: func(context.Context, courrier.Reference) (courrier.Receipt, error) {
				return courrier.Receipt{}, errors.Join(kind, besides)
			}})
			w.carrier.script["k"] = []outcome{acceptsSilent}
			rec := w.send(letter("k", courrier.ServiceStandard))
			for range 4 {
				w.dispatch()
				w.advance(24 * time.Hour)
			}
			require.Equal(t, courrier.StatusUnknown, w.letter(rec.ID).Status)
			require.Equal(t, 1, w.times(rec.ID))
		}
	}
}

// drafting is a carrier that takes letters in two steps.
type drafting struct {
	*bent
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
	w := newScene(t)
	w.topUp(1)
	var drafted, asked int
	var meanwhile []courrier.DispatchReport
	another := func() {
		w.advance(2 * time.Minute)
		other, err := courrier.New(w.config)
		require.NoError(t, err)
		report, err := other.Dispatch(w.ctx, courrier.DispatchOptions{})
		require.NoError(t, err)
		meanwhile = append(meanwhile, report)
	}
	p := drafting{bent: &bent{carrier: w.carrier}, draft: func() {
		if drafted++; drafted == 1 {
			another()
		}
	}}
	p.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		another()
		return w.carrier.Submit(ctx, s)
	}
	p.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
		asked++
		return w.carrier.Find(ctx, ref)
	}
	w.config.Providers = []courrier.Provider{p}
	w.restart()
	rec := w.send(letter("k", courrier.ServiceStandard))
	require.Equal(t, 1, w.dispatch().Submitted)
	require.Equal(t, []courrier.DispatchReport{{}, {}}, meanwhile)
	require.Equal(t, 1, drafted)
	require.Zero(t, asked)
	require.Equal(t, 1, w.times(rec.ID))
}

// Nobody can know that the carrier has no letter while the attempt may go on.
func TestSettleByHandWaitsForTheAttempt(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	var early error
	w.bend(&bent{submit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		_, early = w.client.SettleByHand(w.ctx, s.ID, "")
		return w.carrier.Submit(ctx, s)
	}})
	rec := w.send(letter("k", courrier.ServiceStandard))
	require.Equal(t, 1, w.dispatch().Submitted)
	require.ErrorIs(t, early, courrier.ErrConflict)
	require.Equal(t, 1, w.times(rec.ID))
}

// Three days without a carrier are counted from the first refusal of service, not
// from a day on which the letter waited for something else.
func TestALetterHeldForDaysIsTriedForThreeMore(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	rec := w.send(letter("k", courrier.ServiceStandard))
	w.advance(10 * 24 * time.Hour)
	w.topUp(1)
	w.carrier.script["k"] = []outcome{unavailable}
	require.Equal(t, 1, w.dispatch().Retried)
	w.advance(time.Hour)
	require.Equal(t, 1, w.dispatch().Submitted)
	require.Equal(t, courrier.StatusSubmitted, w.letter(rec.ID).Status)
}

// An account that switches post off means the letters that wait, too.
func TestPostSwitchedOffHoldsWhatIsQueued(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	rec := w.send(letter("k", courrier.ServiceStandard))
	unpaid := w.send(letter("unpaid", courrier.ServiceStandard))
	settings, err := w.client.SetSettings(w.ctx, "acme", courrier.Settings{PostOff: true})
	require.NoError(t, err)
	w.topUp(1)
	w.advance(2 * time.Hour)
	require.Equal(t, courrier.DispatchReport{Held: 1}, w.dispatch())
	require.Equal(t, courrier.HoldPostOff, w.letter(rec.ID).Hold)
	_, err = w.client.Approve(w.ctx, rec.ID)
	require.ErrorIs(t, err, courrier.ErrDenied)

	settings.PostOff = false
	_, err = w.client.SetSettings(w.ctx, "acme", settings)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, w.letter(unpaid.ID).Status, "it waited for credit only")
	require.Equal(t, courrier.StatusHeld, w.letter(rec.ID).Status, "a person decides what still goes")
	_, err = w.client.Approve(w.ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, 2, w.dispatch().Submitted)
	w.requireBalance("0", "0")
}

var errDisk = errors.New("disk full")

// One letter that cannot be woken keeps neither those behind it nor other
// accounts' letters, and a top-up that is booked is no failure.
func TestOneLetterThatCannotBeWoken(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	bad, good := w.send(letter("bad", courrier.ServiceStandard)), w.send(letter("good", courrier.ServiceStandard))
	w.watch(func(c courrier.Change) error {
		if c.Letter != nil && c.Letter.ID == bad.ID {
			return errDisk
		}
		return nil
	})
	w.topUp(2)
	require.Equal(t, courrier.StatusQueued, w.letter(good.ID).Status)
	other := letter("other", courrier.ServiceStandard)
	other.Account = "other"
	rec := w.send(other)
	w.advance(2 * time.Hour)
	_, err := w.client.Credits("other").TopUp(w.ctx, "o", stamps(t, 1))
	require.NoError(t, err)
	require.Equal(t, 2, w.dispatch().Submitted)
	require.Equal(t, courrier.StatusSubmitted, w.letter(rec.ID).Status)
	require.Equal(t, courrier.StatusHeld, w.letter(bad.ID).Status)
}

// Each unit wakes its own letters: want of one does not hold those of another.
func TestWakingByUnit(t *testing.T) {
	t.Parallel()
	w := newScene(t, func(c *courrier.Config) { c.Tariff = byUnit{} })
	euros, first := w.send(letter("euros", courrier.ServiceRegisteredAR)), w.send(letter("first", courrier.ServiceStandard))
	second := w.send(letter("second", courrier.ServiceStandard))
	w.topUp(1)
	require.Equal(t, courrier.StatusHeld, w.letter(euros.ID).Status)
	require.Equal(t, courrier.StatusQueued, w.letter(first.ID).Status)
	require.Equal(t, courrier.StatusHeld, w.letter(second.ID).Status)
}

type byUnit struct{}

func (byUnit) Price(p courrier.Priceable) (courrier.Amount, error) {
	if p.Service.Registered() {
		return courrier.NewAmount("5", "EUR")
	}
	return courrier.NewAmount("1", "stamp")
}

// A top-up wakes some letters at once and leaves the rest to the next Dispatch.
func TestATopUpForManyLettersIsBounded(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	var many []courrier.Letter
	for i := range 600 {
		many = append(many, letter(string(rune('A'+i%26))+time.Duration(i).String(), courrier.ServiceStandard))
	}
	for _, r := range w.client.SendAll(w.ctx, many) {
		require.NoError(t, r.Err)
	}
	var writes atomic.Int64
	w.watch(func(c courrier.Change) error {
		if c.Letter != nil {
			writes.Add(1)
		}
		return nil
	})
	w.topUp(600)
	require.Less(t, writes.Load(), int64(300))
	report := w.dispatch()
	require.Equal(t, 600, report.Submitted)
	w.requireBalance("0", "0")
}

// What a letter waits for is the billing of today.
func TestBillingChangedWhileALetterWaits(t *testing.T) {
	t.Parallel()
	for mode, want := range map[courrier.BillingMode]string{courrier.BillingPostpaid: "-1", courrier.BillingByCarrier: "0"} {
		w := newScene(t)
		rec := w.send(letter("k", courrier.ServiceStandard))
		require.Equal(t, courrier.StatusHeld, rec.Status)
		_, err := w.client.SetSettings(w.ctx, "acme", courrier.Settings{Billing: mode})
		require.NoError(t, err)
		require.Equal(t, 1, w.dispatch().Submitted)
		require.Equal(t, mode, w.letter(rec.ID).Billing)
		w.requireBalance(want, "0")
	}
}

// A letter made cheaper goes as soon as its credit reaches.
func TestRevisedToWhatTheCreditCovers(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	rec := w.send(letter("k", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusHeld, rec.Status)
	rec, err := w.client.Revise(w.ctx, rec.ID, func(l *courrier.Letter) { l.Service = courrier.ServiceStandard })
	require.NoError(t, err)
	require.Equal(t, courrier.StatusQueued, rec.Status)
	w.requireBalance("0", "1")
}

// The wish to stop a letter is written before the carrier hears it: asking again
// after a failure reaches the carrier, and one that was stopped meanwhile is stopped.
func TestCancelAgainReachesTheCarrier(t *testing.T) {
	t.Parallel()
	for name, heard := range map[string]bool{"the first call was lost": false, "its answer was lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScene(t)
			w.topUp(1)
			calls := 0
			w.bend(&bent{cancel: func(ctx context.Context, ref courrier.Reference) error {
				calls++
				switch {
				case calls == 1 && !heard:
					return courrier.ErrUnavailable
				case calls == 1:
					return errors.Join(w.carrier.Cancel(ctx, ref), errDisk)
				case heard:
					return courrier.ErrRejected // it is stopped already
				}
				return w.carrier.Cancel(ctx, ref)
			}})
			id, _ := w.sent("k", courrier.ServiceStandard)
			rec, err := w.client.Cancel(w.ctx, id)
			require.Error(t, err)
			require.Equal(t, courrier.StatusCancelRequested, rec.Status)
			rec, err = w.client.Cancel(w.ctx, id)
			require.NoError(t, err)
			require.Equal(t, courrier.StatusCancelled, rec.Status)
			require.Equal(t, 2, calls)
			w.requireBalance("1", "0")
		})
	}
}

func TestResendReplacesOnce(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceStandard)
	w.advance(time.Hour)
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event(there, courrier.StatusReturned, "")))
	_, err := w.client.Resend(w.ctx, id, "k", nil)
	require.ErrorIs(t, err, courrier.ErrConflict, "its own key")
	require.Empty(t, w.letter(id).ReplacedBy)
	first, err := w.client.Resend(w.ctx, id, "k/2", nil)
	require.NoError(t, err)
	again, err := w.client.Resend(w.ctx, id, "k/2", nil)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	_, err = w.client.Resend(w.ctx, id, "k/3", nil)
	require.ErrorIs(t, err, courrier.ErrConflict, "it was replaced before")
	require.Equal(t, first.ID, w.letter(id).ReplacedBy)
	w.requireBalance("3", "1")
}

// Many people resend one letter at the same moment, each under a key of his own,
// with credit for it and without.
func TestResendAtTheSameMoment(t *testing.T) {
	t.Parallel()
	for _, credit := range []int{1, 9} {
		w := newScene(t)
		w.topUp(credit)
		id, there := w.sent("k", courrier.ServiceStandard)
		w.advance(time.Hour)
		require.NoError(t, w.client.Apply(w.ctx, w.carrier.event(there, courrier.StatusReturned, "")))
		var sent atomic.Int64
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				_, err := w.client.Resend(w.ctx, id, fmt.Sprint("again/", n), nil)
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
		for rec, err := range w.client.Letters(w.ctx, courrier.LetterFilter{Account: "acme"}) {
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
	said := func(status courrier.Status) func(*scene, string) courrier.TrackingEvent {
		return func(w *scene, id string) courrier.TrackingEvent { return w.carrier.event(id, status, "") }
	}
	hint := func(w *scene, id string) courrier.TrackingEvent {
		e := w.carrier.event(id, courrier.StatusFailed, "")
		e.Hint = true
		return e
	}
	unknown := func(w *scene, id string) courrier.TrackingEvent {
		e := w.carrier.event(id, "", "")
		e.Code, e.Unknown = "teleported", true
		e.ID += "!"
		return e
	}
	hook := func(w *scene, s courrier.Submission, id string) { // it is faster than the answer
		e := w.carrier.event(id, courrier.StatusPosted, "")
		e.Letter = s.ID
		require.NoError(w.t, w.client.Apply(w.ctx, e))
	}
	orphan := func(w *scene, _ courrier.Submission, id string) {
		require.NoError(w.t, w.client.Apply(w.ctx, w.carrier.event(id, courrier.StatusPosted, "")))
	}
	idle := func(w *scene, s courrier.Submission, id string) { // a code that proves nothing
		e := unknown(w, id)
		e.Letter, e.ID = s.ID, "post:idle"
		require.NoError(w.t, w.client.Apply(w.ctx, e))
	}
	for name, c := range map[string]struct {
		told     func(*scene, string) courrier.TrackingEvent
		meet     func(*scene, courrier.Submission, string)
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
			w := newScene(t, func(c *courrier.Config) {
				c.OnUnknownCode = func(context.Context, courrier.TrackingEvent) { reported++ }
			})
			w.topUp(5)
			w.bend(&bent{submit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
				receipt, err := w.carrier.Submit(ctx, s)
				if c.meet != nil {
					c.meet(w, s, receipt.ProviderID)
				}
				receipt.Events = []courrier.TrackingEvent{c.told(w, receipt.ProviderID)}
				return receipt, err
			}})
			rec := w.send(letter("k", courrier.ServiceRegisteredAR))
			w.dispatch()
			require.Equal(t, c.status, w.letter(rec.ID).Status)
			refresh := func() {
				_, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{})
				require.NoError(t, err)
			}
			refresh()
			require.Equal(t, c.asked, w.carrier.asked)
			require.Equal(t, c.after, w.letter(rec.ID).Status)
			refresh()
			require.Equal(t, c.asked, w.carrier.asked, "and not again")
			require.Equal(t, c.reported, reported)
			for e, err := range w.store.Events(w.ctx, courrier.EventFilter{}) {
				require.NoError(t, err)
				require.True(t, e.Folded)
				require.Equal(t, rec.ID, e.Letter)
			}
			if c.after == courrier.StatusFailed {
				w.requireBalance("5", "0")
				require.Equal(t, courrier.DutyPurge, w.letter(rec.ID).Duty)
			} else {
				w.requireBalance("0", "0")
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
				w := newScene(t)
				w.topUp(20)
				dead, calls := true, int64(0)
				hang := func(ctx context.Context) error {
					atomic.AddInt64(&calls, 1)
					if dead {
						<-ctx.Done()
					}
					return ctx.Err()
				}
				w.bend(&bent{
					submit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
						if err := hang(ctx); err != nil {
							return courrier.Receipt{}, err
						}
						return w.carrier.Submit(ctx, s)
					},
					find: func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
						if err := hang(ctx); err != nil {
							return courrier.Receipt{}, err
						}
						return w.carrier.Find(ctx, ref)
					},
				})
				other := newCarrier("other", w.now)
				if second {
					w.config.Providers = append(w.config.Providers, other)
					w.restart()
				}
				ids := make([]courrier.LetterID, 20)
				for i := range ids {
					ids[i] = w.send(letter(fmt.Sprint("k", i), courrier.ServiceStandard)).ID
				}
				began := time.Now()
				dispatch := func(workers int) courrier.DispatchReport {
					report, err := w.client.Dispatch(w.ctx, courrier.DispatchOptions{Workers: workers})
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
				require.Contains(t, w.logs.String(), "left alone")

				w.advance(4 * time.Minute)
				dispatch(4)
				require.EqualValues(t, 3, calls, "it rests")
				w.advance(time.Hour)
				dispatch(4)
				require.EqualValues(t, 4, calls, "one finds out for all")
				dead = false
				for range 60 {
					w.advance(10 * time.Minute)
					dispatch(4)
				}
				for _, id := range ids {
					require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)
					_, there := other.byID[id]
					require.Equal(t, !there, w.times(id) == 1, "at one of them, once")
				}
				require.Equal(t, second, len(other.accepted) > 0)
				w.requireBalance("0", "0")
			})
		})
	}
}

// Nor does it hold up the news of letters at other carriers.
func TestACarrierThatHangsIsNotAskedForNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newScene(t)
		w.topUp(40)
		calls := 0
		w.bend(&bent{track: func(ctx context.Context, _ []courrier.Reference) ([]courrier.TrackingEvent, error) {
			calls++
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		for i := range 40 { // ten to a question
			w.send(letter(fmt.Sprint("k", i), courrier.ServiceStandard))
		}
		w.dispatch()
		w.advance(49 * time.Hour)
		began := time.Now()
		for range 5 {
			_, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{Workers: 1})
			require.NoError(t, err)
			w.advance(time.Minute)
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
				w := newScene(t)
				w.topUp(5)
				var calls atomic.Int64 // one that never comes back is not waited for
				w.bend(&bent{submit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
					calls.Add(1)
					if err := c.fail(ctx); err != nil {
						return courrier.Receipt{}, err
					}
					return w.carrier.Submit(ctx, s)
				}})
				for i := range 5 {
					w.send(letter(fmt.Sprint("k", i), courrier.ServiceStandard))
				}
				_, err := w.client.Dispatch(w.ctx, courrier.DispatchOptions{Workers: 1})
				require.NoError(t, err)
				require.Equal(t, c.calls, calls.Load())
				time.Sleep(2 * time.Hour) // for those that come back
			})
		})
	}
	t.Run("the caller ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newScene(t)
			w.topUp(5)
			calls := 0
			w.bend(&bent{submit: func(ctx context.Context, _ courrier.Submission) (courrier.Receipt, error) {
				calls++
				<-ctx.Done()
				return courrier.Receipt{}, ctx.Err()
			}})
			for i := range 5 {
				rec := w.send(letter(fmt.Sprint("k", i), courrier.ServiceStandard))
				ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
				_, _ = w.client.DispatchOne(ctx, rec.ID)
				cancel()
			}
			require.Equal(t, 5, calls)
		})
	})
}
