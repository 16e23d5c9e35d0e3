package changes

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/tell"
)

// What a step tells follows from what is written, and for letters and reminders from
// where they stood before: pure functions, for stores. The Version of what is given
// is the one that is stored.

// OfLetter returns how a letter stands: its status, its proofs and its claims. News
// are those that it did not have before: see [News].
func OfLetter(r courrier.LetterRecord) []Change {
	status := string(r.Status)
	if r.Hold != "" {
		status += "." + string(r.Hold)
	}
	stands := func(kind Kind, state string) Change {
		return Change{Kind: kind, Account: r.Letter.Account, Subject: string(r.ID), Version: r.Version, State: state, At: micro(r.UpdatedAt)}
	}
	all := []Change{stands(LetterMoved, status)}
	for _, p := range r.Proofs {
		all = append(all, stands(ProofKept, string(p.Kind)))
	}
	for _, c := range r.Claims {
		all = append(all, stands(ClaimMoved, string(c.Kind)+"."+stage(c)))
	}
	return all
}

func stage(c courrier.Claim) string {
	switch {
	case c.Void:
		return "void"
	case !c.ClosedAt.IsZero():
		return "closed"
	case !c.OpenedAt.IsZero():
		return "opened"
	}
	return "due"
}

// OfReminder returns how a reminder stands. It is news when its state was another.
func OfReminder(r dunning.Reminder) Change {
	c := Change{Kind: ReminderMoved, Account: r.Account, Subject: string(r.ID), Version: r.Version, State: string(r.State)}
	if len(r.Log) > 0 {
		c.At = micro(r.Log[len(r.Log)-1].At)
	}
	return c
}

// OfEntry returns what an entry tells that was posted.
func OfEntry(e courrier.Entry) Change {
	return Change{Kind: CreditMoved, Account: e.Account, Subject: e.Amount.Unit(), Version: e.Seq, State: string(e.Kind), At: micro(e.At)}
}

// OfItem returns what an item tells, by its body.
func OfItem(i courrier.Item) []Change {
	var all []Change
	for _, n := range tell.Of(i.Body) {
		all = append(all, Change{Kind: Kind(n.Kind), Account: i.Account, Subject: n.Subject, Version: i.Version, State: n.State, At: micro(n.At)})
	}
	return all
}

// Standing is how a thing stands in a short text, which a store keeps beside it.
func Standing(all []Change) string {
	states := make([]string, len(all))
	for i, c := range all {
		states[i] = mark(c)
	}
	text, err := json.Marshal(states)
	if err != nil {
		return "" // strings always have a JSON form
	}
	return string(text)
}

// News are those of all that a [Standing] did not have; empty: all.
func News(standing string, all []Change) []Change {
	var before []string
	if standing != "" && json.Unmarshal([]byte(standing), &before) != nil {
		before = nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(c Change) bool { return slices.Contains(before, mark(c)) })
}

func mark(c Change) string { return string(c.Kind) + " " + c.State }

// micro is a time as stores keep it.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
