package latepayment

import "strings"

// money is a currency as it stands beside a number.
type money struct {
	unit   string
	factor int64 // thousands, millions
	cents  bool
	next   int // the token behind it; of one that stands before, its own
}

// currencies are the words and signs of currencies.
var currencies = map[string]string{
	"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD",
	"£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "chf": "CHF", "jpy": "JPY", "cad": "CAD", "aud": "AUD", "sek": "SEK",
	"nok": "NOK", "dkk": "DKK",
	"pln": "PLN", "czk": "CZK", "huf": "HUF", "ron": "RON", "xpf": "XPF", "xof": "XOF", "mad": "MAD", "tnd": "TND", "cny": "CNY",
	"¥": "JPY", "inr": "INR", "brl": "BRL",
}

// codes are more currencies, by their ISO 4217 code in capitals alone: in small letters some are words.
var codes = codesOf("AED AOA ARS BGN CDF CLP COP DJF DZD EGP ETB FRF GHS GNF HKD IDR ILS ISK JOD KES KRW KWD LBP LKR MGA MUR MXN " +
	"MYR NGN NZD OMR PKR QAR RSD RUB RWF SAR SGD THB TRY TWD TZS UAH UGX VND XAF ZAR")

func codesOf(list string) map[string]bool {
	all := make(map[string]bool)
	for _, code := range strings.Fields(list) {
		all[code] = true
	}
	return all
}

// kinds are the currencies that a second word parts, by the first; "": without one.
var kinds = map[string]map[string]string{
	"livre": {"sterling": "GBP"}, "livres": {"sterling": "GBP"},
	"franc": {"suisse": "CHF", "cfa": "XOF", "pacifique": "XPF", "": "FRF"}, "francs": {"suisses": "CHF", "cfa": "XOF",
		"pacifique": "XPF", "": "FRF"},
	"dollar": {"canadien": "CAD", "australien": "AUD"}, "dollars": {"canadiens": "CAD", "australiens": "AUD"},
	"us": {"$": "USD"}, "ca": {"$": "CAD"}, "au": {"$": "AUD"}, "hk": {"$": "HKD"},
	"swiss": {"francs": "CHF", "franc": "CHF"},
}

// unit is the currency that a token names by itself; "": none.
func (f *sumFinder) unit(t *token) string {
	unit := currencies[t.text]
	if unit == "" && t.kind == letters && len(t.text) == 3 {
		if code := f.text[t.start:t.end]; codes[code] {
			return code
		}
	}
	return unit
}

// thousands are currencies with a factor: k€, M€.
var thousands = map[string]int64{"k": 1000, "keur": 1000, "m": 1_000_000, "meur": 1_000_000}

// currency reads the currency at token i.
func (f *sumFinder) currency(i int) money {
	t := f.at(i)
	if i >= len(f.tokens) {
		return money{}
	}
	if of := kinds[t.text]; of != nil {
		if unit := of[f.at(i+1).text]; unit != "" && i+1 < len(f.tokens) {
			return money{unit: unit, factor: 1, next: i + 2}
		}
		if unit := of[""]; unit != "" {
			return money{unit: unit, factor: 1, next: i + 1}
		}
	}
	if unit := f.unit(t); unit != "" {
		return money{unit: unit, factor: 1, next: f.optionalPlural(i + 1)}
	}
	switch t.text {
	case "centime", "centimes", "cents", "cent", "cts":
		return money{unit: "EUR", cents: true, next: i + 1}
	case "k", "m":
		if unit := f.unit(f.at(i + 1)); unit != "" && f.at(i+1).gap == noGap {
			return money{unit: unit, factor: thousands[t.text], next: i + 2}
		}
	case "keur", "meur":
		return money{unit: "EUR", factor: thousands[t.text], next: i + 1}
	case "mille", "million", "millions", "milliard", "milliards", "thousand":
		if m := f.currency(i + 1); m.unit != "" && m.factor == 1 {
			m.factor = max(numberWords[t.text], 1)
			return m
		}
	case "d": // d'euros
		if f.at(i+1).text == "'" && currencies[f.at(i+2).text] != "" {
			return money{unit: currencies[f.at(i+2).text], factor: 1, next: i + 3}
		}
	}
	return money{}
}

// optionalPlural passes over "(s)".
func (f *sumFinder) optionalPlural(i int) int {
	if f.at(i).text == "(" && f.at(i).gap == noGap && f.at(i+1).text == "s" && f.at(i+2).text == ")" {
		return i + 3
	}
	return i
}

// before reads a currency that stands before token i: a sign or a code, not a word.
func (f *sumFinder) before(i int) money {
	if i > 1 && f.at(i-1).text == "-" && f.at(i-1).gap == noGap && f.at(i).gap == noGap { // "€-60.00"
		i--
	}
	t := f.at(i - 1)
	if i == 0 || t.gap == lineGap && f.at(i).gap == lineGap {
		return money{}
	}
	unit := f.unit(t)
	taken := len(f.found) > 0 && f.found[len(f.found)-1].End >= t.end
	if unit == "" || taken || t.kind == letters && len(t.text) != 3 {
		return money{}
	}
	return money{unit: unit, factor: 1, next: i - 1}
}
