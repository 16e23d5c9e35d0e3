package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/seq"
)

// A campaign runs in slices: each request of the browser does one and stores how far
// it came, then the page shows it and asks for the next. So no work goes on that nobody
// waits for, a proxy's time limit is never met, and neither a closed browser nor a
// restart loses anything: the page of late invoices lists what stopped, to go on with.
// A slice that is done twice sends nothing twice, for each customer's message has a key.

// itemRun keeps how far a campaign came.
const itemRun courrier.ItemKind = "desk.campaign"

// run is a campaign and how far it came.
type run struct {
	ID      string           `json:"-"` // in URLs: the campaign's name is a person's words
	Version int64            `json:"-"`
	Key     string           `json:"key"`
	Begun   time.Time        `json:"begun"`
	By      courrier.ActorID `json:"by,omitempty"`
	Text    dunning.Text     `json:"text,omitzero"`
	Review  bool             `json:"review,omitempty"`
	Filter  lateForm         `json:"filter,omitempty"` // of the list
	// Left are the customers that have not had their turn, as the list was when the
	// campaign began.
	Left []courrier.CustomerID `json:"left,omitempty"`
	// Total is how many customers it began with: those reached, those refused, those
	// about whom nothing was late any more, and those left.
	Total   int          `json:"total"`
	Reached int          `json:"reached"`
	Refused []runRefusal `json:"refused,omitempty"`
	Settled int          `json:"settled,omitempty"`
	Stopped bool         `json:"stopped,omitempty"` // by a person, before its end
}

// runRefusal is a customer whose message was refused, and the code of why.
type runRefusal struct {
	Customer courrier.CustomerID `json:"customer"`
	Code     string              `json:"code"`
}

// Done is how many customers had their turn.
func (c run) Done() int { return c.Total - len(c.Left) }

// Running tells whether there is more to do.
func (c run) Running() bool { return len(c.Left) > 0 && !c.Stopped }

// over tells whether it can never go on: nobody is left, nor refused and to be tried
// again.
func (c run) over() bool { return !c.Running() && (c.Stopped || len(c.Refused) == 0) }

// Limits of a slice: small enough to be seen and answered soon, and about twenty of
// them for a list of any size that one reads.
const (
	minSlice = 3
	maxSlice = 200
	slices20 = 20
)

// slice is the customers of the next step.
func (c run) slice() []courrier.CustomerID {
	return c.Left[:min(len(c.Left), max(minSlice, min(maxSlice, c.Total/slices20)))]
}

func (c run) campaign(account courrier.AccountID) dunning.Campaign {
	return dunning.Campaign{Account: account, Key: c.Key, Text: c.Text, Review: c.Review}
}

// runID is where a campaign's record lies.
func runID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

func noCases(func(dunning.Case, error) bool) {}

// campaignBegin takes the list as it is shown and leads to the campaign's page. The
// same campaign again leads there too.
func (r *request) campaignBegin() error {
	c := run{
		Key: strings.TrimSpace(r.PostFormValue("key")), Begun: r.desk.cfg.Client.Config().Now(), By: r.session.Actor,
		Text:   dunning.Text{Subject: r.PostFormValue("subject"), Body: lines(r.PostFormValue("body"))},
		Review: r.PostFormValue("review") == "yes", Filter: r.lateForm(),
	}
	c.ID = runID(c.Key)
	// Without customers it checks the message, and that the name is not another's.
	if _, err := r.desk.cfg.Runner.Campaign(r.ctx(), c.campaign(r.account()), noCases); err != nil {
		return r.redoCampaign(err, c)
	}
	if err := r.listed(&c); err != nil {
		return err
	}
	err := r.saveRun(c)
	if errors.Is(err, courrier.ErrConflict) {
		err = r.sameRun(c)
	}
	if err != nil {
		return err
	}
	return r.back(r.path("late", "campaigns", c.ID), "")
}

// redoCampaign shows the list again with the message that was typed.
func (r *request) redoCampaign(why error, c run) error {
	view, err := r.lateList()
	if err != nil {
		return why
	}
	view.Draft = &c
	return r.redo(why, "late.html", r.text("menu.late"), view)
}

// listed writes down whom the list shows.
func (r *request) listed(c *run) error {
	f, err := c.Filter.filter()
	if err != nil {
		return err
	}
	for one, err := range r.lateCases(f) {
		if err != nil {
			return err
		}
		c.Left = append(c.Left, one.Customer.ID)
	}
	slices.Sort(c.Left)
	c.Left = slices.Compact(c.Left)
	c.Total = len(c.Left)
	return nil
}

// sameRun refuses the name of a campaign over another list.
func (r *request) sameRun(c run) error {
	was, err := r.runOf(c.ID)
	if err == nil && !maps.Equal(was.Filter, c.Filter) {
		err = errNameUsed
	}
	return err
}

var errNameUsed = &courrier.Error{
	Op: "campaign", Kind: courrier.ErrConflict, Code: courrier.CodeKeyUsed, Err: errors.New("the name was used for another list; use a new name"),
}

// campaignPage shows how far a campaign came.
func (d *Desk) campaignPage(r *request) error {
	c, err := r.runOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	view := campaignView{run: c}
	for _, refused := range c.Refused[:min(len(c.Refused), maxRows)] {
		view.Named = append(view.Named, namedRefusal{refused, r.nameOf(refused.Customer)})
	}
	return r.show("campaign.html", r.text("late.campaignOf")+" "+c.Key, view)
}

type campaignView struct {
	run
	Named []namedRefusal // the first of those refused
}

type namedRefusal struct {
	runRefusal
	Name string
}

// campaignAct goes on with a campaign by one slice, or stops it for good.
func (d *Desk) campaignAct(r *request) error {
	c, err := r.runOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	switch r.PostFormValue("act") {
	case "continue":
		err = r.nextSlice(&c)
	case "again":
		c.retry()
	case "stop":
		c.Stopped, c.Left = true, c.Left[:0:0]
	default:
		return errNoSuchAct
	}
	if err == nil {
		err = r.saveRun(c)
	}
	// Another window went on with it at this moment: its page tells how far.
	if err != nil && !errors.Is(err, courrier.ErrConflict) {
		return err
	}
	return r.back(r.path("late", "campaigns", c.ID), "")
}

// retry gives those refused another turn: what stood in the way may be gone.
func (c *run) retry() {
	for _, refused := range c.Refused {
		c.Left = append(c.Left, refused.Customer)
	}
	c.Refused = nil
}

// nextSlice sends to the next customers and counts what became of them.
func (r *request) nextSlice(c *run) error {
	if !c.Running() {
		return nil
	}
	f, err := c.Filter.filter()
	if err != nil {
		return err
	}
	turn := c.slice()
	report, err := r.desk.cfg.Runner.Campaign(r.ctx(), c.campaign(r.account()), r.lateOf(turn, f))
	if err != nil {
		return err
	}
	reached, err := r.reachedOf(c.Key, turn)
	if err != nil {
		return err
	}
	refused := map[courrier.CustomerID]string{}
	for _, result := range report.Results {
		if result.Err != nil {
			refused[result.Customer] = codeOf(result.Err)
		}
	}
	for _, id := range turn {
		switch {
		case refused[id] != "":
			c.Refused = append(c.Refused, runRefusal{id, refused[id]})
		case reached[id]:
			c.Reached++
		default:
			c.Settled++
		}
	}
	c.Left = c.Left[len(turn):]
	return nil
}

// lateOf streams what is late of some customers alone.
func (r *request) lateOf(customers []courrier.CustomerID, f dunning.LateFilter) iter.Seq2[dunning.Case, error] {
	cases := func(yield func(dunning.Case, error) bool) {
		left := len(customers)
		for c, err := range r.desk.cfg.Host.Cases(r.ctx(), r.account()) {
			if err == nil && !slices.Contains(customers, c.Customer.ID) {
				continue
			}
			if left--; !yield(c, err) || left == 0 {
				return
			}
		}
	}
	return r.desk.cfg.Runner.Late(r.ctx(), f, r.today(), cases)
}

// reachedOf tells which customers have a message of a campaign: those of a slice that
// was cut short have theirs already, and nothing late that waits for one.
func (r *request) reachedOf(key string, customers []courrier.CustomerID) (map[courrier.CustomerID]bool, error) {
	reached := map[courrier.CustomerID]bool{}
	f := dunning.ReminderFilter{Account: r.account(), Campaign: key, Customers: customers}
	for rem, err := range r.desk.cfg.Runner.Queue(r.ctx(), f) {
		if err != nil {
			return nil, err
		}
		reached[rem.Customer] = true
	}
	return reached, nil
}

// codeOf is the reason of a refusal as a record keeps it: no text of an error.
func codeOf(err error) string {
	var e *courrier.Error
	if errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	return courrier.KindOf(err)
}

// saveRun keeps how far a campaign came. What somebody typed goes when it is over: the
// reminders have their own, and an erasure reaches those.
func (r *request) saveRun(c run) error {
	if c.over() {
		c.Text = dunning.Text{}
	}
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	results, err := r.desk.cfg.Client.Config().Store.Commit(r.ctx(), courrier.Change{
		Items: []courrier.Item{{Kind: itemRun, Account: r.account(), ID: c.ID, Version: c.Version, Body: body}},
	})
	if err != nil {
		return err
	}
	return results[0].Err
}

func runOfItem(item courrier.Item) (run, error) {
	c := run{ID: item.ID, Version: item.Version}
	if err := json.Unmarshal(item.Body, &c); err != nil {
		return run{}, fmt.Errorf("campaign: %w", err)
	}
	return c, nil
}

// runOf reads a campaign of the session's account.
func (r *request) runOf(id string) (run, error) {
	item, err := r.desk.cfg.Client.Config().Store.Item(r.ctx(), itemRun, r.account(), id)
	if err != nil {
		return run{}, err
	}
	return runOfItem(item)
}

// runs are the account's last campaigns, the newest first.
func (r *request) runs() ([]run, error) {
	const shown = 10
	items, err := seq.Collect(r.desk.cfg.Client.Config().Store.Items(r.ctx(), courrier.ItemFilter{Kind: itemRun, Account: r.account()}))
	if err != nil {
		return nil, err
	}
	var all []run
	for _, item := range items {
		c, err := runOfItem(item)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b run) int { return b.Begun.Compare(a.Begun) })
	return all[:min(len(all), shown)], nil
}
