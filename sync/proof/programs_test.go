package proof

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/fleet"
	"github.com/luohu/ting/sync/fleet/power"
)

var work struct {
	dir     string // of the test binary's run
	library string
	mu      sync.Mutex
	built   map[string]*build
}

type build struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if work.dir, err = os.MkdirTemp("", "ting-proof-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(work.dir)
	if err := os.Chmod(work.dir, 0o755); err != nil { // PostgreSQL's user reads the library
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	work.built = map[string]*build{}
	if work.library, err = power.Library(work.dir); err != nil {
		if os.Getenv("CI") != "" {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Fprintln(os.Stderr, "the proofs are skipped:", err)
		return 0
	}
	return pgtest.Main(m)
}

// mutant is a defect, as edits of the source.
type mutant struct {
	name  string
	edits []edit
}

type edit struct{ file, old, new string }

// programs builds ting-center and ting-fleet with a defect in them (nil: none),
// once, and returns their folder.
func programs(t *testing.T, m *mutant) string {
	t.Helper()
	name := ""
	if m != nil {
		name = m.name
	} else if dir := os.Getenv("TING_BIN"); dir != "" {
		return dir
	}
	work.mu.Lock()
	b := work.built[name]
	if b == nil {
		b = &build{dir: filepath.Join(work.dir, "bin-"+strings.ReplaceAll(name, " ", "-"))}
		work.built[name] = b
	}
	work.mu.Unlock()
	b.once.Do(func() { b.err = b.make(m) })
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.dir
}

const root = "../.."

func (b *build) make(m *mutant) error {
	args := []string{"build", "-o", b.dir + "/"}
	if m != nil {
		overlay, err := m.overlay(b.dir)
		if err != nil {
			return fmt.Errorf("defect %q: %w", m.name, err)
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "./app/ting-center", "./app/ting-fleet")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	return nil
}

// overlay writes the edited files, and the list by which the compiler finds them.
func (m *mutant) overlay(dir string) (string, error) {
	if err := os.MkdirAll(dir+".src", 0o700); err != nil {
		return "", err
	}
	replace, texts := map[string]string{}, map[string]string{}
	for _, e := range m.edits {
		path, err := filepath.Abs(filepath.Join(root, e.file))
		if err != nil {
			return "", err
		}
		text, ok := texts[path]
		if !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return "", fmt.Errorf("%s has %q %d times, not once: bring the edit up to date", e.file, e.old, n)
		}
		texts[path] = strings.Replace(text, e.old, e.new, 1)
	}
	for path, text := range texts {
		edited := filepath.Join(dir+".src", fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(edited, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[path] = edited
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir+".src", "overlay.json")
	return overlay, os.WriteFile(overlay, b, 0o600)
}

// size is how often something befalls the programs: small in CI, TING_PROOF else.
func size(t *testing.T, small int) int {
	t.Helper()
	s := os.Getenv("TING_PROOF")
	if s == "" {
		return small
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("TING_PROOF=%s is not a number", s)
	}
	return n
}

// stores are the databases that every proof runs on.
var stores = []string{"SQLite", "PostgreSQL"}

// centerOn is a center of the programs on a database, not started.
func centerOn(t *testing.T, store, bin, safe string) *fleet.Center {
	t.Helper()
	c := &fleet.Center{Program: filepath.Join(bin, "ting-center"), Dir: filepath.Join(t.TempDir(), "center"), Args: []string{"-safe", safe}}
	if store == "PostgreSQL" {
		c.Database = pgtest.URL(t)
	}
	return c
}

func rack(bin string) []string { return []string{filepath.Join(bin, "ting-fleet"), "rack"} }

// kept fails the test when a promise was broken, and adds the proof's row to the
// table.
func kept(t *testing.T, proof, store string, times int, what string, v fleet.Verdict) {
	t.Helper()
	row(t, proof, store, fmt.Sprintf("%d %s", times, what), v.String())
	if !v.OK() || len(v.Examples) > 0 {
		t.Errorf("%s on %s, %d %s: %s\n  %s", proof, store, times, what, v, strings.Join(v.Examples, "\n  "))
	}
}

func row(t *testing.T, cells ...string) {
	t.Helper()
	line := "| " + strings.Join(cells, " | ") + " |"
	t.Log(line)
	path := os.Getenv("TING_PROOF_TABLE")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Fatal(err)
	}
}
