package mercifacteur

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/courrier-go/courrier"
)

// The carrier's reference has room for 30 characters, and a LetterID has 36: a UUID
// is written in base32 without padding, 26 characters. Other ids are hashed first.
var base = base32.StdEncoding.WithPadding(base32.NoPadding)

func reference(id courrier.LetterID) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
	if err != nil || len(raw) != 16 || uuid(raw) != string(id) {
		sum := sha256.Sum256([]byte(id))
		raw = sum[:16]
	}
	return base.EncodeToString(raw)
}

// letterOf returns the id that a reference was made from; empty when it is none of
// ours.
func letterOf(reference string) courrier.LetterID {
	raw, err := base.DecodeString(reference)
	if err != nil || len(raw) != 16 {
		return ""
	}
	return courrier.LetterID(uuid(raw))
}

func uuid(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// A ProviderID is the carrier's id of the sending and the reference that it bears:
// the carrier shows the reference in events, and not surely elsewhere, so an id
// alone would not tell whose letter it is.
func providerID(sending id, reference string) string { return string(sending) + "-" + reference }

// sendingOf returns the carrier's id of a letter; empty when the ProviderID is that
// of another letter. One without a reference was entered by a person.
func sendingOf(ref courrier.Reference) string {
	sending, bears, composed := strings.Cut(ref.ProviderID, "-")
	if composed && ref.ID != "" && bears != reference(ref.ID) {
		return ""
	}
	return sending
}
