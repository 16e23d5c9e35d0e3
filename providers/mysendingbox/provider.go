// Package mysendingbox sends letters through MySendingBox (formerly Seeuletter),
// which prints and posts them in France. It speaks the carrier's HTTP API as far
// as that is known; docs/mysendingbox.md says what the carrier can and cannot tell.
//
//	carrier, err := mysendingbox.New(mysendingbox.Config{Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(key))})
//	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
package mysendingbox

import (
	"cmp"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

const (
	name           = "mysendingbox"
	defaultBaseURL = "https://api.mysendingbox.fr"
	// renderTimeout bounds the calls that create letters: the carrier renders the
	// PDF before it answers, and its own client gives it this long.
	renderTimeout      = 120 * time.Second
	maxDocuments       = 5 // source_file to source_file_5
	maxFile            = 40_000_000
	defaultRate        = 5
	defaultSettleAfter = 15 * time.Minute
)

// Config says how to reach the carrier and what to ask of it. Only Credentials
// is required. Its zero value is for test keys: set Live to send real letters.
type Config struct {
	// Credentials returns the API key of an account; see [Accounts.Key] and
	// [FixedKey].
	Credentials Credentials
	// Live takes live keys, and no others; unset, test keys and no others. Every
	// answer must be of the same mode.
	Live      bool
	BaseURL   string            // empty: https://api.mysendingbox.fr
	Transport http.RoundTripper // nil: a pool of connections of its own, without a proxy
	// Rate is the number of calls a second of this process, all accounts
	// together; 0: 5. The carrier publishes no limit: ask yours.
	Rate float64
	// Retries is how often a question is put again when the carrier does not
	// answer it; 0: 3, negative: never. Calls that could print never are.
	Retries int
	// WebhookSecrets are the secrets that the carrier's calls may bear: as the
	// password of the webhook URL or as its parameter "secret". Give the old and
	// the new one while changing it. Empty: every call is refused.
	WebhookSecrets []string
	// Postage replaces or adds the carrier's postage_type of a service, such as
	// one of its industrial products. An empty text withdraws a service.
	Postage map[courrier.Service]string
	// PostageSpeed is "express", "D" or "D1"; empty: what the account has set.
	PostageSpeed string
	// PrintSender prints the sender's address on the letter; the documents
	// usually bear it.
	PrintSender bool
	// Country returns what to write as the country; nil: "France", and elsewhere
	// the French name in capitals, as posted in France.
	Country func(a courrier.Address) string
	// ReturnReasons gives the meaning of the carrier's returnToSenderReason,
	// whose values are not published. Others are courrier.ReturnOther.
	ReturnReasons map[string]courrier.ReturnReason
	MaxSheets     int   // sheets in one envelope; 0: not known, the carrier decides
	MaxBytes      int64 // all documents of a letter; 0: courrier.MaxDocumentBytes
	// SettleAfter is how long after an attempt the list of letters is taken for
	// complete; 0: 15 minutes. The carrier publishes no figure: creation takes
	// up to 2 minutes, and the rest is a margin.
	SettleAfter time.Duration
	PollEvery   time.Duration // least time between two questions about a letter; 0: 6 hours
	// FileHosts are names of hosts, subdomains included, that links to proofs may
	// lead to besides the carrier's own (mysendingbox.fr, seeuletter.com). The
	// carrier does not publish where it keeps files: a proof refused with the code
	// file-host asks for an entry here.
	FileHosts []string
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: silent; told paths, statuses and letters by id
}

// Provider is the carrier. It is safe for concurrent use and keeps no state.
type Provider struct {
	cfg     Config
	postage map[courrier.Service]string
	rest    *rest.Client
	log     *slog.Logger
}

var _ interface {
	courrier.Provider
	courrier.Placer
	courrier.Finder
	courrier.Canceller
	courrier.Tracker
	courrier.ProofFetcher
	courrier.Quoter
	courrier.WebhookParser
} = (*Provider)(nil)

// defaultPostage maps services to postage_type. "suivie" is no longer sold, so
// there is no tracked service.
var defaultPostage = map[courrier.Service]string{
	courrier.ServiceStandard:     "verte",
	courrier.ServiceEconomy:      "ecopli",
	courrier.ServicePriority:     "prioritaire",
	courrier.ServiceRegistered:   "lr",
	courrier.ServiceRegisteredAR: "lrar",
}

var postageSpeeds = []string{"", "express", "D", "D1"}

// New returns the carrier, or every wrong field of the Config.
//
// Errors: [courrier.ErrInvalid].
func New(cfg Config) (*Provider, error) {
	var c courrier.Checks
	c.Require(cfg.Credentials != nil, "Credentials", "is nil", "give FixedKey or Accounts.Key")
	c.Require(cfg.Rate >= 0, "Rate", "is negative", "give calls a second, or 0 for the default")
	c.Require(cfg.MaxSheets >= 0 && cfg.MaxBytes >= 0, "MaxSheets", "or MaxBytes is negative", "give 0 where the limit is not known")
	c.Require(slices.Contains(postageSpeeds, cfg.PostageSpeed), "PostageSpeed", "is none of the carrier's", `use "express", "D", "D1" or ""`)
	for _, s := range cfg.WebhookSecrets {
		c.Require(len(s) >= minSecret, "WebhookSecrets", "holds one of fewer than 16 bytes", "use 16 random bytes or more")
	}
	for s := range cfg.Postage {
		c.Require(slices.Contains(courrier.Services(), s), "Postage", "has a key that is no service", "use the Service constants")
		c.Require(s != courrier.ServiceElectronicRegistered, "Postage", "names an electronic letter, which is not sent",
			"send it registered on paper")
	}
	client, err := rest.New(rest.Config{
		BaseURL:   cmp.Or(cfg.BaseURL, defaultBaseURL),
		Transport: cfg.Transport,
		Pace:      rest.NewPace(cmp.Or(cfg.Rate, defaultRate), 1),
		Now:       cfg.Now,
		UserAgent: "courrier-go",
		Retries:   cfg.Retries,
		Logger:    cfg.Logger,
	})
	if err != nil {
		c.Require(false, "BaseURL", err.Error(), "leave it empty for the carrier's own")
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	postage := maps.Clone(defaultPostage)
	maps.Copy(postage, cfg.Postage)
	maps.DeleteFunc(postage, func(_ courrier.Service, t string) bool { return t == "" })
	return &Provider{cfg: cfg, postage: postage, rest: client, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))}, nil
}

// Name implements [courrier.Provider].
func (p *Provider) Name() string { return name }

// Capabilities implements [courrier.Provider].
func (p *Provider) Capabilities() courrier.Capabilities {
	services := slices.DeleteFunc(courrier.Services(), func(s courrier.Service) bool { return p.postage[s] == "" })
	return courrier.Capabilities{
		Services:     services,
		Envelopes:    []courrier.Envelope{courrier.EnvelopeC6, courrier.EnvelopeC4},
		Returns:      []courrier.ReturnHandling{courrier.ReturnsToSender, courrier.ReturnsScanned},
		MaxDocuments: maxDocuments,
		MaxSheets:    p.cfg.MaxSheets,
		MaxBytes:     cmp.Or(p.cfg.MaxBytes, courrier.MaxDocumentBytes),
		Reaches:      reaches,
		Places:       true,
		Finds:        true,
		Cancels:      true,
		Tracks:       true,
		Quotes:       true,
		Webhooks:     true,
		Proofs:       slices.Clone(proofKinds),
		TrackBatch:   1, // one call per letter: one that fails must not hold others up
		PollEvery:    p.cfg.PollEvery,
		SettleAfter:  cmp.Or(p.cfg.SettleAfter, defaultSettleAfter),
	}
}

// reaches knows one rule: écopli stays in France. Of other products the carrier
// publishes none, and refuses what it does not carry.
func reaches(s courrier.Service, a courrier.Address) bool {
	zone := a.Zone()
	return zone != courrier.ZoneUnknown && (s != courrier.ServiceEconomy || zone != courrier.ZoneAbroad)
}
