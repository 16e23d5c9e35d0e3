package laposte

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// renewEarly is how long before its end a token is no longer used: longer than
// a call may take to arrive, clocks that differ included.
const renewEarly = time.Minute

// tokenTimeout bounds getting a token, repeats included.
const tokenTimeout = time.Minute

// tokens keeps one Maileva token per account. Callers that need the same one at
// the same time wait for one request.
type tokens struct {
	url         string
	http        *http.Client
	credentials func(context.Context, courrier.AccountID) (Credentials, error)
	now         func() time.Time

	mu      sync.Mutex
	held    map[courrier.AccountID]token
	flights map[courrier.AccountID]*flight
}

// token is a grant: an access token and what renews it.
type token struct {
	access, refresh         string
	place                   string // whose letters it shows
	expires, refreshExpires time.Time
}

// flight is one request for a token. It outlives the caller that started it as
// long as another waits, and ends with the last: that is what package
// singleflight cannot do.
type flight struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	token   token
	err     error
}

func newTokens(c *rest.Client, url string, credentials func(context.Context, courrier.AccountID) (Credentials, error),
	now func() time.Time) *tokens {
	return &tokens{
		url: url, http: &http.Client{Transport: tokenTransport{c}, CheckRedirect: stay}, credentials: credentials, now: now,
		held: make(map[courrier.AccountID]token), flights: make(map[courrier.AccountID]*flight),
	}
}

// stay follows no redirect: the form holds the password.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// access returns an access token that lives for at least renewEarly.
func (t *tokens) access(ctx context.Context, account courrier.AccountID) (string, error) {
	held, err := t.current(ctx, account)
	return held.access, err
}

func (t *tokens) current(ctx context.Context, account courrier.AccountID) (token, error) {
	t.mu.Lock()
	held := t.held[account]
	if t.now().Add(renewEarly).Before(held.expires) {
		t.mu.Unlock()
		return held, nil
	}
	f := t.flights[account]
	if f == nil {
		f = t.depart(ctx, account, held)
	}
	f.waiting++
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		t.leave(account, f)
		return token{}, ctx.Err()
	}
}

// depart starts a flight. The lock is held.
func (t *tokens) depart(ctx context.Context, account courrier.AccountID, held token) *flight {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
	f := &flight{cancel: cancel, done: make(chan struct{})}
	t.flights[account] = f
	go func() {
		defer cancel()
		n, err := t.renew(ctx, account, held)
		t.mu.Lock()
		defer t.mu.Unlock()
		f.token, f.err = n, err
		if err == nil {
			t.keep(account, n)
		}
		if t.flights[account] == f {
			delete(t.flights, account)
		}
		close(f.done)
	}()
	return f
}

// leave gives up waiting; a flight nobody waits for is called off.
func (t *tokens) leave(account courrier.AccountID, f *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel()
	if t.flights[account] == f {
		delete(t.flights, account)
	}
}

// drop forgets a token that was refused, unless a newer one took its place.
func (t *tokens) drop(account courrier.AccountID, access string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[account].access == access {
		delete(t.held, account)
	}
}

// keep stores a grant and sweeps those that nothing can renew any more, so that
// accounts which stopped sending leave nothing behind. The lock is held.
func (t *tokens) keep(account courrier.AccountID, n token) {
	now := t.now()
	for a, old := range t.held {
		if old.expires.Before(now) && old.refreshExpires.Before(now) {
			delete(t.held, a)
		}
	}
	t.held[account] = n
}

// renew gets a token with the refresh token if that lives, else with the
// account's password.
func (t *tokens) renew(ctx context.Context, account courrier.AccountID, held token) (token, error) {
	c, err := t.credentials(ctx, account)
	if err != nil {
		kind := courrier.ErrUnavailable
		if errors.Is(err, courrier.ErrDenied) {
			kind = courrier.ErrDenied
		}
		// Kept as text: "not found" in the host's vault is not Maileva's word
		// about a letter.
		return token{}, &courrier.Error{Op: "credentials of the account", Kind: kind, Err: errors.New(err.Error())}
	}
	asked, place := t.now(), rest.Place(t.url, c.ClientID, c.Username)
	// A refresh token goes on as the user it was given to.
	if held.refresh != "" && held.place == place && asked.Add(renewEarly).Before(held.refreshExpires) {
		if g, err := t.grant(ctx, c, held.refresh); err == nil {
			return newToken(g, asked, place), nil
		}
	}
	g, err := t.grant(ctx, c, "")
	if err != nil {
		return token{}, tokenError(err)
	}
	return newToken(g, asked, place), nil
}

func (t *tokens) grant(ctx context.Context, c Credentials, refresh string) (*oauth2.Token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, t.http)
	cfg := oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		Endpoint: oauth2.Endpoint{TokenURL: t.url, AuthStyle: oauth2.AuthStyleInParams},
	}
	if refresh != "" {
		return cfg.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
	}
	return cfg.PasswordCredentialsToken(ctx, c.Username, c.Password)
}

// newToken dates a grant from before it was asked for. One without a length of
// life is used for the shortest time. The lengths are read as they came: versions
// of the OAuth library differ in what they make of them.
func newToken(g *oauth2.Token, asked time.Time, place string) token {
	life := func(name string) time.Time {
		seconds, _ := g.Extra(name).(float64)
		return asked.Add(time.Duration(seconds) * time.Second)
	}
	return token{access: g.AccessToken, refresh: g.RefreshToken, place: place,
		expires: life("expires_in"), refreshExpires: life("refresh_expires_in")}
}

// tokenError says what to do about a token that could not be had. The server's
// own words stay out: they may quote the user.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return &courrier.Error{Op: "token", Kind: courrier.ErrUnavailable, Err: plainNetwork(err)}
	}
	code := refused.ErrorCode
	if code == "" {
		code = firstCode(refused.Body)
	}
	e := &courrier.Error{Op: "token", Kind: courrier.ErrUnavailable, Code: safeCode(code), Err: statusError(refused.Response.StatusCode)}
	switch refused.Response.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		e.Kind = courrier.ErrDenied
		e.Err = errors.New("check the client's and the user's credentials, and that Maileva enabled the password grant for the client")
	}
	return e
}

// tokenTransport lets the OAuth library call through package rest, which bounds,
// repeats and logs. A token may be asked for again at will.
type tokenTransport struct{ client *rest.Client }

// RoundTrip implements [http.RoundTripper].
func (t tokenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	answer, err := t.client.Do(r.Context(), rest.Call{
		Method: r.Method, Body: rest.Bytes(r.Header.Get("Content-Type"), form), Repeatable: true,
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: answer.Status, Status: http.StatusText(answer.Status), Header: answer.Header,
		Body: io.NopCloser(bytes.NewReader(answer.Body)), Request: r,
	}, nil
}
