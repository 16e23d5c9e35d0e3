package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Evidence is everything that was done to be paid for one invoice, in order, with
// the documents that show it: what a lawyer hands in. Package pdf makes one file
// of it, with a manifest by which anyone can check every part.
type Evidence struct {
	Account  AccountID      `json:"account"`
	Customer CustomerID     `json:"customer"`
	Invoice  InvoiceID      `json:"invoice"`
	On       Date           `json:"on"` // the day it was gathered
	Steps    []EvidenceStep `json:"steps"`
}

// EvidenceStep is one reminder that left, or was about to.
type EvidenceStep struct {
	Reminder    ReminderID      `json:"reminder"`
	Kind        StepKind        `json:"kind"`
	State       ReminderState   `json:"state"`
	Reason      string          `json:"reason,omitempty"`
	Channel     Channel         `json:"channel,omitempty"`
	Service     Service         `json:"service,omitempty"`
	Message     Message         `json:"message"`
	Lines       []ReminderLine  `json:"lines"`
	Total       Amount          `json:"total"`
	SentOn      Date            `json:"sent_on,omitzero"`
	InDoubt     bool            `json:"in_doubt,omitempty"`
	PostedOn    Date            `json:"posted_on,omitzero"`
	PresentedOn Date            `json:"presented_on,omitzero"` // first presentation: the date that counts for a notice
	DeliveredOn Date            `json:"delivered_on,omitzero"`
	ReturnedOn  Date            `json:"returned_on,omitzero"`
	Return      ReturnReason    `json:"return_reason,omitempty"`
	Tracking    string          `json:"tracking_number,omitempty"`
	Letter      LetterID        `json:"letter,omitempty"`
	Events      []TrackingEvent `json:"events,omitempty"` // without their raw bodies
	Log         []ReminderAct   `json:"log"`
	Parts       []EvidencePart  `json:"parts,omitempty"`
}

// EvidencePart is one document of a step.
type EvidencePart struct {
	Kind    string `json:"kind"` // "letter", "attachment" or a ProofKind
	Name    string `json:"name"`
	Sum     Sum    `json:"sum"`
	Missing bool   `json:"missing,omitempty"` // purged by the account's retention
	Content []byte `json:"-"`
}

// Evidence gathers everything done about an invoice, in the order of sending.
func (d *Dunning) Evidence(ctx context.Context, account AccountID, invoice InvoiceID) (Evidence, error) {
	ev := Evidence{Account: account, Invoice: invoice, On: d.dayOf(ctx, account, d.client.now())}
	reminders, err := collect(d.store.Reminders(ctx, ReminderFilter{Account: account, Invoice: invoice}))
	if err != nil {
		return ev, fmt.Errorf("evidence: %w", err)
	}
	for _, rem := range reminders {
		step, err := d.evidenceOf(ctx, rem)
		if err != nil {
			return ev, fmt.Errorf("evidence: %w", err)
		}
		ev.Customer = rem.Customer
		ev.Steps = append(ev.Steps, step)
	}
	if len(ev.Steps) == 0 {
		return ev, &Error{Op: "evidence", Kind: ErrNotFound, Code: "invoice"}
	}
	slices.SortStableFunc(ev.Steps, func(a, b EvidenceStep) int { return a.day().Compare(b.day()) })
	return ev, nil
}

// day is the one a step stands under.
func (s EvidenceStep) day() Date {
	if s.SentOn.IsZero() && len(s.Log) > 0 {
		return utcDay(s.Log[0].At)
	}
	return s.SentOn
}

func (d *Dunning) evidenceOf(ctx context.Context, rem Reminder) (EvidenceStep, error) {
	step := EvidenceStep{
		Reminder: rem.ID, Kind: rem.Decision.Step.Kind, State: rem.State, Reason: rem.Reason, Channel: rem.Channel, Message: rem.Message,
		Lines: rem.Decision.Lines, Total: rem.Decision.Total, SentOn: rem.SentOn, InDoubt: rem.InDoubt, Letter: rem.Letter, Log: rem.Log,
	}
	if rem.Letter == "" {
		return step, d.addParts(ctx, &step, "attachment", rem.Attachments)
	}
	rec, err := d.store.Letter(ctx, rem.Letter)
	if err != nil {
		return step, err
	}
	t := rec.Tracking
	step.Service, step.Tracking, step.Return = rec.Letter.Service, rec.TrackingNumber, t.Reason
	step.PostedOn, step.PresentedOn, step.DeliveredOn, step.ReturnedOn = postalDay(t.PostedAt), postalDay(t.PresentedAt), postalDay(t.DeliveredAt), postalDay(t.ReturnedAt)
	for e, err := range d.client.History(ctx, rec.ID) {
		if err != nil {
			return step, err
		}
		e.Raw = nil
		step.Events = append(step.Events, e)
	}
	docs := rec.Letter.Documents
	if err := d.addParts(ctx, &step, "letter", docs[:min(1, len(docs))]); err != nil {
		return step, err
	}
	if err := d.addParts(ctx, &step, "attachment", docs[min(1, len(docs)):]); err != nil {
		return step, err
	}
	for _, p := range rec.Proofs {
		doc := Document{Name: string(p.Kind) + ".pdf", Sum: p.Sum}
		if err := d.addParts(ctx, &step, string(p.Kind), []Document{doc}); err != nil {
			return step, err
		}
	}
	return step, nil
}

func (d *Dunning) addParts(ctx context.Context, step *EvidenceStep, kind string, docs []Document) error {
	for _, doc := range docs {
		part := EvidencePart{Kind: kind, Name: doc.Name, Sum: doc.Sum}
		content, err := d.client.contents.Content(ctx, doc.Sum)
		switch {
		case errors.Is(err, ErrNotFound):
			part.Missing = true
		case err != nil:
			return err
		}
		part.Content = content
		step.Parts = append(step.Parts, part)
	}
	return nil
}
