package pdf

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
)

// imageObject is an image as an object of a file: the entries of its dictionary
// and its data, ready to be copied into every letter.
type imageObject struct {
	entries string
	data    []byte
}

// forLetters encodes the artwork at the size that letters print it at.
func (a *Artwork) forLetters() (imageObject, error) {
	small := scaledDown(a.image, maxPrintedWidth, maxPrintedHeight)
	data, isPNG := a.data, a.kind == "png"
	var err error
	switch {
	case isPNG:
		if small != a.image {
			small = onWhite(small)
			data, err = pngOf(small)
		}
		if err == nil && len(data) > maxLossless {
			isPNG = false
			data, err = jpegOf(small)
		}
	case small != a.image:
		data, err = jpegOf(small)
	}
	if err != nil {
		return imageObject{}, err
	}
	if isPNG {
		return pngObject(data), nil
	}
	return jpegObject(small, data), nil
}

const imageEntries = "/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent %d/ColorSpace%s"

func jpegObject(img image.Image, data []byte) imageObject {
	space := "/DeviceRGB"
	if img.ColorModel() == color.GrayModel {
		space = "/DeviceGray"
	}
	size := img.Bounds().Size()
	return imageObject{fmt.Sprintf(imageEntries, size.X, size.Y, 8, space) + "/Filter/DCTDecode", data}
}

// pngObject takes a PNG of this package apart: what it compressed is what a PDF
// stores (ISO 32000-1, 7.4.4.4).
func pngObject(data []byte) imageObject {
	var head, palette, packed []byte
	for at := 8; at+12 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		content := data[at+8 : at+8+size]
		switch string(data[at+4 : at+8]) {
		case "IHDR":
			head = content
		case "PLTE":
			palette = content
		case "IDAT":
			packed = append(packed, content...)
		}
		at += 12 + size
	}
	width, height := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	depth, channels, space := head[8], 3, "/DeviceRGB"
	if palette != nil {
		channels, space = 1, fmt.Sprintf("[/Indexed/DeviceRGB %d<%X>]", len(palette)/3-1, palette)
	}
	return imageObject{fmt.Sprintf(imageEntries, width, height, depth, space) +
		fmt.Sprintf("/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>", channels, depth,
			width), packed}
}
