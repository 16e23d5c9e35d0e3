package laposte

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// Track implements [courrier.Tracker]: it reads each sending with its recipient
// and, when Config.Suivi is set, asks La Poste about all registered numbers at
// once. Letters stand alone: one that cannot be read, such as when an account's
// password changed, does not hide what is learnt of the others, and neither does
// a failure of Suivi. An error means that nothing was learnt of any.
func (p *Provider) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	var events []courrier.TrackingEvent
	var errs []error
	numbered := slices.Clone(refs)
	for i, ref := range refs {
		seen, err := p.observe(ctx, ref)
		if err != nil {
			errs = append(errs, readFault("track", ref.ID, err))
			continue
		}
		numbered[i].TrackingNumber = cmp.Or(ref.TrackingNumber, seen.to.RegisteredNumber)
		events = append(events, seen.events(p.now())...)
	}
	if len(errs) > 0 && len(errs) == len(refs) {
		return nil, errors.Join(errs...)
	}
	if p.suivi != nil {
		more, err := p.suivi.track(ctx, numbered, Name)
		events = append(events, more...)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		p.log.WarnContext(ctx, "some letters not read", "provider", Name, "error", err.Error())
	}
	return events, nil
}

// observation is a letter as Maileva shows it at one moment.
type observation struct {
	ref     courrier.Reference
	sending sending
	to      recipient // zero when there is none
}

// observe reads a letter. One that Maileva does not know, or that is still a
// draft, is the zero observation, of which nothing is told. A draft that was taken
// for submitted is an error: nobody else would notice that the letter stays there.
func (p *Provider) observe(ctx context.Context, ref courrier.Reference) (observation, error) {
	o := observation{ref: ref}
	id := sendingID(ref)
	if id == "" {
		return o, nil
	}
	a := p.serviceOf(ref.Service)
	var err error
	o.sending, err = readSending(ctx, a, ref, id)
	switch {
	case err == nil && o.sending.Status == statusDraft && ref.ProviderID != "":
		return o, &refusal{status: http.StatusOK,
			err: errors.New("the sending was submitted and is still a draft: it will not leave; ask Maileva")}
	case errors.Is(err, errAnotherLetter):
		p.log.ErrorContext(ctx, "Maileva's id is that of another letter", "provider", Name, "letter", ref.ID)
		return observation{ref: ref}, nil
	case isGone(err), err == nil && o.sending.Status == statusDraft:
		// Whatever is told of a letter is proof that the carrier has it.
		return observation{ref: ref}, nil
	case err != nil:
		return o, err
	}
	o.to, err = recipientOfSending(ctx, a, ref, id)
	return o, err
}

// readSending reads a sending. An answer about another one is none, and neither is
// one that bears the reference of another letter: an id alone proves nothing, as
// it may come from a call that Maileva does not sign.
func readSending(ctx context.Context, a *api, ref courrier.Reference, id string) (sending, error) {
	var s sending
	err := a.get(ctx, ref.Account, &s, nil, "sendings", id)
	switch {
	case err != nil:
	case s.ID != id:
		err = &refusal{status: http.StatusOK, err: errors.New("the answer is about another sending")}
	case ref.ID != "" && s.CustomID != string(ref.ID):
		err = &refusal{status: http.StatusOK, err: errAnotherLetter}
	}
	return s, err
}

// errAnotherLetter is the cause of an answer about a sending of another letter.
var errAnotherLetter = errors.New("the sending does not bear this letter's reference")

// recipientOfSending returns the one recipient of a sending of ours, who bears the
// letter's reference.
func recipientOfSending(ctx context.Context, a *api, ref courrier.Reference, id string) (recipient, error) {
	var list recipientList
	if err := a.get(ctx, ref.Account, &list, nil, "sendings", id, "recipients"); err != nil {
		return recipient{}, err
	}
	if len(list.Recipients) == 0 {
		return recipient{}, nil
	}
	to := list.Recipients[0]
	if ref.ID != "" && to.CustomID != string(ref.ID) {
		return recipient{}, &refusal{status: http.StatusOK, err: errAnotherLetter}
	}
	return to, nil
}

// events tells an observation as facts. It is a pure function: the same
// observation gives the same events, with the same ids.
func (o observation) events(heard time.Time) []courrier.TrackingEvent {
	t := teller{ref: o.ref, provider: Name, number: o.to.RegisteredNumber, heard: heard}
	o.production(&t)
	for _, d := range o.to.MainDeliveries {
		t.tell(d.value.Category, mainMeaning(d.value), d.value.Date.Time, d.raw)
	}
	for _, d := range o.to.Deliveries {
		t.tellKnown(deliveryCodes, d.value.Code, d.value.Date.Time, d.raw)
	}
	if o.to.LastDelivery != "" && len(o.to.Deliveries) == 0 {
		t.tellKnown(deliveryCodes, o.to.LastDelivery, o.to.LastDeliveryDate.Time, nil)
	}
	o.returned(&t)
	o.proofs(&t)
	return t.events
}

// production tells what became of the sending at Maileva.
func (o observation) production(t *teller) {
	for _, s := range o.history() {
		code, date, raw := s.value.Code, s.value.Date.Time, s.raw
		if code == o.sending.Status && o.sending.StatusDetail != "" {
			raw = o.sending.detail()
		}
		switch code {
		case statusDraft: // before the letter was handed over
		case statusProcessed, statusProcessedWithErrors:
			o.processed(t, code, date, raw)
		default:
			t.tellKnown(sendingStatuses, code, date, raw)
		}
	}
}

// history returns the statuses of the sending, the present one included:
// mail/v2 keeps no history.
func (o observation) history() []stamped[datedStatus] {
	now := o.sending.Status
	past := o.sending.Statuses
	told := slices.ContainsFunc(past, func(s stamped[datedStatus]) bool { return s.value.Code == now })
	if told || now == "" {
		return past
	}
	return append(slices.Clip(past), stamped[datedStatus]{value: datedStatus{Code: now, Date: o.sending.dateOf(now)}})
}

// processed tells of a sending that is done, which it may be although its
// recipient was refused. Done with errors says nothing until the recipient's
// status does, and an event once told is not told otherwise later.
func (o observation) processed(t *teller, code string, date time.Time, raw []byte) {
	m := recipientStatuses[o.to.Status]
	switch {
	case m.status == courrier.StatusFailed || m.status == courrier.StatusCancelled:
		t.tell("RECIPIENT_"+o.to.Status, &m, date, raw)
	case m.status == courrier.StatusPosted || code == statusProcessed:
		t.tellKnown(sendingStatuses, statusProcessed, date, raw)
	}
}

// dateOf is the date of a status in mail/v2, which keeps no history.
func (s sending) dateOf(status string) moment {
	switch status {
	case "PENDING":
		return s.SubmittedAt
	case statusProcessed, statusProcessedWithErrors:
		return s.ProcessedAt
	}
	return moment{}
}

// detail keeps the reason of a status for the host to read.
func (s sending) detail() json.RawMessage {
	b, err := json.Marshal(map[string]string{"status": s.Status, "status_detail": s.StatusDetail})
	if err != nil {
		panic("laposte: two texts always marshal: " + err.Error())
	}
	return b
}

// stages orders what a main delivery status and its code may say.
var stages = []courrier.Status{
	courrier.StatusPosted, courrier.StatusInTransit, courrier.StatusAwaitingPickup,
	courrier.StatusDelivered, courrier.StatusReturning, courrier.StatusReturned,
}

// mainMeaning is the category's, and from the code what it adds: that the letter
// waits at the post office, that the addressee it was delivered to is the
// sender, or why it comes back. Where they differ the later stage counts.
func mainMeaning(d delivery) *meaning {
	main, known := mainCategories[d.Category]
	exact := deliveryCodes[d.Code]
	if !known && exact.status == "" {
		return nil
	}
	if slices.Index(stages, exact.status) > slices.Index(stages, main.status) {
		main.status = exact.status
	}
	main.reason = exact.reason
	return &main
}

// returned tells of a letter that came back to Maileva, which names the reason.
// The scan, when it can be fetched, is a proof of its own.
func (o observation) returned(t *teller) {
	if o.to.UndeliveredDate.IsZero() {
		return
	}
	code := cmp.Or(o.to.UndeliveredReason, "UNDELIVERED_MAIL")
	reason, known := undeliveredReasons[o.to.UndeliveredReason]
	if !known && o.to.UndeliveredReason != "" {
		t.tell(code, nil, o.to.UndeliveredDate.Time, nil)
		return
	}
	t.tell(code, &meaning{status: courrier.StatusReturned, reason: reason}, o.to.UndeliveredDate.Time, nil)
}

func (o observation) proofs(t *teller) {
	for _, proof := range []struct {
		ready bool
		code  string
		kind  courrier.ProofKind
		date  moment
	}{
		{o.to.DepositURL != "", "deposit_proof", courrier.ProofOfDeposit, o.to.DepositDate},
		{!o.to.ContentDate.IsZero(), "content_proof", courrier.ProofOfContent, o.to.ContentDate},
		{!o.to.ReceiptDate.IsZero(), "acknowledgement_of_receipt", courrier.ProofOfReceipt, o.to.ReceiptDate},
		{!o.to.UndeliveredArchived.IsZero(), "undelivered_mail", courrier.ProofOfReturn, o.to.UndeliveredArchived},
	} {
		if proof.ready {
			t.tell(proof.code, &meaning{proof: proof.kind}, proof.date.Time, nil)
		}
	}
}

// teller makes events of one letter.
type teller struct {
	ref      courrier.Reference
	provider string
	number   string
	heard    time.Time
	events   []courrier.TrackingEvent
}

// tellKnown tells a code of a table, or that it is none of it.
func (t *teller) tellKnown(table map[string]meaning, code string, happened time.Time, raw []byte) {
	m, known := table[code]
	if !known {
		t.tell(code, nil, happened, raw)
		return
	}
	t.tell(code, &m, happened, raw)
}

// tell adds an event; a nil meaning is a code nobody knows.
func (t *teller) tell(code string, m *meaning, happened time.Time, raw []byte) {
	if code == "" {
		return
	}
	id := cmp.Or(sendingID(t.ref), t.ref.TrackingNumber)
	e := courrier.TrackingEvent{
		Letter: t.ref.ID, Provider: t.provider, ProviderID: id, TrackingNumber: t.number,
		Code: code, Unknown: m == nil, Happened: happened, Heard: t.heard, Source: courrier.SourcePoll, Raw: raw,
	}
	if m != nil {
		e.Status, e.Reason, e.Proof, e.FirstPresentation = m.status, m.reason, m.proof, m.present
	}
	e.ID = courrier.NewEventID(t.provider, id, code, happened, e.Proof)
	t.events = append(t.events, e)
}
