package latepayment

import (
	"regexp"
	"slices"
)

var (
	interestClaim = regexp.MustCompile(`(?:penalites?|interets?|\binterest)\b[^;]{0,120}(?:` + someSum + `)|(?:` +
		someSum + `) (?:d'|d' |de |of |in )(?:penalites?|interets?|interest)\b`)
	fixedClaim = regexp.MustCompile(`(?:indemnites? forfaitaires?|forfait(?:aire)? (?:de|pour)|indemnite (?:de|` +
		`pour frais de) recouvrement|` +
		`fixed (?:recovery )?compensation)[^;]{0,60}(?:` + someSum + `)|(?:` + someSum + `) (?:d'|d' |de |of )(?:indemnites? |fixed comp)`)
	anArticle = regexp.MustCompile(`\b[ldr]\.? ?\d{3,4}-\d|\b(?:1231-6|1344-1|2011/7)|code (?:de commerce|civil|de la commande publique)`)
)

var (
	chargeHints  = []string{"interet", "penalite", "indemnit", "forfait", "interest", "compensation"}
	articleHints = []string{"code ", "2011/7", "0-", "1-", "2-", "3-", "4-", "5-", "6-", "7-", "8-", "9-"}
	rateHints    = []string{"%", "pour cent", "percent", "points"}
)

// basisMissing finds interest or compensation that is claimed in figures without the
// text it rests on, and interest without its rate.
func (f *LetterFacts) basisMissing(sentences []sentence) []Finding {
	if costsRefused(f.Debtor) {
		return nil
	}
	article := slices.ContainsFunc(sentences, func(s sentence) bool { return s.hints.has(articleList) && anArticle.MatchString(s.folded) })
	rate := slices.ContainsFunc(sentences, func(s sentence) bool { return s.hints.has(rateList) })
	if article && rate {
		return nil
	}
	var found []Finding
	for i := range sentences {
		s := &sentences[i]
		if !s.hints.has(chargeList) || f.wrongBasis(s) {
			continue
		}
		if interestClaim.MatchString(s.folded) || !article && fixedClaim.MatchString(s.folded) {
			found = append(found, s.finding(AdviceBasis, "each claim beyond the price names its text, interest also its rate and period"))
		}
	}
	return found
}

// wrongBasis reports whether a sentence rests on a text that does not govern the
// debtor, which is found by itself.
func (f *LetterFacts) wrongBasis(s *sentence) bool {
	return slices.ContainsFunc(claimRules, func(r claimRule) bool { return r.key == ClaimWrongBasis && r.when(f) && r.saidIn(s.folded) })
}
