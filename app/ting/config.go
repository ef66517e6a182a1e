package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a terminal's disk may lack it

	"github.com/BurntSushi/toml"

	"github.com/luohu/ting/app/builtin"
	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/feed"
)

// Config is terminal.toml: what this terminal is, what is attached to it, and
// which modules it runs with which permissions. Unknown keys are errors, so
// that a misspelt permission is not silently nothing.
type Config struct {
	Terminal TerminalConfig `toml:"terminal"`
	Display  DisplayConfig  `toml:"display"`
	Center   CenterConfig   `toml:"center"`
	Journal  JournalConfig  `toml:"journal"`
	Feeds    FeedsConfig    `toml:"feeds"`
	Camera   CameraConfig   `toml:"camera"`
	// Documents is the camera above the desk, for photos of papers; without one they are
	// held before the other.
	Documents CameraConfig            `toml:"document_camera"`
	Face      FaceConfig              `toml:"face"`
	Barriers  map[string]DeviceConfig `toml:"barrier"` // by lane
	Modules   []ModuleConfig          `toml:"module"`
	Demo      DemoConfig              `toml:"demo"`

	Operations        OperationsConfig  `toml:"operations"`
	Speaker           SpeakerConfig     `toml:"speaker"`
	Visit             VisitConfig       `toml:"visit"`
	Maintenance       MaintenanceConfig `toml:"maintenance"`
	Pass              PassConfig        `toml:"pass"`
	PeripheralsConfig                   // printer, scanner, idcard, vitals, scale

	path string
	zone *time.Location
}

// TerminalConfig says what and where this terminal is.
type TerminalConfig struct {
	ID    string   `toml:"id"`    // the district's name for it: "gate-east-1"
	Site  string   `toml:"site"`  // the site's ID
	Place TextPair `toml:"place"` // in the header
	Mode  string   `toml:"mode"`  // kiosk, gate or desk
	Lang  string   `toml:"lang"`  // zh or en
	Zone  string   `toml:"zone"`  // time zone; "" is Asia/Shanghai
	State string   `toml:"state"` // directory for everything it keeps; relative to terminal.toml
	// AllowQuit lets the window be closed and Escape end the program: for a
	// demo or a developer's desk, never for a public place.
	AllowQuit bool `toml:"allow_quit"`
	// Window is the size of the window where the mode is not full screen: "1280x800".
	Window string `toml:"window"`
}

// DisplayConfig is how pages are shown to everybody who has not chosen otherwise
// on the screen itself. What a visitor chooses ends with his visit.
type DisplayConfig struct {
	// Night is "never" (also when empty), "always", or the hours in which it is
	// dark: "18:30-06:30".
	Night      string `toml:"night"`
	Contrast   bool   `toml:"contrast"`   // black on white
	Elder      bool   `toml:"elder"`      // large type, few things, slow
	Wheelchair bool   `toml:"wheelchair"` // everything to touch in the lower half
	Voice      bool   `toml:"voice"`      // pages are read out
	Films      string `toml:"films"`      // directory of films (devices/film); relative to terminal.toml
}

// nights are the hours that Night says.
func (d DisplayConfig) nights() (always bool, n shell.Nights, err error) {
	switch d.Night {
	case "", "never":
		return false, n, nil
	case "always":
		return true, n, nil
	}
	from, until, ok := strings.Cut(d.Night, "-")
	a, err1 := time.Parse("15:04", strings.TrimSpace(from))
	b, err2 := time.Parse("15:04", strings.TrimSpace(until))
	if !ok || err1 != nil || err2 != nil || a.Equal(b) {
		return false, n, errors.New(`never, always, or hours such as "18:30-06:30"`)
	}
	since := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return false, shell.Nights{From: since(a), Until: since(b)}, nil
}

// TextPair is a text in both languages.
type TextPair struct {
	ZH string `toml:"zh"`
	EN string `toml:"en"`
}

// CenterConfig says how to reach the center. Without a URL the terminal works alone.
type CenterConfig struct {
	URL      string `toml:"url"`
	CA       string `toml:"ca"`        // file: the district's CA, trusted for enrolment
	CodeFile string `toml:"code_file"` // file with the one-time enrolment code
}

// FeedsConfig says how old what came down from the center may be.
type FeedsConfig struct {
	// MaxStaleness is by feed, "72h"; past it the terminal says so and falls back. With
	// stale revocations nobody is let in by face: card, code, PIN and staff remain. ""
	// for a feed is never. Without an entry, revocations may be 72 hours old, people 30 days.
	MaxStaleness map[string]string `toml:"max_staleness"`
}

// limits are the ages that feeds may have.
func (f FeedsConfig) limits() (feed.Limits, error) {
	l := feed.Limits{kiosk.FeedRevocations: 72 * time.Hour, kiosk.FeedPeople: 30 * 24 * time.Hour}
	var wrong error
	for name, age := range f.MaxStaleness {
		if age == "" {
			delete(l, name)
			continue
		}
		d, err := time.ParseDuration(age)
		if err == nil && d < time.Minute {
			err = errors.New("it is less than a minute")
		}
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("feeds.max_staleness: %s: %q is not a time such as \"72h\": %w", name, age, err))
			continue
		}
		l[name] = d
	}
	return l, wrong
}

// JournalConfig says where a copy of the records is kept besides.
type JournalConfig struct {
	// Copy is a file on a second medium (a memory card, another disk), which must be
	// mounted; "" is none. Should the journal be damaged, what is lost there is taken
	// from it. It holds personal data, as the journal does.
	Copy  string `toml:"copy"`
	Every string `toml:"copy_every"` // "" is 5m
}

// every is how often the journal is copied; 0 is the journal's own choice.
func (j JournalConfig) every() (time.Duration, error) {
	if j.Every == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(j.Every)
	if err == nil && d < time.Second {
		err = errors.New("it is less than a second")
	}
	return d, err
}

// CameraConfig is the terminal's own camera. Without a URL nobody is recognised by face.
type CameraConfig struct {
	URL    string `toml:"url"`
	Rotate int    `toml:"rotate"` // degrees clockwise, for a camera that is mounted on its side
	Mirror bool   `toml:"mirror"` // a camera whose pictures are mirrored
}

// check says what is wrong with the camera that has a section of that name.
func (c CameraConfig) check(section string, needDevice func(key, url string, schemes []string), bad func(string, ...any)) {
	if c.URL == "" {
		return
	}
	needDevice(section+".url", c.URL, slices.Sorted(maps.Keys(cameraDrivers)))
	if !slices.Contains([]int{0, 90, 180, 270}, c.Rotate) {
		bad("%s.rotate = %d: 0, 90, 180 or 270", section, c.Rotate)
	}
}

// FaceConfig tunes recognition. Zero values take the engine's own.
type FaceConfig struct {
	Engine    string  `toml:"engine"`    // program; "" is ting-face beside this program
	Weights   string  `toml:"weights"`   // file; "" is the built-in network
	Landmarks string  `toml:"landmarks"` // file; "" is Debian's libdlib-data
	Threshold float64 `toml:"threshold"` // distance; "" is 0.373
	Margin    float64 `toml:"margin"`    // to the second person
	// Liveness is how a living person is told from a picture: "challenge" asks for a
	// turn of the head at enrolment and in strict services, and refuses a camera whose
	// picture is not live; "passive" does only that; "off" neither. "" is challenge, but
	// passive with a simulated camera, whose people do not turn their heads when asked.
	Liveness string `toml:"liveness"`
}

// The values of FaceConfig.Liveness.
const (
	livenessChallenge = "challenge"
	livenessPassive   = "passive"
	livenessOff       = "off"
)

// liveness is what the configuration asks for.
func (c *Config) liveness() identity.Liveness {
	how := c.Face.Liveness
	if how == "" {
		how = livenessChallenge
		if strings.HasPrefix(c.Camera.URL, "sim:") {
			how = livenessPassive
		}
	}
	return identity.Liveness{Passive: how != livenessOff, Challenge: how == livenessChallenge}
}

// DeviceConfig is one device.
type DeviceConfig struct {
	URL string `toml:"url"`
}

// ModuleConfig is one module and what the site grants it.
type ModuleConfig struct {
	ID      string   `toml:"id"`
	Command []string `toml:"command"` // empty is ting-module ID beside this program
	SHA256  string   `toml:"sha256"`  // of the program, for a third party's
	Grant   []string `toml:"grant"`   // permissions; none is the default
	Ways    []string `toml:"ways"`    // to say who one is: face, card, id-card, pass, pin, staff; none is every way
	Lane    string   `toml:"lane"`    // which barrier it may open; the name of a counter or desk
	Title   TextPair `toml:"title"`   // on its tile, instead of the module's own
	Group   TextPair `toml:"group"`   // the heading its tile stands under, likewise
	// Settings are the module's own; its README says which there are. They are
	// texts: port = "6001".
	Settings map[string]string `toml:"settings"`
}

// ways are those of the site for this module.
func (m ModuleConfig) ways() (ways []kiosk.Way) {
	for _, w := range m.Ways {
		ways = append(ways, kiosk.Way(w))
	}
	return ways
}

// DemoConfig is for the demo district only.
type DemoConfig struct {
	// Enrol enrols the demo's pupils from their rendered portraits at first start.
	Enrol bool `toml:"enrol"`
}

// ConfigError lists everything that is wrong with a terminal.toml.
type ConfigError struct {
	Path     string
	Problems []string
}

// Error lists the problems, one a line.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s cannot be used:\n  - %s", e.Path, strings.Join(e.Problems, "\n  - "))
}

// LoadConfig reads and checks a terminal.toml. Relative paths in it are taken
// from its own folder.
func LoadConfig(path string) (*Config, error) {
	c := &Config{path: path}
	meta, err := toml.DecodeFile(path, c)
	if err != nil {
		var pe toml.ParseError
		switch {
		case errors.As(err, &pe):
			return nil, &ConfigError{path, []string{strings.TrimSpace(pe.ErrorWithUsage())}}
		case errors.Is(err, fs.ErrNotExist):
			return nil, &ConfigError{path, []string{"there is no such file; name one with -config, or run the demo with: ting demo"}}
		}
		return nil, &ConfigError{path, []string{err.Error()}}
	}
	var problems []string
	for _, k := range meta.Undecoded() {
		problems = append(problems, fmt.Sprintf("unknown key %s (is it misspelt?)", k))
	}
	problems = append(problems, c.check()...)
	if len(problems) > 0 {
		return nil, &ConfigError{path, problems}
	}
	return c, c.resolve()
}

var modes = map[string]shell.Mode{"kiosk": shell.Kiosk, "gate": shell.Gate, "desk": shell.Desk}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

func (c *Config) check() (problems []string) {
	bad := func(format string, a ...any) { problems = append(problems, fmt.Sprintf(format, a...)) }
	needID := func(key, v string) {
		if !idForm.MatchString(v) {
			bad("%s = %q: 1 to 64 of a-z, 0-9 and '-' are needed", key, v)
		}
	}
	needDevice := func(key, v string, schemes []string) {
		u, err := url.Parse(v)
		switch {
		case err != nil || u.Scheme == "":
			bad("%s = %q is not a URL; it begins with one of: %s", key, v, strings.Join(schemes, ", "))
		case !slices.Contains(schemes, u.Scheme):
			bad("%s = %q: no driver for %q, there are: %s", key, v, u.Scheme, strings.Join(schemes, ", "))
		}
	}
	needID("terminal.id", c.Terminal.ID)
	needID("terminal.site", c.Terminal.Site)
	if c.Terminal.State == "" {
		bad("terminal.state: a directory for the journal is needed")
	}
	if _, ok := modes[c.Terminal.Mode]; !ok {
		bad("terminal.mode = %q: kiosk, gate or desk", c.Terminal.Mode)
	}
	if l := view.Lang(c.Terminal.Lang); l != "" && l != view.ZH && l != view.EN {
		bad("terminal.lang = %q: zh or en", c.Terminal.Lang)
	}
	zone := c.Terminal.Zone
	if zone == "" {
		zone = "Asia/Shanghai"
	}
	var err error
	if c.zone, err = time.LoadLocation(zone); err != nil {
		bad("terminal.zone = %q: a name such as Asia/Shanghai is needed", zone)
	}
	if _, _, err := c.Display.nights(); err != nil {
		bad("display.night = %q: %v", c.Display.Night, err)
	}
	if c.Terminal.Window != "" {
		if _, _, err := parseSize(c.Terminal.Window); err != nil {
			bad("terminal.window = %q: %v", c.Terminal.Window, err)
		}
	}
	if c.Center.URL != "" {
		if u, err := url.Parse(c.Center.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			bad("center.url = %q: https://host[:port] is needed", c.Center.URL)
		}
		if c.Center.CA == "" {
			bad("center.ca: the district's CA certificate (a PEM file) is needed to trust the center")
		}
	}
	if wrong := c.Operations.check(); wrong != "" {
		bad("%s", wrong)
	}
	if _, _, err := c.Visit.times(); err != nil {
		bad("%v", err)
	}
	problems = append(problems, c.Maintenance.check()...)
	if u := c.Speaker.URL; u != "" && u != noSpeaker {
		needDevice("speaker.url", u, slices.Sorted(maps.Keys(speakerDrivers)))
	}
	c.Camera.check("camera", needDevice, bad)
	c.Documents.check("document_camera", needDevice, bad)
	if !slices.Contains([]string{"", livenessChallenge, livenessPassive, livenessOff}, c.Face.Liveness) {
		bad("face.liveness = %q: challenge, passive or off", c.Face.Liveness)
	}
	if c.Face.Threshold < 0 || c.Face.Threshold > 1 || c.Face.Margin < 0 || c.Face.Margin > 1 {
		bad("face.threshold and face.margin are distances from 0 to 1")
	}
	for lane, d := range c.Barriers {
		needID("barrier lane", lane)
		needDevice("barrier."+lane+".url", d.URL, slices.Sorted(maps.Keys(barrierDrivers)))
	}
	c.PeripheralsConfig.check(needDevice, bad, c.Camera.URL != "")
	c.Pass.check(c.Scanner.URL != "", bad)
	if len(c.Modules) == 0 {
		bad("no [[module]]: a terminal needs at least one")
	}
	seen := map[string]bool{}
	for _, m := range c.Modules {
		needID("module.id", m.ID)
		if seen[m.ID] {
			bad("module %q appears twice", m.ID)
		}
		seen[m.ID] = true
		for _, g := range m.Grant {
			if !slices.Contains(kiosk.Permissions(), kiosk.Permission(g)) {
				bad("module %q: unknown permission %q, there are: %v", m.ID, g, kiosk.Permissions())
			}
		}
		if err := host.CheckWays(m.ways()); err != nil {
			bad("module %q: ways = %q: %v", m.ID, m.Ways, err)
		}
		if len(m.Command) == 0 && !builtin.Has(m.ID) {
			bad("unknown module %q: built in are %s; another one needs command = [\"/path/to/program\"] and sha256",
				m.ID, strings.Join(builtin.Modules, ", "))
		}
		if len(m.Command) > 0 && len(m.SHA256) != 64 {
			bad("module %q: sha256 of %s is needed (64 hex digits: sha256sum %s)", m.ID, m.Command[0], m.Command[0])
		}
		if m.Lane != "" && slices.Contains(m.Grant, string(kiosk.PermBarrier)) { // a lane without a barrier is only a name
			if _, ok := c.Barriers[m.Lane]; !ok {
				bad("module %q: lane %q has no [barrier.%s]", m.ID, m.Lane, m.Lane)
			}
		}
	}
	if _, err := c.Feeds.limits(); err != nil {
		bad("%v", err)
	}
	if _, err := c.Journal.every(); err != nil {
		bad("journal.copy_every: %q is not a time such as \"5m\": %v", c.Journal.Every, err)
	}
	return problems
}

// deskIdle is how long a clerk may leave a visit alone, which waits beside
// others, where the site says nothing.
const deskIdle = "10m"

func (c *Config) resolve() error {
	if c.Visit.Idle == "" && modes[c.Terminal.Mode] == shell.Desk {
		c.Visit.Idle = deskIdle
	}
	dir, err := filepath.Abs(filepath.Dir(c.path))
	if err != nil {
		return fmt.Errorf("where is %s: %w", c.path, err)
	}
	for _, p := range []*string{&c.Terminal.State, &c.Display.Films, &c.Center.CA, &c.Center.CodeFile, &c.Journal.Copy, &c.Face.Weights, &c.Face.Landmarks} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	return nil
}

// socketDir is where the modules' sockets live: in the state directory, unless
// that is too deep for a socket's path.
func socketDir(state string) string {
	if dir := filepath.Join(state, "run"); len(dir) <= maxSocketDir {
		return dir
	}
	parent := os.Getenv("XDG_RUNTIME_DIR") // cleared at logout, never by age as the temporary directory is
	if parent == "" {
		parent = os.TempDir()
	}
	sum := sha256.Sum256([]byte(state))
	return filepath.Join(parent, "ting-"+hex.EncodeToString(sum[:6]))
}

// maxSocketDir is what kiosk/host accepts.
const maxSocketDir = 60

// beside is the path of one of Ting's own programs, which live in one folder.
func beside(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("where is this program: %w", err)
	}
	p := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(p); err != nil {
		return "", fmt.Errorf("%s is missing beside %s: build all programs with make build", name, self)
	}
	return p, nil
}

// leastWindow is the shorter side below which no page can be read.
const leastWindow = 320

func parseSize(s string) (w, h int, err error) {
	if n, err := fmt.Sscanf(s, "%dx%d", &w, &h); n != 2 || err != nil || w < leastWindow || h < leastWindow || w > 8192 || h > 8192 {
		return 0, 0, errors.New("a size is WIDTHxHEIGHT in pixels, from 320x320")
	}
	return w, h, nil
}
