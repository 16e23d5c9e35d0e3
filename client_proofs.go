package courrier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier/internal/quote"
)

// deliveryProof is what shows the delivery of a registered letter.
var deliveryProof = map[Service]ProofKind{
	ServiceRegistered:           ProofOfDelivery, // the operator keeps the signature, even without AR
	ServiceRegisteredAR:         ProofOfReceipt,
	ServiceElectronicRegistered: ProofOfReceipt,
}

// wantedProofs are those that a letter's service and end can bring, of those that
// its carrier offers.
func wantedProofs(r LetterRecord, offered []ProofKind) []ProofKind {
	var wanted []ProofKind
	want := func(kind ProofKind, when bool) {
		if when && slices.Contains(offered, kind) {
			wanted = append(wanted, kind)
		}
	}
	shows, registered := deliveryProof[r.Letter.Service]
	want(ProofOfDeposit, registered)
	want(shows, r.Status == StatusDelivered)
	want(ProofOfReturn, r.Status == StatusReturned && r.Letter.Service.Tracked() && r.Letter.Returns == ReturnsScanned)
	want(ProofOfLoss, r.Status == StatusLost && registered)
	return wanted
}

func (r LetterRecord) hasProof(kind ProofKind) bool {
	return slices.ContainsFunc(r.Proofs, func(p ProofRecord) bool { return p.Kind == kind })
}

// FetchProofs fetches and keeps the proofs that the carrier announced and that are
// not kept yet; repeat it as you like. Proofs that could be had are kept beside an
// error. Errors: [ErrNotFound], [ErrInvalid], [ErrConflict] (changed),
// [ErrUnavailable] (not-a-pdf), the carrier's.
func (c *Client) FetchProofs(ctx context.Context, id LetterID) (LetterRecord, error) {
	err := c.outsideTx(ctx)
	var rec LetterRecord
	if err == nil {
		rec, err = c.store.Letter(ctx, id)
	}
	if err == nil {
		rec, _, err = c.fetchProofs(ctx, rec)
	}
	if err != nil {
		return rec, &Error{Op: "fetch proofs", Provider: rec.Provider, LetterID: id, Err: err}
	}
	return rec, nil
}

func (c *Client) fetchProofs(ctx context.Context, rec LetterRecord) (LetterRecord, int, error) {
	p := c.carriers[rec.Provider]
	if p == nil || p.fetcher == nil {
		return rec, 0, nil
	}
	var kept []ProofRecord
	var failed error // one proof that cannot be had does not keep back the others
	for _, kind := range rec.Tracking.Proofs {
		if rec.hasProof(kind) {
			continue
		}
		proof, err := c.fetchProof(ctx, p, rec, kind)
		switch {
		case err == nil:
			kept = append(kept, proof)
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrUnsupported): // else not yet, or never: complete decides how long to ask
			failed = errors.Join(failed, err)
		}
	}
	if len(kept) == 0 {
		return rec, 0, failed
	}
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		return c.moment(*r).kept(r, kept), nil
	})
	return after, len(kept), errors.Join(err, failed)
}

func (c *Client) fetchProof(ctx context.Context, p *carrier, rec LetterRecord, kind ProofKind) (ProofRecord, error) {
	doc, err := p.proof(ctx, rec.Reference(), kind)
	if err != nil {
		return ProofRecord{}, err
	}
	if !isPDF(doc.Content) {
		return ProofRecord{}, &Error{Op: "fetch proof", Kind: ErrUnavailable, Provider: rec.Provider, Code: CodeNotAPDF, Err: errors.New("the carrier sent no PDF; it is fetched again later")}
	}
	doc.Content = bytes.Clone(doc.Content)
	sum := SumOf(doc.Content)
	if err := c.contents.PutContent(ctx, sum, doc.Content); err != nil {
		return ProofRecord{}, err
	}
	return ProofRecord{Kind: kind, Sum: sum, Size: int64(len(doc.Content)), FetchedAt: c.now()}, nil
}

// Proof returns a kept proof. Errors: [ErrInvalid], [ErrNotFound] (also no-proof).
func (c *Client) Proof(ctx context.Context, id LetterID, kind ProofKind) (Document, error) {
	if !slices.Contains(proofKinds, kind) {
		return Document{}, &FieldError{Field: "kind", Rule: quote.Word(kind) + " is no kind of proof", Remedy: "use one of the Proof constants"}
	}
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return Document{}, fmt.Errorf("proof: %w", err)
	}
	for _, p := range rec.Proofs {
		if p.Kind != kind {
			continue
		}
		content, err := c.contents.Content(ctx, p.Sum)
		if err != nil {
			return Document{}, fmt.Errorf("proof: %w", err)
		}
		return NewDocument(fmt.Sprintf("%s-%s.pdf", id, kind), content), nil
	}
	return Document{}, &Error{Op: "proof", Kind: ErrNotFound, Provider: rec.Provider, LetterID: id, Code: CodeNoProof, Err: fmt.Errorf("no proof of kind %q is kept (yet)", kind)}
}

// Claims lists what is due to be claimed and what was, by letter. Open claims are
// listed however old their letter is.
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
// gave, due or not; again with another number, an appeal. Errors: [ErrNotFound],
// [ErrInvalid], [ErrConflict] (not-posted, changed).
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

// CloseClaim records the carrier's answer to a claim. Errors: [ErrNotFound] (also
// no-claim), [ErrInvalid], [ErrConflict] (changed).
func (c *Client) CloseClaim(ctx context.Context, id LetterID, kind ClaimKind, answer string) (Claim, error) {
	if err := kind.validate(); err != nil {
		return Claim{}, fmt.Errorf("close claim: %w", err)
	}
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
