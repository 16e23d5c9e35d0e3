// Package dunning decides and runs payment reminders: by e-mail and as letters, by
// policy, by hand and in campaigns, with a review queue and proof of every step.
//
// # The story, in order
//
// The host keeps its invoices and answers two questions about them: [Debtors]. A
// [courrier.ReminderPolicy] says which reminders a late customer gets, and when.
// [Compile] makes an [Evaluator] of it, a pure function of the facts, what was done
// before and the day: unit-test a policy with a table.
//
//	evaluator, err := dunning.Compile(StandardPolicy(), nil)
//	outcome := evaluator.Evaluate(customer, history, today)
//
// A [Runner] does the work. [Runner.RunDay] decides for each customer and claims
// what it decides in the [Store], so that nobody decides it twice. People work on
// [Runner.Queue]: they preview, edit, approve, skip. [Runner.Dispatch] reads the
// facts again and sends what is due, by e-mail through a [email.Mailer] or as a
// letter through the [courrier.Client]. The client asks the Runner once more right
// before a letter leaves: one whose invoices were paid meanwhile does not.
//
//	runner, err := dunning.New(dunning.Config{Client: client, Store: store, Debtors: host, Mailer: mailer, Settings: host.Settings})
//	report, err := runner.RunDay(ctx, today, cases) // each day
//	report, err := runner.Dispatch(ctx)             // each minute
//
// [Runner.SendNow] and [Runner.Campaign] send by hand, [Runner.Deliver] sends a sales
// document by the customer's channel. [Runner.Evidence] collects the proof of what was
// done about an invoice, [NewForecast] shows what a policy would do.
package dunning
