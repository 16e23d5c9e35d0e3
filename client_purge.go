package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier/internal/seq"
)

// Purge forgets the contents of letters whose retention is over, and returns how
// many letters that were. Content that another letter or a gate still needs stays.
func (c *Client) Purge(ctx context.Context) (int, error) {
	letters, err := c.purgeLetters(ctx)
	if err != nil {
		err = fmt.Errorf("purge: %w", err)
	}
	return letters, err
}

func (c *Client) purgeLetters(ctx context.Context) (int, error) {
	if err := c.replan(ctx); err != nil {
		return 0, err
	}
	purged := 0
	settings := map[AccountID]Settings{}
	err := c.eachDue(ctx, DutyPurge, pageSize, 0, func(page []LetterRecord) {
		c.workOn(ctx, page, 1, func(ctx context.Context, rec LetterRecord) error {
			known, ok := settings[rec.Letter.Account]
			if !ok {
				var err error
				if known, err = c.Settings(ctx, rec.Letter.Account); err != nil {
					return err
				}
				settings[rec.Letter.Account] = known
			}
			gone, err := c.purge(ctx, rec, known)
			if gone {
				purged++
			}
			return err
		})
	})
	return purged, err
}

// purge forgets a letter's contents when their day has come, and else plans that day.
func (c *Client) purge(ctx context.Context, rec LetterRecord, settings Settings) (bool, error) {
	planned := false
	due := func(r *LetterRecord) bool { return r.Duty == DutyPurge && !r.DueAt.After(c.now()) }
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if planned = false; !due(r) {
			return nil, nil
		}
		m := c.moment(*r)
		if change := m.retained(r, settings); change != nil {
			planned = true
			return change, nil
		}
		// The letter needs its contents no more before they go, and the duty is done
		// only when they are gone.
		return m.forgotten(r), nil
	})
	if err != nil || planned || !due(&after) {
		return false, err
	}
	sums := make([]Sum, len(after.Letter.Documents))
	for i, d := range after.Letter.Documents {
		sums[i] = d.Sum
	}
	if err := c.ForgetContents(ctx, sums...); err != nil {
		return false, err
	}
	_, err = c.updateFrom(ctx, after, func(r *LetterRecord) (*Change, error) {
		if !due(r) {
			return nil, nil
		}
		return c.moment(*r).purged(r), nil
	})
	return err == nil, err
}

// itemRetention asks for the days of an account's ended letters to be planned anew,
// because its retention changed.
const itemRetention ItemKind = "retention"

// replanning is the request, written together with the settings that changed.
func (c *Client) replanning(ctx context.Context, account AccountID) (Item, error) {
	was, err := c.store.Item(ctx, itemRetention, account, "")
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Item{}, err
	}
	return Item{Kind: itemRetention, Account: account, Version: was.Version, Body: json.RawMessage("true")}, nil
}

// replan plans the purge of ended letters anew, for the accounts that asked for it.
func (c *Client) replan(ctx context.Context) error {
	asked, err := seq.Collect(c.store.Items(ctx, ItemFilter{Kind: itemRetention}))
	if err != nil {
		return err
	}
	for _, item := range asked {
		if string(item.Body) != "true" {
			continue
		}
		if err := c.replanAccount(ctx, item.Account); err != nil {
			return err
		}
		item.Body = json.RawMessage("false")
		if err := c.commit(ctx, Change{Items: []Item{item}}); err != nil && !errors.Is(err, ErrConflict) { // else it was asked again
			return err
		}
	}
	return nil
}

func (c *Client) replanAccount(ctx context.Context, account AccountID) error {
	settings, err := c.Settings(ctx, account)
	if err != nil {
		return err
	}
	for rec, err := range c.store.Letters(ctx, LetterFilter{Account: account}) {
		if err != nil {
			return err
		}
		if rec.DoneAt.IsZero() || rec.ContentsGone {
			continue
		}
		_, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
			if r.DoneAt.IsZero() {
				return nil, nil
			}
			return c.moment(*r).replanned(r, settings), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgetContents deletes contents that no letter and no gate of the client needs
// any more; of a [Contents] that cannot forget it deletes none.
func (c *Client) ForgetContents(ctx context.Context, sums ...Sum) error {
	deleter, ok := c.contents.(ContentDeleter)
	if !ok {
		return nil
	}
	for _, sum := range sums {
		needed, err := c.needed(ctx, sum)
		if err == nil && !needed {
			err = deleter.DeleteContent(ctx, sum)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) needed(ctx context.Context, sum Sum) (bool, error) {
	for _, err := range c.all.Letters(ctx, LetterFilter{Sum: sum, Limit: 1}) {
		return true, err
	}
	for _, g := range slices.Concat(c.named(), c.always) {
		if keeps, err := g.keeps(ctx, "", sum); keeps || err != nil {
			return true, err
		}
	}
	return false, nil
}
