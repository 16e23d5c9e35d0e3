package courrier_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/postal"
)

// addressCase is an address as typed with what is printed of it, by hand: the
// facts are those of docs/addresses.md.
type addressCase struct {
	Name      string
	Recipient courrier.Recipient
	Lines     []string
	Warnings  []string // the codes, in any order
	Field     string   // of the error expected, instead of lines
	Code      string   // of that error
	Rule      string   // a part of its text
}

func addressCases(t testing.TB) []addressCase {
	var all []addressCase
	for _, file := range []string{"testdata/addresses.json", "testdata/addresses-abroad.json"} {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		var cases []addressCase
		require.NoError(t, json.Unmarshal(b, &cases))
		require.NotEmpty(t, cases)
		all = append(all, cases...)
	}
	return all
}

func TestAddressVectors(t *testing.T) {
	t.Parallel()
	for _, c := range addressCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			printed, err := c.Recipient.Printed()
			if c.Field != "" {
				requireAddressError(t, c, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.Lines, printed.Lines)
			var codes []string
			for _, w := range printed.Warnings {
				codes = append(codes, w.Code)
			}
			require.ElementsMatch(t, c.Warnings, codes)
		})
	}
}

func requireAddressError(t *testing.T, c addressCase, err error) {
	t.Helper()
	require.ErrorIs(t, err, courrier.ErrInvalid)
	fields := courrier.FieldErrors(err)
	require.Len(t, fields, 1)
	require.Equal(t, c.Field, fields[0].Field)
	require.Contains(t, fields[0].Rule, c.Rule)
	require.NotEmpty(t, fields[0].Remedy)
	require.NotEmpty(t, fields[0].Code)
	if c.Code != "" {
		require.Equal(t, c.Code, fields[0].Code)
	}
}

// Every country of the reference has a case of its own.
func TestAddressVectorsKnowEveryForm(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, c := range addressCases(t) {
		seen[c.Recipient.Address.Country] = true
	}
	for _, country := range strings.Fields(`DE AT BE BG CY CZ DK EE ES FI GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO CH GB IM GG GI AD MC SM
		VA US CA AU NZ JP CN HK SG IN BR MX AR CL MA DZ TN SN CI CM MG MU LB IL TR UA RS BA XK AE ZA FO GL CW SX FK PR GP PF NC`) {
		require.True(t, seen[country], country)
	}
}

func TestAddressErrorsNeverShowTheAddress(t *testing.T) {
	t.Parallel()
	secret := "SECRETVILLE"
	r := courrier.Recipient{Name: secret + strings.Repeat("x", 40), Address: courrier.Address{
		Street: secret + strings.Repeat(" y", 30), Postcode: secret, City: secret, Country: "FR",
	}}
	for _, country := range []string{"FR", "PL", "US", secret} {
		r.Address.Country = country
		_, err := r.Lines()
		require.GreaterOrEqual(t, len(courrier.FieldErrors(err)), 3)
		require.NotContains(t, err.Error(), secret)
	}
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
		{"FR", "F-75011", courrier.ZoneMetropolitan, "FR"},
		{"FR", "20000", courrier.ZoneMetropolitan, "FR"},
		{"FR", "95880", courrier.ZoneMetropolitan, "FR"},
		{"FR", "75334", courrier.ZoneMetropolitan, "FR"}, // CEDEX: in no open list
		{"FR", "97400", courrier.ZoneOverseas, "RE"},
		{"RE", "97400", courrier.ZoneOverseas, "RE"},
		{"FR", "97133", courrier.ZoneOverseas, "BL"},
		{"GP", "97133", courrier.ZoneOverseas, "BL"},
		{"FR", "97150", courrier.ZoneOverseas, "MF"},
		{"FR", "97054", courrier.ZoneOverseas, "MF"},
		{"FR", "97110", courrier.ZoneOverseas, "GP"},
		{"FR", "98800", courrier.ZoneOverseas, "NC"},
		{"FR", "98600", courrier.ZoneOverseas, "WF"},
		{"MC", "98000", courrier.ZoneMonaco, "MC"},
		{"FR", "MC 98000", courrier.ZoneMonaco, "MC"},
		{"FR", "00100", courrier.ZoneMilitary, "FR"},
		{"FR", "00000", courrier.ZoneUnknown, ""},
		{"DE", "10115", courrier.ZoneAbroad, "DE"},
		{"XK", "10000", courrier.ZoneAbroad, "XK"},
		{"DK", "100", courrier.ZoneAbroad, "FO"},
		{"GB", "JE2 4WF", courrier.ZoneAbroad, "JE"},
		{"FR", "96000", courrier.ZoneUnknown, ""},
		{"FR", "99999", courrier.ZoneUnknown, ""},
		{"FR", "7500", courrier.ZoneUnknown, ""},
		{"FR", "7500A", courrier.ZoneUnknown, ""},
		{"RE", "75001", courrier.ZoneUnknown, ""},
		{"RE", "97133", courrier.ZoneUnknown, ""},
		{"XX", "75001", courrier.ZoneUnknown, ""},
	} {
		a := courrier.Address{Country: c.country, Postcode: c.postcode}
		require.Equal(t, c.zone, a.Zone(), "%s %s", c.country, c.postcode)
		require.Equal(t, c.territory, a.Territory(), "%s %s", c.country, c.postcode)
	}
}

// anyRecipient draws an address of which much is right, so that many are printed: a
// case, some fields of which are typed anew.
func anyRecipient(cases []addressCase) *rapid.Generator[courrier.Recipient] {
	text := rapid.OneOf(
		rapid.StringMatching(`[A-Za-zÀ-ÿœŒ0-9 ,'./&#°º()-]{0,30}`), rapid.SampledFrom([]string{"", "Résidence Haute", "BP12", "C. S. n° 3", "#12-05", "3º B", "c/o Durand", "Lot 3/4"}),
		rapid.StringN(0, 12, -1),
	)
	number := rapid.StringMatching(`(n° ?|du |au n° )?[0-9]{1,3} ?[a-c]?(bis|ter)?( ?[-/,–&－] ?| à | et )?([0-9]{0,3} ?|[a-c])(ème|er|mai)? ?`)
	street := rapid.Custom(func(t *rapid.T) string {
		return number.Draw(t, "number") + rapid.SampledFrom([]string{"rue Haute", "Avenue", "Le Bourg", "(rue du)", "Juillet (place du)", "rue Haute - CS 12", "rue Haute BP n° 3", "l'Abbaye"}).Draw(t, "name")
	})
	code := rapid.OneOf(rapid.StringMatching(`(F-|D-|CH-)?[0-9]{3,5}`), rapid.StringMatching(`[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}`), text)
	city := rapid.OneOf(text, rapid.SampledFrom([]string{"Lyon", "69003 Lyon", "Paris Cedex 7", "İzmir", "Chicago IL", "Pisa (PI)", "Łódź",
		"Paris, France", "PARIS FRANCE", "Saint-Denis (93)", "Nice CEDEX n° 1", "Berlin (Allemagne)"}))
	state := rapid.OneOf(text, rapid.SampledFrom([]string{"", "IL", "Illinois", "Québec", "SP", "Tokyo"}))
	country := rapid.SampledFrom(append(courrier.Countries(), "", "XX"))
	return rapid.Custom(func(t *rapid.T) courrier.Recipient {
		r := rapid.SampledFrom(cases).Draw(t, "case").Recipient
		a := &r.Address
		anew := func(field *string, from *rapid.Generator[string], oneIn int) {
			if rapid.IntRange(1, oneIn).Draw(t, "anew") == oneIn {
				*field = from.Draw(t, "text")
			}
		}
		for _, field := range []*string{&r.Name, &r.Company, &r.Attention, &a.Unit, &a.Building, &a.Box} {
			anew(field, text, 6)
		}
		anew(&a.Street, rapid.OneOf(street, text), 2)
		anew(&a.Postcode, code, 8)
		anew(&a.City, city, 4)
		anew(&a.State, state, 6)
		anew(&a.Country, country, 12)
		return r
	})
}

// checkPrinted checks what holds of every address that is printed.
func checkPrinted(t require.TestingT, r courrier.Recipient) {
	p, err := r.Printed()
	if err != nil {
		require.NotEmpty(t, courrier.FieldErrors(err))
		require.NotEmpty(t, r.Shown(), "%+v", r)
		return
	}
	require.LessOrEqual(t, len(p.Lines), 7)
	for _, l := range p.Lines {
		require.NotEmpty(t, l)
		require.True(t, utf8.ValidString(l))
		require.LessOrEqual(t, utf8.RuneCountInString(l), courrier.MaxLineLen)
		require.Equal(t, strings.Join(strings.Fields(l), " "), l)
	}
	require.Equal(t, p.Lines, slices.DeleteFunc(append(p.Six[:], p.Country), func(s string) bool { return s == "" }))
	requireNothingLost(t, r, p)
}

// requireNothingLost: the input can be told from the lines and the warnings. What
// was typed, less what the warnings took away, with what they put in its place, has
// the letters and figures of the lines; and so it is with signs that mean something.
func requireNothingLost(t require.TestingT, r courrier.Recipient, p courrier.PrintedAddress) {
	a := r.Address
	city := a.City
	if a.RoutingLabel != "" && p.Country == "" {
		city = "" // La Poste's label for it is printed
	}
	typed := letters(r.Name, r.Company, r.Attention, a.Unit, a.Building, a.Street, a.Box, a.Postcode, city, a.State, a.RoutingLabel)
	lines := p.Lines
	if p.Country != "" {
		lines = lines[:len(lines)-1]
	}
	shown := letters(lines...)
	for _, w := range p.Warnings {
		if w.Field == "Address.Country" || w.From == w.To {
			continue
		}
		for sign, n := range letters(w.From) {
			shown[sign] += n
		}
		for sign, n := range letters(w.To) {
			typed[sign] += n
		}
	}
	for sign, n := range shown {
		if n == 0 || typed[sign] == n {
			continue
		}
		// Letters before a code are the country's own: "LV-1009".
		require.True(t, strings.Contains(letterPrefixes, sign) && typed[sign] < n, "%q: typed %d, shown %d in %+v from %+v", sign, typed[sign], n, p, r)
	}
	for sign, n := range typed {
		require.LessOrEqual(t, n, shown[sign], "%q is lost in %+v from %+v", sign, p, r)
	}
}

// letterPrefixes are the letters of LV-, LT-, L-, HR-, CY-, FI-, SE-, SI-, FO-, AX-
// and AD, which are printed whether they were typed or not.
const letterPrefixes = "LVTHRCYFISEOAXD"

// letters counts the letters and figures of texts as they fold, and the signs that
// folding leaves out and a reader may miss.
func letters(texts ...string) map[string]int {
	counts := make(map[string]int)
	for _, s := range texts {
		for _, r := range postal.Tidy(s) {
			if strings.ContainsRune("ºª", r) { // a sign abroad, a letter at home
				continue
			}
			folded := postal.Fold(string(r))
			if folded == "" && unicode.IsLetter(r) {
				folded = string(unicode.ToUpper(unicode.ToLower(r)))
			}
			if folded == "" && strings.ContainsRune("&+#@€=%§<>", r) {
				folded = string(r)
			}
			for _, one := range folded {
				counts[string(one)]++
			}
		}
	}
	return counts
}

func TestAddressLosesNothing(t *testing.T) {
	t.Parallel()
	cases := addressCases(t)
	for _, c := range cases {
		if c.Field == "" {
			p, err := c.Recipient.Printed()
			require.NoError(t, err)
			requireNothingLost(t, c.Recipient, p)
		}
	}
	rapid.Check(t, func(t *rapid.T) { checkPrinted(t, anyRecipient(cases).Draw(t, "recipient")) })
}

// For carriers that take parts: all that is printed, in three lines or an error.
func TestAddressFields(t *testing.T) {
	t.Parallel()
	at := courrier.Address{Unit: "Appt 4", Building: "Escalier B", Street: "3 rue Haute", Box: "BP 12", Postcode: "F-59000", City: "Lille", Country: "FR"}
	f, err := courrier.Recipient{Company: "Exemple SAS", Name: "Mme Roy", Attention: "achats", Address: at}.Fields(3)
	require.NoError(t, err)
	require.Equal(t, courrier.AddressFields{
		Name: "Mme Roy achats", Company: "Exemple SAS", Lines: []string{"Appt 4 Escalier B", "3 RUE HAUTE", "BP 12"}, Town: "LILLE", Postcode: "59000",
	}, f)
	f, err = courrier.Recipient{Name: "Mme Roy", Address: at}.Fields(3)
	require.NoError(t, err)
	require.Equal(t, []string{"Appt 4 Escalier B", "3 RUE HAUTE", "BP 12"}, f.Lines)

	for _, c := range []struct {
		field string
		most  int
		r     courrier.Recipient
	}{
		{"Address.Unit", 2, courrier.Recipient{Name: "Mme Roy", Address: at}},
		{"Address.Street", 0, courrier.Recipient{Name: "Mme Roy", Address: courrier.Address{
			Street: "1 rue de la Haute Montagne", Box: "Hameau du Petit Bois", Postcode: "59000", City: "Lille", Country: "FR"}}},
		{"Company", 3, courrier.Recipient{Company: "Coopérative des maraîchers du val de Saône", Address: courrier.Address{
			Street: "1 rue", Postcode: "59000", City: "Lille", Country: "FR"}}},
		{"Address.City", 3, courrier.Recipient{Name: "Mme Roy", Address: courrier.Address{Street: "1 rue", Postcode: "59000", Country: "FR"}}},
	} {
		_, err := c.r.Fields(c.most)
		require.Len(t, courrier.FieldErrors(err), 1)
		require.Equal(t, c.field, courrier.FieldErrors(err)[0].Field)
	}

	cases := addressCases(t)
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecipient(cases).Draw(t, "recipient")
		p, err := r.Printed()
		f, fits := r.Fields(3)
		if err != nil || fits != nil {
			require.Error(t, fits)
			return
		}
		require.LessOrEqual(t, len(f.Lines), 3)
		printed := letters(p.Lines...)
		for sign, n := range letters(append(f.Lines, f.Name, f.Company, f.Town, f.Postcode, f.Country)...) {
			require.Equal(t, printed[sign], n, "%q of %+v in %+v", sign, p, f)
		}
	})
}

// checkAgain: an address that is typed as it was printed is printed the same again.
func checkAgain(t require.TestingT, r courrier.Recipient) {
	p, err := r.Printed()
	switch {
	case err != nil:
	case r.Address.Zone() == courrier.ZoneAbroad:
		checkAgainAbroad(t, r)
	default:
		checkAgainInFrance(t, r, p)
	}
}

func checkAgainInFrance(t require.TestingT, r courrier.Recipient, p courrier.PrintedAddress) {
	six := courrier.Recipient{Name: p.Six[0], Address: courrier.Address{
		Unit: p.Six[1], Building: p.Six[2], Street: p.Six[3], Box: p.Six[4], Postcode: p.Postcode, City: p.Town, Country: r.Address.Country,
	}}
	second, err := six.Printed()
	if errs := courrier.FieldErrors(err); len(errs) > 0 && errs[0].Code == courrier.CodeAddressPlaceholder {
		return // two fields that share a line may read so: a person "N" of the department "A"
	}
	require.NoError(t, err, "%+v", six)
	require.Equal(t, p.Lines, second.Lines)
	for _, w := range second.Warnings {
		require.Equal(t, w.From, w.To) // such as letters of another script, which stay
	}
}

// checkAgainAbroad types the street alone again, with the town, its state and the
// postcode as printed: every country orders the lines between in its own way.
func checkAgainAbroad(t require.TestingT, r courrier.Recipient) {
	r.Attention, r.Address.Unit, r.Address.Building, r.Address.Box = "", "", "", ""
	p, err := r.Printed()
	if err != nil || !strings.ContainsFunc(r.Address.Street, letterOrNumber) || len(p.Above) != 1 {
		return
	}
	second := r
	second.Address.Street = p.Above[0]
	if p.Postcode != "" {
		second.Address.Postcode = p.Postcode
	}
	if !strings.ContainsFunc(r.Address.State, letterOrNumber) {
		second.Address.City = p.Town
	}
	twice, err := second.Printed()
	require.NoError(t, err, "%+v", second)
	require.Equal(t, p.Lines, twice.Lines, "%+v", second)
}

func letterOrNumber(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func TestAddressIsIdempotent(t *testing.T) {
	t.Parallel()
	cases := addressCases(t)
	for _, c := range cases {
		checkAgain(t, c.Recipient)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecipient(cases).Draw(t, "recipient")
		checkAgain(t, r)
		r.Address.Country, r.Address.Postcode = "FR", "69003"
		checkAgain(t, r)
	})
}

func FuzzAddressLines(f *testing.F) {
	for _, c := range addressCases(f) {
		r, a := c.Recipient, c.Recipient.Address
		f.Add(r.Name, r.Company, r.Attention, a.Unit, a.Building, a.Street, a.Box, a.Postcode, a.City, a.State, a.Country)
	}
	f.Fuzz(func(t *testing.T, name, company, attention, unit, building, street, box, postcode, city, state, country string) {
		r := courrier.Recipient{Name: name, Company: company, Attention: attention, Address: courrier.Address{
			Unit: unit, Building: building, Street: street, Box: box, Postcode: postcode, City: city, State: state, Country: country,
		}}
		checkPrinted(t, r)
		checkAgain(t, r)
	})
}
