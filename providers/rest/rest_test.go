package rest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier/providers/rest"
)

// direct answers round trips from memory, so that tests run on a fake clock.
type direct func(*http.Request) (*http.Response, error)

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) { return d(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

func client(t *testing.T, cfg rest.Config) *rest.Client {
	t.Helper()
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://carrier.test/v2"
	}
	c, err := rest.New(cfg)
	require.NoError(t, err)
	return c
}

func post(body string) rest.Call {
	return rest.Call{Method: http.MethodPost, Path: []string{"letters"}, Body: rest.Bytes("text/plain", []byte(body)), Header: http.Header{"Idempotency-Key": {"k"}}}
}

func TestNewRefusesBadBaseURLs(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "carrier.test", "ftp://carrier.test", "https://key@carrier.test", "https://carrier.test?x=1", "https://carrier.test#a", "https://", "%"} {
		_, err := rest.New(rest.Config{BaseURL: bad})
		require.Error(t, err, bad)
	}
}

func TestOnlyRepeatableCallsAreRepeated(t *testing.T) {
	t.Parallel()
	failures := map[string]func() (*http.Response, error){
		"429":   func() (*http.Response, error) { return answer(429, ""), nil },
		"500":   func() (*http.Response, error) { return answer(500, ""), nil },
		"504":   func() (*http.Response, error) { return answer(504, "<html>"), nil },
		"reset": func() (*http.Response, error) { return nil, errors.New("connection reset") },
	}
	for name, failure := range failures {
		for _, repeatable := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " repeatable=", repeatable), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var calls int
					c := client(t, rest.Config{Transport: direct(func(r *http.Request) (*http.Response, error) {
						calls++
						body, err := io.ReadAll(r.Body)
						require.NoError(t, err)
						require.Equal(t, "whole", string(body), "attempt %d", calls)
						return failure()
					})})
					call := post("whole")
					call.Repeatable = repeatable
					_, err := c.Do(t.Context(), call)
					want := 1
					if repeatable {
						want = 4
					}
					require.Equal(t, want, calls)
					if name == "reset" {
						var re *rest.Error
						require.ErrorAs(t, err, &re)
						require.Equal(t, want, re.Attempts)
						return
					}
					require.NoError(t, err)
				})
			})
		}
	}
}

// net/http repeats requests with an Idempotency-Key by itself when a kept
// connection breaks; a call that could print must not be.
func TestNetHTTPDoesNotRepeatBehindOurBack(t *testing.T) {
	t.Parallel()
	for _, withBody := range []bool{true, false} {
		var posts atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.Method == http.MethodPost {
				posts.Add(1)
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					conn.Close()
				}
			}
		}))
		t.Cleanup(server.Close)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		for _, rt := range []http.RoundTripper{transport, direct(transport.RoundTrip)} {
			posts.Store(0)
			c := client(t, rest.Config{BaseURL: server.URL, Transport: rt})
			_, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, Repeatable: true})
			require.NoError(t, err)
			call := post("letter")
			if !withBody {
				call.Body = rest.Body{}
			}
			_, err = c.Do(t.Context(), call)
			var re *rest.Error
			require.ErrorAs(t, err, &re)
			require.Equal(t, rest.MayHaveArrived, re.Reach)
			require.EqualValues(t, 1, posts.Load())
		}
	}
}

func TestReachOfRealConnections(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/reset":
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		case "/slow":
			<-r.Context().Done()
		case "/short200", "/short400":
			w.Header().Set("Content-Length", "1000")
			if r.URL.Path == "/short400" {
				w.WriteHeader(http.StatusBadRequest)
			}
			_, _ = w.Write([]byte("{"))
		case "/long":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 2000))
		}
	}))
	t.Cleanup(server.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refusing := "http://" + closed.Addr().String()
	closed.Close()
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tlsServer.Close)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	for name, tc := range map[string]struct {
		ctx   context.Context
		base  string
		path  string
		reach rest.Reach
		is    error
	}{
		"connection refused": {base: refusing, path: "x", reach: rest.NotSent},
		"unknown authority":  {base: tlsServer.URL, path: "x", reach: rest.NotSent},
		"cancelled before":   {ctx: cancelled, base: server.URL, path: "x", reach: rest.NotSent, is: context.Canceled},
		"bad path":           {base: server.URL, path: "..", reach: rest.NotSent},
		"reset":              {base: server.URL, path: "reset", reach: rest.MayHaveArrived},
		"too slow":           {base: server.URL, path: "slow", reach: rest.MayHaveArrived, is: rest.ErrTimeout},
		"success broken off": {base: server.URL, path: "short200", reach: rest.MayHaveArrived},
		"success too long":   {base: server.URL, path: "long", reach: rest.Answered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := tc.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			c := client(t, rest.Config{BaseURL: tc.base, MaxAnswer: 1000, Timeout: 300 * time.Millisecond})
			call := post("x")
			call.Path, call.Query = []string{tc.path}, url.Values{"q": {"secret"}}
			_, err := c.Do(ctx, call)
			var re *rest.Error
			require.ErrorAs(t, err, &re)
			require.Equal(t, tc.reach, re.Reach, err.Error())
			require.NotContains(t, err.Error(), "secret")
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
		})
	}
	t.Run("refusal broken off", func(t *testing.T) {
		t.Parallel()
		call := post("x")
		call.Path = []string{"short400"}
		got, err := client(t, rest.Config{BaseURL: server.URL}).Do(t.Context(), call)
		require.NoError(t, err)
		require.Equal(t, 400, got.Status)
		require.Equal(t, "{", string(got.Body))
	})
}

// A transport that tells no trace gets no benefit of the doubt.
func TestReachWithoutTrace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err   error
		reach rest.Reach
	}{
		{errors.New("broken"), rest.MayHaveArrived},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, rest.NotSent},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, rest.MayHaveArrived},
	} {
		c := client(t, rest.Config{Transport: direct(func(*http.Request) (*http.Response, error) { return nil, tc.err })})
		_, err := c.Do(t.Context(), post("x"))
		var re *rest.Error
		require.ErrorAs(t, err, &re)
		require.Equal(t, tc.reach, re.Reach, tc.err.Error())
	}
}

func TestReachNeverFallsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		errs := []error{errors.New("reset"), &net.OpError{Op: "dial", Err: errors.New("refused")}}
		c := client(t, rest.Config{Retries: 1, Transport: direct(func(*http.Request) (*http.Response, error) {
			err := errs[0]
			errs = errs[1:]
			return nil, err
		})})
		call := post("x")
		call.Repeatable = true
		_, err := c.Do(t.Context(), call)
		var re *rest.Error
		require.ErrorAs(t, err, &re)
		require.Equal(t, rest.MayHaveArrived, re.Reach)
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header func() string
		waits  time.Duration
		calls  int
	}{
		"seconds":     {func() string { return "7" }, 7 * time.Second, 2},
		"date":        {func() string { return time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat) }, 9 * time.Second, 2},
		"beyond wait": {func() string { return "3600" }, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				c := client(t, rest.Config{Transport: direct(func(*http.Request) (*http.Response, error) {
					at = append(at, time.Now())
					if len(at) == 1 {
						return answer(429, "", "Retry-After", tc.header()), nil
					}
					return answer(200, "ok"), nil
				})})
				got, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, Repeatable: true})
				require.NoError(t, err)
				require.Len(t, at, tc.calls)
				if tc.calls == 1 {
					require.Equal(t, time.Hour, got.RetryAfter())
					return
				}
				require.GreaterOrEqual(t, at[1].Sub(at[0]), tc.waits)
			})
		})
	}
}

// After a 429 every call waits, not only the one that met it.
func TestPauseHoldsOtherCallsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		c := client(t, rest.Config{Transport: direct(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			if len(at) == 1 {
				return answer(429, "", "Retry-After", "30"), nil
			}
			return answer(200, ""), nil
		})})
		got, err := c.Do(t.Context(), post("1"))
		require.NoError(t, err)
		require.Equal(t, 429, got.Status)
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = c.Do(short, post("2"))
		require.ErrorIs(t, err, rest.ErrBusy)
		var re *rest.Error
		require.ErrorAs(t, err, &re)
		require.Equal(t, rest.NotSent, re.Reach)
		_, err = c.Do(t.Context(), post("3"))
		require.NoError(t, err)
		require.Len(t, at, 2)
		require.Equal(t, 30*time.Second, at[1].Sub(at[0]))
	})
}

func TestLimiterSpacesCallsWithinMaxWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		c := client(t, rest.Config{Pace: rest.NewPace(2, 1), MaxWait: 600 * time.Millisecond, Transport: direct(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			return answer(200, ""), nil
		})})
		for range 3 {
			_, err := c.Do(t.Context(), post("x"))
			require.NoError(t, err)
		}
		require.Equal(t, 500*time.Millisecond, at[1].Sub(at[0]))
		require.Equal(t, 500*time.Millisecond, at[2].Sub(at[1]))
		errs := make(chan error, 3)
		for range 3 {
			go func() { _, err := c.Do(t.Context(), post("x")); errs <- err }()
		}
		busy := 0
		for range 3 {
			if errors.Is(<-errs, rest.ErrBusy) {
				busy++
			}
		}
		require.Equal(t, 2, busy, "one turn within 600 ms, the others too late")
	})
}

func TestTimeoutGrowsWithTheBytes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		bytes int
		want  time.Duration
	}{{0, 30 * time.Second}, {1 << 20, 30*time.Second + 16*time.Second}, {25_000_000, 30*time.Second + 25_000_000*time.Second/65536}} {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, rest.Config{Transport: direct(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})})
			began := time.Now()
			_, err := c.Do(t.Context(), post(strings.Repeat("x", tc.bytes)))
			require.ErrorIs(t, err, rest.ErrTimeout)
			require.Equal(t, tc.want, time.Since(began))
		})
	}
}

func TestDownloadGetsTimeForItsBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, rest.Config{MaxAnswer: 10 << 20, Transport: direct(func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.ContentLength, a.Body = 5<<20, io.NopCloser(&drip{ctx: r.Context(), left: 5 << 20, rate: 100 << 10})
			return a, nil
		})})
		began := time.Now()
		got, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet})
		require.NoError(t, err)
		require.Len(t, got.Body, 5<<20)
		require.Greater(t, time.Since(began), 50*time.Second)
	})
}

// drip yields rate bytes a second.
type drip struct {
	ctx        context.Context
	left, rate int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), d.left, d.rate)
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(time.Second * time.Duration(n) / time.Duration(d.rate)):
	}
	d.left -= n
	return n, nil
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var hops atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			if r.Referer() != "" {
				w.WriteHeader(http.StatusTeapot)
			}
			_, _ = w.Write([]byte("%PDF-"))
		case "/loop":
			hops.Add(1)
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			http.Redirect(w, r, "/file", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(server.Close)
	c := client(t, rest.Config{BaseURL: server.URL})
	key := func(_ context.Context, r *http.Request) error { r.SetBasicAuth("key", ""); return nil }
	for name, tc := range map[string]struct {
		call   rest.Call
		status int
	}{
		"download":              {rest.Call{Method: http.MethodGet, URL: server.URL + "/a"}, 200},
		"with credentials":      {rest.Call{Method: http.MethodGet, Path: []string{"a"}, Authorize: key}, 307},
		"post, which may print": {post("x"), 307},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Do(t.Context(), tc.call)
			require.NoError(t, err)
			require.Equal(t, tc.status, got.Status)
		})
	}
	_, err := c.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: server.URL + "/loop"})
	require.Error(t, err)
	require.LessOrEqual(t, hops.Load(), int32(6))
	secure := client(t, rest.Config{BaseURL: "https://carrier.test"})
	_, err = secure.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: server.URL + "/file"})
	require.ErrorContains(t, err, "https")
}

func TestCredentialsAndErrorsOfTheHook(t *testing.T) {
	t.Parallel()
	broken := errors.New(`vault "a" is sealed`)
	var calls int
	c := client(t, rest.Config{UserAgent: "courrier", Transport: direct(func(r *http.Request) (*http.Response, error) {
		calls++
		user, _, _ := r.BasicAuth()
		require.Equal(t, "key", user)
		require.Equal(t, "courrier", r.UserAgent())
		require.Equal(t, "/v2/letters/a%2Fb,c", r.URL.EscapedPath())
		return answer(200, ""), nil
	})})
	call := rest.Call{Method: http.MethodGet, Path: []string{"letters", "a/b,c"}, Repeatable: true}
	call.Authorize = func(_ context.Context, r *http.Request) error { r.SetBasicAuth("key", ""); return nil }
	_, err := c.Do(t.Context(), call)
	require.NoError(t, err)
	call.Authorize = func(context.Context, *http.Request) error { return broken }
	_, err = c.Do(t.Context(), call)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, broken.Error(), "the host's own words")
	var re *rest.Error
	require.ErrorAs(t, err, &re)
	require.Equal(t, rest.NotSent, re.Reach)
	require.Equal(t, 1, calls)
}

func TestLogHoldsNothingPrivate(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := client(t, rest.Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Transport: direct(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "files.test" {
			return nil, errors.New("private cause")
		}
		return answer(200, "private answer"), nil
	})})
	call := post("private body")
	call.Query, call.Header = url.Values{"q": {"private query"}}, http.Header{"X": {"private header"}}
	_, err := c.Do(t.Context(), call)
	require.NoError(t, err)
	_, err = c.Do(t.Context(), rest.Call{Method: http.MethodGet, URL: "https://files.test/private/link", Hosts: []string{"files.test"}})
	require.Error(t, err)
	require.Contains(t, log.String(), "path=/letters status=200")
	require.Contains(t, log.String(), "path=download")
	require.NotContains(t, log.String(), "private")
}

func TestMultipartRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var fields []rest.Field
		for range rapid.IntRange(1, 6).Draw(t, "n") {
			fields = append(fields, rest.Field{
				Name:     rapid.StringMatching(`[a-z]+(\[[a-z_]+\])?`).Draw(t, "name"),
				FileName: rapid.SampledFrom([]string{"", "a.pdf"}).Draw(t, "file"),
				Content:  rapid.SliceOf(rapid.Byte()).Draw(t, "content"),
			})
		}
		body, again := rest.Multipart(fields), rest.Multipart(fields)
		raw, err := io.ReadAll(body.Open())
		require.NoError(t, err)
		require.EqualValues(t, body.Size, len(raw))
		twice, err := io.ReadAll(again.Open())
		require.NoError(t, err)
		require.Equal(t, raw, twice)
		_, params, err := mime.ParseMediaType(body.Type)
		require.NoError(t, err)
		r := multipart.NewReader(bytes.NewReader(raw), params["boundary"])
		for _, f := range fields {
			part, err := r.NextPart()
			require.NoError(t, err)
			content, err := io.ReadAll(part)
			require.NoError(t, err)
			require.Equal(t, f.Name, part.FormName())
			require.Equal(t, f.FileName, part.FileName())
			require.True(t, bytes.Equal(f.Content, content))
		}
		_, err = r.NextPart()
		require.ErrorIs(t, err, io.EOF)
	})
}

func TestDecodeJSONKeepsContentOutOfErrors(t *testing.T) {
	t.Parallel()
	var v struct {
		Name string `json:"name"`
		N    int    `json:"n"`
	}
	for _, bad := range []string{`{"name": 5}`, `{"n": "Dupont"}`, `<html>Dupont`, `{"name":"Dupont"`, `{} {"name":"Dupont"}`, ``} {
		err := rest.DecodeJSON([]byte(bad), &v)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "Dupont")
	}
	require.NoError(t, rest.DecodeJSON([]byte(` {"name":"Dupont","more":1} `), &v))
	require.Equal(t, "Dupont", v.Name)
}

func TestScrub(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		message string
		private []string
		want    string
	}{
		{"to[name] Mme Claire DUPONT is too long", []string{"Mme Claire Dupont"}, "to[name] [removed] [removed] [removed] is too long"},
		{"unknown street: RUE D'ETE", []string{"12 rue d'été"}, "unknown street: [removed] D'[removed]"},
		{"key test_abc refused", []string{"test_abc"}, "key [removed]_[removed] refused"},
		{"two\nlines\x00", nil, "two lines"},
		{"à Étampes", []string{"e\u0301tampes"}, "à [removed]"},
		{"4 rue", []string{"4"}, "4 rue"},
		{"MME LECOEUR, RUE DU SACRÉ-CŒUR", []string{"Mme Lecœur", "Sacré-Coeur"}, "[removed] [removed], RUE DU [removed]-[removed]"},
		{strings.Repeat(" ", 3996) + "Dupont", []string{"Dupont"}, ""},
		{strings.Repeat("é", 400), nil, strings.Repeat("é", 300) + "…"},
	} {
		require.Equal(t, tc.want, rest.Scrub(tc.message, tc.private...))
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("street 12 RUE DES LILAS", "rue des lilas")
	f.Fuzz(func(t *testing.T, message, private string) {
		got := rest.Scrub(message, private)
		if len([]rune(got)) > 301 {
			t.Fatalf("%d characters", len([]rune(got)))
		}
		left := strings.FieldsFunc(got, func(r rune) bool { return r > 'z' || r < 'a' })
		for _, word := range strings.Fields(private) {
			plain := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
			if plain && len(word) > 2 && word != "removed" && len([]rune(message)) < 300 && slices.Contains(left, word) && !strings.ContainsFunc(got, func(r rune) bool { return r > 'z' }) {
				t.Fatalf("%q is left", word)
			}
		}
	})
}

func ExampleClient_Do() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	c, err := rest.New(rest.Config{BaseURL: server.URL})
	if err != nil {
		panic(err)
	}
	answer, err := c.Do(context.Background(), rest.Call{Method: http.MethodPost, Path: []string{"letters"}})
	fmt.Println(answer.Status, answer.Attempts, err)
	// Output: 502 1 <nil>
}
