// Package words has the words of the library's values in the languages that people
// read: statuses, services, proofs, reasons. A screen shows words.Of(letter.Status,
// courrier.French) and needs no table of its own.
//
//	fmt.Println(words.Of(courrier.StatusAwaitingPickup, courrier.French)) // à retirer en point de retrait
//
// A host adds a language, or says something its own way, with [Table.With].
package words

import (
	"maps"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// Word is a value that has words: the string types of this module whose values
// people see.
type Word interface {
	courrier.Status | courrier.Service | courrier.ProofKind | courrier.ReturnReason | courrier.HoldReason | courrier.ClaimKind |
		courrier.Purpose | courrier.Channel | courrier.StepKind | courrier.BillingMode | courrier.EntryKind | latepayment.DebtorClass |
		dunning.ReminderState | dunning.HoldCause
}

// Table gives words by type of value, value and language.
type Table map[string]map[string]map[courrier.Language]string

// Of returns the word for a value, as the library's own table has it: in the
// language, else in English, else the value itself.
func Of[W Word](value W, lang courrier.Language) string { return In(own, value, lang) }

// In is [Of] in a table of the host's.
func In[W Word](t Table, value W, lang courrier.Language) string {
	all := t[kindOf(value)][string(value)]
	if word, ok := all[lang]; ok {
		return word
	}
	if word, ok := all[courrier.English]; ok {
		return word
	}
	return string(value)
}

// Default returns a copy of the library's own table.
func Default() Table {
	t := make(Table, len(own))
	for kind, values := range own {
		t[kind] = make(map[string]map[courrier.Language]string, len(values))
		for value, words := range values {
			t[kind][value] = maps.Clone(words)
		}
	}
	return t
}

// With sets the word of one value in one language, and returns the table. It is for
// a table from [Default].
func With[W Word](t Table, value W, lang courrier.Language, word string) Table {
	kind := kindOf(value)
	if t[kind] == nil {
		t[kind] = map[string]map[courrier.Language]string{}
	}
	if t[kind][string(value)] == nil {
		t[kind][string(value)] = map[courrier.Language]string{}
	}
	t[kind][string(value)][lang] = word
	return t
}

// Kinds lists the types of value that the table knows, sorted.
func (t Table) Kinds() []string { return slices.Sorted(maps.Keys(t)) }

func kindOf[W Word](value W) string {
	switch any(value).(type) {
	case courrier.Status:
		return "status"
	case courrier.Service:
		return "service"
	case courrier.ProofKind:
		return "proof"
	case courrier.ReturnReason:
		return "return"
	case courrier.HoldReason:
		return "hold"
	case courrier.ClaimKind:
		return "claim"
	case courrier.Purpose:
		return "purpose"
	case courrier.Channel:
		return "channel"
	case courrier.StepKind:
		return "step"
	case courrier.BillingMode:
		return "billing"
	case courrier.EntryKind:
		return "entry"
	case latepayment.DebtorClass:
		return "debtor"
	case dunning.ReminderState:
		return "reminder"
	}
	return "cause"
}
