package pdf

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// ReminderComposer makes the letters of reminders: the Composer of
// [dunning.Config]. It parses fonts once, and each logo and signature
// once; make one and keep it. It is safe for concurrent use.
type ReminderComposer struct {
	composer *Composer
	theme    Theme
	layout   Layout
	address  AddressMode
	glyphs   GlyphPolicy

	mu       sync.Mutex
	artworks map[[sha256.Size]byte]*Artwork
}

// ReminderComposerConfig adjusts how reminders look. Its zero value is sober.
type ReminderComposerConfig struct {
	Theme  Theme
	Layout Layout // of the carrier's envelope; zero: LayoutFrenchDL
	// Address says who writes the recipient's address. Zero: the carrier does, as
	// the adapters of this module ask it to, and the window stays empty.
	Address AddressMode
	Glyphs  GlyphPolicy // what becomes of characters that cannot be set; default GlyphsRefuse
}

// maxArtworks bounds what is remembered: accounts' logos and users' signatures.
const maxArtworks = 256

// NewReminderComposer returns a composer of reminders.
//
// Errors: [courrier.ErrInvalid].
func NewReminderComposer(cfg ReminderComposerConfig) (*ReminderComposer, error) {
	var checks courrier.Checks
	checks.Require(cfg.Address == AddressByCarrier || cfg.Address == AddressOnPage || cfg.Address == AddressOnSheet, "Address",
		"is unknown", "use one of the Address constants")
	if err := checks.Err(); err != nil {
		return nil, err
	}
	c, err := NewComposer()
	if err != nil {
		return nil, err
	}
	return &ReminderComposer{composer: c, theme: cfg.Theme, layout: cfg.Layout, address: cfg.Address, glyphs: cfg.Glyphs,
		artworks: make(map[[sha256.Size]byte]*Artwork)}, nil
}

// Compose implements [dunning.Composer].
//
// Errors: [courrier.ErrInvalid].
func (r *ReminderComposer) Compose(ctx context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	l, err := r.letter(p)
	if err != nil {
		return courrier.Document{}, err
	}
	done, err := r.composer.Compose(ctx, l, r.theme)
	if err != nil {
		return courrier.Document{}, err
	}
	doc := courrier.NewDocument(string(p.Kind)+".pdf", done.File)
	doc.Pages = done.Pages
	return doc, nil
}

func (r *ReminderComposer) letter(p dunning.PrintedReminder) (Letter, error) {
	to, err := p.To.Lines()
	if err != nil {
		return Letter{}, err
	}
	from, err := p.From.Lines()
	if err != nil {
		return Letter{}, err
	}
	logo, err := r.artwork(p.Logo)
	if err != nil {
		return Letter{}, fmt.Errorf("logo: %w", err)
	}
	signature, err := r.artwork(p.Signature.Image)
	if err != nil {
		return Letter{}, fmt.Errorf("signature: %w", err)
	}
	l := Letter{
		Language: string(p.Language), Glyphs: r.glyphs, Layout: r.layout, Recipient: to, EmptyWindow: r.address == AddressByCarrier,
		Date: p.Date, Place: p.From.Address.City,
		Sender: Sender{Name: from[0], Lines: from[1:], Logo: logo}, Subject: p.Message.Subject, Blocks: blocksOf(p),
		Signature: Signature{Name: p.Signature.Name, Title: p.Signature.Title, Image: signature},
		Delivery:  deliveryOf(p.Service, p.Language), References: referencesOf(p), Enclosures: p.Enclosures,
	}
	if l.Language == "" {
		l.Language = string(courrier.English)
	}
	if l.Signature.Name == "" {
		l.Signature.Name = from[0]
	}
	if p.Footer != "" {
		l.Footer = strings.Split(p.Footer, "\n")
	}
	return l, nil
}

// artwork decodes an image once for many letters.
func (r *ReminderComposer) artwork(data []byte) (*Artwork, error) {
	if len(data) == 0 {
		return nil, nil
	}
	sum := sha256.Sum256(data)
	r.mu.Lock()
	known := r.artworks[sum]
	r.mu.Unlock()
	if known != nil {
		return known, nil
	}
	a, err := NewArtwork(data)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.artworks) >= maxArtworks {
		clear(r.artworks)
	}
	r.artworks[sum] = a
	return a, nil
}

// deliveries are the lines that say how a letter travels, where a reader of the
// file should know it.
var deliveries = map[courrier.Service]map[courrier.Language]string{
	courrier.ServiceRegistered: {
		courrier.French: "Lettre recommandée", courrier.English: "Registered letter", courrier.German: "Einschreiben",
	},
	courrier.ServiceRegisteredAR: {
		courrier.French: "Lettre recommandée avec avis de réception", courrier.English: "Registered letter with advice of receipt",
		courrier.German: "Einschreiben mit Rückschein",
	},
	courrier.ServiceElectronicRegistered: {
		courrier.French: "Lettre recommandée électronique", courrier.English: "Electronic registered letter",
		courrier.German: "Elektronisches Einschreiben",
	},
}

func deliveryOf(s courrier.Service, lang courrier.Language) string {
	if text, ok := deliveries[s][lang]; ok {
		return text
	}
	return deliveries[s][courrier.English]
}

// reminderWords are the words of a reminder's letter that are no part of its message.
var reminderWords = map[courrier.Language]struct{ ours, yours, code string }{
	courrier.French:  {"Nos références", "Vos références", "Pour régler par virement"},
	courrier.English: {"Our reference", "Your reference", "To pay by credit transfer"},
	courrier.German:  {"Unser Zeichen", "Ihr Zeichen", "Zur Zahlung per Überweisung"},
}

func wordsOf(lang courrier.Language) struct{ ours, yours, code string } {
	if words, ok := reminderWords[lang]; ok {
		return words
	}
	return reminderWords[courrier.English]
}

// maxReferences is how many invoices the reference line names; the table has all.
const maxReferences = 4

// referencesOf are the invoices, and what the customer knows the matter by.
func referencesOf(p dunning.PrintedReminder) []Field {
	words := wordsOf(p.Language)
	var all []Field
	if n := len(p.Numbers); n > 0 {
		ours := strings.Join(p.Numbers[:min(n, maxReferences)], ", ")
		if n > maxReferences {
			ours += ", …"
		}
		all = append(all, Field{Label: words.ours, Value: ours})
	}
	if p.Reference != "" {
		all = append(all, Field{Label: words.yours, Value: p.Reference})
	}
	return all
}

// blocksOf turns a message's paragraphs into blocks, the list of invoices in its
// place.
func blocksOf(p dunning.PrintedReminder) []Block {
	var blocks []Block
	placed, coded := len(p.Statement.Lines) == 0, false
	code := QRCode{Payload: p.PaymentCode, Title: wordsOf(p.Language).code, Caption: p.Payment}
	for _, text := range strings.Split(p.Message.Body, "\n\n") {
		switch text = strings.TrimSpace(text); {
		case text == dunning.TableMark:
			if !placed {
				blocks = append(blocks, tableOf(p))
			}
			placed = true
		case p.PaymentCode != "" && text == p.Payment && !coded: // the code says it beside it
			blocks, coded = append(blocks, code), true
		case text != "":
			blocks = append(blocks, textBlock(text))
		}
	}
	if !placed {
		blocks = append(blocks, tableOf(p))
	}
	if p.PaymentCode != "" && !coded {
		blocks = append(blocks, code)
	}
	return blocks
}

// textBlock is one paragraph of a message, or one list.
func textBlock(text string) Block {
	if !strings.HasPrefix(text, "- ") {
		return Paragraph(text)
	}
	var l List
	for _, item := range strings.Split(text, "\n") {
		l.Items = append(l.Items, strings.TrimPrefix(strings.TrimSpace(item), "- "))
	}
	return l
}

// tableOf is the table of what the reminder asks for: the parts of its statement
// that are due, before anything is due all of them, and the sums below.
func tableOf(p dunning.PrintedReminder) InvoiceTable {
	var t InvoiceTable
	due := p.Kind != courrier.StepCourtesy && !p.Statement.Open.IsZero()
	for i := range p.Statement.Lines {
		l := &p.Statement.Lines[i]
		for _, part := range l.Parts {
			if part.Due == due || !due {
				t.Rows = append(t.Rows, InvoiceRow{
					Number: l.Number, IssuedOn: l.IssuedOn, DueOn: part.DueOn,
					Amount: part.Amount, Paid: part.Paid, Credited: part.Credited, Open: part.Open,
				})
			}
		}
	}
	for _, row := range p.Sums {
		t.Lines = append(t.Lines, SumLine{Label: row.Label, Amount: row.Amount, Strong: row.Strong})
	}
	return t
}

// DocumentInspector looks at documents before they are sent: the Inspector of
// [courrier.Config]. The window of Options.Layout is checked where it shows
// something: on the body of a letter without carrier sheet.
type DocumentInspector struct {
	Inspector *Inspector // required
	Options   InspectOptions
}

// Inspect implements [courrier.Inspector]. What forbids printing blocks.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnavailable] (busy).
func (d DocumentInspector) Inspect(ctx context.Context, doc courrier.Document, inWindow bool) (courrier.Inspection, error) {
	if d.Inspector == nil {
		return courrier.Inspection{}, &courrier.FieldError{Field: "DocumentInspector.Inspector", Rule: "is nil",
			Remedy: "give NewInspector(Limits{})"}
	}
	o := d.Options
	if !inWindow {
		o.Address = AddressOnSheet
	}
	report, err := d.Inspector.Inspect(ctx, doc.Content, o)
	if err != nil {
		return courrier.Inspection{}, err
	}
	found := courrier.Inspection{Pages: report.Pages}
	for _, f := range report.Findings {
		remedies := make([]string, len(f.Remedies))
		for i, r := range f.Remedies {
			remedies[i] = string(r)
		}
		found.Findings = append(found.Findings, courrier.Finding{
			Code: string(f.Code), Blocking: f.Severity == SeverityError, Pages: f.Pages, Remedy: strings.Join(remedies, ", or "),
		})
	}
	return found, nil
}
