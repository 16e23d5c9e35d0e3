package laposte_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

// suiviCodes are those of the contract and what each means here.
var suiviCodes = map[string]courrier.Status{
	"DR1": "", "DR2": "", "PC1": courrier.StatusInTransit, "PC2": courrier.StatusInTransit,
	"ET1": courrier.StatusInTransit, "ET2": courrier.StatusInTransit, "ET3": courrier.StatusInTransit, "ET4": courrier.StatusInTransit,
	"EP1": courrier.StatusInTransit, "DO1": courrier.StatusInTransit, "DO2": courrier.StatusInTransit, "DO3": "", "ID0": courrier.StatusInTransit,
	"PB1": "", "PB2": courrier.StatusInTransit, "MD2": courrier.StatusInTransit, "ND1": courrier.StatusReturning,
	"AG1": courrier.StatusAwaitingPickup, "RE1": courrier.StatusReturning,
	"DI0": courrier.StatusDelivered, "DI1": courrier.StatusDelivered, "DI2": courrier.StatusReturned, "DI3": "",
}

type suiviWorld struct {
	fake  *lapostetest.Server
	suivi *laposte.Suivi
}

func newSuiviWorld(t *testing.T) suiviWorld {
	t.Helper()
	fake := newFake(lapostetest.Options{})
	t.Cleanup(fake.Close)
	suivi, err := newSuivi(fake, nil)
	require.NoError(t, err)
	return suiviWorld{fake, suivi}
}

const domestic = "4P36275770836"

func numbered(numbers ...string) []courrier.Reference {
	refs := make([]courrier.Reference, len(numbers))
	for i, n := range numbers {
		refs[i] = courrier.Reference{ID: courrier.LetterID(fmt.Sprintf("letter-%d", i)), TrackingNumber: n}
	}
	return refs
}

func (w suiviWorld) track(t *testing.T, refs ...courrier.Reference) []courrier.TrackingEvent {
	t.Helper()
	events, err := w.suivi.Track(t.Context(), refs)
	require.NoError(t, err)
	return events
}

func TestSuiviCodes(t *testing.T) {
	t.Parallel()
	w := newSuiviWorld(t)
	for code := range suiviCodes {
		w.fake.AddSuivi(domestic, code)
	}
	w.fake.AddSuivi(domestic, "ZZ9")
	events := w.track(t, numbered(domestic)...)
	for code, want := range suiviCodes {
		e := told(t, events, code)
		require.Equal(t, want, e.Status, code)
		require.False(t, e.Unknown, code)
		require.True(t, w.fake.Now().Equal(e.Happened), code)
		require.Equal(t, domestic, e.TrackingNumber)
		require.Equal(t, domestic, e.ProviderID, "alone, the number is the carrier's id")
		require.Equal(t, laposte.Name, e.Provider)
	}
	require.True(t, told(t, events, "ZZ9").Unknown)
}

// TestSuiviForms: one number as an object or an array of one, with and without
// order; the events are the same, ids included.
func TestSuiviForms(t *testing.T) {
	t.Parallel()
	w := newSuiviWorld(t)
	w.fake.AddSuivi(domestic, "PC1")
	w.fake.Advance(24 * time.Hour)
	w.fake.AddSuivi(domestic, "DI1")
	want := w.track(t, numbered(domestic)...)
	require.Len(t, want, 2)
	require.Equal(t, courrier.StatusDelivered, courrier.Fold(want).Status)
	for _, form := range []lapostetest.SuiviForm{{ArrayOfOne: true}, {NoOrder: true}, {ArrayOfOne: true, NoOrder: true}} {
		w.fake.SetSuivi(form)
		got := w.track(t, numbered(domestic)...)
		for i := range got {
			require.Equal(t, want[i].ID, got[i].ID)
			require.Equal(t, want[i].Status, got[i].Status)
		}
	}
}

func TestSuiviNotYet(t *testing.T) {
	t.Parallel()
	w := newSuiviWorld(t)
	for _, form := range []lapostetest.SuiviForm{{}, {ArrayOfOne: true}, {HTML404: true}} {
		w.fake.SetSuivi(form)
		require.Empty(t, w.track(t, numbered(domestic)...))
	}
	w.fake.AddSuivi(domestic, "PC1")
	events := w.track(t, numbered("6A18987970674", domestic)...)
	require.Len(t, events, 1, "known and unknown in one answer of 207")
	require.EqualValues(t, "letter-1", events[0].Letter)
	require.Empty(t, w.track(t, numbered("6A18987970674", "2C00000000001")...), "a 207 that holds only failures")
}

func TestSuiviBatchesOfTen(t *testing.T) {
	t.Parallel()
	w := newSuiviWorld(t)
	var numbers []string
	for i := range 23 {
		n := fmt.Sprintf("1A%011d", i)
		numbers = append(numbers, n)
		w.fake.AddSuivi(n, "PC1")
	}
	refs := append(numbered(numbers...), numbered("", "1a 0000000 0022", "x", strings.Repeat("9", 40))...)
	events := w.track(t, refs...)
	require.Len(t, events, 24, "one number was written in two ways")
	asked := w.fake.Requests()
	require.Len(t, asked, 3)
	require.Equal(t, lapostetest.SuiviPath+"/idships/"+strings.Join(numbers[:10], ","), asked[0].EscapedPath)
	require.Empty(t, w.track(t))
}

// TestSuiviMalformedNumber: one bad number gets the whole call refused and must
// not hide the others for ever.
func TestSuiviMalformedNumber(t *testing.T) {
	t.Parallel()
	w := newSuiviWorld(t)
	w.fake.AddSuivi(domestic, "DI1")
	events := w.track(t, numbered("MALFORMED0001", domestic)...)
	require.Len(t, events, 1)
	require.Empty(t, w.track(t, numbered("MALFORMED0001")...))
}

func TestSuiviFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		code   string
	}{
		"gateway, key":           {401, `{"code":"UNAUTHORIZED","message":"key okapi-key-7716"}`, courrier.ErrDenied, "UNAUTHORIZED"},
		"envelope, key":          {401, `{"lang":"fr_FR","scope":"open","returnCode":101,"returnMessage":"x","idShip":"y"}`, courrier.ErrDenied, "101"},
		"not subscribed":         {403, ``, courrier.ErrDenied, ""},
		"quota":                  {429, `{"code":"TOO_MANY_REQUESTS","message":"100 calls"}`, courrier.ErrUnavailable, "TOO_MANY_REQUESTS"},
		"gateway down":           {503, `{"code":"SERVICE_UNAVAILABLE","message":"x"}`, courrier.ErrUnavailable, "SERVICE_UNAVAILABLE"},
		"time-out, envelope":     {504, `{"returnCode":504,"returnMessage":"x","idShip":"y"}`, courrier.ErrUnavailable, "504"},
		"error, array":           {500, `[{"returnCode":500,"returnMessage":"x"}]`, courrier.ErrUnavailable, "500"},
		"success, no JSON":       {200, `<html>`, courrier.ErrUnavailable, ""},
		"success, no envelope":   {200, `{}`, courrier.ErrUnavailable, ""},
		"success, broken events": {200, `{"returnCode":200,"shipment":{"idShip":"x","event":"none"}}`, courrier.ErrUnavailable, ""},
		"moved":                  {302, ``, courrier.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // repeats wait a second and more
				suivi, err := laposte.NewSuivi(laposte.SuiviConfig{Key: okapiKey, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					resp := answer(r, c.status, c.body)
					resp.Header.Set("X-Okapi-Request-Id", "a1b2-c3")
					return resp, nil
				})})
				require.NoError(t, err)
				_, err = suivi.Track(t.Context(), numbered(domestic))
				require.ErrorIs(t, err, c.kind)
				require.NotContains(t, err.Error(), okapiKey)
				require.Contains(t, err.Error(), "a1b2-c3", "what La Poste's support asks for")
				var e *courrier.Error
				require.ErrorAs(t, err, &e)
				if strings.Trim(c.code, "0123456789") != "" {
					require.Equal(t, c.code, e.Code)
				}
			})
		})
	}
}

// TestSuiviQuota: calls keep the pace of the quota, and a refusal waits at least
// a second.
func TestSuiviQuota(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		quota    laposte.Quota
		slowest  time.Duration // 31 calls take at least
		quickest time.Duration // and at most
	}{
		"default": {laposte.Quota{}, 5 * time.Second, 7 * time.Second},
		"plan":    {laposte.PlanQuota(), 2 * time.Second, 4 * time.Second},
		"faq":     {laposte.FAQQuota(), 15 * time.Second, 20 * time.Second},
		"gateway": {laposte.GatewayQuota(), 200 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				suivi, err := laposte.NewSuivi(laposte.SuiviConfig{Key: okapiKey, Quota: c.quota, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					return answer(r, http.StatusNotFound, ``), nil
				})})
				require.NoError(t, err)
				start := time.Now()
				for range 31 {
					_, err := suivi.Track(t.Context(), numbered(domestic))
					require.NoError(t, err)
				}
				took := time.Since(start)
				require.GreaterOrEqual(t, took, c.slowest)
				require.LessOrEqual(t, took, c.quickest)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		refusals := 1
		suivi, err := laposte.NewSuivi(laposte.SuiviConfig{Key: okapiKey, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if refusals > 0 {
				refusals--
				return answer(r, http.StatusTooManyRequests, `{"code":"TOO_MANY_REQUESTS","message":"x"}`), nil
			}
			return answer(r, http.StatusNotFound, ``), nil
		})})
		require.NoError(t, err)
		start := time.Now()
		_, err = suivi.Track(t.Context(), numbered(domestic))
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(start), time.Second)
	})
}

func TestSuiviNamesOtherCarriers(t *testing.T) {
	t.Parallel()
	fake := newFake(lapostetest.Options{})
	t.Cleanup(fake.Close)
	suivi, err := laposte.NewSuivi(laposte.SuiviConfig{Key: okapiKey, BaseURL: fake.URL + lapostetest.SuiviPath, Provider: "counter", Now: fake.Now})
	require.NoError(t, err)
	fake.AddSuivi(domestic, "DI1")
	ref := numbered(domestic)[0]
	ref.ProviderID = "receipt-77"
	events, err := suivi.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	require.Equal(t, "counter", events[0].Provider)
	require.Equal(t, "receipt-77", events[0].ProviderID)
	require.True(t, strings.HasPrefix(events[0].ID, "counter:"))
}

func TestNewSuiviNamesWrongFields(t *testing.T) {
	t.Parallel()
	_, err := laposte.NewSuivi(laposte.SuiviConfig{Key: "key\n", BaseURL: "x", Quota: laposte.Quota{Calls: -1}})
	var fields []string
	for _, f := range courrier.FieldErrors(err) {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"Key", "Quota", "BaseURL"}, fields)
}

func TestCheckNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]laposte.NumberCheck{
		"4P36275770836":       {Number: "4P36275770836", Form: laposte.FormDomestic},
		"6a 189 879 70674":    {Number: "6A18987970674", Form: laposte.FormDomestic},
		"4P36275770837":       {Number: "4P36275770837", Form: laposte.FormDomestic, Doubtful: true},
		"RR473124829GB":       {Number: "RR473124829GB", Form: laposte.FormS10}, // UPU's own example: 47312482 has the check digit 9
		"RR473124820GB":       {Number: "RR473124820GB", Form: laposte.FormS10, Doubtful: true},
		"87000634002228A":     {Number: "87000634002228A", Form: laposte.FormSmartData},
		"87000634002228B":     {Number: "87000634002228B", Form: laposte.FormSmartData, Doubtful: true},
		"870006340022280":     {Number: "870006340022280", Form: laposte.FormSmartData, Doubtful: true},
		"990006340022280":     {Number: "990006340022280", Doubtful: true},
		"":                    {Doubtful: true},
		"somebody's own text": {Number: "SOMEBODY'SOWNTEXT", Doubtful: true},
	} {
		require.Equal(t, want, laposte.CheckNumber(number), number)
	}
	// A doubtful number is asked about all the same.
	w := newSuiviWorld(t)
	w.fake.AddSuivi("4P36275770837", "DI1")
	require.Len(t, w.track(t, numbered("4P36275770837")...), 1)
}

// TestSuiviBesideMaileva: both tell the same letter; the fold takes both.
func TestSuiviBesideMaileva(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.send(t, submission(courrier.ServiceRegistered))
	w.fake.Advance(96 * time.Hour)
	events := w.track(t, ref)
	require.Equal(t, courrier.StatusDelivered, told(t, events, "LP15").Status)
	require.Equal(t, courrier.StatusDelivered, told(t, events, "DI1").Status)
	require.Equal(t, ref.ProviderID, told(t, events, "DI1").ProviderID)
	folded := courrier.Fold(events)
	require.Equal(t, courrier.StatusDelivered, folded.Status)
	require.Empty(t, folded.Contradictions)
	slices.Reverse(events)
	require.Equal(t, folded, courrier.Fold(events))
}
