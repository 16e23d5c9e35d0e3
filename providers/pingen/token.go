package pingen

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

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
		value, err := p.tokens.Get(ctx, c.ClientID, p.cfg.Now, func(ctx context.Context) (rest.Token, error) { return p.fetch(ctx, c) })
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+value)
		return nil
	}
}

// fetch asks for a token. The body of a refusal may hold the credentials and is not
// looked at.
func (p *Provider) fetch(ctx context.Context, c Credentials) (rest.Token, error) {
	const op = "token"
	asked := p.cfg.Now()
	answer, err := p.identity.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: []string{"auth", "access-tokens"}, Repeatable: true, Key: c.ClientID,
		Body: rest.Form(url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.Secret.Reveal()},
			"scope": {"letter"}}),
	})
	if err != nil {
		return rest.Token{}, fail(op, courrier.ErrUnavailable, "no-answer", err)
	}
	var w struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		Error       string `json:"error"`
	}
	read := answer.JSON(&w)
	switch code := strconv.Itoa(answer.Status); {
	case answer.OK() && read == nil && w.AccessToken != "":
		return rest.Token{Value: w.AccessToken, Ends: asked.Add(time.Duration(w.ExpiresIn) * time.Second)}, nil
	case answer.Status >= 400 && answer.Status <= 403 && w.Error != "":
		return rest.Token{}, fail(op, courrier.ErrDenied, code, errors.New("check the client, its secret and its scopes"))
	default:
		return rest.Token{}, fail(op, courrier.ErrUnavailable, code, errors.New("the answer holds no token"))
	}
}
