// Package calldoc reads from doc comments what calls return, for tests that make each
// call return it. A list is the end of a comment:
//
//	Errors: [ErrNotFound], [ErrConflict] (status, changed), the carrier's.
//
// Behind a kind stand the codes that come with it; "(also changed)" says that it comes
// without a code too. "As [Client.Send]" takes in the list of another call of the same
// package. Without a list, the kinds that the comment names are the list. "Errors of
// each call:" in a type's comment are in the list of each of its methods. A method that
// "implements [courrier.Store]", or another interface of another package, returns what
// the interface says, where it has no list: the suite of the interface makes it.
package calldoc

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What a list says where the kind is not the library's to choose.
const (
	Carriers = "the carrier's" // what a carrier answered, whatever its kind
	Hosts    = "the host's"    // what a hook of the host's answered, whatever its kind
)

// Lists holds, for each exported function and method of a package that returns an
// error, what it may return: "ErrConflict status" or "ErrInvalid". Nil: it has no list.
type Lists map[string][]string

// Of reads a package's lists. A name is "New" or "Client.Send".
func Of(dir string) (Lists, error) {
	page, err := pageOf(dir)
	if err != nil {
		return nil, err
	}
	lists, like := Lists{}, map[string][]string{}
	for name, comments := range calls(page) {
		for _, comment := range comments {
			pairs, others, err := read(comment)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			lists[name], like[name] = append(lists[name], pairs...), append(like[name], others...)
		}
	}
	for name, others := range like {
		for _, other := range others {
			if _, known := lists[other]; !known || len(like[other]) > 0 {
				return nil, fmt.Errorf("%s: %s has no list of its own", name, other)
			}
			lists[name] = append(lists[name], lists[other]...)
		}
		slices.Sort(lists[name])
		lists[name] = slices.Compact(lists[name])
	}
	return lists, nil
}

func pageOf(dir string) (*doc.Package, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	set, files := token.NewFileSet(), []*ast.File(nil)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return doc.NewFromFiles(set, files, "example.com/"+filepath.Base(dir))
}

// calls returns the comments of the exported functions and methods that return an
// error, alone or in a sequence, but for those that an interface of the standard library
// names. What a type says of each of its calls comes behind a method's own comment.
func calls(page *doc.Package) map[string][]string {
	found := map[string][]string{}
	add := func(prefix, each string, functions []*doc.Func) {
		for _, f := range functions {
			if !standard[f.Name] && !isElsewhere(f.Doc) && failing(f.Decl.Type.Results) {
				found[prefix+f.Name] = []string{f.Doc, each}
			}
		}
	}
	add("", "", page.Funcs)
	for _, typ := range page.Types {
		each := ofEach.FindString(typ.Doc)
		add("", "", typ.Funcs)
		add(typ.Name+".", strings.Replace(each, " of each call", "", 1), typ.Methods)
	}
	return found
}

// standard are methods whose contract is that of an interface of the standard library.
var standard = map[string]bool{
	"AppendText": true, "MarshalText": true, "UnmarshalText": true, "MarshalJSON": true, "UnmarshalJSON": true, "Scan": true, "Value": true, "Unwrap": true,
}

// isElsewhere tells whether a comment leaves the list to another package's interface.
func isElsewhere(comment string) bool {
	return elsewhere.MatchString(comment) && !list.MatchString(comment)
}

func failing(results *ast.FieldList) bool {
	if results == nil {
		return false
	}
	found := false
	for _, result := range results.List {
		ast.Inspect(result.Type, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && id.Name == "error"
			return true
		})
	}
	return found
}

var (
	// elsewhere begins the comment of a method whose contract another package's interface is.
	elsewhere = regexp.MustCompile(`^\w+ implements \[[a-z]+\.[A-Z]\w+\]`)

	ofEach = regexp.MustCompile(`(?s)\bErrors of each call: .+\.\s*$`)
	list   = regexp.MustCompile(`(?s)\bErrors: (.+?)\.\s*$`)
	item   = regexp.MustCompile(`^(?:\[(?:courrier\.)?(Err[A-Z]\w+)\](?: \((also )?([a-z_', -]+)\))?|(the (?:carrier|host)'s)|as \[([\w.]+)\])$`)
	named  = regexp.MustCompile(`\[(?:courrier\.)?(Err[A-Z]\w+|FieldError)\]`)
	asOf   = regexp.MustCompile(`\berrs as \[([\w.]+)\]`)
)

// read returns the pairs of a comment's list, and the calls whose lists it takes in.
func read(comment string) (pairs, like []string, err error) {
	comment = strings.Join(strings.Fields(comment), " ")
	found := list.FindStringSubmatch(comment)
	if found == nil {
		pairs, like = mentioned(comment)
		return pairs, like, nil
	}
	for _, text := range split(found[1]) {
		parts := item.FindStringSubmatch(text)
		switch {
		case parts == nil:
			return nil, nil, fmt.Errorf("%q is no kind with its codes", text)
		case parts[5] != "":
			like = append(like, parts[5])
		case parts[4] != "":
			pairs = append(pairs, parts[4])
		default:
			pairs = append(pairs, withCodes(parts[1], parts[2], parts[3])...)
		}
	}
	return pairs, like, nil
}

func withCodes(kind, also, codes string) (pairs []string) {
	if also != "" || codes == "" {
		pairs = append(pairs, kind)
	}
	if codes == "" {
		return pairs
	}
	for _, code := range strings.Split(codes, ", ") {
		pairs = append(pairs, kind+" "+code)
	}
	return pairs
}

// mentioned returns what a comment without a list names.
func mentioned(comment string) (pairs, like []string) {
	for _, found := range named.FindAllStringSubmatch(comment, -1) {
		pairs = append(pairs, strings.Replace(found[1], "FieldError", "ErrInvalid", 1))
	}
	for _, found := range asOf.FindAllStringSubmatch(comment, -1) {
		like = append(like, found[1])
	}
	return pairs, like
}

// split cuts a list at the commas that stand in no brackets.
func split(text string) (items []string) {
	depth, from := 0, 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			items = append(items, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	return append(items, strings.TrimSpace(text[from:]))
}
