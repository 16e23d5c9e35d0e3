package lapostetest

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

type subscription struct {
	id       string
	owner    grant
	event    string
	resource string
	url      string
	auth     object
}

func (x *subscription) json() object {
	return object{"id": x.id, "event_type": x.event, "resource_type": x.resource, "callback_url": x.url, "authentication": x.auth}
}

// notice is a notification on its way to a webhook.
type notice struct {
	to       *subscription
	body     []byte
	attempts int
	done     bool
	due      bool
}

// WebhookCall is a call made to a webhook.
type WebhookCall struct {
	URL    string
	Header http.Header
	Body   []byte
	Status int // answered; 0: none
}

// retryGaps are the times between attempts, until an answer of 201.
var retryGaps = []time.Duration{
	10 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute, 50 * time.Minute,
	80 * time.Minute, 130 * time.Minute, 210 * time.Minute, 340 * time.Minute,
}

func (s *Server) notificationRoutes(mux *http.ServeMux) {
	base := NotificationsPath + "/subscriptions"
	mux.HandleFunc("POST "+base, s.authorized(s.subscribe))
	mux.HandleFunc("GET "+base, s.authorized(s.listSubscriptions))
	mux.HandleFunc("PATCH "+base+"/{id}", s.authorized(s.changeSubscription))
	mux.HandleFunc("DELETE "+base+"/{id}", s.authorized(s.unsubscribe))
}

func (s *Server) subscribe(w http.ResponseWriter, r *http.Request, g grant) {
	var o object
	if json.NewDecoder(r.Body).Decode(&o) != nil || text(o, "event_type") == "" || text(o, "resource_type") == "" ||
		text(o, "callback_url") == "" {
		refuse(w, "UNEXPECTED_NOT_VALID_ERROR")
		return
	}
	auth, _ := o["authentication"].(map[string]any)
	x := &subscription{newID(), g, text(o, "event_type"), text(o, "resource_type"), text(o, "callback_url"), auth}
	s.subscriptions = append(s.subscriptions, x)
	w.Header().Set("Location", s.URL+NotificationsPath+"/subscriptions/"+x.id)
	answer(w, http.StatusCreated, x.json())
}

func (s *Server) listSubscriptions(w http.ResponseWriter, r *http.Request, g grant) {
	var mine []object
	for _, x := range s.subscriptions {
		if x.owner.user == g.user && x.owner.client == g.client {
			mine = append(mine, x.json())
		}
	}
	items, paging := page(s, r, mine, 50, 500)
	answer(w, http.StatusOK, object{"subscriptions": orEmpty(items), "paging": paging})
}

func (s *Server) mySubscription(r *http.Request, g grant) *subscription {
	for _, x := range s.subscriptions {
		if x.id == r.PathValue("id") && x.owner.user == g.user {
			return x
		}
	}
	return nil
}

func (s *Server) changeSubscription(w http.ResponseWriter, r *http.Request, g grant) {
	x := s.mySubscription(r, g)
	var o object
	switch {
	case x == nil:
		bare(w, http.StatusNotFound, "SUBSCRIPTION_NOT_FOUND")
		return
	case r.Header.Get("Content-Type") != "application/merge-patch+json" || json.NewDecoder(r.Body).Decode(&o) != nil:
		refuse(w, "UNEXPECTED_NOT_VALID_ERROR")
		return
	}
	if u := text(o, "callback_url"); u != "" {
		x.url = u
	}
	if auth, ok := o["authentication"].(map[string]any); ok {
		x.auth = auth
	}
	answer(w, http.StatusOK, x.json())
}

func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request, g grant) {
	x := s.mySubscription(r, g)
	if x == nil {
		bare(w, http.StatusNotFound, "SUBSCRIPTION_NOT_FOUND")
		return
	}
	s.subscriptions = slices.DeleteFunc(s.subscriptions, func(o *subscription) bool { return o == x })
	w.WriteHeader(http.StatusNoContent)
}

// notify tells of an event of the sending. The lock is held.
func (x *sending) notify(event string) {
	resource := strings.TrimPrefix(x.book.base, "/") + "/sendings"
	x.book.s.notify(x, event, resource, object{
		"resource_id": x.id, "resource_location": x.book.s.URL + x.book.base + "/sendings/" + x.id,
		"resource_custom_id": text(x.options, "custom_id"), "resource_name": "sendings", "event_detail": nil,
	})
}

// notify tells of an event of the recipient.
func (j *journey) notify(event string) {
	j.s.notify(j.x, event, strings.TrimPrefix(j.x.book.base, "/")+"/recipients", object{
		"resource_id": j.to.id, "resource_location": j.s.URL + j.x.book.base + "/sendings/" + j.x.id + "/recipients/" + j.to.id,
		"resource_custom_id": text(j.to.fields, "custom_id"), "resource_name": "recipients", "event_detail": object{"sending_id": j.x.id},
	})
}

func (s *Server) notify(x *sending, event, resource string, more object) {
	body := noticeBody(event, resource, s.now)
	maps.Copy(body, object{"user_id": x.owner.user, "client_id": x.owner.client})
	maps.Copy(body, more)
	raw, err := json.Marshal(body)
	if err != nil {
		panic("lapostetest: a notice always marshals: " + err.Error())
	}
	for _, sub := range s.subscriptions {
		if sub.event != event || sub.resource != resource || sub.owner.user != x.owner.user || sub.owner.client != x.owner.client {
			continue
		}
		s.notices = append(s.notices, &notice{to: sub, body: raw, due: true})
		if s.opts.Twice {
			s.notices = append(s.notices, &notice{to: sub, body: raw, due: true})
		}
	}
}

// deliver makes the webhook calls that are due, without holding the lock: a
// webhook may read the letter.
func (s *Server) deliver() {
	s.mu.Lock()
	var due []*notice
	for _, n := range s.notices {
		if n.due && !n.done {
			n.due = false
			due = append(due, n)
		}
	}
	if s.opts.Shuffled {
		slices.Reverse(due)
	}
	s.mu.Unlock()
	for _, n := range due {
		s.attempt(n)
	}
}

func (s *Server) attempt(n *notice) {
	s.mu.Lock()
	call := WebhookCall{URL: n.to.url, Header: http.Header{"Content-Type": {"application/json"}}, Body: n.body}
	basic, _ := n.to.auth["basic"].(map[string]any)
	s.mu.Unlock()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, call.URL, bytes.NewReader(n.body))
	if err != nil {
		return
	}
	r.Header = call.Header
	if basic != nil {
		r.SetBasicAuth(text(basic, "login"), text(basic, "password"))
	}
	if s.opts.Webhooks != nil {
		if answer, err := s.opts.Webhooks.RoundTrip(r); err == nil {
			answer.Body.Close()
			call.Status = answer.StatusCode
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	n.attempts++
	n.done = call.Status == http.StatusCreated
	if !n.done && n.attempts <= len(retryGaps) {
		s.after(retryGaps[n.attempts-1], func() { n.due = true })
	}
}

// WebhookCalls lists the calls made to webhooks so far, in order.
func (s *Server) WebhookCalls() []WebhookCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Subscriptions counts the subscriptions.
func (s *Server) Subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subscriptions)
}
