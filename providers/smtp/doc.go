// Package smtp sends e-mail through a mail server: it is the [email.Mailer]
// for hosts that have none of their own. It speaks to a relay that takes mail
// from programs, with TLS, and tells its three outcomes apart by what the
// server had been given when it failed; see docs/email.md.
//
//	mailer, err := smtp.New(smtp.Config{
//		Host: "relay.example", Port: 587, Domain: "acme.example",
//		Accounts: smtp.Fixed(smtp.Account{Username: "acme", Password: smtp.NewSecret("from the vault")}),
//	})
//	runner, err := dunning.New(dunning.Config{Client: client, Store: store, Debtors: debtors, Settings: settings, Mailer: mailer})
//
// A [Mailer] opens one connection for each message, or keeps a few of them and sends
// many messages on each: see Config.Connections. Either way no outcome depends on what
// became of another message. [ParseBounce] reads the reports that servers send
// back later.
package smtp
