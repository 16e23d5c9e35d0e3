package smtp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/smtp"
)

// TestCases are the named cases of whose fault a failed e-mail is.
func TestCases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(t *testing.T){"rem-24": whoseFault, "rem-25": failedIsFinal, "rem-26": accentedDomains} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// Only what is proved of the recipient is rejected: all else is the account's, the
// message's or the line's, whatever class the reply code has.
func whoseFault(t *testing.T) {
	type answer struct {
		point, reply string
		kind         error
	}
	recipient, message, account, line := courrier.ErrRejected, courrier.ErrInvalid, courrier.ErrDenied, courrier.ErrUnavailable
	all := []answer{
		{atMail, "553 5.7.1 sender refused", account}, {atMail, "550 5.7.60 client not authenticated", account},
		{atMail, "552 too much", account}, {atMail, "501 5.1.7 bad sender", account}, {atMail, "550 5.1.1 who are you", account},
		{atRcpt, "550 5.7.1 relaying denied", account}, {atRcpt, "554 transaction failed", account},
		{atRcpt, "550 5.4.1 access denied", account}, {atData, "550 5.4.5 daily quota", account}, {atEnd, "554 5.7.1 spam", account},
		{atEnd, "554 no", account}, {atRcpt, "550 5.2.2 mailbox full", line}, {atRcpt, "552 mailbox full", line},
		{atEnd, "552 5.3.4 too large", message}, {atEnd, "552 too large", message}, {atData, "554 5.6.1 media not supported", message},
		{atRcpt, "501 syntax", message}, {atRcpt, "550 no such user", recipient}, {atRcpt, "551 not local", recipient},
	}
	for _, status := range []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"} {
		for _, point := range []string{atRcpt, atData, atEnd} {
			all = append(all, answer{point, "550 " + status + " gone", recipient})
		}
	}
	for _, a := range all {
		t.Run(a.point+" "+a.reply, func(t *testing.T) {
			t.Parallel()
			f := serve(t, &fake{script: map[string]act{a.point: {reply: a.reply}}})
			m := email()
			m.To = m.To[:1]
			requireOutcome(t, newMailer(t, f.config()).Mail(t.Context(), m), a.kind, a.reply[:3])
		})
	}
	f := serve(t, &fake{script: map[string]act{atRcpt: {reply: "550 5.1.1 unknown"}, atRcpt + " 2": {reply: "550 5.7.1 denied"}}})
	requireOutcome(t, newMailer(t, f.config()).Mail(t.Context(), email()), account, "550")
}

// What was given up is final for its message, also for a reason that passes.
func failedIsFinal(t *testing.T) {
	for status, want := range map[string]courrier.BounceOutcome{
		"4.2.2": courrier.BounceFailed, "4.4.7": courrier.BounceFailed, "5.2.2": courrier.BounceFailed, "5.7.1": courrier.BounceFailed,
		"5.1.1": courrier.BounceAddress, "5.1.10": courrier.BounceAddress, "5.2.1": courrier.BounceAddress,
	} {
		for _, action := range []string{"failed", "delayed"} {
			mail := strings.Replace(string(report(t, "permanent")), "Status: 5.1.1", "Status: "+status, 1)
			mail = strings.Replace(mail, "Action: failed", "Action: "+action, 1)
			b, err := smtp.ParseBounce(strings.NewReader(mail))
			require.NoError(t, err)
			if action == "delayed" {
				want = courrier.BounceDelayed
			}
			require.Equal(t, want, b.Outcome, "%s %s", action, status)
			require.Equal(t, status, b.Status)
		}
	}
}

// A domain outside ASCII goes to any server as its A-label, in the envelope and in
// the header; only a local part needs a server that takes it, and that of the account
// is no customer's fault.
func accentedDomains(t *testing.T) {
	m := email()
	m.To = m.To[:1]
	m.To[0].Address, m.From.Address = "claire@société.example", "billing@café.example"
	f := serve(t, &fake{tlsExt: []string{"8BITMIME"}})
	require.NoError(t, newMailer(t, f.config()).Mail(t.Context(), m))
	got := f.got()[0]
	require.Contains(t, got.mail, "FROM:<billing@xn--caf-dma.example>")
	require.Contains(t, fmt.Sprint(got.rcpt), "<claire@xn--socit-esab.example>")
	require.Contains(t, string(got.content), "claire@xn--socit-esab.example")
	require.NotContains(t, string(got.content), "société")

	for own, kind := range map[bool]error{true: courrier.ErrDenied, false: courrier.ErrRejected} {
		odd := email()
		odd.To = odd.To[:1]
		if own {
			odd.From.Address = "hélène@acme.example"
		} else {
			odd.To[0].Address = "hélène@customer.example"
		}
		f := serve(t, &fake{tlsExt: []string{"8BITMIME"}})
		requireOutcome(t, newMailer(t, f.config()).Mail(t.Context(), odd), kind, "no-smtputf8")
	}
}
