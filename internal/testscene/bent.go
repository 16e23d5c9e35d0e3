package testscene

import (
	"context"

	"github.com/courrier-go/courrier"
)

// Bent is the scripted carrier with a behaviour of its own where one is given.
type Bent struct {
	*Carrier
	OnSubmit func(context.Context, courrier.Submission) (courrier.Receipt, error)
	OnFind   func(context.Context, courrier.Reference) (courrier.Receipt, error)
	OnCancel func(context.Context, courrier.Reference) error
	OnTrack  func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error)
	OnProof  func(context.Context, courrier.Reference, courrier.ProofKind) (courrier.Document, error)
}

func (b *Bent) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if b.OnSubmit == nil {
		return b.Carrier.Submit(ctx, s)
	}
	return b.OnSubmit(ctx, s)
}

func (b *Bent) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	if b.OnFind == nil {
		return b.Carrier.Find(ctx, ref)
	}
	return b.OnFind(ctx, ref)
}

func (b *Bent) Cancel(ctx context.Context, ref courrier.Reference) error {
	if b.OnCancel == nil {
		return b.Carrier.Cancel(ctx, ref)
	}
	return b.OnCancel(ctx, ref)
}

func (b *Bent) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	if b.OnTrack == nil {
		return b.Carrier.Track(ctx, refs)
	}
	return b.OnTrack(ctx, refs)
}

func (b *Bent) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	if b.OnProof == nil {
		return b.Carrier.Proof(ctx, ref, kind)
	}
	return b.OnProof(ctx, ref, kind)
}

// Bend makes the scene's carrier misbehave.
func (w *Scene) Bend(b *Bent) {
	b.Carrier = w.Carrier
	w.Config.Providers = []courrier.Provider{b}
	w.Restart()
}

// WatchedStore calls watch before each commit; its error fails the commit.
type WatchedStore struct {
	BothStores
	Watch func(courrier.Change) error
}

func (s WatchedStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	for _, c := range changes {
		if err := s.Watch(c); err != nil {
			return nil, err
		}
	}
	return s.BothStores.Commit(ctx, changes...)
}

// Watch puts a watchedStore before the scene's store.
func (w *Scene) Watch(watch func(courrier.Change) error) {
	w.Config.Store, w.Config.Contents = WatchedStore{w.Store, watch}, w.Store.(courrier.Contents)
	w.Restart()
}
