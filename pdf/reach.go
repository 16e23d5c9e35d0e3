package pdf

import (
	"maps"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// touch reads everything that o leads to and that would be copied with it, so
// that what has to be repaired there is known.
func (s *source) touch(o types.Object) {
	for left := []types.Object{o}; len(left) > 0 && !s.stopped(); {
		o := left[len(left)-1]
		left = left[:len(left)-1]
		s.work(1)
		if nr := objectNumber(o); nr != 0 {
			if s.touched[nr] {
				continue
			}
			s.touched[nr] = true
			o = s.need(o)
		}
		switch v := o.(type) {
		case types.Array:
			left = append(left, v...)
		case types.Dict:
			left = s.appendCopied(left, v)
		case types.StreamDict:
			left = s.appendCopied(left, v.Dict)
		}
	}
}

func (s *source) appendCopied(left []types.Object, d types.Dict) []types.Object {
	if notCopied(d) {
		return left
	}
	for key, v := range d {
		if named := s.named(key, v); named != nil {
			left = slices.AppendSeq(left, maps.Values(named))
		} else if !dropped[key] {
			left = append(left, v)
		}
	}
	return left
}

// contents returns the streams of a page's content, and how many more it names
// that are not there. What is not there is looked for in the whole file.
func (s *source) contents(p page) (parts []*types.StreamDict, lost int) {
	o := p.dict["Contents"]
	named, ok := s.need(o).(types.Array)
	if !ok && o != nil {
		named = types.Array{o}
	}
	for _, o := range named {
		if sd := s.stream(s.need(o)); sd != nil {
			parts = append(parts, sd)
		} else {
			lost++
		}
	}
	return parts, lost
}

// pageContent is what the streams of a page's content hold.
type pageContent struct {
	bytes []byte
	whole bool // everything that the page names was read
	lost  bool // nothing of it was
}

// pageContent joins the streams of a page's content with a break between them.
func (s *source) pageContent(p page) (pageContent, error) {
	parts, lost := s.contents(p)
	out := pageContent{whole: lost == 0}
	for _, sd := range parts {
		c, whole, err := s.decode(sd)
		if err != nil {
			return pageContent{}, err
		}
		out.whole = out.whole && whole
		switch {
		case !whole && len(c) == 0:
			lost++
		case len(parts) == 1:
			out.bytes = c
		default:
			out.bytes = append(append(out.bytes, c...), '\n')
		}
	}
	out.lost = lost > 0 && len(out.bytes) == 0
	return out, nil
}

// unreadable reports whether nothing of a page's content makes sense. It is
// what an inspection calls unreadable too.
func (s *source) unreadable(p page) bool {
	blank := true
	it := newInterpreter(s, p, func(m mark) { blank = blank && (m.cover || m.kind == InkHiddenText) })
	s.pageBytes = 0
	err := it.page(p)
	if err != nil && s.err == nil {
		s.err = err
	}
	return err == nil && it.unread(blank)
}
