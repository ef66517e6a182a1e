package pages

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/app/shell/typeface"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// TestMain fails every test when Fyne complains that it was called from the
// wrong goroutine: it says so only in the log.
func TestMain(m *testing.M) {
	flag.Parse()
	var said strings.Builder
	log.SetOutput(&said)
	code := m.Run()
	if strings.Contains(said.String(), "Error in Fyne call thread") {
		fmt.Fprintln(os.Stderr, said.String())
		code = 1
	}
	os.Exit(code)
}

// draw shows a page on a screen of that size and returns it as text.
func draw(t *testing.T, p view.Page, lang view.Lang, size fyne.Size, st shell.Status, faces ...shell.FaceBox) string {
	t.Helper()
	const rows = 24
	w, done := open(t, p, shell.Options{Mode: shell.Gate, Display: shell.Display{Lang: lang}, Windowed: size}, st, faces...)
	defer done()
	return markup(w.Content(), theme.Day, rows)
}

// open shows a page in a window, which done closes.
func open(t *testing.T, p view.Page, o shell.Options, st shell.Status, faces ...shell.FaceBox) (w fyne.Window, done func()) {
	t.Helper()
	pix, at := sample.Picture(0)
	for i := range faces {
		faces[i].Rect = at
	}
	o.Viewfinder = &picture{shell.Picture{Seq: 1, Pix: pix, W: sample.PictureW, H: sample.PictureH,
		Stride: 3 * sample.PictureW, Faces: faces}}
	o.Shortcuts = []shell.Shortcut{{Module: "enrolment", Title: view.T("人脸登记", "Enrol"), Icon: "face"}}
	s, w, done := start(t, o)
	p.Rev = 1
	s.SetStatus(st)
	s.Present(kiosk.Visit{ID: "visit", Module: "gate"}, p)
	s.Beat()
	return w, done
}

// start opens a window that shows nothing yet.
func start(t *testing.T, o shell.Options) (s *shell.Shell, w fyne.Window, done func()) {
	t.Helper()
	app := testApp()
	o.Place, o.App, o.Films = sample.Place, app, films{}
	if o.Now == nil {
		o.Now = func() time.Time { return sample.Clock }
	}
	s, err := shell.New(o)
	if err != nil {
		t.Fatal(err)
	}
	windows := app.Driver().AllWindows()
	w = windows[len(windows)-1]
	return s, w, func() {
		s.Quit()
		w.Close()
	}
}

// films has one film, whose only picture is the viewfinder's.
type films struct{}

func (films) Open(name string) (shell.Film, error) {
	if name != "card.mjpeg" {
		return nil, errors.New("no such film")
	}
	pix, _ := sample.Picture(0)
	return film{&picture{shell.Picture{Seq: 1, Pix: pix, W: sample.PictureW, H: sample.PictureH, Stride: 3 * sample.PictureW}}}, nil
}

type film struct{ *picture }

func (film) Close() error { return nil }

// testApp is one for all tests: a new one would read the fonts again.
var testApp = sync.OnceValue(test.NewApp)

type picture struct{ shell.Picture }

func (p *picture) Latest(after uint64) (shell.Picture, bool) { return p.Picture, p.Seq > after }

// hold compares got with the golden file of the test's name.
func hold(t *testing.T, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "-")+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./fyne-tests/pages -update writes it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the page looks different (-want +got):\n%s", diff)
	}
}

// needTypeface skips where the typeface is missing: positions depend on it.
func needTypeface(t *testing.T) {
	t.Helper()
	if _, err := typeface.Load(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// nodes is one page for every node, every kind of field and every drawing.
func nodes() []sample.Page { return slices.Concat(sample.Nodes(), sample.Fields(), sample.Drawings()) }

func TestNode(t *testing.T) {
	needTypeface(t)
	for _, p := range nodes() {
		t.Run(p.Name, func(t *testing.T) {
			hold(t, draw(t, p.Page, view.ZH, fyne.NewSize(1080, 1920), shell.Status{Network: shell.Online}))
		})
	}
}

// TestKeys holds each set of on-screen keys, and the board on every screen.
func TestKeys(t *testing.T) {
	needTypeface(t)
	for _, p := range sample.Keys() {
		t.Run(p.Name, func(t *testing.T) {
			hold(t, draw(t, p.Page, view.ZH, fyne.NewSize(1080, 1920), shell.Status{Network: shell.Online}))
		})
	}
	for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(800, 1280)} {
		for _, name := range []string{"keys-address", "keys-id"} {
			p, _ := sample.Find(name)
			t.Run(fmt.Sprintf("%s/en/%gx%g", name, size.Width, size.Height), func(t *testing.T) {
				hold(t, draw(t, p, view.EN, size, shell.Status{Network: shell.Online}))
			})
		}
	}
}

// withoutBars is the page alone: the bars are the same on each, and held still
// by TestNode.
func withoutBars(o fyne.CanvasObject) fyne.CanvasObject {
	root, ok := o.(*fyne.Container)
	if !ok {
		return o
	}
	size := root.Size()
	page := container.NewWithoutLayout()
	for _, c := range root.Objects {
		if h := c.Size().Height; h > size.Height/2 && h < size.Height {
			page.Objects = append(page.Objects, c)
		}
	}
	return page
}

// TestNodeElsewhere holds every node still on the other screens and in the other
// looks: one file for a page, one part of it for a screen.
func TestNodeElsewhere(t *testing.T) {
	needTypeface(t)
	const rows = 8 // of a list are enough here
	night := theme.Variant{Night: true, Contrast: true}
	for _, p := range nodes() {
		t.Run(p.Name, func(t *testing.T) {
			var all strings.Builder
			for _, s := range []struct {
				name    string
				size    fyne.Size
				mode    shell.Mode
				display shell.Display
			}{
				{"a wide kiosk, English", fyne.NewSize(1280, 800), shell.Kiosk, shell.Display{Lang: view.EN}},
				{"a small kiosk", fyne.NewSize(800, 1280), shell.Kiosk, shell.Display{Lang: view.ZH}},
				{"a desk's window, English", fyne.NewSize(1366, 860), shell.Desk, shell.Display{Lang: view.EN}},
				{"large type", fyne.NewSize(1080, 1920), shell.Kiosk, shell.Display{Lang: view.ZH, Variant: theme.Variant{Elder: true}}},
				{"high contrast at night", fyne.NewSize(1080, 1920), shell.Kiosk, shell.Display{Lang: view.ZH, Variant: night}},
			} {
				fmt.Fprintf(&all, "== %s\n", s.name)
				w, done := open(t, p.Page, shell.Options{Mode: s.mode, Display: s.display, Windowed: s.size}, shell.Status{Network: shell.Online})
				all.WriteString(markup(withoutBars(w.Content()), s.display.Palette(), rows))
				done()
			}
			hold(t, all.String())
		})
	}
}

func TestPoster(t *testing.T) {
	needTypeface(t)
	for _, p := range sample.Posters() {
		for _, size := range []fyne.Size{fyne.NewSize(1080, 1920), fyne.NewSize(1280, 800)} {
			t.Run(fmt.Sprintf("%s/%gx%g", p.Name, size.Width, size.Height), func(t *testing.T) {
				hold(t, draw(t, p.Page, view.EN, size, shell.Status{Network: shell.Online}))
			})
		}
	}
}

func TestGate(t *testing.T) {
	needTypeface(t)
	status := shell.Status{Network: shell.Online, Unsent: 3}
	for _, p := range sample.Gate() {
		for _, lang := range []view.Lang{view.ZH, view.EN} {
			for _, size := range []fyne.Size{fyne.NewSize(1080, 1920), fyne.NewSize(1280, 800), fyne.NewSize(800, 1280)} {
				t.Run(fmt.Sprintf("%s/%s/%gx%g", p.Name, lang, size.Width, size.Height), func(t *testing.T) {
					hold(t, draw(t, p.Page, lang, size, status, shell.FaceBox{Tone: p.Page.Tone, Label: label(p.Page)}))
				})
			}
		}
	}
}

// label is what a face box says on that page.
func label(p view.Page) view.Text {
	for _, n := range p.Body {
		if c, ok := n.(view.PersonCard); ok {
			return c.Name
		}
	}
	return view.Text{}
}

func TestOfflineGateNamesItsTroubles(t *testing.T) {
	needTypeface(t)
	p, _ := sample.Find("gate-idle")
	hold(t, draw(t, p, view.ZH, fyne.NewSize(1080, 1920), shell.Status{
		Network: shell.Offline, Unsent: 12345, IdleLeft: 42 * time.Second,
		Devices: []shell.Trouble{{Name: view.T("闸机", "Barrier"), Text: view.T("没有回应,请检查电源", "does not answer; please check its power")}},
	}))
}

// TestEverythingToTouchIsBigEnough measures every page: nothing to touch is
// below 88 px on an upright kiosk, no text below 28 px, nothing reaches over
// the edge of the screen.
func TestEverythingToTouchIsBigEnough(t *testing.T) {
	const leastTouch, leastText = 88, 28
	for _, p := range sample.All() {
		got := draw(t, p.Page, view.EN, fyne.NewSize(1080, 1920), shell.Status{Network: shell.Online, Unsent: 3, IdleLeft: time.Minute})
		for _, line := range strings.Split(got, "\n") {
			var x, y, w, h, size float32
			kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			if _, err := fmt.Sscanf(rest, "%g,%g %gx%g", &x, &y, &w, &h); err != nil {
				continue
			}
			if kind == "touch" && (w < leastTouch || h < leastTouch) {
				t.Errorf("%s: too small to touch: %s", p.Name, line)
			}
			if kind == "text" && x+w > 1081 {
				t.Errorf("%s: reaches over the edge: %s", p.Name, line)
			}
			if i := strings.Index(rest, " size "); kind == "text" && i >= 0 {
				if _, err := fmt.Sscanf(rest[i:], " size %g", &size); err == nil && size < leastText {
					t.Errorf("%s: too small to read: %s", p.Name, line)
				}
			}
		}
	}
}
