package postal

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// street writes line 4. Of several house numbers La Poste prints the first; a
// street type in brackets goes back before its name; a line that is too long is
// abbreviated where that is enough.
func (w *writer) street(typed string) line {
	const field = "Address.Street"
	s := w.firstNumbers(w.numberWord(typed))
	// Folded, what was no range or box may read as one: it is one for the sorter too.
	full := w.firstNumbers(w.numberWord(w.boxNumber(field, w.folded(field, turned(s)))))
	short := abbreviated(full)
	if short != full {
		w.changed(field, ChangeAbbreviated, full, short)
	}
	return line{field, short, "abbreviate the street, as BD for BOULEVARD or AV for AVENUE"}
}

// firstNumbers keeps the first of several house numbers.
func (w *writer) firstNumbers(s string) string {
	if word := rangeWord.FindString(s); word != "" {
		if _, _, ok := firstNumber(s[len(word):]); ok {
			w.changed("Address.Street", ChangeNumberWord, word, "")
			s = s[len(word):]
		}
	}
	for {
		first, rest, ok := firstNumber(s)
		if !ok {
			return s
		}
		w.changed("Address.Street", ChangeRange, strings.Trim(strings.TrimSuffix(s, rest), ", "), first)
		s = strings.TrimSpace(first + " " + rest)
	}
}

// numberWord drops the word before a house number: "n° 12".
func (w *writer) numberWord(s string) string {
	m := numberWords.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	w.changed("Address.Street", ChangeNumberWord, m[1], "")
	return strings.TrimSpace(s[len(m[1]):])
}

var numberWords = regexp.MustCompile(`(?i)^((?:aux?\s+)?(?:n\s?[°º]s?|n[or]s?\.?|n\.|num(?:[ée]ros?)?\.?|№)\s*)\d`)

// repetitions tell houses of one number apart.
const repetitions = `bis|ter|quater|quinquies|sexies|[a-z]`

var (
	houseNumber = regexp.MustCompile(`^(\d{1,5})`)
	repetition  = regexp.MustCompile(`(?i)^\s?(?:` + repetitions + `)`)
	// signs part numbers wherever they stand, words only between spaces.
	rangeSign = regexp.MustCompile(`(?i)^(?:\s*[/⁄\\|&+]\s*|\s*[` + dashes + `]\s*|\s*[,;]\s*(?:et\s+|ou\s+|à\s+)?|` +
		`\s+(?:à|a|aux?|et|ou|jusqu['’](?:à|a|aux?))\s+)`)
	// another letter of the same number stands alone: "8 A-C", never "8 A, l'Abbaye".
	letterBehind = regexp.MustCompile(`(?i)^(?:` + repetitions + `)(?:$|[\s,;/⁄\\|&+` + dashes + `])`)
	// rangeWord begins a range that is told in words: "du 12 au 14".
	rangeWord = regexp.MustCompile(`(?i)^(?:du|des?)\s+(?:n\s?[°º]s?\s*)?`)
	// ordinals and months make a name of the number before them.
	ordinal = regexp.MustCompile(`^(?:ER|ERE|RE|E|EME|IEME|ND|NDE|O)$`)
	month   = regexp.MustCompile(`^(?:JANVIER|FEVRIER|MARS|AVRIL|MAI|JUIN|JUILLET|AOUT|SEPTEMBRE|OCTOBRE|NOVEMBRE|DECEMBRE|` +
		`JANV?|FEVR?|AVR|JUIL|SEPT?|OCT|NOV|DEC)$`)
)

// house is a house number at the start of a text.
type house struct {
	text  string // with its letter or bis
	value int
	rest  string // what follows
}

// houseAt reads a house number: the readings of it, that with a letter first.
func houseAt(s string) []house {
	digits := houseNumber.FindString(s)
	if digits == "" {
		return nil
	}
	value, _ := strconv.Atoi(digits)
	var all []house
	if tail := repetition.FindString(s[len(digits):]); tail != "" {
		all = append(all, house{digits + tail, value, s[len(digits)+len(tail):]})
	}
	all = append(all, house{digits, value, s[len(digits):]})
	return slices.DeleteFunc(all, func(h house) bool { return strings.IndexFunc(h.rest, readableOrMark) == 0 })
}

func readableOrMark(r rune) bool { return readable(r) || unicode.Is(unicode.Mn, r) }

// firstNumber finds several house numbers at the start of a street: "12/14",
// "12 B – 14", "4 à 8", "7, 9 et 11". It returns the first with its letter, and what
// follows the last. A number that belongs to the street's name is none: an ordinal
// ("24 - 2ème Avenue"), a date ("12 - 11 Novembre"), one that goes down; and where
// only a spaced dash, a comma or a letter tells, a street type or an article must follow.
func firstNumber(s string) (first, rest string, ok bool) {
	for _, h := range houseAt(s) {
		last, sure, more := h, false, false
		for {
			next, certain, found := nextNumber(last)
			if !found {
				break
			}
			last, sure, more = next, sure || certain, true
		}
		if more && (sure || streetType(last.rest) || articles[nextWord(last.rest)]) {
			return h.text, strings.TrimLeft(last.rest, " ,"), true
		}
	}
	return "", "", false
}

// nextNumber reads a sign and the number behind it. certain: the sign alone tells.
func nextNumber(h house) (next house, certain, found bool) {
	sign := rangeSign.FindString(h.rest)
	if sign == "" {
		return house{}, false, false
	}
	for _, next := range houseAt(h.rest[len(sign):]) {
		if next.value >= h.value && !namesStreet(next) {
			bare := strings.TrimSpace(sign)
			loose := strings.ContainsAny(bare, ",;") && len(bare) == 1 || bare != sign && strings.ContainsFunc(bare, dash)
			return next, !loose, true
		}
	}
	next, found = nextLetter(h, h.rest[len(sign):])
	return next, false, found
}

// nextLetter reads another letter of a number that has one: "8 A-C", "12 bis et ter".
func nextLetter(h house, behind string) (house, bool) {
	if strings.TrimLeft(h.text, "0123456789") == "" || !letterBehind.MatchString(behind) {
		return house{}, false
	}
	letter := repetition.FindString(behind)
	return house{h.text, h.value, behind[len(letter):]}, true
}

// namesStreet tells a number that belongs to the name behind it.
func namesStreet(h house) bool {
	letter := Fold(strings.TrimLeft(h.text, "0123456789"))
	next := nextWord(h.rest)
	return letter == "E" || ordinal.MatchString(next) || month.MatchString(next)
}

// nextWord returns the word that a text begins with, folded; "" before a figure.
func nextWord(s string) string {
	first, _, _ := strings.Cut(Fold(s), " ")
	if strings.ContainsAny(first, "0123456789") {
		return ""
	}
	return first
}

// bracket is a street whose type stands behind its name: "11 Novembre (rue du)".
var bracket = regexp.MustCompile(`(?i)^(?:(\d{1,5}(?:\s?(?:bis|ter|quater|[a-z]\b))?)[\s,/` + dashes + `]+)?(.*\S)\s*\(([^()]+)\)$`)

var bareNumber = regexp.MustCompile(`^\d+$`)

// turned puts a street type from brackets behind a name back before it.
func turned(s string) string {
	m := bracket.FindStringSubmatch(s)
	if m == nil || !streetType(m[3]) {
		return s
	}
	number, name, kind := m[1], m[2], m[3]
	if bareNumber.MatchString(number) && month.MatchString(nextWord(name)) && strings.HasSuffix(Fold(kind), " DU") {
		number, name = "", number+" "+name // the day: "19 mars 1962 (rue du)"
	}
	if number == "" && slices.ContainsFunc(houseAt(name), func(h house) bool { return h.rest == "" }) {
		return name + " " + kind // "12 (rue du Moulin)"
	}
	if h := houseAt(name); len(h) > 0 && number != "" && !namesStreet(h[len(h)-1]) {
		first, _ := strconv.Atoi(houseNumber.FindString(number))
		if h[0].value >= first {
			return s // it may be a second number
		}
	}
	return strings.TrimSpace(number + " " + kind + " " + name)
}

// streetTypes are the words that streets begin with.
var streetTypes = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(`RUE R AVENUE AV AVE BOULEVARD BD BLD BLVD BVD BOUL PLACE PL PLACETTE ALLEE ALLEES ALL CHEMIN CHE CHEM CH
		IMPASSE IMP ROUTE RTE QUAI COURS CRS SQUARE SQ PASSAGE PAS PASS FAUBOURG FBG FG VILLA CITE ROND ESPLANADE PROMENADE SENTIER SENTE RUELLE
		GALERIE PARVIS MAIL MONTEE COTE TRAVERSE VOIE VENELLE RESIDENCE LOTISSEMENT HAMEAU COUR CLOS DOMAINE PARC PONT PORT PORTE RAMPE CHAUSSEE
		GRAND GRANDE GDE GR LIEU ZONE ZA ZI ZAC ANCIENNE ANCIEN VIEILLE VIEUX PETITE PETIT PTE CENTRE CENTRAL QUARTIER CARREFOUR BERGE DIGUE
		LEVEE ESCALIER TERRASSE CORNICHE ROCADE AUTOROUTE CAMP CHALET RUES AVENUES BOULEVARDS LOT LD HAM RES QUA CAR CHS ESP PROM SEN TRA TERTRE
		PLATEAU PLAINE PLAN DESCENTE COURSIVE ENCLOS ILOT JARDIN MAS PATIO BOUCLE CALE FORUM ZAE ZUP PAE PA CORON RN RD HLM VIA`) {
		m[w] = true
	}
	return m
}()

// articles begin the name of a hamlet, and never follow a number that is part of it.
var articles = map[string]bool{"LE": true, "LA": true, "LES": true, "L": true}

// streetType tells that a text begins with a street type, in brackets or not.
func streetType(s string) bool { return streetTypes[nextWord(s)] }

// abbreviations are La Poste's, of street types first and then of titles.
var abbreviations = [][2]string{
	{"BOULEVARD", "BD"}, {"AVENUE", "AV"}, {"ALLEE", "ALL"}, {"ALLEES", "ALL"}, {"CHEMIN", "CHE"}, {"IMPASSE", "IMP"},
	{"PLACE", "PL"}, {"ROUTE", "RTE"}, {"PASSAGE", "PAS"}, {"FAUBOURG", "FG"}, {"SQUARE", "SQ"}, {"COURS", "CRS"},
	{"RESIDENCE", "RES"}, {"LOTISSEMENT", "LOT"}, {"QUARTIER", "QUA"}, {"ZONE INDUSTRIELLE", "ZI"}, {"ZONE ARTISANALE", "ZA"},
	{"ZONE D ACTIVITES", "ZA"}, {"ZONE D ACTIVITE", "ZA"}, {"ROND POINT", "RPT"}, {"LIEU DIT", "LD"}, {"MARECHAL", "MAL"},
	{"GENERAL", "GAL"}, {"COMMANDANT", "CDT"}, {"COLONEL", "COL"}, {"LIEUTENANT", "LT"}, {"PRESIDENT", "PDT"}, {"DOCTEUR", "DR"},
	{"PROFESSEUR", "PR"}, {"MONSEIGNEUR", "MGR"}, {"SAINTE", "STE"}, {"SAINT", "ST"},
}

// abbreviated shortens the words of a folded line that is too long, one after
// another, until it fits. It returns the line as it was when that is not enough.
func abbreviated(line string) string {
	short := line
	for _, a := range abbreviations {
		if runes(short) <= MaxLine {
			return short
		}
		short = strings.TrimSpace(strings.Replace(" "+short+" ", " "+a[0]+" ", " "+a[1]+" ", 1))
	}
	if runes(short) > MaxLine {
		return line
	}
	return short
}
