package laposte_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

func TestProofs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome lapostetest.Outcome
		kind    courrier.ProofKind
		file    string
	}{
		"deposit":                {lapostetest.Delivered, courrier.ProofOfDeposit, "download_deposit_proof"},
		"deposit of the sending": {lapostetest.GlobalProofOnly, courrier.ProofOfDeposit, "global deposit proof"},
		"content":                {lapostetest.Delivered, courrier.ProofOfContent, "download_content_proof"},
		"receipt":                {lapostetest.Delivered, courrier.ProofOfReceipt, "download_acknowledgement_of_receipt"},
		"returned mail":          {lapostetest.RefusedMail, courrier.ProofOfReturn, "download_undelivered_mail"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fake.SetOutcome(c.outcome)
			ref := w.send(t, scanned(submission(courrier.ServiceRegisteredAR)))
			_, err := w.provider.Proof(t.Context(), ref, c.kind)
			require.ErrorIs(t, err, courrier.ErrNotFound)
			w.fake.Advance(40 * 24 * time.Hour)
			d, err := w.provider.Proof(t.Context(), ref, c.kind)
			require.NoError(t, err)
			require.Contains(t, string(d.Content), c.file+" of "+ref.ProviderID)
			require.Equal(t, courrier.SumOf(d.Content), d.Sum)
		})
	}
}

func TestProofsThatAreNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.send(t, submission(courrier.ServiceRegistered))
	w.fake.Advance(40 * 24 * time.Hour)
	_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfReceipt)
	require.ErrorIs(t, err, courrier.ErrNotFound, "no advice of receipt was asked for")
	_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfDelivery)
	require.ErrorIs(t, err, courrier.ErrUnsupported)
	ref.Service = courrier.ServiceStandard
	_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	_, err = w.provider.Proof(t.Context(), courrier.Reference{Service: courrier.ServiceRegistered}, courrier.ProofOfDeposit)
	require.ErrorIs(t, err, courrier.ErrNotFound)
}

// TestGlobalProofOfAnotherSending: a list that ignores the filter must not hand
// out another letter's proof.
func TestGlobalProofOfAnotherSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, answering(http.MethodGet, "/global_deposit_proofs", http.StatusOK, `{"global_deposit_proofs":[{"id":"p1","sending_id":"another"}],"paging":{}}`))
	ref := w.send(t, submission(courrier.ServiceRegistered))
	_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	require.Zero(t, requests(w.fake, http.MethodGet, func(p string) bool { return strings.Contains(p, "download") }))
}

func TestProofFailures(t *testing.T) {
	t.Parallel()
	for fault, kind := range map[lapostetest.Fault]error{
		lapostetest.NotJSON: courrier.ErrUnavailable, lapostetest.NotFoundHTML: courrier.ErrNotFound, lapostetest.Refused: courrier.ErrUnavailable,
		lapostetest.Forbidden: courrier.ErrDenied, lapostetest.SlowBody: nil,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ref := w.send(t, submission(courrier.ServiceRegistered))
			w.fake.Advance(40 * 24 * time.Hour)
			w.fake.Fail(lapostetest.CallProof, fault, -1)
			_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
			require.ErrorIs(t, err, kind)
		})
	}
}
