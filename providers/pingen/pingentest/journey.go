package pingentest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Route is how letters travel that are sent from now on.
type Route string

// The routes.
const (
	Delivered     Route = ""
	Undeliverable Route = "undeliverable"
	Unprintable   Route = "unprintable"
	NoFunds       Route = "no funds"
)

// SetRoute decides how letters sent from now on travel. The endings of file names that
// the staging environment knows decide it for single letters.
func (s *Server) SetRoute(r Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.route = r
}

type step struct {
	after  time.Duration // since the sending
	code   string
	status string
	data   []string
}

const day = 24 * time.Hour

func (s *Server) planOf(l *letter) []step {
	route := s.route
	for _, simulated := range []Route{Undeliverable, Unprintable} {
		if strings.HasSuffix(l.fileName, "_simulate_"+string(simulated)+".pdf") {
			route = simulated
		}
	}
	switch route {
	case Unprintable:
		return []step{{time.Minute, "file_not_readable", "invalid", nil}}
	case NoFunds:
		return []step{{time.Minute, "waiting_for_funds", "awaiting_credits", nil}, {7 * day, "waiting_for_funds_expired", "valid", nil}}
	}
	plan := []step{
		{time.Minute, "accepted", "accepted", nil}, {2 * time.Minute, "content_passed_inspection", "accepted", nil}, {2 * time.Hour,
			"transferred_to_printcenter", "printing", nil},
		{20 * time.Hour, "transferred_to_distributor", "sent", nil},
	}
	tracked := slices.Contains([]string{"premium", "registered"}, l.product)
	switch {
	case route == Undeliverable:
		plan = append(plan, step{8 * day, "undeliverable", "undeliverable", []string{"addressee unknown"}})
	case tracked:
		plan = append(plan, step{22 * time.Hour, "receival_confirmed_by_distributor", "sent", nil},
			step{30 * time.Hour, "track_and_trace", "sent", nil}, step{2 * day, "delivered", "delivered", nil})
	}
	return plan
}

// Tick lets happen all that is due by the clock.
func (s *Server) Tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.letters {
		for len(l.plan) > 0 && !l.submitted.Add(l.plan[0].after).After(s.cfg.Now()) {
			next := l.plan[0]
			l.plan = l.plan[1:]
			l.status = next.status
			at := l.submitted.Add(next.after)
			if next.code == "waiting_for_funds_expired" && s.form.ForgetsSending {
				l.submitted = time.Time{}
				l.plan = nil
			}
			s.happenAt(l, next.code, at, next.data...)
		}
	}
}

// Happen makes an event of any code happen now to the letter of a file name. One that
// the carrier has no category for is told as an issue.
func (s *Server) Happen(fileName, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.letters {
		if l.fileName == fileName {
			s.call(l, s.note(l, code, s.cfg.Now()), cmp.Or(categories[code], "issues"))
		}
	}
}

func (s *Server) happen(l *letter, code string, data ...string) {
	s.happenAt(l, code, s.cfg.Now(), data...)
}

func (s *Server) happenAt(l *letter, code string, at time.Time, data ...string) {
	s.call(l, s.note(l, code, at, data...), categories[code])
}

// note writes an event down.
func (s *Server) note(l *letter, code string, at time.Time, data ...string) event {
	s.seq++
	if code == "receival_confirmed_by_distributor" {
		l.tracking = fmt.Sprintf("98.00.%06d", s.seq)
	}
	e := event{id: fmt.Sprintf("99999999-2222-4333-8444-%012d", s.seq), code: code, data: data, at: at.Truncate(time.Second)}
	l.events = append(l.events, e)
	return e
}
