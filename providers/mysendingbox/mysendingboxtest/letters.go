package mysendingboxtest

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// letter is one letter at the carrier.
type letter struct {
	id        string
	company   *company
	mode      string
	base      string
	created   time.Time
	updated   time.Time
	form      fields
	pages     int
	sheets    int
	cents     int
	tracking  string
	events    []map[string]any
	scans     []map[string]any
	proofs    map[string]map[string]any
	wrong     bool
	failed    bool
	cancelled bool
	reason    string
	plan      []step
}

var postageTypes = []string{"ecopli", "verte", "prioritaire", "lr", "lrar", "destineo_esprit_libre_seuil_1",
	"destineo_esprit_libre_seuil_2"}

var enums = map[string][]string{
	"color":             {"bw", "color"},
	"postage_type":      postageTypes,
	"postage_speed":     {"", "express", "D", "D1"},
	"address_placement": {"", "first_page", "insert_blank_page"},
	"envelope":          {"", "c4", "c6"},
	"envelope_window":   {"", "simple", "double"},
}

var fileFields = []string{"source_file", "source_file_2", "source_file_3", "source_file_4", "source_file_5"}

// createOnce replays the answer to a request with the same idempotency key.
func (s *Server) createOnce(r *http.Request, c caller) response {
	id := r.Header.Get("Idempotency-Key")
	replay, seen := s.replies[c.key+"\x00"+id]
	if id != "" && seen && !s.behaviour.NoIdempotency && s.cfg.Now().Sub(replay.at) < 24*time.Hour {
		_, _ = io.Copy(io.Discard, r.Body)
		return response{status: replay.status, body: replay.body, header: map[string]string{"Content-Type": "application/json"}}
	}
	rep := s.create(r, c)
	if id != "" && rep.status == http.StatusOK {
		s.replies[c.key+"\x00"+id] = reply{s.cfg.Now(), rep.status, rep.body}
	}
	return rep
}

func (s *Server) create(r *http.Request, c caller) response {
	f, err := parse(r)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if problem := f.problem(); problem != "" {
		return refuse(http.StatusUnprocessableEntity, "%s", problem)
	}
	l := &letter{
		id: s.id("Lt"), company: c.company, mode: c.mode, base: c.base, created: s.cfg.Now(), updated: s.cfg.Now(),
		form: f, proofs: map[string]map[string]any{},
	}
	l.count()
	l.proofs["file"] = s.store(l, "file_to_send", f.first())
	if l.mode == "live" {
		l.plan = planFor(f.values["postage_type"], s.route, f.values["manage_returned_mail"] == "true")
	}
	s.letters = append(s.letters, l)
	s.happen(l, "letter.created")
	return ok(s.show(l))
}

// problem returns what the carrier would refuse a letter for, or "".
func (f fields) problem() string {
	registered := strings.HasPrefix(f.values["postage_type"], "lr")
	for _, field := range []string{"color", "postage_type", "source_file_type"} {
		if f.values[field] == "" {
			return field + " is required"
		}
	}
	for _, field := range slices.Sorted(maps.Keys(enums)) {
		if value := f.values[field]; !slices.Contains(enums[field], value) && value != "" {
			return fmt.Sprintf("%s %q is not one of %s", field, value, strings.Join(enums[field], ", "))
		}
	}
	parties := []string{"to"}
	if registered || len(f.object("from")) > 0 {
		parties = append(parties, "from")
	}
	for _, party := range parties {
		if problem := f.addressProblem(party); problem != "" {
			return problem
		}
	}
	for _, field := range fileFields {
		if problem := f.fileProblem(field); problem != "" {
			return problem
		}
	}
	return ""
}

func (f fields) addressProblem(party string) string {
	a := f.object(party)
	if a["name"] == nil && a["company"] == nil {
		return party + ".name or " + party + ".company is required"
	}
	for _, key := range []string{"address_line1", "address_city", "address_postalcode", "address_country"} {
		if a[key] == nil || a[key] == "" {
			return party + "." + key + " is required"
		}
	}
	most := 45
	if f.values["postage_speed"] == "express" {
		most = 38
	}
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if line := a[key].(string); utf8.RuneCountInString(line) > most {
			return fmt.Sprintf("%s.%s %q is longer than %d characters", party, key, line, most)
		}
	}
	if f.values["postage_type"] == "ecopli" && a["address_country"] != "France" && a["address_country"] != "Monaco" && party == "to" {
		return "postage_type ecopli is for France only"
	}
	return ""
}

func (f fields) fileProblem(field string) string {
	kind, given := f.values[field+"_type"]
	_, upload := f.files[field]
	switch {
	case !given && !upload && f.values[field] == "":
		return ""
	case kind == "file" && !f.multipart:
		return field + "_type file needs multipart/form-data"
	case kind == "file" && !upload, kind != "file" && f.values[field] == "":
		return field + " is required"
	case !slices.Contains([]string{"file", "html", "remote", "template_id"}, kind):
		return fmt.Sprintf("%s_type %q is not one of file, html, remote, template_id", field, kind)
	}
	return ""
}

func (f fields) first() []byte {
	if content, ok := f.files["source_file"]; ok {
		return content
	}
	return pdf("rendered")
}

var (
	pageObject = regexp.MustCompile(`/Type\s*/Page[^s]`)
	streams    = regexp.MustCompile(`(?s)stream\r?\n(.*?)endstream`)
)

// pagesIn counts the pages of a PDF, of compressed objects too; a file that is none
// is rendered to one.
func pagesIn(content []byte) int {
	n := len(pageObject.FindAll(content, -1))
	for _, stream := range streams.FindAllSubmatch(content, -1) {
		inflated, err := zlib.NewReader(bytes.NewReader(stream[1]))
		if err != nil {
			continue // not compressed, or otherwise
		}
		plain, _ := io.ReadAll(io.LimitReader(inflated, maxBody)) // what comes before an end that is broken counts too
		n += len(pageObject.FindAll(append(plain, ' '), -1))
	}
	return max(n, 1)
}

// count works out pages, sheets and the price from the files.
func (l *letter) count() {
	for _, field := range fileFields {
		content, ok := l.form.files[field]
		if !ok && l.form.values[field] == "" {
			continue
		}
		n := pagesIn(content)
		l.pages += n
		if l.form.values["both_sides"] != "false" {
			n = (n + 1) / 2
		}
		l.sheets += n
	}
	if l.form.values["address_placement"] == "insert_blank_page" {
		l.sheets++
	}
	l.cents = priceOf(l.form.values["postage_type"], l.form.values["color"], l.sheets)
}

var postageCents = map[string]int{"ecopli": 114, "verte": 139, "prioritaire": 149, "lr": 474, "lrar": 583}

// priceOf is a price of the fake's own; the carrier's list is not known.
func priceOf(postage, color string, sheets int) int {
	perSheet := 12
	if color == "color" {
		perSheet = 30
	}
	base, known := postageCents[postage]
	if !known {
		base = 99
	}
	return base + 25 + perSheet*sheets
}

func euros(cents int) json.Number {
	return json.Number(fmt.Sprintf("%d.%02d", cents/100, cents%100))
}

func (l *letter) priceObject() map[string]any {
	postage := postageCents[l.form.values["postage_type"]]
	return map[string]any{"pack": "business", "postage": euros(postage), "service": euros(l.cents - postage), "total": euros(l.cents)}
}

func (s *Server) price(r *http.Request) response {
	f, err := parse(r)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if !slices.Contains(postageTypes, f.values["postage_type"]) {
		return refuse(http.StatusUnprocessableEntity, "postage_type %q is not one of %s", f.values["postage_type"],
			strings.Join(postageTypes, ", "))
	}
	pages, err := strconv.Atoi(f.values["page_count"])
	if err != nil || pages < 1 {
		return refuse(http.StatusUnprocessableEntity, "page_count is required")
	}
	sheets := pages
	if f.values["both_sides"] == "true" {
		sheets = (pages + 1) / 2
	}
	l := &letter{form: f, cents: priceOf(f.values["postage_type"], f.values["color"], sheets)}
	return ok(l.priceObject())
}

// show returns a letter as the API does, with every key that its own client
// libraries insist on.
func (s *Server) show(l *letter) map[string]any {
	text := func(field, otherwise string) string {
		if v := l.form.values[field]; v != "" {
			return v
		}
		return otherwise
	}
	flag := func(field string, otherwise bool) bool {
		if v := l.form.values[field]; v != "" {
			return v == "true"
		}
		return otherwise
	}
	mode := l.mode
	if s.behaviour.WrongMode {
		mode = map[string]string{"test": "live", "live": "test"}[mode]
	}
	v := map[string]any{
		"_id": l.id, "object": "letter", "channel": "paper", "mode": mode, "created_from": "api", "user": "Us0000001",
		"description": nullable(l.form.values["description"]), "to": l.form.object("to"), "from": nil,
		"color": text("color", "bw"), "postage_type": text("postage_type", ""), "postage_speed": text("postage_speed", "D1"),
		"envelope": text("envelope", "c6"), "envelope_window": text("envelope_window", "simple"),
		"address_placement": text("address_placement", "first_page"),
		"both_sides":        flag("both_sides", true), "staple": flag("staple",
			false), "print_sender_address": flag("print_sender_address", false),
		"manage_delivery_proof": flag("manage_delivery_proof", false), "manage_returned_mail": flag("manage_returned_mail", false),
		"mail_provider": "A", "pdf_margin": nil, "page_count": l.pages, "sheet_count": l.sheets,
		"source_file_type": text("source_file_type", ""), "price": l.priceObject(),
		"tracking_number": nullable(l.tracking), "tracking_events": orEmpty(l.scans), "events": orEmpty(l.events),
		"send_date": stamp(l.created), "created_at": stamp(l.created), "updated_at": stamp(l.updated),
		"error": trueOrNull(l.failed), "wrong_address": l.wrong, "variables": orNull(l.form.object("variables")),
		"metadata": l.form.object("metadata"),
		"canceled": l.cancelled, "returnToSenderReason": nullable(l.reason),
	}
	if from := l.form.object("from"); len(from) > 0 {
		v["from"] = from
	}
	for key, file := range l.proofs {
		v[key] = file
	}
	if n := len(l.events); n > 0 {
		last := l.events[n-1]
		v["status"] = map[string]any{"name": last["name"], "event_id": last["_id"], "description": last["description"],
			"updated_at": last["updated_at"]}
	}
	if s.behaviour.ExtraKeys {
		v["status"], v["file_for_corus"], v["brand_new"] = "created", true, []any{1, "two"}
		v["page_count"], v["price"].(map[string]any)["pack"] = "2", 7
		if len(l.form.object("metadata")) == 0 {
			v["metadata"] = []any{}
		}
	}
	return v
}

// trueOrNull is how a letter's "error" comes: clients take one that is there, of
// whatever value, for a refusal.
func trueOrNull(b bool) any {
	if !b {
		return nil
	}
	return true
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNull(o map[string]any) any {
	if len(o) == 0 {
		return nil
	}
	return o
}

func orEmpty(list []map[string]any) []map[string]any {
	if list == nil {
		return []map[string]any{}
	}
	return list
}

var wellFormed = regexp.MustCompile(`^[A-Za-z0-9_-]{7,14}$`)

func (s *Server) find(id string, c caller) (*letter, response) {
	for _, l := range s.letters {
		if l.id == id && l.company == c.company && l.mode == c.mode {
			return l, response{}
		}
	}
	if s.behaviour.MalformedIs422 && !wellFormed.MatchString(id) {
		return nil, refuse(http.StatusUnprocessableEntity, "The letter id is malformed.")
	}
	return nil, refuse(http.StatusNotFound, "Letter not found.")
}

func (s *Server) get(id string, c caller) response {
	l, missing := s.find(id, c)
	if l == nil {
		return missing
	}
	return ok(s.show(l))
}

func (s *Server) cancel(id string, c caller) response {
	l, missing := s.find(id, c)
	switch {
	case l == nil:
		return missing
	case l.cancelled || s.cfg.Now().Sub(l.created) > s.cfg.CancellationWindow:
		return refuse(http.StatusBadRequest, "The letter can no longer be cancelled.")
	}
	l.cancelled, l.plan = true, nil
	s.happen(l, "letter.canceled")
	return ok(s.show(l))
}

// filters that lists of letters take besides metadata, and those of dates, of which
// a day or a moment is taken; how ranges are written is not published.
var (
	filters = []string{"channel", "mode", "postage_type", "postage_speed", "color"}
	dated   = []string{"created_at", "updated_at", "send_date"}
)

func (s *Server) list(r *http.Request, c caller) response {
	query := r.URL.Query()
	limit, offset := atoi(query.Get("limit"), 10), atoi(query.Get("offset"), 0)
	page := 50
	if s.behaviour.PageSize > 0 {
		page = s.behaviour.PageSize
	}
	if s.behaviour.IgnoreOffset {
		offset = 0
	}
	var all []*letter
	for _, l := range slices.Backward(s.letters) {
		if l.company == c.company && l.mode == c.mode && (s.behaviour.IgnoreFilters || s.matches(l, query)) {
			all = append(all, l)
		}
	}
	shown := []any{}
	for _, l := range all[min(offset, len(all)):min(offset+min(limit, page), len(all))] {
		shown = append(shown, s.show(l))
	}
	info := map[string]any{"total": len(all), "limit": min(limit, page), "offset": offset, "count": len(shown),
		"requested_at": stamp(s.cfg.Now())}
	if s.behaviour.NoTotal {
		delete(info, "total")
	}
	return ok(map[string]any{"info": info, "letters": shown})
}

func (s *Server) matches(l *letter, query map[string][]string) bool {
	shown := s.show(l)
	for _, name := range filters {
		if want := query[name]; len(want) > 0 && shown[name] != want[0] {
			return false
		}
	}
	for _, name := range dated {
		at, _ := shown[name].(string)
		if want := query[name]; len(want) > 0 && !strings.HasPrefix(at, want[0]) {
			return false
		}
	}
	for name, want := range query {
		for _, group := range []string{"metadata", "variables"} {
			key, ok := strings.CutPrefix(name, group+"[")
			if ok && (s.behaviour.OtherFilters || l.form.object(group)[strings.TrimSuffix(key, "]")] != want[0]) {
				return false
			}
		}
	}
	return true
}

func atoi(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// Accepted lists the value of a metadata key of every letter taken, in order.
func (s *Server) Accepted(key string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, l := range s.letters {
		all = append(all, l.form.values["metadata["+key+"]"])
	}
	return all
}

// Taken is one letter as the carrier took it.
type Taken struct {
	ID       string
	Key      string            // the company's live or test key that sent it
	Fields   map[string]string // of the form, without files
	Files    [][]byte          // in the order in which they are printed
	Pages    int
	Metadata map[string]string
}

// Letters returns every letter taken, in order.
func (s *Server) Letters() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Taken
	for _, l := range s.letters {
		t := Taken{ID: l.id, Key: l.company.liveKey, Fields: maps.Clone(l.form.values), Pages: l.pages, Metadata: map[string]string{}}
		if l.mode == "test" {
			t.Key = l.company.testKey
		}
		for k, v := range l.form.object("metadata") {
			t.Metadata[k], _ = v.(string)
		}
		for _, field := range fileFields {
			if content, ok := l.form.files[field]; ok {
				t.Files = append(t.Files, content)
			}
		}
		all = append(all, t)
	}
	return all
}

// Forms returns the fields of every letter taken, files by their length.
func (s *Server) Forms() []map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []map[string]string
	for _, l := range s.letters {
		form := maps.Clone(l.form.values)
		for name, content := range l.form.files {
			form[name] = fmt.Sprintf("%d bytes", len(content))
		}
		all = append(all, form)
	}
	return all
}
