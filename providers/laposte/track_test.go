package laposte_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

// told returns the event of a code, which must be there once.
func told(t *testing.T, events []courrier.TrackingEvent, code string) courrier.TrackingEvent {
	t.Helper()
	found := slices.DeleteFunc(slices.Clone(events), func(e courrier.TrackingEvent) bool { return e.Code != code })
	require.Len(t, found, 1, "%s among %v", code, codes(events))
	return found[0]
}

func codes(events []courrier.TrackingEvent) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = e.Code
	}
	return all
}

// stuck sends a letter that waits for the test to move it.
func stuck(t *testing.T, service courrier.Service) (world, courrier.Reference) {
	t.Helper()
	w := newWorld(t, func(c *laposte.Config) { c.Suivi = nil })
	w.fake.SetOutcome(lapostetest.Stuck)
	ref := w.send(t, submission(service))
	w.fake.Advance(time.Hour)
	return w, ref
}

func TestSendingStatuses(t *testing.T) {
	t.Parallel()
	both := []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegistered}
	registered := both[1:]
	for status, c := range map[string]struct {
		services []courrier.Service
		want     courrier.Status
	}{
		"PENDING":       {both, courrier.StatusSubmitted},
		"BLOCKED":       {registered, courrier.StatusBlocked},
		"ACCEPTED":      {both, courrier.StatusAccepted},
		"PREPARING":     {registered, courrier.StatusAccepted},
		"PROCESSED":     {both, courrier.StatusPosted},
		"REJECTED":      {both, courrier.StatusFailed},
		"CANCELED":      {registered, courrier.StatusCancelled},
		"SOMETHING_NEW": {both, ""},
	} {
		for _, service := range c.services {
			t.Run(status+"/"+string(service), func(t *testing.T) {
				t.Parallel()
				w, ref := stuck(t, service)
				if status != "PENDING" {
					w.fake.SetStatus(ref.ProviderID, status, "")
				}
				events := w.track(t, ref)
				e := told(t, events, status)
				require.NotContains(t, codes(events), "DRAFT")
				require.Equal(t, c.want, e.Status)
				require.Equal(t, c.want == "", e.Unknown)
				require.NotEqual(t, courrier.StatusDelivered, e.Status)
				require.Equal(t, ref.ProviderID, e.ProviderID)
				require.Equal(t, letterID, e.Letter)
			})
		}
	}
	t.Run("DRAFT", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, ref := drafted(t, w, courrier.ServiceRegistered)
		require.Empty(t, w.track(t, ref))
	})
}

// TestRecipientDecides: a sending that is done may have a recipient that was
// refused, and what was told once is not told otherwise later.
func TestRecipientDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sending, recipient string
		code               string
		want               courrier.Status
	}{
		"all well":                       {"PROCESSED", "PROCESSED", "PROCESSED", courrier.StatusPosted},
		"done, recipient not yet":        {"PROCESSED", "PENDING", "PROCESSED", courrier.StatusPosted},
		"done, recipient refused":        {"PROCESSED", "REJECTED", "RECIPIENT_REJECTED", courrier.StatusFailed},
		"with errors, but not for ours":  {"PROCESSED_WITH_ERRORS", "PROCESSED", "PROCESSED", courrier.StatusPosted},
		"with errors, refused":           {"PROCESSED_WITH_ERRORS", "REJECTED", "RECIPIENT_REJECTED", courrier.StatusFailed},
		"with errors, sending refused":   {"PROCESSED_WITH_ERRORS", "SENDING_REJECTED", "RECIPIENT_SENDING_REJECTED", courrier.StatusFailed},
		"with errors, cancelled":         {"PROCESSED_WITH_ERRORS", "CANCELED", "RECIPIENT_CANCELED", courrier.StatusCancelled},
		"with errors, undecided":         {"PROCESSED_WITH_ERRORS", "PENDING", "", courrier.StatusSubmitted},
		"with errors, blocked":           {"PROCESSED_WITH_ERRORS", "BLOCKED", "", courrier.StatusSubmitted},
		"with errors, accepted":          {"PROCESSED_WITH_ERRORS", "ACCEPTED", "", courrier.StatusSubmitted},
		"with errors, in preparation":    {"PROCESSED_WITH_ERRORS", "PREPARING", "", courrier.StatusSubmitted},
		"with errors, draft (nonsense)":  {"PROCESSED_WITH_ERRORS", "DRAFT", "", courrier.StatusSubmitted},
		"with errors, something unknown": {"PROCESSED_WITH_ERRORS", "SOMETHING_NEW", "", courrier.StatusSubmitted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ref := stuck(t, courrier.ServiceRegistered)
			w.fake.SetStatus(ref.ProviderID, c.sending, c.recipient)
			events := w.track(t, ref)
			require.Equal(t, c.want, courrier.Fold(events).Status)
			if c.code != "" {
				require.Equal(t, c.want, told(t, events, c.code).Status)
			}
		})
	}
}

// deliveryCodes are those of the contracts and what each means here.
var deliveryCodes = map[string]struct {
	status courrier.Status
	reason courrier.ReturnReason
}{
	"LP00": {"", ""},
	"LP01": {courrier.StatusPosted, ""}, "LP02": {courrier.StatusPosted, ""},
	"LP03": {courrier.StatusInTransit, ""}, "LP04": {courrier.StatusInTransit, ""},
	"LP05": {courrier.StatusInTransit, ""}, "LP06": {courrier.StatusInTransit, ""}, "LP07": {courrier.StatusInTransit, ""},
	"LP08": {courrier.StatusAwaitingPickup, ""}, "LP09": {courrier.StatusAwaitingPickup, ""}, "LP10": {courrier.StatusInTransit, ""},
	"LP11": {courrier.StatusInTransit, ""}, "LP12": {courrier.StatusInTransit, ""}, "LP13": {courrier.StatusInTransit, ""},
	"LP14": {courrier.StatusInTransit, ""},
	"LP15": {courrier.StatusDelivered, ""}, "LP16": {courrier.StatusDelivered, ""},
	"LP17": {courrier.StatusReturned, ""}, "LP18": {courrier.StatusDelivered, ""},
	"LP19": {courrier.StatusReturning, courrier.ReturnUnclaimed}, "LP20": {courrier.StatusReturning, courrier.ReturnBadAddress},
	"LP21": {courrier.StatusReturning, courrier.ReturnUnknownAddressee}, "LP22": {courrier.StatusReturning, courrier.ReturnRefused},
	"LP23": {courrier.StatusInTransit, ""}, "LP24": {courrier.StatusReturning, ""}, "LP25": {courrier.StatusReturning, courrier.ReturnUnclaimed},
	"LP26": {courrier.StatusInTransit, ""}, "LP27": {courrier.StatusReturning, ""},
	"LP28": {courrier.StatusDelivered, ""}, "LP29": {courrier.StatusDelivered, ""},
}

func TestDeliveryCodes(t *testing.T) {
	t.Parallel()
	w, ref := stuck(t, courrier.ServiceRegisteredAR)
	for code := range deliveryCodes {
		w.fake.AddDelivery(ref.ProviderID, code, "")
	}
	w.fake.AddDelivery(ref.ProviderID, "LP99", "")
	events := w.track(t, ref)
	for code, want := range deliveryCodes {
		e := told(t, events, code)
		require.Equal(t, want.status, e.Status, code)
		require.Equal(t, want.reason, e.Reason, code)
		require.False(t, e.Unknown, code)
		require.Equal(t, w.fake.Now(), e.Happened, code)
		require.Contains(t, string(e.Raw), code)
		require.Equal(t, code == "LP09", e.FirstPresentation, code)
	}
	require.True(t, told(t, events, "LP99").Unknown)
	require.Empty(t, told(t, events, "LP99").Status)
}

func TestMainDeliveryStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category, code string
		want           courrier.Status
		reason         courrier.ReturnReason
		unknown        bool
	}{
		{"DELIVERING", "LP14", courrier.StatusInTransit, "", false},
		{"DELIVERING", "LP01", courrier.StatusInTransit, "", false},
		{"FIRST_PRESENTATION", "LP09", courrier.StatusAwaitingPickup, "", false},
		{"FIRST_PRESENTATION", "LP15", courrier.StatusDelivered, "", false},
		{"FIRST_PRESENTATION", "LP22", courrier.StatusReturning, courrier.ReturnRefused, false},
		{"FIRST_PRESENTATION", "LP77", courrier.StatusInTransit, "", false},
		{"DELIVERED", "LP15", courrier.StatusDelivered, "", false},
		{"DELIVERED", "LP28", courrier.StatusDelivered, "", false},
		{"DELIVERED", "LP17", courrier.StatusReturned, "", false},
		{"DELIVERED", "LP88", courrier.StatusDelivered, "", false},
		{"UNDELIVERED", "LP19", courrier.StatusReturning, courrier.ReturnUnclaimed, false},
		{"UNDELIVERED", "LP20", courrier.StatusReturning, courrier.ReturnBadAddress, false},
		{"UNDELIVERED", "LP17", courrier.StatusReturned, "", false},
		{"UNDELIVERED", "LP09", courrier.StatusReturning, "", false},
		{"SOMETHING_NEW", "LP15", courrier.StatusDelivered, "", false},
		{"SOMETHING_NEW", "LP66", "", "", true},
	} {
		t.Run(c.category+"/"+c.code, func(t *testing.T) {
			t.Parallel()
			w, ref := stuck(t, courrier.ServiceRegistered)
			w.fake.AddDelivery(ref.ProviderID, c.code, c.category)
			e := told(t, w.track(t, ref), c.category)
			require.Equal(t, c.want, e.Status)
			require.Equal(t, c.reason, e.Reason)
			require.Equal(t, c.unknown, e.Unknown)
			require.Equal(t, c.category == "FIRST_PRESENTATION", e.FirstPresentation)
		})
	}
}

func TestUndeliveredReasons(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]courrier.ReturnReason{
		"N02": courrier.ReturnUnknownAddressee, "N03": courrier.ReturnUnclaimed, "N05": courrier.ReturnRefused, "N07": courrier.ReturnBadAddress,
	} {
		w, ref := stuck(t, courrier.ServiceRegistered)
		w.fake.SetRecipientField(ref.ProviderID, "undelivered_mail_date", "2026-03-20T08:00:00.000Z")
		w.fake.SetRecipientField(ref.ProviderID, "undelivered_mail_reason", code)
		e := told(t, w.track(t, ref), code)
		require.Equal(t, courrier.StatusReturned, e.Status)
		require.Equal(t, want, e.Reason)
		require.Equal(t, time.Date(2026, 3, 20, 8, 0, 0, 0, time.UTC), e.Happened)
	}
	w, ref := stuck(t, courrier.ServiceRegistered)
	w.fake.SetRecipientField(ref.ProviderID, "undelivered_mail_date", "2026-03-20T08:00:00.000Z")
	require.Equal(t, courrier.StatusReturned, told(t, w.track(t, ref), "UNDELIVERED_MAIL").Status)
	w.fake.SetRecipientField(ref.ProviderID, "undelivered_mail_reason", "N11")
	require.True(t, told(t, w.track(t, ref), "N11").Unknown)
}

func TestOrdinaryLetterThatComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fake.SetOutcome(lapostetest.Undeliverable)
	s := submission(courrier.ServiceStandard)
	s.Letter.Returns = courrier.ReturnsScanned
	ref := w.send(t, s)
	w.fake.Advance(25 * time.Hour)
	require.Equal(t, courrier.StatusPosted, courrier.Fold(w.track(t, ref)).Status)
	w.fake.Advance(30 * 24 * time.Hour)
	events := w.track(t, ref)
	require.Equal(t, courrier.StatusReturned, told(t, events, "N10").Status)
	require.Equal(t, courrier.StatusReturned, courrier.Fold(events).Status)
}

func TestProofFieldsBecomeEvents(t *testing.T) {
	t.Parallel()
	w, ref := stuck(t, courrier.ServiceRegisteredAR)
	at := "2026-03-05T10:00:00.000Z"
	for field, c := range map[string]struct {
		also string
		code string
		kind courrier.ProofKind
	}{
		"deposit_proof_url":               {"deposit_proof_date", "deposit_proof", courrier.ProofOfDeposit},
		"content_proof_date":              {"", "content_proof", courrier.ProofOfContent},
		"acknowledgement_of_receipt_date": {"", "acknowledgement_of_receipt", courrier.ProofOfReceipt},
		"undelivered_mail_archive_date":   {"", "undelivered_mail", courrier.ProofOfReturn},
	} {
		require.NotContains(t, codes(w.track(t, ref)), c.code)
		w.fake.SetRecipientField(ref.ProviderID, field, at)
		if c.also != "" {
			w.fake.SetRecipientField(ref.ProviderID, c.also, at)
		}
		e := told(t, w.track(t, ref), c.code)
		require.Equal(t, c.kind, e.Proof)
		require.Empty(t, e.Status)
		require.Equal(t, time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC), e.Happened)
	}
}

func TestTrackingNumberComesWithTheEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.send(t, submission(courrier.ServiceRegistered))
	require.Empty(t, w.track(t, ref)[0].TrackingNumber)
	w.fake.Advance(25 * time.Hour)
	number := courrier.Fold(w.track(t, ref)).TrackingNumber
	require.Regexp(t, `^1A\d{11}$`, number)
	require.False(t, laposte.CheckNumber(number).Doubtful)
}

// TestDates: forms that were seen or documented, and nonsense, which is no date.
func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-03-05T10:00:00.123Z":     time.Date(2026, 3, 5, 10, 0, 0, 123e6, time.UTC),
		"2026-03-05T10:00:00+01:00":    time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC),
		"2026-03-05T10:00:00.000+0100": time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC),
		"2026-03-05T10:00:00":          time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC),
		"2026-03-05":                   time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC),
		"5 mars 2026":                  {},
		"0000-01-01T00:00:00Z":         {},
		"":                             {},
	} {
		w, ref := stuck(t, courrier.ServiceRegistered)
		w.fake.SetRecipientField(ref.ProviderID, "undelivered_mail_reason", "")
		w.fake.SetRecipientField(ref.ProviderID, "deposit_proof_url", "/x")
		w.fake.SetRecipientField(ref.ProviderID, "deposit_proof_date", text)
		require.Equal(t, want, told(t, w.track(t, ref), "deposit_proof").Happened, text)
	}
	w, ref := stuck(t, courrier.ServiceRegistered)
	w.fake.SetRecipientField(ref.ProviderID, "deposit_proof_url", "/x")
	w.fake.SetRecipientField(ref.ProviderID, "deposit_proof_date", 1772704800)
	require.Zero(t, told(t, w.track(t, ref), "deposit_proof").Happened)
}

// TestTrackIsolatesFailures: one unreadable letter, or Suivi, does not hide the
// others.
func TestTrackIsolatesFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := submission(courrier.ServiceRegistered)
	second := submission(courrier.ServiceStandard)
	second.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000002"
	a, b := w.send(t, first), w.send(t, second)
	w.fake.Advance(72 * time.Hour)
	w.fake.Fail(lapostetest.CallReadOne, lapostetest.Forbidden, 1)
	events := w.track(t, a, b)
	require.NotEmpty(t, events)
	for _, e := range events {
		require.Equal(t, second.ID, e.Letter)
	}
	w.fake.Fail(lapostetest.CallSuivi, lapostetest.Forbidden, -1)
	require.Equal(t, courrier.StatusDelivered, courrier.Fold(w.track(t, a)).Status)
	w.fake.Fail(lapostetest.CallReadOne, lapostetest.Forbidden, -1)
	_, err := w.provider.Track(t.Context(), []courrier.Reference{a, b})
	require.ErrorIs(t, err, courrier.ErrDenied)
}

// TestStatusDetailIsKept: why Maileva refused a sending is for the host to read.
func TestStatusDetailIsKept(t *testing.T) {
	t.Parallel()
	for _, service := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegistered} {
		w := newWorld(t)
		w.fake.SetOutcome(lapostetest.Rejected)
		ref := w.send(t, submission(service))
		w.fake.Advance(time.Hour)
		e := told(t, w.track(t, ref), "REJECTED")
		require.Contains(t, string(e.Raw), "The document cannot be converted")
		require.Equal(t, courrier.StatusFailed, e.Status)
	}
}
