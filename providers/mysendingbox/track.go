package mysendingbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// meaning is what one of the carrier's codes says.
type meaning struct {
	status    courrier.Status
	proof     courrier.ProofKind
	presented bool
}

// eventMeanings are the carrier's events about paper letters. An ordinary letter
// ends at letter.sent; letter.wrong_address may follow days later.
var eventMeanings = map[string]meaning{
	"letter.created":                 {status: courrier.StatusSubmitted},
	"letter.accepted":                {status: courrier.StatusAccepted},
	"letter.filing_proof":            {proof: courrier.ProofOfDeposit},
	"letter.sent":                    {status: courrier.StatusPosted},
	"letter.in_transit":              {status: courrier.StatusInTransit},
	"letter.waiting_to_be_withdrawn": {status: courrier.StatusAwaitingPickup, presented: true},
	"letter.distributed":             {status: courrier.StatusDelivered},
	"letter.delivery_proof":          {proof: courrier.ProofOfReceipt},
	wrongAddress:                     {status: courrier.StatusReturned},
	returnedToSender:                 {status: courrier.StatusReturning},
	"letter.return_to_sender_proof":  {proof: courrier.ProofOfReturn},
	"letter.lost":                    {status: courrier.StatusLost},
	"letter.error":                   {status: courrier.StatusFailed},
	canceled:                         {status: courrier.StatusCancelled},
}

const (
	wrongAddress     = "letter.wrong_address"
	returnedToSender = "letter.returned_to_sender"
	canceled         = "letter.canceled"
)

// scanMeanings are the operator's scans. The letter is in the operator's hands
// from the first on; which scan that was only the label tells.
var scanMeanings = map[string]meaning{
	"PRIS_EN_CHARGE":      {status: courrier.StatusPosted},
	"A_RETIRER":           {status: courrier.StatusAwaitingPickup, presented: true},
	"DISTRIBUE":           {status: courrier.StatusDelivered},
	"RETOUR_DESTINATAIRE": {status: courrier.StatusReturning},
	"INCONNU":             {},
}

// presentedLabel is the label of the scan at which the letter was offered.
const presentedLabel = "Pli présenté"

// Track implements [courrier.Tracker]: one GET /letters/{id} for each reference.
// A letter that the carrier does not know, or that bears the reference of another
// letter than was asked about, is left out.
func (p *Provider) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	var all []courrier.TrackingEvent
	for _, ref := range refs {
		if ref.ProviderID == "" {
			continue
		}
		l, err := p.own(ctx, "track", ref)
		if errors.Is(err, courrier.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p.events(l, ref.ID, courrier.SourcePoll)...)
	}
	return all, nil
}

// letter reads one letter.
func (p *Provider) letter(ctx context.Context, op string, account courrier.AccountID, id string) (wireLetter, error) {
	answer, err := p.get(ctx, op, account, rest.Call{Path: []string{"letters", id}})
	if err != nil {
		return wireLetter{}, err
	}
	l, err := p.read(answer)
	if err == nil && string(l.ID) != id {
		err = errors.New("the answer is about another letter")
	}
	if err != nil {
		return wireLetter{}, unreadable(op, courrier.ErrUnavailable, answer, err)
	}
	return l, nil
}

// own reads the letter of a reference. An id proves nothing by itself: it may come
// from a call that anybody who knows the webhook's secret can make. So the letter
// must bear ours; one that bears another is not there for whoever asks.
func (p *Provider) own(ctx context.Context, op string, ref courrier.Reference) (wireLetter, error) {
	l, err := p.letter(ctx, op, ref.Account, ref.ProviderID)
	if err == nil && !l.bears(ref.ID) {
		p.log.ErrorContext(ctx, "the carrier's id is that of another letter", "provider", name, "letter", ref.ID, "operation", op)
		return wireLetter{}, fail(op, courrier.ErrNotFound, "another-letter",
			errors.New("the carrier's letter by that id does not bear this letter's reference"))
	}
	return l, err
}

// bears tells whether a letter is the one that was sent under an id, which stands
// in its metadata and is its description. No id is that of any letter.
func (l wireLetter) bears(id courrier.LetterID) bool {
	return id == "" || l.letterID() == id || l.letterID() == "" && courrier.LetterID(l.Description) == id
}

// get asks the carrier and returns its success.
func (p *Provider) get(ctx context.Context, op string, account courrier.AccountID, call rest.Call) (*rest.Answer, error) {
	key, err := p.key(ctx, op, account)
	if err != nil {
		return nil, err
	}
	call.Method, call.Repeatable, call.Authorize, call.Key = http.MethodGet, true, key.authorize, string(account)
	answer, err := p.rest.Do(ctx, call)
	if err != nil {
		return nil, unanswered(op, courrier.ErrUnavailable, err)
	}
	if !answer.OK() {
		return nil, refused(op, question(answer), answer, key.Reveal())
	}
	return answer, nil
}

// events returns all that a letter's own record tells, by the carrier's ids.
func (p *Provider) events(l wireLetter, id courrier.LetterID, source courrier.EventSource) []courrier.TrackingEvent {
	var all []courrier.TrackingEvent
	announced := make(map[courrier.ProofKind]bool)
	for _, raw := range l.history() {
		var w wireEvent
		if json.Unmarshal(raw, &w) != nil || w.Name == "" {
			continue
		}
		e := p.event(w, l)
		e.Letter, e.Source, e.Raw = id, source, raw
		announced[e.Proof] = true
		all = append(all, e)
	}
	for _, raw := range l.TrackingEvents.V {
		var w wireTracking
		if json.Unmarshal(raw, &w) != nil {
			continue
		}
		if w.Message = cmp.Or(w.Message, w.Label); w.Status == "" && w.Message == "" {
			continue
		}
		e := p.scan(w, l)
		e.Letter, e.Source, e.Raw = id, source, raw
		all = append(all, e)
	}
	return append(all, p.silentProofs(l, id, source, announced)...)
}

// history returns a letter's events. One that came without any may still have a
// status, which is the name of the last.
func (l wireLetter) history() []json.RawMessage {
	if len(l.Events.V) > 0 || !strings.HasPrefix(string(l.Status.Name), "letter.") {
		return l.Events.V
	}
	last, err := json.Marshal(map[string]string{"_id": string(l.Status.EventID), "name": string(l.Status.Name),
		"created_at": string(l.Status.UpdatedAt)})
	if err != nil {
		panic("mysendingbox: three texts always marshal: " + err.Error())
	}
	return []json.RawMessage{last}
}

// event translates one event. The letter beside it gives the number and the
// reason of a return only: an event may be older than the letter's state.
func (p *Provider) event(w wireEvent, l wireLetter) courrier.TrackingEvent {
	m, known := eventMeanings[string(w.Name)]
	e := p.fact(l, string(w.Name), m)
	e.Unknown, e.Happened = !known, w.CreatedAt.time()
	if w.ID != "" {
		e.ID = name + ":" + string(l.ID) + ":" + string(w.ID)
	} else {
		e.ID = courrier.NewEventID(name, string(l.ID), e.Code, e.Happened, e.Proof)
	}
	e.Reason = p.reason(e.Code, l)
	return e
}

// scan translates one of the operator's scans.
func (p *Provider) scan(w wireTracking, l wireLetter) courrier.TrackingEvent {
	code := string(w.Status)
	if code == "" {
		code = "scan"
	}
	m, known := scanMeanings[code]
	if w.Message == presentedLabel {
		m.presented, known = true, true
		if m.status == "" || m.status == courrier.StatusPosted {
			m.status = courrier.StatusInTransit
		}
	}
	e := p.fact(l, code, m)
	e.Unknown, e.Happened = !known, w.Date.time()
	if e.Happened.IsZero() {
		e.Happened = w.CreatedAt.time()
	}
	if w.ID != "" {
		e.ID = name + ":" + string(l.ID) + ":scan:" + string(w.ID)
	} else {
		e.ID = courrier.NewEventID(name, string(l.ID), "scan:"+code, e.Happened, "")
	}
	if m.status == courrier.StatusReturning {
		e.Reason = p.reason(returnedToSender, l)
	}
	return e
}

func (p *Provider) fact(l wireLetter, code string, m meaning) courrier.TrackingEvent {
	return courrier.TrackingEvent{
		Provider: name, ProviderID: string(l.ID), TrackingNumber: string(l.TrackingNumber), Code: code,
		Status: m.status, Proof: m.proof, FirstPresentation: m.presented, Heard: p.cfg.Now(),
	}
}

// reason tells why a letter came back. A return without a known reason is
// [courrier.ReturnOther]: what the carrier said is in the event's Raw.
func (p *Provider) reason(code string, l wireLetter) courrier.ReturnReason {
	switch {
	case code == wrongAddress, code == returnedToSender && l.WrongAddress.V:
		return courrier.ReturnBadAddress
	case code != returnedToSender:
		return ""
	}
	if r, ok := p.cfg.ReturnReasons[string(l.ReturnReason)]; ok {
		return r
	}
	return courrier.ReturnOther
}

// silentProofs reports proofs that are there without an event: the proof of a
// loss has none in the carrier's list.
func (p *Provider) silentProofs(l wireLetter, id courrier.LetterID, source courrier.EventSource,
	announced map[courrier.ProofKind]bool) []courrier.TrackingEvent {
	var all []courrier.TrackingEvent
	for _, kind := range proofKinds {
		file := proofFile(l, kind)
		if kind == courrier.ProofOfContent || file == nil || announced[kind] {
			continue
		}
		e := p.fact(l, string(kind)+"_proof", meaning{proof: kind})
		e.Letter, e.Source, e.Happened = id, source, file.CreatedAt.time()
		e.ID = courrier.NewEventID(name, string(l.ID), e.Code, e.Happened, kind)
		all = append(all, e)
	}
	return all
}
