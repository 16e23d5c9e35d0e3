// Package imagefile reads PNG and JPEG, and nothing else. Package image would ask every
// decoder that some package of the program registered: a TIFF of 500 bytes had 2 GiB
// allocated before it was refused.
package imagefile

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// Format is a format of images that is taken.
type Format struct {
	Name         string // "png" or "jpeg"
	magic        string // its first bytes
	DecodeConfig func(io.Reader) (image.Config, error)
	Decode       func(io.Reader) (image.Image, error)
}

var formats = []Format{
	{"png", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"jpeg", "\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
}

// Config returns the format of an image and its size; [image.ErrFormat] for what is
// neither PNG nor JPEG.
func Config(data []byte) (Format, image.Config, error) {
	for _, f := range formats {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			config, err := f.DecodeConfig(bytes.NewReader(data))
			return f, config, err
		}
	}
	return Format{}, image.Config{}, image.ErrFormat
}
