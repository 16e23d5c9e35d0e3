package pdf

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// A crash is about the file: who reads is told that it is corrupt, and why, and who
// writes gets an error that no second try mends.
func TestCrashesAreAboutTheFile(t *testing.T) {
	t.Parallel()
	crash := func(context.Context, io.Writer) (int, error) { panic("a bug") }
	_, err := guardedWrite(t.Context(), newGuard(Limits{}), io.Discard, crash)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.ErrorIs(t, err, errCrashed)
	require.ErrorContains(t, err, string(CodeCorrupt))
	found, _ := diagnose(nil, err).Find(CodeCorrupt)
	require.Equal(t, "crash", found.Detail)
	require.Equal(t, SeverityError, found.Severity)
}
