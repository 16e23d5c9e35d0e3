// Package providertest is the conformance suite for carriers: whatever
// implements [courrier.Provider] must pass it before it may be trusted with
// letters. It imports the standard library and this module only.
//
// An adapter's author gives a [Harness] that makes worlds. Each is a carrier of its
// own, or a faithful fake of one, that has taken nothing yet. It comes with an adapter
// and a few handles to look behind the counter. The suite needs to know what the
// carrier really took, because that is the one thing an adapter can be wrong about at
// somebody's expense:
//
//	func TestConformance(t *testing.T) {
//		providertest.Run(t, providertest.Harness{New: newWorld})
//	}
//
// Handles that a world lacks, and abilities that an adapter does not declare,
// skip the checks that need them, with the reason. [Check] runs the same checks,
// or some of them, and returns what each found.
package providertest
