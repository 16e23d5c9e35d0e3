package courrier

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/quote"
)

// Provider is a carrier: it takes letters and posts them. Three methods make one.
// Whatever else it can do is a small interface of its own below, which
// [Capabilities] declares. Package providertest proves both.
//
// A provider is safe for concurrent use, keeps no state that a restart would lose,
// and honours the context. It bounds a call without a deadline itself.
type Provider interface {
	// Name is stored with every letter and never changes: lower-case letters.
	Name() string
	// Capabilities says what the carrier offers. It never changes and makes no call.
	Capabilities() Capabilities
	// Submit makes one attempt, and never repeats a call that could print. errors.Is tells its outcomes apart:
	//
	//   - nil: accepted; the Receipt names the carrier's id of the letter.
	//   - ErrRejected, ErrInvalid or ErrUnsupported: not accepted, and would not be.
	//   - ErrUnavailable or ErrDenied: not accepted; another time it may be.
	//   - anything else, a cancelled context included: in doubt, to be settled by asking and by nothing else.
	Submit(ctx context.Context, s Submission) (Receipt, error)
}

// Submission is one attempt at one letter.
type Submission struct {
	Letter  Letter      // with the contents of its documents and resolved print options
	ID      LetterID    // the idempotency key, and the reference to give the carrier
	Billing BillingMode // BillingByCarrier: the account pays, by its own contract; else the host
	Draft   string      // what [Drafter.Draft] returned, stored before this call
}

// Receipt is a carrier's acceptance.
type Receipt struct {
	ProviderID     string          // the carrier's id of the letter; required
	TrackingNumber string          // often only known once posted
	Price          Amount          // what the carrier will charge, when it says so
	ExpectedOn     Date            // expected posting or delivery, when it says so
	Events         []TrackingEvent // what the answer already tells
}

// Reference is all that is known of a letter at a carrier. Its ProviderID may be
// unsigned: it counts only when the carrier's letter bears the ID.
type Reference struct {
	ID             LetterID
	Account        AccountID
	Service        Service
	ProviderID     string // empty while in doubt
	Draft          string
	TrackingNumber string
	AttemptedAt    time.Time // start of the last attempt
}

// Finder settles letters in doubt. Find answers a [Receipt] when the carrier has
// the letter and it bears the reference, [ErrNotFound] when it surely shows none
// now, and [ErrRejected] when it refused. Every other error leaves the letter in
// doubt. The Client believes only a second [ErrNotFound],
// [Capabilities.SettleAfter] later, so Find need not wait. It closes an open draft
// before it denies the letter, lest a late attempt print it.
type Finder interface {
	Find(ctx context.Context, ref Reference) (Receipt, error)
}

// Drafter is a carrier that takes a letter in two steps, of which only the second
// can print. Draft may be repeated; its answer is stored before Submit is called
// with it. Its errors are those of Submit, none in doubt.
type Drafter interface {
	Draft(ctx context.Context, s Submission) (draft string, err error)
}

// Placer tells the place at the carrier, such as an organisation, where an account's
// letters go now. It is stored with each attempt: what Find does not show elsewhere
// stays in doubt. Its errors are those of Draft.
type Placer interface {
	Place(ctx context.Context, account AccountID) (string, error)
}

// Canceller stops letters not yet printed. Nil: the carrier will try, or has; the
// events tell which. [ErrRejected]: it is too late.
type Canceller interface {
	Cancel(ctx context.Context, ref Reference) error
}

// Tracker tells what happened to up to [Capabilities.TrackBatch] letters. It leaves
// out letters that the carrier does not know yet, and may repeat events. Beside an
// error it may return the events of the others.
type Tracker interface {
	Track(ctx context.Context, refs []Reference) ([]TrackingEvent, error)
}

// ProofFetcher downloads a proof as a PDF. [ErrNotFound] means not yet.
type ProofFetcher interface {
	Proof(ctx context.Context, ref Reference, kind ProofKind) (Document, error)
}

// Quoter asks the carrier for its price before sending.
type Quoter interface {
	Quote(ctx context.Context, l Letter) (Amount, error)
}

// WebhookParser reads the carrier's calls. It verifies the caller, secrets in
// constant time: [ErrDenied] to a stranger, [ErrInvalid] to a body it cannot read.
// It makes no call and fetches no address found in the body.
type WebhookParser interface {
	ParseWebhook(header http.Header, query map[string][]string, body []byte) (Webhook, error)
}

// Webhook is what one call of a carrier says.
type Webhook struct {
	Events []TrackingEvent
	// Status is the answer the carrier takes for success; 0 means 204.
	Status int
}

// Capabilities declares what a carrier offers. The zero value offers nothing.
type Capabilities struct {
	Services  []Service
	Envelopes []Envelope       // those that may be asked for; EnvelopeAuto always may
	Returns   []ReturnHandling // those that may be asked for; ReturnsDefault always may

	NoColor, NoDuplex, NoCarrierSheet, NoStaple bool // print options that it lacks

	MaxCopies    int   // 0: one copy
	MaxDocuments int   // 0: MaxDocuments
	MaxBytes     int64 // all documents together; 0: MaxDocumentBytes
	MaxSheets    int   // 0: not limited by the carrier

	Reaches func(Service, Address) bool // whether a service goes to an address; nil: everywhere

	// The abilities, each an interface of that name. What is declared must be implemented, and the other way round.
	Drafts, Places, Finds, Cancels, Tracks, Quotes, Webhooks bool

	Proofs      []ProofKind   // what ProofFetcher may deliver
	TrackBatch  int           // most references in one Track; 0: 1
	PollEvery   time.Duration // least time between two questions about one letter; 0: 6 hours
	SettleAfter time.Duration // longest until Find shows an accepted letter; 0: 2 minutes
}

// Check tells whether the carrier can take a letter with its options resolved, else
// [ErrUnsupported]. [FieldErrors] lists the reasons.
func (c Capabilities) Check(l Letter, p PrintOptions) error {
	var k Checks
	k.Require(slices.Contains(c.Services, l.Service), "Service", quote.Word(l.Service)+" is not offered by this carrier", otherService(l.Service))
	k.Require(c.Reaches == nil || c.Reaches(l.Service, l.To.Address), "To.Address.Country", "is not reached by this service", "choose another service or carrier")
	k.Require(l.Returns == ReturnsDefault || slices.Contains(c.Returns, l.Returns), "Returns", quote.Word(l.Returns)+" is not offered by this carrier", "leave it empty")
	c.checkPrint(&k, p)
	c.checkSize(&k, l, p)
	if err := k.Err(); err != nil {
		return &Error{Op: "check capabilities", Kind: ErrUnsupported, Err: err}
	}
	return nil
}

// otherService tells what to do where a service is not offered. An electronic
// registered letter takes a qualified service, a sender with a code of the moment, and
// the addressee's e-mail address and consent (CPCE L100, R53-1): none of the carriers'
// published calls has all of it, and a simple one is no registered letter.
func otherService(s Service) string {
	if s == ServiceElectronicRegistered {
		return "send it registered on paper: only a qualified electronic service equals it in law"
	}
	return "choose another service or carrier"
}

func (c Capabilities) checkPrint(k *Checks, p PrintOptions) {
	k.Require(p.Envelope == EnvelopeAuto || slices.Contains(c.Envelopes, p.Envelope), "Print.Envelope", quote.Word(p.Envelope)+" is not offered by this carrier", "leave the choice to the carrier")
	k.Require(p.copies() <= max(c.MaxCopies, 1), "Print.Copies", fmt.Sprintf("%d is more than the carrier's %d", p.Copies, max(c.MaxCopies, 1)), "send several letters")
	for _, o := range []struct {
		asked, lacks bool
		field        string
	}{
		{p.Color, c.NoColor, "Print.Color"}, {p.Duplex, c.NoDuplex, "Print.Duplex"},
		{p.CarrierSheet, c.NoCarrierSheet, "Print.CarrierSheet"}, {p.Staple, c.NoStaple, "Print.Staple"},
	} {
		k.Require(!o.asked || !o.lacks, o.field, "is not offered by this carrier", "switch it off")
	}
}

func (c Capabilities) checkSize(k *Checks, l Letter, p PrintOptions) {
	var total int64
	for _, d := range l.Documents {
		total += max(d.Size, int64(len(d.Content)))
	}
	k.Require(c.MaxDocuments == 0 || len(l.Documents) <= c.MaxDocuments, "Documents", fmt.Sprintf("has %d documents, more than the carrier's %d", len(l.Documents), c.MaxDocuments), "merge attachments")
	k.Require(c.MaxBytes == 0 || total <= c.MaxBytes, "Documents", fmt.Sprintf("hold %d bytes, more than the carrier's %d", total, c.MaxBytes), "compress or drop attachments")
	if sheets, known := l.Sheets(p); known && c.MaxSheets > 0 {
		k.Require(sheets <= c.MaxSheets, "Documents", fmt.Sprintf("need %d sheets, more than the carrier's %d", sheets, c.MaxSheets), "print on both sides or drop attachments")
	}
}
