package latepayment

// inWords reads a sum in words; i when there is none.
func (f *sumFinder) inWords(i int) int {
	if numberWords[f.tokens[i].text] == 0 && f.tokens[i].text != "zero" {
		return i
	}
	n, j := f.wordNumber(i)
	if f.tokens[i].text == "zero" {
		n, j = 0, i+1
	}
	if j == i {
		return i
	}
	repeated := true
	if figure, next := f.bracketed(j); next > j { // "quarante (40) euros"
		repeated, j = figure == n*100, next
	}
	unit := f.currency(j)
	if unit.unit == "" || n == 0 && unit.cents {
		return j
	}
	cents, end := n*100*max(unit.factor, 1), unit.next
	if unit.cents {
		cents = n
	} else if more, next := f.centsBehind(end, true); next > end {
		cents, end = cents+more, next
	}
	f.add(i, end, cents, false, !repeated, unit.unit)
	return end
}

// bracketed reads a number in figures alone in brackets, before a currency; i as next
// when there is none.
func (f *sumFinder) bracketed(i int) (cents int64, next int) {
	if f.at(i).text != "(" || f.at(i+1).kind != digits || i+1 >= len(f.tokens) {
		return 0, i
	}
	n := f.figure(i + 1)
	if f.at(n.next).text != ")" || f.currency(n.next+1).unit == "" {
		return 0, i
	}
	return n.cents, n.next + 1
}

// bracketedWords passes over a number in words alone in brackets, before a currency.
func (f *sumFinder) bracketedWords(i int) int {
	if f.at(i).text != "(" {
		return i
	}
	_, next := f.wordNumber(i + 1)
	if next > i+1 && f.at(next).text == ")" && f.currency(next+1).unit != "" {
		return next + 1
	}
	return i
}

// numberWords are the numerals of French and English; multipliers are in
// wordFactors.
var numberWords = map[string]int64{
	"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11,
	"douze": 12, "treize": 13,
	"quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
	"septante": 70,
	"huitante": 80, "octante": 80, "nonante": 90, "cent": 100, "cents": 100, "mille": 1000, "mil": 1000, "million": 1_000_000,
	"millions": 1_000_000, "milliard": 1_000_000_000, "milliards": 1_000_000_000,
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
	"thirteen": 13, "fourteen": 14,
	"fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
	"sixty": 60, "seventy": 70,
	"eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}

// wordNumber reads a number in words at token i; i as next when there is none.
func (f *sumFinder) wordNumber(i int) (n int64, next int) {
	var total, part int64
	j := i
	for j < len(f.tokens) {
		t := f.at(j)
		switch {
		case (t.text == "-" || t.text == "et" || t.text == "and") && j > i && f.numeral(j+1):
			j++
			continue
		case t.text == "," && j > i && f.at(j-1).text == "thousand" && f.numeral(j+1):
			j++
			continue
		case t.text == "a" && j == i && (f.at(j+1).text == "hundred" || f.at(j+1).text == "thousand"):
			j++
			continue
		}
		value := numberWords[t.text]
		if value == 0 || !f.numeral(j) {
			break
		}
		switch {
		case value == 100:
			part = max(part, 1) * 100
		case value >= 1000:
			total, part = total+max(part, 1)*value, 0
		case value == 20 && part%100 == 4: // quatre-vingts
			part += 76
		default:
			part += value
		}
		j++
		if total+part > maxCents/100 {
			return 0, i
		}
	}
	return total + part, j
}

// numeral reports whether token i is a numeral: "cents" is one only before another or
// before a currency, else it is the coin.
func (f *sumFinder) numeral(i int) bool {
	t := f.at(i)
	if t.kind != letters || numberWords[t.text] == 0 {
		return false
	}
	if t.text == "cents" || t.text == "cent" {
		next := f.at(i + 1)
		if next.text == "-" || next.text == ")" {
			next = f.at(i + 2)
		}
		return i+1 < len(f.tokens) && (currencies[next.text] != "" || numberWords[next.text] != 0 || next.text == "d")
	}
	return true
}
