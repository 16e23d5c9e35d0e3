package pingen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// SignatureHeader bears the signature of a webhook: HMAC-SHA256 of the body in hex.
const SignatureHeader = "Signature"

// ParseWebhook implements [courrier.WebhookParser]. The carrier signs each call with the
// key of its category; a call that is signed is believed. It has changed the types of
// what it sends without notice: the event is the included item of that id, whatever
// its type, and may be included twice.
func (p *Provider) ParseWebhook(header http.Header, _ map[string][]string, body []byte) (courrier.Webhook, error) {
	const op = "webhook"
	if !p.signed(header.Get(SignatureHeader), body) {
		return courrier.Webhook{}, fail(op, courrier.ErrDenied, "signature", errors.New("the call is not signed with one of the keys"))
	}
	var w wireHook
	if err := rest.DecodeJSON(body, &w); err != nil {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", err)
	}
	if !strings.HasPrefix(w.Data.Type, "webhook_") {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", errors.New("the call is of no webhook"))
	}
	letter, event := resource{ID: w.letterID()}, w.Data.Relationships.Event.Data.ID
	if letter.ID == "" || event == "" {
		return courrier.Webhook{}, nil // not about a letter
	}
	var found resource
	for _, i := range w.Included {
		switch {
		case i.ID == event && (found.ID == "" || i.Attributes.Code != ""):
			found = i
		case i.ID == letter.ID && i.Attributes.FileName != "":
			letter = i
		}
	}
	if found.ID == "" {
		return courrier.Webhook{}, fail(op, courrier.ErrInvalid, "body", errors.New("the call does not hold its event"))
	}
	since := sentSince(letter, nil)
	e := p.event(found, letter, since, string(w.Data.Attributes.Reason))
	e.Letter, e.Source = p.letterOf(letter), courrier.SourceWebhook
	// The meaning of some events hangs on the letter: without all of it the carrier is asked.
	e.Hint = found.Attributes.Code == "" || since.IsZero()
	return courrier.Webhook{Events: []courrier.TrackingEvent{e}}, nil
}

// letterID is the letter of a call, in both of the shapes that were seen.
func (w wireHook) letterID() string {
	if d := w.Data.Relationships.Deliverable.Data; d.Type == "letters" {
		return d.ID
	}
	return w.Data.Relationships.Letter.Data.ID
}

// letterOf is the id in a letter's file name; empty when it is none of ours.
func (p *Provider) letterOf(l resource) courrier.LetterID {
	id, ours := strings.CutSuffix(string(l.Attributes.FileName), p.cfg.Suffix+".pdf")
	if !ours {
		return ""
	}
	return courrier.LetterID(id)
}

// signed compares in a time that depends on the number of keys only.
func (p *Provider) signed(given string, body []byte) bool {
	signature, err := hex.DecodeString(given)
	match := false
	for _, key := range p.cfg.WebhookKeys {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(body)
		match = hmac.Equal(mac.Sum(nil), signature) || match
	}
	return err == nil && match
}
