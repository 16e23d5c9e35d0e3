package pdf

import (
	"bytes"
	"context"
	"errors"

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

// objectNumber is the number of the object that o refers to, 0 for none.
func objectNumber(o types.Object) int {
	if ref, ok := o.(types.IndirectRef); ok {
		return int(ref.ObjectNumber)
	}
	return 0
}
