package laposte

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// maxProof is the longest proof read: it may hold a scan of every page.
const maxProof = 40_000_000

// proofOffer is how a proof is fetched once Maileva says that it is there.
type proofOffer struct {
	ready func(recipient) bool
	file  string // last part of the path below the recipient
}

var proofOffers = map[courrier.ProofKind]proofOffer{
	courrier.ProofOfDeposit: {func(r recipient) bool { return r.DepositURL != "" }, "download_deposit_proof"},
	courrier.ProofOfContent: {func(r recipient) bool { return !r.ContentDate.IsZero() }, "download_content_proof"},
	courrier.ProofOfReceipt: {func(r recipient) bool { return !r.ReceiptDate.IsZero() }, "download_acknowledgement_of_receipt"},
	courrier.ProofOfReturn:  {func(r recipient) bool { return !r.UndeliveredArchived.IsZero() }, "download_undelivered_mail"},
}

// Proof implements [courrier.ProofFetcher], for registered letters; of ordinary
// ones Maileva keeps none: [courrier.ErrNotFound]. Where the recipient has
// no deposit proof of its own, that of the whole sending is fetched, which holds
// one letter. Addresses are built from ids, never taken from answers.
func (p *Provider) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	offer, offered := proofOffers[kind]
	id := sendingID(ref)
	switch {
	case !offered:
		return courrier.Document{}, proofError(ref, courrier.ErrUnsupported, fmt.Errorf("no proof of %s at Maileva", kind))
	case !products[ref.Service].registered:
		return courrier.Document{}, proofError(ref, courrier.ErrNotFound, errors.New("proofs are kept of registered letters only"))
	case id == "":
		return courrier.Document{}, proofError(ref, courrier.ErrNotFound, errors.New("the letter was not submitted"))
	}
	to, err := recipientOfSending(ctx, p.registered, ref, id)
	if err != nil {
		return courrier.Document{}, readFault("proof", ref.ID, err)
	}
	path := []string{"sendings", id, "recipients", to.ID, offer.file}
	switch {
	case to.ID != "" && offer.ready(to):
	case to.ID != "" && kind == courrier.ProofOfContent && to.EmbeddedURL != "":
		// What was printed, without the page that certifies it.
		path = []string{"sendings", id, "recipients", to.ID, "content_proof", "download_embedded_document"}
	default:
		if path, err = p.globalProof(ctx, ref, id, kind); err != nil {
			return courrier.Document{}, readFault("proof", ref.ID, err)
		}
	}
	if path == nil {
		return courrier.Document{}, proofError(ref, courrier.ErrNotFound, errors.New("not available yet"))
	}
	return p.download(ctx, ref, kind, path)
}

// globalProof returns the path of the sending's deposit proof, nil when there is
// none yet.
func (p *Provider) globalProof(ctx context.Context, ref courrier.Reference, id string, kind courrier.ProofKind) ([]string, error) {
	if kind != courrier.ProofOfDeposit {
		return nil, nil
	}
	var list depositProofs
	err := p.registered.get(ctx, ref.Account, &list, url.Values{"sending_id": {id}}, "global_deposit_proofs")
	if err != nil {
		return nil, err
	}
	for _, proof := range list.Proofs {
		// The filter is Maileva's: a list that ignores it must not hand out the
		// proof of another letter.
		if proof.SendingID == id && proof.ID != "" {
			return []string{"global_deposit_proofs", proof.ID, "download"}, nil
		}
	}
	return nil, nil
}

func (p *Provider) download(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind, path []string) (courrier.Document,
	error) {
	answer, err := p.registered.do(ctx, ref.Account, rest.Call{
		Method: http.MethodGet, Path: path, Header: http.Header{"Accept": {"application/pdf"}}, Repeatable: true, MaxAnswer: maxProof,
	})
	if err != nil {
		return courrier.Document{}, readFault("proof", ref.ID, err)
	}
	if err := rest.WholePDF(answer.Body); err != nil {
		return courrier.Document{}, proofError(ref, courrier.ErrUnavailable, err)
	}
	return courrier.NewDocument(string(kind)+".pdf", answer.Body), nil
}

func proofError(ref courrier.Reference, kind, cause error) error {
	return &courrier.Error{Op: "laposte: proof", Provider: Name, LetterID: ref.ID, Kind: kind, Err: cause}
}
