package dunning_test

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/stretchr/testify/require"
)

func TestAssign(t *testing.T) {
	t.Parallel()
	today := courrier.MustDate("2026-03-04")
	eur := func(s string) courrier.Amount { return courrier.MustAmount(s, "EUR") }
	for _, tt := range []struct {
		name  string
		where dunning.Criteria
		want  bool
	}{
		{"everyone", dunning.Criteria{}, true},
		{"at least", dunning.Criteria{MinOpen: eur("150")}, true},
		{"not at least", dunning.Criteria{MinOpen: eur("150.01")}, false},
		{"another currency", dunning.Criteria{MinOpen: courrier.MustAmount("1", "USD")}, false},
		{"at most", dunning.Criteria{MaxOpen: eur("150")}, true},
		{"not at most", dunning.Criteria{MaxOpen: eur("149.99")}, false},
		{"old enough", dunning.Criteria{MinDaysLate: 58}, true},
		{"not old enough", dunning.Criteria{MinDaysLate: 59}, false},
		{"young enough", dunning.Criteria{MaxDaysLate: 58}, true},
		{"not young enough", dunning.Criteria{MaxDaysLate: 57}, false},
		{"class", dunning.Criteria{Classes: []latepayment.DebtorClass{latepayment.DebtorPublic, latepayment.DebtorBusiness}}, true},
		{"not class", dunning.Criteria{Classes: []latepayment.DebtorClass{latepayment.DebtorConsumer}}, false},
		{"tags", dunning.Criteria{Tags: []string{"vip"}}, true},
		{"not all tags", dunning.Criteria{Tags: []string{"vip", "new"}}, false},
		{"without", dunning.Criteria{WithoutTags: []string{"new"}}, true},
		{"not without", dunning.Criteria{WithoutTags: []string{"vip"}}, false},
		{"currency", dunning.Criteria{Currencies: []string{"EUR"}}, true},
		{"not currency", dunning.Criteria{Currencies: []string{"USD"}}, false},
		{"country", dunning.Criteria{Countries: []string{"FR"}}, true},
		{"not country", dunning.Criteria{Countries: []string{"BE"}}, false},
	} {
		c := threeInvoices()
		c.Customer.Country, c.Customer.Tags = "FR", []string{"vip"}
		draft := c.Invoices[0]
		draft.ID, draft.Draft = "draft", true
		c.Invoices = append(c.Invoices, draft)
		rules := dunning.PolicyAssignment{Rules: []dunning.AssignmentRule{{ID: "r", Policy: "firm", Where: tt.where}}, Default: "standard"}
		require.NoError(t, rules.Validate(), tt.name)
		got := rules.Assign(c, "EUR", today)
		if tt.want {
			require.Equal(t, dunning.Assignment{Policy: "firm", By: dunning.AssignedByRule, Rule: "r"}, got, tt.name)
		} else {
			require.Equal(t, dunning.AssignedByDefault, got.By, tt.name)
			require.Len(t, got.Passed, 1)
		}
		c.Customer.Policy = "gentle"
		require.Equal(t, dunning.Assignment{Policy: "gentle", By: dunning.AssignedByHand}, rules.Assign(c, "EUR", today))
	}
	require.Equal(t, []string{"EUR", "USD"}, threeInvoices().Currencies())
}

func TestAssignmentValidate(t *testing.T) {
	t.Parallel()
	rule := dunning.AssignmentRule{ID: "r", Policy: "p"}
	for field, a := range map[string]dunning.PolicyAssignment{
		"Default":                    {},
		"Rules[0].ID":                {Default: "p", Rules: []dunning.AssignmentRule{{Policy: "p"}}},
		"Rules[1].ID":                {Default: "p", Rules: []dunning.AssignmentRule{rule, rule}},
		"Rules[0].Policy":            {Default: "p", Rules: []dunning.AssignmentRule{{ID: "r"}}},
		"Rules[0].Where.MinOpen":     {Default: "p", Rules: []dunning.AssignmentRule{{ID: "r", Policy: "p", Where: dunning.Criteria{MinOpen: courrier.MustAmount("-1", "EUR")}}}},
		"Rules[0].Where.MaxOpen":     {Default: "p", Rules: []dunning.AssignmentRule{{ID: "r", Policy: "p", Where: dunning.Criteria{MinOpen: courrier.MustAmount("2", "EUR"), MaxOpen: courrier.MustAmount("1", "EUR")}}}},
		"Rules[0].Where.MaxDaysLate": {Default: "p", Rules: []dunning.AssignmentRule{{ID: "r", Policy: "p", Where: dunning.Criteria{MinDaysLate: 2, MaxDaysLate: 1}}}},
	} {
		err := a.Validate()
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
}
