package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// TestCases holds what a database did to the ledger once, by the name of the case.
func TestCases(t *testing.T) {
	t.Run("wire-12", failoverLosesACommit)
	t.Run("wire-19", batchesAreTakenApart)
}

// A standby takes over that did not get the last commit yet. The process that made it
// remembers books which are not there any more; another one has posted since, and the
// counter is where it was.
func failoverLosesACommit(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		two := stores(t, d, 2)
		db := d.open(t)
		exec := func(query string) {
			t.Helper()
			_, err := db.ExecContext(t.Context(), query)
			require.NoError(t, err)
		}
		commit(t, two[0], entries(move(courrier.EntryTopUp, "order", "10")))
		exec("CREATE TABLE kept_books AS SELECT * FROM courrier_books")
		exec("CREATE TABLE kept_entries AS SELECT * FROM courrier_entries")
		commit(t, two[0], entries(move(courrier.EntryTopUp, "lost", "1000")))

		for _, table := range []string{"books", "entries"} {
			exec("DELETE FROM courrier_" + table)
			exec("INSERT INTO courrier_" + table + " SELECT * FROM kept_" + table)
		}
		commit(t, two[1], entries(move(courrier.EntryTopUp, "other", "100")))
		commit(t, two[0], entries(move(courrier.EntryTopUp, "next", "5")))
		requireBalance(t, two[0], "115", "0")
		requireBalance(t, two[1], "115", "0")
		commit(t, two[0], entries(move(courrier.EntryTopUp, "lost", "1000")))
		requireBalance(t, two[1], "1115", "0")
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM courrier_entries").Scan(&n))
		require.Equal(t, 4, n)
	})
}
