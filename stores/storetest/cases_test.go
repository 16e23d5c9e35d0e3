package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/memstore"
)

// TestCasesHost holds the stores that passed the suite once, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Parallel()
	t.Run("host-16", trimmingIsFound)
	t.Run("host-17", refusingAllIsFound)
	t.Run("host-20", shortColumnsAreFound)
}

// verdict is a testing.TB that notes how a test of the suite ended.
type verdict struct {
	testing.TB
	failure string
}

func (v *verdict) Fatal(args ...any) { v.Fatalf("%s", fmt.Sprint(args...)) }
func (v *verdict) Fatalf(format string, args ...any) {
	v.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failureOf runs a test of the suite and returns why it failed; empty: it passed.
func failureOf(t *testing.T, test func(testing.TB, store), s store) string {
	t.Helper()
	v := &verdict{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(v, s)
	}()
	<-done
	return v.failure
}

// odd is a store with a fault: what it does with changes before they are committed.
type odd struct {
	*memstore.Store
	commit func(s *memstore.Store, changes []courrier.Change) ([]courrier.Result, error)
}

func (o odd) Commit(_ context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	return o.commit(o.Store, changes)
}

func requireFound(t *testing.T, test func(testing.TB, store), s store, words string) {
	t.Helper()
	if why := failureOf(t, test, memstore.New()); why != "" {
		t.Fatalf("a sound store fails: %s", why)
	}
	if why := failureOf(t, test, s); !strings.Contains(why, words) {
		t.Fatalf("the failure is %q, want one with %q", why, words)
	}
}

// trimmingIsFound: some databases ignore spaces at the end, case or accents in
// comparisons.
func trimmingIsFound(t *testing.T) {
	for _, same := range []func(string) string{
		func(s string) string { return strings.TrimRight(s, " ") }, strings.ToLower,
		func(s string) string { return strings.ReplaceAll(s, "a\u0301", "á") },
	} {
		requireFound(t, textsDiffer, odd{memstore.New(), func(s *memstore.Store, changes []courrier.Change) ([]courrier.Result, error) {
			for i := range changes {
				if l := changes[i].Letter; l != nil {
					folded := *l
					folded.Letter.Key, folded.Letter.Account = same(l.Letter.Key), courrier.AccountID(same(string(l.Letter.Account)))
					changes[i].Letter = &folded
				}
			}
			return s.Commit(context.Background(), changes...)
		}}, "letter \"")
	}
}

var errRefused = errors.New("refused")

func refused(n int) []courrier.Result {
	results := make([]courrier.Result, n)
	for i := range results {
		results[i].Err = errRefused
	}
	return results
}

// refusingAllIsFound: a transaction that fails for one change fails for all.
func refusingAllIsFound(t *testing.T) {
	requireFound(t, changeBetween, odd{memstore.New(), func(s *memstore.Store, changes []courrier.Change) ([]courrier.Result, error) {
		for _, c := range changes {
			if c.Letter != nil && strings.Contains(string(c.Letter.ID), "\x00") {
				return refused(len(changes)), nil
			}
		}
		return s.Commit(context.Background(), changes...)
	}}, `letter "before 0" "before 0" failed`)
	endless := func(yield func(int, error) bool) {
		for yield(1, nil) {
		}
	}
	if all, err := gather(endless, 50); err == nil || len(all) != 51 {
		t.Fatalf("a list without end gave %d and the error %v", len(all), err)
	}
}

// shortColumnsAreFound: 191 characters was the longest index of an old MySQL.
func shortColumnsAreFound(t *testing.T) {
	requireFound(t, longestTexts, odd{memstore.New(), func(s *memstore.Store, changes []courrier.Change) ([]courrier.Result, error) {
		for _, c := range changes {
			if c.Letter != nil && len(c.Letter.Letter.Key) > 191 {
				return refused(len(changes)), nil
			}
		}
		return s.Commit(context.Background(), changes...)
	}}, "refused")
}
