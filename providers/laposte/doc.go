// Package laposte sends letters through Maileva, the service of La Poste's group
// that prints and posts, and follows registered letters with La Poste's own
// tracking service, Suivi.
//
//	carrier, err := laposte.New(laposte.Config{
//		Credentials: func(ctx context.Context, account courrier.AccountID) (laposte.Credentials, error) {
//			return vault.Maileva(ctx, account) // of the company that sends
//		},
//		Webhook: laposte.BasicAuth{Login: "maileva", Password: "a long random text"},
//	})
//	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
//
// Ordinary letters use Maileva's API mail/v2, registered letters printed and
// handed over by the postman its API registered_mail/v4. Both take a letter in
// two steps: a draft, to which documents and one recipient are added, and its
// submission. Only the submission can print, and it is made once. Whether an
// unclear one went through is found out by reading the draft's status, and ended
// by deleting what is still a draft: a submission that arrives after that finds
// nothing to print.
//
// [New] makes the carrier, [NewSuivi] a tracker that also serves alone, for
// registered letters sent otherwise. docs/laposte.md tells what must be agreed
// with Maileva and La Poste first, and what neither of them publishes.
package laposte
