package dunning

import (
	"context"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/tell"
)

// What a feed of changes is told about a customer goes with the notes about that
// customer, so that it is told once, whoever looks.

// tells notes what of a case was not told before: invoices of which the policy has no
// step left, and that a customer that was reminded owes nothing any more. Finished
// holds, for each invoice looked at, whether it is.
func (n *DebtorNotes) tells(c Case, finished map[InvoiceID]bool, h History, at time.Time) (news []tell.News, changed bool) {
	for _, inv := range c.Invoices {
		is, looked := finished[inv.ID]
		if !looked || is == n.Finished[inv.ID] {
			continue
		}
		n.Finished, changed = flag(n.Finished, inv.ID, is), true
		if is {
			news = append(news, tell.News{Kind: tell.PolicyFinished, Subject: string(inv.ID), State: string(c.Customer.ID), At: at})
		}
	}
	if clear := h.reminded() && !c.owes(); clear != n.Clear {
		n.Clear, changed = clear, true
		if clear {
			n.Finished = nil
			news = append(news, tell.News{Kind: tell.CustomerClear, Subject: string(c.Customer.ID), At: at})
		}
	}
	return news, changed
}

// reminded tells whether anything ever left, sales documents aside.
func (h History) reminded() bool {
	for _, p := range h {
		if p.State == PastSent && !p.Delivery && p.Customer == "" {
			return true
		}
	}
	return false
}

// owes tells whether anything is open, due or not.
func (c *Case) owes() bool {
	for i := range c.Invoices {
		if inv := &c.Invoices[i]; !inv.Paid && !inv.Draft && inv.open() > 0 {
			return true
		}
	}
	return false
}

// standing is the change by which a customer's news are told, if there are any; none
// was made otherwise. The past goes on as it is stored then.
func (r *dayRun) standing(c Case, finished map[InvoiceID]bool, past *debtorPast) ([]claim, error) {
	notes := past.notes.copied()
	news, changed := notes.tells(c, finished, past.history, r.now())
	if !changed {
		return nil, nil
	}
	item, err := notes.item(c.Account, c.Customer.ID, news...)
	if err != nil {
		return nil, err
	}
	past.notes = notes
	past.notes.Version++
	return []claim{{change: Change{Items: []courrier.Item{item}}}}, nil
}

// tellClear tells that a customer owes nothing any more, or notes that it does again.
func (d *Runner) tellClear(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) error {
	c, err := d.debtor(ctx, account, customer)
	if err != nil {
		return err
	}
	past, err := d.histories(ctx, []Case{c})
	if err != nil {
		return err
	}
	p := past[customer]
	notes := p.notes.copied()
	news, changed := notes.tells(c, nil, p.history, d.now())
	if !changed {
		return nil
	}
	item, err := notes.item(account, customer, news...)
	if err != nil {
		return err
	}
	return d.commit(ctx, Change{Items: []courrier.Item{item}})
}

// finished adds, for each invoice that an evaluation looked at, whether the policy is
// done with it: with every part that is open. It adds nothing where none is, nor was.
func (o *Outcome) finished(c Case, notes DebtorNotes, all map[InvoiceID]bool) map[InvoiceID]bool {
	done := func(h Hold) bool { return h.Cause == CausePlanDone }
	if len(notes.Finished) == 0 && !slices.ContainsFunc(o.Holds, done) {
		return all
	}
	if all == nil {
		all = map[InvoiceID]bool{}
	}
	for _, inv := range c.Invoices {
		all[InvoiceOf(inv.ID)] = false
	}
	goesOn := map[InvoiceID]bool{}
	for _, h := range o.Holds {
		id := InvoiceOf(h.Invoice)
		goesOn[id] = goesOn[id] || !done(h) && h.Cause != CausePaid
		all[id] = all[id] || done(h)
	}
	for _, d := range o.Decisions {
		for _, line := range d.Lines {
			goesOn[InvoiceOf(line.Invoice)] = true
		}
	}
	for id := range goesOn {
		all[id] = all[id] && !goesOn[id]
	}
	return all
}
