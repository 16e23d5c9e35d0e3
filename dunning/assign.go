package dunning

import (
	"fmt"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/latepayment"
)

// Assignment says which policy a customer gets, in one currency, and why.
type Assignment struct {
	Policy string       `json:"policy"`
	By     AssignedBy   `json:"by"`
	Rule   string       `json:"rule,omitempty"`   // of AssignedByRule
	Passed []PassedRule `json:"passed,omitempty"` // the rules that did not match, in order
}

// AssignedBy says what decided.
type AssignedBy string

// What may decide, strongest first.
const (
	AssignedByHand    AssignedBy = "hand" // Customer.Policy
	AssignedByRule    AssignedBy = "rule" // the first rule that matches
	AssignedByDefault AssignedBy = "default"
)

// PassedRule is a rule that did not match, with the first criterion that failed.
type PassedRule struct {
	Rule      string `json:"rule"`
	Criterion string `json:"criterion"` // a field of Criteria
}

// PolicyAssignment assigns policies to customers: by hand, else by the first
// rule that matches, else the default.
type PolicyAssignment struct {
	Rules   []AssignmentRule `json:"rules,omitempty"`
	Default string           `json:"default"` // id of a policy
}

// AssignmentRule gives a policy to the customers that meet every criterion.
type AssignmentRule struct {
	ID     string   `json:"id"`
	Policy string   `json:"policy"`
	Where  Criteria `json:"where"`
	// Per says what the amounts and days of Where are of; empty: PerCustomer.
	Per AssignPer `json:"per,omitempty"`
}

// AssignPer says what a rule looks at.
type AssignPer string

// What a rule may look at.
const (
	PerCustomer AssignPer = ""        // all that is open in the currency, and its oldest part
	PerInvoice  AssignPer = "invoice" // each invoice by itself: it gives a policy to those that match
)

// Criteria select customers, in one currency. All that are given must hold; the
// zero value selects everyone.
type Criteria struct {
	MinOpen     courrier.Amount           `json:"min_open,omitzero"` // open in that currency; of another currency, it does not hold
	MaxOpen     courrier.Amount           `json:"max_open,omitzero"`
	MinDaysLate int                       `json:"min_days_late,omitempty"` // of the oldest invoice still open
	MaxDaysLate int                       `json:"max_days_late,omitempty"` // 0: no limit
	Classes     []latepayment.DebtorClass `json:"classes,omitempty"`       // one of them
	Tags        []string                  `json:"tags,omitempty"`          // all of them
	WithoutTags []string                  `json:"without_tags,omitempty"`  // none of them
	Currencies  []string                  `json:"currencies,omitempty"`    // one of them
	Countries   []string                  `json:"countries,omitempty"`     // one of them
}

// Validate reports every wrong field, each as a [courrier.FieldError].
func (a PolicyAssignment) Validate() error {
	var c courrier.Checks
	c.Require(a.Default != "", "Default", "is empty", "name the policy of everyone whom no rule selects")
	for i, r := range a.Rules {
		field := fmt.Sprintf("Rules[%d]", i)
		c.Require(r.ID != "", field+".ID", "is empty", "give the rule an id")
		same := func(b AssignmentRule) bool { return b.ID == r.ID }
		c.Require(!slices.ContainsFunc(a.Rules[:i], same), field+".ID", "is used by an earlier rule", "give each rule an id of its own")
		c.Require(r.Per == PerCustomer || r.Per == PerInvoice, field+".Per", "is not known", "use one of the Per constants")
		c.Require(r.Policy != "", field+".Policy", "is empty", "name the policy that it gives")
		c.Nest(field+".Where", r.Where.validate())
	}
	return c.Err()
}

func (w Criteria) validate() error {
	var c courrier.Checks
	c.Require(w.MinOpen.Sign() >= 0, "MinOpen", "is negative", "leave it out")
	c.Require(w.MaxOpen.Sign() >= 0, "MaxOpen", "is negative", "leave it out")
	if order, err := w.MinOpen.Cmp(w.MaxOpen); w.MaxOpen.Unit() != "" {
		c.Require(err == nil && order <= 0, "MaxOpen", "is less than MinOpen or in another currency", "give bounds of one currency in order")
	}
	c.Require(w.MinDaysLate >= 0, "MinDaysLate", "is negative", "leave it out")
	c.Require(w.MaxDaysLate == 0 || w.MaxDaysLate >= max(w.MinDaysLate, 1), "MaxDaysLate", "is less than MinDaysLate", "give bounds in order")
	return c.Err()
}

// Assign returns the policy of a case in one currency on a day, by the rules per
// customer; those per invoice are for [PolicyAssignment.AssignInvoices]. Different
// currencies of one customer may have different policies: evaluate each with
// the invoices of its own, and the whole history.
func (a PolicyAssignment) Assign(c Case, currency string, today courrier.Date) Assignment {
	return a.assign(c, currency, today, func(r AssignmentRule) (Case, bool) { return c, r.Per == PerCustomer })
}

// AssignedInvoices are the invoices of a case that one policy decides about.
type AssignedInvoices struct {
	Assignment
	Invoices []Invoice
}

// AssignInvoices returns the policies of a case in one currency on a day, each with
// its invoices: one where no rule looks at invoices by themselves. The slices may be
// the case's own.
func (a PolicyAssignment) AssignInvoices(c Case, currency string, today courrier.Date) []AssignedInvoices {
	mine := c.invoicesIn(currency)
	if len(mine) > 0 && !slices.ContainsFunc(a.Rules, func(r AssignmentRule) bool { return r.Per == PerInvoice }) {
		return []AssignedInvoices{{Assignment: a.Assign(c, currency, today), Invoices: mine}}
	}
	var all []AssignedInvoices
	for _, inv := range mine {
		assigned := a.assignInvoice(c, inv, today)
		i := slices.IndexFunc(all, func(b AssignedInvoices) bool { return b.Policy == assigned.Policy })
		if i < 0 {
			i, all = len(all), append(all, AssignedInvoices{Assignment: assigned})
		}
		all[i].Invoices = append(all[i].Invoices, inv)
	}
	return all
}

// invoicesIn returns the invoices in a currency. Most customers have one currency, and
// their invoices are not copied.
func (c *Case) invoicesIn(currency string) []Invoice {
	foreign := func(inv Invoice) bool { return inv.Unit() != currency }
	if !slices.ContainsFunc(c.Invoices, foreign) {
		return slices.Clip(c.Invoices)
	}
	return slices.DeleteFunc(slices.Clone(c.Invoices), foreign)
}

// assignInvoice asks the rules in order, each about what it looks at.
func (a PolicyAssignment) assignInvoice(c Case, inv Invoice, today courrier.Date) Assignment {
	alone := c
	alone.Invoices = []Invoice{inv}
	return a.assign(c, inv.Unit(), today, func(r AssignmentRule) (Case, bool) {
		if r.Per == PerInvoice {
			return alone, true
		}
		return c, true
	})
}

// assign asks the rules in order, each about the case that it looks at, if any.
func (a PolicyAssignment) assign(c Case, currency string, today courrier.Date, looksAt func(AssignmentRule) (Case, bool)) Assignment {
	if c.Customer.Policy != "" {
		return Assignment{Policy: c.Customer.Policy, By: AssignedByHand}
	}
	var passed []PassedRule
	for _, r := range a.Rules {
		of, looks := looksAt(r)
		if !looks {
			continue
		}
		open, daysLate := of.standing(currency, today)
		failed := r.Where.fails(c.Customer, open, daysLate)
		if failed == "" {
			return Assignment{Policy: r.Policy, By: AssignedByRule, Rule: r.ID, Passed: passed}
		}
		passed = append(passed, PassedRule{Rule: r.ID, Criterion: failed})
	}
	return Assignment{Policy: a.Default, By: AssignedByDefault, Passed: passed}
}

// standing returns what is open in a currency and how late its oldest part is,
// drafts aside; 0 days when nothing is late.
func (c Case) standing(currency string, today courrier.Date) (open courrier.Amount, daysLate int) {
	var sum int64
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		if inv.Unit() != currency || inv.Draft || inv.Paid {
			continue
		}
		open := inv.open()
		if open <= 0 {
			continue
		}
		sum = bounded(sum + open)
		if due := inv.openSince(); !due.IsZero() {
			daysLate = max(daysLate, today.DaysSince(due))
		}
	}
	return money(sum, currency), daysLate
}

// fails returns the first criterion that does not hold; "" when all do.
func (w Criteria) fails(who Customer, open courrier.Amount, daysLate int) string {
	for _, criterion := range []struct {
		name  string
		holds bool
	}{
		{"MinOpen", w.MinOpen.Unit() == "" || w.MinOpen.Unit() == open.Unit() && open.Micros() >= w.MinOpen.Micros()},
		{"MaxOpen", w.MaxOpen.Unit() == "" || w.MaxOpen.Unit() == open.Unit() && open.Micros() <= w.MaxOpen.Micros()},
		{"MinDaysLate", daysLate >= w.MinDaysLate},
		{"MaxDaysLate", w.MaxDaysLate == 0 || daysLate <= w.MaxDaysLate},
		{"Classes", seq.OneOf(w.Classes, who.Class)},
		{"Tags", !slices.ContainsFunc(w.Tags, func(tag string) bool { return !slices.Contains(who.Tags, tag) })},
		{"WithoutTags", !slices.ContainsFunc(w.WithoutTags, func(tag string) bool { return slices.Contains(who.Tags, tag) })},
		{"Currencies", seq.OneOf(w.Currencies, open.Unit())},
		{"Countries", seq.OneOf(w.Countries, who.Country)},
	} {
		if !criterion.holds {
			return criterion.name
		}
	}
	return ""
}

var assignedSentences = map[AssignedBy]sentence{
	AssignedByHand:    {"Policy {policy} was chosen for this customer by hand.", "Le plan {policy} a été choisi pour ce client."},
	AssignedByRule:    {"Policy {policy} by rule {rule}{passed}.", "Plan {policy} par la règle {rule}{passed}."},
	AssignedByDefault: {"Policy {policy} by default{passed}.", "Plan {policy} par défaut{passed}."},
}

// Explain says in a sentence why the policy applies, and what kept the rules
// before it from matching.
func (a Assignment) Explain(lang courrier.Language) string {
	passed := make([]string, len(a.Passed))
	for i, p := range a.Passed {
		passed[i] = p.Rule + " (" + p.Criterion + ")"
	}
	list := ""
	if len(passed) > 0 {
		list = sentence{"; not by ", " ; non par "}.in(lang) + strings.Join(passed, ", ")
	}
	return strings.NewReplacer("{policy}", a.Policy, "{rule}", a.Rule, "{passed}", list).Replace(assignedSentences[a.By].in(lang))
}
