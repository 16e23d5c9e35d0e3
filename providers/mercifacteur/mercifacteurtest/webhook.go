package mercifacteurtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/courrier-go/courrier/providers/rest/resttest"
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
	_ = s.outbox.Put(r, h.at) // a text is read to its end
}

// Calls returns the calls made or to be made so far.
func (s *Server) Calls() []resttest.Call { return s.outbox.Calls() }

// Deliver makes the calls that are due through do. One that is not answered 200 is made
// again an hour and then a day later, and then lost.
func (s *Server) Deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), how resttest.Disorder) error {
	return s.outbox.Deliver(ctx, do, how)
}
