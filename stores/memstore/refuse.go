package memstore

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// What no database can hold is refused here too, so that a host's tests in memory
// find it: names that are not UTF-8 or hold a zero byte, and times outside of the
// years 1 to 9999, which have no JSON form.

func refuse(what string, body any, names ...string) error {
	var k courrier.Checks
	for _, name := range names {
		if !k.Require(utf8.ValidString(name) && !strings.Contains(name, "\x00"), what, "is not UTF-8 or holds a zero byte", "use text") {
			break
		}
	}
	_, err := json.Marshal(body)
	k.Require(err == nil, what, "has no JSON form", "give times in the years 1 to 9999, and numbers that are numbers")
	return k.Err()
}

func refuseLetter(r courrier.LetterRecord) error {
	r.CreatedAt, r.DueAt = r.CreatedAt.UTC(), r.DueAt.UTC()
	return refuse(
		"Letter", r, string(r.ID), string(r.Letter.Account), r.Letter.Key, r.Provider, r.ProviderID, r.TrackingNumber,
		string(r.Status), string(r.Hold), string(r.Letter.Purpose), string(r.Duty),
	)
}

// refuseEntry looks at times where they are kept, in UTC: the last hours of the
// year 9999 in the west are in the year 10000.
func refuseEntry(e courrier.Entry) error {
	times := []time.Time{e.At.UTC(), e.Begins.UTC(), e.Expires.UTC()}
	for _, p := range e.Parts {
		times = append(times, p.Expires.UTC())
	}
	names := []string{string(e.Account), e.Key, string(e.Letter), e.Reason, e.Ref, string(e.Service), string(e.Purpose), string(e.Actor)}
	if a := e.Allowance; a != nil {
		times = append(times, a.From.UTC(), a.Until.UTC(), a.Next.UTC())
		names = append(names, a.Zone, a.Key)
	}
	return refuse("Entries", times, names...)
}

func refuseEvent(e courrier.TrackingEvent) error {
	e.Heard = e.Heard.UTC()
	return refuse("Events", e, e.ID, string(e.Letter), e.Provider, e.ProviderID)
}

func refuseItem(i courrier.Item) error {
	return refuse("Items", i, string(i.Kind), string(i.Account), i.ID, string(i.Body))
}

func refuseReminder(r dunning.Reminder) error {
	r.DueAt = r.DueAt.UTC()
	names := []string{string(r.ID), string(r.Account), string(r.Customer), string(r.State), string(r.Assignee), r.Campaign, string(r.Letter)}
	return refuse("Reminder", r, append(names, r.Keys...)...)
}
