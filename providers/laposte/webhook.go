package laposte

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// notice is the body of Maileva's call. event_detail is not documented; it was
// seen to hold the sending of a recipient.
type notice struct {
	Event     string          `json:"event_type"`
	Resource  string          `json:"resource_type"`
	Date      moment          `json:"event_date"`
	ID        string          `json:"resource_id"`
	Location  string          `json:"resource_location"`
	Reference string          `json:"resource_custom_id"`
	Detail    json.RawMessage `json:"event_detail"`
}

// ParseWebhook implements [courrier.WebhookParser]. Maileva signs nothing: the
// caller must present Config.Webhook with HTTP Basic, and what it says is a hint,
// to be confirmed by reading the letter. Events of other services of Maileva,
// and those it does not document, are told as unknown. The answer that Maileva
// wants is 201.
func (p *Provider) ParseWebhook(header http.Header, _ map[string][]string, body []byte) (courrier.Webhook, error) {
	if !p.knows(header) {
		return courrier.Webhook{}, &courrier.Error{Op: "laposte: webhook", Provider: Name, Kind: courrier.ErrDenied,
			Err: errors.New("the caller's login is not that of Config.Webhook")}
	}
	var n notice
	if err := rest.DecodeJSON(body, &n); err != nil {
		return courrier.Webhook{}, &courrier.Error{Op: "laposte: webhook", Provider: Name, Kind: courrier.ErrInvalid, Err: err}
	}
	if n.Event == "" || n.Resource == "" || n.ID == "" {
		return courrier.Webhook{}, &courrier.Error{Op: "laposte: webhook", Provider: Name, Kind: courrier.ErrInvalid,
			Err: errors.New("the call names no event, resource type or resource")}
	}
	return courrier.Webhook{Events: []courrier.TrackingEvent{n.event(p, body)}, Status: http.StatusCreated}, nil
}

// minSecret is the shortest password of a webhook in bytes.
const minSecret = 16

// knows compares in a time that depends on the number of logins only.
func (p *Provider) knows(header http.Header) bool {
	login, password, ok := (&http.Request{Header: header}).BasicAuth()
	given := sha256.Sum256([]byte(login + "\x00" + password))
	match := 0
	for _, b := range append([]BasicAuth{p.webhook}, p.webhookAlso...) {
		wanted := sha256.Sum256([]byte(b.Login + "\x00" + b.Password))
		if b != (BasicAuth{}) {
			match |= subtle.ConstantTimeCompare(given[:], wanted[:])
		}
	}
	return ok && match == 1
}

func (n notice) event(p *Provider, body []byte) courrier.TrackingEvent {
	m, known := notifications[happening{n.Resource, n.Event}]
	unknown := !known && !undocumented[happening{n.Resource, n.Event}]
	return courrier.TrackingEvent{
		// The polled fact has an id of its own: this one is only a hint of it.
		ID:     courrier.NewEventID(Name, n.Resource+"/"+n.ID, n.Event, n.Date.Time, m.proof),
		Letter: courrier.LetterID(n.Reference), Provider: Name, ProviderID: n.sendingID(), Code: n.Event,
		Status: m.status, Unknown: unknown, Proof: m.proof, FirstPresentation: m.present,
		Happened: n.Date.Time, Heard: p.now(), Source: courrier.SourceWebhook, Hint: true, Raw: slices.Clone(body),
	}
}

var sendingInPath = regexp.MustCompile(`/sendings/([A-Za-z0-9-]{1,40})(?:/|$)`)

// sendingID is the letter's id at Maileva, when the call tells it. The location
// is read for its id and never fetched.
func (n notice) sendingID() string {
	if n.Resource == mailSendings || n.Resource == registeredSendings {
		return n.ID
	}
	var detail struct {
		SendingID string `json:"sending_id"`
	}
	// Anything but an object of that form holds no id.
	if json.Unmarshal(n.Detail, &detail) == nil && detail.SendingID != "" {
		return detail.SendingID
	}
	if found := sendingInPath.FindStringSubmatch(n.Location); found != nil {
		return found[1]
	}
	return ""
}

// Subscription is one kind of event that Maileva tells a webhook. It belongs to
// the client and the user that made it.
type Subscription struct {
	ID          string
	Event       string // such as ON_STATUS_ACCEPTED
	Resource    string // such as mail/v2/sendings
	CallbackURL string
}

type subscriptionBody struct {
	ID             string          `json:"id,omitempty"`
	Event          string          `json:"event_type,omitempty"`
	Resource       string          `json:"resource_type,omitempty"`
	CallbackURL    string          `json:"callback_url"`
	Authentication *authentication `json:"authentication,omitempty"`
}

type authentication struct {
	Basic *basicLogin `json:"basic,omitempty"`
}

type basicLogin struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

// Subscribe makes Maileva call callbackURL for every event it documents for
// letters, with the login of Config.Webhook, and returns the subscriptions. Those
// that exist for this address are kept and given that login: calling it again,
// after a change of password too, is safe.
//
// Errors: [courrier.ErrInvalid], the carrier's.
func (p *Provider) Subscribe(ctx context.Context, account courrier.AccountID, callbackURL string) ([]Subscription, error) {
	u, err := url.Parse(callbackURL)
	var k courrier.Checks
	k.Require(err == nil && u.Scheme == "https" && u.Host != "", "callbackURL", "is no https URL", "give the address of your webhook handler")
	k.Require(p.webhook != (BasicAuth{}), "Config.Webhook", "is empty", "choose a login and a password for Maileva's calls")
	if err := k.Err(); err != nil {
		return nil, &courrier.Error{Op: "laposte: subscribe", Err: err}
	}
	existing := make(map[happening]Subscription)
	for s, err := range p.Subscriptions(ctx, account) {
		if err != nil {
			return nil, err
		}
		if s.CallbackURL == callbackURL {
			existing[happening{s.Resource, s.Event}] = s
		}
	}
	var all []Subscription
	for _, h := range subscribable() {
		s, err := p.subscribe(ctx, account, h, existing[h].ID, callbackURL)
		if err != nil {
			return all, fault("subscribe", "", err)
		}
		all = append(all, s)
	}
	return all, nil
}

// subscribable lists the documented events in a fixed order.
func subscribable() []happening {
	return slices.SortedFunc(maps.Keys(notifications), func(a, b happening) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.event, b.event))
	})
}

// subscribe makes one subscription, or renews the login of one that exists.
func (p *Provider) subscribe(ctx context.Context, account courrier.AccountID, h happening, id, callbackURL string) (Subscription, error) {
	body := subscriptionBody{CallbackURL: callbackURL, Authentication: &authentication{Basic: &basicLogin{p.webhook.Login,
		p.webhook.Password}}}
	call := rest.Call{Method: http.MethodPost, Path: []string{"subscriptions"}, Header: acceptJSON()}
	contentType := "application/json"
	if id != "" {
		call.Method, call.Path = http.MethodPatch, append(call.Path, id)
		call.Repeatable = true
		contentType = "application/merge-patch+json"
	} else {
		body.Event, body.Resource = h.event, h.resource
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return Subscription{}, err
	}
	call.Body = rest.Bytes(contentType, raw)
	answer, err := p.notifications.do(ctx, account, call)
	if err != nil {
		return Subscription{}, err
	}
	made := created{ID: id}
	if id == "" {
		if err := decode(answer, &made); err != nil {
			return Subscription{}, err
		}
	}
	return Subscription{ID: made.ID, Event: h.event, Resource: h.resource, CallbackURL: callbackURL}, nil
}

// Subscriptions lists the subscriptions of the account's user, those of other
// addresses and services included.
//
// Errors: the carrier's.
func (p *Provider) Subscriptions(ctx context.Context, account courrier.AccountID) iter.Seq2[Subscription, error] {
	return pages(func(start int) ([]Subscription, total, error) {
		var list struct {
			Subscriptions []subscriptionBody `json:"subscriptions"`
			Paging        total              `json:"paging"`
		}
		if err := p.notifications.get(ctx, account, &list, paging(start), "subscriptions"); err != nil {
			return nil, total{}, readFault("list subscriptions", "", err)
		}
		all := make([]Subscription, len(list.Subscriptions))
		for i, s := range list.Subscriptions {
			all[i] = Subscription{ID: s.ID, Event: s.Event, Resource: s.Resource, CallbackURL: s.CallbackURL}
		}
		return all, list.Paging, nil
	})
}

// Unsubscribe ends one subscription; that it is gone already is no error.
//
// Errors: the carrier's.
func (p *Provider) Unsubscribe(ctx context.Context, account courrier.AccountID, id string) error {
	err := p.notifications.act(ctx, account, rest.Call{Method: http.MethodDelete, Path: []string{"subscriptions", id}, Repeatable: true})
	var r *refusal
	if err == nil || errors.As(err, &r) && r.status == http.StatusNotFound && len(r.codes) > 0 {
		return nil
	}
	return fault("unsubscribe", "", err)
}
