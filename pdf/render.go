package pdf

import (
	"fmt"
	"strconv"
)

// rendering is what a file holds besides its pages. The zero rendering is a
// letter's.
type rendering struct {
	outline  []outlineItem
	forms    func(*document) ([]form, error) // pages of other files that are drawn
	conforms bool                            // it may say that it is PDF/A and PDF/UA
}

// render writes the pages as a file: PDF/A-2u (ISO 19005-2) and PDF/UA-1 (ISO
// 14289-1), PDF/A-3u where files travel inside. With pages of other files on it,
// which may hold anything, it is tagged and claims neither.
func (s *setter) render(r rendering) ([]byte, error) {
	d := newDocument(s.press)
	p := newPainter(s.faces, &s.tree)
	if r.forms != nil {
		var err error
		if p.forms, err = r.forms(d); err != nil {
			return nil, err
		}
	}
	tree, resources := d.alloc(), d.alloc()
	pages := make([]int, len(s.pages))
	for i := range s.pages {
		pages[i] = d.alloc()
		contents := d.alloc()
		d.deflated(contents, "", p.paint(i, s.pages[i]))
		d.pack(pages[i])
		d.packed = fmt.Appendf(d.packed, "<</Type/Page/Parent %s/Resources %s/Contents %s/StructParents %d>>", ref(tree), ref(resources),
			ref(contents), i)
	}
	d.pack(tree)
	d.packed = fmt.Appendf(d.packed, "<</Type/Pages/Count %d/MediaBox[0 0 595.28 841.89]/Kids[", len(pages))
	for _, nr := range pages {
		d.packed = append(appendRef(d.packed, nr), ' ')
	}
	d.packed = append(d.packed, "]>>"...)
	s.resources(d, p, resources)
	return d.finish(s.catalog(d, tree, pages, r)), nil
}

// resources writes fonts and images and what names them.
func (s *setter) resources(d *document, p *painter, nr int) {
	fonts, images := "", ""
	for weight, face := range [2]*typeface{s.faces.regular, s.faces.bold} {
		if p.used[weight].most > 0 {
			d.font(weight, face.cutFor(&p.used[weight]))
			fonts += fmt.Sprintf("/F%d %s", weight, ref(fontNumber(weight, fontType0)))
		}
	}
	for i, a := range p.ordered {
		nr := d.alloc()
		d.stream(nr, a.printed.entries, a.printed.data)
		images += fmt.Sprintf("/I%d %s", i, ref(nr))
	}
	for i, f := range p.forms {
		images += fmt.Sprintf("/P%d %s", i, ref(f.number))
	}
	d.pack(nr)
	d.packed = append(d.packed, "<</Font<<"+fonts+">>/XObject<<"+images+">>>>"...)
}

// catalog writes what stands above the pages, and returns its number and that of
// the information dictionary.
func (s *setter) catalog(d *document, tree int, pages []int, r rendering) (root, info int) {
	m := s.metadata()
	m.conforms = r.conforms
	described, info, root := d.alloc(), d.alloc(), d.alloc()
	d.stream(described, "/Type/Metadata/Subtype/XML", m.xmp())
	d.object(info, m.info())
	structure := s.tree.write(d, pages)
	more := s.embed(d)
	if len(r.outline) > 0 {
		more += "/PageMode/UseOutlines/Outlines " + ref(writeOutline(d, r.outline, pages))
	}
	d.pack(root)
	d.packed = fmt.Appendf(d.packed, "<</Type/Catalog/Pages %s/Metadata %s/Lang(%s)/MarkInfo<</Marked true>>/StructTreeRoot %s"+
		"/ViewerPreferences<</DisplayDocTitle true>>/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1"+
		"/OutputConditionIdentifier(sRGB)/Info(sRGB)/DestOutputProfile %s>>]%s>>",
		ref(tree), ref(described), m.language, ref(structure), ref(profileNumber), more)
	return root, info
}

// metadata is what the letter's file says of itself. Without a subject it is
// called by what it is, for a file must have a title.
func (s *setter) metadata() metadata {
	m := metadata{title: s.letter.Subject, author: s.letter.Sender.Name, language: s.lang.tag, part: 2}
	if m.title == "" {
		m.title = s.lang.letter
	}
	if !s.letter.Date.IsZero() {
		m.date = s.letter.Date.String()
	}
	if len(s.letter.Files) > 0 {
		m.part = 3
	}
	return m
}

// embed writes the files that travel inside and returns the catalogue's entries
// (ISO 19005-3, 6.8).
func (s *setter) embed(d *document) string {
	names, all := "", ""
	for i, f := range s.letter.Files {
		content, spec := d.alloc(), d.alloc()
		d.deflated(content, fmt.Sprintf("/Type/EmbeddedFile/Subtype/%s/Params<</Size %d/ModDate%s>>", pdfName(f.MediaType),
			len(f.Content), s.metadata().stamp()), f.Content)
		name := textString(f.Name)
		d.pack(spec)
		d.packed = fmt.Appendf(d.packed, "<</Type/Filespec/F %s/UF %s/Desc %s/AFRelationship/%s/EF<</F %s/UF %s>>>>",
			name, name, textString(f.Description), f.Relationship, ref(content), ref(content))
		names += textString(strconv.Itoa(i)) + ref(spec)
		all += ref(spec) + " "
	}
	if all == "" {
		return ""
	}
	return "/AF[" + all + "]/Names<</EmbeddedFiles<</Names[" + names + "]>>>>"
}

// pdfName writes a name with what its syntax does not take as two hexadecimal
// digits (ISO 32000-1, 7.3.5).
func pdfName(s string) string {
	out := ""
	for _, b := range []byte(s) {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '-', b == '.', b == '+':
			out += string(rune(b))
		default:
			out += fmt.Sprintf("#%02X", b)
		}
	}
	return out
}
