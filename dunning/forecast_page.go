package dunning

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/courrier-go/courrier"
)

//go:embed forecast.html
var pageHTML string

var pageTemplate = template.Must(template.New("simulation").Funcs(template.FuncMap{"amounts": amounts}).Parse(pageHTML))

// The timeline's measures, in SVG units.
const (
	chartWidth  = 920.0
	chartHeight = 190.0
	chartFoot   = 28.0 // below the bars, for the dates
	chartLeft   = 34.0
)

// view is what the page shows.
type view struct {
	Forecast
	Lang   courrier.Language
	Bars   []bar
	Grid   []gridLine
	Months []tick
	Height float64
	Width  float64
	Base   float64
}

// bar is a day: e-mails at the bottom, letters on top.
type bar struct {
	X, W                             float64
	EmailY, EmailH, LetterY, LetterH float64
	Title                            string
}

type gridLine struct {
	Y     float64
	Label int
}

type tick struct {
	X     float64
	Label string
}

// WriteHTML writes the page: a timeline drawn in SVG, the totals, and each day's
// reminders. It needs no other file and runs no script. A forecast without a period is
// [courrier.ErrInvalid].
func (r Forecast) WriteHTML(w io.Writer, lang courrier.Language) error {
	if err := checkPeriod(r.From, r.To); err != nil {
		return fmt.Errorf("simulation: page: %w", err)
	}
	v := view{Forecast: r, Lang: lang, Width: chartWidth, Height: chartHeight, Base: chartHeight - chartFoot}
	v.draw()
	if err := pageTemplate.Execute(w, v); err != nil {
		return fmt.Errorf("simulation: page: %w", err)
	}
	return nil
}

func (v *view) draw() {
	most := 1
	for _, d := range v.Days {
		most = max(most, len(d.Actions))
	}
	days := v.To.DaysSince(v.From) + 1
	slot := (chartWidth - chartLeft) / float64(days)
	unit := (v.Base - 12) / float64(most)
	for _, d := range v.Days {
		b := bar{X: chartLeft + slot*float64(d.On.DaysSince(v.From)) + slot*0.1, W: max(slot*0.8, 1.5)}
		b.EmailH, b.LetterH = unit*float64(d.Totals.Emails), unit*float64(d.Totals.Letters)
		b.EmailY = v.Base - b.EmailH
		b.LetterY = b.EmailY - b.LetterH
		w := v.Words()
		b.Title = fmt.Sprintf("%s – %s: %d, %s: %d", d.On.Text(v.Lang), w.Emails, d.Totals.Emails, w.Letters, d.Totals.Letters)
		v.Bars = append(v.Bars, b)
	}
	for n := 0; n <= most; n += max(1, (most+3)/4) {
		v.Grid = append(v.Grid, gridLine{v.Base - unit*float64(n), n})
	}
	for d := v.From; !d.After(v.To); d = d.AddDays(1) {
		if d.Day() == 1 || d == v.From {
			v.Months = append(v.Months, tick{chartLeft + slot*float64(d.DaysSince(v.From)), d.Text(v.Lang)})
		}
	}
	v.thinOut()
}

// thinOut drops dates that would overlap.
func (v *view) thinOut() {
	const apart = 96
	kept := v.Months[:0]
	last := -float64(apart)
	for _, t := range v.Months {
		if t.X-last >= apart && t.X <= chartWidth-apart/2 {
			kept = append(kept, t)
			last = t.X
		}
	}
	v.Months = kept
}

// words are the page's own.
type words struct {
	Title, Emails, Letters, Manual, Credits, Postage, Day, Customer, Step, By, Invoices, Amount, Person, Never, Timeline string

	Channels map[courrier.Channel]string
	Kinds    map[courrier.StepKind]string
}

var pageWords = map[courrier.Language]words{
	courrier.English: {
		"Simulation of the plan", "e-mails", "letters", "sent by a person", "credits", "postage", "Day", "Customer", "Step", "By", "Invoices", "Amount", "by a person",
		"Nothing would be sent about", "timeline",
		map[courrier.Channel]string{courrier.ChannelEmail: "e-mail", courrier.ChannelPost: "letter"},
		map[courrier.StepKind]string{courrier.StepCourtesy: "courtesy", courrier.StepReminder: "reminder", courrier.StepFormalNotice: "formal notice"},
	},
	courrier.French: {
		"Simulation du plan", "e-mails", "courriers", "envoyés par une personne", "crédits", "affranchissement", "Jour", "Client", "Étape", "Par", "Factures", "Montant", "par une personne",
		"Rien ne serait envoyé au sujet de", "chronologie",
		map[courrier.Channel]string{courrier.ChannelEmail: "e-mail", courrier.ChannelPost: "courrier"},
		map[courrier.StepKind]string{courrier.StepCourtesy: "rappel avant échéance", courrier.StepReminder: "relance", courrier.StepFormalNotice: "mise en demeure"},
	},
}

// Words returns the page's own words in its language.
func (v view) Words() words {
	if w, ok := pageWords[v.Lang]; ok {
		return w
	}
	return pageWords[courrier.English]
}

func amounts(all []courrier.Amount, lang courrier.Language) string {
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = a.Text(lang)
	}
	return strings.Join(texts, ", ")
}

// Date writes a date for the page.
func (v view) Date(d courrier.Date) string { return d.Text(v.Lang) }

// Amount writes an amount for the page.
func (v view) Amount(a courrier.Amount) string { return a.Text(v.Lang) }
