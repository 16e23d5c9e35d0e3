package courrier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// What carriers and their callers send is repaired here, once, before it meets a
// store: a database that refuses one odd byte would refuse the letter's record for
// ever, and with it everything else that is learnt of the letter.

// maxEventID is the longest id of an event in bytes: indexes of databases have a
// limit of a few thousand.
const maxEventID = 500

// repaired returns an event that every store can hold. A moment outside of the
// years 1 to 9999 is none, as it is in no calendar of ours.
func (e TrackingEvent) repaired() TrackingEvent {
	for _, text := range []*string{&e.ID, &e.Provider, &e.ProviderID, &e.TrackingNumber, &e.Code} {
		*text = storable(*text)
	}
	e.Letter = LetterID(storable(string(e.Letter)))
	e.Happened, e.Heard = calendarTime(e.Happened), calendarTime(e.Heard)
	if len(e.ID) > maxEventID {
		sum := sha256.Sum256([]byte(e.ID))
		e.ID = storable(e.ID[:maxEventID/2]) + ":" + hex.EncodeToString(sum[:])
	}
	e.Raw = storableJSON(e.Raw)
	return e
}

// repaired returns a receipt that every store can hold. Its events are repaired
// when they are heard.
func (r Receipt) repaired() Receipt {
	r.ProviderID, r.TrackingNumber = storable(r.ProviderID), storable(r.TrackingNumber)
	return r
}

// storable returns a text without zero bytes, which PostgreSQL refuses, and in
// UTF-8, which all stores ask for.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// calendarTime returns a moment in UTC, or none.
func calendarTime(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// storableJSON keeps what a carrier sent as it came. What is not JSON is kept as a
// text, for an invalid Raw would have no JSON form at all.
func storableJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if clean := storable(string(raw)); json.Valid([]byte(clean)) {
		return json.RawMessage(clean)
	}
	text, err := json.Marshal(storable(string(raw)))
	if err != nil {
		return nil // a text always marshals
	}
	return text
}
