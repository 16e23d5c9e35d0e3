package providertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// following holds the checks of tracking.
var following = []check{
	{"track/events", checkTrack},
	{"track/batches", checkTrackBatches},
	{"track/another's id", checkTrackForeign},
	{"track/dates", checkDates},
	{"track/unavailable", checkTrackUnavailable},
	{"track/journeys", checkJourneys},
	{"track/restart", checkTrackRestart},
	{"track/returned", checkReturned},
	{"track/lost", checkLost},
}

// track asks about letters and checks each event.
func (p *probe) track(refs []courrier.Reference) []courrier.TrackingEvent {
	events, err := p.trackWith(p.Provider, refs)
	if err != nil {
		p.fatalf("track: %v", err)
	}
	p.checkEvents("track", events, courrier.SourcePoll, refs...)
	return events
}

func (p *probe) trackWith(provider courrier.Provider, refs []courrier.Reference) (events []courrier.TrackingEvent, err error) {
	tracker, ok := provider.(courrier.Tracker)
	p.needs(p.caps.Tracks && ok, "Tracks")
	err = p.bounded(p.ctx, "track", func(ctx context.Context) (err error) {
		events, err = tracker.Track(ctx, refs)
		return err
	})
	return events, err
}

// follow moves the clock step by step to the letter's end and returns all that
// was told on the way.
func (p *probe) follow(ref courrier.Reference) []courrier.TrackingEvent {
	events := p.track([]courrier.Reference{ref})
	for passed := time.Duration(0); passed < p.Journey; passed += p.Step {
		p.Advance(p.Step)
		events = append(events, p.track([]courrier.Reference{ref})...)
	}
	return events
}

// reasons are those of package courrier.
var reasons = []courrier.ReturnReason{
	"", courrier.ReturnUnclaimed, courrier.ReturnRefused, courrier.ReturnUnknownAddressee, courrier.ReturnBadAddress,
	courrier.ReturnNoAccess, courrier.ReturnDeceased, courrier.ReturnDamaged, courrier.ReturnOther,
}

// ours are the statuses that only the library gives.
var ours = []courrier.Status{courrier.StatusHeld, courrier.StatusScheduled, courrier.StatusQueued, courrier.StatusUnknown, courrier.StatusCancelRequested}

// checkEvents checks the shape of events about the given letters.
func (p *probe) checkEvents(what string, events []courrier.TrackingEvent, source courrier.EventSource, refs ...courrier.Reference) {
	for _, e := range events {
		at := what + ": event " + e.Code
		p.require(e.Provider == p.name, "%s: Provider is %q, not the carrier's name", at, e.Provider)
		p.require(strings.HasPrefix(e.ID, p.name+":") && len(e.ID) > len(p.name)+1,
			"%s: ID %q does not begin with the carrier's name and a colon", at, e.ID)
		p.require(e.Code != "", "%s: has no Code", at)
		p.require(e.Source == source, "%s: Source is %q, want %q", at, e.Source, source)
		p.require(!e.Heard.IsZero(), "%s: Heard is zero", at)
		p.require(!e.Folded, "%s: Folded is set, which is the library's to do", at)
		known := e.Status == "" || slices.Contains(courrier.Statuses(), e.Status) && !slices.Contains(ours, e.Status)
		p.require(known, "%s: Status %q is none a carrier can report", at, e.Status)
		p.require(!e.Unknown || e.Status == "", "%s: is Unknown and has a Status", at)
		p.require(e.Proof == "" || slices.Contains(p.caps.Proofs, e.Proof), "%s: announces a proof of kind %q, which is not declared", at,
			e.Proof)
		p.require(!e.Happened.After(p.now().Add(drift)), "%s: happened in the future: read dates in the zone that the carrier means", at)
		p.require(slices.Contains(reasons, e.Reason), "%s: Reason %q is not in the vocabulary of package courrier", at, e.Reason)
		if source != courrier.SourceWebhook {
			p.require(concerns(e, refs), "%s: is about a letter nobody asked about", at)
		}
	}
}

// drift is how far the clocks of a carrier and of its events may differ.
const drift = 5 * time.Minute

func concerns(e courrier.TrackingEvent, refs []courrier.Reference) bool {
	return slices.ContainsFunc(refs, func(r courrier.Reference) bool {
		return e.Letter == r.ID && (e.ProviderID == "" || r.ProviderID == "" || e.ProviderID == r.ProviderID) ||
			e.Letter == "" && e.ProviderID == r.ProviderID && e.ProviderID != ""
	})
}

func checkTrack(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	ref, receipt := p.accept(p.submission(p.anyService()))
	if p.Advance != nil {
		p.Advance(p.Journey)
	}
	first := p.track([]courrier.Reference{ref})
	second := p.track([]courrier.Reference{ref})
	p.require(slices.Equal(sortedIDs(first), sortedIDs(second)), "track: the same question has other event ids the second time")
	p.requireSameIDs("receipt and track", slices.Concat(receipt.Events, first))
	none := p.track(nil)
	p.require(len(none) == 0, "track: no references, and still %d events", len(none))
}

func sortedIDs(events []courrier.TrackingEvent) []string {
	ids := make([]string, 0, len(events))
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fact is what makes two reports one event.
type fact struct {
	letter, code string
	proof        courrier.ProofKind
	happened     int64
}

// requireSameIDs checks that one fact has one id, however it was heard, and that
// one id means one fact: of two events with one id, the second is dropped.
func (p *probe) requireSameIDs(what string, events []courrier.TrackingEvent) {
	ids := make(map[fact]string)
	first := make(map[string]courrier.TrackingEvent)
	for _, e := range events {
		if other, seen := first[e.ID]; seen {
			same := other.Code == e.Code && other.Proof == e.Proof && other.Happened.Equal(e.Happened)
			p.require(same, "%s: codes %s and %s share one id", what, other.Code, e.Code)
		}
		first[e.ID] = e
		if e.Happened.IsZero() || e.ProviderID == "" {
			continue // nothing to recognise the fact by
		}
		f := fact{e.ProviderID, e.Code, e.Proof, e.Happened.UnixNano()}
		if id, seen := ids[f]; seen {
			p.require(id == e.ID, "%s: code %s has two ids for one fact", what, e.Code)
		}
		ids[f] = e.ID
	}
}

func checkTrackBatches(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	batch := max(p.caps.TrackBatch, 1)
	var refs []courrier.Reference
	for range min(batch, crowd) {
		ref, _ := p.accept(p.submission(p.anyService()))
		refs = append(refs, ref)
	}
	if p.Advance != nil {
		p.Advance(p.Journey)
	}
	stranger := courrier.Reference{ID: newID(), Account: "account-1", Service: p.anyService(),
		ProviderID: "00000000-0000-4000-8000-000000000000", AttemptedAt: p.now()}
	if len(refs) < batch {
		refs = slices.Insert(refs, 0, stranger)
	} else {
		p.require(len(p.track([]courrier.Reference{stranger})) == 0, "track: a letter the carrier does not know has events")
	}
	events := p.track(refs)
	for _, r := range refs {
		about := slices.ContainsFunc(events, func(e courrier.TrackingEvent) bool { return concerns(e, []courrier.Reference{r}) })
		if r.ID == stranger.ID {
			p.require(!about, "track: a letter the carrier does not know has events")
			continue
		}
		p.require(about || p.Advance == nil, "track: a batch of %d tells nothing about one of its letters", len(refs))
		alone := p.track([]courrier.Reference{r})
		together := slices.DeleteFunc(slices.Clone(events), func(e courrier.TrackingEvent) bool { return !concerns(e, []courrier.Reference{r}) })
		p.require(slices.Equal(sortedIDs(alone), sortedIDs(together)),
			"track: a batch of %d tells something else about a letter than a question about it alone", len(refs))
	}
}

// checkTrackForeign: an event confirms the letter it is told of, so the letter must
// bear the reference that was asked about.
func checkTrackForeign(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	foreign, _ := p.foreign()
	if p.Advance != nil {
		p.Advance(p.Journey)
	}
	events, _ := p.trackWith(p.Provider, []courrier.Reference{foreign})
	p.require(len(events) == 0, "track with the id of another letter: %d events of that one are told of a letter nobody submitted",
		len(events))
}

// Dates are looked at closely for so long, so often: less than the hour by which a
// zone is mistaken.
const (
	closeLook = 48 * time.Hour
	glance    = 20 * time.Minute
)

// checkDates follows a letter closely. What is told of it happened after it was
// handed over, and not after it is told: a date without its zone is an hour or more
// off, on one side or the other.
func checkDates(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	p.needsClock()
	ref, receipt := p.accept(p.submission(p.anyService()))
	events := receipt.Events
	for passed := time.Duration(0); passed < closeLook; passed += glance {
		p.Advance(glance)
		events = append(events, p.track([]courrier.Reference{ref})...)
	}
	for _, e := range events {
		early := !e.Happened.IsZero() && e.Happened.Before(ref.AttemptedAt.Add(-drift))
		p.require(!early, "track: event %s happened before the letter was handed over: read dates in the zone that the carrier means", e.Code)
	}
}

func checkTrackUnavailable(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	ref, _ := p.accept(p.submission(p.anyService()))
	p.suffer(Unavailable)
	_, err := p.trackWith(p.Provider, []courrier.Reference{ref})
	p.requireNoAnswer(err, "track at an unavailable carrier")
}

func checkJourneys(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	p.needsClock()
	for _, s := range p.caps.Services {
		ref, receipt := p.accept(p.submission(s))
		events := slices.Concat(receipt.Events, p.follow(ref))
		t := courrier.Fold(events)
		p.require(t.Status == p.end(s), "journey of a %s letter: the events end at %q, want %q", s, t.Status, p.end(s))
		p.require(len(t.Contradictions) == 0, "journey of a %s letter: %d events contradict the end", s, len(t.Contradictions))
		p.require(!t.Status.Posted() || !t.PostedAt.IsZero(), "journey of a %s letter: no posting date", s)
		p.requireSameIDs("journey of a "+string(s)+" letter", events)
	}
}

func checkTrackRestart(p *probe) {
	p.needs(p.caps.Tracks, "Tracks")
	p.needsClock()
	if p.Reopen == nil {
		p.skipf("the world has no Reopen")
	}
	ref, _ := p.accept(p.submission(p.anyService()))
	p.Advance(p.Journey)
	before := p.track([]courrier.Reference{ref})
	after, err := p.trackWith(p.reopened(), []courrier.Reference{ref})
	p.require(err == nil, "track after a restart: %v", err)
	p.require(slices.Equal(sortedIDs(before), sortedIDs(after)), "track after a restart: the events have other ids")
}

func checkReturned(p *probe) {
	p.unhappy(Returned, func(s courrier.Service, t courrier.Tracking) {
		p.require(t.Status == courrier.StatusReturned, "a returned %s letter's events end at %q", s, t.Status)
		p.require(t.Reason != "" || !s.Tracked(), "a returned %s letter's events give no Reason", s)
	})
}

func checkLost(p *probe) {
	p.unhappy(Lost, func(s courrier.Service, t courrier.Tracking) {
		p.require(t.Status == courrier.StatusLost, "a lost %s letter's events end at %q", s, t.Status)
	})
}

// unhappy follows letters that do not arrive: of each service that is tracked, and,
// where the carrier takes their returns in, of those that are not.
func (p *probe) unhappy(f Fault, end func(courrier.Service, courrier.Tracking)) {
	p.needs(p.caps.Tracks, "Tracks")
	p.needsClock()
	p.suffer(f)
	scanned := f == Returned && slices.Contains(p.caps.Returns, courrier.ReturnsScanned)
	followed := 0
	for _, s := range p.caps.Services {
		l := p.letter(s)
		switch {
		case s.Tracked() && s != courrier.ServiceElectronicRegistered:
		case scanned && !s.Tracked():
			l.Returns = courrier.ReturnsScanned
		default:
			continue
		}
		followed++
		end(s, p.unhappyLetter(l))
	}
	if followed == 0 {
		p.skipf("the carrier follows no letter to its addressee")
	}
}

func (p *probe) unhappyLetter(l courrier.Letter) courrier.Tracking {
	ref, receipt := p.accept(p.submissionOf(l))
	t := courrier.Fold(slices.Concat(receipt.Events, p.follow(ref)))
	for _, k := range t.Proofs {
		_, err := p.proof(p.Provider, ref, k)
		p.require(err == nil || errors.Is(err, courrier.ErrNotFound), "proof of %s: %v", k, err)
	}
	return t
}
