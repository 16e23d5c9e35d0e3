package postal

// form is how a country writes addresses.
type form struct {
	// lines are the lines below the names, between strokes: B building, U unit,
	// S street, D district, locality or box, P postcode, C town, R state or
	// province; what stands between two letters is printed when both are there.
	lines string
	// codes are the patterns of postcodes, the usual one first; see fit. Empty: any.
	codes string
	// prefix is printed before the code, signs are letters that people put there
	// and the country's post does not want, inside belongs to the code itself.
	prefix, signs, inside string
	from, to              int    // the range of the code's figures; 0: none
	never, without        string // endings and letters that no code has
	noCode                bool   // the country has no postcodes
	need                  string // required parts: P, R
	states                states
	once                  bool // a state named like its town is not repeated
	// alone are the lines of an address without a state, where they differ; village:
	// the state is printed only of an address with a district.
	alone   string
	village bool
	// town is what the town line always says; another town moves above it.
	// Empty and townless: the country line says it.
	town           string
	townless       bool
	codeTellsState bool   // a code with letters names the province, which is not printed then
	bareNumber     bool   // the post asks for no word before the number
	ascii          bool   // the post asks for neither accents, dots nor dashes
	noHash         bool   // the post asks for no "#"
	unit           string // between a bare unit and the street's number: "/" or "-", or " " behind the street
}

// Forms of more than one country.
const (
	formCodeTown = "U|B|S|D|P C" // most of Europe, the Maghreb
	formTownCode = "U|B|S|D|C P"
	formBritish  = "U|B|S|D|C|P" // the code alone, below the post town
	formTown     = "U|B|S|D|C"
	britishCodes = "@9 9@@,@99 9@@,@@9 9@@,@@99 9@@,@9@ 9@@,@@9@ 9@@"
)

// forms holds the countries whose rules are known; docs/addresses.md names the
// sources. Any other country is written by otherForm.
var forms = map[string]form{
	// The European Union.
	"AT": {lines: formCodeTown, codes: "9999", signs: "A", need: "P"},
	"BE": {lines: formCodeTown, codes: "9999", signs: "B", need: "P"},
	"BG": {lines: formCodeTown, codes: "9999"},
	"CY": {lines: formCodeTown, codes: "9999", prefix: "CY-"},
	"CZ": {lines: formCodeTown, codes: "999 99", need: "P"},
	"DE": {lines: formCodeTown, codes: "99999", signs: "D", need: "P"},
	"DK": {lines: formCodeTown, codes: "9999", need: "P"},
	"EE": {lines: "U|B|S|D|C|P R", alone: formCodeTown, village: true, codes: "99999"},
	"ES": {lines: "U|B|S|D|P C|R", codes: "99999", signs: "E", need: "P", once: true},
	"FI": {lines: formCodeTown, codes: "99999", prefix: "FI-", signs: "FIN SF", need: "P"},
	"GR": {lines: formCodeTown, codes: "999 99", signs: "EL", need: "P"},
	"HR": {lines: formCodeTown, codes: "99999", prefix: "HR-"},
	"HU": {lines: "C|U|B|S|D|P", codes: "9999", signs: "H", need: "P"},
	"IE": {lines: "U|B|S|D|C|R|P", codes: "@99 ****,D6W ****", states: irish, once: true},
	"IT": {lines: "U|B|S|D|P C R", codes: "99999", signs: "I", need: "P", states: italian, bareNumber: true},
	"LT": {lines: formCodeTown, codes: "99999", prefix: "LT-"},
	"LU": {lines: formCodeTown, codes: "9999", prefix: "L-"},
	"LV": {lines: "U|B|S|D|C, P", codes: "9999", prefix: "LV-"},
	"MT": {lines: formBritish, codes: "@@@ 9999"},
	"NL": {lines: formCodeTown, codes: "9999 @@", never: "SA SD SS", need: "P"},
	"PL": {lines: formCodeTown, codes: "99-999", need: "P"},
	"PT": {lines: formCodeTown, codes: "9999-999", signs: "P", need: "P"},
	"RO": {lines: formCodeTown, codes: "999999"},
	"SE": {lines: formCodeTown, codes: "999 99", prefix: "SE-", signs: "S", need: "P"},
	"SI": {lines: formCodeTown, codes: "9999", prefix: "SI-", signs: "SLO"},
	"SK": {lines: formCodeTown, codes: "999 99", need: "P"},

	// The rest of Europe.
	"AD": {lines: formCodeTown, codes: "AD999", inside: "AD", from: 100, to: 700},
	"AX": {lines: formCodeTown, codes: "99999", prefix: "AX-", signs: "FI", need: "P"},
	"BA": {lines: formCodeTown, codes: "99999"},
	"CH": {lines: formCodeTown, codes: "9999", need: "P"},
	"FO": {lines: formCodeTown, codes: "999", prefix: "FO-", signs: "DK"},
	"GB": {lines: formBritish, codes: britishCodes + ",BFPO 9,BFPO 99,BFPO 999,BFPO 9999", signs: "UK", need: "P"},
	"GG": {lines: formBritish, codes: "GY9 9@@,GY99 9@@", need: "P"},
	"GI": {lines: "U|B|S|D|P", codes: "GX11 1AA", townless: true},
	"GL": {lines: formCodeTown, codes: "9999", signs: "DK", from: 3900, to: 3999},
	"IM": {lines: formBritish, codes: "IM9 9@@,IM99 9@@", need: "P"},
	"IS": {lines: formCodeTown, codes: "999"},
	"JE": {lines: formBritish, codes: "JE9 9@@,JE99 9@@", need: "P"},
	"LI": {lines: formCodeTown, codes: "9999", signs: "FL CH", from: 9485, to: 9498, need: "P"},
	"NO": {lines: formCodeTown, codes: "9999", signs: "N", need: "P"},
	"RS": {lines: formCodeTown, codes: "99999", signs: "SRB"},
	"SM": {lines: formCodeTown, codes: "99999", signs: "RSM I", from: 47890, to: 47899},
	"TR": {lines: "U|B|D|S|P C/R", codes: "99999", need: "P", once: true},
	"UA": {lines: "U|B|S|D|C|R|P", codes: "99999", need: "P", once: true},
	"VA": {lines: formCodeTown, codes: "00120", signs: "SCV V I IT"},
	"XK": {lines: formCodeTown, codes: "99999", signs: "KS RKS RS SRB", from: 10000, to: 70999},

	// America.
	"AR": {lines: "U|B|S|D|P C|R", codes: "@9999@@@,9999", codeTellsState: true, ascii: true, once: true},
	"BR": {lines: "U|B|S|D|C - R|P", codes: "99999-999", signs: "CEP CEP:", need: "PR", states: brazilian},
	"CA": {lines: "B|U-S|D|C R P", codes: "@9@ 9@9", without: "DFIOQU", need: "PR", states: canadian, noHash: true, unit: "-"},
	"CL": {lines: "U|B|S|D|P C|R", codes: "9999999", once: true},
	"MX": {lines: "U|B|S|D|P C, R", codes: "99999", signs: "CP", need: "P", states: mexican},
	"US": {lines: "B|S U|D|C R P", codes: "99999,99999-9999", need: "PR", states: american, noHash: true, unit: " "},
	"GU": {lines: "B|S U|D|C R P", codes: "99999,99999-9999", signs: "US", need: "P", states: ofTerritory("GU"), unit: " "},
	"PR": {lines: "B|S U|D|C R P", codes: "99999,99999-9999", signs: "US", need: "P", states: ofTerritory("PR"), unit: " "},
	"VI": {lines: "B|S U|D|C R P", codes: "99999,99999-9999", signs: "US", need: "P", states: ofTerritory("VI"), unit: " "},
	"AW": {lines: formTown, noCode: true},
	"BQ": {lines: formTown, noCode: true},
	"CW": {lines: formTown, noCode: true},
	"SX": {lines: formTown, noCode: true},

	// Territories of the United Kingdom with one code each.
	"AI": {lines: formBritish, codes: "AI-2640"},
	"FK": {lines: formBritish, codes: "FIQQ 1ZZ"},
	"GS": {lines: formBritish, codes: "SIQQ 1ZZ"},
	"IO": {lines: formBritish, codes: "BBND 1ZZ"},
	"PN": {lines: formBritish, codes: "PCRN 1ZZ"},
	"SH": {lines: formBritish, codes: "STHL 1ZZ,ASCN 1ZZ,TDCU 1ZZ"},
	"TC": {lines: formBritish, codes: "TKCA 1ZZ"},

	// Asia and the Pacific.
	"AE": {lines: formTown, noCode: true},
	"AU": {lines: "B|U/S|D|C R P", codes: "9999", need: "PR", states: australian, unit: "/"},
	"CN": {lines: "U|B|S|D|C|P R", alone: formCodeTown, codes: "999999", need: "P", once: true},
	"HK": {lines: "U|B|S|D|C|R", noCode: true, states: hongKong, once: true},
	"IL": {lines: formTownCode, codes: "9999999,99999"},
	"IN": {lines: "U|B|S|D|C P|R", codes: "999999", signs: "PIN", need: "PR", states: indian},
	"JP": {lines: "U|B|S D|C, R|P", codes: "999-9999", signs: "〒", need: "PR"},
	"LB": {lines: formTownCode, codes: "9999 9999,9999"},
	"MO": {lines: formTown, noCode: true},
	"NZ": {lines: formTownCode, codes: "9999", need: "P"},
	"SG": {lines: "B|S U|D|C P", codes: "999999", signs: "S SINGAPORE", need: "P", town: "Singapore"},

	// Africa and the Indian Ocean.
	"CI": {lines: "U|B|S|D C", noCode: true},
	"CM": {lines: formTown, noCode: true},
	"DZ": {lines: formCodeTown, codes: "99999"},
	"MA": {lines: formCodeTown, codes: "99999"},
	"MG": {lines: formCodeTown, codes: "999"},
	"MU": {lines: formTownCode, codes: "99999,@9999"},
	"SN": {lines: formCodeTown, codes: "99999"},
	"TN": {lines: formCodeTown, codes: "9999"},
	"ZA": {lines: formBritish, codes: "9999", need: "P"},
}

// otherForm writes countries whose rules are not known: the code as it was typed,
// before the town as most countries have it, the state on a line of its own.
var otherForm = form{lines: "U|B|S|D|P C|R"}

// Northern Cyprus has no post of its own abroad: its letters travel through Mersin,
// in Turkey, whose line 10 stands for it. Its codes are five figures from 99.
var northCyprus = form{lines: "U|B|S|D|P C|R", codes: "99999", signs: "TR", from: 99000, to: 99999, need: "P"}

const (
	northCyprusLine    = "MERSIN 10"
	northCyprusCountry = "TR"
)

// formOf returns the form of a country.
func formOf(country string) form {
	if f, ok := forms[country]; ok {
		return f
	}
	return otherForm
}
