package mercifacteurtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"time"
)

// Route is how letters travel that are taken from now on.
type Route string

// The routes.
const (
	Delivered Route = ""
	Unclaimed Route = "unclaimed" // a notice is left, nobody comes, the letter goes back
	Refused   Route = "refused"
)

// SetRoute decides how letters taken from now on travel.
func (s *Server) SetRoute(r Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.route = r
}

type step struct {
	after               time.Duration // since the letter was printed, but the first
	event, status, text string
}

const day = 24 * time.Hour

// planOf is the way of a letter. It is printed at the cut-off of a working day, 17:00.
func (s *Server) planOf(x *sending) []step {
	plan := []step{{s.cfg.NewAfter, "new", "wait", "Traitement en attente"}}
	print := cutOff(x.at.Add(s.cfg.NewAfter)).Sub(x.at)
	add := func(after time.Duration, event, status, text string) {
		plan = append(plan, step{print + after, event, status, text})
	}
	add(0, "printed", "imprime", "Imprimé")
	if x.mode == "normal" {
		if s.route != Delivered && x.scanned {
			add(9*day, "pnd", "distribue_expediteur", "Destinataire inconnu à l'adresse")
		}
		return plan
	}
	add(2*time.Hour, "pdd", "scan_pdd", "Preuve de dépôt")
	add(3*time.Hour, "new-state", "pris_en_charge", "Pris en charge par La Poste")
	add(day, "new-state", "traitement", "En cours de traitement")
	switch s.route {
	case Unclaimed:
		add(2*day, "new-state", "attente_au_guichet", "En attente au guichet")
		add(17*day, "error", "retour_expediteur", "Pli non réclamé")
		add(20*day, "pnd", "distribue_expediteur", "Pli non réclamé")
		add(21*day, "pnd", "archivage_pnd", "Archivé")
	case Refused:
		add(2*day, "error", "non_distribuable", "Refusé par le destinataire")
		add(5*day, "pnd", "distribue_expediteur", "Refusé par le destinataire")
	default:
		add(2*day, "new-state", "distribution_en_cours", "En cours de distribution")
		add(2*day+2*time.Hour, "delivered", "distribue", "Distribué")
		if x.mode == "lrare" {
			add(9*day, "are", "retour_are", "Avis de réception numérisé")
		}
	}
	return plan
}

// cutOff is the next time of printing: 17:00 from Monday to Friday.
func cutOff(t time.Time) time.Time {
	at := time.Date(t.Year(), t.Month(), t.Day(), 17, 0, 0, 0, t.Location())
	if !t.Before(at) {
		at = at.AddDate(0, 0, 1)
	}
	for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// Tick lets happen all that is due by the clock.
func (s *Server) Tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sendings {
		for len(x.plan) > 0 && !x.at.Add(x.plan[0].after).After(s.cfg.Now()) {
			next := x.plan[0]
			x.plan = x.plan[1:]
			s.happen(x, happening{next.event, next.status, next.text, x.at.Add(next.after)})
		}
	}
}

// Happen makes an event of any name and status happen now to the letter that bears a
// reference.
func (s *Server) Happen(reference, event, status, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sendings {
		if x.to["reference"] == reference {
			s.happen(x, happening{event, status, text, s.cfg.Now()})
		}
	}
}

func (s *Server) happen(x *sending, h happening) {
	switch h.event {
	case "new":
		x.letterRef = fmt.Sprintf("%d-%04d", x.number, x.number%10_000)
	case "printed":
		if x.mode != "normal" {
			x.tracking = fmt.Sprintf("87001%010d", x.number)
		}
	}
	h.at = h.at.Truncate(time.Second)
	x.history = append(x.history, h)
	s.call(x, h)
}

func (x *sending) has(status string) bool {
	for _, h := range x.history {
		if h.status == status {
			return true
		}
	}
	return false
}

// proof hands out what La Poste proves, by its number.
func (s *Server) proof(r *http.Request, sv *service) (int, object) {
	q := r.URL.Query()
	for _, x := range s.sendings {
		if x.owner != sv || x.tracking == "" || x.tracking != q.Get("trackingNumber") {
			continue
		}
		needs := map[string]string{"depot": "scan_pdd", "reception": "retour_are"}[q.Get("document")]
		if needs == "" || !x.has(needs) {
			break
		}
		if s.form.PDFProofs {
			return http.StatusOK, object{"success": true, "format_return": "pdf",
				"document": base64.StdEncoding.EncodeToString(pdf(q.Get("document") + " of " + x.tracking))}
		}
		return http.StatusOK, object{"success": true, "format_return": "jpeg", "document": base64.StdEncoding.EncodeToString(picture())}
	}
	return s.refuse(http.StatusBadRequest, "PROOF_NOT_AVAILABLE", "")
}

// final hands out a link to what was printed.
func (s *Server) final(r *http.Request, sv *service) (int, object) {
	for _, x := range s.sendings {
		if x.owner != sv || x.letterRef == "" || x.letterRef != r.URL.Query().Get("referenceCourrier") {
			continue
		}
		s.seq++
		id := fmt.Sprintf("f%d.pdf", s.seq)
		s.files[id] = pdf("printed " + x.letterRef)
		scheme := r.URL.Scheme
		if scheme == "" {
			scheme = "http"
		}
		return http.StatusOK, object{"success": true, "url": scheme + "://" + r.Host + "/files/" + id}
	}
	return s.refuse(http.StatusBadRequest, "UNKNOWN_COURRIER", "")
}

func pdf(title string) []byte {
	return []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count 0 /Kids [] >>\nendobj\n% " +
		strings.ToValidUTF8(title, "") + "\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
}

func picture() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 60)), nil); err != nil {
		panic("mercifacteurtest: a grey picture always encodes: " + err.Error())
	}
	return b.Bytes()
}
