package dunning

import (
	"context"
	"errors"
	"slices"

	"github.com/courrier-go/courrier"
)

// Erased returns the reminder without persons: no text, address, e-mail or note, and
// no need of contents. What stays tells that it was sent, when, about which invoices
// and sums.
func (r Reminder) Erased() Reminder {
	r.Text, r.Message, r.Revision, r.To, r.Mail, r.Email = Text{}, Message{}, Message{}, nil, nil, nil
	r.Copies, r.Page = nil, courrier.Document{}
	r.Attachments, r.ContentsGone, r.Document.Name, r.Document.Inspection = nil, true, "", nil
	r.Reason, r.Again, r.Override, r.AddressPrint = "", "", "", ""
	r.Log = slices.Clone(r.Log)
	for i := range r.Log {
		r.Log[i].Note = ""
	}
	r.Earlier = slices.Clone(r.Earlier)
	for i := range r.Earlier {
		r.Earlier[i].Message, r.Earlier[i].Reason = Message{}, ""
	}
	return r
}

// Contents lists every content that the reminder ever carried by itself.
func (r Reminder) Contents() []courrier.Sum {
	all := r.attached()
	if r.Document.Sum != "" {
		all = append(all, r.Document.Sum)
	}
	return all
}

// NotesItem returns the notes about a customer as they are stored, or
// [courrier.ErrNotFound].
func NotesItem(ctx context.Context, store Store, account courrier.AccountID, customer courrier.CustomerID) (courrier.Item, error) {
	return store.Item(ctx, itemDebtor, account, string(customer))
}

// EraseNotes removes from the notes about a customer what somebody wrote, and the
// prints of addresses.
func EraseNotes(ctx context.Context, store Store, account courrier.AccountID, customer courrier.CustomerID) error {
	item, err := NotesItem(ctx, store, account, customer)
	if errors.Is(err, courrier.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	notes, err := notesIn(item)
	if err != nil || notes.Reason == "" && len(notes.BadMail) == 0 {
		return err
	}
	notes.Reason, notes.BadMail = "", nil
	if item, err = notes.item(account, customer); err != nil {
		return err
	}
	errs, err := store.CommitReminders(ctx, Change{Items: []courrier.Item{item}})
	return errors.Join(append(errs, err)...)
}
