package databases

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/stores/postgres"
)

// Server is a PostgreSQL server of a test's own, to be mistreated.
type Server struct {
	t    testing.TB
	bin  string // folder of its programs
	dir  string
	root bool          // it runs as user postgres, for it refuses to run as root
	died chan struct{} // closed when the first process has ended
	pid  int
}

// NewServer starts a server in a new folder, where mount, which may be nil, may mount
// something first. It ends with the test.
func NewServer(t testing.TB, mount func(dir string)) *Server {
	t.Helper()
	s := &Server{t: t, bin: programs(t), root: os.Getuid() == 0}
	dir, err := os.MkdirTemp("", "courrier-server-") // not of t: user postgres must get there
	require.NoError(t, err)
	s.dir = dir
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if mount != nil {
		mount(dir)
	}
	s.own()
	s.run("initdb", "-D", s.data(), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// programs finds where PostgreSQL's programs are.
func programs(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("initdb is not installed: a failing PostgreSQL server would go untested")
		}
		t.Skip("NOT TESTED ON A FAILING POSTGRESQL SERVER: install PostgreSQL's server programs")
	}
	return filepath.Dir(slices.Max(found))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// own gives the folder to the user that the server runs as.
func (s *Server) own() {
	if c := s.credential(); c != nil {
		require.NoError(s.t, os.Chown(s.dir, int(c.Uid), int(c.Gid)))
	}
}

func (s *Server) credential() *syscall.Credential {
	if !s.root {
		return nil
	}
	u, err := user.Lookup("postgres")
	require.NoError(s.t, err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	require.NoError(s.t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	require.NoError(s.t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	if c := s.credential(); c != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c}
	}
	return cmd
}

func (s *Server) run(program string, args ...string) {
	s.t.Helper()
	out, err := s.command(program, args...).CombinedOutput()
	require.NoError(s.t, err, "%s: %s", program, out)
}

// Start starts the server unless it runs. One that was killed leaves processes
// behind, and until they are gone the next one refuses to start.
func (s *Server) Start() {
	s.t.Helper()
	for range 600 {
		if !s.runs() {
			s.launch()
		}
		if s.answers() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatal("the server does not start")
}

func (s *Server) runs() bool {
	select {
	case <-s.died:
		return false
	default:
		return s.died != nil
	}
}

// launch starts it as a child of the test's: nobody else would collect what is left
// of one that was killed, and the next takes it for alive.
func (s *Server) launch() {
	cmd := s.command("postgres", "-D", s.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories="+s.dir,
		"-c", "max_connections=100", "-c", "min_wal_size=32MB", "-c", "max_wal_size=64MB")
	require.NoError(s.t, cmd.Start())
	died := make(chan struct{})
	s.died, s.pid = died, cmd.Process.Pid
	go func() {
		_ = cmd.Wait() // however it ended
		close(died)
	}()
}

func (s *Server) answers() bool {
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
	defer cancel()
	db, err := postgres.Open(ctx, s.DSN())
	if err != nil {
		return false
	}
	defer db.Close()
	return db.PingContext(ctx) == nil
}

// Kill ends the server's first process at once, as a crash of the machine would.
func (s *Server) Kill() {
	if s.runs() {
		_ = syscall.Kill(s.pid, syscall.SIGKILL)
		<-s.died
	}
}

// DSN is the connection string of its database.
func (s *Server) DSN() string {
	return "host=" + s.dir + " user=postgres dbname=postgres sslmode=disable"
}
