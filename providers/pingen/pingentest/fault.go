package pingentest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// Kind is a way to fail.
type Kind string

// The kinds of failure.
const (
	Refuse    Kind = "refuse"     // 422 in the carrier's own words, quoting what was sent
	Gateway   Kind = "gateway"    // 502 with a page of HTML, nothing done
	TooMany   Kind = "too many"   // 429 in the carrier's own words, with Retry-After
	Hang      Kind = "hang"       // nothing done, no answer
	CutAfter  Kind = "cut after"  // done, the connection breaks
	HangAfter Kind = "hang after" // done, no answer
)

// Fault is a failure in force for the calls whose method and path hold Call.
type Fault struct {
	Kind Kind
	Call string // such as "PATCH" or "/send"; empty: all
}

// Fail puts a fault in force until [Server.Heal].
func (s *Server) Fail(f Fault) { s.troubles.Add(f, 0) }

// Heal ends all faults.
func (s *Server) Heal() { s.troubles.Heal() }

func (s *Server) fault(r *http.Request) Fault {
	return s.troubles.Meet(func(f Fault) bool { return strings.Contains(r.Method+" "+r.URL.Path, f.Call) })
}

// before fails before anything is done, and reports whether it did.
func (f Fault) before(w http.ResponseWriter, r *http.Request) bool {
	worded := func(status int, code, detail string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(object{"errors": []object{{"code": code, "title": code, "detail": detail}}})
	}
	switch f.Kind {
	case Refuse:
		body, _ := io.ReadAll(r.Body)
		worded(http.StatusUnprocessableEntity, "validation_error", string(body))
	case TooMany:
		w.Header().Set("Retry-After", "30")
		worded(http.StatusTooManyRequests, "too_many_requests", "")
	case Gateway:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>bad gateway</html>")
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

// after keeps back the answer to what was done, and reports whether it did.
func (f Fault) after(r *http.Request) bool {
	switch f.Kind {
	case HangAfter:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case CutAfter:
		panic(http.ErrAbortHandler)
	}
	return false
}
