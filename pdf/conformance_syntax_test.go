package pdf_test

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

var (
	objectHead = regexp.MustCompile(`^[1-9][0-9]* 0 obj\n`)
	lengthOf   = regexp.MustCompile(`/Length ([0-9]+) *[/>]`)
	tableEnd   = []byte("startxref\n")
)

// bytes checks what a reader of objects never sees. From the header to the last line
// the file is nothing but objects, each in the syntax asked for.
func (c *checklist) bytes() {
	head := []byte("%PDF-1.7\n%")
	c.require(bytes.HasPrefix(c.file, head), "6.1.2", "no header at the first byte")
	at := len(head)
	for ; at < len(c.file)-1 && c.file[at] > 127; at++ {
	}
	c.require(at >= len(head)+4 && c.file[at] == '\n', "6.1.2", "the second line is no comment of four bytes over 127")
	c.require(bytes.HasSuffix(c.file, []byte("\n%%EOF\n")), "6.1.3", "does not end in %%%%EOF")
	c.require(len(c.ctx.ID) == 2, "6.1.3", "no file identifier")
	c.require(c.ctx.Encrypt == nil, "6.1.3", "encrypted")
	c.require(!bytes.Contains(c.file, []byte("LZWDecode")), "6.1.7.2", "LZW")
	for rest := c.file[at+1:]; !bytes.HasPrefix(rest, tableEnd); {
		var ok bool
		if rest, ok = c.object(rest); !ok {
			return
		}
	}
	for nr, e := range c.ctx.Table {
		c.require(nr <= 8_388_607, "6.1.13", "object %d", nr)
		c.limits(e.Object)
	}
}

// object checks the object that begins here, and returns what follows it.
func (c *checklist) object(at []byte) (rest []byte, ok bool) {
	head := objectHead.Find(at)
	if bytes.HasPrefix(at, []byte("xref\n")) { // a plain table, and its trailer
		_, rest, ok = bytes.Cut(at, []byte(">>\n"))
		return rest, ok
	}
	c.require(head != nil, "6.1.9", "no object at %.40q", at)
	end, stream := bytes.Index(at, []byte("\nendobj\n")), bytes.Index(at, []byte("\nstream\n"))
	if c.require(end >= 0, "6.1.9", "an object does not end on a line of its own"); head == nil || end < 0 {
		return nil, false
	}
	if stream < 0 || stream > end {
		c.require(!bytes.Contains(at[:end], []byte("endobj")), "6.1.9", "an object does not end on a line of its own")
		return at[end+len("\nendobj\n"):], true
	}
	n := -1
	if m := lengthOf.FindSubmatch(at[:stream]); m != nil {
		n, _ = strconv.Atoi(string(m[1]))
	}
	body := at[stream+len("\nstream\n"):]
	foot := []byte("\nendstream\nendobj\n")
	if ok = n >= 0 && n <= len(body) && bytes.HasPrefix(body[n:], foot); !ok {
		c.require(false, "6.1.7.1", "a stream's length is not exact: %q", at[:stream])
		return nil, false
	}
	return body[n+len(foot):], true
}

// limits checks the sizes of an object's parts.
func (c *checklist) limits(o types.Object) {
	switch v := o.(type) {
	case types.HexLiteral:
		c.require(len(v)%2 == 0 && regexp.MustCompile(`^[0-9A-Fa-f]*$`).MatchString(string(v)), "6.1.6", "a string <%s>", v)
		c.require(len(v) <= 2*32767, "6.1.13", "a string of %d bytes", len(v)/2)
	case types.StringLiteral:
		c.require(len(v) <= 32767, "6.1.13", "a string of %d bytes", len(v))
	case types.Name:
		c.require(len(v) <= 127, "6.1.13", "a name of %d bytes", len(v))
	case types.Integer:
		c.require(int64(v) >= -1<<31 && int64(v) < 1<<31, "6.1.13", "the number %d", v)
	case types.Array:
		for _, e := range v {
			c.limits(e)
		}
	case types.StreamDict:
		c.limits(v.Dict)
	case types.Dict:
		for key, e := range v {
			c.limits(types.Name(key))
			c.limits(e)
		}
	}
}
