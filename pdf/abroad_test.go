package pdf_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// recipientsAbroad have an address each that is written otherwise than in France,
// as long as such addresses are in life.
var recipientsAbroad = []struct {
	town  string
	to    courrier.Recipient
	lines []string
}{
	{"warsaw", courrier.Recipient{Company: "Księgarnia Źródło Sp. z o.o.", Name: "Pani Łucja Wiśniewska", Address: courrier.Address{
		Street: "ul. Świętokrzyska 12/5", Postcode: "00916", City: "Warszawa", Country: "PL"}},
		[]string{"Księgarnia Źródło Sp. z o.o.", "Pani Łucja Wiśniewska", "ul. Świętokrzyska 12/5", "00-916 WARSZAWA", "POLOGNE"}},
	{"london", courrier.Recipient{Company: "Thames Bindery Ltd", Name: "Ms Orla O’Neill", Address: courrier.Address{
		Building: "Unit 4, The Old Ropeworks", Street: "221b Long Lane", Postcode: "se14pd", City: "London", State: "Greater London", Country: "GB"}},
		[]string{"Thames Bindery Ltd", "Ms Orla O’Neill", "Unit 4, The Old Ropeworks", "221b Long Lane", "LONDON", "SE1 4PD", "ROYAUME UNI"}},
	{"new-york", courrier.Recipient{Company: "Hudson Paper Co.", Address: courrier.Address{
		Street: "123-45 67th Avenue", Unit: "Apt 4B", Postcode: "10001-2345", City: "New York", State: "New York", Country: "US"}},
		[]string{"Hudson Paper Co.", "123-45 67th Avenue Apt 4B", "NEW YORK NY 10001-2345", "ETATS UNIS"}},
	{"tokyo", courrier.Recipient{Name: "Ms Keiko Arai", Address: courrier.Address{
		Street: "7-2-301", Box: "Marunouchi 2-chome", Postcode: "1000005", City: "Chiyoda-ku", State: "Tokyo", Country: "JP"}},
		[]string{"Ms Keiko Arai", "7-2-301 Marunouchi 2-chome", "CHIYODA-KU, TOKYO", "100-0005", "JAPON"}},
	{"casablanca", courrier.Recipient{Name: "Mme Hafsa El Fassi", Address: courrier.Address{
		Building: "Résidence Al Amal, 3e étage", Street: "24, rue d’Alger", Postcode: "20250", City: "Casablanca", Country: "MA"}},
		[]string{"Mme Hafsa El Fassi", "Résidence Al Amal, 3e étage", "24, rue d’Alger", "20250 CASABLANCA", "MAROC"}},
	{"pristina", courrier.Recipient{Name: "Znj. Besa Krasniqi", Address: courrier.Address{
		Street: "Rr. Nëna Terezë 14/3", Postcode: "10000", City: "Prishtinë", Country: "XK"}},
		[]string{"Znj. Besa Krasniqi", "Rr. Nëna Terezë 14/3", "10000 PRISHTINË", "KOSOVO"}},
}

// Through the window of either envelope the address shows, line by line as it is
// printed, and nothing else does.
func TestWindowAbroad(t *testing.T) {
	t.Parallel()
	tool(t, "pdftotext")
	for _, r := range recipientsAbroad {
		for _, id := range []string{pdf.LayoutFrenchDL, pdf.LayoutFrenchDLRegistered} {
			t.Run(r.town+" "+id, func(t *testing.T) {
				t.Parallel()
				letter := courtesyLetter(t)
				var err error
				letter.Recipient, err = r.to.Lines()
				require.NoError(t, err)
				l := layout(t, id)
				letter.Layout = l
				file := compose(t, letter, pdf.Theme{}).File
				require.Equal(t, r.lines, textIn(t, file, l.Window))
				require.Equal(t, r.lines, textIn(t, file, l.Address))
				require.Empty(t, inspect(t, file, pdf.InspectOptions{Layout: l, Address: pdf.AddressOnPage}).Findings)
			})
		}
	}
}

// textIn reads the lines of the first page that lie in a box.
func textIn(t *testing.T, file []byte, b pdf.Box) []string {
	t.Helper()
	const dpi = 72
	px := func(mm float64) string { return fmt.Sprint(math.Round(mm / 25.4 * dpi)) }
	text := output(t, file, "pdftotext", "-l", "1", "-r", fmt.Sprint(dpi), "-x", px(b.X), "-y", px(b.Y), "-W", px(b.W), "-H", px(b.H), "-", "-")
	return strings.Split(strings.TrimSpace(text), "\n")
}
