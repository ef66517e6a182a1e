package district

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var build struct {
	once sync.Once
	dir  string
	err  error
	out  []byte
}

// Programs is the folder of Ting's programs: $TING_BIN as make sets it, else
// built now, once per test process.
func Programs(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("TING_BIN"); dir != "" {
		return dir
	}
	build.once.Do(func() {
		build.dir = filepath.Join(os.TempDir(), "ting-test-programs")
		cmd := exec.Command("go", "build", "-o", build.dir+"/",
			"./app/ting", "./app/ting-center", "./app/ting-module", "./app/ting-face", "./app/shell/gallery")
		cmd.Dir = root()
		if build.out, build.err = cmd.CombinedOutput(); build.err == nil {
			cmd = exec.Command("go", "build", "-o", filepath.Join(build.dir, "ting-example"), "./plugins/example")
			cmd.Dir = root()
			build.out, build.err = cmd.CombinedOutput()
		}
	})
	if build.err != nil {
		t.Fatalf("build the programs: %v\n%s", build.err, build.out)
	}
	return build.dir
}

// root is the top of the checkout: the nearest folder above with a go.mod.
func root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "."
}

// Need skips the test when a program of the system is missing, but fails it in
// CI, where a test that silently does not run would prove nothing.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: .ci/setup test installs it", p)
		}
		t.Skipf("%s is missing: .ci/setup test installs it", p)
	}
}
