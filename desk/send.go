package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/courrier-go/courrier"
)

// sendView is the form of a letter: file, recipient, franking; then its price and how
// it will be printed, to confirm.
type sendView struct {
	Form     map[string]string
	Services []courrier.Service
	Preview  *courrier.Preview
	Sum      courrier.Sum // of the file, once it is stored
	Seal     string       // that this person's account stored it
	File     string
}

func (r *request) sendForm() sendView {
	return sendView{Form: map[string]string{"country": "FR"}, Services: courrier.Services()}
}

func (d *Desk) send(r *request) error { return r.show("send.html", r.text("menu.send"), r.sendForm()) }

// sendFields are what the form holds.
var sendFields = append([]string{"service", "color", "duplex"}, addressFields...)

// sendNow shows the price of what the form holds, and sends it when that was
// confirmed: the same bytes at the same price, or not at all.
func (d *Desk) sendNow(r *request) error {
	view := r.sendForm()
	view.Form = r.form(sendFields)
	l, err := r.letterOfForm(view.Form)
	if err != nil {
		return r.redo(err, "send.html", r.text("menu.send"), view)
	}
	view.Sum, view.File = l.Documents[0].Sum, l.Documents[0].Name
	view.Seal = r.seal(string(view.Sum))
	if r.PostFormValue("confirm") == "" {
		shown, err := d.cfg.Client.Preview(r.ctx(), l)
		if err != nil {
			return r.redo(err, "send.html", r.text("menu.send"), view)
		}
		view.Preview = &shown
		return r.show("send.html", r.text("menu.send"), view)
	}
	l.PreviewToken = r.PostFormValue("preview")
	sent, err := d.cfg.Client.Send(r.ctx(), l)
	if err != nil {
		return err
	}
	return r.back(r.path("letters", string(sent.ID)), "sent")
}

// letterOfForm makes the letter. Its key is what it holds: sent twice by one click
// too many, it is one letter.
func (r *request) letterOfForm(form map[string]string) (courrier.Letter, error) {
	settings, err := r.desk.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return courrier.Letter{}, err
	}
	doc, err := r.upload("file")
	if err != nil {
		return courrier.Letter{}, err
	}
	if doc == nil {
		if doc, err = r.kept(); err != nil {
			return courrier.Letter{}, err
		}
	} else if err := r.desk.cfg.Client.Config().Contents.PutContent(r.ctx(), doc.Sum, doc.Content); err != nil {
		return courrier.Letter{}, err
	}
	l := courrier.Letter{
		Account: r.account(), Service: courrier.Service(form["service"]), From: settings.Sender,
		To:        recipientOf(form),
		Documents: []courrier.Document{*doc},
	}
	l.Print = &courrier.PrintOptions{Color: form["color"] == "yes", Duplex: form["duplex"] == "yes"}
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\x00%v\x00%s", doc.Sum, form, r.today())
	l.Key = "desk/" + hex.EncodeToString(h.Sum(nil))[:32]
	return l, nil
}

// kept is the file of the step before, which is stored by its sum. The seal says that
// this account stored it: who guesses the sum of another tenant's file gets nothing.
func (r *request) kept() (*courrier.Document, error) {
	sum := courrier.Sum(r.PostFormValue("sum"))
	if sum == "" {
		return nil, &courrier.FieldError{Field: "file", Rule: "is missing", Remedy: "choose a PDF", Code: "missing"}
	}
	content, err := r.desk.cfg.Client.Content(r.ctx(), sum)
	if !hmac.Equal([]byte(r.PostFormValue("seal")), []byte(r.seal(string(sum)))) {
		err = courrier.ErrNotFound
	}
	if err != nil {
		return nil, &courrier.FieldError{Field: "file", Rule: "is not kept any more", Remedy: "choose the PDF again", Code: "gone"}
	}
	doc := courrier.NewDocument(safeName(r.PostFormValue("filename")), content)
	return &doc, nil
}
