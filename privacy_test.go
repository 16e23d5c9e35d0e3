package courrier_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// No name, address, key or text of a document reaches a log line or an error,
// whatever fails, in every public method of the Client and of the ledger.
func TestNothingPersonalIsLoggedOrInErrors(t *testing.T) {
	t.Parallel()
	for _, failing := range []bool{false, true} {
		w := testscene.New(t)
		w.TopUp(7)
		ids := w.Every()
		if failing {
			w.Watch(func(courrier.Change) error { return errDisk })
		}
		w.Advance(100 * 24 * time.Hour)
		errs := w.Walk(ids)
		for _, v := range []any{w.Client, w.Client.Credits("acme")} {
			for i := range reflect.TypeOf(v).NumMethod() {
				require.NotEmpty(t, errs[reflect.TypeOf(v).Method(i).Name], "not walked: %s", reflect.TypeOf(v).Method(i).Name)
			}
		}
		some := 0
		for method, all := range errs {
			for _, err := range all {
				if err != nil {
					some++
					requireUnmarked(t, method, err.Error())
				}
			}
		}
		require.Greater(t, some, 60)
		requireUnmarked(t, "log", w.Logs.String())
		require.NotEmpty(t, w.Logs.String())
	}
}

// A carrier that puts the address into its errors gets them into no log line.
func TestACarriersWordsAreNotLogged(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(7)
	ids := w.Every()
	words := errors.New("no such street: 1 rue " + testscene.Mark)
	w.Bend(&testscene.Bent{
		OnSubmit: func(context.Context, courrier.Submission) (courrier.Receipt, error) { return courrier.Receipt{}, words },
		OnFind:   func(context.Context, courrier.Reference) (courrier.Receipt, error) { return courrier.Receipt{}, words },
		OnCancel: func(context.Context, courrier.Reference) error { return words },
		OnTrack:  func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error) { return nil, words },
		OnProof: func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error) {
			return courrier.Document{}, words
		},
	})
	w.Config.Gates = []courrier.Gate{courrier.GateFunc(func(_ context.Context, r courrier.LetterRecord) (courrier.Verdict, error) {
		if strings.HasSuffix(r.Letter.Key, "new") {
			return courrier.Verdict{}, words
		}
		return courrier.Verdict{}, nil
	})}
	w.Restart()
	w.Advance(time.Hour)
	w.Walk(ids)
	require.Contains(t, w.Logs.String(), "kind=other")
	requireUnmarked(t, "log", w.Logs.String())
}

func requireUnmarked(t *testing.T, where, text string) {
	t.Helper()
	for _, m := range []string{testscene.Mark, strings.ToUpper(testscene.Mark), "ZEBULON", "s3cret"} {
		require.NotContains(t, text, m, where)
	}
}
