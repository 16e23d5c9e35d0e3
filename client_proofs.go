package courrier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
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

// FetchProofs fetches and keeps the proofs that a letter's carrier announced and
// that are not kept yet. It is safe to repeat. The errors are the carrier's; the
// proofs that could be had are kept all the same.
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

// Proof returns a proof that was fetched and kept; [ErrNotFound] when there is
// none (yet).
func (c *Client) Proof(ctx context.Context, id LetterID, kind ProofKind) (Document, error) {
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
