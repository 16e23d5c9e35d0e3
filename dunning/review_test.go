package dunning_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/latepayment"
)

// proposed returns an office with one reminder under review, about one invoice.
func proposed(t testing.TB, contact dunning.Contact) (*office, dunning.ReminderID) {
	o := newOffice(t)
	o.TopUp(50)
	for i := range o.plans.Policies[0].Steps {
		o.plans.Policies[0].Steps[i].Mode = courrier.ModeManual
	}
	o.owe("c1", contact, bill("i1", "2026-03-01"))
	o.decided("2026-03-10")
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderProposed, rem.State)
	return o, rem.ID
}

func (o *office) preview(id dunning.ReminderID) dunning.Preview {
	o.T.Helper()
	seen, err := o.dunning.Preview(o.Ctx, id)
	require.NoError(o.T, err)
	return seen
}

func (o *office) approve(id dunning.ReminderID) dunning.Preview {
	o.T.Helper()
	seen := o.preview(id)
	_, err := o.dunning.Approve(courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"}), id, seen.Token)
	require.NoError(o.T, err)
	return seen
}

func (o *office) reminder(id dunning.ReminderID) dunning.Reminder {
	o.T.Helper()
	rem, err := o.dunning.Reminder(o.Ctx, id)
	require.NoError(o.T, err)
	return rem
}

// left is all that left, as JSON with the contents of its documents.
func (o *office) left() []string {
	var all []string
	for _, m := range o.mails {
		all = append(all, shown(o.T, m, m.Attachments))
	}
	for _, id := range o.Carrier.Accepted {
		rec := o.Letter(id)
		l := rec.Letter
		for i, d := range l.Documents {
			content, err := o.Client.Content(o.Ctx, d.Sum)
			require.NoError(o.T, err)
			l.Documents[i].Content = content
		}
		all = append(all, shown(o.T, l, l.Documents)+rec.Price.String()+fmt.Sprint(rec.Print))
	}
	return all
}

func shown(t testing.TB, what any, docs []courrier.Document) string {
	text, err := json.Marshal(what)
	require.NoError(t, err)
	for _, d := range docs {
		text = append(append(text, '\n'), d.Content...)
	}
	// Sums and sizes are filled in on the way.
	return strings.Join(slices.DeleteFunc(strings.Split(string(text), ","), func(s string) bool {
		return strings.Contains(s, `"sum"`) || strings.Contains(s, `"size"`)
	}), ",")
}

func promised(t testing.TB, p dunning.Preview) string {
	if p.Email != nil {
		return shown(t, *p.Email, p.Email.Attachments)
	}
	return shown(t, *p.Letter, p.Letter.Documents) + p.Quote.Price.String() + fmt.Sprint(p.Quote.Print)
}

// changes are all that can change between a look at a reminder and the moment it
// leaves.
func (o *office) owes(id courrier.CustomerID, change func(inv *dunning.Invoice)) {
	c := o.cases[id]
	inv := c.Invoices[0]
	change(&inv)
	o.owe(id, c.Customer.Contact, inv)
}

var changes = map[string]func(o *office){
	"nothing": func(*office) {},
	"a payment of a part": func(o *office) {
		inv := bill("i1", "2026-03-01")
		inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("80.00", "EUR"))
		o.owe("c1", o.cases["c1"].Customer.Contact, inv)
	},
	"a new due date":      func(o *office) { o.owe("c1", o.cases["c1"].Customer.Contact, bill("i1", "2026-03-02")) },
	"the customer's name": func(o *office) { o.mend = func(d *dunning.DebtorDetails) { d.To.Company = "Other" } },
	"the customer's address": func(o *office) {
		o.mend = func(d *dunning.DebtorDetails) { d.To.Address.Street = "1 rue Neuve" }
	},
	"the customer's mail box": func(o *office) {
		o.mend = func(d *dunning.DebtorDetails) { d.Mail = []email.Box{{Address: "b@example.com"}} }
	},
	"the customer's language": func(o *office) {
		o.mend = func(d *dunning.DebtorDetails) { d.Language = courrier.English }
	},
	"the invoice's number": func(o *office) { o.owes("c1", func(inv *dunning.Invoice) { inv.Number = "other" }) },
	"the invoice's date": func(o *office) {
		o.owes("c1", func(inv *dunning.Invoice) { inv.IssuedOn = courrier.MustDate("2026-01-01") })
	},
	"a payment": func(o *office) {
		o.owes("c1", func(inv *dunning.Invoice) {
			inv.Payments = []dunning.Payment{{On: courrier.MustDate("2026-03-02"), Amount: courrier.MustAmount("5", "EUR")}}
		})
	},
	"a credit note": func(o *office) {
		o.owes("c1", func(inv *dunning.Invoice) {
			inv.Credits = []dunning.Credit{{On: courrier.MustDate("2026-03-02"), Number: "AV-1", Amount: courrier.MustAmount("5", "EUR")}}
		})
	},
	"a clause": func(o *office) {
		o.owes("c1", func(inv *dunning.Invoice) {
			clause := latepayment.Fixed(latepayment.MustPercent("12"))
			inv.Contract = &clause
		})
	},
	"a payment of no known invoice": func(o *office) {
		c := o.cases["c1"]
		c.Unallocated = []dunning.Payment{{On: courrier.MustDate("2026-03-02"), Amount: courrier.MustAmount("5", "EUR")}}
		o.cases["c1"] = c
	},
	"the invoice's document": func(o *office) {
		o.mend = func(d *dunning.DebtorDetails) {
			d.Documents[0].File = courrier.NewDocument("i.pdf", []byte("%PDF-other"))
		}
	},
	"the reference":     func(o *office) { o.mend = func(d *dunning.DebtorDetails) { d.Reference = "PO 12" } },
	"the sender":        func(o *office) { o.plans.Sender.Company = "Acme bis" },
	"the mail's sender": func(o *office) { o.plans.MailFrom.Address = "other@acme.example" },
	"the reply address": func(o *office) { o.plans.ReplyTo.Address = "reply@acme.example" },
	"the signature": func(o *office) {
		o.plans.Signature = map[courrier.ActorID]dunning.Signature{"": {Name: "Anne", Title: "CEO", Image: []byte("x")}}
	},
	"the footer": func(o *office) { o.plans.Footer = "RCS Paris" },
	"the logo":   func(o *office) { o.plans.Logo = aLogo(o.T) },
	"the layout": func(o *office) {
		layout, err := email.NewLayout(strings.Replace(email.LayoutText(), "600px", "500px", 1))
		require.NoError(o.T, err)
		o.plans.Layout = layout
	},
	"the copies": func(o *office) { o.plans.Copies.Bcc = []email.Box{{Address: "archive@acme.example"}} },
	"text alone": func(o *office) { o.plans.TextOnly = true },
	"the texts": func(o *office) {
		o.plans.Texts = dunning.Texts{"reminder-1": {courrier.French: {Subject: "S", Body: "B"}}}
	},
	"attaching at all":  func(o *office) { o.plans.AttachInvoices = false },
	"the price":         func(o *office) { o.price = courrier.MustAmount("2", "stamp") },
	"the print options": func(o *office) { o.settings(func(s *courrier.Settings) { s.Print.Color = true }) },
	"the day":           func(o *office) { o.Advance(24 * time.Hour) },
	"the channels": func(o *office) {
		o.reach("c1", map[bool]dunning.Contact{true: postOnly, false: {Email: true}}[o.cases["c1"].Customer.Contact.Email])
	},
	"revised by somebody": func(o *office) {
		body := "Autre chose."
		_, _ = o.dunning.Revise(o.Ctx, o.only(dunning.ReminderFilter{}).ID, dunning.Edit{Body: &body})
	},
}

func (o *office) settings(edit func(*courrier.Settings)) {
	s, err := o.Client.Settings(o.Ctx, "acme")
	require.NoError(o.T, err)
	edit(&s)
	_, err = o.Client.SetSettings(o.Ctx, "acme", s)
	require.NoError(o.T, err)
}

// Nothing approved differs from what was previewed: an approval of what changed
// since is refused, and what changes after it either comes back to review or does
// not show in what leaves.
func TestApprovedIsWhatWasPreviewed(t *testing.T) {
	t.Parallel()
	for name, change := range changes {
		for _, contact := range []dunning.Contact{{Email: true}, postOnly} {
			t.Run(fmt.Sprint(name, map[bool]string{true: " by e-mail", false: " by post"}[contact.Email]), func(t *testing.T) {
				t.Parallel()
				scene := func() (*office, dunning.ReminderID) {
					o, id := proposed(t, contact)
					o.plans.AttachInvoices = true
					doc := courrier.NewDocument("i.pdf", []byte("%PDF-i"))
					first := o.mend
					o.mend = func(d *dunning.DebtorDetails) {
						if first != nil {
							first(d)
						}
						d.Documents[0].File = doc
					}
					return o, id
				}
				o, id := scene()
				seen := o.preview(id)
				before := promised(t, seen)
				inherited := o.mend
				change(o)
				o.chain(inherited)
				_, err := o.dunning.Approve(o.Ctx, id, seen.Token)
				now, nerr := o.dunning.Preview(o.Ctx, id)
				if err == nil {
					require.NoError(t, nerr)
					require.Equal(t, before, promised(t, now), "approved, and not what was shown")
				} else {
					require.ErrorIs(t, err, courrier.ErrConflict)
				}

				o, id = scene()
				before = promised(t, o.approve(id))
				inherited = o.mend
				change(o)
				o.chain(inherited)
				for range 3 {
					o.work()
				}
				left := o.left()
				if len(left) == 0 {
					require.NotEqual(t, "nothing", name)
					require.NotEqual(t, dunning.ReminderSent, o.reminder(id).State)
					return
				}
				require.Equal(t, []string{before}, left)
			})
		}
	}
}

// chain lets a change of the details come after those that were there.
func (o *office) chain(first func(*dunning.DebtorDetails)) {
	if then := o.mend; then != nil && first != nil {
		o.mend = func(d *dunning.DebtorDetails) { first(d); then(d) }
	}
}

// A composer whose bytes differ each time can have nothing approved, rather than
// something else sent.
func TestComposerThatIsNotDeterministic(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, postOnly)
	seen := o.preview(id)
	n := 0
	o.Restart()
	runner, err := dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o,
		Composer: composerFunc(func(dunning.PrintedReminder) (courrier.Document, error) {
			n++
			return courrier.NewDocument("r.pdf", fmt.Appendf(nil, "%%PDF-%d", n)), nil
		}),
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
	})
	require.NoError(t, err)
	_, err = runner.Approve(o.Ctx, id, seen.Token)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

type composerFunc func(dunning.PrintedReminder) (courrier.Document, error)

func (f composerFunc) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	return f(p)
}

// Every action on a reminder in every state: what it may do, and where it ends.
func TestEveryActionInEveryState(t *testing.T) {
	t.Parallel()
	const no = dunning.ReminderState("refused")
	states := map[dunning.ReminderState]func(o *office, id dunning.ReminderID){
		dunning.ReminderProposed: func(*office, dunning.ReminderID) {},
		dunning.ReminderApproved: func(o *office, id dunning.ReminderID) { o.approve(id) },
		dunning.ReminderSending: func(o *office, id dunning.ReminderID) {
			o.approve(id)
			o.handOver()
		},
		dunning.ReminderSent: func(o *office, id dunning.ReminderID) {
			o.approve(id)
			o.work()
		},
		dunning.ReminderPostponed: func(o *office, id dunning.ReminderID) {
			_, err := o.dunning.Snooze(o.Ctx, id, courrier.MustDate("2026-03-20"))
			require.NoError(o.T, err)
		},
		dunning.ReminderSkipped: func(o *office, id dunning.ReminderID) {
			_, err := o.dunning.Skip(o.Ctx, id, "")
			require.NoError(o.T, err)
		},
		dunning.ReminderFailed: func(o *office, id dunning.ReminderID) {
			o.reach("c1", dunning.Contact{Email: true})
			o.mend = func(d *dunning.DebtorDetails) { // of two addresses nobody knows which
				d.Mail = []email.Box{{Address: "a@example.com"}, {Address: "b@example.com"}}
			}
			o.mailErr = []error{courrier.ErrRejected}
			o.approve(id)
			o.work()
		},
	}
	order := []dunning.ReminderState{"proposed", "approved", "sending", "sent", "postponed", "skipped", "failed"}
	body := "Autre texte."
	for action, c := range map[string]struct {
		do   func(o *office, id dunning.ReminderID) error
		ends []dunning.ReminderState // by order
	}{
		"preview": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.Preview(o.Ctx, id)
			return err
		}, []dunning.ReminderState{"proposed", "approved", no, no, no, no, no}},
		"revise": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Body: &body})
			return err
		}, []dunning.ReminderState{"proposed", no, no, no, no, no, no}},
		"approve": {func(o *office, id dunning.ReminderID) error {
			seen, err := o.dunning.Preview(o.Ctx, id)
			if err == nil {
				_, err = o.dunning.Approve(o.Ctx, id, seen.Token)
			}
			return err
		}, []dunning.ReminderState{"approved", no, no, no, no, no, no}},
		"snooze": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.Snooze(o.Ctx, id, courrier.MustDate("2026-03-25"))
			return err
		}, []dunning.ReminderState{"postponed", "postponed", no, no, "postponed", no, no}},
		"skip": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.Skip(o.Ctx, id, "never")
			return err
		}, []dunning.ReminderState{"skipped", "skipped", no, no, "skipped", no, no}},
		"cancel": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.Cancel(o.Ctx, id)
			return err
		}, []dunning.ReminderState{no, "proposed", "proposed", no, no, no, no}},
		"bounce": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.Bounced(o.Ctx, id, email.BounceAddress)
			return err
		}, []dunning.ReminderState{"proposed", "approved", "sending", "sent", "postponed", "skipped", "failed"}},
		"dispatch one": {func(o *office, id dunning.ReminderID) error {
			_, err := o.dunning.DispatchOne(o.Ctx, id)
			return err
		}, []dunning.ReminderState{"proposed", "sending", "sending", "sent", "postponed", "skipped", "failed"}},
	} {
		for i, state := range order {
			t.Run(fmt.Sprint(action, " ", state), func(t *testing.T) {
				t.Parallel()
				o, id := proposed(t, postOnly)
				states[state](o, id)
				require.Equal(t, state, o.reminder(id).State)
				before := o.reminder(id)
				err := c.do(o, id)
				after := o.reminder(id)
				if c.ends[i] == no {
					require.ErrorIs(t, err, courrier.ErrConflict)
					require.Equal(t, before, after)
					return
				}
				require.NoError(t, err)
				require.Equal(t, c.ends[i], after.State)
				if after.State != dunning.ReminderApproved && after.State != dunning.ReminderSending && after.State != dunning.ReminderSent {
					require.Empty(t, after.PreviewToken, "an approval does not outlive what was approved")
					require.Empty(t, after.ApprovedBy)
				}
				require.Len(t, slices.Compact(slices.Sorted(slices.Values(o.Carrier.Accepted))), len(o.Carrier.Accepted))
			})
		}
	}
}

func TestRevisePartByPart(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, dunning.Contact{Email: true})
	subject := "Votre compte"
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Subject: &subject})
	require.NoError(t, err)
	m := o.preview(id).Email
	require.Equal(t, subject, m.Subject)
	require.Contains(t, m.Text, "Sauf erreur de notre part", "the rest of the text stays")

	// What the facts write, they write anew.
	o.approve(id)
	inv := bill("i1", "2026-03-01")
	inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("80.00", "EUR"))
	o.owe("c1", dunning.Contact{Email: true}, inv)
	o.work()
	require.Empty(t, o.mails)
	m = o.preview(id).Email
	require.Equal(t, subject, m.Subject)
	require.Contains(t, m.Text, "80,00\u00a0€")
	require.NotContains(t, m.Text, "120,00")
}

// An approval that the facts void leaves no old sum in the text.
func TestChangedSinceApprovalIsWrittenAnew(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, postOnly)
	o.approve(id)
	inv := bill("i1", "2026-03-01")
	inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("80.00", "EUR"))
	o.owe("c1", postOnly, inv)
	o.work()
	require.Equal(t, dunning.ReminderProposed, o.reminder(id).State)
	seen := o.approve(id)
	require.Contains(t, seen.Reminder.Message.Subject, "80,00")
	require.NotContains(t, seen.Reminder.Message.Body, "120,00")
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
}

func TestReviseChannelAndRecipient(t *testing.T) {
	t.Parallel()
	byPost, byMail := courrier.ChannelPost, courrier.ChannelEmail
	t.Run("post although e-mail comes first", func(t *testing.T) {
		t.Parallel()
		o, id := proposed(t, both)
		_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Channel: &byPost})
		require.NoError(t, err)
		require.NotNil(t, o.approve(id).Letter)
		o.work()
		require.Len(t, o.Carrier.Accepted, 1)
		require.Empty(t, o.mails)
	})
	t.Run("a new mail box for a customer without one", func(t *testing.T) {
		t.Parallel()
		o, id := proposed(t, postOnly)
		_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Channel: &byMail})
		require.ErrorIs(t, err, courrier.ErrInvalid)
		_, err = o.dunning.Revise(o.Ctx, id, dunning.Edit{Channel: &byMail, Mail: []email.Box{{Address: "new@example.com"}}})
		require.NoError(t, err)
		o.approve(id)
		o.work()
		require.Len(t, o.mails, 1)
		require.Equal(t, "new@example.com", o.mails[0].To[0].Address)
	})
	t.Run("another postal address", func(t *testing.T) {
		t.Parallel()
		o, id := proposed(t, postOnly)
		to := courrier.Recipient{Company: "Siège", Address: courrier.Address{Street: "9 quai Neuf", Postcode: "69002", City: "Lyon", Country: "FR"}}
		_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{To: &to})
		require.NoError(t, err)
		o.approve(id)
		o.work()
		require.Equal(t, to, o.Letter(o.Carrier.Accepted[0]).Letter.To)
	})
	t.Run("e-mail stays switched off", func(t *testing.T) {
		t.Parallel()
		o, id := proposed(t, dunning.Contact{Email: true, Post: true, EmailOffReminders: true})
		_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Mail: []email.Box{{Address: "new@example.com"}}})
		require.NoError(t, err)
		require.NotNil(t, o.preview(id).Letter)
	})
	t.Run("the final reminder stays on paper", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.owe("c1", both, bill("i1", "2026-03-01"))
		for _, day := range []string{"2026-03-10", "2026-03-20", "2026-04-20"} {
			o.day(day)
		}
		rem := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
		_, err := o.dunning.Revise(o.Ctx, rem.ID, dunning.Edit{Channel: &byMail})
		require.ErrorIs(t, err, courrier.ErrInvalid)
	})
}

func TestReviseLimits(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, postOnly)
	files := func(n, size int) []courrier.Document {
		all := make([]courrier.Document, n)
		for i := range all {
			all[i] = courrier.NewDocument(fmt.Sprint(i, ".pdf"), append([]byte("%PDF-"), make([]byte, size)...))
		}
		return all
	}
	blank, lines := " ", "a\r\nBcc: x@example.com"
	unknown := courrier.Service("pigeon")
	for name, c := range map[string]struct {
		edit  dunning.Edit
		wrong int
	}{
		"ten files":        {dunning.Edit{Attachments: files(10, 10)}, 0},
		"eleven files":     {dunning.Edit{Attachments: files(11, 10)}, 1},
		"over 25 MB":       {dunning.Edit{Attachments: files(2, courrier.MaxDocumentBytes/2)}, 1},
		"no PDF":           {dunning.Edit{Attachments: []courrier.Document{courrier.NewDocument("a.pdf", []byte("MZ"))}}, 1},
		"a name with path": {dunning.Edit{Attachments: []courrier.Document{courrier.NewDocument("../a.pdf", []byte("%PDF-"))}}, 1},
		"no name":          {dunning.Edit{Attachments: []courrier.Document{courrier.NewDocument("", []byte("%PDF-"))}}, 1},
		"no content":       {dunning.Edit{Attachments: []courrier.Document{{Name: "a.pdf", Sum: courrier.SumOf(nil)}}}, 1},
		"blank texts":      {dunning.Edit{Subject: &blank, Body: &blank}, 2},
		"header injection": {dunning.Edit{Subject: &lines}, 1},
		"a wrong address":  {dunning.Edit{To: &courrier.Recipient{}, Mail: []email.Box{{Address: "x"}}, Service: &unknown}, 4},
	} {
		_, err := o.dunning.Revise(o.Ctx, id, c.edit)
		if c.wrong == 0 {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		require.GreaterOrEqual(t, len(courrier.FieldErrors(err)), min(c.wrong, 3), name)
	}
	require.Len(t, o.preview(id).Letter.Documents, 11, "the body and ten")

	// What a person took back is forgotten.
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Attachments: []courrier.Document{courrier.NewDocument("b.pdf", []byte("%PDF-b"))}})
	require.NoError(t, err)
	_, err = o.Client.Content(o.Ctx, files(1, 10)[0].Sum)
	require.ErrorIs(t, err, courrier.ErrNotFound)
}

// Not now is not at once, and never not today.
func TestSnoozeByHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	rem, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1"}})
	require.NoError(t, err)
	_, err = o.dunning.Snooze(o.Ctx, rem.ID, courrier.MustDate("2026-03-17"))
	require.NoError(t, err)
	o.work()
	require.Empty(t, o.mails)
	require.Empty(t, o.queue(dunning.ReminderFilter{DueTo: courrier.MustDate("2026-03-16")}))
	back := o.only(dunning.ReminderFilter{DueTo: courrier.MustDate("2026-03-17")})
	require.Equal(t, dunning.ReminderProposed, back.State)
	o.approve(rem.ID)
	o.work()
	require.Len(t, o.mails, 1)

	// A day that is over is refused, however old the reminder is.
	o, id := proposed(t, both)
	o.Clock = courrier.MustDate("2026-03-20").In(time.UTC).Add(12 * time.Hour)
	_, err = o.dunning.Snooze(o.Ctx, id, courrier.MustDate("2026-03-15"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// Words that a person wrote leave when a person says so, although the step is
// automatic.
func TestSnoozedWithWordsOfItsOwnIsReviewedAgain(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, both)
	body := "Comme convenu, 120 € restent dus."
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Body: &body})
	require.NoError(t, err)
	_, err = o.dunning.Snooze(o.Ctx, id, courrier.MustDate("2026-03-17"))
	require.NoError(t, err)
	o.plans.Policies = []courrier.ReminderPolicy{dunning.StandardPolicy()}
	inv := bill("i1", "2026-03-01")
	inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("60.00", "EUR"))
	o.owe("c1", both, inv)
	o.day("2026-03-17")
	require.Empty(t, o.mails)
	require.Equal(t, dunning.ReminderProposed, o.reminder(id).State)
	require.Equal(t, body, o.preview(id).Reminder.Message.Body)
}

// In bulk, formal notices are left to be approved one by one, by who may.
func TestBulkApprovalLeavesFormalNotices(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(50)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.owe("c2", both, bill("i2", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	for customer, kind := range map[courrier.CustomerID]courrier.StepKind{"c1": courrier.StepFormalNotice, "c2": courrier.StepReminder} {
		_, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{
			Account: "acme", Customer: customer, Key: string(customer), Invoices: []dunning.InvoiceID{"i" + dunning.InvoiceID(customer[1:])}, Kind: kind, Review: true, Override: "agreed on the telephone",
		})
		require.NoError(t, err)
	}
	approved, errs := o.dunning.ApproveAll(courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"}), dunning.ReminderFilter{Account: "acme"}, 2)
	require.Equal(t, 1, approved)
	require.Len(t, errs, 1)
	require.True(t, errors.Is(errs[0], courrier.ErrDenied))
	o.work()
	require.Len(t, o.mails, 1)
	require.Empty(t, o.Carrier.Accepted)
}

// Who looks after a customer gets what nobody else was named for, and writes from his
// own mailbox.
func TestOwnersOfCustomers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	policy := dunning.StandardPolicy()
	for i := range policy.Steps {
		policy.Steps[i].Mode, policy.Steps[i].Channels = courrier.ModeManual, []courrier.Channel{courrier.ChannelEmail}
	}
	policy.Steps[policy.StepIndex("reminder-2")].Assignee = "claire"
	o.plans.Policies = []courrier.ReminderPolicy{policy}
	o.plans.Mailboxes = map[courrier.ActorID]dunning.Mailbox{"paul": {From: email.Box{Address: "paul@acme.example"}}}
	for id, owner := range map[courrier.CustomerID]courrier.ActorID{"c1": "paul", "c2": ""} {
		o.owe(id, dunning.Contact{Email: true}, bill("i-"+string(id), "2026-03-02"))
		o.change(id, func(c *dunning.Case) { c.Customer.Owner = owner })
	}
	o.day("2026-03-10")
	theirs := o.only(dunning.ReminderFilter{Account: "acme", Assignee: "paul"})
	require.Equal(t, courrier.CustomerID("c1"), theirs.Customer)
	require.Len(t, o.queue(dunning.ReminderFilter{}), 2)
	for _, rem := range o.queue(dunning.ReminderFilter{}) {
		o.approve(rem.ID)
	}
	o.work()
	from := map[courrier.CustomerID]string{}
	for _, rem := range o.queue(dunning.ReminderFilter{}) {
		from[rem.Customer] = rem.Email.From.Address
	}
	require.Equal(t, map[courrier.CustomerID]string{"c1": "paul@acme.example", "c2": "billing@acme.example"}, from)
	o.day("2026-04-10")
	require.Len(t, o.queue(dunning.ReminderFilter{Assignee: "claire"}), 2, "the step's own comes first")
}
