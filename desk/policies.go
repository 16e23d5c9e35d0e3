package desk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

type policiesView struct {
	Policies     []courrier.ReminderPolicy
	Default      string
	Texts        []textRow
	Placeholders []placeholder
	Keeps        bool
	Carrier      *Connection
}

type textRow struct {
	Template string
	Name     string // for people
	Language courrier.Language
	Own      bool // written by the account
	dunning.Text
}

type placeholder struct{ Name, Meaning string }

func (d *Desk) policies(r *request) error {
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	view := policiesView{Policies: settings.Policies, Default: settings.Assignment.Default, Texts: r.textsOf(settings)}
	_, view.Keeps = d.cfg.Host.(PolicyKeeper)
	meanings := dunning.Placeholders()
	for name, field := range settings.Fields {
		meanings[name] = field.About
	}
	for _, name := range slices.Sorted(maps.Keys(meanings)) {
		view.Placeholders = append(view.Placeholders, placeholder{"{" + name + "}", cmp.Or(r.known("holder."+name), meanings[name])})
	}
	if c, ok := d.cfg.Host.(Connector); ok {
		connection, err := c.Carrier(r.ctx(), r.account())
		if err != nil {
			return err
		}
		view.Carrier = &connection
	}
	return r.show("policies.html", r.text("menu.policies"), view)
}

// textsOf lists the texts of all steps as they are sent: the account's own, and where
// it has none the library's.
func (r *request) textsOf(settings dunning.Settings) []textRow {
	var rows []textRow
	seen := map[string]bool{}
	for _, p := range settings.Policies {
		for _, s := range p.Steps {
			if seen[s.Template] {
				continue
			}
			seen[s.Template] = true
			t, lang := settings.Texts.Of(s, latepayment.DebtorBusiness, cmp.Or(settings.Language, courrier.French))
			_, own := settings.Texts[s.Template][lang]
			rows = append(rows, textRow{Template: s.Template, Name: r.stepName(s.ID), Language: lang, Text: t, Own: own})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(settings.Texts)) {
		for _, lang := range slices.Sorted(maps.Keys(settings.Texts[name])) {
			if !slices.ContainsFunc(rows, func(row textRow) bool { return row.Template == name && row.Language == lang }) {
				rows = append(rows, textRow{Template: name, Name: name, Language: lang, Text: settings.Texts[name][lang], Own: true})
			}
		}
	}
	return rows
}

type policyView struct {
	courrier.ReminderPolicy
	JSON     string
	Warnings []courrier.Warning
	Forecast template.HTML // a timeline of the next ninety days over the account's own invoices
	Totals   dunning.ForecastTotals
	Days     []dunning.ForecastDay
	Keeps    bool
}

func (d *Desk) policy(r *request) error {
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	p, err := policyOf(settings, r.PathValue("id"))
	if err != nil {
		return err
	}
	return r.showPolicy(p, settings)
}

func policyOf(settings dunning.Settings, id string) (courrier.ReminderPolicy, error) {
	i := slices.IndexFunc(settings.Policies, func(p courrier.ReminderPolicy) bool { return p.ID == id })
	if i < 0 {
		return courrier.ReminderPolicy{}, fmt.Errorf("policy: %w", courrier.ErrNotFound)
	}
	return settings.Policies[i], nil
}

// showPolicy shows a policy with what it would do.
func (r *request) showPolicy(p courrier.ReminderPolicy, settings dunning.Settings) error {
	view, err := r.policyView(p, settings)
	if err != nil {
		return err
	}
	return r.show("policy.html", p.ID, view)
}

// redoPolicy shows what was typed with what is wrong in it.
func (r *request) redoPolicy(why error, was courrier.ReminderPolicy, settings dunning.Settings) error {
	view, err := r.policyView(was, settings)
	if err != nil {
		return why
	}
	view.JSON = r.PostFormValue("policy")
	return r.redo(why, "policy.html", was.ID, view)
}

func (r *request) policyView(p courrier.ReminderPolicy, settings dunning.Settings) (policyView, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return policyView{}, err
	}
	view := policyView{ReminderPolicy: p, JSON: string(text), Warnings: p.Warnings()}
	_, view.Keeps = r.desk.cfg.Host.(PolicyKeeper)
	forecast, err := dunning.NewForecast(dunning.ForecastConfig{
		Policy: p, Holidays: settings.Holidays, From: r.today(), To: r.today().AddDays(90), DeliveryDays: 3,
	}, r.unreminded())
	if err != nil {
		return view, err
	}
	view.Totals, view.Days = forecast.Totals, forecast.Days
	var page bytes.Buffer
	if err := forecast.WriteHTML(&page, r.lang); err != nil {
		return view, err
	}
	view.Forecast = drawing(page.String())
	return view, nil
}

// drawing keeps of a forecast's page its drawing alone.
func drawing(page string) template.HTML {
	from := strings.Index(page, "<svg")
	to := strings.Index(page, "</svg>")
	if from < 0 || to < from {
		return ""
	}
	return template.HTML(page[from : to+len("</svg>")]) //nolint:gosec // the library's own drawing, escaped where it was made
}

// unreminded streams the account's cases as if nothing had been done: a forecast
// shows the whole policy.
func (r *request) unreminded() iter.Seq2[dunning.Case, dunning.History] {
	return func(yield func(dunning.Case, dunning.History) bool) {
		for c, err := range r.desk.cfg.Host.Cases(r.ctx(), r.account()) {
			if err != nil || !yield(c, nil) {
				return
			}
		}
	}
}

// policySave shows what an edited policy would do, and keeps it when that was asked.
func (d *Desk) policySave(r *request) error {
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	was, err := policyOf(settings, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, err := courrier.ParsePolicy([]byte(r.PostFormValue("policy")))
	if err == nil {
		err = p.Validate()
	}
	if err == nil && p.ID != was.ID {
		err = &courrier.FieldError{Field: "ID", Rule: "is another policy's", Remedy: "leave it as it was", Code: "other-policy"}
	}
	if err != nil {
		return r.redoPolicy(err, was, settings)
	}
	if r.PostFormValue("act") != "save" {
		return r.showPolicy(p, settings)
	}
	keeper, ok := d.cfg.Host.(PolicyKeeper)
	if !ok {
		return courrier.ErrUnsupported
	}
	if err := d.cfg.Client.Authorize(r.ctx(), courrier.Action{Kind: courrier.ActionSettings, Account: r.account()}); err != nil {
		return err
	}
	if err := keeper.SavePolicy(r.ctx(), r.account(), p); err != nil {
		return err
	}
	return r.back(r.path("policies", p.ID), "saved")
}

// textSave keeps a text whose placeholders are known.
func (d *Desk) textSave(r *request) error {
	keeper, ok := d.cfg.Host.(PolicyKeeper)
	if !ok {
		return courrier.ErrUnsupported
	}
	text := dunning.Text{Subject: strings.TrimSpace(r.PostFormValue("subject")), Body: lines(r.PostFormValue("body"))}
	settings, err := d.cfg.Host.Settings(r.ctx(), r.account())
	if err != nil {
		return err
	}
	if err := settings.Fields.Check(text); err != nil {
		return err
	}
	if err := d.cfg.Client.Authorize(r.ctx(), courrier.Action{Kind: courrier.ActionSettings, Account: r.account()}); err != nil {
		return err
	}
	if err := keeper.SaveText(r.ctx(), r.account(), r.PostFormValue("template"), courrier.Language(r.PostFormValue("language")), text); err != nil {
		return err
	}
	return r.back(r.path("policies"), "saved")
}

// connect hands what a person typed to the host, which keeps it.
func (d *Desk) connect(r *request) error {
	c, ok := d.cfg.Host.(Connector)
	if !ok {
		return courrier.ErrUnsupported
	}
	if err := d.cfg.Client.Authorize(r.ctx(), courrier.Action{Kind: courrier.ActionSettings, Account: r.account()}); err != nil {
		return err
	}
	if err := c.Connect(r.ctx(), r.account(), strings.TrimSpace(r.PostFormValue("secret"))); err != nil {
		return err
	}
	return r.back(r.path("policies"), "connected")
}
