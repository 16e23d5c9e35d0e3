package lapostetest_test

import (
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

// Maileva's call, for a test of the host's own routes: the adapter takes it as a
// hint, to be confirmed by reading the letter.
func ExampleWebhook() {
	carrier, err := laposte.New(laposte.Config{
		Credentials: laposte.StaticCredentials(laposte.Credentials{ClientID: "app", ClientSecret: "…", Username: "user", Password: "…"}),
		Webhook:     laposte.BasicAuth{Login: "maileva", Password: "a long random text"},
	})
	if err != nil {
		panic(err)
	}
	r, err := lapostetest.Webhook("https://host.test/hooks", "maileva", "a long random text", lapostetest.Notification{
		Event: "ON_STATUS_PROCESSED", Resource: "mail/v2/sendings", ID: "8f6c", Reference: "letter-1",
	})
	if err != nil {
		panic(err)
	}
	body := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(body); err != nil {
		panic(err)
	}
	hook, err := carrier.ParseWebhook(r.Header, r.URL.Query(), body)
	if err != nil {
		panic(err)
	}
	e := hook.Events[0]
	fmt.Println(e.Letter, e.Status == courrier.StatusPosted, e.Hint, hook.Status)
	// Output: letter-1 true true 201
}
