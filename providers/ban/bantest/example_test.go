package bantest_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/courrier-go/courrier/providers/ban/bantest"
)

func Example() {
	server := bantest.New(bantest.Place{HouseNumber: "12", Street: "Rue des Lilas", Postcode: "69008", City: "Lyon"})
	defer server.Close()
	server.Fail(http.StatusServiceUnavailable)
	answer, err := http.Get(server.URL + "/search?q=12+rue+des+lilas&limit=1")
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	fmt.Println(answer.StatusCode, server.Queries())
	// Output: 503 [12 rue des lilas]
}
