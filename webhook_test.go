package courrier_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

func TestCasesWebhook(t *testing.T) {
	t.Parallel()
	t.Run("wire-05", func(t *testing.T) {
		t.Parallel()
		for name, request := range map[string]string{
			"a trickled body":   "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx",
			"a chunk that ends": "POST /hook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
			"another method":    "PUT /hook HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx",
			"too large":         "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 5000),
			"a stranger":        "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
		} {
			t.Run(name, func(t *testing.T) { hangsUp(t, request) })
		}
	})
	t.Run("promise-04", func(t *testing.T) {
		t.Parallel()
		for _, status := range []int{200, 201, 202, 204} {
			t.Run(fmt.Sprint(status), func(t *testing.T) { answersBeforeItWorks(t, status) })
		}
	})
}

// hangsUp proves that callers who are refused lose their connection, however little
// they send, at once and a hundred at a time.
func hangsUp(t *testing.T, request string) {
	w := testscene.New(t)
	server := httptest.NewServer(w.Client.WebhookHandler(w.Carrier, courrier.WebhookOptions{MaxBytes: 4000, ReadFor: 200 * time.Millisecond}))
	t.Cleanup(server.Close)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, err = io.WriteString(conn, request)
			if err == nil {
				err = conn.SetDeadline(time.Now().Add(10 * time.Second))
			}
			if err != nil {
				t.Error(err)
				return
			}
			r := bufio.NewReader(conn)
			resp, err := http.ReadResponse(r, nil)
			if err != nil || resp.StatusCode < 400 {
				t.Error("want a refusal", resp, err)
				return
			}
			if _, err := io.ReadAll(r); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Error("the connection stays:", err)
			}
		})
	}
	wg.Wait()
}

// answersBeforeItWorks proves that the carrier has the whole answer while the work
// that follows it has not ended.
func answersBeforeItWorks(t *testing.T, status int) {
	working, release := make(chan struct{}), make(chan struct{})
	w := testscene.New(t, func(c *courrier.Config) {
		inner := c.Store.(testscene.BothStores)
		c.Store = &deafStore{BothStores: inner, fail: func(changes []courrier.Change) error {
			if changes[0].Letter != nil && changes[0].Letter.Status == courrier.StatusPosted {
				close(working)
				<-release
			}
			return nil
		}}
		c.Contents = inner.(courrier.Contents)
	})
	w.TopUp(10)
	_, there := w.Sent("k", courrier.ServiceRegisteredAR)
	server := httptest.NewServer(w.Client.WebhookHandler(answering{w.Carrier, status}, courrier.WebhookOptions{}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(there+",posted"))
	require.NoError(t, err)
	r.Header.Set("Secret", "s3cret")
	r.Header.Set("Signed", "yes")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	resp, err := http.DefaultClient.Do(r.WithContext(ctx))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err, "the end of the answer came with the end of the work")
	resp.Body.Close()
	require.Equal(t, status, resp.StatusCode)
	select {
	case <-working:
	case <-time.After(10 * time.Second):
		t.Fatal("the work never began")
	}
}

// answering is a carrier that takes a status for success.
type answering struct {
	*testscene.Carrier
	status int
}

func (a answering) ParseWebhook(h http.Header, q map[string][]string, body []byte) (courrier.Webhook, error) {
	hook, err := a.Carrier.ParseWebhook(h, q, body)
	hook.Status = a.status
	return hook, err
}
