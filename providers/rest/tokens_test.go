package rest_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/rest"
)

// A token serves one client until five minutes before its end, or until it is refused;
// what could not be had is asked for again.
func TestTokens(t *testing.T) {
	t.Parallel()
	var tokens rest.Tokens
	clock := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	asked := 0
	get := func(client string, fails error) (string, error) {
		return tokens.Get(t.Context(), client, func() time.Time { return clock }, func(context.Context) (rest.Token, error) {
			asked++
			return rest.Token{Value: client + strconv.Itoa(asked), Ends: clock.Add(time.Hour)}, fails
		})
	}
	away := errors.New("away")
	for _, step := range []struct {
		after  time.Duration
		drop   string
		client string
		fails  error
		want   string
	}{
		{0, "", "a", away, ""},
		{0, "", "a", nil, "a2"},
		{54 * time.Minute, "", "a", nil, "a2"},
		{0, "", "b", nil, "b3"},
		{time.Minute, "", "a", nil, "a4"},
		{0, "b", "a", nil, "a4"},
		{0, "", "b", nil, "b5"},
	} {
		clock = clock.Add(step.after)
		if step.drop != "" {
			tokens.Drop(step.drop)
		}
		got, err := get(step.client, step.fails)
		require.ErrorIs(t, err, step.fails)
		require.Equal(t, step.want, got)
	}
}
