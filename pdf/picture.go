package pdf

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	maxLookedAt    = 50_000_000 // pixels of a file's images
	maxPixelBytes  = 64 << 20   // of one image, decoded
	maxProgressive = 8_000_000  // pixels of a progressive JPEG, which takes 12 bytes for each
)

// raster is an image reduced to how light it is on white paper: of each pixel
// the least of its red, green and blue.
type raster struct {
	width, height int
	light         []uint8
}

func (r *raster) at(x, y int) uint8 { return r.light[y*r.width+x] }

// sampled are the raw samples of an image with what they mean.
type sampled struct {
	width, height, bits, colours int
	inverted, subtractive        bool
	palette                      []uint8 // how light the colour of each index is
	data                         []byte
	unpainted                    []int // ranges of samples, one for each colour: who lies in all is not painted
}

// raster decodes an image, nil where it cannot be decoded here or is too large.
func (s *source) raster(sd *types.StreamDict, space types.Object) *raster {
	w, h := s.integer(firstOf(sd.Dict, "Width", "W")), s.integer(firstOf(sd.Dict, "Height", "H"))
	if w <= 0 || h <= 0 || w > s.limits.ImagePixels/h || s.stopped() {
		return nil
	}
	if s.lookedAt += w * h; s.lookedAt > maxLookedAt {
		return nil
	}
	r := s.samples(sd, space, w, h)
	if r == nil {
		return nil
	}
	return s.seenThrough(r, sd)
}

// samples decodes an image without its masks.
func (s *source) samples(sd *types.StreamDict, space types.Object, w, h int) *raster {
	content, filters := sd.Raw, sd.FilterPipeline
	inverted := s.invertedDecode(sd)
	if n := len(filters); n > 0 && filters[n-1].Name == filter.DCT {
		content, err := decodeAll(types.StreamDict{Raw: content, FilterPipeline: filters[:n-1]}, maxPixelBytes)
		if err != nil {
			return nil
		}
		return photograph(content, inverted)
	}
	content, err := decodeAll(types.StreamDict{Raw: content, FilterPipeline: sized(filters, w, h)}, maxPixelBytes)
	if err != nil {
		return nil
	}
	m := sampled{width: w, height: h, bits: s.integer(firstOf(sd.Dict, "BitsPerComponent", "BPC")), inverted: inverted, data: content}
	if s.boolean(firstOf(sd.Dict, "ImageMask", "IM")) {
		m.bits, m.colours = 1, 1
	} else if !s.readSpace(&m, space, 0) {
		return nil
	}
	m.unpainted = s.colourKey(sd, m.colours)
	return m.raster()
}

// colourKey reads the colours that an image leaves out (ISO 32000-1, 8.9.6.4).
func (s *source) colourKey(sd *types.StreamDict, colours int) []int {
	ranges := s.array(s.need(sd.Dict["Mask"]))
	if len(ranges) != 2*colours {
		return nil
	}
	out := make([]int, len(ranges))
	for i, o := range ranges {
		out[i] = s.integer(o)
	}
	return out
}

// isGrey is true of the spaces of one component that count from black to white.
func (s *source) isGrey(space types.Object) bool {
	var m sampled
	return s.readSpace(&m, space, 0) && m.colours == 1 && !m.subtractive && m.palette == nil
}

// sized gives a fax its rows, which pdfcpu's filter wants.
func sized(filters []types.PDFFilter, w, h int) []types.PDFFilter {
	out := make([]types.PDFFilter, len(filters))
	for i, f := range filters {
		out[i] = f
		if f.Name == filter.CCITTFax {
			parms := types.Dict{"Columns": types.Integer(1728)}
			for key, v := range f.DecodeParms {
				parms[key] = v
			}
			if rows, _ := parms["Rows"].(types.Integer); rows <= 0 {
				parms["Rows"] = types.Integer(h)
			}
			out[i].DecodeParms = parms
		}
	}
	return out
}

// invertedDecode reports whether the image's samples count down.
func (s *source) invertedDecode(sd *types.StreamDict) bool {
	d := s.array(firstOf(sd.Dict, "Decode", "D"))
	if len(d) < 2 {
		return false
	}
	from, _ := s.number(d[0])
	to, _ := s.number(d[1])
	return from > to
}

// spaceNames are the abbreviations of inline images.
var spaceNames = map[string]string{"G": "DeviceGray", "RGB": "DeviceRGB", "CMYK": "DeviceCMYK", "I": "Indexed"}

// readSpace reads how many colours a space has and which way they count.
func (s *source) readSpace(m *sampled, space types.Object, depth int) bool {
	family, params := s.name(space), s.array(space)
	if len(params) > 0 {
		family = s.name(params[0])
	}
	if long := spaceNames[family]; long != "" {
		family = long
	}
	switch family {
	case "DeviceGray", "CalGray":
		m.colours = 1
	case "DeviceRGB", "CalRGB":
		m.colours = 3
	case "DeviceCMYK":
		m.colours, m.subtractive = 4, true
	case "ICCBased":
		if len(params) > 1 {
			m.colours = s.integer(s.dict(s.need(params[1]))["N"])
			m.subtractive = m.colours == 4
		}
	case "Separation":
		m.colours, m.subtractive = 1, true
	case "DeviceN":
		if len(params) > 1 {
			m.colours, m.subtractive = len(s.array(params[1])), true
		}
	case "Indexed":
		return depth == 0 && s.readPalette(m, params)
	}
	return m.colours >= 1 && m.colours <= 32
}

// readPalette reads how light each colour of an indexed space is.
func (s *source) readPalette(m *sampled, params types.Array) bool {
	if len(params) < 4 {
		return false
	}
	var base sampled
	if !s.readSpace(&base, params[1], 1) {
		return false
	}
	table := []byte(nil)
	switch v := s.resolve(s.need(params[3])).(type) {
	case byteString:
		table = []byte(v)
	case types.StreamDict:
		table, _ = decodeAll(v, 1<<16)
	}
	for ; len(table) >= base.colours && len(m.palette) < 256; table = table[base.colours:] {
		m.palette = append(m.palette, base.lightest(table[:base.colours]))
	}
	m.colours = 1
	return len(m.palette) > 0
}

// lightest is how light one colour is on white paper: the least of red, green
// and blue, as samples of a byte.
func (m *sampled) lightest(c []byte) uint8 {
	least, most := c[0], c[0]
	for _, v := range c[1:] {
		least, most = min(least, v), max(most, v)
	}
	switch {
	case m.subtractive && m.colours == 4: // black adds to each of the others
		cmy := max(c[0], c[1], c[2])
		return 255 - uint8(min(255, int(cmy)+int(c[3])))
	case m.subtractive:
		return 255 - most
	}
	return least
}

// raster reads the samples row by row; rows that are missing are white.
func (m *sampled) raster() *raster {
	if m.bits != 1 && m.bits != 2 && m.bits != 4 && m.bits != 8 && m.bits != 16 {
		return nil
	}
	r := &raster{width: m.width, height: m.height, light: bytes.Repeat([]byte{255}, m.width*m.height)}
	row := (m.width*m.colours*m.bits + 7) / 8
	colour := make([]byte, m.colours)
	for y := 0; y < m.height && (y+1)*row <= len(m.data); y++ {
		line := m.data[y*row : (y+1)*row]
		for x := range m.width {
			if m.leavesOut(line, x) {
				continue
			}
			for i := range colour {
				colour[i] = m.sample(line, x*m.colours+i)
			}
			r.light[y*m.width+x] = m.lightOf(colour)
		}
	}
	return r
}

// leavesOut reports whether a pixel of a row is not painted.
func (m *sampled) leavesOut(line []byte, x int) bool {
	for i := range len(m.unpainted) / 2 {
		if v := m.number(line, x*m.colours+i); v < m.unpainted[2*i] || v > m.unpainted[2*i+1] {
			return false
		}
	}
	return m.unpainted != nil
}

func (m *sampled) lightOf(colour []byte) uint8 {
	if m.palette == nil {
		return m.lightest(colour)
	}
	if i := int(colour[0]); i < len(m.palette) {
		return m.palette[i]
	}
	return m.palette[len(m.palette)-1]
}

// sample is one of a row, brought to a byte; an index stays as it is.
func (m *sampled) sample(line []byte, i int) byte {
	v, most := m.number(line, i), 1<<m.bits-1
	if m.bits == 16 {
		v, most = v>>8, 255
	}
	if m.inverted {
		v = most - v
	}
	if m.palette == nil {
		v = v * 255 / most
	}
	return byte(v)
}

// number is a sample as it stands in a row.
func (m *sampled) number(line []byte, i int) int {
	switch m.bits {
	case 8:
		return int(line[i])
	case 16:
		return int(line[2*i])<<8 | int(line[2*i+1])
	}
	at := i * m.bits
	return int(line[at/8]) >> (8 - m.bits - at%8) & (1<<m.bits - 1)
}

// photograph decodes a JPEG. Of CMYK the decoder takes the samples for
// inverted, as Adobe's programs write them; the file says so with Decode.
func photograph(data []byte, inverted bool) *raster {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > mostPixels(data, c.ColorModel)/c.Height {
		return nil
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	r := &raster{width: c.Width, height: c.Height}
	if g, ok := img.(*image.Gray); ok && !inverted && g.Stride == c.Width {
		r.light = g.Pix
		return r
	}
	r.light = make([]uint8, c.Width*c.Height)
	if c, ok := img.(*image.YCbCr); ok && !inverted {
		r.readYCbCr(c)
		return r
	}
	_, cmyk := img.(*image.CMYK)
	b := img.Bounds()
	for y := range c.Height {
		for x := range c.Width {
			red, green, blue, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			v := uint8(min(red, green, blue) >> 8)
			if inverted != cmyk {
				v = 255 - uint8(max(red, green, blue)>>8)
			}
			r.light[y*c.Width+x] = v
		}
	}
	return r
}

// mostPixels is how large a JPEG may be so that decoding it stays in memory.
func mostPixels(data []byte, model color.Model) int {
	switch {
	case bytes.Contains(data, []byte{0xff, 0xc2}): // the start of a progressive frame
		return maxProgressive
	case model == color.GrayModel:
		return maxPixelBytes
	}
	return maxPixelBytes / 3
}

// readYCbCr is the common case, without an interface for each pixel.
func (r *raster) readYCbCr(c *image.YCbCr) {
	b := c.Bounds()
	for y := range r.height {
		for x := range r.width {
			luma, chroma := c.YOffset(b.Min.X+x, b.Min.Y+y), c.COffset(b.Min.X+x, b.Min.Y+y)
			red, green, blue := color.YCbCrToRGB(c.Y[luma], c.Cb[chroma], c.Cr[chroma])
			r.light[y*r.width+x] = min(red, green, blue)
		}
	}
}

// seenThrough lightens an image where its masks make it transparent.
func (s *source) seenThrough(r *raster, sd *types.StreamDict) *raster {
	mask, stencil := s.stream(s.need(sd.Dict["SMask"])), false
	if mask == nil {
		mask, stencil = s.stream(s.need(sd.Dict["Mask"])), true
	}
	if mask == nil {
		return r
	}
	w, h := s.integer(mask.Dict["Width"]), s.integer(mask.Dict["Height"])
	if w <= 0 || h <= 0 || w > s.limits.ImagePixels/h {
		return r
	}
	if s.lookedAt += w * h; s.lookedAt > maxLookedAt {
		return r
	}
	alpha := s.samples(mask, mask.Dict["ColorSpace"], w, h)
	if alpha == nil {
		return r
	}
	for y := range r.height {
		for x := range r.width {
			a := int(alpha.at(x*alpha.width/r.width, y*alpha.height/r.height))
			if stencil {
				a = 255 - a // a sample of 1 is not painted
			}
			i := y*r.width + x
			r.light[i] = uint8(255 - (255-int(r.light[i]))*a/255)
		}
	}
	return r
}
