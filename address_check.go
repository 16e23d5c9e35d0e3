package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// AddressChecker asks a register of addresses whether a place exists, such as the
// Base Adresse Nationale of France (package providers/ban). It only answers: what a
// letter bears is what the host typed, until somebody changes it.
type AddressChecker interface {
	// CheckAddress looks a place up. A place that the register does not hold is an
	// answer, not an error; [ErrUnavailable] means that it could not be asked. The
	// Client fills in At. No error may show the address.
	CheckAddress(ctx context.Context, a Address) (AddressCheck, error)
}

// AddressVerdict is what a register says of a place.
type AddressVerdict string

// The verdicts.
const (
	AddressFound      AddressVerdict = "found"       // the register has it
	AddressSimilar    AddressVerdict = "similar"     // it has one like it: a person compares
	AddressNotFound   AddressVerdict = "not_found"   // it has none like it
	AddressNotCovered AddressVerdict = "not_covered" // it has no such places: abroad, post boxes, CEDEX
	AddressUnchecked  AddressVerdict = "unchecked"   // it could not be asked
)

var addressVerdicts = []AddressVerdict{AddressFound, AddressSimilar, AddressNotFound, AddressNotCovered, AddressUnchecked}

// AddressCheck is a register's answer about a place.
type AddressCheck struct {
	Verdict  AddressVerdict `json:"verdict"`
	Register string         `json:"register,omitempty"` // such as "ban"
	// Level is how far the register knows the place: "housenumber", "street",
	// "locality" or "municipality".
	Level string  `json:"level,omitempty"`
	Score float64 `json:"score,omitempty"` // how alike, 0 to 1, by the register's measure
	// Proposal is the place as the register writes it, where that differs. It is
	// shown to people and changes nothing by itself.
	Proposal *Address  `json:"proposal,omitempty"`
	At       time.Time `json:"at,omitzero"` // when it was asked
}

// CheckAddress asks Config.AddressChecker about a place, for forms in which people
// enter customers. [ErrUnsupported] without one; [ErrUnavailable] when the register
// does not answer. Nothing is stored.
func (c *Client) CheckAddress(ctx context.Context, a Address) (AddressCheck, error) {
	const op = "check address"
	if c.hooks.address == nil {
		return AddressCheck{}, &Error{Op: op, Kind: ErrUnsupported, Code: CodeNoRegister, Err: errors.New("Config.AddressChecker is not set")}
	}
	check, err := c.hooks.address(ctx, a)
	switch {
	case ctx.Err() != nil:
		return AddressCheck{}, ctx.Err()
	case err == nil && !slices.Contains(addressVerdicts, check.Verdict):
		err = errors.New("the register's adapter gave no verdict")
	}
	if err != nil { // its text is not passed on: registers quote what they were asked
		return AddressCheck{}, &Error{Op: op, Kind: ErrUnavailable, Code: CodeNoAnswer, Err: errors.New("the register did not answer")}
	}
	if !(check.Score >= 0 && check.Score <= 1) { // no number either
		check.Score = 0
	}
	check.At = c.now()
	return check, nil
}

// checkRegistered asks about the address of a registered letter, which costs most
// when it goes astray. A register that does not answer stops no letter.
func (c *Client) checkRegistered(ctx context.Context, l Letter) (*AddressCheck, error) {
	onPaper := l.Service == ServiceRegistered || l.Service == ServiceRegisteredAR
	if c.hooks.address == nil || !onPaper {
		return nil, nil
	}
	check, err := c.CheckAddress(ctx, l.To.Address)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("check address: %w", ctx.Err())
	}
	if err != nil {
		c.log.WarnContext(ctx, "register of addresses gave no answer", "kind", KindOf(err))
		check = AddressCheck{Verdict: AddressUnchecked, At: c.now()}
	}
	return &check, nil
}
