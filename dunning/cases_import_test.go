package dunning_test

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// regexpField cuts the name of a field out of that of a test.
var regexpField = regexp.MustCompile(`^\w+`)

func rowsOf(rows ...dunning.ImportRow) iter.Seq2[dunning.ImportRow, error] {
	return func(yield func(dunning.ImportRow, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (o *office) imported(dry bool, rows ...dunning.ImportRow) dunning.ImportReport {
	o.T.Helper()
	report, err := o.dunning.Import(o.Ctx, "acme", dry, rowsOf(rows...))
	require.NoError(o.T, err)
	return report
}

func sentBefore(row, customer, invoice, step, on string) dunning.ImportRow {
	return dunning.ImportRow{ID: row, Kind: dunning.ImportReminder, Customer: courrier.CustomerID(customer), Invoices: []dunning.InvoiceID{dunning.InvoiceID(invoice)},
		Step: step, On: day(on), Channel: courrier.ChannelEmail}
}

// The history of an earlier system: a dry run tells what a real one does, a second run
// writes nothing, and the plan goes on where the earlier system stopped.
func historyBroughtIn(t *testing.T) {
	t.Run("the plan goes on", importThenPlan)
	t.Run("rows that are refused", importRefuses)
	t.Run("agreements", importAgreements)
	t.Run("a step that was sent twice", importOccurrences)
	t.Run("beside what was made here", importBeside)
	t.Run("stopped anywhere", importStopped)
	t.Run("evidence claims no proof", importEvidence)
	t.Run("dry is true", importDryIsTrue)
}

func importThenPlan(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", dunning.Contact{Email: true, Post: true}, bill("i1", "2026-03-02"))
	rows := []dunning.ImportRow{
		sentBefore("old-1", "c1", "i1", "courtesy", "2026-02-23"), sentBefore("old-2", "c1", "i1", "reminder-1", "2026-03-10"),
	}
	want := dunning.ImportReport{Rows: 2, Written: 2}
	require.Equal(t, want, o.imported(true, rows...))
	require.Empty(t, o.queue(dunning.ReminderFilter{}), "a dry run writes nothing")
	require.Equal(t, want, o.imported(false, rows...))
	require.Equal(t, dunning.ImportReport{Rows: 2, Known: 2}, o.imported(false, rows...))
	require.Equal(t, dunning.ImportReport{Rows: 2, Known: 2}, o.imported(true, rows...))

	for d := day("2026-03-11"); d.Before(day("2026-05-20")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.Equal(t, []string{"reminder-2", "formal-notice"}, o.stepsMadeHere(), "from the step after the one that was brought in")
}

// stepsMadeHere are the steps of the reminders that no import wrote, by their day.
func (o *office) stepsMadeHere() []string {
	var steps []string
	for _, rem := range o.queue(dunning.ReminderFilter{}) {
		if !rem.Imported {
			steps = append(steps, rem.Decision.Step.ID)
		}
	}
	return steps
}

func importRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := sentBefore("r", "c1", "i1", "reminder-1", "2026-03-10")
	with := func(edit func(*dunning.ImportRow)) dunning.ImportRow {
		row := good
		edit(&row)
		return row
	}
	for field, row := range map[string]dunning.ImportRow{
		"ID":         with(func(r *dunning.ImportRow) { r.ID = "" }),
		"Kind":       with(func(r *dunning.ImportRow) { r.Kind = "letter" }),
		"Customer":   with(func(r *dunning.ImportRow) { r.Customer = "" }),
		"Invoices":   with(func(r *dunning.ImportRow) { r.Invoices = nil }),
		"Invoices ":  with(func(r *dunning.ImportRow) { r.Invoices = []dunning.InvoiceID{"i1", "i1"} }),
		"Invoices  ": with(func(r *dunning.ImportRow) { r.Invoices = []dunning.InvoiceID{""} }),
		"Invoices/p": {ID: "p", Kind: dunning.ImportPause, Customer: "c1", Invoices: []dunning.InvoiceID{"i1"}},
		"On":         with(func(r *dunning.ImportRow) { r.On = courrier.Date{} }),
		"On/p":       {ID: "p", Kind: dunning.ImportPromise, Customer: "c1", Invoices: []dunning.InvoiceID{"i1"}},
		"Channel":    with(func(r *dunning.ImportRow) { r.Channel = "pigeon" }),
		"Step":       with(func(r *dunning.ImportRow) { r.Step = "reminder-99" }),
		"Occurrence": with(func(r *dunning.ImportRow) { r.Occurrence = 2 }),
	} {
		for _, dry := range []bool{true, false} {
			report := o.imported(dry, row)
			require.Equal(t, 1, report.Refused, field)
			require.Len(t, report.Errors, 1)
			require.ErrorIs(t, report.Errors[0], courrier.ErrInvalid, field)
			var at []string
			for _, f := range courrier.FieldErrors(report.Errors[0]) {
				at = append(at, f.Field)
				require.NotEmpty(t, f.Remedy)
			}
			require.Contains(t, at, "Rows[1]."+regexpField.FindString(field))
		}
	}
	report := o.imported(true, good, good)
	require.Equal(t, 1, report.Refused)
	require.ErrorContains(t, report.Errors[0], "Rows[2].ID: is that of row 1 too")
	require.Empty(t, o.queue(dunning.ReminderFilter{}))

	broken := errors.New("their database is away")
	_, err := o.dunning.Import(o.Ctx, "acme", false, func(yield func(dunning.ImportRow, error) bool) { yield(dunning.ImportRow{}, broken) })
	require.ErrorIs(t, err, broken)
}

func importAgreements(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-03-02"), bill("i2", "2026-03-02"), bill("i3", "2026-03-02"))
	o.owe("c2", dunning.Contact{Email: true}, bill("j1", "2026-03-02"))
	rows := []dunning.ImportRow{
		{ID: "1", Kind: dunning.ImportPromise, Customer: "c1", Invoices: []dunning.InvoiceID{"i1"}, On: day("2026-04-10")},
		{ID: "2", Kind: dunning.ImportDispute, Customer: "c1", Invoices: []dunning.InvoiceID{"i2"}},
		{ID: "3", Kind: dunning.ImportExclusion, Customer: "c1", Invoices: []dunning.InvoiceID{"i3"}},
		{ID: "4", Kind: dunning.ImportPause, Customer: "c2", On: day("2026-04-01"), Reason: "on holiday"},
	}
	require.Equal(t, dunning.ImportReport{Rows: 4, Written: 4}, o.imported(true, rows...))
	require.Equal(t, dunning.ImportReport{Rows: 4, Written: 4}, o.imported(false, rows...))
	causes := func() map[dunning.InvoiceID]dunning.HoldCause {
		all := map[dunning.InvoiceID]dunning.HoldCause{}
		for _, id := range []courrier.CustomerID{"c1", "c2"} {
			outcomes, err := o.dunning.Why(o.Ctx, "acme", id, day("2026-03-12"))
			require.NoError(t, err)
			for _, out := range outcomes {
				for _, h := range out.Holds {
					all[h.Invoice] = h.Cause
				}
			}
		}
		return all
	}
	want := map[dunning.InvoiceID]dunning.HoldCause{
		"i1": dunning.CausePromised, "i2": dunning.CauseDisputed, "i3": dunning.CauseExcluded, "j1": dunning.CausePaused}
	require.Equal(t, want, causes())

	// What a person decided since is not undone by a second run.
	require.NoError(t, o.dunning.ResumeCustomer(o.Ctx, "acme", "c2"))
	require.NoError(t, o.dunning.Dispute(o.Ctx, "acme", "c1", "i2", false))
	require.Equal(t, dunning.ImportReport{Rows: 4, Known: 4}, o.imported(false, rows...))
	after := causes()
	require.NotEqual(t, dunning.CausePaused, after["j1"])
	require.NotEqual(t, dunning.CauseDisputed, after["i2"])
}

func importOccurrences(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	policy := dunning.StandardPolicy()
	i := policy.StepIndex("reminder-1")
	policy.Steps[i].Repeat = courrier.Repeat{Times: 3, EveryDays: 10}
	o.plans.Policies = []courrier.ReminderPolicy{policy}
	o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-03-02"))
	first, second := sentBefore("a", "c1", "i1", "reminder-1", "2026-03-10"), sentBefore("b", "c1", "i1", "reminder-1", "2026-03-20")
	second.Occurrence = 2
	for _, dry := range []bool{true, false} {
		report := o.imported(dry, second)
		require.Equal(t, 1, report.Refused)
		require.ErrorContains(t, report.Errors[0], "Rows[1].Occurrence: follows a sending that is not known")
	}
	require.Equal(t, dunning.ImportReport{Rows: 2, Written: 2}, o.imported(true, first, second))
	require.Equal(t, dunning.ImportReport{Rows: 2, Written: 2}, o.imported(false, first, second))
	o.day("2026-04-01")
	all := o.queue(dunning.ReminderFilter{})
	require.Equal(t, []string{"reminder-1"}, o.stepsMadeHere())
	require.Equal(t, 3, all[len(all)-1].Decision.Lines[0].Occurrence)
}

func importBeside(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-03-02"))
	o.day("2026-03-10")
	ours := o.only(dunning.ReminderFilter{})
	row := sentBefore("x", "c1", "i1", ours.Decision.Step.ID, "2026-03-09")
	for _, dry := range []bool{true, false} {
		report := o.imported(dry, row)
		require.Equal(t, 1, report.Refused)
		require.ErrorIs(t, report.Errors[0], courrier.ErrConflict)
		e, ok := errors.AsType[*courrier.Error](report.Errors[0])
		require.True(t, ok)
		require.Equal(t, courrier.CodeKeyUsed, e.Code)
	}
	require.Len(t, o.queue(dunning.ReminderFilter{}), 1)
}

func importStopped(t *testing.T) {
	t.Parallel()
	var rows []dunning.ImportRow
	for i := range 7 {
		rows = append(rows, sentBefore(fmt.Sprint(i), "c1", fmt.Sprint("i", i), "reminder-1", "2026-03-10"))
	}
	away := errors.New("the stream broke")
	for stop := range rows {
		o := newOffice(t)
		_, err := o.dunning.Import(o.Ctx, "acme", false, func(yield func(dunning.ImportRow, error) bool) {
			for _, row := range rows[:stop] {
				if !yield(row, nil) {
					return
				}
			}
			yield(dunning.ImportRow{}, away)
		})
		require.ErrorIs(t, err, away)
		require.Equal(t, dunning.ImportReport{Rows: 7, Written: 7 - stop, Known: stop}, o.imported(false, rows...))
		require.Len(t, o.queue(dunning.ReminderFilter{}), 7)
	}
}

func importEvidence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", dunning.Contact{Email: true, Post: true}, bill("i1", "2026-03-02"))
	letter := sentBefore("b", "c1", "i1", "reminder-2", "2026-03-25")
	letter.Channel = courrier.ChannelPost
	o.imported(false, sentBefore("a", "c1", "i1", "reminder-1", "2026-03-10"), letter)
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Empty(t, ev.Unsent)
	require.Len(t, ev.Steps, 2)
	for i, on := range []string{"2026-03-10", "2026-03-25"} {
		step := ev.Steps[i]
		require.True(t, step.Imported)
		require.Equal(t, day(on), step.SentOn)
		require.True(t, step.PostedOn.IsZero() && step.PresentedOn.IsZero() && step.DeliveredOn.IsZero())
		require.Empty(t, step.Parts)
		require.Empty(t, step.Letter)
		require.Empty(t, step.Status)
	}
}

// importDryIsTrue: over random rows, a dry run tells what the run after it does.
func importDryIsTrue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := newOffice(t)
		row := rapid.Custom(func(rt *rapid.T) dunning.ImportRow {
			return dunning.ImportRow{
				ID: rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e"}).Draw(rt, "row"), Customer: rapid.SampledFrom([]courrier.CustomerID{"", "c1", "c2"}).Draw(rt, "customer"),
				Kind:     rapid.SampledFrom([]dunning.ImportKind{"reminder", "reminder", "promise", "pause", "exclusion", "dispute", "x"}).Draw(rt, "kind"),
				Invoices: rapid.SliceOfN(rapid.SampledFrom([]dunning.InvoiceID{"i1", "i2", ""}), 0, 2).Draw(rt, "invoices"),
				On:       day("2026-03-01").AddDays(rapid.IntRange(0, 40).Draw(rt, "on")), Channel: rapid.SampledFrom([]courrier.Channel{"email", "post", ""}).Draw(rt, "channel"),
				Step: rapid.SampledFrom([]string{"", "courtesy", "reminder-1", "reminder-2", "x"}).Draw(rt, "step"), Occurrence: rapid.IntRange(-1, 2).Draw(rt, "occurrence"),
			}
		})
		for range 3 {
			rows := rapid.SliceOfN(row, 0, 8).Draw(rt, "rows")
			would, did := o.imported(true, rows...), o.imported(false, rows...)
			require.Equal(rt, would, did)
			again := o.imported(false, rows...)
			require.Zero(rt, again.Written)
			require.Equal(rt, did.Written+did.Known, again.Known)
			require.Equal(rt, len(rows), did.Written+did.Known+did.Refused)
		}
		var keys []string
		for _, rem := range o.queue(dunning.ReminderFilter{}) {
			keys = append(keys, rem.Keys...)
		}
		slices.Sort(keys)
		require.Len(rt, slices.Compact(slices.Clone(keys)), len(keys), "no step twice")
	})
}
