package dunning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// Imported is one thing that an earlier system did about a customer, or agreed with one.
// It names no person: what was printed stays where it is.
type Imported struct {
	// Row is the earlier system's own id of it, unique within the account: 1 to 200
	// bytes. A row that was written once is never written again.
	Row      string
	Kind     ImportedKind
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

// ImportedKind says what an [Imported] is.
type ImportedKind string

// The kinds.
const (
	ImportedReminder  ImportedKind = "reminder"
	ImportedPromise   ImportedKind = "promise"
	ImportedPause     ImportedKind = "pause"
	ImportedExclusion ImportedKind = "exclusion"
	ImportedDispute   ImportedKind = "dispute"
)

// ImportReport counts what an import wrote or, in a dry run, would write.
type ImportReport struct {
	Rows    int
	Written int
	Known   int // written by an import before
	Refused int
	// Errors are those of the first rows that were refused, at most 100, each with the
	// place of its row in the stream, from 1: Rows[12].Step.
	Errors []error
}

const (
	maxImportErrors = 100
	maxImportRow    = 200
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
// A row that is wrong is refused, and the others are written. Its error in the report is
// invalid for the row itself, and a conflict with the code
// key-used where another reminder has the step of an invoice.
//
// Errors: [courrier.ErrInvalid], the host's.
func (d *Runner) Import(ctx context.Context, account courrier.AccountID, dry bool, rows iter.Seq2[Imported, error]) (ImportReport, error) {
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

// outcome is what became of a row.
type outcome int

const (
	written outcome = iota
	known
)

// add takes one row. Its error ends the import; that of the row alone is reported.
func (in *importer) add(ctx context.Context, row Imported) error {
	in.report.Rows++
	err := in.check(row)
	result := written
	if err == nil {
		result, err = in.write(ctx, row)
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
	case result == known:
		in.report.Known++
	default:
		in.report.Written++
	}
	return nil
}

// check returns what is wrong with a row, each fault under the row's place.
func (in *importer) check(row Imported) error {
	var own courrier.Checks
	own.Require(row.Row != "" && len(row.Row) <= maxImportRow, "Row", "is empty or longer than 200 bytes", "give the earlier system's own id")
	if before := in.rows[row.Row]; before > 0 {
		own.Require(false, "Row", fmt.Sprintf("is that of row %d too", before), "give each its own id")
	}
	own.Require(row.Customer != "", "Customer", "is empty", "name the customer")
	own.Require(!slices.Contains(row.Invoices, ""), "Invoices", "holds an empty id", "name each invoice")
	if rule, ok := importRules[row.Kind]; ok {
		rule(&own, in.steps, row)
	} else {
		own.Require(false, "Kind", "is none of the kinds", "use reminder, promise, pause, exclusion or dispute")
	}
	if row.Row != "" && in.rows[row.Row] == 0 {
		in.rows[row.Row] = in.report.Rows
	}
	var c courrier.Checks
	c.Nest(fmt.Sprintf("Rows[%d]", in.report.Rows), own.Err())
	return c.Err()
}

// importRules is what each kind of row needs.
var importRules = map[ImportedKind]func(*courrier.Checks, map[string]courrier.Step, Imported){
	ImportedReminder:  checkReminderRow,
	ImportedPromise:   checkPromiseRow,
	ImportedExclusion: checkInvoiceRow,
	ImportedDispute:   checkInvoiceRow,
	ImportedPause: func(c *courrier.Checks, _ map[string]courrier.Step, row Imported) {
		c.Require(len(row.Invoices) == 0, "Invoices", "are named, and a pause is the customer's", "leave them out, or exclude the invoices")
	},
}

func checkInvoiceRow(c *courrier.Checks, _ map[string]courrier.Step, row Imported) {
	c.Require(len(row.Invoices) > 0, "Invoices", "is empty", "name the invoice")
}

func checkPromiseRow(c *courrier.Checks, steps map[string]courrier.Step, row Imported) {
	checkInvoiceRow(c, steps, row)
	c.Require(!row.On.IsZero(), "On", "is no date", "give the day that was promised")
}

func checkReminderRow(c *courrier.Checks, steps map[string]courrier.Step, row Imported) {
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

// write writes a row that is right, or in a dry run finds out what that would do.
func (in *importer) write(ctx context.Context, row Imported) (outcome, error) {
	if row.Kind == ImportedReminder {
		return in.writeReminder(ctx, row)
	}
	result := written
	mark := hashOf(string(in.account), row.Row)
	edit := func(n *DebtorNotes) {
		result = known
		if !slices.Contains(n.Imported, mark) {
			result = written
			n.Imported = append(n.Imported[:len(n.Imported):len(n.Imported)], mark)
			row.noteIn(n)
		}
	}
	if !in.dry {
		err := in.note(ctx, in.account, row.Customer, edit)
		return result, err
	}
	notes, err := in.Notes(ctx, in.account, row.Customer)
	notes = notes.copied()
	edit(&notes)
	return result, err
}

// noteIn adds what was agreed to the notes of its customer.
func (row Imported) noteIn(n *DebtorNotes) {
	if row.Kind == ImportedPause {
		n.Paused, n.PausedUntil, n.Reason = true, row.On, row.Reason
	}
	for _, id := range row.Invoices {
		switch row.Kind {
		case ImportedPromise:
			n.promise(id, row.On)
		case ImportedExclusion:
			n.Excluded = flag(n.Excluded, id, true)
		case ImportedDispute:
			n.Disputed = flag(n.Disputed, id, true)
		}
	}
}

// writeReminder claims the keys of a reminder that was sent, unless that was done before.
func (in *importer) writeReminder(ctx context.Context, row Imported) (outcome, error) {
	rem := in.reminder(row)
	result, err := written, error(errFaster)
	for range maxConflicts {
		if !errors.Is(err, errFaster) { // else somebody wrote about the customer
			break
		}
		result, err = in.tryReminder(ctx, row, rem)
	}
	if err == nil {
		in.remember(rem.Keys)
	}
	return result, err
}

// tryReminder is one try. The notes of the customer guard it, as they guard a day's run.
func (in *importer) tryReminder(ctx context.Context, row Imported, rem Reminder) (outcome, error) {
	_, err := in.store.Reminder(ctx, rem.ID)
	if !errors.Is(err, courrier.ErrNotFound) {
		return known, err
	}
	if err := in.free(ctx, row, rem); err != nil || in.dry {
		return written, err
	}
	notes, err := in.Notes(ctx, in.account, row.Customer)
	if err != nil {
		return written, err
	}
	guard, err := notes.item(in.account, row.Customer)
	if err != nil {
		return written, err
	}
	return written, in.commit(ctx, Change{Reminder: &rem, Items: []courrier.Item{guard}})
}

func (in *importer) remember(keys []string) {
	for _, key := range keys {
		in.keys[key] = true
	}
}

// free tells what keeps a row from its keys: another reminder has one, or the sending
// before is not known. An import at the same moment may just have written the row:
// errFaster then.
func (in *importer) free(ctx context.Context, row Imported, rem Reminder) error {
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
func (in *importer) reminder(row Imported) Reminder {
	d := Decision{Customer: row.Customer, On: row.On, PlannedOn: row.On, Step: in.steps[row.Step], Open: row.Open, Channels: []courrier.Channel{row.Channel}}
	occurrence := max(row.Occurrence, 1)
	d.Key = ReminderKey{Account: in.account, Invoice: row.Invoices[0], Step: row.Step, Occurrence: occurrence}
	rem := Reminder{
		ID: ReminderID("imported-" + hashOf(string(in.account), row.Row)), Account: in.account, Customer: row.Customer,
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

// hashOf identifies a row without holding it.
func hashOf(account, row string) string {
	sum := sha256.Sum256([]byte(account + "\x00" + row))
	return hex.EncodeToString(sum[:16])
}
