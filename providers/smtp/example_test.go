package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/smtp"
)

// A reminder with an invoice. What the three outcomes ask of a host is in
// docs/email.md.
func Example() {
	server := start(&fake{})
	defer server.stop()
	cfg := server.config() // Host, Port, Domain
	cfg.Accounts = smtp.Fixed(smtp.Account{Username: "acme", Password: smtp.NewSecret("from the vault")})
	cfg.ReturnPath = "bounces@acme.example"
	mailer, err := smtp.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = mailer.Mail(context.Background(), email.Message{
		ID:          "reminder-42",
		Account:     "acme",
		From:        email.Box{Name: "Acme", Address: "billing@acme.example"},
		To:          []email.Box{{Name: "Claire Noël", Address: "claire@customer.example"}},
		Subject:     "Facture FA-42 : 120,00 € à régler",
		Text:        "Bonjour,\n\nvotre facture est échue.\n",
		Attachments: []courrier.Document{{Name: "FA-42.pdf", Content: []byte("%PDF-1.7")}},
	})
	switch {
	case err == nil:
		fmt.Println("sent", server.got()[0].rcpt)
	case errors.Is(err, courrier.ErrRejected), errors.Is(err, courrier.ErrInvalid):
		fmt.Println("never:", err)
	case errors.Is(err, courrier.ErrUnavailable), errors.Is(err, courrier.ErrDenied):
		fmt.Println("later:", err)
	default:
		fmt.Println("in doubt:", err)
	}
	// Output: sent [TO:<claire@customer.example>]
}

// The server's code tells why it refused; the address does not get into the
// error.
func ExampleMailer_Mail_refused() {
	server := start(&fake{script: map[string]act{atRcpt: {reply: "550 5.1.1 <claire@customer.example>: no such user"}}})
	defer server.stop()
	mailer, err := smtp.New(server.config())
	if err != nil {
		fmt.Println(err)
		return
	}
	err = mailer.Mail(context.Background(), email.Message{
		ID:      "reminder-42",
		From:    email.Box{Address: "billing@acme.example"},
		To:      []email.Box{{Address: "claire@customer.example"}},
		Subject: "Facture FA-42", Text: "Bonjour",
	})
	var e *courrier.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, errors.Is(err, courrier.ErrRejected))
	}
	fmt.Println(err)
	// Output:
	// 550 true
	// mail: smtp: rejected: code 550: refused at RCPT, status 5.1.1: To[0]
}

// A report from the mailbox of the return path.
func ExampleParseBounce() {
	report, err := os.Open("testdata/bounces/permanent.eml")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = report.Close() }()
	bounce, err := smtp.ParseBounce(report)
	fmt.Println(bounce.ID, bounce.Status, bounce.Outcome, err)
	// Output: rem-01 5.1.1 address <nil>
}
