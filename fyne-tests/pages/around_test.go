package pages

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// What stands around the pages, and over them.

const rowsShown = 24 // of a list

// visitor is a window that is touched by name.
type visitor struct {
	t *testing.T
	s *shell.Shell
	w fyne.Window
}

func visit(t *testing.T, o shell.Options) visitor {
	t.Helper()
	needTypeface(t)
	s, w, done := start(t, o)
	t.Cleanup(done)
	return visitor{t, s, w}
}

// show presents a sample page.
func (v visitor) show(name string) {
	v.t.Helper()
	p, ok := sample.Find(name)
	if !ok {
		v.t.Fatalf("no sample %q", name)
	}
	p.Rev = 1
	v.s.Present(kiosk.Visit{ID: "visit", Module: "sample"}, p)
	v.s.Beat()
}

// touch touches what has a name.
func (v visitor) touch(id string) {
	v.t.Helper()
	sc, err := v.s.Scene(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	at, ok := sc.Find(id)
	if !ok {
		v.t.Fatalf("there is no %q to touch", id)
	}
	test.TapCanvas(v.w.Canvas(), fyne.NewPos(float32(at.X), float32(at.Y)))
}

// markup is all of the window.
func (v visitor) markup(p theme.Palette) string { return markup(v.w.Content(), p, rowsShown) }

// TestHome holds the page on which services are chosen, in groups.
func TestHome(t *testing.T) {
	for _, c := range []struct {
		lang    view.Lang
		size    fyne.Size
		variant theme.Variant
	}{
		{view.ZH, fyne.NewSize(1080, 1920), theme.Variant{}},
		{view.EN, fyne.NewSize(1280, 800), theme.Variant{}},
		{view.EN, fyne.NewSize(800, 1280), theme.Variant{}},
		{view.ZH, fyne.NewSize(1080, 1920), theme.Variant{Elder: true}},
		{view.ZH, fyne.NewSize(1080, 1920), theme.Variant{Seated: true}},
	} {
		name := fmt.Sprintf("%s/%gx%g", c.lang, c.size.Width, c.size.Height)
		switch {
		case c.variant.Elder:
			name += "/elder"
		case c.variant.Seated:
			name += "/seated"
		}
		t.Run(name, func(t *testing.T) {
			v := visit(t, shell.Options{Mode: shell.Kiosk, Display: shell.Display{Lang: c.lang, Variant: c.variant}, Windowed: c.size})
			v.s.SetStatus(shell.Status{Network: shell.Online})
			v.show("home-groups")
			hold(t, v.markup(theme.Day))
		})
	}
}

// TestSeated holds pages of every kind as who sits before the screen has them:
// what is touched in the lower half, and the fields too while letters are typed.
func TestSeated(t *testing.T) {
	for _, name := range []string{"consent", "tiles", "list", "keys-address", "keys-id", "field-date", "gate-idle", "receipt"} {
		t.Run(name, func(t *testing.T) {
			v := visit(t, shell.Options{Mode: shell.Kiosk, Display: shell.Display{Lang: view.ZH, Variant: theme.Variant{Seated: true}}, Windowed: fyne.NewSize(1080, 1920)})
			v.s.SetStatus(shell.Status{Network: shell.Online, IdleLeft: 42 * time.Second})
			v.show(name)
			hold(t, v.markup(theme.Day))
		})
	}
}

// TestPanel holds the panel on which a visitor chooses how pages are shown, as it
// opens and with everything chosen.
func TestPanel(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1080, 1920), fyne.NewSize(1280, 800)} {
		t.Run(fmt.Sprintf("%gx%g", size.Width, size.Height), func(t *testing.T) {
			v := visit(t, shell.Options{Mode: shell.Kiosk, Display: shell.Display{Lang: view.ZH}, Windowed: size, OnSpeak: func(shell.Prompt) {}})
			v.s.SetStatus(shell.Status{Network: shell.Online, IdleLeft: time.Minute})
			v.show("text")
			v.touch("ting.display")
			var all strings.Builder
			fmt.Fprintf(&all, "== as it opens\n%s", v.markup(theme.Day))
			for _, id := range []string{"elder", "contrast", "night", "seated"} {
				v.touch("display:" + id)
			}
			fmt.Fprintf(&all, "== everything chosen\n%s", v.markup(shell.Display{Variant: theme.Variant{Night: true, Contrast: true}}.Palette()))
			hold(t, all.String())
		})
	}
}

// TestLeaving holds the question whether the visitor is still there.
func TestLeaving(t *testing.T) {
	for _, c := range []struct {
		lang view.Lang
		size fyne.Size
	}{{view.ZH, fyne.NewSize(1080, 1920)}, {view.EN, fyne.NewSize(1280, 800)}, {view.EN, fyne.NewSize(800, 1280)}} {
		t.Run(fmt.Sprintf("%s/%gx%g", c.lang, c.size.Width, c.size.Height), func(t *testing.T) {
			now := sample.Clock
			v := visit(t, shell.Options{Mode: shell.Kiosk, Display: shell.Display{Lang: c.lang}, Windowed: c.size, Now: func() time.Time { return now }})
			v.show("form")
			now = now.Add(45 * time.Second)
			v.s.SetStatus(shell.Status{Network: shell.Online, IdleLeft: 12 * time.Second, Leaving: true})
			hold(t, v.markup(theme.Day))
		})
	}
}

// TestAttract holds what a kiosk shows that nobody touches.
func TestAttract(t *testing.T) {
	for _, size := range []fyne.Size{fyne.NewSize(1080, 1920), fyne.NewSize(1280, 800)} {
		t.Run(fmt.Sprintf("%gx%g", size.Width, size.Height), func(t *testing.T) {
			now := sample.Clock
			v := visit(t, shell.Options{Mode: shell.Kiosk, Display: shell.Display{Lang: view.ZH}, Windowed: size, Attract: time.Minute, Now: func() time.Time { return now }})
			v.s.SetStatus(shell.Status{Network: shell.Online})
			v.show("home")
			now = now.Add(2 * time.Minute)
			v.s.Beat()
			if sc, err := v.s.Scene(t.Context()); err != nil || sc.Over != "attract" {
				t.Fatalf("over the page lies %q (%v)", sc.Over, err)
			}
			hold(t, v.markup(theme.Day))
		})
	}
}

// TestDesk holds the rail, the tabs and two visits side by side, and the keys.
func TestDesk(t *testing.T) {
	v := visit(t, shell.Options{Mode: shell.Desk, Display: shell.Display{Lang: view.ZH}, Windowed: fyne.NewSize(1366, 768), Visits: nobody{}})
	v.s.SetStatus(shell.Status{Network: shell.Online, Unsent: 3, Modules: []shell.Module{
		{ID: "hall", Title: view.T("政务服务", "Services"), Icon: "hall"},
		{ID: "library", Title: view.T("图书借还", "Library"), Icon: "library", Tone: view.Warning},
		{ID: "enrolment", Title: view.T("人脸登记", "Enrolment"), Icon: "face"},
	}})
	v.s.Arrange(shell.Arrangement{Modules: []string{"hall", "library"}, Active: 1, Split: true})
	for i, name := range []string{"form", "list"} {
		p, _ := sample.Find(name)
		p.Rev = 1
		tab := ""
		if i > 0 {
			tab = fmt.Sprint(i)
		}
		v.s.PresentIn(tab, kiosk.Visit{ID: "visit" + tab, Module: []string{"hall", "library"}[i]}, p)
	}
	var all strings.Builder
	fmt.Fprintf(&all, "== side by side\n%s", v.markup(theme.Day))
	v.touch("tab:split")
	fmt.Fprintf(&all, "== one alone\n%s", v.markup(theme.Day))
	v.touch("desk:help")
	fmt.Fprintf(&all, "== the keys\n%s", v.markup(theme.Day))
	hold(t, all.String())
}

// nobody conducts the visits of a desk that is only looked at.
type nobody struct{}

func (nobody) Open(string)                {}
func (nobody) Close(string)               {}
func (nobody) Begin(string, string)       {}
func (nobody) Home(string)                {}
func (nobody) Answer(string, view.Answer) {}
func (nobody) Touch(string)               {}
func (nobody) Select(string)              {}
