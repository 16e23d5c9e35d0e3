package ban_test

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/ban"
	"github.com/courrier-go/courrier/providers/ban/bantest"
)

func Example() {
	server := bantest.New(bantest.Place{HouseNumber: "12", Street: "Rue des Lilas", Postcode: "69008", City: "Lyon"})
	defer server.Close()
	register, err := ban.New(ban.Config{BaseURL: server.URL}) // in production: ban.Config{}
	if err != nil {
		panic(err)
	}
	check, err := register.CheckAddress(context.Background(), courrier.Address{Street: "12 rue du Lilas", Postcode: "69008", City: "Lyon", Country: "FR"})
	if err != nil {
		panic(err)
	}
	fmt.Println(check.Verdict, "-", check.Proposal.Street)
	// Output: found - 12 Rue des Lilas
}
