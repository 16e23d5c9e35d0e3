package remote

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a child is told.
const (
	childStore   = "COURRIER_TEST_CHILD_STORE" // the connection string: the process is a child
	childCarrier = "COURRIER_TEST_CHILD_CARRIER"
	childAhead   = "COURRIER_TEST_CHILD_AHEAD" // how far its clock is ahead
)

// Child is what a process works with that may be killed at any moment: it is the test's
// binary, and the carrier lives in its parent, where no kill reaches it.
type Child struct {
	Store   string // its connection string
	Carrier Carrier
	Ahead   time.Duration // of its clock
}

// Main runs the tests, or the work of a child in a process that [Child.Start] started.
func Main(m *testing.M, work func(Child) error) {
	dsn := os.Getenv(childStore)
	if dsn == "" {
		os.Exit(m.Run())
	}
	ahead, err := strconv.ParseInt(os.Getenv(childAhead), 10, 64)
	if err == nil {
		err = work(Child{Store: dsn, Carrier: Carrier(os.Getenv(childCarrier)), Ahead: time.Duration(ahead)})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Start begins its work in a process of its own.
func (c Child) Start(t testing.TB) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	process := exec.Command(exe)
	process.Env = append(os.Environ(), childStore+"="+c.Store, childCarrier+"="+string(c.Carrier), fmt.Sprintf("%s=%d", childAhead, c.Ahead))
	process.Stderr = os.Stderr
	require.NoError(t, process.Start())
	return process
}

// Kill ends a process where it stands.
func Kill(t testing.TB, process *exec.Cmd) {
	t.Helper()
	require.NoError(t, process.Process.Kill())
	_ = process.Wait()
}
