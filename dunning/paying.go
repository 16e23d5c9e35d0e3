package dunning

import (
	"fmt"
	"strings"

	"github.com/courrier-go/courrier"
)

// BankAccount is where a customer pays to.
type BankAccount struct {
	Holder string // as the bank knows it: banks compare name and IBAN; at most 70 characters
	IBAN   string // with or without spaces
	BIC    string // 8 or 11 characters; may be empty within the European Economic Area
}

const (
	maxHolder  = 70  // EPC069-12, beneficiary
	maxRemark  = 140 // EPC069-12, unstructured remittance information
	minIBAN    = 15  // Norway's
	maxIBAN    = 34  // ISO 13616
	ibanGroups = 4
)

// ibanLengths are the lengths of the countries whose IBAN letters most often bear;
// any other is held to ISO 13616 alone.
var ibanLengths = map[string]int{
	"AT": 20, "BE": 16, "CH": 21, "DE": 22, "ES": 24, "FR": 27, "GB": 22, "IE": 22, "IT": 27, "LU": 20, "MC": 27, "NL": 18, "PT": 25,
}

// Validate reports every wrong field as a [courrier.FieldError]; the check digits of
// the IBAN are those of ISO 13616 (mod 97).
func (b BankAccount) Validate() error {
	var c courrier.Checks
	holder := len([]rune(b.Holder))
	c.Require(strings.TrimSpace(b.Holder) != "" && holder <= maxHolder && !strings.ContainsAny(b.Holder, "\r\n"), "Holder",
		fmt.Sprintf("is empty, over %d characters or more than one line", maxHolder), "write the holder's name as the bank knows it")
	c.Require(validIBAN(b.compact()), "IBAN", "is no IBAN: its length or its check digits are wrong", "copy it again from the bank's document")
	bic := strings.ToUpper(strings.ReplaceAll(b.BIC, " ", ""))
	c.Require(bic == "" || (len(bic) == 8 || len(bic) == 11) && alphanumeric(bic), "BIC", "is not of 8 or 11 letters and digits", "copy it again, or leave it out")
	return c.Err()
}

// compact is the IBAN in capitals without spaces.
func (b BankAccount) compact() string {
	return strings.ToUpper(strings.Join(strings.FieldsFunc(b.IBAN, func(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\u202f' }), ""))
}

// Printed returns the IBAN in groups of four, as it is printed.
func (b BankAccount) Printed() string {
	var groups []string
	for iban := b.compact(); iban != ""; {
		n := min(ibanGroups, len(iban))
		groups = append(groups, iban[:n])
		iban = iban[n:]
	}
	return strings.Join(groups, "\u00a0")
}

func alphanumeric(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) < 0
}

// validIBAN computes ISO 13616: the first four characters moved to the end, letters
// as 10 to 35, the number modulo 97 is 1.
func validIBAN(iban string) bool {
	if len(iban) < minIBAN || len(iban) > maxIBAN || !alphanumeric(iban) || iban[0] < 'A' || iban[1] < 'A' || iban[2] > '9' || iban[3] > '9' {
		return false
	}
	if n, known := ibanLengths[iban[:2]]; known && n != len(iban) {
		return false
	}
	rest := 0
	for _, r := range iban[4:] + iban[:4] {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return rest == 1
}

// PaymentCode returns what the QR code of a credit transfer says (EPC069-12,
// version 002): the sum that is asked, in euros, with a remark. It is
// [courrier.ErrInvalid] for another currency and for a sum of nothing.
func (b BankAccount) PaymentCode(asked courrier.Amount, remark string) (string, error) {
	var c courrier.Checks
	c.Nest("Bank", b.Validate())
	cents := asked.Micros() / 10_000
	c.Require(asked.Unit() == "EUR" && asked.Sign() > 0 && asked.Micros()%10_000 == 0 && cents <= 99_999_999_999, "Amount",
		"is not between 0.01 EUR and 999999999.99 EUR in whole cents", "print no code")
	if err := c.Err(); err != nil {
		return "", err
	}
	lines := []string{
		"BCD", "002", "1", "SCT", strings.ToUpper(strings.ReplaceAll(b.BIC, " ", "")), strings.TrimSpace(b.Holder), b.compact(),
		fmt.Sprintf("EUR%d.%02d", cents/100, cents%100), "", "", bankText(remark),
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n"), nil
}

// bankText writes a remark in the characters that all banks keep (EPC217-08), cut
// at the 140 that a transfer carries.
func bankText(s string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r < 128 && (alphanumeric(strings.ToUpper(string(r))) || strings.ContainsRune("/-?:().,'+ ", r)):
			return r
		case r == '#' || r == '_' || r == '|':
			return '-'
		}
		return ' '
	}, s)
	kept = strings.Join(strings.Fields(kept), " ")
	return kept[:min(len(kept), maxRemark)]
}

// Mentions are what the law wants on a creditor's letters and e-mails (code de
// commerce, art. R123-237 and R123-238, R526-27). All are optional: which apply
// depends on the creditor.
type Mentions struct {
	Form     string          // legal form in words or initials, such as "SAS"
	Capital  courrier.Amount // share capital
	Variable bool            // the capital is variable
	SIREN    string          // nine digits
	RCS      string          // town of the registry
	VAT      string          // the VAT number
	// SoleTrader: an "entrepreneur individuel"; "EI" stands beside the name.
	SoleTrader bool
	// More is said behind, such as "en liquidation" with the liquidator's name.
	More string
}

// Validate reports every wrong field as a [courrier.FieldError]; a SIREN is checked by
// its key (Luhn).
func (m Mentions) Validate() error {
	var c courrier.Checks
	siren := strings.ReplaceAll(m.SIREN, " ", "")
	c.Require(siren == "" || len(siren) == 9 && luhn(siren), "SIREN", "is no SIREN: nine digits with a key", "copy it again from the register")
	c.Require(m.RCS == "" || siren != "", "RCS", "is given without the SIREN", "give the SIREN as well")
	c.Require(m.Capital.Sign() >= 0, "Capital", "is negative", "give the capital as registered, or leave it out")
	return c.Err()
}

func luhn(digits string) bool {
	sum := 0
	for i := range digits {
		n := int(digits[len(digits)-1-i] - '0')
		if n < 0 || n > 9 {
			return false
		}
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}

// line writes the mentions as one line: "SAS au capital de 37 500,00 € – 123 456 782
// RCS Lyon". They are French law and stay in its words, whatever the letter's
// language.
func (m Mentions) line() string {
	var parts []string
	form := m.Form
	if !m.Capital.IsZero() {
		kind := " au capital de "
		if m.Variable {
			kind = " à capital variable minimum de "
		}
		form = strings.TrimSpace(form + kind + m.Capital.Text(courrier.French))
	}
	siren := strings.ReplaceAll(m.SIREN, " ", "")
	if len(siren) == 9 {
		siren = siren[:3] + "\u202f" + siren[3:6] + "\u202f" + siren[6:]
	}
	switch {
	case m.RCS != "":
		siren += " RCS " + m.RCS
	case siren != "":
		siren = "SIREN " + siren
	}
	vat := m.VAT
	if vat != "" {
		vat = "TVA " + vat
	}
	if m.SoleTrader {
		parts = append(parts, "EI")
	}
	for _, p := range []string{form, siren, vat, m.More} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " – ")
}
