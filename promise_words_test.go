package courrier_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// longestSentence is how many words a reader is given at once: in the README, in docs
// and in doc comments.
const longestSentence = 29

var (
	fence    = regexp.MustCompile("(?s)```.*?```|<!--.*?-->")
	sentence = regexp.MustCompile(`[.:;!?](?:["')\]*]*)(?:\s|$)|\n\s*\n|\n\s*(?:[-*#|]|//)`)
	word     = regexp.MustCompile(`[\pL\pN]`)
)

// longSentences returns those of a text with more words than a reader is given at once.
// Tables, code and lists of links are no sentences.
func longSentences(text string) []string {
	var long []string
	for _, s := range sentence.Split(fence.ReplaceAllString(text, "\n\n"), -1) {
		words := 0
		for _, w := range strings.Fields(s) {
			if word.MatchString(w) {
				words++
			}
		}
		if words > longestSentence && !strings.ContainsAny(s, "|·") {
			long = append(long, strings.Join(strings.Fields(s), " "))
		}
	}
	return long
}

// The sentences of testdata/long_sentences.txt are the exceptions: one that was cut
// leaves the list, and none is added.
func sentencesAreShort(t *testing.T) {
	listed, err := os.ReadFile("testdata/long_sentences.txt")
	require.NoError(t, err)
	var long []string
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, s := range longSentences(string(text)) {
			long = append(long, page+": "+s)
		}
	}
	for _, dir := range packagesOfHosts(t) {
		for _, text := range docsOf(t, dir) {
			for _, s := range longSentences(text) {
				long = append(long, "godoc of "+dir+": "+s)
			}
		}
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/long_sentences.txt", []byte(strings.Join(long, "\n")+"\n"), 0o600))
		return
	}
	require.ElementsMatch(t, strings.Split(strings.TrimSpace(string(listed)), "\n"), long)
}

// packagesOfHosts are the folders of the packages that a host may import.
func packagesOfHosts(t *testing.T) (dirs []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if slices.Contains([]string{".git", "cmd", "e2e", "examples", "internal", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		if len(sourcesIn(t, path)) > 0 {
			dirs = append(dirs, path)
		}
		return nil
	}))
	require.Greater(t, len(dirs), 25)
	return dirs
}

func sourcesIn(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

// pageOf reads what a reader of a package's page sees.
func pageOf(t *testing.T, dir string) *doc.Package {
	t.Helper()
	set, files := token.NewFileSet(), []*ast.File(nil)
	for _, name := range sourcesIn(t, dir) {
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	page, err := doc.NewFromFiles(set, files, "github.com/courrier-go/courrier/"+dir)
	require.NoError(t, err)
	return page
}

// docsOf returns the doc comments of a package and of its exported names.
func docsOf(t *testing.T, dir string) []string {
	t.Helper()
	page := pageOf(t, dir)
	all := []string{page.Doc}
	functions := page.Funcs
	values := append(page.Consts, page.Vars...)
	for _, typ := range page.Types {
		all = append(all, typ.Doc)
		functions = append(append(functions, typ.Funcs...), typ.Methods...)
		values = append(append(values, typ.Consts...), typ.Vars...)
	}
	for _, f := range functions {
		all = append(all, f.Doc)
	}
	for _, v := range values {
		all = append(all, v.Doc)
	}
	return all
}

// Every package opens with its name, a story of a few sentences, and code that shows how
// it is used, unless it is one that adapters or tests are made with.
func TestEveryPackageOpensWithAStoryAndCode(t *testing.T) {
	t.Parallel()
	for _, dir := range packagesOfHosts(t) {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			page := pageOf(t, dir)
			require.True(t, strings.HasPrefix(page.Doc, "Package "+page.Name+" "))
			sentences := strings.Count(page.Doc, ". ") + strings.Count(page.Doc, ".\n")
			require.GreaterOrEqual(t, sentences, 2, "it tells no story")
			require.Contains(t, page.Doc, "\n\t", "it shows no code")
		})
	}
}

// A reader learns ten words at most before the pages can be read.
func TestGlossaryIsShort(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/glossary.md")
	require.NoError(t, err)
	rows := strings.Count(string(text), "\n|") - 2
	require.True(t, rows > 0 && rows <= 10, "%d words", rows)
}

// mostUsed are the twenty names that a host calls most.
var mostUsed = []string{
	"New", "Client_Send", "Client_SendAll", "Client_Preview", "Client_Quote", "Client_Dispatch", "Client_Refresh", "Client_Cancel", "Client_Resend",
	"Client_Hold", "Client_Revise", "Client_Proof", "Client_Letters", "Client_History", "Client_For", "Client_WebhookHandler",
	"CreditLedger_TopUp", "CreditLedger_Balance", "FieldErrors", "Recipient_Lines",
}

func whatIsUsedMostHasAnExample(t *testing.T) {
	require.Len(t, mostUsed, 20)
	file, err := parser.ParseFile(token.NewFileSet(), "commands_example_test.go", nil, parser.ParseComments)
	require.NoError(t, err)
	output := map[string]string{}
	for _, e := range doc.Examples(file) {
		output[e.Name] = e.Output
	}
	for _, name := range mostUsed {
		require.NotEmpty(t, output[name], "%s has no example with output", name)
	}
}

func TestCasesPlainWords(t *testing.T) {
	t.Parallel()
	t.Run("promise-23", whatIsUsedMostHasAnExample)
	t.Run("promise-24", sentencesAreShort)
}
