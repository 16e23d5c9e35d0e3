package pdf

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// dossier lays an evidence file out: a cover with the parties, the debt and the
// steps at a glance; then the steps, one below the other; then each exhibit on
// pages of its own. The cover names pages that are not laid out yet, so it is all
// laid out again until they stand where it says.
type dossier struct {
	*setter
	maker    *EvidenceMaker
	ev       dunning.Evidence
	from     courrier.Sender
	words    evidenceWords
	exhibits []*exhibit

	stepPages []int // of each step, from 1, as the last round found them
	outline   []outlineItem
	drawn     int // pages of exhibits
}

func (m *EvidenceMaker) dossier(ev dunning.Evidence, from courrier.Sender, lang courrier.Language, exhibits []*exhibit) *dossier {
	words := evidenceWordsIn(lang)
	words.zone = time.UTC
	if zone, err := time.LoadLocation(ev.Zone); err == nil {
		words.zone = zone
	}
	return &dossier{maker: m, ev: ev, from: from, words: words, exhibits: exhibits, stepPages: make([]int, len(ev.Steps))}
}

// settle lays the file out until the pages that it names are where they are.
func (d *dossier) settle() error {
	for range 6 {
		before := d.pageNumbers()
		d.round()
		if d.checks.Err() != nil || d.pageNumbers() == before {
			return d.checks.Err()
		}
	}
	return fmt.Errorf("%w: the pages of the evidence file do not settle", courrier.ErrUnsupported)
}

func (d *dossier) pageNumbers() string {
	out := fmt.Sprint(d.stepPages)
	if d.setter != nil {
		out += fmt.Sprint(len(d.missing) > 0, len(d.pages))
	}
	for _, x := range d.exhibits {
		out += fmt.Sprint(x.first, x.last)
	}
	return out
}

// round lays everything out once.
func (d *dossier) round() {
	substituted := d.setter != nil && len(d.missing) > 0
	lang, _ := LanguageFor(d.words.language)
	theme := d.maker.theme.withDefaults()
	d.setter = &setter{press: d.maker.composer.press, faces: d.maker.faces, theme: theme, lang: lang, tree: newStructure()}
	d.letter = Letter{Date: d.ev.On, Glyphs: GlyphsSubstitute}
	d.letter.Subject = d.ready(d.words.file + " – " + d.words.invoice + " " + string(d.ev.Invoice))
	d.head = d.letter.Subject
	if party := partyLines(d.from); len(party) > 0 {
		d.letter.Sender.Name = d.ready(party[0]) // the file's author
	}
	d.bottom, d.outline, d.drawn = d.bodyBottom(), nil, 0
	d.newPage()
	d.cover(substituted)
	d.steps()
	for _, x := range d.exhibits {
		d.exhibitPages(x)
	}
	d.foot()
}

// ready makes any text ready for the page.
func (d *dossier) ready(s string) string { return d.prepare(s, "") }

// heading begins a part of the file.
func (d *dossier) heading(r role, size float64, title string, nested bool) {
	st := style{size: size, bold: true, colour: d.theme.Accent}
	lines := d.faces.breakLines(title, st, textWidth)
	d.need(float64(len(lines))*st.leading() + 25) // with some of what it heads
	d.outline = append(d.outline, outlineItem{title: title, page: len(d.pages) - 1, nested: nested})
	d.leaf(r, func() { d.flow(leftEdge, lines, st, 0) })
	d.advance(1.5)
}

func (d *dossier) date(on courrier.Date) string {
	return on.Text(courrier.Language(d.words.language))
}

func (d *dossier) amount(a courrier.Amount) string {
	if a.IsZero() {
		return ""
	}
	return a.Text(courrier.Language(d.words.language))
}

// steps sets the chronology.
func (d *dossier) steps() {
	if len(d.ev.Steps) == 0 {
		return
	}
	d.newPage()
	d.heading(roleHeading2, 13, d.ready(d.words.chronology), false)
	for i, s := range d.ev.Steps {
		title := strconv.Itoa(i+1) + ". " + capital(d.words.titleOf(s))
		if !s.SentOn.IsZero() {
			title += " – " + d.date(s.SentOn)
		}
		d.heading(roleHeading3, 11, d.ready(title), true)
		d.stepPages[i] = len(d.pages)
		d.step(i, s)
		d.advance(3)
	}
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func (d *dossier) step(i int, s dunning.EvidenceStep) {
	d.details(Details{Rows: d.facts(s)}, 0)
	if s.InDoubt {
		d.paragraph(d.ready(d.words.doubt), 0)
	}
	if s.Imported {
		d.paragraph(d.ready(d.words.imported), 0)
	}
	var documents []string
	for _, x := range d.exhibits {
		if x.step == i {
			documents = append(documents, d.ready(d.reference(x)))
		}
	}
	d.titled(d.words.documents, func() { d.smallList(documents) }, len(documents) > 0)
	d.titled(d.words.text, func() { d.sent(i, s) }, !s.Again && (s.Text != "" || s.Message.Body != ""))
	var acts []string
	for _, a := range s.Log {
		acts = append(acts, d.ready(d.act(a)))
	}
	d.titled(d.words.log, func() { d.smallList(acts) }, len(acts) > 0)
}

// titled sets a small title above what belongs to a step.
func (d *dossier) titled(title string, set func(), wanted bool) {
	if !wanted {
		return
	}
	st := style{size: d.theme.BodySize, bold: true, colour: ink}
	d.need(3 * st.leading())
	d.leaf(roleParagraph, func() { d.flow(leftEdge, d.faces.breakLines(d.ready(title), st, textWidth), st, 0) })
	set()
}

// smallList sets the lines of a step in small type.
func (d *dossier) smallList(items []string) {
	st := style{size: d.theme.BodySize - 0.5, colour: ink}
	d.group(roleList, func() {
		for _, item := range items {
			d.group(roleItem, func() {
				lines := d.faces.breakLines(escapeMarks(item), st, textWidth-listIndent)
				if d.take(len(lines), st.leading(), 0) == 0 {
					d.newPage()
				}
				d.leaf(roleLabel, func() { d.text(leftEdge+1, d.y+st.baseline(), "–", st) })
				d.leaf(roleBody, func() { d.flow(leftEdge+listIndent, lines, st, 0) })
			})
		}
	})
	d.advance(paragraphGap)
}

// reference names an exhibit and where it is.
func (d *dossier) reference(x *exhibit) string {
	text := fmt.Sprintf("%s %d : %s", d.words.piece, x.number, d.words.partName(x.Kind))
	if d.words.language != "fr" {
		text = fmt.Sprintf("%s %d: %s", d.words.piece, x.number, d.words.partName(x.Kind))
	}
	if x.first > 0 {
		return fmt.Sprintf("%s, %s %d", text, strings.ToLower(d.words.page), x.first)
	}
	return text + ", " + x.note
}

// sentOn is where the day of a step stands among its facts.
const sentOn = 5

// facts are the labels and values of a step; what is empty is left out.
func (d *dossier) facts(s dunning.EvidenceStep) []Field {
	w, labels := d.words, d.words.fields
	if s.Task != "" { // nothing was sent, by any channel, nor claimed
		s.Channel, s.Total, labels[sentOn] = "", courrier.Amount{}, w.doneOn
	}
	values := [15]string{
		w.state(s), w.value(s.Reason), w.value(string(s.Channel)), strings.Join(s.To, "\n"), w.value(string(s.Service)),
		d.date(s.SentOn),
		w.value(string(s.Status)), d.date(s.PostedOn), d.date(s.PresentedOn), d.date(s.DeliveredOn), d.date(s.ReturnedOn),
		w.value(string(s.Return)),
		s.Tracking, d.amount(s.Total), string(s.Reminder),
	}
	var rows []Field
	for i, v := range values {
		if v != "" {
			rows = append(rows, Field{d.ready(labels[i]), escapeMarks(d.ready(v))})
		}
	}
	return rows
}

// act is one line of a log.
func (d *dossier) act(a dunning.ReminderAct) string {
	if a.At.IsZero() {
		return d.words.act(a)
	}
	at := a.At.In(d.words.zone)
	return d.date(courrier.DateOf(at)) + d.words.at + at.Format("15:04") + " – " + d.words.act(a)
}

// sent sets the text that left: of an e-mail all of it; of a letter that is an
// exhibit the page where it stands.
func (d *dossier) sent(i int, s dunning.EvidenceStep) {
	for _, x := range d.exhibits {
		if x.step == i && x.Kind == "letter" && x.first > 0 {
			d.paragraph(d.ready(fmt.Sprintf(d.words.seeLetter, x.number, x.first)), 0)
			return
		}
	}
	body := s.Message.Body
	if s.Text != "" {
		body = escapeMarks(s.Text)
	}
	if s.Message.Subject != "" {
		d.paragraph("**"+escapeMarks(d.ready(s.Message.Subject))+"**", 0)
	}
	for _, text := range strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n") {
		if text = strings.TrimSpace(text); text != "" && text != dunning.TableMark {
			d.sentBlock(textBlock(text))
		}
	}
}

func (d *dossier) sentBlock(b Block) {
	switch b := b.(type) {
	case Paragraph:
		d.paragraph(d.ready(string(b)), 0)
	case List:
		d.list(List{Items: d.texts(b.Items)}, 0)
	}
}

func escapeMarks(s string) string { return strings.ReplaceAll(s, "*", `\*`) }
