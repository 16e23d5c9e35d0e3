package pingentest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Hook is one call about one letter, as a host's test wants it told.
type Hook struct {
	Category string // such as "sent", "delivered", "undeliverable", "issues"
	Letter   string // the carrier's id
	FileName string // the adapter's is the LetterID with ".pdf"
	EventID  string
	Code     string // such as "transferred_to_distributor"
	Reason   string
	At       time.Time
}

// Webhook returns the carrier's call, signed with a key.
func Webhook(webhookURL, signingKey string, h Hook) (*http.Request, error) {
	letter := object{"id": h.Letter, "type": "letters", "attributes": object{"file_original_name": h.FileName, "status": h.Category,
		"submitted_at": stamp(h.At)}}
	e := showEvent(event{id: h.EventID, code: h.Code, at: h.At}, "deliverables_events")
	return signed(webhookURL, signingKey, hookOf(h.Category, h.Reason, letter, e, "deliverables_events"))
}

func signed(webhookURL, signingKey string, body object) (*http.Request, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return Sign(webhookURL, signingKey, b)
}

// Sign returns a call with any body, signed with a key as the carrier signs.
func Sign(webhookURL, signingKey string, b []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, webhookURL, strings.NewReader(string(b)))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write(b)
	r.Header.Set("Content-Type", "application/vnd.api+json")
	r.Header.Set("Signature", hex.EncodeToString(mac.Sum(nil)))
	return r, nil
}

// hookOf is the body of a call in the shape of since July 2026, in which the letter
// stands twice and the event is included under two types.
func hookOf(category, reason string, letter, e object, kind string) object {
	related := object{"event": object{"data": object{"id": e["id"], "type": kind}}}
	included := []object{letter, e}
	if kind == "deliverables_events" {
		related["deliverable"] = object{"data": object{"id": letter["id"], "type": "letters"}}
		again := object{"id": e["id"], "type": "letters_events", "attributes": e["attributes"]}
		included = append(included, again)
	}
	related["letter"] = object{"data": object{"id": letter["id"], "type": "letters"}}
	return object{
		"data": object{"id": fmt.Sprint("hook-", e["id"]), "type": "webhook_" + category,
			"attributes": object{"reason": reason, "url": "", "created_at": ""}, "relationships": related},
		"included": included,
	}
}

// categories of the events that are told by webhook.
var categories = map[string]string{
	"transferred_to_distributor": "sent", "delivered": "delivered", "undeliverable": "undeliverable", "content_failed_inspection": "issues",
	"file_not_readable": "issues", "waiting_for_funds": "issues", "waiting_for_funds_expired": "issues",
}

// gaps are the times after which a call is made again; then it is dropped.
var gaps = []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

// call tells of an event, as one of a category; without one it is not told.
func (s *Server) call(l *letter, e event, category string) {
	if category == "" || s.cfg.Webhook == "" {
		return
	}
	kind := "deliverables_events"
	if s.form.OldHooks {
		kind = "letters_events"
	}
	body := hookOf(category, strings.Join(e.data, " "), s.show(l), showEvent(e, kind), kind)
	r, err := signed(s.cfg.Webhook, s.cfg.SigningKey, body)
	if err != nil {
		return
	}
	_ = s.outbox.Put(r, e.at) // a text is read to its end
}

// Calls returns the calls made or to be made so far.
func (s *Server) Calls() []resttest.Call { return s.outbox.Calls() }

// Deliver makes the calls that are due through do, each as often as the carrier does.
func (s *Server) Deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), how resttest.Disorder) error {
	return s.outbox.Deliver(ctx, do, how)
}
