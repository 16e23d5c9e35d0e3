package mysendingboxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"
)

// maxTries is the first call of a webhook and its eight repeats.
const maxTries = 9

// Delivery is one call that the carrier makes: one event, with the letter as it
// was then.
type Delivery struct {
	URL    string // without credentials
	Header http.Header
	Body   []byte
	Event  string
	Done   bool // answered 200
	Tries  int
}

// call enqueues the webhook of an event.
func (s *Server) call(l *letter, e map[string]any, at time.Time) {
	if l.company.webhook == "" {
		return
	}
	body, err := json.Marshal(map[string]any{"created_at": stamp(at), "event": e, "letter": s.show(l)})
	if err != nil {
		panic("mysendingboxtest: letters always marshal: " + err.Error())
	}
	r, err := signed(l.company.webhook, body)
	if err != nil {
		return // an account may enter what it likes
	}
	s.deliveries = append(s.deliveries, &Delivery{URL: r.URL.String(), Header: r.Header, Body: body, Event: e["name"].(string)})
}

// Deliveries returns the calls enqueued so far, delivered or not.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Delivery, len(s.deliveries))
	for i, d := range s.deliveries {
		all[i] = *d
	}
	return all
}

// Disorder is how badly the carrier delivers.
type Disorder struct {
	Duplicate bool       // every call twice
	Shuffle   *rand.Rand // nil: in order
	Drop      func(event string) bool
}

// Deliver makes the calls not answered 200 yet, each at most nine times, through
// do, and returns how many were answered 200.
func (s *Server) Deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), how Disorder) (int, error) {
	s.mu.Lock()
	var queue []*Delivery
	for _, d := range s.deliveries {
		if d.Done || d.Tries >= maxTries || how.Drop != nil && how.Drop(d.Event) {
			continue
		}
		queue = append(queue, d)
		if how.Duplicate {
			queue = append(queue, d)
		}
	}
	s.mu.Unlock()
	if how.Shuffle != nil {
		how.Shuffle.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	}
	done := 0
	for _, d := range queue {
		good, err := s.deliver(ctx, do, d)
		if err != nil {
			return done, err
		}
		if good {
			done++
		}
	}
	return done, nil
}

// deliver repeats one call until it is answered 200 or tried often enough.
func (s *Server) deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), d *Delivery) (bool, error) {
	for range maxTries {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
		if err != nil {
			return false, err
		}
		req.Header = d.Header.Clone()
		resp, err := do(req)
		good := err == nil && resp.StatusCode == http.StatusOK
		if err == nil {
			resp.Body.Close()
		}
		s.mu.Lock()
		d.Tries++
		d.Done = d.Done || good
		s.mu.Unlock()
		if good || ctx.Err() != nil {
			return good, ctx.Err()
		}
	}
	return false, nil
}
