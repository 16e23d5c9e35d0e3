package mock_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
)

const day = 24 * time.Hour

// submission returns a letter whose key is its id.
func submission(id string, s courrier.Service) courrier.Submission {
	l := providertest.SampleLetter(s)
	l.Key = id
	return courrier.Submission{ID: courrier.LetterID(id), Letter: l}
}

func submit(t testing.TB, o *mock.Office, id string, s courrier.Service) courrier.Reference {
	t.Helper()
	r, err := o.Submit(t.Context(), submission(id, s))
	require.NoError(t, err)
	return courrier.Reference{ID: courrier.LetterID(id), Service: s, ProviderID: r.ProviderID}
}

func track(t testing.TB, o *mock.Office, ref courrier.Reference) courrier.Tracking {
	t.Helper()
	events, err := o.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	return courrier.Fold(events)
}

func always(s mock.Script) func(courrier.Submission) mock.Script {
	return func(courrier.Submission) mock.Script { return s }
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	type try struct {
		kind     error // nil: accepted
		code     string
		accepted int // letters at the office after this attempt
	}
	for name, c := range map[string]struct {
		answers []mock.Answer
		tries   []try
	}{
		"none":           {nil, []try{{accepted: 1}, {accepted: 2}}},
		"reject":         {[]mock.Answer{mock.Reject("no_such_street")}, []try{{courrier.ErrRejected, "no_such_street", 0}, {courrier.ErrRejected, "no_such_street", 0}}},
		"deny":           {[]mock.Answer{mock.Deny("closed"), mock.Accept}, []try{{courrier.ErrDenied, "closed", 0}, {accepted: 1}}},
		"unavailable":    {[]mock.Answer{mock.Unavailable, mock.Unavailable, mock.Accept}, []try{{courrier.ErrUnavailable, "unavailable", 0}, {courrier.ErrUnavailable, "unavailable", 0}, {accepted: 1}, {accepted: 2}}},
		"timeout before": {[]mock.Answer{mock.TimeoutBefore, mock.Accept}, []try{{courrier.ErrInDoubt, "timeout", 0}, {accepted: 1}}},
		"timeout after":  {[]mock.Answer{mock.TimeoutAfter}, []try{{courrier.ErrInDoubt, "timeout", 1}, {courrier.ErrInDoubt, "timeout", 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mock.New(mock.Config{Script: always(mock.Script{Answers: c.answers})})
			for i, want := range c.tries {
				_, err := o.Submit(t.Context(), submission("a", courrier.ServiceStandard))
				if want.kind == nil {
					require.NoError(t, err, i)
				} else {
					var e *courrier.Error
					require.ErrorIs(t, err, want.kind, i)
					require.ErrorAs(t, err, &e)
					require.Equal(t, want.code, e.Code)
				}
				require.Len(t, o.Accepted(), want.accepted, i)
			}
		})
	}
}

func TestCourses(t *testing.T) {
	t.Parallel()
	ar := courrier.ServiceRegisteredAR
	deposit, delivery, receipt := courrier.ProofOfDeposit, courrier.ProofOfDelivery, courrier.ProofOfReceipt
	for _, c := range []struct {
		name    string
		service courrier.Service
		course  mock.Course
		want    courrier.Status
		reason  courrier.ReturnReason
		proofs  []courrier.ProofKind
	}{
		{"usual", courrier.ServiceStandard, nil, courrier.StatusPosted, "", nil},
		{"usual", courrier.ServiceEconomy, nil, courrier.StatusPosted, "", nil},
		{"usual", courrier.ServicePriority, nil, courrier.StatusPosted, "", nil},
		{"usual", courrier.ServiceTracked, nil, courrier.StatusDelivered, "", nil},
		{"usual", courrier.ServiceRegistered, nil, courrier.StatusDelivered, "", []courrier.ProofKind{deposit, delivery}},
		{"usual", ar, nil, courrier.StatusDelivered, "", []courrier.ProofKind{deposit, delivery, receipt}},
		{"usual", courrier.ServiceElectronicRegistered, nil, courrier.StatusDelivered, "", []courrier.ProofKind{deposit, courrier.ProofOfContent, receipt}},
		{"blocked", ar, mock.Blocked(3 * day), courrier.StatusDelivered, "", []courrier.ProofKind{deposit, delivery, receipt}},
		{"printing fails", ar, mock.PrintingFails, courrier.StatusFailed, "", nil},
		{"printing fails", courrier.ServiceElectronicRegistered, mock.PrintingFails, courrier.StatusFailed, "", nil},
		{"unclaimed", ar, mock.Returned(courrier.ReturnUnclaimed), courrier.StatusReturned, courrier.ReturnUnclaimed, []courrier.ProofKind{deposit, courrier.ProofOfReturn}},
		{"refused", ar, mock.Returned(courrier.ReturnRefused), courrier.StatusReturned, courrier.ReturnRefused, []courrier.ProofKind{deposit, courrier.ProofOfReturn}},
		{"unknown", courrier.ServiceStandard, mock.Returned(courrier.ReturnUnknownAddressee), courrier.StatusReturned, courrier.ReturnUnknownAddressee, []courrier.ProofKind{courrier.ProofOfReturn}},
		{"lost", ar, mock.Lost, courrier.StatusLost, "", []courrier.ProofKind{deposit, courrier.ProofOfLoss}},
		{"counter", ar, mock.AtCounter(6 * day), courrier.StatusDelivered, "", []courrier.ProofKind{deposit, delivery, receipt}},
		{"no receipt", ar, mock.NoReceipt, courrier.StatusDelivered, "", []courrier.ProofKind{deposit, delivery}},
		{"back from a neighbour", ar, mock.DeliveredThenReturned, courrier.StatusReturned, courrier.ReturnOther, []courrier.ProofKind{deposit, courrier.ProofOfReturn}},
		{"slow", ar, mock.Slow(4), courrier.StatusDelivered, "", []courrier.ProofKind{deposit, delivery, receipt}},
		{"blocked, then returned slowly", ar, mock.Courses(mock.Blocked(day), mock.Returned(courrier.ReturnBadAddress), mock.Slow(2)), courrier.StatusReturned, courrier.ReturnBadAddress, []courrier.ProofKind{deposit, courrier.ProofOfReturn}},
	} {
		t.Run(fmt.Sprint(c.name, " ", c.service), func(t *testing.T) {
			t.Parallel()
			o := mock.New(mock.Config{Script: always(mock.Script{Course: c.course})})
			ref := submit(t, o, "a", c.service)
			require.Equal(t, courrier.StatusSubmitted, track(t, o, ref).Status)
			o.Advance(90 * day)
			got := track(t, o, ref)
			require.Equal(t, c.want, got.Status)
			require.Equal(t, c.reason, got.Reason)
			require.Equal(t, c.proofs, got.Proofs)
			require.Empty(t, got.Contradictions)
			for _, k := range c.proofs {
				_, err := o.Proof(t.Context(), ref, k)
				require.NoError(t, err, k)
			}
		})
	}
}

func TestCoursesKeepTheirDates(t *testing.T) {
	t.Parallel()
	ar := courrier.ServiceRegisteredAR
	after := func(course mock.Course, d time.Duration) courrier.Tracking {
		o := mock.New(mock.Config{Script: always(mock.Script{Course: course})})
		ref := submit(t, o, "a", ar)
		o.Advance(d)
		return track(t, o, ref)
	}
	require.Equal(t, courrier.StatusBlocked, after(mock.Blocked(3*day), 2*day).Status)
	require.Equal(t, courrier.StatusDelivered, after(nil, 6*day).Status)
	require.NotContains(t, after(nil, 6*day).Proofs, courrier.ProofOfReceipt, "the advice of receipt comes days later")
	require.Contains(t, after(nil, 8*day).Proofs, courrier.ProofOfReceipt)
	require.Equal(t, courrier.StatusAwaitingPickup, after(mock.Returned(courrier.ReturnUnclaimed), 17*day).Status)
	require.Equal(t, courrier.StatusReturning, after(mock.Returned(courrier.ReturnUnclaimed), 19*day).Status)
	require.Equal(t, courrier.StatusDelivered, after(mock.DeliveredThenReturned, 3*day).Status)
	require.Equal(t, courrier.StatusInTransit, after(mock.Lost, 29*day).Status)
	require.Equal(t, courrier.StatusAwaitingPickup, after(mock.AtCounter(6*day), 7*day).Status)
	refused := after(mock.Returned(courrier.ReturnRefused), 30*day)
	require.Equal(t, mock.New().Now().Add(58*time.Hour), refused.PresentedAt, "who refuses a letter was offered it")
	require.Zero(t, after(mock.Returned(courrier.ReturnBadAddress), 30*day).PresentedAt)
}

func TestCoursesLeaveTheirJourneyAlone(t *testing.T) {
	t.Parallel()
	usual, before := mock.Journeys(), mock.Journeys()
	for _, j := range usual {
		for _, c := range []mock.Course{mock.Blocked(day), mock.PrintingFails, mock.Returned(courrier.ReturnUnclaimed), mock.Lost, mock.AtCounter(day), mock.NoReceipt, mock.DeliveredThenReturned, mock.Slow(2)} {
			c(j)
		}
	}
	require.Equal(t, before, usual)
}

// TestAnyCourseIsAHistory: whatever courses are combined, steps are in order and
// history never takes anything back.
func TestAnyCourseIsAHistory(t *testing.T) {
	t.Parallel()
	courses := []mock.Course{mock.Blocked(day), mock.PrintingFails, mock.Returned(courrier.ReturnUnclaimed), mock.Returned(courrier.ReturnDeceased), mock.Lost,
		mock.AtCounter(2 * day), mock.NoReceipt, mock.DeliveredThenReturned, mock.Slow(3)}
	rapid.Check(t, func(rt *rapid.T) {
		course := mock.Courses(rapid.SliceOfN(rapid.SampledFrom(courses), 0, 3).Draw(rt, "courses")...)
		noise := mock.Noise{Duplicated: rapid.Bool().Draw(rt, "duplicated"), Shuffled: rapid.Bool().Draw(rt, "shuffled"), UnknownCodes: rapid.Bool().Draw(rt, "unknown")}
		o := mock.New(mock.Config{Script: always(mock.Script{Course: course, Noise: noise})})
		r, err := o.Submit(t.Context(), submission("a", rapid.SampledFrom(courrier.Services()).Draw(rt, "service")))
		require.NoError(rt, err)
		ref := []courrier.Reference{{ProviderID: r.ProviderID}}
		told := make(map[string]time.Time)
		for range 5 {
			o.Advance(time.Duration(rapid.IntRange(0, 40).Draw(rt, "days")) * day)
			events, err := o.Track(t.Context(), ref)
			require.NoError(rt, err)
			now := make(map[string]time.Time)
			for _, e := range events {
				require.False(rt, e.Happened.After(o.Now()))
				now[e.ID] = e.Happened
			}
			for id, at := range told {
				require.Equal(rt, at, now[id])
			}
			told = now
		}
	})
}

func TestScriptsBySubmission(t *testing.T) {
	t.Parallel()
	lost := map[string]mock.Script{"x": {Course: mock.Lost}}
	sub := func(change func(*courrier.Letter)) courrier.Submission {
		s := submission("other", courrier.ServiceStandard)
		change(&s.Letter)
		return s
	}
	require.NotNil(t, mock.ByKey(lost)(sub(func(l *courrier.Letter) { l.Key = "x" })).Course)
	require.Nil(t, mock.ByKey(lost)(sub(func(*courrier.Letter) {})).Course)
	require.NotNil(t, mock.ByMetadata("fate", lost)(sub(func(l *courrier.Letter) { l.Metadata = map[string]string{"fate": "x"} })).Course)
	require.Nil(t, mock.ByMetadata("fate", lost)(sub(func(*courrier.Letter) {})).Course)
	require.NotNil(t, mock.ByName(lost)(sub(func(l *courrier.Letter) { l.To.Name = "x" })).Course)
	require.NotNil(t, mock.ByName(lost)(sub(func(l *courrier.Letter) { l.To.Name, l.To.Company = "", "x" })).Course)
	require.Nil(t, mock.ByName(lost)(sub(func(*courrier.Letter) {})).Course)
}

func TestPrintsTwiceUnlessIdempotent(t *testing.T) {
	t.Parallel()
	twice := mock.New()
	a, b := submit(t, twice, "a", courrier.ServiceTracked), submit(t, twice, "a", courrier.ServiceTracked)
	require.Len(t, twice.Accepted(), 2)
	require.NotEqual(t, a.ProviderID, b.ProviderID)
	found, err := twice.Find(t.Context(), courrier.Reference{ID: "a"})
	require.NoError(t, err)
	require.Equal(t, a.ProviderID, found.ProviderID)

	once := mock.New(mock.Config{Idempotent: true})
	a, b = submit(t, once, "a", courrier.ServiceTracked), submit(t, once, "a", courrier.ServiceTracked)
	require.Len(t, once.Accepted(), 1)
	require.Equal(t, a.ProviderID, b.ProviderID)
}

func TestAcceptedTellsWhatWasPrinted(t *testing.T) {
	t.Parallel()
	o := mock.New()
	s := submission("a", courrier.ServiceRegistered)
	body := courrier.NewDocument("body", []byte("%PDF-1.4 body"))
	attachment := courrier.Document{Content: []byte("%PDF-1.4 attachment")} // without its sum
	s.Letter.Documents = []courrier.Document{body, attachment}
	r, err := o.Submit(t.Context(), s)
	require.NoError(t, err)
	got := o.Accepted()
	require.Len(t, got, 1)
	require.Equal(t, mock.Acceptance{
		Letter: "a", Account: s.Letter.Account, Service: courrier.ServiceRegistered, ProviderID: r.ProviderID,
		TrackingNumber: got[0].TrackingNumber, At: o.Now(), Documents: []courrier.Sum{body.Sum, courrier.SumOf(attachment.Content)},
	}, got[0])
	got[0].Documents[0] = "scribbled"
	require.Equal(t, body.Sum, o.Accepted()[0].Documents[0])
}

func TestRefusesWhatItCannotPrint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*courrier.Submission)
		field  string
	}{
		"no id":      {func(s *courrier.Submission) { s.ID = "" }, "ID"},
		"no print":   {func(s *courrier.Submission) { s.Letter.Print = nil }, "Letter.Print"},
		"no body":    {func(s *courrier.Submission) { s.Letter.Documents = nil }, "Letter.Documents"},
		"no content": {func(s *courrier.Submission) { s.Letter.Documents[0].Content = nil }, "Letter.Documents[0].Content"},
		"no street":  {func(s *courrier.Submission) { s.Letter.To.Address.Street = "" }, "Letter.To.Address.Street"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mock.New()
			s := submission("a", courrier.ServiceStandard)
			c.change(&s)
			_, err := o.Submit(t.Context(), s)
			require.ErrorIs(t, err, courrier.ErrInvalid)
			require.Equal(t, c.field, courrier.FieldErrors(err)[0].Field)
			require.Empty(t, o.Accepted())
		})
	}
}

func TestTrackingNumbers(t *testing.T) {
	t.Parallel()
	require.Equal(t, 6, mock.CheckDigit("3627577083")) // published sandbox numbers of La Poste's
	require.Equal(t, 4, mock.CheckDigit("1898797067"))
	o := mock.New()
	seen := make(map[string]bool)
	for i := range 1000 {
		submit(t, o, fmt.Sprint(i), courrier.ServiceRegistered)
	}
	for _, a := range o.Accepted() {
		n := a.TrackingNumber
		require.Regexp(t, `^[0-9][A-Z][0-9]{11}$`, n)
		require.Equal(t, mock.CheckDigit(n[2:12]), int(n[12]-'0'))
		require.False(t, seen[n])
		seen[n] = true
	}
	ordinary := mock.New()
	submit(t, ordinary, "a", courrier.ServiceStandard)
	require.Empty(t, ordinary.Accepted()[0].TrackingNumber)
}

func TestTrackingNumberIsToldWhenPosted(t *testing.T) {
	t.Parallel()
	o := mock.New()
	ref := submit(t, o, "a", courrier.ServiceTracked)
	require.Empty(t, track(t, o, ref).TrackingNumber)
	o.Advance(10 * time.Hour)
	require.Equal(t, o.Accepted()[0].TrackingNumber, track(t, o, ref).TrackingNumber)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	o := mock.New()
	early, late := submit(t, o, "early", courrier.ServiceTracked), submit(t, o, "late", courrier.ServiceTracked)
	require.NoError(t, o.Cancel(t.Context(), early))
	require.NoError(t, o.Cancel(t.Context(), early))
	o.Advance(5*time.Hour + 59*time.Minute)
	require.Equal(t, courrier.StatusCancelled, track(t, o, early).Status)
	o.Advance(time.Minute)
	require.ErrorIs(t, o.Cancel(t.Context(), late), courrier.ErrRejected)
	require.ErrorIs(t, o.Cancel(t.Context(), courrier.Reference{ID: "none"}), courrier.ErrNotFound)

	o.Script(always(mock.Script{IgnoreCancel: true}))
	lost := submit(t, o, "lost race", courrier.ServiceTracked)
	require.NoError(t, o.Cancel(t.Context(), lost))
	o.Advance(30 * day)
	require.Equal(t, courrier.StatusDelivered, track(t, o, lost).Status)
}

func TestVisibleAfter(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{VisibleAfter: 10 * time.Minute})
	require.Equal(t, 10*time.Minute, o.Capabilities().SettleAfter)
	ref := submit(t, o, "a", courrier.ServiceStandard)
	_, err := o.Find(t.Context(), courrier.Reference{ID: "a"})
	require.ErrorIs(t, err, courrier.ErrNotFound)
	_, err = o.Find(t.Context(), ref)
	require.NoError(t, err, "by its own id the office knows it at once")
	o.Advance(10 * time.Minute)
	_, err = o.Find(t.Context(), courrier.Reference{ID: "a"})
	require.NoError(t, err)
}

func TestClock(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2026-01-05 08:00:00 +0000 UTC", mock.New().Now().String())
	start := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	o := mock.New(mock.Config{Start: start})
	o.Advance(day)
	require.Equal(t, start.Add(day), o.Now())

	host := start
	followed := mock.New(mock.Config{Clock: func() time.Time { return host }})
	host = host.Add(time.Hour)
	followed.Advance(time.Minute)
	require.Equal(t, start.Add(time.Hour+time.Minute), followed.Now())
}

func TestForget(t *testing.T) {
	t.Parallel()
	o := mock.New()
	old := submit(t, o, "old", courrier.ServiceStandard)
	followed := submit(t, o, "followed", courrier.ServiceRegisteredAR)
	o.Advance(2 * day)
	require.Equal(t, 1, o.Forget(o.Now()))
	for _, ref := range []courrier.Reference{old, {ID: old.ID}} {
		_, err := o.Find(t.Context(), ref)
		require.ErrorIs(t, err, courrier.ErrNotFound)
	}
	_, err := o.Find(t.Context(), followed)
	require.NoError(t, err)
	require.Len(t, o.Accepted(), 1)
}

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := mock.New(mock.Config{Latency: 10 * time.Second})
		began := time.Now()
		submit(t, o, "slow", courrier.ServiceStandard)
		require.Equal(t, 10*time.Second, time.Since(began))

		for deadline, accepted := range map[time.Duration]int{4 * time.Second: 1, 6 * time.Second: 2} {
			o := mock.New(mock.Config{Latency: 10 * time.Second})
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			_, err := o.Submit(ctx, submission("cut", courrier.ServiceStandard))
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, o.Accepted(), accepted-1, "half of the time passes before the letter is accepted")
		}
	})
}

func TestSilenceIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := mock.New()
		o.Disturb(mock.Silence)
		_, err := o.Submit(context.Background(), submission("a", courrier.ServiceStandard))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Empty(t, o.Accepted())
		o.Disturb(mock.Calm)
		o.Script(always(mock.Script{Answers: []mock.Answer{mock.HangAfter}}))
		_, err = o.Submit(context.Background(), submission("a", courrier.ServiceStandard))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, o.Accepted(), 1)
	})
}

func TestDraftsAreNamed(t *testing.T) {
	t.Parallel()
	o := mock.New()
	d := o.WithDrafts()
	s := submission("a", courrier.ServiceStandard)
	_, err := d.Submit(t.Context(), s)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	s.Draft, err = d.Draft(t.Context(), s)
	require.NoError(t, err)
	_, err = d.Submit(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, o.Accepted(), 1)
}

func TestNoise(t *testing.T) {
	t.Parallel()
	quiet := mock.New()
	ref := submit(t, quiet, "a", courrier.ServiceRegisteredAR)
	quiet.Advance(60 * day)
	want := track(t, quiet, ref)
	for name, noise := range map[string]mock.Noise{
		"duplicated": {Duplicated: true}, "shuffled": {Shuffled: true}, "unknown": {UnknownCodes: true}, "all": {Duplicated: true, Shuffled: true, UnknownCodes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mock.New(mock.Config{Script: always(mock.Script{Noise: noise})})
			ref := submit(t, o, "a", courrier.ServiceRegisteredAR)
			o.Advance(60 * day)
			require.Equal(t, want, track(t, o, ref))
		})
	}
	undated := mock.New(mock.Config{Script: always(mock.Script{Noise: mock.Noise{Undated: true}})})
	ref = submit(t, undated, "a", courrier.ServiceRegisteredAR)
	undated.Advance(60 * day)
	got := track(t, undated, ref)
	require.Equal(t, want.Status, got.Status)
	require.Equal(t, undated.Now(), got.DeliveredAt, "an undated event counts when it is heard")
}

func TestUnknownCodesAreMarked(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{Script: always(mock.Script{Noise: mock.Noise{UnknownCodes: true}})})
	ref := submit(t, o, "a", courrier.ServiceStandard)
	events, err := o.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.True(t, events[1].Unknown)
	_, known := mock.MeaningOf(events[1].Code)
	require.False(t, known)
}

func TestQuoteIsTheConfiguredPrice(t *testing.T) {
	t.Parallel()
	price := courrier.MustAmount("9.99", "EUR")
	o := mock.New(mock.Config{Prices: map[courrier.Service]courrier.Amount{courrier.ServiceStandard: price}})
	for s, want := range map[courrier.Service]courrier.Amount{courrier.ServiceStandard: price, courrier.ServiceTracked: mock.Prices()[courrier.ServiceTracked]} {
		got, err := o.Quote(t.Context(), submission("a", s).Letter)
		require.NoError(t, err)
		require.True(t, want.Equal(got))
		r, err := o.Submit(t.Context(), submission(string(s), s))
		require.NoError(t, err)
		require.True(t, want.Equal(r.Price))
	}
}

func TestOwnJourneys(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{Journeys: map[courrier.Service]mock.Journey{
		courrier.ServiceTracked: {{2 * time.Hour, mock.CodeDelivered}, {time.Hour, mock.CodePosted}},
	}})
	ref := submit(t, o, "a", courrier.ServiceTracked)
	o.Advance(time.Hour)
	require.Equal(t, courrier.StatusPosted, track(t, o, ref).Status)
	o.Advance(time.Hour)
	require.Equal(t, courrier.StatusDelivered, track(t, o, ref).Status)
}

func TestErrorsNameTheLetter(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{Name: "poste", Script: always(mock.Script{Answers: []mock.Answer{mock.Reject("x1")}})})
	_, err := o.Submit(t.Context(), submission("letter-7", courrier.ServiceStandard))
	var e *courrier.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, courrier.Error{Op: "submit", Kind: courrier.ErrRejected, Provider: "poste", Code: "x1", LetterID: "letter-7"}, *e)
}
