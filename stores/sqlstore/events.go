package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// Events implements [courrier.Store].
func (s *Store) Events(ctx context.Context, f courrier.EventFilter) iter.Seq2[courrier.TrackingEvent, error] {
	next := func(last *courrier.TrackingEvent) *query {
		q := selecting("id, letter, provider, provider_id, folded, hint, body FROM courrier_events")
		q.order = "heard, id"
		oneOf(q, s.engine, "letter", f.Letters)
		if len(f.Letters) > 0 && !slices.Contains(f.Letters, "") {
			q.where("letter <> ''")
		}
		q.equal("provider", f.Provider)
		q.equal("provider_id", f.ProviderID)
		if f.Orphans {
			q.where("letter = ''")
		}
		if f.Unfolded {
			q.where("folded = 0")
		}
		if !f.HeardFrom.IsZero() {
			q.where("heard >= ?", upMicro(f.HeardFrom))
		}
		if last != nil {
			after(q, s.engine, false, "heard, id", last.Heard.UnixMicro(), last.ID)
		}
		return q
	}
	return list(ctx, s, f.Limit, next, scanEvent)
}

func scanEvent(found Rows) (e courrier.TrackingEvent, err error) {
	var id, letter, provider, providerID, body string
	var folded, hint int64
	if err := found.Scan(&id, &letter, &provider, &providerID, &folded, &hint, &body); err != nil {
		return e, err
	}
	err = decode(body, &e)
	e.ID, e.Letter, e.Provider, e.ProviderID = id, courrier.LetterID(letter), provider, providerID
	e.Folded, e.Hint = folded == 1, hint == 1
	return e, err
}

// ReplaceEvents writes the bodies of events anew: what no column holds.
func (s *Store) ReplaceEvents(ctx context.Context, events ...courrier.TrackingEvent) error {
	for _, e := range events {
		fixed, err := newEventOp(e)
		if err != nil {
			return fmt.Errorf("sqlstore: events: %w", err)
		}
		texts := fixed.row(fixed.merges).texts
		if err := s.exec(ctx, "UPDATE courrier_events SET body = ? WHERE id = ?", texts[len(texts)-1], e.ID); err != nil {
			return err
		}
	}
	return nil
}
