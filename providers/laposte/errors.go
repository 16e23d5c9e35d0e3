package laposte

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// refusal is an answer that is not the success asked for. It keeps Maileva's
// codes and none of its words, which may quote an address.
type refusal struct {
	status int
	codes  []string // safe ones, in order
	own    bool     // Maileva itself worded it, with a code
	err    error    // an unreadable success
}

// Error implements the error interface.
func (r *refusal) Error() string {
	if r.err != nil {
		return fmt.Sprintf("HTTP %d: %v", r.status, r.err)
	}
	return statusError(r.status).Error()
}

// Unwrap returns what is wrong with a success.
func (r *refusal) Unwrap() error { return r.err }

func (r *refusal) has(code string) bool {
	for _, c := range r.codes {
		if c == code {
			return true
		}
	}
	return false
}

func statusError(status int) error {
	return fmt.Errorf("HTTP %d %s", status, http.StatusText(status))
}

// errorBody covers the shapes Maileva uses: a list, a bare error, and that of
// the token service, which the page of a gateway may have too.
type errorBody struct {
	Errors []struct {
		Code string `json:"code"`
	} `json:"errors"`
	Code  string `json:"code"`
	Error string `json:"error"`
}

func readRefusal(status int, body []byte) *refusal {
	r := &refusal{status: status}
	var b errorBody
	if json.Unmarshal(body, &b) != nil {
		return r
	}
	for _, e := range b.Errors {
		r.add(e.Code)
	}
	r.add(b.Code)
	r.own = len(r.codes) > 0
	r.add(b.Error)
	return r
}

func (r *refusal) add(code string) {
	if code = safeCode(code); code != "" && !r.has(code) {
		r.codes = append(r.codes, code)
	}
}

func firstCode(body []byte) string {
	if r := readRefusal(0, body); len(r.codes) > 0 {
		return r.codes[0]
	}
	return ""
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// safeCode returns a code that is one, and nothing that could be a sentence.
func safeCode(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return ""
}

// explanation is what a code of Maileva means for the host.
type explanation struct {
	field  string // of courrier.Letter; empty: no field is at fault
	rule   string
	remedy string
}

const (
	shorten = "abbreviate it to 38 characters"
	report  = "this is a defect of the adapter or a change at Maileva; report it"
)

// explanations lists every error code of mail/v2.9 and registered_mail/v4.9.
// Those without a field cannot be mended in the letter.
var explanations = map[string]explanation{
	"ADDRESS_LINE_1_TOO_LONG": {"To.Name", "line 1 is too long", shorten},
	"ADDRESS_LINE_2_TOO_LONG": {"To.Address.Unit", "line 2 is too long", shorten},
	"ADDRESS_LINE_3_TOO_LONG": {"To.Address.Building", "line 3 is too long", shorten},
	"ADDRESS_LINE_4_TOO_LONG": {"To.Address.Street", "line 4 is too long", shorten},
	"ADDRESS_LINE_5_TOO_LONG": {"To.Address.Box", "line 5 is too long", shorten},
	"ADDRESS_LINE_6_TOO_LONG": {"To.Address.City", "line 6 is too long", shorten},
	"ADDRESS_LINE_6_WRONG_FORMAT": {"To.Address.Postcode", "line 6 is not a postcode and a town",
		"give five digits and the town"},
	"INVALID_ADDRESS_LINE_6": {"To.Address.Postcode", "line 6 is not a postcode and a town",
		"give five digits and the town"},
	"EMPTY_ADDRESS_LINE_6":                       {"To.Address.City", "line 6 is empty", "give the postcode and the town"},
	"EMPTY_ADDRESS_LINE_1_OR_ADDRESS_LINE_2":     {"To.Name", "lines 1 and 2 are empty", "give the person's name or the company"},
	"ADDRESS_LINE_1_OR_ADDRESS_LINE_2_MANDATORY": {"To.Name", "lines 1 and 2 are empty", "give the person's name or the company"},
	"COUNTRY_CODE_TOO_LONG":                      {"To.Address.Country", "is no ISO 3166-1 alpha-2 code", "use a code such as FR"},
	"COUNTRY_CODE_EMPTY":                         {"To.Address.Country", "is empty", "use a code such as FR"},
	"INVALID_COUNTRY_CODE":                       {"To.Address.Country", "is not served", "choose another service or carrier"},
	"SENDER_ADDRESS_LINE_1_TOO_LONG":             {"From.Name", "line 1 is too long", shorten},
	"SENDER_ADDRESS_LINE_2_TOO_LONG":             {"From.Address.Unit", "line 2 is too long", shorten},
	"SENDER_ADDRESS_LINE_3_TOO_LONG":             {"From.Address.Building", "line 3 is too long", shorten},
	"SENDER_ADDRESS_LINE_4_TOO_LONG":             {"From.Address.Street", "line 4 is too long", shorten},
	"SENDER_ADDRESS_LINE_5_TOO_LONG":             {"From.Address.Box", "line 5 is too long", shorten},
	"SENDER_ADDRESS_LINE_6_TOO_LONG":             {"From.Address.City", "line 6 is too long", shorten},
	"SENDER_ADDRESS_LINE_6_WRONG_FORMAT": {"From.Address.Postcode", "line 6 is not a postcode and a town",
		"give five digits and the town"},
	"SENDER_COUNTRY_CODE_TOO_LONG":  {"From.Address.Country", "is no ISO 3166-1 alpha-2 code", "use a code such as FR"},
	"DOCUMENT_TYPE_NOT_ACCEPTED":    {"Documents", "hold a file of a type that is not accepted", "convert it to PDF"},
	"EMPTY_DOCUMENT":                {"Documents", "hold an empty file", "leave it out"},
	"CORRUPTED_DOCUMENT":            {"Documents", "hold a damaged file", "write the PDF again"},
	"INVALID_DOCUMENT_SIZE":         {"Documents", "hold a file over 20 MB", "compress images"},
	"INVALID_TOTAL_SENDING_SIZE":    {"Documents", "are over 20 MB together", "compress images or drop attachments"},
	"INVALID_DOCUMENTS_COUNT":       {"Documents", "are none, or over 30", "merge attachments"},
	"DUPLICATE_PRIORITY":            {rule: "two documents have one place in the order", remedy: report},
	"EMPTY_PRIORITY":                {rule: "a document has no place in the order", remedy: report},
	"INVALID_PRIORITY":              {rule: "a document has no valid place in the order", remedy: report},
	"EMPTY_METADATA":                {rule: "a document lacks its metadata", remedy: report},
	"METADATA_WRONG_FORMAT":         {rule: "a document's metadata cannot be read", remedy: report},
	"TOO_MANY_PARAMETER_DOCUMENT":   {rule: "a call held several documents", remedy: report},
	"TOO_MANY_PARAMETER_METADATA":   {rule: "a call held several metadata", remedy: report},
	"EMPTY_FILE_ID":                 {rule: "a file id is missing", remedy: report},
	"EMPTY_NAME":                    {rule: "the sending has no name", remedy: report},
	"NAME_TOO_LONG":                 {rule: "the sending's name is too long", remedy: report},
	"CUSTOM_ID_EMPTY":               {rule: "the reference is empty", remedy: report},
	"CUSTOM_ID_WRONG_FORMAT":        {rule: "the reference has a form that Maileva refuses", remedy: report},
	"INVALID_NOTIFICATION_EMAIL":    {rule: "an e-mail address for notices is not valid", remedy: report},
	"INVALID_RECIPIENTS_COUNT":      {rule: "the sending has no recipient, or too many", remedy: report},
	"INVALID_SCHEDULED_DATE":        {rule: "the date of posting is not possible", remedy: report},
	"INVALID_SCHEDULED_DATE_FORMAT": {rule: "the date of posting cannot be read", remedy: report},
	"EMPTY_SCHEDULED_DATE":          {rule: "the date of posting is missing", remedy: report},
	"EMPTY_PRODUCTION_CENTER":       {rule: "no production centre is set", remedy: "ask Maileva to complete the user's account"},
	"INVALID_PRODUCTION_CENTER": {rule: "the production centre is not known",
		remedy: "ask Maileva to correct the user's account"},
	"SENDING_STATUS_IS_NOT_DRAFT": {rule: "the sending was submitted before", remedy: "read it"},
	"IMPORT_STATUS_IS_NOT_DONE":   {rule: "an import of recipients is not done", remedy: report},
	"UNEXPECTED_NOT_VALID_ERROR":  {rule: "the body of the call cannot be read", remedy: report},
	"SENDING_NOT_FOUND":           {rule: "the sending does not exist", remedy: "the draft was deleted; send again"},
	"RECIPIENT_NOT_FOUND":         {rule: "the recipient does not exist", remedy: "the draft was deleted; send again"},
	"DOCUMENT_NOT_FOUND":          {rule: "the document does not exist", remedy: "the draft was deleted; send again"},
	"IMPORT_NOT_FOUND":            {rule: "the import does not exist", remedy: report},
	"PREVIEW_NOT_FOUND":           {rule: "the preview does not exist", remedy: report},
	"ID_FILE_NOT_FOUND":           {rule: "the file does not exist", remedy: report},
}

const (
	codeNotDraft  = "SENDING_STATUS_IS_NOT_DRAFT"
	codeNoSending = "SENDING_NOT_FOUND"
)

// fault turns a failed call that cannot have printed anything into an error of
// one of the kinds that say nothing was accepted.
func fault(op string, id courrier.LetterID, err error) error {
	e := &courrier.Error{Op: "laposte: " + op, Provider: Name, LetterID: id, Kind: courrier.ErrUnavailable}
	var r *refusal
	switch {
	case errors.As(err, &r):
		r.explain(e)
	case errors.Is(err, courrier.ErrDenied):
		var denied *courrier.Error
		errors.As(err, &denied)
		e.Kind, e.Code, e.Err = courrier.ErrDenied, denied.Code, denied.Err
	default:
		e.Err = plainNetwork(err)
	}
	return e
}

// readFault is [fault] for calls that only read: they say nothing of the letter.
func readFault(op string, id courrier.LetterID, err error) error {
	f := fault(op, id, err)
	var e *courrier.Error
	if errors.As(f, &e) && (e.Kind == nil || errors.Is(e.Kind, courrier.ErrRejected)) {
		e.Kind, e.Err = courrier.ErrUnavailable, plainNetwork(err)
	}
	return f
}

// explain fills in what an answer means. Only codes that Maileva gave prove that
// the letter itself is refused; a bare 4xx may come from anything in between.
func (r *refusal) explain(e *courrier.Error) {
	e.Err = r
	if len(r.codes) > 0 {
		e.Code = r.codes[0]
	}
	switch kind := r.effect(); {
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		e.Kind = courrier.ErrDenied
		e.Err = fmt.Errorf("%w: Maileva refuses the account's user; check its credentials and rights", r)
	case r.status == http.StatusNotFound:
		e.Kind = courrier.ErrNotFound
	case errors.Is(kind, courrier.ErrRejected) && !r.has(codeNotDraft):
		r.reject(e)
	}
}

// effect is what the refusal of a call with an effect proves; see [rest.Effect].
func (r *refusal) effect() error {
	return rest.Effect(&rest.Answer{Status: r.status}, nil, r.own)
}

// reject names the fields at fault where all codes have one, else the reason.
func (r *refusal) reject(e *courrier.Error) {
	var k courrier.Checks
	for _, code := range r.codes {
		x := explanations[code]
		if x.field == "" {
			e.Kind = courrier.ErrRejected
			if x.rule != "" {
				e.Err = fmt.Errorf("%s; %s", x.rule, x.remedy)
			}
			return
		}
		k.Require(false, x.field, x.rule, x.remedy)
	}
	e.Kind, e.Err = nil, k.Err()
}

// inDoubt is the answer to a submission whose effect is not known.
func inDoubt(op string, id courrier.LetterID, cause error) error {
	return &courrier.Error{Op: "laposte: " + op, Provider: Name, LetterID: id, Kind: courrier.ErrInDoubt, Err: plainNetwork(cause)}
}

// notSent tells whether no byte of a call left.
func notSent(err error) bool {
	var call *rest.Error
	return errors.As(err, &call) && call.Reach == rest.NotSent
}
