package mercifacteur

import (
	"strings"

	"github.com/courrier-go/courrier"
)

// meaning is what one of the carrier's codes says.
type meaning struct {
	status    courrier.Status
	proof     courrier.ProofKind
	presented bool
}

// printed is the code after which an ordinary letter has no other: it is posted
// within moments, on a working day.
const printed = "imprime"

// statuses are the values of statut_courrier. "probleme_en_cours" is no end.
var statuses = map[string]meaning{
	"wait":                             {status: courrier.StatusAccepted},
	printed:                            {status: courrier.StatusPrinted},
	"pris_en_charge":                   {status: courrier.StatusPosted},
	"prix_en_charge_pays_destinataire": {status: courrier.StatusInTransit},
	"traitement":                       {status: courrier.StatusInTransit},
	"traitement_pays_destination":      {status: courrier.StatusInTransit},
	"transit_pays_intermediaire":       {status: courrier.StatusInTransit},
	"entree_douane":                    {status: courrier.StatusInTransit},
	"sortie_douane":                    {status: courrier.StatusInTransit},
	"retenu_douane":                    {status: courrier.StatusInTransit},
	"probleme_resolu":                  {status: courrier.StatusInTransit},
	"distribution_en_cours":            {status: courrier.StatusInTransit},
	"attente_presentation":             {status: courrier.StatusInTransit},
	"attente_au_guichet":               {status: courrier.StatusAwaitingPickup, presented: true},
	"probleme_en_cours":                {},
	"non_distribuable":                 {status: courrier.StatusReturning},
	"retour_expediteur":                {status: courrier.StatusReturning},
	"distribue":                        {status: courrier.StatusDelivered, presented: true},
	"distribue_expediteur":             {status: courrier.StatusReturned},
	"archivage_pnd":                    {},
	"retour_are":                       {proof: courrier.ProofOfReceipt},
	"scan_pdd":                         {proof: courrier.ProofOfDeposit},
}

// reasons are words of the French texts that tell why a letter came back; the
// carrier has no code for it.
var reasons = []struct {
	word   string
	reason courrier.ReturnReason
}{
	{"refus", courrier.ReturnRefused}, {"non reclam", courrier.ReturnUnclaimed}, {"inconnu", courrier.ReturnUnknownAddressee},
	{"incompl", courrier.ReturnBadAddress}, {"adresse", courrier.ReturnBadAddress}, {"decede", courrier.ReturnDeceased}, {"acces",
		courrier.ReturnNoAccess},
}

func reasonOf(m meaning, description string) courrier.ReturnReason {
	if m.status != courrier.StatusReturning && m.status != courrier.StatusReturned {
		return ""
	}
	plain := plainText(description)
	for _, r := range reasons {
		if strings.Contains(plain, r.word) {
			return r.reason
		}
	}
	return courrier.ReturnOther
}

// meaningOf returns what a status says of a letter of a mode.
func meaningOf(status, mode string) (meaning, bool) {
	m, known := statuses[status]
	if status == printed && mode == ordinary {
		m.status = courrier.StatusPosted
	}
	return m, known
}
