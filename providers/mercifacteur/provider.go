// Package mercifacteur sends letters through Merci Facteur, which prints, posts and
// archives single letters in France. It speaks the carrier's API 1.2 as far as that
// is published; docs/mercifacteur.md says what the carrier can and cannot tell.
//
//	carrier, err := mercifacteur.New(mercifacteur.Config{
//		Credentials:    mercifacteur.Fixed(mercifacteur.Credentials{ServiceID: id, Key: key, UserID: 42}),
//		WebhookSecrets: []string{"at-least-16-random-bytes"},
//	})
//	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
package mercifacteur

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/secret"
	"github.com/courrier-go/courrier/providers/rest"
)

const (
	name           = "mercifacteur"
	defaultBaseURL = "https://www.merci-facteur.com/api/1.2/prod/service"
	// defaultHeader bears the secret of webhooks; the carrier changes its name on request.
	defaultHeader = "X-Mf-Webhook-Secret-Key"
	// anyIP fills the header that the carrier wants where its restriction to
	// addresses was lifted.
	anyIP              = "111.111.111"
	maxDocuments       = 10
	defaultRate        = 2
	defaultSettleAfter = 15 * time.Minute
	defaultPollEvery   = 12 * time.Hour
	// sendTimeout bounds the one call that prints, before the time for its bytes.
	sendTimeout = 90 * time.Second
	minSecret   = 16
)

// Secret is a secret key. It prints as "[secret]" however it is printed.
type Secret struct{ secret.Text }

// NewSecret returns the secret key that the account's API tab shows.
func NewSecret(s string) Secret { return Secret{secret.New(s)} }

// Credentials are what the account's API tab shows, and the user who sends.
type Credentials struct {
	ServiceID string
	Key       Secret
	UserID    int // idUser: who sends, in the account's menu of users
}

// Fixed answers the same credentials for every account.
func Fixed(c Credentials) func(context.Context, courrier.AccountID) (Credentials, error) {
	return func(context.Context, courrier.AccountID) (Credentials, error) { return c, nil }
}

// Config says how to reach the carrier. Only Credentials is required.
type Config struct {
	// Credentials returns those of an account. An error that matches
	// [courrier.ErrDenied] means that the account may not send now.
	Credentials func(ctx context.Context, account courrier.AccountID) (Credentials, error)
	BaseURL     string            // empty: https://www.merci-facteur.com/api/1.2/prod/service
	Transport   http.RoundTripper // nil: a pool of its own, without a proxy
	// AuthorizedIPs are the addresses from which tokens are used, ";" between them.
	// Empty: the filler that the carrier wants when it lifted the restriction.
	AuthorizedIPs string
	// PaperReceipt sends registered letters as "lrar", whose advice of receipt goes to
	// the sender's address on paper; else as "lrare", received and scanned by the
	// carrier.
	PaperReceipt bool
	// Countries replaces the carrier's label of a country or territory, by ISO code,
	// where the French name does not lead to it.
	Countries map[string]string
	// WebhookSecrets are the values that the carrier's calls may bear in WebhookHeader.
	// Empty: every call is refused.
	WebhookSecrets []string
	WebhookHeader  string // empty: X-Mf-Webhook-Secret-Key
	// DuplicateWords are what else the code or the text of a refusal may hold that says
	// that the letter was sent before: the carrier does not publish its code. Known are
	// "doublon", "duplic", "already" and "déjà"; neither case nor accents matter.
	DuplicateWords []string
	// RefusalWords are what else the code or the text of a refusal may hold that says
	// that nothing was taken. Known are LETTER_INVALID…, INFO_ADDRESS_MISSING and
	// INVALID_DATE_ENVOI. A refusal in other words is doubt until the carrier's lists
	// show that it has no such letter.
	RefusalWords []string
	// FileHosts are hosts besides merci-facteur.com that links to files may lead to.
	FileHosts []string
	Rate      float64 // calls a second of this process; 0: 2. The carrier publishes no limit
	Retries   int     // of a question; 0: 3, negative: never
	// SettleAfter is how long after an attempt the carrier's events and list are taken
	// for complete; 0: 15 minutes. It publishes no figure.
	SettleAfter time.Duration
	PollEvery   time.Duration    // least time between two questions about a letter; 0: 12 hours
	Now         func() time.Time // nil: time.Now; within 5 minutes of the carrier's
	Logger      *slog.Logger     // nil: silent; told paths, statuses and letters by id
}

// Provider is the carrier. It is safe for concurrent use and keeps tokens in memory.
type Provider struct {
	cfg    Config
	rest   *rest.Client
	log    *slog.Logger
	tokens rest.Tokens
	labels labels
}

var _ interface {
	courrier.Provider
	courrier.Placer
	courrier.Finder
	courrier.Tracker
	courrier.ProofFetcher
	courrier.Quoter
	courrier.WebhookParser
} = (*Provider)(nil)

// New returns the carrier, or every wrong field of the Config as a
// [courrier.FieldError]. It makes no call.
func New(cfg Config) (*Provider, error) {
	var c courrier.Checks
	c.Require(cfg.Credentials != nil, "Credentials", "is nil", "give Fixed, or a function of the account")
	c.Require(cfg.Rate >= 0, "Rate", "is negative", "give calls a second, or 0 for the default")
	for _, s := range cfg.WebhookSecrets {
		c.Require(len(s) >= minSecret, "WebhookSecrets", "holds one of fewer than 16 bytes", "use 16 random bytes or more")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	client, err := rest.New(rest.Config{
		BaseURL: cmp.Or(cfg.BaseURL, defaultBaseURL), Transport: cfg.Transport, Pace: rest.NewPace(cmp.Or(cfg.Rate, defaultRate),
			1), Now: cfg.Now,
		UserAgent: "courrier-go", Retries: cfg.Retries, MaxAnswer: maxAnswer, Logger: cfg.Logger,
	})
	if err != nil {
		c.Require(false, "BaseURL", err.Error(), "leave it empty for the carrier's own")
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	cfg.Countries, cfg.WebhookSecrets = maps.Clone(cfg.Countries), slices.Clone(cfg.WebhookSecrets)
	return &Provider{cfg: cfg, rest: client, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))}, nil
}

// Name implements [courrier.Provider].
func (p *Provider) Name() string { return name }

// Capabilities implements [courrier.Provider].
func (p *Provider) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services:       []courrier.Service{courrier.ServiceStandard, courrier.ServiceTracked, courrier.ServiceRegisteredAR},
		Returns:        []courrier.ReturnHandling{courrier.ReturnsScanned},
		NoCarrierSheet: true,
		NoStaple:       true,
		MaxDocuments:   maxDocuments,
		MaxBytes:       courrier.MaxDocumentBytes,
		Reaches:        func(_ courrier.Service, a courrier.Address) bool { return a.Zone() != courrier.ZoneUnknown },
		Places:         true, Finds: true, Tracks: true, Quotes: true, Webhooks: true,
		Proofs:      p.proofKinds(),
		TrackBatch:  1,
		PollEvery:   cmp.Or(p.cfg.PollEvery, defaultPollEvery),
		SettleAfter: cmp.Or(p.cfg.SettleAfter, defaultSettleAfter),
	}
}

// modes are the carrier's products. Its electronic letters ("ere_…") are of the
// simple level, and no registered letters in law (CPCE L100): they are not offered.
func (p *Provider) mode(s courrier.Service) string {
	switch s {
	case courrier.ServiceTracked:
		return "suivi"
	case courrier.ServiceRegisteredAR:
		if p.cfg.PaperReceipt {
			return "lrar"
		}
		return "lrare"
	}
	return ordinary
}

// knownMode tells one of the carrier's letters on paper.
func knownMode(mode string) bool {
	return slices.Contains([]string{ordinary, "suivi", "lrar", "lrare"}, mode)
}

// ordinary is the carrier's mode of letters that are not tracked.
const ordinary = "normal"

// Place implements [courrier.Placer]: events are those of a service, and sendings those
// of its user.
func (p *Provider) Place(ctx context.Context, account courrier.AccountID) (string, error) {
	c, err := p.credentials(ctx, "place", account)
	if err != nil {
		return "", err
	}
	return rest.Place(p.cfg.BaseURL, c.ServiceID, strconv.Itoa(c.UserID)), nil
}

func fail(op string, kind error, code string, cause error) error {
	return &courrier.Error{Op: op, Kind: kind, Provider: name, Code: code, Err: cause}
}
