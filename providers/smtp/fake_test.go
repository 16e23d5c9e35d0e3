package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/smtp"
)

// The points at which a fake server can misbehave. A second visit of one in the
// same session is "mail 2" and so on; EHLO under TLS is "ehlo 2".
const (
	atGreeting  = "greeting"
	atEhlo      = "ehlo"
	atHelo      = "helo"
	atStartTLS  = "starttls"
	atHandshake = "handshake"
	atAuth      = "auth"
	atAuthData  = "authdata" // the client's answer to a challenge
	atMail      = "mail"
	atRcpt      = "rcpt"
	atData      = "data"
	atContent   = "content" // in the middle of it
	atEnd       = "end"     // when all of it is there
	atReset     = "rset"
	atQuit      = "quit"
)

// act is what a fake server does at a point instead of what it should.
type act struct {
	reply string // in place of the usual one
	flood bool   // an answer without end
	cut   bool   // close the connection, after the reply if there is one
	hang  bool   // be silent until the client goes away
	stall bool   // read nothing either until resume is called
}

// received is a message that the server was given to its end.
type received struct {
	helo, mechanism, user, secret string
	encrypted                     bool
	mail                          string   // what followed MAIL
	rcpt                          []string // what followed each RCPT
	content                       []byte   // without dots that are not part of it
}

// fake is a mail server on the loopback interface.
type fake struct {
	implicit bool
	plainExt []string // what EHLO offers before TLS
	tlsExt   []string // and under it
	script   map[string]act
	tls      *tls.Config

	listener net.Listener
	sessions sync.WaitGroup
	hung     chan struct{} // closed when the server falls silent
	hangs    sync.Once
	left     chan struct{} // closed when a client says goodbye
	leaves   sync.Once
	resumed  chan struct{}
	resume   func()

	mutex    sync.Mutex
	messages []received
	points   []string // in the order of visits
	faults   []string // what no client may do
}

var allExt = []string{"8BITMIME", "SMTPUTF8", "SIZE 52428800", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2"}

// start makes a server run until stop, which waits for its sessions to end.
func start(f *fake) *fake {
	if f.plainExt == nil {
		f.plainExt = append([]string{"STARTTLS"}, allExt...)
	}
	if f.tlsExt == nil {
		f.tlsExt = allExt
	}
	if f.tls == nil {
		f.tls = &tls.Config{Certificates: []tls.Certificate{pki().certificate}}
	}
	f.hung, f.resumed, f.left = make(chan struct{}), make(chan struct{}), make(chan struct{})
	f.resume = sync.OnceFunc(func() { close(f.resumed) })
	var err error
	if f.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		panic(err)
	}
	f.sessions.Go(f.accept)
	return f
}

func (f *fake) stop() {
	f.resume()
	_ = f.listener.Close()
	f.sessions.Wait()
}

// serve is start for a test, which fails if a client broke the protocol.
func serve(t testing.TB, f *fake) *fake {
	start(f)
	t.Cleanup(func() {
		f.stop()
		require.Empty(t, f.faults)
	})
	return f
}

// config is what a Mailer needs to reach the server.
func (f *fake) config() smtp.Config {
	cfg := smtp.Config{
		Host: "127.0.0.1", Port: f.listener.Addr().(*net.TCPAddr).Port, Domain: "mail.acme.example",
		TLSConfig: &tls.Config{RootCAs: pki().roots}, Dial: f.dial,
		Now: func() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("", 3600)) },
	}
	if f.implicit {
		cfg.TLS = smtp.ImplicitTLS
	}
	return cfg
}

// buffer is the size of each of a connection's buffers: small, so that a message
// need not be huge to be still on its way when something happens.
const buffer = 64 << 10

// dial reaches the server under every name.
func (f *fake) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, f.listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetWriteBuffer(buffer)
}

func (f *fake) got() []received {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.messages)
}

func (f *fake) visited(point string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Contains(f.points, point)
}

func (f *fake) fault(what string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.faults = append(f.faults, what)
}

func (f *fake) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.sessions.Go(func() {
			_ = conn.(*net.TCPConn).SetReadBuffer(buffer)
			s := &serverSession{fake: f, conn: conn, visits: map[string]int{}}
			defer func() { _ = s.conn.Close() }()
			s.run()
		})
	}
}

// serverSession is one client's connection.
type serverSession struct {
	fake   *fake
	conn   net.Conn
	r      *bufio.Reader
	visits map[string]int
	mail   received
}

var (
	errOver    = errors.New("over")
	errRefused = errors.New("refused") // the session goes on without what was asked
)

func (s *serverSession) run() {
	_ = s.conn.SetDeadline(time.Now().Add(30 * time.Second))
	s.r = bufio.NewReader(s.conn)
	if s.fake.implicit && s.encrypt() != nil {
		return
	}
	if s.say(atGreeting, "220 fake ready") != nil {
		return
	}
	for {
		line, err := s.line()
		if err != nil {
			return
		}
		if err := s.command(line); err != nil && !errors.Is(err, errRefused) {
			return
		}
	}
}

// say answers, or does what the script has for the point.
func (s *serverSession) say(point, usual string) error {
	s.visits[point]++
	if n := s.visits[point]; n > 1 {
		point = fmt.Sprintf("%s %d", point, n)
	}
	s.fake.mutex.Lock()
	s.fake.points = append(s.fake.points, point)
	s.fake.mutex.Unlock()
	a, scripted := s.fake.script[point]
	if !scripted {
		return s.write(usual)
	}
	if a.reply != "" && s.write(a.reply) != nil {
		return errOver
	}
	switch {
	case a.flood:
		for s.write("250-"+strings.Repeat("x", 1000)) == nil {
		}
		return errOver
	case a.hang, a.stall:
		s.fake.hangs.Do(func() { close(s.fake.hung) })
		if a.stall {
			<-s.fake.resumed
		}
		s.drain()
		return errOver
	case a.cut:
		return errOver
	case a.reply[:1] != usual[:1]:
		return errRefused
	}
	return nil
}

func (s *serverSession) write(reply string) error {
	if reply == "" {
		return nil
	}
	_, err := io.WriteString(s.conn, reply+"\r\n")
	return err
}

// drain reads until the client goes away, and looks whether it ends a message
// that it should have abandoned.
func (s *serverSession) drain() {
	rest, err := io.ReadAll(s.r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.fake.fault("the connection was left open")
	}
	if bytes.Contains(rest, []byte("\r\n.\r\n")) {
		s.fake.fault("a message that broke off was ended")
	}
}

func (s *serverSession) line() (string, error) {
	line, err := s.r.ReadString('\n')
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.fake.fault("the connection was left open")
	}
	if err == nil && !strings.HasSuffix(line, "\r\n") {
		s.fake.fault("a line ends without CR")
	}
	return strings.TrimSuffix(line, "\r\n"), err
}

func (s *serverSession) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "EHLO":
		s.mail.helo = rest
		return s.say(atEhlo, s.extensions())
	case "HELO":
		return s.say(atHelo, "250 fake")
	case "STARTTLS":
		if err := s.say(atStartTLS, "220 go ahead"); err != nil {
			return err
		}
		return s.encrypt()
	case "AUTH":
		return s.auth(rest)
	case "MAIL":
		s.mail.mail, s.mail.rcpt = rest, nil
		return s.say(atMail, "250 ok")
	case "RCPT":
		s.mail.rcpt = append(s.mail.rcpt, rest)
		return s.say(atRcpt, "250 ok")
	case "DATA":
		if err := s.say(atData, "354 go ahead"); err != nil {
			return err
		}
		return s.content()
	case "RSET":
		return s.say(atReset, "250 forgotten")
	case "QUIT":
		defer s.fake.leaves.Do(func() { close(s.fake.left) })
		_ = s.say(atQuit, "221 bye")
		return errOver
	case "*":
		return s.write("501 cancelled")
	}
	s.fake.fault("unknown command " + verb)
	return errOver
}

func (s *serverSession) extensions() string {
	ext := s.fake.plainExt
	if s.mail.encrypted {
		ext = s.fake.tlsExt
	}
	lines := append([]string{"fake"}, ext...)
	for i := range lines {
		lines[i] = "250-" + lines[i]
	}
	lines[len(lines)-1] = strings.Replace(lines[len(lines)-1], "-", " ", 1)
	return strings.Join(lines, "\r\n")
}

func (s *serverSession) encrypt() error {
	if _, scripted := s.fake.script[atHandshake]; scripted {
		return s.say(atHandshake, "")
	}
	c := tls.Server(s.conn, s.fake.tls)
	if err := c.Handshake(); err != nil {
		return err
	}
	s.conn, s.r, s.mail.encrypted = c, bufio.NewReader(c), true
	return nil
}

func (s *serverSession) auth(rest string) error {
	mechanism, initial, _ := strings.Cut(rest, " ")
	s.mail.mechanism = mechanism
	switch mechanism {
	case "PLAIN":
		parts := strings.Split(unbase64(initial), "\x00")
		s.mail.user, s.mail.secret = parts[1], parts[2]
	case "LOGIN":
		var err error
		if s.mail.user, err = s.challenge("VXNlcm5hbWU6"); err != nil {
			return err
		}
		if s.mail.secret, err = s.challenge("UGFzc3dvcmQ6"); err != nil {
			return err
		}
	case "XOAUTH2":
		s.mail.secret = unbase64(initial)
		if _, refused := s.fake.script["token"]; refused {
			if _, err := s.challenge("eyJzdGF0dXMiOiI0MDEifQ=="); err != nil {
				return err
			}
			return s.write("535 5.7.8 token refused")
		}
	}
	return s.say(atAuth, "235 welcome")
}

func (s *serverSession) challenge(text string) (string, error) {
	if err := s.say(atAuthData, "334 "+text); err != nil {
		return "", err
	}
	line, err := s.line()
	return unbase64(line), err
}

func unbase64(s string) string {
	b, _ := base64.StdEncoding.DecodeString(s)
	return string(b)
}

// content reads a message as RFC 5321 has it: CRLF everywhere, no line longer
// than 998 bytes, a dot before lines that begin with one; and RFC 5322: no line
// of the header is nothing but spaces.
func (s *serverSession) content() error {
	var b bytes.Buffer
	header := true
	for {
		if _, scripted := s.fake.script[atContent]; scripted && b.Len() > 100_000 {
			if err := s.say(atContent, ""); err != nil {
				return err
			}
		}
		line, err := s.line()
		if err != nil {
			return err
		}
		if line == "." {
			break
		}
		if len(line) > 998 {
			s.fake.fault("a line is too long")
		}
		header = header && line != ""
		if header && strings.TrimSpace(line) == "" {
			s.fake.fault("a header line is blank")
		}
		b.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
	}
	s.mail.content = b.Bytes()
	s.fake.mutex.Lock()
	s.fake.messages = append(s.fake.messages, s.mail)
	s.fake.mutex.Unlock()
	return s.say(atEnd, "250 queued")
}

type authority struct {
	certificate tls.Certificate // for 127.0.0.1 and mail.example
	roots       *x509.CertPool
}

var pki = sync.OnceValue(func() authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"mail.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return authority{certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots: roots}
})
