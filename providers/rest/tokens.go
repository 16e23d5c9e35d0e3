package rest

import (
	"context"
	"sync"
	"time"
)

// tokenMargin is how long before its end a token is no longer used: longer than a
// call and its repeats may take, clocks that differ included.
const tokenMargin = 5 * time.Minute

// Token is an access token and the moment at which it ends.
type Token struct {
	Value string
	Ends  time.Time
}

// Tokens keeps the access token of each client until five minutes before its end. Two
// callers that find none both ask for one, so it fits carriers that leave the first
// token valid. The zero Tokens is ready to use, and safe for concurrent use.
type Tokens struct {
	mu   sync.Mutex
	held map[string]Token
}

// Get returns the token of a client, from fetch when none is held. The error is
// fetch's.
func (t *Tokens) Get(ctx context.Context, client string, now func() time.Time, fetch func(context.Context) (Token, error)) (string, error) {
	if value := t.get(client, now()); value != "" {
		return value, nil
	}
	fresh, err := fetch(ctx)
	if err != nil {
		return "", err
	}
	t.put(client, fresh, now())
	return fresh.Value, nil
}

func (t *Tokens) get(client string, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if held := t.held[client]; now.Add(tokenMargin).Before(held.Ends) {
		return held.Value
	}
	return ""
}

// put keeps a token and forgets those that are over.
func (t *Tokens) put(client string, n Token, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = make(map[string]Token)
	}
	for c, old := range t.held {
		if old.Ends.Before(now) {
			delete(t.held, c)
		}
	}
	t.held[client] = n
}

// Drop forgets a client's token: the carrier refused it.
func (t *Tokens) Drop(client string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.held, client)
}
