package power

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// newDisk is a disk below a new directory, for a shell to write on.
func newDisk(t *testing.T) *Disk {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no C compiler: apt-get install gcc")
		}
		t.Skip("no C compiler")
	}
	dir := t.TempDir()
	library, err := Library(dir)
	if err != nil {
		t.Fatal(err)
	}
	live := filepath.Join(dir, "live")
	if err := os.Mkdir(live, 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := NewDisk(library, live, All)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// run runs a program of the system on the disk.
func run(t *testing.T, d *Disk, program string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = d.Live
	cmd.Env = append(os.Environ(), d.Env()...)
	return cmd.CombinedOutput()
}

func must(t *testing.T, d *Disk, program string, args ...string) {
	t.Helper()
	if out, err := run(t, d, program, args...); err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
}

func content(t *testing.T, d *Disk, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(d.Live, name))
	if os.IsNotExist(err) {
		return "gone"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCutLeavesWhatWasSynced writes with dd, which fsyncs when it is asked to.
func TestCutLeavesWhatWasSynced(t *testing.T) {
	d := newDisk(t)
	write := func(name, text string, how ...string) {
		t.Helper()
		cmd := exec.Command("dd", append([]string{"of=" + filepath.Join(d.Live, name), "status=none"}, how...)...)
		cmd.Env = append(os.Environ(), d.Env()...)
		cmd.Stdin = bytes.NewBufferString(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("dd: %v\n%s", err, out)
		}
	}
	write("synced", "one", "conv=fsync")
	write("synced", "two") // not any more
	write("never", "one")
	must(t, d, "mkdir", "-p", "a/b")
	write("a/b/deep", "one", "conv=fdatasync")
	write("renamed", "one", "conv=fsync")
	must(t, d, "perl", "-e", `rename "renamed", "to" or die`)
	write("removed", "one", "conv=fsync")
	must(t, d, "rm", "removed")
	if got := content(t, d, "synced"); got != "two" {
		t.Fatalf("before the cut: %q", got)
	}
	if err := d.Cut(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"synced": "one", "never": "gone", "a/b/deep": "one", "renamed": "gone", "to": "one", "removed": "one"} {
		if got := content(t, d, name); got != want {
			t.Errorf("after the cut %s is %q, want %q", name, got, want)
		}
	}
	// The removal becomes durable with the next fsync beside it.
	must(t, d, "rm", "removed")
	write("other", "one", "conv=fsync")
	if err := d.Cut(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, d, "removed"); got != "gone" {
		t.Errorf("a removal before an fsync came back: %q", got)
	}
}

func TestBrokenDisk(t *testing.T) {
	d := newDisk(t)
	dd := func(how ...string) string {
		out, err := run(t, d, "dd", append([]string{"if=/dev/zero", "of=" + filepath.Join(d.Live, "file"), "bs=100", "count=1", "status=none"}, how...)...)
		if err == nil {
			return ""
		}
		return string(out)
	}
	for f, want := range map[Fault]string{NoSpace: "No space left", WriteFail: "Input/output error"} {
		if err := d.Break(f); err != nil {
			t.Fatal(err)
		}
		if got := dd(); !bytes.Contains([]byte(got), []byte(want)) {
			t.Errorf("%s: dd said %q", f, got)
		}
	}
	if err := d.Break(SyncFail); err != nil {
		t.Fatal(err)
	}
	if got := dd("conv=fsync"); !bytes.Contains([]byte(got), []byte("Input/output error")) {
		t.Errorf("a failing fsync: dd said %q", got)
	}
	if err := d.Mend(); err != nil {
		t.Fatal(err)
	}
	if got := dd("conv=fsync"); got != "" {
		t.Errorf("mended: dd said %q", got)
	}
}
