package mysendingbox_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// answers is a carrier that gives one answer to every call; status 0: nobody is there, -1:
// the line breaks before the answer.
type answers struct {
	status int
	body   string
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.status == 0 {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	if a.status < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

const worded = `{"error":{"message":"no"}}`

// everyAnswer are the ways in which the carrier can answer what nobody hoped for.
var everyAnswer = []answers{
	{}, {-1, ""}, {200, `{}`}, {200, "<html>"}, {200, `{"_id":"1","mode":"test"}`},
	{200, `{"letters":[{"_id":"1","mode":"test"}],"info":{"total":1}}`},
	{200, `{"company":{"_id":"co","api_keys":{"live":{"key":"live_1"}}}}`},
	{400, worded}, {401, worded}, {404, worded}, {409, worded}, {422, worded}, {500, ""},
}

// states is a store that has one connection in a state, with keys or without.
func states(t *testing.T, body string) *items {
	store := newItems()
	if body != "" {
		item := courrier.Item{Kind: "mysendingbox.connection", Account: account, Body: []byte(body)}
		_, err := store.Commit(t.Context(), courrier.Change{Items: []courrier.Item{item}})
		require.NoError(t, err)
	}
	return store
}

// stored are the connections that a call may find; "": none.
var stored = []string{
	"", `{"account":"` + string(account) + `","state":"refused"}`, `{"account":"` + string(account) + `","state":"connected"}`,
	`{"account":"` + string(account) + `","state":"connected","company":"co","has_live":true,"live":"eHl6"}`,
}

// changing is a store in which somebody else writes first.
type changing struct{ *items }

func (changing) Commit(_ context.Context, all ...courrier.Change) ([]courrier.Result, error) {
	return []courrier.Result{{Err: courrier.ErrConflict}}, nil
}

var errVault = errors.New("the vault is closed")

func lastError[T any](all iter.Seq2[T, error]) (last error) {
	for _, err := range all {
		last = err
	}
	return last
}

// accountCalls are the calls about an account's connection, each in its ways.
var accountCalls = map[string]func(context.Context, *mysendingbox.Accounts) []error{
	"Accounts.Connection": func(ctx context.Context, a *mysendingbox.Accounts) []error { return one(a.Connection(ctx, account)) },
	"Accounts.Connections": func(ctx context.Context, a *mysendingbox.Accounts) []error {
		return []error{lastError(a.Connections(ctx))}
	},
	"Accounts.Key": func(ctx context.Context, a *mysendingbox.Accounts) []error { return one(a.Key(ctx, account)) },
	"Accounts.Report": func(ctx context.Context, a *mysendingbox.Accounts) []error {
		return append(one(a.Report(ctx, account, "unheard")), one(a.Report(ctx, account, mysendingbox.StateConnected))...)
	},
	"Accounts.Probe": func(ctx context.Context, a *mysendingbox.Accounts) []error { return one(a.Probe(ctx, account)) },
	"Accounts.SetKeys": func(ctx context.Context, a *mysendingbox.Accounts) []error {
		return append(one(a.SetKeys(ctx, account, mysendingbox.Keys{})),
			one(a.SetKeys(ctx, account, mysendingbox.Keys{Live: mysendingbox.NewKey(mysendingboxtest.LiveKey)}))...)
	},
	"Accounts.ChangeEmail": func(ctx context.Context, a *mysendingbox.Accounts) []error {
		return []error{a.ChangeEmail(ctx, account, "nobody"), a.ChangeEmail(ctx, account, "new@bakery.test")}
	},
	"Accounts.Deactivate": func(ctx context.Context, a *mysendingbox.Accounts) []error { return one(a.Deactivate(ctx, account)) },
	"Accounts.Open": func(ctx context.Context, a *mysendingbox.Accounts) []error {
		return append(one(a.Open(ctx, mysendingbox.Opening{})), one(a.Open(ctx, opening()))...)
	},
}

func one[T any](_ T, err error) []error { return []error{err} }

// letterCalls are the calls about what the carrier lists.
var letterCalls = map[string]func(context.Context, *mysendingbox.Provider) []error{
	"Provider.InvoiceFile": func(ctx context.Context, p *mysendingbox.Provider) []error {
		return one(p.InvoiceFile(ctx, account, "1"))
	},
	"Provider.Invoices": func(ctx context.Context, p *mysendingbox.Provider) []error {
		return []error{lastError(p.Invoices(ctx, account, mysendingbox.InvoiceFilter{}))}
	},
	"Provider.Letters": func(ctx context.Context, p *mysendingbox.Provider) []error {
		return []error{lastError(p.Letters(ctx, account, mysendingbox.ListFilter{}))}
	},
	"Provider.ReadLetter": func(ctx context.Context, p *mysendingbox.Provider) []error {
		return one(p.ReadLetter(ctx, account, "1"))
	},
}

// credentials are a good key, one of the other mode, and hosts that have none.
var credentials = []mysendingbox.Credentials{
	mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), mysendingbox.FixedKey(mysendingbox.NewKey("test_1")),
	mysendingbox.FixedKey(mysendingbox.Key{}), func(context.Context, courrier.AccountID) (mysendingbox.Key, error) {
		return mysendingbox.Key{}, errVault
	},
}

// configs are hosts of the accounts: a sound one, one without partner, and those whose
// own parts fail.
var configs = []func(*mysendingbox.AccountsConfig){
	func(*mysendingbox.AccountsConfig) {},
	func(c *mysendingbox.AccountsConfig) { c.Partner = nil },
	func(c *mysendingbox.AccountsConfig) {
		c.Partner = func(context.Context) (mysendingbox.Key, error) { return mysendingbox.Key{}, errVault }
	},
	func(c *mysendingbox.AccountsConfig) { c.Secrets = &sealer{broken: errVault} },
	func(c *mysendingbox.AccountsConfig) { c.Store = changing{c.Store.(*items)} },
}

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // calls that only ask are made again after a while
		returned(t)
	})
}

func returned(t *testing.T) {
	ctx, w := t.Context(), newWorld(t, nil)
	lists, err := calldoc.Of(".")
	require.NoError(t, err)
	seen := calldoc.Seen{Words: map[string][]string{"its state": {"refused", "connected"}}}
	seen.Call("New", calldoc.Error(mysendingbox.New(mysendingbox.Config{})))
	seen.Call("NewAccounts", calldoc.Error(mysendingbox.NewAccounts(mysendingbox.AccountsConfig{})))
	call := func(name string, errs []error) {
		for _, err := range errs {
			seen.Call(name, err)
		}
	}
	for _, transport := range everyAnswer {
		for _, host := range configs {
			for _, body := range stored {
				for name, do := range accountCalls {
					accounts := newAccounts(t, w, states(t, body), func(c *mysendingbox.AccountsConfig) { c.Transport = transport; host(c) })
					call(name, do(ctx, accounts))
				}
			}
		}
		for name, do := range letterCalls {
			for _, key := range credentials {
				call(name, do(ctx, newWorld(t, func(c *mysendingbox.Config) { c.Transport, c.Credentials = transport, key }).provider))
			}
		}
	}
	require.Empty(t, calldoc.Compare(lists, &seen))
}
