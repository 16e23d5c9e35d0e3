package mysendingbox

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/secret"
	"github.com/courrier-go/courrier/providers/rest"
)

// Key is an API key of one company. It prints as "[secret]" however it is printed;
// Reveal returns the key itself. The zero Key is none.
type Key struct{ secret.Text }

// NewKey returns the key that the carrier's dashboard shows.
func NewKey(s string) Key { return Key{secret.New(s)} }

const testPrefix = "test_"

// Live reports whether letters sent with the key are printed, posted and billed.
func (k Key) Live() bool { return !strings.HasPrefix(k.Reveal(), testPrefix) }

// Credentials returns the key of an account. An error that matches
// [courrier.ErrDenied] means that the account may not send now; any other, that
// the key is out of reach for the moment. Nothing is sent either way.
type Credentials func(ctx context.Context, account courrier.AccountID) (Key, error)

// FixedKey is the Credentials of a host that sends everything with one key.
func FixedKey(k Key) Credentials {
	return func(context.Context, courrier.AccountID) (Key, error) { return k, nil }
}

// key returns the key of an account, which must be of the configured mode.
func (p *Provider) key(ctx context.Context, op string, account courrier.AccountID) (Key, error) {
	k, err := p.cfg.Credentials(ctx, account)
	switch {
	case errors.Is(err, courrier.ErrDenied):
		return Key{}, fail(op, courrier.ErrDenied, "no-key", foreign(err))
	case err != nil:
		return Key{}, fail(op, courrier.ErrUnavailable, "no-key", foreign(err))
	case k.IsZero():
		return Key{}, fail(op, courrier.ErrDenied, "no-key", errors.New("the account has no key"))
	case k.Live() != p.cfg.Live:
		return Key{}, fail(op, courrier.ErrDenied, "key-mode",
			errors.New("test and live do not mix: the key is of the other mode than Config.Live"))
	}
	return k, nil
}

// Place implements [courrier.Placer]: a key shows the letters of its company and mode,
// and nothing tells that another key is of the same company.
func (p *Provider) Place(ctx context.Context, account courrier.AccountID) (string, error) {
	k, err := p.key(ctx, "place", account)
	if err != nil {
		return "", err
	}
	return rest.Place(p.cfg.BaseURL, k.Reveal()), nil
}

// authorize puts the key on a request: it is the user of Basic, without password.
func (k Key) authorize(_ context.Context, r *http.Request) error {
	r.SetBasicAuth(k.Reveal(), "")
	return nil
}

// mode is what the carrier calls the configured mode.
func (p *Provider) mode() string {
	if p.cfg.Live {
		return "live"
	}
	return "test"
}
