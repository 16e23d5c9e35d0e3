package storetest

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

func newReminder(id dunning.ReminderID, keys ...string) *dunning.Reminder {
	return &dunning.Reminder{ID: id, Account: "acme", Customer: "c1", State: dunning.ReminderProposed, Keys: keys, DueOn: courrier.MustDate("2026-03-02")}
}

func reminderOf(t testing.TB, s store, id dunning.ReminderID) dunning.Reminder {
	t.Helper()
	r, err := s.Reminder(t.Context(), id)
	if err != nil {
		t.Fatalf("Reminder(%s): %v", id, err)
	}
	return r
}

func reminders(t testing.TB, s store, f dunning.ReminderFilter) []dunning.Reminder {
	t.Helper()
	return collect(t, s.Reminders(t.Context(), f))
}

func reminderVersions(t *testing.T, s store) {
	_, err := s.Reminder(t.Context(), "R1")
	sameKind(t, "before it is there", courrier.ErrNotFound, err)
	must(t, s, change{Reminder: newReminder("R1", "k1")})
	got := reminderOf(t, s, "R1")
	if got.Version != 1 {
		t.Fatalf("the first version is %d, want 1", got.Version)
	}
	got.State = dunning.ReminderSent
	must(t, s, change{Reminder: &got})
	for _, version := range []int64{0, 1, 3} {
		stale := *newReminder("R1", "k1")
		stale.Version = version
		sameKind(t, "another version than the stored one", courrier.ErrConflict, commitOne(t, s, change{Reminder: &stale}).Err)
	}
	got.Version = 2
	same(t, "after the conflicts", got, reminderOf(t, s, "R1"))
}

// reminderKeys: a key belongs to one reminder, for as long as it holds it.
func reminderKeys(t *testing.T, s store) {
	must(t, s, change{Reminder: newReminder("R1", "k1", "k2")}, change{Reminder: newReminder("R2")})
	conflict := func(what string, r *dunning.Reminder) {
		t.Helper()
		sameKind(t, what, courrier.ErrConflict, commitOne(t, s, change{Reminder: r}).Err)
	}
	conflict("a key of another", newReminder("R3", "k0", "k2"))
	second := newReminder("R2", "k1")
	second.Version = 1
	conflict("a key of another, taken later", second)
	_, err := s.Reminder(t.Context(), "R3")
	sameKind(t, "after the conflict", courrier.ErrNotFound, err)
	must(t, s, change{Reminder: newReminder("R4", "k0")})

	first := newReminder("R1", "k2", "k3")
	first.Version = 1
	must(t, s, change{Reminder: first}, change{Reminder: second})
	same(t, "under k1", []dunning.ReminderID{"R2"}, idsOf(reminders(t, s, dunning.ReminderFilter{Key: "k1"})))
	same(t, "under k2", []dunning.ReminderID{"R1"}, idsOf(reminders(t, s, dunning.ReminderFilter{Key: "k2"})))

	// A change that fails gives nothing up and takes nothing.
	third := newReminder("R1", "k9")
	third.Version = 2
	sameKind(t, "with a wrong item", courrier.ErrConflict, commitOne(t, s, change{
		Reminder: third, Items: []courrier.Item{{Kind: "settings", Account: "acme", Version: 4}},
	}).Err)
	same(t, "still under k2", []dunning.ReminderID{"R1"}, idsOf(reminders(t, s, dunning.ReminderFilter{Key: "k2"})))
	must(t, s, change{Reminder: newReminder("R9", "k9")})

	// A key that changes hands between stored ones looks much like a free key that
	// a stored one takes.
	must(t, s, change{Reminder: newReminder("R7")}, change{Reminder: newReminder("R8")})
	free := reminderOf(t, s, "R7")
	free.Keys = []string{"k7"}
	must(t, s, change{Reminder: &free})
	for _, hands := range [][2]dunning.ReminderID{{"R7", "R8"}, {"R8", "R7"}} {
		giver, taker := reminderOf(t, s, hands[0]), reminderOf(t, s, hands[1])
		giver.Keys, taker.Keys = nil, []string{"k7"}
		must(t, s, change{Reminder: &giver}, change{Reminder: &taker})
		same(t, "under k7", []dunning.ReminderID{hands[1]}, idsOf(reminders(t, s, dunning.ReminderFilter{Key: "k7"})))
	}

	// Two that claim one key at the same moment: one gets it.
	results := commitAll(t, s, change{Reminder: newReminder("R5", "k5")}, change{Reminder: newReminder("R6", "k5")})
	sameKind(t, "the first", nil, results[0].Err)
	sameKind(t, "the second", courrier.ErrConflict, results[1].Err)
}

// reminderHandover: a key that changes hands is no key that was free, whatever
// was claimed before.
func reminderHandover(t *testing.T, s store) {
	must(t, s, change{Reminder: newReminder("R1", "k1")}, change{Reminder: newReminder("R2", "k2")})
	next := func(id dunning.ReminderID, keys ...string) change {
		r := newReminder(id, keys...)
		r.Version = reminderOf(t, s, id).Version
		return change{Reminder: r}
	}
	must(t, s, next("R1", "k1", "k3"))
	must(t, s, next("R1", "k3"), next("R2", "k1", "k2"))
	same(t, "handed over", []dunning.ReminderID{"R2"}, idsOf(reminders(t, s, dunning.ReminderFilter{Key: "k1"})))
	must(t, s, next("R1", "k3", "k4"))
	sameKind(t, "taken", courrier.ErrConflict, commitOne(t, s, next("R1", "k1", "k3")).Err)
	must(t, s, next("R2", "k2"), next("R1", "k1", "k3"))
	same(t, "handed back", []dunning.ReminderID{"R1"}, idsOf(reminders(t, s, dunning.ReminderFilter{Key: "k1"})))
}

func idsOf(all []dunning.Reminder) []dunning.ReminderID {
	var ids []dunning.ReminderID
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

func reminderFields(t *testing.T, s store) {
	var want dunning.Reminder
	fill(t, &want)
	want.Version = 0
	must(t, s, change{Reminder: &want})
	want.Version = 1
	same(t, "inserted", want, reminderOf(t, s, want.ID))
	same(t, "listed", []dunning.Reminder{want}, reminders(t, s, dunning.ReminderFilter{}))
	bare := dunning.Reminder{ID: want.ID, Version: 1}
	must(t, s, change{Reminder: &bare})
	bare.Version = 2
	same(t, "emptied", bare, reminderOf(t, s, want.ID))
	want.Version = 2
	must(t, s, change{Reminder: &want})
	want.Version = 3
	same(t, "replaced", want, reminderOf(t, s, want.ID))
}
