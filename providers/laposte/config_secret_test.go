package laposte_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/laposte"
)

// TestCredentialsHideTheirSecrets prints them, and what holds them, in every way
// that a format or a log may.
func TestCredentialsHideTheirSecrets(t *testing.T) {
	t.Parallel()
	c := laposte.Credentials{ClientID: "client", ClientSecret: "hush-1", Username: "user", Password: "hush-2"}
	b := laposte.BasicAuth{Login: "maileva", Password: "hush-3"}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		_, _ = fmt.Fprintf(&out, verb+verb+verb+verb, c, &c, b, []laposte.BasicAuth{b})
		_, _ = fmt.Fprintf(&out, verb, struct{ C laposte.Credentials }{c})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "c", c, "b", b)
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "c", c, "b", b)
	require.NotContains(t, out.String(), "hush")
	require.NotContains(t, out.String(), fmt.Sprintf("%x", "hush"))
	require.Contains(t, out.String(), "client")
}
