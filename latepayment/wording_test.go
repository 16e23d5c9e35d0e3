package latepayment_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// What a reminder's letter prints of a statement.
func ExampleStatement_Sentences() {
	calculator, err := latepayment.New(latepayment.Config{Regime: latepayment.FranceBusiness()})
	if err != nil {
		fmt.Println(err)
		return
	}
	statement, err := calculator.Statement(courrier.MustDate("2026-03-31"), latepayment.Invoice{
		Number: "FA-12", DueOn: courrier.MustDate("2026-01-31"), Amount: courrier.MustAmount("1200.00", "EUR"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range statement.Sentences(courrier.English) {
		fmt.Println(line)
	}
	charges, err := statement.Charges()
	fmt.Println(charges, err)
	// Output:
	// Invoice FA-12, due on 31 January 2026: principal outstanding EUR 1,200.00.
	// Late-payment interest from 1 February 2026 to 31 March 2026, 59 days on EUR 1,200.00 at 12.15 %: EUR 23.57 (code de commerce, art. L441-10 II).
	// Fixed compensation for recovery costs: EUR 40.00.
	// **Total due on 31 March 2026: EUR 1,263.57.**
	// Interest is computed up to 31 March 2026; it continues to run until payment in full.
	// 63.57 EUR <nil>
}

func TestSentencesSayWhatIsOwed(t *testing.T) {
	t.Parallel()
	calculator, err := latepayment.New(latepayment.Config{Regime: latepayment.FranceBusiness()})
	require.NoError(t, err)
	empty, err := calculator.Statement(courrier.MustDate("2026-03-31"))
	require.NoError(t, err)
	require.Empty(t, empty.Sentences(courrier.French))
	statement, err := calculator.Statement(courrier.MustDate("2026-09-10"),
		latepayment.Invoice{Number: "A", DueOn: courrier.MustDate("2026-05-15"), Amount: courrier.MustAmount("10000.00", "EUR")},
		latepayment.Invoice{Number: "B", DueOn: courrier.MustDate("2026-12-31"), Amount: courrier.MustAmount("5.00", "EUR")})
	require.NoError(t, err)
	lines := statement.Sentences(courrier.French)
	require.Len(t, lines, 7)
	require.Contains(t, lines[1], "12,15 %")
	require.Contains(t, lines[2], courrier.FormatAmount(statement.Lines[0].Segments[1].Interest, courrier.French))
	charges, err := statement.Charges()
	require.NoError(t, err)
	total, err := statement.PrincipalDue.Add(charges)
	require.NoError(t, err)
	require.True(t, total.Equal(statement.Total))
}
