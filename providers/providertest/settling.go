package providertest

import (
	"context"
	"errors"
	"time"

	"github.com/courrier-go/courrier"
)

// settling holds the checks of what is asked before and after a Submit: drafts,
// lookups and cancellations.
var settling = []check{
	{"draft/prints nothing", checkDraft},
	{"draft/unavailable", checkDraftUnavailable},
	{"draft/restart", checkDraftRestart},
	{"draft/found out", checkDraftFoundOut},
	{"place/steady", checkPlace},
	{"find/unknown", checkFindUnknown},
	{"find/another's id", checkFindForeign},
	{"find/accepted", checkFindAccepted},
	{"find/lost answer", func(p *probe) { checkFindUntold(p, LostAnswer) }},
	{"find/no answer", func(p *probe) { checkFindUntold(p, NoAnswer) }},
	{"find/silence", checkFindSilence},
	{"find/unavailable", checkFindUnavailable},
	{"cancel/before printing", checkCancel},
	{"cancel/too late", checkCancelTooLate},
	{"cancel/another's id", checkCancelForeign},
	{"cancel/unavailable", checkCancelUnavailable},
}

func checkDraft(p *probe) {
	p.needsDrafts()
	s := p.submission(p.anyService())
	for range 3 {
		if err := p.draft(p.ctx, &s); err != nil {
			p.fatalf("draft: %v", err)
		}
		p.require(s.Draft != "", "draft: returned nothing to name the draft by")
	}
	if p.Advance != nil {
		p.Advance(p.Step)
	}
	p.requireTaken(0, s.ID, "draft three times")
	p.requireNotFound(s, "find a letter that is only drafted")
	p.accept(s)
	p.requireTaken(1, s.ID, "draft four times and submit")
}

func (p *probe) needsDrafts() {
	_, ok := p.Provider.(courrier.Drafter)
	p.needs(p.caps.Drafts && ok, "Drafts")
}

func checkDraftUnavailable(p *probe) {
	p.needsDrafts()
	p.suffer(Unavailable)
	s := p.submission(p.anyService())
	p.requireVerdict(p.draft(p.ctx, &s), "draft at an unavailable carrier", postponed)
}

// checkDraftRestart: the host stores the draft's name and may go down before it
// submits.
func checkDraftRestart(p *probe) {
	p.needsDrafts()
	s := p.prepared()
	again := p.reopened()
	if again == nil {
		p.skipf("the world has no Reopen")
	}
	p.Provider = again
	_, err := p.hand(p.ctx, s)
	p.require(err == nil, "submit a draft after a restart: %v", err)
	p.requireTaken(1, s.ID, "submit a draft after a restart")
}

// checkDraftFoundOut: once a draft is told as not found the letter is sent again,
// so nothing may come of a submission that a paused process finishes later.
func checkDraftFoundOut(p *probe) {
	p.needsDrafts()
	p.needs(p.caps.Finds, "Finds")
	s := p.prepared()
	p.requireNotFound(s, "find a letter that is only drafted")
	_, err := p.hand(p.ctx, s)
	p.require(err != nil, "submit a draft that was told as not found: accepted; close the draft before saying so")
	p.requireTaken(0, s.ID, "submit a draft that was told as not found")
	p.accept(s)
	p.requireTaken(1, s.ID, "draft anew what was told as not found, and submit")
}

// checkPlace: a letter in doubt is believed not to be there only where its attempt was
// made, so that place has one name, after a restart too, and another place another.
func checkPlace(p *probe) {
	p.needs(p.caps.Places, "Places")
	own := p.place(p.Provider, "account-1")
	p.require(own != "", "place: returned nothing")
	p.require(p.place(p.Provider, "account-1") == own, "place: is another the second time")
	if again := p.reopened(); again != nil {
		p.require(p.place(again, "account-1") == own, "place: is another after a restart")
	}
	if p.Account != nil {
		p.require(p.place(p.Provider, "account-2") != own, "place: is the same for two accounts that the carrier keeps apart")
	}
}

func (p *probe) place(provider courrier.Provider, account courrier.AccountID) (place string) {
	placer, ok := provider.(courrier.Placer)
	if !ok {
		p.skipf("the carrier declares Places without courrier.Placer")
	}
	err := p.bounded(p.ctx, "place", func(ctx context.Context) (err error) {
		place, err = placer.Place(ctx, account)
		return err
	})
	p.require(err == nil, "place: %v", err)
	return place
}

// foreign returns the reference of a letter that nobody submitted, with the
// carrier's id of another one: as from a call that names the two together.
func (p *probe) foreign() (foreign, other courrier.Reference) {
	other, _ = p.accept(p.submission(p.anyService()))
	foreign = other
	foreign.ID, foreign.Draft, foreign.TrackingNumber, foreign.AttemptedAt = newID(), "", "", p.longAgo()
	return foreign, other
}

func checkFindForeign(p *probe) {
	p.needs(p.caps.Finds, "Finds")
	foreign, _ := p.foreign()
	p.settle()
	r, err := p.find(p.Provider, foreign)
	p.require(err != nil, "find with the id of another letter: answered %q for a letter nobody submitted", r.ProviderID)
}

func checkCancelForeign(p *probe) {
	p.needs(p.caps.Cancels, "Cancels")
	foreign, other := p.foreign()
	p.require(p.cancel(foreign) != nil, "cancel with the id of another letter: succeeded")
	if p.Advance == nil || !p.caps.Tracks {
		return
	}
	end := courrier.Fold(p.follow(other)).Status
	p.require(end != courrier.StatusCancelled, "cancel with the id of another letter: that one was cancelled")
}

// find asks about a letter through the given adapter.
func (p *probe) find(provider courrier.Provider, ref courrier.Reference) (courrier.Receipt, error) {
	finder, ok := provider.(courrier.Finder)
	if !ok {
		p.skipf("the carrier declares Finds without courrier.Finder")
	}
	var r courrier.Receipt
	err := p.bounded(p.ctx, "find", func(ctx context.Context) (err error) {
		r, err = finder.Find(ctx, ref)
		return err
	})
	if err == nil {
		p.checkReceipt("find", r)
	}
	return r, err
}

// requireNotFound asks about a letter that the carrier does not have, once
// "not found" is proof. Other kinds of answer may be allowed besides.
func (p *probe) requireNotFound(s courrier.Submission, when string, also ...error) {
	if !p.caps.Finds {
		return
	}
	ref := refOf(s, courrier.Receipt{})
	ref.AttemptedAt = p.longAgo()
	_, err := p.find(p.Provider, ref)
	for _, kind := range append(also, courrier.ErrNotFound) {
		if errors.Is(err, kind) {
			return
		}
	}
	p.problemf("%s: want ErrNotFound: %v", when, err)
}

// longAgo is an attempt so old that a letter it had brought would be visible.
func (p *probe) longAgo() time.Time {
	settle := p.caps.SettleAfter
	if settle == 0 {
		settle = 2 * time.Minute
	}
	return p.now().Add(-settle - time.Hour)
}

func checkFindUnknown(p *probe) {
	p.needs(p.caps.Finds, "Finds")
	p.accept(p.submission(p.anyService())) // the carrier must not take one for the other
	p.requireNotFound(p.submission(p.anyService()), "find a letter nobody submitted")
}

func checkFindAccepted(p *probe) {
	p.needs(p.caps.Finds, "Finds")
	for _, s := range p.caps.Services {
		ref, receipt := p.accept(p.submission(s))
		p.settle()
		doubtful := ref
		doubtful.ProviderID, doubtful.TrackingNumber = "", ""
		for _, asked := range []courrier.Reference{ref, doubtful} {
			p.requireFound(p.Provider, asked, receipt.ProviderID)
		}
		if again := p.reopened(); again != nil {
			p.requireFound(again, doubtful, receipt.ProviderID)
		}
	}
}

// settle lets the time pass after which an accepted letter must be visible.
func (p *probe) settle() {
	if p.Advance != nil && p.caps.SettleAfter > 0 {
		p.Advance(p.caps.SettleAfter)
	}
}

func (p *probe) requireFound(provider courrier.Provider, ref courrier.Reference, id string) {
	r, err := p.find(provider, ref)
	if p.require(err == nil, "find an accepted %s letter: %v", ref.Service, err) {
		p.require(id == "" || r.ProviderID == id, "find an accepted %s letter: the ProviderID is not the one of the receipt", ref.Service)
	}
}

func checkFindUntold(p *probe, f Fault) {
	p.needs(p.caps.Finds, "Finds")
	at := p.now()
	s, err := p.lose(f)
	p.requireVerdict(err, "submit with "+string(f), inDoubt)
	p.settle()
	ref := refOf(s, courrier.Receipt{})
	ref.AttemptedAt = at
	p.requireFound(p.Provider, ref, "")
	if again := p.reopened(); again != nil {
		p.requireFound(again, ref, "")
	}
	p.requireTaken(1, s.ID, "find after "+string(f))
}

func checkFindSilence(p *probe) {
	p.needs(p.caps.Finds, "Finds")
	s, _ := p.unheard() // what it answers is the business of submit/silence
	p.fault(NoFault)
	p.settle()
	p.requireNotFound(s, "find a letter that a silent carrier never read")
}

// checkFindUnavailable: an outage must never be taken for the proof that the
// carrier has no such letter, or the letter goes out twice.
func checkFindUnavailable(p *probe) {
	p.needs(p.caps.Finds, "Finds")
	ref, _ := p.accept(p.submission(p.anyService()))
	p.suffer(Unavailable)
	for _, id := range []string{ref.ProviderID, ""} {
		ref.ProviderID = id
		_, err := p.find(p.Provider, ref)
		p.requireNoAnswer(err, "find at an unavailable carrier")
	}
}

// requireNoAnswer checks that an outage is told as one.
func (p *probe) requireNoAnswer(err error, when string) {
	p.require(err != nil, "%s: succeeded", when)
	p.require(!errors.Is(err, courrier.ErrNotFound), "%s: answered ErrNotFound, which is taken as proof: %v", when, err)
	p.require(!errors.Is(err, courrier.ErrRejected), "%s: answered ErrRejected, which is taken as proof: %v", when, err)
}

func (p *probe) cancel(ref courrier.Reference) error {
	canceller, ok := p.Provider.(courrier.Canceller)
	p.needs(p.caps.Cancels && ok, "Cancels")
	return p.bounded(p.ctx, "cancel", func(ctx context.Context) error { return canceller.Cancel(ctx, ref) })
}

func checkCancel(p *probe) {
	p.needs(p.caps.Cancels, "Cancels")
	ref, _ := p.accept(p.submission(p.anyService()))
	if err := p.cancel(ref); err != nil {
		p.fatalf("cancel right after acceptance: %v", err)
	}
	if err := p.cancel(ref); err != nil {
		p.require(errors.Is(err, courrier.ErrRejected), "cancel a second time: want nil or ErrRejected: %v", err)
	}
	if p.Advance == nil || !p.caps.Tracks {
		return
	}
	end := courrier.Fold(p.follow(ref)).Status
	p.require(end == courrier.StatusCancelled, "cancel right after acceptance: the events end at %q, want %q", end, courrier.StatusCancelled)
}

func checkCancelTooLate(p *probe) {
	p.needs(p.caps.Cancels, "Cancels")
	p.needsClock()
	ref, _ := p.accept(p.submission(p.anyService()))
	p.Advance(p.Journey)
	err := p.cancel(ref)
	p.require(errors.Is(err, courrier.ErrRejected), "cancel a letter that has arrived: want ErrRejected: %v", err)
}

func checkCancelUnavailable(p *probe) {
	p.needs(p.caps.Cancels, "Cancels")
	ref, _ := p.accept(p.submission(p.anyService()))
	p.suffer(Unavailable)
	p.requireNoAnswer(p.cancel(ref), "cancel at an unavailable carrier")
}
