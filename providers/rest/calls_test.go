package rest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/rest"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	lost := errors.New("cut")
	silent := client(t, rest.Config{Transport: direct(func(*http.Request) (*http.Response, error) { return nil, lost })})
	e := rest.Errors{Carrier: "pigeon", Worded: func(a *rest.Answer) (string, bool) { return "", a.Status < 450 }}
	// effect is each way in which a call can end: refused, for now, by a gateway, cut, unsent.
	effect := func(of func(a *rest.Answer, err error) error) (all []func() error) {
		for _, status := range []int{400, 401, 404, 429, 502} {
			all = append(all, func() error { return of(&rest.Answer{Status: status}, nil) })
		}
		for _, err := range []error{lost, &rest.Error{Reach: rest.NotSent}} {
			all = append(all, func() error { return of(nil, err) })
		}
		return all
	}
	faults, err := calldoc.Check(".", map[string][]func() error{
		"DecodeJSON":  {func() error { return rest.DecodeJSON([]byte("{"), new(int)) }},
		"Answer.JSON": {func() error { return (&rest.Answer{Body: []byte("{")}).JSON(new(int)) }},
		"JSON":        {func() error { return calldoc.Error(rest.JSON(make(chan int))) }},
		"WholePDF":    {func() error { return rest.WholePDF(nil) }},
		"New":         {func() error { return calldoc.Error(rest.New(rest.Config{BaseURL: "ftp://a"})) }},
		"Client.Do":   {func() error { return calldoc.Error(silent.Do(ctx, post("a"))) }},
		"Effect": effect(func(a *rest.Answer, err error) error {
			return rest.Effect(a, err, a != nil && a.Status < 450)
		}),
		"Question": effect(func(a *rest.Answer, err error) error {
			return rest.Question(a, err, a != nil && a.Status < 450)
		}),
		"Errors.Effect":   effect(func(a *rest.Answer, err error) error { return e.Effect("submit", a, err) }),
		"Errors.Question": effect(func(a *rest.Answer, err error) error { return e.Question("find", a, err) }),
		"Errors.Invalid":  {func() error { return e.Invalid("submit", &courrier.FieldError{Field: "To"}) }},
		"Errors.New":      {func() error { return e.New("submit", lost, "", nil) }},
		"Tokens.Get": {func() error {
			return calldoc.Error(new(rest.Tokens).Get(ctx, "acme", time.Now, func(context.Context) (rest.Token, error) { return rest.Token{}, lost }))
		}},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
