package postal

import (
	"regexp"
	"strings"
)

// masked finds the text that the French register of firms has shown since
// 21 March 2023 in place of what a unit does not want to be published.
func masked(s string) bool { return strings.Contains(strings.ToUpper(s), "[ND]") }

// The words of which placeholders are made, folded, in the languages of customers'
// files: French, English, German, Spanish, Italian, Portuguese, Dutch, Polish.
const (
	subject = `(?:L )?(?:ADRESSE|RUE|VILLE|COMMUNE|NOM|DOMICILE|INFORMATION|ADDRESS|STREET|CITY|TOWN|NAME|ANSCHRIFT|STRASSE|ORT|` +
		`DIRECCION|DOMICILIO|CALLE|CIUDAD|NOMBRE|INDIRIZZO|VIA|CITTA|NOME|MORADA|ENDERECO|RUA|CIDADE|ADRES|STRAAT|PLAATS|NAAM|ULICA|MIASTO)`
	unknown = `(?:INCONNUE?S?|INCONNU E|UNKNOWN|NOT KNOWN|UNBEKANNTE?|NICHT BEKANNT|DESCONOCID[OA]|SCONOSCIUT[OA]|NON NOT[OA]|` +
		`DESCONHECID[OA]|ONBEKENDE?|NIET BEKEND|NIEZNAN[YAE])`
	unsaid = `(?:NON (?:CONNUE?|COMMUNIQUEE?|RENSEIGNEE?|PRECISEE?|DISPONIBLE|DEFINIE?|FOURNIE?|DIFFUSIBLE|DIFFUSEE?)|MASQUEE?|INTROUVABLE|` +
		`NOT (?:AVAILABLE|PROVIDED|SPECIFIED|GIVEN|APPLICABLE)|NICHT (?:VERFUGBAR|ANGEGEBEN)|NO (?:DISPONIBLE|CONSTA)|` +
		`NON (?:DISPONIBILE|PERVENUTO|INDICATO)|NAO (?:DISPONIVEL|INFORMAD[OA])|NIET BESCHIKBAAR)`
	later = `(?:A (?:COMPLETER|RENSEIGNER|DEFINIR|PRECISER|CONFIRMER)|TO BE (?:COMPLETED|CONFIRMED|DEFINED|DETERMINED|ADVISED))`
	less  = `(?:(?:SANS|PAS D) ?(?:ADRESSE|DOMICILE|RESIDENCE)|(?:SANS|PAS DE) (?:ADRESSE|DOMICILE|RESIDENCE)(?: [A-Z ]*)? ?(?:FIXES?|STABLES?|CONNUE?S?)|` +
		`NO (?:FIXED )?(?:ADDRESS|ABODE)|OHNE (?:ADRESSE|FESTEN WOHNSITZ)|KEINE (?:ANGABEN?|ADRESSE)|SIN (?:DIRECCION|DOMICILIO|DATOS)(?: FIJO)?|` +
		`SENZA (?:INDIRIZZO|FISSA DIMORA)|SEM (?:MORADA|ENDERECO)|GEEN ADRES|BRAK(?: ADRESU| DANYCH)?)`
	gone = `(?:INCONNUE? A (?:CETTE|L) ADRESSE|N HABITE P(?:AS|LUS) A L ADRESSE(?: INDIQUEE)?|PARTIE? SANS LAISSER D ADRESSE|` +
		`DOMICILE ACTUEL INCONNU|UNBEKANNT VERZOGEN)`
	crosses = `(?:(?:M|MR|MME|MLLE|MONSIEUR|MADAME|MADEMOISELLE) )?X{2,}(?: X+)*`
	short   = `N ?P ?A ?I|N ?C|N ?A|ND|SDF|NEANT|UNDEFINED|NULL|TB[ACD]|NVT|SANS OBJET|AUCUNE?|VIDE|0+`
)

// placeholders are fields that say, as a whole, that nobody knows. Inside a longer
// text the same words may be names; and alone, None is a town and Nil a first name.
var placeholders = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`(?:` + subject + ` ?)?(?:` + unknown + `|` + unsaid + `|` + later + `)`, unknown + ` ` + subject, less, gone, crosses, short,
}, "|") + `)$`)

func placeholder(s string) bool { return placeholders.MatchString(Fold(s)) }
