package metrics

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

func ask(t *testing.T, m *Terminal, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// made is a terminal with two unsent records and an uplink in trouble.
func made(t *testing.T) (*Terminal, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"), journal.Options{
		Terminal: "gate-1", Log: slog.New(slog.DiscardHandler), Reserve: -1, MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	for range 2 {
		if _, err := j.Append(t.Context(), journal.Entry{Kind: "gate.pass", Version: 1, Key: "2020-0107", Body: []byte(`{"person":"2020-0107"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	return New(Options{
		Version: "1.2.3", Journal: func() *journal.Journal { return j }, Clock: func() time.Time { return now.Add(time.Minute) },
		Link: func() (uplink.Status, bool) {
			return uplink.Status{Online: true, LastContact: now, ClockError: 3 * time.Second, Certificate: now.Add(time.Hour), Refused: 4,
				Stopped: []uplink.Stop{{Lane: record.Ordinary, Code: wire.Chain}}}, true
		},
		Modules: func() map[string]int { return map[string]int{"running": 2} }, Troubles: func() int { return 1 },
	}), j
}

func TestTerminalMetrics(t *testing.T) {
	m, _ := made(t)
	m.Appended("urgent", 3*time.Millisecond, nil)
	m.Appended("ordinary", 0, journal.ErrDiskFull)
	m.Appended("ordinary", 0, errors.New("something"))
	_, body := ask(t, m, "/metrics")
	for _, want := range []string{
		`ting_terminal_info{version="1.2.3"} 1`, `ting_terminal_ready 1`, `ting_terminal_epoch 1`,
		`ting_terminal_unsent_records{lane="ordinary"} 2`, `ting_terminal_unsent_records{lane="urgent"} 0`,
		`ting_terminal_head{lane="ordinary"} 2`, `ting_terminal_journal_full 0`, `ting_terminal_online 1`,
		`ting_terminal_last_contact_seconds 60`, `ting_terminal_clock_error_seconds 3`, `ting_terminal_certificate_expiry_seconds 3540`,
		`ting_terminal_lane_stopped{code="CHAIN",lane="ordinary"} 1`, `ting_terminal_answers_refused_total 4`,
		`ting_terminal_modules{state="running"} 2`, `ting_terminal_troubles 1`,
		`ting_terminal_append_seconds_count{lane="urgent"} 1`,
		`ting_terminal_append_failures_total{reason="disk-full"} 1`, `ting_terminal_append_failures_total{reason="other"} 1`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(body, "2020-0107") || strings.Contains(body, "gate.pass") {
		t.Error("the metrics name a person or a kind of record")
	}
	if n := strings.Count(body, "\nting_terminal_"); n > 80 {
		t.Errorf("%d series", n)
	}
}

func TestReadyFollowsTheJournal(t *testing.T) {
	m, j := made(t)
	if status, _ := ask(t, m, "/readyz"); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	j.Close()
	if status, body := ask(t, m, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "closed") {
		t.Errorf("with a closed journal: %d %s", status, body)
	}
	if status, _ := ask(t, m, "/healthz"); status != http.StatusOK {
		t.Errorf("healthz: %d", status)
	}
	opening := New(Options{Journal: func() *journal.Journal { return nil }})
	if status, _ := ask(t, opening, "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("while opening: %d", status)
	}
	if status, body := ask(t, opening, "/metrics"); status != http.StatusOK || !strings.Contains(body, "ting_terminal_ready 0") {
		t.Errorf("while opening: %d", status)
	}
}

// TestMetricsAreDocumented holds sync/README.md to what is served.
func TestMetricsAreDocumented(t *testing.T) {
	m, _ := made(t)
	m.Appended("urgent", time.Millisecond, nil)
	_, body := ask(t, m, "/metrics")
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	named, served := map[string]bool{}, map[string]bool{}
	for _, n := range regexp.MustCompile("`(ting_terminal_[a-z_]+)").FindAllStringSubmatch(string(readme), -1) {
		named[n[1]] = true
	}
	for _, n := range regexp.MustCompile(`(?m)^# TYPE (ting_terminal_[a-z_]+)`).FindAllStringSubmatch(body, -1) {
		served[n[1]] = true
		if !named[n[1]] {
			t.Errorf("%s is not in sync/README.md", n[1])
		}
	}
	for n := range named {
		if !served[n] {
			t.Errorf("sync/README.md names %s, which is not served", n)
		}
	}
}
