package pdfium_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/pdf/pdfium"
)

// Making a rasterizer returns what its comment lists, and nothing else.
func TestNewReturnsWhatItLists(t *testing.T) {
	t.Parallel()
	lists, err := calldoc.Of(".")
	require.NoError(t, err)
	var seen calldoc.Seen
	seen.Call("New", calldoc.Error(pdfium.New(t.Context(), pdfium.Config{MemoryMiB: 1})))
	require.Equal(t, seen.Pairs("New"), lists["New"])
}
