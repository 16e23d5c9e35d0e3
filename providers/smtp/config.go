package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/secret"
)

// TLS says how the connection is protected.
type TLS string

// The ways to protect a connection.
const (
	// StartTLS encrypts with STARTTLS (RFC 3207), and sends nothing to a server
	// that does not offer it.
	StartTLS TLS = ""
	// ImplicitTLS encrypts from the first byte (RFC 8314).
	ImplicitTLS TLS = "implicit"
	// OpportunisticTLS encrypts when the server offers it. Anybody on the line
	// can make it seem that it does not, so it never signs in unencrypted.
	OpportunisticTLS TLS = "opportunistic"
	// Plain never encrypts. It is for tests, and only taken with the Host
	// "localhost", "127.0.0.1" or "::1".
	Plain TLS = "plain"
)

const (
	portSubmission  = 587 // RFC 6409
	portSubmissions = 465 // RFC 8314
	defaultTimeout  = time.Minute
	// Our conventions: Orange closes after 100 messages, and others count what is open.
	defaultPerConnection = 100
	defaultIdle          = 5 * time.Second
	maxConnections       = 100
	// defaultFinalTimeout is the least that RFC 5321, section 4.5.3.2.6, lets a
	// client wait: whoever gives up earlier sends mail twice.
	defaultFinalTimeout = 10 * time.Minute
)

// Config says which server to use and how. Host and Domain are required.
type Config struct {
	Host string // name of the mail server, which its certificate must bear
	Port int    // 0: 465 with ImplicitTLS, 587 otherwise
	TLS  TLS    // the zero value insists on STARTTLS
	// TLSConfig adds to the TLS configuration, such as RootCAs; it is cloned.
	// nil: the system's roots, TLS 1.2 or later.
	TLSConfig *tls.Config
	// Domain is a domain name of the host: the right part of every Message-ID,
	// and the name given to the server in EHLO.
	Domain string
	// ReturnPath is the address that bounces go to, for accounts that give none.
	// Empty: the address that the message is from.
	ReturnPath string
	// Accounts returns what an account sends with; see [Fixed]. nil: no server
	// asks for a password.
	Accounts Accounts
	// Timeout bounds each step until the server has the message: to connect, and
	// for each answer. Contents get one more second for every 64 KiB. 0: 1 minute.
	Timeout time.Duration
	// FinalTimeout bounds the wait for the answer to a whole message, after which
	// it is in doubt. 0: 10 minutes, the least that RFC 5321 asks of a client.
	FinalTimeout time.Duration
	// Connections is how many connections to the server are open at most. They are kept
	// for the messages that follow, of the same account, and more messages wait. Give no
	// more than the server allows each client, shared among all processes. 0: each message
	// has a connection of its own, without a bound.
	Connections int
	// PerConnection is after how many messages a connection is closed. 0: 100.
	PerConnection int
	// Idle is how long a connection is kept that nobody uses. 0: 5 seconds.
	Idle time.Duration
	// PerSecond is how many messages begin in a second at most, with Connections. 0: no
	// bound.
	PerSecond float64
	// Dial connects to the server: for proxies, and to keep servers that
	// customers name out of the host's own network. nil: a [net.Dialer].
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	Now  func() time.Time // the Date of messages; nil: time.Now
}

// Accounts returns what an account sends with. An error that matches
// [courrier.ErrDenied] or [courrier.ErrNotFound] means that the account may not
// send now; any other, that this cannot be told for the moment. Nothing is sent
// either way.
type Accounts func(ctx context.Context, id courrier.AccountID) (Account, error)

// Account is what an account sends with. The zero value signs in to nothing and
// sends from the address that each message gives.
type Account struct {
	Username string
	Password Secret // for PLAIN, or LOGIN where that is not offered
	Token    Secret // an OAuth 2 access token for XOAUTH2, instead of Password
	// From takes the place of Message.From where the server sends from its own
	// addresses only. Answers go to Message.From, unless Message.ReplyTo says
	// otherwise; without a Name, the name of Message.From is shown.
	From       email.Box
	ReturnPath string // see Config.ReturnPath
}

// Secret is a password or a token. It prints as "[secret]" however it is printed;
// Reveal returns the text itself. The zero Secret is none.
type Secret struct{ secret.Text }

// NewSecret returns a password or a token to sign in with.
func NewSecret(s string) Secret { return Secret{secret.New(s)} }

// Fixed is the Accounts of a host that sends everything as one.
func Fixed(a Account) Accounts {
	return func(context.Context, courrier.AccountID) (Account, error) { return a, nil }
}

// validate reports every wrong field.
func (a Account) validate() error {
	var c courrier.Checks
	signsIn := !a.Password.IsZero() || !a.Token.IsZero()
	c.Require(signsIn == (a.Username != ""), "Username", "and Password or Token do not go together", "give both, or neither")
	c.Require(a.Password.IsZero() || a.Token.IsZero(), "Token", "is given beside Password", "give one of them")
	if a.From != (email.Box{}) {
		c.Nest("From", a.From.Validate())
	}
	requireAddress(&c, "ReturnPath", a.ReturnPath)
	return c.Err()
}

func requireAddress(c *courrier.Checks, field, address string) {
	c.Require(address == "" || email.Box{Address: address}.Validate() == nil, field, "is no e-mail address",
		"give one as bounces@example.com")
}

var (
	domainName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)
	policies   = []TLS{StartTLS, ImplicitTLS, OpportunisticTLS, Plain}
	loopback   = []string{"localhost", "127.0.0.1", "::1"}
)

const maxDomain = 253 // characters, RFC 1035

func (cfg Config) validate() error {
	var c courrier.Checks
	c.Require(cfg.Host != "", "Host", "is empty", "name the mail server")
	c.Require(!strings.ContainsAny(cfg.Host, ":/ ") || net.ParseIP(cfg.Host) != nil, "Host", "is no name of a server", "give the name alone; the port goes into Port")
	c.Require(cfg.Port >= 0 && cfg.Port <= 65535, "Port", "is outside 0 to 65535", "give 465, 587, or 0 for the default")
	c.Require(slices.Contains(policies, cfg.TLS), "TLS", "is none of the policies", "use one of the TLS constants")
	c.Require(cfg.TLS != Plain || slices.Contains(loopback, cfg.Host), "TLS", "is Plain, to a server elsewhere", "use StartTLS or ImplicitTLS")
	c.Require(len(cfg.Domain) <= maxDomain && domainName.MatchString(cfg.Domain), "Domain", "is no domain name",
		"give one of yours, such as mail.example.com")
	lasts := func(d time.Duration) bool { return d == 0 || d >= time.Millisecond } // a bare 30 is nanoseconds
	c.Require(lasts(cfg.Timeout), "Timeout", "is under a millisecond", "write it as 30*time.Second, or give 0 for a minute")
	c.Require(lasts(cfg.FinalTimeout), "FinalTimeout", "is under a millisecond", "write it as 10*time.Minute, or give 0 for that")
	requireAddress(&c, "ReturnPath", cfg.ReturnPath)
	c.Require(cfg.Connections >= 0 && cfg.Connections <= maxConnections, "Connections", "is outside 0 to "+strconv.Itoa(maxConnections), "give what the server allows, or 0")
	c.Require(cfg.PerConnection >= 0, "PerConnection", "is negative", "give 0 for 100")
	c.Require(cfg.Idle >= 0, "Idle", "is negative", "give 0 for 5 seconds")
	c.Require(cfg.PerSecond >= 0, "PerSecond", "is negative", "give 0 for no bound")
	c.Require(cfg.PerSecond == 0 || cfg.Connections > 0, "PerSecond", "is given without Connections", "give both")
	return c.Err()
}

func (cfg Config) withDefaults() Config {
	port := portSubmission
	if cfg.TLS == ImplicitTLS {
		port = portSubmissions
	}
	cfg.Port = cmp.Or(cfg.Port, port)
	cfg.PerConnection, cfg.Idle = cmp.Or(cfg.PerConnection, defaultPerConnection), cmp.Or(cfg.Idle, defaultIdle)
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	cfg.FinalTimeout = cmp.Or(cfg.FinalTimeout, defaultFinalTimeout)
	cfg.TLSConfig = tlsConfig(cfg.TLSConfig, cfg.Host)
	if cfg.Accounts == nil {
		cfg.Accounts = Fixed(Account{})
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

func tlsConfig(base *tls.Config, host string) *tls.Config {
	if base == nil {
		base = &tls.Config{}
	}
	c := base.Clone()
	c.ServerName = cmp.Or(c.ServerName, host)
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	if c.ClientSessionCache == nil && !c.SessionTicketsDisabled {
		c.ClientSessionCache = tls.NewLRUClientSessionCache(0) // the next handshake is shorter
	}
	return c
}

func (cfg Config) address() string { return net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port)) }
