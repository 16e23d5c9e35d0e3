package courrier_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

var update = flag.Bool("update", false, "write the generated files anew")

// at makes an event of a status on a day and hour of the test's calendar.
func at(day, hour int, status courrier.Status) courrier.TrackingEvent {
	when := testscene.Start.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
	return courrier.TrackingEvent{
		ID: fmt.Sprintf("%s-%d-%d", status, day, hour), Provider: "mock", ProviderID: "p", Code: string(status),
		Status: status, Happened: when, Heard: when.Add(time.Hour),
	}
}

func proof(day int, kind courrier.ProofKind) courrier.TrackingEvent {
	e := at(day, 12, "")
	e.ID, e.Code, e.Proof = "proof-"+string(kind), "proof", kind
	return e
}

func TestFold(t *testing.T) {
	t.Parallel()
	undated := at(0, 0, courrier.StatusPosted)
	undated.Happened, undated.Heard = time.Time{}, testscene.Start.AddDate(0, 0, 9)
	unclaimed := at(18, 0, courrier.StatusReturning)
	unclaimed.Reason = courrier.ReturnUnclaimed
	for _, c := range []struct {
		name   string
		events []courrier.TrackingEvent
		status courrier.Status
		late   int
	}{
		{"nothing heard", nil, courrier.StatusSubmitted, 0},
		{"accepted then posted", []courrier.TrackingEvent{at(0, 1, courrier.StatusAccepted), at(1, 0, courrier.StatusPosted)}, courrier.StatusPosted, 0},
		{"a delivery without the steps before it is believed", []courrier.TrackingEvent{at(3, 0, courrier.StatusDelivered)}, courrier.StatusDelivered, 0},
		{"transit and pickup follow each other", []courrier.TrackingEvent{at(1, 0, courrier.StatusPosted), at(2, 0, courrier.StatusAwaitingPickup), at(3, 0, courrier.StatusInTransit)}, courrier.StatusInTransit, 0},
		{"delivered, returned the same day: no", []courrier.TrackingEvent{at(3, 0, courrier.StatusDelivered), at(3, 8, courrier.StatusReturned)}, courrier.StatusDelivered, 0},
		{"delivered, returned the next day: yes", []courrier.TrackingEvent{at(3, 0, courrier.StatusDelivered), at(4, 0, courrier.StatusReturned)}, courrier.StatusReturned, 0},
		{"lost and found", []courrier.TrackingEvent{at(1, 0, courrier.StatusPosted), at(9, 0, courrier.StatusLost), at(12, 0, courrier.StatusDelivered)}, courrier.StatusDelivered, 0},
		{"failed before posting", []courrier.TrackingEvent{at(0, 1, courrier.StatusAccepted), at(0, 5, courrier.StatusFailed)}, courrier.StatusFailed, 0},
		{"failed after posting is flagged", []courrier.TrackingEvent{at(1, 0, courrier.StatusPosted), at(2, 0, courrier.StatusFailed)}, courrier.StatusPosted, 1},
		{"cancelled, then posted all the same: flagged", []courrier.TrackingEvent{at(0, 1, courrier.StatusCancelled), at(1, 0, courrier.StatusPosted)}, courrier.StatusCancelled, 1},
		{"an undated event does not lower", []courrier.TrackingEvent{at(3, 0, courrier.StatusDelivered), undated}, courrier.StatusDelivered, 0},
		{"a receipt shows delivery", []courrier.TrackingEvent{at(1, 0, courrier.StatusPosted), proof(6, courrier.ProofOfReceipt)}, courrier.StatusDelivered, 0},
		{"a deposit proof shows posting", []courrier.TrackingEvent{proof(1, courrier.ProofOfDeposit)}, courrier.StatusPosted, 0},
		{"a deposit proof does not lower", []courrier.TrackingEvent{at(3, 0, courrier.StatusDelivered), proof(5, courrier.ProofOfDeposit)}, courrier.StatusDelivered, 0},
		{"never collected", []courrier.TrackingEvent{at(1, 0, courrier.StatusPosted), at(3, 0, courrier.StatusAwaitingPickup), unclaimed, at(21, 0, courrier.StatusReturned)}, courrier.StatusReturned, 0},
		{"same moment: the further stage wins", []courrier.TrackingEvent{at(3, 0, courrier.StatusDelivered), at(3, 0, courrier.StatusInTransit)}, courrier.StatusDelivered, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := courrier.Fold(c.events)
			require.Equal(t, c.status, got.Status)
			require.Len(t, got.Contradictions, c.late)
		})
	}
}

func TestFoldDates(t *testing.T) {
	t.Parallel()
	notice := at(3, 2, courrier.StatusAwaitingPickup)
	got := courrier.Fold([]courrier.TrackingEvent{
		at(10, 0, courrier.StatusDelivered), notice, at(1, 0, courrier.StatusPosted), proof(15, courrier.ProofOfReceipt), proof(1, courrier.ProofOfDeposit),
	})
	require.Equal(t, at(1, 0, "").Happened, got.PostedAt)
	require.Equal(t, notice.Happened, got.PresentedAt)
	require.Equal(t, at(10, 0, "").Happened, got.DeliveredAt)
	require.Equal(t, []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfReceipt}, got.Proofs)
}

// anyEvent draws an event as carriers send them: out of order, undated, of
// unknown codes, with proofs.
func anyEvent() *rapid.Generator[courrier.TrackingEvent] {
	statuses := append(courrier.Statuses(), "")
	return rapid.Custom(func(t *rapid.T) courrier.TrackingEvent {
		e := at(rapid.IntRange(0, 9).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), rapid.SampledFrom(statuses).Draw(t, "status"))
		e.Proof = rapid.SampledFrom(append(courrier.ProofKinds(), "", "", "", "")).Draw(t, "proof")
		if rapid.IntRange(0, 4).Draw(t, "undated") == 0 {
			e.Happened = time.Time{}
		}
		e.Heard = testscene.Start.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "heard")) * time.Hour)
		e.Code = cmp.Or(string(e.Status), "note")
		e.ID = fmt.Sprintf("%s/%s/%d/%d", e.Status, e.Proof, e.Happened.Unix(), e.Heard.Unix())
		return e
	})
}

func TestFoldIgnoresOrderAndRepetition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(anyEvent(), 0, 12).Draw(t, "events")
		want := courrier.Fold(events)
		again := slices.Concat(events, rapid.SliceOf(rapid.SampledFrom(append(events, courrier.TrackingEvent{ID: "none"}))).Draw(t, "repeated"))
		again = slices.DeleteFunc(again, func(e courrier.TrackingEvent) bool { return e.ID == "none" })
		require.Equal(t, want, courrier.Fold(rapid.Permutation(again).Draw(t, "permuted")))
	})
}

// A status that the table does not lead to never appears, however events come.
func TestFoldFollowsTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(anyEvent(), 0, 12).Draw(t, "events")
		got := courrier.Fold(events)
		require.NotContains(t, []courrier.Status{courrier.StatusHeld, courrier.StatusQueued, courrier.StatusUnknown, courrier.StatusCancelRequested}, got.Status)
		if got.Status.Posted() {
			require.False(t, got.PostedAt.IsZero())
		} else {
			require.True(t, got.PostedAt.IsZero())
		}
	})
}

// The picture of the moves in the documentation is drawn from the table.
func TestLetterLifePicture(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> queued\n    [*] --> scheduled\n    [*] --> held\n")
	for _, from := range courrier.Statuses() {
		for _, s := range from.Next() {
			fmt.Fprintf(&b, "    %s --> %s\n", from, s)
		}
		if from.Done() {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	golden(t, "docs/letter-life.md", "```mermaid\n", "```", b.String())
}

// golden compares, or with -update replaces, what stands between two marks of a file.
func golden(t *testing.T, file, from, to, want string) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := bytes.Cut(b, []byte(from))
	require.True(t, ok, "%s has no %q", file, from)
	got, after, ok := bytes.Cut(rest, []byte(to))
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(file, slices.Concat(before, []byte(from+want+to), after), 0o644))
		return
	}
	require.Equal(t, want, string(got), "run go test -update")
}

func TestReasonFromEitherReportOfAStage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	report := func(id string, reason courrier.ReturnReason, after time.Duration) courrier.TrackingEvent {
		return courrier.TrackingEvent{ID: id, Code: id, Status: courrier.StatusReturning, Reason: reason, Happened: at.Add(after), Heard: at}
	}
	for name, events := range map[string][]courrier.TrackingEvent{
		"told first":              {report("a", courrier.ReturnUnclaimed, 0), report("b", "", 0)},
		"told second, same time":  {report("a", "", 0), report("b", courrier.ReturnUnclaimed, 0)},
		"told second, next day":   {report("a", "", 0), report("b", courrier.ReturnUnclaimed, 24*time.Hour)},
		"the first reason counts": {report("a", courrier.ReturnUnclaimed, 0), report("b", courrier.ReturnRefused, time.Hour)},
	} {
		require.Equal(t, courrier.ReturnUnclaimed, courrier.Fold(events).Reason, name)
	}
}

// Lost and found, or on its way back and delivered after all: neither the end nor
// the reason that was thought of stays with the letter.
func TestWhatWasTakenBackLeavesNoTrace(t *testing.T) {
	t.Parallel()
	back := at(2, 0, courrier.StatusReturning)
	back.Reason = courrier.ReturnUnclaimed
	got := courrier.Fold([]courrier.TrackingEvent{at(1, 0, courrier.StatusPosted), at(9, 0, courrier.StatusLost), back, at(12, 0, courrier.StatusDelivered)})
	require.Equal(t, courrier.StatusDelivered, got.Status)
	require.Zero(t, got.EndedAt)
	require.Empty(t, got.Reason)
}

func TestWhatDidNotHappenHasNoDay(t *testing.T) {
	t.Parallel()
	require.True(t, courrier.PostalDay(time.Time{}).IsZero())
	require.Equal(t, courrier.MustDate("2026-05-05"), courrier.PostalDay(time.Date(2026, 5, 4, 22, 30, 0, 0, time.UTC)))
}
