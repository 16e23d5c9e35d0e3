package customprovider_test

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/examples/customprovider"
	"github.com/courrier-go/courrier/providers/providertest"
)

func Example() {
	printer := newPrinter()
	defer printer.Close()

	var carrier courrier.Provider = customprovider.Carrier{BaseURL: printer.URL}
	letter := providertest.SampleLetter(courrier.ServiceStandard)

	receipt, err := carrier.Submit(context.Background(), courrier.Submission{ID: "letter-1", Letter: letter})
	fmt.Println(receipt.ProviderID, err)
	// Output: job-letter-1 <nil>
}
