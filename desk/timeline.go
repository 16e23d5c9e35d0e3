package desk

import (
	"errors"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// happening is one line of a customer's timeline.
type happening struct {
	On     courrier.Date
	Kind   string // reminder, letter, payment, proof, promise
	Title  string
	Detail string
	Link   string
}

// timeline is all that was done about a customer and all that came of it, the newest
// first: reminders, letters with their way and their proofs, payments.
func (r *request) timeline(c dunning.Case) ([]happening, error) {
	all := r.paymentsOf(c)
	f := dunning.ReminderFilter{Account: r.account(), Customers: []courrier.CustomerID{c.Customer.ID}}
	told := map[courrier.LetterID]bool{}
	for rem, err := range r.desk.cfg.Runner.Queue(r.ctx(), f) {
		if err != nil {
			return nil, err
		}
		all = append(all, r.reminded(rem))
		if rem.Letter == "" {
			continue
		}
		told[rem.Letter] = true
		letter, err := r.ownLetter(string(rem.Letter))
		if err != nil && !errors.Is(err, courrier.ErrNotFound) {
			return nil, err
		}
		all = append(all, r.wayOf(letter)...)
	}
	for letter, err := range r.desk.cfg.Client.Letters(r.ctx(), courrier.LetterFilter{Account: r.account(), Customer: c.Customer.ID}) {
		if err != nil {
			return nil, err
		}
		if !told[letter.ID] {
			all = append(all, happening{On: courrier.PostalDay(letter.CreatedAt), Kind: "letter", Title: r.titleOf(letter), Link: r.path("letters", string(letter.ID))})
			all = append(all, r.wayOf(letter)...)
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int { return b.On.Compare(a.On) })
	return all, nil
}

// reminded tells of one reminder: its step, how it left, or where it stands.
func (r *request) reminded(rem dunning.Reminder) happening {
	title := r.text("timeline.byhand")
	if rem.Decision.Step.ID != "" {
		title = r.stepName(rem.Decision.Step.ID)
	}
	how := r.standOf(rem)
	on := rem.SentOn
	switch {
	case on.IsZero():
		on = rem.DueOn
	case rem.Decision.Step.Task == "":
		how = r.channelOf(rem.Channel)
	}
	return happening{On: on, Kind: "reminder", Title: title + " (" + how + ")", Detail: rem.Message.Subject, Link: r.path("todo", string(rem.ID))}
}

// wayOf tells of a letter's way, and of its proofs.
func (r *request) wayOf(letter courrier.LetterRecord) []happening {
	var all []happening
	page := r.path("letters", string(letter.ID))
	for _, moved := range []struct {
		status courrier.Status
		on     courrier.Date
	}{
		{courrier.StatusPosted, courrier.PostalDay(letter.Tracking.PostedAt)}, {courrier.StatusDelivered, courrier.PostalDay(letter.Tracking.DeliveredAt)},
		{courrier.StatusReturned, courrier.PostalDay(letter.Tracking.ReturnedAt)},
	} {
		if !moved.on.IsZero() {
			all = append(all, happening{On: moved.on, Kind: "letter", Title: r.text("timeline.letter") + " " + r.word(moved.status), Link: page})
		}
	}
	for _, p := range letter.Proofs {
		all = append(all, happening{
			On: courrier.PostalDay(p.FetchedAt), Kind: "proof", Title: r.proofOf(p.Kind), Link: r.path("letters", string(letter.ID), "proofs", string(p.Kind)),
		})
	}
	return all
}

// paymentsOf are what the host's books say came in.
func (r *request) paymentsOf(c dunning.Case) []happening {
	var all []happening
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		for _, p := range inv.Payments {
			all = append(all, happening{On: p.On, Kind: "payment", Title: r.text("timeline.paid") + r.text("colon") + p.Amount.Text(r.lang), Detail: numberOf(inv)})
		}
	}
	return all
}

// comingDays is how far ahead a customer's page looks.
const comingDays = 60

// coming is what the policy will do if nothing is paid, and what was promised.
func (r *request) coming(c dunning.Case, invoices []invoiceRow) ([]happening, error) {
	var all []happening
	for next, err := range r.desk.cfg.Runner.Coming(r.ctx(), r.today(), comingDays, only(c)) {
		if err != nil {
			return nil, err
		}
		var about string
		for i, l := range next.Lines {
			if i > 0 {
				about += ", "
			}
			about += string(l.Invoice)
		}
		all = append(all, happening{On: next.On, Kind: "reminder", Title: r.stepName(next.Step.ID), Detail: about})
	}
	for _, inv := range invoices {
		if !inv.Promised.Before(r.today()) && !inv.Paid {
			all = append(all, happening{On: inv.Promised, Kind: "promise", Title: r.text("customer.promise") + " " + inv.Promised.Text(r.lang), Detail: inv.Number})
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int { return a.On.Compare(b.On) })
	return all, nil
}

func only(c dunning.Case) iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) { yield(c, nil) }
}

// whyNot says of each invoice why nothing about it is due today.
func (r *request) whyNot(id courrier.CustomerID) (map[dunning.InvoiceID]string, error) {
	why := map[dunning.InvoiceID]string{}
	outcomes, err := r.desk.cfg.Runner.Why(r.ctx(), r.account(), id, r.today())
	if errors.Is(err, courrier.ErrNotFound) {
		return why, nil
	}
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		for _, hold := range o.Holds {
			why[hold.Invoice] = r.causeOf(hold.Cause)
			if !hold.Until.IsZero() {
				why[hold.Invoice] += " – " + r.text("customer.notbefore") + " " + hold.Until.Text(r.lang)
			}
		}
	}
	return why, nil
}
