package pdf_test

import (
	"context"
	"os"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

func TestScratch(t *testing.T) {
	c, err := pdf.NewComposer()
	require.NoError(t, err)
	for _, l := range goldenLetters(t) {
		out, err := c.Compose(context.Background(), l.letter, l.theme)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("/tmp/letters/"+l.name+".pdf", out.File, 0o644))
		t.Log(l.name, out.Pages, len(out.File))
	}
}
