package shell

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func TestTouchedActionAnswersWithPageAndRevision(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	b.tap("card")
	if a := b.answer(); a.PageID != "idle" || a.Rev != 1 || a.Action != "card" || a.Fields != nil {
		t.Errorf("answer = %+v", a)
	}
}

func TestTremblingFingerAnswersOnce(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	b.tap("card", "card")
	b.answer()
	b.noAnswer()
	b.tap("pin")
	b.answer()
	b.now = b.now.Add(time.Second)
	b.tap("pin")
	if a := b.answer(); a.Action != "pin" {
		t.Errorf("answer = %+v", a)
	}
}

func TestTouchedTileAnswersWithItsID(t *testing.T) {
	b := newBench(t, nil)
	b.sample("tiles")
	b.tap("school")
	if a := b.answer(); a.Action != "school" {
		t.Errorf("action = %q", a.Action)
	}
}

func TestTouchedRowAnswersWithItsID(t *testing.T) {
	b := newBench(t, nil)
	b.sample("list")
	b.tap("book-2")
	if a := b.answer(); a.Action != "book-2" {
		t.Errorf("action = %q", a.Action)
	}
}

func TestPINTypedOnTheKeypad(t *testing.T) {
	b := newBench(t, nil)
	b.loose("pin")
	b.tap("key:2", "key:0", "key:9", "key:erase", "key:1") // the first field is typed into
	b.tap("field:pin")
	b.tap("key:1", "key:2", "key:3", "key:4", "key:5", "key:6", "key:7")
	if b.says("123456") {
		t.Error("the PIN can be read on the screen")
	}
	if !b.says("●●●●●●") || !b.says("201") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("ok")
	a := b.answer()
	if a.Text("number") != "201" || a.Text("pin") != "123456" { // MaxLen is 6
		t.Errorf("fields = %q", a.Fields)
	}
	b.now = b.now.Add(time.Second)
	b.tap("key:clear", "ok")
	if a := b.answer(); a.Text("pin") != "" {
		t.Errorf("after clear, pin = %q", a.Text("pin"))
	}
}

func TestKeyboardTypesIntoTheActiveField(t *testing.T) {
	b := newBench(t, nil)
	b.loose("pin")
	b.typeKeys("20x1", 300*time.Millisecond) // a hand, and a letter that is not taken
	b.press(fyne.KeyBackspace)
	b.now = b.now.Add(time.Second)
	b.press(fyne.KeyReturn) // the primary action
	if a := b.answer(); a.Action != "ok" || a.Text("number") != "20" {
		t.Errorf("answer = %+v", a)
	}
}

func TestCardReaderIsNotTakenForAHand(t *testing.T) {
	b := newBench(t, nil)
	b.loose("pin")
	b.typeKeys("7", 300*time.Millisecond)
	b.now = b.now.Add(time.Second)
	b.typeKeys("0012345678", 10*time.Millisecond)
	b.press(fyne.KeyEnter)
	select {
	case n := <-b.cards:
		if n != "0012345678" {
			t.Errorf("card = %q", n)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("no card was told")
	}
	b.noAnswer()
	b.tap("ok")
	if a := b.answer(); a.Text("number") != "7" {
		t.Errorf("the card's digits stayed in the field: %q", a.Text("number"))
	}
}

func TestCardAtTheGate(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	b.typeKeys("A1B2C3D4", 8*time.Millisecond)
	b.press(fyne.KeyReturn)
	if n := <-b.cards; n != "A1B2C3D4" {
		t.Errorf("card = %q", n)
	}
	b.typeKeys("123", 8*time.Millisecond) // too short for a card
	b.press(fyne.KeyReturn)
	b.typeKeys("12345678", 1200*time.Millisecond) // too slow for a reader, even while the screen repaints
	b.press(fyne.KeyReturn)
	b.noAnswer()
	select {
	case n := <-b.cards:
		t.Errorf("a second card: %q", n)
	default:
	}
}

func TestTouchOnAReplacedPageIsDropped(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-idle")
	stale := b.find("card")
	// The next page is waiting for the loop when the finger is lifted.
	b.s.loop.mu.Lock()
	b.s.loop.started = true
	b.s.loop.mu.Unlock()
	b.sample("gate-welcome")
	test.Tap(stale)
	b.noAnswer()
	b.s.loop.round()
	if !b.says("陈*雨") {
		t.Errorf("the welcome is not on screen: %q", b.words())
	}
}

func TestFloodOfPagesDrawsTheLast(t *testing.T) {
	b := newBench(t, nil)
	drawn := 0
	b.s.loop.schedule = func(f func()) { // a loop that comes round once, at the end
		drawn++
		t.Cleanup(f)
	}
	for i := range 1000 {
		b.present(view.Page{ID: "p", Body: []view.Node{view.TextNode{Text: view.Same(fmt.Sprint("page ", i))}}})
	}
	if drawn != 1 || len(b.s.loop.queue) != 1 {
		t.Fatalf("%d rounds and %d pieces of work for 1000 pages", drawn, len(b.s.loop.queue))
	}
	b.s.loop.round()
	if !b.says("page 999") {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestPagesFromManyGoroutines(t *testing.T) {
	b := newBench(t, nil)
	done := make(chan struct{})
	for g := range 8 {
		go func() {
			for i := range 50 {
				b.s.Present(kiosk.Visit{ID: "v"}, view.Page{ID: "p", Rev: uint64(i), Body: []view.Node{view.TextNode{Text: view.Same(fmt.Sprint(g, i))}}})
				b.s.SetStatus(Status{Unsent: int64(i)})
			}
			done <- struct{}{}
		}()
	}
	for range 8 {
		<-done
	}
	if strings.Contains(b.log.String(), "Error in Fyne call thread") {
		t.Error(b.log.String())
	}
}

func TestUpdateKeepsWhatIsHalfTyped(t *testing.T) {
	b := newBench(t, nil)
	b.loose("pin")
	b.tap("field:pin", "key:4", "key:2")
	b.loose("pin") // the same page again, as an update
	b.tap("key:7", "ok")
	if a := b.answer(); a.Text("pin") != "427" || a.Rev != 2 {
		t.Errorf("answer = %+v", a)
	}
}

func TestAnotherVisitBeginsEmpty(t *testing.T) {
	b := newBench(t, nil)
	b.loose("pin")
	b.tap("key:4", "key:2")
	p := b.s.page.page
	p.Rev = 9
	b.s.Present(kiosk.Visit{ID: "another"}, p)
	b.tap("ok")
	if a := b.answer(); a.Text("number") != "" {
		t.Errorf("the visitor before is still in the field: %q", a.Text("number"))
	}
}

func TestUpdateSetsAFieldNobodyTypedInto(t *testing.T) {
	b := newBench(t, nil)
	form := func(value string) view.Page {
		return view.Page{ID: "f", Body: []view.Node{view.Form{Key: view.Key{Key: "k"}, Fields: []view.Field{
			{ID: "n", Kind: view.FieldNumber, Label: view.Same("n"), Value: value},
		}}}}
	}
	b.present(form("1"))
	b.present(form("2"))
	if got := b.s.page.fields()["n"].Text; got != "2" {
		t.Errorf("n = %q, want 2", got)
	}
}

func TestLanguageSwitchKeepsWhatIsTyped(t *testing.T) {
	b := newBench(t, nil)
	b.sample("form")
	b.typeKeys("甲", time.Second)
	b.tap("choice:reason:pickup", "ting.language")
	if !b.says("Register a visitor") || b.says("登记访客") {
		t.Errorf("on screen: %q", b.words())
	}
	b.typeKeys("乙", time.Second)
	b.tap("next")
	a := b.answer()
	if n := a.Text("name"); !strings.Contains(n, "甲") || !strings.Contains(n, "乙") || !strings.Contains(n, "林若溪") {
		t.Errorf("name = %q", n)
	}
	if a.Text("reason") != "pickup" {
		t.Errorf("reason = %q", a.Text("reason"))
	}
	b.tap("ting.language")
	if !b.says("登记访客") {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestListKeepsItsScrollAcrossUpdates(t *testing.T) {
	b := newBench(t, nil)
	b.sample("list")
	rows := b.s.page.order[0].(*list).rows
	var first *row
	walk(b.s.root, func(o fyne.CanvasObject) {
		if r, ok := o.(*row); ok && first == nil {
			first = r
		}
	})
	first.Dragged(&fyne.DragEvent{Dragged: fyne.Delta{DY: -500}}) // a finger pulls the list up
	first.DragEnd()
	if got := rows.GetScrollOffset(); got != 500 {
		t.Fatalf("offset after the drag = %v", got)
	}
	b.sample("list")
	if again := b.s.page.order[0].(*list).rows; again != rows || again.GetScrollOffset() != 500 {
		t.Errorf("the update lost the scroll: %v", again.GetScrollOffset())
	}
}

func TestPageTimeoutAnswersOnce(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-welcome") // 4 s
	if !b.says("4 秒后返回") {
		t.Errorf("no countdown: %q", b.words())
	}
	b.now = b.now.Add(3 * time.Second)
	b.s.Beat()
	b.noAnswer()
	if !b.says("1 秒后返回") {
		t.Errorf("no countdown: %q", b.words())
	}
	b.now = b.now.Add(time.Second)
	b.s.Beat()
	b.s.Beat()
	if a := b.answer(); a.Action != view.ActionTimeout || a.PageID != "welcome" {
		t.Errorf("answer = %+v", a)
	}
	b.noAnswer()
}

func TestFooter(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Shortcuts = []Shortcut{{Module: "enrolment", Title: view.T("人脸登记", "Enrol"), Icon: "face"}}
	})
	b.sample("gate-idle")
	if b.find(view.ActionBack) != nil {
		t.Error("an unattended gate offers Back")
	}
	b.tap("start:enrolment")
	b.s.SetStatus(Status{IdleLeft: 30 * time.Second})
	if !b.says("30 秒后返回") {
		t.Errorf("no countdown: %q", b.words())
	}
	b.tap("ting.home", view.ActionBack)
	if a := b.answer(); a.Action != view.ActionBack {
		t.Errorf("answer = %+v", a)
	}
	b.settle()
	if a, c := <-b.told, <-b.told; a != "start enrolment" || c != "home" {
		t.Errorf("told %q and %q", a, c)
	}
}

func TestLockedModesCannotBeClosed(t *testing.T) {
	for _, mode := range []Mode{Kiosk, Gate} {
		b := newBench(t, func(o *Options) { o.Mode = mode })
		b.s.closeAsked()
		for _, k := range []fyne.KeyName{fyne.KeyEscape, fyne.KeyF4, fyne.KeyF11} {
			b.press(k)
		}
		select {
		case <-b.s.quit:
			t.Errorf("mode %d: the window was closed", mode)
		default:
		}
	}
	quit := make(chan struct{})
	b := newBench(t, func(o *Options) {
		o.Mode = Desk
		o.OnQuit = func() { close(quit) }
	})
	b.s.closeAsked()
	select {
	case <-quit:
	case <-time.After(5 * time.Second):
		t.Error("a desk's window cannot be closed")
	}
}

func TestSlowReceiverDoesNotHoldTheScreen(t *testing.T) {
	release := make(chan struct{})
	b := newBench(t, func(o *Options) { o.OnAnswer = func(view.Answer) { <-release } })
	defer close(release)
	b.sample("gate-idle")
	for range 3 * bagSize {
		b.now = b.now.Add(time.Second)
		b.tap("card")
	}
	b.sample("gate-welcome")
	if !b.says("陈*雨") {
		t.Error("the screen waits for the receiver")
	}
	if !strings.Contains(b.log.String(), "a touch was dropped") {
		t.Error("dropped touches are not in the log")
	}
}
