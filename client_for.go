package courrier

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// For returns the client as one account sees it. Every method reads and changes
// that account's things alone; an id of another account is [ErrNotFound]. A host
// takes it once at the door where it answers its users. Background duties need no
// such client.
func (c *Client) For(account AccountID) *Client {
	own := *c
	own.account, own.store = account, ownStore{c.all, account}
	return &own
}

// ownStore is a store of which one account's part is seen.
type ownStore struct {
	all     Store
	account AccountID
}

func none(what string) error { return fmt.Errorf("%s: %w", what, ErrNotFound) }

func empty[T any](func(T, error) bool) {}

// Letter implements [Store].
func (s ownStore) Letter(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := s.all.Letter(ctx, id)
	if err == nil && rec.Letter.Account != s.account {
		return LetterRecord{}, none("letter")
	}
	return rec, err
}

// Letters implements [Store].
func (s ownStore) Letters(ctx context.Context, f LetterFilter) iter.Seq2[LetterRecord, error] {
	if f.Account != "" && f.Account != s.account {
		return empty[LetterRecord]
	}
	f.Account = s.account
	return s.all.Letters(ctx, f)
}

// Books implements [Store].
func (s ownStore) Books(ctx context.Context, account AccountID, unit string) (Books, error) {
	if account != s.account {
		return Books{}, none("books")
	}
	return s.all.Books(ctx, account, unit)
}

// Ledgers implements [Store].
func (s ownStore) Ledgers(ctx context.Context, account AccountID) iter.Seq2[Books, error] {
	if account != "" && account != s.account {
		return empty[Books]
	}
	return s.all.Ledgers(ctx, s.account)
}

// Entries implements [Store].
func (s ownStore) Entries(ctx context.Context, f EntryFilter) iter.Seq2[Entry, error] {
	if f.Account != "" && f.Account != s.account {
		return empty[Entry]
	}
	f.Account = s.account
	return s.all.Entries(ctx, f)
}

// Events implements [Store]. Events without a letter are nobody's, but for
// those of a carrier's id, which only a letter's own record tells.
func (s ownStore) Events(ctx context.Context, f EventFilter) iter.Seq2[TrackingEvent, error] {
	return func(yield func(TrackingEvent, error) bool) {
		own := map[LetterID]bool{"": f.ProviderID != ""}
		for e, err := range s.all.Events(ctx, f) {
			if err == nil {
				if _, known := own[e.Letter]; !known {
					_, missing := s.Letter(ctx, e.Letter)
					own[e.Letter] = missing == nil
				}
				if !own[e.Letter] {
					continue
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Item implements [ItemReader].
func (s ownStore) Item(ctx context.Context, kind ItemKind, account AccountID, id string) (Item, error) {
	if account != s.account {
		return Item{}, none(string(kind))
	}
	return s.all.Item(ctx, kind, account, id)
}

// Items implements [ItemReader].
func (s ownStore) Items(ctx context.Context, f ItemFilter) iter.Seq2[Item, error] {
	if f.Account != "" && f.Account != s.account {
		return empty[Item]
	}
	f.Account = s.account
	return s.all.Items(ctx, f)
}

// Commit implements [Store]. A change of another account's things is none.
func (s ownStore) Commit(ctx context.Context, changes ...Change) ([]Result, error) {
	results := make([]Result, len(changes))
	var own []Change
	var index []int
	for i, change := range changes {
		if !s.owns(ctx, change) {
			results[i].Err = none("account")
			continue
		}
		own, index = append(own, change), append(index, i)
	}
	if len(own) == 0 {
		return results, ctx.Err()
	}
	done, err := s.all.Commit(ctx, own...)
	if err != nil {
		return nil, err
	}
	for n, i := range index {
		results[i] = done[n]
	}
	return results, nil
}

func (s ownStore) owns(ctx context.Context, c Change) bool {
	return (c.Letter == nil || c.Letter.Letter.Account == s.account) &&
		!slices.ContainsFunc(c.Entries, func(e Entry) bool { return e.Account != s.account }) &&
		!slices.ContainsFunc(c.Items, func(i Item) bool { return i.Account != s.account }) &&
		!slices.ContainsFunc(c.Events, func(e TrackingEvent) bool { return !s.mayTell(ctx, c, e) })
}

// mayTell tells whether an event is about a letter of the account, or about none yet.
func (s ownStore) mayTell(ctx context.Context, c Change, e TrackingEvent) bool {
	if e.Letter == "" || c.Letter != nil && e.Letter == c.Letter.ID {
		return true
	}
	_, err := s.Letter(ctx, e.Letter)
	return err == nil
}

// InTx passes on what the store says of a context.
func (s ownStore) InTx(ctx context.Context) bool {
	joins, ok := s.all.(interface{ InTx(context.Context) bool })
	return ok && joins.InTx(ctx)
}

// mayRead tells why an account may not read a content by its sum: nothing of its own
// holds it. A sum is no secret: it is printed in records, and anybody who has the
// same document knows it.
func (c *Client) mayRead(ctx context.Context, account AccountID, sum Sum) error {
	for _, err := range c.all.Letters(ctx, LetterFilter{Account: account, Sum: sum, Limit: 1}) {
		return err
	}
	for _, g := range slices.Concat(c.named(), c.always) {
		if keeps, err := g.keeps(ctx, account, sum); keeps || err != nil {
			return err
		}
	}
	return none("content")
}

// Content returns a document's bytes while they are kept, else [ErrNotFound].
func (c *Client) Content(ctx context.Context, sum Sum) ([]byte, error) {
	if c.account != "" {
		if err := c.mayRead(ctx, c.account, sum); err != nil {
			return nil, err
		}
	}
	return c.contents.Content(ctx, sum)
}

// contentOf returns a content that a letter of the account carries or names.
func (c *Client) contentOf(ctx context.Context, account AccountID, sum Sum, given map[Sum][]byte) ([]byte, error) {
	if b, ok := given[sum]; ok {
		return b, nil
	}
	if err := c.mayRead(ctx, account, sum); err != nil {
		return nil, err
	}
	content, err := c.contents.Content(ctx, sum)
	if err == nil && SumOf(content) != sum {
		err = errors.Join(none("content"))
	}
	return content, err
}
