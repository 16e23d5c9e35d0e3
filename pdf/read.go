package pdf

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
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

// source is a PDF that pdfcpu has read, with accessors that take any malformed
// object for an absent one, and the budgets of the call.
type source struct {
	ctx     context.Context
	limits  Limits
	table   *model.XRefTable
	catalog types.Dict

	encrypted  bool // opened with the empty password
	mayPrint   bool
	damaged    bool // the cross-reference table is not where the file says
	lost       int  // objects that the table names and that cannot be parsed
	decoded    int64
	pageBytes  int64
	operations int
	formCalls  int

	fonts     map[int]*font
	forms     map[int][]byte
	layersOff map[int]bool
	kept      int
}

// open reads data. The context and the limits bound it; data must not change
// while it runs.
func open(ctx context.Context, data []byte, limits Limits) (*source, error) {
	if !bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
		return nil, errNotPDF
	}
	conf := configuration(limits)
	rs := newScout(ctx, data, conf)
	pc, err := pdfcpu.ReadWithContext(ctx, rs, conf)
	if rs.bound != nil {
		return nil, rs.bound
	}
	if err != nil {
		return nil, err
	}
	s := &source{ctx: ctx, limits: limits, table: pc.XRefTable,
		fonts: map[int]*font{}, forms: map[int][]byte{}, mayPrint: true}
	if len(pc.Table) > limits.Objects {
		return nil, tooComplex("objects")
	}
	if pc.E != nil {
		s.encrypted = true
		s.mayPrint = pc.E.P&4 != 0 // ISO 32000-1, table 22, bit 3
	}
	s.damaged = !startxrefHolds(data)
	for _, e := range pc.Table {
		if !e.Free && e.Object == nil && e.Offset != nil && *e.Offset != 0 {
			s.lost++
		}
	}
	if pc.Root == nil {
		return nil, errors.New("no catalog")
	}
	if s.catalog = s.dict(*pc.Root); s.catalog == nil {
		return nil, errors.New("no catalog")
	}
	return s, nil
}

// configuration is spelled out: a nil one makes pdfcpu create files in the
// user's configuration directory, and its default one races.
func configuration(l Limits) *model.Configuration {
	return &model.Configuration{
		Reader15:       true,
		ValidationMode: model.ValidationRelaxed,
		Eol:            types.EolLF,
		Offline:        true,
		Limits: model.ResourceLimits{
			MaxStreamBytes:       l.FileBytes,
			MaxDecodeBytes:       maxObjectStream,
			MaxImagePixels:       1,
			MaxImageBytes:        1,
			MaxObjectCount:       l.Objects,
			MaxObjectStreamCount: l.Objects,
			MaxObjectStreamFirst: 4 << 20,
			MaxXRefEntries:       l.Objects,
			MaxRecursionDepth:    100,
		},
	}
}

// startxrefHolds reports whether the last startxref points to a
// cross-reference table or stream.
func startxrefHolds(data []byte) bool {
	i := bytes.LastIndex(data, []byte("startxref"))
	if i < 0 {
		return false
	}
	off := 0
	if _, err := fmt.Sscan(string(data[i+9:min(len(data), i+40)]), &off); err != nil {
		return false
	}
	off += max(bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")), 0)
	if off <= 0 || off >= len(data) {
		return false
	}
	at := bytes.TrimLeft(data[off:min(len(data), off+64)], "\x00\t\n\f\r ")
	if bytes.HasPrefix(at, []byte("xref")) {
		return true
	}
	var nr, gen int
	_, err := fmt.Sscanf(string(at), "%d %d obj", &nr, &gen)
	return err == nil
}

// resolve follows references; what is missing, malformed or circular is nil.
func (s *source) resolve(o types.Object) types.Object {
	for range 16 {
		ref, ok := o.(types.IndirectRef)
		if !ok {
			return o
		}
		next, err := s.table.Dereference(ref)
		if err != nil {
			return nil
		}
		o = next
	}
	return nil
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
	case types.ObjectStreamDict:
		return &v.StreamDict
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

// decode returns the stream's content. It keeps what could be decoded of a
// damaged stream and says so; the error is a bound that was hit.
func (s *source) decode(sd *types.StreamDict) (content []byte, whole bool, err error) {
	content = sd.Raw
	if sd.Content != nil && sd.Raw == nil {
		content = sd.Content
	}
	whole = true
	for _, f := range sd.FilterPipeline {
		limit := min(s.limits.PageBytes-s.pageBytes, s.limits.DecodedBytes-s.decoded)
		content, err = decodeFilter(f, content, limit)
		switch {
		case errors.Is(err, filter.ErrDecodeLimitExceeded):
			return nil, false, tooComplex("decoded bytes")
		case err != nil:
			whole = false
		}
		s.pageBytes += int64(len(content))
		s.decoded += int64(len(content))
		if err := s.ctx.Err(); err != nil {
			return nil, false, err
		}
	}
	return content, whole, nil
}

func decodeFilter(f types.PDFFilter, in []byte, limit int64) ([]byte, error) {
	if limit <= 0 {
		return nil, filter.ErrDecodeLimitExceeded
	}
	if f.Name == filter.Flate && plainFlate(f.DecodeParms) {
		return inflate(in, limit)
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

func plainFlate(parms types.Dict) bool {
	p := parms.IntEntry("Predictor")
	return p == nil || *p <= 1
}

// inflate keeps what comes before damage, as viewers do.
func inflate(in []byte, limit int64) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out bytes.Buffer
	out.Grow(int(min(int64(len(in))*4, limit, 1<<20)))
	_, err = io.Copy(&out, io.LimitReader(r, limit+1))
	if int64(out.Len()) > limit {
		return nil, filter.ErrDecodeLimitExceeded
	}
	return out.Bytes(), err
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
