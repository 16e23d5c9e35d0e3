package sqlstore

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/courrier-go/courrier"
)

const itemColumns = "kind, account, id, version, body FROM courrier_items"

// Item implements [courrier.ItemReader].
func (s *Store) Item(ctx context.Context, kind courrier.ItemKind, account courrier.AccountID, id string) (courrier.Item, error) {
	q := selecting(itemColumns)
	q.where("kind = ? AND account = ? AND id = ?", string(kind), string(account), id)
	return one(ctx, s, string(kind), q, scanItem)
}

// Items implements [courrier.ItemReader].
func (s *Store) Items(ctx context.Context, f courrier.ItemFilter) iter.Seq2[courrier.Item, error] {
	next := func(last *courrier.Item) *query {
		q := selecting(itemColumns)
		q.order = "account, id"
		q.where("kind = ?", string(f.Kind))
		q.equal("account", string(f.Account))
		oneOf(q, s.engine, "id", f.IDs)
		if f.After != "" {
			q.where("id > ?", f.After)
		}
		if last != nil {
			after(q, s.engine, false, "account, id", string(last.Account), last.ID)
		}
		return q
	}
	return list(ctx, s, f.Limit, next, scanItem)
}

func scanItem(found Rows) (i courrier.Item, err error) {
	var kind, account, body string
	err = found.Scan(&kind, &account, &i.ID, &i.Version, &body)
	i.Kind, i.Account = courrier.ItemKind(kind), courrier.AccountID(account)
	if body != "" {
		i.Body = json.RawMessage(body)
	}
	return i, err
}
