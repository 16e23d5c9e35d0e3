package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// dispatched is a reminder about to leave, with all that was read and made for it.
type dispatched struct {
	plans   *accountPlans
	details DebtorDetails
	text    PrintedReminder
	channel courrier.Channel
	email   *courrier.Email  // by e-mail, or
	letter  *courrier.Letter // by post
	quote   courrier.Quote   // of a letter, where it was asked for
}

// token binds all that leaves: every field of the e-mail, or of the letter with
// the bytes of its documents, how it is printed and its price.
func (o dispatched) token() string {
	if o.email != nil {
		return fingerprintOf(withoutContents(*o.email))
	}
	l := o.letter.Normal()
	l.Key = "" // each attempt has its own
	return fingerprintOf(l, o.quote.Print, o.quote.Price)
}

func withoutContents(m courrier.Email) courrier.Email {
	m.Attachments = courrier.Letter{Documents: m.Attachments}.Normal().Documents
	return m
}

// prepare reads what a reminder prints and writes its text, unless a person
// approved one.
func (d *Runner) prepare(ctx context.Context, plans *accountPlans, rem *Reminder, left remaining) (dispatched, error) {
	details, err := d.details(ctx, *rem)
	if err != nil {
		return dispatched{}, err
	}
	details.Mail = left.notes.usable(details.Mail)
	out := dispatched{plans: plans, details: details, channel: rem.Decision.Channels[0]}
	dated := rem.DatedOn // as it was shown
	if dated.IsZero() {
		dated = plans.dayOf(*rem, d.now())
	}
	if out.text, err = plans.printed(rem, details, dated); err != nil {
		return dispatched{}, err
	}
	rem.Charges = out.text.Charges
	if rem.PreviewToken == "" {
		if rem.Message, err = plans.message(*rem, out.text); err != nil {
			return dispatched{}, err
		}
	}
	out.text.Message = rem.Message
	return out, nil
}

func (d *Runner) details(ctx context.Context, rem Reminder) (DebtorDetails, error) {
	ids := make([]courrier.InvoiceID, len(rem.Decision.Lines))
	for i, l := range rem.Decision.Lines {
		ids[i] = l.Invoice
	}
	return d.detailsOf(ctx, rem.Account, rem.Customer, ids)
}

func (d *Runner) detailsOf(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, ids []courrier.InvoiceID) (DebtorDetails, error) {
	details, err := d.host.details(ctx, account, customer, ids)
	if err != nil {
		err = fmt.Errorf("debtor details: %w", err)
	}
	return details, err
}

// message writes the text of a reminder: the account's, that of an ad hoc one,
// and in its place what a person wrote.
// A text whose placeholders are wrong stops the reminders that use it, and no other.
func (p *accountPlans) message(rem Reminder, printed PrintedReminder) (Message, error) {
	text := rem.Text
	if text == (Text{}) {
		text = p.Texts.find(rem.Decision.Step.Template, rem.Decision.Step.Kind, printed.Language)
	}
	text.Subject, text.Body = cmp.Or(rem.Revision.Subject, text.Subject), cmp.Or(rem.Revision.Body, text.Body)
	if err := text.Validate(); err != nil {
		var c courrier.Checks
		c.Nest("Text["+rem.Decision.Step.Template+"]", err)
		return Message{}, c.Err()
	}
	return text.render(printed.values(), printed.Language), nil
}

// printed gathers what the letter of a reminder shows. What the host's details
// say is open must be what the facts said a moment ago: a letter names one sum.
func (p *accountPlans) printed(rem *Reminder, details DebtorDetails, today courrier.Date) (PrintedReminder, error) {
	dec := rem.Decision
	if rem.Delivery != "" { // a sales document claims nothing
		details.Charges, details.Statement = courrier.Amount{}, nil
	}
	out := PrintedReminder{
		Account: rem.Account, Kind: dec.Step.Kind, Service: cmp.Or(rem.Service, dec.Step.PostalService()), Language: cmp.Or(details.Language, p.Language), Date: today,
		From: p.Sender, To: details.To, Open: dec.Open, Charges: details.Charges, Payment: p.Payment, Footer: p.Footer, Logo: p.Logo, Signature: p.signature(*rem), Reminded: rem.Reminded,
	}
	if rem.To != nil {
		out.To = *rem.To
	}
	for _, line := range dec.Lines {
		i := slices.IndexFunc(details.Invoices, func(inv InvoiceDetail) bool { return inv.ID == line.Invoice })
		if rem.Delivery == "" && (i < 0 || !details.Invoices[i].Open.Equal(line.Open)) {
			return out, &courrier.Error{Op: "compose", Kind: courrier.ErrUnavailable, Code: courrier.CodeFactsDiffer, Err: errors.New("the invoices' details are not those of the case; they are read again later")}
		}
		if i >= 0 {
			out.Invoices = append(out.Invoices, details.Invoices[i])
		}
	}
	var err error
	if out.Total, err = dec.Open.Add(details.Charges); err != nil {
		return out, fmt.Errorf("debtor details: charges: %w", err)
	}
	out.Statement = slices.Clone(details.Statement)
	return out, nil
}

func (p *accountPlans) signature(rem Reminder) Signature {
	if s, ok := p.Signature[rem.SignedBy]; ok && rem.Sign {
		return s
	}
	return p.Signature[""]
}

// values are what the placeholders of a reminder stand for.
func (p PrintedReminder) values() textValues {
	v := textValues{
		"customer": nameOf(p.To), "sender": nameOf(courrier.Recipient(p.From)), "user": p.Signature.Name,
		"count": strconv.Itoa(len(p.Invoices)), "open": courrier.FormatAmount(p.Open, p.Language),
		"total": courrier.FormatAmount(p.Total, p.Language), "date": courrier.FormatDate(p.Date, p.Language),
		"deadline": courrier.FormatDate(p.Date.AddDays(DeadlineDays), p.Language), "statement": strings.Join(p.Statement, "\n"),
		"table": TableMark, "payment": p.Payment,
	}
	numbers := make([]string, len(p.Invoices))
	oldest := courrier.Date{}
	for i, inv := range p.Invoices {
		numbers[i] = inv.Number
		if oldest.IsZero() || inv.DueOn.Before(oldest) {
			oldest = inv.DueOn
		}
	}
	v["invoices"], v["oldest_due"] = strings.Join(numbers, ", "), courrier.FormatDate(oldest, p.Language)
	if p.Reminded {
		v["reminded"] = "1"
	}
	v["days_late"] = strconv.Itoa(max(p.Date.DaysSince(oldest), 0))
	if oldest.IsZero() {
		v["days_late"] = "0"
	}
	return v
}

func nameOf(r courrier.Recipient) string {
	if r.Company != "" {
		return r.Company
	}
	return r.Name
}

// produce makes the e-mail or the letter of a reminder, complete and checked; a
// letter is priced where that is asked for.
func (d *Runner) produce(ctx context.Context, rem *Reminder, out *dispatched, priced bool) error {
	docs, err := d.attachments(ctx, *rem, *out)
	if err != nil {
		return err
	}
	if out.channel == courrier.ChannelEmail {
		m := courrier.Email{
			ID: string(rem.ID), Account: rem.Account, From: out.plans.MailFrom, ReplyTo: out.plans.ReplyTo, To: out.details.Mail,
			Subject: rem.Message.Subject, Text: out.text.plain(rem.Delivery == ""), Attachments: docs,
		}
		if len(rem.Mail) > 0 {
			m.To = rem.Mail
		}
		out.email = &m
		return m.Validate()
	}
	l, err := d.letter(ctx, rem, *out, docs)
	out.letter = &l
	if err != nil || !priced {
		return err
	}
	out.quote, err = d.client.Quote(ctx, l)
	return err
}

// attachments are those a person chose, else the invoices' own where wanted: as
// many of them, the carrier's first, as one letter may have.
func (d *Runner) attachments(ctx context.Context, rem Reminder, out dispatched) ([]courrier.Document, error) {
	chosen := len(rem.Attachments) > 0
	wanted := rem.Attachments
	if !chosen && out.plans.AttachInvoices {
		for _, inv := range out.text.Invoices {
			if inv.Document != nil {
				wanted = append(wanted, *inv.Document)
			}
		}
	}
	var docs []courrier.Document
	room := int64(maxAttached)
	for _, doc := range wanted {
		if doc.Content == nil {
			content, err := d.contents.Content(ctx, doc.Sum)
			if errors.Is(err, courrier.ErrNotFound) {
				err = &courrier.FieldError{Field: "Attachments", Rule: "are no longer stored", Remedy: "attach them again"}
			}
			if err != nil {
				return nil, fmt.Errorf("attachment: %w", err)
			}
			doc.Content = content
		}
		room -= int64(len(doc.Content))
		if !chosen && (len(docs) == courrier.MaxDocuments-1 || room < 0) {
			break
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// maxAttached leaves room for the body of a letter.
const maxAttached = courrier.MaxDocumentBytes - 2_000_000

func (d *Runner) letter(ctx context.Context, rem *Reminder, out dispatched, docs []courrier.Document) (courrier.Letter, error) {
	if d.host.compose == nil {
		return courrier.Letter{}, &courrier.Error{Op: "compose", Kind: courrier.ErrUnsupported, Code: courrier.CodeNoComposer, Err: errors.New("no Composer was given")}
	}
	purpose := rem.Delivery
	if purpose == "" { // a sales document needs no covering letter
		body, err := d.host.compose(ctx, out.text)
		if err != nil {
			return courrier.Letter{}, fmt.Errorf("compose: %w", err)
		}
		rem.Document = courrier.Document{Name: body.Name, Sum: courrier.SumOf(body.Content), Size: int64(len(body.Content)), Pages: body.PageCount()}
		docs = append([]courrier.Document{body}, docs...)
		purpose = courrier.PurposeReminder
	}
	if rem.Decision.Step.Kind == courrier.StepFormalNotice {
		purpose = courrier.PurposeFormalNotice
	}
	rem.AddressPrint = fingerprintOf(out.details.To)
	next := *rem
	next.Letters++
	return courrier.Letter{
		Account: rem.Account, Key: next.letterKey(), Service: out.text.Service, Purpose: purpose,
		To: out.text.To, From: out.plans.Sender, Documents: docs,
		Gate: gateName, GateRef: string(rem.ID),
	}, nil
}
