package providertest_test

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
)

// An adapter's test is one call of Run; Check gives its findings as values.
func ExampleCheck() {
	harness := providertest.Harness{New: func() (providertest.World, error) {
		office := mock.New() // the carrier; an adapter would stand in front of it
		return providertest.World{
			Provider: office,
			Accepted: func() (ids []courrier.LetterID) {
				for _, a := range office.Accepted() {
					ids = append(ids, a.Letter)
				}
				return ids
			},
		}, nil
	}}
	for _, o := range providertest.Check(context.Background(), harness, "declares/abilities", "submit/services", "submit/lost answer") {
		switch {
		case o.Skipped != "":
			fmt.Printf("%s: skipped, %s\n", o.Check, o.Skipped)
		case len(o.Problems) == 0:
			fmt.Printf("%s: passed\n", o.Check)
		default:
			fmt.Printf("%s: %q\n", o.Check, o.Problems)
		}
	}
	// Output:
	// declares/abilities: passed
	// submit/services: passed
	// submit/lost answer: skipped, the world cannot suffer "lost answer"
}
