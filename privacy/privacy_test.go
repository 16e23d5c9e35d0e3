package privacy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/privacy"
	"github.com/courrier-go/courrier/stores/memstore"
)

const name = "Quatrebarbes"

// TestCasesHost holds what a host is asked by a customer, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Parallel()
	t.Run("host-03", func(t *testing.T) {
		t.Parallel()
		t.Run("erased", everyTextIsErased)
		t.Run("kept", dutiesAreKept)
		t.Run("cut", erasureGoesOn)
		t.Run("exported", allIsHandedOut)
	})
}

// A kind of items that is new says on the page what it holds of a customer.
func TestEveryKindOfItemIsOnThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/privacy.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(page), "| kind | holds |")
	table, _, _ = strings.Cut(table, "\n\n")
	declared := regexp.MustCompile(`ItemKind = "([a-z_.]+)"`)
	var kinds []string
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			kinds = append(kinds, string(m[1]))
		}
		return err
	}))
	require.Greater(t, len(kinds), 10)
	for _, kind := range kinds {
		require.Contains(t, table, "`"+kind+"`")
		if strings.HasPrefix(kind, "desk.") {
			deskForgets(t, courrier.ItemKind(kind))
		}
	}
	for _, m := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(table, -1) {
		require.Contains(t, kinds, m[1], "is kept no more")
	}
}

// deskForgets: whatever kind of item the desk keeps, an erasure takes customers out of it.
func deskForgets(t *testing.T, kind courrier.ItemKind) {
	h := newHouse(t)
	item := courrier.Item{Kind: kind, Account: "acme", ID: "1", Body: []byte(`{"left":["c1"],"other":{"customer":"c1"}}`)}
	_, err := h.store.Commit(h.Ctx, courrier.Change{Items: []courrier.Item{item}})
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(h.export("c1")["items.jsonl"], "\n"), kind)
	_, err = h.keeper.Erase(h.Ctx, "acme", "c1")
	require.NoError(t, err)
	item, err = h.store.Item(h.Ctx, kind, "acme", "1")
	require.NoError(t, err)
	require.NotContains(t, string(item.Body), "c1", kind)
}

// everyTextIsErased fills every text of a letter and a reminder with a name: what is
// left with it afterwards is an id, a code, or the sender's own.
func everyTextIsErased(t *testing.T) {
	var letter courrier.LetterRecord
	fillNames(reflect.ValueOf(&letter).Elem())
	require.ElementsMatch(t, []string{
		"id", "fingerprint", "letter.account", "letter.key", "letter.customer", "letter.service", "letter.returns", "letter.purpose", "letter.gate", "letter.gate_ref",
		"letter.to.address.country", "letter.documents.sum", "status", "hold", "billing", "charge", "charge_key", "price_lines.code", "price_lines.tax",
		"provider", "provider_id", "place", "draft", "tracking_number", "refused", "doubted", "replaces", "replaced_by", "failure.code",
		"proofs.kind", "proofs.sum", "print.envelope", "letter.print.envelope",
		"claims.letter", "claims.kind", "claims.number", "claims.appeals", "claims.dossier.customer", "claims.dossier.tracking_number", "claims.dossier.service",
		"claims.dossier.provider", "claims.dossier.provider_id", "tracking.status", "tracking.reason", "tracking.code", "tracking.tracking_number",
		"tracking.proofs", "tracking.contradictions",
	}, slices.DeleteFunc(named(t, privacy.Letter(letter, testscene.Start)), func(path string) bool {
		return strings.HasPrefix(path, "letter.from.")
	}), "the sender is the account itself")

	var rem dunning.Reminder
	fillNames(reflect.ValueOf(&rem).Elem())
	for _, path := range named(t, rem.Erased()) {
		ids := []string{
			"id", "account", "customer", "state", "keys", "campaign", "delivery", "assignee", "service", "prefer", "preview_token", "approved_by", "channel", "letter",
			"document.sum", "request", "signed_by", "letter_print", "log.actor", "log.act", "earlier.letter", "earlier.lines.invoice",
		}
		require.True(t, slices.Contains(ids, path) || strings.HasPrefix(path, "decision.") || strings.HasPrefix(path, "earlier.statement."), path)
	}
}

// fillNames sets every text to the name, wherever it is.
func fillNames(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillNames(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillNames(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillNames(key)
		fillNames(elem)
		v.SetMapIndex(key, elem)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fillNames(v.Field(i))
			}
		}
	}
}

// named lists the places in the JSON form of v that hold the name.
func named(t *testing.T, v any) []string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal(text, &tree))
	found := map[string]bool{}
	walk("", tree, found)
	var all []string
	for path := range found {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

func walk(path string, v any, found map[string]bool) {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, name) {
			found[path] = true
		}
	case []any:
		for _, e := range v {
			walk(path, e, found)
		}
	case map[string]any:
		for k, e := range v {
			walk(strings.TrimPrefix(path+"."+k, "."), e, found)
		}
	}
}

// both is a store that fails at the n-th write, as a process that is killed does.
type both struct {
	*memstore.Store
	left int
}

var errKilled = errors.New("killed")

func (b *both) spend() error {
	if b.left--; b.left < 0 {
		return errKilled
	}
	return nil
}

func (b *both) Commit(ctx context.Context, all ...courrier.Change) ([]courrier.Result, error) {
	if err := b.spend(); err != nil {
		return nil, err
	}
	return b.Store.Commit(ctx, all...)
}

func (b *both) CommitReminders(ctx context.Context, all ...dunning.Change) ([]error, error) {
	if err := b.spend(); err != nil {
		return nil, err
	}
	return b.Store.CommitReminders(ctx, all...)
}

func (b *both) ReplaceEvents(ctx context.Context, all ...courrier.TrackingEvent) error {
	if err := b.spend(); err != nil {
		return err
	}
	return b.Store.ReplaceEvents(ctx, all...)
}

func (b *both) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	if err := b.spend(); err != nil {
		return err
	}
	return b.Store.DeleteContent(ctx, sum)
}

// house is a host with customers c1, whose name it is, and c2.
type house struct {
	*testscene.Scene
	store  *both
	keeper privacy.Keeper
	shared courrier.Sum // a document of both customers
}

func newHouse(t *testing.T) *house {
	store := &both{memstore.New(), 1 << 30}
	h := &house{store: store, Scene: testscene.New(t, func(c *courrier.Config) { c.Store = store })}
	h.keeper = privacy.Keeper{Client: h.Client, Reminders: store}
	shared := []byte("%PDF-1.7 general conditions")
	h.shared = courrier.SumOf(shared)
	for _, customer := range []courrier.CustomerID{"c1", "c2"} {
		for n, purpose := range []courrier.Purpose{courrier.PurposeInvoice, courrier.PurposeOther} {
			h.deliver(customer, purpose, n, shared)
		}
	}
	return h
}

// deliver keeps a letter that ended, its event, a proof, and a reminder.
func (h *house) deliver(customer courrier.CustomerID, purpose courrier.Purpose, n int, shared []byte) {
	who := map[courrier.CustomerID]string{"c1": name, "c2": "Martin"}[customer]
	id := fmt.Sprintf("%s-%d", customer, n)
	body, proof := []byte("%PDF-1.7 to "+who+id), []byte("%PDF-1.7 signed "+who+id)
	r := courrier.LetterRecord{
		ID: courrier.LetterID(id), Status: courrier.StatusDelivered, CreatedAt: h.Now(), UpdatedAt: h.Now(), DoneAt: h.Now(), Provider: "post",
		Letter: testscene.Letter(id, courrier.ServiceStandard),
		Proofs: []courrier.ProofRecord{{Kind: courrier.ProofOfReceipt, Sum: courrier.SumOf(proof)}},
	}
	r.Letter.Customer, r.Letter.Purpose, r.Letter.To.Name = customer, purpose, who
	r.Letter.Documents = []courrier.Document{{Name: who + ".pdf", Sum: courrier.SumOf(body)}, {Name: "conditions.pdf", Sum: h.shared}}
	event := courrier.TrackingEvent{ID: "post:" + id, Letter: r.ID, Provider: "post", Code: "D", Status: courrier.StatusDelivered, Heard: h.Now(), Folded: true, Raw: []byte(who)}
	rem := dunning.Reminder{
		ID: dunning.ReminderID("r-" + id), Account: "acme", Customer: customer, State: dunning.ReminderSent, Keys: []string{id}, DueOn: courrier.PostalDay(h.Now()),
		Message: dunning.Message{Body: "Dear " + who}, Email: &email.Message{To: []email.Box{{Name: who, Address: "x@example.org"}}},
		Log: []dunning.ReminderAct{{At: h.Now(), Act: "sent", Note: who}},
	}
	for _, content := range [][]byte{body, proof, shared} {
		require.NoError(h.T, h.store.PutContent(h.Ctx, courrier.SumOf(content), content))
	}
	results, err := h.store.Commit(h.Ctx, courrier.Change{Letter: &r, Events: []courrier.TrackingEvent{event}})
	require.NoError(h.T, err)
	require.NoError(h.T, results[0].Err)
	errs, err := h.store.CommitReminders(h.Ctx, dunning.Change{Reminder: &rem})
	require.NoError(h.T, errors.Join(append(errs, err)...))
}

// export hands out a customer's, as files by name.
func (h *house) export(customer courrier.CustomerID) map[string]string {
	var out bytes.Buffer
	require.NoError(h.T, h.keeper.Export(h.Ctx, &out, "acme", customer))
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	require.NoError(h.T, err)
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		require.NoError(h.T, err)
		content, err := io.ReadAll(r)
		require.NoError(h.T, err)
		files[f.Name] = string(content)
	}
	return files
}

// holding counts the files of an export that hold a text.
func holding(files map[string]string, text string) (n int) {
	for _, content := range files {
		if strings.Contains(content, text) {
			n++
		}
	}
	return n
}

// allIsHandedOut: one customer's, all of it, with hashes that hold.
func allIsHandedOut(t *testing.T) {
	h := newHouse(t)
	files := h.export("c1")
	require.Equal(t, 2+2*2, holding(files, name), "letters, reminders, and four documents") // the bodies of events are in base 64
	require.Zero(t, holding(files, "Martin"))
	require.Equal(t, 2, strings.Count(files["letters.jsonl"], "\n"))
	require.Equal(t, 2, strings.Count(files["events.jsonl"], "\n"))
	var manifest privacy.Manifest
	require.NoError(t, json.Unmarshal([]byte(files["manifest.json"]), &manifest))
	require.Equal(t, []string{"post"}, manifest.Carriers)
	require.Len(t, manifest.Files, len(files)-1)
	for _, f := range manifest.Files {
		require.Equal(t, courrier.SumOf([]byte(files[f.Name])), f.Sum, f.Name)
		require.Equal(t, int64(len(files[f.Name])), f.Size)
	}
	require.ErrorIs(t, h.keeper.Export(h.Ctx, io.Discard, "acme", ""), courrier.ErrInvalid)
}

// dutiesAreKept: a letter that the law wants kept stays whole until its day, and what
// is under way until it has ended.
func dutiesAreKept(t *testing.T) {
	h := newHouse(t)
	h.keeper.Retention = privacy.France()
	h.TopUp(1)
	l := testscene.Letter("open", courrier.ServiceStandard)
	l.Customer = "c1"
	sent, err := h.Client.Send(h.Ctx, l)
	require.NoError(t, err)
	report, err := h.keeper.Erase(h.Ctx, "acme", "c1")
	require.NoError(t, err)
	require.Equal(t, 1, report.Letters)
	day := courrier.PostalDay(h.Now())
	require.ElementsMatch(t, []privacy.Kept{
		{Reminder: "r-c1-0", Until: day.AddMonths(60), Reason: "code civil, art. 2224"}, {Reminder: "r-c1-1", Until: day.AddMonths(60), Reason: "code civil, art. 2224"},
		{Letter: "c1-0", Until: day.AddMonths(120), Reason: "code de commerce, art. L123-22"}, {Letter: sent.ID, Reason: privacy.UnderWay},
	}, report.Kept)
	h.Advance(11 * 366 * 24 * time.Hour)
	report, err = h.keeper.Erase(h.Ctx, "acme", "c1")
	require.NoError(t, err)
	require.Equal(t, 1, report.Letters)
	require.Equal(t, 2, report.Reminders)
	require.Len(t, report.Kept, 1)
	require.Zero(t, holding(h.export("c1"), name))
}

// erasureGoesOn is cut at every write, and ends when it is tried again; the other
// customer's things, and a document of both, stay.
func erasureGoesOn(t *testing.T) {
	h := newHouse(t)
	before := h.export("c2")
	entries := h.entries()
	cuts := 0
	for n := 0; ; n++ {
		h.store.left = n % 3
		_, err := h.keeper.Erase(h.Ctx, "acme", "c1")
		h.store.left = 1 << 30
		if err == nil {
			break
		}
		require.ErrorIs(t, err, errKilled)
		if cuts++; cuts > 60 { // each try gets further by what it wrote: the rest in one go
			_, err := h.keeper.Erase(h.Ctx, "acme", "c1")
			require.NoError(t, err)
			break
		}
	}
	require.Greater(t, cuts, 3)
	after := h.export("c1")
	require.Zero(t, holding(after, name))
	require.NotContains(t, after["events.jsonl"], "raw")
	require.Contains(t, after, "files/"+string(h.shared)+".pdf", "another customer's document too")
	require.Equal(t, 2, strings.Count(after["letters.jsonl"], "\n"), "that letters were sent stays on record")
	gone := before["manifest.json"]
	delete(before, "manifest.json")
	other := h.export("c2")
	require.NotEmpty(t, gone)
	delete(other, "manifest.json")
	require.Equal(t, before, other)
	require.Equal(t, entries, h.entries())
	again, err := h.keeper.Erase(h.Ctx, "acme", "c1")
	require.NoError(t, err)
	require.Zero(t, again.Letters+again.Reminders+again.Events)
	h.told(t)
}

func (h *house) entries() (all []courrier.Entry) {
	for e, err := range h.store.Entries(h.Ctx, courrier.EntryFilter{}) {
		require.NoError(h.T, err)
		all = append(all, e)
	}
	return all
}

// told: the feed says that the customer was erased, names nobody, and the erasure is on
// record.
func (h *house) told(t *testing.T) {
	page, err := h.store.Changes(h.Ctx, changes.Filter{})
	require.NoError(t, err)
	text, err := json.Marshal(page.Changes)
	require.NoError(t, err)
	require.NotContains(t, string(text), name)
	page, err = h.store.Changes(h.Ctx, changes.Filter{Kinds: []changes.Kind{changes.CustomerErased}})
	require.NoError(t, err)
	require.NotEmpty(t, page.Changes)
	require.Equal(t, "c1", page.Changes[0].Subject)
	for e, err := range h.keeper.Erasures(h.Ctx, "acme") {
		require.NoError(t, err)
		require.Equal(t, courrier.CustomerID("c1"), e.Customer)
		require.False(t, e.DoneAt.IsZero())
	}
}
