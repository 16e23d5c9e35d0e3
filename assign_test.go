package courrier_test

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/stretchr/testify/require"
)

func TestAssign(t *testing.T) {
	t.Parallel()
	today := courrier.MustDate("2026-03-04")
	eur := func(s string) courrier.Amount { return courrier.MustAmount(s, "EUR") }
	for _, tt := range []struct {
		name  string
		where courrier.Criteria
		want  bool
	}{
		{"everyone", courrier.Criteria{}, true},
		{"at least", courrier.Criteria{MinOpen: eur("150")}, true},
		{"not at least", courrier.Criteria{MinOpen: eur("150.01")}, false},
		{"another currency", courrier.Criteria{MinOpen: courrier.MustAmount("1", "USD")}, false},
		{"at most", courrier.Criteria{MaxOpen: eur("150")}, true},
		{"not at most", courrier.Criteria{MaxOpen: eur("149.99")}, false},
		{"old enough", courrier.Criteria{MinDaysLate: 58}, true},
		{"not old enough", courrier.Criteria{MinDaysLate: 59}, false},
		{"young enough", courrier.Criteria{MaxDaysLate: 58}, true},
		{"not young enough", courrier.Criteria{MaxDaysLate: 57}, false},
		{"class", courrier.Criteria{Classes: []courrier.DebtorClass{courrier.DebtorPublic, courrier.DebtorBusiness}}, true},
		{"not class", courrier.Criteria{Classes: []courrier.DebtorClass{courrier.DebtorConsumer}}, false},
		{"tags", courrier.Criteria{Tags: []string{"vip"}}, true},
		{"not all tags", courrier.Criteria{Tags: []string{"vip", "new"}}, false},
		{"without", courrier.Criteria{WithoutTags: []string{"new"}}, true},
		{"not without", courrier.Criteria{WithoutTags: []string{"vip"}}, false},
		{"currency", courrier.Criteria{Currencies: []string{"EUR"}}, true},
		{"not currency", courrier.Criteria{Currencies: []string{"USD"}}, false},
		{"country", courrier.Criteria{Countries: []string{"FR"}}, true},
		{"not country", courrier.Criteria{Countries: []string{"BE"}}, false},
	} {
		c := threeInvoices()
		c.Customer.Country, c.Customer.Tags = "FR", []string{"vip"}
		draft := c.Invoices[0]
		draft.ID, draft.Draft = "draft", true
		c.Invoices = append(c.Invoices, draft)
		rules := courrier.PolicyAssignment{Rules: []courrier.AssignmentRule{{ID: "r", Policy: "firm", Where: tt.where}}, Default: "standard"}
		require.NoError(t, rules.Validate(), tt.name)
		got := rules.Assign(c, "EUR", today)
		if tt.want {
			require.Equal(t, courrier.Assignment{Policy: "firm", By: courrier.AssignedByRule, Rule: "r"}, got, tt.name)
		} else {
			require.Equal(t, courrier.AssignedByDefault, got.By, tt.name)
			require.Len(t, got.Passed, 1)
		}
		c.Customer.Policy = "gentle"
		require.Equal(t, courrier.Assignment{Policy: "gentle", By: courrier.AssignedByHand}, rules.Assign(c, "EUR", today))
	}
	require.Equal(t, []string{"EUR", "USD"}, threeInvoices().Currencies())
}

func TestAssignmentValidate(t *testing.T) {
	t.Parallel()
	rule := courrier.AssignmentRule{ID: "r", Policy: "p"}
	for field, a := range map[string]courrier.PolicyAssignment{
		"Default":                    {},
		"Rules[0].ID":                {Default: "p", Rules: []courrier.AssignmentRule{{Policy: "p"}}},
		"Rules[1].ID":                {Default: "p", Rules: []courrier.AssignmentRule{rule, rule}},
		"Rules[0].Policy":            {Default: "p", Rules: []courrier.AssignmentRule{{ID: "r"}}},
		"Rules[0].Where.MinOpen":     {Default: "p", Rules: []courrier.AssignmentRule{{ID: "r", Policy: "p", Where: courrier.Criteria{MinOpen: courrier.MustAmount("-1", "EUR")}}}},
		"Rules[0].Where.MaxOpen":     {Default: "p", Rules: []courrier.AssignmentRule{{ID: "r", Policy: "p", Where: courrier.Criteria{MinOpen: courrier.MustAmount("2", "EUR"), MaxOpen: courrier.MustAmount("1", "EUR")}}}},
		"Rules[0].Where.MaxDaysLate": {Default: "p", Rules: []courrier.AssignmentRule{{ID: "r", Policy: "p", Where: courrier.Criteria{MinDaysLate: 2, MaxDaysLate: 1}}}},
	} {
		err := a.Validate()
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
}
