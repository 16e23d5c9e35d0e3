package laposte_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// lifeCarrier is Maileva and Suivi on the clock of package time. The calls to webhooks
// wait in an outbox until the test lets them through.
func lifeCarrier(t *testing.T) (carrierlife.Carrier, *lapostetest.Server) {
	t.Helper()
	outbox := &resttest.Outbox{Now: time.Now, Gaps: []time.Duration{10 * time.Minute, 5 * time.Hour}, Good: func(status int) bool { return status == http.StatusCreated }}
	fake := newFake(lapostetest.Options{Start: time.Now(), NoListener: true, Webhooks: roundTrip(func(r *http.Request) (*http.Response, error) {
		require.NoError(t, outbox.Put(r, time.Now()))
		return created(r)
	})})
	tick := func() { fake.Advance(time.Since(fake.Now())) }
	return carrierlife.Carrier{
		Line: resttest.Direct{Handler: fake.Handler}, Tick: tick,
		Private: []string{"Martin", "MARTIN", "Lilas", "LILAS", "Bréhat", "facture", credentials.Password, credentials.ClientSecret, login.Password, okapiKey},
		New: func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error) {
			suivi, err := newSuivi(fake, line)
			require.NoError(t, err)
			p, err := newProvider(fake, func(c *laposte.Config) { c.Transport, c.Suivi, c.Logger, c.Now = line, suivi, log, time.Now })
			require.NoError(t, err)
			_, err = p.Subscribe(t.Context(), carrierlife.Account, callback)
			return p, err
		},
		Taken: func() []courrier.LetterID { return acceptedBy(fake) },
		Calls: func(ctx context.Context, c carrierlife.Call) {
			_ = outbox.Deliver(ctx, c.Do, resttest.Disorder{Duplicate: true, Shuffle: c.Chance}) // ends with the test only
		},
		Strange: func(rec courrier.LetterRecord) {
			if rec.ProviderID != "" {
				fake.AddDelivery(rec.ProviderID, "LP99", "")
				fake.AddDelivery(rec.ProviderID, "LP98", "NOVELTY")
			}
			if rec.TrackingNumber != "" {
				fake.AddSuivi(rec.TrackingNumber, "ZZ9")
			}
		},
	}, fake
}

// Letters of each service walk to their last proof, with calls that come twice, in
// disorder and late, and happenings that nobody knows.
func TestWalkOfEachService(t *testing.T) {
	t.Parallel()
	end := func(s courrier.Status, why courrier.ReturnReason, proofs ...courrier.ProofKind) carrierlife.End {
		return carrierlife.End{Status: s, Reason: why, Proofs: proofs}
	}
	const deposit, content, receipt, back = courrier.ProofOfDeposit, courrier.ProofOfContent, courrier.ProofOfReceipt, courrier.ProofOfReturn
	for name, tc := range map[string]struct {
		service courrier.Service
		outcome lapostetest.Outcome
		end     carrierlife.End
	}{
		"standard":              {courrier.ServiceStandard, lapostetest.Delivered, end(courrier.StatusPosted, "")},
		"standard, back":        {courrier.ServiceStandard, lapostetest.Undeliverable, end(courrier.StatusReturned, "")},
		"economy":               {courrier.ServiceEconomy, lapostetest.Delivered, end(courrier.StatusPosted, "")},
		"economy, back":         {courrier.ServiceEconomy, lapostetest.Undeliverable, end(courrier.StatusReturned, "")},
		"priority":              {courrier.ServicePriority, lapostetest.Delivered, end(courrier.StatusPosted, "")},
		"priority, back":        {courrier.ServicePriority, lapostetest.Undeliverable, end(courrier.StatusReturned, "")},
		"registered":            {courrier.ServiceRegistered, lapostetest.Delivered, end(courrier.StatusDelivered, "", deposit, content)},
		"registered, refused":   {courrier.ServiceRegistered, lapostetest.RefusedMail, end(courrier.StatusReturned, courrier.ReturnRefused, deposit, content, back)},
		"with receipt":          {courrier.ServiceRegisteredAR, lapostetest.Delivered, end(courrier.StatusDelivered, "", deposit, content, receipt)},
		"with receipt, waiting": {courrier.ServiceRegisteredAR, lapostetest.Unclaimed, end(courrier.StatusReturned, courrier.ReturnUnclaimed, deposit, content, back)},
		"with receipt, unknown": {courrier.ServiceRegisteredAR, lapostetest.UnknownAddressee, end(courrier.StatusReturned, courrier.ReturnUnknownAddressee, deposit, content, back)},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, fake := lifeCarrier(t)
					fake.SetOutcome(tc.outcome)
					l := carrierlife.Submission(tc.service).Letter
					l.Returns = courrier.ReturnsScanned
					carrierlife.Walk(t, c, l, seed, tc.end)
				})
			})
		}
	}
}
