package postal

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// The last line of an address abroad is a name that French post reads.
func TestEveryCountryHasALine(t *testing.T) {
	t.Parallel()
	names := display.Regions(language.French)
	for code, line := range countryLines {
		region, err := language.ParseRegion(code)
		require.NoError(t, err, code)
		require.NotEmpty(t, names.Name(region), code)
		require.Regexp(t, `^[A-Z][A-Z ]{2,37}$`, line, code)
	}
}

// A form names each part once, and what it says of codes can be fulfilled.
func TestFormsAreWhole(t *testing.T) {
	t.Parallel()
	for country, f := range forms {
		require.NotEmpty(t, countryLines[country], country)
		require.False(t, InFrenchPost(country), country)
		for _, lines := range []string{f.lines, f.alone} {
			for _, part := range "UBSDC" {
				most := 1
				if lines == "" || part == 'C' && f.townless {
					most = 0
				}
				require.Equal(t, most, strings.Count(lines, string(part)), "%s %c", country, part)
			}
			require.Equal(t, lines != "" && !f.noCode, strings.Contains(lines, "P"), country)
		}
		require.Equal(t, f.noCode, f.codes == "", country)
		require.True(t, !strings.Contains(f.need, "R") || strings.Contains(f.lines, "R"), country)
		require.True(t, !f.states.closed || strings.Contains(f.lines, "R"), country)
	}
}

// Every pattern takes a code of its own shape, with or without what people add.
func TestCodesAreRepaired(t *testing.T) {
	t.Parallel()
	fill := strings.NewReplacer("9", "1", "@", "A", "*", "A")
	for country, f := range forms {
		for _, pattern := range strings.FieldsFunc(f.codes, func(r rune) bool { return r == ',' }) {
			code := fill.Replace(pattern)
			if f.to > 0 {
				continue // a range has cases of its own
			}
			for _, typed := range []string{code, strings.ToLower(code), strings.NewReplacer(" ", "", "-", "").Replace(code), country + "-" + code, f.prefix + code} {
				got, ok := f.repair(country, typed)
				require.True(t, ok, "%s %s", country, typed)
				require.Equal(t, code, got, country)
			}
			_, ok := f.repair(country, code+"1")
			require.False(t, ok && !strings.Contains(f.codes, ","), "%s %s1", country, code)
		}
	}
}

// A state that is printed is found again: what is printed may be typed.
func TestStatesAreFoundAgain(t *testing.T) {
	t.Parallel()
	for country, f := range forms {
		for name, printed := range f.states.form {
			if f.states.only != "" && printed != f.states.only {
				continue
			}
			again, ok := f.states.find(printed)
			require.True(t, ok, "%s %s", country, name)
			require.Equal(t, printed, again, country)
		}
	}
	codes := make(map[string]bool)
	for _, code := range american.form {
		codes[code] = true
	}
	require.Len(t, codes, 50+1+3+8) // states, the capital, the forces, territories and free states
}

// The table of composed letters says what Unicode says.
func TestComposeAsUnicodeDoes(t *testing.T) {
	t.Parallel()
	for pair, whole := range composed {
		require.Equal(t, norm.NFC.String(string([]rune{pair[1], pair[0]})), string(whole))
	}
	for r := rune(0xC0); r < 0x1F00; r++ {
		if unicode.Is(unicode.Latin, r) && len([]rune(norm.NFD.String(string(r)))) > 1 {
			require.Equal(t, norm.NFC.String(string(r)), compose(norm.NFD.String(string(r))))
		}
	}
}

// Folding knows every Latin letter that decomposes to a plain one.
func TestFoldKnowsAccents(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^[A-Z]+$`)
	for r := rune(0xC0); r < 0x250; r++ {
		base := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return unicode.ToUpper(r)
		}, norm.NFKD.String(string(r)))
		if unicode.Is(unicode.Latin, r) && plain.MatchString(base) {
			require.Equal(t, base, Fold(string(r)), string(r))
		}
	}
}
