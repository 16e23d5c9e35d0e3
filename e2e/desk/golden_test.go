package desk_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var updateScreens = flag.Bool("update-screens", false, "write the golden screens, to be looked at")

// tolerance is how far, on average, a grey of 0 to 255 may lie from the golden one:
// fonts differ a little between machines, a lost column or a moved menu is more.
const tolerance = 6

// The screens look as they did when somebody looked at them.
func TestScreensLookAsTheyDid(t *testing.T) {
	browser(t)
	p := newPerson(t, product(t))
	p.as("claire", "fr")
	var review string
	p.open("/desk/todo")
	p.do(chromedp.AttributeValue("table.list tbody tr a", "href", &review, nil, chromedp.ByQuery))
	screens := map[string]string{
		"todo": "/desk/todo", "review": review, "late": "/desk/late", "customers": "/desk/customers", "customer": "/desk/customers/C-103",
		"letters": "/desk/letters", "send": "/desk/send", "credits": "/desk/credits", "policies": "/desk/policies", "policy": "/desk/policies/standard",
		"results": "/desk/results", "evidence": "/desk/evidence",
	}
	for _, as := range []struct {
		name, language, scheme string
		width                  int64
	}{{"light", "fr", "light", 1280}, {"dark", "fr", "dark", 1280}, {"narrow", "fr", "light", 390}, {"english", "en", "light", 1280}} {
		p.as("claire", as.language)
		p.do(chromedp.EmulateViewport(as.width, 900), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: as.scheme}}))
		for name, path := range screens {
			p.open(path)
			var shot []byte
			p.do(chromedp.CaptureScreenshot(&shot))
			compare(t, filepath.Join("testdata", name+"-"+as.name+".png"), small(t, shot))
		}
	}
}

// small returns a picture a quarter as wide, in grey.
func small(t *testing.T, shot []byte) *image.Gray {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(shot))
	require.NoError(t, err)
	const by = 4
	size := full.Bounds()
	grey := image.NewGray(image.Rect(0, 0, size.Dx()/by, size.Dy()/by))
	for y := range grey.Rect.Dy() {
		for x := range grey.Rect.Dx() {
			sum := 0
			for i := range by * by {
				sum += int(color.GrayModel.Convert(full.At(size.Min.X+x*by+i%by, size.Min.Y+y*by+i/by)).(color.Gray).Y)
			}
			grey.SetGray(x, y, color.Gray{Y: uint8(sum / (by * by))})
		}
	}
	return grey
}

func compare(t *testing.T, path string, got *image.Gray) {
	t.Helper()
	if *updateScreens {
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, got))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
	}
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	decoded, err := png.Decode(file)
	require.NoError(t, err)
	want, ok := decoded.(*image.Gray)
	require.True(t, ok)
	require.Equal(t, want.Rect, got.Rect, path)
	sum := 0
	for i := range want.Pix {
		d := int(want.Pix[i]) - int(got.Pix[i])
		sum += max(d, -d)
	}
	require.LessOrEqual(t, sum/len(want.Pix), tolerance, path)
}
