// Package pingen sends letters through Pingen, which prints and posts in Switzerland,
// Germany, Austria, France, Belgium, the Netherlands and the United Kingdom. It speaks
// the carrier's API v2; docs/pingen.md says what the carrier can and cannot tell.
//
//	carrier, err := pingen.New(pingen.Config{
//		Credentials: pingen.Fixed(pingen.Credentials{ClientID: id, Secret: secret, Organisation: organisation}),
//	})
//	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
package pingen

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/secret"
	"github.com/courrier-go/courrier/providers/rest"
)

const (
	name = "pingen"
	// maxBytes is the longest file; a letter is one file.
	maxBytes            = 8_000_000
	callsASecond, burst = 4.0, 5
	// leastSettle is longer than a sending that was given up can still be on its way.
	leastSettle    = 2 * time.Minute
	defaultCheck   = time.Minute
	cleanTimeout   = 3 * time.Second
	minSigningKey  = 20 // characters of a webhook's signing key; at most 32
	longestSuffix  = 40
	uploadTimeout  = time.Minute
	downloadExtent = 4 << 20
)

// Secret is a client's secret. It prints as "[secret]" however it is printed.
type Secret struct{ secret.Text }

// NewSecret returns the secret that the carrier showed once.
func NewSecret(s string) Secret { return Secret{secret.New(s)} }

// Credentials are those of an app with the grant "client credentials", and the
// organisation that pays.
type Credentials struct {
	ClientID     string
	Secret       Secret
	Organisation string // a UUID; it is never chosen for you
}

// Fixed answers the same credentials for every account.
func Fixed(c Credentials) func(context.Context, courrier.AccountID) (Credentials, error) {
	return func(context.Context, courrier.AccountID) (Credentials, error) { return c, nil }
}

// Endpoints are the addresses of the carrier's services.
type Endpoints struct{ API, Identity string }

// Production returns the addresses where letters are printed and charged.
func Production() Endpoints {
	return Endpoints{API: "https://api.pingen.com", Identity: "https://identity.pingen.com"}
}

// Staging returns the addresses of the trial environment, which prints nothing and has
// credentials of its own.
func Staging() Endpoints {
	return Endpoints{API: "https://api-staging.pingen.com", Identity: "https://identity-staging.pingen.com"}
}

// Config says how to reach the carrier. Only Credentials is required.
type Config struct {
	// Credentials returns those of an account. An error that matches
	// [courrier.ErrDenied] means that the account may not send now.
	Credentials func(ctx context.Context, account courrier.AccountID) (Credentials, error)
	Endpoints   Endpoints         // zero: Production
	Transport   http.RoundTripper // nil: a pool of its own, without a proxy
	// Products replaces or adds the carrier's delivery_product of a service. Which
	// value buys a registered letter in which country is not published, so there is
	// none until you name it. An empty text withdraws a service.
	Products map[courrier.Service]string
	// MetaData are the services whose sending names recipient and sender beside the file;
	// nil: the registered ones. The carrier's own clients differ: with ordinary letters it
	// then refuses some postcodes. An empty list that is not nil never does.
	MetaData []courrier.Service
	// Countries are those that letters may go to, by ISO code; nil: where the carrier
	// prints and posts (CH, LI, DE, AT, FR, MC, BE, NL, GB).
	Countries []string
	// AddressPosition is the side of the envelope's window, "left" or "right"; empty:
	// the organisation's.
	AddressPosition string
	// WebhookKeys are the signing keys of the webhooks, of which each category of events
	// has its own. Empty: every call is refused.
	WebhookKeys []string
	// FileHosts are hosts besides pingen.com and its file store that files may be
	// uploaded to.
	FileHosts []string
	// Suffix is put at the end of file names; in staging it simulates an outcome, such
	// as "_simulate_undeliverable".
	Suffix string
	// Rate is the number of calls a second of this process; 0: 4. The carrier takes 300 a
	// minute of one user: share them out among processes.
	Rate    float64
	Retries int // of a question; 0: 3, negative: never
	// SettleAfter is how long after an attempt a draft may still be sent by it; then the
	// draft is deleted and told as not found. 0: 2 minutes, and not less. The carrier
	// publishes no figure.
	SettleAfter time.Duration
	// ValidateFor is how long the carrier may check a file before the draft is given up
	// and tried again later; 0: 1 minute. It takes seconds, and no longest is published.
	ValidateFor time.Duration
	Now         func() time.Time // nil: time.Now
	Logger      *slog.Logger     // nil: silent; told paths, statuses and letters by id
}

// Provider is the carrier. It is safe for concurrent use and keeps tokens in memory.
type Provider struct {
	cfg           Config
	products      map[courrier.Service]string
	api, identity *rest.Client
	log           *slog.Logger
	tokens        rest.Tokens
}

var _ interface {
	courrier.Provider
	courrier.Drafter
	courrier.Placer
	courrier.Finder
	courrier.Canceller
	courrier.Tracker
	courrier.Quoter
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
	cfg.SettleAfter, cfg.ValidateFor = cmp.Or(cfg.SettleAfter, leastSettle), cmp.Or(cfg.ValidateFor, defaultCheck)
	if cfg.MetaData == nil {
		cfg.MetaData = []courrier.Service{courrier.ServiceRegistered, courrier.ServiceRegisteredAR}
	}
	if cfg.Countries == nil {
		cfg.Countries = []string{"CH", "LI", "DE", "AT", "FR", "MC", "BE", "NL", "GB"}
	}
	var c courrier.Checks
	c.Require(cfg.Credentials != nil, "Credentials", "is nil", "give Fixed, or a function of the account")
	c.Require(slices.Contains([]string{"", "left", "right"}, cfg.AddressPosition), "AddressPosition",
		"is neither left nor right", `use "left", "right" or ""`)
	c.Require(cfg.SettleAfter == 0 || cfg.SettleAfter >= leastSettle, "SettleAfter", "is less than 2 minutes", "leave it 0, or give more")
	c.Require(cfg.ValidateFor >= 0, "ValidateFor", "is negative", "leave it 0, or give a duration")
	for _, s := range cfg.MetaData {
		c.Require(slices.Contains(courrier.Services(), s), "MetaData", "holds what is no service", "use the Service constants")
	}
	c.Require(cfg.Rate >= 0, "Rate", "is negative", "give calls a second, or 0 for the default")
	c.Require(len(cfg.Suffix) <= longestSuffix, "Suffix", "is longer than 40 bytes", "use one of the carrier's simulations")
	for _, k := range cfg.WebhookKeys {
		c.Require(len(k) >= minSigningKey, "WebhookKeys", "holds one of fewer than 20 characters",
			"use 20 to 32 random characters, as the carrier asks")
	}
	for s := range cfg.Products {
		c.Require(slices.Contains(courrier.Services(), s), "Products", "has a key that is no service", "use the Service constants")
		c.Require(s != courrier.ServiceElectronicRegistered, "Products", "names an electronic letter, which is not sent",
			"send it registered on paper")
	}
	pace := rest.NewPace(cmp.Or(cfg.Rate, callsASecond), burst)
	client := func(field, base string) *rest.Client {
		r, err := rest.New(rest.Config{BaseURL: base, Transport: cfg.Transport, Pace: pace, Now: cfg.Now, UserAgent: "courrier-go",
			Retries: cfg.Retries, Logger: cfg.Logger})
		c.Require(err == nil, "Endpoints."+field, "is no https URL", "take it from Production or Staging")
		return r
	}
	p := &Provider{
		api: client("API", cfg.Endpoints.API), identity: client("Identity", cfg.Endpoints.Identity), log: cmp.Or(cfg.Logger,
			slog.New(slog.DiscardHandler)),
		products: map[courrier.Service]string{courrier.ServiceStandard: "cheap", courrier.ServicePriority: "fast"},
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	maps.Copy(p.products, cfg.Products)
	maps.DeleteFunc(p.products, func(_ courrier.Service, product string) bool { return product == "" })
	cfg.Countries, cfg.WebhookKeys, cfg.MetaData = slices.Clone(cfg.Countries), slices.Clone(cfg.WebhookKeys), slices.Clone(cfg.MetaData)
	p.cfg = cfg
	return p, nil
}

// Name implements [courrier.Provider].
func (p *Provider) Name() string { return name }

// Capabilities implements [courrier.Provider].
func (p *Provider) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services:       slices.DeleteFunc(courrier.Services(), func(s courrier.Service) bool { return p.products[s] == "" }),
		NoCarrierSheet: true,
		NoStaple:       true,
		MaxDocuments:   1, // a letter is one file: put attachments into it
		MaxBytes:       maxBytes,
		Reaches: func(_ courrier.Service, a courrier.Address) bool {
			return slices.Contains(p.cfg.Countries, a.Territory())
		},
		Drafts: true, Places: true, Finds: true, Cancels: true, Tracks: true, Quotes: true, Webhooks: true,
		TrackBatch:  1,
		SettleAfter: p.cfg.SettleAfter,
	}
}

// Place implements [courrier.Placer]: letters are those of an organisation.
func (p *Provider) Place(ctx context.Context, account courrier.AccountID) (string, error) {
	c, err := p.credentials(ctx, "place", account)
	if err != nil {
		return "", err
	}
	return rest.Place(p.cfg.Endpoints.API, c.Organisation), nil
}

func fail(op string, kind error, code string, cause error) error {
	return &courrier.Error{Op: op, Kind: kind, Provider: name, Code: code, Err: cause}
}

// fileName is the one text of ours that comes back: the letter's id.
func (p *Provider) fileName(id courrier.LetterID) string { return string(id) + p.cfg.Suffix + ".pdf" }
