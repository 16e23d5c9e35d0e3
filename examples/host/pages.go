package main

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"os/exec"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/pdf"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// users are who may sign in.
var users = map[courrier.ActorID]string{decides: "Claire Verne", "karim": "Karim Azzi"}

// handler is the product's own pages with the desk mounted under /desk.
func (p *product) handler() http.Handler {
	mux := http.NewServeMux()
	evidence, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	if err != nil {
		panic(err) // the library's own fonts
	}
	screens, err := desk.New(desk.Config{
		Client: p.client, Runner: p.runner, Host: p, Session: session, Prefix: "/desk", Evidence: evidence,
		Previewer: previewer(), Paper: paper(), Inspector: pdf.DocumentInspector{Inspector: pdf.NewInspector(pdf.Limits{})},
		Look: desk.Look{Name: "Atelier Verne"},
	})
	if err != nil {
		panic(err) // every field is given
	}
	mux.Handle("/desk/", inLanguage(screens))
	mux.Handle("GET /{$}", inLanguage(http.HandlerFunc(p.home)))
	mux.HandleFunc("POST /user", signIn)
	mux.HandleFunc("POST /day", p.nextDay)
	mux.HandleFunc("POST /billing", p.billed)
	mux.Handle("GET /mailbox", inLanguage(http.HandlerFunc(p.mailbox)))
	return mux
}

// actor is who the cookie says: a real product has a log-in of its own.
func actor(r *http.Request) courrier.ActorID {
	if c, err := r.Cookie("user"); err == nil && users[courrier.ActorID(c.Value)] != "" {
		return courrier.ActorID(c.Value)
	}
	return decides
}

func session(r *http.Request) (desk.Session, error) {
	who := actor(r)
	return desk.Session{
		Account: account, Actor: who, Name: users[who], Language: language(r.Context()),
		Can: func(courrier.ActionKind) bool { return who == decides },
	}, nil
}

// languageKey is where the context of a request has the person's language.
type languageKey struct{}

// inLanguage takes the language from the cookie.
func inLanguage(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("language"); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), languageKey{}, courrier.Language(c.Value)))
		}
		h.ServeHTTP(w, r)
	})
}

func language(ctx context.Context) courrier.Language {
	if lang, ok := ctx.Value(languageKey{}).(courrier.Language); ok {
		return lang
	}
	return courrier.French
}

// texts are those of the product's own pages: French, English.
var texts = map[string][2]string{
	"desk": {"Relances et courriers", "Reminders and letters"}, "mailbox": {"E-mails envoyés", "E-mails sent"}, "day": {"Jour suivant", "Next day"},
	"billing": {"MySendingBox a un moyen de paiement", "MySendingBox has a means of payment"}, "back": {"Retour", "Back"},
}

// view is what every page needs: the language, and texts in it.
func view(r *http.Request, more map[string]any) map[string]any {
	lang, column := language(r.Context()), 0
	if lang != courrier.French {
		column = 1
	}
	words := map[string]string{}
	for key, both := range texts {
		words[key] = both[column]
	}
	more["Lang"], more["T"] = lang, words
	return more
}

func (p *product) home(w http.ResponseWriter, r *http.Request) {
	render(w, "home.html", view(r, map[string]any{"Today": p.today().Text(language(r.Context())), "User": actor(r), "Users": users}))
}

func signIn(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"user", "language"} {
		if v := r.PostFormValue(name); v != "" {
			http.SetCookie(w, &http.Cookie{Name: name, Value: v, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *product) nextDay(w http.ResponseWriter, r *http.Request) {
	if err := p.day(r.Context(), false); err != nil {
		http.Error(w, "the day could not pass: "+courrier.KindOf(err), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// mailbox shows the e-mails that left, the newest first, as the library kept them.
func (p *product) mailbox(w http.ResponseWriter, r *http.Request) {
	var mails []*email.Message
	f := dunning.ReminderFilter{Account: account, States: []dunning.ReminderState{dunning.ReminderSent}}
	for rem, err := range p.runner.Queue(r.Context(), f) {
		if err == nil && rem.Email != nil {
			mails = append([]*email.Message{rem.Email}, mails...)
		}
	}
	render(w, "mailbox.html", view(r, map[string]any{"Mails": mails}))
}

func render(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
	}
}

// paper is the envelope of the letters: its window is drawn over their pages.
func paper() pdf.InspectOptions {
	layout, ok := pdf.LayoutByID(pdf.LayoutFrenchDL)
	if !ok {
		panic("the library's own layout is missing")
	}
	return pdf.InspectOptions{Layout: layout}
}

// previewer draws pages with poppler where it is installed; without it the desk links
// the PDF.
func previewer() *pdf.Previewer {
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		return nil
	}
	return pdf.NewPreviewer(pdf.PreviewerConfig{Rasterizer: pdf.Pdftoppm{}})
}
