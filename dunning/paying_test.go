package dunning_test

import (
	"strings"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ibans are the examples that the countries' own registers print.
var ibans = []string{
	"FR1420041010050500013M02606", "DE89370400440532013000", "BE68539007547034", "NL91ABNA0417164300",
	"GB29NWBK60161331926819", "CH9300762011623852957", "LU280019400644750000", "NO9386011117947",
}

func TestBankAccounts(t *testing.T) {
	t.Parallel()
	for _, iban := range ibans {
		require.NoError(t, dunning.BankAccount{Holder: "Gouttières du Ponant", IBAN: iban}.Validate(), iban)
	}
	good := dunning.BankAccount{Holder: "Gouttières du Ponant", IBAN: "fr14 2004 1010 0505 0001 3M02 606", BIC: "PSST FR PP PAR"}
	require.NoError(t, good.Validate(), "as it is copied from a bank's document")
	require.Equal(t, "FR14\u00a02004\u00a01010\u00a00505\u00a00001\u00a03M02\u00a0606", good.Printed())

	for field, wrong := range map[string][]func(*dunning.BankAccount){
		"Holder": {
			func(b *dunning.BankAccount) { b.Holder = " " },
			func(b *dunning.BankAccount) { b.Holder = strings.Repeat("é", 71) },
			func(b *dunning.BankAccount) { b.Holder = "Gouttières\ndu Ponant" },
		},
		"IBAN": {
			func(b *dunning.BankAccount) { b.IBAN = "" },
			func(b *dunning.BankAccount) { b.IBAN = "FR14 2004 1010 0505 0001 3M02 60" },
			func(b *dunning.BankAccount) { b.IBAN = "1442 2004 1010 0505 0001 3M02 606" },
			func(b *dunning.BankAccount) { b.IBAN = "FR14-2004-1010-0505-0001-3M02-606" },
		},
		"BIC": {
			func(b *dunning.BankAccount) { b.BIC = "PSSTFRP" },
			func(b *dunning.BankAccount) { b.BIC = "PSSTFRPP-A1" },
		},
	} {
		for _, change := range wrong {
			b := good
			change(&b)
			err := b.Validate()
			require.ErrorIs(t, err, courrier.ErrInvalid)
			require.Contains(t, err.Error(), field)
			require.NotContains(t, err.Error(), "2004", "no error says an account")
		}
	}
}

// A digit that is mistyped, and two digits side by side that change places, are always
// found: that is what the check digits are for.
func TestMistypedIBANs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		iban := []byte(rapid.SampledFrom(ibans).Draw(t, "iban"))
		was := string(iban)
		digit := func(at int) bool { return iban[at] <= '9' && iban[at+1] <= '9' }
		at := rapid.IntRange(len("FR14"), len(iban)-2).Filter(digit).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			iban[at], iban[at+1] = iban[at+1], iban[at]
		} else {
			iban[at] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		}
		err := dunning.BankAccount{Holder: "H", IBAN: string(iban)}.Validate()
		require.Equal(t, string(iban) == was, err == nil, "%s for %s", iban, was)
	})
}

// The code's lines are those of EPC069-12, in this order.
func TestPaymentCode(t *testing.T) {
	t.Parallel()
	b := dunning.BankAccount{Holder: "Gouttières du Ponant", IBAN: "FR14 2004 1010 0505 0001 3M02 606", BIC: "psst fr pp par"}
	code, err := b.PaymentCode(courrier.MustAmount("1234.05", "EUR"), "FA_2026#0142 & d’autres")
	require.NoError(t, err)
	require.Equal(t, strings.Join([]string{
		"BCD", "002", "1", "SCT", "PSSTFRPPPAR", "Gouttières du Ponant", "FR1420041010050500013M02606", "EUR1234.05", "", "", "FA-2026-0142 d autres",
	}, "\n"), code)

	short, err := b.PaymentCode(courrier.MustAmount("0.01", "EUR"), "")
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(short, "\nEUR0.01"), "empty lines at the end are left out")
	long, err := b.PaymentCode(courrier.MustAmount("999999999.99", "EUR"), strings.Repeat("FA-1 ", 100))
	require.NoError(t, err)
	remark := long[strings.LastIndex(long, "\n")+1:]
	require.LessOrEqual(t, len(remark), 140)

	for _, sum := range []courrier.Amount{
		courrier.MustAmount("0", "EUR"), courrier.MustAmount("-1", "EUR"), courrier.MustAmount("1.005", "EUR"),
		courrier.MustAmount("1000000000", "EUR"), courrier.MustAmount("12", "CHF"),
	} {
		_, err := b.PaymentCode(sum, "")
		require.ErrorIs(t, err, courrier.ErrInvalid, sum)
	}
	_, err = dunning.BankAccount{}.PaymentCode(courrier.MustAmount("1", "EUR"), "")
	require.ErrorContains(t, err, "Bank.IBAN")
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for _, good := range []dunning.Mentions{
		{}, {SIREN: "732 829 320", RCS: "Lyon"}, {SoleTrader: true, SIREN: "732829320"}, {Form: "SAS", Capital: courrier.MustAmount("37500", "EUR")},
	} {
		require.NoError(t, good.Validate())
	}
	for field, wrong := range map[string]dunning.Mentions{
		"SIREN": {SIREN: "732829321"}, "RCS": {RCS: "Lyon"}, "Capital": {Capital: courrier.MustAmount("-1", "EUR")},
	} {
		require.ErrorContains(t, wrong.Validate(), field)
	}
	require.ErrorContains(t, dunning.Mentions{SIREN: "73282932A"}.Validate(), "SIREN")
}
