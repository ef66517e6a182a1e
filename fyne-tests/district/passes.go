package district

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"github.com/luohu/ting/assets/demo"
)

// WaitUntil waits for something that no log line announces.
func WaitUntil(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if holds() {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %v not yet: %s", limit, what)
		}
	}
}

// Unable skips a test that this machine cannot run, and fails it in CI.
func Unable(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// SHA256 is the digest in the form that terminal.toml takes.
func SHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// count reads one number from the center's database, which it shares politely.
func (d *District) count(query string) int {
	d.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(d.Dir, "center", "center.db")+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(query).Scan(&n); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// WaitForPasses waits until the center's log has that many passes.
func (d *District) WaitForPasses(n int) {
	d.t.Helper()
	const query = "SELECT count(*) FROM inbox WHERE kind = 'gate.pass'"
	WaitUntil(d.t, 60*time.Second, "the center has the passes", func() bool { return d.count(query) >= n })
	if got := d.count(query); got != n {
		d.t.Errorf("the center has %d passes, want %d", got, n)
	}
}

// WantEachPassOnce checks that no record is at the center twice, that no chain
// has a gap, and that every pass the gate made durable is there.
func (d *District) WantEachPassOnce() {
	d.t.Helper()
	if n := d.count("SELECT count(*) - count(DISTINCT id) FROM inbox"); n != 0 {
		d.t.Errorf("%d records are at the center twice", n)
	}
	if n := d.count(`SELECT count(*) FROM (SELECT chain FROM inbox GROUP BY chain HAVING count(*) <> max(seq) - min(seq) + 1 OR min(seq) <> 1)`); n != 0 {
		d.t.Errorf("%d chains have a gap at the center", n)
	}
	if n := d.count("SELECT count(*) FROM forks"); n != 0 {
		d.t.Errorf("%d records are forks", n)
	}
}

// WantOrder checks that lines holding these words were written after the mark
// in this order.
func (d *District) WantOrder(after Mark, words ...string) {
	d.t.Helper()
	d.Terminal.mu.Lock()
	lines := d.Terminal.lines[after:]
	d.Terminal.mu.Unlock()
	next := 0
	for _, l := range lines {
		if next < len(words) && holds(l, words[next:next+1]) {
			next++
		}
	}
	if next < len(words) {
		d.t.Errorf("%q did not follow %q", words[next], words[:next])
	}
}

// WantNothingLeft checks that the district's programs have left no process and
// no socket behind.
func (d *District) WantNothingLeft() {
	d.t.Helper()
	for pid, p := range table() {
		if holds(p.command, []string{d.Dir}) && !holds(p.command, []string{"Xvfb"}) {
			d.t.Errorf("process %d is left: %s", pid, p.command)
		}
	}
	err := filepath.WalkDir(d.Dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type()&os.ModeSocket != 0 {
			d.t.Errorf("socket %s is left", path)
		}
		return err
	})
	if err != nil {
		d.t.Error(err)
	}
}

// WantNothingPersonal checks that no line of the terminal's or the center's log
// holds a name, a number of a person, or a card's.
func (d *District) WantNothingPersonal() {
	d.t.Helper()
	for _, p := range []*Process{d.Terminal, d.Center} {
		p.mu.Lock()
		log := strings.Join(p.lines, "\n")
		p.mu.Unlock()
		for _, who := range demo.People(demo.School1) {
			for _, word := range append([]string{who.Name, who.ID}, who.Cards...) {
				if at := strings.Index(log, word); at >= 0 {
					d.t.Errorf("the log of %s holds %q: …%s…", p.Name, word, log[max(0, at-80):min(len(log), at+80)])
				}
			}
		}
	}
}

// face is who of the demo has the face that a scene shows by number.
func (d *District) face(n int) string {
	for id, f := range demo.Faces() {
		if f == n {
			return id
		}
	}
	d.t.Fatalf("nobody of the demo has face %d", n)
	return ""
}

// Card is the number on the card of the person with face n.
func (d *District) Card(n int) string {
	d.t.Helper()
	return d.CardOf(d.face(n))
}

// CardOf is the number on the card of somebody of the demo.
func (d *District) CardOf(id string) string {
	d.t.Helper()
	for _, p := range demo.People(demo.School1) {
		if p.ID == id && len(p.Cards) > 0 {
			return p.Cards[0]
		}
	}
	d.t.Fatalf("%s has no card", id)
	return ""
}

// WithdrawnPupil is the face of the pupil whose consent for the gate was withdrawn.
func (d *District) WithdrawnPupil() int {
	d.t.Helper()
	for _, r := range demo.Revocations(demo.School1) {
		if n := demo.Faces()[r.Person]; n > 0 && r.Covers("gate") {
			return n
		}
	}
	d.t.Fatal("nobody of the demo has withdrawn consent")
	return 0
}
