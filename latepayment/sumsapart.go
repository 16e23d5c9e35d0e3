package latepayment

import "slices"

// bare reports whether a number without currency is a sum: two decimals after words
// that announce one, or in a column whose head names the euro.
func (f *sumFinder) bare(i int, n figure, next int) bool {
	follows := f.at(next)
	if follows.kind == sign && follows.gap == noGap && f.at(next+1).kind == digits && f.at(next+1).gap == noGap { // a date
		return false
	}
	if follows.text == "%" || follows.kind == letters && follows.gap == noGap || f.glued(i) || follows.text == "/" && follows.gap == noGap {
		return false
	}
	if measures[follows.text] {
		return false
	}
	if f.tokens[i].column {
		return n.decimals == 2 || follows.text == "|" && f.at(i-1).text == "|"
	}
	return n.decimals == 2 && (f.announced(i) || f.headed(i))
}

// headed reports whether a colon that the euro leads to stands before a number: "Solde (€) : 12,00",
// "en euros : 12,00".
func (f *sumFinder) headed(i int) bool {
	j := i - 2
	if i < 2 || f.at(i-1).text != ":" {
		return false
	}
	if f.at(j).text == ")" {
		j--
	}
	return j >= 0 && currencies[f.at(j).text] == "EUR"
}

// measures follow what is no sum: rates, times and quantities.
var measures = map[string]bool{
	"pour": true, "percent": true, "per": true, "points": true, "point": true, "h": true, "heure": true, "heures": true, "hours": true,
	"minutes": true, "jour": true, "jours": true, "days": true, "mois": true, "months": true, "kg": true, "g": true, "grammes": true,
	"tonne": true, "tonnes": true, "t": true, "km": true, "m": true, "metres": true, "cm": true, "mm": true, "ml": true, "l": true,
	"litres": true, "kwh": true, "mwh": true, "ha": true, "hectares": true, "palettes": true, "unites": true, "pieces": true,
	"units": true, "stere": true, "steres": true, "ares": true,
}

// announcing are the words that announce a sum.
var announcing = map[string]bool{
	"somme": true, "montant": true, "total": true, "solde": true, "payer": true, "regler": true, "verser": true, "reste": true,
	"restant": true,
	"sum":     true, "amount": true, "balance": true, "owe": true, "outstanding": true,
}

// announced reports whether a word that announces a sum stands a few words before a
// number, in its sentence.
func (f *sumFinder) announced(i int) bool {
	from := f.behindDate(i) - 1
	for j := from; j >= max(0, from-5); j-- {
		t := f.at(j)
		switch {
		case announcing[t.text]:
			return true
		case t.kind == digits || t.text == "." || t.text == ";" || t.text == "°" || t.text == "n" || t.text == "facture" ||
			t.text == "commande":
			return false
		}
	}
	return false
}

// ofCapital may stand between the word capital and its sum.
var ofCapital = map[string]bool{
	":": true, "de": true, "of": true, "d": true, "'": true, "un": true, "social": true, "variable": true, "minimum": true,
	"minimal": true, "fixe": true,
}

// behindDate passes over a date and a colon before token i: "au 30 novembre 2026 : 12,00".
func (f *sumFinder) behindDate(i int) int {
	if f.at(i-1).text != ":" || i < 2 {
		return i
	}
	j := i - 1
	for j > 0 {
		t := f.at(j - 1)
		if t.kind != digits && monthNumbers[t.text] == 0 && t.text != "/" && t.text != "." && t.text != "-" && t.text != "er" {
			break
		}
		j--
	}
	return j
}

// capital reports whether the sum that begins at token i is the creditor's share
// capital: "capital social de 10 000 €".
func (f *sumFinder) capital(i int) bool {
	j := i - 1
	for j >= 0 && ofCapital[f.at(j).text] {
		j--
	}
	return f.at(j).text == "capital"
}

// columns marks the cells of tables whose head names the euro.
func (f *sumFinder) columns() {
	var euros []bool
	column, head := 0, false
	named := false
	for i := range f.tokens {
		t := &f.tokens[i]
		if t.gap == lineGap || i == 0 {
			if t.text != "|" {
				euros, named = nil, false
			}
			head = t.text == "|" && euros == nil
			column = 0
		}
		if t.text == "|" {
			column++
			if head && column > len(euros) {
				euros = append(euros, false)
			}
			continue
		}
		switch {
		case head && column > 0 && currencies[t.text] == "EUR":
			euros[column-1], named = true, true
		case !head && named && column > 0 && column <= len(euros):
			t.column = euros[column-1]
		}
	}
}

// quotations marks what stands in quotation marks in a sentence that names an article
// of law before them.
func (f *sumFinder) quotations() {
	article, open := false, false
	for i := range f.tokens {
		t := &f.tokens[i]
		switch {
		case t.text == "«" || t.text == "“" || t.text == `"` && !open:
			open = true
		case t.text == "»" || t.text == "”" || t.text == `"`:
			open = false
			article = false
		case t.text == "article" || t.text == "articles" || t.text == "art":
			article = article || !open
		case !open && t.gap == noGap && t.text == "." && f.at(i+1).gap != noGap && !slices.Contains(shortened, f.at(i-1).text):
			article = false
		}
		t.quoted = open && article
	}
}
