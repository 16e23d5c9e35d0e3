package mercifacteur

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// ParseWebhook implements [courrier.WebhookParser]. The call bears a static secret in a
// header, which anybody who saw one call can repeat: all events are hints, and the
// letter is read before anything moves. Bodies hold scans and have several
// megabytes: give [courrier.WebhookOptions] a MaxBytes of 16 MiB.
func (p *Provider) ParseWebhook(header http.Header, _ map[string][]string, body []byte) (courrier.Webhook, error) {
	const op = "webhook"
	if !p.knows(header.Get(cmp.Or(p.cfg.WebhookHeader, defaultHeader))) {
		return courrier.Webhook{}, fail(op, courrier.ErrDenied, "secret", errors.New("the call does not bear the secret"))
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("event") == "" {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", errors.New("the call is no form with an event"))
	}
	var w wireEvent
	if err := rest.DecodeJSON([]byte(form.Get("event")), &w.Event); err != nil {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "event", err)
	}
	if err := w.Letters.UnmarshalJSON([]byte(form.Get("detail"))); err != nil || w.Event.Name == "" {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "detail", errors.New("the call names no event"))
	}
	hook := courrier.Webhook{Status: http.StatusOK} // the only answer that it takes for success
	for _, l := range w.Letters {
		if l.Sending == "" || l.Status == "" {
			continue
		}
		e := p.event(l, w.Event.Date.time(), string(l.Sending))
		e.Letter, e.Source, e.Hint = letterOf(string(l.Reference)), courrier.SourceWebhook, true
		if e.Letter != "" {
			e.ProviderID = "" // the carrier is asked for it: this one could be any sending's
		}
		hook.Events = append(hook.Events, e)
	}
	return hook, nil
}

// knows compares in a time that depends on the number of secrets only.
func (p *Provider) knows(given string) bool {
	sum, match := sha256.Sum256([]byte(given)), 0
	for _, s := range p.cfg.WebhookSecrets {
		want := sha256.Sum256([]byte(s))
		match |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return match == 1
}
