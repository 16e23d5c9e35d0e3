//go:build unix

// Command paper measures how letters are composed: side by side with what a user
// would take instead, and a campaign of 10,000 of them with its memory.
//
//	cd internal/bench/paper && go run .
//
// Chromium and weasyprint are left out where they are missing.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/courrier-go/courrier/internal/sidebyside"
	"github.com/courrier-go/courrier/pdf"
)

func main() {
	letters := flag.Int("letters", 10_000, "letters of the campaign")
	flag.Parse()
	if err := run(*letters); err != nil {
		log.Fatal(err)
	}
}

func run(letters int) error {
	dir, err := os.MkdirTemp("", "paper")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	composer, err := pdf.NewComposer()
	if err != nil {
		return err
	}
	letter, images, err := benchLetter()
	if err != nil {
		return err
	}
	jobs, err := jobsFor(composer, letter, images, dir)
	if err != nil {
		return err
	}
	sidebyside.Print("Compose a letter of two pages with a table of 26 rows", jobs)
	return campaign(composer, letter, letters)
}

func jobsFor(composer *pdf.Composer, letter pdf.Letter, images artworks, dir string) ([]sidebyside.Job, error) {
	page := filepath.Join(dir, "letter.html")
	if err := os.WriteFile(filepath.Join(dir, "logo.png"), images.logo, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(page, []byte(asHTML(letter)), 0o600); err != nil {
		return nil, err
	}
	return []sidebyside.Job{
		{Name: "pdf.Composer", Calls: 200, Run: func() error {
			_, err := composer.Compose(context.Background(), letter, pdf.Theme{})
			return err
		}},
		{Name: "fpdf, used straightforwardly", Calls: 10, Run: func() error {
			_, err := straightforward(letter, images)
			return err
		}},
		{Name: "chromium --headless --print-to-pdf", Program: []string{"chromium", "--headless", "--no-sandbox", "--disable-gpu",
			"--user-data-dir=" + filepath.Join(dir, "chromium"), "--print-to-pdf=" + filepath.Join(dir, "c.pdf"), page}},
		{Name: "weasyprint", Program: []string{"weasyprint", "-q", page, filepath.Join(dir, "w.pdf")}},
	}, nil
}

// campaign composes letters that differ in their recipient, and says what lives
// on the heap at each tenth of the way.
func campaign(composer *pdf.Composer, letter pdf.Letter, letters int) error {
	size, largest := 0, uint64(0)
	before, began := sidebyside.CPU(), time.Now()
	heaps := ""
	for i := range letters {
		letter.Recipient = []string{fmt.Sprintf("CLIENT NUMERO %d SARL", i), "12 RUE DES LILAS", "69003 LYON"}
		letter.Subject = fmt.Sprintf("factures en attente de règlement, client %d", i)
		out, err := composer.Compose(context.Background(), letter, pdf.Theme{})
		if err != nil {
			return err
		}
		size += len(out.File)
		if (i+1)%(letters/10) == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			largest = max(largest, m.Sys)
			heaps += fmt.Sprintf(" %.1f", float64(m.HeapAlloc)/(1<<20))
		}
	}
	cpu := sidebyside.CPU() - before
	fmt.Printf("\nA campaign of %d letters: %.2f ms of CPU a letter, %.1f s in all, %d bytes a letter;\nheap after each tenth, MiB:%s; "+
		"from the system at most %.0f MiB\n",
		letters, cpu.Seconds()*1000/float64(letters), time.Since(began).Seconds(), size/letters, heaps, float64(largest)/(1<<20))
	return nil
}
