//go:build unix

package main

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/courrier-go/courrier/dunning"
)

// evaluation is what our side found and cost.
type evaluation struct {
	due  []dueRow // by invoice
	held int
	cost spent
	// allocations are those of evaluating heldAlone invoices, of customers who
	// get nothing today.
	allocations uint64
	heldAlone   int
}

// spent is CPU time, user and system, beside elapsed time.
type spent struct{ cpu, wall time.Duration }

func (s spent) best(t spent) spent { return spent{min(s.cpu, t.cpu), min(s.wall, t.wall)} }

// evaluate decides about every invoice on one core. The garbage collector's
// work counts.
func evaluate(evaluator *dunning.Evaluator, all []debtor) (evaluation, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	result := collectDue(evaluator, all)
	for round := range rounds {
		runtime.GC()
		cost := timed(func() { evaluateOnce(evaluator, all) })
		if round == 0 {
			result.cost = cost
		}
		result.cost = result.cost.best(cost)
	}
	result.allocations, result.heldAlone = countAllocations(evaluator, all)
	if n := len(all) * invoicesEach; len(result.due)+result.held != n {
		return result, fmt.Errorf("%d due and %d held are not %d invoices", len(result.due), result.held, n)
	}
	return result, nil
}

func cases(all []debtor) iter.Seq2[dunning.Case, dunning.History] {
	return func(yield func(dunning.Case, dunning.History) bool) {
		for i := range all {
			if !yield(all[i].facts, all[i].history) {
				return
			}
		}
	}
}

// evaluateOnce is what is timed: it returns the number of reminders and of holds
// with a reason.
func evaluateOnce(e *dunning.Evaluator, all []debtor) (due, held int) {
	for _, out := range e.EvaluateAll(cases(all), today) {
		due += len(out.Decisions)
		for i := range out.Holds {
			if out.Holds[i].Cause != "" {
				held++
			}
		}
	}
	return due, held
}

// collectDue notes what is due, and not timed.
func collectDue(e *dunning.Evaluator, all []debtor) evaluation {
	var result evaluation
	_, result.held = evaluateOnce(e, all)
	steps := make(map[string]int16)
	for i, s := range e.Policy().Steps {
		steps[s.ID] = int16(i + 1)
	}
	n := 0
	for _, out := range e.EvaluateAll(cases(all), today) {
		for _, d := range out.Decisions {
			for _, line := range d.Lines {
				named := func(inv dunning.Invoice) bool { return inv.ID == line.Invoice }
				place := slices.IndexFunc(all[n].facts.Invoices, named)
				result.due = append(result.due, dueRow{invoiceNumber(n, place), steps[d.Step.ID]})
			}
		}
		n++
	}
	sortRows(result.due)
	return result
}

func sortRows(rows []dueRow) {
	slices.SortFunc(rows, func(a, b dueRow) int { return int(a.invoice - b.invoice) })
}

// countAllocations evaluates the customers who get nothing today into an outcome
// used before.
func countAllocations(e *dunning.Evaluator, all []debtor) (allocations uint64, held int) {
	var out dunning.Outcome
	var quiet []int
	for i := range all {
		e.EvaluateInto(&out, &all[i].facts, all[i].history, today)
		if len(out.Decisions) == 0 {
			quiet = append(quiet, i)
		}
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, i := range quiet {
		e.EvaluateInto(&out, &all[i].facts, all[i].history, today)
		held += len(out.Holds)
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, held
}

func timed(f func()) spent {
	cpu, start := cpuTime(), time.Now()
	f()
	return spent{cpu: cpuTime() - cpu, wall: time.Since(start)}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
