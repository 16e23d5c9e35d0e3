package courrier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier/internal/postal"
)

// Address is a place where a postman can go, in parts. In France these are the
// parts of the six lines of NF Z10-011; abroad they are put where the destination's
// post wants them (docs/addresses.md).
type Address struct {
	Unit     string `json:"unit,omitempty"`     // flat, floor, staircase
	Building string `json:"building,omitempty"` // entrance, building, residence, industrial zone
	Street   string `json:"street,omitempty"`   // number and street, in the order of the country
	// Box stands between street and town: a post box (BP, CS, TSA, PO Box, Postfach), a hamlet, a district, a locality.
	Box      string `json:"box,omitempty"`
	Postcode string `json:"postcode"`
	City     string `json:"city"` // with CEDEX and its number where there is one
	// State is the state, province, county or prefecture, by name or abbreviation. US, CA, AU, BR, IN and JP need it.
	State        string `json:"state,omitempty"`
	RoutingLabel string `json:"routing_label,omitempty"` // printed for a city whose name does not fit (libellé d'acheminement)
	// Country is an ISO 3166-1 alpha-2 code, or XK for Kosovo. Overseas territories go by their own code or their mother country's.
	Country string `json:"country"`
}

// Recipient is where a letter goes: a person, a company, or one in the other.
type Recipient struct {
	Name      string  `json:"name,omitempty"`      // a private person, with title: "Mme Claire Dupont"
	Company   string  `json:"company,omitempty"`   // a company with its legal form; then Name is not needed
	Attention string  `json:"attention,omitempty"` // a person or department in the company
	Address   Address `json:"address"`
}

// Sender is who a letter comes from.
type Sender Recipient

// Lines returns the sender's printed lines. It errs as [Recipient.Printed].
func (s Sender) Lines() ([]string, error) { return Recipient(s).Lines() }

// MaxLineLen is the longest address line, in characters (NF Z10-011).
const MaxLineLen = postal.MaxLine

// PrintedAddress is an address as it is printed.
type PrintedAddress struct {
	Lines []string  // in the window: at most six in French post, seven abroad, where the country's French name is the last
	Six   [6]string // in numbered places, blank ones included, without the country, for carriers that take them so

	Names    []string // the company and the person
	Above    []string // between the names and the town
	Town     string   // with its state
	Postcode string   // as printed; "" where the country has none
	Country  string   // the country line; "" in French post
	Warnings []AddressWarning
	firm     int // how many of Names are the company's
}

// AddressWarning tells a part of an address that is printed otherwise than typed;
// case, accents, white space and punctuation between words need none.
type AddressWarning struct {
	Field string `json:"field"`        // such as "Address.Street"
	Code  string `json:"code"`         // one of the Address… constants
	From  string `json:"from"`         // what was typed
	To    string `json:"to,omitempty"` // what is printed in its place; "" when nothing
}

// The codes of warnings about addresses.
const (
	AddressNumberRange  = postal.ChangeRange       // of several house numbers the first is printed
	AddressNumberWord   = postal.ChangeNumberWord  // "n°" before a house number is left out
	AddressNumberSplit  = postal.ChangeNumberSplit // a sign between two figures became a space
	AddressSymbol       = postal.ChangeSymbol      // a sign such as "&" is left out
	AddressPostcode     = postal.ChangePostcode    // the postcode was repaired
	AddressCedex        = postal.ChangeCedex       // "CEDEX 7" became "CEDEX 07"
	AddressAbbreviated  = postal.ChangeAbbreviated // a word became its abbreviation
	AddressState        = postal.ChangeState       // the state became the form of its post
	AddressDropped      = postal.ChangeDropped     // the destination does not print it
	AddressRepeated     = postal.ChangeRepeated    // it stands in the address already
	AddressTerritory    = postal.ChangeTerritory   // the postcode lies in another territory than the country named
	AddressOtherScript  = postal.ChangeScript      // letters of another script, which a carrier may not print
	AddressNotAdvisable = postal.ChangeSign        // printed, but the destination's post asks to leave it out
)

// The codes of the [FieldError] of an address that cannot be printed.
const (
	CodeAddressMissing     = postal.ProblemMissing     // a part that the country needs is empty
	CodeAddressPlaceholder = postal.ProblemPlaceholder // "[ND]", "adresse inconnue": a person must find the true one
	CodeAddressCharacter   = postal.ProblemCharacter   // a control character, or no UTF-8
	CodeAddressScript      = postal.ProblemScript      // not in Latin letters and Arabic figures
	CodeAddressPostcode    = postal.ProblemPostcode    // no postcode of the country
	CodeAddressState       = postal.ProblemState       // no state of the country
	CodeAddressCountry     = postal.ProblemCountry     // no country, or one that the rest contradicts
	CodeAddressCity        = postal.ProblemCity        // CEDEX alone, or another postcode in the town
	CodeAddressTooLong     = postal.ProblemTooLong     // a line over 38 characters
	CodeAddressLines       = postal.ProblemLines       // more than seven lines
)

// Printed writes an address as its country does, and tells what differs from what
// was typed. French post (France, its overseas territories, Monaco) has the six
// lines of NF Z10-011, from the street down in capitals, digits and spaces. Abroad
// the form is the destination's, above the country's French name in capitals:
// accents and punctuation stay; town, state and postcode are in capitals. A line
// has at most 38 characters. Nothing is cut or made up: what cannot be printed is a
// [FieldError] with a code.
func (r Recipient) Printed() (PrintedAddress, error) {
	b, problems := postal.Format(r.input())
	var c Checks
	for _, p := range problems {
		c.Refuse(p.Code, p.Field, p.Rule, p.Remedy)
	}
	if err := c.Err(); err != nil {
		return PrintedAddress{}, err
	}
	printed := PrintedAddress{Lines: b.Lines, Six: b.Six, Names: b.Names, Above: b.Above, Town: b.Town, Postcode: b.Code, Country: b.Country, firm: b.Firm}
	for _, w := range b.Changes {
		printed.Warnings = append(printed.Warnings, AddressWarning(w))
	}
	return printed, nil
}

// Lines returns the address as it is printed. It errs as [Recipient.Printed].
func (r Recipient) Lines() ([]string, error) {
	p, err := r.Printed()
	return p.Lines, err
}

// AddressFields is a printed address in parts, for carriers that take it so.
type AddressFields struct {
	Name, Company string   // of a person in a company both
	Lines         []string // between them and the town
	Town          string   // with the state as the country writes it
	Postcode      string   // as printed; "" where the country has none or none is needed
	Country       string   // the country's French name in capitals; "" in French post
}

// Fields returns the address in parts, with room for most lines between names and
// town, at least one. One line too many shares a line with the next; more is a
// [FieldError]: nothing is cut. Else it errs as [Recipient.Printed].
func (r Recipient) Fields(most int) (AddressFields, error) {
	p, err := r.Printed()
	if err != nil {
		return AddressFields{}, err
	}
	var c Checks
	f := AddressFields{Town: p.Town, Postcode: p.Postcode, Country: p.Country, Lines: slices.Clone(p.Above)}
	f.Company, f.Name = strings.Join(p.Names[:p.firm], " "), strings.Join(p.Names[p.firm:], " ")
	if p.firm > 1 {
		remedy := fmt.Sprintf("abbreviate it to %d characters", MaxLineLen)
		c.Refuse(CodeAddressTooLong, "Company", "goes over two lines, and the carrier has one for it", remedy)
	}
	if most = max(most, 1); len(f.Lines) == most+1 {
		between := " "
		if f.Country != "" {
			between = ", "
		}
		f.Lines = append([]string{f.Lines[0] + between + f.Lines[1]}, f.Lines[2:]...)
	}
	if len(f.Lines) > most || utf8.RuneCountInString(f.Lines[0]) > MaxLineLen {
		c.Refuse(CodeAddressLines, firstAbove(r.Address), fmt.Sprintf("does not fit: the carrier has %d lines for it and what follows", most),
			fmt.Sprintf("abbreviate the first two lines to %d characters together", MaxLineLen))
	}
	return f, c.Err()
}

// firstAbove names the first field of an address that is set.
func firstAbove(a Address) string {
	for _, f := range []struct{ field, text string }{
		{"Address.Unit", a.Unit}, {"Address.Building", a.Building}, {"Address.Street", a.Street},
	} {
		if f.text != "" {
			return f.field
		}
	}
	return "Address.Box"
}

// Shown returns the printed lines or, of an address that today's rules refuse, its
// parts: for screens with letters of the past.
func (r Recipient) Shown() []string {
	if lines, err := r.Lines(); err == nil {
		return lines
	}
	a := r.Address
	town := postal.Tidy(a.Postcode + " " + a.City + " " + a.State)
	lines := []string{r.Company, r.Name, r.Attention, a.Unit, a.Building, a.Street, a.Box, town, a.Country}
	for i := range lines {
		lines[i] = postal.Tidy(lines[i])
	}
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" })
}

func (r Recipient) input() postal.Input {
	a := r.Address
	return postal.Input{
		Name: r.Name, Company: r.Company, Attention: r.Attention, Unit: a.Unit, Building: a.Building, Street: a.Street, Box: a.Box,
		Postcode: a.Postcode, City: a.City, State: a.State, RoutingLabel: a.RoutingLabel, Country: a.Country,
	}
}

// Zone is where an address lies for French post, for prices and services.
type Zone string

const (
	ZoneUnknown      Zone = ""             // no place La Poste delivers to
	ZoneMetropolitan Zone = "metropolitan" // with Corsica
	ZoneOverseas     Zone = "overseas"     // departments and collectivities
	ZoneMonaco       Zone = "monaco"
	ZoneMilitary     Zone = "military" // French forces, postcodes 00…
	ZoneAbroad       Zone = "abroad"
)

var frenchZones = map[int]Zone{
	postal.ClassMetropolitan: ZoneMetropolitan, postal.ClassOverseas: ZoneOverseas,
	postal.ClassMonaco: ZoneMonaco, postal.ClassMilitary: ZoneMilitary,
}

// Territory returns the ISO 3166-1 code of the territory: an overseas postcode
// under FR gives the territory's own code, 980 gives MC, a Faroese one under DK
// gives FO. It is "" when the zone is [ZoneUnknown].
func (a Address) Territory() string {
	_, territory := a.locate()
	return territory
}

// Zone tells the zone from the country and the range of the postcode, which is
// repaired first: "F-75011" lies in France.
func (a Address) Zone() Zone {
	zone, _ := a.locate()
	return zone
}

// CountryLine returns the last line of a letter to a: the country's French name in
// capitals, "" in French post and where the country is not known.
func (a Address) CountryLine() string {
	return postal.CountryLine(postal.Country(a.Country), a.Postcode)
}

func (a Address) locate() (Zone, string) {
	country := postal.Country(a.Country)
	if !postal.InFrenchPost(country) {
		if !postal.Known(country) {
			return ZoneUnknown, ""
		}
		return ZoneAbroad, postal.Territory(country, a.Postcode)
	}
	class, territory := postal.ClassOf(postal.FrenchCode(a.Postcode), a.City)
	if class == postal.ClassNone || !postal.Belongs(country, territory) {
		return ZoneUnknown, "" // no postcode of a place, or one that contradicts the country
	}
	return frenchZones[class], territory
}

// Countries lists the codes of countries that addresses may use, sorted.
func Countries() []string { return slices.Sorted(maps.Keys(postal.CountryLines())) }

// AddressChecker asks a register whether a place exists: package providers/ban asks
// France's. A letter still bears what the host typed.
type AddressChecker interface {
	// CheckAddress looks a place up. A place that the register does not hold is an answer, not an error.
	// [ErrUnavailable]: it could not be asked. The Client fills in At. No error may show the address.
	CheckAddress(ctx context.Context, a Address) (AddressCheck, error)
}

// AddressVerdict is what a register says of a place.
type AddressVerdict string

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
	Level    string         `json:"level,omitempty"`    // known down to "housenumber", "street", "locality" or "municipality"
	Score    float64        `json:"score,omitempty"`    // how alike, 0 to 1, by the register's measure
	Proposal *Address       `json:"proposal,omitempty"` // as the register writes it, where that differs; only shown to people
	At       time.Time      `json:"at,omitzero"`        // when it was asked
}

// CheckAddress asks [Config.AddressChecker] about a place, for forms in which
// people enter customers. Nothing is stored. Errors: [ErrUnsupported]
// (no-register), [ErrUnavailable] (no-answer).
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
