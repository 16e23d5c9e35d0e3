// Package bantest is a register of addresses for tests, in the shape of the Base
// Adresse Nationale: it holds the places it is given and answers a search with those
// that share most words with it. It keeps what it was asked, and fails when it is told to.
//
//	server := bantest.New(bantest.Place{HouseNumber: "12", Street: "Rue des Lilas", Postcode: "69008", City: "Lyon"})
//	defer server.Close()
//	server.Fail(http.StatusServiceUnavailable) // from now on
package bantest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Place is a place that the register holds.
type Place struct {
	HouseNumber string // "" for a street
	Street      string
	Postcode    string
	City        string
}

// Server is a register. It is safe for concurrent use.
type Server struct {
	URL string // the BaseURL for ban.Config

	server  *httptest.Server
	mu      sync.Mutex
	places  []Place
	status  int
	queries []string
}

// New starts a register of places. Close it in the end.
func New(places ...Place) *Server {
	s := &Server{places: places}
	s.server = httptest.NewServer(http.HandlerFunc(s.search))
	s.URL = s.server.URL
	return s
}

// Close stops the register.
func (s *Server) Close() { s.server.Close() }

// Fail makes every further search answer a status; 0 ends that.
func (s *Server) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Queries returns the texts that were searched for.
func (s *Server) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.queries)
}

type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
}

func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query().Get("q")
	s.queries = append(s.queries, q)
	switch {
	case s.status != 0:
		http.Error(w, "failed", s.status)
		return
	case r.URL.Path != "/search":
		http.NotFound(w, r)
		return
	}
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if len(q) < 3 || len(q) > 200 || err != nil { // the register's own bounds
		http.Error(w, `{"code":400,"message":"q"}`, http.StatusBadRequest)
		return
	}
	found := s.find(q, r.URL.Query().Get("postcode"))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "features": found[:min(limit, len(found))], "query": q})
}

// find returns the places of a postcode, the most alike first.
func (s *Server) find(q, postcode string) []feature {
	found := []feature{}
	for _, p := range s.places {
		if postcode != "" && postcode != p.Postcode {
			continue
		}
		kind, name := "street", p.Street
		if p.HouseNumber != "" {
			kind, name = "housenumber", p.HouseNumber+" "+p.Street
		}
		found = append(found, feature{"Feature", map[string]any{
			"label": name + " " + p.Postcode + " " + p.City, "name": name, "type": kind, "score": alike(q, name+" "+p.City),
			"housenumber": p.HouseNumber, "street": p.Street, "postcode": p.Postcode, "city": p.City,
		}})
	}
	slices.SortStableFunc(found, func(a, b feature) int {
		return cmp.Compare(b.Properties["score"].(float64), a.Properties["score"].(float64))
	})
	return found
}

// alike is the share of words that two texts have in common.
func alike(a, b string) float64 {
	first, second := words(a), words(b)
	common := 0
	for _, w := range first {
		if slices.Contains(second, w) {
			common++
		}
	}
	return float64(2*common) / float64(max(len(first)+len(second), 1))
}

var plain = strings.NewReplacer("-", " ", "'", " ", "é", "e", "è", "e", "ê", "e", "à", "a", "ç", "c", "ô", "o", "î", "i")

func words(s string) []string {
	return strings.Fields(strings.ToUpper(plain.Replace(strings.ToLower(s))))
}
