package smtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/smtp"
)

var pipelining = append([]string{"PIPELINING"}, allExt...)

// keeping returns a Mailer that keeps connections, and counts how many it opens. None
// is closed by time.
func keeping(t testing.TB, f *fake, connections int, change func(*smtp.Config)) (*smtp.Mailer, *atomic.Int32) {
	cfg := f.config()
	cfg.Connections, cfg.Idle = connections, time.Hour
	cfg.Accounts = smtp.Fixed(credentials)
	dial, opened := cfg.Dial, new(atomic.Int32)
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		opened.Add(1)
		return dial(ctx, network, address)
	}
	if change != nil {
		change(&cfg)
	}
	m := newMailer(t, cfg)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m, opened
}

func numbered(i int) email.Message {
	m := someMail()
	m.ID = fmt.Sprintf("many-%d", i)
	return m
}

// Many messages go over one connection, each whole, whether the server takes commands
// together or one by one.
func TestManyOnOneConnection(t *testing.T) {
	t.Parallel()
	for _, ext := range [][]string{allExt, pipelining} {
		f := serve(t, &fake{tlsExt: ext})
		m, opened := keeping(t, f, 1, func(c *smtp.Config) { c.PerConnection = 10 })
		for i := range 25 {
			require.NoError(t, m.Mail(t.Context(), numbered(i)))
		}
		require.EqualValues(t, 3, opened.Load(), "ten messages each")
		for i, got := range f.got() {
			require.Equal(t, fmt.Sprintf("<many-%d@mail.acme.example>", i), read(t, got.content).header.Get("Message-ID"))
			require.Equal(t, []string{"TO:<claire@customer.example>", "TO:<paul@customer.example>"}, got.rcpt)
			require.True(t, got.encrypted)
		}
		require.Len(t, f.got(), 25)
	}
}

// No more connections are open at once than the server allows, whoever sends.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{tlsExt: pipelining})
	var open, most atomic.Int32
	m, _ := keeping(t, f, 3, func(c *smtp.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if n := open.Add(1); n > most.Load() {
				most.Store(n)
			}
			return &counted{Conn: conn, open: &open}, err
		}
		c.Accounts = func(_ context.Context, id courrier.AccountID) (smtp.Account, error) {
			return smtp.Account{Username: string(id), Password: smtp.NewSecret("hunter22")}, nil
		}
	})
	var group sync.WaitGroup
	errs := make([]error, 60)
	for i := range errs {
		group.Go(func() {
			e := numbered(i)
			e.Account = courrier.AccountID(fmt.Sprint("acme-user", i%5))
			errs[i] = m.Mail(t.Context(), e)
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, f.got(), 60)
	require.LessOrEqual(t, most.Load(), int32(3))
	for _, got := range f.got() {
		var i int
		_, err := fmt.Sscanf(read(t, got.content).header.Get("Message-ID"), "<many-%d@", &i)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("acme-user", i%5), got.user, "no account sends as another")
	}
}

type counted struct {
	net.Conn
	open *atomic.Int32
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// What becomes of the second message on a connection, for everything that a server may
// do before, in and after it. What was not begun goes over a fresh connection; what was
// may never go twice.
func TestSecondOnAConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point  string
		act    act
		kind   error
		code   string
		opened int32 // after the second message
	}{
		{atMail + " 2", act{cut: true}, nil, "", 2}, // idle for too long
		{atMail + " 2", act{reply: "421 4.4.2 idle", cut: true}, nil, "", 2},
		{atMail + " 2", act{reply: "421 4.7.0 too many"}, nil, "", 2},
		{atRcpt + " 3", act{cut: true}, nil, "", 2},
		{atRcpt + " 4", act{reply: "421 bye", cut: true}, nil, "", 2},
		{atData + " 2", act{cut: true}, nil, "", 2},
		{atData + " 2", act{reply: "421 bye", cut: true}, nil, "", 2},
		{atMail + " 2", act{reply: "452 4.3.1 later"}, courrier.ErrUnavailable, "452", 1},
		{atRcpt + " 3", act{reply: "451 4.2.1 busy"}, courrier.ErrUnavailable, "451", 1},
		{atRcpt + " 3", act{reply: "550 5.1.1 unknown"}, courrier.ErrRejected, "550", 1},
		{atData + " 2", act{reply: "554 5.7.1 no"}, courrier.ErrDenied, "554", 1},
		{atEnd + " 2", act{reply: "451 4.3.0 later"}, courrier.ErrUnavailable, "451", 1},
		{atEnd + " 2", act{reply: "421 4.3.0 later", cut: true}, courrier.ErrUnavailable, "421", 1},
		{atEnd + " 2", act{cut: true}, courrier.ErrInDoubt, "", 1},
		{atEnd + " 2", act{flood: true}, courrier.ErrInDoubt, "", 1},
	} {
		for _, ext := range [][]string{allExt, pipelining} {
			t.Run(fmt.Sprintf("%s/%.3s/cut=%t/%s", c.point, c.act.reply, c.act.cut, ext[0]), func(t *testing.T) {
				t.Parallel()
				f := serve(t, &fake{tlsExt: ext, script: map[string]act{c.point: c.act}})
				m, opened := keeping(t, f, 1, nil)
				require.NoError(t, m.Mail(t.Context(), numbered(1)))
				requireOutcome(t, m.Mail(t.Context(), numbered(2)), c.kind, c.code)
				require.Equal(t, c.opened, opened.Load())
				require.NoError(t, m.Mail(t.Context(), numbered(3)), "the next one is none the worse")
				times := map[string]int{}
				for _, got := range f.got() {
					times[read(t, got.content).header.Get("Message-ID")]++
				}
				for id, n := range times {
					require.Equal(t, 1, n, id)
				}
				require.Equal(t, 1, times["<many-3@mail.acme.example>"])
				if c.kind == nil {
					require.Equal(t, 1, times["<many-2@mail.acme.example>"])
				}
			})
		}
	}
}

// In the middle of a content a kept connection is as any other: not taken, and not
// repeated by itself.
func TestKeptConnectionDiesInContent(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{tlsExt: pipelining, script: map[string]act{atContent: {cut: true}}})
	m, opened := keeping(t, f, 1, nil)
	require.NoError(t, m.Mail(t.Context(), numbered(1)))
	e := large()
	requireOutcome(t, m.Mail(t.Context(), e), courrier.ErrUnavailable, "")
	require.EqualValues(t, 1, opened.Load())
	require.Len(t, f.got(), 1)
}

// A server that cannot forget a refused message gets a fresh connection.
func TestResetThatFails(t *testing.T) {
	t.Parallel()
	for _, reset := range []act{{cut: true}, {reply: "502 5.5.1 what"}, {reply: "421 bye", cut: true}} {
		f := serve(t, &fake{script: map[string]act{atRcpt: {reply: "550 5.1.1 unknown"}, atReset: reset, atRcpt + " 3": {reply: "550 5.1.1 unknown"}}})
		m, opened := keeping(t, f, 1, nil)
		requireOutcome(t, m.Mail(t.Context(), numbered(1)), courrier.ErrRejected, "550")
		requireOutcome(t, m.Mail(t.Context(), numbered(2)), courrier.ErrRejected, "550")
		require.EqualValues(t, 2, opened.Load())
		require.True(t, f.visited(atReset))
	}
}

// Everything that a server may do has the same outcome on a kept connection, and where
// commands go together.
func TestOutcomesOfKeptConnections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point string
		act   act
	}{
		{atGreeting, act{cut: true}}, {atGreeting, act{reply: "421 4.7.0 too many connections"}}, {atAuth, act{reply: "535 no"}}, {atAuth, act{reply: "454 later"}},
		{atMail, act{reply: "451 later"}}, {atMail, act{reply: "550 5.7.1 no"}}, {atMail, act{cut: true}}, {atMail, act{flood: true}}, {atMail, act{reply: "250 ok", cut: true}},
		{atRcpt, act{reply: "450 busy"}}, {atRcpt + " 2", act{reply: "550 5.1.1 unknown"}}, {atRcpt, act{cut: true}}, {atRcpt + " 2", act{reply: "550 5.1.1 unknown", cut: true}},
		{atData, act{reply: "451 later"}}, {atData, act{reply: "554 5.7.1 no"}}, {atData, act{cut: true}}, {atEnd, act{cut: true}}, {atEnd, act{reply: "554 5.6.0 odd"}},
		{atEnd, act{reply: "451 later"}}, {atEnd, act{reply: "what?"}}, {atEnd, act{reply: "250 ok", cut: true}},
	} {
		t.Run(fmt.Sprintf("%s/%.9s/cut=%t", c.point, c.act.reply, c.act.cut), func(t *testing.T) {
			t.Parallel()
			outcome := func(ext []string, connections int) string {
				f := serve(t, &fake{tlsExt: ext, script: map[string]act{c.point: c.act}})
				cfg := f.config()
				cfg.Accounts, cfg.Connections = smtp.Fixed(credentials), connections
				m := newMailer(t, cfg)
				defer m.Close()
				err := m.Mail(t.Context(), someMail())
				return fmt.Sprint(err, " ", len(f.got()))
			}
			want := outcome(allExt, 0)
			require.Equal(t, want, outcome(allExt, 2))
			require.Equal(t, want, outcome(pipelining, 0))
			require.Equal(t, want, outcome(pipelining, 2))
		})
	}
}

// The end of a context ends the wait for a connection, and leaves the connection that
// another call uses alone.
func TestWaitingForAConnection(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{script: map[string]act{atEnd: {hang: true}}})
	m, opened := keeping(t, f, 1, nil)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- m.Mail(ctx, numbered(1)) }()
	<-f.hung
	ended, stop := context.WithCancel(t.Context())
	stop()
	requireOutcome(t, m.Mail(ended, numbered(2)), courrier.ErrUnavailable, "")
	require.EqualValues(t, 1, opened.Load())
	cancel()
	requireOutcome(t, <-first, courrier.ErrInDoubt, "")
}

// Kept connections are closed by Close, and by the idle time.
func TestKeptConnectionsEnd(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	m, opened := keeping(t, f, 1, nil)
	require.NoError(t, m.Mail(t.Context(), numbered(1)))
	require.NoError(t, m.Close())
	<-f.left
	require.NoError(t, m.Mail(t.Context(), numbered(2)), "one for each message from then on")
	require.EqualValues(t, 2, opened.Load())

	g := serve(t, &fake{})
	n, again := keeping(t, g, 1, func(c *smtp.Config) { c.Idle = time.Nanosecond })
	require.NoError(t, n.Mail(t.Context(), numbered(1)))
	<-g.left
	require.NoError(t, n.Mail(t.Context(), numbered(2)))
	require.EqualValues(t, 2, again.Load())
}

// The pace is kept, and one that no deadline allows is told at once.
func TestPace(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	m, _ := keeping(t, f, 1, func(c *smtp.Config) { c.PerSecond = 0.001 })
	require.NoError(t, m.Mail(t.Context(), numbered(1)))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	requireOutcome(t, m.Mail(ctx, numbered(2)), courrier.ErrUnavailable, "")
	require.Len(t, f.got(), 1)
}

func TestTLSSessionsAreResumed(t *testing.T) {
	t.Parallel()
	var resumed atomic.Int32
	f := serve(t, &fake{})
	cfg := f.config()
	cfg.TLSConfig.VerifyConnection = func(state tls.ConnectionState) error {
		if state.DidResume {
			resumed.Add(1)
		}
		return nil
	}
	m := newMailer(t, cfg)
	for i := range 3 {
		require.NoError(t, m.Mail(t.Context(), numbered(i)))
	}
	require.EqualValues(t, 2, resumed.Load())
}
