package tariff_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/tariff"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	var none courrier.Priceable
	list := parsed(t, prices)
	lists, mixed := tariff.Lists{list}, list
	require.NoError(t, json.Unmarshal([]byte(prices), &mixed))
	mixed.Rows[0].Price = courrier.MustAmount("1", "USD")
	letter := courrier.Priceable{Service: courrier.ServiceTracked, Documents: 1, Pages: 1, Sheets: 1}
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Sum": {func() error {
			return calldoc.Error(tariff.Sum([]courrier.PriceLine{{Amount: courrier.MustAmount("1", "EUR")}, {Amount: courrier.MustAmount("1", "USD")}}))
		}},
		"Check":          {func() error { return calldoc.Error(tariff.Check(list, mixed, courrier.MustDate("2026-03-02"))) }},
		"List.Grams":     {func() error { return calldoc.Error(list.Grams(courrier.Priceable{Sheets: 9_999})) }},
		"List.Price":     {func() error { return calldoc.Error(list.Price(letter)) }, func() error { return calldoc.Error(list.Price(none)) }},
		"List.Validate":  {func() error { return mixed.Validate() }},
		"Parse":          {func() error { return calldoc.Error(tariff.Parse([]byte("{"))) }, func() error { return calldoc.Error(tariff.Parse([]byte(`[{"rows": []}]`))) }},
		"Lists.For":      {func() error { return calldoc.Error(tariff.Lists{}.For(none)) }},
		"Lists.Price":    {func() error { return calldoc.Error(lists.Price(letter)) }, func() error { return calldoc.Error(tariff.Lists{}.Price(none)) }},
		"Lists.Validate": {func() error { return tariff.Lists{list, list}.Validate() }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
