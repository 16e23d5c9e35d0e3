package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/filename"
	"github.com/courrier-go/courrier/latepayment"
)

// dispatched is a reminder about to leave, with all that was read and made for it.
type dispatched struct {
	plans   *accountPlans
	details DebtorDetails
	text    PrintedReminder
	channel courrier.Channel
	values  fieldValues // of the account's fields
	files   []courrier.Document
	email   *email.Message   // by e-mail, or
	page    email.Page       // what the e-mail says
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

func withoutContents(m email.Message) email.Message {
	m.Attachments = courrier.Letter{Documents: m.Attachments}.Normal().Documents
	m.Inline = courrier.Letter{Documents: m.Inline}.Normal().Documents
	return m
}

// pageName is what the HTML of an e-mail is kept as.
const pageName = "message.html"

// pageFile is the HTML of an e-mail as a file; none without.
func pageFile(m email.Message) []courrier.Document {
	if m.HTML == "" {
		return nil
	}
	return []courrier.Document{{Name: pageName, Content: []byte(m.HTML)}}
}

// pageOf is that file without content.
func pageOf(m email.Message) courrier.Document {
	for _, doc := range (courrier.Letter{Documents: pageFile(m)}).Normal().Documents {
		return doc
	}
	return courrier.Document{}
}

// prepare reads what a reminder prints and writes its text, unless a person
// approved one. Its sums are those of the statement that was computed with its
// decision.
func (d *Runner) prepare(ctx context.Context, plans *accountPlans, rem *Reminder, left remaining) (dispatched, error) {
	details, err := d.details(ctx, *rem)
	if err != nil {
		return dispatched{}, err
	}
	details.Mail = left.notes.usable(details.Mail)
	out := dispatched{plans: plans, details: details, channel: rem.Decision.Channels[0]}
	text, lang := plans.textOf(*rem, details.Language)
	if out.text, err = plans.printed(rem, details, lang, plans.statedOn(*rem, d.now())); err != nil {
		return dispatched{}, err
	}
	if out.values, err = plans.fieldsOf(*rem, text, left.facts, lang); err != nil {
		return dispatched{}, err
	}
	out.text.links = plans.Fields.links(out.values, lang)
	if rem.PreviewToken == "" {
		if rem.Message, err = plans.message(*rem, text, out); err != nil {
			return dispatched{}, err
		}
	}
	out.text.Message = rem.Message
	return out, nil
}

// statedOn is the day that a reminder bears and its statement is of: today, or the
// day that it bore when it was shown.
func (p *accountPlans) statedOn(rem Reminder, now time.Time) courrier.Date {
	if rem.DatedOn.IsZero() {
		return p.dayOf(rem, now)
	}
	return rem.DatedOn
}

func (d *Runner) details(ctx context.Context, rem Reminder) (DebtorDetails, error) {
	return d.detailsOf(ctx, rem.Account, rem.Customer, rem.Decision.invoices())
}

func (d *Runner) detailsOf(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, ids []InvoiceID) (DebtorDetails, error) {
	details, err := d.host.details(ctx, account, customer, ids)
	if err != nil {
		err = fmt.Errorf("debtor details: %w", err)
	}
	return details, err
}

// textOf returns the text of a reminder and its language: that of an ad hoc one, or
// the account's or the library's own in the customer's language, else the account's.
func (p *accountPlans) textOf(rem Reminder, customer courrier.Language) (Text, courrier.Language) {
	key := textKey{rem.Decision.Step.Kind, latepayment.DebtorConsumer}
	if s := rem.Decision.Statement; s != nil {
		key.class = s.Debtor
	}
	text, lang := p.Texts.find(rem.Decision.Step.Template, key, customer, p.Language)
	if rem.Text != (Text{}) {
		text = rem.Text
	}
	return text, lang
}

// message writes the text of a reminder, and in its place what a person wrote.
// A text whose placeholders are wrong stops the reminders that use it, and no other.
func (p *accountPlans) message(rem Reminder, text Text, out dispatched) (Message, error) {
	text = rem.revisedText(text)
	if err := p.Fields.Check(text); err != nil {
		var c courrier.Checks
		c.Nest("Text["+rem.Decision.Step.Template+"]", err)
		return Message{}, c.Err()
	}
	lang := out.text.Language
	values := p.values(rem, out.text)
	p.Fields.fill(values, out.values, lang)
	return text.render(values, lang), nil
}

// revisedText is a text with what a person wrote in its place.
func (r Reminder) revisedText(text Text) Text {
	return Text{Subject: cmp.Or(r.Revision.Subject, text.Subject), Body: cmp.Or(r.Revision.Body, text.Body)}
}

// fieldsOf looks up what the account's own placeholders stand for in the text of a
// reminder. What a person edited holds values that stood there: their links stay links.
func (p *accountPlans) fieldsOf(rem Reminder, text Text, c Case, lang courrier.Language) (fieldValues, error) {
	ids := rem.Decision.invoices()
	values, err := p.Fields.valuesOf(rem.revisedText(text), c, ids, lang)
	if err != nil || rem.Revision == (Message{}) {
		return values, err
	}
	if others, err := p.Fields.valuesOf(text, c, ids, lang); err == nil && others != nil {
		maps.Copy(others, values)
		return others, nil
	}
	return values, nil
}

// ready tells whether the account's own placeholders can be filled in the texts of a
// decision, in whatever language the customer reads: before anything is proposed.
func (p *accountPlans) ready(dec *Decision, own Text, c Case) error {
	if len(p.Fields) == 0 {
		return nil
	}
	texts := map[courrier.Language]Text{p.Language: own}
	if own == (Text{}) {
		texts = p.Texts[dec.Step.Template]
	}
	for _, lang := range slices.Sorted(maps.Keys(texts)) {
		if err := p.knows(texts[lang]); err != nil {
			return err
		}
		if _, err := p.Fields.valuesOf(texts[lang], c, dec.invoices(), lang); err != nil {
			return err
		}
	}
	return nil
}

// invoices are those of the lines, or their parts.
func (dec *Decision) invoices() []InvoiceID {
	ids := make([]InvoiceID, len(dec.Lines))
	for i, l := range dec.Lines {
		ids[i] = l.Invoice
	}
	return ids
}

// printed gathers what the letter of a reminder shows.
func (p *accountPlans) printed(rem *Reminder, details DebtorDetails, lang courrier.Language, today courrier.Date) (PrintedReminder, error) {
	dec := rem.Decision
	out := PrintedReminder{
		Account: rem.Account, Kind: dec.Step.Kind, Service: cmp.Or(rem.Service, dec.Step.PostalService()), Language: lang, Date: today,
		From: p.Sender, To: details.To, Reference: details.Reference, Footer: p.footer(), Logo: p.Logo, Signature: p.signature(*rem),
	}
	if rem.To != nil {
		out.To = *rem.To
	}
	if s := dec.Statement; s != nil && rem.Delivery == "" { // a sales document claims nothing
		out.Statement, out.Total = *s, dec.Total
		if dec.claims(p.ChargeReminders) {
			out.Sums = s.Sums(p.Wordings.Find(lang), lang)
		}
		if out.Service == courrier.ServiceElectronicRegistered && s.Debtor != latepayment.DebtorBusiness && (details.ConsentOn.IsZero() || details.ConsentOn.After(today)) {
			return out, &courrier.FieldError{Field: "DebtorDetails.ConsentOn", Rule: "is missing: an electronic registered letter to who is no professional needs prior consent (code des postes, art. L100)",
				Remedy: "record the consent, or send the letter on paper"}
		}
	}
	out.Numbers = numbersOf(dec, details, &out.Statement)
	return out, p.payBy(&out)
}

// numbersOf lists the numbers of the invoices that a reminder names.
func numbersOf(dec Decision, details DebtorDetails, s *latepayment.Statement) []string {
	var numbers []string
	for i := range s.Lines {
		numbers = append(numbers, s.Lines[i].Number)
	}
	if numbers != nil {
		return numbers
	}
	for _, line := range dec.Lines {
		number := string(line.Invoice)
		for _, doc := range details.Documents {
			if doc.Invoice == line.Invoice && doc.Number != "" {
				number = doc.Number
			}
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// payBy says how to pay: the account's own words, else its bank account with the
// reference to give, and the code of the transfer where the account wants it.
func (p *accountPlans) payBy(out *PrintedReminder) error {
	out.Payment = p.Payment
	if p.Bank == nil {
		return nil
	}
	remark := bankText(strings.Join(out.Numbers, " "))
	if out.Payment == "" {
		words := phrasesFor(out.Language)
		text := words.transfer
		if p.Bank.BIC != "" {
			text += words.bic
		}
		if remark != "" {
			text += words.remark
		}
		out.Payment = strings.NewReplacer("{holder}", p.Bank.Holder, "{iban}", p.Bank.Printed(), "{bic}", p.Bank.BIC, "{reference}", remark).Replace(text) + "."
	}
	if !p.PaymentCode || out.Total.Sign() <= 0 || out.Total.Unit() != "EUR" {
		return nil
	}
	var err error
	out.PaymentCode, err = p.Bank.PaymentCode(out.Total, remark)
	return err
}

// footer is the account's own, with its legal mentions below.
func (p *accountPlans) footer() string {
	return strings.TrimSpace(p.Footer + "\n" + p.Mentions.line())
}

func (p *accountPlans) signature(rem Reminder) Signature {
	if s, ok := p.Signature[rem.SignedBy]; ok && rem.Sign {
		return s
	}
	return p.Signature[""]
}

// values are what the placeholders of a reminder stand for.
func (p *accountPlans) values(rem Reminder, out PrintedReminder) textValues {
	words, lang, s := phrasesFor(out.Language), out.Language, &out.Statement
	days := p.Deadlines.days(out.Kind, s.Debtor)
	deadline := p.deadline(out.Date, days).LongText(lang)
	v := textValues{
		"customer": nameOf(out.To), "sender": nameOf(courrier.Recipient(out.From)), "user": out.Signature.Name, "reference": out.Reference,
		"count": strconv.Itoa(len(out.Numbers)), "invoices": strings.Join(out.Numbers, ", "),
		"open": s.Outstanding().Text(lang), "total": out.Total.Text(lang),
		"date": out.Date.Text(lang), "deadline": deadline, "by": strings.Replace(words.by, "{date}", deadline, 1),
		"past": words.pastOf(rem.Decision.Reminded, lang), "statement": listOf(s.Notes(p.Wordings.Find(lang), lang, len(out.Sums) > 0 || s.ChargesDays > 0 && out.Kind == courrier.StepFormalNotice)),
		"table": TableMark, "payment": out.Payment,
	}
	if out.Kind == courrier.StepFormalNotice && p.Deadlines.FromPresentation {
		v["by"] = strings.Replace(words.byPresentation, "{n}", strconv.Itoa(days), 1)
	}
	if out.Kind == courrier.StepFormalNotice && s.Regime != "" && startsInterest(s) {
		v["starts"] = words.starts
	}
	oldest := oldestDue(s)
	v["oldest_due"], v["days_late"] = oldest.Text(lang), "0"
	if !oldest.IsZero() {
		v["days_late"] = strconv.Itoa(max(out.Date.DaysSince(oldest), 0))
	}
	return v
}

// startsInterest reports whether interest waits for this notice: the law of the
// debtor starts it with one, and none has arrived.
func startsInterest(s *latepayment.Statement) bool {
	return (s.Debtor == latepayment.DebtorConsumer || s.Debtor == latepayment.DebtorNonProfessional) && s.Regime != latepayment.NoCharges(s.Debtor).Name &&
		!slices.ContainsFunc(s.Lines, func(l latepayment.Line) bool { return !l.InterestFrom.IsZero() })
}

// oldestDue is the first day on which something still open falls or fell due.
func oldestDue(s *latepayment.Statement) courrier.Date {
	var oldest courrier.Date
	for i := range s.Lines {
		for _, part := range s.Lines[i].Parts {
			if !part.Open.IsZero() && (oldest.IsZero() || part.DueOn.Before(oldest)) {
				oldest = part.DueOn
			}
		}
	}
	return oldest
}

// listOf writes notes as the list of a [Message].
func listOf(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return "- " + strings.Join(notes, "\n- ")
}

// pastOf tells of the reminders sent before, by their days.
func (w phrases) pastOf(sent []latepayment.PastLetter, lang courrier.Language) string {
	if len(sent) == 0 {
		return ""
	}
	said := make([]string, len(sent))
	for i, p := range sent {
		said[i] = p.On.Text(lang)
	}
	text, last := w.reminded, len(said)-1
	if last == 0 {
		text = w.remindedOnce
	} else {
		said = append([]string{strings.Join(said[:last], ", ") + w.and + said[last]}, nil...)
	}
	return strings.Replace(text, "{dates}", said[0], 1)
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
	out.files = docs
	for _, doc := range docs {
		out.text.Enclosures = append(out.text.Enclosures, doc.Name)
	}
	if out.channel == courrier.ChannelEmail {
		out.page = out.text.page(rem.Delivery == "")
		m, err := out.plans.mailOf(*rem, *out)
		out.email = &m
		return errors.Join(err, m.Validate())
	}
	l, err := d.letter(ctx, rem, *out, docs)
	out.letter = &l
	if err != nil || !priced {
		return err
	}
	out.quote, err = d.client.Quote(ctx, l)
	return err
}

// mailOf is the e-mail of a reminder, without its files.
func (p *accountPlans) mailOf(rem Reminder, out dispatched) (email.Message, error) {
	m := email.Message{ID: string(rem.ID), Account: rem.Account, Subject: rem.Message.Subject, Attachments: safelyNamed(out.files)}
	m.From, m.ReplyTo = p.MailFrom, p.ReplyTo
	if box, ok := p.Mailboxes[rem.Assignee]; ok {
		m.From, m.ReplyTo = box.From, box.ReplyTo
	}
	m.To = email.Distinct(out.details.Mail)
	if len(rem.Mail) > 0 {
		m.To = email.Distinct(rem.Mail)
	}
	copies := p.copiesOf(rem, out.details)
	m.Cc = email.Distinct(copies.Cc, m.To...)
	m.Bcc = email.Distinct(copies.Bcc, slices.Concat(m.To, m.Cc)...)
	return m, out.text.dress(&m, p.Settings, out.page)
}

// copiesOf are the copies of the account, of the customer and of the step, unless a
// person chose others.
func (p *accountPlans) copiesOf(rem Reminder, details DebtorDetails) Copies {
	if rem.Copies != nil {
		return *rem.Copies
	}
	step := p.StepCopies[rem.Decision.Step.ID]
	return Copies{Cc: slices.Concat(p.Copies.Cc, details.Copies.Cc, step.Cc), Bcc: slices.Concat(p.Copies.Bcc, details.Copies.Bcc, step.Bcc)}
}

// safelyNamed gives the files of an e-mail names that every system saves, each its own.
func safelyNamed(docs []courrier.Document) []courrier.Document {
	names := make([]string, len(docs))
	for i, doc := range docs {
		names[i] = filename.Safe(doc.Name, courrier.MaxFileName)
	}
	docs = slices.Clone(docs)
	for i, name := range filename.Distinct(names, courrier.MaxFileName) {
		docs[i].Name = name
	}
	return docs
}

// attachments are those a person chose, else the invoices' own where wanted: as
// many of them, the carrier's first, as one letter may have.
func (d *Runner) attachments(ctx context.Context, rem Reminder, out dispatched) ([]courrier.Document, error) {
	if len(rem.Attachments) > 0 {
		return d.loaded(ctx, rem.Attachments, true)
	}
	if !out.plans.AttachInvoices {
		return nil, nil
	}
	return d.loaded(ctx, out.details.filesOf(rem.Decision.invoices()), false)
}

// filesOf are the documents of invoices, in their order.
func (d DebtorDetails) filesOf(ids []InvoiceID) []courrier.Document {
	var files []courrier.Document
	for _, id := range ids {
		for _, doc := range d.Documents {
			if doc.File.Name != "" && (doc.Invoice == InvoiceOf(id) || doc.Invoice == id) {
				files = append(files, doc.File)
			}
		}
	}
	return files
}

// loaded reads documents: all of them, or as many as one letter may have.
func (d *Runner) loaded(ctx context.Context, wanted []courrier.Document, all bool) ([]courrier.Document, error) {
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
		if !all && (len(docs) == courrier.MaxDocuments-1 || room < 0) {
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
		watched, end := d.observe(ctx, courrier.Operation{Name: "compose", Service: out.text.Service, Account: rem.Account, Reminder: string(rem.ID)})
		body, err := d.host.compose(watched, out.text)
		end(err)
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
		Customer: rem.Customer, Gate: gateName, GateRef: string(rem.ID),
	}, nil
}
