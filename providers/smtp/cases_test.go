package smtp_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
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
	t.Run("rem-26", domainsAsALabels)
	t.Run("rem-30", timeForTheFinalAnswer)
}

// A domain outside ASCII is written as A-labels, in the envelope and in the header, so
// that a relay without SMTPUTF8 takes it (RFC 5890); only a local part outside ASCII
// needs that.
func domainsAsALabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, written string }{
		{"compta@société.example", "compta@xn--socit-esab.example"},
		{"compta@SOCIÉTÉ.example", "compta@xn--socit-esab.example"},
		{"compta@mail.société.example", "compta@mail.xn--socit-esab.example"},
		{"info@münchen.example", "info@xn--mnchen-3ya.example"},
		{"info@例え.example", "info@xn--r8jz45g.example"},
		{"info@plain.example", "info@plain.example"},
	} {
		f := serve(t, &fake{tlsExt: []string{"8BITMIME"}})
		m := someMail()
		m.To = []email.Box{{Address: c.address}}
		m.From.Address, m.ReplyTo = c.address, email.Box{Address: c.address}
		require.NoError(t, newMailer(t, f.config()).Mail(t.Context(), m), c.address)
		got := f.got()[0]
		require.Equal(t, []string{"TO:<" + c.written + ">"}, got.rcpt)
		require.Contains(t, got.mail, "FROM:<"+c.written+">")
		require.NotContains(t, got.mail, "SMTPUTF8")
		head, _, _ := strings.Cut(string(got.content), "\r\n\r\n")
		require.GreaterOrEqual(t, strings.Count(head, "<"+c.written+">"), 3, "From, To and Reply-To: %s", head)
		for _, b := range []byte(head) {
			require.Less(t, b, byte(0x80), "a header outside ASCII needs SMTPUTF8 too")
		}
	}
	for _, address := range []string{"hélène@customer.example", "hélène@société.example"} {
		f := serve(t, &fake{tlsExt: []string{"8BITMIME"}})
		m := someMail()
		m.To[0].Address = address
		requireOutcome(t, newMailer(t, f.config()).Mail(t.Context(), m), courrier.ErrRejected, "no-smtputf8")
	}
}

// deadlines is a connection that notes how long it is given, each time.
type deadlines struct {
	net.Conn
	given *[]time.Duration
}

func (c deadlines) SetDeadline(at time.Time) error {
	*c.given = append(*c.given, time.Until(at))
	return c.Conn.SetDeadline(at)
}

// The final answer gets ten minutes, as the documentation promises, and no other wait
// does; package dunning's case of the same name holds that its call lasts as long.
func timeForTheFinalAnswer(t *testing.T) {
	t.Parallel()
	f := serve(t, &fake{})
	var given []time.Duration
	cfg := f.config()
	dial := cfg.Dial
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return deadlines{conn, &given}, err
	}
	require.NoError(t, newMailer(t, cfg).Mail(t.Context(), someMail()))
	long := slices.DeleteFunc(given, func(d time.Duration) bool { return d < 5*time.Minute })
	require.Len(t, long, 1)
	require.InDelta(t, 10*time.Minute, long[0], float64(time.Minute))
}
