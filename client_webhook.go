package courrier

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// WebhookOptions bounds what a webhook handler takes.
type WebhookOptions struct {
	MaxBytes int64         // of a body; 0: 1 MiB
	ReadFor  time.Duration // for a body to come; 0: 30 seconds
	WorkFor  time.Duration // for what follows the answer; 0: 2 minutes
}

func (o WebhookOptions) withDefaults() WebhookOptions {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 20
	}
	if o.ReadFor <= 0 {
		o.ReadFor = 30 * time.Second
	}
	if o.WorkFor <= 0 {
		o.WorkFor = 2 * time.Minute
	}
	return o
}

// WebhookHandler returns the handler for a carrier's calls. It verifies the
// caller, stores what it says, answers to the end, and only then works on it,
// within the request's goroutine, so that a server's Shutdown waits for it. What
// was stored is not lost when the work does not get done: [Client.Refresh] goes on
// with it.
//
// It answers 403 to a stranger, 405 to anything but POST, 400 to a body that
// cannot be read or takes longer than WebhookOptions.ReadFor to come, 413 to one
// that is too large, 503 when the store cannot be written, so that the carrier
// calls again, and else what the carrier takes for success: events of unknown
// letters and unknown codes are successes. It closes the connection of whoever it
// refuses, and waits for nothing more of what they send.
func (c *Client) WebhookHandler(p Provider, o WebhookOptions) http.Handler {
	o = o.withDefaults()
	parser, err := guards{c.log, c.cfg.Now}.carrier(p)
	if err != nil || parser.parser == nil {
		return http.NotFoundHandler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hook, status := c.readWebhook(w, r, parser, o)
		if status != 0 {
			refuseCall(w, status)
			return
		}
		letters, err := c.storeEvents(r.Context(), hook.Events)
		if err != nil {
			c.log.ErrorContext(r.Context(), "webhook not stored", "provider", parser.name, "kind", KindOf(err))
			refuseCall(w, http.StatusServiceUnavailable)
			return
		}
		if hook.Status == 0 {
			hook.Status = http.StatusNoContent
		}
		answerCall(w, hook.Status)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), o.WorkFor)
		defer cancel()
		if err := c.foldLetters(ctx, letters); err != nil {
			c.log.WarnContext(ctx, "webhook left for the next refresh", "provider", parser.name, "kind", KindOf(err))
		}
	})
}

// answerCall answers to the end, so that the carrier does not wait for the work.
// Without a length the end would come with that of the handler. A writer that
// cannot flush answers when the work is done.
func answerCall(w http.ResponseWriter, status int) {
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", "0")
	}
	w.WriteHeader(status)
	_ = http.NewResponseController(w).Flush()
}

// refuseCall answers and hangs up. A server reads what is left of a request before
// it takes the next one on the connection: a deadline in the past ends that, or a
// caller who sends a byte an hour would keep the connection.
func refuseCall(w http.ResponseWriter, status int) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
	answerCall(w, status)
}

// readWebhook returns what a call says, or the status that refuses it.
func (c *Client) readWebhook(w http.ResponseWriter, r *http.Request, p *carrier, o WebhookOptions) (Webhook, int) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return Webhook{}, http.StatusMethodNotAllowed
	}
	// A caller that trickles its body is cut off, where the writer can do it.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(o.ReadFor))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, o.MaxBytes))
	_ = conn.SetReadDeadline(time.Time{})
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return Webhook{}, http.StatusRequestEntityTooLarge
		}
		return Webhook{}, http.StatusBadRequest
	}
	hook, err := p.parse(r.Context(), r.Header, r.URL.Query(), body)
	switch {
	case errors.Is(err, ErrDenied):
		c.log.WarnContext(r.Context(), "webhook refused", "provider", p.name)
		return Webhook{}, http.StatusForbidden
	case errors.Is(err, ErrUnavailable): // the adapter failed: the carrier calls again
		c.log.ErrorContext(r.Context(), "webhook not read", "provider", p.name, "kind", KindOf(err))
		return Webhook{}, http.StatusServiceUnavailable
	case err != nil:
		c.log.WarnContext(r.Context(), "webhook not understood", "provider", p.name, "kind", KindOf(err))
		return Webhook{}, http.StatusBadRequest
	}
	for i := range hook.Events {
		hook.Events[i].Provider, hook.Events[i].Source = p.name, SourceWebhook
	}
	return hook, 0
}
