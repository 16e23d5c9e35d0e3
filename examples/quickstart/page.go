package main

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// page is what letters.html shows.
type page struct {
	Letters  []letterHistory
	Entries  []entryLine
	Balance  string
	Reserved string
}

// letterHistory is one letter, told in order.
type letterHistory struct {
	Key, Service, To, Status, Tracking, Reason, Charge string
	Dates                                              string // that count in law

	Events []eventLine
	Proofs []proofFile
}

type eventLine struct{ At, Text string }

type proofFile struct{ Kind, File string }

type entryLine struct{ At, Kind, Letter, Amount, Available string }

const dayAndHour = "2006-01-02 15:04"

func history(ctx context.Context, client *courrier.Client, rec courrier.LetterRecord, folder string) (letterHistory, error) {
	h := letterHistory{
		Key: rec.Letter.Key, Service: string(rec.Letter.Service), To: rec.Letter.To.Company, Status: string(rec.Status),
		Tracking: rec.TrackingNumber, Reason: string(rec.Tracking.Reason), Charge: string(rec.Charge), Dates: legalDates(rec.Tracking),
		Events: []eventLine{{rec.CreatedAt.Format(dayAndHour), "sent from the invoicing product"}},
	}
	if rec.Failure != nil {
		h.Events = append(h.Events, eventLine{rec.Failure.At.Format(dayAndHour), "refused by the carrier: " + rec.Failure.Code})
	}
	for e, err := range client.History(ctx, rec.ID) {
		if err != nil {
			return h, err
		}
		h.Events = append(h.Events, eventLine{e.Happened.Format(dayAndHour), wordsOf(e)})
	}
	for _, kind := range courrier.ProofKinds() {
		file, err := saveProof(ctx, client, rec, kind, folder)
		if err != nil {
			return h, err
		}
		if file != "" {
			h.Proofs = append(h.Proofs, proofFile{string(kind), file})
		}
	}
	return h, nil
}

// wordsOf is how this host tells an event: a carrier's code is not for users.
func wordsOf(e courrier.TrackingEvent) string {
	words := strings.ReplaceAll(e.Code, "_", " ")
	switch {
	case e.Proof != "":
		words = "proof of " + string(e.Proof) + " received"
	case e.Reason != "":
		words = strings.ReplaceAll(string(e.Status)+": "+string(e.Reason), "_", " ")
	}
	if e.FirstPresentation {
		words += " (first presentation)"
	}
	return words
}

// legalDates are the days that a lawyer would ask for.
func legalDates(t courrier.Tracking) string {
	var dates []string
	for _, d := range []struct {
		name string
		at   time.Time
	}{{"posted", t.PostedAt}, {"first presented", t.PresentedAt}, {"delivered", t.DeliveredAt}, {"returned", t.ReturnedAt}} {
		if !d.at.IsZero() {
			dates = append(dates, d.name+" on "+d.at.Format(time.DateOnly))
		}
	}
	return strings.Join(dates, ", ")
}

func (h letterHistory) print() {
	fmt.Printf("\n%s  %s  %s → %s\n", h.Key, h.To, h.Service, h.Status)
	if h.Dates != "" {
		fmt.Printf("  %s\n", h.Dates)
	}
	for _, e := range h.Events {
		fmt.Printf("  %s  %s\n", e.At, e.Text)
	}
	for _, p := range h.Proofs {
		fmt.Printf("  proof of %s: %s\n", p.Kind, p.File)
	}
}

func (p *page) addCredits(ctx context.Context, client *courrier.Client) error {
	keys := map[courrier.LetterID]string{}
	for rec, err := range client.Letters(ctx, courrier.LetterFilter{Account: account}) {
		if err != nil {
			return err
		}
		keys[rec.ID] = rec.Letter.Key
	}
	ledger := client.Credits(account)
	for e, err := range ledger.Entries(ctx, courrier.EntryFilter{Unit: "stamp"}) {
		if err != nil {
			return err
		}
		p.Entries = append(p.Entries, entryLine{
			At: e.At.Format(time.DateOnly), Kind: string(e.Kind), Letter: keys[e.Letter], Amount: e.Amount.String(), Available: e.Available.String(),
		})
	}
	balance, err := ledger.Balance(ctx, "stamp")
	p.Balance, p.Reserved = balance.Available.String(), balance.Reserved.String()
	return err
}

func (p *page) printCredits() {
	fmt.Println("\nCredits")
	for _, e := range p.Entries {
		fmt.Printf("  %s  %-8s  %-12s  %8s  leaves %s\n", e.At, e.Kind, e.Letter, e.Amount, e.Available)
	}
	fmt.Printf("  balance: %s available, %s reserved\n", p.Balance, p.Reserved)
}

func (p *page) write(file string) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	return pageTemplate.Execute(f, p)
}
