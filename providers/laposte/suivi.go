package laposte

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// suiviBatch is the most numbers that Suivi takes at once.
const suiviBatch = 10

const suiviURL = "https://api.laposte.fr/suivi/v2"

// Quota is how many calls to Suivi may be made in a time. La Poste publishes
// three limits, which contradict each other; the default of [SuiviConfig], five
// calls a second, is none of them.
type Quota struct {
	Calls int
	Per   time.Duration
}

func (q Quota) pace() *rest.Pace {
	if q.Per <= 0 {
		return nil
	}
	return rest.NewPace(float64(q.Calls)/q.Per.Seconds(), min(q.Calls, 5))
}

// PlanQuota is the limit on the page of the plan: 10 calls a second.
func PlanQuota() Quota { return Quota{10, time.Second} }

// FAQQuota is the limit among the portal's frequent questions: 100 calls a minute.
func FAQQuota() Quota { return Quota{100, time.Minute} }

// GatewayQuota is the limit that the gateway itself names when it refuses a
// call: 100 calls a second.
func GatewayQuota() Quota { return Quota{100, time.Second} }

// SuiviConfig says how to reach Suivi. Only Key is required.
type SuiviConfig struct {
	// Key is the application's X-Okapi-Key. Whether it is one of the sandbox or
	// of production shows nowhere in it.
	Key       string
	BaseURL   string            // empty: La Poste's
	Quota     Quota             // zero: 5 calls a second
	Provider  string            // name put on events when used alone; empty: "laposte"
	Transport http.RoundTripper // nil: a pool of its own
	Timeout   time.Duration     // of one attempt; 0: 30 s
	Now       func() time.Time  // nil: time.Now
	// Logger gets methods, paths, statuses and durations. The paths hold
	// tracking numbers. Nil: silent.
	Logger *slog.Logger
}

// Suivi follows letters with La Poste's tracking service (v2), whoever sent
// them. It has no proof, signature or scan. It is safe for concurrent use.
type Suivi struct {
	rest     *rest.Client
	key      string
	provider string
	now      func() time.Time
}

var _ courrier.Tracker = (*Suivi)(nil)

// NewSuivi returns the tracker, or every wrong field of the configuration as a
// [courrier.FieldError]. It makes no call.
func NewSuivi(cfg SuiviConfig) (*Suivi, error) {
	if cfg.Quota == (Quota{}) {
		cfg.Quota = Quota{5, time.Second}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	var k courrier.Checks
	k.Require(cfg.Key != "" && !strings.ContainsFunc(cfg.Key, notPrintable), "Key", "is empty or holds white space",
		"give the key that the portal shows, without quotes or line ends")
	k.Require(cfg.Quota.Calls > 0 && cfg.Quota.Per > 0, "Quota", "is not positive", "leave it zero or use one of the published quotas")
	c, err := rest.New(rest.Config{
		BaseURL: cmp.Or(cfg.BaseURL, suiviURL), Transport: cfg.Transport, Timeout: cfg.Timeout,
		Pace: cfg.Quota.pace(), Now: cfg.Now, Retries: retries, RetryWait: time.Second, Logger: cfg.Logger,
	})
	k.Require(err == nil, "BaseURL", "is no https URL", "leave it empty")
	if err := k.Err(); err != nil {
		return nil, &courrier.Error{Op: "laposte: new suivi", Err: err}
	}
	return &Suivi{rest: c, key: cfg.Key, provider: cmp.Or(cfg.Provider, Name), now: cfg.Now}, nil
}

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }

// Track implements [courrier.Tracker], by the references' TrackingNumber, ten at
// a call. References without one, and numbers that La Poste does not know (yet),
// are left out. Other references' events come with the error of one that failed.
func (s *Suivi) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	return s.track(ctx, refs, s.provider)
}

func (s *Suivi) track(ctx context.Context, refs []courrier.Reference, provider string) ([]courrier.TrackingEvent, error) {
	byNumber := make(map[string][]courrier.Reference)
	var numbers []string
	for _, ref := range refs {
		n := normalNumber(ref.TrackingNumber)
		if !trackable(n) {
			continue
		}
		if byNumber[n] == nil {
			numbers = append(numbers, n)
		}
		byNumber[n] = append(byNumber[n], ref)
	}
	var events []courrier.TrackingEvent
	var errs []error
	for batch := range slices.Chunk(numbers, suiviBatch) {
		shipments, err := s.ask(ctx, batch)
		errs = append(errs, err)
		for _, sh := range shipments {
			for _, ref := range byNumber[normalNumber(sh.ID)] {
				events = append(events, sh.events(ref, provider, s.now())...)
			}
		}
	}
	return events, errors.Join(errs...)
}

// ask asks about up to ten numbers. When a malformed one gets the whole call
// refused, each is asked about alone: one bad number does not hide the others for
// ever, and is itself left out.
func (s *Suivi) ask(ctx context.Context, numbers []string) ([]shipment, error) {
	found, err := s.call(ctx, numbers)
	if !errors.Is(err, courrier.ErrInvalid) {
		return found, err
	}
	if len(numbers) == 1 {
		return nil, nil
	}
	for _, n := range numbers {
		more, err := s.ask(ctx, []string{n})
		if err != nil {
			return found, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func (s *Suivi) call(ctx context.Context, numbers []string) ([]shipment, error) {
	answer, err := s.rest.Do(ctx, rest.Call{
		Method: http.MethodGet, Path: []string{"idships", strings.Join(numbers, ",")},
		Header: acceptJSON(), Repeatable: true,
		Authorize: func(_ context.Context, r *http.Request) error {
			r.Header.Set("X-Okapi-Key", s.key)
			return nil
		},
	})
	if err != nil {
		return nil, suiviError(plainNetwork(err), courrier.ErrUnavailable, "")
	}
	found, err := readSuivi(answer.Status, answer.Body, numbers)
	return found, withRequestID(err, answer.Header)
}

// shipment is what Suivi knows of one number.
type shipment struct {
	ID     string                `json:"idShip"`
	Events []stamped[suiviEvent] `json:"event"`
}

type suiviEvent struct {
	Date moment `json:"date"`
	Code string `json:"code"`
}

// suiviEnvelope is the answer about one number.
type suiviEnvelope struct {
	ReturnCode json.Number `json:"returnCode"`
	IDShip     string      `json:"idShip"`
	Shipment   *shipment   `json:"shipment"`
	Code       string      `json:"code"` // of the gateway's errors, which have no returnCode
}

// suiviNotYet is the return code of a number that La Poste does not know (yet).
const suiviNotYet = "104"

// readSuivi reads an answer by its body first: one number may come as an object
// or as an array of one, and an answer to several may hold nothing but failures
// under a status of success. A 404 says "not yet", with a body or without.
// [courrier.ErrInvalid] means that a number is malformed.
func readSuivi(status int, body []byte, asked []string) ([]shipment, error) {
	envelopes, err := suiviEnvelopes(body)
	if err != nil {
		if status == http.StatusNotFound {
			return nil, nil
		}
		return nil, suiviStatus(status, "", err)
	}
	var found []shipment
	var failures []error
	for _, e := range envelopes {
		switch {
		case e.Shipment != nil:
			sh := *e.Shipment
			if sh.ID == "" && len(asked) == 1 {
				sh.ID = asked[0]
			}
			found = append(found, sh)
		case e.ReturnCode == "" && status != http.StatusNotFound:
			return found, suiviStatus(status, e.Code, errors.New("no envelope"))
		case e.outage() != 0: // within a success, too
			failures = append(failures, suiviStatus(e.outage(), string(e.ReturnCode), nil))
		case e.ReturnCode == suiviNotYet || e.ReturnCode == "":
		case len(envelopes) == 1 && (status >= 400 && status != http.StatusNotFound):
			return found, suiviStatus(status, string(e.ReturnCode), nil)
		}
	}
	return found, errors.Join(failures...)
}

// outage returns the return code of an answer that says nothing of its number, but
// that La Poste could not look or would not; 0 for others.
func (e suiviEnvelope) outage() int {
	code, err := strconv.Atoi(string(e.ReturnCode))
	if err != nil || code < http.StatusInternalServerError && code != http.StatusTooManyRequests && code != http.StatusUnauthorized &&
		code != http.StatusForbidden {
		return 0
	}
	return code
}

func suiviEnvelopes(body []byte) ([]suiviEnvelope, error) {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("[")) {
		var all []suiviEnvelope
		err := rest.DecodeJSON(body, &all)
		return all, err
	}
	var one suiviEnvelope
	if err := rest.DecodeJSON(body, &one); err != nil {
		return nil, err
	}
	return []suiviEnvelope{one}, nil
}

// suiviStatus is the error of an answer as a whole.
func suiviStatus(status int, code string, cause error) error {
	if cause == nil || status >= 300 {
		cause = statusError(status)
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return suiviError(fmt.Errorf("%w: the key is not known, or not subscribed to Suivi v2", cause), courrier.ErrDenied, code)
	case http.StatusBadRequest:
		return suiviError(fmt.Errorf("%w: a tracking number is malformed", cause), courrier.ErrInvalid, code)
	}
	return suiviError(cause, courrier.ErrUnavailable, code)
}

func suiviError(cause, kind error, code string) error {
	return &courrier.Error{Op: "laposte: suivi", Provider: Name, Kind: kind, Code: safeCode(code), Err: cause}
}

// withRequestID adds what La Poste's support asks for.
func withRequestID(err error, header http.Header) error {
	id := safeCode("r" + header.Get("x-okapi-request-id"))
	var e *courrier.Error
	if id != "r" && id != "" && errors.As(err, &e) {
		e.Err = fmt.Errorf("%w (La Poste's request id %s)", e.Err, id[1:])
	}
	return err
}

// events tells a shipment as facts about a letter.
func (sh shipment) events(ref courrier.Reference, provider string, heard time.Time) []courrier.TrackingEvent {
	t := teller{ref: ref, provider: provider, number: normalNumber(ref.TrackingNumber), heard: heard}
	for _, e := range sh.Events {
		t.tellKnown(suiviCodes, e.value.Code, e.value.Date.Time, e.raw)
	}
	return t.events
}
