package desk

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/pdf"
)

type creditsView struct {
	Unit    string
	Units   []string
	Balance courrier.Balance
	Bought  courrier.Amount // what of it does not expire
	Entries []courrier.Entry
	Sells   bool
	Month   string
}

// unit is the unit that the page is about: one of the desk's own.
func (r *request) unit() string {
	if u := r.FormValue("unit"); slices.Contains(r.desk.cfg.Units, u) {
		return u
	}
	return r.desk.cfg.Units[0]
}

func (d *Desk) credits(r *request) error {
	view := creditsView{Unit: r.unit(), Units: d.cfg.Units, Month: r.today().String()[:7]}
	_, view.Sells = d.cfg.Host.(Buyer)
	ledger := d.cfg.Client.Credits(r.account())
	var err error
	if view.Balance, err = ledger.Balance(r.ctx(), view.Unit); err != nil {
		return err
	}
	if view.Bought, err = view.Balance.Available.Sub(view.Balance.Included); err != nil {
		return err
	}
	for e, err := range ledger.Entries(r.ctx(), courrier.EntryFilter{Unit: view.Unit, Newest: true, Limit: maxRows}) {
		if err != nil {
			return err
		}
		view.Entries = append(view.Entries, e)
	}
	return r.show("credits.html", r.text("menu.credits"), view)
}

// buy hands the order to the host, which sells. Who may is the host's to decide:
// Config.Authorize is asked here and again when the account is topped up.
func (d *Desk) buy(r *request) error {
	seller, ok := d.cfg.Host.(Buyer)
	if !ok {
		return courrier.ErrUnsupported
	}
	amount, err := amountOf(r.PostFormValue("amount"), r.unit())
	if err == nil && amount.Sign() <= 0 {
		err = &courrier.FieldError{Field: "amount", Rule: "is not above zero", Remedy: "say how much to buy", Code: "positive"}
	}
	if err != nil {
		return err
	}
	if err := d.cfg.Client.Authorize(r.ctx(), courrier.Action{Kind: courrier.ActionTopUp, Account: r.account(), Amount: amount}); err != nil {
		return err
	}
	if _, err := seller.Buy(r.ctx(), r.account(), amount); err != nil {
		return err
	}
	return r.back(r.path("credits"), "bought")
}

// statement is what an account spent in a month.
func (r *request) statement() (billing.Statement, error) {
	month, err := time.Parse("2006-01", r.FormValue("month"))
	if err != nil {
		return billing.Statement{}, &courrier.FieldError{Field: "month", Rule: "is no month", Remedy: "write it as 2026-11", Code: "month"}
	}
	from := courrier.PostalDay(month.Add(12 * time.Hour))
	to := courrier.PostalDay(month.AddDate(0, 1, 0).Add(12 * time.Hour))
	return billing.Between(r.ctx(), r.desk.cfg.Client.Credits(r.account()), r.unit(), from, to)
}

// creditsCSV is the ledger of a month: every entry, as it was written.
func (d *Desk) creditsCSV(r *request) error {
	s, err := r.statement()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write([]string{"date", "kind", "amount", "available", "letter", "actor", "key"})
	for _, e := range s.Entries {
		_ = out.Write([]string{
			e.At.Format(time.RFC3339), string(e.Kind), e.Amount.String(), e.Available.String(), string(e.Letter), noFormula(string(e.Actor)), noFormula(e.Key),
		})
	}
	out.Flush()
	return r.download("credits.csv", "text/csv; charset=utf-8", b.Bytes(), false)
}

// noFormula keeps a spreadsheet from taking a text for a formula.
func noFormula(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// creditsPDF is the statement of a month, set as a letter to the account itself.
func (d *Desk) creditsPDF(r *request) error {
	s, err := r.statement()
	if err != nil {
		return err
	}
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	own := courrier.Recipient{Company: settings.Sender.Company, Name: settings.Sender.Name, Address: settings.Sender.Address}
	composer, err := pdf.NewComposer()
	if err != nil {
		return err
	}
	set, err := s.PDF(r.ctx(), composer, pdf.Letter{
		Language: string(r.lang), Sender: pdf.Sender{Name: d.cfg.Look.Name}, Recipient: own.Shown(), Date: r.today(),
	}, pdf.Theme{})
	if err != nil {
		return err
	}
	return r.download("statement.pdf", "application/pdf", set.File, true)
}
