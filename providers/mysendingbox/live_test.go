//go:build live

package mysendingbox_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
)

// TestLive makes one letter with your own test key and cancels it: nothing is
// printed, posted or billed. It asks the real carrier about each assumption that
// the adapter rests on.
//
//	MYSENDINGBOX_TEST_KEY=test_… go test -tags live -run TestLive -v ./providers/mysendingbox
func TestLive(t *testing.T) {
	key := mysendingbox.NewKey(os.Getenv("MYSENDINGBOX_TEST_KEY"))
	if key.IsZero() || key.Live() {
		t.Skip("MYSENDINGBOX_TEST_KEY holds no test key")
	}
	provider, err := mysendingbox.New(mysendingbox.Config{Credentials: mysendingbox.FixedKey(key), Rate: 1})
	require.NoError(t, err)
	s := submission(courrier.LetterID("live-check-"+time.Now().UTC().Format("20060102T150405.000")), courrier.ServiceStandard)

	quote, err := provider.Quote(t.Context(), s.Letter)
	t.Logf("quote: %v %v", quote, err)

	receipt, err := provider.Submit(t.Context(), s)
	require.NoError(t, err)
	t.Logf("submitted: %s, %v, %d events", receipt.ProviderID, receipt.Price, len(receipt.Events))
	ref := reference(s, receipt)

	ref.ProviderID = ""
	found, err := provider.Find(t.Context(), ref)
	require.NoError(t, err, "the list is filtered by metadata")
	require.Equal(t, receipt.ProviderID, found.ProviderID)
	_, err = provider.Find(t.Context(), courrier.Reference{ID: s.ID + "-none", Account: account})
	require.ErrorIs(t, err, courrier.ErrNotFound)

	ref.ProviderID = receipt.ProviderID
	again, err := provider.Submit(t.Context(), s)
	t.Logf("the same idempotency key again: same letter %v, %v", again.ProviderID == receipt.ProviderID, err)

	events, err := provider.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	require.NotEmpty(t, events)
	t.Logf("cancel: %v", provider.Cancel(t.Context(), ref))
	if again.ProviderID != "" && again.ProviderID != receipt.ProviderID {
		ref.ProviderID = again.ProviderID
		t.Logf("cancel the second: %v", provider.Cancel(t.Context(), ref))
	}
}
