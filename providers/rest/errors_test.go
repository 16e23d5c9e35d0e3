package rest_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// The errors of an adapter are of one kind, with the carrier's name and code.
func TestErrors(t *testing.T) {
	t.Parallel()
	e := rest.Errors{Carrier: "pigeon", Worded: func(a *rest.Answer) (string, bool) { return string(a.Body), len(a.Body) > 0 }}
	for _, c := range []struct {
		err  error
		kind error
		code string
	}{
		{e.Effect("submit", &rest.Answer{Status: 422, Body: []byte("bad")}, nil), courrier.ErrRejected, "bad"},
		{e.Effect("submit", &rest.Answer{Status: 422}, nil), courrier.ErrInDoubt, "422"},
		{e.Effect("submit", nil, &rest.Error{Reach: rest.NotSent}), courrier.ErrUnavailable, "no-answer"},
		{e.Effect("submit", nil, errors.New("cut")), courrier.ErrInDoubt, "no-answer"},
		{e.Question("find", &rest.Answer{Status: 404, Body: []byte("gone")}, nil), courrier.ErrNotFound, "gone"},
		{e.Question("find", &rest.Answer{Status: 404}, nil), courrier.ErrUnavailable, "404"},
		{e.Invalid("submit", &courrier.FieldError{Field: "To", Rule: "is empty", Remedy: "fill it"}), courrier.ErrInvalid, "invalid"},
		{e.Invalid("submit", errors.New("no fields")), courrier.ErrInvalid, "invalid"},
	} {
		var found *courrier.Error
		require.ErrorAs(t, c.err, &found)
		require.ErrorIs(t, c.err, c.kind)
		require.Equal(t, []string{"pigeon", c.code}, []string{found.Provider, found.Code})
	}
	require.NoError(t, e.Effect("submit", &rest.Answer{Status: 201}, nil))
	require.NoError(t, e.Question("find", &rest.Answer{Status: 200}, nil))
}
