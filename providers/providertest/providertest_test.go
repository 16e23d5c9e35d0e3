package providertest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
)

const secret = "secret-of-the-test"

// newOffice returns an honest office, small enough to be tried a hundred times.
func newOffice() *mock.Office {
	return mock.New(mock.Config{Secret: []byte(secret), Declare: func(c *courrier.Capabilities) {
		c.Services = slices.DeleteFunc(c.Services, func(s courrier.Service) bool { return s == courrier.ServiceEconomy })
		c.Envelopes, c.Returns = []courrier.Envelope{courrier.EnvelopeDL}, []courrier.ReturnHandling{courrier.ReturnsScanned}
		c.MaxDocuments, c.MaxBytes, c.MaxCopies, c.MaxSheets = 3, 20_000, 4, 9
		c.NoStaple = true
		c.Proofs = slices.DeleteFunc(c.Proofs, func(k courrier.ProofKind) bool { return k == courrier.ProofOfLoss })
		c.Reaches = func(_ courrier.Service, a courrier.Address) bool { return a.Country != "US" }
	}})
}

// harness makes worlds in which lie decides what the adapter says.
func harness(lie func(*mock.Office, *liar)) providertest.Harness {
	return providertest.Harness{
		Timeout: 10 * time.Second, Grace: 50 * time.Millisecond, Silence: 20 * time.Millisecond, Prompt: time.Second,
		New: func() (providertest.World, error) { return newWorld(newOffice(), lie), nil },
	}
}

func newWorld(o *mock.Office, lie func(*mock.Office, *liar)) providertest.World {
	open := func() courrier.Provider {
		l := &liar{Drafting: o.WithDrafts()}
		if lie != nil {
			lie(o, l)
		}
		return l
	}
	var calls []providertest.WebhookCall
	return providertest.World{
		Provider: open(),
		Reopen:   func() (courrier.Provider, error) { return open(), nil },
		Accepted: func() (all []courrier.LetterID) {
			for _, a := range o.Accepted() {
				all = append(all, a.Letter)
			}
			return all
		},
		Documents: func(id courrier.LetterID) []courrier.Sum { return acceptance(o, id).Documents },
		Service:   func(id courrier.LetterID) courrier.Service { return acceptance(o, id).Service },
		Account:   func(id courrier.LetterID) courrier.AccountID { return acceptance(o, id).Account },
		Now:       o.Now, Advance: o.Advance,
		Fault: func(f providertest.Fault) bool { return suffer(o, f) },
		Webhooks: func() []providertest.WebhookCall {
			for _, c := range o.Webhooks() {
				calls = append(calls, providertest.WebhookCall{Header: c.Header, Body: c.Body})
			}
			return calls
		},
		Secrets: []string{secret},
	}
}

func acceptance(o *mock.Office, id courrier.LetterID) mock.Acceptance {
	for _, a := range o.Accepted() {
		if a.Letter == id {
			return a
		}
	}
	return mock.Acceptance{}
}

func suffer(o *mock.Office, f providertest.Fault) bool {
	o.Disturb(map[providertest.Fault]mock.Disturbance{providertest.Unavailable: mock.Outage, providertest.Unreachable: mock.Outage, providertest.Silence: mock.Silence}[f])
	script := map[providertest.Fault]mock.Script{
		providertest.Reject:     {Answers: []mock.Answer{mock.Reject("no_such_place")}},
		providertest.LostAnswer: {Answers: []mock.Answer{mock.TimeoutAfter}},
		providertest.NoAnswer:   {Answers: []mock.Answer{mock.HangAfter}},
		providertest.Returned:   {Course: mock.Returned(courrier.ReturnRefused)},
		providertest.Lost:       {Course: mock.Lost},
	}[f]
	o.Script(func(courrier.Submission) mock.Script { return script })
	return true
}

func TestHonestAdapterPasses(t *testing.T) {
	t.Parallel()
	for _, o := range providertest.Check(t.Context(), harness(nil)) {
		require.Empty(t, o.Problems, o.Check)
		require.Empty(t, o.Skipped, o.Check)
	}
}

// liarEnv makes the test binary run the suite against a liar, for
// TestRunFailsForALiar.
const liarEnv = "COURRIER_PROVIDERTEST_LIAR"

func TestRunForASubprocess(t *testing.T) {
	if os.Getenv(liarEnv) == "" {
		t.Skip("runs in a process of its own only: it fails on purpose")
	}
	providertest.Run(t, harness(lieInDoubt(courrier.ErrUnavailable)))
}

func TestRunFailsForALiar(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunForASubprocess$", "-test.v")
	cmd.Env = append(os.Environ(), liarEnv+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "the suite passed a liar")
	require.Contains(t, string(out), "--- FAIL: TestRunForASubprocess/submit/lost_answer")
	require.Contains(t, string(out), "--- PASS: TestRunForASubprocess/submit/services")
}

func TestRunPassesAnHonestAdapter(t *testing.T) {
	t.Parallel()
	providertest.Run(t, harness(nil))
}

func TestHarnessMustBeWhole(t *testing.T) {
	t.Parallel()
	for name, new := range map[string]func() (providertest.World, error){
		"an error": func() (providertest.World, error) { return providertest.World{}, errors.New("no room") },
		"no provider": func() (providertest.World, error) {
			return providertest.World{Accepted: func() []courrier.LetterID { return nil }}, nil
		},
		"no count": func() (providertest.World, error) { return providertest.World{Provider: newOffice()}, nil },
	} {
		for _, o := range providertest.Check(t.Context(), providertest.Harness{New: new}) {
			require.Len(t, o.Problems, 1, name)
		}
	}
}

func TestWorldWithoutHandlesSkips(t *testing.T) {
	t.Parallel()
	h := harness(nil)
	h.New = func() (providertest.World, error) {
		w := newWorld(newOffice(), nil)
		return providertest.World{Provider: w.Provider, Accepted: w.Accepted}, nil
	}
	skipped := 0
	for _, o := range providertest.Check(t.Context(), h) {
		require.Empty(t, o.Problems, o.Check)
		if o.Skipped != "" {
			skipped++
		}
	}
	require.Greater(t, skipped, 10)
}

func TestOpenConnectionsAreFound(t *testing.T) {
	t.Parallel()
	h := harness(nil)
	h.Prompt = 20 * time.Millisecond
	open, closed := 1, 0
	h.New = func() (providertest.World, error) {
		w := newWorld(newOffice(), nil)
		w.InFlight = func() int { return open }
		w.Close = func() { closed++ }
		return w, nil
	}
	outcomes := providertest.Check(t.Context(), h, "declares/name", "declares/abilities")
	require.Len(t, outcomes, 2)
	for _, o := range outcomes {
		require.Len(t, o.Problems, 1, o.Check)
		require.Contains(t, o.Problems[0], "still open")
	}
	require.Equal(t, 2, closed)
	open = 0
	require.Empty(t, providertest.Check(t.Context(), h, "declares/name")[0].Problems)
}

func TestCheckStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, o := range providertest.Check(ctx, harness(nil)) {
		require.Equal(t, context.Canceled.Error(), o.Skipped)
	}
}

func TestSampleLetterIsValid(t *testing.T) {
	t.Parallel()
	for _, s := range courrier.Services() {
		require.NoError(t, providertest.SampleLetter(s).Validate())
	}
}
