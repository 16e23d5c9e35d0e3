package laposte_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

// TestRefusedBeforeAnyCall: what Maileva would refuse is refused here, with the
// field named.
func TestRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", courrier.MaxLineLen+1) // runes count, not bytes
	for name, c := range map[string]struct {
		service courrier.Service
		change  func(*courrier.Submission)
		field   string
	}{
		"line 1 too long":          {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Company = long }, "To.Company"},
		"line 2 too long":          {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Attention = long }, "To.Attention"},
		"line 3 too long":          {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Address.Building = long }, "To.Address.Building"},
		"line 4 too long":          {courrier.ServiceRegistered, func(s *courrier.Submission) { s.Letter.To.Address.Street = long }, "To.Address.Street"},
		"line 5 too long":          {courrier.ServiceRegistered, func(s *courrier.Submission) { s.Letter.To.Address.Box = long }, "To.Address.Box"},
		"line 6 too long":          {courrier.ServiceRegistered, func(s *courrier.Submission) { s.Letter.To.Address.City = long }, "To.Address.City"},
		"no name":                  {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Company, s.Letter.To.Attention = "", "" }, "To.Name"},
		"no postcode":              {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Address.Postcode = "" }, "To.Address.Postcode"},
		"four digits":              {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Address.Postcode = "6900" }, "To.Address.Postcode"},
		"no town":                  {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Address.City = "" }, "To.Address.City"},
		"no country":               {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.To.Address.Country = "" }, "To.Address.Country"},
		"registered to Germany":    {courrier.ServiceRegistered, func(s *courrier.Submission) { *s = abroad(*s) }, "To.Address.Country"},
		"registered to Nouméa":     {courrier.ServiceRegisteredAR, func(s *courrier.Submission) { s.Letter.To.Address.Postcode = "98800" }, "To.Address.Country"},
		"registered, no sender":    {courrier.ServiceRegistered, func(s *courrier.Submission) { s.Letter.From = courrier.Sender{} }, "From"},
		"registered from Germany":  {courrier.ServiceRegistered, func(s *courrier.Submission) { s.Letter.From.Address = abroad(*s).Letter.To.Address }, "From.Address.Country"},
		"sender's line 4 too long": {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.From.Address.Street = long }, "From.Address.Street"},
		"reference too long":       {courrier.ServiceStandard, func(s *courrier.Submission) { s.ID += "x" }, "ID"},
		"no reference":             {courrier.ServiceStandard, func(s *courrier.Submission) { s.ID = "" }, "ID"},
		"no document":              {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.Documents = nil }, "Documents"},
		"no content":               {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.Documents[1].Content = nil }, "Documents[1].Content"},
		"over 20 MB":               {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.Documents[0].Content = make([]byte, 20_000_000) }, "Documents"},
		"over 44 sheets":           {courrier.ServiceRegistered, func(s *courrier.Submission) { s.Letter.Documents[0].Pages = 87 }, "Documents"},
		"two copies":               {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.Print.Copies = 2 }, "Print.Copies"},
		"an envelope":              {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.Print.Envelope = courrier.EnvelopeC4 }, "Print.Envelope"},
		"returned to the sender":   {courrier.ServiceStandard, func(s *courrier.Submission) { s.Letter.Returns = courrier.ReturnsToSender }, "Returns"},
		"a tracked letter":         {courrier.ServiceTracked, func(*courrier.Submission) {}, "Service"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := submission(c.service)
			c.change(&s)
			_, err := w.provider.Draft(t.Context(), s)
			require.ErrorIs(t, err, courrier.ErrInvalid)
			fields := courrier.FieldErrors(err)
			require.Len(t, fields, 1, "%v", err)
			require.Equal(t, c.field, fields[0].Field)
			require.Empty(t, w.fake.Requests())
		})
	}
}

func TestRegisteredReachesNineTerritories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reaches := w.provider.Capabilities().Reaches
	postcodes := map[string]string{
		"FR": "69003", "MC": "98000", "RE": "97400", "YT": "97600", "MQ": "97200", "GP": "97110", "MF": "97150", "BL": "97133", "GF": "97300",
		"PM": "97500", "WF": "98600", "PF": "98700", "NC": "98800",
	}
	reached := []string{"FR", "MC", "RE", "YT", "MQ", "GP", "MF", "BL", "GF"}
	for territory, postcode := range postcodes {
		for _, country := range []string{territory, "FR"} {
			if territory == "MC" {
				country = "MC"
			}
			a := courrier.Address{Street: "1 RUE", Postcode: postcode, City: "VILLE", Country: country}
			want := false
			for _, r := range reached {
				want = want || r == territory
			}
			require.Equal(t, want, reaches(courrier.ServiceRegisteredAR, a), "%s as %s", territory, country)
			require.True(t, reaches(courrier.ServiceStandard, a), "%s as %s", territory, country)
		}
	}
	for _, country := range courrier.Countries() {
		a := courrier.Address{Street: "1 RUE", Postcode: postcodes[country], City: "VILLE", Country: country}
		require.True(t, reaches(courrier.ServiceStandard, a), country)
	}
}

// TestDraftLeavesNothingBehind: whatever fails on the way, the draft is deleted,
// nothing is in doubt, and the next attempt works.
func TestDraftLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	calls := []lapostetest.Call{lapostetest.CallDocument, lapostetest.CallRecipient}
	faults := []lapostetest.Fault{
		lapostetest.CutAfter, lapostetest.CutBefore, lapostetest.ServerError, lapostetest.ErrorAfter, lapostetest.Unavailable,
		lapostetest.TooMany, lapostetest.Forbidden, lapostetest.NotFoundHTML, lapostetest.Refused,
	}
	for _, call := range calls {
		for _, fault := range faults {
			t.Run(string(call)+"/"+string(fault), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				s := submission(courrier.ServiceRegisteredAR)
				w.fake.Fail(call, fault, 1)
				_, err := w.provider.Draft(t.Context(), s)
				switch fault {
				case lapostetest.Refused:
					require.ErrorIs(t, err, courrier.ErrInvalid)
				case lapostetest.Forbidden:
					require.ErrorIs(t, err, courrier.ErrDenied)
				default:
					require.ErrorIs(t, err, courrier.ErrUnavailable)
				}
				require.NotErrorIs(t, err, courrier.ErrInDoubt)
				require.Zero(t, w.fake.Drafts())
				w.send(t, s)
				all := w.fake.Submitted()
				require.Len(t, all, 1)
				require.Equal(t, string(letterID), all[0].CustomID)
				require.True(t, all[0].Registered)
				require.Equal(t, 1, all[0].Recipients)
				require.Len(t, all[0].Documents, 2)
			})
		}
	}
}

// TestDraftThatCannotBeDeleted: an orphan is harmless, and the first failure is
// the one reported.
func TestDraftThatCannotBeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fake.Fail(lapostetest.CallRecipient, lapostetest.Refused, 1)
	w.fake.Fail(lapostetest.CallDelete, lapostetest.Forbidden, -1)
	_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, 1, w.fake.Drafts())
	require.Empty(t, w.fake.Submitted())
}

func TestDraftEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fake.Fail(lapostetest.CallDocument, lapostetest.Hang, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := w.provider.Draft(ctx, submission(courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Zero(t, w.fake.Drafts(), "the draft is deleted although the context has ended")
}

// TestSubmitOutcomes: three outcomes, and which failure is which.
func TestSubmitOutcomes(t *testing.T) {
	t.Parallel()
	const unclear, nothing, refused = "in doubt", "nothing accepted", "rejected"
	for fault, c := range map[lapostetest.Fault]struct {
		outcome  string
		executed bool
	}{
		lapostetest.CutAfter:     {unclear, true},
		lapostetest.CutBefore:    {unclear, false},
		lapostetest.ServerError:  {unclear, false},
		lapostetest.ErrorAfter:   {unclear, true},
		lapostetest.Unavailable:  {unclear, false},
		lapostetest.NotFoundHTML: {unclear, false}, // a 404 that Maileva did not sign
		lapostetest.TooMany:      {unclear, false}, // without a code of its own
		lapostetest.Forbidden:    {nothing, false},
		lapostetest.Refused:      {refused, false},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := submission(courrier.ServiceStandard)
			var err error
			s.Draft, err = w.provider.Draft(t.Context(), s)
			require.NoError(t, err)
			w.fake.Fail(lapostetest.CallSubmit, fault, -1)
			_, err = w.provider.Submit(t.Context(), s)
			switch c.outcome {
			case unclear:
				require.ErrorIs(t, err, courrier.ErrInDoubt)
			case nothing:
				require.True(t, errors.Is(err, courrier.ErrUnavailable) || errors.Is(err, courrier.ErrDenied), "%v", err)
			case refused:
				require.True(t, errors.Is(err, courrier.ErrRejected) || errors.Is(err, courrier.ErrInvalid), "%v", err)
			}
			require.Equal(t, c.executed, len(w.fake.Submitted()) == 1)
			require.Equal(t, 1, requests(w.fake, http.MethodPost, func(p string) bool { return strings.HasSuffix(p, "/submit") }), "a submission is never repeated")
		})
	}
}

func TestSubmitWithoutConnectionIsNotInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := submission(courrier.ServiceStandard)
	var err error
	s.Draft, err = w.provider.Draft(t.Context(), s)
	require.NoError(t, err)
	w.fake.Close()
	_, err = w.provider.Submit(t.Context(), s)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.NotErrorIs(t, err, courrier.ErrInDoubt)
}

func TestSubmitAgainIsTheFirstSuccess(t *testing.T) {
	t.Parallel()
	for _, service := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegisteredAR} {
		w := newWorld(t)
		s := submission(service)
		var err error
		s.Draft, err = w.provider.Draft(t.Context(), s)
		require.NoError(t, err)
		w.fake.Fail(lapostetest.CallSubmit, lapostetest.CutAfter, 1)
		_, err = w.provider.Submit(t.Context(), s)
		require.ErrorIs(t, err, courrier.ErrInDoubt)
		receipt, err := w.provider.Submit(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, s.Draft, receipt.ProviderID)
		require.Len(t, w.fake.Submitted(), 1)
	}
}

func TestSubmitDraftThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := submission(courrier.ServiceStandard)
	s.Draft = "2b6a2f0e-0000-4000-8000-000000000000"
	_, err := w.provider.Submit(t.Context(), s)
	require.ErrorIs(t, err, courrier.ErrUnavailable, "another draft may pass")
	s.Draft = ""
	_, err = w.provider.Submit(t.Context(), s)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// TestUnauthorizedMidway: a token that is refused is replaced once, also for the
// call that prints, which a refusal proves not to have been executed.
func TestUnauthorizedMidway(t *testing.T) {
	t.Parallel()
	for _, call := range []lapostetest.Call{lapostetest.CallCreate, lapostetest.CallDocument, lapostetest.CallRecipient, lapostetest.CallSubmit} {
		t.Run(string(call), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fake.Fail(call, lapostetest.Unauthorized, 1)
			w.send(t, submission(courrier.ServiceRegistered))
			require.Equal(t, []string{"password", "password"}, w.fake.TokenCalls())
			require.Len(t, w.fake.Submitted(), 1)
			require.Equal(t, 1, w.fake.Submitted()[0].Recipients)
			require.Len(t, w.fake.Submitted()[0].Documents, 2)
		})
	}
	t.Run("for ever", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.fake.Fail(lapostetest.CallCreate, lapostetest.Unauthorized, -1)
		_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceRegistered))
		require.ErrorIs(t, err, courrier.ErrDenied)
		require.Len(t, w.fake.TokenCalls(), 2, "once, not for ever")
	})
}

func reference(s courrier.Submission, at time.Time) courrier.Reference {
	return courrier.Reference{ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, Draft: s.Draft, AttemptedAt: at}
}

func drafted(t *testing.T, w world, service courrier.Service) (courrier.Submission, courrier.Reference) {
	t.Helper()
	s := submission(service)
	var err error
	s.Draft, err = w.provider.Draft(t.Context(), s)
	require.NoError(t, err)
	return s, reference(s, w.fake.Now())
}

func TestFindDraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, ref := drafted(t, w, courrier.ServiceRegistered)
	_, err := w.provider.Find(t.Context(), ref)
	require.ErrorIs(t, err, courrier.ErrInDoubt, "a submission may be on its way")
	require.Equal(t, 1, w.fake.Drafts())
	w.fake.Advance(w.provider.Capabilities().SettleAfter)
	_, err = w.provider.Find(t.Context(), ref)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	require.Zero(t, w.fake.Drafts(), "the draft is deleted")
	// The submission of a process that was paused arrives now.
	_, err = w.provider.Submit(t.Context(), s)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.Empty(t, w.fake.Submitted())
	_, err = w.provider.Find(t.Context(), ref)
	require.ErrorIs(t, err, courrier.ErrNotFound, "asked again, the answer is the same")
}

// TestFindRacesWithSubmit: the submission arrives between our reading and our
// deleting; the deleting tells.
func TestFindRacesWithSubmit(t *testing.T) {
	t.Parallel()
	fake := newFake(lapostetest.Options{})
	t.Cleanup(fake.Close)
	var late func()
	provider, err := newProvider(fake, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete && late != nil {
				late()
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	require.NoError(t, err)
	w := world{fake: fake, provider: provider}
	s, ref := drafted(t, w, courrier.ServiceStandard)
	fake.Advance(time.Hour)
	late = func() {
		late = nil
		_, err := provider.Submit(context.Background(), s)
		require.NoError(t, err)
	}
	receipt, err := provider.Find(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, s.Draft, receipt.ProviderID)
	require.Len(t, fake.Submitted(), 1)
}

func TestFindOutcomes(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]error{
		"PENDING": nil, "BLOCKED": nil, "ACCEPTED": nil, "PREPARING": nil, "PROCESSED": nil, "PROCESSED_WITH_ERRORS": nil, "CANCELED": nil,
		"REJECTED": courrier.ErrRejected, "SOMETHING_NEW": nil,
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fake.SetOutcome(lapostetest.Stuck)
			ref := w.send(t, submission(courrier.ServiceRegistered))
			w.fake.SetStatus(ref.ProviderID, status, "")
			ref.ProviderID = ""
			receipt, err := w.provider.Find(t.Context(), ref)
			if want != nil {
				require.ErrorIs(t, err, want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, ref.Draft, receipt.ProviderID)
		})
	}
}

func TestFindFailuresProveNothing(t *testing.T) {
	t.Parallel()
	for _, fault := range []lapostetest.Fault{
		lapostetest.CutBefore, lapostetest.ServerError, lapostetest.TooMany, lapostetest.Unauthorized, lapostetest.Forbidden, lapostetest.Refused, lapostetest.NotJSON,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ref := w.send(t, submission(courrier.ServiceStandard))
			w.fake.Advance(time.Hour)
			w.fake.Fail(lapostetest.CallReadOne, fault, -1)
			_, err := w.provider.Find(t.Context(), ref)
			require.ErrorIs(t, err, courrier.ErrInDoubt)
			require.NotErrorIs(t, err, courrier.ErrRejected)
			require.NotErrorIs(t, err, courrier.ErrNotFound)
		})
	}
	t.Run("deleting fails", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, ref := drafted(t, w, courrier.ServiceStandard)
		w.fake.Advance(time.Hour)
		w.fake.Fail(lapostetest.CallDelete, lapostetest.Forbidden, -1)
		_, err := w.provider.Find(t.Context(), ref)
		require.ErrorIs(t, err, courrier.ErrInDoubt)
	})
}

// TestErrorCodes sends every code of the contracts, one by one, in answer to the
// recipient, and looks at what the host is told.
func TestErrorCodes(t *testing.T) {
	t.Parallel()
	for code, field := range errorCodes {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, answering(http.MethodPost, "/recipients", http.StatusBadRequest, `{"errors":[{"code":"`+code+`","message":"Mme Zoé Quillévéré, 12 RUE DES LILAS"}]}`))
			_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceRegistered))
			var e *courrier.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, code, e.Code)
			require.NotContains(t, err.Error(), "LILAS")
			switch {
			case code == "SENDING_STATUS_IS_NOT_DRAFT":
				require.ErrorIs(t, err, courrier.ErrUnavailable)
			case field == "":
				require.ErrorIs(t, err, courrier.ErrRejected)
				require.NotErrorIs(t, err, courrier.ErrInvalid)
				require.Contains(t, err.Error(), ";", "a remedy is given")
			default:
				require.ErrorIs(t, err, courrier.ErrInvalid)
				require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
			}
		})
	}
}

// errorCodes lists the codes of mail/v2.9 and registered_mail/v4.9 and the field
// at fault.
var errorCodes = map[string]string{
	"SENDER_ADDRESS_LINE_1_TOO_LONG": "From.Name", "SENDER_ADDRESS_LINE_2_TOO_LONG": "From.Address.Unit", "SENDER_ADDRESS_LINE_3_TOO_LONG": "From.Address.Building",
	"SENDER_ADDRESS_LINE_4_TOO_LONG": "From.Address.Street", "SENDER_ADDRESS_LINE_5_TOO_LONG": "From.Address.Box", "SENDER_ADDRESS_LINE_6_TOO_LONG": "From.Address.City",
	"SENDER_ADDRESS_LINE_6_WRONG_FORMAT": "From.Address.Postcode", "SENDER_COUNTRY_CODE_TOO_LONG": "From.Address.Country",
	"ADDRESS_LINE_1_TOO_LONG": "To.Name", "ADDRESS_LINE_2_TOO_LONG": "To.Address.Unit", "ADDRESS_LINE_3_TOO_LONG": "To.Address.Building",
	"ADDRESS_LINE_4_TOO_LONG": "To.Address.Street", "ADDRESS_LINE_5_TOO_LONG": "To.Address.Box", "ADDRESS_LINE_6_TOO_LONG": "To.Address.City",
	"ADDRESS_LINE_6_WRONG_FORMAT": "To.Address.Postcode", "INVALID_ADDRESS_LINE_6": "To.Address.Postcode", "EMPTY_ADDRESS_LINE_6": "To.Address.City",
	"EMPTY_ADDRESS_LINE_1_OR_ADDRESS_LINE_2": "To.Name", "ADDRESS_LINE_1_OR_ADDRESS_LINE_2_MANDATORY": "To.Name",
	"COUNTRY_CODE_TOO_LONG": "To.Address.Country", "COUNTRY_CODE_EMPTY": "To.Address.Country", "INVALID_COUNTRY_CODE": "To.Address.Country",
	"DOCUMENT_TYPE_NOT_ACCEPTED": "Documents", "EMPTY_DOCUMENT": "Documents", "CORRUPTED_DOCUMENT": "Documents", "INVALID_DOCUMENT_SIZE": "Documents",
	"INVALID_TOTAL_SENDING_SIZE": "Documents", "INVALID_DOCUMENTS_COUNT": "Documents",
	"DUPLICATE_PRIORITY": "", "EMPTY_PRIORITY": "", "INVALID_PRIORITY": "", "EMPTY_METADATA": "", "METADATA_WRONG_FORMAT": "",
	"TOO_MANY_PARAMETER_DOCUMENT": "", "TOO_MANY_PARAMETER_METADATA": "", "EMPTY_FILE_ID": "", "EMPTY_NAME": "", "NAME_TOO_LONG": "",
	"CUSTOM_ID_EMPTY": "", "CUSTOM_ID_WRONG_FORMAT": "", "INVALID_NOTIFICATION_EMAIL": "", "INVALID_RECIPIENTS_COUNT": "",
	"INVALID_SCHEDULED_DATE": "", "INVALID_SCHEDULED_DATE_FORMAT": "", "EMPTY_SCHEDULED_DATE": "", "EMPTY_PRODUCTION_CENTER": "", "INVALID_PRODUCTION_CENTER": "",
	"SENDING_STATUS_IS_NOT_DRAFT": "", "IMPORT_STATUS_IS_NOT_DONE": "", "UNEXPECTED_NOT_VALID_ERROR": "", "SENDING_NOT_FOUND": "", "RECIPIENT_NOT_FOUND": "",
	"DOCUMENT_NOT_FOUND": "", "IMPORT_NOT_FOUND": "", "PREVIEW_NOT_FOUND": "", "ID_FILE_NOT_FOUND": "",
}

// answering replaces the answer to calls of a method with an end of the path.
func answering(method, suffix string, status int, body string) func(*laposte.Config) {
	return func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil || r.Method != method || !strings.HasSuffix(r.URL.Path, suffix) {
				return resp, err
			}
			resp.Body.Close()
			return answer(r, status, body), nil
		})
	}
}

func TestErrorShapes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		code   string
	}{
		"a list":                   {400, `{"errors":[{"code":"EMPTY_NAME","message":"x"}]}`, courrier.ErrRejected, "EMPTY_NAME"},
		"several, all with fields": {400, `{"errors":[{"code":"EMPTY_DOCUMENT"},{"code":"COUNTRY_CODE_EMPTY"}]}`, courrier.ErrInvalid, "EMPTY_DOCUMENT"},
		"a bare error":             {400, `{"code":"NAME_TOO_LONG","message":"x"}`, courrier.ErrRejected, "NAME_TOO_LONG"},
		"a code nobody knows":      {400, `{"errors":[{"code":"SOMETHING_NEW","message":"x"}]}`, courrier.ErrRejected, "SOMETHING_NEW"},
		"a code that is a name":    {400, `{"errors":[{"code":"Mme Zoé Quillévéré","message":"x"}]}`, courrier.ErrUnavailable, ""},
		"no JSON":                  {400, `<html>proxy</html>`, courrier.ErrUnavailable, ""},
		"too large":                {413, `{"errors":[{"code":"INVALID_DOCUMENT_SIZE"}]}`, courrier.ErrInvalid, "INVALID_DOCUMENT_SIZE"},
		"too large, by a proxy":    {413, `<html>`, courrier.ErrUnavailable, ""},
		"conflict":                 {409, ``, courrier.ErrUnavailable, ""},
		"not found":                {404, `{"code":"SENDING_NOT_FOUND","message":"x"}`, courrier.ErrUnavailable, "SENDING_NOT_FOUND"},
		"forbidden":                {403, ``, courrier.ErrDenied, ""},
		"moved":                    {302, ``, courrier.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, answering(http.MethodPost, "/recipients", c.status, c.body))
			_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceStandard))
			require.ErrorIs(t, err, c.kind)
			var e *courrier.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.code, e.Code)
			require.NotContains(t, err.Error(), "Zoé")
			require.Zero(t, w.fake.Drafts())
		})
	}
}

func TestNewNamesWrongFields(t *testing.T) {
	t.Parallel()
	_, err := laposte.New(laposte.Config{Endpoints: laposte.Endpoints{Token: "ftp://x", Mail: "x"}, RequestsPerSecond: -1, Webhook: laposte.BasicAuth{Login: "x"}})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	var fields []string
	for _, f := range courrier.FieldErrors(err) {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"Credentials", "RequestsPerSecond", "Webhook", "Endpoints.Token", "Endpoints.Mail", "Endpoints.RegisteredMail", "Endpoints.Notifications"}, fields)
	for _, e := range []laposte.Endpoints{{}, laposte.Production(), laposte.Sandbox()} {
		_, err = laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(credentials), Endpoints: e, RequestsPerSecond: 3})
		require.NoError(t, err)
	}
}
