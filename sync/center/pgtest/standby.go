package pgtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Standby starts a standby of the server, which follows it under a name and ends
// with the test.
func (s *Server) Standby(t testing.TB, name string) *Server {
	t.Helper()
	standby, err := newServer()
	need(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(standby.dir) })
	out, err := s.Command("pg_basebackup", "--pgdata="+standby.data(), "--wal-method=stream", "--write-recovery-conf",
		"--checkpoint=fast", "--no-sync", "--dbname=host="+s.dir+" user="+s.user+" application_name="+name).CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	if err := standby.Run(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Stop)
	return standby
}

// Synchronous has the server wait for standbys at each commit: names as in
// synchronous_standby_names, "" for none.
func (s *Server) Synchronous(t testing.TB, names string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, statement := range []string{fmt.Sprintf("ALTER SYSTEM SET synchronous_standby_names = '%s'", names), "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// Promote makes a standby the server.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Do(t, `SELECT pg_promote()`) // returns when it is
}

// Either is a URL of a database on whichever of two servers takes writes.
func (s *Server) Either(other *Server, database string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s,%s&target_session_attrs=read-write", s.user, database, s.dir, other.dir)
}
