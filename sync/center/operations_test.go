package center

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// ask asks what watches over the center.
func (s *site) ask(path string) (int, string) {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.c.Operations().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestMetricsCountWhatHappens(t *testing.T) { onBoth(t, testMetricsCountWhatHappens) }

func testMetricsCountWhatHappens(t *testing.T) {
	s := serve(t, Options{Safe: SafeCommitted})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 3, "a.b", "", `{}`)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs), wire.OK, 3)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs), wire.OK, 3) // a replay
	expect(t, tm.Send(record.Urgent, record.Hash{}, tm.Make(record.Urgent, 1, "a.b", "", `{}`)), wire.OK, 1)
	stranger := s.enrol("gate-2", "school-1")
	stranger.Key = tm.Key
	if ack := stranger.Send(record.Ordinary, record.Hash{}, nil); ack.Code != wire.Sig {
		t.Fatalf("%+v", ack)
	}
	status, body := s.ask("/metrics")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	for _, want := range []string{
		`ting_center_records_total{lane="ordinary"} 3`,
		`ting_center_records_total{lane="urgent"} 1`,
		`ting_center_records_repeated_total 3`,
		`ting_center_batches_total{code="OK",lane="ordinary"} 2`,
		`ting_center_batches_total{code="SIG",lane="ordinary"} 1`,
		`ting_center_refusals_total{reason="up.sig"} 1`,
		`ting_center_terminals{state="active"} 2`,
		`ting_center_log_position 4`,
		`ting_center_ready 1`,
		`ting_center_commit_seconds_count`,
		`ting_center_answer_seconds_count{lane="urgent"} 1`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(body, "gate-1") || strings.Contains(body, "school-1") || strings.Contains(body, "127.0.0.1") {
		t.Error("a label names a terminal, a site or an address")
	}
	if strings.Contains(body, "ting_center_backup_age_seconds") {
		t.Error("there is no backup yet, but it has an age")
	}
}

// TestMetricsAreDocumented holds sync/README.md to what is served.
func TestMetricsAreDocumented(t *testing.T) { onBoth(t, testMetricsAreDocumented) }

func testMetricsAreDocumented(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	expect(t, tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", `{}`)), wire.OK, 1)
	if _, err := s.c.Backup(context.Background(), "test", t.TempDir()+"/backup.db"); err != nil {
		t.Fatal(err)
	}
	s.c.refusals.Add("tls")
	_, body := s.ask("/metrics")
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := regexp.MustCompile("`(ting_center_[a-z_]+)").FindAllStringSubmatch(string(readme), -1)
	names := map[string]bool{}
	for _, m := range documented {
		names[m[1]] = true
	}
	served := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (ting_center_[a-z_]+)`).FindAllStringSubmatch(body, -1) {
		served[m[1]] = true
		if !names[m[1]] {
			t.Errorf("%s is not in sync/README.md", m[1])
		}
	}
	for name := range names {
		// There is no projection here.
		if !served[name] && name != "ting_center_projection_lag_positions" && !strings.HasPrefix(name, "ting_center_faces_") {
			t.Errorf("sync/README.md names %s, which is not served", name)
		}
	}
	if len(served) < 15 {
		t.Errorf("only %d metrics of ours are served", len(served))
	}
}

func TestReady(t *testing.T) {
	t.Run("while it works", func(t *testing.T) {
		s := serve(t, Options{})
		if status, body := s.ask("/readyz"); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
		if status, _ := s.ask("/healthz"); status != http.StatusOK {
			t.Errorf("healthz: %d", status)
		}
	})
	t.Run("not while it shuts down, but alive", func(t *testing.T) {
		s := serve(t, Options{})
		s.c.Drain()
		if status, body := s.ask("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "shutting down") {
			t.Errorf("%d %s", status, body)
		}
		if status, _ := s.ask("/healthz"); status != http.StatusOK {
			t.Errorf("healthz: %d", status)
		}
	})
	t.Run("not on a disk that is nearly full", func(t *testing.T) {
		s := serve(t, Options{MinFree: 1 << 60})
		if err := s.c.Ready(context.Background()); !errors.Is(err, ErrNoRoom) {
			t.Error(err)
		}
	})
	t.Run("not while nothing can be stored, and again by itself", func(t *testing.T) {
		s := serve(t, Options{MinFree: -1})
		tm := s.enrol("gate-1", "school-1")
		s.limit(1)
		rs := tm.Make(record.Ordinary, 40, "a.b", "", `{"x":"`+strings.Repeat("x", 4000)+`"}`)
		if ack := tm.Send(record.Ordinary, record.Hash{}, rs); ack.Code != wire.Busy {
			t.Fatalf("%+v", ack)
		}
		if !s.c.full.Load() {
			t.Error("a commit without room was not noticed")
		}
		s.limit(10_000)
		if status, body := s.ask("/readyz"); status != http.StatusOK || s.c.full.Load() {
			t.Errorf("with room again: %d %s", status, body)
		}
	})
}

// TestUnfinishedRequestsAreCounted has a client that never finishes its headers,
// one that goes away within them, one that speaks no HTTP, and one that behaves.
func TestUnfinishedRequestsAreCounted(t *testing.T) { onBoth(t, testUnfinishedRequestsAreCounted) }

func testUnfinishedRequestsAreCounted(t *testing.T) {
	s := serve(t, Options{})
	quick := s.c.NewServer(s.c.Handler(), s.server.TLSConfig.Certificates[0])
	quick.ReadHeaderTimeout = 50 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	go quick.Serve(l) // without TLS: the same watch, and simple clients
	defer quick.Close()
	for _, text := range []string{"POST " + wire.PathUp + " HTTP/1.1\r\nX-Slow: ", "\x16\x03\x01 not http\r\n\r\n"} {
		conn := dial()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, conn) // until the server closes it
		conn.Close()
	}
	good := dial()
	defer good.Close()
	if _, err := io.WriteString(good, "GET "+wire.PathFeed+"people HTTP/1.1\r\nHost: center\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(good)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 403") {
		t.Errorf("%q, %v", answer, err)
	}
	if err := quick.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := s.c.Refusals().Counts()["http.unfinished"]; n != 2 {
		t.Errorf("%d counted, want 2", n)
	}
	list, err := s.c.Refused(context.Background(), 10)
	if err != nil || !slices.ContainsFunc(list, func(r store.Refusal) bool { return r.Reason == "http.unfinished" && r.Source == "127.0.0.1" }) {
		t.Errorf("%+v, %v", list, err)
	}
}
