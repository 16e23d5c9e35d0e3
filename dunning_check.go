package courrier

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier/internal/quote"
	"github.com/courrier-go/courrier/internal/strictjson"
)

// Bounds of the numbers in a policy.
const (
	maxStepIDLen   = 40
	maxDelayDays   = 365
	maxOffsetDays  = 3650
	maxNameLen     = 200
	maxRepeatTimes = 50
)

// Validate reports every wrong field, each as a [FieldError].
func (p ReminderPolicy) Validate() error {
	var c Checks
	c.Require(p.ID != "" && len(p.ID) <= maxNameLen, "ID", "is empty or longer than 200 bytes", "give the policy a short, lasting id")
	c.Require(p.Version >= 0, "Version", "is negative", "count versions upwards from 0")
	oneOfValues(&c, "Grouping", p.Grouping, GroupByCustomer, GroupByCustomerAndStep, GroupByInvoice)
	oneOfValues(&c, "CatchUp", p.CatchUp, CatchUpLowest, CatchUpHighest, CatchUpSkip)
	oneOfValues(&c, "LeadPaid", p.LeadPaid, LeadPaidContinue, LeadPaidRestart)
	oneOfValues(&c, "Shift", p.Shift, ShiftForward, ShiftBackward)
	inRange(&c, "ContactDelayDays", p.ContactDelayDays, -maxDelayDays, maxDelayDays)
	inRange(&c, "PromiseGraceDays", p.PromiseGraceDays, 0, maxDelayDays)
	inRange(&c, "DeliveryGraceDays", p.DeliveryGraceDays, -maxDelayDays, maxDelayDays)
	oneOfValues(&c, "Reopened", p.Reopened, ReopenedContinue, ReopenedRestart)
	c.Require(p.SendingDays.valid(), "SendingDays", "holds a day that does not exist", "build it with WeekdaysOf")
	requireAmounts(&c, "MinimumOpen", p.MinimumOpen)
	c.Require(p.Steps != nil, "Steps", "is missing", "give the reminders in order, or an empty list for customers who get none")
	c.Require(len(p.Steps) <= MaxSteps, "Steps", fmt.Sprintf("has %d steps, more than %d", len(p.Steps), MaxSteps), "give the reminders in order")
	occurrences := 0
	for i, s := range p.Steps {
		p.validateStep(&c, i)
		occurrences += s.Occurrences()
	}
	c.Require(occurrences <= MaxOccurrence, "Steps", fmt.Sprintf("send %d reminders in all, more than %d", occurrences, MaxOccurrence), "repeat less")
	return c.Err()
}

func oneOfValues[T ~string](c *Checks, field string, is T, known ...T) {
	c.Require(slices.Contains(known, is), field, quote.Word(is)+" is not known", "use one of its constants")
}

func inRange(c *Checks, field string, n, low, high int) {
	c.Require(n >= low && n <= high, field, fmt.Sprintf("%d is outside %d to %d", n, low, high), "give a number in that range")
}

// requireAmounts checks a list of one positive amount per currency.
func requireAmounts(c *Checks, field string, list []Amount) {
	for i, a := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		c.Require(a.Unit() != "" && a.Sign() > 0, at, "is not a positive amount of a currency", "leave it out")
		same := func(b Amount) bool { return b.Unit() == a.Unit() }
		c.Require(!slices.ContainsFunc(list[:i], same), at, "repeats a currency", "give one amount per currency")
	}
}

func (p ReminderPolicy) validateStep(c *Checks, i int) {
	s := p.Steps[i]
	var k Checks
	k.Require(validStepID(s.ID), "ID", "is not 1 to 40 lower-case letters, digits, '-' or '_'", "give the step a lasting id")
	k.Require(p.StepIndex(s.ID) == i, "ID", "is used by an earlier step", "give each step an id of its own")
	oneOfValues(&k, "Kind", s.Kind, StepCourtesy, StepReminder, StepFormalNotice)
	oneOfValues(&k, "Mode", s.Mode, ModeDefault, ModeAutomatic, ModeManual)
	oneOfValues(&k, "Approval", s.Approval, ApprovalDefault, ApprovalRequired, ApprovalNone)
	k.Require(s.Service == "" || slices.Contains(services, s.Service), "Service", quote.Word(s.Service)+" is no service", "use one of the Service constants")
	k.Require(len(s.Assignee) <= maxNameLen, "Assignee", "is longer than 200 bytes", "shorten it")
	k.Require(len(s.Template) <= maxNameLen, "Template", "is longer than 200 bytes", "shorten it")
	s.validateChannels(&k)
	s.validateRepeat(&k)
	s.validateCourtesy(&k)
	s.validateTask(&k)
	p.validateAnchor(&k, i)
	p.validateRequires(&k, i)
	p.validateExpiry(&k, i)
	k.Require(!p.EmailOnly || len(s.Channels) == 0 || slices.Contains(s.Channels, ChannelEmail), "Channels", "leave out e-mail, and the policy is EmailOnly", "add e-mail, or drop EmailOnly")
	c.Nest(fmt.Sprintf("Steps[%d]", i), k.Err())
}

func validStepID(id string) bool {
	if id == "" || len(id) > maxStepIDLen {
		return false
	}
	for _, r := range []byte(id) {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

// StepIndex returns the place of a step, or -1.
func (p ReminderPolicy) StepIndex(id string) int {
	return slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == id })
}

func (s Step) validateChannels(k *Checks) {
	for i, ch := range s.Channels {
		field := fmt.Sprintf("Channels[%d]", i)
		oneOfValues(k, field, ch, ChannelEmail, ChannelPost)
		k.Require(!slices.Contains(s.Channels[:i], ch), field, "repeats a channel", "leave it out")
	}
}

func (s Step) validateRepeat(k *Checks) {
	inRange(k, "Repeat.Times", s.Repeat.Times, 0, maxRepeatTimes)
	if s.Occurrences() == 1 {
		k.Require(s.Repeat.EveryDays == 0, "Repeat.EveryDays", "is given for a step sent once", "give Times too, or leave it zero")
		return
	}
	inRange(k, "Repeat.EveryDays", s.Repeat.EveryDays, 1, maxDelayDays)
}

func (s Step) validateCourtesy(k *Checks) {
	if s.Kind != StepCourtesy {
		return
	}
	before := s.Anchor == AnchorDue && s.OffsetDays <= 0 || s.Anchor == AnchorIssue
	k.Require(before, "OffsetDays", "puts a courtesy after the due date", "count it from the invoice's date, or backwards from the due date")
	k.Require(s.Occurrences() == 1, "Repeat", "repeats a courtesy", "make each a step of its own")
}

// validateTask keeps from a task what only a sending has. A formal notice is proven by
// what was sent, which a task is not.
func (s Step) validateTask(k *Checks) {
	if s.Task == "" {
		k.Require(!s.Contact, "Contact", "is set on what is sent, which always is one", "leave it out")
		return
	}
	sends := len(s.Channels) > 0 || s.Service != "" || s.Template != "" || s.Mode != ModeDefault || s.Approval != ApprovalDefault
	k.Require(validStepID(s.Task), "Task", "is not 1 to 40 lower-case letters, digits, '-' or '_'", "name what is to be done by a short word")
	k.Require(s.Kind != StepFormalNotice, "Task", "makes a formal notice a task", "a notice must be sent: make the task a step of its own")
	k.Require(!sends, "Task", "is set on a step with Channels, Service, Template, Mode or Approval", "leave them out: a task sends nothing")
	k.Require(s.Occurrences() == 1, "Repeat", "repeats a task", "make each a step of its own")
}

func (p ReminderPolicy) validateAnchor(k *Checks, i int) {
	s := p.Steps[i]
	oneOfValues(k, "Anchor", s.Anchor, AnchorDue, AnchorIssue, AnchorPrevious, AnchorDelivery)
	if s.Anchor.relative() {
		k.Require(i > 0, "Anchor", "counts from a step before the first", "count the first step from the due date or the invoice's date")
		inRange(k, "OffsetDays", s.OffsetDays, 1, maxOffsetDays)
		return
	}
	inRange(k, "OffsetDays", s.OffsetDays, -maxDelayDays, maxOffsetDays)
	for _, before := range p.Steps[:i] {
		if before.Anchor == s.Anchor && before.EndOfMonth == s.EndOfMonth {
			k.Require(before.OffsetDays < s.OffsetDays, "OffsetDays", "is not after the step before it", "put the steps in the order in which they are sent")
		}
	}
}

func (p ReminderPolicy) validateRequires(k *Checks, i int) {
	s := p.Steps[i]
	k.Require(!s.Unannounced || s.Kind == StepFormalNotice && len(s.Requires) == 0, "Unannounced", "is set on a step that requires nothing by itself", "set it on a formal notice without Requires")
	for n, r := range s.Requires {
		field := fmt.Sprintf("Requires[%d]", n)
		inRange(k, field+".Days", r.Days, 0, maxOffsetDays)
		if r.Step == "" {
			k.Require(p.canBeSentBefore(i), field, "asks for an earlier step where none is sure to be sent", "put a reminder that does not expire before this step")
			continue
		}
		at := p.StepIndex(r.Step)
		if k.Require(at >= 0 && at < i, field+".Step", "names no earlier step", "name the id of a step before this one") {
			k.Require(!p.Steps[at].expires(), field+".Step", "names a step that may expire", "require one that is sure to be sent")
		}
	}
	if s.Kind == StepFormalNotice && len(s.Requires) == 0 && !s.Unannounced {
		k.Require(p.canBeSentBefore(i), "Requires", "is empty, and no earlier step is sure to be sent", "put a reminder before the formal notice, or set Unannounced")
	}
}

func (p ReminderPolicy) canBeSentBefore(i int) bool {
	return slices.ContainsFunc(p.Steps[:i], func(s Step) bool { return s.Task == "" && !s.expires() })
}

func (p ReminderPolicy) validateExpiry(k *Checks, i int) {
	s := p.Steps[i]
	inRange(k, "ExpiresAfterDays", s.ExpiresAfterDays, 0, maxOffsetDays)
	k.Require(s.ExpiresAfterDays == 0 || p.CatchUp == CatchUpLowest, "ExpiresAfterDays", "is given where catching up drops what was missed", "leave it out, or catch up with the lowest step")
	last := i == len(p.Steps)-1
	// Where the last step could be dropped, an outage might end on a higher one
	// than a run every day.
	k.Require(!last || i == 0 || !s.expires(), "ExpiresAfterDays", "drops the last step, or the last step is a courtesy", "end with a step that does not expire")
}

// Warnings returns what is harsh or doubtful in a valid policy, step by step.
func (p ReminderPolicy) Warnings() []Warning {
	var all []Warning
	warn := func(code WarningCode, step, text string) {
		all = append(all, Warning{Code: code, Step: step, Text: text})
	}
	if p.ContactDelay() == 0 {
		warn(WarnNoContactDelay, "", "a customer may be reminded every day")
	}
	if days := p.Sending(); days.Has(0) || days.Has(6) {
		warn(WarnWeekend, "", "no post leaves on a Saturday evening or a Sunday")
	}
	for i, s := range p.Steps {
		p.warnNotice(i, warn)
		if gap, ok := p.gapBefore(i); ok && gap < p.ContactDelay() {
			warn(WarnWithinDelay, s.ID, fmt.Sprintf("comes %d days after the step before it; the contact delay makes it wait for %d", gap, p.ContactDelay()))
		}
		if s.Occurrences() > 1 && s.Repeat.EveryDays < p.ContactDelay() {
			warn(WarnWithinDelay, s.ID, fmt.Sprintf("repeats every %d days; the contact delay makes it wait for %d", s.Repeat.EveryDays, p.ContactDelay()))
		}
		if len(s.Channels) == 1 && s.Channels[0] == ChannelEmail && p.Final(i) && !p.EmailOnly {
			warn(WarnPaperFollows, s.ID, "is the last word, and goes by post where the customer has an address; set EmailOnly if it must not")
		}
		if sent := p.sendingBefore(i); s.Anchor == AnchorDelivery && sent >= 0 && !p.Steps[sent].PostalService().Tracked() {
			warn(WarnDeliveryUntracked, s.ID, "waits for a delivery that an untracked service does not report")
		}
	}
	if p.CatchUp != CatchUpLowest && len(p.Steps) > 1 {
		warn(WarnDropsReminders, "", "after days without a run a customer may get a later step without the ones before it")
	}
	return all
}

// Final reports whether the step at an index is the last word before a court: a formal
// notice, or the last that is sent, courtesies aside.
func (p ReminderPolicy) Final(i int) bool {
	kind := p.Steps[i].Kind
	return kind == StepFormalNotice || i == p.sendingBefore(len(p.Steps)) && kind != StepCourtesy
}

// sendingBefore returns the index of the last step before another that is no task; -1:
// none.
func (p ReminderPolicy) sendingBefore(i int) int {
	for i--; i >= 0 && p.Steps[i].Task != ""; i-- {
	}
	return i
}

func (p ReminderPolicy) warnNotice(i int, warn func(WarningCode, string, string)) {
	s := p.Steps[i]
	if s.Kind != StepFormalNotice {
		return
	}
	reminded := func(s Step) bool { return s.Kind != StepCourtesy && s.Task == "" }
	if !slices.ContainsFunc(p.Steps[:i], reminded) {
		warn(WarnNoticeFirst, s.ID, "is the first that a late customer hears")
	}
	if s.Unannounced {
		warn(WarnNoticeUnannounced, s.ID, "may be sent although no earlier step was")
	}
	if len(s.Requires) > 0 && !slices.ContainsFunc(s.Requires, p.inWriting) {
		warn(WarnNoticeUnannounced, s.ID, "requires tasks alone, of which nothing in writing remains")
	}
	if !s.AsksApproval() {
		warn(WarnNoticeUnapproved, s.ID, "leaves without a person answering for it")
	}
	if !s.PostalService().Registered() || p.EmailOnly {
		warn(WarnNoticeUnproven, s.ID, "leaves no proof that it was handed over")
	}
}

// inWriting tells whether a requirement is of something that was sent.
func (p ReminderPolicy) inWriting(r Requirement) bool {
	i := p.StepIndex(r.Step)
	return i < 0 || p.Steps[i].Task == ""
}

// gapBefore returns the planned days between a step and the one before it,
// where both count from the same day, and as contacts.
func (p ReminderPolicy) gapBefore(i int) (int, bool) {
	s := p.Steps[i]
	switch {
	case i == 0 || !s.contacts() || !p.Steps[i-1].contacts():
		return 0, false
	case s.Anchor.relative():
		return s.OffsetDays, true
	}
	before := p.Steps[i-1]
	return s.OffsetDays - before.OffsetDays, before.Anchor == s.Anchor && before.EndOfMonth == s.EndOfMonth && before.Occurrences() == 1
}

// ContactDelay returns ContactDelayDays with its default; 0 for none.
func (p ReminderPolicy) ContactDelay() int {
	if p.ContactDelayDays == 0 {
		return defaultContactDelay
	}
	return max(p.ContactDelayDays, 0)
}

// DeliveryGrace returns DeliveryGraceDays with its default; 0 for none.
func (p ReminderPolicy) DeliveryGrace() int {
	if p.DeliveryGraceDays == 0 {
		return defaultDeliveryGrace
	}
	return max(p.DeliveryGraceDays, 0)
}

// Sending returns SendingDays with its default.
func (p ReminderPolicy) Sending() Weekdays {
	if p.SendingDays == 0 {
		return mondayToFriday
	}
	return p.SendingDays
}

func (a Anchor) relative() bool { return a == AnchorPrevious || a == AnchorDelivery }

// Occurrences returns how often it is sent in all, at least 1.
func (s Step) Occurrences() int { return max(s.Repeat.Times, 1) }

// expires tells whether it may be dropped: a courtesy always may.
func (s Step) expires() bool { return s.ExpiresAfterDays > 0 || s.Kind == StepCourtesy }

// contacts tells whether it reaches the customer: all but a task that does not.
func (s Step) contacts() bool { return s.Task == "" || s.Contact }

// Manual tells whether a person sends or does it, by Mode or by default.
func (s Step) Manual() bool {
	return s.Task != "" || s.Mode == ModeManual || s.Mode == ModeDefault && s.Kind == StepFormalNotice
}

// AsksApproval tells whether a person must approve it, by default too.
func (s Step) AsksApproval() bool {
	return s.Approval == ApprovalRequired || s.Approval == ApprovalDefault && s.Kind == StepFormalNotice
}

// PostalService returns Service with its default.
func (s Step) PostalService() Service {
	switch {
	case s.Service != "":
		return s.Service
	case s.Kind == StepFormalNotice:
		return ServiceRegisteredAR
	}
	return ServiceStandard
}

// Requirements returns Requires with its default.
func (s Step) Requirements() []Requirement {
	if len(s.Requires) == 0 && s.Kind == StepFormalNotice && !s.Unannounced {
		return []Requirement{{Days: defaultNoticeDays}}
	}
	return s.Requires
}

// maxPolicyBytes bounds what ParsePolicy reads: twenty full steps need a tenth.
const maxPolicyBytes = 256 << 10

// ParsePolicy reads and validates the JSON form of a policy. Unknown fields are
// [ErrInvalid]: a misspelt rule is no rule left out in silence.
func ParsePolicy(data []byte) (ReminderPolicy, error) {
	var p ReminderPolicy
	if len(data) > maxPolicyBytes {
		return p, policyError(fmt.Sprintf("has more than %d bytes", maxPolicyBytes), "leave out what is no rule")
	}
	if w := strictjson.Read(data, &p, strictjson.Tag); w != nil {
		return ReminderPolicy{}, unreadable(w)
	}
	if err := checkKeys(data); err != nil {
		return ReminderPolicy{}, err
	}
	if err := p.Validate(); err != nil {
		return ReminderPolicy{}, err
	}
	return p, nil
}

func policyError(rule, remedy string) error {
	return &FieldError{Field: "policy", Rule: rule, Remedy: remedy}
}

// unreadable names the place that is wrong, such as policy.steps[2].offset_days, without
// repeating what stands there.
func unreadable(w *strictjson.Wrong) error {
	rule, remedy := w.Rule, w.Remedy
	if own := FieldErrors(w.Err); len(own) > 0 {
		rule, remedy = own[0].Rule, own[0].Remedy
	}
	return &FieldError{Field: "policy" + w.Path, Rule: rule, Remedy: remedy}
}

// checkKeys refuses keys in another case than they are written: encoding/json would
// take them, another reader of the same policy would not.
func checkKeys(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	var inObject []bool // of what is open
	key := false        // whether the next text is a key
	for {
		token, err := d.Token()
		if err != nil {
			return nil // read to its end before
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				inObject = append(inObject, t == '{')
			} else {
				inObject = inObject[:len(inObject)-1]
			}
			key = len(inObject) > 0 && inObject[len(inObject)-1]
			continue
		case string:
			if key && t != strings.ToLower(t) {
				return policyError("has a field that is not known: "+quote.Word(t), "write its name in lower case")
			}
		}
		if len(inObject) > 0 && inObject[len(inObject)-1] {
			key = !key
		}
	}
}

// Weekdays is a set of days of the week. Its JSON form is ["monday","friday"].
type Weekdays uint8

const (
	mondayToFriday = Weekdays(0b0111110)
	everyDay       = Weekdays(0b1111111)
)

// WeekdaysOf returns the set of days; what is no day is left out.
func WeekdaysOf(days ...time.Weekday) Weekdays {
	var w Weekdays
	for _, d := range days {
		if d >= time.Sunday && d <= time.Saturday {
			w |= 1 << d
		}
	}
	return w
}

// Has reports whether the set holds d.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

func (w Weekdays) valid() bool { return w <= everyDay }

// MarshalJSON implements [json.Marshaler].
func (w Weekdays) MarshalJSON() ([]byte, error) {
	names := make([]string, 0, 7)
	for d := time.Sunday; d <= time.Saturday; d++ {
		if w.Has(d) {
			names = append(names, strings.ToLower(d.String()))
		}
	}
	return json.Marshal(names)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (w *Weekdays) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	*w = 0
	for _, name := range names {
		day := Weekdays(0)
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(name, d.String()) {
				day = WeekdaysOf(d)
			}
		}
		if day == 0 {
			return &FieldError{Field: "Weekdays", Rule: quote.Word(name) + " is no day of the week", Remedy: "write it as monday"}
		}
		*w |= day
	}
	return nil
}
