package pdf_test

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// structure are the parts of a file that say where things stand, not what they are.
var structure = regexp.MustCompile(`(?s)/Length \d+|/Size \d+|/Count \d+|\d+ 0 obj|endobj|endstream|\nstream\n|xref\n.*%%EOF`)

// TestDamageIsRepairedOrSaid changes bytes of a file's structure at random:
// what the inspection lets pass without a word is printed whole.
func TestDamageIsRepairedOrSaid(t *testing.T) {
	t.Parallel()
	for name, sound := range map[string][]byte{"table": soundLetter().bytes(), "packed": packedLetter()} {
		drawn := map[string]pdf.Box{ // what the sound file shows
			"text": {X: 29, Y: 140, W: 40, H: 25}, "image": points(310, 110, 390, 190), "form": points(105, 305, 185, 335),
		}
		for what, box := range drawn {
			require.True(t, inkIn(t, sound, box), what)
		}
		places := structure.FindAllIndex(sound, -1)
		rapid.Check(t, func(r *rapid.T) {
			file := bytes.Clone(sound)
			for range rapid.IntRange(1, 3).Draw(r, "changes") {
				place := places[rapid.IntRange(0, len(places)-1).Draw(r, "place")]
				at := rapid.IntRange(place[0], place[1]-1).Draw(r, "at")
				file[at] = rapid.SampledFrom([]byte("0123456789 \n\x00xR/<>")).Draw(r, "byte")
			}
			report, err := pdf.NewInspector(pdf.Limits{}).Inspect(context.Background(), file, pdf.InspectOptions{})
			require.NoError(r, err)
			_, err = pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), io.Discard, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
			require.Equal(r, report.Verdict == pdf.VerdictRefuse, err != nil, "%v %v", codes(report), err)
			if report.Verdict != pdf.VerdictPrint {
				return
			}
			for what, box := range drawn {
				require.True(r, inkIn(t, file, box), "%s: %s is lost without a word", name, what)
			}
		})
	}
}

// TestCutFilesAreRepairedOrSaid cuts a file off anywhere.
func TestCutFilesAreRepairedOrSaid(t *testing.T) {
	t.Parallel()
	for _, sound := range [][]byte{soundLetter().bytes(), packedLetter()} {
		for n := 0; n < len(sound)-8; n += 7 {
			r := inspect(t, sound[:n], pdf.InspectOptions{})
			require.NotEqual(t, pdf.VerdictPrint, r.Verdict, "%d of %d bytes: %v", n, len(sound), codes(r))
		}
	}
}
