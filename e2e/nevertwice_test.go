package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/e2e/remote"
	"github.com/courrier-go/courrier/internal/testscene"
)

// The never-twice test kills a dispatching process, for real, at random moments:
// the child is this test binary, and the carrier lives in the parent, where no
// kill reaches it.
const (
	childStore   = "COURRIER_TEST_CHILD_STORE" // the connection string: the process is a child
	childCarrier = "COURRIER_TEST_CHILD_CARRIER"
	childAhead   = "COURRIER_TEST_CHILD_AHEAD" // how far its clock is ahead
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childStore); dsn != "" {
		if err := dispatchForEver(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func dispatchForEver(dsn string) error {
	ctx := context.Background()
	store, closeStore, err := databases.Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer closeStore()
	ahead, err := strconv.ParseInt(os.Getenv(childAhead), 10, 64)
	if err != nil {
		return err
	}
	client, err := remote.NewClient(store, remote.Carrier(os.Getenv(childCarrier)), time.Duration(ahead))
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

// A dispatching process is killed again and again; every letter reaches the
// carrier exactly once, and ledger, letters and carrier agree to the cent.
func TestNeverTwiceUnderKill(t *testing.T) {
	kills, letters := 200, 600
	if testing.Short() {
		kills, letters = 20, 80
	}
	for name, dsn := range databases.Each(t) {
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
		child := startChild(t, dsn, server.URL, time.Duration(kill)*10*time.Minute)
		if kill%2 == 0 { // every second one dies at work, the others anywhere
			office.AwaitCall(heard)
		}
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
	}
	settleAll(t, store, server.URL, time.Duration(kills)*10*time.Minute)
	remote.RequireAgreement(t, client, office, letters)
}

func startChild(t *testing.T, dsn, carrier string, ahead time.Duration) *exec.Cmd {
	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe)
	child.Env = append(os.Environ(), childStore+"="+dsn, childCarrier+"="+carrier, fmt.Sprintf("%s=%d", childAhead, ahead))
	child.Stderr = os.Stderr
	require.NoError(t, child.Start())
	return child
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
