package mock_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
)

func BenchmarkSubmit(b *testing.B) {
	o := mock.New()
	s := submission("", courrier.ServiceRegisteredAR)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.ID = courrier.LetterID(strconv.Itoa(i))
		if _, err := o.Submit(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTrack(b *testing.B) {
	o := mock.New()
	refs := make([]courrier.Reference, 100)
	for i := range refs {
		refs[i] = submit(b, o, strconv.Itoa(i), courrier.ServiceRegisteredAR)
	}
	o.Advance(30 * 24 * time.Hour)
	for b.Loop() {
		if _, err := o.Track(b.Context(), refs); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory reports what the office keeps of each of 100,000 letters.
func BenchmarkMemory(b *testing.B) {
	const letters = 100_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := heap()
		o := mock.New()
		s := submission("", courrier.ServiceRegisteredAR)
		for i := range letters {
			s.ID = courrier.LetterID(strconv.Itoa(i))
			_, err := o.Submit(b.Context(), s)
			require.NoError(b, err)
		}
		b.ReportMetric(float64(heap()-before)/letters, "B/letter")
		require.Len(b, o.Accepted(), letters)
	}
}
