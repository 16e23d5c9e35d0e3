package providertest

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/courrier-go/courrier"
)

// proving holds the checks of proofs.
var proving = []check{
	{"proof/before", checkProofBefore},
	{"proof/after", checkProofAfter},
	{"proof/another's id", checkProofForeign},
	{"proof/unavailable", checkProofUnavailable},
}

// proof fetches a proof and checks the document.
func (p *probe) proof(provider courrier.Provider, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	fetcher, ok := provider.(courrier.ProofFetcher)
	p.needs(len(p.caps.Proofs) > 0 && ok, "Proofs")
	var d courrier.Document
	err := p.bounded(p.ctx, "proof", func(ctx context.Context) (err error) {
		d, err = fetcher.Proof(ctx, ref, kind)
		return err
	})
	if err == nil {
		p.require(bytes.HasPrefix(d.Content, []byte("%PDF-")), "proof of %s: is not a PDF", kind)
		p.require(d.Sum == courrier.SumOf(d.Content) && d.Size == int64(len(d.Content)),
			"proof of %s: Sum and Size are not those of Content; use NewDocument", kind)
	}
	return d, err
}

func (p *probe) needsProofs() {
	p.needs(len(p.caps.Proofs) > 0, "Proofs")
}

func checkProofBefore(p *probe) {
	p.needsProofs()
	for _, s := range p.caps.Services {
		ref, _ := p.accept(p.submission(s))
		for _, k := range courrier.ProofKinds() {
			_, err := p.proof(p.Provider, ref, k)
			if slices.Contains(p.caps.Proofs, k) {
				p.require(errors.Is(err, courrier.ErrNotFound), "proof of %s of a %s letter just accepted: want ErrNotFound: %v", k, s, err)
				continue
			}
			told := errors.Is(err, courrier.ErrNotFound) || errors.Is(err, courrier.ErrUnsupported)
			p.require(told, "proof of %s, which is not declared: want ErrNotFound or ErrUnsupported: %v", k, err)
		}
	}
}

// undisturbed are the proofs that a letter has which arrives; the others need a
// letter that does not.
var undisturbed = []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfContent, courrier.ProofOfDelivery, courrier.ProofOfReceipt}

func checkProofAfter(p *probe) {
	p.needsProofs()
	p.needsClock()
	seen := make(map[courrier.ProofKind]bool)
	for _, s := range p.caps.Services {
		ref, receipt := p.accept(p.submission(s))
		events := receipt.Events
		if p.caps.Tracks {
			events = append(events, p.follow(ref)...)
		} else {
			p.Advance(p.Journey)
		}
		for _, k := range courrier.Fold(events).Proofs {
			_, err := p.proof(p.Provider, ref, k)
			p.require(err == nil, "proof of %s of a %s letter, which an event announced: %v", k, s, err)
		}
		for _, k := range p.caps.Proofs {
			_, err := p.proof(p.Provider, ref, k)
			p.require(err == nil || errors.Is(err, courrier.ErrNotFound), "proof of %s of a %s letter: want a PDF or ErrNotFound: %v", k, s, err)
			seen[k] = seen[k] || err == nil
		}
		p.checkProofAgain(ref)
	}
	for _, k := range p.caps.Proofs {
		p.require(seen[k] || !slices.Contains(undisturbed, k), "proof of %s: declared, but no letter that arrived has one", k)
	}
}

// checkProofAgain fetches what there is through another adapter.
func (p *probe) checkProofAgain(ref courrier.Reference) {
	again := p.reopened()
	if again == nil {
		return
	}
	for _, k := range p.caps.Proofs {
		_, first := p.proof(p.Provider, ref, k)
		_, second := p.proof(again, ref, k)
		p.require((first == nil) == (second == nil), "proof of %s after a restart: %v, before: %v", k, second, first)
	}
}

// checkProofForeign: the receipt of one letter is no receipt of another.
func checkProofForeign(p *probe) {
	p.needsProofs()
	p.needsClock()
	foreign, _ := p.foreign()
	p.Advance(p.Journey)
	for _, k := range p.caps.Proofs {
		_, err := p.proof(p.Provider, foreign, k)
		p.require(err != nil, "proof of %s with the id of another letter: that one's is handed out", k)
	}
}

func checkProofUnavailable(p *probe) {
	p.needsProofs()
	ref, _ := p.accept(p.submission(p.anyService()))
	p.suffer(Unavailable)
	for _, k := range p.caps.Proofs {
		_, err := p.proof(p.Provider, ref, k)
		p.requireNoAnswer(err, "proof at an unavailable carrier")
	}
}
