package river_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/providers/mock"
	courrierriver "github.com/courrier-go/courrier/river"
	"github.com/courrier-go/courrier/tariff"
)

// TestCasesHost holds what a host asks of River, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Run("host-08", func(t *testing.T) {
		t.Run("one transaction", func(t *testing.T) { onEach(t, oneTransaction[pgx.Tx], oneTransaction[*sql.Tx]) })
		t.Run("in bulk", func(t *testing.T) { onEach(t, inBulk[pgx.Tx], inBulk[*sql.Tx]) })
		t.Run("all the way", func(t *testing.T) { onEach(t, allTheWay[pgx.Tx], allTheWay[*sql.Tx]) })
	})
}

// host makes a client of the world's store with the post office of the test's.
func host[TTx any](t testing.TB, w *world[TTx], p courrier.Provider, change ...func(*courrier.Config)) *courrier.Client {
	t.Helper()
	cfg := courrier.Config{Store: w.store, Providers: []courrier.Provider{p}}
	for _, c := range change {
		c(&cfg)
	}
	client, err := courrier.New(cfg)
	require.NoError(t, err)
	return client
}

// stamps is a tariff: one for each letter.
var stamps = tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1", "stamp")})

func letter(key string) courrier.Letter { return testscene.Letter(key, courrier.ServiceStandard) }

// oneTransaction: a rollback leaves neither letter nor job, a commit both.
func oneTransaction[TTx any](t *testing.T, w *world[TTx]) {
	e := w.process(t, host(t, w, mock.New()))
	tx, err := w.begin(t.Context())
	require.NoError(t, err)
	rec, err := e.SendTx(t.Context(), e.river, tx, letter("gone"))
	require.NoError(t, err)
	require.NoError(t, w.rollback(t.Context(), tx))
	_, err = e.client.Letter(t.Context(), rec.ID)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	require.Empty(t, e.jobs(t, courrierriver.KindLetter))

	w.inTx(t, func(tx TTx) {
		for range 2 { // a host may repeat itself
			rec, err = e.SendTx(t.Context(), e.river, tx, letter("kept"))
			require.NoError(t, err)
		}
	})
	require.Equal(t, courrier.StatusQueued, statusOf(t, e.client, rec.ID))
	jobs := e.jobs(t, courrierriver.KindLetter)
	require.Len(t, jobs, 1)
	require.Equal(t, rivertype.JobStateAvailable, jobs[0].State)
	require.Equal(t, courrierriver.QueueLetters, jobs[0].Queue)
	require.Equal(t, []string{"courrier", "dispatch"}, jobs[0].Tags)
	require.JSONEq(t, fmt.Sprintf(`{"letter": %q, "account": "acme", "duty": "dispatch", "version": 1, "late": 0}`, rec.ID), string(jobs[0].EncodedArgs))
}

// inBulk: many letters of a transaction get their jobs in one statement, those that
// wait none, and one that leaves later one for then.
func inBulk[TTx any](t *testing.T, w *world[TTx]) {
	client := host(t, w, mock.New(), func(c *courrier.Config) { c.Tariff = stamps })
	_, err := client.Credits("acme").TopUp(t.Context(), "order", courrier.MustAmount("3", "stamp"))
	require.NoError(t, err)
	e := w.process(t, client)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Microsecond)
	w.inTx(t, func(tx TTx) {
		later := letter("later")
		later.NotBefore = tomorrow
		results := client.SendAll(w.joinTx(t.Context(), tx), []courrier.Letter{letter("a"), letter("b"), later, letter("no credit")})
		var recs []courrier.LetterRecord
		for _, r := range results {
			require.NoError(t, r.Err)
			recs = append(recs, r.Record)
		}
		require.NoError(t, e.EnqueueTx(t.Context(), e.river, tx, recs...))
		require.NoError(t, e.EnqueueTx(t.Context(), e.river, tx), "none")
	})
	states := map[rivertype.JobState]int{}
	for _, job := range e.jobs(t, courrierriver.KindLetter) {
		states[job.State]++
		if job.State == rivertype.JobStateScheduled {
			require.WithinDuration(t, tomorrow, job.ScheduledAt, time.Millisecond)
		}
	}
	require.Equal(t, map[rivertype.JobState]int{rivertype.JobStateAvailable: 2, rivertype.JobStateScheduled: 1}, states)
}

// allTheWay: several processes hand letters over, follow them to the end, wake those
// that wait for credit; each letter is printed once, whoever found it, and what River
// shows names nobody.
func allTheWay[TTx any](t *testing.T, w *world[TTx]) {
	office := mock.New(mock.Config{Clock: time.Now})
	client := func() *courrier.Client {
		return host(t, w, office, func(c *courrier.Config) { c.Tariff, c.Now = stamps, office.Now })
	}
	e := w.process(t, client())
	_, err := e.client.Credits("acme").TopUp(t.Context(), "order", courrier.MustAmount("20", "stamp"))
	require.NoError(t, err)
	w.inTx(t, func(tx TTx) {
		for i := range 10 {
			_, err := e.SendTx(t.Context(), e.river, tx, letter(fmt.Sprint("with job ", i)))
			require.NoError(t, err)
		}
	})
	for i := range 15 { // five more than there is credit for
		_, err := e.client.Send(t.Context(), letter(fmt.Sprint("without job ", i)))
		require.NoError(t, err)
	}
	e.work(t)
	w.process(t, client()).work(t)
	eventually(t, "20 letters are handed over", func() bool { return len(office.Accepted()) == 20 })
	_, err = e.client.Credits("acme").TopUp(t.Context(), "more", courrier.MustAmount("5", "stamp"))
	require.NoError(t, err)
	eventually(t, "25 letters are handed over", func() bool { return len(office.Accepted()) == 25 })
	for day := 0; count(t, e.client, courrier.StatusPosted) < 25; day++ {
		require.Less(t, day, 30, "days until the carrier posted all")
		office.Advance(24 * time.Hour)
		seen := len(e.jobs(t, courrierriver.KindFollow))
		eventually(t, "carriers are asked", func() bool { return len(e.jobs(t, courrierriver.KindFollow)) > seen+1 })
	}
	require.Len(t, office.Accepted(), 25, "none twice")
	for _, kind := range []string{courrierriver.KindLetter, courrierriver.KindLook, courrierriver.KindWake, courrierriver.KindFollow, courrierriver.KindPurge} {
		requireNobodyNamed(t, e.jobs(t, kind))
	}
}

func count(t testing.TB, c *courrier.Client, status courrier.Status) (n int) {
	t.Helper()
	for _, err := range c.Letters(context.Background(), courrier.LetterFilter{Statuses: []courrier.Status{status}}) {
		require.NoError(t, err)
		n++
	}
	return n
}

// requireNobodyNamed demands that there are jobs, and that they hold no more than ids.
func requireNobodyNamed(t testing.TB, jobs []*rivertype.JobRow) {
	t.Helper()
	require.NotEmpty(t, jobs)
	l := letter("")
	for _, job := range jobs {
		row := fmt.Sprintf("%s %s %v %+v", job.EncodedArgs, job.Metadata, job.Tags, job.Errors)
		for _, word := range []string{l.To.Company, l.To.Address.Street, l.To.Address.City, l.From.Company, "PDF"} {
			require.NotContains(t, row, word, job.Kind)
		}
	}
}

// A web process that only inserts needs neither workers nor queues.
func TestInsertOnly(t *testing.T) {
	w := pgxWorld(t, postgresOf(t))
	e := w.process(t, host(t, w, mock.New()))
	web, err := river.NewClient(w.driver(), &river.Config{Schema: w.schema, Logger: quiet})
	require.NoError(t, err)
	w.inTx(t, func(tx pgx.Tx) {
		_, err := e.SendTx(t.Context(), web, tx, letter("web"))
		require.NoError(t, err)
	})
	require.Len(t, e.jobs(t, courrierriver.KindLetter), 1)
}
