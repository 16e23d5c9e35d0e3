package pdf

import (
	"cmp"
	"slices"
	"unicode"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	maxCMapBytes  = 4 << 20
	maxCMapRanges = 1 << 14
)

// cmap is what we need of a CMap: how long codes are, which CID they mean, and
// which of them stand for white space. Long ranges stay ranges: some producers
// map all 65,536 codes.
type cmap struct {
	spaces []codeRange
	ranges []codeRange
	blank  map[int]bool
}

type codeRange struct {
	lo, hi, bytes, cid int
}

func (s *source) cmap(o types.Object) *cmap {
	sd := s.stream(o)
	if sd == nil || len(sd.Raw) > maxCMapBytes {
		return nil
	}
	content, _, err := s.decode(sd)
	if err != nil || len(content) > maxCMapBytes {
		return nil
	}
	return parseCMap(content)
}

// parseCMap reads the operators that map codes (Adobe technical note 5014);
// everything else is passed over.
func parseCMap(content []byte) *cmap {
	p := cmapParser{lexer: lexer{data: content}, m: &cmap{blank: map[int]bool{}}}
	var args []token
	for {
		t := p.lexer.next()
		switch t.kind {
		case tokenEOF:
			slices.SortStableFunc(p.m.ranges, compareRanges)
			return p.m
		case tokenKeyword:
			p.section(string(t.bytes), args)
			args, p.lexer.scratch = args[:0], nil
		default:
			if len(args) < 3*maxCMapRanges {
				args = append(args, t)
			}
		}
	}
}

type cmapParser struct {
	lexer lexer
	m     *cmap
}

func (p *cmapParser) section(keyword string, args []token) {
	switch keyword {
	case "endcodespacerange":
		for ; len(args) >= 2; args = args[2:] {
			p.add(&p.m.spaces, args[0], args[1], 0)
		}
	case "endcidrange":
		for ; len(args) >= 3; args = args[3:] {
			p.add(&p.m.ranges, args[0], args[1], int(args[2].num))
		}
	case "endcidchar":
		for ; len(args) >= 2; args = args[2:] {
			p.add(&p.m.ranges, args[0], args[0], int(args[1].num))
		}
	case "endbfchar":
		for ; len(args) >= 2; args = args[2:] {
			p.m.mapBlank(bigEndian(args[0].bytes), bigEndian(args[0].bytes), args[1].bytes)
		}
	case "endbfrange":
		p.bfRanges(args)
	}
}

func (p *cmapParser) add(list *[]codeRange, lo, hi token, cid int) {
	if len(*list) < maxCMapRanges {
		*list = append(*list, codeRange{bigEndian(lo.bytes), bigEndian(hi.bytes), len(lo.bytes), cid})
	}
}

func (p *cmapParser) bfRanges(args []token) {
	for len(args) >= 3 {
		lo, hi := bigEndian(args[0].bytes), bigEndian(args[1].bytes)
		if args[2].kind != tokenArrayOpen {
			p.m.mapBlank(lo, hi, args[2].bytes)
			args = args[3:]
			continue
		}
		args = args[3:]
		for code := lo; len(args) > 0; code++ {
			t := args[0]
			args = args[1:]
			if t.kind == tokenArrayClose {
				break
			}
			p.m.mapBlank(code, code, t.bytes)
		}
	}
}

var blankRunes = []int{0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
	0x2007, 0x2008, 0x2009, 0x200A, 0x200B, 0x202F, 0x205F, 0x3000, 0xFEFF}

// mapBlank notes which codes of lo..hi become white space when lo becomes the
// UTF-16 text.
func (m *cmap) mapBlank(lo, hi int, text []byte) {
	if lo == hi {
		m.blank[lo] = len(text) > 0 && allBlank(text)
		return
	}
	first := bigEndian(text)
	for _, r := range blankRunes {
		if code := lo + r - first; len(text) == 2 && code >= lo && code <= hi {
			m.blank[code] = true
		}
	}
}

func allBlank(utf16 []byte) bool {
	for ; len(utf16) >= 2; utf16 = utf16[2:] {
		r := rune(bigEndian(utf16[:2]))
		if !unicode.IsSpace(r) && r != 0x200B && r != 0xFEFF {
			return false
		}
	}
	return true
}

func bigEndian(b []byte) int {
	n := 0
	for _, c := range b[:min(len(b), 4)] {
		n = n<<8 | int(c)
	}
	return n
}

// next reads one code: the shortest that lies in a code space, else two bytes.
func (m *cmap) next(s []byte) (code, n int) {
	for n := 1; n <= 4 && n <= len(s); n++ {
		code := bigEndian(s[:n])
		for _, r := range m.spaces {
			if r.bytes == n && code >= r.lo && code <= r.hi {
				return code, n
			}
		}
	}
	n = min(2, len(s))
	return bigEndian(s[:n]), n
}

// cid finds the code in the ranges, which parseCMap has sorted.
func (m *cmap) cid(code, n int) int {
	i, found := slices.BinarySearchFunc(m.ranges, codeRange{lo: code, bytes: n}, compareRanges)
	if !found {
		i--
	}
	if i < 0 || m.ranges[i].bytes != n || code > m.ranges[i].hi {
		return 0
	}
	return m.ranges[i].cid + code - m.ranges[i].lo
}

func compareRanges(a, b codeRange) int {
	return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.lo, b.lo))
}
