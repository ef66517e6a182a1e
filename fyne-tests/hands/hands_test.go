package hands

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/fyne-tests/district"
	"github.com/luohu/ting/kiosk"
)

const patience = 90 * time.Second

// screen is the gallery in a real window, and its twin.
type screen struct {
	t       *testing.T
	display string
	gallery *district.Process
	twin    fyne.Window
	clock   time.Time
}

func open(t *testing.T, page, size string, w, h float32) *screen {
	t.Helper()
	district.Need(t, "xdotool", "import")
	program := filepath.Join(t.TempDir(), "gallery")
	build := exec.Command("go", "build", "-o", program, "github.com/luohu/ting/app/shell/gallery")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	s := &screen{t: t, display: district.Display(t, size), clock: sample.Clock}
	cmd := exec.Command(program, "-mode", "kiosk", "-idle", "60s", "-size", size, "-page", page)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.display, "LANG=zh_CN.UTF-8")
	s.gallery = district.Start(t, "gallery", cmd)
	s.gallery.WaitFor(0, patience, "page "+page)

	twin, err := shell.New(shell.Options{
		Mode: shell.Kiosk, Place: sample.Place, App: test.NewApp(), Windowed: fyne.NewSize(w, h),
		Now: func() time.Time { return s.clock },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(twin.Quit)
	p, _ := sample.Find(page)
	p.Rev = 1
	twin.SetStatus(shell.Status{Network: shell.Online, Unsent: 3, IdleLeft: time.Minute})
	twin.Present(kiosk.Visit{ID: "twin"}, p)
	windows := fyne.CurrentApp().Driver().AllWindows()
	s.twin = windows[len(windows)-1]

	s.xdotool("search", "--sync", "--onlyvisible", "--name", "Ting")
	district.WaitUntil(t, patience, "the page is drawn", func() bool { return s.colours() > 50 })
	return s
}

func (s *screen) xdotool(args ...string) {
	s.t.Helper()
	cmd := exec.Command("xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.display)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("xdotool %v: %v\n%s", args, err, out)
	}
}

// colours counts those on the display: one that is not drawn yet has few.
func (s *screen) colours() int {
	cmd := exec.Command("import", "-window", "root", "-format", "%k", "info:-")
	cmd.Env = append(os.Environ(), "DISPLAY="+s.display)
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("import: %v", err)
	}
	n := 0
	if _, err := fmt.Sscan(string(out), &n); err != nil {
		s.t.Fatalf("import says %q: %v", out, err)
	}
	return n
}

// look writes a picture where TING_LOOK asks for it.
func (s *screen) look(name string) {
	s.t.Helper()
	if dir := os.Getenv("TING_LOOK"); dir != "" {
		time.Sleep(time.Second) // for whoever looks; nothing is tested by it
		cmd := exec.Command("import", "-window", "root", filepath.Join(dir, name+".png"))
		cmd.Env = append(os.Environ(), "DISPLAY="+s.display)
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Errorf("import: %v\n%s", err, out)
		}
	}
}

// find is the middle of the text on the twin's screen; of several the lowest,
// since the keys are at the bottom.
func (s *screen) find(text string) fyne.Position {
	s.t.Helper()
	var at fyne.Position
	found := false
	var walk func(o fyne.CanvasObject, from fyne.Position)
	walk = func(o fyne.CanvasObject, from fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		from = from.Add(o.Position())
		switch o := o.(type) {
		case *canvas.Text:
			if o.Text == text && (!found || from.Y >= at.Y) {
				at, found = from.AddXY(o.Size().Width/2, o.Size().Height/2), true
			}
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c, from)
			}
		case *container.Scroll:
			walk(o.Content, from)
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c, from)
			}
		}
	}
	walk(s.twin.Content(), fyne.Position{})
	if !found {
		s.t.Fatalf("%q is not on the screen", text)
	}
	return at
}

// touch touches what says text, on both screens.
func (s *screen) touch(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		at := s.find(text)
		s.clock = s.clock.Add(time.Second)
		test.TapCanvas(s.twin.Canvas(), at)
		s.xdotool("mousemove", fmt.Sprint(int(at.X)), fmt.Sprint(int(at.Y)), "sleep", "0.06", "click", "1", "sleep", "0.06")
	}
}

// spell touches the keys of letters.
func (s *screen) spell(letters string) {
	s.t.Helper()
	s.touch(strings.Split(letters, "")...)
}

// TestPinyinByFinger fills in a form with a name, an address and the title of a
// book, letter by letter, and hands it in.
func TestPinyinByFinger(t *testing.T) {
	s := open(t, "keys-name", "1080x1920", 1080, 1920)
	s.look("1-empty")
	s.spell("zhangwei")
	s.look("2-name")
	s.touch("张伟", "下一项")
	s.spell("beijingshichaoyangqu")
	s.look("3-address")
	s.touch("北京市朝阳区", "8", "8")
	s.spell("hao")
	s.touch("号", "下一项")
	s.spell("hongloumeng")
	s.look("4-title")
	s.touch("红楼梦")
	s.look("5-filled")
	mark := s.gallery.Mark()
	s.touch("继续")
	s.gallery.WaitFor(mark, patience, "phone:")
	for _, want := range []string{`name: "张伟"`, `address: "北京市朝阳区88号"`, `title: "红楼梦"`} {
		if s.gallery.Count(mark, want) != 1 {
			t.Errorf("the answer lacks %s", want)
		}
	}
	s.silent()
}

// TestPinyinByKeyboard types the same on a keyboard: there is no input method
// but the shell's own.
func TestPinyinByKeyboard(t *testing.T) {
	s := open(t, "keys-name", "1280x800", 1280, 800)
	typed := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			s.xdotool("key", "--delay", "120", k)
		}
	}
	hand := func(text string) { t.Helper(); s.xdotool("type", "--delay", "120", text) }
	hand("zhangwei ")
	typed("Tab")
	hand("woaibeijing")
	s.look("6-keyboard")
	hand(" ")
	typed("Tab")
	hand("hongloumeng")
	typed("Return") // as it was typed
	typed("Escape") // the keys are the terminal's, so this is Back: the contents
	s.gallery.WaitFor(0, patience, "page contents")
	mark := s.gallery.Mark()
	typed("End", "Home", "Down", "Return")
	s.gallery.WaitFor(mark, patience, "page "+sample.All()[1].Name)
	s.silent()
}

// TestDragTouchesNothing pulls a list, which must not open what is under the
// finger, and touches a row with a finger that trembles, which must.
func TestDragTouchesNothing(t *testing.T) {
	s := open(t, "contents", "1080x1920", 1080, 1920)
	mark := s.gallery.Mark()
	s.xdotool("mousemove", "500", "1300", "mousedown", "1", "mousemove", "500", "1240", "sleep", "0.03", "mousemove", "500", "1100",
		"sleep", "0.03", "mousemove", "500", "900", "sleep", "0.03", "mousemove", "500", "700", "mouseup", "1")
	s.look("7-thrown")
	s.xdotool("sleep", "3", "mousemove", "500", "900", "mousedown", "1", "mousemove", "503", "905", "mouseup", "1")
	s.gallery.WaitFor(mark, patience, "page ")
	if n := s.gallery.Count(mark, "page "); n != 1 {
		t.Errorf("%d pages were opened", n)
	}
	if first := sample.All()[4].Name; s.gallery.Count(mark, "page "+first) > 0 {
		t.Errorf("%s was opened: the list did not scroll", first)
	}
	s.silent()
}

// silent checks what the toolkit must never log.
func (s *screen) silent() {
	s.t.Helper()
	for _, word := range []string{"Error in Fyne call thread", "panic:"} {
		if n := s.gallery.Count(0, word); n > 0 {
			s.t.Errorf("the log says %d times %q", n, word)
		}
	}
}
