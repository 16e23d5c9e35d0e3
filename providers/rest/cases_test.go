package rest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("wire-07", func(t *testing.T) {
		t.Parallel()
		t.Run("a pause is of one key", pauseIsOfOneKey)
		t.Run("on the injected clock", pauseEndsOnTheInjectedClock)
		t.Run("the pace is of the process", paceIsOfTheProcess)
	})
	t.Run("wire-08", func(t *testing.T) {
		t.Parallel()
		t.Run("links", linksLeadToTheCarrier)
		t.Run("redirects", redirectsStayWithTheCarrier)
		t.Run("addresses", privateAddressesAreNotReached)
		t.Run("ends", cutFilesAreFound)
	})
}

// busyFor answers 429 to one key, and counts the calls that arrive.
func busyFor(calls map[string]int) direct {
	return func(r *http.Request) (*http.Response, error) {
		key := r.Header.Get("Key")
		calls[key]++
		if key == "busy" && calls[key] == 1 {
			return answer(429, "", "Retry-After", "3600"), nil
		}
		return answer(200, "{}"), nil
	}
}

func keyed(key string) rest.Call {
	call := post("x")
	call.Key, call.Header = key, http.Header{"Key": {key}}
	return call
}

func pauseIsOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[string]int{}
		c := client(t, rest.Config{Transport: busyFor(calls)})
		_, err := c.Do(t.Context(), keyed("busy"))
		require.NoError(t, err)
		began := time.Now()
		_, err = c.Do(t.Context(), keyed("busy"))
		require.ErrorIs(t, err, rest.ErrBusy)
		require.True(t, rest.NothingLeft(err))
		for _, calm := range []string{"calm", "", "another"} {
			_, err = c.Do(t.Context(), keyed(calm))
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(began), "nobody waited")
		time.Sleep(15*time.Minute + time.Second) // the longest pause of one answer
		_, err = c.Do(t.Context(), keyed("busy"))
		require.NoError(t, err)
		require.Equal(t, 2, calls["busy"])
	})
}

// A clock that the host moves ends a pause as one that runs does; one that stands
// still does not make it last longer than the machine's time.
func pauseEndsOnTheInjectedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, now := map[string]int{}, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		c := client(t, rest.Config{Transport: busyFor(calls), Now: func() time.Time { return now }})
		_, err := c.Do(t.Context(), keyed("busy"))
		require.NoError(t, err)
		_, err = c.Do(t.Context(), keyed("busy"))
		require.ErrorIs(t, err, rest.ErrBusy)
		now = now.Add(time.Hour)
		_, err = c.Do(t.Context(), keyed("busy"))
		require.NoError(t, err)
		now = now.Add(-48 * time.Hour)
		for range 100 {
			_, err = c.Do(t.Context(), keyed("calm"))
			require.NoError(t, err, "a clock that was set back holds nobody up")
		}
	})
}

func paceIsOfTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		pace := rest.NewPace(2, 1)
		clients := []*rest.Client{}
		for range 2 { // such as two services of one carrier
			clients = append(clients, client(t, rest.Config{Transport: busyFor(map[string]int{}), Pace: pace, Now: func() time.Time { return now }}))
		}
		began := time.Now()
		for i := range 6 {
			_, err := clients[i%2].Do(t.Context(), keyed(fmt.Sprint("account-", i)))
			require.NoError(t, err)
		}
		require.Equal(t, 2500*time.Millisecond, time.Since(began), "six calls at two a second, whoever makes them, on a clock that stands still")
	})
}

func linksLeadToTheCarrier(t *testing.T) {
	t.Parallel()
	var fetched []string
	c := client(t, rest.Config{BaseURL: "https://api.carrier.test", Transport: direct(func(r *http.Request) (*http.Response, error) {
		fetched = append(fetched, r.URL.String())
		return answer(200, "%PDF-1.4\n%%EOF"), nil
	})})
	fetch := func(link string) error {
		_, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: link, Hosts: []string{"carrier.test", "Bucket.Store.Example"}})
		return err
	}
	for _, good := range []string{
		"https://api.carrier.test/f", "https://carrier.test/f", "https://files.CARRIER.test/f", "https://carrier.test.:443/f", "https://bucket.store.example/f?sig=1",
	} {
		require.NoError(t, fetch(good), good)
	}
	fetched = nil
	for _, bad := range []string{
		"https://127.0.0.1/f", "https://169.254.169.254/latest/meta-data", "https://[::1]/f", "https://10.0.0.1/", "https://localhost/f", "https://2130706433/",
		"https://notcarrier.test/", "https://carrier.test.evil.example/", "https://store.example/f", "https://carrier.test:6379/", "http://carrier.test/f",
		"https://user:pass@carrier.test/f", "file:///etc/passwd", "ftp://carrier.test/", "//carrier.test/f", "", "https://", "https:carrier.test", "gopher://carrier.test/",
	} {
		err := fetch(bad)
		require.Error(t, err, bad)
		require.True(t, rest.NothingLeft(err), bad)
	}
	require.Empty(t, fetched)
}

func redirectsStayWithTheCarrier(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"https://169.254.169.254/secrets", "https://elsewhere.test/f", "http://carrier.test/f", "https://carrier.test:8080/f"} {
		hops := 0
		c := client(t, rest.Config{BaseURL: "https://api.carrier.test", Transport: direct(func(r *http.Request) (*http.Response, error) {
			if hops++; hops == 1 {
				return answer(302, "", "Location", to), nil
			}
			return answer(200, "secret"), nil
		})})
		_, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: "https://carrier.test/f", Hosts: []string{"carrier.test"}, Repeatable: true})
		require.Error(t, err, to)
		require.Equal(t, 1, hops, to)
	}
}

// A name of the carrier's may lead into the host's own network; the address is
// looked at after the name is resolved.
func privateAddressesAreNotReached(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached.Add(1) }))
	t.Cleanup(inside.Close)
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	require.NoError(t, err)
	for _, given := range []http.RoundTripper{nil, &http.Transport{}} {
		c := client(t, rest.Config{BaseURL: "http://127.0.0.1:" + port, Transport: given, Retries: -1})
		for _, ip := range []string{"127.0.0.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]"} {
			_, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: "http://" + ip + "/x", Hosts: []string{"127.0.0.1", "0.0.0.0", "::1", "10.1.2.3"}})
			require.ErrorIs(t, err, rest.ErrHost, ip)
		}
		_, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: "http://127.0.0.1:" + port + "/own"})
		require.NoError(t, err, "the API itself is where the host says")
	}
	require.EqualValues(t, 2, reached.Load())
}

// A body without a length that is cut anywhere is found out.
func cutFilesAreFound(t *testing.T) {
	t.Parallel()
	whole := append([]byte("%PDF-1.4\n1 0 obj\n<< /Linearized 1 /L 4096 /H [1 2] >>\nendobj\n%%EOF\n"), bytes.Repeat([]byte("stream "), 570)...)
	whole = append(whole[:4096-7], "\n%%EOF\n"...)
	require.Len(t, whole, 4096)
	require.NoError(t, rest.WholePDF(whole))
	server := rawServer(t, func(c net.Conn) {
		readHead(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
		_, _ = c.Write(whole[:2048])
	})
	got, err := client(t, rest.Config{BaseURL: server}).Do(t.Context(), rest.Call{Method: http.MethodGet})
	require.NoError(t, err, "a cut without a length looks like a success")
	require.Error(t, rest.WholePDF(got.Body))
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(whole)-3).Draw(t, "cut") // the line end may be missing
		require.Error(t, rest.WholePDF(whole[:cut]))
	})
	for _, bad := range []string{"", "%PDF-", "<html>%%EOF", "%PDF-1.4\n%%EOF\n<html>", "%PDF-1.4 %%EO"} {
		require.Error(t, rest.WholePDF([]byte(bad)), bad)
	}
}

// Whose word: own words and unsent bytes prove that nothing was done; no status,
// length or shape of anybody else's answer does.
func TestEffectTakesTheCarriersWordOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		status := rapid.IntRange(100, 999).Draw(t, "status")
		require.Equal(t, courrier.ErrInDoubt, rest.Effect(&rest.Answer{Status: status}, nil, false))
		kind := rest.Effect(&rest.Answer{Status: status}, nil, true)
		if status < 400 || status > 499 {
			require.Equal(t, courrier.ErrInDoubt, kind, "%d", status)
		}
		require.NotEqual(t, courrier.ErrNotFound, rest.Question(&rest.Answer{Status: status}, nil, false))
	})
	for status, want := range map[int]error{
		400: courrier.ErrRejected, 401: courrier.ErrDenied, 402: courrier.ErrDenied, 403: courrier.ErrDenied, 404: courrier.ErrRejected, 408: courrier.ErrInDoubt,
		409: courrier.ErrRejected, 413: courrier.ErrRejected, 415: courrier.ErrRejected, 422: courrier.ErrRejected, 425: courrier.ErrInDoubt, 429: courrier.ErrUnavailable,
	} {
		require.Equal(t, want, rest.Effect(&rest.Answer{Status: status}, nil, true), "%d", status)
	}
	for reach, want := range map[rest.Reach]error{rest.NotSent: courrier.ErrUnavailable, rest.MayHaveArrived: courrier.ErrInDoubt, rest.Answered: courrier.ErrInDoubt} {
		require.Equal(t, want, rest.Effect(nil, &rest.Error{Reach: reach}, true), reach.String())
	}
	require.Equal(t, courrier.ErrInDoubt, rest.Effect(nil, errors.New("of somebody else"), true))
	require.Equal(t, courrier.ErrInDoubt, rest.Effect(nil, nil, true))
	require.Equal(t, courrier.ErrNotFound, rest.Question(&rest.Answer{Status: 404}, nil, true))
	require.Equal(t, courrier.ErrUnavailable, rest.Question(nil, context.Canceled, true))
}

func FuzzWholePDF(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n%%EOF\n"))
	f.Add([]byte("%PDF-1.4\n<< /Linearized 1 /L 99999999999999999999 >>%%EOF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if rest.WholePDF(b) == nil {
			require.True(t, bytes.Contains(b[max(len(b)-1024, 0):], []byte("%%EOF")))
		}
	})
}
