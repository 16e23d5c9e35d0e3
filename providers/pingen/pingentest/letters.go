package pingentest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type letter struct {
	id, fileName, status string
	client               client
	content              []byte
	checks               int
	product              string
	mode, spectrum       string
	created, submitted   time.Time
	tracking             string
	address, country     string
	events               []event
	plan                 []step
	gone                 bool
}

type event struct {
	id, code string
	data     []string
	at       time.Time
}

// Sent is one letter that will be printed.
type Sent struct {
	ID, FileName, Client, Product string
	Content                       []byte
}

// Sent lists the letters that were sent, in order of sending.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sent []*letter
	for _, l := range s.letters {
		if l.product != "" {
			sent = append(sent, l)
		}
	}
	slices.SortStableFunc(sent, func(a, b *letter) int { return a.submitted.Compare(b.submitted) })
	var all []Sent
	for _, l := range sent {
		all = append(all, Sent{l.id, l.fileName, l.client.id, l.product, l.content})
	}
	return all
}

// Drafts counts the letters that were made and neither sent nor deleted.
func (s *Server) Drafts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, l := range s.letters {
		if l.product == "" && !l.gone {
			n++
		}
	}
	return n
}

func (s *Server) token(body string) answer {
	form, err := url.ParseQuery(body)
	c, known := s.clients[form.Get("client_id")]
	if err != nil || form.Get("grant_type") != "client_credentials" || !known || c.secret != form.Get("client_secret") {
		return ok(http.StatusUnauthorized, object{"error": "invalid_client", "error_description": "refused " + form.Get("client_secret")})
	}
	s.seq++
	value := fmt.Sprintf("bearer-%s-%d", c.id, s.seq)
	s.tokens[value] = token{c, s.cfg.Now().Add(s.cfg.TokenLife)}
	return ok(http.StatusOK, object{"token_type": "Bearer", "expires_in": int(s.cfg.TokenLife.Seconds()), "access_token": value})
}

// document reads a JSON:API body of a type.
func document(body []byte, kind string) (id string, attributes object, refusal *answer) {
	var d struct {
		Data struct {
			ID         string `json:"id"`
			Type       string `json:"type"`
			Attributes object `json:"attributes"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &d) != nil {
		a := refuse(http.StatusBadRequest, "body", "")
		return "", nil, &a
	}
	if d.Data.Type != kind {
		a := refuse(http.StatusConflict, "type", "")
		return "", nil, &a
	}
	return d.Data.ID, d.Data.Attributes, nil
}

func (s *Server) create(c client, body []byte) answer {
	_, v, bad := document(body, "letters")
	if bad != nil {
		return *bad
	}
	fileName, _ := v["file_original_name"].(string)
	link, _ := v["file_url"].(string)
	signature, _ := v["file_url_signature"].(string)
	u, err := url.Parse(link)
	path := ""
	if err == nil {
		path = strings.Trim(u.Path, "/")
	}
	content := s.files[path]
	switch {
	case fileName == "" || len(fileName) > 255:
		return refuse(http.StatusUnprocessableEntity, "file_original_name", fileName)
	case content == nil || signature != "sig-"+path:
		return refuse(http.StatusUnprocessableEntity, "file_url", "")
	case v["auto_send"] != false:
		return refuse(http.StatusUnprocessableEntity, "auto_send", "")
	}
	delete(s.files, path) // single use
	s.seq++
	l := &letter{
		id: fmt.Sprintf("11111111-2222-4333-8444-%012d", s.seq), fileName: fileName, client: c, content: content, status: "validating",
		checks: s.form.Checks, created: s.cfg.Now(), address: s.form.Address, country: s.form.Country,
	}
	s.letters = append(s.letters, l)
	s.happen(l, "created")
	if l.checks == 0 {
		s.check(l)
	}
	return ok(http.StatusCreated, object{"data": s.show(l)})
}

// check ends the validation of a letter.
func (s *Server) check(l *letter) {
	l.status = s.form.Ends
	if l.status == "" {
		l.status = "valid"
	}
	if l.status != "valid" {
		s.happen(l, "content_failed_inspection", "protected_border_area")
	}
}

func (s *Server) find(c client, id string) *letter {
	for _, l := range s.letters {
		if l.id == id && l.client == c && !l.gone {
			return l
		}
	}
	return nil
}

func (s *Server) get(l *letter) answer {
	shown := ok(http.StatusOK, object{"data": s.show(l)})
	if l.status == "validating" {
		if l.checks--; l.checks < 0 {
			s.check(l)
			return ok(http.StatusOK, object{"data": s.show(l)})
		}
	}
	return shown
}

func (s *Server) show(l *letter) object {
	a := object{
		"status": l.status, "file_original_name": l.fileName, "file_pages": 1, "address": l.address, "address_position": "left",
		"country":          l.country,
		"delivery_product": l.product, "print_mode": l.mode, "print_spectrum": l.spectrum, "price_currency": "CHF", "price_value": nil,
		"source":          "api",
		"tracking_number": l.tracking, "submitted_at": stamp(l.submitted), "created_at": stamp(l.created), "updated_at": stamp(s.cfg.Now()),
	}
	if l.product != "" {
		a["price_value"] = json.Number("1.68")
	}
	return object{"id": l.id, "type": "letters", "attributes": a,
		"relationships": object{"organisation": object{"data": object{"id": l.client.organisation, "type": "organisations"}}}}
}

func (s *Server) remove(l *letter) answer {
	if !slices.Contains([]string{"valid", "invalid", "action_required", "cancelled", "sent", "delivered", "undeliverable"}, l.status) {
		return refuse(http.StatusConflict, "conflict_state", "")
	}
	if l.product == "" {
		l.gone = true
	}
	return answer{status: http.StatusNoContent}
}

var products = []string{"fast", "cheap", "bulk", "premium", "registered"}

func (s *Server) send(l *letter, body []byte) answer {
	id, v, bad := document(body, "letters")
	if bad != nil {
		return *bad
	}
	product, _ := v["delivery_product"].(string)
	mode, _ := v["print_mode"].(string)
	spectrum, _ := v["print_spectrum"].(string)
	switch {
	case id != l.id:
		return refuse(http.StatusConflict, "id", "")
	case !slices.Contains(products, product) || !slices.Contains([]string{"simplex", "duplex"}, mode) ||
		!slices.Contains([]string{"color", "grayscale"}, spectrum):
		return refuse(http.StatusUnprocessableEntity, "delivery_product", product)
	case product == "registered" && v["meta_data"] == nil && !s.form.NoMetaData:
		return refuse(http.StatusUnprocessableEntity, "meta_data", "")
	case l.status != "valid":
		return refuse(http.StatusConflict, "conflict_state", "")
	}
	l.mode, l.spectrum = mode, spectrum
	s.leave(l, product, "submitted")
	return ok(http.StatusOK, object{"data": s.show(l)})
}

// leave sends a letter off.
func (s *Server) leave(l *letter, product, code string) {
	l.product, l.submitted, l.status = product, s.cfg.Now(), "submitted"
	l.plan = s.planOf(l)
	s.happen(l, code)
}

// Sends lets the carrier send the drafts of a file name by itself, as a rule of the
// organisation's own may.
func (s *Server) Sends(fileName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.letters {
		if l.fileName == fileName && l.product == "" && !l.gone {
			s.leave(l, "cheap", "auto_submitted")
		}
	}
}

func (s *Server) cancel(l *letter) answer {
	if !slices.Contains([]string{"submitted", "accepted", "awaiting_credits"}, l.status) {
		return refuse(http.StatusConflict, "conflict_state", "")
	}
	l.status, l.plan = "cancelling", []step{{s.cfg.Now().Add(time.Minute).Sub(l.submitted), "cancellation_completed", "cancelled", nil}}
	s.happen(l, "cancellation_requested")
	return answer{status: http.StatusAccepted}
}

func (s *Server) events(r *http.Request, l *letter) answer {
	limit, page := number(r, "page[limit]", 20, 100), number(r, "page[number]", 1, 1000)
	from := min((page-1)*limit, len(l.events))
	shown := []object{}
	for _, e := range l.events[from:min(from+limit, len(l.events))] {
		shown = append(shown, showEvent(e, "letters_events"))
	}
	return ok(http.StatusOK, object{"data": shown, "links": object{},
		"meta": object{"current_page": page, "last_page": max((len(l.events)+limit-1)/limit, 1), "per_page": limit, "total": len(l.events)}})
}

func number(r *http.Request, name string, otherwise, most int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return min(n, most)
}

func showEvent(e event, kind string) object {
	return object{"id": e.id, "type": kind, "attributes": object{
		"code": e.code, "name": e.code, "producer": "Pingen", "location": "", "has_image": false, "data": e.data,
		"emitted_at": stamp(e.at), "created_at": stamp(e.at), "updated_at": stamp(e.at),
	}}
}

func price(body []byte) answer {
	_, v, bad := document(body, "letter_price_calculator")
	if bad != nil {
		return *bad
	}
	papers, _ := v["paper_types"].([]any)
	product, _ := v["delivery_product"].(string)
	if len(papers) == 0 || v["country"] == "" || !slices.Contains(products, product) {
		return refuse(http.StatusUnprocessableEntity, "paper_types", "")
	}
	return ok(http.StatusOK, object{"data": object{"id": "1", "type": "letter_price_calculator",
		"attributes": object{"currency": "CHF", "price": json.Number(fmt.Sprintf("1.%02d", min(40+5*len(papers), 99)))}}})
}
