package mercifacteur

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier/providers/rest"
)

// maxAnswer is the longest answer read: proofs come as text within JSON.
const maxAnswer = 60 << 20

// The carrier's JSON, as far as it is used. Its names are misspelt in places and
// are kept so. Only ids and "success" must be as published: everything else that
// comes as another type reads as absent.

// text is a string or a number.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = text(s)
	case json.Unmarshal(b, &n) == nil:
		*t = text(n)
	default:
		*t = ""
	}
	return nil
}

// number is an integer, as one or as a string.
type number struct{ V int64 }

// UnmarshalJSON never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	n.V, _ = strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	return nil
}

// id is an id: a number, a string, or a list of one.
type id string

// UnmarshalJSON never fails.
func (i *id) UnmarshalJSON(b []byte) error {
	var list []text
	var one text
	if json.Unmarshal(b, &list) == nil && len(list) == 1 {
		*i = id(list[0])
		return nil
	}
	_ = one.UnmarshalJSON(b) // never fails
	*i = id(one)
	return nil
}

// many is a list, or one item that stands for it.
type many[T any] []T

// UnmarshalJSON leaves out what is no item.
func (m *many[T]) UnmarshalJSON(b []byte) error {
	var raw []json.RawMessage
	if json.Unmarshal(b, &raw) != nil {
		raw = []json.RawMessage{b}
	}
	for _, r := range raw {
		var item T
		if !bytes.Equal(bytes.TrimSpace(r), []byte("null")) && json.Unmarshal(r, &item) == nil {
			*m = append(*m, item)
		}
	}
	return nil
}

// fullList is a list from which nothing may be missing, because what is not in it is
// taken for not there.
type fullList[T any] struct {
	Items []T
	Read  bool // as a list, every item of it
}

// UnmarshalJSON never fails: see Read.
func (w *fullList[T]) UnmarshalJSON(b []byte) error {
	w.Read = json.Unmarshal(b, &w.Items) == nil && w.Items != nil
	return nil
}

// problem is {"code","text"}, on older pages a text.
type problem struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// UnmarshalJSON never fails.
func (p *problem) UnmarshalJSON(b []byte) error {
	type object problem
	var o object
	if json.Unmarshal(b, &o) != nil {
		_ = json.Unmarshal(b, &o.Text)
	}
	*p = problem(o)
	return nil
}

// envelope is what every answer of the carrier has.
type envelope struct {
	Success *bool   `json:"success"`
	Error   problem `json:"error"`
	Sending id      `json:"envoi_id"` // of a success
}

func read(a *rest.Answer) envelope {
	var e envelope
	if a.JSON(&e) != nil {
		return envelope{}
	}
	return e
}

// ok tells a success, which both status and body say.
func (e envelope) ok(a *rest.Answer) bool { return a.OK() && e.Success != nil && *e.Success }

// refused tells a refusal in the carrier's own words: it refuses with 4xx, and with
// 200 too. The same words with 5xx or with a redirect prove nothing of what was done,
// nor do those beside the number of a sending.
func (e envelope) refused(a *rest.Answer) bool {
	return e.Success != nil && !*e.Success && (a.OK() || a.Status/100 == 4) && (e.Sending == "" || e.Sending == "0")
}

type wireToken struct {
	Token  text   `json:"token"`
	Expire number `json:"expire"` // Unix seconds
}

type wireAddress struct {
	Title     string `json:"civilite"`
	Name      string `json:"nom"`
	FirstName string `json:"prenom"`
	Company   string `json:"societe"`
	Line1     string `json:"adresse1"`
	Line2     string `json:"adresse2"`
	Line3     string `json:"adresse3"`
	Postcode  string `json:"cp"`
	Town      string `json:"ville"`
	Country   string `json:"pays"`
	Reference string `json:"reference"`
}

type wireParties struct {
	From wireAddress   `json:"exp"`
	To   []wireAddress `json:"dest"`
}

type wireContent struct {
	Letter wireFiles `json:"letter"`
	Photo  string    `json:"photo"`
	Card   string    `json:"card"`
}

type wireFiles struct {
	Files    string   `json:"files"`
	Base64   []string `json:"base64files"`
	Sides    string   `json:"print_sides"`
	FileName string   `json:"final_filename"`
}

type wireSent struct {
	ID    id `json:"envoi_id"`
	Price struct {
		Total struct {
			InclTax text `json:"ttc"`
		} `json:"total"`
	} `json:"price"`
}

// wireEvent is what a webhook says, and an entry of the last events: one happening
// of several letters, perhaps.
type wireEvent struct {
	Event struct {
		Name text   `json:"name_event"`
		Date number `json:"date_event"`
	} `json:"event"`
	Letters many[wireLetter] `json:"detail"`
}

// wireLetter is one letter of an event.
type wireLetter struct {
	Ref         text   `json:"ref_courrier"`
	Sending     id     `json:"id_envoi"`
	Mode        text   `json:"mode_envoi"`
	Status      text   `json:"statut_courrier"`
	Description text   `json:"statut_description"`
	Reference   text   `json:"ref_interne"`
	Tracking    text   `json:"tracking_number"`
	Event       text   `json:"name_event"` // these two in a history
	Date        number `json:"date_event"`
}

type wireEvents struct {
	Events fullList[wireEvent] `json:"events"`
	Pages  struct {
		Current number `json:"current"`
		Total   number `json:"total"`
	} `json:"pages"`
}

type wireSendings struct {
	Sendings fullList[struct {
		ID   id     `json:"idEnvoi"`
		Mode text   `json:"modeEnvoi"`
		Date number `json:"date"`
	}] `json:"envois"`
}

// wireSending is one sending, with its letters.
type wireSending struct {
	Detail many[struct {
		Ref text    `json:"ref_courrier"`
		To  wireRef `json:"dest"`
	}] `json:"detail"`
}

// wireRef is what an address shows of our reference, where it shows any.
type wireRef struct {
	Reference text `json:"reference"`
}

// UnmarshalJSON never fails.
func (r *wireRef) UnmarshalJSON(b []byte) error {
	type object wireRef
	var o object
	_ = json.Unmarshal(b, &o)
	*r = wireRef(o)
	return nil
}

type wireTracking struct {
	Print   text `json:"statutPrintEnvoi"`
	Letters fullList[struct {
		To       wireRef          `json:"dest"`
		Ref      text             `json:"ref_courrier"`
		Tracking text             `json:"ref_tracking"`
		Mode     text             `json:"mode_envoi"`
		History  many[wireLetter] `json:"historique"`
		Returned text             `json:"pnd"`
		Receipt  text             `json:"are_base64_jpeg"`
	}] `json:"suiviCourrier"`
}

type wireProof struct {
	Format   text `json:"format_return"`
	Document text `json:"document"`
	URL      text `json:"url"`
}

type wirePostage struct {
	Postage map[string]struct {
		Amount text `json:"amount"`
	} `json:"affranchissement"`
	Content struct {
		Total text `json:"total_content_ht"`
	} `json:"content"`
}

type wireCountries struct {
	Countries many[struct {
		Label text `json:"label"`
	}] `json:"country"`
}

// lastSecond is the end of the year 9999: what is later is no date.
const lastSecond = 253402300799

func (n number) time() time.Time {
	if n.V <= 0 || n.V > lastSecond {
		return time.Time{}
	}
	return time.Unix(n.V, 0).UTC()
}
