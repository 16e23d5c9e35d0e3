package courrier_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

var invoicePDF = []byte("%PDF-1.7 an invoice of the host's own")

// README's first program. The functions below need a carrier, or a host, to run.
func Example() {
	ctx := context.Background()
	post := mock.New() // a post office in memory; your carrier's adapter comes here
	client, err := courrier.New(courrier.Config{
		Store:     memstore.New(), // or SQLite, PostgreSQL, your own
		Providers: []courrier.Provider{post},
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{
			courrier.ServiceRegisteredAR: courrier.MustAmount("5", "stamp"),
		}),
		Now: post.Now,
	})
	if err != nil {
		log.Fatal(err)
	}
	client.Credits("acme").TopUp(ctx, "order-77", courrier.MustAmount("50", "stamp"))

	letter, err := client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "INV-1042/formal-notice", Service: courrier.ServiceRegisteredAR,
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{
			Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Acme SAS", Address: courrier.Address{
			Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("notice.pdf", invoicePDF)},
	})
	if err != nil {
		log.Fatal(err)
	}
	client.Dispatch(ctx, courrier.DispatchOptions{}) // what client.Run does every minute
	post.Advance(30 * 24 * time.Hour)
	client.Refresh(ctx, courrier.RefreshOptions{})

	letter, _ = client.Letter(ctx, letter.ID)
	receipt, _ := client.Proof(ctx, letter.ID, courrier.ProofOfReceipt)
	balance, _ := client.Credits("acme").Balance(ctx, "stamp")
	fmt.Println(letter.Status, len(receipt.Content) > 0, balance.Available)
	// Output: delivered true 45 stamp
}

func Example_mySendingBox() {
	ctx, store, key := context.Background(), memstore.New(), mysendingbox.NewKey("test_…")

	carrier, err := mysendingbox.New(mysendingbox.Config{
		Credentials:    mysendingbox.FixedKey(key), // a test_… key; Live: true for the other one
		WebhookSecrets: []string{"at-least-16-random-bytes"},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/webhooks/mysendingbox", client.WebhookHandler(carrier, courrier.WebhookOptions{}))
	go client.Run(ctx, time.Minute) // hands letters over, asks for news, fetches proofs
}

func Example_laPoste() {
	carrier, err := laposte.New(laposte.Config{
		Credentials: func(_ context.Context, account courrier.AccountID) (laposte.Credentials, error) {
			return laposte.Credentials{ClientID: "appli.host", ClientSecret: "…", Username: string(account), Password: "…"}, nil
		},
		Endpoints: laposte.Sandbox(), // leave it out for production
		Webhook:   laposte.BasicAuth{Login: "maileva", Password: "a long random text"},
	})

	fmt.Println(carrier.Name(), err)
}

func Example_reminders() {
	ctx, store, carrier, today := context.Background(), memstore.New(), mock.New(), courrier.MustDate("2026-03-02")
	var (
		myInvoices dunning.Debtors
		cases      iter.Seq2[dunning.Case, error]
		composer   dunning.Composer
		mailer     email.Mailer
		sender     courrier.Sender
		mailbox    email.Box
	)

	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
	if err != nil {
		log.Fatal(err)
	}
	runner, err := dunning.New(dunning.Config{
		Client: client, Store: store, Debtors: myInvoices, Composer: composer, Mailer: mailer, // Debtors is two methods over your own data
		Settings: func(ctx context.Context, account courrier.AccountID) (dunning.Settings, error) {
			return dunning.Settings{
				Policies:   []courrier.ReminderPolicy{dunning.StandardPolicy()},
				Assignment: dunning.PolicyAssignment{Default: "standard"},
				Language:   courrier.French, Sender: sender, MailFrom: mailbox,
			}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	runner.RunDay(ctx, today, cases) // each day: decides, and claims what it decided
	runner.Dispatch(ctx)             // each minute: sends what is due
}

func Example_screens() {
	var (
		client *courrier.Client
		runner *dunning.Runner
		host   interface {
			desk.Host
			Session(r *http.Request) (desk.Session, error)
		}
	)

	screens, err := desk.New(desk.Config{Client: client, Runner: runner, Host: host, Session: host.Session, Prefix: "/desk"})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/desk/", screens)
}

var link = regexp.MustCompile(`\]\(([^)#\s]+)`)

// Links within the repository lead to files that exist.
func TestDocumentationLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			require.FileExists(t, filepath.Join(filepath.Dir(page), found[1]), page)
		}
	}
}

// Every package that a host may import shows how it is used. Examples are
// compiled, and run where they say what they print.
func TestEveryPackageHasAnExample(t *testing.T) {
	t.Parallel()
	compiledOnly := []string{"dunning/dunningtest", "pdf/pdfium", "stores/storetest", "stores/sqlstore", "stores/postgres", "stores/mysql"} // tests; what takes long; servers
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if slices.Contains([]string{".git", "cmd", "e2e", "examples", "internal", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		sources, tests := read(t, path, "[a-z]*.go"), read(t, path, "*_test.go")
		if sources == "" {
			return nil
		}
		require.True(t, strings.Contains(tests, "\nfunc Example"), "%s has no Example", path)
		runs := strings.Contains(tests, "\t// Output:") || slices.Contains(compiledOnly, path)
		require.True(t, runs, "no Example of %s says what it prints", path)
		return nil
	}))
}

// read returns the files of a folder whose names match, one after the other.
func read(t *testing.T, folder, names string) string {
	files, err := filepath.Glob(filepath.Join(folder, names))
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}
