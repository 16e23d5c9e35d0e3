package mercifacteur

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/url"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// documents are the carrier's names of proofs.
var documents = map[courrier.ProofKind]string{courrier.ProofOfDeposit: "depot", courrier.ProofOfReceipt: "reception"}

// proofKinds are the proofs that letters may have. The advice of a paper receipt goes
// to the sender; the scan of a returned letter is in no call that is published.
func (p *Provider) proofKinds() []courrier.ProofKind {
	kinds := []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfContent}
	if !p.cfg.PaperReceipt {
		kinds = append(kinds, courrier.ProofOfReceipt)
	}
	return kinds
}

func (p *Provider) has(k courrier.ProofKind) bool { return slices.Contains(p.proofKinds(), k) }

// Proof implements [courrier.ProofFetcher]. Proofs go by La Poste's number, known once
// the letter is printed; what was printed goes by the carrier's own.
func (p *Provider) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	const op = "proof"
	if !p.has(kind) {
		return courrier.Document{}, fail(op, courrier.ErrUnsupported, string(kind), nil)
	}
	f, err := p.follow(ctx, op, ref)
	if err != nil {
		return courrier.Document{}, err
	}
	read := p.postalProof
	if kind == courrier.ProofOfContent {
		read = p.printedFile
	}
	pdf, err := read(ctx, op, ref, kind, f)
	if err != nil {
		return courrier.Document{}, err
	}
	return courrier.NewDocument(fmt.Sprintf("%s-%s.pdf", ref.ID, kind), pdf), nil
}

// postalProof fetches a proof of La Poste's, which may come as a picture.
func (p *Provider) postalProof(ctx context.Context, op string, ref courrier.Reference, kind courrier.ProofKind, f followed) ([]byte,
	error) {
	if f.tracking == "" {
		return nil, fail(op, courrier.ErrNotFound, string(kind), nil)
	}
	var w wireProof
	if err := p.question(ctx, op, ref.Account, &w, "getProof", url.Values{"trackingNumber": {f.tracking},
		"document": {documents[kind]}}); err != nil {
		return nil, err
	}
	content, err := base64.StdEncoding.DecodeString(string(w.Document))
	if err != nil || len(content) == 0 {
		return nil, fail(op, courrier.ErrUnavailable, "not-a-proof", errors.New("the document is not base64"))
	}
	if bytes.HasPrefix(content, jpegStart) {
		if content, err = onPage(content); err != nil {
			return nil, fail(op, courrier.ErrUnavailable, "not-a-proof", err)
		}
	}
	return whole(op, content)
}

// printedFile fetches what was printed, by a link that lives for five minutes.
func (p *Provider) printedFile(ctx context.Context, op string, ref courrier.Reference, kind courrier.ProofKind, f followed) ([]byte,
	error) {
	done := slices.ContainsFunc(f.history, func(h wireLetter) bool { return h.Status == printed })
	if f.ref == "" || !done {
		return nil, fail(op, courrier.ErrNotFound, string(kind), nil)
	}
	var w wireProof
	if err := p.question(ctx, op, ref.Account, &w, "getLetterFinalFile", url.Values{"referenceCourrier": {f.ref}}); err != nil {
		return nil, err
	}
	answer, err := p.rest.Do(ctx, rest.Call{
		Method: http.MethodGet, URL: string(w.URL), Hosts: append([]string{"merci-facteur.com"}, p.cfg.FileHosts...), Repeatable: true,
	})
	switch {
	case errors.Is(err, rest.ErrHost):
		return nil, fail(op, courrier.ErrUnavailable, "file-host", errors.New("the link leads to a host that is not among Config.FileHosts"))
	case err != nil:
		return nil, unanswered(op, courrier.ErrUnavailable, err)
	case !answer.OK():
		return nil, fail(op, courrier.ErrUnavailable, "file", errors.New("the link does not open"))
	}
	return whole(op, answer.Body)
}

func whole(op string, content []byte) ([]byte, error) {
	if err := rest.WholePDF(content); err != nil {
		return nil, fail(op, courrier.ErrUnavailable, "not-a-pdf", err)
	}
	return content, nil
}

var (
	jpegStart = []byte{0xff, 0xd8}
	jpegEnd   = []byte{0xff, 0xd9}
)

// onPage puts a picture on a page of A4: a PDF takes JPEG as it is (ISO 32000-1,
// 7.4.8). A picture that breaks off is none.
func onPage(picture []byte) ([]byte, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(picture))
	if err != nil || !bytes.HasSuffix(bytes.TrimRight(picture, "\x00\n\r"), jpegEnd) || c.Width <= 0 || c.Height <= 0 {
		return nil, errors.New("the picture is not whole")
	}
	const width, height, margin = 595, 842, 28 // points
	scale := min(float64(width-2*margin)/float64(c.Width), float64(height-2*margin)/float64(c.Height))
	w, h := scale*float64(c.Width), scale*float64(c.Height)
	draw := fmt.Sprintf("q %.2f 0 0 %.2f %.2f %.2f cm /Im Do Q", w, h, (width-w)/2, height-margin-h)
	space := map[color.Model]string{color.GrayModel: "/DeviceGray", color.CMYKModel: "/DeviceCMYK"}[c.ColorModel]
	if space == "" {
		space = "/DeviceRGB"
	}
	var b bytes.Buffer
	var offsets []int
	object := func(head string, body []byte) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\n", len(offsets), head)
		if body != nil {
			b.WriteString("stream\n")
			b.Write(body)
			b.WriteString("\nendstream\n")
		}
		b.WriteString("endobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>", nil)
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>", nil)
	object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /XObject << /Im 5 0 R >> >> "+
		"/Contents 4 0 R >>", width, height), nil)
	object(fmt.Sprintf("<< /Length %d >>", len(draw)), []byte(draw))
	object(fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8 "+
		"/Filter /DCTDecode /Length %d >>", c.Width, c.Height, space, len(picture)), picture)
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return b.Bytes(), nil
}
