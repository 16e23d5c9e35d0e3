package smtp_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/smtp"
)

func someMail() email.Message {
	return email.Message{
		ID: "rem-01", Account: "acme", From: email.Box{Name: "Acme", Address: "billing@acme.example"},
		To:      []email.Box{{Name: "Claire", Address: "claire@customer.example"}, {Address: "paul@customer.example"}},
		Subject: "Overdue invoice", Text: "Dear customer\n",
	}
}

// large is a message that fills every buffer between a client and a server.
func large() email.Message {
	m := someMail()
	m.Attachments = []courrier.Document{{Name: "scan.pdf", Content: bytes.Repeat([]byte("%PDF-0123456789"), 80_000)}}
	return m
}

var credentials = smtp.Account{Username: "acme-user", Password: smtp.NewSecret("hunter22")}

func newMailer(t testing.TB, cfg smtp.Config) *smtp.Mailer {
	m, err := smtp.New(cfg)
	require.NoError(t, err)
	return m
}

var kinds = []error{
	courrier.ErrInvalid, courrier.ErrNotFound, courrier.ErrConflict, courrier.ErrDenied, courrier.ErrInsufficientCredit,
	courrier.ErrUnsupported, courrier.ErrRejected, courrier.ErrUnavailable, courrier.ErrInDoubt,
}

// requireOutcome checks that err is of the kind and of no other, and that
// neither it nor anything it wraps says whom the message was for or what it said.
func requireOutcome(t testing.TB, err, kind error, code string) {
	if kind == nil {
		require.NoError(t, err)
		return
	}
	for _, k := range kinds {
		require.Equal(t, k == kind, errors.Is(err, k), "%v is %v", err, k)
	}
	var e *courrier.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, err.Error())
	var reply *textproto.Error
	require.False(t, errors.As(err, &reply), "the server's words are within reach")
	for _, secret := range []string{"claire", "paul", "billing", "@", "Overdue", "hunter", "acme-user"} {
		require.NotContains(t, fmt.Sprintf("%v %+v", err, e), secret)
	}
}

// Every step at which a server can refuse, fall over or talk nonsense, with what
// the caller must make of it.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const (
		later = " 4.3.2 come back, <claire@customer.example>"
		never = " 5.1.1 <claire@customer.example>: Overdue invoice"
	)
	var (
		unavailable = courrier.ErrUnavailable
		denied      = courrier.ErrDenied
		rejected    = courrier.ErrRejected
		doubt       = courrier.ErrInDoubt
		login       = append([]string{"STARTTLS"}, "AUTH LOGIN")
	)
	type row struct {
		point string
		act   act
		kind  error
		code  string
		large bool
		login bool
	}
	rows := []row{
		{point: atGreeting, act: act{reply: "421" + later}, kind: unavailable, code: "421"},
		{point: atGreeting, act: act{reply: "554" + never}, kind: unavailable, code: "554"},
		{point: atGreeting, act: act{cut: true}, kind: unavailable},
		{point: atEhlo, act: act{reply: "421" + later, cut: true}, kind: unavailable, code: "421"},
		{point: atEhlo, act: act{reply: "502" + never}, kind: unavailable, code: "no-tls"}, // HELO then, which offers nothing
		{point: atEhlo, act: act{cut: true}, kind: unavailable},
		{point: atStartTLS, act: act{reply: "454" + later}, kind: unavailable, code: "454"},
		{point: atStartTLS, act: act{reply: "501" + never}, kind: unavailable, code: "501"},
		{point: atStartTLS, act: act{cut: true}, kind: unavailable},
		{point: atHandshake, act: act{cut: true}, kind: unavailable},
		{point: atHandshake, act: act{reply: "250 no TLS here", cut: true}, kind: unavailable},
		{point: atEhlo + " 2", act: act{reply: "550" + never}, kind: unavailable, code: "550"},
		{point: atEhlo + " 2", act: act{cut: true}, kind: unavailable},
		{point: atAuth, act: act{reply: "454" + later}, kind: unavailable, code: "454"},
		{point: atAuth, act: act{reply: "535" + never}, kind: denied, code: "535"},
		{point: atAuth, act: act{reply: "504" + never}, kind: denied, code: "504"},
		{point: atAuth, act: act{reply: "334 ???"}, kind: unavailable},
		{point: atAuth, act: act{cut: true}, kind: unavailable},
		{point: atAuth, act: act{reply: "535" + never, cut: true}, kind: denied, code: "535"},
		{point: atAuthData, act: act{reply: "535" + never}, kind: denied, code: "535", login: true},
		{point: atAuthData + " 2", act: act{cut: true}, kind: unavailable, login: true},
		{point: atMail, act: act{reply: "530" + never}, kind: denied, code: "530"},
		{point: atContent, act: act{cut: true}, kind: unavailable, large: true},
		{point: atContent, act: act{reply: "552" + never, cut: true}, kind: rejected, code: "552", large: true},
		{point: atContent, act: act{reply: "421" + later, cut: true}, kind: unavailable, code: "421", large: true},
		{point: atContent, act: act{reply: "250 already?", cut: true}, kind: doubt, large: true},
		{point: atData, act: act{reply: "354 go", cut: true}, kind: doubt}, // a small message is in the line's buffers by then
		{point: atData, act: act{reply: "354 go", cut: true}, kind: unavailable, large: true},
		{point: atEnd, act: act{reply: "451" + later}, kind: unavailable, code: "451"},
		{point: atEnd, act: act{reply: "421" + later, cut: true}, kind: unavailable, code: "421"},
		{point: atEnd, act: act{reply: "554" + never}, kind: rejected, code: "554"},
		{point: atEnd, act: act{reply: "354 what?"}, kind: doubt, code: "354"},
		{point: atEnd, act: act{reply: "<claire@customer.example> is fine"}, kind: doubt},
		{point: atEnd, act: act{flood: true}, kind: doubt},
		{point: atEnd, act: act{cut: true}, kind: doubt},
		{point: atEnd, act: act{cut: true}, kind: doubt, large: true},
		{point: atEnd, act: act{reply: "250 ok", cut: true}},
		{point: atQuit, act: act{reply: "554" + never}},
		{point: atQuit, act: act{cut: true}},
	}
	for _, point := range []string{atMail, atRcpt, atRcpt + " 2", atData} {
		rejected := rejected
		if point == atMail { // nothing was said of a recipient yet
			rejected = denied
		}
		rows = append(rows,
			row{point: point, act: act{reply: "451" + later}, kind: unavailable, code: "451"},
			row{point: point, act: act{reply: "421" + later, cut: true}, kind: unavailable, code: "421"},
			row{point: point, act: act{reply: "550" + never}, kind: rejected, code: "550"},
			row{point: point, act: act{reply: "550" + never, cut: true}, kind: rejected, code: "550"},
			row{point: point, act: act{reply: "<claire@customer.example> is fine"}, kind: unavailable},
			row{point: point, act: act{reply: "199 wait"}, kind: unavailable, code: "199"},
			row{point: point, act: act{flood: true}, kind: unavailable},
			row{point: point, act: act{cut: true}, kind: unavailable},
		)
	}
	for _, r := range rows {
		t.Run(fmt.Sprintf("%s/%.6s/cut=%t/large=%t", r.point, r.act.reply, r.act.cut, r.large), func(t *testing.T) {
			t.Parallel()
			f := &fake{script: map[string]act{r.point: r.act}}
			if r.login {
				f.plainExt, f.tlsExt = login, login[1:]
			}
			serve(t, f)
			cfg := f.config()
			cfg.Accounts = smtp.Fixed(credentials)
			m := someMail()
			if r.large {
				m = large()
			}
			requireOutcome(t, newMailer(t, cfg).Mail(t.Context(), m), r.kind, r.code)
			whole := r.point == atEnd || r.point == atQuit
			require.Len(t, f.got(), map[bool]int{true: 1}[whole], "messages the server has whole")
			require.True(t, f.visited(r.point))
		})
	}
}

// A context that ends says no more than the server may have done by then, and a
// server that falls silent keeps nobody waiting.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point string
		kind  error
		large bool
	}{
		{atGreeting, courrier.ErrUnavailable, false},
		{atEhlo, courrier.ErrUnavailable, false},
		{atStartTLS, courrier.ErrUnavailable, false},
		{atHandshake, courrier.ErrUnavailable, false},
		{atAuth, courrier.ErrUnavailable, false},
		{atMail, courrier.ErrUnavailable, false},
		{atRcpt, courrier.ErrUnavailable, false},
		{atData, courrier.ErrUnavailable, false},
		{atContent, courrier.ErrUnavailable, true},
		{atEnd, courrier.ErrInDoubt, false},
		{atEnd, courrier.ErrInDoubt, true},
	} {
		t.Run(fmt.Sprintf("%s/large=%t", c.point, c.large), func(t *testing.T) {
			t.Parallel()
			f := serve(t, &fake{script: map[string]act{c.point: {hang: c.point != atContent, stall: c.point == atContent}}})
			cfg := f.config()
			cfg.Accounts = smtp.Fixed(credentials)
			m := someMail()
			if c.large {
				m = large()
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-f.hung
				cancel()
			}()
			err := newMailer(t, cfg).Mail(ctx, m)
			requireOutcome(t, err, c.kind, "")
			require.ErrorIs(t, err, context.Canceled)
		})
	}
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		f := serve(t, &fake{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := newMailer(t, f.config()).Mail(ctx, someMail())
		requireOutcome(t, err, courrier.ErrUnavailable, "")
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point  string
		change func(*smtp.Config)
		kind   error
	}{
		{atGreeting, func(c *smtp.Config) { c.Timeout = 50 * time.Millisecond }, courrier.ErrUnavailable},
		{atEnd, func(c *smtp.Config) { c.FinalTimeout = 50 * time.Millisecond }, courrier.ErrInDoubt},
	} {
		t.Run(c.point, func(t *testing.T) {
			t.Parallel()
			f := serve(t, &fake{script: map[string]act{c.point: {hang: true}}})
			cfg := f.config()
			c.change(&cfg)
			err := newMailer(t, cfg).Mail(t.Context(), someMail())
			requireOutcome(t, err, c.kind, "")
			require.ErrorContains(t, err, "no answer in time")
			require.NotErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

func TestContentThatIsNotTaken(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{script: map[string]act{atContent: {stall: true}}})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := newMailer(t, f.config()).Mail(ctx, large())
	requireOutcome(t, err, courrier.ErrUnavailable, "")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, f.got())
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	f := start(&fake{})
	cfg := f.config()
	f.stop()
	err := newMailer(t, cfg).Mail(t.Context(), someMail())
	requireOutcome(t, err, courrier.ErrUnavailable, "")
	require.ErrorContains(t, err, "connection refused")

	cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("the proxy says no") }
	err = newMailer(t, cfg).Mail(t.Context(), someMail())
	requireOutcome(t, err, courrier.ErrUnavailable, "")
	require.ErrorContains(t, err, "the proxy says no")
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	cfg := f.config()
	cfg.Dial, cfg.Now = nil, nil
	require.NoError(t, newMailer(t, cfg).Mail(t.Context(), someMail()))
	date, err := read(t, f.got()[0].content).header.Date()
	require.NoError(t, err)
	require.False(t, date.IsZero())
}

// Waiting ends with the timeout or the context wherever a host's own code waits.
func TestHooksThatWait(t *testing.T) {
	t.Parallel()
	cfg := smtp.Config{Host: "mail.example", Domain: "acme.example", Timeout: time.Millisecond, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	err := newMailer(t, cfg).Mail(t.Context(), someMail())
	requireOutcome(t, err, courrier.ErrUnavailable, "")
	require.ErrorContains(t, err, "no answer in time")
	require.NotErrorIs(t, err, context.DeadlineExceeded)

	ctx, cancel := context.WithCancel(t.Context())
	cfg.Accounts = func(context.Context, courrier.AccountID) (smtp.Account, error) {
		cancel()
		return smtp.Account{}, errors.New("the vault was not asked")
	}
	err = newMailer(t, cfg).Mail(ctx, someMail())
	requireOutcome(t, err, courrier.ErrUnavailable, "")
	require.ErrorIs(t, err, context.Canceled)
}

// A message goes to all of its recipients or to none, and the error tells which
// were refused, by their place.
func TestRecipients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		first, last string
		kind        error
		code, says  string
	}{
		{"permanent outweighs temporary", "451 4.2.1 busy", "550 5.1.1 unknown", courrier.ErrRejected, "550", "status 5.1.1: To[0], To[1]"},
		{"first of equals", "550 5.1.1 unknown", "553 5.1.3 odd", courrier.ErrRejected, "550", "status 5.1.1: To[0], To[1]"},
		{"only one", "250 ok", "550 5.7.1 no", courrier.ErrDenied, "550", "refused at RCPT, status 5.7.1: To[1]"},
		{"no enhanced status", "450 busy", "250 ok", courrier.ErrUnavailable, "450", "refused at RCPT: To[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, &fake{script: map[string]act{atRcpt: {reply: c.first}, atRcpt + " 2": {reply: c.last}}})
			err := newMailer(t, f.config()).Mail(t.Context(), someMail())
			requireOutcome(t, err, c.kind, c.code)
			require.ErrorContains(t, err, c.says)
			require.False(t, f.visited(atData))
			require.True(t, f.visited(atQuit))
		})
	}
}

func TestServerLimits(t *testing.T) {
	t.Parallel()
	odd := someMail()
	odd.To[0].Address = "hélène@customer.example"
	for _, c := range []struct {
		name string
		ext  []string
		mail email.Message
		kind error
		code string
		line string // what must follow MAIL
	}{
		{"larger than it takes", []string{"SIZE 1000000"}, large(), courrier.ErrInvalid, "too-large", ""},
		{"no limit given", []string{"SIZE 0"}, large(), nil, "", "FROM:<billing@acme.example>"},
		{"address outside ASCII", []string{"SMTPUTF8", "8BITMIME"}, odd, nil, "", "FROM:<billing@acme.example> BODY=8BITMIME SMTPUTF8"},
		{"address outside ASCII, old server", []string{"8BITMIME"}, odd, courrier.ErrRejected, "no-smtputf8", ""},
		{"SMTPUTF8 only when needed", []string{"SMTPUTF8"}, someMail(), nil, "", "FROM:<billing@acme.example>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, &fake{tlsExt: c.ext})
			requireOutcome(t, newMailer(t, f.config()).Mail(t.Context(), c.mail), c.kind, c.code)
			require.Equal(t, c.kind == nil, f.visited(atMail))
			if c.kind == nil {
				require.Equal(t, c.line, f.got()[0].mail)
			}
		})
	}
}

func TestTLSPolicies(t *testing.T) {
	t.Parallel()
	policy := func(p smtp.TLS) func(*smtp.Config) { return func(c *smtp.Config) { c.TLS = p } }
	unknownRoot := func(c *smtp.Config) { c.TLSConfig = nil }
	otherName := func(c *smtp.Config) { c.TLSConfig.ServerName = "other.example" }
	bare := []string{"AUTH PLAIN"}
	for _, c := range []struct {
		name      string
		fake      *fake
		elsewhere bool
		change    func(*smtp.Config)
		account   smtp.Account
		kind      error
		code      string
		encrypted bool
	}{
		{name: "STARTTLS by default", fake: &fake{}, account: credentials, encrypted: true},
		{name: "STARTTLS elsewhere", fake: &fake{}, elsewhere: true, account: credentials, encrypted: true},
		{name: "STARTTLS not offered", fake: &fake{plainExt: bare}, account: credentials, kind: courrier.ErrUnavailable, code: "no-tls"},
		{name: "unknown root", fake: &fake{}, change: unknownRoot, account: credentials, kind: courrier.ErrUnavailable},
		{name: "another's certificate", fake: &fake{}, change: otherName, account: credentials, kind: courrier.ErrUnavailable},
		{name: "old TLS", fake: &fake{tls: &tls.Config{Certificates: []tls.Certificate{pki().certificate}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}},
			kind: courrier.ErrUnavailable},
		{name: "implicit", fake: &fake{implicit: true}, account: credentials, encrypted: true},
		{name: "implicit, unknown root", fake: &fake{implicit: true}, change: unknownRoot, kind: courrier.ErrUnavailable},
		{name: "opportunistic, offered", fake: &fake{}, change: policy(smtp.OpportunisticTLS), account: credentials, encrypted: true},
		{name: "opportunistic, not offered", fake: &fake{plainExt: bare}, elsewhere: true, change: policy(smtp.OpportunisticTLS)},
		{name: "opportunistic, not offered, with a password", fake: &fake{plainExt: bare}, elsewhere: true, change: policy(smtp.OpportunisticTLS),
			account: credentials, kind: courrier.ErrDenied, code: "no-tls"},
		{name: "plain on this machine", fake: &fake{}, change: policy(smtp.Plain), account: credentials},
		// What a stranger on the line puts behind the answer to STARTTLS is not
		// taken for something said under TLS.
		{name: "injected answer", fake: &fake{tlsExt: []string{"SIZE"}, script: map[string]act{atStartTLS: {reply: "220 go\r\n250-fake\r\n250 AUTH PLAIN"}}},
			account: credentials, kind: courrier.ErrDenied, code: "no-auth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, c.fake)
			cfg := f.config()
			cfg.Accounts = smtp.Fixed(c.account)
			if c.elsewhere {
				cfg.Host = "mail.example"
			}
			if c.change != nil {
				c.change(&cfg)
			}
			requireOutcome(t, newMailer(t, cfg).Mail(t.Context(), someMail()), c.kind, c.code)
			if c.kind != nil {
				require.False(t, f.visited(atMail))
				require.False(t, f.visited(atAuth), "a password was sent")
				return
			}
			got := f.got()[0]
			require.Equal(t, c.encrypted, got.encrypted)
			require.Equal(t, c.account.Username, got.user)
			require.Equal(t, c.account.Password.Reveal(), got.secret)
			require.Equal(t, cfg.Domain, got.helo)
		})
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	token := smtp.Account{Username: "acme-user", Token: smtp.NewSecret("ya29")}
	for _, c := range []struct {
		name    string
		ext     string
		account smtp.Account
		script  map[string]act
		want    received
		kind    error
		code    string
	}{
		{name: "PLAIN first", ext: "AUTH LOGIN PLAIN", account: credentials, want: received{mechanism: "PLAIN", user: "acme-user", secret: "hunter22"}},
		{name: "LOGIN", ext: "AUTH LOGIN CRAM-MD5", account: credentials, want: received{mechanism: "LOGIN", user: "acme-user", secret: "hunter22"}},
		{name: "XOAUTH2", ext: "AUTH plain xoauth2", account: token, want: received{mechanism: "XOAUTH2", secret: "user=acme-user\x01auth=Bearer ya29\x01\x01"}},
		{name: "token refused", ext: "AUTH XOAUTH2", account: token, script: map[string]act{"token": {}}, kind: courrier.ErrDenied, code: "535"},
		{name: "a token where passwords are wanted", ext: "AUTH PLAIN LOGIN", account: token, kind: courrier.ErrDenied, code: "no-auth"},
		{name: "a mechanism of the server's own", ext: "AUTH GSSAPI", account: credentials, kind: courrier.ErrDenied, code: "no-auth"},
		{name: "no AUTH", ext: "SIZE", account: credentials, kind: courrier.ErrDenied, code: "no-auth"},
		{name: "nobody to sign in", ext: "AUTH PLAIN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, &fake{tlsExt: []string{c.ext}, script: c.script})
			cfg := f.config()
			cfg.Accounts = smtp.Fixed(c.account)
			requireOutcome(t, newMailer(t, cfg).Mail(t.Context(), someMail()), c.kind, c.code)
			if c.kind == nil {
				got := f.got()[0]
				require.Equal(t, c.want, received{mechanism: got.mechanism, user: got.user, secret: got.secret})
			}
		})
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	cfg := f.config()
	known := map[courrier.AccountID]smtp.Account{
		"acme": {Username: "a", Password: smtp.NewSecret("1")}, "zeta": {Username: "z", Password: smtp.NewSecret("2")},
		"half": {Username: "h"}, "both": {Username: "b", Password: smtp.NewSecret("1"), Token: smtp.NewSecret("2")}, "odd": {From: email.Box{Address: "x"}, ReturnPath: "y\r\n"},
	}
	cause := errors.New("vault sealed")
	cfg.Accounts = func(_ context.Context, id courrier.AccountID) (smtp.Account, error) {
		a, ok := known[id]
		switch {
		case id == "sealed":
			return a, cause
		case id == "closed":
			return a, fmt.Errorf("closed: %w", courrier.ErrDenied)
		case !ok:
			return a, fmt.Errorf("no such account: %w", courrier.ErrNotFound)
		}
		return a, nil
	}
	m := newMailer(t, cfg)
	send := func(id courrier.AccountID) error {
		e := someMail()
		e.Account = id
		return m.Mail(t.Context(), e)
	}
	require.NoError(t, send("acme"))
	require.NoError(t, send("zeta"))
	require.Equal(t, []string{"a", "z"}, []string{f.got()[0].user, f.got()[1].user})

	require.ErrorIs(t, send("sealed"), cause)
	requireOutcome(t, send("sealed"), courrier.ErrUnavailable, "no-account")
	require.ErrorIs(t, send("closed"), courrier.ErrDenied)
	require.ErrorIs(t, send("missing"), courrier.ErrDenied)
	for id, fields := range map[courrier.AccountID][]string{
		"half": {"Account.Username"}, "both": {"Account.Token"}, "odd": {"Account.From.Address", "Account.ReturnPath"},
	} {
		var got []string
		for _, fe := range courrier.FieldErrors(send(id)) {
			got = append(got, fe.Field)
		}
		require.Equal(t, fields, got, id)
	}
	require.Len(t, f.got(), 2)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	cfg := f.config()
	cfg.Accounts = smtp.Fixed(credentials)
	m := newMailer(t, cfg)
	var group sync.WaitGroup
	const n = 20
	errs := make([]error, n)
	for i := range n {
		group.Go(func() {
			e := someMail()
			e.ID = fmt.Sprintf("many-%d", i)
			e.Attachments = []courrier.Document{{Name: "x.bin", Content: random(5000)}}
			errs[i] = m.Mail(t.Context(), e)
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, f.got(), n)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	a := smtp.Account{Username: "u", Password: smtp.NewSecret("hunter22"), Token: smtp.NewSecret("hunter22")}
	text, err := a.Password.MarshalText()
	require.NoError(t, err)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%p", "%w", "%x", "%t"} {
		require.NotContains(t, fmt.Sprintf(format, a)+string(text), "hunter22", format)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := smtp.Config{Host: "mail.example", Domain: "acme.example"}
	for _, c := range []struct {
		field  string
		change func(*smtp.Config)
	}{
		{"Host", func(c *smtp.Config) { c.Host = "" }},
		{"Host", func(c *smtp.Config) { c.Host = "mail.example:587" }},
		{"Host", func(c *smtp.Config) { c.Host = "smtp://mail.example" }},
		{"Port", func(c *smtp.Config) { c.Port = 65536 }},
		{"Port", func(c *smtp.Config) { c.Port = -1 }},
		{"TLS", func(c *smtp.Config) { c.TLS = "off" }},
		{"TLS", func(c *smtp.Config) { c.TLS = smtp.Plain }},
		{"TLS", func(c *smtp.Config) { c.TLS, c.Host = smtp.Plain, "localhost.example" }},
		{"Domain", func(c *smtp.Config) { c.Domain = "" }},
		{"Domain", func(c *smtp.Config) { c.Domain = "acme.example\r\nMAIL" }},
		{"Domain", func(c *smtp.Config) { c.Domain = "-acme.example" }},
		{"Domain", func(c *smtp.Config) { c.Domain = strings.Repeat("a.", 130) + "b" }},
		{"Timeout", func(c *smtp.Config) { c.Timeout = -1 }},
		{"Timeout", func(c *smtp.Config) { c.Timeout = 30 }},
		{"FinalTimeout", func(c *smtp.Config) { c.FinalTimeout = -1 }},
		{"ReturnPath", func(c *smtp.Config) { c.ReturnPath = "Bounces <b@acme.example>" }},
	} {
		cfg := good
		c.change(&cfg)
		_, err := smtp.New(cfg)
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Len(t, courrier.FieldErrors(err), 1)
		require.Equal(t, c.field, courrier.FieldErrors(err)[0].Field)
	}
	_, err := smtp.New(smtp.Config{Host: "::1", Domain: "acme.example"})
	require.NoError(t, err)
	_, err = smtp.New(smtp.Config{})
	require.Len(t, courrier.FieldErrors(err), 2)
}

func TestDefaultPorts(t *testing.T) {
	t.Parallel()
	for policy, port := range map[smtp.TLS]string{smtp.StartTLS: "587", smtp.OpportunisticTLS: "587", smtp.ImplicitTLS: "465"} {
		var dialled string
		m := newMailer(t, smtp.Config{Host: "mail.example", Domain: "acme.example", TLS: policy, Dial: func(ctx context.Context, _, addr string) (net.Conn, error) {
			dialled = addr
			_, bounded := ctx.Deadline()
			require.True(t, bounded)
			return nil, errors.New("no")
		}})
		requireOutcome(t, m.Mail(t.Context(), someMail()), courrier.ErrUnavailable, "")
		require.Equal(t, "mail.example:"+port, dialled)
	}
}
