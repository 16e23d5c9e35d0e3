package email

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/courrier-go/courrier"
)

//go:embed layout.html
var layoutText string

// standard is the library's own layout. It asks for nothing that is not in the
// message, is 600 pixels wide at most, and has colours for dark screens.
var standard = template.Must(parsed(layoutText))

// parsed reads a template. Its function mso writes what only Outlook for Windows reads:
// html/template drops comments.
func parsed(text string) (*template.Template, error) {
	mso := func(inside string) template.HTML { return template.HTML("<!--[if mso]>" + inside + "<![endif]-->") }
	return template.New("layout").Funcs(template.FuncMap{"mso": mso}).Parse(text)
}

// Layout makes the HTML of e-mails from pages. The nil Layout is the library's own. It
// is safe for concurrent use.
type Layout struct{ page *template.Template }

// LayoutText is the text of the library's own layout, for a host that changes it.
func LayoutText() string { return layoutText }

// NewLayout returns a layout of the host's own: an html/template that is executed with
// a [Page]. It must show all of one, in its order, or the HTML would say less than the
// text does, and do without scripts, forms and frames, which readers drop. {{mso "…"}}
// writes what Outlook for Windows alone reads.
// Errors are of kind [courrier.ErrInvalid] and say where the template is wrong.
func NewLayout(text string) (*Layout, error) {
	t, err := parsed(text)
	if err != nil {
		return nil, layoutError("cannot be read: "+err.Error(), "mend the template")
	}
	l, page := &Layout{t}, specimen()
	if err := t.Execute(io.Discard, page); err != nil { // a specimen is nobody's: its text may be quoted
		return nil, layoutError("cannot be executed: "+err.Error(), "mend the template")
	}
	made, err := l.HTML(page)
	if err != nil {
		return nil, err
	}
	if tag := forbidden(made); tag != "" {
		return nil, layoutError("has <"+tag+">, which readers drop", "leave it out")
	}
	if missing := firstMissing(words(page.Text()), words(TextOf(made))); missing != "" {
		return nil, layoutError(fmt.Sprintf("does not show %q of the specimen in its place", missing), "show every part of the Page, in its order")
	}
	return l, nil
}

func layoutError(rule, remedy string) error {
	return &courrier.FieldError{Field: "Layout", Rule: rule, Remedy: remedy}
}

// HTML makes the HTML of a page: the same bytes for the same page. An error is a
// [courrier.FieldError] about the layout.
func (l *Layout) HTML(p Page) (string, error) {
	t := standard
	if l != nil {
		t = l.page
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", layoutError("cannot be executed", "mend the template: see NewLayout") // its text may quote the page
	}
	return b.String(), nil
}

// specimen has one of everything that a page may have.
func specimen() Page {
	run := func(text string) []Run { return []Run{{Text: text}} }
	return Page{
		Language: courrier.English, Title: "title0", Preview: "preview0", Brand: "brand0", Colon: ": ",
		Logo: Image{Source: "cid:logo0", Width: 1, Height: 1},
		Blocks: []Block{
			{Lines: [][]Run{run("line1"), {{Text: "plain2"}, {Text: " bold3", Bold: true}}}},
			{Items: [][]Run{run("item4"), {{Text: "https://link.example/5", Link: "https://link.example/5"}}}},
			{Table: &Table{
				Columns: []Column{{Label: "name6"}, {Label: "label7", Number: true}}, Rows: [][]string{{"row8", "cell9"}},
				Sums: []Sum{{Label: "sum10", Amount: "amount11", Strong: true}},
			}},
			{Button: &Link{URL: "https://button.example/12", Label: "button13"}},
		},
		Signature: []string{"signature14", "title15"}, Footer: []string{"footer16", "footer17"},
	}
}

// dropped are elements that mail readers take out, or that act on their own.
var dropped = map[string]bool{"script": true, "iframe": true, "frame": true, "object": true, "embed": true, "form": true, "input": true, "link": true, "base": true}

// forbidden returns the first element of a document that no e-mail may have; "" when
// there is none.
func forbidden(document string) string {
	for _, rest := range strings.Split(document, "<")[1:] {
		if name, _, _ := tagOf(rest); dropped[name] {
			return name
		}
	}
	return ""
}
