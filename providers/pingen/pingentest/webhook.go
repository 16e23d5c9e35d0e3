package pingentest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
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

// Call is one call that the carrier makes of an event.
type Call struct {
	URL    string
	Header http.Header
	Body   string
	Done   bool // answered 2xx
	Tries  int
	next   time.Time
}

// gaps are the times after which a call is made again; then it is dropped.
var gaps = []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

func (s *Server) call(l *letter, e event) {
	category := categories[e.code]
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
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return // a text is read to its end
	}
	s.calls = append(s.calls, &Call{URL: r.URL.String(), Header: r.Header, Body: string(sent), next: e.at})
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

// Deliver makes the calls that are due through do, each as often as the carrier does.
func (s *Server) Deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), how Disorder) error {
	for _, c := range s.due(how) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, strings.NewReader(c.Body))
		if err != nil {
			return err
		}
		r.Header = c.Header.Clone()
		resp, err := do(r)
		good := err == nil && resp.StatusCode/100 == 2
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
