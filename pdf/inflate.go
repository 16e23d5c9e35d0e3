package pdf

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

var (
	errNotDeflated = errors.New("no deflated data")
	errPredictor   = errors.New("a predictor that does not exist")
)

// inflate keeps what comes before damage, as viewers do. The checksum at the
// end is not looked at, as by viewers: it is often cut off.
func inflate(in []byte, limit int64) ([]byte, error) {
	in = bytes.TrimLeft(in, "\r\n")
	if len(in) < 2 || in[0]&0x0f != 8 || in[1]&0x20 != 0 {
		return nil, errNotDeflated
	}
	r := flate.NewReader(bytes.NewReader(in[2:]))
	defer r.Close()
	var out bytes.Buffer
	out.Grow(int(min(int64(len(in))*4, limit, 1<<20)))
	_, err := io.Copy(&out, io.LimitReader(r, limit+1))
	if int64(out.Len()) > limit {
		return nil, filter.ErrDecodeLimitExceeded
	}
	return out.Bytes(), err
}

// inflateRows inflates and undoes the predictor (ISO 32000-1, 7.4.4.4).
func inflateRows(in []byte, parms types.Dict, limit int64) ([]byte, error) {
	out, err := inflate(in, limit)
	if isBound(err) {
		return nil, err
	}
	rows, predicted := unpredict(out, parms)
	if predicted != nil {
		return nil, predicted
	}
	return rows, err
}

func unpredict(in []byte, parms types.Dict) ([]byte, error) {
	whole := func(key string, standard int) int {
		if n, ok := parms[key].(types.Integer); ok && n > 0 && n <= 1<<20 {
			return int(n)
		}
		return standard
	}
	predictor := whole("Predictor", 1)
	if predictor == 1 {
		return in, nil
	}
	colours, bits, columns := whole("Colors", 1), whole("BitsPerComponent", 8), whole("Columns", 1)
	pixel := max((colours*bits+7)/8, 1)
	row := (colours*bits*columns + 7) / 8
	switch {
	case predictor >= 10:
		return unpredictPNG(in, row, pixel), nil
	case predictor != 2:
		return nil, errPredictor
	case bits == 8:
		unpredictTIFF(in, row, colours)
	}
	return in, nil
}

// unpredictTIFF adds to each sample the one before, for samples of a byte.
func unpredictTIFF(in []byte, row, colours int) {
	for start := 0; start < len(in); start += row {
		line := in[start:min(start+row, len(in))]
		for i := colours; i < len(line); i++ {
			line[i] += line[i-colours]
		}
	}
}

// unpredictPNG undoes the filters of PNG; the last row may be cut off.
func unpredictPNG(in []byte, row, pixel int) []byte {
	out := make([]byte, 0, len(in))
	above := make([]byte, row)
	for len(in) > 1 {
		kind, line := in[0], in[1:min(row+1, len(in))]
		in = in[1+len(line):]
		unfilter(kind, line, above, pixel)
		out = append(out, line...)
		copy(above, line)
	}
	return out
}

func unfilter(kind byte, line, above []byte, pixel int) {
	for i := range line {
		var left, corner byte
		if i >= pixel {
			left, corner = line[i-pixel], above[i-pixel]
		}
		switch kind {
		case 1:
			line[i] += left
		case 2:
			line[i] += above[i]
		case 3:
			line[i] += byte((int(left) + int(above[i])) / 2)
		case 4:
			line[i] += paeth(left, above[i], corner)
		}
	}
}

func paeth(a, b, c byte) byte {
	pa, pb, pc := abs(int(b)-int(c)), abs(int(a)-int(c)), abs(int(a)+int(b)-2*int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
