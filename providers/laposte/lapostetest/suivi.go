package lapostetest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// shipment is what Suivi knows of one number, newest event first.
type shipment struct {
	id     string
	events []object
}

// SuiviForm is how Suivi words its answers.
type SuiviForm struct {
	ArrayOfOne bool // one number is answered as an array of one, as documented
	NoOrder    bool // events lack "order"
	HTML404    bool // an unknown number alone is a 404 with an empty page
}

// SetSuivi decides how Suivi words its answers from now on.
func (s *Server) SetSuivi(f SuiviForm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suivi = f
}

// AddSuivi adds an event at the present moment to a number, which is known from
// then on.
func (s *Server) AddSuivi(number, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addSuivi(number, code, s.now)
}

var paris = time.FixedZone("", 3600)

func (s *Server) addSuivi(number, code string, at time.Time) {
	sh := s.shipments[number]
	if sh == nil {
		sh = &shipment{id: number}
		s.shipments[number] = sh
	}
	event := object{"date": at.In(paris).Format(time.RFC3339), "code": code, "label": "label of " + code, "order": len(sh.events) + 1}
	sh.events = append([]object{event}, sh.events...)
}

// nextNumber returns a domestic number of a registered letter, with its check
// digit. The lock is held.
func (s *Server) nextNumber() string {
	s.numbers++
	digits := fmt.Sprintf("%010d", 2_600_000_000+int64(s.numbers))
	sum := 0
	for i := range digits {
		weight := 1 + 2*((len(digits)-i)%2)
		sum += weight * int(digits[i]-'0')
	}
	return fmt.Sprintf("1A%s%d", digits, (10-sum%10)%10)
}

var numberForm = regexp.MustCompile(`^[0-9A-Z]{11,15}$`)

func (s *Server) track(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("X-Okapi-Request-Id", "req-"+newID()[:8])
	if !s.okapiKeys[r.Header.Get("X-Okapi-Key")] {
		answer(w, http.StatusUnauthorized, object{"code": "UNAUTHORIZED", "message": "no such key"})
		return
	}
	ids := strings.Split(r.PathValue("ids"), ",")
	if len(ids) > 10 {
		answer(w, http.StatusBadRequest, s.failure("", 105, "more than ten numbers"))
		return
	}
	for _, id := range ids {
		if !numberForm.MatchString(id) || strings.HasPrefix(id, "MALFORMED") {
			answer(w, http.StatusBadRequest, s.failure(id, 105, "malformed number"))
			return
		}
	}
	if len(ids) > 1 {
		all := make([]object, len(ids))
		for i, id := range ids {
			all[i] = s.envelope(id)
		}
		answer(w, http.StatusMultiStatus, all)
		return
	}
	s.trackOne(w, ids[0])
}

func (s *Server) trackOne(w http.ResponseWriter, id string) {
	status := http.StatusOK
	if s.shipments[id] == nil {
		status = http.StatusNotFound
	}
	switch {
	case status == http.StatusNotFound && s.suivi.HTML404:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
	case s.suivi.ArrayOfOne:
		answer(w, status, []object{s.envelope(id)})
	default:
		answer(w, status, s.envelope(id))
	}
}

func (s *Server) failure(id string, code int, message string) object {
	return object{"lang": "fr_FR", "scope": "open", "returnCode": code, "returnMessage": message, "idShip": id}
}

func (s *Server) envelope(id string) object {
	sh := s.shipments[id]
	if sh == nil {
		return s.failure(id, 104, "not known yet")
	}
	events := make([]object, len(sh.events))
	for i, e := range sh.events {
		events[i] = object{"date": e["date"], "code": e["code"], "label": e["label"]}
		if !s.suivi.NoOrder {
			events[i]["order"] = e["order"]
		}
	}
	return object{
		"lang": "fr_FR", "scope": "open", "returnCode": 200,
		"shipment": object{"idShip": id, "holder": 1, "product": "Lettre Recommandée", "isFinal": false, "event": events, "timeline": []object{}},
	}
}
