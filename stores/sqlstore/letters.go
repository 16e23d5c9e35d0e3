package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

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
		switch {
		case f.Duty != courrier.DutyNone:
			q := s.letters(f)
			q.order = "due_at, id"
			if last != nil {
				after(q, s.engine, false, "due_at, id", last.DueAt.UnixMicro(), string(last.ID))
			}
			return q
		case len(f.Statuses) > 1 && picks(f):
			return s.lettersByStatus(f, last)
		}
		return s.lettersInOrder(f, last)
	}
	return list(ctx, s, f.Limit, next, scanLetter)
}

// picks tells whether an index of the account's letters, by status, purpose or day, is
// to find those of the filter. Of one status or purpose it has them in their order; of
// others all that match are sorted for each page: right for a screen, that reads one,
// and wrong for who reads on to the end.
func picks(f courrier.LetterFilter) bool {
	named := len(f.IDs) > 0 || f.Key != "" || f.Customer != "" || f.ProviderID != "" || f.TrackingNumber != "" || f.Sum != ""
	if f.Account == "" || named {
		return false
	}
	if len(f.Statuses) == 1 || len(f.Statuses) == 0 && len(f.Purposes) == 1 {
		return true
	}
	some := len(f.Statuses)+len(f.Purposes) > 0 || !f.CreatedFrom.IsZero() || !f.CreatedTo.IsZero()
	return some && f.Limit > 0 && f.Limit <= pageSize
}

// lettersInOrder continues a list by id.
func (s *Store) lettersInOrder(f courrier.LetterFilter, last *courrier.LetterRecord) *query {
	q := s.letters(f)
	id := either(picks(f), "(id || '')", "id")
	q.order = id + either(f.Newest, " DESC", "")
	if last != nil {
		q.where(id+either(f.Newest, " < ?", " > ?"), string(last.ID))
	}
	return q
}

// lettersByStatus reads a page of each status by its index, and of those the first: an
// index gives several statuses one after the other, and all would have to be sorted.
func (s *Store) lettersByStatus(f courrier.LetterFilter, last *courrier.LetterRecord) *query {
	whole := &query{order: "id" + either(f.Newest, " DESC", "")}
	statuses := slices.Compact(slices.Sorted(slices.Values(f.Statuses)))
	var parts []string
	for i, status := range statuses {
		one := f
		one.Statuses = []courrier.Status{status}
		q := s.lettersInOrder(one, last)
		if q.none {
			continue
		}
		text := strings.Replace(q.text.String(), "SELECT body FROM", "SELECT id, body FROM", 1)
		parts = append(parts, fmt.Sprintf("SELECT * FROM (%s ORDER BY %s LIMIT %d) AS s%d", text, q.order, pageSize, i))
		whole.args = append(whole.args, q.args...)
	}
	whole.none = len(parts) == 0
	whole.text.WriteString("SELECT body FROM (" + strings.Join(parts, " UNION ALL ") + ") AS every")
	return whole
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
	if f.After != "" {
		q.where(either(picks(f), "(id || '')", "id")+either(f.Newest, " < ?", " > ?"), string(f.After))
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
