package mysendingbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// proofKinds are the proofs that letters may have.
var proofKinds = []courrier.ProofKind{
	courrier.ProofOfDeposit, courrier.ProofOfContent, courrier.ProofOfReceipt, courrier.ProofOfReturn, courrier.ProofOfLoss,
}

// proofFile maps the carrier's seven proofs, and the printed file, to the kinds.
// The last three are of electronic letters made on the carrier's own site: that
// one was fetched is its receipt, that it was refused or ignored its return.
func proofFile(l wireLetter, kind courrier.ProofKind) *wireFile {
	switch kind {
	case courrier.ProofOfDeposit:
		return l.FilingProof.V
	case courrier.ProofOfContent:
		if !l.accepted() {
			return nil // it is not certain yet that this is what gets printed
		}
		return l.File.V
	case courrier.ProofOfReceipt:
		return firstFile(l.DeliveryProof.V, l.DownloadProof.V)
	case courrier.ProofOfReturn:
		return firstFile(l.ReturnProof.V, l.RejectionProof.V, l.NegligenceProof.V)
	case courrier.ProofOfLoss:
		return l.LostProof.V
	}
	return nil
}

func firstFile(files ...*wireFile) *wireFile {
	for _, f := range files {
		if f != nil {
			return f
		}
	}
	return nil
}

// accepted reports whether the print chain took the letter, or is past that.
func (l wireLetter) accepted() bool {
	for _, raw := range l.history() {
		var e wireEvent
		if json.Unmarshal(raw, &e) != nil {
			continue
		}
		switch m := eventMeanings[string(e.Name)]; m.status {
		case courrier.StatusSubmitted, courrier.StatusFailed, courrier.StatusCancelled:
		case "":
			if m.proof != "" {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// Proof implements [courrier.ProofFetcher]. The link comes from the letter, read
// anew with the account's key: how long links live is not published. The file is
// fetched without the key. What was printed ([courrier.ProofOfContent]) exists
// once the print chain has accepted the letter.
func (p *Provider) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	const op = "proof"
	if !declared(kind) {
		return courrier.Document{}, fail(op, courrier.ErrUnsupported, string(kind), nil)
	}
	if ref.ProviderID == "" {
		return courrier.Document{}, fail(op, courrier.ErrNotFound, string(kind), nil)
	}
	l, err := p.own(ctx, op, ref)
	if err != nil {
		return courrier.Document{}, err
	}
	file := proofFile(l, kind)
	if file == nil || file.URL == "" {
		return courrier.Document{}, fail(op, courrier.ErrNotFound, string(kind), nil)
	}
	pdf, err := p.download(ctx, op, string(file.URL))
	if err != nil {
		return courrier.Document{}, err
	}
	return courrier.NewDocument(fmt.Sprintf("%s-%s.pdf", ref.ID, kind), pdf), nil
}

func declared(kind courrier.ProofKind) bool {
	for _, k := range proofKinds {
		if k == kind {
			return true
		}
	}
	return false
}

// fileHosts are the carrier's own domains, past and present, and what the host adds.
func (p *Provider) fileHosts() []string {
	return append([]string{"mysendingbox.fr", "seeuletter.com"}, p.cfg.FileHosts...)
}

// download fetches a file by a link that the carrier just gave, from the carrier's
// hosts only, to its end.
func (p *Provider) download(ctx context.Context, op, link string) ([]byte, error) {
	answer, err := p.rest.Do(ctx, rest.Call{Method: http.MethodGet, URL: link, Hosts: p.fileHosts(), Repeatable: true, MaxAnswer: maxFile})
	switch {
	case errors.Is(err, rest.ErrHost):
		return nil, fail(op, courrier.ErrUnavailable, "file-host", errors.New("the link leads to a host that is not among Config.FileHosts"))
	case err != nil:
		return nil, unanswered(op, courrier.ErrUnavailable, err)
	case answer.Status == http.StatusNotFound:
		return nil, fail(op, courrier.ErrNotFound, strconv.Itoa(answer.Status), errors.New("the link leads nowhere yet"))
	case !answer.OK():
		return nil, fail(op, courrier.ErrUnavailable, strconv.Itoa(answer.Status), errors.New("the link does not open"))
	}
	if err := rest.WholePDF(answer.Body); err != nil {
		return nil, fail(op, courrier.ErrUnavailable, "not-a-pdf", err)
	}
	return answer.Body, nil
}
