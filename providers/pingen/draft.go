package pingen

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Draft implements [courrier.Drafter]: it uploads the file, creates the letter without
// sending it, and waits until the carrier has checked it. Nothing is printed. A draft
// that cannot be sent is deleted again, and the carrier's reason for it is the error.
// No idempotency key goes with it: a draft that was deleted would be answered again.
func (p *Provider) Draft(ctx context.Context, s courrier.Submission) (string, error) {
	const op = "draft"
	if err := p.check(s); err != nil {
		return "", err
	}
	c, err := p.credentials(ctx, op, s.Letter.Account)
	if err != nil {
		return "", err
	}
	file, err := p.upload(ctx, c, s.Letter.Documents[0].Content)
	if err != nil {
		return "", ofDraft(op, err)
	}
	draft, err := p.create(ctx, c, s, file)
	if err != nil {
		return "", ofDraft(op, err)
	}
	if err := p.validated(ctx, op, c, draft, s); err != nil {
		_ = p.discard(ctx, c, draft) // the failure that led here is the one to report
		return "", err
	}
	return draft, nil
}

// ofDraft is the error of a call that cannot have printed anything.
func ofDraft(op string, err error) error {
	err = ofEffect(op, err)
	if e, ok := errors.AsType[*courrier.Error](err); ok && (errors.Is(e.Kind, courrier.ErrInDoubt) ||
		errors.Is(e.Kind, courrier.ErrNotFound)) {
		e.Kind = courrier.ErrUnavailable
	}
	return err
}

// check refuses what the carrier is known not to take, before anything is sent.
func (p *Provider) check(s courrier.Submission) error {
	var c courrier.Checks
	c.Require(s.ID != "" && len(s.ID) <= 64, "ID", "is empty or longer than 64 bytes", "use the Client's own ids")
	for i, d := range s.Letter.Documents {
		c.Require(len(d.Content) > 0, fmt.Sprintf("Documents[%d].Content", i), "is missing", "give the PDF's bytes")
	}
	err := errors.Join(c.Err(), s.Letter.Validate())
	for _, f := range courrier.FieldErrors(p.Capabilities().Check(s.Letter, printOf(s.Letter))) {
		err = errors.Join(err, f)
	}
	if err != nil {
		return fail("draft", courrier.ErrInvalid, "invalid", err)
	}
	return nil
}

func printOf(l courrier.Letter) courrier.PrintOptions {
	if l.Print == nil {
		return courrier.PrintOptions{}
	}
	return *l.Print
}

// upload puts the file into the carrier's store. The address it gives bears its own
// signature: a token on top would break it.
func (p *Provider) upload(ctx context.Context, c Credentials, pdf []byte) (attributes, error) {
	var w one
	if err := p.get(ctx, c, &w, rest.Call{Path: []string{"file-upload"}}); err != nil {
		return attributes{}, err
	}
	answer, err := p.api.Do(ctx, rest.Call{
		Method: http.MethodPut, URL: w.Data.Attributes.URL, Hosts: append([]string{"pingen.com", "objects.rma.cloudscale.ch"},
			p.cfg.FileHosts...),
		Body: rest.Bytes("application/pdf", pdf), Repeatable: true, Timeout: uploadTimeout, MaxAnswer: downloadExtent,
	})
	switch {
	case errors.Is(err, rest.ErrHost):
		return attributes{}, fail("upload", courrier.ErrUnavailable, "file-host", errors.New("the file store is not among Config.FileHosts"))
	case err != nil:
		return attributes{}, err
	case !answer.OK() || len(answer.Body) > 0: // the store's own success is empty
		return attributes{}, &refusal{answer: answer}
	}
	return w.Data.Attributes, nil
}

// create makes the letter, which is not sent.
func (p *Provider) create(ctx context.Context, c Credentials, s courrier.Submission, file attributes) (string, error) {
	values := map[string]any{"file_original_name": p.fileName(s.ID), "file_url": file.URL, "file_url_signature": file.Signature,
		"auto_send": false}
	if p.cfg.AddressPosition != "" {
		values["address_position"] = p.cfg.AddressPosition
	}
	b, err := body(map[string]any{"type": "letters", "attributes": values})
	if err != nil {
		return "", err
	}
	answer, err := p.do(ctx, c, rest.Call{Method: http.MethodPost, Path: c.letters(), Body: b})
	if err != nil {
		return "", err
	}
	var w one
	if err := answer.JSON(&w); err != nil {
		return "", err
	}
	if w.Data.ID == "" || string(w.Data.Attributes.FileName) != p.fileName(s.ID) {
		return "", errors.New("what was made has no id, or another name")
	}
	return w.Data.ID, nil
}

// Statuses of a draft, and those that only a letter has that was sent. The carrier
// publishes no whole list; one that is in neither, or that ends both kinds, proves
// nothing by itself.
var (
	unsendable = []string{"action_required", "invalid"}
	unsent     = append([]string{"valid", "validating", "fixing", "preparing"}, unsendable...)
	underWay   = []string{"submitted", "awaiting_credits", "accepted", "inspection", "processing", "printing", "transferring", "sent", "delivered", "undeliverable"}
)

// validated waits until the carrier has checked a draft, whatever it calls that, and compares what it read in
// the envelope's window with the letter's own address: the carrier posts to the former.
func (p *Provider) validated(ctx context.Context, op string, c Credentials, draft string, s courrier.Submission) error {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.ValidateFor)
	defer cancel()
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 4*time.Second) {
		l, err := p.letter(ctx, c, draft, s.ID)
		switch status := string(l.Attributes.Status); {
		case err != nil:
			return ofDraft(op, err)
		case l.sent():
			return nil // an organisation's own rule, perhaps: Submit finds it sent, and nothing sends it twice
		case status == "valid":
			return window(op, s.Letter.To, l.Attributes)
		case slices.Contains(unsendable, status):
			return p.whyUnsendable(ctx, op, c, draft, status)
		}
		select {
		case <-ctx.Done():
			return fail(op, courrier.ErrUnavailable, "validating", ctx.Err())
		case <-time.After(wait):
		}
	}
}

// window refuses a draft whose window shows another address than the letter's. The
// texts stay out of the error.
func window(op string, r courrier.Recipient, read attributes) error {
	var c courrier.Checks
	to, code := r.Address, r.Address.Postcode
	if printed, err := r.Printed(); err == nil {
		code = printed.Postcode // as the page has it
	}
	c.Require(len(read.Country) != 2 || strings.EqualFold(string(read.Country), to.Country) ||
		strings.EqualFold(string(read.Country), to.Territory()),
		"Documents[0]", "shows an address of another country in the window", "put the address into the carrier's window")
	c.Require(read.Address == "" || code == "" || strings.Contains(squeezed(string(read.Address)), squeezed(code)),
		"Documents[0]", "shows another address in the window", "put the address into the carrier's window")
	if err := c.Err(); err != nil {
		return fail(op, courrier.ErrInvalid, "window", err)
	}
	return nil
}

func squeezed(s string) string { return strings.Join(strings.Fields(strings.ToUpper(s)), "") }

// whyUnsendable tells why a draft cannot be sent: in the carrier's code, which its events
// hold and the letter does not.
func (p *Provider) whyUnsendable(ctx context.Context, op string, c Credentials, draft, status string) error {
	events, err := p.history(ctx, c, draft)
	if err != nil {
		return ofDraft(op, err)
	}
	code := status
	for _, e := range events {
		if slices.Contains(fileProblems, string(e.Attributes.Code)) {
			code = string(e.Attributes.Code)
			if word := e.Attributes.words(); codeForm.MatchString(word) {
				code = word
			}
		}
	}
	return fail(op, courrier.ErrRejected, code, errors.New("the carrier cannot print the file; its application shows where"))
}

// discard deletes a draft as well as it can: one that stays behind costs nothing.
func (p *Provider) discard(ctx context.Context, c Credentials, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	return p.remove(ctx, c, id)
}

// remove deletes a draft; that it is gone already is no error.
func (p *Provider) remove(ctx context.Context, c Credentials, id string) error {
	answer, err := p.do(ctx, c, rest.Call{Method: http.MethodDelete, Path: c.letters(id), Repeatable: true})
	switch {
	case is(err, http.StatusNotFound, http.StatusGone):
		return nil
	case err == nil && answer.Status != http.StatusNoContent:
		return &refusal{answer: answer} // such as a gateway's own page
	}
	return err
}
