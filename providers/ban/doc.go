// Package ban asks France's Base Adresse Nationale whether an address exists: the
// AddressChecker of [courrier.Config].
//
//	register, err := ban.New(ban.Config{})
//	client, err := courrier.New(courrier.Config{…, AddressChecker: register})
//
// The register is public and free; its operator, the IGN, answers at most 50 calls a
// second for one address of the internet. It gets the street, the postcode and the
// town of a place, never a name. It knows houses and streets of metropolitan France
// and the overseas departments, no post boxes and no CEDEX.
//
// Package bantest is a register for tests.
package ban
