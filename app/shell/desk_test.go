package shell

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// calls notes what a desk asks of whoever conducts its visits.
type calls struct{ all chan string }

func (c calls) Open(tab string)          { c.all <- "open " + tab }
func (c calls) Close(tab string)         { c.all <- "close " + tab }
func (c calls) Begin(tab, module string) { c.all <- "begin " + tab + " " + module }
func (c calls) Home(tab string)          { c.all <- "home " + tab }
func (c calls) Answer(tab string, a view.Answer) {
	c.all <- "answer " + tab + " " + a.PageID + " " + a.Action + " " + a.Fields["n"].Text
}
func (c calls) Touch(string)      {}
func (c calls) Select(tab string) { c.all <- "select " + tab }

// deskBench is a desk with three modules.
func deskBench(t *testing.T) (*bench, calls) {
	t.Helper()
	c := calls{make(chan string, 64)}
	b := newBench(t, func(o *Options) { o.Mode, o.Visits, o.Windowed = Desk, c, fyne.NewSize(1366, 768) })
	b.s.SetStatus(Status{Modules: []Module{
		{ID: "hall", Title: view.T("政务服务", "Services"), Icon: "hall"},
		{ID: "library", Title: view.T("图书借还", "Library"), Icon: "library", Tone: view.Warning},
		{ID: "enrolment", Title: view.T("人脸登记", "Enrolment"), Icon: "face"},
	}})
	b.visit("", "", view.Page{ID: view.PageHome, Title: view.T("您好", "Hello")})
	return b, c
}

// visit shows a page of a module's visit in a tab.
func (b *bench) visit(tab, module string, p view.Page) {
	b.rev++
	p.Rev = b.rev
	b.s.PresentIn(tab, kiosk.Visit{ID: "visit-" + tab + module, Module: module}, p)
}

func (b *bench) wasTold(c calls, want ...string) {
	b.t.Helper()
	b.settle()
	var got []string
	for len(c.all) > 0 {
		got = append(got, strings.TrimSpace(<-c.all))
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("told %q, want %q", got, want)
	}
}

func (b *bench) hold(key fyne.KeyName, mod fyne.KeyModifier) {
	b.s.desk.shortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl | mod})
}

func numberPage(id string) view.Page {
	return view.Page{ID: id, Title: view.Same(id), Body: []view.Node{
		view.Form{Key: view.Key{Key: "f"}, Fields: []view.Field{{ID: "n", Kind: view.FieldNumber, Label: view.Same("n")}}},
	}, Actions: []view.Action{{ID: "ok", Label: view.T("提交", "Send"), Primary: true}}}
}

func TestDeskVisitsStandSideBySide(t *testing.T) {
	b, c := deskBench(t)
	b.tap("rail:hall")
	b.wasTold(c, "begin  hall")
	b.visit("", "hall", numberPage("one"))
	b.typeKeys("12", 300*time.Millisecond)
	b.hold(fyne.Key3, 0) // the tab in front has a visit: another is opened
	b.wasTold(c, "open 1", "begin 1 enrolment", "select 1")
	b.visit("1", "enrolment", numberPage("two"))
	b.typeKeys("7", 300*time.Millisecond)
	b.visit("", "hall", numberPage("one")) // an update of the page behind moves nothing in front
	b.typeKeys("8", 300*time.Millisecond)
	b.tap("ok")
	b.wasTold(c, "answer 1 two ok 78")
	b.tap("tab:0")
	b.now = b.now.Add(time.Second)
	b.typeKeys("3", 300*time.Millisecond)
	b.tap("ok")
	b.wasTold(c, "select", "answer  one ok 123")
	b.hold(fyne.KeyTab, 0)
	b.wasTold(c, "select 1")
	if got := b.s.page.fields()["n"].Text; got != "78" {
		t.Errorf("the second visit holds %q", got)
	}
}

func TestDeskSplitsItsWindow(t *testing.T) {
	b, c := deskBench(t)
	b.tap("rail:hall")
	b.visit("", "hall", numberPage("left"))
	b.tap("tab:new")
	b.visit("1", "enrolment", numberPage("right"))
	b.hold(fyne.KeyBackslash, 0)
	if !b.says("left") || !b.says("right") {
		t.Fatalf("on screen: %q", b.words())
	}
	if a, z := b.s.first.box, b.s.page.box; a.Position().X >= z.Position().X || a.Size() != z.Size() {
		t.Errorf("the pages lie at %v and %v", a.Position(), z.Position())
	}
	b.wasTold(c, "begin  hall", "open 1", "select 1")
	b.s.first.act("ok") // a touch on the page that is not in front answers for that page
	b.wasTold(c, "select", "answer  left ok")
	b.hold(fyne.KeyBackslash, 0)
	if b.says("right") {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestDeskClosesTabs(t *testing.T) {
	b, c := deskBench(t)
	b.tap("desk:new", "desk:new")
	b.wasTold(c, "open 1", "select 1", "open 2", "select 2")
	b.tap("tab:close:1")
	b.wasTold(c, "close 1", "select 2")
	b.visit("1", "hall", numberPage("late")) // its last page comes too late
	if b.says("late") {
		t.Error("a closed tab is on screen")
	}
	b.tap("tab:close:0") // the one that is there from the start
	b.wasTold(c, "home", "select 2")
	b.hold(fyne.KeyW, 0) // the last one stays, with the services
	b.wasTold(c, "home 2")
	b.hold(fyne.KeyN, 0) // the first is used again
	b.wasTold(c, "home", "select")
	if len(b.s.desk.tabs) != 2 {
		t.Errorf("%d tabs", len(b.s.desk.tabs))
	}
}

func TestDeskRemembersItsArrangement(t *testing.T) {
	b, _ := deskBench(t)
	told := make(chan Arrangement, 8)
	b.s.opts.OnArrange = func(a Arrangement) { told <- a }
	b.tap("rail:hall")
	b.visit("", "hall", numberPage("one"))
	b.tap("rail:library")
	b.visit("1", "library", numberPage("two"))
	b.settle()
	var a Arrangement
	for len(told) > 0 { // each step is told; the last counts
		a = <-told
	}
	if a.Width != 1366 || a.Height != 768 || a.Active != 1 || a.Split || !slices.Equal(a.Modules, []string{"hall", "library"}) {
		t.Errorf("arrangement %+v", a)
	}
	b.s.beat()
	b.settle()
	if len(told) != 0 {
		t.Error("told again although nothing changed")
	}

	again, c := deskBench(t)
	a.Split = true
	again.s.Arrange(a)
	again.wasTold(c, "begin  hall", "open 1", "begin 1 library", "select 1")
	if len(again.s.desk.shown()) != 2 {
		t.Error("the window is not divided")
	}
}

func TestDeskListsItsKeys(t *testing.T) {
	b, _ := deskBench(t)
	b.s.typedRune('?')
	for _, k := range deskKeys() {
		if !b.says(k.name) || !b.says(k.does.ZH) {
			t.Errorf("the list lacks %s", k.name)
		}
	}
	b.press(fyne.KeyEscape)
	if b.says("Ctrl + N") {
		t.Error("the list stayed")
	}
	b.press(fyne.KeyF1)
	if !b.says("Ctrl + N") {
		t.Error("F1 shows no list")
	}
	b.tap("help:done")
	if b.says("Ctrl + N") {
		t.Error("the list stayed")
	}
}

func TestDeskKeysWorkWhileOneTypes(t *testing.T) {
	b, c := deskBench(t)
	b.visit("", "hall", view.Page{ID: "text", Title: view.Same("t"), Body: []view.Node{
		view.Form{Fields: []view.Field{{ID: "n", Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.Same("n")}}}}})
	b.s.typedRune('a')
	b.s.sink.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyN, Modifier: fyne.KeyModifierControl})
	b.wasTold(c, "open 1", "select 1")
}

func TestOtherModesHaveNoDesk(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	if b.find("desk:new") != nil || b.s.desk != nil {
		t.Error("a gate has a desk")
	}
	b.s.Arrange(Arrangement{Modules: []string{"a", "b"}})
	b.s.PresentIn("7", kiosk.Visit{ID: "x"}, view.Page{ID: "p", Rev: 99, Title: view.Same("p")})
}

func TestDeskOpensATabOfAModuleThatIsStillStarting(t *testing.T) {
	b, _ := deskBench(t)
	b.s.SetStatus(Status{Modules: []Module{{ID: "slow", Title: view.Same("slow"), Tone: view.Busy}}})
	b.tap("rail:slow")
	b.visit("", "slow", numberPage("one"))
	if !b.says("slow") {
		t.Errorf("on screen: %q", b.words())
	}
}
