package courrier

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/quote"
)

// Provider is a carrier: it takes letters and posts them. Three methods make
// one; whatever else a carrier can do is a small interface of its own below,
// which the Client discovers and [Capabilities] declares. Package providertest
// proves both.
//
// Implementations are safe for concurrent use, keep no state that a restart
// would lose, and honour the context: a call without a deadline is bounded by
// the implementation itself.
type Provider interface {
	// Name is stored with every letter and never changes: lower-case letters.
	Name() string
	// Capabilities says what the carrier offers. It does not change during the
	// life of the value and makes no call.
	Capabilities() Capabilities
	// Submit makes one attempt to hand the letter over, and never repeats a
	// call that could print. Its three outcomes are told apart with errors.Is:
	//
	//   - nil: accepted; the Receipt names the carrier's id of the letter.
	//   - ErrRejected, ErrInvalid or ErrUnsupported: nothing was accepted, and
	//     would not be.
	//   - ErrUnavailable or ErrDenied: nothing was accepted, another time it may.
	//   - anything else, a cancelled context included: in doubt. The letter is
	//     settled by asking and by nothing else.
	Submit(ctx context.Context, s Submission) (Receipt, error)
}

// Submission is one attempt at one letter.
type Submission struct {
	// Letter carries the contents of its documents and resolved print options.
	Letter Letter
	// ID is the idempotency key and the reference to give the carrier.
	ID LetterID
	// Billing says who pays for this letter: with BillingByCarrier the account, by its
	// own contract with the carrier; else the host.
	Billing BillingMode
	// Draft is what [Drafter.Draft] returned, stored before this call.
	Draft string
}

// Receipt is a carrier's acceptance.
type Receipt struct {
	ProviderID     string          // the carrier's id of the letter; required
	TrackingNumber string          // often only known once posted
	Price          Amount          // what the carrier will charge, when it says so
	ExpectedOn     Date            // expected posting or delivery, when it says so
	Events         []TrackingEvent // what the answer already tells
}

// Reference is all that is known about a letter at a carrier. Its ProviderID may
// come from a call that nobody signed: what a carrier tells of that id counts, and
// what it does to it is done, only when its letter bears the reference ID.
type Reference struct {
	ID             LetterID
	Account        AccountID
	Service        Service
	ProviderID     string // empty while in doubt
	Draft          string
	TrackingNumber string
	AttemptedAt    time.Time // start of the last attempt
}

// Finder settles letters in doubt by asking the carrier. Find answers a Receipt
// for a letter the carrier has, [ErrNotFound] when it surely shows none now, and
// [ErrRejected] when it refused. Every other error leaves the letter in doubt.
// The Client takes ErrNotFound for proof only when it hears it twice, with the
// time of an attempt and Capabilities.SettleAfter in between, so Find itself need
// not wait. Of a draft that is still open Find says so only after closing it: an
// attempt that comes late must not print it. A Receipt confirms this letter: the
// carrier's letter bears its reference.
type Finder interface {
	Find(ctx context.Context, ref Reference) (Receipt, error)
}

// Drafter is a carrier that takes a letter in two steps, of which only the
// second can print. Draft may be repeated; what it returns is stored before
// Submit is called with it. Its errors are those of Submit, none in doubt.
type Drafter interface {
	Draft(ctx context.Context, s Submission) (draft string, err error)
}

// Canceller stops letters not yet printed. Nil means the carrier will try, or
// has: the events tell which. [ErrRejected] means it is too late.
type Canceller interface {
	Cancel(ctx context.Context, ref Reference) error
}

// Tracker tells what happened to letters. One call takes up to
// Capabilities.TrackBatch references. Letters that the carrier does not know yet
// are left out without an error. Events may repeat what was told before. With an
// error may come the events of those letters that could be asked about.
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

// WebhookParser reads the carrier's calls. It verifies who calls, in constant
// time where a secret is compared, and answers [ErrDenied] to a stranger and
// [ErrInvalid] to a body it cannot read. It makes no call of its own and
// fetches no address found in the body.
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
	// NoColor, NoDuplex, NoCarrierSheet and NoStaple name the print options
	// that the carrier lacks.
	NoColor, NoDuplex, NoCarrierSheet, NoStaple bool
	MaxCopies                                   int   // 0: one copy
	MaxDocuments                                int   // 0: MaxDocuments
	MaxBytes                                    int64 // all documents together; 0: MaxDocumentBytes
	MaxSheets                                   int   // 0: not limited by the carrier
	// Reaches tells whether a service goes to an address; nil: everywhere.
	Reaches func(Service, Address) bool
	// The abilities, each of which is the interface of that name. What is
	// declared must be implemented, and the other way round.
	Drafts, Finds, Cancels, Tracks, Quotes, Webhooks bool
	Proofs                                           []ProofKind // what ProofFetcher may deliver
	TrackBatch                                       int         // most references in one Track; 0: 1
	// PollEvery is the least time between two questions about one letter;
	// 0: 6 hours.
	PollEvery time.Duration
	// SettleAfter is the longest the carrier may take to show a letter to Find
	// after it accepted it. 0: 2 minutes.
	SettleAfter time.Duration
}

// Check tells whether the carrier can take a letter as it is, with its options
// resolved; each reason is a [FieldError], and the whole is [ErrUnsupported].
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
