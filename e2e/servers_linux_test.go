package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/e2e/remote"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/postgres"
)

var serverFailures = flag.Int("failures", 6, "how often the database server fails, in each way")

// trouble is what happens to a database server; heal ends it.
type trouble struct {
	name       string
	mount      func(t *testing.T, dir string)
	begin, end func(t *testing.T, s *databases.Server, dir string)
}

var troubles = []trouble{
	{
		name:  "killed",
		begin: func(_ *testing.T, s *databases.Server, _ string) { s.Kill() },
	},
	{
		name:  "read only",
		begin: func(t *testing.T, s *databases.Server, _ string) { setReadOnly(t, s, "on") },
		end:   func(t *testing.T, s *databases.Server, _ string) { setReadOnly(t, s, "off") },
	},
	{
		name:  "disk full",
		mount: mountSmall,
		begin: fillDisk,
		end: func(t *testing.T, _ *databases.Server, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
		},
	},
}

// TestNeverTwiceWhenTheServerFails lets two clients send and dispatch while their
// database server is killed, refuses to write, or has no room left, again and again.
// Every letter reaches the carrier exactly once, and ledger, letters and carrier agree.
func TestNeverTwiceWhenTheServerFails(t *testing.T) {
	for _, trouble := range troubles {
		t.Run(trouble.name, func(t *testing.T) {
			t.Parallel()
			failing(t, trouble, 200)
		})
	}
}

func failing(t *testing.T, trouble trouble, letters int) {
	times := *serverFailures
	if testing.Short() {
		times = 2
	}
	var dir string
	server := databases.NewServer(t, func(at string) {
		if dir = at; trouble.mount != nil {
			trouble.mount(t, at)
		}
	})
	office := remote.NewOffice()
	carrier := httptest.NewServer(office)
	defer carrier.Close()
	store, closeStore, err := databases.Open(t.Context(), server.DSN())
	require.NoError(t, err)
	defer closeStore()
	client, err := remote.NewClient(store, remote.Carrier(carrier.URL), 0)
	require.NoError(t, err)
	_, err = client.Credits("acme").TopUp(t.Context(), "order", courrier.MustAmount(fmt.Sprint(letters*2), "EUR"))
	require.NoError(t, err)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var working sync.WaitGroup
	for range 2 {
		working.Go(func() { dispatchUntil(ctx, t, server.DSN(), carrier.URL) })
	}
	for n := range times {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		trouble.begin(t, server, dir)
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		if trouble.end != nil {
			trouble.end(t, server, dir)
		}
		server.Start()
		for i := n * letters / times; i < (n+1)*letters/times; i++ {
			sendUntilAnswered(t, client, fmt.Sprint("L", i))
		}
	}
	stop()
	working.Wait()
	settleAll(t, store, carrier.URL, 0)
	remote.RequireAgreement(t, client, office, letters)
}

// sendUntilAnswered sends a letter, again under its key until somebody says it is there.
func sendUntilAnswered(t *testing.T, client *courrier.Client, key string) {
	var err error
	for range 1000 {
		if _, err = client.Send(t.Context(), testscene.Letter(key, courrier.ServiceStandard)); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.NoError(t, err, "for a minute")
}

// dispatchUntil is a process of its own: its errors are the point, and nobody looks at
// them.
func dispatchUntil(ctx context.Context, t *testing.T, dsn, carrier string) {
	store, closeStore, err := databases.Open(ctx, dsn)
	for err != nil && ctx.Err() == nil { // it starts while the server is down
		store, closeStore, err = databases.Open(ctx, dsn)
	}
	if err != nil {
		return
	}
	defer closeStore()
	client, err := remote.NewClient(store, remote.Carrier(carrier), 0)
	require.NoError(t, err)
	for ctx.Err() == nil {
		_, _ = client.Dispatch(ctx, courrier.DispatchOptions{Workers: 4})
		_, _ = client.Refresh(ctx, courrier.RefreshOptions{Workers: 2})
		time.Sleep(time.Millisecond)
	}
}

// setReadOnly makes the server refuse every change, as a standby does.
func setReadOnly(t *testing.T, s *databases.Server, to string) {
	db, err := postgres.Open(t.Context(), s.DSN())
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, text := range []string{
		"SET default_transaction_read_only = off", "ALTER SYSTEM SET default_transaction_read_only = " + to, "SELECT pg_reload_conf()",
	} {
		_, err = db.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
}

// mountSmall puts a small disk under the server. Not every machine lets a test do that.
func mountSmall(t *testing.T, dir string) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=192m"); err != nil {
		t.Skip("NOT TESTED ON A FULL DISK: this machine lets nobody mount one:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fillDisk writes until nothing more fits.
func fillDisk(t *testing.T, _ *databases.Server, dir string) {
	f, err := os.Create(filepath.Join(dir, "filler"))
	require.NoError(t, err)
	defer f.Close()
	for block := make([]byte, 1<<16); err == nil; {
		_, err = f.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
}
