package dunning

import (
	"sync"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// brakeAfter is how many customers in a row may get one answer before it is taken for
// the account's: our convention.
const brakeAfter = 5

// mailBrake stops the e-mails of an account whose server refuses it, so that one
// attempt fails and not one for each customer. It knows nothing that must outlive the
// process: another one finds out by one attempt of its own.
type mailBrake struct {
	mu       sync.Mutex
	accounts map[courrier.AccountID]*accountBrake
}

// accountBrake is an account whose last e-mails were refused.
type accountBrake struct {
	until  time.Time // nothing is tried before; zero: not stopped
	stops  int       // so often in a row
	answer string    // of the server, to those in the row
	row    []ReminderID
	who    []courrier.CustomerID
}

func (b *mailBrake) of(account courrier.AccountID) *accountBrake {
	if b.accounts == nil {
		b.accounts = map[courrier.AccountID]*accountBrake{}
	}
	if b.accounts[account] == nil {
		b.accounts[account] = &accountBrake{}
	}
	return b.accounts[account]
}

// stops tells until when an account's e-mails wait. The first after that is a probe.
func (b *mailBrake) stops(account courrier.AccountID, now time.Time) (until time.Time, stopped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[account]
	if a == nil || !a.until.After(now) {
		return time.Time{}, false
	}
	return a.until, true
}

// passed forgets what was refused before an e-mail that was taken.
func (b *mailBrake) passed(account courrier.AccountID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.accounts, account)
}

// stop stops an account for a time that doubles, and returns its end.
func (b *mailBrake) stop(account courrier.AccountID, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of(account).stop(now)
}

func (a *accountBrake) stop(now time.Time) time.Time {
	a.stops++
	a.until = now.Add(seq.Backoff(retryFirst, a.stops, mailRetryMost))
	return a.until
}

// refused counts an answer about a customer's address. When it is one too many of
// the same, it returns those that had it and until when the account waits.
func (b *mailBrake) refused(rem Reminder, answer string, now time.Time) (row []ReminderID, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.of(rem.Account)
	if a.answer != answer {
		a.answer, a.row, a.who, a.stops = answer, nil, nil, 0
	}
	for _, who := range a.who {
		switch {
		case who != rem.Customer:
		case a.stops > 0: // tried again while the answer proves nothing
			return nil, a.stop(now)
		default: // an address tried again is one address
			return nil, time.Time{}
		}
	}
	if len(a.who)+1 < brakeAfter {
		a.row, a.who = append(a.row, rem.ID), append(a.who, rem.Customer)
		return nil, time.Time{}
	}
	row, a.row = a.row, nil
	return row, a.stop(now)
}
