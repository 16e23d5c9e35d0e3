package sqlstore_test

import (
	"sync"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/storetest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres, "mariadb": newMariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh(t)
			var databases sync.Map
			open := func(t testing.TB, d database) courrier.Store {
				s := d.store(t)
				databases.Store(s, d)
				return s
			}
			storetest.Run(t,
				func(t testing.TB) courrier.Store { return open(t, fresh(t)) },
				storetest.Reopening(func(t testing.TB, old courrier.Store) courrier.Store {
					d, _ := databases.Load(old)
					return open(t, d.(database))
				}))
		})
	}
}
