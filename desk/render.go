package desk

import (
	"bytes"
	"cmp"
	"html/template"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/words"
)

// Page is what a layout shows around a screen.
type Page struct {
	Title    string
	Language courrier.Language
	Look     Look
	Prefix   string // of links
	Session  Session
	Menu     []MenuEntry
	Told     string        // what a form before did; a key of the texts or empty
	Content  template.HTML // the screen
}

// MenuEntry is one entry of the menu.
type MenuEntry struct {
	Path, Label string
	Current     bool
}

// parse reads every page once, with the functions that need no request.
func (d *Desk) parse() error {
	d.pages = map[string]*template.Template{}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		short := strings.TrimPrefix(name, "templates/")
		t, err := template.New(short).Funcs((&request{desk: d}).funcs()).ParseFS(files, name, "templates/parts.html")
		if err != nil {
			return err
		}
		d.pages[short] = t
	}
	if d.cfg.Look.Layout == nil {
		d.cfg.Look.Layout = d.pages["layout.html"]
	}
	return nil
}

// funcs are what pages may call, in the language of the request.
func (r *request) funcs() template.FuncMap {
	return template.FuncMap{
		"t":         r.text,
		"money":     func(a courrier.Amount) string { return a.Text(r.lang) },
		"date":      func(d courrier.Date) string { return d.Text(r.lang) },
		"moment":    r.moment,
		"path":      r.path,
		"token":     r.token,
		"can":       func(kind string) bool { return r.can(courrier.ActionKind(kind)) },
		"status":    func(v courrier.Status) string { return r.word(v) },
		"serviceOf": func(v string) courrier.Service { return courrier.Service(v) },
		"service":   func(v courrier.Service) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"proof":     r.proofOf,
		"reason":    func(v courrier.ReturnReason) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"hold":      func(v courrier.HoldReason) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"claim":     func(v courrier.ClaimKind) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"purpose":   func(v courrier.Purpose) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"channel":   r.channelOf,
		"stepName":  r.stepName,
		"act":       func(v string) string { return r.named("act.", v) },
		"dayOf":     r.dayOf,
		"step":      func(v courrier.StepKind) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"entry":     func(v courrier.EntryKind) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"state":     r.stateOf,
		"stand":     r.standOf,
		"task":      r.taskOf,
		"class":     func(v latepayment.DebtorClass) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) },
		"countries": countries,
		"classes":   func() []latepayment.DebtorClass { return debtorClasses },
		"code":      r.reason,
		"warning":   func(w courrier.Warning) string { return cmp.Or(r.known("warning."+string(w.Code)), w.Text) },
		"fault":     r.fault,
		"cause":     r.causeOf,
	}
}

// debtorClasses are what a customer can be, as the list of late invoices filters.
var debtorClasses = []latepayment.DebtorClass{
	latepayment.DebtorBusiness, latepayment.DebtorConsumer, latepayment.DebtorNonProfessional, latepayment.DebtorPublic,
}

// fault says what is wrong in a field: in words of the desk where the rule has a name,
// else as the library says it.
func (r *request) fault(e *courrier.FieldError) string {
	name := e.Field[strings.LastIndex(e.Field, ".")+1:]
	label := cmp.Or(r.known("field."+strings.ToLower(name)), e.Field)
	if why := r.known("fault." + e.Code); e.Code != "" && why != "" {
		return label + r.text("colon") + why
	}
	return label + r.text("colon") + e.Rule + "; " + e.Remedy
}

// dayOf says when a step is due.
func (r *request) dayOf(offset int) string {
	switch {
	case offset < 0:
		return strconv.Itoa(-offset) + " " + r.text("policies.before")
	case offset == 0:
		return r.text("policies.dueday")
	}
	return strconv.Itoa(offset) + " " + r.text("policies.after")
}

// reason is the code of a refusal for people: a text of the desk, else the words of the
// cause, state or hold that it names, else what it says.
func (r *request) reason(code string) string {
	for _, group := range []string{"code.", "act."} {
		if knows(group + code) {
			return r.text(group + code)
		}
	}
	for _, word := range []string{
		r.causeOf(dunning.HoldCause(code)), r.stateOf(dunning.ReminderState(code)), r.word(courrier.Status(code)),
		words.In(r.desk.cfg.Look.Words, courrier.HoldReason(code), r.lang),
	} {
		if word != code {
			return word
		}
	}
	return code
}

// named is a text by a name that others choose; the name itself where there is none.
func (r *request) named(group, name string) string {
	return cmp.Or(r.known(group+name), name)
}

// known is a text, empty where there is none.
func (r *request) known(key string) string {
	if text := r.text(key); text != key {
		return text
	}
	return ""
}

// stepName is what people call a step: those of the standard policy have texts, and a
// host gives its own in Look.Texts as "step." and the id.
func (r *request) stepName(id string) string { return r.named("step.", id) }

func (r *request) word(v courrier.Status) string { return words.In(r.desk.cfg.Look.Words, v, r.lang) }

func (r *request) proofOf(v courrier.ProofKind) string {
	return words.In(r.desk.cfg.Look.Words, v, r.lang)
}

func (r *request) channelOf(v courrier.Channel) string {
	return words.In(r.desk.cfg.Look.Words, v, r.lang)
}

func (r *request) stateOf(v dunning.ReminderState) string {
	return words.In(r.desk.cfg.Look.Words, v, r.lang)
}

// standOf tells where a reminder or a task stands: nobody sends a task.
func (r *request) standOf(rem dunning.Reminder) string {
	if rem.Decision.Step.Task == "" {
		return r.stateOf(rem.State)
	}
	return cmp.Or(r.known("stand."+string(rem.State)), r.stateOf(rem.State))
}

// taskOf names a task; a host's own is its word.
func (r *request) taskOf(task string) string { return cmp.Or(r.known("task."+task), task) }

func (r *request) causeOf(v dunning.HoldCause) string {
	return words.In(r.desk.cfg.Look.Words, v, r.lang)
}

// moment writes a time for people, in France's zone, which counts for post.
func (r *request) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return courrier.PostalDay(t).Text(r.lang)
}

// render writes a screen inside the layout.
func (d *Desk) render(w io.Writer, r *request, file, title string, data any) error {
	t, err := d.pages[file].Clone()
	if err != nil {
		return err
	}
	var content bytes.Buffer
	t.Funcs(r.funcs())
	if r.wrong != nil {
		if err := t.ExecuteTemplate(&content, "problem", r.wrong); err != nil {
			return err
		}
	}
	if err := t.ExecuteTemplate(&content, file, data); err != nil {
		return err
	}
	layout, err := d.cfg.Look.Layout.Clone()
	if err != nil {
		return err
	}
	page := Page{
		Title: title, Language: r.lang, Look: d.cfg.Look, Prefix: d.cfg.Prefix, Session: r.session,
		Menu: r.menu(), Told: r.told(), Content: template.HTML(content.String()), //nolint:gosec // rendered by html/template just now
	}
	return layout.Funcs(r.funcs()).Execute(w, page)
}

// told is what a form before did. Only keys of the texts are shown: a link cannot put
// words of its own on the page.
func (r *request) told() string {
	if key := r.URL.Query().Get("told"); knows("told." + key) {
		return r.text("told." + key)
	}
	return ""
}

func (r *request) menu() []MenuEntry {
	here := strings.Trim(r.URL.Path, "/")
	if here == "" {
		here = "todo"
	}
	here, _, _ = strings.Cut(here, "/")
	var all []MenuEntry
	for _, name := range []string{"todo", "late", "customers", "letters", "send", "credits", "policies", "results", "evidence"} {
		all = append(all, MenuEntry{Path: r.path(name), Label: r.text("menu." + name), Current: here == name})
	}
	return all
}
