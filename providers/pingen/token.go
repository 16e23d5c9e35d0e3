package pingen

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// renewEarly is how long before its end a token is no longer used.
const renewEarly = 5 * time.Minute

// tokens keeps the token of each client; it lives for twelve hours. Two callers who
// ask at once get two good ones.
type tokens struct {
	mu   sync.Mutex
	held map[string]token
}

type token struct {
	value string
	ends  time.Time
}

func (t *tokens) get(client string, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if held := t.held[client]; now.Add(renewEarly).Before(held.ends) {
		return held.value
	}
	return ""
}

// put keeps a token and forgets those that are over.
func (t *tokens) put(client string, n token, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = make(map[string]token)
	}
	for c, old := range t.held {
		if old.ends.Before(now) {
			delete(t.held, c)
		}
	}
	t.held[client] = n
}

func (t *tokens) drop(client string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.held, client)
}

// credentials returns those of an account.
func (p *Provider) credentials(ctx context.Context, op string, account courrier.AccountID) (Credentials, error) {
	c, err := p.cfg.Credentials(ctx, account)
	switch {
	case errors.Is(err, courrier.ErrDenied):
		return c, fail(op, courrier.ErrDenied, "no-credentials", errors.New(err.Error()))
	case err != nil:
		return c, fail(op, courrier.ErrUnavailable, "no-credentials", errors.New(err.Error()))
	case c.ClientID == "" || c.Secret.IsZero() || c.Organisation == "":
		return c, fail(op, courrier.ErrDenied, "no-credentials", errors.New("the account's client, secret or organisation is missing"))
	}
	return c, nil
}

// authorize returns the hook that puts a token on each attempt of a call.
func (p *Provider) authorize(c Credentials) func(context.Context, *http.Request) error {
	return func(ctx context.Context, r *http.Request) error {
		value := p.tokens.get(c.ClientID, p.cfg.Now())
		if value == "" {
			fresh, err := p.fetch(ctx, c)
			if err != nil {
				return err
			}
			p.tokens.put(c.ClientID, fresh, p.cfg.Now())
			value = fresh.value
		}
		r.Header.Set("Authorization", "Bearer "+value)
		return nil
	}
}

// fetch asks for a token. The body of a refusal may hold the credentials and is not
// looked at.
func (p *Provider) fetch(ctx context.Context, c Credentials) (token, error) {
	const op = "token"
	asked := p.cfg.Now()
	answer, err := p.identity.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: []string{"auth", "access-tokens"}, Repeatable: true, Key: c.ClientID,
		Body: rest.Form(url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.Secret.Reveal()},
			"scope": {"letter"}}),
	})
	if err != nil {
		return token{}, fail(op, courrier.ErrUnavailable, "no-answer", err)
	}
	var w struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		Error       string `json:"error"`
	}
	read := answer.JSON(&w)
	switch code := strconv.Itoa(answer.Status); {
	case answer.OK() && read == nil && w.AccessToken != "":
		return token{w.AccessToken, asked.Add(time.Duration(w.ExpiresIn) * time.Second)}, nil
	case answer.Status >= 400 && answer.Status <= 403 && w.Error != "":
		return token{}, fail(op, courrier.ErrDenied, code, errors.New("check the client, its secret and its scopes"))
	default:
		return token{}, fail(op, courrier.ErrUnavailable, code, errors.New("the answer holds no token"))
	}
}
