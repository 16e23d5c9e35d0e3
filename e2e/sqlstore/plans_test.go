package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// spy is a connector that notes the queries of everybody.
type spy struct {
	driver driver.Driver
	dsn    string
	mu     sync.Mutex
	texts  []string
}

func (s *spy) Driver() driver.Driver { return s.driver }

func (s *spy) Connect(context.Context) (driver.Conn, error) {
	conn, err := s.driver.Open(s.dsn)
	return spyConn{conn, s}, err
}

type spyConn struct {
	driver.Conn
	spy *spy
}

func (c spyConn) Prepare(text string) (driver.Stmt, error) {
	c.spy.mu.Lock()
	defer c.spy.mu.Unlock()
	c.spy.texts = append(c.spy.texts, text)
	return c.Conn.Prepare(text)
}

// listsAreRead by their index, in their order. SQLite plans without knowing how many
// rows there are, so that this holds for any number.
func listsAreRead(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	plain := d.open(t)
	spy := &spy{driver: plain.Driver(), dsn: "file:" + d.dsn + "?_pragma=busy_timeout(10000)&_txlock=immediate"}
	db := sql.OpenDB(spy)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s := newStore(t, db, d)
	ctx := t.Context()
	letters := func(f courrier.LetterFilter) func() error { return func() error { return drain(s.Letters(ctx, f)) } }
	entries := func(f courrier.EntryFilter) func() error { return func() error { return drain(s.Entries(ctx, f)) } }
	events := func(f courrier.EventFilter) func() error { return func() error { return drain(s.Events(ctx, f)) } }
	reminders := func(f dunning.ReminderFilter) func() error {
		return func() error { return drain(s.Reminders(ctx, f)) }
	}
	items := func(f courrier.ItemFilter) func() error { return func() error { return drain(s.Items(ctx, f)) } }
	// sorted marks the lists of few rows, which are put into order once found.
	const sorted = "TEMP B-TREE FOR ORDER BY"
	for name, c := range map[string]struct {
		list   func() error
		by     string
		sorted bool
	}{
		"due":               {letters(courrier.LetterFilter{Duty: courrier.DutyDispatch, DueBefore: noon}), "courrier_letters_due (duty=? AND due_at<?)", false},
		"held":              {letters(courrier.LetterFilter{Account: "a", Holds: []courrier.HoldReason{courrier.HoldCredit}}), "courrier_letters_held (account=?)", false},
		"held, anywhere":    {letters(courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusHeld}, After: "x"}), "courrier_letters_held_all (id>?)", false},
		"many ids":          {letters(courrier.LetterFilter{IDs: make([]courrier.LetterID, 2000)}), "courrier_letters_1 (id=?)\nLIST SUBQUERY 1\nSCAN json_each", false},
		"carrier's id":      {letters(courrier.LetterFilter{Provider: "p", ProviderID: "x", Limit: 1}), "courrier_letters_provider (provider_id=? AND provider=?)", false},
		"tracking number":   {letters(courrier.LetterFilter{Provider: "p", TrackingNumber: "x", Limit: 1}), "courrier_letters_tracking (tracking_number=? AND provider=?)", false},
		"key":               {letters(courrier.LetterFilter{Account: "a", Key: "k"}), "courrier_letters_key (key=? AND <expr>=?)", false},
		"account":           {letters(courrier.LetterFilter{Account: "a", After: "x"}), "courrier_letters_account (account=? AND id>?)", false},
		"letters' customer": {letters(courrier.LetterFilter{Account: "a", Customer: "c"}), "courrier_letters_customer (customer=? AND account=?)", false},
		"account, newest":   {letters(courrier.LetterFilter{Account: "a", Newest: true, After: "x"}), "courrier_letters_account (account=? AND id<?)", false},
		"status":            {letters(courrier.LetterFilter{Account: "a", Statuses: []courrier.Status{"failed"}, After: "x"}), "courrier_letters_status (account=? AND status=? AND <expr>>?)", false},
		"status, newest":    {letters(courrier.LetterFilter{Account: "a", Statuses: []courrier.Status{"failed"}, Newest: true}), "courrier_letters_status (account=? AND status=?)", false},
		"statuses":          {letters(courrier.LetterFilter{Account: "a", Statuses: []courrier.Status{"failed", "lost"}, Limit: 50}), "courrier_letters_status (account=? AND status=?)", true},
		"statuses, all":     {letters(courrier.LetterFilter{Account: "a", Statuses: []courrier.Status{"failed", "lost"}}), "courrier_letters_account (account=?)", false},
		"purpose":           {letters(courrier.LetterFilter{Account: "a", Purposes: []courrier.Purpose{"other"}}), "courrier_letters_purpose (account=? AND purpose=?)", false},
		"a day":             {letters(courrier.LetterFilter{Account: "a", CreatedFrom: noon, CreatedTo: noon.Add(time.Hour), Limit: 50}), "courrier_letters_created (account=? AND created_at>? AND created_at<?)", true},
		"entries of a kind": {entries(courrier.EntryFilter{Account: "a", Unit: "u", Kinds: []courrier.EntryKind{courrier.EntryTopUp}}), "courrier_entries_kind (account=? AND kind=? AND unit=?)", false},
		"content":           {letters(courrier.LetterFilter{Sum: "s"}), "courrier_letter_sums USING PRIMARY KEY (sum=?)", false},
		"ledger":            {entries(courrier.EntryFilter{Account: "a", Unit: "u", After: 3}), "courrier_entries_1 (account=? AND unit=? AND seq>?)", false},
		"ledger, newest":    {entries(courrier.EntryFilter{Account: "a", Unit: "u", Newest: true, Limit: 1}), "courrier_entries_1 (account=? AND unit=?)", false},
		"ledger, month":     {entries(courrier.EntryFilter{Account: "a", Unit: "u", From: noon, To: noon.Add(time.Hour)}), "courrier_entries_1 (account=? AND unit=? AND seq>? AND seq<?)", false},
		"entries of a key":  {entries(courrier.EntryFilter{Account: "a", Unit: "u", Key: "k"}), "courrier_entries_key (key=? AND <expr>=?)", true},
		"letter's entries":  {entries(courrier.EntryFilter{Account: "a", Letter: "l"}), "courrier_entries_letter (letter=?)", true},
		"letter's events":   {events(courrier.EventFilter{Letters: []courrier.LetterID{"l"}}), "courrier_events_letter (letter=?)", false},
		"carrier's orphans": {events(courrier.EventFilter{Provider: "p", ProviderID: "x", Orphans: true}), "courrier_events_provider (provider_id=? AND provider=?)", false},
		"new orphans":       {events(courrier.EventFilter{Orphans: true, HeardFrom: noon}), "courrier_events_orphans (heard>?)", false},
		"not yet folded":    {events(courrier.EventFilter{Unfolded: true}), "SCAN courrier_events USING INDEX courrier_events_unfolded", false},
		"customers":         {reminders(dunning.ReminderFilter{Account: "a", Customers: []courrier.CustomerID{"c", "d"}}), "courrier_reminders_customer (customer=? AND <expr>=?)", true},
		"queue":             {reminders(dunning.ReminderFilter{Account: "a", DueTo: courrier.DateOf(noon)}), "courrier_reminders_queue (account=? AND due_on<?)", false},
		"open reminders":    {reminders(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderApproved}, DueBefore: noon}), "courrier_reminders_state (state=?)", false},
		"letter's reminder": {reminders(dunning.ReminderFilter{Letter: "l"}), "courrier_reminders_letter (letter=?)", true},
		"campaign":          {reminders(dunning.ReminderFilter{Campaign: "x"}), "courrier_reminders_campaign (campaign=?)", false},
		"reminder's key":    {reminders(dunning.ReminderFilter{Key: "k"}), "courrier_reminder_keys USING PRIMARY KEY (key=?)", true},
		"invoice":           {reminders(dunning.ReminderFilter{Invoice: "i"}), "courrier_reminder_invoices USING PRIMARY KEY (invoice=?)", true},
		"past":              {reminders(dunning.ReminderFilter{Account: "a", Customers: []courrier.CustomerID{"c", "d"}, Invoices: []dunning.InvoiceID{"i", "j"}, Either: true}), "courrier_reminders_customer (customer=? AND <expr>=?)", true},
		"past by invoice":   {reminders(dunning.ReminderFilter{Account: "a", Invoices: []dunning.InvoiceID{"i", "j"}, Either: true}), "courrier_reminder_invoices USING PRIMARY KEY (invoice=?)", true},
		"past's rows":       {reminders(dunning.ReminderFilter{Account: "a", Customers: make([]courrier.CustomerID, 2000), Invoices: make([]dunning.InvoiceID, 9000), Either: true}), "courrier_reminders_1 (id=?)", true},
		"items":             {items(courrier.ItemFilter{Kind: "k", Account: "a", After: "x"}), "USING PRIMARY KEY (kind=? AND account=? AND id>?)", false},
	} {
		spy.texts = nil
		require.NoError(t, c.list())
		require.NotEmpty(t, spy.texts, name)
		plan := planOf(t, plain, spy.texts[len(spy.texts)-1])
		require.Contains(t, plan, c.by, name)
		require.Equal(t, c.sorted, strings.Contains(plan, sorted), "%s: %s", name, plan)
		if !strings.Contains(c.by, "SCAN") {
			require.NotContains(t, plan, "SCAN courrier_", name)
		}
	}
}

func drain[T any](list func(func(T, error) bool)) (err error) {
	for _, e := range list {
		err = e
	}
	return err
}

func planOf(t *testing.T, db *sql.DB, text string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
	require.NoError(t, err)
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	require.NoError(t, rows.Err())
	return strings.Join(plan, "\n")
}
