package pdf

import "strconv"

// structure is the logical structure of a letter (ISO 32000-1, 14.7): what screen
// readers read, in the order they read it. An element holds either elements or
// text, never both. Element 1 is the document; 0 stands for artifacts, which are
// decoration and what repeats on every page.
type structure struct {
	elements []element
	pages    [][]int32 // of each page: the element of each marked content
}

// element is one element, its children a list of links.
type element struct {
	role        role
	parent      int32
	first, last int32 // children
	next        int32 // sibling
	page        int32 // of the first mark, from 0; -1: it has none
	mark        int32
	more        []run  // marks after the first
	span        int    // columns of a cell, where it has more than one
	alt         string // what a figure shows
	box         string // of a figure, in points
}

// run is a run of marked content on a page.
type run struct{ page, id int32 }

// role is a standard structure type (ISO 32000-1, 14.8.4).
type role uint8

const (
	roleDocument role = iota
	roleHeading
	roleHeading2
	roleHeading3
	roleParagraph
	roleList
	roleListNumbered
	roleItem
	roleLabel
	roleBody
	roleTable
	roleHead
	roleRows
	roleRow
	roleColumnHeader
	roleRowHeader
	roleCell
	roleFigure
)

// roleNames are the names of the roles, and what else PDF/UA wants of them.
var roleNames = [...]struct{ name, attributes string }{
	roleDocument:     {name: "Document"},
	roleHeading:      {name: "H1"},
	roleHeading2:     {name: "H2"},
	roleHeading3:     {name: "H3"},
	roleParagraph:    {name: "P"},
	roleList:         {name: "L", attributes: "/A<</O/List/ListNumbering/Disc>>"},
	roleListNumbered: {name: "L", attributes: "/A<</O/List/ListNumbering/Decimal>>"},
	roleItem:         {name: "LI"},
	roleLabel:        {name: "Lbl"},
	roleBody:         {name: "LBody"},
	roleTable:        {name: "Table"},
	roleHead:         {name: "THead"},
	roleRows:         {name: "TBody"},
	roleRow:          {name: "TR"},
	roleColumnHeader: {name: "TH", attributes: "/A<</O/Table/Scope/Column>>"},
	roleRowHeader:    {name: "TH", attributes: "/A<</O/Table/Scope/Row>>"},
	roleCell:         {name: "TD"},
	roleFigure:       {name: "Figure"},
}

const documentElement = 1

func newStructure() structure {
	const usual = 320 // elements of a letter of two pages
	return structure{elements: append(make([]element, 0, usual), element{page: -1}, element{role: roleDocument, page: -1})}
}

// add adds an element below another one.
func (t *structure) add(parent int32, r role) int32 {
	nr := int32(len(t.elements))
	t.elements = append(t.elements, element{role: r, parent: parent, page: -1})
	p := &t.elements[parent]
	if p.first == 0 {
		p.first = nr
	} else {
		t.elements[p.last].next = nr
	}
	p.last = nr
	return nr
}

// mark notes that a run of content on a page belongs to an element, and returns
// the run's number there.
func (t *structure) mark(page int, nr int32) int {
	for len(t.pages) <= page {
		t.pages = append(t.pages, nil)
	}
	id := int32(len(t.pages[page]))
	t.pages[page] = append(t.pages[page], nr)
	if e := &t.elements[nr]; e.page < 0 {
		e.page, e.mark = int32(page), id
	} else {
		e.more = append(e.more, run{int32(page), id})
	}
	return int(id)
}

// write packs the tree into the file and returns the number of its root.
func (t *structure) write(d *document, pages []int) int {
	root := d.alloc()
	base := len(d.entries) - documentElement
	for range t.elements[documentElement:] {
		d.alloc()
	}
	number := func(nr int32) int { return base + int(nr) }
	d.pack(root)
	d.packed = appendRef(append(d.packed, "<</Type/StructTreeRoot/K "...), number(documentElement))
	d.packed = append(d.packed, "/ParentTree<</Nums["...)
	for page, marks := range t.pages {
		d.packed = append(strconv.AppendInt(d.packed, int64(page), 10), '[')
		for _, nr := range marks {
			d.packed = append(appendRef(d.packed, number(nr)), ' ')
		}
		d.packed = append(d.packed, ']')
	}
	d.packed = append(d.packed, "]>>>>"...)
	for nr := int32(documentElement); int(nr) < len(t.elements); nr++ {
		d.pack(number(nr))
		parent := root
		if nr > documentElement {
			parent = number(t.elements[nr].parent)
		}
		t.writeElement(d, nr, parent, number, pages)
	}
	return root
}

func (t *structure) writeElement(d *document, nr int32, parent int, number func(int32) int, pages []int) {
	e := &t.elements[nr]
	out := append(d.packed, "<</S/"...)
	out = append(out, roleNames[e.role].name...)
	out = appendRef(append(out, "/P "...), parent)
	if e.page >= 0 {
		out = appendRef(append(out, "/Pg "...), pages[e.page])
	}
	out = t.appendKids(out, e, number, pages)
	out = append(out, roleNames[e.role].attributes...)
	if e.span > 1 {
		out = append(strconv.AppendInt(append(out, "/A<</O/Table/ColSpan "...), int64(e.span), 10), ">>"...)
	}
	if e.role == roleFigure {
		out = append(out, "/Alt "+textString(e.alt)+"/A<</O/Layout/Placement/Block/BBox["+e.box+"]>>"...)
	}
	d.packed = append(out, ">>"...)
}

func (t *structure) appendKids(out []byte, e *element, number func(int32) int, pages []int) []byte {
	switch {
	case e.first != 0:
		out = append(out, "/K["...)
		for kid := e.first; kid != 0; kid = t.elements[kid].next {
			out = append(appendRef(out, number(kid)), ' ')
		}
		return append(out, ']')
	case e.page < 0:
		return out
	case len(e.more) == 0:
		return strconv.AppendInt(append(out, "/K "...), int64(e.mark), 10)
	}
	out = strconv.AppendInt(append(out, "/K["...), int64(e.mark), 10)
	for _, m := range e.more {
		if m.page == e.page {
			out = strconv.AppendInt(append(out, ' '), int64(m.id), 10)
			continue
		}
		out = appendRef(append(out, "<</Type/MCR/Pg "...), pages[m.page])
		out = append(strconv.AppendInt(append(out, "/MCID "...), int64(m.id), 10), ">>"...)
	}
	return append(out, ']')
}

func appendRef(out []byte, nr int) []byte {
	return append(strconv.AppendInt(out, int64(nr), 10), " 0 R"...)
}
