package courrier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RemindReport counts what a [Dunning.Dispatch] did.
type RemindReport struct {
	Mailed    int // e-mails that left
	Posted    int // letters handed to the Client
	Confirmed int // letters that their carriers accepted since
	Postponed int // suppressed by the facts of the moment; they may come back
	Returned  int // back to review: the facts changed what was approved
	Retried   int // not possible now; due again
	Failed    int // not possible by any channel
	Errors    []error
}

func (r *RemindReport) count(rem Reminder) {
	switch rem.State {
	case ReminderSent:
		if rem.Channel == ChannelPost {
			r.Confirmed++
		} else {
			r.Mailed++
		}
	case ReminderSending:
		r.Posted++
	case ReminderPostponed:
		r.Postponed++
	case ReminderProposed:
		r.Returned++
	case ReminderApproved:
		r.Retried++
	case ReminderFailed, ReminderSkipped:
		r.Failed++
	}
}

// Dispatch sends the approved reminders that are due: the facts are read again,
// what is no longer so is left out or suppressed, and the rest goes by e-mail or
// as a letter through the [Client]. It also confirms the letters that carriers
// accepted meanwhile. Any number of workers may call it at the same time.
func (d *Dunning) Dispatch(ctx context.Context) (RemindReport, error) {
	var report RemindReport
	for _, state := range []ReminderState{ReminderSending, ReminderApproved} {
		for ctx.Err() == nil {
			page, err := collect(d.store.Reminders(ctx, ReminderFilter{States: []ReminderState{state}, DueBefore: d.client.now(), Limit: pageSize}))
			if err != nil {
				return report, fmt.Errorf("dispatch: %w", err)
			}
			for _, rem := range page {
				d.dispatchOne(ctx, rem, &report)
			}
			if len(page) < pageSize {
				break
			}
		}
	}
	return report, ctx.Err()
}

func (d *Dunning) dispatchOne(ctx context.Context, rem Reminder, report *RemindReport) {
	after, err := d.step(ctx, rem)
	switch {
	case errors.Is(err, ErrConflict): // another worker was faster
	case err != nil:
		if len(report.Errors) < maxReportedErrors {
			report.Errors = append(report.Errors, fmt.Errorf("reminder %s: %w", rem.ID, err))
		}
		d.client.log.ErrorContext(ctx, "reminder left for later", "reminder", rem.ID, "kind", kindOf(err))
		rem.DueAt = d.client.now().Add(retryFirst)
		_ = d.write(ctx, &rem) // if this fails too, the reminder is simply still due
	case after.State != rem.State || after.State == ReminderApproved:
		report.count(after)
	}
}

// DispatchOne sends one approved reminder if it is due, or confirms the letter of
// one under way: the duty of [Dunning.Dispatch] for a host's own job engine.
func (d *Dunning) DispatchOne(ctx context.Context, id ReminderID) (Reminder, error) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil || rem.DueAt.After(d.client.now()) {
		return rem, err
	}
	return d.step(ctx, rem)
}

// step takes a reminder one step further.
func (d *Dunning) step(ctx context.Context, rem Reminder) (Reminder, error) {
	switch {
	case rem.State == ReminderApproved:
		return d.send(ctx, rem)
	case rem.State == ReminderSending && rem.Channel == ChannelPost:
		return d.confirm(ctx, rem)
	case rem.State == ReminderSending: // a process died between an e-mail and its record
		rem.InDoubt = true
		return d.sent(ctx, rem, "sent, or begun: the process ended before it was recorded")
	}
	return rem, nil
}

func (d *Dunning) write(ctx context.Context, rem *Reminder) error {
	err := d.client.commit(ctx, Change{Reminder: rem})
	if err == nil {
		rem.Version++
	}
	return err
}

// dispatched is a reminder about to leave, with all that was read for it.
type dispatched struct {
	plans   *accountPlans
	details DebtorDetails
	text    PrintedReminder
	channel Channel
}

// send reads the facts again and sends what is left of the reminder.
func (d *Dunning) send(ctx context.Context, rem Reminder) (Reminder, error) {
	if rem.DueAt.After(d.client.now()) {
		return rem, nil
	}
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return rem, err
	}
	left, why, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return rem, err
	}
	if left.Lines == nil || len(left.Channels) == 0 {
		return d.postpone(ctx, rem, why)
	}
	if changed := !sameContent(rem.Decision, left); changed && rem.ApprovedBy != "" {
		return d.backToReview(ctx, rem, left)
	}
	rem = rem.narrowed(left)
	out, err := d.prepare(ctx, plans, &rem)
	if err != nil {
		return rem, err
	}
	if rem.PreviewToken != "" && rem.PreviewToken != out.token(rem) {
		return d.backToReview(ctx, rem, left)
	}
	if out.channel == ChannelEmail {
		return d.mail(ctx, rem, out)
	}
	return d.post(ctx, rem, out)
}

// recheck returns what is left of a reminder under the facts of this moment.
func (d *Dunning) recheck(ctx context.Context, plans *accountPlans, rem Reminder) (left Decision, why Hold, err error) {
	why = Hold{Cause: CausePaid}
	c, err := d.cfg.Debtors.Case(ctx, rem.Account, rem.Customer)
	if errors.Is(err, ErrNotFound) {
		return Decision{}, why, nil
	}
	if err != nil {
		return Decision{}, why, err
	}
	past, err := d.histories(ctx, []Case{c})
	if err != nil {
		return Decision{}, why, err
	}
	c = past[rem.Customer].notes.apply(c)
	c.AccountPostOff = c.AccountPostOff || plans.postOff
	if rem.Delivery != "" {
		left, why = deliveryLeft(rem.Decision, c), Hold{Cause: CauseNoChannel}
		return left.without(rem.MailRefused), why, nil
	}
	if rem.AdHoc {
		left, why = adHocLeft(rem.Decision, c, d.today(plans))
		return left.without(rem.MailRefused), why, nil
	}
	e, part, err := plans.evaluator(c, rem.Decision.Open.Unit(), d.today(plans))
	if err != nil {
		return Decision{}, why, err
	}
	left, holds := e.Recheck(rem.Decision, part, past[rem.Customer].history, d.today(plans))
	if len(holds) > 0 {
		why = holds[0]
	}
	return left.without(rem.MailRefused), why, nil
}

// without drops e-mail from the channels after the address refused it.
func (d Decision) without(mail bool) Decision {
	if mail {
		d.Channels = slices.DeleteFunc(slices.Clone(d.Channels), func(c Channel) bool { return c == ChannelEmail })
	}
	return d
}

// adHocLeft is what may still be sent outside any policy: only what would be
// wrong in any letter keeps an invoice out of it.
func adHocLeft(was Decision, c Case, today Date) (Decision, Hold) {
	left := was
	left.Lines, left.Open = nil, zeroOf(was.Open.unit)
	why := Hold{Cause: CausePaid}
	for _, line := range was.Lines {
		i := slices.IndexFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == line.Invoice })
		if i < 0 {
			continue
		}
		if cause := c.Invoices[i].closed(); cause != "" {
			why = Hold{Invoice: line.Invoice, Cause: cause}
			continue
		}
		line.Open = c.Invoices[i].Open
		left.Lines = append(left.Lines, line)
		left.Open.value = plus(left.Open.value, line.Open.value)
	}
	left.Total = left.Open
	paused := c.Customer.Paused && (c.Customer.PausedUntil.IsZero() || c.Customer.PausedUntil.After(today))
	switch {
	case c.Customer.Insolvent:
		return Decision{}, Hold{Cause: CauseInsolvent}
	case paused:
		return Decision{}, Hold{Cause: CausePaused, Until: c.Customer.PausedUntil}
	case len(left.Lines) == 0 && len(was.Lines) > 0:
		return left, why
	}
	left.Channels = c.Customer.Contact.ReminderChannels(was.Step.Channels, false, c.AccountPostOff)
	if len(was.Lines) == 0 { // a message that is about no invoice
		left.Lines = []ReminderLine{}
	}
	return left, Hold{Cause: CauseNoChannel}
}

// closed says why an invoice may be in no letter at all; "" when it may.
func (inv Invoice) closed() HoldCause {
	switch {
	case inv.Paid || inv.Open.Sign() <= 0:
		return CausePaid
	case inv.Draft:
		return CauseDraft
	case inv.Excluded:
		return CauseExcluded
	case inv.Disputed:
		return CauseDisputed
	}
	return ""
}

// sameContent tells whether two decisions print the same.
func sameContent(a, b Decision) bool {
	return slices.EqualFunc(a.Lines, b.Lines, func(x, y ReminderLine) bool { return x.Invoice == y.Invoice && x.Open.Equal(y.Open) }) &&
		a.Fee.Equal(b.Fee)
}

// narrowed returns the reminder with what is left of its decision. The keys of
// lines that fell away are free for another time.
func (r Reminder) narrowed(left Decision) Reminder {
	r.Decision = left
	if r.AdHoc {
		return r
	}
	r.Keys = nil
	for key := range left.Keys() {
		r.Keys = append(r.Keys, key.String())
	}
	return r
}

func (d *Dunning) today(p *accountPlans) Date {
	for _, e := range p.evaluators {
		return e.Today(d.client.now())
	}
	return utcDay(d.client.now())
}

// postpone suppresses a reminder, with the reason; it comes back when the
// evaluation decides so again.
func (d *Dunning) postpone(ctx context.Context, rem Reminder, why Hold) (Reminder, error) {
	rem.State, rem.DueAt, rem.Until, rem.Reason = ReminderPostponed, time.Time{}, why.Until, string(why.Cause)
	if rem.AdHoc { // nothing would decide it again
		rem.State = ReminderSkipped
	}
	rem.PreviewToken, rem.ApprovedBy, rem.ApprovedAt = "", "", time.Time{}
	rem.log(d.client.now(), "", "suppressed", string(why.Cause))
	return rem, d.write(ctx, &rem)
}

// backToReview returns an approved reminder to the queue: what would leave is not
// what was approved.
func (d *Dunning) backToReview(ctx context.Context, rem Reminder, left Decision) (Reminder, error) {
	rem = rem.narrowed(left)
	rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, "changed since it was approved"
	rem.PreviewToken, rem.ApprovedBy, rem.ApprovedAt = "", "", time.Time{}
	rem.log(d.client.now(), "", "back to review", rem.Reason)
	return rem, d.write(ctx, &rem)
}

// prepare reads what a reminder prints and writes its text, unless a person did.
func (d *Dunning) prepare(ctx context.Context, plans *accountPlans, rem *Reminder) (dispatched, error) {
	ids := make([]InvoiceID, len(rem.Decision.Lines))
	for i, l := range rem.Decision.Lines {
		ids[i] = l.Invoice
	}
	details, err := d.cfg.Debtors.Details(ctx, rem.Account, rem.Customer, ids)
	if err != nil {
		return dispatched{}, fmt.Errorf("debtor details: %w", err)
	}
	if rem.To != nil {
		details.To = *rem.To
	}
	if len(rem.Mail) > 0 {
		details.Mail = rem.Mail
	}
	out := dispatched{plans: plans, details: details, channel: rem.Decision.Channels[0]}
	out.text, err = plans.printed(rem, details, d.today(plans))
	if err != nil {
		return dispatched{}, err
	}
	if !rem.Revised {
		values := out.text.values()
		text := plans.Texts.find(rem.Decision.Step.Template, rem.Decision.Step.Kind, out.text.Language)
		rem.Message = text.render(values, out.text.Language)
	}
	out.text.Message = rem.Message
	return out, nil
}

// printed gathers what the letter of a reminder shows. What the host's details
// say is open must be what the facts said a moment ago: a letter names one sum.
func (p *accountPlans) printed(rem *Reminder, details DebtorDetails, today Date) (PrintedReminder, error) {
	dec := rem.Decision
	out := PrintedReminder{
		Account: rem.Account, Kind: dec.Step.Kind, Service: cmp.Or(rem.Service, ServiceStandard), Language: details.Language, Date: today, From: p.Sender, To: details.To,
		Open: dec.Open, Fee: dec.Fee, Charges: details.Charges, Footer: p.Footer, Logo: p.Logo, Signature: p.signature(*rem),
	}
	if out.Language == "" {
		out.Language = p.Language
	}
	for _, line := range dec.Lines {
		i := slices.IndexFunc(details.Invoices, func(inv InvoiceDetail) bool { return inv.ID == line.Invoice })
		if i < 0 || !details.Invoices[i].Open.Equal(line.Open) {
			return out, &Error{Op: "compose", Kind: ErrUnavailable, Code: "facts-differ", Err: errors.New("the invoices' details are not those of the case; they are read again later")}
		}
		out.Invoices = append(out.Invoices, details.Invoices[i])
	}
	var err error
	if out.Total, err = dec.Total.Add(details.Charges); err != nil {
		return out, err
	}
	out.Statement = slices.Clone(details.Statement)
	return out, nil
}

func (p *accountPlans) signature(rem Reminder) Signature {
	if s, ok := p.Signature[rem.Assignee]; ok {
		return s
	}
	return p.Signature[""]
}

// values are what the placeholders of a reminder stand for.
func (p PrintedReminder) values() textValues {
	v := textValues{
		"customer": nameOf(p.To), "sender": nameOf(Recipient(p.From)), "user": p.Signature.Name,
		"count": strconv.Itoa(len(p.Invoices)), "open": FormatAmount(p.Open, p.Language), "fee": FormatAmount(p.Fee, p.Language),
		"total": FormatAmount(p.Total, p.Language), "date": FormatDate(p.Date, p.Language),
		"deadline": FormatDate(p.Date.AddDays(DeadlineDays), p.Language), "statement": strings.Join(p.Statement, "\n"),
		"table": TableMark,
	}
	numbers := make([]string, len(p.Invoices))
	oldest := Date{}
	for i, inv := range p.Invoices {
		numbers[i] = inv.Number
		if oldest.IsZero() || inv.DueOn.Before(oldest) {
			oldest = inv.DueOn
		}
	}
	v["invoices"], v["oldest_due"] = strings.Join(numbers, ", "), FormatDate(oldest, p.Language)
	v["days_late"] = strconv.Itoa(max(p.Date.DaysSince(oldest), 0))
	if oldest.IsZero() {
		v["days_late"] = "0"
	}
	return v
}

func nameOf(r Recipient) string {
	if r.Company != "" {
		return r.Company
	}
	return r.Name
}

// token binds what a preview showed: the text, the sums, the way and the place.
func (o dispatched) token(rem Reminder) string {
	return fingerprintOf(rem.Message, rem.Decision.Lines, rem.Decision.Fee, o.channel, o.details.To, o.details.Mail, rem.Service, rem.Attachments, o.text.Charges)
}

// mail sends a reminder by e-mail, once: an attempt whose outcome is not known is
// counted as sent and flagged, never repeated.
func (d *Dunning) mail(ctx context.Context, rem Reminder, out dispatched) (Reminder, error) {
	m, err := d.email(ctx, rem, out)
	if err != nil {
		return rem, err
	}
	rem.State, rem.Channel, rem.DueAt = ReminderSending, ChannelEmail, d.client.now().Add(mailLease)
	rem.log(d.client.now(), "", "e-mail begun", "")
	if err := d.write(ctx, &rem); err != nil {
		return rem, err
	}
	bounded, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	err = d.cfg.Mailer.Mail(bounded, m)
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer done()
	switch {
	case err == nil:
		return d.sent(ctx, rem, "e-mail sent")
	case refused(err):
		return d.mailRefused(ctx, rem, "e-mail refused")
	case nothingAccepted(err):
		return d.mailLater(ctx, rem)
	}
	rem.InDoubt = true
	return d.sent(ctx, rem, "e-mail sent, or begun: its server did not answer")
}

func (d *Dunning) email(ctx context.Context, rem Reminder, out dispatched) (Email, error) {
	m := Email{
		ID: string(rem.ID), Account: rem.Account, From: out.plans.MailFrom, ReplyTo: out.plans.ReplyTo, To: out.details.Mail,
		Subject: rem.Message.Subject, Text: out.text.plain(),
	}
	docs, err := d.attachments(ctx, rem, out)
	m.Attachments = docs
	if err != nil {
		return m, err
	}
	return m, m.Validate()
}

// attachments are those a person chose, else the invoices' own where wanted.
func (d *Dunning) attachments(ctx context.Context, rem Reminder, out dispatched) ([]Document, error) {
	var docs []Document
	for _, doc := range rem.Attachments {
		content, err := d.client.contents.Content(ctx, doc.Sum)
		if err != nil {
			return nil, fmt.Errorf("attachment: %w", err)
		}
		doc.Content = content
		docs = append(docs, doc)
	}
	if len(rem.Attachments) > 0 || !out.plans.AttachInvoices {
		return docs, nil
	}
	for _, inv := range out.text.Invoices {
		if inv.Document != nil && len(docs) < MaxDocuments-1 {
			docs = append(docs, *inv.Document)
		}
	}
	return docs, nil
}

func (d *Dunning) sent(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	now := d.client.now()
	rem.State, rem.DueAt, rem.Reason = ReminderSent, time.Time{}, ""
	if rem.SentOn.IsZero() {
		rem.SentOn = d.dayOf(ctx, rem.Account, now)
	}
	rem.log(now, "", act, "")
	return rem, d.write(ctx, &rem)
}

// dayOf is the civil date of a moment for an account.
func (d *Dunning) dayOf(ctx context.Context, account AccountID, at time.Time) Date {
	plans, err := d.plans(ctx, account)
	if err != nil {
		return utcDay(at)
	}
	for _, e := range plans.evaluators {
		return e.Today(at)
	}
	return utcDay(at)
}

// mailRefused goes on by the next channel, if the step has one.
func (d *Dunning) mailRefused(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	now := d.client.now()
	rem.MailRefused, rem.SentOn = true, Date{}
	rem.Decision = rem.Decision.without(true)
	rem.State, rem.DueAt = ReminderApproved, now
	if rem.ApprovedBy != "" { // a person approved an e-mail, not a letter
		rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, act
		rem.PreviewToken, rem.ApprovedBy, rem.ApprovedAt = "", "", time.Time{}
	}
	if len(rem.Decision.Channels) == 0 {
		rem.State, rem.DueAt, rem.Reason = ReminderFailed, time.Time{}, string(CauseNoChannel)
	}
	rem.log(now, "", act, "")
	return rem, d.write(ctx, &rem)
}

func (d *Dunning) mailLater(ctx context.Context, rem Reminder) (Reminder, error) {
	rem.Tries++
	if rem.Tries >= maxMailTries {
		return d.mailRefused(ctx, rem, "mail server not available")
	}
	rem.State, rem.DueAt = ReminderApproved, d.client.now().Add(backoff(retryFirst, rem.Tries, retryMost))
	rem.log(d.client.now(), "", "e-mail put off", "mail server not available")
	return rem, d.write(ctx, &rem)
}

// Bounced records that an e-mail came back, by its id. A permanent bounce proves
// that the customer got nothing: the reminder goes on by post where it may, and
// else counts as not sent. A temporary one is only logged.
func (d *Dunning) Bounced(ctx context.Context, id ReminderID, permanent bool) (Reminder, error) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil {
		return rem, fmt.Errorf("bounced: %w", err)
	}
	if rem.Channel != ChannelEmail || rem.State != ReminderSent && rem.State != ReminderSending {
		return rem, nil
	}
	if permanent {
		return d.mailRefused(ctx, rem, "e-mail came back")
	}
	rem.log(d.client.now(), "", "e-mail delayed", "")
	return rem, d.write(ctx, &rem)
}

// post composes the letter and hands it to the Client, under the reminder's id:
// handed over twice, it is one letter. It is sent when a carrier accepts it.
func (d *Dunning) post(ctx context.Context, rem Reminder, out dispatched) (Reminder, error) {
	l, err := d.letter(ctx, &rem, out)
	if err != nil {
		return rem, err
	}
	rec, err := d.client.Send(ctx, l)
	switch {
	case errors.Is(err, ErrConflict): // handed over before a crash, with the text of that moment
		for was, lerr := range d.store.Letters(ctx, LetterFilter{Account: rem.Account, Key: l.Key, Limit: 1}) {
			rec, err = was, lerr
		}
		if err != nil {
			return rem, err
		}
	case errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrDenied):
		return d.postFailed(ctx, rem, err)
	case err != nil:
		return rem, err
	}
	rem.State, rem.Channel, rem.Letter, rem.DueAt = ReminderSending, ChannelPost, rec.ID, d.client.now().Add(retryFirst)
	rem.log(d.client.now(), "", "letter handed over", "")
	return rem, d.write(ctx, &rem)
}

// postFailed sends a letter that cannot leave as it is to a person.
func (d *Dunning) postFailed(ctx context.Context, rem Reminder, cause error) (Reminder, error) {
	rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, "the letter was refused: "+kindOf(cause)
	for _, fe := range FieldErrors(cause) {
		rem.Reason += "; " + fe.Error()
	}
	rem.PreviewToken, rem.ApprovedBy, rem.ApprovedAt = "", "", time.Time{}
	rem.log(d.client.now(), "", "back to review", rem.Reason)
	return rem, d.write(ctx, &rem)
}

func (d *Dunning) letter(ctx context.Context, rem *Reminder, out dispatched) (Letter, error) {
	if d.cfg.Composer == nil {
		return Letter{}, &Error{Op: "compose", Kind: ErrUnsupported, Err: errors.New("no Composer was given")}
	}
	docs, err := d.attachments(ctx, *rem, out)
	if err != nil {
		return Letter{}, err
	}
	purpose := rem.Delivery
	if purpose == "" { // a sales document needs no covering letter
		body, err := d.cfg.Composer.Compose(ctx, out.text)
		if err != nil {
			return Letter{}, fmt.Errorf("compose: %w", err)
		}
		rem.Document = Document{Name: body.Name, Sum: SumOf(body.Content), Size: int64(len(body.Content)), Pages: body.PageCount()}
		docs = append([]Document{body}, docs...)
		purpose = PurposeReminder
	}
	if rem.Decision.Step.Kind == StepFormalNotice {
		purpose = PurposeFormalNotice
	}
	return Letter{
		Account: rem.Account, Key: "reminder/" + string(rem.ID) + "/" + strconv.Itoa(rem.Tries), Service: out.text.Service, Purpose: purpose,
		To: out.details.To, From: out.plans.Sender, Documents: docs,
		Metadata: map[string]string{reminderEntry: string(rem.ID)},
	}, nil
}

// confirm follows the letter of a reminder until a carrier has it, or never will.
func (d *Dunning) confirm(ctx context.Context, rem Reminder) (Reminder, error) {
	rec, err := d.store.Letter(ctx, rem.Letter)
	if err != nil {
		return rem, err
	}
	switch {
	case !rec.SubmittedAt.IsZero():
		rem.SentOn = d.dayOf(ctx, rem.Account, rec.SubmittedAt)
		return d.sent(ctx, rem, "letter accepted by the carrier")
	case rec.Status == StatusCancelled:
		reason := "cancelled"
		if rec.Failure != nil && rec.Failure.Code == "recheck" {
			reason = rec.Failure.Message
		}
		rem.Tries++ // a letter that comes back is another letter
		return d.postpone(ctx, rem, Hold{Cause: HoldCause(reason)})
	case rec.Status == StatusFailed:
		rem.Tries++
		return d.postFailed(ctx, rem, &Error{Op: "letter", Kind: ErrRejected})
	}
	rem.DueAt = d.client.now().Add(backoff(retryFirst, len(rem.Log), retryMost))
	return rem, d.write(ctx, &rem)
}

// Recheck is for [Config.Recheck] of the Client that sends reminders' letters:
// it reads the facts once more under the claim, right before a letter leaves,
// and cancels the letter of a reminder that would now be suppressed or changed.
// Other letters go.
func (d *Dunning) Recheck(ctx context.Context, rec LetterRecord) (Recheck, error) {
	id := rec.Letter.Metadata[reminderEntry]
	if id == "" {
		return Recheck{}, nil
	}
	rem, err := d.store.Reminder(ctx, ReminderID(id))
	if err != nil {
		return Recheck{}, err
	}
	if rem.State != ReminderSending && rem.State != ReminderApproved {
		return Recheck{Cancel: true, Reason: "withdrawn"}, nil
	}
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return Recheck{}, err
	}
	left, why, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return Recheck{}, err
	}
	if left.Lines == nil || !sameContent(rem.Decision, left) {
		return Recheck{Cancel: true, Reason: string(why.Cause)}, nil
	}
	return Recheck{}, nil
}
