package storetest_test

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/stores/storetest"
)

// The test of a store. Without Reopening it does not test what survives a crash,
// and says so.
func ExampleRun() {
	testStore := func(t *testing.T) { // func TestStore
		storetest.Run(t, func(testing.TB) courrier.Store { return memstore.New() })
	}
	_ = testStore
}
