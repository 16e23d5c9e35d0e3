package pdf

import (
	"bytes"
	"errors"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// work charges what a file makes us do, as drawing operations do.
func (s *source) work(n int) {
	if s.operations += n; s.operations > s.limits.Operations && s.err == nil {
		s.err = tooComplex("drawing operations")
	}
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

// knownFilters reports whether a printer can decode a stream: its filters are
// those of ISO 32000-1, table 6, whether or not they are decoded here.
func knownFilters(all []types.PDFFilter) bool {
	for _, f := range all {
		switch f.Name {
		case filter.ASCII85, filter.ASCIIHex, filter.RunLength, filter.LZW, filter.Flate,
			filter.CCITTFax, filter.DCT, filter.JBIG2, filter.JPX, "Crypt":
		default:
			return false
		}
	}
	return true
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
