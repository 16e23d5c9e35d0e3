package courrier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Gate decides about a letter right before it leaves. An error leaves it queued and
// is tried again. Several workers may ask at once; at most one hands it over.
type Gate interface {
	Ask(ctx context.Context, r LetterRecord) (Verdict, error)
}

// GateFunc is a [Gate] made of a function.
type GateFunc func(ctx context.Context, r LetterRecord) (Verdict, error)

// Ask calls the function. Errors: the host's.
func (f GateFunc) Ask(ctx context.Context, r LetterRecord) (Verdict, error) { return f(ctx, r) }

// Verdict is the answer of a [Gate]. The zero value lets the letter go.
type Verdict struct {
	Hold   bool   // keep it held until [Client.Approve]
	Cancel bool   // cancel it and give its credit back
	Reason string // stored in the record's Failure
}

// ContentKeeper is a [Gate] that keeps contents which no letter needs.
type ContentKeeper interface {
	// KeepsContent tells whether something of the account needs it; of any account when that is empty.
	KeepsContent(ctx context.Context, account AccountID, sum Sum) (bool, error)
}

// gates are those that letters name in [Letter.Gate].
type gates struct {
	mu     sync.RWMutex
	byName map[string]guardedGate
}

// AddGate gives the client a gate that letters name in [Letter.Gate], such as
// package dunning's Runner. A name given twice is a [FieldError].
func (c *Client) AddGate(name string, g Gate) error {
	c.gates.mu.Lock()
	defer c.gates.mu.Unlock()
	var k Checks
	k.Require(name != "", "name", "is empty", "name the gate")
	_, known := c.gates.byName[name]
	k.Require(g != nil, "gate", "is nil", "give a gate")
	k.Require(!known, "name", "is that of a gate given before", "give it once, or make another client")
	if err := k.Err(); err != nil {
		return fmt.Errorf("add gate: %w", err)
	}
	if c.gates.byName == nil {
		c.gates.byName = map[string]guardedGate{}
	}
	c.gates.byName[name] = guards{c.log, c.cfg.Now, c.cfg.Observe}.gate(g)
	return nil
}

func (c *Client) gate(name string) (guardedGate, bool) {
	c.gates.mu.RLock()
	defer c.gates.mu.RUnlock()
	g, ok := c.gates.byName[name]
	return g, ok
}

// named are the gates that letters name.
func (c *Client) named() []guardedGate {
	c.gates.mu.RLock()
	defer c.gates.mu.RUnlock()
	return slices.Collect(maps.Values(c.gates.byName))
}

// gatesOf lists who is asked about a letter, the one that it names first. Without
// that one it does not leave.
func (c *Client) gatesOf(rec LetterRecord) ([]guardedGate, error) {
	name := rec.Letter.Gate
	if name == "" {
		return c.always, nil
	}
	own, ok := c.gate(name)
	if !ok {
		return nil, &Error{
			Op: "gate", Kind: ErrUnavailable, Code: CodeNoGate, LetterID: rec.ID,
			Err: errors.New("the letter leaves only by a client that has its gate; for a reminder's letter make a dunning.Runner with the client"),
		}
	}
	return append([]guardedGate{own}, c.always...), nil
}

// askGates asks each gate until one does not let the letter go.
func (c *Client) askGates(ctx context.Context, rec LetterRecord) (Verdict, error) {
	all, err := c.gatesOf(rec)
	if err != nil {
		return Verdict{}, err
	}
	for _, g := range all {
		answer, err := g.Ask(ctx, rec)
		if err != nil || answer.Hold || answer.Cancel {
			return answer, err
		}
	}
	return Verdict{}, nil
}
