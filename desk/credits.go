package desk

import (
	"encoding/csv"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

type creditsView struct {
	Unit    string
	Units   []string
	Balance courrier.Balance
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
		err = &courrier.FieldError{Field: "amount", Rule: "is not above zero", Remedy: "say how much to buy"}
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

// creditsCSV is the ledger of a month.
func (d *Desk) creditsCSV(r *request) error {
	month, err := time.Parse("2006-01", r.FormValue("month"))
	if err != nil {
		return &courrier.FieldError{Field: "month", Rule: "is no month", Remedy: "write it as 2026-11"}
	}
	r.reply.Header().Set("Content-Type", "text/csv; charset=utf-8")
	r.reply.Header().Set("Content-Disposition", `attachment; filename="credits.csv"`)
	out := csv.NewWriter(r.reply)
	_ = out.Write([]string{"date", "kind", "amount", "available", "letter", "actor", "key"})
	f := courrier.EntryFilter{Unit: r.unit(), From: month, To: month.AddDate(0, 1, 0)}
	for e, err := range d.cfg.Client.Credits(r.account()).Entries(r.ctx(), f) {
		if err != nil {
			return err
		}
		_ = out.Write([]string{e.At.Format(time.RFC3339), string(e.Kind), e.Amount.String(), e.Available.String(), string(e.Letter), string(e.Actor), e.Key})
	}
	out.Flush()
	return nil
}
