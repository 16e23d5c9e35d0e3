package courrier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/courrier-go/courrier/internal/guard"
)

// All that the host and the carriers bring is wrapped here, once, by New and
// AddGate: each call is bounded in time and safe against panics, and what hangs
// again and again is left alone for a while. No other file calls it otherwise.

// The bounds of calls. Each may go on for guard.Patience more.
const (
	hookTimeout = 2 * time.Minute // of one call of the host's code
	pureTimeout = 10 * time.Second
	// placeTimeout bounds the question where letters go, for which a carrier may need a token.
	placeTimeout = time.Minute
)

// guards makes the guards of a client.
type guards struct {
	log     *slog.Logger
	now     func() time.Time
	observe func(context.Context, Operation) (context.Context, func(error))
}

func (g guards) caller(name string) *guard.Caller {
	return &guard.Caller{Name: name, Log: g.log, Now: g.now, Answers: func(err error) bool {
		return refused(err) || errors.Is(err, ErrNotFound)
	}}
}

// guardError gives what a guard says the form of our errors; nil for what it does
// not say. A call that may have left something behind is in doubt.
func guardError(op, provider string, effect bool, err error) error {
	e := &Error{Op: op, Provider: provider, Kind: ErrUnavailable, Err: err}
	if effect {
		e.Kind = ErrInDoubt
	}
	switch {
	case errors.Is(err, guard.ErrOverran):
		e.Code = CodeOverran
	case errors.Is(err, guard.ErrPanicked):
		e.Code = CodePanic
	case errors.Is(err, guard.ErrLeftAlone):
		e.Code, e.Kind = CodeLeftAlone, ErrUnavailable // no call was made
	default:
		return nil
	}
	return e
}

// hookKinds are the kinds that an error of the host's code may be of. A conflict
// is only ever the store's.
var hookKinds = []error{ErrInvalid, ErrUnsupported, ErrRejected, ErrDenied, ErrInsufficientCredit, ErrNotFound, ErrInDoubt}

// hookError gives an error of the host's code exactly one kind: its own, else
// ErrUnavailable.
func hookError(ctx context.Context, op string, err error) error {
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	if e := guardError(op, "", false, err); e != nil {
		return e
	}
	kind := ErrUnavailable
	for _, k := range hookKinds {
		if errors.Is(err, k) {
			kind = k
			break
		}
	}
	return &Error{Op: op, Kind: kind, Err: err}
}

// hook makes one call of the host's code.
func hook[T any](ctx context.Context, c *guard.Caller, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	value, err := guard.Do(ctx, c, most, f)
	return value, hookError(ctx, c.Name, err)
}

// carrier is a Provider behind its guard. An ability is nil when it has it not.
type carrier struct {
	provider  Provider
	guard     *guard.Caller
	observe   func(context.Context, Operation) (context.Context, func(error))
	name      string
	caps      Capabilities
	placer    Placer
	drafter   Drafter
	finder    Finder
	canceller Canceller
	tracker   Tracker
	fetcher   ProofFetcher
	quoter    Quoter
	parser    WebhookParser
}

// carrier wraps a provider. Name and Capabilities, which never change, are asked
// for here and never again.
func (g guards) carrier(p Provider) (*carrier, error) {
	type facts struct {
		name string
		caps Capabilities
	}
	said, err := guard.Call(context.Background(), g.log, pureTimeout, func(context.Context) (facts, error) {
		return facts{p.Name(), p.Capabilities()}, nil
	})
	if err != nil {
		return nil, err
	}
	c := &carrier{provider: p, guard: g.caller(said.name), observe: g.observe, name: said.name, caps: said.caps}
	c.placer, _ = p.(Placer)
	c.drafter, _ = p.(Drafter)
	c.finder, _ = p.(Finder)
	c.canceller, _ = p.(Canceller)
	c.tracker, _ = p.(Tracker)
	c.fetcher, _ = p.(ProofFetcher)
	c.quoter, _ = p.(Quoter)
	c.parser, _ = p.(WebhookParser)
	return c, nil
}

// carriers wraps the providers of a Config, in their order and by name.
func (g guards) carriers(all []Provider, k *Checks) (order []*carrier, byName map[string]*carrier) {
	k.Require(len(all) > 0, "Providers", "is empty", "give at least one carrier")
	byName = make(map[string]*carrier, len(all))
	for i, p := range all {
		field := fmt.Sprintf("Providers[%d]", i)
		if !k.Require(p != nil, field, "is nil", "leave it out") {
			continue
		}
		c, err := g.carrier(p)
		if !k.Require(err == nil, field, "does not say its name and capabilities", "mend the adapter: these methods neither panic nor wait") {
			continue
		}
		k.Require(c.name != "", field, "has no name", "let Name return lower-case letters, the same for ever")
		k.Require(byName[c.name] == nil, field, "has the name of one before it", "name each carrier once")
		byName[c.name] = c
		order = append(order, c)
	}
	return order, byName
}

// overran tells whether a call did not end with its context.
func overran(err error) bool { return errors.Is(err, guard.ErrOverran) }

// check tells why the carrier cannot take a letter, if it cannot. What its Reaches
// cannot say now is not a no.
func (c *carrier) check(ctx context.Context, l Letter, p PrintOptions) error {
	caps := c.caps
	if caps.Reaches != nil {
		yes, err := ask(ctx, c, Operation{Name: "reach", Service: l.Service, Account: l.Account}, pureTimeout, func(context.Context) (bool, error) { return c.caps.Reaches(l.Service, l.To.Address), nil })
		if err != nil {
			return &Error{Op: "reach", Kind: ErrUnavailable, Provider: c.name, Err: err}
		}
		caps.Reaches = func(Service, Address) bool { return yes }
	}
	return caps.Check(l, p)
}

// ask makes one call of the carrier. Its own errors stay as they are: they say
// what became of the letter.
func ask[T any](ctx context.Context, c *carrier, op Operation, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	return observed(ctx, c, op, func(ctx context.Context) (T, error) {
		value, err := guard.Do(ctx, c.guard, most, f)
		return value, c.errorOf(op.Name, err)
	})
}

func (c *carrier) errorOf(op string, err error) error {
	if e := guardError(op, c.name, true, err); e != nil {
		return e
	}
	return err
}

// submit makes one attempt. late gets what it brings after it was given up.
func (c *carrier) submit(ctx context.Context, s Submission, most time.Duration, late func(Receipt, error)) (Receipt, error) {
	return observed(ctx, c, s.of("submit"), func(ctx context.Context) (Receipt, error) {
		r, err := guard.DoLate(ctx, c.guard, most, func(ctx context.Context) (Receipt, error) { return c.provider.Submit(ctx, s) }, late)
		return c.receipt(r, c.errorOf("submit", err))
	})
}

// receipt tells an outcome that contradicts itself from one that does not.
func (c *carrier) receipt(r Receipt, err error) (Receipt, error) {
	r = r.repaired()
	switch {
	case err == nil && r.ProviderID == "":
		err = &Error{Op: "submit", Kind: ErrInDoubt, Provider: c.name, Code: CodeNoID, Err: errors.New("accepted without an id")}
	case err != nil && nothingAccepted(err) && (errors.Is(err, ErrInDoubt) || r.ProviderID != ""):
		err = &Error{Op: "submit", Kind: ErrInDoubt, Provider: c.name, Code: CodeContradiction, Err: errors.New("the outcome contradicts itself")}
	}
	return r, err
}

// place names where the carrier has the letters of a record's account; "" when it does
// not tell.
func (c *carrier) place(ctx context.Context, rec LetterRecord) (string, error) {
	if c.placer == nil {
		return "", nil
	}
	account := rec.Letter.Account
	return ask(ctx, c, rec.Reference().of("place"), placeTimeout, func(ctx context.Context) (string, error) { return c.placer.Place(ctx, account) })
}

func (c *carrier) draft(ctx context.Context, s Submission) (string, error) {
	return ask(ctx, c, s.of("draft"), submitTimeout, func(ctx context.Context) (string, error) { return c.drafter.Draft(ctx, s) })
}

func (c *carrier) find(ctx context.Context, ref Reference) (Receipt, error) {
	r, err := ask(ctx, c, ref.of("settle"), submitTimeout, func(ctx context.Context) (Receipt, error) { return c.finder.Find(ctx, ref) })
	return r.repaired(), err
}

func (c *carrier) cancel(ctx context.Context, ref Reference) error {
	_, err := ask(ctx, c, ref.of("cancel"), submitTimeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.canceller.Cancel(ctx, ref) })
	return err
}

func (c *carrier) track(ctx context.Context, refs []Reference) ([]TrackingEvent, error) {
	return ask(ctx, c, Operation{Name: "track", Items: len(refs)}, submitTimeout, func(ctx context.Context) ([]TrackingEvent, error) { return c.tracker.Track(ctx, refs) })
}

func (c *carrier) proof(ctx context.Context, ref Reference, kind ProofKind) (Document, error) {
	return ask(ctx, c, ref.of("fetch proof"), submitTimeout, func(ctx context.Context) (Document, error) { return c.fetcher.Proof(ctx, ref, kind) })
}

func (c *carrier) quote(ctx context.Context, l Letter) (Amount, error) {
	return ask(ctx, c, Operation{Name: "quote", Service: l.Service, Account: l.Account}, submitTimeout, func(ctx context.Context) (Amount, error) { return c.quoter.Quote(ctx, l) })
}

func (c *carrier) parse(ctx context.Context, header http.Header, query map[string][]string, body []byte) (Webhook, error) {
	// A body that a stranger made must not get the carrier left alone.
	hook, err := guard.Call(ctx, c.guard.Log, pureTimeout, func(context.Context) (Webhook, error) { return c.parser.ParseWebhook(header, query, body) })
	if e := guardError("parse webhook", c.name, false, err); e != nil {
		return Webhook{}, e
	}
	return hook, err
}

// settleAfter is the longest the carrier may take to show a letter.
func (c *carrier) settleAfter() time.Duration {
	if c != nil && c.caps.SettleAfter > 0 {
		return c.caps.SettleAfter
	}
	return defaultSettleAfter
}

// guardedContents are the host's Contents behind their guard.
type guardedContents struct {
	guard *guard.Caller
	inner Contents
	many  contentsTogether // nil when it has no such methods
}

func (g guards) contents(inner Contents) Contents {
	many, _ := inner.(contentsTogether)
	plain := guardedContents{g.caller("contents"), inner, many}
	if d, ok := inner.(ContentDeleter); ok {
		has, _ := inner.(contentHaver)
		return guardedDeleter{plain, d, has}
	}
	return plain
}

func (g guardedContents) PutContent(ctx context.Context, sum Sum, content []byte) error {
	_, err := hook(ctx, g.guard, hookTimeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, g.inner.PutContent(ctx, sum, content)
	})
	return err
}

func (g guardedContents) Content(ctx context.Context, sum Sum) ([]byte, error) {
	return hook(ctx, g.guard, hookTimeout, func(ctx context.Context) ([]byte, error) { return g.inner.Content(ctx, sum) })
}

// contentsTogether is described at Contents.
type contentsTogether interface {
	PutContents(ctx context.Context, contents map[Sum][]byte) error
	HasContents(ctx context.Context, sums ...Sum) ([]Sum, error)
}

// guardedTogether are Contents that write and find several at once.
type guardedTogether struct{ guardedContents }

func (g guardedContents) several() contentsTogether {
	if g.many == nil {
		return nil
	}
	return guardedTogether{g}
}

func (g guardedTogether) PutContents(ctx context.Context, contents map[Sum][]byte) error {
	_, err := hook(ctx, g.guard, hookTimeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, g.many.PutContents(ctx, contents)
	})
	return err
}

func (g guardedTogether) HasContents(ctx context.Context, sums ...Sum) ([]Sum, error) {
	return hook(ctx, g.guard, hookTimeout, func(ctx context.Context) ([]Sum, error) { return g.many.HasContents(ctx, sums...) })
}

// guardedDeleter are Contents that can forget.
type guardedDeleter struct {
	guardedContents
	deleter ContentDeleter
	has     contentHaver // nil when it has no such method
}

// contentHaver is described at Contents.
type contentHaver interface {
	HasContent(ctx context.Context, sum Sum) (bool, error)
}

func (g guardedDeleter) HasContent(ctx context.Context, sum Sum) (bool, error) {
	return hook(ctx, g.guard, hookTimeout, func(ctx context.Context) (bool, error) { return g.has.HasContent(ctx, sum) })
}

func (g guardedDeleter) DeleteContent(ctx context.Context, sum Sum) error {
	_, err := hook(ctx, g.guard, hookTimeout, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, g.deleter.DeleteContent(ctx, sum)
	})
	return err
}

// guardedGate is a Gate behind its guard; keeper is nil when it keeps no contents.
type guardedGate struct {
	guard  *guard.Caller
	gate   Gate
	keeper ContentKeeper
}

func (g guards) gate(inner Gate) guardedGate {
	keeper, _ := inner.(ContentKeeper)
	return guardedGate{g.caller("gate"), inner, keeper}
}

func (g guardedGate) Ask(ctx context.Context, r LetterRecord) (Verdict, error) {
	return hook(ctx, g.guard, hookTimeout, func(ctx context.Context) (Verdict, error) { return g.gate.Ask(ctx, r) })
}

// keeps tells whether the gate still needs a content.
func (g guardedGate) keeps(ctx context.Context, account AccountID, sum Sum) (bool, error) {
	if g.keeper == nil {
		return false, nil
	}
	return hook(ctx, g.guard, hookTimeout, func(ctx context.Context) (bool, error) { return g.keeper.KeepsContent(ctx, account, sum) })
}

// hooks are the host's functions behind their guards; nil where the host gave none.
type hooks struct {
	price     func(ctx context.Context, l Priceable) ([]PriceLine, error)
	inspect   func(ctx context.Context, d Document, inWindow bool) (Inspection, error)
	authorize func(ctx context.Context, actor Actor, a Action) error
	route     func(ctx context.Context, l Letter) ([]string, error)
	unknown   func(ctx context.Context, e TrackingEvent)
	address   func(ctx context.Context, a Address) (AddressCheck, error)
}

func (g guards) hooks(cfg Config) hooks {
	return hooks{g.price(cfg.Tariff), g.inspect(cfg.Inspector), g.authorize(cfg.Authorize), g.route(cfg.Route), g.unknown(cfg.OnUnknownCode), g.address(cfg.AddressChecker)}
}

func (g guards) price(t Tariff) func(context.Context, Priceable) ([]PriceLine, error) {
	if t == nil {
		return nil
	}
	c := g.caller("tariff")
	return func(ctx context.Context, l Priceable) ([]PriceLine, error) {
		return hook(ctx, c, pureTimeout, func(context.Context) ([]PriceLine, error) { return t.Price(l) })
	}
}

func (g guards) inspect(i Inspector) func(context.Context, Document, bool) (Inspection, error) {
	if i == nil {
		return nil
	}
	c := g.caller("inspect")
	return func(ctx context.Context, d Document, inWindow bool) (Inspection, error) {
		return hook(ctx, c, hookTimeout, func(ctx context.Context) (Inspection, error) { return i.Inspect(ctx, d, inWindow) })
	}
}

func (g guards) authorize(f func(context.Context, Actor, Action) error) func(context.Context, Actor, Action) error {
	if f == nil {
		return nil
	}
	c := g.caller("authorize")
	return func(ctx context.Context, actor Actor, a Action) error {
		_, err := guard.Do(ctx, c, hookTimeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx, actor, a) })
		if e := guardError(string(a.Kind), "", false, err); e != nil {
			return e // nobody said no
		}
		if err != nil {
			return &Error{Op: string(a.Kind), Kind: ErrDenied, Err: err}
		}
		return nil
	}
}

func (g guards) route(f func(context.Context, Letter) ([]string, error)) func(context.Context, Letter) ([]string, error) {
	if f == nil {
		return nil
	}
	c := g.caller("route")
	return func(ctx context.Context, l Letter) ([]string, error) {
		return hook(ctx, c, hookTimeout, func(ctx context.Context) ([]string, error) { return f(ctx, l) })
	}
}

func (g guards) address(r AddressChecker) func(context.Context, Address) (AddressCheck, error) {
	if r == nil {
		return nil
	}
	c := g.caller("check address")
	return func(ctx context.Context, a Address) (AddressCheck, error) { // somebody waits for the letter
		return hook(ctx, c, pureTimeout, func(ctx context.Context) (AddressCheck, error) { return r.CheckAddress(ctx, a) })
	}
}

func (g guards) unknown(f func(context.Context, TrackingEvent)) func(context.Context, TrackingEvent) {
	if f == nil {
		return nil
	}
	c := g.caller("on unknown code")
	return func(ctx context.Context, e TrackingEvent) {
		_, _ = hook(ctx, c, recordTimeout, func(ctx context.Context) (struct{}, error) { f(ctx, e); return struct{}{}, nil })
	}
}

// panicked names what a duty of our own ended by.
func panicked(id LetterID) error {
	return &Error{Op: "work", Kind: ErrUnavailable, Code: CodePanic, LetterID: id, Err: fmt.Errorf("%w; it is tried again later", guard.ErrPanicked)}
}
