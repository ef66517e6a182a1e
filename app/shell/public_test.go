package shell

import (
	"bytes"
	"image"
	"os"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/app/shell/typeface"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// In a public place: who leaves is asked, and forgotten; who stays is not
// troubled; nothing leads out but the staff's door.

func TestWhoDoesNothingIsAsked(t *testing.T) {
	for name, answer := range map[string]func(*bench){
		"the button":       func(b *bench) { b.tap("ting.stay") },
		"anywhere":         func(b *bench) { b.tap("ting.anywhere") },
		"a key":            func(b *bench) { b.press(fyne.KeyReturn) },
		"a typed sign":     func(b *bench) { b.typeKeys("1", 0) },
		"another language": func(b *bench) { b.s.switchLanguage() },
	} {
		t.Run(name, func(t *testing.T) {
			touches := make(chan struct{}, 8)
			b := newBench(t, func(o *Options) { o.OnTouch = func() { touches <- struct{}{} } })
			b.sample("form")
			b.now = b.now.Add(44 * time.Second) // without a touch
			b.s.SetStatus(Status{IdleLeft: 16 * time.Second})
			if b.says("您还在吗") {
				t.Fatal("he is asked too early")
			}
			b.s.SetStatus(Status{IdleLeft: 15 * time.Second, Leaving: true})
			if !b.says("您还在吗") || !b.says("15") || !b.says("继续办理") {
				t.Fatalf("he is not asked: %q", b.words())
			}
			b.s.SetStatus(Status{IdleLeft: 14 * time.Second, Leaving: true})
			if !b.says("14") {
				t.Errorf("the seconds do not run: %q", b.words())
			}
			answer(b)
			if b.says("您还在吗") || b.says("Are you still there") {
				t.Error("he is asked though he answered")
			}
			// A countdown told before the touch may arrive after it.
			b.s.SetStatus(Status{IdleLeft: 14 * time.Second, Leaving: true})
			if b.says("您还在吗") || b.says("Are you still there") {
				t.Error("he is asked again at once")
			}
			b.noAnswer()
			if len(touches) == 0 {
				t.Error("nobody was told that he is here")
			}
		})
	}
}

// TestFormAsksBeforeItsOwnTime is a form on a page that ends by itself, as in
// a visit nobody began.
func TestFormAsksBeforeItsOwnTime(t *testing.T) {
	b := newBench(t, nil)
	p, _ := sample.Find("form")
	p.Timeout = 45 * time.Second
	b.present(p)
	b.now = b.now.Add(29 * time.Second)
	b.s.Beat()
	if b.says("您还在吗") {
		t.Error("he is asked after 29 seconds")
	}
	b.now = b.now.Add(2 * time.Second)
	b.s.Beat()
	if !b.says("您还在吗") {
		t.Fatalf("he is not asked: %q", b.words())
	}
	b.tap("ting.stay")
	b.now = b.now.Add(20 * time.Second)
	b.s.Beat()
	b.noAnswer() // the time began anew with the touch
	b.now = b.now.Add(26 * time.Second)
	b.s.Beat()
	if a := b.answer(); a.Action != view.ActionTimeout {
		t.Errorf("the page ended with %q", a.Action)
	}
}

func TestAResultIsNotAskedAbout(t *testing.T) {
	b := newBench(t, nil)
	p, _ := sample.Find("gate-welcome")
	p.Timeout = 4 * time.Second
	b.present(p)
	b.now = b.now.Add(3 * time.Second)
	b.s.Beat()
	if b.says("您还在吗") {
		t.Error("a page that only says something asks")
	}
}

func TestStaffDoor(t *testing.T) {
	opened := make(chan struct{}, 4)
	b := newBench(t, func(o *Options) { o.OnDoor = func() { opened <- struct{}{} } })
	b.sample("form")
	for range 4 {
		b.tap("ting.door")
	}
	b.now = b.now.Add(doorWithin)
	b.tap("ting.door")
	b.settle()
	if len(opened) != 0 {
		t.Fatal("five touches spread over time opened the door")
	}
	for range 4 {
		b.tap("ting.door")
	}
	b.settle()
	if len(opened) != 1 {
		t.Fatalf("five touches in a row opened the door %d times", len(opened))
	}
	b.noAnswer()
}

func TestAttract(t *testing.T) {
	home := view.Page{ID: "ting.home", Title: view.T("请选择服务", "Please choose"), Body: []view.Node{view.Tiles{Tiles: []view.Tile{{ID: "hall", Title: view.T("办事", "Services")}}}}}
	b := newBench(t, func(o *Options) { o.Mode, o.Attract = Kiosk, time.Minute })
	shown := func() bool { return b.says("轻触屏幕") }
	b.present(home)
	b.tap("hall")
	b.answer()
	b.now = b.now.Add(59 * time.Second)
	b.s.Beat()
	if shown() {
		t.Fatal("it came too early")
	}
	b.now = b.now.Add(time.Second)
	b.s.Beat()
	if !shown() {
		t.Fatalf("it did not come: %q", b.words())
	}
	b.tap("ting.wake")
	if shown() {
		t.Fatal("a touch did not take it away")
	}
	b.noAnswer()
	for name, hinder := range map[string]func(){
		"a visit": func() { b.s.SetStatus(Status{IdleLeft: 40 * time.Second}) },
		"a warning": func() {
			b.present(view.Page{ID: "w", Tone: view.Warning, Title: view.T("暂停服务", "Out of service")})
		},
	} {
		b.s.SetStatus(Status{})
		b.present(home)
		hinder()
		b.now = b.now.Add(time.Hour)
		b.s.Beat()
		if shown() {
			t.Errorf("it covers %s", name)
		}
	}
	b.s.SetStatus(Status{})
	b.present(home)
	b.now = b.now.Add(time.Hour)
	b.s.Beat()
	if !shown() {
		t.Error("it does not come any more")
	}
	b.present(view.Page{ID: "w", Tone: view.Warning, Title: view.T("暂停服务", "Out of service")})
	b.s.Beat()
	if shown() {
		t.Error("it covers a warning that came later")
	}
	still := newBench(t, func(o *Options) { o.Mode, o.Attract = Gate, time.Minute })
	still.present(home)
	still.now = still.now.Add(time.Hour)
	still.s.Beat()
	if still.says("轻触屏幕") {
		t.Error("a gate has nobody touch it")
	}
}

// TestWipe follows what one visitor leaves in the shell.
func TestWipe(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Viewfinder = samplePicture() })
	swept := make(chan struct{}, 4)
	b.s.wiper.collect = func() { swept <- struct{}{} }
	b.s.wiper.after = time.AfterFunc
	b.s.app.Clipboard().SetContent("440308199001011234")
	b.s.Present(kiosk.Visit{ID: "one"}, view.Page{ID: "look", Rev: 1, Body: []view.Node{view.Viewfinder{}}})
	b.s.Beat()
	picture := b.s.preview.shown
	if picture == nil || blank(picture) {
		t.Fatal("there is no picture to begin with")
	}
	p, _ := sample.Find("form")
	b.s.Present(kiosk.Visit{ID: "one"}, p)
	b.s.typedRune('7')
	b.s.Present(kiosk.Visit{ID: "two"}, view.Page{ID: "home", Rev: 3, Title: view.T("请选择服务", "Please choose")})
	if !blank(picture) || b.s.preview.shown != nil {
		t.Error("the last picture is still there")
	}
	if c := b.s.app.Clipboard().Content(); c != "" {
		t.Errorf("the clipboard holds %q", c)
	}
	if typed := string(b.s.wedge.typed[:cap(b.s.wedge.typed)]); strings.ContainsRune(typed, '7') {
		t.Errorf("the card reader's keys are remembered: %q", typed)
	}
	if b.s.last != (sent{}) || len(b.s.page.fields()) != 0 {
		t.Error("the last answer is remembered")
	}
	<-swept
}

func blank(img *image.RGBA) bool { return len(bytes.Trim(img.Pix, "\x00")) == 0 }

// TestDeskKeepsItsClipboard is a clerk's own window among others.
func TestDeskKeepsItsClipboard(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Mode = Desk })
	b.s.wiper.collect = func() {}
	b.s.app.Clipboard().SetContent("a clerk's own")
	b.sample("form")
	b.s.Present(kiosk.Visit{ID: "next"}, view.Page{ID: "home"})
	if c := b.s.app.Clipboard().Content(); c != "a clerk's own" {
		t.Errorf("the clipboard holds %q", c)
	}
}

// TestLockedKeys presses what leads out of other programs.
func TestLockedKeys(t *testing.T) {
	quit := make(chan struct{}, 1)
	b := newBench(t, func(o *Options) { o.Mode = Kiosk; o.OnQuit = func() { quit <- struct{}{} } })
	b.sample("form")
	for _, k := range []fyne.KeyName{fyne.KeyF1, fyne.KeyF4, fyne.KeyF11, fyne.KeyF12, fyne.KeyInsert, fyne.KeyHome} {
		b.press(k)
	}
	b.noAnswer()
	b.press(fyne.KeyEscape) // the footer's Back, and no more than that
	if a := b.answer(); a.Action != view.ActionBack {
		t.Errorf("Escape answers %q", a.Action)
	}
	b.s.closeAsked() // Alt-F4, as a window manager passes it on
	b.settle()
	if len(quit) != 0 {
		t.Error("the terminal was left")
	}
	if b.s.window.MainMenu() != nil {
		t.Error("the window has a menu")
	}
	b.noAnswer()
	if w, ok := b.s.window.Canvas().Focused().(fyne.SecondaryTappable); ok {
		w.TappedSecondary(&fyne.PointEvent{})
		if o := b.s.window.Canvas().Overlays().Top(); o != nil {
			t.Errorf("a menu opened: %T", o)
		}
	}
}

// TestWrongPINIsTypedAnew hands in a form that comes back: the number stays, the
// PIN, which nobody can read and correct, does not.
func TestWrongPINIsTypedAnew(t *testing.T) {
	b := newBench(t, nil)
	form := func(wrong view.Text) view.Page {
		return view.Page{
			ID: "pin", Title: view.T("输入编号和密码", "Enter your number and PIN"), Actions: []view.Action{{ID: "ok", Label: view.Same("OK"), Primary: true}},
			Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: "n", Kind: view.FieldNumber, Label: view.T("编号", "Number"), Value: "12"},
				{ID: "pin", Kind: view.FieldPIN, Label: view.T("密码", "PIN"), Error: wrong},
			}}},
		}
	}
	b.present(form(view.Text{}))
	b.tap("field:pin")
	b.typeKeys("1111", time.Second)
	b.tap("ok")
	if a := b.answer(); a.Text("pin") != "1111" || a.Text("n") != "12" {
		t.Fatalf("handed in: %q and %q", a.Text("n"), a.Text("pin"))
	}
	b.present(form(view.T("号码或密码不对", "Wrong")))
	b.typeKeys("2222", time.Second)
	b.now = b.now.Add(time.Second)
	b.tap("ok")
	if a := b.answer(); a.Text("pin") != "2222" || a.Text("n") != "12" {
		t.Errorf("handed in again: %q and %q", a.Text("n"), a.Text("pin"))
	}
}

// TestFontFileIsReadAgain hands a face out twice: its file is not kept.
func TestFontFileIsReadAgain(t *testing.T) {
	tf, err := typeface.Load()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	f := &fontFile{face: tf.Bold, again: func(tf typeface.Typeface) typeface.Face { return tf.Bold }}
	first := f.Content()
	if len(first) == 0 || f.face.Data != nil {
		t.Errorf("%d bytes are handed out, %d kept", len(first), len(f.face.Data))
	}
	if !bytes.Equal(f.Content(), first) {
		t.Error("the second reading differs")
	}
}
