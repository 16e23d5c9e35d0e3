package pdf

import (
	"bytes"
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
)

const (
	maxObjectTokens   = 3_000_000 // about 200 MiB once parsed
	maxObjectStream   = 32 << 20
	maxObjectStreams  = 96 << 20 // together
	minEncryptedLimit = 256 << 10
)

// prescan looks at the objects of a file before the parser does: the parser
// keeps every array in full and every object stream decoded, and its limits
// are for one stream at a time. It returns the limit to set for one stream.
func prescan(data []byte) (objectStreamLimit int64, err error) {
	p := prescanner{data: data, budget: 4*len(data) + 1<<20}
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("obj"))
		if i < 0 {
			break
		}
		at += i + 3
		if bytes.HasSuffix(data[:at], []byte("endobj")) {
			continue
		}
		if err := p.object(at); err != nil {
			return 0, err
		}
	}
	// Encrypted streams cannot be measured: share the budget by their number.
	if bytes.Contains(data, []byte("Encrypt")) || p.escapedNames {
		return max(maxObjectStreams/int64(p.streams+1), minEncryptedLimit), nil
	}
	return maxObjectStream, nil
}

type prescanner struct {
	data         []byte
	budget       int // bytes still to be read as syntax; a file made of nested objects repeats them
	tokens       int
	streams      int   // object and cross-reference streams
	decoded      int64 // bytes they hold
	escapedNames bool  // names are written with escapes: "Encrypt" may hide
}

// object lexes the object that starts at at, up to its stream or its end.
func (p *prescanner) object(at int) error {
	l := lexer{data: p.data, pos: at}
	container, filters, previous := false, 0, ""
	for {
		start := l.pos
		t := l.next()
		p.budget -= l.pos - start
		if p.tokens++; p.tokens > maxObjectTokens || p.budget < 0 {
			return tooComplex("object size")
		}
		l.scratch = l.scratch[:0]
		switch t.kind {
		case tokenEOF:
			return nil
		case tokenName:
			p.escapedNames = p.escapedNames || bytes.IndexByte(p.data[start:l.pos], '#') >= 0
			container = container || previous == "Type" && (string(t.bytes) == "ObjStm" || string(t.bytes) == "XRef")
			if bytes.HasSuffix(t.bytes, []byte("Decode")) {
				filters++
			}
			previous = string(t.bytes)
			continue
		case tokenKeyword:
			if string(t.bytes) == "stream" {
				if !container {
					return nil
				}
				return p.stream(l.pos, filters)
			}
			if string(t.bytes) == "endobj" || string(t.bytes) == "xref" {
				return nil
			}
		}
		previous = ""
	}
}

// stream measures what an object stream decodes to.
func (p *prescanner) stream(at, filters int) error {
	p.streams++
	if at < len(p.data) && p.data[at] == '\r' {
		at++
	}
	if at < len(p.data) && p.data[at] == '\n' {
		at++
	}
	size := int64(0)
	switch {
	case filters > 1:
		size = maxObjectStream
	case filters == 1:
		content, err := inflate(p.data[min(at, len(p.data)):], maxObjectStream)
		if errors.Is(err, filter.ErrDecodeLimitExceeded) {
			size = maxObjectStream
		}
		size = max(size, int64(len(content)))
		p.tokens += bytes.Count(content, []byte(" "))
	}
	if p.decoded += size; p.decoded > maxObjectStreams || p.tokens > maxObjectTokens {
		return tooComplex("object streams")
	}
	return nil
}
