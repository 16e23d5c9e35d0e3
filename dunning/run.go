package dunning

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// RunReport counts what a [Runner.RunDay] did.
type RunReport struct {
	Customers int               // looked at
	Invoices  int               // of them
	Proposed  int               // reminders for a person to review
	Approved  int               // reminders that will leave by themselves
	Skipped   int               // decisions that another run had claimed
	Failed    int               // customers left for the next run; see Errors
	Held      map[HoldCause]int // invoices not reminded, by reason
	Errors    []error           // the first few
}

const maxReportedErrors = 20

func (r *RunReport) fail(err error) {
	if len(r.Errors) < maxReportedErrors {
		r.Errors = append(r.Errors, err)
	}
}

// RunDay decides for each case what the customer gets on a day, and claims it: what
// a person reviews goes into the queue, the rest is approved for the account's
// hour. Nothing is sent during the call; see [Runner.Dispatch]. It may be run
// again on the same day, stopped anywhere, and run twice at once: each reminder
// is claimed once. A day without a run is caught up by the policy's rule.
//
// The cases are streamed and may be only those that can be due: Run keeps
// nothing but a batch in memory.
func (d *Runner) RunDay(ctx context.Context, today courrier.Date, cases iter.Seq2[Case, error]) (RunReport, error) {
	report := RunReport{Held: map[HoldCause]int{}}
	run := dayRun{Runner: d, today: today, report: &report, accounts: map[courrier.AccountID]*accountPlans{}}
	for batch, err := range batches(cases) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = run.batch(ctx, batch)
		}
		if err != nil {
			return report, fmt.Errorf("run: %w", err)
		}
	}
	return report, nil
}

// batches groups the cases of a stream that are of one account and follow each
// other, so that their histories can be read together.
func batches(cases iter.Seq2[Case, error]) iter.Seq2[[]Case, error] {
	return func(yield func([]Case, error) bool) {
		batch := make([]Case, 0, historyBatch)
		for c, err := range cases {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(batch) == cap(batch) || len(batch) > 0 && batch[0].Account != c.Account {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
			batch = append(batch, c)
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

// dunningRun is one call of Run.
type dayRun struct {
	*Runner
	today    courrier.Date
	report   *RunReport
	accounts map[courrier.AccountID]*accountPlans
	out      Outcome
}

// accountPlans is an account's settings, with its policies compiled and its notes
// about customers read once.
type accountPlans struct {
	Settings
	evaluators map[string]*Evaluator
	postOff    bool
}

func (d *Runner) plans(ctx context.Context, account courrier.AccountID) (*accountPlans, error) {
	settings, err := d.host.settings(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("account settings: %w", err)
	}
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	p := &accountPlans{Settings: settings, evaluators: make(map[string]*Evaluator, len(settings.Policies))}
	for _, policy := range settings.Policies {
		if p.evaluators[policy.ID], err = Compile(policy, settings.Holidays); err != nil {
			return nil, err
		}
	}
	if account == "" {
		return nil, &courrier.FieldError{Field: "Case.Account", Rule: "is empty", Remedy: "name the account"}
	}
	own, err := d.client.Settings(ctx, account)
	p.postOff = own.PostOff || d.host.compose == nil
	return p, err
}

// Validate reports every wrong field; policies are checked when they are used.
func (s Settings) Validate() error {
	var c courrier.Checks
	c.Nest("Assignment", s.Assignment.Validate())
	c.Nest("Texts", s.Texts.Validate())
	c.Require(utf8.RuneCountInString(s.Payment) <= maxPayment, "Payment", fmt.Sprintf("is over %d characters", maxPayment), "write how to pay in a few lines")
	c.Require(utf8.ValidString(s.Payment), "Payment", "is not UTF-8", "convert it")
	c.Require(s.Hour >= 0 && s.Hour < 24*time.Hour, "Hour", "is outside 0 to 24 hours", "give the time of day after midnight")
	known := make(map[string]bool, len(s.Policies))
	for i, p := range s.Policies {
		field := fmt.Sprintf("Policies[%d]", i)
		c.Require(!known[p.ID], field+".ID", "is used by an earlier policy", "give each policy an id of its own")
		known[p.ID] = true
		c.Nest(field, p.Validate())
	}
	c.Require(known[s.Assignment.Default], "Assignment.Default", "names no policy", "use the id of one of the policies")
	for i, r := range s.Assignment.Rules {
		c.Require(known[r.Policy], fmt.Sprintf("Assignment.Rules[%d].Policy", i), "names no policy", "use the id of one of the policies")
	}
	return c.Err()
}

// batch evaluates customers of one account whose histories are read together. An
// account whose settings cannot be used is left for the next run, not the others.
func (r *dayRun) batch(ctx context.Context, cases []Case) error {
	plans, known := r.accounts[cases[0].Account]
	if !known {
		var err error
		if plans, err = r.plans(ctx, cases[0].Account); err != nil {
			plans = nil
			r.report.fail(fmt.Errorf("account %s left for the next run: %w", cases[0].Account, err))
		}
		r.accounts[cases[0].Account] = plans
	}
	if plans == nil {
		r.report.Failed += len(cases)
		return ctx.Err()
	}
	past, err := r.histories(ctx, cases)
	if err != nil {
		return err
	}
	seen := make(map[courrier.CustomerID]bool, len(cases))
	for _, c := range cases {
		r.report.Customers++
		r.report.Invoices += len(c.Invoices)
		if seen[c.Customer.ID] || c.Customer.ID == "" { // what one letter may say cannot be decided in parts
			r.report.Failed++
			r.report.fail(&courrier.FieldError{Field: "Case.Customer.ID", Rule: "is empty or comes twice", Remedy: "stream each customer once, with all that is owed"})
			continue
		}
		seen[c.Customer.ID] = true
		if err := r.customer(ctx, plans, c, past[c.Customer.ID]); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.report.Failed++
			r.report.fail(fmt.Errorf("customer left for the next run: %w", err))
		}
	}
	return nil
}

// debtorPast is all that was done about a customer before.
type debtorPast struct {
	history   History
	postponed map[string]Reminder // by key: those that come back
	notes     DebtorNotes
}

// histories reads what was done about customers, their letters' deliveries and
// their notes, each in one list.
func (d *Runner) histories(ctx context.Context, cases []Case) (map[courrier.CustomerID]debtorPast, error) {
	account := cases[0].Account
	if account == "" { // it would select every account
		return nil, &courrier.FieldError{Field: "Case.Account", Rule: "is empty", Remedy: "name the account"}
	}
	ids := make([]courrier.CustomerID, len(cases))
	for i, c := range cases {
		ids[i] = c.Customer.ID
	}
	reminders, err := seq.Collect(d.store.Reminders(ctx, ReminderFilter{Account: account, Customers: ids}))
	if err != nil {
		return nil, err
	}
	letters, err := d.lettersOf(ctx, reminders)
	if err != nil {
		return nil, err
	}
	all := make(map[courrier.CustomerID]debtorPast, len(ids))
	for _, rem := range reminders {
		p := all[rem.Customer]
		p.history = append(p.history, pastOf(rem, letters)...)
		if rem.State == ReminderPostponed && !rem.AdHoc {
			if p.postponed == nil {
				p.postponed = make(map[string]Reminder)
			}
			for _, key := range rem.Keys {
				p.postponed[key] = rem
			}
		}
		all[rem.Customer] = p
	}
	return all, d.readNotes(ctx, account, ids, all)
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

// pastOf returns the entries of a reminder: its own, as its last letter ended, and
// one for each time its letter was sent again.
func pastOf(rem Reminder, letters map[courrier.LetterID]courrier.LetterRecord) []PastReminder {
	chain := chainOf(rem.Letter, letters)
	if len(chain) == 0 {
		if past, counts := rem.Past(nil); counts {
			return []PastReminder{past}
		}
		return nil
	}
	past, counts := rem.Past(&chain[len(chain)-1])
	if !counts {
		return nil
	}
	all := []PastReminder{past}
	for _, again := range chain[1:] {
		if !again.SubmittedAt.IsZero() && again.Status != courrier.StatusFailed && again.Status != courrier.StatusCancelled {
			all = append(all, PastReminder{State: PastSent, On: courrier.PostalDay(again.SubmittedAt), Channel: courrier.ChannelPost, Invoices: past.Invoices})
		}
	}
	return all
}

// chainOf returns a letter and those that replaced it, in order.
func chainOf(id courrier.LetterID, letters map[courrier.LetterID]courrier.LetterRecord) []courrier.LetterRecord {
	var chain []courrier.LetterRecord
	for rec, ok := letters[id]; ok && len(chain) < len(letters); rec, ok = letters[rec.ReplacedBy] {
		chain = append(chain, rec)
	}
	return chain
}

// lettersOf reads the letters that carried reminders, and those that replaced them.
func (d *Runner) lettersOf(ctx context.Context, reminders []Reminder) (map[courrier.LetterID]courrier.LetterRecord, error) {
	var ids []courrier.LetterID
	for _, r := range reminders {
		if r.Letter != "" {
			ids = append(ids, r.Letter)
		}
	}
	letters := make(map[courrier.LetterID]courrier.LetterRecord, len(ids))
	for len(ids) > 0 {
		var next []courrier.LetterID
		for rec, err := range d.client.Letters(ctx, courrier.LetterFilter{IDs: ids}) {
			if err != nil {
				return nil, err
			}
			letters[rec.ID] = rec
			if _, known := letters[rec.ReplacedBy]; rec.ReplacedBy != "" && !known {
				next = append(next, rec.ReplacedBy)
			}
		}
		ids = next
	}
	return letters, nil
}

// customer decides, currency by currency, and claims what is decided.
func (r *dayRun) customer(ctx context.Context, plans *accountPlans, c Case, past debtorPast) error {
	c = r.reachable(plans, past.notes.apply(c))
	var errs []error
	for _, currency := range c.Currencies() {
		e, part, err := plans.evaluator(c, currency, r.today)
		if err != nil {
			return err
		}
		e.EvaluateInto(&r.out, &part, past.history, r.today)
		for _, h := range r.out.Holds {
			r.report.Held[h.Cause]++
		}
		for _, decision := range r.out.Decisions {
			if err := r.claim(ctx, plans, e, decision, &past); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// reachable leaves of a customer's channels those that the account has.
func (d *Runner) reachable(plans *accountPlans, c Case) Case {
	c.AccountPostOff = c.AccountPostOff || plans.postOff
	c.Customer.Contact.Email = c.Customer.Contact.Email && d.host.mail != nil
	return c
}

// evaluator returns what applies to a customer in one currency, and the case with
// the invoices of that currency alone.
func (p *accountPlans) evaluator(c Case, currency string, today courrier.Date) (*Evaluator, Case, error) {
	assigned := p.Assignment.Assign(c, currency, today)
	e := p.evaluators[assigned.Policy]
	if e == nil {
		return nil, c, &courrier.FieldError{Field: "Customer.Policy", Rule: "names no policy of the account", Remedy: "use the id of one of the policies"}
	}
	part := c
	part.Invoices = nil
	for _, inv := range c.Invoices {
		if inv.Unit() == currency {
			part.Invoices = append(part.Invoices, inv)
		}
	}
	return e, part, nil
}

// claim writes a decision down as a reminder, or brings a postponed one back.
// The claim is the insertion of its keys: who comes second does nothing. It is
// guarded by the version of the customer's notes, so that of two runs with
// different facts only one decides about a customer at a time.
func (r *dayRun) claim(ctx context.Context, plans *accountPlans, e *Evaluator, decision Decision, past *debtorPast) error {
	now := r.now()
	rem, err := r.reclaim(ctx, decision, past.postponed)
	if err != nil {
		return err
	}
	rem.DueOn, rem.Assignee, rem.Service = r.today, decision.Step.Assignee, decision.Step.Service
	rem.Until, rem.Reason, rem.SentOn, rem.Channel, rem.Letter, rem.Tries = courrier.Date{}, "", courrier.Date{}, decision.Channels[0], "", 0
	rem.State, rem.DueAt = ReminderApproved, r.today.At(plans.hour(), e.zone)
	act := "approved by the policy"
	if decision.Manual || decision.NeedsApproval || rem.Revision != (Message{}) { // words of a person are that person's to send
		rem.State, rem.DueAt, act = ReminderProposed, time.Time{}, "proposed"
	}
	rem.log(now, "", act, "")
	guard, err := past.notes.item(rem.Account, rem.Customer)
	if err != nil {
		return err
	}
	err = r.commit(ctx, Change{Reminder: &rem, Items: []courrier.Item{guard}})
	if err == nil {
		past.notes.Version++
	}
	switch {
	case errors.Is(err, courrier.ErrConflict):
		r.report.Skipped++
		return nil
	case err != nil:
		return err
	case rem.State == ReminderProposed:
		r.report.Proposed++
	default:
		r.report.Approved++
	}
	return nil
}

// reclaim returns the reminder of a decision with its keys: one that comes back,
// or a new one. Other postponed reminders give up the keys it takes over.
func (r *dayRun) reclaim(ctx context.Context, decision Decision, postponed map[string]Reminder) (Reminder, error) {
	rem := Reminder{ID: ReminderID(r.ids.Next())}
	var keys []string
	for key := range decision.Keys() {
		keys = append(keys, key.String())
	}
	for _, key := range keys {
		was, ok := postponed[key]
		if !ok || was.ID == rem.ID {
			continue
		}
		if rem.Version == 0 {
			rem = was
			continue
		}
		was.Keys = slices.DeleteFunc(slices.Clone(was.Keys), func(k string) bool { return slices.Contains(keys, k) })
		was.log(r.now(), "", "joined another reminder", string(rem.ID))
		if err := r.commit(ctx, Change{Reminder: &was}); err != nil && !errors.Is(err, courrier.ErrConflict) {
			return rem, err
		}
	}
	rem.Account, rem.Customer, rem.Decision, rem.Keys = decision.Key.Account, decision.Customer, decision, keys
	return rem, nil
}

func (p *accountPlans) hour() time.Duration {
	if p.Hour == 0 {
		return defaultHour
	}
	return p.Hour
}

func (r *Reminder) log(at time.Time, actor courrier.ActorID, act, note string) {
	r.Log = append(r.Log[:len(r.Log):len(r.Log)], ReminderAct{At: at, Actor: actor, Act: act, Note: note})
}
