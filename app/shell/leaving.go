package shell

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// leaving asks a visitor who does nothing whether he is still there, before
// what he has typed is wiped and the next one may come. It lies over
// everything, and any touch or key answers it.
type leaving struct {
	shell *Shell
	look  look
	left  time.Duration // shown, in whole seconds; 0 while it is not there

	veil  *canvas.Rectangle
	card  *canvas.Rectangle
	icon  *fyne.Container
	title *paragraph
	count *canvas.Text
	words *paragraph
	stay  *button
	touch *touch
	box   *fyne.Container
}

func newLeaving(l look, s *Shell) *leaving {
	v := &leaving{shell: s, look: l}
	v.box = arrange(v.layout)
	v.box.Hide()
	return v
}

// tell takes the time that is left; 0 takes the question away.
func (v *leaving) tell(left time.Duration) {
	left = (left + time.Second - 1).Truncate(time.Second)
	if left == v.left {
		return
	}
	came := v.left == 0
	v.left = left
	switch {
	case left == 0:
		v.box.Hide()
		v.box.Objects = nil
	case came:
		v.build()
		v.shell.voice.label(v.look.sentences(v.look.say(stillThere), v.look.say(touchToStay)))
		v.box.Show()
	default:
		v.count.Text = v.number()
		v.layout(v.box.Size())
		v.box.Refresh()
		return
	}
	v.shell.root.Refresh()
}

var (
	stillThere  = view.T("您还在吗?", "Are you still there?")
	touchToStay = view.T("点一下屏幕,继续办理", "Touch the screen to go on")
)

// asks reports whether the question is on screen.
func (v *leaving) asks() bool { return v.left > 0 }

// restyle draws it anew in another size or language.
func (v *leaving) restyle(l look) {
	v.look = l
	if v.left > 0 {
		v.build()
	}
}

func (v *leaving) number() string { return strconv.Itoa(int(v.left / time.Second)) }

func (v *leaving) build() {
	l := v.look
	l.set = onSheet
	tint := l.Tone(view.Warning)
	v.veil, v.card = canvas.NewRectangle(l.Veil), panel(l.Surface, l.RadiusL)
	v.icon = l.symbol("clock", tint.Strong)
	v.title = newParagraph(l, l.say(stillThere), l.Headline, l.Ink).centered().atMost(2)
	v.count = l.text(v.number(), l.Display, tint.Strong)
	v.words = newParagraph(l, l.say(view.T("秒后返回首页,您填写的内容会清除", "seconds, then what you entered is erased and the first page comes back")), l.Lead, l.InkSoft).centered().atMost(3)
	v.stay = newButton(l, "ting.stay", "", l.say(view.T("继续办理", "Go on")), l.primary(), v.shell.stay)
	v.touch = newTouch("ting.anywhere", v.veil, v.shell.stay)
	v.box.Objects = []fyne.CanvasObject{v.touch, v.card, v.icon, v.title.object(), v.count, v.words.object(), v.stay}
	v.layout(v.box.Size())
}

func (v *leaving) layout(size fyne.Size) {
	if len(v.box.Objects) == 0 {
		return
	}
	l := v.look
	put(v.touch, 0, 0, size.Width, size.Height)
	width := min(size.Width-2*l.L, l.Column*0.85)
	inner := width - 2*l.XL
	count := v.count.MinSize()
	title, words := v.title.height(inner), v.words.height(inner)
	icon := l.IconL
	height := l.XL + icon + l.S + title + l.S + count.Height + words + l.L + l.Button + l.XL
	if height > size.Height-2*l.M { // a low screen: the words say it all
		height -= icon + l.S
		icon = 0
	}
	x, y := (size.Width-width)/2, (size.Height-height)/2
	put(v.card, x, y, width, height)
	y += l.XL
	v.icon.Hidden = icon == 0
	if icon > 0 {
		put(v.icon, (size.Width-icon)/2, y, icon, icon)
		y += icon + l.S
	}
	put(v.title.object(), x+l.XL, y, inner, title)
	y += title + l.S
	put(v.count, (size.Width-count.Width)/2, y, count.Width, count.Height)
	y += count.Height
	put(v.words.object(), x+l.XL, y, inner, words)
	y += words + l.L
	put(v.stay, x+l.XL, y, inner, l.Button)
}

// stay answers that somebody is still here.
func (s *Shell) stay() {
	s.touched()
	s.leaving.tell(0)
}

// warnBefore is how long before the end of a visit the question comes.
const warnBefore = 15 * time.Second

// afterTouch is how long a countdown that was told before a touch may still
// arrive after it.
const afterTouch = time.Second

// ending is the time after which what is typed will be wiped, when that is near
// enough to ask; 0 else.
func (s *Shell) ending(now time.Time) time.Duration {
	left := time.Duration(0)
	if s.status.Leaving && now.Sub(s.lastTouch) >= afterTouch {
		left = s.status.IdleLeft
	}
	if own := s.page.left(now); len(s.page.forms) > 0 && own > 0 && own <= min(warnBefore, s.page.page.Timeout/2) && (left == 0 || own < left) {
		left = own
	}
	return left
}
