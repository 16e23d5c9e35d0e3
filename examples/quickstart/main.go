// Quickstart sends four letters through a post office in memory and follows them
// for thirty days, on a SQLite file, without network:
//
//	go run ./examples/quickstart [folder]
//
// An account buys 20 stamps and sends an invoice registered with advice of
// receipt, an ordinary letter, one that the carrier refuses (its credit is back
// at once) and one that comes back. The folder holds the database, the proofs
// and a page with the letters' histories. Run again on the same folder, it sends
// nothing again.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/tariff"
)

// invoices are printed by Chromium from testdata/invoice.html, one for each key.
//
//go:embed testdata/*.pdf
var invoices embed.FS

const account = courrier.AccountID("atelier-verne")

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	folder, err := folderOf(args)
	if err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, filepath.Join(folder, "courrier.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	if err != nil {
		return err
	}

	office := mock.New(mock.Config{
		Start:  time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC),
		Script: mock.ByKey(fates),
	})
	client, err := courrier.New(courrier.Config{
		Store:     store,
		Providers: []courrier.Provider{office},
		Tariff:    prices,
		Now:       office.Now,
	})
	if err != nil {
		return err
	}
	if err := send(ctx, client); err != nil {
		return err
	}
	if err := thirtyDays(ctx, client, office); err != nil {
		return err
	}
	return report(ctx, client, folder)
}

func folderOf(args []string) (string, error) {
	if len(args) == 0 {
		return os.MkdirTemp("", "courrier-quickstart-")
	}
	return args[0], os.MkdirAll(args[0], 0o755)
}

// prices is what this host sells: stamps, one for an ordinary letter, five for a
// registered one.
var prices = tariff.Flat(map[courrier.Service]courrier.Amount{
	courrier.ServiceStandard:     courrier.MustAmount("1", "stamp"),
	courrier.ServiceRegisteredAR: courrier.MustAmount("5", "stamp"),
})

// fates are what happens to letters at the post office, by their key.
var fates = map[string]mock.Script{
	"FA-2026-0144": {Answers: []mock.Answer{mock.Reject("address-unknown")}},
	"FA-2026-0145": {Course: mock.Returned(courrier.ReturnUnclaimed)},
}

// send buys stamps and queues the letters. Keys make it safe to repeat.
func send(ctx context.Context, client *courrier.Client) error {
	fmt.Println("Buying 20 stamps and sending four letters")
	if _, err := client.Credits(account).TopUp(ctx, "order-77", courrier.MustAmount("20", "stamp")); err != nil {
		return err
	}
	all, err := letters()
	if err != nil {
		return err
	}
	for _, l := range all {
		rec, err := client.Send(ctx, l)
		if err != nil {
			return err
		}
		fmt.Printf("  %s  %-13s  %-9s %s\n", l.Key, l.Service, rec.Status, rec.Price)
	}
	return nil
}

func letters() ([]courrier.Letter, error) {
	to := func(company, street, postcode, city string) courrier.Recipient {
		return courrier.Recipient{Company: company, Address: courrier.Address{Street: street, Postcode: postcode, City: city, Country: "FR"}}
	}
	all := []courrier.Letter{
		{Key: "FA-2026-0142", Service: courrier.ServiceRegisteredAR, To: to("Boulangerie Martin SARL", "12 rue des Lilas", "69003", "Lyon")},
		{Key: "FA-2026-0143", Service: courrier.ServiceStandard, To: to("Garage Lopez SAS", "4 avenue de l’Europe", "31000", "Toulouse")},
		{Key: "FA-2026-0144", Service: courrier.ServiceStandard, To: to("Hôtel du Lac SARL", "1 chemin des Cygnes", "74000", "Annecy")},
		{Key: "FA-2026-0145", Service: courrier.ServiceRegisteredAR, To: to("Librairie Nadaud EURL", "27 bis rue Pasteur", "33000", "Bordeaux")},
	}
	for i := range all {
		l := &all[i]
		invoice, err := invoices.ReadFile("testdata/" + l.Key + ".pdf")
		if err != nil {
			return nil, err
		}
		l.Account, l.Purpose, l.Returns = account, courrier.PurposeInvoice, courrier.ReturnsScanned
		l.From = courrier.Sender(to("Atelier Verne SAS", "8 quai du Port", "44000", "Nantes"))
		l.Documents = []courrier.Document{courrier.NewDocument(l.Key+".pdf", invoice)}
	}
	return all, nil
}

// thirtyDays lets the clock run and does each day what a host's background
// process does: dispatch what is queued, ask for news, fetch proofs.
func thirtyDays(ctx context.Context, client *courrier.Client, office *mock.Office) error {
	fmt.Println("Thirty days pass")
	seen := map[courrier.LetterID]courrier.Status{}
	for day := 0; day <= 30; day++ {
		if _, err := client.Dispatch(ctx, courrier.DispatchOptions{}); err != nil {
			return err
		}
		if _, err := client.Refresh(ctx, courrier.RefreshOptions{}); err != nil {
			return err
		}
		for rec, err := range client.Letters(ctx, courrier.LetterFilter{Account: account}) {
			if err != nil {
				return err
			}
			if seen[rec.ID] != rec.Status {
				fmt.Printf("  day %2d  %s  %s\n", day, rec.Letter.Key, rec.Status)
			}
			seen[rec.ID] = rec.Status
		}
		office.Advance(24 * time.Hour)
	}
	return nil
}

// report prints the timelines and the balance, and leaves proofs and a page.
func report(ctx context.Context, client *courrier.Client, folder string) error {
	var page page
	for rec, err := range client.Letters(ctx, courrier.LetterFilter{Account: account}) {
		if err != nil {
			return err
		}
		h, err := history(ctx, client, rec, folder)
		if err != nil {
			return err
		}
		h.print()
		page.Letters = append(page.Letters, h)
	}
	if err := page.addCredits(ctx, client); err != nil {
		return err
	}
	page.printCredits()
	if err := page.write(filepath.Join(folder, "letters.html")); err != nil {
		return err
	}
	fmt.Printf("\nThe proofs and letters.html are in %s\n", folder)
	return nil
}

// saveProof writes a proof into the folder and returns its file's name; "" when
// there is none.
func saveProof(ctx context.Context, client *courrier.Client, rec courrier.LetterRecord, kind courrier.ProofKind, folder string) (string, error) {
	proof, err := client.Proof(ctx, rec.ID, kind)
	if errors.Is(err, courrier.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s-%s.pdf", rec.Letter.Key, kind)
	return name, os.WriteFile(filepath.Join(folder, name), proof.Content, 0o644)
}
