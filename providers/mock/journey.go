package mock

import (
	"slices"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
)

// Step is one thing that happens to a letter.
type Step struct {
	After time.Duration `json:"after"` // since the letter was accepted
	Code  string        `json:"code"`  // see Meaning; others are kept as unknown
}

// Journey is a letter's way, by time.
type Journey []Step

// The codes of the office that stand alone; the others are "return_" followed by
// a [courrier.ReturnReason], for a letter that turns back.
const (
	CodeReceived       = "received"
	CodeAccepted       = "accepted"
	CodeBlocked        = "blocked" // waits for funds or a fix
	CodePrinted        = "printed"
	CodePrintingFailed = "printing_failed"
	CodePosted         = "posted"
	CodeDepositProof   = "deposit_proof"
	CodeContentProof   = "content_proof"
	CodeInTransit      = "in_transit"
	CodeNoticeLeft     = "notice_left" // nobody was there: the letter waits at the counter
	CodeNotified       = "notified"    // an electronic letter waits for its addressee
	CodeDelivered      = "delivered"
	CodeDeliveryProof  = "delivery_proof"
	CodeReceiptProof   = "receipt_proof"
	CodeReturned       = "returned"
	CodeReturnProof    = "return_proof"
	CodeLost           = "lost"
	CodeLossProof      = "loss_proof"
	CodeCancelled      = "cancelled"
)

// Meaning is what a code says about a letter.
type Meaning struct {
	Status            courrier.Status
	Proof             courrier.ProofKind
	Reason            courrier.ReturnReason
	FirstPresentation bool
}

// meanings maps the office's codes.
var meanings = map[string]Meaning{
	CodeReceived:       {Status: courrier.StatusSubmitted},
	CodeAccepted:       {Status: courrier.StatusAccepted},
	CodeBlocked:        {Status: courrier.StatusBlocked},
	CodePrinted:        {Status: courrier.StatusPrinted},
	CodePrintingFailed: {Status: courrier.StatusFailed},
	CodePosted:         {Status: courrier.StatusPosted},
	CodeDepositProof:   {Proof: courrier.ProofOfDeposit},
	CodeContentProof:   {Proof: courrier.ProofOfContent},
	CodeInTransit:      {Status: courrier.StatusInTransit},
	CodeNoticeLeft:     {Status: courrier.StatusAwaitingPickup, FirstPresentation: true},
	CodeNotified:       {Status: courrier.StatusAwaitingPickup, FirstPresentation: true},
	CodeDelivered:      {Status: courrier.StatusDelivered},
	CodeDeliveryProof:  {Proof: courrier.ProofOfDelivery},
	CodeReceiptProof:   {Proof: courrier.ProofOfReceipt},
	CodeReturned:       {Status: courrier.StatusReturned},
	CodeReturnProof:    {Proof: courrier.ProofOfReturn},
	CodeLost:           {Status: courrier.StatusLost},
	CodeLossProof:      {Proof: courrier.ProofOfLoss},
	CodeCancelled:      {Status: courrier.StatusCancelled},

	returnCode(courrier.ReturnUnclaimed):        {Status: courrier.StatusReturning, Reason: courrier.ReturnUnclaimed},
	returnCode(courrier.ReturnRefused):          {Status: courrier.StatusReturning, Reason: courrier.ReturnRefused, FirstPresentation: true},
	returnCode(courrier.ReturnUnknownAddressee): {Status: courrier.StatusReturning, Reason: courrier.ReturnUnknownAddressee},
	returnCode(courrier.ReturnBadAddress):       {Status: courrier.StatusReturning, Reason: courrier.ReturnBadAddress},
	returnCode(courrier.ReturnNoAccess):         {Status: courrier.StatusReturning, Reason: courrier.ReturnNoAccess},
	returnCode(courrier.ReturnDeceased):         {Status: courrier.StatusReturning, Reason: courrier.ReturnDeceased},
	returnCode(courrier.ReturnDamaged):          {Status: courrier.StatusReturning, Reason: courrier.ReturnDamaged},
	returnCode(courrier.ReturnOther):            {Status: courrier.StatusReturning, Reason: courrier.ReturnOther},
}

func returnCode(r courrier.ReturnReason) string { return "return_" + string(r) }

// MeaningOf returns what a code says, and false for one that the office's
// adapter does not know.
func MeaningOf(code string) (Meaning, bool) {
	m, ok := meanings[code]
	return m, ok
}

const day = 24 * time.Hour

// production is how every letter of paper begins.
var production = Journey{{0, CodeReceived}, {time.Hour, CodeAccepted}, {6 * time.Hour, CodePrinted}, {10 * time.Hour, CodePosted}}

// Journeys returns the ways of letters that nothing happens to. The delays are
// invented.
func Journeys() map[courrier.Service]Journey {
	from := func(begin Journey, rest ...Step) Journey { return slices.Concat(begin, rest) }
	return map[courrier.Service]Journey{
		courrier.ServiceStandard: from(production),
		courrier.ServicePriority: from(production),
		courrier.ServiceEconomy:  {{0, CodeReceived}, {time.Hour, CodeAccepted}, {30 * time.Hour, CodePrinted}, {34 * time.Hour, CodePosted}},
		courrier.ServiceTracked:  from(production, Step{34 * time.Hour, CodeInTransit}, Step{58 * time.Hour, CodeDelivered}),
		courrier.ServiceRegistered: from(production, Step{12 * time.Hour, CodeDepositProof}, Step{34 * time.Hour, CodeInTransit},
			Step{58 * time.Hour, CodeDelivered}, Step{82 * time.Hour, CodeDeliveryProof}),
		courrier.ServiceRegisteredAR: from(production, Step{12 * time.Hour, CodeDepositProof}, Step{34 * time.Hour, CodeInTransit},
			Step{58 * time.Hour, CodeDelivered}, Step{82 * time.Hour, CodeDeliveryProof}, Step{58*time.Hour + 5*day, CodeReceiptProof}),
		courrier.ServiceElectronicRegistered: {{0, CodeReceived}, {5 * time.Minute, CodeAccepted}, {10 * time.Minute, CodePosted},
			{11 * time.Minute, CodeDepositProof}, {11 * time.Minute, CodeContentProof}, {12 * time.Minute, CodeNotified},
			{20 * time.Hour, CodeDelivered}, {20*time.Hour + time.Minute, CodeReceiptProof}},
	}
}

// at returns when the first step that satisfies a status happens.
func (j Journey) at(status courrier.Status) (time.Duration, bool) {
	for _, s := range j {
		if meanings[s.Code].Status == status {
			return s.After, true
		}
	}
	return 0, false
}

// happening is a step that has happened.
type happening struct {
	number int // within its letter, from 0
	code   string
	at     time.Time
}

// history lists what has happened to a letter up to now. It only ever grows.
func (l *letter) history(now time.Time) []happening {
	var all []happening
	for i, s := range l.Journey {
		at := l.At.Add(s.After)
		if at.After(now) || !l.Cancelled.IsZero() && at.After(l.Cancelled) {
			break
		}
		all = append(all, happening{i, s.Code, at})
	}
	if !l.Cancelled.IsZero() {
		all = append(all, happening{len(l.Journey), CodeCancelled, l.Cancelled})
	}
	return all
}

// ends is when the last thing happens to a letter.
func (l *letter) ends() time.Time {
	if !l.Cancelled.IsZero() {
		return l.Cancelled
	}
	if len(l.Journey) == 0 {
		return l.At
	}
	return l.At.Add(l.Journey[len(l.Journey)-1].After)
}

// event tells one happening as the adapter reports it.
func (o *Office) event(l *letter, h happening, source courrier.EventSource) courrier.TrackingEvent {
	m, known := meanings[h.code]
	e := courrier.TrackingEvent{
		ID: o.cfg.Name + ":" + l.ProviderID + "-" + strconv.Itoa(h.number), Letter: l.Letter, Provider: o.cfg.Name, ProviderID: l.ProviderID,
		Code: h.code, Status: m.Status, Unknown: !known, Proof: m.Proof, Reason: m.Reason, FirstPresentation: m.FirstPresentation,
		Happened: h.at, Heard: o.now(), Source: source,
	}
	if m.Status == courrier.StatusPosted {
		e.TrackingNumber = l.TrackingNumber
	}
	if l.Noise.Undated {
		e.Happened = time.Time{}
	}
	return e
}
