package courrier

import (
	"context"
	"fmt"
	"slices"
)

// Content returns the bytes of a document, as long as retention keeps them, or
// [ErrNotFound].
func (c *Client) Content(ctx context.Context, sum Sum) ([]byte, error) {
	return c.contents.Content(ctx, sum)
}

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

func (c *Client) contentOf(ctx context.Context, sum Sum, given map[Sum][]byte) ([]byte, error) {
	if b, ok := given[sum]; ok {
		return b, nil
	}
	return c.contents.Content(ctx, sum)
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
