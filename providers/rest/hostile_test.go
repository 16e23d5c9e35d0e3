package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/rest"
)

// rawServer does what it wants with each connection.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// readHead reads a request up to its body.
func readHead(conn net.Conn) {
	var got []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(got, []byte("\r\n\r\n")) {
		if _, err := conn.Read(one); err != nil {
			return
		}
		got = append(got, one[0])
	}
}

func reset(conn net.Conn) {
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// How far a call got, at every point where a connection can fail. The body is
// larger than what sockets buffer.
func TestReachAtEveryPoint(t *testing.T) {
	t.Parallel()
	const big = 8 << 20
	answerWith := func(s string) func(net.Conn) {
		return func(c net.Conn) {
			readHead(c)
			_, _ = io.CopyN(io.Discard, c, big)
			_, _ = io.WriteString(c, s)
		}
	}
	for name, tc := range map[string]struct {
		serve func(net.Conn)
		reach rest.Reach
	}{
		"reset after the first byte": {func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); reset(c) }, rest.MayHaveArrived},
		"reset before the body":      {func(c net.Conn) { readHead(c); reset(c) }, rest.MayHaveArrived},
		"reset amid the body":        {func(c net.Conn) { readHead(c); _, _ = io.CopyN(io.Discard, c, big/2); reset(c) }, rest.MayHaveArrived},
		"closed before the answer":   {answerWith(""), rest.MayHaveArrived},
		"half a status line":         {answerWith("HTTP/1.1 2"), rest.MayHaveArrived},
		"half a header":              {answerWith("HTTP/1.1 200 OK\r\nContent-Le"), rest.MayHaveArrived},
		"half a body":                {answerWith("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), rest.MayHaveArrived},
		"a broken chunk":             {answerWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"), rest.MayHaveArrived},
		"no HTTP":                    {answerWith("SSH-2.0-OpenSSH_9.2 SECRET\r\n\r\n"), rest.MayHaveArrived},
		"a header that is none":      {answerWith("HTTP/1.1 200 OK\r\nSECRET SECRET\r\n\r\n"), rest.MayHaveArrived},
		"a first header of none":     {answerWith("HTTP/1.1 200 OK\r\n SECRET\r\n\r\n"), rest.MayHaveArrived},
		"a status that is none":      {answerWith("HTTP/1.1 SECRET OK\r\n\r\n"), rest.MayHaveArrived},
		"a length that is none":      {answerWith("HTTP/1.1 200 OK\r\nContent-Length: SECRET\r\n\r\n"), rest.MayHaveArrived},
		"endless headers": {func(c net.Conn) {
			readHead(c)
			endless(c, "HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("SECRET", 100)+"\r\n")
		}, rest.MayHaveArrived},
		"nothing after an interim":   {answerWith("HTTP/1.1 102 Processing\r\n\r\n"), rest.MayHaveArrived},
		"a broken address elsewhere": {answerWith("HTTP/1.1 302 Found\r\nLocation: http://%zzSECRET\r\nContent-Length: 0\r\n\r\n"), rest.Answered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, rest.Config{BaseURL: rawServer(t, tc.serve), Timeout: 5 * time.Second})
			call := post(strings.Repeat("x", big))
			call.Query = url.Values{"q": {"SECRET"}}
			_, err := c.Do(t.Context(), call)
			var re *rest.Error
			require.ErrorAs(t, err, &re)
			require.Equal(t, tc.reach, re.Reach, err.Error())
			require.Equal(t, 1, re.Attempts)
			require.NotContains(t, err.Error(), "SECRET")
			require.Less(t, len(err.Error()), 300)
		})
	}
}

func endless(w io.Writer, first, then string) {
	_, err := io.WriteString(w, first)
	for err == nil {
		_, err = io.WriteString(w, then)
	}
}

// What fails before the first byte of a request proves that nothing was sent.
func TestNothingLeavesWithoutAConnection(t *testing.T) {
	t.Parallel()
	notTLS := rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.test ESMTP\r\n") })
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	old.StartTLS()
	t.Cleanup(old.Close)
	for name, base := range map[string]string{
		"no such host":         "http://nowhere.invalid",
		"no TLS":               strings.Replace(notTLS, "http:", "https:", 1),
		"TLS of another time":  old.URL,
		"hung up in handshake": strings.Replace(rawServer(t, reset), "http:", "https:", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, rest.Config{BaseURL: base}).Do(t.Context(), post("x"))
			var re *rest.Error
			require.ErrorAs(t, err, &re)
			require.Equal(t, rest.NotSent, re.Reach, err.Error())
		})
	}
}

// An answer is bounded in what it unpacks to, and in how slowly it may come.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/drip" {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for range 1 << 10 {
			_, _ = z.Write(make([]byte, 1<<20)) // 1 GiB, of which the wire sees 1 MiB
		}
		z.Close()
	}))
	t.Cleanup(server.Close)
	c := client(t, rest.Config{BaseURL: server.URL, MaxAnswer: 1 << 20, Timeout: 200 * time.Millisecond, BytesPerSecond: 10 << 20})
	for _, path := range []string{"bomb", "drip"} {
		began := time.Now()
		_, err := c.Do(t.Context(), rest.Call{Method: http.MethodPost, Path: []string{path}})
		require.Error(t, err)
		require.Less(t, time.Since(began), 30*time.Second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := client(t, rest.Config{BaseURL: server.URL}).Do(ctx, rest.Call{Method: http.MethodPost, Path: []string{"drip"}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// One absurd Retry-After does not silence a process until it is started again.
func TestPauseHasAnEnd(t *testing.T) {
	t.Parallel()
	for _, asked := range []string{"2147483647", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			c := client(t, rest.Config{Transport: direct(func(*http.Request) (*http.Response, error) {
				if calls++; calls == 1 {
					return answer(429, "", "Retry-After", asked), nil
				}
				return answer(200, ""), nil
			})})
			_, err := c.Do(t.Context(), post("1"))
			require.NoError(t, err)
			time.Sleep(16 * time.Minute)
			_, err = c.Do(t.Context(), post("2"))
			require.NoError(t, err, fmt.Sprint("asked for ", asked))
		})
	}
}
