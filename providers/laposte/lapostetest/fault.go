package lapostetest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// Call names a call that can be made to fail.
type Call string

// The calls.
const (
	CallAny       Call = ""
	CallToken     Call = "token"
	CallCreate    Call = "create"    // POST sendings
	CallDocument  Call = "document"  // POST documents
	CallRecipient Call = "recipient" // POST recipients
	CallSubmit    Call = "submit"
	CallDelete    Call = "delete"  // DELETE a sending
	CallReadOne   Call = "read"    // GET a sending
	CallReadTo    Call = "read to" // GET recipients
	CallProof     Call = "proof"   // any download
	CallSuivi     Call = "suivi"
)

// Fault is what a call suffers.
type Fault string

// The faults.
const (
	CutAfter     Fault = "cut after"  // the call is executed, then the connection breaks
	CutBefore    Fault = "cut before" // the connection breaks before the call is executed
	Hang         Fault = "hang"       // nothing is executed or answered until the caller gives up
	HangAfter    Fault = "hang after" // executed, and never answered
	ServerError  Fault = "500"        // not executed
	ErrorAfter   Fault = "500 after"  // executed, then 500
	Unavailable  Fault = "503"        // not executed
	TooMany      Fault = "429"        // not executed
	Unauthorized Fault = "401"        // not executed, whatever the token
	Forbidden    Fault = "403"        // not executed
	NotFoundHTML Fault = "404"        // an empty page of text/html
	NotJSON      Fault = "not json"   // executed, and answered in HTML
	SlowBody     Fault = "slow body"  // executed; the body comes in two parts, 30 ms apart
	Refused      Fault = "refused"    // a 400 that quotes the call's own words
	GatewayError Fault = "gateway"    // La Poste's gateway: 429 with code and message
)

// fault is what one call, or any, suffers.
type fault struct {
	call  Call
	fault Fault
}

// Fail makes the next calls fail; times -1 means until [Server.Heal].
func (s *Server) Fail(call Call, f Fault, times int) { s.troubles.Add(fault{call, f}, times) }

// Heal ends all faults.
func (s *Server) Heal() { s.troubles.Heal() }

// callOf tells which call a request is.
func callOf(r *http.Request) Call {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	last := parts[len(parts)-1]
	switch {
	case r.URL.Path == TokenPath:
		return CallToken
	case strings.HasPrefix(r.URL.Path, SuiviPath):
		return CallSuivi
	case strings.HasPrefix(last, "download"):
		return CallProof
	case r.Method == http.MethodDelete && len(parts) == 4 && parts[2] == "sendings":
		return CallDelete
	case r.Method == http.MethodGet && len(parts) == 4 && parts[2] == "sendings":
		return CallReadOne
	case r.Method == http.MethodGet && last == "recipients":
		return CallReadTo
	case r.Method == http.MethodPost:
		return map[string]Call{"sendings": CallCreate, "documents": CallDocument, "recipients": CallRecipient, "submit": CallSubmit}[last]
	}
	return "other"
}

func (s *Server) takeFault(c Call) Fault {
	return s.troubles.Meet(func(f fault) bool { return f.call == CallAny || f.call == c }).fault
}

// suffer records each call and puts the faults in force.
func (s *Server) suffer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Clone(), body})
		s.mu.Unlock()
		s.apply(s.takeFault(callOf(r)), w, r, next, body)
	})
}

func (s *Server) apply(f Fault, w http.ResponseWriter, r *http.Request, next http.Handler, body []byte) {
	executed := httptest.NewRecorder()
	switch f {
	case CutAfter, HangAfter, NotJSON, ErrorAfter:
		next.ServeHTTP(executed, r)
	}
	switch f {
	case "":
		next.ServeHTTP(w, r)
	case CutAfter, CutBefore:
		panic(http.ErrAbortHandler)
	case Hang, HangAfter:
		<-r.Context().Done()
	case ServerError, ErrorAfter:
		http.Error(w, "<html>internal error</html>", http.StatusInternalServerError)
	case Unavailable:
		http.Error(w, "", http.StatusServiceUnavailable)
	case TooMany:
		http.Error(w, "", http.StatusTooManyRequests)
	case Unauthorized:
		bare(w, http.StatusUnauthorized, "UNAUTHORIZED")
	case Forbidden:
		bare(w, http.StatusForbidden, "FORBIDDEN")
	case NotFoundHTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
	case NotJSON:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>maintenance</html>")
	case SlowBody:
		next.ServeHTTP(executed, r)
		trickle(r.Context(), w, executed)
	case Refused:
		answer(w, http.StatusBadRequest, object{"errors": []object{{"code": "INVALID_ADDRESS_LINE_6", "message": "refused: " + string(body)}}})
	case GatewayError:
		answer(w, http.StatusTooManyRequests, object{"code": "TOO_MANY_REQUESTS", "message": "quota of 100 calls per 1 second"})
	}
}

func trickle(ctx context.Context, w http.ResponseWriter, from *httptest.ResponseRecorder) {
	for k, v := range from.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(from.Code)
	body := from.Body.Bytes()
	_, _ = w.Write(body[:len(body)/2])
	http.NewResponseController(w).Flush()
	select {
	case <-ctx.Done():
	case <-time.After(30 * time.Millisecond):
	}
	_, _ = w.Write(body[len(body)/2:])
}
