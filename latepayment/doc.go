// Package latepayment computes what late payment costs under French law and
// Directive 2011/7/EU: due dates, half-yearly rates, interest by segment, the
// fixed compensation of 40 EUR, and the statement a letter shows, every figure
// with the text it rests on.
//
// This is arithmetic with sources, not legal advice. The package never decides
// what a debt is: the host says which class of debtor it faces, when a notice
// took effect, what the contract says. What no text settles is a named
// convention (see [Conventions]) and is argued in docs/late-payment.md.
//
// # From facts to a statement
//
//	statement, err := latepayment.France().Statement(latepayment.Debt{On: on, Debtor: class, Invoices: invoices})
//
// A [Law] has a regime for each class of debtor; a [Calculator] is one of them.
// [Statement.Sums] and [Statement.Notes] write the statement for a letter, and
// [CheckLetter] reads a letter back: every sum of it, what it claims, and what it
// tells of the past.
//
// [Rates] are half-yearly series with source and date. [BuiltinRates] holds
// those known at the release; [ParseRates] and [Rates.With] add later ones, so
// that a new half-year needs no new release. A half-year that is not published
// is a [MissingRateError], never an extrapolation.
//
// A [Regime] is data: which debtor, which rate, from which day, which floor,
// which compensation. [FranceBusiness], [FranceConsumer],
// [FranceNonProfessional], [FrancePublic] and [EUDirective] return the ones
// with a source.
//
// No cost may be added to the debt of a consumer: [CheckCost] and
// [Calculator.Statement] answer a [CostRefusedError].
//
// # Money
//
// Every amount is tax included (late-payment sums carry no VAT of their own),
// in whole cents, at most [courrier.MaxAmountValue]. Interest is computed in
// exact integer arithmetic and rounded half up. There is no floating point in
// this package and a test holds it.
//
// All types are safe for concurrent use once built; none is changed afterwards.
package latepayment
