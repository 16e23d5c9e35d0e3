package river_test

import (
	"context"
	"iter"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/dunning/dunningtest"
	courrierriver "github.com/courrier-go/courrier/river"
)

// The day's reminders are decided once, by whichever process, and sent when they are
// approved.
func TestReminders(t *testing.T) {
	t.Parallel()
	w := pgxWorld(t, postgresOf(t)) // River's alone: the host of reminders keeps its own in memory
	company := dunningtest.NewHost(t)
	company.Settings.Hour = dunning.Midnight
	company.Owes("C-1", "F-1", "1200.00", "2026-02-20")
	withReminders := func(c *courrierriver.Config[pgx.Tx], _ *river.Config) {
		c.Runner = company.Runner
		c.Cases = func(context.Context, courrier.Date) iter.Seq2[dunning.Case, error] { return company.Cases() }
	}
	e := w.process(t, company.Client, withReminders)
	e.work(t)
	w.process(t, company.Client, withReminders).work(t)
	eventually(t, "the day is decided", func() bool { return len(done(e.jobs(t, courrierriver.KindDay))) == 1 })
	for _, r := range company.Waiting() {
		shown, err := company.Runner.Preview(t.Context(), r.ID)
		require.NoError(t, err)
		_, err = company.Runner.Approve(t.Context(), r.ID, shown.Token)
		require.NoError(t, err)
	}
	eventually(t, "the reminder left", func() bool { return len(company.Sent()) == 1 })
	looks := len(done(e.jobs(t, courrierriver.KindLook)))
	eventually(t, "more looks", func() bool { return len(done(e.jobs(t, courrierriver.KindLook))) > looks+2 })
	require.Len(t, company.Mails(), 1)
	days := e.jobs(t, courrierriver.KindDay)
	require.Len(t, days, 1, "once a day")
	require.JSONEq(t, `{"slot": "2026-03-02"}`, string(days[0].EncodedArgs))
	for _, job := range e.jobs(t, courrierriver.KindReminder) {
		require.Equal(t, rivertype.JobStateCompleted, job.State)
		require.Equal(t, courrierriver.QueueReminders, job.Queue)
		require.NotContains(t, string(job.EncodedArgs), "C-1")
	}
}
