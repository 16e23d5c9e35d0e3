package mercifacteurtest

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
	Refuse    Kind = "refuse"     // in the carrier's own words, with Fault.Code, quoting what was sent
	Gateway   Kind = "gateway"    // 502 with a page of HTML, nothing done
	Hang      Kind = "hang"       // nothing done, no answer
	CutBefore Kind = "cut before" // nothing done, the connection breaks
	CutAfter  Kind = "cut after"  // done, the connection breaks
	HangAfter Kind = "hang after" // done, no answer
)

// Fault is a failure in force for the calls whose path holds Call.
type Fault struct {
	Kind Kind
	Call string // such as "sendCourrier"; empty: all
	Code string // of a refusal
}

// Fail puts a fault in force until [Server.Heal].
func (s *Server) Fail(f Fault) { s.troubles.Add(f, 0) }

// Heal ends all faults.
func (s *Server) Heal() { s.troubles.Heal() }

func (s *Server) fault(r *http.Request) Fault {
	return s.troubles.Meet(func(f Fault) bool { return strings.Contains(r.URL.Path, f.Call) })
}

// before fails before anything is done, and reports whether it did.
func (f Fault) before(w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case Refuse:
		form, _ := formOf(r)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(object{"success": false, "error": object{"code": f.Code, "text": form.Get("adress")}})
	case Gateway:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>bad gateway</html>")
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case CutBefore:
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

// after keeps back the answer to what was done, and reports whether it did.
func (f Fault) after(_ http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case HangAfter:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case CutAfter:
		panic(http.ErrAbortHandler)
	}
	return false
}
