package latepayment

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// FoundDeadline is a time to act that a text sets.
type FoundDeadline struct {
	On        courrier.Date // a date; none: a number of days, or at once
	Days      int           // with Unit
	Unit      string        // "d" calendar days, "wd" working days (ouvrés), "h" hours
	From      string        // "letter", "receipt" or "presentation"
	Immediate bool
	Start     int // its place in the text, in bytes
	End       int
	// Weekday is that which the text gives to the date, where it gives one.
	Weekday string
}

// String writes a deadline in short: "2026-12-08", "8d-letter", "immediate".
func (d FoundDeadline) String() string {
	switch {
	case d.Immediate:
		return "immediate"
	case !d.On.IsZero():
		return d.On.String()
	}
	return fmt.Sprintf("%d%s-%s", d.Days, d.Unit, d.From)
}

// deadlineNumbers are the numbers that are written in words.
var deadlineNumbers = map[string]int{
	"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
	"onze": 11, "douze": 12, "quatorze": 14, "quinze": 15, "vingt": 20, "vingt et un": 21, "trente": 30, "quarante-cinq": 45,
	"soixante": 60,
	"one":      1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
	"fourteen": 14, "fifteen": 15, "twenty": 20, "twenty-one": 21, "thirty": 30, "forty-five": 45, "sixty": 60,
}

// numeral is the pattern of a number in figures or in words; of two words that begin
// alike the longer one comes first.
var numeral = numeralPattern()

func numeralPattern() string {
	words := slices.Sorted(maps.Keys(deadlineNumbers))
	slices.Reverse(words)
	return `\d+|` + strings.Join(words, "|")
}

// numberOfWord reads what numeral matches.
func numberOfWord(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return deadlineNumbers[s]
}

var (
	daysWithin = regexp.MustCompile(`(?:sous|dans (?:un |le )?delai (?:maximum |maximal |imperatif |de rigueur )?(?:de )?|dans les|` +
		`dans|d'ici|endeans|` +
		`disposez (?:d'un delai )?de|avez|accordons (?:un delai de )?|within(?: a period of)?|in the next|you have) ?(?:les )?(` +
		numeral + `)(?: \((?:\d+|[a-z-]+)\))? ?(jours? ouvres?|jours? ouvrables?|jours?|heures?|h\b|semaines?|working days?|` +
		`business days?|days?|hours?|weeks?)`)
	idioms = regexp.MustCompile(`\b(huitaine|quinzaine)\b|(?:sous|dans|d'ici|within) (?:une|la|a|one) (semaine|week)\b`)
	atOnce = anyOf(
		`\bsans (?:aucun |plus de )?delai\b|des (?:la )?reception|\ba (?:la )?reception\b|immediatement`,
		`sans (?:plus )?attendre|par retour(?: de (?:courrier|mail))?|des (?:ce jour|aujourd'hui|a present)`,
		`without (?:any )?(?:further )?delay|immediately|forthwith|(?:upon|on) receipt|at once|by return`,
	)
	byDate = regexp.MustCompile(`(?:au plus tard (?:le |au |pour le )?|avant le |d'ici (?:le |au )?|jusqu'au |pour le |` +
		`no later than |not later than |by |` +
		`before |until |on or before )(?:the )?(?:(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|` +
		`thursday|friday|saturday|sunday),? )?(?:the )?(\d{1,2})(?:er|st|nd|rd|th)? ?(?:(` + monthPattern +
		`) ?(\d{4})|[/.-](\d{1,2})[/.-](\d{4}))`)
	noDeadline = anyOf(
		`delai de paiement|payables? (?:a|sous)|mise en paiement|payment (?:period|terms?)|jours de retard|days late`,
		`echue?s? (?:depuis|le)|conditions (?:de paiement|generales)|exigibles?|seront dus|arretee? au`,
	)
	presented = regexp.MustCompile(`premiere presentation|presentation de|first presentation`)
	received  = regexp.MustCompile(`reception|recu|receipt|received`)
	weekdays  = map[string]time.Weekday{
		"lundi": time.Monday, "mardi": time.Tuesday, "mercredi": time.Wednesday, "jeudi": time.Thursday, "vendredi": time.Friday,
		"samedi": time.Saturday, "dimanche": time.Sunday,
		"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday, "friday": time.Friday,
		"saturday": time.Saturday, "sunday": time.Sunday,
	}
)

// FindDeadlines finds the times to act that a text sets, in their order: dates, days
// in figures and in words ("sous huitaine", "dans un délai de quinze (15) jours à
// compter de la réception"), and what is to be done at once. Terms of payment, due
// dates and times that the law sets are none; nor is "dans les meilleurs délais".
func FindDeadlines(text string) []FoundDeadline { return deadlinesIn(sentencesOf(text)) }

func deadlinesIn(sentences []sentence) []FoundDeadline {
	var all []FoundDeadline
	for i := range sentences {
		all = append(all, deadlinesOf(&sentences[i])...)
	}
	return all
}

// In every sentence that sets a deadline of a kind stands one of its words.
var (
	dateWords  = []string{"plus tard", "avant le", "d'ici", "jusqu'au", "pour le", "later than", "by ", "before ", "until "}
	daysWords  = []string{"jour", "heure", " h", "0h", "2h", "4h", "semaine", "day", "hour", "week"}
	idiomWords = []string{"huitaine", "quinzaine", "semaine", "week"}
	onceWords  = []string{
		"sans delai", "sans aucun delai", "sans plus de delai", "reception", "immediatement", "attendre", "par retour",
		"des ce jour", "des aujourd'hui", "des a present",
		"delay", "immediately", "forthwith", "receipt", "at once", "by return",
	}
)

func deadlinesOf(s *sentence) []FoundDeadline {
	all := datesBy(s)
	days := daysIn(s)
	if len(all) == 0 && len(days) == 0 && s.hints.has(onceList) && atOnce.MatchString(s.folded) {
		days = append(days, s.deadline(FoundDeadline{Immediate: true}))
	}
	if len(days) > 0 && noDeadline.MatchString(s.folded) {
		return all
	}
	return append(all, days...)
}

func (s *sentence) deadline(d FoundDeadline) FoundDeadline {
	d.Start, d.End = s.start, s.end
	return d
}

// datesBy finds the dates by which a sentence wants something.
func datesBy(s *sentence) []FoundDeadline {
	if !s.hints.has(dateList) {
		return nil
	}
	var all []FoundDeadline
	for _, m := range byDate.FindAllStringSubmatch(s.folded, -1) {
		if on := dateIn3(m[2], m[3]+m[5], m[4]+m[6]); !on.IsZero() {
			all = append(all, s.deadline(FoundDeadline{On: on, Weekday: m[1]}))
		}
	}
	return all
}

// daysIn finds numbers of days, in figures, in words and in idioms.
func daysIn(s *sentence) []FoundDeadline {
	var all []FoundDeadline
	if s.hints.has(daysList) {
		if m := daysWithin.FindStringSubmatchIndex(s.folded); m != nil {
			all = append(all, s.deadline(daysOf(s.folded[m[2]:m[3]], s.folded[m[4]:m[5]], s.folded[m[1]:])))
		}
	}
	if s.hints.has(idiomList) {
		if m := idioms.FindStringIndex(s.folded); m != nil {
			all = append(all, s.deadline(FoundDeadline{Days: idiomDays(s.folded[m[0]:m[1]]), Unit: "d",
				From: countedFrom(s.folded[m[1]:])}))
		}
	}
	return all
}

// idiomDays is how many days custom takes an idiom for.
func idiomDays(idiom string) int {
	switch {
	case strings.HasSuffix(idiom, "quinzaine"):
		return 15
	case strings.HasSuffix(idiom, "huitaine"):
		return 8
	}
	return 7
}

func daysOf(number, unit, rest string) FoundDeadline {
	d := FoundDeadline{Days: numberOfWord(number), Unit: "d", From: countedFrom(rest)}
	switch {
	case strings.HasPrefix(unit, "jour") && strings.Contains(unit, "ouvre"), strings.Contains(unit, "working"),
		strings.Contains(unit, "business"):
		d.Unit = "wd"
	case strings.HasPrefix(unit, "h"):
		d.Unit = "h"
	case strings.HasPrefix(unit, "semaine"), strings.HasPrefix(unit, "week"):
		d.Days *= 7
	}
	return d
}

// countedFrom says what a number of days is counted from, by what follows it.
func countedFrom(rest string) string {
	rest = rest[:min(len(rest), 70)]
	switch {
	case presented.MatchString(rest):
		return "presentation"
	case received.MatchString(rest):
		return "receipt"
	}
	return "letter"
}

func dateIn3(day, month, year string) courrier.Date {
	d, _ := strconv.Atoi(day)
	m, err := strconv.Atoi(month)
	if err != nil {
		m = monthOf(month)
	}
	y, _ := strconv.Atoi(year)
	on, err := courrier.ParseDate(fmt.Sprintf("%04d-%02d-%02d", y, m, d))
	if err != nil {
		return courrier.Date{}
	}
	return on
}

// deadlines judges the deadlines of a letter: that a notice has one, on a working day,
// with its own weekday.
func (f *LetterFacts) deadlines(sentences []sentence) []Finding {
	found := deadlinesIn(sentences)
	var all []Finding
	var calendar Calendar
	for _, d := range found {
		if d.On.IsZero() {
			continue
		}
		at := Finding{Start: d.Start, End: d.End, Phrase: d.On.String()}
		if d.Weekday != "" && weekdays[d.Weekday] != d.On.Weekday() {
			at.Key, at.Why = ClaimDateMismatch, "weekday and date disagree: it is a "+d.On.Weekday().String()
			all = append(all, at)
		}
		if !calendar.IsWorkingDay(d.On, MondayToFriday) {
			at.Key, at.Why = AdviceWorkingDay, "the last day is a Saturday, a Sunday or a public holiday"
			all = append(all, at)
		}
	}
	if len(found) == 0 && f.Kind == courrier.StepFormalNotice {
		all = append(all, Finding{Key: AdviceNoDeadline, Why: "a firm demand has a date"})
	}
	return all
}
