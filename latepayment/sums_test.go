package latepayment_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// sumsOf writes what is found in a text: "?" is ambiguous, brackets are excluded.
func sumsOf(text string, lang courrier.Language) string {
	var all []string
	for _, s := range latepayment.FindSums(text, lang) {
		written := s.Amount.String()
		if s.Ambiguous {
			written = "?"
		}
		if s.Excluded {
			written = "(" + written + ")"
		}
		all = append(all, written)
	}
	return strings.Join(all, ", ")
}

func TestSumsAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Il reste 3\u202f418,05\u00a0€ à payer.":                                  "3418.05 EUR",
		"Il reste 3.418,05 EUR":                                                   "3418.05 EUR",
		"Il reste 3'418.05 euros":                                                 "3418.05 EUR",
		"EUR3418.05 remain":                                                       "3418.05 EUR",
		"€3,418.05 remain, $12 and CHF 7.5":                                       "3418.05 EUR, 12.00 USD, 7.50 CHF",
		"3 418,- €":                                                               "3418.00 EUR",
		"2,5 k€ puis 3 M€":                                                        "2500.00 EUR, 3000000.00 EUR",
		"trois mille quatre cent dix-huit euros et cinq centimes":                 "3418.05 EUR",
		"soixante et onze euros, quatre-vingt-dix-neuf euros":                     "71.00 EUR, 99.00 EUR",
		"deux cents euros et un million d'euros":                                  "200.00 EUR, 1000000.00 EUR",
		"three thousand four hundred and eighteen euros and five cents":           "3418.05 EUR",
		"12 euros et 5 centimes":                                                  "12.05 EUR",
		"solde : −7,10 €, avoir (8,20) €, soit 9,30- €":                           "-7.10 EUR, -8.20 EUR, -9.30 EUR",
		"- 12,00 € de principal":                                                  "12.00 EUR",
		"la somme de 418,05 demeure due":                                          "418.05 EUR",
		"| Pièce | Total (EUR) |\n| F-1 | 418,05 |":                               "418.05 EUR",
		"F-101 250,00 € et F-2 300,00 €":                                          "250.00 EUR, 300.00 EUR",
		"échue le 2 mars 2026 418,05 €":                                           "418.05 EUR",
		"2,418 € dus":                                                             "?",
		"SAS au capital social de 5 000 €":                                        "(5000.00 EUR)",
		"Selon l'article 12, « une somme de 40 euros » est due : 18,00 €":         "(40.00 EUR), 18.00 EUR",
		"« 40 euros »":                                                            "40.00 EUR",
		"12,40 %, 8 jours, le 02.03.2026 à 10.30 h, n° 12,40, version 1.25":       "",
		"Tél. 04 78 00 11 22, 69003 Lyon, IBAN FR76 3000 6000 0112 3456 7890 189": "",
		"art. 1231-6, L441-10, pourvoi n° 20-23.204, SIREN 123 456 782":           "",
	} {
		require.Equal(t, want, sumsOf(text, courrier.French), text)
	}
	require.Equal(t, "1050.00 EUR", sumsOf("1,050 € are due", courrier.English))
}

// Every sum that the library writes is found again, in each language, wherever the
// line breaks.
func TestWrittenSumsAreFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom([]courrier.Language{courrier.French, courrier.English, courrier.German}).Draw(t, "language")
		a := hundredths(rapid.Int64Range(0, 99_999_999_999).Draw(t, "cents"))
		before := rapid.SampledFrom([]string{"Total : ", "au 3 mai 2026 ", "FA-12 ", "(", "soit "}).Draw(t, "before")
		written := a.Text(lang)
		if rapid.Bool().Draw(t, "wrapped") {
			written = strings.NewReplacer("\u202f", " ", "\u00a0", "\n").Replace(written)
		}
		found := latepayment.FindSums(before+written+" fin", lang)
		require.Len(t, found, 1, written)
		require.Equal(t, a, found[0].Amount, written)
		require.False(t, found[0].Ambiguous)
	})
}

func FuzzFindSums(f *testing.F) {
	for _, s := range []string{"1 050,87 €", "mille cinquante euros", "| € |\n| 1 |", "«12 €»", "(1) €", "€ 1", "1,050 €",
		"quatre-vingt", "99999999999999999999 €", "\xff €"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, s := range latepayment.FindSums(text, "") {
			require.GreaterOrEqual(t, s.Start, end, "in order, and apart")
			require.Greater(t, s.End, s.Start)
			require.Equal(t, text[s.Start:s.End], s.Text)
			require.True(t, !utf8.ValidString(text) || utf8.ValidString(s.Text))
			end = s.End
		}
	})
}
