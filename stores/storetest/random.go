package storetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Few of each, so that random changes meet; and such that a database which
// sorts by the rules of a language, folds case or accents, ignores a space at the end
// or normalises text gives itself away. "e\u0301" is "é" in two characters.
var (
	accounts  = []courrier.AccountID{"acme", "Acme", "acme ", "zèbre", "ze\u0300bre"}
	ids       = []courrier.LetterID{"10", "9", "A-1", "A-1 ", "B", "_x", "a-1", "a-10", "a-2", "a1", "b", "b ", "Ü", "é", "e\u0301", "e", "€", "😀"}
	words     = []string{"x", "X", "x ", "y-1", "Y", "ä", "a\u0308"}
	providers = []string{"", "mock", "post"}
	units     = []string{"EUR", "stamp"}
	sums      = []courrier.Sum{courrier.SumOf([]byte("a")), courrier.SumOf([]byte("b")), courrier.SumOf([]byte("c"))}
	statuses  = []courrier.Status{courrier.StatusHeld, courrier.StatusScheduled, courrier.StatusQueued, courrier.StatusPosted, courrier.StatusDelivered}
	holds     = []courrier.HoldReason{"", courrier.HoldCredit, courrier.HoldHost}
	duties    = []courrier.Duty{courrier.DutyNone, courrier.DutyDispatch, courrier.DutyFollow}
	purposes  = []courrier.Purpose{courrier.PurposeInvoice, courrier.PurposeReminder}
	itemKinds = []courrier.ItemKind{"settings", "policy"}
	customers = []courrier.CustomerID{"c1", "C1", "c1 ", "ç"}
	invoices  = []dunning.InvoiceID{"i1", "I1", "i1 ", "ï"}
	actors    = []courrier.ActorID{"", "anne", "bob"}

	reminderStates   = []dunning.ReminderState{dunning.ReminderProposed, dunning.ReminderApproved, dunning.ReminderSent}
	reminderKeyWords = []string{"k1", "K1", "k1 ", "k2", "k3", "k|4"}
)

type random struct {
	*rand.Rand
	ref *reference
}

// seeded returns a source of changes that is the same in every run.
func seeded(n uint64, ref *reference) random {
	return random{rand.New(rand.NewPCG(n, 20260301)), ref}
}

func pick[T any](r random, from []T) T { return from[r.IntN(len(from))] }

// often is true three times out of four.
func (r random) often() bool { return r.IntN(4) > 0 }

func (r random) when() time.Time {
	return epoch.Add(time.Duration(r.IntN(40)) * 250 * time.Millisecond)
}

func (r random) change() change {
	var c change
	if r.IntN(4) == 0 {
		c.Reminder = r.reminder()
		for range r.IntN(2) {
			c.Items = append(c.Items, r.item())
		}
		return c
	}
	if r.IntN(2) == 0 {
		c.Letter = r.letter()
	}
	for range r.IntN(3) {
		c.Entries = append(c.Entries, r.entry())
	}
	for range r.IntN(3) {
		c.Events = append(c.Events, r.event())
	}
	for range r.IntN(2) {
		c.Items = append(c.Items, r.item())
	}
	return c
}

func (r random) changes(n int) []change {
	changes := make([]change, n)
	for i := range changes {
		changes[i] = r.change()
	}
	return changes
}

// letter is most often one that can be committed: a new one, or the next
// version of a stored one.
func (r random) letter() *courrier.LetterRecord {
	id := pick(r, ids)
	l := courrier.LetterRecord{
		ID: id, Status: pick(r, statuses), Hold: pick(r, holds), Provider: pick(r, providers), ProviderID: pick(r, words),
		TrackingNumber: pick(r, words), Duty: pick(r, duties), CreatedAt: r.when(), UpdatedAt: r.when(),
		Letter: courrier.Letter{
			Account: pick(r, accounts), Key: "key of " + string(id), Customer: pick(r, customers), Purpose: pick(r, purposes),
			Documents: []courrier.Document{{Sum: pick(r, sums)}, {Sum: pick(r, sums)}},
		},
	}
	if l.Duty != courrier.DutyNone {
		l.DueAt = r.when()
	}
	if !r.often() {
		l.Letter.Key = "key of " + string(pick(r, ids))
	}
	if r.IntN(3) == 0 {
		l.Proofs = []courrier.ProofRecord{{Sum: pick(r, sums)}}
		l.ContentsGone = r.IntN(2) == 0
	}
	if was, ok := r.ref.letters[id]; ok && r.often() {
		l.Version, l.Letter.Account, l.Letter.Key = was.Version, was.Letter.Account, was.Letter.Key
	} else if r.IntN(8) == 0 {
		l.Version = int64(r.IntN(4))
	}
	return &l
}

func (r random) entry() courrier.Entry {
	kinds := []courrier.EntryKind{
		courrier.EntryTopUp, courrier.EntryTopUp, courrier.EntryGrant, courrier.EntryExpire, courrier.EntryReserve, courrier.EntryReserve,
		courrier.EntryCapture, courrier.EntryCapture, courrier.EntryRelease, courrier.EntryRefund, courrier.EntryRecharge,
		courrier.EntryPayment, courrier.EntryAdjustUp, courrier.EntryAdjustDown, courrier.EntryRevoke, courrier.EntryRebate, courrier.EntryBilled,
		courrier.EntryUnbilled, courrier.EntryClose, courrier.EntryAllowance,
	}
	e := courrier.Entry{
		Account: pick(r, accounts), Key: fmt.Sprintf("move %d", r.IntN(12)), Kind: pick(r, kinds), At: r.when(), Round: r.IntN(8) / 7,
		Amount: courrier.MustAmount("2.50", pick(r, units)),
	}
	if r.IntN(10) == 0 {
		e.Amount = courrier.MustAmount("3", e.Amount.Unit())
	}
	r.detail(&e)
	return e
}

// detail fills in what the kinds of entries have of their own.
func (r random) detail(e *courrier.Entry) {
	switch e.Kind {
	case courrier.EntryGrant:
		e.Expires = e.At.Add(time.Duration(2+r.IntN(5)) * time.Second)
		if r.IntN(2) == 0 {
			e.Begins = e.At.Add(time.Second)
		}
	case courrier.EntryAllowance:
		from := e.At.AddDate(0, -r.IntN(3), 0)
		e.Allowance = &courrier.Allowance{From: from, Until: from.AddDate(0, 4, 0), Zone: "UTC", Carry: r.IntN(2)}
	case courrier.EntryRebate:
		e.Amount, e.Ref, e.Reason = courrier.MustAmount("0.50", e.Amount.Unit()), pick(r, words), pick(r, words)
	case courrier.EntryRelease, courrier.EntryRefund:
		e.Restore = r.IntN(2) == 0
	}
	if e.Kind == courrier.EntryReserve && r.IntN(3) == 0 {
		e.Letter, e.Ceiling = pick(r, ids), courrier.MustAmount("5", e.Amount.Unit())
		e.Service, e.Purpose = courrier.ServiceTracked, pick(r, purposes)
		e.Lines = []courrier.PriceLine{{Code: pick(r, words), Amount: e.Amount, Tax: pick(r, words)}}
	}
}

func (r random) event() courrier.TrackingEvent {
	e := courrier.TrackingEvent{
		ID: fmt.Sprintf("%s %d", pick(r, words), r.IntN(20)), Provider: pick(r, providers), ProviderID: pick(r, words),
		Code: "C", Heard: r.when(), Folded: r.IntN(3) == 0, Hint: r.IntN(2) == 0, Raw: []byte{0, 255, byte(r.IntN(256))},
	}
	if r.IntN(2) == 0 {
		e.Letter = pick(r, ids)
	}
	return e
}

func (r random) day() courrier.Date { return courrier.DateOf(epoch).AddDays(r.IntN(6)) }

func (r random) reminder() *dunning.Reminder {
	rem := dunning.Reminder{
		ID: dunning.ReminderID(pick(r, words)), Account: pick(r, accounts), Customer: pick(r, customers), State: pick(r, reminderStates),
		Assignee: pick(r, actors), Campaign: pick(r, words), Letter: pick(r, ids), DueOn: r.day(),
	}
	if r.IntN(2) == 0 {
		rem.DueAt = r.when()
	}
	for range r.IntN(3) {
		rem.Keys = append(rem.Keys, pick(r, reminderKeyWords))
		rem.Decision.Lines = append(rem.Decision.Lines, dunning.ReminderLine{Invoice: pick(r, invoices), Open: courrier.MustAmount("1", "EUR")})
	}
	for range r.IntN(3) {
		earlier := dunning.EarlierLetter{Letter: pick(r, ids), Lines: []dunning.ReminderLine{{Invoice: pick(r, invoices)}}}
		if r.IntN(2) == 0 {
			earlier.SentOn = r.day()
		}
		rem.Earlier = append(rem.Earlier, earlier)
	}
	for range r.IntN(3) {
		rem.Attachments = append(rem.Attachments, courrier.Document{Sum: pick(r, sums)})
	}
	slices.Sort(rem.Keys)
	rem.Keys = slices.Compact(rem.Keys)
	rem.Version = r.ref.reminders[rem.ID].Version
	if !r.often() {
		rem.Version = int64(r.IntN(3))
	}
	return &rem
}

func (r random) item() courrier.Item {
	i := courrier.Item{
		Kind: pick(r, itemKinds), Account: pick(r, accounts), ID: pick(r, append(words, "")),
		Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, r.Int())),
	}
	i.Version = r.ref.items[itemKey{i.Kind, i.Account, i.ID}].Version
	if !r.often() {
		i.Version = int64(r.IntN(3))
	}
	return i
}

// fillBoth commits random changes to the store and the reference.
func fillBoth(t testing.TB, s store, seed uint64, n int) (random, *reference) {
	t.Helper()
	ref := newReference()
	r := seeded(seed, ref)
	for range n {
		r.commit(t, s, 1+r.IntN(4))
	}
	return r, ref
}

// commit commits n random changes to both and compares the answers.
func (r random) commit(t testing.TB, s store, n int) {
	t.Helper()
	changes := r.changes(n)
	got := commitAll(t, s, changes...)
	for i, want := range r.ref.commit(changes...) {
		what := fmt.Sprintf("result %d of %d, %s", i+1, n, nameOf(changes[i]))
		sameKind(t, what, want.Err, got[i].Err)
		same(t, what+": entries", want.Entries, got[i].Entries)
	}
}

// everything compares all that the store holds with the reference.
func (r *reference) everything(t testing.TB, s store) {
	t.Helper()
	var (
		lf courrier.LetterFilter
		ef courrier.EntryFilter
		vf courrier.EventFilter
	)
	same(t, "letters", selected(slices.Collect(maps.Values(r.letters)), lf.Match, lf.Compare, 0), letters(t, s, lf))
	same(t, "entries", selected(r.entries, ef.Match, ef.Compare, 0), entries(t, s, ef))
	same(t, "events", selected(slices.Collect(maps.Values(r.events)), vf.Match, vf.Compare, 0), events(t, s, vf))
	var rf dunning.ReminderFilter
	same(t, "reminders", selected(slices.Collect(maps.Values(r.reminders)), rf.Match, rf.Compare, 0), reminders(t, s, rf))
	for _, kind := range itemKinds {
		f := courrier.ItemFilter{Kind: kind}
		same(t, "items", selected(slices.Collect(maps.Values(r.items)), f.Match, f.Compare, 0), items(t, s, f))
	}
	for _, a := range accounts {
		for _, u := range units {
			same(t, "books", r.booksOf(ledgerKey{a, u}), booksOf(t, s, a, u))
		}
	}
	same(t, "ledgers", r.ledgers(), ledgers(t, s, ""))
}
