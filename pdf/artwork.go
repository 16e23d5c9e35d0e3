package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	xdraw "golang.org/x/image/draw"

	"github.com/courrier-go/courrier"
)

// Artwork is a logo or a signature, decoded and encoded once for many letters.
// It does not change and may be shared.
type Artwork struct {
	kind          string // "png" or "jpg"
	data          []byte
	key           string // names the same pixels alike
	width, height int    // pixels
	image         image.Image
}

// maxArtworkSide is the most pixels that a side keeps: a logo's 60 mm at more than
// 600 dots an inch. Each letter carries what is beyond.
const maxArtworkSide = 1600

// NewArtwork reads a PNG or JPEG, and scales it down to what a printer shows.
// Transparent parts become white: that is what they are on paper. It answers [courrier.ErrInvalid] to anything else and to
// more than 40 million pixels.
func NewArtwork(data []byte) (*Artwork, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	limits := Limits{}.withDefaults()
	var c courrier.Checks
	c.Require(err == nil && (format == "png" || format == "jpeg"), "Artwork", "must be a PNG or a JPEG", "convert the image")
	c.Require(config.Width*config.Height <= limits.ImagePixels, "Artwork",
		fmt.Sprintf("has more than %d pixels", limits.ImagePixels), "scale the image down")
	if err := c.Err(); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &courrier.FieldError{Field: "Artwork", Rule: "cannot be decoded", Remedy: "save the image again"}
	}
	if max(config.Width, config.Height) > maxArtworkSide {
		img, data = scaledDown(img), nil
	}
	return encodeArtwork(img, format, data)
}

// scaledDown returns the image with its longer side at maxArtworkSide.
func scaledDown(img image.Image) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	longer := max(w, h)
	to := image.NewRGBA(image.Rect(0, 0, max(1, w*maxArtworkSide/longer), max(1, h*maxArtworkSide/longer)))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	xdraw.BiLinear.Scale(to, to.Bounds(), img, img.Bounds(), xdraw.Over, nil)
	return to
}

// encodeArtwork keeps the data of a JPEG as it is; nil has it encoded.
func encodeArtwork(img image.Image, format string, data []byte) (*Artwork, error) {
	a := &Artwork{kind: "jpg", data: data, width: img.Bounds().Dx(), height: img.Bounds().Dy(), image: img}
	var b bytes.Buffer
	var err error
	switch _, isCMYK := img.(*image.CMYK); {
	case format != "jpeg" || isCMYK:
		a.kind, a.image = "png", onWhite(img)
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, a.image)
	case data == nil:
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 90})
	}
	if err != nil {
		return nil, fmt.Errorf("artwork: %w", err)
	}
	if b.Len() > 0 {
		a.data = b.Bytes()
	}
	a.key = fmt.Sprintf("%x", sha256.Sum256(a.data))
	return a, nil
}

// onWhite puts the image on white paper and keeps its colours in a palette
// when they are few, as those of logos are.
func onWhite(img image.Image) image.Image {
	bounds := image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy())
	flat := image.NewRGBA(bounds)
	draw.Draw(flat, bounds, image.White, image.Point{}, draw.Src)
	draw.Draw(flat, bounds, img, img.Bounds().Min, draw.Over)
	index := map[color.RGBA]uint8{}
	var palette color.Palette
	paletted := image.NewPaletted(bounds, nil)
	for i := 0; i < len(flat.Pix); i += 4 {
		c := color.RGBA{flat.Pix[i], flat.Pix[i+1], flat.Pix[i+2], 0xff}
		n, ok := index[c]
		if !ok {
			if len(palette) == 256 {
				return flat
			}
			n = uint8(len(palette))
			index[c] = n
			palette = append(palette, c)
		}
		paletted.Pix[i/4] = n
	}
	paletted.Palette = palette
	return paletted
}

// fit returns the size in millimetres at which the artwork fills the box as
// far as its shape allows.
func (a *Artwork) fit(w, h float64) (float64, float64) {
	ratio := float64(a.width) / float64(max(a.height, 1))
	if w/h > ratio {
		return h * ratio, h
	}
	return w, w / ratio
}
