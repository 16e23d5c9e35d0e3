package latepayment

// hintSet names lists of words: bit n is list n of a [hintTable].
type hintSet uint64

func (h hintSet) has(list int) bool { return h&(1<<list) != 0 }

// hintTable finds in one pass over a text which lists of words it holds a word of: the
// automaton of Aho and Corasick, a row of next states for each state. A rule is asked
// only where its list says that it may speak, because its pattern is slow.
type hintTable struct {
	class [256]byte // of a byte; 0: in no word
	width int       // number of classes
	next  []uint16  // state × class
	found []hintSet // of each state
}

// newHintTable compiles the lists; words are in the form of [foldSentence]. At most
// 64 lists, with 65,535 letters together.
func newHintTable(lists ...[]string) *hintTable {
	t := &hintTable{width: 1}
	for _, words := range lists {
		for _, w := range words {
			for i := range len(w) {
				if t.class[w[i]] == 0 {
					t.class[w[i]] = byte(t.width)
					t.width++
				}
			}
		}
	}
	t.addState()
	for n, words := range lists {
		for _, w := range words {
			t.found[t.add(w)] |= 1 << n
		}
	}
	t.link()
	return t
}

func (t *hintTable) addState() uint16 {
	t.next = append(t.next, make([]uint16, t.width)...)
	t.found = append(t.found, 0)
	return uint16(len(t.found) - 1)
}

// add makes the path of a word and returns its last state.
func (t *hintTable) add(word string) uint16 {
	state := uint16(0)
	for i := range len(word) {
		at := int(state)*t.width + int(t.class[word[i]])
		if t.next[at] == 0 {
			t.next[at] = t.addState()
		}
		state = t.next[at]
	}
	return state
}

// link adds to each state where to go on after a letter that its path does not have,
// and the words that end within it.
func (t *hintTable) link() {
	fail := make([]uint16, len(t.found))
	queue := make([]uint16, 0, len(t.found))
	for c := range t.width {
		if s := t.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		t.found[state] |= t.found[fail[state]]
		for c := range t.width {
			at, other := int(state)*t.width+c, t.next[int(fail[state])*t.width+c]
			if t.next[at] == 0 {
				t.next[at] = other
				continue
			}
			fail[t.next[at]] = other
			queue = append(queue, t.next[at])
		}
	}
}

// in returns the lists of which a word stands in s.
func (t *hintTable) in(s string) hintSet {
	var found hintSet
	state := 0
	for i := range len(s) {
		state = int(t.next[state*t.width+int(t.class[s[i]])])
		found |= t.found[state]
	}
	return found
}
