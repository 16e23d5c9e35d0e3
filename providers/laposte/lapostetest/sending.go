package lapostetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// sending is a sending with its documents and recipients.
type sending struct {
	book      *book
	id        string
	owner     grant
	options   object // as posted
	status    string
	detail    string
	history   []dated
	created   time.Time
	submitted time.Time
	processed time.Time
	documents []*document
	to        []*recipient
	proofs    []object // global deposit proofs
}

type dated struct {
	code string
	at   time.Time
}

func (d dated) json() object { return object{"code": d.code, "date": stamp(d.at)} }

type document struct {
	id       string
	name     string
	priority int
	content  []byte
	extra    object
}

type recipient struct {
	id      string
	fields  object // as posted
	status  string
	history []dated
	more    object // what production and delivery added
	events  []object
	main    []object
}

// book is one of the two services that take sendings.
type book struct {
	s          *Server
	base       string
	registered bool
}

func (b *book) routes(mux *http.ServeMux) {
	route := func(pattern string, h func(http.ResponseWriter, *http.Request, *sending)) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+b.base+path, b.s.authorized(func(w http.ResponseWriter, r *http.Request, g grant) {
			x := b.s.sendings[r.PathValue("id")]
			if x == nil || x.book != b || x.owner.user != g.user {
				bare(w, http.StatusNotFound, "SENDING_NOT_FOUND")
				return
			}
			h(w, r, x)
		}))
	}
	mux.HandleFunc("POST "+b.base+"/sendings", b.s.authorized(b.create))
	route("GET /sendings/{id}", func(w http.ResponseWriter, _ *http.Request, x *sending) { answer(w, http.StatusOK, x.json()) })
	route("DELETE /sendings/{id}", b.draftOnly(b.remove))
	route("POST /sendings/{id}/submit", b.draftOnly(b.submit))
	route("POST /sendings/{id}/documents", b.draftOnly(b.addDocument))
	route("GET /sendings/{id}/documents", b.listDocuments)
	route("POST /sendings/{id}/recipients", b.draftOnly(b.addRecipient))
	route("GET /sendings/{id}/recipients", b.listRecipients)
	if !b.registered {
		route("GET /sendings/{id}/recipients/{rid}/delivery_statuses", b.deliveryStatuses)
		return
	}
	for _, p := range proofFiles {
		route("GET /sendings/{id}/recipients/{rid}/"+p.path, b.proof(p))
	}
	mux.HandleFunc("GET "+b.base+"/global_deposit_proofs", b.s.authorized(b.globalProofs))
	mux.HandleFunc("GET "+b.base+"/global_deposit_proofs/{gid}/download", b.s.authorized(b.globalProof))
}

func (b *book) draftOnly(h func(http.ResponseWriter, *http.Request, *sending)) func(http.ResponseWriter, *http.Request, *sending) {
	return func(w http.ResponseWriter, r *http.Request, x *sending) {
		if x.status != "DRAFT" {
			refuse(w, "SENDING_STATUS_IS_NOT_DRAFT")
			return
		}
		h(w, r, x)
	}
}

// readObject reads a JSON object with the right content type.
func (b *book) readObject(w http.ResponseWriter, r *http.Request) (object, bool) {
	var o object
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") || json.NewDecoder(r.Body).Decode(&o) != nil {
		refuse(w, "UNEXPECTED_NOT_VALID_ERROR")
		return nil, false
	}
	return o, true
}

func text(o object, key string) string {
	s, _ := o[key].(string)
	return s
}

func (b *book) create(w http.ResponseWriter, r *http.Request, g grant) {
	o, ok := b.readObject(w, r)
	if !ok {
		return
	}
	if codes := b.checkSending(o); len(codes) > 0 {
		refuse(w, codes...)
		return
	}
	x := &sending{book: b, id: newID(), owner: g, options: b.withDefaults(o), created: b.s.now}
	x.enter("DRAFT", b.s.now)
	b.s.sendings[x.id] = x
	b.s.order = append(b.s.order, x)
	w.Header().Set("Location", b.s.URL+b.base+"/sendings/"+x.id)
	answer(w, http.StatusCreated, x.json())
}

// withDefaults fills in what Maileva assumes when nothing is said.
func (b *book) withDefaults(o object) object {
	defaults := object{"color_printing": true, "duplex_printing": true, "optional_address_sheet": false, "print_sender_address": false}
	if b.registered {
		maps.Copy(defaults, object{"acknowledgement_of_receipt": true, "returned_mail_scanning": false, "archiving_duration": 3,
			"postage_type": "FAST"})
	} else {
		maps.Copy(defaults, object{"treat_undelivered_mail": false, "archiving_duration": 0})
	}
	maps.Copy(defaults, o)
	return defaults
}

func (b *book) checkSending(o object) []string {
	var codes []string
	name := text(o, "name")
	if b.registered && name == "" {
		codes = append(codes, "EMPTY_NAME")
	}
	if utf8.RuneCountInString(name) > 256 {
		codes = append(codes, "NAME_TOO_LONG")
	}
	longest := 36
	if b.registered {
		longest = 38
	}
	if len(text(o, "custom_id")) > longest {
		codes = append(codes, "CUSTOM_ID_WRONG_FORMAT")
	}
	if b.registered && fmt.Sprint(o["archiving_duration"]) == "0" {
		codes = append(codes, "UNEXPECTED_NOT_VALID_ERROR")
	}
	for i := 1; i <= 6; i++ {
		if utf8.RuneCountInString(text(o, fmt.Sprintf("sender_address_line_%d", i))) > 38 {
			codes = append(codes, fmt.Sprintf("SENDER_ADDRESS_LINE_%d_TOO_LONG", i))
		}
	}
	if b.registered {
		return codes // v4 documents no other rule for the sender
	}
	country, line6 := text(o, "sender_country_code"), text(o, "sender_address_line_6")
	if country == "FR" && line6 != "" && !frenchLine6.MatchString(line6) {
		codes = append(codes, "SENDER_ADDRESS_LINE_6_WRONG_FORMAT")
	}
	if len(country) > 2 {
		codes = append(codes, "SENDER_COUNTRY_CODE_TOO_LONG")
	}
	return codes
}

var frenchLine6 = regexp.MustCompile(`^[0-9]{5} \S`)

var registeredCountries = []string{"FR", "MC", "RE", "YT", "MQ", "GP", "MF", "BL", "GF"}

func (b *book) checkRecipient(o object) []string {
	var codes []string
	for i := 1; i <= 6; i++ {
		if utf8.RuneCountInString(text(o, fmt.Sprintf("address_line_%d", i))) > 38 {
			codes = append(codes, fmt.Sprintf("ADDRESS_LINE_%d_TOO_LONG", i))
		}
	}
	if text(o, "address_line_1") == "" && text(o, "address_line_2") == "" {
		codes = append(codes, b.either("EMPTY_ADDRESS_LINE_1_OR_ADDRESS_LINE_2", "ADDRESS_LINE_1_OR_ADDRESS_LINE_2_MANDATORY"))
	}
	country, line6 := text(o, "country_code"), text(o, "address_line_6")
	switch {
	case line6 == "":
		codes = append(codes, "EMPTY_ADDRESS_LINE_6")
	case country == "FR" && !frenchLine6.MatchString(line6):
		codes = append(codes, b.either("ADDRESS_LINE_6_WRONG_FORMAT", "INVALID_ADDRESS_LINE_6"))
	}
	switch {
	case country == "":
		codes = append(codes, b.either("INVALID_COUNTRY_CODE", "COUNTRY_CODE_EMPTY"))
	case len(country) != 2:
		codes = append(codes, "COUNTRY_CODE_TOO_LONG")
	case b.registered && !slices.Contains(registeredCountries, country):
		codes = append(codes, "INVALID_COUNTRY_CODE")
	}
	if len(text(o, "custom_id")) > 36 {
		codes = append(codes, "CUSTOM_ID_WRONG_FORMAT")
	}
	return codes
}

func (b *book) either(mail, registered string) string {
	if b.registered {
		return registered
	}
	return mail
}

const (
	maxDocuments = 30
	maxBytes     = 20_000_000
)

func (b *book) addDocument(w http.ResponseWriter, r *http.Request, x *sending) {
	d, code := readDocument(r)
	if code == "" {
		code = x.checkDocument(d)
	}
	if code != "" {
		refuse(w, code)
		return
	}
	x.documents = append(x.documents, d)
	w.Header().Set("Location", b.s.URL+b.base+"/sendings/"+x.id+"/documents/"+d.id)
	answer(w, http.StatusCreated, x.documentJSON(d))
}

// readDocument reads exactly one document and one metadata, which clients send
// as a plain field or as a file.
func readDocument(r *http.Request) (*document, string) {
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, "EMPTY_DOCUMENT"
	}
	parts := map[string][][]byte{}
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "METADATA_WRONG_FORMAT"
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return nil, "METADATA_WRONG_FORMAT"
		}
		parts[p.FormName()] = append(parts[p.FormName()], b)
	}
	switch {
	case len(parts["document"]) == 0 || len(parts["document"][0]) == 0:
		return nil, "EMPTY_DOCUMENT"
	case len(parts["document"]) > 1:
		return nil, "TOO_MANY_PARAMETER_DOCUMENT"
	case len(parts["metadata"]) == 0:
		return nil, "EMPTY_METADATA"
	case len(parts["metadata"]) > 1:
		return nil, "TOO_MANY_PARAMETER_METADATA"
	}
	var m struct {
		Priority *int   `json:"priority"`
		Name     string `json:"name"`
	}
	if json.Unmarshal(parts["metadata"][0], &m) != nil {
		return nil, "METADATA_WRONG_FORMAT"
	}
	if m.Priority == nil {
		return nil, "EMPTY_PRIORITY"
	}
	return &document{id: newID(), name: m.Name, priority: *m.Priority, content: parts["document"][0]}, ""
}

func (x *sending) checkDocument(d *document) string {
	total := len(d.content)
	for _, other := range x.documents {
		total += len(other.content)
		if other.priority == d.priority {
			return "DUPLICATE_PRIORITY"
		}
	}
	switch {
	case d.priority < 1:
		return "INVALID_PRIORITY"
	case len(x.documents) >= maxDocuments:
		return "INVALID_DOCUMENTS_COUNT"
	case len(d.content) > maxBytes:
		return "INVALID_DOCUMENT_SIZE"
	case total > maxBytes:
		return "INVALID_TOTAL_SENDING_SIZE"
	case !strings.HasPrefix(string(d.content), "%PDF-"):
		return "DOCUMENT_TYPE_NOT_ACCEPTED"
	}
	return ""
}

func (b *book) listDocuments(w http.ResponseWriter, r *http.Request, x *sending) {
	items, paging := page(b.s, r, x.documents, 30, 30)
	all := make([]object, len(items))
	for i, d := range items {
		all[i] = x.documentJSON(d)
	}
	answer(w, http.StatusOK, object{"documents": all, "paging": paging})
}

func (x *sending) documentJSON(d *document) object {
	o := object{"id": d.id, "name": d.name, "priority": d.priority, "type": "application/pdf", "size": len(d.content),
		"converted_size": 0, "pages_count": 0, "sheets_count": 0}
	maps.Copy(o, d.extra)
	return o
}

func (b *book) addRecipient(w http.ResponseWriter, r *http.Request, x *sending) {
	o, ok := b.readObject(w, r)
	if !ok {
		return
	}
	if codes := b.checkRecipient(o); len(codes) > 0 {
		refuse(w, codes...)
		return
	}
	to := &recipient{id: newID(), fields: o, more: object{}}
	to.enter("DRAFT", b.s.now)
	x.to = append(x.to, to)
	w.Header().Set("Location", b.s.URL+b.base+"/sendings/"+x.id+"/recipients/"+to.id)
	answer(w, http.StatusCreated, b.recipientJSON(to))
}

func (b *book) listRecipients(w http.ResponseWriter, r *http.Request, x *sending) {
	items, paging := page(b.s, r, x.to, 50, 500)
	all := make([]object, len(items))
	for i, to := range items {
		all[i] = b.recipientJSON(to)
	}
	answer(w, http.StatusOK, object{"recipients": all, "paging": paging})
}

func (b *book) recipientJSON(to *recipient) object {
	o := object{"id": to.id, "status": to.status, "postage_price": 0}
	maps.Copy(o, to.fields)
	if b.registered {
		history := make([]object, len(to.history))
		for i, d := range to.history {
			history[i] = d.json()
		}
		o["statuses"] = history
		o["delivery_statuses"] = orEmpty(to.events)
		o["main_delivery_statuses"] = orEmpty(to.main)
	}
	maps.Copy(o, to.more)
	return o
}

func orEmpty(list []object) []object {
	if list == nil {
		return []object{}
	}
	return list
}

func (b *book) deliveryStatuses(w http.ResponseWriter, r *http.Request, x *sending) {
	for _, to := range x.to {
		if to.id == r.PathValue("rid") {
			answer(w, http.StatusOK, object{"delivery_statuses": orEmpty(to.events), "paging": object{"total_results": len(to.events)}})
			return
		}
	}
	bare(w, http.StatusNotFound, "RECIPIENT_NOT_FOUND")
}

func (b *book) remove(w http.ResponseWriter, _ *http.Request, x *sending) {
	delete(b.s.sendings, x.id)
	b.s.order = slices.DeleteFunc(b.s.order, func(o *sending) bool { return o == x })
	w.WriteHeader(http.StatusNoContent)
}

func (b *book) submit(w http.ResponseWriter, _ *http.Request, x *sending) {
	switch {
	case len(x.documents) == 0:
		refuse(w, "INVALID_DOCUMENTS_COUNT")
		return
	case len(x.to) == 0:
		refuse(w, "INVALID_RECIPIENTS_COUNT")
		return
	}
	b.s.submissions = append(b.s.submissions, Submission{
		CustomID: text(x.options, "custom_id"), SendingID: x.id, Registered: b.registered,
		Recipients: len(x.to), Documents: x.inOrder(), Postage: text(x.options, "postage_type"),
		Receipt: x.options["acknowledgement_of_receipt"] == true, User: x.owner.user,
	})
	x.submitted = b.s.now
	x.begin(b.s.outcome)
	w.WriteHeader(http.StatusOK)
}

// inOrder returns the documents as they are printed.
func (x *sending) inOrder() [][]byte {
	sorted := slices.SortedFunc(slices.Values(x.documents), func(a, b *document) int { return a.priority - b.priority })
	contents := make([][]byte, len(sorted))
	for i, d := range sorted {
		contents[i] = d.content
	}
	return contents
}

func (x *sending) json() object {
	o := object{
		"id": x.id, "status": x.status, "creation_date": stamp(x.created),
		"documents_count": len(x.documents), "recipients_counts": object{strings.ToLower(x.status): len(x.to), "total": len(x.to)},
	}
	maps.Copy(o, x.options)
	if x.detail != "" {
		o["status_detail"] = x.detail
	}
	if !x.submitted.IsZero() {
		o["submission_date"] = stamp(x.submitted)
	}
	if !x.processed.IsZero() {
		o["processed_date"] = stamp(x.processed)
	}
	if x.book.registered {
		history := make([]object, len(x.history))
		for i, d := range x.history {
			history[i] = d.json()
		}
		o["statuses"] = history
	}
	return o
}

func (x *sending) enter(status string, at time.Time) {
	x.status = status
	x.history = append(x.history, dated{status, at})
}

func (to *recipient) enter(status string, at time.Time) {
	to.status = status
	to.history = append(to.history, dated{status, at})
}

// proofFile is a proof of a recipient: where it is downloaded, and the field
// that says it is there.
type proofFile struct{ path, field string }

var proofFiles = []proofFile{
	{"download_deposit_proof", "deposit_proof_url"},
	{"download_content_proof", "content_proof_date"},
	{"download_acknowledgement_of_receipt", "acknowledgement_of_receipt_date"},
	{"download_undelivered_mail", "undelivered_mail_archive_date"},
}

func (b *book) proof(p proofFile) func(http.ResponseWriter, *http.Request, *sending) {
	return func(w http.ResponseWriter, r *http.Request, x *sending) {
		for _, to := range x.to {
			if to.id == r.PathValue("rid") && to.more[p.field] != nil {
				servePDF(w, p.path+" of "+x.id)
				return
			}
		}
		bare(w, http.StatusNotFound, "RECIPIENT_NOT_FOUND")
	}
}

func servePDF(w http.ResponseWriter, title string) {
	w.Header().Set("Content-Type", "application/pdf")
	fmt.Fprintf(w, "%%PDF-1.4\n%% %s\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"+
		"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n", title)
}

func (b *book) globalProofs(w http.ResponseWriter, r *http.Request, g grant) {
	var all []object
	for _, x := range b.s.order {
		wanted := r.URL.Query().Get("sending_id")
		if x.book == b && x.owner.user == g.user && (wanted == "" || wanted == x.id) {
			all = append(all, x.proofs...)
		}
	}
	items, paging := page(b.s, r, all, 50, 500)
	answer(w, http.StatusOK, object{"global_deposit_proofs": orEmpty(items), "paging": paging})
}

func (b *book) globalProof(w http.ResponseWriter, r *http.Request, g grant) {
	for _, x := range b.s.order {
		for _, p := range x.proofs {
			if x.owner.user == g.user && p["id"] == r.PathValue("gid") {
				servePDF(w, "global deposit proof of "+x.id)
				return
			}
		}
	}
	bare(w, http.StatusNotFound, "SENDING_NOT_FOUND")
}
