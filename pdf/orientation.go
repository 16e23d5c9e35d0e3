package pdf

import (
	"bytes"
	"encoding/binary"
	"image"
)

// turn is how a picture lies, as cameras note it: 1 to 8 (Exif 2.32, tag 0x0112).
type turn int

const upright turn = 1

// orientation reads it from a JPEG or a PNG. A file that says nothing, or nothing
// that can be read, is upright.
func orientation(data []byte, format string) turn {
	if format == "png" {
		return exifTurn(pngChunk(data, "eXIf"))
	}
	for _, seg := range jpegSegments(data) {
		content := data[seg.from+4 : seg.to]
		if seg.marker == 0xe1 && bytes.HasPrefix(content, []byte("Exif\x00\x00")) {
			return exifTurn(content[6:])
		}
	}
	return upright
}

// jpegSegment is a part of a JPEG before the picture itself.
type jpegSegment struct {
	marker   byte
	from, to int
}

func jpegSegments(data []byte) []jpegSegment {
	var out []jpegSegment
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		size := int(binary.BigEndian.Uint16(data[at+2:]))
		if size < 2 || at+2+size > len(data) || data[at+1] == 0xda { // the picture itself begins
			break
		}
		out = append(out, jpegSegment{data[at+1], at, at + 2 + size})
		at += 2 + size
	}
	return out
}

// withoutNotes returns a JPEG without what cameras and programs note in it: where
// and when it was taken is nobody's business in a letter. What a decoder needs of
// them (APP0, APP14) stays.
func withoutNotes(data []byte) []byte {
	out := append([]byte{}, data[:2]...)
	end := 2
	for _, seg := range jpegSegments(data) {
		isNote := seg.marker > 0xe0 && seg.marker <= 0xef && seg.marker != 0xee || seg.marker == 0xfe
		if !isNote {
			out = append(out, data[seg.from:seg.to]...)
		}
		end = seg.to
	}
	return append(out, data[end:]...)
}

func pngChunk(data []byte, kind string) []byte {
	for at := 8; at+12 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if size < 0 || at+12+size > len(data) {
			break
		}
		if string(data[at+4:at+8]) == kind {
			return data[at+8 : at+8+size]
		}
		at += 12 + size
	}
	return nil
}

// exifTurn looks through the first directory of a TIFF header.
func exifTurn(tiff []byte) turn {
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return upright
	}
	for n := int(order.Uint16(tiff[at:])); n > 0; n-- {
		entry := at + 2 + 12*(n-1)
		if entry+12 > len(tiff) {
			continue
		}
		if v := turn(order.Uint16(tiff[entry+8:])); order.Uint16(tiff[entry:]) == 0x0112 && v >= 1 && v <= 8 {
			return v
		}
	}
	return upright
}

// turned sets a picture upright. What is at x, y of the result stood, in the
// picture, as the eight cases of the standard have it.
func turned(img image.Image, t turn) image.Image {
	if t == upright {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if t >= 5 {
		w, h = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			from := t.source(x, y, w, h)
			out.Set(x, y, img.At(b.Min.X+from.X, b.Min.Y+from.Y))
		}
	}
	return out
}

// source is the point of the lying picture that comes to x, y of an upright one
// of w by h.
func (t turn) source(x, y, w, h int) image.Point {
	right, below := w-1-x, h-1-y
	switch t {
	case 2:
		return image.Pt(right, y)
	case 3:
		return image.Pt(right, below)
	case 4:
		return image.Pt(x, below)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(y, right)
	case 7:
		return image.Pt(below, right)
	case 8:
		return image.Pt(below, x)
	}
	return image.Pt(x, y)
}
