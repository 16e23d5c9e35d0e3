package courrier

import (
	"context"
	"fmt"
	"slices"
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
