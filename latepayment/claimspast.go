package latepayment

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// pastTurn is one way to tell of what was sent before.
type pastTurn struct {
	words  []string // one of them stands in the sentence
	says   *regexp.Regexp
	kinds  []courrier.StepKind
	plural bool
}

// pastWords are how a letter tells of what was sent before, with the kind that must be
// in the history; the last group is of what no history of letters holds.
var pastWords = []pastTurn{
	{letterNouns, regexp.MustCompile(`\b(?:nos|plusieurs|nombreuses|differentes|multiples|precedentes|our|` +
		`several)(?: [a-z]+)? (?:relances?|rappels?|lettres?|` +
		`courriers?|courriels?|(?:e-?)?mails?|messages?|reminders?|letters?|` +
		`notices? of reminder)\b`), []courrier.StepKind{courrier.StepReminder, courrier.StepFormalNotice, courrier.StepCourtesy}, true},
	{letterNouns, regexp.MustCompile(`\b(?:notre|une (?:premiere|precedente)|our|a previous)(?: (?:precedente?|derniere?|premiere?|` +
		`last|first|previous|` +
		`earlier))? (?:relance|rappel|lettre|courrier|courriel|e-?mail|message|reminder|letter)\b(?:[^.;]{0,6}(?:du|des|de|en date|` +
		`precedente?|est|reste|demeure|sans|of|dated|has|remains)|$|,|` +
		` la facture)`), []courrier.StepKind{courrier.StepReminder, courrier.StepFormalNotice, courrier.StepCourtesy}, false},
	{remindNouns, regexp.MustCompile(`\b(?:malgre|apres|depuis|suite a|despite|in spite of|following) (?:une |plusieurs |nos |notre |` +
		`de |multiples |our |several |` +
		`a )*(?:relances?|rappels?|` +
		`reminders?)\b`), []courrier.StepKind{courrier.StepReminder, courrier.StepFormalNotice, courrier.StepCourtesy}, false},
	{noticeNouns, anyOf(
		`\b(?:notre|nos|une|our)(?: (?:precedentes?|dernieres?|premieres?|previous|earlier))? (?:mises? en demeure|`+
			`formal notices?)\b[^.;]{0,4}(?:du|des|de |en date|est reste|precedente|restee|of|dated|remains)`,
		`\b(?:malgre|suite a|despite|following) (?:notre|nos|la|our) (?:mises? en demeure|formal notices?)`,
	), []courrier.StepKind{courrier.StepFormalNotice}, false},
	{orderWords, anyOf(
		`(?:pour la|(?:ceci|voici|il s'agit)[^.;]{0,12}|notre|cette|our|for the|this is (?:the|our|a)) (` + ordinal + `) (?:fois|relance|` +
			`rappel|lettre|courrier|reminder|letter|notice|time|mise en demeure)`,
	), []courrier.StepKind{courrier.StepReminder, courrier.StepFormalNotice, courrier.StepCourtesy}, false},
	{writtenWords, anyOf(
		`(?:nous vous (?:l')?avons|je vous (?:l')?ai) (?:deja |souvent |encore |maintes fois )*(?:ecrit|relances?|relancee|rappele|`+
			`contacte|sollicite)\b[^.;]*`,
		`avons (?:deja )?(?:adresse|envoye)[^.;]{0,20}(?:relances?|rappels?|mise en demeure)[^.;]*`,
		`we (?:have )?(?:already |repeatedly |often )*(?:reminded|written to|contacted) you[^.;]*`,
	), []courrier.StepKind{courrier.StepReminder, courrier.StepFormalNotice, courrier.StepCourtesy}, false},
	{otherContacts, anyOf(
		`\b(?:nos|notre|our|plusieurs)(?: [a-z]+)? (?:appels?|entretiens?|conversations?|echanges?|calls?|conversation)\b`,
		`par telephone[^.;]{0,20}(?:convenu|promis|confirme)`,
		`(?:rappele|dit|indique|precise|signale|confirme)[^.;]{0,20}(?:(?:au|par) telephone|de vive voix)`,
		`\b(?:vos|votre) promesses?\b|\b(?:vos|votre) engagements? (?:de (?:reglement|paiement)|du \d|pris)`,
		`(?:comme|ainsi que) (?:convenu|promis)|(?:nous vous avons|je vous ai) (?:deja )?(?:appele|telephone|eue? au)`,
		`(?:nos|plusieurs|multiples|our|several)(?: \w+)? (?:tentatives|attempts)|tente de vous (?:joindre|appeler)`,
		`vous (?:nous |m')?(?:aviez|avez) (?:promis|confirme|indique|assure)|vous vous (?:etiez|etes) (?:pourtant )?engagee?s?`,
		`conformement a (?:notre|votre) (?:accord|engagement|promesse)|as (?:agreed|discussed|promised)`,
		`(?:malgre|contrairement a|en depit de|au mepris de|despite|contrary to) (?:vos|votre|your) (?:promesses?|engagements?|`+
			`promises?|commitments?)`,
		`vous (?:nous |m')?(?:aviez|avez) (?:accepte|sollicite|demande|obtenu|propose) (?:un|le|notre|votre|cet|des|`+
			`ce) (?:\w+ )?(?:echeancier|delai|`+
			`plan|reglement|paiement)|vous (?:nous |m')?(?:promettiez|annonciez|assuriez|confirmiez|indiquiez)`,
		`n'avez pas (?:tenu|respecte) (?:vos|votre|l'|le|la) ?(?:promesses?|engagements?|parole|accord)`,
		`you (?:had )?(?:promised|agreed|confirmed)`,
	), nil, false},
}

// What a letter can tell of: one of these words is in the sentence.
var (
	letterNouns   = []string{"relance", "rappel", "lettre", "courrier", "courriel", "mail", "message", "reminder", "letter", "notice"}
	orderWords    = []string{"ieme", "second", "third", "fourth", "fifth", "2e", "3e", "4e", "5e", "2nd", "3rd", "4th", "5th"}
	remindNouns   = []string{"relance", "rappel", "reminder"}
	noticeNouns   = []string{"en demeure", "formal notice"}
	writtenWords  = []string{"vous avons", "vous l'avons", "vous ai ", "vous l'ai ", "reminded you", "written to you", "contacted you"}
	otherContacts = []string{
		"appel", "engage", "entretien", "tentative", "tente de", "attempt", "conversation", "echange", "call", "telephone", "convenu",
		"promis", "promet", "accepte", "annonc", "obtenu",
		"propos", "echeancier",
		"confirm", "indique", "assur", "accord", "engagement", "promesse", "agreed", "discussed",
	}
)

var notOfThePast = anyOf(
	`(?:this is|ceci est|voici|il s'agit de) (?:our|notre|la|une) (?:first|premiere?)`,
	`\b(?:aucune|sans) (?:relance|rappel|lettre)|engagements? contractuel|prochaines? relances?|avant (?:relance|rappel|mise en demeure)`,
	`frais de (?:relance|rappel)`,
)

// falsePast finds what a sentence tells of the past that the history does not hold: what
// was not sent, and days on which nothing was.
func (f *LetterFacts) falsePast(s *sentence) []Finding {
	const why = "what a letter tells of the past is true of the record"
	for n := range pastWords {
		w := &pastWords[n]
		if !s.hints.has(firstPast + n) {
			continue
		}
		place := w.says.FindStringIndex(s.folded)
		if place == nil || notOfThePast.MatchString(s.folded) {
			continue
		}
		sent := f.sent(w.kinds)
		told := s.folded[place[0]:place[1]]
		if len(sent) < w.least(told, s.folded) {
			return []Finding{s.finding(ClaimFalsePast, why)}
		}
		for _, day := range datesAfter(s.folded[place[0]:], f.On) {
			if !day.among(sent) {
				return []Finding{s.finding(ClaimFalsePast, why)}
			}
		}
	}
	return nil
}

// least is how many letters a turn tells of at least.
func (w *pastTurn) least(told, sentence string) int {
	if n := timesTold.FindStringSubmatch(sentence); n != nil && w.kinds != nil {
		return numberOfWord(n[1] + n[2])
	}
	if n := ordinals[anOrdinal.FindString(told)]; n > 0 { // this letter may be the last of them
		return n - 1
	}
	if w.plural && !oneOf(told) || manyTimes.MatchString(told) {
		return 2
	}
	return 1
}

// ordinals count letters; ordinal is their pattern.
var ordinals = map[string]int{
	"deuxieme": 2, "second": 2, "seconde": 2, "2e": 2, "2eme": 2, "2nd": 2, "troisieme": 3, "third": 3, "3e": 3, "3eme": 3, "3rd": 3,
	"quatrieme": 4, "fourth": 4, "4e": 4, "4th": 4, "cinquieme": 5, "fifth": 5, "5e": 5, "5th": 5,
}

const ordinal = `deuxieme|seconde?|troisieme|quatrieme|cinquieme|second|third|fourth|fifth|[2-5](?:e|eme|nd|rd|th)`

var anOrdinal = regexp.MustCompile(ordinal)

// timesTold is how often a letter says that something was sent: "nos trois relances",
// "à deux reprises".
var timesTold = anyOf(
	`\b(?:nos|our|malgre|apres|despite|after) (?:les )?(`+numeral+`)\b[a-z ]{0,20}`+
		`(?:relances?|rappels?|lettres?|courriers?|courriels?|mails?|messages?|mises? en demeure|reminders?|letters?|notices?)`,
	`\ba (`+numeral+`) reprises`,
)

// manyTimes is in what tells of more than one.
var manyTimes = regexp.MustCompile(`plusieurs|maintes|a \w+ reprises|\bfois\b|several times|repeatedly|often`)

// oneOf reports whether a turn speaks of one letter.
func oneOf(s string) bool { return len(s) > 0 && s[len(s)-1] != 's' }

// sent lists the days on which letters of some kinds were sent.
func (f *LetterFacts) sent(kinds []courrier.StepKind) []courrier.Date {
	var days []courrier.Date
	for _, p := range f.History {
		for _, k := range kinds {
			if p.Kind == k {
				days = append(days, p.On)
			}
		}
	}
	return days
}

// told is a date as a text tells it: without year, or month, where a later one of its
// list has them.
type told struct{ day, month, year int }

func (t told) among(days []courrier.Date) bool {
	for _, d := range days {
		y, m, day := d.Civil()
		if day == t.day && (t.month == 0 || int(m) == t.month) && (t.year == 0 || y == t.year) {
			return true
		}
	}
	return false
}

var (
	afterNoun = regexp.MustCompile(`^[^,.;]{0,60}?(?:relances?|rappels?|lettres?|courriers?|courriels?|e-?mails?|messages?|demeure|` +
		`ecrit|contacte|reminders?|` +
		`letters?|notices?|you)[a-z ]{0,20}?(?:du|des|de|le|en date du|of|on|dated) `)
	aDate  = regexp.MustCompile(`^(?:\d{1,2})(?:er|st|nd|rd|th)?(?: (?:` + monthPattern + `)(?: \d{4})?|[/.-]\d{1,2}[/.-]\d{2,4})?`)
	aJoint = regexp.MustCompile(`^(?:,? et (?:du |le )?|,? and (?:of )?|, (?:du |le )?)`)
)

const monthPattern = `janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|january|february|march|` +
	`april|` +
	`may|june|july|august|september|october|november|december`

// datesAfter reads the list of dates behind the noun that a turn of the past ends
// with: "nos relances des 13 octobre et 10 novembre 2026".
func datesAfter(s string, on courrier.Date) []told {
	noun := afterNoun.FindString(s)
	if noun == "" {
		return nil
	}
	s = s[len(noun):]
	var all []told
	for {
		text := aDate.FindString(s)
		if text == "" {
			break
		}
		all = append(all, toldOf(text))
		s = s[len(text):]
		joint := aJoint.FindString(s)
		if joint == "" {
			break
		}
		s = s[len(joint):]
	}
	for i := len(all) - 2; i >= 0; i-- { // "des 3, 13 octobre et 10 novembre 2026"
		if all[i].month == 0 {
			all[i].month = all[i+1].month
		}
		if all[i].year == 0 {
			all[i].year = all[i+1].year
		}
	}
	return all
}

var numberOrName = regexp.MustCompile(`\d+|` + monthPattern)

func toldOf(text string) told {
	var t told
	for i, part := range numberOrName.FindAllString(text, 3) {
		n, err := strconv.Atoi(part)
		if err != nil {
			n = monthOf(part)
		}
		switch i {
		case 0:
			t.day = n
		case 1:
			t.month = n
		default:
			t.year = n
			if n < 100 {
				t.year += 2000
			}
		}
	}
	return t
}

func monthOf(name string) int {
	for m, names := range monthNames {
		for _, n := range names {
			if n == name {
				return m + 1
			}
		}
	}
	return 0
}

// subjectWords begin the line of a letter that says what it is about, in capitals or not.
var subjectWords = []string{"objet", "object", "subject", "re", "betreff"}

// subjectOf returns the first such line of a text, folded from its colon on.
func subjectOf(text string) (sentence, bool) {
	start := 0
	for row := range strings.Lines(text) {
		trimmed := strings.TrimRight(row, "\n")
		label, subject, named := strings.Cut(trimmed, ":")
		if named && slices.Contains(subjectWords, foldSentence(strings.TrimSpace(label))) {
			return sentence{text: trimmed, start: start, end: start + len(trimmed), folded: foldSentence(subject)}, true
		}
		start += len(row)
	}
	return sentence{}, false
}

var (
	noticeWords  = regexp.MustCompile(`mises? en demeure|formal notice|letter before action|notice of default|formliche mahnung`)
	beforeNotice = regexp.MustCompile(`(?:avant|before|prior to|sans|eviter) (?:une |la |toute |the |any |a )?(?:mise en demeure|` +
		`formal notice|letter before action)`)
	earlier = anyOf(
		`(?:suite a|apres|following|after|rappel de|malgre) (?:notre|la|our|the) (?:mise en demeure|formal notice)`,
		`notre mise en demeure du|our formal notice of`,
	)
	remindWords = regexp.MustCompile(`\b(?:rappels?|relances?|reminders?|zahlungserinnerung)\b`)
)

// title judges the subject of a letter, where it has one: a line that begins with
// "Objet :".
func (f *LetterFacts) title(text string) []Finding {
	title, ok := subjectOf(text)
	if !ok {
		return nil
	}
	notice := noticeWords.MatchString(title.folded) && !beforeNotice.MatchString(title.folded)
	switch {
	case f.Kind == courrier.StepFormalNotice && notice && !earlier.MatchString(title.folded):
		return nil
	case f.Kind == courrier.StepFormalNotice && remindWords.MatchString(title.folded):
		return []Finding{title.finding(ClaimMisleading, "a formal notice does not call itself a reminder")}
	case f.Kind == courrier.StepFormalNotice:
		return []Finding{title.finding(AdviceTitleMissing, "the words should stand in the title, although the body may suffice")}
	case notice && !(earlier.MatchString(title.folded) && f.noticed()):
		return []Finding{title.finding(ClaimMisleading, "a reminder does not call itself a formal notice")}
	}
	return nil
}
