package river_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/e2e/remote"
	courrierriver "github.com/courrier-go/courrier/river"
	"github.com/courrier-go/courrier/stores/postgres"
)

// Processes that work on River's jobs are killed, for real, at random moments.
func TestMain(m *testing.M) { remote.Main(m, workForEver) }

func workForEver(c remote.Child) error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, c.Store)
	if err != nil {
		return err
	}
	store, err := postgres.New(ctx, pool, databases.Options(c.Store)...)
	if err != nil {
		return err
	}
	client, err := remote.NewClient(store, c.Carrier, c.Ahead)
	if err != nil {
		return err
	}
	e, err := pgxOn(pool, store, c.Store).newProcess(client)
	if err != nil {
		return err
	}
	return e.Run(ctx, e.river)
}

// Three processes hand letters over and are killed again and again: each letter reaches
// the carrier exactly once, and ledger, letters and carrier agree to the cent.
func TestNeverTwiceUnderKill(t *testing.T) {
	t.Parallel()
	rounds, kills, letters := 8, 10, 400
	if testing.Short() {
		rounds, kills, letters = 3, 3, 60
	}
	dsn := postgresOf(t)
	w := pgxWorld(t, dsn)
	office := remote.NewOffice()
	server := httptest.NewServer(office)
	defer server.Close()
	client, err := remote.NewClient(w.store, remote.Carrier(server.URL), 0)
	require.NoError(t, err)
	_, err = client.Credits("acme").TopUp(t.Context(), "order", courrier.MustAmount(fmt.Sprint(letters*2), "EUR"))
	require.NoError(t, err)
	sender := w.process(t, client)

	random := rand.New(rand.NewPCG(3, 4))
	for round := range rounds {
		three := make([]*exec.Cmd, 3)
		start := func(i int) {
			three[i] = remote.Child{Store: dsn, Carrier: remote.Carrier(server.URL), Ahead: time.Duration(round) * 10 * time.Minute}.Start(t) // all clocks agree
		}
		for i := range three {
			start(i)
		}
		for kill := range kills {
			from, to := (round*kills+kill)*letters/(rounds*kills), (round*kills+kill+1)*letters/(rounds*kills)
			w.inTx(t, func(tx pgx.Tx) {
				for i := from; i < to; i++ {
					_, err := sender.SendTx(t.Context(), sender.river, tx, letter(fmt.Sprint("L", i)))
					require.NoError(t, err)
				}
			})
			office.AwaitCall(office.Heard())
			time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
			i := random.IntN(len(three))
			remote.Kill(t, three[i])
			start(i)
		}
		for _, child := range three {
			remote.Kill(t, child)
		}
		w.leaderless(t)
	}
	finish(t, w, server.URL, time.Duration(rounds)*10*time.Minute)
	remote.RequireAgreement(t, client, office, letters)
}

// leaderless ends the time of a leader that was killed, which is 15 seconds otherwise.
func (w *world[TTx]) leaderless(t *testing.T) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), os.Getenv("COURRIER_POSTGRES"))
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(t.Context(), "DELETE FROM "+w.schema+".river_leader")
	require.NoError(t, err)
}

// finish lets processes that nobody kills do what is left, on later and later days: a call
// whose process died may print for a day more.
func finish(t *testing.T, w *world[pgx.Tx], carrier string, ahead time.Duration) {
	for range 6 {
		ahead += 26 * time.Hour
		client, err := remote.NewClient(w.store, remote.Carrier(carrier), ahead)
		require.NoError(t, err)
		e := w.process(t, client, func(_ *courrierriver.Config[pgx.Tx], c *river.Config) { c.ID = fmt.Sprint("finish ", ahead) })
		ask, wait := e.work(t)
		eventually(t, "nothing is due", func() bool { return !isDue(t, client, client.Config().Now().Add(-time.Hour)) })
		ask()
		require.ErrorIs(t, wait(), context.Canceled)
	}
}

// isDue tells whether a letter is to be handed over, settled or asked about since a
// moment.
func isDue(t testing.TB, c *courrier.Client, since time.Time) bool {
	t.Helper()
	for _, duty := range []courrier.Duty{courrier.DutySettle, courrier.DutyDispatch, courrier.DutyFollow} {
		for _, err := range c.Letters(context.Background(), courrier.LetterFilter{Duty: duty, DueBefore: since, Limit: 1}) {
			require.NoError(t, err)
			return true
		}
	}
	return false
}
