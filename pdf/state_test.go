package pdf_test

import (
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/pdfcpu/pdfcpu/pkg/font"
	"github.com/pdfcpu/pdfcpu/pkg/log"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/stretchr/testify/require"
)

// TestProcessWideStateStaysAsItWas looks at the variables of pdfcpu that its
// users share.
func TestProcessWideStateStaysAsItWas(t *testing.T) {
	path, fonts, cli := model.ConfigPath, font.UserFontDir, log.CLIEnabled()
	require.Equal(t, "default", path)
	useEverything(t)
	inspect(t, wrongStartxref(), pdf.InspectOptions{})
	require.Equal(t, path, model.ConfigPath)
	require.Equal(t, fonts, font.UserFontDir)
	require.Equal(t, cli, log.CLIEnabled())
}
