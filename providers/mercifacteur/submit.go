package mercifacteur

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Submit implements [courrier.Provider]: one POST sendCourrier, never repeated. Its
// "antidoublon" is the letter's id, so that the carrier itself refuses a second one
// within thirty days. Before a refusal that could be that one is taken for the end,
// the carrier is asked whether it has the letter.
func (p *Provider) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	const op = "submit"
	if err := p.check(s); err != nil {
		return courrier.Receipt{}, err
	}
	c, err := p.credentials(ctx, op, s.Letter.Account)
	if err != nil {
		return courrier.Receipt{}, err
	}
	form, err := p.form(ctx, op, s, c.UserID)
	if err != nil {
		return courrier.Receipt{}, err
	}
	began := p.cfg.Now()
	answer, err := p.rest.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: []string{"sendCourrier"}, Body: rest.Form(form), Authorize: p.authorize(c), Key: c.ServiceID,
		Timeout: sendTimeout,
	})
	if err != nil {
		return courrier.Receipt{}, unanswered(op, courrier.ErrInDoubt, err)
	}
	reply := read(answer)
	if reply.ok(answer) {
		return p.accepted(op, answer)
	}
	if answer.Status == http.StatusUnauthorized {
		p.tokens.Drop(c.ServiceID)
	}
	if !reply.refused(answer) {
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, strconv.Itoa(answer.Status), errors.New("the answer is not the carrier's"))
	}
	ref := courrier.Reference{ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, AttemptedAt: began}
	return p.refused(ctx, op, ref, answer.Status, reply)
}

// sendingForm is that of the carrier's ids of sendings.
var sendingForm = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// accepted reads the carrier's acceptance.
func (p *Provider) accepted(op string, answer *rest.Answer) (courrier.Receipt, error) {
	var w wireSent
	if err := answer.JSON(&w); err != nil || !sendingForm.MatchString(string(w.ID)) {
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, strconv.Itoa(answer.Status), errors.New("the answer holds no id of the sending"))
	}
	return courrier.Receipt{ProviderID: string(w.ID), Price: euros(w.Price.Total.InclTax)}, nil
}

// refused judges a refusal in the carrier's own words. That of a letter sent before
// proves that it has it, and the name of that code is not published: so the events
// are read first, and a refusal for good is believed in known words only.
func (p *Provider) refused(ctx context.Context, op string, ref courrier.Reference, status int, reply envelope) (courrier.Receipt, error) {
	kind, code := p.meaning(status, reply), safeCode(reply.Error.Code)
	if errors.Is(kind, courrier.ErrDenied) || errors.Is(kind, courrier.ErrUnavailable) {
		return courrier.Receipt{}, fail(op, kind, code, nil)
	}
	found, err := p.inEvents(ctx, op, ref)
	switch {
	case err == nil && found.ProviderID != "":
		return found, nil
	case err != nil:
		return courrier.Receipt{}, fail(op, courrier.ErrInDoubt, code,
			errors.New("whether the refusal is that of a letter sent before could not be asked"))
	case errors.Is(kind, courrier.ErrInDoubt):
		return courrier.Receipt{}, fail(op, kind, code,
			errors.New("the carrier may have this letter, and does not show it yet: never send it again without asking it"))
	}
	return courrier.Receipt{}, fail(op, kind, code, nil)
}

// check refuses what the carrier is known not to take, before anything is sent.
func (p *Provider) check(s courrier.Submission) error {
	var c courrier.Checks
	c.Require(s.ID != "", "ID", "is empty", "give the letter's id")
	c.Require(s.Letter.From != (courrier.Sender{}), "From", "is empty, and the carrier wants the sender of every letter",
		"give the sender's name and address")
	for i, d := range s.Letter.Documents {
		c.Require(len(d.Content) > 0, fmt.Sprintf("Documents[%d].Content", i), "is missing", "give the PDF's bytes")
	}
	err := errors.Join(c.Err(), s.Letter.Validate())
	for _, f := range courrier.FieldErrors(p.Capabilities().Check(s.Letter, printOf(s.Letter))) {
		err = errors.Join(err, f)
	}
	if err != nil {
		return fail("submit", courrier.ErrInvalid, "invalid", err)
	}
	return nil
}

func printOf(l courrier.Letter) courrier.PrintOptions {
	if l.Print == nil {
		return courrier.PrintOptions{}
	}
	return *l.Print
}

// form returns the fields of the call. Structured ones are JSON within a field.
func (p *Provider) form(ctx context.Context, op string, s courrier.Submission, user int) (url.Values, error) {
	to, err := p.party(ctx, op, "To", s.Letter.Account, s.Letter.To)
	if err != nil {
		return nil, err
	}
	from, err := p.party(ctx, op, "From", s.Letter.Account, courrier.Recipient(s.Letter.From))
	if err != nil {
		return nil, err
	}
	to.Reference = reference(s.ID)
	content := wireContent{Letter: wireFiles{Sides: sides(s.Letter), FileName: "letter"}}
	for _, d := range s.Letter.Documents {
		content.Letter.Base64 = append(content.Letter.Base64, base64.StdEncoding.EncodeToString(d.Content))
	}
	form := url.Values{
		"idUser": {strconv.Itoa(user)}, "modeEnvoi": {p.mode(s.Letter.Service)}, "designation": {string(s.ID)[:min(len(s.ID),
			50)]}, "antidoublon": {string(s.ID)[:min(len(s.ID), 200)]},
	}
	for field, v := range map[string]any{"adress": wireParties{from, []wireAddress{to}}, "content": content} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fail(op, courrier.ErrInvalid, "invalid", err)
		}
		form.Set(field, string(b))
	}
	if s.Letter.Returns == courrier.ReturnsScanned && !s.Letter.Service.Registered() {
		form.Set("gestionNpai", "1")
	}
	return form, nil
}

func (p *Provider) party(ctx context.Context, op, field string, account courrier.AccountID, r courrier.Recipient) (wireAddress, error) {
	country, err := p.country(ctx, op, account, r.Address)
	if err != nil {
		return wireAddress{}, err
	}
	a, err := addressOf(r, country)
	if err != nil {
		var c courrier.Checks
		c.Nest(field, err)
		return wireAddress{}, fail(op, courrier.ErrInvalid, "invalid", c.Err())
	}
	return a, nil
}

// sides: in duplex each document begins on a sheet of its own.
func sides(l courrier.Letter) string {
	switch {
	case !printOf(l).Duplex:
		return "recto"
	case len(l.Documents) > 1:
		return "distinctrectoverso"
	}
	return "rectoverso"
}

// euros reads a price; the zero Amount when there is no plausible one.
func euros(t text) courrier.Amount {
	a, err := courrier.NewAmount(string(t), "EUR")
	if err != nil || a.Sign() < 0 {
		return courrier.Amount{}
	}
	return a
}
