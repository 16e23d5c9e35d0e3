package courrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Claims lists what is due to be claimed and what was claimed, by letter. Claims that
// are open are listed however old their letter is.
func (c *Client) Claims(ctx context.Context, f ClaimFilter) iter.Seq2[Claim, error] {
	now := c.now()
	if f.CreatedFrom.IsZero() {
		f.CreatedFrom = now.AddDate(-1, -2, 0)
	}
	return func(yield func(Claim, error) bool) {
		older, err := c.olderClaimed(ctx, f)
		if err != nil {
			yield(Claim{}, fmt.Errorf("claims: %w", err))
			return
		}
		for _, filter := range []LetterFilter{older, {Account: f.Account, Statuses: claimStatuses, CreatedFrom: f.CreatedFrom}} {
			if filter.IDs == nil && filter.Statuses == nil {
				continue
			}
			for rec, err := range c.store.Letters(ctx, filter) {
				if err != nil {
					yield(Claim{}, err)
					return
				}
				for _, claim := range claimsOf(rec, PostalDay(now)) {
					if f.selects(claim) && c.mayBring(rec, claim) && !yield(claim, nil) {
						return
					}
				}
			}
		}
	}
}

// mayBring leaves out the claim of a delivery proof that the letter's carrier never
// brings for a letter without advice of receipt: it would be due for each of them.
func (c *Client) mayBring(rec LetterRecord, claim Claim) bool {
	p := c.carriers[rec.Provider]
	return claim.Kind != ClaimReceiptMissing || !claim.OpenedAt.IsZero() || rec.Letter.Service != ServiceRegistered ||
		p == nil || slices.Contains(p.caps.Proofs, ProofOfDelivery)
}

// itemClaim remembers a letter about which a claim was opened.
const itemClaim ItemKind = "claim"

// olderClaimed selects the letters from before f.CreatedFrom that have claims.
func (c *Client) olderClaimed(ctx context.Context, f ClaimFilter) (LetterFilter, error) {
	older := LetterFilter{Account: f.Account, CreatedTo: f.CreatedFrom}
	for item, err := range c.store.Items(ctx, ItemFilter{Kind: itemClaim, Account: f.Account}) {
		if err != nil {
			return older, err
		}
		older.IDs = append(older.IDs, LetterID(item.ID))
	}
	return older, nil
}

// OpenClaim records that a claim was made with the carrier, under the number it
// gave; again with another number, an appeal. A claim may be made before it is due.
// [ErrConflict] when the letter was never posted, [ErrInvalid] for an unknown kind.
func (c *Client) OpenClaim(ctx context.Context, id LetterID, kind ClaimKind, number string) (Claim, error) {
	if err := kind.validate(); err != nil {
		return Claim{}, fmt.Errorf("open claim: %w", err)
	}
	rec, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		first := len(r.Claims) == 0
		change, err := c.moment(*r).claimed(r, kind, number)
		if change != nil && first {
			change.Items = []Item{{Kind: itemClaim, Account: r.Letter.Account, ID: string(r.ID), Body: json.RawMessage("{}")}}
		}
		return change, err
	})
	return madeClaim(rec, kind, err)
}

// CloseClaim records the carrier's answer to a claim made before; [ErrNotFound]
// when there was none.
func (c *Client) CloseClaim(ctx context.Context, id LetterID, kind ClaimKind, answer string) (Claim, error) {
	rec, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) { return c.moment(*r).answered(r, kind, answer) })
	return madeClaim(rec, kind, err)
}

func madeClaim(rec LetterRecord, kind ClaimKind, err error) (Claim, error) {
	if err != nil {
		return Claim{}, err
	}
	if i := rec.claim(kind); i >= 0 {
		return rec.Claims[i], nil
	}
	return Claim{}, errors.New("claim: it was not kept") // a step that was taken keeps it
}
