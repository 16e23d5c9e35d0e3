// Package secret keeps texts that must not show, however they are printed.
package secret

import (
	"fmt"
	"io"
)

// hidden is what a secret shows of itself.
const hidden = "[secret]"

// Text is a secret. It is held by a pointer, and not as a string, because package
// fmt prints the kind beneath a type for verbs that do not fit it ("%p", "%w"),
// whatever methods the type has. The zero Text is no secret.
type Text struct{ text *string }

// New returns a secret; the zero Text for an empty one.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{&s}
}

// Reveal returns the secret itself; empty when there is none.
func (t Text) Reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

// IsZero reports whether there is no secret.
func (t Text) IsZero() bool { return t.text == nil }

// String hides the secret.
func (Text) String() string { return hidden }

// Format hides the secret, whatever the verb.
func (Text) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// MarshalText hides the secret.
func (Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }
