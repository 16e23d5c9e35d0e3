package mock_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
)

// receiver is a host's webhook handler that fails a number of times first.
type receiver struct {
	t      *testing.T
	office *mock.Office
	fail   int
	events []courrier.TrackingEvent
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.fail > 0 {
		r.fail--
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	body, err := io.ReadAll(req.Body)
	require.NoError(r.t, err)
	hook, err := r.office.ParseWebhook(req.Header, req.URL.Query(), body)
	require.NoError(r.t, err)
	r.events = append(r.events, hook.Events...)
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{Secret: []byte("s3cret")})
	ref := submit(t, o, "a", courrier.ServiceRegisteredAR)
	o.Advance(60 * day)
	r := &receiver{t: t, office: o, fail: 2}
	taken, left, err := o.Deliver(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, []int{7, 2}, []int{taken, left})
	taken, left, err = o.Deliver(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, []int{2, 0}, []int{taken, left}, "what failed is called again")
	taken, _, err = o.Deliver(t.Context(), r)
	require.NoError(t, err)
	require.Zero(t, taken, "what was taken is not called again")
	require.Equal(t, track(t, o, ref), courrier.Fold(r.events))
}

func TestWebhooksComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{Script: always(mock.Script{Answers: []mock.Answer{mock.TimeoutAfter}, Noise: mock.Noise{Anonymous: true}})})
	_, err := o.Submit(t.Context(), submission("a", courrier.ServiceTracked))
	require.ErrorIs(t, err, courrier.ErrInDoubt)
	calls := o.Webhooks()
	require.Len(t, calls, 1)
	hook, err := o.ParseWebhook(calls[0].Header, nil, calls[0].Body)
	require.NoError(t, err)
	require.Empty(t, hook.Events[0].Letter, "an orphan")
	require.True(t, hook.Events[0].Hint, "nobody signed it")
	found, err := o.Find(t.Context(), courrier.Reference{ID: "a"})
	require.NoError(t, err)
	require.Equal(t, found.ProviderID, hook.Events[0].ProviderID)
}

func TestWebhooksAreNoisy(t *testing.T) {
	t.Parallel()
	codes := func(noise mock.Noise) (all []string) {
		o := mock.New(mock.Config{Script: always(mock.Script{Noise: noise})})
		submit(t, o, "a", courrier.ServiceRegisteredAR)
		o.Advance(60 * day)
		for _, c := range o.Webhooks() {
			hook, err := o.ParseWebhook(c.Header, nil, c.Body)
			require.NoError(t, err)
			all = append(all, hook.Events[0].Code)
		}
		return all
	}
	usual := codes(mock.Noise{})
	require.Len(t, usual, 9)
	require.Len(t, codes(mock.Noise{Duplicated: true}), 18)
	shuffled := codes(mock.Noise{Shuffled: true})
	require.ElementsMatch(t, usual, shuffled)
	require.NotEqual(t, usual, shuffled)
	require.Contains(t, strings.Join(codes(mock.Noise{UnknownCodes: true}), " "), "x00")
}

func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	o := mock.New(mock.Config{Secret: []byte("s3cret")})
	submit(t, o, "a", courrier.ServiceTracked)
	call := o.Webhooks()[0]
	hook, err := o.ParseWebhook(call.Header, nil, call.Body)
	require.NoError(t, err)
	require.False(t, hook.Events[0].Hint)

	stranger := mock.New(mock.Config{Secret: []byte("other")})
	_, err = stranger.ParseWebhook(call.Header, nil, call.Body)
	require.ErrorIs(t, err, courrier.ErrDenied)
	_, err = o.ParseWebhook(call.Header, nil, append(call.Body, ' '))
	require.ErrorIs(t, err, courrier.ErrDenied)
	_, err = o.ParseWebhook(http.Header{mock.SignatureHeader: {"zz"}}, nil, call.Body)
	require.ErrorIs(t, err, courrier.ErrDenied)
}

func TestUnreadableWebhooks(t *testing.T) {
	t.Parallel()
	o := mock.New()
	for _, body := range []string{"", "{", "null", "[]", `{"id":"mock:1-0","letter":"1"}`, `{"id":"mock:1-0","code":"posted"}`,
		`{"id":"other:1-0","letter":"1","code":"posted"}`, `{"id":"mock:2-0","letter":"1","code":"posted"}`, `{"id":"mock:1-0","letter":"1","code":"posted"}` + strings.Repeat(" ", 1<<17)} {
		_, err := o.ParseWebhook(nil, nil, []byte(body))
		require.ErrorIs(t, err, courrier.ErrInvalid, body[:min(len(body), 60)])
	}
}

func FuzzParseWebhook(f *testing.F) {
	o := mock.New()
	submit(f, o, "a", courrier.ServiceRegisteredAR)
	o.Advance(60 * day)
	for _, c := range o.Webhooks() {
		f.Add(c.Body)
	}
	f.Add([]byte(`{"id":"mock:1-0","letter":"1","code":"?","happened":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		hook, err := o.ParseWebhook(http.Header{}, nil, body)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			return
		}
		require.Len(t, hook.Events, 1)
		e := hook.Events[0]
		require.True(t, e.Hint)
		require.NotEmpty(t, e.ProviderID)
		require.True(t, strings.HasPrefix(e.ID, "mock:"+e.ProviderID+"-"))
		_, err = json.Marshal(e)
		require.NoError(t, err)
	})
}
