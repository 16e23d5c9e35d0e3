package courrier

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Quote is what a letter would cost and who would carry it.
type Quote struct {
	Price        Amount       `json:"price"`                  // by the host's tariff; the zero Amount when nothing is charged
	PriceLines   []PriceLine  `json:"price_lines,omitempty"`  // what it is made of
	CarrierPrice Amount       `json:"carrier_price,omitzero"` // the carrier's own, when it can be asked
	Billing      BillingMode  `json:"billing"`
	Provider     string       `json:"provider,omitempty"`
	Print        PrintOptions `json:"print"`
	Zone         Zone         `json:"zone"`
	Sheets       int          `json:"sheets,omitempty"` // 0 when page counts are not known
}

// Preview is what will leave if the letter is sent as it is.
type Preview struct {
	Quote
	Lines           []string         `json:"lines"`                      // the address as it will be printed
	Documents       []Document       `json:"documents"`                  // as inspected
	Warnings        []Finding        `json:"warnings,omitempty"`         // what a person should look at; none forbids sending
	AddressWarnings []AddressWarning `json:"address_warnings,omitempty"` // what is printed otherwise than it was typed
	AddressCheck    *AddressCheck    `json:"address_check,omitempty"`    // of a registered letter, by Config.AddressChecker
	Token           string           `json:"token"`                      // for Letter.PreviewToken: what was seen, at the price seen
}

// Quote prices a letter without sending it. Errors: as [Client.Preview].
func (c *Client) Quote(ctx context.Context, l Letter) (Quote, error) {
	p, err := c.prepare(ctx, l)
	if err != nil {
		return Quote{}, fmt.Errorf("quote: %w", err)
	}
	return c.quote(ctx, p)
}

func (c *Client) quote(ctx context.Context, p prepared) (Quote, error) {
	sheets, _ := p.letter.Sheets(p.print)
	q := Quote{
		Price: p.price, PriceLines: p.lines, Billing: p.settings.billing(), Provider: p.carriers[0].name,
		Print: p.print, Zone: p.letter.To.Address.Zone(), Sheets: sheets,
	}
	if p.carriers[0].quoter != nil {
		asked := p.letter
		asked.Print = &p.print // what will be printed, not what the letter left to the account
		price, err := p.carriers[0].quote(ctx, asked)
		switch {
		case err == nil:
			q.CarrierPrice = price
			c.warnOfPrice(ctx, q.Price, price, q.Provider)
		case ctx.Err() != nil:
			return Quote{}, ctx.Err()
		default: // the host's own tariff is what counts
			c.log.WarnContext(ctx, "carrier gave no quote", "provider", q.Provider, "kind", KindOf(err))
		}
	}
	return q, nil
}

// Preview shows what will leave and at what price. Errors: [ErrInvalid] (also
// no-carrier), [ErrDenied] (account-closed, post-off), [ErrUnsupported]
// (no-carrier-takes-it), [ErrConflict] (preview-stale), the host's.
func (c *Client) Preview(ctx context.Context, l Letter) (Preview, error) {
	p, err := c.prepare(ctx, l)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	q, err := c.quote(ctx, p)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	to, err := p.letter.To.Printed()
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	view := Preview{Quote: q, Lines: to.Lines, AddressWarnings: to.Warnings, Documents: p.letter.Documents}
	if view.Token, err = c.seal(ctx, l.Account, p.bound()...); err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	if view.AddressCheck, err = c.checkRegistered(ctx, p.letter); err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	for _, d := range p.letter.Documents {
		if d.Inspection != nil {
			view.Warnings = append(view.Warnings, d.Inspection.Findings...)
		}
	}
	return view, nil
}

// prepared is a letter that may be sent, with all that was decided about it.
type prepared struct {
	letter      Letter // normal
	contents    map[Sum][]byte
	fingerprint string
	print       PrintOptions
	settings    Settings
	carriers    []*carrier // those that can take it, in order
	price       Amount
	lines       []PriceLine
}

// bound is what a preview's token binds: the letter, how it is printed, its carrier
// and its price.
func (p prepared) bound() []any {
	return []any{p.fingerprint, p.print, p.carriers[0].name, p.price}
}

// prepare checks and prices a letter without any effect.
func (c *Client) prepare(ctx context.Context, l Letter) (prepared, error) {
	if err := l.Validate(); err != nil {
		return prepared{}, err
	}
	settings, err := c.Settings(ctx, l.Account)
	if err != nil {
		return prepared{}, err
	}
	return c.prepareWith(ctx, l, settings)
}

func (c *Client) prepareWith(ctx context.Context, l Letter, settings Settings) (prepared, error) {
	if err := settings.sends(); err != nil {
		return prepared{}, err
	}
	p := prepared{settings: settings, print: settings.Print, contents: make(map[Sum][]byte)}
	if l.Print != nil {
		p.print = *l.Print
	}
	if err := c.measure(ctx, &l, p.contents); err != nil {
		return prepared{}, err
	}
	p.letter = l.Normal()
	p.fingerprint = p.letter.fingerprint()
	if err := c.inspect(ctx, &p); err != nil {
		return prepared{}, err
	}
	var err error
	if p.carriers, err = c.capable(ctx, p.letter, p.print); err != nil {
		return prepared{}, err
	}
	if p.price, p.lines, err = c.priceOf(ctx, p.letter, p.print, settings, p.carriers[0].name); err != nil {
		return prepared{}, err
	}
	if l.PreviewToken == "" {
		return p, nil
	}
	same, err := c.sealed(ctx, l.PreviewToken, l.Account, p.bound()...)
	if err != nil {
		return prepared{}, err
	}
	if !same {
		return prepared{}, &Error{Op: "check preview", Kind: ErrConflict, Code: CodePreviewStale, Err: errors.New("the letter, its price or its carrier changed since the preview; preview it again")}
	}
	return p, nil
}

// measure collects the contents given with a letter, and the size of those that
// were stored before.
func (c *Client) measure(ctx context.Context, l *Letter, contents map[Sum][]byte) error {
	var k Checks
	l.Documents = slices.Clone(l.Documents)
	for i, d := range l.Documents {
		if d.Content != nil {
			contents[SumOf(d.Content)] = d.Content
			continue
		}
		content, err := c.contentOf(ctx, l.Account, d.Sum, nil)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("read content: %w", err)
		}
		k.Require(err == nil, fmt.Sprintf("Documents[%d].Content", i), "is missing, and none with this Sum is stored", "give the PDF's bytes")
		l.Documents[i].Size = int64(len(content))
	}
	l.validateDocuments(&k)
	return k.Err()
}

// inspect fills in what an Inspector finds, whatever the letter brought along, and
// refuses what must not be printed.
func (c *Client) inspect(ctx context.Context, p *prepared) error {
	var k Checks
	for i := range p.letter.Documents {
		d := &p.letter.Documents[i]
		if c.hooks.inspect != nil {
			content, err := c.contentOf(ctx, p.letter.Account, d.Sum, p.contents)
			if err != nil {
				return err
			}
			seen := *d
			seen.Content = content
			found, err := c.hooks.inspect(ctx, seen, i == 0 && !p.print.CarrierSheet)
			if err != nil {
				return fmt.Errorf("inspect Documents[%d]: %w", i, err)
			}
			d.Inspection = &found
		}
		if f, bad := d.Inspection.Blocking(); bad {
			k.Require(false, fmt.Sprintf("Documents[%d]", i), "cannot be printed as it is: "+f.Code, f.Remedy)
		}
	}
	return k.Err()
}

// capable returns the carriers that can take a letter, in order of preference,
// or why none can.
func (c *Client) capable(ctx context.Context, l Letter, print PrintOptions) ([]*carrier, error) {
	candidates := c.order
	if c.hooks.route != nil {
		names, err := c.hooks.route(ctx, l)
		if err != nil {
			return nil, err
		}
		candidates = nil
		for _, name := range names {
			provider := c.carriers[name]
			if provider == nil {
				return nil, &Error{Op: "route", Kind: ErrInvalid, Provider: name, Code: CodeNoCarrier, Err: errors.New("no such carrier in Config.Providers")}
			}
			candidates = append(candidates, provider)
		}
	}
	var able []*carrier
	var reasons []error
	for _, p := range candidates {
		err := p.check(ctx, l, print)
		switch {
		case err == nil:
			able = append(able, p)
		case errors.Is(err, ErrUnsupported):
			reasons = append(reasons, fmt.Errorf("%s: %w", p.name, err))
		default: // it cannot say now
			return nil, err
		}
	}
	if len(able) == 0 {
		return nil, &Error{Op: "choose carrier", Kind: ErrUnsupported, Code: CodeNoCarrierTakesIt, Err: errors.Join(reasons...)}
	}
	return able, nil
}

// sealer binds tokens to the installation: they are signed with a key that the store
// keeps, drawn when it is first needed. A token of another installation, or one that
// somebody computed, is not valid.
type sealer struct {
	mu  sync.Mutex
	key []byte
}

const itemSeal ItemKind = "seal"

// seal signs what a token binds, for an account.
func (c *Client) seal(ctx context.Context, account AccountID, bound ...any) (string, error) {
	key, err := c.sealKey(ctx)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	text, err := json.Marshal(append([]any{account}, bound...))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return "v2." + hex.EncodeToString(mac.Sum(nil)), nil
}

// sealed tells whether a token binds just that.
func (c *Client) sealed(ctx context.Context, token string, account AccountID, bound ...any) (bool, error) {
	want, err := c.seal(ctx, account, bound...)
	return err == nil && hmac.Equal([]byte(token), []byte(want)), err
}

// sealKey reads the key, or draws it: of several processes that draw one at the same
// moment the first to store it counts.
func (c *Client) sealKey(ctx context.Context) ([]byte, error) {
	c.seals.mu.Lock()
	defer c.seals.mu.Unlock()
	if c.seals.key != nil {
		return c.seals.key, nil
	}
	item, err := c.all.Item(ctx, itemSeal, "", "")
	if errors.Is(err, ErrNotFound) {
		drawn := make([]byte, sha256.Size)
		_, _ = rand.Read(drawn) // it never fails: see crypto/rand
		body, merr := json.Marshal(hex.EncodeToString(drawn))
		if merr != nil {
			return nil, merr
		}
		results, cerr := c.all.Commit(ctx, Change{Items: []Item{{Kind: itemSeal, Body: body}}})
		if cerr == nil {
			cerr = results[0].Err
		}
		if cerr != nil && !errors.Is(cerr, ErrConflict) {
			return nil, cerr
		}
		item, err = c.all.Item(ctx, itemSeal, "", "")
	}
	if err != nil {
		return nil, err
	}
	var text string
	if err := json.Unmarshal(item.Body, &text); err != nil {
		return nil, err
	}
	c.seals.key, err = hex.DecodeString(text)
	return c.seals.key, err
}
