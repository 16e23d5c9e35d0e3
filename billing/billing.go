// Package billing tells what an account spent on post in a period: for the host's
// invoice, for the account itself, for an audit. A statement is made of the ledger's
// entries alone and writes nothing.
//
// Close a period before it is told; then it never changes:
//
//	err := ledger.Close(ctx, "EUR", firstOfFebruary)
//	january, err := billing.Between(ctx, ledger, "EUR", courrier.MustDate("2026-01-01"), courrier.MustDate("2026-02-01"))
//	fmt.Println(january.Due) // what a post-paid account owes for January
package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
)

// Sources says where an amount came from.
type Sources struct {
	Included courrier.Amount `json:"included"` // grants and allowances
	Bought   courrier.Amount `json:"bought"`   // credit bought before
	Owed     courrier.Amount `json:"owed"`     // not covered when it was reserved: to be invoiced
}

// Statement is a period of an account's ledger in one unit.
type Statement struct {
	Account courrier.AccountID `json:"account"`
	Unit    string             `json:"unit"`
	From    time.Time          `json:"from"` // in the account's zone
	To      time.Time          `json:"to"`   // excluded
	// Closed: it will never change. An open one may, by entries that are still to be
	// written: see [courrier.CreditLedger.Close].
	Closed bool `json:"closed"`
	// Opening and Closing are the balances before the first entry and after the last.
	// Included and Expires are not set. What is owed at the opening was invoiced before.
	Opening courrier.Balance                       `json:"opening"`
	Closing courrier.Balance                       `json:"closing"`
	Totals  map[courrier.EntryKind]courrier.Amount `json:"totals"` // by kind
	// Spent is what was charged, GivenBack what was refunded and rebated of it or of
	// earlier charges. Corrections, revocations and expiries are in neither.
	Spent     Sources          `json:"spent"`
	GivenBack Sources          `json:"given_back"`
	Due       courrier.Amount  `json:"due"`    // Spent.Owed less GivenBack.Owed: the invoice of the period; below zero: a credit note
	Billed    courrier.Amount  `json:"billed"` // by the carrier itself, less what failed; no part of Due
	Sums      []Sum            `json:"sums,omitempty"`
	Taxes     []Tax            `json:"taxes,omitempty"`
	Lines     []Line           `json:"lines,omitempty"`
	Entries   []courrier.Entry `json:"entries,omitempty"`
}

// Line is one charge, or one giving back, most often of a letter.
type Line struct {
	At      time.Time          `json:"at"`
	Kind    courrier.EntryKind `json:"kind"`
	Key     string             `json:"key"`
	Letter  courrier.LetterID  `json:"letter,omitempty"`
	Service courrier.Service   `json:"service,omitempty"`
	Purpose courrier.Purpose   `json:"purpose,omitempty"`
	Amount  courrier.Amount    `json:"amount"` // below zero: given back
	Sources Sources            `json:"sources"`
	Taxes   []Tax              `json:"taxes,omitempty"` // they add up to Amount
	Reason  string             `json:"reason,omitempty"`
	// ByCarrier: the carrier bills it to the account itself. Amount is the price that
	// it told, zero where it told none.
	ByCarrier bool `json:"by_carrier,omitempty"`
}

// Sum counts the lines of one service, purpose and price.
type Sum struct {
	Service   courrier.Service `json:"service,omitempty"`
	Purpose   courrier.Purpose `json:"purpose,omitempty"`
	Price     courrier.Amount  `json:"price"` // of one; below zero: given back
	Count     int              `json:"count"`
	Total     courrier.Amount  `json:"total"`
	ByCarrier bool             `json:"by_carrier,omitempty"`
}

// Tax is what falls into one class of tax, as the price list names it; what was
// charged without lines has none. What the carrier bills is in no class.
type Tax struct {
	Class string          `json:"class,omitempty"`
	Total courrier.Amount `json:"total"`
}

// MonthOf returns the statement of the account's month that holds a moment.
//
// Errors: [courrier.ErrInvalid].
func MonthOf(ctx context.Context, l *courrier.CreditLedger, unit string, at time.Time) (Statement, error) {
	zone, err := zoneOf(ctx, l)
	if err != nil {
		return Statement{}, err
	}
	y, m, _ := at.In(zone).Date()
	return between(ctx, l, unit, time.Date(y, m, 1, 0, 0, 0, 0, zone), time.Date(y, m+1, 1, 0, 0, 0, 0, zone))
}

// Between returns the statement of the account's days from one date until another,
// which is excluded.
//
// Errors: [courrier.ErrInvalid].
func Between(ctx context.Context, l *courrier.CreditLedger, unit string, from, to courrier.Date) (Statement, error) {
	if from.IsZero() || !from.Before(to) {
		return Statement{}, &courrier.FieldError{Field: "To", Rule: "is not after From", Remedy: "give the first day, and the day after the last"}
	}
	zone, err := zoneOf(ctx, l)
	if err != nil {
		return Statement{}, err
	}
	return between(ctx, l, unit, from.In(zone), to.In(zone))
}

func zoneOf(ctx context.Context, l *courrier.CreditLedger) (*time.Location, error) {
	if l == nil {
		return nil, &courrier.FieldError{Field: "l", Rule: "is nil", Remedy: "give a ledger of Client.Credits"}
	}
	settings, err := l.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	return settings.Location()
}

// between reads the books first: what is written afterwards of a period that they
// call closed is dated later.
func between(ctx context.Context, l *courrier.CreditLedger, unit string, from, to time.Time) (Statement, error) {
	books, err := l.Books(ctx, unit)
	if err != nil {
		return Statement{}, fmt.Errorf("statement: %w", err)
	}
	b, err := newBuilder(l.Account(), unit, from, to)
	if err != nil {
		return Statement{}, err
	}
	b.s.Closed = !books.At.Before(to)
	if err := b.read(ctx, l); err != nil {
		return Statement{}, fmt.Errorf("statement: %w", err)
	}
	if err := b.addDue(books, l.Now()); err != nil {
		return Statement{}, fmt.Errorf("statement: %w", err)
	}
	return b.finish(), b.err
}
