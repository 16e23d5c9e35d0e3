package mercifacteur

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/courrier-go/courrier"
)

// Track implements [courrier.Tracker]: one getSuiviEnvoi for each reference. One without
// an id of the carrier is looked for in the events first. A letter
// that the carrier does not know, or that bears another reference than the one
// asked about, is left out.
func (p *Provider) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	var all []courrier.TrackingEvent
	for _, ref := range refs {
		if ref.ProviderID == "" {
			found, err := p.inEvents(ctx, "track", ref)
			if err != nil && !errors.Is(err, courrier.ErrInDoubt) {
				return nil, notProof("track", err)
			}
			ref.ProviderID = found.ProviderID
		}
		f, err := p.follow(ctx, "track", ref)
		if errors.Is(err, courrier.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p.eventsOf(ref, f)...)
	}
	return all, nil
}

// followed is what the carrier shows of a letter.
type followed struct {
	ref, tracking, mode string
	history             []wireLetter
	returned, receipt   bool
}

// follow reads the one letter of a sending.
func (p *Provider) follow(ctx context.Context, op string, ref courrier.Reference) (followed, error) {
	if ref.ProviderID == "" {
		return followed{}, fail(op, courrier.ErrNotFound, "no-number", nil)
	}
	var w wireTracking
	if err := p.question(ctx, op, ref.Account, &w, "getSuiviEnvoi", url.Values{"idEnvoi": {ref.ProviderID}}); err != nil {
		return followed{}, err
	}
	switch {
	case !w.Letters.Read:
		return followed{}, fail(op, courrier.ErrUnavailable, "no-list", errNoList)
	case len(w.Letters.Items) == 0:
		return followed{}, fail(op, courrier.ErrNotFound, "no-letter", nil)
	}
	l := w.Letters.Items[0] // one call sends one letter
	if l.To.Reference != "" && !bears(l.To.Reference, ref.ID) {
		p.log.ErrorContext(ctx, "the carrier's id is that of another letter", "provider", name, "letter", ref.ID, "operation", op)
		return followed{}, fail(op, courrier.ErrNotFound, "another-letter", nil)
	}
	return followed{
		ref: string(l.Ref), tracking: string(l.Tracking), mode: cmp.Or(string(l.Mode), p.mode(ref.Service)), history: l.History,
		returned: l.Returned == "1", receipt: l.Receipt != "" && l.Receipt != "pending",
	}, nil
}

// eventsOf tells what is known of a letter as facts.
func (p *Provider) eventsOf(ref courrier.Reference, f followed) []courrier.TrackingEvent {
	var all []courrier.TrackingEvent
	told := make(map[string]bool)
	for _, h := range f.history {
		if h.Status == "" {
			continue
		}
		told[string(h.Status)] = true
		h.Tracking, h.Mode = text(f.tracking), text(f.mode)
		e := p.event(h, h.Date.time(), ref.ProviderID)
		e.Letter, e.Source = ref.ID, courrier.SourcePoll
		all = append(all, e)
	}
	for _, silent := range []struct {
		there  bool
		status string
	}{{f.returned, "distribue_expediteur"}, {f.receipt, "retour_are"}} {
		if silent.there && !told[silent.status] {
			e := p.event(wireLetter{Status: text(silent.status), Mode: text(f.mode), Tracking: text(f.tracking)}, time.Time{}, ref.ProviderID)
			e.Letter, e.Source = ref.ID, courrier.SourcePoll
			all = append(all, e)
		}
	}
	return all
}

// event translates one happening of one letter. Its id is made of facts that the
// webhook and the history both tell.
func (p *Provider) event(l wireLetter, at time.Time, providerID string) courrier.TrackingEvent {
	code := string(l.Status)
	m, known := meaningOf(code, string(l.Mode))
	if m.proof != "" && !p.has(m.proof) {
		m.proof = ""
	}
	e := courrier.TrackingEvent{
		Provider: name, ProviderID: providerID, TrackingNumber: string(l.Tracking), Code: code, Status: m.status, Proof: m.proof,
		Reason: reasonOf(m, string(l.Description)), FirstPresentation: m.presented, Unknown: !known, Happened: at, Heard: p.cfg.Now(),
	}
	e.ID = courrier.NewEventID(name, providerID, code, at, "")
	if l.Description != "" {
		raw, err := json.Marshal(map[string]string{"statut_courrier": code, "statut_description": string(l.Description)})
		if err == nil { // texts always marshal
			e.Raw = raw
		}
	}
	return e
}

// plainText is a text in small letters, without accents.
func plainText(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}
