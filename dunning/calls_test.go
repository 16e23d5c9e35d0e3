package dunning_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/stores/memstore"
)

// A call of a Runner's method, on the reminder of a scene where it takes one.
type call func(o *office, id dunning.ReminderID) error

// lastOf returns the error in which a sequence ends.
func lastOf[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func onReminder(f func(*dunning.Runner, context.Context, dunning.ReminderID) (dunning.Reminder, error)) []call {
	return []call{func(o *office, id dunning.ReminderID) error { return calldoc.Error(f(o.dunning, o.Ctx, id)) }}
}

// onCustomer calls with a customer of the scene, and with none.
func onCustomer(do func(o *office, account courrier.AccountID, customer courrier.CustomerID) error) []call {
	return []call{
		func(o *office, _ dunning.ReminderID) error { return do(o, "acme", "c1") },
		func(o *office, _ dunning.ReminderID) error { return do(o, "", "") },
	}
}

// sendStatement asks for a statement of account.
func sendStatement(r dunning.StatementRequest) call {
	return func(o *office, _ dunning.ReminderID) error { return calldoc.Error(o.dunning.SendStatement(o.Ctx, r)) }
}

// byHand calls with requests of every kind that is refused, and one that is not.
func byHand(do func(*office, dunning.ByHand) error) []call {
	with := func(a dunning.ByHand) call {
		a.Account, a.Customer = "acme", "c1"
		return func(o *office, _ dunning.ReminderID) error { return do(o, a) }
	}
	text := dunning.Text{Subject: "A word", Body: "Good day."}
	return []call{
		with(dunning.ByHand{}),
		with(dunning.ByHand{Key: "new", Text: text}),
		with(dunning.ByHand{Key: "hand", Text: dunning.Text{Subject: "Another", Body: "Good day."}}),
		with(dunning.ByHand{Step: "reminder-1", Invoices: []dunning.InvoiceID{"i2"}, Again: "theirs"}),
		with(dunning.ByHand{Key: "hand", Text: text, Kind: courrier.StepReminder}), // of a scene's reminder by hand
		with(dunning.ByHand{Key: "missing", Invoices: []dunning.InvoiceID{"i9"}}),
		with(dunning.ByHand{Key: "invoice", Invoices: []dunning.InvoiceID{"i1"}}),
		with(dunning.ByHand{Step: "reminder-1", Invoices: []dunning.InvoiceID{"i1"}}),
		with(dunning.ByHand{Step: "formal-notice", Invoices: []dunning.InvoiceID{"i1"}, Again: "once more"}),
		with(dunning.ByHand{Step: "formal-notice", Invoices: []dunning.InvoiceID{"i1"}, Again: "once more", Override: "I say so"}),
		with(dunning.ByHand{Key: "notice", Kind: courrier.StepFormalNotice, Invoices: []dunning.InvoiceID{"i2"}}),
		with(dunning.ByHand{Step: "no-such-step", Invoices: []dunning.InvoiceID{"i1"}}),
	}
}

var hello = dunning.Text{Subject: "Your quote", Body: "Good day."}

var pdf = []courrier.Document{courrier.NewDocument("a.pdf", []byte("%PDF-1.7 a"))}

// runnerCalls are the calls of the Runner, each made in every scene.
var runnerCalls = map[string][]call{
	"Runner.Approve": {
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Approve(o.Ctx, id, "stale"))
		},
		func(o *office, id dunning.ReminderID) error {
			seen, err := o.dunning.Preview(o.Ctx, id)
			if err != nil {
				return err
			}
			return calldoc.Error(o.dunning.Approve(o.Ctx, id, seen.Token))
		},
	},
	"Runner.ApproveAll": {func(o *office, _ dunning.ReminderID) error {
		_, one := o.dunning.ApproveAll(o.Ctx, dunning.ReminderFilter{Account: "acme"}, 1)
		_, two := o.dunning.ApproveAll(o.Ctx, dunning.ReminderFilter{Account: "acme"}, 2)
		return errors.Join(append(one, two...)...)
	}},
	"Runner.Ask": {func(o *office, id dunning.ReminderID) error {
		rem, err := o.dunning.Reminder(o.Ctx, id)
		if err != nil || rem.Letter == "" {
			return nil
		}
		return calldoc.Error(o.dunning.Ask(o.Ctx, o.Letter(rem.Letter)))
	}},
	"Runner.Bounced": {
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Bounced(o.Ctx, id, email.BounceFailed))
		},
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Bounced(o.Ctx, id, "sideways"))
		},
	},
	"Runner.Done": {
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Done(o.Ctx, id, "pays on Friday"))
		},
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Done(o.Ctx, id, strings.Repeat("x", 501)))
		},
	},
	"Runner.Import": {
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Import(o.Ctx, "", false, func(func(dunning.ImportRow, error) bool) {}))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Import(o.Ctx, "acme", false, func(yield func(dunning.ImportRow, error) bool) {
				yield(dunning.ImportRow{ID: "1", Kind: dunning.ImportDispute, Customer: "c1", Invoices: []dunning.InvoiceID{"i1"}}, nil)
			}))
		},
	},
	"Runner.Campaign": {
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Campaign(o.Ctx, dunning.Campaign{}, o.stream()))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "c", Text: dunning.Text{Subject: "s", Body: "b"}}, o.stream()))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "c", Text: dunning.Text{Subject: "other", Body: "b"}}, o.stream()))
		},
	},
	"Runner.Cancel": onReminder((*dunning.Runner).Cancel),
	"Runner.Coming": {
		func(o *office, _ dunning.ReminderID) error {
			return lastOf(o.dunning.Coming(o.Ctx, o.today(), 0, o.stream()))
		},
		func(o *office, _ dunning.ReminderID) error {
			return lastOf(o.dunning.Coming(o.Ctx, o.today(), 9, o.stream()))
		},
	},
	"Runner.Deliver": {
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Deliver(o.Ctx, dunning.SalesDocument{}))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Deliver(o.Ctx, dunning.SalesDocument{Account: "acme", Customer: "c1", Key: "d", Documents: pdf, Text: hello}))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Deliver(o.Ctx, dunning.SalesDocument{Account: "acme", Customer: "c1", Key: "delivered", Documents: pdf, Text: hello, Purpose: courrier.PurposeQuote}))
		},
	},
	"Runner.StatementOfAccount": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return calldoc.Error(o.dunning.StatementOfAccount(o.Ctx, a, c))
	}),
	"Runner.SendStatement": {
		sendStatement(dunning.StatementRequest{}),
		sendStatement(dunning.StatementRequest{Account: "acme", Customer: "c9", Key: "s"}),
		sendStatement(dunning.StatementRequest{Account: "acme", Customer: "c1", Key: "s"}),
		sendStatement(dunning.StatementRequest{Account: "acme", Customer: "c1", Key: "stated", AttachInvoices: true}),
		sendStatement(dunning.StatementRequest{Account: "acme", Customer: "c1", Key: "skipped"}),
	},
	"Runner.Dispatch":    {func(o *office, _ dunning.ReminderID) error { return calldoc.Error(o.dunning.Dispatch(o.Ctx)) }},
	"Runner.DispatchOne": onReminder((*dunning.Runner).DispatchOne),
	"Runner.Dispute": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return o.dunning.Dispute(o.Ctx, a, c, "i1", true)
	}),
	"Runner.Exclude": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return o.dunning.Exclude(o.Ctx, a, c, "i1", true)
	}),
	"Runner.Evidence": {
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Evidence(o.Ctx, "acme", "i1"))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Evidence(o.Ctx, "acme", "i9"))
		},
	},
	"Runner.KeepsContent": {func(o *office, _ dunning.ReminderID) error {
		return calldoc.Error(o.dunning.KeepsContent(o.Ctx, "acme", "none"))
	}},
	"Runner.Late": {func(o *office, _ dunning.ReminderID) error {
		return lastOf(o.dunning.Late(o.Ctx, dunning.LateFilter{}, o.today(), o.stream()))
	}},
	"Runner.Notes": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return calldoc.Error(o.dunning.Notes(o.Ctx, a, c))
	}),
	"Runner.PauseCustomer": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return o.dunning.PauseCustomer(o.Ctx, a, c, courrier.Date{}, "why")
	}),
	"Runner.Preview": {func(o *office, id dunning.ReminderID) error { return calldoc.Error(o.dunning.Preview(o.Ctx, id)) }},
	"Runner.Promise": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return o.dunning.Promise(o.Ctx, a, c, "i1", o.today())
	}),
	"Runner.Purge": {func(o *office, _ dunning.ReminderID) error { return calldoc.Error(o.dunning.Purge(o.Ctx)) }},
	"Runner.Queue": {func(o *office, _ dunning.ReminderID) error {
		return lastOf(o.dunning.Queue(o.Ctx, dunning.ReminderFilter{}))
	}},
	"Runner.Reconsider": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return calldoc.Error(o.dunning.Reconsider(o.Ctx, a, c))
	}),
	"Runner.Reminder": onReminder((*dunning.Runner).Reminder),
	"Runner.RenameCustomer": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return calldoc.Error(o.dunning.RenameCustomer(o.Ctx, a, c, "c7"))
	}),
	"Runner.RenameInvoice": {
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.RenameInvoice(o.Ctx, "acme", "i1", "i7"))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.RenameInvoice(o.Ctx, "acme", "i1", "i2"))
		},
		func(o *office, _ dunning.ReminderID) error {
			return calldoc.Error(o.dunning.RenameInvoice(o.Ctx, "", "", ""))
		},
	},
	"Runner.Resend": {func(o *office, id dunning.ReminderID) error {
		return calldoc.Error(o.dunning.Resend(o.Ctx, id, "moved"))
	}},
	"Runner.ResumeCustomer": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return o.dunning.ResumeCustomer(o.Ctx, a, c)
	}),
	"Runner.Revise": {
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Revise(o.Ctx, id, dunning.Edit{}))
		},
		func(o *office, id dunning.ReminderID) error {
			blank := ""
			return calldoc.Error(o.dunning.Revise(o.Ctx, id, dunning.Edit{Subject: &blank}))
		},
	},
	"Runner.RunDay": {func(o *office, _ dunning.ReminderID) error {
		return calldoc.Error(o.dunning.RunDay(o.Ctx, o.today(), o.stream()))
	}},
	"Runner.SendNow": byHand(func(o *office, a dunning.ByHand) error { return calldoc.Error(o.dunning.SendNow(o.Ctx, a)) }),
	"Runner.Skip":    {func(o *office, id dunning.ReminderID) error { return calldoc.Error(o.dunning.Skip(o.Ctx, id, "why")) }},
	"Runner.Snooze": {
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Snooze(o.Ctx, id, o.today().AddDays(9)))
		},
		func(o *office, id dunning.ReminderID) error {
			return calldoc.Error(o.dunning.Snooze(o.Ctx, id, o.today()))
		},
	},
	"Runner.Why": onCustomer(func(o *office, a courrier.AccountID, c courrier.CustomerID) error {
		return calldoc.Error(o.dunning.Why(o.Ctx, a, c, o.today()))
	}),
	"New": {func(*office, dunning.ReminderID) error { return calldoc.Error(dunning.New(dunning.Config{})) }},
}

func (o *office) today() courrier.Date { return courrier.PostalDay(o.Clock) }

func oneCase(c dunning.Case, err error) iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) { yield(c, err) }
}

// pureCalls are the calls that need no Runner, each with what it refuses.
var pureCalls = map[string]func() error{
	"Results": func() error {
		return calldoc.Error(dunning.Results(dunning.ResultsQuery{}, stream([]dunning.Reminder(nil)), stream([]dunning.InvoicePayment(nil))))
	},
	"ResultsReport.By": func() error {
		most := []courrier.Amount{courrier.MustAmount("999999999999", "EUR")}
		return calldoc.Error(dunning.ResultsReport{Rows: []dunning.Result{{Paid: most}, {Paid: most}}}.By(func(k dunning.ResultKey) dunning.ResultKey { return k }))
	},
	"Compile":            func() error { return calldoc.Error(dunning.Compile(courrier.ReminderPolicy{}, nil)) },
	"NewForecast":        func() error { return calldoc.Error(dunning.NewForecast(dunning.ForecastConfig{}, nil)) },
	"Forecast.WriteHTML": func() error { return dunning.Forecast{}.WriteHTML(io.Discard, courrier.French) },
	"LateFilter.Late": func() error {
		return lastOf(dunning.LateFilter{}.Late(courrier.MustDate("2026-03-02"), oneCase(dunning.Case{}, errForeign)))
	},
	"BankAccount.PaymentCode":   func() error { return calldoc.Error(dunning.BankAccount{}.PaymentCode(courrier.Amount{}, "")) },
	"BankAccount.Validate":      func() error { return dunning.BankAccount{IBAN: "FR00"}.Validate() },
	"ByHand.Validate":           func() error { return dunning.ByHand{}.Validate() },
	"Campaign.Validate":         func() error { return dunning.Campaign{}.Validate() },
	"Edit.Validate":             func() error { return dunning.Edit{Subject: new(string)}.Validate() },
	"Fields.Check":              func() error { return dunning.Fields{}.Check(dunning.Text{}) },
	"Fields.CheckAll":           func() error { return dunning.Fields{}.CheckAll(dunning.Texts{"t": {courrier.French: dunning.Text{}}}) },
	"Fields.Validate":           func() error { return dunning.Fields{"": {}}.Validate() },
	"Mentions.Validate":         func() error { return dunning.Mentions{SIREN: "1"}.Validate() },
	"PolicyAssignment.Validate": func() error { return dunning.PolicyAssignment{}.Validate() },
	"SalesDocument.Validate":    func() error { return dunning.SalesDocument{}.Validate() },
	"StatementRequest.Validate": func() error { return dunning.StatementRequest{}.Validate() },
	"Settings.Validate":         func() error { return dunning.Settings{}.Validate() },
	"Text.Validate":             func() error { return dunning.Text{}.Validate() },
	"Texts.Validate":            func() error { return dunning.Texts{"t": {courrier.French: dunning.Text{}}}.Validate() },
	"NotesItem": func() error {
		return calldoc.Error(dunning.NotesItem(context.Background(), memstore.New(), "acme", "c1"))
	},
	"ReadBrief":  func() error { return calldoc.Error(dunning.ReadBrief("")) },
	"EraseNotes": func() error { return dunning.EraseNotes(context.Background(), memstore.New(), "acme", "c1") },
}
