package postal

import (
	"regexp"
	"strings"
)

// masked finds the text that the French register of firms has shown since
// 21 March 2023 in place of what a unit does not want to be published.
func masked(s string) bool { return strings.Contains(strings.ToUpper(s), "[ND]") }

// placeholders are fields that say, as a whole, that nobody knows. Inside a longer
// text the same words may be names.
var placeholders = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`(?:ADRESSE|RUE|VILLE|COMMUNE|NOM)? ?(?:INCONNUE?S?|INCONNU E)`,
	`(?:ADRESSE|RUE|VILLE|COMMUNE|NOM)? ?NON (?:CONNUE?|COMMUNIQUEE?|RENSEIGNEE?|PRECISEE?|DISPONIBLE|DEFINIE?|FOURNIE?)`,
	`INCONNUE? A (?:CETTE|L) ADRESSE`, `N HABITE P(?:AS|LUS) A L ADRESSE(?: INDIQUEE)?`, `(?:SANS|PAS D) ?(?:ADRESSE|DOMICILE|RESIDENCE)`,
	`(?:SANS|PAS DE) (?:ADRESSE|DOMICILE|RESIDENCE)(?: [A-Z ]*)? ?(?:FIXES?|CONNUE?S?)`, `DOMICILE (?:ACTUEL )?INCONNU`,
	`N ?P ?A ?I`, `N ?C`, `ND`, `SDF`, `NEANT`,
	`(?:ADRESSE |NOM |VILLE )?A (?:COMPLETER|RENSEIGNER|DEFINIR|PRECISER)`, `X{2,}(?: X+)*`,
	`N A`, `UNDEFINED`, `TBD`, `(?:ADDRESS )?(?:UNKNOWN|NOT KNOWN)`, `SANS OBJET`, `AUCUNE?`, `VIDE`,
}, "|") + `)$`)

func placeholder(s string) bool { return placeholders.MatchString(Fold(s)) }
