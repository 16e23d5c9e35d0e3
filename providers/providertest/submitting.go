package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
)

// submitting holds the checks of what Submit takes, refuses and answers.
var submitting = []check{
	{"submit/services", checkServices},
	{"submit/product", checkProduct},
	{"submit/accounts", checkAccounts},
	{"submit/documents", checkDocuments},
	{"submit/limits", checkLimits},
	{"submit/reach", checkReach},
	{"submit/rejected", checkRejected},
	{"submit/unavailable", func(p *probe) { checkUnavailable(p, Unavailable) }},
	{"submit/unreachable", func(p *probe) { checkUnavailable(p, Unreachable) }},
	{"submit/lost answer", func(p *probe) { checkUntold(p, LostAnswer) }},
	{"submit/no answer", func(p *probe) { checkUntold(p, NoAnswer) }},
	{"submit/silence", checkSilence},
	{"submit/cancelled before", checkCancelledBefore},
	{"submit/concurrent", checkConcurrent},
	{"quote", checkQuote},
}

func checkServices(p *probe) {
	for _, s := range courrier.Services() {
		sub := p.submission(s)
		if !slices.Contains(p.caps.Services, s) {
			p.requireRefused(sub, fmt.Sprintf("submit %s, which is not declared", s))
			continue
		}
		p.accept(sub)
		p.requireTaken(1, sub.ID, fmt.Sprintf("submit %s", s))
	}
}

// checkProduct proves that each letter is taken for the service it was sent with: a
// registered letter sent as an ordinary one is no notice.
func checkProduct(p *probe) {
	if p.Service == nil {
		p.skipf("the world has no Service")
	}
	for _, s := range p.caps.Services {
		sub := p.submission(s)
		p.accept(sub)
		p.require(p.Service(sub.ID) == s, "submit %s: the carrier took it for %q", s, p.Service(sub.ID))
	}
}

// checkAccounts proves that letters leave on their own account, and that one account
// does not see the letters of another.
func checkAccounts(p *probe) {
	if p.Account == nil {
		p.skipf("the world has no Account")
	}
	for _, account := range []courrier.AccountID{"account-1", "account-2"} {
		sub := p.submission(p.anyService())
		sub.Letter.Account = account
		ref, _ := p.accept(sub)
		p.require(p.Account(sub.ID) == account, "submit for %s: the carrier took the letter for %q", account, p.Account(sub.ID))
		p.requireFoundBy(ref, account)
	}
}

// requireFoundBy asks about a letter in doubt with its account, as Find must.
func (p *probe) requireFoundBy(ref courrier.Reference, account courrier.AccountID) {
	if !p.caps.Finds {
		return
	}
	p.settle()
	doubtful := ref
	doubtful.ProviderID, doubtful.TrackingNumber, doubtful.Account = "", "", account
	p.requireFound(p.Provider, doubtful, ref.ProviderID)
}

// checkDocuments proves that every document arrives whole and in its place.
func checkDocuments(p *probe) {
	if p.Documents == nil {
		p.skipf("the world has no Documents")
	}
	sub := p.submission(p.anyService())
	for n := range min(orElse(p.caps.MaxDocuments, courrier.MaxDocuments), 3) - 1 {
		// A comment after the end makes a document of its own.
		content := append(slices.Clone(sub.Letter.Documents[0].Content), fmt.Sprintf("\n%%%d\n", n)...)
		sub.Letter.Documents = append(sub.Letter.Documents, courrier.NewDocument(fmt.Sprintf("attachment-%d.pdf", n), content))
	}
	var want []courrier.Sum
	for _, d := range sub.Letter.Documents {
		want = append(want, courrier.SumOf(d.Content))
	}
	p.accept(sub)
	got := p.Documents(sub.ID)
	p.require(slices.Equal(want, got), "submit: of %d documents the carrier prints %d, or others, or in another order", len(want), len(got))
}

// requireRefused submits a letter that must be refused before anything is accepted.
func (p *probe) requireRefused(s courrier.Submission, when string) {
	_, err := p.submit(p.ctx, &s)
	p.requireVerdict(err, when, refused)
	p.requireTaken(0, s.ID, when)
}

// letters the carrier must take or refuse, by what it declares.
type limitCase struct {
	name   string
	within bool
	change func(*courrier.Letter)
}

func checkLimits(p *probe) {
	s := p.anyService()
	for _, c := range slices.Concat(p.sizeCases(), p.optionCases()) {
		sub := p.submission(s)
		c.change(&sub.Letter)
		if c.within {
			p.accept(sub)
			p.requireTaken(1, sub.ID, "submit "+c.name)
			continue
		}
		p.requireRefused(sub, "submit "+c.name)
	}
}

func (p *probe) sizeCases() []limitCase {
	documents := orElse(p.caps.MaxDocuments, courrier.MaxDocuments)
	bytes := orElse(p.caps.MaxBytes, courrier.MaxDocumentBytes)
	copies := orElse(p.caps.MaxCopies, 1)
	// Where a carrier declares no limit, the library keeps its own.
	cases := []limitCase{
		{"as many documents as declared", true, withDocuments(documents)},
		{"as many bytes as declared", true, withBytes(int(bytes))},
		{"as many copies as declared", true, withCopies(copies)},
		{"one copy more than declared", false, withCopies(copies + 1)},
	}
	if p.caps.MaxDocuments > 0 {
		cases = append(cases, limitCase{"one document more than declared", false, withDocuments(documents + 1)})
	}
	if p.caps.MaxBytes > 0 {
		cases = append(cases, limitCase{"one byte more than declared", false, withBytes(int(bytes) + 1)})
	}
	if p.caps.MaxSheets > 0 {
		cases = append(cases,
			limitCase{"as many sheets as declared", true, withPages(p.caps.MaxSheets)},
			limitCase{"one sheet more than declared", false, withPages(p.caps.MaxSheets + 1)})
		// Copies and documents multiply sheets: keep the other cases within.
		cases = slices.DeleteFunc(cases, func(c limitCase) bool {
			var l courrier.Letter
			l.Print = &courrier.PrintOptions{}
			l.Documents = []courrier.Document{{Pages: 1}}
			if !c.within {
				return false
			}
			c.change(&l)
			sheets, known := l.Sheets(*l.Print)
			return known && sheets > p.caps.MaxSheets
		})
	}
	return cases
}

func orElse[T int | int64](n, fallback T) T {
	if n == 0 {
		return fallback
	}
	return n
}

func withDocuments(n int) func(*courrier.Letter) {
	return func(l *courrier.Letter) {
		l.Documents = nil
		for i := range n {
			l.Documents = append(l.Documents, samplePDF(fmt.Sprintf("part %d.pdf", i), 1, 0))
		}
	}
}

func withBytes(n int) func(*courrier.Letter) {
	return func(l *courrier.Letter) { l.Documents = []courrier.Document{samplePDF("large.pdf", 1, n)} }
}

func withPages(n int) func(*courrier.Letter) {
	return func(l *courrier.Letter) { l.Documents = []courrier.Document{samplePDF("long.pdf", n, 0)} }
}

func withCopies(n int) func(*courrier.Letter) {
	return func(l *courrier.Letter) { l.Print.Copies = n }
}

func (p *probe) optionCases() []limitCase {
	c := p.caps
	cases := []limitCase{
		{"in colour", !c.NoColor, func(l *courrier.Letter) { l.Print.Color = true }},
		{"on both sides", !c.NoDuplex, func(l *courrier.Letter) { l.Print.Duplex = true }},
		{"stapled", !c.NoStaple, func(l *courrier.Letter) { l.Print.Staple = true }},
	}
	if c.MaxSheets != 1 {
		cases = append(cases, limitCase{"with a carrier sheet", !c.NoCarrierSheet, func(l *courrier.Letter) { l.Print.CarrierSheet = true }})
	}
	for _, e := range allEnvelopes {
		offered := e == courrier.EnvelopeAuto || slices.Contains(c.Envelopes, e)
		cases = append(cases, limitCase{fmt.Sprintf("in envelope %q", e), offered, func(l *courrier.Letter) { l.Print.Envelope = e }})
	}
	for _, r := range allReturns {
		offered := r == courrier.ReturnsDefault || slices.Contains(c.Returns, r)
		cases = append(cases, limitCase{fmt.Sprintf("with returns %q", r), offered, func(l *courrier.Letter) { l.Returns = r }})
	}
	return cases
}

// destinations to try: one of each kind French post knows.
var destinations = []courrier.Address{
	{Street: "2 rue Victor Hugo", Postcode: "97110", City: "Pointe-à-Pitre", Country: "FR"},
	{Street: "8 avenue des Spélugues", Postcode: "98000", City: "Monaco", Country: "MC"},
	{Street: "Kurfürstendamm 21", Postcode: "10719", City: "Berlin", Country: "DE"},
	{Street: "350 Fifth Avenue", Postcode: "10118", City: "New York NY", Country: "US"},
}

func checkReach(p *probe) {
	if p.caps.Reaches == nil {
		p.skipf("the carrier declares to reach every address")
	}
	for _, s := range p.caps.Services {
		for _, d := range destinations {
			sub := p.submission(s)
			sub.Letter.To.Address = d
			if p.caps.Reaches(s, d) {
				p.accept(sub)
				continue
			}
			p.requireRefused(sub, fmt.Sprintf("submit %s to %s, which is not reached", s, d.Country))
		}
	}
}

func checkRejected(p *probe) {
	p.suffer(Reject)
	s := p.submission(p.anyService())
	const when = "submit to a carrier that refuses"
	_, err := p.submit(p.ctx, &s)
	p.requireVerdict(err, when, refused)
	p.requireTaken(0, s.ID, when)
	var e *courrier.Error
	if p.require(errors.As(err, &e), "%s: the error holds no *courrier.Error: %v", when, err) {
		p.require(e.Code != "", "%s: the carrier's code is missing from courrier.Error.Code", when)
		p.require(e.Provider == p.name, "%s: courrier.Error.Provider is %q, not the carrier's name", when, e.Provider)
	}
	p.fault(NoFault)
	p.requireNotFound(s, "find a refused letter", courrier.ErrRejected)
}

func checkUnavailable(p *probe, f Fault) {
	s := p.prepared()
	p.suffer(f)
	when := "submit to a carrier that is " + string(f)
	_, err := p.hand(p.ctx, s)
	p.requireTaken(0, s.ID, when)
	p.fault(NoFault)
	// An adapter that cannot know what a 503 means may stay in doubt, if it can
	// ask. Without a connection there is no doubt.
	if verdictOf(err) == inDoubt && f == Unavailable && p.caps.Finds {
		p.requireNotFound(s, "find a letter that was answered with "+string(f))
	} else {
		p.requireVerdict(err, when, postponed)
	}
	p.accept(s)
	p.requireTaken(1, s.ID, "submit again once the carrier is back")
}

// checkUntold is the check that matters most: the carrier has the letter and
// nobody was told.
func checkUntold(p *probe, f Fault) {
	s, err := p.lose(f)
	p.requireVerdict(err, "submit with "+string(f), inDoubt)
	p.requireTaken(1, s.ID, "submit with "+string(f))
}

// lose submits a letter that the carrier takes without a word. Another letter goes
// before it, for net/http repeats some requests on connections used before.
func (p *probe) lose(f Fault) (courrier.Submission, error) {
	p.accept(p.submission(p.anyService()))
	s := p.prepared()
	p.suffer(f)
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	go func() {
		if p.eventually(p.Timeout, func() bool { return p.taken(s.ID) > 0 || ctx.Err() != nil }) {
			select {
			case <-time.After(p.Grace):
				cancel()
			case <-ctx.Done():
			}
		}
	}()
	_, err := p.hand(ctx, s)
	p.fault(NoFault)
	return s, err
}

func checkSilence(p *probe) {
	s, err := p.unheard()
	p.requireVerdict(err, "submit to a silent carrier", inDoubt, postponed)
	p.requireTaken(0, s.ID, "submit to a silent carrier")
}

// unheard submits a letter to a carrier that never answers.
func (p *probe) unheard() (courrier.Submission, error) {
	s := p.prepared()
	p.suffer(Silence)
	ctx, cancel := context.WithTimeout(p.ctx, p.Silence)
	defer cancel()
	_, err := p.hand(ctx, s)
	return s, err
}

func checkCancelledBefore(p *probe) {
	s := p.prepared()
	ctx, cancel := context.WithCancel(p.ctx)
	cancel()
	_, err := p.hand(ctx, s)
	p.requireVerdict(err, "submit with a context that has ended", inDoubt, postponed)
	p.requireTaken(0, s.ID, "submit with a context that has ended")
}

// crowd is how many goroutines use an adapter at once.
const crowd = 8

func checkConcurrent(p *probe) {
	service := p.anyService()
	subs, ids := make([]courrier.Submission, crowd), make([]string, crowd)
	var wg sync.WaitGroup
	for i := range subs {
		subs[i] = p.submission(service)
		wg.Go(func() {
			if reason := p.attempt(func(p *probe) { ids[i] = p.useAll(subs[i]) }); reason != "" {
				p.problemf("concurrent use: %s", reason)
			}
		})
	}
	wg.Wait()
	for _, s := range subs {
		p.requireTaken(1, s.ID, "concurrent use")
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	slices.Sort(ids)
	p.require(len(slices.Compact(slices.Clone(ids))) == len(ids), "concurrent use: two letters have one ProviderID")
}

// useAll makes every call that an adapter offers about one letter and returns the
// carrier's id of it.
func (p *probe) useAll(s courrier.Submission) string {
	p.Provider.Capabilities()
	ref, _ := p.accept(s)
	if p.caps.Finds {
		if _, err := p.find(p.Provider, ref); err != nil {
			p.problemf("find during concurrent use: %v", err)
		}
	}
	if p.caps.Tracks {
		p.track([]courrier.Reference{ref})
	}
	for _, k := range p.caps.Proofs {
		if _, err := p.proof(p.Provider, ref, k); err != nil && !errors.Is(err, courrier.ErrNotFound) {
			p.problemf("proof during concurrent use: %v", err)
		}
	}
	return ref.ProviderID
}

func checkQuote(p *probe) {
	quoter, ok := p.Provider.(courrier.Quoter)
	p.needs(p.caps.Quotes && ok, "Quotes")
	quote := func(l courrier.Letter) (a courrier.Amount, err error) {
		err = p.bounded(p.ctx, "quote", func(ctx context.Context) (err error) {
			a, err = quoter.Quote(ctx, l)
			return err
		})
		return a, err
	}
	for _, s := range courrier.Services() {
		l := p.submission(s).Letter
		p.keepPrivate(l)
		price, err := quote(l)
		if !slices.Contains(p.caps.Services, s) {
			p.require(err != nil, "quote %s: a service that is not declared has a price", s)
			continue
		}
		if p.require(err == nil, "quote %s: %v", s, err) {
			p.require(price.Unit() != "" && price.Sign() >= 0, "quote %s: %q is no price", s, price)
		}
	}
	p.require(len(p.Accepted()) == 0, "quote: the carrier accepted a letter")
}
