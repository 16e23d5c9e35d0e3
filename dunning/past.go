package dunning

import (
	"context"
	"slices"

	"github.com/courrier-go/courrier"
)

// debtorPast is all that was done about a customer before.
type debtorPast struct {
	history   History
	postponed map[string]Reminder // by key: those that give it up to a new decision
	open      []Reminder          // in review or approved, about the customer or an invoice of its own
	hand      []Reminder          // made by hand at a step, and suppressed since
	notes     DebtorNotes
}

// histories reads what was done about customers and about their invoices, their
// letters' deliveries and their notes, in one list each. What was done about an
// invoice under another customer counts for the invoice: bookings are mended and
// customers merged.
func (d *Runner) histories(ctx context.Context, cases []Case) (map[courrier.CustomerID]debtorPast, error) {
	account := cases[0].Account
	if account == "" { // it would select every account
		return nil, &courrier.FieldError{Field: "Case.Account", Rule: "is empty", Remedy: "name the account"}
	}
	ids, invoices, owners := ownersOf(cases)
	p := pasts{owners: owners, all: make(map[courrier.CustomerID]debtorPast, len(ids))}
	posted, err := d.pastReminders(ctx, ReminderFilter{Account: account, Customers: ids, Invoices: invoices, Either: true, Brief: true}, p)
	if err != nil {
		return nil, err
	}
	letters, err := d.lettersOf(ctx, posted)
	if err != nil {
		return nil, err
	}
	for _, rem := range posted {
		p.add(rem, letters)
	}
	return p.all, d.readNotes(ctx, account, ids, p.all)
}

// ownersOf returns the customers and the invoices and instalments of cases, in the order
// of the cases, and whose each is. A database sorts a list that it looks up, and is done
// at once with one that the host already gave in order.
func ownersOf(cases []Case) (ids []courrier.CustomerID, invoices []InvoiceID, owners map[InvoiceID]courrier.CustomerID) {
	owed := 0
	for i := range cases {
		owed += len(cases[i].Invoices)
	}
	ids, invoices = make([]courrier.CustomerID, len(cases)), make([]InvoiceID, 0, owed)
	owners = make(map[InvoiceID]courrier.CustomerID, owed)
	for i := range cases {
		ids[i] = cases[i].Customer.ID
		parts := cases[i].byPart().Invoices
		for k := range parts {
			if id := parts[k].ID; id != "" {
				invoices, owners[id] = append(invoices, id), ids[i]
			}
		}
	}
	return ids, invoices, owners
}

// pastReminders adds the reminders of a list to what was done before, but those that
// have letters, which it returns.
func (d *Runner) pastReminders(ctx context.Context, f ReminderFilter, p pasts) (posted []Reminder, err error) {
	for rem, err := range d.store.Reminders(ctx, f) {
		switch {
		case err != nil:
			return nil, err
		case rem.Letter != "" || len(rem.Earlier) > 0:
			posted = append(posted, rem)
		default:
			p.add(rem, nil)
		}
	}
	return posted, nil
}

// pasts is what was done about customers, in the making.
type pasts struct {
	owners map[InvoiceID]courrier.CustomerID // of what is looked at
	all    map[courrier.CustomerID]debtorPast
}

// add adds a reminder to the past of its customer, and of those whose invoices it names.
func (p pasts) add(rem Reminder, letters map[courrier.LetterID]courrier.LetterRecord) {
	entries := pastOf(rem, letters)
	seen := []courrier.CustomerID{rem.Customer}
	for _, id := range rem.Invoices() {
		if owner, ok := p.owners[id]; ok && !slices.Contains(seen, owner) {
			seen = append(seen, owner)
		}
	}
	for _, viewer := range seen {
		p.all[viewer] = p.all[viewer].with(rem, viewer, entries)
	}
}

// with adds a reminder to the past of a customer, which need not be its own.
func (p debtorPast) with(rem Reminder, viewer courrier.CustomerID, entries []PastReminder) debtorPast {
	for _, e := range entries {
		if rem.Customer != viewer {
			e.Customer = rem.Customer
		}
		p.history = append(p.history, e)
	}
	switch {
	case rem.State == ReminderProposed || rem.State == ReminderApproved:
		p.open = append(p.open, rem)
	case rem.State != ReminderPostponed:
	case rem.AdHoc && rem.Customer == viewer:
		p.hand = append(p.hand, rem)
	default:
		if p.postponed == nil {
			p.postponed = make(map[string]Reminder)
		}
		for _, key := range rem.Keys {
			p.postponed[key] = rem
		}
	}
	return p
}

// without leaves out the entries that a reminder has in a history as claimed, so
// that it can be looked at as if it were not.
func (p debtorPast) without(rem Reminder) History {
	h := make(History, 0, len(p.history))
	for _, e := range p.history {
		if e.State == PastPending && e.Step == rem.Decision.Step.ID && e.Lead == rem.lead() && !e.Resend {
			continue
		}
		h = append(h, e)
	}
	return h
}

// readNotes reads the notes about customers in one list.
func (d *Runner) readNotes(ctx context.Context, account courrier.AccountID, customers []courrier.CustomerID, all map[courrier.CustomerID]debtorPast) error {
	ids := make([]string, len(customers))
	for i, id := range customers {
		ids[i] = string(id)
	}
	for item, err := range d.store.Items(ctx, courrier.ItemFilter{Kind: itemDebtor, Account: account, IDs: ids}) {
		if err != nil {
			return err
		}
		p := all[courrier.CustomerID(item.ID)]
		if p.notes, err = notesIn(item); err != nil {
			return err
		}
		all[courrier.CustomerID(item.ID)] = p
	}
	return nil
}

// pastOf returns the entries of a reminder with those of its letters that are known.
func pastOf(rem Reminder, letters map[courrier.LetterID]courrier.LetterRecord) []PastReminder {
	return rem.Past(rem.chain(letters)...)
}

// lead is the invoice that a reminder's letter stands under.
func (r Reminder) lead() InvoiceID {
	if len(r.Decision.Lines) > 0 {
		return r.Decision.Lines[0].Invoice
	}
	return r.Decision.Key.Invoice
}

// chain returns the letters of a reminder that are known, in the order in which they
// were begun.
func (r Reminder) chain(letters map[courrier.LetterID]courrier.LetterRecord) []courrier.LetterRecord {
	var chain []courrier.LetterRecord
	for _, id := range r.letters() {
		if rec, ok := letters[id]; ok {
			chain = append(chain, rec)
		}
	}
	return chain
}

func (r Reminder) letters() []courrier.LetterID {
	ids := make([]courrier.LetterID, 0, len(r.Earlier)+1)
	for _, e := range r.Earlier {
		ids = append(ids, e.Letter)
	}
	if r.Letter != "" {
		ids = append(ids, r.Letter)
	}
	return ids
}

// lettersOf reads the letters of reminders.
func (d *Runner) lettersOf(ctx context.Context, reminders []Reminder) (map[courrier.LetterID]courrier.LetterRecord, error) {
	var ids []courrier.LetterID
	for _, r := range reminders {
		ids = append(ids, r.letters()...)
	}
	letters := make(map[courrier.LetterID]courrier.LetterRecord, len(ids))
	if len(ids) == 0 {
		return letters, nil
	}
	for rec, err := range d.client.Letters(ctx, courrier.LetterFilter{IDs: ids}) {
		if err != nil {
			return nil, err
		}
		letters[rec.ID] = rec
	}
	return letters, nil
}

// reachedPost tells whether a carrier has, or had, a letter to deliver: one that
// failed or was cancelled reached nobody.
func reachedPost(rec courrier.LetterRecord) bool {
	return !rec.SubmittedAt.IsZero() && rec.Status != courrier.StatusFailed && rec.Status != courrier.StatusCancelled
}

// Past returns the history's entries of a reminder, given its letters in the order
// in which they were begun. It was sent if one of them reached the post, on the day of
// the first, and arrived when the first was presented; each that followed is a
// contact. Outside any policy only what left is of interest.
func (r Reminder) Past(letters ...courrier.LetterRecord) []PastReminder {
	p := PastReminder{
		Step: r.Decision.Step.ID, Kind: r.Decision.Step.Kind, State: pastStates[r.State], On: r.Decision.On, Channel: r.Channel, Lead: r.lead(),
		ByPerson: r.ByPerson, Delivery: r.Delivery != "",
	}
	if r.Reason == string(CauseSnoozed) { // only what a person wished is kept
		p.Until = r.Until
	}
	p.Invoices = r.Invoices()
	if r.State == ReminderSent {
		p.On = r.SentOn
	}
	sent, again := r.sentLetters(letters)
	switch {
	case !sent.On.IsZero():
		p.State, p.Channel, p.On, p.DeliveredOn = PastSent, courrier.ChannelPost, sent.On, sent.DeliveredOn
	case r.State == ReminderSent && r.Channel == courrier.ChannelPost && len(letters) > 0: // none of them left
		p.State = PastSkipped
	}
	if p.State != PastSent && (r.Delivery != "" || p.Step == "") {
		return nil
	}
	all := []PastReminder{p}
	for _, on := range again {
		all = append(all, PastReminder{State: PastSent, On: on, Channel: courrier.ChannelPost, Invoices: p.Invoices, Delivery: p.Delivery})
	}
	if r.Resend && r.Open() && p.State == PastSent && p.Step != "" {
		all = append(all, PastReminder{Step: p.Step, State: PastPending, On: p.On, Lead: p.Lead, Invoices: p.Invoices, Resend: true})
	}
	return all
}

// sentLetters returns when the first letter that reached the post was sent and when
// one of them was first presented, and when the others were sent.
func (r Reminder) sentLetters(letters []courrier.LetterRecord) (first PastReminder, again []courrier.Date) {
	for _, rec := range letters {
		if !reachedPost(rec) {
			continue
		}
		on := courrier.PostalDay(rec.SubmittedAt)
		if rec.ID == r.Letter && !r.SentOn.IsZero() {
			on = r.SentOn
		}
		for _, e := range r.Earlier {
			if e.Letter == rec.ID && !e.SentOn.IsZero() {
				on = e.SentOn
			}
		}
		if first.On.IsZero() {
			first.On = on
		} else {
			again = append(again, on)
		}
		if presented := courrier.PostalDay(rec.Tracking.PresentedAt); first.DeliveredOn.IsZero() {
			first.DeliveredOn = presented
		}
	}
	return first, again
}
