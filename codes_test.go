package courrier_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
)

// row of docs/errors.md: constant, code, kinds.
var codeRow = regexp.MustCompile("(?m)^\\| `(Code\\w+)` \\| `([a-z-]+)` \\| ([\\w, ]+) \\| (\\S.*\\.) \\| (\\S.*\\.) \\|$")

// The table of docs/errors.md names every constant, with its value, and every kind
// that the code of the module gives it.
func TestCodesAreExplained(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/errors.md")
	require.NoError(t, err)
	value, kinds := map[string]string{}, map[string][]string{}
	for _, row := range codeRow.FindAllStringSubmatch(string(doc), -1) {
		value[row[1]] = row[2]
		kinds[row[1]] = append(kinds[row[1]], strings.Split(row[3], ", ")...)
	}
	declared, used := codesIn(t)
	require.Greater(t, len(declared), 30)
	require.Equal(t, declared, value, "the constants, and the table")
	for code := range declared {
		require.NotEmpty(t, used[code], "%s is used nowhere", code)
		slices.Sort(kinds[code])
		want := kinds[code]
		for _, kind := range used[code] {
			if kind != "" { // "" is one that a function decides
				require.Contains(t, want, kind, "%s", code)
			}
		}
	}
}

// unlisted are codes that no call returns: they stand in a letter's record, or come from
// the carrier or the host where a list says so.
var unlisted = map[string]bool{
	courrier.CodeContradiction: true, courrier.CodeNoID: true, courrier.CodeNeverArrived: true, courrier.CodeLeaseShort: true, // of an attempt
	courrier.CodeOverran: true, courrier.CodePanic: true, courrier.CodeLeftAlone: true, // of a call of theirs
}

// What calls list and the table of docs/errors.md are the same codes, each with a kind
// that the table gives it.
func TestCodesOfListsAreExplained(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/errors.md")
	require.NoError(t, err)
	kinds, listed := map[string]string{}, map[string]bool{}
	for _, row := range codeRow.FindAllStringSubmatch(string(doc), -1) {
		kinds[row[2]] = row[3]
	}
	words := []string{"gate", "its state", "the cause", "the letter's", "no_channel", "pending"} // what stands in the way, by its own name
	for _, dir := range []string{".", "dunning"} {
		lists, err := calldoc.Of(dir)
		require.NoError(t, err)
		for call, pairs := range lists {
			for _, pair := range pairs {
				kind, code, coded := strings.Cut(pair, " ")
				if !coded || !strings.HasPrefix(kind, "Err") || slices.Contains(words, code) {
					continue
				}
				require.Contains(t, kinds[code], kind, "%s lists %s", call, pair)
				listed[code] = true
			}
		}
	}
	for code, kind := range kinds {
		require.Equal(t, kind != "Failure" && !unlisted[code], listed[code], "%s is in the table, and in a list", code)
	}
}

// codesIn returns the constants of the root, and with which kinds the root and
// package dunning use them. A code that is neither a constant nor a conversion of a
// word with constants of its own is a defect.
func codesIn(t *testing.T) (declared map[string]string, used map[string][]string) {
	declared, used = map[string]string{}, map[string][]string{}
	for _, dir := range []string{".", "dunning"} {
		files := token.NewFileSet()
		names, err := fs.Glob(os.DirFS(dir), "*.go")
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(files, dir+"/"+name, nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					own := name == "errors.go" && strings.HasPrefix(n.Names[0].Name, "Code")
					if own {
						text, err := strconv.Unquote(n.Values[0].(*ast.BasicLit).Value)
						require.NoError(t, err)
						declared[n.Names[0].Name] = text
					}
					return !own
				case *ast.CompositeLit:
					noteCode(t, files, n, used)
				case *ast.Ident:
					if strings.HasPrefix(n.Name, "Code") && len(n.Name) > len("Code") {
						used[n.Name] = append(used[n.Name], "")
					}
				}
				return true
			})
		}
	}
	return declared, used
}

// noteCode notes the code of an Error literal, with its kind.
func noteCode(t *testing.T, files *token.FileSet, lit *ast.CompositeLit, used map[string][]string) {
	name := types(lit.Type)
	if name != "Error" && name != "Failure" {
		return
	}
	code, kind := "", ""
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch key := types(kv.Key); {
		case key == "Kind":
			kind = types(kv.Value)
		case key == "Code":
			code = types(kv.Value)
			_, literal := kv.Value.(*ast.BasicLit)
			require.False(t, literal, "%s: a code that is no constant", files.Position(kv.Pos()))
		}
	}
	if name == "Failure" {
		kind = "Failure"
	}
	if strings.HasPrefix(code, "Code") && strings.HasPrefix(kind, "Err") {
		used[code] = append(used[code], kind)
	}
}

// types is the last name of an expression such as courrier.Error.
func types(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.UnaryExpr:
		return types(e.X)
	}
	return ""
}

var allKinds = []error{
	courrier.ErrInvalid, courrier.ErrNotFound, courrier.ErrConflict, courrier.ErrDenied, courrier.ErrInsufficientCredit,
	courrier.ErrUnsupported, courrier.ErrRejected, courrier.ErrUnavailable, courrier.ErrInDoubt,
}

func kindsOf(err error) (all []error) {
	for _, kind := range allKinds {
		if errors.Is(err, kind) {
			all = append(all, kind)
		}
	}
	return all
}

// An error is of one kind, whatever its cause is of, at any depth.
func TestCasesKinds(t *testing.T) {
	t.Parallel()
	t.Run("promise-07", func(t *testing.T) {
		own := &courrier.FieldError{Field: "Amount", Rule: "is odd", Remedy: "mend it"}
		for _, kind := range allKinds {
			for _, cause := range allKinds {
				host := errors.Join(cause, own, context.Canceled)
				err := error(&courrier.Error{Op: "a", Kind: kind, Err: &courrier.Error{Op: "b", Kind: cause, Err: host}})
				require.Equal(t, []error{kind}, kindsOf(err))
				require.Equal(t, kind.Error(), courrier.KindOf(err))
				require.ErrorIs(t, err, context.Canceled, "what is no kind is found")
				require.Equal(t, []*courrier.FieldError{own}, courrier.FieldErrors(err))
				var field *courrier.FieldError
				require.ErrorAs(t, err, &field)
			}
		}

		w := testscene.New(t, func(c *courrier.Config) {
			c.Authorize = func(context.Context, courrier.Actor, courrier.Action) error {
				return errors.Join(courrier.ErrConflict, courrier.ErrInvalid)
			}
		})
		_, err := w.Client.Credits("acme").TopUp(w.Ctx, "k", testscene.Stamps(t, 1))
		require.Equal(t, []error{courrier.ErrDenied}, kindsOf(err))
		l := testscene.Letter("k", courrier.ServiceStandard)
		l.Print = &courrier.PrintOptions{Copies: 9}
		_, err = w.Client.Send(w.Ctx, l)
		require.Equal(t, []error{courrier.ErrUnsupported}, kindsOf(err))
		require.NotEmpty(t, courrier.FieldErrors(err))
	})
}
