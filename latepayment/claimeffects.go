package latepayment

import "regexp"

// ownLetter is how a letter speaks of itself.
const ownLetter = `(?:la presente|cette lettre|ce courrier|present courrier|ce recommande|presente mise en demeure|` +
	`cette mise en demeure|` +
	`this (?:letter|notice))`

var limitationRules = []claimRule{
	{ClaimLimitation, "a formal notice does not interrupt the limitation period, registered or not (Cass. com., 18 May 2022, 20-23.204)",
		[]string{"prescri", "nouveau delai", "forclusion", "limitation", "pour agir", "d'action", "delai de", "time"},
		anyOf(
			`(?:interromp|interrupti|suspen|proroge|arret(?:e|er|ent)|repart|fait courir|remet)\w*[^.;]{0,60}(?:prescri|forclusion)`,
			`(?:prescription|forclusion)[^.;]{0,40}(?:interromp|interrup|suspend|suspens|arrete|proroge|repart|recommence|cess|`+
				`ne court plus)`,
			`nouvelle prescription|nouveau delai (?:de )?(?:prescription|(?:\w+|\d+) ans?\b|pour agir|d'action)`,
			`(?:interromp|suspen|proroge|repart|recommenc|zero)\w*[^.;]{0,20}delai (?:pour agir|d'action|de (?:\w+|\d+) ans?\b)`,
			`delai (?:pour agir|d'action|de (?:\w+|\d+) ans?\b)[^.;]{0,30}(?:zero|recommence|repart|interromp|suspend|a nouveau)`,
			`(?:interrupt|suspend|toll|stop|restart|extend|reset)\w*[^.;]{0,40}(?:limitation|time.bar)`,
			`limitation[^.;]{0,40}(?:interrupted|suspended|restart|reset|starts? (?:afresh|again|anew)|stops)|new limitation period`,
			`(?:stop|suspend|interrupt)\w* time\b|\btime (?:stops|ceases)`,
		),
		anyOf(
			`\bne (?:suspen|l'|la )?[^.;]{0,20}(?:suspen|interromp|proroge|arrete)|n'interromp|n'est pas (?:interromp|suspend)|`+
				`n'a pas pour effet|sans effet sur`,
			`pas (?:d'effet|interrup)|sans (?:interrompre|suspendre)|does not|do not|neither|will not|no effect|reconnaissance`,
			`reconnaitre|demande en justice|assignation|action en justice|acte d'execution|mesure conservatoire|acknowledg`,
			`(?:acompte|paiement|versement|reglement|aveu)s?\b[^.;]{0,40}interromp|court claim|proceedings|\bseule?s? (?:une?|la|le|l')|`+
				`\bonly (?:a|an|the)\b`,
		), toAll},
}

var effectRules = []claimRule{
	{ClaimFalseEffect, "silence acknowledges nothing",
		[]string{"silence", "contest", "reponse", "reaction", "observation", "opposition", "nouvelles", "repond", "reply", "respon", "dispute",
			"deemed", "repute", "answer", "object", "accord", "acceptation", "acquiesc"},
		anyOf(
			`(?:silence|(?:absence|faute|defaut) (?:de|d'une?)[^.;]{0,20}(?:contestation|reponse|opposition|reaction|observation)|`+
				`sans (?:contestation|reponse|nouvelles)[^.;]{0,20}|(?:si|faute pour) vous (?:de )?(?:ne )?(?:repond|contest|reagi)\w*)`+
				`[^.;]{0,90}(?:vaut|vaudra|valant|repute|considere|accept|reconn|admet|admis|acquies|definitive|incontest)`,
			`ne pourrez plus (?:la |le |les )?contester|ne (?:pourra|pourront) plus etre contest`,
			`plus (?:aucune contestation|contestable|possible de contester)`,
			`no longer (?:be able to )?(?:dispute|contest)|no longer be (?:disputed|contested)`,
			`(?:accord|acceptation|acquiescement) (?:sera|est|serait) (?:presume|repute|acquis)`,
			`\brepute[es]{0,2} (?:avoir )?(?:accept|reconn|admi)|deemed to (?:have )?(?:accept|admit|acknowledg|agree)|`+
				`silence[^.;]{0,40}(?:accept|admi|acknowledg|agree)`,
			`(?:no|without an?|failing an?|absent an?|if you (?:do not|don't|fail to)) (?:reply|answer|dispute|respon\w+|object\w*)[^.;]{0,60}`+
				`(?:accept|admi|acknowledg|agree)`,
		),
		regexp.MustCompile(`ne vaut pas|n'emporte pas|is not\b|does not`), toAll},
	{ClaimFalseEffect, "only a judge or the law gives an enforceable title",
		[]string{"titre", "jugement", "ordonnance", "justice", "executoire", "reconnaissance de", "title", "judgment", "court order",
			"acknowledgment", "enforceable"},
		anyOf(
			ownLetter+`[^.;]{0,40}(?:vaut|vaudra|constitue|tient lieu|emporte|a (?:la )?(?:force|valeur)|is an?|constitutes|has the force)`+
				`[^.;]{0,40}(?:titre|jugement|decision de justice|ordonnance|reconnaissance de (?:votre |la )?dette|force executoire|title|judgment|`+
				`court order|acknowledgment)`,
			`(?:presente|lettre|courrier|demeure)[^.;]{0,20} (?:a|aura|est|devient|deviendra) (?:force |de plein droit )?executoire`,
			`this (?:letter|notice)[^.;]{0,20}\b(?:is|becomes) (?:immediately )?enforceable`,
		),
		regexp.MustCompile(`ne vaut|ne constitue pas|n'est pas|is not|does not`), toAll},
}
