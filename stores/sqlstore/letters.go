package sqlstore

import (
	"context"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// Letter implements [courrier.Store].
func (s *Store) Letter(ctx context.Context, id courrier.LetterID) (courrier.LetterRecord, error) {
	q := selecting("body FROM courrier_letters")
	q.where("id = ?", string(id))
	return one(ctx, s, "letter", q, scanLetter)
}

// Letters implements [courrier.Store].
func (s *Store) Letters(ctx context.Context, f courrier.LetterFilter) iter.Seq2[courrier.LetterRecord, error] {
	next := func(last *courrier.LetterRecord) *query {
		q := s.letters(f)
		switch {
		case f.Duty != courrier.DutyNone:
			q.order = "due_at, id"
			if last != nil {
				q.where("(due_at, id) > (?, ?)", last.DueAt.UnixMicro(), string(last.ID))
			}
		case f.Newest:
			q.order = "id DESC"
			if last != nil {
				q.where("id < ?", string(last.ID))
			}
		default:
			q.order = "id"
			if last != nil {
				q.where("id > ?", string(last.ID))
			}
		}
		return q
	}
	return list(ctx, s, f.Limit, next, scanLetter)
}

// letters has the conditions of a filter, and repeats those of the partial
// indexes word by word, without which a database cannot know that it may use them.
func (s *Store) letters(f courrier.LetterFilter) *query {
	q := selecting("body FROM courrier_letters")
	oneOf(q, s.engine, "id", f.IDs)
	q.equal("key", f.Key)
	q.equal(either(f.Key == "", "account", "(account || '')"), string(f.Account))
	if f.Customer != "" {
		q.where("customer = ? AND customer <> ''", string(f.Customer))
	}
	oneOf(q, s.engine, "status", f.Statuses)
	oneOf(q, s.engine, "hold", f.Holds)
	if slices.Equal(f.Statuses, []courrier.Status{courrier.StatusHeld}) || len(f.Holds) > 0 && !slices.Contains(f.Holds, "") {
		q.where("(status = 'held' OR hold <> '')")
	}
	oneOf(q, s.engine, "purpose", f.Purposes)
	q.equal("provider", f.Provider)
	if f.ProviderID != "" {
		q.where("provider_id = ? AND provider_id <> ''", f.ProviderID)
	}
	if f.TrackingNumber != "" {
		q.where("tracking_number = ? AND tracking_number <> ''", f.TrackingNumber)
	}
	if f.Sum != "" {
		q.where("id IN (SELECT letter FROM courrier_letter_sums WHERE sum = ?)", string(f.Sum))
	}
	if !f.CreatedFrom.IsZero() {
		q.where("created_at >= ?", upMicro(f.CreatedFrom))
	}
	if !f.CreatedTo.IsZero() {
		q.where("created_at < ?", upMicro(f.CreatedTo))
	}
	if f.Duty != courrier.DutyNone {
		q.where("duty = ? AND duty <> ''", string(f.Duty))
	}
	if !f.DueBefore.IsZero() {
		q.where("due_at <= ?", f.DueBefore.UnixMicro())
	}
	if f.After != "" && f.Newest {
		q.where("id < ?", string(f.After))
	} else if f.After != "" {
		q.where("id > ?", string(f.After))
	}
	return q
}

func scanLetter(found Rows) (r courrier.LetterRecord, err error) {
	var body string
	if err = found.Scan(&body); err == nil {
		err = decode(body, &r)
	}
	return r, err
}
