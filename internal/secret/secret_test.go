package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/secret"
)

const text = "sesame-5d2c"

// Every way that fmt, log/slog and encoding/json know, alone and within others.
func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	s := secret.New(text)
	type pair struct {
		A secret.Text
		b secret.Text
	}
	for _, v := range []any{s, &s, pair{s, s}, &pair{s, s}, []secret.Text{s}, map[string]secret.Text{"k": s}, []any{s}, [1]secret.Text{s}} {
		for verb := '!'; verb <= '~'; verb++ {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "20", ".3", "[1]"} {
				shown := fmt.Sprintf("%"+flags+string(verb), v)
				require.NotContains(t, shown, "sesame", "%%%s%c", flags, verb)
				require.NotContains(t, shown, fmt.Sprintf("%x", text), "%%%s%c", flags, verb)
				require.NotContains(t, fmt.Errorf("%"+flags+string(verb), v).Error(), "sesame")
			}
		}
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.NotContains(t, string(b), "sesame")
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		require.NotContains(t, log.String(), "sesame")
		require.NotContains(t, fmt.Sprint(v)+fmt.Sprintln(v), "sesame")
	}
	require.Equal(t, text, s.Reveal())
	require.False(t, s.IsZero())
	require.True(t, secret.New("").IsZero())
	require.Empty(t, secret.Text{}.Reveal())
}
