package sqlstore

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// Events implements [courrier.EventReader].
func (s *Store) Events(ctx context.Context, f courrier.EventFilter) iter.Seq2[courrier.TrackingEvent, error] {
	next := func(last *courrier.TrackingEvent) *query {
		q := selecting("body, letter, folded, hint FROM courrier_events")
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
			q.where("(heard, id) > (?, ?)", last.Heard.UnixMicro(), last.ID)
		}
		return q
	}
	return list(ctx, s, f.Limit, next, scanEvent)
}

func scanEvent(found *sql.Rows) (e courrier.TrackingEvent, err error) {
	var body, letter string
	var folded, hint int64
	if err := found.Scan(&body, &letter, &folded, &hint); err != nil {
		return e, err
	}
	err = decode(body, &e)
	e.Letter, e.Folded, e.Hint = courrier.LetterID(letter), folded == 1, hint == 1
	return e, err
}
