package smtp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/smtp"
)

// status is a report (RFC 3464) about a message that is named or not.
func status(action string) string {
	return "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n" +
		"Final-Recipient: rfc822; claire@customer.example\r\nAction: " + action + "\r\nStatus: 5.1.1\r\n\r\n--x--\r\n"
}

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	parse := func(mail string) func() error {
		return func() error { return calldoc.Error(smtp.ParseBounce(strings.NewReader(mail))) }
	}
	faults, err := calldoc.Check(".", map[string][]func() error{
		"New":          {func() error { return calldoc.Error(smtp.New(smtp.Config{})) }},
		"Mailer.Close": {newMailer(t, smtp.Config{Host: "mail.example", Domain: "acme.example"}).Close},
		"ParseBounce":  {parse("no e-mail"), parse(status("delivered")), parse(status("failed"))},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
