package courrier_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
)

// foreign is what a carrier or a hook of a scene answers.
func foreign(provider string) error {
	return &courrier.Error{Op: "theirs", Kind: courrier.ErrRejected, Provider: provider, Code: calldoc.Foreign}
}

// registered sends the scene's letter, with credit for it.
func registered(w *testscene.Scene) courrier.LetterID {
	w.TopUp(10)
	return w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR)).ID
}

// after leads the letter of a scene on.
func after(steps ...func(w *testscene.Scene, id courrier.LetterID)) func(w *testscene.Scene) courrier.LetterID {
	return func(w *testscene.Scene) courrier.LetterID {
		id := registered(w)
		for _, step := range steps {
			step(w, id)
		}
		return id
	}
}

func dispatched(w *testscene.Scene, _ courrier.LetterID) { w.Dispatch() }

func hoursLater(w *testscene.Scene, _ courrier.LetterID) { w.Advance(5 * time.Hour) }

func heldByHost(w *testscene.Scene, id courrier.LetterID) {
	_, err := w.Client.Hold(w.Ctx, id)
	require.NoError(w.T, err)
}

func cancelled(w *testscene.Scene, id courrier.LetterID) {
	_, err := w.Client.Cancel(w.Ctx, id)
	require.NoError(w.T, err)
}

func replaced(w *testscene.Scene, id courrier.LetterID) {
	_, err := w.Client.Resend(w.Ctx, id, "first", nil)
	require.NoError(w.T, err)
}

func happened(status courrier.Status, proof courrier.ProofKind) func(*testscene.Scene, courrier.LetterID) {
	return func(w *testscene.Scene, _ courrier.LetterID) {
		w.Carrier.Happen("post-1", status, proof)
		w.Refresh()
	}
}

func scripted(outcomes ...testscene.Outcome) func(w *testscene.Scene) courrier.LetterID {
	return func(w *testscene.Scene) courrier.LetterID {
		w.Carrier.Script["k"] = outcomes
		return after(dispatched)(w)
	}
}

func settings(s courrier.Settings) func(*testscene.Scene, courrier.LetterID) {
	return func(w *testscene.Scene, _ courrier.LetterID) {
		_, err := w.Client.SetSettings(w.Ctx, "acme", s)
		require.NoError(w.T, err)
	}
}

// configured makes the client anew after a change of its configuration.
func configured(mend func(*testscene.Scene, *courrier.Config)) func(*testscene.Scene, courrier.LetterID) {
	return func(w *testscene.Scene, _ courrier.LetterID) {
		mend(w, &w.Config)
		w.Restart()
	}
}

func failingCarrier(w *testscene.Scene, _ courrier.LetterID) {
	w.Bend(&testscene.Bent{
		OnSubmit: func(context.Context, courrier.Submission) (courrier.Receipt, error) {
			return courrier.Receipt{}, foreign("post")
		},
		OnFind: func(context.Context, courrier.Reference) (courrier.Receipt, error) {
			return courrier.Receipt{}, errors.New("down")
		},
		OnCancel: func(context.Context, courrier.Reference) error { return foreign("post") },
		OnTrack: func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error) {
			return nil, foreign("post")
		},
		OnProof: func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error) {
			return courrier.Document{}, foreign("post")
		},
	})
}

func conflicts(w *testscene.Scene, _ courrier.LetterID) {
	w.Watch(func(c courrier.Change) error {
		if c.Letter != nil && c.Letter.Version > 0 {
			return courrier.ErrConflict
		}
		return nil
	})
}

func inTransaction(w *testscene.Scene, _ courrier.LetterID) {
	w.Config.Store, w.Config.Contents = joined{w.Store}, w.Store.(courrier.Contents)
	w.Restart()
	w.Ctx = context.WithValue(w.Ctx, joinedKey{}, true)
}

// plain is a carrier that only takes letters.
type plain struct{ *testscene.Carrier }

func (p plain) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services()}
}
func (plain) Find()         {}
func (plain) Cancel()       {}
func (plain) Track()        {}
func (plain) Proof()        {}
func (plain) ParseWebhook() {}

type deafRegister struct{}

func (deafRegister) CheckAddress(context.Context, courrier.Address) (courrier.AddressCheck, error) {
	return courrier.AddressCheck{}, courrier.ErrUnavailable
}

type refusingTariff struct{}

func (refusingTariff) Price(courrier.Priceable) ([]courrier.PriceLine, error) {
	return nil, foreign("")
}

var (
	onlyPlain = configured(func(w *testscene.Scene, c *courrier.Config) { c.Providers = []courrier.Provider{plain{w.Carrier}} })
	denied    = configured(func(_ *testscene.Scene, c *courrier.Config) {
		c.Authorize = func(context.Context, courrier.Actor, courrier.Action) error { return errors.New("no") }
	})
	refusingGate = configured(func(_ *testscene.Scene, c *courrier.Config) {
		c.Gates = []courrier.Gate{courrier.GateFunc(func(context.Context, courrier.LetterRecord) (courrier.Verdict, error) {
			return courrier.Verdict{}, foreign("")
		})}
	})
	failingHooks = configured(func(_ *testscene.Scene, c *courrier.Config) {
		c.Route = func(context.Context, courrier.Letter) ([]string, error) { return nil, foreign("") }
		c.AddressChecker = deafRegister{}
	})
	failingTariff = configured(func(_ *testscene.Scene, c *courrier.Config) { c.Tariff = refusingTariff{} })
	badRoute      = configured(func(_ *testscene.Scene, c *courrier.Config) {
		c.Route = func(context.Context, courrier.Letter) ([]string, error) { return []string{"nobody"}, nil }
	})
)

// scenes are the situations in which calls are made; each returns the letter that they
// are made on.
var scenes = map[string]func(w *testscene.Scene) courrier.LetterID{
	"no letter": func(*testscene.Scene) courrier.LetterID { return "none" },
	"queued":    registered,
	"waiting for credit": func(w *testscene.Scene) courrier.LetterID {
		return w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR)).ID
	},
	"waiting, no price": func(w *testscene.Scene) courrier.LetterID {
		id := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR)).ID
		failingTariff(w, id)
		return id
	},
	"settings change": func(w *testscene.Scene) courrier.LetterID {
		id := registered(w)
		w.Watch(func(c courrier.Change) error {
			if len(c.Items) > 0 && c.Items[0].Kind == "settings" {
				return courrier.ErrConflict
			}
			return nil
		})
		return id
	},
	"held":         after(heldByHost),
	"held, denied": after(heldByHost, denied),
	"notice held, denied": func(w *testscene.Scene) courrier.LetterID {
		w.TopUp(10)
		l := testscene.Letter("k", courrier.ServiceRegisteredAR)
		l.Purpose = courrier.PurposeFormalNotice
		id := w.Send(l).ID
		heldByHost(w, id)
		denied(w, id)
		return id
	},
	"held, closed":             after(heldByHost, settings(courrier.Settings{Closed: true})),
	"held, post off":           after(heldByHost, settings(courrier.Settings{PostOff: true})),
	"held, conflicts":          after(heldByHost, conflicts),
	"held, bad route":          after(heldByHost, badRoute),
	"held, failing hooks":      after(heldByHost, failingHooks),
	"held, plain":              after(heldByHost, onlyPlain),
	"queued, bad route":        after(badRoute),
	"queued, failing hooks":    after(failingHooks),
	"queued, failing gate":     after(refusingGate),
	"queued, conflicts":        after(conflicts),
	"queued, failing carrier":  after(failingCarrier),
	"queued, in a transaction": after(inTransaction),
	"gated": func(w *testscene.Scene) courrier.LetterID {
		w.TopUp(10)
		l := testscene.Letter("k", courrier.ServiceRegisteredAR)
		l.Gate, l.GateRef = "reminders", "r"
		return w.Send(l).ID
	},
	"cancelled":                   after(cancelled),
	"cancelled, conflicts":        after(cancelled, conflicts),
	"cancelled, bad route":        after(cancelled, badRoute),
	"cancelled, failing hooks":    after(cancelled, failingHooks),
	"cancelled, closed":           after(cancelled, settings(courrier.Settings{Closed: true})),
	"cancelled, post off":         after(cancelled, settings(courrier.Settings{PostOff: true})),
	"replaced":                    after(cancelled, replaced),
	"submitted":                   after(dispatched),
	"submitted, in a transaction": after(dispatched, inTransaction),
	"submitted, conflicts":        after(dispatched, conflicts),
	"submitted, plain":            after(dispatched, onlyPlain),
	"submitted, failing carrier":  after(dispatched, failingCarrier),
	"posted":                      after(dispatched, happened(courrier.StatusPosted, courrier.ProofOfDeposit)),
	"posted, conflicts":           after(dispatched, happened(courrier.StatusPosted, courrier.ProofOfDeposit), conflicts),
	"posted, proof to come, failing": after(dispatched, func(w *testscene.Scene, _ courrier.LetterID) {
		require.NoError(w.T, w.Client.Apply(w.Ctx, w.Carrier.Event("post-1", courrier.StatusPosted, courrier.ProofOfDeposit)))
	}, failingCarrier),
	"posted, proof to come, no PDF": after(dispatched, func(w *testscene.Scene, _ courrier.LetterID) {
		require.NoError(w.T, w.Client.Apply(w.Ctx, w.Carrier.Event("post-1", courrier.StatusPosted, courrier.ProofOfDeposit)))
		w.Bend(&testscene.Bent{OnProof: func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error) {
			return courrier.NewDocument("p.pdf", []byte("<html>")), nil
		}})
	}),
	"lost": after(dispatched, happened(courrier.StatusLost, "")),
	"claimed, conflicts": after(dispatched, happened(courrier.StatusLost, ""), func(w *testscene.Scene, id courrier.LetterID) {
		_, err := w.Client.OpenClaim(w.Ctx, id, courrier.ClaimLost, "6")
		require.NoError(w.T, err)
	}, conflicts),
	"posted, proof to come, conflicts": after(dispatched, func(w *testscene.Scene, _ courrier.LetterID) {
		w.Carrier.Happen("post-1", courrier.StatusPosted, courrier.ProofOfDeposit)
		require.NoError(w.T, w.Client.Apply(w.Ctx, w.Carrier.Event("post-1", courrier.StatusPosted, courrier.ProofOfDeposit)))
	}, conflicts),
	"delivered": after(dispatched, happened(courrier.StatusDelivered, courrier.ProofOfReceipt)),
	"refused":   scripted(testscene.Rejects),
	"in doubt":  scripted(testscene.NeverArrives),
	"in doubt, there": func(w *testscene.Scene) courrier.LetterID {
		id := scripted(testscene.AcceptsSilent)(w)
		hoursLater(w, id)
		return id
	},
	"in doubt, in a transaction": func(w *testscene.Scene) courrier.LetterID {
		id := scripted(testscene.NeverArrives)(w)
		inTransaction(w, id)
		return id
	},
	"in doubt, conflicts": func(w *testscene.Scene) courrier.LetterID {
		id := scripted(testscene.NeverArrives)(w)
		hoursLater(w, id)
		conflicts(w, id)
		return id
	},
	"in doubt, not to be asked": func(w *testscene.Scene) courrier.LetterID {
		id := scripted(testscene.NeverArrives)(w)
		failingCarrier(w, id)
		return id
	},
	"in doubt, beside another": func(w *testscene.Scene) courrier.LetterID {
		w.TopUp(10)
		w.Sent("first", courrier.ServiceStandard)
		id := scripted(testscene.NeverArrives)(w)
		hoursLater(w, id)
		return id
	},
}

// Each call of the root returns what its doc comment lists, and nothing else: those of
// the Client are made in every scene.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of calls: the full run makes them")
	}
	lists, err := calldoc.Of(".")
	require.NoError(t, err)
	var seen calldoc.Seen
	for _, begin := range scenes {
		for name, all := range clientCalls {
			for _, do := range all {
				w := testscene.New(t)
				id := begin(w)
				seen.Call(name, do(w, id))
			}
		}
	}
	makeLedgerCalls(t, &seen)
	for name, do := range pureCalls {
		seen.Call(name, do())
	}
	for _, err := range posts() {
		seen.Call("Books.Post", err)
	}
	require.Empty(t, calldoc.Compare(lists, &seen))
}

func makeLedgerCalls(t *testing.T, seen *calldoc.Seen) {
	for _, scene := range ledgerScenes {
		for name, do := range ledgerCalls {
			for _, amount := range amounts {
				w := testscene.New(t)
				w.TopUp(20)
				ledger := w.Client.Credits("acme")
				if scene.begin != nil {
					ledger = scene.begin(w, ledger)
				}
				seen.Call(name, do(ledger, w.Ctx, scene.key, amount))
			}
		}
	}
}
