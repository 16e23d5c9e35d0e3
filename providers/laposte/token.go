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
	"golang.org/x/sync/singleflight"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/rest"
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

	flight singleflight.Group
	mu     sync.Mutex
	held   map[courrier.AccountID]token
}

// token is a grant: an access token and what renews it.
type token struct {
	access, refresh         string
	expires, refreshExpires time.Time
}

func newTokens(c *rest.Client, url string, credentials func(context.Context, courrier.AccountID) (Credentials, error), now func() time.Time) *tokens {
	return &tokens{
		url: url, http: &http.Client{Transport: tokenTransport{c}}, credentials: credentials, now: now,
		held: make(map[courrier.AccountID]token),
	}
}

// access returns a token that lives for at least renewEarly.
func (t *tokens) access(ctx context.Context, account courrier.AccountID) (string, error) {
	if held, ok := t.lookup(account); ok && t.now().Add(renewEarly).Before(held.expires) {
		return held.access, nil
	}
	flight := t.flight.DoChan(string(account), func() (any, error) {
		// The flight serves all who wait, so it outlives the one who started it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
		defer cancel()
		return t.renew(ctx, account)
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-flight:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	}
}

func (t *tokens) lookup(account courrier.AccountID) (token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, ok := t.held[account]
	return held, ok
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
// accounts which stopped sending leave nothing behind.
func (t *tokens) keep(account courrier.AccountID, g token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for a, old := range t.held {
		if old.expires.Before(now) && old.refreshExpires.Before(now) {
			delete(t.held, a)
		}
	}
	t.held[account] = g
}

// renew gets a token with the refresh token if that lives, else with the
// account's password.
func (t *tokens) renew(ctx context.Context, account courrier.AccountID) (string, error) {
	held, ok := t.lookup(account)
	if ok && t.now().Add(renewEarly).Before(held.expires) {
		return held.access, nil // another flight landed in between
	}
	c, err := t.credentials(ctx, account)
	if err != nil {
		return "", &courrier.Error{Op: "credentials of the account", Kind: courrier.ErrUnavailable, Err: err}
	}
	asked := t.now()
	if held.refresh != "" && asked.Add(renewEarly).Before(held.refreshExpires) {
		if g, err := t.grant(ctx, c, held.refresh); err == nil {
			t.keep(account, newToken(g, asked))
			return g.AccessToken, nil
		}
	}
	g, err := t.grant(ctx, c, "")
	if err != nil {
		return "", tokenError(err)
	}
	t.keep(account, newToken(g, asked))
	return g.AccessToken, nil
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
// life is used for the shortest time.
func newToken(g *oauth2.Token, asked time.Time) token {
	n := token{access: g.AccessToken, refresh: g.RefreshToken, expires: asked.Add(time.Duration(g.ExpiresIn) * time.Second)}
	if seconds, ok := g.Extra("refresh_expires_in").(float64); ok {
		n.refreshExpires = asked.Add(time.Duration(seconds) * time.Second)
	}
	return n
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
		// A hook, even an empty one, keeps redirects from being followed: the
		// form holds the password.
		Authorize: func(context.Context, *http.Request) error { return nil },
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: answer.Status, Status: http.StatusText(answer.Status), Header: answer.Header,
		Body: io.NopCloser(bytes.NewReader(answer.Body)), Request: r,
	}, nil
}
