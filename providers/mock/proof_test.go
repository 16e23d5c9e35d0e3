package mock_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
)

func proofs(t *testing.T) map[courrier.ProofKind]courrier.Document {
	all := make(map[courrier.ProofKind]courrier.Document)
	for _, c := range []struct {
		service courrier.Service
		course  mock.Course
	}{
		{courrier.ServiceRegisteredAR, nil}, {courrier.ServiceRegistered, mock.Lost},
		{courrier.ServiceElectronicRegistered, nil}, {courrier.ServiceStandard, mock.Returned(courrier.ReturnRefused)},
	} {
		o := mock.New(mock.Config{Script: always(mock.Script{Course: c.course})})
		ref := submit(t, o, "letter (7) \\ é", c.service)
		o.Advance(90 * day)
		for _, k := range courrier.ProofKinds() {
			if d, err := o.Proof(t.Context(), ref, k); err == nil {
				all[k] = d
			}
		}
	}
	return all
}

func TestProofsAreRealPDFs(t *testing.T) {
	t.Parallel()
	all := proofs(t)
	require.Len(t, all, len(courrier.ProofKinds()))
	for kind, d := range all {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "proof.pdf")
			require.NoError(t, os.WriteFile(file, d.Content, 0o600))
			require.Contains(t, run(t, "qpdf", "--check", file), "No syntax or stream encoding errors found")
			require.Regexp(t, `Pages: +1\n`, run(t, "pdfinfo", file))
			text := run(t, "pdftotext", "-layout", file, "-")
			require.Contains(t, text, "Proof of "+string(kind))
			require.Contains(t, text, `Letter letter (7) \ ?`)
			require.Contains(t, text, "2026-01-05 08:00 UTC")
		})
	}
}

// run runs a reader of PDFs, where there is one.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestProofsAreTheSameEveryTime(t *testing.T) {
	t.Parallel()
	require.Equal(t, proofs(t), proofs(t))
	o := mock.New()
	ref := submit(t, o, "a", courrier.ServiceRegisteredAR)
	o.Advance(10 * day)
	early, err := o.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	require.NoError(t, err)
	require.Contains(t, string(early.Content), o.Accepted()[0].TrackingNumber)
	o.Advance(100 * day)
	late, err := o.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	require.NoError(t, err)
	require.Equal(t, early, late)
}
