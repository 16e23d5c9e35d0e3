package providertest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
)

type lieCase struct {
	name, check, finding string
	lie                  func(*mock.Office, *liar)
}

// lies maps what is wrong with an adapter to the check that must find it, and to
// a word of the finding.
var lies = []lieCase{
	{"repeats a call that timed out", "submit/lost answer", "accepted the letter 2 times", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, err := l.Drafting.Submit(ctx, s)
			if errors.Is(err, courrier.ErrInDoubt) {
				return l.Drafting.Submit(ctx, s)
			}
			return r, err
		}
	}},
	{"calls a time-out unavailable", "submit/no answer", "not accepted", lieFor(context.Canceled, courrier.ErrUnavailable)},
	{"repeats a call that timed out after a while", "submit/lost answer", "accepted the letter 2 times", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, err := l.Drafting.Submit(ctx, s)
			if errors.Is(err, courrier.ErrInDoubt) {
				time.Sleep(10 * time.Millisecond)
				return l.Drafting.Submit(ctx, s)
			}
			return r, err
		}
	}},
	{"prints everything twice", "submit/services", "accepted the letter 2 times", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			_, _ = l.Drafting.Submit(ctx, s)
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"says unavailable after accepting", "submit/lost answer", "not accepted", lieInDoubt(courrier.ErrUnavailable)},
	{"says rejected after accepting", "submit/lost answer", "refused for good", lieInDoubt(courrier.ErrRejected)},
	{"says denied after accepting", "submit/lost answer", "not accepted", lieInDoubt(courrier.ErrDenied)},
	{"says yes to a lost answer", "submit/lost answer", `the outcome is "accepted"`, lieInDoubt(nil)},
	{"says rejected when the line is dead", "submit/silence", "refused for good", lieFor(context.DeadlineExceeded, courrier.ErrRejected)},
	{"says yes during an outage", "submit/unavailable", `the outcome is "accepted"`, lieFor(courrier.ErrUnavailable, nil)},
	{"says rejected during an outage", "submit/unavailable", "refused for good", lieFor(courrier.ErrUnavailable, courrier.ErrRejected)},
	{"doubts everything during an outage", "submit/unreachable", "in doubt", lieFor(courrier.ErrUnavailable, errors.New("oops"))},
	{"doubts what it cannot settle", "submit/unavailable", "in doubt", func(o *mock.Office, l *liar) {
		lieFor(courrier.ErrUnavailable, errors.New("oops"))(o, l)
		l.caps = func(c *courrier.Capabilities) { c.Finds = false }
	}},
	{"says rejected without a connection", "submit/unreachable", "refused for good", lieFor(courrier.ErrUnavailable, courrier.ErrRejected)},
	{"doubts a refusal", "submit/rejected", "in doubt", lieFor(courrier.ErrRejected, errors.New("oops"))},
	{"calls a refusal unavailable", "submit/rejected", "another time", lieFor(courrier.ErrRejected, courrier.ErrUnavailable)},
	{"says two things at once", "submit/rejected", "at once", lieFor(courrier.ErrRejected, errors.Join(courrier.ErrRejected, courrier.ErrUnavailable))},
	{"is sure and in doubt", "submit/rejected", "at once", lieFor(courrier.ErrRejected, errors.Join(courrier.ErrRejected, courrier.ErrInDoubt))},
	{"refuses without a code", "submit/rejected", "code is missing", lieFor(courrier.ErrRejected, &courrier.Error{Kind: courrier.ErrRejected, Provider: "mock"})},
	{"refuses without an Error", "submit/rejected", "no *courrier.Error", lieFor(courrier.ErrRejected, courrier.ErrRejected)},
	{"shows the address in a refusal", "submit/rejected", "shows a name", lieFor(courrier.ErrRejected, fmt.Errorf("%w: no such street: 17 RUE DES MARRONNIERS", courrier.ErrRejected))},
	{"shows the name in a refusal", "submit/rejected", "shows a name", lieFor(courrier.ErrRejected, fmt.Errorf("%w: for mme zoé quillévéré", courrier.ErrRejected))},
	{"shows the document in a refusal", "submit/rejected", "shows a name", lieFor(courrier.ErrRejected, fmt.Errorf("%w: invoice-quillevere.pdf", courrier.ErrRejected))},
	{"shows its key in an outage", "submit/unavailable", "shows a name", lieFor(courrier.ErrUnavailable, fmt.Errorf("%w: https://%s@carrier.example", courrier.ErrUnavailable, secret))},
	{"gives no id", "submit/services", "no ProviderID", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, err := l.Drafting.Submit(ctx, s)
			r.ProviderID = ""
			return r, err
		}
	}},
	{"keeps our reference to itself", "submit/services", "accepted the letter 0 times", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			s.ID = "reference-" + s.ID
			s.Draft, _ = l.Drafting.Draft(ctx, s)
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"leaves attachments out", "submit/documents", "of 3 documents", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			s.Letter.Documents = s.Letter.Documents[:1]
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"prints attachments first", "submit/documents", "another order", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			s.Letter.Documents = slices.Clone(s.Letter.Documents)
			slices.Reverse(s.Letter.Documents)
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"gives all letters one id", "submit/concurrent", "one ProviderID", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, err := l.Drafting.Submit(ctx, s)
			r.ProviderID = "1"
			return r, err
		}
	}},
	{"changes the letter", "submit/services", "changed the letter", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			s.Letter.Documents[0].Content[0] = 'x'
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"panics", "submit/services", "panic: out of paper", func(o *mock.Office, l *liar) {
		l.submit = func(context.Context, courrier.Submission) (courrier.Receipt, error) { panic("out of paper") }
	}},
	{"refuses what it declares", "submit/services", "is not accepted", func(o *mock.Office, l *liar) {
		l.caps = func(c *courrier.Capabilities) { c.Services = append(c.Services, courrier.ServiceEconomy) }
	}},
	{"takes what it does not declare", "submit/services", "not declared", func(o *mock.Office, l *liar) {
		l.caps = func(c *courrier.Capabilities) { c.Services = c.Services[1:] }
	}},
	{"takes too many documents", "submit/limits", "one document more", declares(func(c *courrier.Capabilities) { c.MaxDocuments-- })},
	{"takes too many bytes", "submit/limits", "one byte more", declares(func(c *courrier.Capabilities) { c.MaxBytes -= 10 })},
	{"takes too many copies", "submit/limits", "one copy more", declares(func(c *courrier.Capabilities) { c.MaxCopies-- })},
	{"takes too many sheets", "submit/limits", "one sheet more", declares(func(c *courrier.Capabilities) { c.MaxSheets-- })},
	{"takes an envelope it lacks", "submit/limits", `envelope "DL"`, declares(func(c *courrier.Capabilities) { c.Envelopes = nil })},
	{"takes returns it lacks", "submit/limits", `returns "scanned"`, declares(func(c *courrier.Capabilities) { c.Returns = nil })},
	{"takes colour it lacks", "submit/limits", "in colour", declares(func(c *courrier.Capabilities) { c.NoColor = true })},
	{"refuses a staple it has", "submit/limits", "not accepted", declares(func(c *courrier.Capabilities) { c.NoStaple = false })},
	{"refuses a document it declares", "submit/limits", "not accepted", declares(func(c *courrier.Capabilities) { c.MaxDocuments++ })},
	{"takes letters to places it does not reach", "submit/reach", "is not reached", declares(func(c *courrier.Capabilities) {
		c.Reaches = func(_ courrier.Service, a courrier.Address) bool { return a.Country == "FR" }
	})},
	{"does not hear that its context ended", "submit/silence", "did not return", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, err := l.Drafting.Submit(ctx, s)
			if errors.Is(err, context.DeadlineExceeded) {
				time.Sleep(3 * time.Second)
			}
			return r, err
		}
	}},
	{"submits though its context has ended", "submit/cancelled before", "accepted the letter 1 times", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, err := l.Drafting.Submit(context.WithoutCancel(ctx), s)
			return r, errors.Join(err, ctx.Err())
		}
	}},
	{"mixes letters up that come together", "submit/concurrent", "concurrent use: the carrier accepted the letter", func(o *mock.Office, l *liar) {
		var mu sync.Mutex
		var current courrier.Submission
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			mu.Lock()
			current = s
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			return l.Drafting.Submit(ctx, current)
		}
	}},

	{"has a name with capitals", "declares/name", "lower-case", func(o *mock.Office, l *liar) { l.name = func() string { return "Mock" } }},
	{"changes its name", "declares/name", "changes", func(o *mock.Office, l *liar) {
		n := 0
		l.name = func() string { n++; return strings.Repeat("x", n) }
	}},
	{"offers nothing", "declares/capabilities", "is empty", declares(func(c *courrier.Capabilities) { c.Services = nil })},
	{"offers an unknown service", "declares/capabilities", "vocabulary", declares(func(c *courrier.Capabilities) { c.Services = append(c.Services, "pigeon") })},
	{"offers a service twice", "declares/capabilities", "twice", declares(func(c *courrier.Capabilities) { c.Services = append(c.Services, c.Services[0]) })},
	{"has a negative limit", "declares/capabilities", "negative", declares(func(c *courrier.Capabilities) { c.MaxCopies = -1 })},
	{"changes its mind", "declares/capabilities", "changes", func(o *mock.Office, l *liar) {
		n := 0
		l.caps = func(c *courrier.Capabilities) { n++; c.MaxCopies = 1 + n }
	}},
	{"shares its slices", "declares/capabilities", "shares", func(o *mock.Office, l *liar) {
		shared := courrier.Services()
		l.caps = func(c *courrier.Capabilities) { c.Services = shared }
	}},
	{"hides drafts", "declares/abilities", "Drafts: is not declared", declares(func(c *courrier.Capabilities) { c.Drafts = false })},
	{"hides places", "declares/abilities", "Places: is not declared", declares(func(c *courrier.Capabilities) { c.Places = false })},
	{"hides lookups", "declares/abilities", "Finds: is not declared", declares(func(c *courrier.Capabilities) { c.Finds = false })},
	{"hides cancellation", "declares/abilities", "Cancels: is not declared", declares(func(c *courrier.Capabilities) { c.Cancels = false })},
	{"hides tracking", "declares/abilities", "Tracks: is not declared", declares(func(c *courrier.Capabilities) { c.Tracks, c.TrackBatch = false, 0 })},
	{"hides proofs", "declares/abilities", "Proofs: is not declared", declares(func(c *courrier.Capabilities) { c.Proofs = nil })},
	{"hides quotes", "declares/abilities", "Quotes: is not declared", declares(func(c *courrier.Capabilities) { c.Quotes = false })},
	{"hides webhooks", "declares/abilities", "Webhooks: is not declared", declares(func(c *courrier.Capabilities) { c.Webhooks = false })},

	{"prints drafts", "draft/prints nothing", "accepted the letter", func(o *mock.Office, l *liar) {
		l.draft = func(ctx context.Context, s courrier.Submission) (string, error) {
			_, err := o.Submit(ctx, s)
			return "draft", err
		}
	}},
	{"drafts without a name", "draft/prints nothing", "nothing to name", func(o *mock.Office, l *liar) {
		l.draft = func(context.Context, courrier.Submission) (string, error) { return "", nil }
	}},
	{"doubts a draft", "draft/unavailable", "in doubt", func(o *mock.Office, l *liar) {
		l.draft = func(ctx context.Context, s courrier.Submission) (string, error) {
			d, err := l.Drafting.Draft(ctx, s)
			if errors.Is(err, courrier.ErrUnavailable) {
				err = errors.New("oops")
			}
			return d, err
		}
	}},
	{"forgets its drafts with a restart", "draft/restart", "after a restart", func(o *mock.Office, l *liar) {
		var mu sync.Mutex
		mine := make(map[string]bool)
		l.draft = func(ctx context.Context, s courrier.Submission) (string, error) {
			d, err := l.Drafting.Draft(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			mine[d] = true
			return d, err
		}
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			mu.Lock()
			defer mu.Unlock()
			if !mine[s.Draft] {
				return courrier.Receipt{}, courrier.ErrRejected
			}
			return l.Drafting.Submit(ctx, s)
		}
	}},

	{"has no place", "place/steady", "returned nothing", func(_ *mock.Office, l *liar) {
		l.place = func(courrier.AccountID) string { return "" }
	}},
	{"names its place anew each time", "place/steady", "another the second time", func(_ *mock.Office, l *liar) {
		n := 0
		l.place = func(courrier.AccountID) string { n++; return fmt.Sprint(n) }
	}},
	{"names its place anew with a restart", "place/steady", "after a restart", func(_ *mock.Office, l *liar) {
		l.place = func(courrier.AccountID) string { return fmt.Sprintf("%p", l) }
	}},
	{"takes two places for one", "place/steady", "two accounts", func(_ *mock.Office, l *liar) {
		l.place = func(courrier.AccountID) string { return "here" }
	}},

	{"finds nothing", "find/accepted", "find an accepted", func(o *mock.Office, l *liar) {
		l.find = func(context.Context, courrier.Reference) (courrier.Receipt, error) {
			return courrier.Receipt{}, courrier.ErrNotFound
		}
	}},
	{"finds nothing after a lost answer", "find/lost answer", "find an accepted", func(o *mock.Office, l *liar) {
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			if ref.ProviderID == "" {
				return courrier.Receipt{}, courrier.ErrNotFound
			}
			return l.Drafting.Find(ctx, ref)
		}
	}},
	{"finds everything", "find/unknown", "want ErrNotFound", func(o *mock.Office, l *liar) {
		l.find = func(context.Context, courrier.Reference) (courrier.Receipt, error) {
			return courrier.Receipt{ProviderID: "1"}, nil
		}
	}},
	{"leaves a draft open that it cannot find", "draft/found out", "close the draft", func(o *mock.Office, l *liar) { l.find = o.Find }},
	{"finds a letter by the id of another", "find/another's id", "nobody submitted", func(o *mock.Office, l *liar) {
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			if ref.ProviderID != "" {
				ref.ID = ""
			}
			return l.Drafting.Find(ctx, ref)
		}
	}},
	{"cancels by the id of another", "cancel/another's id", "that one was cancelled", func(o *mock.Office, l *liar) {
		l.cancel = func(ctx context.Context, ref courrier.Reference) error {
			ref.ID = ""
			return l.Drafting.Cancel(ctx, ref)
		}
	}},
	{"tells of a letter by the id of another", "track/another's id", "nobody submitted", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) (all []courrier.TrackingEvent, err error) {
			for _, ref := range refs {
				events, err := l.Drafting.Track(ctx, []courrier.Reference{{ProviderID: ref.ProviderID}})
				if err != nil {
					return nil, err
				}
				for i := range events {
					events[i].Letter = ref.ID
				}
				all = append(all, events...)
			}
			return all, nil
		}
	}},
	{"proves by the id of another", "proof/another's id", "is handed out", func(o *mock.Office, l *liar) {
		l.proof = func(ctx context.Context, ref courrier.Reference, k courrier.ProofKind) (courrier.Document, error) {
			ref.ID = ""
			return l.Drafting.Proof(ctx, ref, k)
		}
	}},
	{"sends the wrong product", "submit/product", "took it for", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			if s.Letter.Service == courrier.ServiceRegisteredAR {
				s.Letter.Service = courrier.ServiceRegistered
			}
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"sends all on one account", "submit/accounts", "took the letter for", func(o *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			s.Letter.Account = "account-1"
			return l.Drafting.Submit(ctx, s)
		}
	}},
	{"asks for all as one account", "submit/accounts", "find an accepted", func(o *mock.Office, l *liar) {
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			if ref.Account == "account-2" {
				return courrier.Receipt{}, courrier.ErrNotFound
			}
			return l.Drafting.Find(ctx, ref)
		}
	}},
	{"tells a return as posted", "track/returned", "end at", everyEvent(func(e *courrier.TrackingEvent, _ int) {
		if e.Status == courrier.StatusReturned || e.Status == courrier.StatusReturning {
			e.Status = courrier.StatusPosted
		}
		e.Proof = ""
	})},
	{"tells the return of an ordinary letter as posted", "track/returned", "a returned standard letter", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			events, err := l.Drafting.Track(ctx, refs)
			for i, e := range events {
				if refs[0].Service != courrier.ServiceStandard {
					continue
				}
				if events[i].Proof = ""; e.Status == courrier.StatusReturned || e.Status == courrier.StatusReturning || e.Status == courrier.StatusAwaitingPickup {
					events[i].Status = courrier.StatusPosted
				}
			}
			return events, err
		}
	}},
	{"reads local dates as universal", "track/dates", "in the future", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Happened = e.Happened.Add(time.Hour) })},
	{"reads universal dates as local", "track/dates", "before the letter was handed over", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Happened = e.Happened.Add(-2 * time.Hour) })},
	{"dates events in the next century", "track/events", "in the future", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Happened = e.Happened.AddDate(100, 0, 0) })},
	{"takes a draft for a letter", "draft/prints nothing", "want ErrNotFound", func(o *mock.Office, l *liar) {
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			r, err := l.Drafting.Find(ctx, ref)
			if ref.Draft != "" && err != nil {
				return courrier.Receipt{ProviderID: ref.Draft}, nil
			}
			return r, err
		}
	}},
	{"takes an outage for proof", "find/unavailable", "taken as proof", func(o *mock.Office, l *liar) {
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			r, err := l.Drafting.Find(ctx, ref)
			if err != nil {
				err = courrier.ErrNotFound
			}
			return r, err
		}
	}},
	{"forgets with a restart", "find/accepted", "find an accepted", func(o *mock.Office, l *liar) {
		var mu sync.Mutex
		mine := make(map[courrier.LetterID]bool)
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			mu.Lock()
			mine[s.ID] = true
			mu.Unlock()
			return l.Drafting.Submit(ctx, s)
		}
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			mu.Lock()
			defer mu.Unlock()
			if !mine[ref.ID] {
				return courrier.Receipt{}, courrier.ErrNotFound
			}
			return l.Drafting.Find(ctx, ref)
		}
	}},
	{"finds another letter", "find/accepted", "not the one of the receipt", func(o *mock.Office, l *liar) {
		l.find = func(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
			r, err := l.Drafting.Find(ctx, ref)
			r.ProviderID += "0"
			return r, err
		}
	}},

	{"cancels nothing", "cancel/before printing", "the events end at", func(o *mock.Office, l *liar) {
		l.cancel = func(context.Context, courrier.Reference) error { return nil }
	}},
	{"cancels what has arrived", "cancel/too late", "want ErrRejected", func(o *mock.Office, l *liar) {
		l.cancel = func(ctx context.Context, ref courrier.Reference) error {
			if err := l.Drafting.Cancel(ctx, ref); !errors.Is(err, courrier.ErrRejected) {
				return err
			}
			return nil
		}
	}},
	{"never cancels", "cancel/before printing", "right after acceptance", func(o *mock.Office, l *liar) {
		l.cancel = func(context.Context, courrier.Reference) error { return courrier.ErrRejected }
	}},
	{"says too late during an outage", "cancel/unavailable", "taken as proof", func(o *mock.Office, l *liar) {
		l.cancel = func(ctx context.Context, ref courrier.Reference) error {
			if err := l.Drafting.Cancel(ctx, ref); err != nil {
				return courrier.ErrRejected
			}
			return nil
		}
	}},

	{"gives events new ids", "track/events", "other event ids", everyEvent(func(e *courrier.TrackingEvent, n int) { e.ID = fmt.Sprintf("mock:%d", n) })},
	{"gives all events one id", "track/events", "share one id", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.ID = "mock:1" })},
	{"gives ids of its own", "track/events", "does not begin with", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.ID = "x" + e.ID })},
	{"names another carrier", "track/events", "not the carrier's name", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Provider = "other" })},
	{"leaves codes out", "track/events", "no Code", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Code = "" })},
	{"mistakes the source", "track/events", "Source is", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Source = courrier.SourceHand })},
	{"never heard", "track/events", "Heard is zero", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Heard = time.Time{} })},
	{"folds", "track/events", "Folded", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Folded = true })},
	{"invents a status", "track/events", "none a carrier can report", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Status = "flying" })},
	{"reports our own status", "track/events", "none a carrier can report", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Status = courrier.StatusHeld })},
	{"knows unknown codes", "track/events", "is Unknown and has", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Unknown = true })},
	{"invents a reason", "track/events", "Reason", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Reason = "dog" })},
	{"announces what it does not declare", "track/events", "not declared", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Proof = courrier.ProofOfLoss })},
	{"tells about others", "track/events", "nobody asked about", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Letter = "other" })},
	{"never delivers", "track/journeys", "the events end at", everyEvent(func(e *courrier.TrackingEvent, _ int) {
		if e.Status == courrier.StatusDelivered {
			e.Status = courrier.StatusInTransit
		}
	})},
	{"delivers what came back", "track/returned", "end at", everyEvent(func(e *courrier.TrackingEvent, _ int) {
		if e.Status == courrier.StatusReturned {
			e.Status = courrier.StatusDelivered
		}
		e.Proof = ""
	})},
	{"gives no reason", "track/returned", "no Reason", everyEvent(func(e *courrier.TrackingEvent, _ int) { e.Reason = "" })},
	{"finds lost letters", "track/lost", "end at", everyEvent(func(e *courrier.TrackingEvent, _ int) {
		if e.Status == courrier.StatusLost {
			e.Status = courrier.StatusInTransit
		}
	})},
	{"fails a batch for one unknown letter", "track/batches", "track:", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			for _, r := range refs {
				if _, err := l.Drafting.Find(ctx, r); err != nil {
					return nil, err
				}
			}
			return l.Drafting.Track(ctx, refs)
		}
	}},
	{"reads only the first of a batch", "track/batches", "tells nothing about one", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			return l.Drafting.Track(ctx, refs[:min(len(refs), 2)])
		}
	}},
	{"mixes letters up in a batch", "track/batches", "than a question about it alone", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			events, err := l.Drafting.Track(ctx, refs)
			for i := range events {
				if n := slices.IndexFunc(refs, func(r courrier.Reference) bool { return r.ID == events[i].Letter }); n > 0 && len(refs) > 2 {
					other := refs[1+n%(len(refs)-1)]
					events[i].Letter, events[i].ProviderID = other.ID, other.ProviderID
				}
			}
			return events, err
		}
	}},
	{"tells about letters it does not have", "track/batches", "does not know has events", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			events, err := l.Drafting.Track(ctx, refs)
			for _, r := range refs {
				events = append(events, courrier.TrackingEvent{ID: "mock:" + string(r.ID), Letter: r.ID, Provider: "mock", Code: "X", Heard: o.Now(), Source: courrier.SourcePoll})
			}
			return events, err
		}
	}},
	{"has no news during an outage", "track/unavailable", "succeeded", func(o *mock.Office, l *liar) {
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			events, _ := l.Drafting.Track(ctx, refs)
			return events, nil
		}
	}},
	{"tracks with its own memory", "track/restart", "other ids", func(o *mock.Office, l *liar) {
		opened := new(int)
		everyEvent(func(e *courrier.TrackingEvent, _ int) { e.ID = fmt.Sprintf("%s-%p", e.ID, opened) })(o, l)
	}},

	{"has proofs too early", "proof/before", "want ErrNotFound", func(o *mock.Office, l *liar) {
		l.proof = func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error) {
			return courrier.NewDocument("proof.pdf", []byte("%PDF-1.4")), nil
		}
	}},
	{"has proofs it does not declare", "proof/before", "which is not declared", func(o *mock.Office, l *liar) {
		l.proof = func(ctx context.Context, ref courrier.Reference, k courrier.ProofKind) (courrier.Document, error) {
			if k == courrier.ProofOfLoss {
				return courrier.NewDocument("proof.pdf", []byte("%PDF-1.4")), nil
			}
			return l.Drafting.Proof(ctx, ref, k)
		}
	}},
	{"has no proofs", "proof/after", "an event announced", func(o *mock.Office, l *liar) {
		l.proof = func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error) {
			return courrier.Document{}, courrier.ErrNotFound
		}
	}},
	{"proves with pictures", "proof/after", "is not a PDF", everyProof(func(d *courrier.Document) { *d = courrier.NewDocument("proof.png", []byte("\x89PNG")) })},
	{"miscounts its proofs", "proof/after", "Sum and Size", everyProof(func(d *courrier.Document) { d.Sum = "" })},
	{"has no proof yet during an outage", "proof/unavailable", "taken as proof", func(o *mock.Office, l *liar) {
		l.proof = func(ctx context.Context, ref courrier.Reference, k courrier.ProofKind) (courrier.Document, error) {
			d, err := l.Drafting.Proof(ctx, ref, k)
			if err != nil {
				err = courrier.ErrNotFound
			}
			return d, err
		}
	}},

	{"believes anybody", "webhook/strangers", "is believed", func(o *mock.Office, l *liar) {
		l.webhook = func(_ http.Header, query map[string][]string, body []byte) (courrier.Webhook, error) {
			w, err := mock.New().ParseWebhook(nil, query, body)
			for i := range w.Events {
				w.Events[i].Hint = false
			}
			return w, err
		}
	}},
	{"refuses strangers with the wrong kind", "webhook/strangers", "want ErrDenied", everyCall(func(_ *courrier.Webhook, err error) error {
		if err != nil {
			return courrier.ErrUnavailable
		}
		return nil
	})},
	{"trusts a signature that is there", "webhook/strangers", "is believed", func(o *mock.Office, l *liar) {
		l.webhook = func(h http.Header, query map[string][]string, body []byte) (courrier.Webhook, error) {
			if h.Get(mock.SignatureHeader) == "" {
				return courrier.Webhook{}, courrier.ErrDenied
			}
			w, err := mock.New().ParseWebhook(nil, query, body)
			for i := range w.Events {
				w.Events[i].Hint = false
			}
			return w, err
		}
	}},
	{"refuses genuine calls", "webhook/events", "genuine call is refused", everyCall(func(*courrier.Webhook, error) error { return courrier.ErrDenied })},
	{"answers calls with an error", "webhook/events", "is no success", everyCall(func(w *courrier.Webhook, err error) error {
		w.Status = http.StatusTeapot
		return err
	})},
	{"gives called events other ids", "webhook/events", "two ids for one fact", everyCall(func(w *courrier.Webhook, err error) error {
		for i := range w.Events {
			w.Events[i].ID += "-hook"
		}
		return err
	})},
	{"drops what it is told", "webhook/events", "no call tells anything", everyCall(func(w *courrier.Webhook, err error) error {
		w.Events = nil
		return err
	})},
	{"swallows garbage", "webhook/garbage", "want ErrInvalid", everyCall(func(*courrier.Webhook, error) error { return nil })},
	{"panics at garbage", "webhook/garbage", "panic", func(o *mock.Office, l *liar) {
		l.webhook = func(h http.Header, query map[string][]string, body []byte) (courrier.Webhook, error) {
			if len(body) < 2 {
				panic("index out of range")
			}
			return l.Drafting.ParseWebhook(h, query, body)
		}
	}},

	{"pays to print", "quote", "is no price", func(o *mock.Office, l *liar) {
		l.quote = func(ctx context.Context, letter courrier.Letter) (courrier.Amount, error) {
			a, err := l.Drafting.Quote(ctx, letter)
			return a.Neg(), err
		}
	}},
	{"prices what it does not offer", "quote", "has a price", func(o *mock.Office, l *liar) {
		l.quote = func(context.Context, courrier.Letter) (courrier.Amount, error) {
			return courrier.MustAmount("1", "EUR"), nil
		}
	}},
	{"prints to price", "quote", "accepted a letter", func(o *mock.Office, l *liar) {
		l.quote = func(ctx context.Context, letter courrier.Letter) (courrier.Amount, error) {
			_, _ = o.Submit(ctx, courrier.Submission{ID: "quote", Letter: letter})
			return l.Drafting.Quote(ctx, letter)
		}
	}},
}

// lieInDoubt answers err when the office left the letter in doubt.
func lieInDoubt(err error) func(*mock.Office, *liar) { return lieFor(courrier.ErrInDoubt, err) }

// lieFor answers err where the office answered an error of a kind.
func lieFor(kind, err error) func(*mock.Office, *liar) {
	return func(_ *mock.Office, l *liar) {
		l.submit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
			r, honest := l.Drafting.Submit(ctx, s)
			if !errors.Is(honest, kind) {
				return r, honest
			}
			return courrier.Receipt{ProviderID: "1"}, err
		}
		l.draft = func(ctx context.Context, s courrier.Submission) (string, error) {
			d, honest := l.Drafting.Draft(ctx, s)
			if errors.Is(honest, kind) {
				return "draft", err
			}
			return d, honest
		}
	}
}

func declares(change func(*courrier.Capabilities)) func(*mock.Office, *liar) {
	return func(_ *mock.Office, l *liar) { l.caps = change }
}

// everyEvent changes all that Track tells; n counts the events of all time.
func everyEvent(change func(e *courrier.TrackingEvent, n int)) func(*mock.Office, *liar) {
	return func(_ *mock.Office, l *liar) {
		n := 0
		l.track = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
			events, err := l.Drafting.Track(ctx, refs)
			for i := range events {
				n++
				change(&events[i], n)
			}
			return events, err
		}
	}
}

func everyProof(change func(*courrier.Document)) func(*mock.Office, *liar) {
	return func(_ *mock.Office, l *liar) {
		l.proof = func(ctx context.Context, ref courrier.Reference, k courrier.ProofKind) (courrier.Document, error) {
			d, err := l.Drafting.Proof(ctx, ref, k)
			if err == nil {
				change(&d)
			}
			return d, err
		}
	}
}

func everyCall(change func(*courrier.Webhook, error) error) func(*mock.Office, *liar) {
	return func(_ *mock.Office, l *liar) {
		l.webhook = func(h http.Header, query map[string][]string, body []byte) (courrier.Webhook, error) {
			w, err := l.Drafting.ParseWebhook(h, query, body)
			return w, change(&w, err)
		}
	}
}

// The breaks that the suite once passed, each found by the check that is to find it.
func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("wire-24", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{
			"tells a return as posted", "tells the return of an ordinary letter as posted", "sends the wrong product", "reads local dates as universal",
			"reads universal dates as local", "dates events in the next century", "leaves a draft open that it cannot find", "tells of a letter by the id of another",
			"proves by the id of another", "cancels by the id of another", "finds a letter by the id of another", "sends all on one account", "asks for all as one account",
		} {
			i := slices.IndexFunc(lies, func(l lieCase) bool { return l.name == name })
			require.GreaterOrEqual(t, i, 0, name)
			lies[i].requireFound(t)
		}
	})
}

func (c lieCase) requireFound(t *testing.T) {
	t.Helper()
	outcomes := providertest.Check(t.Context(), harness(c.lie), c.check)
	require.Len(t, outcomes, 1, "no such check")
	require.Contains(t, strings.Join(outcomes[0].Problems, "\n"), c.finding, c.name)
}

func TestLiarsAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range lies {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.requireFound(t)
		})
	}
}
