package calldoc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/courrier-go/courrier"
)

// Foreign is the code of an error that a test's carrier or hook answers with: what a
// call makes of it is told apart by it from what the library says itself.
const Foreign = "foreign"

// Seen collects what calls returned. It is safe for concurrent use.
type Seen struct {
	// Words are what a list calls a family of codes, such as "its state".
	Words map[string][]string
	mu    sync.Mutex
	pairs map[string]map[string]bool
}

// Call notes that a call was made, and what it returned; err may join several errors.
func (s *Seen) Call(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pairs == nil {
		s.pairs = map[string]map[string]bool{}
	}
	if s.pairs[name] == nil {
		s.pairs[name] = map[string]bool{}
	}
	for _, one := range apart(err) {
		if pair := pairOf(one); pair != "" {
			s.pairs[name][pair] = true
		}
	}
}

// Pairs returns what a call returned in all, in the order of lists; nil: it was not made.
func (s *Seen) Pairs(name string) []string {
	if s.pairs[name] == nil {
		return nil
	}
	return append([]string{}, slices.Sorted(maps.Keys(s.pairs[name]))...)
}

// apart takes joined errors apart.
func apart(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if _, own := err.(*courrier.Error); !ok || own {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, apart(e)...)
	}
	return all
}

// pairOf writes an error as lists do; "" for one of no kind, which is the store's or
// the context's.
func pairOf(err error) string {
	e := coded(err)
	switch {
	case e == nil:
	case guarded[e.Code] && e.Provider == "" || e.Code == Foreign && e.Provider == "":
		return Hosts
	case guarded[e.Code] || e.Code == Foreign:
		return Carriers
	case strings.Trim(e.Code, "abcdefghijklmnopqrstuvwxyz_-") == "":
		return kindOf(err) + " " + e.Code
	}
	return kindOf(err)
}

// guarded are the codes of calls that did not come to an end: see package guard.
var guarded = map[string]bool{courrier.CodeOverran: true, courrier.CodePanic: true, courrier.CodeLeftAlone: true}

// coded returns the outermost error with a code.
func coded(err error) *courrier.Error {
	var e *courrier.Error
	for errors.As(err, &e) {
		if e.Code != "" {
			return e
		}
		err = e.Err
	}
	return nil
}

var kinds = map[string]error{
	"ErrInvalid": courrier.ErrInvalid, "ErrNotFound": courrier.ErrNotFound, "ErrConflict": courrier.ErrConflict, "ErrDenied": courrier.ErrDenied,
	"ErrInsufficientCredit": courrier.ErrInsufficientCredit, "ErrUnsupported": courrier.ErrUnsupported, "ErrRejected": courrier.ErrRejected,
	"ErrUnavailable": courrier.ErrUnavailable, "ErrInDoubt": courrier.ErrInDoubt,
}

func kindOf(err error) string {
	for name, kind := range kinds {
		if errors.Is(err, kind) {
			return name
		}
	}
	return ""
}

// Compare returns what is wrong with the lists: a call without a list or not made, a
// pair that was never returned, one returned and not listed.
func Compare(lists Lists, seen *Seen) []string {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		listed, returned := lists[name], seen.Pairs(name)
		if returned == nil {
			wrong = append(wrong, name+": no test calls it")
			continue
		}
		returned = seen.named(listed, returned)
		for _, pair := range listed {
			if !slices.Contains(returned, pair) {
				wrong = append(wrong, fmt.Sprintf("%s: %q is listed, and no test makes it return that", name, pair))
			}
		}
		for _, pair := range returned {
			if !slices.Contains(listed, pair) {
				wrong = append(wrong, fmt.Sprintf("%s: it returned %q, which is not listed", name, pair))
			}
		}
	}
	return wrong
}

// named puts the word for a family of codes in the place of a code that is not listed
// itself.
func (s *Seen) named(listed, returned []string) []string {
	for i, pair := range returned {
		kind, code, _ := strings.Cut(pair, " ")
		for word, codes := range s.Words {
			if !slices.Contains(listed, pair) && slices.Contains(codes, code) && slices.Contains(listed, kind+" "+word) {
				returned[i] = kind + " " + word
			}
		}
	}
	return returned
}

// Check makes the calls of a package that need no scene, each in several ways, and
// compares what they return with its lists.
func Check(dir string, calls map[string][]func() error) ([]string, error) {
	lists, err := Of(dir)
	if err != nil {
		return nil, err
	}
	var seen Seen
	for name, ways := range calls {
		for _, do := range ways {
			seen.Call(name, do())
		}
	}
	return Compare(lists, &seen), nil
}

// Error drops the value of a call.
func Error[T any](_ T, err error) error { return err }
