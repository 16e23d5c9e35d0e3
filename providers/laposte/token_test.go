package laposte_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

func draft(t *testing.T, w world) {
	t.Helper()
	_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceStandard))
	require.NoError(t, err)
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft(t, w)
	draft(t, w)
	require.Equal(t, []string{"password"}, w.fake.TokenCalls(), "kept")
	w.fake.Advance(59*time.Minute + 30*time.Second)
	draft(t, w)
	require.Equal(t, []string{"password", "refresh_token"}, w.fake.TokenCalls(), "renewed before its end")
	w.fake.Advance(13 * time.Hour)
	draft(t, w)
	require.Equal(t, []string{"password", "refresh_token", "password"}, w.fake.TokenCalls(), "the refresh token is over")
	require.EqualValues(t, 3, w.asked.Load())
}

func TestTokenRefreshRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft(t, w)
	w.fake.RevokeTokens(true)
	w.fake.Advance(2 * time.Hour)
	draft(t, w)
	require.Equal(t, []string{"password", "refresh_token", "password"}, w.fake.TokenCalls())
}

func TestTokenRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft(t, w)
	w.fake.RevokeTokens(false)
	draft(t, w)
	require.Equal(t, []string{"password", "password"}, w.fake.TokenCalls())
}

func TestTokenSingleFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fake.Fail(lapostetest.CallToken, lapostetest.SlowBody, 1)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := w.provider.Draft(context.Background(), submission(courrier.ServiceStandard))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, []string{"password"}, w.fake.TokenCalls())
	require.EqualValues(t, 1, w.asked.Load())
}

func TestTokenPerAccount(t *testing.T) {
	t.Parallel()
	fake := newFake(lapostetest.Options{})
	t.Cleanup(fake.Close)
	fake.AddUser("second", "pw-2", credentials.ClientID, credentials.ClientSecret)
	provider, err := newProvider(fake, func(c *laposte.Config) {
		c.Credentials = func(_ context.Context, account courrier.AccountID) (laposte.Credentials, error) {
			mine := credentials
			if account == "two" {
				mine.Username, mine.Password = "second", "pw-2"
			}
			return mine, nil
		}
	})
	require.NoError(t, err)
	w := world{fake: fake, provider: provider}
	one, two := submission(courrier.ServiceStandard), submission(courrier.ServiceStandard)
	two.Letter.Account = "two"
	ref := w.send(t, one)
	w.send(t, two)
	require.Len(t, fake.TokenCalls(), 2)
	ref.Account = "two" // another user sees nothing of it
	require.Empty(t, w.track(t, ref))
}

// TestTokenWaiters: a caller that gives up does not take the request down for
// those who still wait; the last one does.
func TestTokenWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		office := &tokenOffice{release: make(chan struct{})}
		provider, err := laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(credentials), Transport: office})
		require.NoError(t, err)
		try := func(ctx context.Context) <-chan error {
			done := make(chan error, 1)
			go func() {
				_, err := provider.Draft(ctx, submission(courrier.ServiceStandard))
				done <- err
			}()
			synctest.Wait()
			return done
		}
		impatient, leave := context.WithCancel(t.Context())
		first, second := try(impatient), try(t.Context())
		require.Equal(t, 1, office.asked)
		leave()
		require.ErrorIs(t, <-first, context.Canceled)
		synctest.Wait()
		require.Zero(t, office.abandoned)
		close(office.release)
		require.ErrorIs(t, <-second, courrier.ErrUnavailable, "the token came, and then the office was closed")
		require.Equal(t, 1, office.asked)
	})
	synctest.Test(t, func(t *testing.T) {
		office := &tokenOffice{release: make(chan struct{})}
		provider, err := laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(credentials), Transport: office})
		require.NoError(t, err)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		_, err = provider.Draft(ctx, submission(courrier.ServiceStandard))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.Equal(t, 1, office.abandoned)
	})
}

// tokenOffice gives out a token when told to, and is closed for anything else.
type tokenOffice struct {
	release          chan struct{}
	asked, abandoned int
}

func (o *tokenOffice) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		return answer(r, http.StatusServiceUnavailable, ""), nil
	}
	o.asked++
	select {
	case <-o.release:
		return answer(r, http.StatusOK, `{"access_token":"a","expires_in":3600}`), nil
	case <-r.Context().Done():
		o.abandoned++
		return nil, r.Context().Err()
	}
}

func TestTokenFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		code   string
	}{
		"Keycloak":         {401, `{"error":"invalid_grant","error_description":"Invalid user compta@brehat.example"}`, courrier.ErrDenied, "invalid_grant"},
		"as documented":    {400, `{"errors":[{"code":"BAD_CLIENT","message":"compta@brehat.example"}]}`, courrier.ErrDenied, "BAD_CLIENT"},
		"mode not allowed": {403, ``, courrier.ErrDenied, ""},
		"parameter":        {404, ``, courrier.ErrDenied, ""},
		"down":             {503, `<html>user-secret-2291</html>`, courrier.ErrUnavailable, ""},
		"not JSON":         {200, `user-secret-2291`, courrier.ErrUnavailable, ""},
		"no token":         {200, `{"token_type":"Bearer","refresh_token":"user-secret-2291"}`, courrier.ErrUnavailable, ""},
		"moved":            {307, ``, courrier.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *laposte.Config) { c.Logger = nil }, answering(http.MethodPost, "/token", c.status, c.body))
			_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceStandard))
			require.ErrorIs(t, err, c.kind)
			require.NotErrorIs(t, err, courrier.ErrInDoubt)
			var e *courrier.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.code, e.Code)
			for _, secret := range []string{credentials.Password, credentials.Username, credentials.ClientSecret} {
				require.NotContains(t, err.Error(), secret)
			}
			// In the middle of a letter it is no doubt either: nothing was sent.
			s := submission(courrier.ServiceStandard)
			s.Draft = "2b6a2f0e-0000-4000-8000-000000000000"
			_, err = w.provider.Submit(t.Context(), s)
			require.ErrorIs(t, err, c.kind)
			require.NotErrorIs(t, err, courrier.ErrInDoubt)
		})
	}
}

func TestCredentialsSourceFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("vault is sealed")
	w := newWorld(t, func(c *laposte.Config) {
		c.Credentials = func(context.Context, courrier.AccountID) (laposte.Credentials, error) {
			return laposte.Credentials{}, broken
		}
	})
	_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.ErrorContains(t, err, broken.Error())
	require.Empty(t, w.fake.Requests())
}

// TestTokenWithoutLife: a token that does not say how long it lives is used once.
func TestTokenWithoutLife(t *testing.T) {
	t.Parallel()
	n := 0
	var mu sync.Mutex
	w := newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil || !strings.HasSuffix(r.URL.Path, "/token") {
				return resp, err
			}
			mu.Lock()
			n++
			mu.Unlock()
			var body struct {
				Access string `json:"access_token"`
			}
			if err := decodeJSON(resp, &body); err != nil {
				return nil, err
			}
			return answer(r, http.StatusOK, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer"}`, body.Access)), nil
		})
	})
	draft(t, w)
	draft(t, w)
	mu.Lock()
	defer mu.Unlock()
	require.GreaterOrEqual(t, n, 2)
}
