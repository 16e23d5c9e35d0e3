package desk

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/courrier-go/courrier"
)

// Limits of what a form may hold.
const (
	maxForm   = 1 << 20  // bytes, without files
	maxUpload = 26 << 20 // bytes, with one file
)

// request is one request of somebody who is there.
type request struct {
	*http.Request
	desk    *Desk
	session Session
	lang    courrier.Language
	reply   http.ResponseWriter
	wrong   *errorView // in a form that is shown again
}

// ctx is the request's context, with the person on record.
func (r *request) ctx() context.Context {
	return courrier.WithActor(r.Context(), courrier.Actor{ID: r.session.Actor})
}

func (r *request) account() courrier.AccountID { return r.session.Account }

// screen answers one request. Its error is shown as a page.
type screen func(r *request) error

func (d *Desk) handle(serve screen) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		session, err := d.cfg.Session(hr)
		r := &request{Request: hr, desk: d, session: session, lang: d.language(session.Language), reply: w}
		if err == nil && session.Account == "" {
			err = courrier.ErrDenied
		}
		if err == nil && hr.Method == http.MethodPost {
			err = r.readForm()
		}
		if err == nil {
			err = serve(r)
		}
		if err != nil {
			r.fail(err)
		}
	})
}

// readForm bounds and reads a form, and refuses one that is not of this person's
// own screens.
func (r *request) readForm() error {
	most := int64(maxForm)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		most = maxUpload
	}
	r.Body = http.MaxBytesReader(r.reply, r.Body, most)
	err := r.ParseMultipartForm(maxForm)
	if errors.Is(err, http.ErrNotMultipart) {
		err = r.ParseForm()
	}
	if err != nil {
		return &courrier.FieldError{Field: "form", Rule: "is larger than 25 MB, or damaged", Remedy: "send a smaller file", Code: "too-large"}
	}
	if !hmac.Equal([]byte(r.PostFormValue("token")), []byte(r.token())) {
		return errStranger
	}
	return nil
}

var errStranger = &courrier.Error{Op: "desk", Kind: courrier.ErrDenied, Code: "token", Err: errors.New("the form is not of this page; load it again")}

func newKey() []byte {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		panic("desk: the system has no randomness: " + err.Error())
	}
	return key
}

// token is what every form of this person carries.
func (r *request) token() string {
	mac := hmac.New(sha256.New, r.desk.key)
	_, _ = mac.Write([]byte(string(r.session.Account) + "\x00" + string(r.session.Actor)))
	return hex.EncodeToString(mac.Sum(nil))
}

// seal signs what a form brings back, for this account alone.
func (r *request) seal(what string) string {
	mac := hmac.New(sha256.New, r.desk.key)
	_, _ = mac.Write([]byte("seal\x00" + string(r.session.Account) + "\x00" + what))
	return hex.EncodeToString(mac.Sum(nil))
}

// lines are what a text area holds: browsers end its lines as mail does.
func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// amountOf reads an amount as people type it, with the spaces and the comma of French.
func amountOf(s, unit string) (courrier.Amount, error) {
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(s)
	return courrier.NewAmount(s, unit)
}

// can tells whether the person may do something that a host restricts.
func (r *request) can(kind courrier.ActionKind) bool {
	return r.session.Can == nil || r.session.Can(kind)
}

// path is a path of the desk as a link has it.
func (r *request) path(elements ...string) string {
	p := r.desk.cfg.Prefix
	for _, e := range elements {
		p += "/" + url.PathEscape(e)
	}
	return p
}

// back sends the browser to a page after a form, with what to tell there.
func (r *request) back(path, told string) error {
	to := path
	if told != "" {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		to += sep + "told=" + url.QueryEscape(told)
	}
	http.Redirect(r.reply, r.Request, to, http.StatusSeeOther)
	return nil
}

// fail shows an error as a page: the status of its kind, the wrong fields, and what
// to do. Nothing else of the error's text is shown.
func (r *request) fail(err error) {
	status := http.StatusInternalServerError
	for _, k := range []struct {
		kind   error
		status int
	}{
		{courrier.ErrNotFound, http.StatusNotFound}, {courrier.ErrDenied, http.StatusForbidden}, {courrier.ErrInvalid, http.StatusUnprocessableEntity},
		{courrier.ErrConflict, http.StatusConflict}, {courrier.ErrInsufficientCredit, http.StatusPaymentRequired},
		{courrier.ErrUnsupported, http.StatusUnprocessableEntity}, {courrier.ErrUnavailable, http.StatusServiceUnavailable},
		{courrier.ErrRejected, http.StatusConflict},
	} {
		if errors.Is(err, k.kind) {
			status = k.status
			break
		}
	}
	view := viewOf(err, status)
	if status == http.StatusInternalServerError {
		r.desk.cfg.Client.Config().Logger.ErrorContext(r.Context(), "screen failed", "path", pattern(r.Request), "kind", courrier.KindOf(err))
	}
	r.write(status, "error.html", r.text("error.title"), view)
}

func viewOf(err error, status int) errorView {
	view := errorView{Status: status, Fields: courrier.FieldErrors(err)}
	var e *courrier.Error
	if errors.As(err, &e) {
		view.Code = e.Code
	}
	return view
}

// redo shows a form again with what is wrong in it, so that nothing has to be typed
// twice. Other errors are the caller's to answer.
func (r *request) redo(err error, file, title string, data any) error {
	if !errors.Is(err, courrier.ErrInvalid) {
		return err
	}
	wrong := viewOf(err, http.StatusUnprocessableEntity)
	r.wrong = &wrong
	r.write(wrong.Status, file, title, data)
	return nil
}

type errorView struct {
	Status int
	Code   string
	Fields []*courrier.FieldError
}

// pattern is the route of a request: what may be logged, for it holds no id.
func pattern(r *http.Request) string { return r.Pattern }

// show answers with a page.
func (r *request) show(file, title string, data any) error {
	r.write(http.StatusOK, file, title, data)
	return nil
}

func (r *request) write(status int, file, title string, data any) {
	var b bytes.Buffer
	if err := r.desk.render(&b, r, file, title, data); err != nil {
		r.desk.cfg.Client.Config().Logger.ErrorContext(r.Context(), "page not rendered", "page", file)
		http.Error(r.reply, "the page could not be made", http.StatusInternalServerError)
		return
	}
	r.reply.Header().Set("Content-Type", "text/html; charset=utf-8")
	r.reply.WriteHeader(status)
	_, _ = b.WriteTo(r.reply)
}

// download answers with a file.
func (r *request) download(name, kind string, content []byte, inline bool) error {
	how := "attachment"
	if inline {
		how = "inline"
	}
	h := r.reply.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", how+`; filename="`+name+`"`)
	_, _ = r.reply.Write(content)
	return nil
}
