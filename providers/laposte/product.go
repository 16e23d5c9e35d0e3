package laposte

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Limits of Maileva, for both services.
const (
	maxDocuments = 30
	maxBytes     = 20_000_000 // one document, and all together ("20 Mo")
	maxSheets    = 44         // in the largest envelope; mail/v2 allows 45, v4 says 44 and 45
	maxCustomID  = 36         // of a recipient; a sending's may be longer in v4
)

// archives are the years that registered_mail/v4 takes for its archive.
var archives = []int{3, 6, 10}

// product is what Maileva sells for a service.
type product struct {
	registered bool   // registered_mail/v4, else mail/v2
	postage    string // FAST: third day, ECONOMIC: fourth, URGENT: second
	receipt    bool   // advice of receipt
}

var products = map[courrier.Service]product{
	courrier.ServiceStandard:     {postage: "FAST"},
	courrier.ServiceEconomy:      {postage: "ECONOMIC"},
	courrier.ServicePriority:     {postage: "URGENT"},
	courrier.ServiceRegistered:   {postage: "FAST", registered: true},
	courrier.ServiceRegisteredAR: {postage: "FAST", registered: true, receipt: true},
}

// registeredTerritories are where registered letters go, and may come from.
var registeredTerritories = []string{"FR", "MC", "RE", "YT", "MQ", "GP", "MF", "BL", "GF"}

// Capabilities implements [courrier.Provider].
func (p *Provider) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services: []courrier.Service{
			courrier.ServiceStandard, courrier.ServiceEconomy, courrier.ServicePriority,
			courrier.ServiceRegistered, courrier.ServiceRegisteredAR,
		},
		Returns:      []courrier.ReturnHandling{courrier.ReturnsScanned},
		NoStaple:     true,
		MaxDocuments: maxDocuments, MaxBytes: maxBytes, MaxSheets: maxSheets,
		Reaches: reaches,
		Drafts:  true, Places: true, Finds: true, Tracks: true, Webhooks: true,
		Proofs:     []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfContent, courrier.ProofOfReceipt, courrier.ProofOfReturn},
		TrackBatch: suiviBatch, PollEvery: pollEvery, SettleAfter: settleAfter,
	}
}

func reaches(s courrier.Service, a courrier.Address) bool {
	territory := a.Territory()
	if products[s].registered {
		return slices.Contains(registeredTerritories, territory)
	}
	return territory != ""
}

// plan is a letter in Maileva's terms.
type plan struct {
	product
	id        courrier.LetterID
	sending   any
	recipient recipientRequest
	documents []courrier.Document
}

// planOf checks everything that Maileva would refuse and writes the letter in
// its terms. No call is made for a letter that does not pass.
func (p *Provider) planOf(s courrier.Submission) (plan, error) {
	var k courrier.Checks
	k.Require(s.ID != "" && len(s.ID) <= maxCustomID, "ID", fmt.Sprintf("has %d characters, outside 1 to %d", len(s.ID), maxCustomID),
		"use the Client's own ids")
	k.Require(len(s.Letter.Documents) > 0, "Documents", "is empty", "give the body as the first document")
	for i, d := range s.Letter.Documents {
		k.Require(len(d.Content) > 0, fmt.Sprintf("Documents[%d].Content", i), "is missing", "give the PDF's bytes")
	}
	pl := plan{product: products[s.Letter.Service], id: s.ID, documents: s.Letter.Documents}
	pl.recipient = recipientOf(&k, s)
	from := senderOf(&k, pl.product, s.Letter)
	if k.Err() == nil {
		offered := p.Capabilities().Check(s.Letter, printOf(s.Letter))
		for _, fe := range courrier.FieldErrors(offered) {
			k.Require(false, fe.Field, fe.Rule, fe.Remedy)
		}
	}
	pl.sending = pl.sendingOf(s, from, p.archiveYears)
	return pl, k.Err()
}

func recipientOf(k *courrier.Checks, s courrier.Submission) recipientRequest {
	printed, err := s.Letter.To.Printed()
	k.Nest("To", err)
	six := printed.Six
	return recipientRequest{
		CustomID: string(s.ID), Country: s.Letter.To.Address.Territory(),
		addressLines: addressLines{six[0], six[1], six[2], six[3], six[4], six[5]},
	}
}

// senderOf writes the sender, whom registered letters need: unclaimed ones go
// back there.
func senderOf(k *courrier.Checks, pr product, l courrier.Letter) senderLines {
	if l.From == (courrier.Sender{}) {
		k.Require(!pr.registered, "From", "is empty", "registered mail needs the sender's name and address")
		return senderLines{}
	}
	printed, err := courrier.Recipient(l.From).Printed()
	k.Nest("From", err)
	six := printed.Six
	territory := l.From.Address.Territory()
	k.Require(err != nil || !pr.registered || slices.Contains(registeredTerritories, territory), "From.Address.Country",
		"cannot be that of a registered letter's sender", "give an address in France, Monaco or one of the seven overseas territories served")
	return senderLines{six[0], six[1], six[2], six[3], six[4], six[5], territory}
}

func printOf(l courrier.Letter) courrier.PrintOptions {
	if l.Print == nil {
		return courrier.PrintOptions{}
	}
	return *l.Print
}

// sendingOf writes the options. The name is the letter's id: it comes back in
// billing lines, where the reference may not.
func (pl plan) sendingOf(s courrier.Submission, from senderLines, archiveYears int) any {
	print := printOf(s.Letter)
	o := sendingOptions{
		Name: string(s.ID), CustomID: string(s.ID),
		Color: print.Color, Duplex: print.Duplex, AddressSheet: print.CarrierSheet,
		Postage: pl.postage, senderLines: from,
	}
	scanned := s.Letter.Returns == courrier.ReturnsScanned
	if pl.registered {
		o.ArchivingYears = archiveYears
		return registeredRequest{sendingOptions: o, Receipt: pl.receipt, ScanReturned: scanned}
	}
	return mailRequest{sendingOptions: o, TreatUndelivered: scanned}
}

// metadataOf names a document by its place: file names may tell whom it is about.
func (pl plan) metadataOf(i int) any {
	m := documentMetadata{Priority: i + 1, Name: fmt.Sprintf("document-%d.pdf", i+1)}
	if pl.registered {
		return m
	}
	// What is larger than a page is made to fit: nothing of a letter is cut off.
	return mailDocumentMetadata{documentMetadata: m, Shrink: true}
}
