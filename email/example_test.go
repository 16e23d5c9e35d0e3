package email_test

import (
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

// What is wrong with a message is said before a server is asked, each field with its remedy.
func ExampleMessage_Validate() {
	m := email.Message{
		ID: "rem-01", Account: "acme", From: email.Box{Name: "Acme", Address: "billing@acme.example"},
		To: []email.Box{{Address: "claire@"}}, Subject: "Invoice INV-1042", Text: "Dear Claire,\n",
	}
	for _, wrong := range courrier.FieldErrors(m.Validate()) {
		fmt.Println(wrong.Field, "–", wrong.Remedy)
	}
	// Output: To[0].Address – give one as billing@example.com
}
