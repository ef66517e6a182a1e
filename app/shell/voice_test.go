package shell

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

// listener is a bench whose pages are spoken.
func listener(t *testing.T) (*bench, func() Prompt) {
	said := make(chan Prompt, 32)
	b := newBench(t, func(o *Options) { o.OnSpeak = func(p Prompt) { said <- p } })
	return b, func() Prompt {
		b.settle()
		select {
		case p := <-said:
			return p
		default:
			return Prompt{Text: "(nothing)"}
		}
	}
}

// speak turns the voice on or off, as the panel for the display does.
func (b *bench) speak(on bool) {
	b.s.loop.post(func() { b.s.choose(func(d *Display) { d.Voice = on }) })
}

var nothing = Prompt{Text: "(nothing)"}

func TestPagesAreSpoken(t *testing.T) {
	b, said := listener(t)
	b.present(view.Page{ID: "one", Title: view.T("请看镜头", "Look at the camera")})
	if p := said(); p != nothing {
		t.Errorf("spoken though the voice is off: %q", p.Text)
	}
	b.speak(true)
	if p := said(); p != (Prompt{"请看镜头。", view.ZH}) {
		t.Errorf("turning the voice on speaks %q", p)
	}
	page := view.Page{ID: "two", Title: view.T("取号成功", "Your number"), Body: []view.Node{
		view.TextNode{Text: view.T("请记好", "Please note")},
		view.Notice{Text: view.T("A012", "A012"), Detail: view.T("前面有 3 人", "3 people before you")},
	}}
	b.present(page)
	if p := said(); p != (Prompt{"取号成功。A012。前面有 3 人。", view.ZH}) {
		t.Errorf("the page speaks %q", p)
	}
	page.Body[1] = view.Notice{Text: view.T("A012", "A012"), Detail: view.T("前面有 2 人", "2 people before you")}
	b.present(page)
	if p := said(); p != nothing {
		t.Errorf("an update speaks %q", p.Text)
	}
	b.tap("ting.language")
	if p := said(); p != (Prompt{}) {
		t.Errorf("a touch does not silence: %q", p)
	}
	if p := said(); p != (Prompt{"Your number. A012. 2 people before you.", view.EN}) {
		t.Errorf("the other language speaks %q", p)
	}
	b.tap("ting.again")
	said() // the touch
	if p := said(); p.Text != "Your number. A012. 2 people before you." {
		t.Errorf("once more speaks %q", p)
	}
	b.speak(false)
	if p := said(); p != (Prompt{}) {
		t.Errorf("turning the voice off says %q", p)
	}
	if b.find("ting.again") != nil {
		t.Error("the page can be heard again though the voice is off")
	}
}

func TestWrongIsSpokenOnce(t *testing.T) {
	b, said := listener(t)
	b.speak(true)
	form := func(wrong view.Text) view.Page {
		return view.Page{ID: "form", Title: view.T("编号", "Number"), Body: []view.Node{view.Form{Fields: []view.Field{
			{ID: "n", Kind: view.FieldNumber, Label: view.T("人员编号", "Your number"), Error: wrong},
		}}}}
	}
	b.present(form(view.Text{}))
	if p := said(); p.Text != "编号。人员编号。" {
		t.Errorf("the form speaks %q", p.Text)
	}
	b.present(form(view.T("号码不对", "Wrong number")))
	if p := said(); p.Text != "号码不对" {
		t.Errorf("what is wrong is spoken as %q", p.Text)
	}
	b.present(form(view.T("号码不对", "Wrong number")))
	if p := said(); p != nothing {
		t.Errorf("it is spoken again: %q", p.Text)
	}
}

// TestEverySampleHasSomethingToSay holds that no page is silent.
func TestEverySampleHasSomethingToSay(t *testing.T) {
	b, _ := listener(t)
	for _, p := range sample.All() {
		for _, lang := range []view.Lang{view.ZH, view.EN} {
			l := b.s.look
			l.lang = lang
			if l.spoken(p.Page) == "" {
				t.Errorf("%s has nothing to say in %s", p.Name, lang)
			}
		}
	}
}

// TestFocusIsSpoken: whoever goes through a page by keys hears where he is, and
// never what he has typed.
func TestFocusIsSpoken(t *testing.T) {
	b, said := listener(t)
	b.speak(true)
	b.present(view.Page{ID: "form", Title: view.T("核对", "Check"), Body: []view.Node{view.Form{Fields: []view.Field{
		{ID: "id", Kind: view.FieldID, Label: view.T("身份证号", "Identity number"), Hint: view.T("18 位", "18 digits"), Value: "110105194912310021"},
		{ID: "why", Kind: view.FieldChoice, Label: view.T("事由", "Purpose"), Value: "meet", Options: []view.Option{
			{Value: "meet", Label: view.T("家长会", "Meeting")}, {Value: "fetch", Label: view.T("接孩子", "Fetching")}}},
		{ID: "pin", Kind: view.FieldPIN, Label: view.T("密码", "PIN")},
	}}}, Actions: []view.Action{{ID: "next", Label: view.T("继续", "Continue"), Primary: true}}})
	heard := func() (p Prompt) { // each key ends what is being spoken first
		for p = said(); p == (Prompt{}); p = said() {
		}
		return p
	}
	heard()
	// The identity number is typed into from the start: Tab goes on from it.
	for _, want := range []string{"家长会。已选。", "接孩子", "密码。", "继续"} {
		b.press(fyne.KeyTab)
		if p := heard(); p != (Prompt{want, view.ZH}) {
			t.Fatalf("the focus on %q speaks %q, want %q", b.s.focused.id, p.Text, want)
		}
	}
	for range 3 {
		b.shiftTab()
		heard()
	}
	b.shiftTab()
	if p := heard(); p.Text != "身份证号。18 位。" {
		t.Errorf("the filled field speaks %q", p.Text)
	}
	b.present(view.Page{ID: "rows", Title: view.T("书", "Books"), Body: []view.Node{view.List{Items: []view.ListItem{
		{ID: "a", Title: view.T("城南旧事", "Old Stories"), Detail: view.T("1 号架", "Shelf 1")}, {ID: "b", Title: view.T("草房子", "The Straw House")}}}}})
	heard()
	b.press(fyne.KeyDown)
	if p := heard(); p.Text != "草房子。" {
		t.Errorf("the second row speaks %q", p.Text)
	}
	b.press(fyne.KeyUp)
	if p := heard(); p.Text != "城南旧事。1 号架。" {
		t.Errorf("the first row speaks %q", p.Text)
	}
}

// TestEveryStopHasAName: nothing that the focus comes to is silent.
func TestEveryStopHasAName(t *testing.T) {
	for _, mode := range []Mode{Kiosk, Desk} {
		b := newBench(t, func(o *Options) {
			o.Mode, o.OnSpeak = mode, func(Prompt) {}
			o.Shortcuts = []Shortcut{{Module: "enrolment", Title: view.T("人脸登记", "Enrol"), Icon: "face"}}
		})
		b.s.SetStatus(Status{IdleLeft: time.Minute})
		check := func(where string) {
			for _, st := range b.s.stops() {
				if st.spoken() == "" {
					t.Errorf("%s: the focus comes to %q and nothing is said", where, st.id)
				}
			}
		}
		for _, p := range sample.All() {
			b.present(p.Page)
			check(p.Name)
			b.s.page.eachField(func(f *field) {
				if d, ok := f.own.(*dateControl); ok && !d.open {
					d.toggle()
					check(p.Name + ", its calendar")
				}
			})
		}
		b.tap("ting.display")
		check("the display's panel")
	}
}
