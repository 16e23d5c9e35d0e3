package providertest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// declared holds the checks of what a carrier says about itself.
var declared = []check{
	{"declares/name", checkName},
	{"declares/capabilities", checkCapabilities},
	{"declares/abilities", checkAbilities},
}

func checkName(p *probe) {
	p.require(p.name != "" && strings.Trim(p.name, "abcdefghijklmnopqrstuvwxyz") == "", "Name %q: must be lower-case letters only", p.name)
	p.require(p.Provider.Name() == p.name, "Name: changes between two calls")
	if again := p.reopened(); again != nil {
		p.require(again.Name() == p.name, "Name: changes with a restart")
	}
}

// reopened returns another adapter to the same carrier, or nil.
func (p *probe) reopened() courrier.Provider {
	if p.Reopen == nil {
		return nil
	}
	again, err := p.Reopen()
	if err != nil {
		p.fatalf("World.Reopen: %v", err)
	}
	return again
}

func checkCapabilities(p *probe) {
	c := p.caps
	known := func(ok bool, field string, value any) {
		p.require(ok, "Capabilities.%s: %v is not in the vocabulary of package courrier, or is there twice", field, value)
	}
	p.require(len(c.Services) > 0, "Capabilities.Services: is empty: the carrier takes no letter at all")
	for i, s := range c.Services {
		known(slices.Contains(courrier.Services(), s) && !slices.Contains(c.Services[:i], s), "Services", s)
	}
	for i, e := range c.Envelopes {
		known(slices.Contains(allEnvelopes, e) && !slices.Contains(c.Envelopes[:i], e), "Envelopes", e)
	}
	for i, r := range c.Returns {
		known(slices.Contains(allReturns, r) && !slices.Contains(c.Returns[:i], r), "Returns", r)
	}
	for i, k := range c.Proofs {
		known(slices.Contains(courrier.ProofKinds(), k) && !slices.Contains(c.Proofs[:i], k), "Proofs", k)
	}
	for field, n := range map[string]int64{
		"MaxCopies": int64(c.MaxCopies), "MaxDocuments": int64(c.MaxDocuments), "MaxBytes": c.MaxBytes, "MaxSheets": int64(c.MaxSheets),
		"TrackBatch": int64(c.TrackBatch), "PollEvery": int64(c.PollEvery), "SettleAfter": int64(c.SettleAfter),
	} {
		p.require(n >= 0, "Capabilities.%s: is negative", field)
	}
	p.require(c.TrackBatch == 0 || c.Tracks, "Capabilities.TrackBatch: is given without Tracks")
	p.checkStable()
}

// checkStable proves that what one caller does to its copy is not seen by another.
func (p *probe) checkStable() {
	first := comparable(p.Provider.Capabilities())
	scribbled := p.Provider.Capabilities()
	for i := range scribbled.Services {
		scribbled.Services[i] = "scribbled"
	}
	for i := range scribbled.Proofs {
		scribbled.Proofs[i] = "scribbled"
	}
	p.require(reflect.DeepEqual(first, comparable(p.Provider.Capabilities())),
		"Capabilities: changes between two calls, or shares its slices with its callers")
	if again := p.reopened(); again != nil {
		p.require(reflect.DeepEqual(first, comparable(again.Capabilities())), "Capabilities: changes with a restart")
	}
}

// comparable copies capabilities for comparison, without the one field that is a function.
func comparable(c courrier.Capabilities) courrier.Capabilities {
	c.Reaches = nil
	c.Services, c.Proofs = slices.Clone(c.Services), slices.Clone(c.Proofs)
	c.Envelopes, c.Returns = slices.Clone(c.Envelopes), slices.Clone(c.Returns)
	return c
}

var (
	allEnvelopes = []courrier.Envelope{courrier.EnvelopeAuto, courrier.EnvelopeDL, courrier.EnvelopeC6, courrier.EnvelopeC5,
		courrier.EnvelopeC4}
	allReturns = []courrier.ReturnHandling{courrier.ReturnsDefault, courrier.ReturnsToSender, courrier.ReturnsScanned}
)

func checkAbilities(p *probe) {
	_, drafts := p.Provider.(courrier.Drafter)
	_, places := p.Provider.(courrier.Placer)
	_, finds := p.Provider.(courrier.Finder)
	_, cancels := p.Provider.(courrier.Canceller)
	_, tracks := p.Provider.(courrier.Tracker)
	_, proofs := p.Provider.(courrier.ProofFetcher)
	_, quotes := p.Provider.(courrier.Quoter)
	_, webhooks := p.Provider.(courrier.WebhookParser)
	for _, a := range []struct {
		field, iface          string
		declared, implemented bool
	}{
		{"Drafts", "Drafter", p.caps.Drafts, drafts},
		{"Places", "Placer", p.caps.Places, places},
		{"Finds", "Finder", p.caps.Finds, finds},
		{"Cancels", "Canceller", p.caps.Cancels, cancels},
		{"Tracks", "Tracker", p.caps.Tracks, tracks},
		{"Proofs", "ProofFetcher", len(p.caps.Proofs) > 0, proofs},
		{"Quotes", "Quoter", p.caps.Quotes, quotes},
		{"Webhooks", "WebhookParser", p.caps.Webhooks, webhooks},
	} {
		p.require(!a.declared || a.implemented, "Capabilities.%s: is declared, but courrier.%s is not implemented", a.field, a.iface)
		p.require(a.declared || !a.implemented, "Capabilities.%s: is not declared, but courrier.%s is implemented", a.field, a.iface)
	}
}
