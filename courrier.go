package courrier

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a [Client] is made of. Store and one carrier are enough.
type Config struct {
	Store Store // required
	// Contents keeps the bytes of documents; nil when the Store does.
	Contents Contents
	// Providers are the carriers, in order of preference; at least one. A letter
	// goes to the first that can take it; the next is asked only when nothing
	// was accepted. Keep a carrier here as long as letters of its are followed.
	Providers []Provider
	// Route names the carriers for one letter, in order of preference; nil
	// means Providers in their order.
	Route func(ctx context.Context, l Letter) ([]string, error)
	// Tariff is the host's price list; nil: nothing is charged.
	Tariff Tariff
	// Inspector looks at documents before money is reserved; a blocking finding
	// refuses the letter. Package pdf has one. Nil: documents are taken as given.
	Inspector Inspector
	// Authorize decides whether an actor may do something; nil allows all. Its
	// error is the reason, matched by ErrDenied in what the caller gets.
	Authorize func(ctx context.Context, actor Actor, action Action) error
	// Recheck is asked right before a letter is handed over; nil lets all go. An
	// error leaves the letter queued and is tried again. Several workers may ask
	// about one letter at the same time: at most one of them hands it over. The
	// letters of reminders are rechecked by the client's [Dunning] besides.
	Recheck func(ctx context.Context, r LetterRecord) (Recheck, error)
	// OnUnknownCode is told of each carrier code that its adapter does not know.
	OnUnknownCode func(ctx context.Context, e TrackingEvent)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Logger gets what happens to letters, by id only; nil: nothing is logged.
	Logger *slog.Logger
}

// Inspector looks at the documents of letters.
type Inspector interface {
	// Inspect looks at a document, whose Content is set. inWindow: its first page is
	// what the envelope's window shows; it is the body, without a carrier sheet.
	Inspect(ctx context.Context, d Document, inWindow bool) (Inspection, error)
}

// Recheck is the answer to Config.Recheck. The zero value lets the letter go.
type Recheck struct {
	Hold   bool   // keep it held until [Client.Approve]
	Cancel bool   // cancel it and give its credit back
	Reason string // stored in the record's Failure
}

// Client is the library's front door. It is safe for concurrent use; any number
// of clients may share one store. No goroutine outlives a call, save one in the
// code of a carrier or of the host that does not end with its context.
type Client struct {
	cfg       Config
	store     Store
	contents  Contents
	providers map[string]Provider
	log       *slog.Logger
	ids       idSource
	dunning   atomic.Pointer[Dunning] // rechecks the letters of its reminders
	hangs     hangs

	catchUpMu   sync.Mutex
	catchUpFrom time.Time // where the next Refresh goes on with stored events
}

// New returns a Client, or every wrong field of the Config as a [FieldError].
func New(cfg Config) (*Client, error) {
	var k Checks
	k.Require(cfg.Store != nil, "Store", "is nil", "give one of package stores, or your own")
	if cfg.Contents == nil && cfg.Store != nil {
		contents, ok := cfg.Store.(Contents)
		k.Require(ok, "Contents", "is nil, and the Store keeps no contents", "give a Contents")
		cfg.Contents = contents
	}
	k.Require(len(cfg.Providers) > 0, "Providers", "is empty", "give at least one carrier")
	byName := make(map[string]Provider, len(cfg.Providers))
	for i, p := range cfg.Providers {
		field := fmt.Sprintf("Providers[%d]", i)
		if !k.Require(p != nil, field, "is nil", "leave it out") {
			continue
		}
		k.Require(p.Name() != "", field, "has no name", "let Name return lower-case letters, the same for ever")
		k.Require(byName[p.Name()] == nil, field, "has the name of one before it", "name each carrier once")
		byName[p.Name()] = p
	}
	if err := k.Err(); err != nil {
		return nil, fmt.Errorf("courrier: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{
		cfg: cfg, store: cfg.Store, contents: cfg.Contents, providers: byName, log: cfg.Logger,
		ids: idSource{now: cfg.Now},
	}, nil
}

// now is the clock at the precision that stores keep.
func (c *Client) now() time.Time { return c.cfg.Now().UTC().Truncate(time.Microsecond) }

// idSource draws letter ids: UUIDs of version 7 (RFC 9562), whose order is the
// order of creation, within one client strictly.
type idSource struct {
	now  func() time.Time
	mu   sync.Mutex
	last uint64
}

func (s *idSource) next() LetterID {
	at := s.now()
	// Milliseconds in 48 bits, then 12 bits of the fraction (RFC 9562, 6.2, method 3).
	stamp := uint64(at.UnixMilli())<<12 | uint64(at.Nanosecond()%1_000_000)*4096/1_000_000
	s.mu.Lock()
	stamp = max(stamp, s.last+1)
	s.last = stamp
	s.mu.Unlock()
	var b [16]byte
	if _, err := io.ReadFull(rand.Reader, b[8:]); err != nil {
		panic("courrier: the system has no randomness: " + err.Error())
	}
	binary.BigEndian.PutUint64(b[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return LetterID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// Quote is what a letter would cost and who would carry it.
type Quote struct {
	Price        Amount       `json:"price"`                  // by the host's tariff; the zero Amount when nothing is charged
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
	Lines     []string   `json:"lines"`              // the address as it will be printed
	Documents []Document `json:"documents"`          // as inspected
	Warnings  []Finding  `json:"warnings,omitempty"` // what a person should look at; none forbids sending
	// Token binds this preview: a letter sent with it in PreviewToken is the one
	// that was seen, at the price that was seen, or it is not sent.
	Token string `json:"token"`
}

// Quote prices a letter without sending it. The errors are those of [Client.Send].
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
		Price: p.price, Billing: p.settings.billing(), Provider: p.providers[0].Name(),
		Print: p.print, Zone: p.letter.To.Address.Zone(), Sheets: sheets,
	}
	if quoter, ok := p.providers[0].(Quoter); ok {
		price, err := call(ctx, c, submitTimeout, func(ctx context.Context) (Amount, error) { return quoter.Quote(ctx, p.letter) })
		switch {
		case err == nil:
			q.CarrierPrice = price
		case ctx.Err() != nil:
			return Quote{}, ctx.Err()
		default: // the host's own tariff is what counts
			c.log.WarnContext(ctx, "carrier gave no quote", "provider", q.Provider, "kind", kindOf(err))
		}
	}
	return q, nil
}

// Preview shows what will leave, what it costs and what to look at before
// sending. The errors are those of [Client.Send].
func (c *Client) Preview(ctx context.Context, l Letter) (Preview, error) {
	p, err := c.prepare(ctx, l)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	q, err := c.quote(ctx, p)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	lines, err := p.letter.To.Lines()
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	view := Preview{Quote: q, Lines: lines, Documents: p.letter.Documents, Token: p.token()}
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
	providers   []Provider // those that can take it, in order
	price       Amount
}

// token binds the letter, how it is printed, its carrier and its price.
func (p prepared) token() string {
	b, err := json.Marshal([]any{p.fingerprint, p.print, p.providers[0].Name(), p.price})
	if err != nil {
		panic("courrier: a preview always marshals: " + err.Error())
	}
	return "v1." + string(SumOf(b))
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
	if err := settings.postOff(); err != nil {
		return prepared{}, err
	}
	p := prepared{settings: settings, print: settings.Print, contents: make(map[Sum][]byte)}
	if l.Print != nil {
		p.print = *l.Print
	}
	if err := c.measure(ctx, &l, p.contents); err != nil {
		return prepared{}, err
	}
	p.letter = l.normal()
	p.fingerprint = p.letter.fingerprint()
	if err := c.inspect(ctx, &p); err != nil {
		return prepared{}, err
	}
	var err error
	if p.providers, err = c.capable(ctx, p.letter, p.print); err != nil {
		return prepared{}, err
	}
	if c.cfg.Tariff != nil && settings.billing() != BillingByCarrier {
		if p.price, err = c.cfg.Tariff.Price(p.letter.priceable(p.print)); err != nil {
			return prepared{}, err
		}
		if p.price.Sign() < 0 {
			return prepared{}, &FieldError{Field: "Tariff", Rule: "gives a negative price", Remedy: "mend the price list"}
		}
	}
	if l.PreviewToken != "" && l.PreviewToken != p.token() {
		return prepared{}, &Error{Op: "check preview", Kind: ErrConflict, Code: "preview-stale", Err: errors.New("the letter, its price or its carrier changed since the preview; preview it again")}
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
		content, err := c.contents.Content(ctx, d.Sum)
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
		if c.cfg.Inspector != nil {
			content, err := c.contentOf(ctx, d.Sum, p.contents)
			if err != nil {
				return err
			}
			seen := *d
			seen.Content = content
			found, err := c.cfg.Inspector.Inspect(ctx, seen, i == 0 && !p.print.CarrierSheet)
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

func (c *Client) contentOf(ctx context.Context, sum Sum, given map[Sum][]byte) ([]byte, error) {
	if b, ok := given[sum]; ok {
		return b, nil
	}
	return c.contents.Content(ctx, sum)
}

// capable returns the carriers that can take a letter, in order of preference,
// or why none can.
func (c *Client) capable(ctx context.Context, l Letter, p PrintOptions) ([]Provider, error) {
	candidates := c.cfg.Providers
	if c.cfg.Route != nil {
		names, err := call(ctx, c, submitTimeout, func(ctx context.Context) ([]string, error) { return c.cfg.Route(ctx, l) })
		if err != nil {
			return nil, fmt.Errorf("route: %w", err)
		}
		candidates = nil
		for _, name := range names {
			provider := c.providers[name]
			if provider == nil {
				return nil, &Error{Op: "route", Kind: ErrInvalid, Provider: name, Err: errors.New("no such carrier in Config.Providers")}
			}
			candidates = append(candidates, provider)
		}
	}
	var able []Provider
	var reasons []error
	for _, provider := range candidates {
		if err := provider.Capabilities().Check(l, p); err != nil {
			reasons = append(reasons, fmt.Errorf("%s: %w", provider.Name(), err))
			continue
		}
		able = append(able, provider)
	}
	if len(able) == 0 {
		return nil, &Error{Op: "choose carrier", Kind: ErrUnsupported, Err: errors.Join(reasons...)}
	}
	return able, nil
}

// Send stores a letter, reserves its price and queues it for [Client.Dispatch].
// Nothing leaves during the call. Without enough credit the letter is held and
// goes out by itself when credit arrives: that is no error; look at the status.
//
// The same Key with the same content answers the same record, however often;
// with other content [ErrConflict]. The other errors are [ErrInvalid] with every
// wrong field, [ErrUnsupported] when no carrier can take it, and [ErrDenied]
// when the account switched post off.
func (c *Client) Send(ctx context.Context, l Letter) (LetterRecord, error) {
	results := c.SendAll(ctx, []Letter{l})
	return results[0].Record, results[0].Err
}

// SendResult is the answer to one letter of [Client.SendAll].
type SendResult struct {
	Record LetterRecord
	Err    error
}

// SendAll is Send for many letters, which share transactions of the store. Each
// letter stands alone: one that fails does not stop the others.
func (c *Client) SendAll(ctx context.Context, letters []Letter) []SendResult {
	return c.sendAll(ctx, letters, "")
}

func (c *Client) sendAll(ctx context.Context, letters []Letter, replaces LetterID) []SendResult {
	results := make([]SendResult, len(letters))
	settings := make(map[AccountID]Settings)
	stored := make(map[Sum]bool)
	changes := make([]Change, 0, len(letters))
	index := make([]int, 0, len(letters))
	for i, l := range letters {
		rec, err := c.draw(ctx, l, settings, stored)
		if err != nil {
			results[i] = c.sentBefore(ctx, l, err)
			continue
		}
		rec.Replaces = replaces
		changes = append(changes, Change{Letter: &rec, Entries: reserveFor(rec, c.settingsCeiling(settings, rec)), Items: rec.replacing()})
		index = append(index, i)
	}
	for n, err := range c.commitAll(ctx, changes) {
		i, rec := index[n], *changes[n].Letter
		rec.Version++
		if errors.Is(err, ErrInsufficientCredit) {
			rec, err = c.holdForCredit(ctx, *changes[n].Letter)
		}
		if err != nil {
			results[i] = c.sentBefore(ctx, letters[i], err)
			continue
		}
		results[i] = SendResult{Record: rec}
	}
	return results
}

func (c *Client) settingsCeiling(settings map[AccountID]Settings, rec LetterRecord) Amount {
	return settings[rec.Letter.Account].ceilingIn(rec.Price.Unit())
}

// draw prepares a letter and its contents and draws its record.
func (c *Client) draw(ctx context.Context, l Letter, settings map[AccountID]Settings, stored map[Sum]bool) (LetterRecord, error) {
	if err := l.Validate(); err != nil {
		return LetterRecord{}, err
	}
	known, ok := settings[l.Account]
	if !ok {
		var err error
		if known, err = c.Settings(ctx, l.Account); err != nil {
			return LetterRecord{}, err
		}
		settings[l.Account] = known
	}
	p, err := c.prepareWith(ctx, l, known)
	if err != nil {
		return LetterRecord{}, err
	}
	for sum, content := range p.contents {
		if stored[sum] {
			continue
		}
		if err := c.contents.PutContent(ctx, sum, content); err != nil {
			return LetterRecord{}, fmt.Errorf("store content: %w", err)
		}
		stored[sum] = true
	}
	return c.newRecord(p), nil
}

func (c *Client) newRecord(p prepared) LetterRecord {
	now := c.now()
	rec := LetterRecord{
		ID: c.ids.next(), Letter: p.letter, Fingerprint: p.fingerprint, Print: p.print,
		Status: StatusQueued, Billing: p.settings.billing(), Price: p.price,
		Provider: p.providers[0].Name(), CreatedAt: now, UpdatedAt: now,
		Duty: DutyDispatch, DueAt: now,
	}
	if at := p.letter.NotBefore.UTC(); at.After(now) {
		rec.DueAt = at
	}
	if p.price.Sign() > 0 {
		rec.Charge, rec.ChargeKey = ChargeReserved, "letter/"+string(rec.ID)
	}
	return rec
}

// reserveFor is the ledger entry that pays for a record, if it costs anything.
func reserveFor(rec LetterRecord, ceiling Amount) []Entry {
	if rec.Charge != ChargeReserved {
		return nil
	}
	return []Entry{{
		Account: rec.Letter.Account, Key: rec.ChargeKey, Kind: EntryReserve, Amount: rec.Price,
		Ceiling: ceiling, Letter: rec.ID, At: rec.UpdatedAt,
	}}
}

// holdForCredit stores a letter whose price could not be reserved. Credit that
// arrived in between wakes it at once: the top-up may have looked for waiting
// letters before this one was stored.
func (c *Client) holdForCredit(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	rec.Status, rec.Hold, rec.Charge = StatusHeld, HoldCredit, ChargeNone
	rec.Duty, rec.DueAt = DutyWake, rec.CreatedAt.Add(wakeEvery)
	if err := c.commit(ctx, Change{Letter: &rec, Items: rec.replacing()}); err != nil {
		return LetterRecord{}, err
	}
	c.wakeAccount(ctx, rec.Letter.Account)
	return c.store.Letter(ctx, rec.ID)
}

// sentBefore answers a letter that was not stored now: with the record of its
// key when that is the same letter, else with the error.
func (c *Client) sentBefore(ctx context.Context, l Letter, cause error) SendResult {
	failed := SendResult{Err: fmt.Errorf("send: %w", cause)}
	if l.Account == "" || l.Key == "" || ctx.Err() != nil {
		return failed
	}
	for rec, err := range c.store.Letters(ctx, LetterFilter{Account: l.Account, Key: l.Key, Limit: 1}) {
		switch {
		case err != nil:
			return SendResult{Err: fmt.Errorf("send: %w", errors.Join(cause, err))}
		case rec.Fingerprint != l.normal().fingerprint():
			return SendResult{Err: &Error{Op: "send", Kind: ErrConflict, Code: "key-used", LetterID: rec.ID, Err: errors.New("this key was used for another letter; use a new key")}}
		}
		return c.mendContents(ctx, l, rec)
	}
	return failed
}

// mendContents queues a letter again that was held for want of its contents,
// when the caller brings them with a repeated Send.
func (c *Client) mendContents(ctx context.Context, l Letter, rec LetterRecord) SendResult {
	if rec.Status != StatusHeld || rec.Hold != HoldContents {
		return SendResult{Record: rec}
	}
	for _, d := range l.Documents {
		if d.Content == nil {
			continue
		}
		if err := c.contents.PutContent(ctx, SumOf(d.Content), d.Content); err != nil {
			return SendResult{Err: fmt.Errorf("send: store content: %w", err)}
		}
	}
	mended, err := c.Approve(ctx, rec.ID)
	return SendResult{Record: mended, Err: err}
}

// Letter returns one letter, or [ErrNotFound].
func (c *Client) Letter(ctx context.Context, id LetterID) (LetterRecord, error) {
	return c.store.Letter(ctx, id)
}

// Letters lists letters, oldest first unless the filter says otherwise.
func (c *Client) Letters(ctx context.Context, f LetterFilter) iter.Seq2[LetterRecord, error] {
	return c.store.Letters(ctx, f)
}

// History lists all that the carriers reported about a letter, in the order of
// [Fold]: as it happened. [ErrNotFound] when there is no such letter.
func (c *Client) History(ctx context.Context, id LetterID) iter.Seq2[TrackingEvent, error] {
	return func(yield func(TrackingEvent, error) bool) {
		_, err := c.store.Letter(ctx, id)
		var events []TrackingEvent
		if err == nil {
			events, err = collect(c.store.Events(ctx, EventFilter{Letters: []LetterID{id}}))
		}
		if err != nil {
			yield(TrackingEvent{}, fmt.Errorf("history: %w", err))
			return
		}
		for _, e := range ordered(events) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Content returns the bytes of a document, as long as retention keeps them, or
// [ErrNotFound].
func (c *Client) Content(ctx context.Context, sum Sum) ([]byte, error) {
	return c.contents.Content(ctx, sum)
}

// commit makes one change.
func (c *Client) commit(ctx context.Context, change Change) error {
	return c.commitAll(ctx, []Change{change})[0]
}

// commitAll makes changes and answers each with its own error.
func (c *Client) commitAll(ctx context.Context, changes []Change) []error {
	errs := make([]error, len(changes))
	if len(changes) == 0 {
		return errs
	}
	results, err := c.store.Commit(ctx, changes...)
	for i := range errs {
		errs[i] = err
		if err == nil {
			errs[i] = results[i].Err
		}
	}
	return errs
}

// maxConflicts bounds how often a change is tried again when others change the
// same letter at the same moment.
const maxConflicts = 16

// update reads a letter, lets decide make the change and commits it, again from
// the start when somebody else was faster. A nil change commits nothing.
func (c *Client) update(ctx context.Context, id LetterID, decide func(r *LetterRecord) (*Change, error)) (LetterRecord, error) {
	var err error
	for range maxConflicts {
		var rec LetterRecord
		if rec, err = c.store.Letter(ctx, id); err != nil {
			return LetterRecord{}, err
		}
		var change *Change
		if change, err = decide(&rec); err != nil || change == nil {
			return rec, err
		}
		if err = c.write(ctx, &rec, change); !errors.Is(err, ErrConflict) {
			return rec, err
		}
	}
	return LetterRecord{}, err
}

// write commits a change of rec and, where it gives credit back, wakes the
// letters that wait for credit.
func (c *Client) write(ctx context.Context, rec *LetterRecord, change *Change) error {
	rec.UpdatedAt = c.now()
	change.Letter = rec
	if err := c.commit(ctx, *change); err != nil {
		return err
	}
	rec.Version++
	if slices.ContainsFunc(change.Entries, func(e Entry) bool { return e.Kind == EntryRelease || e.Kind == EntryRefund }) {
		c.wakeAccount(ctx, rec.Letter.Account)
	}
	return nil
}

// kindOf names the kind of an error for logs, without its text.
func kindOf(err error) string {
	for _, kind := range []error{
		ErrInvalid, ErrNotFound, ErrConflict, ErrDenied, ErrInsufficientCredit,
		ErrUnsupported, ErrRejected, ErrUnavailable, ErrInDoubt, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "other"
}
