package storetest

import (
	"testing"

	"github.com/courrier-go/courrier"
)

func newReminder(id courrier.ReminderID, keys ...string) *courrier.Reminder {
	return &courrier.Reminder{ID: id, Account: "acme", Customer: "c1", State: courrier.ReminderProposed, Keys: keys, DueOn: courrier.MustDate("2026-03-02")}
}

func reminderOf(t testing.TB, s courrier.Store, id courrier.ReminderID) courrier.Reminder {
	t.Helper()
	r, err := s.Reminder(t.Context(), id)
	if err != nil {
		t.Fatalf("Reminder(%s): %v", id, err)
	}
	return r
}

func reminders(t testing.TB, s courrier.Store, f courrier.ReminderFilter) []courrier.Reminder {
	t.Helper()
	return collect(t, s.Reminders(t.Context(), f))
}

func reminderVersions(t *testing.T, s courrier.Store) {
	_, err := s.Reminder(t.Context(), "R1")
	sameKind(t, "before it is there", courrier.ErrNotFound, err)
	must(t, s, courrier.Change{Reminder: newReminder("R1", "k1")})
	got := reminderOf(t, s, "R1")
	if got.Version != 1 {
		t.Fatalf("the first version is %d, want 1", got.Version)
	}
	got.State = courrier.ReminderSent
	must(t, s, courrier.Change{Reminder: &got})
	for _, version := range []int64{0, 1, 3} {
		stale := *newReminder("R1", "k1")
		stale.Version = version
		sameKind(t, "another version than the stored one", courrier.ErrConflict, commitOne(t, s, courrier.Change{Reminder: &stale}).Err)
	}
	got.Version = 2
	same(t, "after the conflicts", got, reminderOf(t, s, "R1"))
}

// reminderKeys: a key belongs to one reminder, for as long as it holds it.
func reminderKeys(t *testing.T, s courrier.Store) {
	must(t, s, courrier.Change{Reminder: newReminder("R1", "k1", "k2")}, courrier.Change{Reminder: newReminder("R2")})
	conflict := func(what string, r *courrier.Reminder) {
		t.Helper()
		sameKind(t, what, courrier.ErrConflict, commitOne(t, s, courrier.Change{Reminder: r}).Err)
	}
	conflict("a key of another", newReminder("R3", "k0", "k2"))
	second := newReminder("R2", "k1")
	second.Version = 1
	conflict("a key of another, taken later", second)
	_, err := s.Reminder(t.Context(), "R3")
	sameKind(t, "after the conflict", courrier.ErrNotFound, err)
	must(t, s, courrier.Change{Reminder: newReminder("R4", "k0")})

	first := newReminder("R1", "k2", "k3")
	first.Version = 1
	must(t, s, courrier.Change{Reminder: first}, courrier.Change{Reminder: second})
	same(t, "under k1", []courrier.ReminderID{"R2"}, idsOf(reminders(t, s, courrier.ReminderFilter{Key: "k1"})))
	same(t, "under k2", []courrier.ReminderID{"R1"}, idsOf(reminders(t, s, courrier.ReminderFilter{Key: "k2"})))

	// A change that fails gives nothing up and takes nothing.
	third := newReminder("R1", "k9")
	third.Version = 2
	sameKind(t, "with a wrong item", courrier.ErrConflict, commitOne(t, s, courrier.Change{
		Reminder: third, Items: []courrier.Item{{Kind: "settings", Account: "acme", Version: 4}},
	}).Err)
	same(t, "still under k2", []courrier.ReminderID{"R1"}, idsOf(reminders(t, s, courrier.ReminderFilter{Key: "k2"})))
	must(t, s, courrier.Change{Reminder: newReminder("R9", "k9")})

	// A key that changes hands between stored ones looks much like a free key that
	// a stored one takes.
	must(t, s, courrier.Change{Reminder: newReminder("R7")}, courrier.Change{Reminder: newReminder("R8")})
	free := reminderOf(t, s, "R7")
	free.Keys = []string{"k7"}
	must(t, s, courrier.Change{Reminder: &free})
	for _, hands := range [][2]courrier.ReminderID{{"R7", "R8"}, {"R8", "R7"}} {
		giver, taker := reminderOf(t, s, hands[0]), reminderOf(t, s, hands[1])
		giver.Keys, taker.Keys = nil, []string{"k7"}
		must(t, s, courrier.Change{Reminder: &giver}, courrier.Change{Reminder: &taker})
		same(t, "under k7", []courrier.ReminderID{hands[1]}, idsOf(reminders(t, s, courrier.ReminderFilter{Key: "k7"})))
	}

	// Two that claim one key at the same moment: one gets it.
	results := commitAll(t, s, courrier.Change{Reminder: newReminder("R5", "k5")}, courrier.Change{Reminder: newReminder("R6", "k5")})
	sameKind(t, "the first", nil, results[0].Err)
	sameKind(t, "the second", courrier.ErrConflict, results[1].Err)
}

// reminderHandover: a key that changes hands is no key that was free, whatever
// was claimed before.
func reminderHandover(t *testing.T, s courrier.Store) {
	must(t, s, courrier.Change{Reminder: newReminder("R1", "k1")}, courrier.Change{Reminder: newReminder("R2", "k2")})
	next := func(id courrier.ReminderID, keys ...string) courrier.Change {
		r := newReminder(id, keys...)
		r.Version = reminderOf(t, s, id).Version
		return courrier.Change{Reminder: r}
	}
	must(t, s, next("R1", "k1", "k3"))
	must(t, s, next("R1", "k3"), next("R2", "k1", "k2"))
	same(t, "handed over", []courrier.ReminderID{"R2"}, idsOf(reminders(t, s, courrier.ReminderFilter{Key: "k1"})))
	must(t, s, next("R1", "k3", "k4"))
	sameKind(t, "taken", courrier.ErrConflict, commitOne(t, s, next("R1", "k1", "k3")).Err)
	must(t, s, next("R2", "k2"), next("R1", "k1", "k3"))
	same(t, "handed back", []courrier.ReminderID{"R1"}, idsOf(reminders(t, s, courrier.ReminderFilter{Key: "k1"})))
}

func idsOf(all []courrier.Reminder) []courrier.ReminderID {
	var ids []courrier.ReminderID
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

func reminderFields(t *testing.T, s courrier.Store) {
	var want courrier.Reminder
	fill(t, &want)
	want.Version = 0
	must(t, s, courrier.Change{Reminder: &want})
	want.Version = 1
	same(t, "inserted", want, reminderOf(t, s, want.ID))
	same(t, "listed", []courrier.Reminder{want}, reminders(t, s, courrier.ReminderFilter{}))
	bare := courrier.Reminder{ID: want.ID, Version: 1}
	must(t, s, courrier.Change{Reminder: &bare})
	bare.Version = 2
	same(t, "emptied", bare, reminderOf(t, s, want.ID))
	want.Version = 2
	must(t, s, courrier.Change{Reminder: &want})
	want.Version = 3
	same(t, "replaced", want, reminderOf(t, s, want.ID))
}
