package courrier_test

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
)

// A ledgerCall is made on the ledger of the scene's account, of no account, and with
// amounts that were used, fit, and do not.
type ledgerCall func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error

func move(f func(*courrier.CreditLedger, context.Context, string, courrier.Amount) (courrier.Entry, error)) ledgerCall {
	return func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(f(l, ctx, key, amount))
	}
}

var ledgerCalls = map[string]ledgerCall{
	"CreditLedger.TopUp":   move((*courrier.CreditLedger).TopUp),
	"CreditLedger.Pay":     move((*courrier.CreditLedger).Pay),
	"CreditLedger.Reserve": move((*courrier.CreditLedger).Reserve),
	"CreditLedger.Capture": move((*courrier.CreditLedger).Capture),
	"CreditLedger.Release": move((*courrier.CreditLedger).Release),
	"CreditLedger.Refund":  move((*courrier.CreditLedger).Refund),
	"CreditLedger.Adjust": func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(l.Adjust(ctx, key, amount, "because"))
	},
	"CreditLedger.Grant": func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(l.Grant(ctx, key, amount, testscene.Start.AddDate(1, 0, 0)))
	},
	"CreditLedger.GrantFrom": func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(l.GrantFrom(ctx, key, amount, testscene.Start, testscene.Start.AddDate(1, 0, 0)))
	},
	"CreditLedger.Allow": func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(l.Allow(ctx, courrier.Allowance{Key: key, Amount: amount, From: testscene.Start}))
	},
	"CreditLedger.Revoke": func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(l.Revoke(ctx, key, amount.Unit(), "because"))
	},
	"CreditLedger.Rebate": func(l *courrier.CreditLedger, ctx context.Context, key string, amount courrier.Amount) error {
		return calldoc.Error(l.Rebate(ctx, key, "ref", amount, "because"))
	},
	"CreditLedger.Close": func(l *courrier.CreditLedger, ctx context.Context, _ string, amount courrier.Amount) error {
		return l.Close(ctx, amount.Unit(), testscene.Start.AddDate(9, 0, 0))
	},
	"CreditLedger.Balance": func(l *courrier.CreditLedger, ctx context.Context, _ string, amount courrier.Amount) error {
		return calldoc.Error(l.Balance(ctx, amount.Unit()))
	},
	"CreditLedger.Books": func(l *courrier.CreditLedger, ctx context.Context, _ string, amount courrier.Amount) error {
		return calldoc.Error(l.Books(ctx, amount.Unit()))
	},
	"CreditLedger.Entries": func(l *courrier.CreditLedger, ctx context.Context, _ string, _ courrier.Amount) error {
		return lastOf(l.Entries(ctx, courrier.EntryFilter{}))
	},
	"CreditLedger.Settings": func(l *courrier.CreditLedger, ctx context.Context, _ string, _ courrier.Amount) error {
		return calldoc.Error(l.Settings(ctx))
	},
}

// ledgerScenes have a ledger with 20 stamps; the key is what the call is made with.
var ledgerScenes = map[string]struct {
	key   string
	begin func(w *testscene.Scene, l *courrier.CreditLedger) *courrier.CreditLedger
}{
	"new key":       {"new", nil},
	"library's key": {"letter/1", nil},
	"no account": {"new", func(w *testscene.Scene, _ *courrier.CreditLedger) *courrier.CreditLedger {
		return w.Client.Credits("")
	}},
	"denied": {"new", func(w *testscene.Scene, _ *courrier.CreditLedger) *courrier.CreditLedger {
		denied(w, "")
		return w.Client.Credits("acme")
	}},
	"held": {"held", func(w *testscene.Scene, l *courrier.CreditLedger) *courrier.CreditLedger {
		_, _ = l.Reserve(w.Ctx, "held", courrier.MustAmount("2", "stamp"))
		return l
	}},
	"used for each": {"used", func(w *testscene.Scene, l *courrier.CreditLedger) *courrier.CreditLedger {
		one := courrier.MustAmount("3", "stamp")
		for _, name := range slices.Sorted(maps.Keys(ledgerCalls)) {
			_ = ledgerCalls[name](l, w.Ctx, "used", one)
		}
		return l
	}},
	"released": {"released", func(w *testscene.Scene, l *courrier.CreditLedger) *courrier.CreditLedger {
		two := courrier.MustAmount("2", "stamp")
		_, _ = l.Reserve(w.Ctx, "released", two)
		_, _ = l.Release(w.Ctx, "released", two)
		return l
	}},
}

var amounts = []courrier.Amount{
	{}, courrier.MustAmount("1", "stamp"), courrier.MustAmount("2", "stamp"), courrier.MustAmount("5000", "stamp"), courrier.MustAmount("3", "EUR"),
}

// pureCalls are the calls that need neither client nor store: each with an input of
// every kind that it refuses.
var pureCalls = map[string]func() error{
	"AmountOf": func() error {
		return calldoc.Error(courrier.AmountOf(courrier.MustAmount("0.000001", "x").Decimal().Shift(-1), "x"))
	},
	"AmountOfMicros": func() error { return calldoc.Error(courrier.AmountOfMicros(math.MaxInt64, "x")) },
	"NewAmount":      func() error { return calldoc.Error(courrier.NewAmount("many", "x")) },
	"Amount.Add":     func() error { return calldoc.Error(courrier.MustAmount("1", "x").Add(courrier.MustAmount("1", "y"))) },
	"Amount.Sub":     func() error { return calldoc.Error(courrier.MustAmount("1", "x").Sub(courrier.MustAmount("1", "y"))) },
	"Amount.Cmp":     func() error { return calldoc.Error(courrier.MustAmount("1", "x").Cmp(courrier.MustAmount("1", "y"))) },
	"Amount.Times":   func() error { return calldoc.Error(courrier.MustAmount("999999999999", "x").Times(2)) },
	"Amount.Rounded": func() error { return calldoc.Error(courrier.MustAmount(courrier.MaxAmountValue, "EUR").Rounded()) },
	"ParseDate":      func() error { return calldoc.Error(courrier.ParseDate("soon")) },
	"NextVersion":    func() error { return calldoc.Error(courrier.NextVersion(1, 2)) },
	"ParsePolicy":    func() error { return calldoc.Error(courrier.ParsePolicy([]byte("{"))) },
	"Checks.Err": func() error {
		var c courrier.Checks
		c.Refuse("", "Field", "rule", "remedy")
		return c.Err()
	},
	"Capabilities.Check": func() error {
		return courrier.Capabilities{}.Check(testscene.Letter("k", courrier.ServiceStandard), courrier.PrintOptions{})
	},
	"Document.Validate":       func() error { return courrier.Document{}.Validate() },
	"Letter.Validate":         func() error { return courrier.Letter{}.Validate() },
	"PrintOptions.Validate":   func() error { return courrier.PrintOptions{Copies: -1}.Validate() },
	"ReminderPolicy.Validate": func() error { return courrier.ReminderPolicy{}.Validate() },
	"Settings.Validate":       func() error { return courrier.Settings{Billing: "barter"}.Validate() },
	"Settings.Location":       func() error { return calldoc.Error(courrier.Settings{Zone: "Nowhere/None"}.Location()) },
	"Recipient.Printed":       func() error { return calldoc.Error(courrier.Recipient{}.Printed()) },
	"Recipient.Lines":         func() error { return calldoc.Error(courrier.Recipient{}.Lines()) },
	"Recipient.Fields":        func() error { return calldoc.Error(courrier.Recipient{}.Fields(1)) },
	"Sender.Lines":            func() error { return calldoc.Error(courrier.Sender{}.Lines()) },
	"GateFunc.Ask": func() error {
		refuse := courrier.GateFunc(func(context.Context, courrier.LetterRecord) (courrier.Verdict, error) {
			return courrier.Verdict{}, foreign("")
		})
		return calldoc.Error(refuse.Ask(context.Background(), courrier.LetterRecord{}))
	},
	"Books.Balance": func() error { return calldoc.Error(unreadable.Balance(testscene.Start.AddDate(1, 0, 0))) },
	"Books.Due": func() error {
		_, _, err := unreadable.Due(testscene.Start.AddDate(1, 0, 0))
		return err
	},
}

// unreadable are books with an allowance in a zone that this machine does not know.
var unreadable = courrier.Books{Account: "acme", Unit: "x", Allowances: []courrier.Allowance{
	{Key: "a", Amount: courrier.MustAmount("1", "x"), Zone: "Nowhere/None", From: testscene.Start, Next: testscene.Start},
}}

// posts are entries that books with a hold, and without credit, refuse.
func posts() []error {
	one := courrier.MustAmount("1", "x")
	entry := func(kind courrier.EntryKind, key string, amount courrier.Amount) courrier.Entry {
		return courrier.Entry{Account: "acme", Key: key, Kind: kind, Amount: amount, At: testscene.Start}
	}
	var errs []error
	post := func(prior []courrier.Entry, e courrier.Entry) {
		_, _, _, err := courrier.Books{Account: "acme", Unit: "x"}.Post(prior, e)
		errs = append(errs, err)
	}
	post(nil, courrier.Entry{})
	post(nil, entry(courrier.EntryReserve, "k", one))
	post(nil, entry(courrier.EntryCapture, "k", one))
	post([]courrier.Entry{entry(courrier.EntryTopUp, "k", one)}, entry(courrier.EntryTopUp, "k", courrier.MustAmount("2", "x")))
	post([]courrier.Entry{entry(courrier.EntryRelease, "k", one)}, entry(courrier.EntryReserve, "k", one))
	return errs
}
