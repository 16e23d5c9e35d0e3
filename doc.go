// Package courrier sends paper letters and runs payment reminders from inside a
// host application: an invoicing product imports it, gives it a database and a
// carrier, and its users send registered letters the same afternoon.
//
// # The story, in order
//
// A [Letter] says what to send: an account, a key, a recipient, documents, a
// service. [Client.Send] checks it, prices it with the host's [Tariff], and in
// one atomic write stores it, reserves its price in the account's [CreditLedger]
// and claims its key. Nothing has left yet.
//
// [Client.Dispatch] hands queued letters to a carrier, a [Provider]. Each attempt
// is written down before it is made and has one of three outcomes: accepted, not
// accepted, or in doubt. A letter in doubt is settled by asking the carrier and
// never by sending again. Credits are captured, given back or kept accordingly.
//
// Carriers report what happens as [TrackingEvent] values, through
// [Client.WebhookHandler] or when [Client.Refresh] asks. They are stored first;
// the letter's [Status] is a pure function of the set of them: see [Fold].
// Proofs are fetched and kept when they appear. A [Claim] becomes due when one
// does not, or when a letter comes back or is lost.
//
// # Reminders
//
// A [ReminderPolicy] says which reminders a late customer gets, and when. Package
// dunning decides by it and runs it; this package knows only the words. The client
// asks [Config.Gates], and the gate that a letter names, right before a letter
// leaves: so a reminder's letter does not go once its invoices are paid.
//
// # What a host brings
//
// A [Store], its own or one of those in package stores: SQLite and PostgreSQL
// through database/sql, or memory. One or more carriers from package providers,
// or its own. Everything else in [Config] is optional.
//
// The library works only within the calls made to it and needs no lock service. A host
// calls [Client.Run] in one goroutine of as many processes as it likes, or drives
// each duty for one letter at a time from its own job engine: DispatchOne,
// SettleOne, RefreshOne, FetchProofs.
//
// # Who may do what
//
// An [AccountID] is one tenant of the host. Lists take an account; methods that take
// the id of a letter or a reminder do not ask whose it is: a host compares the
// account of what comes back with its user's before showing it. [WithActor] says
// who asks; it is recorded, and Config.Authorize is asked about the few acts that
// a host restricts: see [ActionKind].
//
// # Errors
//
// Each error matches one kind, such as [ErrInvalid] or [ErrInDoubt], with
// [errors.Is]; [Error] carries the carrier's own code; [FieldErrors] lists every
// wrong field with its remedy. No error holds an address, a name or a document.
package courrier
