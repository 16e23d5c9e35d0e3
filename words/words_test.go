package words_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/words"
)

func Example() {
	fmt.Println(words.Of(courrier.StatusAwaitingPickup, courrier.French))
	table := words.With(words.Default(), courrier.ServiceStandard, courrier.French, "courrier simple")
	fmt.Println(words.In(table, courrier.ServiceStandard, courrier.French))
	// Output:
	// à retirer en point de retrait
	// courrier simple
}

// typesWithWords are the types of package words, by the table's kind.
var typesWithWords = map[string]string{
	"Status": "status", "Service": "service", "ProofKind": "proof", "ReturnReason": "return", "HoldReason": "hold", "ClaimKind": "claim",
	"Purpose": "purpose", "Channel": "channel", "StepKind": "step", "BillingMode": "billing", "EntryKind": "entry", "DebtorClass": "debtor",
	"ReminderState": "reminder", "HoldCause": "cause",
}

// Every constant of such a type, as the sources declare it, has a word in English
// and in French, and no word is left over.
func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("host-12", func(t *testing.T) {
		t.Parallel()
		table, seen := words.Default(), map[string]bool{}
		for _, dir := range []string{"..", "../dunning", "../latepayment"} {
			for name, value := range constants(t, dir) {
				kind, ok := typesWithWords[name.typ]
				if !ok || value == "" {
					continue
				}
				seen[kind+"/"+value] = true
				for _, lang := range []courrier.Language{courrier.English, courrier.French} {
					require.NotEmpty(t, table[kind][value][lang], "%s has no word in %q", name.name, lang)
				}
			}
		}
		for kind, values := range table {
			for value := range values {
				require.True(t, seen[kind+"/"+value], "%s %q is no value any more", kind, value)
			}
		}
	})
}

type constant struct{ typ, name string }

// constants reads the typed string constants of a package.
func constants(t *testing.T, dir string) map[constant]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	all := map[constant]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != len(spec.Names) {
				return true
			}
			typ, ok := spec.Type.(*ast.Ident)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					value, err := strconv.Unquote(lit.Value)
					require.NoError(t, err)
					all[constant{typ.Name, name.Name}] = value
				}
			}
			return true
		})
	}
	return all
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	require.Equal(t, "beamed", words.Of(courrier.Status("beamed"), courrier.French))
	require.Equal(t, "delivered", words.Of(courrier.StatusDelivered, "de"))
	require.Equal(t, "zugestellt", words.In(words.With(words.Default(), courrier.StatusDelivered, "de", "zugestellt"),
		courrier.StatusDelivered, "de"))
	require.Equal(t, "delivered", words.Of(courrier.StatusDelivered, "de"), "a copy of the table is the host's own")
	require.Equal(t, "validée", words.Of(dunning.ReminderApproved, courrier.French))
	require.Contains(t, words.Default().Kinds(), "status")
}
