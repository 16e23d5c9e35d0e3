package providertest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// calling holds the checks of the carrier's own calls.
var calling = []check{
	{"webhook/events", checkWebhookEvents},
	{"webhook/strangers", checkWebhookStrangers},
	{"webhook/garbage", checkWebhookGarbage},
}

// parse reads one call of the carrier.
func (p *probe) parse(c WebhookCall) (hook courrier.Webhook, err error) {
	parser, ok := p.Provider.(courrier.WebhookParser)
	p.needs(p.caps.Webhooks && ok, "Webhooks")
	err = p.bounded(p.ctx, "webhook", func(context.Context) (err error) {
		hook, err = parser.ParseWebhook(c.Header, c.Query, c.Body)
		return err
	})
	return hook, err
}

// called lets letters of every service travel and returns the carrier's calls,
// with what polling told about the same letters.
func (p *probe) called() (calls []WebhookCall, polled []courrier.TrackingEvent, refs []courrier.Reference) {
	p.needs(p.caps.Webhooks, "Webhooks")
	if p.Webhooks == nil {
		p.skipf("the world has no Webhooks")
	}
	p.needsClock()
	for _, s := range p.caps.Services {
		ref, receipt := p.accept(p.submission(s))
		refs = append(refs, ref)
		polled = append(polled, receipt.Events...)
		if p.caps.Tracks {
			polled = append(polled, p.follow(ref)...)
		} else {
			p.Advance(p.Journey)
		}
	}
	calls = p.Webhooks()
	if len(calls) == 0 {
		p.fatalf("World.Webhooks: the carrier made no call although letters have travelled")
	}
	return calls, polled, refs
}

func checkWebhookEvents(p *probe) {
	calls, polled, refs := p.called()
	var told []courrier.TrackingEvent
	for _, c := range calls {
		hook, err := p.parse(c)
		if !p.require(err == nil, "webhook: a genuine call is refused: %v", err) {
			continue
		}
		p.require(hook.Status == 0 || hook.Status/100 == 2, "webhook: Status %d is no success", hook.Status)
		p.checkEvents("webhook", hook.Events, courrier.SourceWebhook)
		again, err := p.parse(c)
		p.require(err == nil && slices.Equal(sortedIDs(hook.Events), sortedIDs(again.Events)),
			"webhook: a call made twice has other event ids the second time")
		told = append(told, hook.Events...)
	}
	p.requireSameIDs("webhook and track", slices.Concat(polled, told))
	for _, r := range refs {
		about := func(e courrier.TrackingEvent) bool { return concerns(e, []courrier.Reference{r}) }
		p.require(slices.ContainsFunc(told, about), "webhook: no call tells anything about a %s letter", r.Service)
	}
}

func checkWebhookStrangers(p *probe) {
	calls, _, _ := p.called()
	for _, forged := range []func(WebhookCall) WebhookCall{unsigned, missigned} {
		hook, err := p.parse(forged(calls[0]))
		if err != nil {
			p.require(errors.Is(err, courrier.ErrDenied), "webhook by a stranger: want ErrDenied: %v", err)
			continue
		}
		for _, e := range hook.Events {
			p.require(e.Hint, "webhook by a stranger: event %s is believed; refuse the call with ErrDenied, or mark it as a Hint", e.Code)
		}
	}
}

// unsigned is the call without anything that could vouch for it.
func unsigned(c WebhookCall) WebhookCall {
	return WebhookCall{Header: http.Header{"Content-Type": c.Header["Content-Type"]}, Body: c.Body}
}

// missigned is the call with every secret a little wrong.
func missigned(c WebhookCall) WebhookCall {
	wrong := WebhookCall{Header: c.Header.Clone(), Query: maps.Clone(c.Query), Body: c.Body}
	for name, values := range wrong.Header {
		if name != "Content-Type" && name != "Content-Length" {
			wrong.Header[name] = alter(values)
		}
	}
	for name, values := range wrong.Query {
		wrong.Query[name] = alter(values)
	}
	return wrong
}

// alter changes the last letters and digits of each value.
func alter(values []string) []string {
	wrong := make([]string, len(values))
	for i, v := range values {
		cut := max(len(v)-4, 0)
		wrong[i] = v[:cut] + strings.Map(func(r rune) rune {
			switch {
			case r == 'a':
				return 'b'
			case r >= '1' && r <= '9', r > 'a' && r <= 'z', r > 'A' && r <= 'Z':
				return r - 1
			}
			return r
		}, v[cut:])
	}
	return wrong
}

// unreadable bodies, for any format.
var unreadable = []string{
	"", "not json", "{", "[", "{\"", "\x00\xff\xfe", "<xml", "{\"a\":", strings.Repeat("[", 10_000), strings.Repeat("{\"a\":", 10_000),
}

// strange bodies, which a parser may read or not.
var strange = []string{
	"null", "{}", "[]", "1", "\"x\"", "true", "{\"event\":null}", "{\"event\":[]}", "{\"event\":{\"name\":1e999}}",
	"{\"a\":\"\\ud800\"}", strings.Repeat(" ", 1<<20),
}

func checkWebhookGarbage(p *probe) {
	calls, _, _ := p.called()
	genuine := calls[0]
	try := func(body string, must bool) {
		_, err := p.parse(WebhookCall{Header: genuine.Header, Query: genuine.Query, Body: []byte(body)})
		told := errors.Is(err, courrier.ErrInvalid) || errors.Is(err, courrier.ErrDenied)
		p.require(told || err == nil && !must, "webhook with %d bytes of garbage: want ErrInvalid: %v", len(body), err)
	}
	for _, b := range unreadable {
		try(b, true)
	}
	for _, b := range strange {
		try(b, false)
	}
	for cut := 1; cut < len(genuine.Body); cut += max(len(genuine.Body)/40, 1) {
		try(string(genuine.Body[:cut]), false)
	}
	for _, header := range []http.Header{nil, {}} {
		_, err := p.parse(WebhookCall{Header: header, Body: genuine.Body})
		p.require(err == nil || errors.Is(err, courrier.ErrDenied) || errors.Is(err, courrier.ErrInvalid),
			"webhook without a header: want ErrDenied: %v", err)
	}
}
