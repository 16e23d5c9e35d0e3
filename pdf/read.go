package pdf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

var (
	errNotPDF     = errors.New("no PDF header")
	errTooComplex = errors.New("a bound of the inspection was hit")
)

// boundError names the bound that was hit. It matches errTooComplex.
type boundError string

func (b boundError) Error() string { return errTooComplex.Error() + ": " + string(b) }

func (b boundError) Is(target error) bool { return target == errTooComplex }

func tooComplex(bound string) error { return boundError(bound) }

// source is an open PDF, with accessors that take any malformed object for an
// absent one, and the budgets of the call.
type source struct {
	*objects
	catalog types.Dict

	encrypted  bool // opened with the empty password
	mayPrint   bool
	decoded    int64
	pageBytes  int64
	operations int
	formCalls  int
	copied     int // bytes of streams copied out
	lookedAt   int // pixels of images
	examined   int // pixels and cells looked at
	masks      int // soft masks looked into
	lastImage  struct {
		sd     *types.StreamDict
		nr     int
		raster *raster
	}

	fonts   map[int]*font
	forms   map[int][]byte
	touched map[int]bool
	faces   map[string]*typeface
	dressed map[int]annotation // annotations with their appearance, by number
	off     map[int]bool       // see layersOff
	kept    int
}

// open reads data. The context and the limits bound it; data must not change
// while it runs.
func open(ctx context.Context, data []byte, limits Limits) (*source, error) {
	o := newObjects(ctx, data, limits)
	if err := o.open(); err != nil {
		if errors.Is(err, errCorrupt) && !looksLikePDF(data) {
			return nil, errNotPDF
		}
		return nil, err
	}
	s := &source{objects: o, fonts: map[int]*font{}, forms: map[int][]byte{}, touched: map[int]bool{},
		faces: map[string]*typeface{}, dressed: map[int]annotation{}, mayPrint: true}
	if o.crypt != nil {
		s.encrypted, s.mayPrint = true, o.crypt.mayPrint
	}
	s.catalog = s.dict(o.trailer["Root"])
	return s, o.err
}

// looksLikePDF tells a broken PDF from something else.
func looksLikePDF(data []byte) bool {
	return bytes.Contains(data[:min(len(data), headerWindow)], []byte("%PDF-"))
}

// need is resolve for what a page is drawn with: what the table does not know
// is looked for in the whole file, as some viewers do.
func (s *source) need(o types.Object) types.Object {
	v := s.resolve(o)
	if v == nil && s.recover(objectNumber(o)) {
		v = s.resolve(o)
	}
	return v
}

func (s *source) dict(o types.Object) types.Dict {
	switch v := s.resolve(o).(type) {
	case types.Dict:
		return v
	case types.StreamDict:
		return v.Dict
	}
	return nil
}

func (s *source) array(o types.Object) types.Array {
	a, _ := s.resolve(o).(types.Array)
	return a
}

func (s *source) stream(o types.Object) *types.StreamDict {
	switch v := s.resolve(o).(type) {
	case types.StreamDict:
		return &v
	}
	return nil
}

func (s *source) name(o types.Object) string {
	n, _ := s.resolve(o).(types.Name)
	return string(n)
}

func (s *source) number(o types.Object) (float64, bool) {
	switch v := s.resolve(o).(type) {
	case types.Integer:
		return float64(v), true
	case types.Float:
		return float64(v), true
	}
	return 0, false
}

func (s *source) integer(o types.Object) int {
	n, _ := s.number(o)
	if n < -1e9 || n > 1e9 {
		return 0
	}
	return int(n)
}

func (s *source) boolean(o types.Object) bool {
	b, _ := s.resolve(o).(types.Boolean)
	return bool(b)
}

// numbers reads an array of exactly n numbers.
func (s *source) numbers(o types.Object, n int) ([]float64, bool) {
	a := s.array(o)
	if len(a) != n {
		return nil, false
	}
	out := make([]float64, n)
	for i, e := range a {
		v, ok := s.number(e)
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// rectangle reads a rectangle and puts its corners in order.
func (s *source) rectangle(o types.Object) (x0, y0, x1, y1 float64, ok bool) {
	n, ok := s.numbers(o, 4)
	if !ok {
		return 0, 0, 0, 0, false
	}
	return min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3]), true
}

func (s *source) matrix(o types.Object) (matrix, bool) {
	n, ok := s.numbers(o, 6)
	if !ok {
		return identity, false
	}
	return matrix{n[0], n[1], n[2], n[3], n[4], n[5]}, true
}

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

// work charges what a file makes us do, as drawing operations do.
func (s *source) work(n int) {
	if s.operations += n; s.operations > s.limits.Operations && s.err == nil {
		s.err = tooComplex("drawing operations")
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

// objectNumber is the number of the object that o refers to, 0 for none.
func objectNumber(o types.Object) int {
	if ref, ok := o.(types.IndirectRef); ok {
		return int(ref.ObjectNumber)
	}
	return 0
}

// decode returns the stream's content. It keeps what could be decoded of a
// damaged stream and says so; the error is a bound that was hit.
func (s *source) decode(sd *types.StreamDict) (content []byte, whole bool, err error) {
	content, whole = sd.Raw, true
	if len(sd.FilterPipeline) == 0 {
		return content, true, s.charge(len(content))
	}
	for _, f := range sd.FilterPipeline {
		limit := min(s.limits.PageBytes-s.pageBytes, s.limits.DecodedBytes-s.decoded)
		content, err = decodeFilter(f, content, limit)
		switch {
		case isBound(err):
			return nil, false, tooComplex("decoded bytes")
		case err != nil:
			whole = false
		}
		if err := s.charge(len(content)); err != nil {
			return nil, false, err
		}
	}
	return content, whole, nil
}

// charge counts decoded bytes.
func (s *source) charge(n int) error {
	s.pageBytes += int64(n)
	s.decoded += int64(n)
	if s.pageBytes > s.limits.PageBytes || s.decoded > s.limits.DecodedBytes {
		return tooComplex("decoded bytes")
	}
	s.stopped()
	return s.err
}

// decodeAll decodes a stream that is of use only as a whole.
func decodeAll(sd types.StreamDict, limit int64) ([]byte, error) {
	content := sd.Raw
	for _, f := range sd.FilterPipeline {
		var err error
		if content, err = decodeFilter(f, content, limit); err != nil && (isBound(err) || len(content) == 0) {
			return nil, err
		}
	}
	return content, nil
}

func isBound(err error) bool { return errors.Is(err, filter.ErrDecodeLimitExceeded) }

func decodeFilter(f types.PDFFilter, in []byte, limit int64) ([]byte, error) {
	if limit <= 0 {
		return nil, filter.ErrDecodeLimitExceeded
	}
	if f.Name == filter.Flate {
		return inflateRows(in, f.DecodeParms, limit)
	}
	if f.Name == "Crypt" {
		return in, nil // decrypted when it was read
	}
	fi, err := filter.NewFilter(f.Name, filterParameters(f.DecodeParms), limit)
	if err != nil {
		return nil, err
	}
	r, err := fi.Decode(bytes.NewBuffer(in))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(out)) > limit {
		return nil, filter.ErrDecodeLimitExceeded
	}
	return out, err
}

func filterParameters(d types.Dict) map[string]int {
	parms := map[string]int{}
	for key, o := range d {
		switch v := o.(type) {
		case types.Integer:
			parms[key] = int(v)
		case types.Boolean:
			parms[key] = 0
			if v {
				parms[key] = 1
			}
		}
	}
	return parms
}
