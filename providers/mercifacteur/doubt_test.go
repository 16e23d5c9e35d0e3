package mercifacteur_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mercifacteur"
	"github.com/courrier-go/courrier/providers/mercifacteur/mercifacteurtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// edits word the answers of some calls anew. What the call asks for is done first.
type edits map[string]func(status int, body string) (int, string)

func (e edits) edit(r *http.Request, status int, body string) (int, string) {
	if f := e[path.Base(r.URL.Path)]; f != nil {
		return f(status, body)
	}
	return 0, ""
}

func says(status int, body string) func(int, string) (int, string) {
	return func(int, string) (int, string) { return status, body }
}

func replaces(pattern, by string) func(int, string) (int, string) {
	return func(status int, body string) (int, string) {
		return status, regexp.MustCompile(pattern).ReplaceAllString(body, by)
	}
}

// referenceOf is the reference that the letter of [carrierlife.Submission] bears.
func referenceOf(t *testing.T) string {
	t.Helper()
	w := newWorld(t)
	return sent(w.Server, w.submit(t, carrierlife.Submission(courrier.ServiceStandard)).ID).Reference
}

// about puts the carrier's number of a sending in the place of SENT.
func (e edits) about(sending string) edits {
	all := edits{}
	for call, f := range e {
		all[call] = func(status int, body string) (int, string) {
			status, body = f(status, body)
			return status, strings.ReplaceAll(body, "SENT", sending)
		}
	}
	return all
}

// worded returns an adapter to the world's carrier, some of whose answers are edited.
func (w *world) worded(t *testing.T, e edits, changes ...func(*mercifacteur.Config)) *mercifacteur.Provider {
	t.Helper()
	line := resttest.Direct{Handler: carrierlife.Edited{Handler: w.Server, Edit: e.edit}}
	changes = append(changes, func(c *mercifacteur.Config) { c.Retries = -1 })
	p, err := newProvider(line, w.clock.Now, nil, changes...)
	require.NoError(t, err)
	return p
}

// unclear are answers to a sending that do not tell what became of it.
var unclear = map[string]carrierlife.Answer{
	"500, a fault in words":     {Status: 500, Body: `{"success":false,"error":{"code":"INTERNAL_ERROR","text":"x"}}`},
	"500, a duplicate":          {Status: 500, Body: `{"success":false,"error":{"code":"ANTIDOUBLON_EXISTS"}}`},
	"500, a token":              {Status: 500, Body: `{"success":false,"error":{"code":"INVALID_TOKEN"}}`},
	"500, a success":            {Status: 500, Body: `{"success":true,"envoi_id":100001}`},
	"503, maintenance":          {Status: 503, Body: `{"success":false,"error":"maintenance"}`},
	"504, a time-out in words":  {Status: 504, Body: `{"success":false,"error":{"code":"TIMEOUT","text":"x"}}`},
	"302, a refusal":            {Status: 302, Body: `{"success":false}`},
	"408, a refusal":            {Status: 408, Body: `{"success":false,"error":{"code":"X"}}`},
	"id 0":                      {Status: 200, Body: `{"success":true,"envoi_id":0}`},
	"id below 0":                {Status: 200, Body: `{"success":true,"envoi_id":-1}`},
	"id with a fraction":        {Status: 200, Body: `{"success":true,"envoi_id":1.5}`},
	"id of a page":              {Status: 200, Body: `{"success":true,"envoi_id":"<b>x</b>"}`},
	"id of a path":              {Status: 200, Body: `{"success":true,"envoi_id":"../7"}`},
	"two ids":                   {Status: 200, Body: `{"success":true,"envoi_id":[7,8]}`},
	"no ids":                    {Status: 200, Body: `{"success":true,"envoi_id":[]}`},
	"id as an object":           {Status: 200, Body: `{"success":true,"envoi_id":{"0":7}}`},
	"broken off":                {Status: 200, Body: `{"success":true,"envoi_id":1000`},
	"two documents":             {Status: 200, Body: `{"success":true,"envoi_id":100001}{"success":false}`},
	"a success as text":         {Status: 200, Body: `{"success":"true","envoi_id":100001}`},
	"a success as a number":     {Status: 200, Body: `{"success":1,"envoi_id":100001}`},
	"a list":                    {Status: 200, Body: `[{"success":true,"envoi_id":100001}]`},
	"a refusal beside an id":    {Status: 400, Body: `{"success":false,"envoi_id":100001,"error":{"code":"X"}}`},
	"a refusal beside ids":      {Status: 200, Body: `{"success":false,"envoi_id":["100001"]}`},
	"warnings before a success": {Status: 200, Body: "<b>Warning</b>: x\n" + `{"success":true,"envoi_id":100001}`},
	"a mark before a success":   {Status: 200, Body: "\ufeff" + `{"success":true,"envoi_id":100001}`},
	"an id too long":            {Status: 200, Body: `{"success":true,"envoi_id":99999999999999999999}`},
	"an id of digits apart":     {Status: 200, Body: `{"success":true,"envoi_id":"100 001"}`},
	"an id in exponents":        {Status: 200, Body: `{"success":true,"envoi_id":1e5}`},
	"an id with zeros":          {Status: 200, Body: `{"success":true,"envoi_id":"0001"}`},
	"an id that is true":        {Status: 200, Body: `{"success":true,"envoi_id":true}`},
	"another name of the id":    {Status: 200, Body: `{"success":true,"idEnvoi":100001}`},
	"a success of another kind": {Status: 200, Body: `{"success":true,"token":"x","expire":1}`},
}

// Answers that prove nothing leave the letter in doubt, whatever the carrier did.
func TestUnclearAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range unclear {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.worded(t, edits{"sendCourrier": says(answer.Status, answer.Body)}).
				Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			require.Len(t, w.Sent(), 1)
		})
	}
}

// A whole client never sends again what was answered so, nor gives it to another
// carrier: the carrier's events settle it.
func TestUnclearAnswersNeverSendTwice(t *testing.T) {
	t.Parallel()
	carrierlife.Unclear(t, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter, unclear, func(a carrierlife.Answer) carrierlife.Carrier {
		c, fake := lifeCarrier()
		c.Line = resttest.Direct{Handler: carrierlife.Edited{Handler: fake, Edit: edits{"sendCourrier": says(a.Status, a.Body)}.edit}}
		return c
	})
}

// A refusal that may be that of a letter sent before is doubt, in whatever words, also
// while the carrier's events cannot be read.
func TestRefusalsOfASecondLetter(t *testing.T) {
	t.Parallel()
	outage := says(502, "<html>")
	for name, e := range map[string]edits{
		"accents":               {"sendCourrier": says(400, `{"success":false,"error":{"code":"SEND_REFUSED","text":"Cet envoi a déjà été effectué"}}`)},
		"accents, decomposed":   {"sendCourrier": says(400, `{"success":false,"error":{"code":"SEND_REFUSED","text":"Envoi de\u0301ja\u0300 fait"}}`)},
		"capitals":              {"sendCourrier": says(400, `{"success":false,"error":{"code":"SEND_REFUSED","text":"COURRIER DÉJÀ ENVOYÉ"}}`)},
		"a text alone":          {"sendCourrier": says(400, `{"success":false,"error":"antidoublon"}`)},
		"with 200":              {"sendCourrier": says(200, `{"success":false,"error":{"code":"ANTIDOUBLON"}}`)},
		"with 409":              {"sendCourrier": says(409, `{"success":false,"error":{"code":"DUPLICATE"}}`)},
		"with 429":              {"sendCourrier": says(429, `{"success":false,"error":{"code":"ALREADY_SENT"}}`)},
		"the words of the host": {"sendCourrier": says(400, `{"success":false,"error":{"code":"LETTRE_CONNUE","text":""}}`)},
		"events down":           {"sendCourrier": says(400, `{"success":false,"error":"antidoublon"}`), "getLastEvents": outage},
		"other code, events down": {"sendCourrier": says(400, `{"success":false,"error":{"code":"LETTER_EXISTS","text":"x"}}`),
			"getLastEvents": outage},
		"other code, events without a list": {"sendCourrier": says(400, `{"success":false,"error":{"code":"LETTER_EXISTS","text":"x"}}`),
			"getLastEvents": says(200, `{"success":true}`)},
		"other code, events refused": {"sendCourrier": says(400, `{"success":false,"error":{"code":"LETTER_EXISTS","text":"x"}}`),
			"getLastEvents": says(200, `{"success":false,"error":{"code":"X"}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.worded(t, e, func(c *mercifacteur.Config) { c.DuplicateWords = []string{"Connue"} })
			_, err := p.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		})
	}
}

// Only words of a known meaning end a letter: the carrier's, and those that the host
// has learnt.
func TestRefusalsForGood(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{
		"INVALID_DATE_ENVOI": courrier.ErrRejected, "LETTER_INVALID_FILES": courrier.ErrRejected, "INFO_ADDRESS_MISSING": courrier.ErrRejected,
		"PAYS_INTERDIT": courrier.ErrRejected, "LETTRE_CONNUE": courrier.ErrInDoubt, "X": courrier.ErrInDoubt,
	} {
		w := newWorld(t)
		w.Fail(mercifacteurtest.Fault{Kind: mercifacteurtest.Refuse, Call: "sendCourrier", Code: code})
		p := w.worded(t, nil, func(c *mercifacteur.Config) { c.RefusalWords = []string{"Pays interdit", "pays_interdit"} })
		_, err := p.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, want, err)
	}
}

// unknownWords are refusals in words of which nobody has heard.
var unknownWords = map[string]carrierlife.Answer{
	"400, a code":           {Status: 400, Body: `{"success":false,"error":{"code":"LETTER_EXISTS","text":"x"}}`},
	"200, a code":           {Status: 200, Body: `{"success":false,"error":{"code":"REF_CONFLICT"}}`},
	"409, a code":           {Status: 409, Body: `{"success":false,"error":{"code":"CONFLICT"}}`},
	"422, a text":           {Status: 422, Body: `{"success":false,"error":"envoi impossible"}`},
	"200, no words":         {Status: 200, Body: `{"success":false}`},
	"400, empty words":      {Status: 400, Body: `{"success":false,"error":{"code":"","text":""}}`},
	"404, a code":           {Status: 404, Body: `{"success":false,"error":{"code":"NOT_FOUND"}}`},
	"400, words as a list":  {Status: 400, Body: `{"success":false,"error":["x"]}`},
	"400, a code of digits": {Status: 400, Body: `{"success":false,"error":{"code":1062}}`},
}

// A letter that was taken and refused in such words is followed to its delivery, also
// where the carrier tells nothing of it in the first hours.
func TestTakenAndRefusedInUnknownWords(t *testing.T) {
	t.Parallel()
	for _, silent := range []time.Duration{0, 6 * time.Hour, 30 * time.Hour} {
		carrierlife.Unclear(t, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter, unknownWords, func(a carrierlife.Answer) carrierlife.Carrier {
			c, fake := lifeCarrier()
			began := time.Now()
			late := func(status int, body string) (int, string) {
				if time.Since(began) < silent {
					return 200, `{"success":true,"events":[],"pages":{"current":1,"total":1}}`
				}
				return status, body
			}
			c.Line = resttest.Direct{Handler: carrierlife.Edited{Handler: fake, Edit: edits{"sendCourrier": says(a.Status, a.Body), "getLastEvents": late}.edit}}
			return c
		})
	}
}

// A letter that was refused in such words and not taken is handed over again, and ends
// once the host knows the words.
func TestRefusedInUnknownWords(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, fake := lifeCarrier(func(cfg *mercifacteur.Config) {
				if known {
					cfg.RefusalWords = []string{"impossible"}
				}
			})
			fake.Fail(mercifacteurtest.Fault{Kind: mercifacteurtest.Refuse, Call: "sendCourrier", Code: "LETTRE_IMPOSSIBLE"})
			rec := carrierlife.Once(t, c, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter)
			require.Empty(t, c.Taken())
			require.Equal(t, known, rec.Status == courrier.StatusFailed)
			require.Equal(t, known, rec.Charge == courrier.ChargeReleased)
			require.Equal(t, "LETTRE_IMPOSSIBLE", rec.Failure.Code, "a person reads what the carrier said")
			require.Equal(t, known, rec.Attempts == 1)
		})
	}
}

// Find says "not found" only of lists that it could read to their end.
func TestFindReadsWholeLists(t *testing.T) {
	t.Parallel()
	none := says(200, `{"success":true,"events":[],"pages":{"current":1,"total":1}}`)
	lowered := replaces(`"ref_interne":"[A-Z0-9]+"`, `"ref_interne":"`+strings.ToLower(referenceOf(t))+`"`)
	spaced := replaces(`"ref_interne":"([A-Z0-9]+)"`, `"ref_interne":" $1 "`)
	listed := func(sendings string) func(int, string) (int, string) {
		return says(200, `{"success":true,"envois":`+sendings+`}`)
	}
	for name, tc := range map[string]struct {
		edits edits
		want  error // nil: found
	}{
		"bare successes":         {edits{"getLastEvents": says(200, `{"success":true}`), "listEnvois": says(200, `{"success":true}`)}, courrier.ErrUnavailable},
		"events null":            {edits{"getLastEvents": says(200, `{"success":true,"events":null}`)}, courrier.ErrUnavailable},
		"events as an object":    {edits{"getLastEvents": says(200, `{"success":true,"events":{"0":{}}}`)}, courrier.ErrUnavailable},
		"events as texts":        {edits{"getLastEvents": says(200, `{"success":true,"events":["x"]}`)}, courrier.ErrUnavailable},
		"events refused":         {edits{"getLastEvents": says(200, `{"success":false,"error":"x"}`)}, courrier.ErrUnavailable},
		"events not there":       {edits{"getLastEvents": says(404, `{"success":false,"error":{"code":"UNKNOWN"}}`)}, courrier.ErrUnavailable},
		"list bare":              {edits{"getLastEvents": none, "listEnvois": says(200, `{"success":true}`)}, courrier.ErrUnavailable},
		"list null":              {edits{"getLastEvents": none, "listEnvois": listed("null")}, courrier.ErrUnavailable},
		"list under another key": {edits{"getLastEvents": none, "listEnvois": says(200, `{"success":true,"listEnvois":[{"idEnvoi":1}]}`)}, courrier.ErrUnavailable},
		"list as an object":      {edits{"getLastEvents": none, "listEnvois": listed(`{"0":{"idEnvoi":100001,"modeEnvoi":"normal","date":1772442000}}`)}, courrier.ErrUnavailable},
		"list of one sending":    {edits{"getLastEvents": none, "listEnvois": listed(`{"idEnvoi":100001}`)}, courrier.ErrUnavailable},
		"list of texts":          {edits{"getLastEvents": none, "listEnvois": listed(`["100001"]`)}, courrier.ErrUnavailable},
		"list broken off":        {edits{"getLastEvents": none, "listEnvois": says(200, `{"success":true,"envois":[{"idEnvoi":1`)}, courrier.ErrUnavailable},
		"date as text":           {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":SENT,"modeEnvoi":"normal","date":"2026-03-02 09:00:00"}]`)}, nil},
		"date missing":           {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":"SENT","modeEnvoi":"normal"}]`)}, nil},
		"date beyond all":        {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":SENT,"modeEnvoi":"normal","date":9223372036854775807}]`)}, nil},
		"date below zero":        {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":SENT,"modeEnvoi":"normal","date":-1}]`)}, nil},
		"reference in small":     {edits{"getLastEvents": lowered, "listEnvois": says(502, "")}, nil},
		"reference in spaces":    {edits{"getLastEvents": spaced, "listEnvois": says(502, "")}, nil},
		"event without a number": {edits{"getLastEvents": replaces(`"id_envoi":"[0-9]+"`, `"id_envoi":null`), "listEnvois": listed(`[]`)}, courrier.ErrInDoubt},
		"event of two numbers":   {edits{"getLastEvents": replaces(`"id_envoi":"[0-9]+"`, `"id_envoi":[1,2]`), "listEnvois": listed(`[]`)}, courrier.ErrInDoubt},
		"event of one number":    {edits{"getLastEvents": replaces(`"id_envoi":"([0-9]+)"`, `"id_envoi":[$1]`), "listEnvois": listed(`[]`)}, nil},
		"one letter, no list":    {edits{"getLastEvents": replaces(`"detail":\[(\{.*?\})\]\}`, `"detail":$1}`), "listEnvois": listed(`[]`)}, nil},
		"date in milliseconds":   {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":SENT,"modeEnvoi":"normal","date":1772442000000}]`)}, nil},
		"mode as a label":        {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":[SENT],"modeEnvoi":"Lettre verte","date":1772442000}]`)}, nil},
		"mode missing":           {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":SENT,"date":1772442000}]`)}, nil},
		"id missing":             {edits{"getLastEvents": none, "listEnvois": listed(`[{"modeEnvoi":"normal","date":1772442000}]`)}, courrier.ErrInDoubt},
		"id of nothing":          {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":7,"modeEnvoi":"normal","date":1772442000}]`)}, courrier.ErrInDoubt},
		"sending without letters": {edits{"getLastEvents": none, "getEnvoi": says(200, `{"success":true,"detail":null}`)},
			courrier.ErrInDoubt},
		"reference elsewhere": {edits{"getLastEvents": none, "getEnvoi": says(200, `{"success":true,"detail":[{"dest":"Martin"}]}`)}, courrier.ErrInDoubt},
		"as it is":            {edits{}, nil},
		"in the list alone":   {edits{"getLastEvents": none}, nil},
		"empty lists":         {edits{"getLastEvents": none, "listEnvois": listed(`[]`)}, courrier.ErrNotFound},
		"another kind":        {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":7,"modeEnvoi":"suivi","date":1772442000}]`)}, courrier.ErrNotFound},
		"another time":        {edits{"getLastEvents": none, "listEnvois": listed(`[{"idEnvoi":7,"modeEnvoi":"normal","date":1772000000}]`)}, courrier.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ref := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
			w.advance(time.Hour)
			sent := ref.ProviderID
			ref.ProviderID = ""
			found, err := w.worded(t, tc.edits.about(sent)).Find(t.Context(), ref)
			if tc.want != nil {
				carrierlife.RequireKind(t, tc.want, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, sent, found.ProviderID)
		})
	}
}

// Events go over pages, which are read to the last, whatever the carrier says of them.
func TestFindReadsEveryPage(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(int, string) (int, string){
		"as it is":                 nil,
		"no count of pages":        func(s int, b string) (int, string) { return s, strings.ReplaceAll(b, `"pages"`, `"page"`) },
		"count as text":            func(s int, b string) (int, string) { return s, strings.ReplaceAll(b, `"total":3`, `"total":"3"`) },
		"count of results instead": func(s int, b string) (int, string) { return s, strings.ReplaceAll(b, `"total":3`, `"total":1`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ref := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
			w.advance(10 * time.Minute)
			other := carrierlife.Submission(courrier.ServiceStandard)
			other.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000002"
			w.submit(t, other)
			for range 220 {
				w.Happen(sent(w.Server, other.ID).Reference, "new-state", "traitement", "")
			}
			number := ref.ProviderID
			ref.ProviderID = ""
			found, err := w.worded(t, edits{"getLastEvents": edit, "listEnvois": says(502, "")}).Find(t.Context(), ref)
			require.NoError(t, err)
			require.Equal(t, number, found.ProviderID)
		})
	}
}

// A call that names a letter of ours and the sending of another moves nothing: the
// carrier is asked which sending bears our reference.
func TestWebhookWithAnotherSendingsID(t *testing.T) {
	t.Parallel()
	for _, hidden := range []bool{false, true} {
		w := newWorld(t)
		w.Word(mercifacteurtest.Form{NoReference: hidden})
		other := w.submit(t, carrierlife.Submission(courrier.ServiceRegisteredAR))
		w.advance(30 * 24 * time.Hour)
		lost := carrierlife.Submission(courrier.ServiceRegisteredAR)
		lost.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000009"
		elsewhere := newWorld(t)
		elsewhere.submit(t, lost)
		bears := sent(elsewhere.Server, lost.ID).Reference
		r, err := mercifacteurtest.Webhook(hook, secret, "delivered", w.clock.Now(), mercifacteurtest.Letter{
			Sending: other.ProviderID, Reference: bears, Mode: "lrare", Status: "distribue"})
		require.NoError(t, err)
		told, err := w.provider.ParseWebhook(r.Header, nil, bodyOf(t, r))
		require.NoError(t, err)
		require.Equal(t, lost.ID, told.Events[0].Letter)
		require.True(t, told.Events[0].Hint)
		require.Empty(t, told.Events[0].ProviderID)
		for _, id := range []string{"", other.ProviderID} { // a reference that is hidden cannot tell whose number it is
			ref := courrier.Reference{ID: lost.ID, Account: "account-1", Service: courrier.ServiceRegisteredAR, ProviderID: id, AttemptedAt: w.clock.Now()}
			events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
			if id == "" || !hidden {
				require.NoError(t, err)
				require.Empty(t, events)
				_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfReceipt)
				carrierlife.RequireKind(t, courrier.ErrNotFound, err)
			}
		}
	}
}

// The same with a whole client: a letter that never arrived is not taken for delivered
// because a call gives it the number of another.
func TestAnothersNumberMovesNoLetter(t *testing.T) {
	t.Parallel()
	for _, hidden := range []bool{false, true} {
		t.Run(fmt.Sprint("reference hidden: ", hidden), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, fake := lifeCarrier()
				fake.Word(mercifacteurtest.Form{NoReference: hidden})
				direct, err := newProvider(c.Line, time.Now, nil)
				require.NoError(t, err)
				other, err := direct.Submit(t.Context(), carrierlife.Submission(courrier.ServiceRegisteredAR))
				require.NoError(t, err)
				bears := ""
				c.Line = resttest.Direct{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if path.Base(r.URL.Path) != "sendCourrier" {
						fake.ServeHTTP(w, r)
						return
					}
					bears = referenceIn(t, r)
					w.WriteHeader(http.StatusBadGateway)
				})}
				c.Calls = func(_ context.Context, call carrierlife.Call) {
					r, err := mercifacteurtest.Webhook(hook, secret, "delivered", time.Now(), mercifacteurtest.Letter{
						Sending: other.ProviderID, Reference: bears, Mode: "lrare", Status: "distribue"})
					require.NoError(t, err)
					answer, err := call.Do(r)
					require.NoError(t, err)
					require.Equal(t, http.StatusOK, answer.StatusCode)
				}
				rec := carrierlife.Once(t, c, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter)
				require.False(t, rec.Status.Posted() || rec.Status.Done(), rec.Status)
				require.Empty(t, rec.ProviderID)
				require.Empty(t, rec.Proofs)
				require.NotEqual(t, courrier.ChargeCaptured, rec.Charge)
			})
		})
	}
}

// referenceIn reads the reference out of a sending that goes nowhere.
func referenceIn(t *testing.T, r *http.Request) string {
	t.Helper()
	form, err := url.ParseQuery(string(bodyOf(t, r)))
	require.NoError(t, err)
	var parties struct {
		To []struct{ Reference string } `json:"dest"`
	}
	require.NoError(t, json.Unmarshal([]byte(form.Get("adress")), &parties))
	return parties.To[0].Reference
}

// A number that another letter has is not believed a second time: the first keeps its
// letter, and the second stays in doubt and is never paid for.
func TestOneNumberForTwoLetters(t *testing.T) {
	t.Parallel()
	for _, hidden := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, fake := lifeCarrier()
			fake.Word(mercifacteurtest.Form{NoReference: hidden})
			number := ""
			provider, err := c.New(resttest.Direct{Handler: carrierlife.Edited{Handler: fake, Edit: func(r *http.Request, status int, body string) (int, string) {
				if path.Base(r.URL.Path) == "sendCourrier" && number == "" {
					number = body
				}
				if path.Base(r.URL.Path) == "sendCourrier" {
					return status, number
				}
				return 0, ""
			}}}, nil)
			require.NoError(t, err)
			price := courrier.MustAmount("5", "stamp")
			client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{provider},
				Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceRegisteredAR: price})})
			require.NoError(t, err)
			_, err = client.Credits(carrierlife.Account).TopUp(t.Context(), "order-1", courrier.MustAmount("10", "stamp"))
			require.NoError(t, err)
			var ids []courrier.LetterID
			for _, key := range []string{"a", "b"} {
				l := carrierlife.Submission(courrier.ServiceRegisteredAR).Letter
				l.Key = key
				rec, err := client.Send(t.Context(), l)
				require.NoError(t, err)
				ids = append(ids, rec.ID)
				_, err = client.Dispatch(t.Context(), courrier.DispatchOptions{})
				require.NoError(t, err)
			}
			first, err := client.Letter(t.Context(), ids[0])
			require.NoError(t, err)
			second, err := client.Letter(t.Context(), ids[1])
			require.NoError(t, err)
			require.Equal(t, courrier.StatusSubmitted, first.Status)
			require.Equal(t, courrier.StatusUnknown, second.Status)
			require.Empty(t, second.ProviderID)
			_, err = client.SettleByHand(t.Context(), second.ID, first.ProviderID)
			require.ErrorIs(t, err, courrier.ErrConflict)
			for range 20 { // its own events tell which is its own
				time.Sleep(12 * time.Hour)
				fake.Tick()
				_, err = client.Dispatch(t.Context(), courrier.DispatchOptions{})
				require.NoError(t, err)
				_, err = client.Refresh(t.Context(), courrier.RefreshOptions{})
				require.NoError(t, err)
			}
			require.Len(t, fake.Sent(), 2)
			second, err = client.Letter(t.Context(), ids[1])
			require.NoError(t, err)
			require.Equal(t, sent(fake, ids[1]).ID, second.ProviderID)
			require.Equal(t, courrier.StatusDelivered, second.Status)
		})
	}
}

// One empty answer does not take the carrier's countries away for a day.
func TestCountriesAreNotPoisoned(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"bare": `{"success":true}`, "empty": `{"success":true,"country":[]}`, "null": `{"success":true,"country":null}`,
		"without labels": `{"success":true,"country":[{"zone":"fr"},{"label":""}]}`, "texts": `{"success":true,"country":["France"]}`,
		"a part": `{"success":true,"country":[{"label":"Suisse"}]}`, "another key": `{"success":true,"countries":[{"label":"France"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, asked := newWorld(t), 0
			p := w.worded(t, edits{"getCountry": func(int, string) (int, string) {
				if asked++; asked == 1 {
					return 200, body
				}
				return 0, ""
			}})
			_, err := p.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
			_, err = p.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			require.NoError(t, err)
			_, err = p.Quote(t.Context(), carrierlife.Submission(courrier.ServiceStandard).Letter)
			require.NoError(t, err)
			require.Equal(t, 2, asked, "a whole list is kept")
		})
	}
}

// Whatever stands in the place of a code: no error and no log shows it, unless it is one.
func TestCodesDoNotLeak(t *testing.T) {
	t.Parallel()
	const leak = `{"success":false,"error":{"code":"IP 10.1.2.3 of Mme Martin key-1-9930","text":"12 rue des Lilas"}}`
	for _, call := range []string{"getToken", "getCountry", "sendCourrier", "getLastEvents", "listEnvois", "getEnvoi", "getSuiviEnvoi", "getProof", "getPostagePrice"} {
		for _, status := range []int{200, 400, 401, 403, 500} {
			w, said := newWorld(t), &resttest.Transcript{}
			ref := w.submit(t, carrierlife.Submission(courrier.ServiceRegisteredAR))
			w.advance(30 * 24 * time.Hour)
			p := w.worded(t, edits{call: says(status, leak)}, func(c *mercifacteur.Config) {
				c.Logger = slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			again := carrierlife.Submission(courrier.ServiceStandard)
			again.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000002"
			_, submitted := p.Submit(t.Context(), again)
			_, found := p.Find(t.Context(), courrier.Reference{ID: again.ID, Account: "account-1", AttemptedAt: w.clock.Now()})
			_, tracked := p.Track(t.Context(), []courrier.Reference{ref})
			_, proved := p.Proof(t.Context(), ref, courrier.ProofOfDeposit)
			_, quoted := p.Quote(t.Context(), again.Letter)
			all := fmt.Sprint(submitted, found, tracked, proved, quoted, said.String())
			for _, private := range append([]string{"10.1.2.3"}, private...) {
				require.NotContains(t, all, private, "%s %d", call, status)
			}
		}
	}
}

// A proof that breaks off, or is none, is not kept; a link to elsewhere is not followed.
func TestProofsThatAreNone(t *testing.T) {
	t.Parallel()
	half := func(status int, body string) (int, string) {
		return status, regexp.MustCompile(`"document":"([^"]*)"`).ReplaceAllStringFunc(body, func(found string) string {
			document := strings.TrimSuffix(strings.TrimPrefix(found, `"document":"`), `"`)
			return `"document":"` + document[:len(document)/8*4] + `"`
		})
	}
	document := func(text string) func(int, string) (int, string) {
		return replaces(`"document":"[^"]*"`, `"document":`+text)
	}
	for name, edit := range map[string]func(int, string) (int, string){
		"half": half, "nothing": document(`""`), "null": document(`null`), "no base64": document(`"%PDF-1.4"`), "a page": document(`"PGh0bWw+"`),
		"a list": document(`["JVBERi0="]`), "a beginning": document(`"JVBERi0="`), "bare": says(200, `{"success":true}`),
		"outage": says(502, "<html>"), "fault in words": says(500, `{"success":false,"error":{"code":"X"}}`),
	} {
		for _, pdf := range []bool{false, true} {
			w := newWorld(t)
			w.Word(mercifacteurtest.Form{PDFProofs: pdf})
			ref := w.submit(t, carrierlife.Submission(courrier.ServiceRegisteredAR))
			w.advance(30 * 24 * time.Hour)
			_, err := w.worded(t, edits{"getProof": edit}).Proof(t.Context(), ref, courrier.ProofOfReceipt)
			require.Error(t, err, name)
			carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		}
	}
	w := newWorld(t)
	ref := w.submit(t, carrierlife.Submission(courrier.ServiceRegisteredAR))
	w.advance(30 * 24 * time.Hour)
	for _, link := range []string{
		"", "x", "http://169.254.169.254/x", "https://127.0.0.1/x", "https://[::1]/x", "https://merci-facteur.com.evil.test/x", "//merci-facteur.com/x",
		"https://merci-facteur.com@evil.test/x", "https://evil.test/merci-facteur.com", "file:///etc/passwd", "https://xmerci-facteur.com/x",
		"http://merci-facteur.com/x", "https://merci-facteur.com:22/x", "https://www.merci-facteur.test/nowhere",
	} {
		recorder := &resttest.Recorder{Next: resttest.Direct{Handler: carrierlife.Edited{Handler: w.Server, Edit: edits{
			"getLetterFinalFile": says(200, `{"success":true,"url":"`+link+`"}`)}.edit}}}
		p, err := newProvider(recorder, w.clock.Now, nil)
		require.NoError(t, err)
		_, err = p.Proof(t.Context(), ref, courrier.ProofOfContent)
		require.Error(t, err, link)
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		asked := recorder.Take()
		require.Equal(t, strings.HasSuffix(link, "/nowhere"), strings.HasSuffix(strings.SplitN(asked[strings.LastIndex(asked, "GET "):], "\n", 2)[0], "/nowhere"))
		require.NotRegexp(t, "evil|169|127|/x\n", asked)
	}
}

// What stands in the place of a date, a price or a text of an event harms nothing.
func TestOddEvents(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{`null`, `""`, `-1`, `0`, `9223372036854775807`, `99999999999999999999`, `1772442000000`, `"2026-03-02"`, `{}`, `[]`, `true`, `"\u0000"`} {
		for _, field := range []string{"date_event", "statut_description", "name_event", "mode_envoi", "ref_tracking", "pnd", "are_base64_jpeg", "last_state"} {
			w := newWorld(t)
			ref := w.submit(t, carrierlife.Submission(courrier.ServiceRegisteredAR))
			w.advance(30 * 24 * time.Hour)
			events, err := w.worded(t, edits{"getSuiviEnvoi": replaces(`"`+field+`":("[^"]*"|[0-9]+|null)`, `"`+field+`":`+odd)}).Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err, "%s %s", field, odd)
			require.NotEmpty(t, events)
			require.Equal(t, courrier.StatusDelivered, courrier.Fold(events).Status, "%s %s", field, odd)
		}
	}
}

// What is not found on another service is not believed of an attempt made before the account
// was moved there.
func TestAccountMovedWhileInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := false
		c, _ := lifeCarrier(func(c *mercifacteur.Config) {
			c.Credentials = func(ctx context.Context, a courrier.AccountID) (mercifacteur.Credentials, error) {
				if away {
					a = "account-2"
				}
				return credentials(ctx, a)
			}
		})
		carrierlife.Moved(t, c, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter,
			func(r *http.Request) bool { return path.Base(r.URL.Path) == "sendCourrier" }, func(gone bool) { away = gone })
	})
}
