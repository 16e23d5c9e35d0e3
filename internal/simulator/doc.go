// Package simulator lets clients, carriers and people loose on one store, in simulated
// time, with faults at every commit, call and clock, and counts the paper: no letter
// twice, none lost, no cent wrong, none stuck without a reason.
//
//	go test -v ./internal/simulator -args -runs 30000 -seed 1
//
// The last line tells runs, letters, faults and violations. A violation names the
// seed of its run: -runs 1 -seed with it shows that run again, as far as the order
// of goroutines allows.
package simulator
