package lapostetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// Notification is what Maileva's notification centre tells a webhook, as a host's
// test wants it told.
type Notification struct {
	Event     string    // such as "ON_STATUS_PROCESSED"
	Resource  string    // such as "registered_mail/v4/sendings"
	ID        string    // of the resource: a sending's, or a recipient's
	Reference string    // its custom_id: the adapter's is the LetterID
	Sending   string    // of a recipient's event, where Maileva tells it
	At        time.Time // zero: 2026-03-02 09:00 UTC
}

// Webhook returns Maileva's call: a POST with the login that the subscription was
// made with, as HTTP Basic. Maileva signs nothing else. It lets a host test its own
// handler without a server.
func Webhook(callbackURL, login, password string, n Notification) (*http.Request, error) {
	if n.At.IsZero() {
		n.At = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	}
	o := noticeBody(n.Event, n.Resource, n.At)
	maps.Copy(o, object{"resource_id": n.ID, "resource_custom_id": n.Reference, "event_detail": nil})
	if n.Sending != "" {
		o["event_detail"] = object{"sending_id": n.Sending}
	}
	body, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, callbackURL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(login, password)
	return r, nil
}

// noticeBody holds what every call has.
func noticeBody(event, resource string, at time.Time) object {
	return object{
		"source": "api.maileva.com", "event_type": event, "resource_type": resource, "event_date": stamp(at),
		"event_location": "FR", "resource_custom_data": nil,
	}
}
