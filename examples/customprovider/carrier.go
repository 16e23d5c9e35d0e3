// Package customprovider shows all it takes to teach courrier a new carrier: an
// imaginary printer with an HTTP API of two calls.
//
//	PUT /letters/{reference}  201 {"id"} accepted, 422 {"code"} refused, 503 not read
//	GET /letters/{reference}  200 {"id","events"}, 404 {"code":"no_such_letter"}
package customprovider

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/courrier-go/courrier"
)

// Carrier is an adapter to the printer. BaseURL is required.
type Carrier struct {
	BaseURL string
	Client  *http.Client // nil: one that gives up after 30 s
}

type answer struct {
	ID, Code string
	Events   []struct {
		Code string
		At   time.Time
	}
}

var statuses = map[string]courrier.Status{"received": courrier.StatusAccepted, "printed": courrier.StatusPrinted, "handed_over": courrier.StatusPosted}

// Name implements courrier.Provider.
func (c Carrier) Name() string { return "printer" }

// Capabilities implements courrier.Provider.
func (c Carrier) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services: []courrier.Service{courrier.ServiceStandard}, MaxDocuments: 3, MaxBytes: 5_000_000,
		NoDuplex: true, NoCarrierSheet: true, NoStaple: true, Finds: true, Tracks: true,
	}
}

// Submit implements courrier.Provider.
func (c Carrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	lines, err := s.Letter.To.Lines()
	if err = cmp.Or(err, c.Capabilities().Check(s.Letter, *s.Letter.Print)); err != nil {
		return courrier.Receipt{}, err
	}
	var pdfs [][]byte // base64 in JSON
	for _, d := range s.Letter.Documents {
		pdfs = append(pdfs, d.Content)
	}
	a, err := c.call(ctx, http.MethodPut, s.ID, map[string]any{"address": lines, "color": s.Letter.Print.Color, "documents": pdfs})
	return courrier.Receipt{ProviderID: a.ID}, err
}

// Find implements courrier.Finder.
func (c Carrier) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	a, err := c.call(ctx, http.MethodGet, ref.ID, nil)
	return courrier.Receipt{ProviderID: a.ID}, err
}

// Track implements courrier.Tracker.
func (c Carrier) Track(ctx context.Context, refs []courrier.Reference) (events []courrier.TrackingEvent, err error) {
	for _, ref := range refs {
		a, err := c.call(ctx, http.MethodGet, ref.ID, nil)
		if err != nil && !errors.Is(err, courrier.ErrNotFound) {
			return nil, err
		}
		for _, e := range a.Events {
			status, known := statuses[e.Code] // a code that is not there is kept, and changes nothing
			events = append(events, courrier.TrackingEvent{
				ID: courrier.NewEventID(c.Name(), a.ID, e.Code, e.At, ""), Letter: ref.ID, Provider: c.Name(), ProviderID: a.ID,
				Code: e.Code, Status: status, Unknown: !known, Happened: e.At, Heard: time.Now(), Source: courrier.SourcePoll,
			})
		}
	}
	return events, nil
}

// call makes one request and never repeats it. Only what proves that nothing was
// accepted gets a kind; any other error leaves the letter in doubt. The printer's
// own words are left out: they repeat the address.
func (c Carrier) call(ctx context.Context, method string, id courrier.LetterID, body any) (a answer, err error) {
	fail := func(kind error, code string, err error) (answer, error) {
		return answer{}, &courrier.Error{Op: method, Provider: c.Name(), LetterID: id, Kind: kind, Code: code, Err: err}
	}
	payload, _ := json.Marshal(body) // strings and bytes always marshal
	req, err := http.NewRequestWithContext(ctx, method, c.BaseURL+"/letters/"+string(id), bytes.NewReader(payload))
	if err != nil {
		return fail(courrier.ErrInvalid, "", err)
	}
	resp, err := cmp.Or(c.Client, &http.Client{Timeout: 30 * time.Second}).Do(req)
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return fail(courrier.ErrUnavailable, "", err) // never connected, so never read
	}
	if err != nil {
		return fail(nil, "", err)
	}
	defer resp.Body.Close()
	unread := json.NewDecoder(resp.Body).Decode(&a)
	switch {
	case resp.StatusCode == http.StatusServiceUnavailable:
		return fail(courrier.ErrUnavailable, "", nil)
	case unread == nil && resp.StatusCode == http.StatusUnprocessableEntity:
		return fail(courrier.ErrRejected, a.Code, nil)
	case unread == nil && resp.StatusCode == http.StatusNotFound && a.Code == "no_such_letter":
		return fail(courrier.ErrNotFound, a.Code, nil) // a proxy's 404 would be no proof
	case unread != nil || resp.StatusCode >= 300:
		return fail(nil, "", fmt.Errorf("http status %d", resp.StatusCode))
	}
	return a, nil
}
