package pdf_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// windowOf are the kinds of ink that an inspection finds in the window of fr-dl.
func windowOf(t testing.TB, file []byte) []pdf.InkKind {
	t.Helper()
	f, _ := inspect(t, file, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}).Find(pdf.CodeWindow)
	return f.Ink
}

// withoutText cuts the lines of text out of a case file, for they stand in the
// window and are not what it is about.
func withoutText(t testing.TB, name string) []byte {
	t.Helper()
	b := caseFile(t, name)
	for {
		i := bytes.Index(b, []byte("(Line"))
		if i < 0 {
			return b
		}
		end := bytes.IndexByte(b[i:], ')')
		copy(b[i+1:], bytes.Repeat([]byte(" "), end-1))
	}
}

func transparencyMultiplies(t *testing.T) {
	require.Nil(t, windowOf(t, withoutText(t, "alpha-group-hidden")))
	require.Nil(t, windowOf(t, caseFile(t, "smask-hidden")))
	const (
		group  = "/Subtype /Form /BBox [0 0 999 999] /Group <</S /Transparency>> "
		states = "/ExtGState <</Z <</ca 0 /CA 0>> /O <</ca 1 /CA 1>> /H <</ca 0.5 /CA 0.5>> /M <</SMask 9 0 R>> /N <</SMask /None>>>> "
		mask   = "<</S /Luminosity /G 10 0 R>>"
	)
	ink := mm(120, 60, 10, 10) + " f "
	maskOf := func(content string) string {
		return streamObject(group, content)
	}
	pixel := func(space, sample string) string {
		return "q 999 0 0 999 0 0 cm BI /W 1 /H 1 /BPC 8 /CS " + space + " ID " + sample + " EI Q"
	}
	drawing := []pdf.InkKind{pdf.InkDrawing}
	for name, c := range map[string]struct {
		content, form, mask, maskForm string
		want                          []pdf.InkKind
	}{
		"a group of no alpha":        {content: "/Z gs /X Do", form: streamObject(group, ink)},
		"its inner alpha is no help": {content: "/Z gs /X Do", form: streamObject(group+"/Resources <<"+states+">>", "/O gs "+ink)},
		"a group half seen":          {content: "/H gs /X Do", form: streamObject(group, ink), want: drawing},
		"a group within a group":     {content: "/Z gs /X Do", form: streamObject(group+"/Resources <</XObject <</Y 11 0 R>>>>", "/Y Do")},
		"a stroke in it":             {content: "/Z gs /X Do", form: streamObject(group, "5 w 300 650 m 500 650 l S")},
		"text in it": {content: "/Z gs /X Do", form: streamObject(group+"/Resources <</Font <</F1 6 0 R>>>>", at(120, 65,
			"!"))},
		"an image in it": {content: "/Z gs /X Do", form: streamObject(group,
			"50 0 0 20 340 650 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI")},
		"a form that is no group": {content: "/Z gs /X Do",
			form: streamObject("/Subtype /Form /BBox [0 0 999 999] /Resources <<"+states+">>", "/O gs "+ink), want: drawing},
		"alpha undone":                    {content: "q /Z gs Q /X Do", form: streamObject(group, ink), want: drawing},
		"a black mask":                    {content: "/M gs " + ink, maskForm: maskOf("0 g 0 0 999 999 re f")},
		"an empty mask":                   {content: "/M gs " + ink, maskForm: maskOf("")},
		"a white mask":                    {content: "/M gs " + ink, maskForm: maskOf("1 g 0 0 999 999 re f"), want: drawing},
		"a grey mask":                     {content: "/M gs " + ink, maskForm: maskOf("0.3 g 0 0 999 999 re f"), want: drawing},
		"white elsewhere":                 {content: "/M gs 0 0 999 999 re f", maskForm: maskOf("1 g 0 0 999 300 re f")},
		"white in a corner of the window": {content: "/M gs 0 0 999 999 re f", maskForm: maskOf("1 g 300 600 20 20 re f"), want: drawing},
		"white, then black over it":       {content: "/M gs " + ink, maskForm: maskOf("1 g 0 0 999 999 re f 0 g 0 0 999 999 re f")},
		"black, then white over it": {content: "/M gs " + ink, maskForm: maskOf("0 g 0 0 999 999 re f 1 g 0 0 999 999 re f"),
			want: drawing},
		"black in CMYK": {content: "/M gs " + ink, maskForm: maskOf("0 0 0 1 k 0 0 999 999 re f")},
		"a white backdrop": {content: "/M gs " + ink, mask: "<</S /Luminosity /G 10 0 R /BC [1]>>", maskForm: maskOf(""),
			want: drawing},
		"a black backdrop in CMYK": {content: "/M gs " + ink, mask: "<</S /Luminosity /G 10 0 R /BC [0 0 0 1]>>", maskForm: maskOf("")},
		"a mask by shape, nothing": {content: "/M gs " + ink, mask: "<</S /Alpha /G 10 0 R>>", maskForm: maskOf("")},
		"a mask by shape, black": {content: "/M gs " + ink, mask: "<</S /Alpha /G 10 0 R>>",
			maskForm: maskOf("0 g 0 0 999 999 re f"), want: drawing},
		"a transfer function is not known": {content: "/M gs " + ink, mask: "<</S /Luminosity /G 10 0 R /TR 10 0 R>>", maskForm: maskOf(""),
			want: drawing},
		"a dark picture":  {content: "/M gs " + ink, maskForm: maskOf(pixel("/G", "\x00"))},
		"a light picture": {content: "/M gs " + ink, maskForm: maskOf(pixel("/G", "\xff")), want: drawing},
		"a picture that is light elsewhere": {content: "/M gs " + ink, maskForm: maskOf(
			"999 0 0 999 0 0 cm BI /W 1 /H 2 /BPC 8 /CS /G ID \x00\xff EI")},
		"a light picture under black": {content: "/M gs " + ink, maskForm: maskOf(pixel("/G", "\xff") + " 0 g 0 0 999 999 re f")},
		"a blue picture":              {content: "/M gs " + ink, maskForm: maskOf(pixel("/RGB", "\x00\x00\xff")), want: drawing},
		"a mask that is not there":    {content: "/M gs " + ink, mask: "<</S /Luminosity /G 99 0 R>>", want: drawing},
		"the mask undone":             {content: "/M gs /N gs " + ink, maskForm: maskOf(""), want: drawing},
		"a mask over a group": {content: "/M gs /X Do", form: streamObject(group+"/Resources <<"+states+">>", "/N gs "+ink),
			maskForm: maskOf("")},
		"set under another matrix": {content: "q 0.5 0 0 0.5 0 0 cm /M gs 2 0 0 2 0 0 cm " + ink + "Q",
			maskForm: maskOf("1 g 0 1300 999 400 re f")},
		"moved with its matrix": {content: "q 1 0 0 1 300 600 cm /M gs 1 0 0 1 -300 -600 cm " + ink + "Q",
			maskForm: maskOf("1 g 0 0 200 200 re f"), want: drawing},
	} {
		t.Run(name, func(t *testing.T) {
			form, def := c.form, c.mask
			if form == "" {
				form = "null"
			}
			if def == "" {
				def = mask
			}
			maskForm := c.maskForm
			if maskForm == "" {
				maskForm = "null"
			}
			file := embedded(sheet{content: c.content + " 0 g " + mm(30, 150, 5, 5) + " f", resources: states + "/XObject <</X 8 0 R>> ",
				extra: []string{"null", form, def, maskForm, streamObject(group, ink)}})
			require.Equal(t, c.want, windowOf(t, file))
			requireSameLook(t, file, printed(t, file))
		})
	}
	for name, c := range map[string]struct {
		dict, smask string
		want        []pdf.InkKind
	}{
		"an image behind a black mask": {"/SMask 8 0 R", streamObject("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray", "\x00"), nil},
		"an image behind a white mask": {"/SMask 8 0 R", streamObject("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray", "\xff"),
			[]pdf.InkKind{pdf.InkImage}},
		"an image behind a stencil": {"/Mask 8 0 R", streamObject("/Subtype /Image /Width 1 /Height 1 /ImageMask true /BitsPerComponent 1",
			"\x80"), nil},
		"an image of the colour that it leaves out":     {"/Mask [0 9]", "null", nil},
		"an image beside the colour that it leaves out": {"/Mask [1 9]", "null", []pdf.InkKind{pdf.InkImage}},
		"an image with a colour of too many parts":      {"/Mask [0 9 0 9]", "null", []pdf.InkKind{pdf.InkImage}},
		"an image before a stencil": {"/Mask 8 0 R", streamObject("/Subtype /Image /Width 1 /Height 1 /ImageMask true /BitsPerComponent 1",
			"\x00"),
			[]pdf.InkKind{pdf.InkImage}},
	} {
		t.Run(name, func(t *testing.T) {
			file := embedded(sheet{content: "144 0 0 60 340 650 cm /I Do", resources: "/XObject <</I 7 0 R>> ",
				extra: []string{streamObject("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray "+c.dict, "\x00"),
					c.smask}})
			require.Equal(t, c.want, windowOf(t, file))
			requireSameLook(t, file, printed(t, file))
		})
	}
}

// scan is a page of one image of so many pixels, whose dark ones stand in the
// box, given in millimetres.
func scan(wide, high int, dark pdf.Box, encode func(dark func(x, y int) bool) (dict string, data []byte)) []byte {
	dict, data := encode(func(x, y int) bool {
		px, py := (float64(x)+0.5)/float64(wide)*210, (float64(y)+0.5)/float64(high)*297
		return px > dark.X && px < dark.Right() && py > dark.Y && py < dark.Bottom()
	})
	return embedded(sheet{content: "595.28 0 0 841.89 0 0 cm /I Do", resources: "/XObject <</I 7 0 R>> ",
		extra: []string{streamObject(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d %s", wide, high, dict), string(data))}})
}

func whiteIsNoInk(t *testing.T) {
	const wide, high = 420, 594 // half a millimetre a pixel
	samples := func(colours int, paper, ink []byte) func(func(x, y int) bool) []byte {
		return func(dark func(x, y int) bool) []byte {
			out := make([]byte, 0, wide*high*colours)
			for y := range high {
				for x := range wide {
					if dark(x, y) {
						out = append(out, ink...)
					} else {
						out = append(out, paper...)
					}
				}
			}
			return out
		}
	}
	plain := func(dict string, make func(func(x, y int) bool) []byte) func(func(x, y int) bool) (string, []byte) {
		return func(dark func(x, y int) bool) (string, []byte) {
			return dict + " /Filter /FlateDecode", deflate(make(dark))
		}
	}
	bits := func(ink bool) func(func(x, y int) bool) []byte {
		return func(dark func(x, y int) bool) []byte {
			row := (wide + 7) / 8
			out := make([]byte, row*high)
			for y := range high {
				for x := range wide {
					if dark(x, y) == ink {
						out[y*row+x/8] |= 0x80 >> (x % 8)
					}
				}
			}
			return out
		}
	}
	photo := func(model func(image.Rectangle) interface {
		image.Image
		Set(int, int, color.Color)
	}) func(func(x, y int) bool) (string, []byte) {
		return func(dark func(x, y int) bool) (string, []byte) {
			img := model(image.Rect(0, 0, wide, high))
			for y := range high {
				for x := range wide {
					img.Set(x, y, color.White)
					if dark(x, y) {
						img.Set(x, y, color.Black)
					}
				}
			}
			var b bytes.Buffer
			_ = jpeg.Encode(&b, img, nil)
			return "/BitsPerComponent 8 /Filter /DCTDecode", b.Bytes()
		}
	}
	grey := func(r image.Rectangle) interface {
		image.Image
		Set(int, int, color.Color)
	} {
		return image.NewGray(r)
	}
	rgb := func(r image.Rectangle) interface {
		image.Image
		Set(int, int, color.Color)
	} {
		return image.NewRGBA(r)
	}
	withSpace := func(space string, encode func(func(x, y int) bool) (string, []byte)) func(func(x, y int) bool) (string, []byte) {
		return func(dark func(x, y int) bool) (string, []byte) {
			dict, data := encode(dark)
			return dict + " /ColorSpace " + space, data
		}
	}
	for name, encode := range map[string]func(func(x, y int) bool) (string, []byte){
		"grey":                  plain("/BitsPerComponent 8 /ColorSpace /DeviceGray", samples(1, []byte{255}, []byte{0})),
		"nearly white":          plain("/BitsPerComponent 8 /ColorSpace /DeviceGray", samples(1, []byte{240}, []byte{90})),
		"grey that counts down": plain("/BitsPerComponent 8 /ColorSpace /DeviceGray /Decode [1 0]", samples(1, []byte{0}, []byte{255})),
		"RGB":                   plain("/BitsPerComponent 8 /ColorSpace /DeviceRGB", samples(3, []byte{255, 255, 255}, []byte{0, 0, 255})),
		"RGB of 16 bits": plain("/BitsPerComponent 16 /ColorSpace /DeviceRGB", samples(6, bytes.Repeat([]byte{255}, 6), make([]byte,
			6))),
		"CMYK": plain("/BitsPerComponent 8 /ColorSpace /DeviceCMYK", samples(4, []byte{0, 0, 0, 0}, []byte{0, 0, 0, 255})),
		"a palette": plain("/BitsPerComponent 8 /ColorSpace [/Indexed /DeviceRGB 1 <000000FFFFFF>]", samples(1, []byte{1},
			[]byte{0})),
		"a tint": plain("/BitsPerComponent 8 /ColorSpace [/Separation /Black /DeviceGray <<>>]", samples(1, []byte{0},
			[]byte{255})),
		"one bit":                  plain("/BitsPerComponent 1 /ColorSpace /DeviceGray", bits(false)),
		"one bit that counts down": plain("/BitsPerComponent 1 /ColorSpace /DeviceGray /Decode [1 0]", bits(true)),
		"a stencil":                plain("/ImageMask true", bits(false)),
		"a stencil, inverted":      plain("/ImageMask true /Decode [1 0]", bits(true)),
		"a predictor": plain("/BitsPerComponent 8 /ColorSpace /DeviceGray /DecodeParms <</Predictor 15 /Columns 420>>", func(dark func(x,
			y int) bool) []byte {
			raw := samples(1, []byte{255}, []byte{0})(dark)
			var out []byte
			for y := range high {
				out = append(out, 1)
				last := byte(0)
				for _, v := range raw[y*wide : (y+1)*wide] {
					out, last = append(out, v-last), v
				}
			}
			return out
		}),
		"a photograph":         withSpace("/DeviceRGB", photo(rgb)),
		"a photograph in grey": withSpace("/DeviceGray", photo(grey)),
		"a fax":                fax(wide, high),
	} {
		t.Run(name, func(t *testing.T) {
			for box, want := range map[pdf.Box][]pdf.InkKind{
				{X: 20, Y: 120, W: 150, H: 150}:  nil, // the body of a letter
				{X: 120, Y: 60, W: 20, H: 5}:     {pdf.InkImage},
				{X: 92, Y: 60, W: 8, H: 3}:       {pdf.InkImage}, // it reaches in
				{X: 120, Y: 91, W: 20, H: 2}:     nil,            // just below
				{X: 10000, Y: 10000, W: 1, H: 1}: nil,            // an empty sheet
			} {
				file := scan(wide, high, box, encode)
				require.Equal(t, want, windowOf(t, file), "%+v", box)
				_, margin := inspect(t, file, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}).Find(pdf.CodeMargin)
				require.False(t, margin)
			}
			_, margin := inspect(t, scan(wide, high, pdf.Box{X: 0, Y: 150, W: 3, H: 3}, encode), pdf.InspectOptions{Layout: layout(t,
				pdf.LayoutFrenchDL)}).Find(pdf.CodeMargin)
			require.True(t, margin)
		})
	}
	t.Run("dust is no ink, unless the layout says so", func(t *testing.T) {
		file := scan(wide, high, pdf.Box{X: 120, Y: 60, W: 0.5, H: 0.5}, plain("/BitsPerComponent 8 /ColorSpace /DeviceGray", samples(1,
			[]byte{255}, []byte{0})))
		for speck, want := range map[float64]bool{0.3: false, 0.1: true} {
			l := layout(t, pdf.LayoutFrenchDL)
			l.Tolerances.Speck = speck
			_, found := inspect(t, file, pdf.InspectOptions{Layout: l}).Find(pdf.CodeWindow)
			require.Equal(t, want, found)
		}
	})
	t.Run("what cannot be looked into is said", func(t *testing.T) {
		file := embedded(sheet{content: "595.28 0 0 841.89 0 0 cm /I Do", resources: "/XObject <</I 7 0 R>> ",
			extra: []string{streamObject("/Subtype /Image /Width 9 /Height 9 /Filter /JPXDecode", "xxxx")}})
		r := inspect(t, file, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
		require.Equal(t, []pdf.Code{pdf.CodeImageUnread}, codes(r))
		require.Equal(t, pdf.VerdictCheck, r.Verdict)
	})
	white := map[string]string{
		"grey": "1 g", "RGB": "1 1 1 rg", "CMYK": "0 0 0 0 k", "ICC": "/C cs 1 1 1 sc", "ICC of CMYK": "/K cs 0 0 0 0 sc",
		"Lab":       "/L cs 100 0 0 sc",
		"a palette": "/P cs 1 sc", "a tint": "/S cs 0 scn",
	}
	spaces := "/ColorSpace <</C [/ICCBased 7 0 R] /K [/ICCBased 8 0 R] /L [/Lab <<>>] /P [/Indexed /DeviceRGB 1 <000000FFFFFF>] /S [/Separation /Ink /DeviceGray <<>>]>> "
	for name, set := range white {
		t.Run("a background in "+name, func(t *testing.T) {
			background := set + " 0 0 596 842 re f 0 g " + mm(30, 150, 5, 5) + " f "
			file := func(content string) []byte {
				return embedded(sheet{content: content, resources: spaces, extra: []string{streamObject("/N 3", ""), streamObject("/N 4", "")}})
			}
			require.Nil(t, windowOf(t, file(background)))
			require.Nil(t, windowOf(t, file("0 g "+mm(120, 60, 9, 9)+" f "+background)), "it hides what was drawn before")
			require.NotNil(t, windowOf(t, file(background+"0 g "+mm(120, 60, 9, 9)+" f")))
			require.Equal(t, []pdf.InkKind{pdf.InkHiddenText}, windowOf(t, file("0 g "+at(120, 65, "!")+background)), "machines still read it")
		})
	}
	t.Run("an ink that is none", func(t *testing.T) {
		for name, want := range map[string][]pdf.InkKind{"/Separation /None": nil, "/DeviceN [/None /None]": nil,
			"/Separation /All": {pdf.InkDrawing}, "/DeviceN [/None /Black]": {pdf.InkDrawing}} {
			file := embedded(sheet{content: "/S cs 1 1 scn " + mm(120, 60, 9, 9) + " f",
				resources: "/ColorSpace <</S [" + name + " /DeviceGray <<>>]>> "})
			require.Equal(t, want, windowOf(t, file), name)
		}
	})
	t.Run("text of no size", func(t *testing.T) {
		require.Equal(t, []pdf.InkKind{pdf.InkHiddenText}, windowOf(t, embedded(sheet{content: "BT /F1 0 Tf 340 650 Td (!!) Tj ET"})))
	})
	t.Run("what does not hide", func(t *testing.T) {
		for name, cover := range map[string]string{
			"half seen": "/H gs 1 g 0 0 596 842 re f", "multiplied": "/B gs 1 g 0 0 596 842 re f", "beside it": "1 g 0 0 300 842 re f",
			"a triangle": "1 g 0 0 m 1000 0 l 0 1000 l f", "clipped by a triangle": "0 0 m 2000 0 l 0 2000 l h W n 1 g 0 0 596 842 re f",
		} {
			file := embedded(sheet{content: "0 g " + mm(120, 60, 9, 9) + " f " + cover,
				resources: "/ExtGState <</H <</ca 0.5>> /B <</BM /Multiply>>>> "})
			require.NotNil(t, windowOf(t, file), name)
		}
	})
}

// fax encodes in Group 4: white rows are "as above"; a dark box is written in
// horizontal mode, row by row after a white one.
func fax(wide, high int) func(func(x, y int) bool) (string, []byte) {
	return func(dark func(x, y int) bool) (string, []byte) {
		var bits strings.Builder
		above := [2]int{wide, wide}
		for y := range high {
			from, to := wide, wide
			for x := range wide {
				if dark(x, y) {
					from = min(from, x)
					to = x + 1
				}
			}
			if from == wide {
				to = wide
			}
			switch row := [2]int{from, to}; {
			case row == above && from == wide:
				bits.WriteString("1")
			case row == above:
				bits.WriteString("111")
			case from == wide: // the dark box above ends: pass over it, then as above
				bits.WriteString("00011")
			default:
				bits.WriteString("001" + run(whiteRuns, whiteTens, from) + run(blackRuns, blackTens, to-from) + "1")
			}
			above = [2]int{from, to}
		}
		bits.WriteString("000000000001000000000001")
		var out []byte
		for s := bits.String(); s != ""; {
			n := min(8, len(s))
			v := byte(0)
			for _, c := range s[:n] + strings.Repeat("0", 8-n) {
				v = v<<1 | byte(c-'0')
			}
			out, s = append(out, v), s[n:]
		}
		return fmt.Sprintf("/BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode /DecodeParms <</K -1 /Columns %d>>", wide), out
	}
}

func pagesAsPrinted(t *testing.T) {
	dl := layout(t, pdf.LayoutFrenchDL)
	// A mark in the window of an A5 page leaves it when the page is scaled to A4;
	// another one comes into it.
	a5 := func(x, y float64) []byte {
		const k = 72 / 25.4
		return embedded(sheet{page: "/MediaBox [0 0 419.53 595.28]", content: fmt.Sprintf("%f %f 10 10 re f", x*k, (210-y)*k)})
	}
	for _, c := range []struct {
		name string
		file []byte
		fit  pdf.Fit
		want []pdf.InkKind
	}{
		{"in the window as it is", a5(100, 80), pdf.FitAsIs, []pdf.InkKind{pdf.InkDrawing}},
		{"and not when scaled", a5(100, 80), pdf.FitA4, nil},
		{"not in the window as it is", a5(80, 45), pdf.FitAsIs, nil},
		{"and in it when scaled", a5(80, 45), pdf.FitA4, []pdf.InkKind{pdf.InkDrawing}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := inspect(t, c.file, pdf.InspectOptions{Layout: dl, Fit: c.fit}).Find(pdf.CodeWindow)
			require.Equal(t, c.want, f.Ink)
		})
	}
	t.Run("the margin is free once the page is scaled into it", func(t *testing.T) {
		file := embedded(sheet{content: mm(1, 1, 208, 295) + " S"})
		require.Contains(t, codes(inspect(t, file, pdf.InspectOptions{Layout: pdf.Layout{Margins: dl.Margins}})), pdf.CodeMargin)
		require.Equal(t, []pdf.Code{pdf.CodePageScaled}, codes(inspect(t, file, pdf.InspectOptions{Layout: pdf.Layout{Margins: dl.Margins},
			Fit: pdf.FitPrintable})))
	})
	t.Run("severity and tolerance are data", func(t *testing.T) {
		file := embedded(sheet{content: mm(1, 150, 20, 5) + " f"})
		for severity, verdict := range map[pdf.Severity]pdf.Verdict{"": pdf.VerdictCheck, pdf.SeverityInfo: pdf.VerdictPrint, pdf.SeverityError: pdf.VerdictRefuse} {
			l := pdf.Layout{Margins: dl.Margins, Tolerances: pdf.Tolerances{Margin: severity}}
			require.Equal(t, verdict, inspect(t, file, pdf.InspectOptions{Layout: l}).Verdict)
		}
		narrow := embedded(sheet{page: "/MediaBox [0 0 591 841.89]"})
		require.Empty(t, codes(inspect(t, narrow, pdf.InspectOptions{})))
		require.Equal(t, []pdf.Code{pdf.CodePageSize}, codes(inspect(t, narrow,
			pdf.InspectOptions{Layout: pdf.Layout{Tolerances: pdf.Tolerances{Size: 1}}})))
		near := embedded(sheet{content: mm(120, 33, 10, 2) + " f"})
		require.NotNil(t, windowOf(t, near))
		lenient := dl
		lenient.Tolerances.Edge = 2
		_, found := inspect(t, near, pdf.InspectOptions{Layout: lenient}).Find(pdf.CodeWindow)
		require.False(t, found)
	})
	// Whatever the page, an inspection for a fit finds what an inspection of the
	// assembled file does.
	rapid.Check(t, func(r *rapid.T) {
		w, h := float64(rapid.IntRange(150, 1300).Draw(r, "width")), float64(rapid.IntRange(150, 1300).Draw(r, "height"))
		rotate := rapid.SampledFrom([]int{0, 90, 180, 270}).Draw(r, "rotate")
		trim := ""
		if rapid.Bool().Draw(r, "trimmed") {
			trim = fmt.Sprintf("/TrimBox [20 20 %f %f]", w-20, h-20)
		}
		file := embedded(sheet{page: fmt.Sprintf("/MediaBox [0 0 %f %f] /Rotate %d %s", w, h, rotate, trim),
			content: fmt.Sprintf("%f %f 30 20 re f 3 w %f 0 m %f %f l S", float64(rapid.IntRange(0, int(w)).Draw(r, "x"))+0.5,
				float64(rapid.IntRange(0, int(h)).Draw(r, "y"))+0.5, w/3, w/2, h)})
		fit := rapid.SampledFrom([]pdf.Fit{pdf.FitAsIs, pdf.FitA4, pdf.FitPrintable}).Draw(r, "fit")
		if inWindow(t, file, fit, 0.48) != inWindow(t, file, fit, 0.52) {
			return // a hundredth of a millimetre decides, and either answer is right
		}
		_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file, Fit: fit}}, Layout: dl})
		before, after := inspect(t, file, pdf.InspectOptions{Layout: dl, Fit: fit}), inspect(t, out, pdf.InspectOptions{Layout: dl})
		require.InDelta(r, before.PageSizes[0].Width, after.PageSizes[0].Width, 0.02)
		require.InDelta(r, before.PageSizes[0].Height, after.PageSizes[0].Height, 0.02)
		for _, code := range []pdf.Code{pdf.CodeWindow, pdf.CodeMargin} {
			a, found := before.Find(code)
			b, again := after.Find(code)
			require.Equal(r, found, again, code)
			if found {
				require.InDelta(r, a.Box.X, b.Box.X, 0.05)
				require.InDelta(r, a.Box.Y, b.Box.Y, 0.05)
			}
		}
	})
}

// inWindow tells whether something reaches into the window of the French layout by more
// than edge, in mm.
func inWindow(t *testing.T, file []byte, fit pdf.Fit, edge float64) bool {
	t.Helper()
	l := layout(t, pdf.LayoutFrenchDL)
	l.Tolerances.Edge = edge
	_, found := inspect(t, file, pdf.InspectOptions{Layout: l, Fit: fit}).Find(pdf.CodeWindow)
	return found
}

// run writes a run of Group 4 (ITU-T T.6): a make-up code for each 64, then the
// rest.
func run(short, tens []string, n int) string {
	out := ""
	if n >= 64 {
		out = tens[n/64-1]
	}
	return out + short[n%64]
}

// The run lengths of ITU-T T.4, tables 2 and 3: up to 63, and by 64.
var (
	whiteRuns = strings.Fields("00110101 000111 0111 1000 1011 1100 1110 1111 10011 " +
		"10100 00111 01000 001000 000011 110100 110101 101010 101011 " +
		"0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 " +
		"0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011 00010100 " +
		"00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 " +
		"00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100 " +
		"00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 " +
		"00110100")
	blackRuns = strings.Fields("0000110111 010 11 10 011 0011 0010 00011 000101 " +
		"000100 0000100 0000101 0000111 00000100 00000111 000011000 0000010111 0000011000 " +
		"0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 " +
		"000011001011 000011001100 000011001101 000001101000 000001101001 000001101010 000001101011 000011010010 000011010011 " +
		"000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100 " +
		"000001010101 000001010110 000001010111 000001100100 000001100101 000001010010 000001010011 000000100100 000000110111 " +
		"000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 " +
		"000001100111")
	whiteTens = strings.Fields("11011 10010 010111 0110111 00110110 00110111 01100100")
	blackTens = strings.Fields("0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101")
)
