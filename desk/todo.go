package desk

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unicode"

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
		switch {
		case rem.Decision.Step.Task != "": // each is done by itself
		case rem.Decision.Step.Kind == courrier.StepFormalNotice:
			view.Notices++
		default:
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
		return &courrier.FieldError{Field: "count", Rule: "is no number", Remedy: "load the list again", Code: "reload"}
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
	Drawn    bool              // the page can be drawn as an image
	Address  map[string]string // the recipient of the letter, as the form has it
	Shown    map[string]string // what it was before somebody typed another
	Mail     string            // the addresses of the e-mail, as the form has them
	MailWas  string
	Files    []string // names of the attachments
	why      func(key string) string
}

func (d *Desk) reminder(r *request) error {
	rem, err := r.own(r.PathValue("id"))
	if err != nil {
		return err
	}
	view, err := r.reminderView(rem)
	if err != nil {
		return err
	}
	if rem.Decision.Step.Task != "" {
		return r.show("task.html", view.Name, view)
	}
	return r.show("reminder.html", view.Name, view)
}

// reminderView is what the page of a reminder shows, as it would leave now.
func (r *request) reminderView(rem dunning.Reminder) (reminderView, error) {
	view := reminderView{
		row: r.row(rem), Next: r.today().AddDays(7), Services: courrier.Services(), Channels: rem.Decision.Channels,
		Drawn: r.desk.cfg.Previewer != nil, why: r.known,
	}
	if rem.State == dunning.ReminderProposed || rem.State == dunning.ReminderApproved {
		shown, err := r.desk.cfg.Runner.Preview(r.ctx(), rem.ID)
		var e *courrier.Error
		switch {
		case err == nil:
			view.preview(&shown)
		case errors.As(err, &e) && errors.Is(err, courrier.ErrConflict):
			view.Problem = e.Code
		default:
			return view, err
		}
	}
	return view, nil
}

// preview takes what would leave: the text, to whom, and with which files.
func (v *reminderView) preview(shown *dunning.Preview) {
	v.Preview, v.Message = shown, shown.Reminder.Message
	if l := shown.Letter; l != nil {
		v.Address, v.Shown = formOf(l.To), formOf(l.To)
		for _, doc := range l.Documents[min(1, len(l.Documents)):] {
			v.Files = append(v.Files, doc.Name)
		}
	}
	if shown.Email != nil {
		v.Mail = boxesText(shown.Email.To)
		v.MailWas = v.Mail
		for _, doc := range shown.Email.Attachments {
			v.Files = append(v.Files, doc.Name)
		}
	}
}

// boxesText is a list of e-mail addresses as a field of a form has it.
func boxesText(boxes []email.Box) string {
	var all []string
	for _, b := range boxes {
		all = append(all, b.Address)
	}
	return strings.Join(all, ", ")
}

// boxesOf reads such a field.
func boxesOf(s string) []email.Box {
	var all []email.Box
	for _, address := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ';' || unicode.IsSpace(c) }) {
		all = append(all, email.Box{Address: address})
	}
	return all
}

// reminderActs are what a person does with one reminder.
var reminderActs = map[string]func(r *request, rem dunning.Reminder) (told string, err error){
	"approve": func(r *request, rem dunning.Reminder) (string, error) {
		_, err := r.desk.cfg.Runner.Approve(r.ctx(), rem.ID, r.PostFormValue("preview"))
		return "approved", err
	},
	"done": func(r *request, rem dunning.Reminder) (string, error) {
		_, err := r.desk.cfg.Runner.Done(r.ctx(), rem.ID, strings.TrimSpace(r.PostFormValue("note")))
		return "done", err
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
		return "", &courrier.FieldError{Field: "until", Rule: "is no date", Remedy: "choose a day", Code: "date"}
	}
	_, err = r.desk.cfg.Runner.Snooze(r.ctx(), rem.ID, until)
	return "snoozed", err
}

// editReminder changes what the form holds: text, channel, service, recipient, files.
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
		edit.Attachments = []courrier.Document{*doc}
	}
	r.editRecipient(&edit)
	_, err = r.desk.cfg.Runner.Revise(r.ctx(), rem.ID, edit)
	return "edited", err
}

// editRecipient takes the recipient of the form where it is not the one that was shown.
func (r *request) editRecipient(edit *dunning.Edit) {
	if mail := r.PostFormValue("mail"); mail != r.PostFormValue("mail_was") {
		edit.Mail = boxesOf(mail)
	}
	form := r.form(addressFields)
	was := map[string]string{}
	for _, f := range addressFields {
		was[f] = strings.TrimSpace(r.PostFormValue("was_" + f))
	}
	if !maps.Equal(form, was) {
		to := recipientOf(form)
		edit.To = &to
	}
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
	if err != nil && r.PostFormValue("act") == "edit" {
		return r.redoReminder(err, rem)
	}
	if err != nil {
		return err
	}
	if told == "edited" {
		return r.back(r.path("todo", string(rem.ID)), told)
	}
	return r.back(r.path("todo"), told)
}

// redoReminder shows the page again with what was typed.
func (r *request) redoReminder(why error, rem dunning.Reminder) error {
	view, err := r.reminderView(rem)
	if err != nil {
		return why
	}
	view.Message.Subject, view.Message.Body = r.PostFormValue("subject"), lines(r.PostFormValue("body"))
	if view.Address != nil {
		view.Address = r.form(addressFields)
	}
	if view.Mail != "" {
		view.Mail = r.PostFormValue("mail")
	}
	return r.redo(why, "reminder.html", view.Name, view)
}

var errNoSuchAct = &courrier.FieldError{Field: "act", Rule: "is nothing that can be done here", Remedy: "use a button of the page", Code: "act"}

// previewed is the preview of the reminder that a path names.
func (d *Desk) previewed(r *request) (shown dunning.Preview, err error) {
	rem, err := r.own(r.PathValue("id"))
	if err == nil {
		shown, err = d.cfg.Runner.Preview(r.ctx(), rem.ID)
	}
	return shown, err
}

// reminderPage serves the letter as it will print: an image of a page with ?page=1,
// else the PDF.
func (d *Desk) reminderPage(r *request) error {
	shown, err := d.previewed(r)
	if err != nil {
		return err
	}
	if shown.Letter == nil || len(shown.Letter.Documents) == 0 {
		return fmt.Errorf("page: %w", courrier.ErrNotFound)
	}
	return r.sheet(shown.Letter.Documents[0].Content, r.FormValue("page"))
}

// reminderMail shows an e-mail as its reader will see it: the bytes of the preview, with
// the images that go along. Nothing in it runs, and no link of it is followed.
func (d *Desk) reminderMail(r *request) error {
	shown, err := d.previewed(r)
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
			all = append(all, finding{Words: words, Why: cmp.Or(v.why("finding."+f.Key), f.Why)})
		}
	}
	return all
}
