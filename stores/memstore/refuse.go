package memstore

import (
	"encoding/json"
	"strings"
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
	return refuse("Letter", r, string(r.ID), string(r.Letter.Account), r.Letter.Key, r.Provider, r.ProviderID, r.TrackingNumber)
}

func refuseEntry(e courrier.Entry) error {
	return refuse("Entries", e, string(e.Account), e.Key, string(e.Letter), e.Reason, e.Ref, string(e.Actor))
}

func refuseEvent(e courrier.TrackingEvent) error {
	return refuse("Events", e, e.ID, string(e.Letter), e.Provider, e.ProviderID)
}

func refuseItem(i courrier.Item) error {
	return refuse("Items", i, string(i.Kind), string(i.Account), i.ID, string(i.Body))
}

func refuseReminder(r dunning.Reminder) error {
	return refuse("Reminder", r, append([]string{string(r.ID), string(r.Account), string(r.Customer), string(r.Letter)}, r.Keys...)...)
}
