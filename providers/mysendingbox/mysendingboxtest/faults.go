package mysendingboxtest

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Kind is a way to fail.
type Kind string

// The kinds of failure.
const (
	Status          Kind = "status"            // answer Fault.Status with the error shape
	Gateway         Kind = "gateway"           // answer 504 with a page of HTML
	Hang            Kind = "hang"              // read the request, do nothing, never answer
	Reset           Kind = "reset"             // read the request, do nothing, break the connection
	AcceptThenHang  Kind = "accept then hang"  // do what is asked, never answer
	AcceptThenReset Kind = "accept then reset" // do what is asked, break the connection
	AcceptThen504   Kind = "accept then 504"   // do what is asked, answer as Gateway
	Quote           Kind = "quote"             // refuse with 422 and repeat every field of the request
)

// Fault is a failure in force for some requests.
type Fault struct {
	Kind       Kind
	Method     string // empty: any
	Path       string // prefix; empty: any
	Status     int
	RetryAfter int // seconds, for Status
	Times      int // how many requests; 0: until Heal
}

// Fail puts a fault in force.
func (s *Server) Fail(f Fault) { s.troubles.Add(f, f.Times) }

// Heal ends all faults.
func (s *Server) Heal() { s.troubles.Heal() }

// fault returns what is in force for a request, or none.
func (s *Server) fault(r *http.Request) Fault {
	return s.troubles.Meet(func(f Fault) bool {
		return (f.Method == "" || f.Method == r.Method) && strings.HasPrefix(r.URL.Path, f.Path)
	})
}

const gatewayPage = "<html><head><title>504 Gateway Time-out</title></head></html>"

// suffer fails before anything is done, and reports whether it did.
func (f Fault) suffer(w http.ResponseWriter, r *http.Request, status *int) bool {
	switch f.Kind {
	case Status:
		*status = f.Status
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		rep := refuse(f.Status, "told to fail")
		w.WriteHeader(rep.status)
		_, _ = w.Write(rep.body)
	case Gateway:
		*status = http.StatusGatewayTimeout
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(*status)
		_, _ = io.WriteString(w, gatewayPage)
	case Quote:
		*status = http.StatusUnprocessableEntity
		rep := refuse(*status, "refused: %s", quoted(r))
		w.WriteHeader(rep.status)
		_, _ = w.Write(rep.body)
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Reset:
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

func quoted(r *http.Request) string {
	f, err := parse(r)
	if err != nil {
		return err.Error()
	}
	key, _, _ := r.BasicAuth()
	words := []string{key}
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if strings.HasPrefix(name, "to[") || strings.HasPrefix(name, "from[") {
			words = append(words, name+"="+f.values[name])
		}
	}
	return strings.Join(words, " ")
}

// loseAnswer keeps back the answer to what was done, and reports whether it did.
func (f Fault) loseAnswer(w http.ResponseWriter, r *http.Request, status *int) bool {
	switch f.Kind {
	case AcceptThenHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case AcceptThenReset:
		panic(http.ErrAbortHandler)
	case AcceptThen504:
		Fault{Kind: Gateway}.suffer(w, r, status)
		return true
	}
	return false
}
