package pingen

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// codes are the carrier's events; it publishes no complete list.
var codes = map[string]courrier.Status{
	"created": "", "address_purged": "", "file_removed": "", "change_address_position": "", "address_position_changed": "",
	"cancellation_rejected": "", "retracted_from_printcenter": "",
	"submitted": courrier.StatusSubmitted, "auto_submitted": courrier.StatusSubmitted, "initiated_sending": courrier.StatusSubmitted,
	"auto_initiated_sending": courrier.StatusSubmitted,
	"waiting_for_funds":      courrier.StatusBlocked, "waiting_for_legitimacy": courrier.StatusBlocked,
	"waiting_for_funds_expired": courrier.StatusFailed, "waiting_for_legitimacy_expired": courrier.StatusFailed,
	"accepted": courrier.StatusAccepted, "content_passed_inspection": courrier.StatusAccepted, "processing": courrier.StatusAccepted,
	"queued_for_transfer": courrier.StatusAccepted, "transferred_to_pool": courrier.StatusAccepted,
	"transferred_to_printcenter": courrier.StatusAccepted,
	"cancellation_requested":     "", "cancellation_completed": courrier.StatusCancelled,
	"transferred_to_distributor": courrier.StatusPosted, "receival_confirmed_by_distributor": courrier.StatusInTransit,
	"track_and_trace": courrier.StatusInTransit, "rerouted": courrier.StatusInTransit,
	"delivered": courrier.StatusDelivered, "undeliverable": courrier.StatusReturned,
}

// fileProblems end a letter that was sent before, and only tell why of a draft.
var fileProblems = []string{
	"content_failed_inspection", "content_inspection_error", "file_not_a4_portrait", "file_not_found", "file_not_readable",
	"file_size_over_limit",
	"file_too_many_pages", "invalid_pdf_binary_content", "meta_data_failed_requirements", "shipping_country_blocked",
	"shipping_organization_country_blocked", "unable_to_find_delivery_product", "rejected_from_printcenter",
}

// reasons are words of the free text that tells why a letter came back.
var reasons = []struct {
	word   string
	reason courrier.ReturnReason
}{
	{"refus", courrier.ReturnRefused}, {"unclaimed", courrier.ReturnUnclaimed}, {"not claimed", courrier.ReturnUnclaimed}, {"unknown",
		courrier.ReturnUnknownAddressee},
	{"moved", courrier.ReturnBadAddress}, {"address", courrier.ReturnBadAddress}, {"deceased", courrier.ReturnDeceased},
}

// maxPages bounds the events that are read of one letter, a hundred a page.
const maxPages = 50

// Track implements [courrier.Tracker]: the letter and its events, for each reference. A
// letter that the carrier does not know, or that bears another reference, is left out.
func (p *Provider) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	const op = "track"
	var all []courrier.TrackingEvent
	for _, ref := range refs {
		events, err := p.observe(ctx, op, ref)
		if errors.Is(err, courrier.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
	}
	return all, nil
}

func (p *Provider) observe(ctx context.Context, op string, ref courrier.Reference) ([]courrier.TrackingEvent, error) {
	id := idOf(ref)
	if id == "" {
		return nil, nil
	}
	c, err := p.credentials(ctx, op, ref.Account)
	if err != nil {
		return nil, err
	}
	l, err := p.letter(ctx, c, id, ref.ID)
	if errors.Is(err, errForeign) {
		p.log.ErrorContext(ctx, "the carrier's id is that of another letter", "provider", name, "letter", ref.ID)
	}
	if err != nil {
		return nil, ofQuestion(op, err)
	}
	if !l.sent() && ref.ProviderID == "" {
		return nil, nil // whatever is told of a letter in doubt is proof that the carrier has it
	}
	history, err := p.history(ctx, c, id)
	if err != nil {
		return nil, ofQuestion(op, err)
	}
	var all []courrier.TrackingEvent
	since := sentSince(l, history)
	for _, h := range history {
		e := p.event(h, l, since, "")
		e.Letter, e.Source = ref.ID, courrier.SourcePoll
		all = append(all, e)
	}
	return all, nil
}

// history reads a letter's events, page after page.
func (p *Provider) history(ctx context.Context, c Credentials, id string) ([]resource, error) {
	var all []resource
	for page := 1; page <= maxPages; page++ {
		var w list
		query := url.Values{"language": {"en-GB"}, "page[number]": {strconv.Itoa(page)}, "page[limit]": {"100"}}
		if err := p.get(ctx, c, &w, rest.Call{Path: c.letters(id, "events"), Query: query}); err != nil {
			return nil, err
		}
		all = append(all, w.Data...)
		if page >= int(w.Meta.LastPage) || len(w.Data) == 0 {
			return all, nil
		}
	}
	return nil, errors.New("the letter has too many events to read")
}

// sentSince is the moment of a letter's sending: that which it shows, or that of the
// event. The zero time is that of a draft.
func sentSince(l resource, history []resource) time.Time {
	if at := text(l.Attributes.SubmittedAt).time(); !at.IsZero() {
		return at
	}
	for _, h := range history {
		if codes[string(h.Attributes.Code)] == courrier.StatusSubmitted {
			return h.at()
		}
	}
	return time.Time{}
}

// at is the moment of an event.
func (h resource) at() time.Time {
	if at := h.Attributes.EmittedAt.time(); !at.IsZero() {
		return at
	}
	return h.Attributes.CreatedAt.time()
}

// event translates one event of a letter that was sent at a moment. Its id is the same
// by webhook and by poll.
func (p *Provider) event(h, l resource, since time.Time, reason string) courrier.TrackingEvent {
	code := string(h.Attributes.Code)
	if code == "" {
		code = "unnamed"
	}
	status, known := codes[code]
	at := h.at()
	if slices.Contains(fileProblems, code) {
		if known = true; !since.IsZero() && !at.Before(since) {
			status = courrier.StatusFailed
		}
	}
	e := courrier.TrackingEvent{
		ID: name + ":" + l.ID + ":" + h.ID, Provider: name, ProviderID: l.ID, TrackingNumber: string(l.Attributes.Tracking),
		Code: code, Status: status, Unknown: !known, Happened: at, Heard: p.cfg.Now(), Raw: h.Attributes.Data,
	}
	if status == courrier.StatusReturned {
		e.Reason = reasonOf(reason + " " + h.Attributes.words())
	}
	return e
}

func reasonOf(words string) courrier.ReturnReason {
	words = strings.ToLower(strings.ReplaceAll(words, "_", " "))
	for _, r := range reasons {
		if strings.Contains(words, r.word) {
			return r.reason
		}
	}
	return courrier.ReturnOther
}
