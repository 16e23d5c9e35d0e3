package mock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// Script is the fate of one letter. Its zero value is a good one.
type Script struct {
	// Answers are those to the first attempt to submit the letter, the second
	// and so on; the last one repeats. Empty: Accept.
	Answers []Answer
	// Course changes the journey; nil: as usual.
	Course Course
	// Noise is how the letter's events are told.
	Noise Noise
	// IgnoreCancel lets a cancellation that was taken lose the race: the letter
	// goes its way.
	IgnoreCancel bool
}

// Answer is what becomes of one attempt to submit a letter.
type Answer string

// The answers; see also [Reject] and [Deny].
const (
	Accept        Answer = ""
	Unavailable   Answer = "unavailable"    // ErrUnavailable, nothing accepted
	TimeoutBefore Answer = "timeout_before" // in doubt at once, nothing accepted
	TimeoutAfter  Answer = "timeout_after"  // in doubt at once, and accepted
	HangAfter     Answer = "hang_after"     // accepted; returns when its context ends, or after 30 s
)

// Reject refuses the letter for good, with a code: ErrRejected.
func Reject(code string) Answer { return Answer("reject:" + code) }

// Deny refuses the office's service, such as to an account that is closed: ErrDenied.
func Deny(code string) Answer { return Answer("deny:" + code) }

// refusal returns the code and the kind of a Reject or Deny.
func (a Answer) refusal() (code string, kind error) {
	if code, ok := strings.CutPrefix(string(a), "reject:"); ok {
		return code, courrier.ErrRejected
	}
	if code, ok := strings.CutPrefix(string(a), "deny:"); ok {
		return code, courrier.ErrDenied
	}
	return "", nil
}

// to returns the answer to an attempt, counted from 0.
func (s Script) to(attempt int) Answer {
	if len(s.Answers) == 0 {
		return Accept
	}
	return s.Answers[min(attempt, len(s.Answers)-1)]
}

// Noise is how badly a letter's events are told.
type Noise struct {
	Duplicated   bool `json:"duplicated,omitempty"`    // every event twice
	Shuffled     bool `json:"shuffled,omitempty"`      // in any order
	Undated      bool `json:"undated,omitempty"`       // without the time they happened
	UnknownCodes bool `json:"unknown_codes,omitempty"` // with codes in between that mean nothing to the adapter
	Anonymous    bool `json:"anonymous,omitempty"`     // webhooks leave out our LetterID: orphans until the ProviderID is known
}

// ByKey gives letters their scripts by [courrier.Letter.Key].
func ByKey(scripts map[string]Script) func(courrier.Submission) Script {
	return func(s courrier.Submission) Script { return scripts[s.Letter.Key] }
}

// ByMetadata gives letters their scripts by one entry of [courrier.Letter.Metadata].
func ByMetadata(name string, scripts map[string]Script) func(courrier.Submission) Script {
	return func(s courrier.Submission) Script { return scripts[s.Letter.Metadata[name]] }
}

// ByName gives letters their scripts by the recipient's name or company.
func ByName(scripts map[string]Script) func(courrier.Submission) Script {
	return func(s courrier.Submission) Script {
		if script, ok := scripts[s.Letter.To.Name]; ok && s.Letter.To.Name != "" {
			return script
		}
		return scripts[s.Letter.To.Company]
	}
}

// Course turns a service's journey into that of one letter. It returns a new
// journey and leaves the one it is given alone.
type Course func(Journey) Journey

// Courses takes several courses one after the other.
func Courses(courses ...Course) Course {
	return func(j Journey) Journey {
		for _, c := range courses {
			j = c(j)
		}
		return j
	}
}

// What the courses below reckon with. The days at the counter are those of La
// Poste's registered letters; the other delays are invented.
const (
	counterDays   = 15 * day // kept from the day after the notice
	wayThere      = 2 * day  // from posting, for services that are not followed
	wayBack       = 3 * day
	untilDeclared = 30 * day // from posting until a letter counts as lost
	untilProof    = 2 * day
)

// arrival is when a letter reaches its addressee, or would.
func (j Journey) arrival() time.Duration {
	for _, s := range []courrier.Status{courrier.StatusAwaitingPickup, courrier.StatusDelivered} {
		if at, ok := j.at(s); ok {
			return at
		}
	}
	posted, _ := j.at(courrier.StatusPosted)
	return posted + wayThere
}

// until keeps the steps before a moment and adds others.
func (j Journey) until(end time.Duration, then ...Step) Journey {
	var kept Journey
	for _, s := range j {
		if s.After < end {
			kept = append(kept, s)
		}
	}
	return append(kept, then...)
}

// shift moves the steps from a moment on.
func (j Journey) shift(from, by time.Duration) Journey {
	moved := slices.Clone(j)
	for i, s := range moved {
		if s.After >= from {
			moved[i].After += by
		}
	}
	return moved
}

// insert puts a step in its place.
func (j Journey) insert(s Step) Journey {
	all := append(slices.Clone(j), s)
	slices.SortStableFunc(all, byTime)
	return all
}

func byTime(a, b Step) int { return cmp.Compare(a.After, b.After) }

// Blocked makes the office wait for funds or a fix before it prints, for as long
// as given.
func Blocked(wait time.Duration) Course {
	return func(j Journey) Journey {
		at, _ := j.at(courrier.StatusAccepted)
		return j.shift(at, wait).insert(Step{at, CodeBlocked})
	}
}

// PrintingFails lets the letter fail after it was accepted: it is never posted.
func PrintingFails(j Journey) Journey {
	at, ok := j.at(courrier.StatusPrinted)
	if !ok {
		at, _ = j.at(courrier.StatusPosted)
	}
	return j.until(at, Step{at, CodePrintingFailed})
}

// Returned sends the letter back. Unclaimed, it first waits 15 days at the counter.
func Returned(reason courrier.ReturnReason) Course {
	return func(j Journey) Journey {
		at := j.arrival()
		j = j.until(at)
		if reason == courrier.ReturnUnclaimed {
			j = append(j, Step{at, CodeNoticeLeft})
			at += counterDays + day
		}
		return append(j, Step{at, returnCode(reason)}, Step{at + wayBack, CodeReturned}, Step{at + wayBack + untilProof, CodeReturnProof})
	}
}

// Lost loses the letter on its way, which the office admits 30 days after posting.
func Lost(j Journey) Journey {
	posted, _ := j.at(courrier.StatusPosted)
	return j.until(j.arrival(), Step{posted + untilDeclared, CodeLost}, Step{posted + untilDeclared + untilProof, CodeLossProof})
}

// AtCounter leaves a notice; the addressee fetches the letter after the wait.
func AtCounter(wait time.Duration) Course {
	return func(j Journey) Journey {
		at := j.arrival()
		return j.shift(at, wait).insert(Step{at, CodeNoticeLeft})
	}
}

// NoReceipt delivers the letter, but its advice of receipt never comes.
func NoReceipt(j Journey) Journey {
	return slices.DeleteFunc(slices.Clone(j), func(s Step) bool { return s.Code == CodeReceiptProof })
}

// DeliveredThenReturned delivers the letter and brings it back two days later, as
// when a neighbour hands in what was not meant for him.
func DeliveredThenReturned(j Journey) Journey {
	at := j.arrival()
	if delivered, ok := j.at(courrier.StatusDelivered); ok {
		at = delivered
	}
	j = j.until(at+1, Step{at + 2*day, returnCode(courrier.ReturnOther)})
	return append(j, Step{at + 2*day + wayBack, CodeReturned}, Step{at + 2*day + wayBack + untilProof, CodeReturnProof})
}

// Slow makes everything take that many times as long.
func Slow(times int) Course {
	return func(j Journey) Journey {
		slow := slices.Clone(j)
		for i := range slow {
			slow[i].After *= time.Duration(times)
		}
		return slow
	}
}

// garble puts a code of its own after every step, one that no adapter knows.
func (n Noise) garble(j Journey) Journey {
	if !n.UnknownCodes {
		return j
	}
	var all Journey
	for i, s := range j {
		all = append(all, s, Step{s.After, fmt.Sprintf("x%02d", i)})
	}
	return all
}
