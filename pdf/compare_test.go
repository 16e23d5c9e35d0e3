//go:build unix

package pdf_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

var compare = flag.Bool("compare", false, "measure CPU time side by side with other programs and print a table")

// TestSideBySide prints the figures of docs/performance.md:
//
//	go test ./pdf -run SideBySide -compare -v
//
// CPU time is user plus system time, of this process by getrusage and of other
// programs by wait4, their children included. Rounds alternate, so that a busy
// machine slows all alike; the table shows medians.
func TestSideBySide(t *testing.T) {
	if !*compare {
		t.Skip("run with -compare")
	}
	dir := t.TempDir()
	for _, group := range []struct {
		name string
		jobs []job
	}{
		{"Inspect a letter of 10 pages", inspectJobs(t, dir)},
		{"Compose a letter of two pages with a table of 26 rows", composeJobs(t, dir)},
		{"Merge a body and ten scans, 25 MB, to a file", mergeJobs(t, dir, filepath.Join(dir, "merged.pdf"))},
		{"The same to /dev/null, without what the file system costs both", mergeJobs(t, dir, os.DevNull)},
	} {
		printTable(group.name, group.jobs)
	}
}

// job is one way to do a thing. Many calls are timed at once where one is short.
type job struct {
	name    string
	calls   int
	program []string     // run as a process, or
	run     func() error // in this one
	then    [][]string   // programs that complete the first
}

const rounds = 7

func printTable(title string, jobs []job) {
	times := make([][]time.Duration, len(jobs))
	for range rounds {
		for i, j := range jobs {
			d, err := j.cpu()
			if err != nil {
				fmt.Printf("%s: skipped: %v\n", j.name, err)
				continue
			}
			times[i] = append(times[i], d)
		}
	}
	fmt.Printf("\n%s (%s, %d rounds)\n\n| | CPU ms | of ours |\n|---|---|---|\n", title, runtime.Version(), rounds)
	ours := median(times[0])
	for i, j := range jobs {
		if len(times[i]) == 0 {
			continue
		}
		m := median(times[i])
		fmt.Printf("| %s | %.2f | %.2f |\n", j.name, m.Seconds()*1000, float64(m)/float64(ours))
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func (j job) cpu() (time.Duration, error) {
	if j.run != nil {
		runtime.GC()
		before := selfTime()
		for range j.calls {
			if err := j.run(); err != nil {
				return 0, err
			}
		}
		return (selfTime() - before) / time.Duration(j.calls), nil
	}
	total := time.Duration(0)
	for _, args := range append([][]string{j.program}, j.then...) {
		cmd := exec.Command(args[0], args[1:]...)
		if err := cmd.Run(); err != nil {
			return 0, err
		}
		total += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return total, nil
}

func selfTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func inspectJobs(t *testing.T, dir string) []job {
	path := filepath.Join(dir, "ten.pdf")
	file := tenPages(t)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	i := pdf.NewInspector(pdf.Limits{})
	o := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL), Address: pdf.AddressOnPage}
	return []job{
		{name: "pdf.Inspector", calls: 20, run: func() error {
			_, err := i.Inspect(context.Background(), file, o)
			return err
		}},
		{name: "courrier-inspect, a process", program: []string{process(t).Path, "-layout", "fr-dl", path}},
		{name: "pdfinfo + pdffonts + pdftotext", program: []string{"pdfinfo", path}, then: [][]string{{"pdffonts", path}, {"pdftotext", path, "-"}}},
		{name: "qpdf --check", program: []string{"qpdf", "--check", path}},
	}
}

func composeJobs(t *testing.T, dir string) []job {
	l := benchLetter(t)
	logo := transparentPNG(t, l.Sender.Logo)
	page := filepath.Join(dir, "letter.html")
	require.NoError(t, os.WriteFile(page, []byte(asHTML(l, logo, dir)), 0o600))
	return []job{
		{name: "pdf.Composer", calls: 20, run: func() error {
			c, err := composer()
			if err == nil {
				_, err = c.Compose(context.Background(), l, pdf.Theme{})
			}
			return err
		}},
		{name: "fpdf, used straightforwardly", calls: 10, run: func() error { return straightforward(l, logo) }},
		{name: "chromium --headless --print-to-pdf", program: []string{"chromium", "--headless", "--no-sandbox", "--disable-gpu",
			"--user-data-dir=" + filepath.Join(dir, "chromium"), "--print-to-pdf=" + filepath.Join(dir, "c.pdf"), page}},
		{name: "weasyprint", program: []string{"weasyprint", "-q", page, filepath.Join(dir, "w.pdf")}},
	}
}

func mergeJobs(t *testing.T, dir, out string) []job {
	var as pdf.Assembly
	program := []string{"qpdf", "--empty", "--pages"}
	for i, f := range scans(11, 2_270_000) {
		as.Parts = append(as.Parts, pdf.Part{File: f})
		path := filepath.Join(dir, fmt.Sprintf("scan%d.pdf", i))
		require.NoError(t, os.WriteFile(path, f, 0o600))
		program = append(program, path)
	}
	a := pdf.NewAssembler(pdf.Limits{})
	return []job{
		{name: "pdf.Assembler", calls: 3, run: func() error {
			f, err := os.Create(out)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = a.Assemble(context.Background(), f, as)
			return err
		}},
		{name: "qpdf --pages", program: append(program, "--", out)},
	}
}

// transparentPNG is the logo as a user uploads it.
func transparentPNG(t *testing.T, _ *pdf.Artwork) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 720, 240))
	for i := range 720 * 100 {
		img.SetNRGBA(i%720, 60+i/720, color.NRGBA{0x1f, 0x3a, uint8(i), 0xff})
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// straightforward sets the same letter the way the module's examples do: fonts
// and images handed over for each document.
func straightforward(l pdf.Letter, logo []byte) error {
	doc := fpdf.New("P", "mm", "A4", "")
	doc.SetMargins(25, 20, 20)
	doc.SetAutoPageBreak(true, 20)
	doc.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	doc.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	doc.AddPage()
	for _, name := range []string{"logo", "signature"} {
		doc.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "png"}, bytes.NewReader(logo))
	}
	doc.ImageOptions("logo", 25, 14, 54, 18, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	doc.SetXY(112, 56)
	doc.SetFont("sans", "", 10)
	for _, text := range l.Recipient {
		doc.SetX(112)
		doc.CellFormat(0, 5, text, "", 1, "L", false, 0, "")
	}
	doc.SetY(100)
	doc.SetFont("sans", "B", 11)
	doc.MultiCell(0, 5, l.Subject, "", "L", false)
	lang, _ := pdf.LanguageFor("fr")
	for _, b := range l.Blocks {
		doc.SetFont("sans", "", 10)
		switch b := b.(type) {
		case pdf.Paragraph:
			doc.MultiCell(0, 5, strings.ReplaceAll(string(b), "**", ""), "", "L", false)
		case pdf.InvoiceTable:
			for _, r := range b.Rows {
				for _, cell := range []string{r.Number, r.IssuedOn.String(), r.DueOn.String(), lang.Amount(r.Amount), lang.Amount(r.Paid), lang.Amount(r.Open)} {
					doc.CellFormat(27, 6, cell, "B", 0, "R", false, 0, "")
				}
				doc.Ln(6)
			}
		case pdf.Details:
			for _, r := range b.Rows {
				doc.MultiCell(0, 5, r.Label+" "+r.Value, "", "L", false)
			}
		}
	}
	doc.ImageOptions("signature", 112, doc.GetY(), 48, 16, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	return doc.Output(io.Discard)
}

// asHTML is the same letter for browsers.
func asHTML(l pdf.Letter, logo []byte, dir string) string {
	_ = os.WriteFile(filepath.Join(dir, "logo.png"), logo, 0o600)
	var b strings.Builder
	b.WriteString(`<!doctype html><meta charset="utf-8"><style>@page{size:A4;margin:20mm 20mm 20mm 25mm}body{font:10pt "Liberation Sans",sans-serif}
table{width:100%;border-collapse:collapse}td,th{border-bottom:.2mm solid #ccc;padding:1mm;text-align:right}address{margin:30mm 0 15mm 87mm;font-style:normal}</style>`)
	b.WriteString(`<img src="logo.png" width="200"><address>` + strings.Join(l.Recipient, "<br>") + `</address><h3>` + html.EscapeString(l.Subject) + `</h3>`)
	lang, _ := pdf.LanguageFor("fr")
	for _, block := range l.Blocks {
		switch v := block.(type) {
		case pdf.Paragraph:
			b.WriteString("<p>" + html.EscapeString(strings.ReplaceAll(string(v), "**", "")) + "</p>")
		case pdf.InvoiceTable:
			b.WriteString("<table><thead><tr><th>Facture<th>Émise le<th>Échéance<th>Montant<th>Réglé<th>Reste dû</thead>")
			for _, r := range v.Rows {
				fmt.Fprintf(&b, "<tr><td>%s<td>%s<td>%s<td>%s<td>%s<td>%s", r.Number, lang.Date(r.IssuedOn), lang.Date(r.DueOn), lang.Amount(r.Amount), lang.Amount(r.Paid), lang.Amount(r.Open))
			}
			b.WriteString("</table>")
		case pdf.Details:
			for _, r := range v.Rows {
				b.WriteString("<p>" + r.Label + " " + r.Value + "</p>")
			}
		}
	}
	b.WriteString(`<img src="logo.png" width="150">`)
	return b.String()
}
