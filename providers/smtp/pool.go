package smtp

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/courrier-go/courrier"
)

// pool keeps connections between messages. Those in use and those kept are together
// never more than the server's limit.
type pool struct {
	cfg   Config
	slots chan struct{} // one for each connection in use
	pace  *rate.Limiter // nil: none

	mu     sync.Mutex
	idle   []*session // the one that waits longest first
	inUse  int
	closed bool
}

// signer identifies what a connection was signed in with.
type signer [sha256.Size]byte

func (a Account) signer() signer {
	return sha256.Sum256([]byte(a.Username + "\x00" + a.Password.Reveal() + "\x00" + a.Token.Reveal()))
}

// newPool returns nil where each message has a connection of its own.
func newPool(cfg Config) *pool {
	if cfg.Connections == 0 {
		return nil
	}
	p := &pool{cfg: cfg, slots: make(chan struct{}, cfg.Connections)}
	if cfg.PerSecond > 0 {
		p.pace = rate.NewLimiter(rate.Limit(cfg.PerSecond), 1)
	}
	return p
}

// mail sends one message on a connection that is kept, or on a fresh one. A kept one
// that proves dead before any byte of the message went out leaves no doubt: the message
// has the fresh one then. Everything else is as if there were no pool.
func (p *pool) mail(ctx context.Context, a Account, msg message, open func() (*session, error)) error {
	if err := p.enter(ctx); err != nil {
		return fail(courrier.ErrUnavailable, "", err)
	}
	defer p.leave()
	if s := p.take(a.signer()); s != nil {
		s.attach(ctx)
		err := s.deliver(msg)
		dead := s.diedUnused(err)
		p.put(s, err)
		if !dead || ctx.Err() != nil {
			return err
		}
	}
	s, err := open()
	if err != nil {
		return err
	}
	s.signer = a.signer()
	if err = s.signIn(a); err != nil {
		s.close()
		return err
	}
	err = s.deliver(msg)
	p.put(s, err)
	return err
}

// enter waits for a connection and for the pace.
func (p *pool) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.pace != nil {
		if err := p.pace.Wait(ctx); err != nil {
			<-p.slots
			return err
		}
	}
	p.mu.Lock()
	p.inUse++
	p.mu.Unlock()
	return nil
}

func (p *pool) leave() {
	p.mu.Lock()
	p.inUse--
	p.mu.Unlock()
	<-p.slots
}

// take returns a kept connection that was signed in alike. Without one it makes room
// for another.
func (p *pool) take(who signer) *session {
	p.mu.Lock()
	var s, longest *session
	for i := len(p.idle) - 1; i >= 0 && s == nil; i-- { // the warmest
		if p.idle[i].signer == who {
			s = p.idle[i]
			p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
		}
	}
	if s == nil && len(p.idle) > 0 && p.inUse+len(p.idle) > p.cfg.Connections {
		longest, p.idle = p.idle[0], p.idle[1:]
	}
	p.mu.Unlock()
	if longest != nil {
		longest.timer.Stop()
		longest.close()
	}
	if s != nil {
		s.timer.Stop()
	}
	return s
}

// put keeps a connection for the next message, if it is fit for one.
func (p *pool) put(s *session, err error) {
	s.used++
	if !s.reusable(err) || s.used >= p.cfg.PerConnection || !p.keep(s) {
		s.close()
	}
}

func (p *pool) keep(s *session) bool {
	s.detach()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || s.broken {
		return false
	}
	// Others may wait for one of the server's connections: none is held for long.
	s.timer = time.AfterFunc(p.cfg.Idle, func() { p.drop(s) })
	p.idle = append(p.idle, s)
	return true
}

// drop closes a connection that nobody took meanwhile.
func (p *pool) drop(s *session) {
	p.mu.Lock()
	kept := false
	for i, other := range p.idle {
		if other == s {
			p.idle, kept = append(p.idle[:i:i], p.idle[i+1:]...), true
			break
		}
	}
	p.mu.Unlock()
	if kept {
		s.close()
	}
}

// close closes what is kept, and keeps nothing more.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, s := range idle {
		s.timer.Stop()
		s.close()
	}
}

// attach gives a kept connection to a call.
func (s *session) attach(ctx context.Context) {
	s.ctx, s.begun = ctx, false
	s.answers.left = maxAnswers
	s.stop = context.AfterFunc(ctx, func() { _ = s.conn.Close() })
}

// detach takes it back. A context that has ended has closed it, or will.
func (s *session) detach() { s.broken = !s.stop() || s.broken }

// diedUnused tells whether a kept connection was given up by its server before a byte
// of the message went out.
func (s *session) diedUnused(err error) bool {
	var e *courrier.Error
	return errors.As(err, &e) && !s.begun && (e.Code == codeClosing || s.broken && e.Code == "")
}

// codeClosing is the reply of a server that closes the connection (RFC 5321, section
// 3.8).
const codeClosing = "421"

// reusable tells whether another message may follow: after one that was taken at once,
// after one that was refused for good once the server has forgotten it. A server that
// wants less to do gets a fresh connection next time.
func (s *session) reusable(err error) bool {
	var e *courrier.Error
	switch {
	case s.broken:
		return false
	case err == nil:
		return true
	case !errors.As(err, &e), len(e.Code) == 3 && e.Code[0] != '5':
		return false
	}
	return s.step(stageMail, s.client.Reset) == nil
}
