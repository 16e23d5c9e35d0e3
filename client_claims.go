package courrier

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// ClaimKind says what is claimed from the carrier.
type ClaimKind string

// The kinds of claims.
const (
	ClaimReceiptMissing ClaimKind = "receipt_missing" // delivered, and no advice of receipt came
	ClaimReturned       ClaimKind = "returned"        // came back: ask why and for the scan
	ClaimLost           ClaimKind = "lost"            // lost, or counted as lost
)

// The days after which a claim is due.
const (
	// ReceiptMissingAfter: delivered more than this many days ago. Signed
	// receipts take five to fifteen days; carriers take claims after twenty.
	ReceiptMissingAfter = 20
	// LostAfter: a registered letter not delivered this many days after its
	// posting counts as lost (code des postes, art. R2-3).
	LostAfter = 40
)

// Claim is a dossier about one letter, beside its status.
type Claim struct {
	Letter   LetterID  `json:"letter"`
	Kind     ClaimKind `json:"kind"`
	DueOn    Date      `json:"due_on"`             // since when it may be made
	OpenedAt time.Time `json:"opened_at,omitzero"` // zero: due, not made yet
	ClosedAt time.Time `json:"closed_at,omitzero"` // zero: not answered yet
	Number   string    `json:"number,omitempty"`   // the carrier's, of the claim
	Answer   string    `json:"answer,omitempty"`   // what the carrier answered
	Dossier  Dossier   `json:"dossier"`
}

// Dossier is what carriers ask for.
type Dossier struct {
	Customer       string   `json:"customer"` // who sent it: the carrier's client
	PostedOn       Date     `json:"posted_on"`
	TrackingNumber string   `json:"tracking_number"`
	Recipient      []string `json:"recipient"` // address lines
	Service        Service  `json:"service"`
	Provider       string   `json:"provider"`
	ProviderID     string   `json:"provider_id"`
}

// ClaimFilter selects claims.
type ClaimFilter struct {
	Account  AccountID
	Kinds    []ClaimKind
	Unopened bool // only those that were not made yet
	Closed   bool // also those that were answered
	// CreatedFrom bounds the letters looked at; zero: fourteen months ago, for
	// operators keep proofs for a year.
	CreatedFrom time.Time
}

// claimStatuses are those in which a letter can give rise to a claim.
var claimStatuses = []Status{
	StatusPosted, StatusInTransit, StatusAwaitingPickup, StatusReturning,
	StatusDelivered, StatusReturned, StatusLost,
}

// DueClaim tells which claim a letter gives rise to on a day, if any. It is a
// pure function of the record: silence is an event.
func DueClaim(r LetterRecord, today Date) (Claim, bool) {
	t := r.Tracking
	claim := Claim{Letter: r.ID}
	switch {
	case r.Status == StatusReturned:
		claim.Kind, claim.DueOn = ClaimReturned, PostalDay(t.ReturnedAt)
	case r.Status == StatusLost:
		claim.Kind, claim.DueOn = ClaimLost, PostalDay(t.EndedAt)
	case r.Status == StatusDelivered && r.Letter.Service == ServiceRegisteredAR && !r.hasProof(ProofOfReceipt):
		claim.Kind, claim.DueOn = ClaimReceiptMissing, PostalDay(t.DeliveredAt).AddDays(ReceiptMissingAfter+1)
	case r.Status.Posted() && r.Status != StatusDelivered && r.Letter.Service.Registered() && !t.PostedAt.IsZero():
		claim.Kind, claim.DueOn = ClaimLost, PostalDay(t.PostedAt).AddDays(LostAfter+1)
	default:
		return Claim{}, false
	}
	if claim.DueOn.IsZero() || claim.DueOn.After(today) {
		return Claim{}, false
	}
	claim.Dossier = dossierOf(r)
	return claim, true
}

func dossierOf(r LetterRecord) Dossier {
	d := Dossier{
		Customer: r.Letter.From.Company, PostedOn: PostalDay(r.Tracking.PostedAt), TrackingNumber: r.TrackingNumber,
		Service: r.Letter.Service, Provider: r.Provider, ProviderID: r.ProviderID,
	}
	if d.Customer == "" {
		d.Customer = r.Letter.From.Name
	}
	d.Recipient = r.Letter.To.Shown()
	return d
}

// Claims lists what is due to be claimed and what was claimed, by letter.
func (c *Client) Claims(ctx context.Context, f ClaimFilter) iter.Seq2[Claim, error] {
	now := c.now()
	if f.CreatedFrom.IsZero() {
		f.CreatedFrom = now.AddDate(-1, -2, 0)
	}
	return func(yield func(Claim, error) bool) {
		for rec, err := range c.store.Letters(ctx, LetterFilter{Account: f.Account, Statuses: claimStatuses, CreatedFrom: f.CreatedFrom}) {
			if err != nil {
				yield(Claim{}, err)
				return
			}
			for _, claim := range claimsOf(rec, PostalDay(now)) {
				if f.selects(claim) && !yield(claim, nil) {
					return
				}
			}
		}
	}
}

// claimsOf returns the claims made about a letter and the one that is due.
func claimsOf(r LetterRecord, today Date) []Claim {
	claims := slices.Clone(r.Claims)
	due, ok := DueClaim(r, today)
	if ok && !slices.ContainsFunc(claims, func(c Claim) bool { return c.Kind == due.Kind }) {
		claims = append(claims, due)
	}
	return claims
}

func (f ClaimFilter) selects(c Claim) bool {
	return seq.OneOf(f.Kinds, c.Kind) && (!f.Unopened || c.OpenedAt.IsZero()) && (f.Closed || c.ClosedAt.IsZero())
}

// OpenClaim records that a claim was made with the carrier, under the number it
// gave. A claim may be made before it is due; [ErrConflict] when the letter was
// never posted.
func (c *Client) OpenClaim(ctx context.Context, id LetterID, kind ClaimKind, number string) (Claim, error) {
	var made Claim
	_, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		if !r.Status.Posted() {
			return nil, &Error{Op: "open claim", Kind: ErrConflict, LetterID: id, Err: fmt.Errorf("a letter that is %q was not posted", r.Status)}
		}
		if i := slices.IndexFunc(r.Claims, func(c Claim) bool { return c.Kind == kind }); i >= 0 {
			made = r.Claims[i]
			return nil, nil
		}
		made = Claim{Letter: id, Kind: kind, DueOn: PostalDay(c.now()), OpenedAt: c.now(), Number: number, Dossier: dossierOf(*r)}
		if due, ok := DueClaim(*r, PostalDay(c.now())); ok && due.Kind == kind {
			made.DueOn = due.DueOn
		}
		r.Claims = append(slices.Clone(r.Claims), made)
		return &Change{}, nil
	})
	return made, err
}

// CloseClaim records the carrier's answer to a claim made before.
func (c *Client) CloseClaim(ctx context.Context, id LetterID, kind ClaimKind, answer string) (Claim, error) {
	var closed Claim
	_, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		i := slices.IndexFunc(r.Claims, func(c Claim) bool { return c.Kind == kind })
		if i < 0 {
			return nil, &Error{Op: "close claim", Kind: ErrNotFound, LetterID: id, Err: errors.New("no such claim was opened")}
		}
		r.Claims = slices.Clone(r.Claims)
		if r.Claims[i].ClosedAt.IsZero() {
			r.Claims[i].ClosedAt, r.Claims[i].Answer = c.now(), answer
		}
		closed = r.Claims[i]
		return &Change{}, nil
	})
	return closed, err
}
