// Command matrix writes what each carrier can do into README.md and docs/carriers.md:
// from the capabilities that the adapters declare, and from the carrier.json beside
// each of them. Run it from the root of the repository after either has changed:
//
//	go run ./internal/matrix
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/mercifacteur"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/pingen"
)

// adapters make each carrier's adapter with the least configuration.
var adapters = map[string]func() (courrier.Provider, error){
	"mysendingbox": func() (courrier.Provider, error) {
		return mysendingbox.New(mysendingbox.Config{Credentials: mysendingbox.FixedKey(mysendingbox.NewKey("test_key"))})
	},
	"laposte": func() (courrier.Provider, error) {
		return laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(laposte.Credentials{ClientID: "app"})})
	},
	"mercifacteur": func() (courrier.Provider, error) {
		return mercifacteur.New(mercifacteur.Config{Credentials: mercifacteur.Fixed(mercifacteur.Credentials{})})
	},
	"pingen": func() (courrier.Provider, error) {
		return pingen.New(pingen.Config{Credentials: func(context.Context, courrier.AccountID) (pingen.Credentials, error) {
			return pingen.Credentials{}, nil
		}})
	},
	"mock": func() (courrier.Provider, error) { return mock.New(), nil },
}

// order is that of the columns.
var order = []string{"mysendingbox", "laposte", "mercifacteur", "pingen", "mock"}

// carrier is what carrier.json says of an adapter, with what the adapter declares.
type carrier struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	PostsIn  string `json:"posts_in"`
	Page     string `json:"page"`     // in docs
	Settles  string `json:"settles"`  // how a letter in doubt is settled, and after what time
	Webhooks string `json:"webhooks"` // "signed", or "hints" that are confirmed by asking
	Needs    string `json:"needs"`    // from the carrier, before the first letter

	caps courrier.Capabilities
}

// carriers reads the descriptors below the root of the repository, in order.
func carriers(root string) ([]carrier, error) {
	found, err := filepath.Glob(filepath.Join(root, "providers", "*", "carrier.json"))
	if err != nil {
		return nil, err
	}
	var all []carrier
	for _, path := range found {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var c carrier
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		make, known := adapters[c.Name]
		if !known || filepath.Base(filepath.Dir(path)) != c.Name {
			return nil, fmt.Errorf("%s: add the carrier %q to the adapters of internal/matrix", path, c.Name)
		}
		p, err := make()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.caps = p.Capabilities()
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b carrier) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	return all, nil
}

// row is one line of the large matrix.
type row struct {
	head string
	cell func(carrier) string
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "–"
}

func rows() []row {
	all := []row{
		{"posts in", func(c carrier) string { return c.PostsIn }},
		{"needs", func(c carrier) string { return c.Needs }},
	}
	for _, s := range courrier.Services() {
		all = append(all, row{"`" + string(s) + "`", func(c carrier) string { return yes(slices.Contains(c.caps.Services, s)) }})
	}
	for _, k := range courrier.ProofKinds() {
		all = append(all, row{"proof of " + string(k), func(c carrier) string { return yes(slices.Contains(c.caps.Proofs, k)) }})
	}
	return append(all,
		row{"returns taken in and told", func(c carrier) string { return yes(slices.Contains(c.caps.Returns, courrier.ReturnsScanned)) }},
		row{"drafts", func(c carrier) string { return yes(c.caps.Drafts) }},
		row{"settles a letter in doubt", func(c carrier) string { return c.Settles }},
		row{"cancels", func(c carrier) string { return yes(c.caps.Cancels) }},
		row{"tracks", func(c carrier) string { return yes(c.caps.Tracks) }},
		row{"webhooks", func(c carrier) string { return c.Webhooks }},
		row{"quotes", func(c carrier) string { return yes(c.caps.Quotes) }},
		row{"colour, duplex", func(c carrier) string { return yes(!c.caps.NoColor) + ", " + yes(!c.caps.NoDuplex) }},
		row{"carrier sheet, staple", func(c carrier) string { return yes(!c.caps.NoCarrierSheet) + ", " + yes(!c.caps.NoStaple) }},
		row{"documents, bytes", func(c carrier) string {
			return fmt.Sprintf("%d, %d MB", c.caps.MaxDocuments, c.caps.MaxBytes/1_000_000)
		}},
	)
}

// large is the matrix of docs/carriers.md: a column for each carrier.
func large(all []carrier) string {
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range all {
		if c.Page != "" {
			fmt.Fprintf(&b, " [%s](%s) |", c.Title, filepath.Base(c.Page))
			continue
		}
		fmt.Fprintf(&b, " %s |", c.Title)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(all)) + "\n")
	for _, r := range rows() {
		fmt.Fprintf(&b, "| %s |", r.head)
		for _, c := range all {
			fmt.Fprintf(&b, " %s |", r.cell(c))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// small is the matrix of README.md: a line for each real carrier.
func small(all []carrier) string {
	var b strings.Builder
	b.WriteString("| carrier | posts in | services | proofs | cancels | webhooks |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		if c.Page == "" {
			continue
		}
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s | %s | %s |\n", c.Title, c.Page, c.PostsIn, list(c.caps.Services), list(c.caps.Proofs),
			yes(c.caps.Cancels), c.Webhooks)
	}
	return b.String()
}

func list[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, t := range all {
		texts[i] = string(t)
	}
	if len(texts) == 0 {
		return "–"
	}
	return strings.Join(texts, ", ")
}

const (
	begin = "<!-- carriers: written by go run ./internal/matrix -->\n"
	end   = "<!-- carriers: end -->"
)

// put replaces what is between the marks of a page.
func put(page []byte, matrix string) ([]byte, error) {
	before, rest, found := bytes.Cut(page, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return nil, fmt.Errorf("the page has no marks for the matrix")
	}
	return slices.Concat(before, []byte(begin), []byte(matrix), []byte(end), after), nil
}

// pages are those that hold a matrix.
var pages = map[string]func([]carrier) string{"README.md": small, "docs/carriers.md": large}

// write brings the pages up to date, and returns those that were not.
func write(root string) (changed []string, err error) {
	all, err := carriers(root)
	if err != nil {
		return nil, err
	}
	for name, matrix := range pages {
		path := filepath.Join(root, name)
		old, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		page, err := put(old, matrix(all))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if bytes.Equal(old, page) {
			continue
		}
		changed = append(changed, name)
		if err := os.WriteFile(path, page, 0o644); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

func main() {
	changed, err := write(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
	for _, name := range changed {
		fmt.Println("written:", name)
	}
}
