package sqlstore_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// victim is set for the process that TestKill starts to kill.
const victim = "COURRIER_TEST_VICTIM"

func TestMain(m *testing.M) {
	if text := os.Getenv(victim); text != "" {
		var order victimOrder
		err := json.Unmarshal([]byte(text), &order)
		if err == nil {
			err = order.commitForEver()
		}
		fmt.Fprintln(os.Stderr, "victim:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

type victimOrder struct {
	Dialect sqlstore.Dialect
	DSN     string
	Round   int
}

// commitForEver has some callers commit letters, each in two changes, and says
// on its standard output what was answered.
func (o victimOrder) commitForEver() error {
	ctx := context.Background()
	db, err := database{o.Dialect, o.DSN}.connect(ctx)
	if err != nil {
		return err
	}
	s, err := sqlstore.New(ctx, sqlstore.DB(db), o.Dialect, databases.Options(o.DSN)...)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 6 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", o.Round, w, n)
				for step, change := range bothSteps(id) {
					if err := tryCommit(ctx, s, change); err != nil {
						failed <- fmt.Errorf("%s, step %d: %w", id, step+1, err)
					}
					fmt.Printf("%s %d\n", id, step+1)
				}
			}
		}()
	}
	return <-failed
}

// bothSteps are a letter's insertion and its first change, each with everything.
func bothSteps(id string) []courrier.Change {
	first, second := letter(courrier.LetterID(id)), letter(courrier.LetterID(id))
	second.Version, second.Status = 1, courrier.StatusPosted
	return []courrier.Change{
		{
			Letter: first, Entries: []courrier.Entry{move(courrier.EntryReserve, id, "1")},
			Events: []courrier.TrackingEvent{{ID: id, Heard: noon}},
			Items:  []courrier.Item{{Kind: "note", Account: "acme", ID: id}},
		},
		{
			Letter: second, Entries: []courrier.Entry{move(courrier.EntryCapture, id, "1"), move(courrier.EntryTopUp, "for "+id, "1")},
			Events: []courrier.TrackingEvent{{ID: id, Letter: courrier.LetterID(id), Heard: noon}},
			Items:  []courrier.Item{{Kind: "note", Account: "acme", ID: id, Version: 1}},
		},
	}
}

// A process that commits is killed at any moment: every change is there whole or
// not at all, what was answered is there, and the books are the sum of the entries.
func TestKill(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		commit(t, d.store(t), entries(move(courrier.EntryTopUp, "order", "100000")))
		rounds := 10
		if testing.Short() {
			rounds = 3
		}
		answered := map[string]int{}
		for round := range rounds {
			kill(t, d, round, answered)
			requireWhole(t, d.store(t), answered)
		}
		require.NotEmpty(t, answered)
	})
}

// kill starts a victim, kills it a little after its first answer, and notes the
// last step that was answered for each letter.
func kill(t *testing.T, d database, round int, answered map[string]int) {
	t.Helper()
	order := victimOrder{d.dialect, d.dsn, round}
	name := fmt.Sprintf("victim_%d_%d", os.Getpid(), round)
	if d.dialect == sqlstore.Postgres {
		order.DSN = with(d.dsn, "application_name", name)
	}
	sessions := sessionsOf(t, d, name)
	text, err := json.Marshal(order)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+string(text))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var once sync.Once
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		once.Do(func() {
			time.AfterFunc(time.Duration(rand.IntN(60_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		})
		var id string
		var step int
		_, err = fmt.Sscan(line, &id, &step)
		require.NoError(t, err)
		answered[id] = step
	}
	require.ErrorContains(t, cmd.Wait(), "killed", complaints.String())
	awaitGone(t, d, sessions)
}

// sessionsOf is a query that counts the sessions of a victim that is yet to start: by
// their name, or as younger than those there are.
func sessionsOf(t *testing.T, d database, name string) string {
	switch d.dialect {
	case sqlstore.Postgres:
		return "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'"
	case sqlstore.MySQL:
		var last int
		require.NoError(t, d.open(t).QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&last))
		return fmt.Sprint("SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() AND id > ", last)
	}
	return "SELECT 0"
}

// awaitGone waits for the server, which may still carry out a victim's last statement.
func awaitGone(t *testing.T, d database, sessions string) {
	db := d.open(t)
	db.SetMaxOpenConns(1)
	require.Eventually(t, func() bool {
		var n int
		return db.QueryRowContext(t.Context(), sessions).Scan(&n) == nil && n == 0
	}, 20*time.Second, 10*time.Millisecond)
}

func requireWhole(t *testing.T, s *sqlstore.Store, answered map[string]int) {
	t.Helper()
	steps := map[string]int{} // by letter, as its record says
	for l, err := range s.Letters(t.Context(), courrier.LetterFilter{}) {
		require.NoError(t, err)
		steps[string(l.ID)] = int(l.Version)
	}
	for id, step := range answered {
		require.GreaterOrEqual(t, steps[id], step, "%s was answered and is gone", id)
	}
	moves, both := map[string]int{}, 0
	for e, err := range s.Entries(t.Context(), courrier.EntryFilter{Account: "acme"}) {
		require.NoError(t, err)
		moves[strings.TrimPrefix(e.Key, "for ")]++
	}
	for id, step := range steps {
		require.Equal(t, []int{0, 1, 3}[step], moves[id], "entries of %s at step %d", id, step)
		both += step - 1
	}
	require.Len(t, moves, len(steps)+1, "entries without a letter")
	events, items := 0, 0
	for e, err := range s.Events(t.Context(), courrier.EventFilter{}) {
		require.NoError(t, err)
		events++
		require.Equal(t, steps[e.ID] == 2, e.Letter != "", e.ID)
	}
	for i, err := range s.Items(t.Context(), courrier.ItemFilter{Kind: "note"}) {
		require.NoError(t, err)
		items++
		require.EqualValues(t, steps[i.ID], i.Version, i.ID)
	}
	require.Equal(t, len(steps), events)
	require.Equal(t, len(steps), items)
	requireBalance(t, s, fmt.Sprint(100_000-len(steps)+both), fmt.Sprint(len(steps)-both))
}
