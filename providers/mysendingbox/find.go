package mysendingbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

const (
	pageSize = 100
	// maxFindPages bounds how far Find reads when the carrier does not apply the
	// filter it was asked for.
	maxFindPages = 50
)

// Find implements [courrier.Finder]. Every letter bears its id as metadata, and the
// carrier lists letters by metadata. The answer "no such letter" is given only for a
// list that was read whole, by its own total, and that the carrier filters as we ask or
// not at all. That the list is complete SettleAfter an attempt is our assumption, not
// the carrier's word.
func (p *Provider) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	const op = "find"
	if ref.ID == "" {
		return courrier.Receipt{}, fail(op, courrier.ErrInvalid, "invalid",
			&courrier.FieldError{Field: "ID", Rule: "is empty", Remedy: "give the letter's id"})
	}
	found, err := p.filtered(ctx, ref.Account, ref.ID)
	if err == nil && found == nil {
		found, err = p.unfiltered(ctx, ref.Account, ref.ID)
	}
	switch {
	case err != nil:
		return courrier.Receipt{}, notProof(op, err)
	case found == nil:
		return courrier.Receipt{}, fail(op, courrier.ErrNotFound, "not-listed", nil)
	}
	if err := p.sameMode(*found); err != nil {
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, "mode", err)
	}
	return p.receipt(*found, ref.ID, courrier.SourcePoll), nil
}

// filtered looks for a letter with the carrier's filter; nil when it shows none.
// Of two letters by one id the first was the attempt in question; the idempotency
// key should make that impossible.
func (p *Provider) filtered(ctx context.Context, account courrier.AccountID, id courrier.LetterID) (*wireLetter, error) {
	var found *wireLetter
	for l, err := range p.bounded(ctx, account, url.Values{"metadata[" + MetadataKey + "]": {string(id)}}) {
		if err != nil {
			return nil, err
		}
		if l.letterID() == id && (found == nil || l.CreatedAt.time().Before(found.CreatedAt.time())) {
			found = &l
		}
	}
	return found, nil
}

// unfiltered looks for a letter that the filter did not show. How filters are
// written was never seen live, and one that the carrier reads otherwise shows
// nothing. So the list is read without it: to its end, or up to the first other
// letter of ours that the filter does show, which proves the filter.
func (p *Provider) unfiltered(ctx context.Context, account courrier.AccountID, id courrier.LetterID) (*wireLetter, error) {
	tried := false
	for l, err := range p.bounded(ctx, account, nil) {
		other := l.letterID()
		switch {
		case err != nil:
			return nil, err
		case other == id:
			return &l, nil
		case other == "" || tried:
			continue
		}
		tried = true
		if known, err := p.filtered(ctx, account, other); err != nil || known != nil {
			return nil, err
		}
	}
	return nil, nil
}

// bounded is [Provider.list] for lists that may turn out longer than it is
// reasonable to read.
func (p *Provider) bounded(ctx context.Context, account courrier.AccountID, filter url.Values) iter.Seq2[wireLetter, error] {
	const op = "find"
	return func(yield func(wireLetter, error) bool) {
		seen := 0
		for l, err := range p.list(ctx, op, account, filter) {
			if seen++; err == nil && seen > maxFindPages*pageSize {
				err = fail(op, courrier.ErrUnavailable, "list-unfiltered",
					errors.New("the carrier does not filter its list, which is too long to read"))
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// letterID is the id that a letter bears; empty when this library did not send it.
func (l wireLetter) letterID() courrier.LetterID { return courrier.LetterID(l.Metadata.V[MetadataKey]) }

// notProof turns a "not found" of the list itself, such as a 404 of a broken
// deployment, into an outage: it proves nothing about the letter.
func notProof(op string, err error) error {
	if !errors.Is(err, courrier.ErrNotFound) {
		return err
	}
	code := ""
	if e, ok := errors.AsType[*courrier.Error](err); ok {
		code = e.Code
	}
	return fail(op, courrier.ErrUnavailable, code, errors.New("the list of letters is not there"))
}

// list reads the letters that match, page after page. It fails rather than end
// early: without a total, and when the carrier does not honour the offset.
func (p *Provider) list(ctx context.Context, op string, account courrier.AccountID, filter url.Values) iter.Seq2[wireLetter, error] {
	return func(yield func(wireLetter, error) bool) {
		first := text("")
		for offset := 0; ; {
			page, err := p.page(ctx, op, account, filter, offset)
			if err == nil && len(page.Letters) > 0 && page.Letters[0].ID == first {
				err = fail(op, courrier.ErrUnavailable, "list-paging", errors.New("the list repeats its first page"))
			}
			if err != nil {
				yield(wireLetter{}, err)
				return
			}
			for _, l := range page.Letters {
				if !yield(l, nil) {
					return
				}
			}
			offset += len(page.Letters)
			if offset >= *page.Info.Total {
				return
			}
			if len(page.Letters) == 0 {
				yield(wireLetter{}, fail(op, courrier.ErrUnavailable, "list-short", errors.New("the list ends before its total")))
				return
			}
			first = page.Letters[0].ID
		}
	}
}

func (p *Provider) page(ctx context.Context, op string, account courrier.AccountID, filter url.Values, offset int) (wireLetters, error) {
	query := url.Values{"mode": {p.mode()}, "limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	for k, v := range filter {
		query[k] = v
	}
	answer, err := p.get(ctx, op, account, rest.Call{Path: []string{"letters"}, Query: query})
	if err != nil {
		return wireLetters{}, err
	}
	var page wireLetters
	if err := answer.JSON(&page); err != nil {
		return wireLetters{}, unreadable(op, courrier.ErrUnavailable, answer, err)
	}
	if page.Info.Total == nil {
		return wireLetters{}, unreadable(op, courrier.ErrUnavailable, answer, errors.New("the list states no total"))
	}
	return page, nil
}

// Letter is a letter as the carrier has it.
type Letter struct {
	ProviderID     string
	LetterID       courrier.LetterID // empty: not sent by this library
	Channel        string            // paper or electronic
	Description    string
	PostageType    string // the carrier's own name, unknown ones included
	Color          string
	Pages, Sheets  int
	Price          courrier.Amount
	TrackingNumber string
	Failed         bool
	WrongAddress   bool
	Cancelled      bool
	CreatedAt      time.Time
	Events         []courrier.TrackingEvent
}

// ListFilter selects letters; its zero value selects all.
type ListFilter struct {
	LetterID    courrier.LetterID
	PostageType string // the carrier's own name
	Limit       int    // 0: no limit
}

// Letters lists an account's letters at the carrier, those made on its own site
// included, in the carrier's order.
//
// Errors: [courrier.ErrDenied] (also no-key, key-mode), [courrier.ErrNotFound], [courrier.ErrConflict] (mode),
// [courrier.ErrUnavailable] (also no-key, not-sent, no-answer).
func (p *Provider) Letters(ctx context.Context, account courrier.AccountID, f ListFilter) iter.Seq2[Letter, error] {
	filter := url.Values{}
	if f.LetterID != "" {
		filter.Set("metadata["+MetadataKey+"]", string(f.LetterID))
	}
	if f.PostageType != "" {
		filter.Set("postage_type", f.PostageType)
	}
	return func(yield func(Letter, error) bool) {
		n := 0
		for l, err := range p.list(ctx, "list", account, filter) {
			if err == nil {
				err = p.modeOf("list", l)
			}
			if err != nil {
				yield(Letter{}, err)
				return
			}
			if n++; !yield(p.listed(l), nil) || n == f.Limit {
				return
			}
		}
	}
}

func (p *Provider) modeOf(op string, l wireLetter) error {
	if err := p.sameMode(l); err != nil {
		return fail(op, courrier.ErrConflict, "mode", err)
	}
	return nil
}

// ReadLetter returns one letter by the carrier's id, or [courrier.ErrNotFound].
//
// Errors: [courrier.ErrDenied] (also no-key, key-mode), [courrier.ErrNotFound],
// [courrier.ErrUnavailable] (also no-key, not-sent, no-answer).
func (p *Provider) ReadLetter(ctx context.Context, account courrier.AccountID, providerID string) (Letter, error) {
	if providerID == "" {
		return Letter{}, fail("read", courrier.ErrNotFound, "", fmt.Errorf("no id"))
	}
	l, err := p.letter(ctx, "read", account, providerID)
	if err != nil {
		return Letter{}, err
	}
	return p.listed(l), nil
}

func (p *Provider) listed(l wireLetter) Letter {
	id := l.letterID()
	return Letter{
		ProviderID: string(l.ID), LetterID: id, Channel: string(l.Channel), Description: string(l.Description),
		PostageType: string(l.PostageType), Color: string(l.Color), Pages: l.Pages.V, Sheets: l.Sheets.V,
		Price: l.Price.V.Total.euros(), TrackingNumber: string(l.TrackingNumber), Failed: l.Error.V,
		WrongAddress: l.WrongAddress.V, Cancelled: l.cancelled(), CreatedAt: l.CreatedAt.time(),
		Events: p.events(l, id, courrier.SourcePoll),
	}
}
