package mock

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// SignatureHeader carries the HMAC-SHA256 of a webhook's body under
// [Config.Secret], in hexadecimal.
const SignatureHeader = "Mock-Signature"

// maxBody bounds what a webhook may hold; the office's own are far below.
const maxBody = 64 << 10

// Call is one webhook, as it leaves the office.
type Call struct {
	Header http.Header
	Body   []byte
}

// Request returns the call as a request to a URL.
func (c Call) Request(ctx context.Context, url string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	r.Header = c.Header.Clone()
	return r, nil
}

// notice is a webhook's body.
type notice struct {
	ID             string            `json:"id"`
	Letter         string            `json:"letter"`              // the office's id
	Reference      courrier.LetterID `json:"reference,omitempty"` // ours
	Code           string            `json:"code"`
	Happened       time.Time         `json:"happened,omitzero"`
	TrackingNumber string            `json:"tracking_number,omitempty"`
}

// Webhooks returns the calls that are due and were not returned before, by the
// time of what they tell. It is the host of the test who makes them; see
// [Office.Deliver].
func (o *Office) Webhooks() []Call {
	defer o.read()()
	return o.due()
}

func (o *Office) due() []Call {
	type item struct {
		letter *letter
		happening
	}
	var items []item
	var shuffled []int
	for _, l := range o.letters {
		history := o.history(l)
		for _, h := range history[min(l.told, len(history)):] {
			items = append(items, item{l, h})
			if l.Noise.Duplicated {
				items = append(items, item{l, h})
			}
		}
		l.told = max(l.told, len(history))
	}
	slices.SortStableFunc(items, func(a, b item) int { return a.at.Compare(b.at) })
	calls := o.undelivered
	o.undelivered = nil
	for _, i := range items {
		if i.letter.Noise.Shuffled {
			shuffled = append(shuffled, len(calls))
		}
		calls = append(calls, o.call(i.letter, i.happening))
	}
	o.dice.Shuffle(len(shuffled), func(i, j int) {
		a, b := shuffled[i], shuffled[j]
		calls[a], calls[b] = calls[b], calls[a]
	})
	return calls
}

// call writes and signs the webhook of one happening.
func (o *Office) call(l *letter, h happening) Call {
	e := o.event(l, h, courrier.SourceWebhook)
	n := notice{ID: e.ID, Letter: e.ProviderID, Reference: e.Letter, Code: e.Code, Happened: e.Happened, TrackingNumber: e.TrackingNumber}
	if l.Noise.Anonymous {
		n.Reference = ""
	}
	body, err := json.Marshal(n)
	if err != nil {
		panic("mock: a notice always marshals: " + err.Error())
	}
	c := Call{Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	if len(o.cfg.Secret) > 0 {
		c.Header.Set(SignatureHeader, hex.EncodeToString(o.sign(body)))
	}
	return c
}

func (o *Office) sign(body []byte) []byte {
	mac := hmac.New(sha256.New, o.cfg.Secret)
	mac.Write(body)
	return mac.Sum(nil)
}

// Deliver makes the calls that are due to a handler, and reports how many it
// took. Calls that are not answered with success are due again the next time.
func (o *Office) Deliver(ctx context.Context, h http.Handler) (taken, left int, err error) {
	for _, c := range o.Webhooks() {
		r, err := c.Request(ctx, "https://host.example/courrier")
		if err != nil {
			return taken, left, err
		}
		answer := &answer{header: make(http.Header)}
		if ctx.Err() == nil {
			h.ServeHTTP(answer, r)
			answer.WriteHeader(http.StatusOK) // as a server does for a handler that says nothing
		}
		if answer.status/100 == 2 {
			taken++
			continue
		}
		left++
		o.mu.Lock()
		o.undelivered = append(o.undelivered, c)
		o.mu.Unlock()
	}
	return taken, left, ctx.Err()
}

// answer is the least a ResponseWriter can be.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(b), nil
}

// ParseWebhook implements [courrier.WebhookParser].
func (o *Office) ParseWebhook(header http.Header, _ map[string][]string, body []byte) (courrier.Webhook, error) {
	signed := len(o.cfg.Secret) > 0
	if signed {
		signature, err := hex.DecodeString(header.Get(SignatureHeader))
		if err != nil || !hmac.Equal(signature, o.sign(body)) {
			return courrier.Webhook{}, o.fail("webhook", courrier.ErrDenied, "bad_signature", "")
		}
	}
	var n notice
	if len(body) > maxBody || json.Unmarshal(body, &n) != nil || !strings.HasPrefix(n.ID, o.cfg.Name+":"+n.Letter+"-") ||
		n.Letter == "" || n.Code == "" {
		return courrier.Webhook{}, o.fail("webhook", courrier.ErrInvalid, "unreadable", "")
	}
	m, known := meanings[n.Code]
	return courrier.Webhook{Events: []courrier.TrackingEvent{{
		ID: n.ID, Letter: n.Reference, Provider: o.cfg.Name, ProviderID: n.Letter, TrackingNumber: n.TrackingNumber,
		Code: n.Code, Status: m.Status, Unknown: !known, Proof: m.Proof, Reason: m.Reason, FirstPresentation: m.FirstPresentation,
		Happened: n.Happened, Heard: o.Now(), Source: courrier.SourceWebhook, Hint: !signed, Raw: bytes.Clone(body),
	}}}, nil
}
