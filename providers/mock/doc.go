// Package mock is a post office in memory, with a clock of its own, for tests
// and examples of whatever sends letters with package courrier:
//
//	office := mock.New()
//	client, err := courrier.New(courrier.Config{Providers: []courrier.Provider{office}, Now: office.Now, …})
//	…
//	office.Advance(72 * time.Hour)
//
// It takes every service, answers every question a carrier can be asked, calls
// back with signed webhooks and issues proofs as PDFs that readers open. A
// [Script] gives single letters another fate: refused, accepted without a word,
// returned, lost, their events doubled or out of order.
//
// It is honest about the one thing that matters: called twice, it prints twice,
// unless [Config.Idempotent] says otherwise. [Office.Accepted] tells.
//
// All its prices and delays are invented. They have the order of magnitude of
// French post and are good for nothing but tests; [Config] replaces them.
package mock
