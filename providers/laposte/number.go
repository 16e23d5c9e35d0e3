package laposte

import (
	"regexp"
	"strings"
)

// NumberForm is the form of a tracking number.
type NumberForm string

// The forms.
const (
	FormUnknown   NumberForm = ""
	FormDomestic  NumberForm = "domestic"  // 13 characters: digit, letter, 11 digits, such as 1A…, 2C…
	FormS10       NumberForm = "s10"       // 13 characters of the Universal Postal Union, such as RA…FR
	FormSmartData NumberForm = "smartdata" // 15 characters of industrial letters, 86… or 87…
)

// NumberCheck is what a tracking number tells by itself.
type NumberCheck struct {
	Number string // without spaces, in capitals
	Form   NumberForm
	// Doubtful warns of a check digit that does not fit, or of no known form: a
	// slip of the pen is likely. It is never a reason to refuse a number: La
	// Poste's own documents print numbers that fail.
	Doubtful bool
}

// CheckNumber looks at the form and the check digit of a tracking number.
func CheckNumber(number string) NumberCheck {
	n := normalNumber(number)
	for _, form := range numberForms {
		if form.pattern.MatchString(n) {
			return NumberCheck{Number: n, Form: form.name, Doubtful: !form.fits(n)}
		}
	}
	return NumberCheck{Number: n, Doubtful: true}
}

var numberForms = []struct {
	name    NumberForm
	pattern *regexp.Regexp
	fits    func(string) bool
}{
	{FormDomestic, regexp.MustCompile(`^[0-9][A-Z][0-9]{11}$`), domesticFits},
	{FormS10, regexp.MustCompile(`^[A-Z]{2}[0-9]{9}[A-Z]{2}$`), s10Fits},
	{FormSmartData, regexp.MustCompile(`^8[67][0-9]{12}[0-9A-Z]$`), smartDataFits},
}

// domesticFits checks the last digit: weights 3, 1, 3… from the right over the
// ten digits after the prefix, which does not count.
func domesticFits(n string) bool {
	sum, weight := 0, 3
	for i := len(n) - 2; i >= 2; i-- {
		sum += weight * int(n[i]-'0')
		weight = 4 - weight
	}
	return int(n[len(n)-1]-'0') == (10-sum%10)%10
}

// s10Fits checks the ninth digit (UPU standard S10).
func s10Fits(n string) bool {
	sum := 0
	for i, weight := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += weight * int(n[2+i]-'0')
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return int(n[10]-'0') == check
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// smartDataFits checks the last character (ISO/IEC 7064, MOD 37,36).
func smartDataFits(n string) bool {
	p := 36
	for i := range len(n) - 1 {
		s := (p + strings.IndexByte(alphanumeric, n[i])) % 36
		if s == 0 {
			s = 36
		}
		p = 2 * s % 37
	}
	return alphanumeric[(37-p)%36] == n[len(n)-1]
}

// normalNumber writes a number as Suivi takes it.
func normalNumber(number string) string {
	return strings.ToUpper(strings.Join(strings.Fields(number), ""))
}

var trackableForm = regexp.MustCompile(`^[0-9A-Z]{11,15}$`)

// trackable tells whether Suivi takes a number at all.
func trackable(n string) bool { return trackableForm.MatchString(n) }
