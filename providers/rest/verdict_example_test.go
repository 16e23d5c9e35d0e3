package rest_test

import (
	"fmt"

	"github.com/courrier-go/courrier/providers/rest"
)

// The same status twice: from the carrier, whose errors hold a code, and from a
// gateway before it.
func ExampleEffect() {
	for _, body := range []string{`{"code":"ADDRESS"}`, `<html>`} {
		answer := &rest.Answer{Status: 422, Body: []byte(body)}
		var carriers struct {
			Code string `json:"code"`
		}
		own := answer.JSON(&carriers) == nil && carriers.Code != ""
		fmt.Println(rest.Effect(answer, nil, own))
	}
	// Output:
	// rejected
	// in doubt
}
