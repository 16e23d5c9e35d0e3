package pdf

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

const (
	maxObjectTokens  = 3_000_000 // of all objects: about 200 MiB once parsed
	maxObjectStream  = 32 << 20  // decoded
	maxObjectStreams = 96 << 20  // together
	unmeasuredStream = 256 << 10 // of one that cannot be measured, such as an encrypted one
	headerWindow     = 4 << 10
)

// scout is the reader that pdfcpu reads from. It looks at each object before
// the parser does: the parser keeps every array in full and every object
// stream decoded, its limits are for one stream at a time, and many streams may
// claim the same long stretch of a file. What costs too much ends as a failed
// read.
type scout struct {
	*bytes.Reader
	ctx     context.Context
	conf    *model.Configuration
	data    []byte
	seen    map[int64]bool
	syntax  int   // bytes that may still be read as syntax
	bulk    int64 // bytes that may still be read in bulk
	tokens  int
	decoded int64 // bytes in object streams
	bound   error // the bound that was hit: the parser may take a failed read for damage
}

func newScout(ctx context.Context, data []byte, conf *model.Configuration) *scout {
	return &scout{
		Reader: bytes.NewReader(data), ctx: ctx, conf: conf, data: data, seen: map[int64]bool{},
		syntax: 4*len(data) + 1<<20, bulk: 4*int64(len(data)) + 16<<20,
	}
}

// Read implements [io.Reader]. Reads of a buffer's size are what finding an
// object costs; longer ones fetch a stream.
func (s *scout) Read(p []byte) (int, error) {
	if err := s.stop(); err != nil {
		return 0, err
	}
	n, err := s.Reader.Read(p)
	if n > headerWindow {
		if s.bulk -= int64(n); s.bulk < 0 {
			s.bound = tooComplex("overlapping streams")
			return 0, s.bound
		}
	}
	return n, err
}

// Seek implements [io.Seeker]: the parser seeks to every object it parses.
func (s *scout) Seek(offset int64, whence int) (int64, error) {
	at, err := s.Reader.Seek(offset, whence)
	if err != nil {
		return at, err
	}
	if err := s.stop(); err != nil {
		return 0, err
	}
	if whence == io.SeekStart && at < int64(len(s.data)) && !s.seen[at] {
		s.seen[at] = true
		if l := s.header(int(at)); l != nil {
			s.bound = s.object(l)
		}
	}
	return at, s.bound
}

func (s *scout) stop() error {
	if s.bound != nil {
		return s.bound
	}
	return s.ctx.Err()
}

// header returns a lexer behind "1 0 obj", or nil where no object begins.
func (s *scout) header(at int) *lexer {
	window := s.data[at:min(at+headerWindow, len(s.data))]
	if bytes.HasPrefix(bytes.TrimLeft(window, "\x00\t\n\v\f\r "), []byte("%")) {
		window = s.data[at:] // comments may stand before it, of any length
	}
	l := &lexer{data: window}
	for range 3 {
		if t := l.next(); t.kind == tokenKeyword && bytes.Contains(t.bytes, []byte("obj")) {
			return &lexer{data: s.data, pos: at + l.pos}
		}
	}
	return nil
}

// object lexes an object up to its stream or its end, and measures its stream
// when the parser would decode that one.
func (s *scout) object(l *lexer) error {
	container, filters, previous := false, 0, ""
	for {
		start := l.pos
		t := l.next()
		l.scratch = l.scratch[:0]
		s.tokens++
		if s.syntax -= l.pos - start; s.tokens > maxObjectTokens || s.syntax < 0 {
			return tooComplex("object size")
		}
		switch t.kind {
		case tokenEOF:
			return nil
		case tokenName:
			container = container || previous == "Type" && (string(t.bytes) == "ObjStm" || string(t.bytes) == "XRef")
			if bytes.HasSuffix(t.bytes, []byte("Decode")) {
				filters++
			}
			previous = string(t.bytes)
			continue
		case tokenKeyword:
			switch string(t.bytes) {
			case "stream":
				if container {
					return s.stream(l.pos, filters)
				}
				return nil
			case "endobj", "xref":
				return nil
			}
		}
		previous = ""
	}
}

// stream charges what an object stream decodes to. The first that cannot be
// measured lowers the parser's own limit.
func (s *scout) stream(at, filters int) error {
	content, err := s.data[at:], error(nil)
	if filters > 0 {
		content, err = s.inflateAt(at)
	} else if end := bytes.Index(content, []byte("endstream")); end >= 0 {
		content = content[:end]
	}
	size := int64(len(content))
	switch {
	case filters > 1 || errors.Is(err, filter.ErrDecodeLimitExceeded):
		size = maxObjectStream
	case err != nil && size == 0:
		s.conf.Limits.MaxDecodeBytes = unmeasuredStream
		size = unmeasuredStream
	}
	s.tokens += bytes.Count(content, []byte(" "))
	if s.decoded += size; s.decoded > maxObjectStreams || s.tokens > maxObjectTokens {
		return tooComplex("object streams")
	}
	return nil
}

func (s *scout) inflateAt(at int) ([]byte, error) {
	for range 2 { // the end of the line behind the keyword
		if at < len(s.data) && (s.data[at] == '\r' || s.data[at] == '\n') {
			at++
		}
	}
	return inflate(s.data[at:], maxObjectStream)
}
