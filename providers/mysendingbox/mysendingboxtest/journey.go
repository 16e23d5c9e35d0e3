package mysendingboxtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Route is how letters travel that are taken from now on.
type Route string

// The routes.
const (
	Delivered    Route = ""
	Returned     Route = "returned"
	Lost         Route = "lost"
	WrongAddress Route = "wrong address"
)

// SetRoute decides how letters taken from now on travel.
func (s *Server) SetRoute(r Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.route = r
}

// step is something that becomes of a letter some time after it was taken.
type step struct {
	after time.Duration
	event string // or a scan, after "scan:"
}

const day = 24 * time.Hour

var outset = []step{{time.Hour, "letter.accepted"}}

var ordinary = append(slices.Clip(outset), step{20 * time.Hour, "letter.sent"})

var registeredOutset = append(slices.Clip(outset),
	step{20 * time.Hour, "letter.filing_proof"}, step{21 * time.Hour, "letter.sent"},
	step{23 * time.Hour, "scan:PRIS_EN_CHARGE:Pris en charge"}, step{24 * time.Hour, "letter.in_transit"})

// planFor is the journey of a letter, as the carrier's documentation draws it. Of an
// ordinary letter that comes back it hears when it takes returns in only.
func planFor(postage string, r Route, scanned bool) []step {
	if !strings.HasPrefix(postage, "lr") {
		if r == WrongAddress || r == Returned && scanned {
			return append(slices.Clip(ordinary), step{8 * day, "letter.wrong_address"})
		}
		return slices.Clone(ordinary)
	}
	plan := slices.Clip(registeredOutset)
	switch r {
	case Lost:
		return append(plan, step{20 * day, "letter.lost"})
	case WrongAddress:
		return append(plan, step{9 * day, "letter.wrong_address"}, step{9*day + time.Hour, "letter.return_to_sender_proof"})
	case Returned:
		return append(plan, step{3 * day, "scan:A_RETIRER:Attend d'être retiré au guichet"},
			step{3*day + time.Hour, "letter.waiting_to_be_withdrawn"},
			step{18 * day, "scan:RETOUR_DESTINATAIRE:Retourné à l'expéditeur"}, step{18*day + time.Hour, "letter.returned_to_sender"},
			step{22 * day, "letter.return_to_sender_proof"})
	}
	plan = append(plan, step{3 * day, "scan:DISTRIBUE:Distribué"}, step{3*day + 2*time.Hour, "letter.distributed"})
	if postage == "lrar" {
		plan = append(plan, step{9 * day, "letter.delivery_proof"})
	}
	return plan
}

// Tick lets happen all that is due by the clock. Letters of test keys stay as
// they are.
func (s *Server) Tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.letters {
		for len(l.plan) > 0 && !l.created.Add(l.plan[0].after).After(s.cfg.Now()) {
			next := l.plan[0]
			l.plan = l.plan[1:]
			s.happenAt(l, next.event, l.created.Add(next.after))
		}
	}
}

// Happen makes an event of any name happen to a letter now, or a scan when the
// name reads "scan:STATUS:label".
func (s *Server) Happen(letterID string, events ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.letters {
		if l.id == letterID {
			for _, e := range events {
				s.happen(l, e)
			}
		}
	}
}

// GiveReason sets why a letter came back, in the carrier's words.
func (s *Server) GiveReason(letterID, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.letters {
		if l.id == letterID {
			l.reason = reason
		}
	}
}

func (s *Server) happen(l *letter, event string) { s.happenAt(l, event, s.cfg.Now()) }

func (s *Server) happenAt(l *letter, event string, at time.Time) {
	l.updated = at
	if scan, ok := strings.CutPrefix(event, "scan:"); ok {
		status, label, _ := strings.Cut(scan, ":")
		l.scans = append(l.scans, map[string]any{"_id": s.id("Tr"), "status": status, "message": label, "date": stamp(at),
			"created_at": stamp(at)})
		return
	}
	s.consequence(l, event)
	e := map[string]any{
		"_id": s.id("Ev"), "name": event, "category": "letter", "description": event, "letter": l.id, "user": "Us0000001",
		"webhook_failed": false, "webhook_called": false, "created_at": stamp(at), "updated_at": stamp(at),
	}
	if event == "letter.wrong_address" {
		e["additional_info"] = "NPAI"
	}
	l.events = append(l.events, e)
	s.call(l, e, at)
}

// proofsOf are the files that events bring.
var proofsOf = map[string]struct{ key, kind string }{
	"letter.filing_proof":           {"filing_proof", "filing_proof"},
	"letter.delivery_proof":         {"delivery_proof", "delivery_proof"},
	"letter.return_to_sender_proof": {"return_to_sender_proof", "return_to_sender_proof"},
	"letter.lost":                   {"lost_proof", "lost_proof"}, // without an event of its own
}

// consequence is what an event changes in the letter's record.
func (s *Server) consequence(l *letter, event string) {
	switch event {
	case "letter.sent":
		if strings.HasPrefix(l.form.values["postage_type"], "lr") && l.tracking == "" {
			l.tracking = fmt.Sprintf("87000%08d", s.seq)
		}
	case "letter.wrong_address":
		l.wrong = true
	case "letter.error":
		l.failed, l.plan = true, nil
	case "letter.canceled":
		l.cancelled, l.plan = true, nil
	}
	if p, ok := proofsOf[event]; ok {
		l.proofs[p.key] = s.store(l, p.kind, pdf(p.kind+" of "+l.id))
	}
}

// store keeps a file and returns its object.
func (s *Server) store(l *letter, kind string, content []byte) map[string]any {
	id := s.id("Fi")
	s.files[id] = content
	return map[string]any{
		"_id": id, "url": l.base + "/files/" + id, "type": kind, "page_count": 1, "letter": l.id, "user": nil,
		"created_at": stamp(l.updated), "updated_at": stamp(l.updated),
	}
}

// pdf returns a small PDF with a title.
func pdf(title string) []byte {
	return []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" +
		"2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n" +
		"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>\nendobj\n% " + title + "\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
}
