package center

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/wire"
)

// site is a center that listens, as a test sees it.
type site struct {
	t      testing.TB
	dir    string
	c      *Center
	url    string
	server *http.Server
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// onBoth runs a test on each kind of database.
func onBoth(t *testing.T, test func(t *testing.T)) {
	t.Run(onSQLite, test)
	t.Run(onPostgres, test)
}

const onSQLite, onPostgres = "sqlite", "postgres"

// databases remembers which PostgreSQL database belongs to a center's directory:
// opened again, it finds the same.
var databases sync.Map

// database is where the center of a directory keeps its records in this test.
func database(t testing.TB, dir string) string {
	if !strings.Contains(t.Name(), "/"+onPostgres) {
		return ""
	}
	if url, ok := databases.Load(dir); ok {
		return url.(string)
	}
	url := pgtest.URL(t)
	databases.Store(dir, url)
	return url
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve opens the center of a directory and listens. It is closed with the test,
// or by close.
func serve(t testing.TB, opt Options) *site {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Log == nil {
		opt.Log = discard()
	}
	if opt.Database == "" {
		opt.Database = database(t, opt.Dir)
	}
	c, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := c.Authority().Server(c.now(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: opt.Dir, c: c, url: "https://" + l.Addr().String(), server: c.NewServer(c.Handler(), cert)}
	go s.server.ServeTLS(l, "", "")
	t.Cleanup(s.close)
	return s
}

func (s *site) close() {
	if s.c == nil {
		return
	}
	s.server.Close()
	if err := s.c.Close(); err != nil {
		s.t.Errorf("close the center: %v", err)
	}
	s.c = nil
}

// terminal is short for what most tests speak of.
type terminal = centertest.Terminal

// postEnrol sends an enrolment and returns the status and the raw answer.
func (s *site) postEnrol(q wire.EnrolRequest) (int, []byte) {
	s.t.Helper()
	return centertest.PostEnrol(s.t, s.url, s.c.ca.Pool(), q)
}

// enrol lets a new terminal in.
func (s *site) enrol(id, siteID string) *terminal {
	s.t.Helper()
	return s.enrolKey(id, siteID, centertest.NewKey(s.t))
}

func (s *site) enrolKey(id, siteID string, key ed25519.PrivateKey) *terminal {
	s.t.Helper()
	code, _, err := s.c.MakeCode(context.Background(), "test", id, siteID)
	if err != nil {
		s.t.Fatal(err)
	}
	return centertest.Enrol(s.t, s.url, s.c.ca.Pool(), id, siteID, code, key)
}
