package courrier

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier/internal/quote"
)

// AccountID names the company that sends: a tenant of the host product.
type AccountID string

// LetterID identifies one letter for ever, at carriers too.
type LetterID string

// Service is the postal product, in terms of the UPU and directive 97/67/EC.
type Service string

// The services. A carrier declares those it offers in its [Capabilities].
const (
	ServiceStandard             Service = "standard"              // lettre verte
	ServiceEconomy              Service = "economy"               // a carrier's slow product, such as écopli
	ServicePriority             Service = "priority"              // a carrier's fast product
	ServiceTracked              Service = "tracked"               // lettre suivie
	ServiceRegistered           Service = "registered"            // lettre recommandée
	ServiceRegisteredAR         Service = "registered_ar"         // with advice of receipt
	ServiceElectronicRegistered Service = "electronic_registered" // lettre recommandée électronique
)

var services = []Service{
	ServiceStandard, ServiceEconomy, ServicePriority, ServiceTracked,
	ServiceRegistered, ServiceRegisteredAR, ServiceElectronicRegistered,
}

// Services returns every service, cheapest kind first.
func Services() []Service { return slices.Clone(services) }

// Tracked tells whether each item is followed; else it ends at [StatusPosted].
func (s Service) Tracked() bool {
	return s == ServiceTracked || s.Registered()
}

// Registered tells of a handing over against proof: it needs both addresses.
func (s Service) Registered() bool {
	return s == ServiceRegistered || s == ServiceRegisteredAR || s == ServiceElectronicRegistered
}

// Purpose says what a letter is for; hosts filter by it.
type Purpose string

const (
	PurposeQuote        Purpose = "quote"
	PurposeInvoice      Purpose = "invoice"
	PurposeCreditNote   Purpose = "credit_note"
	PurposeReminder     Purpose = "reminder"
	PurposeFormalNotice Purpose = "formal_notice"
	PurposeOther        Purpose = "other"
)

var purposes = []Purpose{
	PurposeQuote, PurposeInvoice, PurposeCreditNote,
	PurposeReminder, PurposeFormalNotice, PurposeOther,
}

// Purposes lists the purposes.
func Purposes() []Purpose { return slices.Clone(purposes) }

// Envelope is a format; the zero value leaves the choice to the carrier.
type Envelope string

const (
	EnvelopeAuto Envelope = ""
	EnvelopeDL   Envelope = "DL" // 110 × 220 mm
	EnvelopeC6   Envelope = "C6" // 114 × 162 mm (some carriers: 114 × 229 mm)
	EnvelopeC5   Envelope = "C5" // 162 × 229 mm
	EnvelopeC4   Envelope = "C4" // 229 × 324 mm, unfolded
)

var envelopes = []Envelope{EnvelopeAuto, EnvelopeDL, EnvelopeC6, EnvelopeC5, EnvelopeC4}

// ReturnHandling says what becomes of a letter that could not be delivered.
type ReturnHandling string

const (
	ReturnsDefault  ReturnHandling = ""          // what the carrier does when nothing is asked
	ReturnsToSender ReturnHandling = "to_sender" // the paper comes back to the sender
	ReturnsScanned  ReturnHandling = "scanned"   // the carrier receives it, reports the reason and scans it
)

var returnHandlings = []ReturnHandling{ReturnsDefault, ReturnsToSender, ReturnsScanned}

// PrintOptions says how a letter is printed. Zero: one copy, black on white, one
// side, in the carrier's usual envelope.
type PrintOptions struct {
	Color        bool     `json:"color,omitempty"`
	Duplex       bool     `json:"duplex,omitempty"`
	Copies       int      `json:"copies,omitempty"` // 0 means 1; at most MaxCopies
	Envelope     Envelope `json:"envelope,omitempty"`
	CarrierSheet bool     `json:"carrier_sheet,omitempty"` // an extra first page that bears the address
	Staple       bool     `json:"staple,omitempty"`
}

// Limits of a letter. A carrier may declare lower ones in its [Capabilities].
const (
	MaxDocuments     = 11         // the body and ten attachments
	MaxDocumentBytes = 25_000_000 // all documents together
	MaxCopies        = 50
	MaxKeyLen        = 200 // bytes of Letter.Key
	MaxAccountLen    = 200 // bytes of an account's id
	MaxFileName      = 255 // bytes of a document's name
	MaxMetadata      = 20  // entries; keys up to 40 bytes, values up to 500
)

// Letter is what to send: one body with its attachments to one recipient.
type Letter struct {
	Account AccountID `json:"account"`
	// Key makes sending happen once within the account: with other content it is [ErrConflict].
	Key       string        `json:"key"`
	To        Recipient     `json:"to"`
	From      Sender        `json:"from,omitzero"` // required for registered services
	Documents []Document    `json:"documents"`     // the body, then up to 10 attachments, printed in order
	Service   Service       `json:"service"`
	Print     *PrintOptions `json:"print,omitempty"` // nil: the account's

	Returns   ReturnHandling    `json:"returns,omitempty"`
	NotBefore time.Time         `json:"not_before,omitzero"` // earliest handing over to the carrier
	Purpose   Purpose           `json:"purpose,omitempty"`   // empty means PurposeOther
	Metadata  map[string]string `json:"metadata,omitempty"`  // the host's own; never printed
	Customer  CustomerID        `json:"customer,omitempty"`  // the host's id of whom it concerns, up to 200 bytes; never printed

	Gate    string `json:"gate,omitempty"`     // must let the letter leave: see [Client.AddGate]; unknown: it stays queued
	GateRef string `json:"gate_ref,omitempty"` // the gate's own
	// PreviewToken is that of the [Preview] a person approved: what differs from it is [ErrConflict].
	PreviewToken string `json:"preview_token,omitempty"`
}

// Document is one PDF, known by its SHA-256 and stored once for all letters.
type Document struct {
	Name    string `json:"name,omitempty"` // shown to the host's users, never printed
	Content []byte `json:"-"`
	Sum     Sum    `json:"sum"`             // filled from Content; alone, it names content stored before
	Size    int64  `json:"size"`            // bytes; filled from Content, given or stored
	Pages   int    `json:"pages,omitempty"` // by the host's word, where nobody inspects; 0: not known

	Inspection *Inspection `json:"inspection,omitempty"` // filled by the Client's [Inspector], whatever it held; nil without one
}

// Sum is the SHA-256 of a document's content in lower-case hexadecimal.
type Sum string

// SumOf returns the Sum of content.
func SumOf(content []byte) Sum {
	h := sha256.Sum256(content)
	return Sum(hex.EncodeToString(h[:]))
}

func (s Sum) valid() bool {
	if len(s) != 2*sha256.Size || strings.ToLower(string(s)) != string(s) {
		return false
	}
	_, err := hex.DecodeString(string(s))
	return err == nil
}

// Inspection is a preflight's verdict on a document, as values.
type Inspection struct {
	Pages    int       `json:"pages"`
	Findings []Finding `json:"findings,omitempty"`
}

// Finding is one thing a printer or a reader would stumble over.
type Finding struct {
	Code     string `json:"code"`     // stable, such as "window-text"
	Blocking bool   `json:"blocking"` // the letter must not be printed so
	Pages    []int  `json:"pages,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
}

// Blocking returns the first finding that forbids printing, if any.
func (i *Inspection) Blocking() (Finding, bool) {
	if i == nil {
		return Finding{}, false
	}
	n := slices.IndexFunc(i.Findings, func(f Finding) bool { return f.Blocking })
	if n < 0 {
		return Finding{}, false
	}
	return i.Findings[n], true
}

// PageCount returns the number of pages, inspected or declared; 0: not known.
func (d Document) PageCount() int {
	if d.Inspection != nil {
		return d.Inspection.Pages
	}
	return d.Pages
}

// NewDocument returns the document of a PDF, with its sum and size.
func NewDocument(name string, pdf []byte) Document {
	return Document{Name: name, Content: pdf, Sum: SumOf(pdf), Size: int64(len(pdf))}
}

// Validate checks all that needs no asking. Every wrong field is a [FieldError].
func (l Letter) Validate() error {
	var c Checks
	c.Require(l.Account != "", "Account", "is empty", "name the account that sends")
	c.Require(len(l.Account) <= MaxAccountLen, "Account", fmt.Sprintf("has %d bytes, more than %d", len(l.Account), MaxAccountLen), "use a short id")
	l.validateText(&c)
	c.Require(l.Key != "", "Key", "is empty", "give a key that is the same when the same letter is sent again")
	c.Require(len(l.Key) <= MaxKeyLen, "Key", fmt.Sprintf("has %d bytes, more than %d", len(l.Key), MaxKeyLen), "shorten it")
	c.Require(len(l.Customer) <= MaxKeyLen, "Customer", fmt.Sprintf("has more than %d bytes", MaxKeyLen), "shorten it")
	if _, err := l.To.Lines(); err != nil {
		c.Nest("To", err)
	}
	l.validateSender(&c)
	l.validateDocuments(&c)
	l.validateOptions(&c)
	l.validateMetadata(&c)
	return c.Err()
}

// validateText refuses what no store and no carrier can hold as text.
func (l Letter) validateText(c *Checks) {
	for _, f := range [][2]string{{"Account", string(l.Account)}, {"Key", l.Key}, {"Customer", string(l.Customer)}, {"Gate", l.Gate}, {"GateRef", l.GateRef}} {
		c.Require(storableText(f[1]), f[0], "is not UTF-8 or holds a zero byte", "use text")
	}
}

func (l Letter) validateSender(c *Checks) {
	if l.From == (Sender{}) {
		c.Require(!l.Service.Registered(), "From", "is empty", "registered mail needs the sender's name and address")
		return
	}
	if _, err := l.From.Lines(); err != nil {
		c.Nest("From", err)
	}
}

func (l Letter) validateDocuments(c *Checks) {
	c.Require(len(l.Documents) > 0, "Documents", "is empty", "give the body as the first document")
	c.Require(len(l.Documents) <= MaxDocuments, "Documents",
		fmt.Sprintf("has %d documents, more than a body and %d attachments", len(l.Documents), MaxDocuments-1), "merge or drop attachments")
	var total int64
	for i, d := range l.Documents {
		c.Nest(fmt.Sprintf("Documents[%d]", i), d.Validate())
		total += max(d.Size, int64(len(d.Content)))
	}
	c.Require(total <= MaxDocumentBytes, "Documents",
		fmt.Sprintf("hold %d bytes together, more than %d", total, MaxDocumentBytes), "compress images or send fewer attachments")
}

// Validate reports every wrong field, each as a [FieldError].
func (d Document) Validate() error {
	var c Checks
	c.Require(d.Pages >= 0, "Pages", "is negative", "give the number of pages, or 0 when not known")
	c.Require(storableText(d.Name), "Name", "is not UTF-8 or holds a zero byte", "use text")
	c.Require(len(d.Name) <= MaxFileName, "Name", fmt.Sprintf("has %d bytes, more than %d", len(d.Name), MaxFileName), "shorten it")
	if d.Content == nil {
		c.Require(d.Size >= 0, "Size", "is negative", "leave it 0 when not known")
		c.Require(d.Sum.valid(), "Content", "is missing", "give the PDF's bytes, or the Sum of content stored before")
		return c.Err()
	}
	c.Require(d.Sum == "" || d.Sum == SumOf(d.Content), "Sum", "is not the SHA-256 of Content", "leave it empty or use NewDocument")
	c.Require(isPDF(d.Content), "Content", "is not a PDF", "convert it to PDF first")
	return c.Err()
}

// isPDF looks for the header where readers accept it: within the first 1024 bytes
// (ISO 32000-1, annex H.3.4.1).
func isPDF(b []byte) bool {
	return bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-"))
}

func (l Letter) validateOptions(c *Checks) {
	c.Require(slices.Contains(services, l.Service), "Service", quote.Word(l.Service)+" is no service", "use one of the Service constants")
	c.Require(l.Purpose == "" || slices.Contains(purposes, l.Purpose), "Purpose", quote.Word(l.Purpose)+" is no purpose", "use one of the Purpose constants")
	c.Require(slices.Contains(returnHandlings, l.Returns), "Returns", quote.Word(l.Returns)+" is no way to handle returns", "use one of the Returns constants")
	if l.Print != nil {
		c.Nest("Print", l.Print.Validate())
	}
	year := l.NotBefore.Year()
	c.Require(year >= 1 && year <= 9999, "NotBefore", "is outside the years 1 to 9999", "leave it zero to send at once")
}

// Validate checks the ranges of the options: each wrong one is a [FieldError].
func (p PrintOptions) Validate() error {
	var c Checks
	c.Require(p.Copies >= 0 && p.Copies <= MaxCopies, "Copies", fmt.Sprintf("%d is outside 0 to %d", p.Copies, MaxCopies), "send several letters instead")
	c.Require(slices.Contains(envelopes, p.Envelope), "Envelope", quote.Word(p.Envelope)+" is no envelope", "use one of the Envelope constants")
	return c.Err()
}

// reservedPrefix begins the keys that a host may not use.
const reservedPrefix = "courrier-"

func (l Letter) validateMetadata(c *Checks) {
	c.Require(len(l.Metadata) <= MaxMetadata, "Metadata", fmt.Sprintf("has %d entries, more than %d", len(l.Metadata), MaxMetadata), "keep references only")
	for k, v := range l.Metadata {
		c.Require(!strings.HasPrefix(k, reservedPrefix), "Metadata", "has a key that begins with "+reservedPrefix, "use another key: these are the library's")
		c.Require(k != "" && len(k) <= 40 && len(v) <= 500, "Metadata", "has a key outside 1 to 40 bytes or a value over 500", "keep references only")
		c.Require(storableText(k) && storableText(v), "Metadata", "is not UTF-8 or holds a zero byte", "use text")
	}
}

// storableText tells whether every store gives the text back as it is: JSON has
// no bytes that are not UTF-8, and PostgreSQL no zero byte.
func storableText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Normal returns the letter as it is stored: sums and sizes filled, contents left
// out, defaults applied that do not depend on the account.
func (l Letter) Normal() Letter {
	docs := make([]Document, len(l.Documents))
	for i, d := range l.Documents {
		if d.Content != nil {
			d.Sum, d.Size = SumOf(d.Content), int64(len(d.Content))
		}
		d.Content = nil
		docs[i] = d
	}
	l.Documents = docs
	if l.Purpose == "" {
		l.Purpose = PurposeOther
	}
	return l
}

// fingerprint identifies what would be printed and posted, whatever was found
// out about it since. The letter must be normal.
func (l Letter) fingerprint() string {
	docs := make([]Document, len(l.Documents))
	for i, d := range l.Documents {
		docs[i] = Document{Sum: d.Sum}
	}
	l.Documents = docs
	l.PreviewToken = ""
	l.NotBefore = l.NotBefore.UTC()
	b, err := json.Marshal(l)
	if err != nil {
		panic("courrier: a letter always marshals: " + err.Error())
	}
	return string(SumOf(b))
}

// copies returns the number of copies printed, at least 1.
func (p PrintOptions) copies() int { return max(p.Copies, 1) }

// Sheets returns the sheets of paper in the envelope; false when a page count is
// not known. Each document starts on a front side.
func (l Letter) Sheets(p PrintOptions) (int, bool) {
	sheets := 0
	for _, d := range l.Documents {
		n := d.PageCount()
		if n <= 0 {
			return 0, false
		}
		if p.Duplex {
			n = (n + 1) / 2
		}
		sheets += n
	}
	sheets *= p.copies()
	if p.CarrierSheet {
		sheets++
	}
	return sheets, true
}
