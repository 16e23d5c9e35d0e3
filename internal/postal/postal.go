// Package postal writes addresses as the country of their destination writes
// them, for letters posted in France. It is pure: tables and functions of text.
//
// Two standards meet in one block. The country line follows the country of
// posting (the French name in capitals, last and alone); everything else follows
// the country of destination. NF Z10-011, which folds accents and punctuation, is
// for French post alone: abroad it would destroy "5/12", "ŁÓDŹ" or "Rue Haute 8".
package postal

// MaxLine is the longest line in characters, spaces included (NF Z10-011).
// Carriers hold lines abroad to it too.
const MaxLine = 38

// MaxLines is the most lines of a block abroad, the country included (La Poste).
const MaxLines = 7

// Input is an addressee with an address, as typed.
type Input struct {
	Name, Company, Attention    string
	Unit, Building, Street, Box string
	Postcode, City, State       string
	RoutingLabel, Country       string
}

// Block is an address as it is printed. Every line is tidy: single spaces, none
// at its ends.
type Block struct {
	Lines   []string  // as printed, the country last where there is a country line
	Six     [6]string // the same without the country, in numbered places
	Country string    // the country line; "" in French post
	Names   []string  // the company, the person
	Firm    int       // how many of Names are the company's
	Above   []string  // the lines between the names and the town
	Town    string    // the town, with the state as the country writes it, without the postcode
	Code    string    // the postcode as printed; "" where there is none
	Changes []Change
}

// Change is a part of an address that is printed otherwise than it was typed. What
// only changes case, accents, white space or punctuation without meaning is none,
// nor is a text that moves to another line.
type Change struct {
	Field, Code string
	From        string // what was typed
	To          string // what is printed in its place; "" when nothing
}

// Problem is why an address cannot be printed.
type Problem struct {
	Field, Code, Rule, Remedy string
}

// The codes of changes.
const (
	ChangeRange       = "number-range"     // the first number of several is printed
	ChangeNumberWord  = "number-word"      // "n°" before a number is left out
	ChangeNumberSplit = "number-split"     // a sign between two digits became a space
	ChangeSymbol      = "symbol-dropped"   // a sign that French post does not print
	ChangePostcode    = "postcode"         // letters or figures of the postcode changed
	ChangeCedex       = "cedex-number"     // the number after CEDEX got its second figure
	ChangeAbbreviated = "abbreviated"      // a word became the post's abbreviation
	ChangeState       = "state"            // the state became the post's form
	ChangeDropped     = "dropped"          // the destination does not print it
	ChangeRepeated    = "repeated"         // it stands in the address already
	ChangeTerritory   = "territory"        // the place is in another territory than its country said
	ChangeScript      = "script"           // letters of another script stand beside Latin ones
	ChangeSign        = "sign-discouraged" // a sign that the destination's post asks to leave out
)

// The codes of problems.
const (
	ProblemMissing     = "address-missing"
	ProblemPlaceholder = "address-placeholder"
	ProblemCharacter   = "address-character"
	ProblemScript      = "address-script"
	ProblemPostcode    = "address-postcode"
	ProblemState       = "address-state"
	ProblemCountry     = "address-country"
	ProblemCity        = "address-city"
	ProblemTooLong     = "address-line-too-long"
	ProblemLines       = "address-lines"
)

// writer collects what is found out about one address while it is written.
type writer struct {
	in       Input // tidied
	changes  []Change
	problems []Problem
	firm     int // lines of the company's name
}

func (w *writer) refuse(field, code, rule, remedy string) {
	w.problems = append(w.problems, Problem{field, code, rule, remedy})
}

func (w *writer) changed(field, code, from, to string) {
	if from != to {
		w.changes = append(w.changes, Change{field, code, from, to})
	}
}

// refused tells whether a field has a problem already: one is enough for a person.
func (w *writer) refused(field string) bool {
	for _, p := range w.problems {
		if p.Field == field {
			return true
		}
	}
	return false
}

// Format writes an address, or tells everything that is wrong with it.
func Format(in Input) (Block, []Problem) {
	w := &writer{in: in}
	w.clean()
	w.missingName()
	var b Block
	if InFrenchPost(w.in.Country) {
		b = w.french()
	} else {
		b = w.abroad()
	}
	if len(w.problems) > 0 {
		return Block{}, w.problems
	}
	b.Changes, b.Firm = w.changes, w.firm
	return b, nil
}
