package dunning

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/actor"
	"github.com/courrier-go/courrier/internal/filename"
	"github.com/courrier-go/courrier/internal/seq"
)

// Queue lists reminders: by default all of them, by day. The review queue of a
// person today is {Account, Assignee, States: proposed, DueTo: today}.
func (d *Runner) Queue(ctx context.Context, f ReminderFilter) iter.Seq2[Reminder, error] {
	return d.store.Reminders(ctx, f)
}

// Reminder returns one reminder. Errors: [courrier.ErrNotFound].
func (d *Runner) Reminder(ctx context.Context, id ReminderID) (Reminder, error) {
	return d.store.Reminder(ctx, id)
}

// Edit is what a person may change in a reminder under review; what is
// nil stays.
type Edit struct {
	Subject *string
	Body    *string // see [Message]
	// To and Mail replace the customer's own: another contact, or a new one.
	To   *courrier.Recipient
	Mail []email.Box
	// Copies replace those of the account, the customer and the step: none, where empty.
	Copies *Copies
	// Attachments replace the invoices' own documents: up to ten, 25 MB together.
	Attachments []courrier.Document
	Channel     *courrier.Channel // one of the decision's channels
	Service     *courrier.Service
	// Sign asks for the signature of the user who approves it.
	Sign     *bool
	Assignee *courrier.ActorID
}

// change makes a change to a reminder in one of the states, again when somebody
// else changes it at that moment.
func (d *Runner) change(ctx context.Context, op string, id ReminderID, states []ReminderState, edit func(r *Reminder) error) (Reminder, error) {
	var err error
	for range maxConflicts {
		var rem Reminder
		if rem, err = d.store.Reminder(ctx, id); err != nil {
			return rem, fmt.Errorf("%s: %w", op, err)
		}
		if !slices.Contains(states, rem.State) {
			return rem, &courrier.Error{Op: op, Kind: courrier.ErrConflict, Code: string(rem.State), Err: fmt.Errorf("a reminder that is %q does not allow it", rem.State)}
		}
		if err = edit(&rem); err != nil {
			return rem, fmt.Errorf("%s: %w", op, err)
		}
		if err = d.write(ctx, &rem); !errors.Is(err, courrier.ErrConflict) {
			return rem, err
		}
	}
	return Reminder{}, fmt.Errorf("%s: %w", op, err)
}

var (
	inReview      = []ReminderState{ReminderProposed}
	waitingStates = []ReminderState{ReminderProposed, ReminderApproved, ReminderPostponed}
)

// Revise changes a reminder under review. An approval given before is void. Errors:
// [courrier.ErrNotFound], [courrier.ErrInvalid], [courrier.ErrConflict] (changed, its
// state).
func (d *Runner) Revise(ctx context.Context, id ReminderID, e Edit) (Reminder, error) {
	if err := e.Validate(); err != nil {
		return Reminder{}, fmt.Errorf("revise: %w", err)
	}
	var before []courrier.Sum
	rem, err := d.change(ctx, "revise", id, inReview, func(r *Reminder) error {
		if err := d.reviseable(ctx, e, *r); err != nil {
			return err
		}
		for _, doc := range e.Attachments {
			if err := d.contents.PutContent(ctx, courrier.SumOf(doc.Content), doc.Content); err != nil {
				return err
			}
		}
		before = r.Sums()
		e.apply(r)
		var err error
		*r, err = r.revised(d.byActor(ctx))
		return err
	})
	if err != nil {
		return rem, err
	}
	return rem, d.client.ForgetContents(ctx, before...)
}

// reviseable tells whether an edit fits a reminder and its account.
func (d *Runner) reviseable(ctx context.Context, e Edit, r Reminder) error {
	if r.isTask() && !e.assigns() {
		return &courrier.FieldError{Field: "Edit", Rule: "changes more than the assignee of a task", Remedy: "leave the rest: nothing of a task is sent"}
	}
	if err := e.possible(r); err != nil || e.Subject == nil && e.Body == nil {
		return err
	}
	plans, err := d.plans(ctx, r.Account)
	if err != nil {
		return err
	}
	return e.known(plans.Fields)
}

// assigns tells whether an edit changes nothing but whose it is.
func (e Edit) assigns() bool {
	return e.Subject == nil && e.Body == nil && e.To == nil && e.Mail == nil && e.Copies == nil && e.Attachments == nil &&
		e.Channel == nil && e.Service == nil && e.Sign == nil
}

// possible tells whether the channel that a person wants is one the reminder has,
// or gets by the address that is given for it.
func (e Edit) possible(r Reminder) error {
	if e.Channel == nil {
		return nil
	}
	given := map[courrier.Channel]bool{courrier.ChannelEmail: len(e.Mail)+len(r.Mail) > 0, courrier.ChannelPost: e.To != nil || r.To != nil}
	switch {
	case !slices.Contains(r.Decision.Channels, *e.Channel) && !given[*e.Channel]:
		return &courrier.FieldError{Field: "Channel", Rule: "is not possible for this customer and step", Remedy: "use one of the decision's channels, or give an address for it"}
	case *e.Channel == courrier.ChannelEmail && r.Decision.Final && slices.Contains(r.Decision.Channels, courrier.ChannelPost):
		return &courrier.FieldError{Field: "Channel", Rule: "is e-mail, and the final reminder goes by post", Remedy: "leave it, or switch post off for the customer"}
	}
	return nil
}

func (e Edit) apply(r *Reminder) {
	if e.Subject != nil {
		r.Revision.Subject = *e.Subject
	}
	if e.Body != nil {
		r.Revision.Body = *e.Body
	}
	if e.To != nil {
		r.To = e.To
	}
	if e.Mail != nil {
		r.Mail, r.MailRefused = e.Mail, false
	}
	if e.Copies != nil {
		r.Copies = e.Copies
	}
	if e.Channel != nil {
		r.Prefer = *e.Channel
		r.Decision.Channels = preferring(r.Decision.Channels, r.Prefer)
	}
	if e.Service != nil {
		r.Service = *e.Service
	}
	if e.Sign != nil {
		r.Sign = *e.Sign
	}
	if e.Assignee != nil {
		r.Assignee = *e.Assignee
	}
	if e.Attachments != nil {
		r.Attachments, r.ContentsGone = courrier.Letter{Documents: e.Attachments}.Normal().Documents, false
	}
}

// Validate reports every wrong field, each as a [courrier.FieldError].
func (e Edit) Validate() error {
	var c courrier.Checks
	if e.Subject != nil {
		n := utf8.RuneCountInString(*e.Subject)
		c.Require(strings.TrimSpace(*e.Subject) != "" && n <= maxSubject && !strings.ContainsAny(*e.Subject, "\r\n"), "Subject", fmt.Sprintf("is empty, over %d characters or more than one line", maxSubject), "write one short line")
	}
	if e.Body != nil {
		c.Require(strings.TrimSpace(*e.Body) != "" && utf8.RuneCountInString(*e.Body) <= maxBody, "Body", fmt.Sprintf("is empty or over %d characters", maxBody), "write a text, not too long")
	}
	if e.To != nil {
		_, err := e.To.Lines()
		c.Nest("To", err)
	}
	for i, m := range e.Mail {
		c.Nest(fmt.Sprintf("Mail[%d]", i), m.Validate())
	}
	if e.Copies != nil {
		c.Nest("Copies", e.Copies.validate())
	}
	c.Require(e.Service == nil || slices.Contains(courrier.Services(), *e.Service), "Service", "is no service", "use one of the Service constants")
	c.Require(len(e.Attachments) < courrier.MaxDocuments, "Attachments", fmt.Sprintf("are %d, more than %d", len(e.Attachments), courrier.MaxDocuments-1), "merge or drop some")
	var total int64
	for i, doc := range e.Attachments {
		field := fmt.Sprintf("Attachments[%d]", i)
		c.Nest(field, doc.Validate())
		c.Require(doc.Content != nil, field+".Content", "is missing", "give the PDF's bytes")
		c.Require(filename.Valid(doc.Name, courrier.MaxFileName), field+".Name", fmt.Sprintf("is empty, over %d bytes or no file name", courrier.MaxFileName), "give a name such as statement.pdf")
		total += int64(len(doc.Content))
	}
	c.Require(total <= courrier.MaxDocumentBytes, "Attachments", fmt.Sprintf("hold %d bytes together, more than %d", total, courrier.MaxDocumentBytes), "compress or drop some")
	return c.Err()
}

// known checks the placeholders: they are filled in as in a [Text].
func (e Edit) known(f Fields) error {
	var c courrier.Checks
	if e.Subject != nil {
		f.requireKnown(&c, "Subject", *e.Subject)
	}
	if e.Body != nil {
		f.requireKnown(&c, "Body", *e.Body)
	}
	return c.Err()
}

// Preview is what a reminder would be if it left now. Of a task it is what the task is
// about now: it has neither Email nor Letter, and no Token.
type Preview struct {
	Reminder Reminder // as it would leave; not stored
	Channel  courrier.Channel
	Email    *email.Message   // of an e-mail
	Letter   *courrier.Letter // of a letter, with its documents
	Quote    courrier.Quote   // of a letter
	// AddressWarnings tell what of a letter's address is printed otherwise than the
	// host typed it.
	AddressWarnings []courrier.AddressWarning
	// Check is what the checker finds in it, with the places: whoever approves it
	// answers for what stays.
	Check    Check
	LeavesOn courrier.Date // the first day on which it may leave, whose date it bears
	// Token binds what is shown: only that may be approved with it.
	Token string
}

// Preview reads the facts again and shows a reminder as it would leave now, or on the
// first day that the contact delay and the sending days allow. Errors:
// [courrier.ErrNotFound], [courrier.ErrConflict] (its state, the cause), the host's.
func (d *Runner) Preview(ctx context.Context, id ReminderID) (Preview, error) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	if rem.State != ReminderProposed && rem.State != ReminderApproved {
		return Preview{}, &courrier.Error{Op: "preview", Kind: courrier.ErrConflict, Code: string(rem.State), Err: errors.New("the reminder is not waiting any more")}
	}
	return d.preview(ctx, rem)
}

func (d *Runner) preview(ctx context.Context, rem Reminder) (Preview, error) {
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	left, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	if left.nothing() {
		return Preview{}, &courrier.Error{Op: "preview", Kind: courrier.ErrConflict, Code: string(left.why.Cause), Err: errors.New("nothing of this reminder may leave now")}
	}
	rem = rem.narrowed(left.Decision)
	if rem.isTask() {
		return Preview{Reminder: rem, Channel: courrier.ChannelTask, LeavesOn: left.leaves}, nil
	}
	if rem.PreviewToken == "" {
		rem.DatedOn, rem.SignedBy = left.leaves, ""
		if rem.Sign {
			rem.SignedBy = courrier.ActorID(actor.From(ctx))
		}
	}
	out, err := d.prepare(ctx, plans, &rem, left)
	if err == nil {
		err = d.produce(ctx, &rem, &out, true)
	}
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	view := Preview{Reminder: rem, Channel: out.channel, Email: out.email, Letter: out.letter, Quote: out.quote, Token: out.token(), LeavesOn: left.leaves}
	if view.Check, err = plans.check(rem, out); err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	if out.letter != nil {
		to, err := out.letter.To.Printed()
		if err != nil {
			return Preview{}, fmt.Errorf("preview: %w", err)
		}
		view.AddressWarnings = to.Warnings
	}
	return view, nil
}

// Approve lets a reminder leave exactly as the preview of the token showed it. Should
// the facts change it before it leaves, it comes back to review instead. A formal
// notice asks Config.Authorize for [courrier.ActionApproveFormalNotice]. A task is
// refused: see [Runner.Done]. Errors: [courrier.ErrNotFound], [courrier.ErrInvalid],
// [courrier.ErrConflict] (preview-stale, changed, its state, the cause),
// [courrier.ErrDenied], the host's.
func (d *Runner) Approve(ctx context.Context, id ReminderID, token string) (Reminder, error) {
	view, err := d.Preview(ctx, id)
	if err != nil {
		return Reminder{}, err
	}
	if view.Reminder.isTask() {
		return view.Reminder, fmt.Errorf("approve: %w", errTask)
	}
	if token == "" || token != view.Token {
		return view.Reminder, &courrier.Error{Op: "approve", Kind: courrier.ErrConflict, Code: courrier.CodePreviewStale, Err: errors.New("the reminder is not as it was previewed; preview it again")}
	}
	return d.approve(ctx, view)
}

func (d *Runner) approve(ctx context.Context, view Preview) (Reminder, error) {
	shown := view.Reminder
	if shown.Decision.Step.Kind == courrier.StepFormalNotice {
		if err := d.client.Authorize(ctx, courrier.Action{Kind: courrier.ActionApproveFormalNotice, Account: shown.Account}); err != nil {
			return shown, err
		}
	}
	plans, err := d.plans(ctx, shown.Account)
	if err != nil {
		return shown, fmt.Errorf("approve: %w", err)
	}
	return d.change(ctx, "approve", shown.ID, inReview, func(r *Reminder) error {
		if r.Version != shown.Version {
			return &courrier.Error{Kind: courrier.ErrConflict, Code: courrier.CodePreviewStale, Err: errors.New("somebody changed the reminder; preview it again")}
		}
		version := r.Version
		*r = shown
		r.Version = version
		m := d.byActor(ctx)
		*r, err = r.approved(view.Token, m, plans.dueAtOnce(*r, view.LeavesOn, m.at))
		return err
	})
}

// ApproveAll approves every reminder of a list as it stands now. The count must be that
// of the list, so that nobody approves more than was on the screen; formal notices are
// left for one-by-one approval, and tasks for [Runner.Done]. It returns how many were
// approved and the first few reasons why others were not.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrConflict] (count, changed, the
// cause), [courrier.ErrDenied] (formal-notice), the host's.
func (d *Runner) ApproveAll(ctx context.Context, f ReminderFilter, count int) (approved int, errs []error) {
	if len(f.States) == 0 {
		f.States = inReview
	}
	list, err := seq.Collect(d.store.Reminders(ctx, f))
	if err != nil {
		return 0, []error{fmt.Errorf("approve all: %w", err)}
	}
	if len(list) != count {
		return 0, []error{&courrier.Error{Op: "approve all", Kind: courrier.ErrConflict, Code: courrier.CodeCount, Err: fmt.Errorf("there are %d reminders, not %d; look at the list again", len(list), count)}}
	}
	for _, rem := range list {
		if rem.Decision.Step.Kind == courrier.StepFormalNotice {
			errs = append(errs, &courrier.Error{Op: "approve all", Kind: courrier.ErrDenied, Code: courrier.CodeFormalNotice, Err: fmt.Errorf("reminder %s must be approved by itself", rem.ID)})
			continue
		}
		view, err := d.preview(ctx, rem)
		switch {
		case rem.isTask():
			err = errTask
		case err == nil:
			_, err = d.approve(ctx, view)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("reminder %s: %w", rem.ID, err))
			continue
		}
		approved++
	}
	return approved, errs
}

// Snooze puts a reminder off: not now, it comes back on a day. An approval given before
// is void. Errors: [courrier.ErrNotFound], [courrier.ErrInvalid],
// [courrier.ErrConflict] (changed, its state).
func (d *Runner) Snooze(ctx context.Context, id ReminderID, until courrier.Date) (Reminder, error) {
	return d.change(ctx, "snooze", id, waitingStates, func(r *Reminder) error {
		if !until.After(d.dayOf(ctx, *r, d.now())) {
			return &courrier.FieldError{Field: "until", Rule: "is not after today", Remedy: "give a later day"}
		}
		var err error
		*r, err = r.snoozed(until, d.byActor(ctx))
		return err
	})
}

// Skip drops a step for the invoices of a reminder: never this step, the next one takes
// over. A later step that requires this one may follow the last one sent before it;
// where none was, it is held for [CauseRequires] and only a person may send it. A
// letter that was to be sent again stays sent.
//
// Errors: [courrier.ErrNotFound], [courrier.ErrConflict] (changed, its state).
func (d *Runner) Skip(ctx context.Context, id ReminderID, reason string) (Reminder, error) {
	return d.change(ctx, "skip", id, waitingStates, func(r *Reminder) error {
		var err error
		*r, err = r.skipped(reason, d.byActor(ctx))
		return err
	})
}

// Cancel stops a reminder that was approved, or whose letter has not left yet, and
// returns it to the queue. Where a carrier that was asked did not confirm yet, its
// status is the code, and the reminder returns to the queue if it does. Errors:
// [courrier.ErrNotFound], [courrier.ErrConflict] (leaving, changed, its state, the
// letter's), [courrier.ErrUnsupported] (cannot-cancel), the carrier's.
func (d *Runner) Cancel(ctx context.Context, id ReminderID) (Reminder, error) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil {
		return rem, fmt.Errorf("cancel: %w", err)
	}
	if rem.State == ReminderSending && rem.Letter != "" {
		rec, err := d.client.Cancel(ctx, rem.Letter)
		if err != nil {
			return rem, err
		}
		if rec.Status != courrier.StatusCancelled {
			return rem, &courrier.Error{Op: "cancel", Kind: courrier.ErrConflict, Code: string(rec.Status), LetterID: rec.ID, Err: errors.New("the carrier was asked and has not confirmed yet")}
		}
	}
	letter := rem.Letter
	return d.change(ctx, "cancel", id, []ReminderState{ReminderApproved, ReminderSending}, func(r *Reminder) error {
		if r.State == ReminderSending && (r.Letter == "" || r.Letter != letter) {
			return &courrier.Error{Kind: courrier.ErrConflict, Code: courrier.CodeLeaving, Err: errors.New("it is leaving at this moment; try again")}
		}
		var err error
		*r, err = r.takenBack(d.byActor(ctx))
		return err
	})
}
