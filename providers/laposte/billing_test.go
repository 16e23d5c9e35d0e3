package laposte_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

var march, lastOfMarch = courrier.MustDate("2026-03-01"), courrier.MustDate("2026-03-31")

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		require.NoError(t, err)
		all = append(all, v)
	}
	return all
}

func numberedID(i int) courrier.LetterID {
	return courrier.LetterID(fmt.Sprintf("0195a1b2-0000-7000-8000-%012d", i))
}

func TestBillingLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fake.AddBillingLine(map[string]any{"id": "l1", "recipient_custom_id": letterID, "user_reference": "compta", "amount": 1.52, "unit_price": 1.52})
	w.fake.AddBillingLine(map[string]any{"id": "l2", "user_reference": letterID, "code": "IMP", "category": "PRINT", "quantity": 3, "unit_price": 0.105, "amount": 0.315})
	w.fake.AddBillingLine(map[string]any{"id": "l3", "user_reference": "compta", "request_name": letterID, "amount": 1e-3, "invoice_date": "not a date"})
	w.fake.AddBillingLine(map[string]any{"id": "l4", "type": "DISCOUNT", "amount": -12})
	w.fake.AddBillingLine(map[string]any{"id": "april", "valorization_date": "2026-04-01"})
	lines := collect(t, w.provider.BillingLines(t.Context(), "acme", march, lastOfMarch))
	require.Len(t, lines, 4)
	require.Equal(t, laposte.BillingLine{
		ID: "l1", Letter: letterID, Type: "USER_REQUEST", Code: "AFF", Label: "Affranchissement", Category: "POSTAGE", Quantity: 1,
		UnitPrice: courrier.MustAmount("1.52", "EUR"), Amount: courrier.MustAmount("1.52", "EUR"),
		ValuedOn: courrier.MustDate("2026-03-03"), InvoicedOn: courrier.MustDate("2026-03-31"), Invoice: "F-2026-03",
	}, lines[0])
	require.Equal(t, letterID, lines[1].Letter)
	require.True(t, lines[1].Amount.Equal(courrier.MustAmount("0.315", "EUR")), "no float was in between")
	require.Equal(t, letterID, lines[2].Letter)
	require.True(t, lines[2].Amount.Equal(courrier.MustAmount("0.001", "EUR")))
	require.True(t, lines[2].InvoicedOn.IsZero())
	require.True(t, lines[3].Amount.Equal(courrier.MustAmount("-12", "EUR")))
	require.Empty(t, lines[3].Letter)
}

func TestBillingPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 1201 {
		w.fake.AddBillingLine(map[string]any{"id": fmt.Sprint(i), "recipient_custom_id": numberedID(i)})
	}
	lines := collect(t, w.provider.BillingLines(t.Context(), "acme", march, lastOfMarch))
	require.Len(t, lines, 1201)
	for i, l := range lines {
		require.Equal(t, fmt.Sprint(i), l.ID)
	}
	for l, err := range w.provider.BillingLines(t.Context(), "acme", march, lastOfMarch) {
		require.NoError(t, err)
		require.Equal(t, "0", l.ID)
		break
	}
	require.Equal(t, 4, requests(w.fake, http.MethodGet, func(string) bool { return true }), "three pages, then one")
}

// Pages may be shorter than asked for: a list ends where its total says.
func TestListsOfShortPages(t *testing.T) {
	t.Parallel()
	fake := newFake(lapostetest.Options{PageMost: 4})
	t.Cleanup(fake.Close)
	provider, err := newProvider(fake, nil)
	require.NoError(t, err)
	for range 10 {
		fake.AddBillingLine(nil)
	}
	require.Len(t, collect(t, provider.BillingLines(t.Context(), "acme", march, lastOfMarch)), 10)
	all, err := provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	_, err = provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	require.Equal(t, len(all), fake.Subscriptions(), "those that exist were found")
}

func TestBillingErrors(t *testing.T) {
	t.Parallel()
	first := func(p *laposte.Provider, from, to courrier.Date) error {
		for _, err := range p.BillingLines(t.Context(), "acme", from, to) {
			return err
		}
		return nil
	}
	w := newWorld(t)
	require.ErrorIs(t, first(w.provider, courrier.Date{}, march), courrier.ErrInvalid)
	require.ErrorIs(t, first(w.provider, lastOfMarch, march), courrier.ErrInvalid)
	sandbox := newWorld(t, func(c *laposte.Config) { c.Endpoints.Billing = "" })
	require.ErrorIs(t, first(sandbox.provider, march, lastOfMarch), courrier.ErrUnsupported)
	for _, amount := range []any{"1,52", 0.1234567, "9999999999999"} {
		w := newWorld(t)
		w.fake.AddBillingLine(map[string]any{"amount": amount})
		require.Error(t, first(w.provider, march, lastOfMarch), amount)
	}
	broken := newWorld(t, answering(http.MethodGet, "/recipient_items", 500, ""))
	require.ErrorIs(t, first(broken.provider, march, lastOfMarch), courrier.ErrUnavailable)
}

func TestCompareBilling(t *testing.T) {
	t.Parallel()
	eur := func(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }
	line := func(id courrier.LetterID, amount string) laposte.BillingLine {
		return laposte.BillingLine{Letter: id, Amount: eur(amount)}
	}
	sequence := func(lines []laposte.BillingLine, end error) iter.Seq2[laposte.BillingLine, error] {
		return func(yield func(laposte.BillingLine, error) bool) {
			for _, l := range lines {
				if !yield(l, nil) {
					return
				}
			}
			if end != nil {
				yield(laposte.BillingLine{}, end)
			}
		}
	}
	lines := []laposte.BillingLine{line("a", "1.52"), line("b", "1.52"), line("a", "0.30"), line("", "-5"), line("stranger", "2")}
	expected := map[courrier.LetterID]courrier.Amount{"a": eur("1.82"), "b": eur("1.50"), "c": eur("1.50")}
	r, err := laposte.CompareBilling(sequence(lines, nil), expected)
	require.NoError(t, err)
	require.Equal(t, 1, r.Agreeing)
	require.Equal(t, []courrier.LetterID{"c"}, r.Unbilled)
	require.Equal(t, []laposte.BillingLine{lines[3], lines[4]}, r.Unmatched)
	require.Len(t, r.Letters, 1)
	require.EqualValues(t, "b", r.Letters[0].Letter)
	require.True(t, r.Letters[0].Difference.Equal(eur("0.02")))
	require.True(t, r.Charged.Equal(eur("3.34")))
	require.True(t, r.Expected.Equal(eur("3.32")))

	broken := errors.New("cut")
	_, err = laposte.CompareBilling(sequence(lines, broken), expected)
	require.ErrorIs(t, err, broken)
	_, err = laposte.CompareBilling(sequence(lines, nil), map[courrier.LetterID]courrier.Amount{"a": courrier.MustAmount("1", "stamp")})
	require.ErrorIs(t, err, courrier.ErrInvalid, "stamps do not compare with euros")
}
