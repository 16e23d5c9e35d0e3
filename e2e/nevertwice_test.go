package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/e2e/remote"
	"github.com/courrier-go/courrier/internal/testscene"
)

// The never-twice tests kill a dispatching process, for real, at random moments.
func TestMain(m *testing.M) { remote.Main(m, dispatchForEver) }

func dispatchForEver(c remote.Child) error {
	ctx := context.Background()
	store, closeStore, err := databases.Open(ctx, c.Store)
	if err != nil {
		return err
	}
	defer closeStore()
	client, err := remote.NewClient(store, c.Carrier, c.Ahead)
	if err != nil {
		return err
	}
	for {
		if _, err := client.Dispatch(ctx, courrier.DispatchOptions{Workers: 4}); err != nil {
			return err
		}
		if _, err := client.Refresh(ctx, courrier.RefreshOptions{Workers: 2}); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

var longOnMariaDB = flag.Bool("long-on-mariadb", false, "kill as often on MariaDB as elsewhere")

// A dispatching process is killed again and again; every letter reaches the
// carrier exactly once, and ledger, letters and carrier agree to the cent.
func TestNeverTwiceUnderKill(t *testing.T) {
	for name, dsn := range databases.WithMariaDB(t) {
		kills, letters := 200, 600
		if testing.Short() || name == "mariadb" && !*longOnMariaDB {
			kills, letters = 20, 80
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			neverTwice(t, dsn, kills, letters)
		})
	}
}

func neverTwice(t *testing.T, dsn string, kills, letters int) {
	ctx := context.Background()
	store, closeStore, err := databases.Open(ctx, dsn)
	require.NoError(t, err)
	defer closeStore()
	office := remote.NewOffice()
	server := httptest.NewServer(office)
	defer server.Close()
	client, err := remote.NewClient(store, remote.Carrier(server.URL), 0)
	require.NoError(t, err)
	_, err = client.Credits("acme").TopUp(ctx, "order", courrier.MustAmount(fmt.Sprint(letters*2), "EUR"))
	require.NoError(t, err)

	random := rand.New(rand.NewPCG(1, 2))
	for kill := range kills {
		for i := kill * letters / kills; i < (kill+1)*letters/kills; i++ {
			_, err := client.Send(ctx, testscene.Letter(fmt.Sprint("L", i), courrier.ServiceStandard))
			require.NoError(t, err)
		}
		heard := office.Heard()
		child := remote.Child{Store: dsn, Carrier: remote.Carrier(server.URL), Ahead: time.Duration(kill) * 10 * time.Minute}.Start(t)
		if kill%2 == 0 { // every second one dies at work, the others anywhere
			office.AwaitCall(heard)
		}
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		remote.Kill(t, child)
	}
	settleAll(t, store, server.URL, time.Duration(kills)*10*time.Minute)
	remote.RequireAgreement(t, client, office, letters)
}

// settleAll lets one last process, that nobody kills, finish the work.
func settleAll(t *testing.T, store courrier.Store, carrier string, ahead time.Duration) {
	for round := range 40 {
		client, err := remote.NewClient(store, remote.Carrier(carrier), ahead+time.Duration(round)*3*time.Hour)
		require.NoError(t, err)
		_, err = client.Dispatch(context.Background(), courrier.DispatchOptions{})
		require.NoError(t, err)
		_, err = client.Refresh(context.Background(), courrier.RefreshOptions{})
		require.NoError(t, err)
	}
}
