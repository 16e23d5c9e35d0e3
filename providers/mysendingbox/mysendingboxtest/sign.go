package mysendingboxtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Event is one event of a letter, as a host's test wants it told.
type Event struct {
	Name      string            // such as "letter.sent"
	ID        string            // the carrier's id of the event; empty: "Ev" and the name
	Letter    string            // the carrier's id of the letter
	Metadata  map[string]string // what the letter was sent with: the adapter's key bears the LetterID
	Test      bool              // the letter is of a test key
	Debugger  bool              // sent by the debugger of the carrier's dashboard
	CreatedAt time.Time         // zero: 2026-03-02 09:00 UTC
}

// Webhook returns the call that the carrier makes of an event: a POST to the
// webhook URL as an account entered it, user and password turned into Basic. It
// lets a host test its own handler without a server: the carrier signs nothing
// else.
func Webhook(webhookURL string, e Event) (*http.Request, error) {
	if e.CreatedAt.IsZero() {
		e.CreatedAt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	}
	mode := "live"
	if e.Test {
		mode = "test"
	}
	at := stamp(e.CreatedAt)
	event := map[string]any{
		"_id": cmp.Or(e.ID, "Ev"+e.Name), "name": e.Name, "category": "letter", "description": e.Name, "letter": e.Letter,
		"webhook_failed": false, "webhook_called": false, "created_at": at, "updated_at": at,
	}
	call := map[string]any{
		"created_at": at, "event": event,
		"letter": map[string]any{"_id": e.Letter, "object": "letter", "channel": "paper", "mode": mode, "metadata": e.Metadata,
			"events": []any{event}},
	}
	if e.Debugger {
		call["debugger"] = true
	}
	body, err := json.Marshal(call)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return signed(webhookURL, body)
}

// signed is a call with the credentials that its URL bears.
func signed(webhookURL string, body []byte) (*http.Request, error) {
	u, err := url.Parse(webhookURL)
	if err != nil {
		return nil, fmt.Errorf("webhook: the URL cannot be read")
	}
	user := u.User
	u.User = nil
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if user != nil {
		password, _ := user.Password()
		r.SetBasicAuth(user.Username(), password)
	}
	return r, nil
}
