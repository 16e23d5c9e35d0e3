package imagefile_test

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/imagefile"
)

// What another package registered is not asked: a GIF is no picture here, though this
// test imports its decoder.
func TestConfig(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	grey := image.NewGray(image.Rect(0, 0, 3, 2))
	for name, encode := range map[string]func() error{
		"png":  func() error { return png.Encode(&b, grey) },
		"jpeg": func() error { return jpeg.Encode(&b, grey, nil) },
	} {
		b.Reset()
		require.NoError(t, encode())
		format, size, err := imagefile.Config(b.Bytes())
		require.NoError(t, err)
		require.Equal(t, name, format.Name)
		require.Equal(t, []int{3, 2}, []int{size.Width, size.Height})
		_, _, err = imagefile.Config(b.Bytes()[:12])
		require.Error(t, err, "cut")
	}
	b.Reset()
	require.NoError(t, gif.Encode(&b, grey, nil))
	for _, data := range [][]byte{b.Bytes(), nil, []byte("II*\x00\x08\x00\x00\x00"), []byte("MM\x00*")} {
		_, _, err := imagefile.Config(data)
		require.ErrorIs(t, err, image.ErrFormat)
	}
}
