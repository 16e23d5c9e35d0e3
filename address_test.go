package courrier_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
)

type addressCase struct {
	Name      string
	Recipient courrier.Recipient
	Lines     []string
	Field     string // of the error expected, instead of lines
	Rule      string // a part of its text
}

func addressCases(t testing.TB) []addressCase {
	b, err := os.ReadFile("testdata/addresses.json")
	require.NoError(t, err)
	var cases []addressCase
	require.NoError(t, json.Unmarshal(b, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func TestAddressLines(t *testing.T) {
	t.Parallel()
	for _, c := range addressCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			lines, err := c.Recipient.Lines()
			if c.Field == "" {
				require.NoError(t, err)
				require.Equal(t, c.Lines, lines)
				return
			}
			require.ErrorIs(t, err, courrier.ErrInvalid)
			fields := courrier.FieldErrors(err)
			require.Len(t, fields, 1)
			require.Equal(t, c.Field, fields[0].Field)
			require.Contains(t, fields[0].Rule, c.Rule)
			require.NotEmpty(t, fields[0].Remedy)
		})
	}
}

func TestAddressErrorsNeverShowTheAddress(t *testing.T) {
	t.Parallel()
	secret := "SECRETVILLE"
	r := courrier.Recipient{Name: secret + strings.Repeat("x", 40), Address: courrier.Address{
		Street: secret + strings.Repeat(" y", 30), Postcode: secret, City: secret, Country: "FR",
	}}
	_, err := r.Lines()
	require.Error(t, err)
	require.Len(t, courrier.FieldErrors(err), 3)
	require.NotContains(t, err.Error(), secret)
}

func TestZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		country, postcode string
		zone              courrier.Zone
		territory         string
	}{
		{"FR", "75001", courrier.ZoneMetropolitan, "FR"},
		{"fr", " 01000 ", courrier.ZoneMetropolitan, "FR"},
		{"FR", "20000", courrier.ZoneMetropolitan, "FR"},
		{"FR", "95880", courrier.ZoneMetropolitan, "FR"},
		{"FR", "75334", courrier.ZoneMetropolitan, "FR"}, // CEDEX: in no open list
		{"FR", "97400", courrier.ZoneOverseas, "RE"},
		{"RE", "97400", courrier.ZoneOverseas, "RE"},
		{"FR", "97133", courrier.ZoneOverseas, "BL"},
		{"FR", "97150", courrier.ZoneOverseas, "MF"},
		{"FR", "97110", courrier.ZoneOverseas, "GP"},
		{"FR", "98800", courrier.ZoneOverseas, "NC"},
		{"FR", "98600", courrier.ZoneOverseas, "WF"},
		{"MC", "98000", courrier.ZoneMonaco, "MC"},
		{"FR", "98000", courrier.ZoneMonaco, "MC"},
		{"FR", "00100", courrier.ZoneMilitary, "FR"},
		{"DE", "10115", courrier.ZoneAbroad, "DE"},
		{"FR", "96000", courrier.ZoneUnknown, ""},
		{"FR", "99999", courrier.ZoneUnknown, ""},
		{"FR", "7500", courrier.ZoneUnknown, ""},
		{"FR", "7500A", courrier.ZoneUnknown, ""},
		{"RE", "75001", courrier.ZoneUnknown, ""},
		{"XX", "75001", courrier.ZoneUnknown, ""},
	} {
		a := courrier.Address{Country: c.country, Postcode: c.postcode}
		require.Equal(t, c.zone, a.Zone(), "%s %s", c.country, c.postcode)
		require.Equal(t, c.territory, a.Territory(), "%s %s", c.country, c.postcode)
	}
}

// Whatever is typed, the lines are printable and fit, or there is an error.
func TestAddressLinesFitOrFail(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zÀ-ÿœŒ0-9 ,'./-]{0,45}`))
		r := courrier.Recipient{
			Name: text.Draw(t, "name"), Company: text.Draw(t, "company"), Attention: text.Draw(t, "attention"),
			Address: courrier.Address{
				Unit: text.Draw(t, "unit"), Building: text.Draw(t, "building"), Street: text.Draw(t, "street"), Box: text.Draw(t, "box"),
				Postcode: rapid.OneOf(text, rapid.StringMatching(`[0-9]{5}`)).Draw(t, "postcode"), City: text.Draw(t, "city"),
				Country: rapid.SampledFrom(append(courrier.Countries(), "", "XX")).Draw(t, "country"),
			},
		}
		lines, err := r.Lines()
		if err != nil {
			require.NotEmpty(t, courrier.FieldErrors(err))
			return
		}
		require.LessOrEqual(t, len(lines), 7)
		for _, l := range lines {
			require.NotEmpty(t, l)
			require.LessOrEqual(t, utf8.RuneCountInString(l), courrier.MaxLineLen)
			require.Equal(t, strings.Join(strings.Fields(l), " "), l)
		}
		six, err := r.SixLines()
		require.NoError(t, err)
		require.Equal(t, strings.ToUpper(six[3]), six[3])
	})
}

func FuzzAddressLines(f *testing.F) {
	for _, c := range addressCases(f) {
		a := c.Recipient.Address
		f.Add(c.Recipient.Name, c.Recipient.Company, a.Street, a.Postcode, a.City, a.Country)
	}
	f.Fuzz(func(t *testing.T, name, company, street, postcode, city, country string) {
		r := courrier.Recipient{Name: name, Company: company, Address: courrier.Address{Street: street, Postcode: postcode, City: city, Country: country}}
		lines, err := r.Lines()
		if err != nil {
			return
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > courrier.MaxLineLen || !utf8.ValidString(l) {
				t.Fatalf("line does not fit: %d", utf8.RuneCountInString(l))
			}
		}
	})
}

// The last line of an address abroad is a name that French post reads.
func TestEveryCountryHasALine(t *testing.T) {
	t.Parallel()
	names := display.Regions(language.French)
	for _, code := range courrier.Countries() {
		region, err := language.ParseRegion(code)
		require.NoError(t, err, code)
		require.NotEmpty(t, names.Name(region), code)
		r := courrier.Recipient{Name: "A", Address: courrier.Address{Street: "1 Street", Postcode: "1", City: "City", Country: code}}
		if r.Address.Zone() != courrier.ZoneAbroad {
			continue
		}
		lines, err := r.Lines()
		require.NoError(t, err, code)
		require.Regexp(t, `^[A-Z][A-Z ]{2,37}$`, lines[len(lines)-1], code)
	}
}
