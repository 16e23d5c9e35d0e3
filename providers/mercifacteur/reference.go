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
	raw, err := base.DecodeString(strings.ToUpper(strings.TrimSpace(reference)))
	if err != nil || len(raw) != 16 {
		return ""
	}
	return courrier.LetterID(uuid(raw))
}

func uuid(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// bears tells whether a reference that the carrier shows is that of a letter. Base32 has
// one case: that of the answer does not matter.
func bears(shown text, letter courrier.LetterID) bool {
	return letter != "" && strings.EqualFold(strings.TrimSpace(string(shown)), reference(letter))
}
