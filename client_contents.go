package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier/internal/seq"
)

// withContents returns the letter ready to print.
func (c *Client) withContents(ctx context.Context, rec LetterRecord, from Contents) (Letter, error) {
	l := rec.Letter
	l.Print = &rec.Print
	l.Documents = slices.Clone(l.Documents)
	for i, d := range l.Documents {
		content, err := from.Content(ctx, d.Sum)
		if err != nil {
			return Letter{}, err
		}
		if SumOf(content) != d.Sum { // a store of the host's own may lose bytes
			return Letter{}, fmt.Errorf("%w: stored content is not what its sum says", ErrNotFound)
		}
		l.Documents[i].Content, l.Documents[i].Size = content, int64(len(content))
	}
	return l, nil
}

// putContents stores what a letter carries, once for each content of a batch.
func (c *Client) putContents(ctx context.Context, contents map[Sum][]byte, done map[Sum]bool) error {
	for sum, content := range contents {
		if done[sum] {
			continue
		}
		if err := c.contents.PutContent(ctx, sum, content); err != nil {
			return fmt.Errorf("store content: %w", err)
		}
		done[sum] = true
	}
	return nil
}

// maxTogether bounds the bytes of contents that are written in one step.
const maxTogether = 16 << 20

// together are the client's Contents where they write and find several at once; else nil.
func (c *Client) together() contentsTogether {
	if g, ok := c.contents.(interface{ several() contentsTogether }); ok {
		return g.several()
	}
	return nil
}

// ensureContents makes sure, after a letter was stored, that its contents are there:
// who forgets contents that nobody needed may have looked before the letter was.
func (c *Client) ensureContents(ctx context.Context, rec LetterRecord, contents map[Sum][]byte, done map[Sum]bool) (LetterRecord, error) {
	gone := false
	for sum, content := range contents {
		if done[sum] {
			continue
		}
		there, err := c.hasContent(ctx, sum)
		if err == nil && !there {
			gone, err = true, c.contents.PutContent(ctx, sum, content)
		}
		if err != nil {
			return rec, fmt.Errorf("store content: %w", err)
		}
		done[sum] = true
	}
	if !gone {
		return rec, nil
	}
	rec, err := c.store.Letter(ctx, rec.ID) // a worker may have missed them meanwhile
	if err != nil || rec.Status != StatusHeld || rec.Hold != HoldContents {
		return rec, err
	}
	return c.Approve(ctx, rec.ID)
}

// hasContent tells whether a content is stored, when every deletion of it that had
// begun is over. Contents that cannot tell are given it once more.
func (c *Client) hasContent(ctx context.Context, sum Sum) (bool, error) {
	if has, ok := c.contents.(guardedDeleter); ok && has.has != nil {
		return has.HasContent(ctx, sum)
	}
	return false, nil
}

// maxShared bounds the bytes that a page of letters keeps of what they share.
const maxShared = 32 << 20

// sharedContents reads those contents once that several letters of a page carry,
// such as general conditions that go with every invoice.
type sharedContents struct {
	Contents
	shared map[Sum]*sharedContent
}

type sharedContent struct {
	turn    chan struct{} // holds one while somebody reads it
	content []byte
	read    bool
}

func shareContents(from Contents, page []LetterRecord) *sharedContents {
	s := &sharedContents{from, map[Sum]*sharedContent{}}
	seen := map[Sum]bool{}
	left := int64(maxShared)
	for _, rec := range page {
		for _, d := range rec.Letter.Documents {
			if seen[d.Sum] && s.shared[d.Sum] == nil && d.Size <= left {
				s.shared[d.Sum] = &sharedContent{turn: make(chan struct{}, 1)}
				left -= d.Size
			}
			seen[d.Sum] = true
		}
	}
	return s
}

// Content implements [Contents].
func (s *sharedContents) Content(ctx context.Context, sum Sum) ([]byte, error) {
	one := s.shared[sum]
	if one == nil {
		return s.Contents.Content(ctx, sum)
	}
	select {
	case one.turn <- struct{}{}:
		defer func() { <-one.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if one.read {
		return one.content, nil
	}
	content, err := s.Contents.Content(ctx, sum)
	if err == nil {
		one.content, one.read = content, true
	}
	return content, err
}

// Purge forgets the contents of letters whose retention is over, unless another
// letter or a gate needs them. It returns the number of letters.
func (c *Client) Purge(ctx context.Context) (int, error) {
	ctx, end := c.observe(ctx, Operation{Name: "purge"})
	letters, err := c.purgeLetters(ctx)
	end(err)
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

// ForgetContents deletes contents, where [Contents] can, that nothing needs.
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
