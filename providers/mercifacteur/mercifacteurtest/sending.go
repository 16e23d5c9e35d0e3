package mercifacteurtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// sending is what one call sent: one letter to one addressee.
type sending struct {
	number    int
	owner     *service
	mode      string
	to        map[string]string
	scanned   bool
	at        time.Time
	documents [][]byte
	sides     string
	letterRef string
	tracking  string
	history   []happening
	plan      []step
}

type happening struct {
	event, status, text string
	at                  time.Time
}

// Sent is one letter as the carrier took it.
type Sent struct {
	ID          string
	Service     string // service id of the account
	Mode        string
	Reference   string
	Antidoublon string
	Documents   [][]byte
}

// Sent lists what the carrier took, in order.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Sent
	for _, x := range s.sendings {
		all = append(all, Sent{strconv.Itoa(x.number), x.owner.id, x.mode, x.to["reference"], x.to["antidoublon"], x.documents})
	}
	return all
}

var (
	modes       = []string{"normal", "suivi", "lrar", "lrare"}
	addressKeys = map[string]int{
		"civilite": 12, "nom": 70, "prenom": 70, "societe": 90, "adresse1": 90, "adresse2": 90, "adresse3": 90, "cp": 12, "ville": 70,
		"pays": 70, "reference": 30,
	}
	countryLabels = []string{
		"France", "Monaco", "Guadeloupe", "Martinique", "Guyane française", "La Réunion", "Mayotte", "Allemagne", "Belgique", "Espagne",
		"Italie", "Suisse", "Royaume-Uni", "États-Unis",
	}
	pageObject = regexp.MustCompile(`/Type\s*/Page[^s]`)
)

const (
	maxDocuments = 10
	maxBytes     = 50_000_000
	doubleFor    = 30 * 24 * time.Hour
)

// send takes a letter, unless its antidoublon was used within thirty days.
func (s *Server) send(r *http.Request, sv *service) (int, object) {
	form, ok := formOf(r)
	if !ok {
		return s.refuse(http.StatusBadRequest, "INVALID_FORM", "")
	}
	x := &sending{owner: sv, mode: form.Get("modeEnvoi"), at: s.cfg.Now(), scanned: form.Get("gestionNpai") == "1"}
	if code := x.read(form); code != "" {
		return s.refuse(http.StatusBadRequest, code, "refusé : "+form.Get("adress"))
	}
	double := sv.id + "\x00" + form.Get("antidoublon")
	if used, ok := s.doubles[double]; ok && s.cfg.Now().Sub(used) < doubleFor {
		return s.refuse(http.StatusBadRequest, "ANTIDOUBLON_EXISTS", "courrier déjà envoyé")
	}
	x.to["antidoublon"] = form.Get("antidoublon")
	if x.to["antidoublon"] != "" {
		s.doubles[double] = s.cfg.Now()
	}
	s.seq++
	x.number = 100_000 + s.seq
	x.plan = s.planOf(x)
	s.sendings = append(s.sendings, x)
	var ids any = x.number
	if s.form.ListIDs {
		ids = []int{x.number}
	}
	return http.StatusOK, object{
		"success": true, "envoi_id": ids, "price": object{"total": object{"ht": "1.00", "ttc": priceOf(x.mode)}, "detail": object{}},
		"resume": object{"nb_dest": 1, "nb_page": x.pages()}, "account": object{"pages": object{"this_month": 1, "max_month": 1000}},
	}
}

// formOf reads a form of any length: documents come within.
func formOf(r *http.Request) (url.Values, bool) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return nil, false
	}
	form, err := url.ParseQuery(string(body))
	return form, err == nil
}

func priceOf(mode string) string {
	return map[string]string{"normal": "1.16", "suivi": "1.50", "lrar": "7.16", "lrare": "7.16"}[mode]
}

// read checks a form and returns the code of what is wrong with it.
func (x *sending) read(form url.Values) string {
	var parties struct {
		From map[string]string   `json:"exp"`
		To   []map[string]string `json:"dest"`
	}
	var content struct {
		Letter struct {
			Files  any      `json:"files"`
			Base64 []string `json:"base64files"`
			Sides  string   `json:"print_sides"`
		} `json:"letter"`
	}
	user, err := strconv.Atoi(form.Get("idUser"))
	switch {
	case err != nil || user != x.owner.user:
		return "INVALID_USER"
	case !slices.Contains(modes, x.mode):
		return "INVALID_MODE_ENVOI"
	case json.Unmarshal([]byte(form.Get("adress")), &parties) != nil || len(parties.To) != 1:
		return "INVALID_ADDRESS"
	case json.Unmarshal([]byte(form.Get("content")), &content) != nil || content.Letter.Files != "":
		return "LETTER_INVALID_FILES"
	case !slices.Contains([]string{"recto", "rectoverso", "distinctrectoverso"}, content.Letter.Sides):
		return "INVALID_PRINT_SIDES"
	}
	for _, a := range []map[string]string{parties.From, parties.To[0]} {
		if code := addressProblem(a); code != "" {
			return code
		}
	}
	x.to, x.sides = parties.To[0], content.Letter.Sides
	for _, text := range content.Letter.Base64 {
		file, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !bytes.HasPrefix(file, []byte("%PDF-")) || len(file) > maxBytes {
			return "LETTER_INVALID_BASE64_FILES"
		}
		x.documents = append(x.documents, file)
	}
	if len(x.documents) == 0 || len(x.documents) > maxDocuments {
		return "LETTER_INVALID_BASE64_FILES"
	}
	return ""
}

func addressProblem(a map[string]string) string {
	for key, most := range addressKeys {
		value, there := a[key]
		if !there {
			return "INFO_ADDRESS_MISSING"
		}
		if len([]rune(value)) > most {
			return "ADDRESS_TOO_LONG"
		}
	}
	if a["nom"] == "" && a["societe"] == "" || a["cp"] == "" || a["ville"] == "" {
		return "INFO_ADDRESS_MISSING"
	}
	if !slices.Contains(countryLabels, a["pays"]) {
		return "INVALID_COUNTRY"
	}
	return ""
}

func (x *sending) pages() int {
	n := 0
	for _, d := range x.documents {
		n += max(len(pageObject.FindAll(d, -1)), 1)
	}
	return n
}

func (s *Server) countries(*http.Request, *service) (int, object) {
	var all []object
	for _, l := range countryLabels {
		all = append(all, object{"label": l, "zone": "fr"})
	}
	return http.StatusOK, object{"success": true, "country": all}
}

func (s *Server) price(r *http.Request, _ *service) (int, object) {
	q := r.URL.Query()
	pages, err := strconv.Atoi(q.Get("letterPageNumber"))
	country := q.Get("paysDestinataire[]")
	if err != nil || pages < 1 || !slices.Contains(modes, q.Get("modeEnvoi[]")) || !slices.Contains(countryLabels, country) {
		return s.refuse(http.StatusBadRequest, "INVALID_PRICE_REQUEST", "")
	}
	postage := map[string]string{"normal": "1.39", "suivi": "1.89", "lrar": "6.11", "lrare": "6.11"}[q.Get("modeEnvoi[]")]
	return http.StatusOK, object{
		"success": true, "poids": 20, "affranchissement": object{country: object{"amount": postage, "zone": "fr"}},
		"content": object{"lettre_ht": "0.20", "total_content_ht": fmt.Sprintf("%d.%02d", pages*20/100, pages*20%100)},
	}
}

func (s *Server) byNumber(number string, sv *service) *sending {
	for _, x := range s.sendings {
		if strconv.Itoa(x.number) == number && x.owner == sv {
			return x
		}
	}
	return nil
}

// list shows the newest fifty, without their references.
func (s *Server) list(r *http.Request, sv *service) (int, object) {
	all := []object{}
	for _, x := range slices.Backward(s.sendings) {
		if x.owner == sv && r.URL.Query().Get("idUser") == strconv.Itoa(sv.user) && len(all) < 50 {
			all = append(all, object{"idEnvoi": x.number, "statut": "", "nbPage": x.pages(), "nbDest": 1, "modeEnvoi": x.mode,
				"date": x.at.Unix(), "amount": priceOf(x.mode)})
		}
	}
	return http.StatusOK, object{"success": true, "envois": all}
}

// shown is an address as the reads show it.
func (s *Server) shown(x *sending) object {
	o := object{}
	for key := range addressKeys {
		if key != "reference" || !s.form.NoReference {
			o[key] = x.to[key]
		}
	}
	return o
}

func orNull(v string) any {
	if v == "" {
		return nil
	}
	return v
}

func (s *Server) get(r *http.Request, sv *service) (int, object) {
	x := s.byNumber(r.URL.Query().Get("idEnvoi"), sv)
	if x == nil {
		return s.refuse(http.StatusBadRequest, "UNKNOWN_ENVOI", "")
	}
	return http.StatusOK, object{
		"success": true, "general": object{"idEnvoi": x.number, "modeEnvoi": x.mode, "date": x.at.Unix()},
		"detail": []object{{"ref_courrier": orNull(x.letterRef), "dest": s.shown(x)}},
	}
}

func (s *Server) follow(r *http.Request, sv *service) (int, object) {
	x := s.byNumber(r.URL.Query().Get("idEnvoi"), sv)
	if x == nil {
		return s.refuse(http.StatusBadRequest, "UNKNOWN_ENVOI", "")
	}
	letter := object{
		"dest": s.shown(x), "ref_courrier": orNull(x.letterRef), "ref_tracking": orNull(x.tracking), "mode_envoi": x.mode,
		"last_state": nil, "historique": []object{}, "pnd": "0", "are_base64_jpeg": nil,
	}
	var history []object
	for _, h := range x.history {
		history = append(history, object{"name_event": h.event, "statut_courrier": h.status, "statut_description": h.text,
			"date_event": h.at.Unix()})
		letter["last_state"] = h.status
		switch h.status {
		case "distribue_expediteur":
			letter["pnd"] = "1"
		case "retour_are":
			letter["are_base64_jpeg"] = base64.StdEncoding.EncodeToString(picture())
		}
	}
	if history != nil {
		letter["historique"] = history
	}
	return http.StatusOK, object{"success": true, "statutPrintEnvoi": "Traitement en attente", "suiviCourrier": []object{letter}}
}

// lastEvents tells of two days at most, a hundred events a page, newest first.
func (s *Server) lastEvents(r *http.Request, sv *service) (int, object) {
	hours, err := strconv.Atoi(r.URL.Query().Get("nbHeures"))
	if err != nil || hours < 1 || hours > 48 {
		return s.refuse(http.StatusBadRequest, "INVALID_NB_HEURES", "")
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	var all []object
	since := s.cfg.Now().Add(-time.Duration(hours) * time.Hour)
	for _, x := range s.sendings {
		for _, h := range x.history {
			if x.owner == sv && !h.at.Before(since) {
				all = append(all, s.eventOf(x, h))
			}
		}
	}
	slices.Reverse(all)
	pages := max((len(all)+99)/100, 1)
	from := min(max(page-1, 0)*100, len(all))
	shown := append([]object{}, all[from:min(from+100, len(all))]...)
	return http.StatusOK, object{"success": true, "events": shown, "pages": object{"current": max(page, 1), "total": pages},
		"nb_results": object{"current": len(shown), "total": len(all)}}
}

func (s *Server) eventOf(x *sending, h happening) object {
	return object{
		"event":  object{"name_event": h.event, "date_event": h.at.Unix()},
		"detail": []object{s.letterOf(x, h)},
	}
}

// letterOf is a letter within an event. Ids are texts there.
func (s *Server) letterOf(x *sending, h happening) object {
	o := object{
		"dest": s.shown(x), "ref_courrier": x.letterRef, "id_envoi": strconv.Itoa(x.number), "mode_envoi": x.mode, "statut_courrier": h.status,
		"statut_description": h.text, "ref_interne": x.to["reference"], "tracking_number": orNull(x.tracking),
	}
	if h.event == "new" {
		o["tracking_number"] = nil
	}
	return o
}
