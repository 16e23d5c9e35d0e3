package mercifacteurtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Header bears the secret of a call, unless the carrier changed its name on request.
const Header = "X-Mf-Webhook-Secret-Key"

// Letter is one letter of an event, as a host's test wants it told.
type Letter struct {
	Sending   string // id_envoi
	Ref       string // ref_courrier
	Reference string // ref_interne: the adapter's reference of the letter
	Mode      string // mode_envoi, such as "lrare"
	Status    string // statut_courrier, such as "distribue"
	Text      string // statut_description
	Tracking  string
}

// Webhook returns the carrier's call of one event about letters: a form of two fields,
// each of which is JSON, with the secret in a header.
func Webhook(webhookURL, secret, event string, at time.Time, letters ...Letter) (*http.Request, error) {
	var details []object
	for _, l := range letters {
		details = append(details, object{
			"ref_courrier": l.Ref, "id_envoi": l.Sending, "mode_envoi": l.Mode, "statut_courrier": l.Status, "statut_description": l.Text,
			"ref_interne": l.Reference, "tracking_number": orNull(l.Tracking),
		})
	}
	return request(webhookURL, secret, object{"name_event": event, "date_event": at.Unix()}, details)
}

func request(webhookURL, secret string, event object, details []object) (*http.Request, error) {
	form := url.Values{}
	for field, v := range map[string]any{"event": event, "detail": details} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		form.Set(field, string(b))
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, webhookURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(Header, secret)
	return r, nil
}

// Call is one call that the carrier makes of an event.
type Call struct {
	URL    string
	Header http.Header
	Body   string
	Event  string
	Done   bool // answered 200
	Tries  int
	next   time.Time
}

// gaps are the times after which a call is made again; then it is lost.
var gaps = []time.Duration{time.Hour, 24 * time.Hour}

func (s *Server) call(x *sending, h happening) {
	if s.cfg.Webhook == "" {
		return
	}
	letter := s.letterOf(x, h)
	if h.status == "retour_are" {
		letter["are_base64_jpeg"] = strings.Repeat("A", 200_000) // scans travel within
	}
	r, err := request(s.cfg.Webhook, s.cfg.Secret, object{"name_event": h.event, "date_event": h.at.Unix()}, []object{letter})
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // a text is read to its end
	}
	s.calls = append(s.calls, &Call{URL: r.URL.String(), Header: r.Header, Body: string(body), Event: h.event, next: h.at})
}

// Calls returns the calls made or to be made so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Call
	for _, c := range s.calls {
		all = append(all, *c)
	}
	return all
}

// Disorder is how badly the carrier delivers.
type Disorder struct {
	Duplicate bool       // every call twice
	Shuffle   *rand.Rand // nil: in order
}

// Deliver makes the calls that are due through do. One that is not answered 200 is made
// again an hour and then a day later, and then lost.
func (s *Server) Deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), how Disorder) error {
	for _, c := range s.due(how) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, strings.NewReader(c.Body))
		if err != nil {
			return err
		}
		r.Header = c.Header.Clone()
		resp, err := do(r)
		good := err == nil && resp.StatusCode == http.StatusOK
		if err == nil {
			resp.Body.Close()
		}
		s.mu.Lock()
		if c.Done = c.Done || good; !good && c.Tries < len(gaps) {
			c.next = s.cfg.Now().Add(gaps[c.Tries])
		}
		c.Tries++
		s.mu.Unlock()
	}
	return ctx.Err()
}

func (s *Server) due(how Disorder) []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var queue []*Call
	for _, c := range s.calls {
		if c.Done || c.Tries > len(gaps) || c.next.After(s.cfg.Now()) {
			continue
		}
		queue = append(queue, c)
		if how.Duplicate {
			queue = append(queue, c)
		}
	}
	if how.Shuffle != nil {
		how.Shuffle.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	}
	return queue
}
