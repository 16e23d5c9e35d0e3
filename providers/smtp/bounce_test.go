package smtp_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/smtp"
)

func TestParseBounce(t *testing.T) {
	t.Parallel()
	of := func(address string) string { return email.Box{Address: address}.Print() }
	bounce := func(b smtp.Bounce) smtp.Bounce {
		b.ID, b.Domain, b.Recipient = "rem-01", "mail.acme.example", cmp.Or(b.Recipient, of("claire@customer.example"))
		return b
	}
	for file, c := range map[string]struct {
		want smtp.Bounce
		kind error
	}{
		"permanent":        {want: bounce(smtp.Bounce{Outcome: email.BounceAddress, Status: "5.1.1"})},
		"delayed":          {want: bounce(smtp.Bounce{Outcome: email.BounceDelayed, Status: "4.4.1"})},
		"expired":          {want: bounce(smtp.Bounce{Outcome: email.BounceFailed, Status: "4.4.7"})},
		"several":          {want: bounce(smtp.Bounce{Outcome: email.BounceAddress, Status: "5.2.1", Recipient: of("c@customer.example")})},
		"relay":            {want: bounce(smtp.Bounce{Outcome: email.BounceFailed, Status: "5.7.1"})},
		"global":           {want: smtp.Bounce{ID: "rem-01", Domain: "mail.acme.example", Outcome: email.BounceFailed, Status: "5.6.7"}}, // its address is not UTF-8
		"success":          {kind: courrier.ErrUnsupported},
		"nothing-returned": {kind: courrier.ErrNotFound},
		"someone-elses":    {kind: courrier.ErrNotFound},
		"read-receipt":     {kind: courrier.ErrInvalid},
		"answer":           {kind: courrier.ErrInvalid},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			got, err := smtp.ParseBounce(bytes.NewReader(report(t, file)))
			requireOutcome(t, err, c.kind, "")
			require.Equal(t, c.want, got)
			require.NotContains(t, fmt.Sprintf("%+v %v", got, err), "claire")
		})
	}
}

func report(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", "bounces", name+".eml"))
	require.NoError(t, err)
	return b
}

// What the server still tries is not given up, whatever its status says.
func TestDelayIsNeverPermanent(t *testing.T) {
	t.Parallel()
	mail := strings.Replace(string(report(t, "delayed")), "Status: 4.4.1", "Status: 5.4.1", 1)
	b, err := smtp.ParseBounce(strings.NewReader(mail))
	require.NoError(t, err)
	require.Equal(t, email.BounceDelayed, b.Outcome)
}

// The header that a Mailer wrote, given back, names the message.
func TestBounceOfWhatWasSent(t *testing.T) {
	t.Parallel()
	m := someMail()
	m.ID = strings.Repeat("aZ9-_.x", 9) + "z"
	_, got := deliver(t, nil, m)
	head, _, _ := bytes.Cut(got.content, []byte("\r\n\r\n"))
	mail := strings.Replace(string(report(t, "permanent")), "Message-ID: <rem-01@mail.acme.example>", string(head), 1)
	b, err := smtp.ParseBounce(strings.NewReader(mail))
	require.NoError(t, err)
	require.Equal(t, smtp.Bounce{ID: m.ID, Domain: "mail.acme.example", Outcome: email.BounceAddress, Status: "5.1.1", Recipient: m.To[0].Print()}, b)
}

// Reports give the whole message back, attachments included; no more of one is
// read than can be of use.
func TestBounceIsBounded(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	head, tail, _ := strings.Cut(string(report(t, "permanent")), "Dear customer")
	source := &counter{Reader: io.MultiReader(strings.NewReader(head), zeros(1<<30), strings.NewReader(tail))}
	b, err := smtp.ParseBounce(source)
	require.NoError(t, err)
	require.Equal(t, "rem-01", b.ID)
	require.LessOrEqual(t, source.n, bound)

	for _, start := range []string{"", "Subject: ", head[:strings.Index(head, "Your message")], head[:strings.Index(head, "Action")]} {
		source = &counter{Reader: io.MultiReader(strings.NewReader(start), zeros(1<<30))}
		_, err = smtp.ParseBounce(source)
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.LessOrEqual(t, source.n, bound)
	}
}

type counter struct {
	io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

var (
	validID     = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	validStatus = regexp.MustCompile(`^[45]\.\d{1,3}\.\d{1,3}$`)
)

func FuzzParseBounce(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "bounces", "*.eml"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, mail []byte) {
		b, err := smtp.ParseBounce(bytes.NewReader(mail))
		if err != nil {
			if b != (smtp.Bounce{}) {
				t.Fatal("a bounce beside an error")
			}
			var e *courrier.Error
			require.ErrorAs(t, err, &e)
			requireOutcome(t, err, e.Kind, "")
			return
		}
		if !validID.MatchString(b.ID) || !validStatus.MatchString(b.Status) || strings.Contains(b.Domain, "@") {
			t.Fatalf("%+v", b)
		}
		if b.Outcome == email.BounceAddress && b.Status[0] != '5' || b.Outcome == "" {
			t.Fatalf("%+v contradicts itself", b)
		}
	})
}
