package tour

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/fyne-tests/district"
)

// look is one way in which every page is shown.
type look struct {
	id, title, size string
	args            []string // of the gallery
}

var looks = []look{
	{"kiosk", "Kiosk", "1080x1920", nil},
	{"english", "English", "1080x1920", []string{"-lang", "en"}},
	{"elder", "Elder 适老化", "1080x1920", []string{"-variant", "elder"}},
	{"wheelchair", "Wheelchair", "1080x1920", []string{"-variant", "seated"}},
	{"contrast", "High contrast", "1080x1920", []string{"-variant", "contrast"}},
	{"night", "Night", "1080x1920", []string{"-variant", "night"}},
	{"dark-contrast", "High contrast at night", "1080x1920", []string{"-variant", "night,contrast"}},
	{"landscape", "Landscape", "1280x800", nil},
	{"landscape-elder", "Landscape, elder, English", "1280x800", []string{"-variant", "elder", "-lang", "en"}},
	{"upright", "Small upright", "800x1280", []string{"-lang", "en"}},
	{"desk", "Desk", "1366x768", []string{"-mode", "desk"}},
}

// walkPages shows every sample page in one look, in one window of the gallery.
func walkPages(t *testing.T, a *album, l look, names []string) {
	district.Need(t, "Xvfb", "xdotool", "import")
	c := a.chapter("pages-"+l.id, "Pages: "+l.title, "Every kind of page, "+l.size, l.size)
	g := &guide{Screen: district.NewScreen(t, district.Display(t, l.size)), t: t, chapter: c}
	in, say, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(district.Programs(t), "gallery"),
		append([]string{"-still", "-size", l.size, "-scenes", g.Socket, "-idle", "45s"}, l.args...)...)
	cmd.Env = append(os.Environ(), "DISPLAY="+g.Display, "LANG=zh_CN.UTF-8")
	cmd.Stdin = in
	g.log = district.Start(t, "gallery", cmd)
	in.Close()
	defer say.Close()
	g.On("contents")
	for _, name := range names {
		p, ok := sample.Find(name)
		if !ok {
			t.Fatalf("no page %q", name)
		}
		if _, err := io.WriteString(say, name+"\n"); err != nil {
			t.Fatal(err)
		}
		g.shoot(p.ID, name, name)
	}
	g.wantNoComplaint()
}

// pageNames are the samples: all of them, or one of each six.
func pageNames(full bool) (names []string) {
	const sparse = 6
	for i, p := range sample.All() {
		if full || i%sparse == 0 {
			names = append(names, p.Name)
		}
	}
	return names
}

// walkPanel chooses every look by touch, on one page, in one window.
func walkPanel(t *testing.T, a *album) {
	district.Need(t, "Xvfb", "xdotool", "import")
	const size = "1080x1920"
	c := a.chapter("panel", "Display and voice 显示与语音", "Everything that a person can choose, by touch", size)
	g := &guide{Screen: district.NewScreen(t, district.Display(t, size)), t: t, chapter: c}
	cmd := exec.Command(filepath.Join(district.Programs(t), "gallery"), "-still", "-size", size, "-scenes", g.Socket, "-page", "home", "-idle", "45s")
	cmd.Env = append(os.Environ(), "DISPLAY="+g.Display, "LANG=zh_CN.UTF-8")
	g.log = district.Start(t, "gallery", cmd)
	g.On("ting.home")
	g.Touch("ting.display")
	g.shoot("ting.home", "open", "what can be chosen", "display:done")
	for _, id := range []string{"elder", "contrast", "night", "seated", "lang"} {
		before, _ := g.Scene()
		g.Touch("display:" + id)
		district.WaitUntil(t, patience, id+" is chosen", func() bool {
			sc, ok := g.Scene()
			return ok && !reflect.DeepEqual(sc.Display, before.Display)
		})
		g.shoot("ting.home", id, fmt.Sprintf("%s is touched", id), "display:done")
	}
	g.Touch("display:done")
	district.WaitUntil(t, patience, "the panel is away", func() bool { return !g.Has("display:done") })
	g.shoot("ting.home", "all", "all of them at once")
	g.Touch("ting.display")
	g.Touch("display:reset")
	g.Touch("display:done")
	g.shoot("ting.home", "reset", "as the site has it again")
	g.wantNoComplaint()
}
