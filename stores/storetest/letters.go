package storetest

import (
	"testing"

	"github.com/courrier-go/courrier"
)

func newLetter(id courrier.LetterID, key string) *courrier.LetterRecord {
	return &courrier.LetterRecord{
		ID: id, Letter: courrier.Letter{Account: "acme", Key: key}, Status: courrier.StatusQueued, CreatedAt: epoch, UpdatedAt: epoch,
	}
}

// letterFound changes what a carrier knows a letter by, part by part.
func letterFound(t *testing.T, s store) {
	l := newLetter("L1", "k1")
	for _, by := range [][3]string{{"mock", "", ""}, {"mock", "é/b", ""}, {"mock", "é/", "b"}, {"mock", "é", "/b"}, {"mocké", "/", "b"}, {"mocké", "/", "b"}, {"post", "1", "2"}} {
		l.Provider, l.ProviderID, l.TrackingNumber = by[0], by[1], by[2]
		must(t, s, change{Letter: l})
		l.Version++
		same(t, "by its ids", []courrier.LetterRecord{*l}, letters(t, s, courrier.LetterFilter{Provider: by[0], ProviderID: by[1], TrackingNumber: by[2]}))
	}
}

func letterVersions(t *testing.T, s store) {
	_, err := s.Letter(t.Context(), "L1")
	sameKind(t, "before it is there", courrier.ErrNotFound, err)
	l := newLetter("L1", "k1")
	must(t, s, change{Letter: l})
	if l.Version != 0 {
		t.Fatal("Commit changed the caller's letter")
	}
	got := letterOf(t, s, "L1")
	if got.Version != 1 {
		t.Fatalf("the first version is %d, want 1", got.Version)
	}
	got.Status = courrier.StatusPosted
	must(t, s, change{Letter: &got})
	for version := range int64(4) {
		if version == 2 {
			continue
		}
		stale := *l
		stale.Version = version
		sameKind(t, "another version than the stored one", courrier.ErrConflict, commitOne(t, s, change{Letter: &stale}).Err)
	}
	got.Version = 2
	same(t, "after the conflicts", got, letterOf(t, s, "L1"))

	absent := newLetter("L2", "k2")
	absent.Version = 1
	sameKind(t, "a later version of nothing", courrier.ErrConflict, commitOne(t, s, change{Letter: absent}).Err)
	_, err = s.Letter(t.Context(), "L2")
	sameKind(t, "after the conflict", courrier.ErrNotFound, err)
}

func letterKeys(t *testing.T, s store) {
	other := newLetter("L3", "k1")
	other.Letter.Account = "other"
	must(t, s, change{Letter: newLetter("L1", "k1")}, change{Letter: newLetter("L2", "k2")}, change{Letter: other})

	conflict := func(what string, l *courrier.LetterRecord) {
		t.Helper()
		sameKind(t, what, courrier.ErrConflict, commitOne(t, s, change{Letter: l}).Err)
	}
	conflict("another letter under the same key", newLetter("L4", "k1"))
	conflict("the same letter under another key", newLetter("L1", "k9"))
	moved := newLetter("L1", "k9")
	moved.Version = 1
	conflict("a letter that changes its key", moved)
	moved.Letter.Key = "k2"
	conflict("a letter that takes another's key", moved)
	moved.Letter.Account, moved.Letter.Key = "third", "k1"
	conflict("a letter that changes its account", moved)

	if got := letters(t, s, courrier.LetterFilter{Account: "acme", Key: "k1"}); len(got) != 1 || got[0].ID != "L1" || got[0].Version != 1 {
		t.Fatalf("under k1: %v", got)
	}
}

func letterFields(t *testing.T, s store) {
	var want courrier.LetterRecord
	fill(t, &want)
	want.Version = 0
	must(t, s, change{Letter: &want})
	want.Version = 1
	same(t, "inserted", want, letterOf(t, s, want.ID))
	same(t, "listed", []courrier.LetterRecord{want}, letters(t, s, courrier.LetterFilter{}))

	bare := courrier.LetterRecord{ID: want.ID, Version: 1, Letter: courrier.Letter{Account: want.Letter.Account, Key: want.Letter.Key}}
	must(t, s, change{Letter: &bare})
	bare.Version = 2
	same(t, "emptied", bare, letterOf(t, s, want.ID))
	want.Version = 2
	must(t, s, change{Letter: &want})
	want.Version = 3
	same(t, "replaced", want, letterOf(t, s, want.ID))
}
