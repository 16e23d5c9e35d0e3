package pingen_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/pingen"
	"github.com/courrier-go/courrier/providers/pingen/pingentest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// edits word the answers of some calls anew, by an expression of method and path. What
// the call asks for is done first.
type edits map[string]func(status int, body string) (int, string)

func (e edits) edit(r *http.Request, status int, body string) (int, string) {
	for call, f := range e {
		if regexp.MustCompile(call).MatchString(r.Method + " " + r.URL.Path) {
			return f(status, body)
		}
	}
	return 0, ""
}

// says answers a text in which LETTER and NAME stand for those of the true answer.
func says(status int, text string) func(int, string) (int, string) {
	return func(_ int, body string) (int, string) {
		return status, strings.NewReplacer("LETTER", within(body, "id"), "NAME", within(body, "file_original_name")).Replace(text)
	}
}

// within returns a text of a JSON body.
func within(body, field string) string {
	found := regexp.MustCompile(`"` + field + `":"([^"]+)"`).FindStringSubmatch(body)
	return append(found, "", "")[1]
}

func replaces(pattern, by string) func(int, string) (int, string) {
	return func(status int, body string) (int, string) {
		return status, regexp.MustCompile(pattern).ReplaceAllString(body, by)
	}
}

const (
	reading = "^GET .*/letters/[^/]+$"
	sending = "/send$"
)

// worded returns an adapter to the world's carrier, some of whose answers are edited.
func (w *world) worded(t *testing.T, e edits, changes ...func(*pingen.Config)) *pingen.Provider {
	t.Helper()
	line := resttest.Direct{Handler: carrierlife.Edited{Handler: w.Server, Edit: e.edit}}
	p, err := newProvider(line, w.clock.Now, nil, append(changes, func(c *pingen.Config) { c.Retries = -1 })...)
	require.NoError(t, err)
	return p
}

// unclear are answers to a sending that do not tell what became of it.
var unclear = map[string]carrierlife.Answer{
	"500, a fault in words":      {Status: 500, Body: `{"errors":[{"code":"internal_error"}]}`},
	"503, maintenance":           {Status: 503, Body: `{"errors":[{"code":"maintenance","title":"Maintenance"}]}`},
	"504, a time-out in words":   {Status: 504, Body: `{"errors":[{"code":"timeout"}]}`},
	"424, something else":        {Status: 424, Body: `{"errors":[{"code":"dependency"}]}`},
	"408, in words":              {Status: 408, Body: `{"errors":[{"code":"timeout"}]}`},
	"302":                        {Status: 302, Body: ``},
	"another letter":             {Status: 200, Body: `{"data":{"id":"another","type":"letters","attributes":{"status":"submitted"}}}`},
	"no id":                      {Status: 200, Body: `{"data":{"type":"letters","attributes":{"status":"submitted"}}}`},
	"id as a number":             {Status: 200, Body: `{"data":{"id":7,"type":"letters"}}`},
	"a list":                     {Status: 200, Body: `{"data":[]}`},
	"broken off":                 {Status: 200, Body: `{"data":{"id":"11`},
	"202 without a body":         {Status: 202, Body: ``},
	"204":                        {Status: 204, Body: ``},
	"200, and errors":            {Status: 200, Body: `{"errors":[{"code":"x"}]}`},
	"200 of a gateway":           {Status: 200, Body: `<html>maintenance</html>`},
	"a draft, still":             {Status: 200, Body: `{"data":{"id":"LETTER","type":"letters","attributes":{"status":"valid","file_original_name":"NAME"}}}`},
	"an unknown status":          {Status: 200, Body: `{"data":{"id":"LETTER","type":"letters","attributes":{"status":"queued","file_original_name":"NAME"}}}`},
	"the name of another letter": {Status: 200, Body: `{"data":{"id":"LETTER","type":"letters","attributes":{"status":"submitted","file_original_name":"x.pdf"}}}`},
}

// Answers that prove nothing leave the letter in doubt; the letter itself tells.
func TestUnclearAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range unclear {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
			_, err := w.worded(t, edits{sending: says(answer.Status, answer.Body)}).Submit(t.Context(), s)
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			found, err := w.provider.Find(t.Context(), ref)
			require.NoError(t, err)
			require.Equal(t, s.Draft, found.ProviderID)
		})
	}
}

// A refusal in the carrier's own words is final for a draft, which is deleted. Of a letter
// that was sent it is none: something in between made the call twice.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 422, 405, 413} {
		body := `{"errors":[{"code":"already_sent"}]}`
		w := newWorld(t)
		s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		found, err := w.worded(t, edits{sending: says(status, body)}).Submit(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, s.Draft, found.ProviderID)
		for name, e := range map[string]edits{
			"not read": {reading: says(502, "<html>")}, "not told": {reading: replaces(`"status":"[a-z]+"`, `"status":"novelty"`)},
			"not deleted": {"^DELETE": says(502, "<html>")}, "plain": {},
		} {
			w := newWorld(t)
			s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
			w.Fail(pingentest.Fault{Kind: pingentest.Refuse, Call: sending[:len(sending)-1]})
			_, err := w.worded(t, e).Submit(t.Context(), s)
			if name == "plain" {
				carrierlife.RequireKind(t, courrier.ErrRejected, err)
				require.Zero(t, w.Drafts())
				continue
			}
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		}
	}
}

// A state of the check that nobody knows is waited for; a letter that the carrier sends
// by itself is not made a second time.
func TestDraftsInUnknownStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []string{"queued", "expired", "", "VALID"} {
			fake := newFake(time.Now)
			reads := 0
			line := carrierlife.Edited{Handler: fake, Edit: func(r *http.Request, code int, body string) (int, string) {
				if reads++; strings.Contains(body, `"status":"valid"`) && r.Method == http.MethodGet && reads < 8 {
					return code, strings.Replace(body, `"status":"valid"`, `"status":"`+status+`"`, 1)
				}
				return 0, ""
			}}
			provider, err := newProvider(resttest.Direct{Handler: line}, time.Now, nil)
			require.NoError(t, err)
			_, err = provider.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			require.NoError(t, err, status)
			reads = -1 << 20
			_, err = provider.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		}
	})
	w := newWorld(t)
	p := w.worded(t, edits{"POST .*/letters$": func(status int, body string) (int, string) {
		w.Sends(string(carrierlife.LetterID) + ".pdf")
		return 0, ""
	}})
	s := carrierlife.Submission(courrier.ServiceStandard)
	var err error
	s.Draft, err = p.Draft(t.Context(), s)
	require.NoError(t, err)
	receipt, err := p.Submit(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, s.Draft, receipt.ProviderID)
	require.Len(t, w.Sent(), 1)
}

// A conflict is about the letter only in the carrier's own word for that; the letter
// itself tells what became of it.
func TestConflicts(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"the letter's state": `{"errors":[{"code":"conflict_state"}]}`, "the same key": `{"errors":[{"code":"idempotency_key_in_use"}]}`,
		"no code": `{"errors":[{"title":"Conflict"}]}`, "a gateway": "<html>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
			outage := edits{sending: says(409, body), reading: says(502, "<html>")}
			_, err := w.worded(t, outage).Submit(t.Context(), s)
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			found, err := w.worded(t, edits{sending: says(409, body)}).Submit(t.Context(), s)
			if name == "a gateway" {
				carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, s.Draft, found.ProviderID)
			require.Len(t, w.Sent(), 1)
		})
	}
	// Before anything was sent.
	for code, want := range map[string]error{"conflict_state": courrier.ErrUnavailable, "other": courrier.ErrInDoubt} {
		w := newWorld(t)
		s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		p, err := newProvider(resttest.Direct{Handler: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/send") {
				out.WriteHeader(http.StatusConflict)
				_, _ = io.WriteString(out, `{"errors":[{"code":"`+code+`"}]}`)
				return
			}
			w.ServeHTTP(out, r)
		})}, w.clock.Now, nil)
		require.NoError(t, err)
		_, err = p.Submit(t.Context(), s)
		carrierlife.RequireKind(t, want, err)
	}
}

// An event that tells why a draft could not be sent does not end the letter that was
// sent after it; one that comes after the sending does.
func TestFileProblemsBeforeAndAfterTheSending(t *testing.T) {
	t.Parallel()
	for _, shown := range []bool{false, true} {
		w := newWorld(t)
		s, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		w.Happen(string(s.ID)+".pdf", "content_failed_inspection")
		w.advance(time.Minute)
		r, err := w.provider.Submit(t.Context(), s)
		require.NoError(t, err)
		ref.ProviderID = r.ProviderID
		w.advance(time.Hour)
		p := w.provider
		if !shown { // the moment is that of the event then
			p = w.worded(t, edits{reading: replaces(`"submitted_at":"[^"]*"`, `"submitted_at":null`)})
		}
		status := func() courrier.Status {
			events, err := p.Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err)
			return courrier.Fold(events).Status
		}
		require.Equal(t, courrier.StatusAccepted, status())
		w.Happen(string(s.ID)+".pdf", "rejected_from_printcenter")
		require.Equal(t, courrier.StatusFailed, status())
	}
}

// A whole client never sends again what was answered so, nor gives it to another carrier.
func TestUnclearAnswersNeverSendTwice(t *testing.T) {
	t.Parallel()
	carrierlife.Unclear(t, carrierlife.Submission(courrier.ServiceTracked).Letter, unclear, func(a carrierlife.Answer) carrierlife.Carrier {
		c, fake := lifeCarrier()
		c.Line = resttest.Direct{Handler: carrierlife.Edited{Handler: fake, Edit: edits{sending: says(a.Status, a.Body)}.edit}}
		return c
	})
}

// What a letter's status proves of its sending, by itself: a draft was not sent and is
// deleted, what is under way was, and everything else is doubt.
func TestWhatAStatusProves(t *testing.T) {
	t.Parallel()
	for kind, statuses := range map[string][]string{
		"draft": {"valid", "action_required", "invalid", "validating", "fixing", "preparing"},
		"sent": {"submitted", "awaiting_credits", "accepted", "inspection", "processing", "printing", "transferring", "sent", "delivered",
			"undeliverable"},
		"doubt": {"queued", "awaiting_validation", "VALID", "expired", "cancelled", "cancelled_expired", "cancelling", "rejected",
			"unprintable", "", "novelty"},
	} {
		for _, status := range statuses {
			t.Run(kind+" "+status, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				_, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
				w.advance(time.Hour)
				found, err := w.worded(t, edits{reading: replaces(`"status":"valid"`, `"status":"`+status+`"`)}).Find(t.Context(), ref)
				switch kind {
				case "sent":
					require.NoError(t, err)
					require.Equal(t, ref.Draft, found.ProviderID)
				case "draft":
					carrierlife.RequireKind(t, courrier.ErrNotFound, err)
					require.Zero(t, w.Drafts())
				default:
					carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
					require.Equal(t, 1, w.Drafts(), "what may have been sent is not deleted")
				}
			})
		}
	}
	for _, moment := range []string{`"0000-00-00T00:00:00+0000"`, `"1970-01-01T00:00:00+0000"`, `"yesterday"`, `1772442000`, `{"date":"x"}`, `true`} {
		w := newWorld(t)
		_, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		w.advance(time.Hour)
		_, err := w.worded(t, edits{reading: replaces(`"submitted_at":""`, `"submitted_at":`+moment)}).Find(t.Context(), ref)
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		require.Equal(t, 1, w.Drafts(), moment)
	}
	for _, status := range []string{"valid", "expired", "novelty"} { // a moment of sending is proof whatever the status
		w := newWorld(t)
		ref := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
		ref.ProviderID = ""
		_, err := w.worded(t, edits{reading: replaces(`"status":"[a-z]+"`, `"status":"`+status+`"`)}).Find(t.Context(), ref)
		require.NoError(t, err)
	}
}

// A letter that waited for funds in vain fails, whether the carrier then forgets that it
// was sent or not.
func TestNoFundsByItsEvents(t *testing.T) {
	t.Parallel()
	for _, cleared := range []bool{false, true} {
		w := newWorld(t)
		w.SetRoute(pingentest.NoFunds)
		w.Shape(pingentest.Form{ForgetsSending: cleared})
		ref := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
		w.advance(time.Hour)
		require.Equal(t, courrier.StatusBlocked, w.fold(t, ref).Status)
		w.advance(8 * 24 * time.Hour)
		require.Equal(t, courrier.StatusFailed, w.fold(t, ref).Status, "cleared: %t", cleared)
	}
}

// A draft is gone when the carrier says so, and cancelled when the carrier takes it: a
// page of a gateway proves neither.
func TestDeletingAndCancellingTakeTheCarriersWord(t *testing.T) {
	t.Parallel()
	for name, answer := range unclear {
		if answer.Status == 204 || answer.Status == 202 {
			continue // these are the carrier's own answers
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
			w.advance(time.Hour)
			_, err := w.worded(t, edits{"^DELETE": says(answer.Status, answer.Body)}).Find(t.Context(), ref)
			require.Error(t, err)
			require.NotErrorIs(t, err, courrier.ErrNotFound)
			w = newWorld(t)
			ref = w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
			require.Error(t, w.worded(t, edits{"/cancel$": says(answer.Status, answer.Body)}).Cancel(t.Context(), ref))
		})
	}
}

// hookBody is a call about the letter L and its event E, with what is included.
func hookBody(included ...string) string {
	return `{"data":{"id":"h","type":"webhook_delivered","attributes":{"reason":null},"relationships":{"event":{"data":{"id":"E","type":"letters_events"}},` +
		`"letter":{"data":{"id":"L","type":"letters"}}}},"included":[` + strings.Join(included, ",") + `]}`
}

// What a call includes may be there twice, in part, or be of no known shape. A call that
// does not hold all is a hint, and the carrier is asked.
func TestWhatWebhooksInclude(t *testing.T) {
	t.Parallel()
	const event = `{"id":"E","type":"letters_events","attributes":{"code":"delivered","emitted_at":"2026-03-02T09:00:00+0100"}}`
	letter := `{"id":"L","type":"letters","attributes":{"file_original_name":"` + string(carrierlife.LetterID) +
		`.pdf","submitted_at":"2026-03-02T09:00:00+0100","status":"delivered"}}`
	for name, tc := range map[string]struct {
		included []string
		hint     bool
	}{
		"whole":                              {[]string{letter, event}, false},
		"the other way round":                {[]string{event, letter}, false},
		"event twice":                        {[]string{letter, event, strings.Replace(event, "letters_events", "deliverables_events", 1)}, false},
		"event, then less of it":             {[]string{letter, event, `{"id":"E","type":"deliverables_events"}`}, false},
		"less of the event, then it":         {[]string{`{"id":"E","type":"deliverables_events"}`, letter, event}, false},
		"letter, then less of it":            {[]string{letter, event, `{"id":"L","type":"deliverables","attributes":{}}`}, false},
		"an organisation with empty lists":   {[]string{`{"id":"o","type":"organisations","attributes":[]}`, letter, event}, false},
		"something with a number for its id": {[]string{`{"id":5,"type":"plans"}`, letter, event}, false},
		"texts, null and lists":              {[]string{`"x"`, `null`, `[]`, letter, event}, false},
		"attributes as null":                 {[]string{`{"id":"x","type":"x","attributes":null}`, letter, event}, false},
		"no letter":                          {[]string{event}, true},
		"less of the letter":                 {[]string{`{"id":"L","type":"letters"}`, event}, true},
		"the letter without its sending":     {[]string{strings.Replace(letter, "submitted_at", "sent_at", 1), event}, true},
		"the letter without a name":          {[]string{`{"id":"L","type":"letters","attributes":{"status":"delivered"}}`, event}, true},
		"less of the event":                  {[]string{letter, `{"id":"E","type":"letters_events"}`}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := hookBody(tc.included...)
			require.True(t, json.Valid([]byte(body)))
			r, err := pingentest.Sign(hook, signingKey, []byte(body))
			require.NoError(t, err)
			told, err := newWorld(t).provider.ParseWebhook(r.Header, nil, []byte(body))
			require.NoError(t, err)
			require.Len(t, told.Events, 1)
			e := told.Events[0]
			require.Equal(t, []any{tc.hint, "pingen:L:E", "L"}, []any{e.Hint, e.ID, e.ProviderID})
			if !tc.hint {
				require.Equal(t, []any{carrierlife.LetterID, courrier.StatusDelivered}, []any{e.Letter, e.Status})
			}
		})
	}
	for _, bad := range []string{hookBody(), hookBody(letter), hookBody(`"E"`)} {
		r, err := pingentest.Sign(hook, signingKey, []byte(bad))
		require.NoError(t, err)
		_, err = newWorld(t).provider.ParseWebhook(r.Header, nil, []byte(bad))
		carrierlife.RequireKind(t, courrier.ErrInvalid, err)
	}
}

// Whatever a call leaves out, the letter comes to the end that polling alone gives it.
func TestAPartInACallThenAPoll(t *testing.T) {
	t.Parallel()
	for name, included := range map[string]string{
		"event, then less of it": `{"id":"E","type":"letters_events","attributes":{"code":"CODE"}},{"id":"E","type":"deliverables_events"}`,
		"less of the event":      `{"id":"E","type":"letters_events"}`,
		"no letter":              `{"id":"E","type":"letters_events","attributes":{"code":"CODE"}}`,
	} {
		for route, want := range map[pingentest.Route]struct {
			code string
			end  courrier.Status
		}{pingentest.Delivered: {"delivered", courrier.StatusDelivered}, pingentest.Unprintable: {"file_not_readable", courrier.StatusFailed}} {
			t.Run(name+", "+want.code, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, fake := lifeCarrier()
					fake.SetRoute(route)
					c.Calls = func(_ context.Context, call carrierlife.Call) {
						for _, told := range fake.Calls() {
							if strings.Contains(told.Body, want.code) {
								r, err := pingentest.Sign(hook, signingKey, []byte(inPart(t, told.Body, strings.ReplaceAll(included, "CODE", want.code))))
								require.NoError(t, err)
								_, err = call.Do(r)
								require.NoError(t, err)
							}
						}
					}
					require.Equal(t, want.end, carrierlife.Once(t, c, carrierlife.Submission(courrier.ServiceTracked).Letter).Status)
				})
			})
		}
	}
}

// inPart includes something else in a call, in which E stands for its event.
func inPart(t *testing.T, body, included string) string {
	t.Helper()
	var call struct {
		Data json.RawMessage `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &call))
	var data struct {
		Relationships struct {
			Event struct {
				Data struct {
					ID string `json:"id"`
				} `json:"data"`
			} `json:"event"`
		} `json:"relationships"`
	}
	require.NoError(t, json.Unmarshal(call.Data, &data))
	return `{"data":` + string(call.Data) + `,"included":[` + strings.ReplaceAll(included, `"E"`, `"`+data.Relationships.Event.Data.ID+`"`) + `]}`
}

// Whatever stands in the place of a code: no error and no log shows it, unless it is one.
func TestCodesDoNotLeak(t *testing.T) {
	t.Parallel()
	const leak = `{"errors":[{"code":"10.1.2.3 of Mme Martin secret-1-9930","title":"12 rue des Lilas","detail":"Bréhat"}],"error":"secret-1-9930"}`
	for _, call := range []string{"access-tokens", "file-upload", "bucket", "POST .*/letters$", reading, sending, "DELETE", "events$", "cancel$", "price-calculator"} {
		for _, status := range []int{200, 400, 401, 403, 404, 409, 422, 500} {
			w, said := newWorld(t), &resttest.Transcript{}
			other := carrierlife.Submission(courrier.ServiceStandard)
			other.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000002"
			sent := w.submit(t, other)
			s, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
			p := w.worded(t, edits{call: says(status, leak)}, func(c *pingen.Config) {
				c.Logger = slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, drafted := p.Draft(t.Context(), s)
			_, submitted := p.Submit(t.Context(), s)
			w.advance(time.Hour)
			_, found := p.Find(t.Context(), ref)
			_, tracked := p.Track(t.Context(), []courrier.Reference{sent})
			cancelled := p.Cancel(t.Context(), sent)
			_, quoted := p.Quote(t.Context(), s.Letter)
			all := fmt.Sprint(drafted, submitted, found, tracked, cancelled, quoted, said.String())
			for _, private := range append([]string{"10.1.2.3"}, private...) {
				require.NotContains(t, all, private, "%s %d", call, status)
			}
		}
	}
}

// The file goes to the carrier's store alone, and a page in its place is no store's answer.
func TestUploadsGoToTheStoreAlone(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"", "x", "http://169.254.169.254/x", "https://127.0.0.1/x", "https://[::1]/x", "https://pingen.com.evil.test/x", "//pingen.com/x",
		"https://pingen.com@evil.test/x", "https://xpingen.com/x", "http://pingen.com/x", "file:///etc/passwd",
	} {
		w := newWorld(t)
		recorder := &resttest.Recorder{Next: resttest.Direct{Handler: carrierlife.Edited{Handler: w.Server, Edit: edits{
			"file-upload$": replaces(`"url":"[^"]*"`, `"url":"`+link+`"`)}.edit}}}
		p, err := newProvider(recorder, w.clock.Now, nil)
		require.NoError(t, err)
		_, err = p.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		require.NotContains(t, recorder.Take(), "PUT", link)
	}
	for _, answer := range []func(int, string) (int, string){says(200, "<html>"), says(302, ""), says(403, "<Error/>"), says(500, "")} {
		w := newWorld(t)
		_, err := w.worded(t, edits{"^PUT": answer}).Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		require.Zero(t, w.Drafts())
	}
}

// What stands in the place of an event's fields harms nothing, nor do lists of another
// shape: the letter is followed, or its carrier is out of order.
func TestOddEvents(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{`null`, `""`, `0`, `-1`, `1772442000`, `"0000-01-01T00:00:00+1400"`, `"9999-12-31T23:59:59-1200"`, `{}`, `[]`, `[{}]`, `true`, `"\u0000"`} {
		for _, field := range []string{"emitted_at", "created_at", "data", "name", "location", "last_page", "total", "tracking_number", "price_value"} {
			w := newWorld(t)
			ref := w.submit(t, carrierlife.Submission(courrier.ServiceTracked))
			w.advance(30 * 24 * time.Hour)
			edit := replaces(`"`+field+`":("[^"]*"|[0-9.]+|null)`, `"`+field+`":`+odd)
			events, err := w.worded(t, edits{"events$": edit, reading: edit}).Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err, "%s %s", field, odd)
			require.Equal(t, courrier.StatusDelivered, courrier.Fold(events).Status, "%s %s", field, odd)
		}
	}
	for _, body := range []string{``, `<html>`, `{}`, `[]`, `null`, `{"data":{}}`, `{"data":["x"]}`, `{"data":null}`} {
		w := newWorld(t)
		ref := w.submit(t, carrierlife.Submission(courrier.ServiceTracked))
		events, err := w.worded(t, edits{"events$": says(200, body)}).Track(t.Context(), []courrier.Reference{ref})
		if err == nil {
			require.Empty(t, events)
			continue
		}
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	}
}

// What is not found on another organisation is not believed of an attempt made before the account
// was moved there.
func TestAccountMovedWhileInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := false
		c, _ := lifeCarrier()
		c.New = func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error) {
			return newProvider(line, time.Now, log, sellsAll, func(c *pingen.Config) {
				c.Credentials = func(ctx context.Context, a courrier.AccountID) (pingen.Credentials, error) {
					if away {
						a = "account-2"
					}
					return credentials(ctx, a)
				}
			})
		}
		carrierlife.Moved(t, c, carrierlife.Submission(courrier.ServiceTracked).Letter,
			func(r *http.Request) bool { return path.Base(r.URL.Path) == "send" }, func(gone bool) { away = gone })
	})
}

// The carrier's own words against a letter that it sent all the same, as when a call came
// twice on its way: the letter is read before they are believed, and what cannot be read
// is doubt. No draft is given up that a call may still send.
func TestOwnWordsAgainstASentLetter(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 402, 403, 404, 410, 422, 429} {
		refusal := says(status, `{"errors":[{"code":"some_code","title":"x"}]}`)
		w := newWorld(t)
		s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		r, err := w.worded(t, edits{sending: refusal}).Submit(t.Context(), s)
		require.NoError(t, err, status)
		require.Equal(t, s.Draft, r.ProviderID)

		w = newWorld(t)
		again, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		_, err = w.worded(t, edits{sending: refusal, reading: says(502, "<html>")}).Submit(t.Context(), again)
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		w.advance(time.Hour)
		found, err := w.provider.Find(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, again.Draft, found.ProviderID)
		require.Len(t, w.Sent(), 1)
	}
}
