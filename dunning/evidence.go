package dunning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/latepayment"
)

// Evidence is everything that was done to be paid for one invoice, in order, with
// the documents that show it: what a lawyer hands in. Package pdf makes one file
// of it, with a manifest by which anyone can check every part.
type Evidence struct {
	Account  courrier.AccountID  `json:"account"`
	Customer courrier.CustomerID `json:"customer"`
	Invoice  InvoiceID           `json:"invoice"`
	On       courrier.Date       `json:"on"`             // the day it was gathered
	Zone     string              `json:"zone,omitempty"` // IANA name of the zone whose dates count
	Steps    []EvidenceStep      `json:"steps"`          // what left, in the order of sending
	// Unsent is what did not leave, or not yet: it has no date of sending, and proves
	// nothing but that it was begun.
	Unsent []EvidenceStep `json:"unsent,omitempty"`
}

// EvidenceStep is one reminder or one letter of it; a sales document that was
// delivered; a letter that followed another of the same reminder; or a task, of which
// nothing but its log tells. Its state is that of its own letter.
type EvidenceStep struct {
	Reminder ReminderID        `json:"reminder"`
	Delivery courrier.Purpose  `json:"delivery,omitempty"` // of a sales document; Kind says nothing then
	AdHoc    bool              `json:"ad_hoc,omitempty"`   // by hand, or in a campaign
	Campaign string            `json:"campaign,omitempty"` // its name
	Imported bool              `json:"imported,omitempty"` // an earlier system sent it: no document of it is kept, and no proof
	Insisted string            `json:"insisted,omitempty"` // why a person sent it although it had been sent, or was open
	Override string            `json:"override,omitempty"` // why a person sent it although its step required what was not sent
	Again    bool              `json:"again,omitempty"`    // the letter follows another of the same reminder
	Kind     courrier.StepKind `json:"kind"`
	Task     string            `json:"task,omitempty"` // what a person did; nothing was sent
	State    ReminderState     `json:"state"`
	Reason   string            `json:"reason,omitempty"`
	Channel  courrier.Channel  `json:"channel,omitempty"`
	Service  courrier.Service  `json:"service,omitempty"`
	To       []string          `json:"to,omitempty"`     // the address lines of the letter, or the e-mail's addresses
	Copies   []string          `json:"copies,omitempty"` // the addresses of an e-mail's Cc and Bcc
	Message  Message           `json:"message"`
	Text     string            `json:"text,omitempty"` // the whole text of an e-mail; its HTML is a part
	Lines    []ReminderLine    `json:"lines"`
	Total    courrier.Amount   `json:"total"`
	// Statement is where the sums of the reminder came from: anyone can compute them
	// again with [latepayment.Statement.Verify].
	Statement   *latepayment.Statement   `json:"statement,omitempty"`
	SentOn      courrier.Date            `json:"sent_on,omitzero"`
	InDoubt     bool                     `json:"in_doubt,omitempty"` // an e-mail that may not have left
	Status      courrier.Status          `json:"status,omitempty"`   // of the letter
	PostedOn    courrier.Date            `json:"posted_on,omitzero"`
	PresentedOn courrier.Date            `json:"presented_on,omitzero"` // first presentation: the date that counts for a notice
	DeliveredOn courrier.Date            `json:"delivered_on,omitzero"`
	ReturnedOn  courrier.Date            `json:"returned_on,omitzero"`
	Return      courrier.ReturnReason    `json:"return_reason,omitempty"`
	Tracking    string                   `json:"tracking_number,omitempty"`
	Letter      courrier.LetterID        `json:"letter,omitempty"`
	Events      []courrier.TrackingEvent `json:"events,omitempty"` // without their raw bodies
	Log         []ReminderAct            `json:"log"`
	Parts       []EvidencePart           `json:"parts,omitempty"`
}

// EvidencePart is one document of a step.
type EvidencePart struct {
	Kind    string       `json:"kind"` // "letter", "attachment", "html", "image" or a ProofKind
	Name    string       `json:"name"`
	Sum     courrier.Sum `json:"sum"`
	Missing bool         `json:"missing,omitempty"` // purged by the account's retention
	Content []byte       `json:"-"`
}

// Evidence gathers everything done about an invoice, in the order of sending. Errors:
// [courrier.ErrNotFound] (invoice), the host's.
func (d *Runner) Evidence(ctx context.Context, account courrier.AccountID, invoice InvoiceID) (Evidence, error) {
	ev := Evidence{Account: account, Invoice: invoice}
	plans, err := d.plans(ctx, account)
	if err != nil {
		return ev, fmt.Errorf("evidence: %w", err)
	}
	ev.On, ev.Zone = plans.dayOf(Reminder{}, d.now()), plans.evaluators[plans.Assignment.Default].zone.String()
	reminders, err := seq.Collect(d.store.Reminders(ctx, ReminderFilter{Account: account, Invoice: invoice}))
	if err != nil {
		return ev, fmt.Errorf("evidence: %w", err)
	}
	letters, err := d.lettersOf(ctx, reminders)
	if err != nil {
		return ev, fmt.Errorf("evidence: %w", err)
	}
	for _, rem := range reminders {
		steps, err := d.evidenceOf(ctx, plans, rem, rem.chain(letters))
		if err != nil {
			return ev, fmt.Errorf("evidence: %w", err)
		}
		ev.Customer = rem.Customer
		for _, step := range steps {
			if !slices.ContainsFunc(step.Lines, func(l ReminderLine) bool { return l.Invoice == invoice }) {
				continue // another letter of the reminder named it
			}
			if step.SentOn.IsZero() {
				ev.Unsent = append(ev.Unsent, step)
			} else {
				ev.Steps = append(ev.Steps, step)
			}
		}
	}
	if len(ev.Steps)+len(ev.Unsent) == 0 {
		return ev, &courrier.Error{Op: "evidence", Kind: courrier.ErrNotFound, Code: courrier.CodeNoInvoice}
	}
	for _, list := range [][]EvidenceStep{ev.Steps, ev.Unsent} {
		slices.SortStableFunc(list, func(a, b EvidenceStep) int { return a.day(plans).Compare(b.day(plans)) })
	}
	return ev, nil
}

// day is the one a step stands under: of one that did not leave, the day on which
// something was last done about it.
func (s EvidenceStep) day(plans *accountPlans) courrier.Date {
	if s.SentOn.IsZero() && len(s.Log) > 0 {
		return plans.dayOf(Reminder{}, s.Log[len(s.Log)-1].At)
	}
	return s.SentOn
}

// evidenceOf returns one step for each letter of a reminder, and one for what went by
// e-mail, or has no letter yet. Every day is that of the account's zone: one file, one
// calendar.
func (d *Runner) evidenceOf(ctx context.Context, plans *accountPlans, rem Reminder, letters []courrier.LetterRecord) ([]EvidenceStep, error) {
	day := func(at time.Time) courrier.Date {
		if at.IsZero() {
			return courrier.Date{}
		}
		return plans.dayOf(Reminder{}, at)
	}
	first := EvidenceStep{
		Reminder: rem.ID, Delivery: rem.Delivery, AdHoc: rem.AdHoc, Campaign: rem.Campaign, Imported: rem.Imported, Insisted: rem.Again, Override: rem.Override,
		Kind: rem.Decision.Step.Kind, Task: rem.Decision.Step.Task, State: rem.State, Reason: rem.Reason, Channel: rem.Channel,
		Message: rem.Message, Lines: rem.Decision.Lines, Total: rem.Decision.asks(), Statement: rem.Decision.Statement, InDoubt: rem.InDoubt, Log: rem.Log,
	}
	var steps []EvidenceStep
	for i, rec := range letters {
		step := first
		step.SentOn, step.Text, step.To, step.Parts, step.Channel, step.Again = courrier.Date{}, "", nil, nil, courrier.ChannelPost, i > 0
		rem.describe(&step, rec)
		if reachedPost(rec) {
			step.SentOn = day(rec.SubmittedAt)
		}
		t := rec.Tracking
		step.PostedOn, step.PresentedOn, step.DeliveredOn, step.ReturnedOn = day(t.PostedAt), day(t.PresentedAt), day(t.DeliveredAt), day(t.ReturnedAt)
		if err := d.addLetter(ctx, &step, rec); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	if len(letters) == 0 || !rem.leftAt().IsZero() {
		first.SentOn, first.Again = day(rem.leftAt()), len(letters) > 0
		if rem.Imported {
			first.SentOn = rem.SentOn
		}
		if err := d.addEmail(ctx, &first, rem); err != nil {
			return nil, err
		}
		steps = append(steps, first)
	}
	return steps, nil
}

// describe gives a step what its own letter said, and the state in which that is.
func (r Reminder) describe(step *EvidenceStep, rec courrier.LetterRecord) {
	switch {
	case reachedPost(rec):
		step.State = ReminderSent
	case rec.Status.Done():
		step.State = ReminderFailed
	default:
		step.State = ReminderSending
	}
	for _, e := range r.Earlier {
		if e.Letter == rec.ID {
			step.Message, step.Lines, step.Total, step.Statement, step.Reason = e.Message, e.Lines, e.Total, e.Statement, e.Reason
			step.Log = []ReminderAct{{At: rec.CreatedAt, Act: "letter begun"}}
		}
	}
}

// leftAt is when a reminder left by e-mail, or its task was done, by its log: the zero
// time when it did, and was, not.
func (r Reminder) leftAt() time.Time {
	tells := map[courrier.Channel]string{courrier.ChannelEmail: "e-mail begun", courrier.ChannelTask: "done"}[r.Channel]
	if r.State != ReminderSent || tells == "" {
		return time.Time{}
	}
	for _, act := range slices.Backward(r.Log) {
		if act.Act == tells {
			return act.At
		}
	}
	return r.SentOn.In(time.UTC)
}

// asks is what a reminder asks for.
func (d Decision) asks() courrier.Amount {
	if d.Statement == nil {
		return d.Open
	}
	return d.Total
}

// addEmail adds the e-mail as it left, or what a reminder that has not left has
// attached.
func (d *Runner) addEmail(ctx context.Context, step *EvidenceStep, rem Reminder) error {
	attached := rem.Attachments
	if m := rem.Email; m != nil {
		step.Text, attached = m.Text, m.Attachments
		for _, to := range m.To {
			step.To = append(step.To, to.Address)
		}
		for _, to := range slices.Concat(m.Cc, m.Bcc) {
			step.Copies = append(step.Copies, to.Address)
		}
	}
	if err := d.addParts(ctx, step, "attachment", attached); err != nil {
		return err
	}
	return d.addPage(ctx, step, rem)
}

// addPage adds the HTML of an e-mail and the images that it shows.
func (d *Runner) addPage(ctx context.Context, step *EvidenceStep, rem Reminder) error {
	if rem.Page.Sum == "" || rem.Email == nil {
		return nil
	}
	if err := d.addParts(ctx, step, "html", []courrier.Document{rem.Page}); err != nil {
		return err
	}
	return d.addParts(ctx, step, "image", rem.Email.Inline)
}

func (d *Runner) addLetter(ctx context.Context, step *EvidenceStep, rec courrier.LetterRecord) error {
	step.Letter, step.Status, step.Service, step.Tracking, step.Return = rec.ID, rec.Status, rec.Letter.Service, rec.TrackingNumber, rec.Tracking.Reason
	step.To = rec.Letter.To.Shown()
	for e, err := range d.client.History(ctx, rec.ID) {
		if err != nil {
			return err
		}
		e.Raw = nil
		step.Events = append(step.Events, e)
	}
	docs := rec.Letter.Documents
	if err := d.addParts(ctx, step, "letter", docs[:min(1, len(docs))]); err != nil {
		return err
	}
	if err := d.addParts(ctx, step, "attachment", docs[min(1, len(docs)):]); err != nil {
		return err
	}
	for _, p := range rec.Proofs {
		doc := courrier.Document{Name: string(p.Kind) + ".pdf", Sum: p.Sum}
		if err := d.addParts(ctx, step, string(p.Kind), []courrier.Document{doc}); err != nil {
			return err
		}
	}
	return nil
}

func (d *Runner) addParts(ctx context.Context, step *EvidenceStep, kind string, docs []courrier.Document) error {
	for _, doc := range docs {
		part := EvidencePart{Kind: kind, Name: doc.Name, Sum: doc.Sum}
		content, err := d.contents.Content(ctx, doc.Sum)
		switch {
		case errors.Is(err, courrier.ErrNotFound):
			part.Missing = true
		case err != nil:
			return err
		}
		part.Content = content
		step.Parts = append(step.Parts, part)
	}
	return nil
}
