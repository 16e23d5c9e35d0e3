package tell_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/tell"
)

func TestNewsGoWithTheBody(t *testing.T) {
	t.Parallel()
	news := []tell.News{{Kind: tell.CustomerClear, Subject: `c"1`, At: time.Unix(5, 0).UTC()}, {Kind: tell.Connection, State: "connected", At: time.Unix(6, 0).UTC()}}
	for _, body := range []string{`{}`, ` { } `, `{"a":1}`, `{"a":{"b":[1,2]},"c":"}"}`} {
		with, err := tell.In([]byte(body), news...)
		require.NoError(t, err)
		require.Equal(t, news, tell.Of(with))
		var was, is map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &was))
		require.NoError(t, json.Unmarshal(with, &is), string(with))
		delete(is, "tells")
		require.Equal(t, was, is)
		same, err := tell.In([]byte(body))
		require.NoError(t, err)
		require.Equal(t, body, string(same))
		require.Empty(t, tell.Of(same))
	}
	_, err := tell.In([]byte(`[1]`), news...)
	require.Error(t, err)
	for _, odd := range []string{``, `"tells":`, `{"tells":7}`, `{"tells":{"kind":"x"}}`, `{"note":"\"tells\":"}`} {
		require.Empty(t, tell.Of([]byte(odd)), odd)
	}
}
