package mysendingbox

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// minSecret is the shortest secret of a webhook in bytes.
const minSecret = 16

// ParseWebhook implements [courrier.WebhookParser]. The carrier signs nothing:
// its call bears what its webhook URL holds, which is either a password
// (https://any:SECRET@host/path, sent as Basic) or a parameter
// (https://host/path?secret=SECRET). As the account's people can read that URL
// in the carrier's dashboard, all events are hints.
//
// Calls of the dashboard's debugger, about postcards, and about letters of the
// other mode are successes that tell nothing.
func (p *Provider) ParseWebhook(header http.Header, query map[string][]string, body []byte) (courrier.Webhook, error) {
	const op = "webhook"
	if !p.knows(secretsOf(header, query)) {
		return courrier.Webhook{}, fail(op, courrier.ErrDenied, "secret", errors.New("the call bears none of the secrets"))
	}
	var w wireWebhook
	if err := rest.DecodeJSON(body, &w); err != nil {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", err)
	}
	if w.Event.Name == "" {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", errors.New("the call has no event.name"))
	}
	// The carrier takes 200 for success and calls again after anything else.
	hook := courrier.Webhook{Status: http.StatusOK}
	otherMode := w.Letter.Mode != "" && string(w.Letter.Mode) != p.mode()
	if w.Debugger.V || !strings.HasPrefix(string(w.Event.Name), "letter.") || otherMode {
		return hook, nil
	}
	w.Letter.ID = cmp.Or(w.Letter.ID, w.Event.Letter)
	if w.Letter.ID == "" {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", errors.New("the call names no letter"))
	}
	e := p.event(w.Event, w.Letter)
	e.Letter = w.Letter.letterID()
	e.Source, e.Hint, e.Raw = courrier.SourceWebhook, true, json.RawMessage(body)
	hook.Events = []courrier.TrackingEvent{e}
	return hook, nil
}

// secretsOf returns what a call bears, wherever the webhook URL may hold it.
func secretsOf(header http.Header, query map[string][]string) []string {
	secrets := query["secret"]
	if _, password, ok := (&http.Request{Header: header}).BasicAuth(); ok {
		secrets = append([]string{password}, secrets...)
	}
	return secrets
}

// knows compares in a time that depends on the number of secrets only.
func (p *Provider) knows(given []string) bool {
	match := 0
	for _, g := range given {
		sum := sha256.Sum256([]byte(g))
		for _, s := range p.cfg.WebhookSecrets {
			want := sha256.Sum256([]byte(s))
			match |= subtle.ConstantTimeCompare(sum[:], want[:])
		}
	}
	return match == 1
}
