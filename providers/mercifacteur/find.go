package mercifacteur

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
)

const (
	// eventHours is how far back the carrier tells of events.
	eventHours = 48
	// listed is how many sendings its list shows.
	listed = 50
	// maxEventPages bounds the reading of events.
	maxEventPages = 200
	eventsPerPage = 100
	// slack is how far the clocks of carrier and host may differ.
	slack = 5 * time.Minute
)

// Find implements [courrier.Finder]. Our reference comes back in every event; the list
// of sendings, the newest fifty, does not show it. So a letter is found in the events
// of two days, or not at all. Where they do not reach back to the attempt, it stays in
// doubt for a person to look. So it does where a sending of that time and kind cannot
// be told apart.
func (p *Provider) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	const op = "find"
	found, err := p.inEvents(ctx, op, ref)
	if err != nil || found.ProviderID != "" {
		return found, notProof(op, err)
	}
	if err := p.inList(ctx, op, ref, &found); err != nil || found.ProviderID != "" {
		return found, notProof(op, err)
	}
	return courrier.Receipt{}, fail(op, courrier.ErrNotFound, "no-event", nil)
}

var errNoList = errors.New("the answer holds no list that can be read whole")

// notProof turns a "not found" of the list itself into an outage.
func notProof(op string, err error) error {
	if errors.Is(err, courrier.ErrNotFound) {
		return fail(op, courrier.ErrUnavailable, "no-list", errors.New("the carrier does not show its events"))
	}
	return err
}

// inEvents looks for a letter in the events since its attempt.
func (p *Provider) inEvents(ctx context.Context, op string, ref courrier.Reference) (courrier.Receipt, error) {
	hours := eventHours
	if since := p.cfg.Now().Sub(ref.AttemptedAt) + slack; !ref.AttemptedAt.IsZero() && since < eventHours*time.Hour {
		hours = max(int(since/time.Hour)+1, 1)
	}
	for page := int64(1); page <= maxEventPages; page++ {
		var w wireEvents
		query := url.Values{"nbHeures": {strconv.Itoa(hours)}, "page": {strconv.FormatInt(page, 10)}}
		if err := p.question(ctx, op, ref.Account, &w, "getLastEvents", query); err != nil {
			return courrier.Receipt{}, err
		}
		if !w.Events.Read {
			return courrier.Receipt{}, fail(op, courrier.ErrUnavailable, "no-list", errNoList)
		}
		for _, e := range w.Events.Items {
			for _, l := range e.Letters {
				if bears(l.Reference, ref.ID) {
					return p.receipt(op, l)
				}
			}
		}
		if page >= w.Pages.Total.V && len(w.Events.Items) < eventsPerPage || len(w.Events.Items) == 0 {
			return courrier.Receipt{}, nil
		}
	}
	return courrier.Receipt{}, fail(op, courrier.ErrUnavailable, "too-many-events", errors.New("the carrier's events are too many to read"))
}

// inList looks for a letter among the newest sendings. Nil and nothing found means
// that the list reaches back to the attempt and holds no sending that could be it.
func (p *Provider) inList(ctx context.Context, op string, ref courrier.Reference, found *courrier.Receipt) error {
	c, err := p.credentials(ctx, op, ref.Account)
	if err != nil {
		return err
	}
	var w wireSendings
	if err := p.question(ctx, op, ref.Account, &w, "listEnvois", url.Values{"idUser": {strconv.Itoa(c.UserID)}}); err != nil {
		return err
	}
	if !w.Sendings.Read {
		return fail(op, courrier.ErrUnavailable, "no-list", errNoList)
	}
	since := ref.AttemptedAt.Add(-slack)
	reaches := len(w.Sendings.Items) < listed
	for _, s := range w.Sendings.Items {
		// What is not understood of a sending does not tell it apart.
		if at := s.Date.time(); !at.IsZero() && at.Before(since) {
			reaches = true
			continue
		}
		if knownMode(string(s.Mode)) && string(s.Mode) != p.mode(ref.Service) {
			continue
		}
		shown, err := p.shown(ctx, op, ref.Account, s.ID)
		switch {
		case err != nil:
			return err
		case bears(shown, ref.ID):
			*found = courrier.Receipt{ProviderID: string(s.ID)}
			return nil
		case shown == "":
			return fail(op, courrier.ErrInDoubt, "unmarked",
				errors.New("a sending of that time and kind does not show its reference: look at it in the carrier's application"))
		}
	}
	if !reaches {
		return fail(op, courrier.ErrInDoubt, "list-short",
			errors.New("the carrier's list does not reach back to the attempt: look for the letter in its application"))
	}
	return nil
}

// receipt reads what an event of the letter tells. One without a number proves that the
// carrier has the letter, and not where.
func (p *Provider) receipt(op string, l wireLetter) (courrier.Receipt, error) {
	if !sendingForm.MatchString(string(l.Sending)) {
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, "no-number", errors.New("the carrier has this letter, and does not show its number"))
	}
	return courrier.Receipt{ProviderID: string(l.Sending), TrackingNumber: string(l.Tracking)}, nil
}

// shown returns the reference that a sending shows; empty when it shows none, or cannot
// be looked at.
func (p *Provider) shown(ctx context.Context, op string, account courrier.AccountID, sending id) (text, error) {
	var w wireSending
	err := p.question(ctx, op, account, &w, "getEnvoi", url.Values{"idEnvoi": {string(sending)}})
	if err != nil && !errors.Is(err, courrier.ErrNotFound) {
		return "", err
	}
	for _, d := range w.Detail {
		if d.To.Reference != "" {
			return d.To.Reference, nil
		}
	}
	return "", nil
}
