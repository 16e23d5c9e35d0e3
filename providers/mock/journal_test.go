package mock_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
)

func open(t testing.TB, path string, cfg mock.Config) *mock.Office {
	t.Helper()
	o, err := mock.Open(path, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = o.Close() })
	return o
}

func TestOpenedOfficeRemembers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "office")
	cfg := mock.Config{Script: mock.ByKey(map[string]mock.Script{
		"back":  {Course: mock.Returned(courrier.ReturnRefused), Noise: mock.Noise{Anonymous: true}},
		"third": {Answers: []mock.Answer{mock.Unavailable, mock.Unavailable, mock.Accept}},
	})}
	first := open(t, path, cfg)
	back, stopped := submit(t, first, "back", courrier.ServiceRegisteredAR), submit(t, first, "stopped", courrier.ServiceTracked)
	require.NoError(t, first.Cancel(t.Context(), stopped))
	_, err := first.Submit(t.Context(), submission("third", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	first.Advance(30 * day)
	require.NoError(t, first.Close())

	second := open(t, path, cfg)
	require.Equal(t, first.Now(), second.Now())
	require.Equal(t, courrier.StatusReturned, track(t, second, back).Status)
	require.Equal(t, courrier.StatusCancelled, track(t, second, stopped).Status)
	_, err = second.Submit(t.Context(), submission("third", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrUnavailable, "the second of two")
	submit(t, second, "third", courrier.ServiceStandard)
	require.Len(t, second.Accepted(), 3)
	require.Len(t, second.Webhooks(), 9+2+1, "calls are made again after a restart")
}

func TestOfficeOpenTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "office")
	a, b := open(t, path, mock.Config{}), open(t, path, mock.Config{})
	ref := submit(t, a, "one", courrier.ServiceTracked)
	_, err := b.Find(t.Context(), courrier.Reference{ID: "one"})
	require.NoError(t, err)
	submit(t, b, "two", courrier.ServiceTracked)
	b.Advance(day)
	require.Equal(t, a.Accepted(), b.Accepted())
	require.Equal(t, a.Now(), b.Now())
	require.Equal(t, courrier.StatusPosted, track(t, a, ref).Status)
}

func TestJournalCutShort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "office")
	submit(t, open(t, path, mock.Config{}), "one", courrier.ServiceStandard)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := 0; cut < len(whole)-1; cut += 7 {
		path := filepath.Join(t.TempDir(), "office")
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		o := open(t, path, mock.Config{})
		require.Empty(t, o.Accepted())
		submit(t, o, "two", courrier.ServiceStandard)
		require.Len(t, open(t, path, mock.Config{}).Accepted(), 1)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	_, err := mock.Open(filepath.Join(t.TempDir(), "no", "such", "folder"), mock.Config{})
	require.ErrorIs(t, err, os.ErrNotExist)
	o := open(t, filepath.Join(t.TempDir(), "office"), mock.Config{})
	require.NoError(t, o.Close())
	_, err = o.Submit(t.Context(), submission("a", courrier.ServiceStandard))
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoError(t, mock.New().Close())
}

// workerEnv makes the test binary submit letters until it is killed.
const workerEnv = "COURRIER_MOCK_WORKER"

func TestWorkerInASubprocess(t *testing.T) {
	path := os.Getenv(workerEnv)
	if path == "" {
		t.Skip("runs in a process of its own only, until it is killed")
	}
	o := open(t, path, mock.Config{})
	for n := 0; ; n++ {
		submit(t, o, fmt.Sprintf("%d-%d", os.Getpid(), n), courrier.ServiceRegisteredAR)
		fmt.Printf("accepted %d-%d\n", os.Getpid(), n)
	}
}

// TestKilledOfficeForgetsNothing: what the office said it accepted, it has
// accepted, whenever its process is killed.
func TestKilledOfficeForgetsNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "office")
	var said []string
	for range 4 {
		var out strings.Builder
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWorkerInASubprocess$")
		cmd.Env = append(os.Environ(), workerEnv+"="+path)
		cmd.Stdout = &out
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { info, err := os.Stat(path); return err == nil && info.Size() > int64(len(said))*400 }, 20*time.Second, time.Millisecond)
		time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		for line := range strings.Lines(out.String()) {
			if id, ok := strings.CutPrefix(line, "accepted "); ok && strings.HasSuffix(id, "\n") {
				said = append(said, strings.TrimSpace(id))
			}
		}
	}
	has := make(map[string]int)
	for _, a := range open(t, path, mock.Config{}).Accepted() {
		has[string(a.Letter)]++
	}
	require.NotEmpty(t, said)
	for _, id := range said {
		require.Equal(t, 1, has[id])
	}
	require.InDelta(t, len(said), len(has), 4, "at most one unannounced letter for each kill")
}

func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "office")
	o := open(f, path, mock.Config{Script: always(mock.Script{Answers: []mock.Answer{mock.Accept, mock.Accept}, Course: mock.Lost})})
	ref := submit(f, o, "one", courrier.ServiceRegistered)
	require.NoError(f, o.Cancel(f.Context(), ref))
	o.Advance(day)
	journal, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(journal)
	f.Add([]byte("{\"accepted\":{}}\nnull\n{\"accepted\":null,\"cancelled\":\"x\"}\n"))
	f.Fuzz(func(t *testing.T, journal []byte) {
		path := filepath.Join(t.TempDir(), "office")
		require.NoError(t, os.WriteFile(path, journal, 0o600))
		o := open(t, path, mock.Config{})
		refs := []courrier.Reference{}
		for _, a := range o.Accepted() {
			refs = append(refs, courrier.Reference{ID: a.Letter, ProviderID: a.ProviderID})
		}
		_, err := o.Track(t.Context(), refs)
		require.NoError(t, err)
		o.Webhooks()
		submit(t, o, "new", courrier.ServiceStandard)
	})
}
