package endtoend

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// TestConfigurationRefused shows that a wrong terminal.toml is refused before
// anything starts, with all that is wrong and what to do.
func TestConfigurationRefused(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Options{})
	good := strings.Replace(readFile(t, d.WriteConfig()), `url = ""`, `url = "https://127.0.0.1:1"`, 1)
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "mode =", "moode =", "unknown key terminal.moode"},
		{"bad URL", `"sim:"`, `"nowhere"`, "is not a URL"},
		{"unknown driver", `"sim:"`, `"carrier-pigeon:"`, `no driver for "carrier-pigeon"`},
		{"unknown module", `"gate"` + "\nlane", `"gaet"` + "\nlane", `unknown module "gaet"`},
		{"unknown permission", `"watch"`, `"wach"`, `unknown permission "wach"`},
		{"not TOML", "[terminal]", "[terminal", "terminal.toml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatalf("%q does not stand in the configuration", c.old)
			}
			path := filepath.Join(t.TempDir(), "terminal.toml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p := d.StartTerminalWith(path)
			p.WaitFor(0, recovery, c.want)
			_ = p.Wait(recovery)
			if p.ExitCode() != 78 {
				t.Errorf("exit code %d, want 78: starting again will not help", p.ExitCode())
			}
		})
	}
}

// TestAlteredModule shows that a module's program with one flipped byte is not
// started, and that the other modules and the sync go on.
func TestAlteredModule(t *testing.T) {
	t.Parallel()
	altered := filepath.Join(t.TempDir(), "ting-guestbook")
	b := []byte(readFile(t, filepath.Join(district.Programs(t), "ting-module")))
	sum := district.SHA256(b)
	b[len(b)/2] ^= 1
	if err := os.WriteFile(altered, b, 0o700); err != nil {
		t.Fatal(err)
	}
	d := district.New(t, district.Options{Module: `
[[module]]
id = "gate"
lane = "east"
grant = ["watch", "identify", "record", "feeds", "barrier"]

[[module]]
id = "guestbook"
command = ["` + altered + `"]
sha256 = "` + sum + `"
`})
	d.Open()
	d.Terminal.WaitFor(0, recovery, "guestbook", "checksum")
	mark := d.Terminal.Mark()
	d.Scenes("pupil 1 for 6s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	d.WaitForPasses(1)
}

// TestWeightsCorrupt shows that a gate without its engine says so and lets
// people in by card, at once.
func TestWeightsCorrupt(t *testing.T) {
	t.Parallel()
	weights := filepath.Join(t.TempDir(), "weights.dat")
	if err := os.WriteFile(weights, []byte("not a network"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := district.New(t, district.Options{Extra: "[face]\nweights = " + `"` + weights + `"`})
	d.StartCenter()
	d.StartTerminal()
	d.Terminal.WaitFor(0, recovery, "face engine", weights)
	d.Terminal.WaitFor(0, recovery, "page", "id=no-engine")
	mark := d.Terminal.Mark()
	d.Type(d.Card(1))
	d.Press("Return")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	d.WaitForPasses(1)
}

// TestDiskFull fills the disk under the journal: nobody is let in without a
// record, what is stored stays readable, and the gate recovers when there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		district.Unable(t, "mounting a small disk needs root")
	}
	small := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=160m", "ting-test", small).CombinedOutput(); err != nil {
		district.Unable(t, "mount a small disk: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", small).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	d := district.New(t, district.Options{State: small})
	d.Open()
	mark := d.Terminal.Mark()
	d.Scenes("pupil 1 for 5s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")

	ballast := filepath.Join(small, "ballast")
	_ = exec.Command("dd", "if=/dev/zero", "of="+ballast, "bs=64k").Run() // ends with: no space left
	mark = d.Terminal.Mark()
	d.Scenes("pupil 2 for 5s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=not-stored")
	if n := d.Terminal.Count(mark, "barrier opened"); n != 0 {
		t.Errorf("the barrier opened %d times without a record", n)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	mark = d.Terminal.Mark()
	d.Scenes("pupil 3 for 5s", "nobody for 60s")
	d.Terminal.WaitFor(mark, recovery, "page", "id=welcome")
	d.WaitForPasses(2)
	d.WantEachPassOnce()
}

// TestCenterPortInUse shows that the center names the port and the way out.
func TestCenterPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := district.Start(t, "ting-center", exec.Command(filepath.Join(district.Programs(t), "ting-center"), "run",
		"-state", t.TempDir(), "-listen", l.Addr().String()))
	p.WaitFor(0, recovery, l.Addr().String(), "in use")
	if _ = p.Wait(recovery); p.ExitCode() == 0 {
		t.Error("the center ended as if all were well")
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
