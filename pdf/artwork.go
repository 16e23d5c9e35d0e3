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
	"github.com/courrier-go/courrier/internal/imagefile"
)

// Artwork is a logo or a signature, decoded and encoded once for many letters.
// It does not change and may be shared.
type Artwork struct {
	kind          string // "png" or "jpg"
	data          []byte
	key           string // names the same pixels alike
	width, height int    // pixels
	image         image.Image
	printed       imageObject // as letters carry it
}

// Bounds of an image that is read: a photograph of a telephone is below both.
const (
	maxArtworkBytes  = 16 << 20
	maxArtworkPixels = 25_000_000
)

// maxArtworkSide is the most pixels that a side keeps, for stamps: 135 mm at 300
// dots an inch.
const maxArtworkSide = 1600

// What letters carry: a logo is at most 60 mm wide and a signature 20 mm high,
// and 400 dots an inch are more than a printer shows of either.
const (
	maxPrintedWidth  = 945
	maxPrintedHeight = 315
	maxLossless      = 150 << 10 // bytes: a larger image of many colours is a photograph
)

// NewArtwork reads a PNG or JPEG, turns it upright as its camera noted, and
// scales it down to what a printer shows. Transparent parts become white: that is
// what they are on paper. It answers [courrier.ErrInvalid] to anything else, to
// more than 16 MiB and to more than 25 million pixels.
func NewArtwork(data []byte) (*Artwork, error) {
	var c courrier.Checks
	c.Require(len(data) <= maxArtworkBytes, "Artwork", fmt.Sprintf("is larger than %d MiB", maxArtworkBytes>>20), "scale the image down")
	if err := c.Err(); err != nil {
		return nil, err
	}
	format, config, err := imagefile.Config(data)
	c.Require(err == nil, "Artwork", "must be a PNG or a JPEG", "convert the image")
	c.Require(config.Width*config.Height <= maxArtworkPixels, "Artwork", fmt.Sprintf("has more than %d pixels", maxArtworkPixels),
		"scale the image down")
	if err := c.Err(); err != nil {
		return nil, err
	}
	img, err := format.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &courrier.FieldError{Field: "Artwork", Rule: "cannot be decoded", Remedy: "save the image again"}
	}
	turn := orientation(data, format.Name)
	if max(config.Width, config.Height) > maxArtworkSide || turn != upright {
		img, data = turned(scaledDown(img, maxArtworkSide, maxArtworkSide), turn), nil
	}
	return encodeArtwork(img, format.Name, data)
}

// scaledDown returns the image at no more than the given size, in its shape.
func scaledDown(img image.Image, maxWidth, maxHeight int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w <= maxWidth && h <= maxHeight {
		return img
	}
	if w*maxHeight > h*maxWidth {
		w, h = maxWidth, h*maxWidth/w
	} else {
		w, h = w*maxHeight/h, maxHeight
	}
	to := image.NewRGBA(image.Rect(0, 0, max(1, w), max(1, h)))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	xdraw.BiLinear.Scale(to, to.Bounds(), img, img.Bounds(), xdraw.Over, nil)
	return to
}

// encodeArtwork keeps a JPEG's picture as it is encoded; nil has it encoded.
func encodeArtwork(img image.Image, format string, data []byte) (*Artwork, error) {
	a := &Artwork{kind: "jpg", data: data, width: img.Bounds().Dx(), height: img.Bounds().Dy(), image: img}
	var err error
	switch _, isCMYK := img.(*image.CMYK); {
	case format != "jpeg" || isCMYK:
		a.kind, a.image = "png", onWhite(img)
		a.data, err = pngOf(a.image)
	case data == nil:
		a.data, err = jpegOf(img)
	default:
		a.data = withoutNotes(data)
	}
	if err == nil {
		a.printed, err = a.forLetters()
	}
	if err != nil {
		return nil, fmt.Errorf("artwork: %w", err)
	}
	a.key = fmt.Sprintf("%x", sha256.Sum256(a.data))
	return a, nil
}

func pngOf(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}

func jpegOf(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90})
	return b.Bytes(), err
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
