package courrier_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// checker answers what it is told to, and counts the questions.
type checker struct {
	check courrier.AddressCheck
	err   error
	panic bool
	asked []courrier.Address
}

func (c *checker) CheckAddress(_ context.Context, a courrier.Address) (courrier.AddressCheck, error) {
	c.asked = append(c.asked, a)
	if c.panic {
		panic(a.Street)
	}
	return c.check, c.err
}

func sceneWith(t *testing.T, c *checker) *testscene.Scene {
	w := testscene.New(t, func(cfg *courrier.Config) { cfg.AddressChecker = c })
	w.TopUp(100)
	return w
}

func TestAddressCheckIsKeptWithRegisteredLetters(t *testing.T) {
	t.Parallel()
	proposal := courrier.Address{Street: "12 Rue des Lilas", Postcode: "69008", City: "Lyon", Country: "FR"}
	c := &checker{check: courrier.AddressCheck{Verdict: courrier.AddressSimilar, Register: "ban", Score: 0.7, Proposal: &proposal}}
	w := sceneWith(t, c)
	letter := testscene.Letter("INV-1", courrier.ServiceRegisteredAR)

	view, err := w.Client.Preview(w.Ctx, letter)
	require.NoError(t, err)
	require.Equal(t, courrier.AddressSimilar, view.AddressCheck.Verdict)

	rec := w.Letter(w.Send(letter).ID) // as the store has it
	require.Equal(t, courrier.AddressSimilar, rec.AddressCheck.Verdict)
	require.Equal(t, &proposal, rec.AddressCheck.Proposal)
	require.Equal(t, w.Now().UTC(), rec.AddressCheck.At)
	require.Equal(t, letter.To, rec.Letter.To, "nothing changes by itself")
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Len(t, c.asked, 2)

	ordinary := w.Send(testscene.Letter("INV-2", courrier.ServiceStandard))
	require.Nil(t, ordinary.AddressCheck)
	require.Len(t, c.asked, 2, "nobody is asked about ordinary letters")
}

// A register that fails, in any way, stops no letter.
func TestAddressCheckStopsNoLetter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*checker{
		"down":       {err: &courrier.Error{Kind: courrier.ErrUnavailable}},
		"panics":     {panic: true},
		"no verdict": {check: courrier.AddressCheck{Verdict: "perhaps"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sceneWith(t, c)
			rec := w.Send(testscene.Letter("INV-1", courrier.ServiceRegisteredAR))
			require.Equal(t, courrier.AddressUnchecked, rec.AddressCheck.Verdict)
			require.Equal(t, 1, w.Dispatch().Submitted)
		})
	}
	w := sceneWith(t, &checker{check: courrier.AddressCheck{Verdict: courrier.AddressFound, Score: math.NaN()}})
	rec := w.Send(testscene.Letter("INV-1", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.AddressFound, rec.AddressCheck.Verdict)
	require.Zero(t, rec.AddressCheck.Score)
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	_, err := testscene.New(t).Client.CheckAddress(t.Context(), courrier.Address{})
	require.ErrorIs(t, err, courrier.ErrUnsupported)

	const secret = "SECRETVILLE"
	c := &checker{err: errors.New("no such place: " + secret)}
	_, err = sceneWith(t, c).Client.CheckAddress(t.Context(), courrier.Address{City: secret})
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.NotContains(t, err.Error(), secret)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w := sceneWith(t, &checker{check: courrier.AddressCheck{Verdict: courrier.AddressFound}})
	_, err = w.Client.CheckAddress(ended, courrier.Address{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = w.Client.Send(ended, testscene.Letter("INV-1", courrier.ServiceRegisteredAR))
	require.ErrorIs(t, err, context.Canceled)
}

func TestPreviewShowsWhatIsPrintedOtherwise(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	letter := testscene.Letter("INV-1", courrier.ServiceStandard)
	letter.To.Address.Street = "12/14 rue des Lilas"
	view, err := w.Client.Preview(w.Ctx, letter)
	require.NoError(t, err)
	require.Contains(t, view.Lines, "12 RUE DES LILAS")
	require.Equal(t, []courrier.AddressWarning{{Field: "Address.Street", Code: courrier.AddressNumberRange, From: "12/14", To: "12"}}, view.AddressWarnings)
}
