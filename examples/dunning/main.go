// Dunning lets sixty days of a small company's invoices pass through the real
// engine: plans decide, e-mails and letters leave, a person approves the formal
// notices, customers pay or do not.
//
//	go run ./examples/dunning [folder]
//
// The folder holds the database, with the letters and their proofs; the evidence
// file of an invoice that went as far as a formal notice, with its manifest; and a
// page that shows what the plan would have sent if nobody had paid.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/tariff"
)

const days = 60

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dunning:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	folder, err := folderOf(args)
	if err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, filepath.Join(folder, "courrier.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	if err != nil {
		return err
	}
	h := &host{company: newCompany(), office: mock.New(mock.Config{Start: firstDay.In(time.UTC).Add(6 * time.Hour)})}
	if err := h.connect(store); err != nil {
		return err
	}
	if err := h.simulate(filepath.Join(folder, "plan.html")); err != nil {
		return err
	}
	if _, err := h.client.Credits(account).TopUp(ctx, "order-1", courrier.MustAmount("200", "EUR")); err != nil {
		return err
	}
	for day := range days {
		if err := h.day(ctx, firstDay.AddDays(day)); err != nil {
			return err
		}
	}
	if err := h.evidence(ctx, folder); err != nil {
		return err
	}
	return h.report(ctx, folder)
}

func folderOf(args []string) (string, error) {
	if len(args) == 0 {
		return os.MkdirTemp("", "courrier-dunning-")
	}
	return args[0], os.MkdirAll(args[0], 0o755)
}

// host is the product that embeds the library.
// stores keeps letters and reminders.
type stores interface {
	courrier.Store
	dunning.Store
}

type host struct {
	company *company
	office  *mock.Office
	client  *courrier.Client
	dunning *dunning.Runner
	mails   int
}

// connect puts the library together: one carrier, one store, one composer.
func (h *host) connect(store stores) error {
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{Theme: pdf.Theme{FoldMarks: true}})
	if err != nil {
		return err
	}
	h.client, err = courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{h.office}, Now: h.office.Now,
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{
			courrier.ServiceStandard: courrier.MustAmount("1.90", "EUR"), courrier.ServiceRegisteredAR: courrier.MustAmount("7.40", "EUR"),
		}),
	})
	if err != nil {
		return err
	}
	calendar, err := latepayment.NewCalendar(latepayment.National)
	if err != nil {
		return err
	}
	h.dunning, err = dunning.New(dunning.Config{
		Client: h.client, Store: store, Debtors: h.company, Composer: composer, Mailer: h, LatePayment: latepayment.France(),
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) {
			return h.company.settings(calendar), nil
		},
	})
	return err
}

// Mail stands for the mail server: it prints what a customer would get.
func (h *host) Mail(_ context.Context, m email.Message) error {
	h.mails++
	fmt.Printf("    e-mail to %-28s %s\n", m.To[0].Address, m.Subject)
	return nil
}

// day is what the host does each day: customers pay, the plans run, a person
// looks at the queue, and what is due leaves.
func (h *host) day(ctx context.Context, today courrier.Date) error {
	h.company.today = today
	paid := h.company.payments(today)
	run, err := h.dunning.RunDay(ctx, today, h.company.cases())
	if err != nil {
		return err
	}
	if run.Proposed+run.Approved+len(paid) > 0 {
		fmt.Printf("%s  paid: %v  decided: %d to send, %d to review\n", today, paid, run.Approved, run.Proposed)
	}
	h.office.Advance(6 * time.Hour) // noon: automatic reminders leave at nine
	if err := h.review(ctx, today); err != nil {
		return err
	}
	for range 2 { // the second round confirms the letters of the first
		if _, err := h.dunning.Dispatch(ctx); err != nil {
			return err
		}
		if _, err := h.client.Dispatch(ctx, courrier.DispatchOptions{}); err != nil {
			return err
		}
		h.office.Advance(time.Hour)
	}
	if _, err := h.client.Refresh(ctx, courrier.RefreshOptions{}); err != nil {
		return err
	}
	h.office.Advance(16 * time.Hour)
	return nil
}

// review is the person who decides on formal notices: looks at what would leave,
// then approves exactly that.
func (h *host) review(ctx context.Context, today courrier.Date) error {
	ctx = courrier.WithActor(ctx, courrier.Actor{ID: "claire"})
	for r, err := range h.dunning.Queue(ctx, dunning.ReminderFilter{Account: account, States: []dunning.ReminderState{dunning.ReminderProposed}, DueTo: today}) {
		if err != nil {
			return err
		}
		seen, err := h.dunning.Preview(ctx, r.ID)
		if err != nil {
			return err
		}
		if _, err := h.dunning.Approve(ctx, r.ID, seen.Token); err != nil {
			return err
		}
		fmt.Printf("    approved by claire: %s, %s, %s\n", seen.Reminder.Message.Subject, seen.Letter.Service, seen.Quote.Price)
	}
	return nil
}

// simulate writes what the plan would send if nobody paid.
func (h *host) simulate(file string) (err error) {
	result, err := dunning.NewForecast(dunning.ForecastConfig{
		Policy: dunning.StandardPolicy(), From: firstDay, To: firstDay.AddDays(days - 1), DeliveryDays: 3,
		Credits: func(d dunning.Decision) (courrier.Amount, error) {
			if d.Step.Service == courrier.ServiceRegisteredAR {
				return courrier.MustAmount("7.40", "EUR"), nil
			}
			return courrier.MustAmount("1.90", "EUR"), nil
		},
		Postage: func(d dunning.Decision) (courrier.Amount, error) { // what the host itself pays
			if d.Step.Service == courrier.ServiceRegisteredAR {
				return courrier.MustAmount("5.90", "EUR"), nil
			}
			return courrier.MustAmount("1.40", "EUR"), nil
		},
	}, h.company.histories())
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	return result.WriteHTML(f, courrier.French)
}

// evidence writes the file for the first invoice that went to a formal notice.
func (h *host) evidence(ctx context.Context, folder string) error {
	for r, err := range h.dunning.Queue(ctx, dunning.ReminderFilter{Account: account, States: []dunning.ReminderState{dunning.ReminderSent}}) {
		if err != nil {
			return err
		}
		if r.Decision.Step.Kind != courrier.StepFormalNotice {
			continue
		}
		ev, err := h.dunning.Evidence(ctx, account, r.Decision.Lines[0].Invoice)
		if err != nil {
			return err
		}
		maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
		if err != nil {
			return err
		}
		out, err := maker.Make(ctx, ev, creditor, courrier.French)
		if err != nil {
			return err
		}
		manifest, err := out.Manifest.JSON()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "evidence.pdf"), out.File, 0o644); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, "evidence.json"), manifest, 0o644)
	}
	return nil
}

func (h *host) report(ctx context.Context, folder string) error {
	letters, delivered := 0, 0
	for rec, err := range h.client.Letters(ctx, courrier.LetterFilter{Account: account}) {
		if err != nil {
			return err
		}
		letters++
		if rec.Status == courrier.StatusDelivered {
			delivered++
		}
	}
	balance, err := h.client.Credits(account).Balance(ctx, "EUR")
	if err != nil {
		return err
	}
	fmt.Printf("\nAfter %d days: %d e-mails, %d letters (%d delivered), %s left of 200 EUR\n", days, h.mails, letters, delivered, balance.Available)
	fmt.Printf("The plan, the evidence file and its manifest are in %s\n", folder)
	return nil
}
