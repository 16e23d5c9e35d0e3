package lapostetest

import (
	"maps"
	"net/http"
)

// AddBillingLine adds a line as Maileva words it; fields given replace the usual.
func (s *Server) AddBillingLine(fields map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := object{
		"id": newID(), "type": "USER_REQUEST", "invoice_date": "2026-03-31", "valorization_date": "2026-03-03",
		"quantity": 1, "unit_price": 1.52, "amount": 1.52, "code": "AFF", "label": "Affranchissement", "category": "POSTAGE",
		"invoice_reference": "F-2026-03",
	}
	maps.Copy(line, fields)
	s.billing = append(s.billing, line)
}

func (s *Server) billingItems(w http.ResponseWriter, r *http.Request, _ grant) {
	from, to := r.URL.Query().Get("start_valorization_date"), r.URL.Query().Get("end_valorization_date")
	var all []object
	for _, line := range s.billing {
		day := text(line, "valorization_date")
		if day >= from && day <= to {
			all = append(all, line)
		}
	}
	items, paging := page(s, r, all, 20, 500)
	answer(w, http.StatusOK, object{"items": orEmpty(items), "paging": paging})
}
