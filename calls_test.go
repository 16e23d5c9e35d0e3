package courrier_test

import (
	"context"
	"iter"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
)

// a call of a method, on a letter of a scene where it takes one.
type call func(w *testscene.Scene, id courrier.LetterID) error

// lastOf returns the error in which a sequence ends.
func lastOf[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// clientCalls are the calls of the Client that return an error, with what leads them into those of their
// arguments. Each is made in every scene.
var clientCalls = map[string][]call{
	"New":            {func(*testscene.Scene, courrier.LetterID) error { return calldoc.Error(courrier.New(courrier.Config{})) }},
	"Client.AddGate": {func(w *testscene.Scene, _ courrier.LetterID) error { return w.Client.AddGate("", nil) }},
	"Client.Apply": {
		func(w *testscene.Scene, _ courrier.LetterID) error {
			return w.Client.Apply(w.Ctx, courrier.TrackingEvent{})
		},
		func(w *testscene.Scene, _ courrier.LetterID) error {
			return w.Client.Apply(w.Ctx, w.Carrier.Event("post-1", courrier.StatusPosted, ""))
		},
		func(w *testscene.Scene, _ courrier.LetterID) error {
			hint := w.Carrier.Event("post-1", courrier.StatusPosted, "")
			hint.Hint = true
			return w.Client.Apply(w.Ctx, hint)
		},
	},
	"Client.Approve": {onLetter((*courrier.Client).Approve)},
	"Client.Authorize": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return w.Client.Authorize(w.Ctx, courrier.Action{Kind: courrier.ActionTopUp, Account: "acme"})
	}},
	"Client.Balances": {func(w *testscene.Scene, _ courrier.LetterID) error { return lastOf(w.Client.Balances(w.Ctx, w.Now())) }},
	"Client.Cancel":   {onLetter((*courrier.Client).Cancel)},
	"Client.CheckAddress": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return calldoc.Error(w.Client.CheckAddress(w.Ctx, testscene.Letter("k", courrier.ServiceStandard).To.Address))
	}},
	"Client.Claims": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return lastOf(w.Client.Claims(w.Ctx, courrier.ClaimFilter{}))
	}},
	"Client.CloseAccount": {
		func(w *testscene.Scene, _ courrier.LetterID) error {
			return calldoc.Error(w.Client.CloseAccount(w.Ctx, "acme"))
		},
		func(w *testscene.Scene, _ courrier.LetterID) error {
			return calldoc.Error(w.Client.CloseAccount(w.Ctx, ""))
		},
	},
	"Client.CloseClaim": {func(w *testscene.Scene, id courrier.LetterID) error {
		return calldoc.Error(w.Client.CloseClaim(w.Ctx, id, courrier.ClaimLost, "no"))
	}, func(w *testscene.Scene, id courrier.LetterID) error {
		return calldoc.Error(w.Client.CloseClaim(w.Ctx, id, "nonsense", "no"))
	}, func(w *testscene.Scene, id courrier.LetterID) error {
		_, _ = w.Client.OpenClaim(w.Ctx, id, courrier.ClaimLost, "7")
		return calldoc.Error(w.Client.CloseClaim(w.Ctx, id, courrier.ClaimLost, "no"))
	}},
	"Client.Content": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return calldoc.Error(w.Client.Content(w.Ctx, courrier.SumOf([]byte("none"))))
	}},
	"Client.Dispatch": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return calldoc.Error(w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{}))
	}},
	"Client.DispatchOne": {onLetter((*courrier.Client).DispatchOne)},
	"Client.FetchProofs": {onLetter((*courrier.Client).FetchProofs)},
	"Client.ForgetContents": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return w.Client.ForgetContents(w.Ctx, courrier.SumOf([]byte("none")))
	}},
	"Client.History": {func(w *testscene.Scene, id courrier.LetterID) error { return lastOf(w.Client.History(w.Ctx, id)) }},
	"Client.Hold":    {onLetter((*courrier.Client).Hold)},
	"Client.Letter":  {onLetter((*courrier.Client).Letter)},
	"Client.Letters": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return lastOf(w.Client.Letters(w.Ctx, courrier.LetterFilter{}))
	}},
	"Client.OpenClaim": {
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.OpenClaim(w.Ctx, id, courrier.ClaimLost, "7"))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.OpenClaim(w.Ctx, id, "nonsense", "7"))
		},
	},
	"Client.Preview": sending(func(w *testscene.Scene, l courrier.Letter) error { return calldoc.Error(w.Client.Preview(w.Ctx, l)) }),
	"Client.Proof": {func(w *testscene.Scene, id courrier.LetterID) error {
		return calldoc.Error(w.Client.Proof(w.Ctx, id, courrier.ProofOfReceipt))
	}, func(w *testscene.Scene, id courrier.LetterID) error {
		return calldoc.Error(w.Client.Proof(w.Ctx, id, "nonsense"))
	}},
	"Client.Purge": {func(w *testscene.Scene, _ courrier.LetterID) error { return calldoc.Error(w.Client.Purge(w.Ctx)) }},
	"Client.Quote": sending(func(w *testscene.Scene, l courrier.Letter) error { return calldoc.Error(w.Client.Quote(w.Ctx, l)) }),
	"Client.Refresh": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return calldoc.Error(w.Client.Refresh(w.Ctx, courrier.RefreshOptions{}))
	}},
	"Client.RefreshOne": {onLetter((*courrier.Client).RefreshOne)},
	"Client.Resend": {
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Resend(w.Ctx, id, "nine", nineCopies))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Resend(w.Ctx, id, "again", nil))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Resend(w.Ctx, id, "k", nil))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Resend(w.Ctx, id, "", nil))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			_, _ = w.Client.Send(w.Ctx, testscene.Letter("new", courrier.ServiceStandard))
			return calldoc.Error(w.Client.Resend(w.Ctx, id, "new", nil))
		},
	},
	"Client.Revise": {
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Revise(w.Ctx, id, nil))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Revise(w.Ctx, id, nineCopies))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.Revise(w.Ctx, id, func(l *courrier.Letter) { l.To.Address.City = "" }))
		},
	},
	"Client.Run": {func(w *testscene.Scene, _ courrier.LetterID) error {
		ended, cancel := context.WithCancel(w.Ctx)
		cancel()
		return w.Client.Run(ended, time.Second)
	}},
	"Client.Send": sending(func(w *testscene.Scene, l courrier.Letter) error { return calldoc.Error(w.Client.Send(w.Ctx, l)) }),
	"Client.SetSettings": {
		func(w *testscene.Scene, _ courrier.LetterID) error {
			return calldoc.Error(w.Client.SetSettings(w.Ctx, "", courrier.Settings{}))
		},
		func(w *testscene.Scene, _ courrier.LetterID) error {
			return calldoc.Error(w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Version: 7}))
		},
	},
	"Client.Settings": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return calldoc.Error(w.Client.Settings(w.Ctx, "acme"))
	}},
	"Client.SettingsHistory": {func(w *testscene.Scene, _ courrier.LetterID) error {
		return lastOf(w.Client.SettingsHistory(w.Ctx, ""))
	}},
	"Client.SettleByHand": {
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.SettleByHand(w.Ctx, id, ""))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.SettleByHand(w.Ctx, id, " "))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.SettleByHand(w.Ctx, id, "post-1"))
		},
		func(w *testscene.Scene, id courrier.LetterID) error {
			return calldoc.Error(w.Client.SettleByHand(w.Ctx, id, "post-9"))
		},
	},
	"Client.SettleOne": {onLetter((*courrier.Client).SettleOne)},
}

// nineCopies are more than the scenes' carrier makes.
func nineCopies(l *courrier.Letter) { l.Print = &courrier.PrintOptions{Copies: 9} }

func onLetter(f func(*courrier.Client, context.Context, courrier.LetterID) (courrier.LetterRecord, error)) call {
	return func(w *testscene.Scene, id courrier.LetterID) error { return calldoc.Error(f(w.Client, w.Ctx, id)) }
}

// sending are the calls of what sends a letter, or would.
func sending(do func(*testscene.Scene, courrier.Letter) error) []call {
	with := func(mend func(*courrier.Letter)) call {
		return func(w *testscene.Scene, _ courrier.LetterID) error {
			l := testscene.Letter("another", courrier.ServiceStandard)
			mend(&l)
			return do(w, l)
		}
	}
	return []call{
		with(func(*courrier.Letter) {}),
		with(func(l *courrier.Letter) { l.Key = "k" }), // of the scene's letter, which is registered
		with(func(l *courrier.Letter) { l.To.Address.City = "" }),
		with(func(l *courrier.Letter) { l.PreviewToken = "stale" }),
		with(nineCopies),
	}
}
