//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
)

const ownTable = `CREATE TABLE %s (customer text, invoice text, step text, state text, PRIMARY KEY (invoice, step))`

// straightforward is what a host writes who looks at one customer after the other: note
// that the reminder is about to leave, make it, send it, note that it left.
func straightforward(ctx context.Context, store, server, by string, customers int, mail *sink) (time.Duration, error) {
	db, table, done, err := ownDatabase(ctx, store, server)
	if err != nil {
		return 0, err
	}
	defer done()
	h, office := host{setting{by: by, customers: customers}}, mock.New(mock.Config{Idempotent: true})
	began := time.Now()
	for c := range h.cases() {
		inv := c.Invoices[0]
		if _, err := db.ExecContext(ctx, "INSERT INTO "+table+" VALUES ($1, $2, 'reminder-1', 'sending')", string(c.Customer.ID), string(inv.ID)); err != nil {
			return 0, err
		}
		text := fmt.Sprintf("Bonjour,\n\nSauf erreur de notre part, la facture %s de %s, échue le %s, n'a pas été réglée.\n\nMerci de procéder à son règlement.\n",
			inv.Number, inv.Open().Text(courrier.French), inv.DueOn().Text(courrier.French))
		if by == post {
			err = byPost(ctx, office, string(c.Customer.ID), text)
		} else {
			message := "From: billing@acme.example\r\nTo: " + string(c.Customer.ID) + "@client.example\r\nSubject: Relance\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text
			err = smtp.SendMail(mail.address(), nil, "billing@acme.example", []string{string(c.Customer.ID) + "@client.example"}, []byte(message))
		}
		if err != nil {
			return 0, err
		}
		if _, err := db.ExecContext(ctx, "UPDATE "+table+" SET state = 'sent' WHERE invoice = $1 AND step = 'reminder-1'", string(inv.ID)); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// byPost sets a letter as fpdf's examples do, and hands it to the carrier.
func byPost(ctx context.Context, office *mock.Office, customer, text string) error {
	doc := fpdf.New("P", "mm", "A4", "")
	doc.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	doc.SetFont("sans", "", 10)
	doc.AddPage()
	doc.SetXY(112, 56)
	doc.MultiCell(0, 5, "Client "+customer+"\n12 rue des Lilas\n69003 Lyon", "", "L", false)
	doc.SetXY(20, 100)
	doc.MultiCell(0, 5, text, "", "L", false)
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		return err
	}
	to, _ := host{}.Details(ctx, account, courrier.CustomerID(customer), nil)
	_, err := office.Submit(ctx, courrier.Submission{ID: courrier.LetterID(customer), Letter: courrier.Letter{Account: account, Key: customer, To: to.To,
		Service: courrier.ServiceStandard, Print: &courrier.PrintOptions{}, Documents: []courrier.Document{courrier.NewDocument("letter.pdf", out.Bytes())}}})
	return err
}

// ownDatabase is a host's own table, in a database of the same kind.
func ownDatabase(ctx context.Context, store, server string) (*sql.DB, string, func(), error) {
	table := fmt.Sprintf("month_own_%d", time.Now().UnixNano())
	dir, err := os.MkdirTemp("", "month")
	if err != nil {
		return nil, "", nil, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "own.db"))
	if store == "PostgreSQL" {
		db, err = postgres.Open(ctx, server)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, fmt.Sprintf(ownTable, table))
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, "", nil, err
	}
	return db, table, func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP TABLE "+table)
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}, nil
}
