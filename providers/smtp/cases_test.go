package smtp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/smtp"
)

func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("promise-09", func(t *testing.T) {
		t.Parallel()
		secret := smtp.NewSecret("hunter22")
		for verb := '!'; verb <= '~'; verb++ {
			for _, v := range []any{secret, &secret, smtp.Account{Password: secret, Token: secret}, []any{secret}, map[string]any{"k": secret}} {
				require.NotContains(t, fmt.Sprintf("%+"+string(verb), v), "hunter22", "%%%c", verb)
				require.NotContains(t, fmt.Errorf("%"+string(verb), v).Error(), "hunter22", "%%%c", verb)
			}
		}
		require.Equal(t, "hunter22", secret.Reveal())
	})
}
