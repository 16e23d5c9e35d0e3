package mercifacteur

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
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
	case c.ServiceID == "" || c.Key.IsZero() || c.UserID <= 0:
		return c, fail(op, courrier.ErrDenied, "no-credentials", errors.New("the account's service id, key or user is missing"))
	}
	return c, nil
}

// authorize returns the hook that puts a token on each attempt of a call.
func (p *Provider) authorize(c Credentials) func(context.Context, *http.Request) error {
	return func(ctx context.Context, r *http.Request) error {
		value, err := p.tokens.Get(ctx, c.ServiceID, p.cfg.Now, func(ctx context.Context) (rest.Token, error) { return p.fetch(ctx, c) })
		if err != nil {
			return err
		}
		r.Header.Set("ww-service-id", c.ServiceID)
		r.Header.Set("ww-access-token", value)
		return nil
	}
}

// fetch asks for a token. It never forces a new one: that would end the token of
// every process that shares the service id.
func (p *Provider) fetch(ctx context.Context, c Credentials) (rest.Token, error) {
	const op = "token"
	answer, err := p.rest.Do(ctx, rest.Call{
		Method: http.MethodGet, Path: []string{"getToken"}, Repeatable: true, Key: c.ServiceID,
		Authorize: func(_ context.Context, r *http.Request) error { p.sign(c, r); return nil },
	})
	if err != nil {
		return rest.Token{}, fail(op, courrier.ErrUnavailable, "no-answer", err)
	}
	var w wireToken
	switch reply := read(answer); {
	case reply.refused(answer):
		return rest.Token{}, fail(op, courrier.ErrDenied, safeCode(reply.Error.Code),
			errors.New("check the service id, its key, the clock, and the addresses that support has authorized"))
	case !reply.ok(answer) || answer.JSON(&w) != nil || w.Token == "":
		return rest.Token{}, fail(op, courrier.ErrUnavailable, strconv.Itoa(answer.Status), errors.New("the answer holds no token"))
	}
	return rest.Token{Value: string(w.Token), Ends: time.Unix(w.Expire.V, 0)}, nil
}

// sign signs a request for a token: HMAC-SHA256 of service id and time, in hex.
func (p *Provider) sign(c Credentials, r *http.Request) {
	stamp := strconv.FormatInt(p.cfg.Now().Unix(), 10)
	ips := p.cfg.AuthorizedIPs
	if ips == "" {
		ips = anyIP
	}
	for header, value := range map[string]string{
		"ww-service-id": c.ServiceID, "ww-timestamp": stamp, "ww-service-signature": signature(c.Key.Reveal(), c.ServiceID,
			stamp), "ww-authorized-ip": ips,
	} {
		r.Header.Set(header, value)
	}
}

func signature(key, serviceID, stamp string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(serviceID + stamp))
	return hex.EncodeToString(mac.Sum(nil))
}
