package courrier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/quote"
	"github.com/courrier-go/courrier/internal/seq"
)

// Apply stores events, from a webhook or by hand; then each letter's status and
// money follow from all that is known of it. Events of unknown letters are matched
// later. After a crash [Client.Refresh] goes on. One event without carrier, letter
// or fact refuses all. Errors: [ErrInvalid], [ErrConflict] (changed), the
// carrier's.
func (c *Client) Apply(ctx context.Context, events ...TrackingEvent) error {
	var k Checks
	for i, e := range events {
		field := fmt.Sprintf("Events[%d]", i)
		k.Nest(field, e.validate())
		k.Require(e.Provider == "" || c.carriers[e.Provider] != nil, field+".Provider", quote.Word(e.Provider)+" is no carrier of this client", "name one of Config.Providers")
	}
	if err := k.Err(); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	letters, err := c.storeEvents(ctx, events)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return c.foldLetters(ctx, letters)
}

// storeEvents keeps events as they came and returns the letters they are about.
func (c *Client) storeEvents(ctx context.Context, events []TrackingEvent) ([]LetterID, error) {
	if len(events) == 0 {
		return nil, nil
	}
	changes := make([]Change, len(events))
	var letters []LetterID
	for i, e := range events {
		e = e.noted(c.now())
		e.Folded = false
		id, err := c.letterOf(ctx, e)
		if err == nil && id == "" && e.Letter != "" {
			err = c.warnOfTwo(ctx, e)
		}
		if err != nil {
			return nil, err
		}
		e.Letter = id
		if id != "" {
			letters = append(letters, id)
		}
		changes[i] = Change{Events: []TrackingEvent{e}}
	}
	err := errors.Join(c.commitAll(ctx, changes)...)
	// An event whose letter was being accepted at that moment is looked up
	// again, now that the acceptance can find the event.
	for _, change := range changes {
		if e := change.Events[0]; err == nil && e.Letter == "" {
			var id LetterID
			if id, err = c.letterOf(ctx, e); id != "" {
				letters = append(letters, id)
			}
		}
	}
	slices.Sort(letters)
	return slices.Compact(letters), err
}

// warnOfTwo tells of a carrier that has a letter which went to another one, for
// the first had proved that it took nothing: a person must stop one of the two.
func (c *Client) warnOfTwo(ctx context.Context, e TrackingEvent) error {
	rec, err := c.store.Letter(ctx, e.Letter)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && e.showsALetter() && rec.Attempts > 0 {
		c.log.ErrorContext(ctx, "two carriers may have this letter: it may be posted twice", "letter", rec.ID, "provider", rec.Provider, "other", e.Provider)
	}
	return err
}

// showsALetter tells that the carrier reports progress of a letter: it has one.
func (e TrackingEvent) showsALetter() bool {
	reached := e.reached()
	return !e.Hint && reached != "" && reached != StatusFailed && reached != StatusCancelled
}

// warnOfEnded tells of a carrier that has a letter which ended with us, refused by it or
// cancelled before it was asked: a person must look there, and settle who pays.
func (c *Client) warnOfEnded(ctx context.Context, rec LetterRecord, fresh []TrackingEvent) {
	if rec.SubmittedAt.IsZero() && rec.Status.Done() && slices.ContainsFunc(fresh, TrackingEvent.showsALetter) {
		c.log.ErrorContext(ctx, "the carrier has a letter that ended here: it may be posted", "letter", rec.ID, "provider", rec.Provider, "status", rec.Status)
	}
}

// letterOf finds the letter of an event: by our id, else by the carrier's.
func (c *Client) letterOf(ctx context.Context, e TrackingEvent) (LetterID, error) {
	if e.Letter != "" {
		rec, err := c.store.Letter(ctx, e.Letter)
		if err == nil && rec.Provider == e.Provider {
			return rec.ID, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
	}
	for _, f := range []LetterFilter{
		{Provider: e.Provider, ProviderID: e.ProviderID, Limit: 1},
		{Provider: e.Provider, TrackingNumber: e.TrackingNumber, Limit: 1},
	} {
		if f.ProviderID == "" && f.TrackingNumber == "" {
			continue
		}
		for rec, err := range c.store.Letters(ctx, f) {
			return rec.ID, err
		}
	}
	return "", nil
}

func (c *Client) foldLetters(ctx context.Context, letters []LetterID) error {
	var errs []error
	for _, id := range letters {
		if _, err := c.foldLetter(ctx, id); err != nil {
			errs = append(errs, &Error{Op: "apply", LetterID: id, Err: err})
		}
	}
	return errors.Join(errs...)
}

// foldLetter brings a letter up to date with its stored events. Where one of
// them is an unsigned hint the carrier is asked first.
func (c *Client) foldLetter(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, err
	}
	stored, err := c.eventsOf(ctx, rec)
	if err != nil {
		return LetterRecord{}, err
	}
	p := c.carriers[rec.Provider]
	hinted := slices.ContainsFunc(stored, func(e TrackingEvent) bool { return e.Hint && !e.Folded })
	var news []TrackingEvent
	if hinted && p != nil && p.tracker != nil {
		ref := rec.Reference()
		if ref.ProviderID == "" { // in doubt: the hint tells where to look
			ref.ProviderID = providerIDOf(stored)
		}
		news, err = p.track(ctx, []Reference{ref})
		if err != nil {
			return LetterRecord{}, fmt.Errorf("ask %s: %w", rec.Provider, err)
		}
	}
	return c.takeNews(ctx, rec, stored, news)
}

// eventsOf lists a letter's events, with the orphans that its carrier's id
// claims: those that came before the letter was known.
func (c *Client) eventsOf(ctx context.Context, rec LetterRecord) ([]TrackingEvent, error) {
	events, err := seq.Collect(c.store.Events(ctx, EventFilter{Letters: []LetterID{rec.ID}}))
	if err != nil || rec.ProviderID == "" {
		return events, err
	}
	orphans, err := seq.Collect(c.store.Events(ctx, EventFilter{Provider: rec.Provider, ProviderID: rec.ProviderID, Orphans: true}))
	return append(events, orphans...), err
}

// takeNews folds a letter's stored events together with news just got from its
// carrier, and commits events, status and money as one change. stored are those
// events, as read together with rec.
func (c *Client) takeNews(ctx context.Context, rec LetterRecord, stored, news []TrackingEvent) (LetterRecord, error) {
	var fresh []TrackingEvent
	again := false
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if again {
			var err error
			if stored, err = c.eventsOf(ctx, *r); err != nil {
				return nil, err
			}
		}
		again = true
		change := c.moment(*r).told(r, stored, news)
		fresh = change.Events
		return change, nil
	})
	if err == nil {
		c.reportUnknown(ctx, fresh)
		c.warnOfEnded(ctx, after, fresh)
	}
	return after, err
}

// reportUnknown tells of codes that nobody knows, once: when they are folded.
func (c *Client) reportUnknown(ctx context.Context, events []TrackingEvent) {
	for _, e := range events {
		if !e.Unknown || !e.Folded {
			continue
		}
		c.log.WarnContext(ctx, "carrier code not known", "letter", e.Letter, "provider", e.Provider, "code", e.Code)
		if c.hooks.unknown != nil {
			c.hooks.unknown(ctx, e)
		}
	}
}

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

// WebhookHandler returns the handler for a carrier's calls. It verifies the caller,
// stores what it says, answers to the end, and then works on it within the
// request's goroutine, so that a server's Shutdown waits for it. [Client.Refresh]
// goes on with what was stored.
//
// It answers 403 to a stranger and 405 to anything but POST. A body that it cannot
// read, or that takes over [WebhookOptions.ReadFor], gets 400, one that is too
// large 413. When the store cannot be written it answers 503, and the carrier calls
// again. Else the answer is the carrier's success, for unknown letters and codes
// too. Whoever is refused loses the connection.
func (c *Client) WebhookHandler(p Provider, o WebhookOptions) http.Handler {
	o = o.withDefaults()
	parser, err := guards{c.log, c.cfg.Now, c.cfg.Observe}.carrier(p)
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
