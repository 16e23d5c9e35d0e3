package desk

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
)

// upload reads the file of a form field; nil when none was chosen. It is a PDF that
// the inspector lets pass.
func (r *request) upload(field string) (*courrier.Document, error) {
	file, head, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, &courrier.FieldError{Field: field, Rule: "could not be read", Remedy: "choose the file again", Code: "unreadable"}
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, courrier.MaxDocumentBytes+1))
	if err != nil || len(content) > courrier.MaxDocumentBytes {
		return nil, &courrier.FieldError{Field: field, Rule: "is larger than 25 MB, or damaged", Remedy: "choose a smaller file", Code: "too-large"}
	}
	doc := courrier.NewDocument(safeName(head.Filename), content)
	if err := doc.Validate(); err != nil {
		return nil, err
	}
	return &doc, r.inspect(doc, field)
}

// safeName keeps of a file's name what every mail reader can save.
func safeName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == '"' || c == 0x7f {
			return -1
		}
		return c
	}, s)
	if s == "" || s == "." || s == "/" || len(s) > 200 {
		return "document.pdf"
	}
	return s
}

func (r *request) inspect(doc courrier.Document, field string) error {
	if r.desk.cfg.Inspector == nil {
		return nil
	}
	found, err := r.desk.cfg.Inspector.Inspect(r.ctx(), doc, false)
	if err != nil {
		return err
	}
	if f, ok := found.Blocking(); ok {
		return &courrier.FieldError{Field: field, Rule: "cannot be printed: " + f.Code, Remedy: cmp.Or(f.Remedy, "export the file again"), Code: "unprintable"}
	}
	return nil
}

// sheet serves a document: drawn as an image when a page is asked for and the desk
// can draw, else as it is.
func (r *request) sheet(content []byte, page string) error {
	if page == "" || r.desk.cfg.Previewer == nil {
		return r.download("letter.pdf", "application/pdf", content, true)
	}
	n, err := strconv.Atoi(page)
	if err != nil || n < 1 || n > pdf.MaxLetterPages {
		return &courrier.FieldError{Field: "page", Rule: "is no page", Remedy: "ask for page 1", Code: "page"}
	}
	images, err := r.desk.cfg.Previewer.Pages(r.ctx(), content, r.desk.cfg.Paper, n, n, 96)
	if err != nil {
		return err
	}
	if len(images) == 0 {
		return courrier.ErrNotFound
	}
	return r.download("page.png", "image/png", images[0], true)
}
