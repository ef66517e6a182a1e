package shell

import (
	"testing"

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
