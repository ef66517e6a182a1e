package shell

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func TestNightsSpanMidnight(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 3, 2, h, m, 0, 0, time.UTC) }
	evening := Nights{From: 18*time.Hour + 30*time.Minute, Until: 6 * time.Hour}
	for _, c := range []struct {
		n    Nights
		now  time.Time
		want bool
	}{
		{evening, at(18, 29), false}, {evening, at(18, 30), true}, {evening, at(0, 0), true}, {evening, at(5, 59), true}, {evening, at(6, 0), false},
		{Nights{From: time.Hour, Until: 3 * time.Hour}, at(2, 0), true}, {Nights{From: time.Hour, Until: 3 * time.Hour}, at(3, 0), false},
		{Nights{}, at(0, 0), false},
	} {
		if got := c.n.hold(c.now); got != c.want {
			t.Errorf("%v at %s: night = %v", c.n, c.now.Format("15:04"), got)
		}
	}
}

func TestNightFallsByItself(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Nights = Nights{From: 19 * time.Hour, Until: 6 * time.Hour} })
	b.sample("gate-idle")
	if b.s.look.Palette != theme.Day {
		t.Fatal("it is not day at 07:42")
	}
	b.now = b.now.Add(12 * time.Hour)
	b.s.beat()
	if b.s.look.Palette != theme.Night {
		t.Error("it did not get dark at 19:42")
	}
}

func TestEveryVariantIsSwitchedInThePanel(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	b.tap("ting.display")
	for _, c := range []struct {
		id string
		on func(Display) bool
	}{
		{"elder", func(d Display) bool { return d.Elder }},
		{"voice", func(d Display) bool { return !d.Voice }}, // large type had turned it on
		{"contrast", func(d Display) bool { return d.Contrast }},
		{"night", func(d Display) bool { return d.Night }},
		{"seated", func(d Display) bool { return d.Seated }},
		{"lang", func(d Display) bool { return d.Lang == view.EN }},
	} {
		b.tap("display:" + c.id)
		if !c.on(b.s.display) {
			t.Errorf("%s: display = %+v", c.id, b.s.display)
		}
	}
	if b.s.look.Palette != theme.ContrastNight || b.s.look.lang != view.EN || !b.s.look.seated() {
		t.Error("what was chosen is not drawn")
	}
	b.tap("display:reset")
	if b.s.display != (Display{Lang: view.ZH}) {
		t.Errorf("after reset, display = %+v", b.s.display)
	}
	b.tap("display:done")
	if b.find("display:done") != nil || b.find("card") == nil {
		t.Error("the panel did not go away")
	}
	b.tap("card")
	b.answer()
}

func TestVeilClosesThePanelAndKeepsThePageFromTouches(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	b.tap("ting.display")
	b.tapAt(fyne.NewPos(540, 1100)) // where the page has something, and the panel too
	b.tapAt(fyne.NewPos(540, 300))
	if b.s.panel.open {
		t.Error("a touch beside the panel did not close it")
	}
	b.noAnswer()
}

// TestSwitchingLosesNothing fills a form, moves to its second field and scrolls,
// and then goes through every variant.
func TestSwitchingLosesNothing(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Windowed = fyne.NewSize(800, 1280) })
	fields := []view.Field{
		{ID: "name", Kind: view.FieldText, Label: view.T("姓名", "Name")},
		{ID: "number", Kind: view.FieldNumber, Label: view.T("号码", "Number")},
	}
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		fields = append(fields, view.Field{ID: id, Kind: view.FieldNumber, Label: view.T("数字", "Digits")})
	}
	b.present(view.Page{ID: "form", Title: view.T("填写", "Fill in"), Body: []view.Node{view.Form{Key: view.Key{Key: "f"}, Fields: fields}},
		Actions: []view.Action{{ID: "ok", Label: view.T("提交", "Send"), Primary: true}}})
	b.s.page.forms[0].fields[0].set("王芳")
	b.tap("field:number", "key:1", "key:2")
	b.s.page.scroller.scroll.ScrollToOffset(fyne.NewPos(0, 120))
	b.tap("ting.display")
	for _, id := range []string{"elder", "contrast", "night", "seated", "lang", "voice", "elder", "seated"} {
		b.tap("display:" + id)
		got := b.s.page.fields()
		if got["name"].Text != "王芳" || got["number"].Text != "12" {
			t.Fatalf("after %s, fields = %v", id, got)
		}
		if f := b.s.page.active; f == nil || f.node.ID != "number" {
			t.Fatalf("after %s another field is typed into", id)
		}
		if y := b.s.page.scroller.scroll.Offset.Y; y == 0 {
			t.Fatalf("after %s the form is scrolled to its beginning", id)
		}
	}
	b.tap("display:done", "key:3", "ok")
	if a := b.answer(); a.Fields["number"].Text != "123" || a.Fields["name"].Text != "王芳" {
		t.Errorf("fields = %v", a.Fields)
	}
}

func TestNextVisitorGetsWhatTheSiteHasSet(t *testing.T) {
	home := kiosk.Visit{ID: "home-1"}
	page := view.Page{ID: "ting.home", Title: view.T("您好", "Hello")}
	choose := func(b *bench) {
		b.s.Present(kiosk.Visit{ID: "visit-1", Module: "hall"}, view.Page{ID: "a", Rev: 1, Title: view.T("一", "One")})
		b.s.SetStatus(Status{IdleLeft: time.Minute})
		b.tap("ting.display", "display:elder", "display:contrast", "display:done")
	}
	t.Run("the visit ends untouched", func(t *testing.T) {
		b := newBench(t, nil)
		choose(b)
		b.now = b.now.Add(time.Minute)
		b.s.beat()
		if !b.s.display.Elder {
			t.Fatal("the choice did not last for the visit")
		}
		b.s.Present(home, page)
		if b.s.display != (Display{Lang: view.ZH}) {
			t.Errorf("display = %+v", b.s.display)
		}
	})
	t.Run("home is touched for the next service", func(t *testing.T) {
		b := newBench(t, nil)
		choose(b)
		b.tap("ting.home")
		b.s.Present(home, page)
		b.s.SetStatus(Status{})
		if !b.s.display.Elder {
			t.Fatal("a visitor who goes on to the next service lost his large type")
		}
		b.now = b.now.Add(59 * time.Second)
		b.s.beat()
		if !b.s.display.Elder {
			t.Fatal("large type waits twice as long")
		}
		b.now = b.now.Add(time.Second)
		b.s.beat()
		if b.s.display != (Display{Lang: view.ZH}) {
			t.Errorf("nobody is there any more, display = %+v", b.s.display)
		}
	})
	t.Run("the panel is left open", func(t *testing.T) {
		b := newBench(t, nil)
		b.sample("gate-idle")
		b.tap("ting.display", "display:night")
		b.now = b.now.Add(30 * time.Second)
		b.s.beat()
		if b.s.panel.open || b.s.display.Night {
			t.Error("the panel stayed open")
		}
	})
}

func TestElderPagesWaitTwiceAsLong(t *testing.T) {
	b := newBench(t, nil)
	told := make(chan Display, 8)
	b.s.opts.OnDisplay = func(d Display) { told <- d }
	b.present(view.Page{ID: "short", Title: view.T("稍等", "Wait"), Timeout: 10 * time.Second})
	b.now = b.now.Add(6 * time.Second)
	b.tap("ting.display", "display:elder", "display:done")
	if d := <-told; !d.Elder || !d.Voice || d.Pace() != 2 {
		t.Errorf("told %+v", d)
	}
	b.now = b.now.Add(19 * time.Second)
	b.s.beat()
	b.noAnswer()
	b.now = b.now.Add(time.Second)
	b.s.beat()
	if a := b.answer(); a.Action != view.ActionTimeout {
		t.Errorf("action = %q", a.Action)
	}
}

func TestElderLeafsThroughTilesByFour(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Display.Elder = true })
	var six []view.Tile
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		six = append(six, view.Tile{ID: id, Title: view.Same(id)})
	}
	b.present(view.Page{ID: "choose", Title: view.T("请选择", "Choose"), Body: []view.Node{view.Tiles{Key: view.Key{Key: "t"}, Tiles: six}}})
	if b.find("d") == nil || b.find("e") != nil || b.find("tiles:previous") != nil {
		t.Errorf("the first leaf says %q", b.words())
	}
	b.tap("tiles:next")
	if b.find("d") != nil || b.find("tiles:next") != nil {
		t.Errorf("the second leaf says %q", b.words())
	}
	b.tap("f")
	if a := b.answer(); a.Action != "f" {
		t.Errorf("action = %q", a.Action)
	}
	b.tap("ting.display", "display:elder", "display:done")
	if b.find("a") == nil || b.find("f") == nil || b.find("tiles:previous") != nil {
		t.Errorf("the usual page says %q", b.words())
	}
}

func TestLiveFieldAnswersWhileOneTypes(t *testing.T) {
	b := newBench(t, nil)
	page := func() view.Page {
		return view.Page{ID: "search", Title: view.T("查找", "Find"), Body: []view.Node{
			view.Form{Key: view.Key{Key: "f"}, Fields: []view.Field{{ID: "sought", Kind: view.FieldText, Live: true}}},
		}}
	}
	b.present(page())
	sought := b.s.page.forms[0].fields[0]
	sought.set("t")
	if a := b.answer(); a.Action != view.ActionChange || a.Fields["sought"].Text != "t" || a.Rev != b.rev {
		t.Errorf("answer = %+v", a)
	}
	sought.set("ts")
	sought.set("tsj")
	b.noAnswer() // the page that answers the first change is awaited
	b.present(page())
	if a := b.answer(); a.Fields["sought"].Text != "tsj" || a.Rev != b.rev {
		t.Errorf("answer = %+v", a)
	}
	b.present(page())
	b.noAnswer()
	if sought.value != "tsj" {
		t.Errorf("the field holds %q", sought.value)
	}
}
