package dunning

import (
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// A day's run reads what was done about each customer, and most of it ended long ago.
// The brief of a reminder is the little that a history needs of it then: reading it
// costs a fraction of reading the whole.

// briefVersion begins every brief; one that begins otherwise is not read.
const briefVersion = '1'

var errBrief = &courrier.FieldError{Field: "text", Rule: "is no brief of a reminder", Remedy: "read the reminder itself"}

// Brief returns what [Reminder.Past] looks at, of a reminder that ended, in a form that
// [ReadBrief] reads; "" for one about which something may still be done. A [Store] may
// keep it beside the reminder, for lists with [ReminderFilter].Brief.
func (r Reminder) Brief() string {
	if !r.ended() {
		return ""
	}
	c := briefCoder{writes: true, text: make([]byte, 0, 200)}
	c.text = append(c.text, briefVersion)
	r.briefFields(&c)
	return string(c.text)
}

// ReadBrief returns the reminder of a brief: its ids, state and days, its letters, and
// its past. Everything else is left out. A text that [Reminder.Brief] did not write is a
// [courrier.FieldError].
func ReadBrief(text string) (Reminder, error) {
	var r Reminder
	if text == "" || text[0] != briefVersion {
		return r, errBrief
	}
	c := briefCoder{rest: text[1:]}
	r.briefFields(&c)
	if c.bad || c.rest != "" {
		return Reminder{}, errBrief
	}
	return r, nil
}

// briefFields writes or reads the fields of a brief, in their order.
func (r *Reminder) briefFields(c *briefCoder) {
	briefText(c, &r.ID)
	briefText(c, &r.Account)
	briefText(c, &r.Customer)
	briefText(c, &r.State)
	c.day(&r.DueOn)
	briefText(c, &r.Decision.Step.ID)
	briefText(c, &r.Decision.Step.Kind)
	c.day(&r.Decision.On)
	briefText(c, &r.Decision.Key.Invoice)
	c.lines(&r.Decision.Lines)
	briefText(c, &r.Channel)
	briefText(c, &r.Delivery)
	briefText(c, &r.Letter)
	c.day(&r.SentOn)
	c.flag(&r.ByPerson)
	briefText(c, &r.Reason)
	c.day(&r.Until)
	briefList(c, &r.Earlier, func(e *EarlierLetter) {
		briefText(c, &e.Letter)
		c.day(&e.SentOn)
		c.lines(&e.Lines)
	})
}

// briefCoder writes fields, or reads them: numbers end with a blank, texts follow their
// length in bytes, lists their length.
type briefCoder struct {
	writes bool
	text   []byte // written
	rest   string // to be read
	bad    bool
}

func (c *briefCoder) number(n *int) {
	if c.writes {
		c.text = append(strconv.AppendInt(c.text, int64(*n), 10), ' ')
		return
	}
	digits, rest, found := strings.Cut(c.rest, " ")
	read, err := strconv.Atoi(digits)
	c.bad = c.bad || !found || err != nil || read < 0
	*n, c.rest = read, rest
}

func (c *briefCoder) day(d *courrier.Date) {
	n := int(d.Number())
	c.number(&n)
	*d = courrier.DateOfNumber(int32(n))
}

func (c *briefCoder) flag(b *bool) {
	n := 0
	if *b {
		n = 1
	}
	c.number(&n)
	*b = n == 1
}

func briefText[T ~string](c *briefCoder, text *T) {
	n := len(*text)
	c.number(&n)
	switch {
	case c.writes:
		c.text = append(c.text, *text...)
	case c.bad || n > len(c.rest):
		c.bad = true
	default:
		*text, c.rest = T(c.rest[:n]), c.rest[n:]
	}
}

// briefList reads no list that is longer than what is left of the text.
func briefList[T any](c *briefCoder, list *[]T, each func(*T)) {
	n := len(*list)
	c.number(&n)
	if c.bad = c.bad || !c.writes && n > len(c.rest); c.bad || n == 0 {
		return
	}
	if !c.writes {
		*list = make([]T, n)
	}
	for i := range *list {
		each(&(*list)[i])
	}
}

func (c *briefCoder) lines(all *[]ReminderLine) {
	briefList(c, all, func(l *ReminderLine) { briefText(c, &l.Invoice) })
}
