package courrier

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// Claims: what a letter gives rise to, and the steps of a claim's life. Like those of
// the letter they read nothing and call nobody.

// ClaimKind says what is claimed from the carrier.
type ClaimKind string

const (
	ClaimReceiptMissing ClaimKind = "receipt_missing" // delivered, and the proof that its service brings did not come
	ClaimReturned       ClaimKind = "returned"        // came back: ask why and for the scan
	ClaimLost           ClaimKind = "lost"            // lost, or counted as lost
)

// The days after which a claim is due.
const (
	ReceiptMissingAfter = 20 // after the delivery: receipts take five to fifteen days, carriers take claims after twenty
	LostAfter           = 40 // after the posting of a registered letter (code des postes, art. R2-3)
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
	Appeals  []string  `json:"appeals,omitempty"`  // numbers of later claims about the same
	Void     bool      `json:"void,omitempty"`     // closed by itself: what was claimed arrived
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
	Account     AccountID
	Kinds       []ClaimKind
	Unopened    bool      // only those that were not made yet
	Closed      bool      // also those that were answered
	CreatedFrom time.Time // bounds the letters looked at; zero: fourteen months ago, for operators keep proofs for a year
}

// claimStatuses are those in which a letter can give rise to a claim.
var claimStatuses = []Status{
	StatusPosted, StatusInTransit, StatusAwaitingPickup, StatusReturning,
	StatusDelivered, StatusReturned, StatusLost,
}

// DueClaim tells which claim the letter gives rise to on a day, if any.
func (r LetterRecord) DueClaim(today Date) (Claim, bool) {
	t := r.Tracking
	claim := Claim{Letter: r.ID}
	switch {
	case r.Status == StatusReturned && !r.hasProof(ProofOfReturn):
		claim.Kind, claim.DueOn = ClaimReturned, PostalDay(t.ReturnedAt)
	case r.Status == StatusLost:
		claim.Kind, claim.DueOn = ClaimLost, PostalDay(t.EndedAt)
	case r.Status == StatusDelivered && r.Letter.Service.Registered() && !r.hasProof(deliveryProof[r.Letter.Service]):
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

// claimsOf returns the claims made about a letter and the one that is due.
func claimsOf(r LetterRecord, today Date) []Claim {
	claims := slices.Clone(r.Claims)
	due, ok := r.DueClaim(today)
	if ok && !slices.ContainsFunc(claims, func(c Claim) bool { return c.Kind == due.Kind }) {
		claims = append(claims, due)
	}
	return claims
}

func (f ClaimFilter) selects(c Claim) bool {
	return seq.OneOf(f.Kinds, c.Kind) && (!f.Unopened || c.OpenedAt.IsZero()) && (f.Closed || c.ClosedAt.IsZero())
}

// claimed: a claim was made under the carrier's number. One made before under
// another number is an appeal, for which the claim is open again.
func (m moment) claimed(r *LetterRecord, kind ClaimKind, number string) (*Change, error) {
	if !r.Status.Posted() {
		return nil, &Error{Op: "open claim", Kind: ErrConflict, Code: CodeNotPosted, LetterID: r.ID, Err: fmt.Errorf("a letter that is %q was not posted", r.Status)}
	}
	r.Claims = slices.Clone(r.Claims)
	i := r.claim(kind)
	if i < 0 {
		made := Claim{Letter: r.ID, Kind: kind, DueOn: PostalDay(m.now), OpenedAt: m.now, Number: number, Dossier: dossierOf(*r)}
		if due, ok := r.DueClaim(PostalDay(m.now)); ok && due.Kind == kind {
			made.DueOn = due.DueOn
		}
		r.Claims = append(r.Claims, made)
		return &Change{}, nil
	}
	c := &r.Claims[i]
	switch {
	case number == "" || number == c.Number || slices.Contains(c.Appeals, number):
		return nil, nil
	case c.Number == "":
		c.Number = number
	default:
		c.Appeals = append(slices.Clone(c.Appeals), number)
		c.ClosedAt, c.Void = time.Time{}, false
	}
	return &Change{}, nil
}

// answered: the carrier answered a claim.
func (m moment) answered(r *LetterRecord, kind ClaimKind, answer string) (*Change, error) {
	i := r.claim(kind)
	if i < 0 {
		return nil, &Error{Op: "close claim", Kind: ErrNotFound, Code: CodeNoClaim, LetterID: r.ID, Err: errors.New("no such claim was opened")}
	}
	if !r.Claims[i].ClosedAt.IsZero() {
		return nil, nil
	}
	r.Claims = slices.Clone(r.Claims)
	r.Claims[i].ClosedAt, r.Claims[i].Answer = m.now, answer
	return &Change{}, nil
}

// voidClaims closes the claims whose ground is gone.
func (m moment) voidClaims(r *LetterRecord) {
	for i, c := range r.Claims {
		if c.ClosedAt.IsZero() && !r.grounds(c.Kind) {
			r.Claims = slices.Clone(r.Claims)
			r.Claims[i].ClosedAt, r.Claims[i].Void = m.now, true
		}
	}
}

// grounds tells whether a claim of a kind may still be made, whatever the day.
func (r LetterRecord) grounds(kind ClaimKind) bool {
	switch kind {
	case ClaimReceiptMissing:
		return !r.hasProof(deliveryProof[r.Letter.Service])
	case ClaimReturned:
		return r.Status != StatusDelivered && !r.hasProof(ProofOfReturn)
	}
	return r.Status != StatusDelivered && r.Status != StatusReturned
}

func (r LetterRecord) claim(kind ClaimKind) int {
	return slices.IndexFunc(r.Claims, func(c Claim) bool { return c.Kind == kind })
}

func (k ClaimKind) validate() error {
	var c Checks
	c.Require(k == ClaimReceiptMissing || k == ClaimReturned || k == ClaimLost, "kind", "is no kind of claim", "use one of the Claim constants")
	return c.Err()
}
