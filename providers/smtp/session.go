package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	wire "github.com/wneessen/go-mail/smtp"

	"github.com/courrier-go/courrier"
)

const (
	// maxAnswers bounds what is read from a server in one session, under TLS.
	maxAnswers = 1 << 20
	// slowest is the line, in bytes a second, that contents are given time for.
	slowest = 64 << 10
	// politeness bounds what is only done for the server's sake, or in the hope
	// of a better explanation.
	politeness = 2 * time.Second
)

// session is one connection, for one message at a time. It drives go-mail's protocol
// client step by step, because the errors of its mail client do not tell
// whether the end of a message had been sent.
type session struct {
	ctx    context.Context
	cfg    Config
	conn   net.Conn // under TLS; deadlines are set here
	client *wire.Client
	secure bool // fit for passwords: encrypted, or never leaving the machine
	broken bool // nothing more can be said on it
	begun  bool // a byte of a content may have gone out
	stop   func() bool

	answers *measured
	signer  signer // what it was signed in with
	used    int    // messages that it was given
	timer   *time.Timer
}

// open connects, greets and encrypts.
func (m *Mailer) open(ctx context.Context) (*session, error) {
	dialling, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	conn, err := m.cfg.Dial(dialling, "tcp", m.cfg.address())
	if err != nil {
		return nil, dialFailure(ctx, err)
	}
	answers := &measured{Conn: conn, left: maxAnswers}
	s := &session{ctx: ctx, cfg: m.cfg, conn: answers, answers: answers, secure: m.cfg.TLS == Plain}
	// Closing is what wakes a read or a write up when the context ends.
	s.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := s.greet(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) greet() error {
	line := s.conn
	if s.cfg.TLS == ImplicitTLS {
		encrypted := tls.Client(s.conn, s.cfg.TLSConfig)
		if err := s.step(stageTLS, encrypted.Handshake); err != nil {
			return err
		}
		line, s.secure = encrypted, true
	}
	err := s.step(stageGreet, func() (err error) {
		s.client, err = wire.NewClient(line, s.cfg.Host)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.step(stageHello, func() error { return s.client.Hello(s.cfg.Domain) }); err != nil {
		return err
	}
	return s.startTLS()
}

func (s *session) startTLS() error {
	if s.cfg.TLS != StartTLS && s.cfg.TLS != OpportunisticTLS {
		return nil
	}
	if offered, _ := s.client.Extension("STARTTLS"); !offered {
		if s.cfg.TLS == OpportunisticTLS {
			return nil
		}
		return fail(courrier.ErrUnavailable, codeNoTLS, errors.New("the server does not offer STARTTLS"))
	}
	if err := s.step(stageTLS, func() error { return s.client.StartTLS(s.cfg.TLSConfig) }); err != nil {
		s.broken = true // it may be neither plain nor encrypted by now
		return err
	}
	s.secure = true
	return nil
}

// step gives one exchange its time, and makes an error of the stage of its failure.
func (s *session) step(st stage, exchange func() error) error {
	return s.stepFor(s.cfg.Timeout, st, exchange)
}

func (s *session) stepFor(d time.Duration, st stage, exchange func() error) error {
	s.limit(d)
	err := exchange()
	if err == nil {
		return nil
	}
	var reply *textproto.Error
	s.broken = s.broken || !errors.As(err, &reply)
	return st.failure(s.ctx, err)
}

// limit bounds whatever comes next, by the real clock: it is the network's. A
// connection that takes no deadline fails by itself at the next read or write.
func (s *session) limit(d time.Duration) { _ = s.conn.SetDeadline(time.Now().Add(d)) }

func (s *session) signIn(a Account) error {
	if a.Username == "" {
		return nil
	}
	if !s.secure {
		return fail(courrier.ErrDenied, codeNoTLS, errors.New("no password is sent unencrypted"))
	}
	_, offered := s.client.Extension("AUTH")
	auth := s.mechanism(a, strings.Fields(strings.ToUpper(offered)))
	if auth == nil {
		return fail(courrier.ErrDenied, codeNoAuth, errors.New("the server offers no way to sign in that the account has"))
	}
	err := s.step(stageAuth, func() error { return s.client.Auth(auth) })
	s.broken = s.broken || err != nil // the client has said QUIT
	return err
}

func (s *session) mechanism(a Account, offered []string) wire.Auth {
	user, host, plain := a.Username, s.cfg.Host, s.cfg.TLS == Plain
	switch {
	case !a.Token.IsZero() && slices.Contains(offered, "XOAUTH2"):
		return wire.XOAuth2Auth(user, a.Token.Reveal())
	case !a.Password.IsZero() && slices.Contains(offered, "PLAIN"):
		return wire.PlainAuth("", user, a.Password.Reveal(), host, plain)
	case !a.Password.IsZero() && slices.Contains(offered, "LOGIN"):
		return wire.LoginAuth(user, a.Password.Reveal(), host, plain)
	}
	return nil
}

func (s *session) deliver(m message) error {
	if err := s.fits(m); err != nil {
		return err
	}
	hand := s.oneByOne
	if offered, _ := s.client.Extension("PIPELINING"); offered {
		hand = s.pipelined
	}
	w, err := hand(m)
	if err != nil {
		return err
	}
	s.begun = true
	return s.send(w, m.content)
}

// oneByOne names the sender and the recipients, each after the answer to the one
// before, and begins the content.
func (s *session) oneByOne(m message) (w io.WriteCloser, err error) {
	s.client.SkipSMTPUTF8(!m.utf8) // relays refuse what needs it, so ask only then
	if err := s.step(stageMail, func() error { return s.client.Mail(mailbox(m.from)) }); err != nil {
		return nil, err
	}
	if err := s.recipients(m.to, func(r recipient) error { return s.client.Rcpt(mailbox(r.address)) }); err != nil {
		return nil, err
	}
	err = s.step(stageData, func() (err error) {
		w, err = s.client.Data()
		return err
	})
	return w, err
}

// fits refuses what the server has said it will not take.
func (s *session) fits(m message) error {
	if capable, _ := s.client.Extension("SMTPUTF8"); m.utf8 && !capable {
		kind := courrier.ErrRejected
		if m.ownUTF8 { // no customer's fault
			kind = courrier.ErrDenied
		}
		return fail(kind, codeNoUTF8, errors.New("the local part of an address is outside ASCII, which the server does not take"))
	}
	_, size := s.client.Extension("SIZE")
	if most, err := strconv.Atoi(size); err == nil && most > 0 && len(m.content) > most {
		return fail(courrier.ErrInvalid, codeTooLarge, fmt.Errorf("the message has %d bytes, more than the server's %d", len(m.content), most))
	}
	return nil
}

// recipients names them. All are tried, so that the error lists each that
// is refused; it is of the gravest refusal.
func (s *session) recipients(to []recipient, ask func(recipient) error) error {
	var worst *courrier.Error
	var refused []string
	for _, r := range to {
		err := s.step(stageRcpt, func() error { return ask(r) })
		var e *courrier.Error
		if !errors.As(err, &e) {
			continue
		}
		if r.copied && errors.Is(e, courrier.ErrRejected) { // says nothing about the customer
			e.Kind = courrier.ErrInvalid
		}
		if worst == nil || gravity(e.Kind) > gravity(worst.Kind) {
			worst = e
		}
		if s.broken {
			break
		}
		refused = append(refused, r.place)
	}
	if worst == nil {
		return nil
	}
	if len(refused) > 0 {
		worst.Err = fmt.Errorf("%w: %s", worst.Err, strings.Join(refused, ", "))
	}
	return worst
}

// gravity orders what recipients of one message are refused for: what is the
// account's is not put on a customer, and what another time lifts comes last.
func gravity(kind error) int {
	return slices.Index([]error{courrier.ErrUnavailable, courrier.ErrRejected, courrier.ErrInvalid, courrier.ErrDenied}, kind)
}

// send gives the content and its end, and waits for the answer. A content that
// breaks off is never ended: the server must not take a part for the whole.
func (s *session) send(w io.WriteCloser, content []byte) error {
	s.limit(s.cfg.Timeout + time.Duration(len(content)/slowest)*time.Second)
	if _, err := w.Write(content); err != nil {
		s.broken = true
		return s.brokeOff(err)
	}
	return s.stepFor(s.cfg.FinalTimeout, stageEnd, w.Close)
}

// brokeOff explains a content that could not be written: servers that find it
// too large say so and hang up.
func (s *session) brokeOff(err error) error {
	s.limit(min(politeness, s.cfg.Timeout))
	_, _, last := s.client.Text.ReadResponse(250)
	var reply *textproto.Error
	switch {
	case last == nil: // accepted, before it was whole: who knows what
		return stageEnd.failure(s.ctx, errUnclear)
	case errors.As(last, &reply):
		return stageContent.failure(s.ctx, reply)
	}
	return stageContent.failure(s.ctx, err)
}

// close says goodbye where that is possible. The outcome is known by now.
func (s *session) close() {
	s.stop()
	if !s.broken && s.client != nil {
		s.limit(min(politeness, s.cfg.Timeout))
		_ = s.client.Quit()
	}
	_ = s.conn.Close()
}

// measured is a connection that gives a bounded number of bytes.
type measured struct {
	net.Conn
	left int
}

// Read implements [io.Reader]. It is called by one goroutine at a time.
func (m *measured) Read(p []byte) (int, error) {
	if m.left == 0 {
		return 0, errTalkative
	}
	n, err := m.Conn.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}
