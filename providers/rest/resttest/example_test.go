package resttest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// The second call reaches the server, which acts on it; its answer is lost.
func ExampleCut() {
	taken := 0
	server := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { taken++ })
	line := &resttest.Cut{Next: resttest.Direct{Handler: server}, At: map[int]resttest.Fault{1: resttest.ResetAfter}}
	for range 2 {
		r, err := http.NewRequest(http.MethodPost, "https://carrier.test/letters", strings.NewReader("letter"))
		if err != nil {
			panic(err)
		}
		resp, err := line.RoundTrip(r)
		fmt.Println(resp != nil, err, taken)
	}
	// Output:
	// true <nil> 1
	// false unexpected EOF 2
}
