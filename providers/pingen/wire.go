package pingen

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// The carrier's JSON:API, as far as it is used. It changes types and adds fields
// without notice: only ids must be as documented.

// text is a string; anything else is empty.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	_ = json.Unmarshal(b, &s)
	*t = text(s)
	return nil
}

// kept is a text, or whatever else stands in its place: what cannot be read is not
// absent.
type kept string

// UnmarshalJSON never fails.
func (k *kept) UnmarshalJSON(b []byte) error {
	var t text
	_ = t.UnmarshalJSON(b) // never fails
	if *k = kept(t); t == "" && !bytes.Equal(b, []byte("null")) && !bytes.Equal(b, []byte(`""`)) {
		*k = kept(b)
	}
	return nil
}

// time reads the carrier's moments, whose offset has no colon; the zero time is none,
// and so is the beginning of a computer's time.
func (t text) time() time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05-0700", time.RFC3339Nano} {
		if at, err := time.Parse(layout, string(t)); err == nil && at.Unix() > 0 {
			return at.UTC()
		}
	}
	return time.Time{}
}

// price is a number in units of its currency.
type price string

// UnmarshalJSON never fails.
func (p *price) UnmarshalJSON(b []byte) error {
	*p = price(bytes.Trim(b, `"`))
	return nil
}

func (p price) in(currency text) courrier.Amount {
	a, err := courrier.NewAmount(string(p), string(currency))
	if err != nil || a.Sign() < 0 {
		return courrier.Amount{}
	}
	return a
}

type resource struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	Attributes attributes `json:"attributes"`
}

// attributes are those of letters and of their events together.
type attributes struct {
	Status      text  `json:"status"`
	FileName    text  `json:"file_original_name"`
	Address     text  `json:"address"`
	Country     text  `json:"country"`
	Currency    text  `json:"price_currency"`
	Price       price `json:"price_value"`
	Tracking    text  `json:"tracking_number"`
	SubmittedAt kept  `json:"submitted_at"`

	Code      text            `json:"code"`
	Data      json.RawMessage `json:"data"`
	EmittedAt text            `json:"emitted_at"`
	CreatedAt text            `json:"created_at"`

	URL       string `json:"url"`
	Signature string `json:"url_signature"`
}

type one struct {
	Data resource `json:"data"`
}

type list struct {
	Data []resource `json:"data"`
	Meta struct {
		LastPage count `json:"last_page"`
	} `json:"meta"`
}

// items are what a call includes, without those that are of no known shape.
type items []resource

// UnmarshalJSON never fails.
func (i *items) UnmarshalJSON(b []byte) error {
	var raw []json.RawMessage
	_ = json.Unmarshal(b, &raw)
	for _, r := range raw {
		var item resource
		if json.Unmarshal(r, &item) == nil {
			*i = append(*i, item)
		}
	}
	return nil
}

// count is a number, as one or as a string.
type count int

// UnmarshalJSON never fails.
func (c *count) UnmarshalJSON(b []byte) error {
	n, _ := strconv.Atoi(string(bytes.Trim(b, `"`)))
	*c = count(n)
	return nil
}

type link struct {
	Data struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"data"`
}

type wireHook struct {
	Data struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		Attributes struct {
			Reason text `json:"reason"`
		} `json:"attributes"`
		Relationships struct {
			Deliverable link `json:"deliverable"`
			Letter      link `json:"letter"`
			Event       link `json:"event"`
		} `json:"relationships"`
	} `json:"data"`
	Included items `json:"included"`
}

type wireErrors struct {
	Errors []struct {
		Code   text `json:"code"`
		Title  text `json:"title"`
		Detail text `json:"detail"`
	} `json:"errors"`
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// worded tells whether the carrier itself gave a refusal, and its code: a list of
// errors that say something. A gateway answers in HTML, the file store in XML.
func worded(a *rest.Answer) (code string, own bool) {
	var w wireErrors
	if a.JSON(&w) != nil {
		return "", false
	}
	for _, e := range w.Errors {
		own = own || e.Code+e.Title+e.Detail != ""
		if code == "" && codeForm.MatchString(string(e.Code)) {
			code = string(e.Code)
		}
	}
	return code, own
}

// body is a JSON:API document.
func body(v any) (rest.Body, error) {
	b, err := rest.JSON(map[string]any{"data": v})
	b.Type = mediaType
	return b, err
}

const mediaType = "application/vnd.api+json"

// words returns the texts of an event's data, which is a list of them, or of objects.
func (a attributes) words() string {
	var all []string
	var list []any
	if json.Unmarshal(a.Data, &list) != nil {
		return ""
	}
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return strings.Join(all, " ")
}
