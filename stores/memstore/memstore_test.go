package memstore_test

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/stores/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) courrier.Store { return memstore.New() })
}
