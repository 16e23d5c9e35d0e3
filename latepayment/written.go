package latepayment

import (
	"slices"
	"strconv"
	"strings"
)

// ownSentences are the sentences that the library writes about a statement: their
// figures by their words. A text that has the words of one has its figures too, dates,
// rates and numbers of days included; or somebody changed them.
type ownSentences map[string][]string

// own reads what the library wrote: the draft's Written, else the rows and notes of
// its statement in its language.
func (d *Draft) own() ownSentences {
	text := d.Written
	if text == "" && d.Language != "" {
		text = d.rowsAndNotes()
	}
	own := make(ownSentences)
	tokens, at := tokensOf(text), 0
	for _, c := range cutSentences(text) {
		first := at
		for at < len(tokens) && tokens[at].start < c.end {
			at++
		}
		if words, figures := shapeOf(tokens[first:at]); figures != "" {
			own[words] = append(own[words], figures)
		}
	}
	return own
}

func (d *Draft) rowsAndNotes() string {
	w := DefaultWordings().Find(d.Language)
	r := d.Statement.read(w, d.Language)
	var b strings.Builder
	for _, row := range d.Statement.Sums(w, d.Language) {
		b.WriteString(row.Label + " : " + r.amount(row.Amount) + "\n\n")
	}
	b.WriteString(strings.Join(d.Statement.Notes(w, d.Language, true), "\n\n"))
	return b.String()
}

// changed reports whether a sentence has the words of the library's and other figures.
func (o ownSentences) changed(tokens []token) bool {
	words, figures := shapeOf(tokens)
	wrote, known := o[words]
	return known && figures != "" && !slices.Contains(wrote, figures)
}

// shapeOf parts a sentence into its words, with a mark for each run of figures, and
// these. Spaces, currencies and other signs do not count, nor do cents of zero; the
// name of a month is a figure.
func shapeOf(tokens []token) (words, figures string) {
	var w, f strings.Builder
	within := false
	for i := range tokens {
		t := &tokens[i]
		number := t.text
		switch month, isMonth := monthNumbers[t.text]; {
		case t.kind == sign || currencies[t.text] != "" || t.text == "er" && t.gap == noGap:
			continue
		case isMonth:
			number = "m" + strconv.Itoa(month)
		case t.kind == letters:
			w.WriteString(t.text)
			w.WriteByte(' ')
			within = false
			continue
		case t.text == "00" && i > 0 && tokens[i-1].kind == sign && t.gap == noGap:
			continue
		}
		if !within {
			w.WriteString("# ")
			f.WriteByte('#')
		}
		within = true
		if i > 0 && tokens[i-1].text == "-" && t.gap == noGap && tokens[i-1].gap != noGap {
			f.WriteByte('-')
		}
		f.WriteString(number)
	}
	return w.String(), f.String()
}

// monthNumbers are the months by name, in the languages that the library writes.
var monthNumbers = indexMonths()

func indexMonths() map[string]int {
	index := make(map[string]int)
	for i, names := range monthNames {
		for _, name := range names {
			index[name] = i + 1
		}
	}
	return index
}
