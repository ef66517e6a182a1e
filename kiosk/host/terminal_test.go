package host_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// deadline is generous: the machine may be busy with everything else.
const deadline = 30 * time.Second

// terminal is a host over real processes, whose services are in this test. It is
// its own screen and journal.
type terminal struct {
	*host.Host
	t   *testing.T
	dir string

	mu       sync.Mutex
	changed  chan struct{}
	pages    []shown
	statuses []host.Status
	records  []string
	log      bytes.Buffer
}

type shown struct {
	visit kiosk.Visit
	page  view.Page
}

// module is the fixture called id, with what the site grants it.
func module(t testing.TB, id string, grants ...kiosk.Permission) host.Module {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return host.Module{ID: id, Command: []string{self, asModule, id}, Grants: grants, Lane: "east"}
}

// socketDir is a directory short enough for a socket's path.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ting")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "modules")
}

func start(t *testing.T, change func(*host.Config), modules ...host.Module) *terminal {
	t.Helper()
	tm := &terminal{t: t, dir: socketDir(t), changed: make(chan struct{})}
	cfg := host.Config{
		Modules: modules, Dir: tm.dir, Terminal: "test-1", Site: "school-1",
		Services: host.Services{Screen: tm, Recorder: tm},
		Log:      slog.New(slog.NewTextHandler(lockedLog{tm}, nil)),
		OnStatus: func(s host.Status) { tm.change(func() { tm.statuses = append(tm.statuses, s) }) },
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if tm.Host, err = host.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := tm.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tm.stop)
	return tm
}

// stop shuts the host down, and looks whether anything is left.
func (tm *terminal) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := tm.Shutdown(ctx); err != nil {
		tm.t.Error(err)
	}
	if ctx.Err() != nil {
		tm.t.Error("shutdown had to kill")
	}
	if _, err := os.Stat(tm.dir); err == nil {
		tm.t.Errorf("%s is left", tm.dir)
	}
	for _, s := range tm.seen() {
		if s.PID != 0 && unix.Kill(s.PID, 0) == nil {
			tm.t.Errorf("module %s: process %d is left", s.ID, s.PID)
		}
	}
	if tm.t.Failed() {
		tm.t.Logf("log:\n%.6000s", tm.logged())
	}
}

type lockedLog struct{ tm *terminal }

func (l lockedLog) Write(b []byte) (n int, err error) {
	l.tm.change(func() { n, err = l.tm.log.Write(b) })
	return n, err
}

func (tm *terminal) logged() string {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.log.String()
}

func (tm *terminal) seen() []host.Status {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.statuses)
}

func (tm *terminal) Present(v kiosk.Visit, p view.Page) {
	tm.change(func() { tm.pages = append(tm.pages, shown{v, p}) })
}

func (tm *terminal) Append(_ context.Context, k kiosk.RecordKind, _ string, body []byte) (kiosk.Receipt, error) {
	tm.change(func() { tm.records = append(tm.records, k.Name+" "+string(body)) })
	return kiosk.Receipt{ID: "1"}, nil
}

func (tm *terminal) change(f func()) {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	f()
	close(tm.changed)
	tm.changed = make(chan struct{})
}

// wait returns once cond, called under the lock, holds.
func (tm *terminal) wait(what string, cond func() bool) {
	tm.t.Helper()
	late := time.NewTimer(deadline)
	defer late.Stop()
	for {
		tm.mu.Lock()
		ok, changed := cond(), tm.changed
		tm.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			var ids []string
			for _, p := range tm.pages {
				ids = append(ids, p.page.ID)
			}
			tm.t.Fatalf("waited %v for %s; pages: %s", deadline, what, strings.Join(ids, ", "))
		}
	}
}

// wantPage waits until the page with that ID, newer than the one before, stands.
func (tm *terminal) wantPage(id string, before shown) (s shown) {
	tm.t.Helper()
	tm.wait("page "+id, func() bool {
		if len(tm.pages) == 0 {
			return false
		}
		s = tm.pages[len(tm.pages)-1]
		return s.page.ID == id && s.page.Rev > before.page.Rev
	})
	return s
}

// wantState waits until a module has been in a state, since the terminal's start.
func (tm *terminal) wantState(id string, state host.State, also func(host.Status) bool) (s host.Status) {
	tm.t.Helper()
	tm.wait(id+" "+string(state), func() bool {
		for _, s = range tm.statuses {
			if s.ID == id && s.State == state && (also == nil || also(s)) {
				return true
			}
		}
		return false
	})
	return s
}

func (tm *terminal) touch(s shown, action string) {
	tm.t.Helper()
	if !tm.Answer(view.Answer{PageID: s.page.ID, Rev: s.page.Rev, Action: action}) {
		tm.t.Fatalf("nobody waited for %s on page %s", action, s.page.ID)
	}
}

func text(s shown) string { return s.page.Body[0].(view.TextNode).Text.EN }

func answer(id string, rev uint64) view.Answer {
	return view.Answer{PageID: id, Rev: rev, Action: "ok"}
}

func checksum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

type screenFunc func(shown)

func (f screenFunc) Present(v kiosk.Visit, p view.Page) { f(shown{v, p}) }
