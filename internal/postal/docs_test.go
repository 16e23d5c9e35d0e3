package postal

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// formTable is the table of docs/addresses.md.
func formTable() string {
	var b strings.Builder
	b.WriteString("| | country line | lines below the names | postcode | needs | what else |\n|---|---|---|---|---|---|\n")
	for _, country := range slices.Sorted(maps.Keys(forms)) {
		f := forms[country]
		codes := "none"
		if !f.noCode {
			codes = "`" + f.prefix + strings.ReplaceAll(f.codes, ",", "` `"+f.prefix) + "`"
		}
		if f.to > 0 {
			codes += fmt.Sprintf(" %d–%d", f.from, f.to)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", country, countryLines[country],
			"`"+strings.ReplaceAll(f.lines, "|", "` / `")+"`", codes, strings.Join(strings.Split(f.need, ""), " "), strings.Join(f.remarks(), "; "))
	}
	return b.String()
}

// remarks are the rules of a form that its lines and codes do not show.
func (f form) remarks() []string {
	var all []string
	add := func(ok bool, text string) {
		if ok {
			all = append(all, text)
		}
	}
	add(f.alone != "", "without R: `"+strings.ReplaceAll(f.alone, "|", "` / `")+"`")
	add(f.village, "R only with a D")
	add(f.states.only != "", "R is "+f.states.only)
	add(f.states.closed && f.states.only == "", "R by its code, names become codes, others are refused")
	add(!f.states.closed && f.states.form != nil, "R in the post's form where it is known")
	add(f.once, "R not repeated after a C of the same name")
	add(f.never != "", "never ends in "+f.never)
	add(f.without != "", "no "+f.without+" in codes")
	add(f.town != "", "C is always "+strings.ToUpper(f.town)+", another C goes above")
	add(f.townless, "C is in the country line, another C goes above")
	add(f.codeTellsState, "R only with a code of figures")
	add(f.bareNumber, "no `n.` before the number")
	add(f.ascii, "plain letters, no dots, dashes, ordinal signs")
	add(f.unit == "-" || f.unit == "/", "a bare U before the number, with `"+f.unit+"`")
	add(f.noHash, "`#` is advised against")
	return all
}

func TestDocsTellTheForms(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/addresses.md")
	require.NoError(t, err)
	require.Contains(t, string(page), formTable(), "put this into docs/addresses.md")
	for _, code := range []string{
		ChangeRange, ChangeNumberWord, ChangeNumberSplit, ChangeSymbol, ChangePostcode, ChangeCedex, ChangeAbbreviated, ChangeState,
		ChangeDropped, ChangeRepeated, ChangeTerritory, ChangeScript, ChangeSign,
		ProblemMissing, ProblemPlaceholder, ProblemCharacter, ProblemScript, ProblemPostcode, ProblemState, ProblemCountry, ProblemCity,
		ProblemTooLong, ProblemLines,
	} {
		require.Contains(t, string(page), "| `"+code+"` |", code)
	}
}
