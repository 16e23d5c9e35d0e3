package dunning

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/quote"
)

// accountPlans is an account's settings, with its policies compiled.
type accountPlans struct {
	Settings
	evaluators map[string]*Evaluator
	broken     map[string]error // policies that cannot be used, and why
	postOff    bool
}

// compiledPolicies are those of an account as they were used last.
type compiledPolicies struct {
	policies   []courrier.ReminderPolicy
	holidays   Holidays
	evaluators map[string]*Evaluator
	broken     map[string]error
}

// maxCompiled bounds for how many accounts compiled policies are kept.
const maxCompiled = 1000

// plans reads an account's settings. What is wrong in them stops only what uses it:
// a policy its customers, a text the reminders that need it.
func (d *Runner) plans(ctx context.Context, account courrier.AccountID) (*accountPlans, error) {
	settings, err := d.host.settings(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("account settings: %w", err)
	}
	if account == "" {
		return nil, &courrier.FieldError{Field: "Case.Account", Rule: "is empty", Remedy: "name the account"}
	}
	if err := settings.validateFrame(); err != nil {
		return nil, err
	}
	compiled := d.compiled(account, settings)
	own, err := d.client.Settings(ctx, account)
	p := &accountPlans{Settings: settings, evaluators: compiled.evaluators, broken: compiled.broken}
	p.postOff = own.PostOff || d.host.compose == nil
	if p.evaluators[settings.Assignment.Default] == nil && err == nil { // whose zone counts outside any policy
		err = errors.Join(p.broken[settings.Assignment.Default], err)
	}
	return p, err
}

// compiled returns the policies of an account compiled, those of the last time where
// they are the same.
func (d *Runner) compiled(account courrier.AccountID, s Settings) *compiledPolicies {
	d.policiesMu.Lock()
	defer d.policiesMu.Unlock()
	if was := d.policies[account]; was != nil && sameHolidays(was.holidays, s.Holidays) && reflect.DeepEqual(was.policies, s.Policies) {
		return was
	}
	now := &compiledPolicies{holidays: s.Holidays, evaluators: map[string]*Evaluator{}, broken: map[string]error{}}
	for _, policy := range s.Policies {
		policy.Steps = slices.Clone(policy.Steps)
		now.policies = append(now.policies, policy)
		e, err := Compile(policy, s.Holidays)
		if err != nil {
			now.broken[policy.ID] = fmt.Errorf("policy %s: %w", policy.ID, err)
			continue
		}
		now.evaluators[policy.ID] = e
	}
	if d.policies == nil || len(d.policies) >= maxCompiled {
		d.policies = map[courrier.AccountID]*compiledPolicies{}
	}
	d.policies[account] = now
	return now
}

// sameHolidays tells whether two calendars are one. Those that cannot be compared
// are never the same.
func sameHolidays(a, b Holidays) bool {
	if g, ok := a.(*guardedHolidays); ok {
		a = g.inner
	}
	if g, ok := b.(*guardedHolidays); ok {
		b = g.inner
	}
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// Validate reports every wrong field, each as a [courrier.FieldError]: call it where
// settings are saved. Reminders do not need all of it to be right: a text or a policy
// that is wrong stops only what uses it.
func (s Settings) Validate() error {
	var c courrier.Checks
	for _, fe := range courrier.FieldErrors(s.validateFrame()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	c.Nest("Texts", s.Fields.CheckAll(s.Texts))
	for i, p := range s.Policies {
		c.Nest(fmt.Sprintf("Policies[%d]", i), p.Validate())
	}
	return c.Err()
}

// validateFrame checks what every reminder of the account needs.
func (s Settings) validateFrame() error {
	var c courrier.Checks
	c.Nest("Assignment", s.Assignment.Validate())
	c.Require(utf8.RuneCountInString(s.Payment) <= maxPayment, "Payment", fmt.Sprintf("is over %d characters", maxPayment), "write how to pay in a few lines")
	c.Require(utf8.ValidString(s.Payment), "Payment", "is not UTF-8", "convert it")
	if s.Bank != nil {
		c.Nest("Bank", s.Bank.Validate())
	}
	c.Require(!s.PaymentCode || s.Bank != nil, "PaymentCode", "is wanted without a bank account", "give Bank")
	c.Require(s.Credits == CreditListed || s.Credits == CreditDeducted, "Credits", "is unknown", "use CreditListed or CreditDeducted")
	c.Nest("Mentions", s.Mentions.Validate())
	for _, fe := range courrier.FieldErrors(s.Fields.Validate()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	s.checkMail(&c)
	s.Deadlines.check(&c)
	hour := s.Hour == 0 || s.Hour == Midnight || s.Hour >= time.Minute && s.Hour < 24*time.Hour
	c.Require(hour, "Hour", "is no time of day from 00:01 on", "write it as 9*time.Hour, or give Midnight") // a bare 9 is nanoseconds
	c.Require(s.LastHour == 0 || s.LastHour > s.hour() && s.LastHour <= 24*time.Hour, "LastHour", "is not after Hour, or over 24 hours", "give a later time of day, or leave it zero")
	known := make(map[string]bool, len(s.Policies))
	for i, p := range s.Policies {
		field := fmt.Sprintf("Policies[%d]", i)
		c.Require(!known[p.ID], field+".ID", "is used by an earlier policy", "give each policy an id of its own")
		known[p.ID] = true
	}
	c.Require(known[s.Assignment.Default], "Assignment.Default", "names no policy", "use the id of one of the policies")
	for i, r := range s.Assignment.Rules {
		c.Require(known[r.Policy], fmt.Sprintf("Assignment.Rules[%d].Policy", i), "names no policy", "use the id of one of the policies")
	}
	return c.Err()
}

// checkMail checks who gets and who sends e-mails.
func (s Settings) checkMail(c *courrier.Checks) {
	c.Nest("Copies", s.Copies.validate())
	for _, id := range slices.Sorted(maps.Keys(s.StepCopies)) {
		c.Nest("StepCopies["+quote.Word(id)+"]", s.StepCopies[id].validate())
	}
	for _, id := range slices.Sorted(maps.Keys(s.Mailboxes)) {
		box := s.Mailboxes[id]
		c.Nest("Mailboxes["+quote.Word(string(id))+"].From", box.From.Validate())
		if box.ReplyTo != (email.Box{}) {
			c.Nest("Mailboxes["+quote.Word(string(id))+"].ReplyTo", box.ReplyTo.Validate())
		}
	}
}

func (copies Copies) validate() error {
	var c courrier.Checks
	for i, b := range copies.Cc {
		c.Nest(fmt.Sprintf("Cc[%d]", i), b.Validate())
	}
	for i, b := range copies.Bcc {
		c.Nest(fmt.Sprintf("Bcc[%d]", i), b.Validate())
	}
	return c.Err()
}

func (s Settings) hour() time.Duration {
	if s.Hour == 0 {
		return defaultHour
	}
	return max(s.Hour, 0)
}

// lastHour is from when on what leaves by itself waits for the next day.
func (s Settings) lastHour() time.Duration {
	if s.LastHour == 0 {
		return max(defaultLastHour, min(s.hour()+time.Hour, 24*time.Hour))
	}
	return s.LastHour
}

// opens returns when a reminder that leaves by itself may leave, from a moment on:
// then, or when the account's hours begin again.
func (p *accountPlans) opens(rem Reminder, at time.Time) time.Time {
	zone := p.evaluatorOf(rem).zone
	today := courrier.DateOf(at.In(zone))
	switch {
	case at.Before(today.At(p.hour(), zone)):
		return today.At(p.hour(), zone)
	case at.Before(today.At(p.lastHour(), zone)):
		return at
	}
	return today.AddDays(1).At(p.hour(), zone)
}

// policyPart is the invoices of a case, in one currency, that one policy decides about.
type policyPart struct {
	*Evaluator
	Case
	assigned Assignment
	err      error // the policy cannot be used
}

// parts divides a case by currency and policy.
func (p *accountPlans) parts(c Case, today courrier.Date) []policyPart {
	var all []policyPart
	for _, currency := range c.Currencies() {
		all = append(all, p.partsIn(c, currency, today)...)
	}
	return all
}

func (p *accountPlans) partsIn(c Case, currency string, today courrier.Date) []policyPart {
	var all []policyPart
	for _, assigned := range p.Assignment.AssignInvoices(c, currency, today) {
		part := policyPart{Evaluator: p.evaluators[assigned.Policy], Case: c, assigned: assigned.Assignment}
		part.Invoices = assigned.Invoices
		if part.Evaluator == nil {
			part.err = p.broken[assigned.Policy]
		}
		if part.Evaluator == nil && part.err == nil {
			part.err = &courrier.FieldError{Field: "Customer.Policy", Rule: "names no policy of the account", Remedy: "use the id of one of the policies"}
		}
		all = append(all, part)
	}
	return all
}

// partOf returns the part that decides about a decision's invoices now: that of its
// own policy where one has any of them, else that of the first.
func (p *accountPlans) partOf(d Decision, c Case, today courrier.Date) policyPart {
	best := policyPart{Case: c}
	for _, part := range p.partsIn(c, d.Open.Unit(), today) {
		names := slices.ContainsFunc(d.Lines, func(l ReminderLine) bool { return part.has(l.Invoice) })
		if names && (best.Evaluator == nil || part.assigned.Policy == d.PolicyID) {
			best = part
		}
	}
	if best.Evaluator == nil && best.err == nil { // nothing of it is owed any more
		best.Evaluator, best.Invoices = p.evaluators[p.Assignment.Default], nil
	}
	return best
}

func (p policyPart) has(id InvoiceID) bool {
	return slices.ContainsFunc(p.Invoices, func(inv Invoice) bool { return inv.ID == InvoiceOf(id) })
}

// evaluatorOf is that of a reminder's policy, else that of the account's default.
func (p *accountPlans) evaluatorOf(rem Reminder) *Evaluator {
	if e := p.evaluators[rem.Decision.PolicyID]; e != nil {
		return e
	}
	return p.evaluators[p.Assignment.Default]
}

// dayOf is the civil date of a moment for a reminder: in the zone of its policy,
// else of the account's default.
func (p *accountPlans) dayOf(rem Reminder, at time.Time) courrier.Date {
	return p.evaluatorOf(rem).Today(at)
}

// dueAtOnce is when what was approved may leave: at once, or on the day that it
// bears.
func (p *accountPlans) dueAtOnce(rem Reminder, leaves courrier.Date, now time.Time) time.Time {
	e := p.evaluatorOf(rem)
	if leaves.After(e.Today(now)) {
		return leaves.At(p.hour(), e.zone)
	}
	return now
}
