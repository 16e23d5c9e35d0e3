package courrier_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// The examples below are about one host: a post office in memory with a clock of its
// own, an account with fifty stamps, and a price of five for a registered letter.
func exampleHost() (*courrier.Client, *mock.Office) {
	post := mock.New()
	client, err := courrier.New(courrier.Config{
		Store: memstore.New(), Providers: []courrier.Provider{post}, Now: post.Now,
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceRegisteredAR: courrier.MustAmount("5", "stamp")}),
	})
	must(err)
	_, err = client.Credits("acme").TopUp(context.Background(), "order-77", courrier.MustAmount("50", "stamp"))
	must(err)
	return client, post
}

// exampleLetter is a registered letter of that account.
func exampleLetter(key string) courrier.Letter {
	return courrier.Letter{
		Account: "acme", Key: key, Service: courrier.ServiceRegisteredAR, Customer: "C-103",
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{
			Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Acme SAS", Address: courrier.Address{
			Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("notice.pdf", []byte("%PDF-1.7\n"))},
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// What is wrong with a Config is said field by field, with the remedy.
func ExampleNew() {
	_, err := courrier.New(courrier.Config{})
	for _, wrong := range courrier.FieldErrors(err) {
		fmt.Println(wrong.Field)
	}
	// Output:
	// Store
	// Providers
}

// A call that is tried again answers the same letter and costs nothing more.
func ExampleClient_Send() {
	client, _ := exampleHost()
	ctx := context.Background()
	first, err := client.Send(ctx, exampleLetter("INV-1042/notice"))
	must(err)
	again, err := client.Send(ctx, exampleLetter("INV-1042/notice"))
	must(err)
	fmt.Println(first.Status, first.Price, again.ID == first.ID)
	// Output: queued 5 stamp true
}

// Each letter of a batch stands alone.
func ExampleClient_SendAll() {
	client, _ := exampleHost()
	nowhere := exampleLetter("INV-1043/notice")
	nowhere.To.Address.Postcode = "690"
	for _, result := range client.SendAll(context.Background(), []courrier.Letter{exampleLetter("INV-1042/notice"), nowhere}) {
		fmt.Println(result.Record.Status, len(courrier.FieldErrors(result.Err)))
	}
	// Output:
	// queued 0
	//  1
}

// A person looks at what will leave; the token binds what was seen.
func ExampleClient_Preview() {
	client, _ := exampleHost()
	letter := exampleLetter("INV-1042/notice")
	preview, err := client.Preview(context.Background(), letter)
	must(err)
	fmt.Println(preview.Price, preview.Lines[0])
	letter.PreviewToken, letter.To.Company = preview.Token, "Somebody else"
	_, err = client.Send(context.Background(), letter)
	fmt.Println(courrier.KindOf(err))
	// Output:
	// 5 stamp Boulangerie Martin SARL
	// conflict
}

func ExampleClient_Quote() {
	client, _ := exampleHost()
	quote, err := client.Quote(context.Background(), exampleLetter("INV-1042/notice"))
	must(err)
	fmt.Println(quote.Price, quote.Provider, quote.Zone)
	// Output: 5 stamp mock metropolitan
}

// What is due leaves; the report counts it.
func ExampleClient_Dispatch() {
	client, _ := exampleHost()
	_, err := client.Send(context.Background(), exampleLetter("INV-1042/notice"))
	must(err)
	report, err := client.Dispatch(context.Background(), courrier.DispatchOptions{})
	must(err)
	fmt.Println(report.Submitted, report.InDoubt)
	// Output: 1 0
}

// Thirty days later the carrier knows what became of the letter.
func ExampleClient_Refresh() {
	client, post := exampleHost()
	ctx := context.Background()
	letter := exampleSent(client, "INV-1042/notice")
	post.Advance(30 * 24 * time.Hour)
	report, err := client.Refresh(ctx, courrier.RefreshOptions{})
	must(err)
	letter, err = client.Letter(ctx, letter.ID)
	must(err)
	fmt.Println(report.Changed, letter.Status)
	// Output: 1 delivered
}

// exampleQueued is a letter that waits to leave.
func exampleQueued(client *courrier.Client, key string) courrier.LetterRecord {
	letter, err := client.Send(context.Background(), exampleLetter(key))
	must(err)
	return letter
}

// exampleSent is a letter that a carrier has.
func exampleSent(client *courrier.Client, key string) courrier.LetterRecord {
	letter := exampleQueued(client, key)
	_, err := client.Dispatch(context.Background(), courrier.DispatchOptions{})
	must(err)
	return letter
}

// A letter that is still with us is stopped at once, and its price is back.
func ExampleClient_Cancel() {
	client, _ := exampleHost()
	ctx := context.Background()
	letter := exampleQueued(client, "INV-1042/notice")
	letter, err := client.Cancel(ctx, letter.ID)
	must(err)
	balance, err := client.Credits("acme").Balance(ctx, "stamp")
	must(err)
	fmt.Println(letter.Status, balance.Available)
	// Output: cancelled 50 stamp
}

// A letter that never left is sent again under a new key, the address mended.
func ExampleClient_Resend() {
	client, _ := exampleHost()
	ctx := context.Background()
	letter := exampleQueued(client, "INV-1042/notice")
	letter, err := client.Cancel(ctx, letter.ID)
	must(err)
	again, err := client.Resend(ctx, letter.ID, "INV-1042/notice/2", func(l *courrier.Letter) { l.To.Address.Street = "14 rue des Lilas" })
	must(err)
	fmt.Println(again.Status, again.Replaces == letter.ID)
	// Output: queued true
}

// A held letter waits for a person.
func ExampleClient_Hold() {
	client, _ := exampleHost()
	ctx := context.Background()
	letter := exampleQueued(client, "INV-1042/notice")
	held, err := client.Hold(ctx, letter.ID)
	must(err)
	approved, err := client.Approve(ctx, letter.ID)
	must(err)
	fmt.Println(held.Status, held.Hold, approved.Status)
	// Output: held host queued
}

// A held letter may be mended before it leaves.
func ExampleClient_Revise() {
	client, _ := exampleHost()
	ctx := context.Background()
	letter := exampleQueued(client, "INV-1042/notice")
	_, err := client.Hold(ctx, letter.ID)
	must(err)
	letter, err = client.Revise(ctx, letter.ID, func(l *courrier.Letter) { l.To.Attention = "Comptabilité" })
	must(err)
	fmt.Println(letter.Letter.To.Attention, letter.Status)
	// Output: Comptabilité held
}

// The signed receipt, as the carrier scanned it.
func ExampleClient_Proof() {
	client, post := exampleHost()
	ctx := context.Background()
	letter := exampleSent(client, "INV-1042/notice")
	post.Advance(30 * 24 * time.Hour)
	_, err := client.Refresh(ctx, courrier.RefreshOptions{})
	must(err)
	receipt, err := client.Proof(ctx, letter.ID, courrier.ProofOfReceipt)
	must(err)
	fmt.Println(len(receipt.Content) > 0)
	// Output: true
}

// The letters of one customer, oldest first.
func ExampleClient_Letters() {
	client, _ := exampleHost()
	exampleSent(client, "INV-1042/notice")
	for letter, err := range client.Letters(context.Background(), courrier.LetterFilter{Account: "acme", Customer: "C-103"}) {
		must(err)
		fmt.Println(letter.Letter.Key, letter.Status)
	}
	// Output: INV-1042/notice submitted
}

// All that was reported about a letter, as it happened.
func ExampleClient_History() {
	client, post := exampleHost()
	letter := exampleSent(client, "INV-1042/notice")
	post.Advance(30 * 24 * time.Hour)
	_, err := client.Refresh(context.Background(), courrier.RefreshOptions{})
	must(err)
	last := courrier.TrackingEvent{}
	for event, err := range client.History(context.Background(), letter.ID) {
		must(err)
		last = event
	}
	fmt.Println(last.Proof, last.Source)
	// Output: receipt poll
}

// A host that answers its users takes the account's view once, at the door.
func ExampleClient_For() {
	client, _ := exampleHost()
	letter := exampleSent(client, "INV-1042/notice")
	_, err := client.For("another account").Letter(context.Background(), letter.ID)
	fmt.Println(courrier.KindOf(err))
	// Output: not found
}

// A call that cannot be read is refused, and nothing is stored.
func ExampleClient_WebhookHandler() {
	client, post := exampleHost()
	answer := httptest.NewRecorder()
	request := httptest.NewRequest("POST", "/webhooks/mock", strings.NewReader("{}"))
	client.WebhookHandler(post, courrier.WebhookOptions{}).ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output: 400
}

// The same purchase counts once, however often it is told.
func ExampleCreditLedger_TopUp() {
	client, _ := exampleHost()
	ctx := context.Background()
	_, err := client.Credits("acme").TopUp(ctx, "order-77", courrier.MustAmount("50", "stamp"))
	must(err)
	balance, err := client.Credits("acme").Balance(ctx, "stamp")
	must(err)
	fmt.Println(balance.Available)
	// Output: 50 stamp
}

// A queued letter's price is reserved until a carrier accepts the letter.
func ExampleCreditLedger_Balance() {
	client, _ := exampleHost()
	ctx := context.Background()
	_, err := client.Send(ctx, exampleLetter("INV-1042/notice"))
	must(err)
	balance, err := client.Credits("acme").Balance(ctx, "stamp")
	must(err)
	fmt.Println(balance.Available, balance.Reserved)
	// Output: 45 stamp 5 stamp
}

// Every wrong field is told at once, so that a form can show them all.
func ExampleFieldErrors() {
	letter := exampleLetter("INV-1042/notice")
	letter.Key, letter.Documents = "", nil
	for _, wrong := range courrier.FieldErrors(letter.Validate()) {
		fmt.Println(wrong.Field)
	}
	// Output:
	// Key
	// Documents
}

// What the window of the envelope will show.
func ExampleRecipient_Lines() {
	lines, err := exampleLetter("INV-1042/notice").To.Lines()
	must(err)
	fmt.Println(strings.Join(lines, "\n"))
	// Output:
	// Boulangerie Martin SARL
	// 12 RUE DES LILAS
	// 69003 LYON
}

// The status is a function of the set of events: their order does not matter.
func ExampleFold() {
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	delivered := courrier.TrackingEvent{ID: "2", Status: courrier.StatusDelivered, Happened: day.AddDate(0, 0, 2)}
	posted := courrier.TrackingEvent{ID: "1", Status: courrier.StatusPosted, Happened: day}
	tracking := courrier.Fold([]courrier.TrackingEvent{delivered, posted})
	fmt.Println(tracking.Status, courrier.PostalDay(tracking.PostedAt))
	// Output: delivered 2026-03-02
}

// Money is exact, or an error.
func ExampleNewAmount() {
	price, err := courrier.NewAmount("1274.4", "EUR")
	must(err)
	fmt.Println(price, "|", price.Text(courrier.English))
	_, err = courrier.NewAmount("1.274,40", "EUR")
	fmt.Println(courrier.KindOf(err))
	// Output:
	// 1274.40 EUR | EUR 1,274.40
	// invalid
}
