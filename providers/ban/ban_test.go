package ban_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/ban"
	"github.com/courrier-go/courrier/providers/ban/bantest"
)

func newRegister(t *testing.T, places ...bantest.Place) (*ban.Register, *bantest.Server) {
	server := bantest.New(places...)
	t.Cleanup(server.Close)
	register, err := ban.New(ban.Config{BaseURL: server.URL})
	require.NoError(t, err)
	return register, server
}

var places = []bantest.Place{
	{HouseNumber: "12", Street: "Rue des Lilas", Postcode: "69008", City: "Lyon"},
	{Street: "Rue des Lilas", Postcode: "69008", City: "Lyon"},
	{HouseNumber: "5", Street: "Rue de Paris", Postcode: "97400", City: "Saint-Denis"},
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		address courrier.Address
		verdict courrier.AddressVerdict
		street  string // proposed
	}{
		{"the house", courrier.Address{Street: "12, rue des Lilas", Postcode: "69008", City: "LYON", Country: "FR"}, courrier.AddressFound, ""},
		{"the street", courrier.Address{Street: "Rue des Lilas", Postcode: "69008", City: "Lyon", Country: "FR"}, courrier.AddressFound, ""},
		{"another number", courrier.Address{Street: "14 rue des Lilas", Postcode: "69008", City: "Lyon", Country: "FR"},
			courrier.AddressSimilar, ""},
		{"another number, where the register shows a house", courrier.Address{Street: "7 rue de Paris", Postcode: "97400", City: "Saint-Denis", Country: "RE"},
			courrier.AddressSimilar, "5 Rue de Paris"},
		{"a name written otherwise", courrier.Address{Street: "12 rue du Lilas", Postcode: "69008", City: "Lyon", Country: "FR"},
			courrier.AddressFound, "12 Rue des Lilas"},
		{"another street", courrier.Address{Street: "3 impasse Haute", Postcode: "69008", City: "Lyon", Country: "FR"}, courrier.AddressNotFound, ""},
		{"another postcode", courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}, courrier.AddressNotFound, ""},
		{"overseas", courrier.Address{Street: "5 rue de Paris", Postcode: "97400", City: "Saint-Denis", Country: "RE"}, courrier.AddressFound, ""},
		{"abroad", courrier.Address{Street: "Markt 1", Postcode: "04109", City: "Leipzig", Country: "DE"}, courrier.AddressNotCovered, ""},
		{"CEDEX", courrier.Address{Street: "12 rue des Lilas", Postcode: "69371", City: "Lyon Cedex 08", Country: "FR"}, courrier.AddressNotCovered, ""},
		{"a box", courrier.Address{Box: "BP 12", Postcode: "69008", City: "Lyon", Country: "FR"}, courrier.AddressNotCovered, ""},
		{"forces", courrier.Address{Box: "SP 85077", Postcode: "00300", City: "Armées Hub", Country: "FR"}, courrier.AddressNotCovered, ""},
		{"Polynesia", courrier.Address{Street: "1 rue X", Postcode: "98713", City: "Papeete", Country: "PF"}, courrier.AddressNotCovered, ""},
		{"what cannot be printed", courrier.Address{Street: "[ND]", Postcode: "69008", City: "Lyon", Country: "FR"}, courrier.AddressNotCovered, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			register, server := newRegister(t, places...)
			check, err := register.CheckAddress(t.Context(), c.address)
			require.NoError(t, err)
			require.Equal(t, c.verdict, check.Verdict)
			require.Equal(t, "ban", check.Register)
			require.Equal(t, c.street != "", check.Proposal != nil)
			if c.street != "" {
				require.Equal(t, c.street, check.Proposal.Street)
				require.Equal(t, c.address.Country, check.Proposal.Country)
			}
			require.Equal(t, c.verdict == courrier.AddressNotCovered, len(server.Queries()) == 0, "nobody is told of what the register does not hold")
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	secret := courrier.Address{Street: "12 rue SECRETE", Postcode: "69008", City: "Lyon", Country: "FR"}
	requireUnavailable := func(t *testing.T, register *ban.Register, code string) {
		t.Helper()
		_, err := register.CheckAddress(t.Context(), secret)
		require.ErrorIs(t, err, courrier.ErrUnavailable)
		var e *courrier.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, code, e.Code)
		require.NotContains(t, err.Error(), "SECRETE")
	}
	for _, status := range []int{400, 404, 429, 500, 503} {
		register, server := newRegister(t, places...)
		server.Fail(status)
		requireUnavailable(t, register, fmt.Sprintf("http-%d", status))
	}
	for body, code := range map[string]string{"": "body", "<html>": "body", `{"features":[{"properties":{"score":"x"}}]}`: "body", `{"features":[{"prop`: "body"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		t.Cleanup(server.Close)
		register, err := ban.New(ban.Config{BaseURL: server.URL})
		require.NoError(t, err)
		requireUnavailable(t, register, code)
	}
	down, server := newRegister(t)
	server.Close()
	requireUnavailable(t, down, "no-answer")
}

// An address goes to the register alone, whatever it answers.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	stranger := bantest.New(places...)
	t.Cleanup(stranger.Close)
	server := httptest.NewServer(http.RedirectHandler(stranger.URL+"/search?q=abc&limit=1", http.StatusFound))
	t.Cleanup(server.Close)
	register, err := ban.New(ban.Config{BaseURL: server.URL, Client: &http.Client{}})
	require.NoError(t, err)
	_, err = register.CheckAddress(t.Context(), courrier.Address{Street: "12 rue des Lilas", Postcode: "69008", City: "Lyon", Country: "FR"})
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.Empty(t, stranger.Queries())
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	register, err := ban.New(ban.Config{BaseURL: server.URL})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = register.CheckAddress(ctx, courrier.Address{Street: "12 rue des Lilas", Postcode: "69008", City: "Lyon", Country: "FR"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"ftp://x", "https://", "data.geopf.fr", "https://user@x", "https://x?key=1", "://"} {
		_, err := ban.New(ban.Config{BaseURL: base})
		require.ErrorIs(t, err, courrier.ErrInvalid, base)
	}
	_, err := ban.New(ban.Config{})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(ban.DefaultBaseURL, "https://"))
}
