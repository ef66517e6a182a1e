package district

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// District is a center and a terminal at a school gate, whose camera plays the
// scenes that the test writes.
type District struct {
	Dir      string
	Display  string
	Frames   *Frames // of the display, where Options.Frames asks for them
	Center   *Process
	Terminal *Process
	Address  string  // of the center: https://127.0.0.1:…
	Screen   *Screen // of the terminal

	t    testing.TB
	bin  string
	opts Options
}

// Options change what a District is made of; the zero value is the usual gate.
type Options struct {
	Size   string // of the display; "" is 1080x1920
	Lang   string // zh or en
	Mode   string // gate, kiosk or desk
	Camera string // URL; "" is the script that Scenes writes, NoCamera for none
	Extra  string // more of terminal.toml, put before the modules
	Module string // [[module]] tables instead of the usual two
	State  string // the terminal's state directory instead of its own
	Frames bool   // the display's pixels can be read: District.Frames
	Zone   string // the terminal's time zone; "" is the usual one. See Hour.
	Locked bool   // no window may be closed and no key ends the program, as at a real site
}

// NoCamera is a terminal that sees nobody, and runs no face engine.
const NoCamera = "none"

// New makes a district with nothing running yet but the display.
func New(t testing.TB, o Options) *District {
	t.Helper()
	Need(t, "Xvfb")
	if o.Size == "" {
		o.Size = "1080x1920"
	}
	d := &District{t: t, Dir: t.TempDir(), bin: Programs(t), opts: o}
	if o.Frames {
		d.Display, d.Frames = DisplayFrames(t, o.Size)
	} else {
		d.Display = Display(t, o.Size)
	}
	d.Screen = NewScreen(t, d.Display)
	d.Scenes("nobody for 60s")
	return d
}

// Open starts the center and the terminal, with the demo's people enrolled, and
// waits until the gate is watched.
func (d *District) Open() {
	d.t.Helper()
	d.enrolled()
	d.StartCenter()
	d.StartTerminal()
	d.Terminal.WaitFor(0, patience, "face engine is ready")
	// Before the engine was ready the gate may have said so.
	WaitUntil(d.t, patience, "the gate is watched", func() bool { return holds(d.Terminal.Last("msg=page"), []string{"id=idle"}) })
}

// OpenEmpty is Open without a template on the terminal, which takes less time:
// for tests in which nobody is recognised. It waits until the terminal shows the
// page named and knows the district's people.
func (d *District) OpenEmpty(page string) {
	d.t.Helper()
	if err := os.MkdirAll(d.state(), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.state(), "demo-enrolled"), nil, 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.StartCenter()
	d.StartTerminal()
	d.Terminal.WaitFor(0, patience, "msg=page", "id="+page)
	d.Terminal.WaitFor(0, patience, "feed", "people")
}

const patience = 60 * time.Second

// state is the terminal's state directory.
func (d *District) state() string {
	if d.opts.State == "" {
		return filepath.Join(d.Dir, "state")
	}
	return d.opts.State
}

var enrolment struct {
	once sync.Once
	dir  string // the identity directory of a terminal that has enrolled everybody
}

// enrolled gives the terminal the templates of the demo's people. The first
// district of a test program enrols them, through the engine and from their
// portraits; later ones begin with a copy of what it has on disk.
func (d *District) enrolled() {
	d.t.Helper()
	enrolment.once.Do(func() {
		first := &District{t: d.t, Dir: d.t.TempDir(), Display: d.Display, bin: d.bin}
		first.Scenes("nobody for 60s")
		first.StartCenter()
		first.StartTerminal()
		first.Terminal.WaitFor(0, 3*patience, "the demo's people are enrolled")
		if err := first.Terminal.Stop(); err != nil {
			d.t.Fatal(err)
		}
		first.Center.Kill()
		// The test's own directory goes with the test: keep a copy until the program ends.
		dir, err := os.MkdirTemp("", "ting-enrolled-")
		if err == nil {
			err = copyEnrolled(dir, first.state())
		}
		if err != nil {
			d.t.Fatal(err)
		}
		enrolment.dir = dir
	})
	if enrolment.dir == "" {
		d.t.Fatal("the demo's people could not be enrolled: see the first test that needed them")
	}
	if err := copyEnrolled(d.state(), enrolment.dir); err != nil {
		d.t.Fatal(err)
	}
}

func copyEnrolled(to, from string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(to, "identity"), os.DirFS(filepath.Join(from, "identity"))); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "demo-enrolled"), nil, 0o600)
}

// Scenes tells the camera what to see from now on, in the language of the
// scripted camera (devices/camera/district).
func (d *District) Scenes(lines ...string) {
	d.t.Helper()
	path := filepath.Join(d.Dir, "scenes.txt")
	err := os.WriteFile(path+".new", []byte(strings.Join(lines, "\n")+"\n"), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// StartCenter starts the center, on the address it had before if it had one.
func (d *District) StartCenter() {
	d.t.Helper()
	listen := "127.0.0.1:0"
	if d.Address != "" {
		listen = strings.TrimPrefix(d.Address, "https://")
	}
	cmd := exec.Command(filepath.Join(d.bin, "ting-center"), "run",
		"-state", filepath.Join(d.Dir, "center"), "-listen", listen, "-demo")
	d.Center = Start(d.t, "ting-center", cmd)
	line := d.Center.WaitFor(0, 30*time.Second, "ready: ")
	d.Address = strings.TrimSpace(line[strings.Index(line, "ready: ")+len("ready: "):])
}

// StartTerminal writes terminal.toml and starts the terminal.
func (d *District) StartTerminal() {
	d.t.Helper()
	d.Terminal = d.StartTerminalWith(d.WriteConfig())
}

// StartTerminalWith starts a terminal with a configuration of the test's own.
func (d *District) StartTerminalWith(config string) *Process {
	d.t.Helper()
	cmd := exec.Command(filepath.Join(d.bin, "ting"), "run", "-config", config, "-v")
	if d.Screen != nil {
		_ = os.Remove(d.Screen.Socket) // of a terminal that was killed; there may be none
		cmd.Args = append(cmd.Args, "-scenes", d.Screen.Socket)
	}
	cmd.Env = append(os.Environ(), "DISPLAY="+d.Display, "LANG=zh_CN.UTF-8")
	return Start(d.t, "ting", cmd)
}

// ConfigPath is where WriteConfig writes.
func (d *District) ConfigPath() string { return filepath.Join(d.Dir, "terminal.toml") }

// WriteConfig writes the terminal's configuration and returns its path.
func (d *District) WriteConfig() string {
	d.t.Helper()
	or := func(s, fallback string) string {
		if s == "" {
			return fallback
		}
		return s
	}
	modules := or(d.opts.Module, `
[[module]]
id = "gate"
lane = "east"
grant = ["watch", "identify", "record", "feeds", "barrier"]

[[module]]
id = "enrolment"
grant = ["identify", "enrol", "record", "feeds"]
`)
	camera := or(d.opts.Camera, "sim:script?file="+filepath.Join(d.Dir, "scenes.txt"))
	if camera == NoCamera {
		camera = ""
	}
	config := fmt.Sprintf(`
[terminal]
id = "gate-east-1"
site = "school-1"
place = { zh = "第一小学 东门", en = "First Primary School, East Gate" }
mode = %q
lang = %q
zone = %q
state = %q
allow_quit = %t

[center]
url = %q
ca = "center/ca.pem"
code_file = "center/enrol-code"

[camera]
url = %q

[barrier.east]
url = "sim:"

[demo]
enrol = true

%s
%s`, or(d.opts.Mode, "gate"), or(d.opts.Lang, "zh"), d.opts.Zone, or(d.opts.State, "state"), !d.opts.Locked, d.Address,
		camera, d.opts.Extra, modules)
	if err := os.WriteFile(d.ConfigPath(), []byte(config), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return d.ConfigPath()
}

// Hour is a time zone in which it is now that hour of the day, for a terminal of
// whose day the test needs a part.
func Hour(hour int) string {
	east := hour - time.Now().UTC().Hour()
	switch {
	case east > 14:
		east -= 24
	case east < -12:
		east += 24
	}
	return fmt.Sprintf("Etc/GMT%+d", -east) // the sign is the other way round there
}

// Screenshot writes what the display shows to a PNG.
func (d *District) Screenshot(path string) {
	d.t.Helper()
	Need(d.t, "import")
	if out, err := exec.Command("import", "-display", d.Display, "-window", "root", path).CombinedOutput(); err != nil {
		d.t.Fatalf("screenshot: %v\n%s", err, out)
	}
}

// Look is what the display's words look like now: the part beside the camera's
// picture, without the countdown.
func (d *District) Look() []byte {
	d.t.Helper()
	Need(d.t, "import")
	var w, h int
	if _, err := fmt.Sscanf(d.opts.Size, "%dx%d", &w, &h); err != nil {
		d.t.Fatal(err)
	}
	part := fmt.Sprintf("%dx%d+0+%d", w, h/4, h*13/20)
	if w > h {
		part = fmt.Sprintf("%dx%d+%d+%d", w/3, h/2, w*2/3, h/4)
	}
	look, err := exec.Command("import", "-display", d.Display, "-window", "root", "-crop", part, "-depth", "8", "rgb:-").Output()
	if err != nil {
		d.t.Fatalf("look at the display: %v", err)
	}
	return look
}

// WaitDrawn waits until the display's words are others than before, and at rest.
func (d *District) WaitDrawn(before []byte) {
	d.t.Helper()
	last := before
	WaitUntil(d.t, patience, "the page is drawn", func() bool {
		now := d.Look()
		drawn := bytes.Equal(now, last) && !bytes.Equal(now, before)
		last = now
		return drawn
	})
}

// Touch taps the screen at a place, in pixels, as a finger would.
func (d *District) Touch(x, y int) {
	d.t.Helper()
	d.xdotool("mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "1")
}

// Type types on the keyboard, as a card reader or a clerk would.
func (d *District) Type(text string) { d.t.Helper(); d.xdotool("type", "--delay", "5", text) }

// Hand types as a hand does. What comes faster is a card reader's.
func (d *District) Hand(text string) {
	d.t.Helper()
	d.xdotool("type", "--delay", "100", text)
	d.xdotool("sleep", "0.15")
}

// Fill is Hand, and Enter.
func (d *District) Fill(text string) {
	d.t.Helper()
	d.Hand(text)
	d.Press("Return")
}

// Press presses a key by its X name: Return, Escape, alt+F4.
func (d *District) Press(key string) { d.t.Helper(); d.xdotool("key", key) }

func (d *District) xdotool(args ...string) {
	d.t.Helper()
	xdotool(d.t, d.Display, args...)
}

func xdotool(t testing.TB, display string, args ...string) {
	t.Helper()
	Need(t, "xdotool")
	cmd := exec.Command("xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("xdotool %v: %v\n%s", args, err, out)
	}
}
