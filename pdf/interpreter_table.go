package pdf

// operators by name, with the operands each takes at least.
var operators = map[string]operator{
	"q":  op(0, func(in *interpreter, _ []token) { in.save() }),
	"Q":  op(0, func(in *interpreter, _ []token) { in.restore() }),
	"cm": op(6, func(in *interpreter, o []token) { in.concat(o) }),
	"w":  op(1, func(in *interpreter, o []token) { in.gs.lineWidth = o[0].num }),
	"gs": op(1, func(in *interpreter, o []token) { in.graphicsState(o) }),

	"g":   op(1, func(in *interpreter, o []token) { in.gs.fill.device(o, spaceAdditive) }),
	"rg":  op(3, func(in *interpreter, o []token) { in.gs.fill.device(o, spaceAdditive) }),
	"k":   op(4, func(in *interpreter, o []token) { in.gs.fill.device(o, spaceSubtractive) }),
	"G":   op(1, func(in *interpreter, o []token) { in.gs.stroke.device(o, spaceAdditive) }),
	"RG":  op(3, func(in *interpreter, o []token) { in.gs.stroke.device(o, spaceAdditive) }),
	"K":   op(4, func(in *interpreter, o []token) { in.gs.stroke.device(o, spaceSubtractive) }),
	"cs":  op(1, func(in *interpreter, o []token) { in.setSpace(&in.gs.fill, o[0].bytes) }),
	"CS":  op(1, func(in *interpreter, o []token) { in.setSpace(&in.gs.stroke, o[0].bytes) }),
	"sc":  op(1, func(in *interpreter, o []token) { in.gs.fill.setColour(o) }),
	"scn": op(1, func(in *interpreter, o []token) { in.gs.fill.setColour(o) }),
	"SC":  op(1, func(in *interpreter, o []token) { in.gs.stroke.setColour(o) }),
	"SCN": op(1, func(in *interpreter, o []token) { in.gs.stroke.setColour(o) }),

	"m": op(2, func(in *interpreter, o []token) { in.moveTo(o[0].num, o[1].num) }),
	"l": op(2, func(in *interpreter, o []token) { in.lineTo(o[0].num, o[1].num) }),
	"c": op(6, func(in *interpreter, o []token) {
		in.curveTo(o[0].num, o[1].num, o[2].num, o[3].num, o[4].num, o[5].num)
	}),
	"v": op(4, func(in *interpreter, o []token) {
		in.curveTo(in.path.x, in.path.y, o[0].num, o[1].num, o[2].num, o[3].num)
	}),
	"y": op(4, func(in *interpreter, o []token) {
		in.curveTo(o[0].num, o[1].num, o[2].num, o[3].num, o[2].num, o[3].num)
	}),
	"h":  op(0, func(in *interpreter, _ []token) { in.closePath() }),
	"re": op(4, func(in *interpreter, o []token) { in.rectangle(o[0].num, o[1].num, o[2].num, o[3].num) }),
	"W":  op(0, func(in *interpreter, _ []token) { in.path.clip = true }),
	"W*": op(0, func(in *interpreter, _ []token) { in.path.clip = true }),
	"n":  op(0, func(in *interpreter, _ []token) { in.paintPath(false, false) }),
	"f":  op(0, func(in *interpreter, _ []token) { in.paintPath(true, false) }),
	"F":  op(0, func(in *interpreter, _ []token) { in.paintPath(true, false) }),
	"f*": op(0, func(in *interpreter, _ []token) { in.paintPath(true, false) }),
	"S":  op(0, func(in *interpreter, _ []token) { in.paintPath(false, true) }),
	"s":  op(0, func(in *interpreter, _ []token) { in.closePath(); in.paintPath(false, true) }),
	"B":  op(0, func(in *interpreter, _ []token) { in.paintPath(true, true) }),
	"B*": op(0, func(in *interpreter, _ []token) { in.paintPath(true, true) }),
	"b":  op(0, func(in *interpreter, _ []token) { in.closePath(); in.paintPath(true, true) }),
	"b*": op(0, func(in *interpreter, _ []token) { in.closePath(); in.paintPath(true, true) }),
	"sh": op(0, func(in *interpreter, _ []token) { in.shade() }),

	"BT": op(0, func(in *interpreter, _ []token) { in.beginText() }),
	"Tf": op(2, func(in *interpreter, o []token) { in.setFont(o) }),
	"Tc": op(1, func(in *interpreter, o []token) { in.gs.text.charSpace = o[0].num }),
	"Tw": op(1, func(in *interpreter, o []token) { in.gs.text.wordSpace = o[0].num }),
	"Tz": op(1, func(in *interpreter, o []token) { in.gs.text.scale = o[0].num / 100 }),
	"TL": op(1, func(in *interpreter, o []token) { in.gs.text.leading = o[0].num }),
	"Ts": op(1, func(in *interpreter, o []token) { in.gs.text.rise = o[0].num }),
	"Tr": op(1, func(in *interpreter, o []token) { in.gs.text.mode = int(o[0].num) }),
	"Td": op(2, func(in *interpreter, o []token) { in.moveText(o[0].num, o[1].num) }),
	"TD": op(2, func(in *interpreter, o []token) {
		in.gs.text.leading = -o[1].num
		in.moveText(o[0].num, o[1].num)
	}),
	"Tm": op(6, func(in *interpreter, o []token) { in.setTextMatrix(matrixOf(o)) }),
	"T*": op(0, func(in *interpreter, _ []token) { in.nextLine() }),
	"Tj": {1, func(in *interpreter, o []token) error { return in.show(o[0].bytes) }},
	"TJ": {0, (*interpreter).showArray},
	"'": {1, func(in *interpreter, o []token) error {
		in.nextLine()
		return in.show(o[0].bytes)
	}},
	"\"": {3, func(in *interpreter, o []token) error {
		in.gs.text.wordSpace, in.gs.text.charSpace = o[0].num, o[1].num
		in.nextLine()
		return in.show(o[2].bytes)
	}},

	"BMC": op(0, func(in *interpreter, o []token) { in.beginMarked(o, false) }),
	"BDC": op(0, func(in *interpreter, o []token) { in.beginMarked(o, true) }),
	"EMC": op(0, func(in *interpreter, _ []token) { in.endMarked() }),
	"EI":  op(0, func(in *interpreter, _ []token) { in.inlineImage() }),
}

// withoutInk are the operators that are passed over.
var withoutInk = map[string]bool{
	"j": true, "J": true, "M": true, "d": true, "i": true, "ri": true, "d0": true, "d1": true, "BI": true, "ET": true,
	"MP": true, "DP": true, "BX": true, "EX": true,
}
