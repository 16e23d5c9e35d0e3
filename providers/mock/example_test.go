package mock_test

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
)

func Example() {
	ctx := context.Background()
	office := mock.New(mock.Config{Script: mock.ByKey(map[string]mock.Script{
		"invoice-7": {Course: mock.Returned(courrier.ReturnUnclaimed)},
	})})

	letter := providertest.SampleLetter(courrier.ServiceRegisteredAR)
	letter.Key = "invoice-7"
	receipt, err := office.Submit(ctx, courrier.Submission{ID: "letter-1", Letter: letter})
	if err != nil {
		fmt.Println(err)
		return
	}

	for range 5 {
		events, err := office.Track(ctx, []courrier.Reference{{ProviderID: receipt.ProviderID}})
		if err != nil {
			fmt.Println(err)
			return
		}
		t := courrier.Fold(events)
		fmt.Printf("%v %v %q\n", courrier.DateOf(office.Now()), t.Status, t.Reason)
		office.Advance(6 * 24 * time.Hour)
	}
	// Output:
	// 2026-01-05 submitted ""
	// 2026-01-11 awaiting_pickup ""
	// 2026-01-17 awaiting_pickup ""
	// 2026-01-23 awaiting_pickup ""
	// 2026-01-29 returned "unclaimed"
}
