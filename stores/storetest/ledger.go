package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
)

const stamp = "stamp"

func move(kind courrier.EntryKind, key, amount string) courrier.Entry {
	return courrier.Entry{Account: "acme", Kind: kind, Key: key, Amount: courrier.MustAmount(amount, stamp), At: epoch}
}

func post(t testing.TB, s store, entries ...courrier.Entry) courrier.Result {
	t.Helper()
	return commitOne(t, s, change{Entries: entries})
}

// balance checks the balance, and that the ledger's lines add up to it.
func balance(t testing.TB, s store, account courrier.AccountID, available, reserved string) {
	t.Helper()
	books := booksOf(t, s, account, stamp)
	got, err := books.Balance(epoch)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "available", courrier.MustAmount(available, stamp), got.Available)
	same(t, "reserved", courrier.MustAmount(reserved, stamp), got.Reserved)
	lines := entries(t, s, courrier.EntryFilter{Account: account, Unit: stamp})
	for i, e := range lines {
		if e.Seq != int64(i+1) {
			t.Fatalf("entry %d has Seq %d", i+1, e.Seq)
		}
	}
	if int64(len(lines)) != books.Seq {
		t.Fatalf("%d entries, but the books are at %d", len(lines), books.Seq)
	}
	if n := len(lines); n > 0 {
		same(t, "available after the last entry", got.Available, lines[n-1].Available)
		same(t, "reserved after the last entry", got.Reserved, lines[n-1].Reserved)
	}
}

func entryHold(t *testing.T, s store) {
	must(t, s, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "10")}})
	for _, c := range []struct {
		kind                courrier.EntryKind
		key, amount         string
		err                 error
		available, reserved string
	}{
		{courrier.EntryCapture, "a", "2", courrier.ErrNotFound, "10", "0"},
		{courrier.EntryReserve, "a", "2", nil, "8", "2"},
		{courrier.EntryReserve, "b", "9", courrier.ErrInsufficientCredit, "8", "2"},
		{courrier.EntryReserve, "b", "8", nil, "0", "10"},
		{courrier.EntryCapture, "a", "3", courrier.ErrConflict, "0", "10"},
		{courrier.EntryCapture, "a", "2", nil, "0", "8"},
		{courrier.EntryRelease, "a", "2", courrier.ErrConflict, "0", "8"},
		{courrier.EntryRelease, "b", "8", nil, "8", "0"},
		{courrier.EntryRefund, "a", "2", nil, "10", "0"},
		{courrier.EntryRecharge, "a", "2", nil, "8", "0"},
		{courrier.EntryReserve, "", "1", courrier.ErrInvalid, "8", "0"},
	} {
		what := fmt.Sprintf("%s %s %s", c.kind, c.key, c.amount)
		sameKind(t, what, c.err, post(t, s, move(c.kind, c.key, c.amount)).Err)
		balance(t, s, "acme", c.available, c.reserved)
	}
}

func entryReplay(t *testing.T, s store) {
	first := must(t, s, change{Entries: []courrier.Entry{
		move(courrier.EntryTopUp, "order", "10"), move(courrier.EntryReserve, "a", "2"), move(courrier.EntryCapture, "a", "2"),
	}})[0].Entries
	later := []courrier.Entry{move(courrier.EntryCapture, "a", "2"), move(courrier.EntryTopUp, "order", "10"), move(courrier.EntryReserve, "a", "2")}
	for i := range later {
		later[i].At = epoch.Add(time.Hour)
		later[i].Actor = "somebody else"
	}
	again := must(t, s, change{Entries: later})[0].Entries
	same(t, "repeated", []courrier.Entry{first[2], first[0], first[1]}, again)
	for i, e := range first {
		same(t, "repeated alone", e, must(t, s, change{Entries: []courrier.Entry{move(e.Kind, e.Key, e.Amount.Decimal().String())}})[0].Entries[0])
		same(t, "listed", e, entries(t, s, courrier.EntryFilter{Account: "acme", Unit: stamp})[i])
	}
	sameKind(t, "the same key with another amount", courrier.ErrConflict, post(t, s, move(courrier.EntryTopUp, "order", "11")).Err)
	balance(t, s, "acme", "8", "0")
}

func entryGrants(t *testing.T, s store) {
	grant := move(courrier.EntryGrant, "june", "5")
	grant.Expires = epoch.Add(time.Hour)
	must(t, s, change{Entries: []courrier.Entry{grant, move(courrier.EntryTopUp, "order", "3"), move(courrier.EntryReserve, "a", "2")}})
	balance(t, s, "acme", "6", "2")

	tick := courrier.Entry{Account: "acme", Kind: courrier.EntryExpire, Amount: courrier.MustAmount("0", stamp), At: epoch}
	same(t, "nothing to expire", []courrier.Entry{{}}, must(t, s, change{Entries: []courrier.Entry{tick}})[0].Entries)
	balance(t, s, "acme", "6", "2")

	// The entry that comes after the end of the grant brings the expiry with it.
	capture := move(courrier.EntryCapture, "a", "2")
	capture.At = epoch.Add(2 * time.Hour)
	if got := must(t, s, change{Entries: []courrier.Entry{capture}})[0].Entries; len(got) != 1 || got[0].Kind != courrier.EntryCapture {
		t.Fatalf("the result holds %v, want the one entry that was posted", got)
	}
	var kinds []courrier.EntryKind
	for _, e := range entries(t, s, courrier.EntryFilter{Account: "acme"}) {
		kinds = append(kinds, e.Kind)
	}
	same(t, "kinds", []courrier.EntryKind{courrier.EntryGrant, courrier.EntryTopUp, courrier.EntryReserve, courrier.EntryExpire, courrier.EntryCapture}, kinds)
	balance(t, s, "acme", "3", "0")

	// A grant may have the key of another move, and end with it.
	second := move(courrier.EntryGrant, "order", "1")
	second.At, second.Expires = epoch.Add(3*time.Hour), epoch.Add(4*time.Hour)
	tick.At = epoch.Add(5 * time.Hour)
	got := must(t, s, change{Entries: []courrier.Entry{second}}, change{Entries: []courrier.Entry{tick}}, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "3")}})
	same(t, "key of the expiry", "order", got[1].Entries[0].Key)
	same(t, "replay beside the expiry", courrier.EntryTopUp, got[2].Entries[0].Kind)
	balance(t, s, "acme", "3", "0")
}

func entryFields(t *testing.T, s store) {
	var e courrier.Entry
	fill(t, &e)
	e.Kind, e.At = courrier.EntryTopUp, epoch
	books := courrier.Books{Account: e.Account, Unit: e.Amount.Unit()}
	after, _, want, err := books.Post(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "answered", []courrier.Entry{want}, must(t, s, change{Entries: []courrier.Entry{e}})[0].Entries)
	same(t, "listed", []courrier.Entry{want}, entries(t, s, courrier.EntryFilter{}))
	same(t, "answered again", []courrier.Entry{want}, must(t, s, change{Entries: []courrier.Entry{e}})[0].Entries)
	same(t, "books", after, booksOf(t, s, e.Account, books.Unit))
}

func unknownBooks(t *testing.T, s store) {
	same(t, "unknown books", courrier.Books{Account: "nobody", Unit: "EUR"}, booksOf(t, s, "nobody", "EUR"))
	must(t, s, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "1")}})
	same(t, "another unit", courrier.Books{Account: "acme", Unit: "EUR"}, booksOf(t, s, "acme", "EUR"))
	sameKind(t, "a failed first entry", courrier.ErrInsufficientCredit,
		post(t, s, courrier.Entry{Account: "poor", Kind: courrier.EntryReserve, Key: "a", Amount: courrier.MustAmount("1", stamp), At: epoch}).Err)
	same(t, "after it", courrier.Books{Account: "poor", Unit: stamp}, booksOf(t, s, "poor", stamp))
}

// together runs f(0) to f(n-1) at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

func noOverdraft(t *testing.T, s store) {
	const callers = 100
	must(t, s, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "40")}})
	errs := make([]error, callers)
	together(callers, func(i int) {
		results, err := commit(t.Context(), s, change{Entries: []courrier.Entry{move(courrier.EntryReserve, fmt.Sprint("hold ", i), "1")}})
		if err == nil {
			err = results[0].Err
		}
		errs[i] = err
	})
	held := 0
	for _, err := range errs {
		if err == nil {
			held++
		} else if !errors.Is(err, courrier.ErrInsufficientCredit) {
			t.Fatal(err)
		}
	}
	if held != 40 {
		t.Fatalf("%d reserves of 1 out of 40", held)
	}
	balance(t, s, "acme", "0", "40")
}

func sameKeyAtOnce(t *testing.T, s store) {
	const callers = 30
	must(t, s, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "40")}})
	results := make([]courrier.Result, callers)
	together(callers, func(i int) {
		l := newLetter("L", "k")
		l.ID = courrier.LetterID(fmt.Sprint("L", i))
		all, err := commit(t.Context(), s, change{Letter: l, Entries: []courrier.Entry{move(courrier.EntryReserve, "a", "1")}},
			change{Entries: []courrier.Entry{move(courrier.EntryReserve, "b", "1")}})
		if err != nil {
			t.Error(err)
			return
		}
		if all[1].Err != nil {
			t.Error(all[1].Err)
		}
		results[i] = all[0]
	})
	won := 0
	for _, r := range results {
		if r.Err == nil {
			won++
		} else if !errors.Is(r.Err, courrier.ErrConflict) {
			t.Fatal(r.Err)
		}
	}
	if won != 1 {
		t.Fatalf("%d letters under one key", won)
	}
	balance(t, s, "acme", "38", "2")
}

// crossedAccounts locks two accounts in both orders: nobody may wait for ever.
func crossedAccounts(t *testing.T, s store) {
	const callers = 20
	other := func(e courrier.Entry) courrier.Entry {
		e.Account = "other"
		return e
	}
	together(callers, func(i int) {
		a, b := move(courrier.EntryTopUp, fmt.Sprint(i), "1"), other(move(courrier.EntryTopUp, fmt.Sprint(i), "1"))
		if i%2 == 0 {
			a, b = b, a
		}
		if results, err := commit(t.Context(), s, change{Entries: []courrier.Entry{a, b}}); err != nil || results[0].Err != nil {
			t.Error(err, results)
		}
	})
	balance(t, s, "acme", "20", "0")
	balance(t, s, "other", "20", "0")
}

// entryAllowances: what time did to a ledger is written by whoever comes by, with the
// next move, and never twice; a revoked grant keeps what comes back to it from use.
func entryAllowances(t *testing.T, s store) {
	rule := move(courrier.EntryAllowance, "plan", "3")
	rule.Allowance = &courrier.Allowance{From: epoch, Zone: "UTC"}
	ahead := move(courrier.EntryGrant, "gift", "2")
	ahead.Begins, ahead.Expires = epoch.Add(time.Hour), epoch.AddDate(0, 2, 0)
	must(t, s, change{Entries: []courrier.Entry{rule, ahead, move(courrier.EntryReserve, "a", "1")}})
	later := move(courrier.EntryReserve, "b", "5")
	later.At = epoch.AddDate(0, 1, 0)
	must(t, s, change{Entries: []courrier.Entry{later}})
	revoke := move(courrier.EntryRevoke, "plan", "0")
	revoke.At = later.At
	back := move(courrier.EntryRelease, "b", "5")
	back.At = later.At
	tick := move(courrier.EntryExpire, "", "0")
	tick.At = later.At.Add(time.Hour)
	must(t, s, change{Entries: []courrier.Entry{revoke}}, change{Entries: []courrier.Entry{back}}, change{Entries: []courrier.Entry{tick}})
	var lines []string
	for _, e := range entries(t, s, courrier.EntryFilter{Account: "acme", Unit: stamp}) {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", e.Kind, e.Key, e.Amount, e.Available))
	}
	same(t, "lines", []string{
		"allowance plan 3 stamp: 0 stamp", "grant plan/2026-03-01 3 stamp: 3 stamp", "grant gift 2 stamp: 3 stamp", "reserve a 1 stamp: 2 stamp",
		"begin gift 2 stamp: 4 stamp", "expire plan/2026-03-01 2 stamp: 2 stamp", "grant plan/2026-04-01 3 stamp: 5 stamp", "reserve b 5 stamp: 0 stamp",
		"revoke plan 0 stamp: 0 stamp", "release b 5 stamp: 5 stamp", "expire plan/2026-04-01 3 stamp: 2 stamp",
	}, lines)
}

// entryUnits: a key is used in one unit, also by changes that meet in one batch.
func entryUnits(t *testing.T, s store) {
	euros := func(key string) courrier.Entry {
		e := move(courrier.EntryTopUp, key, "1")
		e.Amount = courrier.MustAmount("1", "EUR")
		return e
	}
	must(t, s, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "a", "1")}})
	sameKind(t, "the key of stamps in euros", courrier.ErrConflict, post(t, s, euros("a")).Err)
	results := commitAll(t, s, change{Entries: []courrier.Entry{euros("b")}}, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "b", "1")}})
	sameKind(t, "the first of two units in a batch", nil, results[0].Err)
	sameKind(t, "the second of two units in a batch", courrier.ErrConflict, results[1].Err)
	sameKind(t, "two units in a change", courrier.ErrConflict, post(t, s, move(courrier.EntryTopUp, "c", "1"), euros("c")).Err)
	const callers = 20
	var mu sync.Mutex
	units := map[string]int{}
	together(callers, func(i int) {
		e := move(courrier.EntryTopUp, "d", "1")
		if i%2 == 0 {
			e = euros("d")
		}
		results, err := commit(t.Context(), s, change{Entries: []courrier.Entry{e}})
		if err == nil && results[0].Err == nil {
			mu.Lock()
			units[e.Amount.Unit()]++
			mu.Unlock()
		}
	})
	if len(units) != 1 {
		t.Fatalf("one key was used in %v", units)
	}
}

func entryLedgers(t *testing.T, s store) {
	same(t, "no ledgers", []courrier.Books(nil), ledgers(t, s, ""))
	other := move(courrier.EntryTopUp, "order", "2")
	other.Account = "Acme"
	must(t, s, change{Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "1"), other}})
	same(t, "all ledgers", []courrier.Books{booksOf(t, s, "Acme", stamp), booksOf(t, s, "acme", stamp)}, ledgers(t, s, ""))
	same(t, "one account's", []courrier.Books{booksOf(t, s, "acme", stamp)}, ledgers(t, s, "acme"))
}

func ledgers(t testing.TB, s store, account courrier.AccountID) []courrier.Books {
	t.Helper()
	var all []courrier.Books
	for b, err := range s.Ledgers(t.Context(), account) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}
