// Package privacy hands out what is kept about a customer, and erases it: articles 15,
// 17 and 20 of the General Data Protection Regulation:
//
//	keeper := privacy.Keeper{Client: client, Reminders: store, Retention: privacy.France()}
//	err := keeper.Export(ctx, w, account, customer)     // a ZIP archive, streamed
//	report, err := keeper.Erase(ctx, account, customer) // what was kept, until when and why
//
// Erasing keeps what the law asks to be kept, and says so: the ledger, dates, sums,
// states and hashes stay, and for as long as a [Retention] lasts whole letters do. What
// goes is persons: addresses, names, texts, documents, proofs, the bodies of carriers'
// events.
package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Keeper finds what is kept about a customer by [courrier.Letter.Customer] and by the
// customer of reminders. Letters that name no customer are nobody's.
type Keeper struct {
	Client    *courrier.Client // its store, contents and clock are used
	Reminders dunning.Store    // nil: there are none
	// Retention is how long the letters of a purpose are kept whole after they ended;
	// of those that are not in it, not at all. See [France].
	Retention map[courrier.Purpose]Retention
}

// Retention is a duty to keep, which stops erasure (article 17, paragraph 3).
type Retention struct {
	Years  int
	Reason string // the law
}

// France returns what accounting and the limitation of claims ask for in France. A
// host with a lawyer has its own.
func France() map[courrier.Purpose]Retention {
	books := Retention{10, "code de commerce, art. L123-22"}
	claims := Retention{5, "code civil, art. 2224"}
	return map[courrier.Purpose]Retention{
		courrier.PurposeInvoice: books, courrier.PurposeCreditNote: books,
		courrier.PurposeFormalNotice: claims, courrier.PurposeReminder: claims,
	}
}

// EventReplacer is the ability of a store to write tracking events anew, under the
// ids that they have: what is in no column, such as [courrier.TrackingEvent.Raw]. The
// stores of this module have it.
type EventReplacer interface {
	ReplaceEvents(ctx context.Context, events ...courrier.TrackingEvent) error
}

// Kept is a letter or a reminder that was not erased yet.
type Kept struct {
	Letter   courrier.LetterID
	Reminder dunning.ReminderID
	Until    courrier.Date // no date: until it has ended
	Reason   string
}

// Report says what an erasure did.
type Report struct {
	Letters, Reminders, Events int // erased now
	Kept                       []Kept
}

// UnderWay is the reason to keep what has not ended: cancel it, or erase later.
const UnderWay = "under way"

// Erasure is on record from its beginning. Those that are not done were cut: erase
// again. A host keeps the list outside of the database as well, for who restores a
// backup has the erased back, and erases them again.
type Erasure struct {
	Account  courrier.AccountID  `json:"account"`
	Customer courrier.CustomerID `json:"customer"`
	BegunAt  time.Time           `json:"begun_at"`
	DoneAt   time.Time           `json:"done_at,omitzero"`
	// Kept is how many things a duty keeps: erase again when it has ended.
	Kept    int   `json:"kept,omitempty"`
	version int64 // as stored
}

const itemErasure courrier.ItemKind = "erasure"

// Erasures lists the erasures of an account, of all accounts with an empty one.
func (k Keeper) Erasures(ctx context.Context, account courrier.AccountID) iter.Seq2[Erasure, error] {
	return func(yield func(Erasure, error) bool) {
		for item, err := range k.store().Items(ctx, courrier.ItemFilter{Kind: itemErasure, Account: account}) {
			var e Erasure
			if err == nil {
				e, err = erasureIn(item)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func erasureIn(item courrier.Item) (Erasure, error) {
	var e Erasure
	if err := json.Unmarshal(item.Body, &e); err != nil {
		return e, fmt.Errorf("privacy: erasure: %w", err)
	}
	e.version = item.Version
	return e, nil
}

func (k Keeper) store() courrier.Store { return k.Client.Config().Store }

func (k Keeper) now() time.Time {
	return k.Client.Config().Now().UTC().Truncate(time.Microsecond)
}

// check names what is missing for a call about a customer.
func (k Keeper) check(account courrier.AccountID, customer courrier.CustomerID) error {
	var c courrier.Checks
	c.Require(k.Client != nil, "Client", "is nil", "give the client of the letters")
	c.Require(account != "", "account", "is empty", "ids of customers are an account's own: name the account")
	c.Require(customer != "", "customer", "is empty", "name the customer")
	return c.Err()
}

// until returns the day until which something of a purpose that ended is kept whole.
func (k Keeper) until(p courrier.Purpose, ended time.Time) (courrier.Date, string) {
	rule, ok := k.Retention[p]
	if !ok || rule.Years <= 0 {
		return courrier.Date{}, ""
	}
	return courrier.PostalDay(ended.AddDate(rule.Years, 0, 0)), rule.Reason
}

// letters lists the letters of a customer.
func (k Keeper) letters(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) iter.Seq2[courrier.LetterRecord, error] {
	return k.store().Letters(ctx, courrier.LetterFilter{Account: account, Customer: customer})
}

// reminders lists the reminders of a customer.
func (k Keeper) reminders(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) iter.Seq2[dunning.Reminder, error] {
	if k.Reminders == nil {
		return func(func(dunning.Reminder, error) bool) {}
	}
	return k.Reminders.Reminders(ctx, dunning.ReminderFilter{Account: account, Customers: []courrier.CustomerID{customer}})
}

func ignoring(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}
