package dunning

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// ImportRow is one thing that an earlier system did about a customer, or agreed with
// one. It names no person: what was printed stays where it is.
type ImportRow struct {
	// ID is the earlier system's own id of it, unique within the account: 1 to 200
	// bytes. A row that was written once is never written again.
	ID       string
	Kind     ImportKind
	Customer courrier.CustomerID
	// Invoices are those that a reminder named, the one it was about first. A promise, an
	// exclusion and a dispute are about one of them at least, a pause about none.
	Invoices []InvoiceID
	// On is the day on which a reminder was sent; the promised day; the first day on
	// which reminders may go again after a pause, no date: until it is taken back.
	On courrier.Date
	// Step is the id of the reminder's step in one of the account's policies. Empty: it
	// counts as a contact, and for no step.
	Step string
	// Occurrence is which sending of a step that repeats it was; 0: the first. Those
	// before it must be known, or stand before it in the stream.
	Occurrence int
	Channel    courrier.Channel // of a reminder
	Open       courrier.Amount  // what a reminder asked for, where that is known
	Reason     string           // of a pause
}

// ImportKind says what an [ImportRow] is.
type ImportKind string

// The kinds.
const (
	ImportReminder  ImportKind = "reminder"
	ImportPromise   ImportKind = "promise"
	ImportPause     ImportKind = "pause"
	ImportExclusion ImportKind = "exclusion"
	ImportDispute   ImportKind = "dispute"
)

// ImportReport counts what an import wrote or, in a dry run, would write.
type ImportReport struct {
	Rows    int
	Written int
	Known   int // written by an import before
	Refused int
	// Errors are those of the first rows that were refused, at most 100, each with the
	// place of its row in the stream, from 1, such as Rows[12].Step.
	Errors []error
}

const (
	maxImportErrors = 100
	maxImportID     = 200
)

// Import writes down what an earlier system did and agreed, so that the next step of a
// customer's policy follows the last one that was sent. Run it dry first: nothing is
// written then, and the report is the one that a real run gives. It may be stopped
// anywhere and run again, also with more rows, and beside a day's run: each row is
// written once, a reminder under the keys of its invoices and its step.
//
// An imported reminder counts as sent on its day, and is marked in lists and evidence:
// the library has no document of it, no proof, and does not know when it arrived. A
// step that counts from its delivery waits for a person. The feed of changes tells it
// as sent.
//
// A row that is wrong is refused, and the others are written. The report says why: the
// row is invalid; another reminder has the step of an invoice (key-used); or others
// wrote about the customer all the time (changed), and the next run writes it.
//
// Errors: [courrier.ErrInvalid], the host's.
func (d *Runner) Import(ctx context.Context, account courrier.AccountID, dry bool, rows iter.Seq2[ImportRow, error]) (ImportReport, error) {
	plans, err := d.plans(ctx, account)
	if err != nil {
		return ImportReport{}, fmt.Errorf("import: %w", err)
	}
	in := importer{Runner: d, account: account, dry: dry, steps: plans.stepsByID(), rows: map[string]int{}, keys: map[string]bool{}}
	for row, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = in.add(ctx, row)
		}
		if err != nil {
			return in.report, fmt.Errorf("import: %w", err)
		}
	}
	return in.report, nil
}

// stepsByID are the steps of all policies: those of one id are one step in history.
func (p *accountPlans) stepsByID() map[string]courrier.Step {
	steps := map[string]courrier.Step{}
	for _, policy := range p.Policies {
		for _, s := range policy.Steps {
			steps[s.ID] = s
		}
	}
	return steps
}

// importer is one import under way. It keeps the ids and keys of the stream, so that a
// dry run finds what a real one would.
type importer struct {
	*Runner
	account courrier.AccountID
	dry     bool
	steps   map[string]courrier.Step
	rows    map[string]int // where each stands in the stream
	keys    map[string]bool
	report  ImportReport
}

// add takes one row. Its error ends the import; that of the row alone is reported.
func (in *importer) add(ctx context.Context, row ImportRow) error {
	in.report.Rows++
	err, known := in.check(row), false
	if err == nil {
		known, err = in.write(ctx, row)
	}
	switch {
	case errors.Is(err, courrier.ErrInvalid) || errors.Is(err, courrier.ErrConflict):
		in.report.Refused++
		if len(in.report.Errors) < maxImportErrors {
			in.report.Errors = append(in.report.Errors, err)
		}
		return nil
	case err != nil:
		return err
	case known:
		in.report.Known++
	default:
		in.report.Written++
	}
	return nil
}

// check returns what is wrong with a row, each fault under the row's place.
func (in *importer) check(row ImportRow) error {
	var own courrier.Checks
	own.Require(row.ID != "" && len(row.ID) <= maxImportID, "ID", "is empty or longer than 200 bytes", "give the earlier system's own id")
	if before := in.rows[row.ID]; before > 0 {
		own.Require(false, "ID", fmt.Sprintf("is that of row %d too", before), "give each its own id")
	}
	own.Require(row.Customer != "", "Customer", "is empty", "name the customer")
	own.Require(!slices.Contains(row.Invoices, ""), "Invoices", "holds an empty id", "name each invoice")
	if rule, ok := importRules[row.Kind]; ok {
		rule(&own, in.steps, row)
	} else {
		own.Require(false, "Kind", "is none of the kinds", "use reminder, promise, pause, exclusion or dispute")
	}
	if row.ID != "" && in.rows[row.ID] == 0 {
		in.rows[row.ID] = in.report.Rows
	}
	var c courrier.Checks
	c.Nest(fmt.Sprintf("Rows[%d]", in.report.Rows), own.Err())
	return c.Err()
}

// importRules is what each kind of row needs.
var importRules = map[ImportKind]func(*courrier.Checks, map[string]courrier.Step, ImportRow){
	ImportReminder:  checkReminderRow,
	ImportPromise:   checkPromiseRow,
	ImportExclusion: checkInvoiceRow,
	ImportDispute:   checkInvoiceRow,
	ImportPause: func(c *courrier.Checks, _ map[string]courrier.Step, row ImportRow) {
		c.Require(len(row.Invoices) == 0, "Invoices", "are named, and a pause is the customer's", "leave them out, or exclude the invoices")
	},
}

func checkInvoiceRow(c *courrier.Checks, _ map[string]courrier.Step, row ImportRow) {
	c.Require(len(row.Invoices) > 0, "Invoices", "is empty", "name the invoice")
}

func checkPromiseRow(c *courrier.Checks, steps map[string]courrier.Step, row ImportRow) {
	checkInvoiceRow(c, steps, row)
	c.Require(!row.On.IsZero(), "On", "is no date", "give the day that was promised")
}

func checkReminderRow(c *courrier.Checks, steps map[string]courrier.Step, row ImportRow) {
	checkInvoiceRow(c, steps, row)
	c.Require(!row.On.IsZero(), "On", "is no date", "give the day on which it was sent")
	c.Require(row.Channel == courrier.ChannelEmail || row.Channel == courrier.ChannelPost, "Channel", "is unknown", "use email or post")
	named := slices.Clone(row.Invoices)
	slices.Sort(named)
	c.Require(len(slices.Compact(named)) == len(row.Invoices), "Invoices", "names one twice", "name each once")
	step, found := steps[row.Step]
	c.Require(found || row.Step == "", "Step", "is in no policy of the account", "use the id of a step, or leave it out for a mere contact")
	most := 1
	if found {
		most = step.Occurrences()
	}
	c.Require(row.Occurrence >= 0 && row.Occurrence <= most, "Occurrence", "is not one of the step's sendings", fmt.Sprintf("give 1 to %d, or 0 for the first", most))
}

// write writes a row that is right, or in a dry run finds out what that would do: known
// tells that an import wrote it before.
func (in *importer) write(ctx context.Context, row ImportRow) (known bool, err error) {
	if row.Kind == ImportReminder {
		return in.writeReminder(ctx, row)
	}
	mark := in.printOf(row)
	edit := func(n *DebtorNotes) {
		if known = slices.Contains(n.Imported, mark); !known {
			n.Imported = append(n.Imported[:len(n.Imported):len(n.Imported)], mark)
			row.noteIn(n)
		}
	}
	if !in.dry {
		err = in.note(ctx, in.account, row.Customer, edit)
		return known, err
	}
	notes, err := in.Notes(ctx, in.account, row.Customer)
	notes = notes.copied()
	edit(&notes)
	return known, err
}

// noteIn adds what was agreed to the notes of its customer.
func (row ImportRow) noteIn(n *DebtorNotes) {
	if row.Kind == ImportPause {
		n.Paused, n.PausedUntil, n.Reason = true, row.On, row.Reason
	}
	for _, id := range row.Invoices {
		switch row.Kind {
		case ImportPromise:
			n.promise(id, row.On)
		case ImportExclusion:
			n.Excluded = flag(n.Excluded, id, true)
		case ImportDispute:
			n.Disputed = flag(n.Disputed, id, true)
		}
	}
}

// writeReminder claims the keys of a reminder that was sent, unless that was done before.
func (in *importer) writeReminder(ctx context.Context, row ImportRow) (known bool, err error) {
	rem := in.reminder(row)
	err = errFaster
	for tries := 0; tries < maxConflicts && errors.Is(err, errFaster); tries++ { // somebody wrote about the customer
		known, err = in.tryReminder(ctx, row, rem)
	}
	if err == nil {
		in.remember(rem.Keys)
	}
	return known, err
}

// tryReminder is one try. The notes of the customer guard it, as they guard a day's run.
func (in *importer) tryReminder(ctx context.Context, row ImportRow, rem Reminder) (known bool, err error) {
	_, err = in.store.Reminder(ctx, rem.ID)
	if !errors.Is(err, courrier.ErrNotFound) {
		return true, err
	}
	if err := in.free(ctx, row, rem); err != nil || in.dry {
		return false, err
	}
	notes, err := in.Notes(ctx, in.account, row.Customer)
	if err != nil {
		return false, err
	}
	guard, err := notes.item(in.account, row.Customer)
	if err != nil {
		return false, err
	}
	return false, in.commit(ctx, Change{Reminder: &rem, Items: []courrier.Item{guard}})
}

// printOf identifies a row without holding its id.
func (in *importer) printOf(row ImportRow) string { return fingerprintOf(in.account, row.ID)[:32] }

func (in *importer) remember(keys []string) {
	for _, key := range keys {
		in.keys[key] = true
	}
}

// free tells what keeps a row from its keys: another reminder has one, or the sending
// before is not known. An import at the same moment may just have written the row:
// errFaster then.
func (in *importer) free(ctx context.Context, row ImportRow, rem Reminder) error {
	for i, key := range rem.Keys {
		holder, err := in.holderOf(ctx, key)
		switch {
		case err != nil:
			return err
		case holder != nil && holder.ID == rem.ID:
			return errFaster
		case holder != nil || in.keys[key]:
			return &courrier.Error{Op: "import", Kind: courrier.ErrConflict, Code: courrier.CodeKeyUsed,
				Err: fmt.Errorf("row %d: another reminder has this step of invoice %d of the row", in.report.Rows, i+1)}
		}
		if row.Occurrence < 2 {
			continue
		}
		before := ReminderKey{Account: in.account, Invoice: row.Invoices[i], Step: row.Step, Occurrence: row.Occurrence - 1}.String()
		if holder, err = in.holderOf(ctx, before); err != nil {
			return err
		}
		if holder == nil && !in.keys[before] {
			return &courrier.FieldError{Field: fmt.Sprintf("Rows[%d].Occurrence", in.report.Rows), Rule: "follows a sending that is not known",
				Remedy: "give the row of the sending before it first"}
		}
	}
	return nil
}

// reminder is a row as a reminder that was sent.
func (in *importer) reminder(row ImportRow) Reminder {
	d := Decision{Customer: row.Customer, On: row.On, PlannedOn: row.On, Step: in.steps[row.Step], Open: row.Open, Channels: []courrier.Channel{row.Channel}}
	occurrence := max(row.Occurrence, 1)
	d.Key = ReminderKey{Account: in.account, Invoice: row.Invoices[0], Step: row.Step, Occurrence: occurrence}
	rem := Reminder{
		ID: ReminderID("imported-" + in.printOf(row)), Account: in.account, Customer: row.Customer,
		State: ReminderSent, AdHoc: row.Step == "", Imported: true, DueOn: row.On, SentOn: row.On, Channel: row.Channel,
		Log: []ReminderAct{{At: in.now(), Act: "imported"}},
	}
	for _, id := range row.Invoices {
		d.Lines = append(d.Lines, ReminderLine{Invoice: id, Occurrence: occurrence})
	}
	if row.Step != "" {
		for key := range d.Keys() {
			rem.Keys = append(rem.Keys, key.String())
		}
	}
	rem.Decision = d
	return rem
}
