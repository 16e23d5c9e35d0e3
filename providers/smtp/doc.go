// Package smtp sends e-mail through a mail server: it is the [email.Mailer]
// for hosts that have none of their own. It speaks to a relay that takes mail
// from programs, with TLS, and tells its three outcomes apart by what the
// server had been given when it failed; see docs/email.md.
//
// A [Mailer] opens one connection for each message, so that no message depends
// on what became of another. [ParseBounce] reads the reports that servers send
// back later.
package smtp
