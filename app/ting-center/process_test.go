package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestMain lets the test binary be the real program.
func TestMain(m *testing.M) {
	if os.Getenv("TING_CENTER_PROCESS") == "1" {
		main()
	}
	os.Exit(pgtest.Main(m))
}

// process is the real program, running.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	dir    string
	url    string
	stderr *bytes.Buffer
	exited chan error
}

// program is a run of the program, not started yet.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "TING_CENTER_PROCESS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// start starts a center and waits until it is ready.
func start(t *testing.T, dir, listen string, more ...string) *process {
	t.Helper()
	p := &process{t: t, dir: dir, stderr: &bytes.Buffer{}, exited: make(chan error, 1)}
	p.cmd = program(t, append([]string{"run", "-state", dir, "-listen", listen}, more...)...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() { p.exited <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "ready: ")
	if !ok {
		<-p.exited
		t.Fatalf("not ready: %q %v\n%s", line, err, p.stderr)
	}
	p.url = address
	return p
}

// kill ends the center as a power cut of the process would, and waits.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
}

func (p *process) roots() *x509.CertPool {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, "ca.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		p.t.Fatal("ca.pem holds no certificate")
	}
	return pool
}

func (p *process) read(name string) string {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func (p *process) enrolCode(terminal, site string) string {
	p.t.Helper()
	out, err := program(p.t, "enrol-code", "-state", p.dir, "-terminal", terminal, "-site", site).Output()
	if err != nil {
		p.t.Fatalf("enrol-code: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// browser is signed in to the console.
func (p *process) browser() *http.Client {
	p.t.Helper()
	c := centertest.Client(p.roots())
	c.Jar, _ = cookiejar.New(nil)
	p.t.Cleanup(c.CloseIdleConnections)
	resp, err := c.PostForm(p.url+"/signin", url.Values{"user": {"admin"}, "password": {p.read("console-password")}})
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/" {
		p.t.Fatalf("sign-in led to %s", resp.Request.URL.Path)
	}
	return c
}

func passBody(t *testing.T, person, direction string, at time.Time) string {
	t.Helper()
	b, err := json.Marshal(gate.Pass{Person: person, Direction: direction, Way: "face", Lane: "east", At: at})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDemoIsReadyForItsTerminal(t *testing.T) {
	p := start(t, t.TempDir(), "127.0.0.1:0", "-demo")
	if got := p.read("address"); got != p.url {
		t.Errorf("address says %q, stdout %q", got, p.url)
	}
	first := p.read("enrol-code")
	tm := centertest.Enrol(t, p.url, p.roots(), demoTerminal, demoSite, first, centertest.NewKey(t))
	page, status := tm.Feed("people", 0, 0)
	if status != http.StatusOK || len(page.Rows) < 5 {
		t.Errorf("people: status %d, %d rows", status, len(page.Rows))
	}
	if page, status := tm.Feed("revocations", 0, 0); status != http.StatusOK || len(page.Rows) == 0 {
		t.Errorf("revocations: status %d, %d rows", status, len(page.Rows))
	}
	// A terminal set up anew finds a fresh code.
	deadline := time.After(10 * time.Second)
	for p.read("enrol-code") == first {
		select {
		case <-deadline:
			t.Fatal("the used code was not replaced")
		case <-time.After(10 * time.Millisecond):
		}
	}
	centertest.Enrol(t, p.url, p.roots(), demoTerminal, demoSite, p.read("enrol-code"), centertest.NewKey(t))
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.exited; err != nil {
		t.Errorf("ended with %v\n%s", err, p.stderr)
	}
	for _, name := range []string{"ca-key.pem", "center-key.pem", "server-key.pem", "center.db", "enrol-code", "console-password"} {
		if st, err := os.Stat(filepath.Join(p.dir, name)); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, st.Mode(), err)
		}
	}
}

// TestKilledMidStream kills the center again and again while terminals send, and
// then counts: nothing acknowledged is lost, nothing is there twice.
func TestKilledMidStream(t *testing.T) {
	const terminals, each, kills = 4, 400, 5
	dir := t.TempDir()
	p := start(t, dir, "127.0.0.1:0", "-safe", "committed")
	fleet := make([]*centertest.Terminal, terminals)
	for i := range fleet {
		id := fmt.Sprintf("gate-%d", i)
		fleet[i] = centertest.Enrol(t, p.url, p.roots(), id, "school-1", p.enrolCode(id, "school-1"), centertest.NewKey(t))
	}
	var acknowledged atomic.Int64
	progress := make(chan struct{}, 1)
	var all sync.WaitGroup
	for _, tm := range fleet {
		rs := tm.Make(record.Ordinary, each, gate.KindPass.Name, "person/1", passBody(t, "2020-0107", gate.In, time.Now()))
		all.Go(func() {
			prev := func(i int) (h record.Hash) {
				if i > 0 {
					h = rs[i-1].Hash
				}
				return h
			}
			for done := 0; done < each; {
				batch := rs[done:min(done+7, each)]
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				ack, err := tm.TrySend(ctx, tm.Head(record.Ordinary, prev(done), batch), wire.EncodeRecords(batch, wire.Newest))
				cancel()
				if err != nil || ack.Code == wire.Busy {
					<-time.After(5 * time.Millisecond) // it is being started again
					continue
				}
				if ack.Code != wire.OK || int(ack.CommittedSeq) < done {
					t.Errorf("%s: answered %s at %d, had %d acknowledged", tm.ID, ack.Code, ack.CommittedSeq, done)
					return
				}
				acknowledged.Add(ack.CommittedSeq - int64(done))
				done = int(ack.CommittedSeq)
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		})
	}
	for range kills {
		for range 12 {
			<-progress
		}
		p.kill()
		p = start(t, dir, strings.TrimPrefix(p.url, "https://"), "-safe", "committed")
	}
	all.Wait()
	if got := acknowledged.Load(); got != terminals*each {
		t.Errorf("%d acknowledged, want %d", got, terminals*each)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.exited; err != nil {
		t.Fatalf("ended with %v\n%s", err, p.stderr)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "center.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var stored, distinct, gaps int64
	for query, dest := range map[string]*int64{
		`SELECT COUNT(*) FROM inbox`:           &stored,
		`SELECT COUNT(DISTINCT id) FROM inbox`: &distinct,
		`SELECT COUNT(*) FROM (SELECT chain FROM inbox GROUP BY chain HAVING COUNT(*) <> MAX(seq) OR MAX(seq) <> 400)`: &gaps,
	} {
		if err := db.QueryRow(query).Scan(dest); err != nil {
			t.Fatal(err)
		}
	}
	if stored != terminals*each || distinct != stored || gaps != 0 {
		t.Errorf("stored %d, distinct %d, want %d; chains with gaps: %d", stored, distinct, terminals*each, gaps)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	running := start(t, t.TempDir(), "127.0.0.1:0")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "center.db"), bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"port in use", []string{"run", "-state", t.TempDir(), "-listen", strings.TrimPrefix(running.url, "https://")},
			[]string{"in use", "-listen"}},
		{"bad address", []string{"run", "-state", t.TempDir(), "-listen", "nowhere"}, []string{"nowhere", "-listen"}},
		{"state not a directory", []string{"run", "-state", file, "-listen", "127.0.0.1:0"}, []string{"-state"}},
		{"two centers", []string{"run", "-state", running.dir, "-listen", "127.0.0.1:0"}, []string{"already runs", "-state"}},
		{"damaged", []string{"run", "-state", damaged, "-listen", "127.0.0.1:0"}, []string{"center.db", "damaged", "backup"}},
		{"no center", []string{"enrol-code", "-state", t.TempDir(), "-terminal", "a", "-site", "b"}, []string{"no center", "-state"}},
		{"bad name", []string{"enrol-code", "-state", running.dir, "-terminal", "a b", "-site", "b"}, []string{"letters"}},
		{"unknown flag", []string{"run", "-nonsense"}, []string{"-nonsense"}},
		{"argument", []string{"run", "nonsense"}, []string{"nonsense"}},
		{"unknown command", []string{"nonsense"}, []string{"usage"}},
		{"policy", []string{"run", "-state", t.TempDir(), "-safe", "maybe"}, []string{"maybe"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := program(t, c.args...).CombinedOutput()
			if err == nil {
				t.Fatalf("it went well:\n%s", out)
			}
			for _, w := range c.want {
				if !strings.Contains(string(out), w) {
					t.Errorf("it does not say %q:\n%s", w, out)
				}
			}
		})
	}
}

func TestPasswdSignsEverybodyOut(t *testing.T) {
	p := start(t, t.TempDir(), "127.0.0.1:0", "-demo")
	c := p.browser()
	out, err := program(t, "passwd", "-state", p.dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Get(p.url + "/people")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/signin" {
		t.Errorf("still signed in at %s", resp.Request.URL.Path)
	}
	resp, err = c.PostForm(p.url+"/signin", url.Values{"user": {"admin"}, "password": {strings.TrimSpace(string(out))}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/" {
		t.Errorf("the new password led to %s", resp.Request.URL.Path)
	}
}

func TestBackupMakesRecordsSafe(t *testing.T) {
	p := start(t, t.TempDir(), "127.0.0.1:0")
	tm := centertest.Enrol(t, p.url, p.roots(), "gate-1", "school-1", p.enrolCode("gate-1", "school-1"), centertest.NewKey(t))
	rs := tm.Make(record.Ordinary, 4, "a.b", "", "{}")
	if ack := tm.Send(record.Ordinary, record.Hash{}, rs[:3]); ack.Code != wire.OK || ack.SafeSeq != 0 {
		t.Fatalf("before the backup: %+v", ack)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	out, err := program(t, "backup", "-state", p.dir, "-to", to).CombinedOutput()
	if err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	ack := tm.Send(record.Ordinary, rs[2].Hash, rs[3:])
	if ack.CommittedSeq != 4 || ack.SafeSeq != 3 {
		t.Errorf("after the backup: committed %d, safe %d; want 4 and 3", ack.CommittedSeq, ack.SafeSeq)
	}
	if out, err := program(t, "backup", "-state", p.dir, "-to", to).CombinedOutput(); err == nil || !strings.Contains(string(out), "exists") {
		t.Errorf("a second backup over the first: %v\n%s", err, out)
	}
	// Restored, it is another incarnation, and knows what the backup held.
	before := ack.Incarnation
	url := p.url
	p.kill()
	for _, ending := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(p.dir, "center.db"+ending))
	}
	if err := os.Rename(to, filepath.Join(p.dir, "center.db")); err != nil {
		t.Fatal(err)
	}
	start(t, p.dir, strings.TrimPrefix(url, "https://"))
	ack = tm.Send(record.Ordinary, rs[2].Hash, rs[3:])
	if ack.Code != wire.OK || ack.CommittedSeq != 4 || ack.Incarnation == before {
		t.Errorf("after the restore: %+v", ack)
	}
}

func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	return b.String()
}
