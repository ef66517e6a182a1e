package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// demoText is the configuration that the demo writes.
func demoText(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := template.Must(template.New("").Funcs(template.FuncMap{"quote": tomlQuote}).Parse(demoConfig)).
		Execute(&b, map[string]any{"Center": "https://127.0.0.1:8443", "Camera": "sim:district", "FullScreen": false})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "terminal.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(path)
}

func TestLoadConfig_TheDemos(t *testing.T) {
	c, err := load(t, demoText(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Terminal.State, filepath.Join(filepath.Dir(c.path), "state"); got != want {
		t.Errorf("state %q, want it beside the file: %q", got, want)
	}
	if len(c.Modules) != 2 || c.Modules[0].ID != "gate" || c.Modules[0].Lane != "east" {
		t.Errorf("modules %+v", c.Modules)
	}
	if c.zone.String() != "Asia/Shanghai" {
		t.Errorf("zone %v", c.zone)
	}
	if w, h, err := parseSize(c.Terminal.Window); err != nil || w != 720 || h != 1280 {
		t.Errorf("window %q", c.Terminal.Window)
	}
}

func TestLoadConfig_SaysWhatIsWrong(t *testing.T) {
	good := demoText(t)
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "mode =", "moode =", "unknown key terminal.moode"},
		{"metrics for everybody", "[demo]", "[operations]\nlisten = \"0.0.0.0:9465\"\n[demo]", "only this machine may ask"},
		{"the face alone", `id = "enrolment"`, "id = \"enrolment\"\nways = [\"face\"]", "the face may not be the only way"},
		{"a way there is not", `id = "enrolment"`, "id = \"enrolment\"\nways = [\"iris\"]", `unknown way "iris"`},
		{"a pass's key", "[demo]", "[scanner]\nurl = \"camera:\"\n[pass]\nkeys = [\"AAAA\"]\n[demo]", "ting-center pass -key"},
		{"passes without a scanner", "[demo]", "[pass]\nkeys = [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n[demo]", "passes need a [scanner]"},
		{"a pass's page without TLS", "[demo]", "[pass]\npage = \"http://center\"\n[demo]", "pass.page"},
		{"unknown table", "[demo]", "[demonstration]", "unknown key demonstration"},
		{"syntax", "[terminal]", "[terminal", "expected"},
		{"terminal ID", `"gate-east-1"`, `"Gate East"`, "terminal.id"},
		{"mode", `mode = "gate"`, `mode = "gaet"`, "kiosk, gate or desk"},
		{"language", `lang = "zh"`, `lang = "fr"`, "zh or en"},
		{"zone", `lang = "zh"`, `zone = "Asia/Nowhere"`, "terminal.zone"},
		{"window", `"720x1280"`, `"big"`, "WIDTHxHEIGHT"},
		{"center without TLS", `"https://127.0.0.1:8443"`, `"http://127.0.0.1:8443"`, "https://host"},
		{"center without CA", `ca = "../center/ca.pem"`, "", "center.ca"},
		{"camera not a URL", `"sim:district"`, `"district"`, "camera.url"},
		{"camera without driver", `"sim:district"`, `"pigeon://cam"`, `no driver for "pigeon", there are: file, folder`},
		{"barrier without driver", `"sim:"`, `"pigeon:"`, `no driver for "pigeon"`},
		{"unknown module", `id = "enrolment"`, `id = "enrollment"`, `unknown module "enrollment"`},
		{"module twice", `id = "enrolment"`, `id = "gate"`, `module "gate" appears twice`},
		{"unknown permission", `"watch"`, `"wach"`, `unknown permission "wach"`},
		{"printer without driver", "[demo]", "[printer]\nurl = \"pigeon:\"\n[demo]", `printer.url = "pigeon:": no driver`},
		{"lane without barrier", `lane = "east"`, `lane = "west"`, "has no [barrier.west]"},
		{"program without checksum", `id = "enrolment"`, "id = \"guestbook\"\ncommand = [\"/opt/guestbook\"]", "sha256sum /opt/guestbook"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatalf("%q does not stand in the demo's configuration", c.old)
			}
			_, err := load(t, text)
			var config *ConfigError
			if !errors.As(err, &config) {
				t.Fatalf("error %v, want a ConfigError", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says\n%v\nwhich does not hold %q", err, c.want)
			}
		})
	}
}

func TestLoadConfig_ListsEveryProblemAtOnce(t *testing.T) {
	text := strings.NewReplacer("mode =", "moode =", `"watch"`, `"wach"`, `"sim:"`, `"pigeon:"`).Replace(demoText(t))
	_, err := load(t, text)
	var config *ConfigError
	if !errors.As(err, &config) || len(config.Problems) < 4 { // the missing mode is the fourth
		t.Errorf("%v", err)
	}
}

func TestLoadConfig_FromARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("terminal.toml", []byte(demoText(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig("terminal.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(c.Terminal.State) || !filepath.IsAbs(c.Center.CA) {
		t.Errorf("state %q and CA %q must not move with the working directory", c.Terminal.State, c.Center.CA)
	}
}

func TestLoadConfig_MissingFile(t *testing.T) {
	_, err := LoadConfig(filepath.Join(t.TempDir(), "no.toml"))
	if err == nil || !strings.Contains(err.Error(), "ting demo") {
		t.Errorf("%v: want it to name the way out", err)
	}
}

// TestLaneOfACounter: a lane without a barrier is a counter's number, as long as
// the module may open none.
func TestLaneOfACounter(t *testing.T) {
	text := demoText(t) + "\n[[module]]\nid = \"hall-desk\"\nlane = \"3\"\ngrant = [\"identify\", \"record\", \"feeds\"]\n"
	if _, err := load(t, text); err != nil {
		t.Error(err)
	}
}

func TestSocketDir_FitsASocketsPath(t *testing.T) {
	if got := socketDir("/var/lib/ting"); got != "/var/lib/ting/run" {
		t.Errorf("%q: a short state directory keeps its sockets", got)
	}
	deep := "/srv/" + strings.Repeat("deep/", 30)
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1000")
	if got := socketDir(deep); len(got) > maxSocketDir || !strings.HasPrefix(got, "/run/user/1000/") {
		t.Errorf("%q", got)
	}
	if socketDir(deep) == socketDir(deep+"er") {
		t.Error("two terminals share a directory")
	}
}

func TestDisplay_NightIsHoursOrAWord(t *testing.T) {
	for _, c := range []struct {
		night, from, until string
		always, wrong      bool
	}{
		{night: "", from: "0s", until: "0s"}, {night: "never", from: "0s", until: "0s"}, {night: "always", from: "0s", until: "0s", always: true},
		{night: "18:30-06:05", from: "18h30m0s", until: "6h5m0s"}, {night: "18:30 - 06:05", from: "18h30m0s", until: "6h5m0s"},
		{night: "dark", wrong: true}, {night: "18:30", wrong: true}, {night: "25:00-06:00", wrong: true}, {night: "06:00-06:00", wrong: true},
	} {
		always, n, err := DisplayConfig{Night: c.night}.nights()
		if (err != nil) != c.wrong {
			t.Errorf("%q: %v", c.night, err)
		}
		if err == nil && (always != c.always || n.From.String() != c.from || n.Until.String() != c.until) {
			t.Errorf("%q: always %v, %v", c.night, always, n)
		}
	}
}

// TestLivenessByDefault: a real camera asks for a turn of the head, a simulated one,
// whose people cannot, does not.
func TestLivenessByDefault(t *testing.T) {
	for _, test := range []struct {
		camera, set        string
		passive, challenge bool
	}{
		{"v4l2:///dev/video0", "", true, true},
		{"sim:district", "", true, false},
		{"sim:district", "challenge", true, true},
		{"v4l2:///dev/video0", "passive", true, false},
		{"v4l2:///dev/video0", "off", false, false},
	} {
		c := &Config{Camera: CameraConfig{URL: test.camera}, Face: FaceConfig{Liveness: test.set}}
		if got := c.liveness(); got.Passive != test.passive || got.Challenge != test.challenge {
			t.Errorf("%s, %q: %+v", test.camera, test.set, got)
		}
	}
}
