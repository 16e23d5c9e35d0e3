package sqlstore_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/privacy"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

const person = "Quatrebarbes"

// noNameIsLeft: after an erasure no table holds the name, and after what is asked of
// the host no page of the file of SQLite.
func noNameIsLeft(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		s := newStore(t, db, d)
		w := testscene.New(t, func(c *courrier.Config) { c.Store = s })
		keepPerson(t, w, s)
		commit(t, s, courrier.Change{Items: []courrier.Item{
			{Kind: "desk.campaign", Account: "acme", ID: "1", Body: []byte(`{"text":{"body":"Dear ` + person + `"},"left":["c1"]}`)},
			{Kind: "desk.campaign", Account: "acme", ID: "2", Body: []byte(`{"text":{"body":"To all"},"left":["c1","c2"],"refused":[{"customer":"c1"}]}`)},
		}})
		require.NotZero(t, rowsWith(t, db, d, person))
		keeper := privacy.Keeper{Client: w.Client, Reminders: s}
		report, err := keeper.Erase(t.Context(), "acme", "c1")
		require.NoError(t, err)
		require.Equal(t, privacy.Report{Letters: 20, Reminders: 20, Events: 20}, report)
		require.Zero(t, rowsWith(t, db, d, person))
		require.Zero(t, rowsWith(t, db, d, `"c1"]`)+rowsWith(t, db, d, `["c1"`), "lists of campaigns")
		n := 0
		for e, err := range s.Events(t.Context(), courrier.EventFilter{}) {
			require.NoError(t, err)
			require.Empty(t, e.Raw)
			require.Equal(t, courrier.StatusDelivered, e.Status)
			n++
		}
		require.Equal(t, 20, n)
		if d.dialect != sqlstore.SQLite {
			return
		}
		require.NotZero(t, pagesWith(t, d.dsn, person), "what is overwritten stays in the file")
		for _, text := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			_, err := db.ExecContext(t.Context(), text)
			require.NoError(t, err)
		}
		require.Zero(t, pagesWith(t, d.dsn, person))
	})
}

func keepPerson(t *testing.T, w *testscene.Scene, s *sqlstore.Store) {
	for n := range 20 {
		id := fmt.Sprintf("L%02d", n)
		body := []byte(fmt.Sprintf("%%PDF-1.7 to %s %d", person, n))
		require.NoError(t, s.PutContent(t.Context(), courrier.SumOf(body), body))
		r := courrier.LetterRecord{
			ID: courrier.LetterID(id), Status: courrier.StatusDelivered, CreatedAt: w.Now(), DoneAt: w.Now(), Provider: "post",
			Letter: testscene.Letter(id, courrier.ServiceStandard), Failure: &courrier.Failure{Message: person},
		}
		r.Letter.Customer, r.Letter.To.Name, r.Letter.Metadata = "c1", person, map[string]string{"who": person}
		r.Letter.Documents = []courrier.Document{{Name: person + ".pdf", Sum: courrier.SumOf(body)}}
		event := courrier.TrackingEvent{ID: id, Letter: r.ID, Provider: "post", Code: "D", Status: courrier.StatusDelivered, Heard: noon, Raw: []byte(person)}
		commit(t, s, courrier.Change{Letter: &r, Events: []courrier.TrackingEvent{event}})
		errs, err := s.CommitReminders(t.Context(), dunning.Change{Reminder: &dunning.Reminder{
			ID: dunning.ReminderID(id), Account: "acme", Customer: "c1", State: dunning.ReminderSent, Keys: []string{id},
			Message: dunning.Message{Body: "Dear " + person}, Email: &email.Message{To: []email.Box{{Name: person}}},
			Log: []dunning.ReminderAct{{At: w.Now(), Act: "sent", Note: person}},
		}})
		require.NoError(t, err)
		require.NoError(t, errs[0])
	}
}

// rowsWith counts the rows of all tables that hold a text, or its bytes.
func rowsWith(t *testing.T, db *sql.DB, d database, text string) (n int) {
	tables, columns := "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'courrier_%'", "SELECT name FROM pragma_table_info('%s')"
	if d.dialect == sqlstore.Postgres {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
		columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '%s'"
	}
	value := "SELECT CAST(%s AS text) FROM %s"
	if d.dialect == sqlstore.MySQL {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
		columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '%s'"
		value = "SELECT CAST(`%s` AS char) FROM %s"
	}
	for _, table := range texts(t, db, tables) {
		for _, column := range texts(t, db, fmt.Sprintf(columns, table)) {
			for _, value := range texts(t, db, fmt.Sprintf(value, column, table)) {
				if bytes.Contains([]byte(value), []byte(text)) || bytes.Contains([]byte(value), []byte(hex.EncodeToString([]byte(text)))) {
					n++
				}
			}
		}
	}
	return n
}

func texts(t *testing.T, db *sql.DB, query string) (all []string) {
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var text sql.NullString
		require.NoError(t, rows.Scan(&text))
		all = append(all, text.String)
	}
	require.NoError(t, rows.Err())
	return all
}

// pagesWith counts where a text stands in the files of a database.
func pagesWith(t *testing.T, path, text string) (n int) {
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		n += bytes.Count(content, []byte(text))
	}
	return n
}
