package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Place names an account at a carrier for [courrier.Placer]: by what tells it from
// every other there, such as an organisation or a key, none of which can be read out
// of the name.
func Place(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}
