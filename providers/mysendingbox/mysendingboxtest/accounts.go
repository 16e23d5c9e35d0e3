package mysendingboxtest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// openAccount opens a customer's company for a partner.
func (s *Server) openAccount(r *http.Request, c caller) response {
	if !c.partner {
		return refuse(http.StatusForbidden, "Your company can not create accounts.")
	}
	replay, seen := s.replies[c.key+"\x00"+r.Header.Get("Idempotency-Key")]
	if seen && s.cfg.Now().Sub(replay.at) < 24*time.Hour {
		return response{status: replay.status, body: replay.body}
	}
	f, err := parse(r)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	email := f.values["email"]
	if !strings.Contains(email, "@") || f.values["name"] == "" {
		return refuse(http.StatusUnprocessableEntity, "email and name are required")
	}
	for _, other := range s.companies {
		if other.email == email {
			return refuse(http.StatusUnprocessableEntity, "the email %s is already used", email)
		}
	}
	id := s.id("Co")
	opened := &company{id: id, email: email, webhook: f.values["webhook_url"],
		testKey: fmt.Sprintf("test_%08d-aaaa-4bbb-8ccc-dddddddddddd", s.seq), liveKey: fmt.Sprintf("%08d-1111-4222-8333-444444444444", s.seq)}
	s.add(opened)
	rep := ok(map[string]any{"user": s.user(f, opened), "company": s.companyObject(f, opened)})
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		s.replies[c.key+"\x00"+key] = reply{s.cfg.Now(), rep.status, rep.body}
	}
	return rep
}

func (s *Server) user(f fields, c *company) map[string]any {
	now := stamp(s.cfg.Now())
	return map[string]any{
		"_id": s.id("Us"), "email": c.email, "name": f.values["name"], "phone": nullable(f.values["phone"]), "role": "admin", "admin": false,
		"activated": false, "invite_pending": true, "invite_token": "tok", "company": c.id, "email_notifications": map[string]any{},
		"created_at": now, "updated_at": now,
	}
}

func (s *Server) companyObject(f fields, c *company) map[string]any {
	now := stamp(s.cfg.Now())
	return map[string]any{
		"_id": c.id, "email": c.email, "siren": nullable(f.values["siren"]), "tva_intra": nil, "branded_for": nil,
		"webhook_url": nullable(c.webhook), "address": nil, "partner": map[string]any{}, "email_notifications": map[string]any{},
		"data_expiration": map[string]any{}, "cancellation_window": map[string]any{"letters": 30, "postcards": 30},
		"api_keys": map[string]any{
			"live": map[string]any{"key": c.liveKey, "created_at": now}, "test": map[string]any{"key": c.testKey, "created_at": now},
		},
		"integrations": map[string]any{}, "admin": false, "activated": false, "disable_webhook_for_dashboard_event": false,
		"postage_speed": "D1", "credit_card_exists": false, "default_pack": "business", "auto_invoicing": true,
		"billing_emails": []any{}, "created_at": now, "updated_at": now,
	}
}

// changeAccount changes a company's e-mail address, and nothing else.
func (s *Server) changeAccount(r *http.Request, id string, c caller) response {
	if !c.partner {
		return refuse(http.StatusForbidden, "Your company can not change accounts.")
	}
	f, err := parse(r)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	for _, company := range s.companies {
		if company.id == id {
			company.email = f.values["email"]
			return ok(map[string]any{"company": map[string]any{"_id": id, "email": company.email}})
		}
	}
	return refuse(http.StatusNotFound, "Company not found.")
}

// Email returns a company's address, by the carrier's id; empty for none.
func (s *Server) Email(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.companies {
		if c.id == id {
			return c.email
		}
	}
	return ""
}

// Bill adds invoices to the list.
func (s *Server) Bill(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		number := len(s.invoices) + 1
		file := s.id("Fi")
		s.files[file] = pdf(fmt.Sprintf("invoice %d", number))
		total := map[string]any{"total_services_ht": 10, "total_postages_ht": 20, "total_ht": 30.5, "total_tva": 6.1, "total_ttc": 36.6}
		s.invoices = append(s.invoices, map[string]any{
			"_id": s.id("In"), "invoice_number": number, "invoice_date": stamp(s.cfg.Now()), "due_date": stamp(s.cfg.Now().AddDate(0, 1, 0)),
			"name": nil, "pack": "business", "status": "waiting", "payment_date": nil, "payment_type": "sepa", "tva": 20, "country": "FR",
			"invoice_lines": []any{map[string]any{"text": "Lettres vertes", "tva": 20, "price": 1.39, "total_ht": 30.5, "total_tva": 6.1,
				"total_ttc": 36.6}},
			"total": total, "file": file,
		})
	}
}

func (s *Server) listInvoices(r *http.Request) response {
	query := r.URL.Query()
	limit, page := min(atoi(query.Get("limit"), 10), 2), max(atoi(query.Get("page"), 1), 1)
	from := min((page-1)*limit, len(s.invoices))
	shown := append([]map[string]any{}, s.invoices[from:min(from+limit, len(s.invoices))]...)
	pages := (len(s.invoices) + limit - 1) / limit
	return ok(map[string]any{
		"info":     map[string]any{"total": len(s.invoices), "limit": limit, "page": page, "pages": pages, "requested_at": stamp(s.cfg.Now())},
		"invoices": shown,
	})
}

func (s *Server) getInvoice(id string, c caller) response {
	for _, inv := range s.invoices {
		if inv["_id"] != id {
			continue
		}
		whole := map[string]any{}
		for k, v := range inv {
			whole[k] = v
		}
		whole["file"] = map[string]any{"_id": inv["file"], "url": c.base + "/files/" + inv["file"].(string), "type": "invoice"}
		return ok(whole)
	}
	return refuse(http.StatusNotFound, "Invoice not found.")
}
