package pdf

import (
	"math"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// cover is what a lawyer needs at a glance: who, how much, what was done when, and
// where to find it.
func (d *dossier) cover(substituted bool) {
	d.y = 22
	d.heading(roleHeading, 17, d.ready(d.words.file), false)
	d.plainLine(d.words.invoice+" "+string(d.ev.Invoice), style{size: 11, bold: true, colour: ink})
	d.plainLine(d.words.made+" "+d.date(d.ev.On), d.small())
	d.advance(3)
	d.parties()
	d.details(Details{Rows: d.debt()}, 0)
	d.paragraph(d.ready(d.words.intro), 0)
	if substituted {
		d.paragraph(d.words.substituted, 0)
	}
	d.heading(roleHeading2, 11, d.ready(d.words.steps), false)
	d.plain(d.glance())
	if len(d.exhibits) > 0 {
		d.heading(roleHeading2, 11, d.ready(d.words.documents), false)
		d.plain(d.exhibitList())
	}
}

// plainLine sets a line below the title.
func (d *dossier) plainLine(text string, st style) {
	d.leaf(roleParagraph, func() { d.flow(leftEdge, d.faces.breakLines(d.ready(text), st, textWidth), st, 0) })
}

// parties sets the creditor and the debtor side by side.
func (d *dossier) parties() {
	const width = textWidth/2 - columnGap
	title, st := style{size: d.theme.BodySize, bold: true, colour: d.theme.Accent}, d.body()
	top, end := d.y, d.y
	for i, party := range []struct {
		name  string
		lines []string
	}{{d.words.creditor, partyLines(d.from)}, {d.words.debtor, d.debtor()}} {
		x := leftEdge + float64(i)*(textWidth/2+columnGap/2)
		y := d.stack(x, top, d.lines(d.ready(party.name), title, width), title)
		var lines []line
		for _, text := range party.lines {
			lines = append(lines, d.faces.breakLines(d.ready(text), st, width)...)
		}
		const most = 24 // what a cover holds beside the rest; the steps give every line
		if len(lines) > most {
			lines = append(lines[:most:most], d.faces.breakLines("…", st, width)...)
		}
		end = math.Max(end, d.stack(x, y, lines, st))
	}
	d.y = end + 4
}

// debtor are the lines that the last letter went to, else the addresses of the
// last e-mail.
func (d *dossier) debtor() []string {
	out := []string{}
	for _, s := range d.ev.Steps {
		if len(s.To) > 0 && (s.Channel == courrier.ChannelPost || len(out) == 0) {
			out = s.To
		}
	}
	if d.ev.Customer != "" {
		out = append(out[:len(out):len(out)], d.words.customer+" "+string(d.ev.Customer))
	}
	return out
}

func (d *dossier) debt() []Field {
	rows := []Field{{d.ready(d.words.invoice), d.ready(string(d.ev.Invoice))}}
	for i := len(d.ev.Steps) - 1; i >= 0; i-- {
		if s := d.ev.Steps[i]; s.Task == "" && !s.Total.IsZero() && !s.SentOn.IsZero() {
			return append(rows, Field{d.ready(d.words.claimed), d.ready(d.amount(s.Total))})
		}
	}
	return rows
}

// glance is the table of the steps.
func (d *dossier) glance() plainTable {
	t := plainTable{widths: []float64{9, 27, 52, 24, 41, textWidth - 153}}
	for _, text := range []string{"", d.words.date, d.words.step, d.words.by, d.words.outcome, d.words.page} {
		t.head = append(t.head, d.ready(text))
	}
	for i, s := range d.ev.Steps {
		texts := []string{strconv.Itoa(i + 1), d.date(s.SentOn), capital(d.words.titleOf(s)), d.words.value(string(s.Channel)),
			d.outcome(s), strconv.Itoa(d.stepPages[i])}
		t.rows = append(t.rows, d.texts(texts))
	}
	return t
}

func (d *dossier) texts(in []string) []string {
	out := make([]string, len(in))
	for i, text := range in {
		out[i] = d.ready(text)
	}
	return out
}

// outcome says in a few words what became of a step.
func (d *dossier) outcome(s dunning.EvidenceStep) string {
	w := d.words
	end := map[courrier.Status]courrier.Date{courrier.StatusDelivered: s.DeliveredOn, courrier.StatusReturned: s.ReturnedOn,
		courrier.StatusPosted: s.PostedOn}
	switch on := end[s.Status]; {
	case s.InDoubt:
		return w.unsure
	case s.Imported:
		return w.act(dunning.ReminderAct{Act: "imported"})
	case s.Task != "":
		return w.state(s)
	case s.Status == "" && s.SentOn.IsZero():
		return w.notSent
	case s.Status == "":
		return w.state(s)
	case !on.IsZero():
		return w.value(string(s.Status)) + ", " + d.date(on)
	}
	return w.value(string(s.Status))
}

// exhibitList is the table of the exhibits.
func (d *dossier) exhibitList() plainTable {
	t := plainTable{widths: []float64{14, textWidth - 14 - 14 - 16, 14, 16}}
	for _, text := range []string{d.words.piece, d.words.sum, d.words.step, d.words.page} {
		t.head = append(t.head, d.ready(text))
	}
	for _, x := range d.exhibits {
		page, name := "–", d.words.partName(x.Kind)
		if x.Name != "" {
			name += " – " + x.Name
		}
		if x.first > 0 {
			page = strconv.Itoa(x.first)
		} else {
			name += " (" + x.note + ")"
		}
		t.rows = append(t.rows, d.texts([]string{strconv.Itoa(x.number), name + "\n" + string(x.Sum), strconv.Itoa(x.step + 1), page}))
	}
	return t
}
