package mysendingbox_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// "Not found" sends a letter again, so nothing but a whole list may say it.
func TestFindIsSureOrSilent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		behaviour mysendingboxtest.Behaviour
		fault     mysendingboxtest.Fault
		absent    error // of a letter that is not there
		present   error // of one that is
	}{
		"plain":                     {absent: courrier.ErrNotFound},
		"small pages":               {behaviour: mysendingboxtest.Behaviour{PageSize: 2}, absent: courrier.ErrNotFound},
		"filter not applied":        {behaviour: mysendingboxtest.Behaviour{IgnoreFilters: true, PageSize: 2}, absent: courrier.ErrNotFound},
		"offset not applied":        {behaviour: mysendingboxtest.Behaviour{IgnoreFilters: true, IgnoreOffset: true, PageSize: 2}, absent: courrier.ErrUnavailable, present: courrier.ErrUnavailable},
		"no total":                  {behaviour: mysendingboxtest.Behaviour{NoTotal: true}, absent: courrier.ErrUnavailable, present: courrier.ErrUnavailable},
		"unusual types":             {behaviour: mysendingboxtest.Behaviour{ExtraKeys: true}, absent: courrier.ErrNotFound},
		"the list is not there":     {fault: mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: 404}, absent: courrier.ErrUnavailable, present: courrier.ErrUnavailable},
		"the list is refused":       {fault: mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: 422}, absent: courrier.ErrUnavailable, present: courrier.ErrUnavailable},
		"the key is refused":        {fault: mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: 401}, absent: courrier.ErrDenied, present: courrier.ErrDenied},
		"an outage":                 {fault: mysendingboxtest.Fault{Kind: mysendingboxtest.Gateway}, absent: courrier.ErrUnavailable, present: courrier.ErrUnavailable},
		"letters of the other mode": {behaviour: mysendingboxtest.Behaviour{WrongMode: true, IgnoreFilters: true}, absent: courrier.ErrNotFound, present: courrier.ErrInDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *mysendingbox.Config) { c.Retries = -1 })
			var first courrier.Reference
			for n := range 5 {
				ref := w.submit(t, submission(courrier.LetterID(fmt.Sprintf("lt-%d", n)), courrier.ServiceStandard))
				if n == 0 {
					first = ref
				}
			}
			w.Behave(tc.behaviour)
			if tc.fault.Kind != "" {
				w.Fail(tc.fault)
			}
			_, err := w.provider.Find(t.Context(), courrier.Reference{ID: "lt-9", Account: account})
			carrierlife.RequireKind(t, tc.absent, err)
			receipt, err := w.provider.Find(t.Context(), courrier.Reference{ID: first.ID, Account: account})
			if tc.present != nil {
				carrierlife.RequireKind(t, tc.present, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, first.ProviderID, receipt.ProviderID)
			require.NotEmpty(t, receipt.Events)
		})
	}
	_, err := newWorld(t, nil).provider.Find(t.Context(), courrier.Reference{})
	carrierlife.RequireKind(t, courrier.ErrInvalid, err)
}

// A list that ends before its total has not been read whole.
func TestFindDoesNotTrustAShortList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mysendingbox.Config) {
		c.Transport = canned(`{"info":{"total":7},"letters":[]}`)
		c.Retries = -1
	})
	_, err := w.provider.Find(t.Context(), courrier.Reference{ID: "lt-1", Account: account})
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
}

func TestListsAndSingleLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Behave(mysendingboxtest.Behaviour{PageSize: 2, MalformedIs422: true})
	ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
	for _, id := range []courrier.LetterID{"lt-2", "lt-3", "lt-4", "lt-5"} {
		w.submit(t, submission(id, courrier.ServiceStandard))
	}
	require.Len(t, collect(t, w.provider.Letters(t.Context(), account, mysendingbox.ListFilter{})), 5)
	require.Len(t, collect(t, w.provider.Letters(t.Context(), account, mysendingbox.ListFilter{Limit: 3})), 3)
	mine := collect(t, w.provider.Letters(t.Context(), account, mysendingbox.ListFilter{LetterID: "lt-1"}))
	require.Len(t, mine, 1)
	got, err := w.provider.ReadLetter(t.Context(), account, ref.ProviderID)
	require.NoError(t, err)
	require.Equal(t, mine[0].ProviderID, got.ProviderID)
	require.Equal(t, courrier.LetterID("lt-1"), got.LetterID)
	require.Equal(t, "lr", got.PostageType)
	require.Equal(t, "5.11 EUR", got.Price.String())
	require.Equal(t, 1, got.Sheets)
	for _, unknown := range []string{"", "Lt9999999", "not an id at all"} {
		_, err = w.provider.ReadLetter(t.Context(), account, unknown)
		carrierlife.RequireKind(t, courrier.ErrNotFound, err)
	}
	w.Behave(mysendingboxtest.Behaviour{WrongMode: true, IgnoreFilters: true})
	for _, err := range w.provider.Letters(t.Context(), account, mysendingbox.ListFilter{}) {
		carrierlife.RequireKind(t, courrier.ErrConflict, err)
	}
}

func TestInvoices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	require.Empty(t, collect(t, w.provider.Invoices(t.Context(), account, mysendingbox.InvoiceFilter{})))
	w.Bill(5)
	all := collect(t, w.provider.Invoices(t.Context(), account, mysendingbox.InvoiceFilter{}))
	require.Len(t, all, 5)
	require.Len(t, collect(t, w.provider.Invoices(t.Context(), account, mysendingbox.InvoiceFilter{Limit: 3})), 3)
	inv := all[0]
	require.Equal(t, "1", inv.Number)
	require.Equal(t, courrier.MustDate("2026-03-02"), inv.Date)
	require.Equal(t, "30.5", inv.ExclTax.String())
	require.Equal(t, "36.6", inv.InclTax.String())
	require.Equal(t, "Lettres vertes", inv.Lines[0].Text)
	file, err := w.provider.InvoiceFile(t.Context(), account, inv.ID)
	require.NoError(t, err)
	require.Contains(t, string(file.Content), "invoice 1")
	_, err = w.provider.InvoiceFile(t.Context(), account, "In9999999")
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
}

// canned answers every request with one body.
type canned string

// RoundTrip implements [http.RoundTripper].
func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), ContentLength: int64(len(c))}, nil
}
