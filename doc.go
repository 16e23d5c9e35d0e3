// Package courrier sends paper letters from inside a host application, and has the
// words of payment reminders. A host gives it a database and a carrier; its users
// send registered letters the same afternoon:
//
//	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}})
//	letter, err := client.Send(ctx, courrier.Letter{Account: "acme", Key: "INV-1042/notice", …})
//	go client.Run(ctx, time.Minute)
//
// # The story, in order
//
// [Client.Send] checks a [Letter] and prices it with the host's [Tariff]. One
// atomic write stores it, reserves its price in the account's [CreditLedger] and
// claims its key. Nothing has left yet.
//
// [Client.Dispatch] hands queued letters to a carrier, a [Provider]. Each attempt
// is written down before it is made. It ends in one of three ways: accepted, not
// accepted, or in doubt. A doubt is settled by asking the carrier, never by sending
// again. The credit is captured, given back or kept accordingly.
//
// Carriers report [TrackingEvent] values to [Client.WebhookHandler], or when
// [Client.Refresh] asks. They are stored first; the letter's [Status] is a pure
// function of the set of them: see [Fold]. Proofs are fetched and kept when they
// appear. A [Claim] becomes due when one does not, or when a letter comes back or
// is lost. docs/letter-life.md tells all of it.
//
// A [ReminderPolicy] says which reminders a late customer gets, and when. Package
// dunning decides by it and runs it. The client asks [Config.Gates], and the gate
// that a letter names, right before a letter leaves: a reminder's letter does not
// go once its invoices are paid.
//
// # What a host brings
//
// A [Store], its own or one of package stores, and a carrier. Everything else in
// [Config] is optional. The library works only within the calls made to it and
// needs no lock service. A host calls [Client.Run] in one goroutine of as many
// processes as it likes. Or its own job engine drives each duty for one letter:
// [Client.DispatchOne], [Client.SettleOne], [Client.RefreshOne],
// [Client.FetchProofs].
//
// # Who may do what
//
// An [AccountID] is one tenant of the host. [Client.For] sees that account's things
// alone; the client itself does not ask whose an id is. [WithActor] says who acts;
// it is recorded, and [Config.Authorize] is asked about what a host restricts.
//
// # Errors
//
// Each error matches one kind, such as [ErrInvalid] or [ErrInDoubt], with
// errors.Is. [Error] carries a stable code; [FieldErrors] lists every wrong field
// with its remedy. No error holds an address, a name or a document. The comment of a
// call ends in its kinds, with their codes in brackets; "the carrier's" and "the
// host's" are what these answered, of any kind. Errors of the store and of the
// context come besides. docs/errors.md explains the codes.
package courrier
