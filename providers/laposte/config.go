package laposte

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Name is the carrier's name, as stored with letters.
const Name = "laposte"

// retries is how often a call that may be repeated is: once, because the Client
// asks again by itself.
const retries = 1

// Credentials are what Maileva gives an integrator (client id and secret) and
// its customer (user name and password). Maileva must have enabled the password
// grant for the client.
type Credentials struct {
	ClientID     string
	ClientSecret string
	Username     string
	Password     string
}

// Format names the client and the user, and neither's secret.
func (c Credentials) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "{%s [secret] %s [secret]}", c.ClientID, c.Username)
}

// LogValue is what package log/slog writes.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// StaticCredentials answers the same credentials for every account.
func StaticCredentials(c Credentials) func(context.Context, courrier.AccountID) (Credentials, error) {
	return func(context.Context, courrier.AccountID) (Credentials, error) { return c, nil }
}

// Endpoints are the addresses of Maileva's services.
type Endpoints struct {
	Token          string
	Mail           string // mail/v2
	RegisteredMail string // registered_mail/v4
	Notifications  string // notification_center/v2
	Billing        string // billing/v1; empty: there is none, as in the sandbox
}

// Production returns the addresses where letters are printed and billed.
func Production() Endpoints {
	return Endpoints{
		Token:          "https://connexion.maileva.com/auth/realms/services/protocol/openid-connect/token",
		Mail:           "https://api.maileva.com/mail/v2",
		RegisteredMail: "https://api.maileva.com/registered_mail/v4",
		Notifications:  "https://api.maileva.com/notification_center/v2",
		Billing:        "https://api.maileva.com/billing/v1",
	}
}

// Sandbox returns the addresses of Maileva's trial environment, which needs
// credentials of its own and has no billing.
func Sandbox() Endpoints {
	return Endpoints{
		Token:          "https://connexion.sandbox.maileva.net/auth/realms/services/protocol/openid-connect/token",
		Mail:           "https://api.sandbox.maileva.net/mail/v2",
		RegisteredMail: "https://api.sandbox.maileva.net/registered_mail/v4",
		Notifications:  "https://api.sandbox.maileva.net/notification_center/v2",
	}
}

// BasicAuth is the login that Maileva presents when it calls a webhook.
type BasicAuth struct {
	Login    string
	Password string
}

// Format names the login, and not the password.
func (b BasicAuth) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "{%s [secret]}", b.Login) }

// LogValue is what package log/slog writes.
func (b BasicAuth) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(b)) }

func (b BasicAuth) good() bool { return b.Login != "" && len(b.Password) >= minSecret }

// Config says how to reach Maileva. Only Credentials is required.
type Config struct {
	// Credentials answers those of an account. It is asked when a token is
	// needed and none is left, about once an hour per account, and again when
	// Maileva refuses a token.
	Credentials func(ctx context.Context, account courrier.AccountID) (Credentials, error)
	Endpoints   Endpoints // zero: Production()
	// Webhook is the login that calls of Maileva must present, the one given to
	// [Provider.Subscribe]; zero: every call is refused.
	Webhook BasicAuth
	// WebhookAlso are other logins that are taken: the one before, while Subscribe
	// tells Maileva the new one, account by account.
	WebhookAlso []BasicAuth
	// Suivi adds La Poste's own events to those of registered letters; nil:
	// Maileva's alone.
	Suivi *Suivi
	// ArchiveYears is how long Maileva archives registered letters: 3, 6 or 10 years,
	// at its price; 0: 3, the shortest. Ordinary letters are not archived.
	ArchiveYears int
	// RequestsPerSecond spaces the calls to Maileva; 0: not spaced. Maileva
	// publishes no limit.
	RequestsPerSecond float64
	Transport         http.RoundTripper // nil: a pool of its own
	Timeout           time.Duration     // of one attempt, before the time for its bytes; 0: 30 s
	Now               func() time.Time  // nil: time.Now
	Logger            *slog.Logger      // nil: silent. Gets methods, paths, statuses and durations, and letters by id
}

// Provider is Maileva as a carrier. It is safe for concurrent use.
type Provider struct {
	mail, registered, notifications, billing *api

	webhook     BasicAuth
	webhookAlso []BasicAuth
	suivi       *Suivi
	now         func() time.Time
	log         *slog.Logger

	archiveYears int
}

var _ interface {
	courrier.Provider
	courrier.Drafter
	courrier.Placer
	courrier.Finder
	courrier.Tracker
	courrier.ProofFetcher
	courrier.WebhookParser
} = (*Provider)(nil)

// New returns the carrier, or every wrong field of the Config as a
// [courrier.FieldError]. It makes no call.
func New(cfg Config) (*Provider, error) {
	if cfg.Endpoints == (Endpoints{}) {
		cfg.Endpoints = Production()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var k courrier.Checks
	k.Require(cfg.Credentials != nil, "Credentials", "is nil", "give a function that answers the account's Maileva user")
	cfg.ArchiveYears = cmp.Or(cfg.ArchiveYears, archives[0])
	k.Require(slices.Contains(archives, cfg.ArchiveYears), "ArchiveYears", "is not 3, 6 or 10", "leave it 0 for the shortest")
	k.Require(cfg.RequestsPerSecond >= 0, "RequestsPerSecond", "is negative", "give 0 for no limit")
	k.Require(cfg.Webhook == (BasicAuth{}) || cfg.Webhook.good(), "Webhook", "has no login, or a password of fewer than 16 bytes",
		"give both, or neither; use 16 random bytes or more")
	for _, b := range cfg.WebhookAlso {
		k.Require(b.good(), "WebhookAlso", "holds one without login, or with a password of fewer than 16 bytes", "use 16 random bytes or more")
	}
	pace := rest.NewPace(cfg.RequestsPerSecond, 1)
	client := func(field, base string, pace *rest.Pace) *rest.Client {
		c, err := rest.New(rest.Config{
			BaseURL: base, Transport: cfg.Transport, Pace: pace, Now: cfg.Now, Timeout: cfg.Timeout,
			Retries: retries, Logger: cfg.Logger,
		})
		k.Require(err == nil, "Endpoints."+field, "is no https URL", "take it from Production or Sandbox")
		return c
	}
	t := newTokens(client("Token", cfg.Endpoints.Token, nil), cfg.Endpoints.Token, cfg.Credentials, cfg.Now)
	p := &Provider{
		mail:          &api{rest: client("Mail", cfg.Endpoints.Mail, pace), tokens: t},
		registered:    &api{rest: client("RegisteredMail", cfg.Endpoints.RegisteredMail, pace), tokens: t},
		notifications: &api{rest: client("Notifications", cfg.Endpoints.Notifications, pace), tokens: t},
		webhook:       cfg.Webhook, webhookAlso: slices.Clone(cfg.WebhookAlso), suivi: cfg.Suivi, now: cfg.Now, log: cfg.Logger,
		archiveYears: cfg.ArchiveYears,
	}
	if cfg.Endpoints.Billing != "" {
		p.billing = &api{rest: client("Billing", cfg.Endpoints.Billing, pace), tokens: t}
	}
	if err := k.Err(); err != nil {
		return nil, &courrier.Error{Op: "laposte: new", Err: err}
	}
	return p, nil
}

// Name implements [courrier.Provider].
func (p *Provider) Name() string { return Name }
