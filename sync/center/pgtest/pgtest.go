// Package pgtest gives tests a real PostgreSQL: Debian's, started by the tests
// themselves on a socket in a directory of its own, without a network.
//
// One server serves a test binary, and each test gets a database of its own, so
// that it costs a start of a second or two for all of them. The server is durable
// as in earnest: it syncs its files.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestSomething(t *testing.T) { db := open(t, pgtest.URL(t)) … }
//
// Where PostgreSQL is not installed such tests are skipped, and fail under CI.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// errMissing is returned where PostgreSQL is not installed.
var errMissing = errors.New("PostgreSQL 15 or newer is not installed: apt-get install postgresql")

var (
	mainRuns  atomic.Bool
	databases atomic.Int64
	shared    = sync.OnceValues(func() (*Server, error) { return start("") })
)

// Main runs the tests and then stops the server, if one was needed.
func Main(m *testing.M) int {
	mainRuns.Store(true)
	code := m.Run()
	if databases.Load() > 0 {
		if s, err := shared(); err == nil {
			s.Stop()
			_ = os.RemoveAll(s.dir)
		}
	}
	return code
}

// URL lends the test an empty database of the shared server and returns where it is.
func URL(t testing.TB) string {
	t.Helper()
	if !mainRuns.Load() {
		t.Fatal("the package's TestMain must call pgtest.Main, or the server would stay")
	}
	databases.Add(1)
	s, err := shared()
	need(t, err)
	name, err := s.lend()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.giveBack(name); err != nil {
			t.Errorf("empty the test's database: %v", err)
		}
	})
	return s.URL(name)
}

// lend takes a database that was given back, or makes one. To empty one is far
// cheaper than to drop it and make another.
func (s *Server) lend() (name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		name, s.idle = s.idle[n-1], s.idle[:n-1]
		return name, nil
	}
	s.made++
	name = fmt.Sprintf("test_%d", s.made)
	return name, s.do(context.Background(), "postgres", `CREATE DATABASE `+name)
}

// giveBack ends whoever still uses a database, and empties it.
func (s *Server) giveBack(name string) error {
	err := s.do(context.Background(), name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
		`DROP SCHEMA public CASCADE`, `CREATE SCHEMA public`)
	if err == nil {
		s.mu.Lock()
		s.idle = append(s.idle, name)
		s.mu.Unlock()
	}
	return err
}

// need skips the test when there is no PostgreSQL, and ends it after other errors.
func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// Server is a running PostgreSQL.
type Server struct {
	dir, bin, user string
	attributes     *syscall.SysProcAttr
	process        *os.Process
	ended          chan struct{}
	log            *bytes.Buffer

	mu   sync.Mutex
	idle []string // databases that were given back
	made int
}

// Start starts a server of the test's own, which ends with it. settings are lines
// of its postgresql.conf.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(strings.Join(settings, "\n"))
	need(t, err)
	t.Cleanup(func() {
		s.Stop()
		_ = os.RemoveAll(s.dir)
	})
	return s
}

func start(settings string) (*Server, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	if out, err := s.Command("initdb", "--pgdata="+s.data(), "--username="+s.user, "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.Run(settings)
}

// newServer finds the programs and makes a directory for a server's files.
func newServer() (*Server, error) {
	s := &Server{attributes: &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	found = slices.DeleteFunc(found, func(path string) bool { return major(path) < 15 })
	if len(found) == 0 {
		return nil, errMissing
	}
	s.bin = filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) }))
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	s.user = me.Username
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if me.Uid != "0" {
		return s, nil
	}
	// PostgreSQL refuses to run as root.
	other, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errMissing, err)
	}
	s.user = other.Username
	uid, _ := strconv.ParseUint(other.Uid, 10, 32)
	gid, _ := strconv.ParseUint(other.Gid, 10, 32)
	s.attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return s, os.Chown(s.dir, int(uid), int(gid))
}

func major(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Command is one of PostgreSQL's programs, to be run as the server's user.
func (s *Server) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PGHOST="+s.dir, "PGUSER="+s.user, "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = s.attributes
	return cmd
}

// Run starts the server on the files that are there and waits until it answers.
func (s *Server) Run(settings string) error {
	settings = "listen_addresses = ''\nunix_socket_directories = '" + s.dir + "'\nmax_connections = 200\n" +
		"shared_buffers = 128MB\nlog_min_messages = warning\n" + settings + "\n"
	if err := os.WriteFile(filepath.Join(s.data(), "postgresql.conf"), []byte(settings), 0o644); err != nil {
		return err
	}
	s.log, s.ended = &bytes.Buffer{}, make(chan struct{})
	started := make(chan error)
	go func() {
		// The kernel ends the server when the thread that started it has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd := s.Command("postgres", "-D", s.data())
		cmd.Stdout, cmd.Stderr = s.log, s.log
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(s.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	return s.wait()
}

// wait waits until the server answers.
func (s *Server) wait() error {
	patience := time.After(60 * time.Second)
	for {
		err := s.do(context.Background(), "postgres", `SELECT 1`)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the server ended:\n%s", s.log)
		case <-patience:
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is where a database of the server is.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s", s.user, database, url.QueryEscape(s.dir))
}

func (s *Server) do(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// Do runs a statement in the server's own database.
func (s *Server) Do(t testing.TB, statement string) {
	t.Helper()
	if err := s.do(context.Background(), "postgres", statement); err != nil {
		t.Fatal(err)
	}
}

// Kill ends every process of the server by SIGKILL: it learns of it when it starts
// again.
func (s *Server) Kill() {
	family := []int{s.process.Pid}
	if stats, err := filepath.Glob("/proc/[0-9]*/stat"); err == nil {
		for _, stat := range stats {
			b, _ := os.ReadFile(stat) // it may have ended
			_, rest, _ := strings.Cut(string(b), ") ")
			if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(s.process.Pid) {
				if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat))); err == nil {
					family = append(family, pid)
				}
			}
		}
	}
	for _, pid := range family { // the parent first: it would start the others again
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-s.ended
}

// Stop ends the server at once, as a crash of its machine would, but for what the
// kernel still has to write.
func (s *Server) Stop() {
	_ = s.process.Signal(syscall.SIGQUIT)
	<-s.ended
}

// Both runs a test twice, once for each kind of database a center may have. The
// test opens its center with center.Options{Database: pgtest.Database(t)}.
func Both(t *testing.T, test func(t *testing.T)) {
	t.Run("sqlite", test)
	t.Run(postgres, test)
}

const postgres = "postgres"

// Database is what a center's options say in a test that Both runs: "" for SQLite,
// or the URL of a new database.
func Database(t testing.TB) string {
	t.Helper()
	if !slices.Contains(strings.Split(t.Name(), "/"), postgres) {
		return ""
	}
	return URL(t)
}
