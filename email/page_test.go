package email_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

var pay = email.Link{URL: "https://pay.acme.example/1", Label: "Pay online"}

func TestParseBlock(t *testing.T) {
	t.Parallel()
	run := func(text string) email.Run { return email.Run{Text: text} }
	bold := func(text string) email.Run { return email.Run{Text: text, Bold: true} }
	for text, want := range map[string]email.Block{
		"plain":                        {Lines: [][]email.Run{{run("plain")}}},
		"a **b** c":                    {Lines: [][]email.Run{{run("a "), bold("b"), run(" c")}}},
		"**a\nb** c":                   {Lines: [][]email.Run{{bold("a")}, {bold("b"), run(" c")}}},
		`2 \* 3 **\***`:                {Lines: [][]email.Run{{run("2 * 3 "), bold("*")}}},
		"- a\n- **b**\n- c - d":        {Items: [][]email.Run{{run("a")}, {bold("b")}, {run("c - d")}}},
		"Pay online: " + pay.URL:       {Button: &pay},
		"see " + pay.URL + "!":         {Lines: [][]email.Run{{run("see "), {Text: pay.URL, Link: pay.URL}, run("!")}}},
		"- N-1: " + pay.URL:            {Items: [][]email.Run{{run("N-1: "), {Text: pay.URL, Link: pay.URL}}}},
		"https://other.example/ <b>":   {Lines: [][]email.Run{{run("https://other.example/ <b>")}}},
		"**https://pay.acme.example/1": {Lines: [][]email.Run{{{Text: pay.URL, Link: pay.URL}}}},
	} {
		require.Equal(t, want, email.ParseBlock(text, ": ", []email.Link{pay}), text)
	}
}

// somePage draws a page whose texts hold what HTML and the marks of texts are made of.
func somePage(t *rapid.T) email.Page {
	text := rapid.StringMatching(`[a-z<>&"'éß€ ]{0,12}[a-z0-9<>&"'é]`)
	column := rapid.StringMatching(`[a-z]{2,8}`)
	p := email.Page{
		Language: courrier.French, Title: text.Draw(t, "title"), Preview: text.Draw(t, "preview"), Brand: text.Draw(t, "brand"), Colon: "\u00a0: ",
		Signature: rapid.SliceOfN(text, 0, 3).Draw(t, "signature"), Footer: rapid.SliceOfN(text, 0, 3).Draw(t, "footer"),
	}
	for range rapid.IntRange(0, 5).Draw(t, "blocks") {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			p.Blocks = append(p.Blocks, email.Block{Button: &pay})
		case 1:
			table := &email.Table{Columns: []email.Column{{Label: column.Draw(t, "label")}, {Label: column.Draw(t, "label"), Number: true}}}
			for range rapid.IntRange(1, 3).Draw(t, "rows") {
				table.Rows = append(table.Rows, []string{text.Draw(t, "name"), rapid.SampledFrom([]string{"", "-5,00\u00a0€", "1"}).Draw(t, "cell")})
			}
			table.Sums = []email.Sum{{Label: text.Draw(t, "sum"), Amount: "120,00\u00a0€", Strong: true}}
			p.Blocks = append(p.Blocks, email.Block{Table: table})
		case 2:
			p.Blocks = append(p.Blocks, email.ParseBlock("- "+text.Draw(t, "item")+"\n- **"+text.Draw(t, "item")+"** "+pay.URL, p.Colon, []email.Link{pay}))
		default:
			p.Blocks = append(p.Blocks, email.ParseBlock(text.Draw(t, "line")+"\n**"+text.Draw(t, "line")+"** "+text.Draw(t, "line"), p.Colon, []email.Link{pay}))
		}
	}
	return p
}

// Whatever a page holds, its HTML reads as its text does, and nothing of it becomes HTML.
func TestHTMLReadsAsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := somePage(t)
		var layout *email.Layout
		made, err := layout.HTML(p)
		require.NoError(t, err)
		require.True(t, p.Reads(made), "%s\n---\n%s", email.TextOf(made), p.Text())
		again, err := layout.HTML(p)
		require.NoError(t, err)
		require.Equal(t, made, again)
		more := p
		more.Blocks = append(more.Blocks, email.ParseBlock("and 9", p.Colon, nil))
		require.False(t, more.Reads(made))
		require.False(t, p.Reads(strings.Replace(made, "</body>", "<p>and 9</p></body>", 1)))
	})
}

// A layout that would say less than the text, or hold what readers drop, is refused
// before anything is sent with it.
func TestNewLayout(t *testing.T) {
	t.Parallel()
	own := email.LayoutText()
	_, err := email.NewLayout(own)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"no footer":    strings.Replace(own, "{{with .Footer}}", "{{with .Nothing}}", 1),
		"no table":     strings.Replace(own, "{{else if .Table}}", "{{else if false}}", 1),
		"no rows":      strings.Replace(own, "{{$cell}}", "", 1),
		"no sums":      strings.Replace(own, "<td class=\"n\">{{.Amount}}</td>", "", 1),
		"no button":    strings.Replace(own, "{{.Button.Label}}", "", 1),
		"no URL":       strings.Replace(own, "{{.Button.URL}}", "#", 1),
		"no bold":      strings.Replace(own, "<strong>{{.Text}}</strong>", "", 1),
		"no signature": strings.Replace(own, "{{with .Signature}}", "{{with \"\"}}", 1),
		"a script":     strings.Replace(own, "</body>", "<script>x()</script></body>", 1),
		"a form":       strings.Replace(own, "</body>", "<form></form></body>", 1),
		"a style link": strings.Replace(own, "</head>", `<link rel="stylesheet" href="https://x.example/a.css"></head>`, 1),
		"unknown":      strings.Replace(own, "{{.Title}}", "{{.Titel}}", 1),
		"no template":  "{{",
		"empty":        "",
	} {
		require.NotEqual(t, own, text, name)
		_, err := email.NewLayout(text)
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		var wrong *courrier.FieldError
		require.ErrorAs(t, err, &wrong, name)
		require.Equal(t, "Layout", wrong.Field, name)
	}
	_, err = email.NewLayout(strings.Replace(own, "{{.Title}}", "{{.Titel}}", 1))
	require.ErrorContains(t, err, "Titel", "the error says which field there is not")
}

func TestTextOf(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		"<p>a</p><p>b <b>c</b></p>":                           "a\nb c",
		`<a href="https://x.example/">Pay</a>`:                "Pay https://x.example/",
		`<a href="https://x.example/">https://x.example/</a>`: "https://x.example/",
		"<style>p{}</style><script>x</script>text":            "text",
		`<table><tr><th scope="col">No</th><th scope="col">Due</th></tr><tr><td>1</td><td>May</td></tr><tr><th scope="row">Total</th><td>5</td></tr></table>`: "1, Due May\nTotal, 5",
		"<table><tr><td>no</td><td>heads</td></tr></table>": "no, heads",
		"a &amp; b": "a & b",
	} {
		require.Equal(t, want, email.TextOf(document), document)
	}
}

func FuzzTextOf(f *testing.F) {
	f.Add("<table><tr><th scope=col>a<td>b</table><a href=x>")
	f.Add("<table><table><tr><td>")
	f.Fuzz(func(_ *testing.T, document string) { email.TextOf(document) })
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	at := func(names ...string) (all []email.Box) {
		for _, name := range names {
			all = append(all, email.Box{Address: name + "@acme.example"})
		}
		return all
	}
	m := email.Message{To: at("a", "A"), Cc: at("b", "a"), Bcc: at("B", "c", "C")}
	require.Equal(t, at("a", "b", "c"), m.Recipients())
	require.Equal(t, at("c"), email.Distinct(m.Bcc, slices.Concat(m.To, m.Cc)...))
	require.Equal(t, email.Box{Address: "a@b.example"}.Print(), email.Box{Name: "x", Address: "A@B.example"}.Print())
	require.NotContains(t, email.Box{Address: "a@b.example"}.Print(), "b.example")
}
