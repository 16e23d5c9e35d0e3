package desk

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
)

// maxRows is how many rows a list shows at once.
const maxRows = 50

// today is the day that counts for reminders and post.
func (r *request) today() courrier.Date {
	return courrier.PostalDay(r.desk.cfg.Client.Config().Now())
}

// row is one action of the to-do list.
type row struct {
	dunning.Reminder
	Name    string
	DueOn   courrier.Date // of the oldest invoice
	DaysOld int
}

type todoView struct {
	Rows []row
	Mine bool
	More bool
	// Together are those of the list that may be approved at once, Notices those that
	// are approved one by one.
	Together, Notices int
	Today             courrier.Date
}

// queue selects what waits for a person: mine, or everybody's.
func (r *request) queue(mine bool) dunning.ReminderFilter {
	f := dunning.ReminderFilter{Account: r.account(), States: []dunning.ReminderState{dunning.ReminderProposed}, DueTo: r.today()}
	if mine {
		f.Assignee = r.session.Actor
	}
	return f
}

func (d *Desk) todo(r *request) error {
	view := todoView{Mine: r.FormValue("who") == "me", Today: r.today()}
	f := r.queue(view.Mine)
	f.Limit = maxRows + 1
	for rem, err := range d.cfg.Runner.Queue(r.ctx(), f) {
		if err != nil {
			return err
		}
		if len(view.Rows) == maxRows {
			view.More = true
			break
		}
		view.Rows = append(view.Rows, r.row(rem))
		if rem.Decision.Step.Kind == courrier.StepFormalNotice {
			view.Notices++
		} else {
			view.Together++
		}
	}
	return r.show("todo.html", r.text("menu.todo"), view)
}

// row names the customer and tells how old the action is.
func (r *request) row(rem dunning.Reminder) row {
	line := row{Reminder: rem, Name: r.nameOf(rem.Customer)}
	for _, l := range rem.Decision.Lines {
		if line.DueOn.IsZero() || l.DueOn.Before(line.DueOn) {
			line.DueOn = l.DueOn
		}
	}
	if !line.DueOn.IsZero() {
		line.DaysOld = r.today().DaysSince(line.DueOn)
	}
	return line
}

// nameOf is what a customer is called; the id when the host knows no name.
func (r *request) nameOf(id courrier.CustomerID) string {
	c, err := r.desk.cfg.Host.Customer(r.ctx(), r.account(), id)
	if err != nil || c.Name == "" {
		return string(id)
	}
	return c.Name
}

// todoMany approves all that the list shows. The count of the screen goes along:
// nobody approves more than was seen.
func (d *Desk) todoMany(r *request) error {
	count, err := strconv.Atoi(r.PostFormValue("count"))
	if err != nil {
		return &courrier.FieldError{Field: "count", Rule: "is no number", Remedy: "load the list again"}
	}
	f := r.queue(r.PostFormValue("who") == "me")
	f.Limit = maxRows
	approved, errs := d.cfg.Runner.ApproveAll(r.ctx(), f, count)
	if approved == 0 && len(errs) > 0 {
		return errors.Join(errs...)
	}
	return r.back(r.path("todo"), "approved")
}

// own returns a reminder of the session's account; another's is not found.
func (r *request) own(id string) (dunning.Reminder, error) {
	rem, err := r.desk.cfg.Runner.Reminder(r.ctx(), dunning.ReminderID(id))
	if err == nil && rem.Account != r.account() {
		err = fmt.Errorf("reminder: %w", courrier.ErrNotFound)
	}
	return rem, err
}

type reminderView struct {
	row
	Preview  *dunning.Preview
	Problem  string // code of why nothing of it may leave now
	Next     courrier.Date
	Services []courrier.Service
	Channels []courrier.Channel
	Drawn    bool // the page can be drawn as an image
}

func (d *Desk) reminder(r *request) error {
	rem, err := r.own(r.PathValue("id"))
	if err != nil {
		return err
	}
	view := reminderView{row: r.row(rem), Next: r.today().AddDays(7), Services: courrier.Services(), Channels: rem.Decision.Channels, Drawn: d.cfg.Previewer != nil}
	if rem.State == dunning.ReminderProposed || rem.State == dunning.ReminderApproved {
		shown, err := d.cfg.Runner.Preview(r.ctx(), rem.ID)
		var e *courrier.Error
		switch {
		case err == nil:
			view.Preview = &shown
			view.Message = shown.Reminder.Message
		case errors.As(err, &e) && errors.Is(err, courrier.ErrConflict):
			view.Problem = e.Code
		default:
			return err
		}
	}
	return r.show("reminder.html", view.Name, view)
}

// reminderActs are what a person does with one reminder.
var reminderActs = map[string]func(r *request, rem dunning.Reminder) (told string, err error){
	"approve": func(r *request, rem dunning.Reminder) (string, error) {
		_, err := r.desk.cfg.Runner.Approve(r.ctx(), rem.ID, r.PostFormValue("preview"))
		return "approved", err
	},
	"edit":   editReminder,
	"snooze": snoozeReminder,
	"skip": func(r *request, rem dunning.Reminder) (string, error) {
		_, err := r.desk.cfg.Runner.Skip(r.ctx(), rem.ID, r.PostFormValue("reason"))
		return "skipped", err
	},
	"cancel": func(r *request, rem dunning.Reminder) (string, error) {
		_, err := r.desk.cfg.Runner.Cancel(r.ctx(), rem.ID)
		return "stopped", err
	},
}

func snoozeReminder(r *request, rem dunning.Reminder) (string, error) {
	until, err := courrier.ParseDate(r.PostFormValue("until"))
	if err != nil {
		return "", &courrier.FieldError{Field: "until", Rule: "is no date", Remedy: "choose a day"}
	}
	_, err = r.desk.cfg.Runner.Snooze(r.ctx(), rem.ID, until)
	return "snoozed", err
}

// editReminder changes what the form holds: text, channel, service, one attachment.
func editReminder(r *request, rem dunning.Reminder) (string, error) {
	subject, body := r.PostFormValue("subject"), lines(r.PostFormValue("body"))
	edit := dunning.Edit{Subject: &subject, Body: &body}
	if v := courrier.Channel(r.PostFormValue("channel")); v != "" {
		edit.Channel = &v
	}
	if v := courrier.Service(r.PostFormValue("service")); v != "" {
		edit.Service = &v
	}
	doc, err := r.upload("attachment")
	if err != nil {
		return "", err
	}
	if doc != nil {
		edit.Attachments = append(slices.Clip(edit.Attachments), *doc)
	}
	_, err = r.desk.cfg.Runner.Revise(r.ctx(), rem.ID, edit)
	return "edited", err
}

func (d *Desk) reminderAct(r *request) error {
	rem, err := r.own(r.PathValue("id"))
	if err != nil {
		return err
	}
	act, ok := reminderActs[r.PostFormValue("act")]
	if !ok {
		return errNoSuchAct
	}
	told, err := act(r, rem)
	if err != nil {
		return err
	}
	if told == "edited" {
		return r.back(r.path("todo", string(rem.ID)), told)
	}
	return r.back(r.path("todo"), told)
}

var errNoSuchAct = &courrier.FieldError{Field: "act", Rule: "is nothing that can be done here", Remedy: "use a button of the page"}

// reminderPage serves the letter as it will print: an image of a page with ?page=1,
// else the PDF.
func (d *Desk) reminderPage(r *request) error {
	rem, err := r.own(r.PathValue("id"))
	if err != nil {
		return err
	}
	shown, err := d.cfg.Runner.Preview(r.ctx(), rem.ID)
	if err != nil {
		return err
	}
	if shown.Letter == nil || len(shown.Letter.Documents) == 0 {
		return fmt.Errorf("page: %w", courrier.ErrNotFound)
	}
	return r.sheet(shown.Letter.Documents[0].Content, cmp.Or(r.FormValue("page"), ""))
}

// reminderMail shows an e-mail as its reader will see it: the bytes of the preview, with
// the images that go along. Nothing in it runs, and no link of it is followed.
func (d *Desk) reminderMail(r *request) error {
	rem, err := r.own(r.PathValue("id"))
	if err != nil {
		return err
	}
	shown, err := d.cfg.Runner.Preview(r.ctx(), rem.ID)
	if err != nil {
		return err
	}
	m := shown.Email
	if m == nil || m.HTML == "" {
		return fmt.Errorf("e-mail: %w", courrier.ErrNotFound)
	}
	page := m.HTML
	for _, image := range m.Inline {
		data := "data:" + http.DetectContentType(image.Content) + ";base64," + base64.StdEncoding.EncodeToString(image.Content)
		page = strings.ReplaceAll(page, "cid:"+email.CID(m.ID, image.Name), data)
	}
	r.reply.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
	return r.download("message.html", "text/html; charset=utf-8", []byte(page), true)
}

// finding is what the checker says of a reminder, and of which words.
type finding struct{ Words, Why string }

// Findings are those of the preview: what stops the letter first, then advice.
func (v reminderView) Findings() []finding {
	var all []finding
	if v.Preview == nil {
		return nil
	}
	c := &v.Preview.Check
	for _, list := range [][]latepayment.Finding{c.Report.Blocked, c.Report.Missing, c.Report.Forbidden, c.Report.Advised} {
		for _, f := range list {
			words := strings.TrimSpace(c.Text[f.Start:f.End])
			if words == "" {
				words = cmp.Or(f.Invoice, f.Key)
			}
			all = append(all, finding{Words: words, Why: f.Why})
		}
	}
	return all
}
