package sqlstore

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
)

type ledgerKey struct{ account, unit string }

// ledger is one account's books in one unit, with what was posted under the keys
// that a batch is about.
type ledger struct {
	ledgerKey
	books      courrier.Books
	stored     int64 // the seq in the database; 0: no books
	token      int64 // in the database: drawn anew by every post, so that it never comes back
	remembered bool  // not read in this batch
	holds      map[string]*hold
	touched    []*hold  // by this batch
	posted     []posted // by this batch
}

// hold is what was posted under one key.
type hold struct {
	key   string
	known bool // needs no reading
	moves int  // of this batch that are still to come
	books *courrier.Books
	prior []courrier.Entry
	nth   int64   // of the last entry that is not time's own
	peers []*hold // of the same key in other units, in this batch
}

type posted struct {
	entry *courrier.Entry
	nth   int64
}

func newLedger(k ledgerKey) *ledger {
	return &ledger{
		ledgerKey: k, holds: map[string]*hold{},
		books: courrier.Books{Account: courrier.AccountID(k.account), Unit: k.unit},
	}
}

func compareLedgers(a, b *ledger) int {
	return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.unit, b.unit))
}

func (l *ledger) read(r found) error {
	l.stored, l.token = r.n[0], r.n[1]
	return decodeBooks(r.s[0], l.stored, &l.books)
}

// hold returns the hold that e is about. The first move under a key is taken to
// be the first: should it be a repeated one, the database refuses the entry.
func (l *ledger) hold(e *courrier.Entry) *hold {
	h := l.holds[e.Key]
	if h == nil {
		h = &hold{key: e.Key, books: &l.books}
		l.holds[e.Key] = h
		h.known = l.remembered && opens[e.Kind]
	}
	if h.moves == 0 {
		l.touched = append(l.touched, h)
	}
	h.moves++
	return h
}

// opens tells which kinds come first under their key.
var opens = map[courrier.EntryKind]bool{
	courrier.EntryReserve: true, courrier.EntryTopUp: true, courrier.EntryGrant: true, courrier.EntryPayment: true, courrier.EntryBilled: true,
}

// byTime are the kinds that time posts, under the key of their grant.
var byTime = map[courrier.EntryKind]bool{courrier.EntryExpire: true, courrier.EntryBegin: true}

func (h *hold) read(r found) error {
	h.nth = max(h.nth, r.n[0])
	e := courrier.Entry{
		Account: h.books.Account, Key: h.key, Seq: r.n[1], At: fromMicro(r.n[2]),
		Kind: courrier.EntryKind(r.s[1]), Letter: courrier.LetterID(r.s[2]),
	}
	err := decode(r.s[0], &e)
	h.prior = append(h.prior, e)
	return err
}

func (b *batch) post(e *entryOp) ([]courrier.Entry, error) {
	l, h := e.ledger, e.hold
	h.moves--
	books, inserted, stored, err := l.books.Post(h.prior, e.Entry)
	if err != nil || len(inserted) == 0 {
		// Only what is written proves that memory was right.
		b.doubtful = b.doubtful || l.remembered
		stored.Parts, stored.Lines = slices.Clone(stored.Parts), slices.Clone(stored.Lines)
		return []courrier.Entry{stored}, err
	}
	set(b, &l.books, books)
	set(b, &l.posted, l.posted)
	for i := range inserted {
		l.insert(b, &inserted[i])
	}
	return inserted[len(inserted)-1:], nil
}

func (l *ledger) insert(b *batch, n *courrier.Entry) {
	nth := -n.Seq
	if h := l.holds[n.Key]; h != nil {
		if !byTime[n.Kind] {
			set(b, &h.nth, h.nth+1)
			nth = h.nth
		}
		for _, peer := range h.peers {
			set(b, &peer.nth, h.nth)
			set(b, &peer.prior, append(slices.Clip(peer.prior), *n))
		}
		if h.moves > 0 || n.Kind == courrier.EntryReserve { // somebody will ask
			own := *n
			own.Parts, own.Lines = slices.Clone(n.Parts), slices.Clone(n.Lines) // n goes to the caller
			set(b, &h.prior, append(slices.Clip(h.prior), own))
		} else {
			set(b, &h.prior, nil)
		}
	}
	l.posted = append(l.posted, posted{n, nth})
	b.tell(changes.OfEntry(*n))
}

func (b *batch) ledgerRows(all outcome) {
	entries := all.of(insertEntries)
	entries.grow(len(b.ops))
	var body []byte
	for _, l := range b.ledgers {
		if len(l.posted) == 0 {
			continue
		}
		body = appendBooks(body[:0], &l.books)
		was := l.token
		l.token = rand.Int64()
		r := row{[]string{l.account, l.unit, string(body)}, []int64{l.books.Seq, l.token}}
		if l.stored > 0 {
			all.add(updateBooks, r, was)
		} else {
			all.add(insertBooks, r)
		}
		for _, p := range l.posted {
			e := p.entry
			body = appendEntry(body[:0], e)
			entries.texts = append(entries.texts, l.account, l.unit, e.Key, string(e.Kind), string(e.Letter), string(body))
			entries.ints = append(entries.ints, e.Seq, p.nth, e.At.UnixMicro())
		}
	}
}

// memory remembers the ledgers that this process posted to last, and their open
// holds, so that the next post need not read them. Another process may have
// posted since, or a failover lost what was committed: nothing is answered by
// memory alone, and what is written by it is written only if the books still have
// the token remembered, which no other post can have drawn.
type memory struct {
	mu      sync.Mutex
	ledgers map[ledgerKey]*ledger
	size    int // ledgers and holds
}

// maxMemory bounds the ledgers and holds remembered, of about 700 bytes each.
const maxMemory = 1 << 15

// take removes a ledger from memory: whoever writes it puts it back.
func (m *memory) take(k ledgerKey) *ledger {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.ledgers[k]
	if l != nil {
		delete(m.ledgers, k)
		m.size -= 1 + len(l.holds)
	}
	return l
}

// keep remembers what the batch wrote.
func (m *memory) keep(b *batch) {
	if m == nil {
		return
	}
	for _, l := range b.ledgers {
		l.settle()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range b.ledgers {
		if m.size += 1 + len(l.holds); m.ledgers == nil || m.size > maxMemory {
			m.ledgers, m.size = map[ledgerKey]*ledger{}, 1+len(l.holds)
		}
		m.ledgers[l.ledgerKey] = l
	}
}

// settle ends the ledger's part in a batch: what it says is in the database. Of
// the holds only the open ones are likely to be asked for again.
func (l *ledger) settle() {
	for _, h := range l.touched {
		h.known, h.moves, h.peers = true, 0, nil
		if len(h.prior) != 1 || h.prior[0].Kind != courrier.EntryReserve {
			delete(l.holds, h.key)
		}
	}
	l.stored, l.remembered, l.touched, l.posted = l.books.Seq, true, nil, nil
}
