package laposte

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// The times of the carrier. Maileva publishes none of them.
const (
	// settleAfter is how long a submission may still be on its way, or its
	// effect invisible. What is a draft after that is deleted, which no late
	// submission survives.
	settleAfter = 5 * time.Minute
	// pollEvery is the least time between two questions about one letter.
	// Nobody is notified of blocked or cancelled sendings, nor of ordinary
	// letters that could not be delivered.
	pollEvery = 6 * time.Hour
	// cleanTimeout bounds the deleting of a draft that is not wanted any more.
	cleanTimeout = 3 * time.Second
)

// Place implements [courrier.Placer]: letters are those of the user whose token is used.
func (p *Provider) Place(ctx context.Context, account courrier.AccountID) (string, error) {
	held, err := p.mail.tokens.current(ctx, account)
	if err != nil {
		return "", draftFault("place", "", err)
	}
	return held.place, nil
}

// Draft implements [courrier.Drafter]: it makes a sending with its documents and
// its one recipient, none of which prints anything. A draft that cannot be
// completed is deleted again, and Maileva's reason for it is the error.
func (p *Provider) Draft(ctx context.Context, s courrier.Submission) (string, error) {
	pl, err := p.planOf(s)
	if err != nil {
		return "", &courrier.Error{Op: "laposte: draft", Provider: Name, LetterID: s.ID, Err: err}
	}
	a := p.serviceOf(s.Letter.Service)
	account := s.Letter.Account
	id, err := createSending(ctx, a, account, pl)
	if err != nil {
		return "", draftFault("draft", s.ID, err)
	}
	if err := fill(ctx, a, account, pl, id); err != nil {
		_ = discard(ctx, a, account, id) // the failure that led here is the one to report
		return "", draftFault("draft", s.ID, err)
	}
	return id, nil
}

// serviceOf returns the API that a service is sent and read with.
func (p *Provider) serviceOf(s courrier.Service) *api {
	if products[s].registered {
		return p.registered
	}
	return p.mail
}

func createSending(ctx context.Context, a *api, account courrier.AccountID, pl plan) (string, error) {
	body, err := rest.JSON(pl.sending)
	if err != nil {
		return "", err
	}
	return a.create(ctx, account, body, "sendings")
}

// fill adds the documents, in the order in which they are printed, and the
// recipient. None of these calls is ever repeated: what was added twice would be
// printed twice.
func fill(ctx context.Context, a *api, account courrier.AccountID, pl plan, id string) error {
	for i, d := range pl.documents {
		metadata, err := json.Marshal(pl.metadataOf(i))
		if err != nil {
			return err
		}
		form := rest.Multipart([]rest.Field{
			{Name: "document", FileName: "document.pdf", Type: "application/pdf", Content: d.Content},
			{Name: "metadata", FileName: "metadata.json", Type: "application/json", Content: metadata},
		})
		if _, err := a.create(ctx, account, form, "sendings", id, "documents"); err != nil {
			return err
		}
	}
	body, err := rest.JSON(pl.recipient)
	if err != nil {
		return err
	}
	_, err = a.create(ctx, account, body, "sendings", id, "recipients")
	return err
}

// discard deletes a draft as well as it can: one that stays behind costs nothing.
func discard(ctx context.Context, a *api, account courrier.AccountID, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTimeout)
	defer cancel()
	return deleteDraft(ctx, a, account, id)
}

func deleteDraft(ctx context.Context, a *api, account courrier.AccountID, id string) error {
	err := a.act(ctx, account, rest.Call{Method: http.MethodDelete, Path: []string{"sendings", id}, Repeatable: true})
	if isGone(err) {
		return nil
	}
	return err
}

// draftFault is [fault], for calls among which "not found" means that somebody
// deleted the draft meanwhile: another one may pass.
func draftFault(op string, id courrier.LetterID, err error) error {
	f := fault(op, id, err)
	var e *courrier.Error
	if errors.As(f, &e) && errors.Is(e.Kind, courrier.ErrNotFound) {
		e.Kind = courrier.ErrUnavailable
	}
	return f
}

// isGone tells whether Maileva itself says that a sending does not exist. A 404
// without its code comes from something in between, and proves nothing: a letter
// taken for unsent on that ground would be sent twice.
func isGone(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusNotFound && r.has(codeNoSending)
}

// Submit implements [courrier.Provider]: it submits the draft, once. A sending
// that is no draft any more was submitted before, which is the same success.
func (p *Provider) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if s.Draft == "" {
		return courrier.Receipt{}, &courrier.Error{Op: "laposte: submit", Provider: Name, LetterID: s.ID,
			Err: &courrier.FieldError{Field: "Draft", Rule: "is empty", Remedy: "call Draft first and store what it returns"}}
	}
	a := p.serviceOf(s.Letter.Service)
	err := a.act(ctx, s.Letter.Account, rest.Call{Method: http.MethodPost, Path: []string{"sendings", s.Draft, "submit"}})
	switch {
	case err == nil:
		return p.confirmed(ctx, a, s)
	case isSubmitted(err):
		return courrier.Receipt{ProviderID: s.Draft}, nil
	case !provesNotSubmitted(err):
		return courrier.Receipt{}, inDoubt("submit", s.ID, err)
	}
	// The next attempt makes a draft of its own. Deleting this one leaves nothing
	// behind, and tells if the refusal was not true.
	switch left := discard(ctx, a, s.Letter.Account, s.Draft); {
	case isSubmitted(left):
		return courrier.Receipt{ProviderID: s.Draft}, nil
	case left != nil && !notSent(err):
		return courrier.Receipt{}, inDoubt("submit", s.ID, err)
	}
	return courrier.Receipt{}, draftFault("submit", s.ID, err)
}

// confirmed reads a sending that was just submitted. Maileva's own success is empty,
// and looks the same when something in between gives it; the sending itself, past
// the draft and with our reference, does not. One that is still a draft may be on
// its way: in doubt, for Find to settle.
func (p *Provider) confirmed(ctx context.Context, a *api, s courrier.Submission) (courrier.Receipt, error) {
	read, err := readSending(ctx, a, courrier.Reference{ID: s.ID, Account: s.Letter.Account}, s.Draft)
	if err == nil && (read.Status == "" || read.Status == statusDraft) {
		err = &refusal{status: http.StatusOK, err: errors.New("the submission was answered, and the sending is still a draft")}
	}
	if err != nil {
		return courrier.Receipt{}, inDoubt("submit", s.ID, err)
	}
	return courrier.Receipt{ProviderID: s.Draft}, nil
}

// isSubmitted tells whether Maileva refused a call because the sending is no
// draft any more.
func isSubmitted(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.has(codeNotDraft)
}

// provesNotSubmitted tells whether a failed submission proves that nothing was
// submitted: by a refusal in Maileva's own codes, or because no byte was sent. Of
// the codes of a 404 one alone speaks of the sending.
func provesNotSubmitted(err error) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return notSent(err)
	}
	return !errors.Is(r.effect(), courrier.ErrInDoubt) && (r.status != http.StatusNotFound || r.has(codeNoSending))
}

// Find implements [courrier.Finder]. A sending that is still a draft when no
// submission can be on its way any more is deleted: that alone proves that
// nothing will come of the attempt, even of one that a paused process finishes
// tomorrow.
func (p *Provider) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	id := sendingID(ref)
	if id == "" {
		// The draft is stored before it is submitted: without one, nothing was.
		return courrier.Receipt{}, notFound(ref, "no draft was made")
	}
	a := p.serviceOf(ref.Service)
	read, err := readSending(ctx, a, ref, id)
	if err != nil && !isGone(err) {
		return courrier.Receipt{}, inDoubt("find", ref.ID, err)
	}
	undecided := err != nil || read.Status == statusDraft
	switch {
	case undecided && p.now().Sub(ref.AttemptedAt) < settleAfter:
		return courrier.Receipt{}, inDoubt("find", ref.ID, errors.New("a submission may still be on its way"))
	case err != nil:
		return courrier.Receipt{}, notFound(ref, "the draft is gone")
	case undecided:
		return p.close(ctx, a, ref, id)
	case read.Status == statusRejected:
		return courrier.Receipt{}, &courrier.Error{Op: "laposte: find", Provider: Name, LetterID: ref.ID, Kind: courrier.ErrRejected,
			Code: statusRejected, Err: errors.New("the sending was refused; its page at Maileva tells why")}
	}
	return courrier.Receipt{ProviderID: id}, nil
}

// close deletes a draft whose submission never arrived.
func (p *Provider) close(ctx context.Context, a *api, ref courrier.Reference, id string) (courrier.Receipt, error) {
	err := deleteDraft(ctx, a, ref.Account, id)
	switch {
	case err == nil:
		return courrier.Receipt{}, notFound(ref, "the draft was never submitted, and is deleted")
	case isSubmitted(err):
		return courrier.Receipt{ProviderID: id}, nil // submitted in this very moment
	}
	return courrier.Receipt{}, inDoubt("find", ref.ID, err)
}

// sendingID is Maileva's id of a letter, or of its draft.
func sendingID(ref courrier.Reference) string {
	if ref.ProviderID != "" {
		return ref.ProviderID
	}
	return ref.Draft
}

func notFound(ref courrier.Reference, why string) error {
	return &courrier.Error{Op: "laposte: find", Provider: Name, LetterID: ref.ID, Kind: courrier.ErrNotFound, Err: errors.New(why)}
}
