package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/dunning"
)

var (
	reminderByID = &lookup{"courrier_reminders", []string{"id"}, "version, 0, 0, keys, invoices, state, '', ''", true}
	claimByKey   = &lookup{"courrier_reminder_keys", []string{"key"}, "0, 0, 0, reminder, '', '', '', ''", true}

	reminderTexts   = []string{"account", "customer", "state", "assignee", "campaign", "letter", "due_on", "keys", "invoices", "body", "past"}
	reminderInts    = []string{"version", "due_at"}
	insertReminders = &write{verb: insert, table: "courrier_reminders", keys: []string{"id"}, texts: reminderTexts, ints: reminderInts}
	updateReminders = &write{verb: update, table: "courrier_reminders", keys: []string{"id"}, texts: reminderTexts, ints: reminderInts, guard: "version"}
	insertClaims    = &write{verb: insert, table: "courrier_reminder_keys", keys: []string{"key"}, texts: []string{"reminder"}}
	// updateClaims needs no guard: a key changes hands only together with the
	// reminder that gives it up, which is guarded by its version.
	updateClaims = &write{
		verb: insert, table: "courrier_reminder_keys", keys: []string{"key"}, texts: []string{"reminder"},
		merge: &merge{key: "key", set: []string{"reminder = excluded.reminder"}},
	}
	removeClaims = &write{verb: remove, table: "courrier_reminder_keys", keys: []string{"key"}}
	insertNamed  = &write{verb: insert, table: "courrier_reminder_invoices", keys: []string{"invoice", "reminder"}}
	removeNamed  = &write{verb: remove, table: "courrier_reminder_invoices", keys: []string{"invoice", "reminder"}}
)

type reminderOp struct {
	id       string
	version  int64 // that must be stored
	keys     []string
	invoices []string
	stands   changes.Change
	row      row
}

func newReminderOp(r dunning.Reminder) (*reminderOp, error) {
	o := &reminderOp{id: string(r.ID), version: r.Version, keys: r.Keys}
	for _, id := range r.Invoices() {
		o.invoices = append(o.invoices, string(id))
	}
	for _, sum := range r.Sums() {
		o.invoices = append(o.invoices, named(sum))
	}
	o.keys, o.invoices = distinct(o.keys), distinct(o.invoices)
	r.Version++
	r.DueAt = toMicro(r.DueAt)
	o.stands = changes.OfReminder(r)
	body, err := encode(r)
	o.row = row{
		[]string{
			o.id, string(r.Account), string(r.Customer), string(r.State), string(r.Assignee), r.Campaign, string(r.Letter), r.DueOn.String(),
			joinList(o.keys), joinList(o.invoices), body, r.Brief(),
		},
		[]int64{r.Version, r.DueAt.UnixMicro()},
	}
	return o, err
}

// named is how a content stands among the invoices that a reminder names: no
// invoice begins with a control character.
func named(sum courrier.Sum) string { return "\x01" + string(sum) }

func distinct(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

// joinList and splitList keep a list in one column, as JSON: hosts' ids may hold
// any character.
func joinList(all []string) string {
	if len(all) == 0 {
		return ""
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic("sqlstore: strings always marshal: " + err.Error())
	}
	return string(text)
}

func (b *batch) splitList(joined string) []string {
	var all []string
	if joined != "" {
		b.note(decode(joined, &all))
	}
	return all
}

// reminderState is a reminder as the batch finds and leaves it.
type reminderState struct {
	version  int64
	stored   int64 // the version stored before the batch; 0: none
	keys     []string
	state    string
	invoices []string // stored before the batch
	pending  *reminderOp
}

// claim is who holds a key, before the batch and now; empty: nobody.
type claim struct{ stored, holder string }

func (b *batch) noteReminder(r *reminderOp) {
	b.reminders[r.id] = &reminderState{}
	for _, k := range r.keys {
		b.claims[k] = &claim{}
	}
}

func (b *batch) askReminders() asked {
	ids := slices.Sorted(maps.Keys(b.reminders))
	return asked{reminderByID, ids, func(pos int, r found) {
		state := reminderState{version: r.n[0], stored: r.n[0], keys: b.splitList(r.s[0]), invoices: b.splitList(r.s[1]), state: r.s[2]}
		*b.reminders[ids[pos]] = state
		for _, k := range state.keys {
			if b.claims[k] == nil { // held by this one, and asked for by no other
				b.claims[k] = &claim{ids[pos], ids[pos]}
			}
		}
	}}
}

func (b *batch) askClaims() asked {
	keys := slices.Sorted(maps.Keys(b.claims))
	return asked{claimByKey, keys, func(pos int, r found) { *b.claims[keys[pos]] = claim{r.s[0], r.s[0]} }}
}

func (b *batch) reminder(r *reminderOp) error {
	state := b.reminders[r.id]
	version, err := courrier.NextVersion(r.version, state.version)
	if err != nil {
		return fmt.Errorf("reminder: %w", err)
	}
	for _, k := range r.keys {
		if c := b.claims[k]; c.holder != "" && c.holder != r.id {
			return fmt.Errorf("reminder: %w: its key is claimed", courrier.ErrConflict)
		}
	}
	for _, k := range state.keys {
		set(b, &b.claims[k].holder, "")
	}
	for _, k := range r.keys {
		set(b, &b.claims[k].holder, r.id)
	}
	next := *state
	next.version, next.keys, next.state, next.pending = version, r.keys, r.stands.State, r
	if state.version == 0 || state.state != next.state {
		b.tell(r.stands)
	}
	set(b, state, next)
	return nil
}

func (b *batch) reminderRows(all outcome) {
	for _, id := range slices.Sorted(maps.Keys(b.reminders)) {
		r := b.reminders[id]
		if r.pending == nil {
			continue
		}
		if r.stored > 0 {
			all.add(updateReminders, r.pending.row, r.stored)
		} else {
			all.add(insertReminders, r.pending.row)
		}
		for _, invoice := range r.invoices {
			if !slices.Contains(r.pending.invoices, invoice) {
				all.add(removeNamed, row{texts: []string{invoice, id}})
			}
		}
		for _, invoice := range r.pending.invoices {
			if !slices.Contains(r.invoices, invoice) {
				all.add(insertNamed, row{texts: []string{invoice, id}})
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(b.claims)) {
		switch c := b.claims[k]; {
		case c.stored == c.holder:
		case c.stored == "":
			all.add(insertClaims, row{texts: []string{k, c.holder}})
		case c.holder == "":
			all.add(removeClaims, row{texts: []string{k}})
		default:
			all.add(updateClaims, row{texts: []string{k, c.holder}})
		}
	}
}

// Reminder implements [dunning.Store].
func (s *Store) Reminder(ctx context.Context, id dunning.ReminderID) (dunning.Reminder, error) {
	q := selecting(reminderColumns)
	q.where("id = ?", string(id))
	found, err := one(ctx, s, "reminder", q, scanReminder)
	if err != nil {
		return dunning.Reminder{}, err
	}
	return found.read()
}

// Reminders implements [dunning.Store].
func (s *Store) Reminders(ctx context.Context, f dunning.ReminderFilter) iter.Seq2[dunning.Reminder, error] {
	next := func(last *foundReminder) *query {
		q := s.reminders(f)
		q.order = "due_on, id"
		if f.After != nil {
			after(q, s.engine, false, "due_on, id", f.After.DueOn.String(), string(f.After.ID))
		}
		if last != nil {
			r, _ := last.read() // it was read before
			after(q, s.engine, false, "due_on, id", r.DueOn.String(), string(r.ID))
		}
		return q
	}
	return func(yield func(dunning.Reminder, error) bool) {
		for found, err := range listBy(ctx, s, either(f.Brief, briefPage, pageSize), f.Limit, next, scanReminder) {
			var r dunning.Reminder
			if err == nil {
				r, err = found.read()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

const (
	reminderColumns = "'', body FROM courrier_reminders"
	// briefColumns need no body where there is a brief.
	briefColumns = "past, CASE past WHEN '' THEN body ELSE '' END FROM courrier_reminders"
	// briefPage is how many briefs are fetched at once: they are small.
	briefPage = 2000
)

// foundReminder is a row, decoded when it is its turn: a page of rows holds little.
type foundReminder struct{ brief, body string }

func scanReminder(found Rows) (r foundReminder, err error) {
	err = found.Scan(&r.brief, &r.body)
	return r, err
}

func (f foundReminder) read() (dunning.Reminder, error) {
	if f.brief == "" {
		return readWhole(f.body)
	}
	r, err := dunning.ReadBrief(f.brief)
	if err != nil {
		err = fmt.Errorf("sqlstore: decode: %w", err)
	}
	return r, err
}

// readWhole is apart, for what JSON is decoded into lives on the heap.
func readWhole(body string) (r dunning.Reminder, err error) {
	err = decode(body, &r)
	return r, err
}

// reminders has the conditions of a filter, and like letters repeats those of the
// partial indexes.
func (s *Store) reminders(f dunning.ReminderFilter) *query {
	q := selecting(either(f.Brief, briefColumns, reminderColumns))
	q.equal(either(len(f.Customers)+len(f.Invoices) == 0, "account", "(account || '')"), string(f.Account))
	if f.Either {
		eitherOf(q, s.engine, f)
	} else {
		oneOf(q, s.engine, "customer", f.Customers)
		if len(f.Invoices) > 0 {
			named := selecting("reminder FROM courrier_reminder_invoices")
			oneOf(named, s.engine, "invoice", f.Invoices)
			q.within(s.engine, "id", named)
		}
	}
	oneOf(q, s.engine, "state", f.States)
	if len(f.States) > 0 && !slices.ContainsFunc(f.States, isDone) {
		q.where("state NOT IN ('sent', 'skipped', 'failed', 'postponed')")
	}
	q.equal("assignee", string(f.Assignee))
	if f.Campaign != "" {
		q.where("campaign = ? AND campaign <> ''", f.Campaign)
	}
	if f.Letter != "" {
		q.where("letter = ? AND letter <> ''", string(f.Letter))
	}
	if f.Invoice != "" {
		q.where("id IN (SELECT reminder FROM courrier_reminder_invoices WHERE invoice = ?)", string(f.Invoice))
	}
	if f.Sum != "" {
		q.where("id IN (SELECT reminder FROM courrier_reminder_invoices WHERE invoice = ?)", named(f.Sum))
	}
	if f.Kept { // as the index has it
		q.where("state IN ('sent', 'skipped', 'failed') AND due_at > 0")
	}
	if f.Key != "" {
		q.where("id IN (SELECT reminder FROM courrier_reminder_keys WHERE key = ?)", f.Key)
	}
	if !f.DueFrom.IsZero() {
		q.where("due_on >= ?", f.DueFrom.String())
	}
	if !f.DueTo.IsZero() {
		q.where("due_on <= ?", f.DueTo.String())
	}
	if !f.DueBefore.IsZero() {
		q.where("due_at <= ?", f.DueBefore.UnixMicro())
	}
	return q
}

// eitherOf is the condition that a reminder is of one of the customers or names one of
// the invoices. Each is found by its own index, many at once.
func eitherOf(q *query, e engine, f dunning.ReminderFilter) {
	own, named := selecting("id FROM courrier_reminders"), selecting("reminder FROM courrier_reminder_invoices")
	own.equal("(account || '')", string(f.Account))
	listed(own, e.among, "customer", f.Customers)
	listed(named, e.among, "invoice", f.Invoices)
	q.within(e, "id", own, named)
}

// isDone tells the states that the index of states leaves out.
func isDone(s dunning.ReminderState) bool {
	return slices.Contains([]dunning.ReminderState{dunning.ReminderSent, dunning.ReminderSkipped, dunning.ReminderFailed, dunning.ReminderPostponed}, s)
}
