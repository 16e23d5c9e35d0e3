package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/tariff"
)

//go:embed testdata/invoice.pdf
var invoicePDF []byte

// product is the host: a company's data, one database, one carrier, the desk.
type product struct {
	*company
	db       *sql.DB
	office   *mock.Office
	client   *courrier.Client
	runner   *dunning.Runner
	calendar dunning.Holidays
	accounts *mysendingbox.Accounts
	carrier  *http.Server // a stand-in; nil when another address was given

	mu     sync.Mutex
	policy *courrier.ReminderPolicy // edited on the desk; nil: the standard one
	texts  dunning.Texts
	orders int
}

// open opens the folder's database, and lives three months through when it is new.
// carrier is the address of MySendingBox; empty: a stand-in of it.
func open(ctx context.Context, folder, carrier string) (*product, error) {
	db, err := sqlite.Open(ctx, filepath.Join(folder, "courrier.db"))
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	office, err := mock.Open(filepath.Join(folder, "office.log"), mock.Config{Start: firstDay.In(time.UTC).Add(6 * time.Hour), Script: fates})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	p := &product{db: db, office: office}
	p.company = newCompany(func() courrier.Date { return courrier.PostalDay(office.Now()) })
	if err := errors.Join(p.connect(store), p.openAccounts(store, folder, carrier)); err != nil {
		p.close()
		return nil, err
	}
	if p.today() == firstDay {
		err = p.live(ctx, 92)
	}
	return p, err
}

// fates lets a few letters come back, as a post office does.
func fates(s courrier.Submission) mock.Script {
	if s.Letter.To.Company == "Pépinières Roux" {
		return mock.Script{Course: mock.Returned(courrier.ReturnUnclaimed)}
	}
	return mock.Script{}
}

func (p *product) close() {
	if p.carrier != nil {
		_ = p.carrier.Close()
	}
	_ = errors.Join(p.office.Close(), p.db.Close())
}

// connect puts the library together.
func (p *product) connect(store *sqlstore.Store) error {
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{Theme: pdf.Theme{FoldMarks: true}})
	if err != nil {
		return err
	}
	if p.calendar, err = latepayment.NewCalendar(latepayment.National); err != nil {
		return err
	}
	p.client, err = courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{p.office}, Now: p.office.Now, Authorize: authorize,
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{
			courrier.ServiceStandard: courrier.MustAmount("1.90", "EUR"), courrier.ServiceTracked: courrier.MustAmount("2.60", "EUR"),
			courrier.ServiceRegistered: courrier.MustAmount("6.10", "EUR"), courrier.ServiceRegisteredAR: courrier.MustAmount("7.40", "EUR"),
		}),
	})
	if err != nil {
		return err
	}
	p.runner, err = dunning.New(dunning.Config{
		Client: p.client, Store: store, Debtors: p.company, Composer: composer, Mailer: mailbox{}, LatePayment: latepayment.France(),
		Settings: p.Settings,
	})
	return err
}

// mailbox takes every e-mail: its page shows what the library kept of them.
type mailbox struct{}

func (mailbox) Mail(context.Context, email.Message) error { return nil }

// decides is the user who may decide.
const decides = courrier.ActorID("claire")

var errNotAllowed = errors.New("only Claire decides about that")

// authorize lets Claire and the product itself do everything, Karim only the work.
func authorize(_ context.Context, actor courrier.Actor, _ courrier.Action) error {
	if actor.ID == decides || actor.ID == "" {
		return nil
	}
	return errNotAllowed
}

// Settings implements [desk.Host].
func (p *product) Settings(context.Context, courrier.AccountID) (dunning.Settings, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	policy := dunning.StandardPolicy()
	if p.policy != nil {
		policy = *p.policy
	}
	return dunning.Settings{
		Policies: []courrier.ReminderPolicy{policy}, Assignment: dunning.PolicyAssignment{Default: policy.ID}, Holidays: p.calendar,
		Language: courrier.French, Sender: creditor, MailFrom: email.Box{Name: "Atelier Verne", Address: "facturation@verne.example"},
		Signature: map[courrier.ActorID]dunning.Signature{"": {Name: "Claire Verne", Title: "Présidente"}}, Texts: p.texts,
		Payment: "Par virement : IBAN FR76 3000 6000 0112 3456 7890 189, BIC AGRIFRPP.",
		Footer:  "Atelier Verne SAS – 8 quai du Port, 44000 Nantes\nSIRET 000 000 000 00000 – TVA FR00000000000",
	}, nil
}

// SavePolicy implements [desk.PolicyKeeper].
func (p *product) SavePolicy(_ context.Context, _ courrier.AccountID, policy courrier.ReminderPolicy) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.policy = &policy
	return nil
}

// SaveText implements [desk.PolicyKeeper].
func (p *product) SaveText(_ context.Context, _ courrier.AccountID, template string, lang courrier.Language, t dunning.Text) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	texts := maps.Clone(p.texts)
	if texts == nil {
		texts = dunning.Texts{}
	}
	texts[template] = maps.Clone(texts[template])
	if texts[template] == nil {
		texts[template] = map[courrier.Language]dunning.Text{}
	}
	texts[template][lang] = t
	p.texts = texts
	return nil
}

// Buy implements [desk.Buyer]: a real product would ask for money first.
func (p *product) Buy(ctx context.Context, account courrier.AccountID, amount courrier.Amount) (string, error) {
	p.mu.Lock()
	p.orders++
	key := fmt.Sprintf("order-%s-%d", p.today(), p.orders)
	p.mu.Unlock()
	_, err := p.client.Credits(account).TopUp(ctx, key, amount)
	return "", err
}

// live lets days pass: customers pay, the engine decides, Claire reviews all but the
// notices of the last days, and what is due leaves.
func (p *product) live(ctx context.Context, days int) error {
	if _, err := p.client.Credits(account).TopUp(ctx, "order-1", courrier.MustAmount("250", "EUR")); err != nil {
		return err
	}
	for day := range days {
		if day%9 == 3 {
			if err := p.sendInvoice(ctx, day); err != nil {
				return err
			}
		}
		if err := p.day(ctx, day < days-12); err != nil {
			return err
		}
	}
	return nil
}

// sendInvoice sends an invoice by post, as a user does.
func (p *product) sendInvoice(ctx context.Context, day int) error {
	who := p.customers[day%len(p.customers)]
	_, err := p.client.Send(courrier.WithActor(ctx, courrier.Actor{ID: "karim"}), courrier.Letter{
		Account: account, Key: fmt.Sprintf("post-%d", day), Service: courrier.ServiceTracked, Purpose: courrier.PurposeInvoice, Customer: who.id,
		To: who.recipient(), From: creditor, Documents: []courrier.Document{courrier.NewDocument("facture.pdf", invoicePDF)},
	})
	return err
}

// day is one day of the product.
func (p *product) day(ctx context.Context, reviewed bool) error {
	if _, err := p.runner.RunDay(ctx, p.today(), p.Cases(ctx, account)); err != nil {
		return err
	}
	if reviewed {
		if err := p.review(ctx); err != nil {
			return err
		}
	}
	for range 2 {
		p.office.Advance(5 * time.Hour)
		if err := p.work(ctx); err != nil {
			return err
		}
	}
	p.office.Advance(14 * time.Hour)
	return nil
}

// work does what a host does every minute.
func (p *product) work(ctx context.Context) error {
	_, err := p.runner.Dispatch(ctx)
	if err == nil {
		_, err = p.client.Dispatch(ctx, courrier.DispatchOptions{})
	}
	if err == nil {
		_, err = p.client.Refresh(ctx, courrier.RefreshOptions{})
	}
	if err == nil {
		_, err = p.runner.Dispatch(ctx)
	}
	return err
}

// review is Claire, who reads and approves what waits for her.
func (p *product) review(ctx context.Context) error {
	ctx = courrier.WithActor(ctx, courrier.Actor{ID: decides})
	f := dunning.ReminderFilter{Account: account, States: []dunning.ReminderState{dunning.ReminderProposed}, DueTo: p.today()}
	for r, err := range p.runner.Queue(ctx, f) {
		if err != nil {
			return err
		}
		seen, err := p.runner.Preview(ctx, r.ID)
		if errors.Is(err, courrier.ErrConflict) {
			continue // the facts changed; the next day decides again
		}
		if err == nil {
			_, err = p.runner.Approve(ctx, r.ID, seen.Token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
