package memstore_test

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
	"github.com/courrier-go/courrier/stores/memstore"
)

func Example() {
	ctx := context.Background()
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	letter := providertest.SampleLetter(courrier.ServiceStandard)
	letter.Key = "INV-1042"
	for range 2 { // the second one is the first one
		if _, err := client.Send(ctx, letter); err != nil {
			fmt.Println(err)
			return
		}
	}
	for stored, err := range client.Letters(ctx, courrier.LetterFilter{Account: letter.Account}) {
		fmt.Println(stored.Letter.Key, stored.Status, err)
	}
	// Output: INV-1042 queued <nil>
}
